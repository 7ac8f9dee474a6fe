/* SPDX-License-Identifier: Apache-2.0
 * The farm meanings of a record as farmtrail: members of its EPCIS event, nested names prefixed too, so that a JSON-LD
 * processor keeps them. */
#include "epcis_priv.h"

#include <assert.h>

#define FT(name) STR("farmtrail:" name)

static void pair_number(struct arena *arena, struct str name, struct str decimal_text, struct json_writer *w)
{
	json_name(w, name);
	json_number(w, epcis_number(arena, decimal_text));
}

static void pair_time(struct arena *arena, struct str name, struct instant t, struct json_writer *w)
{
	if (t.at_us != 0)
		json_pair(w, name, instant_print(arena, t));
}

static void put_texts(struct str name, const struct str_list *texts, struct json_writer *w)
{
	if (texts->count == 0)
		return;
	json_name(w, name);
	json_begin_array(w);
	for (size_t i = 0; i < texts->count; i++)
		json_string(w, texts->items[i]);
	json_end_array(w);
}

static void put_version(struct str id, int64_t version, struct json_writer *w)
{
	json_begin_object(w);
	json_pair(w, FT("id"), id);
	json_pair_int(w, FT("version"), version);
	json_end_object(w);
}

static void pin_party(const struct epcis_party *party, struct str name, struct json_writer *w)
{
	if (party == NULL)
		return;
	json_name(w, name);
	put_version(party->uri, party->version, w);
}

static void pin_places(const struct epcis_source *source, struct json_writer *w)
{
	if (source->place_count == 0)
		return;
	json_name(w, FT("places"));
	json_begin_array(w);
	for (size_t i = 0; i < source->place_count; i++)
		put_version(source->places[i].uri, source->places[i].version, w);
	json_end_array(w);
}

/* The place of the first thing of this product, so that a product is pinned once. */
static bool is_first_of_product(const struct epcis_source *source, size_t index)
{
	const struct epcis_thing *thing = &source->outputs[index];

	for (size_t i = 0; i < index; i++)
		if (str_equal(source->outputs[i].product_uri, thing->product_uri))
			return false;
	return thing->product_version > 0;
}

static void pin_products(const struct epcis_source *source, struct json_writer *w)
{
	bool begun = false;

	for (size_t i = 0; i < source->output_count; i++) {
		if (!is_first_of_product(source, i))
			continue;
		if (!begun) {
			json_name(w, FT("products"));
			json_begin_array(w);
		}
		begun = true;
		put_version(source->outputs[i].product_uri, source->outputs[i].product_version, w);
	}
	if (begun)
		json_end_array(w);
}

static void put_pins(const struct epcis_source *source, struct json_writer *w)
{
	json_name(w, FT("pins"));
	json_begin_object(w);
	pin_party(source->party, FT("party"), w);
	pin_party(source->recorded_by, FT("recordedBy"), w);
	pin_party(source->from, FT("from"), w);
	pin_party(source->to, FT("to"), w);
	pin_places(source, w);
	pin_products(source, w);
	json_end_object(w);
}

