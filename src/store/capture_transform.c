/* SPDX-License-Identifier: Apache-2.0
 * Pack, process, mix, split, slaughter: inputs leave stock, outputs enter it, every input is an edge to every output. */
#include "capture_pack_priv.h"

struct transform {
	struct input_plan *inputs;
	struct output_plan *outputs;
	size_t input_count, output_count;
	struct decimal *input_parts, *output_parts; /* in the common measure of each side */
	struct decimal input_total, output_total;
	enum dimension input_measure, output_measure;
};

static enum problem plan_all(struct batch *batch, struct item *item, struct event_parts *parts,
			     struct transform *t)
{
	enum problem p = PROBLEM_NONE;
	t->input_count = item->line_count;
	t->output_count = item->output_count;
	if (t->input_count * t->output_count > RECORD_MAX_EDGES)
		return refuse(item, PROBLEM_FIELD_RANGE, "maximum", (struct place_in){.member = "outputs"});
	t->inputs = arena_array(batch->arena, struct input_plan, t->input_count);
	t->outputs = arena_array(batch->arena, struct output_plan, t->output_count);
	for (size_t i = 0; !p && i < t->input_count; i++)
		p = input_plan(batch, item, i, parts->acting, &t->inputs[i]);
	for (size_t i = 0; !p && i < t->input_count; i++)
		p = hold_check(batch, item, &t->inputs[i], item->acting);
	for (size_t i = 0; !p && i < t->output_count; i++)
		p = output_plan(batch, item, i, parts->acting, &t->outputs[i]);
	return p ? p : inputs_check_stock(batch, item, t->inputs, t->input_count);
}

static const struct capture_products_row *input_product(struct batch *batch, const struct input_plan *plan)
{
	return map_get(batch->products, MAP_KEY(plan->lot->row.product));
}

/* One measure for all inputs: their dimension when it is the same for all and no package, else their mass. */
static bool measure_inputs(struct batch *batch, struct transform *t, bool by_mass)
{
	enum dimension first = (enum dimension)t->inputs[0].lot->row.dimension;
	bool same = !by_mass;
	for (size_t i = 0; i < t->input_count; i++)
		same = same && (enum dimension)t->inputs[i].lot->row.dimension == first &&
		       (first != DIMENSION_PACKAGE || t->inputs[i].lot == t->inputs[0].lot);
	t->input_measure = same ? first : DIMENSION_MASS;
	t->input_total = (struct decimal){0};
	for (size_t i = 0; i < t->input_count; i++) {
		const struct input_plan *in = &t->inputs[i];
		if (same)
			t->input_parts[i] = in->base;
		else if (!mass_of(batch, input_product(batch, in), &in->quantity,
				  in->has_net ? &in->net : NULL, &t->input_parts[i]))
			return false;
		t->input_total = decimal_add(t->input_total, t->input_parts[i]);
	}
	return true;
}

static bool measure_outputs(struct batch *batch, struct transform *t, bool by_mass)
{
	enum dimension first = unit_find(t->outputs[0].product->unit)->dimension;
	bool same = !by_mass;
	for (size_t i = 0; i < t->output_count; i++)
		same = same && unit_find(t->outputs[i].product->unit)->dimension == first &&
		       (first != DIMENSION_PACKAGE || t->outputs[i].product == t->outputs[0].product);
	t->output_measure = same ? first : DIMENSION_MASS;
	t->output_total = (struct decimal){0};
	for (size_t i = 0; i < t->output_count; i++) {
		const struct output_plan *out = &t->outputs[i];
		if (same)
			t->output_parts[i] = out->base;
		else if (!mass_of(batch, out->product, &out->quantity, out->has_net ? &out->net : NULL,
				  &t->output_parts[i]))
			return false;
		t->output_total = decimal_add(t->output_total, t->output_parts[i]);
	}
	return true;
}

static enum problem measure_all(struct batch *batch, struct item *item, struct transform *t)
{
	t->input_parts = arena_array(batch->arena, struct decimal, t->input_count);
	t->output_parts = arena_array(batch->arena, struct decimal, t->output_count);
	const char *where = !measure_inputs(batch, t, /* by_mass */ false)    ? "/inputs"
			    : !measure_outputs(batch, t, /* by_mass */ false) ? "/outputs"
									      : NULL;
	if (!where)
		return PROBLEM_NONE;
	(void)fault_set(item->job->fault, PROBLEM_UNIT_DIMENSION, "common measure", "%s", where);
	item->job->fault->detail =
		STR("they have no common measure: give net weights or register package sizes");
	return PROBLEM_UNIT_DIMENSION;
}

/* What came out against what went in, where both can be put in one measure. */
static enum problem check_yield(struct batch *batch, struct item *item, struct transform *t,
				struct risk_findings *ret)
{
	struct transform measured = *t;
	measured.input_parts = arena_array(batch->arena, struct decimal, t->input_count);
	measured.output_parts = arena_array(batch->arena, struct decimal, t->output_count);
	bool comparable = t->input_measure == t->output_measure && t->input_measure != DIMENSION_PACKAGE;
	if (!comparable && (!measure_inputs(batch, &measured, /* by_mass */ true) ||
			    !measure_outputs(batch, &measured, true)))
		return PROBLEM_NONE;
	const struct transform *m = comparable ? t : &measured;
	const struct risk_transform facts = {.event = item->job->id,
					     .process = item->job->record->type,
					     .commodity = t->outputs[0].product->commodity,
					     .input = m->input_total,
					     .output = m->output_total,
					     .dimension = m->input_measure};
	bool refuse = false;
	struct str detail = {NULL, 0};
	risk_m01(batch->arena, batch->capture->settings.reference, &facts, ret, &refuse, &detail);
	if (!refuse)
		return PROBLEM_NONE;
	(void)fault_set(item->job->fault, PROBLEM_YIELD_EXCEEDED, "maximum", "/outputs");
	item->job->fault->detail = arena_str(item->job->arena, detail);
	return PROBLEM_YIELD_EXCEEDED;
}

