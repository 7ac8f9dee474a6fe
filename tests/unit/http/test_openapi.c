/* SPDX-License-Identifier: Apache-2.0
 * The document says what the rows say, the same way every time. */
#include "check.h"

#include "ft/http/openapi.h"

struct part {
	struct str name;
};
static const struct shape part_shape = {
	.name = "Part",
	.size = sizeof(struct part),
	.fields = (const struct field[]){STRING(struct part, name, "name"), END_OF_SHAPE},
};
struct whole {
	struct list parts;
	int64_t limit;
};
static const struct shape whole_shape = {
	.name = "Whole",
	.size = sizeof(struct whole),
	.doc = "Made of parts",
	.fields = (const struct field[]){LIST(struct whole, parts, "parts", &part_shape), END_OF_SHAPE},
};
static const struct shape query_shape = {
	.name = "WholeQuery",
	.size = sizeof(struct whole),
	.fields =
		(const struct field[]){
			INTEGER(struct whole, limit, "limit", .flags = OPTIONAL, .min = 1, .max = 1000,
				.doc = "Most items"),
			END_OF_SHAPE,
		},
};
static const struct route second[] = {
	{.method = "POST",
	 .path = "/v1/wholes",
	 .id = "makeWhole",
	 .summary = "Make one",
	 .tag = "wholes",
	 .scope = SCOPE_CAPTURE,
	 .max_body = 1000,
	 .request = &whole_shape,
	 .response = &whole_shape,
	 .status = 201,
	 .repeatable = true,
	 .may_fail = {PROBLEM_LOT_SHORT, PROBLEM_NOT_KNOWN_YET, PROBLEM_NOT_FOUND,
		      PROBLEM_PRECONDITION_REQUIRED}},
	{.method = "GET",
	 .path = "/v1/wholes",
	 .id = "wholes",
	 .summary = "List them",
	 .tag = "wholes",
	 .scope = SCOPE_READ,
	 .query = &query_shape,
	 .response = &whole_shape},
	{0},
};
static const struct route first[] = {
	{.method = "GET",
	 .path = "/01/{rest...}",
	 .id = "resolve",
	 .summary = "Resolve a code",
	 .scope = SCOPE_PUBLIC,
	 .media_type = "text/html"},
	{.method = "GET",
	 .path = "/v1/wholes/{id}/parts/{part}",
	 .id = "part",
	 .summary = "One part",
	 .scope = SCOPE_READ | SCOPE_ADMIN,
	 .response = &part_shape},
	{0},
};
static const struct route *const tables[] = {second, first, NULL};
static const struct route *const turned[] = {first, second, NULL};

struct fixture {
	struct arena *arena;
	struct str text;
	struct json json;
};

static int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof *f);
	f->arena = arena_create();
	f->text = openapi_document(f->arena, tables, STR("1.2.3"));
	*state = f;
	struct fault fault;
	return json_parse(f->arena, f->text, &f->json, &fault) != PROBLEM_NONE;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_destroy(f->arena);
	test_free(f);
	return 0;
}

/* The member at the end of names, each parted by a space; NULL when there is none. */
static const struct json *find(struct fixture *f, const char *names)
{
	const struct json *value = &f->json;
	for (struct str rest = str_of(names); rest.at && value;)
		value = json_get(value, str_cut(rest, ' ', &rest));
	return value;
}

static const struct json *at(struct fixture *f, const char *names)
{
	static const struct json nothing;
	const struct json *value = find(f, names);
	if (!value)
		fail_msg("there is no %s", names);
	return value ? value : &nothing;
}

static void the_order_of_tables_does_not_matter(void **state)
{
	struct fixture *f = *state;
	struct str again = openapi_document(f->arena, turned, STR("1.2.3"));
	assert_int_equal(again.len, f->text.len);
	assert_memory_equal(again.at, f->text.at, again.len);
}

static void it_is_printed_with_two_spaces(void **state)
{
	struct fixture *f = *state;
	assert_true(str_starts(
		f->text, STR("{\n  \"openapi\": \"3.1.0\",\n  \"info\": {\n    \"title\": \"Farmtrail\",\n"
			     "    \"version\": \"1.2.3\",\n    \"description\": \"")));
	assert_true(str_ends(f->text, STR("\n}\n")));
	assert_lacks(f->text, " \n");
}

static void paths_are_sorted_and_share_their_methods(void **state)
{
	struct fixture *f = *state;
	const struct json *paths = at(f, "paths");
	assert_int_equal(paths->count, 3);
	assert_str(paths->members[0].name, "/01/{rest}");
	assert_str(paths->members[1].name, "/v1/wholes");
	assert_str(paths->members[2].name, "/v1/wholes/{id}/parts/{part}");
	assert_int_equal(paths->members[1].value.count, 2);
	assert_str(json_text(at(f, "paths /v1/wholes get operationId")), "wholes");
	assert_str(json_text(at(f, "paths /v1/wholes post operationId")), "makeWhole");
}

static void parameters_come_from_path_and_query(void **state)
{
	struct fixture *f = *state;
	const struct json *parameters = at(f, "paths /v1/wholes/{id}/parts/{part} get parameters");
	assert_int_equal(parameters->count, 2);
	assert_str(json_text(json_get(&parameters->items[0], STR("name"))), "id");
	assert_str(json_text(json_get(&parameters->items[1], STR("name"))), "part");
	assert_str(json_text(json_get(&parameters->items[1], STR("in"))), "path");
	const struct json *limit = &at(f, "paths /v1/wholes get parameters")->items[0];
	assert_str(json_text(json_get(limit, STR("in"))), "query");
	assert_str(json_text(json_get(limit, STR("description"))), "Most items");
	assert_false(json_get(limit, STR("required"))->boolean);
	int64_t maximum = 0;
	assert_true(json_integer(json_get(json_get(limit, STR("schema")), STR("maximum")), &maximum));
	assert_int_equal(maximum, 1000);
	assert_str(json_text(json_get(&at(f, "paths /01/{rest} get parameters")->items[0], STR("name"))),
		   "rest");
}

