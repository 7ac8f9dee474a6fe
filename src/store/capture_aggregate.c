/* SPDX-License-Identifier: Apache-2.0
 * AggregationEvents of partners: what they put into units and take out is kept as the acts of records are, and what was in a
 * unit when follows from all of them. Nothing is refused for not being there: what was not in the unit is found lacking. */
#include "capture_partner_priv.h"

#include <string.h>

#include "ft/core/digital_link.h"

static bool aggregates(const struct item *item)
{
	return item->job->event && item->job->event->type == EPCIS_AGGREGATION;
}

/* Logistic units and returnable or individual assets have keys of their own; a crate of ours, or of nobody's grammar, may be
 * named as what holds others. A product is never a unit: its key is that of goods. */
static bool unit_uri(struct arena *arena, const struct epcis_mention *mention, struct str *ret)
{
	static const char *const keys[] = {"00", "8003", "8004"};
	struct digital_link link;
	struct fault ignored = {0};
	struct str path = thing_uri_path(arena, mention->uri);
	if (!path.at)
		return false;
	bool gs1 =
		path.at[0] == '/' &&
		!digital_link_parse_uri(arena, arena_printf(arena, "https://id.gs1.org%.*s", STR_ARGS(path)),
					&link, &ignored);
	for (size_t i = 0; gs1 && i < sizeof keys / sizeof *keys; i++)
		if (str_equal(link.key.ai, str_of(keys[i]))) {
			*ret = arena_printf(arena, "https://id.gs1.org%.*s", STR_ARGS(path));
			return true;
		}
	*ret = path;
	return !gs1 && (path.at[0] == '/' ? memmem(path.at, path.len, "/u/", 3) != NULL
					  : mention->role == EPCIS_PARENT);
}

static void unit_add(struct item *item, struct str path, struct str uri)
{
	for (size_t i = 0; i < item->unit_count; i++)
		if (str_equal(item->unit_uris[i], uri))
			return;
	item->unit_uris[item->unit_count] = uri;
	item->units[item->unit_count++] =
		(struct named){.asked = true, .name = {.form = NAME_HASH, .hash = thing_hash_path(path)}};
}

void partner_read_units(struct batch *batch, struct item *item)
{
	const struct epcis_event *event = item->job->event;
	if (!aggregates(item))
		return;
	item->units = arena_array(batch->arena, struct named, event->mention_count);
	item->unit_uris = arena_array(batch->arena, struct str, event->mention_count);
	for (size_t i = 0; i < event->mention_count; i++) {
		const struct epcis_mention *mention = &event->mentions[i];
		struct str uri;
		if (!unit_uri(batch->arena, mention, &uri))
			continue;
		struct str path = thing_uri_path(batch->arena, mention->uri);
		if (mention->role != EPCIS_PARENT) {
			unit_add(item, path, uri);
			continue;
		}
		item->unit = (struct named){.asked = true,
					    .name = {.form = NAME_HASH, .hash = thing_hash_path(path)}};
		item->unit_uri = uri;
	}
}

/* — a name says what it is once somebody filed it — */
static bool is_unit_of_batch(const struct batch *batch, const struct named *named)
{
	return batch->new_units && map_get(batch->new_units, sha256_bytes(&named->name.hash));
}

static void drop_goods(struct item *item, size_t index)
{
	item->output_count--;
	for (size_t i = index; i < item->output_count; i++) {
		item->goods[i] = item->goods[i + 1];
		item->output_lots[i] = item->output_lots[i + 1];
		item->output_products[i] = item->output_products[i + 1];
		item->output_ids[i] = item->output_ids[i + 1];
	}
}

void partner_sort_units(struct batch *batch, struct item *item)
{
	for (size_t i = 0; item->job->event && i < item->output_count;) {
		const struct named *named = &item->output_lots[i];
		const struct thing_find_many_row *thing =
			map_get(batch->things, sha256_bytes(&named->name.hash));
		bool other = thing && !str_equal(thing->kind, STR("lot"));
		bool filed = thing && str_equal(thing->kind, STR("unit"));
		if (!other && !is_unit_of_batch(batch, named)) {
			i++;
			continue;
		}
		if (aggregates(item) && (filed || !other))
			unit_add(item, item->goods[i].path, item->goods[i].uri);
		if (aggregates(item) && filed) {
			struct named *unit = &item->units[item->unit_count - 1];
			unit->found = true;
			unit->id = (struct lot_id){thing->org_id, thing->id};
		}
		drop_goods(item, i);
	}
}

