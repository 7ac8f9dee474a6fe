/* SPDX-License-Identifier: Apache-2.0
 * The event of a native record → the record again, in farm words: the other way of epcis_body.c and epcis_farm.c. */
#include "record_priv.h"

#include "ft/base/text.h"
#include "ft/core/epcis_body.h"
#include "ft/core/record_of_event.h"

#define FT(name) STR("farmtrail:" name)
#define DOCUMENT_URN "urn:farmtrail:document:"
#define DOCUMENT_TYPE_URN "urn:farmtrail:document-type:"

enum { RECORD_BYTES = 1024 }; /* most records; the buffer grows */

struct reversal {
	struct arena *arena;
	const struct json *event;
	const struct record_kind *kind;
	struct json_writer *w;
};

static struct str text_at(const struct json *object, struct str name)
{
	return json_text(json_get(object, name));
}

/* The n-th entry of a list that may be absent. */
static const struct json *entry_at(const struct json *list, size_t n)
{
	return list && list->kind == JSON_ARRAY && n < list->count ? &list->items[n] : NULL;
}

static size_t entries_of(const struct json *list)
{
	return list && list->kind == JSON_ARRAY ? list->count : 0;
}

/* Numbers of a record are exact texts. */
static struct str number_text(const struct json *value)
{
	return value && (value->kind == JSON_NUMBER || value->kind == JSON_STRING) ? value->text
										   : (struct str){NULL, 0};
}

static void copy_text(const struct reversal *r, struct str from, struct str to)
{
	json_pair(r->w, to, text_at(r->event, from));
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
	for (size_t i = 0; (entry = entry_at(list, i)); i++)
		if (str_equal(text_at(entry, FT("epcClass")), class_uri))
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
	struct str value = number_text(json_get(element, STR("quantity")));
	struct str class_uri = text_at(element, STR("epcClass"));
	const struct json *written = measure_of(r, FT("written"), class_uri);
	const struct json *net = measure_of(r, FT("net"), class_uri);
	if (!value.at)
		return;
	json_name(r->w, STR("quantity"));
	json_begin_object(r->w);
	if (written)
		put_amount(r, text_at(written, FT("value")), text_at(written, FT("unit")));
	else
		put_amount(r, value, text_at(element, STR("uom")));
	if (net) {
		json_name(r->w, STR("net"));
		json_begin_object(r->w);
		put_amount(r, number_text(json_get(net, FT("quantity"))), text_at(net, FT("uom")));
		json_end_object(r->w);
	}
	json_end_object(r->w);
}

