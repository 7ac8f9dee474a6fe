/* SPDX-License-Identifier: Apache-2.0
 * Reads everything a trail is told from, in a few round trips whose number does not depend on its size. */
#include "trail_priv.h"

#include <stdlib.h>
#include <string.h>

#include "ft/core/thing_name.h"
#include "ft/core/transformation.h"

enum { EDGES_PER_LOT = 50, EVENTS_PER_LOT = 500, STEPS_PER_SITE = 200, TESTS_PER_LOT = 50 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC;

void *trail_list_add(struct arena *arena, struct trail_list *list, size_t size)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 4;
		void *items = arena_alloc_array(arena, room, size);
		if (list->count)
			memcpy(items, list->items, list->count * size);
		list->items = items;
		list->room = room;
	}
	return (char *)list->items + list->count++ * size;
}

bool trail_stands(const struct trail_facts *facts, usec_t recorded_at, struct sql_nullable_int declared_at)
{
	usec_t as_of = facts->ask->as_of_us;
	return recorded_at <= as_of && (!declared_at.known || declared_at.value > as_of);
}

struct trail_node *trail_node_of(const struct trail_facts *facts, struct uuid lot)
{
	struct trail_node *node = map_get(facts->nodes, MAP_KEY(lot));
	return node && node->reached ? node : NULL;
}

bool trail_leads_here(const struct trail_facts *facts, const struct trail_edges_row *edge)
{
	const struct trail_meeting *meeting = map_get(facts->meetings, MAP_KEY(edge->child));
	return meeting ? meeting->reached : trail_node_of(facts, edge->child) != NULL;
}

/* Parameters as columns of ids that no name is asked for twice. */
struct id_set {
	struct map *seen;
	struct trail_list ids;
};

static void set_add(struct trail_facts *facts, struct id_set *set, struct uuid id)
{
	if (uuid_is_nil(id))
		return;
	if (!set->seen)
		set->seen = map_create(facts->arena, 16);
	if (map_get(set->seen, MAP_KEY(id)))
		return;
	struct uuid *kept = arena_new(facts->arena, struct uuid);
	*kept = id;
	map_set(set->seen, MAP_KEY(*kept), kept);
	*LIST_ADD(facts->arena, &set->ids, struct uuid) = id;
}

static struct sql_array array_of(const struct trail_list *list)
{
	return (struct sql_array){list->items, list->count};
}

#define TAKE(facts, statement, rows, count) \
	db_take_many((facts)->db, (facts)->arena, &sql_##statement, (void **)&(facts)->rows, &(facts)->count)

/* The walk gives them in any order, and a trail says the same every time. */
static int by_id(const void *a, const void *b)
{
	const struct lot_upstream_row *x = a, *y = b;
	int order = memcmp(x->org_id.octets, y->org_id.octets, sizeof x->org_id.octets);
	return order ? order : memcmp(x->lot_id.octets, y->lot_id.octets, sizeof x->lot_id.octets);
}

static enum problem load_upstream(struct trail_facts *facts)
{
	const struct trail_ask *ask = facts->ask;
	struct lot_upstream_row *rows;
	const struct lot_upstream_params params = {ask->lot.org, ask->lot.lot, ask->as_of_us,
						   (int64_t)ask->max_lots + 1};
	db_queue(facts->db, &sql_lot_upstream, &params);
	enum problem p = db_flush(facts->db);
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_lot_upstream, (void **)&rows,
				 &facts->upstream_count);
	if (p)
		return p;
	if (facts->upstream_count)
		qsort(rows, facts->upstream_count, sizeof *rows, by_id);
	facts->upstream = rows;
	return facts->upstream_count > ask->max_lots ? PROBLEM_GRAPH_TOO_LARGE : PROBLEM_NONE;
}

static void meeting_add(struct trail_facts *facts, const struct lot_upstream_row *row)
{
	struct trail_meeting *meeting = arena_new(facts->arena, struct trail_meeting);
	meeting->node = (struct lot_id){row->org_id, row->lot_id};
	map_set(facts->meetings, MAP_KEY(meeting->node.lot), meeting);
}

