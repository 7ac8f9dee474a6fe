/* SPDX-License-Identifier: Apache-2.0
 * Stored bodies may have been changed by anybody who could write to the database. */
#include "ft/core/deed.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct deed deed;
	if (!deed_read(arena, (struct str){(const char *)data, size}, &deed)) {
		CHECK(deed.kind);
		for (size_t i = 0; i < deed.count; i++) {
			const struct deed_facts facts = {.amount = deed.lines[i].amount.base,
							 .known = {true, true, true}};
			struct deed_counts effect[DEED_SIDES];
			deed_effect(&deed, &deed.lines[i], &facts, effect);
			for (int side = 0; side < DEED_SIDES; side++)
				CHECK(deed_counts_print(arena, effect[side]).len);
		}
	}
	arena_destroy(arena);
	return 0;
}
