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

bool gzip_accepted(struct str accept_encoding)
{
	return header_accepts(accept_encoding, STR("gzip"));
}
