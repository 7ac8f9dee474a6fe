/* SPDX-License-Identifier: Apache-2.0
 * /v1/events:batch: up to a thousand records in one request, each with a result of its own, as an outbox sends them. */
#include "ft/api/routes.h"

#include "events_priv.h"

#include "ft/base/text.h"

enum { MAX_BATCH = 4 * 1024 * 1024, RESULT_ROOM = 640 };

static const char *const on_error_words[] = {"rollback", "proceed", NULL};
struct batch_input {
	struct str on_error;
	const struct json *records;
};
static const struct shape batch_input_shape = {
	.name = "Batch",
	.size = sizeof(struct batch_input),
	.doc = "Records in the order in which they are to be decided: each sees those before it",
	.fields =
		(const struct field[]){
			WORD(struct batch_input, on_error, "onError", on_error_words, .flags = OPTIONAL,
			     .doc = "rollback (if absent): all are stored or none; proceed: what can be "
				    "stored is"),
			JSON_ITEMS(struct batch_input, records, "records", &record_shape, .min_len = 1,
				   .max_len = CAPTURE_UNIT_RECORDS,
				   .doc = "With their ids: those that are in already are answered as they "
					  "were first"),
			END_OF_SHAPE,
		},
};

struct batch_result {
	int64_t index, status;
	struct captured captured;
	struct str problem; /* raw */
};
static const struct shape batch_result_shape = {
	.name = "BatchResult",
	.size = sizeof(struct batch_result),
	.doc = "What became of one record: what its capture answers, or the problem that kept it out",
	.fields =
		(const struct field[]){
			INTEGER(struct batch_result, index, "index", .doc = "Place in records, from 0"),
			INTEGER(struct batch_result, status, "status",
				.doc = "201 stored, 200 was in already, else that of the problem"),
			UUID(struct batch_result, captured.event, "event", .flags = OPTIONAL,
			     .doc = "Id of the event, for ever"),
			LIST(struct batch_result, captured.lots, "lots", &captured_lot_shape,
			     .flags = OPTIONAL, .max_len = CAPTURED_MAX_LOTS,
			     .doc = "Lots the record made or concerns"),
			STRING(struct batch_result, captured.shipment, "shipment", .flags = OPTIONAL,
			       .doc = "Of a ship record: what receive names"),
			STRING(struct batch_result, captured.statement, "statement", .flags = OPTIONAL,
			       .doc = "Base64 SHA-256 of the signed statement's text"),
			OBJECT(struct batch_result, captured.replacement, "replacement",
			       &captured_replacement_shape, struct captured_replacement, .flags = OPTIONAL,
			       .doc = "Of a correction that says what should have been recorded"),
			STRINGS(struct batch_result, captured.alerts, "alerts", .flags = OPTIONAL,
				.doc = "Alerts raised at once"),
			STRINGS(struct batch_result, captured.warnings, "warnings", .flags = OPTIONAL,
				.doc = "What was stored and flagged"),
			STRING(struct batch_result, captured.log, "log", .flags = OPTIONAL,
			       .doc = "queued: durable, and waits for its place in the log; logged: a signed "
				      "head covers it, which Prefer: wait asks for"),
			RAW_JSON(struct batch_result, problem, "problem", .flags = OPTIONAL,
				 .doc = "RFC 9457 problem; its pointers start at the record"),
			END_OF_SHAPE,
		},
};
struct batch_answer {
	struct list results;
};
static const struct shape batch_answer_shape = {
	.name = "BatchAnswer",
	.size = sizeof(struct batch_answer),
	.doc = "One result a record, in their order",
	.fields =
		(const struct field[]){
			LIST(struct batch_answer, results, "results", &batch_result_shape,
			     .max_len = CAPTURE_UNIT_RECORDS, .doc = "Results"),
			END_OF_SHAPE,
		},
};

/* One record of the request. */
struct entry {
	enum problem problem; /* of its form: it was not handed over */
	struct fault fault;
	struct capture_job *job; /* NULL: none */
	const struct json *sent;
};
struct batch_state {
	struct capture_unit unit; /* first: of the records whose form is right */
	struct patience patience;
	struct call *call;
	struct entry *entries;
	size_t count;
};

static enum problem entry_read(struct batch_state *state, const struct json *json, size_t index,
			       struct capture_job *ret)
{
	struct call *call = state->call;
	struct record *record = arena_new(call->arena, struct record);
	struct fault *fault = &state->entries[index].fault;
	enum problem p = shape_decode(&record_shape, call->arena, json, record, fault);
	if (!p)
		p = capture_job_of(call, record, json->span, fault, ret);
	if (!p)
		ret->id = capture_record_id(state->unit.once, record, index);
	return p;
}

static enum problem check_edges(struct call *call, const struct capture_unit *unit)
{
	size_t edges = 0;
	for (size_t i = 0; i < unit->count; i++)
		edges += capture_edges(unit->jobs[i].record);
	if (edges <= CAPTURE_UNIT_EDGES)
		return PROBLEM_NONE;
	call->fault.detail = arena_printf(call->arena, "inputs times outputs of all records: at most %d",
					  CAPTURE_UNIT_EDGES);
	return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "maximum", "/records");
}

