/* SPDX-License-Identifier: Apache-2.0
 * Borrowed text: absence, comparison, cutting, copying. */
#include "../check.h"

static void absent_is_not_empty(void **state)
{
	assert_null(str_of(NULL).at);
	assert_non_null(str_of("").at);
	assert_absent(arena_str(*state, str_of(NULL)));
	assert_str(arena_str(*state, STR("")), "");
	assert_null(arena_bytes(*state, (struct bytes){NULL, 0}).at);
	assert_non_null(arena_bytes(*state, str_bytes(STR(""))).at);
}

static void equality_looks_at_every_byte(void **state)
{
	(void)state;
	assert_true(str_equal(STR("abc"), STR("abc")));
	assert_false(str_equal(STR("abc"), STR("abd")));
	assert_false(str_equal(STR("abc"), STR("ab")));
	assert_true(str_equal(STR(""), str_of(NULL)));
	assert_false(str_equal(STR("a\0b"), STR("a\0c")));
	assert_true(bytes_equal(str_bytes(STR("a\0b")), str_bytes(STR("a\0b"))));
	assert_true(str_equal(bytes_str(str_bytes(STR("a\0b"))), STR("a\0b")));
	assert_false(bytes_equal(str_bytes(STR("a\0b")), str_bytes(STR("a\0c"))));
	assert_false(bytes_equal(str_bytes(STR("a")), str_bytes(STR("ab"))));
	assert_true(bytes_equal((struct bytes){NULL, 0}, str_bytes(STR(""))));
}

static void case_is_ignored_for_ascii_letters_only(void **state)
{
	(void)state;
	assert_true(str_equal_ignoring_case(STR("AbZz09"), STR("aBzZ09")));
	assert_false(str_equal_ignoring_case(STR("a"), STR("ab")));
	assert_false(str_equal_ignoring_case(STR("@"), STR("`"))); /* they differ by the case bit */
	assert_false(str_equal_ignoring_case(STR("["), STR("{")));
	assert_false(str_equal_ignoring_case(STR("\xc3\x84"), STR("\xc3\xa4"))); /* Ä, ä */
}

static void order_is_bytewise_and_a_start_comes_first(void **state)
{
	(void)state;
	assert_int_equal(str_compare(STR("a"), STR("a")), 0);
	assert_true(str_compare(STR("a"), STR("b")) < 0);
	assert_true(str_compare(STR("b"), STR("ab")) > 0);
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("ab"), STR("a")) > 0);
	assert_true(str_compare(STR("\xff"), STR("a")) > 0);
	assert_true(str_compare(str_of(NULL), STR("a")) < 0);
	assert_int_equal(str_compare(str_of(NULL), STR("")), 0);
}

static void starts_and_ends(void **state)
{
	(void)state;
	assert_true(str_starts(STR("urn:epc"), STR("urn:")));
	assert_true(str_starts(STR("x"), STR("")));
	assert_false(str_starts(STR("ur"), STR("urn")));
	assert_false(str_starts(STR("urx:"), STR("urn:")));
	assert_true(str_ends(STR("a.json"), STR(".json")));
	assert_true(str_ends(STR("x"), STR("")));
	assert_false(str_ends(STR("json"), STR(".json")));
	assert_false(str_ends(STR("a.jsox"), STR(".json")));
}

static void cut_gives_head_and_rest(void **state)
{
	(void)state;
	struct str rest;
	assert_str(str_cut(STR("a=b=c"), '=', &rest), "a");
	assert_str(rest, "b=c");
	assert_str(str_cut(STR("a="), '=', &rest), "a");
	assert_str(rest, "");
	assert_str(str_cut(STR("=a"), '=', &rest), "");
	assert_str(rest, "a");
	assert_str(str_cut(STR("abc"), '=', &rest), "abc");
	assert_absent(rest);
	assert_absent(str_cut(str_of(NULL), '=', &rest));
	assert_absent(rest);
}

static void from_gives_the_tail(void **state)
{
	(void)state;
	assert_str(str_from(STR("abc"), 1), "bc");
	assert_str(str_from(STR("abc"), 3), "");
	assert_absent(str_from(str_of(NULL), 0));
}

static void cut_too_far(void)
{
	(void)str_from(STR("abc"), 4);
}

static void a_start_beyond_the_end_aborts(void **state)
{
	(void)state;
	assert_true(aborts(cut_too_far));
}

static void trim_takes_ascii_space_off_both_ends(void **state)
{
	(void)state;
	assert_str(str_trim(STR(" \t\r\n\v\fa b \n")), "a b");
	assert_str(str_trim(STR(" \n ")), "");
	assert_str(str_trim(STR("")), "");
	assert_str(str_trim(STR("\xc2\xa0x")), "\xc2\xa0x");
}

static void copies_are_terminated(void **state)
{
	struct str part = {"abcdef", 3};
	struct str copy = arena_str(*state, part);
	assert_str(copy, "abc");
	assert_int_equal(copy.at[3], 0);
	assert_ptr_not_equal(copy.at, part.at);
	struct bytes bytes = arena_bytes(*state, str_bytes(STR("a\0b")));
	assert_memory_equal(bytes.at, "a\0b", 3);
}

static void printf_takes_any_length(void **state)
{
	for (int width = 0; width < 400; width++) {
		struct str text = arena_printf(*state, "%*d!", width, 7);
		assert_int_equal(text.len, width < 1 ? 2 : width + 1);
		assert_true(str_ends(text, STR("7!")));
		assert_int_equal(text.at[text.len], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(absent_is_not_empty),
		TEST(equality_looks_at_every_byte),
		TEST(case_is_ignored_for_ascii_letters_only),
		TEST(order_is_bytewise_and_a_start_comes_first),
		TEST(starts_and_ends),
		TEST(cut_gives_head_and_rest),
		TEST(from_gives_the_tail),
		TEST(a_start_beyond_the_end_aborts),
		TEST(trim_takes_ascii_space_off_both_ends),
		TEST(copies_are_terminated),
		TEST(printf_takes_any_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
