/* SPDX-License-Identifier: Apache-2.0
 * The log's tree cut into tiles of 256 hashes (https://c2sp.org/tlog-tiles): which tiles a proof needs, and roots and
 * inclusion paths computed from them. Level 0 holds the leaves; a hash of level L is the root of a full tile of level
 * L−1. Pure: whoever has the hashes hands them in. */
#ifndef FT_CORE_LOG_TILE_H
#define FT_CORE_LOG_TILE_H

#include "ft/core/merkle.h"

enum { LOG_TILE_WIDTH = 256, LOG_TILE_HEIGHT = 8, LOG_TILE_LEVELS = 8 };

/* The hashes of a tile, behind them the roots of every two, of every four … up to that of all. */
enum { LOG_TILE_NODES = 2 * LOG_TILE_WIDTH - 1 };
struct log_tile_tree {
	struct sha256 nodes[LOG_TILE_NODES]; /* of a narrower tile only those whose hashes are there */
};
struct log_tile {
	unsigned level;
	uint64_t index;              /* of the tile within its level */
	unsigned width;              /* hashes: 1 … LOG_TILE_WIDTH */
	const struct sha256 *hashes; /* `width` of them, set by who reads the tile; NULL: not read */
	const struct log_tile_tree
		*tree; /* the same with what is over them; NULL: hashed when it is needed */
};
struct log_tiles { /* zero: none */
	size_t count, room;
	struct log_tile *items;
};

/* What stands behind "tile/" in a path: "0/x001/x234/067.p/8" or "entries/000". Numbers have one spelling only. */
struct log_tile_name {
	bool entries;
	struct log_tile tile; /* hashes NULL */
};
bool log_tile_parse(struct str path, struct log_tile_name *ret);
struct str log_tile_print(struct arena *arena, const struct log_tile_name *name);
/* The hashes of a tile as served: `width` times 32 octets. false: of another length. In the arena. */
bool log_tile_fill(struct arena *arena, struct bytes served, struct log_tile *tile);
/* An entry bundle as served: `count` times uint16 and entry. Borrowed from `served`. false: too short or too long. */
bool log_entries_parse(struct bytes served, size_t count, struct bytes *ret);

/* Adds what is not there yet, in the arena. All tiles of one list are of a tree of the same size. */
/* The partial tiles on the right edge of a tree; of a size that is a multiple of 256 none at level 0. */
void log_tiles_need_edge(struct arena *arena, struct log_tiles *tiles, uint64_t size);
/* The tiles that the path of leaf `index` < `size` is computed from. */
void log_tiles_need_path(struct arena *arena, struct log_tiles *tiles, uint64_t index, uint64_t size);

/* What stands in no full tile yet: of each level the newest tile as far as it goes, which the size of the tree says. It
 * grows with the tree. All zero is that of the empty tree. */
struct log_rim {
	struct sha256 hashes[LOG_TILE_LEVELS][LOG_TILE_WIDTH];
};
/* From the tiles that log_tiles_need_edge asked for. */
void log_rim_fill(struct log_rim *rim, const struct log_tiles *tiles);
/* Puts hash number `index` of a level. True: with it its tile is full, and stands in hashes[level] until the next is put. */
bool log_rim_put(struct log_rim *rim, unsigned level, uint64_t index, struct sha256 hash);

void log_tile_grow(const struct log_tile *tile, struct log_tile_tree *ret);

/* The right edge of the tree of this size, from the tiles that log_tiles_need_edge asked for. */
struct merkle_edge log_edge(const struct log_tiles *tiles, uint64_t size);
/* Hash number `index` of level 0, from the tiles of its path. */
struct sha256 log_leaf(const struct log_tiles *tiles, uint64_t index);
/* The inclusion path (RFC 9162 §2.1.3) from the tiles that log_tiles_need_path asked for; its length. */
size_t log_path(const struct log_tiles *tiles, uint64_t index, uint64_t size,
		struct sha256 ret[MERKLE_MAX_PATH]);

/* The consistency proof (RFC 9162 §2.1.4.1) of 0 < old_size < size from the tiles that log_tiles_need_path of leaf
 * old_size − 1 asked for; its length. */
size_t log_consistency(const struct log_tiles *tiles, uint64_t old_size, uint64_t size,
		       struct sha256 ret[MERKLE_MAX_PATH]);

#endif
