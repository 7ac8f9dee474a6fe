/* SPDX-License-Identifier: Apache-2.0
 * Every recorded step in order, with actor, recorder, place, time, goods and signature. */
#include "look.h"

static struct str journey(struct arena *arena, enum language language, const struct trail *trail)
{
	struct page page = sample_page(language);

	return between(page_trail(arena, &page, trail), "<h2 id=journey>", "</section>");
}

static void steps_are_an_ordered_list_in_their_order(void **state)
{
	struct str html = journey(*state, LANGUAGE_ZH, sample_trail(*state, 4, 12));

	assert_int_equal(count_of(html, "<ol role=list class=j start=1>"), 1);
	assert_int_equal(count_of(html, "<li>"), 12);
	size_t harvest = find(html, "<h3>采收", 0), mix = find(html, "<h3>混批", 0),
	       sell = find(html, "<h3>销售", 0);
	assert_true(harvest < mix && mix < sell && sell != SIZE_MAX);
}

static void a_step_shows_who_where_when_and_who_recorded_it(void **state)
{
	struct str html = journey(*state, LANGUAGE_EN, sample_trail(*state, 4, 12));

	assert_has(html, "<h3>Harvest</h3><time datetime=\"2026-05-03T08:48:31+08:00\">2026-05-03 08:48 "
			 "<small>+08:00</small></time>");
	assert_has(html, "by <bdi>Baizi Lemon Cooperative</bdi>");
	assert_has(html, "<bdi lang=\"zh-Hans\">3 号柠檬园</bdi> · <bdi>Baizi Town</bdi>, <bdi>Tongnan "
			 "District</bdi>");
	assert_has(html,
		   "Recorded by the same party at <time datetime=\"2026-05-03T08:50:21+08:00\">08:50</time>");
	assert_has(html, "Recorded by <bdi>Tongnan Produce Processing Ltd</bdi> at ");
}

static void a_record_made_on_another_day_shows_its_date(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	step->recorded_at = STR("2026-05-09T01:00:00.000001Z");
	assert_has(journey(*state, LANGUAGE_EN, trail),
		   "at <time datetime=\"2026-05-09T09:00:00.000001+08:00\">2026-05-09 09:00 "
		   "<small>+08:00</small>");
}

static void a_record_tells_how_late_and_from_what_it_was_entered(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	assert_false(instant_parse(STR("2026-05-03T08:48:31+08:00"), &step->time));
	step->recorded_at = STR("2026-05-04T00:48:30Z");
	assert_lacks(journey(*state, LANGUAGE_EN, trail), "after it was done");
	step->recorded_at = STR("2026-05-04T00:48:31Z");
	assert_has(journey(*state, LANGUAGE_EN, trail), " · a day after it was done</p>");
	step->recorded_at = STR("2026-05-06T00:50:00Z");
	step->entry_mode = STR("paper");
	assert_has(journey(*state, LANGUAGE_EN, trail),
		   "</time> · 3 days after it was done · entered from a paper record</p>");
	assert_has(journey(*state, LANGUAGE_ZH, trail), "</time> · 事后 3 天补录 · 据纸质记录录入</p>");
	step->entry_mode = STR("import");
	assert_has(journey(*state, LANGUAGE_EN, trail), " · imported from other records</p>");
	assert_has(journey(*state, LANGUAGE_ZH, trail), " · 由其他台账导入</p>");
}

static void what_is_dated_ahead_of_its_record_says_so(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	assert_false(instant_parse(STR("2026-05-03T08:48:31+08:00"), &step->time));
	step->recorded_at = STR("2026-05-03T00:43:31Z"); /* five minutes are within what clocks differ */
	assert_lacks(journey(*state, LANGUAGE_EN, trail), "dated later");
	step->recorded_at = STR("2026-05-03T00:43:30Z");
	assert_has(journey(*state, LANGUAGE_EN, trail), " · dated later than it was recorded</p>");
	assert_has(journey(*state, LANGUAGE_ZH, trail), " · 所记时间晚于登记时间</p>");
}

