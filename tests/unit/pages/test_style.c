/* SPDX-License-Identifier: Apache-2.0
 * The colours that are printed on each other keep a contrast of 4.5:1 (WCAG 2.2, 1.4.3). */
#include "look.h"

#include <math.h>

#include "frame_priv.h"

static double linear(double channel)
{
	channel /= 255;
	return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

/* WCAG 2.2, definition of relative luminance. */
static double luminance(uint32_t rgb)
{
	return 0.2126 * linear(rgb >> 16 & 255) + 0.7152 * linear(rgb >> 8 & 255) +
	       0.0722 * linear(rgb & 255);
}

static double contrast(uint32_t a, uint32_t b)
{
	double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;

	return la > lb ? la / lb : lb / la;
}

static const struct {
	uint32_t text, ground;
} pairs[] = {
	{0x1c2420, 0xf5f4ef}, {0x1c2420, 0xffffff}, {0x55605a, 0xffffff}, {0x55605a, 0xf5f4ef},
	{0x14593a, 0xffffff}, {0x14593a, 0xf5f4ef}, {0xffffff, 0x14593a}, {0xffffff, 0x9a1b1b},
	{0xffffff, 0x3d4a52}, {0x3b2800, 0xfbe3a6}, {0x4a3200, 0xfff1cf}, {0x4a3200, 0xffffff},
};

static struct str style(struct arena *arena)
{
	struct buf out = buf_create(arena, 8192);

	for (const char *const *piece = page_style; *piece; piece++)
		buf_put(&out, str_of(*piece));
	return buf_str(&out);
}

static bool stands_in(struct arena *arena, struct str css, uint32_t rgb)
{
	struct str colour = rgb == 0xffffff ? STR("#fff") : arena_printf(arena, "#%06x", rgb);

	return has(css, colour.at);
}

static void text_can_be_read_on_its_ground(void **state)
{
	struct str css = style(*state);

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		assert_true(stands_in(*state, css, pairs[i].text) && stands_in(*state, css, pairs[i].ground));
		if (contrast(pairs[i].text, pairs[i].ground) < 4.5)
			fail_msg("#%06x on #%06x", pairs[i].text, pairs[i].ground);
	}
}

static void every_text_colour_is_among_the_checked_ones(void **state)
{
	struct str css = style(*state);

	for (size_t at = find(css, "color:#", 0); at != SIZE_MAX; at = find(css, "color:#", at + 1)) {
		if (css.at[at - 1] == '-') /* border-color */
			continue;
		bool known = false;
		for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
			struct str colour = pairs[i].text == 0xffffff
						    ? STR("fff")
						    : arena_printf(*state, "%06x", pairs[i].text);
			known = known || str_starts(str_from(css, at + 7), colour) ||
				str_starts(str_from(css, at + 7), STR("000"));
		}
		if (!known)
			fail_msg("%.20s", css.at + at);
	}
}

static void paper_and_small_screens_have_rules(void **state)
{
	assert_has(style(*state), "@media print{");
	assert_has(style(*state), "overflow-wrap:anywhere");
	assert_has(style(*state), ":focus-visible");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_can_be_read_on_its_ground),
		TEST(every_text_colour_is_among_the_checked_ones),
		TEST(paper_and_small_screens_have_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
