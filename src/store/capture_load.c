/* SPDX-License-Identifier: Apache-2.0
 * Load and unload: what goes into a unit and comes out of it. A unit that nobody has said anything about yet is a
 * placeholder until the record comes that says what is in it. */
#include "capture_pack_priv.h"

#include <assert.h>

#include "ft/base/text.h"

static struct uuid unit_id(const struct item *item, size_t index)
{
	const uint8_t place[2] = {(uint8_t)(index >> 8), (uint8_t)index};
	const struct bytes seed[] = {str_bytes(STR("unit")),
				     {item->job->id.octets, sizeof item->job->id.octets},
				     {place, sizeof place}};
	struct sha256 h = sha256_of_parts(seed, 3);
	return uuid_v7(item->time.at_us, h.octets);
}

/* A number is one of the acting party; a URI of our own scheme names what exists. */
static enum problem unit_uri(struct batch *batch, struct item *item, const struct capture_parties_row *acting,
			     const struct named *named, struct str spelling, struct place_in where,
			     struct str *ret)
{
	struct str key = named->name.key_path;
	struct str uri = thing_uri_of(batch->arena, key.at ? key : spelling);
	if (!uri.at && !number_may_be_issued(spelling)) {
		(void)refuse(item, PROBLEM_IDENTIFIER_SYNTAX, "charset", where);
		item->job->fault->value = spelling;
		return PROBLEM_IDENTIFIER_SYNTAX;
	}
	struct str path = uri.at ? thing_uri_path(batch->arena, uri) : STR("");
	if (str_starts(path, STR("/o/")) || str_starts(path, STR("/t/")) || str_starts(path, STR("/a/")))
		return refuse(item, PROBLEM_NOT_KNOWN_YET, "known", where);
	*ret = uri.at ? uri
		      : arena_printf(batch->arena, "%.*s/u/%.*s", STR_ARGS(acting->uri),
				     STR_ARGS(percent_encode(batch->arena, spelling)));
	return PROBLEM_NONE;
}

struct unit_fact *unit_make(struct batch *batch, struct item *item, const struct named *named, struct str uri,
			    size_t index)
{
	struct unit_fact *unit = arena_new(batch->arena, struct unit_fact);
	/* One that is named by its SSCC alone is no number of this party: it is found by whoever has it next. */
	const struct sha256 path = thing_hash_path(thing_uri_path(batch->arena, uri));
	const struct sha256 hashes[] = {named->name.key_path.at ? path : named->name.hash, path};
	unit->row = (struct units_lock_row){
		.org_id = item->acting, .id = unit_id(item, index), .uri = uri, .event = item->job->id};
	unit->dirty = true;
	for (size_t i = 0; i < 2 && (i == 0 || !sha256_equal(hashes[0], hashes[1])); i++) {
		struct sha256 *key = arena_new(batch->arena, struct sha256);
		*key = hashes[i];
		map_set(batch->new_units, sha256_bytes(key), unit);
		*ROW_ADD(batch, things_new, struct thing_row) =
			(struct thing_row){hashes[i], "unit", unit->row.org_id, unit->row.id};
	}
	map_set(batch->units, MAP_KEY(unit->row.id), unit);
	return unit;
}

/* One entry of contents[], checked. */
struct content_plan {
	struct lot_fact *lot; /* NULL: a unit */
	struct unit_fact *unit;
	const struct pack_named *pack; /* the lot is that of this pack; NULL: no pack */
	struct str uri;                /* of a unit to be made */
	struct quantity quantity;
	bool has_quantity;
	struct decimal base;
};

static enum problem plan_lot(struct batch *batch, struct item *item, size_t i,
			     const struct capture_parties_row *acting, struct content_plan *ret)
{
	struct input_plan plan;
	const struct pack_named *pack = pack_in_contents(item, i);
	enum problem p = pack ? pack_content_plan(batch, item, pack, &plan)
			      : content_lot_plan(batch, item, i, acting, &plan);
	if (p)
		return p;
	*ret = (struct content_plan){.lot = plan.lot,
				     .pack = pack,
				     .quantity = plan.quantity,
				     .has_quantity = plan.has_quantity,
				     .base = plan.base};
	return PROBLEM_NONE;
}

