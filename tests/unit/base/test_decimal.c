/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals: what a quantity may look like, arithmetic, the ends of the range. */
#include "ft/base/decimal.h"

#include "../check.h"

static const int128 largest = (int128)(((__extension__(unsigned __int128) 1) << 127) - 1);

static struct decimal quantity(const char *text)
{
	struct decimal d = {-1};
	assert_problem(decimal_parse_quantity(str_of(text), &d), PROBLEM_NONE);
	return d;
}

static struct decimal number(const char *text)
{
	struct decimal d = {-1};
	assert_true(decimal_parse(str_of(text), &d));
	return d;
}

static void quantities_are_plain_decimals(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{"0", "0"},
		{"0.0", "0"},
		{"0.000000", "0"},
		{"1", "1"},
		{"12.5", "12.5"},
		{"12.50", "12.5"},
		{"10", "10"},
		{"0.1", "0.1"},
		{"0.000001", "0.000001"},
		{"1.00000000000000000000", "1"},
		{"1.1000000000", "1.1"},
		{"999999999999999", "999999999999999"},
		{"999999999.999999", "999999999.999999"},
		{"100000000000000", "100000000000000"},
		{"123456789012345.000000", "123456789012345"},
		{"99999999999999.9", "99999999999999.9"},
		{"0.999999", "0.999999"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_str(decimal_print(*state, quantity(cases[i].text)), cases[i].printed);
}

static void other_forms_are_no_quantities(void **state)
{
	(void)state;
	const char *const refused[] = {
		"",
		" ",
		"-",
		".",
		"+1",
		"-1",
		"-0",
		"1.",
		".5",
		"1..2",
		"1.2.3",
		"1,5",
		"1 000",
		" 1",
		"1 ",
		"1e3",
		"1E3",
		"1e-3",
		"NaN",
		"nan",
		"inf",
		"Infinity",
		"-Infinity",
		"0x10",
		"00",
		"00.5",
		"01",
		"0001",
		"1_000",
		"1.5kg",
		"\xd9\xa1",
		"0.0000001",
		"1.0000001",
		"1000000000000000",
		"1234567890123456",
		"999999999999999.9",
		"1234567890.123456",
		"9999999999999999999999999999999999999999",
		"1.12345678901234567890",
		"\xef\xbc\x91",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct decimal d = {7};
		enum problem p = decimal_parse_quantity(str_of(refused[i]), &d);
		if (!p)
			fprintf(stderr, "\"%s\"\n", refused[i]);
		assert_problem(p, PROBLEM_QUANTITY_SYNTAX);
		assert_true(d.units == 7);
	}
	struct decimal d;
	assert_problem(decimal_parse_quantity(str_of(NULL), &d), PROBLEM_QUANTITY_SYNTAX);
	assert_problem(decimal_parse_quantity(STR("1\0"), &d), PROBLEM_QUANTITY_SYNTAX);
}

static void numbers_may_have_a_sign_and_fifteen_decimals(void **state)
{
	static const struct {
		const char *text, *printed;
	} cases[] = {
		{"-3", "-3"},
		{"+3", "3"},
		{"-0", "0"},
		{"0", "0"},
		{"-18.25", "-18.25"},
		{"007", "7"},
		{"0.000000000000001", "0.000000000000001"},
		{"-0.000000000000001", "-0.000000000000001"},
		{"1.5000000000000000000000", "1.5"},
		{"1000000000000000.5", "1000000000000000.5"},
		{"170141183460469231731687.303715884105727", "170141183460469231731687.303715884105727"},
		{"-170141183460469231731687.303715884105727", "-170141183460469231731687.303715884105727"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_str(decimal_print(*state, number(cases[i].text)), cases[i].printed);
}

static void what_does_not_fit_or_is_no_number_is_refused(void **state)
{
	(void)state;
	const char *const refused[] = {
		"",
		"-",
		"+",
		"--1",
		"+-1",
		"1.",
		".5",
		"-.5",
		"1e3",
		"NaN",
		"0.0000000000000001",
		"1.0000000000000001",
		"170141183460469231731687.303715884105728",
		"170141183460469231731688",
		"1000000000000000000000000",
		"9999999999999999999999999999999999999999",
		" 1",
		"1-",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct decimal d = {7};
		assert_false(decimal_parse(str_of(refused[i]), &d));
		assert_true(d.units == 7);
	}
}

static void the_smallest_value_prints(void **state)
{
	assert_str(decimal_print(*state, (struct decimal){-largest - 1}),
		   "-170141183460469231731687.303715884105728");
}

static void printing_and_reading_agree(void **state)
{
	uint64_t seed = 9;
	for (int round = 0; round < 20000; round++) {
		int128 units = (int128)((__extension__(unsigned __int128) next_random(&seed) << 64) |
					next_random(&seed));
		units >>= next_random(&seed) % 127;
		if (units == -largest - 1)
			continue;
		struct decimal d = {units};
		assert_true(number(decimal_print(*state, d).at).units == units);
	}
}

static void quantities_print_as_they_were_written(void **state)
{
	uint64_t seed = 10;
	for (int round = 0; round < 20000; round++) {
		uint64_t places = next_random(&seed) % 7, whole_digits = next_random(&seed) % (16 - places);
		uint64_t whole = next_random(&seed) % 1000000000000000u,
			 fraction = next_random(&seed) % 1000000u;
		for (uint64_t i = whole_digits; i < 15; i++)
			whole /= 10;
		for (uint64_t i = places; i < 6; i++)
			fraction /= 10;
		struct str text;
		if (places && fraction % 10)
			text = arena_printf(*state, "%llu.%0*llu", (unsigned long long)whole, (int)places,
					    (unsigned long long)fraction);
		else
			text = arena_printf(*state, "%llu", (unsigned long long)whole);
		assert_strs(decimal_print(*state, quantity(text.at)), text);
	}
}

static void sums_and_differences_are_exact(void **state)
{
	assert_str(decimal_print(*state, decimal_add(number("0.1"), number("0.2"))), "0.3");
	assert_str(decimal_print(*state, decimal_sub(number("1"), number("0.999999"))), "0.000001");
	assert_str(decimal_print(*state, decimal_sub(number("1"), number("3.5"))), "-2.5");
	assert_str(decimal_print(*state, decimal_of(INT64_MAX)), "9223372036854775807");
	assert_str(decimal_print(*state, decimal_of(INT64_MIN)), "-9223372036854775808");
	/* ten thousand of the largest quantities still fit */
	struct decimal sum = decimal_of(0);
	for (int i = 0; i < 10000; i++)
		sum = decimal_add(sum, quantity("999999999999999"));
	assert_str(decimal_print(*state, sum), "9999999999999990000");
}

static void comparison_orders_by_value(void **state)
{
	(void)state;
	assert_int_equal(decimal_compare(number("1.50"), number("1.5")), 0);
	assert_int_equal(decimal_compare(number("-2"), number("1")), -1);
	assert_int_equal(decimal_compare(number("2"), number("1.999999999999999")), 1);
	assert_true(decimal_is_zero(number("-0.000")));
	assert_false(decimal_is_zero(number("0.000000000000001")));
}

static void add_beyond(void)
{
	(void)decimal_add((struct decimal){largest}, (struct decimal){1});
}

static void subtract_beyond(void)
{
	(void)decimal_sub((struct decimal){-largest - 1}, (struct decimal){1});
}

static void leaving_the_range_aborts(void **state)
{
	(void)state;
	assert_true(aborts(add_beyond));
	assert_true(aborts(subtract_beyond));
}

static void scaling_is_exact_or_refused(void **state)
{
	static const struct {
		const char *value;
		int64_t numerator, denominator;
		const char *result; /* NULL: refused */
	} cases[] = {
		{"12.5", 1000, 1, "12500"},
		{"12500", 1, 1000, "12.5"},
		{"1", 1, 3, NULL},
		{"3", 1, 3, "1"},
		{"1", 2, 6, NULL},
		{"2", 3, 6, "1"},
		{"1", 45359237, 100000000, "0.45359237"},
		{"0", 1, 3, "0"},
		{"7", 0, 5, "0"},
		{"7", 1, 0, NULL},
		{"0", 0, 0, NULL},
		{"-2", 1, 4, "-0.5"},
		{"2", -1, 4, "-0.5"},
		{"2", 1, -4, "-0.5"},
		{"2", -1, -4, "0.5"},
		{"0.000000000000001", 1, 2, NULL},
		{"1", INT64_MAX, INT64_MAX, "1"},
		{"1", INT64_MIN, INT64_MIN, "1"},
		{"1", INT64_MIN, 1, "-9223372036854775808"},
		{"1", INT64_MIN, -1, "9223372036854775808"},
		{"999999999999999", INT64_MAX, 1, NULL},
		{"999999999999999", INT64_MAX, 3, NULL},
		{"100000000000000000000", 1000, 1, "100000000000000000000000"},
		{"100000000000000000000", 10000, 1, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct decimal d = {7};
		bool exact =
			decimal_scale(number(cases[i].value), cases[i].numerator, cases[i].denominator, &d);
		assert_int_equal(exact, cases[i].result != NULL);
		if (exact)
			assert_str(decimal_print(*state, d), cases[i].result);
		else
			assert_true(d.units == 7);
	}
	struct decimal d;
	assert_false(decimal_scale((struct decimal){-largest - 1}, -1, 1, &d));
	assert_false(decimal_scale((struct decimal){-largest - 1}, 1, -1, &d));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(quantities_are_plain_decimals),
		TEST(other_forms_are_no_quantities),
		TEST(numbers_may_have_a_sign_and_fifteen_decimals),
		TEST(what_does_not_fit_or_is_no_number_is_refused),
		TEST(the_smallest_value_prints),
		TEST(printing_and_reading_agree),
		TEST(quantities_print_as_they_were_written),
		TEST(sums_and_differences_are_exact),
		TEST(comparison_orders_by_value),
		TEST(leaving_the_range_aborts),
		TEST(scaling_is_exact_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
