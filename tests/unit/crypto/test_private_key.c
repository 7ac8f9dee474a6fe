/* SPDX-License-Identifier: Apache-2.0
 * Private keys survive their raw form, sign what verifies, and refuse what is no key. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/crypto/sign.h"

static const enum sign_algorithm algorithms[] = {SIGN_ED25519, SIGN_P256, SIGN_SM2};

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

static struct bytes from_hex(struct arena *arena, const char *hex)
{
	struct str text = str_of(hex);
	uint8_t *out = arena_alloc(arena, text.len / 2);
	assert_true(hex_decode(text, out, text.len / 2));
	return (struct bytes){out, text.len / 2};
}

static struct private_key *generate(enum sign_algorithm algorithm)
{
	struct private_key *key;
	assert_int_equal(private_key_generate(algorithm, &key), PROBLEM_NONE);
	return key;
}

static struct public_key *public_of(struct arena *arena, const struct private_key *key)
{
	struct public_key *public;
	assert_int_equal(public_key_parse(private_key_spki(arena, key), &public), PROBLEM_NONE);
	return public;
}

static void a_signature_verifies_with_the_public_half_alone(void **state)
{
	struct bytes message = str_bytes(STR("farmtrail/event@v1\n")), signature;
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct private_key *key = generate(algorithms[i]), *other = generate(algorithms[i]);
		struct public_key *public = public_of(*state, key), *stranger = public_of(*state, other);
		assert_int_equal(public_key_algorithm(public), algorithms[i]);
		assert_int_equal(sign(*state, key, message, &signature), PROBLEM_NONE);
		assert_int_equal(verify(public, message, signature), PROBLEM_NONE);
		assert_int_equal(verify(stranger, message, signature), PROBLEM_SIGNATURE);
		assert_int_equal(verify(public, str_bytes(STR("farmtrail/event@v2\n")), signature),
				 PROBLEM_SIGNATURE);
		assert_true(verify_spki(NULL, private_key_spki(*state, key), message, signature));
		assert_false(verify_spki(NULL, private_key_spki(*state, other), message, signature));
		private_key_destroy(key);
		private_key_destroy(other);
		public_key_destroy(public);
		public_key_destroy(stranger);
	}
}

static void a_thousand_signatures_in_a_row_all_verify(void **state)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct private_key *key = generate(algorithms[i]);
		struct public_key *public = public_of(*state, key);
		for (int k = 0; k < 1000; k++) {
			struct bytes signature, message = str_bytes(arena_printf(*state, "message %d", k));
			assert_int_equal(sign(*state, key, message, &signature), PROBLEM_NONE);
			assert_int_equal(verify(public, message, signature), PROBLEM_NONE);
		}
		private_key_destroy(key);
		public_key_destroy(public);
	}
}

static void the_raw_form_reads_back_as_the_same_key(void **state)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct private_key *key = generate(algorithms[i]), *again;
		struct bytes raw = private_key_raw(*state, key);
		assert_int_equal(raw.len, 32);
		assert_int_equal(private_key_parse(algorithms[i], raw, &again), PROBLEM_NONE);
		assert_true(bytes_equal(private_key_spki(*state, key), private_key_spki(*state, again)));
		assert_true(bytes_equal(private_key_raw(*state, again), raw));
		private_key_destroy(key);
		private_key_destroy(again);
	}
}

/* RFC 6979 A.2.5 and RFC 8032 7.1 TEST 1: private key and its public half. */
static void published_private_keys_have_their_published_halves(void **state)
{
	struct private_key *key;
	struct bytes raw =
		from_hex(*state, "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721");
	assert_int_equal(private_key_parse(SIGN_P256, raw, &key), PROBLEM_NONE);
	struct bytes spki = private_key_spki(*state, key);
	struct bytes point = from_hex(
		*state, "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a4"
			"1ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
	assert_int_equal(spki.len, 26 + 65);
	assert_memory_equal(spki.at + 26, point.at, 65);
	private_key_destroy(key);

	raw = from_hex(*state, "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
	assert_int_equal(private_key_parse(SIGN_ED25519, raw, &key), PROBLEM_NONE);
	spki = private_key_spki(*state, key);
	struct bytes public =
		from_hex(*state, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	assert_int_equal(spki.len, 12 + 32);
	assert_memory_equal(spki.at + 12, public.at, 32);
	struct bytes signature,
		want = from_hex(*state, "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901"
					"555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a"
					"100b");
	assert_int_equal(sign(*state, key, (struct bytes){0}, &signature), PROBLEM_NONE);
	assert_true(bytes_equal(signature, want));
	private_key_destroy(key);
}

static void what_is_no_private_key_is_refused(void **state)
{
	static const char *const scalars[] = {
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", /* the group order */
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f67",
		"00c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721",
		"",
	};
	struct private_key *key = NULL;
	for (size_t i = 0; i < sizeof scalars / sizeof scalars[0]; i++)
		assert_int_equal(private_key_parse(SIGN_P256, from_hex(*state, scalars[i]), &key),
				 PROBLEM_KEY_REFUSED);
	assert_int_equal(private_key_parse(SIGN_ED25519, from_hex(*state, scalars[3]), &key),
			 PROBLEM_KEY_REFUSED);
	assert_int_equal(private_key_parse((enum sign_algorithm)3, from_hex(*state, scalars[0]), &key),
			 PROBLEM_KEY_REFUSED);
	assert_null(key);
	private_key_destroy(NULL);

	struct bytes last =
		from_hex(*state, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550");
	assert_int_equal(private_key_parse(SIGN_P256, last, &key), PROBLEM_NONE);
	private_key_destroy(key);
}

struct shared {
	struct private_key *key;
	struct public_key *public;
};

static void *sign_and_verify(void *context)
{
	const struct shared *shared = context;
	struct arena *arena = arena_create();
	uintptr_t failed = 0;
	for (int i = 0; i < 500; i++) {
		struct bytes signature, message = str_bytes(arena_printf(arena, "%p %d", (void *)arena, i));
		failed += sign(arena, shared->key, message, &signature) ||
			  verify(shared->public, message, signature);
	}
	arena_destroy(arena);
	return (void *)failed;
}

static void threads_may_share_one_key(void **state)
{
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct shared shared = {.key = generate(algorithms[i])};
		shared.public = public_of(*state, shared.key);
		pthread_t threads[4];
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(pthread_create(&threads[k], NULL, sign_and_verify, &shared), 0);
		for (size_t k = 0; k < 4; k++) {
			void *failed;
			assert_int_equal(pthread_join(threads[k], &failed), 0);
			assert_null(failed);
		}
		private_key_destroy(shared.key);
		public_key_destroy(shared.public);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_signature_verifies_with_the_public_half_alone, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_thousand_signatures_in_a_row_all_verify, create, destroy),
		cmocka_unit_test_setup_teardown(the_raw_form_reads_back_as_the_same_key, create, destroy),
		cmocka_unit_test_setup_teardown(published_private_keys_have_their_published_halves, create,
						destroy),
		cmocka_unit_test_setup_teardown(what_is_no_private_key_is_refused, create, destroy),
		cmocka_unit_test_setup_teardown(threads_may_share_one_key, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
