/* SPDX-License-Identifier: Apache-2.0
 * Encodings of bytes as text, with the published examples and the forms that must be refused. */
#include "ft/base/text.h"

#include "../check.h"

static struct str random_bytes(struct arena *arena, uint64_t *seed, size_t len)
{
	char *at = arena_alloc(arena, len + 1);
	for (size_t i = 0; i < len; i++)
		at[i] = (char)next_random(seed);
	return (struct str){at, len};
}

static void hex_reads_either_case_and_exactly_the_length(void **state)
{
	uint8_t out[2] = {9, 9};
	assert_str(hex_encode(*state, str_bytes(STR("\x00\xff\x1a"))), "00ff1a");
	assert_str(hex_encode(*state, str_bytes(STR(""))), "");
	assert_true(hex_decode(STR("aBc0"), out, 2));
	assert_memory_equal(out, "\xab\xc0", 2);
	const char *const refused[] = {"", "a", "ab", "abc", "abcde", "abcdef", "abcg", "ab c", "0xab"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		assert_false(hex_decode(str_of(refused[i]), out, 2));
		assert_memory_equal(out, "\xab\xc0", 2);
	}
	assert_true(hex_decode(STR(""), out, 0));
}

/* RFC 4648 §10 */
static void base64_gives_the_published_examples(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct bytes plain = str_bytes(str_of(cases[i].plain)), again = {NULL, 0};
		assert_str(base64_encode(*state, plain), cases[i].coded);
		assert_true(base64_decode(*state, str_of(cases[i].coded), &again));
		assert_true(bytes_equal(plain, again));
	}
}

static void base64url_has_its_own_digits_and_no_padding(void **state)
{
	assert_str(base64url_encode(*state, str_bytes(STR("\xfb\xff\xfe"))), "-__-");
	assert_str(base64_encode(*state, str_bytes(STR("\xfb\xff\xfe"))), "+//+");
	assert_str(base64url_encode(*state, str_bytes(STR("f"))), "Zg");
	struct bytes out;
	assert_true(base64url_decode(*state, STR("-__-"), &out));
	assert_false(base64url_decode(*state, STR("+//+"), &out));
	assert_false(base64_decode(*state, STR("-__-"), &out));
	assert_false(base64url_decode(*state, STR("Zg=="), &out));
}

static void base64_is_strict(void **state)
{
	const char *const refused[] = {
		"Zg",   "Zg=",          "Zg===",  "Z===",       "====",     "=",
		"==",   "Zm9vYg==Zm9v", "Zm9v\n", "Zm 9v",      "Zm9v====", "Zh==",
		"Zm9=", "Zm9v=",        "Z=g=",   "Zm\xc3\xa4", "Z",        "Zm9vZ",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct bytes out = {NULL, 7};
		assert_false(base64_decode(*state, str_of(refused[i]), &out));
		assert_int_equal(out.len, 7);
	}
	struct bytes out;
	assert_false(base64_decode(*state, STR("Zm9\0"), &out));
	assert_false(base64url_decode(*state, STR("Zh"), &out));  /* stray bits */
	assert_false(base64url_decode(*state, STR("Zm9"), &out)); /* stray bits */
	assert_false(base64url_decode(*state, STR("Z"), &out));   /* no byte ends here */
}

static void base64_reads_what_it_wrote(void **state)
{
	uint64_t seed = 6;
	for (size_t len = 0; len < 300; len++) {
		struct str plain = random_bytes(*state, &seed, len);
		struct bytes again;
		assert_true(base64_decode(*state, base64_encode(*state, str_bytes(plain)), &again));
		assert_true(bytes_equal(str_bytes(plain), again));
		assert_true(base64url_decode(*state, base64url_encode(*state, str_bytes(plain)), &again));
		assert_true(bytes_equal(str_bytes(plain), again));
		uint8_t out[300];
		assert_true(hex_decode(hex_encode(*state, str_bytes(plain)), out, len));
		assert_memory_equal(out, plain.at, len);
	}
}

static void crockford_takes_bits_from_the_front(void **state)
{
	assert_str(crockford_encode(*state, str_bytes(STR("\x00\x00\x00\x00\x00")), 8), "00000000");
	assert_str(crockford_encode(*state, str_bytes(STR("\xff\xff\xff\xff\xff")), 8), "ZZZZZZZZ");
	/* 00000 00001 00010 00011 00100 00101 00110 00111 */
	assert_str(crockford_encode(*state, str_bytes(STR("\x00\x44\x32\x14\xc7")), 8), "01234567");
	assert_str(crockford_encode(*state, str_bytes(STR("\xf8")), 1), "Z");
	assert_str(crockford_encode(*state, str_bytes(STR("\x80\x00")), 3), "G00");
	assert_str(crockford_encode(*state, str_bytes(STR("\x80")), 0), "");
}

