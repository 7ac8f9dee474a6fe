/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a GeoJSON place: what is accepted is JSON that is accepted again, unchanged. */
#include "fuzz.h"

#include "ft/core/geojson.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct json json, again;
	struct str text, second;
	struct fault fault = {0};
	if (!json_parse(arena, (struct str){(const char *)data, size}, &json, &fault) &&
	    !geojson_check(arena, &json, "/geometry", &text, &fault)) {
		CHECK(!json_parse(arena, text, &again, &fault));
		CHECK(!geojson_check(arena, &again, "/geometry", &second, &fault));
		CHECK(str_equal(text, second));
	}
	arena_destroy(arena);
	return 0;
}
