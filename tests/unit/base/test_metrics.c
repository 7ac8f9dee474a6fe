/* SPDX-License-Identifier: Apache-2.0
 * Registers that every thread adds to. */
#include "ft/base/metrics.h"

#include <pthread.h>

#include "../check.h"

static void a_register_adds_and_is_set(void **state)
{
	(void)state;
	metric_set(METRIC_HTTP_IN_FLIGHT, 5);
	metric_add(METRIC_HTTP_IN_FLIGHT, -7);
	assert_int_equal(metric_get(METRIC_HTTP_IN_FLIGHT), -2);
	metric_set(METRIC_HTTP_IN_FLIGHT, 0);
}

static void *add_often(void *unused)
{
	for (int i = 0; i < 20000; i++)
		metric_add(METRIC_CAPTURES, 1);
	return unused;
}

static void no_addition_is_lost_between_threads(void **state)
{
	(void)state;
	int64_t before = metric_get(METRIC_CAPTURES);
	pthread_t threads[4];
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, add_often, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metric_get(METRIC_CAPTURES) - before, 80000);
}

static void the_text_names_every_metric_with_kind_and_value(void **state)
{
	metric_set(METRIC_HTTP_IN_FLIGHT, 3);
	metric_set(METRIC_SIGNATURES, INT64_C(9000000000));
	const char *text = metrics_print(*state).at;
	assert_non_null(strstr(text, "# HELP farmtrail_http_in_flight Requests being handled\n"
				     "# TYPE farmtrail_http_in_flight gauge\nfarmtrail_http_in_flight 3\n"));
	assert_non_null(strstr(
		text, "# TYPE farmtrail_signatures_total counter\nfarmtrail_signatures_total 9000000000\n"));
	size_t lines = 0;
	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	assert_int_equal(lines, METRIC_COUNT * 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_register_adds_and_is_set),
		TEST(no_addition_is_lost_between_threads),
		TEST(the_text_names_every_metric_with_kind_and_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
