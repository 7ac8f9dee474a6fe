/* SPDX-License-Identifier: Apache-2.0
 * zlib's deflate in a gzip wrapper, with its memory in the arena's care. */
#include "ft/http/gzip.h"

#include <assert.h>

#include <zlib.h>

#include "headers_priv.h"

enum { GZIP_WINDOW_BITS = 15 + 16, MEMORY_LEVEL = 9 }; /* + 16: gzip, not zlib, around the stream (zlib.h) */

struct bytes gzip_bytes(struct arena *arena, struct bytes input)
{
	z_stream stream = {0};
	int ready = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, MEMORY_LEVEL,
				 Z_DEFAULT_STRATEGY);
	assert(ready == Z_OK && input.len <= UINT32_MAX);
	uLong room = deflateBound(&stream, (uLong)input.len);
	uint8_t *out = arena_alloc(arena, room);
	stream.next_in = (Bytef *)(uintptr_t)input.at;
	stream.avail_in = (uInt)input.len;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	int ended = deflate(&stream, Z_FINISH);
	assert(ended == Z_STREAM_END); /* deflateBound is enough for one call */
	size_t len = room - stream.avail_out;
	deflateEnd(&stream);
	return (struct bytes){out, len};
}

/* Length of what was packed, modulo 2^32: the last four octets (RFC 1952, section 2.3.1). A guess until it is unpacked. */
static size_t length_stated(struct bytes gzip)
{
	size_t len = 0;
	for (size_t i = 1; i <= 4; i++)
		len = len << 8 | gzip.at[gzip.len - i];
	return len;
}

bool gunzip_bytes(struct arena *arena, struct bytes input, struct bytes *ret)
{
	enum { SHORTEST = 18 }; /* header and trailer */
	if (input.len < SHORTEST || input.len > GUNZIP_MAX || length_stated(input) > GUNZIP_MAX)
		return false;
	size_t len = length_stated(input);
	uint8_t *out = arena_alloc(arena, len + 1); /* one more, so that too much shows */
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)input.at,
			   .avail_in = (uInt)input.len,
			   .next_out = out,
			   .avail_out = (uInt)len + 1};
	int ready = inflateInit2(&stream, GZIP_WINDOW_BITS);
	assert(ready == Z_OK);
	bool whole =
		inflate(&stream, Z_FINISH) == Z_STREAM_END && !stream.avail_in && stream.total_out == len;
	inflateEnd(&stream);
	if (whole)
		*ret = (struct bytes){out, len};
	return whole;
}

bool gzip_accepted(struct str accept_encoding)
{
	return header_accepts(accept_encoding, STR("gzip"));
}
