/* SPDX-License-Identifier: Apache-2.0
 * /v1/events: capture one record, list and read what was captured, and its EPCIS form. */
#include "ft/api/routes.h"

#include "events_priv.h"
#include "list_priv.h"

#include "ft/api/app.h"
#include "ft/base/text.h"
#include "ft/core/epcis_body.h"
#include "ft/core/record_of_event.h"
#include "ft/crypto/random.h"
#include "queries.h"

const struct shape captured_lot_shape = {
	.name = "CapturedLot",
	.size = sizeof(struct captured_lot),
	.doc = "A lot the record made or concerns",
	.fields =
		(const struct field[]){
			STRING(struct captured_lot, id, "id", .doc = "Opaque id"),
			STRING(struct captured_lot, number, "number",
			       .doc = "Own number within the issuing party"),
			STRING(struct captured_lot, code, "code", .doc = "Short code that its QR carries"),
			STRING(struct captured_lot, uri, "uri", .max_len = 1024, .doc = "EPCIS class URI"),
			END_OF_SHAPE,
		},
};
const struct shape captured_replacement_shape = {
	.name = "CapturedReplacement",
	.size = sizeof(struct captured_replacement),
	.doc = "The record that stands in the place of the one corrected",
	.fields =
		(const struct field[]){
			UUID(struct captured_replacement, event, "event", .doc = "Id of the event, for ever"),
			LIST(struct captured_replacement, lots, "lots", &captured_lot_shape,
			     .flags = OPTIONAL | ALWAYS, .max_len = 1000,
			     .doc = "Lots it made or concerns; where it says nothing else, those of the "
				    "record it "
				    "replaces"),
			STRING(struct captured_replacement, shipment, "shipment", .flags = OPTIONAL,
			       .doc = "Of a ship record: what receive names"),
			STRING(struct captured_replacement, statement, "statement",
			       .doc = "Base64 SHA-256 of the signed statement's text"),
			END_OF_SHAPE,
		},
};
const struct shape captured_shape = {
	.name = "Captured",
	.size = sizeof(struct captured),
	.doc = "What a record left: durable, signed, queued for the log",
	.fields =
		(const struct field[]){
			UUID(struct captured, event, "event", .doc = "Id of the event, for ever"),
			LIST(struct captured, lots, "lots", &captured_lot_shape, .flags = OPTIONAL | ALWAYS,
			     .max_len = 1000, .doc = "Lots the record made or concerns"),
			STRING(struct captured, shipment, "shipment", .flags = OPTIONAL,
			       .doc = "Of a ship record: what receive names"),
			STRING(struct captured, statement, "statement",
			       .doc = "Base64 SHA-256 of the signed statement's text"),
			OBJECT(struct captured, replacement, "replacement", &captured_replacement_shape,
			       struct captured_replacement, .flags = OPTIONAL,
			       .doc = "Of a correction that says what should have been recorded"),
			STRINGS(struct captured, alerts, "alerts", .flags = OPTIONAL | ALWAYS,
				.doc = "Alerts raised at once"),
			STRINGS(struct captured, warnings, "warnings", .flags = OPTIONAL | ALWAYS,
				.doc = "What was stored and flagged"),
			STRING(struct captured, log, "log", .flags = OPTIONAL,
			       .doc = "queued: durable, and waits for its place in the log; logged: a signed "
				      "head covers it, which Prefer: wait asks for"),
			END_OF_SHAPE,
		},
};

void capture_quote(const struct json *sent, struct fault *fault)
{
	const struct json *at =
		fault->pointer[0] && !fault->value.at ? json_at(sent, str_of(fault->pointer)) : NULL;
	if (at && (at->kind == JSON_STRING || at->kind == JSON_NUMBER))
		fault->value = at->text;
}

