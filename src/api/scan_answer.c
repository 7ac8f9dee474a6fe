/* SPDX-License-Identifier: Apache-2.0
 * Answers a scan: from memory, from the trail that is kept, or by computing it. */
#include "scan_priv.h"

#include <string.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/base/text.h"
#include "ft/http/gzip.h"
#include "ft/pages/pages.h"
#include "ft/store/trail.h"
#include "queries.h"

enum { ETAG_OCTETS = 12, MEMORY_S = 10 };

union scan_params {
	struct trails_by_code_params by_code;
	struct trails_by_thing_params by_thing;
};
_Static_assert(sizeof(struct trails_by_code_row) == sizeof(struct trails_by_thing_row), "the same columns");

#define GZIP_SUFFIX "-z" /* of the ETag: another encoding is another representation (RFC 9110, 8.8.3) */
static const char cache_control[] = "public, max-age=60, must-revalidate";

static struct str etag_print(struct arena *arena, struct bytes name, const char *suffix)
{
	struct str text = base64url_encode(arena, name);
	return arena_printf(arena, "\"%.*s%s\"", STR_ARGS(text), suffix);
}

static struct str etag_of(struct arena *arena, struct str body, const char *suffix)
{
	struct sha256 hash = sha256_of(str_bytes(body));
	return etag_print(arena, (struct bytes){hash.octets, ETAG_OCTETS}, suffix);
}

/* Of a trail as it is kept: what was computed of which lot, and when, is never computed otherwise. Hashing 15 KB for
 * every scan would cost a tenth of it, and hashing what names it more than writing it down. */
static struct str etag_of_kept(struct arena *arena, struct lot_id lot, usec_t computed_us, const char *suffix)
{
	uint8_t name[sizeof lot.lot.octets + sizeof computed_us];
	memcpy(name, lot.lot.octets, sizeof lot.lot.octets);
	memcpy(name + sizeof lot.lot.octets, &computed_us, sizeof computed_us);
	return etag_print(arena, (struct bytes){name, sizeof name}, suffix);
}

static void put_reply(struct reply *reply, struct str body, struct str etag, const char *media_type,
		      const char *encoding)
{
	*reply = (struct reply){.raw = body,
				.etag = etag,
				.media_type = media_type,
				.content_encoding = encoding,
				.cache_control = cache_control,
				.vary_accept = true};
}

static void put_cached(const struct trail_cached *cached, const struct scan *scan, struct reply *reply)
{
	put_reply(reply, cached->body, cached->etag, scan->media_type, cached->content_encoding);
	reply->release = trail_cache_release;
	reply->held = (void *)(uintptr_t)cached;
}

void scan_say_age(struct call *call, usec_t computed_us, struct reply *reply)
{
	struct reply_header *headers = arena_array(call->arena, struct reply_header, 2);
	int64_t age_s = (clock_now() - computed_us) / USEC_PER_SEC;
	headers[0] = (struct reply_header){"Age", arena_printf(call->arena, "%lld", (long long)age_s)};
	headers[1] = (struct reply_header){"Warning", STR("111 farmtrail \"Revalidation Failed\"")};
	reply->headers = headers;
	reply->header_count = 2;
}

bool scan_cached(struct call *call, struct reply *reply)
{
	struct scan *scan = scan_read(call);
	call->state = scan;
	if (scan->malformed || scan->thing_code || scan->of_thing)
		return false;
	if (scan->item)
		return scan_item_cached(call, scan, reply);
	bool answers = app_database_answers(call_app(call));
	const struct trail_cached *cached =
		trail_cache_get(call_app(call)->cache, scan->key, clock_now(), /* stale_is_fine */ !answers);
	if (!cached)
		return false;
	put_cached(cached, scan, reply);
	if (!answers)
		scan_say_age(call, cached->computed_us, reply);
	return true;
}

