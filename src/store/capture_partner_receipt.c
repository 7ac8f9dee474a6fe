/* SPDX-License-Identifier: Apache-2.0
 * What partners' receiving events do. One that is no shipment's receipt takes the goods out of the sender's stock on the
 * receiver's word; once it is, that is taken back, and the goods came with the shipment. It may come to a shipment that is told
 * after it, go over to another that it fits better, and be without one again when the shipment is withdrawn. */
#include "capture_partner_priv.h"

bool receipt_is_by(const struct receipt_fact *receipt, struct uuid org, struct uuid event)
{
	return uuid_equal(receipt->row.event, event) && uuid_equal(receipt->row.org_id, org);
}

static bool is_of_item(const struct receipt_fact *receipt, const struct item *item)
{
	return receipt_is_by(receipt, item->recorder, item->job->id);
}

static struct lot_id lot_of(const struct receipt_fact *receipt)
{
	return (struct lot_id){receipt->row.lot_org, receipt->row.lot_id};
}

/* — lines of shipments — */
static bool is_taken(const struct shipment_lines_row *line, const struct receipt_fact *receipt)
{
	return uuid_equal(line->lot_id, receipt->row.lot_id) &&
	       receipt_is_by(receipt, line->receipt_org, line->receipt);
}

static bool is_last(const struct pair_slot *slots, size_t count, size_t slot)
{
	for (size_t i = slot + 1; i < count; i++)
		if (slots[i].taker == slots[slot].taker)
			return false;
	return true;
}

/* A lot may stand in several lines, one for each unit that it is in: what is missing or beyond is of the last. Without an amount
 * all arrived whole. */
static void take_lines(struct item *item, const struct pair_slot *slots, size_t count,
		       struct receipt_fact *receipt)
{
	const struct sql_nullable_decimal base = receipt->row.base;
	struct decimal left = base.value;
	for (size_t i = 0; i < count; i++) {
		struct shipment_lines_row *line = slots[i].line;
		if (slots[i].taker != receipt)
			continue;
		line->received = base.known && is_last(slots, count, i) ? left : line->base;
		line->receipt_org = receipt->row.org_id;
		line->receipt = receipt->row.event;
		left = decimal_sub(left, line->received);
		receipt->row.shipment_org = slots[i].shipment->row.org_id;
		receipt->row.shipment = slots[i].shipment->row.id;
		receipt->by = item;
		receipt->dirty = true;
		shipment_settle(slots[i].shipment);
	}
}

static void leave_lines(struct shipment_fact *shipment, struct receipt_fact *receipt)
{
	for (size_t i = 0; i < shipment->line_count; i++) {
		struct shipment_lines_row *line = &shipment->lines[i];
		if (!is_taken(line, receipt))
			continue;
		line->received = (struct decimal){0};
		line->receipt = line->receipt_org = (struct uuid){{0}};
	}
	receipt->row.shipment = receipt->row.shipment_org = (struct uuid){{0}};
	receipt->dirty = receipt->left = true;
	shipment_settle(shipment);
}

static void sum_lines(const struct shipment_fact *shipment, const struct receipt_fact *receipt,
		      struct decimal *ret_sent, struct decimal *ret_received)
{
	*ret_sent = *ret_received = (struct decimal){0};
	for (size_t i = 0; i < shipment->line_count; i++) {
		const struct shipment_lines_row *line = &shipment->lines[i];
		if (!is_taken(line, receipt))
			continue;
		*ret_sent = decimal_add(*ret_sent, line->base);
		*ret_received = decimal_add(*ret_received, line->received);
	}
}

/* — what receipts do — */
/* More than was sent is owed by the sender; less is lost. */
static struct receipt_effect effect_with(const struct receipt_fact *receipt,
					 const struct shipment_fact *shipment)
{
	static const struct decimal none = {0};
	struct receipt_effect effect = {.sender = shipment->row.from_party};
	struct decimal sent, received;
	sum_lines(shipment, receipt, &sent, &received);
	effect.from.in_transit = decimal_sub(none, sent);
	if (decimal_compare(received, sent) > 0)
		effect.from.on_hand = decimal_sub(sent, received);
	effect.to.on_hand = received;
	return effect;
}

/* Out of the stock of the sender that it names; from anywhere else the balance stays as it is. */
static struct receipt_effect effect_alone(const struct receipt_fact *receipt)
{
	static const struct decimal none = {0};
	struct receipt_effect effect = {.sender = receipt->row.from_party};
	if (!receipt->row.base.known || uuid_is_nil(receipt->row.from_party))
		return effect;
	effect.from.on_hand = decimal_sub(none, receipt->row.base.value);
	effect.to.on_hand = receipt->row.base.value;
	return effect;
}

