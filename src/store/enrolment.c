/* SPDX-License-Identifier: Apache-2.0
 * Tokens that permit a key, and the keys that devices enrol with them. */
#include "ft/store/enrolment.h"

#include <string.h>

#include "queries.h"

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/crypto/random.h"
#include "ft/store/audit.h"

#include "signing_priv.h"

enum { TOKEN_LEN = 32, TOKEN_CHARS = 43, CLOCK_SKEW_S = 300 };
#define TOKEN_PREFIX STR("fte_")

static const struct db_scope service = {.service = true};

struct permit {
	struct arena *arena;
	const struct key_office *office;
	struct uuid org;
	enum signer_role role;
	struct str reason;
	struct enrolment_token *token;
	struct fault *reterr;
};

enum problem office_check(struct db *db, struct arena *arena, struct uuid org, struct fault *reterr)
{
	struct endorsement_office_row party;
	enum problem p = endorsement_office(db, arena, &(struct endorsement_office_params){org}, &party);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_ERASED : p;
	if (!party.office)
		reterr->detail =
			STR("only an inspector's office, a party of the kind authority, endorses records");
	return party.office ? PROBLEM_NONE : PROBLEM_FORBIDDEN;
}

static struct str use_of(enum signer_role role)
{
	return role == SIGNER_INSPECTOR ? STR("inspect") : STR("event");
}

static enum problem permit_in_tx(struct db *db, void *context)
{
	const struct permit *permit = context;
	struct sha256 hash = sha256_of(str_bytes(permit->token->token));
	const struct enrolment_insert_params row = {.id = permit->token->id,
						    .org_id = permit->org,
						    .use = use_of(permit->role),
						    .reason = permit->reason,
						    .token_hash = sha256_bytes(&hash),
						    .created_at = permit->office->now_us,
						    .expires_at = permit->token->expires_us};
	const struct act act = {permit->office->actor,
				"permitKey",
				uuid_print(permit->arena, permit->org),
				permit->office->request_id,
				permit->office->now_us,
				permit->reason};
	int64_t rows;
	enum problem p = signing_check_reason(db, permit->arena, permit->org, permit->reason, "/reason",
					      permit->reterr);
	if (!p && permit->role == SIGNER_INSPECTOR)
		p = office_check(db, permit->arena, permit->org, permit->reterr);
	if (!p)
		p = enrolment_insert(db, &row, &rows);
	return p ? p : audit_write(db, &act);
}

enum problem enrolment_permit(struct db *db, struct arena *arena, const struct key_office *office,
			      struct uuid org, enum signer_role role, struct str reason,
			      struct enrolment_token *ret, struct fault *reterr)
{
	uint8_t secret[TOKEN_LEN];
	random_fill(secret, sizeof secret);
	struct str text = base64url_encode(arena, (struct bytes){secret, sizeof secret});
	struct enrolment_token token = {
		.id = uuid_make(office->now_us),
		.token = arena_printf(arena, "fte_%.*s", STR_ARGS(text)),
		.expires_us = office->now_us + (usec_t)ENROLMENT_HOURS * 3600 * USEC_PER_SEC,
	};
	struct permit permit = {arena, office, org, role, reason, &token, reterr};
	enum problem p = db_tx(db, &service, permit_in_tx, &permit, /* reterr_unknown */ NULL);
	if (!p)
		*ret = token;
	return p;
}

static enum problem refuse_token(struct fault *reterr)
{
	return fault_set(reterr, PROBLEM_ENROLMENT_TOKEN, "token", "/token");
}

/* A used one is found too: its first answer may have been lost. */
static enum problem find(struct db *db, struct arena *arena, struct str token, usec_t now_us,
			 struct enrolment_find_row *ret, struct fault *reterr)
{
	if (!str_starts(token, TOKEN_PREFIX) || token.len != TOKEN_PREFIX.len + TOKEN_CHARS)
		return refuse_token(reterr);
	struct sha256 hash = sha256_of(str_bytes(token));
	enum problem p = enrolment_find(db, arena, &(struct enrolment_find_params){sha256_bytes(&hash)}, ret);
	if (p == PROBLEM_NOT_FOUND || (!p && !ret->fingerprint.at && ret->expires_at <= now_us))
		return refuse_token(reterr);
	return p;
}

