/* SPDX-License-Identifier: Apache-2.0
 * What was in units when, told once more from all that was done to them. */
#include "recount_priv.h"

#include "ft/core/unit_history.h"

struct counted_unit {
	const struct recount_units_row *row;
	struct unit_act *acts;
	const struct recount_unit_acts_row **act_rows;
	struct recount_unit_contents_row **contents;
	size_t act_count, content_count;
};

static enum unit_act_kind kind_of(struct str word)
{
	enum unit_act_kind kind = UNIT_LOAD;
	while (kind < UNIT_USE && !str_equal(word, str_of(unit_act_words[kind])))
		kind++;
	return kind;
}

static struct unit_act act_of(const struct recount_unit_acts_row *row)
{
	return (struct unit_act){.kind = kind_of(row->kind),
				 .at = row->at,
				 .recorded_us = row->recorded_at,
				 .event = row->event,
				 .n = row->n,
				 .thing = {.id = row->child,
					   .is_unit = str_equal(row->child_kind, STR("unit")),
					   .item = row->item,
					   .measured = row->base.known,
					   .base = row->base.value}};
}

static struct str stay_words(struct recount *r, struct uuid from, struct uuid to, struct decimal base)
{
	return arena_printf(r->arena, "%.*s from %.*s to %.*s", STR_ARGS(decimal_print(r->arena, base)),
			    STR_ARGS(uuid_print(r->arena, from)),
			    STR_ARGS(uuid_is_nil(to) ? STR("now") : uuid_print(r->arena, to)));
}

static struct str stay_told(struct recount *r, const struct unit_stay *stay)
{
	return stay_words(r, stay->event, stay->ended ? stay->to_event : (struct uuid){{0}},
			  stay->thing.base);
}

static struct str content_told(struct recount *r, const struct recount_unit_contents_row *row)
{
	return stay_words(r, row->from_event, row->to_event, row->base.value);
}

static struct str subject_of(struct recount *r, const struct counted_unit *unit, struct uuid child)
{
	return arena_printf(r->arena, "%.*s %.*s", STR_ARGS(uuid_print(r->arena, unit->row->id)),
			    STR_ARGS(uuid_print(r->arena, child)));
}

static bool is_same(const struct unit_stay *stay, const struct recount_unit_contents_row *row)
{
	return uuid_equal(stay->thing.id, row->child) && stay->from_us == row->from_at &&
	       stay->thing.measured == row->base.known &&
	       (!row->base.known || !decimal_compare(stay->thing.base, row->base.value)) &&
	       !stay->thing.item.at == !row->item.at &&
	       (!row->item.at || str_equal(stay->thing.item, row->item)) && stay->ended == row->to_at.known &&
	       (!stay->ended || stay->to_us == row->to_at.value) &&
	       uuid_equal(stay->ended ? stay->to_event : (struct uuid){{0}}, row->to_event);
}

struct content_key {
	struct uuid event;
	int64_t n;
};

static struct bytes key_of(struct recount *r, struct uuid event, int64_t n)
{
	struct content_key *key = arena_new(r->arena, struct content_key);
	*key = (struct content_key){event, n};
	return MAP_KEY(*key);
}

static void check_stays(struct recount *r, const struct counted_unit *unit,
			const struct unit_history *history)
{
	struct map *places = map_create(r->arena, unit->content_count + 1);
	for (size_t i = 0; i < unit->content_count; i++)
		map_set(places, key_of(r, unit->contents[i]->from_event, unit->contents[i]->n),
			&unit->contents[i]);
	for (size_t i = 0; i < history->count; i++) {
		const struct unit_stay *stay = &history->stays[i];
		struct recount_unit_contents_row **place = map_get(places, key_of(r, stay->event, stay->n)),
						 *row = place ? *place : NULL;
		if (!row || !is_same(stay, row))
			recount_tell(r, "contents", subject_of(r, unit, stay->thing.id),
				     row ? content_told(r, row) : STR("nothing"), stay_told(r, stay));
		if (place)
			*place = NULL; /* told */
	}
	for (size_t i = 0; i < unit->content_count; i++)
		if (unit->contents[i])
			recount_tell(r, "contents", subject_of(r, unit, unit->contents[i]->child),
				     content_told(r, unit->contents[i]), STR("nothing"));
}

