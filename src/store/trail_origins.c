/* SPDX-License-Identifier: Apache-2.0
 * Where the goods of a lot come from: exact shares, places, and the certificates that were valid for these very goods. */
#include "trail_priv.h"

#include "ft/core/lot_graph.h"
#include "ft/core/transformation.h"

enum { ORIGINS_LISTED = 200 };

static bool holds(const struct sql_array *ids, struct uuid id)
{
	const struct uuid *items = ids->items;
	for (size_t i = 0; i < ids->count; i++)
		if (uuid_equal(items[i], id))
			return true;
	return false;
}

/* All sites of a lot's harvests lie on the certificate; one that names no sites covers those of its holder. */
static bool covers_sites(const struct trail_certificates_row *certificate, const struct trail_node *node)
{
	const struct trail_harvests_row *const *harvests = node->harvests.items;
	if (!certificate->sites.count)
		return true;
	for (size_t i = 0; i < node->harvests.count; i++)
		if (!holds(&certificate->sites, harvests[i]->site))
			return false;
	return node->harvests.count || holds(&certificate->sites, node->row->site);
}

/* A certificate that names neither this product nor, for want of products, its place says nothing about these goods. */
static bool covers(const struct trail_certificates_row *certificate, const struct trail_node *node,
		   int32_t day)
{
	bool product = holds(&certificate->products, node->row->product) ||
		       (!certificate->products.count && certificate->sites.count);
	return uuid_equal(certificate->party, node->row->org_id) && product &&
	       certificate->valid_from <= day && day <= certificate->valid_to &&
	       covers_sites(certificate, node);
}

int32_t trail_last_harvest(const struct trail_node *node)
{
	const struct trail_harvests_row *const *harvests = node->harvests.items;
	int32_t day = node->row->produced_day;
	for (size_t i = 0; i < node->harvests.count; i++) {
		int32_t harvested = instant_day(
			(struct instant){harvests[i]->event_time, (int16_t)harvests[i]->offset_min});
		day = harvested > day ? harvested : day;
	}
	return day;
}

static struct str holder_of(const struct trail_facts *facts, struct uuid id)
{
	const struct trail_party *holder = trail_party_make(facts, id);
	return holder && holder->name ? holder->name->zh : (struct str){NULL, 0};
}

static struct list certificates_of(const struct trail_facts *facts, const struct trail_node *node,
				   int32_t day)
{
	struct trail_list list = {0};
	for (size_t i = 0; i < facts->certificate_count; i++) {
		const struct trail_certificates_row *row = &facts->certificates[i];
		if (covers(row, node, day))
			*LIST_ADD(facts->arena, &list, struct trail_certificate) = (struct trail_certificate){
				row->scheme, row->number, holder_of(facts, row->party),
				date_print(facts->arena, row->valid_from),
				date_print(facts->arena, row->valid_to)};
	}
	return (struct list){list.items, list.count};
}

static struct list tests_of(const struct trail_facts *facts, const struct trail_node *node)
{
	struct trail_list list = {0};
	for (size_t i = 0; i < facts->test_count; i++) {
		const struct trail_tests_row *row = &facts->tests[i];
		if (uuid_equal(row->lot_id, node->row->lot_id))
			*LIST_ADD(facts->arena, &list, struct trail_test) = (struct trail_test){
				uuid_print(facts->arena, row->event), row->kind, row->outcome,
				instant_print(facts->arena,
					      (struct instant){row->at, (int16_t)row->offset_min})};
	}
	return (struct list){list.items, list.count};
}

/* What a reader would look for and does not find. An invalid test has said nothing. */
static struct list gaps_of(const struct trail_facts *facts, const struct trail_origin *origin, bool known)
{
	struct trail_gap *gaps = arena_array(facts->arena, struct trail_gap, 3);
	size_t count = 0;
	if (!known)
		gaps[count++].kind = STR("origin");
	if (!origin->certificates.count)
		gaps[count++].kind = STR("certificate");
	bool tested = false;
	for (size_t i = 0; i < origin->tests.count; i++)
		tested = tested || !str_equal(((const struct trail_test *)origin->tests.items)[i].outcome,
					      STR("invalid"));
	if (!tested)
		gaps[count++].kind = STR("test");
	return (struct list){gaps, count};
}

