/* SPDX-License-Identifier: Apache-2.0
 * Times that contradict each other: a lot that was sold before it was harvested. Nothing is refused for it, for a clock that
 * was wrong makes the deed no other; whoever sends the record that shows it is told. */
#include "capture_priv.h"

/* Whether the goods must be there for it. A field is treated, looked at and sampled before its harvest, and a hold or a test
 * may be of what is still growing. */
static bool needs_goods(const struct record_kind *kind)
{
	enum record_class class = kind->class;
	bool of_partner = class == RECORD_OBSERVE && (str_equal(str_of(kind->word), STR("aggregate")) ||
						      str_equal(str_of(kind->word), STR("remove")));
	return of_partner || class == RECORD_TRANSFORM || class == RECORD_SHIP || class == RECORD_RECEIVE ||
	       class == RECORD_SELL || class == RECORD_STORE || class == RECORD_DESTROY ||
	       class == RECORD_RETURN || class == RECORD_LOAD || class == RECORD_UNLOAD;
}

/* Of a lot that is known from partners' documents only it may be that nobody has told yet how it came to be. */
static bool is_made(const struct lot_fact *lot)
{
	return lot_is_registered(lot) || !decimal_is_zero(lot->row.total);
}

void times_warn(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	const struct record_kind *kind = item->job->kind;
	bool makes = kind->class == RECORD_TRANSFORM;
	size_t count = makes ? parts->input_count : parts->output_count;
	struct lot_fact **lots = makes ? parts->input_lots : parts->output_lots;
	for (size_t i = 0; needs_goods(kind) && i < count; i++)
		if (is_made(lots[i]) && item->time.at_us < lots[i]->row.event_time)
			item_warn(batch, item, WARNING_TIME_ORDER, STR(""));
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
			if (is_of(&others[i], lot) && !others[i].made && kind && needs_goods(kind) &&
			    others[i].first_at < made_us)
				item_warn(batch, replacement, WARNING_TIME_ORDER, STR(""));
		}
	}
}
