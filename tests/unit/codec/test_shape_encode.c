/* SPDX-License-Identifier: Apache-2.0
 * Shapes encode structs, print their JSON Schema and are visited once each. */
#include "../check.h"
#include "shape_sample.h"

static struct str encoded(struct arena *arena, const struct shape *shape, const void *value)
{
	struct buf buf = buf_create(arena, 0);
	struct json_writer w = json_writer(&buf);
	shape_encode(shape, value, &w);
	return buf_str(&buf);
}

static void an_empty_struct_shows_what_is_always_written(void **state)
{
	struct sample sample;
	memset(&sample, 0, sizeof sample);
	assert_str(encoded(*state, &sample_shape, &sample),
		   "{\"name\":\"\",\"state\":null,\"count\":0,\"free\":0,\"floor\":0,\"flag\":false,\"main/"
		   "~part\":null,\"parts\":[],"
		   "\"extra\":null}");
}

static void every_kind_is_encoded(void **state)
{
	struct json extra;
	struct fault fault;
	assert_problem(json_parse(*state, STR("[1.0, 2]"), &extra, &fault), PROBLEM_NONE);
	struct part parts[] = {{STR("A"), STR("1.50")}, {STR("B\n"), {NULL, 0}}};
	struct str tags[] = {STR("x"), STR("")};
	struct sample sample = {
		.name = STR("农"),
		.state = STR("open"),
		.weight = STR("12.50"),
		.celsius = STR("-1"),
		.raw = STR("{ }"),
		.count = -1,
		.flag = true,
		.time = {INT64_C(1777768200000000), 480},
		.id = {{1}},
		.main_part = &parts[1],
		.parts = {parts, 2},
		.tags = {tags, 2},
		.extra = &extra,
	};
	assert_str(encoded(*state, &sample_shape, &sample),
		   "{\"name\":\"农\",\"state\":\"open\",\"weight\":\"12.50\",\"celsius\":\"-1\",\"raw\":{ "
		   "},\"count\":-1,\"free\":0,\"floor\":0,"
		   "\"flag\":true,\"time\":\"2026-05-03T08:30:00+08:00\",\"id\":\"01000000-0000-0000-0000-"
		   "000000000000\","
		   "\"main/"
		   "~part\":{\"lot\":\"B\\n\"},\"parts\":[{\"lot\":\"A\",\"quantity\":\"1.50\"},{\"lot\":"
		   "\"B\\n\"}],"
		   "\"tags\":[\"x\",\"\"],\"extra\":[1.0, 2]}");
}

static const struct shape both_shape = {
	.name = "Both",
	.size = sizeof(struct sample),
	.fields =
		(const struct field[]){
			LIST(struct sample, parts, "parts", &part_shape, .flags = OPTIONAL | ALWAYS),
			STRINGS(struct sample, tags, "tags", .flags = OPTIONAL),
			END_OF_SHAPE,
		},
};

static void always_wins_over_optional(void **state)
{
	struct sample sample;
	memset(&sample, 0, sizeof sample);
	assert_str(encoded(*state, &both_shape, &sample), "{\"parts\":[]}");
}

struct required {
	struct part *part;
	struct list parts;
	struct str_list tags;
	const struct json *extra;
	struct str raw;
	struct instant time;
	struct uuid id;
	struct str cursor;
};

static const struct shape required_shape = {
	.name = "Required",
	.size = sizeof(struct required),
	.fields =
		(const struct field[]){
			OBJECT(struct required, part, "part", &part_shape, struct part),
			LIST(struct required, parts, "parts", &part_shape),
			STRINGS(struct required, tags, "tags"),
			JSON_VALUE(struct required, extra, "extra"),
			RAW_JSON(struct required, raw, "raw"),
			TIME(struct required, time, "time", .flags = NULLABLE),
			UUID(struct required, id, "id", .flags = NULLABLE),
			STRING(struct required, cursor, "next", .flags = NULLABLE),
			END_OF_SHAPE,
		},
};

static void a_required_member_is_written_even_when_empty(void **state)
{
	struct required value;
	memset(&value, 0, sizeof value);
	assert_str(encoded(*state, &required_shape, &value),
		   "{\"part\":null,\"parts\":[],\"tags\":[],\"extra\":null,\"raw\":null,\"time\":null,\"id\":"
		   "null,\"next\":null}");
}

/* A struct whose members are filled by the generator, some of them absent. */
static void fill(struct arena *arena, uint64_t *seed, struct sample *s)
{
	memset(s, 0, sizeof *s);
	s->name = arena_printf(arena, "n%llu", (unsigned long long)next_random(seed) % 1000000);
	uint64_t present = next_random(seed);
	if (present & 1)
		s->state = STR("closed");
	if (present & 2)
		s->weight = arena_printf(arena, "%llu.%llu", (unsigned long long)next_random(seed) % 100000,
					 (unsigned long long)next_random(seed) % 1000000);
	if (present & 4)
		s->celsius = arena_printf(arena, "%d", (int)(next_random(seed) % 100) - 50);
	s->count = (int64_t)(next_random(seed) % 14) - 3;
	s->free_number = (int64_t)next_random(seed);
	s->floor_number = 1 + (int64_t)(next_random(seed) >> 2);
	s->flag = present & 8;
	if (present & 16)
		s->time = (struct instant){1 + (int64_t)(next_random(seed) % UINT64_C(200000000000000000)),
					   480};
	if (present & 32)
		s->id = (struct uuid){{(uint8_t)next_random(seed), 1, 2}};
	s->parts = (struct list){arena_array(arena, struct part, 3), next_random(seed) % 4};
	for (size_t i = 0; i < s->parts.count; i++)
		((struct part *)s->parts.items)[i].lot = arena_printf(arena, "\"lot\\%zu", i);
	if (present & 64 && s->parts.count)
		s->main_part = s->parts.items;
	if (present & 128) {
		s->tags = (struct str_list){arena_array(arena, struct str, 1), 1};
		s->tags.items[0] = STR("\t标签");
	}
	if (present & 256)
		s->raw = STR("[{}]");
}

