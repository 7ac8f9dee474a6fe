/* SPDX-License-Identifier: Apache-2.0
 * Custodial signing keys in the database and the statements that enrol them. */
#include "ft/store/signing.h"

#include <string.h>

#include "queries.h"

#include "ft/core/note.h"

#include "signing_priv.h"

enum { FIRST_WRAPPING = 1, MAX_SIGNERS = 3 };

enum problem signing_lock(struct db *db, struct arena *arena, struct uuid org, struct held_key *ret)
{
	struct key_heads_lock_row *locked;
	struct held_keys_row *rows;
	size_t locked_count, count;
	const struct sql_array orgs = {&org, 1};
	enum problem p =
		key_heads_lock(db, arena, &(struct key_heads_lock_params){orgs}, &locked, &locked_count);
	if (!p)
		p = held_keys(db, arena, &(struct held_keys_params){orgs}, &rows, &count);
	if (p)
		return p;
	if (!count)
		return PROBLEM_NOT_FOUND;
	*ret = signing_held_key(&rows[count - 1]);
	return PROBLEM_NONE;
}

enum problem signing_lock_inspector(struct db *db, struct arena *arena, struct uuid org,
				    const struct sha256 *own, struct held_key *ret)
{
	struct key_heads_lock_row *locked;
	struct inspect_keys_row *rows;
	size_t locked_count, count;
	enum problem p =
		key_heads_lock(db, arena, &(struct key_heads_lock_params){{&org, 1}}, &locked, &locked_count);
	if (!p)
		p = inspect_keys(db, arena, &(struct inspect_keys_params){org}, &rows, &count);
	if (p)
		return p;
	_Static_assert(sizeof(struct inspect_keys_row) == sizeof(struct held_keys_row), "the same columns");
	for (size_t i = 0; i < count; i++)
		if (own ? !rows[i].wrapped.at && bytes_equal(rows[i].fingerprint, sha256_bytes(own))
			: rows[i].wrapped.at != NULL) {
			*ret = signing_held_key((const struct held_keys_row *)(const void *)&rows[i]);
			return PROBLEM_NONE;
		}
	return count && !own ? PROBLEM_SIGNS_ITSELF : PROBLEM_NO_SIGNING_KEY;
}

struct held_key signing_held_key(const struct held_keys_row *row)
{
	struct held_key key = {.org = row->org_id,
			       .spki = row->spki,
			       .wrapped = row->wrapped,
			       .seq = row->seq,
			       .role = SIGNER_PARTY};
	(void)signing_role_of(row->use, &key.role);
	for (size_t i = 0; i < sizeof key.fingerprint.octets && i < row->fingerprint.len; i++)
		key.fingerprint.octets[i] = row->fingerprint.at[i];
	return key;
}

enum problem signing_advance(struct db *db, const struct held_key *key, int64_t seq)
{
	int64_t rows;
	return key_head_advance(db, &(struct key_head_advance_params){sha256_bytes(&key->fingerprint), seq},
				&rows);
}

/* What each role's key is called in its statement and in the table, and which algorithm it has. C2SP wants Ed25519 of a
 * log. */
static const struct role {
	const char *stated, *stored;
	enum sign_algorithm algorithm;
} roles[SIGNER_ROLES] = {
	[SIGNER_PARTY] = {"event", "event", SIGN_P256},
	[SIGNER_REGISTRAR] = {"register", "registrar", SIGN_P256},
	[SIGNER_LOG] = {"log", "log", SIGN_ED25519},
	[SIGNER_INSPECTOR] = {"inspect", "inspect", SIGN_P256},
};

/* A log signs under its own name (c2sp.org/tlog-checkpoint), an organisation under one below it. */
static struct str signer_name(struct arena *arena, struct log_names log, enum signer_role role,
			      struct uuid org)
{
	return role == SIGNER_LOG ? log.name : statement_signer_name(arena, log.origin, org);
}

struct str signing_key_text(struct arena *arena, struct log_names log, const struct key_words *words)
{
	struct note_key note_key;
	if (!note_key_from_spki(signer_name(arena, log, words->role, words->org), words->spki, &note_key))
		return (struct str){NULL, 0};
	struct statement s = {
		.kind = STR("key"),
		.log = log.origin,
		.org = words->org,
		.key = words->fingerprint,
		.seq = 1,
		.at_s = words->at_s,
		.vkey = note_key_print(arena, &note_key),
		.use = str_of(roles[words->role].stated),
		.custody = words->custody,
		.has_predecessor = words->predecessor != NULL,
	};
	if (words->predecessor)
		s.predecessor = *words->predecessor;
	else
		s.reason = words->reason;
	return statement_print(arena, &s);
}

