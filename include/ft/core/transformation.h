/* SPDX-License-Identifier: Apache-2.0
 * One transformation that several events tell together (EPCIS 2.0, 7.4.6): whatever went in by any of them may have gone into
 * whatever came out by any of them.
 *
 *   input ──┐                ┌── output      Its node stands in the lineage between them, where no lot is: edges grow
 *   input ──┼── its node ────┼── output      with inputs + outputs, and each event adds its own, whichever came first. */
#ifndef FT_CORE_TRANSFORMATION_H
#define FT_CORE_TRANSFORMATION_H

#include "ft/base/decimal.h"
#include "ft/core/lot_id.h"
#include "ft/core/unit.h"

/* The node of what this organisation calls so: nobody joins the transformation of another by naming its id. Every spelling of
 * a URI is one. */
struct lot_id transformation_node(struct arena *arena, struct uuid org, struct str transformation_id);
/* A node's id is of version 8 (RFC 9562), no lot's is. */
bool is_transformation_node(struct uuid id);

/* How much of one lot stands on one side of a transformation. */
struct part_told {
	struct uuid lot;
	bool has_base, has_mass;
	enum dimension dimension; /* of base */
	struct decimal base;      /* in the lot's own measure */
	struct decimal mass;      /* kg */
	const struct unit *unit;  /* NULL: not told */
	struct str value;         /* in that unit, as written */
};
/* Each one's part in a measure common to all: their dimension, else their mass, else the unit that all are counted in; where
 * there is none, equal parts, for nobody says anything better. A package is a measure of one lot alone. */
struct decimal *parts_in_common(struct arena *arena, const struct part_told *told, size_t count,
				struct decimal *ret_total);

#endif
