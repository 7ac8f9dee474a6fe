/* SPDX-License-Identifier: Apache-2.0
 * Records that organisations sign themselves: /v1/events:prepare gives what is to be signed, POST /v1/events takes the
 * note. */
#include "ft/api/routes.h"

#include "events_priv.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/core/statement.h"

enum { KEY_HEX = 64, ROOT_CHARS = 44, PREPARE_ROOM = 1024, BODY_CHARS = 2 * MAX_RECORD };

/* — what to sign — */

struct seen_input {
	int64_t size;
	struct str root;
};
static const struct shape seen_shape = {
	.name = "SeenHead",
	.size = sizeof(struct seen_input),
	.doc = "A head of the log that was published",
	.fields =
		(const struct field[]){
			INTEGER(struct seen_input, size, "size", .min = 1, .doc = "Entries that it covers"),
			STRING(struct seen_input, root, "root", .min_len = ROOT_CHARS, .max_len = ROOT_CHARS,
			       .doc = "Its root, base64"),
			END_OF_SHAPE,
		},
};
struct prepare_input {
	struct str key;
	struct record *record;
	struct seen_input *seen;
};
static const struct shape prepare_input_shape = {
	.name = "RecordPreparation",
	.size = sizeof(struct prepare_input),
	.doc = "A record, and with which key of its organisation it will be signed",
	.fields =
		(const struct field[]){
			STRING(struct prepare_input, key, "key", .min_len = KEY_HEX, .max_len = KEY_HEX,
			       .doc = "Fingerprint of an enrolled key that the organisation keeps itself, "
				      "hex"),
			OBJECT(struct prepare_input, record, "record", &record_shape, struct record,
			       .doc = "As POST /v1/events takes it"),
			OBJECT(struct prepare_input, seen, "seen", &seen_shape, struct seen_input,
			       .flags = OPTIONAL,
			       .doc = "The newest head that the organisation has verified: the statement "
				      "will say "
				      "that it was signed when the log was this long"),
			END_OF_SHAPE,
		},
};

struct to_sign {
	struct uuid event;
	struct str statement, body, manifest, secret;
};
#define TO_SIGN_FIELDS(T, m, flag) \
	STRING(T, m statement, "statement", .max_len = NOTE_MAX_LEN, .flags = (flag), \
	       .doc = "Text of the note, the last newline included: what to sign, byte for byte"), \
		STRING(T, m body, "body", .max_len = BODY_CHARS, .flags = (flag), \
		       .doc = "The EPCIS event that the statement stands for, byte for byte"), \
		STRING(T, m manifest, "manifest", .max_len = MANIFEST_MAX_LEN, .flags = (flag), \
		       .doc = "Its SHA-256 stands in the statement; one line a view of the event"), \
		STRING(T, m secret, "secret", .flags = (flag), \
		       .doc = "Base64, 32 octets: the salt of a view is the start of HMAC-SHA-256 over " \
			      "farmtrail/salt@v1, a newline and the word of its tier")
static const struct shape replacement_shape = {
	.name = "PreparedReplacement",
	.size = sizeof(struct to_sign),
	.doc = "Of a correction with a replacement: what is to be signed for that",
	.fields =
		(const struct field[]){
			UUID(struct to_sign, event, "event", .doc = "Id that the event will have"),
			TO_SIGN_FIELDS(struct to_sign, , 0),
			END_OF_SHAPE,
		},
};
struct prepared_answer {
	struct uuid event;
	struct to_sign own;
	struct to_sign *replacement;
	struct str name, key_id, expires_at;
	struct str captured; /* raw */
};
static const struct shape prepared_answer_shape = {
	.name = "PreparedRecord",
	.size = sizeof(struct prepared_answer),
	.doc = "What the organisation signs; nothing is recorded yet",
	.fields =
		(const struct field[]){
			UUID(struct prepared_answer, event, "event", .doc = "Id that the event will have"),
			TO_SIGN_FIELDS(struct prepared_answer, own., OPTIONAL),
			OBJECT(struct prepared_answer, replacement, "replacement", &replacement_shape,
			       struct to_sign, .flags = OPTIONAL,
			       .doc = "Signed with it, as replacementNote"),
			STRING(struct prepared_answer, name, "name", .flags = OPTIONAL, .max_len = 1024,
			       .doc = "Name in the signature line"),
			STRING(struct prepared_answer, key_id, "keyId", .flags = OPTIONAL,
			       .doc = "Four octets before the signature in its line, hex"),
			STRING(struct prepared_answer, expires_at, "expiresAt", .flags = OPTIONAL,
			       .doc = "UTC; until then the note is taken"),
			RAW_JSON(struct prepared_answer, captured, "captured", .flags = OPTIONAL,
				 .doc = "The record is in already: what its capture answered; there is "
					"nothing "
					"to sign"),
			END_OF_SHAPE,
		},
};

