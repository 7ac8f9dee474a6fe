/* SPDX-License-Identifier: Apache-2.0
 * Reference data out of its CSV files, checked and ready for the rules. */
#ifndef FT_CORE_REFERENCE_H
#define FT_CORE_REFERENCE_H

#include "ft/core/risk.h"

struct reference_texts { /* whole files; absent: that set is empty */
	struct str bans, intervals, crops, yields, withdrawals;
};
/* Everything in the arena, which must live as long as the rules run; cells are borrowed from the texts where they can be.
 * PROBLEM_FIELD_RANGE: pointer names set and column ("/intervals/phi_days_max"), value the cell, detail the row; a
 * missing column is PROBLEM_FIELD_MISSING. A set with a fault is refused whole. */
enum problem reference_parse(struct arena *arena, const struct reference_texts *texts, struct str edition,
			     struct reference *ret, struct fault *reterr) must_check;

#endif