static void take_too_many(void)
{
	struct arena *arena = arena_create();
	(void)crockford_encode(arena, str_bytes(STR("\x80")), 2);
}

static void more_symbols_than_bits_aborts(void **state)
{
	(void)state;
	assert_true(aborts(take_too_many));
}

static void typed_codes_are_folded(void **state)
{
	assert_str(crockford_fold(*state, STR("abc-def o0 iIlL1")), "ABCDEF0011111");
	assert_str(crockford_fold(*state, STR("")), "");
	assert_str(crockford_fold(*state, STR(" - ")), "");
	const char *const refused[] = {"u", "U", "a.b", "a\tb", "\xef\xbc\x91", "*"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_absent(crockford_fold(*state, str_of(refused[i])));
	assert_absent(crockford_fold(*state, STR("A\0")));
}

static void folding_what_was_encoded_changes_nothing(void **state)
{
	uint64_t seed = 7;
	for (int round = 0; round < 500; round++) {
		struct str code = crockford_encode(*state, str_bytes(random_bytes(*state, &seed, 10)), 16);
		assert_strs(crockford_fold(*state, code), code);
	}
}

static void utf8_accepts_exactly_the_table_of_rfc_3629(void **state)
{
	(void)state;
	static const struct {
		struct str text;
		size_t valid; /* bytes of the valid start */
	} cases[] = {
		{{"", 0}, 0},
		{{"a\0b", 3}, 3},
		{{"\x7f", 1}, 1},
		{{"\x80", 1}, 0},
		{{"a\xbf", 2}, 1},
		{{"\xc0\x80", 2}, 0}, /* overlong NUL */
		{{"\xc1\xbf", 2}, 0}, /* overlong */
		{{"\xc2\x80", 2}, 2},
		{{"\xdf\xbf", 2}, 2},
		{{"\xc2", 1}, 0},
		{{"\xc2\x41", 2}, 0},
		{{"\xe0\x9f\xbf", 3}, 0}, /* overlong */
		{{"\xe0\xa0\x80", 3}, 3},
		{{"\xed\x9f\xbf", 3}, 3},
		{{"\xed\xa0\x80", 3}, 0}, /* U+D800 */
		{{"\xed\xbf\xbf", 3}, 0}, /* U+DFFF */
		{{"\xee\x80\x80", 3}, 3},
		{{"\xef\xbf\xbf", 3}, 3},
		{{"\xe5\x86", 2}, 0},
		{{"\xe5\x86\x41", 3}, 0},
		{{"\xf0\x8f\xbf\xbf", 4}, 0}, /* overlong */
		{{"\xf0\x90\x80\x80", 4}, 4},
		{{"\xf4\x8f\xbf\xbf", 4}, 4}, /* U+10FFFF */
		{{"\xf4\x90\x80\x80", 4}, 0},
		{{"\xf5\x80\x80\x80", 4}, 0},
		{{"\xf0\x9f\x98", 3}, 0},
		{{"\xf0\x9f\x98\xc0", 4}, 0},
		{{"\xff", 1}, 0},
		{{"\xfe\xff", 2}, 0},
		{{"ok\xe5\x86\x9c\xff", 6}, 5},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(utf8_prefix(cases[i].text), cases[i].valid);
		assert_int_equal(utf8_valid(cases[i].text), cases[i].valid == cases[i].text.len);
	}
	assert_true(utf8_valid(str_of(NULL)));
}

static void utf8_length_counts_code_points(void **state)
{
	(void)state;
	assert_int_equal(utf8_length(STR("")), 0);
	assert_int_equal(utf8_length(STR("abc")), 3);
	assert_int_equal(utf8_length(STR("农场 a")), 4);
	assert_int_equal(utf8_length(STR("\xf0\x9f\x98\x80")), 1);
}

static void shortening_never_splits_a_character(void **state)
{
	(void)state;
	struct str text = STR("a\xc3\xa4\xe5\x86\x9c\xf0\x9f\x98\x80z");
	static const size_t kept[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11};
	for (size_t max = 0; max < sizeof kept / sizeof *kept; max++) {
		struct str cut = str_shorten(text, max);
		assert_int_equal(cut.len, kept[max]);
		assert_true(utf8_valid(cut));
	}
	assert_int_equal(str_shorten(STR("\x80\x80\x80\x80\x80\x80"), 4).len, 4);
	assert_int_equal(str_shorten(STR("abc"), 3).len, 3);
	assert_absent(str_shorten(str_of(NULL), 3));
}

static void integers_are_read_to_both_ends(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t n;
	} cases[] = {
		{"0", 0},
		{"-0", 0},
		{"7", 7},
		{"-7", -7},
		{"007", 7},
		{"9223372036854775807", INT64_MAX},
		{"-9223372036854775808", INT64_MIN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int64_t n = 99;
		assert_true(str_integer(str_of(cases[i].text), &n));
		assert_int_equal(n, cases[i].n);
	}
	const char *const refused[] = {"",
				       "-",
				       "+1",
				       " 1",
				       "1 ",
				       "1.0",
				       "1e2",
				       "0x1",
				       "9223372036854775808",
				       "-9223372036854775809",
				       "99999999999999999999999999",
				       "--1",
				       "1-"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		int64_t n = 99;
		assert_false(str_integer(str_of(refused[i]), &n));
		assert_int_equal(n, 99);
	}
}

static void percent_escapes_are_decoded_once(void **state)
{
	struct str out;
	assert_true(percent_decode(*state, STR("a%20b%e5%86%9c%2B+%2541"), /* plus_is_space */ false, &out));
	assert_str(out, "a b农++%41");
	assert_true(percent_decode(*state, STR("a+b%2B"), /* plus_is_space */ true, &out));
	assert_str(out, "a b+");
	assert_true(percent_decode(*state, STR(""), false, &out));
	assert_str(out, "");
	assert_true(percent_decode(*state, STR("%41"), false, &out));
	assert_str(out, "A");
}

static void malformed_escapes_and_nul_are_refused(void **state)
{
	const char *const refused[] = {"%",   "%4",   "a%",  "a%4",   "%zz", "%4g",
				       "%g4", "%%41", "%00", "x%00y", "% 41"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct str out = STR("kept");
		assert_false(percent_decode(*state, str_of(refused[i]), false, &out));
		assert_str(out, "kept");
	}
}

static void only_unreserved_characters_pass_unescaped(void **state)
{
	assert_str(percent_encode(*state, STR("AZaz09-._~")), "AZaz09-._~");
	assert_str(percent_encode(*state, STR(" /+%农")), "%20%2F%2B%25%E5%86%9C");
	assert_str(percent_encode(*state, STR("")), "");
}

static void percent_decoding_gives_back_what_was_encoded(void **state)
{
	uint64_t seed = 8;
	for (size_t len = 0; len < 200; len++) {
		struct str plain = random_bytes(*state, &seed, len), again;
		if (plain.len && memchr(plain.at, 0, plain.len))
			continue;
		assert_true(percent_decode(*state, percent_encode(*state, plain), false, &again));
		assert_strs(again, plain);
	}
}

static void escapes_of_unreserved_characters_are_the_same_text(void **state)
{
	assert_str(percent_normalise(*state, STR("/%30%31/%41%7e")), "/01/A~");
	assert_str(percent_normalise(*state, STR("%2F%2f%25%3")), "%2F%2f%25%3");
	assert_str(percent_normalise(*state, STR("%2531%%30%zz%0")), "%2531%0%zz%0");
	assert_str(percent_normalise(*state, STR("")), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hex_reads_either_case_and_exactly_the_length),
		TEST(base64_gives_the_published_examples),
		TEST(base64url_has_its_own_digits_and_no_padding),
		TEST(base64_is_strict),
		TEST(base64_reads_what_it_wrote),
		TEST(crockford_takes_bits_from_the_front),
		TEST(more_symbols_than_bits_aborts),
		TEST(typed_codes_are_folded),
		TEST(folding_what_was_encoded_changes_nothing),
		TEST(utf8_accepts_exactly_the_table_of_rfc_3629),
		TEST(utf8_length_counts_code_points),
		TEST(shortening_never_splits_a_character),
		TEST(integers_are_read_to_both_ends),
		TEST(percent_escapes_are_decoded_once),
		TEST(malformed_escapes_and_nul_are_refused),
		TEST(only_unreserved_characters_pass_unescaped),
		TEST(percent_decoding_gives_back_what_was_encoded),
		TEST(escapes_of_unreserved_characters_are_the_same_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
