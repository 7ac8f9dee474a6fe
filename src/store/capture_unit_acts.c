/* SPDX-License-Identifier: Apache-2.0
 * What was in units when, told anew from what records say whenever one of them is added or no longer stands: a record that
 * comes late or is corrected leaves what it would have left in its time. */
#include "capture_pack_priv.h"

#include <assert.h>
#include <stdlib.h>

struct content_key { /* within a unit */
	struct uuid event;
	int64_t n;
};
struct telling {
	struct arena *arena; /* of this telling alone: a long history is told often */
	size_t *acts;        /* of batch->acts */
	size_t act_count;
	size_t *given; /* of batch->contents: what was in the unit before */
	size_t given_count;
	struct map *later; /* content_key → place in batch->contents, for what began since */
};

static bool stands(const struct act_fact *act)
{
	return !act->declared_at.known;
}

static bool is_of(const struct act_fact *act, const struct unit_fact *unit)
{
	return uuid_equal(act->row.unit, unit->row.id);
}

static enum unit_act_kind kind_of(const struct act_fact *act)
{
	for (enum unit_act_kind kind = UNIT_LOAD; kind < UNIT_ACT_KINDS; kind++)
		if (str_equal(act->row.kind, str_of(unit_act_words[kind])))
			return kind;
	assert(false); /* the table's check */
	return UNIT_ACT_KINDS;
}

static bool lacks(const struct act_fact *act)
{
	return act->row.lacking.known;
}

/* — facts — */
void batch_queue_acts(struct batch *batch, struct sql_array orgs, struct sql_array units, usec_t since)
{
	db_queue(batch->db, &sql_unit_acts, &(struct unit_acts_params){orgs, units, since});
	db_queue(batch->db, &sql_unit_known_before, &(struct unit_known_before_params){orgs, units, since});
}

enum problem batch_take_acts(struct batch *batch)
{
	struct unit_acts_row *acts;
	struct unit_known_before_row *known = NULL;
	size_t act_count, known_count = 0;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_unit_acts, (void **)&acts, &act_count);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_unit_known_before, (void **)&known,
				 &known_count);
	if (p)
		return p;
	for (size_t i = 0; i < act_count; i++)
		*ROW_ADD(batch, acts, struct act_fact) =
			(struct act_fact){.row = acts[i], .was_lacking = acts[i].lacking, .stored = true};
	for (size_t i = 0; i < known_count; i++) {
		struct unit_fact *unit = map_get(batch->units, MAP_KEY(known[i].unit));
		if (unit)
			unit->known_before = true;
	}
	return PROBLEM_NONE;
}

/* — telling — */
static struct unit_thing thing_of(struct str child_kind, struct uuid child, struct str item,
				  struct sql_nullable_decimal base)
{
	return (struct unit_thing){.id = child,
				   .is_unit = str_equal(child_kind, STR("unit")),
				   .item = item,
				   .measured = base.known,
				   .base = base.value};
}

static void collect_acts(const struct batch *batch, const struct unit_fact *unit, usec_t from,
			 struct telling *ret)
{
	const struct act_fact *all = batch->acts.items;
	ret->acts = arena_array(ret->arena, size_t, batch->acts.count + 1);
	for (size_t i = 0; i < batch->acts.count; i++)
		if (is_of(&all[i], unit) && stands(&all[i]) && all[i].row.at >= from)
			ret->acts[ret->act_count++] = i;
}

static bool only_loads(const struct batch *batch, const struct telling *t)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < t->act_count; i++)
		if (kind_of(&all[t->acts[i]]) != UNIT_LOAD)
			return false;
	return true;
}

