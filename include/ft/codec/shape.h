/* SPDX-License-Identifier: Apache-2.0
 * A shape says once how a C struct looks as JSON. Decoder, encoder and JSON Schema all read the same table. */
#ifndef FT_CODEC_SHAPE_H
#define FT_CODEC_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ft/base/decimal.h"
#include "ft/base/time.h"
#include "ft/base/uuid.h"
#include "ft/codec/json.h"

/* Member of the struct for each kind:
 * STR, WORD struct str · INT int64_t · BOOL bool · DECIMAL struct str (exact text; number or string on input, string on
 * output) · TIME struct instant · UUID struct uuid · OBJECT struct T * (NULL: absent) · LIST struct list of structs ·
 * STRS struct str_list · JSON const struct json * on input, or struct str raw JSON for RAW on output. */
enum field_kind {
	FIELD_STR,
	FIELD_WORD,
	FIELD_INT,
	FIELD_BOOL,
	FIELD_DECIMAL,
	FIELD_TIME,
	FIELD_UUID,
	FIELD_OBJECT,
	FIELD_LIST,
	FIELD_STRS,
	FIELD_JSON,
	FIELD_RAW,
};
enum field_flag {
	OPTIONAL =
		1
		<< 0, /* may be absent; encoded only when present (absent str, nil uuid, NULL, at_us == 0, empty list) */
	NULLABLE = 1 << 1, /* absent is written as null; null on input reads as absent */
	ALWAYS = 1 << 2,   /* OPTIONAL on input, but an empty list is written as [] */
	SIGNED = 1
		 << 3, /* DECIMAL: as decimal_parse reads it (temperatures, coordinates), not as a quantity */
};

struct shape;
struct field {
	const char *name; /* JSON member */
	enum field_kind kind;
	size_t offset;
	unsigned flags;
	const struct shape *of; /* OBJECT, LIST */
	const char *const *
		words; /* WORD, items of STRS: the allowed ones, NULL-terminated; the first is not a default */
	size_t min_len;   /* STR: code points; LIST, STRS: items */
	size_t max_len;   /* STR: bytes (0: 256); LIST, STRS: items (0: 100) */
	int64_t min, max; /* INT: both 0 means any; max < min means no upper limit */
	const char *doc;
};

struct shape {
	const char *name; /* schema component; unique */
	size_t size;
	const struct field *fields; /* ends with a row without a name */
	const char *doc;
	void (*put_rules)(
		struct json_writer *w); /* further keywords of its schema: what no row says. NULL: none */
	bool open; /* members that no row names are kept by nobody but not refused (a standard allows extensions) */
};

struct list {
	void *items;
	size_t count;
};
struct str_list {
	struct str *items;
	size_t count;
};

/* A compile error when the member is not of the stated type. */
#define MEMBER_IS(T, m, type) (1 ? (type *)0 : &((T *)0)->m)
#define FIELD_ROW(T, m, type, k, ...) \
	{ \
		.kind = (k), .offset = offsetof(T, m) + 0 * sizeof(MEMBER_IS(T, m, type)), \
		.name = __VA_ARGS__ \
	}
#define SHAPE_FIRST(first, ...) first
#define SHAPE_REST(first, ...) __VA_ARGS__
/* A row: STRUCT, member, "jsonName", what its kind needs, then what else it states by name (.flags, .max_len, .doc …). */
#define STRING(T, m, ...) FIELD_ROW(T, m, struct str, FIELD_STR, __VA_ARGS__)
#define WORD(T, m, key, ...) \
	FIELD_ROW(T, m, struct str, FIELD_WORD, key, .words = __VA_ARGS__) /* key, words, … */
#define INTEGER(T, m, ...) FIELD_ROW(T, m, int64_t, FIELD_INT, __VA_ARGS__)
#define BOOLEAN(T, m, ...) FIELD_ROW(T, m, bool, FIELD_BOOL, __VA_ARGS__)
#define DECIMAL(T, m, ...) FIELD_ROW(T, m, struct str, FIELD_DECIMAL, __VA_ARGS__)
#define TIME(T, m, ...) FIELD_ROW(T, m, struct instant, FIELD_TIME, __VA_ARGS__)
#define UUID(T, m, ...) FIELD_ROW(T, m, struct uuid, FIELD_UUID, __VA_ARGS__)
#define OBJECT(T, m, key, shape_ptr, ...) /* key, shape, type of what the member points to, … */ \
	FIELD_ROW(T, m, SHAPE_FIRST(__VA_ARGS__, 0) *, FIELD_OBJECT, key, \
		  SHAPE_REST(__VA_ARGS__, .of = (shape_ptr)))
#define LIST(T, m, key, ...) \
	FIELD_ROW(T, m, struct list, FIELD_LIST, key, .of = __VA_ARGS__) /* key, shape, … */
#define STRINGS(T, m, ...) FIELD_ROW(T, m, struct str_list, FIELD_STRS, __VA_ARGS__)
#define JSON_VALUE(T, m, ...) FIELD_ROW(T, m, const struct json *, FIELD_JSON, __VA_ARGS__)
/* An array of at most max_len such objects, each left to the caller to decode: a fault of one is not that of all. */
#define JSON_ITEMS(T, m, key, ...) /* key, shape, … */ \
	FIELD_ROW(T, m, const struct json *, FIELD_JSON, key, .of = __VA_ARGS__)
#define RAW_JSON(T, m, ...) FIELD_ROW(T, m, struct str, FIELD_RAW, __VA_ARGS__)
#define END_OF_SHAPE \
	{ \
		.name = NULL \
	}

/* Decodes into `ret` (shape->size bytes); what is absent is zero. Text is borrowed from the JSON value.
 * Faults: FIELD_MISSING, FIELD_TYPE, FIELD_UNKNOWN, FIELD_RANGE, TIME_NAIVE, TIME_SYNTAX, QUANTITY_SYNTAX (a DECIMAL
 * that is not a number at all), each with the JSON Pointer. */
enum problem shape_decode(const struct shape *shape, struct arena *arena, const struct json *json, void *ret,
			  struct fault *reterr) must_check;

/* Query parameters: the same table over name=value pairs. Only scalar kinds and STRS (repeated name). An unknown
 * name is refused. Pointer names the parameter: "?limit". A time's "+" that arrived as a space is read as "+".
 * An empty value of an OPTIONAL parameter is absent, as HTML forms send them. BOOL: true, false, 1, 0. */
struct query_pair {
	struct str name, value; /* percent-decoded */
};
enum problem shape_decode_query(const struct shape *shape, struct arena *arena,
				const struct query_pair *pairs, size_t count, void *ret,
				struct fault *reterr) must_check;

void shape_encode(const struct shape *shape, const void *value, struct json_writer *w);

/* JSON Schema 2020-12 of the shape, without definitions: OBJECT and LIST refer to "#/components/schemas/NAME".
 * Limits are stated where a row states them: the defaults bind input only. */
void shape_schema(const struct shape *shape, struct json_writer *w);
/* Calls `visit` for the shape and for every shape it refers to, each once by name. */
void shape_visit(const struct shape *shape, void (*visit)(const struct shape *shape, void *context),
		 void *context);

#endif
