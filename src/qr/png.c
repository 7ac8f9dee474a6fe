/* SPDX-License-Identifier: Apache-2.0
 * A QR code as PNG (W3C PNG, third edition): one bit a pixel, whole dots a module, so that no scaling blurs
 * an edge. */
#include "ft/qr/qr.h"

#include <assert.h>
#include <string.h>

#include <zlib.h>

#include "qr_priv.h"

enum {
	MAX_DOTS = 64,
	GREYSCALE = 0,
	UNIT_METRE = 1,
	WINDOW_BITS = 12, /* 4 KB reaches back over the longest row, so a repeated row costs a few bytes */
	MEMORY_LEVEL = 5,
};

static void put_u32(uint8_t *at, size_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void put_chunk(struct buf *buf, const char type[4], struct bytes data)
{
	uint8_t word[4];
	put_u32(word, data.len);
	buf_put_bytes(buf, word, sizeof word);
	buf_put_bytes(buf, type, 4);
	buf_put_bytes(buf, data.at, data.len);
	uLong crc = crc32(0, (const Bytef *)type, 4);
	if (data.len) /* given NULL, crc32 starts over */
		crc = crc32(crc, data.at, (uInt)data.len);
	put_u32(word, crc);
	buf_put_bytes(buf, word, sizeof word);
}

static void put_header(struct buf *buf, size_t width, size_t height, int dpi)
{
	uint8_t header[13] = {0};
	put_u32(header, width);
	put_u32(header + 4, height);
	header[8] = 1; /* bit depth */
	header[9] = GREYSCALE;
	put_chunk(buf, "IHDR", (struct bytes){header, sizeof header});

	/* Heads sold as 203 dpi have exactly 8 dots a millimetre. */
	size_t per_metre = dpi == 203 ? 8000 : ((size_t)dpi * 10000 + 127) / 254;
	uint8_t physical[9];
	put_u32(physical, per_metre);
	put_u32(physical + 4, per_metre);
	physical[8] = UNIT_METRE;
	put_chunk(buf, "pHYs", (struct bytes){physical, sizeof physical});
}

static voidpf alloc_in_arena(voidpf arena, uInt count, uInt size)
{
	return arena_alloc_array(arena, count, size);
}

static void free_in_arena(voidpf arena, voidpf at)
{
	(void)arena;
	(void)at;
}

static void deflate_into(struct buf *buf, z_stream *stream, int flush)
{
	uint8_t out[4096]; /* any size would do: what does not fit comes with the next call */
	do {
		stream->next_out = out;
		stream->avail_out = sizeof out;
		int rc = deflate(stream, flush);
		assert(rc == Z_OK || rc == Z_STREAM_END || rc == Z_BUF_ERROR);
		buf_put_bytes(buf, out, sizeof out - stream->avail_out);
	} while (!stream->avail_out);
}

/* Filter type byte, then the pixels from the most significant bit on; 1 is white. */
static void draw_row(uint8_t *row, size_t row_len, const struct canvas *canvas, size_t y, size_t dots)
{
	row[0] = 0;
	memset(row + 1, 0xff, row_len - 1);
	for (size_t x = 0; x < canvas->width * dots; x++)
		if (canvas_dark(canvas, x / dots, y))
			row[1 + x / 8] &= (uint8_t) ~(0x80 >> x % 8);
}

static struct bytes deflate_rows(struct arena *arena, const struct canvas *canvas, size_t dots)
{
	z_stream stream = {.zalloc = alloc_in_arena, .zfree = free_in_arena, .opaque = arena};
	int rc = deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
			      Z_DEFAULT_STRATEGY);
	assert(rc == Z_OK);
	struct buf buf = buf_create(arena, 4096);
	size_t row_len = 1 + (canvas->width * dots + 7) / 8;
	uint8_t *row = arena_alloc(arena, row_len);
	for (size_t y = 0; y < canvas->height; y++) {
		draw_row(row, row_len, canvas, y, dots);
		for (size_t i = 0; i < dots; i++) {
			stream.next_in = row;
			stream.avail_in = (uInt)row_len;
			deflate_into(&buf, &stream, Z_NO_FLUSH);
		}
	}
	deflate_into(&buf, &stream, Z_FINISH);
	deflateEnd(&stream);
	return str_bytes(buf_str(&buf));
}

struct bytes qr_png(struct arena *arena, const struct qr *qr, int dots, int dpi, bool test_mark)
{
	assert(dots >= 1 && dots <= MAX_DOTS && dpi > 0 && dpi <= 10000);
	struct canvas canvas = canvas_draw(arena, qr, test_mark);
	struct bytes rows = deflate_rows(arena, &canvas, (size_t)dots);

	struct buf buf = buf_create(arena, rows.len + 128);
	buf_put(&buf, STR("\x89PNG\r\n\x1a\n"));
	put_header(&buf, canvas.width * (size_t)dots, canvas.height * (size_t)dots, dpi);
	put_chunk(&buf, "IDAT", rows);
	put_chunk(&buf, "IEND", (struct bytes){0});
	return str_bytes(buf_str(&buf));
}
