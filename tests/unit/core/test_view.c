/* SPDX-License-Identifier: Apache-2.0
 * What each tier may see: nothing personal from the farm tier on, no site below its tier, and coarser views can be made of
 * finer ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/core/manifest.h"
#include "sample.h"

static struct str view(struct arena *arena, struct str body, enum tier tier)
{
	struct str seen;

	assert_int_equal(view_of(arena, body, tier, &seen), PROBLEM_NONE);
	return seen;
}

static bool contains(struct str text, const char *part)
{
	return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void check_hidden(struct str seen, enum tier tier)
{
	static const char *const personal[] = {SAMPLE_PERSONAL, SAMPLE_LATITUDE, SAMPLE_REQUEST,
					       SAMPLE_DEVICE_TIME};
	static const char *const of_farms[] = {
		SAMPLE_SITE,         SAMPLE_FARM_TEXT, "farmtrail:party", "farmtrail:recordedBy",
		"farmtrail:pins",    "sourceList",     "destinationList", "bizTransactionList",
		"farmtrail:animals", "1500116000000"};

	for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++)
		if (contains(seen, personal[i]))
			fail_msg("%s in %.*s", personal[i], STR_ARGS(seen));
	for (size_t i = 0; tier > TIER_FARM && i < sizeof of_farms / sizeof of_farms[0]; i++)
		if (contains(seen, of_farms[i]))
			fail_msg("%s in %.*s", of_farms[i], STR_ARGS(seen));
	if (tier == TIER_DISTRICT && contains(seen, "farmtrail:township"))
		fail_msg("township in %.*s", STR_ARGS(seen));
}

/* Version 2: no amount of goods below the full view. */
static void check_amounts(struct str seen)
{
	static const char *const amounts[] = {"\"quantity\"",  "farmtrail:quantity", "farmtrail:uom",
					      "farmtrail:net", "farmtrail:written",  "farmtrail:shortage"};

	for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++)
		if (contains(seen, amounts[i]))
			fail_msg("%s in %.*s", amounts[i], STR_ARGS(seen));
}

static void check_places_of_persons(const struct epcis_source *source, struct str farm)
{
	for (size_t i = 0; i < source->place_count; i++)
		if (contains(farm, source->places[i].uri.at) == source->places[i].personal)
			fail_msg("%s in %.*s", source->places[i].uri.at, STR_ARGS(farm));
}

static void check_views(struct arena *arena, struct generator *g, const struct record_kind *kind)
{
	struct epcis_source *source;
	struct str body = sample_body(arena, g, kind, &source), farm = view(arena, body, TIER_FARM);
	struct str township = view(arena, body, TIER_TOWNSHIP), district = view(arena, body, TIER_DISTRICT);
	struct str all[TIER_COUNT];
	struct json json;
	struct fault fault;

	assert_true(str_equal(view(arena, body, TIER_FULL), body));
	assert_int_equal(view_all(arena, body, all), PROBLEM_NONE);
	assert_true(str_equal(all[TIER_FULL], body) && str_equal(all[TIER_FARM], farm));
	assert_true(str_equal(all[TIER_TOWNSHIP], township) && str_equal(all[TIER_DISTRICT], district));
	check_hidden(farm, TIER_FARM);
	check_hidden(township, TIER_TOWNSHIP);
	check_hidden(district, TIER_DISTRICT);
	check_amounts(farm);
	check_amounts(district);
	check_places_of_persons(source, farm);
	assert_true(str_equal(view(arena, farm, TIER_FARM), farm));
	assert_true(str_equal(view(arena, farm, TIER_TOWNSHIP), township));
	assert_true(str_equal(view(arena, township, TIER_TOWNSHIP), township));
	assert_true(str_equal(view(arena, farm, TIER_DISTRICT), district));
	assert_true(str_equal(view(arena, township, TIER_DISTRICT), district));
	assert_int_equal(json_parse(arena, district, &json, &fault), PROBLEM_NONE);
	/* What happened, when, and to which lots is seen by all. */
	assert_true(json_get(&json, STR("eventID")) != NULL && json_get(&json, STR("eventTime")) != NULL);
	for (size_t i = 0; i < source->output_count; i++)
		assert_true(contains(district, source->outputs[i].class_uri.at));
}

