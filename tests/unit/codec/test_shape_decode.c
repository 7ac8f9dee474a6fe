/* SPDX-License-Identifier: Apache-2.0
 * Shapes decode JSON: every kind, every refusal with its pointer, rule and value. */
#include "../check.h"
#include "shape_sample.h"

#include "ft/base/text.h"

static struct json json_of(struct arena *arena, const char *text)
{
	struct json json = {0};
	struct fault fault;
	assert_problem(json_parse(arena, str_of(text), &json, &fault), PROBLEM_NONE);
	return json;
}

static struct sample decoded(struct arena *arena, const char *text)
{
	struct json json = json_of(arena, text);
	struct sample sample;
	memset(&sample, 0xa5, sizeof sample);
	struct fault fault;
	enum problem p = shape_decode(&sample_shape, arena, &json, &sample, &fault);
	if (p)
		fprintf(stderr, "%s: %s %s\n", text, fault.pointer, fault.rule);
	assert_problem(p, PROBLEM_NONE);
	return sample;
}

static struct fault refused(struct arena *arena, const char *text, enum problem expected, const char *pointer,
			    const char *rule)
{
	struct json json = json_of(arena, text);
	struct sample sample, before;
	memset(&sample, 0xa5, sizeof sample);
	memcpy(&before, &sample, sizeof before);
	struct fault fault = {.rule = "untouched"};
	enum problem p = shape_decode(&sample_shape, arena, &json, &sample, &fault);
	if (p != expected || strcmp(fault.pointer, pointer) || strcmp(fault.rule, rule))
		fprintf(stderr, "%s: %s \"%s\" %s\n", text, problem_info(p)->slug, fault.pointer, fault.rule);
	assert_problem(p, expected);
	assert_string_equal(fault.pointer, pointer);
	assert_string_equal(fault.rule, rule);
	assert_memory_equal(&sample, &before, sizeof sample);
	return fault;
}

