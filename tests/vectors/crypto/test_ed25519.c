/* SPDX-License-Identifier: Apache-2.0
 * Ed25519: RFC 8032, the signatures of ed25519.cr.yp.to, Wycheproof, and keys of small order. */
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

static void published_signatures_are_reproduced(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "ed25519/rfc8032_and_sign_input.jsonl");
	struct json row;
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct private_key *key;
		struct bytes signature, message = vector_hex(arena, &row, "msg_hex");
		assert_int_equal(private_key_parse(SIGN_ED25519, vector_hex(arena, &row, "private"), &key),
				 PROBLEM_NONE);
		struct bytes spki = private_key_spki(arena, key);
		assert_true(bytes_equal(spki,
					vector_spki(arena, SIGN_ED25519, vector_hex(arena, &row, "public"))));
		assert_int_equal(sign(arena, key, message, &signature), PROBLEM_NONE);
		assert_true(bytes_equal(signature, vector_hex(arena, &row, "sig")));
		assert_true(verify_spki(NULL, spki, message, signature));
		private_key_destroy(key);
		checked++;
	}
	assert_true(checked >= 16);
}

static void wycheproof_verdicts_are_ours(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "ed25519/wycheproof_ed25519.jsonl");
	struct json row;
	size_t valid = 0, invalid = 0;
	while (vectors_next(arena, &file, &row)) {
		struct bytes spki = vector_spki(arena, SIGN_ED25519, vector_hex(arena, &row, "public"));
		bool want = str_equal(vector_text(&row, "result"), STR("valid"));
		bool got = verify_spki(NULL, spki, vector_hex(arena, &row, "msg_hex"),
				       vector_hex(arena, &row, "sig"));
		if (got != want)
			fail_msg("Wycheproof %lld", (long long)vector_number(&row, "tcId"));
		*(want ? &valid : &invalid) += 1;
	}
	assert_true(valid > 40 && invalid > 40);
}

/* R = identity, S = 0 would verify any message under such a key. */
static void weak_keys_are_refused_and_verify_nothing(void **state)
{
	struct arena *arena = *state;
	struct str file = vectors_read(arena, "ed25519/weak_public_keys.jsonl");
	struct json row;
	static const uint8_t universal[64] = {1};
	size_t checked = 0;
	while (vectors_next(arena, &file, &row)) {
		struct bytes public = vector_hex(arena, &row, "public");
		for (int sign = 0; sign < 2; sign++) { /* with both, these are all 14 encodings */
			struct public_key *key = NULL;
			uint8_t octets[32];
			memcpy(octets, public.at, sizeof octets);
			octets[31] ^= (uint8_t)(sign << 7);
			struct bytes spki =
				vector_spki(arena, SIGN_ED25519, (struct bytes){octets, sizeof octets});
			assert_int_equal(public_key_parse(spki, &key), PROBLEM_KEY_REFUSED);
			assert_null(key);
			assert_false(verify_spki(NULL, spki, str_bytes(STR("x")),
						 (struct bytes){universal, sizeof universal}));
		}
		checked++;
	}
	assert_true(checked >= 11);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(published_signatures_are_reproduced, create, destroy),
		cmocka_unit_test_setup_teardown(wycheproof_verdicts_are_ours, create, destroy),
		cmocka_unit_test_setup_teardown(weak_keys_are_refused_and_verify_nothing, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
