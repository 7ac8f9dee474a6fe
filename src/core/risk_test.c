/* SPDX-License-Identifier: Apache-2.0
 * Rules about tests: R05 not conformant, R06 a banned active detected, R08 a rapid test that waits for a laboratory. */
#include "risk_priv.h"
#include "substance_priv.h"

enum { CONFIRM_WITHIN_S = 3 * 24 * 3600 };

static struct str results_print(struct arena *arena, const struct risk_test *test)
{
	struct buf out = buf_create(arena, 256);

	for (size_t i = 0; i < test->result_count; i++) {
		const struct record_result *r = &test->results[i];

		if (!r->detected)
			continue;
		buf_printf(&out, "%s%.*s", out.len > 0 ? ", " : "", STR_ARGS(r->substance));
		if (r->value.at != NULL)
			buf_printf(&out, " %.*s %.*s", STR_ARGS(r->value), STR_ARGS(r->unit));
	}
	return buf_str(&out);
}

static struct str inputs_print(struct arena *arena, const struct risk_test *test)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("event"), uuid_print(arena, test->event));
	if (!uuid_is_nil(test->lot.org))
		json_pair(&w, STR("lot"), lot_id_print(arena, test->lot));
	json_pair(&w, STR("time"), instant_print(arena, test->time));
	json_pair(&w, STR("kind"), test->kind);
	json_pair(&w, STR("outcome"), test->outcome);
	json_pair(&w, STR("report"), test->report);
	json_name(&w, STR("shipped"));
	json_bool(&w, test->shipped);
	json_name(&w, STR("results"));
	json_begin_array(&w);
	for (size_t i = 0; i < test->result_count; i++) {
		json_begin_object(&w);
		json_pair(&w, STR("substance"), test->results[i].substance);
		json_pair(&w, STR("value"), test->results[i].value);
		json_pair(&w, STR("unit"), test->results[i].unit);
		json_name(&w, STR("detected"));
		json_bool(&w, test->results[i].detected);
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	return buf_str(&out);
}

static struct risk_finding begin(struct arena *arena, const struct reference *ref,
				 const struct risk_test *test, enum rule_row row, enum severity severity,
				 struct str about)
{
	struct risk_finding f = risk_finding_begin(ref, row, severity);
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 2);
	struct str day = date_print(arena, instant_day(test->time)), found = results_print(arena, test);
	struct str lot = uuid_is_nil(test->lot.org) ? STR("-") : lot_id_print(arena, test->lot);
	const char *colon = found.len > 0 ? ": " : "";

	evidence[0].event = test->event;
	evidence[0].reference = test->report;
	evidence[0].words_zh = arena_printf(arena, "%.*s 检测%s%.*s", STR_ARGS(day),
					    found.len > 0 ? "：" : "", STR_ARGS(found));
	evidence[0].words_en =
		arena_printf(arena, "tested on %.*s%s%.*s", STR_ARGS(day), colon, STR_ARGS(found));
	f.inputs_json = inputs_print(arena, test);
	f.evidence = evidence;
	f.evidence_count = 1;
	f.lot = test->lot;
	f.subject =
		arena_printf(arena, "%s %.*s %.*s%s%.*s", f.rule, STR_ARGS(uuid_print(arena, test->event)),
			     STR_ARGS(lot), about.len > 0 ? " " : "", STR_ARGS(about));
	return f;
}

