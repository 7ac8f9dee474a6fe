/* SPDX-License-Identifier: Apache-2.0
 * What every page has around its content. */
#include "look.h"

static struct str home(struct arena *arena, enum language language, struct str path, struct str query)
{
	struct page page = {.language = language, .path = path, .raw_query = query};

	return page_home(arena, &page);
}

static void a_page_is_one_document_without_script_or_foreign_address(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);
	struct str html = page_trail(*state, &page, sample_trail(*state, 4, 12));

	assert_true(str_starts(html, STR("<!doctype html>\n<html lang=zh-Hans>")));
	assert_true(str_ends(html, STR("</html>\n")));
	assert_lacks(html, "<script");
	assert_lacks(html, "src=");
	assert_lacks(html, "@import");
	assert_lacks(html, "url(");
	assert_lacks(html, "http://");
	assert_int_equal(count_of(html, "https://"), 1); /* og:url, its own address */
	assert_has(html, "<meta name=robots content=noindex>");
	assert_has(html, "<meta name=viewport content=\"width=device-width,initial-scale=1\">");
}

static void landmarks_and_one_first_heading_structure_the_page(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct str html = page_trail(*state, &page, sample_trail(*state, 2, 3));

	assert_has(html, "<html lang=en>");
	assert_int_equal(count_of(html, "<main"), 1);
	assert_int_equal(count_of(html, "<h1"), 1);
	assert_has(html, "<header");
	assert_has(html, "<footer");
	assert_has(html, "<a class=skip href=#main>");
	assert_int_equal(count_of(html, "<section"), count_of(html, "aria-labelledby="));
}

static void the_language_switch_keeps_the_rest_of_the_query(void **state)
{
	assert_has(home(*state, LANGUAGE_ZH, STR("/t/7K"), (struct str){0}),
		   "href=\"/t/7K?lang=en\" lang=en");
	assert_has(home(*state, LANGUAGE_EN, STR("/t/7K"), STR("tier=district&lang=en&x")),
		   "href=\"/t/7K?tier=district&amp;x&amp;lang=zh\" lang=zh-Hans");
	assert_has(home(*state, LANGUAGE_EN, STR("/q"), STR("lang&q=%22%3E&&langue=1")),
		   "href=\"/q?q=%22%3E&amp;langue=1&amp;lang=zh\"");
}

static void links_stay_in_the_language_of_the_page(void **state)
{
	assert_has(home(*state, LANGUAGE_EN, STR("/"), (struct str){0}), "href=\"/verify?lang=en\"");
	assert_has(home(*state, LANGUAGE_ZH, STR("/"), (struct str){0}), "name=lang value=zh");
}

static void a_path_that_leaves_the_server_is_not_linked(void **state)
{
	assert_lacks(home(*state, LANGUAGE_EN, STR("//example.org/x"), (struct str){0}), "//example.org");
}

static void demonstration_and_test_code_are_said_on_the_page(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct trail *trail = sample_trail(*state, 1, 1);

	assert_lacks(page_trail(*state, &page, trail), "<aside");
	trail->lot->test = true;
	assert_has(page_trail(*state, &page, trail), "TEST code");
	assert_lacks(page_trail(*state, &page, trail), "Demonstration");
	trail->demonstration = true;
	assert_has(page_trail(*state, &page, trail), "Demonstration");
	page.demonstration = true;
	assert_has(page_home(*state, &page), "Demonstration");
}

static void the_share_card_names_product_and_verdict_in_plain_text(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);
	struct str html = page_trail(*state, &page, sample_hostile(*state));
	struct str head = between(html, "<head>", "<style>");

	assert_has(head, "property=og:url content=\"https://id.example.cn/t/7K2M9P4QX3WD\"");
	assert_int_equal(count_of(head, "<bdi"), 0);
	assert_int_equal(count_of(head, "<script"), 0);
	html = page_trail(*state, &page, sample_trail(*state, 1, 1));
	assert_has(html, "<title>已登记 · 柠檬礼盒 2.5 千克 TN-20260504-11 · Farmtrail</title>");
	assert_has(html, "<meta property=og:title content=\"已登记 · 柠檬礼盒 2.5 千克 TN-20260504-11\">");
	page.public_url = (struct str){0};
	assert_lacks(page_trail(*state, &page, sample_trail(*state, 1, 1)), "og:url");
}

static void both_hotlines_can_be_called(void **state)
{
	struct str html = home(*state, LANGUAGE_ZH, STR("/"), (struct str){0});

	assert_has(html, "<a href=tel:12316>");
	assert_has(html, "<a href=tel:12315>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_page_is_one_document_without_script_or_foreign_address),
		TEST(landmarks_and_one_first_heading_structure_the_page),
		TEST(the_language_switch_keeps_the_rest_of_the_query),
		TEST(links_stay_in_the_language_of_the_page),
		TEST(a_path_that_leaves_the_server_is_not_linked),
		TEST(demonstration_and_test_code_are_said_on_the_page),
		TEST(the_share_card_names_product_and_verdict_in_plain_text),
		TEST(both_hotlines_can_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
