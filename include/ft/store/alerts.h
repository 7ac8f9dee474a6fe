/* SPDX-License-Identifier: Apache-2.0
 * What alerts are about, and acting on them. */
#ifndef FT_STORE_ALERTS_H
#define FT_STORE_ALERTS_H

#include "ft/core/alert_state.h"
#include "ft/core/lot_id.h"
#include "ft/db/db.h"
#include "ft/store/trail_cache.h"

struct alert_ref {
	struct uuid org, id;
	struct lot_id lot; /* nil org: not about one lot */
	struct uuid event; /* whose capture raised it; nil: scans did */
	struct str
		copied; /* code of the pack that the alert says is copied; absent: it is about something else */
};
/* The lots an alert is about: its own, else those that its record made, else those harvested where it was made. */
enum problem alert_lots(struct db *db, struct arena *arena, const struct alert_ref *alert,
			struct lot_id **ret, size_t *ret_count) must_check;

struct key_office;
struct alert_deed {
	struct alert_ref alert;
	struct uuid id;                  /* of the action, for ever */
	const struct key_office *office; /* its actor does it */
	struct uuid party;
	enum alert_action action;
	struct alert_words words;
	usec_t now_us;
	int64_t max_lots; /* downstream of the alert's, that are looked at when it is opened again */
};
/* Closing and opening again are stated by the registrar: a closed alert turns pages green. Opened again it is as strict, and
 * concerns as many regions, as if goods had moved under it meanwhile.
 * In one transaction, one after another: the second of two at once finds the state the first left. What changes is on the
 * pages of its lots when this returns. PROBLEM_ALERT_STATE with the state in reterr->detail. PROBLEM_ID_TAKEN: another
 * action has this id; the same action again changes nothing. PROBLEM_REGION_UNKNOWN. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem alert_act(struct db *db, struct arena *arena, struct trail_cache *cache,
		       const struct alert_deed *deed, struct fault *reterr) must_check;

/* Of what the service itself does to an alert at a time: the same deed has the same id. */
struct uuid alert_deed_id(struct uuid alert, usec_t at, struct str action);

#endif
