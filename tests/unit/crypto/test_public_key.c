/* SPDX-License-Identifier: Apache-2.0
 * Which public keys are accepted, and that a failed check leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "ft/base/text.h"
#include "ft/crypto/sign.h"

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

static struct bytes from_hex(struct arena *arena, struct str text)
{
	uint8_t *out = arena_alloc(arena, text.len / 2 + 1);
	assert_true(hex_decode(text, out, text.len / 2));
	return (struct bytes){out, text.len / 2};
}

#define P256_PREFIX "3059301306072a8648ce3d020106082a8648ce3d030107034200"
#define P256_COMPRESSED "3039301306072a8648ce3d020106082a8648ce3d030107032200"
#define X "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
#define Y "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define ED25519_PREFIX "302a300506032b6570032100"

static void assert_refused(struct bytes spki)
{
	struct public_key *key = NULL;
	assert_int_equal(public_key_parse(spki, &key), PROBLEM_KEY_REFUSED);
	assert_null(key);
	assert_int_equal(ERR_peek_error(), 0);
}

static void a_compressed_point_has_the_fingerprint_of_the_whole_one(void **state)
{
	struct bytes whole = from_hex(*state, STR(P256_PREFIX "04" X Y));
	struct public_key *key, *compressed;
	assert_int_equal(public_key_parse(whole, &key), PROBLEM_NONE);
	assert_int_equal(public_key_parse(from_hex(*state, STR(P256_COMPRESSED "03" X)), &compressed),
			 PROBLEM_NONE);
	assert_true(sha256_equal(public_key_fingerprint(key), sha256_of(whole)));
	assert_true(sha256_equal(public_key_fingerprint(compressed), sha256_of(whole)));
	assert_int_equal(public_key_algorithm(compressed), SIGN_P256);
	public_key_destroy(key);
	public_key_destroy(compressed);
	/* the other root of the same x is another key */
	assert_int_equal(public_key_parse(from_hex(*state, STR(P256_COMPRESSED "02" X)), &compressed),
			 PROBLEM_NONE);
	assert_false(sha256_equal(public_key_fingerprint(compressed), sha256_of(whole)));
	public_key_destroy(compressed);
}

static void points_that_are_none_are_refused(void **state)
{
	static const char *const spkis[] = {
		/* off the curve, hybrid, coordinate beyond the field, infinity in three spellings */
		P256_PREFIX "04" X X,
		P256_PREFIX "07" X Y,
		P256_PREFIX "04ffffffff00000001000000000000000000000000ffffffffffffffffffffffff" Y,
		P256_COMPRESSED "03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"3019301306072a8648ce3d020106082a8648ce3d03010703020000",
		P256_PREFIX "00" X Y,
		P256_PREFIX "04"
			    "0000000000000000000000000000000000000000000000000000000000000000"
			    "0000000000000000000000000000000000000000000000000000000000000000",
		/* an x that has no y on the curve */
		P256_COMPRESSED "020000000000000000000000000000000000000000000000000000000000000001",
	};
	for (size_t i = 0; i < sizeof spkis / sizeof spkis[0]; i++)
		assert_refused(from_hex(*state, str_of(spkis[i])));
}

static void other_encodings_of_a_good_key_are_refused(void **state)
{
	struct bytes whole = from_hex(*state, STR(P256_PREFIX "04" X Y));
	assert_refused((struct bytes){0});
	for (size_t len = 1; len < whole.len; len++)
		assert_refused((struct bytes){whole.at, len});
	assert_refused(from_hex(*state, STR(P256_PREFIX "04" X Y "00")));
	assert_refused(from_hex(*state, STR("308159301306072a8648ce3d020106082a8648ce3d030107034200"
					    "04" X Y)));
}

