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

/* What a receipt does to a lot, at its sender and at its receiver. */
struct receipt_effect {
	struct uuid sender; /* nil: nobody that is known */
	struct stock from, to;
};
/* What a partner's receiving event says of a lot. */
struct receipt_fact {
	struct partner_receipts_row row;
	struct item *by; /* what it came to its shipment with, in this batch */
	struct receipt_effect was;
	bool fresh; /* of the event that is being decided: nothing is done by it yet */
	bool dirty;
	bool gone;     /* the event does not stand any more */
	bool left;     /* a shipment that it was of */
	bool released; /* what it did, `was`, is undone while it is decided what is sent */
	bool moves;
};
/* A shipment that a receipt may be of. */
struct pair_shipment {
	struct lot_id id;
	struct uuid from_party;
};
/* A line that may be received: NULL: by nobody. */
struct pair_slot {
	struct shipment_fact *shipment;
	struct shipment_lines_row *line;
	struct receipt_fact *taker;
};

/* capture_partner_pair.c: which receipts are of which shipments. Both are asked for behind the locks of the lots as well.
 * PROBLEM_CONFLICT with batch->pairs_late: not all that may be paired was asked for before, as it has to be with batch->pairs; or
 * a shipment and its receipt came at once. */
void arrivals_queue(struct batch *batch);
enum problem arrivals_take(struct batch *batch) must_check;
enum problem arrivals_check(struct batch *batch) must_check;
/* Whether it is of this lot and party, and may be of another shipment than it is. */
bool receipt_may_pair(struct batch *batch, const struct receipt_fact *receipt, struct lot_id lot,
		      struct uuid to) must_check;
/* In the order of departure, with whose they are; how many. */
size_t pairs_choose(struct batch *batch, struct lot_id lot, struct uuid to,
		    struct pair_slot **ret) must_check;

/* capture_partner_receipt.c: what receipts do. What a receiving event says of a lot; it does nothing until it is paired. */
void partner_receipt_note(struct batch *batch, struct item *item, const struct event_parts *parts,
			  const struct told *told);
bool receipt_is_by(const struct receipt_fact *receipt, struct uuid org, struct uuid event) must_check;
/* Lets receipts of a lot be of the shipments that they fit best; those of other events from that moment on. Nothing that `item`
 * does to the lot waits to be settled. */
void partner_receipts_pair(struct batch *batch, struct item *item, struct lot_id lot, struct uuid to,
			   usec_t at);
/* All that are known of, of what the shipment carries; NULL: of anything. */
void partner_receipts_settle(struct batch *batch, struct item *item, const struct shipment_fact *of,
			     usec_t at);
/* Whether what the event being decided says of the lot came with a shipment. */
bool partner_receipt_is_paired(const struct batch *batch, const struct item *item,
			       const struct lot_fact *lot) must_check;
/* Moves of the event at those that sent what it received. */
void partner_receipts_settle_event(struct batch *batch, const struct item *item, struct move_of *of);
/* While it is decided what `item` sends, what receiving events took is there. */
void partner_receipts_release(struct batch *batch, const struct item *item);
void partner_receipts_restore(struct batch *batch);
/* If the receipt of the line is a partner's event, it is of no shipment any more, with all its lines. */
void partner_receipt_leave(struct batch *batch, struct item *item, struct shipment_fact *shipment,
			   const struct shipment_lines_row *line, usec_t at);
/* The receiving event stands no more; what it moved was taken back. */
void partner_receipts_forget(struct batch *batch, const struct target *target);
void partner_receipts_send(struct batch *batch);
/* Once all is decided: of receipts that came to a shipment, those of another amount than was sent. */
void partner_receipts_find_differing(struct batch *batch);
struct owed_alerts;
/* Findings of receipts that left a shipment and differ from none now. */
void partner_receipts_found_again(struct batch *batch, struct owed_alerts *ret);
/* capture_lineage.c. PROBLEM_LINEAGE_CYCLE: a lot would be made of itself. */
enum problem partner_check_cycle(struct batch *batch, struct item *item) must_check;
void partner_add_edges(struct batch *batch, struct item *item, const struct told_list *in,
		       const struct told_list *out);

/* capture_aggregate.c: crates and pallets of an AggregationEvent. PROBLEM_NOT_KNOWN_YET: others' goods are in the unit;
 * PROBLEM_LINEAGE_CYCLE: it would be inside itself. */
enum problem aggregate_check(struct batch *batch, struct item *item) must_check;
void aggregate_apply(struct batch *batch, struct item *item, const struct told_list *list);

#endif