enum problem capture_job_of(struct call *call, const struct record *record, struct str sent,
			    struct fault *fault, struct capture_job *ret)
{
	const usec_t now = clock_now();
	const struct record_kind *kind;
	enum problem p = record_check(record, now, &kind, fault);
	if (p) {
		record_explain(call->arena, record, p, fault);
		return p;
	}
	*ret = (struct capture_job){
		.arena = call->arena,
		.fault = fault,
		.key = call->caller.key,
		.parties = call->caller.parties,
		.party_count = call->caller.party_count,
		.region = call->caller.region,
		.record = record,
		.kind = kind,
		.id = record->id,
		.request = sha256_of(str_bytes(sent)),
		.time_ahead = record_lies_ahead(record, now),
	};
	return PROBLEM_NONE;
}

enum problem capture_once(struct call *call, struct capture_unit *unit,
			  bool (*answer)(const struct capture_unit *unit, struct once_answer *ret))
{
	struct once *once = arena_new(call->arena, struct once);
	bool asked;
	enum problem p = call_once(call, once, &asked);
	if (p || !asked)
		return p;
	unit->once = once;
	unit->answer = answer;
	return PROBLEM_NONE;
}

struct uuid capture_record_id(const struct once *once, const struct record *record, size_t n)
{
	if (!uuid_is_nil(record->id))
		return record->id;
	return once ? once_id(once, record->time.at_us, n) : uuid_make(clock_now());
}

static struct str location_of(struct arena *arena, const struct capture_job *job)
{
	return arena_printf(arena, "/v1/events/%.*s", STR_ARGS(uuid_print(arena, job->id)));
}

static bool capture_answer(const struct capture_unit *unit, struct once_answer *ret)
{
	const struct capture_job *job = unit->jobs;
	*ret = (struct once_answer){.status = job->replayed ? 200 : 201,
				    .location = location_of(job->arena, job),
				    .body = job->answer};
	return true;
}

struct single {
	struct capture_unit unit;
	struct patience patience;
};

static enum problem capture_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	const struct record *record = call->body;
	struct single *single = arena_new(call->arena, struct single);
	struct capture_unit *unit = &single->unit;
	unit->jobs = arena_new(call->arena, struct capture_job);
	unit->count = 1;
	call->state = single;
	patience_read(&single->patience, call);
	enum problem p = capture_once(call, unit, capture_answer);
	if (p || call->body_else)
		return p ? p : capture_signed(call, unit);
	/* Without the space around it: the same record alone and in a batch is the same. */
	p = capture_job_of(call, record, str_trim(call->body_bytes), &call->fault, unit->jobs);
	unit->jobs->id = capture_record_id(unit->once, record, 0);
	return p;
}

static enum problem capture_hand_over(struct call *call, struct completion *done)
{
	struct single *single = call->state;
	return patience_submit(&single->patience, call, &single->unit, done);
}

static enum problem capture_finish(struct call *call, struct reply *reply)
{
	const struct single *single = call->state;
	const struct capture_unit *unit = &single->unit;
	const struct capture_job *job = unit->jobs;
	if (unit->kept) {
		reply_replayed(call, unit->kept, reply);
		return PROBLEM_NONE;
	}
	if (job->problem) {
		struct json sent;
		struct fault ignored = {0};
		if (!json_parse(call->arena, call->body_bytes, &sent, &ignored))
			capture_quote(&sent, job->fault);
		return job->problem;
	}
	reply->raw = patience_answer(&single->patience, job);
	reply->status = job->replayed ? 200 : 201;
	reply->location = location_of(call->arena, job);
	patience_tell(&single->patience, reply);
	return PROBLEM_NONE;
}

enum problem event_locate_path(struct call *call, struct event_locate_row *ret)
{
	struct uuid id;
	if (!uuid_parse(call->path_args[0], &id))
		return PROBLEM_NOT_FOUND;
	struct str event_id =
		arena_printf(call->arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(call->arena, id)));
	struct sha256 hash = sha256_of(str_bytes(event_id));
	return event_locate(call_db(call), call->arena, &(struct event_locate_params){sha256_bytes(&hash)},
			    ret);
}

