/* SPDX-License-Identifier: Apache-2.0
 * The kinds of native records and what makes one acceptable before anything else is known. */
#include "record_priv.h"

#include "ft/base/text.h"

enum { MAX_NOTE_CHARACTERS = 1000, MAX_DOSE_BYTES = 256 };

#define B(m) MEMBER_BIT(MEMBER_##m)
#define COMMON \
	(B(ID) | B(TYPE) | B(TIME) | B(PARTY) | B(SITE) | B(DOCUMENTS) | B(NOTE) | B(POSITION) | B(DEVICE) | \
	 B(DEVICE_TIME) | B(ENTRY_MODE))
#define ANIMAL_MEMBERS (B(LOT) | B(QUANTITY) | B(ANIMALS) | B(QUARANTINE) | B(REASON))
#define INPUT_MEMBERS (B(LOT) | B(PRODUCT) | B(ACTIVE) | B(DOSE) | B(TARGET) | B(UNTIL) | B(ANIMALS))
#define SITE_OR_LOT \
	{ \
		B(SITE) | B(LOT) \
	}

#define OBSERVE(w, zh, en) \
	{ \
		w, RECORD_OBSERVE, "ObjectEvent", "OBSERVE", "other", NULL, zh, en \
	}
#define CREATE(w, zh, en) \
	{ \
		w, RECORD_CREATE, "ObjectEvent", "ADD", "creating_class_instance", "active", zh, en \
	}
#define TRANSFORM(w, zh, en) \
	{ \
		w, RECORD_TRANSFORM, "TransformationEvent", NULL, "creating_class_instance", "active", zh, \
			en \
	}

#define STORE(w, zh, en) \
	{ \
		w, RECORD_STORE, "ObjectEvent", "OBSERVE", "storing", "in_progress", zh, en \
	}
#define LOOK_AS(w, class, step, disposition, zh, en) \
	{ \
		w, class, "ObjectEvent", "OBSERVE", step, disposition, zh, en \
	}
#define LOOK(w, step, disposition, zh, en) LOOK_AS(w, RECORD_LOOK, step, disposition, zh, en)
#define LOTS_OR_SITE \
	{ \
		B(LOTS) | B(UNITS) | B(ITEMS) | B(SITE) \
	}
#define GOODS (B(LOTS) | B(UNITS) | B(ITEMS))
#define SOURCES (B(INPUTS) | B(UNITS) | B(ITEMS))

/* To add a type: one row in byte order of the word; name what it takes and needs beyond COMMON; add the word
 * to the cases of tests/unit/core/test_record.c and the row to the table in the manual. */
