/* SPDX-License-Identifier: Apache-2.0
 * The CSV reader: RFC 4180 and what it refuses. */
#include "ft/codec/csv.h"

#include "../check.h"

static struct csv parsed(struct arena *arena, struct str text)
{
	struct csv csv = {0};
	struct fault fault;
	enum problem p = csv_parse(arena, text, &csv, &fault);
	if (p)
		show("refused", fault.detail);
	assert_problem(p, PROBLEM_NONE);
	return csv;
}

static void refused(struct arena *arena, struct str text, const char *detail)
{
	struct csv csv = {.rows = 77};
	struct fault fault = {{0}};
	assert_problem(csv_parse(arena, text, &csv, &fault), PROBLEM_FIELD_RANGE);
	assert_str(fault.detail, detail);
	assert_string_equal(fault.rule, "csv");
	assert_int_equal(csv.rows, 77);
}

static void cells_are_found_by_row_and_column(void **state)
{
	struct csv csv = parsed(*state, STR("code,name\n3201,南京\n3202,\"无锡\"\n"));
	assert_int_equal(csv.columns, 2);
	assert_int_equal(csv.rows, 2);
	assert_str(csv.header[1], "name");
	assert_str(csv_cell(&csv, 0, STR("code")), "3201");
	assert_str(csv_cell(&csv, 1, STR("name")), "无锡");
	assert_absent(csv_cell(&csv, 0, STR("Name")));
	assert_absent(csv_cell(&csv, 2, STR("name")));
}

static void line_ends_and_byte_order_mark_do_not_matter(void **state)
{
	struct str forms[] = {STR("a,b\n1,2\n"), STR("a,b\r\n1,2\r\n"), STR("a,b\n1,2"),
			      STR("\xef\xbb\xbf"
				  "a,b\r\n1,2"),
			      STR("\n\na,b\n\n1,2\n\n\r\n")};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct csv csv = parsed(*state, forms[i]);
		assert_int_equal(csv.columns, 2);
		assert_int_equal(csv.rows, 1);
		assert_str(csv_cell(&csv, 0, STR("a")), "1");
		assert_str(csv_cell(&csv, 0, STR("b")), "2");
	}
}

static void quoted_cells_hold_anything(void **state)
{
	struct csv csv = parsed(*state, STR("a,b\n\"x,\"\"y\"\"\r\nz\",\"\"\n\"\"\"\",\" \"\n"));
	assert_int_equal(csv.rows, 2);
	assert_str(csv_cell(&csv, 0, STR("a")), "x,\"y\"\r\nz");
	assert_str(csv_cell(&csv, 0, STR("b")), "");
	assert_str(csv_cell(&csv, 1, STR("a")), "\"");
	assert_str(csv_cell(&csv, 1, STR("b")), " ");
}

static void empty_cells_are_empty_not_absent(void **state)
{
	struct csv csv = parsed(*state, STR("a,b,c\n,,\n1,,\n,,3\n\"\",,x"));
	assert_int_equal(csv.rows, 4);
	assert_str(csv_cell(&csv, 0, STR("a")), "");
	assert_str(csv_cell(&csv, 0, STR("c")), "");
	assert_str(csv_cell(&csv, 1, STR("c")), "");
	assert_str(csv_cell(&csv, 2, STR("c")), "3");
	assert_str(csv_cell(&csv, 3, STR("c")), "x");
	csv = parsed(*state, STR("a\n\"\"\n"));
	assert_int_equal(csv.rows, 1);
	assert_str(csv_cell(&csv, 0, STR("a")), "");
}

static void a_header_alone_has_no_rows(void **state)
{
	struct csv csv = parsed(*state, STR("a,b"));
	assert_int_equal(csv.columns, 2);
	assert_int_equal(csv.rows, 0);
	assert_absent(csv_cell(&csv, 0, STR("a")));
}

static void faults_name_the_row_as_a_spreadsheet_counts(void **state)
{
	refused(*state, STR(""), "row 1: there is no header");
	refused(*state, str_of(NULL), "row 1: there is no header");
	refused(*state, STR("\n\n"), "row 1: there is no header");
	refused(*state, STR("a,b\n1\n"), "row 2: 1 cells where the header has 2");
	refused(*state, STR("a,b\n1,2\n\n1,2,3\n"), "row 4: 3 cells where the header has 2");
	refused(*state, STR("a,b\n1,2,\n"), "row 2: 3 cells where the header has 2");
	refused(*state, STR("a,a\n"), "row 1: a column name stands twice");
	refused(*state, STR("a,,b,\n"), "row 1: a column name stands twice");
	refused(*state, STR("a\nx\"y\n"), "row 2: a quote stands inside a cell that does not begin with one");
	refused(*state, STR("a\n \"x\"\n"),
		"row 2: a quote stands inside a cell that does not begin with one");
	refused(*state, STR("a\n\"x\"y\n"), "row 2: text stands behind a closing quote");
	refused(*state, STR("a\n\"x\" ,y\n"), "row 2: text stands behind a closing quote");
	refused(*state, STR("a\n\"x\"\r"), "row 2: text stands behind a closing quote");
	refused(*state, STR("a\n\"x\n\n"), "row 2: a quote is not closed");
	refused(*state, STR("a\n\"x\"\""), "row 2: a quote is not closed");
	refused(*state, STR("a\nx\ry\n"), "row 2: a carriage return stands inside a cell that is not quoted");
	refused(*state, STR("a\nx\r"), "row 2: a carriage return stands inside a cell that is not quoted");
	refused(*state, STR("a\nb\n\xff\n"), "row 3: the text is not UTF-8");
	refused(*state, STR("a\nb\0c\n"), "row 2: the text contains U+0000");
}

static void the_number_of_columns_is_limited(void **state)
{
	struct buf buf = buf_create(*state, 0);
	for (int i = 0; i < 1024; i++)
		buf_printf(&buf, "%sc%d", i ? "," : "", i);
	assert_int_equal(parsed(*state, buf_str(&buf)).columns, 1024);
	buf_put(&buf, STR(",c1024"));
	refused(*state, buf_str(&buf), "row 1: there are more than 1024 columns");
}

static void plain_cells_are_borrowed(void **state)
{
	struct str text = STR("a\nxyz\n");
	struct csv csv = parsed(*state, text);
	assert_ptr_equal(csv_cell(&csv, 0, STR("a")).at, text.at + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(cells_are_found_by_row_and_column), TEST(line_ends_and_byte_order_mark_do_not_matter),
		TEST(quoted_cells_hold_anything),        TEST(empty_cells_are_empty_not_absent),
		TEST(a_header_alone_has_no_rows),        TEST(faults_name_the_row_as_a_spreadsheet_counts),
		TEST(the_number_of_columns_is_limited),  TEST(plain_cells_are_borrowed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