/* Another server on this database drops nothing here: the table, which knows all of them, is asked again soon. */
void scan_remember(const struct call *call, const struct scan *scan, const struct trail_cached *body,
		   const struct scan_answer *answer)
{
	usec_t ask_again_us = clock_now() + MEMORY_S * USEC_PER_SEC;
	struct trail_cached entry = *body;
	entry.computed_us = answer->computed_us;
	entry.good_until_us = answer->good_until_us < ask_again_us ? answer->good_until_us : ask_again_us;
	trail_cache_put(call_app(call)->cache, scan->begun, scan->key, &entry, answer->lots.items,
			answer->lots.count);
}

static void remember_reply(const struct call *call, const struct scan *scan, const struct reply *reply,
			   const struct scan_answer *answer)
{
	const struct trail_cached body = {.body = reply->raw,
					  .etag = reply->etag,
					  .media_type = reply->media_type,
					  .content_encoding = reply->content_encoding};
	scan_remember(call, scan, &body, answer);
}

/* What the row keeps, if it was kept by who has the key. */
static struct bytes kept_of(const struct call *call, const struct trails_by_code_row *row)
{
	const struct app *app = call_app(call);
	const struct trail_kept kept = {.lot = {row->org_id, row->lot_id},
					.edition = trail_edition(app->test_codes, app->config->demonstration),
					.lots = row->lots,
					.versions = row->versions,
					.computed_us = row->computed_at.value,
					.good_until_us = row->good_until.value};
	return trail_take(&app->vault, &kept, row->body);
}

static const struct sql_statement *scan_statement(const struct call *call, struct scan *scan)
{
	const struct app *app = call_app(call);
	struct str edition = trail_edition(app->test_codes, app->config->demonstration);
	scan->params = arena_new(call->arena, union scan_params);
	scan->begun = trail_cache_begin(app->cache);
	if (scan->code.at) {
		scan->params->by_code =
			(struct trails_by_code_params){{&scan->code, 1}, edition, clock_now()};
		return &sql_trails_by_code;
	}
	scan->thing_bytes = sha256_bytes(&scan->thing);
	scan->params->by_thing =
		(struct trails_by_thing_params){{&scan->thing_bytes, 1}, edition, clock_now()};
	return &sql_trails_by_thing;
}

/* Only the JSON of the farm tier, in gzip, is what the table keeps; everything else is made of it on a worker. */
enum problem scan_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	struct scan *scan = call->state;
	if (scan->item) {
		scan_item_prepare(call, scan);
		return PROBLEM_NONE;
	}
	call->needs_worker = scan->malformed || scan->thing_code || scan->of_thing ||
			     scan->form != SCAN_JSON || scan->tier != TIER_FARM || !scan->gzip;
	if (!call->needs_worker)
		scan->read = (struct read_request){.statement = scan_statement(call, scan),
						   .params = scan->params,
						   .together = true,
						   .arena = call->arena};
	return PROBLEM_NONE;
}

enum problem scan_submit(struct call *call, struct completion *done)
{
	struct scan *scan = call->state;
	scan->read.done = done;
	reader_submit(call_app(call)->reader, &scan->read);
	return PROBLEM_NONE;
}

enum problem scan_finish(struct call *call, struct reply *reply)
{
	struct scan *scan = call->state;
	const struct trails_by_code_row *row = scan->read.rows;
	if (scan->item)
		return scan_item_finish(call, scan, reply);
	struct str body = scan->read.count ? bytes_str(kept_of(call, row)) : (struct str){NULL, 0};
	call->needs_worker = !body.at;
	if (call->needs_worker)
		return PROBLEM_NONE;
	const struct lot_id lot = {row->org_id, row->lot_id};
	struct str etag = etag_of_kept(call->arena, lot, row->computed_at.value, GZIP_SUFFIX);
	put_reply(reply, body, etag, scan->media_type, "gzip");
	const struct scan_answer answer = {.lots = row->lots,
					   .computed_us = row->computed_at.value,
					   .good_until_us = row->good_until.value};
	remember_reply(call, scan, reply, &answer);
	return PROBLEM_NONE;
}

