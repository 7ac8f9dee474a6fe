/* SPDX-License-Identifier: Apache-2.0
 * Pages of lists: how many rows are asked for, cursors there and back, the address of the next page. */
#include "list_priv.h"

#include "../check.h"

static const struct uuid some_id = {{1, 2, 3, 4, 5, 6, 0x77, 8, 0x89, 10, 11, 12, 13, 14, 15, 16}};

static void one_row_more_than_a_page_is_asked_for(void **state)
{
	(void)state;
	assert_int_equal(list_rows_wanted(0), LIST_DEFAULT + 1);
	assert_int_equal(list_rows_wanted(1), 2);
	assert_int_equal(list_rows_wanted(LIST_MAX), LIST_MAX + 1);
}

static void a_cursor_comes_back_as_it_went(void **state)
{
	static const int64_t places[] = {0, -1, INT64_MIN, INT64_MAX, INT64_C(1777777777123456)};
	struct call call = {.arena = *state};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct uuid id;
		int64_t place;
		struct str cursor = cursor_print(*state, places[i], some_id);
		assert_problem(cursor_read(&call, cursor, &place, &id), PROBLEM_NONE);
		assert_int_equal(place, places[i]);
		assert_true(uuid_equal(id, some_id));
	}
}

static void a_cursor_of_another_making_is_refused(void **state)
{
	/* Not base64url; "12"; "12 34"; "x 01020304-…"; an empty one. */
	static const char *const foreign[] = {"!", "MTI", "MTIgMzQ",
					      "eCAwMTAyMDMwNC0wNTA2LTc3MDgtODkwYS0wYjBjMGQwZTBmMTA", ""};
	for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
		struct call call = {.arena = *state};
		struct uuid id = some_id;
		int64_t place = 5;
		assert_problem(cursor_read(&call, str_of(foreign[i]), &place, &id), PROBLEM_CURSOR);
		assert_string_equal(call.fault.pointer, "?cursor");
		assert_int_equal(place, 5);
		assert_true(uuid_equal(id, some_id));
	}
}

static void a_key_is_short_and_printable(void **state)
{
	/* "0 500112"; then a NUL, a character beyond ASCII, and 65 letters in the key. */
	struct call call = {.arena = *state};
	struct str key, longest = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 65};
	int64_t place;
	assert_problem(cursor_read_key(&call, STR("MCA1MDAxMTI"), &place, &key), PROBLEM_NONE);
	assert_str(key, "500112");
	assert_problem(cursor_read_key(&call, STR("MCBhAGI"), &place, &key), PROBLEM_CURSOR);
	assert_problem(cursor_read_key(&call, STR("MCDDqQ"), &place, &key), PROBLEM_CURSOR);
	assert_problem(cursor_read_key(&call, cursor_print_key(*state, 0, longest), &place, &key),
		       PROBLEM_CURSOR);
}

static void the_next_page_keeps_every_filter(void **state)
{
	static const struct {
		const char *query, *link;
	} cases[] = {
		{NULL, "</v1/lots?cursor=NEXT>; rel=\"next\""},
		{"cursor=OLD", "</v1/lots?cursor=NEXT>; rel=\"next\""},
		{"party=A%20B&cursor=OLD&limit=2",
		 "</v1/lots?party=A%20B&limit=2&cursor=NEXT>; rel=\"next\""},
		{"&&q=x&", "</v1/lots?q=x&cursor=NEXT>; rel=\"next\""},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct call call = {
			.arena = *state, .path = STR("/v1/lots"), .raw_query = str_of(cases[i].query)};
		struct reply reply = {.value = NULL};
		assert_str(list_announce_next(&call, &reply, STR("NEXT")), "NEXT");
		assert_str(reply.link, cases[i].link);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_row_more_than_a_page_is_asked_for), TEST(a_cursor_comes_back_as_it_went),
		TEST(a_cursor_of_another_making_is_refused), TEST(a_key_is_short_and_printable),
		TEST(the_next_page_keeps_every_filter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
