/* SPDX-License-Identifier: Apache-2.0
 * The page behind a code as a whole: order, size, hostile values. */
#include "look.h"

#define ZLIB_CONST /* next_in points to const */
#include <zlib.h>

/* As gzip -9 makes it. */
static size_t compressed_len(struct arena *arena, struct str html)
{
	z_stream z = {0};

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
	uLong room = deflateBound(&z, html.len);
	z.next_in = (const Bytef *)html.at;
	z.avail_in = (uInt)html.len;
	z.next_out = arena_alloc(arena, room);
	z.avail_out = (uInt)room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size_t len = z.total_out;
	assert_int_equal(deflateEnd(&z), Z_OK);
	return len;
}

static void twelve_steps_and_four_origins_fit_the_budget(void **state)
{
	for (int language = 0; language < 2; language++) {
		struct page page = sample_page((enum language)language);
		struct str html = page_trail(*state, &page, sample_trail(*state, 4, 12));
		size_t len = compressed_len(*state, html);
		print_message("%s: %zu bytes, %zu compressed\n", language ? "en" : "zh", html.len, len);
		assert_true(len <= 14 * 1024);
	}
}

static void two_hundred_steps_stay_below_forty_kilobytes(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);
	struct str html = page_trail(*state, &page, sample_trail(*state, 6, 200));

	assert_true(compressed_len(*state, html) < 40 * 1024);
}

static void sections_stand_in_the_order_of_the_questions(void **state)
{
	static const char *const order[] = {
		"<h1 id=v>",     "<h2 id=product>", "<h2 id=origin>", "<h2 id=certificates>",
		"<h2 id=tests>", "<h2 id=journey>", "<h2 id=check>",  "<h2 id=help>",
		"<footer",
	};
	struct page page = sample_page(LANGUAGE_ZH);
	struct str html = page_trail(*state, &page, sample_trail(*state, 2, 5));

	for (size_t i = 1; i < sizeof(order) / sizeof(order[0]); i++) {
		assert_true(find(html, order[i], 0) != SIZE_MAX);
		assert_true(find(html, order[i - 1], 0) < find(html, order[i], 0));
	}
}

static void hostile_values_stay_text(void **state)
{
	for (int language = 0; language < 2; language++) {
		struct page page = sample_page((enum language)language);
		struct str html = page_trail(*state, &page, sample_hostile(*state));
		assert_lacks(html, "<script");
		assert_lacks(html, "javascript:");
		assert_lacks(html, "\xe2\x80\xae");
		assert_has(html, "<bdi>&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp; "
				 "txt.exe\xef\xbf\xbd</bdi>");
	}
}

static void the_signature_check_is_explained_and_counted(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct trail *trail = sample_trail(*state, 1, 3);
	struct trail_step *steps = trail->steps.items;

	steps[1].proof = NULL;
	struct str html = between(page_trail(*state, &page, trail), "<h2 id=check>", "</section>");
	assert_has(html, "2 of the 3 records above carry a signature.");
	assert_has(html, "<a href=\"/verify?lang=en\">");
	assert_has(html, "<a href=\"/v1/codes/7K2M9P4QX3WD/qr.svg\">");
	assert_has(html, "Data as of <time datetime=\"2026-05-06T10:12:00+08:00\">");
}

static void the_log_is_spoken_of_only_when_there_is_a_checkpoint(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct trail *trail = sample_trail(*state, 1, 1);

	assert_lacks(page_trail(*state, &page, trail), "append-only");
	trail->checkpoint = STR("log.example\n1\nx\n");
	assert_has(page_trail(*state, &page, trail), "append-only");
	assert_has(page_trail(*state, &page, trail), "<pre>log.example\n1\nx\n</pre>");
}

static void a_lot_without_a_code_has_no_qr_link(void **state)
{
	struct page page = sample_page(LANGUAGE_EN);
	struct trail *trail = sample_trail(*state, 1, 1);

	trail->lot->code = (struct str){0};
	assert_lacks(page_trail(*state, &page, trail), "/v1/codes/");
}

static void the_same_values_give_the_same_bytes(void **state)
{
	struct page page = sample_page(LANGUAGE_ZH);

	assert_true(str_equal(page_trail(*state, &page, sample_trail(*state, 4, 12)),
			      page_trail(*state, &page, sample_trail(*state, 4, 12))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(twelve_steps_and_four_origins_fit_the_budget),
		TEST(two_hundred_steps_stay_below_forty_kilobytes),
		TEST(sections_stand_in_the_order_of_the_questions),
		TEST(hostile_values_stay_text),
		TEST(the_signature_check_is_explained_and_counted),
		TEST(the_log_is_spoken_of_only_when_there_is_a_checkpoint),
		TEST(a_lot_without_a_code_has_no_qr_link),
		TEST(the_same_values_give_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
