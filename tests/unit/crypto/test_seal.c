/* SPDX-License-Identifier: Apache-2.0
 * What is sealed opens with the same key and associated data, and in no other way. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/crypto/seal.h"

static const uint8_t key[32] = {1, 2, 3};

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

static void what_is_sealed_opens(void **state)
{
	struct bytes opened;
	struct bytes plain = str_bytes(STR("a private key")), associated = str_bytes(STR("org"));
	struct bytes sealed = seal(*state, key, associated, plain);
	assert_int_equal(sealed.len, 12 + plain.len + 16);
	assert_int_equal(unseal(*state, key, associated, sealed, &opened), PROBLEM_NONE);
	assert_true(bytes_equal(opened, plain));

	sealed = seal(*state, key, (struct bytes){0}, (struct bytes){0});
	assert_int_equal(sealed.len, 28);
	assert_int_equal(unseal(*state, key, (struct bytes){0}, sealed, &opened), PROBLEM_NONE);
	assert_int_equal(opened.len, 0);
}

static void two_seals_of_one_text_differ(void **state)
{
	struct bytes plain = str_bytes(STR("a private key"));
	struct bytes a = seal(*state, key, (struct bytes){0}, plain),
		     b = seal(*state, key, (struct bytes){0}, plain);
	assert_false(bytes_equal(a, b));
}

/* GCM test case 14 of the NIST submission, cut into nonce, cipher text and tag. */
static void the_sealed_form_is_plain_aes_256_gcm(void **state)
{
	static const uint8_t zero[32];
	uint8_t sealed[44];
	assert_true(hex_decode(
		STR("000000000000000000000000cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5"
		    "d48ab919"),
		sealed, sizeof sealed));
	struct bytes opened;
	assert_int_equal(
		unseal(*state, zero, (struct bytes){0}, (struct bytes){sealed, sizeof sealed}, &opened),
		PROBLEM_NONE);
	assert_int_equal(opened.len, 16);
	assert_memory_equal(opened.at, zero, 16);
}

static void any_changed_bit_keeps_it_shut(void **state)
{
	struct bytes associated = str_bytes(STR("org"));
	struct bytes sealed = seal(*state, key, associated, str_bytes(STR("secret"))), untouched = {0};
	for (size_t i = 0; i < sealed.len * 8; i++) {
		uint8_t damaged[64];
		memcpy(damaged, sealed.at, sealed.len);
		damaged[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_int_equal(
			unseal(*state, key, associated, (struct bytes){damaged, sealed.len}, &untouched),
			PROBLEM_SIGNATURE);
	}
	assert_null(untouched.at);
}

static void wrong_key_or_context_or_length_keeps_it_shut(void **state)
{
	static const uint8_t other[32] = {9};
	struct bytes associated = str_bytes(STR("org")), opened;
	struct bytes sealed = seal(*state, key, associated, str_bytes(STR("secret")));
	assert_int_equal(unseal(*state, other, associated, sealed, &opened), PROBLEM_SIGNATURE);
	assert_int_equal(unseal(*state, key, str_bytes(STR("orh")), sealed, &opened), PROBLEM_SIGNATURE);
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_equal(unseal(*state, key, associated, (struct bytes){sealed.at, len}, &opened),
				 PROBLEM_SIGNATURE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sealed_opens, create, destroy),
		cmocka_unit_test_setup_teardown(two_seals_of_one_text_differ, create, destroy),
		cmocka_unit_test_setup_teardown(the_sealed_form_is_plain_aes_256_gcm, create, destroy),
		cmocka_unit_test_setup_teardown(any_changed_bit_keeps_it_shut, create, destroy),
		cmocka_unit_test_setup_teardown(wrong_key_or_context_or_length_keeps_it_shut, create,
						destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