static void a_time_keeps_the_offset_it_was_recorded_with(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	step->time.offset_min = -210;
	assert_has(journey(*state, LANGUAGE_EN, trail), "<small>-03:30</small>");
}

static void inputs_carry_shares_and_outputs_the_lot_made(void **state)
{
	struct str html = journey(*state, LANGUAGE_ZH, sample_trail(*state, 2, 12));

	assert_has(html, "<span class=m>投入</span> <div><p><b>62&nbsp;%</b> <bdi>柠檬</bdi> "
			 "<bdi>BZ-20260503-1</bdi></p>"
			 "<p><b>38&nbsp;%</b> <bdi>柠檬</bdi> <bdi>TA-20260502-4</bdi></p></div>");
	assert_has(html,
		   "<span class=m>产出</span> <div><p><bdi>柠檬礼盒 2.5 千克</bdi> <bdi>TN-20260504-11</bdi> "
		   "<span class=tag>本批次</span></p>");
	assert_has(html, "<span class=m>批次</span>"); /* shipped, not used up */
}

static void many_inputs_are_folded_after_the_sixth(void **state)
{
	static struct trail_flow flows[9];
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	for (size_t i = 0; i < 9; i++)
		flows[i] =
			(struct trail_flow){.lot = STR("x"), .lot_number = arena_printf(*state, "L-%zu", i)};
	step->inputs = (struct list){flows, 9};
	struct str html = journey(*state, LANGUAGE_EN, trail);
	assert_true(find(html, "L-5", 0) < find(html, "<summary>3 more lots</summary>", 0));
	assert_true(find(html, "L-6", 0) > find(html, "<summary>3 more lots</summary>", 0));
	assert_has(html, "L-8");
}

static void used_inputs_and_their_actives_are_named(void **state)
{
	struct str html = journey(*state, LANGUAGE_ZH, sample_trail(*state, 1, 12));

	assert_has(html, "使用：<bdi>5% 啶虫脒乳油</bdi>（有效成分：<bdi>啶虫脒</bdi>）");
	assert_has(html, "发往：<bdi>潼南农产品加工有限公司</bdi>");
}

static void a_corrected_record_stays_and_leads_to_its_correction(void **state)
{
	struct trail *trail = sample_mix(*state);
	const struct trail_step *steps = trail->steps.items;
	struct str html = journey(*state, LANGUAGE_EN, trail);
	struct str link = arena_printf(*state, "href=\"#e-%.*s\"", STR_ARGS(steps[7].event));
	struct str target = arena_printf(*state, "<li id=\"e-%.*s\">", STR_ARGS(steps[7].event));

	assert_int_equal(count_of(html, "<li class=was>"), 1);
	assert_has(html, "<s>Receive</s> <span class=tag>corrected</span>");
	assert_has(html, "the original is kept");
	assert_int_equal(count_of(html, link.at), 1);
	assert_int_equal(count_of(html, target.at), 1);
	assert_int_equal(count_of(html, "<li"), 12);
	assert_has(html, "Reason: <bdi lang=\"zh-Hans\">重复过磅</bdi>");
	assert_has(html, "Corrected by ");
	assert_has(html, "<h3>Mix <span class=tag>as corrected</span></h3>");
	html = journey(*state, LANGUAGE_ZH, trail);
	assert_has(html, "原因：<bdi>重复过磅</bdi>");
	assert_has(html, "<time datetime=\"2026-05-04T09:30:00+08:00\"");
}

static void a_correction_that_is_not_shown_is_not_linked(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 2);
	struct trail_step *steps = trail->steps.items;

	steps[0].corrected = STR("elsewhere");
	assert_has(journey(*state, LANGUAGE_EN, trail), "the original is kept");
	assert_lacks(journey(*state, LANGUAGE_EN, trail), "elsewhere");
	steps[0].correction = arena_new(*state, struct trail_correction);
	steps[0].correction->recorded_at = STR("2026-05-04T01:30:00Z");
	assert_has(journey(*state, LANGUAGE_EN, trail), "What was recorded did not happen.");
	steps[0].correction->replacement = STR("elsewhere");
	assert_lacks(journey(*state, LANGUAGE_EN, trail), "elsewhere");
	assert_lacks(journey(*state, LANGUAGE_EN, trail), "did not happen");
}