static struct receipt_effect effect_of(const struct batch *batch, const struct receipt_fact *receipt)
{
	return uuid_is_nil(receipt->row.shipment)
		       ? effect_alone(receipt)
		       : effect_with(receipt, map_get(batch->shipments, MAP_KEY(receipt->row.shipment)));
}

static void change(struct batch *batch, struct item *item, const struct receipt_fact *receipt,
		   struct uuid holder, struct stock more)
{
	struct lot_fact *lot = map_get(batch->lots, MAP_KEY(receipt->row.lot_id));
	if (uuid_is_nil(holder))
		return;
	struct holding_fact *holding = batch_holding_make(batch, lot, holder);
	holding_put(holding, stock_sum(stock_of(holding), more));
	holding->dirty = true;
	if (holding_is_short(holding))
		(void)short_note(batch, item, lot, holding, /* ledger */ NULL);
}

static void settle(struct batch *batch, struct move_of *of, const struct receipt_fact *receipt,
		   struct uuid holder)
{
	if (!uuid_is_nil(holder))
		stock_settle(batch, of, map_get(batch->lots, MAP_KEY(receipt->row.lot_id)), holder);
}

/* Moves of one event at one moment are counted on. */
static int64_t next_move(const struct batch *batch, const struct receipt_fact *receipt, usec_t at)
{
	const struct move_row *moves = batch->moves.items;
	int64_t n = 0;
	for (size_t i = 0; i < batch->moves.count; i++)
		if (moves[i].at == at && receipt_is_by(receipt, moves[i].event_org, moves[i].event) &&
		    moves[i].n >= n)
			n = moves[i].n + 1;
	return n;
}

/* What it `was` doing is what it does now: moves of the receipt, but of the event that is being decided, which has its own. */
static void turn(struct batch *batch, struct item *item, struct receipt_fact *receipt,
		 struct receipt_effect now, usec_t at)
{
	static const struct stock none;
	struct lot_fact *lot = map_get(batch->lots, MAP_KEY(receipt->row.lot_id));
	const struct receipt_effect was = receipt->was;
	change(batch, item, receipt, was.sender, stock_difference(none, was.from));
	change(batch, item, receipt, now.sender, now.from);
	change(batch, item, receipt, receipt->row.to_party, stock_difference(now.to, was.to));
	if (receipt->fresh)
		return;
	struct move_of of = {receipt->row.org_id, receipt->row.event, at, next_move(batch, receipt, at)};
	settle(batch, &of, receipt, was.sender);
	settle(batch, &of, receipt, now.sender);
	settle(batch, &of, receipt, receipt->row.to_party);
	lot->dirty = true;
	lot->row.version = at;
}

/* — pairing — */
static bool stays(const struct receipt_fact *receipt, const struct pair_slot *slots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((slots[i].taker == receipt) != is_taken(slots[i].line, receipt))
			return false;
	return true;
}

void partner_receipts_pair(struct batch *batch, struct item *item, struct lot_id lot, struct uuid to,
			   usec_t at)
{
	static const struct receipt_effect none;
	struct receipt_fact *receipts = batch->receipts.items;
	struct pair_slot *slots;
	size_t count = pairs_choose(batch, lot, to, &slots);
	for (size_t i = 0; i < batch->receipts.count; i++) {
		receipts[i].moves =
			receipt_may_pair(batch, &receipts[i], lot, to) && !stays(&receipts[i], slots, count);
		if (receipts[i].moves)
			receipts[i].was = receipts[i].fresh ? none : effect_of(batch, &receipts[i]);
	}
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (receipts[i].moves && !uuid_is_nil(receipts[i].row.shipment))
			leave_lines(map_get(batch->shipments, MAP_KEY(receipts[i].row.shipment)),
				    &receipts[i]);
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (receipts[i].moves)
			take_lines(item, slots, count, &receipts[i]);
	/* What the event that is being decided does is not settled before all others are. */
	for (int fresh = 0; fresh < 2; fresh++)
		for (size_t i = 0; i < batch->receipts.count; i++)
			if (receipts[i].moves && receipts[i].fresh == (bool)fresh)
				turn(batch, item, &receipts[i], effect_of(batch, &receipts[i]), at);
}

static bool is_again(const struct receipt_fact *receipts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (uuid_equal(receipts[i].row.lot_id, receipts[n].row.lot_id) &&
		    uuid_equal(receipts[i].row.to_party, receipts[n].row.to_party))
			return true;
	return false;
}

