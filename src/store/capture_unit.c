/* SPDX-License-Identifier: Apache-2.0
 * Units and what is in them: the facts of a batch, and what a record means that names a unit instead of lots. Nothing here
 * moves stock: containment says where goods are, not whose they are. */
#include "capture_pack_priv.h"

enum { UNITS_MAX = 2000, NESTED_MAX = 16 };

static void want(struct batch *batch, struct rows *ids, const struct named *named)
{
	if (named->found)
		*(struct uuid *)rows_add(batch->arena, ids, sizeof(struct uuid)) = named->id.lot;
}

static bool names_units(const struct item *item)
{
	return item->unit.asked || item->unit_count;
}

/* Whether a record of this kind may have put something into a unit or taken it out. */
static bool handles_units(const struct target *target)
{
	if (target && target->of_partner)
		return true;
	enum record_class class = target && target->kind ? target->kind->class : RECORD_CORRECT;
	return class == RECORD_LOAD || class == RECORD_UNLOAD || class == RECORD_TRANSFORM;
}

static usec_t wanted_units(struct batch *batch, struct rows *ids, struct rows *events)
{
	usec_t since = INT64_MAX;
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (item->problem || item->replay)
			continue;
		want(batch, ids, &item->unit);
		for (size_t k = 0; k < item->unit_count; k++)
			want(batch, ids, &item->units[k]);
		if (names_units(item) && item->time.at_us < since)
			since = item->time.at_us;
		if (!handles_units(item->target))
			continue;
		*(struct uuid *)rows_add(batch->arena, events, sizeof(struct uuid)) = item->target->id;
		if (item->target->time.at_us < since)
			since = item->target->time.at_us;
	}
	return since;
}

static enum problem take_units(struct batch *batch, struct rows *orgs, struct rows *ids)
{
	struct units_lock_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_units_lock, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct unit_fact *fact = arena_new(batch->arena, struct unit_fact);
		fact->row = rows[i];
		map_set(batch->units, MAP_KEY(fact->row.id), fact);
		*(struct uuid *)rows_add(batch->arena, orgs, sizeof(struct uuid)) = rows[i].org_id;
		*(struct uuid *)rows_add(batch->arena, ids, sizeof(struct uuid)) = rows[i].id;
	}
	return p;
}

/* A unit that was loaded into one of these between the look and the lock is not among them: once more. */
static enum problem take_contents(struct batch *batch)
{
	struct unit_contents_row *contents;
	size_t count;
	enum problem p =
		db_take_many(batch->db, batch->arena, &sql_unit_contents, (void **)&contents, &count);
	for (size_t i = 0; !p && i < count; i++) {
		*ROW_ADD(batch, contents, struct content_fact) =
			(struct content_fact){.row = contents[i], .stored = true};
		if (str_equal(contents[i].child_kind, STR("unit")) &&
		    !map_get(batch->units, MAP_KEY(contents[i].child)))
			p = PROBLEM_CONFLICT;
	}
	return p;
}

enum problem batch_load_units(struct batch *batch)
{
	struct rows wanted = {0}, events = {0}, orgs = {0}, ids = {0};
	batch->units = map_create(batch->arena, 16);
	batch->new_units = map_create(batch->arena, 16);
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay)
			partner_sort_units(batch, &batch->items[i]);
	usec_t since = wanted_units(batch, &wanted, &events);
	if (!wanted.count && !events.count)
		return PROBLEM_NONE;
	const struct units_lock_params lock = {rows_array(&wanted), rows_array(&events), UNITS_MAX};
	db_queue(batch->db, &sql_units_lock, &lock);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = take_units(batch, &orgs, &ids);
	if (p || !ids.count)
		return p;
	const struct unit_contents_params contents = {rows_array(&orgs), rows_array(&ids), since};
	db_queue(batch->db, &sql_unit_contents, &contents);
	batch_queue_acts(batch, contents.orgs, contents.ids, since);
	p = db_flush(batch->db);
	if (!p)
		p = take_contents(batch);
	return p ? p : batch_take_acts(batch);
}

struct unit_fact *batch_unit(const struct batch *batch, const struct named *named)
{
	if (named->found)
		return map_get(batch->units, MAP_KEY(named->id.lot));
	if (!named->asked || named->name.form != NAME_HASH)
		return NULL;
	return map_get(batch->new_units,
		       sha256_bytes(named->name.key_path.at ? &named->name.key_hash : &named->name.hash));
}