/* Lots, with their versions, come first: what is committed while the rest is read makes the trail newer than it says. */
static enum problem load_lots(struct trail_facts *facts)
{
	struct trail_list orgs = {0}, ids = {0}, children = {0};
	for (size_t i = 0; i < facts->upstream_count; i++) {
		const struct lot_upstream_row *row = &facts->upstream[i];
		*LIST_ADD(facts->arena, &children, struct uuid) = row->lot_id;
		if (is_transformation_node(row->lot_id)) {
			meeting_add(facts, row);
			continue;
		}
		*LIST_ADD(facts->arena, &orgs, struct uuid) = row->org_id;
		*LIST_ADD(facts->arena, &ids, struct uuid) = row->lot_id;
	}
	int64_t max_edges = (int64_t)facts->ask->max_lots * EDGES_PER_LOT;
	db_queue(facts->db, &sql_trail_lots, &(struct trail_lots_params){array_of(&orgs), array_of(&ids)});
	db_queue(facts->db, &sql_trail_edges,
		 &(struct trail_edges_params){array_of(&children), facts->ask->as_of_us, max_edges + 1});
	db_queue(facts->db, &sql_trail_links,
		 &(struct trail_links_params){array_of(&orgs), array_of(&ids), facts->ask->as_of_us,
					      EVENTS_PER_LOT});
	db_queue(facts->db, &sql_trail_harvests, &(struct trail_harvests_params){array_of(&ids)});
	enum problem p = db_flush(facts->db);
	if (!p)
		p = TAKE(facts, trail_lots, lots, lot_count);
	if (!p)
		p = TAKE(facts, trail_edges, edges, edge_count);
	if (!p)
		p = TAKE(facts, trail_links, links, link_count);
	if (!p)
		p = TAKE(facts, trail_harvests, harvests, harvest_count);
	return !p && facts->edge_count > (size_t)max_edges ? PROBLEM_GRAPH_TOO_LARGE : p;
}

/* A record that no longer stands may name lots that are no part of the trail: only their names are told. */
static enum problem load_mentioned(struct trail_facts *facts)
{
	struct trail_list orgs = {0}, ids = {0};
	struct trail_lots_row *rows;
	size_t count;
	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct trail_edges_row *edge = &facts->edges[i];
		if (!trail_leads_here(facts, edge) || is_transformation_node(edge->parent) ||
		    map_get(facts->nodes, MAP_KEY(edge->parent)))
			continue;
		*LIST_ADD(facts->arena, &orgs, struct uuid) = edge->parent_org;
		*LIST_ADD(facts->arena, &ids, struct uuid) = edge->parent;
	}
	if (!ids.count)
		return PROBLEM_NONE;
	db_queue(facts->db, &sql_trail_lots, &(struct trail_lots_params){array_of(&orgs), array_of(&ids)});
	enum problem p = db_flush(facts->db);
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_trail_lots, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct trail_node *node = arena_new(facts->arena, struct trail_node);
		node->row = &rows[i];
		map_set(facts->nodes, MAP_KEY(node->row->lot_id), node);
	}
	return p;
}

/* From the target along the edges that were known at the time asked for. */
static void reach_up(struct trail_facts *facts)
{
	struct trail_list stack = {0}; /* const struct trail_list *: ways up that are still to be gone */
	*LIST_ADD(facts->arena, &stack, const struct trail_list *) = &facts->target->up;
	facts->target->reached = true;
	while (stack.count) {
		const struct trail_list *ways = ((const struct trail_list **)stack.items)[--stack.count];
		const struct trail_edges_row *const *up = ways->items;
		for (size_t i = 0; i < ways->count; i++) {
			struct trail_node *parent = map_get(facts->nodes, MAP_KEY(up[i]->parent));
			struct trail_meeting *meeting = map_get(facts->meetings, MAP_KEY(up[i]->parent));
			bool *reached = parent ? &parent->reached : meeting ? &meeting->reached : NULL;
			if (!reached || *reached)
				continue;
			*reached = true;
			*LIST_ADD(facts->arena, &stack, const struct trail_list *) =
				parent ? &parent->up : &meeting->up;
		}
	}
}

static struct trail_fact *fact_of(struct trail_facts *facts, struct uuid org, struct uuid event)
{
	struct trail_fact *fact = map_get(facts->events, MAP_KEY(event));
	if (!fact) {
		fact = arena_new(facts->arena, struct trail_fact);
		fact->org = org;
		fact->id = event;
		map_set(facts->events, MAP_KEY(fact->id), fact);
	}
	return fact;
}