static const struct record_rule rules[] = {
	{OBSERVE("birth", "出生", "Birth"), ANIMAL_MEMBERS, 0, SITE_OR_LOT},
	{CREATE("catch", "捕捞", "Catch"),
	 B(SITES) | B(LOT) | B(PRODUCT) | B(QUANTITY) | B(HARVESTER),
	 B(PRODUCT) | B(QUANTITY),
	 {B(SITE) | B(SITES)}},
	{LOOK("certify", "other", "conformant", "开具合格证", "Certify"),
	 GOODS | B(FORM) | B(BASIS),
	 B(FORM) | B(BASIS),
	 {GOODS}},
	{CREATE("collect", "收集", "Collect"),
	 B(SITES) | B(LOT) | B(PRODUCT) | B(QUANTITY) | B(HARVESTER),
	 B(PRODUCT) | B(QUANTITY),
	 {B(SITE) | B(SITES)}},
	{STORE("cool", "预冷", "Cool"), GOODS | B(TEMPERATURE), 0, {GOODS}, .measured = true},
	{{"correct", RECORD_CORRECT, NULL, NULL, NULL, NULL, "更正", "Correction"},
	 B(EVENT) | B(REASON) | B(REPLACEMENT),
	 B(EVENT) | B(REASON),
	 {0}},
	{OBSERVE("death", "死亡", "Death"), ANIMAL_MEMBERS, 0, SITE_OR_LOT},
	{{"destroy", RECORD_DESTROY, "ObjectEvent", "DELETE", "destroying", "destroyed", "销毁", "Destroy"},
	 GOODS | B(REASON),
	 B(REASON),
	 {GOODS},
	 .measured = true},
	{OBSERVE("feed", "饲喂", "Feed"), INPUT_MEMBERS, B(PRODUCT), SITE_OR_LOT},
	{CREATE("harvest", "采收", "Harvest"),
	 B(SITES) | B(LOT) | B(PRODUCT) | B(QUANTITY) | B(HARVESTER),
	 B(PRODUCT) | B(QUANTITY),
	 {B(SITE) | B(SITES)}},
	{{"hold", RECORD_HOLD, "ObjectEvent", "OBSERVE", "holding", "non_sellable_other", "暂停流通", "Hold"},
	 GOODS | B(REASON),
	 B(REASON),
	 {GOODS}},
	{LOOK("inspect", "inspecting", NULL, "检查", "Inspect"), GOODS | B(FINDINGS), 0, LOTS_OR_SITE},
	{OBSERVE("irrigate", "灌溉", "Irrigate"), INPUT_MEMBERS, 0, SITE_OR_LOT},
	{{"load", RECORD_LOAD, "AggregationEvent", "ADD", "loading", "in_progress", "装载", "Load"},
	 B(UNIT) | B(CONTENTS),
	 B(UNIT) | B(CONTENTS),
	 {0}},
	{OBSERVE("medicate", "用药", "Medicate"), INPUT_MEMBERS, B(PRODUCT), SITE_OR_LOT},
	{TRANSFORM("mix", "混批", "Mix"), SOURCES | B(OUTPUTS), B(OUTPUTS), {SOURCES}, .measured = true},
	{OBSERVE("move", "移动", "Move"), ANIMAL_MEMBERS, 0, SITE_OR_LOT},
	{TRANSFORM("pack", "包装", "Pack"), SOURCES | B(OUTPUTS), B(OUTPUTS), {SOURCES}, .measured = true},
	{OBSERVE("plant", "种植", "Plant"), INPUT_MEMBERS | B(QUANTITY), 0, SITE_OR_LOT},
	{TRANSFORM("process", "加工", "Process"),
	 SOURCES | B(OUTPUTS),
	 B(OUTPUTS),
	 {SOURCES},
	 .measured = true},
	{{"receive", RECORD_RECEIVE, "ObjectEvent", "OBSERVE", "receiving", "in_progress", "收货", "Receive"},
	 B(SHIPMENT) | GOODS | B(FROM) | B(SHORTAGE) | B(TEMPERATURE) | B(VEHICLE),
	 0,
	 {B(SHIPMENT) | GOODS, B(SHIPMENT) | B(FROM)}},
	{{"release", RECORD_RELEASE, "ObjectEvent", "OBSERVE", "other", "available", "解除暂停", "Release"},
	 GOODS | B(REASON),
	 B(REASON),
	 {GOODS}},
	{{"return", RECORD_RETURN, "ObjectEvent", "OBSERVE", "shipping", "returned", "退回", "Return"},
	 GOODS | B(TO) | B(REASON) | B(VEHICLE),
	 B(REASON),
	 {GOODS},
	 .measured = true},
	{LOOK("sample", "sampling", NULL, "抽样", "Sample"), GOODS | B(SAMPLE), B(SAMPLE), LOTS_OR_SITE},
	{{"sell", RECORD_SELL, "ObjectEvent", "OBSERVE", "retail_selling", "retail_sold", "销售", "Sell"},
	 GOODS | B(CHANNEL),
	 0,
	 {GOODS},
	 .measured = true},
	{{"ship", RECORD_SHIP, "ObjectEvent", "OBSERVE", "shipping", "in_transit", "发货", "Ship"},
	 GOODS | B(TO) | B(FROM) | B(VEHICLE),
	 B(TO),
	 {GOODS},
	 .measured = true},
	{TRANSFORM("slaughter", "屠宰", "Slaughter"),
	 SOURCES | B(OUTPUTS) | B(ANIMALS) | B(QUARANTINE),
	 B(OUTPUTS),
	 {SOURCES},
	 .measured = true},
	{TRANSFORM("split", "分批", "Split"), SOURCES | B(OUTPUTS), B(OUTPUTS), {SOURCES}, .measured = true},
	{STORE("store", "入库贮存", "Store"), GOODS | B(TEMPERATURE), 0, {GOODS}, .measured = true},
	{LOOK_AS("test", RECORD_TEST, "inspecting", NULL, "检测", "Test"),
	 B(LOT) | B(SAMPLE) | B(KIND) | B(SUBJECT) | B(OUTCOME) | B(RESULTS) | B(INHIBITION) | B(METHOD) |
		 B(LAB) | B(REPORT) | B(NOTIFIED_AT),
	 B(KIND) | B(OUTCOME),
	 {B(LOT) | B(SAMPLE) | B(SUBJECT)}},
	{OBSERVE("treat", "植保用药", "Treat"), INPUT_MEMBERS, B(PRODUCT), SITE_OR_LOT},
	{{"unload", RECORD_UNLOAD, "AggregationEvent", "DELETE", "unloading", "in_progress", "卸载",
	  "Unload"},
	 B(UNIT) | B(CONTENTS),
	 B(UNIT),
	 {0}},
};
enum { RULE_COUNT = sizeof rules / sizeof rules[0] };