struct page scan_page(const struct call *call, const struct scan *scan)
{
	const struct config *config = call_app(call)->config;
	return (struct page){.language = call->language,
			     .path = scan->path,
			     .public_url = config->public_url,
			     .mirrors = config->log_mirrors,
			     .demonstration = config->demonstration,
			     .raw_query = scan->tier > TIER_FARM ? arena_printf(call->arena, "tier=%s",
										tier_words[scan->tier])
								 : (struct str){NULL, 0}};
}

enum problem scan_not_there(struct call *call, const struct scan *scan, struct reply *reply)
{
	bool is_code = str_starts(call->path, STR("/t/"));
	bool malformed = scan->malformed && scan->malformed != PROBLEM_NOT_FOUND;
	if (scan->form == SCAN_JSON) {
		call->fault.detail = !malformed ? STR("no such code, lot, unit or place is registered here")
				     : is_code  ? STR("this is not a code: a letter and 12 or 16 letters "
						       "and digits, as printed below the QR")
						: STR("this is not an identifier of a lot, unit or place");
		return PROBLEM_NOT_FOUND;
	}
	const struct page page = scan_page(call, scan);
	*reply = (struct reply){.status = 404, .media_type = "text/html; charset=utf-8"};
	reply->raw = malformed ? page_malformed_code(call->arena, &page, scan->typed)
			       : page_unknown_code(call->arena, &page, scan->typed);
	return PROBLEM_NONE;
}

/* The database is away: what was good a while ago is better than nothing, when it says how old it is. */
static enum problem serve_old(struct call *call, struct scan *scan, struct reply *reply, enum problem away)
{
	struct trail_cache *cache = call_app(call)->cache;
	const struct trail_cached *cached =
		trail_cache_get(cache, scan->key, clock_now(), /* stale_is_fine */ true);
	if (!cached && scan->gzip)
		cached = trail_cache_get(cache, scan_key(call, scan, /* gzip */ false), clock_now(),
					 /* stale_is_fine */ true);
	if (!cached)
		return away;
	put_cached(cached, scan, reply);
	scan_say_age(call, cached->computed_us, reply);
	return PROBLEM_NONE;
}

static enum problem compute(struct call *call, struct scan_answer *answer, bool all_origins)
{
	const struct app *app = call_app(call);
	const struct trail_ask ask = {.lot = answer->lot,
				      .as_of_us = TRAIL_NOW,
				      .now_us = clock_now(),
				      .max_lots = (size_t)app->config->graph_nodes,
				      .max_origins = all_origins ? (size_t)app->config->graph_nodes : 0,
				      .test_codes = app->test_codes,
				      .demonstration = app->config->demonstration};
	struct trail_made made;
	enum problem p = trail_make(call_db(call), call->arena, &ask, &made);
	if (p)
		return p;
	metric_add(METRIC_TRAIL_COMPUTED, 1);
	app_examine_trail(call, &made.trail);
	answer->trail = made.trail;
	answer->lots = (struct sql_array){made.lots, made.lot_count};
	answer->computed_us = made.computed_us;
	answer->good_until_us = made.good_until_us;
	if (all_origins)
		return PROBLEM_NONE;
	answer->json = trail_json(call->arena, &made.trail);
	answer->gzip = gzip_bytes(call->arena, str_bytes(answer->json));
	/* Kept for the next scan; this one has its answer, whatever becomes of it. */
	(void)!trail_store(call_db(call), call->arena, &app->vault, &made, answer->lot,
			   trail_edition(app->test_codes, app->config->demonstration), answer->gzip);
	return PROBLEM_NONE;
}

static enum problem aggregate(struct call *call, const struct scan *scan, struct scan_answer *answer)
{
	enum problem p = PROBLEM_NONE;
	if (scan->tier == TIER_FARM)
		return p;
	if (answer->trail.rest && answer->trail.rest->count) /* what is not listed cannot be merged */
		p = compute(call, answer, /* all_origins */ true);
	return p ? p : trail_aggregate(call->arena, &answer->trail, scan->tier, &answer->trail);
}

