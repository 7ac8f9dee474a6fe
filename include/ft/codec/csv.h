/* SPDX-License-Identifier: Apache-2.0
 * CSV (RFC 4180) reader for reference data: header row, quoted fields, CRLF or LF, UTF-8 with or without BOM. */
#ifndef FT_CODEC_CSV_H
#define FT_CODEC_CSV_H

#include "ft/base/problem.h"

struct csv {
	size_t columns, rows; /* rows without the header */
	const struct str *header;
	const struct str *cells; /* row-major */
};
/* PROBLEM_FIELD_RANGE with detail (row as a spreadsheet counts it, reason) for ragged rows, a bare quote, a column
 * named twice or invalid UTF-8. Blank lines are skipped. Cells are borrowed from `input` where they can be. */
enum problem csv_parse(struct arena *arena, struct str input, struct csv *ret,
		       struct fault *reterr) must_check;
struct str csv_cell(const struct csv *csv, size_t row,
		    struct str column); /* absent when there is no such column */

#endif