/* What is in the unit already does not matter to what comes in, and may be much. */
static void collect_contents(struct batch *batch, const struct unit_fact *unit, usec_t from,
			     struct telling *ret)
{
	struct content_fact *all = batch->contents.items;
	bool ended_only = only_loads(batch, ret);
	ret->given = arena_array(ret->arena, size_t, batch->contents.count + 1);
	ret->later = map_create(ret->arena, 16);
	for (size_t i = 0; i < batch->contents.count; i++) {
		const struct unit_contents_row *row = &all[i].row;
		if (!uuid_equal(row->parent, unit->row.id))
			continue;
		if (row->from_at >= from) {
			struct content_key *key = arena_new(ret->arena, struct content_key);
			size_t *place = arena_new(ret->arena, size_t);
			*key = (struct content_key){row->from_event, row->n};
			*place = i;
			map_set(ret->later, MAP_KEY(*key), place);
			all[i].gone = true;
			continue;
		}
		bool open = !row->to_at.known || row->to_at.value >= from;
		if (!all[i].gone && open && (row->to_at.known || !ended_only))
			ret->given[ret->given_count++] = i;
	}
}

static int came_before(const struct content_fact *a, const struct content_fact *b)
{
	int events = uuid_compare(a->row.from_event, b->row.from_event);
	if (a->row.from_at != b->row.from_at)
		return a->row.from_at < b->row.from_at ? -1 : 1;
	if (a->row.since != b->row.since)
		return a->row.since < b->row.since ? -1 : 1;
	return events ? events : (a->row.n > b->row.n) - (a->row.n < b->row.n);
}

struct placed {
	const struct content_fact *content;
	size_t place;
};

static int placed_order(const void *a, const void *b)
{
	return came_before(((const struct placed *)a)->content, ((const struct placed *)b)->content);
}

static void sort_given(const struct batch *batch, struct telling *t)
{
	const struct content_fact *all = batch->contents.items;
	struct placed *placed = arena_array(t->arena, struct placed, t->given_count + 1);
	for (size_t i = 0; i < t->given_count; i++)
		placed[i] = (struct placed){&all[t->given[i]], t->given[i]};
	qsort(placed, t->given_count, sizeof *placed, placed_order);
	for (size_t i = 0; i < t->given_count; i++)
		t->given[i] = placed[i].place;
}

static struct unit_history tell(const struct batch *batch, const struct telling *t)
{
	const struct content_fact *contents = batch->contents.items;
	const struct act_fact *facts = batch->acts.items;
	struct unit_stay *given = arena_array(t->arena, struct unit_stay, t->given_count + 1);
	struct unit_act *acts = arena_array(t->arena, struct unit_act, t->act_count + 1);
	struct unit_history history;
	for (size_t i = 0; i < t->given_count; i++) {
		const struct unit_contents_row *row = &contents[t->given[i]].row;
		given[i] = (struct unit_stay){
			.thing = thing_of(row->child_kind, row->child, row->item, row->base),
			.event = row->from_event,
			.n = row->n,
			.from_us = row->from_at};
	}
	for (size_t i = 0; i < t->act_count; i++) {
		const struct unit_acts_row *row = &facts[t->acts[i]].row;
		acts[i] = (struct unit_act){
			.kind = kind_of(&facts[t->acts[i]]),
			.at = row->at,
			.recorded_us = row->recorded_at,
			.event = row->event,
			.n = row->n,
			.thing = thing_of(row->child_kind, row->child, row->item, row->base)};
	}
	unit_history_tell(t->arena, given, t->given_count, acts, t->act_count, &history);
	return history;
}

static struct unit_contents_row loaded_by(const struct unit_acts_row *act)
{
	return (struct unit_contents_row){.org_id = act->org_id,
					  .parent = act->unit,
					  .from_event = act->event,
					  .n = act->n,
					  .from_org = act->event_org,
					  .party = act->party,
					  .child_kind = act->child_kind,
					  .child_org = act->child_org,
					  .child = act->child,
					  .item = act->item,
					  .value = act->value,
					  .unit = act->amount_unit,
					  .base = act->base,
					  .from_at = act->at,
					  .since = act->recorded_at};
}

/* What is left of a lot when a part is taken out: who loaded it has still loaded it. */
static struct unit_contents_row left_by(struct batch *batch, const struct unit_acts_row *act,
					const struct unit_contents_row *whole, struct decimal base)
{
	const struct lot_fact *lot = map_get(batch->lots, MAP_KEY(whole->child));
	const struct unit *measure = lot ? unit_base((enum dimension)lot->row.dimension) : NULL;
	struct unit_contents_row row = *whole;
	row.from_event = act->event;
	row.n = act->n;
	row.from_org = act->event_org;
	row.from_at = act->at;
	row.since = act->recorded_at;
	row.value = decimal_print(batch->arena, base);
	row.unit = measure ? str_of(measure->code) : lot ? lot->row.unit : whole->unit;
	row.base = (struct sql_nullable_decimal){true, base};
	return row;
}

