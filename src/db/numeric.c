/* SPDX-License-Identifier: Apache-2.0
 * struct decimal as PostgreSQL's binary numeric: base-10000 digits around a weight (utils/adt/numeric.c, numeric_recv). */
#include "db_priv.h"

__extension__ typedef unsigned __int128 uint128;

enum {
	GROUP = 10000,       /* one digit of the wire */
	FRACTION_GROUPS = 4, /* 16 decimals hold our 15 */
	WHOLE_GROUPS = 6,    /* 2^127 / 10^15 has 24 digits */
	GROUPS = WHOLE_GROUPS + FRACTION_GROUPS,
	SIGN_PLUS = 0x0000,
	SIGN_MINUS = 0x4000,
};

/* Decimals that are not trailing zeros: what the server shows. */
static uint16_t scale_of(uint128 units)
{
	uint16_t scale = DECIMAL_PLACES;
	while (scale && units % 10 == 0) {
		units /= 10;
		scale--;
	}
	return scale;
}

void numeric_put(struct wire *wire, struct decimal d)
{
	uint128 units = d.units < 0 ? -(uint128)d.units : (uint128)d.units;
	uint16_t scale = scale_of(units), digits[GROUPS];
	/* The lowest group holds three of our decimals and one zero. */
	uint128 rest = units / 1000;
	digits[GROUPS - 1] = (uint16_t)(units % 1000 * 10);
	for (size_t i = GROUPS - 1; i-- > 0; rest /= GROUP)
		digits[i] = (uint16_t)(rest % GROUP);
	size_t first = 0, end = GROUPS;
	while (first < GROUPS && !digits[first])
		first++;
	while (end > first && !digits[end - 1])
		end--;
	wire_put16(wire, (uint16_t)(end - first));
	wire_put16(wire, end == first ? 0 : (uint16_t)(int16_t)(WHOLE_GROUPS - 1 - (int)first));
	wire_put16(wire, d.units < 0 ? SIGN_MINUS : SIGN_PLUS);
	wire_put16(wire, end == first ? 0 : scale);
	for (size_t i = first; i < end; i++)
		wire_put16(wire, digits[i]);
}

/* digit * 10^exponent in units of 10^-15, added to *sum. */
static bool add_group(uint128 *sum, uint128 digit, int exponent)
{
	for (; exponent > 0 && digit; exponent--)
		if (__builtin_mul_overflow(digit, (uint128)10, &digit))
			return false;
	for (; exponent < 0 && digit; exponent++) {
		if (digit % 10)
			return false; /* a sixteenth decimal */
		digit /= 10;
	}
	return !__builtin_add_overflow(*sum, digit, sum);
}

bool numeric_get(struct bytes wire, struct decimal *ret)
{
	enum { HEAD = 8 };
	if (wire.len < HEAD)
		return false;
	uint16_t count = wire_get16(wire.at), sign = wire_get16(wire.at + 4);
	int16_t weight = (int16_t)wire_get16(wire.at + 2);
	if (wire.len != HEAD + 2 * (size_t)count || (sign != SIGN_PLUS && sign != SIGN_MINUS))
		return false;
	uint128 sum = 0;
	for (int i = 0; i < count; i++) {
		uint16_t digit = wire_get16(wire.at + HEAD + 2 * (size_t)i);
		if (digit >= GROUP || !add_group(&sum, digit, 4 * (weight - i) + DECIMAL_PLACES))
			return false;
	}
	/* -2^127 itself stands for NULL in arrays. */
	if (sum >> 127)
		return false;
	ret->units = sign == SIGN_MINUS ? -(int128)sum : (int128)sum;
	return true;
}