const struct record_kind *record_kind_find(struct str word)
{
	size_t low = 0, high = RULE_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = str_compare(word, str_of(rules[middle].kind.word));

		if (order == 0)
			return &rules[middle].kind;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct record_kind *record_kind_at(size_t index)
{
	return index < RULE_COUNT ? &rules[index].kind : NULL;
}

bool record_sends(const struct record_kind *kind)
{
	return kind->class == RECORD_SHIP || kind->class == RECORD_RETURN;
}

const char *record_disposition(const struct record_kind *kind, const struct record *record)
{
	if (kind->class != RECORD_TEST)
		return kind->disposition;
	if (str_equal(record->outcome, STR("negative")))
		return "conformant";
	return str_equal(record->outcome, STR("positive")) ? "non_conformant" : NULL;
}

const struct record_rule *record_rule_of(const struct record_kind *kind)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		if (&rules[i].kind == kind)
			return &rules[i];
	return NULL;
}

/* A correction is made nowhere, and no paper goes with it. */
uint64_t record_members_taken(const struct record_rule *rule)
{
	const uint64_t common = rule->kind.class == RECORD_CORRECT
					? COMMON & ~(B(SITE) | B(DOCUMENTS) | B(POSITION))
					: COMMON;
	return common | rule->takes;
}

uint64_t record_members_needed(const struct record_rule *rule)
{
	return rule->needs | B(TYPE) | (rule->kind.class == RECORD_CORRECT ? 0 : B(TIME));
}

static enum problem refuse(struct fault *reterr, enum problem p, const char *rule, const char *pointer,
			   struct str value)
{
	(void)fault_set(reterr, p, rule, "%s", pointer);
	reterr->value = value;
	return p;
}

static enum problem members_check(const struct record *record, const struct record_rule *rule,
				  struct fault *reterr)
{
	const uint64_t takes = record_members_taken(rule), needs = record_members_needed(rule);
	uint64_t has = 0;

