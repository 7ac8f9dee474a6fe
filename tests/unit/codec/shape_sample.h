/* SPDX-License-Identifier: Apache-2.0
 * A shape with every kind of field, for the tests of shapes. */
#ifndef FT_TESTS_UNIT_CODEC_SHAPE_SAMPLE_H
#define FT_TESTS_UNIT_CODEC_SHAPE_SAMPLE_H

#include "ft/codec/shape.h"

struct part {
	struct str lot, quantity;
};

struct sample {
	struct str name, state, weight, celsius, raw;
	int64_t count, free_number, floor_number;
	bool flag;
	struct instant time;
	struct uuid id;
	struct part *main_part;
	struct list parts;
	struct str_list tags, days;
	const struct json *extra;
};

static const struct shape part_shape = {
	.name = "Part",
	.size = sizeof(struct part),
	.doc = "A share of a lot",
	.fields =
		(const struct field[]){
			STRING(struct part, lot, "lot"),
			DECIMAL(struct part, quantity, "quantity", .flags = OPTIONAL),
			END_OF_SHAPE,
		},
};

static const char *const state_words[] = {"open", "closed", NULL};
static const char *const day_words[] = {"mon", "tue", NULL};

static const struct shape sample_shape = {
	.name = "Sample",
	.size = sizeof(struct sample),
	.doc = "Everything at once",
	.fields =
		(const struct field[]){
			STRING(struct sample, name, "name", .min_len = 2, .max_len = 12, .doc = "Its name"),
			WORD(struct sample, state, "state", state_words, .flags = OPTIONAL | NULLABLE),
			DECIMAL(struct sample, weight, "weight", .flags = OPTIONAL),
			DECIMAL(struct sample, celsius, "celsius", .flags = OPTIONAL | SIGNED),
			RAW_JSON(struct sample, raw, "raw", .flags = OPTIONAL),
			INTEGER(struct sample, count, "count", .flags = OPTIONAL, .min = -3, .max = 10),
			INTEGER(struct sample, free_number, "free", .flags = OPTIONAL),
			INTEGER(struct sample, floor_number, "floor", .flags = OPTIONAL, .min = 1),
			BOOLEAN(struct sample, flag, "flag", .flags = OPTIONAL),
			TIME(struct sample, time, "time", .flags = OPTIONAL),
			UUID(struct sample, id, "id", .flags = OPTIONAL),
			OBJECT(struct sample, main_part, "main/~part", &part_shape, struct part,
			       .flags = OPTIONAL | NULLABLE),
			LIST(struct sample, parts, "parts", &part_shape, .flags = ALWAYS, .max_len = 3),
			STRINGS(struct sample, tags, "tags", .flags = OPTIONAL, .min_len = 1),
			STRINGS(struct sample, days, "days", .flags = OPTIONAL, .words = day_words),
			JSON_VALUE(struct sample, extra, "extra", .flags = OPTIONAL | NULLABLE),
			END_OF_SHAPE,
		},
};

#endif
