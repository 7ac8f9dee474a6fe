/* SPDX-License-Identifier: Apache-2.0
 * CSV: what is read, written with every cell quoted, reads the same. */
#include "fuzz.h"

#include "ft/base/text.h"
#include "ft/codec/csv.h"

static void put_cell(struct buf *out, struct str cell, bool last)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < cell.len; i++) {
		if (cell.at[i] == '"')
			buf_put_char(out, '"');
		buf_put_char(out, cell.at[i]);
	}
	buf_put(out, last ? STR("\"\r\n") : STR("\","));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct csv csv, again;
	struct fault fault;
	enum problem p = csv_parse(arena, (struct str){(const char *)data, size}, &csv, &fault);
	if (p) {
		CHECK(p == PROBLEM_FIELD_RANGE && fault.detail.at && utf8_valid(fault.value));
	} else {
		struct buf out = buf_create(arena, size * 2);
		size_t cells = csv.columns * csv.rows;
		for (size_t i = 0; i < csv.columns; i++)
			put_cell(&out, csv.header[i], i + 1 == csv.columns);
		for (size_t i = 0; i < cells; i++)
			put_cell(&out, csv.cells[i], (i + 1) % csv.columns == 0);
		CHECK(csv_parse(arena, buf_str(&out), &again, &fault) == PROBLEM_NONE);
		CHECK(again.columns == csv.columns && again.rows == csv.rows);
		for (size_t i = 0; i < cells; i++)
			CHECK(str_equal(csv.cells[i], again.cells[i]));
		for (size_t i = 0; i < csv.columns && csv.rows; i++)
			CHECK(csv_cell(&csv, csv.rows - 1, csv.header[i]).at ==
			      csv.cells[cells - csv.columns + i].at);
	}
	arena_destroy(arena);
	return 0;
}
