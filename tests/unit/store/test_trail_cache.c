/* SPDX-License-Identifier: Apache-2.0
 * The memory of trails: what it keeps and forgets, against a simple model; and what several threads make of it. */
#include "../check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "ft/store/trail_cache.h"

enum { MEGABYTE = 1024 * 1024 };

static struct uuid lot(int n)
{
	struct uuid id = {{0}};
	memcpy(id.octets, &n, sizeof n);
	return id;
}

static void put(struct trail_cache *cache, uint64_t begun, const char *key, const char *body,
		usec_t good_until_us, const int *lots, size_t count)
{
	struct uuid ids[16];
	for (size_t i = 0; i < count; i++)
		ids[i] = lot(lots[i]);
	const struct trail_cached entry = {.body = str_of(body),
					   .etag = STR("\"e\""),
					   .media_type = "text/html",
					   .computed_us = 7,
					   .good_until_us = good_until_us};
	trail_cache_put(cache, begun, str_of(key), &entry, ids, count);
}

static void drop(struct trail_cache *cache, int n)
{
	struct uuid id = lot(n);
	trail_cache_drop(cache, &id, 1);
}

static bool has(struct trail_cache *cache, const char *key, const char *body)
{
	const struct trail_cached *found =
		trail_cache_get(cache, str_of(key), 100, /* stale_is_fine */ false);
	if (!found)
		return false;
	if (body)
		assert_str(found->body, body);
	trail_cache_release((void *)(uintptr_t)found);
	return true;
}

static void what_is_put_is_found_as_it_was(void **state)
{
	(void)state;
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	put(cache, trail_cache_begin(cache), "B1 p", "page", 200, (int[]){1, 2}, 2);
	const struct trail_cached *found =
		trail_cache_get(cache, STR("B1 p"), 100, /* stale_is_fine */ false);
	assert_non_null(found);
	assert_str(found->body, "page");
	assert_str(found->etag, "\"e\"");
	assert_string_equal(found->media_type, "text/html");
	assert_int_equal(found->computed_us, 7);
	trail_cache_release((void *)(uintptr_t)found);
	assert_null(trail_cache_get(cache, STR("B1 j"), 100, /* stale_is_fine */ false));
	put(cache, trail_cache_begin(cache), "B1 p", "newer", 200, (int[]){1}, 1);
	assert_true(has(cache, "B1 p", "newer"));
	trail_cache_destroy(cache);
}

static void what_is_past_its_time_is_served_only_when_nothing_else_is_left(void **state)
{
	(void)state;
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	put(cache, trail_cache_begin(cache), "B1", "page", 100, (int[]){1}, 1);
	assert_false(has(cache, "B1", NULL));
	const struct trail_cached *old = trail_cache_get(cache, STR("B1"), 100, /* stale_is_fine */ true);
	assert_non_null(old);
	trail_cache_release((void *)(uintptr_t)old);
	trail_cache_destroy(cache);
}

static void a_drop_takes_every_entry_made_from_the_lot_and_no_other(void **state)
{
	(void)state;
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	put(cache, trail_cache_begin(cache), "A p", "1", 200, (int[]){1, 2}, 2);
	put(cache, trail_cache_begin(cache), "A j", "2", 200, (int[]){1, 2}, 2);
	put(cache, trail_cache_begin(cache), "B p", "3", 200, (int[]){2, 3}, 2);
	put(cache, trail_cache_begin(cache), "C p", "4", 200, (int[]){4}, 1);
	drop(cache, 1);
	assert_false(has(cache, "A p", NULL) || has(cache, "A j", NULL));
	assert_true(has(cache, "B p", "3") && has(cache, "C p", "4"));
	trail_cache_drop(cache, (struct uuid[]){lot(3), lot(4)}, 2);
	assert_false(has(cache, "B p", NULL) || has(cache, "C p", NULL));
	trail_cache_drop(cache, NULL, 0);
	trail_cache_destroy(cache);
}