static enum problem plan_unit(struct batch *batch, struct item *item, size_t i,
			      const struct capture_parties_row *acting, const struct unit_fact *parent,
			      struct content_plan *ret)
{
	const struct record_content *contents = item->job->record->contents.items;
	const struct place_in where = {"contents", i, "unit"};
	ret->unit = batch_unit(batch, &item->units[i]);
	if (!ret->unit)
		return unit_uri(batch, item, acting, &item->units[i], contents[i].unit, where, &ret->uri);
	if (parent && unit_holds(batch, ret->unit->row.id, parent->row.id, 0))
		return refuse(item, PROBLEM_LINEAGE_CYCLE, "acyclic", where);
	return PROBLEM_NONE;
}

static enum problem plan_contents(struct batch *batch, struct item *item, const struct event_parts *parts,
				  const struct unit_fact *parent, struct content_plan **ret)
{
	const struct record_content *contents = item->job->record->contents.items;
	struct content_plan *plans = arena_array(batch->arena, struct content_plan, item->lot_count);
	for (size_t i = 0; i < item->lot_count; i++) {
		enum problem p = !contents[i].unit.at
					 ? plan_lot(batch, item, i, parts->acting, &plans[i])
					 : plan_unit(batch, item, i, parts->acting, parent, &plans[i]);
		for (size_t k = 0; !p && contents[i].unit.at && k < i; k++)
			if (contents[k].unit.at && str_equal(contents[k].unit, contents[i].unit))
				p = refuse(item, PROBLEM_FIELD_RANGE, "unique",
					   (struct place_in){"contents", i, "unit"});
		if (p)
			return p;
	}
	*ret = plans;
	return PROBLEM_NONE;
}

/* What the event says: lots and units in the order of its entries. */
static void tell_lot(struct batch *batch, struct event_parts *parts, struct lot_fact *lot,
		     const struct quantity *quantity)
{
	parts->output_lots[parts->output_count] = lot;
	parts->outputs[parts->output_count++] = thing_of_lot(batch, lot, quantity, NULL);
}

static void room_for(struct batch *batch, struct event_parts *parts, size_t count)
{
	parts->outputs = arena_array(batch->arena, struct epcis_thing, count);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, count);
	parts->unit_uris = arena_array(batch->arena, struct str, count);
}

/* Packs stand behind the lots that the record names itself. */
static void tell_packs(struct batch *batch, const struct item *item, struct event_parts *parts,
		       const struct content_plan *plans)
{
	parts->lots_named = parts->output_count;
	for (size_t i = 0; i < item->lot_count; i++)
		if (plans[i].pack)
			tell_lot(batch, parts, plans[i].lot, &plans[i].quantity);
}

static void name_lot(struct unit_acts_row *act, const struct content_plan *plan)
{
	act->child_kind = STR("lot");
	act->child_org = plan->lot->row.org_id;
	act->child = plan->lot->row.lot_id;
	if (plan->pack)
		act->item = plan->pack->fact->code;
	if (plan->pack || plan->has_quantity)
		act->base = (struct sql_nullable_decimal){true, plan->base};
}

static void name_unit(struct unit_acts_row *act, const struct unit_fact *unit)
{
	act->child_kind = STR("unit");
	act->child_org = unit->row.org_id;
	act->child = unit->row.id;
}

static void load_lot(struct batch *batch, struct event_parts *parts, struct unit_acts_row *act,
		     const struct content_plan *plan)
{
	name_lot(act, plan);
	act->value = plan->quantity.value;
	act->amount_unit = str_of(plan->quantity.unit->code);
	act->base = (struct sql_nullable_decimal){true, plan->base};
	if (!plan->pack)
		tell_lot(batch, parts, plan->lot, &plan->quantity);
}

