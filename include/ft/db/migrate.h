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
extern const struct migration migrations[]; /* ends with number 0 */

/* PROBLEM_SCHEMA_NEWER: the database knows a migration that we do not. PROBLEM_SCHEMA_CHANGED: an applied one has
 * another checksum here. reterr->detail says which. Two at once: the second waits, then finds nothing to do. */
enum problem migrate(struct str conninfo, int *ret_applied, struct fault *reterr) must_check;

#endif
