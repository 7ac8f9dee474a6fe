/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as "amount unit": what is accepted has a unit that is found again by its code, and converts into its own
 * dimension as it is. */
#include <assert.h>
#include <string.h>

#include "ft/core/unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct quantity *q)
{
	const struct package itself = {q->unit, *q};
	struct decimal same = {0};
	enum problem p;

	assert(q->base.units > 0);
	assert(unit_find(str_of(q->unit->code)) == q->unit);
	p = quantity_in_dimension(q, NULL, q->unit->dimension, q->unit, NULL, 0, &same);
	assert(!p && decimal_compare(same, q->base) == 0);
	/* A table of packages that says nonsense must end. */
	p = quantity_in_dimension(q, NULL, DIMENSION_AREA, NULL, &itself, 1, &same);
	assert(!p || p == PROBLEM_UNIT_DIMENSION);
	p = quantity_in_dimension(q, NULL, DIMENSION_PACKAGE, q->unit, &itself, 1, &same);
	assert(!p || p == PROBLEM_UNIT_DIMENSION);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str unit, value = str_cut((struct str){(const char *)data, size}, ' ', &unit);
	struct quantity q;

	if (!quantity_of(value, unit, &q))
		check(&q);
	(void)unit_hint(unit);
	return 0;
}
