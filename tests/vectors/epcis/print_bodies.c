/* SPDX-License-Identifier: Apache-2.0
 * Prints EPCIS documents of many records of every kind and of all their views, one JSON line each, for check_bodies.py. */
#include <stdio.h>

#include "../../unit/core/sample.h"

enum { SEEDS = 12 };

static int print_views(struct arena *arena, struct generator *g, const struct record_kind *kind)
{
	struct epcis_source *source;
	struct str body = sample_body(arena, g, kind, &source), seen;

	for (enum tier tier = TIER_FULL; tier < TIER_COUNT; tier++) {
		struct str document;

		if (view_of(arena, body, tier, &seen))
			return 1;
		document = epcis_document(arena, seen, INT64_C(1777777777000123));
		printf("{\"kind\":\"%s\",\"tier\":\"%s\",\"document\":%.*s}\n", kind->word, tier_words[tier],
		       STR_ARGS(document));
	}
	return 0;
}

int main(void)
{
	int failed = 0;

	for (size_t k = 0; record_kind_at(k) != NULL; k++)
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			struct generator g = {seed * 1000 + k};
			struct arena *arena = arena_create();

			failed |= print_views(arena, &g, record_kind_at(k));
			arena_destroy(arena);
		}
	return failed;
}