static bool same_end(const struct unit_contents_row *a, const struct unit_contents_row *b)
{
	return a->to_at.known == b->to_at.known && (!a->to_at.known || a->to_at.value == b->to_at.value) &&
	       uuid_equal(a->to_event, b->to_event);
}

static bool same_content(const struct unit_contents_row *a, const struct unit_contents_row *b)
{
	return same_end(a, b) && a->base.known == b->base.known && uuid_equal(a->party, b->party) &&
	       (!a->base.known || decimal_compare(a->base.value, b->base.value) == 0);
}

static size_t place_of(struct batch *batch, const struct telling *t, const struct unit_contents_row *row)
{
	const struct content_key key = {row->from_event, row->n};
	const size_t *place = map_get(t->later, MAP_KEY(key));
	if (place)
		return *place;
	*ROW_ADD(batch, contents, struct content_fact) = (struct content_fact){.gone = true};
	return batch->contents.count - 1;
}

static void put_end(struct unit_contents_row *row, const struct unit_stay *stay)
{
	row->to_at = (struct sql_nullable_int){stay->ended, stay->to_us};
	row->to_event = stay->ended ? stay->to_event : (struct uuid){{0}};
}

static void take_stays(struct batch *batch, const struct telling *t, const struct unit_history *history)
{
	size_t *places = arena_array(t->arena, size_t, history->count + 1);
	for (size_t i = 0; i < history->count; i++) {
		const struct unit_stay *stay = &history->stays[i];
		struct unit_contents_row row;
		if (stay->act == UNIT_STAY_GIVEN) {
			places[i] = t->given[i];
			row = ((const struct content_fact *)batch->contents.items)[places[i]].row;
		} else {
			const struct unit_acts_row *act =
				&((const struct act_fact *)batch->acts.items)[t->acts[stay->act]].row;
			const struct content_fact *contents = batch->contents.items;
			row = stay->rest == UNIT_STAY_GIVEN
				      ? loaded_by(act)
				      : left_by(batch, act, &contents[places[stay->rest]].row,
						stay->thing.base);
			places[i] = place_of(batch, t, &row);
		}
		put_end(&row, stay);
		struct content_fact *content = &((struct content_fact *)batch->contents.items)[places[i]];
		content->dirty |= !content->stored || !same_content(&content->row, &row);
		content->gone = false;
		content->row = row;
	}
}

static void take_lacking(struct batch *batch, const struct telling *t, const struct unit_history *history)
{
	struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < t->act_count; i++) {
		struct act_fact *act = &all[t->acts[i]];
		struct decimal lacking = history->lacking[i];
		bool is_short = !decimal_is_zero(lacking);
		if (is_short == lacks(act) &&
		    (!is_short || !decimal_compare(lacking, act->row.lacking.value)))
			continue;
		act->row.lacking = (struct sql_nullable_decimal){is_short, lacking};
		act->dirty = true;
	}
}

static bool is_known(const struct batch *batch, const struct unit_fact *unit)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++)
		if (is_of(&all[i], unit) && stands(&all[i]) && kind_of(&all[i]) == UNIT_LOAD)
			return true;
	return unit->known_before;
}

void unit_retell(struct batch *batch, struct item *item, struct unit_fact *unit, usec_t from)
{
	struct telling t = {.arena = arena_create()};
	collect_acts(batch, unit, from, &t);
	collect_contents(batch, unit, from, &t);
	sort_given(batch, &t);
	const struct unit_history history = tell(batch, &t);
	take_stays(batch, &t, &history);
	take_lacking(batch, &t, &history);
	arena_destroy(t.arena);
	unit->row.known = is_known(batch, unit);
	unit->row.version = item->recorded_us;
	unit->dirty = true;
	unit->by = item;
}