enum problem signing_check_reason(struct db *db, struct arena *arena, struct uuid org, struct str reason,
				  const char *pointer, struct fault *reterr)
{
	struct org_keys_lock_row locked;
	struct org_has_key_row has;
	enum problem p = org_keys_lock(db, arena, &(struct org_keys_lock_params){org}, &locked);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_ERASED : p;
	p = org_has_key(db, arena, &(struct org_has_key_params){org}, &has);
	if (!p && has.known && !reason.at)
		return fault_set(reterr, PROBLEM_KEY_REASON, "reason", "%s", pointer);
	if (!p && !has.known && reason.at) {
		reterr->detail = STR("the organisation's first key needs no reason");
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "first-key", "%s", pointer);
	}
	return p;
}

static bool add_signature(struct arena *arena, struct log_names log, const struct signer_key *key,
			  const struct signer_result *result, struct note *note)
{
	struct note_key note_key;
	struct str name = signer_name(arena, log, key->role, key->org);
	if (result->verdict != SIGNER_SIGNED || !note_key_from_spki(name, key->spki, &note_key))
		return false;
	note->signatures[note->count++] = (struct note_signature){name, note_key.id, result->signature};
	return true;
}

enum problem signing_add_signatures(struct arena *arena, struct signer *signer, struct log_names log,
				    const struct signer_key *keys, size_t count, struct note *note)
{
	struct signer_request requests[MAX_SIGNERS] = {{0}};
	struct signer_result results[MAX_SIGNERS];
	if (!count || count > MAX_SIGNERS || !note->text.at)
		return PROBLEM_INTERNAL;
	for (size_t i = 0; i < count; i++)
		requests[i] = (struct signer_request){&keys[i], note->text};
	enum problem p = signer_sign_batch(signer, arena, requests, count, results);
	for (size_t i = 0; !p && i < count; i++)
		if (!add_signature(arena, log, &keys[i], &results[i], note))
			p = PROBLEM_SIGNER_UNAVAILABLE;
	return p;
}

enum problem signing_store(struct db *db, const struct new_signing_key *key)
{
	struct bytes fingerprint = sha256_bytes(&key->fingerprint);
	struct signing_key_insert_params row = {
		.fingerprint = fingerprint,
		.org_id = key->org,
		.algorithm = key->algorithm,
		.use = str_of(roles[key->role].stored),
		.custody = key->custody,
		.spki = key->spki,
		.statement = str_bytes(key->note),
		.created_at = key->now_us,
	};
	const struct log_pending_insert_params queued = {
		.kind = STR("key"), .org_id = key->org, .fingerprint = fingerprint};
	int64_t rows;
	enum problem p = signing_key_insert(db, &row, &rows);
	if (!p)
		p = key_head_insert(db, &(struct key_head_insert_params){fingerprint, key->org, 1}, &rows);
	if (!p && key->wrapped.at)
		p = key_secret_insert(
			db, &(struct key_secret_insert_params){fingerprint, key->wrapped, FIRST_WRAPPING},
			&rows);
	return p ? p : log_pending_insert(db, &queued, &rows);
}

/* The one key of the agent that nobody has stated yet. */
static enum problem pick_agent_key(struct db *db, struct arena *arena, struct signer *signer, struct uuid org,
				   struct signer_key *ret)
{
	struct bytes *keys;
	size_t count, fresh = 0;
	struct signer_key made = {.org = org, .role = SIGNER_LOG};
	struct signing_key_get_row known;
	enum problem p = signer_agent_keys(signer, arena, &keys, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct sha256 fingerprint = sha256_of(keys[i]);
		p = signing_key_get(db, arena, &(struct signing_key_get_params){sha256_bytes(&fingerprint)},
				    &known);
		if (p != PROBLEM_NOT_FOUND)
			continue;
		p = PROBLEM_NONE;
		fresh++;
		made.spki = keys[i];
		made.fingerprint = fingerprint;
	}
	if (!p && fresh != 1)
		return PROBLEM_LOG_AGENT_KEY;
	if (!p)
		*ret = made;
	return p;
}

