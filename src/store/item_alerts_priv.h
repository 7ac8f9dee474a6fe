/* SPDX-License-Identifier: Apache-2.0
 * Alerts that scans raise. */
#ifndef FT_STORE_ITEM_ALERTS_PRIV_H
#define FT_STORE_ITEM_ALERTS_PRIV_H

#include "ft/store/items.h"

struct item_seen { /* a pack that was scanned */
	struct str code;
	struct pack item; /* with these scans */
};
struct early_seen { /* packs of a lot whose codes are not in use, on the newest day on which any was scanned */
	struct lot_id lot;
	struct str code; /* of one */
	int32_t day;
	int64_t scans;
	uint64_t networks;
};
/* Inside db_tx. The same finding again is the same alert, seen later. */
enum problem item_alerts_raise(struct db *db, struct arena *arena, const struct item_rules *rules,
			       const struct item_seen *copied, size_t copied_count,
			       const struct early_seen *early, size_t early_count) must_check;

#endif
