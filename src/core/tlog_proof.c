/* SPDX-License-Identifier: Apache-2.0
 * C2SP tlog-proofs: reading them strictly, and printing them. */
#include "ft/core/proof.h"

#include "ft/base/text.h"
#include "signed_text_priv.h"

#define HEAD STR("c2sp.org/tlog-proof@v1\n")

static bool take_path(struct arena *arena, struct str *text, struct proof_place *place)
{
	struct sha256 *path = arena_array(arena, struct sha256, MERKLE_MAX_PATH);
	struct str rest, line;
	while ((line = str_cut(*text, '\n', &rest)).len > 0) {
		if (!rest.at || place->path_count == MERKLE_MAX_PATH ||
		    !signed_text_hash(arena, line, &path[place->path_count]))
			return false;
		place->path_count++;
		*text = rest;
	}
	place->path = path;
	*text = rest; /* behind the empty line */
	return rest.at != NULL;
}

bool tlog_proof_parse(struct arena *arena, struct str text, struct tlog_proof *ret)
{
	struct tlog_proof proof = {0};
	struct str value;
	if (!str_starts(text, HEAD))
		return false;
	text = str_from(text, HEAD.len);
	if (signed_text_take(&text, STR("extra"), &value) && !base64_decode(arena, value, &proof.extra))
		return false;
	if (!signed_text_take(&text, STR("index"), &value) || !signed_text_count(value, &proof.place.index) ||
	    !take_path(arena, &text, &proof.place) || text.len == 0)
		return false;
	proof.checkpoint = text;
	*ret = proof;
	return true;
}

struct str tlog_proof_print(struct arena *arena, const struct tlog_proof *proof)
{
	struct buf out = buf_create(arena, 2048);
	buf_put(&out, HEAD);
	if (proof->extra.at) {
		struct str extra = base64_encode(arena, proof->extra);
		buf_printf(&out, "extra %.*s\n", STR_ARGS(extra));
	}
	buf_printf(&out, "index %lld\n", (long long)proof->place.index);
	for (size_t i = 0; i < proof->place.path_count; i++) {
		buf_put(&out, signed_text_print_hash(arena, &proof->place.path[i]));
		buf_put_char(&out, '\n');
	}
	buf_put_char(&out, '\n');
	buf_put(&out, proof->checkpoint);
	return buf_str(&out);
}