static void put_places(const struct epcis_source *source, struct json_writer *w)
{
	if (source->place_count == 0)
		return;
	json_name(w, FT("places"));
	json_begin_array(w);
	for (size_t i = 0; i < source->place_count; i++) {
		const struct epcis_place *place = &source->places[i];

		json_begin_object(w);
		json_pair(w, FT("id"), place->uri);
		json_pair(w, FT("township"), place->township);
		json_pair(w, FT("district"), place->district);
		if (place->personal) {
			json_name(w, FT("personal"));
			json_bool(w, true);
		}
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_products(const struct epcis_source *source, struct json_writer *w)
{
	if (source->output_count == 0)
		return;
	json_name(w, FT("products"));
	json_begin_array(w);
	for (size_t i = 0; i < source->output_count; i++) {
		json_begin_object(w);
		json_pair(w, FT("epcClass"), source->outputs[i].class_uri);
		json_pair(w, FT("product"), source->outputs[i].product_uri);
		json_pair(w, FT("commodity"), source->outputs[i].commodity);
		json_end_object(w);
	}
	json_end_array(w);
}

enum measure { MEASURE_NET, MEASURE_WRITTEN };

static bool has_measure(const struct epcis_thing *thing, enum measure which)
{
	return which == MEASURE_NET ? thing->net != NULL
				    : thing->quantity.unit != NULL && thing->quantity.unit->custom;
}

static void put_measure(struct arena *arena, const struct epcis_thing *thing, enum measure which,
			struct json_writer *w)
{
	json_begin_object(w);
	json_pair(w, FT("epcClass"), thing->class_uri);
	if (which == MEASURE_NET) {
		epcis_amount(arena, thing->net, "farmtrail:quantity", "farmtrail:uom", w);
	} else {
		json_pair(w, FT("value"), thing->quantity.value);
		json_pair(w, FT("unit"), str_of(thing->quantity.unit->code));
	}
	json_end_object(w);
}

/* One entry a lot that has this second measure; a lot stands on one side of an event only. */
static void put_measures(struct arena *arena, const struct epcis_source *source, struct str name,
			 enum measure which, struct json_writer *w)
{
	bool begun = false;

	for (size_t i = 0; i < source->input_count + source->output_count; i++) {
		const struct epcis_thing *thing = i < source->input_count
							  ? &source->inputs[i]
							  : &source->outputs[i - source->input_count];

		if (!has_measure(thing, which))
			continue;
		if (!begun) {
			json_name(w, name);
			json_begin_array(w);
		}
		begun = true;
		put_measure(arena, thing, which, w);
	}
	if (begun)
		json_end_array(w);
}

static void put_dose(const struct json *dose, struct json_writer *w)
{
	if (dose == NULL)
		return;
	json_name(w, FT("dose"));
	if (dose->kind != JSON_OBJECT) {
		json_string(w, dose->text);
		return;
	}
	json_begin_object(w);
	json_pair(w, FT("value"), json_get(dose, STR("value"))->text);
	json_pair(w, FT("unit"), json_text(json_get(dose, STR("unit"))));
	json_pair(w, FT("per"), json_text(json_get(dose, STR("per"))));
	json_end_object(w);
}

static void put_input(struct arena *arena, const struct record *record, struct json_writer *w)
{
	if (record->product.at == NULL && record->active.count == 0 && record->dose == NULL &&
	    record->target.at == NULL && record->until.at_us == 0)
		return;
	json_name(w, FT("input"));
	json_begin_object(w);
	json_pair(w, FT("product"), record->product);
	put_texts(FT("active"), &record->active, w);
	put_dose(record->dose, w);
	json_pair(w, FT("target"), record->target);
	pair_time(arena, FT("until"), record->until, w);
	json_end_object(w);
}

static struct quantity amount_of(const struct record_quantity *q)
{
	struct quantity amount;
	enum problem p = quantity_of(q->value, q->unit, &amount);

	assert(!p); /* record_check has seen it */
	return amount;
}

static void put_shortage(struct arena *arena, const struct record_shortage *shortage, struct json_writer *w)
{
	struct quantity amount;

	if (shortage == NULL)
		return;
	amount = amount_of(shortage->quantity);
	json_name(w, FT("shortage"));
	json_begin_object(w);
	epcis_amount(arena, &amount, "farmtrail:quantity", "farmtrail:uom", w);
	json_pair(w, FT("reason"), shortage->reason);
	json_end_object(w);
}

/* Who took it stands apart: that is for fewer eyes than the sample itself. */
static void put_sample(struct arena *arena, const struct json *member, struct json_writer *w)
{
	struct record_sample sample;
	struct fault ignored;

	if (member == NULL)
		return;
	if (member->kind == JSON_STRING) {
		json_name(w, FT("sample"));
		json_begin_object(w);
		json_pair(w, FT("id"), member->text);
		json_end_object(w);
		return;
	}
	if (record_sample_read(member, &sample, &ignored))
		return;
	json_name(w, FT("sample"));
	json_begin_object(w);
	json_pair(w, FT("id"), sample.id);
	pair_time(arena, FT("takenAt"), sample.taken_at, w);
	if (sample.has_quantity) {
		struct quantity amount = amount_of(&sample.quantity);

		epcis_amount(arena, &amount, "farmtrail:quantity", "farmtrail:uom", w);
	}
	json_end_object(w);
	json_pair(w, FT("taker"), sample.taker);
}

static void put_results(struct arena *arena, const struct list *results, struct json_writer *w)
{
	const struct record_result *items = results->items;

	if (results->count == 0)
		return;
	json_name(w, FT("results"));
	json_begin_array(w);
	for (size_t i = 0; i < results->count; i++) {
		json_begin_object(w);
		json_pair(w, FT("substance"), items[i].substance);
		if (items[i].value.at != NULL)
			pair_number(arena, FT("value"), items[i].value, w);
		json_pair(w, FT("unit"), items[i].unit);
		json_name(w, FT("detected"));
		json_bool(w, items[i].detected);
		if (items[i].limit_of_detection.at != NULL)
			pair_number(arena, FT("limitOfDetection"), items[i].limit_of_detection, w);
		json_end_object(w);
	}
	json_end_array(w);
}

static void put_test(struct arena *arena, const struct record *record, struct json_writer *w)
{
	json_pair(w, FT("kind"), record->kind);
	json_pair(w, FT("outcome"), record->outcome);
	json_pair(w, FT("subject"), record->subject);
	put_results(arena, &record->results, w);
	if (record->inhibition.at != NULL)
		pair_number(arena, FT("inhibition"), record->inhibition, w);
	json_pair(w, FT("method"), record->method);
	json_pair(w, FT("lab"), record->lab);
	pair_time(arena, FT("notifiedAt"), record->notified_at, w);
}

/* An amount that is about no lot: so many seedlings planted, so many head born. */
static void put_loose_quantity(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	struct quantity amount;

	if (source->record->quantity == NULL || source->output_count > 0)
		return;
	amount = amount_of(source->record->quantity);
	json_name(w, FT("quantity"));
	json_begin_object(w);
	epcis_amount(arena, &amount, "farmtrail:quantity", "farmtrail:uom", w);
	json_end_object(w);
}

static void put_position(struct arena *arena, const struct record_position *position, struct json_writer *w)
{
	if (position == NULL)
		return;
	json_name(w, FT("position"));
	json_begin_object(w);
	pair_number(arena, FT("lat"), position->lat, w);
	pair_number(arena, FT("lon"), position->lon, w);
	if (position->accuracy_m > 0)
		json_pair_int(w, FT("accuracyM"), position->accuracy_m);
	json_end_object(w);
}

void epcis_farm_members(struct arena *arena, const struct epcis_source *source, struct json_writer *w)
{
	const struct record *record = source->record;

	json_pair(w, FT("record"), str_of(source->kind->word));
	json_pair(w, FT("party"), source->party->uri);
	json_pair(w, FT("recordedBy"), source->recorded_by->uri);
	put_places(source, w);
	put_products(source, w);
	put_measures(arena, source, FT("net"), MEASURE_NET, w);
	put_measures(arena, source, FT("written"), MEASURE_WRITTEN, w);
	if (source->kind->class == RECORD_OBSERVE) {
		put_input(arena, record, w);
		put_loose_quantity(arena, source, w);
	}
	put_texts(FT("animals"), &record->animals, w);
	json_pair(w, FT("quarantineCertificate"), record->quarantine_certificate);
	put_shortage(arena, record->shortage, w);
	put_texts(FT("findings"), &record->findings, w);
	put_sample(arena, record->sample, w);
	if (source->kind->class == RECORD_TEST)
		put_test(arena, record, w);
	json_pair(w, FT("form"), record->form);
	put_texts(FT("basis"), &record->basis, w);
	if ((record->units.count > 0 || source->item_count > 0) && source->lots_named > 0)
		json_pair_int(w, FT("lotsNamed"), (int64_t)source->lots_named);
	if (source->item_count > 0)
		json_pair_int(w, FT("itemsNamed"), (int64_t)source->item_count);
	json_pair(w, FT("channel"), record->channel);
	json_pair(w, FT("reason"), record->reason);
	json_pair(w, FT("entryMode"), record->entry_mode);
	json_pair(w, FT("harvester"), record->harvester);
	json_pair(w, FT("vehicle"), record->vehicle);
	json_pair(w, FT("note"), record->note);
	put_position(arena, record->position, w);
	json_pair(w, FT("device"), record->device);
	pair_time(arena, FT("deviceTime"), record->device_time, w);
	if (!uuid_is_nil(source->corrects))
		json_pair(
			w, FT("corrects"),
			arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, source->corrects))));
	put_pins(source, w);
	json_pair(w, FT("request"), source->request_sha256);
}
