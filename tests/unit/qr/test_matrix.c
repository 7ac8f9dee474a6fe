/* SPDX-License-Identifier: Apache-2.0
 * qr_encode: which version a payload gets and which payloads are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/qr/qr.h"

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

static struct str repeated(struct arena *arena, char c, size_t len)
{
	char *text = arena_alloc(arena, len + 1);
	memset(text, c, len);
	return (struct str){text, len};
}

static int version_of(struct arena *arena, struct str payload)
{
	struct qr qr = {0};
	assert_int_equal(qr_encode(arena, payload, &qr), PROBLEM_NONE);
	assert_int_equal(qr.width, 17 + 4 * qr.version);
	return qr.version;
}

/* ISO/IEC 18004, table 7, level M: bytes, alphanumeric characters and digits of versions 1 to 10. */
static void capacity_is_that_of_level_m(void **state)
{
	static const size_t capacity[10][3] = {
		{14, 20, 34},    {26, 38, 63},    {42, 61, 101},   {62, 90, 149},   {84, 122, 202},
		{106, 154, 255}, {122, 178, 293}, {152, 221, 365}, {180, 262, 432}, {213, 311, 513}};
	static const char letters[3] = {'a', 'A', '7'};
	for (int version = 1; version <= 10; version++)
		for (int kind = 0; kind < 3; kind++) {
			size_t len = capacity[version - 1][kind];
			if (len > QR_MAX_PAYLOAD)
				continue;
			assert_int_equal(version_of(*state, repeated(*state, letters[kind], len)), version);
			if (len < QR_MAX_PAYLOAD)
				assert_int_equal(version_of(*state, repeated(*state, letters[kind], len + 1)),
						 version + 1);
		}
}

static void payload_beyond_plain_ascii_is_refused(void **state)
{
	static const struct str refused[] = {
		{"", 0},     {NULL, 0},       {"a\0b", 3},         {"a\nb", 3},
		{"\x7f", 1}, {"\xc3\xa9", 2}, {"\xe4\xba\x94", 3},
	};
	struct qr qr = {.version = -1};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_int_equal(qr_encode(*state, refused[i], &qr), PROBLEM_FIELD_RANGE);
	assert_int_equal(qr.version, -1);
}

static void payload_of_512_is_the_longest(void **state)
{
	struct qr qr;
	assert_int_equal(qr_encode(*state, repeated(*state, 'x', 512), &qr), PROBLEM_NONE);
	assert_int_equal(qr_encode(*state, repeated(*state, 'x', 513), &qr), PROBLEM_FIELD_RANGE);
}

/* The encoder wants a NUL that borrowed text does not have. */
static void payload_ends_where_its_length_says(void **state)
{
	struct qr whole, part;
	assert_int_equal(qr_encode(*state, STR("https://a.cn/t/B"), &whole), PROBLEM_NONE);
	assert_int_equal(qr_encode(*state, (struct str){"https://a.cn/t/BXXXXXXXXXXXXXXXX", 16}, &part),
			 PROBLEM_NONE);
	assert_int_equal(whole.width, part.width);
	assert_memory_equal(whole.modules, part.modules, (size_t)whole.width * (size_t)whole.width);
}

static void modules_are_zero_or_one_and_begin_with_a_finder(void **state)
{
	static const uint8_t finder[7] = {1, 1, 1, 1, 1, 1, 1}, inside[7] = {1, 0, 0, 0, 0, 0, 1};
	struct qr qr;
	assert_int_equal(qr_encode(*state, STR("1"), &qr), PROBLEM_NONE);
	for (int i = 0; i < qr.width * qr.width; i++)
		assert_true(qr.modules[i] <= 1);
	assert_memory_equal(qr.modules, finder, sizeof finder);
	assert_memory_equal(qr.modules + qr.width, inside, sizeof inside);
	assert_memory_equal(qr.modules + qr.width - 7, finder, sizeof finder);
}

/* The printed size of every sample payload of the shared table, in tenths of a millimetre. */
static void sizes_agree_with_the_shared_table(void **state)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	struct str path = arena_printf(*state, "%s/digital-link/qr-size.csv", root ? root : "../shared");
	FILE *file = fopen(path.at, "r");
	if (!file) {
		print_message("no %s\n", path.at);
		skip();
	}
	char line[512]; /* the longest row has 190 characters */
	int rows = 0;
	assert_non_null(fgets(line, sizeof line, file));
	while (fgets(line, sizeof line, file)) {
		char payload[256];
		int version;
		double mm_4dot, mm_5dot;
		assert_int_equal(sscanf(line, "%*[^,],%*[^,],%*d,%255[^,],%*d,%d,%*d,%*d,%lf,%lf", payload,
					&version, &mm_4dot, &mm_5dot),
				 4);
		assert_int_equal(version_of(*state, str_of(payload)), version);
		int cells = 17 + 4 * version + 2 * QR_QUIET_ZONE;
		assert_true(abs((int)(mm_4dot * 1000 + 0.5) - cells * 500) <= 50);
		assert_true(abs((int)(mm_5dot * 1000 + 0.5) - cells * 423) <= 70);
		rows++;
	}
	fclose(file);
	assert_true(rows >= 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(capacity_is_that_of_level_m, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(payload_beyond_plain_ascii_is_refused, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(payload_of_512_is_the_longest, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(payload_ends_where_its_length_says, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(modules_are_zero_or_one_and_begin_with_a_finder, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(sizes_agree_with_the_shared_table, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