bool content_is_unit(const struct content_fact *content)
{
	return str_equal(content->row.child_kind, STR("unit"));
}

bool content_is_in(const struct content_fact *content, const struct unit_fact *unit, usec_t at)
{
	return !content->gone && uuid_equal(content->row.parent, unit->row.id) &&
	       content->row.from_at <= at && (!content->row.to_at.known || content->row.to_at.value > at);
}

/* What somebody else loaded is handled by who has all of its lots now. */
static bool may_handle(struct batch *batch, const struct item *item, const struct content_fact *content,
		       usec_t at, int depth)
{
	const struct content_fact *all = batch->contents.items;
	if (uuid_equal(content->row.party, item->acting) || job_is_unbounded(item->job))
		return true;
	if (!content_is_unit(content)) {
		const struct lot_id lot = {content->row.child_org, content->row.child};
		const struct holding_fact *holding = batch_holding(batch, lot, item->acting);
		return holding && !decimal_is_zero(holding->row.on_hand);
	}
	const struct unit_fact *child = map_get(batch->units, MAP_KEY(content->row.child));
	for (size_t i = 0; i < batch->contents.count; i++)
		if (content_is_in(&all[i], child, at) &&
		    (depth == NESTED_MAX || !may_handle(batch, item, &all[i], at, depth + 1)))
			return false;
	return true;
}

bool unit_may_handle(struct batch *batch, const struct item *item, const struct unit_fact *unit)
{
	const struct content_fact *all = batch->contents.items;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (content_is_in(&all[i], unit, item->time.at_us) &&
		    !may_handle(batch, item, &all[i], item->time.at_us, 0))
			return false;
	return true;
}

/* Whether `inner` is in `outer`, at any depth and at any time that is known of. */
bool unit_holds(const struct batch *batch, struct uuid outer, struct uuid inner, int depth)
{
	const struct content_fact *all = batch->contents.items;
	if (uuid_equal(outer, inner) || depth == NESTED_MAX)
		return true;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (!all[i].gone && content_is_unit(&all[i]) && uuid_equal(all[i].row.parent, outer) &&
		    unit_holds(batch, all[i].row.child, inner, depth + 1))
			return true;
	return false;
}

struct expanded_line *expanded_line_for(struct batch *batch, struct item *item, struct lot_fact *lot,
					size_t place, bool of_packs)
{
	/* What goes in is one input a lot; else every unit is told for itself. */
	bool as_one = item->job->kind->class == RECORD_TRANSFORM;
	struct expanded_line *lines = item->expanded.items;
	for (size_t i = 0; i < item->expanded.count; i++)
		if (lines[i].lot == lot &&
		    (as_one || (lines[i].of_packs == of_packs && (of_packs || lines[i].unit == place))))
			return &lines[i];
	struct expanded_line *line = rows_add(batch->arena, &item->expanded, sizeof(*line));
	*line = (struct expanded_line){.lot = lot, .unit = place, .of_packs = of_packs};
	return line;
}

static void line_add(struct batch *batch, struct expanded_line *line, const struct content_fact *content)
{
	const struct unit *base = unit_base((enum dimension)line->lot->row.dimension);
	bool first = line->quantity.unit == NULL;
	line->base = decimal_add(line->base, content->row.base.value);
	if (first)
		line->quantity =
			(struct quantity){.value = content->row.value, .unit = unit_find(content->row.unit)};
	else
		line->quantity = (struct quantity){.value = decimal_print(batch->arena, line->base),
						   .unit = base ? base : unit_find(line->lot->row.unit)};
	line->quantity.base = line->base;
}

