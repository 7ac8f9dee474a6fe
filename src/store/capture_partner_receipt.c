/* SPDX-License-Identifier: Apache-2.0
 * Which shipments partners' receiving events are receipts of. A shipment may be told after its receipt, which by then has
 * taken the goods out of the sender's stock on the receiver's word: that is taken back, and the goods came with the
 * shipment. When a shipment is withdrawn its receipts are events without one again, and the next shipment may find them. */
#include <stdlib.h>

#include "capture_partner_priv.h"

/* batch->receipts: rows of these; batch->receipts_gone: struct lot_id, events that do not stand any more; and
 * batch->other_shipments: struct lot_id, shipments that may take receipts over from one that is withdrawn. */
struct receipt_fact {
	struct partner_receipts_row row;
	bool dirty;
	bool gone;     /* the event does not stand any more */
	bool released; /* does nothing, while a shipment is looked at that it may be of */
};
/* What a receipt does to a lot: at its sender and at its receiver. */
struct effect {
	struct stock from, to;
};

/* — loading — */
static bool sends(const struct item *item)
{
	return !item->problem && !item->replay && record_sends(item->job->kind) && item->to.found;
}

static void want(struct batch *batch, struct rows *parties, struct rows *lots, struct uuid party,
		 const struct named *lot)
{
	if (!lot->found)
		return;
	*(struct uuid *)rows_add(batch->arena, parties, sizeof(struct uuid)) = party;
	*(struct uuid *)rows_add(batch->arena, lots, sizeof(struct uuid)) = lot->id.lot;
}

static void want_withdrawn(struct batch *batch, struct rows *parties, struct rows *lots,
			   const struct target *target)
{
	for (size_t i = 0; i < target->output_count; i++) {
		*(struct uuid *)rows_add(batch->arena, parties, sizeof(struct uuid)) = target->party;
		*(struct uuid *)rows_add(batch->arena, lots, sizeof(struct uuid)) = target->outputs[i].lot;
	}
}

/* Of what is sent, and of receipts whose shipment is on its way again. Who sends units names no lots: goods in units are found
 * by the shipment alone. */
static void want_open(struct batch *batch, struct rows *parties, struct rows *lots)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (item->target && item->target->kind && item->target->kind->class == RECORD_RECEIVE)
			want_withdrawn(batch, parties, lots, item->target);
		for (size_t k = 0; sends(item) && k < item->output_count && item->job->event; k++)
			want(batch, parties, lots, item->to.id.lot, &item->output_lots[k]);
		for (size_t k = 0; sends(item) && k < item->lot_count; k++)
			want(batch, parties, lots, item->to.id.lot, &item->lots[k]);
	}
}

static bool withdraws(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->items[i].target)
			return true;
	return false;
}

void partner_receipts_queue(struct batch *batch, struct rows shipment_orgs, struct rows shipments)
{
	static const struct rows none = {0};
	struct rows parties = {0}, lots = {0};
	bool corrects = withdraws(batch);
	want_open(batch, &parties, &lots);
	batch->asks_receipts = lots.count || (corrects && shipments.count);
	const struct partner_receipts_params params = {rows_array(&parties), rows_array(&lots),
						       rows_array(corrects ? &shipment_orgs : &none),
						       rows_array(corrects ? &shipments : &none)};
	if (batch->asks_receipts)
		db_queue(batch->db, &sql_partner_receipts, &params);
}

enum problem partner_receipts_take(struct batch *batch)
{
	struct partner_receipts_row *rows;
	size_t count = 0;
	enum problem p = batch->asks_receipts ? db_take_many(batch->db, batch->arena, &sql_partner_receipts,
							     (void **)&rows, &count)
					      : PROBLEM_NONE;
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, receipts, struct receipt_fact) = (struct receipt_fact){.row = rows[i]};
	return p;
}