enum problem event_find(struct call *call, struct event_read_row *ret)
{
	struct event_locate_row where;
	enum problem p = event_locate_path(call, &where);
	return p ? p
		 : event_read(call_db(call), call->arena, &(struct event_read_params){where.org_id, where.id},
			      ret);
}

struct event_item {
	struct uuid id;
	struct str type;
	struct instant time;
	struct str recorded_at;
	struct uuid party, recorded_by, site;
	struct str region, statement;
	struct str epcis; /* raw; only when one is asked for */
	struct str answer;
	struct str record; /* absent: was none */
	struct uuid corrected, replacement, corrects;
	struct str erased_at;
	struct list endorsements;
};
#define EVENT_ITEM_FIELDS \
	UUID(struct event_item, id, "id", .doc = "Id of the event"), \
		STRING(struct event_item, type, "type", .doc = "Record type"), \
		TIME(struct event_item, time, "time", .doc = "When it happened"), \
		STRING(struct event_item, recorded_at, "recordedAt", .doc = "UTC; strictly grows"), \
		UUID(struct event_item, party, "party", .doc = "Who acted"), \
		UUID(struct event_item, recorded_by, "recordedBy", .doc = "Whose key signed"), \
		UUID(struct event_item, site, "site", .flags = OPTIONAL, .doc = "Where it happened"), \
		STRING(struct event_item, region, "region", .flags = OPTIONAL, .doc = "Region of the site"), \
		STRING(struct event_item, statement, "statement", \
		       .doc = "Base64 SHA-256 of the signed statement's text")
static const struct shape event_item = {
	.name = "EventItem",
	.size = sizeof(struct event_item),
	.doc = "One captured event, without its body",
	.fields = (const struct field[]){EVENT_ITEM_FIELDS, END_OF_SHAPE},
};
static const struct shape event_whole = {
	.name = "Event",
	.size = sizeof(struct event_item),
	.doc = "One captured event",
	.fields =
		(const struct field[]){
			EVENT_ITEM_FIELDS,
			RAW_JSON(struct event_item, epcis, "epcis",
				 .doc = "The EPCIS 2.0 event, byte for byte what the statement covers"),
			RAW_JSON(struct event_item, record, "record", .flags = OPTIONAL,
				 .doc = "The record that was sent, in farm words, without its id: with a "
					"change it can be the replacement of a correct record. Absent: a "
					"partner's event, or erased"),
			UUID(struct event_item, corrected, "corrected", .flags = OPTIONAL,
			     .doc = "The correction that declared it wrong"),
			UUID(struct event_item, replacement, "replacement", .flags = OPTIONAL,
			     .doc = "What stands in its place"),
			UUID(struct event_item, corrects, "corrects", .flags = OPTIONAL,
			     .doc = "In whose place it stands"),
			RAW_JSON(struct event_item, answer, "answer", .doc = "What its capture answered"),
			STRING(struct event_item, erased_at, "erasedAt", .flags = OPTIONAL,
			       .doc = "UTC: what named a person was removed then; epcis is the farm view"),
			LIST(struct event_item, endorsements, "endorsements", &endorsement_shape,
			     .flags = OPTIONAL | ALWAYS, .max_len = 1000,
			     .doc = "Inspectors' offices that have signed under it, oldest first"),
			END_OF_SHAPE,
		},
};

/* Both rows have these columns. */
#define EVENT_OF(call, row) \
	{ \
		.id = (row)->id, .type = (row)->type, \
		.time = {(row)->event_time, (int16_t)(row)->offset_min}, \
		.recorded_at = utc_print((call)->arena, (row)->recorded_at), .party = (row)->party, \
		.recorded_by = (row)->org_id, .site = (row)->site, .region = (row)->region, \
		.statement = base64_encode((call)->arena, (row)->statement_sha256) \
	}

