/* SPDX-License-Identifier: Apache-2.0
 * Tiles of the log's tree: names, which are needed, and what is computed from them. */
#include "ft/core/log_tile.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

enum { NUMBER_GROUP = 3, NUMBER_MAX = 999999999, LEVEL_MAX = 63 };

/* One to three digits without a leading zero. */
static bool take_small(struct str text, unsigned most, unsigned *ret)
{
	int64_t value;
	if (!text.len || text.len > NUMBER_GROUP || (text.at[0] == '0' && text.len > 1) ||
	    text.at[0] == '-' || !str_integer(text, &value) || value > (int64_t)most)
		return false;
	*ret = (unsigned)value;
	return true;
}

/* "x001/x234/067": groups of three digits, all but the last behind an x; the first is not 000 when others follow. */
static bool take_index(struct str text, uint64_t *ret)
{
	uint64_t value = 0;
	for (bool first = true, last = false; !last; first = false) {
		struct str rest;
		struct str group = str_cut(text, '/', &rest);
		last = !rest.at;
		if (!last && (!str_starts(group, STR("x")) || (first && str_equal(group, STR("x000")))))
			return false;
		group = last ? group : str_from(group, 1);
		if (group.len != NUMBER_GROUP || value > NUMBER_MAX)
			return false;
		for (size_t i = 0; i < NUMBER_GROUP; i++) {
			if (group.at[i] < '0' || group.at[i] > '9')
				return false;
			value = value * 10 + (uint64_t)(group.at[i] - '0');
		}
		text = rest;
	}
	*ret = value;
	return true;
}

/* Takes ".p/W" off the end. */
static bool take_width(struct str *path, unsigned *ret)
{
	static const struct str mark = {".p/", 3};
	*ret = LOG_TILE_WIDTH;
	for (size_t i = 0; i + mark.len <= path->len; i++)
		if (str_equal((struct str){path->at + i, mark.len}, mark)) {
			struct str digits = str_from(*path, i + mark.len);
			path->len = i;
			return take_small(digits, LOG_TILE_WIDTH - 1, ret) && *ret > 0;
		}
	return true;
}

bool log_tile_parse(struct str path, struct log_tile_name *ret)
{
	struct log_tile_name name = {0};
	struct str rest;
	struct str level = str_cut(path, '/', &rest);
	name.entries = str_equal(level, STR("entries"));
	if (!rest.at || (!name.entries && !take_small(level, LEVEL_MAX, &name.tile.level)) ||
	    !take_width(&rest, &name.tile.width) || !take_index(rest, &name.tile.index))
		return false;
	*ret = name;
	return true;
}

static struct str index_print(struct arena *arena, uint64_t index)
{
	struct str text = arena_printf(arena, "%03u", (unsigned)(index % 1000));
	for (uint64_t rest = index / 1000; rest; rest /= 1000)
		text = arena_printf(arena, "x%03u/%.*s", (unsigned)(rest % 1000), STR_ARGS(text));
	return text;
}

struct str log_tile_print(struct arena *arena, const struct log_tile_name *name)
{
	struct str level = name->entries ? STR("entries") : arena_printf(arena, "%u", name->tile.level);
	struct str index = index_print(arena, name->tile.index);
	struct str width =
		name->tile.width < LOG_TILE_WIDTH ? arena_printf(arena, ".p/%u", name->tile.width) : STR("");
	return arena_printf(arena, "%.*s/%.*s%.*s", STR_ARGS(level), STR_ARGS(index), STR_ARGS(width));
}

bool log_tile_fill(struct arena *arena, struct bytes served, struct log_tile *tile)
{
	if (served.len != tile->width * sizeof(struct sha256))
		return false;
	struct sha256 *hashes = arena_array(arena, struct sha256, tile->width);
	memcpy(hashes, served.at, served.len);
	tile->hashes = hashes;
	return true;
}

