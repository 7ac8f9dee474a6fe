/* SPDX-License-Identifier: Apache-2.0
 * Who signs an event finds in it what his record said, and notices each thing that is said otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/core/record_said.h"

#define REQUEST STR("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
static const char harvest[] =
	"{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\",\"site\":\"P1\",\"product\":"
	"\"PAKCHOI\","
	"\"quantity\":{\"value\":\"24\",\"unit\":\"jin\"},\"harvester\":\"Li\",\"note\":\"dry\"}";
static const char sale[] =
	"{\"type\":\"sell\",\"time\":\"2026-05-03T08:30:00+08:00\",\"channel\":\"stall\",\"lots\":["
	"{\"lot\":\"A\",\"quantity\":{\"value\":\"2\",\"unit\":\"kg\"}},"
	"{\"lot\":\"B\",\"quantity\":{\"value\":\"3\",\"unit\":\"kg\"}}]}";
static const char correct[] =
	"{\"type\":\"correct\",\"event\":\"0196a5b0-1c00-7abc-8def-0123456789ab\",\"reason\":\"scale\"}";

static struct record *decode(struct arena *arena, const char *text)
{
	struct record *record = arena_new(arena, struct record);
	struct json json;
	struct fault fault;
	assert_int_equal(json_parse(arena, str_of(text), &json, &fault), PROBLEM_NONE);
	assert_int_equal(shape_decode(&record_shape, arena, &json, record, &fault), PROBLEM_NONE);
	return record;
}

static struct record_claim claim_of(struct arena *arena, const char *text)
{
	struct record_claim claim = {.record = decode(arena, text), .request_sha256 = REQUEST};
	assert_true(uuid_parse(STR("0196a5b0-1c00-7abc-8def-0123456789ac"), &claim.id));
	return claim;
}

static struct str body_of(struct arena *arena, const struct record_claim *claim, const char *const *amounts,
			  size_t count)
{
	static const struct epcis_party party = {{"https://f.example/o/1", 21}, {{1}}, 4};
	struct epcis_thing *things = arena_array(arena, struct epcis_thing, count);
	struct epcis_source source = {.record = claim->record,
				      .kind = record_kind_find(claim->record->type),
				      .id = claim->id,
				      .party = &party,
				      .recorded_by = &party,
				      .outputs = things,
				      .output_count = count,
				      .request_sha256 = REQUEST};
	for (size_t i = 0; i < count; i++) {
		things[i].class_uri = arena_printf(arena, "https://f.example/o/1/p/2/b/%zu", i);
		assert_int_equal(quantity_of(str_of(amounts[i]), STR("KGM"), &things[i].quantity),
				 PROBLEM_NONE);
	}
	return epcis_body_build(arena, &source);
}

static struct str changed(struct arena *arena, struct str body, const char *from, const char *to)
{
	char *at = strstr(arena_str(arena, body).at, from);
	assert_non_null(at);
	struct str text = arena_str(arena, body);
	size_t before = (size_t)(strstr(text.at, from) - text.at);
	return arena_printf(arena, "%.*s%s%s", (int)before, text.at, to, text.at + before + strlen(from));
}

static void assert_said(struct arena *arena, const struct record_claim *claim, struct str body,
			const char *member)
{
	struct str found = record_said(arena, claim, body);
	if (!member)
		assert_null(found.at);
	else
		assert_true(str_equal(found, str_of(member)));
}

static void an_event_says_what_the_record_said(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct record_claim claim = claim_of(arena, harvest);
	static const char *const twelve[] = {"12"}, *const thirteen[] = {"13"},
				 *const two_three[] = {"3", "2"}, *const two_two[] = {"2", "2"},
				 *const two[] = {"2"};
	struct str body = body_of(arena, &claim, twelve, 1);
	assert_said(arena, &claim, body, NULL); /* 24 jin are 12 kg */
	assert_said(arena, &claim, body_of(arena, &claim, thirteen, 1), "quantity");
	assert_said(arena, &claim, body_of(arena, &claim, NULL, 0), "quantity");
	claim = claim_of(arena, sale);
	assert_said(arena, &claim, body_of(arena, &claim, two_three, 2), NULL);
	assert_said(arena, &claim, body_of(arena, &claim, two_two, 2), "quantity");
	assert_said(arena, &claim, body_of(arena, &claim, two, 1), "quantity");
	arena_destroy(arena);
}

static void each_thing_said_otherwise_is_noticed(void **state)
{
	(void)state;
	static const char *const twelve[] = {"12"};
	static const struct {
		const char *from, *to, *member;
	} lies[] = {
		{"2026-05-03T08:30", "2026-05-02T08:30", "eventTime"},
		{"3456789ac", "3456789ad", "eventID"},
		{"\"harvest\"", "\"treat\"", "farmtrail:record"},
		{"\"Li\"", "\"Wu\"", "farmtrail:harvester"},
		{"\"farmtrail:note\":\"dry\",", "", "farmtrail:note"},
		{"\"farmtrail:note\":", "\"farmtrail:reason\":\"more\",\"farmtrail:note\":",
		 "farmtrail:reason"},
		{"00112233", "10112233", "farmtrail:request"},
		{"ADD", "DELETE", "action"},
		{"{", "[{", "event"},
	};
	struct arena *arena = arena_create();
	struct record_claim claim = claim_of(arena, harvest);
	struct str body = body_of(arena, &claim, twelve, 1);
	for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++)
		assert_said(arena, &claim, changed(arena, body, lies[i].from, lies[i].to), lies[i].member);
	arena_destroy(arena);
}

static void a_declaration_says_what_the_correction_said(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct record_claim claim = claim_of(arena, correct);
	const struct epcis_error error = {.time = {1, 0},
					  .id = claim.id,
					  .record = claim.record,
					  .declared_by = STR("https://f.example/o/1"),
					  .request_sha256 = REQUEST};
	const struct str wrong = STR("{\"eventID\":\"urn:uuid:0196a5b0-1c00-7abc-8def-0123456789ab\"}");
	struct str body = epcis_declaration_build(arena, wrong, &error);
	assert_said(arena, &claim, body, NULL);
	assert_said(arena, &claim, changed(arena, body, "9ab", "9aa"), "eventID");
	assert_said(arena, &claim, changed(arena, body, "scale", "fraud"), "farmtrail:reason");
	assert_said(arena, &claim, wrong, "errorDeclaration");
	claim.replacement = claim.id;
	assert_said(arena, &claim, body, "reason");
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_says_what_the_record_said),
		cmocka_unit_test(each_thing_said_otherwise_is_noticed),
		cmocka_unit_test(a_declaration_says_what_the_correction_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
