/* SPDX-License-Identifier: Apache-2.0
 * geojson_check: which places are taken and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ft/core/geojson.h"

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static enum problem check(struct arena *arena, const char *text, struct str *ret_text, struct fault *reterr)
{
	struct json json;
	assert_int_equal(json_parse(arena, str_of(text), &json, reterr), PROBLEM_NONE);
	return geojson_check(arena, &json, "/geometry", ret_text, reterr);
}

static void takes(struct arena *arena, const char *text, const char *expected)
{
	struct fault fault = {0};
	struct str out = {0};
	assert_int_equal(check(arena, text, &out, &fault), PROBLEM_NONE);
	assert_string_equal(out.at, expected);
}

static void refuses(struct arena *arena, const char *text, const char *rule, const char *pointer)
{
	struct fault fault = {0};
	struct str out = {0};
	assert_int_equal(check(arena, text, &out, &fault), PROBLEM_GEOMETRY);
	assert_string_equal(fault.rule, rule);
	assert_string_equal(fault.pointer, pointer);
	assert_null(out.at);
}

static void the_three_kinds_of_place_are_taken(void **state)
{
	takes(*state, "{\"type\": \"Point\", \"coordinates\": [106.5512, 29.5630]}",
	      "{\"type\":\"Point\",\"coordinates\":[106.5512,29.5630]}");
	takes(*state, "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,30],[106,29]]]}",
	      "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,30],[106,29]]]}");
	takes(*state, "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[106,29],[107,29],[107,30],[106,29]]]]}",
	      "{\"type\":\"MultiPolygon\",\"coordinates\":[[[[106,29],[107,29],[107,30],[106,29]]]]}");
	refuses(*state, "{\"type\":\"LineString\",\"coordinates\":[[106,29],[107,29]]}", "type", "/geometry");
	refuses(*state, "[106,29]", "type", "/geometry");
}

static void heights_and_foreign_members_are_dropped(void **state)
{
	takes(*state,
	      "{\"bbox\":[1,2,3,4],\"coordinates\":[106.5,29.5,312.25],\"type\":\"Point\",\"crs\":null}",
	      "{\"type\":\"Point\",\"coordinates\":[106.5,29.5]}");
}

static void latitude_before_longitude_is_named(void **state)
{
	struct fault fault = {0};
	struct str out;
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[29.56,106.55]}", "swapped",
		"/geometry/coordinates");
	assert_int_equal(check(*state, "{\"type\":\"Point\",\"coordinates\":[29.56,106.55]}", &out, &fault),
			 PROBLEM_GEOMETRY);
	assert_true(str_equal(fault.detail, STR("longitude comes first: [106.55, 29.56]")));
	/* Kashgar: 75.99 could be a latitude, but not one of China */
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[39.47,75.99]}", "swapped",
		"/geometry/coordinates");
	takes(*state, "{\"type\":\"Point\",\"coordinates\":[39.47,-6.16]}",
	      "{\"type\":\"Point\",\"coordinates\":[39.47,-6.16]}");
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[200,29]}", "range", "/geometry/coordinates");
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[100,100]}", "range", "/geometry/coordinates");
}

static void numbers_are_plain_decimals(void **state)
{
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[1.065e2,29.5]}", "number",
		"/geometry/coordinates");
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[1000,29.5]}", "number",
		"/geometry/coordinates");
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[\"106\",29.5]}", "position",
		"/geometry/coordinates");
	refuses(*state, "{\"type\":\"Point\",\"coordinates\":[106]}", "position", "/geometry/coordinates");
	refuses(*state, "{\"type\":\"Point\"}", "coordinates", "/geometry/coordinates");
}

static void rings_are_closed_and_of_four_positions(void **state)
{
	refuses(*state, "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,30],[106,30]]]}",
		"unclosed", "/geometry/coordinates/0");
	refuses(*state, "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[106,29]]]}", "tooFew",
		"/geometry/coordinates/0");
	refuses(*state, "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[108,29],[106,29]]]}",
		"noArea", "/geometry/coordinates/0");
	refuses(*state, "{\"type\":\"Polygon\",\"coordinates\":[]}", "coordinates", "/geometry/coordinates");
	refuses(*state, "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,300],[106,29]]]}",
		"range", "/geometry/coordinates/0/2");
}

static void a_ring_that_crosses_or_touches_itself_is_refused(void **state)
{
	/* a bow tie */
	refuses(*state,
		"{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[108,31],[108,29],[106,30],[106,29]]]}",
		"crossing", "/geometry/coordinates/0");
	/* a spike: out and back over the same line */
	refuses(*state,
		"{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[108,29],[108,31],[108,30],[106,30],[106,"
		"29]]]}",
		"crossing", "/geometry/coordinates/0");
	/* two triangles that meet in one point */
	refuses(*state,
		"{\"type\":\"MultiPolygon\",\"coordinates\":[[[[106,29],[107,30],[108,29],[108,31],[107,30],["
		"106,31],[106,29]]]]}",
		"crossing", "/geometry/coordinates/0/0");
	/* a corner on a straight side and a position given twice are harmless */
	takes(*state,
	      "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,29],[108,29],[108,30],[106,29]]"
	      "]}",
	      "{\"type\":\"Polygon\",\"coordinates\":[[[106,29],[107,29],[107,29],[108,29],[108,30],[106,29]]"
	      "]}");
}

static void positions_are_limited(void **state)
{
	struct arena *arena = *state;
	struct buf text = buf_create(arena, 64 * 1024);
	buf_put(&text, STR("{\"type\":\"Polygon\",\"coordinates\":["));
	for (int ring = 0; ring < 501; ring++)
		buf_printf(&text, "%s[[106,29],[107,29],[107,30],[106,29]]", ring ? "," : "");
	buf_put(&text, STR("]}"));
	refuses(arena, buf_str(&text).at, "tooMany", "/geometry/coordinates/500/0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_three_kinds_of_place_are_taken, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(heights_and_foreign_members_are_dropped, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(latitude_before_longitude_is_named, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(numbers_are_plain_decimals, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(rings_are_closed_and_of_four_positions, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(a_ring_that_crosses_or_touches_itself_is_refused, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(positions_are_limited, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
