/* SPDX-License-Identifier: Apache-2.0
 * /v1/alerts: the inspector's list, one alert with its evidence and reach, and acting on it. */
#include "ft/api/routes.h"

#include "alerts_priv.h"
#include "list_priv.h"
#include "lots_priv.h"

#include "ft/base/map.h"
#include "ft/core/risk.h"
#include "ft/crypto/random.h"
#include "ft/store/alerts.h"
#include "ft/store/item_memory.h"
#include "ft/store/reach.h"
#include "ft/store/trail.h"
#include "queries.h"

enum { FACETS_MAX = 1000, MAX_BODY = 64 * 1024, NOTE_MAX = 4000 };
static const usec_t DAY_US = 86400 * USEC_PER_SEC, CHINA_OFFSET_US = 8 * 3600 * USEC_PER_SEC;

static const char *const severities[] = {"critical", "high", "medium", "low", NULL};
static const char *const sorts[] = {"firstSeen", "-firstSeen", "dueAt", "-dueAt",
				    "severity",  "-severity",  NULL};
struct alert_query {
	struct str state, min_severity, rule, region, product, party, day, sort, cursor;
	struct instant since, until;
	int64_t limit;
	bool facets;
};
static const struct shape alert_query = {
	.name = "AlertQuery",
	.size = sizeof(struct alert_query),
	.doc = "Which alerts, in which order",
	.fields =
		(const struct field[]){
			WORD(struct alert_query, state, "state", alert_state_words, .flags = OPTIONAL,
			     .doc = "In this state"),
			WORD(struct alert_query, min_severity, "minSeverity", severities, .flags = OPTIONAL,
			     .doc = "At least as bad"),
			STRING(struct alert_query, rule, "rule", .flags = OPTIONAL, .max_len = 16,
			       .doc = "Of this rule"),
			STRING(struct alert_query, region, "region", .flags = OPTIONAL, .max_len = 16,
			       .doc = "Concerns this region or one below it"),
			STRING(struct alert_query, product, "product", .flags = OPTIONAL, .max_len = 512,
			       .doc = "About this product"),
			STRING(struct alert_query, party, "party", .flags = OPTIONAL, .max_len = 512,
			       .doc = "About this party"),
			STRING(struct alert_query, day, "day", .flags = OPTIONAL, .max_len = 64,
			       .doc = "First seen on this day in China"),
			TIME(struct alert_query, since, "since", .flags = OPTIONAL,
			     .doc = "First seen then or later"),
			TIME(struct alert_query, until, "until", .flags = OPTIONAL,
			     .doc = "First seen before"),
			WORD(struct alert_query, sort, "sort", sorts, .flags = OPTIONAL,
			     .doc = "- turns the order; -firstSeen if absent; -severity: worst first"),
			LIST_QUERY_FIELDS(struct alert_query),
			BOOLEAN(struct alert_query, facets, "facets", .flags = OPTIONAL,
				.doc = "With counts of what the filter finds"),
			END_OF_SHAPE,
		},
};
struct facet_count {
	struct str value;
	int64_t count;
};
static const struct shape facet_count_shape = {
	.name = "AlertCount",
	.size = sizeof(struct facet_count),
	.doc = "How many",
	.fields =
		(const struct field[]){
			STRING(struct facet_count, value, "value", .doc = "State, severity, rule or region"),
			INTEGER(struct facet_count, count, "count", .doc = "Alerts"),
			END_OF_SHAPE,
		},
};
enum { FACETS = 4 };
static const char *const facet_words[FACETS] = {"state", "severity", "rule", "region"};
struct facets {
	struct list by[FACETS]; /* struct facet_count */
};
#define FACET(i, key) \
	{ \
		.name = (key), .kind = FIELD_LIST, .offset = offsetof(struct facets, by[i]), \
		.of = &facet_count_shape, .flags = ALWAYS, .max_len = FACETS_MAX, \
		.doc = "Counts, most first" \
	}
static const struct shape facets_shape = {
	.name = "AlertFacets",
	.size = sizeof(struct facets),
	.doc = "How many alerts the filter finds",
	.fields = (const struct field[]){FACET(0, "state"), FACET(1, "severity"), FACET(2, "rule"),
					 FACET(3, "region"), END_OF_SHAPE},
};
struct alert_page {
	struct list items;
	struct str next;
	struct facets *facets;
};
static const struct shape alert_page = {
	.name = "AlertPage",
	.size = sizeof(struct alert_page),
	.doc = "Alerts in the order asked for",
	.fields =
		(const struct field[]){
			LIST_PAGE_FIELDS(struct alert_page, &alert_item_shape),
			OBJECT(struct alert_page, facets, "facets", &facets_shape, struct facets,
			       .flags = OPTIONAL, .doc = "With facets=1"),
			END_OF_SHAPE,
		},
};

