/* SPDX-License-Identifier: Apache-2.0
 * How shares, names and times are said. */
#include "look.h"

#include "trail_priv.h"

static void shares_are_said_in_per_cent(void **state)
{
	assert_str(percent_of(*state, STR("0.6200")), "62");
	assert_str(percent_of(*state, STR("0.0650")), "6.5");
	assert_str(percent_of(*state, STR("0.3333")), "33.33");
	assert_str(percent_of(*state, STR("0.0001")), "0.01");
	assert_str(percent_of(*state, STR("1")), "100");
	assert_str(percent_of(*state, STR("1.0000")), "100");
}

static void a_share_that_rounds_to_nothing_is_not_nothing(void **state)
{
	assert_str(percent_of(*state, STR("0.0000")), "< 0.01");
	struct html html = html_create(*state, LANGUAGE_EN, 16);
	assert_str(say_percent(&html, STR("0.0000")).markup, "&lt; 0.01&nbsp;%");
}

static void a_share_that_is_no_number_is_shown_as_it_is(void **state)
{
	assert_str(percent_of(*state, STR("half")), "half");
	assert_str(percent_of(*state, STR("")), "");
}

static void a_name_falls_back_to_the_other_language(void **state)
{
	static const struct trail_name only_zh = {LITERAL("农场"), {NULL, 0}},
				       only_en = {{NULL, 0}, LITERAL("Farm")}, none = {0};
	struct html zh = html_create(*state, LANGUAGE_ZH, 16), en = html_create(*state, LANGUAGE_EN, 16);

	assert_str(say_name(&en, &only_zh).markup, "<bdi lang=\"zh-Hans\">农场</bdi>");
	assert_str(say_name(&zh, &only_en).markup, "<bdi>Farm</bdi>");
	assert_str(say_name(&en, &none).markup, "not registered");
	assert_str(say_name(&zh, NULL).markup, "未登记");
}

static void a_region_without_a_name_shows_its_code(void **state)
{
	static const struct trail_region code_only = {LITERAL("500152"), {NULL, 0}, {NULL, 0}};
	struct html html = html_create(*state, LANGUAGE_EN, 16);

	assert_str(say_region(&html, &code_only).markup, "<bdi>500152</bdi>");
	assert_str(say_region(&html, NULL).markup, "not registered");
}

static void a_withheld_party_is_never_named(void **state)
{
	static struct trail_name name = {LITERAL("李四"), LITERAL("Li Si")};
	static const struct trail_party party = {LITERAL("p"), &name, LITERAL("family_farm"),
						 LITERAL("personal")};
	static const struct trail_place place = {LITERAL("s"), LITERAL("李四家"), LITERAL("plot"),
						 LITERAL("personal")};
	struct html html = html_create(*state, LANGUAGE_EN, 16);

	assert_str(say_party(&html, &party).markup, "an individual grower (name kept private)");
	assert_str(say_place(&html, &place).markup, "a family farm (location kept private)");
}

static void times_are_shown_to_the_minute_with_their_offset(void **state)
{
	struct html html = html_create(*state, LANGUAGE_EN, 16);

	assert_str(say_time_text(&html, STR("2026-05-03T00:30:00.000123Z"), 480).markup,
		   "<time datetime=\"2026-05-03T08:30:00.000123+08:00\">2026-05-03 08:30 "
		   "<small>+08:00</small></time>");
	assert_str(
		say_time_text(&html, STR("2026-05-03T08:30:00+08:00"), INT16_MIN).markup,
		"<time datetime=\"2026-05-03T08:30:00+08:00\">2026-05-03 08:30 <small>+08:00</small></time>");
	assert_str(say_time_text(&html, STR("<soon>"), 480).markup, "&lt;soon&gt;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(shares_are_said_in_per_cent),
		TEST(a_share_that_rounds_to_nothing_is_not_nothing),
		TEST(a_share_that_is_no_number_is_shown_as_it_is),
		TEST(a_name_falls_back_to_the_other_language),
		TEST(a_region_without_a_name_shows_its_code),
		TEST(a_withheld_party_is_never_named),
		TEST(times_are_shown_to_the_minute_with_their_offset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
