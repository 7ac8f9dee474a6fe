/* SPDX-License-Identifier: Apache-2.0
 * What is said of a lot and stands until something ends it: holds, and whether all of it is destroyed or came back. */
#include "capture_priv.h"

#include "ft/core/trail.h"

struct state_fact {
	struct lot_states_open_row row;
	usec_t until; /* SQL_NULL_INT: it stands */
	bool dirty, is_new;
};
enum { LOT_HAS_STATES = LOT_ON_HOLD | LOT_VOIDED | LOT_DESTROYED | LOT_RETURNED };

/* What releases that are to be corrected have lifted. */
static enum problem load_lifted(struct batch *batch)
{
	struct rows orgs = {0}, ids = {0}, ends = {0};
	struct lot_states_lifted_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		const struct target *target = batch->items[i].target;
		if (!target || !target->kind || target->kind->class != RECORD_RELEASE)
			continue;
		for (size_t k = 0; k < target->output_count; k++) {
			*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) =
				target->outputs[k].org;
			*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) =
				target->outputs[k].lot;
			*(usec_t *)rows_add(batch->arena, &ends, sizeof(usec_t)) = target->recorded_us;
		}
	}
	if (!ids.count)
		return PROBLEM_NONE;
	const struct lot_states_lifted_params params = {rows_array(&orgs), rows_array(&ids),
							rows_array(&ends)};
	db_queue(batch->db, &sql_lot_states_lifted, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_lot_states_lifted, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, states, struct state_fact) =
			(struct state_fact){.row = {.org_id = rows[i].org_id,
						    .lot_id = rows[i].lot_id,
						    .flag = rows[i].flag,
						    .event_org = rows[i].event_org,
						    .event = rows[i].event,
						    .party = rows[i].party,
						    .by_authority = rows[i].by_authority,
						    .binds_all = rows[i].binds_all,
						    .at = rows[i].at,
						    .since = rows[i].since},
					    .until = rows[i].until};
	return p;
}

/* Nearly no lot has any: asked only about those whose flags say so. */
enum problem batch_load_states(struct batch *batch)
{
	struct rows orgs = {0}, ids = {0};
	struct lot_states_open_row *rows;
	size_t count;
	for (size_t i = 0; i < map_count(batch->lots); i++) {
		const struct lot_fact *lot = map_at(batch->lots, i);
		if (!(lot->row.flags & LOT_HAS_STATES))
			continue;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = lot->row.org_id;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = lot->row.lot_id;
	}
	if (!ids.count)
		return load_lifted(batch);
	const struct lot_states_open_params params = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_lot_states_open, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_lot_states_open, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, states, struct state_fact) =
			(struct state_fact){.row = rows[i], .until = SQL_NULL_INT};
	return p ? p : load_lifted(batch);
}

static bool stands(const struct state_fact *state, const struct lot_fact *lot, int64_t flag)
{
	return state->until == SQL_NULL_INT && state->row.flag == flag &&
	       uuid_equal(state->row.lot_id, lot->row.lot_id);
}

static bool is_authority(const struct capture_parties_row *party)
{
	return str_equal(party->kind, STR("authority"));
}

static void state_begin(struct batch *batch, const struct item *item, struct lot_fact *lot, int64_t flag,
			bool binds_all)
{
	*ROW_ADD(batch, states, struct state_fact) = (struct state_fact){
		.row = {.org_id = lot->row.org_id,
			.lot_id = lot->row.lot_id,
			.flag = flag,
			.event_org = item->recorder,
			.event = item->job->id,
			.party = item->acting,
			.by_authority = is_authority(map_get(batch->parties, MAP_KEY(item->acting))),
			.binds_all = binds_all,
			.at = item->time.at_us,
			.since = item->recorded_us},
		.until = SQL_NULL_INT,
		.dirty = true,
		.is_new = true};
	lot->row.flags |= flag;
	lot->dirty = true;
}

static void state_end(const struct item *item, struct state_fact *state)
{
	state->until = item->recorded_us;
	state->dirty = !state->is_new || state->until > state->row.since; /* else it never stood */
}

