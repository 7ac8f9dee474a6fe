/* SPDX-License-Identifier: Apache-2.0
 * What a body says was done to goods, and what follows from it for stock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/core/deed.h"

#define NATIVE(record, type, rest) \
	"{\"@context\":[],\"type\":\"" type "\",\"eventTime\":\"2026-05-03T08:30:00+08:00\"," \
	"\"farmtrail:record\":\"" record "\",\"farmtrail:party\":\"https://f.example/o/coop\"," rest "}"
#define PARTNER(rest) \
	"{\"@context\":\"https://ref.gs1.org/standards/epcis/2.0.0/" \
	"epcis-context.jsonld\",\"type\":\"ObjectEvent\"," \
	"\"eventTime\":\"2026-05-03T08:30:00Z\",\"eventTimeZoneOffset\":\"+08:00\"," rest "}"
#define LOT(number) "https://f.example/o/coop/p/greens/b/" number

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

static struct deed read_deed(struct arena *arena, const char *body)
{
	struct deed deed;
	assert_int_equal(deed_read(arena, str_of(body), &deed), PROBLEM_NONE);
	return deed;
}

static void assert_text(struct str found, const char *expected)
{
	assert_true(str_equal(found, str_of(expected)));
}

static void a_harvest_makes_one_lot(void **state)
{
	struct deed deed = read_deed(*state, NATIVE("harvest", "ObjectEvent",
						    "\"quantityList\":[{\"epcClass\":\"" LOT(
							    "A") "\",\"quantity\":12.5,\"uom\":\"KGM\"}]"));
	assert_int_equal(deed.count, 1);
	assert_int_equal(deed.lines[0].role, DEED_OUTPUT);
	assert_text(deed.lines[0].uri, LOT("A"));
	assert_text(deed.party, "https://f.example/o/coop");
	assert_true(deed.lines[0].has_amount && deed.makes && !deed.of_partner && !deed.declaration);
	assert_text(decimal_print(*state, deed.lines[0].amount.base), "12.5");
	assert_int_equal(deed.time.offset_min, 480);
}

static void inputs_come_before_outputs_with_their_net(void **state)
{
	struct deed deed = read_deed(
		*state,
		NATIVE("pack", "TransformationEvent",
		       "\"outputQuantityList\":[{\"epcClass\":\"" LOT(
			       "C") "\",\"quantity\":4,\"uom\":\"XBX\"}],"
				    "\"inputQuantityList\":[{\"epcClass\":\"" LOT(
					    "A") "\",\"quantity\":1,\"uom\":\"KGM\"},"
						 "{\"epcClass\":\"" LOT(
							 "B") "\",\"quantity\":2,\"uom\":\"KGM\"}],"
							      "\"farmtrail:net\":[{\"farmtrail:epcClass\":"
							      "\"" LOT("C") "\",\"farmtrail:quantity\":3,"
									    "\"farmtrail:uom\":\"KGM\"}]"));
	assert_int_equal(deed.count, 3);
	assert_int_equal(deed.lines[0].role, DEED_INPUT);
	assert_text(deed.lines[1].uri, LOT("B"));
	assert_int_equal(deed.lines[2].role, DEED_OUTPUT);
	assert_true(deed.lines[2].has_net && !deed.lines[0].has_net);
	assert_text(deed.lines[2].net.value, "3");
}

static void a_receipt_names_its_shipment_and_may_be_of_nothing(void **state)
{
	struct deed deed = read_deed(
		*state,
		NATIVE("receive", "ObjectEvent",
		       "\"quantityList\":[{\"epcClass\":\"" LOT(
			       "A") "\",\"quantity\":0,\"uom\":\"KGM\"}],"
				    "\"bizTransactionList\":[{\"type\":\"po\",\"bizTransaction\":\"urn:x\"},"
				    "{\"type\":\"desadv\",\"bizTransaction\":\"https://f.example/o/coop/u/"
				    "shp_1\"}],"
				    "\"sourceList\":[{\"type\":\"possessing_party\",\"source\":\"https://"
				    "f.example/o/coop\"}]"));
	assert_text(deed.shipment, "https://f.example/o/coop/u/shp_1");
	assert_text(deed.from, "https://f.example/o/coop");
	assert_true(deed.lines[0].has_amount && decimal_is_zero(deed.lines[0].amount.base));
	assert_int_equal(deed.lines[0].role, DEED_THING);
}

static void what_came_back_from_customers_is_in_stock_again(void **state)
{
	struct deed deed =
		read_deed(*state, NATIVE("return", "ObjectEvent",
					 "\"epcList\":[\"https://f.example/00/1\",\"" LOT(
						 "A") "/s/K1\"],"
						      "\"quantityList\":[{\"epcClass\":\"" LOT(
							      "A") "\",\"quantity\":2,\"uom\":\"KGM\"}],"
								   "\"farmtrail:itemsNamed\":1"));
	struct deed_counts effect[DEED_SIDES];
	const struct deed_facts facts = {.amount = decimal_of(2), .issuer = {[DEED_ACTING] = true}};
	assert_true(deed.taken_back);
	assert_int_equal(deed.packs.count, 1);
	assert_text(deed.packs.items[0], LOT("A") "/s/K1");
	deed_effect(&deed, &deed.lines[0], &facts, effect);
	assert_text(deed_counts_print(*state, effect[DEED_ACTING]), "on_hand 2, sold -2, outside -2");
	deed = read_deed(*state,
			 NATIVE("return", "ObjectEvent",
				"\"destinationList\":[{\"type\":\"possessing_party\",\"destination\":"
				"\"https://f.example/o/mill\"}],\"epcList\":[],\"farmtrail:itemsNamed\":3"));
	assert_true(!deed.taken_back && deed.packs.count == 0);
}

static void what_a_partner_counts_without_a_unit_is_pieces(void **state)
{
	struct deed deed = read_deed(
		*state, PARTNER("\"action\":\"DELETE\",\"epcList\":[\"urn:epc:id:sgtin:4012345.011111.987\"],"
				"\"quantityList\":[{\"epcClass\":\"urn:epc:class:lgtin:4012345.012345."
				"998877\",\"quantity\":200,"
				"\"uom\":\"KGM\"}]"));
	assert_true(deed.of_partner && deed.removes);
	assert_int_equal(deed.count, 2);
	assert_string_equal(deed.lines[0].amount.unit->code, "H87");
	assert_string_equal(deed.lines[1].amount.unit->code, "KGM");
}

static void what_is_no_event_is_told(void **state)
{
	static const char *const bodies[] = {"",
					     "[]",
					     "{}",
					     "{\"farmtrail:record\":\"dance\"}",
					     "{\"farmtrail:record\":7}",
					     "{\"type\":\"ObjectEvent\"}",
					     "{\"farmtrail:record\":\"sell\",\"eventTime\":\"yesterday\"}"};
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct deed deed;
		assert_int_equal(deed_read(*state, str_of(bodies[i]), &deed), PROBLEM_JSON_SYNTAX);
	}
}

/* — effects — */
struct effect_case {
	const char *record;
	bool of_partner, by_shipment, withdrawn, issuer_acts, issuer_sends, issuer_receives, unknown_sender;
	enum deed_role role;
	int shipped;
	const char *acting, *from; /* of 5 of something */
};

