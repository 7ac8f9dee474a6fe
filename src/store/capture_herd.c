/* SPDX-License-Identifier: Apache-2.0
 * Animals: what a record says about them and their herds, and withdrawal periods that were not kept, whichever record came
 * last. What reaches a carcass is told by herd_told alone, over rows that are in: those of the batch are written first. */
#include <string.h>

#include "capture_priv.h"

static bool is_live(const struct lot_fact *lot)
{
	return str_equal(lot->row.unit, STR("HEA"));
}

static bool is_about_herds(const struct item *item)
{
	static const char *const words[] = {"birth", "move", "death", "feed", "medicate"};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_equal(str_of(item->job->kind->word), str_of(words[i])))
			return true;
	return item->job->kind->class == RECORD_OBSERVE && item->job->record->animals.count;
}

static bool is_slaughter(const struct item *item)
{
	return !item->job->event && str_equal(str_of(item->job->kind->word), STR("slaughter"));
}

/* Before anything is read. What a correction is about is not known yet. */
enum problem herds_lock(struct batch *batch)
{
	bool any = false;
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (item->problem || item->job->event)
			continue;
		any |= is_about_herds(item) || is_slaughter(item) || item->job->kind->class == RECORD_CORRECT;
	}
	struct herd_lock_row ignored;
	return any ? herd_lock(batch->db, batch->arena, &ignored) : PROBLEM_NONE;
}

struct herd_line { /* what one row names */
	struct str animal;
	const struct capture_sites_row *site;
	const struct lot_fact *lot;
};

static void add_line(struct batch *batch, struct item *item, const struct event_parts *parts, int64_t n,
		     const struct herd_line *line)
{
	const struct record *record = item->job->record;
	struct herd_row *row = ROW_ADD(batch, herds, struct herd_row);
	*row = (struct herd_row){.item = item,
				 .n = n,
				 .animal = line->animal,
				 .region =
					 parts->site_count ? parts->sites[0]->region : parts->acting->region};
	if (line->site)
		row->site = line->site->id;
	if (line->lot)
		row->lot = (struct lot_id){line->lot->row.org_id, line->lot->row.lot_id};
	if (n == 0)
		row->certificate = record->quarantine_certificate;
}

/* The whole herd, or each animal that is named of it. */
static void add_observed(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	const struct str_list *animals = &item->job->record->animals;
	struct herd_line line = {.site = parts->site_count ? parts->sites[0] : NULL,
				 .lot = parts->output_count ? parts->output_lots[0] : NULL};
	if (!animals->count)
		add_line(batch, item, parts, 0, &line);
	for (size_t i = 0; i < animals->count; i++) {
		line.animal = animals->items[i];
		add_line(batch, item, parts, (int64_t)i, &line);
	}
}

static void add_used(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	const struct str_list *animals = &item->job->record->animals;
	int64_t n = 0;
	for (size_t i = 0; i < parts->input_count; i++)
		if (is_slaughter(item) || is_live(parts->input_lots[i]))
			add_line(batch, item, parts, n++, &(struct herd_line){.lot = parts->input_lots[i]});
	for (size_t i = 0; i < animals->count; i++)
		add_line(batch, item, parts, n++, &(struct herd_line){.animal = animals->items[i]});
}

void herds_add(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	int64_t n = 0;
	if (item->job->event)
		return;
	switch ((int)item->job->kind->class) {
	case RECORD_OBSERVE:
		if (is_about_herds(item))
			add_observed(batch, item, parts);
		return;
	case RECORD_TRANSFORM:
		add_used(batch, item, parts);
		return;
	case RECORD_CREATE:
		for (size_t i = 0; is_live(parts->output_lots[0]) && i < parts->site_count; i++)
			add_line(batch, item, parts, n++,
				 &(struct herd_line){.site = parts->sites[i], .lot = parts->output_lots[0]});
		return;
	case RECORD_SHIP:
		for (size_t i = 0; i < parts->output_count; i++)
			if (is_live(parts->output_lots[i]))
				add_line(batch, item, parts, n++,
					 &(struct herd_line){.lot = parts->output_lots[i]});
		return;
	default:
		return;
	}
}

