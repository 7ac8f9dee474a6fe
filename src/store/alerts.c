/* SPDX-License-Identifier: Apache-2.0
 * Acting on alerts: locked, checked, written down, and shown on the pages of their lots at once. */
#include "ft/store/alerts.h"

#include "ft/base/failpoint.h"
#include "ft/codec/json.h"
#include "ft/core/risk.h"
#include "ft/crypto/digest.h"
#include "ft/crypto/random.h"
#include "ft/store/act_statement.h"
#include "ft/store/audit.h"
#include "queries.h"

static enum problem lots_of_answer(struct arena *arena, struct bytes answer, struct lot_id **ret,
				   size_t *ret_count)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(arena, bytes_str(answer), &json, &ignored))
		return PROBLEM_INTERNAL; /* it is our own */
	const struct json *lots = json_get(&json, STR("lots"));
	size_t room = lots && lots->kind == JSON_ARRAY ? lots->count : 0;
	struct lot_id *ids = arena_array(arena, struct lot_id, room);
	*ret_count = 0;
	for (size_t i = 0; i < room; i++)
		if (lot_id_parse(arena, json_text(json_get(&lots->items[i], STR("id"))), &ids[*ret_count]))
			(*ret_count)++;
	*ret = ids;
	return PROBLEM_NONE;
}

static enum problem lots_of_event(struct db *db, struct arena *arena, struct uuid event, struct lot_id **ret,
				  size_t *ret_count)
{
	struct str id = uuid_print(arena, event);
	struct sha256 hash = sha256_of(str_bytes(arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(id))));
	struct event_locate_row where;
	struct event_read_any_row row;
	enum problem p = event_locate(db, arena, &(struct event_locate_params){sha256_bytes(&hash)}, &where);
	if (p)
		return p;
	p = event_read_any(db, arena, &(struct event_read_any_params){where.org_id, where.id}, &row);
	return p ? p : lots_of_answer(arena, row.answer, ret, ret_count);
}

