/* SPDX-License-Identifier: Apache-2.0
 * Custodial signing keys in the database and the statements that enrol them. */
#include "ft/store/signing.h"

#include <string.h>

#include "queries.h"

#include "ft/core/note.h"

enum { KEK_VERSION = 1 };

enum problem signing_lock(struct db *db, struct arena *arena, struct uuid org, struct held_key *ret)
{
	struct held_key_lock_row row;
	enum problem p = held_key_lock(db, arena, &(struct held_key_lock_params){org}, &row);
	if (p)
		return p;
	struct held_key key = {.org = org,
			       .spki = row.spki,
			       .wrapped = row.wrapped,
			       .seq = row.seq,
			       .registrar = str_equal(row.use, STR("registrar"))};
	if (row.fingerprint.len != sizeof key.fingerprint.octets)
		return PROBLEM_INTERNAL;
	memcpy(key.fingerprint.octets, row.fingerprint.at, sizeof key.fingerprint.octets);
	*ret = key;
	return PROBLEM_NONE;
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
};

/* A log signs under its own name (c2sp.org/tlog-checkpoint), an organisation under one below it. */
static struct str signer_name(struct arena *arena, struct str origin, const struct signer_key *key)
{
	return key->role == SIGNER_LOG ? origin : statement_signer_name(arena, origin, key->org);
}

static struct str key_statement(struct arena *arena, const struct enrolment *e, const struct signer_key *key)
{
	struct note_key note_key;
	if (!note_key_from_spki(signer_name(arena, e->origin, key), key->spki, &note_key))
		return (struct str){NULL, 0};
	struct statement s = {
		.kind = STR("key"),
		.log = e->origin,
		.org = e->org,
		.key = key->fingerprint,
		.seq = 1,
		.at_s = e->now_us / USEC_PER_SEC,
		.vkey = note_key_print(arena, &note_key),
		.use = str_of(roles[e->role].stated),
		.custody = STR("service"),
	};
	return statement_print(arena, &s);
}

static bool add_signature(struct arena *arena, const struct enrolment *e, const struct signer_key *key,
			  const struct signer_result *result, struct note *note)
{
	struct note_key note_key;
	struct str name = signer_name(arena, e->origin, key);
	if (result->verdict != SIGNER_SIGNED || !note_key_from_spki(name, key->spki, &note_key))
		return false;
	note->signatures[note->count++] = (struct note_signature){name, note_key.id, result->signature};
	return true;
}

static enum problem sign_key(struct arena *arena, const struct enrolment *e, const struct signer_key keys[2],
			     size_t count, struct str text, struct str *ret_note)
{
	struct signer_request requests[2];
	struct signer_result results[2];
	for (size_t i = 0; i < count; i++)
		requests[i] = (struct signer_request){&keys[i], text};
	enum problem p = signer_sign_batch(e->signer, arena, requests, count, results);
	if (p)
		return p;
	struct note *note = arena_new(arena, struct note);
	note->text = text;
	for (size_t i = 0; i < count; i++)
		if (!add_signature(arena, e, &keys[i], &results[i], note))
			return PROBLEM_SIGNER_UNAVAILABLE;
	*ret_note = note_print(arena, note);
	return PROBLEM_NONE;
}

static enum problem store_key(struct db *db, const struct enrolment *e, const struct signer_key *key,
			      struct str note)
{
	struct bytes fingerprint = sha256_bytes(&key->fingerprint);
	struct signing_key_insert_params row = {
		.fingerprint = fingerprint,
		.org_id = e->org,
		.algorithm = roles[e->role].algorithm,
		.use = str_of(roles[e->role].stored),
		.custody = STR("service"),
		.spki = key->spki,
		.statement = str_bytes(note),
		.created_at = e->now_us,
	};
	int64_t rows;
	enum problem p = signing_key_insert(db, &row, &rows);
	if (!p)
		p = key_head_insert(db, &(struct key_head_insert_params){fingerprint, e->org, 1}, &rows);
	if (!p)
		p = key_secret_insert(
			db, &(struct key_secret_insert_params){fingerprint, key->wrapped, KEK_VERSION},
			&rows);
	if (!p)
		p = log_pending_insert(db,
				       &(struct log_pending_insert_params){.kind = STR("key"),
									   .org_id = e->org,
									   .fingerprint = fingerprint},
				       &rows);
	return p;
}

enum problem signing_enrol(struct db *db, struct arena *arena, const struct enrolment *e)
{
	struct signer_key keys[2];
	enum problem p =
		signer_generate(e->signer, arena, roles[e->role].algorithm, e->org, e->role, &keys[0]);
	if (!p && e->role != SIGNER_REGISTRAR) {
		struct held_key held;
		p = signing_lock(db, arena, e->registrar, &held);
		if (!p)
			keys[1] = signer_key_of(&held);
	}
	if (p)
		return p;
	struct str note, text = key_statement(arena, e, &keys[0]);
	if (!text.at)
		return PROBLEM_INTERNAL;
	p = sign_key(arena, e, keys, e->role == SIGNER_REGISTRAR ? 1 : 2, text, &note);
	return p ? p : store_key(db, e, &keys[0], note);
}
