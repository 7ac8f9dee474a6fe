/* SPDX-License-Identifier: Apache-2.0
 * Reads the reference data that rules compare with: one function a set, every cell checked. */
#include "ft/core/reference.h"

#include <limits.h>

#include "ft/codec/csv.h"

#include "substance_priv.h"

/* One set while it is read. */
struct set {
	struct arena *arena;
	const char *name;
	struct csv csv;
	struct fault *reterr;
};

static enum problem open_set(struct set *set, struct str text, const char *const *columns)
{
	enum problem p = csv_parse(set->arena, text, &set->csv, set->reterr);

	if (p) {
		struct str detail = set->reterr->detail;

		(void)fault_set(set->reterr, p, "csv", "/%s", set->name);
		set->reterr->detail = detail;
		return p;
	}
	for (; *columns != NULL; columns++) {
		bool found = false;

		for (size_t i = 0; i < set->csv.columns; i++)
			found = found || str_equal(set->csv.header[i], str_of(*columns));
		if (!found)
			return fault_set(set->reterr, PROBLEM_FIELD_MISSING, "column", "/%s/%s", set->name,
					 *columns);
	}
	return PROBLEM_NONE;
}

static enum problem refuse(const struct set *set, size_t row, const char *column, struct str value,
			   const char *reason)
{
	(void)fault_set(set->reterr, PROBLEM_FIELD_RANGE, "cell", "/%s/%s", set->name, column);
	set->reterr->value = value;
	set->reterr->detail =
		arena_printf(set->arena, "row %zu: %s", row + 2, reason); /* as a spreadsheet counts */
	return PROBLEM_FIELD_RANGE;
}

/* An empty cell is an absent text. */
static struct str cell(const struct set *set, size_t row, const char *column)
{
	struct str text = csv_cell(&set->csv, row, str_of(column));

	return text.len > 0 ? text : (struct str){NULL, 0};
}

static enum problem number(const struct set *set, size_t row, const char *column, int64_t absent,
			   int64_t *ret)
{
	struct str text = cell(set, row, column);
	int64_t n = 0;

	if (text.at == NULL) {
		*ret = absent;
		return PROBLEM_NONE;
	}
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || i >= 9)
			return refuse(set, row, column, text, "not a whole number");
		n = n * 10 + (text.at[i] - '0');
	}
	*ret = n;
	return PROBLEM_NONE;
}

/* A day, or the first of a year or month; an empty cell holds always. */
static enum problem first_day(const struct set *set, size_t row, const char *column, int32_t *ret)
{
	struct str text = cell(set, row, column), whole = text;

	if (text.at == NULL) {
		*ret = INT32_MIN;
		return PROBLEM_NONE;
	}
	if (text.len == 4)
		whole = arena_printf(set->arena, "%.*s-01-01", STR_ARGS(text));
	else if (text.len == 7)
		whole = arena_printf(set->arena, "%.*s-01", STR_ARGS(text));
	if (!date_parse(whole, ret))
		return refuse(set, row, column, text, "not a date");
	return PROBLEM_NONE;
}

static enum problem need(const struct set *set, size_t row, const char *column)
{
	return cell(set, row, column).at != NULL
		       ? PROBLEM_NONE
		       : refuse(set, row, column, (struct str){NULL, 0}, "is empty");
}

static enum problem read_bans(struct set *set, struct str text, struct reference *ret)
{
	static const char *const columns[] = {"kind",     "name_zh",  "name_en",        "category",
					      "scope_zh", "scope_en", "effective_date", "legal_basis",
					      "source",   NULL};
	enum problem p = open_set(set, text, columns);
	struct ref_ban *bans;

	if (p)
		return p;
	bans = arena_array(set->arena, struct ref_ban, set->csv.rows);
	for (size_t i = 0; !p && i < set->csv.rows; i++) {
		bans[i] = (struct ref_ban){.name_zh = cell(set, i, "name_zh"),
					   .name_en = cell(set, i, "name_en"),
					   .kind = cell(set, i, "kind"),
					   .category = cell(set, i, "category"),
					   .scope_zh = cell(set, i, "scope_zh"),
					   .scope_en = cell(set, i, "scope_en"),
					   .legal_basis = cell(set, i, "legal_basis"),
					   .source = cell(set, i, "source")};
		bans[i].names = substance_names(set->arena, bans[i].name_zh, bans[i].name_en);
		p = need(set, i, "name_zh");
		if (!p)
			p = first_day(set, i, "effective_date", &bans[i].effective_day);
	}
	ret->bans = bans;
	ret->ban_count = set->csv.rows;
	return p;
}

static enum problem read_intervals(struct set *set, struct str text, struct reference *ret)
{
	static const char *const columns[] = {
		"active_zh",    "active_en",    "formulation",         "crop_zh", "crop_en",
		"phi_days_min", "phi_days_max", "max_uses_per_season", "source",  NULL};
	enum problem p = open_set(set, text, columns);
	struct ref_interval *intervals;

