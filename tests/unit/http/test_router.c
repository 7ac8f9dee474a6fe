/* SPDX-License-Identifier: Apache-2.0
 * Paths find their rows segment by segment, raw, and arguments are decoded exactly once. */
#include "check.h"

#include "router_priv.h"

static const struct route lots[] = {
	{.method = "GET", .path = "/", .id = "home"},
	{.method = "GET", .path = "/v1/lots", .id = "lots"},
	{.method = "GET", .path = "/v1/lots/{id}", .id = "lot"},
	{.method = "PUT", .path = "/v1/lots/{id}", .id = "changeLot"},
	{.method = "GET", .path = "/v1/lots/{id}/trail", .id = "trail"},
	{.method = "GET", .path = "/v1/lots/mine", .id = "mine"},
	{.method = "POST", .path = "/v1/events:batch", .id = "batch"},
	{0},
};
static const struct route links[] = {
	{.method = "GET", .path = "/01/{rest...}", .id = "gtin"},
	{.method = "GET", .path = "/o/{org}/p/{product}/b/{lot}/s/{serial}", .id = "item"},
	{.method = "GET", .path = "/mixed/{a}/end", .id = "mixedEnd"},
	{.method = "GET", .path = "/mixed/fixed/{b}", .id = "mixedFixed"},
	{.method = "GET", .path = "/mixed/{rest...}", .id = "mixedRest"},
	{.method = "OPTIONS", .path = "/epcis", .id = "epcisOptions"},
	{.method = "GET", .path = "/epcis", .id = "epcis"},
	{0},
};
static const struct route *const tables[] = {lots, links, NULL};

struct fixture {
	struct arena *arena;
	struct router *router;
	struct route_match match;
};

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof *f);
	f->arena = arena_create();
	f->router = router_create(f->arena, tables);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_destroy(f->arena);
	test_free(f);
	return 0;
}

static const char *found(struct fixture *f, const char *method, const char *path)
{
	enum problem p = router_find(f->router, str_of(method), str_of(path), &f->match);
	return p == PROBLEM_NOT_FOUND ? "404" : p == PROBLEM_METHOD_NOT_ALLOWED ? "405" : f->match.route->id;
}

static void every_row_is_found_by_its_path(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "GET", "/"), "home");
	assert_string_equal(found(f, "GET", "/v1/lots"), "lots");
	assert_string_equal(found(f, "GET", "/v1/lots/7"), "lot");
	assert_string_equal(found(f, "PUT", "/v1/lots/7"), "changeLot");
	assert_string_equal(found(f, "GET", "/v1/lots/7/trail"), "trail");
	assert_string_equal(found(f, "POST", "/v1/events:batch"), "batch");
	assert_string_equal(found(f, "GET", "/o/1/p/2/b/3/s/4"), "item");
	assert_str(f->match.raw_args[3], "4");
}

static void unknown_paths_are_not_found(void **state)
{
	struct fixture *f = *state;
	static const char *const unknown[] = {"/v1",
					      "/v1/lot",
					      "/v1/lots/7/trail/x",
					      "/v1/lots//trail",
					      "/V1/lots",
					      "/v1/lots/7//",
					      "/01",
					      "/01/",
					      "/o/1/p/2/b/3/s",
					      "/x",
					      "//v1/lots"};
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
		assert_string_equal(found(f, "GET", unknown[i]), "404");
}

static void one_trailing_slash_is_tolerated(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "GET", "/v1/lots/"), "lots");
	assert_string_equal(found(f, "GET", "/v1/lots/7/"), "lot");
	assert_str(f->match.raw_args[0], "7");
	assert_string_equal(found(f, "GET", "/01/095/"), "gtin");
	assert_str(f->match.raw_args[0], "095");
}

static void a_literal_wins_over_an_argument_and_that_over_the_rest(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "GET", "/v1/lots/mine"), "mine");
	assert_string_equal(found(f, "GET", "/mixed/fixed/x"), "mixedFixed");
	assert_string_equal(found(f, "GET", "/mixed/x/end"), "mixedEnd");
	assert_string_equal(found(f, "GET", "/mixed/x/y"), "mixedRest");
	assert_str(f->match.raw_args[0], "x/y");
	assert_int_equal(f->match.arg_count, 1);
}

static void a_literal_that_leads_nowhere_gives_way(void **state)
{
	struct fixture *f = *state;
	/* "fixed" is a literal here, but below it there is only one more segment. */
	assert_string_equal(found(f, "GET", "/mixed/fixed/x/y"), "mixedRest");
	assert_str(f->match.raw_args[0], "fixed/x/y");
	/* As a literal "mine" has no trail; as an argument it does. */
	assert_string_equal(found(f, "GET", "/v1/lots/mine/trail"), "trail");
	assert_str(f->match.raw_args[0], "mine");
}

