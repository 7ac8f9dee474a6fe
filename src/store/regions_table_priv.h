/* SPDX-License-Identifier: Apache-2.0
 * The shipped region tables as columns, ready to be written: today's tree with the dated changes
 * applied. */
#ifndef FT_STORE_REGIONS_TABLE_PRIV_H
#define FT_STORE_REGIONS_TABLE_PRIV_H

#include "ft/base/problem.h"

struct region_columns {
	size_t count;
	struct str *code, *name_zh, *name_en, *level, *kind, *parent;
	int32_t *valid_from, *valid_to; /* SQL_NULL_DAY: it exists */
};
struct change_columns {
	size_t count;
	int32_t *changed_on;
	struct str *change, *code, *old_parent, *new_parent, *source;
};
struct region_tables {
	struct region_columns regions;
	struct change_columns changes;
};
/* PROBLEM_INTERNAL with detail: a row is malformed or names a region that is not there. */
enum problem region_tables_read(struct arena *arena, struct str regions_csv, struct str changes_csv,
				struct region_tables *ret, struct fault *reterr) must_check;

#endif
