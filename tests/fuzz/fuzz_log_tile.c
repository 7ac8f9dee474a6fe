/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the name of a tile: what is accepted has bounds and prints back to the same name. */
#include "fuzz.h"

#include "ft/core/log_tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str path = {(const char *)data, size};
	struct log_tile_name name;
	if (log_tile_parse(path, &name)) {
		CHECK(name.tile.level <= 63 && name.tile.width >= 1 && name.tile.width <= LOG_TILE_WIDTH);
		CHECK(!name.tile.hashes);
		CHECK(str_equal(log_tile_print(arena, &name), path));
	}
	arena_destroy(arena);
	return 0;
}
