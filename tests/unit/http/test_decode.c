/* SPDX-License-Identifier: Apache-2.0
 * Queries, forms and JSON bodies fill the struct that the row's shape describes. */
#include "check.h"

#include "decode_priv.h"

struct order {
	struct str name;
	int64_t number;
};
static const struct shape order_shape = {
	.name = "Order",
	.size = sizeof(struct order),
	.fields =
		(const struct field[]){
			STRING(struct order, name, "name"),
			INTEGER(struct order, number, "number", .flags = OPTIONAL),
			END_OF_SHAPE,
		},
};
static const struct route query_row = {.method = "GET", .path = "/q", .query = &order_shape};
static const struct route body_row = {.method = "POST",
				      .path = "/b",
				      .request = &order_shape,
				      .max_body = 100,
				      .body_type = "application/x-www-form-urlencoded"};
static const struct route csv_row = {
	.method = "POST", .path = "/c", .request = &order_shape, .max_body = 100, .body_type = "text/csv"};

struct remark {
	struct str note;
};
static const struct shape remark_shape = {
	.name = "Remark",
	.size = sizeof(struct remark),
	.fields = (const struct field[]){STRING(struct remark, note, "note"), END_OF_SHAPE},
};
static const struct route either_row = {.method = "POST",
					.path = "/e",
					.request = &order_shape,
					.request_else = &remark_shape,
					.max_body = 100};

static struct call call_of(const struct route *route)
{
	return (struct call){.arena = arena_create(), .route = route};
}

static enum problem query(struct call *call, const char *raw)
{
	call->raw_query = str_of(raw);
	return decode_query(call);
}

static void pairs_are_decoded_once(void **state)
{
	(void)state;
	struct call call = call_of(&query_row);
	assert_int_equal(query(&call, "number=7&name=a%26b%3D%2525+c"), PROBLEM_NONE);
	const struct order *order = call.query;
	assert_str(order->name, "a&b=%25 c");
	assert_int_equal(order->number, 7);
	arena_destroy(call.arena);
}

static void a_row_without_a_query_shape_ignores_the_query(void **state)
{
	(void)state;
	static const struct route row = {.method = "GET", .path = "/"};
	struct call call = call_of(&row);
	assert_int_equal(query(&call, "anything=%ff"), PROBLEM_NONE);
	assert_null(call.query);
	arena_destroy(call.arena);
}

static void the_language_may_stand_in_every_query(void **state)
{
	(void)state;
	struct call call = call_of(&query_row);
	assert_int_equal(query(&call, "lang=en&name=x&&"), PROBLEM_NONE);
	assert_int_equal(query(&call, "long=en&name=x"), PROBLEM_FIELD_UNKNOWN);
	arena_destroy(call.arena);
}

static void an_absent_query_still_misses_what_is_required(void **state)
{
	(void)state;
	struct call call = call_of(&query_row);
	assert_int_equal(query(&call, NULL), PROBLEM_FIELD_MISSING);
	assert_string_equal(call.fault.pointer, "?name");
	assert_null(call.query);
	arena_destroy(call.arena);
}

static void broken_pairs_are_bad_requests(void **state)
{
	(void)state;
	static const char *const bad[] = {"name=%ff", "%c3=1&name=x", "name=%", "name=%00"};
	struct call call = call_of(&query_row);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(query(&call, bad[i]), PROBLEM_BAD_REQUEST);
	arena_destroy(call.arena);
}

static void more_than_64_pairs_are_refused(void **state)
{
	(void)state;
	char raw[] = "name=x&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&";
	struct call call = call_of(&query_row);
	assert_int_equal(strlen(raw), 6 + 64);
	assert_int_equal(query(&call, raw), PROBLEM_BAD_REQUEST);
	raw[6 + 63] = '\0';
	assert_int_equal(query(&call, raw), PROBLEM_NONE);
	arena_destroy(call.arena);
}

static enum problem body(struct call *call, const char *type, const char *text)
{
	call->content_type = str_of(type);
	call->body_bytes = str_of(text);
	call->body = NULL;
	return decode_body(call);
}

