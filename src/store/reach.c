/* SPDX-License-Identifier: Apache-2.0
 * Loads the edges below a lot and walks them breadth first. */
#include "ft/store/reach.h"

#include "ft/base/map.h"
#include "ft/core/transformation.h"
#include "queries.h"

enum { EDGES_PER_LOT = 50 };

struct way {
	struct way *next;
	struct reach_node *to;
};
struct reach_node {
	struct lot_id lot;
	struct way *below, *above;
	size_t place; /* in reach->lots */
	bool met, shown;
};

static struct reach_node *node_of(struct arena *arena, struct map *nodes, struct lot_id lot)
{
	struct reach_node *node = map_get(nodes, MAP_KEY(lot.lot));
	if (!node) {
		node = arena_new(arena, struct reach_node);
		node->lot = lot;
		map_set(nodes, MAP_KEY(node->lot.lot), node);
	}
	return node;
}

static void add_way(struct arena *arena, struct way **list, struct reach_node *to)
{
	struct way *way = arena_new(arena, struct way);
	*way = (struct way){*list, to};
	*list = way;
}

static void add_edges(struct arena *arena, struct map *nodes, const struct lot_reach_row *rows, size_t count)
{
	/* From the last, so that ways stand in the order of the rows. */
	for (size_t i = count; i-- > 0;) {
		struct reach_node *parent =
			node_of(arena, nodes, (struct lot_id){rows[i].parent_org, rows[i].parent});
		struct reach_node *child =
			node_of(arena, nodes, (struct lot_id){rows[i].child_org, rows[i].child});
		add_way(arena, &parent->below, child);
		add_way(arena, &child->above, parent);
	}
}

static bool is_meeting(const struct reach_node *node)
{
	return is_transformation_node(node->lot.lot);
}

/* What is made of a lot in a transformation that is told in pieces is as near to it as by one event. */
static void walk_below(struct reach *reach, const struct reach_node *node, int64_t depth)
{
	for (const struct way *way = node->below; way; way = way->next) {
		if (way->to->met)
			continue;
		way->to->met = true;
		if (is_meeting(way->to)) {
			walk_below(reach, way->to, depth);
			continue;
		}
		way->to->place = reach->count;
		reach->nodes[reach->count] = way->to;
		reach->lots[reach->count++] = (struct reach_lot){way->to->lot, depth, /* visible */ true};
	}
}

static void walk(struct reach *reach, struct reach_node *start)
{
	struct reach_node *node = start;
	start->met = true;
	for (size_t done = 0;; node = reach->nodes[done++]) {
		int64_t depth = node == start ? 0 : reach->lots[node->place].depth;
		walk_below(reach, node, depth + 1);
		if (done == reach->count)
			return;
	}
}

enum problem reach_load(struct db *db, struct arena *arena, struct lot_id lot, size_t max_lots,
			struct reach *ret)
{
	const size_t max_edges = max_lots * EDGES_PER_LOT;
	const struct lot_reach_params params = {lot.org, lot.lot, (int64_t)max_lots + 2,
						(int64_t)max_edges + 1};
	struct lot_reach_row *rows;
	size_t count;
	enum problem p = lot_reach(db, arena, &params, &rows, &count);
	if (p)
		return p;
	struct map *nodes = map_create(arena, count + 1);
	struct reach reach = {.count = 0};
	add_edges(arena, nodes, rows, count);
	struct reach_node *start = node_of(arena, nodes, lot);
	reach.lots = arena_array(arena, struct reach_lot, map_count(nodes));
	reach.nodes = arena_array(arena, struct reach_node *, map_count(nodes));
	walk(&reach, start);
	if (count > max_edges ||
	    map_count(nodes) > max_lots + 1) /* the walk was cut at these, nodes among them */
		return PROBLEM_GRAPH_TOO_LARGE;
	reach.vertex_count = map_count(nodes);
	*ret = reach;
	return PROBLEM_NONE;
}

void reach_show_only(struct arena *arena, struct reach *reach, const size_t *places, size_t count)
{
	struct reach_node **stack = arena_array(arena, struct reach_node *, reach->vertex_count);
	size_t depth = 0;
	for (size_t i = 0; i < reach->count; i++)
		reach->lots[i].visible = false;
	for (size_t i = 0; i < count; i++) {
		if (reach->lots[places[i]].visible)
			continue;
		reach->lots[places[i]].visible = true;
		stack[depth++] = reach->nodes[places[i]];
	}
	while (depth) {
		const struct reach_node *node = stack[--depth];
		for (const struct way *way = node->above; way; way = way->next) {
			/* The lot asked for has ways below only; it is no descendant of itself. */
			bool meeting = is_meeting(way->to);
			if (!meeting && (!reach->count || reach->nodes[way->to->place] != way->to))
				continue;
			bool *shown = meeting ? &way->to->shown : &reach->lots[way->to->place].visible;
			if (*shown)
				continue;
			*shown = true;
			stack[depth++] = way->to;
		}
	}
}
