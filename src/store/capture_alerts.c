/* SPDX-License-Identifier: Apache-2.0
 * Runs the risk rules over a batch: an input recorded after the harvest it spoils raises the same alert as one recorded
 * before it, in the capture that completes the facts. */
#include "capture_priv.h"

#include "ft/base/metrics.h"

static bool uses_input(const struct item *item)
{
	const struct record *record = item->job->record;
	return item->job->kind->class == RECORD_OBSERVE && (record->product.at || record->active.count);
}

void alerts_about(struct batch *batch, struct item *item, const struct risk_findings *findings,
		  const struct alert_row *about)
{
	for (size_t i = 0; i < findings->count; i++) {
		struct alert_row *row = ROW_ADD(batch, alerts, struct alert_row);
		*row = *about;
		row->finding = findings->items[i];
		row->seen = item->recorded_us;
		row->item = item;
		row->subject = sha256_of(str_bytes(findings->items[i].subject));
	}
}

void alerts_add(struct batch *batch, struct item *item, const struct risk_findings *findings, struct uuid org,
		struct uuid product, struct str origin_region)
{
	const struct capture_parties_row *acting = map_get(batch->parties, MAP_KEY(item->acting));
	const struct alert_row about = {.org = org,
					.party = item->acting,
					.product = product,
					.event = item->job->id,
					.happened_us = item->time.at_us,
					.origin_region = origin_region.at ? origin_region : acting->region,
					.found_region = acting->region};
	alerts_about(batch, item, findings, &about);
}

struct risk_use alerts_use(const struct use_fact *fact, struct str commodity)
{
	return (struct risk_use){.event = fact->event,
				 .type = fact->type,
				 .time = fact->time,
				 .product = fact->product,
				 .active = fact->active,
				 .active_count = fact->active_count,
				 .commodity = commodity};
}

void alerts_of_use(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	const struct record *record = item->job->record;
	const struct reference *reference = batch->capture->settings.reference;
	if (!uses_input(item))
		return;
	for (size_t i = 0; i < (parts->site_count ? parts->site_count : 1); i++) {
		const struct capture_sites_row *site = parts->site_count ? parts->sites[i] : NULL;
		const struct lot_fact *lot = parts->output_count ? parts->output_lots[0] : NULL;
		struct use_fact *use = ROW_ADD(batch, uses, struct use_fact);
		*use = (struct use_fact){.event = item->job->id,
					 .type = record->type,
					 .time = item->time,
					 .product = record->product,
					 .active = record->active.items,
					 .active_count = record->active.count};
		if (site)
			use->site = site->id;
		struct risk_use facts = alerts_use(use, site  ? site->commodity
							: lot ? lot->row.commodity
							      : (struct str){NULL, 0});
		struct risk_findings findings = {0};
		risk_r01(batch->arena, reference, &facts, &findings);
		alerts_add(batch, item, &findings, site ? site->party : item->acting, (struct uuid){{0}},
			   site ? site->region : parts->acting->region);
	}
}

struct map *batch_items_by_event(struct batch *batch)
{
	struct map *items = map_create(batch->arena, batch->events.count);
	for (size_t i = 0; i < batch->events.count; i++) {
		struct item *item = ((struct event_rows *)batch->events.items)[i].item;
		if (!map_get(items, MAP_KEY(item->job->id)))
			map_set(items, MAP_KEY(item->job->id), item);
	}
	return items;
}

void batch_touch(struct batch *batch, struct lot_id id, usec_t seen)
{
	struct lot_fact *lot = map_get(batch->lots, MAP_KEY(id.lot));
	if (!lot) {
		*ROW_ADD(batch, touched_orgs, struct uuid) = id.org;
		*ROW_ADD(batch, touched, struct uuid) = id.lot;
		return;
	}
	lot->row.version = seen > lot->row.version ? seen : lot->row.version;
	lot->dirty = true;
}