/* An amount of the members farmtrail:quantity and farmtrail:uom of an object. */
static void put_farm_amount(const struct reversal *r, const struct json *object)
{
	struct str value = number_text(json_get(object, FT("quantity")));
	if (!value.at)
		return;
	json_name(r->w, STR("quantity"));
	json_begin_object(r->w);
	put_amount(r, value, text_at(object, FT("uom")));
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
		const struct json *element = entry_at(list, i);
		json_begin_object(r->w);
		json_pair(r->w, STR("lot"), text_at(element, STR("epcClass")));
		put_quantity(r, element);
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static struct str product_of(const struct reversal *r, struct str class_uri)
{
	const struct json *entry = measure_of(r, FT("products"), class_uri);
	return entry ? text_at(entry, FT("product")) : (struct str){NULL, 0};
}

/* …/b/{number} or …/10/{number} */
static struct str number_of(struct arena *arena, struct str class_uri)
{
	struct str number, tail = str_after_last(class_uri, '/');
	return percent_decode(arena, tail, /* plus_is_space */ false, &number) ? number : tail;
}

static void put_made(const struct reversal *r, const struct json *element)
{
	struct str class_uri = text_at(element, STR("epcClass"));
	json_pair(r->w, STR("product"), product_of(r, class_uri));
	json_pair(r->w, STR("lot"), number_of(r->arena, class_uri));
	put_quantity(r, element);
}

static void put_transformed(const struct reversal *r)
{
	const struct json *inputs = json_get(r->event, STR("inputQuantityList")),
			  *outputs = json_get(r->event, STR("outputQuantityList")), *element;
	put_lots(r, STR("inputs"), inputs, entries_of(inputs));
	json_name(r->w, STR("outputs"));
	json_begin_array(r->w);
	for (size_t i = 0; (element = entry_at(outputs, i)); i++) {
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
	copy_text(r, STR("parentID"), STR("unit"));
	if (!entries_of(units) && !entries_of(lots))
		return;
	json_name(r->w, STR("contents"));
	json_begin_array(r->w);
	for (size_t i = 0; (entry = entry_at(lots, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, STR("lot"), text_at(entry, STR("epcClass")));
		put_quantity(r, entry);
		json_end_object(r->w);
	}
	for (size_t i = 0; (entry = entry_at(units, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, STR("unit"), json_text(entry));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static bool any_repeats(const struct json *list)
{
	for (size_t i = 0; i < entries_of(list); i++)
		for (size_t k = 0; k < i; k++)
			if (str_equal(text_at(&list->items[i], STR("epcClass")),
				      text_at(&list->items[k], STR("epcClass"))))
				return true;
	return false;
}

/* What the units hold stands in quantityList too, behind the lots that the record names itself. */
static void put_goods(const struct reversal *r)
{
	const struct json *lots = json_get(r->event, STR("quantityList")),
			  *units = json_get(r->event, STR("epcList")),
			  *named = json_get(r->event, FT("lotsNamed"));
	size_t count = entries_of(lots);
	int64_t by_name;
	if (entries_of(units)) {
		bool told = named && json_integer(named, &by_name) && by_name >= 0;
		count = !told ? 0 : (size_t)by_name < count ? (size_t)by_name : count;
	}
	/* A lot that stands in a shipment twice, as itself and in a unit, arrived as the shipment says. */
	if (r->kind->class == RECORD_RECEIVE && any_repeats(lots))
		count = 0;
	put_lots(r, STR("lots"), lots, count);
	if (!entries_of(units))
		return;
	json_name(r->w, STR("units"));
	json_raw(r->w, units->span);
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
	json_pair(r->w, STR("value"), text_at(dose, FT("value")));
	json_pair(r->w, STR("unit"), text_at(dose, FT("unit")));
	json_pair(r->w, STR("per"), text_at(dose, FT("per")));
	json_end_object(r->w);
}

static void put_observed(const struct reversal *r)
{
	const struct json *input = json_get(r->event, FT("input")),
			  *lot = entry_at(json_get(r->event, STR("quantityList")), 0);
	if (lot) {
		json_pair(r->w, STR("lot"), text_at(lot, STR("epcClass")));
		put_quantity(r, lot);
	} else {
		const struct json *loose = json_get(r->event, FT("quantity"));
		if (loose)
			put_farm_amount(r, loose);
	}
	if (!input)
		return;
	const struct json *active = json_get(input, FT("active"));
	json_pair(r->w, STR("product"), text_at(input, FT("product")));
	if (active) {
		json_name(r->w, STR("active"));
		json_raw(r->w, active->span);
	}
	put_dose(r, json_get(input, FT("dose")));
	json_pair(r->w, STR("target"), text_at(input, FT("target")));
	json_pair(r->w, STR("until"), text_at(input, FT("until")));
}

/* — who and where — */
static struct str possessor(const struct reversal *r, const char *list, const char *end)
{
	const struct json *entry = entry_at(json_get(r->event, str_of(list)), 0);
	return entry ? text_at(entry, str_of(end)) : (struct str){NULL, 0};
}

static void put_places(const struct reversal *r)
{
	const struct json *places = json_get(r->event, FT("places")), *place;
	size_t count = entries_of(places);
	if (count == 1 || (count && r->kind->class != RECORD_CREATE))
		json_pair(r->w, STR("site"), text_at(entry_at(places, 0), FT("id")));
	if (count < 2 || r->kind->class != RECORD_CREATE)
		return;
	json_name(r->w, STR("sites"));
	json_begin_array(r->w);
	for (size_t i = 0; (place = entry_at(places, i)); i++)
		json_string(r->w, text_at(place, FT("id")));
	json_end_array(r->w);
}

static void put_parties(const struct reversal *r, bool by_shipment)
{
	struct str from = possessor(r, "sourceList", "source");
	if (record_sends(r->kind))
		json_pair(r->w, STR("to"), possessor(r, "destinationList", "destination"));
	if (r->kind->class == RECORD_SHIP && from.at && !str_equal(from, text_at(r->event, FT("party"))))
		json_pair(r->w, STR("from"), from);
	if (r->kind->class == RECORD_RECEIVE && !by_shipment)
		json_pair(r->w, STR("from"), from);
}

/* — papers — */

/* Shipments stand first. */
static bool is_shipment(const struct reversal *r, const struct json *entry)
{
	struct str uri = text_at(entry, STR("bizTransaction"));
	bool moves = record_sends(r->kind) || r->kind->class == RECORD_RECEIVE;
	return moves && str_equal(text_at(entry, STR("type")), STR("desadv")) && uri.at &&
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
		  without_urn(r->arena, text_at(entry, STR("type")), STR(DOCUMENT_TYPE_URN)));
	json_pair(r->w, STR("number"),
		  without_urn(r->arena, text_at(entry, STR("bizTransaction")), STR(DOCUMENT_URN)));
	json_end_object(r->w);
}

/* Returns whether the event names a shipment that it ends. */
static bool put_papers(const struct reversal *r)
{
	const struct json *list = json_get(r->event, STR("bizTransactionList")), *entry;
	size_t n = 0;
	bool shipment = (entry = entry_at(list, n)) && is_shipment(r, entry);
	bool ends = shipment && r->kind->class == RECORD_RECEIVE;
	if (ends)
		json_pair(r->w, STR("shipment"), text_at(entry, STR("bizTransaction")));
	n += shipment;
	entry = entry_at(list, n);
	if (entry && r->kind->class == RECORD_TEST &&
	    str_equal(text_at(entry, STR("type")), STR("testres"))) {
		json_pair(r->w, STR("report"),
			  without_urn(r->arena, text_at(entry, STR("bizTransaction")), STR(DOCUMENT_URN)));
		n++;
	}
	if (!entry_at(list, n))
		return ends;
	json_name(r->w, STR("documents"));
	json_begin_array(r->w);
	while ((entry = entry_at(list, n++)))
		put_document(r, entry);
	json_end_array(r->w);
	return ends;
}

/* — what was measured — */
static void put_temperatures(const struct reversal *r)
{
	const struct json *element = entry_at(json_get(r->event, STR("sensorElementList")), 0);
	const struct json *reports = element ? json_get(element, STR("sensorReport")) : NULL, *report;
	if (!reports || r->kind->class == RECORD_TEST)
		return;
	json_name(r->w, STR("temperature"));
	json_begin_array(r->w);
	for (size_t i = 0; (report = entry_at(reports, i)); i++) {
		json_begin_object(r->w);
		json_pair(r->w, STR("time"), text_at(report, STR("time")));
		json_pair(r->w, STR("value"), number_text(json_get(report, STR("value"))));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

static void put_shortage(const struct reversal *r)
{
	const struct json *shortage = json_get(r->event, FT("shortage"));
	if (!shortage)
		return;
	json_name(r->w, STR("shortage"));
	json_begin_object(r->w);
	put_farm_amount(r, shortage);
	json_pair(r->w, STR("reason"), text_at(shortage, FT("reason")));
	json_end_object(r->w);
}

static void put_sample(const struct reversal *r)
{
	const struct json *sample = json_get(r->event, FT("sample"));
	if (!sample)
		return;
	if (r->kind->class == RECORD_TEST) {
		json_pair(r->w, STR("sample"), text_at(sample, FT("id")));
		return;
	}
	json_name(r->w, STR("sample"));
	json_begin_object(r->w);
	json_pair(r->w, STR("id"), text_at(sample, FT("id")));
	json_pair(r->w, STR("takenAt"), text_at(sample, FT("takenAt")));
	copy_text(r, FT("taker"), STR("taker"));
	put_farm_amount(r, sample);
	json_end_object(r->w);
}

static void put_results(const struct reversal *r)
{
	const struct json *results = json_get(r->event, FT("results")), *result;
	if (!entries_of(results))
		return;
	json_name(r->w, STR("results"));
	json_begin_array(r->w);
	for (size_t i = 0; (result = entry_at(results, i)); i++) {
		const struct json *detected = json_get(result, FT("detected"));
		json_begin_object(r->w);
		json_pair(r->w, STR("substance"), text_at(result, FT("substance")));
		json_pair(r->w, STR("value"), number_text(json_get(result, FT("value"))));
		json_pair(r->w, STR("unit"), text_at(result, FT("unit")));
		json_name(r->w, STR("detected"));
		json_bool(r->w, detected && detected->kind == JSON_BOOL && detected->boolean);
		json_pair(r->w, STR("limitOfDetection"),
			  number_text(json_get(result, FT("limitOfDetection"))));
		json_end_object(r->w);
	}
	json_end_array(r->w);
}

/* A test of a sample names no lot: who may say what was found need not see the lot. */
static void put_test(const struct reversal *r)
{
	const struct json *lot = entry_at(json_get(r->event, STR("quantityList")), 0);
	put_sample(r);
	if (lot && !json_get(r->event, FT("sample")))
		json_pair(r->w, STR("lot"), text_at(lot, STR("epcClass")));
	copy_text(r, FT("kind"), STR("kind"));
	copy_text(r, FT("outcome"), STR("outcome"));
	copy_text(r, FT("subject"), STR("subject"));
	put_results(r);
	json_pair(r->w, STR("inhibition"), number_text(json_get(r->event, FT("inhibition"))));
	copy_text(r, FT("method"), STR("method"));
	copy_text(r, FT("lab"), STR("lab"));
	copy_text(r, FT("notifiedAt"), STR("notifiedAt"));
}

static void put_position(const struct reversal *r)
{
	const struct json *position = json_get(r->event, FT("position"));
	const struct json *radius = position ? json_get(position, FT("accuracyM")) : NULL;
	int64_t accuracy;
	if (!position)
		return;
	json_name(r->w, STR("position"));
	json_begin_object(r->w);
	json_pair(r->w, STR("lat"), number_text(json_get(position, FT("lat"))));
	json_pair(r->w, STR("lon"), number_text(json_get(position, FT("lon"))));
	if (radius && json_integer(radius, &accuracy))
		json_pair_int(r->w, STR("accuracyM"), accuracy);
	json_end_object(r->w);
}

static void put_what(const struct reversal *r)
{
	switch (r->kind->class) {
	case RECORD_OBSERVE:
		put_observed(r);
		return;
	case RECORD_CREATE:
		put_made(r, entry_at(json_get(r->event, STR("quantityList")), 0));
		return;
	case RECORD_TRANSFORM:
		put_transformed(r);
		return;
	case RECORD_LOAD:
	case RECORD_UNLOAD:
		put_contents(r);
		return;
	case RECORD_TEST:
		put_test(r);
		return;
	case RECORD_LOOK:
		put_sample(r);
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
	copy_text(r, STR("eventTime"), STR("time"));
	copy_text(r, FT("party"), STR("party"));
	put_places(r);
	put_what(r);
	put_parties(r, put_papers(r));
	put_temperatures(r);
	put_shortage(r);
	copy_value(r, FT("animals"), STR("animals"));
	copy_text(r, FT("quarantineCertificate"), STR("quarantineCertificate"));
	copy_value(r, FT("findings"), STR("findings"));
	copy_text(r, FT("form"), STR("form"));
	copy_value(r, FT("basis"), STR("basis"));
	copy_text(r, FT("channel"), STR("channel"));
	copy_text(r, FT("reason"), STR("reason"));
	copy_text(r, FT("harvester"), STR("harvester"));
	copy_text(r, FT("vehicle"), STR("vehicle"));
	copy_text(r, FT("entryMode"), STR("entryMode"));
	copy_text(r, FT("note"), STR("note"));
	put_position(r);
	copy_text(r, FT("device"), STR("device"));
	copy_text(r, FT("deviceTime"), STR("deviceTime"));
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
	copy_text(&r, STR("declarationTime"), STR("time"));
	copy_text(&r, FT("declaredBy"), STR("party"));
	json_pair(w, STR("event"), id_of_urn(text_at(event, STR("eventID"))));
	copy_text(&r, FT("reason"), STR("reason"));
	if (replacement.at) {
		json_name(w, STR("replacement"));
		json_raw(w, replacement);
	}
	copy_text(&r, FT("entryMode"), STR("entryMode"));
	copy_text(&r, FT("note"), STR("note"));
	copy_text(&r, FT("device"), STR("device"));
	copy_text(&r, FT("deviceTime"), STR("deviceTime"));
	json_end_object(w);
}

bool record_of_event(struct arena *arena, struct str body, struct str replacement, struct str *ret)
{
	struct json event;
	struct fault ignored = {0};
	if (json_parse(arena, body, &event, &ignored) || event.kind != JSON_OBJECT)
		return false;
	const struct json *declaration = json_get(&event, STR("errorDeclaration"));
	struct str word = text_at(&event, FT("record"));
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
		declaration ? entry_at(json_get(declaration, STR("correctiveEventIDs")), 0) : NULL;
	struct str text = first ? id_of_urn(json_text(first)) : (struct str){NULL, 0};
	if (!text.at || !uuid_parse(text, &id))
		return (struct uuid){{0}};
	return id;
}
