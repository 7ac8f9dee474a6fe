/* SPDX-License-Identifier: Apache-2.0
 * The CSV reader (RFC 4180): cells of all rows in one array, header first. */
#include "ft/codec/csv.h"

#include <string.h>

#include "ft/base/text.h"

enum { MOST_COLUMNS = 1024 }; /* their names are compared each with each */

struct reader {
	struct arena *arena;
	const char *at, *end;
	struct str *cells;
	size_t count;
	size_t row; /* as a spreadsheet counts them: the header is row 1, blank lines count */
	struct fault *reterr;
};

static enum problem refuse(struct reader *r, struct str value, const char *reason)
{
	enum problem p = fault_set(r->reterr, PROBLEM_FIELD_RANGE, "csv", "%s", "");
	r->reterr->value = str_shorten(value, FAULT_VALUE_LEN);
	r->reterr->detail = arena_printf(r->arena, "row %zu: %s", r->row, reason);
	return p;
}

static bool at_line_end(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	       (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

/* Every cell ends with a comma or a line end, except the last of the input. */
static size_t most_cells(struct str input)
{
	size_t count = 1;
	for (size_t i = 0; i < input.len; i++)
		count += input.at[i] == ',' || input.at[i] == '\n';
	return count;
}

/* r->at stands on the opening quote. */
static enum problem read_quoted(struct reader *r, struct str *ret)
{
	const char *start = ++r->at;
	size_t doubled = 0;
	while (r->at < r->end && (*r->at != '"' || (r->at + 1 < r->end && r->at[1] == '"'))) {
		doubled += *r->at == '"';
		r->at += *r->at == '"' ? 2 : 1;
	}
	if (r->at == r->end)
		return refuse(r, (struct str){start, (size_t)(r->end - start)}, "a quote is not closed");
	struct str raw = {start, (size_t)(r->at - start)};
	r->at++;
	if (!at_line_end(r) && *r->at != ',')
		return refuse(r, raw, "text stands behind a closing quote");
	if (!doubled) {
		*ret = raw;
		return PROBLEM_NONE;
	}
	char *text = arena_alloc(r->arena, raw.len - doubled + 1), *out = text;
	for (size_t i = 0; i < raw.len; i++) {
		*out++ = raw.at[i];
		i += raw.at[i] == '"'; /* of two only the first */
	}
	*ret = (struct str){text, raw.len - doubled};
	return PROBLEM_NONE;
}

static enum problem read_plain(struct reader *r, struct str *ret)
{
	const char *start = r->at;
	while (!at_line_end(r) && *r->at != ',' && *r->at != '"' && *r->at != '\r')
		r->at++;
	struct str cell = {start, (size_t)(r->at - start)};
	if (r->at < r->end && *r->at == '"')
		return refuse(r, cell, "a quote stands inside a cell that does not begin with one");
	if (!at_line_end(r) && *r->at == '\r')
		return refuse(r, cell, "a carriage return stands inside a cell that is not quoted");
	*ret = cell;
	return PROBLEM_NONE;
}

static void skip_line_end(struct reader *r)
{
	if (r->at < r->end && *r->at == '\r')
		r->at++;
	if (r->at < r->end)
		r->at++;
}

/* Appends the cells of one line; *ret_count is 0 for a blank one. */
static enum problem read_row(struct reader *r, size_t *ret_count)
{
	size_t first = r->count;
	bool more = !at_line_end(r);
	while (more) {
		enum problem p = *r->at == '"' ? read_quoted(r, &r->cells[r->count])
					       : read_plain(r, &r->cells[r->count]);
		if (p)
			return p;
		r->count++;
		more = r->at < r->end && *r->at == ',';
		r->at += more;
		/* Behind the last comma of the input an empty cell stands. */
		if (more && at_line_end(r)) {
			r->cells[r->count++] = STR("");
			more = false;
		}
	}
	skip_line_end(r);
	*ret_count = r->count - first;
	return PROBLEM_NONE;
}

static enum problem check_header(struct reader *r, size_t columns)
{
	if (columns > MOST_COLUMNS)
		return refuse(r, (struct str){NULL, 0}, "there are more than 1024 columns");
	for (size_t i = 1; i < columns; i++)
		for (size_t k = 0; k < i; k++)
			if (str_equal(r->cells[i], r->cells[k]))
				return refuse(r, r->cells[i], "a column name stands twice");
	return PROBLEM_NONE;
}

/* Bytes that no cell may hold, wherever they stand. */
static enum problem check_bytes(struct reader *r, struct str input)
{
	const char *nul = input.len ? memchr(input.at, 0, input.len) : NULL;
	struct str before = {input.at, nul ? (size_t)(nul - input.at) : utf8_prefix(input)};
	if (before.len == input.len)
		return PROBLEM_NONE;
	r->row = 1;
	for (size_t i = 0; i < before.len; i++)
		r->row += before.at[i] == '\n';
	return refuse(r, (struct str){NULL, 0}, nul ? "the text contains U+0000" : "the text is not UTF-8");
}

enum problem csv_parse(struct arena *arena, struct str input, struct csv *ret, struct fault *reterr)
{
	if (!input.at)
		input = STR("");
	if (str_starts(input, STR("\xef\xbb\xbf")))
		input = str_from(input, 3);
	struct reader r = {.arena = arena, .at = input.at, .end = input.at + input.len, .reterr = reterr};
	enum problem p = check_bytes(&r, input);
	if (p)
		return p;
	r.cells = arena_array(arena, struct str, most_cells(input));
	struct csv csv = {0};
	while (r.at < r.end) {
		size_t count;
		r.row++;
		p = read_row(&r, &count);
		if (!p && count && csv.columns && count != csv.columns)
			p = refuse(
				&r, (struct str){NULL, 0},
				arena_printf(arena, "%zu cells where the header has %zu", count, csv.columns)
					.at);
		if (!p && count && !csv.columns)
			p = check_header(&r, count);
		if (p)
			return p;
		csv.rows += count && csv.columns;
		if (!csv.columns)
			csv.columns = count;
	}
	if (!csv.columns) {
		r.row = 1;
		return refuse(&r, (struct str){NULL, 0}, "there is no header");
	}
	csv.header = r.cells;
	csv.cells = r.cells + csv.columns;
	*ret = csv;
	return PROBLEM_NONE;
}

struct str csv_cell(const struct csv *csv, size_t row, struct str column)
{
	for (size_t i = 0; i < csv->columns && row < csv->rows; i++)
		if (str_equal(csv->header[i], column))
			return csv->cells[row * csv->columns + i];
	return (struct str){NULL, 0};
}
