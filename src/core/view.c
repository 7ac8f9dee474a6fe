/* SPDX-License-Identifier: Apache-2.0
 * What each tier may see of a body, by version: the hashes of these views are signed, so that a change of a single byte of
 * the output needs a new version beside those that there are. */
#include <string.h>

#include "epcis_priv.h"

#include "ft/core/lot_graph.h"

#define FT(name) STR("farmtrail:" name)

enum { MAX_SHARED = 1000 };

const char *const tier_words[TIER_COUNT] = {"full", "farm", "township", "district"};

/* To hide a member: name it with the first tier that may not see it, and the version from which on that is so. Everything
 * else passes as it is. */
struct hidden {
	struct str name;
	enum tier from;
	enum view_version since; /* 0: always */
};
#define TEXT(text) \
	{ \
		(text), sizeof(text) - 1 \
	}
static const struct hidden hidden[] = {
	{TEXT("farmtrail:harvester"), TIER_FARM},
	{TEXT("farmtrail:note"), TIER_FARM},
	{TEXT("farmtrail:taker"), TIER_FARM},
	{TEXT("farmtrail:subject"), TIER_FARM},  /* a stall, a person */
	{TEXT("farmtrail:findings"), TIER_FARM}, /* an inspector's own words may name people */
	{TEXT("farmtrail:device"), TIER_FARM},
	{TEXT("farmtrail:deviceTime"), TIER_FARM},
	{TEXT("farmtrail:position"), TIER_FARM},
	{TEXT("farmtrail:vehicle"), TIER_FARM},    /* a number plate leads to its owner */
	{TEXT("farmtrail:itemsNamed"), TIER_FARM}, /* with the items themselves */
	{TEXT("farmtrail:request"), TIER_FARM},    /* a hash of text that names people can be guessed at */
	{TEXT("farmtrail:net"), TIER_FARM, VIEW_2},
	{TEXT("farmtrail:written"), TIER_FARM, VIEW_2},
	{TEXT("farmtrail:quantity"), TIER_FARM, VIEW_2},
	{TEXT("farmtrail:shortage"), TIER_FARM, VIEW_2},
	{TEXT("farmtrail:party"), TIER_TOWNSHIP},
	{TEXT("farmtrail:recordedBy"), TIER_TOWNSHIP},
	{TEXT("farmtrail:declaredBy"), TIER_TOWNSHIP},
	{TEXT("farmtrail:pins"), TIER_TOWNSHIP},
	{TEXT("farmtrail:animals"), TIER_TOWNSHIP},
	{TEXT("farmtrail:quarantineCertificate"), TIER_TOWNSHIP},
	{TEXT("farmtrail:shortage"), TIER_TOWNSHIP},
	{TEXT("farmtrail:reason"), TIER_TOWNSHIP},
	{TEXT("farmtrail:sample"), TIER_TOWNSHIP}, /* its number leads to the form with the farm's name */
	{TEXT("sourceList"), TIER_TOWNSHIP},
	{TEXT("destinationList"), TIER_TOWNSHIP},
	{TEXT("bizTransactionList"), TIER_TOWNSHIP},
};

static const struct str personal_member = {"farmtrail:personal", 18},
			position_member = {"farmtrail:position", 18};

/* All native records have a hash of their request, which alone names nobody; amounts do not either. */
static bool names_people(const struct hidden *row)
{
	return row->from == TIER_FARM && !row->since && !str_equal(row->name, FT("request"));
}

struct str *view_naming_members(struct arena *arena, bool of_place, size_t *ret_count)
{
	const size_t rows = sizeof hidden / sizeof hidden[0];
	struct str *found = arena_array(arena, struct str, rows + 1);
	size_t count = 0;

	found[count++] = personal_member;
	for (size_t i = 0; i < rows; i++)
		if (of_place ? str_equal(hidden[i].name, position_member) : names_people(&hidden[i]))
			found[count++] = hidden[i].name;
	*ret_count = count;
	return found;
}

static void add_naming(struct naming *naming, struct str name)
{
	naming->home = naming->home || str_equal(name, personal_member) || str_equal(name, position_member);
	naming->people = naming->people || str_equal(name, personal_member);
	for (size_t i = 0; !naming->people && i < sizeof hidden / sizeof hidden[0]; i++)
		naming->people = names_people(&hidden[i]) && str_equal(name, hidden[i].name);
}

struct naming view_naming(struct str body)
{
	const struct str prefix = STR("\"farmtrail:"), native = FT("record");
	struct naming naming = {false, false};
	struct str rest = body;
	bool is_native = false;

