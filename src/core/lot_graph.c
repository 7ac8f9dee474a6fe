/* SPDX-License-Identifier: Apache-2.0
 * Shares of origins by one pass over the edges in topological order: nothing walks paths, so that a diamond of n levels
 * costs 2 n edges and not 2^n paths. */
#include "ft/core/lot_graph.h"

#include <stdlib.h>
#include <string.h>

#include "fraction_priv.h"

/* Lots are numbered by their place in the sorted list of ids; the edges lie by child.
 *
 *   edge_by_child  [ edges of lot 0 | edges of lot 1 | … ]   edges of lot i: first_edge[i] … first_edge[i + 1] */
struct graph {
	struct lot_id *lots;
	size_t lot_count;
	const struct lot_edge **edge_by_child;
	size_t *child, *parent; /* of edge_by_child[e], as numbers */
	size_t *first_edge;
	size_t edge_count;
	struct decimal *own; /* by lot; zero: none */
};

static int compare_lots(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lot_id));
}

static size_t lot_number(const struct graph *graph, const struct lot_id *id)
{
	const struct lot_id *found = bsearch(id, graph->lots, graph->lot_count, sizeof *id, compare_lots);

	return (size_t)(found - graph->lots);
}

static void number_lots(struct arena *arena, struct graph *graph, const struct lot_edge *edges,
			size_t edge_count, const struct lot_own *own, size_t own_count,
			const struct lot_id *target)
{
	size_t count = 0, kept = 0;

	graph->lots = arena_array(arena, struct lot_id, 2 * edge_count + own_count + 1);
	for (size_t i = 0; i < edge_count; i++) {
		graph->lots[count++] = edges[i].parent;
		graph->lots[count++] = edges[i].child;
	}
	for (size_t i = 0; i < own_count; i++)
		graph->lots[count++] = own[i].lot;
	if (target != NULL)
		graph->lots[count++] = *target;
	qsort(graph->lots, count, sizeof graph->lots[0], compare_lots);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || compare_lots(&graph->lots[kept - 1], &graph->lots[i]) != 0)
			graph->lots[kept++] = graph->lots[i];
	graph->lot_count = kept;
}

static int compare_edges(const void *a, const void *b)
{
	const struct lot_edge *x = *(const struct lot_edge *const *)a,
			      *y = *(const struct lot_edge *const *)b;
	int order = compare_lots(&x->child, &y->child);

	return order != 0 ? order : uuid_compare(x->event, y->event);
}

static struct graph graph_of(struct arena *arena, const struct lot_edge *edges, size_t edge_count,
			     const struct lot_own *own, size_t own_count, const struct lot_id *target)
{
	struct graph graph = {.edge_count = edge_count};

	number_lots(arena, &graph, edges, edge_count, own, own_count, target);
	graph.edge_by_child = arena_array(arena, const struct lot_edge *, edge_count);
	graph.child = arena_array(arena, size_t, edge_count);
	graph.parent = arena_array(arena, size_t, edge_count);
	graph.first_edge = arena_array(arena, size_t, graph.lot_count + 1);
	graph.own = arena_array(arena, struct decimal, graph.lot_count);
	for (size_t i = 0; i < edge_count; i++)
		graph.edge_by_child[i] = &edges[i];
	if (edge_count > 0)
		qsort(graph.edge_by_child, edge_count, sizeof graph.edge_by_child[0], compare_edges);
	for (size_t i = 0; i < edge_count; i++) {
		graph.child[i] = lot_number(&graph, &graph.edge_by_child[i]->child);
		graph.parent[i] = lot_number(&graph, &graph.edge_by_child[i]->parent);
		graph.first_edge[graph.child[i] + 1]++;
	}
	for (size_t i = 0; i < graph.lot_count; i++)
		graph.first_edge[i + 1] += graph.first_edge[i];
	for (size_t i = 0; i < own_count; i++) {
		size_t lot = lot_number(&graph, &own[i].lot);

		graph.own[lot] = decimal_add(graph.own[lot], own[i].own);
	}
	return graph;
}

/* What is upstream of `target`: marks it in `reached`, and counts in `children` the edges by which each lot is reached. */
static size_t climb(struct arena *arena, const struct graph *graph, size_t target, bool *reached,
		    size_t *children)
{
	size_t *stack = arena_array(arena, size_t, graph->lot_count), depth = 0, count = 1;

	stack[depth++] = target;
	reached[target] = true;
	while (depth > 0) {
		size_t lot = stack[--depth];

		for (size_t e = graph->first_edge[lot]; e < graph->first_edge[lot + 1]; e++) {
			size_t parent = graph->parent[e];

			children[parent]++;
			if (reached[parent])
				continue;
			reached[parent] = true;
			stack[depth++] = parent;
			count++;
		}
	}
	return count;
}

