/* SPDX-License-Identifier: Apache-2.0
 * The JSON reader: what it takes, what it gives, what it refuses and where. */
#include "../check.h"

#include "ft/base/text.h"
#include "ft/codec/json.h"

static struct json parsed(struct arena *arena, struct str text)
{
	struct json json = {0};
	struct fault fault;
	enum problem p = json_parse(arena, text, &json, &fault);
	if (p) {
		show("input", text);
		show(fault.rule, fault.detail);
	}
	assert_problem(p, PROBLEM_NONE);
	return json;
}

static void refused(struct arena *arena, struct str text, const char *rule, size_t offset)
{
	struct json json = {.count = 77};
	struct fault fault = {.rule = "untouched"};
	enum problem p = json_parse(arena, text, &json, &fault);
	struct str expected = arena_printf(arena, "byte %zu", offset);
	if (!p || strcmp(fault.rule, rule) || !str_equal(fault.detail, expected)) {
		show("input", text);
		fprintf(stderr, "rule %s, expected %s at %zu\n", fault.rule, rule, offset);
	}
	assert_problem(p, PROBLEM_JSON_SYNTAX);
	assert_string_equal(fault.rule, rule);
	assert_string_equal(fault.pointer, "");
	assert_strs(fault.detail, expected);
	assert_int_equal(json.count, 77);
}

static void scalars_have_their_kind_and_text(void **state)
{
	assert_int_equal(parsed(*state, STR("null")).kind, JSON_NULL);
	assert_int_equal(parsed(*state, STR("true")).kind, JSON_BOOL);
	assert_true(parsed(*state, STR("true")).boolean);
	assert_false(parsed(*state, STR("false")).boolean);
	struct json s = parsed(*state, STR(" \t\r\n\"农\" \n"));
	assert_int_equal(s.kind, JSON_STRING);
	assert_str(s.text, "农");
	assert_str(s.span, "\"农\"");
	struct json empty = parsed(*state, STR("\"\""));
	assert_str(empty.text, "");
}

static void numbers_keep_the_text_they_were_written_with(void **state)
{
	const char *const numbers[] = {
		"0",
		"-0",
		"7",
		"-12",
		"0.5",
		"-0.50",
		"1e2",
		"1E+2",
		"1e-2",
		"0e0",
		"12.340e05",
		"1.000000000000000000000",
		"1234567890123456789012345678901234567890",
		"-9999999999999999999999999999999999999999.5e999",
		"1234567890123456789012345678901234567890123456789012345678901234", /* 64 bytes */
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		struct json n = parsed(*state, str_of(numbers[i]));
		assert_int_equal(n.kind, JSON_NUMBER);
		assert_str(n.text, numbers[i]);
		assert_str(n.span, numbers[i]);
	}
}