	for (const char *at; (at = memmem(rest.at, rest.len, prefix.at, prefix.len)) != NULL;) {
		struct str name = str_cut(str_from(rest, (size_t)(at - rest.at) + 1), '"', &rest);
		is_native = is_native || str_equal(name, native);
		add_naming(&naming, name);
		if (rest.at == NULL)
			break;
	}
	naming.people = naming.people || !is_native;
	return naming;
}

struct sight {
	enum tier tier;
	enum view_version version;
	size_t items; /* single packs at the end of its list of instances: whoever knows a pack's code could copy it */
	bool native; /* of a partner's event no shares are told: they would need a name of ours in it */
};

/* Of a partner's event only what the standard defines is known to name nobody: extensions go first, and where a place lies
 * it does not say. */
static bool is_hidden_of_partner(struct str name, struct sight sight)
{
	static const char *const places[] = {"sourceList", "destinationList", "bizTransactionList",
					     "certificationInfo", "ilmd"};
	if (sight.tier >= TIER_FARM && memchr(name.at, ':', name.len))
		return true;
	for (size_t i = 0; sight.tier >= TIER_TOWNSHIP && i < sizeof places / sizeof *places; i++)
		if (str_equal(name, str_of(places[i])))
			return true;
	return sight.tier >= TIER_TOWNSHIP && sight.version < VIEW_3 &&
	       str_equal(name, STR("errorDeclaration"));
}

static bool is_hidden(struct str name, struct sight sight)
{
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (sight.tier >= hidden[i].from && sight.version >= hidden[i].since &&
		    str_equal(name, hidden[i].name))
			return true;
	return false;
}

/* A place of the event as one tier shows it. */
struct shown_place {
	struct str id;   /* as in the body */
	struct str as;   /* what stands for it; absent: left out */
	struct str span; /* its entry in farmtrail:places */
	bool withheld;   /* the place itself may not be named */
};
struct shown_places {
	struct shown_place *items;
	size_t count;
};

static struct str region_urn(struct arena *arena, struct str code)
{
	return arena_printf(arena, REGION_URN "%.*s", STR_ARGS(code));
}

static struct str region_entry(struct arena *arena, struct str as, struct str township, struct str district)
{
	struct buf out = buf_create(arena, 192);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_pair(&w, FT("id"), as);
	json_pair(&w, FT("township"), township);
	json_pair(&w, FT("district"), district);
	json_end_object(&w);
	return buf_str(&out);
}

static bool is_personal(const struct json *entry)
{
	const struct json *personal = json_get(entry, FT("personal"));

	return personal != NULL && personal->kind == JSON_BOOL && personal->boolean;
}

static struct shown_place show_place(struct arena *arena, const struct json *entry, enum tier tier)
{
	struct shown_place place = {.id = json_text(json_get(entry, FT("id")))};
	struct str township = json_text(json_get(entry, FT("township")));
	struct str district = json_text(json_get(entry, FT("district")));

	place.withheld = tier > TIER_FARM || is_personal(entry);
	if (!place.withheld) {
		place.as = place.id;
		place.span = entry->span;
		return place;
	}
	if (tier == TIER_DISTRICT)
		township = (struct str){NULL, 0};
	if (township.at != NULL || district.at != NULL) {
		place.as = region_urn(arena, township.at != NULL ? township : district);
		place.span = region_entry(arena, place.as, township, district);
	}
	return place;
}

static struct shown_places show_places(struct arena *arena, const struct json *places, enum tier tier)
{
	struct shown_places shown = {NULL, 0};

	if (places == NULL || places->kind != JSON_ARRAY)
		return shown;
	shown.items = arena_array(arena, struct shown_place, places->count);
	for (size_t i = 0; i < places->count; i++)
		shown.items[shown.count++] = show_place(arena, &places->items[i], tier);
	return shown;
}

static const struct shown_place *find_place(const struct shown_places *places, struct str id)
{
	for (size_t i = 0; id.at != NULL && i < places->count; i++)
		if (places->items[i].id.at != NULL && str_equal(places->items[i].id, id))
			return &places->items[i];
	return NULL;
}

static bool stands_before(const struct shown_places *places, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (str_equal(places->items[i].span, places->items[index].span))
			return true;
	return false;
}

/* Two plots of one township become one entry. */
static void put_places(const struct shown_places *places, struct json_writer *w)
{
	bool begun = false;

	for (size_t i = 0; i < places->count; i++) {
		if (places->items[i].span.at == NULL || stands_before(places, i))
			continue;
		if (!begun) {
			json_name(w, FT("places"));
			json_begin_array(w);
		}
		begun = true;
		json_raw(w, places->items[i].span);
	}
	if (begun)
		json_end_array(w);
}

/* readPoint, bizLocation. One that the event does not explain is passed on to those who see farms only. */
static void put_point(const struct json_member *member, const struct shown_places *places, enum tier tier,
		      struct json_writer *w)
{
	const struct shown_place *place = find_place(places, json_text(json_get(&member->value, STR("id"))));