static bool carries(const struct shipment_fact *shipment, const struct receipt_fact *receipt)
{
	for (size_t i = 0; i < shipment->line_count; i++)
		if (uuid_equal(shipment->lines[i].lot_id, receipt->row.lot_id))
			return uuid_equal(shipment->row.to_party, receipt->row.to_party);
	return false;
}

void partner_receipts_settle(struct batch *batch, struct item *item, const struct shipment_fact *of,
			     usec_t at)
{
	const struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (!is_again(receipts, i) && (!of || carries(of, &receipts[i])))
			partner_receipts_pair(batch, item, lot_of(&receipts[i]), receipts[i].row.to_party,
					      at);
}

void partner_receipt_leave(struct batch *batch, struct item *item, struct shipment_fact *shipment,
			   const struct shipment_lines_row *line, usec_t at)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		if (receipts[i].gone || !is_taken(line, &receipts[i]))
			continue;
		receipts[i].was = effect_with(&receipts[i], shipment);
		leave_lines(shipment, &receipts[i]);
		turn(batch, item, &receipts[i], effect_alone(&receipts[i]), at);
		return;
	}
}

/* — a receiving event — */
void partner_receipt_note(struct batch *batch, struct item *item, const struct event_parts *parts,
			  const struct told *told)
{
	struct receipt_fact *receipt = ROW_ADD(batch, receipts, struct receipt_fact);
	*receipt = (struct receipt_fact){
		.row = {.org_id = item->recorder,
			.event = item->job->id,
			.lot_org = told->lot->row.org_id,
			.lot_id = told->lot->row.lot_id,
			.to_party = item->acting,
			.event_time = item->time.at_us,
			.base = {told->measured, told->base}},
		.fresh = true,
		.dirty = true,
	};
	if (parts->from && !uuid_equal(parts->from->id, item->acting))
		receipt->row.from_party = parts->from->id;
}

bool partner_receipt_is_paired(const struct batch *batch, const struct item *item, const struct lot_fact *lot)
{
	const struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (is_of_item(&receipts[i], item) && uuid_equal(receipts[i].row.lot_id, lot->row.lot_id))
			return !uuid_is_nil(receipts[i].row.shipment);
	return false;
}

void partner_receipts_settle_event(struct batch *batch, const struct item *item, struct move_of *of)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		if (!receipts[i].fresh || !is_of_item(&receipts[i], item))
			continue;
		settle(batch, of, &receipts[i], effect_of(batch, &receipts[i]).sender);
		receipts[i].fresh = false;
	}
}

void partner_receipts_forget(struct batch *batch, const struct target *target)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		if (!receipt_is_by(&receipts[i], target->org, target->id))
			continue;
		if (!uuid_is_nil(receipts[i].row.shipment))
			leave_lines(map_get(batch->shipments, MAP_KEY(receipts[i].row.shipment)),
				    &receipts[i]);
		receipts[i].gone = true;
	}
	*ROW_ADD(batch, receipts_gone, struct lot_id) = (struct lot_id){target->org, target->id};
}

/* — while it is decided what is sent — */
/* As if it had been so before, so that nothing of it is anybody's move. */
static void shift(struct batch *batch, const struct receipt_fact *receipt, struct uuid holder,
		  struct stock more)
{
	struct holding_fact *holding = batch_holding(batch, lot_of(receipt), holder);
	bool dirty = holding->dirty;
	holding_put(holding, stock_sum(stock_of(holding), more));
	holding->settled = stock_sum(holding->settled, more);
	holding->dirty = dirty;
}

void partner_receipts_release(struct batch *batch, const struct item *item)
{
	static const struct stock none;
	struct receipt_fact *receipts = batch->receipts.items;
	bool sends = record_sends(item->job->kind) && item->to.found && !item->replay;
	for (size_t i = 0; sends && i < batch->receipts.count; i++) {
		if (!receipt_may_pair(batch, &receipts[i], lot_of(&receipts[i]), item->to.id.lot))
			continue;
		const struct receipt_effect effect = effect_of(batch, &receipts[i]);
		if (!uuid_equal(effect.sender, item->acting) ||
		    !batch_holding(batch, lot_of(&receipts[i]), effect.sender) ||
		    !batch_holding(batch, lot_of(&receipts[i]), receipts[i].row.to_party))
			continue;
		shift(batch, &receipts[i], effect.sender, stock_difference(none, effect.from));
		shift(batch, &receipts[i], receipts[i].row.to_party, stock_difference(none, effect.to));
		receipts[i].was = effect;
		receipts[i].released = true;
	}
}