struct unit_acts_row *unit_act_add(struct batch *batch, const struct item *item, const struct unit_fact *unit,
				   size_t n, enum unit_act_kind kind)
{
	struct act_fact *act = ROW_ADD(batch, acts, struct act_fact);
	*act = (struct act_fact){.row = {.org_id = unit->row.org_id,
					 .unit = unit->row.id,
					 .event = item->job->id,
					 .n = (int64_t)n,
					 .event_org = item->recorder,
					 .party = item->acting,
					 .kind = str_of(unit_act_words[kind]),
					 .at = item->time.at_us,
					 .recorded_at = item->recorded_us},
				 .dirty = true};
	return &act->row;
}

/* — corrections — */
static bool is_by(const struct act_fact *act, const struct target *target)
{
	return uuid_equal(act->row.event, target->id) && uuid_equal(act->row.event_org, target->org);
}

void units_withdraw(struct batch *batch, struct item *item, struct target *target, usec_t at)
{
	for (size_t i = 0; i < batch->acts.count; i++) {
		struct act_fact *act = &((struct act_fact *)batch->acts.items)[i];
		struct unit_fact *unit = map_get(batch->units, MAP_KEY(act->row.unit));
		if (!is_by(act, target) || !stands(act))
			continue;
		act->declared_at = (struct sql_nullable_int){true, at};
		act->dirty = true;
		*(struct kept_unit *)rows_add(batch->arena, &target->units, sizeof(struct kept_unit)) =
			(struct kept_unit){unit, *unit};
	}
	for (size_t i = 0; i < target->units.count; i++)
		unit_retell(batch, item, ((const struct kept_unit *)target->units.items)[i].at,
			    target->time.at_us);
}

void units_put_back(struct batch *batch, struct item *item, struct target *target)
{
	struct kept_unit *kept = target->units.items;
	for (size_t i = 0; i < batch->acts.count; i++) {
		struct act_fact *act = &((struct act_fact *)batch->acts.items)[i];
		if (is_by(act, target))
			act->declared_at = (struct sql_nullable_int){0};
	}
	for (size_t i = 0; i < target->units.count; i++) {
		unit_retell(batch, item, kept[i].at, target->time.at_us);
		*kept[i].at = kept[i].was;
	}
	target->units.count = 0;
}

/* — what was taken out of a unit and was not in it — */
static void find_lot_lacking(struct batch *batch, const struct act_fact *act, const struct lot_fact *lot,
			     struct decimal expected, struct decimal found)
{
	const struct unit_fact *unit = map_get(batch->units, MAP_KEY(act->row.unit));
	const struct capture_parties_row *finder = map_get(batch->parties, MAP_KEY(unit->by->acting));
	struct risk_findings findings = {0};
	const struct risk_ledger ledger = {.event = act->row.event,
					   .lot = {lot->row.org_id, lot->row.lot_id},
					   .expected = expected,
					   .found = found,
					   .dimension = (enum dimension)lot->row.dimension};
	risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
	const struct alert_row about = {.org = lot->row.org_id,
					.party = act->row.party,
					.product = lot->row.product,
					.event = act->row.event,
					.happened_us = act->row.at,
					.origin_region =
						lot->row.region.at ? lot->row.region : finder->region,
					.found_region = finder->region};
	alerts_about(batch, unit->by, &findings, &about);
}

/* The lots of a unit at the time of an act that is about it, those of units in it too. */
static void lots_inside(struct batch *batch, const struct act_fact *act, struct uuid unit, int depth,
			struct rows *ret)
{
	enum { DEPTH_MAX = 16 };
	const struct content_fact *all = batch->contents.items;
	const struct unit_fact *fact = map_get(batch->units, MAP_KEY(unit));
	for (size_t i = 0; fact && i < batch->contents.count; i++) {
		if (!content_is_in(&all[i], fact, act->row.at))
			continue;
		if (!content_is_unit(&all[i]))
			*(const struct content_fact **)rows_add(batch->arena, ret,
								sizeof(struct content_fact *)) = &all[i];
		else if (depth < DEPTH_MAX)
			lots_inside(batch, act, all[i].row.child, depth + 1, ret);
	}
}

