/* SPDX-License-Identifier: Apache-2.0
 * Alerts that scans raise, and the counters of lots that they rest on. */
#ifndef FT_STORE_ITEM_ALERTS_PRIV_H
#define FT_STORE_ITEM_ALERTS_PRIV_H

#include "ft/store/items.h"

enum { LOT_SCAN_SPAN_S = 600 }; /* what lot_scan counts together */

struct item_seen { /* a pack that was scanned */
	struct str code;
	struct pack item; /* with these scans */
};
struct lot_seen { /* scans of packs of a lot that were told the same in ten minutes */
	struct lot_id lot;
	usec_t at_us; /* when these began */
	enum item_told told;
	struct str code; /* of one */
	int64_t scans;
	uint64_t networks;
};
/* Inside db_tx: what these scans say. The same finding again is the same alert, seen later. */
enum problem item_alerts_raise(struct db *db, struct arena *arena, const struct item_rules *rules,
			       const struct item_seen *copied, size_t copied_count,
			       const struct lot_seen *lots, size_t lot_count) must_check;
/* Inside db_tx: what was counted of these lots, now that records may say otherwise when they left their maker or ended. An
 * alert K03 that holds no longer closes by itself. */
enum problem item_alerts_settle(struct db *db, struct arena *arena, const struct item_rules *rules,
				const struct lot_id *lots, size_t count) must_check;
/* What is older than this no rule asks for. */
usec_t item_alerts_since(usec_t now_us);

#endif
