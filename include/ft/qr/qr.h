/* SPDX-License-Identifier: Apache-2.0
 * QR codes (ISO/IEC 18004): one matrix, level M, drawn as SVG, PNG or terminal text. */
#ifndef FT_QR_QR_H
#define FT_QR_QR_H

#include "ft/base/problem.h"

struct qr {
	int version, width;     /* modules a side, without the quiet zone */
	const uint8_t *modules; /* width * width, row-major, 1 is dark */
};
enum { QR_QUIET_ZONE = 4, QR_MAX_PAYLOAD = 512 };

/* ASCII payloads only (UTF-8 without ECI is misread by scanners). PROBLEM_FIELD_RANGE when it is not, or too long. */
enum problem qr_encode(struct arena *arena, struct str payload, struct qr *ret) must_check;

struct qr_style {
	int module_um;      /* micrometres a module, 250 … 2000 */
	struct str caption; /* printed under the symbol so that a person can type it; absent: none. ASCII */
	bool test_mark; /* a line below the quiet zone that reads TEST: installations without a public URL */
};
/* A caption without separators is grouped in fours; a long one takes lines.
 * One path with horizontal runs merged, size in mm, quiet zone of 4 modules, shape-rendering crispEdges. */
struct str qr_svg(struct arena *arena, const struct qr *qr, const struct qr_style *style);
/* 1-bit PNG, `dots` whole dots a module (1 … 64), pHYs for `dpi`, quiet zone of 4 modules, no caption. With
 * test_mark the quiet zone is widened below by a line that reads TEST in a built-in dot font. */
struct bytes qr_png(struct arena *arena, const struct qr *qr, int dots, int dpi, bool test_mark);
/* Half blocks for a dark or light terminal: drawn with explicit colours, quiet zone included. */
struct str qr_terminal(struct arena *arena, const struct qr *qr);

#endif