static void load_apply(struct batch *batch, struct item *item, struct event_parts *parts,
		       struct unit_fact *unit, struct content_plan *plans)
{
	room_for(batch, parts, item->lot_count);
	for (size_t i = 0; i < item->lot_count; i++) {
		struct unit_acts_row *act = unit_act_add(batch, item, unit, i, UNIT_LOAD);
		if (plans[i].lot) {
			load_lot(batch, parts, act, &plans[i]);
			continue;
		}
		if (!plans[i].unit)
			plans[i].unit = unit_make(batch, item, &item->units[i], plans[i].uri, i + 1);
		plans[i].unit->row.version = item->recorded_us;
		plans[i].unit->dirty = true;
		name_unit(act, plans[i].unit);
		parts->unit_uris[parts->unit_count++] = plans[i].unit->row.uri;
	}
	unit_retell(batch, item, unit, item->time.at_us);
	tell_packs(batch, item, parts, plans);
}

enum problem decide_load(struct batch *batch, struct item *item, struct event_parts *parts)
{
	static const struct place_in where = {.member = "unit"};
	struct unit_fact *unit = batch_unit(batch, &item->unit);
	struct content_plan *plans;
	struct str uri = {NULL, 0};
	enum problem p = PROBLEM_NONE;
	if (!unit)
		p = unit_uri(batch, item, parts->acting, &item->unit, item->job->record->unit, where, &uri);
	else if (!unit_may_handle(batch, item, unit))
		p = refuse(item, PROBLEM_NOT_KNOWN_YET, "known", where);
	if (!p)
		p = plan_contents(batch, item, parts, unit, &plans);
	if (p)
		return p;
	if (!unit)
		unit = unit_make(batch, item, &item->unit, uri, 0);
	load_apply(batch, item, parts, unit, plans);
	parts->parent_uri = unit->row.uri;
	return event_store(batch, item, parts);
}

static void tell_content(struct batch *batch, struct event_parts *parts, const struct content_fact *content)
{
	if (content_is_unit(content)) {
		const struct unit_fact *child = map_get(batch->units, MAP_KEY(content->row.child));
		parts->unit_uris[parts->unit_count++] = child->row.uri;
		return;
	}
	struct lot_fact *lot = map_get(batch->lots, MAP_KEY(content->row.child));
	const struct quantity quantity = {content->row.value, unit_find(content->row.unit),
					  content->row.base.value};
	if (lot)
		tell_lot(batch, parts, lot, &quantity);
}

static void unload_all(struct batch *batch, struct item *item, struct event_parts *parts,
		       struct unit_fact *unit)
{
	const struct content_fact *all = batch->contents.items;
	room_for(batch, parts, batch->contents.count);
	for (size_t i = 0; i < batch->contents.count; i++)
		if (content_is_in(&all[i], unit, item->time.at_us))
			tell_content(batch, parts, &all[i]);
	(void)unit_act_add(batch, item, unit, 0, UNIT_EMPTY);
}

static struct decimal amount_in_unit(struct batch *batch, const struct item *item,
				     const struct unit_fact *unit, struct uuid child)
{
	const struct content_fact *all = batch->contents.items;
	struct decimal sum = decimal_of(0);
	for (size_t i = 0; i < batch->contents.count; i++)
		if (content_is_in(&all[i], unit, item->time.at_us) && !all[i].row.item.at &&
		    uuid_equal(all[i].row.child, child))
			sum = decimal_add(sum,
					  content_is_unit(&all[i]) ? decimal_of(1) : all[i].row.base.value);
	return sum;
}

