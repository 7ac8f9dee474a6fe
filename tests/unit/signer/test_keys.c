/* SPDX-License-Identifier: Apache-2.0
 * The table of opened keys is bounded, and the key that was used longest ago leaves first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "keys_priv.h"

static struct sha256 number(size_t n)
{
	return sha256_of((struct bytes){(const uint8_t *)&n, sizeof n});
}

/* Fingerprints are all that the table looks at: a key need not be a key. */
static void put(struct keys *keys, struct sha256 fingerprint, enum signer_role role)
{
	keys_put(keys, (struct opened_key){.fingerprint = fingerprint, .role = role});
}

static void what_is_put_is_found_and_nothing_else(void **state)
{
	(void)state;
	struct keys *keys = keys_create();
	assert_null(keys_find(keys, number(1)));
	put(keys, number(1), SIGNER_REGISTRAR);
	put(keys, number(2), SIGNER_PARTY);
	assert_int_equal(keys_find(keys, number(1))->role, SIGNER_REGISTRAR);
	assert_int_equal(keys_find(keys, number(2))->role, SIGNER_PARTY);
	assert_null(keys_find(keys, number(3)));
	keys_destroy(keys);
	keys_destroy(NULL);
}

static void a_second_key_of_one_fingerprint_replaces_the_first(void **state)
{
	(void)state;
	struct keys *keys = keys_create();
	struct private_key *key;
	assert_int_equal(private_key_generate(SIGN_ED25519, &key), PROBLEM_NONE);
	keys_put(keys, (struct opened_key){.fingerprint = number(1), .key = key});
	put(keys, number(1), SIGNER_REGISTRAR);
	assert_int_equal(keys_count(keys), 1);
	assert_int_equal(keys_find(keys, number(1))->role, SIGNER_REGISTRAR);
	assert_null(keys_find(keys, number(1))->key);
	keys_destroy(keys);
}

static void the_least_recently_used_leaves_first(void **state)
{
	(void)state;
	struct keys *keys = keys_create();
	for (size_t i = 0; i < KEYS_MAX; i++)
		put(keys, number(i), SIGNER_PARTY);
	assert_non_null(keys_find(keys, number(0)));
	put(keys, number(KEYS_MAX), SIGNER_PARTY);
	assert_int_equal(keys_count(keys), KEYS_MAX);
	assert_non_null(keys_find(keys, number(0)));
	assert_null(keys_find(keys, number(1)));
	assert_non_null(keys_find(keys, number(2)));
	assert_non_null(keys_find(keys, number(KEYS_MAX)));
	keys_destroy(keys);
}

/* Against a plain model: the last KEYS_MAX distinct ones of a long mixed run are held, in any order of use. */
static void a_long_run_holds_exactly_the_most_recent(void **state)
{
	(void)state;
	enum { KINDS = 3 * KEYS_MAX, STEPS = 60000 };
	struct keys *keys = keys_create();
	size_t *used_at = calloc(KINDS, sizeof *used_at);
	uint32_t random = 1;
	for (size_t step = 1; step <= STEPS; step++) {
		random = random * 1664525 + 1013904223;
		size_t n = random >> 8 & 1 ? (random >> 9) % 100 : (random >> 9) % KINDS;
		if (!keys_find(keys, number(n)))
			put(keys, number(n), SIGNER_PARTY);
		used_at[n] = step;
	}
	/* The oldest use that is still held is younger than the youngest that is not. */
	size_t oldest_held = STEPS, youngest_gone = 0, held = 0;
	for (size_t n = 0; n < KINDS; n++) {
		size_t at = used_at[n];
		if (!at)
			continue;
		if (keys_find(keys, number(n))) {
			held++;
			oldest_held = at < oldest_held ? at : oldest_held;
		} else if (at > youngest_gone) {
			youngest_gone = at;
		}
	}
	assert_int_equal(held, KEYS_MAX);
	assert_true(youngest_gone < oldest_held);
	free(used_at);
	keys_destroy(keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_and_nothing_else),
		cmocka_unit_test(a_second_key_of_one_fingerprint_replaces_the_first),
		cmocka_unit_test(the_least_recently_used_leaves_first),
		cmocka_unit_test(a_long_run_holds_exactly_the_most_recent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
