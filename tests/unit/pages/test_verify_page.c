/* SPDX-License-Identifier: Apache-2.0
 * The help page names the tools, and its commands are whole. */
#include "look.h"

static void both_tools_are_named_in_both_languages(void **state)
{
	for (int language = 0; language < 2; language++) {
		struct page page = {.language = (enum language)language, .path = STR("/verify")};
		struct str html = page_verify_help(*state, &page);
		assert_has(html, "farmtrail verify");
		assert_has(html, "openssl dgst -sha256 -verify");
		assert_int_equal(count_of(html, "<pre>"), count_of(html, "</pre>"));
	}
}

static void the_page_says_what_a_signature_does_not_tell(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/verify")};

	assert_has(page_verify_help(*state, &page), "It does not tell that the content is true");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(both_tools_are_named_in_both_languages),
		TEST(the_page_says_what_a_signature_does_not_tell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