/* false: an edge was added meanwhile whose parent was not among the lots. */
static bool link_graph(struct trail_facts *facts)
{
	for (size_t i = 0; i < facts->lot_count; i++) {
		struct trail_node *node = arena_new(facts->arena, struct trail_node);
		node->row = &facts->lots[i];
		node->own = facts->lots[i].own;
		node->flags = facts->ask->as_of_us == TRAIL_NOW ? facts->lots[i].flags : 0;
		map_set(facts->nodes, MAP_KEY(node->row->lot_id), node);
	}
	facts->target = map_get(facts->nodes, MAP_KEY(facts->ask->lot.lot));
	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct trail_edges_row *edge = &facts->edges[i];
		struct trail_node *child = map_get(facts->nodes, MAP_KEY(edge->child));
		struct trail_meeting *meeting = map_get(facts->meetings, MAP_KEY(edge->child));
		if (!trail_stands(facts, edge->recorded_at, edge->declared_at) || (!child && !meeting))
			continue;
		if (!map_get(facts->nodes, MAP_KEY(edge->parent)) &&
		    (meeting || !map_get(facts->meetings, MAP_KEY(edge->parent))))
			return false;
		*LIST_ADD(facts->arena, child ? &child->up : &meeting->up, const struct trail_edges_row *) =
			edge;
	}
	if (facts->target)
		reach_up(facts);
	return true;
}

static void link_events(struct trail_facts *facts)
{
	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct trail_edges_row *edge = &facts->edges[i];
		if (trail_leads_here(facts, edge))
			*LIST_ADD(facts->arena, &fact_of(facts, edge->event_org, edge->event)->edges,
				  const struct trail_edges_row *) = edge;
	}
	for (size_t i = 0; i < facts->link_count; i++) {
		const struct trail_links_row *link = &facts->links[i];
		struct trail_node *node = trail_node_of(facts, link->lot_id);
		if (!node)
			continue;
		*LIST_ADD(facts->arena, &node->links, const struct trail_links_row *) = link;
		*LIST_ADD(facts->arena, &fact_of(facts, link->event_org, link->event)->links,
			  const struct trail_links_row *) = link;
	}
}

static void link_harvests(struct trail_facts *facts)
{
	for (size_t i = 0; i < facts->harvest_count; i++) {
		const struct trail_harvests_row *harvest = &facts->harvests[i];
		struct trail_node *node = trail_node_of(facts, harvest->lot_id);
		if (node && trail_stands(facts, harvest->recorded_at, harvest->declared_at))
			*LIST_ADD(facts->arena, &node->harvests, const struct trail_harvests_row *) = harvest;
	}
}

/* What was done to the animals that a slaughter of the trail is of. false: lots were not made of lots. */
static bool queue_herd_steps(struct trail_facts *facts)
{
	struct id_set events = {0};
	for (size_t i = 0; i < facts->edge_count; i++)
		if (trail_leads_here(facts, &facts->edges[i]))
			set_add(facts, &events, facts->edges[i].event);
	const struct herd_told_params params = {array_of(&events.ids), facts->ask->as_of_us};
	if (events.ids.count)
		db_queue(facts->db, &sql_herd_told, &params);
	return events.ids.count > 0;
}

static enum problem take_herd_steps(struct trail_facts *facts)
{
	struct herd_told_row *told;
	size_t count;
	enum problem p = db_take_many(facts->db, facts->arena, &sql_herd_told, (void **)&told, &count);
	for (size_t i = 0; !p && i < count; i++)
		fact_of(facts, told[i].event_org, told[i].event)->at_site = true;
	return p;
}

static enum problem load_site_steps(struct trail_facts *facts)
{
	struct trail_list orgs = {0}, sites = {0}, since = {0}, until = {0};
	struct trail_site_steps_row *steps;
	size_t count;
	for (size_t i = 0; i < facts->harvest_count; i++) {
		const struct trail_harvests_row *harvest = &facts->harvests[i];
		if (!trail_stands(facts, harvest->recorded_at, harvest->declared_at) ||
		    !trail_node_of(facts, harvest->lot_id))
			continue;
		*LIST_ADD(facts->arena, &orgs, struct uuid) = harvest->org_id;
		*LIST_ADD(facts->arena, &sites, struct uuid) = harvest->site;
		*LIST_ADD(facts->arena, &since, usec_t) = harvest->event_time - UPSTREAM_DAYS * DAY_US;
		*LIST_ADD(facts->arena, &until, usec_t) = harvest->event_time;
	}
	const struct trail_site_steps_params params = {array_of(&orgs),      array_of(&sites),
						       array_of(&since),     array_of(&until),
						       facts->ask->as_of_us, STEPS_PER_SITE};
	if (sites.count)
		db_queue(facts->db, &sql_trail_site_steps, &params);
	bool herds = queue_herd_steps(facts);
	enum problem p = sites.count || herds ? db_flush(facts->db) : PROBLEM_NONE;
	if (!p && sites.count)
		p = db_take_many(facts->db, facts->arena, &sql_trail_site_steps, (void **)&steps, &count);
	for (size_t i = 0; !p && sites.count && i < count; i++)
		fact_of(facts, steps[i].event_org, steps[i].event)->at_site = true;
	return p || !herds ? p : take_herd_steps(facts);
}