static void queue_rows(struct batch *batch)
{
	const struct herd_row *rows = batch->herds.items;
	size_t n = batch->herds.count;
	struct herd_insert_many_params p;
	if (!n)
		return;
	COLUMN(p.event, struct uuid, n, rows[i].item->job->id);
	COLUMN(p.n, int64_t, n, rows[i].n);
	COLUMN(p.event_org, struct uuid, n, rows[i].item->recorder);
	COLUMN(p.type, struct str, n, str_of(rows[i].item->job->kind->word));
	COLUMN(p.animal, struct str, n, rows[i].animal);
	COLUMN(p.site, struct uuid, n, rows[i].site);
	COLUMN(p.lot_org, struct uuid, n, rows[i].lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i].lot.lot);
	COLUMN(p.product, struct str, n, rows[i].item->job->record->product);
	COLUMN(p.active, struct str, n, active_joined(batch->arena, &rows[i].item->job->record->active));
	COLUMN(p.certificate, struct str, n, rows[i].certificate);
	COLUMN(p.region, struct str, n, rows[i].region);
	COLUMN(p.event_time, usec_t, n, rows[i].item->time.at_us);
	COLUMN(p.offset_min, int64_t, n, rows[i].item->time.offset_min);
	COLUMN(p.recorded_at, usec_t, n, rows[i].item->recorded_us);
	db_queue(batch->db, &sql_herd_insert_many, &p);
}

static void queue_declared(struct batch *batch)
{
	const struct correction_row *rows = batch->corrections.items;
	size_t n = batch->corrections.count;
	struct herd_declare_params p;
	if (!n)
		return;
	COLUMN(p.events, struct uuid, n, rows[i].event);
	COLUMN(p.declared_at, usec_t, n, rows[i].at);
	db_queue(batch->db, &sql_herd_declare, &p);
}

struct herd_check {
	struct herd_carcasses_row *carcasses;
	struct herd_told_row *told;
	size_t carcass_count, told_count;
	struct map *items; /* event → item of this batch */
	struct map *sold;
};

static enum problem load_carcasses(struct batch *batch, struct herd_check *check)
{
	const struct herd_row *rows = batch->herds.items;
	const struct correction_row *corrected = batch->corrections.items;
	struct rows events = {0};
	for (size_t i = 0; i < batch->herds.count; i++)
		if (rows[i].n == 0)
			*(struct uuid *)rows_add(batch->arena, &events, sizeof(struct uuid)) =
				rows[i].item->job->id;
	for (size_t i = 0; i < batch->corrections.count; i++)
		*(struct uuid *)rows_add(batch->arena, &events, sizeof(struct uuid)) = corrected[i].event;
	const struct herd_carcasses_params params = {rows_array(&events)};
	bool edges = batch->herds.count && batch->edges.count && !batch->edges_sent;
	queue_rows(batch);
	queue_declared(batch);
	if (edges)
		edges_send(batch);
	db_queue(batch->db, &sql_herd_carcasses, &params);
	enum problem p = db_flush(batch->db);
	if (!p && batch->herds.count)
		p = db_take_exec(batch->db, &sql_herd_insert_many, NULL);
	if (!p && batch->corrections.count)
		p = db_take_exec(batch->db, &sql_herd_declare, NULL);
	if (!p && edges)
		p = db_take_exec(batch->db, &sql_lot_edge_insert_many, NULL);
	return p ? p
		 : db_take_many(batch->db, batch->arena, &sql_herd_carcasses, (void **)&check->carcasses,
				&check->carcass_count);
}

static enum problem load_told(struct batch *batch, struct herd_check *check)
{
	struct uuid *slaughters = arena_array(batch->arena, struct uuid, check->carcass_count);
	struct rows orgs = {0}, lots = {0};
	for (size_t i = 0; i < check->carcass_count; i++) {
		slaughters[i] = check->carcasses[i].slaughter;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) =
			check->carcasses[i].lot_org;
		*(struct uuid *)rows_add(batch->arena, &lots, sizeof(struct uuid)) =
			check->carcasses[i].lot_id;
	}
	const struct herd_told_params params = {{slaughters, check->carcass_count}, INT64_MAX};
	db_queue(batch->db, &sql_herd_told, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_herd_told, (void **)&check->told,
				 &check->told_count);
	check->sold = map_create(batch->arena, check->carcass_count);
	return p ? p : batch_load_sold(batch, &orgs, &lots, check->sold);
}

/* A lot that this batch makes is not in the table yet. */
static void complete(struct batch *batch, struct herd_carcasses_row *carcass)
{
	const struct lot_fact *lot = map_get(batch->lots, MAP_KEY(carcass->lot_id));
	if (!lot)
		return;
	carcass->commodity = lot->row.commodity;
	carcass->product = lot->row.product;
	carcass->region = lot->row.region;
}