/* Of a correction with the record that it put in place; without that, it would say that nothing took place. */
static enum problem record_again(struct call *call, const struct event_read_row *row, struct str *ret)
{
	struct uuid corrective = record_corrective(call->arena, bytes_str(row->body));
	struct str replacement = {NULL, 0};
	if (!uuid_is_nil(corrective)) {
		struct event_read_row other;
		enum problem p = event_read(call_db(call), call->arena,
					    &(struct event_read_params){row->org_id, corrective}, &other);
		if (p)
			return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
		(void)record_of_event(call->arena, bytes_str(other.body), replacement, &replacement);
	}
	(void)record_of_event(call->arena, bytes_str(row->body), replacement, ret);
	return PROBLEM_NONE;
}

static enum problem corrections_about(struct call *call, const struct event_read_row *row,
				      struct event_item *item)
{
	struct correction_about_row *rows;
	size_t count;
	enum problem p =
		correction_about(call_db(call), call->arena,
				 &(struct correction_about_params){row->org_id, row->id}, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		if (!uuid_equal(rows[i].event, row->id)) {
			item->corrects = rows[i].event;
			continue;
		}
		item->corrected = rows[i].declaration;
		item->replacement = rows[i].replacement;
	}
	return p;
}

static enum problem erased_when(struct call *call, const struct event_read_row *row, struct event_item *item)
{
	const struct erasure_read_params params = {row->org_id, row->id};
	struct erasure_read_row erasure;
	enum problem p = erasure_read(call_db(call), call->arena, &params, &erasure);
	if (!p)
		item->erased_at = utc_print(call->arena, erasure.at);
	return p;
}

static enum problem event_get(struct call *call, struct reply *reply)
{
	struct event_read_row row;
	enum problem p = event_find(call, &row);
	if (p)
		return p;
	struct event_item *item = arena_new(call->arena, struct event_item);
	*item = (struct event_item)EVENT_OF(call, &row);
	item->epcis = bytes_str(row.body);
	item->answer = bytes_str(row.answer);
	if (row.view_secret.at)
		p = record_again(call, &row, &item->record);
	else
		p = erased_when(call, &row, item);
	if (!p)
		p = corrections_about(call, &row, item);
	if (!p)
		p = endorsements_of(call, row.org_id, row.id, &item->endorsements);
	reply->value = item;
	return p;
}

static enum problem event_get_epcis(struct call *call, struct reply *reply)
{
	struct event_read_row row;
	enum problem p = event_find(call, &row);
	if (p)
		return p;
	reply->raw = epcis_document(call->arena, bytes_str(row.body), row.recorded_at);
	reply->media_type = "application/ld+json";
	return PROBLEM_NONE;
}

struct event_query {
	struct str type, cursor;
	struct uuid party;
	struct instant since, until;
	int64_t limit;
};
static const struct shape event_query = {
	.name = "EventQuery",
	.size = sizeof(struct event_query),
	.doc = "Which events",
	.fields =
		(const struct field[]){
			STRING(struct event_query, type, "type", .flags = OPTIONAL, .doc = "Record type"),
			UUID(struct event_query, party, "party", .flags = OPTIONAL, .doc = "Who acted"),
			TIME(struct event_query, since, "since", .flags = OPTIONAL,
			     .doc = "Event time, inclusive"),
			TIME(struct event_query, until, "until", .flags = OPTIONAL,
			     .doc = "Event time, exclusive"),
			LIST_QUERY_FIELDS(struct event_query),
			END_OF_SHAPE,
		},
};
static const struct shape event_page =
	LIST_PAGE_SHAPE("EventPage", &event_item, "Events, newest record first");

struct list_bounds {
	struct sql_nullable_int since, until, before;
	struct uuid before_id;
	int64_t max_rows;
};

