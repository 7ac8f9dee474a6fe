/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a Digital Link: what is accepted has one canonical form, which reads back as itself. */
#include <assert.h>

#include "ft/core/digital_link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum problem parse(struct arena *arena, struct str text, struct digital_link *ret)
{
	struct fault fault;
	struct str query;
	if (!str_starts(text, STR("/")))
		return digital_link_parse_uri(arena, text, ret, &fault);
	struct str path = str_cut(text, '?', &query);
	return digital_link_parse(arena, path, query, ret, &fault);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct digital_link link, again;
	if (!parse(arena, (struct str){(const char *)data, size}, &link)) {
		struct str printed = digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link);
		enum problem p = digital_link_parse_uri(arena, printed, &again, &(struct fault){0});
		assert(!p ||
		       printed.len > DIGITAL_LINK_MAX_LEN); /* escapes make it three times as long at most */
		if (!p)
			assert(str_equal(printed,
					 digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &again)));
	}
	arena_destroy(arena);
	return 0;
}
