/* SPDX-License-Identifier: Apache-2.0
 * Rules about amounts: M01 yields, M02 ledgers of lots. */
#include "risk_priv.h"

static bool is_mass(struct str measure)
{
	return str_equal(measure, STR("mass"));
}

/* The row of the process: of the commodity nearest to the end of its path, else the one for any. NULL: none. */
static const struct ref_yield *yield_of(struct arena *arena, const struct reference *ref,
					const struct risk_transform *t)
{
	const struct ref_yield *best = NULL;
	size_t best_rank = SIZE_MAX;

	for (size_t i = 0; i < ref->yield_count; i++) {
		const struct ref_yield *row = &ref->yields[i];
		size_t rank = SIZE_MAX - 1; /* for any commodity */

		if (!str_equal(row->process, t->process) ||
		    (is_mass(row->measure) && t->dimension != DIMENSION_MASS))
			continue;
		if (row->commodity.at != NULL)
			rank = commodity_rank(arena, t->commodity, row->commodity);
		if (rank < best_rank) {
			best = row;
			best_rank = rank;
		}
	}
	return best;
}

__extension__ typedef unsigned __int128 uint128;

/* output ÷ input in thousandths, cut; *ret_more: something was cut. The remainder of at most 200 inputs of 15 digits of
 * tonnes, times a thousand, still fits 128 bits; the whole product would not. */
static int64_t permille_of(struct decimal output, struct decimal input, bool *ret_more)
{
	uint128 out = (uint128)output.units, in = (uint128)input.units;
	uint128 whole = out / in, thousandths = out % in * 1000;

	*ret_more = thousandths % in != 0;
	if (whole > INT64_MAX / 2000)
		return INT64_MAX / 2;
	return (int64_t)(whole * 1000 + thousandths / in);
}

static struct str percent_print(struct arena *arena, int64_t permille)
{
	return permille % 10 == 0 ? arena_printf(arena, "%lld %%", (long long)(permille / 10))
				  : arena_printf(arena, "%lld.%lld %%", (long long)(permille / 10),
						 (long long)(permille % 10));
}

static struct str yield_inputs(struct arena *arena, const struct risk_transform *t,
			       const struct ref_yield *row)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("event"), uuid_print(arena, t->event));
	json_pair(&w, STR("process"), t->process);
	json_pair(&w, STR("commodity"), t->commodity);
	json_pair(&w, STR("input"), decimal_print(arena, t->input));
	json_pair(&w, STR("output"), decimal_print(arena, t->output));
	json_pair(&w, STR("unit"), dimension_unit(t->dimension));
	json_pair_int(&w, STR("expectedPermille"), row->expected_permille);
	json_pair_int(&w, STR("hardPermille"), row->hard_permille);
	json_end_object(&w);
	return buf_str(&out);
}

static const struct risk_evidence *yield_evidence(struct arena *arena, const struct risk_transform *t,
						  const struct ref_yield *row)
{
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 2);
	struct str in = amount_print(arena, t->input, t->dimension),
		   out = amount_print(arena, t->output, t->dimension);

	evidence[0].event = t->event;
	evidence[0].words_zh = arena_printf(arena, "投入 %.*s，产出 %.*s", STR_ARGS(in), STR_ARGS(out));
	evidence[0].words_en = arena_printf(arena, "in %.*s, out %.*s", STR_ARGS(in), STR_ARGS(out));
	evidence[1].reference =
		arena_printf(arena, "yields: %.*s; %.*s", STR_ARGS(row->process), STR_ARGS(row->source));
	evidence[1].words_zh = arena_printf(arena, "预期上限 %.*s，硬上限 %.*s",
					    STR_ARGS(percent_print(arena, row->expected_permille)),
					    STR_ARGS(percent_print(arena, row->hard_permille)));
	evidence[1].words_en = arena_printf(arena, "expected at most %.*s, never more than %.*s",
					    STR_ARGS(percent_print(arena, row->expected_permille)),
					    STR_ARGS(percent_print(arena, row->hard_permille)));
	return evidence;
}

static struct risk_finding yield_finding(struct arena *arena, const struct reference *ref,
					 const struct risk_transform *t, const struct ref_yield *row,
					 int64_t permille)
{
	struct risk_finding f = risk_finding_begin(ref, RULE_M01, SEVERITY_HIGH);
	struct str in = amount_print(arena, t->input, t->dimension),
		   out = amount_print(arena, t->output, t->dimension);
	struct str found = percent_print(arena, permille),
		   most = percent_print(arena, row->expected_permille);

	f.reason_zh = arena_printf(arena, "投入 %.*s，产出 %.*s，得率 %.*s，超过预期上限 %.*s", STR_ARGS(in),
				   STR_ARGS(out), STR_ARGS(found), STR_ARGS(most));
	f.reason_en = arena_printf(arena,
				   "%.*s went in and %.*s came out: %.*s, above the expected maximum of %.*s",
				   STR_ARGS(in), STR_ARGS(out), STR_ARGS(found), STR_ARGS(most));
	f.action_zh = STR("核对单位、皮重和遗漏的投入批次；如有外来原料，请补登记；无法说明时现场核查");
	f.action_en = STR("Check units, tare and inputs that were left out; record what was bought in; "
			  "inspect on site if it "
			  "cannot be explained");
	f.inputs_json = yield_inputs(arena, t, row);
	f.evidence = yield_evidence(arena, t, row);
	f.evidence_count = 2;
	f.subject = arena_printf(arena, "M01 %.*s", STR_ARGS(uuid_print(arena, t->event)));
	return f;
}

