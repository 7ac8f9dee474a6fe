/* SPDX-License-Identifier: Apache-2.0
 * The arena: zeroed, aligned, apart, released last first. */
#include "../check.h"

#include <stdalign.h>

static void memory_is_zeroed_and_aligned_at_every_size(void **state)
{
	for (size_t size = 0; size < 20000; size += size < 70 ? 1 : 997) {
		unsigned char *p = arena_alloc(*state, size);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xa5, size);
	}
}

static void allocations_never_overlap(void **state)
{
	enum { COUNT = 2000 };
	static struct {
		unsigned char *at;
		size_t size;
	} made[COUNT];
	uint64_t seed = 1;
	for (size_t i = 0; i < COUNT; i++) {
		made[i].size = next_random(&seed) % (i % 50 == 0 ? 40000 : 300);
		made[i].at = arena_alloc(*state, made[i].size);
		memset(made[i].at, (int)(i & 0xff), made[i].size);
	}
	for (size_t i = 0; i < COUNT; i++)
		for (size_t k = 0; k < made[i].size; k++)
			assert_int_equal(made[i].at[k], i & 0xff);
}

static void a_large_allocation_leaves_the_current_chunk_in_use(void **state)
{
	char *before = arena_alloc(*state, 16);
	arena_alloc(*state, 1024 * 1024);
	char *after = arena_alloc(*state, 16);
	assert_true(after > before && after - before <= 64);
}

static int released[3], released_count;

static void note_release(void *resource)
{
	released[released_count++] = *(int *)resource;
}

static void deferred_calls_run_last_first(void **state)
{
	(void)state;
	released_count = 0;
	struct arena *arena = arena_create();
	for (int i = 0; i < 3; i++) {
		int *number = arena_new(arena, int);
		*number = i;
		arena_defer(arena, note_release, number);
	}
	assert_int_equal(released_count, 0);
	arena_destroy(arena);
	assert_int_equal(released_count, 3);
	assert_int_equal(released[0], 2);
	assert_int_equal(released[1], 1);
	assert_int_equal(released[2], 0);
}

static void defer_again(void *resource)
{
	static int number = 7;
	arena_defer(resource, note_release, &number);
}

static void a_release_may_defer_once_more(void **state)
{
	(void)state;
	released_count = 0;
	struct arena *arena = arena_create();
	arena_defer(arena, defer_again, arena);
	arena_destroy(arena);
	assert_int_equal(released_count, 1);
}

static void destroying_nothing_is_fine(void **state)
{
	(void)state;
	arena_destroy(NULL);
}

static void overflow_array(void)
{
	struct arena *arena = arena_create();
	arena_alloc_array(arena, SIZE_MAX / 2, 4);
}

static void an_array_size_that_overflows_aborts(void **state)
{
	(void)state;
	assert_true(aborts(overflow_array));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(memory_is_zeroed_and_aligned_at_every_size),
		TEST(allocations_never_overlap),
		TEST(a_large_allocation_leaves_the_current_chunk_in_use),
		TEST(deferred_calls_run_last_first),
		TEST(a_release_may_defer_once_more),
		TEST(destroying_nothing_is_fine),
		TEST(an_array_size_that_overflows_aborts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
