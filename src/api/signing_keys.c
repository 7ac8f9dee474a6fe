/* SPDX-License-Identifier: Apache-2.0
 * /v1/signing-keys and /v1/enrolments: the keys that organisations sign with, kept by us or by themselves. */
#include "ft/api/routes.h"

#include <string.h>

#include "master_priv.h"
#include "signing_keys_priv.h"

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/qr/qr.h"
#include "ft/store/enrolment.h"
#include "queries.h"

enum {
	MAX_BODY = 64 * 1024,
	MAX_NOTE_CHARS = 16 * 1024,
	MAX_SPKI_CHARS = 256,
	MAX_TOKEN = 64,
	FINGERPRINT_HEX = 64,
	QR_MODULE_UM = 1000
};

static const char *const algorithm_words[] = {"p256", "ed25519", "sm2", NULL};
static const enum sign_algorithm algorithms[] = {SIGN_P256, SIGN_ED25519, SIGN_SM2};
static const char *const reason_words[] = {"superseded", "compromise", "ceased", NULL};
static const char *const state_words[] = {"active", "retired", "revoked", NULL};

/* — shapes — */

struct signing_key_answer {
	struct str fingerprint, vkey, algorithm, use, custody, state, created_at, statement;
	struct str further_reason, reason, since, revoked_at;
	struct uuid party;
};
const struct shape signing_key_shape = {
	.name = "SigningKey",
	.size = sizeof(struct signing_key_answer),
	.doc = "A public key that an organisation signs with",
	.fields =
		(const struct field[]){
			STRING(struct signing_key_answer, fingerprint, "fingerprint",
			       .doc = "SHA-256 of the SubjectPublicKeyInfo, hex"),
			UUID(struct signing_key_answer, party, "party", .doc = "The organisation"),
			STRING(struct signing_key_answer, vkey, "vkey", .max_len = 1024,
			       .doc = "C2SP verifier key"),
			STRING(struct signing_key_answer, algorithm, "algorithm",
			       .doc = "p256, ed25519 or sm2"),
			STRING(struct signing_key_answer, use, "use",
			       .doc = "event, inspect, registrar or log"),
			STRING(struct signing_key_answer, custody, "custody",
			       .doc = "self: the organisation keeps it; service: kept here, wrapped"),
			STRING(struct signing_key_answer, state, "state",
			       .doc = "active, retired or revoked; the log decides from which entry on"),
			STRING(struct signing_key_answer, created_at, "createdAt", .doc = "UTC"),
			STRING(struct signing_key_answer, statement, "statement", .max_len = MAX_NOTE_CHARS,
			       .doc = "The signed note farmtrail/key@v1"),
			STRING(struct signing_key_answer, further_reason, "furtherReason", .flags = OPTIONAL,
			       .doc = "Of a further key of the organisation that none of its own signed: why "
				      "the registrar alone vouched for it, as its statement says"),
			STRING(struct signing_key_answer, reason, "reason", .flags = OPTIONAL,
			       .doc = "Of a revocation"),
			STRING(struct signing_key_answer, since, "since", .flags = OPTIONAL,
			       .doc = "Of a compromise: what claims a later time is doubtful"),
			STRING(struct signing_key_answer, revoked_at, "revokedAt", .flags = OPTIONAL,
			       .doc = "UTC"),
			END_OF_SHAPE,
		},
};
static const struct shape signing_key_page =
	LIST_PAGE_SHAPE("SigningKeyPage", &signing_key_shape, "Signing keys of a party, oldest first");

struct key_query {
	struct str party, state;
};
static const struct shape key_query_shape = {
	.name = "SigningKeyQuery",
	.size = sizeof(struct key_query),
	.fields =
		(const struct field[]){
			STRING(struct key_query, party, "party",
			       .doc = "Id, number or URI of the organisation"),
			WORD(struct key_query, state, "state", state_words, .flags = OPTIONAL,
			     .doc = "Those in this state only"),
			END_OF_SHAPE,
		},
};

static const char *const use_words[] = {"event", "inspect", NULL};
#define USE_FIELD(T) \
	WORD(T, use, "use", use_words, .flags = OPTIONAL, \
	     .doc = "What the key is for: records (event, unless given), or endorsements of an inspector's " \
		    "office (inspect)")

#define REASON_FIELD(T, WHEN) \
	WORD(T, reason, "reason", key_reasons, .flags = OPTIONAL, \
	     .doc = "Why the organisation gets a further key, in the public log: an earlier one was lost " \
		    "or " \
		    "stolen (compromise), another keeps the key (custody), who kept it has left " \
		    "(staff-change), a new-device signs as well, it is for a new-use. " WHEN)

