/* SPDX-License-Identifier: Apache-2.0
 * Answers a scan of a pack's own code: the page of its lot, kept in memory with a gap and shared by all packs in one
 * state, and in the gap what is known of this pack alone. The scan is counted in memory and written later. */
#include "scan_priv.h"

#include <string.h>

#include "ft/core/thing_name.h"
#include "ft/core/visitor.h"
#include "ft/http/gap.h"
#include "ft/store/item_memory.h"
#include "ft/store/trail.h"
#include "queries.h"

enum { CHINA_OFFSET_MIN = 480 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC, HOUR_US = 3600 * USEC_PER_SEC;
static const char media_type[] = "text/html; charset=utf-8";

struct scan_item {
	struct code code;
	struct item_place place;
	struct items_get_params params;
	uint64_t begun;
	struct str named; /* path that the pack was asked for by, if not its code alone: is it this pack's? */
	bool known;
	struct pack item; /* when known */
};

void scan_item_read(struct call *call, struct scan *scan, const struct code *code)
{
	scan->item = arena_new(call->arena, struct scan_item);
	scan->item->code = *code;
	if (!str_starts(call->path, STR("/t/")))
		scan->item->named = thing_uri_path(call->arena, call->path);
}

static struct bytes tag_key(const struct call *call)
{
	return (struct bytes){call_app(call)->code_key, sizeof call_app(call)->code_key};
}

/* — what it is — */
/* Its alert says so, or, until one is raised or once it is closed by a person, nobody but the counts. */
static bool is_copied(const struct call *call, const struct pack *item)
{
	usec_t now = clock_now();
	struct risk_scans scans = item_scans(item, STR(""));
	if (item->suspicion != ITEM_UNJUDGED)
		return item->suspicion == ITEM_SUSPECT;
	if (item->day != (int32_t)(now / DAY_US))
		scans.day_networks = 0;
	if (item->hour_us != now - now % HOUR_US)
		scans.hour_scans = 0;
	return risk_scans_copied(&call_app(call)->item_rules.limits, &scans);
}

static struct str verdict_of(const struct call *call, const struct pack *item, struct str of_lot)
{
	if (is_copied(call, item))
		of_lot = verdict_first(of_lot, VERDICT_SUSPICIOUS);
	switch (item->state) {
	case ITEM_VOIDED:
		return verdict_first(of_lot, VERDICT_VOIDED);
	case ITEM_ISSUED:
		return verdict_first(of_lot, VERDICT_UNREGISTERED);
	case ITEM_ACTIVATED:
	case ITEM_STATES:
		break;
	}
	return of_lot;
}

/* Everything that makes the pages of two packs of a lot different outside the gap. */
static void set_key(const struct call *call, struct scan *scan)
{
	const struct pack *item = &scan->item->item;
	scan->key = arena_printf(call->arena, "i%.*s %d%d%d%d%c",
				 STR_ARGS(uuid_print(call->arena, item->lot.lot)), (int)item->state,
				 is_copied(call, item), (int)call->language, (int)scan->tier,
				 scan->gzip ? 'z' : '-');
}

/* — its page — */
static struct instant instant_of(usec_t at)
{
	return (struct instant){at, CHINA_OFFSET_MIN};
}

/* Names belong to the finest tier. */
static struct str seller_of(const struct call *call, const struct scan *scan)
{
	const struct pack_seller *seller = &scan->item->item.seller;
	bool chinese = call->language == LANGUAGE_ZH || !seller->en[0];
	return scan->tier == TIER_FARM ? str_of(chinese ? seller->zh : seller->en) : STR("");
}

static struct str gap_words(const struct call *call, const struct scan *scan)
{
	const struct pack *item = &scan->item->item;
	const struct page_item words = {.code = code_group(call->arena, &scan->item->code),
					.voided_at = instant_of(item->voided_us),
					.sold_at = instant_of(item->sold_us),
					.seller = seller_of(call, scan),
					.first_scan = instant_of(item->first_scan_us),
					.scans = item->scans};
	return page_item_words(call->arena, call->language, &words);
}

static struct str purpose_of(const struct call *call)
{
	static const char *const names[] = {"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"};
	struct str purpose = {NULL, 0};
	for (size_t i = 0; !purpose.at && i < sizeof names / sizeof *names; i++)
		purpose = call_header(call, names[i]);
	return purpose;
}

static enum item_told told_by(struct str verdict)
{
	for (enum item_told told = ITEM_TOLD_RECALLED; told < ITEM_TOLD_COUNT; told++)
		if (str_equal(verdict, str_of(item_told_words[told])))
			return told;
	return ITEM_TOLD_OTHER;
}

static void count(const struct call *call, const struct scan *scan, enum item_told told)
{
	const struct visit visit = {.user_agent = call_header(call, "User-Agent"),
				    .purpose = purpose_of(call),
				    .head = call->head};
	const struct item_scan one = {.code = &scan->item->code,
				      .item = &scan->item->item,
				      .told = told,
				      .now_us = clock_now(),
				      .address = call->caller.address};
	if (visit_is_scan(&visit))
		item_memory_count(call_app(call)->items, call->arena, &one);
}

/* Nobody may keep it for others: they would not be counted, nor told of those who were there before them. */
static void serve(struct call *call, const struct scan *scan, struct bytes packed, enum item_told told,
		  struct reply *reply)
{
	struct bytes body = gap_fill(call->arena, packed, str_bytes(gap_words(call, scan)), scan->gzip);
	*reply = (struct reply){.raw = bytes_str(body),
				.media_type = media_type,
				.content_encoding = scan->gzip ? "gzip" : NULL,
				.cache_control = "private, no-cache",
				.vary_accept = true};
	count(call, scan, told);
}

static bool serve_kept(struct call *call, struct scan *scan, bool stale_is_fine, struct reply *reply)
{
	set_key(call, scan);
	const struct trail_cached *kept =
		trail_cache_get(call_app(call)->cache, scan->key, clock_now(), stale_is_fine);
	if (!kept)
		return false;
	usec_t computed_us = kept->computed_us;
	serve(call, scan, str_bytes(kept->body), kept->told, reply);
	trail_cache_release((void *)(uintptr_t)kept);
	if (stale_is_fine)
		scan_say_age(call, computed_us, reply);
	return true;
}

static bool serve_from_memory(struct call *call, struct scan *scan, bool stale_is_fine, struct reply *reply)
{
	struct scan_item *item = scan->item;
	item->known =
		item_memory_get(call_app(call)->items, &item->code, clock_now(), stale_is_fine, &item->item);
	return item->known && scan->form == SCAN_PAGE && serve_kept(call, scan, stale_is_fine, reply);
}

bool scan_item_cached(struct call *call, struct scan *scan, struct reply *reply)
{
	if (scan->item->named.at && app_database_answers(call_app(call)))
		return false;
	return serve_from_memory(call, scan, /* stale_is_fine */ !app_database_answers(call_app(call)),
				 reply);
}

/* — reading it — */
static void begin(const struct call *call, struct scan_item *item)
{
	item->place = item_place_of(call->arena, &item->code, tag_key(call));
	item->params = (struct items_get_params){
		{&item->place.block, 1}, {&item->place.index, 1}, {&item->code.text, 1}};
	item->begun = item_memory_begin(call_app(call)->items);
}

static void know(const struct call *call, struct scan_item *item, const struct items_get_row *row)
{
	struct app *app = call_app(call);
	item->item = item_of_row(row);
	item->item.body = item->code.body;
	usec_t now = clock_now();
	item_memory_put(app->items, item->begun, &item->code, &item->item, now);
	/* With the scans that are not yet written. */
	item->known = true;
	(void)item_memory_get(app->items, &item->code, now, /* stale_is_fine */ true, &item->item);
}

void scan_item_prepare(struct call *call, struct scan *scan)
{
	struct scan_item *item = scan->item;
	call->needs_worker = item->known || item->named.at || scan->form != SCAN_PAGE;
	if (call->needs_worker)
		return;
	begin(call, item);
	scan->read = (struct read_request){
		.statement = &sql_items_get, .params = &item->params, .together = true, .arena = call->arena};
}

enum problem scan_item_finish(struct call *call, struct scan *scan, struct reply *reply)
{
	call->needs_worker = !scan->read.count; /* which says that there is none */
	if (call->needs_worker)
		return PROBLEM_NONE;
	know(call, scan->item, scan->read.rows);
	call->needs_worker = !serve_kept(call, scan, /* stale_is_fine */ false, reply);
	return PROBLEM_NONE;
}

static enum problem read_item(struct call *call, struct scan_item *item)
{
	struct items_get_row *rows;
	size_t count;
	if (item->known)
		return PROBLEM_NONE;
	begin(call, item);
	enum problem p = items_get(call_db(call), call->arena, &item->params, &rows, &count);
	if (!p && count)
		know(call, item, rows);
	return p || count ? p : PROBLEM_NOT_FOUND;
}

/* Whether `path` names the lot. */
static enum problem names_lot(struct call *call, struct str path, struct lot_id lot, bool *ret)
{
	struct sha256 hash = thing_hash_path(path);
	struct bytes key = sha256_bytes(&hash);
	struct thing_find_many_row *rows;
	size_t count;
	const struct thing_find_many_params params = {{&key, 1}};
	enum problem p = thing_find_many(call_db(call), call->arena, &params, &rows, &count);
	if (!p)
		*ret = count && uuid_equal(rows->id, lot.lot) && uuid_equal(rows->org_id, lot.org);
	return p;
}

/* The pack is its own, but the path may be another product's: its URI, or any name of its lot with it as serial. */
static enum problem check_named(struct call *call, const struct scan_item *item)
{
	const struct lot_id lot = item->item.lot;
	struct lot_public_uri_row row;
	bool named = false;
	if (!item->named.at)
		return PROBLEM_NONE;
	struct str typed = str_after_last(item->named, '/'), before = item->named;
	before.len -= typed.len;
	enum problem p = lot_public_uri(call_db(call), call->arena,
					&(struct lot_public_uri_params){lot.org, lot.lot}, &row);
	if (p)
		return p;
	struct str own = thing_uri_path(call->arena, item_uri(call->arena, row.uri, item->code.text));
	struct str asked = arena_printf(call->arena, "%.*s%.*s", STR_ARGS(before), STR_ARGS(item->code.text));
	if (str_equal(own, asked))
		return PROBLEM_NONE;
	before.len -= str_starts(before, STR("/o/")) ? strlen("/s/") : strlen("/21/");
	p = names_lot(call, before, lot, &named);
	return p || named ? p : PROBLEM_NOT_FOUND;
}

/* — computing it — */
static void make_page(struct call *call, struct scan *scan, const struct scan_answer *answer,
		      enum item_told told, struct reply *reply)
{
	static const enum page_item_state states[ITEM_STATES] = {
		[ITEM_ISSUED] = PAGE_ITEM_INACTIVE,
		[ITEM_ACTIVATED] = PAGE_ITEM_ACTIVE,
		[ITEM_VOIDED] = PAGE_ITEM_VOIDED,
	};
	struct page page = scan_page(call, scan);
	page.path = STR("");
	page.unwitnessed = app_trail_is_unwitnessed(call, &answer->trail);
	struct page_gap gap =
		page_item_frame(call->arena, &page, &answer->trail, states[scan->item->item.state]);
	struct bytes packed = gap_pack(call->arena, str_bytes(gap.head), str_bytes(gap.tail), scan->gzip);
	const struct trail_cached kept = {
		.body = bytes_str(packed), .etag = STR(""), .media_type = media_type, .told = told};
	set_key(call, scan);
	scan_remember(call, scan, &kept, answer);
	serve(call, scan, packed, told, reply);
}

static struct str time_of(struct arena *arena, usec_t at)
{
	return at ? utc_print(arena, at) : (struct str){NULL, 0};
}

static void make_json(struct call *call, const struct scan *scan, struct trail *trail, struct reply *reply)
{
	struct arena *arena = call->arena;
	const struct pack *item = &scan->item->item;
	trail->item = arena_new(arena, struct trail_item);
	*trail->item = (struct trail_item){.code = scan->item->code.text,
					   .state = str_of(item_state_words[item->state]),
					   .issued_at = utc_print(arena, item->issued_us),
					   .activated_at = time_of(arena, item->activated_us),
					   .voided_at = time_of(arena, item->voided_us),
					   .sold_at = time_of(arena, item->sold_us),
					   .first_scanned_at = time_of(arena, item->first_scan_us),
					   .scans = item->scans};
	if (scan->tier == TIER_FARM && item->seller.zh[0])
		trail->item->seller_zh = str_of(item->seller.zh);
	if (scan->tier == TIER_FARM && item->seller.en[0])
		trail->item->seller_en = str_of(item->seller.en);
	*reply = (struct reply){.raw = trail_json(arena, trail),
				.media_type = scan->media_type,
				.cache_control = "private, no-cache",
				.vary_accept = true};
}

enum problem scan_item_handle(struct call *call, struct scan *scan, struct reply *reply)
{
	struct scan_answer answer;
	bool found = false;
	enum problem p = read_item(call, scan->item);
	if (!p)
		p = check_named(call, scan->item);
	if (p == PROBLEM_NOT_FOUND)
		return scan_not_there(call, scan, reply);
	if (!p && scan->item->named.at && scan->form == SCAN_PAGE &&
	    serve_kept(call, scan, /* stale_is_fine */ false, reply))
		return PROBLEM_NONE;
	if (!p && !scan->item->place.block.at)
		scan->item->place = item_place_of(call->arena, &scan->item->code, tag_key(call));
	scan->code = scan->item->place.block;
	if (!p)
		p = scan_find(call, scan, &answer, &found);
	app_database_found(call_app(call), p);
	if (p == PROBLEM_DB_UNAVAILABLE && serve_from_memory(call, scan, /* stale_is_fine */ true, reply))
		return PROBLEM_NONE;
	if (p || !found)
		return p ? p : scan_not_there(call, scan, reply);
	const enum item_told told = told_by(answer.trail.verdict);
	answer.trail.verdict = verdict_of(call, &scan->item->item, answer.trail.verdict);
	if (scan->form == SCAN_PAGE)
		make_page(call, scan, &answer, told, reply);
	else
		make_json(call, scan, &answer.trail, reply);
	return PROBLEM_NONE;
}
