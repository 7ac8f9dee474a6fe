/* SPDX-License-Identifier: Apache-2.0
 * The signing process as its users see it: a child behind a socket that alone can unwrap private keys. It signs nothing
 * but Farmtrail statements that name the key they are signed with; the registrar's key also co-signs key statements,
 * an inspector's key signs endorsements alone, and the log's key signs log heads that never contradict each other, and no statement but its own and the one that its log
 * goes on where another ended. */
#ifndef FT_SIGNER_SIGNER_H
#define FT_SIGNER_SIGNER_H

#include "ft/base/uuid.h"
#include "ft/crypto/sign.h"

enum {
	SIGNER_MAX_BATCH = 1000,
	SIGNER_MAX_TEXT_LEN = 16 * 1024,
	SIGNER_MIN_RATE =
		200, /* so that a whole batch is waited for in less time than a signer may be silent */
	SIGNER_MAX_RATE = 1000000,
};

/* What a key is for decides what it may sign. */
enum signer_role { SIGNER_PARTY, SIGNER_REGISTRAR, SIGNER_LOG, SIGNER_INSPECTOR };
enum { SIGNER_ROLES = 4 };

/* What the database keeps of a custodial key. `wrapped` opens only in a signer with the same key-encryption key, and
 * only as this organisation's key in this role. A log's key may be in an agent instead: then `wrapped` is absent. */
struct signer_key {
	struct uuid org;
	struct sha256 fingerprint;
	enum signer_role role;
	struct bytes spki; /* not needed for signing, but by an agent */
	struct bytes wrapped;
};

/* A new key-encryption key: PATH must not exist; it is created with mode 0600. PROBLEM_CONFIG when it cannot be. */
enum problem signer_kek_create(struct str path) must_check;

struct signer; /* may be used by several threads at once */

/* Starts the child and waits for its first answer. It answers nobody but the process that started it, and makes at most
 * so many signatures a second (SIGNER_MIN_RATE to SIGNER_MAX_RATE); beyond that it waits. PROBLEM_SIGNER_UNAVAILABLE: not
 * executable, or it refused its key file (mode wider than 0600, another owner, other content); it says why on standard
 * error. */
enum problem signer_start(struct str executable, struct str kek_file, int64_t signatures_per_s,
			  struct signer **ret) must_check;
void signer_stop(struct signer *signer); /* NULL is fine; returns when the child is gone */

/* From now on keys of the log that are not wrapped are asked of the ssh-agent at `socket`, by a second child, so that a slow agent
 * holds up nothing else. It need not be there yet, and may go and come back. Before other threads use the signer. */
void signer_use_agent(struct signer *signer, struct str socket);
bool signer_has_agent(const struct signer *signer);
/* The Ed25519 keys it holds, as SPKI. PROBLEM_SIGNER_UNAVAILABLE: it cannot be asked. */
enum problem signer_agent_keys(struct signer *signer, struct arena *arena, struct bytes **ret,
			       size_t *ret_count) must_check;

enum problem signer_generate(struct signer *signer, struct arena *arena, enum sign_algorithm algorithm,
			     struct uuid org, enum signer_role role, struct signer_key *ret) must_check;

struct signer_request {
	const struct signer_key *key;
	struct str text; /* a statement or a log head, at most SIGNER_MAX_TEXT_LEN */
};
enum signer_verdict {
	SIGNER_SIGNED = 1,
	SIGNER_UNKNOWN_KEY, /* its wrapping does not open: another key-encryption key, or changed bytes */
	SIGNER_REFUSED,     /* not a statement or a log head, or not one that this key may sign */
	SIGNER_AWAY,        /* the agent: gone, silent, without the key, or signing what does not verify */
};
struct signer_result {
	enum signer_verdict verdict;
	struct bytes signature; /* raw (DER or Ed25519), for a note_signature; absent unless signed */
};
/* `ret` has room for `count` ≤ SIGNER_MAX_BATCH results, in order. Keys that the child does not hold are handed to it; a
 * child that died is started again, and the batch retried once. PROBLEM_SIGNER_UNAVAILABLE: it died twice. */
enum problem signer_sign_batch(struct signer *signer, struct arena *arena,
			       const struct signer_request *requests, size_t count,
			       struct signer_result *ret) must_check;

/* Behind the name of the key-encryption key's file: the one that takes its place. */
#define SIGNER_KEK_NEXT ".next"

/* A wrapping after the key-encryption key was replaced. */
struct signer_rewrapped {
	enum signer_verdict
		verdict; /* SIGNER_UNKNOWN_KEY: it opens with neither; SIGNER_REFUSED: there is no next key to wrap with */
	struct bytes wrapped; /* absent: it is wrapped with the next already */
};
/* Wraps keys with the key-encryption key that stands beside the signer's own. `ret` has room for
 * `count` ≤ SIGNER_MAX_BATCH; nothing is kept. */
enum problem signer_rewrap(struct signer *signer, struct arena *arena, const struct signer_key *keys,
			   size_t count, struct signer_rewrapped *ret) must_check;

int64_t signer_take_restarts(struct signer *signer); /* since the last call: for the metric */
int64_t signer_pid(struct signer *signer);           /* −1: not running */

#endif
