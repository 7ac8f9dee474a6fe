/* SPDX-License-Identifier: Apache-2.0
 * Codes of single packs: issued for a lot, listed for the printer, activated and voided. */
#include "ft/api/routes.h"

#include "codes_priv.h"

#include "ft/core/lot_id.h"
#include "ft/core/thing_name.h"
#include "ft/core/unit.h"
#include "ft/crypto/random.h"
#include "ft/store/item_memory.h"
#include "queries.h"

enum { MAX_BODY = 64 * 1024, REASON_MAX = 400, CSV_ROW = 96 };

/* What a pack's code says of its lot. */
static enum problem put_lot(struct call *call, struct lot_id lot, struct code_answer *answer)
{
	struct lot_public_uri_row row;
	enum problem p = lot_public_uri(call_db(call), call->arena,
					&(struct lot_public_uri_params){lot.org, lot.lot}, &row);
	if (p)
		return p;
	answer->lot = lot_id_print(call->arena, lot);
	answer->uri = item_uri(call->arena, row.uri, answer->code);
	return PROBLEM_NONE;
}

static enum problem issue_answer(struct call *call, const struct item_issue *issue, struct code_answer **ret)
{
	struct code first = item_issue_code(call->arena, issue, 0, code_key(call));
	struct code last = item_issue_code(call->arena, issue, issue->count - 1, code_key(call));
	struct code_answer *answer = code_answer_of(call, &first);
	answer->kind = STR("item");
	answer->state = str_of(item_state_words[issue->activated ? ITEM_ACTIVATED : ITEM_ISSUED]);
	answer->issued_at = utc_print(call->arena, issue->issued_us);
	if (issue->activated)
		answer->activated_at = answer->issued_at;
	answer->count = issue->count;
	answer->last = last.text;
	answer->list = arena_printf(call->arena, "/v1/codes/%.*s/issue.csv", STR_ARGS(first.text));
	*ret = answer;
	return put_lot(call, issue->lot, answer);
}

/* It is held against the lot's own measure by the first record that names such a pack. */
static enum problem amount_check(struct call *call, const struct item_amount *amount,
				 struct item_issue *issue)
{
	struct quantity ignored;
	enum problem p = amount ? quantity_of(amount->value, amount->unit, &ignored) : PROBLEM_NONE;
	if (p)
		return fault_set(&call->fault, p, p == PROBLEM_UNIT_UNKNOWN ? "unit" : "quantity",
				 "/quantity/%s", p == PROBLEM_UNIT_UNKNOWN ? "unit" : "value");
	if (amount) {
		issue->value = amount->value;
		issue->unit = amount->unit;
	}
	return PROBLEM_NONE;
}

enum problem item_codes_issue(struct call *call, struct reply *reply, struct lot_id lot)
{
	const struct code_input *input = call->body;
	const struct key_office office = call_office(call);
	usec_t now = office.now_us;
	if (!call_acts_for(call, lot.org)) {
		call->fault.detail = STR("codes of packs are issued by whoever issued the lot");
		return PROBLEM_FORBIDDEN;
	}
	struct item_issue issue = {.id = uuid_is_nil(input->id) ? call_mint(call, now) : input->id,
				   .lot = lot,
				   .count = input->count ? input->count : 1,
				   .activated = input->activate,
				   .issued_us = now};
	bool again = false;
	enum problem p = amount_check(call, input->quantity, &issue);
	if (p)
		return p;
	p = item_issue_make(call_db(call), call->arena, code_key(call), &office, &issue, &again);
	if (p == PROBLEM_ID_TAKEN)
		return fault_set(&call->fault, p, "unique", "/id");
	if (p)
		return p;
	struct code_answer *answer;
	p = issue_answer(call, &issue, &answer);
	if (p)
		return p;
	reply->value = answer;
	reply->status = again ? 200 : 201;
	reply->location = arena_printf(call->arena, "/v1/codes/%.*s", STR_ARGS(answer->code));
	return PROBLEM_NONE;
}

static struct str time_or_none(struct arena *arena, usec_t at)
{
	return at ? utc_print(arena, at) : (struct str){NULL, 0};
}

