/* SPDX-License-Identifier: Apache-2.0
 * What each event did to stock, told as moves: the difference between the facts after it and before it. A correction takes
 * exactly these back, whatever kind of record it was. */
#include "capture_partner_priv.h"

struct stock stock_sum(struct stock a, struct stock b)
{
	return (struct stock){.on_hand = decimal_add(a.on_hand, b.on_hand),
			      .in_transit = decimal_add(a.in_transit, b.in_transit),
			      .sold = decimal_add(a.sold, b.sold),
			      .destroyed = decimal_add(a.destroyed, b.destroyed),
			      .claimed = decimal_add(a.claimed, b.claimed)};
}

struct stock stock_difference(struct stock a, struct stock b)
{
	return (struct stock){.on_hand = decimal_sub(a.on_hand, b.on_hand),
			      .in_transit = decimal_sub(a.in_transit, b.in_transit),
			      .sold = decimal_sub(a.sold, b.sold),
			      .destroyed = decimal_sub(a.destroyed, b.destroyed),
			      .claimed = decimal_sub(a.claimed, b.claimed)};
}

static bool stock_is_zero(struct stock s)
{
	return decimal_is_zero(s.on_hand) && decimal_is_zero(s.in_transit) && decimal_is_zero(s.sold) &&
	       decimal_is_zero(s.destroyed) && decimal_is_zero(s.claimed);
}

struct stock stock_of(const struct holding_fact *holding)
{
	const struct capture_holdings_lock_row *row = &holding->row;
	struct decimal shortage = decimal_sub(row->deficit, row->claimed);
	return (struct stock){.on_hand = decimal_sub(row->on_hand, shortage),
			      .in_transit = row->in_transit,
			      .sold = row->sold,
			      .destroyed = row->destroyed,
			      .claimed = row->claimed};
}

void holding_put(struct holding_fact *holding, struct stock stock)
{
	struct capture_holdings_lock_row *row = &holding->row;
	const struct decimal none = {0};
	bool is_short = decimal_compare(stock.on_hand, none) < 0;
	row->on_hand = is_short ? none : stock.on_hand;
	row->deficit = is_short ? decimal_sub(stock.claimed, stock.on_hand) : stock.claimed;
	row->in_transit = stock.in_transit;
	row->sold = stock.sold;
	row->destroyed = stock.destroyed;
	row->claimed = stock.claimed;
	holding->dirty = true;
}

struct lot_sums sums_of(const struct lot_fact *lot)
{
	return (struct lot_sums){.own = lot->row.own,
				 .total = lot->row.total,
				 .destroyed = lot->row.destroyed,
				 .outside = lot->row.outside,
				 .returned = lot->row.returned};
}

struct lot_sums sums_difference(struct lot_sums a, struct lot_sums b)
{
	return (struct lot_sums){.own = decimal_sub(a.own, b.own),
				 .total = decimal_sub(a.total, b.total),
				 .destroyed = decimal_sub(a.destroyed, b.destroyed),
				 .outside = decimal_sub(a.outside, b.outside),
				 .returned = decimal_sub(a.returned, b.returned)};
}

static bool sums_are_zero(struct lot_sums s)
{
	return decimal_is_zero(s.own) && decimal_is_zero(s.total) && decimal_is_zero(s.destroyed) &&
	       decimal_is_zero(s.outside) && decimal_is_zero(s.returned);
}

void sums_put(struct lot_fact *lot, struct lot_sums sums)
{
	static const struct decimal none = {0};
	lot->row.own = sums.own;
	lot->row.total = sums.total;
	lot->row.destroyed = sums.destroyed;
	lot->row.outside = sums.outside;
	/* Using any of what came back forgets all of it: less than nothing may be left. */
	lot->row.returned = decimal_compare(sums.returned, none) < 0 ? none : sums.returned;
}

void stock_settle(struct batch *batch, struct move_of *of, struct lot_fact *lot, struct uuid holder)
{
	const struct lot_id id = {lot->row.org_id, lot->row.lot_id};
	struct holding_fact *holding = batch_holding(batch, id, holder);
	struct stock now = holding ? stock_of(holding) : (struct stock){0};
	struct stock change = holding ? stock_difference(now, holding->settled) : now;
	struct lot_sums sums = sums_difference(sums_of(lot), lot->settled);
	if (stock_is_zero(change) && sums_are_zero(sums))
		return;
	if (holding) {
		holding_put(holding, now);
		holding->settled = now;
	}
	lot->settled = sums_of(lot);
	*ROW_ADD(batch, moves, struct move_row) = (struct move_row){.event_org = of->event_org,
								    .event = of->event,
								    .at = of->at,
								    .n = of->n++,
								    .lot = id,
								    .holder = holder,
								    .change = change,
								    .sums = sums};
}

void stock_settle_event(struct batch *batch, const struct item *item, const struct event_parts *parts)
{
	struct move_of of = {item->recorder, item->job->id, item->recorded_us, 0};
	for (size_t i = 0; i < parts->input_count + parts->output_count; i++) {
		struct lot_fact *lot = i < parts->input_count ? parts->input_lots[i]
							      : parts->output_lots[i - parts->input_count];
		stock_settle(batch, &of, lot, parts->acting->id);
		if (parts->from)
			stock_settle(batch, &of, lot, parts->from->id);
		if (parts->to)
			stock_settle(batch, &of, lot, parts->to->id);
	}
	partner_receipts_settle_event(batch, item, &of);
}