struct permit_input {
	struct str party, use, reason;
};
static const struct shape permit_input_shape = {
	.name = "EnrolmentInput",
	.size = sizeof(struct permit_input),
	.doc = "Who may enrol a key",
	.fields =
		(const struct field[]){
			STRING(struct permit_input, party, "party",
			       .doc = "Id, number or URI of the organisation"),
			USE_FIELD(struct permit_input),
			REASON_FIELD(struct permit_input,
				     "Needed unless it is the first that is stated for it"),
			END_OF_SHAPE,
		},
};
struct permit_answer {
	struct uuid id, party;
	struct str token, uri, qr, expires_at;
};
static const struct shape permit_shape = {
	.name = "Enrolment",
	.size = sizeof(struct permit_answer),
	.doc = "Permission to enrol one key, good once and for a day",
	.fields =
		(const struct field[]){
			UUID(struct permit_answer, id, "id", .doc = "Id of the permission"),
			UUID(struct permit_answer, party, "party", .doc = "The organisation"),
			STRING(struct permit_answer, token, "token",
			       .doc = "Shown once: the device sends it back"),
			STRING(struct permit_answer, uri, "uri", .max_len = 1024,
			       .doc = "Where the device sends its key, and after # the token: what the QR "
				      "says"),
			STRING(struct permit_answer, qr, "qr", .max_len = 256 * 1024, .doc = "The QR, SVG"),
			STRING(struct permit_answer, expires_at, "expiresAt", .doc = "UTC"),
			END_OF_SHAPE,
		},
};

struct prepare_input {
	struct str token, spki;
};
static const struct shape prepare_input_shape = {
	.name = "SigningKeyPrepare",
	.size = sizeof(struct prepare_input),
	.doc = "A key that a device made",
	.fields =
		(const struct field[]){
			STRING(struct prepare_input, token, "token", .max_len = MAX_TOKEN,
			       .doc = "From the QR"),
			STRING(struct prepare_input, spki, "spki", .max_len = MAX_SPKI_CHARS,
			       .doc = "SubjectPublicKeyInfo, DER in base64: P-256, Ed25519 or SM2"),
			END_OF_SHAPE,
		},
};
struct prepared {
	struct str statement, name;
	struct str key_id;
};
static const struct shape prepared_shape = {
	.name = "PreparedStatement",
	.size = sizeof(struct prepared),
	.doc = "What the device signs, byte for byte",
	.fields =
		(const struct field[]){
			STRING(struct prepared, statement, "statement", .max_len = MAX_NOTE_CHARS,
			       .doc = "Text of the note, the last newline included"),
			STRING(struct prepared, name, "name", .max_len = 1024,
			       .doc = "Name in the signature line"),
			STRING(struct prepared, key_id, "keyId",
			       .doc = "Four octets before the signature in its line, hex"),
			END_OF_SHAPE,
		},
};

struct enrol_input {
	struct str token, note;
};
static const struct shape enrol_input_shape = {
	.name = "SigningKeyInput",
	.size = sizeof(struct enrol_input),
	.doc = "A key that vouches for itself",
	.fields =
		(const struct field[]){
			STRING(struct enrol_input, token, "token", .max_len = MAX_TOKEN,
			       .doc = "From the QR"),
			STRING(struct enrol_input, note, "note", .max_len = MAX_NOTE_CHARS,
			       .doc = "The prepared statement as a C2SP note with the key's own signature"),
			END_OF_SHAPE,
		},
};

struct rotate_input {
	struct str party, use, algorithm, reason;
};
static const struct shape rotate_input_shape = {
	.name = "SigningKeyRotation",
	.size = sizeof(struct rotate_input),
	.doc = "Another custodial key for a party",
	.fields =
		(const struct field[]){
			STRING(struct rotate_input, party, "party",
			       .doc = "Id, number or URI of the organisation"),
			USE_FIELD(struct rotate_input),
			WORD(struct rotate_input, algorithm, "algorithm", algorithm_words, .flags = OPTIONAL,
			     .doc = "p256 unless given"),
			REASON_FIELD(struct rotate_input,
				     "Needed where there is no key of this use that the new one takes over "
				     "from and that signs it; else there is none"),
			END_OF_SHAPE,
		},
};
struct revoke_input {
	struct str reason;
	struct instant since;
};
static const struct shape revoke_input_shape = {
	.name = "SigningKeyRevocation",
	.size = sizeof(struct revoke_input),
	.doc = "Why a key counts no longer",
	.fields =
		(const struct field[]){
			WORD(struct revoke_input, reason, "reason", reason_words, .doc = "Why"),
			TIME(struct revoke_input, since, "since", .flags = OPTIONAL,
			     .doc = "Of a compromise: when the key was stolen; now unless given"),
			END_OF_SHAPE,
		},
};

