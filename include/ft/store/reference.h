/* SPDX-License-Identifier: Apache-2.0
 * Reference data in the database: shipped editions at init, the active ones for the rules. */
#ifndef FT_STORE_REFERENCE_H
#define FT_STORE_REFERENCE_H

#include "ft/core/reference.h"
#include "ft/db/db.h"

/* Writes the shipped editions; one that an administrator loaded stays active. Inside db_tx; a second run
 * changes nothing. */
enum problem reference_store(struct db *db, struct arena *arena, usec_t now_us) must_check;

/* The active editions, parsed; edition names them all. Lives in the arena. PROBLEM_INTERNAL when one
 * does not parse. */
enum problem reference_load(struct db *db, struct arena *arena, struct reference *ret) must_check;

/* Which editions were in force when: each from the moment on when it was loaded, the first from the beginning. Oldest first. */
struct reference_epoch {
	usec_t since;
	struct reference reference;
};
enum problem reference_history(struct db *db, struct arena *arena, const struct reference_epoch **ret,
			       size_t *ret_count) must_check;
/* The same as a table of this program says it: a set of which the shipped edition is not there, or an edition whose content is
 * another; in `ret_other` the first of them, absent: none. */
enum problem reference_check(struct db *db, struct arena *arena, struct str *ret_other) must_check;

#endif