enum problem signing_generate_wrapped(struct db *db, struct arena *arena, struct signer *signer,
				      enum sign_algorithm algorithm, struct uuid org, enum signer_role role,
				      struct signer_key *ret)
{
	struct key_wrap_share_row shared;
	enum problem p = key_wrap_share(db, arena, &shared);
	return p ? p : signer_generate(signer, arena, algorithm, org, role, ret);
}

enum problem signing_generate(struct db *db, struct arena *arena, struct signer *signer,
			      enum sign_algorithm algorithm, struct uuid org, enum signer_role role,
			      struct signer_key *ret)
{
	if (role == SIGNER_LOG && algorithm == SIGN_ED25519 && signer_has_agent(signer))
		return pick_agent_key(db, arena, signer, org, ret);
	return signing_generate_wrapped(db, arena, signer, algorithm, org, role, ret);
}

enum problem signing_state_log_key(struct db *db, struct arena *arena, struct signer *signer,
				   const struct log_key_words *w)
{
	const struct key_words words = {.org = w->key.org,
					.fingerprint = w->key.fingerprint,
					.spki = w->key.spki,
					.role = SIGNER_LOG,
					.custody = STR("service"),
					.at_s = w->now_us / USEC_PER_SEC,
					.predecessor = w->old ? &w->old->fingerprint : NULL};
	const struct signer_key signers[MAX_SIGNERS] = {w->key, w->old ? *w->old : w->registrar,
							w->registrar};
	struct note *note = arena_new(arena, struct note);
	note->text = signing_key_text(arena, w->log, &words);
	int64_t rows;
	enum problem p = signing_add_signatures(arena, signer, w->log, signers, w->old ? 3 : 2, note);
	if (p)
		return p;
	if (w->old) {
		struct bytes retired = sha256_bytes(&w->old->fingerprint);
		p = signing_key_end(db, &(struct signing_key_end_params){retired, STR("retired")}, &rows);
	}
	const struct new_signing_key row = {.org = w->key.org,
					    .fingerprint = w->key.fingerprint,
					    .algorithm = w->algorithm,
					    .role = SIGNER_LOG,
					    .custody = STR("service"),
					    .spki = w->key.spki,
					    .wrapped = w->key.wrapped,
					    .note = note_print(arena, note),
					    .now_us = w->now_us};
	return p ? p : signing_store(db, &row);
}

bool signing_role_of(struct str stored, enum signer_role *ret)
{
	for (int i = 0; i < SIGNER_ROLES; i++)
		if (str_equal(stored, str_of(roles[i].stored))) {
			*ret = (enum signer_role)i;
			return true;
		}
	return false;
}

enum problem signing_enrol(struct db *db, struct arena *arena, const struct enrolment *e)
{
	struct signer_key keys[2]; /* the new one, and the registrar's, whose own nobody else co-signs */
	struct held_key registrar;
	size_t count = e->role == SIGNER_REGISTRAR ? 1 : 2;
	enum problem p =
		signing_generate(db, arena, e->signer, roles[e->role].algorithm, e->org, e->role, &keys[0]);
	if (!p && count == 2) {
		p = signing_lock(db, arena, e->registrar, &registrar);
		if (!p)
			keys[1] = signer_key_of(&registrar);
	}
	if (p)
		return p;
	const struct log_names log = log_names_first(e->origin);
	const struct key_words words = {.org = e->org,
					.role = e->role,
					.fingerprint = keys[0].fingerprint,
					.spki = keys[0].spki,
					.custody = STR("service"),
					.at_s = e->now_us / USEC_PER_SEC};
	struct note *note = arena_new(arena, struct note);
	note->text = signing_key_text(arena, log, &words);
	p = signing_add_signatures(arena, e->signer, log, keys, count, note);
	if (p)
		return p;
	const struct new_signing_key row = {.org = e->org,
					    .role = e->role,
					    .fingerprint = keys[0].fingerprint,
					    .algorithm = roles[e->role].algorithm,
					    .custody = STR("service"),
					    .spki = keys[0].spki,
					    .wrapped = keys[0].wrapped,
					    .note = note_print(arena, note),
					    .now_us = e->now_us};
	return signing_store(db, &row);
}