	for (unsigned m = 0; m < MEMBER_COUNT; m++)
		if (record_has(record, m))
			has |= MEMBER_BIT(m);
	for (unsigned m = 0; m < MEMBER_COUNT; m++) {
		if (needs & ~has & MEMBER_BIT(m))
			return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/%s",
					 record_fields[m].name);
		if (has & ~takes & MEMBER_BIT(m))
			return fault_set(reterr, PROBLEM_FIELD_UNKNOWN, "type", "/%s", record_fields[m].name);
	}
	for (size_t set = 0; set < 2; set++) {
		uint64_t one = rule->needs_one[set];

		if (one == 0 || (has & one))
			continue;
		for (unsigned m = 0; m < MEMBER_COUNT; m++)
			if (one & MEMBER_BIT(m))
				return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/%s",
						 record_fields[m].name);
	}
	return PROBLEM_NONE;
}

static enum problem amount_check(const struct record_quantity *quantity, struct fault *reterr,
				 struct quantity *ret)
{
	enum problem p = quantity_of(quantity->value, quantity->unit, ret);

	if (!p)
		return PROBLEM_NONE;
	if (p != PROBLEM_UNIT_UNKNOWN)
		return refuse(reterr, p, "quantity", "/value", quantity->value);
	(void)refuse(reterr, p, "unit", "/unit", quantity->unit);
	reterr->detail = unit_hint(quantity->unit);
	return p;
}

static enum problem quantity_check(const struct record_quantity *quantity, struct fault *reterr)
{
	struct quantity amount, net;
	enum problem p;

	if (quantity == NULL)
		return PROBLEM_NONE;
	p = amount_check(quantity, reterr, &amount);
	if (p || quantity->net == NULL)
		return p;
	p = amount_check(quantity->net, reterr, &net);
	if (p)
		return fault_within(reterr, p, "net", NO_INDEX);
	/* A net of the same dimension would be a second, contradicting amount. */
	if (net.unit->dimension == amount.unit->dimension || net.unit->dimension == DIMENSION_PACKAGE)
		return refuse(reterr, PROBLEM_UNIT_DIMENSION, "net", "/net/unit", quantity->net->unit);
	return PROBLEM_NONE;
}

static enum problem lots_check(const struct list *list, const char *name, bool measured, struct fault *reterr)
{
	const struct record_lot *lots = list->items;

	for (size_t i = 0; i < list->count; i++) {
		enum problem p = quantity_check(lots[i].quantity, reterr);

		if (measured && lots[i].quantity == NULL)
			return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/%s/%zu/quantity", name,
					 i);

		if (p)
			return fault_within(reterr, fault_within(reterr, p, "quantity", NO_INDEX), name, i);
		for (size_t k = 0; k < i; k++)
			if (str_equal(lots[k].lot, lots[i].lot))
				return fault_within(
					reterr,
					refuse(reterr, PROBLEM_FIELD_RANGE, "unique", "/lot", lots[i].lot),
					name, i);
	}
	return PROBLEM_NONE;
}

static enum problem contents_check(const struct list *list, struct fault *reterr)
{
	const struct record_content *contents = list->items;

	for (size_t i = 0; i < list->count; i++) {
		bool lot = contents[i].lot.at != NULL, unit = contents[i].unit.at != NULL;
		bool item = contents[i].item.at != NULL;
		enum problem p = quantity_check(contents[i].quantity, reterr);

		if (p)
			return fault_within(reterr, fault_within(reterr, p, "quantity", NO_INDEX), "contents",
					    i);
		if (lot + unit + item != 1)
			return fault_set(reterr, lot || unit ? PROBLEM_FIELD_UNKNOWN : PROBLEM_FIELD_MISSING,
					 "one of lot, item and unit", "/contents/%zu/%s", i,
					 lot && unit   ? "unit"
					 : lot || unit ? "item"
						       : "lot");
		if (!lot && contents[i].quantity != NULL)
			return fault_set(reterr, PROBLEM_FIELD_UNKNOWN, "type", "/contents/%zu/quantity", i);
	}
	return PROBLEM_NONE;
}