static struct trail_origin origin_of(const struct trail_facts *facts, const struct lot_share *share)
{
	const struct trail_node *node = trail_node_of(facts, share->lot.lot);
	struct trail_places places = trail_places_of(facts, node->row->region);
	bool known = !decimal_is_zero(node->own);
	int32_t day = trail_last_harvest(node);
	struct trail_origin origin = {
		.lot = lot_id_print(facts->arena, share->lot),
		.lot_number = node->row->number,
		.share = share->share,
		.share_exact = share->exact,
		.province = places.province,
		.city = places.city,
		.district = places.district,
		.township = places.township,
		.farm = uuid_is_nil(node->row->site) ? trail_place_told(facts, node->row->place)
						     : trail_place_make(facts, node->row->site),
		/* who first told of a lot that nobody registered did not grow it */
		.party = uuid_is_nil(node->row->product) ? NULL : trail_party_make(facts, node->row->org_id),
	};
	if (known) {
		origin.harvested = date_print(facts->arena, day);
		origin.certificates = certificates_of(facts, node, day);
	}
	origin.tests = tests_of(facts, node);
	origin.gaps = gaps_of(facts, &origin, known);
	return origin;
}

/* Into a meeting: what went in by all pieces that stood, in a measure common to all of them. */
static size_t meeting_edges(const struct trail_facts *facts, const struct trail_meeting *meeting,
			    struct lot_edge *ret)
{
	const struct trail_edges_row *const *up = meeting->up.items;
	struct part_told *told = arena_array(facts->arena, struct part_told, meeting->up.count);
	struct decimal total;
	for (size_t i = 0; i < meeting->up.count; i++) {
		const struct trail_node *parent = map_get(facts->nodes, MAP_KEY(up[i]->parent));
		told[i] = (struct part_told){.lot = up[i]->parent,
					     .has_base = up[i]->base.known,
					     .has_mass = up[i]->mass.known,
					     .dimension = (enum dimension)parent->row->dimension,
					     .base = up[i]->base.value,
					     .mass = up[i]->mass.value,
					     .unit = unit_find(up[i]->unit),
					     .value = up[i]->value};
	}
	struct decimal *parts = parts_in_common(facts->arena, told, meeting->up.count, &total);
	for (size_t i = 0; i < meeting->up.count; i++)
		ret[i] = (struct lot_edge){.parent = {up[i]->parent_org, up[i]->parent},
					   .child = meeting->node,
					   .event = meeting->node.lot,
					   .input = parts[i],
					   .input_total = total,
					   .output = decimal_of(1)};
	return meeting->up.count;
}

/* What came out of a transformation of which nobody has told yet what went in was made of nothing known. */
static bool leads_on(const struct trail_facts *facts, const struct trail_edges_row *row)
{
	const struct trail_meeting *meeting = map_get(facts->meetings, MAP_KEY(row->parent));
	return trail_node_of(facts, row->child) && (!meeting || meeting->up.count);
}

static struct lot_edge *graph_edges(const struct trail_facts *facts, size_t *ret_count)
{
	struct lot_edge *edges = arena_array(facts->arena, struct lot_edge, facts->edge_count);
	size_t count = 0;
	for (size_t i = 0; i < facts->edge_count; i++) {
		const struct trail_edges_row *row = &facts->edges[i];
		if (trail_stands(facts, row->recorded_at, row->declared_at) && leads_on(facts, row))
			edges[count++] = (struct lot_edge){{row->parent_org, row->parent},
							   {row->child_org, row->child},
							   row->event,
							   row->input,
							   row->input_total,
							   row->output};
	}
	for (size_t i = 0; i < map_count(facts->meetings); i++) {
		const struct trail_meeting *meeting = map_at(facts->meetings, i);
		if (meeting->reached)
			count += meeting_edges(facts, meeting, edges + count);
	}
	*ret_count = count;
	return edges;
}

enum problem trail_tell_origins(const struct trail_facts *facts, struct trail *trail)
{
	size_t edge_count, own_count = 0;
	struct lot_edge *edges = graph_edges(facts, &edge_count);
	struct lot_own *own = arena_array(facts->arena, struct lot_own, facts->lot_count);
	struct lot_origins origins;
	for (size_t i = 0; i < facts->lot_count; i++) {
		const struct trail_node *node = trail_node_of(facts, facts->lots[i].lot_id);
		if (node && !decimal_is_zero(node->own))
			own[own_count++] =
				(struct lot_own){{node->row->org_id, node->row->lot_id}, node->own};
	}
	size_t most = facts->ask->max_origins ? facts->ask->max_origins : ORIGINS_LISTED;
	enum problem p = lot_graph_origins(facts->arena, edges, edge_count, own, own_count, facts->ask->lot,
					   most, &origins);
	if (p)
		return p;
	struct trail_origin *items = arena_array(facts->arena, struct trail_origin, origins.count);
	struct trail_rest *rest = arena_new(facts->arena, struct trail_rest);
	for (size_t i = 0; i < origins.count; i++)
		items[i] = origin_of(facts, &origins.items[i]);
	*rest = (struct trail_rest){(int64_t)origins.rest_count, origins.rest_share};
	trail->origins = (struct list){items, origins.count};
	trail->origin_count = (int64_t)(origins.count + origins.rest_count);
	trail->rest = rest;
	return PROBLEM_NONE;
}
