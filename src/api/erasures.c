/* SPDX-License-Identifier: Apache-2.0
 * /v1/events/{id}/erase: removes what names a person from a record. */
#include "ft/api/routes.h"

#include "events_priv.h"

#include "ft/base/text.h"
#include "ft/store/erasure.h"
#include "queries.h"

enum { MAX_BODY = 1024 };
static const char *const reason_words[] = {"request", "order", "mistake", NULL};

struct erasure_input {
	struct str reason;
};
static const struct shape erasure_input_shape = {
	.name = "ErasureInput",
	.size = sizeof(struct erasure_input),
	.doc = "Why what names a person is removed",
	.fields =
		(const struct field[]){
			WORD(struct erasure_input, reason, "reason", reason_words,
			     .doc = "request of the person, order of a court or authority, or a mistake: it "
				    "should "
				    "not have been written"),
			END_OF_SHAPE,
		},
};
struct erasure_answer {
	struct uuid event;
	struct str erased_at, reason, statement;
};
static const struct shape erasure_answer_shape = {
	.name = "Erasure",
	.size = sizeof(struct erasure_answer),
	.doc = "What was removed for ever: the full view of the record, and the secret that proved it",
	.fields =
		(const struct field[]){
			UUID(struct erasure_answer, event, "event", .doc = "The record"),
			STRING(struct erasure_answer, erased_at, "erasedAt", .doc = "UTC"),
			STRING(struct erasure_answer, reason, "reason", .doc = "Why"),
			STRING(struct erasure_answer, statement, "statement", .max_len = NOTE_MAX_LEN,
			       .doc = "Signed note, kind erase: an entry of the log"),
			END_OF_SHAPE,
		},
};

static enum problem erase_event(struct call *call, struct reply *reply)
{
	const struct erasure_input *in = call->body;
	const struct app *app = call_app(call);
	const struct key_office office = {.signer = app->signer,
					  .origin = app->config->origin,
					  .registrar = app->registrar,
					  .actor = call->caller.key,
					  .request_id = call->request_id,
					  .now_us = clock_now()};
	struct event_read_row event;
	struct erasure_read_row row;
	enum problem p = event_find(call, &event);
	if (p)
		return p;
	const struct erasure_order order = {.org = event.org_id, .event = event.id, .reason = in->reason};
	p = erasure_carry_out(call_db(call), call->arena, &office, app->cache, &order);
	if (!p)
		p = erasure_read(call_db(call), call->arena,
				 &(struct erasure_read_params){event.org_id, event.id}, &row);
	if (p)
		return p;
	struct erasure_answer *answer = arena_new(call->arena, struct erasure_answer);
	*answer = (struct erasure_answer){event.id, utc_print(call->arena, row.at), row.reason,
					  bytes_str(row.statement)};
	reply->value = answer;
	return PROBLEM_NONE;
}

const struct route erasure_routes[] = {
	{
		.method = "POST",
		.path = "/v1/events/{id}/erase",
		.id = "eraseEvent",
		.summary =
			"Remove for ever what names a person from a record; the rest goes on proving itself",
		.tag = "Events",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &erasure_input_shape,
		.response = &erasure_answer_shape,
		.status = 200,
		.repeatable = true,
		.handle = erase_event,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE,
			     PROBLEM_DB_RETRY},
	},
	{0},
};