/* Whose answer names the alert: the slaughter's, the use's, or that of a record which brings them together. */
static struct item *item_for(struct batch *batch, const struct herd_check *check, struct uuid slaughter,
			     struct uuid use)
{
	struct item *item = map_get(check->items, MAP_KEY(slaughter));
	if (!item)
		item = map_get(check->items, MAP_KEY(use));
	return item ? item : ((const struct event_rows *)batch->events.items)[0].item;
}

static void hold_against(struct batch *batch, const struct herd_check *check,
			 const struct herd_carcasses_row *carcass, const struct herd_told_row *told)
{
	const struct risk_harvest slaughter = {.event = carcass->slaughter,
					       .lot = {carcass->lot_org, carcass->lot_id},
					       .time = {carcass->event_time, (int16_t)carcass->offset_min},
					       .commodity = carcass->commodity,
					       .sold = map_get(check->sold, MAP_KEY(carcass->lot_id)) != NULL,
					       .slaughter = true};
	const struct risk_use use = {.event = told->event,
				     .type = told->type,
				     .time = {told->event_time, (int16_t)told->offset_min},
				     .product = told->product,
				     .active = (struct str *)(uintptr_t)told->active.items,
				     .active_count = told->active.count,
				     .commodity = carcass->commodity};
	struct risk_findings findings = {0};
	risk_i01(batch->arena, batch->capture->settings.reference, &use, 1, &slaughter, &findings);
	const struct alert_row about = {.org = carcass->lot_org,
					.party = carcass->lot_org,
					.product = carcass->product,
					.event = carcass->slaughter,
					.happened_us = carcass->event_time,
					.origin_region = told->region,
					.found_region = carcass->region};
	alerts_about(batch, item_for(batch, check, carcass->slaughter, told->event), &findings, &about);
}

static void find_all(struct batch *batch, struct herd_check *check)
{
	for (size_t i = 0; i < check->carcass_count; i++) {
		struct herd_carcasses_row *carcass = &check->carcasses[i];
		complete(batch, carcass);
		batch_touch(batch, (struct lot_id){carcass->lot_org, carcass->lot_id}, batch_seen(batch));
		for (size_t k = 0; carcass->stands && k < check->told_count; k++)
			if (uuid_equal(check->told[k].slaughter, carcass->slaughter) &&
			    !check->told[k].declared_at.known)
				hold_against(batch, check, carcass, &check->told[k]);
	}
}

static bool is_found(const struct batch *batch, size_t first, struct bytes subject)
{
	const struct alert_row *alerts = batch->alerts.items;
	for (size_t i = first; i < batch->alerts.count; i++)
		if (subject.len == sizeof alerts[i].subject.octets &&
		    !memcmp(alerts[i].subject.octets, subject.at, subject.len))
			return true;
	return false;
}

/* All that holds of these carcasses was found just now: what was found before and is not, holds no longer. */
static enum problem close_others(struct batch *batch, const struct herd_check *check, size_t first)
{
	struct herd_alerts_row *rows;
	size_t count;
	struct uuid *lots = arena_array(batch->arena, struct uuid, check->carcass_count);
	for (size_t i = 0; i < check->carcass_count; i++)
		lots[i] = check->carcasses[i].lot_id;
	const struct herd_alerts_params params = {{lots, check->carcass_count}};
	db_queue(batch->db, &sql_herd_alerts, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_herd_alerts, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		if (!is_found(batch, first, rows[i].subject))
			*ROW_ADD(batch, closed, struct closed_alert) = (struct closed_alert){
				rows[i].org_id,
				rows[i].id,
				{rows[i].lot_org, rows[i].lot_id},
				batch->corrections.count ? ALERT_RECORD_CORRECTED : ALERT_LATE_RECORD};
	return p;
}

enum problem batch_check_herds(struct batch *batch)
{
	struct herd_check check = {0};
	size_t first = batch->alerts.count;
	if (!batch->herds.count && !batch->corrections.count)
		return PROBLEM_NONE;
	enum problem p = load_carcasses(batch, &check);
	if (p || !check.carcass_count)
		return p;
	check.items = batch_items_by_event(batch);
	p = load_told(batch, &check);
	if (p)
		return p;
	find_all(batch, &check);
	return close_others(batch, &check, first);
}
