/* SPDX-License-Identifier: Apache-2.0
 * A gzip member (RFC 1952) in three parts: deflate blocks of the head, a stored block for the gap, deflate blocks of the
 * tail. The head ends on an octet's border (a sync flush), the tail refers to nothing before it, and the CRC of the whole
 * is combined from those of the parts: nothing but the gap is looked at again.
 *
 *   packed: head_len · tail_len · head_crc · tail_crc · packed_head_len · head · tail
 */
#include "ft/http/gap.h"

#include <assert.h>
#include <string.h>

#include <zlib.h>

enum { RAW_DEFLATE = -15, MEMORY_LEVEL = 9, HEADER = 10, STORED_HEADER = 5, TRAILER = 8 };
static const uint8_t gzip_header[HEADER] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3}; /* best compression, Unix */

struct gap_sizes {
	uint32_t head_len, tail_len, head_crc, tail_crc, packed_head_len;
};

static uint32_t crc_of(struct bytes part)
{
	return (uint32_t)crc32_z(0, part.at, part.len);
}

/* Ends with the stream's last block, or with an empty stored one on an octet's border. */
static struct bytes deflate_part(struct arena *arena, struct bytes part, bool is_last)
{
	z_stream stream = {0};
	int ready = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, RAW_DEFLATE, MEMORY_LEVEL,
				 Z_DEFAULT_STRATEGY);
	assert(ready == Z_OK && part.len <= UINT32_MAX);
	uLong room =
		deflateBound(&stream, (uLong)part.len) + STORED_HEADER + 1; /* the flush's block beside */
	uint8_t *out = arena_alloc(arena, room);
	stream.next_in = (Bytef *)(uintptr_t)part.at;
	stream.avail_in = (uInt)part.len;
	stream.next_out = out;
	stream.avail_out = (uInt)room;
	int ended = deflate(&stream, is_last ? Z_FINISH : Z_SYNC_FLUSH);
	assert(ended == (is_last ? Z_STREAM_END : Z_OK) && !stream.avail_in && stream.avail_out);
	size_t len = room - stream.avail_out;
	deflateEnd(&stream);
	return (struct bytes){out, len};
}

static uint8_t *put(uint8_t *at, const void *from, size_t len)
{
	if (len)
		memcpy(at, from, len);
	return at + len;
}

static uint8_t *put_little_endian(uint8_t *at, uint32_t value, size_t octets)
{
	for (size_t i = 0; i < octets; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

struct bytes gap_pack(struct arena *arena, struct bytes head, struct bytes tail, bool gzip)
{
	struct gap_sizes sizes = {(uint32_t)head.len, (uint32_t)tail.len, crc_of(head), crc_of(tail), 0};
	if (gzip) {
		head = deflate_part(arena, head, /* is_last */ false);
		tail = deflate_part(arena, tail, /* is_last */ true);
	}
	sizes.packed_head_len = (uint32_t)head.len;
	uint8_t *packed = arena_alloc(arena, sizeof sizes + head.len + tail.len);
	put(put(put(packed, &sizes, sizeof sizes), head.at, head.len), tail.at, tail.len);
	return (struct bytes){packed, sizeof sizes + head.len + tail.len};
}

struct bytes gap_fill(struct arena *arena, struct bytes packed, struct bytes words, bool gzip)
{
	struct gap_sizes sizes;
	assert(packed.len >= sizeof sizes && words.len <= GAP_WORDS_MAX);
	memcpy(&sizes, packed.at, sizeof sizes);
	const uint8_t *head = packed.at + sizeof sizes, *tail = head + sizes.packed_head_len;
	size_t tail_len = packed.len - sizeof sizes - sizes.packed_head_len;
	uint8_t *out = arena_alloc(arena, HEADER + sizes.packed_head_len + STORED_HEADER + words.len +
						  tail_len + TRAILER),
		*at = out;
	if (!gzip) {
		at = put(put(put(at, head, sizes.packed_head_len), words.at, words.len), tail, tail_len);
		return (struct bytes){out, (size_t)(at - out)};
	}
	at = put(put(at, gzip_header, HEADER), head, sizes.packed_head_len);
	*at++ = 0; /* a stored block that is not the last (RFC 1951, 3.2.4): length, its complement, octets */
	at = put_little_endian(at, (uint32_t)words.len, 2);
	at = put_little_endian(at, ~(uint32_t)words.len, 2);
	at = put(put(at, words.at, words.len), tail, tail_len);
	uLong crc = crc32_combine(sizes.head_crc, crc_of(words), (z_off_t)words.len);
	crc = crc32_combine(crc, sizes.tail_crc, (z_off_t)sizes.tail_len);
	at = put_little_endian(at, (uint32_t)crc, 4);
	at = put_little_endian(at, sizes.head_len + (uint32_t)words.len + sizes.tail_len, 4);
	return (struct bytes){out, (size_t)(at - out)};
}
