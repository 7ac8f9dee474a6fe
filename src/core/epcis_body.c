/* SPDX-License-Identifier: Apache-2.0
 * Builds the EPCIS 2.0 event of a native record: the members of the standard, in one fixed order. */
#include "epcis_priv.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

enum { BODY_BYTES = 2048 }; /* most bodies; the buffer grows */

struct str epcis_number(struct arena *arena, struct str decimal_text)
{
	struct decimal d;
	bool parsed = decimal_parse(decimal_text, &d);

	assert(parsed); /* record_check has seen it */
	return decimal_print(arena, d);
}

void epcis_amount(struct arena *arena, const struct quantity *q, const char *quantity_name,
		  const char *unit_name, struct json_writer *w)
{
	bool custom = q->unit->custom;
	const struct unit *unit = custom ? unit_base(q->unit->dimension) : q->unit;

	json_name(w, str_of(quantity_name));
	json_number(w, custom ? decimal_print(arena, q->base) : q->value);
	json_pair(w, str_of(unit_name), str_of(unit->code));
}

static void put_things(struct arena *arena, const char *name, const struct epcis_thing *things, size_t count,
		       struct json_writer *w)
{
	if (count == 0)
		return;
	json_name(w, str_of(name));
	json_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		json_begin_object(w);
		json_pair(w, STR("epcClass"), things[i].class_uri);
		if (things[i].quantity.unit != NULL)
			epcis_amount(arena, &things[i].quantity, "quantity", "uom", w);
		json_end_object(w);
	}
	json_end_array(w);
}

/* Units, then single packs: farmtrail:itemsNamed says how many those are. */
static void put_instances(const char *name, const struct epcis_source *source, struct json_writer *w)
{
	json_name(w, str_of(name));
	json_begin_array(w);
	for (size_t i = 0; i < source->unit_count; i++)
		json_string(w, source->unit_uris[i]);
	for (size_t i = 0; i < source->item_count; i++)
		json_string(w, source->item_uris[i]);
	json_end_array(w);
}

static void put_what(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	if (source->kind->class == RECORD_TRANSFORM) {
		if (source->unit_count + source->item_count > 0)
			put_instances("inputEPCList", source, w);
		put_things(arena, "inputQuantityList", source->inputs, source->input_count, w);
		put_things(arena, "outputQuantityList", source->outputs, source->output_count, w);
		return;
	}
	if (source->parent_uri.at != NULL) {
		json_pair(w, STR("parentID"), source->parent_uri);
		put_instances("childEPCs", source, w);
		put_things(arena, "childQuantityList", source->outputs, source->output_count, w);
		return;
	}
	put_instances("epcList", source, w);
	put_things(arena, "quantityList", source->outputs, source->output_count, w);
}

static void put_place(const char *name, struct str uri, struct json_writer *w)
{
	json_name(w, str_of(name));
	json_begin_object(w);
	json_pair(w, STR("id"), uri);
	json_end_object(w);
}

static bool sends(const struct epcis_source *source)
{
	return record_sends(source->kind) && !source->taken_back;
}

static void put_where(const struct epcis_source *source, struct json_writer *w)
{
	if (source->place_count == 0)
		return;
	put_place("readPoint", source->places[0].uri, w);
	if (!sends(source))
		put_place("bizLocation", source->places[0].uri, w);
}

/* CBV 2.0, 7.3: the types that may stand as bare words. */
static bool is_document_word(struct str type)
{
	static const char *const words[] = {"bol",     "cert",    "desadv",    "inv",    "pedigree",
					    "po",      "poc",     "prodorder", "recadv", "rma",
					    "testprd", "testres", "upevt"};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_equal(type, str_of(words[i])))
			return true;
	return false;
}

static bool is_uri(struct str s)
{
	if (!str_starts(s, STR("https://")) && !str_starts(s, STR("http://")) && !str_starts(s, STR("urn:")))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] == 0x7f || strchr("\"<>\\^`{|}", s.at[i]) != NULL ||
		    (s.at[i] & 0x80))
			return false;
	return true;
}

static void put_document(struct arena *arena, const struct record_document *document, struct json_writer *w)
{
	struct str type = document->type, number = document->number;

	json_begin_object(w);
	if (type.at != NULL && !is_document_word(type))
		type = arena_printf(arena, "urn:farmtrail:document-type:%.*s",
				    STR_ARGS(percent_encode(arena, type)));
	json_pair(w, STR("type"), type);
	if (!is_uri(number))
		number = arena_printf(arena, "urn:farmtrail:document:%.*s",
				      STR_ARGS(percent_encode(arena, number)));
	json_pair(w, STR("bizTransaction"), number);
	json_end_object(w);
}