/* Somebody wrote it who does not have the key: it is computed anew. */
static void tell_altered(const struct call *call, struct lot_id lot)
{
	LOG(LOG_ERROR, "trail-altered", LOG_TEXT("lot", lot_id_print(call->arena, lot)));
}

static enum problem find(struct call *call, struct scan *scan, struct scan_answer *ret, bool *ret_found)
{
	struct trails_by_code_row *rows;
	size_t count;
	const struct sql_statement *statement = scan_statement(call, scan);
	enum problem p = db_many(call_db(call), call->arena, statement, scan->params, (void **)&rows, &count);
	if (p)
		return p;
	*ret_found = count && str_equal(rows->kind, scan->item ? STR("item") : STR("lot"));
	if (!*ret_found)
		return PROBLEM_NONE;
	*ret = (struct scan_answer){.lot = {rows->org_id, rows->lot_id},
				    .gzip = kept_of(call, rows),
				    .lots = rows->lots,
				    .computed_us = rows->computed_at.value,
				    .good_until_us = rows->good_until.value};
	struct bytes json;
	if (rows->body.at && !ret->gzip.at)
		tell_altered(call, ret->lot);
	if (ret->gzip.at && gunzip_bytes(call->arena, ret->gzip, &json)) {
		ret->json = bytes_str(json);
		if (!trail_read(call->arena, ret->json, &ret->trail))
			return PROBLEM_NONE;
	}
	return compute(call, ret, /* all_origins */ false);
}

enum problem scan_find(struct call *call, struct scan *scan, struct scan_answer *ret, bool *ret_found)
{
	struct scan_answer answer;
	bool found = false;
	enum problem p = find(call, scan, &answer, &found);
	if (!p && found)
		p = aggregate(call, scan, &answer);
	if (p)
		return p;
	*ret = answer;
	*ret_found = found;
	return PROBLEM_NONE;
}

static void render(struct call *call, const struct scan *scan, const struct scan_answer *answer,
		   struct reply *reply)
{
	struct page page = scan_page(call, scan);
	page.unwitnessed = scan->form == SCAN_PAGE && app_trail_is_unwitnessed(call, &answer->trail);
	bool is_kept = scan->form == SCAN_JSON && scan->tier == TIER_FARM;
	struct str body = scan->form == SCAN_PAGE ? page_trail(call->arena, &page, &answer->trail)
			  : is_kept               ? answer->json
						  : trail_json(call->arena, &answer->trail);
	const char *suffix = scan->gzip ? GZIP_SUFFIX : "";
	struct str etag = is_kept ? etag_of_kept(call->arena, answer->lot, answer->computed_us, suffix)
				  : etag_of(call->arena, body, suffix);
	if (scan->gzip)
		body = bytes_str(is_kept ? answer->gzip : gzip_bytes(call->arena, str_bytes(body)));
	put_reply(reply, body, etag, scan->media_type, scan->gzip ? "gzip" : NULL);
	remember_reply(call, scan, reply, answer);
}

enum problem scan_handle(struct call *call, struct reply *reply)
{
	struct scan *scan = call->state;
	struct scan_answer answer;
	bool found = false;
	if (scan->malformed)
		return scan_not_there(call, scan, reply);
	if (scan->item)
		return scan_item_handle(call, scan, reply);
	if (scan->thing_code || scan->of_thing)
		return scan_thing_handle(call, scan, reply);
	enum problem p = scan_find(call, scan, &answer, &found);
	if (!p && !found)
		return scan_not_there(call, scan, reply);
	app_database_found(call_app(call), p);
	if (p == PROBLEM_DB_UNAVAILABLE)
		return serve_old(call, scan, reply, p);
	if (p)
		return p;
	render(call, scan, &answer, reply);
	return PROBLEM_NONE;
}