static bool holds_pack(struct batch *batch, const struct item *item, const struct unit_fact *unit,
		       const struct content_plan *plan)
{
	const struct content_fact *all = batch->contents.items;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (content_is_in(&all[i], unit, item->time.at_us) && all[i].row.item.at &&
		    str_equal(all[i].row.item, plan->pack->fact->code))
			return true;
	return false;
}

/* All of it must be in the unit, of a lot so much; a lot that stands in contents twice is asked for at once. What a correction
 * states has happened already: what was not there is found lacking. */
static enum problem unload_check(struct batch *batch, struct item *item, const struct unit_fact *unit,
				 const struct content_plan *plans, size_t i)
{
	struct uuid child = plans[i].lot    ? plans[i].lot->row.lot_id
			    : plans[i].unit ? plans[i].unit->row.id
					    : (struct uuid){{0}};
	if (item->corrects && !uuid_is_nil(child))
		return PROBLEM_NONE;
	if (plans[i].pack)
		return holds_pack(batch, item, unit, &plans[i])
			       ? PROBLEM_NONE
			       : refuse(item, PROBLEM_NOT_KNOWN_YET, "contained",
					(struct place_in){"contents", i, "item"});
	struct decimal there = amount_in_unit(batch, item, unit, child), asked = plans[i].base;
	for (size_t k = 0; plans[i].lot && k < i; k++)
		if (plans[k].lot == plans[i].lot && !plans[k].pack)
			asked = decimal_add(asked, plans[k].base);
	if (decimal_is_zero(there))
		return refuse(item, PROBLEM_NOT_KNOWN_YET, "contained",
			      (struct place_in){"contents", i, plans[i].lot ? "lot" : "unit"});
	if (!plans[i].has_quantity || decimal_compare(asked, there) <= 0)
		return PROBLEM_NONE;
	(void)refuse(item, PROBLEM_LOT_SHORT, "contained", (struct place_in){"contents", i, "quantity"});
	item->job->fault->detail = arena_printf(item->job->arena, "in the unit: %.*s",
						STR_ARGS(decimal_print(item->job->arena, there)));
	return PROBLEM_LOT_SHORT;
}

static void unload_one(struct batch *batch, struct item *item, struct event_parts *parts,
		       const struct unit_fact *unit, const struct content_plan *plan, size_t n)
{
	struct unit_acts_row *act = unit_act_add(batch, item, unit, n, UNIT_UNLOAD);
	if (!plan->lot) {
		name_unit(act, plan->unit);
		parts->unit_uris[parts->unit_count++] = plan->unit->row.uri;
		return;
	}
	name_lot(act, plan);
	if (!plan->pack)
		tell_lot(batch, parts, plan->lot, plan->has_quantity ? &plan->quantity : NULL);
}

static enum problem unload_some(struct batch *batch, struct item *item, struct event_parts *parts,
				const struct unit_fact *unit)
{
	struct content_plan *plans;
	enum problem p = plan_contents(batch, item, parts, /* parent */ NULL, &plans);
	for (size_t i = 0; !p && i < item->lot_count; i++)
		p = unload_check(batch, item, unit, plans, i);
	if (p)
		return p;
	room_for(batch, parts, item->lot_count);
	for (size_t i = 0; i < item->lot_count; i++)
		unload_one(batch, item, parts, unit, &plans[i], i);
	tell_packs(batch, item, parts, plans);
	return PROBLEM_NONE;
}

enum problem decide_unload(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct unit_fact *unit = batch_unit(batch, &item->unit);
	if (!unit || !unit->row.known || !unit_may_handle(batch, item, unit))
		return refuse(item, PROBLEM_NOT_KNOWN_YET, "known", (struct place_in){.member = "unit"});
	enum problem p = PROBLEM_NONE;
	if (item->lot_count)
		p = unload_some(batch, item, parts, unit);
	else
		unload_all(batch, item, parts, unit);
	if (p)
		return p;
	unit_retell(batch, item, unit, item->time.at_us);
	parts->parent_uri = unit->row.uri;
	return event_store(batch, item, parts);
}
