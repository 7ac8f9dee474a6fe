/* SPDX-License-Identifier: Apache-2.0
 * Holds harvests against what was used at their sites, whichever was recorded last: intervals that were not kept (I01), and
 * trails that now tell of more. */
#include "capture_priv.h"

static const usec_t DAY_US = 86400 * USEC_PER_SEC;

struct spans {
	struct rows sites, since, until; /* struct uuid; usec_t, usec_t */
};

static void span_add(struct batch *batch, struct spans *spans, struct uuid site, usec_t since, usec_t until)
{
	*(struct uuid *)rows_add(batch->arena, &spans->sites, sizeof(struct uuid)) = site;
	*(usec_t *)rows_add(batch->arena, &spans->since, sizeof(usec_t)) = since;
	*(usec_t *)rows_add(batch->arena, &spans->until, sizeof(usec_t)) = until;
}

static void spans_of_item(struct batch *batch, struct spans *spans, const struct item *item, usec_t since,
			  usec_t until)
{
	for (size_t i = 0; i < item->site_count; i++)
		if (item->sites[i].found)
			span_add(batch, spans, item->sites[i].id.lot, since, until);
}

/* Of site_inputs and of site_uses. */
#define USE_OF_ROW(row) \
	((struct use_fact){.site = (row).site, \
			   .event = (row).event, \
			   .type = (row).type, \
			   .time = {(row).event_time, (int16_t)(row).offset_min}, \
			   .product = (row).input_product, \
			   .active = (struct str *)(uintptr_t)(row).input_active.items, \
			   .active_count = (row).input_active.count})

static enum problem take_inputs(struct batch *batch)
{
	struct site_inputs_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_site_inputs, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, uses, struct use_fact) = USE_OF_ROW(rows[i]);
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
			spans_of_item(batch, &uses, item, item->time.at_us - I01_WINDOW_DAYS * DAY_US,
				      item->time.at_us);
		else if (item->job->kind->class == RECORD_OBSERVE)
			spans_of_item(batch, &harvests, item, item->time.at_us,
				      item->time.at_us + I01_WINDOW_DAYS * DAY_US);
	}
	const struct site_inputs_params before = {rows_array(&uses.sites), rows_array(&uses.since),
						  rows_array(&uses.until)};
	const struct site_harvests_params after = {rows_array(&harvests.sites), rows_array(&harvests.since),
						   rows_array(&harvests.until)};
	db_queue(batch->db, &sql_site_inputs, &before);
	db_queue(batch->db, &sql_site_harvests, &after);
}

enum problem alert_facts_take(struct batch *batch)
{
	enum problem p = take_inputs(batch);
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

/* One harvest and the uses it is to be held against: when it was recorded in this batch all of them, else one that was. */
struct meeting {
	struct item *item; /* of this batch: whose answer names the alert */
	const struct harvest_fact *harvest;
	struct use_fact *uses;
	size_t use_count;
	bool is_late_use; /* the harvest is from the table */
};

/* The longest interval of a use that so many more days would break; 0: none. Without a finding: thousands of harvests may
 * have followed a use, and nearly none breaks its interval. */
static int64_t broken_interval(struct batch *batch, struct map *known, const struct meeting *m,
			       int64_t more_days)
{
	int64_t longest = 0;
	for (size_t i = 0; i < m->use_count; i++) {
		struct use_fact *use = &m->uses[i];
		if (!uuid_equal(use->site, m->harvest->site))
			continue;
		int64_t days = interval_days(batch, known, use, m->harvest->commodity);
		if (days > longest && risk_i01_breaks(use->time, m->harvest->time, days + more_days))
			longest = days;
	}
	return longest;
}

static void meetings_gather(struct batch *batch, struct map *items, struct rows *ret)
{
	const struct harvest_fact *harvests = batch->harvests.items;
	struct use_fact *uses = batch->uses.items;
	struct item **users = arena_array(batch->arena, struct item *, batch->uses.count);
	for (size_t k = 0; k < batch->uses.count; k++)
		users[k] = map_get(items, MAP_KEY(uses[k].event));
	for (size_t i = 0; i < batch->harvests.count; i++) {
		struct item *item = map_get(items, MAP_KEY(harvests[i].event));
		if (item && batch->uses.count)
			*(struct meeting *)rows_add(batch->arena, ret, sizeof(struct meeting)) =
				(struct meeting){item, &harvests[i], uses, batch->uses.count, false};
		for (size_t k = 0; !item && k < batch->uses.count; k++)
			if (users[k] && uuid_equal(uses[k].site, harvests[i].site))
				*(struct meeting *)rows_add(batch->arena, ret, sizeof(struct meeting)) =
					(struct meeting){users[k], &harvests[i], &uses[k], 1, true};
	}
}

/* Of an input only the newest use was read. Where that one may break an interval all uses of that long are: each that does is
 * told of. An earlier use may be of a later day by its own clock, which is ahead of the other's by 28 hours at most. */
static enum problem load_suspected_uses(struct batch *batch, struct map *items, struct map *known,
					struct rows *meetings)
{
	enum { CLOCK_DAYS = 2 };
	struct meeting *m = meetings->items;
	struct spans spans = {0};
	struct rows uses = {0};
	struct site_uses_row *rows;
	size_t count;
	for (size_t i = 0; i < meetings->count; i++) {
		int64_t days = m[i].is_late_use ? 0 : broken_interval(batch, known, &m[i], CLOCK_DAYS);
		usec_t at = m[i].harvest->time.at_us;
		if (days)
			span_add(batch, &spans, m[i].harvest->site, at - (days + CLOCK_DAYS) * DAY_US, at);
	}
	if (!spans.sites.count)
		return PROBLEM_NONE;
	const struct site_uses_params params = {
		rows_array(&spans.sites), rows_array(&spans.since), rows_array(&spans.until), {0} /* all */};
	db_queue(batch->db, &sql_site_uses, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_site_uses, (void **)&rows, &count);
	if (p)
		return p;
	for (size_t i = 0; i < count; i++)
		*(struct use_fact *)rows_add(batch->arena, &uses, sizeof(struct use_fact)) =
			USE_OF_ROW(rows[i]);
	const struct use_fact *known_uses = batch->uses.items;
	for (size_t i = 0; i < batch->uses.count; i++)
		if (map_get(items, MAP_KEY(known_uses[i].event)))
			*(struct use_fact *)rows_add(batch->arena, &uses, sizeof(struct use_fact)) =
				known_uses[i];
	for (size_t i = 0; i < meetings->count; i++)
		if (!m[i].is_late_use)
			m[i].uses = uses.items, m[i].use_count = uses.count;
	return PROBLEM_NONE;
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
	struct map *items = batch_items_by_event(batch);
	meetings_gather(batch, items, &meetings);
	enum problem p = load_suspected_uses(batch, items, known, &meetings);
	if (p)
		return p;
	const struct meeting *all = meetings.items;
	for (size_t i = 0; i < meetings.count; i++) {
		if (!broken_interval(batch, known, &all[i], /* more_days */ 0))
			continue;
		*(struct meeting *)rows_add(batch->arena, &broken, sizeof(struct meeting)) = all[i];
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = all[i].harvest->lot.org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = all[i].harvest->lot.lot;
	}
	if (!broken.count)
		return PROBLEM_NONE;
	struct map *sold = map_create(batch->arena, broken.count);
	p = batch_load_sold(batch, &orgs, &ids, sold);
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
