/* SPDX-License-Identifier: Apache-2.0
 * The steps of a trail: what was done to its lots on the way to the target, oldest first. */
#include "trail_priv.h"

#include <stdlib.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/core/lot_graph.h"

enum { SALES_TOLD = 50 };

static bool has_uuid(const struct trail_list *list, struct uuid id)
{
	const struct uuid *items = list->items;
	for (size_t i = 0; i < list->count; i++)
		if (uuid_equal(items[i], id))
			return true;
	return false;
}

static const struct trail_events_row *event_of(const struct trail_facts *facts, struct uuid id)
{
	const struct trail_fact *fact = map_get(facts->events, MAP_KEY(id));
	return fact ? fact->row : NULL;
}

static bool event_is_declared(const struct trail_facts *facts, struct uuid id)
{
	const struct trail_fact *fact = map_get(facts->events, MAP_KEY(id));
	return fact && fact->declared;
}

/* Who used each lot in what became the target. */
static void find_users(const struct trail_facts *facts)
{
	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct trail_edges_row *edge = &facts->edges[i];
		struct trail_node *parent = trail_node_of(facts, edge->parent);
		const struct trail_events_row *event = event_of(facts, edge->event);
		if (parent && event && trail_leads_here(facts, edge) &&
		    trail_stands(facts, edge->recorded_at, edge->declared_at) &&
		    !has_uuid(&parent->takers, event->party))
			*LIST_ADD(facts->arena, &parent->takers, struct uuid) = event->party;
	}
}

/* And by whom it came to them: whoever shipped to somebody on the way is on the way. */
static void find_senders(const struct trail_facts *facts, struct trail_node *node)
{
	const struct trail_links_row *const *links = node->links.items;
	for (bool grew = true; grew;) {
		grew = false;
		for (size_t i = 0; i < node->links.count; i++) {
			const struct trail_events_row *event = event_of(facts, links[i]->event);
			const struct record_kind *kind = event ? event_kind_find(event->type) : NULL;
			if (!kind || !record_sends(kind) || event_is_declared(facts, links[i]->event) ||
			    !has_uuid(&node->takers, event->to_party) ||
			    has_uuid(&node->takers, event->party))
				continue;
			*LIST_ADD(facts->arena, &node->takers, struct uuid) = event->party;
			grew = true;
		}
	}
}

/* A lot's other customers are no part of this trail. */
static bool on_the_way(const struct trail_facts *facts, const struct trail_node *node,
		       const struct trail_events_row *event, enum record_class class)
{
	if (node == facts->target)
		return true;
	if (class == RECORD_SHIP || class == RECORD_RETURN)
		return has_uuid(&node->takers, event->to_party);
	if (class == RECORD_RECEIVE || class == RECORD_STORE || class == RECORD_LOAD ||
	    class == RECORD_UNLOAD)
		return has_uuid(&node->takers, event->party);
	return class != RECORD_SELL;
}

static struct trail_flow flow_of(const struct trail_facts *facts, const struct trail_node *node,
				 struct str value, struct str unit)
{
	struct trail_flow flow = {
		.lot = lot_id_print(facts->arena, (struct lot_id){node->row->org_id, node->row->lot_id}),
		.lot_number = node->row->number,
		.product = trail_product_make(facts, node->row),
	};
	if (facts->ask->quantities && value.at)
		flow.quantity = trail_quantity_make(facts->arena, value, unit);
	return flow;
}

static const struct trail_links_row *link_of(const struct trail_fact *fact, struct uuid lot)
{
	const struct trail_links_row *const *links = fact->links.items;
	for (size_t i = 0; i < fact->links.count; i++)
		if (uuid_equal(links[i]->lot_id, lot))
			return links[i];
	return NULL;
}

/* The largest first, as with origins; the database gives them in any order. */
static int by_input(const void *a, const void *b)
{
	const struct trail_edges_row *x = *(const struct trail_edges_row *const *)a,
				     *y = *(const struct trail_edges_row *const *)b;
	int order = decimal_compare(y->input, x->input);
	return order ? order : memcmp(x->parent.octets, y->parent.octets, sizeof x->parent.octets);
}

/* Every input of the event stands once in each output's edges. */
static struct list inputs_of(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct trail_edges_row **edges =
		arena_array(facts->arena, const struct trail_edges_row *, fact->edges.count);
	struct trail_flow *flows = arena_array(facts->arena, struct trail_flow, fact->edges.count);
	struct str *exact = arena_array(facts->arena, struct str, fact->edges.count);
	struct str *shares = arena_array(facts->arena, struct str, fact->edges.count);
	struct map *seen = map_create(facts->arena, fact->edges.count);
	size_t count = 0;
	if (fact->edges.count) {
		memcpy(edges, fact->edges.items, fact->edges.count * sizeof *edges);
		qsort(edges, fact->edges.count, sizeof *edges, by_input);
	}
	for (size_t i = 0; i < fact->edges.count; i++) {
		const struct trail_node *parent = map_get(facts->nodes, MAP_KEY(edges[i]->parent));
		if (!parent || map_get(seen, MAP_KEY(parent->row->lot_id)))
			continue;
		map_set(seen, MAP_KEY(parent->row->lot_id), &flows[count]);
		exact[count] = fraction_of(facts->arena, edges[i]->input, edges[i]->input_total);
		flows[count++] = flow_of(facts, parent, edges[i]->value, edges[i]->unit);
	}
	fractions_round(facts->arena, exact, count, shares);
	for (size_t i = 0; i < count; i++)
		flows[i].share = shares[i];
	return (struct list){flows, count};
}

