/* SPDX-License-Identifier: Apache-2.0
 * Applies sql/migrations in order, each once and in a transaction of its own; the files are compiled in. */
#ifndef FT_DB_MIGRATE_H
#define FT_DB_MIGRATE_H

#include "ft/base/problem.h"

struct migration {
	int number;
	const char *name, *text; /* generated from sql/migrations/NNNN-topic.sql */
	const char *sha256_hex;
};
extern const struct migration migrations[]; /* ends with a row without a name */

/* PROBLEM_SCHEMA_NEWER: the database knows a migration that we do not. PROBLEM_SCHEMA_CHANGED: an applied one has
 * another checksum here, or one before it is missing. PROBLEM_DB_UNAVAILABLE, PROBLEM_INTERNAL: reterr->detail is the
 * server's text. reterr->detail says which, and lives in the arena. Each migration that succeeded stays applied.
 * Two at once: the second waits, then finds nothing to do. */
enum problem migrate(struct arena *arena, struct str conninfo, int *ret_applied,
		     struct fault *reterr) must_check;

/* Whether this program may serve the database as it is: PROBLEM_SCHEMA_NEWER and _CHANGED as above, PROBLEM_CONFIG when
 * migrations are missing, PROBLEM_DB_UNAVAILABLE. Changes nothing, waits for nobody. */
enum problem schema_check(struct arena *arena, struct str conninfo, struct fault *reterr) must_check;
/* Whether the server may run as this role: PROBLEM_CONFIG when row security would not bind it, or when it may not act as
 * ft_public; reterr->detail names the way out. Of a migrated database. */
enum problem role_check(struct arena *arena, struct str conninfo, struct fault *reterr) must_check;

#endif
