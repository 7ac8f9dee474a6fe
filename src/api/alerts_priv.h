/* SPDX-License-Identifier: Apache-2.0
 * How alerts look in answers. */
#ifndef FT_API_ALERTS_PRIV_H
#define FT_API_ALERTS_PRIV_H

#include "ft/api/app.h"
#include "ft/core/trail.h"

#include "words_priv.h"

struct alert_region_answer {
	struct str code, role;
};
struct alert_evidence {
	struct str event, reference, words;
};
struct alert_deed_answer {
	struct str id, at, action, key, party, reason, note, assignee, region;
};
struct alert_answer {
	struct str id, rule;
	int64_t rule_version;
	struct str severity, state;
	struct words *title, *reason;
	struct list regions; /* struct alert_region_answer */
	struct str first_seen, last_seen, due_at, assignee, party, product;
	struct str suggested_action;
	struct str_list lots;
	/* of one alert only */
	struct str edition;
	struct str code;      /* of a pack */
	struct list evidence; /* struct alert_evidence */
	struct str_list lots_up, lots_down;
	struct list timeline; /* struct alert_deed_answer */
};
extern const struct shape alert_item_shape, alert_answer_shape;
struct list alert_regions(struct arena *arena, const struct sql_array *regions,
			  const struct sql_array *roles);

#endif