static void what_needs_if_match_says_so(void **state)
{
	struct fixture *f = *state;
	const struct json *parameters = at(f, "paths /v1/wholes post parameters");
	assert_int_equal(parameters->count, 2);
	assert_str(json_text(json_get(&parameters->items[0], STR("name"))), "If-Match");
	assert_str(json_text(json_get(&parameters->items[0], STR("in"))), "header");
	assert_true(json_get(&parameters->items[0], STR("required"))->boolean);
}

static void a_post_takes_an_idempotency_key(void **state)
{
	struct fixture *f = *state;
	const struct json *parameter = &at(f, "paths /v1/wholes post parameters")->items[1];
	assert_str(json_text(json_get(parameter, STR("name"))), "Idempotency-Key");
	assert_false(json_get(parameter, STR("required"))->boolean);
	struct str refusals = json_text(at(f, "paths /v1/wholes post responses 422 description"));
	assert_holds(refusals, "`idempotency-mismatch`: ");
	assert_int_equal(at(f, "paths /v1/wholes get parameters")->count, 1);
}

static void what_may_be_repeated_answers_200_too(void **state)
{
	struct fixture *f = *state;
	static const char schema[] = " content application/json schema $ref";
	for (int status = 200; status <= 201; status++) {
		struct str names =
			arena_printf(f->arena, "paths /v1/wholes post responses %d%s", status, schema);
		assert_str(json_text(at(f, names.at)), "#/components/schemas/Whole");
	}
	assert_null(find(f, "paths /v1/wholes get responses 201"));
}

static void schemas_are_reached_through_others(void **state)
{
	struct fixture *f = *state;
	const struct json *schemas = at(f, "components schemas");
	assert_int_equal(schemas->count, 3);
	assert_str(schemas->members[0].name, "Problem");
	assert_str(schemas->members[1].name, "Part");
	assert_str(schemas->members[2].name, "Whole");
	assert_str(json_text(at(f, "paths /v1/wholes post requestBody content application/json schema $ref")),
		   "#/components/schemas/Whole");
	assert_str(json_text(at(f, "paths /v1/wholes post responses 201 description")), "Made of parts");
	assert_non_null(find(f, "paths /01/{rest} get responses 200 content text/html"));
}

static void problems_are_responses(void **state)
{
	struct fixture *f = *state;
	assert_str(json_text(at(f, "paths /v1/wholes post responses 404 $ref")),
		   "#/components/responses/not-found");
	assert_str(json_text(at(f, "paths /v1/wholes get responses 503 $ref")),
		   "#/components/responses/busy");
	struct str conflict = json_text(at(f, "paths /v1/wholes post responses 409 description"));
	assert_holds(conflict, "`lot-short`: ");
	assert_holds(conflict, "`not-known-yet`: ");
	assert_non_null(find(f, "paths /v1/wholes post responses 413"));
	assert_non_null(find(f, "paths /v1/wholes post responses 403"));
	assert_null(find(f, "paths /v1/wholes get responses 413"));
	assert_null(find(f, "paths /01/{rest} get responses 403"));
	assert_non_null(find(f, "components responses busy content application/problem+json"));
	assert_null(find(f, "components responses signature"));
}

static void statuses_stand_in_ascending_order(void **state)
{
	struct fixture *f = *state;
	const struct json *responses = at(f, "paths /v1/wholes post responses");
	assert_true(responses->count > 6);
	for (size_t i = 1; i < responses->count; i++)
		assert_true(str_compare(responses->members[i - 1].name, responses->members[i].name) < 0);
}

static void scopes_are_security_alternatives(void **state)
{
	struct fixture *f = *state;
	const struct json *open = at(f, "paths /01/{rest} get security");
	assert_int_equal(open->count, 2);
	assert_int_equal(open->items[0].count, 0);
	const struct json *either = at(f, "paths /v1/wholes/{id}/parts/{part} get security");
	assert_int_equal(either->count, 2);
	assert_str(json_get(&either->items[0], STR("bearer"))->items[0].text, "read");
	assert_str(json_get(&either->items[1], STR("bearer"))->items[0].text, "admin");
	assert_str(json_text(at(f, "components securitySchemes bearer scheme")), "bearer");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_order_of_tables_does_not_matter, setup, teardown),
		cmocka_unit_test_setup_teardown(it_is_printed_with_two_spaces, setup, teardown),
		cmocka_unit_test_setup_teardown(paths_are_sorted_and_share_their_methods, setup, teardown),
		cmocka_unit_test_setup_teardown(parameters_come_from_path_and_query, setup, teardown),
		cmocka_unit_test_setup_teardown(what_needs_if_match_says_so, setup, teardown),
		cmocka_unit_test_setup_teardown(a_post_takes_an_idempotency_key, setup, teardown),
		cmocka_unit_test_setup_teardown(what_may_be_repeated_answers_200_too, setup, teardown),
		cmocka_unit_test_setup_teardown(schemas_are_reached_through_others, setup, teardown),
		cmocka_unit_test_setup_teardown(problems_are_responses, setup, teardown),
		cmocka_unit_test_setup_teardown(statuses_stand_in_ascending_order, setup, teardown),
		cmocka_unit_test_setup_teardown(scopes_are_security_alternatives, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
