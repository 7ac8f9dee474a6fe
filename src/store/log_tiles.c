/* SPDX-License-Identifier: Apache-2.0
 * Tiles from the tables: hashes in one round trip, whatever is asked for. */
#include "log_priv.h"

static const struct log_tiles_read_row *row_of(const struct log_tiles_read_row *rows, size_t count,
					       const struct log_tile *tile)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].level == (int64_t)tile->level && rows[i].tile == (int64_t)tile->index)
			return &rows[i];
	return NULL;
}

enum problem log_tiles_fill(struct db *db, struct arena *arena, struct log_tiles *tiles,
			    const struct log_tile **ret_missing)
{
	struct log_tiles_read_row *rows;
	size_t count = 0;
	int64_t *levels = arena_array(arena, int64_t, tiles->count),
		*indexes = arena_array(arena, int64_t, tiles->count),
		*widths = arena_array(arena, int64_t, tiles->count);
	for (size_t i = 0; i < tiles->count; i++) {
		levels[i] = tiles->items[i].level;
		indexes[i] = (int64_t)tiles->items[i].index;
		widths[i] = tiles->items[i].width;
	}
	const struct log_tiles_read_params params = {
		{levels, tiles->count}, {indexes, tiles->count}, {widths, tiles->count}};
	enum problem p = tiles->count ? log_tiles_read(db, arena, &params, &rows, &count) : PROBLEM_NONE;
	if (p)
		return p;
	*ret_missing = NULL;
	for (size_t i = 0; i < tiles->count; i++) {
		struct log_tile *tile = &tiles->items[i];
		const struct log_tiles_read_row *row = row_of(rows, count, tile);
		bool whole = row && row->hashes.len == tile->width * sizeof *tile->hashes;
		/* Octets alone: a hash has no alignment of its own. */
		tile->hashes = whole ? (const struct sha256 *)(const void *)row->hashes.at : NULL;
		if (!whole)
			*ret_missing = tile;
	}
	return PROBLEM_NONE;
}

enum problem log_edge_read(struct db *db, struct arena *arena, int64_t size, struct merkle_edge *ret,
			   struct log_rim *ret_rim)
{
	struct log_tiles tiles = {0};
	const struct log_tile *missing;
	log_tiles_need_edge(arena, &tiles, (uint64_t)size);
	enum problem p = log_tiles_fill(db, arena, &tiles, &missing);
	if (p)
		return p;
	if (missing)
		return PROBLEM_CONFLICT;
	*ret = log_edge(&tiles, (uint64_t)size);
	if (ret_rim)
		log_rim_fill(ret_rim, &tiles);
	return PROBLEM_NONE;
}