static void check_unit(struct recount *r, const struct counted_unit *unit)
{
	struct unit_history history;
	bool known = false;
	unit_history_tell(r->arena, NULL, 0, unit->acts, unit->act_count, &history);
	for (size_t i = 0; i < unit->act_count; i++) {
		struct sql_nullable_decimal stored = unit->act_rows[i]->lacking;
		known |= unit->acts[i].kind == UNIT_LOAD;
		if (decimal_compare(stored.known ? stored.value : decimal_of(0), history.lacking[i]))
			recount_tell(r, "contents", subject_of(r, unit, unit->act_rows[i]->child),
				     STR("another amount lacking"),
				     decimal_print(r->arena, history.lacking[i]));
	}
	if (known != unit->row->known)
		recount_tell(r, "contents", uuid_print(r->arena, unit->row->id),
			     unit->row->known ? STR("known") : STR("a placeholder"),
			     known ? STR("known") : STR("a placeholder"));
	check_stays(r, unit, &history);
}

static struct map *units_of(struct recount *r, const struct recount_units_row *rows, size_t count)
{
	struct map *units = map_create(r->arena, count);
	for (size_t i = 0; i < count; i++) {
		struct counted_unit *unit = arena_new(r->arena, struct counted_unit);
		unit->row = &rows[i];
		map_set(units, MAP_KEY(rows[i].id), unit);
	}
	return units;
}

static void give_rows(struct recount *r, struct map *units, struct recount_unit_acts_row *acts,
		      size_t act_count, struct recount_unit_contents_row *contents, size_t content_count)
{
	for (size_t i = 0; i < act_count; i++)
		((struct counted_unit *)map_get(units, MAP_KEY(acts[i].unit)))->act_count++;
	for (size_t i = 0; i < content_count; i++)
		((struct counted_unit *)map_get(units, MAP_KEY(contents[i].parent)))->content_count++;
	for (size_t i = 0; i < map_count(units); i++) {
		struct counted_unit *unit = map_at(units, i);
		unit->acts = arena_array(r->arena, struct unit_act, unit->act_count + 1);
		unit->act_rows =
			arena_array(r->arena, const struct recount_unit_acts_row *, unit->act_count + 1);
		unit->contents =
			arena_array(r->arena, struct recount_unit_contents_row *, unit->content_count + 1);
		unit->act_count = unit->content_count = 0;
	}
	for (size_t i = 0; i < act_count; i++) {
		struct counted_unit *unit = map_get(units, MAP_KEY(acts[i].unit));
		unit->acts[unit->act_count] = act_of(&acts[i]);
		unit->act_rows[unit->act_count++] = &acts[i];
	}
	for (size_t i = 0; i < content_count; i++) {
		struct counted_unit *unit = map_get(units, MAP_KEY(contents[i].parent));
		unit->contents[unit->content_count++] = &contents[i];
	}
}

static enum problem check_page(struct recount *r, const struct recount_units_row *rows, size_t count)
{
	struct uuid *orgs = arena_array(r->arena, struct uuid, count);
	struct uuid *ids = arena_array(r->arena, struct uuid, count);
	struct map *units = units_of(r, rows, count);
	struct recount_unit_acts_row *acts;
	struct recount_unit_contents_row *contents;
	size_t act_count, content_count;
	for (size_t i = 0; i < count; i++) {
		orgs[i] = rows[i].org_id;
		ids[i] = rows[i].id;
	}
	const struct recount_unit_acts_params of_acts = {{orgs, count}, {ids, count}};
	const struct recount_unit_contents_params of_contents = {{orgs, count}, {ids, count}};
	enum problem p = recount_unit_acts(r->db, r->arena, &of_acts, &acts, &act_count);
	if (!p)
		p = recount_unit_contents(r->db, r->arena, &of_contents, &contents, &content_count);
	if (p)
		return p;
	give_rows(r, units, acts, act_count, contents, content_count);
	for (size_t i = 0; i < map_count(units); i++)
		check_unit(r, map_at(units, i));
	return PROBLEM_NONE;
}

enum problem recount_all_units(struct recount *r)
{
	struct arena *whole = r->arena;
	struct recount_units_params params = {.max_rows = RECOUNT_PAGE};
	size_t count = RECOUNT_PAGE;
	enum problem p = PROBLEM_NONE;
	while (!p && count == RECOUNT_PAGE) {
		struct recount_units_row *rows;
		r->arena = arena_create();
		p = recount_units(r->db, r->arena, &params, &rows, &count);
		if (!p && count) {
			params.after_org = rows[count - 1].org_id;
			params.after_id = rows[count - 1].id;
			p = check_page(r, rows, count);
		}
		arena_destroy(r->arena);
	}
	r->arena = whole;
	return p;
}
