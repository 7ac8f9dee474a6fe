/* SPDX-License-Identifier: Apache-2.0
 * The queue is bounded, keeps its order, and ends only when nothing more can come. */
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "queue_priv.h"

static void items_leave_in_the_order_they_came(void **state)
{
	(void)state;
	int items[3];
	struct queue *q = queue_create(3);
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 3; i++) {
			assert_true(queue_reserve(q));
			queue_fill(q, &items[i]);
		}
		for (int i = 0; i < 3; i++)
			assert_ptr_equal(queue_take(q), &items[i]);
	}
	assert_null(queue_take_now(q));
	queue_destroy(q);
}

static void reserved_places_count(void **state)
{
	(void)state;
	int item;
	struct queue *q = queue_create(2);
	assert_true(queue_reserve(q));
	assert_true(queue_reserve(q));
	assert_false(queue_reserve(q));
	assert_int_equal(queue_len(q), 2);
	queue_fill(q, &item);
	assert_false(queue_reserve(q));
	assert_ptr_equal(queue_take(q), &item);
	assert_true(queue_reserve(q));
	queue_destroy(q);
}

static void a_closed_queue_takes_nothing_and_gives_what_it_has(void **state)
{
	(void)state;
	int item;
	struct queue *q = queue_create(2);
	assert_true(queue_reserve(q));
	queue_fill(q, &item);
	queue_close(q);
	assert_false(queue_reserve(q));
	assert_ptr_equal(queue_take(q), &item);
	assert_null(queue_take(q));
	queue_destroy(q);
}

static void *count_items(void *context)
{
	atomic_int *taken = ((void **)context)[1];
	while (queue_take(((void **)context)[0]))
		atomic_fetch_add(taken, 1);
	return NULL;
}

static void every_item_is_taken_once_by_several_threads(void **state)
{
	(void)state;
	enum { THREADS = 4, ITEMS = 20000 };
	struct queue *q = queue_create(64);
	atomic_int taken = 0;
	void *context[] = {q, &taken};
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, count_items, context);
	int filled = 0;
	while (filled < ITEMS)
		if (queue_reserve(q)) {
			queue_fill(q, &filled);
			filled++;
		}
	/* A place that is still to be filled keeps the takers waiting after the close. */
	while (!queue_reserve(q))
		;
	queue_close(q);
	queue_fill(q, &filled);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&taken), ITEMS + 1);
	queue_destroy(q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_leave_in_the_order_they_came),
		cmocka_unit_test(reserved_places_count),
		cmocka_unit_test(a_closed_queue_takes_nothing_and_gives_what_it_has),
		cmocka_unit_test(every_item_is_taken_once_by_several_threads),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
