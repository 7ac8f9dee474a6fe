/* SPDX-License-Identifier: Apache-2.0
 * What scans say about packs: the rules K01, K03 and K04 over their counters, and the alerts of these. */
#include "item_alerts_priv.h"

#include "ft/base/map.h"
#include "ft/base/metrics.h"
#include "ft/crypto/digest.h"
#include "ft/store/alerts.h"
#include "queries.h"

/* Of lots counters are asked for so many days, and one more is kept: of an alert that was last seen within these the
 * whole day is there. */
enum { DAYS_JUDGED = 3 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC, SPAN_US = LOT_SCAN_SPAN_S * USEC_PER_SEC;

struct raised { /* an alert */
	struct risk_finding finding;
	struct str code; /* of the pack, or of one of the lot */
	struct sha256 subject;
	struct uuid id;
	usec_t seen_us;
	bool is_known;
};
struct raising {
	struct db *db;
	struct arena *arena;
	const struct item_rules *rules;
	struct raised *rows;
	size_t count;
	usec_t now_us;
	struct scan_alert_facts_row *facts;
};
#define SQL_COLUMN(target, ctype, arena, n, expression) \
	do { \
		ctype *column_ = arena_array(arena, ctype, n); \
		for (size_t i = 0; i < (n); i++) \
			column_[i] = (expression); \
		(target) = (struct sql_array){column_, n}; \
	} while (0)
#define COLUMN(target, ctype, r, expression) SQL_COLUMN(target, ctype, (r)->arena, (r)->count, expression)

static void add(struct raising *r, const struct risk_findings *findings, struct str code, usec_t seen_us)
{
	for (size_t i = 0; i < findings->count; i++)
		r->rows[r->count++] =
			(struct raised){.finding = findings->items[i],
					.code = code,
					.seen_us = seen_us < r->now_us ? seen_us : r->now_us,
					.subject = sha256_of(str_bytes(findings->items[i].subject))};
}

static void find_copies(struct raising *r, const struct item_seen *copied, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct risk_scans scans = item_scans(&copied[i].item, copied[i].code);
		struct risk_findings findings;
		risk_k01(r->arena, r->rules->reference, &r->rules->limits, &scans, &findings);
		add(r, &findings, copied[i].code, r->now_us);
	}
}

/* — lots — */
usec_t item_alerts_since(usec_t now_us)
{
	return now_us - (DAYS_JUDGED + 1) * DAY_US;
}

static struct risk_scans scans_of(const struct lot_scan_days_row *row)
{
	return (struct risk_scans){
		.code = row->code, .lot = {row->org_id, row->lot_id}, .day = (int32_t)row->day};
}

static bool find_early(struct raising *r, const struct lot_scan_days_row *row)
{
	struct risk_scans scans = scans_of(row);
	struct risk_findings findings;
	scans.day_scans = row->early_scans;
	scans.day_networks = __builtin_popcountll((uint64_t)row->early_networks);
	scans.day_inactive = row->inactive_scans;
	scans.left_us = row->left_at.known ? row->left_at.value : 0;
	risk_k03(r->arena, r->rules->reference, &r->rules->limits, &scans, &findings);
	add(r, &findings, row->code, row->early_last.value + SPAN_US);
	return findings.count;
}

static bool find_ended(struct raising *r, const struct lot_scan_days_row *row)
{
	struct risk_scans scans = scans_of(row);
	struct risk_findings findings;
	scans.day_scans = row->ended_scans;
	scans.day_networks = __builtin_popcountll((uint64_t)row->ended_networks);
	scans.ended_us = row->ended_at.known ? row->ended_at.value : 0;
	scans.ended = row->ended;
	risk_k04(r->arena, r->rules->reference, &r->rules->limits, &scans, &findings);
	add(r, &findings, row->code, row->ended_last.value + SPAN_US);
	return findings.count;
}