static void foreign_kinds_of_keys_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *type, *group;
	} kinds[] = {{"EC", "P-384"}, {"EC", "secp256k1"}, {"X25519", NULL}, {"ED448", NULL}};
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		EVP_PKEY *pkey = kinds[i].group ? EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type, kinds[i].group)
						: EVP_PKEY_Q_keygen(NULL, NULL, kinds[i].type);
		assert_non_null(pkey);
		uint8_t *der = NULL;
		int len = i2d_PUBKEY(pkey, &der);
		assert_true(len > 0);
		assert_refused((struct bytes){der, (size_t)len});
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
	}
}

/* Such a key loads elsewhere under the name of the curve while carrying parameters of its own choice. */
static void explicit_curve_parameters_are_refused(void **state)
{
	(void)state;
	EVP_PKEY *pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	assert_true(len > 200);
	assert_refused((struct bytes){der, (size_t)len});
	OPENSSL_free(der);
	EVP_PKEY_free(pkey);
}

static void what_openssl_writes_is_what_is_written_and_read_here(void **state)
{
	static const enum sign_algorithm algorithms[] = {SIGN_ED25519, SIGN_P256};
	for (size_t i = 0; i < 2; i++) {
		struct private_key *key;
		assert_int_equal(private_key_generate(algorithms[i], &key), PROBLEM_NONE);
		struct bytes spki = private_key_spki(*state, key);
		const uint8_t *at = spki.at;
		EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)spki.len);
		assert_non_null(pkey);
		uint8_t *der = NULL;
		int len = i2d_PUBKEY(pkey, &der);
		assert_true(bytes_equal(spki, (struct bytes){der, (size_t)len}));
		OPENSSL_free(der);
		EVP_PKEY_free(pkey);
		private_key_destroy(key);
	}
}

/* All encodings: seven y coordinates, each with the sign bit clear and set. */
static void ed25519_keys_of_small_order_are_refused(void **state)
{
	static const char *const y[] = {
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
	};
	for (size_t i = 0; i < sizeof y / sizeof y[0]; i++) {
		struct bytes spki = from_hex(*state, arena_printf(*state, ED25519_PREFIX "%s", y[i]));
		assert_refused(spki);
		uint8_t negative[44];
		memcpy(negative, spki.at, sizeof negative);
		negative[43] |= 0x80;
		assert_refused((struct bytes){negative, sizeof negative});
	}
}

static void every_signature_that_is_none_is_refused_quietly(void **state)
{
	struct private_key *key;
	struct bytes message = str_bytes(STR("message")), signature;
	assert_int_equal(private_key_generate(SIGN_P256, &key), PROBLEM_NONE);
	struct public_key *public;
	assert_int_equal(public_key_parse(private_key_spki(*state, key), &public), PROBLEM_NONE);
	assert_int_equal(sign(*state, key, message, &signature), PROBLEM_NONE);
	for (size_t len = 0; len < signature.len; len++)
		assert_int_equal(verify(public, message, (struct bytes){signature.at, len}),
				 PROBLEM_SIGNATURE);
	uint8_t longer[80] = {0};
	memcpy(longer, signature.at, signature.len);
	assert_int_equal(verify(public, message, (struct bytes){longer, signature.len + 1}),
			 PROBLEM_SIGNATURE);
	assert_int_equal(verify(public, message, (struct bytes){0}), PROBLEM_SIGNATURE);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(verify(public, message, signature), PROBLEM_NONE);
	public_key_destroy(public);
	public_key_destroy(NULL);
	private_key_destroy(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_compressed_point_has_the_fingerprint_of_the_whole_one,
						create, destroy),
		cmocka_unit_test_setup_teardown(points_that_are_none_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(other_encodings_of_a_good_key_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(foreign_kinds_of_keys_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(explicit_curve_parameters_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(what_openssl_writes_is_what_is_written_and_read_here, create,
						destroy),
		cmocka_unit_test_setup_teardown(ed25519_keys_of_small_order_are_refused, create, destroy),
		cmocka_unit_test_setup_teardown(every_signature_that_is_none_is_refused_quietly, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