static void put_transactions(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	const struct record_document *documents = source->record->documents.items;
	size_t count = source->record->documents.count;

	if (count == 0 && source->shipment_uri.at == NULL && source->record->report.at == NULL)
		return;
	json_name(w, STR("bizTransactionList"));
	json_begin_array(w);
	if (source->shipment_uri.at != NULL) {
		json_begin_object(w);
		json_pair(w, STR("type"), STR("desadv"));
		json_pair(w, STR("bizTransaction"), source->shipment_uri);
		json_end_object(w);
	}
	if (source->record->report.at != NULL) {
		const struct record_document report = {STR("testres"), source->record->report};

		put_document(arena, &report, w);
	}
	for (size_t i = 0; i < count; i++)
		put_document(arena, &documents[i], w);
	json_end_array(w);
}

static void put_possession(const char *list, const char *end, const struct epcis_party *party,
			   struct json_writer *w)
{
	if (party == NULL)
		return;
	json_name(w, str_of(list));
	json_begin_array(w);
	json_begin_object(w);
	json_pair(w, STR("type"), STR("possessing_party"));
	json_pair(w, str_of(end), party->uri);
	json_end_object(w);
	json_end_array(w);
}

static void put_parties(const struct epcis_source *source, struct json_writer *w)
{
	const struct epcis_party *from = source->from, *to = source->to;

	if (sends(source) && from == NULL)
		from = source->party;
	if (source->kind->class == RECORD_RECEIVE && to == NULL)
		to = source->party;
	put_possession("sourceList", "source", from, w);
	put_possession("destinationList", "destination", to, w);
}

static void put_temperatures(struct arena *arena, const struct list *readings, struct json_writer *w)
{
	const struct record_reading *items = readings->items;

	if (readings->count == 0)
		return;
	json_name(w, STR("sensorElementList"));
	json_begin_array(w);
	json_begin_object(w);
	json_name(w, STR("sensorReport"));
	json_begin_array(w);
	for (size_t i = 0; i < readings->count; i++) {
		json_begin_object(w);
		json_pair(w, STR("type"), STR("Temperature"));
		json_pair(w, STR("time"), instant_print(arena, items[i].time));
		json_name(w, STR("value"));
		json_number(w, epcis_number(arena, items[i].value));
		json_pair(w, STR("uom"), STR("CEL"));
		json_end_object(w);
	}
	json_end_array(w);
	json_end_object(w);
	json_end_array(w);
}

/* UN/CEFACT Recommendation 20 codes of the units that laboratories write. */
static struct str result_uom(struct str unit)
{
	static const char *const units[][2] = {{"mg/kg", "NA"},  {"ug/kg", "J33"}, {"μg/kg", "J33"},
					       {"µg/kg", "J33"}, {"mg/L", "M1"},   {"ug/L", "H29"},
					       {"μg/L", "H29"},  {"µg/L", "H29"},  {"%", "P1"}};

	for (size_t i = 0; unit.at != NULL && i < sizeof units / sizeof units[0]; i++)
		if (str_equal_ignoring_case(unit, str_of(units[i][0])))
			return str_of(units[i][1]);
	return (struct str){NULL, 0};
}

static void put_result(struct arena *arena, const struct record_result *result, struct json_writer *w)
{
	struct str uom = result_uom(result->unit);

	json_begin_object(w);
	json_pair(w, STR("type"),
		  str_ends(result->unit, STR("/L")) ? STR("MassConcentration") : STR("Dimensionless"));
	json_pair(w, STR("chemicalSubstance"),
		  arena_printf(arena, "urn:farmtrail:substance:%.*s",
			       STR_ARGS(percent_encode(arena, result->substance))));
	json_name(w, STR("booleanValue"));
	json_bool(w, result->detected);
	if (result->value.at != NULL && uom.at != NULL) {
		json_name(w, STR("value"));
		json_number(w, epcis_number(arena, result->value));
		json_pair(w, STR("uom"), uom);
	}
	json_end_object(w);
}

static void put_results(struct arena *arena, const struct list *results, struct json_writer *w)
{
	if (results->count == 0)
		return;
	json_name(w, STR("sensorElementList"));
	json_begin_array(w);
	json_begin_object(w);
	json_name(w, STR("sensorReport"));
	json_begin_array(w);
	for (size_t i = 0; i < results->count; i++)
		put_result(arena, &((const struct record_result *)results->items)[i], w);
	json_end_array(w);
	json_end_object(w);
	json_end_array(w);
}

static void put_origin_data(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	if (source->kind->class != RECORD_CREATE)
		return;
	json_name(w, STR("ilmd"));
	json_begin_object(w);
	json_pair(w, STR("cbvmda:harvestEndDate"), date_print(arena, instant_day(source->record->time)));
	json_end_object(w);
}

/* A hold stays with the goods until it is lifted, whatever else is said of them meanwhile. */
static void put_persistent(const struct record_kind *kind, struct json_writer *w)
{
	if (kind->class != RECORD_HOLD && kind->class != RECORD_RELEASE)
		return;
	json_name(w, STR("persistentDisposition"));
	json_begin_object(w);
	json_name(w, kind->class == RECORD_HOLD ? STR("set") : STR("unset"));
	json_begin_array(w);
	json_string(w, STR("non_sellable_other"));
	json_end_array(w);
	json_end_object(w);
}

