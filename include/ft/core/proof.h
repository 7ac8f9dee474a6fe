/* SPDX-License-Identifier: Apache-2.0
 * The proof of one statement, as it is handed out, saved and checked anywhere. Its JSON (contract section 4):
 *
 *	{"statement": NOTE, "manifest": TEXT, "view": TEXT, "salt": BASE64,
 *	 "key": {"spki": BASE64, "statement": NOTE, "index": N or null, "path": […], "revocation": ENTRY},
 *	 "index": N or null, "checkpoint": NOTE or null, "path": [BASE64 …], "lots": TEXT, "prevs": TEXT, "erasure": ENTRY}
 *
 * with ENTRY = {"statement": NOTE, "index": N or null, "path": […]}. "view" and "salt" are null together when the view is
 * withheld or was erased; then "erasure" says since when. "lots" and "prevs" stand only where the statement sums these
 * lines up. Every index and path leads to the one checkpoint. */
#ifndef FT_CORE_PROOF_H
#define FT_CORE_PROOF_H

#include "ft/codec/json.h"
#include "ft/core/manifest.h"
#include "ft/core/merkle.h"
#include "ft/core/policy.h"
#include "ft/core/statement.h"

/* Where an entry stands in the log, and the hashes from it up to the head. */
struct proof_place {
	int64_t index; /* −1: not logged, or not said */
	const struct sha256 *path;
	size_t path_count;
};
struct proof_entry {
	struct str note; /* absent: there is none */
	struct proof_place place;
};
struct proof_key {
	struct bytes spki;
	struct proof_entry statement;  /* key@v1 */
	struct proof_entry revocation; /* revoke@v1 */
};
struct proof {
	struct str statement; /* a signed note */
	struct proof_place place;
	struct str manifest;        /* absent: a statement without a body (key@v1), or withheld */
	struct str view;            /* absent: withheld or erased */
	struct manifest_salt salt;  /* meaningful when there is a view */
	struct proof_key key;       /* that signed */
	struct proof_entry erasure; /* erase@v1 of the registrar that names this statement as its prev */
	struct str checkpoint;      /* a signed log head; absent: none */
	struct str lots, prevs;     /* the lines that the statement sums up; absent: none */
};

/* PROBLEM_JSON_SYNTAX, or PROBLEM_FIELD_MISSING, _TYPE, _UNKNOWN, _RANGE with the pointer. Texts are decoded into the
 * arena or borrowed from `input`. */
enum problem proof_parse(struct arena *arena, struct str input, struct proof *ret,
			 struct fault *reterr) must_check;
/* Of a value that was parsed already. */
enum problem proof_read(struct arena *arena, const struct json *object, struct proof *ret,
			struct fault *reterr) must_check;
void proof_write(struct json_writer *writer, const struct proof *proof);

/* C2SP tlog-proof (https://c2sp.org/tlog-proof): that some bytes stand in a log, without the bytes. */
struct tlog_proof {
	struct bytes extra; /* opaque, not authenticated; absent: none */
	struct proof_place place;
	struct str checkpoint;
};
bool tlog_proof_parse(struct arena *arena, struct str text, struct tlog_proof *ret);
struct str tlog_proof_print(struct arena *arena, const struct tlog_proof *proof);

/* What is trusted beforehand, each optional: without them the proof shows only that it is consistent in itself. */
struct proof_trust {
	const struct note_key *registrar; /* vouches for keys, and for erasures */
	const struct policy *policy;      /* whose log heads count */
};

enum proof_finding {
	PROOF_PASSED,
	PROOF_FAILED,
	PROOF_SKIPPED, /* cannot be checked here; the text says why */
	PROOF_PENDING, /* the policy asks for it and it is not there yet: not logged, too few witnesses */
	PROOF_NOTED,   /* holds, and the text says what a reader should know */
	PROOF_MISSING, /* something that must exist was not handed over */
};
struct proof_check {
	const char *name; /* "statement", "key", …: stable, for programs */
	enum proof_finding finding;
	struct str text[2]; /* one sentence for people, by enum language */
};
/* The worst finding decides. */
enum proof_verdict { PROOF_HOLDS, PROOF_UNLOGGED, PROOF_INCOMPLETE, PROOF_BROKEN };
extern const char *const proof_finding_words[]; /* by enum proof_finding */
extern const char *const proof_verdict_words[]; /* by enum proof_verdict */
enum proof_verdict proof_verdict_of(const struct proof_check *checks, size_t count);

/* A log head, read and judged once for all that stands under it. */
struct checkpoint {
	struct str origin;
	int64_t size;
	struct sha256 root;
};
/* Origin, size and root of the text of a checkpoint (https://c2sp.org/tlog-checkpoint). */
bool checkpoint_parse(struct arena *arena, struct str text, struct checkpoint *ret);
/* Without extension lines: what this log signs. */
struct str checkpoint_print(struct arena *arena, const struct checkpoint *head);
struct proof_head {
	struct str note; /* absent: none was handed over */
	bool is_read;    /* it has the form of a checkpoint */
	struct checkpoint head;
	bool is_judged; /* there is a policy */
	struct policy_report judged;
};
struct proof_head proof_head_examine(struct arena *arena, struct str note, struct proof_trust trust,
				     struct note_verifier verifier);
/* The check "checkpoint" of all that stands under it. */
struct proof_check proof_head_check(struct arena *arena, const struct proof_head *head,
				    struct proof_trust trust);
bool proof_place_holds(const struct proof_head *head, struct proof_place place, struct str entry);

enum { PROOF_CHECKS = 14 };
struct proof_report {
	enum proof_verdict verdict;
	bool ok;        /* nothing failed and nothing is missing */
	bool trusted;   /* and the registrar that was given vouches for the key */
	enum tier tier; /* which view it is; TIER_COUNT: none that verifies */
	size_t count;
	struct proof_check checks[PROOF_CHECKS]; /* always in the same order */
};
/* Never stops at the first failure: every check that can be made is made. */
struct proof_report proof_verify(struct arena *arena, const struct proof *proof, struct proof_trust trust,
				 struct note_verifier verifier);
/* The same under a head that was examined before; proof->checkpoint is not looked at. */
struct proof_report proof_verify_under(struct arena *arena, const struct proof *proof,
				       const struct proof_head *head, struct proof_trust trust,
				       struct note_verifier verifier);
/* tlog-proofs: "inclusion" and "checkpoint" only. `entry` is what was logged. */
struct proof_report tlog_proof_verify(struct arena *arena, const struct tlog_proof *proof, struct bytes entry,
				      struct proof_trust trust, struct note_verifier verifier);

#endif
