/* SPDX-License-Identifier: Apache-2.0
 * The event hash ID of CBV 2.0: one string of everything that an event says, in one order and one spelling, hashed. */
#include <stdlib.h>
#include <string.h>

#include "ft/base/decimal.h"
#include "ft/base/text.h"
#include "ft/core/epc_urn.h"
#include "ft/crypto/digest.h"

#include "epcis_event_priv.h"

struct hashing {
	struct arena *arena;
	const struct epcis_event *event;
};

/* Texts that are sorted before they are put one after the other. */
struct parts {
	struct str *items;
	size_t count, room;
};

static void parts_add(struct hashing *h, struct parts *parts, struct str text)
{
	if (!text.len)
		return;
	if (parts->count == parts->room) {
		size_t room = parts->room ? parts->room * 2 : 8;
		struct str *more = arena_array(h->arena, struct str, room);
		for (size_t i = 0; i < parts->count; i++)
			more[i] = parts->items[i];
		parts->items = more;
		parts->room = room;
	}
	parts->items[parts->count++] = text;
}

static int by_bytes(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static void put_sorted(struct buf *out, const struct parts *parts)
{
	if (parts->count)
		qsort(parts->items, parts->count, sizeof *parts->items, by_bytes);
	for (size_t i = 0; i < parts->count; i++)
		buf_put(out, parts->items[i]);
}

static void put_list(struct buf *out, const char *name, const struct parts *parts)
{
	if (!parts->count)
		return;
	buf_put(out, str_of(name));
	put_sorted(out, parts);
}

static void put_leaf(struct buf *out, const char *name, struct str value)
{
	buf_printf(out, "%s=%.*s", name, STR_ARGS(value));
}

/* UTC with three decimals, half of the fourth rounded up. */
static struct str time_text(struct hashing *h, struct str text)
{
	struct instant time;
	if (instant_parse(text, &time))
		return text;
	usec_t at = (time.at_us + 500) / 1000 * 1000;
	struct str utc = utc_print(h->arena, at);
	return arena_printf(h->arena, "%.*sZ", (int)utc.len - 4, utc.at);
}

static struct str number_text(struct hashing *h, struct str text)
{
	struct decimal number;
	return decimal_parse(text, &number) ? decimal_print(h->arena, number) : text;
}

/* As percent_encode, but for what the reference implementation leaves as it is. */
static struct str escape(struct hashing *h, struct str value)
{
	struct buf out = buf_create(h->arena, value.len + 16);
	for (size_t i = 0; i < value.len; i++)
		if (strchr("';=", value.at[i]))
			buf_put_char(&out, value.at[i]);
		else
			buf_put(&out, percent_encode(h->arena, (struct str){value.at + i, 1}));
	return buf_str(&out);
}

/* Key and finest qualifier below id.gs1.org. Anything without a GS1 key stays. */
static struct str thing_text(struct hashing *h, struct str uri)
{
	struct digital_link link;
	struct fault ignored = {0};
	enum problem p = epc_urn_is(uri) ? epc_urn_read(h->arena, uri, &link, &ignored)
					 : digital_link_parse_uri(h->arena, uri, &link, &ignored);
	if (p)
		return uri;
	struct str path = arena_printf(h->arena, "https://id.gs1.org/%.*s/%.*s", STR_ARGS(link.key.ai),
				       STR_ARGS(escape(h, link.key.value)));
	for (size_t i = link.qualifier_count; i-- > 0;) {
		const struct gs1_element *q = &link.qualifiers[i];
		if (!str_equal(q->ai, STR("22")) && !str_equal(q->ai, STR("7040")))
			return arena_printf(h->arena, "%.*s/%.*s/%.*s", STR_ARGS(path), STR_ARGS(q->ai),
					    STR_ARGS(escape(h, q->value)));
	}
	return path;
}

/* Where the context binds a prefix; absent: nowhere. */
static struct str bound_in(const struct json *context, struct str prefix)
{
	static const struct str none = {NULL, 0};
	if (!context)
		return none;
	if (context->kind == JSON_OBJECT) {
		const struct json *bound = json_get(context, prefix);
		return bound && bound->kind == JSON_OBJECT ? json_text(json_get(bound, STR("@id")))
							   : json_text(bound);
	}
	for (size_t i = context->kind == JSON_ARRAY ? context->count : 0; i-- > 0;) {
		struct str found = bound_in(&context->items[i], prefix);
		if (found.at)
			return found;
	}
	return none;
}

/* Those of the context of the standard. gs1 is pinned to what it was for CBV 2.0. */
static struct str prefix_of(struct hashing *h, struct str prefix)
{
	static const struct {
		const char *prefix, *uri;
	} standard[] = {{"gs1", "https://gs1.org/voc/"},
			{"cbv", "https://ref.gs1.org/cbv/"},
			{"cbvmda", "urn:epcglobal:cbv:mda:"},
			{"epcis", "https://ref.gs1.org/epcis/"},
			{"rdfs", "http://www.w3.org/2000/01/rdf-schema#"},
			{"xsd", "http://www.w3.org/2001/XMLSchema#"}};
	struct str found = bound_in(json_get(h->event->json, STR("@context")), prefix);
	if (!found.at)
		found = bound_in(h->event->document_context, prefix);
	for (size_t i = 0; !found.at && i < sizeof standard / sizeof *standard; i++)
		if (str_equal(prefix, str_of(standard[i].prefix)))
			found = str_of(standard[i].uri);
	return found;
}

/* "{https://ns.example.com/epcis/}myField" of "example:myField". */
static struct str extension_name(struct hashing *h, struct str name)
{
	struct str local, prefix = str_cut(name, ':', &local);
	struct str bound = local.at ? prefix_of(h, prefix) : local;
	return bound.at ? arena_printf(h->arena, "{%.*s}%.*s", STR_ARGS(bound), STR_ARGS(local)) : name;
}

static bool is_extension(struct str name)
{
	return memchr(name.at, ':', name.len) && !str_equal(name, STR("rdfs:comment"));
}

static struct str value_text(struct hashing *h, const struct json *value)
{
	switch (value->kind) {
	case JSON_BOOL:
		return value->boolean ? STR("true") : STR("false");
	case JSON_NUMBER:
		return number_text(h, value->text);
	case JSON_STRING:
		return str_trim(value->text);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return STR("");
}

static void add_extensions(struct hashing *h, const struct json *object, struct parts *parts);

/* A name with its value; with its children, sorted; once for each entry of a list. */
static void add_extension(struct hashing *h, struct str name, const struct json *value, struct parts *parts)
{
	if (value->kind == JSON_NULL)
		return;
	for (size_t i = 0; value->kind == JSON_ARRAY && i < value->count; i++)
		add_extension(h, name, &value->items[i], parts);
	if (value->kind == JSON_ARRAY)
		return;
	if (value->kind != JSON_OBJECT) {
		parts_add(
			h, parts,
			arena_printf(h->arena, "%.*s=%.*s", STR_ARGS(name), STR_ARGS(value_text(h, value))));
		return;
	}
	struct parts children = {0};
	struct buf out = buf_create(h->arena, 128);
	add_extensions(h, value, &children);
	buf_put(&out, name);
	put_sorted(&out, &children);
	parts_add(h, parts, buf_str(&out));
}

static void add_extensions(struct hashing *h, const struct json *object, struct parts *parts)
{
	for (size_t i = 0; i < object->count; i++)
		if (is_extension(object->members[i].name))
			add_extension(h, extension_name(h, object->members[i].name),
				      &object->members[i].value, parts);
}

static void put_extensions(struct hashing *h, struct buf *out, const struct json *object)
{
	struct parts parts = {0};
	add_extensions(h, object, &parts);
	put_sorted(out, &parts);
}

static const struct json *member(struct hashing *h, const char *name)
{
	return json_get(h->event->json, str_of(name));
}

static void put_epcs(struct hashing *h, struct buf *out, const char *name)
{
	const struct json *list = member(h, name);
	struct parts parts = {0};
	for (size_t i = 0; list && i < list->count; i++)
		parts_add(h, &parts,
			  arena_printf(h->arena, "epc=%.*s",
				       STR_ARGS(thing_text(h, json_text(&list->items[i])))));
	put_list(out, name, &parts);
}

static void put_quantities(struct hashing *h, struct buf *out, const char *name)
{
	const struct json *list = member(h, name);
	struct parts parts = {0};
	for (size_t i = 0; list && i < list->count; i++) {
		struct buf text = buf_create(h->arena, 128);
		const struct json *quantity = json_get(&list->items[i], STR("quantity"));
		struct str uom = json_text(json_get(&list->items[i], STR("uom")));
		buf_put(&text, STR("quantityElement"));
		put_leaf(&text, "epcClass",
			 thing_text(h, json_text(json_get(&list->items[i], STR("epcClass")))));
		if (quantity)
			put_leaf(&text, "quantity", value_text(h, quantity));
		if (uom.at)
			put_leaf(&text, "uom", uom);
		parts_add(h, &parts, buf_str(&text));
	}
	put_list(out, name, &parts);
}

static void put_thing(struct hashing *h, struct buf *out, const char *name)
{
	struct str text = json_text(member(h, name));
	if (text.at)
		put_leaf(out, name, thing_text(h, text));
}

static void put_word(struct hashing *h, struct buf *out, const char *name, const char *kind)
{
	struct str text = json_text(member(h, name));
	if (text.at)
		put_leaf(out, name, cbv_uri(h->arena, text, kind));
}

static void put_certification(struct hashing *h, struct buf *out)
{
	const struct json *value = member(h, "certificationInfo");
	struct parts parts = {0};
	if (value)
		add_extension(h, STR("certificationInfo"), value, &parts);
	put_sorted(out, &parts);
}

static void put_persistent(struct hashing *h, struct buf *out)
{
	static const char *const names[] = {"set", "unset"};
	const struct json *value = member(h, "persistentDisposition");
	if (!value)
		return;
	buf_put(out, STR("persistentDisposition"));
	for (size_t i = 0; i < 2; i++) {
		const struct json *list = json_get(value, str_of(names[i]));
		struct parts parts = {0};
		for (size_t k = 0; list && k < list->count; k++)
			parts_add(h, &parts,
				  arena_printf(
					  h->arena, "%s=%.*s", names[i],
					  STR_ARGS(cbv_uri(h->arena, json_text(&list->items[k]), "disp"))));
		put_sorted(out, &parts);
	}
}

static void put_place(struct hashing *h, struct buf *out, const char *name)
{
	const struct json *place = member(h, name);
	if (!place)
		return;
	buf_put(out, str_of(name));
	put_leaf(out, "id", thing_text(h, json_text(json_get(place, STR("id")))));
	put_extensions(h, out, place);
}

static void put_pairs(struct hashing *h, struct buf *out, const char *list_name, const char *name,
		      const char *kind)
{
	const struct json *list = member(h, list_name);
	struct parts parts = {0};
	for (size_t i = 0; list && i < list->count; i++) {
		struct buf text = buf_create(h->arena, 128);
		struct str type = json_text(json_get(&list->items[i], STR("type")));
		if (type.at)
			put_leaf(&text, "type", cbv_uri(h->arena, type, kind));
		put_leaf(&text, name, thing_text(h, json_text(json_get(&list->items[i], str_of(name)))));
		parts_add(h, &parts, buf_str(&text));
	}
	put_list(out, list_name, &parts);
}

/* Sensor types and exceptions are words of the GS1 Web Vocabulary. */
static struct str measure_text(struct hashing *h, struct str text)
{
	if (str_starts(text, STR("gs1:")))
		text = str_from(text, strlen("gs1:"));
	return memchr(text.at, ':', text.len)
		       ? text
		       : arena_printf(h->arena, "https://gs1.org/voc/%.*s", STR_ARGS(text));
}

static struct str sensor_text(struct hashing *h, const char *name, const struct json *value)
{
	static const char *const times[] = {"time", "startTime", "endTime"};
	struct str text = value_text(h, value);
	if (value->kind != JSON_STRING)
		return text;
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (!strcmp(name, times[i]))
			return time_text(h, text);
	if (!strcmp(name, "type") || !strcmp(name, "exception"))
		return measure_text(h, text);
	if (!strcmp(name, "component"))
		return cbv_uri(h->arena, text, "comp");
	return thing_text(h, text);
}

static void put_sensor_fields(struct hashing *h, struct buf *out, const struct json *object,
			      const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct json *value = json_get(object, str_of(names[i]));
		if (value)
			put_leaf(out, names[i], sensor_text(h, names[i], value));
	}
	put_extensions(h, out, object);
}

static struct str sensor_element(struct hashing *h, const struct json *element)
{
	static const char *const about[] = {"time",
					    "startTime",
					    "endTime",
					    "deviceID",
					    "deviceMetadata",
					    "rawData",
					    "dataProcessingMethod",
					    "bizRules"};
	static const char *const report[] = {"type",
					     "exception",
					     "deviceID",
					     "deviceMetadata",
					     "rawData",
					     "dataProcessingMethod",
					     "time",
					     "microorganism",
					     "chemicalSubstance",
					     "value",
					     "component",
					     "stringValue",
					     "booleanValue",
					     "hexBinaryValue",
					     "uriValue",
					     "minValue",
					     "maxValue",
					     "meanValue",
					     "sDev",
					     "percRank",
					     "percValue",
					     "uom",
					     "coordinateReferenceSystem"};
	const struct json *metadata = json_get(element, STR("sensorMetadata")),
			  *reports = json_get(element, STR("sensorReport"));
	struct buf out = buf_create(h->arena, 256);
	struct parts parts = {0};
	buf_put(&out, STR("sensorElement"));
	if (metadata) {
		buf_put(&out, STR("sensorMetadata"));
		put_sensor_fields(h, &out, metadata, about, sizeof about / sizeof *about);
	}
	for (size_t i = 0; reports && i < reports->count; i++) {
		struct buf text = buf_create(h->arena, 128);
		buf_put(&text, STR("sensorReport"));
		put_sensor_fields(h, &text, &reports->items[i], report, sizeof report / sizeof *report);
		parts_add(h, &parts, buf_str(&text));
	}
	put_sorted(&out, &parts);
	put_extensions(h, &out, element);
	return buf_str(&out);
}

static void put_sensors(struct hashing *h, struct buf *out)
{
	const struct json *list = member(h, "sensorElementList");
	struct parts parts = {0};
	for (size_t i = 0; list && i < list->count; i++)
		parts_add(h, &parts, sensor_element(h, &list->items[i]));
	put_list(out, "sensorElementList", &parts);
}

static void put_ilmd(struct hashing *h, struct buf *out)
{
	const struct json *ilmd = member(h, "ilmd");
	struct parts parts = {0};
	if (!ilmd)
		return;
	add_extensions(h, ilmd, &parts);
	put_list(out, "ilmd", &parts);
}

static void put_when(struct hashing *h, struct buf *out)
{
	put_leaf(out, "eventTime", time_text(h, json_text(member(h, "eventTime"))));
	put_leaf(out, "eventTimeZoneOffset", json_text(member(h, "eventTimeZoneOffset")));
}

/* All that stands behind the type and the time. */
static void put_rest(struct hashing *h, struct buf *out)
{
	put_certification(h, out);
	put_epcs(h, out, "epcList");
	put_thing(h, out, "parentID");
	put_epcs(h, out, "inputEPCList");
	put_epcs(h, out, "childEPCs");
	put_quantities(h, out, "quantityList");
	put_quantities(h, out, "childQuantityList");
	put_quantities(h, out, "inputQuantityList");
	put_epcs(h, out, "outputEPCList");
	put_quantities(h, out, "outputQuantityList");
	put_word(h, out, "action", "bizstep");
	put_thing(h, out, "transformationID");
	put_word(h, out, "bizStep", "bizstep");
	put_word(h, out, "disposition", "disp");
	put_persistent(h, out);
	put_place(h, out, "readPoint");
	put_place(h, out, "bizLocation");
	put_pairs(h, out, "bizTransactionList", "bizTransaction", "btt");
	put_pairs(h, out, "sourceList", "source", "sdt");
	put_pairs(h, out, "destinationList", "destination", "sdt");
	put_sensors(h, out);
	put_ilmd(h, out);
	put_extensions(h, out, h->event->json);
}

struct str epcis_event_prehash(struct arena *arena, const struct epcis_event *event)
{
	struct hashing hashing = {arena, event};
	struct buf text = buf_create(arena, 1024);
	put_leaf(&text, "eventType", event->type_word);
	put_when(&hashing, &text);
	put_rest(&hashing, &text);
	return buf_str(&text);
}

int64_t epcis_event_likeness(struct arena *arena, const struct epcis_event *event, struct uuid party)
{
	struct hashing hashing = {arena, event};
	struct buf text = buf_create(arena, 1024);
	uint64_t likeness = 0;
	put_leaf(&text, event->is_declaration ? "declaredType" : "eventType", event->type_word);
	put_rest(&hashing, &text);
	const struct bytes parts[] = {{party.octets, sizeof party.octets}, str_bytes(buf_str(&text))};
	struct sha256 h = sha256_of_parts(parts, 2);
	for (size_t i = 0; i < sizeof likeness; i++)
		likeness = likeness << 8 | h.octets[i];
	return (int64_t)likeness;
}

struct str epcis_event_hash(struct arena *arena, const struct epcis_event *event)
{
	struct sha256 digest = sha256_of(str_bytes(epcis_event_prehash(arena, event)));
	return arena_printf(arena, "ni:///sha-256;%.*s?ver=CBV2.0",
			    STR_ARGS(hex_encode(arena, sha256_bytes(&digest))));
}
