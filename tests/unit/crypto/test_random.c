/* SPDX-License-Identifier: Apache-2.0
 * Random octets fill what they are asked to, and ids made of them are ordered and distinct. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "ft/crypto/random.h"

static void every_octet_is_filled_and_none_beyond(void **state)
{
	(void)state;
	uint8_t seen[1002] = {0};
	/* An octet that stays zero in 64 rounds has a chance of 2^-512. */
	for (int round = 0; round < 64; round++) {
		uint8_t fresh[1002] = {0};
		random_fill(fresh + 1, 1000);
		for (size_t i = 0; i < sizeof fresh; i++)
			seen[i] |= fresh[i];
	}
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[1001], 0);
	for (size_t i = 1; i <= 1000; i++)
		assert_int_not_equal(seen[i], 0);
}

static void two_fills_differ(void **state)
{
	(void)state;
	uint8_t a[16], b[16];
	random_fill(a, sizeof a);
	random_fill(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	random_fill(a, 0);
}

static void ids_are_version_7_distinct_and_ordered_by_time(void **state)
{
	(void)state;
	usec_t now = INT64_C(1795300000000000);
	struct uuid earlier = uuid_make(now), twin = uuid_make(now), later = uuid_make(now + 2000);
	assert_int_equal(earlier.octets[6] >> 4, 7);
	assert_int_equal(earlier.octets[8] >> 6, 2);
	assert_false(uuid_equal(earlier, twin));
	assert_true(uuid_compare(earlier, later) < 0);
	assert_true(uuid_compare(twin, later) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_octet_is_filled_and_none_beyond),
		cmocka_unit_test(two_fills_differ),
		cmocka_unit_test(ids_are_version_7_distinct_and_ordered_by_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
