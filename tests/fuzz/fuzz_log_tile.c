/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the name of a tile: what is accepted has bounds and prints back to the same name. */
#include "fuzz.h"

#include "ft/core/log_tile.h"

static struct str index_print(struct arena *arena, uint64_t index)
{
	struct str text = arena_printf(arena, "%03u", (unsigned)(index % 1000));
	for (uint64_t rest = index / 1000; rest; rest /= 1000)
		text = arena_printf(arena, "x%03u/%.*s", (unsigned)(rest % 1000), STR_ARGS(text));
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str path = {(const char *)data, size};
	struct log_tile_name name;
	if (log_tile_parse(path, &name)) {
		CHECK(name.tile.level <= 63 && name.tile.width >= 1 && name.tile.width <= LOG_TILE_WIDTH);
		CHECK(!name.tile.hashes);
		struct str level = name.entries ? STR("entries") : arena_printf(arena, "%u", name.tile.level);
		struct str width = name.tile.width < LOG_TILE_WIDTH
					   ? arena_printf(arena, ".p/%u", name.tile.width)
					   : STR("");
		struct str printed =
			arena_printf(arena, "%.*s/%.*s%.*s", STR_ARGS(level),
				     STR_ARGS(index_print(arena, name.tile.index)), STR_ARGS(width));
		CHECK(str_equal(printed, path));
	}
	arena_destroy(arena);
	return 0;
}
