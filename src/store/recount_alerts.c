/* SPDX-License-Identifier: Apache-2.0
 * What the rules find in records that stand, beside the alerts that pages and officers are shown: banned inputs (R01), tests
 * (R05, R06, R08), intervals that a harvest broke (I01). Others follow from stock, or from scans of which nothing is kept. */
#include <string.h>

#include "recount_priv.h"

#include "ft/core/risk.h"

enum { USES_AT_ONCE = 5000, WINDOW_DAYS = 180 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC;
static const char *const rules[] = {"R01", "R05", "R06", "R08", "I01"};

struct expected { /* a finding, and the event that it is of */
	const struct recounted *event;
	struct risk_finding finding;
	struct uuid org;
	struct sha256 subject;
};
struct search {
	struct recount *r;
	struct recounted *events;
	size_t count;
	struct expected *items;
	size_t found, room;
};

static const struct reference *reference_at(const struct recount *r, usec_t at)
{
	size_t i = 0;
	while (i + 1 < r->epoch_count && r->epochs[i + 1].since <= at)
		i++;
	return &r->epochs[i].reference;
}

static bool is_asked(const struct recounted *event)
{
	return event->readable && event->row->view_secret.len && !event->row->declared_at.known &&
	       !event->deed.declaration && !event->deed.of_partner;
}

static void add(struct search *s, const struct recounted *event, const struct risk_findings *findings,
		struct uuid org)
{
	struct arena *arena = s->r->arena;
	if (s->found + findings->count > s->room) {
		size_t room = 2 * (s->found + findings->count);
		struct expected *more = arena_array(arena, struct expected, room);
		if (s->found)
			memcpy(more, s->items, s->found * sizeof *more);
		s->items = more;
		s->room = room;
	}
	for (size_t i = 0; i < findings->count; i++)
		s->items[s->found++] =
			(struct expected){.event = event,
					  .finding = findings->items[i],
					  .org = org,
					  .subject = sha256_of(str_bytes(findings->items[i].subject))};
}

static void find_banned(struct search *s, const struct recounted *event)
{
	const struct deed *deed = &event->deed;
	const struct risk_use use = {.event = event->row->id,
				     .time = deed->time,
				     .type = str_of(deed->kind->word),
				     .product = deed->product,
				     .active = deed->active.items,
				     .active_count = deed->active.count};
	struct risk_findings findings = {0};
	if (deed->kind->class != RECORD_OBSERVE || (!deed->product.at && !deed->active.count))
		return;
	risk_r01(s->r->arena, reference_at(s->r, event->row->recorded_at), &use, &findings);
	for (size_t i = 0; i < deed->places.count; i++)
		if (!uuid_is_nil(event->places[i]))
			add(s, event, &findings, event->place_parties[i]);
	if (!deed->places.count)
		add(s, event, &findings, event->sides[DEED_ACTING]);
}

static void find_test(struct search *s, const struct recounted *event, const struct recount_things_row *lot)
{
	const struct deed *deed = &event->deed;
	struct risk_test test = {.event = event->row->id,
				 .time = deed->time,
				 .kind = deed->test,
				 .outcome = deed->outcome,
				 .results = deed->results.items,
				 .result_count = deed->results.count};
	struct risk_findings findings = {0};
	if (lot)
		test.lot = (struct lot_id){lot->org_id, lot->id};
	risk_test(s->r->arena, reference_at(s->r, event->row->recorded_at), &test, &findings);
	add(s, event, &findings, lot ? lot->org_id : event->sides[DEED_ACTING]);
}

static void find_tests(struct search *s, const struct recounted *event)
{
	if (!event->deed.test.at)
		return;
	for (size_t i = 0; i < event->deed.count; i++)
		if (event->lots[i])
			find_test(s, event, event->lots[i]);
	if (!event->deed.count)
		find_test(s, event, NULL);
}

/* — intervals — */
static bool is_harvest(const struct recounted *event)
{
	return is_asked(event) && event->deed.kind->class == RECORD_CREATE && event->deed.count &&
	       event->lots[0] && event->deed.places.count;
}

static void meet(struct search *s, const struct recounted *event, struct uuid place,
		 const struct site_uses_row *rows, size_t count)
{
	const struct recount_things_row *lot = event->lots[0];
	const usec_t at = event->deed.time.at_us;
	const struct risk_harvest harvest = {.event = event->row->id,
					     .lot = {lot->org_id, lot->id},
					     .time = event->deed.time,
					     .commodity = lot->commodity};
	struct risk_use *uses = arena_array(s->r->arena, struct risk_use, count + 1);
	struct risk_findings findings = {0};
	size_t used = 0;
	for (size_t i = 0; i < count; i++)
		if (uuid_equal(rows[i].site, place) && rows[i].event_time <= at + DAY_US &&
		    rows[i].event_time >= at - WINDOW_DAYS * DAY_US)
			uses[used++] =
				(struct risk_use){.event = rows[i].event,
						  .type = rows[i].type,
						  .time = {rows[i].event_time, (int16_t)rows[i].offset_min},
						  .product = rows[i].input_product,
						  .active = rows[i].input_active.items,
						  .active_count = rows[i].input_active.count,
						  .commodity = lot->commodity};
	if (used)
		risk_i01(s->r->arena, reference_at(s->r, event->row->recorded_at), uses, used, &harvest,
			 &findings);
	add(s, event, &findings, lot->org_id);
}

/* What was used where these were harvested; as many of them at once as the statement answers for. */
static enum problem find_intervals(struct search *s, struct recounted *const *harvests, size_t count)
{
	struct site_uses_row *rows;
	size_t most = 1, sites = 0, row_count;
	for (size_t i = 0; i < count; i++)
		most += harvests[i]->deed.places.count;
	struct uuid *ids = arena_array(s->r->arena, struct uuid, most);
	usec_t *since = arena_array(s->r->arena, usec_t, most),
	       *until = arena_array(s->r->arena, usec_t, most);
	for (size_t i = 0; i < count; i++) {
		usec_t at = harvests[i]->deed.time.at_us;
		for (size_t k = 0; k < harvests[i]->deed.places.count; k++) {
			ids[sites] = harvests[i]->places[k];
			since[sites] = at - WINDOW_DAYS * DAY_US;
			until[sites++] = at + DAY_US;
		}
	}
	if (!count)
		return PROBLEM_NONE;
	const struct site_uses_params params = {
		{ids, sites}, {since, sites}, {until, sites}, {.known = count > 1, .value = USES_AT_ONCE}};
	enum problem p = site_uses(s->r->db, s->r->arena, &params, &rows, &row_count);
	if (p)
		return p;
	if (row_count == USES_AT_ONCE && count > 1) {
		p = find_intervals(s, harvests, count / 2);
		return p ? p : find_intervals(s, harvests + count / 2, count - count / 2);
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < harvests[i]->deed.places.count; k++)
			meet(s, harvests[i], harvests[i]->places[k], rows, row_count);
	return PROBLEM_NONE;
}

static enum problem find_all(struct search *s)
{
	struct recounted **harvests = arena_array(s->r->arena, struct recounted *, s->count);
	size_t count = 0;
	for (size_t i = 0; i < s->count; i++) {
		if (!is_asked(&s->events[i]))
			continue;
		find_banned(s, &s->events[i]);
		find_tests(s, &s->events[i]);
		if (is_harvest(&s->events[i]))
			harvests[count++] = &s->events[i];
	}
	return find_intervals(s, harvests, count);
}

/* — alerts — */
static void tell(const struct search *s, const struct expected *e, struct str stored, struct str derived)
{
	recount_tell(s->r, "alert",
		     arena_printf(s->r->arena, "%s %.*s", e->finding.rule, STR_ARGS(e->event->name)), stored,
		     derived);
}

/* Goods that are sold, or have left, make a finding worse: that may be recorded at any time. */
static bool says_the_same(const struct expected *e, const struct recount_alerts_row *row)
{
	const struct risk_finding *f = &e->finding;
	bool alone = !str_equal(row->rule, STR("I01")) && !str_equal(row->rule, STR("R05"));
	bool reworded =
		alone && str_equal(row->edition, f->edition) &&
		(!str_equal(row->reason_zh, f->reason_zh) || !str_equal(row->reason_en, f->reason_en));
	return str_equal(row->rule, str_of(f->rule)) && row->severity <= (int64_t)f->severity &&
	       (row->rule_version != f->rule_version || (!reworded && str_equal(row->title_zh, f->title_zh) &&
							 str_equal(row->title_en, f->title_en))) &&
	       uuid_equal(row->lot_id, f->lot.lot) && !row->code.at &&
	       (str_equal(row->rule, STR("I01")) ||
		(uuid_equal(row->event, e->event->row->id) && row->first_seen == e->event->row->recorded_at));
}

static void check(const struct search *s, struct expected *e, const struct recount_alerts_row *rows,
		  size_t count)
{
	const struct recount_alerts_row *row = NULL;
	for (size_t i = 0; i < count && !row; i++)
		if (uuid_equal(rows[i].org_id, e->org) &&
		    bytes_equal(rows[i].subject, sha256_bytes(&e->subject)))
			row = &rows[i];
	if (!row)
		tell(s, e, STR("nothing"), e->finding.reason_en);
	else if (!says_the_same(e, row))
		tell(s, e, STR("another finding"), e->finding.reason_en);
	else if (str_equal(row->state, STR("closed")) && uuid_is_nil(row->closed_by))
		tell(s, e, STR("closed by nobody"), e->finding.reason_en);
}

static bool is_derived(const struct search *s, const struct recount_alerts_row *row)
{
	for (size_t i = 0; i < s->found; i++)
		if (uuid_equal(row->org_id, s->items[i].org) &&
		    bytes_equal(row->subject, sha256_bytes(&s->items[i].subject)))
			return true;
	return false;
}

static bool is_of_rule(struct str rule)
{
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (str_equal(rule, str_of(rules[i])))
			return true;
	return false;
}

/* Of a slaughter the interval follows from what was given to its animals, wherever that was. */
static void check_stray(const struct search *s, const struct recount_alerts_row *row)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct recounted *event = &s->events[i];
		if (!uuid_equal(event->row->id, row->event) || !is_asked(event) ||
		    (str_equal(row->rule, STR("I01")) && event->deed.kind->class != RECORD_CREATE))
			continue;
		recount_tell(
			s->r, "alert",
			arena_printf(s->r->arena, "%.*s %.*s", STR_ARGS(row->rule), STR_ARGS(event->name)),
			row->reason_en, STR("nothing"));
	}
}

enum problem recount_alerts_of(struct recount *r, struct recounted *events, size_t count)
{
	struct search s = {.r = r, .events = events, .count = count};
	struct recount_alerts_row *rows;
	size_t row_count;
	enum problem p = find_all(&s);
	if (p)
		return p;
	struct uuid *ids = arena_array(r->arena, struct uuid, count),
		    *orgs = arena_array(r->arena, struct uuid, s.found);
	struct bytes *subjects = arena_array(r->arena, struct bytes, s.found);
	for (size_t i = 0; i < count; i++)
		ids[i] = events[i].row->id;
	for (size_t i = 0; i < s.found; i++) {
		orgs[i] = s.items[i].org;
		subjects[i] = sha256_bytes(&s.items[i].subject);
	}
	const struct recount_alerts_params params = {{orgs, s.found}, {subjects, s.found}, {ids, count}};
	p = recount_alerts(r->db, r->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < s.found; i++)
		check(&s, &s.items[i], rows, row_count);
	for (size_t i = 0; !p && i < row_count; i++)
		if (is_of_rule(rows[i].rule) && !str_equal(rows[i].state, STR("closed")) &&
		    !is_derived(&s, &rows[i]))
			check_stray(&s, &rows[i]);
	return p;
}
