/* SPDX-License-Identifier: Apache-2.0
 * Shapes: what is decoded encodes to something that decodes to the same; the query decoder agrees on single values. */
#include "fuzz.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/codec/shape.h"

struct part {
	struct str lot, quantity;
	struct list parts;
};

struct record {
	struct str name, state, weight, celsius, raw;
	int64_t count;
	bool flag;
	struct instant time;
	struct uuid id;
	struct part *part;
	struct list parts;
	struct str_list tags;
	const struct json *extra;
};

static const char *const states[] = {"open", "closed", NULL};
static const struct shape part_shape;
static const struct field part_fields[] = {
	STRING(struct part, lot, "lot"),
	DECIMAL(struct part, quantity, "q", .flags = OPTIONAL),
	LIST(struct part, parts, "parts", &part_shape, .flags = OPTIONAL, .max_len = 3),
	END_OF_SHAPE,
};
static const struct shape part_shape = {.name = "Part", .size = sizeof(struct part), .fields = part_fields};

static const struct shape record_shape = {
	.name = "Record",
	.size = sizeof(struct record),
	.fields =
		(const struct field[]){
			STRING(struct record, name, "name", .min_len = 1, .max_len = 20),
			WORD(struct record, state, "state", states, .flags = OPTIONAL | NULLABLE),
			DECIMAL(struct record, weight, "weight", .flags = OPTIONAL),
			DECIMAL(struct record, celsius, "celsius", .flags = OPTIONAL | SIGNED),
			RAW_JSON(struct record, raw, "raw", .flags = OPTIONAL),
			INTEGER(struct record, count, "count", .flags = OPTIONAL, .min = -5, .max = 1000),
			BOOLEAN(struct record, flag, "flag", .flags = OPTIONAL),
			TIME(struct record, time, "time", .flags = OPTIONAL),
			UUID(struct record, id, "id", .flags = OPTIONAL),
			OBJECT(struct record, part, "part", &part_shape, struct part,
			       .flags = OPTIONAL | NULLABLE),
			LIST(struct record, parts, "parts", &part_shape, .flags = ALWAYS),
			STRINGS(struct record, tags, "tags", .flags = OPTIONAL),
			JSON_VALUE(struct record, extra, "a/b~c", .flags = OPTIONAL | NULLABLE),
			END_OF_SHAPE,
		},
};

static const struct shape flat_shape = {
	.name = "Flat",
	.size = sizeof(struct record),
	.fields =
		(const struct field[]){
			STRING(struct record, name, "name", .max_len = 20),
			TIME(struct record, time, "time", .flags = OPTIONAL),
			END_OF_SHAPE,
		},
};

static struct str encode(struct arena *arena, const struct record *record)
{
	struct buf buf = buf_create(arena, 0);
	struct json_writer w = json_writer(&buf);
	shape_encode(&record_shape, record, &w);
	return buf_str(&buf);
}

static void check_fault(const struct fault *fault)
{
	CHECK(memchr(fault->pointer, 0, sizeof fault->pointer));
	CHECK(utf8_valid(str_of(fault->pointer)));
	CHECK(fault->pointer[0] == 0 || fault->pointer[0] == '/');
	CHECK(fault->rule && fault->value.len <= FAULT_VALUE_LEN);
	CHECK(utf8_valid(fault->value) && utf8_valid(fault->detail));
}

/* Through the query decoder a member of text kind gives what it gives in JSON. */
static void check_query(struct arena *arena, const struct json *json, const struct record *record)
{
	struct query_pair pairs[3] = {{STR("name"), record->name}};
	size_t count = 1;
	const struct json *time = json_get(json, STR("time"));
	if (time)
		pairs[count++] = (struct query_pair){STR("time"), time->text};
	struct record other;
	struct fault fault;
	if (record->parts.count || record->part)
		return;
	CHECK(shape_decode_query(&flat_shape, arena, pairs, count, &other, &fault) == PROBLEM_NONE);
	CHECK(str_equal(other.name, record->name));
	CHECK(other.time.at_us == record->time.at_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct json json;
	struct record record, again;
	struct fault fault;
	if (!json_parse(arena, (struct str){(const char *)data, size}, &json, &fault)) {
		enum problem p = shape_decode(&record_shape, arena, &json, &record, &fault);
		if (p) {
			check_fault(&fault);
		} else {
			struct str text = encode(arena, &record);
			CHECK(json_parse(arena, text, &json, &fault) == PROBLEM_NONE);
			/* An absent number is written as 0, which every limit here allows. */
			CHECK(shape_decode(&record_shape, arena, &json, &again, &fault) == PROBLEM_NONE);
			CHECK(str_equal(encode(arena, &again), text));
			check_query(arena, &json, &again);
		}
	}
	arena_destroy(arena);
	return 0;
}
