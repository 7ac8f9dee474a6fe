/* SPDX-License-Identifier: Apache-2.0
 * Units are found by code and by the words people write, and every conversion is exact or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/core/unit.h"

#include "generator.h"

static void check_base(const char *value, const char *unit, const char *base, const char *code)
{
	struct arena *arena = arena_create();
	struct quantity q;

	assert_int_equal(quantity_of(str_of(value), str_of(unit), &q), PROBLEM_NONE);
	assert_string_equal(decimal_print(arena, q.base).at, base);
	assert_string_equal(q.unit->code, code);
	assert_string_equal(q.value.at, value);
	arena_destroy(arena);
}

static void every_unit_is_found_by_its_code_and_nothing_else_has_it(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct unit *unit; (unit = unit_at(count)) != NULL; count++) {
		assert_ptr_equal(unit_find(str_of(unit->code)), unit);
		assert_true(unit->numerator > 0 && unit->denominator > 0);
		assert_true(strlen(unit->name_zh) > 0 && strlen(unit->name_en) > 0 &&
			    strlen(unit->symbol) > 0);
		if (count > 0)
			assert_true(strcmp(unit_at(count - 1)->code, unit->code) < 0);
		if (!unit->custom)
			assert_true(strspn(unit->code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
				    strlen(unit->code));
	}
	assert_true(count > 40);
	assert_null(unit_at(count + 1));
}

static void the_words_people_write_lead_to_codes(void **state)
{
	static const char *const words[][2] = {
		{"kg", "KGM"},     {"KG", "KGM"},   {"g", "GRM"},    {"t", "TNE"},   {"head", "HEA"},
		{"Head", "HEA"},   {"公斤", "KGM"}, {"千克", "KGM"}, {"克", "GRM"},  {"吨", "TNE"},
		{"斤", "jin"},     {"jin", "jin"},  {"JIN", "jin"},  {"升", "LTR"},  {"毫升", "MLT"},
		{"头", "HEA"},     {"只", "HEA"},   {"个", "C62"},   {"枚", "H87"},  {"箱", "XCT"},
		{"盒", "XBX"},     {"袋", "XBG"},   {"件", "H87"},   {"box", "XBX"}, {"crate", "XCR"},
		{"pallet", "XPX"}, {"ha", "HAR"},   {"羽", "HEA"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const struct unit *unit = unit_find(str_of(words[i][0]));

		if (unit == NULL)
			fail_msg("%s", words[i][0]);
		else
			assert_string_equal(unit->code, words[i][1]);
	}
}

static void case_is_ignored_for_words_only(void **state)
{
	(void)state;
	assert_null(unit_find(STR("kgm")));
	assert_null(unit_find(STR("Kgm")));
	assert_non_null(unit_find(STR("Kg")));
}

static void what_is_no_unit_is_not_found(void **state)
{
	static const char *const words[] = {
		"",   " ",   "kilo", "KGMX", "mu",
		"亩", "CEL", "kg ",  "XZZ",  "a word that is far too long to be one"};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		assert_null(unit_find(str_of(words[i])));
	assert_null(unit_find((struct str){NULL, 0}));
	assert_null(unit_find((struct str){"kg\0", 3}));
}

static void mu_is_refused_with_what_to_write_instead(void **state)
{
	(void)state;
	assert_true(unit_hint(STR("mu")).len > 0);
	assert_true(unit_hint(STR("Mu")).len > 0);
	assert_true(unit_hint(STR("亩")).len > 0);
	assert_null(unit_hint(STR("kilo")).at);
}

static void each_dimension_has_its_base_unit(void **state)
{
	(void)state;
	for (enum dimension d = DIMENSION_MASS; d < DIMENSION_PACKAGE; d++) {
		assert_int_equal(unit_base(d)->dimension, d);
		assert_int_equal(unit_base(d)->numerator, unit_base(d)->denominator);
	}
	assert_null(unit_base(DIMENSION_PACKAGE));
}

static void amounts_are_exact_in_the_base_unit(void **state)
{
	(void)state;
	check_base("12.50", "kg", "12.5", "KGM");
	check_base("1", "g", "0.001", "GRM");
	check_base("0.000001", "MGM", "0.000000000001", "MGM");
	check_base("25", "jin", "12.5", "jin");
	check_base("0.000001", "jin", "0.0000005", "jin");
	check_base("1", "LBR", "0.45359237", "LBR");
	check_base("0.000003", "lb", "0.00000136077711", "LBR");
	check_base("999999999999999", "t", "999999999999999000", "TNE");
	check_base("750", "ml", "0.75", "MLT");
	check_base("3", "DZN", "36", "DZN");
	check_base("10000", "MTK", "1", "MTK");
	check_base("4", "XBX", "4", "XBX");
	check_base("0.000001", "MTK", "0.0000000001", "MTK");
}

static void every_amount_that_may_be_written_is_exact_in_every_unit(void **state)
{
	static const char *const values[] = {"0.000001", "123456789.123457", "999999999999999", "0.999999",
					     "7"};

	(void)state;
	for (size_t i = 0; unit_at(i) != NULL; i++)
		for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
			struct quantity q;

			assert_int_equal(quantity_of(str_of(values[v]), str_of(unit_at(i)->code), &q),
					 PROBLEM_NONE);
		}
}

static void what_is_no_amount_is_refused(void **state)
{
	static const char *const values[] = {
		"0",  "0.0", "-1", "", "1e3", "1,5", "NaN", " 1", "0x1", "1.0000001", "1234567890123456",
		"+1", "."};
	struct quantity q = {.value = STR("untouched")};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		assert_int_equal(quantity_of(str_of(values[i]), STR("kg"), &q), PROBLEM_QUANTITY_SYNTAX);
	assert_int_equal(quantity_of(STR("1"), STR("kilo"), &q), PROBLEM_UNIT_UNKNOWN);
	assert_string_equal(q.value.at, "untouched");
}

static struct quantity q(const char *value, const char *unit)
{
	struct quantity quantity;

	assert_int_equal(quantity_of(str_of(value), str_of(unit), &quantity), PROBLEM_NONE);
	return quantity;
}

static void check_in(const struct quantity *amount, const struct quantity *net, enum dimension wanted,
		     const char *package_unit, const struct package *packages, size_t count,
		     const char *expected)
{
	struct arena *arena = arena_create();
	const struct unit *wanted_package = package_unit != NULL ? unit_find(str_of(package_unit)) : NULL;
	struct decimal found = decimal_of(-7);
	enum problem p = quantity_in_dimension(amount, net, wanted, wanted_package, packages, count, &found);

	if (expected == NULL) {
		assert_int_equal(p, PROBLEM_UNIT_DIMENSION);
		assert_int_equal(decimal_compare(found, decimal_of(-7)), 0);
	} else {
		assert_int_equal(p, PROBLEM_NONE);
		assert_string_equal(decimal_print(arena, found).at, expected);
	}
	arena_destroy(arena);
}

static void the_same_dimension_is_taken_as_it_is(void **state)
{
	struct quantity kilos = q("2", "t"), net = q("5", "kg");

	(void)state;
	check_in(&kilos, NULL, DIMENSION_MASS, NULL, NULL, 0, "2000");
	check_in(&kilos, &net, DIMENSION_MASS, NULL, NULL, 0, "2000");
	check_in(&kilos, NULL, DIMENSION_VOLUME, NULL, NULL, 0, NULL);
	check_in(&kilos, NULL, DIMENSION_COUNT, NULL, NULL, 0, NULL);
}

static void a_net_measure_is_used_when_it_has_the_wanted_dimension(void **state)
{
	struct quantity head = q("3", "head"), net = q("340.5", "kg");

	(void)state;
	check_in(&head, &net, DIMENSION_MASS, NULL, NULL, 0, "340.5");
	check_in(&head, &net, DIMENSION_COUNT, NULL, NULL, 0, "3");
	check_in(&head, &net, DIMENSION_VOLUME, NULL, NULL, 0, NULL);
}

static void packages_hold_what_the_product_says(void **state)
{
	const struct package packages[] = {{unit_find(STR("XCT")), q("12", "XBX")},
					   {unit_find(STR("XBX")), q("0.25", "kg")},
					   {unit_find(STR("XPX")), q("40", "XCT")}};
	struct quantity boxes = q("4", "box"), cartons = q("2.5", "箱"), pallets = q("1", "pallet"),
			crates = q("1", "XCR");
	struct quantity kilos = q("1", "kg"), third = q("0.1", "g"), net = q("1.1", "kg");

	(void)state;
	check_in(&boxes, NULL, DIMENSION_MASS, NULL, packages, 3, "1");
	check_in(&cartons, NULL, DIMENSION_MASS, NULL, packages, 3, "7.5");
	check_in(&pallets, NULL, DIMENSION_MASS, NULL, packages, 3, "120");
	check_in(&pallets, NULL, DIMENSION_PACKAGE, "XBX", packages, 3, "480");
	check_in(&boxes, NULL, DIMENSION_PACKAGE, "XBX", packages, 3, "4");
	check_in(&crates, NULL, DIMENSION_MASS, NULL, packages, 3, NULL);
	check_in(&boxes, NULL, DIMENSION_PACKAGE, "XCR", packages, 3, NULL);
	check_in(&boxes, &net, DIMENSION_MASS, NULL, packages, 3, "1.1");
	/* And back: a lot that is counted in boxes, an input in kilograms. */
	check_in(&kilos, NULL, DIMENSION_PACKAGE, "XBX", packages, 3, "4");
	check_in(&third, NULL, DIMENSION_PACKAGE, "XBX", packages, 3, "0.0004");
	check_in(&kilos, NULL, DIMENSION_PACKAGE, "XCR", packages, 3, NULL);
}

