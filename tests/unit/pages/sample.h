/* SPDX-License-Identifier: Apache-2.0
 * Invented trails for the tests of pages: small, mixed, long, recalled, hostile. */
#ifndef FT_TESTS_PAGES_SAMPLE_H
#define FT_TESTS_PAGES_SAMPLE_H

#include "ft/pages/pages.h"

/* STR for static tables: a compound literal is not a constant there. */
#define LITERAL(literal) \
	{ \
		"" literal, sizeof(literal) - 1 \
	}

/* 1 to 6 origins and any number of steps, with names, places, shares, proofs as a district would have them; what the
 * cases differ in is set by the caller afterwards. */
struct trail *sample_trail(struct arena *arena, size_t origin_count, size_t step_count);
/* Farm tier, two growers, the second a natural person whose name is withheld; a correction; a use of pesticide. */
struct trail *sample_mix(struct arena *arena);
/* Every text a hostile one: markup, quotes, bidirectional controls, bytes that are not UTF-8. */
struct trail *sample_hostile(struct arena *arena);
struct page sample_page(enum language language);

#endif
