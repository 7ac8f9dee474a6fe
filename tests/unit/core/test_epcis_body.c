/* SPDX-License-Identifier: Apache-2.0
 * The event of a record: one worked example byte for byte, then what must hold for every kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sample.h"

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static struct record *decode(struct arena *arena, const char *text)
{
	struct record *record = arena_new(arena, struct record);
	struct json json;
	struct fault fault;

	assert_int_equal(json_parse(arena, str_of(text), &json, &fault), PROBLEM_NONE);
	assert_int_equal(shape_decode(&record_shape, arena, &json, record, &fault), PROBLEM_NONE);
	return record;
}

static struct epcis_source minimal(struct arena *arena, const char *text, const char *value, const char *unit)
{
	static const struct epcis_party coop = {{"https://farmtrail.example.cn/o/coop", 35}, {{1}}, 4};
	static const struct epcis_place plot = {{"https://farmtrail.example.cn/o/coop/f/plot-7", 44},
						{{2}},
						1,
						{"500102100", 9},
						{"500102", 6},
						false};
	struct epcis_thing *lot = arena_new(arena, struct epcis_thing);
	struct epcis_source source = {.record = decode(arena, text),
				      .party = &coop,
				      .recorded_by = &coop,
				      .places = &plot,
				      .place_count = 1,
				      .outputs = lot,
				      .output_count = 1};

	lot->class_uri = STR("https://farmtrail.example.cn/o/coop/p/greens/b/A1");
	lot->product_uri = STR("https://farmtrail.example.cn/o/coop/p/greens");
	lot->product_version = 2;
	lot->commodity = STR("vegetable/leafy/pak-choi");
	assert_int_equal(quantity_of(str_of(value), str_of(unit), &lot->quantity), PROBLEM_NONE);
	source.kind = record_kind_find(source.record->type);
	assert_true(uuid_parse(STR("0196a5b0-1c00-7abc-8def-0123456789ab"), &source.id));
	return source;
}

static void a_harvest_is_this_event_byte_for_byte(void **state)
{
	struct epcis_source source = minimal(*state,
					     "{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\","
					     "\"product\":\"greens\",\"site\":\"plot-7\","
					     "\"quantity\":{\"value\":\"62.50\",\"unit\":\"kg\"}}",
					     "62.50", "kg");

	assert_string_equal(
		epcis_body_build(*state, &source).at,
		"{\"@context\":[\"https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld\","
		"{\"farmtrail\":\"urn:farmtrail:vocab:\"}],"
		"\"type\":\"ObjectEvent\",\"eventID\":\"urn:uuid:0196a5b0-1c00-7abc-8def-0123456789ab\","
		"\"eventTime\":\"2026-05-03T08:30:00+08:00\",\"eventTimeZoneOffset\":\"+08:00\",\"action\":"
		"\"ADD\","
		"\"bizStep\":\"creating_class_instance\",\"disposition\":\"active\",\"epcList\":[],"
		"\"quantityList\":[{\"epcClass\":\"https://farmtrail.example.cn/o/coop/p/greens/b/"
		"A1\",\"quantity\":62.50,"
		"\"uom\":\"KGM\"}],"
		"\"readPoint\":{\"id\":\"https://farmtrail.example.cn/o/coop/f/plot-7\"},"
		"\"bizLocation\":{\"id\":\"https://farmtrail.example.cn/o/coop/f/plot-7\"},"
		"\"ilmd\":{\"cbvmda:harvestEndDate\":\"2026-05-03\"},"
		"\"farmtrail:record\":\"harvest\",\"farmtrail:party\":\"https://farmtrail.example.cn/o/"
		"coop\","
		"\"farmtrail:recordedBy\":\"https://farmtrail.example.cn/o/coop\","
		"\"farmtrail:places\":[{\"farmtrail:id\":\"https://farmtrail.example.cn/o/coop/f/plot-7\","
		"\"farmtrail:township\":\"500102100\",\"farmtrail:district\":\"500102\"}],"
		"\"farmtrail:products\":[{\"farmtrail:epcClass\":\"https://farmtrail.example.cn/o/coop/p/"
		"greens/b/A1\","
		"\"farmtrail:product\":\"https://farmtrail.example.cn/o/coop/p/greens\","
		"\"farmtrail:commodity\":\"vegetable/leafy/pak-choi\"}],"
		"\"farmtrail:pins\":{\"farmtrail:party\":{\"farmtrail:id\":\"https://farmtrail.example.cn/o/"
		"coop\","
		"\"farmtrail:version\":4},\"farmtrail:recordedBy\":{\"farmtrail:id\":\"https://"
		"farmtrail.example.cn/o/coop\","
		"\"farmtrail:version\":4},\"farmtrail:places\":[{\"farmtrail:id\":"
		"\"https://farmtrail.example.cn/o/coop/f/plot-7\",\"farmtrail:version\":1}],"
		"\"farmtrail:products\":[{\"farmtrail:id\":\"https://farmtrail.example.cn/o/coop/p/greens\","
		"\"farmtrail:version\":2}]}}");
}

static void an_amount_is_printed_as_written_and_jin_as_exact_kilograms(void **state)
{
	const char *text = "{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\",\"product\":"
			   "\"greens\",\"site\":\"plot-7\","
			   "\"quantity\":{\"value\":\"25\",\"unit\":\"jin\"}}";
	struct epcis_source source = minimal(*state, text, "25", "jin");
	struct str body = epcis_body_build(*state, &source);

	assert_non_null(strstr(body.at, "\"quantity\":12.5,\"uom\":\"KGM\""));
	assert_non_null(strstr(
		body.at,
		"\"farmtrail:written\":[{\"farmtrail:epcClass\":\"https://farmtrail.example.cn/o/coop/p/"
		"greens/b/A1\",\"farmtrail:value\":\"25\",\"farmtrail:unit\":\"jin\"}]"));
}

static void the_day_is_that_of_the_records_own_offset(void **state)
{
	struct epcis_source source = minimal(*state,
					     "{\"type\":\"harvest\",\"time\":\"2026-05-02T22:30:00-05:30\","
					     "\"product\":\"greens\",\"site\":\"plot-7\","
					     "\"quantity\":{\"value\":\"1\",\"unit\":\"kg\"}}",
					     "1", "kg");
	struct str body = epcis_body_build(*state, &source);

	assert_non_null(strstr(
		body.at, "\"eventTime\":\"2026-05-02T22:30:00-05:30\",\"eventTimeZoneOffset\":\"-05:30\""));
	assert_non_null(strstr(body.at, "harvestEndDate\":\"2026-05-02\""));
}

static struct json parse(struct arena *arena, struct str text)
{
	struct json json;
	struct fault fault;

	assert_int_equal(json_parse(arena, text, &json, &fault), PROBLEM_NONE);
	return json;
}

static struct str text_at(const struct json *object, const char *name)
{
	return json_text(json_get(object, str_of(name)));
}

static void a_shipment_names_both_parties_and_no_place_after_it(void **state)
{
	struct generator g = {3};
	struct epcis_source *source = sample_source(*state, &g, record_kind_find(STR("ship")));
	struct json body = parse(*state, epcis_body_build(*state, source));
	const struct json *from = json_get(&body, STR("sourceList")),
			  *to = json_get(&body, STR("destinationList"));
	const struct json *papers = json_get(&body, STR("bizTransactionList"));

	assert_null(json_get(&body, STR("bizLocation")));
	assert_true(str_equal(text_at(&from->items[0], "source"), source->party->uri));
	assert_true(str_equal(text_at(&to->items[0], "destination"), source->to->uri));
	assert_true(str_equal(text_at(&papers->items[0], "type"), STR("desadv")));
	assert_true(str_equal(text_at(&papers->items[0], "bizTransaction"), source->shipment_uri));
}

static void a_receipt_names_the_receiver_as_destination(void **state)
{
	struct generator g = {4};
	struct epcis_source *source = sample_source(*state, &g, record_kind_find(STR("receive")));
	struct json body = parse(*state, epcis_body_build(*state, source));

	assert_true(str_equal(text_at(&json_get(&body, STR("destinationList"))->items[0], "destination"),
			      source->party->uri));
	assert_int_equal(json_get(&body, STR("sourceList")) != NULL, source->from != NULL);
}

static void papers_become_uris_and_words_of_the_standard_stay_words(void **state)
{
	struct epcis_source source =
		minimal(*state,
			"{\"type\":\"sell\",\"time\":\"2026-05-03T08:30:00+08:00\",\"lots\":[{\"lot\":\"A1\","
			"\"quantity\":{\"value\":\"1\",\"unit\":\"kg\"}}],"
			"\"documents\":[{\"type\":\"inv\",\"number\":\"发票 7/1\"},{\"type\":\"weigh "
			"note\",\"number\":\"https://example.org/w?n=7\"},"
			"{\"number\":\"https://example.org/a b\"}]}",
			"1", "kg");
	struct str body = epcis_body_build(*state, &source);

	assert_non_null(strstr(body.at, "{\"type\":\"inv\",\"bizTransaction\":\"urn:farmtrail:document:%E5%"
					"8F%91%E7%A5%A8%207%2F1\"}"));
	assert_non_null(strstr(body.at, "{\"type\":\"urn:farmtrail:document-type:weigh%20note\","
					"\"bizTransaction\":\"https://example.org/w?n=7\"}"));
	assert_non_null(
		strstr(body.at,
		       "{\"bizTransaction\":\"urn:farmtrail:document:https%3A%2F%2Fexample.org%2Fa%20b\"}"));
}

static void temperatures_are_sensor_reports_with_exact_numbers(void **state)
{
	struct epcis_source source = minimal(*state,
					     "{\"type\":\"receive\",\"time\":\"2026-05-03T08:30:00+08:00\","
					     "\"shipment\":\"s\",\"temperature\":[{\"time\":"
					     "\"2026-05-03T07:00:00+08:00\",\"value\":\"-018.50\"}],"
					     "\"shortage\":{\"quantity\":{\"value\":\"3\",\"unit\":\"jin\"},"
					     "\"reason\":\"破损\"}}",
					     "1", "kg");
	struct str body = epcis_body_build(*state, &source);

	assert_non_null(strstr(body.at,
			       "\"sensorElementList\":[{\"sensorReport\":[{\"type\":\"Temperature\",\"time\":"
			       "\"2026-05-03T07:00:00+08:00\",\"value\":-18.5,\"uom\":\"CEL\"}]}]"));
	assert_non_null(strstr(body.at,
			       "\"farmtrail:shortage\":{\"farmtrail:quantity\":1.5,\"farmtrail:uom\":\"KGM\","
			       "\"farmtrail:reason\":\"破损\"}"));
}

static void a_treatment_of_a_plot_keeps_what_was_used(void **state)
{
	struct epcis_source source =
		minimal(*state,
			"{\"type\":\"treat\",\"time\":\"2026-05-03T08:30:00+08:00\",\"site\":\"plot-7\","
			"\"product\":\"P\",\"active\":[\"吡虫啉\"],"
			"\"dose\":{\"value\":30,\"unit\":\"g\",\"per\":\"mu\"},\"target\":\"蚜虫\"}",
			"1", "kg");
	struct str body;

	source.output_count = 0;
	body = epcis_body_build(*state, &source);
	assert_non_null(strstr(
		body.at, "\"farmtrail:input\":{\"farmtrail:product\":\"P\",\"farmtrail:active\":[\"吡虫啉\"],"
			 "\"farmtrail:dose\":{\"farmtrail:value\":\"30\",\"farmtrail:unit\":\"g\","
			 "\"farmtrail:per\":\"mu\"},"
			 "\"farmtrail:target\":\"蚜虫\"}"));
	assert_non_null(strstr(body.at, "\"epcList\":[],\"readPoint\""));
}

static void every_kind_becomes_one_valid_json_event_with_its_id(void **state)
{
	(void)state;
	for (size_t k = 0; record_kind_at(k) != NULL; k++)
		for (uint64_t seed = 0; seed < 40; seed++) {
			struct generator g = {seed * 1000 + k};
			struct arena *arena = arena_create();
			struct epcis_source *source;
			struct str sampled = sample_body(arena, &g, record_kind_at(k), &source);
			struct str body = epcis_body_build(arena, source);
			struct json json = parse(arena, body);

			assert_true(str_equal(text_at(&json, "type"), str_of(source->kind->event_type)));
			assert_true(
				str_equal(text_at(&json, "farmtrail:record"), str_of(source->kind->word)));
			assert_true(str_equal(text_at(&json, "eventID"),
					      arena_printf(arena, "urn:uuid:%.*s",
							   STR_ARGS(uuid_print(arena, source->id)))));
			assert_int_equal(json_get(&json, STR("action")) == NULL,
					 source->kind->class == RECORD_TRANSFORM);
			assert_true(str_starts(sampled, (struct str){body.at, body.len - 1}));
			assert_true((sampled.len == body.len) !=
				    (record_kind_at(k)->class == RECORD_CORRECT));
			arena_destroy(arena);
		}
}

static void a_declaration_repeats_the_event_and_says_why(void **state)
{
	struct epcis_source source =
		minimal(*state,
			"{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\",\"site\":\"plot-7\","
			"\"product\":\"P\",\"quantity\":{\"value\":1,\"unit\":\"kg\"}}",
			"1", "kg");
	struct record record = {.reason = STR("weighed twice")};
	struct epcis_error error = {.time = source.record->time,
				    .id = {{1}},
				    .record = &record,
				    .declared_by = STR("https://example.cn/o/org"),
				    .request_sha256 = STR("00")};
	struct str body = epcis_body_build(*state, &source), declared;

	declared = epcis_declaration_build(*state, body, &error);
	assert_memory_equal(declared.at, body.at, body.len - 1);
	assert_string_equal(declared.at + body.len - 1,
			    ",\"errorDeclaration\":{\"declarationTime\":\"2026-05-03T08:30:00+08:00\","
			    "\"reason\":\"did_not_occur\","
			    "\"farmtrail:declaration\":\"urn:uuid:01000000-0000-0000-0000-000000000000\","
			    "\"farmtrail:declaredBy\":\"https://example.cn/o/org\","
			    "\"farmtrail:reason\":\"weighed twice\",\"farmtrail:request\":\"00\"}}");
	error.corrective = (struct uuid){{2}};
	declared = epcis_declaration_build(*state, body, &error);
	assert_non_null(strstr(declared.at,
			       "\"reason\":\"incorrect_data\","
			       "\"correctiveEventIDs\":[\"urn:uuid:02000000-0000-0000-0000-000000000000\"]"));
}

static void a_document_holds_the_body_byte_for_byte(void **state)
{
	struct generator g = {11};
	struct str body = epcis_body_build(*state, sample_source(*state, &g, record_kind_find(STR("mix"))));
	struct str document = epcis_document(*state, body, INT64_C(1777777777000123));
	struct json json = parse(*state, document);
	const struct json *list = json_get(json_get(&json, STR("epcisBody")), STR("eventList"));

	assert_true(str_equal(text_at(&json, "schemaVersion"), STR("2.0")));
	assert_int_equal(list->count, 1);
	assert_true(str_equal(text_at(&list->items[0], "recordTime"), STR("2026-05-03T03:09:37.000123Z")));
	assert_non_null(memmem(document.at, document.len, body.at + 1, body.len - 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_harvest_is_this_event_byte_for_byte),
		TEST(a_declaration_repeats_the_event_and_says_why),
		TEST(an_amount_is_printed_as_written_and_jin_as_exact_kilograms),
		TEST(the_day_is_that_of_the_records_own_offset),
		TEST(a_shipment_names_both_parties_and_no_place_after_it),
		TEST(a_receipt_names_the_receiver_as_destination),
		TEST(papers_become_uris_and_words_of_the_standard_stay_words),
		TEST(temperatures_are_sensor_reports_with_exact_numbers),
		TEST(a_treatment_of_a_plot_keeps_what_was_used),
		cmocka_unit_test(every_kind_becomes_one_valid_json_event_with_its_id),
		TEST(a_document_holds_the_body_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