/* — what receipts do — */
static struct effect effect_of(const struct receipt_fact *receipt, const struct shipment_lines_row *line)
{
	static const struct decimal none = {0};
	const struct partner_receipts_row *row = &receipt->row;
	struct effect effect = {0};
	if (receipt->released && !line)
		return effect;
	if (line) { /* more than was sent is owed by the sender */
		struct decimal received = row->base.known ? row->base.value : line->base;
		struct decimal beyond = decimal_sub(received, line->base);
		effect.from.in_transit = decimal_sub(none, line->base);
		if (decimal_compare(beyond, none) > 0)
			effect.from.on_hand = decimal_sub(none, beyond);
		effect.to.on_hand = received;
	} else if (row->base.known && !uuid_is_nil(row->from_party)) {
		effect.from.on_hand = decimal_sub(none, row->base.value);
		effect.to.on_hand = row->base.value;
	}
	return effect;
}

/* Moves of one event at one moment are counted on. */
static int64_t next_move(const struct batch *batch, const struct receipt_fact *receipt, usec_t at)
{
	const struct move_row *moves = batch->moves.items;
	int64_t n = 0;
	for (size_t i = 0; i < batch->moves.count; i++)
		if (moves[i].at == at && uuid_equal(moves[i].event, receipt->row.event) && moves[i].n >= n)
			n = moves[i].n + 1;
	return n;
}

static void change(struct batch *batch, struct item *item, struct lot_fact *lot, struct uuid holder,
		   struct stock more, struct move_of *of)
{
	struct holding_fact *holding = batch_holding_make(batch, lot, holder);
	holding_put(holding, stock_sum(stock_of(holding), more));
	stock_settle(batch, of, lot, holder);
	if (holding_is_short(holding))
		(void)short_note(batch, item, lot, holding, /* ledger */ NULL);
}

/* What was `before` is `now`. */
static void turn(struct batch *batch, struct item *item, const struct receipt_fact *receipt, struct uuid from,
		 struct effect before, struct effect now, usec_t at)
{
	struct lot_fact *lot = map_get(batch->lots, MAP_KEY(receipt->row.lot_id));
	struct move_of of = {receipt->row.org_id, receipt->row.event, at, next_move(batch, receipt, at)};
	change(batch, item, lot, from, stock_difference(now.from, before.from), &of);
	change(batch, item, lot, receipt->row.to_party, stock_difference(now.to, before.to), &of);
	lot->dirty = true;
	lot->row.version = at;
}

/* — a receiving event — */
void partner_receipt_note(struct batch *batch, const struct item *item, const struct event_parts *parts,
			  const struct told *told, const struct shipment_fact *shipment)
{
	bool known = parts->from && !uuid_equal(parts->from->id, item->acting);
	struct receipt_fact *receipt = ROW_ADD(batch, receipts, struct receipt_fact);
	*receipt = (struct receipt_fact){
		.row = {.org_id = item->recorder,
			.event = item->job->id,
			.lot_org = told->lot->row.org_id,
			.lot_id = told->lot->row.lot_id,
			.to_party = item->acting,
			.event_time = item->time.at_us,
			.base = {told->measured, told->base}},
		.dirty = true,
	};
	if (known)
		receipt->row.from_party = parts->from->id;
	if (shipment) {
		receipt->row.shipment_org = shipment->row.org_id;
		receipt->row.shipment = shipment->row.id;
	}
}

void partner_receipts_forget(struct batch *batch, const struct target *target)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++)
		receipts[i].gone |= uuid_equal(receipts[i].row.event, target->id);
	*ROW_ADD(batch, receipts_gone, struct lot_id) = (struct lot_id){target->org, target->id};
}

