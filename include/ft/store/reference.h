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

#endif
