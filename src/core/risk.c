/* SPDX-License-Identifier: Apache-2.0
 * The catalogue of risk rules and what they share. Facts in, findings out: no rule asks the time or a database, so that a
 * finding can be replayed from its inputs years later. */
#include "risk_priv.h"

#include "substance_priv.h"

const char *const severity_words[4] = {"critical", "high", "medium", "low"};

/* To add a rule: a row here and in enum rule_row, a function in the file of its family (its letter), its cases in
 * tests/unit/core/test_risk.c. A change of what a rule finds is a new version, never an edit under the old number. */
const struct risk_rule risk_rules[RULE_ROW_COUNT + 1] = {
	[RULE_R01] = {"R01", 1, SEVERITY_CRITICAL, "使用禁用投入品", "A banned input was used",
		      "An input was used whose active substance is banned on the day of use"},
	[RULE_R05] = {"R05", 1, SEVERITY_CRITICAL, "检测不合格", "A laboratory found it not conformant",
		      "A laboratory test concludes positive"},
	[RULE_R06] = {"R06", 1, SEVERITY_CRITICAL, "检出禁用物质", "A banned substance was detected",
		      "A test detects an active that is banned on the day of the test"},
	[RULE_R08] = {"R08", 1, SEVERITY_HIGH, "快检阳性待确认", "A rapid test is positive",
		      "A rapid test concludes positive; a laboratory has to confirm it within three days"},
	[RULE_I01] = {"I01", 1, SEVERITY_CRITICAL, "安全间隔期内采收",
		      "Harvested within the pre-harvest interval",
		      "Harvest day minus day of use is less than the interval of that active and crop"},
	[RULE_M01] = {"M01", 1, SEVERITY_HIGH, "产出超过投入", "More came out than the inputs can give",
		      "Output of a transformation is above inputs times the expected maximum yield"},
	[RULE_M02] = {"M02", 1, SEVERITY_HIGH, "批次数量不平", "The quantities of a lot do not add up",
		      "A receipt differs from its shipment, or more of a lot went than came"},
	[RULE_K01] = {"K01", 1, SEVERITY_HIGH, "单品码疑似被复制", "A pack's code may have been copied",
		      "One pack's code is scanned from many networks in a day, or very often in an hour from "
		      "several"},
	[RULE_K03] = {"K03", 2, SEVERITY_HIGH, "未启用或未出库的码被扫描",
		      "Codes are scanned before they are in use or shipped",
		      "Packs of a lot are scanned from several networks in a day though their codes are not "
		      "activated, or before anything of the lot has left its maker"},
	[RULE_K04] = {"K04", 1, SEVERITY_HIGH, "召回、过期或退回后仍被扫描",
		      "Packs are scanned after their lot was withdrawn",
		      "Packs of a lot are scanned from several networks in a day after it was recalled, "
		      "destroyed, "
		      "fully returned or past its last day"},
	[RULE_ROW_COUNT] = {NULL, 0, SEVERITY_LOW, NULL, NULL, NULL},
};

const struct risk_rule *risk_rule_at(size_t index)
{
	return index < RULE_ROW_COUNT ? &risk_rules[index] : NULL;
}

const char *risk_close_reason_at(size_t index)
{
	static const char *const reasons[] = {
		"handled",          /* it was so, and was dealt with */
		"record_corrected", /* a record was wrong and is corrected */
		"wrong_product",    /* another input was picked from the list */
		"wrong_date",       "wrong_unit",
		"wrong_crop",   /* the crop was mapped to the wrong group */
		"part_of_plot", /* the treated part was not harvested */
		"label_photo",  /* a picture of a label went round, or a demonstration */
		"late_record",  /* what was missing came later */
		"duplicate",        "reference_data", /* the reference row is wrong or outdated */
	};

	return index < sizeof reasons / sizeof reasons[0] ? reasons[index] : NULL;
}

int64_t risk_due_after_s(enum severity severity)
{
	enum { HOUR_S = 3600 };
	static const int64_t due_s[] = {
		[SEVERITY_CRITICAL] = 2 * HOUR_S,
		[SEVERITY_HIGH] = 24 * HOUR_S,
		[SEVERITY_MEDIUM] = 7 * 24 * HOUR_S,
		[SEVERITY_LOW] = 30 * 24 * HOUR_S,
	};

	return due_s[severity];
}

struct risk_finding risk_finding_begin(const struct reference *ref, enum rule_row row, enum severity severity)
{
	const struct risk_rule *rule = &risk_rules[row];

	return (struct risk_finding){
		.rule = rule->id,
		.rule_version = rule->version,
		.severity = severity,
		.title_zh = str_of(rule->title_zh),
		.title_en = str_of(rule->title_en),
		.edition = ref->edition,
		.due_after_s = risk_due_after_s(severity),
	};
}

struct str risk_evidence_json(struct arena *arena, const struct risk_finding *finding)
{
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);

	json_begin_array(&w);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct risk_evidence *e = &finding->evidence[i];

		json_begin_object(&w);
		if (!uuid_is_nil(e->event))
			json_pair(&w, STR("event"), uuid_print(arena, e->event));
		json_pair(&w, STR("reference"), e->reference);
		json_name(&w, STR("words"));
		json_begin_object(&w);
		json_pair(&w, STR("zh"), e->words_zh);
		json_pair(&w, STR("en"), e->words_en);
		json_end_object(&w);
		json_end_object(&w);
	}
	json_end_array(&w);
	return buf_str(&out);
}

static size_t count_segments(struct str path)
{
	size_t count = 1;

	for (size_t i = 0; i < path.len; i++)
		count += path.at[i] == '/';
	return count;
}

/* "tomatoes" and "tomato": a final s is not told apart. */
static struct str singular(struct str folded)
{
	if (str_ends(folded, STR("oes")))
		folded.len -= 2;
	else if (folded.len > 3 && str_ends(folded, STR("s")) && !str_ends(folded, STR("ss")))
		folded.len--;
	return folded;
}

bool commodity_same(struct str a, struct str b)
{
	return a.len > 0 && substance_same(singular(a), singular(b));
}

size_t commodity_rank(struct arena *arena, struct str path, struct str word)
{
	struct str rest = path, wanted = substance_fold(arena, word);
	size_t left = count_segments(path), rank = SIZE_MAX;

	while (rest.at != NULL) {
		struct str segment = substance_fold(arena, str_cut(rest, '/', &rest));

		left--;
		if (commodity_same(segment, wanted))
			rank = left;
	}
	return rank;
}

struct str dimension_unit(enum dimension d)
{
	const struct unit *unit = unit_base(d);

	return unit != NULL ? str_of(unit->code) : STR("");
}

struct str amount_print(struct arena *arena, struct decimal amount, enum dimension d)
{
	struct str unit = dimension_unit(d);

	return arena_printf(arena, "%.*s%s%.*s", STR_ARGS(decimal_print(arena, amount)),
			    unit.len > 0 ? " " : "", STR_ARGS(unit));
}
