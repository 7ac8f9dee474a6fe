/* SPDX-License-Identifier: Apache-2.0
 * The text of a log head (https://c2sp.org/tlog-checkpoint). */
#include "ft/core/proof.h"

#include "signed_text_priv.h"

bool checkpoint_parse(struct arena *arena, struct str text, struct checkpoint *ret)
{
	struct checkpoint head;
	struct str rest;
	head.origin = str_cut(text, '\n', &rest);
	struct str size = str_cut(rest, '\n', &rest);
	struct str root = str_cut(rest, '\n', &rest);
	/* Extension lines may follow, but only after a complete third line. */
	if (!rest.at || head.origin.len == 0 || !signed_text_count(size, &head.size) ||
	    !signed_text_hash(arena, root, &head.root))
		return false;
	*ret = head;
	return true;
}

struct str checkpoint_print(struct arena *arena, const struct checkpoint *head)
{
	struct str root = signed_text_print_hash(arena, &head->root);
	return arena_printf(arena, "%.*s\n%lld\n%.*s\n", STR_ARGS(head->origin), (long long)head->size,
			    STR_ARGS(root));
}