static enum problem outputs_check(const struct list *list, struct fault *reterr)
{
	const struct record_output *outputs = list->items;

	for (size_t i = 0; i < list->count; i++) {
		struct str lot = outputs[i].lot;
		enum problem p = quantity_check(outputs[i].quantity, reterr);

		if (p)
			return fault_within(reterr, fault_within(reterr, p, "quantity", NO_INDEX), "outputs",
					    i);
		for (size_t k = 0; lot.at != NULL && k < i; k++)
			if (outputs[k].lot.at != NULL && str_equal(outputs[k].lot, lot))
				return fault_within(
					reterr, refuse(reterr, PROBLEM_FIELD_RANGE, "unique", "/lot", lot),
					"outputs", i);
	}
	return PROBLEM_NONE;
}

static enum problem quantities_check(const struct record *record, bool measured, struct fault *reterr)
{
	enum problem p = quantity_check(record->quantity, reterr);

	if (p)
		return fault_within(reterr, p, "quantity", NO_INDEX);
	if (record->shortage != NULL) {
		p = quantity_check(record->shortage->quantity, reterr);
		if (p)
			return fault_within(reterr, fault_within(reterr, p, "quantity", NO_INDEX), "shortage",
					    NO_INDEX);
	}
	p = lots_check(&record->inputs, "inputs", measured, reterr);
	if (!p)
		p = outputs_check(&record->outputs, reterr);
	if (!p && record->inputs.count * record->outputs.count > RECORD_MAX_EDGES) {
		(void)fault_set(reterr, PROBLEM_FIELD_RANGE, "maximum", "/outputs");
		reterr->detail = STR("inputs times outputs: at most 5000");
		return PROBLEM_FIELD_RANGE;
	}
	if (!p)
		p = lots_check(&record->lots, "lots", measured, reterr);
	if (!p)
		p = contents_check(&record->contents, reterr);
	return p;
}

/* Rules for the marks of livestock (Ministry of Agriculture, order 67 of 2006). */
static bool is_ear_tag(struct str tag)
{
	enum { TAG_DIGITS = 15 };

	for (size_t i = 0; i < tag.len; i++)
		if (tag.at[i] < '0' || tag.at[i] > '9')
			return false;
	return tag.len == TAG_DIGITS && tag.at[0] >= '1' && tag.at[0] <= '3';
}

static enum problem animals_check(const struct str_list *animals, struct fault *reterr)
{
	for (size_t i = 0; i < animals->count; i++) {
		struct str tag = animals->items[i];

		if (!is_ear_tag(tag)) {
			(void)fault_set(reterr, PROBLEM_EAR_TAG, "ear-tag", "/animals/%zu", i);
			reterr->value = tag;
			return PROBLEM_EAR_TAG;
		}
		for (size_t k = 0; k < i; k++)
			if (str_equal(animals->items[k], tag))
				return fault_set(reterr, PROBLEM_FIELD_RANGE, "unique", "/animals/%zu", i);
	}
	return PROBLEM_NONE;
}

bool record_lies_ahead(const struct record *record, usec_t now_us)
{
	const struct record_reading *readings = record->temperature.items;
	bool ahead = record->time.at_us > now_us + RECORD_GRACE_S * USEC_PER_SEC;

	for (size_t i = 0; i < record->temperature.count; i++)
		ahead |= readings[i].time.at_us > now_us + RECORD_GRACE_S * USEC_PER_SEC;
	return ahead;
}

static enum problem times_check(const struct record *record, usec_t now_us, struct fault *reterr)
{
	const struct record_reading *readings = record->temperature.items;
	bool may_lie_ahead = record->device_time.at_us != 0;

