/* SPDX-License-Identifier: Apache-2.0
 * A QR code as terminal text: a character is two modules, one above the other. */
#include "ft/qr/qr.h"

#include "qr_priv.h"

/* Entries 16 and 231 of the 256-colour palette are black and white in every theme; 0 and 7 follow the theme,
 * and scanners do not read inverted codes. */
#define BLACK_ON_WHITE "\x1b[38;5;16;48;5;231m"
#define RESET "\x1b[0m"

struct str qr_terminal(struct arena *arena, const struct qr *qr)
{
	static const char *const blocks[2][2] = {{" ", "▄"}, {"▀", "█"}}; /* [upper dark][lower dark] */
	struct canvas canvas = canvas_draw(arena, qr, /* test_mark */ false);
	struct buf buf = buf_create(arena, canvas.width * canvas.height * 2);
	for (size_t y = 0; y < canvas.height; y += 2) {
		buf_put(&buf, STR(BLACK_ON_WHITE));
		for (size_t x = 0; x < canvas.width; x++) {
			bool upper = canvas_dark(&canvas, x, y);
			bool lower = y + 1 < canvas.height && canvas_dark(&canvas, x, y + 1);
			buf_put(&buf, str_of(blocks[upper][lower]));
		}
		buf_put(&buf, STR(RESET "\n"));
	}
	return buf_str(&buf);
}