/* — decided — */
static bool fills_or_empties(const struct item *item)
{
	const struct epcis_event *event = item->job->event;
	return aggregates(item) && !event->is_declaration && !str_equal(event->action, STR("OBSERVE"));
}

static bool contains(const struct item *item)
{
	return fills_or_empties(item) && item->unit.asked;
}

static const char *pointer_of(const struct item *item, struct str uri)
{
	const struct epcis_event *event = item->job->event;
	for (size_t i = 0; i < event->mention_count; i++) {
		struct str other;
		if (unit_uri(item->job->arena, &event->mentions[i], &other) && str_equal(other, uri))
			return event->mentions[i].pointer.at;
	}
	return "";
}

enum problem aggregate_check(struct batch *batch, struct item *item)
{
	const struct unit_fact *unit = contains(item) ? batch_unit(batch, &item->unit) : NULL;
	if (!unit)
		return PROBLEM_NONE;
	if (!unit_may_handle(batch, item, unit)) {
		(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "%s",
				pointer_of(item, item->unit_uri));
		item->job->fault->value = item->unit_uri;
		return PROBLEM_NOT_KNOWN_YET;
	}
	for (size_t i = 0; i < item->unit_count; i++) {
		const struct unit_fact *child = batch_unit(batch, &item->units[i]);
		if (child && unit_holds(batch, child->row.id, unit->row.id, 0))
			return fault_set(item->job->fault, PROBLEM_LINEAGE_CYCLE, "acyclic", "%s",
					 pointer_of(item, item->unit_uris[i]));
	}
	return PROBLEM_NONE;
}

/* A name that stands for something else already is no unit's; one of our own scheme names what exists. */
static struct unit_fact *unit_of(struct batch *batch, struct item *item, const struct named *named,
				 struct str uri, size_t index)
{
	struct unit_fact *unit = batch_unit(batch, named);
	bool taken = map_get(batch->things, sha256_bytes(&named->name.hash)) ||
		     map_get(batch->new_numbers, sha256_bytes(&named->name.hash));
	if (!unit && !taken && uri.at[0] != '/')
		unit = unit_make(batch, item, named, uri, index);
	return unit;
}

static void put_lot(struct batch *batch, struct item *item, const struct unit_fact *unit,
		    const struct told *told, enum unit_act_kind kind, size_t n)
{
	struct unit_acts_row *act = unit_act_add(batch, item, unit, n, kind);
	act->child_kind = STR("lot");
	act->child_org = told->lot->row.org_id;
	act->child = told->lot->row.lot_id;
	act->base = (struct sql_nullable_decimal){told->measured, told->base};
	if (kind != UNIT_LOAD)
		return;
	act->value = told->thing.quantity.value;
	act->amount_unit = str_of(told->thing.quantity.unit->code);
}

static void put_unit(struct batch *batch, struct item *item, const struct unit_fact *unit,
		     struct unit_fact *child, enum unit_act_kind kind, size_t n)
{
	struct unit_acts_row *act = unit_act_add(batch, item, unit, n, kind);
	act->child_kind = STR("unit");
	act->child_org = child->row.org_id;
	act->child = child->row.id;
	child->row.version = item->recorded_us;
	child->dirty = true;
}

/* Of goods whose amount nobody knows it cannot be said how much a unit holds: they are told, and not kept as its contents. */
void aggregate_apply(struct batch *batch, struct item *item, const struct told_list *list)
{
	struct unit_fact *unit = contains(item) ? unit_of(batch, item, &item->unit, item->unit_uri, 0) : NULL;
	bool out = unit && str_equal(item->job->event->action, STR("DELETE"));
	enum unit_act_kind kind = out ? UNIT_UNLOAD : UNIT_LOAD;
	size_t n = 0;
	if (!unit) {
		if (fills_or_empties(item))
			item_warn(batch, item, WARNING_NOT_CONTAINED, STR(""));
		return;
	}
	if (out && item->job->event->mention_count == 1)
		(void)unit_act_add(batch, item, unit, n, UNIT_EMPTY);
	for (size_t i = 0; i < list->count; i++)
		if (out || list->items[i].measured)
			put_lot(batch, item, unit, &list->items[i], kind, n++);
		else
			item_warn(batch, item, WARNING_NOT_COUNTED, STR(""));
	for (size_t i = 0; i < item->unit_count; i++) {
		struct unit_fact *child = unit_of(batch, item, &item->units[i], item->unit_uris[i], i + 1);
		if (child && child != unit)
			put_unit(batch, item, unit, child, kind, n++);
		else
			item_warn(batch, item, WARNING_NOT_CONTAINED, STR(""));
	}
	unit_retell(batch, item, unit, item->time.at_us);
}
