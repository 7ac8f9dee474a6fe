/* SPDX-License-Identifier: Apache-2.0
 * /epcis/capture: partners' EPCIS 2.0 documents through the group writer, and the jobs in which they were captured. */
#include "ft/api/routes.h"

#include "events_priv.h"
#include "lots_priv.h"

#include "ft/base/text.h"
#include "ft/core/event_kind.h"
#include "ft/core/warning.h"
#include "ft/crypto/random.h"
#include "queries.h"

enum { MAX_DOCUMENT = 4 * 1024 * 1024, EVENTS_MAX = 500 };
#define HEADER_EVENTS "500"
#define HEADER_BYTES "4194304"
static const usec_t FUTURE_GRACE_US = 300 * USEC_PER_SEC;

static const struct reply_header standard_headers[] = {
	{"GS1-EPCIS-Version", {"2.0.0", 5}},
	{"GS1-CBV-Version", {"2.0.0", 5}},
	{"GS1-EPCIS-Capture-Limit", {HEADER_EVENTS, sizeof HEADER_EVENTS - 1}},
	{"GS1-EPCIS-Capture-File-Size-Limit", {HEADER_BYTES, sizeof HEADER_BYTES - 1}},
};

struct capture_query {
	struct uuid party;
};
static const struct shape capture_query = {
	.name = "EpcisCaptureQuery",
	.size = sizeof(struct capture_query),
	.doc = "For whom",
	.fields =
		(const struct field[]){
			UUID(struct capture_query, party, "party", .flags = OPTIONAL,
			     .doc = "Id of the party that captures; default: the key's, else the registrar"),
			END_OF_SHAPE,
		},
};

static void capture_headers(struct reply *reply)
{
	reply->headers = standard_headers;
	reply->header_count = sizeof standard_headers / sizeof *standard_headers;
}

/* "rollback" unless the header says "proceed". */
static enum problem read_behaviour(struct call *call, bool *ret_rollback)
{
	struct str word = call_header(call, "GS1-Capture-Error-Behaviour");
	bool proceed = word.at && str_equal(word, STR("proceed"));
	if (word.at && !proceed && !str_equal(word, STR("rollback"))) {
		call->fault.detail = STR("GS1-Capture-Error-Behaviour: rollback or proceed");
		return PROBLEM_BAD_REQUEST;
	}
	*ret_rollback = !proceed;
	return PROBLEM_NONE;
}

static struct str without_mark(struct str text)
{
	return str_starts(text, STR("\xef\xbb\xbf")) ? str_from(text, 3) : text;
}

static enum problem read_document(struct call *call, struct json *json, struct epcis_document *ret)
{
	enum problem p = json_parse(call->arena, without_mark(call->body_bytes), json, &call->fault);
	if (!p)
		p = epcis_document_read(call->arena, json, ret, &call->fault);
	if (p || ret->count <= EVENTS_MAX)
		return p;
	call->fault.detail = arena_printf(call->arena, "%zu events; at most %d", ret->count, EVENTS_MAX);
	return PROBLEM_CAPTURE_LIMIT;
}

/* Without an eventID an event is named by its hash, and known again by it. */
static struct uuid id_of(struct arena *arena, const struct epcis_event *event, struct str event_id)
{
	static const struct str urn = {"urn:uuid:", 9};
	struct uuid id;
	if (!event->is_declaration && str_starts(event_id, urn) &&
	    uuid_parse(str_from(event_id, urn.len), &id) && !uuid_is_nil(id))
		return id;
	if (event->is_declaration)
		event_id = arena_printf(arena, "%.*s\n%.*s", STR_ARGS(event_id),
					STR_ARGS(utc_print(arena, event->declared_us)));
	struct sha256 hash = sha256_of(str_bytes(event_id));
	return uuid_v7(event->time.at_us < 0 ? 0 : event->time.at_us, hash.octets);
}

struct state {
	struct capture_unit unit;
	struct capture_receipt receipt;
	struct fault *faults; /* of the events */
	size_t *places;
	struct str *errors;
	struct uuid party;   /* captures, for keys of no party */
	struct str location; /* of the job */
};

