/* SPDX-License-Identifier: Apache-2.0
 * The verdict comes first, in words, and says what to do. */
#include "look.h"

#include "frame_priv.h"

static struct str band(struct arena *arena, enum language language, struct str verdict)
{
	struct page page = sample_page(language);
	struct trail *trail = sample_trail(arena, 1, 5);

	trail->verdict = verdict;
	return between(page_trail(arena, &page, trail), "<section class=\"v ", "</section>");
}

static void every_verdict_has_its_own_words(void **state)
{
	for (int language = 0; language < 2; language++) {
		struct str seen[VERDICT_COUNT];
		for (int v = 0; v < VERDICT_COUNT; v++) {
			seen[v] = between(band(*state, (enum language)language, str_of(verdict_words[v])),
					  "<h1", "</h1>");
			assert_non_null(seen[v].at);
			for (int w = 0; w < v; w++)
				assert_false(str_equal(seen[v], seen[w]));
		}
	}
}

static void every_verdict_has_an_icon_beside_its_colour(void **state)
{
	struct str recalled = between(band(*state, LANGUAGE_ZH, STR("recalled")), "<svg", "</svg>");
	struct str registered = between(band(*state, LANGUAGE_ZH, STR("registered")), "<svg", "</svg>");

	assert_true(recalled.len > 0 && registered.len > 0);
	assert_false(str_equal(recalled, registered));
}

static void everything_but_registered_says_what_to_do(void **state)
{
	for (int v = 0; v < VERDICT_COUNT; v++) {
		struct str html = band(*state, LANGUAGE_EN, str_of(verdict_words[v]));
		assert_int_equal(has(html, "<li>"), v != VERDICT_REGISTERED);
	}
	assert_has(band(*state, LANGUAGE_ZH, STR("recalled")), "不要食用");
	assert_has(band(*state, LANGUAGE_ZH, STR("recalled")), "<a href=tel:12315>");
}

static void registered_says_by_whom_and_when(void **state)
{
	struct str html = band(*state, LANGUAGE_EN, STR("registered"));

	/* the pack step made the lot; it is recorded in UTC and shown in the offset of the event */
	assert_has(html,
		   "Registered by <bdi>Tongnan Produce Processing Ltd</bdi> on <time datetime=\"2026-05-03T");
	assert_has(html, "<small>+08:00</small>");
	assert_has(html, "can be copied");
}

static void a_lot_whose_making_is_not_among_the_steps_names_its_issuer(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct trail *trail = sample_trail(*state, 1, 5);

	trail->steps.count = 0;
	assert_has(page_trail(*state, &page, trail),
		   "Registered by <bdi>Tongnan Produce Processing Ltd</bdi>.");
}

static void an_unknown_word_is_not_registered(void **state)
{
	assert_has(band(*state, LANGUAGE_EN, STR("splendid")), ">Not registered</h1>");
	assert_has(band(*state, LANGUAGE_EN, (struct str){0}), ">Not registered</h1>");
}

static void the_verdict_stands_before_everything_else(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct str html = page_trail(*state, &page, sample_trail(*state, 1, 5));

	assert_true(find(html, "<h1", 0) < find(html, "<h2", 0));
	assert_true(find(html, "<section class=\"v ok\"", 0) == find(html, "<section", 0));
}

static void open_alerts_are_told_in_words(void **state)
{
	static struct trail_name title = {LITERAL("采收早于安全间隔期"), LITERAL("Harvested too early")};
	static struct trail_alert alert = {LITERAL("a1"), LITERAL("I01"), LITERAL("critical"),
					   LITERAL("open"), &title};
	struct page page = sample_page(LANGUAGE_ZH);
	struct trail *trail = sample_trail(*state, 1, 1);

	assert_lacks(page_trail(*state, &page, trail), "id=alerts");
	trail->alerts = (struct list){&alert, 1};
	struct str html = between(page_trail(*state, &page, trail), "<h2 id=alerts>", "</section>");
	assert_has(html, "采收早于安全间隔期");
	assert_has(html, "严重级 · 待处理 · 规则 I01");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_verdict_has_its_own_words),
		TEST(every_verdict_has_an_icon_beside_its_colour),
		TEST(everything_but_registered_says_what_to_do),
		TEST(registered_says_by_whom_and_when),
		TEST(a_lot_whose_making_is_not_among_the_steps_names_its_issuer),
		TEST(an_unknown_word_is_not_registered),
		TEST(the_verdict_stands_before_everything_else),
		TEST(open_alerts_are_told_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
