/* SPDX-License-Identifier: Apache-2.0
 * Replies carry the headers they must, problems say what they may. */
#include "check.h"

#include "reply_priv.h"

struct thing {
	struct str name;
};
static const struct shape thing_shape = {
	.name = "Thing",
	.size = sizeof(struct thing),
	.fields = (const struct field[]){STRING(struct thing, name, "name"), END_OF_SHAPE},
};
static const struct route row = {.method = "GET", .path = "/t", .response = &thing_shape};
static const struct route post_row = {
	.method = "POST", .path = "/t", .response = &thing_shape, .status = 201};

static struct call call_of(const struct route *route)
{
	return (struct call){.arena = arena_create(), .route = route, .request_id = STR("request-1")};
}

static const char *header(const struct message *m, const char *name)
{
	const char *value = NULL;
	for (size_t i = 0; i < m->header_count; i++)
		if (!strcmp(m->headers[i].name, name)) {
			assert_null(value); /* none is sent twice */
			value = m->headers[i].value;
		}
	return value;
}

static void a_value_is_encoded_by_the_rows_shape(void **state)
{
	(void)state;
	struct call call = call_of(&post_row);
	struct message m;
	message_of_reply(&call, &(struct reply){.value = &(struct thing){STR("x")}}, &m);
	assert_int_equal(m.status, 201);
	assert_str(m.body, "{\"name\":\"x\"}");
	assert_string_equal(header(&m, "Content-Type"), "application/json");
	assert_string_equal(header(&m, "X-Content-Type-Options"), "nosniff");
	assert_string_equal(header(&m, "Referrer-Policy"), "no-referrer");
	assert_string_equal(header(&m, "Cache-Control"), "no-store");
	assert_string_equal(header(&m, "X-Request-Id"), "request-1");
	assert_null(header(&m, "Content-Security-Policy"));
	assert_null(header(&m, "Vary"));
	arena_destroy(call.arena);
}

static void pages_and_drawings_get_a_strict_policy(void **state)
{
	(void)state;
	struct call call = call_of(&row);
	struct message m;
	message_of_reply(&call, &(struct reply){.raw = STR("<p>"), .media_type = "text/html; charset=utf-8"},
			 &m);
	assert_string_equal(
		header(&m, "Content-Security-Policy"),
		"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; form-action 'self'; "
		"base-uri 'none'; frame-ancestors 'none'");
	message_of_reply(&call, &(struct reply){.raw = STR("<svg/>"), .media_type = "image/svg+xml"}, &m);
	assert_non_null(header(&m, "Content-Security-Policy"));
	arena_destroy(call.arena);
}

static void who_has_it_gets_304_without_a_body(void **state)
{
	(void)state;
	struct call call = call_of(&row);
	struct reply reply = {
		.raw = STR("{}"), .etag = STR("\"7\""), .cache_control = "public", .vary_accept = true};
	struct message m;
	call.if_none_match = STR("\"6\", W/\"7\"");
	message_of_reply(&call, &reply, &m);
	assert_int_equal(m.status, 304);
	assert_null(m.body.at);
	assert_string_equal(header(&m, "ETag"), "\"7\"");
	assert_string_equal(header(&m, "Cache-Control"), "public");
	assert_string_equal(header(&m, "Vary"), "Accept, Accept-Language, Accept-Encoding");
	assert_null(header(&m, "Content-Type"));
	call.if_none_match = STR("\"6\"");
	message_of_reply(&call, &reply, &m);
	assert_int_equal(m.status, 200);
	call.route = &post_row;
	call.if_none_match = STR("*");
	reply.status = 200;
	message_of_reply(&call, &reply, &m);
	assert_int_equal(m.status, 200);
	arena_destroy(call.arena);
}

static void a_value_that_would_break_the_header_block_is_left_out(void **state)
{
	(void)state;
	static const struct reply_header extra[] = {{"X-Good", {"1", 1}}, {"X-Bad", {"1\r\nX: 2", 7}}};
	struct call call = call_of(&row);
	struct message m;
	message_of_reply(&call,
			 &(struct reply){.location = STR("/a\nb"), .headers = extra, .header_count = 2}, &m);
	assert_null(header(&m, "Location"));
	assert_null(header(&m, "X-Bad"));
	assert_string_equal(header(&m, "X-Good"), "1");
	arena_destroy(call.arena);
}

static void more_headers_than_fit_are_left_out(void **state)
{
	(void)state;
	struct reply_header many[MESSAGE_MAX_HEADERS + 5];
	for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
		many[i] = (struct reply_header){"X-Many", STR("1")};
	struct call call = call_of(&row);
	struct message m;
	message_of_reply(&call, &(struct reply){.headers = many, .header_count = MESSAGE_MAX_HEADERS + 5},
			 &m);
	assert_int_equal(m.header_count, MESSAGE_MAX_HEADERS);
	arena_destroy(call.arena);
}

static void a_problem_names_type_status_and_request(void **state)
{
	(void)state;
	struct call call = call_of(NULL);
	struct message m;
	call.language = LANGUAGE_EN;
	message_of_problem(&call, PROBLEM_NOT_FOUND, 0, NULL, &m);
	assert_int_equal(m.status, 404);
	assert_string_equal(header(&m, "Content-Type"), "application/problem+json");
	assert_string_equal(header(&m, "Cache-Control"), "no-store");
	assert_null(header(&m, "Retry-After"));
	assert_str(m.body, "{\"type\":\"/problems/not-found\",\"title\":\"There is no such thing, or you may "
			   "not see it\","
			   "\"status\":404,\"hint\":\"Check the identifier\",\"request\":\"request-1\"}");
	call.language = LANGUAGE_ZH;
	message_of_problem(&call, PROBLEM_NOT_FOUND, 0, NULL, &m);
	assert_holds(m.body, "\"title\":\"不存在，或您无权查看\"");
	arena_destroy(call.arena);
}

