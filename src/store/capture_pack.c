/* SPDX-License-Identifier: Apache-2.0
 * Single packs that records name: which they are, how much of their lots, what became of them. The stock of a pack's lot is
 * locked before it is asked what the pack is, so that of two who sell it at once the second is refused. */
#include "capture_pack_priv.h"

#include "ft/base/text.h"
#include "ft/core/code.h"
#include "ft/store/items.h"

static struct bytes code_key(const struct batch *batch)
{
	return (struct bytes){batch->capture->settings.code_key, CODE_KEY_LEN};
}

void pack_place(struct batch *batch, struct named *named)
{
	const struct bytes key = code_key(batch);
	struct code code;
	if (named->pack.at || named->name.form != NAME_CODE || named->name.code.at[0] != CODE_ITEM ||
	    code_parse(batch->arena, named->name.code, &key, 1, &code))
		return;
	struct item_place place = item_place_of(batch->arena, &code, key);
	named->pack = code.text;
	named->name.code = place.block;
	named->pack_index = place.index;
}

/* — what is known of them — */
static struct pack_fact *fact_for(struct batch *batch, struct str code)
{
	struct pack_fact *fact = map_get(batch->packs, str_bytes(code));
	if (fact)
		return fact;
	fact = arena_new(batch->arena, struct pack_fact);
	fact->code = code;
	map_set(batch->packs, str_bytes(fact->code), fact);
	return fact;
}

static bool is_refused(const struct item *item)
{
	return item->problem || item->replay;
}

struct asked {
	struct rows blocks, places, facts; /* parallel; facts: struct pack_fact * */
};

static void ask(struct batch *batch, struct asked *asked, const struct named *named)
{
	if (!named->found || !named->pack.at || map_get(batch->packs, str_bytes(named->pack)))
		return;
	struct pack_fact *fact = fact_for(batch, named->pack);
	fact->lot = named->id;
	*(struct str *)rows_add(batch->arena, &asked->blocks, sizeof(struct str)) = named->name.code;
	*(int64_t *)rows_add(batch->arena, &asked->places, sizeof(int64_t)) = named->pack_index;
	*(struct pack_fact **)rows_add(batch->arena, &asked->facts, sizeof(struct pack_fact *)) = fact;
}

static enum problem take_items(struct batch *batch, const struct asked *asked)
{
	struct capture_items_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_capture_items, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct pack_fact *fact = ((struct pack_fact **)asked->facts.items)[rows[i].n - 1];
		fact->is_measured =
			rows[i].value.at && !quantity_of(rows[i].value, rows[i].unit, &fact->amount);
		fact->activated = rows[i].activated;
		fact->voided = rows[i].voided;
	}
	return p;
}

static enum problem take_states(struct batch *batch)
{
	struct item_states_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_item_states, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*(struct pack_state *)rows_add(batch->arena, &fact_for(batch, rows[i].code)->states,
					       sizeof(struct pack_state)) =
			(struct pack_state){.event = rows[i].event,
					    .state = rows[i].state,
					    .holder = rows[i].holder,
					    .party = rows[i].party,
					    .happened_at = rows[i].happened_at,
					    .since = rows[i].since,
					    .stands = true};
	return p;
}

/* Which packs the records are about that are to be corrected. */
static enum problem load_targets(struct batch *batch)
{
	struct rows events = {0};
	struct item_event_codes_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++)
		if (!is_refused(&batch->items[i]) && batch->items[i].target)
			*(struct uuid *)rows_add(batch->arena, &events, sizeof(struct uuid)) =
				batch->items[i].target->id;
	if (!events.count)
		return PROBLEM_NONE;
	db_queue(batch->db, &sql_item_event_codes, &(struct item_event_codes_params){rows_array(&events)});
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_item_event_codes, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		(void)fact_for(batch, rows[i].code);
		for (size_t k = 0; k < batch->count; k++)
			if (batch->items[k].target && uuid_equal(batch->items[k].target->id, rows[i].event))
				*(struct str *)rows_add(batch->arena, &batch->items[k].target->packs,
							sizeof(struct str)) = rows[i].code;
	}
	return p;
}

