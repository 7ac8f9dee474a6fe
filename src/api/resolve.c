/* SPDX-License-Identifier: Apache-2.0
 * What codes lead to: the page of a lot for people, its trail for programs; and the search box. */
#include "ft/api/routes.h"

#include "scan_priv.h"

#include "ft/core/code.h"
#include "ft/core/thing_name.h"
#include "ft/pages/pages.h"
#include "ft/store/items.h"
#include "queries.h"

enum { HITS_SHOWN = 20, ISSUERS_MAX = 5000 };

static enum problem home(struct call *call, struct reply *reply)
{
	const struct page page = call_page(call);
	reply_page(reply, page_home(call->arena, &page));
	return PROBLEM_NONE;
}

static enum problem verify_help(struct call *call, struct reply *reply)
{
	const struct page page = call_page(call);
	reply_page(reply, page_verify_help(call->arena, &page));
	return PROBLEM_NONE;
}

struct search_query {
	struct str q;
};
static const struct shape search_query = {
	.name = "SearchQuery",
	.size = sizeof(struct search_query),
	.doc = "What is looked for",
	.open = true,
	.fields =
		(const struct field[]){
			STRING(struct search_query, q, "q", .flags = OPTIONAL, .max_len = 200,
			       .doc = "Code, lot number, enterprise or its credit code"),
			END_OF_SHAPE,
		},
};
struct hits {
	struct page_hit items[HITS_SHOWN + 1];
	size_t count;
};

static void add_hit(struct hits *hits, struct page_hit hit)
{
	if (hits->count <= HITS_SHOWN)
		hits->items[hits->count++] = hit;
}

static struct str in_language(const struct call *call, struct str zh, struct str en)
{
	return call->language == LANGUAGE_EN && en.at ? en : zh;
}

struct found_ids {
	struct str thing; /* the code of a unit or place */
	struct str item;  /* of a pack the code that was typed */
	struct uuid orgs[HITS_SHOWN], ids[HITS_SHOWN];
	size_t count;
};

static void keep_lots(struct found_ids *found, const struct thing_find_many_row *rows, size_t count)
{
	for (size_t i = 0; i < count && found->count < HITS_SHOWN; i++) {
		if (!str_equal(rows[i].kind, STR("lot")))
			continue;
		found->orgs[found->count] = rows[i].org_id;
		found->ids[found->count++] = rows[i].id;
	}
}

/* A number belongs to whoever issued it, so it is looked up under each issuer. */
static enum problem find_numbers(struct call *call, struct str number, struct found_ids *found)
{
	struct search_issuers_row *issuers;
	struct thing_find_many_row *rows;
	size_t count, found_count;
	enum problem p = search_issuers(call_db(call), call->arena,
					&(struct search_issuers_params){ISSUERS_MAX}, &issuers, &count);
	if (p)
		return p;
	struct sha256 *hashes = arena_array(call->arena, struct sha256, count);
	struct bytes *keys = arena_array(call->arena, struct bytes, count);
	for (size_t i = 0; i < count; i++) {
		hashes[i] = thing_hash_number(THING_LOT, issuers[i].id, number);
		keys[i] = sha256_bytes(&hashes[i]);
	}
	p = thing_find_many(call_db(call), call->arena, &(struct thing_find_many_params){{keys, count}},
			    &rows, &found_count);
	if (!p)
		keep_lots(found, rows, found_count);
	return p;
}

static enum problem find_quarantine(struct call *call, struct str number, struct found_ids *found)
{
	struct search_quarantine_row *rows;
	size_t count;
	const struct search_quarantine_params params = {number, (int64_t)(HITS_SHOWN - found->count)};
	enum problem p = search_quarantine(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		found->orgs[found->count] = rows[i].org_id;
		found->ids[found->count++] = rows[i].lot_id;
	}
	return p;
}

static enum problem find_item(struct call *call, const struct code *code, struct found_ids *found)
{
	const struct bytes key = {call_app(call)->code_key, sizeof call_app(call)->code_key};
	struct pack item;
	enum problem p = item_read(call_db(call), call->arena, code, key, &item);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	found->item = code->text;
	found->orgs[found->count] = item.lot.org;
	found->ids[found->count++] = item.lot.lot;
	return PROBLEM_NONE;
}

static enum problem find_code(struct call *call, struct str typed, struct found_ids *found)
{
	const struct bytes key = {call_app(call)->code_key, sizeof call_app(call)->code_key};
	struct code code;
	struct code_find_many_row *rows;
	size_t count;
	if (code_parse(call->arena, typed, &key, 1, &code))
		return PROBLEM_NONE;
	if (code.letter == CODE_ITEM)
		return find_item(call, &code, found);
	enum problem p = code_find_many(call_db(call), call->arena,
					&(struct code_find_many_params){{&code.text, 1}}, &rows, &count);
	if (!p && count && (code.letter == CODE_UNIT || code.letter == CODE_PLACE))
		found->thing = code.text;
	if (!p && count && str_equal(rows->kind, STR("lot"))) {
		found->orgs[found->count] = rows->org_id;
		found->ids[found->count++] = rows->id;
	}
	return p;
}

