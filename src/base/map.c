/* SPDX-License-Identifier: Apache-2.0
 * Open addressing over an insertion-ordered list of entries. */
#include "ft/base/map.h"

#include <string.h>

struct entry {
	struct bytes key;
	uint64_t hash;
	void *value;
};
struct map {
	struct arena *arena;
	struct entry *entries;
	uint32_t *slots; /* index + 1 of the entry; 0: free */
	size_t count, room, slot_count;
};

/* FNV-1a with a final mix. Keys are ids and digests that no stranger chooses freely within one batch. */
static uint64_t hash_of(struct bytes key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.at[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	return h * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static void place(struct map *map, size_t index)
{
	size_t at = map->entries[index].hash & (map->slot_count - 1);
	while (map->slots[at])
		at = (at + 1) & (map->slot_count - 1);
	map->slots[at] = (uint32_t)index + 1;
}

static void grow(struct map *map, size_t room)
{
	struct entry *entries = arena_array(map->arena, struct entry, room);
	if (map->count)
		memcpy(entries, map->entries, map->count * sizeof *entries);
	map->entries = entries;
	map->room = room;
	map->slot_count = room * 2;
	map->slots = arena_array(map->arena, uint32_t, map->slot_count);
	for (size_t i = 0; i < map->count; i++)
		place(map, i);
}

struct map *map_create(struct arena *arena, size_t expected)
{
	struct map *map = arena_new(arena, struct map);
	size_t room = 16;
	map->arena = arena;
	while (room < expected)
		room *= 2;
	grow(map, room);
	return map;
}

static struct entry *find(const struct map *map, struct bytes key, uint64_t hash)
{
	for (size_t at = hash & (map->slot_count - 1); map->slots[at];
	     at = (at + 1) & (map->slot_count - 1)) {
		struct entry *e = &map->entries[map->slots[at] - 1];
		if (e->hash == hash && bytes_equal(e->key, key))
			return e;
	}
	return NULL;
}

void *map_get(const struct map *map, struct bytes key)
{
	struct entry *e = find(map, key, hash_of(key));
	return e ? e->value : NULL;
}

void map_set(struct map *map, struct bytes key, void *value)
{
	uint64_t hash = hash_of(key);
	struct entry *e = find(map, key, hash);
	if (e) {
		e->value = value;
		return;
	}
	if (map->count == map->room)
		grow(map, map->room * 2);
	map->entries[map->count] = (struct entry){key, hash, value};
	place(map, map->count++);
}

size_t map_count(const struct map *map)
{
	return map->count;
}

void *map_at(const struct map *map, size_t index)
{
	return map->entries[index].value;
}