static enum problem read_day(struct call *call, const struct alert_query *q,
			     struct alert_facets_params *params)
{
	int32_t day;
	if (!q->day.at)
		return PROBLEM_NONE;
	if (!date_parse(q->day, &day))
		return fault_set(&call->fault, PROBLEM_DATE_SYNTAX, "date", "?day");
	usec_t start = day * DAY_US - CHINA_OFFSET_US;
	if (!params->since.known || params->since.value < start)
		params->since = (struct sql_nullable_int){true, start};
	if (!params->until.known || params->until.value > start + DAY_US)
		params->until = (struct sql_nullable_int){true, start + DAY_US};
	return PROBLEM_NONE;
}

/* PROBLEM_NOT_FOUND: nothing is registered under that name, so nothing is found. */
static enum problem read_names(struct call *call, const struct alert_query *q,
			       struct alert_facets_params *params)
{
	static const struct uuid nobody;
	struct lot_id party = {0}, product = {0};
	enum problem p =
		q->party.at ? thing_resolve(call, THING_PARTY, nobody, q->party, &party) : PROBLEM_NONE;
	if (!p && q->product.at)
		p = thing_resolve(call, THING_PRODUCT, party.lot, q->product, &product);
	params->party = party.lot;
	params->product = product.lot;
	return p == PROBLEM_IDENTIFIER_SYNTAX ? PROBLEM_NOT_FOUND : p;
}

static enum problem read_filter(struct call *call, const struct alert_query *q,
				struct alert_facets_params *ret)
{
	struct alert_facets_params params = {.max_regions = FACETS_MAX,
					     .state = q->state,
					     .rule = q->rule,
					     .region = q->region,
					     .since = {q->since.at_us != 0, q->since.at_us},
					     .until = {q->until.at_us != 0, q->until.at_us}};
	for (int64_t i = 0; q->min_severity.at && severities[i]; i++)
		if (str_equal(q->min_severity, str_of(severities[i])))
			params.worst = (struct sql_nullable_int){true, i};
	enum problem p = read_day(call, q, &params);
	if (!p)
		p = read_names(call, q, &params);
	if (!p)
		*ret = params;
	return p;
}

static enum problem list_rows(struct call *call, const struct alert_query *q,
			      const struct alert_facets_params *f, int64_t max_rows,
			      struct alert_list_row **ret, size_t *ret_count)
{
	struct str sort = q->sort.at ? q->sort : STR("-firstSeen");
	bool down = str_starts(sort, STR("-"));
	struct alert_list_params params = {.state = f->state,
					   .worst = f->worst,
					   .rule = f->rule,
					   .region = f->region,
					   .product = f->product,
					   .party = f->party,
					   .since = f->since,
					   .until = f->until,
					   .sort = down ? str_from(sort, 1) : sort,
					   .direction = down ? -1 : 1,
					   .max_rows = max_rows};
	if (q->cursor.at) {
		enum problem p = cursor_read(call, q->cursor, &params.after_place.value, &params.after_id);
		if (p)
			return p;
		params.after_place.known = true;
	}
	return alert_list(call_db(call), call->arena, &params, ret, ret_count);
}

static struct str id_text(struct arena *arena, struct uuid id)
{
	return uuid_is_nil(id) ? (struct str){NULL, 0} : uuid_print(arena, id);
}

static struct str_list lot_texts(struct arena *arena, const struct lot_id *lots, size_t count)
{
	struct str_list texts = {arena_array(arena, struct str, count), count};
	for (size_t i = 0; i < count; i++)
		texts.items[i] = lot_id_print(arena, lots[i]);
	return texts;
}

/* Both rows have these columns. */
#define ALERT_OF(call, row) \
	{ \
		.id = uuid_print((call)->arena, (row)->id), .rule = (row)->rule, \
		.rule_version = (row)->rule_version, .severity = str_of(severity_words[(row)->severity]), \
		.state = (row)->state, .title = words_make((call)->arena, (row)->title_zh, (row)->title_en), \
		.reason = words_make((call)->arena, (row)->reason_zh, (row)->reason_en), \
		.regions = alert_regions((call)->arena, &(row)->regions, &(row)->roles), \
		.first_seen = utc_print((call)->arena, (row)->first_seen), \
		.last_seen = utc_print((call)->arena, (row)->last_seen), \
		.due_at = utc_print((call)->arena, (row)->due_at), .assignee = (row)->assignee, \
		.party = id_text((call)->arena, (row)->party), \
		.product = id_text((call)->arena, (row)->product), \
		.suggested_action = (call)->language == LANGUAGE_EN ? (row)->action_en : (row)->action_zh \
	}

