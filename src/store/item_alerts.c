/* SPDX-License-Identifier: Apache-2.0
 * What scans say about packs: the rules K01 and K03 over counters that are just being written, and their alerts. */
#include "item_alerts_priv.h"

#include "ft/base/map.h"
#include "ft/base/metrics.h"
#include "ft/crypto/digest.h"
#include "queries.h"

struct raised { /* an alert */
	struct risk_finding finding;
	struct str code; /* of the pack, or of one of the lot */
	struct sha256 subject;
	struct uuid id;
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
#define COLUMN(target, ctype, r, expression) \
	do { \
		ctype *column_ = arena_array((r)->arena, ctype, (r)->count); \
		for (size_t i = 0; i < (r)->count; i++) \
			column_[i] = (expression); \
		(target) = (struct sql_array){column_, (r)->count}; \
	} while (0)

static void add(struct raising *r, const struct risk_findings *findings, struct str code)
{
	for (size_t i = 0; i < findings->count; i++)
		r->rows[r->count++] =
			(struct raised){.finding = findings->items[i],
					.code = code,
					.subject = sha256_of(str_bytes(findings->items[i].subject))};
}

static void find_copies(struct raising *r, const struct item_seen *copied, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct risk_scans scans = item_scans(&copied[i].item, copied[i].code);
		struct risk_findings findings;
		risk_k01(r->arena, r->rules->reference, &r->rules->limits, &scans, &findings);
		add(r, &findings, copied[i].code);
	}
}

static void find_early(struct raising *r, const struct early_seen *early, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct risk_scans scans = {.code = early[i].code,
						 .lot = early[i].lot,
						 .day = early[i].day,
						 .day_scans = early[i].scans,
						 .day_networks = __builtin_popcountll(early[i].networks)};
		struct risk_findings findings;
		risk_k03(r->arena, r->rules->reference, &r->rules->limits, &scans, &findings);
		add(r, &findings, early[i].code);
	}
}

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
	COLUMN(p.seen, usec_t, r, r->now_us);
	COLUMN(p.due_at, usec_t, r, r->now_us + r->rows[i].finding.due_after_s * USEC_PER_SEC);
	COLUMN(p.party, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.product, struct uuid, r, r->facts[i].product);
	COLUMN(p.lot_org, struct uuid, r, r->rows[i].finding.lot.org);
	COLUMN(p.lot_id, struct uuid, r, r->rows[i].finding.lot.lot);
	COLUMN(p.event, struct uuid, r, none);
	COLUMN(p.happened_at, usec_t, r, r->now_us);
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

enum problem item_alerts_raise(struct db *db, struct arena *arena, const struct item_rules *rules,
			       const struct item_seen *copied, size_t copied_count,
			       const struct early_seen *early, size_t early_count)
{
	struct raising r = {.db = db,
			    .arena = arena,
			    .rules = rules,
			    .rows = arena_array(arena, struct raised, copied_count + early_count),
			    .now_us = clock_now()};
	find_copies(&r, copied, copied_count);
	size_t copies = r.count;
	find_early(&r, early, early_count);
	if (!r.count)
		return PROBLEM_NONE;
	enum problem p = give_ids(&r);
	if (!p)
		p = read_facts(&r);
	if (!p)
		p = write_alerts(&r);
	if (!p)
		p = write_regions(&r);
	if (!p)
		p = suspect(&r, copies);
	if (!p)
		metric_add(METRIC_ALERTS_RAISED, (int64_t)r.count);
	return p;
}