	if (!may_lie_ahead && record->time.at_us > now_us + RECORD_GRACE_S * USEC_PER_SEC)
		return fault_set(reterr, PROBLEM_TIME_FUTURE, "future", "/time");
	if (!may_lie_ahead && record->notified_at.at_us > now_us + RECORD_GRACE_S * USEC_PER_SEC)
		return fault_set(reterr, PROBLEM_TIME_FUTURE, "future", "/notifiedAt");
	if (record->until.at_us != 0 && record->until.at_us < record->time.at_us)
		return fault_set(reterr, PROBLEM_TIME_ORDER, "order", "/until");
	for (size_t i = 0; i < record->temperature.count; i++)
		if (!may_lie_ahead && readings[i].time.at_us > now_us + RECORD_GRACE_S * USEC_PER_SEC)
			return fault_set(reterr, PROBLEM_TIME_FUTURE, "future", "/temperature/%zu/time", i);
	return PROBLEM_NONE;
}

static enum problem decimal_between(struct str text, int64_t min, int64_t max, const char *pointer,
				    struct fault *reterr)
{
	struct decimal d;

	if (!decimal_parse(text, &d))
		return refuse(reterr, PROBLEM_QUANTITY_SYNTAX, "decimal", pointer, text);
	if (decimal_compare(d, decimal_of(min)) < 0 || decimal_compare(d, decimal_of(max)) > 0)
		return refuse(reterr, PROBLEM_FIELD_RANGE, "range", pointer, text);
	return PROBLEM_NONE;
}

/* What was found has a value or at least was found; "not detected: 0.3" contradicts itself unless it lies below the limit
 * of detection. */
static enum problem result_check(const struct record_result *result, size_t index, struct fault *reterr)
{
	struct decimal value, limit;
	enum problem p = PROBLEM_NONE;

	if (result->value.at != NULL)
		p = decimal_between(result->value, 0, INT32_MAX, "/value", reterr);
	if (!p && result->limit_of_detection.at != NULL)
		p = decimal_between(result->limit_of_detection, 0, INT32_MAX, "/limitOfDetection", reterr);
	if (!p && result->value.at != NULL && result->unit.at == NULL)
		p = fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/unit");
	if (!p && !result->detected && decimal_parse(result->value, &value) &&
	    decimal_compare(value, decimal_of(0)) > 0 &&
	    (!decimal_parse(result->limit_of_detection, &limit) || decimal_compare(value, limit) >= 0))
		p = fault_set(reterr, PROBLEM_FIELD_RANGE, "contradiction", "/detected");
	return p ? fault_within(reterr, p, "results", index) : PROBLEM_NONE;
}

static enum problem measures_check(const struct record *record, struct fault *reterr)
{
	const struct record_reading *readings = record->temperature.items;
	enum problem p = PROBLEM_NONE;

	if (record->position != NULL) {
		p = decimal_between(record->position->lat, -90, 90, "/position/lat", reterr);
		if (!p)
			p = decimal_between(record->position->lon, -180, 180, "/position/lon", reterr);
	}
	if (!p && record->inhibition.at != NULL)
		p = decimal_between(record->inhibition, -100, 100, "/inhibition", reterr);
	for (size_t i = 0; !p && i < record->results.count; i++)
		p = result_check(&((const struct record_result *)record->results.items)[i], i, reterr);
	for (size_t i = 0; !p && i < record->temperature.count; i++) {
		p = decimal_between(readings[i].value, -273, 1000, "/value", reterr);
		if (p)
			return fault_within(reterr, p, "temperature", i);
	}
	return p;
}

static bool is_plain_text(const struct json *value)
{
	if (value->kind != JSON_STRING || value->text.len == 0 || value->text.len > MAX_DOSE_BYTES)
		return false;
	for (size_t i = 0; i < value->text.len; i++)
		if ((unsigned char)value->text.at[i] < 0x20 || value->text.at[i] == 0x7f)
			return false;
	return true;
}

/* Text ("2 g per 15 L, twice"), or {value, unit, per}: doses are told in more units than goods are. */
static enum problem dose_check(const struct json *dose, struct fault *reterr)
{
	struct decimal value;

