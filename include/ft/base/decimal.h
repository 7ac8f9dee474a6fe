/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals: quantities are never floating point. */
#ifndef FT_BASE_DECIMAL_H
#define FT_BASE_DECIMAL_H

#include "ft/base/problem.h"

__extension__ typedef __int128 int128;

enum { DECIMAL_PLACES = 15 };

/* Fixed point: value = units / 10^15. Fifteen digits of tonnes in grams and thousands of them summed still fit. */
struct decimal {
	int128 units;
};

/* As the contract writes quantities: no sign, no exponent, at most 15 significant digits and 6 decimals.
 * PROBLEM_QUANTITY_SYNTAX otherwise, NaN and infinities included. Zero is allowed here. */
enum problem decimal_parse_quantity(struct str text, struct decimal *ret) must_check;
bool decimal_parse(struct str text,
		   struct decimal *ret); /* optional sign, at most 15 decimals, no exponent */
struct str decimal_print(struct arena *arena, struct decimal d); /* shortest exact form: 12.5, 0, -3 */
struct decimal decimal_of(int64_t whole);
struct decimal decimal_add(struct decimal a, struct decimal b); /* asserts on overflow: inputs are bounded */
struct decimal decimal_sub(struct decimal a, struct decimal b);
int decimal_compare(struct decimal a, struct decimal b);
bool decimal_is_zero(struct decimal d);
/* a * numerator / denominator. false when the result is not exact in 15 decimals or leaves the range. */
bool decimal_scale(struct decimal a, int64_t numerator, int64_t denominator, struct decimal *ret);

#endif