static enum problem add_facets(struct call *call, const struct alert_facets_params *params,
			       struct alert_page *page)
{
	struct alert_facets_row *rows;
	size_t count;
	enum problem p = alert_facets(call_db(call), call->arena, params, &rows, &count);
	if (p)
		return p;
	page->facets = arena_new(call->arena, struct facets);
	for (int f = 0; f < FACETS; f++) {
		struct facet_count *counts = arena_array(call->arena, struct facet_count, count);
		struct list *list = &page->facets->by[f];
		list->items = counts;
		for (size_t i = 0; i < count; i++)
			if (str_equal(rows[i].facet, str_of(facet_words[f]))) {
				bool is_number = str_equal(rows[i].facet, STR("severity"));
				struct str value = is_number
							   ? str_of(severity_words[rows[i].value.at[0] - '0'])
							   : rows[i].value;
				counts[list->count++] = (struct facet_count){value, rows[i].count};
			}
	}
	return PROBLEM_NONE;
}

static void put_items(struct call *call, const struct alert_list_row *rows, size_t count,
		      struct alert_page *page)
{
	struct alert_answer *items = arena_array(call->arena, struct alert_answer, count);
	for (size_t i = 0; i < count; i++) {
		const struct lot_id lot = {rows[i].lot_org, rows[i].lot_id};
		items[i] = (struct alert_answer)ALERT_OF(call, &rows[i]);
		items[i].lots = lot_texts(call->arena, &lot, uuid_is_nil(lot.lot) ? 0 : 1);
	}
	page->items = (struct list){items, count};
}

static enum problem list_alerts(struct call *call, struct reply *reply)
{
	const struct alert_query *q = call->query;
	const int64_t max_rows = list_rows_wanted(q->limit);
	struct alert_page *page = arena_new(call->arena, struct alert_page);
	struct alert_facets_params filter = {.rule = {NULL, 0}};
	struct alert_list_row *rows;
	size_t count;
	reply->value = page;
	enum problem p = read_filter(call, q, &filter);
	if (p == PROBLEM_NOT_FOUND) {
		page->facets = q->facets ? arena_new(call->arena, struct facets) : NULL;
		return PROBLEM_NONE;
	}
	if (!p)
		p = list_rows(call, q, &filter, max_rows, &rows, &count);
	if (!p && q->facets)
		p = add_facets(call, &filter, page);
	if (p)
		return p;
	if (count == (size_t)max_rows) {
		count--;
		const struct alert_list_row *last = &rows[count - 1];
		page->next =
			list_announce_next(call, reply, cursor_print(call->arena, last->place, last->id));
	}
	put_items(call, rows, count, page);
	return PROBLEM_NONE;
}

static enum problem find_alert(struct call *call, struct alert_get_row *ret)
{
	struct alert_get_params params;
	if (!uuid_parse(call->path_args[0], &params.id))
		return PROBLEM_NOT_FOUND;
	return alert_get(call_db(call), call->arena, &params, ret);
}

static struct str in_language(const struct call *call, const struct json *words)
{
	struct str text = json_text(json_get(words, call->language == LANGUAGE_EN ? STR("en") : STR("zh")));
	return text.at ? text : json_text(json_get(words, STR("zh")));
}

static struct list evidence_of(struct call *call, struct bytes stored)
{
	struct json *json = arena_new(call->arena, struct json);
	struct fault ignored = {0};
	if (json_parse(call->arena, bytes_str(stored), json, &ignored) || json->kind != JSON_ARRAY)
		return (struct list){NULL, 0};
	struct alert_evidence *items = arena_array(call->arena, struct alert_evidence, json->count);
	for (size_t i = 0; i < json->count; i++)
		items[i] =
			(struct alert_evidence){json_text(json_get(&json->items[i], STR("event"))),
						json_text(json_get(&json->items[i], STR("reference"))),
						in_language(call, json_get(&json->items[i], STR("words")))};
	return (struct list){items, json->count};
}

