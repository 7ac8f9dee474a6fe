/* SPDX-License-Identifier: Apache-2.0
 * Rules about scans of packs: K01 a code that is on several packs, K03 codes that are scanned before they are in use or the
 * goods have left, K04 goods that are scanned when none of them should be sold any more. */
#include "risk_priv.h"

enum { CHINA_OFFSET_MIN = 480 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC;

/* A family scans a pack a few times, a shop's demonstration from one network; a picture of a label that goes round, or
 * copies of it on many packs, is seen in many places. */
const struct risk_scan_limits risk_scan_limits = {.hour_scans = 200,
						  .hour_networks = 2,
						  .day_networks = 12,
						  .early_scans = 5,
						  .early_networks = 3,
						  .ended_scans = 5,
						  .ended_networks = 3};

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
		{"limitEndedScans", limits->ended_scans},
		{"limitEndedNetworks", limits->ended_networks},
		{"dayInactive", scans->day_inactive},
	};
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("code"), scans->code);
	json_pair(&w, STR("lot"), lot_id_print(arena, scans->lot));
	json_pair(&w, STR("day"), date_print(arena, scans->day));
	if (scans->hour_us)
		json_pair(&w, STR("hour"), utc_print(arena, scans->hour_us));
	if (scans->left_us)
		json_pair(&w, STR("leftAt"), utc_print(arena, scans->left_us));
	if (scans->ended_us)
		json_pair(&w, STR("endedAt"), utc_print(arena, scans->ended_us));
	json_pair(&w, STR("ended"), scans->ended);
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

/* What is said of goods that should not be sold. */
static const struct ended_words {
	const char *word, *zh, *en;
} ended_words[] = {
	{"recalled", "召回", "recalled"},
	{"destroyed", "全部销毁", "destroyed, all of it"},
	{"returned", "全部退回", "returned, all of it"},
	{"expired", "过期", "past its last day"},
};

static const struct ended_words *ended_words_of(struct str word)
{
	const size_t count = sizeof ended_words / sizeof *ended_words;
	for (size_t i = 0; i < count; i++)
		if (str_equal(word, str_of(ended_words[i].word)))
			return &ended_words[i];
	return &ended_words[count - 1];
}

static struct risk_evidence ended_evidence(struct arena *arena, const struct risk_scans *scans)
{
	const struct ended_words *words = ended_words_of(scans->ended);
	if (!scans->ended_us)
		return (struct risk_evidence){
			.words_zh = arena_printf(arena, "页面当时显示：该批次或其原料批次已%s", words->zh),
			.words_en = arena_printf(
				arena, "the page said then that the lot or one it was made of was %s",
				words->en)};
	struct str since = begin_print(arena, scans->ended_us);
	return (struct risk_evidence){
		.words_zh = arena_printf(arena, "自 %.*s 起该批次已%s", STR_ARGS(since), words->zh),
		.words_en = arena_printf(arena, "since %.*s the lot is %s", STR_ARGS(since), words->en)};
}

static struct risk_finding *begin(struct arena *arena, const struct reference *ref, enum rule_row row,
				  const struct risk_scan_limits *limits, const struct risk_scans *scans)
{
	struct risk_finding *f = arena_new(arena, struct risk_finding);
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 4);
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
	if (scans->ended.at)
		evidence[count++] = ended_evidence(arena, scans);
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

struct str risk_k03_subject(struct arena *arena, struct lot_id lot)
{
	return arena_printf(arena, "K03 %.*s", STR_ARGS(lot_id_print(arena, lot)));
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
		arena,
		"该批次的码一天内从至少 %lld 个网络被扫描 %lld 次，其中 %lld 次时码尚未启用，"
		"其余在该批次出库之前：标签或商品可能流失，或漏记启用、出库",
		(long long)scans->day_networks, (long long)scans->day_scans, (long long)scans->day_inactive);
	f->reason_en = arena_printf(
		arena,
		"Codes of this lot were scanned %lld times from at least %lld networks in a day, "
		"%lld times when they were not in use, otherwise before any of it had left its "
		"maker: labels or goods were lost, or activation or shipment is not recorded",
		(long long)scans->day_scans, (long long)scans->day_networks, (long long)scans->day_inactive);
	f->action_zh = STR("清点标签和库存；确属已出库商品的，补记启用和出库；标签流失的，作废其码并核查");
	f->action_en =
		STR("Count labels and stock; if the goods are out, activate their codes and record the "
		    "shipment; void the codes and look into it if labels are lost");
	f->subject = risk_k03_subject(arena, scans->lot);
	*ret = (struct risk_findings){f, 1};
}

void risk_k04(struct arena *arena, const struct reference *ref, const struct risk_scan_limits *limits,
	      const struct risk_scans *scans, struct risk_findings *ret)
{
	struct risk_finding *f;

	*ret = (struct risk_findings){NULL, 0};
	if (scans->day_scans < limits->ended_scans || scans->day_networks < limits->ended_networks)
		return;
	const struct ended_words *words = ended_words_of(scans->ended);
	f = begin(arena, ref, RULE_K04, limits, scans);
	f->reason_zh = arena_printf(
		arena, "该批次已%s，其包装一天内仍从至少 %lld 个网络被扫描 %lld 次，可能仍在流通", words->zh,
		(long long)scans->day_networks, (long long)scans->day_scans);
	f->reason_en = arena_printf(
		arena,
		"Packs of this lot were scanned %lld times from at least %lld networks in a day though it "
		"is %s: some of it may still be on sale",
		(long long)scans->day_scans, (long long)scans->day_networks, words->en);
	f->action_zh = STR("查找仍持有或在售该批次的单位，清点并下架；因新闻或展示而扫码的，注明后关闭");
	f->action_en = STR(
		"Find who still holds or sells it, count it and take it off sale. People may look because "
		"of the news, or at what they bought before: then close it and say so");
	f->subject = arena_printf(arena, "K04 %.*s", STR_ARGS(lot_id_print(arena, scans->lot)));
	*ret = (struct risk_findings){f, 1};
}