/* Every lot upstream of the target after all its children. false: there is a cycle. */
static bool upstream_order(struct arena *arena, const struct graph *graph, size_t target, size_t *ret_order,
			   size_t *ret_count)
{
	bool *reached = arena_array(arena, bool, graph->lot_count);
	size_t *children = arena_array(arena, size_t, graph->lot_count);
	size_t count = climb(arena, graph, target, reached, children), done = 0, ready = 0;

	if (children[target] > 0)
		return false;
	ret_order[ready++] = target;
	while (done < ready) {
		size_t lot = ret_order[done++];

		for (size_t e = graph->first_edge[lot]; e < graph->first_edge[lot + 1]; e++)
			if (--children[graph->parent[e]] == 0)
				ret_order[ready++] = graph->parent[e];
	}
	*ret_count = done;
	return done == count;
}

/* What the lot has in all: its own part and what each event added, in its own measure. false: an amount is not positive,
 * or the inputs of an event do not sum to their total. */
static bool lot_total(const struct graph *graph, size_t lot, struct decimal *ret)
{
	struct decimal total = graph->own[lot], zero = decimal_of(0);
	size_t e = graph->first_edge[lot], end = graph->first_edge[lot + 1];

	while (e < end) {
		const struct lot_edge *first = graph->edge_by_child[e];
		struct decimal inputs = zero;

		if (decimal_compare(first->output, zero) <= 0)
			return false;
		total = decimal_add(total, first->output);
		for (; e < end && uuid_equal(graph->edge_by_child[e]->event, first->event); e++) {
			if (decimal_compare(graph->edge_by_child[e]->input, zero) <= 0)
				return false;
			inputs = decimal_add(inputs, graph->edge_by_child[e]->input);
		}
		if (decimal_compare(inputs, first->input_total) != 0)
			return false;
	}
	*ret = total;
	return true;
}

struct parts {
	size_t *order; /* upstream lots, the target first */
	size_t count;
	struct fractions part; /* by lot */
	struct fractions own;  /* by lot: of its part, what came into being in it */
};

/* part(parent) += part(child) × output/total(child) × input/input_total */
static bool pass_up(const struct graph *graph, struct parts *parts, size_t lot, mpq_t factor, mpq_t flow)
{
	struct decimal total;
	size_t first = graph->first_edge[lot], end = graph->first_edge[lot + 1];

	if (!lot_total(graph, lot, &total))
		return false;
	if (first == end) { /* an origin, known or not */
		mpq_set(parts->own.items[lot], parts->part.items[lot]);
		return true;
	}
	fraction_of_decimals(graph->own[lot], total, factor);
	mpq_mul(parts->own.items[lot], parts->part.items[lot], factor);
	for (size_t e = first; e < end; e++) {
		const struct lot_edge *edge = graph->edge_by_child[e];

		fraction_of_decimals(edge->output, total, factor);
		mpq_mul(flow, parts->part.items[lot], factor);
		fraction_of_decimals(edge->input, edge->input_total, factor);
		mpq_mul(flow, flow, factor);
		mpq_add(parts->part.items[graph->parent[e]], parts->part.items[graph->parent[e]], flow);
	}
	return true;
}

static enum problem parts_of(struct arena *arena, const struct graph *graph, size_t target, struct parts *ret)
{
	struct parts parts = {.order = arena_array(arena, size_t, graph->lot_count)};
	struct fractions scratch;

	if (!upstream_order(arena, graph, target, parts.order, &parts.count))
		return PROBLEM_LINEAGE_CYCLE;
	parts.part = fractions_create(arena, graph->lot_count);
	parts.own = fractions_create(arena, graph->lot_count);
	scratch = fractions_create(arena, 2);
	mpq_set_ui(parts.part.items[target], 1, 1);
	for (size_t i = 0; i < parts.count; i++)
		if (!pass_up(graph, &parts, parts.order[i], scratch.items[0], scratch.items[1]))
			return PROBLEM_LINEAGE_CYCLE;
	*ret = parts;
	return PROBLEM_NONE;
}

struct origin {
	mpq_t *share;
	const struct lot_id *lot;
};

static int larger_origin_first(const void *a, const void *b)
{
	const struct origin *x = a, *y = b;
	int order = mpq_cmp(*y->share, *x->share);

	return order != 0 ? order : compare_lots(x->lot, y->lot);
}

