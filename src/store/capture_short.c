/* SPDX-License-Identifier: Apache-2.0
 * What a party lacks may have been shipped to it already: then the record of its arrival is what is missing, and the
 * order in which an outbox sends its records must not matter. Asked of refused records only. */
#include "capture_priv.h"

/* Refused for a stock that others might still bring. */
static bool may_come(const struct item *item)
{
	return item->problem == PROBLEM_LOT_SHORT && !uuid_is_nil(item->short_of.lot);
}

/* Shipped and not received, by records of this batch; those that the database has are told apart by `dirty`. */
static struct decimal coming_in_batch(const struct batch *batch, const struct item *item)
{
	struct decimal sum = {0};
	for (size_t i = 0; i < map_count(batch->shipments); i++) {
		const struct shipment_fact *fact = map_at(batch->shipments, i);
		bool comes = fact->dirty && str_equal(fact->row.state, STR("in_transit")) &&
			     uuid_equal(fact->row.to_party, item->acting);
		for (size_t k = 0; comes && k < fact->line_count; k++)
			if (uuid_equal(fact->lines[k].lot_id, item->short_of.lot))
				sum = decimal_add(sum, fact->lines[k].base);
	}
	return sum;
}

static void settle(struct batch *batch, struct item *item, struct decimal stored)
{
	struct decimal coming = decimal_add(stored, coming_in_batch(batch, item));
	if (decimal_compare(coming, item->missing) < 0)
		return;
	item->problem = PROBLEM_NOT_KNOWN_YET;
	item->job->fault->rule = "received";
}

enum problem batch_judge_short(struct batch *batch)
{
	struct rows lots = {0}, holders = {0}, items = {0};
	struct capture_on_the_way_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!may_come(item))
			continue;
		*(struct uuid *)rows_add(batch->arena, &lots, sizeof(struct uuid)) = item->short_of.lot;
		*(struct uuid *)rows_add(batch->arena, &holders, sizeof(struct uuid)) = item->acting;
		*(struct item **)rows_add(batch->arena, &items, sizeof(struct item *)) = item;
	}
	if (!items.count)
		return PROBLEM_NONE;
	const struct capture_on_the_way_params params = {rows_array(&lots), rows_array(&holders)};
	db_queue(batch->db, &sql_capture_on_the_way, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_capture_on_the_way, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		settle(batch, ((struct item **)items.items)[rows[i].place - 1], rows[i].base);
	return p;
}