static enum problem hit_lots(struct call *call, struct str q, struct hits *hits)
{
	struct found_ids found = {.count = 0};
	struct search_lots_row *rows;
	size_t count;
	enum problem p = find_code(call, q, &found);
	if (!p && found.thing.at)
		add_hit(hits, (struct page_hit){
				      .kind = STR("code"),
				      .title = found.thing,
				      .href = arena_printf(call->arena, "/t/%.*s", STR_ARGS(found.thing))});
	if (!p && !found.count)
		p = find_numbers(call, q, &found);
	if (!p && !found.count)
		p = find_quarantine(call, q, &found);
	if (p || !found.count)
		return p;
	const struct search_lots_params params = {{found.orgs, found.count}, {found.ids, found.count}};
	p = search_lots(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct str product = in_language(call, rows[i].product_zh, rows[i].product_en);
		struct page_hit hit = {.kind = STR("lot"),
				       .title = arena_printf(call->arena, "%.*s %.*s", STR_ARGS(product),
							     STR_ARGS(rows[i].number))};
		if (!rows[i].personal)
			hit.detail = in_language(call, rows[i].issuer_zh, rows[i].issuer_en);
		struct str code = found.item.at ? found.item : rows[i].code;
		if (code.at)
			hit.href = arena_printf(call->arena, "/t/%.*s", STR_ARGS(code));
		add_hit(hits, hit);
	}
	return p;
}

static enum problem hit_parties(struct call *call, struct str q, struct hits *hits)
{
	struct search_parties_row *rows;
	size_t count;
	const struct search_parties_params params = {q, HITS_SHOWN + 1};
	enum problem p = search_parties(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct str region = in_language(call, rows[i].region_zh, rows[i].region_en);
		struct page_hit hit = {.kind = STR("party"),
				       .title = in_language(call, rows[i].name_zh, rows[i].name_en),
				       .detail = region};
		if (rows[i].uscc.at)
			hit.detail = arena_printf(call->arena, "%.*s · %.*s", STR_ARGS(region),
						  STR_ARGS(rows[i].uscc));
		add_hit(hits, hit);
	}
	return p;
}

static enum problem search(struct call *call, struct reply *reply)
{
	const struct search_query *query = call->query;
	struct str q = query->q.at ? str_trim(query->q) : STR("");
	struct hits hits = {.count = 0};
	if (!q.len)
		return home(call, reply);
	enum problem p = hit_lots(call, q, &hits);
	if (!p)
		p = hit_parties(call, q, &hits);
	if (p)
		return p;
	const struct page page = call_page(call);
	bool more = hits.count > HITS_SHOWN;
	*reply = (struct reply){
		.raw = page_results(call->arena, &page, q, hits.items, more ? HITS_SHOWN : hits.count, more),
		.media_type = "text/html; charset=utf-8",
		.vary_accept = true};
	return PROBLEM_NONE;
}

#define TAG "Codes and pages"
#define SCAN_OF(shape) \
	.method = "GET", .tag = TAG, .scope = SCOPE_PUBLIC, .status = 200, .response = &(shape), \
	.media_type = "text/html, application/ld+json", .cached = scan_cached, .prepare = scan_prepare, \
	.submit = scan_submit, .finish = scan_finish, .handle = scan_handle, \
	.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_GRAPH_TOO_LARGE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY}
#define SCAN SCAN_OF(trail_shape)
const struct route resolve_routes[] = {
	{
		.method = "GET",
		.path = "/",
		.id = "home",
		.summary = "The search box",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.media_type = "text/html",
		.status = 200,
		.handle = home,
	},
	{
		.method = "GET",
		.path = "/q",
		.id = "search",
		.summary = "Search codes, lot numbers and enterprises",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.query = &search_query,
		.media_type = "text/html",
		.status = 200,
		.handle = search,
		.may_fail = {PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/verify",
		.id = "verifyHelp",
		.summary = "How to check signatures oneself",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.media_type = "text/html",
		.status = 200,
		.handle = verify_help,
	},
	{.path = "/t/{code}",
	 .id = "scanCode",
	 .summary = "What is behind a code, a lot's trail, a unit's contents or a place: a page, or JSON by "
		    "Accept",
	 .response_else = &thing_page_shape,
	 SCAN},
	{.path = "/01/{rest...}",
	 .id = "scanDigitalLink",
	 .summary = "The trail behind a GS1 Digital Link of a lot or of a pack",
	 SCAN},
	{.path = "/o/{org}/p/{product}/b/{lot}",
	 .id = "scanOwnUri",
	 .summary = "The trail behind an own-scheme lot URI",
	 SCAN},
	{.path = "/o/{org}/p/{product}/b/{lot}/s/{serial}",
	 .id = "scanOwnPackUri",
	 .summary = "The trail behind an own-scheme URI of a pack",
	 SCAN},
	{.path = "/00/{sscc}",
	 .id = "scanSscc",
	 .summary = "What is in a crate or pallet, by the GS1 Digital Link of its SSCC",
	 SCAN_OF(thing_page_shape)},
	{.path = "/414/{gln}",
	 .id = "scanGln",
	 .summary = "A place, by the GS1 Digital Link of its GLN",
	 SCAN_OF(thing_page_shape)},
	{.path = "/414/{gln}/254/{extension}",
	 .id = "scanGlnExtension",
	 .summary = "A place, by the GS1 Digital Link of its GLN and extension",
	 SCAN_OF(thing_page_shape)},
	{.path = "/o/{org}/u/{unit}",
	 .id = "scanOwnUnitUri",
	 .summary = "What is in a crate or pallet, by its own-scheme URI",
	 SCAN_OF(thing_page_shape)},
	{.path = "/o/{org}/f/{place}",
	 .id = "scanOwnPlaceUri",
	 .summary = "A place, by its own-scheme URI",
	 SCAN_OF(thing_page_shape)},
	{0},
};