/* The trail of a lot shows its open alerts: it has changed with them. */
static void touch_lot(struct batch *batch, const struct alert_row *alert)
{
	if (!uuid_is_nil(alert->finding.lot.org))
		batch_touch(batch, alert->finding.lot, alert->seen);
}

static struct uuid alert_id(const struct alert_row *alert)
{
	const struct bytes parts[] = {{alert->event.octets, sizeof alert->event.octets},
				      sha256_bytes(&alert->subject)};
	struct sha256 h = sha256_of_parts(parts, 2);
	return uuid_v7(alert->seen, h.octets);
}

/* The moment of this batch, for what is seen again. */
usec_t batch_seen(const struct batch *batch)
{
	const struct event_rows *last =
		&((const struct event_rows *)batch->events.items)[batch->events.count - 1];
	return last->item->recorded_us;
}

static void queue_raise(struct batch *batch)
{
	const usec_t seen = batch_seen(batch);
	const struct alert_raise_sold_params params = {
		.ids = rows_array(&batch->sold),
		.seen = seen,
		.due_at = seen + risk_due_after_s(SEVERITY_CRITICAL) * USEC_PER_SEC,
		.max_lots = batch->capture->settings.config->graph_nodes};
	db_queue(batch->db, &sql_alert_raise_sold, &params);
}

/* Alerts of earlier batches about what is sold now. Their lots' pages change with them. */
static enum problem raise_sold(struct batch *batch)
{
	struct alert_raise_sold_row *rows;
	size_t count;
	if (!batch->sold.count)
		return PROBLEM_NONE;
	queue_raise(batch);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_alert_raise_sold, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		batch_touch(batch, (struct lot_id){rows[i].lot_org, rows[i].lot_id}, batch_seen(batch));
	return p;
}

/* What is no longer said to have been done at a place shows in the trails of what was harvested there. */
static enum problem touch_declared(struct batch *batch)
{
	const struct declared_row *declared = batch->declared_sites.items;
	struct rows orgs = {0}, sites = {0};
	struct correction_site_lots_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->declared_sites.count; i++) {
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = declared[i].org;
		*(struct uuid *)rows_add(batch->arena, &sites, sizeof(struct uuid)) = declared[i].id;
	}
	if (!sites.count)
		return PROBLEM_NONE;
	const struct correction_site_lots_params params = {rows_array(&orgs), rows_array(&sites)};
	db_queue(batch->db, &sql_correction_site_lots, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_site_lots, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		batch_touch(batch, (struct lot_id){rows[i].org_id, rows[i].lot_id}, batch_seen(batch));
	return p;
}

enum problem alerts_resolve(struct batch *batch)
{
	struct rows orgs = {0}, subjects = {0};
	struct alert_ids_find_row *known;
	size_t count;
	batch_touch_harvested(batch);
	enum problem p = touch_declared(batch);
	if (!p)
		p = lineage_join(batch);
	if (!p)
		p = batch_check_intervals(batch);
	if (!p)
		p = batch_check_herds(batch);
	if (!p)
		p = raise_sold(batch);
	struct alert_row *alerts = batch->alerts.items;
	if (!p && batch->alerts.count)
		p = raising_begin(batch);
	if (p || !batch->alerts.count)
		return p;
	for (size_t i = 0; i < batch->alerts.count; i++) {
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = alerts[i].org;
		*(struct bytes *)rows_add(batch->arena, &subjects, sizeof(struct bytes)) =
			sha256_bytes(&alerts[i].subject);
	}
	const struct alert_ids_find_params params = {{orgs.items, orgs.count},
						     {subjects.items, subjects.count}};
	db_queue(batch->db, &sql_alert_ids_find, &params);
	p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_alert_ids_find, (void **)&known, &count);
	struct map *ids = map_create(batch->arena, 16);
	for (size_t i = 0; !p && i < count; i++)
		map_set(ids, known[i].subject, &known[i].id);
	for (size_t i = 0; !p && i < batch->alerts.count; i++) {
		struct uuid *id = map_get(ids, sha256_bytes(&alerts[i].subject));
		alerts[i].is_new = id == NULL;
		alerts[i].id = id ? *id : alert_id(&alerts[i]);
		if (!id) /* the same finding twice in one batch is one alert */
			map_set(ids, sha256_bytes(&alerts[i].subject), &alerts[i].id);
		*(struct uuid *)rows_add(batch->arena, &alerts[i].item->alerts, sizeof(struct uuid)) =
			alerts[i].id;
		touch_lot(batch, &alerts[i]);
	}
	return p;
}