static void a_body_may_have_another_form(void **state)
{
	(void)state;
	struct call call = call_of(&either_row);
	assert_int_equal(body(&call, "application/json", "{\"note\":\"n\"}"), PROBLEM_NONE);
	assert_null(call.body);
	assert_str(((const struct remark *)call.body_else)->note, "n");
	call.body_else = NULL;
	/* What `request` requires decides: a misspelt order is told so. */
	assert_int_equal(body(&call, "application/json", "{\"name\":\"x\",\"note\":\"n\"}"),
			 PROBLEM_FIELD_UNKNOWN);
	assert_int_equal(body(&call, "application/json", "{}"), PROBLEM_FIELD_MISSING);
	assert_string_equal(call.fault.pointer, "/name");
	assert_int_equal(body(&call, "application/json", "{\"name\":\"x\"}"), PROBLEM_NONE);
	assert_null(call.body_else);
	assert_str(((const struct order *)call.body)->name, "x");
	arena_destroy(call.arena);
}

static void json_and_forms_fill_the_same_struct(void **state)
{
	(void)state;
	static const char *const types[] = {"application/json", "application/ld+json; charset=utf-8",
					    "Application/X-WWW-Form-Urlencoded"};
	static const char *const texts[] = {"{\"name\":\"a b\",\"number\":5}",
					    "{\"number\":5,\"name\":\"a b\"}", "name=a+b&number=5"};
	struct call call = call_of(&body_row);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(body(&call, types[i], texts[i]), PROBLEM_NONE);
		const struct order *order = call.body;
		assert_str(order->name, "a b");
		assert_int_equal(order->number, 5);
	}
	arena_destroy(call.arena);
}

static void a_faulty_body_names_its_member(void **state)
{
	(void)state;
	struct call call = call_of(&body_row);
	assert_int_equal(body(&call, "application/json", "{\"name\":\"x\",\"number\":\"y\"}"),
			 PROBLEM_FIELD_TYPE);
	assert_string_equal(call.fault.pointer, "/number");
	assert_null(call.body);
	assert_int_equal(body(&call, "application/json", "{\"name\":"), PROBLEM_JSON_SYNTAX);
	assert_int_equal(body(&call, "application/json", ""), PROBLEM_JSON_SYNTAX);
	assert_int_equal(body(&call, NULL, ""), PROBLEM_JSON_SYNTAX);
	arena_destroy(call.arena);
}

static void another_type_of_the_row_reaches_the_handler_raw(void **state)
{
	(void)state;
	struct call call = call_of(&csv_row);
	assert_int_equal(body(&call, "text/csv", "a,b"), PROBLEM_NONE);
	assert_null(call.body);
	arena_destroy(call.arena);
}

static void only_named_types_are_read(void **state)
{
	(void)state;
	assert_true(body_type_is_read(&csv_row, STR("application/json")));
	assert_true(body_type_is_read(&csv_row, STR("application/ld+json;charset=UTF-8")));
	assert_true(body_type_is_read(&csv_row, STR("text/csv")));
	assert_false(body_type_is_read(&csv_row, STR("text/csv; charset=gbk")));
	assert_false(body_type_is_read(&csv_row, STR("application/x-www-form-urlencoded")));
	assert_false(body_type_is_read(&query_row, STR("text/csv")));
	assert_false(body_type_is_read(&csv_row, STR("application/json; charset=latin1")));
	assert_false(body_type_is_read(&csv_row, STR("application/jsonx")));
	assert_false(body_type_is_read(&csv_row, (struct str){0}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_are_decoded_once),
		cmocka_unit_test(a_row_without_a_query_shape_ignores_the_query),
		cmocka_unit_test(the_language_may_stand_in_every_query),
		cmocka_unit_test(an_absent_query_still_misses_what_is_required),
		cmocka_unit_test(broken_pairs_are_bad_requests),
		cmocka_unit_test(more_than_64_pairs_are_refused),
		cmocka_unit_test(a_body_may_have_another_form),
		cmocka_unit_test(json_and_forms_fill_the_same_struct),
		cmocka_unit_test(a_faulty_body_names_its_member),
		cmocka_unit_test(another_type_of_the_row_reaches_the_handler_raw),
		cmocka_unit_test(only_named_types_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