static void decoding_what_was_encoded_gives_the_same_again(void **state)
{
	uint64_t seed = 12;
	for (int round = 0; round < 2000; round++) {
		struct sample first, second;
		fill(*state, &seed, &first);
		struct str text = encoded(*state, &sample_shape, &first);
		struct json json;
		struct fault fault;
		assert_problem(json_parse(*state, text, &json, &fault), PROBLEM_NONE);
		enum problem p = shape_decode(&sample_shape, *state, &json, &second, &fault);
		if (p)
			fprintf(stderr, "%s: %s\n", text.at, fault.pointer);
		assert_problem(p, PROBLEM_NONE);
		assert_strs(encoded(*state, &sample_shape, &second), text);
		assert_int_equal(second.free_number, first.free_number);
		assert_true(uuid_equal(second.id, first.id));
		assert_int_equal(second.time.at_us, first.time.at_us);
	}
}

static struct str schema(struct arena *arena, const struct shape *shape)
{
	struct buf buf = buf_create(arena, 0);
	struct json_writer w = json_writer(&buf);
	shape_schema(shape, &w);
	return buf_str(&buf);
}

static void the_schema_says_what_the_decoder_does(void **state)
{
	assert_str(
		schema(*state, &sample_shape),
		"{\"type\":\"object\",\"description\":\"Everything at once\",\"properties\":{"
		"\"name\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":12,\"description\":\"Its "
		"name\"},"
		"\"state\":{\"type\":[\"string\",\"null\"],\"enum\":[\"open\",\"closed\",null]},"
		"\"weight\":{\"type\":[\"string\",\"number\"],\"pattern\":\"^(0|[1-9][0-9]{0,14})(\\\\.[0-9]+"
		")?$\"},"
		"\"celsius\":{\"type\":[\"string\",\"number\"],\"pattern\":\"^[-+]?[0-9]+(\\\\.[0-9]+)?$\"},"
		"\"raw\":{},"
		"\"count\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":-3,\"maximum\":10},"
		"\"free\":{\"type\":\"integer\",\"format\":\"int64\"},"
		"\"floor\":{\"type\":\"integer\",\"format\":\"int64\",\"minimum\":1},"
		"\"flag\":{\"type\":\"boolean\"},"
		"\"time\":{\"type\":\"string\",\"format\":\"date-time\"},"
		"\"id\":{\"type\":\"string\",\"format\":\"uuid\"},"
		"\"main/~part\":{\"anyOf\":[{\"$ref\":\"#/components/schemas/Part\"},{\"type\":\"null\"}]},"
		"\"parts\":{\"type\":\"array\",\"maxItems\":3,\"items\":{\"$ref\":\"#/components/schemas/"
		"Part\"}},"
		"\"tags\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"string\"}},"
		"\"days\":{\"type\":\"array\",\"items\":{\"type\":\"string\",\"enum\":[\"mon\",\"tue\"]}},"
		"\"extra\":{}},"
		"\"required\":[\"name\"],\"additionalProperties\":false}");
}

static const struct shape open_shape = {
	.name = "Open",
	.size = sizeof(struct part),
	.open = true,
	.fields = (const struct field[]){STRING(struct part, lot, "lot", .flags = OPTIONAL), END_OF_SHAPE},
};

static void an_open_shape_allows_more_and_none_required_is_left_out(void **state)
{
	assert_str(schema(*state, &open_shape),
		   "{\"type\":\"object\",\"properties\":{\"lot\":{\"type\":\"string\"}}}");
	struct json json;
	struct fault fault;
	assert_problem(json_parse(*state, schema(*state, &required_shape), &json, &fault), PROBLEM_NONE);
	assert_int_equal(json_get(&json, STR("required"))->count, 8);
}

struct seen {
	const char *names[8];
	size_t count;
};

static void note(const struct shape *shape, void *context)
{
	struct seen *seen = context;
	assert_true(seen->count < 8);
	seen->names[seen->count++] = shape->name;
}

struct node {
	struct node *next;
	struct list parts;
};

static const struct shape node_shape;
static const struct field node_fields[] = {
	OBJECT(struct node, next, "next", &node_shape, struct node, .flags = OPTIONAL),
	LIST(struct node, parts, "parts", &part_shape, .flags = OPTIONAL),
	END_OF_SHAPE,
};
static const struct shape node_shape = {.name = "Node", .size = sizeof(struct node), .fields = node_fields};

static void every_shape_is_visited_once(void **state)
{
	(void)state;
	struct seen seen = {{0}, 0};
	shape_visit(&sample_shape, note, &seen);
	assert_int_equal(seen.count, 2); /* Part is referred to twice */
	assert_string_equal(seen.names[0], "Sample");
	assert_string_equal(seen.names[1], "Part");
	seen.count = 0;
	shape_visit(&node_shape, note, &seen); /* refers to itself */
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.names[0], "Node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_empty_struct_shows_what_is_always_written),
		TEST(every_kind_is_encoded),
		TEST(always_wins_over_optional),
		TEST(a_required_member_is_written_even_when_empty),
		TEST(decoding_what_was_encoded_gives_the_same_again),
		TEST(the_schema_says_what_the_decoder_does),
		TEST(an_open_shape_allows_more_and_none_required_is_left_out),
		TEST(every_shape_is_visited_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