enum problem batch_load_packs(struct batch *batch)
{
	const struct content_fact *contents = batch->contents.items;
	struct asked asked = {{0}};
	struct rows codes = {0};
	batch->packs = map_create(batch->arena, 16);
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		for (size_t k = 0; !is_refused(item) && k < item->pack_count; k++)
			ask(batch, &asked, &item->packs[k].named);
	}
	enum problem p = load_targets(batch);
	if (p)
		return p;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (contents[i].row.item.at)
			fact_for(batch, contents[i].row.item)->lot =
				(struct lot_id){contents[i].row.child_org, contents[i].row.child};
	if (!map_count(batch->packs))
		return PROBLEM_NONE;
	for (size_t i = 0; i < map_count(batch->packs); i++)
		*(struct str *)rows_add(batch->arena, &codes, sizeof(struct str)) =
			((const struct pack_fact *)map_at(batch->packs, i))->code;
	db_queue(batch->db, &sql_capture_items,
		 &(struct capture_items_params){rows_array(&asked.blocks), rows_array(&asked.places)});
	db_queue(batch->db, &sql_item_states, &(struct item_states_params){rows_array(&codes)});
	p = db_flush(batch->db);
	if (!p)
		p = take_items(batch, &asked);
	return p ? p : take_states(batch);
}

/* What stands last of all that was told of it. */
static const struct pack_state *state_of(const struct pack_fact *fact)
{
	const struct pack_state *all = fact->states.items, *last = NULL;
	for (size_t i = 0; i < fact->states.count; i++)
		if (all[i].stands && (!last || all[i].since >= last->since))
			last = &all[i];
	return last;
}

static bool is_gone(const struct pack_state *state)
{
	return state && !str_equal(state->state, STR("held"));
}

/* — which, and how much — */
static struct place_in place_of(const struct pack_named *pack)
{
	return (struct place_in){pack->list, pack->index, pack->member};
}

static enum problem refuse_pack(struct item *item, const struct pack_named *pack, enum problem p,
				const char *rule)
{
	(void)refuse(item, p, rule, place_of(pack));
	item->job->fault->value = pack->spelling;
	return p;
}

/* The serial alone names a pack; who writes the rest of its URI has to write it right. */
static bool is_spelled_right(struct batch *batch, const struct pack_named *pack, const struct lot_fact *lot)
{
	struct arena *arena = batch->arena;
	struct str path = thing_uri_path(arena, pack->spelling), code = pack->named.pack;
	if (!path.at || str_starts(path, STR("/t/")))
		return true;
	struct str identity = thing_uri_path(arena, item_uri(arena, lot->row.uri, code));
	struct str with_lot = thing_uri_path(
		arena, arena_printf(arena, "%.*s/21/%.*s", STR_ARGS(lot->row.uri), STR_ARGS(code)));
	return str_equal(path, identity) || (with_lot.at && str_equal(path, with_lot));
}

/* As was said when its code was issued; else one of what its lot is counted in, or the one package of its product. */
static bool amount_of(struct batch *batch, const struct lot_fact *lot, const struct pack_fact *fact,
		      struct quantity *ret)
{
	const enum dimension dimension = (enum dimension)lot->row.dimension;
	size_t count;
	const struct package *packages =
		product_packages(batch, map_get(batch->products, MAP_KEY(lot->row.product)), &count);
	const struct unit *unit = dimension == DIMENSION_COUNT || dimension == DIMENSION_PACKAGE
					  ? unit_find(lot->row.unit)
				  : count == 1 ? packages[0].unit
					       : NULL;
	if (fact->is_measured)
		*ret = fact->amount;
	return fact->is_measured || (unit && !quantity_of(STR("1"), str_of(unit->code), ret));
}

static bool needs_amount(const struct item *item)
{
	enum record_class class = item->job->kind->class;
	return class != RECORD_LOOK && class != RECORD_HOLD && class != RECORD_RELEASE;
}

static void line_grow(struct batch *batch, struct expanded_line *line, const struct quantity *amount,
		      struct decimal base)
{
	const struct unit *unit = unit_base((enum dimension)line->lot->row.dimension);
	bool first = line->quantity.unit == NULL;
	line->base = decimal_add(line->base, base);
	line->quantity = (struct quantity){.value = decimal_print(batch->arena, line->base),
					   .unit = unit ? unit : unit_find(line->lot->row.unit)};
	if (first)
		line->quantity = *amount;
	line->quantity.base = line->base;
}

