/* SPDX-License-Identifier: Apache-2.0
 * Inclusion proofs of many statements under one head: indexes in one round trip, tiles from memory or in another. */
#include "log_priv.h"

/* A bundle of thousands of records reads as many tiles: so many are hashed where they are needed and not kept. */
enum { TREES_MAX = 32 };

struct lookup {
	struct db *db;
	struct log_memory *memory;
	struct arena *arena;
	size_t count; /* of places */
	struct checkpoint head;
	struct log_tiles tiles;
};

static enum problem find_indexes(const struct lookup *l, const struct log_subject *subjects,
				 struct log_index_of_row **ret, size_t *ret_count)
{
	struct str *kinds = arena_array(l->arena, struct str, l->count);
	struct uuid *ids = arena_array(l->arena, struct uuid, l->count);
	int64_t *versions = arena_array(l->arena, int64_t, l->count);
	struct bytes *fingerprints = arena_array(l->arena, struct bytes, l->count);
	for (size_t i = 0; i < l->count; i++) {
		kinds[i] = subjects[i].kind;
		ids[i] = subjects[i].id;
		versions[i] = subjects[i].version ? subjects[i].version : SQL_NULL_INT;
		fingerprints[i] = subjects[i].fingerprint;
	}
	const struct log_index_of_params params = {
		{kinds, l->count}, {ids, l->count}, {versions, l->count}, {fingerprints, l->count}};
	return log_index_of(l->db, l->arena, &params, ret, ret_count);
}

/* From memory what is there, the rest in one round trip. */
static enum problem read_tiles(struct lookup *l)
{
	struct log_tiles rest = {0};
	const struct log_tile *missing = NULL;
	struct log_tile **places = arena_array(l->arena, struct log_tile *, l->tiles.count);
	rest.items = arena_array(l->arena, struct log_tile, l->tiles.count);
	for (size_t i = 0; i < l->tiles.count; i++)
		if (!log_memory_find(l->memory, l->arena, &l->tiles.items[i])) {
			places[rest.count] = &l->tiles.items[i];
			rest.items[rest.count++] = l->tiles.items[i];
		}
	enum problem p = log_tiles_fill(l->db, l->arena, &rest, &missing);
	if (p || missing)
		return p ? p : PROBLEM_INTERNAL; /* rows are gone */
	for (size_t i = 0; i < rest.count; i++) {
		places[i]->hashes = rest.items[i].hashes;
		places[i]->tree = NULL;
		if (rest.count > TREES_MAX)
			continue;
		struct log_tile_tree *tree = arena_new(l->arena, struct log_tile_tree);
		log_tile_grow(places[i], tree);
		places[i]->tree = tree;
	}
	return PROBLEM_NONE;
}

/* A full tile gives one hash of the tile above it. */
static bool is_of_one_tree(const struct log_tiles *tiles)
{
	for (size_t i = 0; i < tiles->count; i++) {
		const struct log_tile *tile = &tiles->items[i];
		for (size_t k = 0; tile->tree && tile->width == LOG_TILE_WIDTH && k < tiles->count; k++) {
			const struct log_tile *above = &tiles->items[k];
			if (above->level == tile->level + 1 && above->index == tile->index / LOG_TILE_WIDTH &&
			    !sha256_equal(above->hashes[tile->index % LOG_TILE_WIDTH],
					  tile->tree->nodes[LOG_TILE_NODES - 1]))
				return false;
		}
	}
	return true;
}

/* The path, when with it the leaf leads to the root of the head. Of its tiles it passes all hashes but those it goes
 * through, which is_of_one_tree has seen to. */
static bool put_path(const struct lookup *l, struct proof_place *place)
{
	struct sha256 *path = arena_array(l->arena, struct sha256, MERKLE_MAX_PATH);
	uint64_t index = (uint64_t)place->index, size = (uint64_t)l->head.size;
	place->path = path;
	place->path_count = log_path(&l->tiles, index, size, path);
	return merkle_check_inclusion(log_leaf(&l->tiles, index), index, size, l->head.root, path,
				      place->path_count);
}