static enum problem job_of(struct call *call, const struct state *state, const struct json *json,
			   const struct json *context, struct str pointer, struct fault *fault,
			   struct capture_job *ret)
{
	struct epcis_event *event = arena_new(call->arena, struct epcis_event);
	struct record *record = arena_new(call->arena, struct record);
	const usec_t now = clock_now();
	enum problem p = epcis_event_read(call->arena, json, context, pointer.at, event, fault);
	if (p)
		return p;
	if (event->time.at_us > now + FUTURE_GRACE_US)
		return fault_set(fault, PROBLEM_TIME_FUTURE, "future", "%s/eventTime", pointer.at);
	struct str hash = epcis_event_hash(call->arena, event);
	record->time = event->time;
	record->reason = event->declared_reason;
	if (!uuid_is_nil(state->party))
		record->party = uuid_print(call->arena, state->party);
	*ret = (struct capture_job){
		.arena = call->arena,
		.fault = fault,
		.key = call->caller.key,
		.parties = call->caller.parties,
		.party_count = call->caller.party_count,
		.region = call->caller.region,
		.record = record,
		.kind = event_kind_of(event),
		.event = event,
		.event_id = event->event_id.at ? epcis_event_name(call->arena, event->event_id) : hash,
		.request = sha256_of(str_bytes(hash)),
	};
	ret->id = id_of(call->arena, event, ret->event_id);
	return PROBLEM_NONE;
}

static struct str error_text(struct arena *arena, size_t event, enum problem p, const struct fault *fault)
{
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);
	capture_error_write(&w, event, p, fault);
	return buf_str(&out);
}

/* With rollback an event whose form is wrong is refused with the document; with proceed it is told in the job. */
static enum problem read_events(struct call *call, const struct epcis_document *document, struct state *state)
{
	struct capture_unit *unit = &state->unit;
	unit->jobs = arena_array(call->arena, struct capture_job, document->count);
	state->faults = arena_array(call->arena, struct fault, document->count);
	state->places = arena_array(call->arena, size_t, document->count);
	state->errors = arena_array(call->arena, struct str, document->count);
	for (size_t i = 0; i < document->count; i++) {
		struct fault *fault = &state->faults[i];
		struct str pointer = document->single
					     ? STR("")
					     : arena_printf(call->arena, "%s/%zu", document->pointer, i);
		enum problem p = job_of(call, state, &document->events[i], document->context, pointer, fault,
					&unit->jobs[unit->count]);
		if (p && unit->all_or_nothing) {
			call->fault = *fault;
			return p;
		}
		if (p)
			state->errors[state->receipt.error_count++] = error_text(call->arena, i, p, fault);
		else
			state->places[unit->count++] = i;
	}
	return PROBLEM_NONE;
}

static bool capture_answer(const struct capture_unit *unit, struct once_answer *ret)
{
	const struct state *state = (const struct state *)unit; /* its first member */
	*ret = (struct once_answer){.status = 202, .location = state->location, .body = STR("")};
	return true;
}

static enum problem capture_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	const struct capture_query *query = call->query;
	struct state *state = arena_new(call->arena, struct state);
	struct json *json = arena_new(call->arena, struct json);
	struct epcis_document document;
	const usec_t now = clock_now();
	call->state = state;
	state->party = query ? query->party : (struct uuid){{0}};
	if (uuid_is_nil(state->party) && !call->caller.party_count)
		state->party = call_app(call)->registrar;
	enum problem p = capture_once(call, &state->unit, capture_answer);
	if (!p)
		p = read_behaviour(call, &state->unit.all_or_nothing);
	if (!p)
		p = read_document(call, json, &document);
	if (!p)
		p = read_events(call, &document, state);
	if (p)
		return p;
	state->receipt.id = uuid_make(now);
	state->receipt.party = call->caller.party_count ? call->caller.parties[0] : state->party;
	state->receipt.key = call->caller.key;
	state->receipt.created_us = now;
	state->receipt.events = document.count;
	state->receipt.places = state->places;
	state->receipt.errors = state->errors;
	state->unit.receipt = &state->receipt;
	state->location = arena_printf(call->arena, "/epcis/capture/%.*s",
				       STR_ARGS(uuid_print(call->arena, state->receipt.id)));
	return PROBLEM_NONE;
}

