/* SPDX-License-Identifier: Apache-2.0
 * qr_png: chunks, their checksums, and pixels that are the modules enlarged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

#include "ft/qr/qr.h"

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static uint32_t u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The data of a chunk; checks length and CRC of every chunk on the way. */
static struct bytes chunk(struct bytes png, const char *type)
{
	assert_memory_equal(png.at, "\x89PNG\r\n\x1a\n", 8);
	for (size_t at = 8; at < png.len;) {
		uint32_t len = u32(png.at + at);
		assert_true(at + 12 + len <= png.len);
		uLong crc = crc32(0, png.at + at + 4, len + 4);
		assert_int_equal(u32(png.at + at + 8 + len), crc);
		if (!memcmp(png.at + at + 4, type, 4))
			return (struct bytes){png.at + at + 8, len};
		at += 12 + len;
	}
	fail_msg("no %s chunk", type);
	return (struct bytes){0};
}

struct image {
	size_t width, height, row_len;
	uint8_t *rows;
};

static struct image decode(struct arena *arena, struct bytes png)
{
	struct bytes header = chunk(png, "IHDR"), data = chunk(png, "IDAT");
	assert_int_equal(header.len, 13);
	assert_memory_equal(header.at + 8, "\1\0\0\0\0",
			    5); /* one bit, grey, deflate, no filter choice, not interlaced */
	struct image image = {.width = u32(header.at), .height = u32(header.at + 4)};
	image.row_len = 1 + (image.width + 7) / 8;
	image.rows = arena_alloc_array(arena, image.height, image.row_len);
	uLongf len = image.height * image.row_len;
	assert_int_equal(uncompress(image.rows, &len, data.at, data.len), Z_OK);
	assert_int_equal(len, image.height * image.row_len);
	return image;
}

static bool pixel_is_dark(const struct image *image, size_t x, size_t y)
{
	return !(image->rows[y * image->row_len + 1 + x / 8] >> (7 - x % 8) & 1);
}

static bool module_is_dark(const struct qr *qr, size_t x, size_t y)
{
	size_t side = (size_t)qr->width;
	x -= QR_QUIET_ZONE;
	y -= QR_QUIET_ZONE;
	return x < side && y < side && qr->modules[y * side + x];
}

static void every_pixel_belongs_to_its_module(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 10, 64};
	struct qr qr;
	assert_int_equal(qr_encode(*state, STR("https://id.example.cn/01/06901234567892"), &qr),
			 PROBLEM_NONE);
	size_t cells = (size_t)qr.width + 2 * QR_QUIET_ZONE;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t dots = sizes[i];
		struct image image = decode(*state, qr_png(*state, &qr, (int)dots, 300, false));
		assert_int_equal(image.width, cells * dots);
		assert_int_equal(image.height, cells * dots);
		for (size_t y = 0; y < image.height; y++)
			for (size_t x = 0; x < image.width; x++)
				if (pixel_is_dark(&image, x, y) != module_is_dark(&qr, x / dots, y / dots))
					fail_msg("pixel %zu %zu at %zu dots", x, y, dots);
	}
}

static void physical_size_is_that_of_the_printer(void **state)
{
	static const struct {
		int dpi;
		uint32_t per_metre;
	} rows[] = {{203, 8000}, {300, 11811}, {600, 23622}, {96, 3780}, {254, 10000}};
	struct qr qr;
	assert_int_equal(qr_encode(*state, STR("1"), &qr), PROBLEM_NONE);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct bytes physical = chunk(qr_png(*state, &qr, 4, rows[i].dpi, false), "pHYs");
		assert_int_equal(physical.len, 9);
		assert_int_equal(u32(physical.at), rows[i].per_metre);
		assert_int_equal(u32(physical.at + 4), rows[i].per_metre);
		assert_int_equal(physical.at[8], 1);
	}
}

static void test_mark_leaves_the_quiet_zone_white(void **state)
{
	struct qr qr;
	assert_int_equal(qr_encode(*state, STR("1"), &qr), PROBLEM_NONE);
	struct image plain = decode(*state, qr_png(*state, &qr, 2, 203, false));
	struct image marked = decode(*state, qr_png(*state, &qr, 2, 203, true));
	assert_int_equal(marked.width, plain.width);
	assert_true(marked.height >= plain.height + 14);
	assert_memory_equal(marked.rows, plain.rows, plain.height * plain.row_len);
	size_t dark = 0;
	for (size_t y = plain.height; y < marked.height; y++)
		for (size_t x = 0; x < marked.width; x++)
			dark += pixel_is_dark(&marked, x, y);
	assert_int_equal(dark, 4 * (11 + 18 + 19 + 11)); /* T, E, S, T of 2 by 2 pixels a dot */
}

static void largest_drawing_stays_small(void **state)
{
	char text[QR_MAX_PAYLOAD];
	memset(text, 'x', sizeof text);
	struct qr qr;
	assert_int_equal(qr_encode(*state, (struct str){text, sizeof text}, &qr), PROBLEM_NONE);
	struct bytes png = qr_png(*state, &qr, 64, 600, true);
	assert_true(png.len < 200 * 1024);
	assert_int_equal(chunk(png, "IEND").len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_pixel_belongs_to_its_module, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(physical_size_is_that_of_the_printer, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(test_mark_leaves_the_quiet_zone_white, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(largest_drawing_stays_small, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