static struct risk_finding banned(struct arena *arena, const struct reference *ref,
				  const struct risk_test *test, const struct ref_ban *ban)
{
	struct risk_finding f = begin(arena, ref, test, RULE_R06, SEVERITY_CRITICAL, ban->names.items[0]);
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 2);

	evidence[0] = f.evidence[0];
	evidence[1].reference =
		arena_printf(arena, "banned_substances: %.*s (%.*s), %.*s; %.*s", STR_ARGS(ban->name_zh),
			     STR_ARGS(ban->name_en), STR_ARGS(ban->legal_basis), STR_ARGS(ban->source));
	evidence[1].words_zh = arena_printf(arena, "禁用，范围：%.*s", STR_ARGS(ban->scope_zh));
	evidence[1].words_en = arena_printf(arena, "banned: %.*s", STR_ARGS(ban->scope_en));
	f.evidence = evidence;
	f.evidence_count = 2;
	f.reason_zh = arena_printf(arena, "检出%.*s，已禁用（%.*s）", STR_ARGS(ban->name_zh),
				   STR_ARGS(ban->legal_basis));
	f.reason_en = arena_printf(arena, "%.*s was detected, which is banned (%.*s)", STR_ARGS(ban->name_en),
				   STR_ARGS(ban->legal_basis));
	f.action_zh = STR(
		"停止销售并封存该批次，报告区县农业农村部门；追查来源、飘移或土壤残留，复检时限内可申请复检");
	f.action_en = STR(
		"Stop sale, hold the lot and report to the district; look for its source, drift or residue "
		"in the soil; a re-test may be asked for within its time");
	return f;
}

/* As the report writes them, and what stands before and in brackets. */
static struct ref_names detected_names(struct arena *arena, const struct risk_test *test)
{
	enum { MOST_NAMES = 8 };
	struct str *names = arena_array(arena, struct str, test->result_count * MOST_NAMES + 1);
	size_t count = 0;

	for (size_t i = 0; i < test->result_count; i++) {
		struct ref_names all = substance_names(arena, test->results[i].substance, STR(""));

		for (size_t k = 0; test->results[i].detected && k < all.count && k < MOST_NAMES; k++)
			names[count++] = all.items[k];
	}
	return (struct ref_names){names, count};
}

static size_t banned_all(struct arena *arena, const struct reference *ref, const struct risk_test *test,
			 struct risk_finding *ret)
{
	struct ref_names names = detected_names(arena, test);
	const struct ref_ban **bans = arena_array(arena, const struct ref_ban *, ref->ban_count);
	const struct risk_use use = {
		.event = test->event, .time = test->time, .active = names.items, .active_count = names.count};
	size_t count = names.count > 0 ? risk_bans_of(arena, ref, &use, bans) : 0;

	for (size_t i = 0; i < count; i++)
		ret[i] = banned(arena, ref, test, bans[i]);
	return count;
}

static struct risk_finding positive(struct arena *arena, const struct reference *ref,
				    const struct risk_test *test)
{
	bool lab = str_equal(test->kind, STR("lab"));
	struct risk_finding f = begin(arena, ref, test, lab ? RULE_R05 : RULE_R08,
				      lab && test->shipped ? SEVERITY_CRITICAL : SEVERITY_HIGH, STR(""));

	if (lab) {
		f.reason_zh =
			test->shipped ? STR("实验室判定不合格，且该批次已部分发出") : STR("实验室判定不合格");
		f.reason_en =
			test->shipped
				? STR("A laboratory found it not conformant, and part of the lot has left")
				: STR("A laboratory found it not conformant");
		f.action_zh =
			STR("停止销售并封存该批次，追查去向并召回；核对用药记录；五个工作日内可申请复检");
		f.action_en = STR("Stop sale and hold the lot, find where it went and recall it; compare the "
				  "records of "
				  "what was used; a re-test may be asked for within five working days");
	} else {
		f.reason_zh = STR("快速检测阳性，三日内需实验室确认");
		f.reason_en =
			STR("A rapid test is positive: a laboratory has to confirm it within three days");
		f.action_zh = STR("暂停该批次流通并送实验室确认；四小时内可申请复检");
		f.action_en = STR("Hold the lot and send a sample to a laboratory; a re-test may be asked "
				  "for within four "
				  "hours");
		f.due_after_s = CONFIRM_WITHIN_S;
	}
	return f;
}

void risk_test(struct arena *arena, const struct reference *ref, const struct risk_test *test,
	       struct risk_findings *ret)
{
	struct risk_finding *items = arena_array(arena, struct risk_finding, ref->ban_count + 1);
	size_t count = banned_all(arena, ref, test, items);

	if (str_equal(test->outcome, STR("positive")))
		items[count++] = positive(arena, ref, test);
	*ret = (struct risk_findings){count > 0 ? items : NULL, count};
}
