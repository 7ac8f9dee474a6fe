/* SPDX-License-Identifier: Apache-2.0
 * The log (https://c2sp.org/tlog-tiles): one sequencer numbers the statements that captures queue, grows the tree and
 * signs its heads.
 *
 * Of one log there is never a second root for a size. A head is signed only when its entries are committed and the
 * guard file, flushed to disk, remembers it: published ≤ guard ≤ database at every instant. Whatever contradicts that
 * halts the log, and says so; records are taken all the same, and wait in the queue. */
#ifndef FT_STORE_LOG_H
#define FT_STORE_LOG_H

#include "ft/base/config.h"
#include "ft/core/log_tile.h"
#include "ft/core/note.h"
#include "ft/core/policy.h"
#include "ft/core/proof.h"
#include "ft/db/db.h"
#include "ft/signer/signer.h"

/* The file that remembers the newest head that may have been signed, on disk before it is. */
struct str log_guard_file(struct arena *arena, const struct config *config);

struct log_settings {
	const struct config *config;
	struct str conninfo;
	struct signer *signer;
	const struct vault *vault;
	struct uuid registrar;       /* vouches for the log's key */
	const struct policy *policy; /* whose witnesses a head waits for; NULL: for nobody's */
	struct log_seen *seen;       /* is told of published heads; NULL: nobody is */
};
struct sequencer;

/* Starts the thread; everything that is checked is checked there. PROBLEM_DB_UNAVAILABLE as db_open. */
enum problem log_start(const struct log_settings *settings, struct sequencer **ret) must_check;
void log_stop(struct sequencer
		      *sequencer); /* NULL is fine; what is committed and not published is so after a start */

enum log_state {
	LOG_OPENING,
	LOG_STANDING_BY, /* another server's sequencer holds the lock */
	LOG_RUNNING,
	LOG_PAUSED, /* entries are numbered, and nobody signs heads; goes on by itself */
	LOG_HALTED,
};
struct log_status {
	enum log_state state;
	struct str reason; /* of LOG_HALTED and LOG_PAUSED, for people */
	int64_t size, published;
};
/* NULL: this server runs none, which stands by. The reason lies in the arena. */
struct log_status log_status(struct sequencer *sequencer, struct arena *arena);
const char *log_state_word(enum log_state state);

/* Has these records, and parties, sites, products, which somebody is reading, compared with the log before others: within a second what was changed
 * is in the log lines and in log_alteration. Never waits; when too many are asked for, the sweep finds them in its turn. */
void log_examine(struct sequencer *sequencer, const struct uuid *ids, size_t count);

/* The file that FARMTRAIL_LOG_POLICY names. PROBLEM_CONFIG: not a policy, or no log of `origin` in it; the detail
 * names the line. Texts live in the arena. */
enum problem log_policy_load(struct arena *arena, struct str path, struct str origin, struct policy *ret,
			     struct fault *reterr) must_check;

/* What witnesses have made of a head. */
struct log_cosigned {
	int64_t size;
	size_t cosigned, witnesses; /* of the policy: have signed it, are there */
	bool published;             /* it waits for nobody any more */
	struct sha256 root;
};
/* Adds the signature lines of witnesses to the head of this size of the log of this origin, the newer of two of one witness, and publishes it when
 * the quorum is met. Lines of others are passed over. Durable when it returns. PROBLEM_NOT_FOUND: no such head.
 * PROBLEM_WITNESS_UNKNOWN: none is of a witness of the policy. PROBLEM_SIGNATURE: one is, and does not verify.
 * PROBLEM_FIELD_RANGE: not signature lines, or more than a note holds. */
enum problem log_cosign(struct db *db, struct arena *arena, const struct policy *policy, struct str origin,
			int64_t size, struct str lines, struct log_cosigned *ret,
			struct fault *reterr) must_check;

/* The oldest signed head that is not published, and how long it has waited for its witnesses. */
struct log_unwitnessed {
	usec_t since_us; /* 0: none waits */
	int64_t waited_s;
	bool too_long; /* wait_s or more */
};
enum problem log_unwitnessed(struct db *db, struct arena *arena, int64_t wait_s,
			     struct log_unwitnessed *ret) must_check;