	if (place == NULL ? tier > TIER_FARM : place->as.at == NULL)
		return;
	json_name(w, member->name);
	if (place == NULL || !place->withheld) {
		json_raw(w, member->value.span);
		return;
	}
	json_begin_object(w);
	json_pair(w, STR("id"), place->as);
	json_end_object(w);
}

static void put_pinned_places(const struct json_member *member, const struct shown_places *places,
			      struct json_writer *w)
{
	const struct json *list = &member->value;

	json_name(w, member->name);
	json_begin_array(w);
	for (size_t i = 0; list->kind == JSON_ARRAY && i < list->count; i++) {
		const struct shown_place *place =
			find_place(places, json_text(json_get(&list->items[i], FT("id"))));

		if (place != NULL && !place->withheld)
			json_raw(w, list->items[i].span);
	}
	json_end_array(w);
}

/* Pins name the places that they pin. */
static void put_pins(const struct json_member *member, const struct shown_places *places,
		     struct json_writer *w)
{
	const struct json *pins = &member->value;

	json_name(w, member->name);
	json_begin_object(w);
	for (size_t i = 0; pins->kind == JSON_OBJECT && i < pins->count; i++) {
		const struct json_member *pin = &pins->members[i];

		if (str_equal(pin->name, FT("places"))) {
			put_pinned_places(pin, places, w);
			continue;
		}
		json_name(w, pin->name);
		json_raw(w, pin->value.span);
	}
	json_end_object(w);
}

/* What a declaration says beyond the standard names people as the event does. That a partner's is one shows at every tier:
 * else it would be the event once more. */
static bool is_hidden_of_declaration(struct str name, struct sight sight)
{
	if (sight.native || sight.version < VIEW_3)
		return is_hidden(name, sight);
	return is_hidden_of_partner(name, sight) ||
	       (sight.tier >= TIER_TOWNSHIP && !str_equal(name, STR("declarationTime")));
}

static void put_declaration(const struct json_member *member, struct sight sight, struct json_writer *w)
{
	const struct json *declaration = &member->value;

	json_name(w, member->name);
	json_begin_object(w);
	for (size_t i = 0; declaration->kind == JSON_OBJECT && i < declaration->count; i++) {
		if (is_hidden_of_declaration(declaration->members[i].name, sight))
			continue;
		json_name(w, declaration->members[i].name);
		json_raw(w, declaration->members[i].value.span);
	}
	json_end_object(w);
}

static bool is_amount(struct str name)
{
	return str_equal(name, STR("quantity")) || str_equal(name, STR("uom")) ||
	       str_equal(name, FT("quantity")) || str_equal(name, FT("uom"));
}

static void put_without_amount(const struct json *object, struct json_writer *w)
{
	if (object->kind != JSON_OBJECT) {
		json_raw(w, object->span);
		return;
	}
	json_begin_object(w);
	for (size_t i = 0; i < object->count; i++) {
		if (is_amount(object->members[i].name))
			continue;
		json_name(w, object->members[i].name);
		json_raw(w, object->members[i].value.span);
	}
	json_end_object(w);
}

static void put_things_without_amounts(const struct json_member *member, struct json_writer *w)
{
	json_name(w, member->name);
	if (member->value.kind != JSON_ARRAY) {
		put_without_amount(&member->value, w);
		return;
	}
	json_begin_array(w);
	for (size_t i = 0; i < member->value.count; i++)
		put_without_amount(&member->value.items[i], w);
	json_end_array(w);
}

static bool amount_of(const struct json *thing, struct quantity *ret)
{
	const struct json *value = json_get(thing, STR("quantity"));
	struct str unit = json_text(json_get(thing, STR("uom")));

	return value != NULL && value->kind == JSON_NUMBER && unit.at != NULL &&
	       quantity_of(value->text, unit, ret) == PROBLEM_NONE;
}

/* What went in, each as a part of all: the public may know the mixture, and not how much. Nothing where the inputs are not
 * measured alike, or where this was done before. */
static void put_shares(struct arena *arena, const struct json *inputs, struct json_writer *w)
{
	struct quantity *amounts;
	struct decimal total = {0};

	if (inputs->kind != JSON_ARRAY || inputs->count == 0 || inputs->count > MAX_SHARED)
		return;
	amounts = arena_array(arena, struct quantity, inputs->count);
	for (size_t i = 0; i < inputs->count; i++) {
		if (!amount_of(&inputs->items[i], &amounts[i]) ||
		    amounts[i].unit->dimension != amounts[0].unit->dimension ||
		    (amounts[i].unit->dimension == DIMENSION_PACKAGE && amounts[i].unit != amounts[0].unit))
			return;
		total = decimal_add(total, amounts[i].base);
	}
	json_name(w, FT("shares"));
	json_begin_array(w);
	for (size_t i = 0; i < inputs->count; i++) {
		json_begin_object(w);
		json_pair(w, FT("epcClass"), json_text(json_get(&inputs->items[i], STR("epcClass"))));
		json_pair(w, FT("share"), fraction_of(arena, amounts[i].base, total));
		json_end_object(w);
	}
	json_end_array(w);
}

