/* SPDX-License-Identifier: Apache-2.0
 * Tiles: their names, and edges and paths computed from them against the tree itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/log_tile.h"

enum { LEAVES = 70000, LEVELS = 3 };

/* A log as a store would keep it: every leaf, and a row for every full tile. */
static struct {
	struct sha256 *hashes[LEVELS];
	size_t counts[LEVELS];
} stored;

static int fill(void **state)
{
	(void)state;
	struct merkle_edge edge = {0};
	for (int level = 0; level < LEVELS; level++)
		stored.hashes[level] = calloc(LEAVES, sizeof *stored.hashes[level]);
	for (uint32_t i = 0; i < LEAVES; i++) {
		struct sha256 noted[64], leaf = merkle_leaf((struct bytes){(const uint8_t *)&i, sizeof i});
		unsigned count = merkle_edge_append_noting(&edge, leaf, noted);
		for (unsigned level = 0; level * LOG_TILE_HEIGHT < count; level++)
			stored.hashes[level][stored.counts[level]++] = noted[level * LOG_TILE_HEIGHT];
	}
	assert_int_equal(stored.counts[1], LEAVES / 256);
	assert_int_equal(stored.counts[2], 1);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	for (int level = 0; level < LEVELS; level++)
		free(stored.hashes[level]);
	return 0;
}

static void read_tiles(struct log_tiles *tiles)
{
	for (size_t i = 0; i < tiles->count; i++) {
		struct log_tile *tile = &tiles->items[i];
		assert_true(tile->level < LEVELS && tile->width >= 1 && tile->width <= LOG_TILE_WIDTH);
		assert_true(tile->index * LOG_TILE_WIDTH + tile->width <= stored.counts[tile->level]);
		tile->hashes = stored.hashes[tile->level] + tile->index * LOG_TILE_WIDTH;
	}
}

static const size_t sizes[] = {1,    2,     3,     255,   256,   257,   511,   512,
			       1000, 65535, 65536, 65537, 65792, 69999, LEAVES};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static struct merkle_edge edge_of(struct arena *arena, size_t size)
{
	struct log_tiles tiles = {0};
	log_tiles_need_edge(arena, &tiles, size);
	assert_true(tiles.count <= LEVELS);
	read_tiles(&tiles);
	return log_edge(&tiles, size);
}

static void the_edge_is_found_again_from_its_tiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct arena *arena = arena_create();
		struct merkle_edge edge = edge_of(arena, sizes[i]);
		assert_int_equal(edge.size, sizes[i]);
		assert_true(sha256_equal(merkle_edge_root(&edge), merkle_root(stored.hashes[0], sizes[i])));
		if (sizes[i] < LEAVES) { /* and grows on */
			merkle_edge_append(&edge, stored.hashes[0][sizes[i]]);
			assert_true(sha256_equal(merkle_edge_root(&edge),
						 merkle_root(stored.hashes[0], sizes[i] + 1)));
		}
		arena_destroy(arena);
	}
}

static void check_path(struct arena *arena, size_t index, size_t size, struct sha256 root)
{
	struct log_tiles tiles = {0};
	struct sha256 path[MERKLE_MAX_PATH];
	log_tiles_need_path(arena, &tiles, index, size);
	read_tiles(&tiles);
	size_t count = log_path(&tiles, index, size, path);
	assert_true(merkle_check_inclusion(stored.hashes[0][index], index, size, root, path, count));
}

static void paths_from_tiles_lead_to_the_root(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct arena *arena = arena_create();
		struct sha256 root = merkle_root(stored.hashes[0], sizes[i]);
		size_t step = sizes[i] < 600 ? 1 : sizes[i] / 37;
		for (size_t index = 0; index < sizes[i]; index += step)
			check_path(arena, index, sizes[i], root);
		check_path(arena, sizes[i] - 1, sizes[i], root);
		arena_destroy(arena);
	}
}

/* Grown from the middle: what the rim gives away are the tiles as they stand in the tree. */
static void the_rim_gives_whole_tiles(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct log_rim *rim = arena_new(arena, struct log_rim);
	struct log_tiles tiles = {0};
	size_t size = 65700, full = 0;
	struct merkle_edge edge = edge_of(arena, size);
	log_tiles_need_edge(arena, &tiles, size);
	read_tiles(&tiles);
	log_rim_fill(rim, &tiles);
	for (; size < LEAVES; size++) {
		struct sha256 noted[64];
		unsigned count = merkle_edge_append_noting(&edge, stored.hashes[0][size], noted);
		for (unsigned level = 0; level * LOG_TILE_HEIGHT < count; level++) {
			uint64_t index = (edge.size >> level * LOG_TILE_HEIGHT) - 1;
			bool is_full = log_rim_put(rim, level, index, noted[level * LOG_TILE_HEIGHT]);
			assert_int_equal(is_full, index % LOG_TILE_WIDTH == LOG_TILE_WIDTH - 1);
			full += is_full;
			if (is_full)
				assert_memory_equal(rim->hashes[level],
						    stored.hashes[level] + index - (LOG_TILE_WIDTH - 1),
						    sizeof rim->hashes[level]);
		}
	}
	assert_int_equal(full, LEAVES / 256 - 65700 / 256);
	arena_destroy(arena);
}