static struct to_sign to_sign_of(struct arena *arena, const struct prepared_statement *s)
{
	return (struct to_sign){.event = s->event,
				.statement = s->text,
				.body = s->body,
				.manifest = s->manifest,
				.secret = base64_encode(arena, (struct bytes){s->secret, sizeof s->secret})};
}

static struct str answer_print(const struct capture_unit *unit)
{
	const struct capture_job *job = unit->jobs;
	const struct capture_own *own = job->own;
	struct arena *arena = job->arena;
	struct prepared_answer answer = {.event = job->id};
	struct to_sign replacement;
	if (job->replayed) {
		answer.captured = job->answer;
	} else {
		answer.own = to_sign_of(arena, &own->statements[0]);
		answer.name = own->signer.name;
		answer.key_id = arena_printf(arena, "%08x", (unsigned)own->signer.id);
		answer.expires_at = utc_print(arena, own->expires_us);
	}
	if (!job->replayed && own->statement_count > 1) {
		replacement = to_sign_of(arena, &own->statements[1]);
		answer.replacement = &replacement;
	}
	struct buf out = buf_create(arena, 4096);
	struct json_writer w = json_writer(&out);
	shape_encode(&prepared_answer_shape, &answer, &w);
	return buf_str(&out);
}

static bool prepared_answer(const struct capture_unit *unit, struct once_answer *ret)
{
	*ret = (struct once_answer){.status = 200, .body = answer_print(unit)};
	return true;
}

/* Of what a fault points to in the record, the place in the body. */
static enum problem within_record(struct call *call, enum problem p, const struct fault *fault)
{
	const char *pointer = fault->pointer;
	bool beside = str_equal(str_of(pointer), STR("/key")) || str_equal(str_of(pointer), STR("/seen"));
	(void)fault_set(&call->fault, p, fault->rule, "%s%s", beside ? "" : "/record", pointer);
	call->fault.value = fault->value;
	call->fault.detail = fault->detail;
	return p;
}

/* The record's bytes as they stand in the body. */
static struct str record_span(struct call *call)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(call->arena, call->body_bytes, &json, &ignored))
		return (struct str){NULL, 0};
	return json_get(&json, STR("record"))->span; /* it was decoded from there */
}

static bool read_seen(struct arena *arena, const struct seen_input *in, struct seen_head *ret)
{
	struct bytes root;
	if (!in)
		return true;
	if (!base64_decode(arena, in->root, &root) || root.len != sizeof ret->root.octets)
		return false;
	ret->size = in->size;
	memcpy(ret->root.octets, root.at, root.len);
	return true;
}

static enum problem prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	const struct prepare_input *in = call->body;
	struct capture_unit *unit = arena_new(call->arena, struct capture_unit);
	struct capture_own *own = arena_new(call->arena, struct capture_own);
	struct fault *fault = arena_new(call->arena, struct fault);
	unit->jobs = arena_new(call->arena, struct capture_job);
	unit->count = 1;
	unit->all_or_nothing = true;
	call->state = unit;
	own->sent = record_span(call);
	if (!own->sent.at || !hex_decode(in->key, own->key.octets, sizeof own->key.octets))
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "hex", "/key");
	if (!read_seen(call->arena, in->seen, &own->seen))
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "base64", "/seen/root");
	enum problem p = capture_once(call, unit, prepared_answer);
	if (p)
		return p;
	p = capture_job_of(call, in->record, own->sent, fault, unit->jobs);
	if (p)
		return within_record(call, p, fault);
	unit->jobs->id = capture_record_id(unit->once, in->record, 0);
	unit->jobs->own = own;
	return PROBLEM_NONE;
}