/* Rows and the map that finds them by their first member, an id. */
static enum problem take_by_id(struct trail_facts *facts, const struct sql_statement *s, size_t id_offset,
			       struct map **ret)
{
	char *rows;
	size_t count;
	enum problem p = db_take_many(facts->db, facts->arena, s, (void **)&rows, &count);
	if (p)
		return p;
	struct map *map = map_create(facts->arena, count);
	for (size_t i = 0; i < count; i++) {
		char *row = rows + i * s->row_size;
		map_set(map, (struct bytes){(const uint8_t *)row + id_offset, sizeof(struct uuid)}, row);
	}
	*ret = map;
	return PROBLEM_NONE;
}

/* When and where it came into being, as was known then. */
static void take_beginning(struct trail_lots_row *lot, const struct trail_beginnings_row *told)
{
	lot->expires_day.value += told->day - lot->produced_day;
	lot->produced_day = told->day;
	lot->offset_min = told->offset_min;
	lot->site = told->site;
	lot->region = told->region;
	lot->place = told->place;
}

/* How much came into being by the records known then: the lot's row knows today's only. */
static void made_as_of(struct trail_facts *facts, struct trail_lots_row *lot)
{
	struct trail_node *node = map_get(facts->nodes, MAP_KEY(lot->lot_id));
	const struct trail_links_row *const *links = node->links.items;
	node->own = lot->total = decimal_of(0);
	for (size_t i = 0; i < node->links.count; i++) {
		const struct trail_fact *fact = map_get(facts->events, MAP_KEY(links[i]->event));
		const struct record_kind *kind = fact->row ? event_kind_find(fact->row->type) : NULL;
		if (!kind || !str_equal(links[i]->role, STR("output")) || !links[i]->base.known ||
		    !trail_stands(facts, links[i]->recorded_at, links[i]->declared_at))
			continue;
		lot->total = decimal_add(lot->total, links[i]->base.value);
		if (kind->class == RECORD_CREATE)
			node->own = decimal_add(node->own, links[i]->base.value);
	}
}

/* What stood then, and when and where the lots were said to be from: their rows know today's. */
static enum problem load_states(struct trail_facts *facts)
{
	struct trail_list orgs = {0}, ids = {0};
	struct trail_lot_states_row *states;
	struct trail_beginnings_row *told;
	size_t count;
	if (facts->ask->as_of_us == TRAIL_NOW)
		return PROBLEM_NONE;
	for (size_t i = 0; i < facts->lot_count; i++) {
		*LIST_ADD(facts->arena, &orgs, struct uuid) = facts->lots[i].org_id;
		*LIST_ADD(facts->arena, &ids, struct uuid) = facts->lots[i].lot_id;
	}
	const struct trail_lot_states_params params = {array_of(&orgs), array_of(&ids), facts->ask->as_of_us};
	db_queue(facts->db, &sql_trail_lot_states, &params);
	db_queue(facts->db, &sql_trail_beginnings,
		 &(struct trail_beginnings_params){params.orgs, params.ids, params.as_of});
	enum problem p = db_flush(facts->db);
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_trail_lot_states, (void **)&states, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct trail_node *node = map_get(facts->nodes, MAP_KEY(states[i].lot_id));
		node->flags |= states[i].flag;
	}
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_trail_beginnings, (void **)&told, &count);
	for (size_t i = 0; !p && i < count; i++)
		take_beginning(&facts->lots[told[i].n - 1], &told[i]);
	return p;
}

