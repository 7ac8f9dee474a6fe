/* SPDX-License-Identifier: Apache-2.0
 * What each tier may see of a body. Version 1: a change of a single byte of its output needs a version 2 beside it, for
 * the hashes of these views are signed. */
#include "epcis_priv.h"

#define FT(name) STR("farmtrail:" name)

const char *const tier_words[TIER_COUNT] = {"full", "farm", "township", "district"};

/* To hide a member: name it with the first tier that may not see it. Everything else passes as it is. */
struct hidden {
	const char *name;
	enum tier from;
};
static const struct hidden hidden[] = {
	{"farmtrail:harvester", TIER_FARM},
	{"farmtrail:note", TIER_FARM},
	{"farmtrail:taker", TIER_FARM},
	{"farmtrail:subject", TIER_FARM}, /* a stall, a person */
	{"farmtrail:findings", TIER_FARM}, /* an inspector's own words may name people */
	{"farmtrail:device", TIER_FARM},
	{"farmtrail:deviceTime", TIER_FARM},
	{"farmtrail:position", TIER_FARM},
	{"farmtrail:vehicle", TIER_FARM}, /* a number plate leads to its owner */
	{"farmtrail:request", TIER_FARM}, /* a hash of text that names people can be guessed at */
	{"farmtrail:party", TIER_TOWNSHIP},
	{"farmtrail:recordedBy", TIER_TOWNSHIP},
	{"farmtrail:declaredBy", TIER_TOWNSHIP},
	{"farmtrail:pins", TIER_TOWNSHIP},
	{"farmtrail:animals", TIER_TOWNSHIP},
	{"farmtrail:quarantineCertificate", TIER_TOWNSHIP},
	{"farmtrail:shortage", TIER_TOWNSHIP},
	{"farmtrail:reason", TIER_TOWNSHIP},
	{"farmtrail:sample", TIER_TOWNSHIP}, /* its number leads to the form with the farm's name */
	{"sourceList", TIER_TOWNSHIP},
	{"destinationList", TIER_TOWNSHIP},
	{"bizTransactionList", TIER_TOWNSHIP},
};

static bool is_hidden(struct str name, enum tier tier)
{
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		if (tier >= hidden[i].from && str_equal(name, str_of(hidden[i].name)))
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

/* What a declaration says beyond the standard names people as the event does. */
static void put_declaration(const struct json_member *member, enum tier tier, struct json_writer *w)
{
	const struct json *declaration = &member->value;

	json_name(w, member->name);
	json_begin_object(w);
	for (size_t i = 0; declaration->kind == JSON_OBJECT && i < declaration->count; i++) {
		if (is_hidden(declaration->members[i].name, tier))
			continue;
		json_name(w, declaration->members[i].name);
		json_raw(w, declaration->members[i].value.span);
	}
	json_end_object(w);
}

static void put_member(const struct json_member *member, const struct shown_places *places, enum tier tier,
		       struct json_writer *w)
{
	if (is_hidden(member->name, tier))
		return;
	if (str_equal(member->name, STR("readPoint")) || str_equal(member->name, STR("bizLocation"))) {
		put_point(member, places, tier, w);
	} else if (str_equal(member->name, FT("places"))) {
		put_places(places, w);
	} else if (str_equal(member->name, FT("pins"))) {
		put_pins(member, places, w);
	} else if (str_equal(member->name, STR("errorDeclaration"))) {
		put_declaration(member, tier, w);
	} else {
		json_name(w, member->name);
		json_raw(w, member->value.span);
	}
}

static enum problem read_body(struct arena *arena, struct str body, struct json *ret)
{
	struct fault fault;

	if (json_parse(arena, body, ret, &fault) || json_text(json_get(ret, FT("record"))).at == NULL)
		return PROBLEM_JSON_SYNTAX;
	return PROBLEM_NONE;
}

static struct str see(struct arena *arena, const struct json *event, enum tier tier)
{
	struct buf out = buf_create(arena, event->span.len + 1);
	struct json_writer w = json_writer(&out);
	struct shown_places places = show_places(arena, json_get(event, FT("places")), tier);

	json_begin_object(&w);
	for (size_t i = 0; i < event->count; i++)
		put_member(&event->members[i], &places, tier, &w);
	json_end_object(&w);
	return buf_str(&out);
}

enum problem view_of(struct arena *arena, struct str body, enum tier tier, struct str *ret)
{
	struct json event;
	enum problem p = tier == TIER_FULL ? PROBLEM_NONE : read_body(arena, body, &event);

	if (p)
		return p;
	*ret = tier == TIER_FULL ? body : see(arena, &event, tier);
	return PROBLEM_NONE;
}

enum problem view_all(struct arena *arena, struct str body, struct str ret_views[TIER_COUNT])
{
	struct json event;
	enum problem p = read_body(arena, body, &event);

	if (p)
		return p;
	ret_views[TIER_FULL] = body;
	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++)
		ret_views[tier] = see(arena, &event, tier);
	return PROBLEM_NONE;
}