static enum problem hand_over(struct call *call, struct completion *done)
{
	struct capture_unit *unit = call->state;
	unit->done = done;
	return capture_submit(call_app(call)->capture, unit);
}

static enum problem finish(struct call *call, struct reply *reply)
{
	const struct capture_unit *unit = call->state;
	if (unit->kept)
		reply_replayed(call, unit->kept, reply);
	else if (unit->jobs->problem)
		return within_record(call, unit->jobs->problem, unit->jobs->fault);
	else
		reply->raw = answer_print(unit);
	return PROBLEM_NONE;
}

/* — what was signed — */

struct signed_record {
	struct str note, replacement_note;
};
const struct shape signed_record_shape = {
	.name = "SignedRecord",
	.size = sizeof(struct signed_record),
	.doc = "A record that was prepared, as the notes that its organisation signed",
	.fields =
		(const struct field[]){
			STRING(struct signed_record, note, "note", .max_len = NOTE_MAX_LEN,
			       .doc = "The prepared statement as a C2SP note with one signature"),
			STRING(struct signed_record, replacement_note, "replacementNote", .flags = OPTIONAL,
			       .max_len = NOTE_MAX_LEN,
			       .doc = "Likewise of the replacement, where there is one"),
			END_OF_SHAPE,
		},
};

static enum problem read_note(struct call *call, struct str text, const char *pointer,
			      struct capture_own *own)
{
	struct note *note = &own->notes[own->note_count];
	struct statement s;
	const char *rule = NULL;
	if (!note_parse(call->arena, text, note) || note->count != 1)
		rule = "note";
	else if (!statement_parse(call->arena, note->text, &s) || !str_equal(s.kind, STR("event")))
		rule = "statement";
	else if (!str_equal(s.log, call_app(call)->config->origin))
		rule = "log";
	else if (own->note_count && !(uuid_equal(s.org, own->org) && sha256_equal(s.key, own->key)))
		rule = "organisation";
	else if (own->note_count &&
		 (s.seen_size != own->seen.size || !sha256_equal(s.seen_root, own->seen.root)))
		rule = "seen";
	if (rule)
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, rule, "%s", pointer);
	if (!own->note_count) {
		own->org = s.org;
		own->key = s.key;
		own->seq = s.seq;
		own->seen = (struct seen_head){s.seen_size, s.seen_root};
	}
	own->note_count++;
	return PROBLEM_NONE;
}

enum problem capture_signed(struct call *call, struct capture_unit *unit)
{
	const struct signed_record *in = call->body_else;
	struct capture_own *own = arena_new(call->arena, struct capture_own);
	enum problem p = read_note(call, in->note, "/note", own);
	if (!p && in->replacement_note.at)
		p = read_note(call, in->replacement_note, "/replacementNote", own);
	if (p)
		return p;
	unit->all_or_nothing = true;
	*unit->jobs = (struct capture_job){.arena = call->arena,
					   .fault = &call->fault,
					   .key = call->caller.key,
					   .parties = call->caller.parties,
					   .party_count = call->caller.party_count,
					   .region = call->caller.region,
					   .own = own};
	return PROBLEM_NONE;
}

const struct route event_own_routes[] = {
	{
		.method = "POST",
		.path = "/v1/events:prepare",
		.id = "prepareEvent",
		.summary = "Decide a record and word what its organisation signs; nothing is recorded",
		.tag = "Events",
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_RECORD + PREPARE_ROOM,
		.request = &prepare_input_shape,
		.response = &prepared_answer_shape,
		.status = 200,
		.prepare = prepare,
		.submit = hand_over,
		.finish = finish,
		.may_fail = {RECORD_FAILURES},
	},
	{0},
};