static enum problem capture_hand_over(struct call *call, struct completion *done)
{
	struct state *state = call->state;
	state->unit.done = done;
	return capture_submit(call_app(call)->capture, &state->unit);
}

static enum problem capture_finish(struct call *call, struct reply *reply)
{
	const struct state *state = call->state;
	if (state->unit.kept) {
		reply_replayed(call, state->unit.kept, reply);
		return PROBLEM_NONE;
	}
	reply->location = state->location;
	reply->raw = STR("");
	capture_headers(reply);
	return PROBLEM_NONE;
}

/* — jobs — */
struct job_error {
	struct str type, title, instance, detail, pointer, rule, value;
	int64_t status;
};
static const struct shape job_error = {
	.name = "EpcisCaptureError",
	.size = sizeof(struct job_error),
	.doc = "Why an event is not in (RFC 9457)",
	.fields =
		(const struct field[]){
			STRING(struct job_error, type, "type", .doc = "/problems/{slug}"),
			STRING(struct job_error, title, "title", .doc = "What is wrong"),
			INTEGER(struct job_error, status, "status", .doc = "As an HTTP status"),
			STRING(struct job_error, instance, "instance",
			       .doc = "Fragment of the document: #/epcisBody/eventList/3"),
			STRING(struct job_error, pointer, "pointer", .flags = OPTIONAL,
			       .doc = "JSON Pointer of the member at fault"),
			STRING(struct job_error, rule, "rule", .flags = OPTIONAL,
			       .doc = "The rule it breaks"),
			STRING(struct job_error, value, "value", .flags = OPTIONAL,
			       .doc = "The value at fault"),
			STRING(struct job_error, detail, "detail", .flags = OPTIONAL, .doc = "Facts"),
			END_OF_SHAPE,
		},
};
struct job_warning {
	struct str instance, warning, title;
	struct uuid event;
};
static const struct shape job_warning = {
	.name = "EpcisCaptureWarning",
	.size = sizeof(struct job_warning),
	.doc = "What an event is in with",
	.fields =
		(const struct field[]){
			STRING(struct job_warning, instance, "instance",
			       .doc = "Fragment of the document: #/epcisBody/eventList/3"),
			UUID(struct job_warning, event, "event", .doc = "Id of the event here, for ever"),
			STRING(struct job_warning, warning, "warning",
			       .doc = "As in the warnings of a record: likely-double ID, time-order, "
				      "lot-on-hold, not-shipped, lot-short, not-counted, not-contained"),
			STRING(struct job_warning, title, "title", .doc = "What it means"),
			END_OF_SHAPE,
		},
};
struct job_answer {
	struct str id, created, finished, behaviour;
	bool running, success;
	struct list errors, warnings;
};
static const char *const behaviours[] = {"rollback", "proceed", NULL};
static const struct shape job_answer = {
	.name = "EpcisCaptureJob",
	.size = sizeof(struct job_answer),
	.doc = "What became of a captured document",
	.fields =
		(const struct field[]){
			STRING(struct job_answer, id, "captureID", .doc = "Id of the job"),
			STRING(struct job_answer, created, "createdAt", .doc = "When the document arrived"),
			STRING(struct job_answer, finished, "finishedAt", .doc = "When it was stored"),
			BOOLEAN(struct job_answer, running, "running",
				.doc = "Never: the answer to the capture comes after the durable commit"),
			BOOLEAN(struct job_answer, success, "success", .doc = "All events are in"),
			WORD(struct job_answer, behaviour, "captureErrorBehaviour", behaviours,
			     .doc = "As asked for"),
			LIST(struct job_answer, errors, "errors", &job_error, .flags = ALWAYS,
			     .max_len = EVENTS_MAX, .doc = "One a refused event"),
			LIST(struct job_answer, warnings, "farmtrail:warnings", &job_warning, .flags = ALWAYS,
			     .max_len = EVENTS_MAX * WARNING_COUNT,
			     .doc = "What was stored and flagged, as it was when the event came in; not of "
				    "events that another organisation captured before"),
			END_OF_SHAPE,
		},
};

static struct str instance_of(struct call *call, const struct json *entry)
{
	int64_t event = 0;
	(void)json_integer(json_get(entry, STR("event")), &event);
	return arena_printf(call->arena, "#/epcisBody/eventList/%lld", (long long)event);
}

