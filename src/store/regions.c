/* SPDX-License-Identifier: Apache-2.0
 * Regions in the database: loading the shipped tables, and where a region lies. */
#include "ft/store/regions.h"

#include <assert.h>

#include "queries.h"

#include "embedded_priv.h"
#include "regions_table_priv.h"

static struct str embedded_text(const char *name)
{
	const struct embedded_file *file = embedded_find(name);
	assert(file);
	return (struct str){file->text, file->len};
}

static struct sql_array texts(const struct str *items, size_t count)
{
	return (struct sql_array){items, count};
}

static enum problem write_regions(struct db *db, const struct region_columns *r)
{
	int64_t rows;
	return region_upsert_many(db,
				  &(struct region_upsert_many_params){
					  .code = texts(r->code, r->count),
					  .name_zh = texts(r->name_zh, r->count),
					  .name_en = texts(r->name_en, r->count),
					  .level = texts(r->level, r->count),
					  .kind = texts(r->kind, r->count),
					  .parent = texts(r->parent, r->count),
					  .valid_from = {r->valid_from, r->count},
					  .valid_to = {r->valid_to, r->count},
				  },
				  &rows);
}

static enum problem write_changes(struct db *db, const struct change_columns *c)
{
	int64_t rows;
	return region_change_upsert_many(db,
					 &(struct region_change_upsert_many_params){
						 .changed_on = {c->changed_on, c->count},
						 .change = texts(c->change, c->count),
						 .code = texts(c->code, c->count),
						 .old_parent = texts(c->old_parent, c->count),
						 .new_parent = texts(c->new_parent, c->count),
						 .source = texts(c->source, c->count),
					 },
					 &rows);
}

enum problem regions_load(struct db *db, struct arena *arena, struct fault *reterr)
{
	struct region_tables tables;
	int64_t rows;
	enum problem p = region_tables_read(arena, embedded_text("regions_chongqing_chengdu"),
					    embedded_text("region_changes"), &tables, reterr);
	if (!p)
		p = write_regions(db, &tables.regions);
	if (!p)
		p = write_changes(db, &tables.changes);
	if (!p)
		p = region_closure_clear(db, &rows);
	if (!p)
		p = region_closure_fill(db, &rows);
	return p;
}

enum problem regions_tiers_of(struct db *db, struct arena *arena, struct str code, const char *pointer,
			      struct region_tiers *ret, struct fault *reterr)
{
	struct region_tiers_row row;
	enum problem p = region_tiers(db, arena, &(struct region_tiers_params){code}, &row);
	if (p == PROBLEM_NOT_FOUND || (!p && str_equal(row.kind, STR("pseudo")))) {
		p = fault_set(reterr, PROBLEM_REGION_UNKNOWN, "reference", "%s", pointer);
		reterr->value = code;
		return p;
	}
	if (!p)
		*ret = (struct region_tiers){row.township, row.district};
	return p;
}