static void another_method_is_refused_with_the_ones_allowed(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "DELETE", "/v1/lots/7"), "405");
	assert_str(f->match.allow, "GET, HEAD, PUT, OPTIONS");
	assert_string_equal(found(f, "get", "/v1/lots/7"), "405");
	assert_string_equal(found(f, "PUT", "/v1/lots/mine"), "405");
	assert_string_equal(found(f, "OPTIONS", "/v1/events:batch"), "405");
	assert_str(f->match.allow, "POST, OPTIONS");
	assert_string_equal(found(f, "HEAD", "/v1/events:batch"), "405");
	assert_string_equal(found(f, "OPTIONS", "*"), "405");
	assert_str(f->match.allow, "OPTIONS");
}

static void head_finds_the_get_row_and_options_its_own(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "HEAD", "/v1/lots/7"), "lot");
	assert_string_equal(found(f, "OPTIONS", "/epcis"), "epcisOptions");
	assert_string_equal(found(f, "POST", "/epcis"), "405");
	assert_str(f->match.allow, "OPTIONS, GET, HEAD");
}

static void an_encoded_slash_stays_inside_its_argument(void **state)
{
	struct fixture *f = *state;
	struct str args[ROUTER_MAX_ARGS] = {0};
	assert_string_equal(found(f, "GET", "/v1/lots/a%2Fb%2525/trail"), "trail");
	assert_int_equal(router_decode_args(f->arena, &f->match, args), PROBLEM_NONE);
	assert_str(args[0], "a/b%25");
	assert_string_equal(found(f, "GET", "/v1%2Flots"), "404");
}

static void the_rest_stays_raw(void **state)
{
	struct fixture *f = *state;
	struct str args[ROUTER_MAX_ARGS] = {0};
	assert_string_equal(found(f, "GET", "/01/0950/10/A%2FB"), "gtin");
	assert_int_equal(router_decode_args(f->arena, &f->match, args), PROBLEM_NONE);
	assert_str(args[0], "0950/10/A%2FB");
}

static void dot_segments_are_data(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "GET", "/v1/lots/.."), "lot");
	assert_str(f->match.raw_args[0], "..");
	assert_string_equal(found(f, "GET", "/v1/lots/../lots"), "404");
	assert_string_equal(found(f, "GET", "/v1/x/../lots"), "404");
	assert_string_equal(found(f, "GET", "/v1/lots/%2e%2e%2f%2e%2e"), "lot");
	assert_string_equal(found(f, "GET", "/01/../../etc/passwd"), "gtin");
	assert_str(f->match.raw_args[0], "../../etc/passwd");
}

static void plain_letters_may_be_escaped_in_literals(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(found(f, "GET", "/v1/l%6Fts/7"), "lot");
	assert_string_equal(found(f, "POST", "/v1/events%3Abatch"), "batch");
}

static void arguments_are_utf8(void **state)
{
	struct fixture *f = *state;
	struct str args[ROUTER_MAX_ARGS] = {0};
	found(f, "GET", "/v1/lots/%e4%b8%ad");
	assert_int_equal(router_decode_args(f->arena, &f->match, args), PROBLEM_NONE);
	assert_str(args[0], "中");
	static const char *const bad[] = {"/v1/lots/%ff", "/v1/lots/\xff", "/v1/lots/%c0%af", "/v1/lots/%00"};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_string_equal(found(f, "GET", bad[i]), "lot");
		assert_int_equal(router_decode_args(f->arena, &f->match, args), PROBLEM_BAD_REQUEST);
	}
	assert_str(args[0], "中");
}

static void segments_longer_than_any_literal_are_arguments(void **state)
{
	struct fixture *f = *state;
	char path[600] = "/v1/lots/";
	for (size_t i = 9; i + 3 < sizeof path; i += 3)
		memcpy(path + i, "%61", 3);
	assert_string_equal(found(f, "GET", path), "lot");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_is_found_by_its_path, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_paths_are_not_found, setup, teardown),
		cmocka_unit_test_setup_teardown(one_trailing_slash_is_tolerated, setup, teardown),
		cmocka_unit_test_setup_teardown(a_literal_wins_over_an_argument_and_that_over_the_rest, setup,
						teardown),
		cmocka_unit_test_setup_teardown(a_literal_that_leads_nowhere_gives_way, setup, teardown),
		cmocka_unit_test_setup_teardown(another_method_is_refused_with_the_ones_allowed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(head_finds_the_get_row_and_options_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(an_encoded_slash_stays_inside_its_argument, setup, teardown),
		cmocka_unit_test_setup_teardown(the_rest_stays_raw, setup, teardown),
		cmocka_unit_test_setup_teardown(dot_segments_are_data, setup, teardown),
		cmocka_unit_test_setup_teardown(plain_letters_may_be_escaped_in_literals, setup, teardown),
		cmocka_unit_test_setup_teardown(arguments_are_utf8, setup, teardown),
		cmocka_unit_test_setup_teardown(segments_longer_than_any_literal_are_arguments, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
