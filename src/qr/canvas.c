/* SPDX-License-Identifier: Apache-2.0
 * The grid of cells behind every drawing: symbol, quiet zone, TEST line. */
#include "qr_priv.h"

#include <assert.h>
#include <string.h>

/* A built-in font, because labels are drawn where no font is installed. 23 cells fit below the smallest
 * symbol (21 modules and twice the quiet zone). */
enum { MARK_WIDTH = 23, MARK_HEIGHT = 7, MARK_MARGIN = 1 };
/* clang-format off */
static const char mark[MARK_HEIGHT][MARK_WIDTH + 1] = {
	"##### ##### ##### #####",
	"  #   #     #       #  ",
	"  #   #     #       #  ",
	"  #   ####  #####   #  ",
	"  #   #         #   #  ",
	"  #   #         #   #  ",
	"  #   ##### #####   #  ",
};
/* clang-format on */

static void draw_symbol(uint8_t *cells, size_t width, const struct qr *qr)
{
	for (size_t y = 0; y < (size_t)qr->width; y++)
		memcpy(&cells[(y + QR_QUIET_ZONE) * width + QR_QUIET_ZONE],
		       &qr->modules[y * (size_t)qr->width], (size_t)qr->width);
}

static void draw_mark(uint8_t *cells, size_t width)
{
	size_t left = (width - MARK_WIDTH) / 2, top = width + MARK_MARGIN;
	for (size_t y = 0; y < MARK_HEIGHT; y++)
		for (size_t x = 0; x < MARK_WIDTH; x++)
			cells[(top + y) * width + left + x] = mark[y][x] == '#';
}

struct canvas canvas_draw(struct arena *arena, const struct qr *qr, bool test_mark)
{
	assert(qr->width >= 21 && qr->width <= 177);
	size_t width = (size_t)qr->width + 2 * QR_QUIET_ZONE;
	size_t height = width + (test_mark ? MARK_HEIGHT + 2 * MARK_MARGIN : 0);
	uint8_t *cells = arena_alloc_array(arena, height, width);
	draw_symbol(cells, width, qr);
	if (test_mark)
		draw_mark(cells, width);
	return (struct canvas){.width = width, .height = height, .cells = cells};
}
