/* SPDX-License-Identifier: Apache-2.0
 * The request target is split raw, and what is ambiguous is refused. */
#include "check.h"

#include "target_priv.h"

static void path_and_query_are_split_before_decoding(void **state)
{
	(void)state;
	struct target t;
	assert_int_equal(target_split(STR("/01/0950%2F6/10/A%3FB?x=%2f&y"), &t), PROBLEM_NONE);
	assert_str(t.path, "/01/0950%2F6/10/A%3FB");
	assert_str(t.query, "x=%2f&y");
}

static void no_query_and_an_empty_query_differ(void **state)
{
	(void)state;
	struct target t;
	assert_int_equal(target_split(STR("/a"), &t), PROBLEM_NONE);
	assert_null(t.query.at);
	assert_int_equal(target_split(STR("/a?"), &t), PROBLEM_NONE);
	assert_non_null(t.query.at);
	assert_int_equal(t.query.len, 0);
	assert_int_equal(target_split(STR("/a?b?c"), &t), PROBLEM_NONE);
	assert_str(t.query, "b?c");
}

static void the_authority_of_the_absolute_form_is_dropped(void **state)
{
	(void)state;
	struct target t;
	assert_int_equal(target_split(STR("http://example.cn:8080/a/b?q"), &t), PROBLEM_NONE);
	assert_str(t.path, "/a/b");
	assert_str(t.query, "q");
	assert_int_equal(target_split(STR("HTTPS://example.cn"), &t), PROBLEM_NONE);
	assert_str(t.path, "/");
	assert_int_equal(target_split(STR("http://example.cn?a=/b"), &t), PROBLEM_BAD_REQUEST);
	assert_int_equal(target_split(STR("http:///b"), &t), PROBLEM_BAD_REQUEST);
	assert_int_equal(target_split(STR("ftp://example.cn/a"), &t), PROBLEM_BAD_REQUEST);
}

static void the_whole_server_is_a_target(void **state)
{
	(void)state;
	struct target t;
	assert_int_equal(target_split(STR("*"), &t), PROBLEM_NONE);
	assert_str(t.path, "*");
	assert_int_equal(target_split(STR("*a"), &t), PROBLEM_BAD_REQUEST);
}

static void malformed_escapes_are_refused_in_path_and_query(void **state)
{
	(void)state;
	static const char *const bad[] = {"/%", "/%2", "/%zz", "/a%g1", "/%1g", "/a?x=%", "/a?%4", "/%%41"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(target_split(str_of(bad[i]), &(struct target){{0}, {0}}),
				 PROBLEM_BAD_REQUEST);
}

static void an_encoded_nul_is_refused_wherever_it_stands(void **state)
{
	(void)state;
	assert_int_equal(target_split(STR("/a%00b"), &(struct target){{0}, {0}}), PROBLEM_BAD_REQUEST);
	assert_int_equal(target_split(STR("/a?b=%00"), &(struct target){{0}, {0}}), PROBLEM_BAD_REQUEST);
	/* Twice encoded it is only text: nothing is decoded twice. */
	assert_int_equal(target_split(STR("/a%2500"), &(struct target){{0}, {0}}), PROBLEM_NONE);
}

static void spaces_controls_and_fragments_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"/a b", "/a\tb", "/a\x7f", "/a\x01", "/a#b", "", "a/b", "?x"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(target_split(str_of(bad[i]), &(struct target){{0}, {0}}),
				 PROBLEM_BAD_REQUEST);
	assert_int_equal(target_split((struct str){"/a\0b", 4}, &(struct target){{0}, {0}}),
			 PROBLEM_BAD_REQUEST);
	assert_int_equal(target_split(STR("/\xe4\xb8\xad"), &(struct target){{0}, {0}}), PROBLEM_NONE);
}

static void a_query_value_is_found_by_its_whole_name(void **state)
{
	(void)state;
	assert_str(target_query_value(STR("slang=en&lang=zh"), STR("lang")), "zh");
	assert_str(target_query_value(STR("lang"), STR("lang")), NULL);
	assert_str(target_query_value(STR("lang=&lang=en"), STR("lang")), "");
	assert_str(target_query_value((struct str){0}, STR("lang")), NULL);
	assert_str(target_query_value(STR("a=b"), STR("lang")), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_and_query_are_split_before_decoding),
		cmocka_unit_test(no_query_and_an_empty_query_differ),
		cmocka_unit_test(the_authority_of_the_absolute_form_is_dropped),
		cmocka_unit_test(the_whole_server_is_a_target),
		cmocka_unit_test(malformed_escapes_are_refused_in_path_and_query),
		cmocka_unit_test(an_encoded_nul_is_refused_wherever_it_stands),
		cmocka_unit_test(spaces_controls_and_fragments_are_refused),
		cmocka_unit_test(a_query_value_is_found_by_its_whole_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
