/* SPDX-License-Identifier: Apache-2.0
 * Keys that organisations keep themselves: a one-use token permits a device to enrol the key that it made. And what
 * happens to any key later: another takes its place, or it is revoked. Every change is a statement in the log. */
#ifndef FT_STORE_ENROLMENT_H
#define FT_STORE_ENROLMENT_H

#include "ft/db/db.h"
#include "ft/signer/signer.h"

enum { ENROLMENT_HOURS = 24 };

/* Who changes keys, and with what. */
struct key_office {
	struct signer *signer;
	struct str origin;
	struct uuid registrar;
	struct log_seen *seen; /* NULL: statements name no head of the log */
	struct uuid actor;     /* API key; nil: the token alone */
	struct str request_id; /* absent: none */
	usec_t now_us;
};

struct enrolment_token {
	struct uuid id;
	struct str token; /* "fte_" and 43 characters of base64url: shown once, kept as its hash */
	usec_t expires_us;
};
/* Permits one key of `org`, which is registered, for records (SIGNER_PARTY) or endorsements (SIGNER_INSPECTOR).
 * `reason`, of key_reasons: why it gets another key; absent of its first. PROBLEM_KEY_REASON: it had one before.
 * PROBLEM_FIELD_RANGE: it had none. PROBLEM_ERASED: it acts no more. PROBLEM_FORBIDDEN: it is no inspector's office. */
enum problem enrolment_permit(struct db *db, struct arena *arena, const struct key_office *office,
			      struct uuid org, enum signer_role role, struct str reason,
			      struct enrolment_token *ret, struct fault *reterr) must_check;
/* Whether a party endorses, in the transaction of who asks; it is not erased meanwhile. As enrolment_permit. */
enum problem office_check(struct db *db, struct arena *arena, struct uuid org,
			  struct fault *reterr) must_check;

/* The statement that the device signs: farmtrail/key@v1 for the key in `spki` (DER). PROBLEM_ENROLMENT_TOKEN: unknown,
 * used, expired. PROBLEM_KEY_REFUSED: as public_key_parse. Stores nothing. */
enum problem enrolment_statement(struct db *db, struct arena *arena, const struct key_office *office,
				 struct str token, struct bytes spki, struct str *ret_text,
				 struct fault *reterr) must_check;
/* The signed note, in which the key vouches for itself; the registrar signs beside it, and the log gets both. The same
 * note again is answered as the first time. PROBLEM_SIGNATURE, PROBLEM_FIELD_RANGE with the rule: a note of another
 * form, of another organisation or log, or not as enrolment_statement words it. PROBLEM_ID_TAKEN: the key is enrolled
 * already. PROBLEM_KEY_REASON: the token was for a first key, and the organisation has got one meanwhile. */
enum problem enrolment_finish(struct db *db, struct arena *arena, const struct key_office *office,
			      struct str token, struct str note, struct sha256 *ret_key, bool *ret_replayed,
			      struct fault *reterr) must_check;

/* Another custodial key takes the place of the present one: stated by both and the registrar, the old one revoked as
 * superseded. Records that come meanwhile wait. Of endorsements (SIGNER_INSPECTOR) the first is made, where the office keeps
 * none itself; that takes over from none, and so needs a `reason` (absent otherwise), as enrolment_permit. PROBLEM_NO_SIGNING_KEY: there is none to replace. PROBLEM_SIGNS_ITSELF. PROBLEM_FORBIDDEN: the registrar's own
 * for records; no inspector's office. PROBLEM_ERASED. */
enum problem signing_rotate(struct db *db, struct arena *arena, const struct key_office *office,
			    struct uuid org, enum signer_role role, enum sign_algorithm algorithm,
			    struct str reason, struct sha256 *ret_key, struct fault *reterr) must_check;

/* Where the new key of the log lies: wrapped in the database, or with the agent; either may take over from either. */
enum log_keeper {
	LOG_KEEPER_SET,
	LOG_KEEPER_SERVICE,
	LOG_KEEPER_AGENT
}; /* SET: with the agent, if there is one */
/* Another key takes the place of the one that signs the log's heads: stated by both and the registrar. Both sign heads for
 * LOG_KEY_DAYS, in which verifiers learn the new one. Where heads carry an SM2 line, its key is replaced with it. Two that ask at once make two keys, one after the other. PROBLEM_LOG_AGENT_KEY:
 * the agent holds no such key, or there is none. PROBLEM_SIGNER_UNAVAILABLE: an agent that holds one of the two keys is away. */
enum problem signing_rotate_log(struct db *db, struct arena *arena, const struct key_office *office,
				enum log_keeper keeper, struct sha256 *ret_key) must_check;

struct key_end {
	struct sha256 key;
	struct str reason; /* "superseded", "compromise", "ceased" */
	usec_t since_us;   /* of a compromise; 0: now */
};
/* By the registrar, from its place in the log on. Revoking a revoked key changes nothing. PROBLEM_NOT_FOUND.
 * PROBLEM_FORBIDDEN: the registrar's own and the log's. */
enum problem signing_revoke(struct db *db, struct arena *arena, const struct key_office *office,
			    const struct key_end *end, struct fault *reterr) must_check;

#endif
