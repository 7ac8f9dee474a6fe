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
/* capture_partner_names.c: shipments on their way, asked for again behind the locks of the lots. PROBLEM_CONFLICT: one and its
 * receipt came at once. */
void arrivals_queue(struct batch *batch);
enum problem arrivals_recheck(struct batch *batch) must_check;
/* capture_partner_receipt.c: which shipments receiving events are receipts of. What one says of a lot, and the shipment that it
 * arrived with; NULL: none. */
void partner_receipt_note(struct batch *batch, const struct item *item, const struct event_parts *parts,
			  const struct told *told, const struct shipment_fact *shipment);
/* Asked behind the locks of the lots: of those that the batch sends, and of shipments when it corrects something. */
void partner_receipts_queue(struct batch *batch, struct rows shipment_orgs, struct rows shipments);
enum problem partner_receipts_take(struct batch *batch) must_check;
/* While it is decided what `item` sends, what receiving events took for it on the receiver's word is there; then restored,
 * but for those that turned out to be its receipts. */
void partner_receipts_release(struct batch *batch, struct item *item);
void partner_receipts_restore(struct batch *batch, struct item *item);
/* Receiving events that were there before the shipment are its receipts, line by line, from that moment on. After the moves
 * of `item`, by which it came about, were settled. */
void partner_receipts_join(struct batch *batch, struct item *item, struct shipment_fact *shipment, usec_t at);
/* Once something was withdrawn: receipts that are free, and shipments that are on their way again. */
void partner_receipts_settle(struct batch *batch, struct item *item, usec_t at);
/* The line's receipt is of no shipment any more. false: it is no partner's event. */
bool partner_receipt_leave(struct batch *batch, struct item *item, const struct shipment_fact *shipment,
			   struct shipment_lines_row *line, usec_t at);
/* The receiving event stands no more. */
void partner_receipts_forget(struct batch *batch, const struct target *target);
void partner_receipts_send(struct batch *batch);
/* capture_lineage.c. PROBLEM_LINEAGE_CYCLE: a lot would be made of itself. */
enum problem partner_check_cycle(struct batch *batch, struct item *item) must_check;
void partner_add_edges(struct batch *batch, struct item *item, const struct told_list *in,
		       const struct told_list *out);

/* capture_aggregate.c: crates and pallets of an AggregationEvent. PROBLEM_NOT_KNOWN_YET: others' goods are in the unit;
 * PROBLEM_LINEAGE_CYCLE: it would be inside itself. */
enum problem aggregate_check(struct batch *batch, struct item *item) must_check;
void aggregate_apply(struct batch *batch, struct item *item, const struct told_list *list);

#endif
