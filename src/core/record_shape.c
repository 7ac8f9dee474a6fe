/* SPDX-License-Identifier: Apache-2.0
 * How a native record looks as JSON: contract section 4, one row a member. */
#include "record_priv.h"

#include <string.h>

enum {
	MAX_LOTS = 200,
	MAX_ITEMS = 500,
	MAX_SITES = 200,
	MAX_ACTIVES = 20,
	MAX_ANIMALS = 500,
	MAX_READINGS = 2000,
	MAX_DOCUMENTS = 50,
	MAX_NOTE_BYTES = 4000, /* 1,000 characters of four bytes; the count of characters is checked apart */
	MAX_REASON_BYTES = 1000,
	MAX_REFERENCE_BYTES = 512,
	MAX_FINDINGS = 50,
	MAX_RESULTS = 200,
	MAX_NUMBER_BYTES = 32,
};

static const struct shape net_shape = {
	.name = "NetQuantity",
	.size = sizeof(struct record_quantity),
	.doc = "A second measure of the same goods: the mass of a pack or of a head",
	.fields =
		(const struct field[]){
			DECIMAL(struct record_quantity, value, "value", .max_len = MAX_NUMBER_BYTES,
				.doc = "Decimal text, at most 15 significant digits and 6 decimals"),
			STRING(struct record_quantity, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT code, or kg, g, t, jin, head …"),
			END_OF_SHAPE,
		},
};
static const struct shape quantity_shape = {
	.name = "Quantity",
	.size = sizeof(struct record_quantity),
	.doc = "An exact amount with its unit",
	.fields =
		(const struct field[]){
			DECIMAL(struct record_quantity, value, "value", .max_len = MAX_NUMBER_BYTES,
				.doc = "Decimal text, at most 15 significant digits and 6 decimals; a number "
				       "is accepted"),
			STRING(struct record_quantity, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT code, or kg, g, t, jin, head …"),
			OBJECT(struct record_quantity, net, "net", &net_shape, struct record_quantity,
			       .flags = OPTIONAL, .doc = "Animals and packs: a second measure"),
			END_OF_SHAPE,
		},
};
static const struct shape lot_shape = {
	.name = "RecordLot",
	.size = sizeof(struct record_lot),
	.doc = "So much of a lot",
	.fields =
		(const struct field[]){
			STRING(struct record_lot, lot, "lot", .min_len = 1, .max_len = MAX_REFERENCE_BYTES,
			       .doc = "Lot id, own number, code, Digital Link, or the id of the record that "
				      "made it"),
			OBJECT(struct record_lot, quantity, "quantity", &quantity_shape,
			       struct record_quantity, .flags = OPTIONAL,
			       .doc = "How much; may be absent where the whole lot can be meant: receive, "
				      "inspect, sample, certify, hold, release"),
			END_OF_SHAPE,
		},
};
static const struct shape output_shape = {
	.name = "RecordOutput",
	.size = sizeof(struct record_output),
	.doc = "What came out",
	.fields =
		(const struct field[]){
			STRING(struct record_output, product, "product", .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES,
			       .doc = "Registered product: id, own number, GTIN or URI"),
			STRING(struct record_output, lot, "lot", .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Own lot number; made when absent"),
			OBJECT(struct record_output, quantity, "quantity", &quantity_shape,
			       struct record_quantity, .doc = "How much"),
			END_OF_SHAPE,
		},
};
static const struct shape content_shape = {
	.name = "RecordContent",
	.size = sizeof(struct record_content),
	.doc = "What is put into a unit or taken out of it: so much of a lot, a single pack, or a unit",
	.fields =
		(const struct field[]){
			STRING(struct record_content, lot, "lot", .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Lot in any spelling"),
			STRING(struct record_content, item, "item", .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Single pack, by its own code"),
			STRING(struct record_content, unit, "unit", .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Unit in any spelling"),
			OBJECT(struct record_content, quantity, "quantity", &quantity_shape,
			       struct record_quantity, .flags = OPTIONAL,
			       .doc = "Of a lot; absent: all that the party has, unload: all that is in the "
				      "unit"),
			END_OF_SHAPE,
		},
};
static const struct shape position_shape = {
	.name = "Position",
	.size = sizeof(struct record_position),
	.doc = "Where the device was (WGS 84)",
	.fields =
		(const struct field[]){
			DECIMAL(struct record_position, lat, "lat", .flags = SIGNED,
				.max_len = MAX_NUMBER_BYTES, .doc = "Degrees north"),
			DECIMAL(struct record_position, lon, "lon", .flags = SIGNED,
				.max_len = MAX_NUMBER_BYTES, .doc = "Degrees east"),
			INTEGER(struct record_position, accuracy_m, "accuracyM", .flags = OPTIONAL, .min = 0,
				.max = 1000000, .doc = "Radius of 68 % confidence, m"),
			END_OF_SHAPE,
		},
};
static const struct shape reading_shape = {
	.name = "TemperatureReading",
	.size = sizeof(struct record_reading),
	.doc = "One temperature",
	.fields =
		(const struct field[]){
			TIME(struct record_reading, time, "time", .doc = "When it was read"),
			DECIMAL(struct record_reading, value, "value", .flags = SIGNED,
				.max_len = MAX_NUMBER_BYTES, .doc = "Degrees Celsius"),
			END_OF_SHAPE,
		},
};
static const struct shape shortage_shape = {
	.name = "Shortage",
	.size = sizeof(struct record_shortage),
	.doc = "What did not arrive, and why",
	.fields =
		(const struct field[]){
			OBJECT(struct record_shortage, quantity, "quantity", &quantity_shape,
			       struct record_quantity, .doc = "How much is missing"),
			STRING(struct record_shortage, reason, "reason", .flags = OPTIONAL,
			       .max_len = MAX_REASON_BYTES, .min_len = 1,
			       .doc = "Why, as far as the receiver knows"),
			END_OF_SHAPE,
		},
};
static const struct shape document_shape = {
	.name = "Document",
	.size = sizeof(struct record_document),
	.doc = "A paper or file that goes with the record",
	.fields =
		(const struct field[]){
			STRING(struct record_document, type, "type", .flags = OPTIONAL, .min_len = 1,
			       .max_len = 64,
			       .doc = "CBV business transaction type: bol, desadv, inv, po, cert, testres … "
				      "or a word of one's own"),
			STRING(struct record_document, number, "number", .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Its number or URI"),
			END_OF_SHAPE,
		},
};

static const struct shape result_shape = {
	.name = "TestResult",
	.size = sizeof(struct record_result),
	.doc = "What a test says of one substance",
	.fields =
		(const struct field[]){
			STRING(struct record_result, substance, "substance", .min_len = 1,
			       .doc = "Name of the substance, Chinese or English"),
			DECIMAL(struct record_result, value, "value", .flags = OPTIONAL | SIGNED,
				.max_len = MAX_NUMBER_BYTES,
				.doc = "How much; absent where nothing was found"),
			STRING(struct record_result, unit, "unit", .flags = OPTIONAL, .min_len = 1,
			       .max_len = 16, .doc = "mg/kg, ug/kg, mg/L, ug/L, % …"),
			BOOLEAN(struct record_result, detected, "detected",
				.doc = "Found, at or above the limit of detection"),
			DECIMAL(struct record_result, limit_of_detection, "limitOfDetection",
				.flags = OPTIONAL | SIGNED, .max_len = MAX_NUMBER_BYTES,
				.doc = "In the same unit"),
			END_OF_SHAPE,
		},
};
static const char *const test_kinds[] = {"rapid", "lab", NULL};
static const char *const test_outcomes[] = {"negative", "positive", "invalid", NULL};
static const char *const certify_forms[] = {"producer", "buyer", NULL};
static const char *const certify_bases[] = {"quality_control", "own_test", "commissioned_test", NULL};
static const char *const entry_modes[] = {"field", "paper", "import", NULL};

const struct field record_fields[MEMBER_COUNT + 1] = {
	[MEMBER_ID] = UUID(struct record, id, "id", .flags = OPTIONAL,
			   .doc = "Identity of the record for ever (UUIDv7); made when absent"),
	[MEMBER_TYPE] = STRING(struct record, type, "type", .min_len = 1, .max_len = 32,
			       .doc = "What was done: harvest, ship …"),
	[MEMBER_TIME] = TIME(struct record, time, "time", .flags = OPTIONAL,
			     .doc = "When it was done, with offset; only correct may leave it out: now"),
	[MEMBER_PARTY] = STRING(struct record, party, "party", .flags = OPTIONAL, .min_len = 1,
				.max_len = MAX_REFERENCE_BYTES, .doc = "Who acted; default: the key's party"),
	[MEMBER_SITE] =
		STRING(struct record, site, "site", .flags = OPTIONAL, .min_len = 1,
		       .max_len = MAX_REFERENCE_BYTES, .doc = "Where: plot, house, pond, packhouse …"),
	[MEMBER_SITES] = STRINGS(struct record, sites, "sites", .flags = OPTIONAL, .min_len = 1,
				 .max_len = MAX_SITES, .doc = "Several plots of one harvest"),
	[MEMBER_LOT] = STRING(struct record, lot, "lot", .flags = OPTIONAL, .min_len = 1,
			      .max_len = MAX_REFERENCE_BYTES,
			      .doc = "The lot concerned; harvest: its own number, made when absent"),
	[MEMBER_PRODUCT] = STRING(struct record, product, "product", .flags = OPTIONAL, .min_len = 1,
				  .max_len = MAX_REFERENCE_BYTES,
				  .doc = "Product harvested, or input used (registered name or number)"),
	[MEMBER_QUANTITY] = OBJECT(struct record, quantity, "quantity", &quantity_shape,
				   struct record_quantity, .flags = OPTIONAL, .doc = "How much"),
	[MEMBER_INPUTS] = LIST(struct record, inputs, "inputs", &lot_shape, .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_LOTS, .doc = "What went in"),
	[MEMBER_OUTPUTS] = LIST(struct record, outputs, "outputs", &output_shape, .flags = OPTIONAL,
				.min_len = 1, .max_len = MAX_LOTS, .doc = "What came out"),
	[MEMBER_LOTS] = LIST(struct record, lots, "lots", &lot_shape, .flags = OPTIONAL, .min_len = 1,
			     .max_len = MAX_LOTS, .doc = "The lots concerned"),
	[MEMBER_UNITS] =
		STRINGS(struct record, units, "units", .flags = OPTIONAL, .min_len = 1, .max_len = MAX_LOTS,
			.doc = "Crates, boxes, pallets whose contents are meant: SSCC or own number"),
	[MEMBER_ITEMS] =
		STRINGS(struct record, packs, "items", .flags = OPTIONAL, .min_len = 1, .max_len = MAX_ITEMS,
			.doc = "Single packs by their own codes: code, Digital Link, URN or page; each "
			       "is so much of its lot as was said when its code was issued"),
	[MEMBER_UNIT] =
		STRING(struct record, unit, "unit", .flags = OPTIONAL, .min_len = 1,
		       .max_len = MAX_REFERENCE_BYTES,
		       .doc = "What is loaded or unloaded: SSCC as a Digital Link or URN, or own number"),
	[MEMBER_CONTENTS] =
		LIST(struct record, contents, "contents", &content_shape, .flags = OPTIONAL, .min_len = 1,
		     .max_len = MAX_LOTS, .doc = "What went in or out; unload without it empties the unit"),
	[MEMBER_ACTIVE] = STRINGS(struct record, active, "active", .flags = OPTIONAL, .min_len = 1,
				  .max_len = MAX_ACTIVES, .doc = "Active substances of the input"),
	[MEMBER_DOSE] = JSON_VALUE(struct record, dose, "dose", .flags = OPTIONAL,
				   .doc = "Text, or {value, unit, per}"),
	[MEMBER_TARGET] = STRING(struct record, target, "target", .flags = OPTIONAL, .min_len = 1,
				 .doc = "Pest or disease"),
	[MEMBER_UNTIL] =
		TIME(struct record, until, "until", .flags = OPTIONAL, .doc = "End of a use that takes days"),
	[MEMBER_HARVESTER] = STRING(struct record, harvester, "harvester", .flags = OPTIONAL, .min_len = 1,
				    .doc = "Who harvested; personal, never public"),
	[MEMBER_ANIMALS] = STRINGS(struct record, animals, "animals", .flags = OPTIONAL, .min_len = 1,
				   .max_len = MAX_ANIMALS, .doc = "Ear tags"),
	[MEMBER_QUARANTINE] =
		STRING(struct record, quarantine_certificate, "quarantineCertificate", .flags = OPTIONAL,
		       .min_len = 1, .doc = "Number of the quarantine certificate"),
	[MEMBER_TO] = STRING(struct record, to, "to", .flags = OPTIONAL, .min_len = 1,
			     .max_len = MAX_REFERENCE_BYTES,
			     .doc = "Party that is to receive; return: who sent it, where that is not clear"),
	[MEMBER_FROM] = STRING(struct record, from, "from", .flags = OPTIONAL, .min_len = 1,
			       .max_len = MAX_REFERENCE_BYTES, .doc = "Party that sends or sent"),
	[MEMBER_VEHICLE] = STRING(struct record, vehicle, "vehicle", .flags = OPTIONAL, .min_len = 1,
				  .doc = "Number plate or registered vehicle"),
	[MEMBER_SHIPMENT] =
		STRING(struct record, shipment, "shipment", .flags = OPTIONAL, .min_len = 1,
		       .max_len = MAX_REFERENCE_BYTES,
		       .doc = "The shipment that arrived, or the id of the record that shipped it"),
	[MEMBER_SHORTAGE] = OBJECT(struct record, shortage, "shortage", &shortage_shape,
				   struct record_shortage, .flags = OPTIONAL, .doc = "What did not arrive"),
	[MEMBER_TEMPERATURE] =
		LIST(struct record, temperature, "temperature", &reading_shape, .flags = OPTIONAL,
		     .min_len = 1, .max_len = MAX_READINGS, .doc = "Temperatures on the way"),
	[MEMBER_CHANNEL] = STRING(struct record, channel, "channel", .flags = OPTIONAL, .min_len = 1,
				  .max_len = 64, .doc = "Where it is sold: market, shop, online …"),
	[MEMBER_REASON] = STRING(struct record, reason, "reason", .flags = OPTIONAL, .min_len = 1,
				 .max_len = MAX_REASON_BYTES, .doc = "Why"),
	[MEMBER_FINDINGS] = STRINGS(struct record, findings, "findings", .flags = OPTIONAL, .min_len = 1,
				    .max_len = MAX_FINDINGS, .doc = "What the inspector saw; never public"),
	[MEMBER_SAMPLE] =
		JSON_VALUE(struct record, sample, "sample", .flags = OPTIONAL,
			   .doc = "sample: {id, takenAt, taker, quantity}, the number unique within the "
				  "party, who took it never public. test: that number, or the id of the "
				  "record that took it"),
	[MEMBER_KIND] = WORD(struct record, kind, "kind", test_kinds, .flags = OPTIONAL,
			     .doc = "Rapid test, or of a laboratory"),
	[MEMBER_SUBJECT] = STRING(struct record, subject, "subject", .flags = OPTIONAL, .min_len = 1,
				  .doc = "What was tested, where it is no lot: never public"),
	[MEMBER_OUTCOME] = WORD(struct record, outcome, "outcome", test_outcomes, .flags = OPTIONAL,
				.doc = "What the tester concludes"),
	[MEMBER_RESULTS] = LIST(struct record, results, "results", &result_shape, .flags = OPTIONAL,
				.min_len = 1, .max_len = MAX_RESULTS, .doc = "One entry a substance"),
	[MEMBER_INHIBITION] =
		DECIMAL(struct record, inhibition, "inhibition", .flags = OPTIONAL | SIGNED,
			.max_len = MAX_NUMBER_BYTES, .doc = "Of an enzyme test, per cent, -100 to 100"),
	[MEMBER_METHOD] = STRING(struct record, method, "method", .flags = OPTIONAL, .min_len = 1,
				 .doc = "Method or its standard"),
	[MEMBER_LAB] = STRING(struct record, lab, "lab", .flags = OPTIONAL, .min_len = 1,
			      .doc = "Laboratory, as on the report"),
	[MEMBER_REPORT] = STRING(struct record, report, "report", .flags = OPTIONAL, .min_len = 1,
				 .max_len = MAX_REFERENCE_BYTES, .doc = "Number or URI of the report"),
	[MEMBER_NOTIFIED_AT] = TIME(struct record, notified_at, "notifiedAt", .flags = OPTIONAL,
				    .doc = "When the holder was told: the time to ask for a re-test begins"),
	[MEMBER_FORM] = WORD(struct record, form, "form", certify_forms, .flags = OPTIONAL,
			     .doc = "Which of the two fixed forms of the compliance certificate"),
	[MEMBER_BASIS] = STRINGS(struct record, basis, "basis", .flags = OPTIONAL, .min_len = 1, .max_len = 3,
				 .words = certify_bases, .doc = "What the promise rests on"),
	[MEMBER_EVENT] = UUID(struct record, event, "event", .flags = OPTIONAL,
			      .doc = "correct: the record that was wrong"),
	[MEMBER_REPLACEMENT] = OBJECT(
		struct record, replacement, "replacement", &record_shape, struct record, .flags = OPTIONAL,
		.doc = "correct: the whole record as it should have been; without it nothing of the kind "
		       "happened"),
	[MEMBER_DOCUMENTS] = LIST(struct record, documents, "documents", &document_shape, .flags = OPTIONAL,
				  .min_len = 1, .max_len = MAX_DOCUMENTS, .doc = "Papers that go with it"),
	[MEMBER_NOTE] =
		STRING(struct record, note, "note", .flags = OPTIONAL, .min_len = 1,
		       .max_len = MAX_NOTE_BYTES, .doc = "Remark, at most 1,000 characters; never public"),
	[MEMBER_POSITION] =
		OBJECT(struct record, position, "position", &position_shape, struct record_position,
		       .flags = OPTIONAL, .doc = "Position of the device; never public"),
	[MEMBER_DEVICE] = STRING(struct record, device, "device", .flags = OPTIONAL, .min_len = 1,
				 .doc = "Device; never public"),
	[MEMBER_DEVICE_TIME] =
		TIME(struct record, device_time, "deviceTime", .flags = OPTIONAL,
		     .doc = "The device's clock when it was entered; a record that says so may lie ahead"),
	[MEMBER_ENTRY_MODE] = WORD(struct record, entry_mode, "entryMode", entry_modes, .flags = OPTIONAL,
				   .doc = "Entered in the field, from paper, or by import"),
	[MEMBER_COUNT] = END_OF_SHAPE,
};

const struct shape record_shape = {
	.name = "Record",
	.size = sizeof(struct record),
	.fields = record_fields,
	.doc = "One thing that was done, in farm words; allOf says which members a type takes and needs",
	.put_rules = record_schema_put,
};

bool record_has(const struct record *record, enum record_member member)
{
	const struct field *field = &record_fields[member];
	const char *at = (const char *)record + field->offset;

	switch (field->kind) {
	case FIELD_STR:
	case FIELD_WORD:
	case FIELD_DECIMAL:
	case FIELD_RAW:
		return ((const struct str *)(const void *)at)->at != NULL;
	case FIELD_LIST:
		return ((const struct list *)(const void *)at)->count > 0;
	case FIELD_STRS:
		return ((const struct str_list *)(const void *)at)->count > 0;
	case FIELD_TIME:
		return ((const struct instant *)(const void *)at)->at_us != 0;
	case FIELD_UUID:
		return !uuid_is_nil(*(const struct uuid *)(const void *)at);
	case FIELD_OBJECT:
	case FIELD_JSON:
		return *(const void *const *)(const void *)at != NULL;
	case FIELD_INT:
	case FIELD_BOOL:
		break;
	}
	return false;
}

enum problem fault_within(struct fault *reterr, enum problem p, const char *name, size_t index)
{
	struct fault inner = *reterr;

	if (index == NO_INDEX)
		(void)fault_set(reterr, p, inner.rule, "/%s%s", name, inner.pointer);
	else
		(void)fault_set(reterr, p, inner.rule, "/%s/%zu%s", name, index, inner.pointer);
	reterr->value = inner.value;
	reterr->detail = inner.detail;
	return p;
}

static enum problem text_check(struct str text, bool line_breaks, struct fault *reterr)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.at[i];

		if ((c < 0x20 || c == 0x7f) && !(line_breaks && (c == '\n' || c == '\r' || c == '\t')))
			return fault_set(reterr, PROBLEM_FIELD_RANGE, "controlCharacter", "%s", "");
	}
	return PROBLEM_NONE;
}

/* The texts of one member; the pointer of a fault is within the member. */
static enum problem texts_check(const struct field *field, const void *at, struct fault *reterr)
{
	const struct str_list *texts = at;
	enum problem p = PROBLEM_NONE;

	if (field->kind == FIELD_STR || field->kind == FIELD_DECIMAL)
		return text_check(*(const struct str *)at, strcmp(field->name, "note") == 0, reterr);
	if (field->kind != FIELD_STRS)
		return PROBLEM_NONE; /* words are of a list; the dose is checked where its form is */
	for (size_t i = 0; !p && i < texts->count; i++) {
		p = text_check(texts->items[i], false, reterr);
		if (p)
			(void)fault_set(reterr, p, reterr->rule, "/%zu", i);
	}
	return p;
}

enum problem record_texts_check(const struct shape *shape, const void *value, struct fault *reterr)
{
	enum problem p = PROBLEM_NONE;

	for (const struct field *field = shape->fields; !p && field->name != NULL; field++) {
		const void *at = (const char *)value + field->offset;

		if (field->kind == FIELD_LIST) {
			const struct list *list = at;

			for (size_t i = 0; !p && i < list->count; i++) {
				p = record_texts_check(
					field->of, (const char *)list->items + i * field->of->size, reterr);
				if (p)
					return fault_within(reterr, p, field->name, i);
			}
		} else if (field->kind == FIELD_OBJECT) {
			const void *object = *(const void *const *)at;

			p = object != NULL ? record_texts_check(field->of, object, reterr) : PROBLEM_NONE;
		} else {
			p = texts_check(field, at, reterr);
		}
		if (p)
			return fault_within(reterr, p, field->name, NO_INDEX);
	}
	return PROBLEM_NONE;
}