enum problem item_answer(struct call *call, const struct code *code, struct code_answer **ret)
{
	struct pack item;
	enum problem p = item_read(call_db(call), call->arena, code, code_key(call), &item);
	if (p)
		return p;
	struct code_answer *answer = code_answer_of(call, code);
	answer->kind = STR("item");
	answer->state = str_of(item_state_words[item.state]);
	answer->issued_at = utc_print(call->arena, item.issued_us);
	answer->activated_at = time_or_none(call->arena, item.activated_us);
	answer->voided_at = time_or_none(call->arena, item.voided_us);
	answer->sold_at = time_or_none(call->arena, item.sold_us);
	answer->first_scanned_at = time_or_none(call->arena, item.first_scan_us);
	answer->scans = item.scans;
	*ret = answer;
	return put_lot(call, item.lot, answer);
}

/* An issue that the caller may handle, by any of its codes. */
static enum problem issue_find(struct call *call, struct str typed, struct item_issue *ret,
			       int64_t *ret_place)
{
	struct code code;
	struct item_issue issue = {0};
	enum problem p = code_typed(call, typed, &code);
	if (!p && code.letter != CODE_ITEM)
		p = PROBLEM_NOT_FOUND;
	if (!p)
		p = item_issue_of(call_db(call), call->arena, &code, code_key(call), &issue, ret_place);
	if (!p && !call_acts_for(call, issue.lot.org))
		p = PROBLEM_NOT_FOUND;
	if (!p)
		*ret = issue;
	return p;
}

static enum problem list_issue(struct call *call, struct reply *reply)
{
	struct item_issue issue;
	int64_t place;
	enum problem p = issue_find(call, call->path_args[0], &issue, &place);
	if (p)
		return p;
	struct buf out = buf_create(call->arena, (size_t)issue.count * CSV_ROW);
	buf_put(&out, STR("n,code,grouped,url\r\n"));
	/* A code leaves about a kilobyte behind while it is made: of a hundred thousand that is too much. */
	struct arena *scratch = arena_create();
	for (int64_t n = 0; n < issue.count; n++) {
		if (n % CODE_BLOCK == CODE_BLOCK - 1) {
			arena_destroy(scratch);
			scratch = arena_create();
		}
		struct code code = item_issue_code(scratch, &issue, n, code_key(call));
		buf_printf(&out, "%lld,%.*s,%.*s,%.*s/t/%.*s\r\n", (long long)n + 1, STR_ARGS(code.text),
			   STR_ARGS(code_group(scratch, &code)), STR_ARGS(call_app(call)->root_url),
			   STR_ARGS(code.text));
	}
	arena_destroy(scratch);
	*reply = (struct reply){.raw = buf_str(&out), .media_type = "text/csv; charset=utf-8"};
	return PROBLEM_NONE;
}

struct mark_input {
	struct items_named named;
	struct str reason;
};
static const struct shape mark_input = {
	.name = "CodesInput",
	.size = sizeof(struct mark_input),
	.doc = "Codes of packs: some by name, or all that were issued from one to another",
	.fields =
		(const struct field[]){
			STRINGS(struct mark_input, named.codes, "codes", .flags = OPTIONAL,
				.max_len = ITEM_CODES_MAX, .doc = "These"),
			STRING(struct mark_input, named.from, "from", .flags = OPTIONAL, .max_len = 64,
			       .doc = "From this one, as on the first label of a roll"),
			STRING(struct mark_input, named.to, "to", .flags = OPTIONAL, .max_len = 64,
			       .doc = "To this one, issued together with it and not before it"),
			STRING(struct mark_input, reason, "reason", .flags = OPTIONAL, .max_len = REASON_MAX,
			       .doc = "Why, for whoever asks later"),
			END_OF_SHAPE,
		},
};
struct mark_answer {
	struct str state;
	int64_t count, voided;
};
static const struct shape mark_answer = {
	.name = "CodesMarked",
	.size = sizeof(struct mark_answer),
	.doc = "What became of the codes",
	.fields =
		(const struct field[]){
			WORD(struct mark_answer, state, "state", item_state_words,
			     .doc = "What was asked for"),
			INTEGER(struct mark_answer, count, "count", .doc = "Codes named"),
			INTEGER(struct mark_answer, voided, "voided",
				.doc = "Of them voided now, each counted once: what is voided stays so"),
			END_OF_SHAPE,
		},
};
static enum problem read_codes(struct call *call, const struct items_named *named, struct item_ranges *ret)
{
	struct item_range *ranges = arena_array(call->arena, struct item_range, named->codes.count);
	for (size_t i = 0; i < named->codes.count; i++) {
		struct item_issue *issue = arena_new(call->arena, struct item_issue);
		enum problem p = issue_find(call, named->codes.items[i], issue, &ranges[i].first);
		if (p == PROBLEM_NOT_FOUND)
			(void)!fault_set(&call->fault, p, "code", "/codes/%zu", i);
		if (p)
			return p;
		ranges[i].last = ranges[i].first;
		ranges[i].issue = issue;
	}
	*ret = (struct item_ranges){ranges, named->codes.count, (int64_t)named->codes.count};
	return PROBLEM_NONE;
}