/* With rollback a record whose form is wrong keeps out the others before anybody is asked about them. */
static void refuse_others(struct batch_state *state)
{
	if (state->unit.count == state->count)
		return;
	for (size_t i = 0; i < state->count; i++) {
		struct entry *entry = &state->entries[i];
		if (!entry->problem)
			entry->problem = fault_set(&entry->fault, PROBLEM_BATCH_REFUSED, NULL, "%s", "");
	}
	state->unit.count = 0;
}

static enum problem problem_of(const struct entry *entry)
{
	return entry->problem ? entry->problem : entry->job->problem;
}

static void write_result(struct json_writer *w, const struct batch_state *state, size_t index)
{
	const struct entry *entry = &state->entries[index];
	const struct capture_job *job = entry->job;
	enum problem p = problem_of(entry);
	json_begin_object(w);
	json_pair_int(w, STR("index"), (int64_t)index);
	if (p) {
		struct fault fault = entry->fault;
		capture_quote(entry->sent, &fault);
		json_pair_int(w, STR("status"), problem_info(p)->http_status);
		json_name(w, STR("problem"));
		json_raw(w, problem_print(state->call, p, &fault));
		json_end_object(w);
		return;
	}
	json_pair_int(w, STR("status"), job->replayed ? 200 : 201);
	buf_put_char(w->out, ',');
	buf_put(w->out,
		str_from(patience_answer(&state->patience, job), 1)); /* its members and the closing brace */
	w->need_comma = true;
}

static struct str results_print(const struct batch_state *state)
{
	struct buf out = buf_create(state->call->arena, 64 + state->count * RESULT_ROOM);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_name(&w, STR("results"));
	json_begin_array(&w);
	for (size_t i = 0; i < state->count; i++)
		write_result(&w, state, i);
	json_end_array(&w);
	json_end_object(&w);
	return buf_str(&out);
}

/* The last word once every record is in; until then a repetition goes on with what is missing. */
static bool batch_answer(const struct capture_unit *unit, struct once_answer *ret)
{
	const struct batch_state *state = (const struct batch_state *)unit;
	for (size_t i = 0; i < state->count; i++)
		if (problem_of(&state->entries[i]))
			return false;
	*ret = (struct once_answer){.status = 200, .body = results_print(state)};
	return true;
}

static void entries_read(struct batch_state *state, const struct json *records)
{
	struct capture_unit *unit = &state->unit;
	for (size_t i = 0; i < records->count; i++) {
		struct entry *entry = &state->entries[i];
		struct capture_job *job = &unit->jobs[unit->count];
		entry->sent = &records->items[i];
		entry->problem = entry_read(state, &records->items[i], i, job);
		if (entry->problem)
			continue;
		entry->job = job;
		unit->count++;
	}
	if (unit->all_or_nothing)
		refuse_others(state);
}

static enum problem batch_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	const struct batch_input *input = call->body;
	const struct json *records = input->records;
	struct batch_state *state = arena_new(call->arena, struct batch_state);
	*state = (struct batch_state){.call = call,
				      .count = records->count,
				      .entries = arena_array(call->arena, struct entry, records->count)};
	state->unit.jobs = arena_array(call->arena, struct capture_job, records->count);
	state->unit.all_or_nothing = !str_equal(input->on_error, STR("proceed"));
	call->state = state;
	patience_read(&state->patience, call);
	enum problem p = capture_once(call, &state->unit, batch_answer);
	if (p)
		return p;
	entries_read(state, records);
	return check_edges(call, &state->unit);
}

static enum problem batch_hand_over(struct call *call, struct completion *done)
{
	struct batch_state *state = call->state;
	if (state->unit.count)
		return patience_submit(&state->patience, call, &state->unit, done);
	done->fire(done, PROBLEM_NONE);
	return PROBLEM_NONE;
}

static enum problem batch_finish(struct call *call, struct reply *reply)
{
	const struct batch_state *state = call->state;
	if (state->unit.kept) {
		reply_replayed(call, state->unit.kept, reply);
		return PROBLEM_NONE;
	}
	reply->raw = results_print(state);
	patience_tell(&state->patience, reply);
	return PROBLEM_NONE;
}

const struct route event_batch_routes[] = {
	{
		.method = "POST",
		.path = "/v1/events:batch",
		.id = "captureBatch",
		.summary = "Capture up to a thousand records, each with a result of its own",
		.tag = "Events",
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_BATCH,
		.request = &batch_input_shape,
		.response = &batch_answer_shape,
		.status = 200,
		.may_wait = true,
		.prepare = batch_prepare,
		.submit = batch_hand_over,
		.finish = batch_finish,
		/* Of the request; in its results each record may have any problem of captureEvent, or the first. */
		.may_fail = {PROBLEM_BATCH_REFUSED, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE,
			     PROBLEM_DB_RETRY},
	},
	{0},
};