static size_t collect_origins(struct arena *arena, const struct graph *graph, const struct parts *parts,
			      struct origin **ret)
{
	struct origin *origins = arena_array(arena, struct origin, parts->count);
	size_t count = 0;

	for (size_t i = 0; i < parts->count; i++) {
		size_t lot = parts->order[i];

		if (mpq_sgn(parts->own.items[lot]) > 0)
			origins[count++] = (struct origin){&parts->own.items[lot], &graph->lots[lot]};
	}
	qsort(origins, count, sizeof origins[0], larger_origin_first);
	*ret = origins;
	return count;
}

static struct lot_origins print_origins(struct arena *arena, const struct origin *origins, size_t count,
					size_t max_items)
{
	struct lot_origins result = {.count = count < max_items ? count : max_items};
	struct fractions f = fractions_create(arena, result.count + 1);
	unsigned long *units = arena_array(arena, unsigned long, result.count), rest;

	mpq_set_ui(f.items[result.count], 1, 1);
	for (size_t i = 0; i < result.count; i++) {
		mpq_set(f.items[i], *origins[i].share);
		mpq_sub(f.items[result.count], f.items[result.count], f.items[i]);
	}
	fractions_to_units(arena, (const mpq_t *)f.items, result.count, units, &rest);
	result.items = arena_array(arena, struct lot_share, result.count);
	for (size_t i = 0; i < result.count; i++)
		result.items[i] = (struct lot_share){*origins[i].lot, fraction_print(arena, f.items[i]),
						     share_print(arena, units[i])};
	result.rest_count = count - result.count;
	result.rest_exact = fraction_print(arena, f.items[result.count]);
	result.rest_share = result.rest_count > 0 ? share_print(arena, rest) : STR("0");
	return result;
}

enum problem lot_graph_origins(struct arena *arena, const struct lot_edge *edges, size_t edge_count,
			       const struct lot_own *own, size_t own_count, struct lot_id target,
			       size_t max_items, struct lot_origins *ret)
{
	struct graph graph = graph_of(arena, edges, edge_count, own, own_count, &target);
	struct origin *origins;
	struct parts parts;
	size_t count;
	enum problem p = parts_of(arena, &graph, lot_number(&graph, &target), &parts);

	if (p)
		return p;
	count = collect_origins(arena, &graph, &parts, &origins);
	*ret = print_origins(arena, origins, count, max_items);
	return PROBLEM_NONE;
}

enum problem lot_graph_parts(struct arena *arena, const struct lot_edge *edges, size_t edge_count,
			     const struct lot_own *own, size_t own_count, struct lot_id target,
			     struct lot_share **ret, size_t *ret_count)
{
	struct graph graph = graph_of(arena, edges, edge_count, own, own_count, &target);
	struct lot_share *shares;
	struct parts parts;
	enum problem p = parts_of(arena, &graph, lot_number(&graph, &target), &parts);

	if (p)
		return p;
	shares = arena_array(arena, struct lot_share, parts.count);
	for (size_t i = 0; i < parts.count; i++) {
		size_t lot = parts.order[i];

		shares[i] = (struct lot_share){graph.lots[lot], fraction_print(arena, parts.part.items[lot]),
					       share_of(arena, parts.part.items[lot])};
	}
	*ret = shares;
	*ret_count = parts.count;
	return PROBLEM_NONE;
}

bool lot_graph_makes_cycle(struct arena *arena, const struct lot_edge *known, size_t known_count,
			   const struct lot_edge *added, size_t added_count)
{
	struct lot_edge *edges = arena_array(arena, struct lot_edge, known_count + added_count);
	size_t edge_count = known_count + added_count, done = 0, ready = 0;
	struct graph graph;
	size_t *children, *order;

	if (known_count > 0)
		memcpy(edges, known, known_count * sizeof *edges);
	if (added_count > 0)
		memcpy(edges + known_count, added, added_count * sizeof *edges);
	graph = graph_of(arena, edges, edge_count, /* own */ NULL, 0, /* target */ NULL);
	children = arena_array(arena, size_t, graph.lot_count);
	order = arena_array(arena, size_t, graph.lot_count);
	for (size_t e = 0; e < edge_count; e++)
		children[graph.parent[e]]++;
	for (size_t i = 0; i < graph.lot_count; i++)
		if (children[i] == 0)
			order[ready++] = i;
	while (done < ready) {
		size_t lot = order[done++];

		for (size_t e = graph.first_edge[lot]; e < graph.first_edge[lot + 1]; e++)
			if (--children[graph.parent[e]] == 0)
				order[ready++] = graph.parent[e];
	}
	return done < graph.lot_count;
}
