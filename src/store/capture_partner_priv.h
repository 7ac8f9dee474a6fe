/* SPDX-License-Identifier: Apache-2.0
 * What the decisions about partners' events share. */
#ifndef FT_STORE_CAPTURE_PARTNER_PRIV_H
#define FT_STORE_CAPTURE_PARTNER_PRIV_H

#include "capture_pack_priv.h"

/* One lot of the event with what the event says of it. */
struct told {
	const struct goods *goods;
	struct lot_fact *lot;
	struct epcis_thing thing;
	bool measured;       /* base is known */
	struct decimal base; /* in the lot's own measure */
};
struct told_list {
	struct told *items;
	size_t count;
};

/* capture_partner.c: whether the event counts for where this lot comes from. */
bool partner_may_make(const struct item *item, const struct lot_fact *lot);
/* capture_lineage.c. PROBLEM_LINEAGE_CYCLE: a lot would be made of itself. */
enum problem partner_check_cycle(struct batch *batch, struct item *item) must_check;
void partner_add_edges(struct batch *batch, struct item *item, const struct told_list *in,
		       const struct told_list *out);

/* capture_aggregate.c: crates and pallets of an AggregationEvent. PROBLEM_NOT_KNOWN_YET: others' goods are in the unit;
 * PROBLEM_LINEAGE_CYCLE: it would be inside itself. */
enum problem aggregate_check(struct batch *batch, struct item *item) must_check;
void aggregate_apply(struct batch *batch, struct item *item, const struct told_list *list);

#endif
