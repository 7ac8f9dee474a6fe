/* SPDX-License-Identifier: Apache-2.0
 * Exact fractions and their rounding to four decimals that sum to one. */
#include "fraction_priv.h"

#include <assert.h>
#include <stdlib.h>

#include "ft/core/lot_graph.h"

static void release(void *resource)
{
	struct fractions *fractions = resource;

	for (size_t i = 0; i < fractions->count; i++)
		mpq_clear(fractions->items[i]);
}

struct fractions fractions_create(struct arena *arena, size_t count)
{
	struct fractions *fractions = arena_new(arena, struct fractions);

	fractions->items = arena_array(arena, mpq_t, count);
	for (size_t i = 0; i < count; i++)
		mpq_init(fractions->items[i]);
	fractions->count = count;
	arena_defer(arena, release, fractions);
	return *fractions;
}

static void set_units(mpz_t ret, struct decimal d)
{
	assert(d.units >= 0);
	mpz_set_ui(ret, (unsigned long)(d.units >> 64));
	mpz_mul_2exp(ret, ret, 64);
	mpz_add_ui(ret, ret, (unsigned long)(d.units & UINT64_MAX));
}

void fraction_of_decimals(struct decimal a, struct decimal b, mpq_t ret)
{
	static_assert(sizeof(unsigned long) == 8, "a decimal is handed to GMP in two words");
	set_units(mpq_numref(ret), a);
	set_units(mpq_denref(ret), b);
	mpq_canonicalize(ret);
}

struct str fraction_print(struct arena *arena, const mpq_t f)
{
	size_t room = mpz_sizeinbase(mpq_numref(f), 10) + mpz_sizeinbase(mpq_denref(f), 10) + 3;
	char *text = arena_alloc(arena, room);

	return str_of(mpq_get_str(text, 10, f));
}

struct str share_print(struct arena *arena, unsigned long units)
{
	return arena_printf(arena, "%lu.%04lu", units / SHARE_UNITS, units % SHARE_UNITS);
}

struct str share_of(struct arena *arena, const mpq_t f)
{
	unsigned long units;
	mpz_t scaled;

	/* (2 n × 10^4 + d) / 2 d, cut: half up. */
	mpz_init(scaled);
	mpz_mul_ui(scaled, mpq_numref(f), 2UL * SHARE_UNITS);
	mpz_add(scaled, scaled, mpq_denref(f));
	mpz_fdiv_q(scaled, scaled, mpq_denref(f));
	mpz_fdiv_q_2exp(scaled, scaled, 1);
	units = mpz_get_ui(scaled);
	mpz_clear(scaled);
	return share_print(arena, units);
}

struct remainder {
	mpq_t *value; /* what was cut off */
	size_t index;
};

static int larger_first(const void *a, const void *b)
{
	const struct remainder *x = a, *y = b;
	int order = mpq_cmp(*y->value, *x->value);

	return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

/* The whole units of `f`; what is cut off stays in `f`. */
static unsigned long take_units(mpq_t f)
{
	unsigned long units;
	mpq_t scale;
	mpz_t whole;

	mpq_init(scale);
	mpz_init(whole);
	mpq_set_ui(scale, SHARE_UNITS, 1);
	mpq_mul(f, f, scale);
	mpz_fdiv_q(whole, mpq_numref(f), mpq_denref(f));
	units = mpz_get_ui(whole);
	mpq_set_z(scale, whole);
	mpq_sub(f, f, scale);
	mpz_clear(whole);
	mpq_clear(scale);
	return units;
}

void fractions_to_units(struct arena *arena, const mpq_t *fractions, size_t count, unsigned long *ret_units,
			unsigned long *ret_rest)
{
	struct fractions cut = fractions_create(arena, count + 1);
	struct remainder *order = arena_array(arena, struct remainder, count + 1);
	unsigned long *units = arena_array(arena, unsigned long, count + 1), missing = SHARE_UNITS;

	mpq_set_ui(cut.items[count], 1, 1);
	for (size_t i = 0; i < count; i++) {
		mpq_set(cut.items[i], fractions[i]);
		mpq_sub(cut.items[count], cut.items[count], fractions[i]);
	}
	assert(mpq_sgn(cut.items[count]) >= 0); /* parts of one whole */
	for (size_t i = 0; i <= count; i++) {
		units[i] = take_units(cut.items[i]);
		missing -= units[i];
		order[i] = (struct remainder){&cut.items[i], i};
	}
	qsort(order, count + 1, sizeof order[0], larger_first);
	for (size_t i = 0; i < missing; i++)
		units[order[i].index]++;
	for (size_t i = 0; i < count; i++)
		ret_units[i] = units[i];
	*ret_rest = units[count];
}

void fraction_of_text(struct arena *arena, struct str text, mpq_t ret)
{
	int failed = mpq_set_str(ret, arena_str(arena, text).at, 10);

	assert(failed == 0 && mpz_sgn(mpq_denref(ret)) > 0);
	(void)failed;
	mpq_canonicalize(ret);
}

struct str fraction_of(struct arena *arena, struct decimal a, struct decimal b)
{
	struct fractions f = fractions_create(arena, 1);

	fraction_of_decimals(a, b, f.items[0]);
	return fraction_print(arena, f.items[0]);
}

struct str fraction_add(struct arena *arena, struct str a, struct str b)
{
	struct fractions f = fractions_create(arena, 2);

	fraction_of_text(arena, a, f.items[0]);
	fraction_of_text(arena, b, f.items[1]);
	mpq_add(f.items[0], f.items[0], f.items[1]);
	return fraction_print(arena, f.items[0]);
}

void fractions_round(struct arena *arena, const struct str *exact, size_t count, struct str *ret_shares)
{
	struct fractions f = fractions_create(arena, count);
	unsigned long *units = arena_array(arena, unsigned long, count), rest;

	for (size_t i = 0; i < count; i++)
		fraction_of_text(arena, exact[i], f.items[i]);
	fractions_to_units(arena, (const mpq_t *)f.items, count, units, &rest);
	for (size_t i = 0; i < count; i++)
		ret_shares[i] = share_print(arena, units[i]);
}
