/* SPDX-License-Identifier: Apache-2.0
 * What every drawing of a QR code starts from: the symbol, its quiet zone and the TEST line as one grid of
 * cells. */
#ifndef FT_QR_PRIV_H
#define FT_QR_PRIV_H

#include "ft/qr/qr.h"

/*   ┌───────────────┐
 *   │  quiet zone   │  QR_QUIET_ZONE cells on every side of the symbol, all light
 *   │   ┌───────┐   │
 *   │   │symbol │   │  one cell a module
 *   │   └───────┘   │
 *   │               │
 *   ├───────────────┤
 *   │     TEST      │  only when asked for, below the quiet zone so that no scanner sees it as part of the
 * code └───────────────┘ */
struct canvas {
	size_t width, height; /* cells */
	const uint8_t *cells; /* width * height, row-major, 1 is dark */
};
struct canvas canvas_draw(struct arena *arena, const struct qr *qr, bool test_mark);

static inline bool canvas_dark(const struct canvas *canvas, size_t x, size_t y)
{
	return canvas->cells[y * canvas->width + x];
}

#endif
