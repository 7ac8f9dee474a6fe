/* SPDX-License-Identifier: Apache-2.0
 * Own short codes: one text per thing and key, typed in many ways, refused when a character is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/core/code.h"
#include "ft/crypto/digest.h"

static const struct bytes key = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
static const struct bytes old_key = {(const uint8_t *)"an older key of thirty-two bytes", 32};
static const char kinds[] = {CODE_LOT, CODE_ITEM, CODE_PRODUCT, CODE_UNIT, CODE_PLACE};

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

static enum problem parse(struct arena *arena, struct str typed, struct code *ret)
{
	return code_parse(arena, typed, &key, 1, ret);
}

static void assert_reads_as(struct arena *arena, const char *typed, const struct code *expected)
{
	struct code code;
	if (parse(arena, str_of(typed), &code))
		fail_msg("%s is refused", typed);
	assert_string_equal(code.text.at, expected->text.at);
	assert_int_equal(code.letter, expected->letter);
	assert_true(code.body == expected->body);
}

static void every_kind_reads_back(void **state)
{
	static const uint64_t bodies[] = {0, 1, 0xffffffffff, 0x123456789a, 0x8000000000};
	for (size_t i = 0; i < sizeof kinds; i++)
		for (size_t k = 0; k < sizeof bodies / sizeof *bodies; k++) {
			struct code code = code_make(*state, kinds[i], bodies[k], key);
			assert_int_equal(code.text.len, kinds[i] == CODE_ITEM ? 17 : 13);
			assert_int_equal(code.text.at[0], kinds[i]);
			assert_reads_as(*state, code.text.at, &code);
			assert_reads_as(*state, code_group(*state, &code).at, &code);
		}
}

/* The tag as its definition says it, without the code under test. */
static void tag_is_the_hmac_of_letter_and_body(void **state)
{
	struct code code = code_make(*state, CODE_ITEM, 0x0123456789, key);
	assert_memory_equal(code.text.at, "K04HMASW9", 9);
	static const char data[] = "farmtrail-code-v1\0K\0"
				   "04HMASW9";
	struct sha256 hmac = hmac_sha256(key, (struct bytes){(const uint8_t *)data, sizeof data - 1});
	struct str tag = crockford_encode(*state, sha256_bytes(&hmac), 8);
	assert_string_equal(code.text.at + 9, tag.at);
}

static void typing_habits_are_forgiven(void **state)
{
	/* body of zeros and ones, so that every fold is in it */
	struct code code = code_make(*state, CODE_LOT, 0x0000008421, key);
	assert_memory_equal(code.text.at, "B00001111", 9);
	char typed[64]; /* longest: the code and 13 separators */
	const char *tag = code.text.at + 9;
	snprintf(typed, sizeof typed, "bOo00iIlL%s", tag);
	assert_reads_as(*state, typed, &code);
	snprintf(typed, sizeof typed, "  B 0000-1111 - %s\n", tag);
	assert_reads_as(*state, typed, &code);
	snprintf(typed, sizeof typed, "--b-0000-1111-%.2s--%.2s--", tag, tag + 2);
	assert_reads_as(*state, typed, &code);
}

static void wrong_form_is_told_from_wrong_tag(void **state)
{
	struct code code = code_make(*state, CODE_LOT, 42, key), ret = {.letter = '?'};
	static const char *const malformed[] = {
		"",
		"-",
		" ",
		"B",
		"B0000001A",
		"B000000000000000",
		"X00000000AAAA",
		"800000000AAAA",
		"B0000000UAAAA",
		"B0000000*AAAA",
		"K0000000000000",
		"00000000BAAAA",
		"B00000000AAA\xc3\x85",
		"B-------------------------------------------------00000000AAAA",
		"B--------------------------------------------------------00000000AAAA",
	};
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
		if (i != 13) /* 62 characters, well formed; the next is too long */
			assert_int_equal(parse(*state, str_of(malformed[i]), &ret),
					 PROBLEM_IDENTIFIER_SYNTAX);
	assert_int_equal(parse(*state, str_of(malformed[13]), &ret), PROBLEM_NOT_FOUND);
	assert_int_equal(parse(*state, (struct str){0}, &ret), PROBLEM_IDENTIFIER_SYNTAX);
	assert_int_equal(parse(*state, (struct str){"B0000000\0AAAA", 13}, &ret), PROBLEM_IDENTIFIER_SYNTAX);

	char other[14];
	for (size_t i = 1; i < code.text.len; i++) {
		memcpy(other, code.text.at, sizeof other);
		other[i] = other[i] == 'Z' ? 'Y' : 'Z';
		assert_int_equal(parse(*state, str_of(other), &ret), PROBLEM_NOT_FOUND);
	}
	memcpy(other, code.text.at, sizeof other);
	other[0] = CODE_PLACE;
	assert_int_equal(parse(*state, str_of(other), &ret), PROBLEM_NOT_FOUND);
	assert_int_equal(ret.letter, '?');
}

