/* SPDX-License-Identifier: Apache-2.0
 * Records that change no stock: store, cool, inspect, sample, certify. */
#include "capture_priv.h"

static struct epcis_thing thing_of_plan(struct batch *batch, const struct input_plan *plan)
{
	return thing_of_lot(batch, plan->lot, plan->has_quantity ? &plan->quantity : NULL,
			    plan->has_net ? &plan->net : NULL);
}

static void room_for_lots(struct batch *batch, const struct item *item, struct event_parts *parts)
{
	parts->output_count = item->line_count;
	parts->outputs = arena_array(batch->arena, struct epcis_thing, item->line_count);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, item->line_count);
}

/* The same lot under two spellings is one lot. */
static enum problem check_distinct(struct item *item, const struct event_parts *parts)
{
	for (size_t i = 0; i < item->lot_count; i++)
		for (size_t k = 0; k < i; k++)
			if (parts->output_lots[i] == parts->output_lots[k])
				return fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "unique",
						 "/lots/%zu/lot", i);
	return PROBLEM_NONE;
}

enum problem look_parts(struct batch *batch, struct item *item, struct event_parts *parts)
{
	room_for_lots(batch, item, parts);
	for (size_t i = 0; i < item->line_count; i++) {
		struct input_plan plan;
		enum problem p = look_plan(batch, item, i, parts->acting, &plan);
		if (p)
			return p;
		parts->output_lots[i] = plan.lot;
		parts->outputs[i] = thing_of_plan(batch, &plan);
	}
	return check_distinct(item, parts);
}

enum problem decide_look(struct batch *batch, struct item *item, struct event_parts *parts)
{
	enum problem p = look_parts(batch, item, parts);
	if (!p && takes_sample(item))
		p = sample_file(batch, item);
	return p ? p : event_store(batch, item, parts);
}

/* No stock is asked for: a store's log may arrive after the goods have left again. */
enum problem decide_store(struct batch *batch, struct item *item, struct event_parts *parts)
{
	room_for_lots(batch, item, parts);
	for (size_t i = 0; i < item->line_count; i++) {
		struct input_plan plan;
		enum problem p = input_plan(batch, item, i, parts->acting, &plan);
		if (p)
			return p;
		parts->output_lots[i] = plan.lot;
		parts->outputs[i] = thing_of_plan(batch, &plan);
	}
	enum problem p = check_distinct(item, parts);
	return p ? p : event_store(batch, item, parts);
}