/* The key that signs heads. `vkey` is what verifiers are given; its name is that of the log which goes on (core/log_name.h). */
struct log_key {
	struct signer_key key;
	struct note_key vkey;
	bool sm2;    /* of the line that stands behind the Ed25519 ones */
	bool active; /* else one that was replaced, or is about to end */
	bool stated; /* its statement has its place in the log: from there on it signs heads */
};
/* PROBLEM_NOT_FOUND: there is none yet. In a transaction with service scope. */
enum problem log_key_read(struct db *db, struct arena *arena, struct str origin,
			  struct log_key *ret) must_check;
/* Makes it, states it and queues its statement when there is none. In a transaction of the caller's. */
enum problem log_key_settle(struct db *db, struct arena *arena, struct signer *signer, struct str origin,
			    struct uuid registrar, struct log_key *ret) must_check;

/* For how long a key that was replaced goes on signing heads beside its successor. */
enum { LOG_KEY_DAYS = 90, LOG_KEYS_MAX = 6 };
/* The keys that sign heads now, into ret[LOG_KEYS_MAX]: Ed25519, the newest first, then SM2 likewise, if heads carry such a line.
 * PROBLEM_NOT_FOUND: there is none yet. */
enum problem log_keys_read(struct db *db, struct arena *arena, struct str origin, usec_t now_us,
			   struct log_key *ret, size_t *ret_count) must_check;

struct key_office;
/* Heads carry a line by an SM2 key, or not: a key for it is made and stated, or ended by the registrar, where that is not so yet.
 * The line is there from the place of the key's statement in the log up to that of its revocation. In a transaction of the
 * caller's. */
enum problem log_sm2_settle(struct db *db, struct arena *arena, const struct key_office *office,
			    bool wanted) must_check;

/* — a log that ends — */

struct log_ending {
	struct str log;    /* name of the log that ends: of two that would end it, one does */
	struct str reason; /* "compromise", "lost" */
	int64_t size;      /* of the head that is taken over; 0: the newest published */
};
struct log_successor {
	int64_t number;
	struct str name, vkey, ended,
		statement;   /* of the new log; of the old; the origin statement, a signed note */
	int64_t size, again; /* of the head taken over; entries beyond it, which get other numbers */
};
/* Ends the log at a head it has signed, and begins the next of the origin behind it: with a key of its own, a statement of
 * the registrar that says so, and revocations of the keys of the old. What the old one had beyond that head waits for a number
 * in the new, before all that waits already. All of it or nothing, and durable when it returns; the sequencer goes on with the
 * new log by itself, also from a halt. PROBLEM_LOG_ENDED: another log goes on. PROBLEM_LOG_HEAD_UNKNOWN: the log has no such
 * head, it is older than what is published, or the entries do not hash to it. */
enum problem log_hand_over(struct db *db, struct arena *arena, const struct key_office *office,
			   const struct log_ending *ending, struct log_successor *ret,
			   struct fault *reterr) must_check;

/* Tiles that proofs were computed from, kept for the next. What is kept was checked against a signed head. */
struct log_memory;
struct log_memory *log_memory_create(size_t max_bytes); /* 0: keeps nothing */
void log_memory_destroy(struct log_memory *memory);     /* NULL is fine */

/* A statement as the queue names it: an event (id), a version of master data (id, version), a key (fingerprint). */
struct log_subject {
	struct str kind;
	struct uuid id;
	int64_t version;          /* 0: none */
	struct bytes fingerprint; /* absent: none */
};
/* Where `count` ≤ 20000 statements stand under the newest published head, into ret[count]: index −1 for what no head
 * covers yet. The checkpoint is absent while nothing is published. One round trip however many there are, and another when
 * tiles are not in memory; outside a transaction too, for what it reads only grows. What is given leads to the root of
 * that head: PROBLEM_INTERNAL when stored rows do not, which the sweep names. */
enum problem log_prove(struct db *db, struct log_memory *memory, struct arena *arena,
		       const struct log_subject *subjects, size_t count, struct str *ret_checkpoint,
		       struct proof_place *ret) must_check;

/* The same of an event, the key that signed it and what ended the key, which may not be there. */
enum { LOG_EVENT, LOG_EVENT_KEY, LOG_EVENT_REVOCATION, LOG_EVENT_PLACES };
enum problem log_prove_event(struct db *db, struct log_memory *memory, struct arena *arena, struct uuid event,
			     struct bytes key, struct str *ret_checkpoint,
			     struct proof_place ret[LOG_EVENT_PLACES]) must_check;

#endif
