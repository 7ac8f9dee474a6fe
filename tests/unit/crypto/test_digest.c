/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 and HMAC-SHA256 against published values, from several threads. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/crypto/digest.h"

static struct sha256 from_hex(const char *hex)
{
	struct sha256 out;
	assert_true(hex_decode(str_of(hex), out.octets, sizeof out.octets));
	return out;
}

static void assert_digest(struct sha256 got, const char *hex)
{
	struct sha256 want = from_hex(hex);
	assert_memory_equal(got.octets, want.octets, sizeof want.octets);
}

static void sha256_gives_the_values_of_fips_180(void **state)
{
	(void)state;
	assert_digest(sha256_of(str_bytes(STR(""))),
		      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest(sha256_of((struct bytes){NULL, 0}),
		      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_digest(sha256_of(str_bytes(STR("abc"))),
		      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(sha256_of(str_bytes(STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
		      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void parts_hash_like_their_concatenation(void **state)
{
	(void)state;
	struct bytes parts[] = {str_bytes(STR("a")), str_bytes(STR("")), str_bytes(STR("bc"))};
	assert_digest(sha256_of_parts(parts, 3),
		      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_digest(sha256_of_parts(NULL, 0),
		      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, test cases 1, 2, 6 and 7. */
static void hmac_gives_the_values_of_rfc_4231(void **state)
{
	(void)state;
	uint8_t key[131];
	memset(key, 0x0b, 20);
	assert_digest(hmac_sha256((struct bytes){key, 20}, str_bytes(STR("Hi There"))),
		      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_digest(hmac_sha256(str_bytes(STR("Jefe")), str_bytes(STR("what do ya want for nothing?"))),
		      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	assert_digest(hmac_sha256((struct bytes){key, sizeof key},
				  str_bytes(STR("Test Using Larger Than Block-Size Key - Hash Key First"))),
		      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	assert_digest(
		hmac_sha256((struct bytes){key, sizeof key},
			    str_bytes(STR("This is a test using a larger than block-size key and a larger t"
					  "han block-size data. The key needs to be hashed before being use"
					  "d by the HMAC algorithm."))),
		"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

static void digests_differ_in_any_single_bit(void **state)
{
	(void)state;
	struct sha256 a = sha256_of(str_bytes(STR("abc")));
	assert_true(sha256_equal(a, a));
	for (size_t i = 0; i < sizeof a.octets; i++) {
		struct sha256 b = a;
		b.octets[i] ^= 0x10;
		assert_false(sha256_equal(a, b));
	}
}

static void *hash_many(void *unused)
{
	(void)unused;
	struct sha256 h = sha256_of(str_bytes(STR("seed")));
	for (int i = 0; i < 10000; i++)
		h = sha256_of(sha256_bytes(&h));
	uint8_t *out = malloc(sizeof h.octets);
	memcpy(out, h.octets, sizeof h.octets);
	return out;
}

static void threads_do_not_disturb_each_other(void **state)
{
	(void)state;
	uint8_t *want = hash_many(NULL);
	pthread_t threads[4];
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_many, NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		void *got;
		assert_int_equal(pthread_join(threads[i], &got), 0);
		assert_memory_equal(got, want, sizeof(struct sha256));
		free(got);
	}
	free(want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_gives_the_values_of_fips_180),
		cmocka_unit_test(parts_hash_like_their_concatenation),
		cmocka_unit_test(hmac_gives_the_values_of_rfc_4231),
		cmocka_unit_test(digests_differ_in_any_single_bit),
		cmocka_unit_test(threads_do_not_disturb_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