/* — handlers — */

static struct master master_of(const struct call *call)
{
	return (struct master){.db = call_db(call),
			       .arena = call->arena,
			       .actor = actor_of(call),
			       .registrar = call_app(call)->registrar};
}

/* Public keys are for everybody to look up. */
static enum problem party_named(struct call *call, struct str spelling, const char *pointer, struct uuid *ret)
{
	const struct master m = master_of(call);
	struct party party;
	struct uuid id;
	enum problem p =
		master_find(&m, THING_PARTY, (struct uuid){{0}}, spelling, pointer, &id, &call->fault);
	if (!p)
		p = master_read(&m, THING_PARTY, id, 0, &party);
	if (p == PROBLEM_NOT_FOUND)
		return fault_set(&call->fault, PROBLEM_REFERENCE_UNKNOWN, "reference", "%s", pointer);
	if (!p)
		*ret = id;
	return p;
}

/* Keys are changed for an organisation that the caller acts for; another is as if it were not there. */
enum problem party_acted_for(struct call *call, struct str spelling, struct uuid *ret)
{
	const struct master m = master_of(call);
	struct uuid id;
	enum problem p = party_named(call, spelling, "/party", &id);
	if (!p)
		p = master_check_party(&m, id);
	if (p == PROBLEM_NOT_FOUND)
		return fault_set(&call->fault, PROBLEM_REFERENCE_UNKNOWN, "reference", "/party");
	if (!p)
		*ret = id;
	return p;
}

static enum signer_role role_of(struct str use)
{
	return use.at && str_equal(use, STR("inspect")) ? SIGNER_INSPECTOR : SIGNER_PARTY;
}

static struct str algorithm_word(int64_t algorithm)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++)
		if ((int64_t)algorithms[i] == algorithm)
			return str_of(algorithm_words[i]);
	return STR("");
}

static struct statement stated(struct arena *arena, struct bytes note)
{
	struct note parsed;
	struct statement statement;
	if (!note_parse(arena, bytes_str(note), &parsed) || !statement_parse(arena, parsed.text, &statement))
		return (struct statement){.vkey = STR("")};
	return statement;
}

static struct str hex_of(struct arena *arena, struct bytes fingerprint)
{
	return hex_encode(arena, fingerprint);
}

/* Both statements select the same columns of a key. */
#define ANSWER_OF(arena, row, org) \
	{ \
		.fingerprint = hex_of(arena, (row)->fingerprint), .party = (org), \
		.vkey = stated(arena, (row)->statement).vkey, \
		.further_reason = stated(arena, (row)->statement).reason, \
		.algorithm = algorithm_word((row)->algorithm), .use = (row)->use, .custody = (row)->custody, \
		.state = (row)->state, .created_at = utc_print(arena, (row)->created_at), \
		.statement = bytes_str((row)->statement), .reason = (row)->reason, \
		.since = (row)->since.known ? utc_print(arena, (row)->since.value) : (struct str){NULL, 0}, \
		.revoked_at = (row)->revoked_at.known ? utc_print(arena, (row)->revoked_at.value) \
						      : (struct str){NULL, 0}, \
	}