static void either_key_may_have_made_it_while_keys_rotate(void **state)
{
	const struct bytes both[] = {key, old_key};
	struct code old = code_make(*state, CODE_UNIT, 7, old_key), code;
	struct code new = code_make(*state, CODE_UNIT, 7, key);
	assert_int_equal(code_parse(*state, old.text, both, 2, &code), PROBLEM_NONE);
	assert_int_equal(code_parse(*state, new.text, both, 2, &code), PROBLEM_NONE);
	assert_int_equal(code_parse(*state, old.text, both, 1, &code), PROBLEM_NOT_FOUND);
	assert_int_equal(code_parse(*state, old.text, NULL, 0, &code), PROBLEM_NOT_FOUND);
}

static void body_depends_on_thing_attempt_and_key_alone(void **state)
{
	(void)state;
	struct uuid id = {{1, 2, 3}}, other = {{1, 2, 4}};
	uint64_t body = code_body_candidate(key, id, 0);
	assert_true(body == code_body_candidate(key, id, 0));
	assert_true(body >> 40 == 0);
	assert_true(body != code_body_candidate(key, id, 1));
	assert_true(body != code_body_candidate(key, id, 0x01000000));
	assert_true(body != code_body_candidate(key, other, 0));
	assert_true(body != code_body_candidate(old_key, id, 0));
}

static void items_are_counted_without_showing_it(void **state)
{
	enum { SAMPLE = 3000 };
	static const uint64_t edges[] = {0,       1,        CODE_BLOCK - 1,    CODE_BLOCK,
					 0xfffff, 0x100000, CODE_ITEMS_MAX - 1};
	static uint64_t bodies[SAMPLE];
	int rising = 0;
	for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
		struct code code = code_item(*state, edges[i], key), read;
		assert_int_equal(parse(*state, code.text, &read), PROBLEM_NONE);
		assert_int_equal(read.letter, CODE_ITEM);
		assert_true(code_item_number(&read, key) == edges[i]);
		assert_false(code_item_number(&read, old_key) == edges[i]);
	}
	for (uint64_t n = 0; n < SAMPLE; n++) {
		struct code code = code_item(*state, n, key);
		assert_true(code_item_number(&code, key) == n);
		bodies[n] = code.body;
		for (uint64_t k = 0; k < n; k++)
			assert_true(bodies[k] != code.body);
		rising += n && bodies[n] > bodies[n - 1];
	}
	assert_in_range(rising, SAMPLE * 4 / 10, SAMPLE * 6 / 10); /* as often up as down */
}

static void groups_are_for_reading_aloud(void **state)
{
	struct code lot = {.text = STR("B7K3F9Q2MX4TC")}, item = {.text = STR("K7K3F9Q2MX4TCAB12")};
	assert_string_equal(code_group(*state, &lot).at, "B7K3F-9Q2M-X4TC");
	assert_string_equal(code_group(*state, &item).at, "K7K3F-9Q2M-X4TC-AB12");
}

static void published_tags_are_reproduced(void **state)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	struct str path = arena_printf(*state, "%s/digital-link/item-tag.csv", root ? root : "../shared");
	FILE *file = fopen(path.at, "r");
	if (!file) {
		print_message("no %s\n", path.at);
		skip();
	}
	char line[512]; /* the longest row has 140 characters */
	int rows = 0;
	assert_non_null(fgets(line, sizeof line, file));
	while (fgets(line, sizeof line, file)) {
		char hex[65], scope[64], body[16], tag[32], serial[64];
		int chars;
		assert_int_equal(sscanf(line, "%*[^,],%64[^,],%63[^,],%15[^,],%d,%31[^,],%63[^,\r\n]", hex,
					scope, body, &chars, tag, serial),
				 6);
		uint8_t octets[32];
		assert_true(hex_decode(str_of(hex), octets, sizeof octets));
		struct str made =
			tag_crockford(*state, (struct bytes){octets, sizeof octets}, STR("agt-tag-v1"),
				      str_of(scope), str_of(body), (size_t)chars);
		assert_string_equal(made.at, tag);
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_reads_back, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(tag_is_the_hmac_of_letter_and_body, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(typing_habits_are_forgiven, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(wrong_form_is_told_from_wrong_tag, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(either_key_may_have_made_it_while_keys_rotate, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(body_depends_on_thing_attempt_and_key_alone, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(items_are_counted_without_showing_it, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(groups_are_for_reading_aloud, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(published_tags_are_reproduced, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
