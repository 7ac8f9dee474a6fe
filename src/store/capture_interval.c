/* SPDX-License-Identifier: Apache-2.0
 * Holds harvests against what was used at their sites, whichever was recorded last: intervals that were not kept (I01), and
 * trails that now tell of more. */
#include "capture_priv.h"

static const usec_t DAY_US = 86400 * USEC_PER_SEC;

struct spans {
	struct rows sites, since, until; /* struct uuid; usec_t, usec_t */
};

static void span_add(struct batch *batch, struct spans *spans, const struct item *item, usec_t since,
		     usec_t until)
{
	for (size_t i = 0; i < item->site_count; i++) {
		if (!item->sites[i].found)
			continue;
		*(struct uuid *)rows_add(batch->arena, &spans->sites, sizeof(struct uuid)) =
			item->sites[i].id.lot;
		*(usec_t *)rows_add(batch->arena, &spans->since, sizeof(usec_t)) = since;
		*(usec_t *)rows_add(batch->arena, &spans->until, sizeof(usec_t)) = until;
	}
}

static enum problem take_uses(struct batch *batch)
{
	struct site_uses_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_site_uses, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, uses, struct use_fact) =
			(struct use_fact){.site = rows[i].site,
					  .event = rows[i].event,
					  .type = rows[i].type,
					  .time = {rows[i].event_time, (int16_t)rows[i].offset_min},
					  .product = rows[i].input_product,
					  .active = (struct str *)(uintptr_t)rows[i].input_active.items,
					  .active_count = rows[i].input_active.count};
	return p;
}

static enum problem take_harvests(struct batch *batch)
{
	struct site_harvests_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_site_harvests, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, harvests, struct harvest_fact) =
			(struct harvest_fact){.site = rows[i].site,
					      .event = rows[i].event,
					      .time = {rows[i].event_time, (int16_t)rows[i].offset_min},
					      .lot = {rows[i].lot_org, rows[i].lot_id},
					      .commodity = rows[i].commodity,
					      .region = rows[i].region,
					      .product = rows[i].product};
	return p;
}

void alert_facts_queue(struct batch *batch)
{
	struct spans uses = {0}, harvests = {0};
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (item->problem || item->replay)
			continue;
		if (item->job->kind->class == RECORD_CREATE)
			span_add(batch, &uses, item, item->time.at_us - I01_WINDOW_DAYS * DAY_US,
				 item->time.at_us + DAY_US);
		else if (item->job->kind->class == RECORD_OBSERVE)
			span_add(batch, &harvests, item, item->time.at_us - DAY_US,
				 item->time.at_us + I01_WINDOW_DAYS * DAY_US);
	}
	const struct site_uses_params before = {
		rows_array(&uses.sites), rows_array(&uses.since), rows_array(&uses.until), {0} /* all */};
	const struct site_harvests_params after = {rows_array(&harvests.sites), rows_array(&harvests.since),
						   rows_array(&harvests.until)};
	db_queue(batch->db, &sql_site_uses, &before);
	db_queue(batch->db, &sql_site_harvests, &after);
}

enum problem alert_facts_take(struct batch *batch)
{
	enum problem p = take_uses(batch);
	return p ? p : take_harvests(batch);
}

void alerts_of_harvest(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	const struct lot_fact *lot = parts->output_lots[0];
	for (size_t i = 0; i < parts->site_count; i++)
		*ROW_ADD(batch, harvests, struct harvest_fact) =
			(struct harvest_fact){.site = parts->sites[i]->id,
					      .event = item->job->id,
					      .time = item->time,
					      .lot = {lot->row.org_id, lot->row.lot_id},
					      .commodity = lot->row.commodity,
					      .region = parts->sites[i]->region,
					      .product = lot->row.product};
}

/* What a harvest and the uses at its site say together. */
static struct risk_findings interval_findings(struct batch *batch, const struct harvest_fact *harvest,
					      bool sold, const struct use_fact *uses, size_t use_count)
{
	const struct risk_harvest facts = {.event = harvest->event,
					   .lot = harvest->lot,
					   .time = harvest->time,
					   .commodity = harvest->commodity,
					   .sold = sold};
	struct risk_use *list = arena_array(batch->arena, struct risk_use, use_count + 1);
	struct risk_findings findings = {0};
	size_t count = 0;
	for (size_t i = 0; i < use_count; i++)
		if (uuid_equal(uses[i].site, harvest->site))
			list[count++] = alerts_use(&uses[i], harvest->commodity);
	if (count)
		risk_i01(batch->arena, batch->capture->settings.reference, list, count, &facts, &findings);
	return findings;
}

/* What is used is mostly the same again: the rule is asked once for the same words. */
static const int64_t *interval_of(struct batch *batch, struct map *known, const struct risk_use *use)
{
	struct buf key = buf_create(batch->arena, 128);
	buf_printf(&key, "%.*s\n%.*s\n%.*s", STR_ARGS(use->commodity), STR_ARGS(use->type),
		   STR_ARGS(use->product));
	for (size_t i = 0; i < use->active_count; i++)
		buf_printf(&key, "\n%.*s", STR_ARGS(use->active[i]));
	int64_t *days = map_get(known, str_bytes(buf_str(&key)));
	if (!days) {
		struct arena *scratch = arena_create();
		days = arena_new(batch->arena, int64_t);
		*days = risk_i01_days(scratch, batch->capture->settings.reference, use);
		arena_destroy(scratch);
		map_set(known, str_bytes(buf_str(&key)), days);
	}
	return days;
}

