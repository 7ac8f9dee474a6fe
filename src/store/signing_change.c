/* SPDX-License-Identifier: Apache-2.0
 * Keys that are replaced or revoked. */
#include <string.h>

#include "queries.h"

#include "ft/core/statement.h"
#include "ft/store/audit.h"
#include "ft/store/enrolment.h"
#include "ft/store/log.h"

#include "signing_priv.h"

static const struct db_scope service = {.service = true};

struct change {
	struct arena *arena;
	const struct key_office *office;
	struct uuid org;
	enum signer_role role;
	enum sign_algorithm algorithm;
	struct key_end end;
	enum log_keeper keeper;
	struct str reason; /* of a key that takes over from none */
	struct sha256 key; /* that came of it */
	struct fault *reterr;
};

static enum problem refuse(struct change *c, struct str detail)
{
	c->reterr->detail = detail;
	return PROBLEM_FORBIDDEN;
}

/* farmtrail/revoke@v1 by the registrar, the next of its sequence. */
static enum problem state_revocation(struct db *db, struct change *c, const struct held_key *registrar,
				     struct uuid org, const struct key_end *end)
{
	const struct key_office *office = c->office;
	usec_t since_us = end->since_us ? end->since_us : office->now_us;
	const struct statement s = {
		.kind = STR("revoke"),
		.log = office->origin,
		.org = registrar->org,
		.key = registrar->fingerprint,
		.seq = registrar->seq + 1,
		.at_s = office->now_us / USEC_PER_SEC,
		.revoked = end->key,
		.reason = end->reason,
		.since_s = since_us / USEC_PER_SEC,
	};
	struct note *note = arena_new(c->arena, struct note);
	note->text = statement_print(c->arena, &s);
	struct sha256 hash = statement_hash(note->text);
	const struct signer_key signer = signer_key_of(registrar);
	enum problem p = signing_add_signatures(c->arena, office->signer, log_names_first(office->origin),
						&signer, 1, note);
	if (p)
		return p;
	const struct signing_revocation_insert_params row = {.fingerprint = sha256_bytes(&end->key),
							     .org_id = org,
							     .reason = end->reason,
							     .since = since_us,
							     .statement =
								     str_bytes(note_print(c->arena, note)),
							     .statement_sha256 = sha256_bytes(&hash),
							     .recorded_at = office->now_us};
	const struct log_pending_insert_params queued = {
		.kind = STR("revoke"), .org_id = org, .fingerprint = sha256_bytes(&end->key)};
	int64_t rows;
	p = signing_revocation_insert(db, &row, &rows);
	if (!p)
		p = signing_advance(db, registrar, s.seq);
	return p ? p : log_pending_insert(db, &queued, &rows);
}

static enum problem write_act(struct db *db, const struct change *c, const char *action)
{
	const struct act act = {.key = c->office->actor,
				.action = action,
				.subject = uuid_print(c->arena, c->org),
				.request_id = c->office->request_id,
				.at_us = c->office->now_us,
				.reason = c->reason};
	return audit_write(db, &act);
}

/* — replacing — */

/* `old` NULL: it takes over from none. */
static enum problem state_key(struct db *db, struct change *c, const struct held_key *registrar,
			      const struct held_key *old)
{
	const struct key_office *office = c->office;
	struct signer_key made;
	enum problem p = signing_generate(db, c->arena, office->signer, c->algorithm, c->org, c->role, &made);
	if (p)
		return p;
	const struct key_words words = {.org = c->org,
					.fingerprint = made.fingerprint,
					.spki = made.spki,
					.role = c->role,
					.custody = STR("service"),
					.at_s = office->now_us / USEC_PER_SEC,
					.predecessor = old ? &old->fingerprint : NULL,
					.reason = c->reason};
	struct signer_key signers[3] = {made, signer_key_of(registrar)};
	size_t signer_count = 2;
	if (old) {
		signers[1] = signer_key_of(old);
		signers[signer_count++] = signer_key_of(registrar);
	}
	struct note *note = arena_new(c->arena, struct note);
	note->text = signing_key_text(c->arena, log_names_first(office->origin), &words);
	p = signing_add_signatures(c->arena, office->signer, log_names_first(office->origin), signers,
				   signer_count, note);
	if (p)
		return p;
	const struct new_signing_key row = {.org = c->org,
					    .fingerprint = made.fingerprint,
					    .algorithm = c->algorithm,
					    .role = c->role,
					    .custody = STR("service"),
					    .spki = made.spki,
					    .wrapped = made.wrapped,
					    .note = note_print(c->arena, note),
					    .now_us = office->now_us};
	c->key = made.fingerprint;
	return signing_store(db, &row);
}