/* Of a transformation the lots of this trail that came out of it; of anything else the lots concerned. */
static struct list outputs_of(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct trail_edges_row *const *edges = fact->edges.items;
	const struct trail_links_row *const *links = fact->links.items;
	struct trail_flow *flows =
		arena_array(facts->arena, struct trail_flow, fact->edges.count + fact->links.count);
	struct map *seen = map_create(facts->arena, 16);
	size_t count = 0;
	for (size_t i = 0; i < fact->edges.count + fact->links.count; i++) {
		struct uuid lot =
			i < fact->edges.count ? edges[i]->child : links[i - fact->edges.count]->lot_id;
		const struct trail_node *node = trail_node_of(facts, lot);
		if (!node || map_get(seen, MAP_KEY(node->row->lot_id)))
			continue;
		const struct trail_links_row *link = link_of(fact, lot);
		map_set(seen, MAP_KEY(node->row->lot_id), &flows[count]);
		flows[count++] = flow_of(facts, node, link ? link->value : (struct str){NULL, 0},
					 link ? link->unit : (struct str){NULL, 0});
	}
	return (struct list){flows, count};
}

static struct trail_input_use *used_in(const struct trail_facts *facts, const struct trail_events_row *row)
{
	if (!row->input_product.at && !row->input_active.count)
		return NULL;
	struct trail_input_use *used = arena_new(facts->arena, struct trail_input_use);
	*used = (struct trail_input_use){
		row->input_product,
		{(struct str *)(uintptr_t)row->input_active.items, row->input_active.count}};
	return used;
}

static struct trail_quarantine *quarantine_in(const struct trail_facts *facts,
					      const struct trail_events_row *row)
{
	if (!row->quarantine.at)
		return NULL;
	struct trail_quarantine *paper = arena_new(facts->arena, struct trail_quarantine);
	*paper = (struct trail_quarantine){STR("animal_quarantine"), row->quarantine};
	return paper;
}

static struct trail_proof *proof_of(const struct trail_facts *facts, const struct trail_events_row *row)
{
	struct trail_proof *proof = arena_new(facts->arena, struct trail_proof);
	*proof = (struct trail_proof){base64_encode(facts->arena, row->statement_sha256),
				      arena_printf(facts->arena, "/v1/events/%.*s/proof",
						   STR_ARGS(uuid_print(facts->arena, row->id)))};
	return proof;
}

static struct trail_correction *correction_of(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct trail_events_row *row = fact->row;
	if (!fact->declared)
		return NULL;
	struct trail_correction *correction = arena_new(facts->arena, struct trail_correction);
	*correction =
		(struct trail_correction){.reason = row->reason,
					  .recorded_at = utc_print(facts->arena, row->declared_at.value),
					  .party = trail_party_make(facts, row->declared_by)};
	if (row->replaced_at.known && row->replaced_at.value <= facts->ask->as_of_us)
		correction->replacement = uuid_print(facts->arena, row->replacement);
	return correction;
}

static struct list endorsements_of(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct trail_endorsements_row *const *rows = fact->endorsements.items;
	struct trail_endorsement *told =
		arena_array(facts->arena, struct trail_endorsement, fact->endorsements.count);
	for (size_t i = 0; i < fact->endorsements.count; i++) {
		told[i] = (struct trail_endorsement){.party = trail_party_make(facts, rows[i]->party),
						     .at = utc_print(facts->arena, rows[i]->at)};
		if (rows[i]->withdrawn_at.known)
			told[i].withdrawn_at = utc_print(facts->arena, rows[i]->withdrawn_at.value);
	}
	return (struct list){told, fact->endorsements.count};
}

static bool is_endorsed(const struct trail_fact *fact)
{
	const struct trail_endorsements_row *const *rows = fact->endorsements.items;
	for (size_t i = 0; i < fact->endorsements.count && !fact->declared; i++)
		if (!rows[i]->withdrawn_at.known)
			return true;
	return false;
}

/* What was known of it at another time than now is not told: an answer about then stays the same. */
static struct trail_bounds *bounds_of(const struct trail_facts *facts, const struct trail_events_row *row)
{
	if (facts->ask->as_of_us != TRAIL_NOW || (!row->seen_at.known && !row->headed_at.known))
		return NULL;
	struct trail_bounds *bounds = arena_new(facts->arena, struct trail_bounds);
	if (row->seen_at.known)
		bounds->after = utc_print(facts->arena, row->seen_at.value);
	if (row->headed_at.known)
		bounds->before = utc_print(facts->arena, row->headed_at.value);
	return bounds;
}