/* Makes a flag that follows from quantities stand or not. */
static void state_follow(struct batch *batch, const struct item *item, struct lot_fact *lot, int64_t flag,
			 bool holds)
{
	struct state_fact *states = batch->states.items;
	bool stood = lot->row.flags & flag;
	if (holds && !stood)
		state_begin(batch, item, lot, flag, /* binds_all */ true);
	if (holds || !stood)
		return;
	for (size_t i = 0; i < batch->states.count; i++)
		if (stands(&states[i], lot, flag))
			state_end(item, &states[i]);
	lot->row.flags &= ~flag;
	lot->dirty = true;
}

void lot_settle(struct batch *batch, const struct item *item, struct lot_fact *lot)
{
	state_follow(batch, item, lot, LOT_VOIDED, decimal_is_zero(lot->row.total));
	bool destroyed = !decimal_is_zero(lot->row.destroyed) &&
			 decimal_compare(lot->row.destroyed, lot->row.total) >= 0;
	bool returned =
		!decimal_is_zero(lot->row.returned) && decimal_compare(lot->row.outside, decimal_of(0)) <= 0;
	state_follow(batch, item, lot, LOT_DESTROYED, destroyed);
	state_follow(batch, item, lot, LOT_RETURNED, returned && !destroyed);
}

void lot_leaves(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid holder,
		struct decimal base)
{
	if (!uuid_equal(lot->row.org_id, holder))
		return;
	lot->row.outside = decimal_add(lot->row.outside, base);
	lot_settle(batch, item, lot);
}

void lot_is_used(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid holder)
{
	if (!uuid_equal(lot->row.org_id, holder))
		return;
	lot->row.returned = decimal_of(0);
	lot_settle(batch, item, lot);
}

static bool binds(const struct state_fact *hold, struct uuid holder)
{
	return hold->row.binds_all || uuid_equal(hold->row.party, holder);
}

bool hold_binds(const struct batch *batch, const struct lot_fact *lot, struct uuid holder)
{
	const struct state_fact *states = batch->states.items;
	for (size_t i = 0; lot->row.flags & LOT_ON_HOLD && i < batch->states.count; i++)
		if (stands(&states[i], lot, LOT_ON_HOLD) && binds(&states[i], holder))
			return true;
	return false;
}

enum problem hold_check(struct batch *batch, struct item *item, const struct input_plan *line,
			struct uuid holder)
{
	const struct lot_fact *lot = line->lot;
	const struct state_fact *states = batch->states.items;
	bool before = false;
	for (size_t i = 0; lot->row.flags & LOT_ON_HOLD && i < batch->states.count; i++) {
		if (!stands(&states[i], lot, LOT_ON_HOLD) || !binds(&states[i], holder))
			continue;
		if (states[i].row.at > item->time.at_us) {
			before = true;
			continue;
		}
		(void)fault_set(item->job->fault, PROBLEM_LOT_ON_HOLD, "hold", "/%s/%zu%s", line->list,
				line->index, str_equal(str_of(line->list), STR("units")) ? "" : "/lot");
		item->job->fault->value = lot->row.number;
		return PROBLEM_LOT_ON_HOLD;
	}
	if (before) /* it left before the hold: where it went is what whoever holds it needs to know */
		item_warn(batch, item, WARNING_LOT_ON_HOLD, STR(""));
	return PROBLEM_NONE;
}

enum problem decide_hold(struct batch *batch, struct item *item, struct event_parts *parts)
{
	enum problem p = look_parts(batch, item, parts);
	for (size_t i = 0; !p && i < parts->output_count; i++) {
		struct lot_fact *lot = parts->output_lots[i];
		bool binds_all = uuid_equal(lot->row.org_id, item->acting) || is_authority(parts->acting);
		state_begin(batch, item, lot, LOT_ON_HOLD, binds_all);
	}
	return p ? p : event_store(batch, item, parts);
}

/* Who placed it; an authority lifts what others than authorities placed too. */
static bool may_lift(const struct state_fact *hold, const struct capture_parties_row *acting)
{
	return uuid_equal(hold->row.party, acting->id) || (is_authority(acting) && !hold->row.by_authority);
}

static size_t liftable(struct batch *batch, const struct lot_fact *lot,
		       const struct capture_parties_row *acting)
{
	const struct state_fact *states = batch->states.items;
	size_t count = 0;
	for (size_t i = 0; i < batch->states.count; i++)
		count += stands(&states[i], lot, LOT_ON_HOLD) && may_lift(&states[i], acting);
	return count;
}