static enum problem load_events(struct trail_facts *facts)
{
	struct trail_list orgs = {0}, ids = {0}, lot_orgs = {0}, lots = {0};
	struct id_set holders = {0};
	struct trail_endorsements_row *endorsements;
	size_t endorsement_count;
	struct map *rows;
	for (size_t i = 0; i < map_count(facts->events); i++) {
		const struct trail_fact *fact = map_at(facts->events, i);
		*LIST_ADD(facts->arena, &orgs, struct uuid) = fact->org;
		*LIST_ADD(facts->arena, &ids, struct uuid) = fact->id;
	}
	for (size_t i = 0; i < facts->lot_count; i++) {
		set_add(facts, &holders, facts->lots[i].org_id);
		*LIST_ADD(facts->arena, &lot_orgs, struct uuid) = facts->lots[i].org_id;
		*LIST_ADD(facts->arena, &lots, struct uuid) = facts->lots[i].lot_id;
	}
	db_queue(facts->db, &sql_trail_events,
		 &(struct trail_events_params){array_of(&orgs), array_of(&ids)});
	db_queue(facts->db, &sql_trail_certificates,
		 &(struct trail_certificates_params){array_of(&holders.ids), facts->ask->as_of_us});
	db_queue(facts->db, &sql_trail_tests,
		 &(struct trail_tests_params){array_of(&lot_orgs), array_of(&lots), facts->ask->as_of_us,
					      TESTS_PER_LOT});
	db_queue(facts->db, &sql_trail_endorsements,
		 &(struct trail_endorsements_params){array_of(&orgs), array_of(&ids), facts->ask->as_of_us});
	enum problem p = db_flush(facts->db);
	if (!p)
		p = take_by_id(facts, &sql_trail_events, offsetof(struct trail_events_row, id), &rows);
	if (!p)
		p = TAKE(facts, trail_certificates, certificates, certificate_count);
	if (!p)
		trail_certified_then(facts);
	if (!p)
		p = TAKE(facts, trail_tests, tests, test_count);
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_trail_endorsements, (void **)&endorsements,
				 &endorsement_count);
	for (size_t i = 0; !p && i < endorsement_count; i++) {
		struct trail_fact *fact = map_get(facts->events, MAP_KEY(endorsements[i].event));
		*LIST_ADD(facts->arena, &fact->endorsements, const struct trail_endorsements_row *) =
			&endorsements[i];
	}
	for (size_t i = 0; !p && i < map_count(rows); i++) {
		const struct trail_events_row *row = map_at(rows, i);
		struct trail_fact *fact = map_get(facts->events, MAP_KEY(row->id));
		fact->row = row;
		fact->declared = !trail_stands(facts, row->recorded_at, row->declared_at);
	}
	for (size_t i = 0; !p && facts->ask->as_of_us != TRAIL_NOW && i < facts->lot_count; i++)
		made_as_of(facts, &facts->lots[i]);
	return p;
}

struct wanted_names {
	struct id_set parties, sites;
	struct trail_list regions;
};

static void want_names(struct trail_facts *facts, struct wanted_names *wanted)
{
	for (size_t i = 0; i < facts->lot_count; i++) {
		set_add(facts, &wanted->parties, facts->lots[i].org_id);
		set_add(facts, &wanted->sites, facts->lots[i].site);
		*LIST_ADD(facts->arena, &wanted->regions, struct str) = facts->lots[i].region;
	}
	for (size_t i = 0; i < map_count(facts->events); i++) {
		const struct trail_fact *fact = map_at(facts->events, i);
		const struct trail_endorsements_row *const *endorsements = fact->endorsements.items;
		const struct trail_events_row *row = fact->row;
		if (!row)
			continue;
		for (size_t k = 0; k < fact->endorsements.count; k++)
			set_add(facts, &wanted->parties, endorsements[k]->party);
		set_add(facts, &wanted->parties, row->org_id);
		set_add(facts, &wanted->parties, row->party);
		set_add(facts, &wanted->parties, row->to_party);
		set_add(facts, &wanted->parties, row->declared_by);
		set_add(facts, &wanted->sites, row->site);
		if (row->region.at)
			*LIST_ADD(facts->arena, &wanted->regions, struct str) = row->region;
	}
}

static enum problem take_regions(struct trail_facts *facts)
{
	struct trail_regions_row *rows;
	size_t count;
	enum problem p = db_take_many(facts->db, facts->arena, &sql_trail_regions, (void **)&rows, &count);
	if (p)
		return p;
	facts->regions = map_create(facts->arena, count);
	for (size_t i = 0; i < count; i++)
		map_set(facts->regions, str_bytes(rows[i].code), &rows[i]);
	return PROBLEM_NONE;
}

