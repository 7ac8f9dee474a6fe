/* SPDX-License-Identifier: Apache-2.0
 * The page of a pack: that of its lot with words of its own, which tell copies and claim nothing. */
#include "look.h"

#include "frame_priv.h"

static const struct instant first_scan = {INT64_C(1777774320000000), 480}; /* 2026-05-03T10:12+08:00 */

static struct str words(struct arena *arena, enum language language, struct instant first, int64_t scans)
{
	const struct page_item item = {
		.code = STR("K7K3F-9Q2M-X4TC-AB12"), .first_scan = first, .scans = scans};
	return page_item_words(arena, language, &item);
}

static struct str whole(struct arena *arena, enum language language, struct str verdict,
			enum page_item_state state)
{
	struct page page = sample_page(language);
	struct trail *trail = sample_trail(arena, 1, 5);
	struct buf out = buf_create(arena, 1024);

	page.path = STR("");
	trail->verdict = verdict;
	struct page_gap gap = page_item_frame(arena, &page, trail, state);
	buf_put(&out, gap.head);
	buf_put(&out, words(arena, language, first_scan, 4));
	buf_put(&out, gap.tail);
	return buf_str(&out);
}

static void a_first_scan_and_a_later_one_say_different_things(void **state)
{
	static const struct instant never = {0};
	struct str first = words(*state, LANGUAGE_EN, never, 0);
	struct str later = words(*state, LANGUAGE_EN, first_scan, 4);

	assert_has(first, "K7K3F-9Q2M-X4TC-AB12");
	assert_has(first, "This is the first time this code is scanned.");
	assert_lacks(first, "times since");
	assert_has(later, "This code was first scanned on <time datetime=\"2026-05-03T10:12:00+08:00\">");
	assert_has(later, "about <b>4</b> times since");
	assert_has(later, "may have been copied");
	assert_has(words(*state, LANGUAGE_ZH, never, 0), "这是此码第一次被查询");
	assert_has(words(*state, LANGUAGE_ZH, first_scan, 4), "此后约 <b>4</b> 次");
}

static void nothing_says_that_goods_are_genuine(void **state)
{
	static const char *const claims[] = {"genuine", "authentic", "正品", "真品"};

	for (int language = 0; language < 2; language++)
		for (size_t i = 0; i < sizeof claims / sizeof *claims; i++)
			assert_false(has(
				whole(*state, (enum language)language, STR("registered"), PAGE_ITEM_ACTIVE),
				claims[i]));
}

static void its_words_stand_in_the_verdict(void **state)
{
	struct str html = whole(*state, LANGUAGE_EN, STR("registered"), PAGE_ITEM_ACTIVE);
	struct str band = between(html, "<section class=\"v ", "</section>");

	assert_has(band, "Code of this pack: <bdi>K7K3F-9Q2M-X4TC-AB12</bdi>");
	assert_has(band, "times since");
	assert_int_equal(find(html, "times since", find(html, "times since", 0) + 1), SIZE_MAX);
}

static void a_label_not_in_use_says_so_unless_something_worse_holds(void **state)
{
	assert_has(whole(*state, LANGUAGE_EN, STR("unregistered"), PAGE_ITEM_INACTIVE),
		   "This label is not in use yet");
	assert_false(
		has(whole(*state, LANGUAGE_EN, STR("unregistered"), PAGE_ITEM_ACTIVE), "not in use yet"));
	assert_has(between(whole(*state, LANGUAGE_EN, STR("unregistered"), PAGE_ITEM_INACTIVE), "<title>",
			   "</title>"),
		   "This label is not in use yet");
	struct str recalled = whole(*state, LANGUAGE_EN, STR("recalled"), PAGE_ITEM_INACTIVE);
	assert_has(recalled, "Recalled: do not eat");
	assert_false(has(recalled, "not in use yet"));
}

static void a_withdrawn_one_says_when(void **state)
{
	const struct page_item item = {.code = STR("K"), .voided_at = first_scan};

	assert_has(page_item_words(*state, LANGUAGE_EN, &item),
		   "Withdrawn on <time datetime=\"2026-05-03T10:12");
	assert_has(page_item_words(*state, LANGUAGE_ZH, &item), "作废时间");
}

/* One frame serves all packs of a lot: nothing in it may name one, and its links must lead back to where they stand. */
static void the_frame_links_to_the_page_it_stands_on(void **state)
{
	struct str html = whole(*state, LANGUAGE_EN, STR("registered"), PAGE_ITEM_ACTIVE);

	assert_has(html, "<a href=\"?lang=zh\"");
	assert_has(html, "href=\"?lang=en&amp;tier=");
	assert_lacks(html, "href=\"#\"");
	assert_lacks(html, "og:url");
}

static void a_hostile_code_stays_text(void **state)
{
	const struct page_item item = {.code = STR("<script>\"&")};

	assert_false(has(page_item_words(*state, LANGUAGE_EN, &item), "<script"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_first_scan_and_a_later_one_say_different_things),
		TEST(nothing_says_that_goods_are_genuine),
		TEST(its_words_stand_in_the_verdict),
		TEST(a_label_not_in_use_says_so_unless_something_worse_holds),
		TEST(a_withdrawn_one_says_when),
		TEST(the_frame_links_to_the_page_it_stands_on),
		TEST(a_hostile_code_stays_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
