/* SPDX-License-Identifier: Apache-2.0
 * Custodial signing keys: enrolling one for an organisation, and taking the next place in its sequence. */
#ifndef FT_STORE_SIGNING_H
#define FT_STORE_SIGNING_H

#include "ft/db/db.h"
#include "ft/store/seal_statement.h"

/* The key of an organisation, its head locked until the transaction ends. PROBLEM_NOT_FOUND: it has
 * none. */
enum problem signing_lock(struct db *db, struct arena *arena, struct uuid org,
			  struct held_key *ret) must_check;
/* The key with which an inspector's office endorses, likewise: `own` NULL: the newest that the service keeps; else this one,
 * which the office keeps itself. PROBLEM_SIGNS_ITSELF: it has only such. PROBLEM_NO_SIGNING_KEY: none, or not this one. */
enum problem signing_lock_inspector(struct db *db, struct arena *arena, struct uuid org,
				    const struct sha256 *own, struct held_key *ret) must_check;
/* After `seq` was signed, in the same transaction. */
enum problem signing_advance(struct db *db, const struct held_key *key, int64_t seq) must_check;

struct enrolment {
	struct signer *signer;
	struct str origin;
	struct uuid registrar, org; /* the log's key is the registrar's too */
	enum signer_role role;
	usec_t now_us;
};
/* A new key, P-256 or for the log Ed25519: made by the signer, its statement (seq 1) signed by itself and the registrar
 * (whose own nobody else co-signs), stored and queued for the log. In the transaction that registers the organisation. */
enum problem signing_enrol(struct db *db, struct arena *arena, const struct enrolment *enrolment) must_check;

#endif