/* — a shipment — */
/* An event is the receipt of one shipment. */
static bool is_free(const struct batch *batch, const struct receipt_fact *receipt,
		    const struct shipment_fact *shipment)
{
	const struct receipt_fact *receipts = batch->receipts.items;
	if (receipt->gone || !uuid_is_nil(receipt->row.shipment))
		return false;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (uuid_equal(receipts[i].row.event, receipt->row.event) &&
		    !uuid_is_nil(receipts[i].row.shipment) &&
		    !uuid_equal(receipts[i].row.shipment, shipment->row.id))
			return false;
	return true;
}

/* And all that it changes was locked for this batch. */
static bool fits(struct batch *batch, const struct receipt_fact *receipt,
		 const struct shipment_fact *shipment, const struct shipment_lines_row *line)
{
	const struct partner_receipts_row *row = &receipt->row;
	const struct lot_id lot = {line->lot_org, line->lot_id};
	return uuid_equal(row->lot_id, line->lot_id) && uuid_equal(row->to_party, shipment->row.to_party) &&
	       (uuid_is_nil(row->from_party) || uuid_equal(row->from_party, shipment->row.from_party)) &&
	       is_free(batch, receipt, shipment) && map_get(batch->lots, MAP_KEY(lot.lot)) &&
	       map_get(batch->parties, MAP_KEY(row->to_party)) && batch_holding(batch, lot, row->to_party) &&
	       batch_holding(batch, lot, shipment->row.from_party);
}

/* Of the same amount rather than of another, and then the earlier. */
static bool is_better(const struct receipt_fact *a, const struct receipt_fact *b,
		      const struct shipment_lines_row *line)
{
	bool a_same = a->row.base.known && decimal_compare(a->row.base.value, line->base) == 0;
	bool b_same = b->row.base.known && decimal_compare(b->row.base.value, line->base) == 0;
	if (a_same != b_same)
		return a_same;
	if (a->row.event_time != b->row.event_time)
		return a->row.event_time < b->row.event_time;
	return uuid_compare(a->row.event, b->row.event) < 0;
}

static struct receipt_fact *receipt_of(struct batch *batch, const struct shipment_fact *shipment,
				       const struct shipment_lines_row *line)
{
	struct receipt_fact *receipts = batch->receipts.items, *best = NULL;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (fits(batch, &receipts[i], shipment, line) &&
		    (!best || is_better(&receipts[i], best, line)))
			best = &receipts[i];
	return best;
}

static bool may_be_of(const struct batch *batch, const struct receipt_fact *receipt, const struct item *item)
{
	const struct partner_receipts_row *row = &receipt->row;
	return !receipt->gone && uuid_is_nil(row->shipment) && uuid_equal(row->to_party, item->to.id.lot) &&
	       uuid_equal(row->from_party, item->acting) && map_get(batch->lots, MAP_KEY(row->lot_id));
}

void partner_receipts_release(struct batch *batch, struct item *item)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; sends(item) && i < batch->receipts.count; i++) {
		if (!may_be_of(batch, &receipts[i], item))
			continue;
		struct effect before = effect_of(&receipts[i], NULL);
		receipts[i].released = true;
		turn(batch, item, &receipts[i], item->acting, before, effect_of(&receipts[i], NULL),
		     item->recorded_us);
	}
}

void partner_receipts_restore(struct batch *batch, struct item *item)
{
	struct receipt_fact *receipts = batch->receipts.items;
	for (size_t i = 0; i < batch->receipts.count; i++) {
		if (!receipts[i].released)
			continue;
		struct effect before = effect_of(&receipts[i], NULL);
		receipts[i].released = false;
		turn(batch, item, &receipts[i], receipts[i].row.from_party, before,
		     effect_of(&receipts[i], NULL), item->recorded_us);
	}
}