/* Of a crate what is in it is not where it was said to be; of an empty one there is nothing to tell. */
static void find_lacking(struct batch *batch, const struct act_fact *act)
{
	const struct lot_fact *lot = map_get(batch->lots, MAP_KEY(act->row.child));
	struct rows inside = {0};
	if (!str_equal(act->row.child_kind, STR("unit"))) {
		if (lot)
			find_lot_lacking(batch, act, lot,
					 decimal_sub(act->row.base.value, act->row.lacking.value),
					 act->row.base.value);
		return;
	}
	lots_inside(batch, act, act->row.child, 0, &inside);
	for (size_t i = 0; i < inside.count; i++) {
		const struct content_fact *content = ((const struct content_fact **)inside.items)[i];
		lot = map_get(batch->lots, MAP_KEY(content->row.child));
		if (lot)
			find_lot_lacking(batch, act, lot, decimal_of(0), content->row.base.value);
	}
}

/* Whether, by what is known now or was known before this batch, anything had been loaded by then. */
static bool is_known_at(const struct batch *batch, const struct unit_fact *unit, usec_t at, bool before)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++)
		if (is_of(&all[i], unit) && kind_of(&all[i]) == UNIT_LOAD && all[i].row.at <= at &&
		    (before ? all[i].stored : stands(&all[i])))
			return true;
	return unit->known_before;
}

/* Partners tell of a pallet what they have to tell: of one that nobody has told the contents of, up to that time, nothing can be
 * missing. */
static bool may_lack(const struct batch *batch, const struct unit_fact *unit, const struct act_fact *act)
{
	return unit->by &&
	       (!unit->by->job->event || is_known_at(batch, unit, act->row.at, /* before */ false));
}

void units_find_lacking(struct batch *batch)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++) {
		const struct sql_nullable_decimal was = all[i].was_lacking, now = all[i].row.lacking;
		const struct unit_fact *unit = map_get(batch->units, MAP_KEY(all[i].row.unit));
		bool told = was.known && is_known_at(batch, unit, all[i].row.at, /* before */ true) &&
			    !decimal_compare(was.value, now.value);
		if (stands(&all[i]) && now.known && !told && may_lack(batch, unit, &all[i]))
			find_lacking(batch, &all[i]);
	}
}

static void not_lacking(struct batch *batch, const struct act_fact *act, struct lot_id lot,
			struct owed_alerts *ret)
{
	owed_alert_add(batch, ret, risk_ledger_subject(batch->arena, act->row.event, lot), lot);
}

void units_found_again(struct batch *batch, struct owed_alerts *ret)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++) {
		struct rows inside = {0};
		const struct unit_fact *unit = map_get(batch->units, MAP_KEY(all[i].row.unit));
		bool was_told = is_known_at(batch, unit, all[i].row.at, /* before */ true);
		if (!unit->by || !all[i].was_lacking.known ||
		    (lacks(&all[i]) && stands(&all[i]) && (!was_told || may_lack(batch, unit, &all[i]))))
			continue;
		if (!str_equal(all[i].row.child_kind, STR("unit")))
			not_lacking(batch, &all[i], (struct lot_id){all[i].row.child_org, all[i].row.child},
				    ret);
		else
			lots_inside(batch, &all[i], all[i].row.child, 0, &inside);
		for (size_t k = 0; k < inside.count; k++) {
			const struct unit_contents_row *row =
				&((const struct content_fact **)inside.items)[k]->row;
			not_lacking(batch, &all[i], (struct lot_id){row->child_org, row->child}, ret);
		}
	}
}

/* — written — */
static void send_gone(struct batch *batch)
{
	const struct content_fact *all = batch->contents.items;
	const struct content_fact **c =
		arena_array(batch->arena, const struct content_fact *, batch->contents.count + 1);
	struct containment_delete_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (all[i].stored && all[i].gone)
			c[n++] = &all[i];
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, c[i]->row.org_id);
	COLUMN(p.parent, struct uuid, n, c[i]->row.parent);
	COLUMN(p.from_event, struct uuid, n, c[i]->row.from_event);
	COLUMN(p.n, int64_t, n, c[i]->row.n);
	db_queue(batch->db, &sql_containment_delete_many, &p);
}