static void an_entry_that_was_begun_before_a_drop_is_not_admitted(void **state)
{
	(void)state;
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	uint64_t before = trail_cache_begin(cache);
	drop(cache, 1);
	uint64_t after = trail_cache_begin(cache);
	put(cache, before, "A", "old", 200, (int[]){2, 1}, 2);
	assert_false(has(cache, "A", NULL));
	put(cache, after, "A", "new", 200, (int[]){2, 1}, 2);
	assert_true(has(cache, "A", "new"));
	put(cache, before, "B", "other lots", 200, (int[]){2, 3}, 2);
	assert_true(has(cache, "B", "other lots"));
	put(cache, before, "A", "old", 200, (int[]){1}, 1);
	assert_false(has(cache, "A", "old"));
	trail_cache_destroy(cache);
}

static void an_entry_in_use_outlives_its_drop(void **state)
{
	(void)state;
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	put(cache, trail_cache_begin(cache), "A", "still being sent", 200, (int[]){1}, 1);
	const struct trail_cached *held = trail_cache_get(cache, STR("A"), 100, /* stale_is_fine */ false);
	drop(cache, 1);
	assert_false(has(cache, "A", NULL));
	assert_str(held->body, "still being sent");
	trail_cache_destroy(cache);
	assert_str(held->body, "still being sent");
	trail_cache_release((void *)(uintptr_t)held);
}

static void the_least_recently_used_go_first_and_the_bytes_are_bounded(void **state)
{
	(void)state;
	enum { ENTRIES = 2000, BODY = 2000 };
	static char body[BODY + 1];
	struct trail_cache *cache = trail_cache_create(MEGABYTE);
	int kept = 0;
	memset(body, 'x', BODY);
	for (int i = 0; i < ENTRIES; i++) {
		put(cache, trail_cache_begin(cache), arena_printf(*state, "%d", i).at, body, 200, &i, 1);
		assert_true(has(cache, "0", body)); /* used all the time */
	}
	for (int i = 0; i < ENTRIES; i++)
		kept += has(cache, arena_printf(*state, "%d", i).at, body);
	assert_in_range(kept, MEGABYTE / (BODY + 1000), MEGABYTE / BODY);
	assert_true(has(cache, arena_printf(*state, "%d", ENTRIES - 1).at, body));
	trail_cache_destroy(cache);
}

static void what_is_too_large_or_has_no_room_is_not_kept(void **state)
{
	(void)state;
	static char body[MEGABYTE / 16];
	struct trail_cache *cache = trail_cache_create(MEGABYTE), *none = trail_cache_create(0);
	memset(body, 'x', sizeof body - 1);
	put(cache, trail_cache_begin(cache), "A", body, 200, (int[]){1}, 1);
	put(none, trail_cache_begin(none), "A", "small", 200, (int[]){1}, 1);
	assert_false(has(cache, "A", NULL) || has(none, "A", NULL));
	drop(none, 1);
	trail_cache_destroy(cache);
	trail_cache_destroy(none);
	trail_cache_destroy(NULL);
}

enum { KEYS = 40, LOTS = 12, STEPS = 60000 };
struct model {
	bool there[KEYS];
	unsigned lots[KEYS]; /* bits */
	int body[KEYS];
};

