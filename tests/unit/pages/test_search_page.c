/* SPDX-License-Identifier: Apache-2.0
 * The search box and its results. */
#include "look.h"

static const struct page_hit hits[] = {
	{LITERAL("code"), LITERAL("7K2M9P4Q"), LITERAL("柠檬礼盒"), LITERAL("/t/7K2M9P4Q")},
	{LITERAL("orchard"), LITERAL("<b>"), {NULL, 0}, LITERAL("https://example.org/")},
};

static void the_box_is_a_plain_form_with_a_label(void **state)
{
	struct page page = {.language = LANGUAGE_ZH, .path = STR("/")};
	struct str html = page_home(*state, &page);

	assert_has(html, "<form action=/q role=search><label for=q>");
	assert_has(html, "<input id=q name=q type=search required");
	assert_has(html, "aria-describedby=qh");
}

static void hits_are_linked_with_their_kind(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/q")};
	struct str html = page_results(*state, &page, STR("7k"), hits, 2, /* more */ false);

	assert_has(html, "<span class=tag>Code</span> <a href=\"/t/7K2M9P4Q\"><bdi>7K2M9P4Q</bdi></a>");
	assert_has(html, "<bdi lang=\"zh-Hans\">柠檬礼盒</bdi>");
	assert_has(html, "2 for “<bdi>7k</bdi>”");
	assert_lacks(html, "There are more");
}

static void a_hit_elsewhere_is_named_but_not_linked(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/q")};
	struct str html = page_results(*state, &page, STR("x"), hits, 2, /* more */ true);

	assert_has(html, "<span class=tag><bdi>orchard</bdi></span> <bdi>&lt;b&gt;</bdi></li>");
	assert_lacks(html, "example.org");
	assert_has(html, "There are more; these are the first 2.");
}

static void nothing_found_is_said(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/q")};

	assert_has(page_results(*state, &page, STR("zz"), NULL, 0, /* more */ false),
		   "Nothing found for “<bdi>zz</bdi>”");
	assert_has(page_results(*state, &page, STR(""), NULL, 0, /* more */ false),
		   "Type something to look for");
	assert_has(page_results(*state, &page, (struct str){0}, NULL, 0, /* more */ false),
		   "Type something to look for");
}

static void the_query_stays_in_the_box_as_text(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/q")};

	assert_has(page_results(*state, &page, STR("\"onfocus=x"), NULL, 0, /* more */ false),
		   "value=\"&quot;onfocus=x\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_box_is_a_plain_form_with_a_label),    TEST(hits_are_linked_with_their_kind),
		TEST(a_hit_elsewhere_is_named_but_not_linked), TEST(nothing_found_is_said),
		TEST(the_query_stays_in_the_box_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