/* Of each rule the newest day that says so; `early_of` then has the lots of which K03 does. */
static enum problem find_of_lots(struct raising *r, const struct lot_id *lots, size_t count,
				 struct map *early_of)
{
	struct lot_scan_days_params params = {.since = item_alerts_since(r->now_us)};
	struct lot_scan_days_row *rows;
	const struct risk_scan_limits *limits = &r->rules->limits;
	struct map *ended_of = map_create(r->arena, count);
	size_t found;
	params.least = limits->early_scans < limits->ended_scans ? limits->early_scans : limits->ended_scans;
	SQL_COLUMN(params.orgs, struct uuid, r->arena, count, lots[i].org);
	SQL_COLUMN(params.lots, struct uuid, r->arena, count, lots[i].lot);
	if (!count)
		return PROBLEM_NONE;
	enum problem p = lot_scan_days(r->db, r->arena, &params, &rows, &found);
	if (p)
		return p;
	struct raised *more = arena_array(r->arena, struct raised, r->count + 2 * found);
	for (size_t i = 0; i < r->count; i++)
		more[i] = r->rows[i];
	r->rows = more;
	for (size_t i = 0; i < found; i++) {
		const struct bytes lot = MAP_KEY(rows[i].lot_id);
		if (!map_get(early_of, lot) && find_early(r, &rows[i]))
			map_set(early_of, lot, &rows[i]);
		if (!map_get(ended_of, lot) && find_ended(r, &rows[i]))
			map_set(ended_of, lot, &rows[i]);
	}
	return PROBLEM_NONE;
}

