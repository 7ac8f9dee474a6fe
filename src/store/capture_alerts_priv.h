/* SPDX-License-Identifier: Apache-2.0
 * Alerts of a batch: what the rules say of its records, what of it is news, which alerts end with it; and warnings of
 * likely doubles. */
#ifndef FT_STORE_CAPTURE_ALERTS_PRIV_H
#define FT_STORE_CAPTURE_ALERTS_PRIV_H

#include "capture_priv.h"

/* capture_raise.c */
void raising_queue(struct batch *batch); /* before anything else is locked or read */
enum problem raising_take(struct batch *batch) must_check;
/* Before anything is read that an alert to be raised depends on. PROBLEM_CONFLICT with batch->raises_late: the batch has to
 * begin again as one that raises. */
enum problem raising_begin(struct batch *batch) must_check;

/* capture_interval.c */
void alert_facts_queue(struct batch *batch); /* with the round of rows and locks */
enum problem alert_facts_take(struct batch *batch) must_check;
void alerts_of_harvest(struct batch *batch, struct item *item, const struct event_parts *parts);
enum problem batch_check_intervals(struct batch *batch) must_check;
/* Of which of these lots, or of what became of them, anything is sold: into `ret` by lot. */
enum problem batch_load_sold(struct batch *batch, const struct rows *orgs, const struct rows *ids,
			     struct map *ret) must_check;
void batch_touch_harvested(struct batch *batch); /* lots whose trails tell of more at their site now */

/* capture_alerts.c */
void alerts_of_use(struct batch *batch, struct item *item, const struct event_parts *parts);
struct risk_use alerts_use(const struct use_fact *fact, struct str commodity);
/* What was found, about what `about` says. */
void alerts_about(struct batch *batch, struct item *item, const struct risk_findings *findings,
		  const struct alert_row *about);
void alerts_add(struct batch *batch, struct item *item, const struct risk_findings *findings, struct uuid org,
		struct uuid product, struct str origin_region);
struct map *batch_items_by_event(struct batch *batch); /* id → struct item, of events that are to be stored */
enum problem alerts_resolve(struct batch *batch) must_check;
void batch_touch(struct batch *batch, struct lot_id id, usec_t seen);
usec_t batch_seen(const struct batch *batch); /* its moment, for what is seen again */
void alerts_send(struct batch *batch);

/* capture_close.c */
enum alert_reason { ALERT_RECORD_CORRECTED, ALERT_LATE_RECORD }; /* why the service closes an alert */
struct closed_alert {
	struct uuid org, id;
	struct lot_id lot; /* nil org: none */
	enum alert_reason reason;
};
enum problem alerts_close(struct batch *batch) must_check; /* after alerts_resolve */
void alerts_close_send(struct batch *batch);
void alerts_reopen(struct batch *batch, struct alert_row *const *all, size_t count);

/* capture_event.c: as they are stored */
struct str active_joined(struct arena *arena, const struct str_list *active);
/* capture_herd.c */
struct herd_row { /* an animal or herd that a record names */
	struct item *item;
	int64_t n;
	struct str animal; /* absent: the whole herd */
	struct uuid site;
	struct lot_id lot;
	struct str certificate, region;
};
enum problem herds_lock(struct batch *batch) must_check; /* before batch_load */
void herds_add(struct batch *batch, struct item *item, const struct event_parts *parts);
/* Writes what is said of herds, and holds slaughters against what was used: finds alerts, and closes those that hold no
 * longer. After all records are decided. */
enum problem batch_check_herds(struct batch *batch) must_check;

/* capture_owed.c */
struct short_row { /* of batch->shorts */
	struct item *item;
	struct lot_fact *lot;
	struct holding_fact *holding;
	struct risk_ledger ledger; /* told: else it is that of a partner's event */
	bool told;
	bool warns; /* the record took what was not there: its answer says so */
};
bool holding_is_short(const struct holding_fact *holding);
/* The holder owes some of the lot by this record, unless another of the batch brings it. */
struct short_row *short_note(struct batch *batch, struct item *item, struct lot_fact *lot,
			     struct holding_fact *holding, const struct risk_ledger *ledger);
void batch_find_shorts(struct batch *batch);                   /* once all is decided */
bool batch_is_owed(struct batch *batch, struct bytes subject); /* of a finding that still holds */
enum problem batch_close_owed(struct batch *batch) must_check; /* what is there again */

/* Findings that hold no longer if they are not closed: alerts by subject. */
struct owed_alerts {
	struct rows orgs, subjects, lots; /* struct uuid, bytes, struct lot_id */
};
void owed_alert_add(struct batch *batch, struct owed_alerts *alerts, struct str subject, struct lot_id lot);
/* capture_unit_acts.c: what was taken out of units and was not in them */
void units_find_lacking(struct batch *batch);
void units_found_again(struct batch *batch, struct owed_alerts *ret);

/* capture_short.c */
enum problem batch_judge_short(struct batch *batch) must_check;

/* capture_double.c */
void doubles_queue(struct batch *batch); /* with the second round of look-ups */
enum problem doubles_take(struct batch *batch) must_check;
void doubles_warn(struct batch *batch, struct item *item); /* of a record that is stored */

#endif
