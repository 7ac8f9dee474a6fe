/* SPDX-License-Identifier: Apache-2.0
 * What statements about codes of packs say: issues and places in them, and digests. Whoever reads a code could print it, so
 * none can be read here. */
#include "item_words_priv.h"

#include "ft/base/text.h"
#include "ft/codec/json.h"
#include "ft/crypto/digest.h"

static struct str digest_of(struct arena *arena, const struct item_issue *issue, const struct str *codes,
			    const int64_t *items, size_t count)
{
	struct buf lines = buf_create(arena, count * 48);
	for (size_t b = 0; b < count; b++)
		buf_printf(&lines, "%.*s %lld %lld\n", STR_ARGS(codes[b]), (long long)items[b],
			   (long long)issue->blocks[b]);
	struct sha256 hash = sha256_of(str_bytes(buf_str(&lines)));
	return base64_encode(arena, sha256_bytes(&hash));
}

struct str item_issue_words(struct arena *arena, const struct item_issue *issue, const struct str *codes,
			    const int64_t *items, size_t count)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("action"), STR("issue"));
	json_pair(&w, STR("issue"), uuid_print(arena, issue->id));
	json_pair(&w, STR("org"), uuid_print(arena, issue->lot.org));
	json_pair(&w, STR("lot"), uuid_print(arena, issue->lot.lot));
	json_pair_int(&w, STR("items"), issue->count);
	json_pair(&w, STR("state"),
		  str_of(item_state_words[issue->activated ? ITEM_ACTIVATED : ITEM_ISSUED]));
	json_pair(&w, STR("value"), issue->value);
	json_pair(&w, STR("unit"), issue->unit);
	json_pair(&w, STR("codes"), digest_of(arena, issue, codes, items, count));
	json_end_object(&w);
	return buf_str(&out);
}

struct str item_mark_words(struct arena *arena, const struct item_range *ranges, size_t count,
			   enum item_state state)
{
	struct buf out = buf_create(arena, 64 + count * 96);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("action"), str_of(item_state_words[state]));
	json_name(&w, STR("ranges"));
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(&w);
		json_pair(&w, STR("issue"), uuid_print(arena, ranges[i].issue->id));
		json_pair_int(&w, STR("first"), ranges[i].first);
		json_pair_int(&w, STR("last"), ranges[i].last);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	return buf_str(&out);
}

struct uuid item_ranges_org(const struct item_range *ranges, size_t count)
{
	static const struct uuid several;
	for (size_t i = 1; i < count; i++)
		if (!uuid_equal(ranges[i].issue->lot.org, ranges->issue->lot.org))
			return several;
	return count ? ranges->issue->lot.org : several;
}
