/* SPDX-License-Identifier: Apache-2.0
 * What is compressed comes back whole, and always as the same bytes. */
#include "check.h"

#include <zlib.h>

#include "ft/http/gzip.h"

static void bytes_come_back_whole(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 4096, 200000};
	struct arena *arena = arena_create();
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint8_t *input = arena_alloc(arena, lengths[i]), *output = arena_alloc(arena, lengths[i] + 1);
		for (size_t k = 0; k < lengths[i]; k++)
			input[k] = (uint8_t)(k * k >> 3);
		struct bytes packed = gzip_bytes(arena, (struct bytes){input, lengths[i]});
		z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.at,
				   .avail_in = (uInt)packed.len,
				   .next_out = output,
				   .avail_out = (uInt)lengths[i] + 1};
		assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
		assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
		assert_int_equal(stream.total_out, lengths[i]);
		assert_int_equal(stream.avail_in, 0);
		assert_memory_equal(output, input, lengths[i]);
		inflateEnd(&stream);
	}
	arena_destroy(arena);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct bytes page = str_bytes(STR("<p>page page page page</p>"));
	struct bytes once = gzip_bytes(arena, page), again = gzip_bytes(arena, page);
	assert_true(bytes_equal(once, again));
	assert_memory_equal(once.at, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8); /* no time stamp */
	arena_destroy(arena);
}

static void what_was_packed_is_unpacked(void **state)
{
	(void)state;
	static const size_t lengths[] = {0, 1, 15000};
	struct arena *arena = arena_create();
	for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
		uint8_t *input = arena_alloc(arena, lengths[i]);
		for (size_t k = 0; k < lengths[i]; k++)
			input[k] = (uint8_t)(k * k >> 3);
		struct bytes bytes = {input, lengths[i]}, back;
		assert_true(gunzip_bytes(arena, gzip_bytes(arena, bytes), &back));
		assert_true(bytes_equal(back, bytes));
	}
	arena_destroy(arena);
}

static void what_is_not_one_whole_member_is_refused(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct bytes packed = gzip_bytes(arena, str_bytes(STR("<p>page page page page</p>"))), ret;
	for (size_t len = 0; len < packed.len; len++)
		assert_false(gunzip_bytes(arena, (struct bytes){packed.at, len}, &ret));
	for (size_t i = 0; i < packed.len; i++) {
		struct bytes changed = arena_bytes(arena, packed);
		((uint8_t *)(uintptr_t)changed.at)[i] ^= 0x41;
		if (i < 4 ||
		    i > 9) /* time, flags of the compressor, and system say nothing about the content */
			assert_false(gunzip_bytes(arena, changed, &ret));
	}
	uint8_t *twice = arena_alloc(arena, 2 * packed.len);
	memcpy(twice, packed.at, packed.len);
	memcpy(twice + packed.len, packed.at, packed.len);
	assert_false(gunzip_bytes(arena, (struct bytes){twice, 2 * packed.len}, &ret));
	arena_destroy(arena);
}

static void gzip_is_sent_only_when_accepted(void **state)
{
	(void)state;
	assert_true(gzip_accepted(STR("gzip, deflate, br")));
	assert_false(gzip_accepted(STR("br, gzip;q=0")));
	assert_false(gzip_accepted((struct str){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_come_back_whole),
		cmocka_unit_test(the_same_input_gives_the_same_bytes),
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(what_is_not_one_whole_member_is_refused),
		cmocka_unit_test(gzip_is_sent_only_when_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
