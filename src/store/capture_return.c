/* SPDX-License-Identifier: Apache-2.0
 * Goods that go back to whoever shipped them, and goods that are destroyed. */
#include "capture_pack_priv.h"

static bool needs_sender(const struct item *item)
{
	return !item->problem && !item->replay && item->job->kind->class == RECORD_RETURN && !item->to.asked;
}

struct returning {
	struct rows orgs, lots, holders, items; /* items: struct item * */
};

static void want_sender(struct batch *batch, struct returning *returning, struct item *item,
			const struct named *named)
{
	if (!named->found)
		return;
	*(struct uuid *)rows_add(batch->arena, &returning->orgs, sizeof(struct uuid)) = named->id.org;
	*(struct uuid *)rows_add(batch->arena, &returning->lots, sizeof(struct uuid)) = named->id.lot;
	*(struct uuid *)rows_add(batch->arena, &returning->holders, sizeof(struct uuid)) = item->acting;
	*(struct item **)rows_add(batch->arena, &returning->items, sizeof(struct item *)) = item;
}

static void take_sender(struct item *item, struct uuid sender)
{
	bool other = item->to.found && !uuid_equal(item->to.id.lot, sender);
	item->to.found = !other;
	item->to.asked = true;
	item->to.id.lot = sender;
	item->two_senders = item->two_senders || other;
}

enum problem batch_load_senders(struct batch *batch)
{
	struct returning returning = {{0}};
	struct lot_senders_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		for (size_t k = 0; needs_sender(item) && k < item->lot_count; k++)
			want_sender(batch, &returning, item, &item->lots[k]);
		for (size_t k = 0; needs_sender(item) && k < item->pack_count; k++)
			want_sender(batch, &returning, item, &item->packs[k].named);
	}
	if (!returning.lots.count)
		return PROBLEM_NONE;
	const struct lot_senders_params params = {rows_array(&returning.orgs), rows_array(&returning.lots),
						  rows_array(&returning.holders)};
	db_queue(batch->db, &sql_lot_senders, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_lot_senders, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		take_sender(((struct item **)returning.items.items)[rows[i].place - 1], rows[i].sender);
	return p;
}

/* Sent by a record of this very batch. */
static void sender_in_batch(struct batch *batch, struct item *item)
{
	for (size_t i = 0; i < item->lot_count + item->pack_count; i++) {
		const struct lot_fact *lot =
			batch_lot(batch, i < item->lot_count ? &item->lots[i]
							     : &item->packs[i - item->lot_count].named);
		for (size_t k = map_count(batch->shipments); lot && k-- > 0;) {
			const struct shipment_fact *shipment = map_at(batch->shipments, k);
			bool carries = false;
			for (size_t n = 0; n < shipment->line_count; n++)
				carries = carries || uuid_equal(shipment->lines[n].lot_id, lot->row.lot_id);
			if (!carries || !uuid_equal(shipment->row.to_party, item->acting))
				continue;
			take_sender(item, shipment->row.from_party);
			break;
		}
	}
}

/* Packs that the party sold and its customers brought back: they are in stock again, and go nowhere by this. */
static enum problem take_back(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct input_plan *plans;
	if (item->job->record->to.at)
		return refuse(item, PROBLEM_FIELD_UNKNOWN, "sold", (struct place_in){.member = "to"});
	enum problem p = plan_lines(batch, item, parts, &plans);
	for (size_t i = 0; !p && i < item->line_count; i++) {
		struct holding_fact *holding = batch_holding_make(batch, plans[i].lot, item->acting);
		holding->row.sold = decimal_sub(holding->row.sold, plans[i].base);
		holding->row.on_hand = decimal_add(holding->row.on_hand, plans[i].base);
		holding->dirty = true;
		lot_comes_back(batch, item, plans[i].lot, item->acting, plans[i].base);
	}
	return p ? p : event_store(batch, item, parts);
}

enum problem decide_return(struct batch *batch, struct item *item, struct event_parts *parts)
{
	if (item->taken_back)
		return take_back(batch, item, parts);
	if (!item->to.asked)
		sender_in_batch(batch, item);
	if (!item->to.asked || item->two_senders) {
		(void)fault_set(item->job->fault, PROBLEM_FIELD_MISSING, "sender", "/to");
		item->job->fault->detail =
			STR("nobody, or not one party alone, shipped these lots: name it in to");
		return PROBLEM_FIELD_MISSING;
	}
	return decide_ship(batch, item, parts);
}

void lot_comes_back(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid to,
		    struct decimal base)
{
	if (!uuid_equal(lot->row.org_id, to))
		return;
	lot->row.outside = decimal_sub(lot->row.outside, base);
	lot->row.returned = decimal_add(lot->row.returned, base);
	lot_settle(batch, item, lot);
}

enum problem decide_destroy(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct input_plan *plans;
	enum problem p = plan_lines(batch, item, parts, &plans);
	for (size_t i = 0; !p && i < item->line_count; i++) {
		struct holding_fact *holding = plans[i].holding;
		struct lot_fact *lot = plans[i].lot;
		holding->row.on_hand = decimal_sub(holding->row.on_hand, plans[i].base);
		holding->row.destroyed = decimal_add(holding->row.destroyed, plans[i].base);
		holding->dirty = true;
		lot->row.destroyed = decimal_add(lot->row.destroyed, plans[i].base);
		if (!uuid_equal(lot->row.org_id, item->acting))
			lot->row.outside = decimal_sub(lot->row.outside, plans[i].base);
		lot_settle(batch, item, lot);
	}
	return p ? p : event_store(batch, item, parts);
}