static void send_alerts(struct batch *batch, struct alert_row *const *rows, size_t n)
{
	struct alert_upsert_many_params p;
	COLUMN(p.org_id, struct uuid, n, rows[i]->org);
	COLUMN(p.id, struct uuid, n, rows[i]->id);
	COLUMN(p.rule, struct str, n, str_of(rows[i]->finding.rule));
	COLUMN(p.rule_version, int64_t, n, rows[i]->finding.rule_version);
	COLUMN(p.severity, int64_t, n, rows[i]->finding.severity);
	COLUMN(p.subject, struct bytes, n, sha256_bytes(&rows[i]->subject));
	COLUMN(p.title_zh, struct str, n, rows[i]->finding.title_zh);
	COLUMN(p.title_en, struct str, n, rows[i]->finding.title_en);
	COLUMN(p.reason_zh, struct str, n, rows[i]->finding.reason_zh);
	COLUMN(p.reason_en, struct str, n, rows[i]->finding.reason_en);
	COLUMN(p.action_zh, struct str, n, rows[i]->finding.action_zh);
	COLUMN(p.action_en, struct str, n, rows[i]->finding.action_en);
	COLUMN(p.inputs, struct bytes, n, str_bytes(rows[i]->finding.inputs_json));
	COLUMN(p.edition, struct str, n, rows[i]->finding.edition);
	COLUMN(p.evidence, struct bytes, n, str_bytes(risk_evidence_json(batch->arena, &rows[i]->finding)));
	COLUMN(p.seen, usec_t, n, rows[i]->seen);
	COLUMN(p.due_at, usec_t, n, rows[i]->seen + rows[i]->finding.due_after_s * USEC_PER_SEC);
	COLUMN(p.party, struct uuid, n, rows[i]->party);
	COLUMN(p.product, struct uuid, n, rows[i]->product);
	COLUMN(p.lot_org, struct uuid, n, rows[i]->finding.lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i]->finding.lot.lot);
	COLUMN(p.event, struct uuid, n, rows[i]->event);
	COLUMN(p.happened_at, usec_t, n, rows[i]->happened_us);
	COLUMN(p.code, struct str, n, ((struct str){NULL, 0}));
	db_queue(batch->db, &sql_alert_upsert_many, &p);

	struct alert_region_insert_many_params r;
	COLUMN(r.org_id, struct uuid, n * 2, rows[i % n]->org);
	COLUMN(r.alert, struct uuid, n * 2, rows[i % n]->id);
	COLUMN(r.region, struct str, n * 2, i < n ? rows[i]->origin_region : rows[i - n]->found_region);
	COLUMN(r.role, struct str, n * 2, i < n ? STR("origin") : STR("found"));
	db_queue(batch->db, &sql_alert_region_insert_many, &r);
	const struct alert_region_insert_held_params h = {p.org_id, p.id, p.lot_org, p.lot_id,
							  batch->capture->settings.config->graph_nodes};
	db_queue(batch->db, &sql_alert_region_insert_held, &h);
	metric_add(METRIC_ALERTS_RAISED, (int64_t)n);
}

