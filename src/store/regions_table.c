/* SPDX-License-Identifier: Apache-2.0
 * Region tables from CSV, with the dated changes applied to the tree. */
#include "regions_table_priv.h"

#include "ft/base/time.h"
#include "ft/codec/csv.h"
#include "ft/core/region_name.h"
#include "ft/db/db.h"

/* The day up to which the source of the region table is complete: each row existed then. */
#define SOURCE_DAY STR("2023-06-30")

/* Regions whose official code is not published yet. To add one: a row here; the X keeps it apart from
 * real codes. */
static const struct own_code {
	struct str name, code, english;
} own_codes[] = {
	{{"两江新区", 12}, {"500X01", 6}, {"Liangjiang New Area", 19}},
};

static const struct own_code *find_own(struct str name_or_code)
{
	for (size_t i = 0; i < sizeof own_codes / sizeof *own_codes; i++)
		if (str_equal(name_or_code, own_codes[i].name) || str_equal(name_or_code, own_codes[i].code))
			return &own_codes[i];
	return NULL;
}

static struct str code_of(struct str name_or_code)
{
	const struct own_code *own = find_own(name_or_code);
	return own ? own->code : name_or_code;
}

static struct str or_absent(struct str s)
{
	return s.len ? s : (struct str){NULL, 0};
}

static enum problem refuse(struct arena *arena, struct str code, const char *what, struct fault *reterr)
{
	enum problem p = fault_set(reterr, PROBLEM_INTERNAL, "regions", "%s", "");
	reterr->detail = arena_printf(arena, "region %.*s: %s", STR_ARGS(code), what);
	return p;
}

static struct region_columns make_columns(struct arena *arena, size_t room)
{
	return (struct region_columns){
		.code = arena_array(arena, struct str, room),
		.name_zh = arena_array(arena, struct str, room),
		.name_en = arena_array(arena, struct str, room),
		.level = arena_array(arena, struct str, room),
		.kind = arena_array(arena, struct str, room),
		.parent = arena_array(arena, struct str, room),
		.valid_from = arena_array(arena, int32_t, room),
		.valid_to = arena_array(arena, int32_t, room),
	};
}

static void read_regions(struct arena *arena, const struct csv *csv, struct region_columns *r)
{
	int32_t source_day = 0;
	date_parse(SOURCE_DAY, &source_day);
	for (size_t i = 0; i < csv->rows; i++) {
		r->code[i] = csv_cell(csv, i, STR("code"));
		r->name_zh[i] = csv_cell(csv, i, STR("name"));
		r->name_en[i] = region_name_english(arena, csv_cell(csv, i, STR("pinyin")));
		r->level[i] = csv_cell(csv, i, STR("level"));
		r->kind[i] = csv_cell(csv, i, STR("kind"));
		r->parent[i] = or_absent(csv_cell(csv, i, STR("parent_code")));
		r->valid_from[i] = source_day;
		r->valid_to[i] = SQL_NULL_DAY;
	}
	r->count = csv->rows;
}

/* Linear: some dozens of changes over a thousand rows, once at init. */
static bool find_region(const struct region_columns *r, struct str code, size_t *ret)
{
	for (size_t i = 0; i < r->count; i++) {
		if (str_equal(r->code[i], code)) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static void establish(struct region_columns *r, const struct own_code *own, struct str parent, int32_t day)
{
	size_t i = r->count++;
	r->code[i] = own->code;
	r->name_zh[i] = own->name;
	r->name_en[i] = own->english;
	r->level[i] = STR("district");
	r->kind[i] = STR("district");
	r->parent[i] = parent;
	r->valid_from[i] = day;
	r->valid_to[i] = SQL_NULL_DAY;
}

struct change_row {
	struct str change, code, old_parent, new_parent;
	int32_t day;
};

static enum problem apply_change(struct arena *arena, struct region_columns *r, const struct change_row *row,
				 struct fault *reterr)
{
	size_t at;
	bool known = find_region(r, row->code, &at);
	if (str_equal(row->change, STR("established"))) {
		const struct own_code *own = find_own(row->code);
		if (!own && !known)
			return refuse(arena, row->code, "established without a code", reterr);
		if (own && !known)
			establish(r, own, row->new_parent, row->day);
		return PROBLEM_NONE;
	}
	if (!known)
		return refuse(arena, row->code, "changed, but not in the table", reterr);
	if (str_equal(row->change, STR("abolished")))
		r->valid_to[at] = row->day;
	else if (str_equal(row->change, STR("moved")))
		r->parent[at] = row->new_parent;
	else
		return refuse(arena, row->code, "unknown change", reterr);
	return PROBLEM_NONE;
}

static enum problem read_changes(struct arena *arena, const struct csv *csv, struct region_tables *t,
				 struct fault *reterr)
{
	struct change_columns *c = &t->changes;
	for (size_t i = 0; i < csv->rows; i++) {
		struct str code = csv_cell(csv, i, STR("code"));
		struct change_row row = {
			.change = csv_cell(csv, i, STR("change")),
			.code = code_of(code.len ? code : csv_cell(csv, i, STR("name"))),
			.old_parent = or_absent(code_of(csv_cell(csv, i, STR("old_parent")))),
			.new_parent = or_absent(code_of(csv_cell(csv, i, STR("new_parent")))),
		};
		if (!date_parse(csv_cell(csv, i, STR("date")), &row.day))
			return refuse(arena, row.code, "a change without a date", reterr);
		enum problem p = apply_change(arena, &t->regions, &row, reterr);
		if (p)
			return p;
		c->changed_on[i] = row.day;
		c->change[i] = row.change;
		c->code[i] = row.code;
		c->old_parent[i] = row.old_parent;
		c->new_parent[i] = row.new_parent;
		c->source[i] = csv_cell(csv, i, STR("source"));
	}
	c->count = csv->rows;
	return PROBLEM_NONE;
}

static enum problem check_parents(struct arena *arena, const struct region_columns *r, struct fault *reterr)
{
	size_t unused;
	for (size_t i = 0; i < r->count; i++)
		if (r->parent[i].at && !find_region(r, r->parent[i], &unused))
			return refuse(arena, r->code[i], "its parent is not in the table", reterr);
	return PROBLEM_NONE;
}

enum problem region_tables_read(struct arena *arena, struct str regions_csv, struct str changes_csv,
				struct region_tables *ret, struct fault *reterr)
{
	struct csv regions, changes;
	enum problem p = csv_parse(arena, regions_csv, &regions, reterr);
	if (!p)
		p = csv_parse(arena, changes_csv, &changes, reterr);
	if (p)
		return p;
	struct region_tables t = {
		.regions = make_columns(arena, regions.rows + changes.rows),
		.changes = {.changed_on = arena_array(arena, int32_t, changes.rows),
			    .change = arena_array(arena, struct str, changes.rows),
			    .code = arena_array(arena, struct str, changes.rows),
			    .old_parent = arena_array(arena, struct str, changes.rows),
			    .new_parent = arena_array(arena, struct str, changes.rows),
			    .source = arena_array(arena, struct str, changes.rows)},
	};
	read_regions(arena, &regions, &t.regions);
	p = read_changes(arena, &changes, &t, reterr);
	if (!p)
		p = check_parents(arena, &t.regions, reterr);
	if (!p)
		*ret = t;
	return p;
}
