/* SPDX-License-Identifier: Apache-2.0
 * So many a second and no more, however they are asked for, and none is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "bucket_priv.h"

enum { SECOND = 1000000 };

static void a_seconds_worth_is_had_at_once_and_the_next_is_waited_for(void **state)
{
	(void)state;
	struct bucket bucket = bucket_full(1000, 5 * SECOND);
	assert_int_equal(bucket_take(&bucket, 999, 5 * SECOND), 0);
	assert_int_equal(bucket_take(&bucket, 1, 5 * SECOND), 0);
	assert_int_equal(bucket_take(&bucket, 1, 5 * SECOND), 1000);
	assert_int_equal(bucket_take(&bucket, 1000, 5 * SECOND), 1001000);
	assert_int_equal(bucket_take(&bucket, 0, 7 * SECOND), 0);
}

static void no_rest_saves_up_more_than_a_second(void **state)
{
	(void)state;
	struct bucket bucket = bucket_full(200, 0);
	assert_int_equal(bucket_take(&bucket, 200, 100000LL * SECOND), 0);
	assert_int_equal(bucket_take(&bucket, 1, 100000LL * SECOND), 5000);
	struct bucket fast = bucket_full(1000000, 0);
	assert_int_equal(bucket_take(&fast, 1000000, INT64_MAX / 2), 0);
	assert_int_equal(bucket_take(&fast, 1, INT64_MAX / 2), 1);
}

static void over_any_time_no_more_are_had_than_the_rate(void **state)
{
	(void)state;
	struct bucket bucket = bucket_full(300, 0);
	int64_t now_us = 0, taken = 0;
	for (int i = 0; i < 2000; i++) {
		int64_t count = i * 7 % 97;
		now_us += i * 13 % 4001;
		now_us += bucket_take(&bucket, count, now_us);
		taken += count;
		assert_true((taken - 300) * SECOND <= now_us * 300);
	}
	assert_int_equal(taken > 10000, 1);
}

static void a_clock_that_stands_or_goes_back_brings_nothing(void **state)
{
	(void)state;
	struct bucket bucket = bucket_full(1000, SECOND);
	assert_int_equal(bucket_take(&bucket, 1000, SECOND), 0);
	assert_int_equal(bucket_take(&bucket, 1, 0), 1000);
	assert_int_equal(bucket_take(&bucket, 0, SECOND), 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seconds_worth_is_had_at_once_and_the_next_is_waited_for),
		cmocka_unit_test(no_rest_saves_up_more_than_a_second),
		cmocka_unit_test(over_any_time_no_more_are_had_than_the_rate),
		cmocka_unit_test(a_clock_that_stands_or_goes_back_brings_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