static enum problem pack_line(struct batch *batch, struct item *item, const struct pack_named *pack,
			      struct lot_fact *lot)
{
	struct quantity amount;
	struct decimal base;
	struct expanded_line *line = expanded_line_for(batch, item, lot, pack->index, /* of_packs */ true);
	if (!needs_amount(item))
		return PROBLEM_NONE;
	if (!amount_of(batch, lot, pack->fact, &amount))
		return refuse_pack(item, pack, PROBLEM_ITEM_UNMEASURED, "quantity");
	enum problem p = lot_amount(batch, item, lot, &amount, place_of(pack), &base);
	if (!p)
		line_grow(batch, line, &amount, base);
	return p;
}

static enum problem pack_find(struct batch *batch, struct item *item, size_t index, struct lot_fact **ret)
{
	struct pack_named *pack = &item->packs[index];
	struct lot_fact *lot = pack->named.found ? batch_lot(batch, &pack->named) : NULL;
	pack->fact = lot ? map_get(batch->packs, str_bytes(pack->named.pack)) : NULL;
	if (!pack->fact || !is_spelled_right(batch, pack, lot))
		return refuse_pack(item, pack, PROBLEM_NOT_KNOWN_YET, "known");
	for (size_t i = 0; i < index; i++)
		if (item->packs[i].fact == pack->fact)
			return refuse_pack(item, pack, PROBLEM_FIELD_RANGE, "unique");
	*ret = lot;
	return PROBLEM_NONE;
}

/* — whether it may be done — */
static bool takes(enum record_class class)
{
	return class == RECORD_SELL || class == RECORD_SHIP || class == RECORD_RETURN ||
	       class == RECORD_DESTROY || class == RECORD_TRANSFORM || class == RECORD_RECEIVE;
}

static bool handles(enum record_class class)
{
	return takes(class) || class == RECORD_STORE || class == RECORD_LOAD || class == RECORD_UNLOAD;
}

static enum problem refuse_gone(struct item *item, struct place_in where, struct str value,
				const struct pack_state *state)
{
	(void)refuse(item, PROBLEM_ITEM_GONE, "once", where);
	item->job->fault->value = value;
	item->job->fault->detail = arena_printf(item->job->arena, "%.*s %.*s", STR_ARGS(state->state),
						STR_ARGS(utc_print(item->job->arena, state->happened_at)));
	return PROBLEM_ITEM_GONE;
}

/* A correction states what has happened: where a pack was then is not asked, but it was sold only once. */
static enum problem state_check(struct item *item, const struct pack_fact *fact, struct place_in where,
				struct str value)
{
	const enum record_class class = item->job->kind->class;
	const struct pack_state *state = state_of(fact);
	bool stays = item->corrects && (record_sends(item->job->kind) || class == RECORD_RECEIVE);
	if (!handles(class) || !state || stays || item->taken_back)
		return PROBLEM_NONE;
	if (is_gone(state))
		return refuse_gone(item, where, value, state);
	if (item->corrects || class == RECORD_RECEIVE || uuid_equal(state->holder, item->acting))
		return PROBLEM_NONE;
	(void)refuse(item, PROBLEM_NOT_KNOWN_YET, "held", where);
	item->job->fault->value = value;
	return PROBLEM_NOT_KNOWN_YET;
}

/* Goods that the party sold come back to it: all that the return names are such packs. */
static bool comes_back(const struct item *item)
{
	if (item->job->kind->class != RECORD_RETURN || !item->pack_count || item->lot_count ||
	    item->job->record->units.count)
		return false;
	for (size_t i = 0; i < item->pack_count; i++) {
		const struct pack_state *state = state_of(item->packs[i].fact);
		if (!state || !str_equal(state->state, STR("sold")) ||
		    !uuid_equal(state->party, item->acting))
			return false;
	}
	return true;
}

