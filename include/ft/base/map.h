/* SPDX-License-Identifier: Apache-2.0
 * A hash map from bytes to pointers that lives in an arena: for the facts of one batch or one request. */
#ifndef FT_BASE_MAP_H
#define FT_BASE_MAP_H

#include "ft/base/str.h"

struct map;

struct map *map_create(struct arena *arena, size_t expected);
void *map_get(const struct map *map, struct bytes key); /* NULL: not there */
/* The key's bytes are borrowed and must outlive the map. A second value for a key replaces the first. */
void map_set(struct map *map, struct bytes key, void *value);
size_t map_count(const struct map *map);
/* In the order of insertion. */
void *map_at(const struct map *map, size_t index);
#define MAP_KEY(object) \
	((struct bytes){(const uint8_t *)&(object), sizeof(object)}) /* of a struct without padding */

#endif
