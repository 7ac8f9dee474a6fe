/* SPDX-License-Identifier: Apache-2.0
 * There and back: the record of an event, sent in again, becomes the same event. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ft/core/record_of_event.h"
#include "sample.h"

enum { ROUNDS = 200 }; /* of every kind */

static struct str record_of(struct arena *arena, struct str body, struct str replacement)
{
	struct str record;

	assert_true(record_of_event(arena, body, replacement, &record));
	return record;
}

/* The sample's places are any number; a record that needs one has one. */
static struct epcis_source *placed_source(struct arena *arena, struct generator *g,
					  const struct record_kind *kind)
{
	struct epcis_source *source;

	do
		source = sample_source(arena, g, kind);
	while (source->place_count == 0);
	return source;
}

static void goes_there_and_back(struct generator *g, const struct record_kind *kind)
{
	struct arena *arena = arena_create();
	struct epcis_source *source = placed_source(arena, g, kind);
	struct fault fault = {0};
	struct str body = epcis_body_build(arena, source);
	struct str text = record_of(arena, body, (struct str){NULL, 0});

	source->record = sample_decode(arena, text, &fault);
	if (source->record == NULL)
		fail_msg("%s is refused at %s", text.at, fault.pointer);
	assert_ptr_equal(record_kind_find(source->record->type), kind);
	source->lots_named = source->record->lots.count;
	sample_resolve(arena, source);
	assert_string_equal(epcis_body_build(arena, source).at, body.at);
	arena_destroy(arena);
}

static void every_kind_goes_there_and_back(void **state)
{
	struct generator g = {20};
	const struct record_kind *kind;

	(void)state;
	for (size_t k = 0; (kind = record_kind_at(k)) != NULL; k++)
		for (size_t i = 0; kind->class != RECORD_CORRECT && i < ROUNDS; i++)
			goes_there_and_back(&g, kind);
}

static void what_is_named_stands_in_the_record_by_its_uri(void **state)
{
	static const char text[] =
		"{\"@context\":[],\"type\":\"TransformationEvent\",\"eventTime\":\"2026-05-03T08:30:00+08:"
		"00\","
		"\"inputQuantityList\":[{\"epcClass\":\"https://a.cn/o/x/p/pig/b/"
		"7\",\"quantity\":2,\"uom\":\"H87\"}],"
		"\"outputQuantityList\":[{\"epcClass\":\"https://id.gs1.org/01/09506000134352/10/"
		"A%2FB\",\"quantity\":12.5,"
		"\"uom\":\"KGM\"}],"
		"\"farmtrail:record\":\"slaughter\",\"farmtrail:party\":\"https://a.cn/o/x\","
		"\"farmtrail:places\":[{\"farmtrail:id\":\"https://a.cn/o/x/f/1\"}],"
		"\"farmtrail:products\":[{\"farmtrail:epcClass\":\"https://id.gs1.org/01/09506000134352/10/"
		"A%2FB\","
		"\"farmtrail:product\":\"https://id.gs1.org/01/09506000134352\"}],"
		"\"farmtrail:net\":[{\"farmtrail:epcClass\":\"https://a.cn/o/x/p/pig/b/"
		"7\",\"farmtrail:quantity\":210.5,"
		"\"farmtrail:uom\":\"KGM\"}],"
		"\"farmtrail:written\":[{\"farmtrail:epcClass\":\"https://id.gs1.org/01/09506000134352/10/"
		"A%2FB\","
		"\"farmtrail:value\":\"25\",\"farmtrail:unit\":\"jin\"}],"
		"\"farmtrail:animals\":[\"150011600000001\"]}";

	assert_string_equal(
		record_of(*state, str_of(text), (struct str){NULL, 0}).at,
		"{\"type\":\"slaughter\",\"time\":\"2026-05-03T08:30:00+08:00\",\"party\":\"https://a.cn/o/"
		"x\","
		"\"site\":\"https://a.cn/o/x/f/1\","
		"\"inputs\":[{\"lot\":\"https://a.cn/o/x/p/pig/b/"
		"7\",\"quantity\":{\"value\":\"2\",\"unit\":\"H87\","
		"\"net\":{\"value\":\"210.5\",\"unit\":\"KGM\"}}}],"
		"\"outputs\":[{\"product\":\"https://id.gs1.org/01/09506000134352\",\"lot\":\"A/B\","
		"\"quantity\":{\"value\":\"25\",\"unit\":\"jin\"}}],"
		"\"animals\":[\"150011600000001\"]}");
}

static void a_declaration_is_a_correction_with_its_replacement(void **state)
{
	struct generator g = {21};
	struct epcis_source *source;
	size_t replaced = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct str body = sample_body(*state, &g, record_kind_find(STR("correct")), &source);
		struct str wrong = epcis_body_build(*state, source);
		bool has = source->place_count > 0 && !uuid_is_nil(record_corrective(*state, body));
		struct str inner =
			has ? record_of(*state, wrong, (struct str){NULL, 0}) : (struct str){NULL, 0};
		struct fault fault = {0};
		const struct record *record = sample_decode(*state, record_of(*state, body, inner), &fault);

		if (record == NULL)
			fail_msg("refused at %s: %s", fault.pointer, record_of(*state, body, inner).at);
		assert_true(str_equal(record->type, STR("correct")));
		assert_memory_equal(record->event.octets, source->id.octets, sizeof source->id.octets);
		assert_int_equal(record->replacement != NULL, has);
		assert_true(uuid_is_nil(record_corrective(*state, wrong)));
		replaced += has;
	}
	assert_in_range(replaced, ROUNDS / 4, ROUNDS - 1);
}

static void what_was_no_record_has_none(void **state)
{
	static const char *const bodies[] = {"",
					     "7",
					     "{}",
					     "[1]",
					     "{\"farmtrail:record\":7}",
					     "{\"farmtrail:record\":\"dance\"}",
					     "{\"type\":\"ObjectEvent\",\"errorDeclaration\":{}}"};
	struct str record;

	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
		assert_false(record_of_event(*state, str_of(bodies[i]), (struct str){NULL, 0}, &record));
}

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_kind_goes_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_named_stands_in_the_record_by_its_uri, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_declaration_is_a_correction_with_its_replacement, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_was_no_record_has_none, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
