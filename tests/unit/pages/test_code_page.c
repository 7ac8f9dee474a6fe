/* SPDX-License-Identifier: Apache-2.0
 * Codes that are not registered, and text that is not a code. */
#include "look.h"

static void an_unknown_code_is_shown_with_what_to_check_and_what_it_could_mean(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct str html = page_unknown_code(*state, &page, STR("7K2M9P4Q"));

	assert_has(html, "<h1 id=v>This code is not registered</h1>");
	assert_has(html, "There is no code <b><bdi>7K2M9P4Q</bdi></b> here.");
	assert_has(html, "O is read as 0, I and L as 1");
	assert_has(html, "not registered the lot yet");
	assert_has(html, "<a href=tel:12315>");
	assert_has(html, "value=\"7K2M9P4Q\"");
}

static void an_unknown_code_does_not_accuse_or_vouch(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct str html = page_unknown_code(*state, &page, STR("7K2M9P4Q"));

	assert_lacks(html, "counterfeit");
	assert_lacks(html, "fake");
	assert_lacks(html, "genuine");
}

static void text_that_is_no_code_is_said_to_be_none(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);
	struct str html = page_malformed_code(*state, &page, STR("UUU"));

	assert_has(html, "<h1 id=v>这不是追溯码</h1>");
	assert_has(html, "不含字母 U");
	assert_lacks(html, "id=meaning");
}

static void what_was_typed_stays_text(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);
	struct str typed = STR("\"><script>x</script>\xe2\x80\xae\xff");

	assert_lacks(page_unknown_code(*state, &page, typed), "<script");
	assert_lacks(page_malformed_code(*state, &page, typed), "<script");
	assert_has(page_unknown_code(*state, &page, typed),
		   "value=\"&quot;&gt;&lt;script&gt;x&lt;/script&gt;\xef\xbf\xbd\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_unknown_code_is_shown_with_what_to_check_and_what_it_could_mean),
		TEST(an_unknown_code_does_not_accuse_or_vouch),
		TEST(text_that_is_no_code_is_said_to_be_none),
		TEST(what_was_typed_stays_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