static enum problem end_key(struct db *db, struct sha256 key, const char *state, int64_t *ret_rows)
{
	return signing_key_end(db, &(struct signing_key_end_params){sha256_bytes(&key), str_of(state)},
			       ret_rows);
}

/* The key that is replaced. *ret_none: an office that endorses has no such key, not yet or no longer. */
static enum problem lock_old(struct db *db, struct change *c, struct held_key *ret, bool *ret_none)
{
	enum problem p;
	*ret_none = false;
	if (c->role == SIGNER_INSPECTOR) {
		p = office_check(db, c->arena, c->org, c->reterr);
		if (!p)
			p = signing_lock_inspector(db, c->arena, c->org, /* own */ NULL, ret);
		*ret_none = p == PROBLEM_NO_SIGNING_KEY;
		return *ret_none ? PROBLEM_NONE : p;
	}
	if (uuid_equal(c->org, c->office->registrar))
		return refuse(
			c,
			STR("the registrar's key is trusted by everybody's policy: it is not replaced here"));
	p = signing_lock(db, c->arena, c->org, ret);
	return p == PROBLEM_NOT_FOUND ? PROBLEM_NO_SIGNING_KEY : p;
}

static enum problem rotate_in_tx(struct db *db, void *context)
{
	struct change *c = context;
	struct held_key old, registrar;
	int64_t rows;
	bool takes_over_none;
	enum problem p = lock_old(db, c, &old, &takes_over_none);
	if (!p && takes_over_none)
		p = signing_check_reason(db, c->arena, c->org, c->reason, "/reason", c->reterr);
	if (!p && !takes_over_none && c->reason.at) {
		c->reterr->detail =
			STR("the present key signs the one that takes over from it: no reason is needed");
		p = fault_set(c->reterr, PROBLEM_FIELD_RANGE, "predecessor", "/reason");
	}
	if (!p)
		p = signing_lock(db, c->arena, c->office->registrar, &registrar);
	if (!p)
		p = state_key(db, c, &registrar, takes_over_none ? NULL : &old);
	if (!p && !takes_over_none) {
		const struct key_end end = {.key = old.fingerprint, .reason = STR("superseded")};
		p = end_key(db, old.fingerprint, "retired", &rows);
		if (!p)
			p = state_revocation(db, c, &registrar, c->org, &end);
	}
	return p ? p : write_act(db, c, "rotateSigningKey");
}

enum problem signing_rotate(struct db *db, struct arena *arena, const struct key_office *office,
			    struct uuid org, enum signer_role role, enum sign_algorithm algorithm,
			    struct str reason, struct sha256 *ret_key, struct fault *reterr)
{
	struct change c = {.arena = arena,
			   .office = office,
			   .org = org,
			   .role = role,
			   .reason = reason,
			   .algorithm = algorithm,
			   .reterr = reterr};
	enum problem p = db_tx(db, &service, rotate_in_tx, &c, /* reterr_unknown */ NULL);
	if (!p)
		*ret_key = c.key;
	return p;
}

/* — the log's key — */

/* The present key's successor, of the same algorithm. */
static enum problem state_log_key(struct db *db, struct change *c, const struct held_key *registrar,
				  const struct log_key *old)
{
	struct log_key_words words = {.log = {c->office->origin, old->vkey.name},
				      .algorithm = old->sm2 ? SIGN_SM2 : SIGN_ED25519,
				      .registrar = signer_key_of(registrar),
				      .old = &old->key};
	words.now_us = clock_now(); /* whoever waited is later than whom it waited for */
	enum problem (*generate)(struct db *, struct arena *, struct signer *, enum sign_algorithm,
				 struct uuid, enum signer_role, struct signer_key *) =
		c->keeper == LOG_KEEPER_SERVICE ? signing_generate_wrapped : signing_generate;
	enum problem p = generate(db, c->arena, c->office->signer, words.algorithm, old->key.org, SIGNER_LOG,
				  &words.key);
	if (!p && !old->sm2) {
		c->key = words.key.fingerprint;
		c->org = old->key.org;
	}
	return p ? p : signing_state_log_key(db, c->arena, c->office->signer, &words);
}