static bool has_amounts(struct str name)
{
	static const struct str names[] = {TEXT("quantityList"), TEXT("inputQuantityList"),
					   TEXT("outputQuantityList"), TEXT("childQuantityList"),
					   TEXT("farmtrail:sample")};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_equal(name, names[i]))
			return true;
	return false;
}

static bool is_instances(struct str name)
{
	return str_equal(name, STR("epcList")) || str_equal(name, STR("childEPCs")) ||
	       str_equal(name, STR("inputEPCList"));
}

static void put_instances(const struct json_member *member, size_t items, struct json_writer *w)
{
	const struct json *list = &member->value;

	json_name(w, member->name);
	json_begin_array(w);
	for (size_t i = 0; i + items < list->count; i++)
		json_raw(w, list->items[i].span);
	json_end_array(w);
}

static void put_member(struct arena *arena, const struct json_member *member,
		       const struct shown_places *places, struct sight sight, struct json_writer *w)
{
	if (is_hidden(member->name, sight))
		return;
	if (sight.items && is_instances(member->name) && member->value.kind == JSON_ARRAY) {
		put_instances(member, sight.items, w);
		return;
	}
	if (sight.version >= VIEW_2 && has_amounts(member->name)) {
		put_things_without_amounts(member, w);
		if (sight.native && str_equal(member->name, STR("inputQuantityList")))
			put_shares(arena, &member->value, w);
		return;
	}
	if (str_equal(member->name, STR("readPoint")) || str_equal(member->name, STR("bizLocation"))) {
		put_point(member, places, sight.tier, w);
	} else if (str_equal(member->name, FT("places"))) {
		put_places(places, w);
	} else if (str_equal(member->name, FT("pins"))) {
		put_pins(member, places, w);
	} else if (str_equal(member->name, STR("errorDeclaration"))) {
		put_declaration(member, sight, w);
	} else {
		json_name(w, member->name);
		json_raw(w, member->value.span);
	}
}

static bool is_native(const struct json *event)
{
	return json_text(json_get(event, FT("record"))).at != NULL;
}

static enum problem read_body(struct arena *arena, struct str body, struct json *ret)
{
	struct fault fault;

	if (json_parse(arena, body, ret, &fault) || !(is_native(ret) || json_get(ret, STR("eventTime"))))
		return PROBLEM_JSON_SYNTAX;
	return PROBLEM_NONE;
}

static struct str see(struct arena *arena, const struct json *event, struct sight sight)
{
	struct buf out = buf_create(arena, event->span.len + 1);
	struct json_writer w = json_writer(&out);
	struct shown_places places = show_places(arena, json_get(event, FT("places")), sight.tier);

	int64_t items;
	const struct json *named = json_get(event, FT("itemsNamed"));

	sight.native = is_native(event);
	if (sight.native && named != NULL && json_integer(named, &items) && items > 0)
		sight.items = (size_t)items;

	json_begin_object(&w);
	for (size_t i = 0; i < event->count; i++)
		if (sight.native || !is_hidden_of_partner(event->members[i].name, sight))
			put_member(arena, &event->members[i], &places, sight, &w);
	json_end_object(&w);
	return buf_str(&out);
}

enum problem view_of(struct arena *arena, struct str body, enum tier tier, struct str *ret)
{
	struct json event;
	enum problem p = tier == TIER_FULL ? PROBLEM_NONE : read_body(arena, body, &event);

	if (p)
		return p;
	*ret = tier == TIER_FULL ? body
				 : see(arena, &event, (struct sight){.tier = tier, .version = VIEW_NEWEST});
	return PROBLEM_NONE;
}

enum problem view_all_by(struct arena *arena, struct str body, enum view_version version,
			 struct str ret_views[TIER_COUNT])
{
	struct json event;
	enum problem p = read_body(arena, body, &event);

	if (p)
		return p;
	ret_views[TIER_FULL] = body;
	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++)
		ret_views[tier] = see(arena, &event, (struct sight){.tier = tier, .version = version});
	return PROBLEM_NONE;
}

enum problem view_all(struct arena *arena, struct str body, struct str ret_views[TIER_COUNT])
{
	return view_all_by(arena, body, VIEW_NEWEST, ret_views);
}