bool log_entries_parse(struct bytes served, size_t count, struct bytes *ret)
{
	for (size_t i = 0; i < count; i++) {
		if (served.len < 2)
			return false;
		size_t len = (size_t)served.at[0] << 8 | served.at[1];
		if (served.len - 2 < len)
			return false;
		ret[i] = (struct bytes){served.at + 2, len};
		served = (struct bytes){served.at + 2 + len, served.len - 2 - len};
	}
	return served.len == 0;
}

/* Full hashes at a level of a tree. */
static uint64_t hashes_at(uint64_t size, unsigned level)
{
	return size >> (level * LOG_TILE_HEIGHT);
}

static void need(struct arena *arena, struct log_tiles *tiles, unsigned level, uint64_t index,
		 uint64_t hashes)
{
	uint64_t first = index * LOG_TILE_WIDTH;
	if (hashes <= first)
		return;
	for (size_t i = 0; i < tiles->count; i++)
		if (tiles->items[i].level == level && tiles->items[i].index == index)
			return;
	if (tiles->count == tiles->room) {
		struct log_tile *wider = arena_array(arena, struct log_tile, 2 * tiles->room + 16);
		if (tiles->count)
			memcpy(wider, tiles->items, tiles->count * sizeof *wider);
		tiles->items = wider;
		tiles->room = 2 * tiles->room + 16;
	}
	uint64_t width = hashes - first < LOG_TILE_WIDTH ? hashes - first : LOG_TILE_WIDTH;
	tiles->items[tiles->count++] =
		(struct log_tile){.level = level, .index = index, .width = (unsigned)width};
}

void log_tiles_need_edge(struct arena *arena, struct log_tiles *tiles, uint64_t size)
{
	for (unsigned level = 0; level < LOG_TILE_LEVELS; level++)
		need(arena, tiles, level, hashes_at(size, level) / LOG_TILE_WIDTH, hashes_at(size, level));
}

void log_tiles_need_path(struct arena *arena, struct log_tiles *tiles, uint64_t index, uint64_t size)
{
	assert(index < size);
	log_tiles_need_edge(arena, tiles, size);
	for (unsigned level = 0; level < LOG_TILE_LEVELS; level++)
		need(arena, tiles, level, hashes_at(index, level) / LOG_TILE_WIDTH, hashes_at(size, level));
}

/* Where the roots over 1 << below hashes begin. */
static size_t nodes_of(unsigned below)
{
	return (size_t)(2 * LOG_TILE_WIDTH - (2 * LOG_TILE_WIDTH >> below));
}

void log_tile_grow(const struct log_tile *tile, struct log_tile_tree *ret)
{
	memcpy(ret->nodes, tile->hashes, tile->width * sizeof *tile->hashes);
	for (unsigned below = 1; below <= LOG_TILE_HEIGHT; below++)
		for (size_t i = 0; i < tile->width >> below; i++) {
			const struct sha256 *pair = &ret->nodes[nodes_of(below - 1) + 2 * i];
			ret->nodes[nodes_of(below) + i] = merkle_node(pair[0], pair[1]);
		}
}

/* The root of the perfect subtree over leaves [index << level, (index + 1) << level), out of the tile it lies in. */
static struct sha256 subtree(const struct log_tiles *tiles, unsigned level, uint64_t index)
{
	unsigned tile_level = level / LOG_TILE_HEIGHT, below = level % LOG_TILE_HEIGHT;
	uint64_t first = index << below;
	size_t place = (size_t)(first % LOG_TILE_WIDTH), count = (size_t)1 << below;
	for (size_t i = 0; i < tiles->count; i++) {
		const struct log_tile *tile = &tiles->items[i];
		if (tile->level != tile_level || tile->index != first / LOG_TILE_WIDTH)
			continue;
		assert(tile->hashes && place + count <= tile->width);
		if (tile->tree)
			return tile->tree->nodes[nodes_of(below) + (place >> below)];
		return merkle_root(tile->hashes + place, count);
	}
	assert(false && "the tile is among those asked for");
	return (struct sha256){{0}};
}