static struct job_error error_of(struct call *call, const struct json *entry)
{
	const struct problem_info *info =
		problem_info(problem_by_slug(json_text(json_get(entry, STR("slug")))));
	return (struct job_error){
		.type = arena_printf(call->arena, "/problems/%s", info->slug),
		.title = str_of(info->title[call->language]),
		.status = info->http_status,
		.instance = instance_of(call, entry),
		.pointer = json_text(json_get(entry, STR("pointer"))),
		.rule = json_text(json_get(entry, STR("rule"))),
		.value = json_text(json_get(entry, STR("value"))),
		.detail = json_text(json_get(entry, STR("detail"))),
	};
}

static enum problem read_errors(struct call *call, struct bytes text, struct list *ret)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(call->arena, bytes_str(text), &json, &ignored))
		return PROBLEM_INTERNAL; /* we wrote it */
	struct job_error *errors = arena_array(call->arena, struct job_error, json.count);
	for (size_t i = 0; i < json.count; i++)
		errors[i] = error_of(call, &json.items[i]);
	*ret = (struct list){errors, json.count};
	return PROBLEM_NONE;
}

static struct job_warning warning_of(struct call *call, const struct json *entry)
{
	struct job_warning warning = {.warning = json_text(json_get(entry, STR("warning")))};
	const struct warning_info *info = warning_find(warning.warning);
	warning.instance = instance_of(call, entry);
	warning.title = str_of(info ? info->title[call->language] : "");
	(void)uuid_parse(json_text(json_get(entry, STR("id"))), &warning.event);
	return warning;
}

static enum problem read_warnings(struct call *call, struct str text, struct list *ret)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(call->arena, text, &json, &ignored))
		return PROBLEM_INTERNAL; /* we wrote it */
	struct job_warning *warnings = arena_array(call->arena, struct job_warning, json.count);
	for (size_t i = 0; i < json.count; i++)
		warnings[i] = warning_of(call, &json.items[i]);
	*ret = (struct list){warnings, json.count};
	return PROBLEM_NONE;
}

static enum problem get_job(struct call *call, struct reply *reply)
{
	struct uuid id;
	struct capture_job_read_row row;
	struct job_answer *answer = arena_new(call->arena, struct job_answer);
	if (!uuid_parse(call->path_args[0], &id))
		return PROBLEM_NOT_FOUND;
	const struct capture_job_read_params params = {
		id, call->caller.key, call_sees_all(call), {call->caller.parties, call->caller.party_count}};
	enum problem p = capture_job_read(call_db(call), call->arena, &params, &row);
	if (!p)
		p = read_errors(call, row.errors, &answer->errors);
	if (!p)
		p = read_warnings(call, row.warnings, &answer->warnings);
	if (p)
		return p;
	answer->id = uuid_print(call->arena, row.id);
	answer->created = utc_print(call->arena, row.created_at);
	answer->finished = utc_print(call->arena, row.finished_at);
	answer->success = row.success;
	answer->behaviour = str_of(behaviours[row.rollback ? 0 : 1]);
	reply->value = answer;
	capture_headers(reply);
	return PROBLEM_NONE;
}

#define TAG "EPCIS 2.0"
const struct route epcis_routes[] = {
	{
		.method = "POST",
		.path = "/epcis/capture",
		.id = "epcisCapture",
		.summary = "Capture an EPCIS 2.0 document",
		.tag = TAG,
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_DOCUMENT,
		.body_type = "application/ld+json",
		.query = &capture_query,
		.status = 202,
		.prepare = capture_prepare,
		.submit = capture_hand_over,
		.finish = capture_finish,
		.may_fail = {PROBLEM_EPCIS_VALIDATION, PROBLEM_CAPTURE_LIMIT, PROBLEM_TIME_FUTURE,
			     PROBLEM_NOT_FOUND, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE,
			     PROBLEM_DB_RETRY},
	},
	{
		.method = "GET",
		.path = "/epcis/capture/{captureID}",
		.id = "epcisCaptureJob",
		.summary = "What became of a captured document",
		.tag = TAG,
		.scope = SCOPE_READ,
		.response = &job_answer,
		.status = 200,
		.handle = get_job,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
