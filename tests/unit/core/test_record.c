/* SPDX-License-Identifier: Apache-2.0
 * What a record must have, may have and may not have, and where a fault points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "sample.h"

static const usec_t NOW = INT64_C(1777795200000000); /* 2026-05-03T08:00:00Z */

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

struct outcome {
	enum problem problem;
	struct fault fault;
	const struct record_kind *kind;
	struct record record;
};

static struct outcome take(struct arena *arena, struct str text)
{
	struct outcome o = {.kind = NULL};
	struct json json;

	o.problem = json_parse(arena, text, &json, &o.fault);
	if (!o.problem)
		o.problem = shape_decode(&record_shape, arena, &json, &o.record, &o.fault);
	if (!o.problem)
		o.problem = record_check(&o.record, NOW, &o.kind, &o.fault);
	return o;
}

static void accepted(struct arena *arena, const char *text)
{
	struct outcome o = take(arena, str_of(text));

	if (o.problem)
		fail_msg("%s at %s: %s", problem_info(o.problem)->slug, o.fault.pointer, text);
	assert_true(str_equal(o.record.type, str_of(o.kind->word)));
}

static struct fault refused(struct arena *arena, const char *text, enum problem problem, const char *pointer)
{
	struct outcome o = take(arena, str_of(text));

	if (o.problem != problem || (o.problem && strcmp(o.fault.pointer, pointer) != 0))
		fail_msg("%s at %s, expected %s at %s: %s", problem_info(o.problem)->slug,
			 o.problem ? o.fault.pointer : "", problem_info(problem)->slug, pointer, text);
	assert_null(o.kind);
	return o.fault;
}

#define T "\"time\":\"2026-05-03T08:00:00+08:00\""
#define KG "\"quantity\":{\"value\":\"1\",\"unit\":\"kg\"}"
#define HARVEST "{\"type\":\"harvest\"," T ",\"product\":\"p\"," KG ",\"site\":\"s\""
#define LOT(n) "{\"lot\":\"" n "\"," KG "}"
#define OUT "{\"product\":\"p\"," KG "}"

static void a_harvest_is_three_fields(void **state)
{
	struct outcome o;

	accepted(*state, HARVEST "}");
	accepted(*state, "{\"type\":\"harvest\"," T ",\"product\":\"p\"," KG ",\"sites\":[\"a\",\"b\"]}");
	o = take(*state, STR(HARVEST "}"));
	assert_int_equal(o.kind->class, RECORD_CREATE);
	assert_string_equal(o.kind->biz_step, "creating_class_instance");
	assert_string_equal(o.kind->action, "ADD");
}

static void every_sample_of_every_kind_is_accepted(void **state)
{
	(void)state;
	for (size_t k = 0; record_kind_at(k) != NULL; k++)
		for (uint64_t seed = 0; seed < 60; seed++) {
			struct generator g = {seed * 77 + k};
			struct arena *arena = arena_create();

			accepted(arena, sample_record_json(arena, &g, record_kind_at(k)).at);
			arena_destroy(arena);
		}
}

