/* SPDX-License-Identifier: Apache-2.0
 * Rules about scans of packs: K01 a code that is on several packs, K03 codes that are scanned before they are in use. */
#include "risk_priv.h"

enum { CHINA_OFFSET_MIN = 480 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC;

/* A family scans a pack a few times, a shop's demonstration from one network; a picture of a label that goes round, or
 * copies of it on many packs, is seen in many places. */
const struct risk_scan_limits risk_scan_limits = {
	.hour_scans = 200, .hour_networks = 2, .day_networks = 12, .early_scans = 5, .early_networks = 3};

static bool is_many_in_an_hour(const struct risk_scan_limits *limits, const struct risk_scans *scans)
{
	return scans->hour_scans >= limits->hour_scans && scans->hour_networks >= limits->hour_networks;
}

bool risk_scans_copied(const struct risk_scan_limits *limits, const struct risk_scans *scans)
{
	return scans->day_networks >= limits->day_networks || is_many_in_an_hour(limits, scans);
}

static struct str inputs_print(struct arena *arena, const struct risk_scan_limits *limits,
			       const struct risk_scans *scans)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{"dayScans", scans->day_scans},
		{"dayNetworks", scans->day_networks},
		{"hourScans", scans->hour_scans},
		{"hourNetworks", scans->hour_networks},
		{"limitHourScans", limits->hour_scans},
		{"limitHourNetworks", limits->hour_networks},
		{"limitDayNetworks", limits->day_networks},
		{"limitEarlyScans", limits->early_scans},
		{"limitEarlyNetworks", limits->early_networks},
	};
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("code"), scans->code);
	json_pair(&w, STR("lot"), lot_id_print(arena, scans->lot));
	json_pair(&w, STR("day"), date_print(arena, scans->day));
	if (scans->hour_us)
		json_pair(&w, STR("hour"), utc_print(arena, scans->hour_us));
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		json_pair_int(&w, str_of(numbers[i].name), numbers[i].value);
	json_end_object(&w);
	return buf_str(&out);
}

/* "2026-05-03T08:00:00+08:00": when a span of the counters begins, on the clock of China. */
static struct str begin_print(struct arena *arena, usec_t at)
{
	return instant_print(arena, (struct instant){at, CHINA_OFFSET_MIN});
}

static struct risk_evidence evidence_of(struct arena *arena, usec_t from, int hours, int64_t scans,
					int64_t networks)
{
	struct str begin = begin_print(arena, from);

	return (struct risk_evidence){
		.words_zh = arena_printf(arena, "自 %.*s 起 %d 小时内扫码 %lld 次，来自至少 %lld 个网络",
					 STR_ARGS(begin), hours, (long long)scans, (long long)networks),
		.words_en = arena_printf(
			arena, "%lld scans from at least %lld networks in the %d hours that began at %.*s",
			(long long)scans, (long long)networks, hours, STR_ARGS(begin))};
}

static struct risk_finding *begin(struct arena *arena, const struct reference *ref, enum rule_row row,
				  const struct risk_scan_limits *limits, const struct risk_scans *scans)
{
	struct risk_finding *f = arena_new(arena, struct risk_finding);
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 3);
	size_t count = 0;

	*f = risk_finding_begin(ref, row, SEVERITY_HIGH);
	evidence[count++] =
		evidence_of(arena, scans->day * DAY_US, 24, scans->day_scans, scans->day_networks);
	if (scans->hour_us)
		evidence[count++] =
			evidence_of(arena, scans->hour_us, 1, scans->hour_scans, scans->hour_networks);
	evidence[count++] =
		(struct risk_evidence){.reference = arena_printf(arena, "/t/%.*s", STR_ARGS(scans->code)),
				       .words_zh = STR("该包装的页面"),
				       .words_en = STR("the page of the pack")};
	f->evidence = evidence;
	f->evidence_count = count;
	f->inputs_json = inputs_print(arena, limits, scans);
	f->lot = scans->lot;
	return f;
}

void risk_k01(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret)
{
	struct risk_finding *f;

	*ret = (struct risk_findings){NULL, 0};
	if (!risk_scans_copied(limits, scans))
		return;
	f = begin(arena, ref, RULE_K01, limits, scans);
	f->reason_zh = arena_printf(arena, "同一件商品的码一天内从至少 %lld 个网络被扫描 %lld 次，可能被复制",
				    (long long)scans->day_networks, (long long)scans->day_scans);
	f->reason_en = arena_printf(arena,
				    "The code of one pack was scanned %lld times from at least %lld networks "
				    "in a day: it may be on "
				    "several packs",
				    (long long)scans->day_scans, (long long)scans->day_networks);
	f->action_zh = STR("找到该码所在的实物，核对是否有多件同码；确认被复制的，作废该码并通知销售方");
	f->action_en =
		STR("Find the packs that carry the code; if it is on more than one, void it and tell the "
		    "sellers. A picture of the label may have gone round: then close with that reason");
	f->subject = arena_printf(arena, "K01 %.*s", STR_ARGS(scans->code));
	*ret = (struct risk_findings){f, 1};
}

void risk_k03(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret)
{
	struct risk_finding *f;

	*ret = (struct risk_findings){NULL, 0};
	if (scans->day_scans < limits->early_scans || scans->day_networks < limits->early_networks)
		return;
	f = begin(arena, ref, RULE_K03, limits, scans);
	f->reason_zh = arena_printf(
		arena, "该批次未启用的码一天内从至少 %lld 个网络被扫描 %lld 次，标签可能流失或忘记启用",
		(long long)scans->day_networks, (long long)scans->day_scans);
	f->reason_en = arena_printf(arena,
				    "Codes of this lot that are not in use were scanned %lld times from at "
				    "least %lld networks in "
				    "a day: labels were lost, or nobody activated them",
				    (long long)scans->day_scans, (long long)scans->day_networks);
	f->action_zh = STR("清点未启用的标签；确属本批次商品的，启用其码；标签流失的，作废其码并核查");
	f->action_en =
		STR("Count the labels that are not in use; activate them if they are on packs of this lot, "
		    "void them and look into it if they are lost");
	f->subject = arena_printf(arena, "K03 %.*s", STR_ARGS(lot_id_print(arena, scans->lot)));
	*ret = (struct risk_findings){f, 1};
}