static void want_then(struct trail_facts *facts, enum thing_kind kind, const struct uuid *ids, size_t count,
		      struct trail_list *ret_kinds, struct trail_list *ret_ids)
{
	for (size_t i = 0; i < count; i++) {
		*LIST_ADD(facts->arena, ret_kinds, struct str) = str_of(thing_kind_words[kind]);
		*LIST_ADD(facts->arena, ret_ids, struct uuid) = ids[i];
	}
}

/* What was known then was known by the names of then. */
static enum problem load_names_then(struct trail_facts *facts, const struct wanted_names *wanted)
{
	struct trail_list kinds = {0}, ids = {0};
	struct id_set products = {0};
	struct trail_names_then_row *rows;
	size_t count;
	if (facts->ask->as_of_us == TRAIL_NOW)
		return PROBLEM_NONE;
	for (size_t i = 0; i < facts->lot_count; i++)
		set_add(facts, &products, facts->lots[i].product);
	want_then(facts, THING_PARTY, wanted->parties.ids.items, wanted->parties.ids.count, &kinds, &ids);
	want_then(facts, THING_SITE, wanted->sites.ids.items, wanted->sites.ids.count, &kinds, &ids);
	want_then(facts, THING_PRODUCT, products.ids.items, products.ids.count, &kinds, &ids);
	const struct trail_names_then_params params = {array_of(&kinds), array_of(&ids),
						       facts->ask->as_of_us};
	db_queue(facts->db, &sql_trail_names_then, &params);
	enum problem p = db_flush(facts->db);
	if (!p)
		p = db_take_many(facts->db, facts->arena, &sql_trail_names_then, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		trail_named_then(facts, &rows[i]);
	return p;
}

static enum problem load_names(struct trail_facts *facts)
{
	struct trail_list lots = {0}, events = {0};
	struct wanted_names wanted = {0};
	for (size_t i = 0; i < facts->lot_count; i++)
		if (trail_node_of(facts, facts->lots[i].lot_id))
			*LIST_ADD(facts->arena, &lots, struct uuid) = facts->lots[i].lot_id;
	for (size_t i = 0; i < map_count(facts->events); i++)
		*LIST_ADD(facts->arena, &events, struct uuid) =
			((struct trail_fact *)map_at(facts->events, i))->id;
	want_names(facts, &wanted);
	db_queue(facts->db, &sql_trail_alerts,
		 &(struct trail_alerts_params){array_of(&lots), array_of(&events), facts->ask->as_of_us});
	db_queue(facts->db, &sql_trail_parties,
		 &(struct trail_parties_params){array_of(&wanted.parties.ids)});
	db_queue(facts->db, &sql_trail_sites, &(struct trail_sites_params){array_of(&wanted.sites.ids)});
	db_queue(facts->db, &sql_trail_regions, &(struct trail_regions_params){array_of(&wanted.regions)});
	enum problem p = db_flush(facts->db);
	if (!p)
		p = TAKE(facts, trail_alerts, alerts, alert_count);
	if (!p)
		p = take_by_id(facts, &sql_trail_parties, offsetof(struct trail_parties_row, id),
			       &facts->parties);
	if (!p)
		p = take_by_id(facts, &sql_trail_sites, offsetof(struct trail_sites_row, id), &facts->sites);
	if (!p)
		p = take_regions(facts);
	return p ? p : load_names_then(facts, &wanted);
}

/* The target was known then: a record about it is. */
static bool target_is_known(const struct trail_facts *facts)
{
	return facts->target &&
	       (facts->ask->as_of_us == TRAIL_NOW || facts->target->links.count || facts->target->up.count);
}

enum problem trail_load(struct trail_facts *facts)
{
	facts->nodes = map_create(facts->arena, 16);
	facts->meetings = map_create(facts->arena, 4);
	facts->events = map_create(facts->arena, 16);
	enum problem p = load_upstream(facts);
	if (!p)
		p = load_lots(facts);
	if (!p && !link_graph(facts))
		p = PROBLEM_CONFLICT;
	if (p)
		return p;
	link_events(facts);
	link_harvests(facts);
	if (!target_is_known(facts))
		return PROBLEM_NOT_FOUND;
	p = load_mentioned(facts);
	if (!p)
		p = load_site_steps(facts);
	if (!p)
		p = load_states(facts);
	if (!p)
		p = load_events(facts);
	return p ? p : load_names(facts);
}
