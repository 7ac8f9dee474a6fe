/* SPDX-License-Identifier: Apache-2.0
 * GS1 keys: check digits of every kind, GTINs that may be registered, characters of lots. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/gs1_key.h"

/* One field of a CSV line, quotes undone, into `field`; `line` moves behind it. */
static void take_field(const char **line, char field[64])
{
	const char *at = *line;
	size_t len = 0;
	bool quoted = *at == '"';
	for (at += quoted; *at && (quoted ? *at != '"' || at[1] == '"' : !strchr(",\r\n", *at)); at++) {
		at += quoted && *at == '"';
		assert_true(len < 63);
		field[len++] = *at;
	}
	field[len] = 0;
	at += quoted;
	*line = at + (*at == ',');
}

static void check_digits_agree_with_the_shared_table(void **state)
{
	(void)state;
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	char path[4096]; /* PATH_MAX */
	snprintf(path, sizeof path, "%s/digital-link/check-digits.csv", root ? root : "../shared");
	FILE *file = fopen(path, "r");
	if (!file) {
		print_message("no %s\n", path);
		skip();
	}
	char text[512]; /* the longest row has 100 characters */
	int rows = 0;
	assert_non_null(fgets(text, sizeof text, file));
	while (fgets(text, sizeof text, file)) {
		const char *line = text;
		char kind[64], key[64], value[64], valid[64], expected[64];
		take_field(&line, kind);
		take_field(&line, key);
		take_field(&line, value);
		take_field(&line, valid);
		take_field(&line, expected);
		struct str number = str_of(value);
		if (!strcmp(key, "GRAI") || !strcmp(key, "GDTI") || !strcmp(key, "GCN")) {
			size_t from = !strcmp(key, "GRAI"); /* a zero goes before, a serial may follow */
			number = (struct str){value + from, 13};
		}
		bool holds =
			!strcmp(kind, "gmn") ? gs1_gmn_check_holds(number) : gs1_check_digit_holds(number);
		if (holds != !strcmp(valid, "1"))
			fail_msg("%s %s", key, value);
		if (strcmp(kind, "gmn") != 0)
			assert_int_equal(gs1_check_digit((struct str){number.at, number.len - 1}),
					 expected[0]);
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 189);
}

static void check_digit_needs_digits(void **state)
{
	(void)state;
	assert_false(gs1_check_digit_holds(STR("")));
	assert_false(gs1_check_digit_holds(STR("0")));
	assert_true(gs1_check_digit_holds(STR("00")));
	assert_false(gs1_check_digit_holds(STR("6901234567 92")));
	assert_false(gs1_check_digit_holds(STR("690123456789X")));
	assert_false(gs1_gmn_check_holds(STR("2K")));
	assert_false(gs1_gmn_check_holds(STR("")));
	assert_false(gs1_gmn_check_holds(STR("1987654 d4X4bL5ttr2310c2K")));
	assert_false(gs1_gmn_check_holds(STR("1987654Ad4X4bL5ttr2310c2K0")));
}

static void gtin_has_fourteen_digits_and_a_check_digit(void **state)
{
	(void)state;
	struct gtin gtin = {"?"};
	assert_int_equal(gtin_parse(STR("6901234567892"), &gtin), PROBLEM_GTIN_SYNTAX);
	assert_int_equal(gtin_parse(STR("0690123456789X"), &gtin), PROBLEM_GTIN_SYNTAX);
	assert_int_equal(gtin_parse(STR("006901234567892"), &gtin), PROBLEM_GTIN_SYNTAX);
	assert_int_equal(gtin_parse((struct str){0}, &gtin), PROBLEM_GTIN_SYNTAX);
	assert_int_equal(gtin_parse(STR("06901234567893"), &gtin), PROBLEM_GTIN_CHECK_DIGIT);
	assert_int_equal(gtin.digits[0], '?');
	assert_int_equal(gtin_parse(STR("06901234567892"), &gtin), PROBLEM_NONE);
	assert_true(str_equal(gtin_str(&gtin), STR("06901234567892")));
}

static void restricted_numbers_are_read_but_not_registered(void **state)
{
	(void)state;
	static const struct {
		const char *body; /* 13 digits; the check digit is computed */
		bool restricted;
	} rows[] = {
		{"0690123456789", false}, {"0200000000001", true},  {"0029999999999", true},
		{"0020000000000", true},  {"0019999999999", false}, {"0030000000000", false},
		{"0040000000000", true},  {"0049999999999", true},  {"0050000000000", false},
		{"0299999999999", true},  {"0199999999999", false}, {"0300000000000", false},
		{"1200123456789", true},  {"9690123456789", false}, {"0000000000000", true},
		{"0000000123456", true},  {"0000001234567", false}, {"0000002345678", true},
		{"0000006912345", false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char text[15];
		snprintf(text, sizeof text, "%s%c", rows[i].body, gs1_check_digit(str_of(rows[i].body)));
		struct gtin gtin;
		assert_int_equal(gtin_parse(str_of(text), &gtin), PROBLEM_NONE);
		if (gtin_is_restricted(gtin) != rows[i].restricted)
			fail_msg("%s", text);
		assert_int_equal(gtin_parse_for_registration(str_of(text), &gtin),
				 rows[i].restricted ? PROBLEM_GTIN_SYNTAX : PROBLEM_NONE);
	}
	struct gtin gtin;
	assert_int_equal(gtin_parse_for_registration(STR("02000000000013"), &gtin), PROBLEM_GTIN_CHECK_DIGIT);
}

static void lots_are_read_wider_than_they_are_issued(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		bool readable, issuable;
	} rows[] = {
		{{"26A07B19", 8}, true, true},
		{{"A.B_C-1", 7}, true, true},
		{{"AAAAAAAAAAAAAAAAAAAA", 20}, true, true},
		{{"AAAAAAAAAAAAAAAAAAAAA", 21}, false, false},
		{{"", 0}, false, false},
		{{NULL, 0}, false, false},
		{{"a", 1}, true, false},
		{{"A/B", 3}, true, false},
		{{"A%B&C", 5}, true, false},
		{{".", 1}, true, false},
		{{"..", 2}, true, false},
		{{"-_.", 3}, true, false},
		{{"A B", 3}, false, false},
		{{"A#B", 3}, false, false},
		{{"A~", 2}, false, false},
		{{"A\0", 2}, false, false},
		{{"\xe4\xba\x94", 3}, false, false},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (gs1_lot_is_readable(rows[i].text) != rows[i].readable ||
		    gs1_lot_is_issuable(rows[i].text) != rows[i].issuable)
			fail_msg("row %zu", i);
}

static void character_set_has_82_members(void **state)
{
	(void)state;
	int members = 0;
	for (int c = 0; c < 256; c++) {
		char text = (char)c;
		members += gs1_is_cset82((struct str){&text, 1});
	}
	assert_int_equal(members, 82);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_digits_agree_with_the_shared_table),
		cmocka_unit_test(check_digit_needs_digits),
		cmocka_unit_test(gtin_has_fourteen_digits_and_a_check_digit),
		cmocka_unit_test(restricted_numbers_are_read_but_not_registered),
		cmocka_unit_test(lots_are_read_wider_than_they_are_issued),
		cmocka_unit_test(character_set_has_82_members),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