static void views_of_every_kind_hide_what_they_must_and_can_be_made_of_finer_ones(void **state)
{
	(void)state;
	for (size_t k = 0; record_kind_at(k) != NULL; k++)
		for (uint64_t seed = 0; seed < 200; seed++) {
			struct generator g = {seed * 1000 + k};
			struct arena *arena = arena_create();

			check_views(arena, &g, record_kind_at(k));
			arena_destroy(arena);
		}
}

#define EVENT(places, point) \
	"{\"type\":\"ObjectEvent\",\"readPoint\":{\"id\":\"" point "\"},\"farmtrail:record\":\"plant\"," \
	"\"farmtrail:places\":[" places "]}"
#define PLACE(id, rest) "{\"farmtrail:id\":\"" id "\"" rest "}"

static void check_view(const char *body, enum tier tier, const char *expected)
{
	struct arena *arena = arena_create();

	assert_string_equal(view(arena, str_of(body), tier).at, expected);
	arena_destroy(arena);
}

#define MIXTURE(inputs, shares) \
	"{\"type\":\"TransformationEvent\",\"inputQuantityList\":[" inputs "]" shares \
	",\"outputQuantityList\":[{\"epcClass\":\"l:3\"}],\"farmtrail:record\":\"mix\"}"
#define SHARES(a, b) \
	",\"farmtrail:shares\":[{\"farmtrail:epcClass\":\"l:1\",\"farmtrail:share\":\"" a \
	"\"},{\"farmtrail:epcClass\":\"l:2\",\"farmtrail:share\":\"" b "\"}]"
#define INPUT(lot, rest) "{\"epcClass\":\"" lot "\"" rest "}"

static void what_went_in_becomes_shares(void **state)
{
	struct arena *arena = arena_create();
	static const struct {
		const char *a, *b, *shares;
	} cases[] = {
		{",\"quantity\":62,\"uom\":\"KGM\"", ",\"quantity\":38,\"uom\":\"KGM\"",
		 SHARES("31/50", "19/50")},
		{",\"quantity\":1,\"uom\":\"TNE\"", ",\"quantity\":500,\"uom\":\"KGM\"",
		 SHARES("2/3", "1/3")},
		/* not measured alike, not measured */
		{",\"quantity\":1,\"uom\":\"HEA\"", ",\"quantity\":38,\"uom\":\"KGM\"", ""},
		{",\"quantity\":1,\"uom\":\"KGM\"", "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str body = arena_printf(arena, MIXTURE(INPUT("l:1", "%s") "," INPUT("l:2", "%s"), ""),
					       cases[i].a, cases[i].b);
		struct str farm = view(arena, body, TIER_FARM);

		assert_string_equal(farm.at,
				    arena_printf(arena, MIXTURE(INPUT("l:1", "") "," INPUT("l:2", ""), "%s"),
						 cases[i].shares)
					    .at);
		assert_true(str_equal(view(arena, farm, TIER_DISTRICT), farm));
	}
	arena_destroy(arena);
}

/* What was signed before version 2 still proves itself. */
static void single_packs_are_for_the_full_view_alone(void **state)
{
	(void)state;
	static const char *const body = "{\"farmtrail:record\":\"sell\",\"epcList\":[\"https://u.example/00/"
					"1\",\"https://l.example/s/K1\","
					"\"https://l.example/s/K2\"],\"farmtrail:itemsNamed\":2}";
	static const char *const shown =
		"{\"farmtrail:record\":\"sell\",\"epcList\":[\"https://u.example/00/1\"]}";

	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++) {
		check_view(body, tier, shown);
		check_view(shown, tier, shown);
	}
	/* More than there are: none is left, and nothing beyond the list is read. */
	check_view("{\"farmtrail:record\":\"pack\",\"inputEPCList\":[\"https://l.example/s/K1\"],"
		   "\"farmtrail:itemsNamed\":9}",
		   TIER_FARM, "{\"farmtrail:record\":\"pack\",\"inputEPCList\":[]}");
	/* Of a partner's event the member says nothing. */
	check_view("{\"eventTime\":\"2026-05-03T08:30:00Z\",\"epcList\":[\"urn:x:1\"],\"farmtrail:"
		   "itemsNamed\":1}",
		   TIER_FARM, "{\"eventTime\":\"2026-05-03T08:30:00Z\",\"epcList\":[\"urn:x:1\"]}");
}

