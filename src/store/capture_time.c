/* SPDX-License-Identifier: Apache-2.0
 * Times that contradict each other: a lot that was sold before it was harvested. Nothing is refused for it, for a clock that
 * was wrong makes the deed no other; whoever sends the record that shows it is told. */
#include "capture_priv.h"

static const char time_order[] = "time-order";

/* Whether the goods must be there for it. A field is treated, looked at and sampled before its harvest, and a hold or a test
 * may be of what is still growing. */
static bool needs_goods(enum record_class class)
{
	return class == RECORD_TRANSFORM || class == RECORD_SHIP || class == RECORD_RECEIVE ||
	       class == RECORD_SELL || class == RECORD_STORE || class == RECORD_DESTROY ||
	       class == RECORD_RETURN || class == RECORD_LOAD || class == RECORD_UNLOAD;
}

void times_warn(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	enum record_class class = item->job->kind->class;
	bool makes = class == RECORD_TRANSFORM;
	size_t count = makes ? parts->input_count : parts->output_count;
	struct lot_fact **lots = makes ? parts->input_lots : parts->output_lots;
	for (size_t i = 0; needs_goods(class) && i < count; i++)
		if (item->time.at_us < lots[i]->row.event_time)
			item_warn(batch, item, time_order);
}

static bool is_of(const struct correction_others_row *row, const struct lot_fact *lot)
{
	return uuid_equal(row->lot_id, lot->row.lot_id);
}

void times_warn_corrected(struct batch *batch, struct item *item)
{
	struct item *replacement = item->replacement;
	const struct correction_others_row *others = item->target->others.items;
	const size_t count = item->target->others.count;
	for (size_t k = 0; replacement && k < replacement->output_fact_count; k++) {
		const struct lot_fact *lot = replacement->output_facts[k];
		usec_t made_us = replacement->time.at_us;
		for (size_t i = 0; i < count; i++)
			if (is_of(&others[i], lot) && others[i].made && others[i].first_at < made_us)
				made_us = others[i].first_at;
		for (size_t i = 0; i < count; i++) {
			const struct record_kind *kind = event_kind_find(others[i].type);
			if (is_of(&others[i], lot) && !others[i].made && kind && needs_goods(kind->class) &&
			    others[i].first_at < made_us)
				item_warn(batch, replacement, time_order);
		}
	}
}
