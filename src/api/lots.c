/* SPDX-License-Identifier: Apache-2.0
 * /v1/lots: lists, one lot with its stock, its trail, and what became of it. */
#include "ft/api/routes.h"

#include "list_priv.h"
#include "lots_priv.h"

#include "ft/base/metrics.h"
#include "ft/base/text.h"
#include "ft/store/reach.h"
#include "ft/store/trail.h"
#include "queries.h"

enum { REACH_MAX = 1000000, HOLDERS_MAX = 20000 };

static const char *const list_states[] = {"on_hand", "in_transit", "sold", "destroyed", "recalled", NULL};
struct lot_query {
	struct str q, party, region, state, cursor;
	int64_t limit;
};
static const struct shape lot_query = {
	.name = "LotQuery",
	.size = sizeof(struct lot_query),
	.doc = "Which lots",
	.fields =
		(const struct field[]){
			STRING(struct lot_query, q, "q", .flags = OPTIONAL,
			       .doc = "Part of number or product name, or a code"),
			STRING(struct lot_query, party, "party", .flags = OPTIONAL, .max_len = 512,
			       .doc = "Who made, holds or held it"),
			STRING(struct lot_query, region, "region", .flags = OPTIONAL, .max_len = 16,
			       .doc = "Grown or held below it"),
			WORD(struct lot_query, state, "state", list_states, .flags = OPTIONAL,
			     .doc = "Some of it is in this state"),
			LIST_QUERY_FIELDS(struct lot_query),
			END_OF_SHAPE,
		},
};
static const struct shape lot_page = LIST_PAGE_SHAPE("LotPage", &lot_answer_shape, "Lots, newest first");

struct list_filter {
	struct str code;
	struct uuid party, before;
	int64_t max_rows;
	bool plain; /* no filter is asked for */
	bool empty; /* a party that is not registered has no lots */
};

static enum problem read_filter(struct call *call, const struct lot_query *q, struct list_filter *ret)
{
	static const struct uuid nobody;
	struct list_filter filter = {.max_rows = list_rows_wanted(q->limit),
				     .plain = !q->q.at && !q->party.at && !q->region.at && !q->state.at};
	struct lot_id party = {0};
	enum problem p =
		q->party.at ? thing_resolve(call, THING_PARTY, nobody, q->party, &party) : PROBLEM_NONE;
	filter.empty = p == PROBLEM_NOT_FOUND || p == PROBLEM_IDENTIFIER_SYNTAX;
	if (p && !filter.empty)
		return p;
	filter.party = party.lot;
	filter.code = q->q.at ? crockford_fold(call->arena, q->q) : (struct str){NULL, 0};
	int64_t unused;
	p = q->cursor.at ? cursor_read(call, q->cursor, &unused, &filter.before) : PROBLEM_NONE;
	if (p)
		return p;
	*ret = filter;
	return PROBLEM_NONE;
}

_Static_assert(sizeof(struct lot_list_all_row) == sizeof(struct lot_list_held_row) &&
		       sizeof(struct lot_list_region_row) == sizeof(struct lot_list_held_row),
	       "the same columns");

/* The lists have these parameters in common. */
#define LIST_FILTER(q_, f) \
	.plain = (f)->plain, .q = (q_)->q, .code = (f)->code, .party = (f)->party, .region = (q_)->region, \
	.state = (q_)->state, .before = (f)->before, .max_rows = (f)->max_rows

static enum problem list_rows(struct call *call, const struct lot_query *q, const struct list_filter *f,
			      struct lot_list_held_row **ret, size_t *ret_count)
{
	const struct caller *caller = &call->caller;
	struct db *db = call_db(call);
	*ret_count = 0;
	if (f->empty)
		return PROBLEM_NONE;
	if (caller->party_count) {
		const struct lot_list_held_params params = {.parties = {caller->parties, caller->party_count},
							    LIST_FILTER(q, f)};
		return lot_list_held(db, call->arena, &params, ret, ret_count);
	}
	if (caller->region.at) {
		const struct lot_list_region_params params = {.scope = caller->region, LIST_FILTER(q, f)};
		return lot_list_region(db, call->arena, &params, (struct lot_list_region_row **)(void *)ret,
				       ret_count);
	}
	const struct lot_list_all_params params = {LIST_FILTER(q, f)};
	return lot_list_all(db, call->arena, &params, (struct lot_list_all_row **)(void *)ret, ret_count);
}

static enum problem list_lots(struct call *call, struct reply *reply)
{
	const struct lot_query *q = call->query;
	struct list_filter filter = {.max_rows = 1};
	struct lot_list_held_row *rows = NULL;
	struct lot_answer *answers;
	size_t count;
	enum problem p = read_filter(call, q, &filter);
	if (!p)
		p = list_rows(call, q, &filter, &rows, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)filter.max_rows) {
		count--;
		const struct lot_list_held_row *last = &rows[count - 1];
		page->next = list_announce_next(call, reply,
						cursor_print(call->arena, /* place */ 0, last->lot_id));
	}
	struct lot_id *ids = arena_array(call->arena, struct lot_id, count);
	for (size_t i = 0; i < count; i++)
		ids[i] = (struct lot_id){rows[i].org_id, rows[i].lot_id};
	p = lot_answers(call, ids, count, &answers);
	page->items = (struct list){answers, count};
	reply->value = page;
	return p;
}

