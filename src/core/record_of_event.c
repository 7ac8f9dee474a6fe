/* SPDX-License-Identifier: Apache-2.0
 * The event of a native record → the record again, in farm words: the other way of epcis_body.c and epcis_farm.c. */
#include "reversal_priv.h"

#include "ft/base/text.h"
#include "ft/core/epcis_body.h"
#include "ft/core/record_of_event.h"

#define DOCUMENT_URN "urn:farmtrail:document:"
#define DOCUMENT_TYPE_URN "urn:farmtrail:document-type:"

enum { RECORD_BYTES = 1024 }; /* most records; the buffer grows */

struct str reversal_text(const struct json *object, struct str name)
{
	return json_text(json_get(object, name));
}

/* The n-th entry of a list that may be absent. */
const struct json *reversal_entry(const struct json *list, size_t n)
{
	return list && list->kind == JSON_ARRAY && n < list->count ? &list->items[n] : NULL;
}

size_t reversal_entries(const struct json *list)
{
	return list && list->kind == JSON_ARRAY ? list->count : 0;
}

/* Numbers of a record are exact texts. */
struct str reversal_number(const struct json *value)
{
	return value && (value->kind == JSON_NUMBER || value->kind == JSON_STRING) ? value->text
										   : (struct str){NULL, 0};
}

void reversal_copy(const struct reversal *r, struct str from, struct str to)
{
	json_pair(r->w, to, reversal_text(r->event, from));
}

static void copy_value(const struct reversal *r, struct str from, struct str to)
{
	const struct json *value = json_get(r->event, from);
	if (!value)
		return;
	json_name(r->w, to);
	json_raw(r->w, value->span);
}

/* — amounts — */

/* What a list of second measures says of one lot. */
static const struct json *measure_of(const struct reversal *r, struct str list_name, struct str class_uri)
{
	const struct json *list = json_get(r->event, list_name), *entry;
	for (size_t i = 0; (entry = reversal_entry(list, i)); i++)
		if (str_equal(reversal_text(entry, FT("epcClass")), class_uri))
			return entry;
	return NULL;
}

/* Kilograms with more decimals or digits than a record takes were written in jin. */
static bool was_jin(struct str value, struct str unit, struct decimal *ret_kilograms)
{
	struct quantity q;
	return str_equal(unit, STR("KGM")) && quantity_of(value, unit, &q) != PROBLEM_NONE &&
	       decimal_parse(value, ret_kilograms);
}

static void put_amount(const struct reversal *r, struct str value, struct str unit)
{
	struct decimal kilograms;
	if (unit.at && was_jin(value, unit, &kilograms)) {
		value = decimal_print(r->arena, decimal_add(kilograms, kilograms));
		unit = STR("jin");
	}
	json_pair(r->w, STR("value"), value);
	/* A number without uom counts pieces. */
	json_pair(r->w, STR("unit"), unit.at ? unit : STR("H87"));
}

static void put_quantity(const struct reversal *r, const struct json *element)
{
	struct str value = reversal_number(json_get(element, STR("quantity")));
	struct str class_uri = reversal_text(element, STR("epcClass"));
	const struct json *written = measure_of(r, FT("written"), class_uri);
	const struct json *net = measure_of(r, FT("net"), class_uri);
	if (!value.at)
		return;
	json_name(r->w, STR("quantity"));
	json_begin_object(r->w);
	if (written)
		put_amount(r, reversal_text(written, FT("value")), reversal_text(written, FT("unit")));
	else
		put_amount(r, value, reversal_text(element, STR("uom")));
	if (net) {
		json_name(r->w, STR("net"));
		json_begin_object(r->w);
		put_amount(r, reversal_number(json_get(net, FT("quantity"))), reversal_text(net, FT("uom")));
		json_end_object(r->w);
	}
	json_end_object(r->w);
}

