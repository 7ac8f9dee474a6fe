/* SPDX-License-Identifier: Apache-2.0
 * SM2 with SM3: the example of GB/T 32918.5, vectors of other implementations, and what has to fail. */
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

static struct public_key *key_of(struct arena *arena, const struct json *row)
{
	struct buf point = buf_create(arena, 65);
	struct public_key *key;
	struct bytes x = vector_hex(arena, row, "pub_x"), y = vector_hex(arena, row, "pub_y");
	buf_put_char(&point, 0x04);
	buf_put_bytes(&point, x.at, x.len);
	buf_put_bytes(&point, y.at, y.len);
	assert_int_equal(public_key_parse(vector_spki(arena, SIGN_SM2, str_bytes(buf_str(&point))), &key),
			 PROBLEM_NONE);
	return key;
}

/* Damage to the DER form alone shows in that form alone. */
static struct bytes signature_of(struct arena *arena, const struct json *row)
{
	bool der = str_starts(vector_text(row, "name"), STR("neg-der"));
	return vector_hex(arena, row, der ? "sig_der" : "sig_rs");
}

static void verdicts_are_those_of_the_standard(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "sm2/sm2_sign.jsonl");
	struct json row;
	size_t valid = 0, invalid = 0;
	while (vectors_next(arena, &file, &row)) {
		struct public_key *key = key_of(arena, &row);
		struct str id = bytes_str(vector_hex(arena, &row, "id_hex"));
		bool want = vector_bool(&row, "valid");
		bool got = !verify_sm2_with_id(key, id, vector_hex(arena, &row, "msg_hex"),
					       signature_of(arena, &row));
		if (got != want)
			fail_msg("%.*s", STR_ARGS(vector_text(&row, "name")));
		*(want ? &valid : &invalid) += 1;
		public_key_destroy(key);
	}
	assert_true(valid >= 10 && invalid >= 9);
}

static void the_usual_id_is_the_default(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "sm2/sm2_sign.jsonl");
	struct json row;
	size_t usual = 0, other = 0;
	while (vectors_next(arena, &file, &row)) {
		if (!vector_bool(&row, "valid"))
			continue;
		struct public_key *key = key_of(arena, &row);
		bool is_usual =
			str_equal(bytes_str(vector_hex(arena, &row, "id_hex")), STR("1234567812345678"));
		bool got =
			!verify(key, vector_hex(arena, &row, "msg_hex"), vector_hex(arena, &row, "sig_rs"));
		assert_int_equal(got, is_usual);
		*(is_usual ? &usual : &other) += 1;
		public_key_destroy(key);
	}
	assert_true(usual && other);
}

static void private_keys_of_the_vectors_sign(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "sm2/sm2_sign.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		if (!json_get(&row, STR("private")))
			continue;
		struct private_key *private;
		struct public_key *public = key_of(arena, &row), *own;
		struct bytes message = vector_hex(arena, &row, "msg_hex"), signature;
		assert_int_equal(private_key_parse(SIGN_SM2, vector_hex(arena, &row, "private"), &private),
				 PROBLEM_NONE);
		assert_int_equal(public_key_parse(private_key_spki(arena, private), &own), PROBLEM_NONE);
		assert_true(sha256_equal(public_key_fingerprint(public), public_key_fingerprint(own)));
		assert_int_equal(sign(arena, private, message, &signature), PROBLEM_NONE);
		assert_int_equal(signature.len, 64);
		assert_int_equal(verify(public, message, signature), PROBLEM_NONE);
		assert_int_equal(verify_sm2_with_id(public, STR(""), message, signature), PROBLEM_SIGNATURE);
		private_key_destroy(private);
		public_key_destroy(public);
		public_key_destroy(own);
		checked++;
	}
	assert_true(checked >= 1);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(verdicts_are_those_of_the_standard, create, destroy),
		cmocka_unit_test_setup_teardown(the_usual_id_is_the_default, create, destroy),
		cmocka_unit_test_setup_teardown(private_keys_of_the_vectors_sign, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