static void each_type_needs_its_members(void **state)
{
	static const struct {
		const char *text, *pointer;
	} cases[] = {
		{"{\"type\":\"harvest\"," T "," KG ",\"site\":\"s\"}", "/product"},
		{"{\"type\":\"harvest\"," T ",\"product\":\"p\",\"site\":\"s\"}", "/quantity"},
		{"{\"type\":\"harvest\"," T ",\"product\":\"p\"," KG "}", "/site"},
		{"{\"type\":\"collect\"," T ",\"product\":\"p\"," KG "}", "/site"},
		{"{\"type\":\"catch\"," T "," KG ",\"site\":\"s\"}", "/product"},
		{"{\"type\":\"harvest\",\"product\":\"p\"," KG ",\"site\":\"s\"}", "/time"},
		{"{" T "}", "/type"},
		{"{\"type\":\"plant\"," T "}", "/site"},
		{"{\"type\":\"treat\"," T ",\"site\":\"s\"}", "/product"},
		{"{\"type\":\"feed\"," T ",\"lot\":\"l\"}", "/product"},
		{"{\"type\":\"medicate\"," T ",\"lot\":\"l\"}", "/product"},
		{"{\"type\":\"irrigate\"," T "}", "/site"},
		{"{\"type\":\"birth\"," T "}", "/site"},
		{"{\"type\":\"move\"," T "}", "/site"},
		{"{\"type\":\"death\"," T "}", "/site"},
		{"{\"type\":\"slaughter\"," T ",\"outputs\":[" OUT "]}", "/inputs"},
		{"{\"type\":\"pack\"," T ",\"inputs\":[" LOT("a") "]}", "/outputs"},
		{"{\"type\":\"process\"," T ",\"inputs\":[{\"lot\":\"a\"}],\"outputs\":[" OUT "]}",
		 "/inputs/0/quantity"},
		{"{\"type\":\"mix\"," T ",\"inputs\":[" LOT("a") "],\"outputs\":[{" KG "}]}",
		 "/outputs/0/product"},
		{"{\"type\":\"split\"," T ",\"inputs\":[{" KG "}],\"outputs\":[" OUT "]}", "/inputs/0/lot"},
		{"{\"type\":\"ship\"," T ",\"lots\":[" LOT("a") "]}", "/to"},
		{"{\"type\":\"ship\"," T ",\"to\":\"m\"}", "/lots"},
		{"{\"type\":\"receive\"," T "}", "/shipment"},
		{"{\"type\":\"receive\"," T ",\"lots\":[" LOT("a") "]}", "/shipment"},
		{"{\"type\":\"receive\"," T ",\"from\":\"f\"}", "/shipment"},
		{"{\"type\":\"sell\"," T "}", "/lots"},
		{"{\"type\":\"sell\"," T ",\"lots\":[{\"lot\":\"a\"}]}", "/lots/0/quantity"},
		{"{\"type\":\"store\"," T "}", "/lots"},
		{"{\"type\":\"store\"," T ",\"lots\":[" LOT("a") ",{\"lot\":\"b\"}]}", "/lots/1/quantity"},
		{"{\"type\":\"cool\"," T ",\"lots\":[{\"lot\":\"a\"}]}", "/lots/0/quantity"},
		{"{\"type\":\"inspect\"," T "}", "/site"},
		{"{\"type\":\"sample\"," T ",\"site\":\"s\"}", "/sample"},
		{"{\"type\":\"sample\"," T ",\"sample\":{\"id\":\"a\"}}", "/site"},
		{"{\"type\":\"sample\"," T ",\"site\":\"s\",\"sample\":{\"taker\":\"t\"}}", "/sample/id"},
		{"{\"type\":\"test\"," T ",\"lot\":\"a\",\"outcome\":\"negative\"}", "/kind"},
		{"{\"type\":\"test\"," T ",\"lot\":\"a\",\"kind\":\"lab\"}", "/outcome"},
		{"{\"type\":\"test\"," T ",\"kind\":\"lab\",\"outcome\":\"negative\"}", "/lot"},
		{"{\"type\":\"load\"," T ",\"unit\":\"u\"}", "/contents"},
		{"{\"type\":\"load\"," T ",\"contents\":[{\"lot\":\"a\"}]}", "/unit"},
		{"{\"type\":\"load\"," T ",\"unit\":\"u\",\"contents\":[{" KG "}]}", "/contents/0/lot"},
		{"{\"type\":\"unload\"," T "}", "/unit"},
		{"{\"type\":\"hold\"," T ",\"lots\":[{\"lot\":\"a\"}]}", "/reason"},
		{"{\"type\":\"release\"," T ",\"reason\":\"r\"}", "/lots"},
		{"{\"type\":\"destroy\"," T ",\"lots\":[{\"lot\":\"a\"}],\"reason\":\"r\"}",
		 "/lots/0/quantity"},
		{"{\"type\":\"return\"," T ",\"lots\":[" LOT("a") "]}", "/reason"},
		{"{\"type\":\"certify\"," T ",\"form\":\"buyer\",\"basis\":[\"own_test\"]}", "/lots"},
		{"{\"type\":\"certify\"," T ",\"lots\":[{\"lot\":\"a\"}],\"form\":\"buyer\"}", "/basis"},
		{"{\"type\":\"certify\"," T ",\"lots\":[{\"lot\":\"a\"}],\"basis\":[\"own_test\"]}", "/form"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		(void)refused(*state, cases[i].text, PROBLEM_FIELD_MISSING, cases[i].pointer);
	accepted(*state, "{\"type\":\"receive\"," T ",\"shipment\":\"x\"}");
	accepted(*state, "{\"type\":\"receive\"," T ",\"lots\":[" LOT("a") "],\"from\":\"f\"}");
	accepted(*state,
		 "{\"type\":\"death\"," T ",\"lot\":\"l\",\"quantity\":{\"value\":1,\"unit\":\"head\"}}");
}

#define TESTED(members) \
	"{\"type\":\"test\"," T ",\"lot\":\"a\",\"kind\":\"lab\",\"outcome\":\"positive\"," members "}"
#define RESULT(members) TESTED("\"results\":[{\"substance\":\"x\"," members "}]")

static void a_test_says_what_was_found(void **state)
{
	accepted(*state, RESULT("\"value\":0,\"unit\":\"mg/kg\",\"detected\":false"));
	accepted(*state,
		 RESULT("\"value\":0.004,\"unit\":\"mg/kg\",\"detected\":false,\"limitOfDetection\":0.01"));
	accepted(*state, RESULT("\"detected\":true"));
	(void)refused(
		*state,
		RESULT("\"value\":0.01,\"unit\":\"mg/kg\",\"detected\":false,\"limitOfDetection\":0.01"),
		PROBLEM_FIELD_RANGE, "/results/0/detected");
	(void)refused(*state, RESULT("\"value\":1,\"detected\":true"), PROBLEM_FIELD_MISSING,
		      "/results/0/unit");
	(void)refused(*state, RESULT("\"value\":-1,\"unit\":\"%\",\"detected\":true"), PROBLEM_FIELD_RANGE,
		      "/results/0/value");
	(void)refused(*state, TESTED("\"inhibition\":101"), PROBLEM_FIELD_RANGE, "/inhibition");
	(void)refused(*state, TESTED("\"sample\":{\"id\":\"S\"}"), PROBLEM_FIELD_TYPE, "/sample");
	(void)refused(*state, TESTED("\"notifiedAt\":\"2036-05-03T08:00:00+08:00\""), PROBLEM_TIME_FUTURE,
		      "/notifiedAt");
	accepted(*state, TESTED("\"sample\":\"S-1\""));
}

static void a_content_is_a_lot_or_a_unit(void **state)
{
	static const char load[] = "{\"type\":\"load\"," T ",\"unit\":\"u\",\"contents\":";

	accepted(*state, arena_printf(*state, "%s[{\"lot\":\"a\"},{\"unit\":\"v\"}," LOT("b") "]}", load).at);
	(void)refused(*state, arena_printf(*state, "%s[{\"lot\":\"a\",\"unit\":\"v\"}]}", load).at,
		      PROBLEM_FIELD_UNKNOWN, "/contents/0/unit");
	(void)refused(*state, arena_printf(*state, "%s[{\"unit\":\"v\"," KG "}]}", load).at,
		      PROBLEM_FIELD_UNKNOWN, "/contents/0/quantity");
	accepted(*state, "{\"type\":\"unload\"," T ",\"unit\":\"u\"}");
	accepted(*state, "{\"type\":\"sell\"," T ",\"units\":[\"u\"]}");
	accepted(*state, "{\"type\":\"ship\"," T ",\"units\":[\"u\"],\"to\":\"m\"}");
}

#define SAMPLE(members) "{\"type\":\"sample\"," T ",\"site\":\"s\",\"sample\":" members "}"

static void a_sample_says_what_was_taken_and_nothing_else(void **state)
{
	accepted(*state,
		 SAMPLE("{\"id\":\"渝抽 2026-1\",\"taker\":\"王\",\"takenAt\":\"2026-05-03T08:00:00+08:00\","
			"\"quantity\":{\"value\":0.5,\"unit\":\"kg\"}}"));
	(void)refused(*state, SAMPLE("\"S1\""), PROBLEM_FIELD_TYPE, "/sample");
	(void)refused(*state, SAMPLE("{\"id\":7}"), PROBLEM_FIELD_TYPE, "/sample/id");
	(void)refused(*state, SAMPLE("{\"id\":\"\"}"), PROBLEM_FIELD_RANGE, "/sample/id");
	(void)refused(*state, SAMPLE("{\"id\":\"a\\u0007\"}"), PROBLEM_FIELD_RANGE, "/sample/id");
	(void)refused(*state, SAMPLE("{\"id\":\"a\",\"colour\":1}"), PROBLEM_FIELD_UNKNOWN, "/sample/colour");
	(void)refused(*state, SAMPLE("{\"id\":\"a\",\"takenAt\":\"2026-05-03T08:00:00\"}"),
		      PROBLEM_TIME_NAIVE, "/sample/takenAt");
	(void)refused(*state, SAMPLE("{\"id\":\"a\",\"quantity\":2}"), PROBLEM_FIELD_TYPE,
		      "/sample/quantity");
	(void)refused(*state, SAMPLE("{\"id\":\"a\",\"quantity\":{\"value\":0,\"unit\":\"kg\"}}"),
		      PROBLEM_QUANTITY_SYNTAX, "/sample/quantity/value");
	(void)refused(*state, SAMPLE("{\"id\":\"a\",\"quantity\":{\"value\":1,\"unit\":\"mu\"}}"),
		      PROBLEM_UNIT_UNKNOWN, "/sample/quantity/unit");
}

static void a_whole_lot_may_be_meant_where_nothing_moves(void **state)
{
	accepted(*state, "{\"type\":\"inspect\"," T ",\"lots\":[{\"lot\":\"a\"}],\"findings\":[\"clean\"]}");
	accepted(*state, "{\"type\":\"certify\"," T ",\"lots\":[{\"lot\":\"a\"}],\"form\":\"producer\","
			 "\"basis\":[\"own_test\"]}");
	(void)refused(*state,
		      "{\"type\":\"certify\"," T ",\"lots\":[{\"lot\":\"a\"}],\"form\":\"seller\","
		      "\"basis\":[\"own_test\"]}",
		      PROBLEM_FIELD_RANGE, "/form");
	(void)refused(*state,
		      "{\"type\":\"certify\"," T ",\"lots\":[{\"lot\":\"a\"}],\"form\":\"buyer\","
		      "\"basis\":[\"hope\"]}",
		      PROBLEM_FIELD_RANGE, "/basis/0");
}

static void a_member_that_the_type_does_not_take_is_refused(void **state)
{
	(void)refused(*state, HARVEST ",\"to\":\"m\"}", PROBLEM_FIELD_UNKNOWN, "/to");
	(void)refused(*state, HARVEST ",\"inputs\":[" LOT("a") "]}", PROBLEM_FIELD_UNKNOWN, "/inputs");
	(void)refused(*state, HARVEST ",\"dose\":\"1\"}", PROBLEM_FIELD_UNKNOWN, "/dose");
	(void)refused(*state,
		      "{\"type\":\"ship\"," T ",\"lots\":[" LOT("a") "],\"to\":\"m\",\"harvester\":\"h\"}",
		      PROBLEM_FIELD_UNKNOWN, "/harvester");
	(void)refused(*state, "{\"type\":\"sell\"," T ",\"lots\":[" LOT("a") "],\"shipment\":\"h\"}",
		      PROBLEM_FIELD_UNKNOWN, "/shipment");
	(void)refused(*state, HARVEST ",\"colour\":\"green\"}", PROBLEM_FIELD_UNKNOWN, "/colour");
}

static void a_type_that_is_not_known_is_told(void **state)
{
	struct fault fault = refused(*state, "{\"type\":\"harves\"," T "}", PROBLEM_RECORD_TYPE, "/type");

	assert_true(str_equal(fault.value, STR("harves")));
	(void)refused(*state, "{\"type\":\"Harvest\"," T "}", PROBLEM_RECORD_TYPE, "/type");
}

static void the_kinds_are_sorted_and_complete(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct record_kind *kind; (kind = record_kind_at(count)) != NULL; count++) {
		assert_ptr_equal(record_kind_find(str_of(kind->word)), kind);
		assert_true(strlen(kind->title_zh) > 0 && strlen(kind->title_en) > 0);
		assert_int_equal(kind->biz_step == NULL, kind->class == RECORD_CORRECT);
		assert_int_equal(kind->action == NULL,
				 kind->class == RECORD_TRANSFORM || kind->class == RECORD_CORRECT);
	}
	assert_int_equal(count, 32);
	assert_null(record_kind_find(STR("")));
	assert_null(record_kind_find((struct str){NULL, 0}));
}

#define CORRECT "{\"type\":\"correct\",\"event\":\"0196a5b0-0000-7000-8000-000000000009\",\"reason\":\"r\""

static void a_correction_says_which_record_and_why(void **state)
{
	accepted(*state, CORRECT "}");
	accepted(*state, CORRECT ",\"replacement\":" HARVEST "}}");
	(void)refused(*state, "{\"type\":\"correct\",\"reason\":\"r\"}", PROBLEM_FIELD_MISSING, "/event");
	(void)refused(*state, "{\"type\":\"correct\",\"event\":\"0196a5b0-0000-7000-8000-000000000009\"}",
		      PROBLEM_FIELD_MISSING, "/reason");
	(void)refused(*state, CORRECT ",\"site\":\"s\"}", PROBLEM_FIELD_UNKNOWN, "/site");
	(void)refused(*state, HARVEST ",\"event\":\"0196a5b0-0000-7000-8000-000000000009\"}",
		      PROBLEM_FIELD_UNKNOWN, "/event");
	(void)refused(*state, "{\"type\":\"plant\",\"site\":\"s\"}", PROBLEM_FIELD_MISSING, "/time");
}

static void a_replacement_is_a_whole_record(void **state)
{
	(void)refused(*state, CORRECT ",\"replacement\":{\"type\":\"harvest\"," T "}}", PROBLEM_FIELD_MISSING,
		      "/replacement/product");
	(void)refused(*state, CORRECT ",\"replacement\":" CORRECT "}}", PROBLEM_RECORD_TYPE,
		      "/replacement/type");
	(void)refused(*state, CORRECT ",\"replacement\":" HARVEST ",\"replacement\":" HARVEST "}}}",
		      PROBLEM_FIELD_UNKNOWN, "/replacement/replacement");
	(void)refused(*state, CORRECT ",\"replacement\":{\"type\":\"plant\",\"site\":\"s\"}}",
		      PROBLEM_FIELD_MISSING, "/replacement/time");
}

static void a_time_ahead_needs_the_devices_own_time(void **state)
{
	accepted(*state, "{\"type\":\"plant\",\"time\":\"2026-05-03T08:05:00Z\",\"site\":\"s\"}");
	(void)refused(*state, "{\"type\":\"plant\",\"time\":\"2026-05-03T08:05:00.000001Z\",\"site\":\"s\"}",
		      PROBLEM_TIME_FUTURE, "/time");
	accepted(*state, "{\"type\":\"plant\",\"time\":\"2026-05-04T08:05:00Z\",\"site\":\"s\","
			 "\"deviceTime\":\"2026-05-04T08:05:00Z\"}");
	(void)refused(*state, "{\"type\":\"plant\",\"time\":\"2026-05-03T08:00:00\",\"site\":\"s\"}",
		      PROBLEM_TIME_NAIVE, "/time");
	(void)refused(*state,
		      "{\"type\":\"receive\"," T
		      ",\"shipment\":\"x\",\"temperature\":[{\"time\":\"2026-05-03T07:00:00Z\",\"value\":1},"
		      "{\"time\":\"2026-05-03T09:00:00Z\",\"value\":1}]}",
		      PROBLEM_TIME_FUTURE, "/temperature/1/time");
	(void)refused(*state,
		      "{\"type\":\"treat\"," T
		      ",\"site\":\"s\",\"product\":\"p\",\"until\":\"2026-05-03T07:59:59+08:00\"}",
		      PROBLEM_TIME_ORDER, "/until");
	accepted(*state, "{\"type\":\"treat\"," T
			 ",\"site\":\"s\",\"product\":\"p\",\"until\":\"2026-06-03T08:00:00+08:00\"}");
}

static void a_fault_in_an_amount_points_at_it(void **state)
{
	struct fault fault;

	(void)refused(*state,
		      "{\"type\":\"pack\"," T ",\"inputs\":[" LOT(
			      "a") ",{\"lot\":\"b\",\"quantity\":{\"value\":\"0\",\"unit\":\"kg\"}}],"
				   "\"outputs\":[" OUT "]}",
		      PROBLEM_QUANTITY_SYNTAX, "/inputs/1/quantity/value");
	fault = refused(*state,
			"{\"type\":\"pack\"," T
			",\"inputs\":[" LOT("a") "],\"outputs\":[{\"product\":\"p\",\"quantity\":"
						 "{\"value\":\"1\",\"unit\":\"kilo\"}}]}",
			PROBLEM_UNIT_UNKNOWN, "/outputs/0/quantity/unit");
	assert_true(str_equal(fault.value, STR("kilo")));
	fault = refused(*state,
			"{\"type\":\"plant\"," T
			",\"site\":\"s\",\"quantity\":{\"value\":\"1\",\"unit\":\"亩\"}}",
			PROBLEM_UNIT_UNKNOWN, "/quantity/unit");
	assert_true(fault.detail.len > 0);
	(void)refused(*state,
		      "{\"type\":\"sell\"," T
		      ",\"lots\":[{\"lot\":\"a\",\"quantity\":{\"value\":\"2\",\"unit\":\"head\",\"net\":"
		      "{\"value\":\"0\",\"unit\":\"kg\"}}}]}",
		      PROBLEM_QUANTITY_SYNTAX, "/lots/0/quantity/net/value");
	(void)refused(*state,
		      "{\"type\":\"receive\"," T
		      ",\"shipment\":\"x\",\"shortage\":{\"quantity\":{\"value\":\"1\",\"unit\":\"?\"}}}",
		      PROBLEM_UNIT_UNKNOWN, "/shortage/quantity/unit");
}

static void a_net_measure_measures_something_else(void **state)
{
	accepted(*state, "{\"type\":\"sell\"," T
			 ",\"lots\":[{\"lot\":\"a\",\"quantity\":{\"value\":\"2\",\"unit\":\"head\",\"net\":"
			 "{\"value\":\"220\",\"unit\":\"kg\"}}}]}");
	(void)refused(*state,
		      "{\"type\":\"sell\"," T
		      ",\"lots\":[{\"lot\":\"a\",\"quantity\":{\"value\":\"2\",\"unit\":\"kg\",\"net\":"
		      "{\"value\":\"220\",\"unit\":\"jin\"}}}]}",
		      PROBLEM_UNIT_DIMENSION, "/lots/0/quantity/net/unit");
	(void)refused(*state,
		      "{\"type\":\"sell\"," T
		      ",\"lots\":[{\"lot\":\"a\",\"quantity\":{\"value\":\"2\",\"unit\":\"kg\",\"net\":"
		      "{\"value\":\"2\",\"unit\":\"box\"}}}]}",
		      PROBLEM_UNIT_DIMENSION, "/lots/0/quantity/net/unit");
	(void)refused(*state,
		      "{\"type\":\"sell\"," T
		      ",\"lots\":[{\"lot\":\"a\",\"quantity\":{\"value\":\"2\",\"unit\":\"head\",\"net\":"
		      "{\"value\":\"2\",\"unit\":\"kg\",\"net\":{\"value\":\"2\",\"unit\":\"L\"}}}}]}",
		      PROBLEM_FIELD_UNKNOWN, "/lots/0/quantity/net/net");
}

static void a_lot_stands_once_on_each_side(void **state)
{
	(void)refused(*state,
		      "{\"type\":\"mix\"," T
		      ",\"inputs\":[" LOT("a") "," LOT("b") "," LOT("a") "],\"outputs\":[" OUT "]}",
		      PROBLEM_FIELD_RANGE, "/inputs/2/lot");
	(void)refused(*state,
		      "{\"type\":\"split\"," T
		      ",\"inputs\":[" LOT("a") "],\"outputs\":[{\"product\":\"p\",\"lot\":\"x\"," KG "},"
					       "{\"product\":\"q\",\"lot\":\"x\"," KG "}]}",
		      PROBLEM_FIELD_RANGE, "/outputs/1/lot");
	(void)refused(*state, "{\"type\":\"sell\"," T ",\"lots\":[" LOT("a") "," LOT("a") "]}",
		      PROBLEM_FIELD_RANGE, "/lots/1/lot");
	/* Lots that are yet to be numbered are many. */
	accepted(*state, "{\"type\":\"split\"," T ",\"inputs\":[" LOT("a") "],\"outputs\":[" OUT "," OUT
									   "," OUT "]}");
}

static void lists_and_texts_have_limits(void **state)
{
	struct arena *arena = *state;
	struct buf lots = buf_create(arena, 16384), note = buf_create(arena, 8192);

	for (size_t i = 0; i < 201; i++)
		buf_printf(&lots, "%s{\"lot\":\"l%zu\"," KG "}", i > 0 ? "," : "", i);
	(void)refused(
		arena,
		arena_printf(arena, "{\"type\":\"sell\"," T ",\"lots\":[%.*s]}", STR_ARGS(buf_str(&lots))).at,
		PROBLEM_FIELD_RANGE, "/lots");
	(void)refused(arena, "{\"type\":\"sell\"," T ",\"lots\":[]}", PROBLEM_FIELD_RANGE, "/lots");
	for (size_t i = 0; i < 1000; i++)
		buf_put(&note, STR("字"));
	accepted(arena, arena_printf(arena, HARVEST ",\"note\":\"%.*s\"}", STR_ARGS(buf_str(&note))).at);
	(void)refused(arena, arena_printf(arena, HARVEST ",\"note\":\"%.*sx\"}", STR_ARGS(buf_str(&note))).at,
		      PROBLEM_FIELD_RANGE, "/note");
	(void)refused(arena, HARVEST ",\"party\":\"\"}", PROBLEM_FIELD_RANGE, "/party");
	(void)refused(arena, HARVEST ",\"entryMode\":\"guess\"}", PROBLEM_FIELD_RANGE, "/entryMode");
}

static struct str many(struct arena *arena, size_t count, const char *member)
{
	struct buf out = buf_create(arena, 16384);

	for (size_t i = 0; i < count; i++)
		buf_printf(&out, "%s{\"%s\":\"l%zu\"," KG "}", i > 0 ? "," : "", member, i);
	return buf_str(&out);
}

static void a_transformation_has_a_bound_on_its_edges(void **state)
{
	static const char form[] = "{\"type\":\"mix\"," T ",\"inputs\":[%.*s],\"outputs\":[%.*s]}";
	struct arena *arena = *state;
	struct str inputs = many(arena, 100, "lot");

	accepted(arena, arena_printf(arena, form, STR_ARGS(inputs), STR_ARGS(many(arena, 50, "product"))).at);
	(void)refused(arena,
		      arena_printf(arena, form, STR_ARGS(inputs), STR_ARGS(many(arena, 51, "product"))).at,
		      PROBLEM_FIELD_RANGE, "/outputs");
}

static void texts_hold_no_control_characters(void **state)
{
	(void)refused(*state, HARVEST ",\"party\":\"a\\u0000b\"}", PROBLEM_FIELD_RANGE, "/party");
	(void)refused(*state, HARVEST ",\"party\":\"a\\nb\"}", PROBLEM_FIELD_RANGE, "/party");
	(void)refused(*state,
		      "{\"type\":\"sell\"," T ",\"lots\":[" LOT("a") ",{\"lot\":\"\\u001b[31m\"," KG "}]}",
		      PROBLEM_FIELD_RANGE, "/lots/1/lot");
	(void)refused(*state,
		      "{\"type\":\"treat\"," T
		      ",\"site\":\"s\",\"product\":\"p\",\"active\":[\"a\",\"b\\u007f\"]}",
		      PROBLEM_FIELD_RANGE, "/active/1");
	(void)refused(*state, HARVEST ",\"note\":\"a\\u0000\"}", PROBLEM_FIELD_RANGE, "/note");
	(void)refused(*state, HARVEST ",\"documents\":[{\"number\":\"1\\r2\"}]}", PROBLEM_FIELD_RANGE,
		      "/documents/0/number");
	(void)refused(*state,
		      "{\"type\":\"receive\"," T ",\"shipment\":\"x\",\"shortage\":{" KG
		      ",\"reason\":\"\\u0001\"}}",
		      PROBLEM_FIELD_RANGE, "/shortage/reason");
	accepted(*state, HARVEST ",\"note\":\"a\\nb\\tc\"}");
}

static void positions_and_temperatures_lie_on_earth(void **state)
{
	accepted(*state, HARVEST ",\"position\":{\"lat\":-90,\"lon\":\"180\"}}");
	accepted(*state, HARVEST ",\"position\":{\"lat\":29.71234567,\"lon\":\"107.39\",\"accuracyM\":0}}");
	(void)refused(*state, HARVEST ",\"position\":{\"lat\":107.4,\"lon\":29.7}}", PROBLEM_FIELD_RANGE,
		      "/position/lat");
	(void)refused(*state, HARVEST ",\"position\":{\"lat\":29.7,\"lon\":-180.1}}", PROBLEM_FIELD_RANGE,
		      "/position/lon");
	(void)refused(*state, HARVEST ",\"position\":{\"lat\":\"29,7\",\"lon\":1}}", PROBLEM_QUANTITY_SYNTAX,
		      "/position/lat");
	(void)refused(*state, HARVEST ",\"position\":{\"lat\":1}}", PROBLEM_FIELD_MISSING, "/position/lon");
	(void)refused(
		*state,
		"{\"type\":\"receive\"," T
		",\"shipment\":\"x\",\"temperature\":[{\"time\":\"2026-05-03T07:00:00Z\",\"value\":-274}]}",
		PROBLEM_FIELD_RANGE, "/temperature/0/value");
}

#define TREAT "{\"type\":\"treat\"," T ",\"site\":\"s\",\"product\":\"p\",\"dose\":"

static void a_dose_is_text_or_an_amount(void **state)
{
	accepted(*state, TREAT "\"2 g per 15 L\"}");
	accepted(*state, TREAT "{\"value\":\"30\",\"unit\":\"g\",\"per\":\"mu\"}}");
	accepted(*state, TREAT "{\"value\":30,\"unit\":\"g\"}}");
	(void)refused(*state, TREAT "3}", PROBLEM_FIELD_TYPE, "/dose");
	(void)refused(*state, TREAT "\"\"}", PROBLEM_FIELD_TYPE, "/dose");
	(void)refused(*state, TREAT "\"a\\u0000\"}", PROBLEM_FIELD_TYPE, "/dose");
	(void)refused(*state, TREAT "[]}", PROBLEM_FIELD_TYPE, "/dose");
	(void)refused(*state, TREAT "{}}", PROBLEM_FIELD_MISSING, "/dose/value");
	(void)refused(*state, TREAT "{\"value\":1}}", PROBLEM_FIELD_MISSING, "/dose/unit");
	(void)refused(*state, TREAT "{\"value\":\"x\",\"unit\":\"g\"}}", PROBLEM_QUANTITY_SYNTAX,
		      "/dose/value");
	(void)refused(*state, TREAT "{\"value\":true,\"unit\":\"g\"}}", PROBLEM_FIELD_TYPE, "/dose/value");
	(void)refused(*state, TREAT "{\"value\":1,\"unit\":2}}", PROBLEM_FIELD_TYPE, "/dose/unit");
	(void)refused(*state, TREAT "{\"value\":1,\"unit\":\"g\",\"colour\":\"red\"}}", PROBLEM_FIELD_UNKNOWN,
		      "/dose/colour");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void what_was_done_makes_records_alike(void **state)
{
	static const char first[] =
		"{\"type\":\"sell\",\"time\":\"2026-05-03T08:00:00+08:00\",\"lots\":[{\"lot\":\"L1\","
		"\"quantity\":{\"value\":\"2\",\"unit\":\"kg\"}}]}";
	static const char *const alike[] = {"{\"type\":\"sell\",\"id\":\"017f22e2-79b0-7cc3-98c4-"
					    "dc0c0c07398f\",\"time\":\"2026-05-03T08:05:00+08:00\","
					    "\"note\":\"again\",\"device\":\"d\",\"entryMode\":\"paper\","
					    "\"lots\":[{\"lot\":\"L1\",\"quantity\":"
					    "{\"value\":\"2\",\"unit\":\"kg\"}}]}"};
	static const char *const other[] = {"{\"type\":\"sell\",\"time\":\"2026-05-03T08:00:00+08:00\","
					    "\"lots\":[{\"lot\":\"L2\",\"quantity\":"
					    "{\"value\":\"2\",\"unit\":\"kg\"}}]}",
					    "{\"type\":\"sell\",\"time\":\"2026-05-03T08:00:00+08:00\","
					    "\"lots\":[{\"lot\":\"L1\",\"quantity\":"
					    "{\"value\":\"3\",\"unit\":\"kg\"}}]}"};
	const struct uuid party = {{1}}, stranger = {{2}};
	struct outcome one = take(*state, str_of(first));
	int64_t likeness = record_likeness(*state, &one.record, party);

	assert_int_equal(one.problem, PROBLEM_NONE);
	assert_true(likeness != record_likeness(*state, &one.record, stranger));
	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++) {
		struct outcome o = take(*state, str_of(alike[i]));

		assert_int_equal(o.problem, PROBLEM_NONE);
		assert_true(likeness == record_likeness(*state, &o.record, party));
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct outcome o = take(*state, str_of(other[i]));

		assert_int_equal(o.problem, PROBLEM_NONE);
		assert_true(likeness != record_likeness(*state, &o.record, party));
	}
	assert_true(record_times_are_near(0, 600 * USEC_PER_SEC) &&
		    record_times_are_near(600 * USEC_PER_SEC, 0));
	assert_false(record_times_are_near(0, 600 * USEC_PER_SEC + 1));
}

#define AMOUNT(kg) "\"quantity\":{\"value\":\"" kg "\",\"unit\":\"kg\"}"
#define LINE(lot, kg) "{\"lot\":\"" lot "\"," AMOUNT(kg) "}"
#define MADE(product, kg) "{\"product\":\"" product "\"," AMOUNT(kg) "}"

static int64_t likeness_of(struct arena *arena, const char *members, struct uuid party)
{
	struct outcome o =
		take(arena, arena_printf(arena, "{\"time\":\"2026-05-03T08:00:00+08:00\",%s}", members));

	assert_int_equal(o.problem, PROBLEM_NONE);
	return record_likeness(arena, &o.record, party);
}

static void the_order_of_lists_makes_no_other_deed(void **state)
{
	static const char *const alike[][2] = {
		{"\"type\":\"sell\",\"lots\":[" LINE("L1", "2") "," LINE("L2", "3") "]",
		 "\"type\":\"sell\",\"lots\":[" LINE("L2", "3") "," LINE("L1", "2") "]"},
		{"\"type\":\"harvest\",\"product\":\"P\"," AMOUNT("2") ",\"site\":\"A\",\"sites\":[\"B\"]",
		 "\"type\":\"harvest\",\"product\":\"P\"," AMOUNT("2") ",\"sites\":[\"B\",\"A\"]"},
		{"\"type\":\"treat\",\"product\":\"X\",\"site\":\"A\",\"active\":[\"a\",\"b\"]",
		 "\"type\":\"treat\",\"product\":\"X\",\"site\":\"A\",\"active\":[\"b\",\"a\"]"},
		{"\"type\":\"pack\",\"inputs\":[" LINE("L1", "4") "," LINE("L2", "1") "],\"outputs\":[" MADE(
			 "P", "2") "," MADE("Q", "3") "]",
		 "\"type\":\"pack\",\"inputs\":[" LINE("L2", "1") "," LINE("L1", "4") "],\"outputs\":[" MADE(
			 "Q", "3") "," MADE("P", "2") "]"},
		{"\"type\":\"load\",\"unit\":\"C\",\"contents\":[{\"unit\":\"D\"}," LINE("L1", "4") "]",
		 "\"type\":\"load\",\"unit\":\"C\",\"contents\":[" LINE("L1", "4") ",{\"unit\":\"D\"}]"},
	};
	static const char other[] = "\"type\":\"sell\",\"lots\":[" LINE("L1", "3") "," LINE("L2", "2") "]";
	const struct uuid party = {{1}};

	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		assert_true(likeness_of(*state, alike[i][0], party) ==
			    likeness_of(*state, alike[i][1], party));
	assert_true(likeness_of(*state, alike[0][0], party) != likeness_of(*state, other, party));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_harvest_is_three_fields),
		TEST(a_correction_says_which_record_and_why),
		TEST(a_replacement_is_a_whole_record),
		cmocka_unit_test(every_sample_of_every_kind_is_accepted),
		TEST(each_type_needs_its_members),
		TEST(a_test_says_what_was_found),
		TEST(a_content_is_a_lot_or_a_unit),
		TEST(a_sample_says_what_was_taken_and_nothing_else),
		TEST(a_whole_lot_may_be_meant_where_nothing_moves),
		TEST(a_member_that_the_type_does_not_take_is_refused),
		TEST(a_type_that_is_not_known_is_told),
		TEST(the_kinds_are_sorted_and_complete),
		TEST(a_time_ahead_needs_the_devices_own_time),
		TEST(a_fault_in_an_amount_points_at_it),
		TEST(a_net_measure_measures_something_else),
		TEST(a_lot_stands_once_on_each_side),
		TEST(lists_and_texts_have_limits),
		TEST(a_transformation_has_a_bound_on_its_edges),
		TEST(texts_hold_no_control_characters),
		TEST(positions_and_temperatures_lie_on_earth),
		TEST(a_dose_is_text_or_an_amount),
		TEST(what_was_done_makes_records_alike),
		TEST(the_order_of_lists_makes_no_other_deed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
