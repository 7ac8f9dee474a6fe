/* SPDX-License-Identifier: Apache-2.0
 * ECDSA P-256 with SHA-256, DER signatures: RFC 6979 and Wycheproof. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vectors.h"

static int create(void **state)
{
	*state = arena_create();
	return 0;
}

static int destroy(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void the_signatures_of_rfc_6979_verify(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "p256/rfc6979_p256.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		if (!str_equal(vector_text(&row, "hash"), STR("SHA-256")))
			continue;
		struct private_key *private;
		struct public_key *public;
		struct bytes message = vector_hex(arena, &row, "msg_hex"), own;
		assert_int_equal(private_key_parse(SIGN_P256, vector_hex(arena, &row, "private"), &private),
				 PROBLEM_NONE);
		struct bytes spki = private_key_spki(arena, private);
		assert_memory_equal(spki.at + 27, vector_hex(arena, &row, "pub_x").at, 32);
		assert_memory_equal(spki.at + 59, vector_hex(arena, &row, "pub_y").at, 32);
		assert_int_equal(public_key_parse(spki, &public), PROBLEM_NONE);
		assert_int_equal(verify(public, message, vector_hex(arena, &row, "sig_der")), PROBLEM_NONE);
		assert_int_equal(verify(public, message, vector_hex(arena, &row, "sig_p1363")),
				 PROBLEM_SIGNATURE);
		assert_int_equal(sign(arena, private, message, &own), PROBLEM_NONE);
		assert_int_equal(verify(public, message, own), PROBLEM_NONE);
		private_key_destroy(private);
		public_key_destroy(public);
		checked++;
	}
	assert_true(checked >= 1);
}

static void wycheproof_verdicts_are_ours(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "p256/wycheproof_p256_sha256_der.jsonl");
	struct json row;
	size_t valid = 0, invalid = 0;
	while (vectors_next(arena, &file, &row)) {
		struct public_key *key;
		struct bytes spki = vector_spki(arena, SIGN_P256, vector_hex(arena, &row, "public"));
		bool want = str_equal(vector_text(&row, "result"), STR("valid"));
		assert_int_equal(public_key_parse(spki, &key), PROBLEM_NONE);
		bool got = !verify(key, vector_hex(arena, &row, "msg_hex"), vector_hex(arena, &row, "sig"));
		if (got != want)
			fail_msg("Wycheproof %lld", (long long)vector_number(&row, "tcId"));
		*(want ? &valid : &invalid) += 1;
		public_key_destroy(key);
	}
	assert_true(valid > 100 && invalid > 100);
}

/* One INTEGER of X.690 §8.3: as few octets as there can be, the first bit a sign. */
static void put_integer(struct buf *out, struct bytes number)
{
	while (number.len > 1 && number.at[0] == 0)
		number = (struct bytes){number.at + 1, number.len - 1};
	bool padded = number.at[0] & 0x80;
	buf_put_char(out, 0x02);
	buf_put_char(out, (char)(number.len + padded));
	if (padded)
		buf_put_char(out, 0);
	buf_put_bytes(out, number.at, number.len);
}

static struct bytes der_of(struct arena *arena, struct bytes pair)
{
	struct buf numbers = buf_create(arena, 80), out = buf_create(arena, 80);
	put_integer(&numbers, (struct bytes){pair.at, 32});
	put_integer(&numbers, (struct bytes){pair.at + 32, 32});
	buf_put_char(&out, 0x30);
	buf_put_char(&out, (char)numbers.len);
	buf_put(&out, buf_str(&numbers));
	return str_bytes(buf_str(&out));
}

/* r and s side by side are no signature of a note; the same numbers in DER are judged as Wycheproof judges them. */
static void numbers_out_of_range_are_refused(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "p256/wycheproof_p256_sha256_p1363.jsonl");
	struct json row;
	size_t valid = 0, invalid = 0;
	while (vectors_next(arena, &file, &row)) {
		struct public_key *key;
		struct bytes spki = vector_spki(arena, SIGN_P256, vector_hex(arena, &row, "public"));
		struct bytes message = vector_hex(arena, &row, "msg_hex"),
			     pair = vector_hex(arena, &row, "sig");
		bool want = str_equal(vector_text(&row, "result"), STR("valid"));
		assert_int_equal(public_key_parse(spki, &key), PROBLEM_NONE);
		assert_int_equal(verify(key, message, pair), PROBLEM_SIGNATURE);
		assert_true(pair.len == 64 || !want);
		if (pair.len == 64 && !verify(key, message, der_of(arena, pair)) != want)
			fail_msg("Wycheproof %lld", (long long)vector_number(&row, "tcId"));
		*(want ? &valid : &invalid) += 1;
		public_key_destroy(key);
	}
	assert_true(valid > 50 && invalid > 50);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_signatures_of_rfc_6979_verify, create, destroy),
		cmocka_unit_test_setup_teardown(wycheproof_verdicts_are_ours, create, destroy),
		cmocka_unit_test_setup_teardown(numbers_out_of_range_are_refused, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
