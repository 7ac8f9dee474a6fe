/* SPDX-License-Identifier: Apache-2.0
 * The page of a mirror's root needs nothing around it, and says nothing but what it was given, as text. */
#include "look.h"

static struct str render(struct arena *arena, enum language language, struct str log)
{
	const struct page page = {.language = language, .other_file = STR("other.html")};
	const struct page_mirror_copy copy = {.log = log,
					      .size = 70000,
					      .root = STR("cm9vdA=="),
					      .vkey = STR("log+0d5ae9fc+key"),
					      .at = STR("2026-05-03T00:30:00Z")};
	return page_mirror_root(arena, &page, &copy);
}

static void both_languages_say_whose_it_is_and_how_far_it_goes(void **state)
{
	for (int language = 0; language < 2; language++) {
		struct str html = render(*state, (enum language)language, STR("farm.example"));
		assert_has(html, "farm.example");
		assert_has(html, "70000");
		assert_has(html, "cm9vdA==");
		assert_has(html, "log+0d5ae9fc+key");
		assert_has(html, "farmtrail monitor URL --log log.vkey");
		assert_has(html, "href=\"other.html\"");
	}
}

static void it_links_to_no_server_and_has_no_script(void **state)
{
	struct str html = render(*state, LANGUAGE_EN, STR("farm.example"));

	assert_int_equal(count_of(html, "href=\"/"), 0);
	assert_int_equal(count_of(html, "lang=en\""), 0);
	assert_int_equal(count_of(html, "<script"), 0);
	assert_int_equal(count_of(html, "<form"), 0);
}

static void the_name_of_a_log_is_text(void **state)
{
	assert_int_equal(count_of(render(*state, LANGUAGE_ZH, STR("<b>&\"")), "<b>&"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_languages_say_whose_it_is_and_how_far_it_goes),
		TEST(it_links_to_no_server_and_has_no_script),
		TEST(the_name_of_a_log_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