void risk_m01(struct arena *arena, const struct reference *ref, const struct risk_transform *t,
	      struct risk_findings *ret, bool *ret_refuse, struct str *ret_detail)
{
	const struct ref_yield *row = yield_of(arena, ref, t);
	struct risk_finding *finding;
	int64_t permille;
	bool more;

	*ret = (struct risk_findings){NULL, 0};
	*ret_refuse = false;
	*ret_detail = (struct str){NULL, 0};
	if (row == NULL || t->input.units <= 0 || t->output.units < 0)
		return;
	permille = permille_of(t->output, t->input, &more);
	if (permille < row->expected_permille || (permille == row->expected_permille && !more))
		return;
	finding = arena_new(arena, struct risk_finding);
	*finding = yield_finding(arena, ref, t, row, permille);
	*ret = (struct risk_findings){finding, 1};
	*ret_refuse = permille > row->hard_permille || (permille == row->hard_permille && more);
	*ret_detail = arena_printf(arena, "in %.*s, out %.*s: at most %.*s",
				   STR_ARGS(amount_print(arena, t->input, t->dimension)),
				   STR_ARGS(amount_print(arena, t->output, t->dimension)),
				   STR_ARGS(percent_print(arena, row->hard_permille)));
}

static struct str ledger_inputs(struct arena *arena, const struct risk_ledger *l)
{
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, STR("event"), uuid_print(arena, l->event));
	json_pair(&w, STR("lot"), lot_id_print(arena, l->lot));
	json_pair(&w, STR("expected"), decimal_print(arena, l->expected));
	json_pair(&w, STR("found"), decimal_print(arena, l->found));
	json_pair(&w, STR("unit"), dimension_unit(l->dimension));
	json_pair(&w, STR("reasonGiven"), l->reason_given);
	json_end_object(&w);
	return buf_str(&out);
}

static const struct risk_evidence *ledger_evidence(struct arena *arena, const struct risk_ledger *l,
						   struct str expected, struct str found)
{
	struct risk_evidence *evidence = arena_array(arena, struct risk_evidence, 1);
	struct str given = l->reason_given.at != NULL ? l->reason_given : STR("");

	evidence[0].event = l->event;
	evidence[0].words_zh =
		arena_printf(arena, "应为 %.*s，实为 %.*s%s%.*s", STR_ARGS(expected), STR_ARGS(found),
			     given.len > 0 ? "；说明：" : "", STR_ARGS(given));
	evidence[0].words_en =
		arena_printf(arena, "expected %.*s, found %.*s%s%.*s", STR_ARGS(expected), STR_ARGS(found),
			     given.len > 0 ? "; reason given: " : "", STR_ARGS(given));
	return evidence;
}

struct str risk_short_subject(struct arena *arena, struct uuid holder, struct lot_id lot)
{
	return arena_printf(arena, "M02 short %.*s %.*s", STR_ARGS(uuid_print(arena, holder)),
			    STR_ARGS(lot_id_print(arena, lot)));
}

struct str risk_ledger_subject(struct arena *arena, struct uuid event, struct lot_id lot)
{
	return arena_printf(arena, "M02 %.*s %.*s", STR_ARGS(uuid_print(arena, event)),
			    STR_ARGS(lot_id_print(arena, lot)));
}

void risk_m02(struct arena *arena, const struct reference *ref, const struct risk_ledger *l,
	      struct risk_findings *ret)
{
	int order = decimal_compare(l->found, l->expected);
	bool less = order < 0;
	struct str expected, found, difference;
	struct risk_finding *f;

	*ret = (struct risk_findings){NULL, 0};
	if (order == 0)
		return;
	expected = amount_print(arena, l->expected, l->dimension);
	found = amount_print(arena, l->found, l->dimension);
	difference = amount_print(
		arena, less ? decimal_sub(l->expected, l->found) : decimal_sub(l->found, l->expected),
		l->dimension);
	f = arena_new(arena, struct risk_finding);
	*f = risk_finding_begin(ref, RULE_M02, SEVERITY_HIGH);
	f->reason_zh = arena_printf(arena, "应为 %.*s，实为 %.*s，%s %.*s", STR_ARGS(expected),
				    STR_ARGS(found), less ? "少" : "多", STR_ARGS(difference));
	f->reason_en = arena_printf(arena, "expected %.*s and found %.*s: %.*s %s", STR_ARGS(expected),
				    STR_ARGS(found), STR_ARGS(difference), less ? "missing" : "too much");
	f->action_zh = less ? STR("向承运方和发货方核对，登记损耗或更正数量；差额未说明前不得出证")
			    : STR("核对是否漏登收货或产出，并更正记录；多出的数量来源不明时停止销售");
	f->action_en = less ? STR("Ask carrier and sender, then record the loss or correct the amount; no "
				  "certificate until the "
				  "difference is explained")
			    : STR("Look for a receipt or harvest that was not recorded and correct it; stop "
				  "sale where the source "
				  "of the surplus is not known");
	f->inputs_json = ledger_inputs(arena, l);
	f->evidence = ledger_evidence(arena, l, expected, found);
	f->evidence_count = 1;
	f->lot = l->lot;
	f->subject = uuid_is_nil(l->holder) ? risk_ledger_subject(arena, l->event, l->lot)
					    : risk_short_subject(arena, l->holder, l->lot);
	*ret = (struct risk_findings){f, 1};
}
