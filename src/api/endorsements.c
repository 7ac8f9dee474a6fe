/* SPDX-License-Identifier: Apache-2.0
 * /v1/events/{id}/endorsements: an inspector's office puts its signature under a record, or takes it back. */
#include "ft/api/routes.h"

#include "events_priv.h"
#include "master_priv.h"

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/store/endorse.h"
#include "queries.h"

enum { MAX_BODY = 32 * 1024, MAX_PARTY = 512, KEY_HEX = 64 };

static const char *const says_words[] = {"agrees", "withdrawn", NULL};

struct endorsement_answer {
	struct uuid id, party;
	struct str at, statement, withdrawn_at, withdrawal;
};
const struct shape endorsement_shape = {
	.name = "Endorsement",
	.size = sizeof(struct endorsement_answer),
	.doc = "What an inspector's office has signed about a record",
	.fields =
		(const struct field[]){
			UUID(struct endorsement_answer, id, "id", .doc = "Id of the endorsement"),
			UUID(struct endorsement_answer, party, "party", .doc = "The office"),
			STRING(struct endorsement_answer, at, "at", .doc = "UTC"),
			STRING(struct endorsement_answer, statement, "statement", .max_len = NOTE_MAX_LEN,
			       .doc = "Signed note, kind endorse: an entry of the log; its prev is the "
				      "statement of the record"),
			STRING(struct endorsement_answer, withdrawn_at, "withdrawnAt", .flags = OPTIONAL,
			       .doc = "UTC: the office has taken it back then"),
			STRING(struct endorsement_answer, withdrawal, "withdrawal", .flags = OPTIONAL,
			       .max_len = NOTE_MAX_LEN,
			       .doc = "The note that says so; its prev is the endorsement"),
			END_OF_SHAPE,
		},
};

#define SAYS_FIELDS(T) \
	WORD(T, says, "says", says_words, \
	     .doc = "agrees: what the record states agrees with what the office found; withdrawn: it is " \
		    "taken " \
		    "back"), \
		STRING(T, party, "party", .flags = OPTIONAL, .max_len = MAX_PARTY, \
		       .doc = "Id, number or URI of the office, a party of the kind authority that the key " \
			      "may act for; may be absent where the key names one party")

struct endorse_input {
	struct str says, party, note;
};
static const struct shape endorse_input_shape = {
	.name = "EndorsementInput",
	.size = sizeof(struct endorse_input),
	.doc = "What the office says of a record that it has looked at",
	.fields =
		(const struct field[]){
			SAYS_FIELDS(struct endorse_input),
			STRING(struct endorse_input, note, "note", .flags = OPTIONAL, .max_len = NOTE_MAX_LEN,
			       .doc = "Of an office that keeps its key itself: the prepared statement as a "
				      "C2SP note with its signature"),
			END_OF_SHAPE,
		},
};
struct endorse_prepare_input {
	struct str says, party, key;
};
static const struct shape endorse_prepare_input_shape = {
	.name = "EndorsementPreparation",
	.size = sizeof(struct endorse_prepare_input),
	.doc = "What the office is going to say, and with which key of its own",
	.fields =
		(const struct field[]){
			SAYS_FIELDS(struct endorse_prepare_input),
			STRING(struct endorse_prepare_input, key, "key", .min_len = KEY_HEX,
			       .max_len = KEY_HEX,
			       .doc = "Fingerprint of an enrolled key that the office keeps itself, hex"),
			END_OF_SHAPE,
		},
};
struct endorse_prepared {
	struct str statement, name, key_id;
	bool done;
};
static const struct shape endorse_prepared_shape = {
	.name = "PreparedEndorsement",
	.size = sizeof(struct endorse_prepared),
	.doc = "What the office signs; nothing is kept. It is taken for ten minutes, and as long as the key "
	       "signs "
	       "nothing else",
	.fields =
		(const struct field[]){
			BOOLEAN(struct endorse_prepared, done, "done",
				.doc = "It has been said already: there is nothing to sign"),
			STRING(struct endorse_prepared, statement, "statement", .flags = OPTIONAL,
			       .max_len = NOTE_MAX_LEN,
			       .doc = "Text of the note, the last newline included: what to sign, byte for "
				      "byte"),
			STRING(struct endorse_prepared, name, "name", .flags = OPTIONAL, .max_len = 1024,
			       .doc = "Name in the signature line"),
			STRING(struct endorse_prepared, key_id, "keyId", .flags = OPTIONAL,
			       .doc = "Four octets before the signature in its line, hex"),
			END_OF_SHAPE,
		},
};