static enum problem bounds_of(struct call *call, const struct event_query *q, struct list_bounds *ret)
{
	struct list_bounds bounds = {.max_rows = list_rows_wanted(q->limit)};
	bounds.since = (struct sql_nullable_int){q->since.at_us != 0, q->since.at_us};
	bounds.until = (struct sql_nullable_int){q->until.at_us != 0, q->until.at_us};
	if (q->cursor.at) {
		enum problem p = cursor_read(call, q->cursor, &bounds.before.value, &bounds.before_id);
		if (p)
			return p;
		bounds.before.known = true;
	}
	*ret = bounds;
	return PROBLEM_NONE;
}

static enum problem list_rows(struct call *call, const struct event_query *q, const struct list_bounds *b,
			      struct event_list_own_row **ret, size_t *ret_count)
{
	if (call->caller.party_count) {
		const struct event_list_own_params params = {
			.orgs = {call->caller.parties, call->caller.party_count},
			.type = q->type,
			.party = q->party,
			.since = b->since,
			.until = b->until,
			.before = b->before,
			.before_id = b->before_id,
			.max_rows = b->max_rows};
		return event_list_own(call_db(call), call->arena, &params, ret, ret_count);
	}
	if (!call->caller.region.at && !call_sees_all(call)) {
		*ret_count = 0;
		return PROBLEM_NONE;
	}
	const struct event_list_all_params params = {.type = q->type,
						     .party = q->party,
						     .since = b->since,
						     .until = b->until,
						     .before = b->before,
						     .before_id = b->before_id,
						     .max_rows = b->max_rows};
	_Static_assert(sizeof(struct event_list_all_row) == sizeof(struct event_list_own_row),
		       "the same columns");
	return event_list_all(call_db(call), call->arena, &params, (struct event_list_all_row **)(void *)ret,
			      ret_count);
}

static enum problem event_list(struct call *call, struct reply *reply)
{
	const struct event_query *q = call->query;
	struct list_bounds bounds = {0};
	struct event_list_own_row *rows = NULL;
	size_t count = 0;
	enum problem p = bounds_of(call, q, &bounds);
	if (!p)
		p = list_rows(call, q, &bounds, &rows, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)bounds.max_rows) {
		count--;
		const struct event_list_own_row *last = &rows[count - 1];
		page->next = list_announce_next(call, reply,
						cursor_print(call->arena, last->recorded_at, last->id));
	}
	struct event_item *items = arena_array(call->arena, struct event_item, count);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct event_item)EVENT_OF(call, &rows[i]);
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

#define TAG "Events"
const struct route event_routes[] = {
	{
		.method = "POST",
		.path = "/v1/events",
		.id = "captureEvent",
		.summary = "Capture one record, or one that its organisation has signed",
		.tag = TAG,
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_RECORD,
		.request = &record_shape,
		.request_else = &signed_record_shape,
		.response = &captured_shape,
		.status = 201,
		.may_wait = true,
		.repeatable = true,
		.prepare = capture_prepare,
		.submit = capture_hand_over,
		.finish = capture_finish,
		.may_fail = {RECORD_FAILURES, PROBLEM_NO_SIGNING_KEY, PROBLEM_SIGNER_UNAVAILABLE,
			     PROBLEM_SIGNS_ITSELF, PROBLEM_NOT_PREPARED, PROBLEM_PREPARED_OTHERWISE,
			     PROBLEM_SIGNATURE},
	},
	{
		.method = "GET",
		.path = "/v1/events",
		.id = "listEvents",
		.summary = "List captured events",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &event_query,
		.response = &event_page,
		.status = 200,
		.handle = event_list,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_TIME_NAIVE, PROBLEM_TIME_SYNTAX, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/events/{id}",
		.id = "getEvent",
		.summary = "Read one captured event",
		.tag = TAG,
		.scope = SCOPE_READ,
		.response = &event_whole,
		.status = 200,
		.handle = event_get,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/events/{id}/epcis",
		.id = "getEventEpcis",
		.tag = TAG,
		.summary = "The event as an EPCIS 2.0 document",
		.scope = SCOPE_READ,
		.media_type = "application/ld+json",
		.status = 200,
		.handle = event_get_epcis,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