/* — writing — */
/* An alert that is there keeps its id. */
static enum problem give_ids(struct raising *r)
{
	struct alert_ids_find_params params;
	struct alert_ids_find_row *known;
	size_t count;
	COLUMN(params.orgs, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(params.subjects, struct bytes, r, sha256_bytes(&r->rows[i].subject));
	enum problem p = alert_ids_find(r->db, r->arena, &params, &known, &count);
	if (p)
		return p;
	struct map *ids = map_create(r->arena, count);
	for (size_t i = 0; i < count; i++)
		map_set(ids, known[i].subject, &known[i].id);
	for (size_t i = 0; i < r->count; i++) {
		const struct uuid *id = map_get(ids, sha256_bytes(&r->rows[i].subject));
		r->rows[i].is_known = id != NULL;
		r->rows[i].id = id ? *id : uuid_v7(r->now_us, r->rows[i].subject.octets);
	}
	return PROBLEM_NONE;
}

static enum problem read_facts(struct raising *r)
{
	struct scan_alert_facts_params params;
	size_t count;
	COLUMN(params.orgs, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(params.lots, struct uuid, r, r->rows[i].finding.lot.lot);
	COLUMN(params.codes, struct str, r, r->rows[i].code);
	struct scan_alert_facts_row *rows;
	enum problem p = scan_alert_facts(r->db, r->arena, &params, &rows, &count);
	if (p)
		return p;
	r->facts = arena_array(r->arena, struct scan_alert_facts_row, r->count);
	for (size_t i = 0; i < count; i++)
		r->facts[rows[i].n - 1] = rows[i];
	return count == r->count ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

static enum problem write_alerts(struct raising *r)
{
	struct alert_upsert_many_params p = {.org_id = {NULL, 0}};
	static const struct uuid none;
	COLUMN(p.org_id, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.id, struct uuid, r, r->rows[i].id);
	COLUMN(p.rule, struct str, r, str_of(r->rows[i].finding.rule));
	COLUMN(p.rule_version, int64_t, r, r->rows[i].finding.rule_version);
	COLUMN(p.severity, int64_t, r, r->rows[i].finding.severity);
	COLUMN(p.subject, struct bytes, r, sha256_bytes(&r->rows[i].subject));
	COLUMN(p.title_zh, struct str, r, r->rows[i].finding.title_zh);
	COLUMN(p.title_en, struct str, r, r->rows[i].finding.title_en);
	COLUMN(p.reason_zh, struct str, r, r->rows[i].finding.reason_zh);
	COLUMN(p.reason_en, struct str, r, r->rows[i].finding.reason_en);
	COLUMN(p.action_zh, struct str, r, r->rows[i].finding.action_zh);
	COLUMN(p.action_en, struct str, r, r->rows[i].finding.action_en);
	COLUMN(p.inputs, struct bytes, r, str_bytes(r->rows[i].finding.inputs_json));
	COLUMN(p.edition, struct str, r, r->rows[i].finding.edition);
	COLUMN(p.evidence, struct bytes, r, str_bytes(risk_evidence_json(r->arena, &r->rows[i].finding)));
	COLUMN(p.seen, usec_t, r, r->rows[i].seen_us);
	COLUMN(p.due_at, usec_t, r, r->now_us + r->rows[i].finding.due_after_s * USEC_PER_SEC);
	COLUMN(p.party, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.product, struct uuid, r, r->facts[i].product);
	COLUMN(p.lot_org, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.lot_id, struct uuid, r, r->rows[i].finding.lot.lot);
	COLUMN(p.event, struct uuid, r, none);
	COLUMN(p.happened_at, usec_t, r, r->rows[i].seen_us);
	COLUMN(p.code, struct str, r, r->rows[i].code);
	return alert_upsert_many(r->db, &p, /* ret_rows */ NULL);
}

/* Where the goods come from, where this pack was sold, and everywhere they are held or were. */
static enum problem write_regions(struct raising *r)
{
	struct alert_region_insert_many_params p;
	struct alert_region_insert_held_params held = {.max_lots = r->rules->max_lots};
	COLUMN(p.org_id, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.alert, struct uuid, r, r->rows[i].id);
	COLUMN(p.region, struct str, r, r->facts[i].region);
	COLUMN(p.role, struct str, r, STR("origin"));
	held.org_id = p.org_id;
	held.alert = p.alert;
	enum problem problem = alert_region_insert_many(r->db, &p, /* ret_rows */ NULL);
	COLUMN(p.region, struct str, r,
	       r->facts[i].sold_region.at ? r->facts[i].sold_region : r->facts[i].region);
	COLUMN(p.role, struct str, r, STR("found"));
	if (!problem)
		problem = alert_region_insert_many(r->db, &p, /* ret_rows */ NULL);
	COLUMN(held.lot_org, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(held.lot_id, struct uuid, r, r->rows[i].finding.lot.lot);
	return problem ? problem : alert_region_insert_held(r->db, &held, /* ret_rows */ NULL);
}

static enum problem suspect(struct raising *r, size_t copies)
{
	struct raising of = *r;
	struct code_suspect_set_params params = {.suspect = true, .judged = false};
	of.count = copies; /* they stand first */
	COLUMN(params.codes, struct str, &of, of.rows[i].code);
	return copies ? code_suspect_set(r->db, &params, /* ret_rows */ NULL) : PROBLEM_NONE;
}

/* What the service closed and finds again is open again. */
static enum problem reopen(struct raising *r)
{
	struct raising known = *r;
	struct alert_reopen_many_params params = {.at = r->now_us};
	known.count = 0;
	known.rows = arena_array(r->arena, struct raised, r->count);
	for (size_t i = 0; i < r->count; i++)
		if (r->rows[i].is_known)
			known.rows[known.count++] = r->rows[i];
	COLUMN(params.org_id, struct uuid, &known, known.rows[i].finding.lot.org);
	COLUMN(params.id, struct uuid, &known, known.rows[i].id);
	COLUMN(params.deed, struct uuid, &known, alert_deed_id(known.rows[i].id, r->now_us, STR("reopen")));
	COLUMN(params.due_at, usec_t, &known, r->now_us + known.rows[i].finding.due_after_s * USEC_PER_SEC);
	return known.count ? alert_reopen_many(r->db, &params, /* ret_rows */ NULL) : PROBLEM_NONE;
}

static enum problem write(struct raising *r, size_t copies)
{
	if (!r->count)
		return PROBLEM_NONE;
	enum problem p = give_ids(r);
	if (!p)
		p = read_facts(r);
	if (!p)
		p = write_alerts(r);
	if (!p)
		p = reopen(r);
	if (!p)
		p = write_regions(r);
	if (!p)
		p = suspect(r, copies);
	if (!p)
		metric_add(METRIC_ALERTS_RAISED, (int64_t)r->count);
	return p;
}

static struct lot_id *lots_of(struct arena *arena, const struct lot_seen *seen, size_t count)
{
	struct lot_id *lots = arena_array(arena, struct lot_id, count);
	for (size_t i = 0; i < count; i++)
		lots[i] = seen[i].lot;
	return lots;
}

enum problem item_alerts_raise(struct db *db, struct arena *arena, const struct item_rules *rules,
			       const struct item_seen *copied, size_t copied_count,
			       const struct lot_seen *lots, size_t lot_count)
{
	struct raising r = {.db = db,
			    .arena = arena,
			    .rules = rules,
			    .rows = arena_array(arena, struct raised, copied_count),
			    .now_us = clock_now()};
	find_copies(&r, copied, copied_count);
	size_t copies = r.count;
	enum problem p =
		find_of_lots(&r, lots_of(arena, lots, lot_count), lot_count, map_create(arena, lot_count));
	return p ? p : write(&r, copies);
}

/* The goods had left before they were scanned, as a record says that came later. Of what was last seen before the days that
 * are judged the counters say nothing any more. */
static enum problem close_left(struct raising *r, const struct lot_id *lots, size_t count,
			       const struct map *early_of)
{
	struct scan_alerts_open_params params = {.since = r->now_us - DAYS_JUDGED * DAY_US};
	struct sha256 *subjects = arena_array(r->arena, struct sha256, count);
	struct lot_id *left = arena_array(r->arena, struct lot_id, count);
	struct scan_alerts_open_row *rows;
	size_t n = 0, found;
	for (size_t i = 0; i < count; i++) {
		if (map_get(early_of, MAP_KEY(lots[i].lot)))
			continue;
		subjects[n] = sha256_of(str_bytes(risk_k03_subject(r->arena, lots[i])));
		left[n++] = lots[i];
	}
	SQL_COLUMN(params.orgs, struct uuid, r->arena, n, left[i].org);
	SQL_COLUMN(params.subjects, struct bytes, r->arena, n, sha256_bytes(&subjects[i]));
	if (!n)
		return PROBLEM_NONE;
	enum problem p = scan_alerts_open(r->db, r->arena, &params, &rows, &found);
	if (p || !found)
		return p;
	struct alert_close_many_params close = {.at = r->now_us};
	SQL_COLUMN(close.org_id, struct uuid, r->arena, found, rows[i].org_id);
	SQL_COLUMN(close.id, struct uuid, r->arena, found, rows[i].id);
	SQL_COLUMN(close.deed, struct uuid, r->arena, found,
		   alert_deed_id(rows[i].id, r->now_us, STR("close")));
	SQL_COLUMN(close.reason, struct str, r->arena, found, STR("late_record"));
	return alert_close_many(r->db, &close, /* ret_rows */ NULL);
}

enum problem item_alerts_settle(struct db *db, struct arena *arena, const struct item_rules *rules,
				const struct lot_id *lots, size_t count)
{
	struct raising r = {.db = db, .arena = arena, .rules = rules, .now_us = clock_now()};
	struct map *early_of = map_create(arena, count);
	enum problem p = find_of_lots(&r, lots, count, early_of);
	if (!p)
		p = close_left(&r, lots, count, early_of);
	return p ? p : write(&r, /* copies */ 0);
}