enum problem endorsements_of(struct call *call, struct uuid event_org, struct uuid event, struct list *ret)
{
	const struct endorsement_list_params params = {event_org, event};
	struct endorsement_list_row *rows;
	size_t count;
	enum problem p = endorsement_list(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct endorsement_answer *items = arena_array(call->arena, struct endorsement_answer, count);
	for (size_t i = 0; i < count; i++) {
		items[i] = (struct endorsement_answer){.id = rows[i].id,
						       .party = rows[i].party,
						       .at = utc_print(call->arena, rows[i].at),
						       .statement = bytes_str(rows[i].statement)};
		if (!rows[i].withdrawn_at.known)
			continue;
		items[i].withdrawn_at = utc_print(call->arena, rows[i].withdrawn_at.value);
		items[i].withdrawal = bytes_str(rows[i].withdrawal_statement);
	}
	*ret = (struct list){items, count};
	return PROBLEM_NONE;
}

/* The office that the caller acts for: named, or the only one that its key is of. */
static enum problem office_of(struct call *call, struct str spelling, struct uuid *ret)
{
	if (spelling.at)
		return party_acted_for(call, spelling, ret);
	if (call->caller.party_count != 1)
		return fault_set(&call->fault, PROBLEM_FIELD_MISSING, "required", "/party");
	*ret = call->caller.parties[0];
	return PROBLEM_NONE;
}

/* First of all the record: to who may not see it, it is not there. */
static enum problem read_order(struct call *call, struct str says, struct str party,
			       struct endorsement_order *ret)
{
	struct event_read_row event;
	struct endorsed *record = arena_new(call->arena, struct endorsed);
	enum problem p = event_find(call, &event);
	if (!p)
		p = office_of(call, party, &ret->party);
	if (p)
		return p;
	*record = (struct endorsed){.org = event.org_id,
				    .event = event.id,
				    .site = event.site,
				    .time_us = event.event_time,
				    .statement = event.statement,
				    .answer = bytes_str(event.answer)};
	ret->record = record;
	ret->withdraw = str_equal(says, str_of(says_words[1]));
	return PROBLEM_NONE;
}

static enum problem endorse_event(struct call *call, struct reply *reply)
{
	const struct endorse_input *in = call->body;
	const struct key_office office = call_office(call);
	struct endorsement_order order = {.note = in->note};
	struct sha256 own;
	struct list all;
	bool done;
	enum problem p = read_order(call, in->says, in->party, &order);
	if (!p && in->note.at && !endorse_note_key(call->arena, in->note, &own))
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "note", "/note");
	order.own = in->note.at ? &own : NULL;
	if (!p)
		p = endorse(call_db(call), call->arena, &office, call_app(call)->cache, &order, &done,
			    &call->fault);
	if (!p)
		p = endorsements_of(call, order.record->org, order.record->event, &all);
	if (p)
		return p;
	const struct endorsement_answer *items = all.items;
	for (size_t i = all.count; i-- > 0 && !reply->value;)
		if (uuid_equal(items[i].party, order.party))
			reply->value = &items[i];
	if (done)
		reply->status = 200;
	return reply->value ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

static enum problem prepare_endorsement(struct call *call, struct reply *reply)
{
	const struct endorse_prepare_input *in = call->body;
	const struct key_office office = call_office(call);
	struct endorse_prepared *answer = arena_new(call->arena, struct endorse_prepared);
	struct endorsement_order order = {0};
	struct sha256 own;
	struct bytes spki;
	struct note_key key;
	enum problem p = read_order(call, in->says, in->party, &order);
	if (!p && !hex_decode(in->key, own.octets, sizeof own.octets))
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "hex", "/key");
	order.own = &own;
	if (!p)
		p = endorse_prepare(call_db(call), call->arena, &office, &order, &answer->statement, &spki,
				    &answer->done, &call->fault);
	if (p)
		return p;
	reply->value = answer;
	if (answer->done)
		return PROBLEM_NONE;
	answer->name = statement_signer_name(call->arena, office.origin, order.party);
	if (!note_key_from_spki(answer->name, spki, &key))
		return PROBLEM_INTERNAL;
	answer->key_id = arena_printf(call->arena, "%08x", (unsigned)key.id);
	return PROBLEM_NONE;
}

#define ENDORSE_FAILURES \
	PROBLEM_NOT_FOUND, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_FORBIDDEN, PROBLEM_ERASED, \
		PROBLEM_NO_SIGNING_KEY, PROBLEM_NOT_ENDORSED, PROBLEM_NOT_LOGGED_YET, \
		PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY

const struct route endorsement_routes[] = {
	{
		.method = "POST",
		.path = "/v1/events/{id}/endorsements",
		.id = "endorseEvent",
		.summary = "Put an inspector's signature under a record, or take it back; both are entries "
			   "of the "
			   "log",
		.tag = "Events",
		.scope = SCOPE_INSPECT,
		.max_body = MAX_BODY,
		.request = &endorse_input_shape,
		.response = &endorsement_shape,
		.status = 201,
		.repeatable = true,
		.handle = endorse_event,
		.may_fail = {ENDORSE_FAILURES, PROBLEM_SIGNS_ITSELF, PROBLEM_PREPARED_OTHERWISE,
			     PROBLEM_SIGNATURE, PROBLEM_SIGNER_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/events/{id}/endorsements:prepare",
		.id = "prepareEndorsement",
		.summary = "Word what an office signs that keeps its key itself; nothing is kept",
		.tag = "Events",
		.scope = SCOPE_INSPECT,
		.max_body = MAX_BODY,
		.request = &endorse_prepare_input_shape,
		.response = &endorse_prepared_shape,
		.status = 200,
		.handle = prepare_endorsement,
		.may_fail = {ENDORSE_FAILURES},
	},
	{0},
};
