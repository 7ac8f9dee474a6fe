/* SPDX-License-Identifier: Apache-2.0
 * Receipts that a submitter has kept: answers of captures, each with the hash of what was signed. */
#include "mirror_priv.h"

#include "ft/base/text.h"

enum { DEPTH_MAX = 8, RECEIPTS_MAX = 1000000 };

static void take(struct arena *arena, const struct json *object, struct mirror_receipts *ret)
{
	struct bytes hash;
	struct str statement = json_text(json_get(object, STR("statement")));
	if (!statement.at || !base64_decode(arena, statement, &hash) || hash.len != sizeof(struct sha256) ||
	    map_get(ret->by_hash, hash) || map_count(ret->by_hash) == RECEIPTS_MAX)
		return;
	struct mirror_receipt *receipt = arena_new(arena, struct mirror_receipt);
	receipt->statement = arena_str(arena, statement);
	receipt->event = arena_str(arena, json_text(json_get(object, STR("event"))));
	map_set(ret->by_hash, arena_bytes(arena, hash), receipt);
}

/* One answer, those of a batch among its results, that of a replacement in that of its correction. */
static void gather(struct arena *arena, const struct json *value, unsigned depth, struct mirror_receipts *ret)
{
	if (depth > DEPTH_MAX)
		return;
	if (value->kind == JSON_OBJECT)
		take(arena, value, ret);
	for (size_t i = 0; value->kind == JSON_OBJECT && i < value->count; i++)
		gather(arena, &value->members[i].value, depth + 1, ret);
	for (size_t i = 0; value->kind == JSON_ARRAY && i < value->count; i++)
		gather(arena, &value->items[i], depth + 1, ret);
}

bool mirror_receipts_read(struct arena *arena, struct str text, struct mirror_receipts *ret)
{
	struct json json;
	struct fault fault = {0};
	ret->by_hash = map_create(arena, 64);
	if (!json_parse(arena, text, &json, &fault))
		gather(arena, &json, 0, ret);
	else
		while (text.len > 0) {
			struct str line = str_trim(str_cut(text, '\n', &text));
			if (!line.len)
				continue;
			if (json_parse(arena, line, &json, &fault))
				return false;
			gather(arena, &json, 0, ret);
		}
	return map_count(ret->by_hash) > 0;
}

void mirror_receipts_meet(const struct mirror_receipts *receipts, struct sha256 statement, int64_t index)
{
	struct mirror_receipt *receipt = map_get(receipts->by_hash, sha256_bytes(&statement));
	if (receipt && !receipt->found) {
		receipt->found = true;
		receipt->index = index;
	}
}