static enum problem expand(struct batch *batch, struct item *item, size_t index, const struct unit_fact *unit,
			   int depth)
{
	const struct content_fact *all = batch->contents.items;
	if (!unit || !unit->row.known || depth == NESTED_MAX)
		return refuse(item, PROBLEM_NOT_KNOWN_YET, "known", (struct place_in){"units", index, ""});
	for (size_t i = 0; i < batch->contents.count; i++) {
		if (!content_is_in(&all[i], unit, item->time.at_us))
			continue;
		struct lot_fact *lot =
			content_is_unit(&all[i]) ? NULL : map_get(batch->lots, MAP_KEY(all[i].row.child));
		enum problem p = PROBLEM_NONE;
		if (content_is_unit(&all[i]))
			p = expand(batch, item, index, map_get(batch->units, MAP_KEY(all[i].row.child)),
				   depth + 1);
		else if (lot)
			line_add(batch, expanded_line_for(batch, item, lot, index, /* of_packs */ false),
				 &all[i]);
		if (lot && all[i].row.item.at)
			pack_is_inside(batch, item, all[i].row.item, index);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

enum problem units_expand(struct batch *batch, struct item *item, struct event_parts *parts)
{
	const size_t count = item->job->record->units.count;
	struct str *uris = arena_array(batch->arena, struct str, count);
	for (size_t i = 0; i < count; i++) {
		const struct unit_fact *unit = batch_unit(batch, &item->units[i]);
		size_t before = item->expanded.count;
		enum problem p = expand(batch, item, i, unit, 0);
		if (!p && item->expanded.count == before)
			p = refuse(item, PROBLEM_FIELD_RANGE, "empty", (struct place_in){"units", i, ""});
		for (size_t k = 0; !p && k < i; k++)
			if (batch_unit(batch, &item->units[k]) == unit)
				p = refuse(item, PROBLEM_FIELD_RANGE, "unique",
					   (struct place_in){"units", i, ""});
		if (p)
			return p;
		uris[i] = unit->row.uri;
	}
	item->line_count = item->lot_count + item->expanded.count;
	parts->unit_uris = uris;
	parts->unit_count = count;
	return PROBLEM_NONE;
}

static bool is_used(const struct batch *batch, const struct item *item, const struct unit_fact *unit)
{
	const struct act_fact *all = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++)
		if (uuid_equal(all[i].row.event, item->job->id) && uuid_equal(all[i].row.unit, unit->row.id))
			return true;
	return false;
}

static void consume(struct batch *batch, const struct item *item, const struct unit_fact *unit, int depth)
{
	const struct content_fact *all = batch->contents.items;
	bool held = false;
	for (size_t i = 0; i < batch->contents.count; i++) {
		if (!content_is_in(&all[i], unit, item->time.at_us))
			continue;
		const struct unit_fact *child =
			content_is_unit(&all[i]) ? map_get(batch->units, MAP_KEY(all[i].row.child)) : NULL;
		if (child && depth < NESTED_MAX)
			consume(batch, item, child, depth + 1);
		held |= !content_is_unit(&all[i]);
	}
	if (held && !is_used(batch, item, unit))
		(void)unit_act_add(batch, item, unit, 0, UNIT_USE);
}

/* Crates stay on their pallet, empty. */
void units_consume(struct batch *batch, struct item *item)
{
	size_t before = batch->acts.count;
	for (size_t i = 0; i < item->job->record->units.count; i++) {
		struct unit_fact *unit = batch_unit(batch, &item->units[i]);
		consume(batch, item, unit, 0);
		unit->row.version = item->recorded_us;
		unit->dirty = true;
	}
	for (size_t i = before; i < batch->acts.count; i++) {
		const struct uuid id = ((const struct act_fact *)batch->acts.items)[i].row.unit;
		unit_retell(batch, item, map_get(batch->units, MAP_KEY(id)), item->time.at_us);
	}
}

void units_send(struct batch *batch)
{
	const struct unit_fact **u =
		arena_array(batch->arena, const struct unit_fact *, map_count(batch->units) + 1);
	struct unit_upsert_many_params p;
	size_t n = 0;
	for (size_t i = 0; i < map_count(batch->units); i++)
		if (((const struct unit_fact *)map_at(batch->units, i))->dirty)
			u[n++] = map_at(batch->units, i);
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, u[i]->row.org_id);
	COLUMN(p.id, struct uuid, n, u[i]->row.id);
	COLUMN(p.uri, struct str, n, u[i]->row.uri);
	COLUMN(p.known, bool, n, u[i]->row.known);
	COLUMN(p.event, struct uuid, n, u[i]->row.event);
	COLUMN(p.version, usec_t, n, u[i]->row.version);
	db_queue(batch->db, &sql_unit_upsert_many, &p);
	unit_contents_send(batch);
}
