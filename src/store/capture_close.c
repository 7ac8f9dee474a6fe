/* SPDX-License-Identifier: Apache-2.0
 * Alerts of withdrawn records: closed in the transaction that withdraws them when the finding no longer holds, open again
 * when it is found once more. */
#include "capture_priv.h"

#include "ft/store/alerts.h"

static bool is_found_again(const struct batch *batch, struct uuid alert)
{
	const struct alert_row *alerts = batch->alerts.items;
	for (size_t i = 0; i < batch->alerts.count; i++)
		if (uuid_equal(alerts[i].id, alert))
			return true;
	return false;
}

static void queue_alerts(struct batch *batch)
{
	const struct correction_row *rows = batch->corrections.items;
	const struct declared_row *sites = batch->declared_sites.items;
	struct correction_alerts_params p;
	COLUMN(p.events, struct uuid, batch->corrections.count, rows[i].event);
	COLUMN(p.site_orgs, struct uuid, batch->declared_sites.count, sites[i].org);
	COLUMN(p.sites, struct uuid, batch->declared_sites.count, sites[i].id);
	COLUMN(p.site_events, struct uuid, batch->declared_sites.count, sites[i].event);
	db_queue(batch->db, &sql_correction_alerts, &p);
}

enum problem alerts_close(struct batch *batch)
{
	struct correction_alerts_row *found;
	size_t count;
	enum problem p = batch_close_owed(batch);
	if (p || !batch->corrections.count)
		return p;
	queue_alerts(batch);
	p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_alerts, (void **)&found, &count);
	for (size_t i = 0; !p && i < count; i++) {
		if (is_found_again(batch, found[i].id) || batch_is_owed(batch, found[i].subject))
			continue;
		*ROW_ADD(batch, closed, struct closed_alert) =
			(struct closed_alert){found[i].org_id,
					      found[i].id,
					      {found[i].lot_org, found[i].lot_id},
					      ALERT_RECORD_CORRECTED};
		if (!uuid_is_nil(found[i].lot_org))
			batch_touch(batch, (struct lot_id){found[i].lot_org, found[i].lot_id},
				    batch_seen(batch));
	}
	return p;
}

void alerts_close_send(struct batch *batch)
{
	static const char *const reasons[] = {
		[ALERT_RECORD_CORRECTED] = "record_corrected", [ALERT_LATE_RECORD] = "late_record"};
	const struct closed_alert *rows = batch->closed.items;
	const size_t n = batch->closed.count;
	struct alert_close_many_params p;
	if (!n)
		return;
	p.at = batch_seen(batch);
	COLUMN(p.reason, struct str, n, str_of(reasons[rows[i].reason]));
	COLUMN(p.org_id, struct uuid, n, rows[i].org);
	COLUMN(p.id, struct uuid, n, rows[i].id);
	COLUMN(p.deed, struct uuid, n, alert_deed_id(rows[i].id, p.at, STR("close")));
	db_queue(batch->db, &sql_alert_close_many, &p);
}

void alerts_reopen(struct batch *batch, struct alert_row *const *all, size_t count)
{
	const struct alert_row **rows = arena_array(batch->arena, const struct alert_row *, count + 1);
	struct alert_reopen_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (!all[i]->is_new)
			rows[n++] = all[i];
	if (!n)
		return;
	p.at = batch_seen(batch);
	COLUMN(p.org_id, struct uuid, n, rows[i]->org);
	COLUMN(p.id, struct uuid, n, rows[i]->id);
	COLUMN(p.deed, struct uuid, n, alert_deed_id(rows[i]->id, p.at, STR("reopen")));
	COLUMN(p.due_at, usec_t, n, rows[i]->seen + rows[i]->finding.due_after_s * USEC_PER_SEC);
	db_queue(batch->db, &sql_alert_reopen_many, &p);
}