/* As if the receipt came last: it is its receiver's finding. */
static void tell_difference(struct batch *batch, struct item *item, const struct receipt_fact *receipt,
			    const struct shipment_lines_row *line)
{
	const struct lot_fact *lot = map_get(batch->lots, MAP_KEY(line->lot_id));
	const struct risk_ledger ledger = {.event = receipt->row.event,
					   .lot = {lot->row.org_id, lot->row.lot_id},
					   .expected = line->base,
					   .found = line->received,
					   .dimension = (enum dimension)lot->row.dimension};
	struct risk_findings findings = {0};
	risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
	const struct capture_parties_row *receiver = map_get(batch->parties, MAP_KEY(receipt->row.to_party));
	const struct alert_row about = {.org = lot->row.org_id,
					.party = receiver->id,
					.product = lot->row.product,
					.event = receipt->row.event,
					.happened_us = receipt->row.event_time,
					.origin_region =
						lot->row.region.at ? lot->row.region : receiver->region,
					.found_region = receiver->region};
	alerts_about(batch, item, &findings, &about);
}

void partner_receipts_join(struct batch *batch, struct item *item, struct shipment_fact *shipment, usec_t at)
{
	bool joined = false, stands = !str_equal(shipment->row.state, STR("withdrawn"));
	for (size_t i = 0; stands && i < shipment->line_count; i++) {
		struct shipment_lines_row *line = &shipment->lines[i];
		struct receipt_fact *receipt =
			uuid_is_nil(line->receipt) ? receipt_of(batch, shipment, line) : NULL;
		if (!receipt)
			continue;
		turn(batch, item, receipt, shipment->row.from_party, effect_of(receipt, NULL),
		     effect_of(receipt, line), at);
		receipt->released = false;
		line->received = receipt->row.base.known ? receipt->row.base.value : line->base;
		line->receipt_org = receipt->row.org_id;
		line->receipt = receipt->row.event;
		line->receipt_of_partner = true;
		receipt->row.shipment_org = shipment->row.org_id;
		receipt->row.shipment = shipment->row.id;
		receipt->dirty = joined = true;
		tell_difference(batch, item, receipt, line);
	}
	if (joined)
		shipment_settle(shipment);
}

static int by_departure(const void *a, const void *b)
{
	const struct shipments_lock_row *x = &(*(struct shipment_fact *const *)a)->row,
					*y = &(*(struct shipment_fact *const *)b)->row;
	if (x->shipped_at != y->shipped_at)
		return x->shipped_at < y->shipped_at ? -1 : 1;
	return uuid_compare(x->id, y->id);
}

void partner_receipts_settle(struct batch *batch, struct item *item, usec_t at)
{
	size_t count = 0;
	struct shipment_fact **open =
		arena_array(batch->arena, struct shipment_fact *, map_count(batch->shipments));
	for (size_t i = 0; batch->receipts.count && i < map_count(batch->shipments); i++) {
		struct shipment_fact *fact = map_at(batch->shipments, i);
		if (str_equal(fact->row.state, STR("in_transit")))
			open[count++] = fact;
	}
	qsort(open, count, sizeof(struct shipment_fact *), by_departure);
	for (size_t i = 0; i < count; i++)
		partner_receipts_join(batch, item, open[i], at);
}

bool partner_receipt_leave(struct batch *batch, struct item *item, const struct shipment_fact *shipment,
			   struct shipment_lines_row *line, usec_t at)
{
	struct receipt_fact *receipts = batch->receipts.items, *receipt = NULL;
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (!receipts[i].gone && uuid_equal(receipts[i].row.shipment, shipment->row.id) &&
		    uuid_equal(receipts[i].row.event, line->receipt) &&
		    uuid_equal(receipts[i].row.lot_id, line->lot_id))
			receipt = &receipts[i];
	if (!receipt)
		return false;
	turn(batch, item, receipt, shipment->row.from_party, effect_of(receipt, line),
	     effect_of(receipt, NULL), at);
	line->received = (struct decimal){0};
	line->receipt = line->receipt_org = (struct uuid){{0}};
	line->receipt_of_partner = false;
	receipt->row.shipment = receipt->row.shipment_org = (struct uuid){{0}};
	receipt->dirty = true;
	return true;
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