	if (dose == NULL || (dose->kind == JSON_STRING && is_plain_text(dose)))
		return PROBLEM_NONE;
	if (dose->kind != JSON_OBJECT)
		return fault_set(reterr, PROBLEM_FIELD_TYPE, "type", "/dose");
	for (size_t i = 0; i < dose->count; i++) {
		const struct json_member *member = &dose->members[i];
		bool is_value = str_equal(member->name, STR("value"));

		if (!is_value && !str_equal(member->name, STR("unit")) &&
		    !str_equal(member->name, STR("per")))
			return fault_set(reterr, PROBLEM_FIELD_UNKNOWN, "unknown", "/dose/%.*s",
					 STR_ARGS(member->name));
		if (is_value ? (member->value.kind != JSON_STRING && member->value.kind != JSON_NUMBER)
			     : !is_plain_text(&member->value))
			return fault_set(reterr, PROBLEM_FIELD_TYPE, "type", "/dose/%.*s",
					 STR_ARGS(member->name));
		if (is_value &&
		    (decimal_parse_quantity(member->value.text, &value) || decimal_is_zero(value)))
			return refuse(reterr, PROBLEM_QUANTITY_SYNTAX, "quantity", "/dose/value",
				      member->value.text);
	}
	if (json_get(dose, STR("value")) == NULL || json_get(dose, STR("unit")) == NULL)
		return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "/dose/%s",
				 json_get(dose, STR("value")) == NULL ? "value" : "unit");
	return PROBLEM_NONE;
}

/* A correction is corrected by correcting its replacement, never by a correction of the correction. */
static enum problem replacement_check(const struct record *replacement, usec_t now_us, struct fault *reterr)
{
	const struct record_kind *kind;
	enum problem p;

	if (replacement == NULL)
		return PROBLEM_NONE;
	kind = record_kind_find(replacement->type);
	p = kind != NULL && kind->class == RECORD_CORRECT
		    ? refuse(reterr, PROBLEM_RECORD_TYPE, "type", "/type", replacement->type)
		    : record_check(replacement, now_us, &kind, reterr);
	return p ? fault_within(reterr, p, "replacement", NO_INDEX) : PROBLEM_NONE;
}

static enum problem sample_name_check(const struct json *sample, struct fault *reterr)
{
	return is_plain_text(sample) ? PROBLEM_NONE
				     : fault_set(reterr, PROBLEM_FIELD_TYPE, "type", "/sample");
}

enum problem record_check(const struct record *record, usec_t now_us, const struct record_kind **ret,
			  struct fault *reterr)
{
	const struct record_kind *kind = record_kind_find(record->type);
	const struct record_rule *rule;
	struct record_sample sample;
	enum problem p;

	if (kind == NULL)
		return refuse(reterr, PROBLEM_RECORD_TYPE, "type", "/type", record->type);
	rule = record_rule_of(kind);
	p = members_check(record, rule, reterr);
	if (!p)
		p = record_texts_check(&record_shape, record, reterr);
	if (!p && utf8_length(record->note) > MAX_NOTE_CHARACTERS)
		p = fault_set(reterr, PROBLEM_FIELD_RANGE, "maxLength", "/note");
	if (!p)
		p = times_check(record, now_us, reterr);
	if (!p)
		p = quantities_check(record, rule->measured, reterr);
	if (!p)
		p = animals_check(&record->animals, reterr);
	if (!p)
		p = measures_check(record, reterr);
	if (!p)
		p = dose_check(record->dose, reterr);
	if (!p && record->sample != NULL)
		p = kind->class == RECORD_TEST ? sample_name_check(record->sample, reterr)
					       : record_sample_read(record->sample, &sample, reterr);
	if (!p)
		p = replacement_check(record->replacement, now_us, reterr);
	if (p)
		return p;
	*ret = kind;
	return PROBLEM_NONE;
}