static enum problem check_all(struct batch *batch, struct item *item)
{
	struct pack_inside *inside = item->packs_inside.items;
	item->taken_back = comes_back(item);
	for (size_t i = 0; i < item->pack_count; i++) {
		const struct pack_named *pack = &item->packs[i];
		enum problem p = state_check(item, pack->fact, place_of(pack), pack->spelling);
		if (!p && pack->fact->voided && handles(item->job->kind->class))
			p = refuse_pack(item, pack, PROBLEM_ITEM_VOIDED, "code");
		if (p)
			return p;
		if (!pack->fact->activated)
			item_warn(batch, item, WARNING_ITEM_NOT_ACTIVATED, STR(""));
	}
	for (size_t i = 0; i < item->packs_inside.count; i++) {
		enum problem p =
			state_check(item, inside[i].fact, (struct place_in){"units", inside[i].unit, ""},
				    inside[i].fact->code);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

enum problem packs_expand(struct batch *batch, struct item *item, struct event_parts *parts)
{
	bool in_contents = item->job->record->unit.at != NULL;
	struct str *uris = arena_array(batch->arena, struct str, item->pack_count);
	for (size_t i = 0; i < item->pack_count; i++) {
		struct lot_fact *lot = NULL;
		enum problem p = pack_find(batch, item, i, &lot);
		if (!p && !in_contents)
			p = pack_line(batch, item, &item->packs[i], lot);
		if (p)
			return p;
		uris[i] = item_uri(batch->arena, lot->row.uri, item->packs[i].fact->code);
	}
	item->line_count = item->lot_count + item->expanded.count;
	parts->item_uris = uris;
	parts->item_count = item->pack_count;
	return check_all(batch, item);
}

void pack_is_inside(struct batch *batch, struct item *item, struct str code, size_t unit)
{
	struct pack_fact *fact = map_get(batch->packs, str_bytes(code));
	if (fact)
		*(struct pack_inside *)rows_add(batch->arena, &item->packs_inside,
						sizeof(struct pack_inside)) =
			(struct pack_inside){fact, unit};
}

enum problem pack_content_plan(struct batch *batch, struct item *item, const struct pack_named *pack,
			       struct input_plan *ret)
{
	struct lot_fact *lot = batch_lot(batch, &pack->named);
	struct input_plan plan = {.lot = lot, .has_quantity = true, .list = "contents", .index = pack->index};
	if (!lot_known_to(batch, item, lot, item->acting))
		return refuse_pack(item, pack, PROBLEM_NOT_KNOWN_YET, "known");
	if (!amount_of(batch, lot, pack->fact, &plan.quantity))
		return refuse_pack(item, pack, PROBLEM_ITEM_UNMEASURED, "quantity");
	enum problem p = lot_amount(batch, item, lot, &plan.quantity, place_of(pack), &plan.base);
	if (!p)
		*ret = plan;
	return p;
}

const struct pack_named *pack_in_contents(const struct item *item, size_t index)
{
	for (size_t i = 0; i < item->pack_count; i++)
		if (item->packs[i].index == index)
			return &item->packs[i];
	return NULL;
}

/* — what it did to them — */
static struct pack_state after(const struct item *item, const struct event_parts *parts)
{
	struct pack_state state = {.event = item->job->id,
				   .party = item->acting,
				   .happened_at = item->time.at_us,
				   .since = item->recorded_us,
				   .stands = true};
	switch (item->job->kind->class) {
	case RECORD_SELL:
		state.state = STR("sold");
		break;
	case RECORD_DESTROY:
		state.state = STR("destroyed");
		break;
	case RECORD_TRANSFORM:
		state.state = STR("used");
		break;
	case RECORD_SHIP:
	case RECORD_RETURN:
		state.state = STR("held");
		state.holder = item->taken_back ? item->acting : parts->to->id;
		break;
	case RECORD_RECEIVE:
		state.state = STR("held");
		state.holder = item->acting;
		break;
	case RECORD_OBSERVE:
	case RECORD_CREATE:
	case RECORD_STORE:
	case RECORD_LOOK:
	case RECORD_TEST:
	case RECORD_HOLD:
	case RECORD_RELEASE:
	case RECORD_LOAD:
	case RECORD_UNLOAD:
	case RECORD_CORRECT:
		break;
	}
	return state;
}

/* What stands in the place of another record stands where that did among all that was told of the pack. */
static usec_t since_when(const struct item *item, const struct pack_fact *fact)
{
	const struct pack_state *all = fact->states.items;
	for (size_t i = 0; item->corrects && i < fact->states.count; i++)
		if (uuid_equal(all[i].event, item->corrects->job->record->event))
			return all[i].since;
	return item->recorded_us;
}

static void tell(struct batch *batch, const struct item *item, const struct event_parts *parts,
		 struct pack_fact *fact, bool named)
{
	struct pack_state state = after(item, parts);
	state.since = since_when(item, fact);
	if (state.state.at)
		*(struct pack_state *)rows_add(batch->arena, &fact->states, sizeof(struct pack_state)) =
			state;
	*ROW_ADD(batch, pack_rows, struct pack_row) =
		(struct pack_row){.fact = fact, .item = item, .state = state, .named = named};
}

void packs_tell(struct batch *batch, const struct item *item, const struct event_parts *parts)
{
	const struct pack_inside *inside = item->packs_inside.items;
	for (size_t i = 0; i < item->pack_count; i++)
		tell(batch, item, parts, item->packs[i].fact, /* named */ true);
	for (size_t i = 0; i < item->packs_inside.count; i++)
		tell(batch, item, parts, inside[i].fact, /* named */ false);
}

static void set_standing(struct batch *batch, struct uuid event, bool stands)
{
	for (size_t i = 0; i < map_count(batch->packs); i++) {
		struct pack_fact *fact = map_at(batch->packs, i);
		struct pack_state *all = fact->states.items;
		for (size_t k = 0; k < fact->states.count; k++)
			if (uuid_equal(all[k].event, event))
				all[k].stands = stands;
	}
}

void packs_withdraw(struct batch *batch, const struct target *target, usec_t at)
{
	const struct str *told = target->packs.items;
	const struct pack_row *rows = batch->pack_rows.items; /* of a record of this batch */
	set_standing(batch, target->id, /* stands */ false);
	for (size_t i = 0; i < target->packs.count; i++)
		*ROW_ADD(batch, packs_declared, struct pack_declared) =
			(struct pack_declared){told[i], target->id, at};
	for (size_t i = 0; i < batch->pack_rows.count; i++)
		if (uuid_equal(rows[i].state.event, target->id))
			*ROW_ADD(batch, packs_declared, struct pack_declared) =
				(struct pack_declared){rows[i].fact->code, target->id, at};
}

void packs_put_back(struct batch *batch, const struct target *target, size_t declared)
{
	set_standing(batch, target->id, /* stands */ true);
	batch->packs_declared.count = declared;
}

/* — written — */
void packs_send(struct batch *batch)
{
	const struct pack_row *r = batch->pack_rows.items;
	const struct pack_declared *d = batch->packs_declared.items;
	struct item_event_insert_many_params p;
	size_t n = batch->pack_rows.count, declared = batch->packs_declared.count;
	if (n) {
		COLUMN(p.code, struct str, n, r[i].fact->code);
		COLUMN(p.event, struct uuid, n, r[i].state.event);
		COLUMN(p.event_org, struct uuid, n, r[i].item->recorder);
		COLUMN(p.org_id, struct uuid, n, r[i].fact->lot.org);
		COLUMN(p.lot_id, struct uuid, n, r[i].fact->lot.lot);
		COLUMN(p.named, bool, n, r[i].named);
		COLUMN(p.state, struct str, n, r[i].state.state);
		COLUMN(p.holder, struct uuid, n, r[i].state.holder);
		COLUMN(p.party, struct uuid, n, r[i].state.party);
		COLUMN(p.happened_at, usec_t, n, r[i].state.happened_at);
		COLUMN(p.since, usec_t, n, r[i].state.since);
		COLUMN(p.recorded_at, usec_t, n, r[i].item->recorded_us);
		db_queue(batch->db, &sql_item_event_insert_many, &p);
	}
	if (!declared)
		return;
	struct item_event_declare_params e;
	COLUMN(e.codes, struct str, declared, d[i].code);
	COLUMN(e.events, struct uuid, declared, d[i].event);
	COLUMN(e.declared_at, usec_t, declared, d[i].at);
	db_queue(batch->db, &sql_item_event_declare, &e);
}
