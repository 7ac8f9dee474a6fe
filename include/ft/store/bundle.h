/* SPDX-License-Identifier: Apache-2.0
 * Gathers all that proves a trail, to be saved and checked anywhere (ft/core/bundle.h). */
#ifndef FT_STORE_BUNDLE_H
#define FT_STORE_BUNDLE_H

#include "ft/core/bundle.h"
#include "ft/store/trail.h"

struct log_memory;

/* `json`: the trail as it is shown, of `made` at `tier`. Views of that tier of what the trail tells; of other records about
 * its lots the statements, as far back as any told record builds on them. What exceeds BUNDLE_MAX_STEPS is left out, and
 * whoever checks finds it missing. PROBLEM_INTERNAL: rows that belong together do not. */
enum problem bundle_make(struct db *db, struct log_memory *memory, struct arena *arena,
			 const struct trail_made *made, struct str json, enum tier tier,
			 struct bundle *ret) must_check;

#endif