static void a_division_that_is_not_exact_is_refused(void **state)
{
	const struct package packages[] = {{unit_find(STR("XBX")), q("3", "kg")}};
	struct quantity kilos = q("1", "kg"), nine = q("9", "kg");

	(void)state;
	check_in(&kilos, NULL, DIMENSION_PACKAGE, "XBX", packages, 1, NULL);
	check_in(&nine, NULL, DIMENSION_PACKAGE, "XBX", packages, 1, "3");
}

static void what_leaves_the_range_of_amounts_is_refused(void **state)
{
	const struct package packages[] = {{unit_find(STR("XBX")), q("999999999999999", "t")}};
	struct quantity many = q("999999999999999", "box"), one = q("1", "box");

	(void)state;
	check_in(&one, NULL, DIMENSION_MASS, NULL, packages, 1, "999999999999999000");
	check_in(&many, NULL, DIMENSION_MASS, NULL, packages, 1, NULL);
}

static void packages_that_contain_each_other_end(void **state)
{
	const struct package packages[] = {{unit_find(STR("XCT")), q("2", "XBX")},
					   {unit_find(STR("XBX")), q("2", "XCT")}};
	struct quantity boxes = q("4", "box");

	(void)state;
	check_in(&boxes, NULL, DIMENSION_MASS, NULL, packages, 2, NULL);
}

