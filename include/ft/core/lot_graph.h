/* SPDX-License-Identifier: Apache-2.0
 * Who became what: exact shares of origins, reach, cycles. Lots form a DAG; an edge says how much of the parent went
 * into the child in one event. */
#ifndef FT_CORE_LOT_GRAPH_H
#define FT_CORE_LOT_GRAPH_H

#include "ft/base/decimal.h"
#include "ft/core/lot_id.h"

/* One parent's part in one event that made (part of) one child. input/input_total: the parent's part of the event's
 * inputs in their common measure. output: what the event added to this child, in the child's own measure. */
struct lot_edge {
	struct lot_id parent, child;
	struct uuid event;
	struct decimal input, input_total, output;
};
/* A lot that is (partly) an origin: `own` of it came into being without parents, in the lot's own measure. */
struct lot_own {
	struct lot_id lot;
	struct decimal own;
};
struct lot_share {
	struct lot_id lot;
	struct str exact; /* "31/50", "1", in lowest terms */
	struct str share; /* four decimals; the list with `rest` sums to exactly 1 (largest remainder) */
};
struct lot_origins {
	struct lot_share
		*items; /* largest share first, then by id; lots without any own part are not origins */
	size_t count;
	size_t rest_count;                 /* origins beyond max_items */
	struct str rest_share, rest_exact; /* "0" and "0" when none */
};

/* Shares of the origins of `target`: exact rationals, linear in the number of edges (a 20-level diamond has 2^20 paths
 * and 40 edges). PROBLEM_LINEAGE_CYCLE when the edges contradict each other. A parent with neither edges nor own part is
 * an origin of its whole part (unknown origin). `share_of_step` asks the same for any lot on the way: its part in the
 * target. Everything in the arena. */
enum problem lot_graph_origins(struct arena *arena, const struct lot_edge *edges, size_t edge_count,
			       const struct lot_own *own, size_t own_count, struct lot_id target,
			       size_t max_items, struct lot_origins *ret) must_check;
/* The part of every lot upstream (target included, share 1) in the target, same order of exactness; unordered. */
enum problem lot_graph_parts(struct arena *arena, const struct lot_edge *edges, size_t edge_count,
			     const struct lot_own *own, size_t own_count, struct lot_id target,
			     struct lot_share **ret, size_t *ret_count) must_check;

/* a / b in lowest terms; b > 0. */
struct str fraction_of(struct arena *arena, struct decimal a, struct decimal b);
/* Sums exact fractions, for aggregation to a tier: "1/3" + "1/6" = "1/2". */
struct str fraction_add(struct arena *arena, struct str a, struct str b);
/* Rounds a list of exact fractions that sum to 1 (or less) to four decimals by largest remainder; with the rounded
 * rest they sum to exactly 1. Equal remainders: the earlier gets the unit. */
void fractions_round(struct arena *arena, const struct str *exact, size_t count, struct str *ret_shares);

/* Would adding `edges` (parent → child) to the given ancestors make a lot its own ancestor? `known` are existing edges
 * upstream of the parents. */
bool lot_graph_makes_cycle(struct arena *arena, const struct lot_edge *known, size_t known_count,
			   const struct lot_edge *added, size_t added_count);

#endif
