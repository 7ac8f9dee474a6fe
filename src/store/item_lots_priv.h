/* SPDX-License-Identifier: Apache-2.0
 * Scans of packs on their way into the counters of their lots, and lots whose counters are to be judged again. */
#ifndef FT_STORE_ITEM_LOTS_PRIV_H
#define FT_STORE_ITEM_LOTS_PRIV_H

#include "item_alerts_priv.h"

struct lot_sums { /* in an arena: of each lot, ten minutes and what was told one */
	struct arena *arena;
	struct map *places;
	struct lot_seen *items;
	size_t count;
};
/* Room for `most` of them. */
struct lot_sums lot_sums_begin(struct arena *arena, size_t most);
void lot_sums_add(struct lot_sums *sums, const struct lot_seen *more);
enum problem lot_sums_write(struct db *db, const struct lot_sums *sums) must_check;

/* Lots that wait to be judged again: in the beginning all that were scanned lately, since nobody knows what was recorded
 * when the last process ended; and again when more wait than there is room for. Any thread adds, one takes. */
struct lots_waiting;
struct lots_waiting *lots_waiting_create(void);
void lots_waiting_destroy(struct lots_waiting *waiting);
void lots_waiting_add(struct lots_waiting *waiting, const struct lot_id *lots, size_t count);
/* Judges those that wait. What fails waits on. */
enum problem lots_waiting_settle(struct lots_waiting *waiting, struct db *db,
				 const struct item_rules *rules) must_check;

#endif