struct merkle_edge log_edge(const struct log_tiles *tiles, uint64_t size)
{
	struct merkle_edge edge = {.size = size};
	for (unsigned level = 0; level < LOG_TILE_LEVELS * LOG_TILE_HEIGHT && size >> level; level++)
		if (size >> level & 1)
			edge.subtrees[level] = subtree(tiles, level, (size >> level) - 1);
	return edge;
}

void log_rim_fill(struct log_rim *rim, const struct log_tiles *tiles)
{
	for (size_t i = 0; i < tiles->count; i++) {
		const struct log_tile *tile = &tiles->items[i];
		assert(tile->level < LOG_TILE_LEVELS && tile->hashes);
		memcpy(rim->hashes[tile->level], tile->hashes, tile->width * sizeof *tile->hashes);
	}
}

bool log_rim_put(struct log_rim *rim, unsigned level, uint64_t index, struct sha256 hash)
{
	rim->hashes[level][index % LOG_TILE_WIDTH] = hash;
	return index % LOG_TILE_WIDTH == LOG_TILE_WIDTH - 1;
}

/* Of leaves [first, first + count), where `first` is a multiple of a power of two that is at least `count`. */
static struct sha256 range_root(const struct log_tiles *tiles, uint64_t first, uint64_t count)
{
	struct sha256 root = {{0}};
	bool any = false;
	/* Smallest subtree first: it lies rightmost. */
	uint64_t end = first + count;
	for (unsigned level = 0; end > first; level++)
		if (count >> level & 1) {
			end -= UINT64_C(1) << level;
			struct sha256 left = subtree(tiles, level, end >> level);
			root = any ? merkle_node(left, root) : left;
			any = true;
		}
	return root;
}

struct sha256 log_leaf(const struct log_tiles *tiles, uint64_t index)
{
	return subtree(tiles, 0, index);
}

/* RFC 9162 §2.1.3.1, from the root down; the path is given from the leaf up. */
size_t log_path(const struct log_tiles *tiles, uint64_t index, uint64_t size,
		struct sha256 ret[MERKLE_MAX_PATH])
{
	struct sha256 down[MERKLE_MAX_PATH]; /* one a level of the tree */
	size_t depth = 0;
	for (uint64_t first = 0, count = size; count > 1;) {
		uint64_t half = 1;
		while (half < count - half)
			half <<= 1;
		bool is_left = index - first < half;
		down[depth++] = is_left ? range_root(tiles, first + half, count - half)
					: range_root(tiles, first, half);
		first += is_left ? 0 : half;
		count = is_left ? half : count - half;
	}
	for (size_t i = 0; i < depth; i++)
		ret[i] = down[depth - 1 - i];
	return depth;
}

/* RFC 9162 §2.1.4.1, from the root down towards leaf old_size − 1 until a subtree ends with it. */
size_t log_consistency(const struct log_tiles *tiles, uint64_t old_size, uint64_t size,
		       struct sha256 ret[MERKLE_MAX_PATH])
{
	struct sha256 down[MERKLE_MAX_PATH] = {{{0}}};
	size_t depth = 0;
	uint64_t first = 0, count = size;
	bool is_whole = true; /* the subtree begins where the old tree does: whoever checks has its root */
	assert(old_size > 0 && old_size < size);
	while (old_size - first != count) {
		uint64_t half = 1;
		while (half < count - half)
			half <<= 1;
		bool is_left = old_size - first <= half;
		down[depth++] = is_left ? range_root(tiles, first + half, count - half)
					: range_root(tiles, first, half);
		is_whole = is_whole && is_left;
		first += is_left ? 0 : half;
		count = is_left ? half : count - half;
	}
	if (!is_whole)
		down[depth++] = range_root(tiles, first, count);
	for (size_t i = 0; i < depth; i++)
		ret[i] = down[depth - 1 - i];
	return depth;
}
