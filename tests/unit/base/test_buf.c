/* SPDX-License-Identifier: Apache-2.0
 * The buffer that grows. */
#include "../check.h"

static void text_is_the_same_however_it_was_put(void **state)
{
	char expected[6001];
	size_t len = 0;
	struct buf buf = buf_create(*state, 0);
	uint64_t seed = 2;
	while (len + 40 < sizeof expected) {
		int n = (int)(next_random(&seed) % 1000);
		char piece[32];
		int size = snprintf(piece, sizeof piece, "<%d>", n);
		memcpy(expected + len, piece, (size_t)size);
		len += (size_t)size;
		if (n % 4 == 0)
			buf_put(&buf, str_of(piece));
		else if (n % 4 == 1)
			buf_put_bytes(&buf, piece, (size_t)size);
		else if (n % 4 == 2)
			buf_printf(&buf, "<%d>", n);
		else
			for (int i = 0; i < size; i++)
				buf_put_char(&buf, piece[i]);
		assert_int_equal(buf.at[buf.len], 0);
	}
	assert_strs(buf_str(&buf), ((struct str){expected, len}));
}

static void an_empty_buffer_is_empty_text(void **state)
{
	struct buf buf = buf_create(*state, 0);
	assert_str(buf_str(&buf), "");
	buf_put(&buf, str_of(NULL));
	buf_put_bytes(&buf, NULL, 0);
	buf_printf(&buf, "%s", "");
	assert_str(buf_str(&buf), "");
}

static void the_expected_length_needs_no_move(void **state)
{
	struct buf buf = buf_create(*state, 100);
	const char *at = buf.at;
	for (int i = 0; i < 100; i++)
		buf_put_char(&buf, 'x');
	assert_ptr_equal(buf.at, at);
	buf_put_char(&buf, 'x');
	assert_int_equal(buf.len, 101);
}

static void printf_fits_exactly_or_moves(void **state)
{
	for (size_t room = 0; room < 12; room++) {
		struct buf buf = buf_create(*state, room);
		buf_put(&buf, STR("ab"));
		buf_printf(&buf, "%s", "12345678");
		assert_str(buf_str(&buf), "ab12345678");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_is_the_same_however_it_was_put),
		TEST(an_empty_buffer_is_empty_text),
		TEST(the_expected_length_needs_no_move),
		TEST(printf_fits_exactly_or_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