static void every_step_shows_its_signature_and_leads_to_the_proof(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 2);
	struct trail_step *steps = trail->steps.items;
	struct str link = arena_printf(*state, "<a href=\"%.*s\"><code>%.*s</code></a>",
				       STR_ARGS(steps[0].proof->href), STR_ARGS(steps[0].proof->statement));

	assert_has(journey(*state, LANGUAGE_EN, trail), link.at);
	steps[1].proof->href = (struct str){0};
	assert_int_equal(count_of(journey(*state, LANGUAGE_EN, trail), "<a href"), 1);
	steps[1].proof = NULL;
	assert_has(journey(*state, LANGUAGE_EN, trail), "signature not available yet");
}

static void a_withheld_name_is_replaced_by_a_phrase(void **state)
{
	struct str html = journey(*state, LANGUAGE_ZH, sample_mix(*state));

	assert_has(html, "个人农户（姓名不公开）");
	assert_has(html, "个人农场（位置不公开）");
	assert_lacks(html, "李家");
}

static void a_long_journey_folds_its_middle_and_loses_nothing(void **state)
{
	struct str html = journey(*state, LANGUAGE_EN, sample_trail(*state, 6, 200));

	assert_int_equal(count_of(html, "<li>"), 200);
	assert_has(html, "<summary>Show the 184 records in between</summary><ol role=list class=j start=9>");
	assert_has(html, "</details><ol role=list class=j start=193>");
	assert_int_equal(count_of(journey(*state, LANGUAGE_EN, sample_trail(*state, 6, 24)), "<details"), 0);
	assert_int_equal(count_of(journey(*state, LANGUAGE_EN, sample_trail(*state, 6, 25)), "<details"), 1);
}

static void what_a_tier_leaves_out_is_not_called_missing(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	step->place = NULL;
	assert_has(journey(*state, LANGUAGE_ZH, trail), "<p class=m><bdi>潼南区</bdi><bdi>柏梓镇</bdi></p>");
	step->township = NULL;
	assert_has(journey(*state, LANGUAGE_ZH, trail), "<p class=m><bdi>潼南区</bdi></p>");
	step->district = NULL;
	step->party = step->recorded_by = NULL;
	assert_lacks(journey(*state, LANGUAGE_ZH, trail), "潼南区");
	assert_lacks(journey(*state, LANGUAGE_ZH, trail), "未登记");
	assert_has(journey(*state, LANGUAGE_ZH, trail), "<p class=\"m s\">登记于 <time");
}

static void no_steps_and_unknown_types_are_shown_as_they_are(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_step *step = trail->steps.items;

	step->type = STR("levitate");
	assert_has(journey(*state, LANGUAGE_EN, trail), "<h3>levitate</h3>");
	trail->steps.count = 0;
	assert_has(journey(*state, LANGUAGE_EN, trail), "No step is registered.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(steps_are_an_ordered_list_in_their_order),
		TEST(a_step_shows_who_where_when_and_who_recorded_it),
		TEST(a_record_made_on_another_day_shows_its_date),
		TEST(a_record_tells_how_late_and_from_what_it_was_entered),
		TEST(what_is_dated_ahead_of_its_record_says_so),
		TEST(a_time_keeps_the_offset_it_was_recorded_with),
		TEST(inputs_carry_shares_and_outputs_the_lot_made),
		TEST(many_inputs_are_folded_after_the_sixth),
		TEST(used_inputs_and_their_actives_are_named),
		TEST(a_corrected_record_stays_and_leads_to_its_correction),
		TEST(a_correction_that_is_not_shown_is_not_linked),
		TEST(every_step_shows_its_signature_and_leads_to_the_proof),
		TEST(a_withheld_name_is_replaced_by_a_phrase),
		TEST(a_long_journey_folds_its_middle_and_loses_nothing),
		TEST(what_a_tier_leaves_out_is_not_called_missing),
		TEST(no_steps_and_unknown_types_are_shown_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