void partner_receipts_restore(struct batch *batch)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		if (!receipts[i].released)
			continue;
		shift(batch, &receipts[i], receipts[i].was.sender, receipts[i].was.from);
		shift(batch, &receipts[i], receipts[i].row.to_party, receipts[i].was.to);
		receipts[i].released = false;
	}
}

/* — findings — */
/* Its receiver's finding, whichever came last. */
static void tell_difference(struct batch *batch, const struct receipt_fact *receipt)
{
	const struct lot_fact *lot = map_get(batch->lots, MAP_KEY(receipt->row.lot_id));
	const struct capture_parties_row *receiver = map_get(batch->parties, MAP_KEY(receipt->row.to_party));
	struct risk_ledger ledger = {.event = receipt->row.event,
				     .lot = {lot->row.org_id, lot->row.lot_id},
				     .dimension = (enum dimension)lot->row.dimension};
	struct risk_findings findings = {0};
	sum_lines(map_get(batch->shipments, MAP_KEY(receipt->row.shipment)), receipt, &ledger.expected,
		  &ledger.found);
	risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
	const struct alert_row about = {.org = lot->row.org_id,
					.party = receiver->id,
					.product = lot->row.product,
					.event = receipt->row.event,
					.happened_us = receipt->row.event_time,
					.origin_region =
						lot->row.region.at ? lot->row.region : receiver->region,
					.found_region = receiver->region};
	alerts_about(batch, receipt->by, &findings, &about);
}

void partner_receipts_find_differing(struct batch *batch)
{
	const struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (receipts[i].by && !receipts[i].gone && !uuid_is_nil(receipts[i].row.shipment))
			tell_difference(batch, &receipts[i]);
}

void partner_receipts_found_again(struct batch *batch, struct owed_alerts *ret)
{
	const struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		const struct partner_receipts_row *row = &receipts[i].row;
		const struct lot_id lot = {row->lot_org, row->lot_id};
		struct decimal sent, received;
		if (!receipts[i].left || receipts[i].gone)
			continue;
		if (!uuid_is_nil(row->shipment)) {
			sum_lines(map_get(batch->shipments, MAP_KEY(row->shipment)), &receipts[i], &sent,
				  &received);
			if (decimal_compare(sent, received) != 0)
				continue;
		}
		owed_alert_add(batch, ret, risk_ledger_subject(batch->arena, row->event, lot), lot);
	}
}

/* — writing — */
void partner_receipts_send(struct batch *batch)
{
	struct partner_receipt_upsert_many_params p;
	const struct receipt_fact *all = batch->receipts.items;
	const struct lot_id *gone = batch->receipts_gone.items;
	struct rows dirty = {0}, orgs = {0}, events = {0};
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (all[i].dirty && !all[i].gone)
			*(struct partner_receipts_row *)rows_add(batch->arena, &dirty, sizeof all->row) =
				all[i].row;
	const struct partner_receipts_row *r = dirty.items;
	COLUMN(p.org_id, struct uuid, dirty.count, r[i].org_id);
	COLUMN(p.event, struct uuid, dirty.count, r[i].event);
	COLUMN(p.lot_org, struct uuid, dirty.count, r[i].lot_org);
	COLUMN(p.lot_id, struct uuid, dirty.count, r[i].lot_id);
	COLUMN(p.to_party, struct uuid, dirty.count, r[i].to_party);
	COLUMN(p.from_party, struct uuid, dirty.count, r[i].from_party);
	COLUMN(p.event_time, usec_t, dirty.count, r[i].event_time);
	COLUMN(p.base, struct decimal, dirty.count, decimal_or_null(r[i].base));
	COLUMN(p.shipment_org, struct uuid, dirty.count, r[i].shipment_org);
	COLUMN(p.shipment, struct uuid, dirty.count, r[i].shipment);
	if (dirty.count)
		db_queue(batch->db, &sql_partner_receipt_upsert_many, &p);
	for (size_t i = 0; i < batch->receipts_gone.count; i++) {
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = gone[i].org;
		*(struct uuid *)rows_add(batch->arena, &events, sizeof(struct uuid)) = gone[i].lot;
	}
	const struct partner_receipt_drop_many_params drop = {rows_array(&orgs), rows_array(&events)};
	if (orgs.count)
		db_queue(batch->db, &sql_partner_receipt_drop_many, &drop);
}