static void lift(struct batch *batch, const struct item *item, struct lot_fact *lot,
		 const struct capture_parties_row *acting)
{
	struct state_fact *states = batch->states.items;
	bool held = false;
	for (size_t i = 0; i < batch->states.count; i++) {
		if (!stands(&states[i], lot, LOT_ON_HOLD))
			continue;
		if (may_lift(&states[i], acting))
			state_end(item, &states[i]);
		else
			held = true;
	}
	if (!held)
		lot->row.flags &= ~(int64_t)LOT_ON_HOLD;
	lot->dirty = true;
}

enum problem decide_release(struct batch *batch, struct item *item, struct event_parts *parts)
{
	enum problem p = look_parts(batch, item, parts);
	for (size_t i = 0; !p && i < parts->output_count; i++)
		if (!liftable(batch, parts->output_lots[i], parts->acting))
			p = fault_set(item->job->fault, PROBLEM_NOT_ON_HOLD, "hold", "/lots/%zu/lot", i);
	for (size_t i = 0; !p && i < parts->output_count; i++)
		lift(batch, item, parts->output_lots[i], parts->acting);
	return p ? p : event_store(batch, item, parts);
}

static bool is_withdrawn(const struct batch *batch, const struct state_fact *state)
{
	const struct correction_row *rows = batch->corrections.items;
	for (size_t i = 0; i < batch->corrections.count; i++)
		if (uuid_equal(rows[i].event, state->row.event))
			return true;
	return false;
}

void states_reopen(struct batch *batch, const struct target *target, usec_t at)
{
	size_t count = batch->states.count;
	if (target->kind->class != RECORD_RELEASE)
		return;
	for (size_t i = 0; i < count; i++) {
		struct state_fact again = ((const struct state_fact *)batch->states.items)[i];
		struct lot_fact *lot = map_get(batch->lots, MAP_KEY(again.row.lot_id));
		if (again.row.flag != LOT_ON_HOLD || again.until != target->recorded_us || !lot ||
		    is_withdrawn(batch, &again))
			continue;
		again.row.since = at;
		again.until = SQL_NULL_INT;
		again.dirty = again.is_new = true;
		*ROW_ADD(batch, states, struct state_fact) = again;
		lot->row.flags |= LOT_ON_HOLD;
		lot->dirty = true;
	}
}

void states_settle(struct batch *batch, const struct item *item, const struct target *target)
{
	for (size_t i = 0; i < target->output_count; i++) {
		struct state_fact *states = batch->states.items; /* lot_settle adds to them */
		struct lot_fact *lot = map_get(batch->lots, MAP_KEY(target->outputs[i].lot));
		bool held = false;
		for (size_t k = 0; lot && k < batch->states.count; k++) {
			if (!stands(&states[k], lot, LOT_ON_HOLD))
				continue;
			if (uuid_equal(states[k].row.event, target->id))
				state_end(item, &states[k]);
			else
				held = true;
		}
		if (lot && !held)
			lot->row.flags &= ~(int64_t)LOT_ON_HOLD;
		if (lot)
			lot_settle(batch, item, lot);
	}
}

void states_send(struct batch *batch)
{
	const struct state_fact *all = batch->states.items;
	const struct state_fact **s =
		arena_array(batch->arena, const struct state_fact *, batch->states.count + 1);
	struct lot_state_insert_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < batch->states.count; i++)
		if (all[i].dirty)
			s[n++] = &all[i];
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, s[i]->row.org_id);
	COLUMN(p.lot_id, struct uuid, n, s[i]->row.lot_id);
	COLUMN(p.flag, int64_t, n, s[i]->row.flag);
	COLUMN(p.event_org, struct uuid, n, s[i]->row.event_org);
	COLUMN(p.event, struct uuid, n, s[i]->row.event);
	COLUMN(p.party, struct uuid, n, s[i]->row.party);
	COLUMN(p.binds_all, bool, n, s[i]->row.binds_all);
	COLUMN(p.at, usec_t, n, s[i]->row.at);
	COLUMN(p.since, usec_t, n, s[i]->row.since);
	COLUMN(p.until, usec_t, n, s[i]->until);
	db_queue(batch->db, &sql_lot_state_insert_many, &p);
}
