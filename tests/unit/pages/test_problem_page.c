/* SPDX-License-Identifier: Apache-2.0
 * Problems are explained in words, each at its own address. */
#include "look.h"

static void every_problem_has_a_page_with_title_status_and_hint(void **state)
{
	for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
		for (int language = 0; language < 2; language++) {
			struct page page = {.language = (enum language)language, .path = STR("/problems/x")};
			struct str html = page_problem_type(*state, &page, (enum problem)i);
			const struct problem_info *info = problem_info((enum problem)i);
			struct str status = arena_printf(*state, "<dd>%d</dd>", info->http_status);
			struct str slug = arena_printf(*state, "/problems/%s<", info->slug);
			assert_has(html, status.at);
			assert_has(html, slug.at);
			assert_int_equal(count_of(html, "<h1"), 1);
		}
	}
}

static void the_index_links_every_problem(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/problems")};
	struct str html = page_problem_index(*state, &page);

	assert_int_equal(count_of(html, "<li>"), PROBLEM_COUNT - 1);
	assert_has(
		html,
		"<a href=\"/problems/lot-short?lang=en\">The party does not hold that much of the lot</a>");
}

static void what_to_do_depends_on_whose_turn_it_is(void **state)
{
	struct page page = {.language = LANGUAGE_EN, .path = STR("/problems/x")};

	assert_has(page_problem_type(*state, &page, PROBLEM_LOT_SHORT), "does not fit what is on record");
	assert_has(page_problem_type(*state, &page, PROBLEM_BUSY), "may be sent again later");
	assert_has(page_problem_type(*state, &page, PROBLEM_INTERNAL), "The fault is on this side");
	assert_has(page_problem_type(*state, &page, PROBLEM_TIME_NAIVE), "The request has to change");
}

static void an_error_in_a_browser_says_what_where_and_which_request(void **state)
{
	static const struct fault fault = {
		"/inputs/0/quantity", NULL, {NULL, 0}, LITERAL("available 12 <KGM>")};
	struct page page = {.language = LANGUAGE_EN, .path = STR("/v1/events")};
	struct str html = page_problem(*state, &page, PROBLEM_LOT_SHORT, &fault, STR("req-1"));

	assert_has(html, "<dd><bdi>/inputs/0/quantity</bdi></dd>");
	assert_has(html, "available 12 &lt;KGM&gt;");
	assert_has(html, "<dd><bdi>req-1</bdi></dd>");
	assert_has(html, "href=\"/problems/lot-short?lang=en\"");
	html = page_problem(*state, &page, PROBLEM_NOT_FOUND, NULL, (struct str){0});
	assert_has(html, "There is no such thing, or you may not see it");
	assert_lacks(html, "<dt>Request</dt>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_problem_has_a_page_with_title_status_and_hint),
		TEST(the_index_links_every_problem),
		TEST(what_to_do_depends_on_whose_turn_it_is),
		TEST(an_error_in_a_browser_says_what_where_and_which_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
