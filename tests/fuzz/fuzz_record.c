/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a record: what is accepted becomes an event that is JSON, with views that can be made of each other. */
#include <assert.h>
#include <string.h>

#include "ft/core/epcis_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct epcis_party party = {{"https://example.cn/o/a", 22}, {{1}}, 1};
static const struct epcis_place place = {
	{"https://example.cn/o/a/f/b", 26}, {{2}}, 1, {"500102100", 9}, {"500102", 6}, false};

static struct quantity amount(const struct record_quantity *q)
{
	struct quantity quantity = {{NULL, 0}, NULL, {0}};
	enum problem p = q != NULL ? quantity_of(q->value, q->unit, &quantity) : PROBLEM_NONE;

	assert(!p);
	return quantity;
}

static struct epcis_thing thing(const struct record_quantity *q)
{
	return (struct epcis_thing){.class_uri = STR("https://example.cn/o/a/p/c/b/d"),
				    .product_uri = STR("https://example.cn/o/a/p/c"),
				    .quantity = amount(q)};
}

static void resolve(struct arena *arena, struct epcis_source *source)
{
	const struct record *record = source->record;
	const struct record_lot *inputs = record->inputs.items, *lots = record->lots.items;
	const struct record_output *outputs = record->outputs.items;
	size_t out = record->outputs.count + record->lots.count + (source->kind->class == RECORD_CREATE);
	struct epcis_thing *in_things = arena_array(arena, struct epcis_thing, record->inputs.count + 1);
	struct epcis_thing *out_things = arena_array(arena, struct epcis_thing, out + 1), *next = out_things;

	for (size_t i = 0; i < record->inputs.count; i++)
		in_things[i] = thing(inputs[i].quantity);
	for (size_t i = 0; i < record->outputs.count; i++)
		*next++ = thing(outputs[i].quantity);
	for (size_t i = 0; i < record->lots.count; i++)
		*next++ = thing(lots[i].quantity);
	if (source->kind->class == RECORD_CREATE)
		*next++ = thing(record->quantity);
	source->inputs = in_things;
	source->input_count = record->inputs.count;
	source->outputs = out_things;
	source->output_count = out;
}

/* correction: declares the event erroneous; NULL: none */
static void check(struct arena *arena, const struct record *record, const struct record_kind *kind,
		  const struct record *correction)
{
	struct epcis_source source = {.record = record,
				      .kind = kind,
				      .party = &party,
				      .recorded_by = &party,
				      .places = &place,
				      .place_count = 1,
				      .request_sha256 = STR("00")};
	struct str body, farm, township, direct;
	struct fault fault;
	struct json json;
	enum problem p;

	resolve(arena, &source);
	body = epcis_body_build(arena, &source);
	if (correction)
		body = epcis_declaration_build(arena, body,
					       &(struct epcis_error){.time = record->time,
								     .record = correction,
								     .declared_by = party.uri,
								     .request_sha256 = STR("00")});
	p = json_parse(arena, epcis_document(arena, body, 0), &json, &fault);
	assert(!p);
	p = view_of(arena, body, TIER_FARM, &farm);
	assert(!p);
	p = view_of(arena, farm, TIER_TOWNSHIP, &township);
	assert(!p);
	p = view_of(arena, body, TIER_TOWNSHIP, &direct);
	assert(!p && str_equal(direct, township));
}

static void check_record(struct arena *arena, const struct record *record, const struct record_kind *kind)
{
	const struct record *replacement = record->replacement;

	if (kind->class != RECORD_CORRECT)
		check(arena, record, kind, NULL);
	else if (replacement)
		check(arena, replacement, record_kind_find(replacement->type), record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const usec_t now_us = INT64_C(1777795200000000);
	struct arena *arena = arena_create();
	const struct record_kind *kind;
	struct record record;
	struct fault fault;
	struct json json;

	if (!json_parse(arena, (struct str){(const char *)data, size}, &json, &fault) &&
	    !shape_decode(&record_shape, arena, &json, &record, &fault) &&
	    !record_check(&record, now_us, &kind, &fault))
		check_record(arena, &record, kind);
	arena_destroy(arena);
	return 0;
}
