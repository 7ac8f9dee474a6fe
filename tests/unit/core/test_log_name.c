/* SPDX-License-Identifier: Apache-2.0
 * Names of logs: one spelling for each, and which belong to an origin. */
#include "../check.h"

#include "ft/core/log_name.h"

static void a_name_has_one_spelling(void **state)
{
	struct arena *arena = arena_create();
	(void)state;
	for (int64_t number = 1; number < 12; number++) {
		struct str name = log_name_print(arena, (struct log_name){STR("farm.example"), number});
		struct log_name read = log_name_read(name);
		assert_true(str_equal(read.origin, STR("farm.example")));
		assert_int_equal(read.number, number);
		assert_true(log_name_is_of(name, STR("farm.example")));
	}
	assert_true(str_equal(log_name_print(arena, (struct log_name){STR("a"), 2}), STR("a/2")));
	arena_destroy(arena);
}

static void what_is_no_number_is_an_origin(void **state)
{
	static const char *const names[] = {
		"a/1", "a/0",  "a/02", "a/", "a/x", "a/2x", "a/-2", "/2", "a/1234567890123456789",
		"a",   "a/2/", "a/2/x"};
	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct log_name read = log_name_read(str_of(names[i]));
		assert_int_equal(read.number, 1);
		assert_true(str_equal(read.origin, str_of(names[i])));
		assert_false(log_name_is_of(str_of(names[i]), STR("a")) && i != 9);
	}
}

static void a_later_log_is_of_the_same_origin(void **state)
{
	(void)state;
	assert_true(log_name_succeeds(STR("a/2"), STR("a")));
	assert_true(log_name_succeeds(STR("a/10"), STR("a/9")));
	assert_false(log_name_succeeds(STR("a"), STR("a/2")));
	assert_false(log_name_succeeds(STR("a/2"), STR("a/2")));
	assert_false(log_name_succeeds(STR("b/2"), STR("a")));
	assert_false(log_name_is_of(STR("ab/2"), STR("a")));
	assert_false(log_name_is_of(STR("b"), STR("a")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_has_one_spelling),
		cmocka_unit_test(what_is_no_number_is_an_origin),
		cmocka_unit_test(a_later_log_is_of_the_same_origin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