static enum signer_role role_of(struct str use)
{
	return str_equal(use, STR("inspect")) ? SIGNER_INSPECTOR : SIGNER_PARTY;
}

enum problem enrolment_statement(struct db *db, struct arena *arena, const struct key_office *office,
				 struct str token, struct bytes spki, struct str *ret_text,
				 struct fault *reterr)
{
	struct enrolment_find_row permit;
	struct public_key *key;
	enum problem p = find(db, arena, token, office->now_us, &permit, reterr);
	if (!p && permit.fingerprint.at)
		return refuse_token(reterr);
	if (!p && public_key_parse(spki, &key))
		return fault_set(reterr, PROBLEM_KEY_REFUSED, "key", "/spki");
	if (p)
		return p;
	const struct key_words words = {.org = permit.org_id,
					.fingerprint = public_key_fingerprint(key),
					.spki = public_key_spki(arena, key),
					.role = role_of(permit.use),
					.custody = STR("self"),
					.at_s = office->now_us / USEC_PER_SEC,
					.reason = permit.reason};
	public_key_destroy(key);
	*ret_text = signing_key_text(arena, log_names_first(office->origin), &words);
	return PROBLEM_NONE;
}

static enum problem refuse_note(const char *rule, struct fault *reterr)
{
	return fault_set(reterr, PROBLEM_FIELD_RANGE, rule, "/note");
}

/* What the device sent, once it is as it has to be. */
struct arrival {
	struct note note;
	struct statement statement;
	struct note_key key;
	struct bytes spki;
	enum sign_algorithm algorithm;
};

static enum problem check_words(struct arena *arena, const struct key_office *office,
				const struct enrolment_find_row *permit, const struct arrival *a,
				struct fault *reterr)
{
	const struct statement *s = &a->statement;
	int64_t now_s = office->now_us / USEC_PER_SEC;
	if (!str_equal(s->kind, STR("key")) || !str_equal(s->use, permit->use) ||
	    !str_equal(s->custody, STR("self")) || s->seq != 1 || s->has_predecessor ||
	    !str_equal(s->reason, permit->reason))
		return refuse_note("wording", reterr);
	if (!str_equal(s->log, office->origin))
		return refuse_note("log", reterr);
	if (!uuid_equal(s->org, permit->org_id) ||
	    !str_equal(a->key.name, statement_signer_name(arena, office->origin, permit->org_id)))
		return refuse_note("organisation", reterr);
	if (s->at_s > now_s + CLOCK_SKEW_S || s->at_s < now_s - ENROLMENT_HOURS * 3600)
		return refuse_note("time", reterr);
	return PROBLEM_NONE;
}

static enum problem read_arrival(struct arena *arena, const struct key_office *office,
				 const struct enrolment_find_row *permit, struct str text,
				 struct arrival *ret, struct fault *reterr)
{
	const struct note_verifier verifier = {verify_spki, NULL};
	struct public_key *key;
	if (!note_parse(arena, text, &ret->note) || ret->note.count != 1 ||
	    !statement_parse(arena, ret->note.text, &ret->statement) ||
	    !note_key_parse(arena, ret->statement.vkey, &ret->key))
		return refuse_note("note", reterr);
	enum problem p = check_words(arena, office, permit, ret, reterr);
	if (p)
		return p;
	ret->spki = note_key_spki(arena, &ret->key);
	if (public_key_parse(ret->spki, &key))
		return fault_set(reterr, PROBLEM_KEY_REFUSED, "key", "/note");
	ret->algorithm = public_key_algorithm(key);
	public_key_destroy(key);
	if (note_verify(arena, &ret->note, &ret->key, verifier) != NOTE_SIGNED)
		return fault_set(reterr, PROBLEM_SIGNATURE, "signature", "/note");
	return PROBLEM_NONE;
}

