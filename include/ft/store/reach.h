/* SPDX-License-Identifier: Apache-2.0
 * What became of a lot: everything downstream, each lot once, with its shortest depth. */
#ifndef FT_STORE_REACH_H
#define FT_STORE_REACH_H

#include "ft/core/lot_id.h"
#include "ft/db/db.h"

struct reach_node;
struct reach_lot {
	struct lot_id lot;
	int64_t depth; /* 1: made of the lot itself */
	bool visible;  /* set by reach_show_only; true before */
};
struct reach {
	struct reach_lot *lots; /* breadth first, without the lot asked for */
	size_t count;
	struct reach_node **nodes; /* place by place; private */
	size_t vertex_count;       /* private */
};

/* Linear in the edges below. PROBLEM_GRAPH_TOO_LARGE beyond max_lots. */
enum problem reach_load(struct db *db, struct arena *arena, struct lot_id lot, size_t max_lots,
			struct reach *ret) must_check;

/* Leaves visible the lots at these places and everything between them and the lot asked for: who sees a lot sees what it
 * was made from. */
void reach_show_only(struct arena *arena, struct reach *reach, const size_t *places, size_t count);

#endif
