/* SPDX-License-Identifier: Apache-2.0
 * An event against the record it was made of: the event is built once more without what the record only names, and compared
 * member by member. */
#include "ft/core/record_said.h"

#include "ft/base/text.h"

/* Members that tell what the record names, or amounts, which are looked for apart. */
static const char *const named[] = {
	"readPoint",
	"bizLocation",
	"epcList",
	"inputEPCList",
	"quantityList",
	"inputQuantityList",
	"outputQuantityList",
	"parentID",
	"childEPCs",
	"childQuantityList",
	"bizTransactionList",
	"sourceList",
	"destinationList",
	"farmtrail:party",
	"farmtrail:recordedBy",
	"farmtrail:places",
	"farmtrail:products",
	"farmtrail:net",
	"farmtrail:written",
	"farmtrail:quantity",
	"farmtrail:pins",
	"farmtrail:lotsNamed",
	"farmtrail:itemsNamed",
	NULL,
};
static const char *const of_declaration[] = {"declarationTime", "farmtrail:declaredBy", NULL};

static const struct str nothing = {NULL, 0};

static bool is_one_of(struct str name, const char *const *list)
{
	for (; *list; list++)
		if (str_equal(name, str_of(*list)))
			return true;
	return false;
}

/* The first member of `a` that is not one of `apart` and does not stand in `b` in the same bytes. */
static struct str differs(const struct json *a, const struct json *b, const char *const *apart)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct json *other = json_get(b, a->members[i].name);
		if (!is_one_of(a->members[i].name, apart) &&
		    !(other && str_equal(a->members[i].value.span, other->span)))
			return a->members[i].name;
	}
	return nothing;
}

static struct str compare(const struct json *expected, const struct json *actual, const char *const *apart)
{
	if (expected->kind != JSON_OBJECT || actual->kind != JSON_OBJECT)
		return STR("event");
	struct str member = differs(expected, actual, apart);
	return member.at ? member : differs(actual, expected, apart);
}

/* — amounts — */

struct amounts {
	struct quantity *items;
	size_t count, room;
};

static void add_amount(struct amounts *all, struct str value, struct str unit)
{
	struct quantity q;
	if (value.at && unit.at && all->count < all->room && !quantity_of(value, unit, &q))
		all->items[all->count++] = q;
}

static void add_list(struct amounts *all, const struct json *list)
{
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++) {
		const struct json *value = json_get(&list->items[i], STR("quantity"));
		if (value && value->kind == JSON_NUMBER)
			add_amount(all, value->text, json_text(json_get(&list->items[i], STR("uom"))));
	}
}

static struct amounts amounts_of(struct arena *arena, const struct json *event)
{
	static const char *const lists[] = {"quantityList", "inputQuantityList", "outputQuantityList",
					    "childQuantityList"};
	struct amounts all = {.room = 1};
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct json *list = json_get(event, str_of(lists[i]));
		all.room += list ? list->count : 0;
	}
	all.items = arena_array(arena, struct quantity, all.room);
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
		add_list(&all, json_get(event, str_of(lists[i])));
	const struct json *loose = json_get(event, STR("farmtrail:quantity"));
	const struct json *value = json_get(loose, STR("farmtrail:quantity"));
	if (value && value->kind == JSON_NUMBER)
		add_amount(&all, value->text, json_text(json_get(loose, STR("farmtrail:uom"))));
	return all;
}

static bool take(struct amounts *all, const struct record_quantity *said)
{
	struct quantity q;
	if (!said)
		return true;
	if (quantity_of(said->value, said->unit, &q))
		return false;
	for (size_t i = 0; i < all->count; i++)
		if (all->items[i].unit->dimension == q.unit->dimension &&
		    !decimal_compare(all->items[i].base, q.base)) {
			all->items[i] = all->items[--all->count];
			return true;
		}
	return false;
}

/* An observation of a lot tells no amount of it. */
static bool has_amounts(struct amounts *all, const struct record *record, const struct record_kind *kind)
{
	const struct record_lot *inputs = record->inputs.items, *lots = record->lots.items;
	const struct record_output *outputs = record->outputs.items;
	const struct record_content *contents = record->contents.items;
	bool there = (kind->class == RECORD_OBSERVE && record->lot.at) || take(all, record->quantity);
	for (size_t i = 0; there && i < record->inputs.count; i++)
		there = take(all, inputs[i].quantity);
	for (size_t i = 0; there && i < record->lots.count; i++)
		there = take(all, lots[i].quantity);
	for (size_t i = 0; there && i < record->outputs.count; i++)
		there = take(all, outputs[i].quantity);
	for (size_t i = 0; there && i < record->contents.count; i++)
		there = take(all, contents[i].quantity);
	return there;
}

/* — the whole — */

static bool read(struct arena *arena, struct str text, struct json *ret)
{
	struct fault ignored = {0};
	return !json_parse(arena, text, ret, &ignored);
}

static struct str event_said(struct arena *arena, const struct record_claim *claim,
			     const struct record_kind *kind, const struct json *event)
{
	static const struct epcis_party somebody = {.uri = {"", 0}};
	struct epcis_source source = {.record = claim->record,
				      .kind = kind,
				      .id = claim->id,
				      .party = &somebody,
				      .recorded_by = &somebody,
				      .corrects = claim->corrects,
				      .request_sha256 = claim->request_sha256};
	struct json expected;
	struct amounts amounts = amounts_of(arena, event);
	/* Whether packs are sent back or were brought back follows from what is known of them. */
	if (kind->class == RECORD_RETURN)
		source.taken_back = str_equal(json_text(json_get(event, STR("bizStep"))), STR("receiving"));
	if (!read(arena, epcis_body_build(arena, &source), &expected))
		return STR("event");
	struct str member = compare(&expected, event, named);
	return member.at ? member : has_amounts(&amounts, claim->record, kind) ? nothing : STR("quantity");
}

static struct str declaration_said(struct arena *arena, const struct record_claim *claim,
				   const struct json *event)
{
	const struct epcis_error error = {.time = claim->record->time,
					  .id = claim->id,
					  .corrective = claim->replacement,
					  .record = claim->record,
					  .declared_by = STR(""),
					  .request_sha256 = claim->request_sha256};
	const struct json *actual = json_get(event, STR("errorDeclaration"));
	struct str event_id =
		arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, claim->record->event)));
	struct json expected;
	if (!str_equal(json_text(json_get(event, STR("eventID"))), event_id))
		return STR("eventID");
	if (!actual || !read(arena, epcis_declaration_build(arena, STR("{\"of\":0}"), &error), &expected))
		return STR("errorDeclaration");
	return compare(json_get(&expected, STR("errorDeclaration")), actual, of_declaration);
}

struct str record_said(struct arena *arena, const struct record_claim *claim, struct str body)
{
	const struct record_kind *kind = record_kind_find(claim->record->type);
	struct json event;
	if (!kind || !read(arena, body, &event) || event.kind != JSON_OBJECT)
		return STR("event");
	return kind->class == RECORD_CORRECT ? declaration_said(arena, claim, &event)
					     : event_said(arena, claim, kind, &event);
}