static void the_version_that_was_signed_is_found_again(void **state)
{
	static const uint8_t secret[MANIFEST_SECRET_LEN] = {3};
	const char *body = MIXTURE(INPUT("l:1", ",\"quantity\":62,\"uom\":\"KGM\"") "," INPUT(
					   "l:2", ",\"quantity\":38,\"uom\":\"KGM\""),
				   "");
	struct arena *arena = arena_create();
	struct str texts[TIER_COUNT], again[TIER_COUNT], manifest, other;

	(void)state;
	for (int version = VIEW_1; version <= VIEW_NEWEST; version++) {
		struct manifest_view views[TIER_COUNT];

		assert_int_equal(view_all_by(arena, str_of(body), (enum view_version)version, texts),
				 PROBLEM_NONE);
		for (size_t i = 0; i < TIER_COUNT; i++)
			views[i] = (struct manifest_view){texts[i], EVENT_MEDIA_TYPE};
		other = manifest_build(arena, secret, views);
		assert_int_equal(manifest_of_body(arena, str_of(body), secret, sha256_of(str_bytes(other)),
						  again, &manifest),
				 PROBLEM_NONE);
		assert_true(str_equal(manifest, other));
		for (size_t i = 0; i < TIER_COUNT; i++)
			assert_true(str_equal(again[i], texts[i]));
		assert_int_equal(contains(texts[TIER_FARM], "KGM"), version == VIEW_1);
	}
	/* of a body that nobody signed, the newest */
	assert_int_equal(
		manifest_of_body(arena, str_of(body), secret, (struct sha256){{0}}, again, &manifest),
		PROBLEM_NONE);
	assert_true(str_equal(manifest, other));
	arena_destroy(arena);
}

static void places_become_regions(void **state)
{
	const char *body =
		EVENT(PLACE("s:1", ",\"farmtrail:township\":\"500102100\",\"farmtrail:district\":\"500102\""),
		      "s:1");

	(void)state;
	check_view(body, TIER_FARM, body);
	check_view(body, TIER_TOWNSHIP,
		   EVENT(PLACE("urn:farmtrail:region:500102100",
			       ",\"farmtrail:township\":\"500102100\",\"farmtrail:district\":\"500102\""),
			 "urn:farmtrail:region:500102100"));
	check_view(body, TIER_DISTRICT,
		   EVENT(PLACE("urn:farmtrail:region:500102", ",\"farmtrail:district\":\"500102\""),
			 "urn:farmtrail:region:500102"));
}

static void a_place_without_the_code_becomes_the_next_coarser(void **state)
{
	const char *body = EVENT(PLACE("s:1", ",\"farmtrail:district\":\"500102\""), "s:1");
	const char *nowhere = EVENT(PLACE("s:1", ""), "s:1");

	(void)state;
	check_view(body, TIER_TOWNSHIP,
		   EVENT(PLACE("urn:farmtrail:region:500102", ",\"farmtrail:district\":\"500102\""),
			 "urn:farmtrail:region:500102"));
	check_view(nowhere, TIER_FARM, nowhere);
	check_view(nowhere, TIER_TOWNSHIP, "{\"type\":\"ObjectEvent\",\"farmtrail:record\":\"plant\"}");
}

static void the_plot_of_a_person_is_its_township_already_for_the_farm_tier(void **state)
{
	(void)state;
	check_view(EVENT(PLACE("s:1", ",\"farmtrail:township\":\"500102100\",\"farmtrail:personal\":true"),
			 "s:1"),
		   TIER_FARM,
		   EVENT(PLACE("urn:farmtrail:region:500102100", ",\"farmtrail:township\":\"500102100\""),
			 "urn:farmtrail:region:500102100"));
}

static void two_plots_of_one_township_become_one_place(void **state)
{
	(void)state;
	check_view(EVENT(PLACE("s:1", ",\"farmtrail:township\":\"500102100\"") "," PLACE(
				 "s:2", ",\"farmtrail:township\":\"500102100\""),
			 "s:1"),
		   TIER_TOWNSHIP,
		   EVENT(PLACE("urn:farmtrail:region:500102100", ",\"farmtrail:township\":\"500102100\""),
			 "urn:farmtrail:region:500102100"));
}

