/* SPDX-License-Identifier: Apache-2.0
 * The region tree: shipped table and dated changes into rows, and who sees whom today. */
#ifndef FT_STORE_REGIONS_H
#define FT_STORE_REGIONS_H

#include "ft/db/db.h"

/* Writes the shipped regions, their changes and the closure. Inside db_tx; a second run changes nothing.
 * PROBLEM_INTERNAL with detail when the shipped table contradicts itself. */
enum problem regions_load(struct db *db, struct arena *arena, struct fault *reterr) must_check;

/* Where a region lies, for coarser views; absent at levels it does not have. */
struct region_tiers {
	struct str township, district;
};
/* PROBLEM_REGION_UNKNOWN with `pointer` also for rows of the code table that are no place (500100). */
enum problem regions_tiers_of(struct db *db, struct arena *arena, struct str code, const char *pointer,
			      struct region_tiers *ret, struct fault *reterr) must_check;

#endif