/* An amount of the members farmtrail:quantity and farmtrail:uom of an object. */
void reversal_farm_amount(const struct reversal *r, const struct json *object)
{
	struct str value = reversal_number(json_get(object, FT("quantity")));
	if (!value.at)
		return;
	json_name(r->w, STR("quantity"));
	json_begin_object(r->w);
	put_amount(r, value, reversal_text(object, FT("uom")));
	json_end_object(r->w);
}

/* — things — */
static void put_lots(const struct reversal *r, struct str name, const struct json *list, size_t count)
{
	if (!count)
		return;
	json_name(r->w, name);
	json_begin_array(r->w);
	for (size_t i = 0; i < count; i++) {
		const struct json *element = reversal_entry(list, i);
		json_begin_object(r->w);
		json_pair(r->w, STR("lot"), reversal_text(element, STR("epcClass")));
		put_quantity(r, element);
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static struct str product_of(const struct reversal *r, struct str class_uri)
{
	const struct json *entry = measure_of(r, FT("products"), class_uri);
	return entry ? reversal_text(entry, FT("product")) : (struct str){NULL, 0};
}

/* …/b/{number} or …/10/{number} */
static struct str number_of(struct arena *arena, struct str class_uri)
{
	struct str number, tail = str_after_last(class_uri, '/');
	return percent_decode(arena, tail, /* plus_is_space */ false, &number) ? number : tail;
}

static void put_made(const struct reversal *r, const struct json *element)
{
	struct str class_uri = reversal_text(element, STR("epcClass"));
	json_pair(r->w, STR("product"), product_of(r, class_uri));
	json_pair(r->w, STR("lot"), number_of(r->arena, class_uri));
	put_quantity(r, element);
}

static size_t count_at(const struct reversal *r, struct str name, size_t most)
{
	const struct json *count = json_get(r->event, name);
	int64_t n;
	if (!count || !json_integer(count, &n) || n < 0)
		return 0;
	return (size_t)n < most ? (size_t)n : most;
}

/* Units, then single packs. */
static void put_instances(const struct reversal *r, const struct json *list)
{
	size_t count = reversal_entries(list), items = count_at(r, FT("itemsNamed"), count);
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || i == count - items) {
			if (i > 0)
				json_end_array(r->w);
			json_name(r->w, i < count - items ? STR("units") : STR("items"));
			json_begin_array(r->w);
		}
		json_string(r->w, json_text(&list->items[i]));
	}
	if (count)
		json_end_array(r->w);
}

/* Of the things of a list, how many the record names itself: behind them stands what its units and items are. */
static size_t lots_named(const struct reversal *r, const struct json *instances, const struct json *things)
{
	size_t count = reversal_entries(things);
	return reversal_entries(instances) ? count_at(r, FT("lotsNamed"), count) : count;
}