static enum problem get_lot(struct call *call, struct reply *reply)
{
	struct lot_id lot;
	struct lot_answer *answer;
	enum problem p = lot_of_path(call, &lot);
	if (!p)
		p = lot_answers(call, &lot, 1, &answer);
	if (!p)
		reply->value = answer;
	return p;
}

static const char *const tiers[] = {"farm", "township", "district", NULL};
struct trail_query {
	struct str tier;
	struct instant as_of;
};
static const struct shape trail_query = {
	.name = "TrailQuery",
	.size = sizeof(struct trail_query),
	.doc = "At which resolution, and as known when",
	.fields =
		(const struct field[]){
			WORD(struct trail_query, tier, "tier", tiers, .flags = OPTIONAL,
			     .doc = "farm if absent"),
			TIME(struct trail_query, as_of, "asOf", .flags = OPTIONAL,
			     .doc = "What had been recorded by then"),
			END_OF_SHAPE,
		},
};

static enum tier tier_of(struct str word)
{
	for (enum tier tier = TIER_FARM; word.at && tier < TIER_COUNT; tier++)
		if (str_equal(word, str_of(tier_words[tier])))
			return tier;
	return TIER_FARM;
}

static enum problem get_trail(struct call *call, struct reply *reply)
{
	const struct trail_query *q = call->query;
	const struct app *app = call_app(call);
	struct lot_id lot;
	struct trail_made made;
	struct trail *trail = arena_new(call->arena, struct trail);
	enum problem p = lot_of_path(call, &lot);
	if (p)
		return p;
	if (q->as_of.at_us)
		capture_settle(app->capture, q->as_of.at_us);
	const struct trail_ask ask = {.lot = lot,
				      .as_of_us = q->as_of.at_us ? q->as_of.at_us : TRAIL_NOW,
				      .now_us = clock_now(),
				      .max_lots = (size_t)app->config->graph_nodes,
				      .max_origins = (size_t)app->config->graph_nodes,
				      .quantities = true,
				      .persons = call_sees_holders(call),
				      .parties = call->caller.parties,
				      .party_count = call->caller.party_count,
				      .test_codes = app->test_codes,
				      .demonstration = app->config->demonstration};
	p = trail_make(call_db(call), call->arena, &ask, &made);
	if (!p)
		p = trail_aggregate(call->arena, &made.trail, tier_of(q->tier), trail);
	if (p)
		return p;
	metric_add(METRIC_TRAIL_COMPUTED, 1);
	app_examine_trail(call, &made.trail);
	reply->value = trail;
	return PROBLEM_NONE;
}

struct reach_item {
	struct str lot, number, code;
	int64_t depth;
	struct trail_quantity *quantity;
	struct list holders, uncounted;
};
static const struct shape reach_item = {
	.name = "ReachLot",
	.size = sizeof(struct reach_item),
	.doc = "A lot made of the one asked for",
	.fields =
		(const struct field[]){
			STRING(struct reach_item, lot, "lot", .doc = "Lot"),
			STRING(struct reach_item, number, "number",
			       .doc = "Own number within the issuing party"),
			STRING(struct reach_item, code, "code", .flags = OPTIONAL,
			       .doc = "Short code that its QR carries"),
			INTEGER(struct reach_item, depth, "depth",
				.doc = "Fewest steps from the lot asked for"),
			OBJECT(struct reach_item, quantity, "quantity", &lot_quantity_shape,
			       struct trail_quantity, .doc = "All that was ever put into it"),
			LIST(struct reach_item, holders, "holders", &lot_holder_shape, .flags = ALWAYS,
			     .max_len = HOLDERS_MAX, .doc = "Where it is now"),
			LIST(struct reach_item, uncounted, "uncounted", &lot_party_shape, .flags = OPTIONAL,
			     .max_len = HOLDERS_MAX,
			     .doc = "Who has or had some, by events that do not say how much"),
			END_OF_SHAPE,
		},
};
struct reach_answer {
	struct str lot;
	struct list holders, uncounted, lots;
};
static const struct shape reach_answer = {
	.name = "Reach",
	.size = sizeof(struct reach_answer),
	.doc = "Everything downstream of a lot, breadth first",
	.fields =
		(const struct field[]){
			STRING(struct reach_answer, lot, "lot", .doc = "The lot asked for"),
			LIST(struct reach_answer, holders, "holders", &lot_holder_shape, .flags = ALWAYS,
			     .max_len = HOLDERS_MAX, .doc = "Where what is left of the lot itself is"),
			LIST(struct reach_answer, uncounted, "uncounted", &lot_party_shape, .flags = OPTIONAL,
			     .max_len = HOLDERS_MAX,
			     .doc = "Who has or had some of it, by events that do not say how much"),
			LIST(struct reach_answer, lots, "lots", &reach_item, .flags = ALWAYS,
			     .max_len = REACH_MAX, .doc = "Descendants"),
			END_OF_SHAPE,
		},
};