/* Asked of every harvest that a use may meet: the answer is kept for the next one of the same crop. */
static int64_t interval_days(struct batch *batch, struct map *known, struct use_fact *use,
			     struct str commodity)
{
	if (!use->days || !str_equal(use->days_on, commodity)) {
		const struct risk_use facts = alerts_use(use, commodity);
		use->days = interval_of(batch, known, &facts);
		use->days_on = commodity;
	}
	return *use->days;
}

/* One harvest and the uses it is to be held against: all of them when it was recorded in this batch, else one that was. */
struct meeting {
	struct item *item; /* of this batch: whose answer names the alert */
	const struct harvest_fact *harvest;
	struct use_fact *uses;
	size_t use_count;
};

/* Without a finding: thousands of harvests may have followed a use, and nearly none breaks its interval. */
static bool breaks_interval(struct batch *batch, struct map *known, const struct meeting *m)
{
	for (size_t i = 0; i < m->use_count; i++) {
		struct use_fact *use = &m->uses[i];
		if (uuid_equal(use->site, m->harvest->site) &&
		    risk_i01_breaks(use->time, m->harvest->time,
				    interval_days(batch, known, use, m->harvest->commodity)))
			return true;
	}
	return false;
}

static void meetings_gather(struct batch *batch, struct rows *ret)
{
	const struct harvest_fact *harvests = batch->harvests.items;
	struct use_fact *uses = batch->uses.items;
	struct map *items = batch_items_by_event(batch);
	struct item **users = arena_array(batch->arena, struct item *, batch->uses.count);
	for (size_t k = 0; k < batch->uses.count; k++)
		users[k] = map_get(items, MAP_KEY(uses[k].event));
	for (size_t i = 0; i < batch->harvests.count; i++) {
		struct item *item = map_get(items, MAP_KEY(harvests[i].event));
		if (item && batch->uses.count)
			*(struct meeting *)rows_add(batch->arena, ret, sizeof(struct meeting)) =
				(struct meeting){item, &harvests[i], uses, batch->uses.count};
		for (size_t k = 0; !item && k < batch->uses.count; k++)
			if (users[k] && uuid_equal(uses[k].site, harvests[i].site))
				*(struct meeting *)rows_add(batch->arena, ret, sizeof(struct meeting)) =
					(struct meeting){users[k], &harvests[i], &uses[k], 1};
	}
}

enum problem batch_load_sold(struct batch *batch, const struct rows *orgs, const struct rows *ids,
			     struct map *ret)
{
	struct lot_downstream_sold_row *sold;
	size_t count;
	const struct lot_downstream_sold_params params = {rows_array(orgs), rows_array(ids),
							  batch->capture->settings.config->graph_nodes};
	enum problem p = orgs->count ? raising_begin(batch) : PROBLEM_NONE;
	if (p)
		return p;
	db_queue(batch->db, &sql_lot_downstream_sold, &params);
	p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_lot_downstream_sold, (void **)&sold, &count);
	for (size_t i = 0; !p && i < count; i++)
		map_set(ret, MAP_KEY(sold[i].lot_id), &sold[i]);
	return p;
}

/* Only of harvests that break an interval is asked whether anything of them is sold. */
enum problem batch_check_intervals(struct batch *batch)
{
	struct rows meetings = {0}, broken = {0}, orgs = {0}, ids = {0};
	struct map *known = map_create(batch->arena, 16);
	meetings_gather(batch, &meetings);
	const struct meeting *all = meetings.items;
	for (size_t i = 0; i < meetings.count; i++) {
		if (!breaks_interval(batch, known, &all[i]))
			continue;
		*(struct meeting *)rows_add(batch->arena, &broken, sizeof(struct meeting)) = all[i];
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = all[i].harvest->lot.org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = all[i].harvest->lot.lot;
	}
	if (!broken.count)
		return PROBLEM_NONE;
	struct map *sold = map_create(batch->arena, broken.count);
	enum problem p = batch_load_sold(batch, &orgs, &ids, sold);
	const struct meeting *m = broken.items;
	for (size_t i = 0; !p && i < broken.count; i++) {
		const struct harvest_fact *harvest = m[i].harvest;
		bool is_sold = map_get(sold, MAP_KEY(harvest->lot.lot)) != NULL;
		struct risk_findings findings =
			interval_findings(batch, harvest, is_sold, m[i].uses, m[i].use_count);
		/* About the harvest, whichever of the records came last. */
		const struct alert_row about = {.org = harvest->lot.org,
						.party = harvest->lot.org,
						.product = harvest->product,
						.event = harvest->event,
						.happened_us = harvest->time.at_us,
						.origin_region = harvest->region,
						.found_region = harvest->region};
		alerts_about(batch, m[i].item, &findings, &about);
	}
	return p;
}

/* A trail tells what was done at the place before the harvest: recorded late it shows in the trails of lots that are out. */
void batch_touch_harvested(struct batch *batch)
{
	const struct harvest_fact *harvests = batch->harvests.items;
	const struct site_row *done = batch->site_rows.items;
	for (size_t i = 0; i < batch->harvests.count; i++)
		for (size_t k = 0; k < batch->site_rows.count; k++)
			if (done[k].time.at_us <= harvests[i].time.at_us && uuid_is_nil(done[k].lot.lot) &&
			    uuid_equal(done[k].site, harvests[i].site)) {
				batch_touch(batch, harvests[i].lot, done[k].at);
				break;
			}
}
