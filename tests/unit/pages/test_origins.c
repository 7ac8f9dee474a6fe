/* SPDX-License-Identifier: Apache-2.0
 * Product facts, origins with shares, the switch between tiers. */
#include "look.h"

static struct str section(struct arena *arena, enum language language, const struct trail *trail,
			  const char *heading)
{
	struct page page = sample_page(language);

	return between(page_trail(arena, &page, trail), heading, "</section>");
}

static void product_and_lot_are_named_as_on_the_label(void **state)
{
	struct str html = section(*state, LANGUAGE_ZH, sample_trail(*state, 1, 1), "<h2 id=product>");

	assert_has(html, "<bdi>柠檬礼盒 2.5 千克</bdi></h2>");
	assert_has(html, "<dt>批次号</dt><dd><bdi>TN-20260504-11</bdi></dd>");
	assert_has(html, "<dt>保质期至</dt><dd><bdi>2026-06-03</bdi></dd>");
	assert_has(html, "<dt>数量</dt><dd>2.5 千克</dd>");
	assert_has(section(*state, LANGUAGE_EN, sample_trail(*state, 1, 1), "<h2 id=product>"),
		   "<dd>2.5 kg</dd>");
}

static void what_is_not_registered_of_a_lot_is_left_out(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);

	trail->lot->expires = trail->lot->code = (struct str){0};
	trail->lot->quantity = NULL;
	trail->lot->product = NULL;
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=product>");
	assert_lacks(html, "Use by");
	assert_lacks(html, "Quantity");
	assert_lacks(html, "Code");
	assert_has(html, "Product without a registered name");
}

static void one_origin_shows_district_township_and_farm(void **state)
{
	struct str html = section(*state, LANGUAGE_ZH, sample_trail(*state, 1, 1), "<h2 id=origin>");

	assert_has(html, "100&nbsp;%");
	assert_has(html, "<dt>区县</dt><dd><small><bdi>重庆市</bdi></small> <bdi>潼南区</bdi></dd>");
	assert_has(html, "<dt>乡镇</dt><dd><bdi>柏梓镇</bdi></dd>");
	assert_has(html, "<dt>农场</dt><dd><bdi>3 号柠檬园</bdi></dd>");
	assert_lacks(html, "混合");
}

static void a_mixed_lot_is_told_by_shares(void **state)
{
	struct str html = section(*state, LANGUAGE_ZH, sample_trail(*state, 2, 1), "<h2 id=origin>");

	assert_has(html, "由 2 个产地混合而成：<b>62&nbsp;%</b> <bdi>柏梓柠檬专业合作社</bdi> · <bdi>3 "
			 "号柠檬园</bdi>，"
			 "<b>38&nbsp;%</b> <bdi>太安李家家庭农场</bdi> · <bdi>李家湾 1 号地</bdi>");
	assert_has(html, "width=\"62%\"");
	assert_has(html, "width=\"38%\"");
}

static void beyond_four_origins_the_others_are_summed_up(void **state)
{
	struct trail *trail = sample_trail(*state, 6, 1);

	*trail->rest = (struct trail_rest){3, STR("0.0001")};
	trail->origin_count = 9;
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=origin>");
	assert_has(html, "Mixed from 9 origins");
	assert_has(html, "others 1.51&nbsp;%"); /* 1 + 0.5 + 0.01 */
	assert_has(html, "3 further origins together 0.01&nbsp;%");
	assert_int_equal(count_of(html, "class=bar"), 6);
}

static void the_tiers_link_to_each_other(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=origin>");

	assert_has(html, "<a href=\"/t/7K2M9P4QX3WD?lang=en&amp;tier=district#origin\">District</a>");
	assert_has(html, "<a href=\"/t/7K2M9P4QX3WD?lang=en&amp;tier=township#origin\">Township</a>");
	assert_has(html, "<b aria-current=true>Farm</b>");
	trail->tier = STR("district");
	assert_has(section(*state, LANGUAGE_EN, trail, "<h2 id=origin>"), "tier=farm#origin\">Farm</a>");
}

static void a_coarser_tier_is_named_by_its_finest_place(void **state)
{
	struct trail *trail = sample_trail(*state, 2, 1);
	struct trail_origin *origins = trail->origins.items;

	for (size_t i = 0; i < 2; i++) {
		origins[i].farm = NULL;
		origins[i].party = NULL;
	}
	origins[1].township = NULL;
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=origin>");
	assert_has(html,
		   "<b>62&nbsp;%</b> <bdi>Baizi Town</bdi>, <b>38&nbsp;%</b> <bdi>Tongnan District</bdi>");
	assert_lacks(html, "<dt>Farm</dt>");
}

static void a_private_farm_is_named_by_its_township(void **state)
{
	struct str html = section(*state, LANGUAGE_EN, sample_mix(*state), "<h2 id=origin>");

	assert_has(html, "<b>38&nbsp;%</b> a family farm in <bdi>Tai&#39;an Town</bdi>");
	assert_has(html, "<dd>a family farm (location kept private)</dd>");
	assert_has(html, "<dd>an individual grower (name kept private)</dd>");
	assert_lacks(html, "personal");
}

static void an_unrecorded_origin_is_said_to_be_one(void **state)
{
	static struct trail_gap gaps[] = {{LITERAL("origin")}, {LITERAL("photo")}};
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_origin *origins = trail->origins.items;

	origins[0].gaps = (struct list){gaps, 2};
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=origin>");
	assert_has(html, "Where this part comes from is not registered.");
	assert_has(html, "Not registered: <bdi>photo</bdi>");
	trail->origins.count = 0;
	assert_has(section(*state, LANGUAGE_EN, trail, "<h2 id=origin>"),
		   "No origin is registered for this lot.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(product_and_lot_are_named_as_on_the_label),
		TEST(what_is_not_registered_of_a_lot_is_left_out),
		TEST(one_origin_shows_district_township_and_farm),
		TEST(a_mixed_lot_is_told_by_shares),
		TEST(beyond_four_origins_the_others_are_summed_up),
		TEST(the_tiers_link_to_each_other),
		TEST(a_coarser_tier_is_named_by_its_finest_place),
		TEST(a_private_farm_is_named_by_its_township),
		TEST(an_unrecorded_origin_is_said_to_be_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