static void a_thousand_random_words_never_find_a_unit_that_has_another_name(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 1000; seed++) {
		struct generator g = {seed};
		char word[4];
		const struct unit *unit;

		for (size_t i = 0; i < sizeof word; i++)
			word[i] = "KGMTNELRXBCHA78260"[generator_below(&g, 18)];
		unit = unit_find((struct str){word, 3});
		if (unit != NULL)
			assert_memory_equal(unit->code, word, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_unit_is_found_by_its_code_and_nothing_else_has_it),
		cmocka_unit_test(the_words_people_write_lead_to_codes),
		cmocka_unit_test(case_is_ignored_for_words_only),
		cmocka_unit_test(what_is_no_unit_is_not_found),
		cmocka_unit_test(mu_is_refused_with_what_to_write_instead),
		cmocka_unit_test(each_dimension_has_its_base_unit),
		cmocka_unit_test(amounts_are_exact_in_the_base_unit),
		cmocka_unit_test(every_amount_that_may_be_written_is_exact_in_every_unit),
		cmocka_unit_test(what_is_no_amount_is_refused),
		cmocka_unit_test(the_same_dimension_is_taken_as_it_is),
		cmocka_unit_test(a_net_measure_is_used_when_it_has_the_wanted_dimension),
		cmocka_unit_test(packages_hold_what_the_product_says),
		cmocka_unit_test(a_division_that_is_not_exact_is_refused),
		cmocka_unit_test(what_leaves_the_range_of_amounts_is_refused),
		cmocka_unit_test(packages_that_contain_each_other_end),
		cmocka_unit_test(a_thousand_random_words_never_find_a_unit_that_has_another_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