struct finish {
	struct arena *arena;
	const struct key_office *office;
	struct str token, note;
	struct sha256 key;
	bool replayed;
	struct fault *reterr;
};

static enum problem enrol(struct db *db, struct finish *f, const struct enrolment_find_row *permit,
			  struct arrival *arrival)
{
	struct held_key registrar;
	struct signer_key beside;
	int64_t rows;
	const struct enrolment_use_params used = {permit->id, sha256_bytes(&arrival->statement.key)};
	enum problem p = enrolment_use(db, &used, &rows);
	if (!p && rows != 1)
		return refuse_token(f->reterr);
	if (!p)
		p = signing_check_reason(db, f->arena, permit->org_id, permit->reason, "/token", f->reterr);
	if (!p)
		p = signing_lock(db, f->arena, f->office->registrar, &registrar);
	if (!p)
		beside = signer_key_of(&registrar);
	if (!p)
		p = signing_add_signatures(f->arena, f->office->signer, log_names_first(f->office->origin),
					   &beside, 1, &arrival->note);
	if (p)
		return p;
	const struct new_signing_key row = {.org = permit->org_id,
					    .fingerprint = arrival->statement.key,
					    .algorithm = arrival->algorithm,
					    .role = role_of(permit->use),
					    .custody = STR("self"),
					    .spki = arrival->spki,
					    .note = note_print(f->arena, &arrival->note),
					    .now_us = f->office->now_us};
	p = signing_store(db, &row);
	if (p)
		return p;
	const struct act act = {
		f->office->actor,      "enrolSigningKey", uuid_print(f->arena, permit->org_id),
		f->office->request_id, f->office->now_us, permit->reason};
	return audit_write(db, &act);
}

/* The first answer may have been lost on its way: the same key again is fine, another one is not. */
static enum problem replay(struct db *db, struct finish *f, const struct enrolment_find_row *permit,
			   const struct arrival *arrival)
{
	struct signing_key_get_row row;
	struct note stored;
	if (!bytes_equal(permit->fingerprint, sha256_bytes(&arrival->statement.key)))
		return refuse_token(f->reterr);
	enum problem p =
		signing_key_get(db, f->arena, &(struct signing_key_get_params){permit->fingerprint}, &row);
	if (p)
		return p;
	if (!note_parse(f->arena, bytes_str(row.statement), &stored) ||
	    !str_equal(stored.text, arrival->note.text))
		return refuse_token(f->reterr);
	f->replayed = true;
	return PROBLEM_NONE;
}

static enum problem finish_in_tx(struct db *db, void *context)
{
	struct finish *f = context;
	struct enrolment_find_row permit;
	struct signing_key_get_row taken;
	struct arrival *arrival = arena_new(f->arena, struct arrival);
	f->replayed = false;
	enum problem p = find(db, f->arena, f->token, f->office->now_us, &permit, f->reterr);
	if (!p)
		p = read_arrival(f->arena, f->office, &permit, f->note, arrival, f->reterr);
	if (p)
		return p;
	f->key = arrival->statement.key;
	if (permit.fingerprint.at)
		return replay(db, f, &permit, arrival);
	p = signing_key_get(db, f->arena, &(struct signing_key_get_params){sha256_bytes(&f->key)}, &taken);
	if (p != PROBLEM_NOT_FOUND)
		return p ? p : fault_set(f->reterr, PROBLEM_ID_TAKEN, "unique", "/note");
	return enrol(db, f, &permit, arrival);
}

enum problem enrolment_finish(struct db *db, struct arena *arena, const struct key_office *office,
			      struct str token, struct str note, struct sha256 *ret_key, bool *ret_replayed,
			      struct fault *reterr)
{
	struct finish f = {arena, office, token, note, {{0}}, false, reterr};
	enum problem p = db_tx(db, &service, finish_in_tx, &f, /* reterr_unknown */ NULL);
	if (!p) {
		*ret_key = f.key;
		*ret_replayed = f.replayed;
	}
	return p;
}