static enum problem lots_of_site(struct db *db, struct arena *arena, const struct alert_ref *alert,
				 struct lot_id **ret, size_t *ret_count)
{
	struct alert_site_lots_row *rows;
	enum problem p = alert_site_lots(
		db, arena, &(struct alert_site_lots_params){alert->org, alert->event}, &rows, ret_count);
	if (p)
		return p;
	*ret = arena_array(arena, struct lot_id, *ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = (struct lot_id){rows[i].org_id, rows[i].lot_id};
	return PROBLEM_NONE;
}

enum problem alert_lots(struct db *db, struct arena *arena, const struct alert_ref *alert,
			struct lot_id **ret, size_t *ret_count)
{
	if (!uuid_is_nil(alert->lot.org)) {
		*ret = arena_new(arena, struct lot_id);
		**ret = alert->lot;
		*ret_count = 1;
		return PROBLEM_NONE;
	}
	enum problem p = lots_of_event(db, arena, alert->event, ret, ret_count);
	return p || *ret_count ? p : lots_of_site(db, arena, alert, ret, ret_count);
}

struct acting {
	struct arena *arena;
	const struct alert_deed *given;
	struct alert_deed *deed;  /* the same, later than what was done before it */
	struct key_office office; /* at that time */
	struct fault *reterr;
	struct lot_id *lots;
	size_t lot_count;
};

/* PROBLEM_NOT_FOUND: it is a new one. */
static enum problem find_repetition(struct db *db, const struct acting *acting)
{
	const struct alert_deed *deed = acting->deed;
	const struct alert_deed_find_params params = {deed->alert.org, deed->alert.id, deed->id};
	struct alert_deed_find_row row;
	enum problem p = alert_deed_find(db, acting->arena, &params, &row);
	if (p)
		return p;
	bool repeated = str_equal(row.action, str_of(alert_action_words[deed->action])) &&
			str_equal(row.reason, deed->words.reason) && str_equal(row.note, deed->words.note) &&
			str_equal(row.assignee, deed->words.assignee) &&
			str_equal(row.region, deed->words.region);
	return repeated ? PROBLEM_NONE : fault_set(acting->reterr, PROBLEM_ID_TAKEN, "unique", "/id");
}

static enum problem next_state(const struct acting *acting, struct str word, enum alert_state *ret)
{
	enum alert_state state;
	if (!alert_state_find(word, &state))
		return PROBLEM_INTERNAL;
	enum problem p = alert_state_after(state, acting->deed->action, ret);
	if (p)
		acting->reterr->detail =
			arena_printf(acting->arena, "the alert is %s", alert_state_words[state]);
	return p;
}

static enum problem check_region(struct db *db, const struct acting *acting)
{
	struct region_get_row row;
	if (acting->deed->action != ALERT_TRANSFER)
		return PROBLEM_NONE;
	enum problem p =
		region_get(db, acting->arena, &(struct region_get_params){acting->deed->words.region}, &row);
	return p == PROBLEM_NOT_FOUND ? fault_set(acting->reterr, PROBLEM_REGION_UNKNOWN, "known", "/region")
				      : p;
}

/* Not the words of the person: they may name somebody, and the log forgets nothing. */
static enum problem state_deed(struct db *db, const struct acting *acting, const struct held_key *key,
			       struct uuid stated)
{
	const struct alert_deed *deed = acting->deed;
	struct buf out = buf_create(acting->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("action"), str_of(alert_action_words[deed->action]));
	json_pair(&w, STR("alert"), uuid_print(acting->arena, deed->alert.id));
	json_pair(&w, STR("deed"), uuid_print(acting->arena, deed->id));
	json_pair(&w, STR("by"), uuid_print(acting->arena, deed->office->actor));
	json_pair(&w, STR("reason"), deed->words.reason);
	json_end_object(&w);
	const struct act_words words = {"alert", stated, buf_str(&out)};
	return act_state(db, acting->arena, deed->office, key, &words);
}

static bool is_stated(enum alert_action action)
{
	return action == ALERT_CLOSE || action == ALERT_REOPEN;
}

static enum problem write_deed(struct db *db, const struct acting *acting, enum alert_state state,
			       struct uuid stated)
{
	const struct alert_deed *deed = acting->deed;
	const struct alert_change_params change = {deed->alert.org, deed->alert.id,
						   str_of(alert_state_words[state]), deed->words.assignee};
	const struct alert_deed_insert_params insert = {.org_id = deed->alert.org,
							.alert = deed->alert.id,
							.id = deed->id,
							.at = deed->now_us,
							.key_id = deed->office->actor,
							.party = deed->party,
							.action = str_of(alert_action_words[deed->action]),
							.reason = deed->words.reason,
							.note = deed->words.note,
							.assignee = deed->words.assignee,
							.region = deed->words.region,
							.stated = stated};
	enum problem p = alert_change(db, &change, /* ret_rows */ NULL);
	if (!p)
		p = alert_deed_insert(db, &insert, /* ret_rows */ NULL);
	if (!p && deed->action == ALERT_TRANSFER)
		p = alert_region_add(db,
				     &(struct alert_region_add_params){deed->alert.org, deed->alert.id,
								       deed->words.region},
				     NULL);
	return p;
}

/* Goods move past a closed alert unseen: where they are now, and whether any were sold. */
static enum problem look_downstream(struct db *db, const struct acting *acting)
{
	const struct alert_deed *deed = acting->deed;
	const struct alert_ref *alert = &deed->alert;
	const struct sql_array lot_orgs = {&alert->lot.org, 1}, lots = {&alert->lot.lot, 1};
	const struct alert_region_insert_held_params held = {
		{&alert->org, 1}, {&alert->id, 1}, lot_orgs, lots, deed->max_lots};
	const struct lot_downstream_sold_params below = {lot_orgs, lots, deed->max_lots};
	const struct alert_is_sold_params critical = {
		alert->org, alert->id, deed->now_us + risk_due_after_s(SEVERITY_CRITICAL) * USEC_PER_SEC};
	struct lot_downstream_sold_row *sold;
	size_t count = 0;
	if (deed->action != ALERT_REOPEN || uuid_is_nil(alert->lot.org))
		return PROBLEM_NONE;
	enum problem p = alert_region_insert_held(db, &held, /* ret_rows */ NULL);
	if (!p)
		p = lot_downstream_sold(db, acting->arena, &below, &sold, &count);
	return p || !count ? p : alert_is_sold(db, &critical, /* ret_rows */ NULL);
}

/* A person's word counts for more than the counters: the page of the pack says so from the next scan on. */
static enum problem judge_pack(struct db *db, const struct acting *acting, enum alert_state state)
{
	struct str code = acting->deed->alert.copied;
	if (!code.len)
		return PROBLEM_NONE;
	const struct code_suspect_set_params params = {
		.codes = {&code, 1}, .suspect = state != ALERT_CLOSED, .judged = true};
	return code_suspect_set(db, &params, /* ret_rows */ NULL);
}

static enum problem touch_lots(struct db *db, struct acting *acting)
{
	struct uuid *orgs, *ids;
	enum problem p =
		alert_lots(db, acting->arena, &acting->deed->alert, &acting->lots, &acting->lot_count);
	if (p || !acting->lot_count)
		return p;
	orgs = arena_array(acting->arena, struct uuid, acting->lot_count);
	ids = arena_array(acting->arena, struct uuid, acting->lot_count);
	for (size_t i = 0; i < acting->lot_count; i++) {
		orgs[i] = acting->lots[i].org;
		ids[i] = acting->lots[i].lot;
	}
	const struct alert_lots_touch_params params = {
		{orgs, acting->lot_count}, {ids, acting->lot_count}, acting->deed->now_us};
	return alert_lots_touch(db, &params, /* ret_rows */ NULL);
}

/* What was done last says what state an alert is in, and who waited for another began before him; the clock of another server
 * may be ahead. So times grow, from one to the next. */
static enum problem be_later(struct db *db, struct acting *acting)
{
	const struct alert_ref *alert = &acting->deed->alert;
	struct alert_deed_newest_row newest;
	enum problem p = alert_deed_newest(
		db, acting->arena, &(struct alert_deed_newest_params){alert->org, alert->id}, &newest);
	if (!p && newest.at.known && newest.at.value >= acting->deed->now_us)
		acting->deed->now_us = newest.at.value + 1;
	acting->office.now_us = acting->deed->now_us;
	return p;
}

static enum problem act(struct db *db, void *context)
{
	struct acting *acting = context;
	struct alert_lock_row row;
	enum alert_state state;
	const struct uuid stated =
		is_stated(acting->given->action) ? uuid_make(acting->given->now_us) : (struct uuid){{0}};
	const struct alert_deed *deed = acting->deed;
	struct held_key key;
	*acting->deed = *acting->given;
	acting->office = *acting->given->office;
	acting->deed->office = &acting->office;
	acting->lot_count = 0;
	struct alert_raise_begin_row begun;
	enum problem p = PROBLEM_NONE;
	if (deed->action == ALERT_REOPEN)
		p = alert_raise_begin(db, acting->arena, &begun);
	if (!p && is_stated(deed->action))
		p = act_lock(db, acting->arena, deed->office, deed->office->registrar, &key);
	if (!p)
		p = alert_lock(db, acting->arena,
			       &(struct alert_lock_params){deed->alert.org, deed->alert.id}, &row);
	if (p)
		return p;
	p = find_repetition(db, acting);
	if (p != PROBLEM_NOT_FOUND)
		return p;
	p = next_state(acting, row.state, &state);
	if (!p)
		p = check_region(db, acting);
	if (!p)
		p = be_later(db, acting);
	if (!p)
		p = write_deed(db, acting, state, stated);
	if (!p)
		p = look_downstream(db, acting);
	if (!p)
		p = judge_pack(db, acting, state);
	if (!p)
		p = touch_lots(db, acting);
	if (!p)
		p = audit_write(db, &(struct act){deed->office->actor, "actOnAlert",
						  uuid_print(acting->arena, deed->alert.id),
						  deed->office->request_id, deed->now_us});
	return p || uuid_is_nil(stated) ? p : state_deed(db, acting, &key, stated);
}

enum problem alert_act(struct db *db, struct arena *arena, struct trail_cache *cache,
		       const struct alert_deed *deed, struct fault *reterr)
{
	struct alert_deed told = *deed;
	struct acting acting = {.arena = arena, .given = deed, .deed = &told, .reterr = reterr};
	enum problem p = db_tx(db, &db_program, act, &acting, /* reterr_unknown */ NULL);
	if (p)
		return p;
	failpoint("act-2-committed");
	struct uuid *ids = arena_array(arena, struct uuid, acting.lot_count);
	for (size_t i = 0; i < acting.lot_count; i++)
		ids[i] = acting.lots[i].lot;
	trail_cache_drop(cache, ids, acting.lot_count);
	return PROBLEM_NONE;
}

struct uuid alert_deed_id(struct uuid alert, usec_t at, struct str action)
{
	const struct bytes parts[] = {{alert.octets, sizeof alert.octets}, str_bytes(action)};
	struct sha256 h = sha256_of_parts(parts, 2);
	return uuid_v7(at, h.octets);
}