/* Goods take the alerts about them along, to whoever watches over the place where they arrive. */
static void send_moved(struct batch *batch)
{
	struct rows lots = {0}, regions = {0};
	const struct link_row *links = batch->links.items;
	struct map *items = batch_items_by_event(batch);
	for (size_t i = 0; i < batch->links.count; i++) {
		const struct item *item = map_get(items, MAP_KEY(links[i].event));
		if (!item || item->job->kind->class != RECORD_RECEIVE)
			continue;
		const struct capture_parties_row *receiver = map_get(batch->parties, MAP_KEY(item->acting));
		*(struct uuid *)rows_add(batch->arena, &lots, sizeof(struct uuid)) = links[i].lot.lot;
		*(struct str *)rows_add(batch->arena, &regions, sizeof(struct str)) = receiver->region;
	}
	if (!lots.count)
		return;
	const struct alert_region_insert_moved_params moved = {rows_array(&lots), rows_array(&regions),
							       batch->capture->settings.config->graph_nodes};
	db_queue(batch->db, &sql_alert_region_insert_moved, &moved);
}

static bool is_earlier(const struct alert_row *a, const struct alert_row *b)
{
	return a->happened_us != b->happened_us ? a->happened_us < b->happened_us
						: uuid_compare(a->event, b->event) < 0;
}

/* The earliest of what was found about the same subject, as strict as the strictest. */
static void join(struct alert_row *first, const struct alert_row *other)
{
	enum severity strictest = other->finding.severity < first->finding.severity ? other->finding.severity
										    : first->finding.severity;
	bool is_new = first->is_new || other->is_new;
	if (is_earlier(other, first))
		*first = *other;
	first->finding.severity = strictest;
	first->is_new = is_new;
}

/* Alerts that were there already and turn out to have begun earlier. */
static void send_retold(struct batch *batch, struct alert_row *const *all, size_t count)
{
	struct alert_retell_many_params p;
	struct alert_row **rows = arena_array(batch->arena, struct alert_row *, count);
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (!all[i]->is_new)
			rows[n++] = all[i];
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, rows[i]->org);
	COLUMN(p.subject, struct bytes, n, sha256_bytes(&rows[i]->subject));
	COLUMN(p.reason_zh, struct str, n, rows[i]->finding.reason_zh);
	COLUMN(p.reason_en, struct str, n, rows[i]->finding.reason_en);
	COLUMN(p.action_zh, struct str, n, rows[i]->finding.action_zh);
	COLUMN(p.action_en, struct str, n, rows[i]->finding.action_en);
	COLUMN(p.inputs, struct bytes, n, str_bytes(rows[i]->finding.inputs_json));
	COLUMN(p.edition, struct str, n, rows[i]->finding.edition);
	COLUMN(p.evidence, struct bytes, n, str_bytes(risk_evidence_json(batch->arena, &rows[i]->finding)));
	COLUMN(p.party, struct uuid, n, rows[i]->party);
	COLUMN(p.event, struct uuid, n, rows[i]->event);
	COLUMN(p.happened_at, usec_t, n, rows[i]->happened_us);
	db_queue(batch->db, &sql_alert_retell_many, &p);
}

/* One row an alert. */
void alerts_send(struct batch *batch)
{
	struct alert_row *alerts = batch->alerts.items;
	struct alert_row **rows = arena_array(batch->arena, struct alert_row *, batch->alerts.count + 1);
	struct map *seen = map_create(batch->arena, batch->alerts.count);
	size_t n = 0;
	for (size_t i = 0; i < batch->alerts.count; i++) {
		struct alert_row *first = map_get(seen, MAP_KEY(alerts[i].id));
		if (first) {
			join(first, &alerts[i]);
			continue;
		}
		map_set(seen, MAP_KEY(alerts[i].id), &alerts[i]);
		rows[n++] = &alerts[i];
	}
	if (n)
		send_alerts(batch, rows, n);
	send_retold(batch, rows, n);
	alerts_reopen(batch, rows, n);
	alerts_close_send(batch);
	send_moved(batch);
	lineage_send(batch);
	if (batch->touched.count) {
		const struct lot_touch_many_params touched = {rows_array(&batch->touched_orgs),
							      rows_array(&batch->touched), batch_seen(batch)};
		db_queue(batch->db, &sql_lot_touch_many, &touched);
	}
	if (batch->sold.count && n) /* what was found a moment ago may be sold in the same batch */
		queue_raise(batch);
}