static enum problem list_signing_keys(struct call *call, struct reply *reply)
{
	const struct key_query *query = call->query;
	struct signing_key_list_row *rows;
	size_t count;
	struct uuid org;
	enum problem p = party_named(call, query->party, "?party", &org);
	if (!p)
		p = signing_key_list(call_db(call), call->arena,
				     &(struct signing_key_list_params){org, query->state}, &rows, &count);
	if (p)
		return p;
	struct signing_key_answer *items = arena_array(call->arena, struct signing_key_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct signing_key_answer)ANSWER_OF(call->arena, &rows[i], org);
	struct list_page *page = arena_new(call->arena, struct list_page);
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

enum problem signing_key_put(struct call *call, struct reply *reply, struct sha256 key)
{
	struct signing_key_get_row row;
	enum problem p = signing_key_get(call_db(call), call->arena,
					 &(struct signing_key_get_params){sha256_bytes(&key)}, &row);
	if (p)
		return p;
	struct signing_key_answer *answer = arena_new(call->arena, struct signing_key_answer);
	*answer = (struct signing_key_answer)ANSWER_OF(call->arena, &row, row.org_id);
	reply->value = answer;
	reply->location = arena_printf(call->arena, "/v1/signing-keys/%.*s", STR_ARGS(answer->fingerprint));
	return PROBLEM_NONE;
}

static enum problem key_in_path(const struct call *call, struct sha256 *ret)
{
	bool good = call->path_args[0].len == FINGERPRINT_HEX &&
		    hex_decode(call->path_args[0], ret->octets, sizeof ret->octets);
	return good ? PROBLEM_NONE : PROBLEM_NOT_FOUND;
}

static enum problem get_signing_key(struct call *call, struct reply *reply)
{
	struct sha256 key;
	enum problem p = key_in_path(call, &key);
	if (!p)
		p = signing_key_put(call, reply, key);
	reply->location = (struct str){NULL, 0};
	return p;
}

static enum problem permit_key(struct call *call, struct reply *reply)
{
	const struct permit_input *in = call->body;
	const struct key_office office = call_office(call);
	struct enrolment_token token;
	struct uuid org;
	struct qr qr;
	enum problem p = party_acted_for(call, in->party, &org);
	if (!p)
		p = enrolment_permit(call_db(call), call->arena, &office, org, role_of(in->use), in->reason,
				     &token, &call->fault);
	if (p)
		return p;
	struct permit_answer *answer = arena_new(call->arena, struct permit_answer);
	struct str host = call_app(call)->config->public_url;
	*answer = (struct permit_answer){
		.id = token.id,
		.party = org,
		.token = token.token,
		.uri = arena_printf(call->arena, "%.*s/v1/signing-keys#%.*s", STR_ARGS(host),
				    STR_ARGS(token.token)),
		.expires_at = utc_print(call->arena, token.expires_us),
	};
	p = qr_encode(call->arena, answer->uri, &qr);
	if (p)
		return p;
	answer->qr = qr_svg(call->arena, &qr, &(struct qr_style){.module_um = QR_MODULE_UM});
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem prepare_key(struct call *call, struct reply *reply)
{
	const struct prepare_input *in = call->body;
	const struct key_office office = call_office(call);
	struct bytes spki;
	struct str text;
	struct statement statement;
	struct note_key key;
	if (!base64_decode(call->arena, in->spki, &spki))
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "base64", "/spki");
	enum problem p = enrolment_statement(call_db(call), call->arena, &office, in->token, spki, &text,
					     &call->fault);
	if (p)
		return p;
	if (!statement_parse(call->arena, text, &statement) ||
	    !note_key_parse(call->arena, statement.vkey, &key))
		return PROBLEM_INTERNAL;
	struct prepared *answer = arena_new(call->arena, struct prepared);
	*answer = (struct prepared){.statement = text,
				    .name = key.name,
				    .key_id = arena_printf(call->arena, "%08x", (unsigned)key.id)};
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem enrol_key(struct call *call, struct reply *reply)
{
	const struct enrol_input *in = call->body;
	const struct key_office office = call_office(call);
	struct sha256 key;
	bool replayed;
	enum problem p = enrolment_finish(call_db(call), call->arena, &office, in->token, in->note, &key,
					  &replayed, &call->fault);
	if (!p)
		p = signing_key_put(call, reply, key);
	if (!p && replayed)
		reply->status = 200;
	return p;
}

static enum problem rotate_key(struct call *call, struct reply *reply)
{
	const struct rotate_input *in = call->body;
	const struct key_office office = call_office(call);
	enum sign_algorithm algorithm = SIGN_P256;
	struct sha256 key;
	struct uuid org;
	for (size_t i = 0; in->algorithm.at && algorithm_words[i]; i++)
		if (str_equal(in->algorithm, str_of(algorithm_words[i])))
			algorithm = algorithms[i];
	enum problem p = party_acted_for(call, in->party, &org);
	if (!p)
		p = signing_rotate(call_db(call), call->arena, &office, org, role_of(in->use), algorithm,
				   in->reason, &key, &call->fault);
	return p ? p : signing_key_put(call, reply, key);
}

static enum problem revoke_signing_key(struct call *call, struct reply *reply)
{
	const struct revoke_input *in = call->body;
	const struct key_office office = call_office(call);
	struct key_end end = {.reason = in->reason, .since_us = in->since.at_us};
	struct signing_key_get_row row;
	const struct master m = master_of(call);
	enum problem p = key_in_path(call, &end.key);
	if (!p && in->since.at_us > office.now_us)
		return fault_set(&call->fault, PROBLEM_TIME_FUTURE, "future", "/since");
	if (!p)
		p = signing_key_get(call_db(call), call->arena,
				    &(struct signing_key_get_params){sha256_bytes(&end.key)}, &row);
	if (!p)
		p = master_check_party(&m, row.org_id);
	if (!p)
		p = signing_revoke(call_db(call), call->arena, &office, &end, &call->fault);
	if (!p)
		p = signing_key_put(call, reply, end.key);
	reply->location = (struct str){NULL, 0};
	return p;
}

#define TAG "Signing keys"
const struct route signing_key_routes[] = {
	{
		.method = "GET",
		.path = "/v1/signing-keys",
		.id = "listSigningKeys",
		.summary = "List the signing keys of a party",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &key_query_shape,
		.response = &signing_key_page,
		.status = 200,
		.handle = list_signing_keys,
		.may_fail = {PROBLEM_REFERENCE_UNKNOWN, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/signing-keys/{fingerprint}",
		.id = "getSigningKey",
		.summary = "Read a signing key: public, as everything that checks a proof",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &signing_key_shape,
		.status = 200,
		.handle = get_signing_key,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/enrolments",
		.id = "permitKey",
		.summary = "Permit a device of a party to enrol the key that it makes; the QR is shown once",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MAX_BODY,
		.request = &permit_input_shape,
		.response = &permit_shape,
		.status = 201,
		.handle = permit_key,
		.may_fail = {PROBLEM_REFERENCE_UNKNOWN, PROBLEM_KEY_REASON, PROBLEM_FIELD_RANGE,
			     PROBLEM_FORBIDDEN, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY, PROBLEM_ERASED},
	},
	{
		.method = "POST",
		.path = "/v1/signing-keys:prepare",
		.id = "prepareSigningKey",
		.summary = "Word the statement that enrols a device's key",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.max_body = MAX_BODY,
		.request = &prepare_input_shape,
		.response = &prepared_shape,
		.status = 200,
		.handle = prepare_key,
		.may_fail = {PROBLEM_ENROLMENT_TOKEN, PROBLEM_KEY_REFUSED, PROBLEM_FIELD_RANGE,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/signing-keys",
		.id = "enrolSigningKey",
		.summary = "Enrol a key that a device made and signed for",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.max_body = MAX_BODY,
		.request = &enrol_input_shape,
		.response = &signing_key_shape,
		.status = 201,
		.repeatable = true,
		.handle = enrol_key,
		.may_fail = {PROBLEM_ENROLMENT_TOKEN, PROBLEM_KEY_REFUSED, PROBLEM_SIGNATURE,
			     PROBLEM_FIELD_RANGE, PROBLEM_KEY_REASON, PROBLEM_ERASED, PROBLEM_ID_TAKEN,
			     PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "POST",
		.path = "/v1/signing-keys:rotate",
		.id = "rotateSigningKey",
		.summary =
			"Replace the custodial key of a party; of an inspector's office also make the first "
			"with which it endorses",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MAX_BODY,
		.request = &rotate_input_shape,
		.response = &signing_key_shape,
		.status = 201,
		.handle = rotate_key,
		.may_fail = {PROBLEM_REFERENCE_UNKNOWN, PROBLEM_KEY_REASON, PROBLEM_FIELD_RANGE,
			     PROBLEM_NO_SIGNING_KEY, PROBLEM_SIGNS_ITSELF, PROBLEM_FORBIDDEN, PROBLEM_ERASED,
			     PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "POST",
		.path = "/v1/signing-keys/{fingerprint}/revoke",
		.id = "revokeSigningKey",
		.summary = "Revoke a signing key from its place in the log on",
		.tag = TAG,
		.scope = SCOPE_REGISTER,
		.max_body = MAX_BODY,
		.request = &revoke_input_shape,
		.response = &signing_key_shape,
		.status = 200,
		.handle = revoke_signing_key,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_FORBIDDEN, PROBLEM_TIME_FUTURE, PROBLEM_TIME_NAIVE,
			     PROBLEM_TIME_SYNTAX, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE,
			     PROBLEM_DB_RETRY},
	},
	{0},
};