static struct str entry_mode_of(const struct trail_events_row *row)
{
	if (row->flags & EVENT_FROM_PAPER)
		return STR("paper");
	return row->flags & EVENT_IMPORTED ? STR("import") : (struct str){NULL, 0};
}

static struct trail_step step_of(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct trail_events_row *row = fact->row;
	struct trail_places places = trail_places_of(facts, row->region);
	return (struct trail_step){
		.event = uuid_print(facts->arena, row->id),
		.type = row->type,
		.time = {row->event_time, (int16_t)row->offset_min},
		.recorded_at = utc_print(facts->arena, row->recorded_at),
		.recorded_between = bounds_of(facts, row),
		.entry_mode = entry_mode_of(row),
		/* a partner's event does not say who acted, only who tells */
		.party = row->flags & EVENT_OF_PARTNER ? NULL : trail_party_make(facts, row->party),
		.recorded_by = trail_party_make(facts, row->org_id),
		.place = uuid_is_nil(row->site) ? trail_place_told(facts, row->place)
						: trail_place_make(facts, row->site),
		.district = places.district,
		.township = places.township,
		.inputs = inputs_of(facts, fact),
		.outputs = outputs_of(facts, fact),
		.to = trail_party_make(facts, row->to_party),
		.used = used_in(facts, row),
		.quarantine = quarantine_in(facts, row),
		.corrected =
			fact->declared ? uuid_print(facts->arena, row->declaration) : (struct str){NULL, 0},
		.correction = correction_of(facts, fact),
		.corrects = row->corrects_at.known && row->corrects_at.value <= facts->ask->as_of_us
				    ? uuid_print(facts->arena, row->corrects)
				    : (struct str){NULL, 0},
		.endorsements = endorsements_of(facts, fact),
		.proof = proof_of(facts, row),
	};
}

static int by_time(const void *a, const void *b)
{
	const struct trail_events_row *x = (*(const struct trail_fact *const *)a)->row,
				      *y = (*(const struct trail_fact *const *)b)->row;
	if (x->event_time != y->event_time)
		return x->event_time < y->event_time ? -1 : 1;
	return (x->recorded_at > y->recorded_at) - (x->recorded_at < y->recorded_at);
}

static bool belongs(const struct trail_facts *facts, const struct trail_fact *fact)
{
	const struct record_kind *kind = fact->row ? event_kind_find(fact->row->type) : NULL;
	const struct trail_links_row *const *links = fact->links.items;
	if (!kind || kind->class == RECORD_CORRECT) /* told at the step that it corrects */
		return false;
	if (fact->at_site || fact->edges.count)
		return true;
	for (size_t i = 0; i < fact->links.count; i++)
		if (on_the_way(facts, trail_node_of(facts, links[i]->lot_id), fact->row, kind->class))
			return true;
	return false;
}

/* A lot may be sold in thousands of pieces: the newest sales tell enough. */
static size_t without_older_sales(const struct trail_fact **facts, size_t count)
{
	size_t sales = 0, kept = count;
	for (size_t i = count; i-- > 0;)
		if (!str_equal(facts[i]->row->type, STR("sell")) || ++sales <= SALES_TOLD)
			facts[--kept] = facts[i];
	for (size_t i = kept; i < count; i++)
		facts[i - kept] = facts[i];
	return count - kept;
}

void trail_tell_steps(const struct trail_facts *facts, struct trail_made *made)
{
	const struct trail_fact **told =
		arena_array(facts->arena, const struct trail_fact *, map_count(facts->events));
	size_t count = 0;
	find_users(facts);
	for (size_t i = 0; i < map_count(facts->nodes); i++)
		if (((struct trail_node *)map_at(facts->nodes, i))->reached)
			find_senders(facts, map_at(facts->nodes, i));
	for (size_t i = 0; i < map_count(facts->events); i++) {
		const struct trail_fact *fact = map_at(facts->events, i);
		if (belongs(facts, fact))
			told[count++] = fact;
	}
	if (count)
		qsort(told, count, sizeof *told, by_time);
	count = without_older_sales(told, count);
	struct trail_step *steps = arena_array(facts->arena, struct trail_step, count);
	struct uuid *orgs = arena_array(facts->arena, struct uuid, count);
	struct uuid *events = arena_array(facts->arena, struct uuid, count);
	for (size_t i = 0; i < count; i++) {
		steps[i] = step_of(facts, told[i]);
		made->trail.endorsed_steps += is_endorsed(told[i]);
		orgs[i] = told[i]->row->org_id;
		events[i] = told[i]->row->id;
		made->is_ahead |= !told[i]->row->headed_at.known;
	}
	made->trail.steps = (struct list){steps, count};
	made->event_orgs = orgs;
	made->events = events;
	made->event_count = count;
}