static enum problem put_paths(struct lookup *l, struct proof_place *places)
{
	enum problem p = read_tiles(l);
	if (!p && !is_of_one_tree(&l->tiles))
		p = PROBLEM_INTERNAL;
	for (size_t i = 0; !p && i < l->count; i++)
		if (places[i].index >= 0 && !put_path(l, &places[i]))
			p = PROBLEM_INTERNAL;
	for (size_t i = 0; !p && i < l->tiles.count; i++)
		if (l->tiles.items[i].tree)
			log_memory_keep(l->memory, &l->tiles.items[i]);
	return p;
}

static enum problem find_paths(struct lookup *l, struct proof_place *places)
{
	bool any = false;
	for (size_t i = 0; i < l->count; i++)
		if (places[i].index >= l->head.size)
			places[i].index = -1; /* waits for the next head */
	for (size_t i = 0; i < l->count; i++)
		if (places[i].index >= 0) {
			log_tiles_need_path(l->arena, &l->tiles, (uint64_t)places[i].index,
					    (uint64_t)l->head.size);
			any = true;
		}
	return any ? put_paths(l, places) : PROBLEM_NONE;
}

static enum problem prove(struct lookup *l, int64_t size, struct bytes checkpoint, struct str *ret_checkpoint,
			  struct proof_place *places)
{
	struct note note;
	if (!note_parse(l->arena, bytes_str(checkpoint), &note) ||
	    !checkpoint_parse(l->arena, note.text, &l->head) || l->head.size != size)
		return PROBLEM_INTERNAL;
	enum problem p = find_paths(l, places);
	if (!p)
		*ret_checkpoint = bytes_str(checkpoint);
	return p;
}

static void forget(struct str *ret_checkpoint, struct proof_place *places, size_t count)
{
	*ret_checkpoint = (struct str){NULL, 0};
	for (size_t i = 0; i < count; i++)
		places[i] = (struct proof_place){.index = -1};
}

enum problem log_prove(struct db *db, struct log_memory *memory, struct arena *arena,
		       const struct log_subject *subjects, size_t count, struct str *ret_checkpoint,
		       struct proof_place *ret)
{
	struct lookup l = {.db = db, .memory = memory, .arena = arena, .count = count};
	const struct log_index_of_row *head = NULL;
	struct log_index_of_row *rows = NULL;
	size_t row_count = 0;
	forget(ret_checkpoint, ret, count);
	enum problem p = find_indexes(&l, subjects, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		if (!rows[i].n)
			head = &rows[i];
		else
			ret[rows[i].n - 1].index = rows[i].idx;
	}
	if (p || head)
		return p ? p : prove(&l, head->idx, head->checkpoint, ret_checkpoint, ret);
	forget(ret_checkpoint, ret, count); /* nothing is published */
	return PROBLEM_NONE;
}

enum problem log_prove_event(struct db *db, struct log_memory *memory, struct arena *arena, struct uuid event,
			     struct bytes key, struct str *ret_checkpoint,
			     struct proof_place ret[LOG_EVENT_PLACES])
{
	struct lookup l = {.db = db, .memory = memory, .arena = arena, .count = LOG_EVENT_PLACES};
	struct log_event_places_row *row;
	size_t count;
	forget(ret_checkpoint, ret, LOG_EVENT_PLACES);
	enum problem p =
		log_event_places(db, arena, &(struct log_event_places_params){event, key}, &row, &count);
	if (p || !count)
		return p;
	ret[LOG_EVENT].index = row->event.known ? row->event.value : -1;
	ret[LOG_EVENT_KEY].index = row->key.known ? row->key.value : -1;
	ret[LOG_EVENT_REVOCATION].index = row->revocation.known ? row->revocation.value : -1;
	return prove(&l, row->size, row->checkpoint, ret_checkpoint, ret);
}
