/* SPDX-License-Identifier: Apache-2.0
 * The proof of one statement, as it is handed out, saved and checked anywhere. Its JSON (contract section 4):
 *
 *	{"statement": NOTE, "manifest": TEXT, "view": TEXT, "salt": BASE64, "key": {"spki": BASE64, "statement": NOTE},
 *	 "index": N or null, "checkpoint": NOTE or null, "path": [BASE64 …], "lots": TEXT, "prevs": TEXT}
 *
 * "view" and "salt" are null together when the view was erased. "lots" and "prevs" stand only where the statement sums
 * these lines up. */
#ifndef FT_CORE_PROOF_H
#define FT_CORE_PROOF_H

#include "ft/codec/json.h"
#include "ft/core/manifest.h"
#include "ft/core/merkle.h"
#include "ft/core/note.h"

struct proof {
	struct str statement;      /* a signed note */
	struct str manifest;       /* absent: a statement without a body (key@v1) */
	struct str view;           /* absent: erased */
	struct manifest_salt salt; /* meaningful when there is a view */
	struct bytes spki;         /* of the key that signed */
	struct str key_statement;  /* the signed note of its key@v1 */
	int64_t index;             /* in the log; −1: not logged yet */
	struct str checkpoint;     /* a signed log head; absent: none */
	const struct sha256 *path;
	size_t path_count;
	struct str lots, prevs; /* the lines that the statement sums up; absent: none */
};

/* PROBLEM_JSON_SYNTAX, or PROBLEM_FIELD_MISSING, _TYPE, _UNKNOWN, _RANGE with the pointer. Texts are decoded into the
 * arena or borrowed from `input`. */
enum problem proof_parse(struct arena *arena, struct str input, struct proof *ret,
			 struct fault *reterr) must_check;
void proof_write(struct json_writer *writer, const struct proof *proof);

/* What is trusted beforehand, each optional: without them the proof shows only that it is consistent in itself. */
struct proof_trust {
	const struct note_key *registrar; /* vouches for keys */
	const struct note_key *log;       /* signs log heads */
};

enum proof_finding {
	PROOF_PASSED,
	PROOF_FAILED,
	PROOF_SKIPPED /* cannot be checked here; the text says why */
};
struct proof_check {
	const char *name; /* "statement", "key", …: stable, for programs */
	enum proof_finding finding;
	const char *text[2]; /* one sentence for people, by enum language */
};
enum { PROOF_CHECKS = 10 };
struct proof_report {
	bool ok;        /* nothing failed */
	bool trusted;   /* and the registrar that was given vouches for the key */
	enum tier tier; /* which view it is; TIER_COUNT: none that verifies */
	size_t count;
	struct proof_check checks[PROOF_CHECKS]; /* always in the same order */
};
/* Never stops at the first failure: every check that can be made is made. */
struct proof_report proof_verify(struct arena *arena, const struct proof *proof, struct proof_trust trust,
				 struct note_verifier verifier);

/* A log head: origin, size and root of the text of a checkpoint (https://c2sp.org/tlog-checkpoint). */
struct checkpoint {
	struct str origin;
	int64_t size;
	struct sha256 root;
};
bool checkpoint_parse(struct arena *arena, struct str text, struct checkpoint *ret);

#endif