static void pins_of_a_withheld_place_are_withheld(void **state)
{
	(void)state;
	check_view("{\"farmtrail:record\":\"plant\",\"farmtrail:places\":[{\"farmtrail:id\":\"s:1\","
		   "\"farmtrail:district\":\"50\","
		   "\"farmtrail:personal\":true},{\"farmtrail:id\":\"s:2\"}],\"farmtrail:pins\":{\"farmtrail:"
		   "party\":{\"farmtrail:id\":"
		   "\"p\"},\"farmtrail:places\":[{\"farmtrail:id\":\"s:1\"},{\"farmtrail:id\":\"s:2\"}]}}",
		   TIER_FARM,
		   "{\"farmtrail:record\":\"plant\",\"farmtrail:places\":[{\"farmtrail:id\":\"urn:farmtrail:"
		   "region:50\","
		   "\"farmtrail:district\":\"50\"},{\"farmtrail:id\":\"s:2\"}],\"farmtrail:pins\":{"
		   "\"farmtrail:party\":{\"farmtrail:id\":"
		   "\"p\"},\"farmtrail:places\":[{\"farmtrail:id\":\"s:2\"}]}}");
}

static void what_is_no_body_of_ours_is_refused(void **state)
{
	static const char *const others[] = {
		"", "{", "[]", "null", "{}", "{\"farmtrail:record\":1}", "\"farmtrail:record\""};
	struct arena *arena = arena_create();
	struct str seen = STR("untouched");
	struct str all[TIER_COUNT] = {STR("untouched")};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(view_of(arena, str_of(others[i]), TIER_FARM, &seen), PROBLEM_JSON_SYNTAX);
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_int_equal(view_all(arena, str_of(others[i]), all), PROBLEM_JSON_SYNTAX);
	assert_string_equal(seen.at, "untouched");
	assert_string_equal(all[TIER_FULL].at, "untouched");
	arena_destroy(arena);
}

static void the_tiers_have_their_words(void **state)
{
	(void)state;
	assert_string_equal(tier_words[TIER_FULL], "full");
	assert_string_equal(tier_words[TIER_FARM], "farm");
	assert_string_equal(tier_words[TIER_TOWNSHIP], "township");
	assert_string_equal(tier_words[TIER_DISTRICT], "district");
}

static void a_partners_declaration_is_one_at_every_tier(void **state)
{
	const char *body = "{\"type\":\"ObjectEvent\",\"eventTime\":\"2026-05-03T08:30:00+08:00\","
			   "\"errorDeclaration\":{\"declarationTime\":\"2026-05-04T08:30:00+08:00\","
			   "\"reason\":\"incorrect_data\",\"ex:who\":\"Li Si\"}}";
	struct arena *arena = arena_create();
	struct str old[TIER_COUNT], texts[TIER_COUNT];

	(void)state;
	assert_int_equal(view_all_by(arena, str_of(body), VIEW_2, old), PROBLEM_NONE);
	assert_int_equal(view_all_by(arena, str_of(body), VIEW_3, texts), PROBLEM_NONE);
	assert_false(contains(old[TIER_TOWNSHIP], "errorDeclaration"));
	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++) {
		assert_true(contains(texts[tier], "\"errorDeclaration\":{\"declarationTime\""));
		assert_int_equal(contains(texts[tier], "incorrect_data"), tier == TIER_FARM);
		assert_false(contains(texts[tier], "Li Si"));
	}
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(views_of_every_kind_hide_what_they_must_and_can_be_made_of_finer_ones),
		cmocka_unit_test(what_went_in_becomes_shares),
		cmocka_unit_test(single_packs_are_for_the_full_view_alone),
		cmocka_unit_test(the_version_that_was_signed_is_found_again),
		cmocka_unit_test(places_become_regions),
		cmocka_unit_test(a_place_without_the_code_becomes_the_next_coarser),
		cmocka_unit_test(the_plot_of_a_person_is_its_township_already_for_the_farm_tier),
		cmocka_unit_test(two_plots_of_one_township_become_one_place),
		cmocka_unit_test(pins_of_a_withheld_place_are_withheld),
		cmocka_unit_test(what_is_no_body_of_ours_is_refused),
		cmocka_unit_test(the_tiers_have_their_words),
		cmocka_unit_test(a_partners_declaration_is_one_at_every_tier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