	if (p)
		return p;
	intervals = arena_array(set->arena, struct ref_interval, set->csv.rows);
	for (size_t i = 0; !p && i < set->csv.rows; i++) {
		struct ref_interval *row = &intervals[i];
		int64_t least = 0;

		*row = (struct ref_interval){.active_zh = cell(set, i, "active_zh"),
					     .active_en = cell(set, i, "active_en"),
					     .formulation = cell(set, i, "formulation"),
					     .crop_zh = cell(set, i, "crop_zh"),
					     .crop_en = cell(set, i, "crop_en"),
					     .source = cell(set, i, "source")};
		row->names = substance_names(set->arena, row->active_zh, row->active_en);
		row->crops = substance_names(set->arena, row->crop_zh, row->crop_en);
		p = need(set, i, "active_zh");
		if (!p)
			p = need(set, i, "phi_days_max");
		if (!p)
			p = number(set, i, "phi_days_min", 0, &least);
		if (!p)
			p = number(set, i, "phi_days_max", 0, &row->days);
		if (!p)
			p = number(set, i, "max_uses_per_season", 0, &row->max_uses);
		if (least > row->days)
			row->days = least;
	}
	ret->intervals = intervals;
	ret->interval_count = set->csv.rows;
	return p;
}

static enum problem read_crops(struct set *set, struct str text, struct reference *ret)
{
	static const char *const columns[] = {"commodity", "name_zh", "name_en", "source", NULL};
	enum problem p = open_set(set, text, columns);
	struct ref_crop_group *crops;

	if (p)
		return p;
	crops = arena_array(set->arena, struct ref_crop_group, set->csv.rows);
	for (size_t i = 0; !p && i < set->csv.rows; i++) {
		struct str *names = arena_array(set->arena, struct str, 3);

		crops[i] = (struct ref_crop_group){.commodity = cell(set, i, "commodity"),
						   .name_zh = cell(set, i, "name_zh"),
						   .name_en = cell(set, i, "name_en")};
		p = need(set, i, "commodity");
		if (!p)
			p = need(set, i, "name_zh");
		names[0] = substance_fold(set->arena, crops[i].commodity);
		names[1] = substance_fold(set->arena, crops[i].name_zh);
		names[2] = substance_fold(set->arena, crops[i].name_en);
		crops[i].names = (struct ref_names){names, 3};
	}
	ret->crops = crops;
	ret->crop_count = set->csv.rows;
	return p;
}

static enum problem read_yields(struct set *set, struct str text, struct reference *ret)
{
	static const char *const columns[] = {"process",       "commodity", "measure", "expected_permille",
					      "hard_permille", "source",    NULL};
	enum problem p = open_set(set, text, columns);
	struct ref_yield *yields;

	if (p)
		return p;
	yields = arena_array(set->arena, struct ref_yield, set->csv.rows);
	for (size_t i = 0; !p && i < set->csv.rows; i++) {
		struct ref_yield *row = &yields[i];

		*row = (struct ref_yield){.process = cell(set, i, "process"),
					  .commodity = cell(set, i, "commodity"),
					  .measure = cell(set, i, "measure"),
					  .source = cell(set, i, "source")};
		p = need(set, i, "process");
		if (!p)
			p = number(set, i, "expected_permille", 0, &row->expected_permille);
		if (!p)
			p = number(set, i, "hard_permille", 0, &row->hard_permille);
		if (!p && (row->expected_permille == 0 || row->hard_permille < row->expected_permille))
			p = refuse(set, i, "hard_permille", cell(set, i, "hard_permille"),
				   "below the expected maximum");
	}
	ret->yields = yields;
	ret->yield_count = set->csv.rows;
	return p;
}

/* Degree days, which hold for fish, need a temperature that no record tells. */
static enum problem read_period(const struct set *set, size_t row, int64_t *ret)
{
	enum problem p = number(set, row, "withdrawal", 0, ret);

	if (!p && !str_equal(cell(set, row, "unit"), STR("day")))
		*ret = 0;
	return p;
}

static enum problem read_withdrawals(struct set *set, struct str text, struct reference *ret)
{
	static const char *const columns[] = {"product_zh", "species_zh", "species_en", "withdrawal",
					      "unit",       "source",     NULL};
	enum problem p = open_set(set, text, columns);
	struct ref_withdrawal *rows;

	if (p)
		return p;
	rows = arena_array(set->arena, struct ref_withdrawal, set->csv.rows);
	for (size_t i = 0; !p && i < set->csv.rows; i++) {
		struct ref_withdrawal *row = &rows[i];

		*row = (struct ref_withdrawal){.product_zh = cell(set, i, "product_zh"),
					       .species_zh = cell(set, i, "species_zh"),
					       .species_en = cell(set, i, "species_en"),
					       .source = cell(set, i, "source")};
		row->product = substance_fold(set->arena, row->product_zh);
		if (!str_equal(row->species_zh, STR("不分")))
			row->species = substance_names(set->arena, row->species_zh, row->species_en);
		p = need(set, i, "product_zh");
		if (!p)
			p = need(set, i, "species_zh");
		if (!p)
			p = read_period(set, i, &row->days);
	}
	ret->withdrawals = rows;
	ret->withdrawal_count = set->csv.rows;
	return p;
}

enum problem reference_parse(struct arena *arena, const struct reference_texts *texts, struct str edition,
			     struct reference *ret, struct fault *reterr)
{
	const struct {
		const char *name;
		struct str text;
		enum problem (*read)(struct set *set, struct str text, struct reference *ret);
	} sets[] = {
		{"bans", texts->bans, read_bans},
		{"intervals", texts->intervals, read_intervals},
		{"crops", texts->crops, read_crops},
		{"yields", texts->yields, read_yields},
		{"withdrawals", texts->withdrawals, read_withdrawals},
	};
	struct reference reference = {.edition = arena_str(arena, edition)};

	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		struct set set = {.arena = arena, .name = sets[i].name, .reterr = reterr};
		enum problem p =
			sets[i].text.at != NULL ? sets[i].read(&set, sets[i].text, &reference) : PROBLEM_NONE;

		if (p)
			return p;
	}
	*ret = reference;
	return PROBLEM_NONE;
}