static enum problem check_cycle(struct batch *batch, struct item *item, const struct transform *t)
{
	struct lot_edge *added = arena_array(batch->arena, struct lot_edge, t->input_count * t->output_count);
	size_t count = 0;
	for (size_t k = 0; k < t->output_count; k++) {
		const struct lot_fact *child = t->outputs[k].lot;
		for (size_t i = 0; child && i < t->input_count; i++)
			added[count++] = (struct lot_edge){
				.parent = {t->inputs[i].lot->row.org_id, t->inputs[i].lot->row.lot_id},
				.child = {child->row.org_id, child->row.lot_id}};
	}
	if (!count || !lot_graph_makes_cycle(batch->arena, batch->known_edges.items, batch->known_edges.count,
					     added, count))
		return PROBLEM_NONE;
	return fault_set(item->job->fault, PROBLEM_LINEAGE_CYCLE, "acyclic", "/outputs");
}

static void add_edges(struct batch *batch, struct item *item, const struct transform *t,
		      const struct event_parts *parts)
{
	for (size_t k = 0; k < t->output_count; k++)
		for (size_t i = 0; i < t->input_count; i++) {
			const struct lot_fact *parent = t->inputs[i].lot, *child = parts->output_lots[k];
			struct edge_row *edge = ROW_ADD(batch, edges, struct edge_row);
			*edge = (struct edge_row){.parent = {parent->row.org_id, parent->row.lot_id},
						  .child = {child->row.org_id, child->row.lot_id},
						  .event_org = item->recorder,
						  .event = item->job->id,
						  .input = t->input_parts[i],
						  .input_total = t->input_total,
						  .output = t->outputs[k].base,
						  .output_part = t->output_parts[k],
						  .output_total = t->output_total,
						  .value = t->inputs[i].quantity.value,
						  .unit = str_of(t->inputs[i].quantity.unit->code),
						  .at = item->recorded_us};
			*ROW_ADD(batch, known_edges, struct lot_edge) = (struct lot_edge){
				.parent = edge->parent, .child = edge->child, .event = edge->event};
		}
}

/* The same lot named twice under two spellings is one input. */
static enum problem check_distinct(struct item *item, const struct transform *t)
{
	for (size_t i = 0; i < t->input_count; i++)
		for (size_t k = 0; k < i; k++)
			if (t->inputs[i].lot == t->inputs[k].lot)
				return refuse(item, PROBLEM_FIELD_RANGE, "unique",
					      (struct place_in){t->inputs[i].list, t->inputs[i].index,
								i < item->lot_count ? "lot" : ""});
	for (size_t i = 0; i < t->output_count; i++)
		for (size_t k = 0; k < i; k++)
			if (t->outputs[i].lot && t->outputs[i].lot == t->outputs[k].lot)
				return fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "unique",
						 "/outputs/%zu/lot", i);
	return PROBLEM_NONE;
}

static void apply(struct batch *batch, struct item *item, struct event_parts *parts,
		  const struct transform *t)
{
	const struct capture_sites_row *site = parts->site_count ? parts->sites[0] : NULL;
	parts->input_count = t->input_count;
	parts->output_count = t->output_count;
	parts->inputs = arena_array(batch->arena, struct epcis_thing, t->input_count);
	parts->outputs = arena_array(batch->arena, struct epcis_thing, t->output_count);
	parts->input_lots = arena_array(batch->arena, struct lot_fact *, t->input_count);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, t->output_count);
	for (size_t i = 0; i < t->input_count; i++) {
		const struct input_plan *in = &t->inputs[i];
		in->holding->row.on_hand = decimal_sub(in->holding->row.on_hand, in->base);
		in->holding->dirty = true;
		lot_is_used(batch, item, in->lot, item->acting);
		parts->input_lots[i] = in->lot;
		parts->inputs[i] = thing_of_lot(batch, in->lot, &in->quantity, in->has_net ? &in->net : NULL);
	}
	for (size_t i = 0; i < t->output_count; i++) {
		const struct output_plan *out = &t->outputs[i];
		parts->output_lots[i] =
			output_apply(batch, item, i, parts->acting, site, out, /* own */ false);
		parts->outputs[i] = thing_of_lot(batch, parts->output_lots[i], &out->quantity,
						 out->has_net ? &out->net : NULL);
	}
}

enum problem decide_transform(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct transform t = {0};
	struct risk_findings findings = {0};
	enum problem p = plan_all(batch, item, parts, &t);
	if (!p)
		p = check_distinct(item, &t);
	if (!p)
		p = measure_all(batch, item, &t);
	if (!p)
		p = check_cycle(batch, item, &t);
	if (!p)
		p = check_yield(batch, item, &t, &findings);
	if (p)
		return p;
	apply(batch, item, parts, &t);
	units_consume(batch, item);
	add_edges(batch, item, &t, parts);
	alerts_add(batch, item, &findings, parts->acting->id, t.outputs[0].product->id,
		   parts->site_count ? parts->sites[0]->region : parts->acting->region);
	return event_store(batch, item, parts);
}
