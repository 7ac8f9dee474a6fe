/* SPDX-License-Identifier: Apache-2.0
 * A gap filled many ways: always one gzip member that zlib and gzip read, with the same text as without gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ft/http/gap.h"
#include "ft/http/gzip.h"

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

/* Repeats itself, so that there is something to compress and something to refer back to. */
static struct bytes sample(struct arena *arena, size_t len, unsigned seed)
{
	uint8_t *octets = arena_alloc(arena, len + 1);
	for (size_t i = 0; i < len; i++)
		octets[i] = (uint8_t)("farm to table, "[i % 15] + (i / 97 * seed) % 7);
	return (struct bytes){octets, len};
}

static void assert_filled(struct arena *arena, struct bytes head, struct bytes words, struct bytes tail)
{
	struct buf whole = buf_create(arena, 1);
	struct bytes text;
	buf_put_bytes(&whole, head.at, head.len);
	buf_put_bytes(&whole, words.at, words.len);
	buf_put_bytes(&whole, tail.at, tail.len);

	struct bytes plain = gap_fill(arena, gap_pack(arena, head, tail, false), words, false);
	assert_true(bytes_equal(plain, str_bytes(buf_str(&whole))));
	struct bytes packed = gap_fill(arena, gap_pack(arena, head, tail, true), words, true);
	assert_true(gunzip_bytes(arena, packed, &text)); /* checks CRC and length too */
	assert_true(bytes_equal(text, plain));
}

static void every_size_of_every_part_is_read_back(void **state)
{
	static const size_t parts[] = {0, 1, 2, 300, 40000, 200000},
			    gaps[] = {0, 1, 255, 256, 1000, GAP_WORDS_MAX};
	for (size_t h = 0; h < sizeof parts / sizeof *parts; h++)
		for (size_t t = 0; t < sizeof parts / sizeof *parts; t++)
			for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
				assert_filled(*state, sample(*state, parts[h], 3), sample(*state, gaps[g], 5),
					      sample(*state, parts[t], 11));
}

static void one_packing_takes_many_words(void **state)
{
	struct bytes head = sample(*state, 9000, 3), tail = sample(*state, 20000, 4), text;
	struct bytes packed = gap_pack(*state, head, tail, true);
	assert_in_range(packed.len, 1, 9000);
	for (size_t len = 0; len < 700; len += 7) {
		struct bytes words = sample(*state, len, (unsigned)len + 1);
		assert_true(gunzip_bytes(*state, gap_fill(*state, packed, words, true), &text));
		assert_int_equal(text.len, head.len + len + tail.len);
		assert_memory_equal(text.at + head.len, words.at, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_size_of_every_part_is_read_back, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(one_packing_takes_many_words, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