static enum problem read_range(struct call *call, const struct items_named *named, struct item_ranges *ret)
{
	struct item_range *range = arena_new(call->arena, struct item_range);
	struct item_issue *issue = arena_new(call->arena, struct item_issue), last;
	enum problem p = issue_find(call, named->from, issue, &range->first);
	if (p == PROBLEM_NOT_FOUND)
		return fault_set(&call->fault, p, "code", "/from");
	if (!p)
		p = issue_find(call, named->to, &last, &range->last);
	if (p == PROBLEM_NOT_FOUND)
		return fault_set(&call->fault, p, "code", "/to");
	if (p)
		return p;
	if (!uuid_equal(issue->id, last.id) || range->last < range->first)
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "order", "/to");
	range->issue = issue;
	*ret = (struct item_ranges){range, 1, range->last - range->first + 1};
	return PROBLEM_NONE;
}

enum problem item_ranges_of(struct call *call, const struct items_named *named, struct item_ranges *ret)
{
	if (!named->codes.count && !named->from.at)
		return fault_set(&call->fault, PROBLEM_FIELD_MISSING, "required", "/codes");
	if (named->codes.count && named->from.at)
		return fault_set(&call->fault, PROBLEM_FIELD_UNKNOWN, "either", "/from");
	if (!named->from.at != !named->to.at)
		return fault_set(&call->fault, PROBLEM_FIELD_MISSING, "required",
				 named->to.at ? "/from" : "/to");
	return named->codes.count ? read_codes(call, named, ret) : read_range(call, named, ret);
}

static enum problem mark_items(struct call *call, struct reply *reply, enum item_state state)
{
	const struct mark_input *input = call->body;
	struct item_ranges named = {.count = 0};
	struct mark_answer *answer = arena_new(call->arena, struct mark_answer);
	enum problem p = item_ranges_of(call, &input->named, &named);
	const struct key_office office = call_office(call);
	const struct item_order order = {named.ranges, named.count, state, input->reason};
	if (!p)
		p = item_mark(call_db(call), call->arena, code_key(call), &office, &order, &answer->voided);
	if (p)
		return p;
	item_memory_forget(call_app(call)->items);
	answer->state = str_of(item_state_words[state]);
	answer->count = named.items;
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem activate_codes(struct call *call, struct reply *reply)
{
	return mark_items(call, reply, ITEM_ACTIVATED);
}

static enum problem void_codes(struct call *call, struct reply *reply)
{
	return mark_items(call, reply, ITEM_VOIDED);
}

#define TAG "Codes"
#define MARKS \
	.method = "POST", .tag = TAG, .scope = SCOPE_CAPTURE, .max_body = MAX_BODY, .request = &mark_input, \
	.response = &mark_answer, .status = 200, \
	.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_DB_UNAVAILABLE, \
		     PROBLEM_DB_RETRY}
const struct route item_code_routes[] = {
	{
		.method = "GET",
		.path = "/v1/codes/{code}/issue.csv",
		.id = "listIssue",
		.summary = "All codes that were issued together with this one, for the printer",
		.tag = TAG,
		.scope = SCOPE_CAPTURE,
		.media_type = "text/csv",
		.status = 200,
		.handle = list_issue,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{.path = "/v1/codes:activate",
	 .id = "activateCodes",
	 .summary = "Put codes of packs into use",
	 .handle = activate_codes,
	 MARKS},
	{.path = "/v1/codes:void",
	 .id = "voidCodes",
	 .summary = "Withdraw codes of packs, for good",
	 .handle = void_codes,
	 MARKS},
	{0},
};
