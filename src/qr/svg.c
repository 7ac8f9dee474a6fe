/* SPDX-License-Identifier: Apache-2.0
 * A QR code as SVG: one user unit is one module, the size is in millimetres. */
#include "ft/qr/qr.h"

#include <assert.h>

#include "qr_priv.h"

enum {
	MIN_MODULE_UM = 250,
	MAX_MODULE_UM = 2000,
	FONT_CELLS = 3, /* 1.5 mm at half-millimetre modules: the smallest that hands copy without errors */
	LINE_CELLS = 4,
	GLYPH_PER_MILLE = 600, /* advance of a monospaced glyph, thousandths of the font size */
	GROUP = 4,
};

static size_t dark_run(const struct canvas *canvas, size_t x, size_t y)
{
	size_t end = x;
	while (end < canvas->width && canvas_dark(canvas, end, y))
		end++;
	return end - x;
}

/* Whole runs and a single path: renderers that smooth edges would leave hairlines between single squares. */
static void put_path(struct buf *buf, const struct canvas *canvas)
{
	buf_put(buf, STR("<path d=\""));
	for (size_t y = 0; y < canvas->height; y++) {
		for (size_t x = 0; x < canvas->width; x++) {
			size_t run = dark_run(canvas, x, y);
			if (run)
				buf_printf(buf, "M%zu %zuh%zuv1h-%zuz", x, y, run, run);
			x += run;
		}
	}
	buf_put(buf, STR("\"/>"));
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_word(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_alphanumeric(s.at[i]))
			return false;
	return true;
}

/* "B7K3F9Q2MXXXX" becomes "B7K3F 9Q2M XXXX". What already has separators is left as it is. */
static struct str grouped(struct arena *arena, struct str caption)
{
	if (caption.len <= GROUP + 2 || !is_one_word(caption))
		return caption;
	struct buf buf = buf_create(arena, caption.len + caption.len / GROUP + 1);
	size_t first = caption.len % GROUP; /* the odd ones lead; a single one joins the group after it */
	if (first < 2)
		first += GROUP;
	for (size_t i = 0; i < caption.len; i++) {
		if (i >= first && (i - first) % GROUP == 0)
			buf_put_char(&buf, ' ');
		buf_put_char(&buf, caption.at[i]);
	}
	return buf_str(&buf);
}

static void put_escaped(struct buf *buf, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c == '&')
			buf_put(buf, STR("&amp;"));
		else if (c == '<')
			buf_put(buf, STR("&lt;"));
		else if (c == '>')
			buf_put(buf, STR("&gt;"));
		else if (c < 0x20 ||
			 c > 0x7e) /* XML allows no control characters, the measure knows no wide ones */
			buf_put_char(buf, '?');
		else
			buf_put_char(buf, c);
	}
}

/* How much of the text goes on a line of `room` characters: up to and with the last separator that fits. */
static size_t line_length(struct str text, size_t room)
{
	if (text.len <= room)
		return text.len;
	for (size_t len = room; len > room / 2; len--)
		if (!is_alphanumeric(text.at[len - 1]))
			return len;
	return room;
}

/* Returns how many lines it took. */
static size_t put_caption(struct buf *buf, struct str caption, const struct canvas *canvas)
{
	size_t room = canvas->width * 1000 / (FONT_CELLS * GLYPH_PER_MILLE), lines = 0;
	while (caption.len) {
		size_t len = line_length(caption, room);
		buf_printf(buf, "<text x=\"%zu.%d\" y=\"%zu\">", canvas->width / 2, canvas->width % 2 ? 5 : 0,
			   canvas->height + lines * LINE_CELLS + FONT_CELLS);
		put_escaped(buf, str_trim((struct str){caption.at, len}));
		buf_put(buf, STR("</text>"));
		caption = str_from(caption, len);
		lines++;
	}
	return lines;
}

static void put_size(struct buf *buf, const char *name, size_t cells, int module_um)
{
	size_t um = cells * (size_t)module_um;
	buf_printf(buf, " %s=\"%zu.%03zumm\"", name, um / 1000, um % 1000);
}

struct str qr_svg(struct arena *arena, const struct qr *qr, const struct qr_style *style)
{
	assert(style->module_um >= MIN_MODULE_UM && style->module_um <= MAX_MODULE_UM);
	struct canvas canvas = canvas_draw(arena, qr, style->test_mark);
	struct buf caption = buf_create(arena, 256);
	size_t lines = put_caption(&caption, grouped(arena, style->caption), &canvas);
	size_t height = canvas.height + (lines ? lines * LINE_CELLS + 1 : 0);

	struct buf buf = buf_create(arena, 16 * 1024);
	buf_put(&buf, STR("<svg xmlns=\"http://www.w3.org/2000/svg\""));
	put_size(&buf, "width", canvas.width, style->module_um);
	put_size(&buf, "height", height, style->module_um);
	buf_printf(&buf, " viewBox=\"0 0 %zu %zu\" shape-rendering=\"crispEdges\">", canvas.width, height);
	buf_printf(&buf, "<path fill=\"#fff\" d=\"M0 0h%zuv%zuH0z\"/>", canvas.width, height);
	put_path(&buf, &canvas);
	if (lines) {
		buf_printf(&buf, "<g font-family=\"monospace\" font-size=\"%d\" text-anchor=\"middle\">",
			   FONT_CELLS);
		buf_put(&buf, buf_str(&caption));
		buf_put(&buf, STR("</g>"));
	}
	buf_put(&buf, STR("</svg>\n"));
	return buf_str(&buf);
}