static enum problem add_timeline(struct call *call, const struct alert_get_row *row,
				 struct alert_answer *answer)
{
	struct alert_timeline_row *rows;
	size_t count;
	const struct alert_timeline_params params = {row->org_id, row->id};
	enum problem p = alert_timeline(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct alert_deed_answer *deeds = arena_array(call->arena, struct alert_deed_answer, count);
	for (size_t i = 0; i < count; i++)
		deeds[i] = (struct alert_deed_answer){.id = uuid_print(call->arena, rows[i].id),
						      .at = utc_print(call->arena, rows[i].at),
						      .action = rows[i].action,
						      .key = uuid_print(call->arena, rows[i].key_id),
						      .party = id_text(call->arena, rows[i].party),
						      .reason = rows[i].reason,
						      .note = rows[i].note,
						      .assignee = rows[i].assignee,
						      .region = rows[i].region};
	answer->timeline = (struct list){deeds, count};
	return PROBLEM_NONE;
}

struct lots {
	struct lot_id *items;
	size_t count, room;
};

static void lots_add(struct arena *arena, struct lots *lots, struct lot_id lot)
{
	if (lots->count == lots->room) {
		size_t room = lots->room ? lots->room * 2 : 16;
		struct lot_id *items = arena_array(arena, struct lot_id, room);
		for (size_t i = 0; i < lots->count; i++)
			items[i] = lots->items[i];
		lots->items = items;
		lots->room = room;
	}
	lots->items[lots->count++] = lot;
}

/* `seen` holds what is listed already: the lots themselves stand neither above nor below each other. */
static void add_new(struct arena *arena, struct map *seen, struct lots *lots, struct lot_id lot)
{
	struct lot_id *kept = arena_new(arena, struct lot_id);
	*kept = lot;
	if (map_get(seen, MAP_KEY(kept->lot)))
		return;
	map_set(seen, MAP_KEY(kept->lot), kept);
	lots_add(arena, lots, lot);
}

static enum problem add_above(struct call *call, struct lot_id lot, struct map *seen, struct lots *above)
{
	struct lot_upstream_row *rows;
	size_t count;
	const struct lot_upstream_params params = {lot.org, lot.lot, TRAIL_NOW,
						   call_app(call)->config->graph_nodes};
	enum problem p = lot_upstream(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		add_new(call->arena, seen, above, (struct lot_id){rows[i].org_id, rows[i].lot_id});
	return p;
}

static enum problem add_below(struct call *call, struct lot_id lot, struct map *seen, struct lots *below)
{
	struct reach reach;
	enum problem p = reach_load(call_db(call), call->arena, lot,
				    (size_t)call_app(call)->config->graph_nodes, &reach);
	if (!p)
		p = lots_show_own_only(call, &reach);
	for (size_t i = 0; !p && i < reach.count; i++)
		if (reach.lots[i].visible)
			add_new(call->arena, seen, below, reach.lots[i].lot);
	return p;
}

static enum problem add_lots(struct call *call, const struct alert_get_row *row, struct alert_answer *answer)
{
	const struct alert_ref ref = {
		.org = row->org_id, .id = row->id, .lot = {row->lot_org, row->lot_id}, .event = row->event};
	struct lot_id *lots;
	struct lots above = {.count = 0}, below = {.count = 0};
	size_t count;
	enum problem p = alert_lots(call_db(call), call->arena, &ref, &lots, &count);
	if (p)
		return p;
	struct map *seen_above = map_create(call->arena, count), *seen_below = map_create(call->arena, count);
	for (size_t i = 0; i < count; i++) {
		map_set(seen_above, MAP_KEY(lots[i].lot), &lots[i]);
		map_set(seen_below, MAP_KEY(lots[i].lot), &lots[i]);
	}
	for (size_t i = 0; !p && i < count; i++) {
		p = add_above(call, lots[i], seen_above, &above);
		if (!p)
			p = add_below(call, lots[i], seen_below, &below);
	}
	answer->lots = lot_texts(call->arena, lots, count);
	answer->lots_up = lot_texts(call->arena, above.items, above.count);
	answer->lots_down = lot_texts(call->arena, below.items, below.count);
	return p;
}

static enum problem put_alert(struct call *call, const struct alert_get_row *row, struct reply *reply)
{
	struct alert_answer *answer = arena_new(call->arena, struct alert_answer);
	*answer = (struct alert_answer)ALERT_OF(call, row);
	answer->edition = row->edition;
	answer->code = row->code;
	answer->evidence = evidence_of(call, row->evidence);
	enum problem p = add_timeline(call, row, answer);
	if (!p)
		p = add_lots(call, row, answer);
	if (!p)
		reply->value = answer;
	return p;
}

static enum problem get_alert(struct call *call, struct reply *reply)
{
	struct alert_get_row row;
	enum problem p = find_alert(call, &row);
	return p ? p : put_alert(call, &row, reply);
}

struct deed_input {
	struct uuid id;
	struct str action, reason, note, assignee, region;
};
static const struct shape deed_input = {
	.name = "AlertDeedInput",
	.size = sizeof(struct deed_input),
	.doc = "What is done about an alert",
	.fields =
		(const struct field[]){
			UUID(struct deed_input, id, "id", .flags = OPTIONAL,
			     .doc = "UUIDv7, its identity for ever; made if absent"),
			WORD(struct deed_input, action, "action", alert_action_words, .doc = "What"),
			STRING(struct deed_input, reason, "reason", .flags = OPTIONAL,
			       .doc = "Reason code; close needs one"),
			STRING(struct deed_input, note, "note", .flags = OPTIONAL, .max_len = NOTE_MAX,
			       .doc = "Words; comment needs them"),
			STRING(struct deed_input, assignee, "assignee", .flags = OPTIONAL,
			       .doc = "assign needs one"),
			STRING(struct deed_input, region, "region", .flags = OPTIONAL, .max_len = 16,
			       .doc = "transfer needs one"),
			END_OF_SHAPE,
		},
};

static struct str copied_code(const struct alert_get_row *row)
{
	return str_equal(row->rule, STR("K01")) ? row->code : (struct str){NULL, 0};
}

static enum problem act_on_alert(struct call *call, struct reply *reply)
{
	const struct deed_input *input = call->body;
	struct alert_get_row row;
	const struct key_office office = call_office(call);
	struct alert_deed deed = {.id = input->id,
				  .office = &office,
				  .now_us = office.now_us,
				  .max_lots = call_app(call)->config->graph_nodes,
				  .words = {input->reason, input->note, input->assignee, input->region}};
	enum problem p = find_alert(call, &row);
	if (p)
		return p;
	if (!alert_action_find(input->action, &deed.action))
		return PROBLEM_INTERNAL; /* the shape takes no other word */
	p = alert_words_check(call->arena, deed.action, &deed.words, &call->fault);
	if (p)
		return p;
	deed.alert = (struct alert_ref){.org = row.org_id,
					.id = row.id,
					.lot = {row.lot_org, row.lot_id},
					.event = row.event,
					.copied = copied_code(&row)};
	if (call->caller.party_count)
		deed.party = call->caller.parties[0];
	if (uuid_is_nil(deed.id))
		deed.id = call_mint(call, deed.now_us);
	p = alert_act(call_db(call), call->arena, call_app(call)->cache, &deed, &call->fault);
	if (!p && deed.alert.copied.len)
		item_memory_forget(call_app(call)->items);
	if (!p)
		p = find_alert(call, &row);
	return p ? p : put_alert(call, &row, reply);
}

#define TAG "Alerts"
const struct route alert_routes[] = {
	{
		.method = "GET",
		.path = "/v1/alerts",
		.id = "listAlerts",
		.summary = "List alerts",
		.tag = TAG,
		.scope = SCOPE_INSPECT,
		.query = &alert_query,
		.response = &alert_page,
		.status = 200,
		.handle = list_alerts,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_TIME_NAIVE, PROBLEM_TIME_SYNTAX, PROBLEM_DATE_SYNTAX,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/alerts/{id}",
		.id = "getAlert",
		.summary = "Read an alert with evidence, lots and timeline",
		.tag = TAG,
		.scope = SCOPE_INSPECT,
		.response = &alert_answer_shape,
		.status = 200,
		.handle = get_alert,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_GRAPH_TOO_LARGE, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/alerts/{id}/actions",
		.id = "actOnAlert",
		.summary = "Acknowledge, assign, comment, escalate, transfer, close or reopen an alert",
		.tag = TAG,
		.scope = SCOPE_INSPECT,
		.max_body = MAX_BODY,
		.request = &deed_input,
		.response = &alert_answer_shape,
		.status = 200,
		.repeatable = true,
		.handle = act_on_alert,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_ALERT_STATE, PROBLEM_CLOSE_REASON, PROBLEM_ID_TAKEN,
			     PROBLEM_REGION_UNKNOWN, PROBLEM_GRAPH_TOO_LARGE, PROBLEM_SIGNER_UNAVAILABLE,
			     PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