static void a_faulty_member_is_named_with_rule_value_and_hint(void **state)
{
	(void)state;
	struct call call = call_of(&post_row);
	struct message m;
	call.language = LANGUAGE_EN;
	fault_set(&call.fault, PROBLEM_FIELD_RANGE, "maxLength", "/lots/%d/name", 3);
	call.fault.value = STR("a \"quoted\" value");
	call.fault.detail = STR("at most 256 bytes");
	message_of_problem(&call, PROBLEM_FIELD_RANGE, 0, NULL, &m);
	assert_int_equal(m.status, 422);
	assert_holds(m.body, "\"detail\":\"at most 256 bytes\"");
	assert_holds(m.body, "\"errors\":[{\"pointer\":\"/lots/3/name\",\"rule\":\"maxLength\","
			     "\"value\":\"a \\\"quoted\\\" value\",\"hint\":\"See /openapi.json");
	arena_destroy(call.arena);
}

static void long_values_are_cut_between_characters(void **state)
{
	(void)state;
	struct call call = call_of(&post_row);
	struct message m;
	struct buf text = buf_create(call.arena, 0);
	buf_put(&text, STR("x"));
	for (int i = 0; i < 100; i++)
		buf_put(&text, STR("中"));
	fault_set(&call.fault, PROBLEM_FIELD_RANGE, "maxLength", "/a");
	call.fault.value = buf_str(&text);
	message_of_problem(&call, PROBLEM_FIELD_RANGE, 0, NULL, &m);
	assert_holds(m.body, "中\",\"hint\"");
	assert_lacks(m.body, "\xe4\"");
	call.fault.value = STR("\xff not UTF-8");
	message_of_problem(&call, PROBLEM_FIELD_RANGE, 0, NULL, &m);
	assert_lacks(m.body, "\"value\"");
	arena_destroy(call.arena);
}

static void what_fails_inside_stays_inside(void **state)
{
	(void)state;
	static const enum problem inner[] = {PROBLEM_INTERNAL, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY};
	struct call call = call_of(&row);
	struct message m;
	for (size_t i = 0; i < 3; i++) {
		fault_set(&call.fault, inner[i], "sql", "/secret");
		call.fault.detail = STR("relation \"api_key\" does not exist");
		call.fault.value = STR("hunter2");
		message_of_problem(&call, inner[i], 0, NULL, &m);
		assert_lacks(m.body, "api_key");
		assert_lacks(m.body, "hunter2");
		assert_lacks(m.body, "secret");
	}
	arena_destroy(call.arena);
}

static void who_must_wait_is_told_how_long(void **state)
{
	(void)state;
	struct call call = call_of(&row);
	struct message m;
	message_of_problem(&call, PROBLEM_BUSY, 0, NULL, &m);
	assert_string_equal(header(&m, "Retry-After"), "1");
	message_of_problem(&call, PROBLEM_TOO_MANY_REQUESTS, 42, NULL, &m);
	assert_string_equal(header(&m, "Retry-After"), "42");
	arena_destroy(call.arena);
}

static struct str page(struct call *call, enum problem p)
{
	return p == PROBLEM_NOT_FOUND ? arena_printf(call->arena, "<h1>%d</h1>", (int)p) : (struct str){0};
}

static void pages_are_for_those_who_prefer_them(void **state)
{
	(void)state;
	struct call call = call_of(&row);
	struct message m;
	call.accept = STR("text/html,*/*;q=0.8");
	message_of_problem(&call, PROBLEM_NOT_FOUND, 0, page, &m);
	assert_string_equal(header(&m, "Content-Type"), "text/html; charset=utf-8");
	assert_non_null(header(&m, "Content-Security-Policy"));
	assert_holds(m.body, "<h1>");
	message_of_problem(&call, PROBLEM_BUSY, 0, page, &m);
	assert_string_equal(header(&m, "Content-Type"), "application/problem+json");
	call.accept = STR("*/*");
	message_of_problem(&call, PROBLEM_NOT_FOUND, 0, page, &m);
	assert_string_equal(header(&m, "Content-Type"), "application/problem+json");
	arena_destroy(call.arena);
}

static void every_problem_renders_in_both_languages(void **state)
{
	(void)state;
	for (unsigned p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++)
		for (int language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++) {
			struct call call = call_of(&row);
			call.language = (enum language)language;
			struct message m;
			message_of_problem(&call, (enum problem)p, 0, NULL, &m);
			struct json json;
			assert_int_equal(json_parse(call.arena, m.body, &json, &call.fault), PROBLEM_NONE);
			int64_t status = 0;
			assert_true(json_integer(json_get(&json, STR("status")), &status));
			assert_int_equal(status, m.status);
			arena_destroy(call.arena);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_encoded_by_the_rows_shape),
		cmocka_unit_test(pages_and_drawings_get_a_strict_policy),
		cmocka_unit_test(who_has_it_gets_304_without_a_body),
		cmocka_unit_test(a_value_that_would_break_the_header_block_is_left_out),
		cmocka_unit_test(more_headers_than_fit_are_left_out),
		cmocka_unit_test(a_problem_names_type_status_and_request),
		cmocka_unit_test(a_faulty_member_is_named_with_rule_value_and_hint),
		cmocka_unit_test(long_values_are_cut_between_characters),
		cmocka_unit_test(what_fails_inside_stays_inside),
		cmocka_unit_test(who_must_wait_is_told_how_long),
		cmocka_unit_test(pages_are_for_those_who_prefer_them),
		cmocka_unit_test(every_problem_renders_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