static void send_contents(struct batch *batch)
{
	const struct content_fact *all = batch->contents.items;
	const struct content_fact **c =
		arena_array(batch->arena, const struct content_fact *, batch->contents.count + 1);
	struct containment_upsert_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (all[i].dirty && !all[i].gone)
			c[n++] = &all[i];
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, c[i]->row.org_id);
	COLUMN(p.parent, struct uuid, n, c[i]->row.parent);
	COLUMN(p.from_event, struct uuid, n, c[i]->row.from_event);
	COLUMN(p.n, int64_t, n, c[i]->row.n);
	COLUMN(p.from_org, struct uuid, n, c[i]->row.from_org);
	COLUMN(p.party, struct uuid, n, c[i]->row.party);
	COLUMN(p.child_kind, struct str, n, c[i]->row.child_kind);
	COLUMN(p.child_org, struct uuid, n, c[i]->row.child_org);
	COLUMN(p.child, struct uuid, n, c[i]->row.child);
	COLUMN(p.value, struct str, n, c[i]->row.value);
	COLUMN(p.unit, struct str, n, c[i]->row.unit);
	COLUMN(p.item, struct str, n, c[i]->row.item);
	COLUMN(p.base, struct decimal, n, c[i]->row.base.known ? c[i]->row.base.value : SQL_NULL_DECIMAL);
	COLUMN(p.from_at, usec_t, n, c[i]->row.from_at);
	COLUMN(p.since, usec_t, n, c[i]->row.since);
	COLUMN(p.to_event, struct uuid, n, c[i]->row.to_event);
	COLUMN(p.to_at, usec_t, n, c[i]->row.to_at.known ? c[i]->row.to_at.value : SQL_NULL_INT);
	db_queue(batch->db, &sql_containment_upsert_many, &p);
}

static void send_acts(struct batch *batch)
{
	const struct act_fact *all = batch->acts.items;
	const struct act_fact **a = arena_array(batch->arena, const struct act_fact *, batch->acts.count + 1);
	struct unit_act_upsert_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < batch->acts.count; i++)
		if (all[i].dirty)
			a[n++] = &all[i];
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, a[i]->row.org_id);
	COLUMN(p.unit, struct uuid, n, a[i]->row.unit);
	COLUMN(p.event, struct uuid, n, a[i]->row.event);
	COLUMN(p.n, int64_t, n, a[i]->row.n);
	COLUMN(p.event_org, struct uuid, n, a[i]->row.event_org);
	COLUMN(p.party, struct uuid, n, a[i]->row.party);
	COLUMN(p.kind, struct str, n, a[i]->row.kind);
	COLUMN(p.child_kind, struct str, n, a[i]->row.child_kind);
	COLUMN(p.child_org, struct uuid, n, a[i]->row.child_org);
	COLUMN(p.child, struct uuid, n, a[i]->row.child);
	COLUMN(p.item, struct str, n, a[i]->row.item);
	COLUMN(p.value, struct str, n, a[i]->row.value);
	COLUMN(p.amount_unit, struct str, n, a[i]->row.amount_unit);
	COLUMN(p.base, struct decimal, n, a[i]->row.base.known ? a[i]->row.base.value : SQL_NULL_DECIMAL);
	COLUMN(p.at, usec_t, n, a[i]->row.at);
	COLUMN(p.recorded_at, usec_t, n, a[i]->row.recorded_at);
	COLUMN(p.declared_at, usec_t, n, stands(a[i]) ? SQL_NULL_INT : a[i]->declared_at.value);
	COLUMN(p.lacking, struct decimal, n, lacks(a[i]) ? a[i]->row.lacking.value : SQL_NULL_DECIMAL);
	db_queue(batch->db, &sql_unit_act_upsert_many, &p);
}

void unit_contents_send(struct batch *batch)
{
	send_acts(batch);
	send_gone(batch);
	send_contents(batch);
}