/* As the trail asks: many paths, each tile read once. */
static void tiles_of_many_paths_serve_each(void **state)
{
	(void)state;
	static const size_t indexes[] = {0, 255, 256, 300, 65535, 65536, 69998};
	struct arena *arena = arena_create();
	struct log_tiles tiles = {0};
	struct sha256 root = merkle_root(stored.hashes[0], 69999), path[MERKLE_MAX_PATH];
	for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++)
		log_tiles_need_path(arena, &tiles, indexes[i], 69999);
	for (size_t i = 0; i < tiles.count; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(tiles.items[i].level == tiles.items[k].level &&
				     tiles.items[i].index == tiles.items[k].index);
	read_tiles(&tiles);
	for (size_t i = 0; i < sizeof indexes / sizeof indexes[0]; i++) {
		size_t count = log_path(&tiles, indexes[i], 69999, path);
		assert_true(merkle_check_inclusion(stored.hashes[0][indexes[i]], indexes[i], 69999, root,
						   path, count));
	}
	arena_destroy(arena);
}

static void consistency_from_tiles_holds(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZES; i++) {
		struct arena *arena = arena_create();
		struct sha256 root = merkle_root(stored.hashes[0], sizes[i]), proof[MERKLE_MAX_PATH];
		size_t step = sizes[i] < 600 ? 1 : sizes[i] / 37;
		for (size_t old = 1; old < sizes[i]; old += step) {
			struct log_tiles tiles = {0};
			log_tiles_need_path(arena, &tiles, old - 1, sizes[i]);
			read_tiles(&tiles);
			size_t count = log_consistency(&tiles, old, sizes[i], proof);
			assert_true(merkle_check_consistency(old, merkle_root(stored.hashes[0], old),
							     sizes[i], root, proof, count));
		}
		arena_destroy(arena);
	}
}

static void entries_are_read_behind_their_lengths(void **state)
{
	(void)state;
	static const uint8_t served[] = {0, 1, 'a', 0, 0, 0, 2, 'b', 'c'};
	struct bytes entries[4];
	assert_true(log_entries_parse((struct bytes){served, sizeof served}, 3, entries));
	assert_int_equal(entries[0].len, 1);
	assert_int_equal(entries[1].len, 0);
	assert_memory_equal(entries[2].at, "bc", 2);
	assert_true(log_entries_parse((struct bytes){served, 0}, 0, entries));
	for (size_t len = 0; len < sizeof served; len++)
		assert_false(log_entries_parse((struct bytes){served, len}, 3, entries));
	assert_false(log_entries_parse((struct bytes){served, sizeof served}, 2, entries));
	assert_false(log_entries_parse((struct bytes){served, sizeof served}, 4, entries));
}

static void a_served_tile_has_its_length(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	uint8_t served[96] = {[32] = 7};
	struct log_tile tile = {.width = 2};
	assert_false(log_tile_fill(arena, (struct bytes){served, 96}, &tile));
	assert_false(log_tile_fill(arena, (struct bytes){served, 63}, &tile));
	assert_null(tile.hashes);
	assert_true(log_tile_fill(arena, (struct bytes){served, 64}, &tile));
	assert_int_equal(tile.hashes[1].octets[0], 7);
	arena_destroy(arena);
}

static void a_tile_has_one_name(void **state)
{
	(void)state;
	struct log_tile_name name;
	assert_true(log_tile_parse(STR("0/x001/x234/067.p/8"), &name));
	assert_false(name.entries);
	assert_int_equal(name.tile.level, 0);
	assert_int_equal(name.tile.index, 1234067);
	assert_int_equal(name.tile.width, 8);
	assert_true(log_tile_parse(STR("entries/000"), &name));
	assert_true(name.entries);
	assert_int_equal(name.tile.index, 0);
	assert_int_equal(name.tile.width, 256);
	assert_true(log_tile_parse(STR("63/999.p/255"), &name));
	assert_int_equal(name.tile.level, 63);
	struct arena *arena = arena_create();
	static const char *const names[] = {"0/000", "0/x001/x234/067.p/8", "63/999.p/255", "entries/000",
					    "entries/x001/000.p/1"};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		assert_true(log_tile_parse(str_of(names[i]), &name));
		assert_true(str_equal(log_tile_print(arena, &name), str_of(names[i])));
	}
	arena_destroy(arena);
	static const char *const others[] = {"",
					     "0",
					     "0/",
					     "/000",
					     "0/0",
					     "0/00",
					     "0/0000",
					     "0/x000",
					     "0/x000/001",
					     "0/001/002",
					     "0/x001/x002",
					     "0/x01/002",
					     "64/000",
					     "00/000",
					     "-1/000",
					     "+1/000",
					     "a/000",
					     "0/000.p/0",
					     "0/000.p/",
					     "0/000.p/256",
					     "0/000.p/01",
					     "0/000.p/-1",
					     "0/000.p/8.p/8",
					     "0/000/",
					     "entries",
					     "entries/",
					     "entry/000",
					     "0/x001/x234/067/p/8",
					     "0/x999/x999/x999/x999/999",
					     "0/00a"};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (log_tile_parse(str_of(others[i]), &name))
			fail_msg("%s is taken for a tile", others[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_edge_is_found_again_from_its_tiles),
		cmocka_unit_test(the_rim_gives_whole_tiles),
		cmocka_unit_test(paths_from_tiles_lead_to_the_root),
		cmocka_unit_test(tiles_of_many_paths_serve_each),
		cmocka_unit_test(consistency_from_tiles_holds),
		cmocka_unit_test(entries_are_read_behind_their_lengths),
		cmocka_unit_test(a_served_tile_has_its_length),
		cmocka_unit_test(a_tile_has_one_name),
	};
	return cmocka_run_group_tests(tests, fill, empty);
}
