/* SPDX-License-Identifier: Apache-2.0
 * qr_svg: size, one path that draws exactly the symbol, caption, TEST line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/qr/qr.h"

struct drawing {
	struct arena *arena;
	struct qr qr;
};

static int make_drawing(void **state)
{
	struct arena *arena = arena_create();
	struct drawing *drawing = arena_new(arena, struct drawing);
	drawing->arena = arena;
	*state = drawing;
	return qr_encode(arena, STR("https://id.example.cn/t/B7K3F9Q2MX4TC"), &drawing->qr);
}

static int end_drawing(void **state)
{
	arena_destroy(((struct drawing *)*state)->arena);
	return 0;
}

static const char *svg_of(struct drawing *drawing, struct str caption, bool test_mark)
{
	const struct qr_style style = {.module_um = 500, .caption = caption, .test_mark = test_mark};
	return qr_svg(drawing->arena, &drawing->qr, &style).at;
}

static size_t count_of(const char *text, const char *part)
{
	size_t count = 0;
	for (const char *at = text; (at = strstr(at, part)); at++)
		count++;
	return count;
}

static void size_is_whole_modules_in_millimetres(void **state)
{
	const char *svg = svg_of(*state, (struct str){0}, false);
	assert_non_null(strstr(svg, "width=\"18.500mm\" height=\"18.500mm\" viewBox=\"0 0 37 37\""));
	assert_non_null(strstr(svg, "shape-rendering=\"crispEdges\""));
	assert_int_equal(count_of(svg, "<path"), 2); /* the light ground, the dark modules */
	assert_null(strstr(svg, "<text"));
}

/* Draws the path back onto a grid: every dark module once, nothing else, no two runs that touch. */
static void path_draws_the_symbol_and_nothing_else(void **state)
{
	struct drawing *drawing = *state;
	size_t width = (size_t)drawing->qr.width + 2 * QR_QUIET_ZONE;
	uint8_t *cells = arena_alloc_array(drawing->arena, width, width);
	const char *at = strstr(svg_of(drawing, (struct str){0}, false), "<path d=\"");
	assert_non_null(at);
	size_t x, y, run, back;
	int used;
	for (at += 9; sscanf(at, "M%zu %zuh%zuv1h-%zuz%n", &x, &y, &run, &back, &used) == 4; at += used) {
		assert_int_equal(run, back);
		assert_true(x >= QR_QUIET_ZONE && x + run <= width - QR_QUIET_ZONE);
		assert_false(cells[y * width + x - 1]);
		memset(&cells[y * width + x], 1, run);
	}
	assert_int_equal(*at, '"');
	for (size_t i = 0; i < width * width; i++) {
		size_t column = i % width - QR_QUIET_ZONE, row = i / width - QR_QUIET_ZONE;
		size_t side = (size_t)drawing->qr.width;
		bool dark = column < side && row < side && drawing->qr.modules[row * side + column];
		assert_int_equal(cells[i], dark);
	}
}

static void caption_is_grouped_for_typing(void **state)
{
	assert_non_null(strstr(svg_of(*state, STR("B7K3F9Q2MX4TC"), false), ">B7K3F 9Q2M X4TC</text>"));
	assert_non_null(
		strstr(svg_of(*state, STR("K7K3F9Q2MX4TCAAAA"), false), ">K7K3F 9Q2M X4TC AAAA</text>"));
	assert_non_null(strstr(svg_of(*state, STR("7K3F9Q2M"), false), ">7K3F 9Q2M</text>"));
	assert_non_null(strstr(svg_of(*state, STR("17K3F9Q2M9"), false), ">17 K3F9 Q2M9</text>"));
	assert_non_null(strstr(svg_of(*state, STR("B7K3F-9Q2M-X4TC"), false), ">B7K3F-9Q2M-X4TC</text>"));
	assert_non_null(strstr(svg_of(*state, STR("LOT-1"), false), ">LOT-1</text>"));
}

static void caption_cannot_break_out_of_its_element(void **state)
{
	const char *svg = svg_of(*state, STR("</text>&\"\xe4"), false);
	assert_non_null(strstr(svg, "&lt;/text&gt;&amp;\"?</text>"));
	assert_int_equal(count_of(svg, "</text>"), 1);
}

static void long_caption_takes_lines(void **state)
{
	const char *svg = svg_of(*state, STR("https://id.example.cn/01/06901234567892/10/26A07B19"), false);
	assert_int_equal(count_of(svg, "<text"), 3);
	assert_non_null(strstr(svg, ">https://id.example.</text>"));
	assert_non_null(strstr(svg, "viewBox=\"0 0 37 50\""));
	/* without a place to break */
	svg = svg_of(*state, STR("-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), false);
	assert_int_equal(count_of(svg, "<text"), 3);
}

static void test_mark_is_below_the_quiet_zone(void **state)
{
	const char *svg = svg_of(*state, (struct str){0}, true);
	assert_non_null(strstr(svg, "height=\"23.000mm\" viewBox=\"0 0 37 46\""));
	assert_non_null(strstr(svg, "M7 38h5v1h-5z")); /* the bar of the T */
	for (int y = 33; y <= 37; y++) {
		char row[16]; /* " 37h" */
		snprintf(row, sizeof row, " %dh", y);
		assert_null(strstr(strstr(svg, "<path d="), row));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(size_is_whole_modules_in_millimetres, make_drawing,
						end_drawing),
		cmocka_unit_test_setup_teardown(path_draws_the_symbol_and_nothing_else, make_drawing,
						end_drawing),
		cmocka_unit_test_setup_teardown(caption_is_grouped_for_typing, make_drawing, end_drawing),
		cmocka_unit_test_setup_teardown(caption_cannot_break_out_of_its_element, make_drawing,
						end_drawing),
		cmocka_unit_test_setup_teardown(long_caption_takes_lines, make_drawing, end_drawing),
		cmocka_unit_test_setup_teardown(test_mark_is_below_the_quiet_zone, make_drawing, end_drawing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