/* Whoever changes keys holds the registrar's sequence: a second rotation waits here, and then replaces the first's key. */
static enum problem rotate_log_in_tx(struct db *db, void *context)
{
	struct change *c = context;
	struct held_key registrar;
	struct log_key keys[LOG_KEYS_MAX];
	size_t count = 0;
	enum problem p = signing_lock(db, c->arena, c->office->registrar, &registrar);
	if (!p)
		p = log_keys_read(db, c->arena, c->office->origin, clock_now(), keys, &count);
	for (size_t i = 0; !p && i < count; i++)
		if (keys[i].active)
			p = state_log_key(db, c, &registrar, &keys[i]);
	return p ? p : write_act(db, c, "rotateLogKey");
}

enum problem signing_rotate_log(struct db *db, struct arena *arena, const struct key_office *office,
				enum log_keeper keeper, struct sha256 *ret_key)
{
	struct change c = {.arena = arena, .office = office, .keeper = keeper};
	if (keeper == LOG_KEEPER_AGENT && !signer_has_agent(office->signer))
		return PROBLEM_LOG_AGENT_KEY;
	enum problem p = db_tx(db, &db_program, rotate_log_in_tx, &c, /* reterr_unknown */ NULL);
	if (!p)
		*ret_key = c.key;
	return p;
}

/* — revoking — */

enum problem signing_end(struct db *db, struct arena *arena, const struct key_office *office,
			 struct held_key *registrar, struct uuid org, const struct key_end *end)
{
	struct change c = {.arena = arena, .office = office};
	int64_t rows;
	enum problem p = end_key(db, end->key, "revoked", &rows);
	if (!p)
		p = state_revocation(db, &c, registrar, org, end);
	registrar->seq++;
	return p;
}

enum problem signing_end_all(struct db *db, struct arena *arena, const struct key_office *office,
			     struct held_key *registrar, struct uuid org)
{
	struct signing_keys_open_row *keys;
	size_t count;
	enum problem p = signing_keys_open(db, arena, &(struct signing_keys_open_params){org}, &keys, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct key_end end = {.reason = STR("ceased")};
		memcpy(end.key.octets, keys[i].fingerprint.at, sizeof end.key.octets);
		p = signing_end(db, arena, office, registrar, org, &end);
	}
	return p;
}

static enum problem revoke_in_tx(struct db *db, void *context)
{
	struct change *c = context;
	struct signing_key_get_row key;
	struct key_heads_lock_row *locked;
	struct held_key registrar;
	size_t count;
	int64_t rows;
	const struct signing_key_get_params find = {sha256_bytes(&c->end.key)};
	enum problem p = signing_key_get(db, c->arena, &find, &key);
	if (p)
		return p;
	if (!str_equal(key.use, STR("event")) && !str_equal(key.use, STR("inspect")))
		return refuse(c, STR("the registrar's and the log's keys are trusted by everybody's policy: "
				     "they are not "
				     "revoked here"));
	c->org = key.org_id;
	/* Records that are being signed with it are in the queue before the revocation, or wait and find it ended. */
	p = key_heads_lock(db, c->arena, &(struct key_heads_lock_params){{&key.org_id, 1}}, &locked, &count);
	if (!p)
		p = end_key(db, c->end.key, "revoked", &rows);
	if (p || !rows)
		return p;
	p = signing_lock(db, c->arena, c->office->registrar, &registrar);
	if (!p)
		p = state_revocation(db, c, &registrar, key.org_id, &c->end);
	return p ? p : write_act(db, c, "revokeSigningKey");
}

enum problem signing_revoke(struct db *db, struct arena *arena, const struct key_office *office,
			    const struct key_end *end, struct fault *reterr)
{
	struct change c = {.arena = arena, .office = office, .end = *end, .reterr = reterr};
	return db_tx(db, &service, revoke_in_tx, &c, /* reterr_unknown */ NULL);
}