static void effects_are_those_of_the_deed(void **state)
{
	static const struct effect_case cases[] = {
		{.record = "harvest",
		 .role = DEED_OUTPUT,
		 .acting = "on_hand 5, own 5, total 5",
		 .from = "nothing"},
		{.record = "mix", .role = DEED_OUTPUT, .acting = "on_hand 5, total 5", .from = "nothing"},
		{.record = "mix", .role = DEED_INPUT, .acting = "on_hand -5", .from = "nothing"},
		{.record = "sell", .acting = "on_hand -5, sold 5", .from = "nothing"},
		{.record = "sell",
		 .issuer_acts = true,
		 .acting = "on_hand -5, sold 5, outside 5",
		 .from = "nothing"},
		{.record = "destroy",
		 .acting = "on_hand -5, destroyed 5, lot_destroyed 5, outside -5",
		 .from = "nothing"},
		{.record = "destroy",
		 .issuer_acts = true,
		 .acting = "on_hand -5, destroyed 5, lot_destroyed 5",
		 .from = "nothing"},
		{.record = "ship",
		 .issuer_acts = true,
		 .acting = "on_hand -5, in_transit 5, outside 5",
		 .from = "nothing"},
		{.record = "return",
		 .issuer_receives = true,
		 .acting = "on_hand -5, in_transit 5, outside -5",
		 .from = "nothing"},
		{.record = "receive",
		 .by_shipment = true,
		 .shipped = 5,
		 .acting = "on_hand 5",
		 .from = "in_transit -5"},
		{.record = "receive",
		 .by_shipment = true,
		 .shipped = 7,
		 .acting = "on_hand 5",
		 .from = "in_transit -7"},
		{.record = "receive",
		 .by_shipment = true,
		 .shipped = 3,
		 .acting = "on_hand 5",
		 .from = "in_transit -3, claimed 2"},
		{.record = "receive",
		 .by_shipment = true,
		 .of_partner = true,
		 .shipped = 3,
		 .acting = "on_hand 5",
		 .from = "on_hand -2, in_transit -3"},
		{.record = "receive",
		 .by_shipment = true,
		 .withdrawn = true,
		 .shipped = 5,
		 .acting = "on_hand 5",
		 .from = "on_hand -5"},
		{.record = "receive",
		 .issuer_sends = true,
		 .acting = "on_hand 5, outside 5",
		 .from = "on_hand -5"},
		{.record = "receive",
		 .of_partner = true,
		 .unknown_sender = true,
		 .acting = "nothing",
		 .from = "nothing"},
		{.record = "inspect", .acting = "nothing", .from = "nothing"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct effect_case *c = &cases[i];
		const struct deed deed = {.kind = record_kind_find(str_of(c->record)),
					  .of_partner = c->of_partner};
		const struct deed_line line = {.role = c->role};
		const struct deed_facts facts = {
			.amount = decimal_of(5),
			.issuer = {c->issuer_acts, c->issuer_sends, c->issuer_receives},
			.known = {true, !c->unknown_sender, true},
			.by_shipment = c->by_shipment,
			.withdrawn = c->withdrawn,
			.shipped = decimal_of(c->shipped)};
		struct deed_counts effect[DEED_SIDES];
		deed_effect(&deed, &line, &facts, effect);
		assert_text(deed_counts_print(*state, effect[DEED_ACTING]), c->acting);
		assert_text(deed_counts_print(*state, effect[DEED_FROM]), c->from);
		assert_text(deed_counts_print(*state, effect[DEED_TO]), "nothing");
	}
}

static void a_declaration_does_nothing(void **state)
{
	struct deed deed = read_deed(*state, NATIVE("sell", "ObjectEvent", "\"errorDeclaration\":{}"));
	const struct deed_facts facts = {.amount = decimal_of(5), .known = {true, true, true}};
	const struct deed_line line = {.role = DEED_THING};
	struct deed_counts effect[DEED_SIDES];
	assert_true(deed.declaration);
	deed_effect(&deed, &line, &facts, effect);
	assert_text(deed_counts_print(*state, effect[DEED_ACTING]), "nothing");
}

static void a_test_says_what_it_found_where(void **state)
{
	struct deed deed = read_deed(
		*state,
		NATIVE("test", "ObjectEvent",
		       "\"eventID\":\"urn:uuid:1\",\"farmtrail:places\":[{\"farmtrail:id\":\"https://"
		       "f.example/o/coop/f/1\","
		       "\"farmtrail:township\":\"500112016\",\"farmtrail:district\":\"500112\"},{\"farmtrail:"
		       "id\":"
		       "\"https://f.example/o/coop/f/"
		       "2\",\"farmtrail:district\":\"500109\"}],\"farmtrail:kind\":\"lab\","
		       "\"farmtrail:outcome\":\"positive\",\"farmtrail:results\":[{\"farmtrail:substance\":"
		       "\"x\","
		       "\"farmtrail:value\":0.2,\"farmtrail:unit\":\"mg/kg\",\"farmtrail:detected\":true},"
		       "{\"farmtrail:substance\":\"y\",\"farmtrail:detected\":false}]"));
	const struct record_result *results = deed.results.items;
	assert_text(deed.id, "urn:uuid:1");
	assert_text(deed.test, "lab");
	assert_text(deed.outcome, "positive");
	assert_int_equal(deed.places.count, 2);
	assert_text(deed.regions[0], "500112016");
	assert_text(deed.regions[1], "500109");
	assert_int_equal(deed.results.count, 2);
	assert_text(results[0].substance, "x");
	assert_text(results[0].value, "0.2");
	assert_true(results[0].detected && !results[1].detected && !results[1].value.at);
}

static void a_declaration_says_why(void **state)
{
	struct deed deed = read_deed(
		*state, NATIVE("treat", "ObjectEvent",
			       "\"errorDeclaration\":{\"reason\":\"did_not_occur\",\"farmtrail:declaredBy\":"
			       "\"https://f.example/o/coop\",\"farmtrail:reason\":\"wrong plot\"}"));
	assert_true(deed.declaration);
	assert_text(deed.reason, "wrong plot");
	assert_text(deed.declared_by, "https://f.example/o/coop");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_harvest_makes_one_lot, setup, teardown),
		cmocka_unit_test_setup_teardown(inputs_come_before_outputs_with_their_net, setup, teardown),
		cmocka_unit_test_setup_teardown(a_receipt_names_its_shipment_and_may_be_of_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_came_back_from_customers_is_in_stock_again, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_a_partner_counts_without_a_unit_is_pieces, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_no_event_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(effects_are_those_of_the_deed, setup, teardown),
		cmocka_unit_test_setup_teardown(a_test_says_what_it_found_where, setup, teardown),
		cmocka_unit_test_setup_teardown(a_declaration_says_why, setup, teardown),
		cmocka_unit_test_setup_teardown(a_declaration_does_nothing, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
