/* SPDX-License-Identifier: Apache-2.0
 * Buckets hold a minute's worth, refill evenly, and are told apart; bodies share one budget. */
#include "check.h"

#include <arpa/inet.h>

#include "limit_priv.h"

static const int64_t SECOND_NS = 1000000000;

static void a_minutes_worth_may_come_at_once(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(1);
	int64_t now = 5 * SECOND_NS;
	for (int i = 0; i < 60; i++)
		assert_int_equal(rate_take(t, 77, 60, now), 0);
	int64_t wait_ms = rate_take(t, 77, 60, now);
	assert_in_range(wait_ms, 1000, 1001);
	/* Asking again does not make the wait longer. */
	assert_in_range(rate_take(t, 77, 60, now), 1000, 1001);
	assert_int_equal(rate_take(t, 77, 60, now + SECOND_NS), 0);
	assert_true(rate_take(t, 77, 60, now + SECOND_NS) > 0);
	rate_table_destroy(t);
}

static void a_full_bucket_does_not_overflow(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(1);
	assert_int_equal(rate_take(t, 5, 3, SECOND_NS), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(rate_take(t, 5, 3, 3600 * SECOND_NS), 0);
	assert_true(rate_take(t, 5, 3, 3600 * SECOND_NS) > 0);
	rate_table_destroy(t);
}

static void buckets_do_not_share(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(1);
	assert_int_equal(rate_take(t, rate_bucket(1, 1), 1, SECOND_NS), 0);
	assert_true(rate_take(t, rate_bucket(1, 1), 1, SECOND_NS) > 0);
	assert_int_equal(rate_take(t, rate_bucket(1, 2), 1, SECOND_NS), 0);
	assert_int_equal(rate_take(t, rate_bucket(2, 1), 1, SECOND_NS), 0);
	rate_table_destroy(t);
}

static void many_strangers_do_not_push_out_who_is_limited_now(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(9);
	for (int i = 0; i < 600; i++)
		assert_int_equal(rate_take(t, 4242, 600, SECOND_NS), 0);
	for (uint64_t stranger = 0; stranger < 2000; stranger++)
		rate_take(t, rate_bucket(stranger, 1), 600, SECOND_NS);
	assert_true(rate_take(t, 4242, 600, SECOND_NS) > 0);
	rate_table_destroy(t);
}

static void the_highest_rate_is_exact_enough(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(1);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(rate_take(t, 3, 100000000, SECOND_NS), 0);
	rate_table_destroy(t);
}

static uint64_t subject_of(const struct rate_table *t, const char *address)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return rate_subject_of_address(t, (struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	return rate_subject_of_address(t, (struct sockaddr *)&v6);
}

static void an_ipv6_customer_is_one_caller(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(3);
	assert_true(subject_of(t, "2001:db8::1") == subject_of(t, "2001:db8::ffff:2"));
	assert_true(subject_of(t, "2001:db8::1") != subject_of(t, "2001:db8:0:1::1"));
	assert_true(subject_of(t, "192.0.2.1") != subject_of(t, "192.0.2.2"));
	assert_true(subject_of(t, "192.0.2.1") == subject_of(t, "::ffff:192.0.2.1"));
	assert_true(rate_subject_of_address(t, NULL) == 0);
	rate_table_destroy(t);
}

static void keys_are_subjects_and_nil_is_none(void **state)
{
	(void)state;
	struct rate_table *t = rate_table_create(3);
	assert_true(rate_subject_of_key(t, (struct uuid){{0}}) == 0);
	assert_true(rate_subject_of_key(t, (struct uuid){{1}}) != rate_subject_of_key(t, (struct uuid){{2}}));
	assert_true(rate_subject_of_key(t, (struct uuid){{1}}) == rate_subject_of_key(t, (struct uuid){{1}}));
	rate_table_destroy(t);
}

static void bodies_share_one_budget(void **state)
{
	(void)state;
	struct body_budget budget = {.room = 100};
	assert_true(body_reserve(&budget, 60));
	assert_false(body_reserve(&budget, 41));
	assert_true(body_reserve(&budget, 40));
	assert_false(body_reserve(&budget, 1));
	body_release(&budget, 60);
	assert_true(body_reserve(&budget, 60));
	assert_false(body_reserve(&budget, SIZE_MAX));
	assert_int_equal(atomic_load(&budget.used), 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_minutes_worth_may_come_at_once),
		cmocka_unit_test(a_full_bucket_does_not_overflow),
		cmocka_unit_test(buckets_do_not_share),
		cmocka_unit_test(many_strangers_do_not_push_out_who_is_limited_now),
		cmocka_unit_test(the_highest_rate_is_exact_enough),
		cmocka_unit_test(an_ipv6_customer_is_one_caller),
		cmocka_unit_test(keys_are_subjects_and_nil_is_none),
		cmocka_unit_test(bodies_share_one_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