static void every_kind_is_decoded(void **state)
{
	struct sample s = decoded(
		*state, "{\"name\":\"农场\",\"state\":\"closed\",\"weight\":12.50,\"celsius\":\"-18.5\","
			"\"raw\": [1, 2],"
			"\"count\":-3,\"free\":-9223372036854775808,\"floor\":9223372036854775807,"
			"\"flag\":true,\"time\":\"2026-05-03T08:30:00+08:00\","
			"\"id\":\"017F22E2-79B0-7CC3-98C4-DC0C0C07398F\","
			"\"main/~part\":{\"lot\":\"A\",\"quantity\":\"3\"},"
			"\"parts\":[{\"lot\":\"B\"},{\"lot\":\"C\",\"quantity\":0.000001}],"
			"\"tags\":[\"x\",\"\"],\"days\":[\"tue\",\"mon\"],\"extra\":{\"deep\":[true]}}");
	assert_str(s.name, "农场");
	assert_str(s.state, "closed");
	assert_str(s.weight, "12.50"); /* as written */
	assert_str(s.celsius, "-18.5");
	assert_str(s.raw, "[1, 2]");
	assert_int_equal(s.count, -3);
	assert_int_equal(s.free_number, INT64_MIN);
	assert_int_equal(s.floor_number, INT64_MAX);
	assert_true(s.flag);
	assert_int_equal(s.time.at_us, INT64_C(1777768200000000));
	assert_int_equal(s.time.offset_min, 480);
	assert_str(uuid_print(*state, s.id), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
	assert_str(s.main_part->lot, "A");
	assert_str(s.main_part->quantity, "3");
	assert_int_equal(s.parts.count, 2);
	const struct part *parts = s.parts.items;
	assert_str(parts[0].lot, "B");
	assert_absent(parts[0].quantity);
	assert_str(parts[1].quantity, "0.000001");
	assert_int_equal(s.tags.count, 2);
	assert_str(s.tags.items[0], "x");
	assert_str(s.tags.items[1], "");
	assert_str(s.days.items[0], "tue");
	assert_int_equal(json_get(s.extra, STR("deep"))->count, 1);
}

static void what_is_absent_is_zero(void **state)
{
	struct sample s = decoded(*state, "{\"name\":\"ab\"}"), zero;
	memset(&zero, 0, sizeof zero);
	zero.name = s.name;
	assert_memory_equal(&s, &zero, sizeof s);
}

static void null_is_absent_where_it_is_allowed(void **state)
{
	struct sample s =
		decoded(*state, "{\"name\":\"ab\",\"state\":null,\"main/~part\":null,\"extra\":null}");
	assert_absent(s.state);
	assert_null(s.main_part);
	assert_null(s.extra);
	refused(*state, "{\"name\":\"ab\",\"weight\":null}", PROBLEM_FIELD_TYPE, "/weight", "type");
	refused(*state, "{\"name\":null}", PROBLEM_FIELD_TYPE, "/name", "type");
	refused(*state, "{\"name\":\"ab\",\"parts\":null}", PROBLEM_FIELD_TYPE, "/parts", "type");
	refused(*state, "{\"name\":\"ab\",\"parts\":[null]}", PROBLEM_FIELD_TYPE, "/parts/0", "type");
	refused(*state, "{\"name\":\"ab\",\"count\":null}", PROBLEM_FIELD_TYPE, "/count", "type");
	assert_str(decoded(*state, "{\"name\":\"ab\",\"raw\":null}").raw, "null");
}

static void a_required_member_must_be_there(void **state)
{
	struct fault fault = refused(*state, "{}", PROBLEM_FIELD_MISSING, "/name", "required");
	assert_absent(fault.value);
	refused(*state, "{\"name\":\"ab\",\"parts\":[{\"lot\":\"x\"},{}]}", PROBLEM_FIELD_MISSING,
		"/parts/1/lot", "required");
	refused(*state, "{\"name\":\"ab\",\"main/~part\":{}}", PROBLEM_FIELD_MISSING, "/main~1~0part/lot",
		"required");
}

static void each_kind_refuses_the_others(void **state)
{
	static const char *const wrong[] = {"1.5", "\"x\"", "true", "[]", "{}"};
	static const struct {
		const char *name, *takes; /* digits: which of `wrong` are not a fault of type */
	} kinds[] = {
		{"name", "1"},       {"state", "1"}, {"weight", "01"}, {"celsius", "01"},
		{"count", ""},       {"flag", "2"},  {"time", "1"},    {"id", "1"},
		{"main/~part", "4"}, {"parts", "3"}, {"tags", "3"},    {"days", "3"},
	};
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
			if (strchr(kinds[k].takes, (int)('0' + i)))
				continue;
			const char *start = strcmp(kinds[k].name, "name") ? "\"name\":\"ab\"," : "";
			struct str text =
				arena_printf(*state, "{%s\"%s\":%s}", start, kinds[k].name, wrong[i]);
			struct str pointer = strcmp(kinds[k].name, "main/~part")
						     ? arena_printf(*state, "/%s", kinds[k].name)
						     : STR("/main~1~0part");
			struct fault fault = refused(*state, text.at, PROBLEM_FIELD_TYPE, pointer.at, "type");
			assert_str(fault.value, wrong[i]);
			assert_true(str_starts(fault.detail, STR("expected ")));
		}
	refused(*state, "[]", PROBLEM_FIELD_TYPE, "", "type");
	refused(*state, "null", PROBLEM_FIELD_TYPE, "", "type");
	refused(*state, "{\"name\":\"ab\",\"tags\":[\"x\",1]}", PROBLEM_FIELD_TYPE, "/tags/1", "type");
}

