/* SPDX-License-Identifier: Apache-2.0
 * Units of measure: UN/CEFACT Recommendation 20 and 21 codes, dimensions, exact conversion to a base unit. */
#ifndef FT_CORE_UNIT_H
#define FT_CORE_UNIT_H

#include "ft/base/decimal.h"

/* Base units: kilogram, litre, piece, hectare, metre. A package (Rec 21 code with X before it: XBX box, XPK pack, XCR
 * crate …) is a dimension of its own per product, unless the product says what one package holds. */
enum dimension {
	DIMENSION_MASS,
	DIMENSION_VOLUME,
	DIMENSION_COUNT,
	DIMENSION_AREA,
	DIMENSION_LENGTH,
	DIMENSION_PACKAGE
};

struct unit {
	const char *code; /* as stored and printed: KGM */
	enum dimension dimension;
	int64_t numerator, denominator; /* base units in one unit */
	const char *name_zh, *name_en, *symbol;
	bool custom; /* jin: not a UN/CEFACT code. Kept as written; EPCIS carries the exact base value in the base unit */
};
/* By code or input alias (kg, g, t, jin, head …), case ignored for aliases only. NULL: not known. Rec 21 packages
 * give a unit with dimension PACKAGE. The result lives as long as the process. */
const struct unit *unit_find(struct str text);
const struct unit *unit_base(enum dimension d); /* NULL for PACKAGE */
const struct unit *unit_at(size_t index);       /* every unit once, by code; NULL past the last */
/* What to write instead of a well-known unit that cannot be exact (mu = 1/15 ha). Absent: nothing to say. */
struct str unit_hint(struct str text);

/* An amount as recorded (value and unit are kept as written) and in its dimension's base unit. */
struct quantity {
	struct str value; /* decimal text as written */
	const struct unit *unit;
	struct decimal base;
};
/* PROBLEM_QUANTITY_SYNTAX (also for zero), PROBLEM_UNIT_UNKNOWN. */
enum problem quantity_of(struct str value, struct str unit, struct quantity *ret) must_check;

/* What one package of a product holds: {unit: XBX, holds 10 KGM}. */
struct package {
	const struct unit *unit;
	struct quantity holds;
};
/* `q` in the lot's own dimension: same dimension as it is; a package through the product's packages. With `net`
 * (a second measure of the same goods) the net is used when it has the wanted dimension.
 * PROBLEM_UNIT_DIMENSION when there is no way. */
enum problem quantity_in_dimension(const struct quantity *q, const struct quantity *net,
				   enum dimension wanted, const struct unit *wanted_package,
				   const struct package *packages, size_t count,
				   struct decimal *ret) must_check;

#endif
