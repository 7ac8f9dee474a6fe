/* SPDX-License-Identifier: Apache-2.0
 * Exact decimals in fixed point: 10^15 units to the whole, 128 bits. */
#include "ft/base/decimal.h"

#include <assert.h>

#include "ft/base/str.h"

enum { QUANTITY_DIGITS = 15, QUANTITY_PLACES = 6 };
__extension__ typedef unsigned __int128 uint128;
#define UNITS_PER_WHOLE INT64_C(1000000000000000)

struct parts {
	struct str whole;    /* at least one digit */
	struct str fraction; /* without trailing zeros; may be empty */
};

static struct str take_digits(struct str *s)
{
	struct str digits = {s->at, 0};
	while (digits.len < s->len && s->at[digits.len] >= '0' && s->at[digits.len] <= '9')
		digits.len++;
	*s = str_from(*s, digits.len);
	return digits;
}

/* digits [ "." digits ], nothing before or after. */
static bool split(struct str text, struct parts *ret)
{
	struct parts parts = {.whole = take_digits(&text)};
	if (!parts.whole.len)
		return false;
	if (text.len && text.at[0] == '.') {
		text = str_from(text, 1);
		parts.fraction = take_digits(&text);
		if (!parts.fraction.len)
			return false;
	}
	while (parts.fraction.len && parts.fraction.at[parts.fraction.len - 1] == '0')
		parts.fraction.len--;
	*ret = parts;
	return text.len == 0;
}

static bool append(int128 *units, int digit)
{
	return !__builtin_mul_overflow(*units, (int128)10, units) &&
	       !__builtin_add_overflow(*units, (int128)digit, units);
}

/* The value of at most DECIMAL_PLACES decimals; false when it does not fit. */
static bool join(struct parts parts, int128 *ret)
{
	int128 units = 0;
	for (size_t i = 0; i < parts.whole.len; i++)
		if (!append(&units, parts.whole.at[i] - '0'))
			return false;
	for (size_t i = 0; i < DECIMAL_PLACES; i++)
		if (!append(&units, i < parts.fraction.len ? parts.fraction.at[i] - '0' : 0))
			return false;
	*ret = units;
	return true;
}

enum problem decimal_parse_quantity(struct str text, struct decimal *ret)
{
	struct parts parts;
	if (!split(text, &parts))
		return PROBLEM_QUANTITY_SYNTAX;
	bool padded = parts.whole.len > 1 && parts.whole.at[0] == '0';
	/* A whole part of 0 is no significant digit, but beside six decimals it cannot exceed the limit either. */
	size_t digits = parts.whole.len + parts.fraction.len;
	if (padded || parts.fraction.len > QUANTITY_PLACES || digits > QUANTITY_DIGITS)
		return PROBLEM_QUANTITY_SYNTAX;
	bool fits = join(parts, &ret->units);
	assert(fits);
	return PROBLEM_NONE;
}

bool decimal_parse(struct str text, struct decimal *ret)
{
	bool negative = text.len && text.at[0] == '-';
	if (negative || (text.len && text.at[0] == '+'))
		text = str_from(text, 1);
	struct parts parts;
	int128 units;
	if (!split(text, &parts) || parts.fraction.len > DECIMAL_PLACES || !join(parts, &units))
		return false;
	ret->units = negative ? -units : units;
	return true;
}

struct str decimal_print(struct arena *arena, struct decimal d)
{
	char text[48]; /* sign, 39 digits of 128 bits, point */
	size_t at = sizeof text;
	/* Negating in unsigned arithmetic: the smallest value has no positive twin. */
	uint128 rest = d.units < 0 ? 0 - (uint128)d.units : (uint128)d.units;
	bool digit_seen = false;
	for (int place = 0; place <= DECIMAL_PLACES || rest; place++) {
		int digit = (int)(rest % 10);
		rest /= 10;
		if (place == DECIMAL_PLACES && digit_seen)
			text[--at] = '.';
		digit_seen = digit_seen || digit || place >= DECIMAL_PLACES;
		if (digit_seen)
			text[--at] = (char)('0' + digit);
	}
	if (d.units < 0)
		text[--at] = '-';
	return arena_str(arena, (struct str){text + at, sizeof text - at});
}

struct decimal decimal_of(int64_t whole)
{
	return (struct decimal){(int128)whole * UNITS_PER_WHOLE};
}

struct decimal decimal_add(struct decimal a, struct decimal b)
{
	struct decimal sum;
	bool overflow = __builtin_add_overflow(a.units, b.units, &sum.units);
	assert(!overflow);
	return sum;
}

struct decimal decimal_sub(struct decimal a, struct decimal b)
{
	struct decimal difference;
	bool overflow = __builtin_sub_overflow(a.units, b.units, &difference.units);
	assert(!overflow);
	return difference;
}

int decimal_compare(struct decimal a, struct decimal b)
{
	return (a.units > b.units) - (a.units < b.units);
}

bool decimal_is_zero(struct decimal d)
{
	return d.units == 0;
}

static int128 greatest_common_divisor(int128 a, int128 b)
{
	while (b) {
		int128 rest = a % b;
		a = b;
		b = rest;
	}
	return a < 0 ? -a : a;
}

bool decimal_scale(struct decimal a, int64_t numerator, int64_t denominator, struct decimal *ret)
{
	if (denominator == 0)
		return false;
	/* In lowest terms the denominator must divide the units themselves, so dividing first loses nothing.
	 */
	int128 common = greatest_common_divisor(numerator, denominator);
	int128 above = numerator / common, below = denominator / common;
	if (below < 0) {
		above = -above;
		below = -below;
	}
	int128 units;
	if (a.units % below != 0 || __builtin_mul_overflow(a.units / below, above, &units))
		return false;
	ret->units = units;
	return true;
}
