/* SPDX-License-Identifier: Apache-2.0
 * Certificates and tests belong to their own lot; a gap is shown as a gap. */
#include "look.h"

static struct str section(struct arena *arena, enum language language, const struct trail *trail,
			  const char *heading)
{
	struct page page = sample_page(language);

	return between(page_trail(arena, &page, trail), heading, "</section>");
}

static void a_lot_without_certificate_says_so(void **state)
{
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_origin *origin = trail->origins.items;

	origin->certificates = origin->tests = (struct list){0};
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=certificates>");
	assert_has(html, "<p class=gap>No certificate is registered for this lot.</p>");
	assert_lacks(html, "<li>");
	assert_has(section(*state, LANGUAGE_ZH, trail, "<h2 id=tests>"), "此批次没有登记检测结果。");
}

static void an_origin_without_certificate_does_not_borrow_another_ones(void **state)
{
	struct str html = section(*state, LANGUAGE_EN, sample_trail(*state, 2, 1), "<h2 id=certificates>");

	assert_int_equal(count_of(html, "<li>"), 1);
	assert_has(html,
		   "62&nbsp;% · <bdi>Baizi Lemon Cooperative</bdi> · <bdi lang=\"zh-Hans\">3 号柠檬园</bdi>");
	assert_has(html, " · <bdi lang=\"zh-Hans\">李家湾 1 号地</bdi>: no certificate is registered.</p>");
}

static void a_certificate_shows_scheme_number_holder_and_period(void **state)
{
	static struct trail_certificate certificates[] = {
		{LITERAL("green"), LITERAL("GF-1"), LITERAL("某合作社"), LITERAL("2026-01-01"),
		 LITERAL("2028-12-31")},
		{LITERAL("someScheme"), LITERAL("X-2"), {NULL, 0}, LITERAL("2026-02-01"), {NULL, 0}},
	};
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_origin *origin = trail->origins.items;

	origin->certificates = (struct list){certificates, 2};
	struct str html = section(*state, LANGUAGE_ZH, trail, "<h2 id=certificates>");
	assert_has(html, "<h3>绿色食品</h3>");
	assert_has(html,
		   "编号 <bdi>GF-1</bdi><br>持有人：<bdi>某合作社</bdi><br>有效期 2026-01-01 至 2028-12-31");
	assert_has(html, "<h3><bdi>someScheme</bdi></h3>");
	assert_has(html, "2026-02-01 起");
}

static void a_test_shows_kind_outcome_and_time(void **state)
{
	static struct trail_test tests[] = {
		{LITERAL("e1"), LITERAL("lab"), LITERAL("positive"), LITERAL("2026-05-03T06:12:00+08:00")},
		{LITERAL("e2"), LITERAL("rapid"), LITERAL("invalid"), LITERAL("yesterday")},
	};
	struct trail *trail = sample_trail(*state, 1, 1);
	struct trail_origin *origin = trail->origins.items;

	origin->tests = (struct list){tests, 2};
	struct str html = section(*state, LANGUAGE_EN, trail, "<h2 id=tests>");
	assert_has(html, "<h3>Laboratory test <b class=tag>✗ positive</b></h3>");
	assert_has(html, "2026-05-03 06:12 <small>+08:00</small>");
	assert_has(html, "<h3>Rapid test <b class=tag>? invalid</b></h3><p class=m>yesterday</p>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_lot_without_certificate_says_so),
		TEST(an_origin_without_certificate_does_not_borrow_another_ones),
		TEST(a_certificate_shows_scheme_number_holder_and_period),
		TEST(a_test_shows_kind_outcome_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