static void an_unknown_member_is_refused_with_what_was_probably_meant(void **state)
{
	static const struct {
		const char *text, *pointer, *detail;
	} cases[] = {
		{"{\"nmae\":\"ab\"}", "/nmae", "did you mean \"name\"?"},
		{"{\"nam\":\"ab\"}", "/nam", "did you mean \"name\"?"},
		{"{\"names\":\"ab\"}", "/names", "did you mean \"name\"?"},
		{"{\"NAME\":\"ab\"}", "/NAME", "did you mean \"name\"?"},
		{"{\"name\":\"ab\",\"wieght\":1}", "/wieght", "did you mean \"weight\"?"},
		{"{\"name\":\"ab\",\"parts\":[{\"lots\":\"x\"}]}", "/parts/0/lots", "did you mean \"lot\"?"},
		{"{\"name\":\"ab\",\"something\":1}", "/something", NULL},
		{"{\"name\":\"ab\",\"\":1}", "/", NULL},
		{"{\"name\":\"ab\",\"xy\":1}", "/xy", NULL},
		{"{\"name\":\"ab\",\"a/b~c\":1}", "/a~1b~0c", NULL},
		{"{\"name\":\"ab\",\"农\":1}", "/农", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fault fault = refused(*state, cases[i].text, PROBLEM_FIELD_UNKNOWN, cases[i].pointer,
					     "additionalProperties");
		assert_strs(fault.detail, str_of(cases[i].detail));
	}
	/* found before what is missing: the misspelling is the cause */
	refused(*state, "{\"nmae\":\"ab\"}", PROBLEM_FIELD_UNKNOWN, "/nmae", "additionalProperties");
}

static void a_long_unknown_name_is_cut_between_characters(void **state)
{
	struct buf text = buf_create(*state, 4000);
	buf_put(&text, STR("{\"name\":\"ab\",\""));
	for (int i = 0; i < 1000; i++)
		buf_put(&text, STR("农"));
	buf_put(&text, STR("\":1}"));
	struct json json = json_of(*state, buf_str(&text).at);
	struct sample sample;
	struct fault fault;
	assert_problem(shape_decode(&sample_shape, *state, &json, &sample, &fault), PROBLEM_FIELD_UNKNOWN);
	assert_true(utf8_valid(str_of(fault.pointer)));
	assert_true(strlen(fault.pointer) >= 156);
	assert_int_equal(fault.value.len, 63);
	assert_true(utf8_valid(fault.value));
}

static void an_open_shape_passes_unknown_members_by(void **state)
{
	struct shape open = sample_shape;
	open.open = true;
	struct json json = json_of(*state, "{\"@context\":[],\"name\":\"ab\",\"example:x\":{\"y\":1}}");
	struct sample sample;
	struct fault fault;
	assert_problem(shape_decode(&open, *state, &json, &sample, &fault), PROBLEM_NONE);
	assert_str(sample.name, "ab");
}

static void lengths_are_bounded(void **state)
{
	decoded(*state, "{\"name\":\"123456789012\"}");
	decoded(*state, "{\"name\":\"农农\"}");
	struct fault fault =
		refused(*state, "{\"name\":\"1234567890123\"}", PROBLEM_FIELD_RANGE, "/name", "maxLength");
	assert_str(fault.value, "1234567890123");
	assert_str(fault.detail, "at most 12 bytes, got 13");
	fault = refused(*state, "{\"name\":\"农\"}", PROBLEM_FIELD_RANGE, "/name", "minLength");
	assert_str(fault.detail, "at least 2 characters");
	refused(*state, "{\"name\":\"\"}", PROBLEM_FIELD_RANGE, "/name", "minLength");
	fault = refused(*state, "{\"name\":\"a\\u0000b\"}", PROBLEM_FIELD_RANGE, "/name", "pattern");
	assert_str(fault.detail, "U+0000 cannot be stored");
}

static void a_length_that_is_not_stated_is_256_bytes(void **state)
{
	struct buf fits = buf_create(*state, 400);
	buf_put(&fits, STR("{\"name\":\"ab\",\"main/~part\":{\"lot\":\""));
	for (int i = 0; i < 256; i++)
		buf_put_char(&fits, 'x');
	struct buf too_long = buf_create(*state, 400);
	buf_put(&too_long, buf_str(&fits));
	buf_put(&fits, STR("\"}}"));
	buf_put(&too_long, STR("x\"}}"));
	assert_int_equal(decoded(*state, fits.at).main_part->lot.len, 256);
	struct fault fault =
		refused(*state, too_long.at, PROBLEM_FIELD_RANGE, "/main~1~0part/lot", "maxLength");
	assert_int_equal(fault.value.len, FAULT_VALUE_LEN);
}

static struct str tags(struct arena *arena, int count)
{
	struct buf text = buf_create(arena, 1000);
	buf_put(&text, STR("{\"name\":\"ab\",\"tags\":["));
	for (int i = 0; i < count; i++)
		buf_put(&text, i ? STR(",\"t\"") : STR("\"t\""));
	buf_put(&text, STR("]}"));
	return buf_str(&text);
}

static void the_number_of_items_is_bounded(void **state)
{
	assert_int_equal(decoded(*state, tags(*state, 100).at).tags.count, 100);
	struct fault fault = refused(*state, tags(*state, 101).at, PROBLEM_FIELD_RANGE, "/tags", "maxItems");
	assert_str(fault.detail, "at most 100 items, got 101");
	refused(*state, tags(*state, 0).at, PROBLEM_FIELD_RANGE, "/tags", "minItems");
	const char *three = "{\"name\":\"ab\",\"parts\":[{\"lot\":\"1\"},{\"lot\":\"2\"},{\"lot\":\"3\"}]}";
	assert_int_equal(decoded(*state, three).parts.count, 3);
	refused(*state,
		"{\"name\":\"ab\",\"parts\":[{\"lot\":\"1\"},{\"lot\":\"2\"},{\"lot\":\"3\"},{\"lot\":\"4\"}]"
		"}",
		PROBLEM_FIELD_RANGE, "/parts", "maxItems");
}

static void words_are_those_of_the_list(void **state)
{
	struct fault fault = refused(*state, "{\"name\":\"ab\",\"state\":\"Open\"}", PROBLEM_FIELD_RANGE,
				     "/state", "enum");
	assert_str(fault.value, "Open");
	assert_str(fault.detail, "one of open, closed");
	refused(*state, "{\"name\":\"ab\",\"state\":\"\"}", PROBLEM_FIELD_RANGE, "/state", "enum");
	refused(*state, "{\"name\":\"ab\",\"days\":[\"mon\",\"wed\"]}", PROBLEM_FIELD_RANGE, "/days/1",
		"enum");
}

static void integers_are_whole_and_in_range(void **state)
{
	static const struct {
		const char *name, *value, *rule;
		enum problem p;
	} cases[] = {
		{"count", "11", "maximum", PROBLEM_FIELD_RANGE},
		{"count", "-4", "minimum", PROBLEM_FIELD_RANGE},
		{"floor", "0", "minimum", PROBLEM_FIELD_RANGE},
		{"free", "9223372036854775808", "maximum", PROBLEM_FIELD_RANGE},
		{"free", "-9223372036854775809", "minimum", PROBLEM_FIELD_RANGE},
		{"count", "99999999999999999999999999999999999999", "maximum", PROBLEM_FIELD_RANGE},
		{"count", "1.0", "type", PROBLEM_FIELD_TYPE},
		{"count", "1e0", "type", PROBLEM_FIELD_TYPE},
		{"count", "-0.5", "type", PROBLEM_FIELD_TYPE},
		{"count", "\"1\"", "type", PROBLEM_FIELD_TYPE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct str text =
			arena_printf(*state, "{\"name\":\"ab\",\"%s\":%s}", cases[i].name, cases[i].value);
		struct fault fault = refused(*state, text.at, cases[i].p,
					     arena_printf(*state, "/%s", cases[i].name).at, cases[i].rule);
		assert_str(fault.value, cases[i].value);
	}
	assert_int_equal(decoded(*state, "{\"name\":\"ab\",\"count\":-0}").count, 0);
	struct fault fault =
		refused(*state, "{\"name\":\"ab\",\"count\":11}", PROBLEM_FIELD_RANGE, "/count", "maximum");
	assert_str(fault.detail, "at most 10");
}

static void decimals_are_quantities_unless_signed(void **state)
{
	static const char *const refused_ones[] = {
		"-1",
		"1e3",
		"1E3",
		"0.0000001",
		"1234567890123456",
		"\"\"",
		"\"+1\"",
		"\"-1\"",
		"\"1e3\"",
		"\"NaN\"",
		"\"1.\"",
		"\".5\"",
		"\"00.5\"",
		"\"1 kg\"",
		"\"Infinity\"",
		"\"\\uff11\"",
		"\"1."
		"000000000000000000000000000000000000000000000000000000000000"
		"0000\"", /* longer than a JSON number may be */
	};
	for (size_t i = 0; i < sizeof refused_ones / sizeof *refused_ones; i++) {
		struct str text = arena_printf(*state, "{\"name\":\"ab\",\"weight\":%s}", refused_ones[i]);
		refused(*state, text.at, PROBLEM_QUANTITY_SYNTAX, "/weight", "decimal");
	}
	assert_str(decoded(*state, "{\"name\":\"ab\",\"weight\":0}").weight, "0");
	assert_str(decoded(*state, "{\"name\":\"ab\",\"weight\":\"12.500\"}").weight, "12.500");
	assert_str(decoded(*state, "{\"name\":\"ab\",\"celsius\":-18.25}").celsius, "-18.25");
	refused(*state, "{\"name\":\"ab\",\"celsius\":-1e1}", PROBLEM_QUANTITY_SYNTAX, "/celsius", "decimal");
	refused(*state, "{\"name\":\"ab\",\"celsius\":\"cold\"}", PROBLEM_QUANTITY_SYNTAX, "/celsius",
		"decimal");
}

static void times_and_ids_are_checked(void **state)
{
	struct fault fault = refused(*state, "{\"name\":\"ab\",\"time\":\"2026-05-03T08:30:00\"}",
				     PROBLEM_TIME_NAIVE, "/time", "date-time");
	assert_str(fault.value, "2026-05-03T08:30:00");
	refused(*state, "{\"name\":\"ab\",\"time\":\"2026-05-03\"}", PROBLEM_TIME_SYNTAX, "/time",
		"date-time");
	refused(*state, "{\"name\":\"ab\",\"time\":\"\"}", PROBLEM_TIME_SYNTAX, "/time", "date-time");
	(void)refused(*state, "{\"name\":\"ab\",\"id\":\"00000000-0000-0000-0000-000000000000\"}",
		      PROBLEM_FIELD_TYPE, "/id", "uuid");
	fault = refused(*state, "{\"name\":\"ab\",\"id\":\"017f22e2\"}", PROBLEM_FIELD_TYPE, "/id", "uuid");
	assert_str(fault.value, "017f22e2");
}

struct node {
	struct node *next;
	struct str name;
};

static const struct shape node_shape;
static const struct field node_fields[] = {
	OBJECT(struct node, next, "next", &node_shape, struct node, .flags = OPTIONAL),
	STRING(struct node, name, "name", .flags = OPTIONAL),
	END_OF_SHAPE,
};
static const struct shape node_shape = {.name = "Node", .size = sizeof(struct node), .fields = node_fields};

static void a_shape_may_contain_itself(void **state)
{
	struct buf text = buf_create(*state, 1000);
	for (int i = 0; i < 63; i++)
		buf_put(&text, STR("{\"next\":"));
	buf_put(&text, STR("{\"name\":1}"));
	for (int i = 0; i < 63; i++)
		buf_put_char(&text, '}');
	struct json json = json_of(*state, buf_str(&text).at);
	struct node node;
	struct fault fault;
	assert_problem(shape_decode(&node_shape, *state, &json, &node, &fault), PROBLEM_FIELD_TYPE);
	assert_true(str_starts(str_of(fault.pointer), STR("/next/next/next")));
	assert_int_equal(strlen(fault.pointer), sizeof fault.pointer - 1); /* cut, not overrun */
}

struct envelope {
	const struct json *items;
};
static const struct shape envelope_shape = {
	.name = "Envelope",
	.size = sizeof(struct envelope),
	.doc = "Items that are read one by one",
	.fields = (const struct field[]){JSON_ITEMS(struct envelope, items, "items", &node_shape,
						    .min_len = 1, .max_len = 2),
					 END_OF_SHAPE},
};

static void items_left_to_the_caller_are_counted_and_not_read(void **state)
{
	static const struct {
		const char *text, *rule;
		enum problem expected;
	} cases[] = {
		{"{\"items\":[{},7]}", NULL, PROBLEM_NONE},
		{"{\"items\":[]}", "minItems", PROBLEM_FIELD_RANGE},
		{"{\"items\":[1,2,3]}", "maxItems", PROBLEM_FIELD_RANGE},
		{"{\"items\":{}}", "type", PROBLEM_FIELD_TYPE},
		{"{}", "required", PROBLEM_FIELD_MISSING},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct json json = json_of(*state, cases[i].text);
		struct envelope envelope = {0};
		struct fault fault = {0};
		assert_problem(shape_decode(&envelope_shape, *state, &json, &envelope, &fault),
			       cases[i].expected);
		assert_int_equal(cases[i].expected == PROBLEM_NONE, envelope.items != NULL);
		if (cases[i].rule) {
			assert_string_equal(fault.rule, cases[i].rule);
			assert_string_equal(fault.pointer, "/items");
		} else {
			assert_int_equal(envelope.items->count, 2);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_is_decoded),
		TEST(what_is_absent_is_zero),
		TEST(null_is_absent_where_it_is_allowed),
		TEST(a_required_member_must_be_there),
		TEST(each_kind_refuses_the_others),
		TEST(an_unknown_member_is_refused_with_what_was_probably_meant),
		TEST(a_long_unknown_name_is_cut_between_characters),
		TEST(an_open_shape_passes_unknown_members_by),
		TEST(lengths_are_bounded),
		TEST(a_length_that_is_not_stated_is_256_bytes),
		TEST(the_number_of_items_is_bounded),
		TEST(words_are_those_of_the_list),
		TEST(integers_are_whole_and_in_range),
		TEST(decimals_are_quantities_unless_signed),
		TEST(times_and_ids_are_checked),
		TEST(a_shape_may_contain_itself),
		TEST(items_left_to_the_caller_are_counted_and_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