static void put_transformed(const struct reversal *r)
{
	const struct json *instances = json_get(r->event, STR("inputEPCList"));
	const struct json *inputs = json_get(r->event, STR("inputQuantityList")),
			  *outputs = json_get(r->event, STR("outputQuantityList")), *element;
	put_lots(r, STR("inputs"), inputs, lots_named(r, instances, inputs));
	put_instances(r, instances);
	json_name(r->w, STR("outputs"));
	json_begin_array(r->w);
	for (size_t i = 0; (element = reversal_entry(outputs, i)); i++) {
		json_begin_object(r->w);
		put_made(r, element);
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static void put_contents(const struct reversal *r)
{
	const struct json *units = json_get(r->event, STR("childEPCs")),
			  *lots = json_get(r->event, STR("childQuantityList")), *entry;
	size_t items = count_at(r, FT("itemsNamed"), reversal_entries(units));
	size_t named = items ? count_at(r, FT("lotsNamed"), reversal_entries(lots)) : reversal_entries(lots);
	reversal_copy(r, STR("parentID"), STR("unit"));
	if (!reversal_entries(units) && !reversal_entries(lots))
		return;
	json_name(r->w, STR("contents"));
	json_begin_array(r->w);
	for (size_t i = 0; i < named && (entry = reversal_entry(lots, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, STR("lot"), reversal_text(entry, STR("epcClass")));
		put_quantity(r, entry);
		json_end_object(r->w);
	}
	for (size_t i = 0; (entry = reversal_entry(units, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, i + items < reversal_entries(units) ? STR("unit") : STR("item"),
			  json_text(entry));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static bool any_repeats(const struct json *list)
{
	for (size_t i = 0; i < reversal_entries(list); i++)
		for (size_t k = 0; k < i; k++)
			if (str_equal(reversal_text(&list->items[i], STR("epcClass")),
				      reversal_text(&list->items[k], STR("epcClass"))))
				return true;
	return false;
}

static void put_goods(const struct reversal *r)
{
	const struct json *lots = json_get(r->event, STR("quantityList")),
			  *instances = json_get(r->event, STR("epcList"));
	size_t count = lots_named(r, instances, lots);
	/* A lot that stands in a shipment twice, as itself and in a unit, arrived as the shipment says. */
	if (r->kind->class == RECORD_RECEIVE && any_repeats(lots))
		count = 0;
	put_lots(r, STR("lots"), lots, count);
	put_instances(r, instances);
}

/* — what was used — */
static void put_dose(const struct reversal *r, const struct json *dose)
{
	if (!dose)
		return;
	json_name(r->w, STR("dose"));
	if (dose->kind != JSON_OBJECT) {
		json_raw(r->w, dose->span);
		return;
	}
	json_begin_object(r->w);
	json_pair(r->w, STR("value"), reversal_text(dose, FT("value")));
	json_pair(r->w, STR("unit"), reversal_text(dose, FT("unit")));
	json_pair(r->w, STR("per"), reversal_text(dose, FT("per")));
	json_end_object(r->w);
}

static void put_observed(const struct reversal *r)
{
	const struct json *input = json_get(r->event, FT("input")),
			  *lot = reversal_entry(json_get(r->event, STR("quantityList")), 0);
	if (lot) {
		json_pair(r->w, STR("lot"), reversal_text(lot, STR("epcClass")));
		put_quantity(r, lot);
	} else {
		const struct json *loose = json_get(r->event, FT("quantity"));
		if (loose)
			reversal_farm_amount(r, loose);
	}
	if (!input)
		return;
	const struct json *active = json_get(input, FT("active"));
	json_pair(r->w, STR("product"), reversal_text(input, FT("product")));
	if (active) {
		json_name(r->w, STR("active"));
		json_raw(r->w, active->span);
	}
	put_dose(r, json_get(input, FT("dose")));
	json_pair(r->w, STR("target"), reversal_text(input, FT("target")));
	json_pair(r->w, STR("until"), reversal_text(input, FT("until")));
}

/* — who and where — */
static struct str possessor(const struct reversal *r, const char *list, const char *end)
{
	const struct json *entry = reversal_entry(json_get(r->event, str_of(list)), 0);
	return entry ? reversal_text(entry, str_of(end)) : (struct str){NULL, 0};
}

static void put_places(const struct reversal *r)
{
	const struct json *places = json_get(r->event, FT("places")), *place;
	size_t count = reversal_entries(places);
	if (count == 1 || (count && r->kind->class != RECORD_CREATE))
		json_pair(r->w, STR("site"), reversal_text(reversal_entry(places, 0), FT("id")));
	if (count < 2 || r->kind->class != RECORD_CREATE)
		return;
	json_name(r->w, STR("sites"));
	json_begin_array(r->w);
	for (size_t i = 0; (place = reversal_entry(places, i)); i++)
		json_string(r->w, reversal_text(place, FT("id")));
	json_end_array(r->w);
}

static void put_parties(const struct reversal *r, bool by_shipment)
{
	struct str from = possessor(r, "sourceList", "source");
	if (record_sends(r->kind))
		json_pair(r->w, STR("to"), possessor(r, "destinationList", "destination"));
	if (r->kind->class == RECORD_SHIP && from.at &&
	    !str_equal(from, reversal_text(r->event, FT("party"))))
		json_pair(r->w, STR("from"), from);
	if (r->kind->class == RECORD_RECEIVE && !by_shipment)
		json_pair(r->w, STR("from"), from);
}

/* — papers — */

/* Shipments stand first. */
static bool is_shipment(const struct reversal *r, const struct json *entry)
{
	struct str uri = reversal_text(entry, STR("bizTransaction"));
	bool moves = record_sends(r->kind) || r->kind->class == RECORD_RECEIVE;
	return moves && str_equal(reversal_text(entry, STR("type")), STR("desadv")) && uri.at &&
	       str_starts(str_after_last(uri, '/'), STR("shp_"));
}

static struct str without_urn(struct arena *arena, struct str uri, struct str urn)
{
	struct str plain;
	bool ours = uri.at && str_starts(uri, urn) &&
		    percent_decode(arena, str_from(uri, urn.len), /* plus_is_space */ false, &plain);
	return ours ? plain : uri;
}

static void put_document(const struct reversal *r, const struct json *entry)
{
	json_begin_object(r->w);
	json_pair(r->w, STR("type"),
		  without_urn(r->arena, reversal_text(entry, STR("type")), STR(DOCUMENT_TYPE_URN)));
	json_pair(r->w, STR("number"),
		  without_urn(r->arena, reversal_text(entry, STR("bizTransaction")), STR(DOCUMENT_URN)));
	json_end_object(r->w);
}

/* Returns whether the event names a shipment that it ends. */
static bool put_papers(const struct reversal *r)
{
	const struct json *list = json_get(r->event, STR("bizTransactionList")), *entry;
	size_t n = 0;
	bool shipment = (entry = reversal_entry(list, n)) && is_shipment(r, entry);
	bool ends = shipment && r->kind->class == RECORD_RECEIVE;
	if (ends)
		json_pair(r->w, STR("shipment"), reversal_text(entry, STR("bizTransaction")));
	n += shipment;
	entry = reversal_entry(list, n);
	if (entry && r->kind->class == RECORD_TEST &&
	    str_equal(reversal_text(entry, STR("type")), STR("testres"))) {
		json_pair(r->w, STR("report"),
			  without_urn(r->arena, reversal_text(entry, STR("bizTransaction")),
				      STR(DOCUMENT_URN)));
		n++;
	}
	if (!reversal_entry(list, n))
		return ends;
	json_name(r->w, STR("documents"));
	json_begin_array(r->w);
	while ((entry = reversal_entry(list, n++)))
		put_document(r, entry);
	json_end_array(r->w);
	return ends;
}

static void put_what(const struct reversal *r)
{
	switch (r->kind->class) {
	case RECORD_OBSERVE:
		put_observed(r);
		return;
	case RECORD_CREATE:
		put_made(r, reversal_entry(json_get(r->event, STR("quantityList")), 0));
		return;
	case RECORD_TRANSFORM:
		put_transformed(r);
		return;
	case RECORD_LOAD:
	case RECORD_UNLOAD:
		put_contents(r);
		return;
	case RECORD_TEST:
		reversal_test(r);
		return;
	case RECORD_LOOK:
		reversal_sample(r);
		put_goods(r);
		return;
	case RECORD_SHIP:
	case RECORD_RECEIVE:
	case RECORD_SELL:
	case RECORD_STORE:
	case RECORD_HOLD:
	case RECORD_RELEASE:
	case RECORD_DESTROY:
	case RECORD_RETURN:
	case RECORD_CORRECT: /* is no event of its own */
		put_goods(r);
		return;
	}
}

static void put_record(const struct reversal *r)
{
	json_begin_object(r->w);
	json_pair(r->w, STR("type"), str_of(r->kind->word));
	reversal_copy(r, STR("eventTime"), STR("time"));
	reversal_copy(r, FT("party"), STR("party"));
	put_places(r);
	put_what(r);
	put_parties(r, put_papers(r));
	reversal_temperatures(r);
	reversal_shortage(r);
	copy_value(r, FT("animals"), STR("animals"));
	reversal_copy(r, FT("quarantineCertificate"), STR("quarantineCertificate"));
	copy_value(r, FT("findings"), STR("findings"));
	reversal_copy(r, FT("form"), STR("form"));
	copy_value(r, FT("basis"), STR("basis"));
	reversal_copy(r, FT("channel"), STR("channel"));
	reversal_copy(r, FT("reason"), STR("reason"));
	reversal_copy(r, FT("harvester"), STR("harvester"));
	reversal_copy(r, FT("vehicle"), STR("vehicle"));
	reversal_copy(r, FT("entryMode"), STR("entryMode"));
	reversal_copy(r, FT("note"), STR("note"));
	reversal_position(r);
	reversal_copy(r, FT("device"), STR("device"));
	reversal_copy(r, FT("deviceTime"), STR("deviceTime"));
	json_end_object(r->w);
}

/* — corrections — */
static struct str id_of_urn(struct str urn)
{
	return urn.at && str_starts(urn, STR("urn:uuid:")) ? str_from(urn, 9) : (struct str){NULL, 0};
}

static void put_correction(struct arena *arena, const struct json *event, const struct json *declaration,
			   struct str replacement, struct json_writer *w)
{
	struct reversal r = {.arena = arena, .event = declaration, .w = w};
	json_begin_object(w);
	json_pair(w, STR("type"), STR("correct"));
	reversal_copy(&r, STR("declarationTime"), STR("time"));
	reversal_copy(&r, FT("declaredBy"), STR("party"));
	json_pair(w, STR("event"), id_of_urn(reversal_text(event, STR("eventID"))));
	reversal_copy(&r, FT("reason"), STR("reason"));
	if (replacement.at) {
		json_name(w, STR("replacement"));
		json_raw(w, replacement);
	}
	reversal_copy(&r, FT("entryMode"), STR("entryMode"));
	reversal_copy(&r, FT("note"), STR("note"));
	reversal_copy(&r, FT("device"), STR("device"));
	reversal_copy(&r, FT("deviceTime"), STR("deviceTime"));
	json_end_object(w);
}

bool record_of_event(struct arena *arena, struct str body, struct str replacement, struct str *ret)
{
	struct json event;
	struct fault ignored = {0};
	if (json_parse(arena, body, &event, &ignored) || event.kind != JSON_OBJECT)
		return false;
	const struct json *declaration = json_get(&event, STR("errorDeclaration"));
	struct str word = reversal_text(&event, FT("record"));
	const struct record_kind *kind = word.at ? record_kind_find(word) : NULL;
	if (!kind)
		return false;
	struct buf out = buf_create(arena, RECORD_BYTES);
	struct json_writer w = json_writer(&out);
	const struct reversal r = {.arena = arena, .event = &event, .kind = kind, .w = &w};
	if (declaration)
		put_correction(arena, &event, declaration, replacement, &w);
	else
		put_record(&r);
	*ret = buf_str(&out);
	return true;
}

struct uuid record_corrective(struct arena *arena, struct str body)
{
	struct json event;
	struct uuid id = {{0}};
	struct fault ignored = {0};
	if (json_parse(arena, body, &event, &ignored) || event.kind != JSON_OBJECT)
		return id;
	const struct json *declaration = json_get(&event, STR("errorDeclaration"));
	const struct json *first =
		declaration ? reversal_entry(json_get(declaration, STR("correctiveEventIDs")), 0) : NULL;
	struct str text = first ? id_of_urn(json_text(first)) : (struct str){NULL, 0};
	if (!text.at || !uuid_parse(text, &id))
		return (struct uuid){{0}};
	return id;
}
