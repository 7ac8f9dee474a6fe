/* SPDX-License-Identifier: Apache-2.0
 * Exact fractions: GMP rationals whose memory ends with the arena. */
#ifndef FT_CORE_FRACTION_PRIV_H
#define FT_CORE_FRACTION_PRIV_H

#include <gmp.h>

#include "ft/base/decimal.h"

struct fractions { /* all zero at first; the arena clears them */
	mpq_t *items;
	size_t count;
};
struct fractions fractions_create(struct arena *arena, size_t count);

/* a / b of two decimals, b > 0, in lowest terms. */
void fraction_of_decimals(struct decimal a, struct decimal b, mpq_t ret);
/* "n/d" or "n" as fraction_print wrote it: text of our own, never a stranger's. */
void fraction_of_text(struct arena *arena, struct str text, mpq_t ret);
struct str fraction_print(struct arena *arena, const mpq_t f); /* "31/50", "1" */

enum { SHARE_UNITS = 10000 };                                     /* four decimals */
struct str share_print(struct arena *arena, unsigned long units); /* "0.6200" */
/* Four decimals of one fraction, half up. */
struct str share_of(struct arena *arena, const mpq_t f);

/* Units of four decimals by largest remainder, for `count` fractions of a whole; what they lack to 1 takes part as one
 * more, last. Equal remainders: the earlier gets the unit. */
void fractions_to_units(struct arena *arena, const mpq_t *fractions, size_t count, unsigned long *ret_units,
			unsigned long *ret_rest);

#endif
