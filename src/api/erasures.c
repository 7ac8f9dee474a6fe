/* SPDX-License-Identifier: Apache-2.0
 * /v1/events/{id}/erase, /v1/parties/{id}/erase, /v1/sites/{id}/erase: remove what names a person. */
#include "ft/api/routes.h"

#include "events_priv.h"
#include "master_priv.h"

#include "ft/base/text.h"
#include "ft/store/erasure.h"
#include "ft/store/keys.h"
#include "ft/store/master_erase.h"
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

struct removal_answer {
	struct uuid id;
	struct str erased_at, reason, statement;
};
static const struct shape removal_answer_shape = {
	.name = "Removal",
	.size = sizeof(struct removal_answer),
	.doc = "What was removed for ever: name, numbers, codes and place on the map, of all versions",
	.fields =
		(const struct field[]){
			UUID(struct removal_answer, id, "id", .doc = "The party or site"),
			STRING(struct removal_answer, erased_at, "erasedAt", .doc = "UTC"),
			STRING(struct removal_answer, reason, "reason", .doc = "Why"),
			STRING(struct removal_answer, statement, "statement", .max_len = NOTE_MAX_LEN,
			       .doc = "Signed note about its last version, kind erase: an entry of the log"),
			END_OF_SHAPE,
		},
};

static enum problem erase_event(struct call *call, struct reply *reply)
{
	const struct erasure_input *in = call->body;
	const struct app *app = call_app(call);
	const struct key_office office = call_office(call);
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

/* Whose party or site it is: another's is as if it were not there. */
static enum problem check_may_erase(const struct master *m, enum thing_kind kind, struct uuid id)
{
	struct party party;
	struct site site;
	enum problem p = kind == THING_PARTY ? master_read(m, kind, id, 0, &party)
					     : master_read(m, kind, id, 0, &site);
	return p ? p : master_check_party(m, kind == THING_PARTY ? id : site.party);
}

static enum problem erase_master(struct call *call, struct reply *reply, enum thing_kind kind)
{
	const struct erasure_input *in = call->body;
	struct master m = master_of_call(call);
	struct master_removal removal = {.kind = kind, .reason = in->reason};
	struct master_removed removed;
	enum problem p = master_id_of(call, &m, kind, &removal.id);
	if (!p)
		p = check_may_erase(&m, kind, removal.id);
	if (!p)
		p = master_remove(&m, &removal, &removed);
	if (p)
		return p;
	for (size_t i = 0; i < removed.key_count; i++)
		key_cache_forget(call_app(call)->keys, removed.keys[i]);
	struct removal_answer *answer = arena_new(call->arena, struct removal_answer);
	*answer = (struct removal_answer){removal.id, utc_print(call->arena, removed.at_us), removed.reason,
					  removed.statement};
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem erase_party(struct call *call, struct reply *reply)
{
	return erase_master(call, reply, THING_PARTY);
}

static enum problem erase_site(struct call *call, struct reply *reply)
{
	return erase_master(call, reply, THING_SITE);
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
	{
		.method = "POST",
		.path = "/v1/parties/{id}/erase",
		.id = "eraseParty",
		.summary = "Remove for ever who a party is, its sites and what names people in its records; "
			   "it acts no more",
		.tag = "Parties",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &erasure_input_shape,
		.response = &removal_answer_shape,
		.status = 200,
		.repeatable = true,
		.handle = erase_party,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_FORBIDDEN, PROBLEM_SIGNER_UNAVAILABLE,
			     PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "POST",
		.path = "/v1/sites/{id}/erase",
		.id = "eraseSite",
		.summary = "Remove for ever whose home a site is and where it lies",
		.tag = "Sites",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &erasure_input_shape,
		.response = &removal_answer_shape,
		.status = 200,
		.repeatable = true,
		.handle = erase_site,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_FORBIDDEN, PROBLEM_SIGNER_UNAVAILABLE,
			     PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
