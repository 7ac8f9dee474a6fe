/* SPDX-License-Identifier: Apache-2.0
 * log_memory: what is kept, what gives way, and that a tile somebody reads stays until they are done. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "log_priv.h"

enum { TILE_BYTES = LOG_TILE_NODES * 32, ROOM = 4, THREADS = 4, TURNS = 2000 };

/* Hash n of a tile says which tile and which hash it is. */
static struct log_tile make(struct arena *arena, unsigned level, uint64_t index, unsigned width)
{
	struct sha256 *hashes = arena_array(arena, struct sha256, width);
	struct log_tile_tree *tree = arena_new(arena, struct log_tile_tree);
	struct log_tile tile = {.level = level, .index = index, .width = width, .hashes = hashes};
	for (unsigned i = 0; i < width; i++) {
		uint64_t name[3] = {level, index, i};
		memcpy(hashes[i].octets, name, sizeof name);
	}
	log_tile_grow(&tile, tree);
	tile.tree = tree;
	return tile;
}

static void keep(struct log_memory *memory, unsigned level, uint64_t index, unsigned width)
{
	struct arena *arena = arena_create();
	struct log_tile tile = make(arena, level, index, width);
	log_memory_keep(memory, &tile);
	arena_destroy(arena);
}

static bool has(struct log_memory *memory, unsigned level, uint64_t index, unsigned width)
{
	struct arena *arena = arena_create();
	struct log_tile tile = {.level = level, .index = index, .width = width},
			same = make(arena, level, index, width);
	bool found = log_memory_find(memory, arena, &tile);
	if (found) {
		assert_memory_equal(tile.hashes, same.hashes, width * sizeof *same.hashes);
		assert_memory_equal(tile.tree->nodes, same.hashes, width * sizeof *same.hashes);
		if (width == LOG_TILE_WIDTH)
			assert_memory_equal(tile.tree, same.tree, sizeof *same.tree);
	}
	arena_destroy(arena);
	return found;
}

static void what_is_kept_is_found(void **state)
{
	(void)state;
	struct log_memory *memory = log_memory_create(ROOM * TILE_BYTES * 2);
	keep(memory, 0, 7, LOG_TILE_WIDTH);
	keep(memory, 1, 7, 3);
	assert_true(has(memory, 0, 7, LOG_TILE_WIDTH));
	assert_true(has(memory, 1, 7, 3));
	assert_false(has(memory, 0, 8, LOG_TILE_WIDTH));
	assert_false(has(memory, 2, 7, 3));
	log_memory_destroy(memory);
}

static void a_wider_tile_serves_narrower_reads_and_replaces_them(void **state)
{
	(void)state;
	struct log_memory *memory = log_memory_create(ROOM * TILE_BYTES * 2);
	keep(memory, 0, 7, 10);
	assert_true(has(memory, 0, 7, 9));
	assert_false(has(memory, 0, 7, 11));
	keep(memory, 0, 7, 200);
	keep(memory, 0, 7, 10); /* somebody proved under an older head */
	assert_true(has(memory, 0, 7, 200));
	assert_true(has(memory, 0, 7, 1));
	log_memory_destroy(memory);
}

static void the_least_used_gives_way(void **state)
{
	(void)state;
	/* A tile takes some octets beside its hashes. */
	struct log_memory *memory = log_memory_create(ROOM * (TILE_BYTES + 200));
	for (uint64_t i = 0; i < ROOM; i++)
		keep(memory, 0, i, LOG_TILE_WIDTH);
	assert_true(has(memory, 0, 0, LOG_TILE_WIDTH));
	keep(memory, 0, 99, LOG_TILE_WIDTH);
	assert_false(has(memory, 0, 1, LOG_TILE_WIDTH));
	assert_true(has(memory, 0, 0, LOG_TILE_WIDTH));
	assert_true(has(memory, 0, 99, LOG_TILE_WIDTH));
	log_memory_destroy(memory);
	memory = log_memory_create(0);
	keep(memory, 0, 0, LOG_TILE_WIDTH);
	assert_false(has(memory, 0, 0, LOG_TILE_WIDTH));
	log_memory_destroy(memory);
}

static void *read_and_keep(void *argument)
{
	struct log_memory *memory = argument;
	for (uint64_t i = 0; i < TURNS; i++) {
		struct arena *arena = arena_create();
		struct log_tile tile = {.index = i % 9, .width = LOG_TILE_WIDTH};
		bool found = log_memory_find(memory, arena, &tile);
		for (uint64_t k = 0; k < 3; k++)
			keep(memory, 0, (i + k) % 9, LOG_TILE_WIDTH); /* pushes out what is held here */
		uint64_t name[3] = {0, i % 9, LOG_TILE_WIDTH - 1};
		if (found && memcmp(tile.hashes[LOG_TILE_WIDTH - 1].octets, name, sizeof name) != 0)
			return argument;
		arena_destroy(arena);
	}
	return NULL;
}

static void what_is_held_stays_while_others_push_it_out(void **state)
{
	(void)state;
	struct log_memory *memory = log_memory_create(ROOM * (TILE_BYTES + 200));
	pthread_t threads[THREADS];
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_and_keep, memory), 0);
	for (int i = 0; i < THREADS; i++) {
		void *wrong;
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	log_memory_destroy(memory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_kept_is_found),
		cmocka_unit_test(a_wider_tile_serves_narrower_reads_and_replaces_them),
		cmocka_unit_test(the_least_used_gives_way),
		cmocka_unit_test(what_is_held_stays_while_others_push_it_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