static void random_work_agrees_with_a_simple_model(void **state)
{
	struct trail_cache *cache = trail_cache_create(64 * MEGABYTE);
	struct model model = {0};
	uint64_t token = trail_cache_begin(cache);
	uint64_t dropped_at[LOTS] = {0}, time = 1, token_time = 0;
	unsigned seed = 7;
	for (int step = 0; step < STEPS; step++) {
		int key = rand_r(&seed) % KEYS, n = rand_r(&seed) % LOTS;
		struct arena *arena = arena_create();
		struct str name = arena_printf(arena, "key %d", key);
		switch (rand_r(&seed) % 4) {
		case 0: { /* put, begun at the token's time */
			int lots[4], count = 1 + rand_r(&seed) % 4;
			bool old = false;
			unsigned bits = 0;
			for (int i = 0; i < count; i++) {
				lots[i] = rand_r(&seed) % LOTS;
				bits |= 1u << lots[i];
				old = old || dropped_at[lots[i]] > token_time;
			}
			put(cache, token, name.at, arena_printf(arena, "%d", step).at, 200, lots,
			    (size_t)count);
			model.there[key] = !old;
			model.lots[key] = bits;
			model.body[key] = step;
			break;
		}
		case 1:
			if (rand_r(&seed) % 4 == 0) {
				drop(cache, n);
				dropped_at[n] = ++time;
				for (int k = 0; k < KEYS; k++)
					if (model.lots[k] & 1u << n)
						model.there[k] = false;
			}
			break;
		case 2:
			token = trail_cache_begin(cache);
			token_time = time;
			break;
		default:
			assert_int_equal(
				has(cache, name.at,
				    model.there[key] ? arena_printf(arena, "%d", model.body[key]).at : NULL),
				model.there[key]);
		}
		arena_destroy(arena);
	}
	(void)state;
	trail_cache_destroy(cache);
}

enum { WRITES = 20000, READERS = 3 };
struct race {
	struct trail_cache *cache;
	atomic_int steps; /* of a writer: commit, drop and answer, commit, drop and answer … */
	atomic_bool over;
	atomic_int served, wrong;
};

/* A reader computes from what is committed and keeps it; what it is served must be no older than what was answered. */
static void *scan(void *context)
{
	struct race *race = context;
	while (!atomic_load(&race->over)) {
		int answered = atomic_load(&race->steps) / 2;
		const struct trail_cached *found =
			trail_cache_get(race->cache, STR("K"), 100, /* stale_is_fine */ false);
		if (found) {
			int seen = 0;
			memcpy(&seen, found->body.at, sizeof seen);
			atomic_fetch_add(&race->wrong, seen < answered);
			atomic_fetch_add(&race->served, 1);
			trail_cache_release((void *)(uintptr_t)found);
			continue;
		}
		uint64_t begun = trail_cache_begin(race->cache);
		int computed = (atomic_load(&race->steps) + 1) / 2; /* records committed by then */
		struct uuid id = lot(1);
		const struct trail_cached entry = {.body = {(const char *)&computed, sizeof computed},
						   .etag = STR(""),
						   .good_until_us = 200};
		trail_cache_put(race->cache, begun, STR("K"), &entry, &id, 1);
	}
	return NULL;
}

static void no_scan_is_older_than_an_answered_record(void **state)
{
	(void)state;
	struct race race = {.cache = trail_cache_create(MEGABYTE)};
	pthread_t readers[READERS];
	for (int i = 0; i < READERS; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, scan, &race), 0);
	for (int i = 0; i < WRITES; i++) {
		atomic_fetch_add(&race.steps, 1);
		drop(race.cache, 1);
		atomic_fetch_add(&race.steps, 1);
	}
	while (atomic_load(&race.served) < 1000)
		;
	atomic_store(&race.over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(readers[i], NULL);
	assert_int_equal(atomic_load(&race.wrong), 0);
	trail_cache_destroy(race.cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_put_is_found_as_it_was),
		TEST(what_is_past_its_time_is_served_only_when_nothing_else_is_left),
		TEST(a_drop_takes_every_entry_made_from_the_lot_and_no_other),
		TEST(an_entry_that_was_begun_before_a_drop_is_not_admitted),
		TEST(an_entry_in_use_outlives_its_drop),
		TEST(the_least_recently_used_go_first_and_the_bytes_are_bounded),
		TEST(what_is_too_large_or_has_no_room_is_not_kept),
		TEST(random_work_agrees_with_a_simple_model),
		TEST(no_scan_is_older_than_an_answered_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