/* Officers follow goods wherever they went; a party sees no further than what it holds or held. */
enum problem lots_show_own_only(struct call *call, struct reach *reach)
{
	if (!call->caller.party_count)
		return PROBLEM_NONE;
	struct uuid *orgs = arena_array(call->arena, struct uuid, reach->count),
		    *ids = arena_array(call->arena, struct uuid, reach->count);
	size_t *places = arena_array(call->arena, size_t, reach->count), count = 0, held_count;
	struct lot_held_by_row *held;
	for (size_t i = 0; i < reach->count; i++) {
		orgs[i] = reach->lots[i].lot.org;
		ids[i] = reach->lots[i].lot.lot;
	}
	const struct lot_held_by_params params = {
		{orgs, reach->count}, {ids, reach->count}, {call->caller.parties, call->caller.party_count}};
	enum problem p = lot_held_by(call_db(call), call->arena, &params, &held, &held_count);
	for (size_t i = 0; !p && i < held_count; i++)
		places[count++] = (size_t)held[i].place - 1;
	if (!p)
		reach_show_only(call->arena, reach, places, count);
	return p;
}

struct reach_told {
	struct call *call;
	struct lot_id lot;
	const struct reach *reach;
	struct reach_answer *answer;
};

static enum problem tell_reach(struct db *db, void *context)
{
	(void)db; /* the call's own */
	const struct reach_told *told = context;
	struct call *call = told->call;
	const struct reach *reach = told->reach;
	struct lot_id *ids = arena_array(call->arena, struct lot_id, reach->count + 1);
	struct reach_item *items = arena_array(call->arena, struct reach_item, reach->count);
	struct lot_answer *lots;
	size_t count = 0;
	ids[0] = told->lot;
	for (size_t i = 0; i < reach->count; i++)
		if (reach->lots[i].visible) {
			items[count].depth = reach->lots[i].depth;
			ids[++count] = reach->lots[i].lot;
		}
	enum problem p = lot_answers(call, ids, count + 1, &lots);
	if (p)
		return p;
	for (size_t i = 0; i < count; i++) {
		const struct lot_answer *of = &lots[i + 1];
		items[i] = (struct reach_item){.lot = of->id,
					       .number = of->number,
					       .code = of->code,
					       .depth = items[i].depth,
					       .quantity = of->quantity,
					       .holders = of->stock,
					       .uncounted = of->uncounted};
	}
	*told->answer = (struct reach_answer){lots[0].id, lots[0].stock, lots[0].uncounted, {items, count}};
	return PROBLEM_NONE;
}

/* A party is told of lots that it sees. Officers are told also of what is beyond their region by now: in the program's
 * name. */
static enum problem put_reach(struct call *call, struct lot_id lot, const struct reach *reach,
			      struct reach_answer *answer)
{
	struct reach_told told = {call, lot, reach, answer};
	return call->caller.party_count
		       ? tell_reach(call_db(call), &told)
		       : db_tx(call_db(call), &db_program, tell_reach, &told, /* reterr_unknown */ NULL);
}

static enum problem get_reach(struct call *call, struct reply *reply)
{
	struct lot_id lot;
	struct reach reach;
	struct reach_answer *answer = arena_new(call->arena, struct reach_answer);
	enum problem p = lot_of_path(call, &lot);
	if (!p)
		p = reach_load(call_db(call), call->arena, lot, (size_t)call_app(call)->config->graph_nodes,
			       &reach);
	if (!p)
		p = lots_show_own_only(call, &reach);
	if (!p)
		p = put_reach(call, lot, &reach, answer);
	if (!p)
		reply->value = answer;
	return p;
}

#define TAG "Lots"
const struct route lot_routes[] = {
	{
		.method = "GET",
		.path = "/v1/lots",
		.id = "listLots",
		.summary = "List lots",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &lot_query,
		.response = &lot_page,
		.status = 200,
		.handle = list_lots,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/lots/{id}",
		.id = "getLot",
		.summary = "Read a lot with its stock by holder",
		.tag = TAG,
		.scope = SCOPE_READ,
		.response = &lot_answer_shape,
		.status = 200,
		.handle = get_lot,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/lots/{id}/trail",
		.id = "getLotTrail",
		.summary = "Everything upstream of a lot",
		.tag = TAG,
		.scope = SCOPE_READ,
		.query = &trail_query,
		.response = &trail_shape,
		.status = 200,
		.handle = get_trail,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_TIME_NAIVE, PROBLEM_TIME_SYNTAX,
			     PROBLEM_GRAPH_TOO_LARGE, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "GET",
		.path = "/v1/lots/{id}/reach",
		.id = "getLotReach",
		.summary = "Everything downstream of a lot, and who holds it",
		.tag = TAG,
		.scope = SCOPE_READ,
		.response = &reach_answer,
		.status = 200,
		.handle = get_reach,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_GRAPH_TOO_LARGE, PROBLEM_DB_UNAVAILABLE,
			     PROBLEM_DB_RETRY},
	},
	{0},
};