static void malformed_or_long_numbers_are_refused(void **state)
{
	const char *const numbers[] = {
		"-",
		"01",
		"00",
		"-01",
		"1.",
		"1.e2",
		"1e",
		"1e+",
		"1E-",
		"-a",
		"0.",
		"-.5",
		"12345678901234567890123456789012345678901234567890123456789012345", /* 65 bytes */
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		refused(*state, str_of(numbers[i]), "number", 0);
	refused(*state, STR("[1, 02]"), "number", 4);
	refused(*state, STR("+1"), "syntax", 0);
	refused(*state, STR(".5"), "syntax", 0);
	refused(*state, STR("0x10"), "trailing", 1);
	refused(*state, STR("1 2"), "trailing", 2);
	refused(*state, STR("NaN"), "syntax", 0);
	refused(*state, STR("-Infinity"), "number", 0);
}

static void containers_keep_order_and_span(void **state)
{
	struct json json = parsed(*state, STR(" {\"b\": [1 , {\"x\":null}] , \"a\":{} ,\"\":[]}"));
	assert_int_equal(json.kind, JSON_OBJECT);
	assert_int_equal(json.count, 3);
	assert_str(json.span, "{\"b\": [1 , {\"x\":null}] , \"a\":{} ,\"\":[]}");
	assert_str(json.members[0].name, "b");
	assert_str(json.members[1].name, "a");
	assert_str(json.members[2].name, "");
	const struct json *b = &json.members[0].value;
	assert_int_equal(b->kind, JSON_ARRAY);
	assert_int_equal(b->count, 2);
	assert_str(b->span, "[1 , {\"x\":null}]");
	assert_str(b->items[0].text, "1");
	assert_str(b->items[1].span, "{\"x\":null}");
	assert_int_equal(json.members[1].value.count, 0);
	assert_int_equal(json.members[2].value.kind, JSON_ARRAY);
}

static void escapes_are_decoded(void **state)
{
	assert_strs(parsed(*state, STR("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")).text, STR("\"\\/\b\f\n\r\t"));
	assert_strs(parsed(*state, STR("\"a\\u0000b\"")).text, STR("a\0b"));
	assert_str(parsed(*state, STR("\"\\u0041\\u00e4\\u519c\\u519C\"")).text, "Aä农农");
	assert_str(parsed(*state, STR("\"\\ud83d\\ude00\\uDBFF\\uDFFF\"")).text,
		   "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf");
	assert_str(parsed(*state, STR("\"\\ud800\\udc00\"")).text, "\xf0\x90\x80\x80");
	assert_str(parsed(*state, STR("\"\\ud7ff\\ue000\\uffff\"")).text,
		   "\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf");
	assert_str(parsed(*state, STR("{\"\\u006eame\":1}")).members[0].name, "name");
	assert_str(parsed(*state, STR("\"\x7f\"")).text, "\x7f");
}

static void plain_text_is_borrowed_from_the_input(void **state)
{
	struct str input = STR("[\"abc\"]");
	assert_ptr_equal(parsed(*state, input).items[0].text.at, input.at + 2);
}

static void bad_escapes_are_refused(void **state)
{
	refused(*state, STR("\"\\x\""), "syntax", 1);
	refused(*state, STR("\"a\\U0041\""), "syntax", 2);
	refused(*state, STR("\"\\u12\""), "syntax", 1);
	refused(*state, STR("\"\\u12g4\""), "syntax", 1);
	refused(*state, STR("\"\\u\""), "syntax", 1);
	refused(*state, STR("\"\\u 123\""), "syntax", 1);
	refused(*state, STR("\"\\u+123\""), "syntax", 1);
	refused(*state, STR("\"\\\n\""), "syntax", 1);
	refused(*state, STR("\"\\'\""), "syntax", 1);
	refused(*state, STR("\"\\0\""), "syntax", 1);
}

static void lone_surrogates_are_refused(void **state)
{
	refused(*state, STR("\"\\ud800\""), "surrogate", 1);
	refused(*state, STR("\"\\udfff\""), "surrogate", 1);
	refused(*state, STR("\"ab\\udc00\\ud800\""), "surrogate", 3);
	refused(*state, STR("\"\\ud800\\ud800\""), "surrogate", 1);
	refused(*state, STR("\"\\ud800x\""), "surrogate", 1);
	refused(*state, STR("\"\\ud800\\n\""), "surrogate", 1);
	refused(*state, STR("\"\\ud800\\u0041\""), "surrogate", 1);
	refused(*state, STR("\"\\ud800\\ue000\""), "surrogate", 1);
	refused(*state, STR("\"\\ud800\\udc0\""), "surrogate", 1);
	refused(*state, STR("{\"\\ud800\":1}"), "surrogate", 2);
}

static void invalid_utf8_is_refused_where_it_stands(void **state)
{
	refused(*state, STR("\"\xff\""), "utf8", 1);
	refused(*state, STR("\"ab\xc0\xaf\""), "utf8", 3);
	refused(*state, STR("\"\xe5\x86\""), "utf8", 1);
	refused(*state, STR("\"\xed\xa0\x80\""), "utf8", 1);
	refused(*state, STR("\"\xf4\x90\x80\x80\""), "utf8", 1);
	refused(*state, STR("\"\xe5\x86\x9c\x80\""), "utf8", 4);
	refused(*state, STR("{\"\xc1\xbf\":1}"), "utf8", 2);
	refused(*state, STR("\"\\\xe5\""), "utf8", 2);
	refused(*state, STR("\xff"), "syntax", 0);
	refused(*state, STR("\xef\xbb\xbf{}"), "syntax", 0); /* RFC 8259 §8.1: no byte order mark is sent */
	refused(*state, STR("{\0}"), "syntax", 1);
	refused(*state, STR("[1]\0"), "trailing", 3);
}

static void control_characters_in_strings_are_refused(void **state)
{
	for (int c = 0; c < 0x20; c++) {
		char text[] = {'"', 'a', (char)c, '"'};
		refused(*state, (struct str){text, sizeof text}, "syntax", 2);
	}
}

static void structure_must_be_whole(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} cases[] = {
		{"[", 1},         {"[1", 2},        {"[1,", 3},        {"[1,]", 3},
		{"[,1]", 1},      {"[1 2]", 3},     {"[1}", 2},        {"]", 0},
		{"{", 1},         {"{,}", 1},       {"{\"a\"}", 4},    {"{\"a\":}", 5},
		{"{\"a\":1", 6},  {"{\"a\":1,", 7}, {"{\"a\":1,}", 7}, {"{\"a\" 1}", 5},
		{"{a:1}", 1},     {"{1:1}", 1},     {"{\"a\":1]", 6},  {"{\"a\":1 \"b\":2}", 7},
		{"\"abc", 0},     {"\"abc\\\"", 0}, {"\"abc\\", 4},    {"tru", 0},
		{"nul", 0},       {"True", 0},      {"'a'", 0},        {"[1]]", 99},
		{"/* x */ 1", 0}, {"}", 0},         {":", 0},          {"[\"a\":1]", 4},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		refused(*state, str_of(cases[i].text), cases[i].offset == 99 ? "trailing" : "syntax",
			cases[i].offset == 99 ? 3 : cases[i].offset);
	refused(*state, STR("truefalse"), "trailing", 4);
	refused(*state, STR("{} {}"), "trailing", 3);
	refused(*state, STR("null,"), "trailing", 4);
	refused(*state, STR("1//x"), "trailing", 1);
}

static void empty_input_is_its_own_case(void **state)
{
	refused(*state, STR(""), "empty", 0);
	refused(*state, STR(" \n\t\r"), "empty", 4);
	refused(*state, str_of(NULL), "empty", 0);
}

static struct str nested(struct arena *arena, size_t depth, bool objects)
{
	struct buf buf = buf_create(arena, depth * 6);
	for (size_t i = 0; i < depth; i++)
		buf_put(&buf, objects ? STR("{\"a\":") : STR("["));
	buf_put(&buf, STR("1"));
	for (size_t i = 0; i < depth; i++)
		buf_put_char(&buf, objects ? '}' : ']');
	return buf_str(&buf);
}

static void sixty_four_levels_are_read_and_no_more(void **state)
{
	assert_int_equal(parsed(*state, nested(*state, 64, false)).kind, JSON_ARRAY);
	assert_int_equal(parsed(*state, nested(*state, 64, true)).kind, JSON_OBJECT);
	refused(*state, nested(*state, 65, false), "depth", 64);
	refused(*state, nested(*state, 65, true), "depth", 64 * 5);
	refused(*state, nested(*state, 1000000, false), "depth", 64);
	/* siblings do not add up */
	struct buf buf = buf_create(*state, 2000);
	buf_put_char(&buf, '[');
	for (int i = 0; i < 200; i++)
		buf_put(&buf, STR("[[]],"));
	buf_put(&buf, STR("[]]"));
	assert_int_equal(parsed(*state, buf_str(&buf)).count, 201);
}

static void a_name_may_stand_once(void **state)
{
	struct json json;
	struct fault fault;
	refused(*state, STR("{\"a\":1,\"a\":2}"), "duplicate", 11);
	refused(*state, STR("{\"a\":1,\"b\":2,\"\\u0061\":3}"), "duplicate", 22);
	refused(*state, STR("{\"\":1,\"\":2}"), "duplicate", 9);
	refused(*state, STR("[{\"x\":{\"a\":1,\"a\":1}}]"), "duplicate", 17);
	assert_problem(json_parse(*state, STR("{\"lot\":1,\"lot\":2}"), &json, &fault), PROBLEM_JSON_SYNTAX);
	assert_str(fault.value, "lot");
	assert_int_equal(parsed(*state, STR("{\"a\":{\"a\":1},\"A\":2,\"a\\u0000\":3,\"a \":4}")).count, 4);
}

static struct str wide_object(struct arena *arena, size_t members, size_t repeat_of)
{
	struct buf buf = buf_create(arena, members * 12);
	buf_put_char(&buf, '{');
	for (size_t i = 0; i < members; i++)
		buf_printf(&buf, "%s\"m%zu\":%zu", i ? "," : "",
			   repeat_of && i == members - 1 ? repeat_of : i, i);
	buf_put_char(&buf, '}');
	return buf_str(&buf);
}

static void a_double_is_found_among_any_number_of_members(void **state)
{
	for (size_t members = 2; members < 60; members++) {
		assert_int_equal(parsed(*state, wide_object(*state, members, 0)).count, members);
		if (members > 2) {
			struct json json;
			struct fault fault;
			assert_problem(
				json_parse(*state, wide_object(*state, members, members / 2), &json, &fault),
				PROBLEM_JSON_SYNTAX);
			assert_string_equal(fault.rule, "duplicate");
			assert_strs(fault.value, arena_printf(*state, "m%zu", members / 2));
		}
	}
	/* quadratic comparison of these would take minutes */
	assert_int_equal(parsed(*state, wide_object(*state, 200000, 0)).count, 200000);
	struct json json;
	struct fault fault;
	assert_problem(json_parse(*state, wide_object(*state, 200000, 1), &json, &fault),
		       PROBLEM_JSON_SYNTAX);
	assert_string_equal(fault.rule, "duplicate");
}

static struct str zeros(struct arena *arena, size_t count)
{
	struct buf buf = buf_create(arena, count * 2 + 2);
	buf_put(&buf, STR("[0"));
	for (size_t i = 1; i < count; i++)
		buf_put(&buf, STR(",0"));
	buf_put_char(&buf, ']');
	return buf_str(&buf);
}

static void the_number_of_values_is_limited(void **state)
{
	assert_int_equal(parsed(*state, zeros(*state, JSON_MAX_VALUES - 1)).count, JSON_MAX_VALUES - 1);
	refused(*state, zeros(*state, JSON_MAX_VALUES), "size", JSON_MAX_VALUES * 2 - 1);
}

static void members_are_found_by_name(void **state)
{
	struct json json = parsed(*state, STR("{\"a\":1,\"b\":\"x\",\"c\":null}"));
	assert_str(json_get(&json, STR("a"))->text, "1");
	assert_str(json_text(json_get(&json, STR("b"))), "x");
	assert_int_equal(json_get(&json, STR("c"))->kind, JSON_NULL);
	assert_null(json_get(&json, STR("d")));
	assert_null(json_get(&json, STR("")));
	assert_null(json_get(NULL, STR("a")));
	assert_null(json_get(json_get(&json, STR("a")), STR("a")));
	assert_absent(json_text(json_get(&json, STR("a"))));
	assert_absent(json_text(NULL));
}

static void integers_are_numbers_of_digits_that_fit(void **state)
{
	int64_t n = 99;
	static const struct {
		const char *text;
		int64_t n;
	} cases[] = {{"0", 0},
		     {"-0", 0},
		     {"42", 42},
		     {"9223372036854775807", INT64_MAX},
		     {"-9223372036854775808", INT64_MIN}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json json = parsed(*state, str_of(cases[i].text));
		assert_true(json_integer(&json, &n));
		assert_int_equal(n, cases[i].n);
	}
	n = 99;
	const char *const refused_ones[] = {
		"1.0", "1e2", "9223372036854775808", "-9223372036854775809", "\"1\"", "true", "null"};
	for (size_t i = 0; i < sizeof refused_ones / sizeof *refused_ones; i++) {
		struct json json = parsed(*state, str_of(refused_ones[i]));
		assert_false(json_integer(&json, &n));
	}
	assert_false(json_integer(NULL, &n));
	assert_int_equal(n, 99);
}

static void every_cut_of_a_document_is_refused(void **state)
{
	struct str whole =
		STR("{\"id\":\"\\ud83d\\ude00农\",\"n\":[-1.5e+3,true,false,null,{}],\"o\":{\"a\":[]}}");
	assert_int_equal(parsed(*state, whole).count, 3);
	for (size_t len = 0; len < whole.len; len++) {
		struct json json;
		struct fault fault;
		/* on the heap and exactly as long, so that reading past the end is seen */
		struct str cut = arena_str(*state, (struct str){whole.at, len});
		struct bytes exact = arena_bytes(*state, str_bytes(cut));
		assert_problem(json_parse(*state, (struct str){(const char *)exact.at, len}, &json, &fault),
			       PROBLEM_JSON_SYNTAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(scalars_have_their_kind_and_text),
		TEST(numbers_keep_the_text_they_were_written_with),
		TEST(malformed_or_long_numbers_are_refused),
		TEST(containers_keep_order_and_span),
		TEST(escapes_are_decoded),
		TEST(plain_text_is_borrowed_from_the_input),
		TEST(bad_escapes_are_refused),
		TEST(lone_surrogates_are_refused),
		TEST(invalid_utf8_is_refused_where_it_stands),
		TEST(control_characters_in_strings_are_refused),
		TEST(structure_must_be_whole),
		TEST(empty_input_is_its_own_case),
		TEST(sixty_four_levels_are_read_and_no_more),
		TEST(a_name_may_stand_once),
		TEST(a_double_is_found_among_any_number_of_members),
		TEST(the_number_of_values_is_limited),
		TEST(members_are_found_by_name),
		TEST(integers_are_numbers_of_digits_that_fit),
		TEST(every_cut_of_a_document_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