/* The compliance certificate is this very event: its identity names it. */
static void put_certification(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	if (source->record->form.at != NULL)
		json_pair(w, STR("certificationInfo"),
			  arena_printf(arena, "urn:farmtrail:compliance:%.*s",
				       STR_ARGS(uuid_print(arena, source->id))));
}

struct str epcis_body_build(struct arena *arena, const struct epcis_source *source)
{
	const struct record_kind *kind = source->kind;
	struct instant time = source->record->time;
	struct buf out = buf_create(arena, BODY_BYTES);
	struct json_writer w = json_writer(&out);

	json_begin_object(&w);
	json_name(&w, STR("@context"));
	json_raw(&w, STR(EPCIS_CONTEXT));
	json_pair(&w, STR("type"), str_of(kind->event_type));
	json_pair(&w, STR("eventID"),
		  arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, source->id))));
	json_pair(&w, STR("eventTime"), instant_print(arena, time));
	json_pair(&w, STR("eventTimeZoneOffset"), offset_print(arena, time.offset_min));
	json_pair(&w, STR("action"), str_of(kind->action));
	json_pair(&w, STR("bizStep"), str_of(source->taken_back ? "receiving" : kind->biz_step));
	json_pair(&w, STR("disposition"), str_of(record_disposition(kind, source->record)));
	put_persistent(kind, &w);
	put_certification(arena, source, &w);
	put_what(arena, source, &w);
	put_where(source, &w);
	put_transactions(arena, source, &w);
	put_parties(source, &w);
	put_temperatures(arena, &source->record->temperature, &w);
	put_results(arena, &source->record->results, &w);
	put_origin_data(arena, source, &w);
	epcis_farm_members(arena, source, &w);
	json_end_object(&w);
	return buf_str(&out);
}

static struct str event_urn(struct arena *arena, struct uuid id)
{
	return arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, id)));
}

struct str epcis_declaration_build(struct arena *arena, struct str body, const struct epcis_error *error)
{
	struct buf out = buf_create(arena, body.len + 1024);
	struct json_writer w = json_writer(&out);
	bool replaced = !uuid_is_nil(error->corrective);

	assert(body.len > 1 && body.at[body.len - 1] == '}');
	json_begin_object(&w);
	json_pair(&w, STR("declarationTime"), instant_print(arena, error->time));
	json_pair(&w, STR("reason"), replaced ? STR("incorrect_data") : STR("did_not_occur"));
	if (replaced) {
		json_name(&w, STR("correctiveEventIDs"));
		json_begin_array(&w);
		json_string(&w, event_urn(arena, error->corrective));
		json_end_array(&w);
	}
	json_pair(&w, STR("farmtrail:declaration"), event_urn(arena, error->id));
	json_pair(&w, STR("farmtrail:declaredBy"), error->declared_by);
	json_pair(&w, STR("farmtrail:reason"), error->record->reason);
	json_pair(&w, STR("farmtrail:entryMode"), error->record->entry_mode);
	json_pair(&w, STR("farmtrail:note"), error->record->note);
	json_pair(&w, STR("farmtrail:device"), error->record->device);
	if (error->record->device_time.at_us != 0)
		json_pair(&w, STR("farmtrail:deviceTime"), instant_print(arena, error->record->device_time));
	json_pair(&w, STR("farmtrail:request"), error->request_sha256);
	json_end_object(&w);
	return arena_printf(arena, "%.*s,\"errorDeclaration\":%.*s}", (int)(body.len - 1), body.at,
			    STR_ARGS(buf_str(&out)));
}

/* The server's recordTime takes the place of the sender's, which stays in the body (EPCIS 2.0, 7.4.1). */
static void put_recorded(struct arena *arena, struct buf *out, struct str body, struct str recorded)
{
	struct json event;
	struct fault ignored = {0};
	const struct json *sent =
		json_parse(arena, body, &event, &ignored) ? NULL : json_get(&event, STR("recordTime"));

	if (sent == NULL) {
		buf_printf(out, "{\"recordTime\":\"%.*s\",", STR_ARGS(recorded));
		buf_put(out, str_from(body, 1));
		return;
	}
	size_t before = (size_t)(sent->span.at - body.at);
	buf_put(out, (struct str){body.at, before});
	buf_printf(out, "\"%.*s\"", STR_ARGS(recorded));
	buf_put(out, str_from(body, before + sent->span.len));
}

struct str epcis_document(struct arena *arena, struct str body, usec_t recorded_at_us)
{
	struct str recorded = utc_print(arena, recorded_at_us);
	struct buf out = buf_create(arena, body.len + 512);

	assert(body.len > 1 && body.at[0] == '{');
	buf_put(&out,
		STR("{\"@context\":" EPCIS_CONTEXT ",\"type\":\"EPCISDocument\",\"schemaVersion\":\"2.0\","));
	buf_printf(&out, "\"creationDate\":\"%.*s\",\"epcisBody\":{\"eventList\":[", STR_ARGS(recorded));
	put_recorded(arena, &out, body, recorded);
	buf_put(&out, STR("]}}"));
	return buf_str(&out);
}
