/* SPDX-License-Identifier: Apache-2.0
 * JSON (RFC 8259) read into arena values that know their byte span and keep numbers as text, and a JSON writer.
 * Strict: duplicate names, invalid UTF-8, lone surrogates, depth beyond 64 and anything after the value are refused. */
#ifndef FT_CODEC_JSON_H
#define FT_CODEC_JSON_H

#include "ft/base/problem.h"

enum { JSON_MAX_DEPTH = 64, JSON_MAX_VALUES = 512 * 1024 };

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;
struct json {
	enum json_kind kind;
	bool boolean;
	struct str text;                   /* NUMBER: as written; STRING: decoded (may contain U+0000) */
	struct str span;                   /* the bytes of this value in the input */
	size_t count;                      /* ARRAY, OBJECT */
	const struct json *items;          /* ARRAY */
	const struct json_member *members; /* OBJECT, in input order */
};
struct json_member {
	struct str name;
	struct json value;
};

/* PROBLEM_JSON_SYNTAX with reterr->rule (syntax, number, duplicate, utf8, surrogate, depth, size, trailing, empty)
 * and reterr->detail naming the byte offset. number: malformed or longer than 64 bytes; size: more than
 * JSON_MAX_VALUES. `input` must outlive the result. */
enum problem json_parse(struct arena *arena, struct str input, struct json *ret,
			struct fault *reterr) must_check;

const struct json *json_get(const struct json *object,
			    struct str name); /* NULL: not an object or no such member */
/* RFC 6901, for names without "~" and "/". NULL: nothing is there. */
const struct json *json_at(const struct json *document, struct str pointer);
struct str json_text(const struct json *value);            /* of a string; absent otherwise or for NULL */
bool json_integer(const struct json *value, int64_t *ret); /* a number that is an int64, "1e2" is not */
/* Whether every reader takes a number for the same: integers beyond ±2^53 become others where numbers are doubles (RFC 7493
 * §2.2). Of fractions and exponents nobody expects more. */
bool json_is_interoperable(const struct json *number);

/* Writer: appends to a buf; commas are put by the writer. Names are written escaped. */
struct json_writer {
	struct buf *out;
	bool need_comma;
};
struct json_writer json_writer(struct buf *out);
void json_begin_object(struct json_writer *w);
void json_end_object(struct json_writer *w);
void json_begin_array(struct json_writer *w);
void json_end_array(struct json_writer *w);
void json_name(struct json_writer *w, struct str name);
/* A step of a JSON Pointer, "/name": "~" and "/" in it are written ~0 and ~1 (RFC 6901 §3). */
void json_pointer_put(struct buf *out, struct str name);
void json_string(struct json_writer *w, struct str s);           /* shortest escapes; UTF-8 passes through */
void json_number(struct json_writer *w, struct str number_text); /* the caller vouches for its form */
void json_int(struct json_writer *w, int64_t n);
void json_bool(struct json_writer *w, bool b);
void json_null(struct json_writer *w);
void json_raw(struct json_writer *w, struct str json); /* a complete value */
/* The commonest pairs in one call; json_pair writes nothing when `value` is absent. */
void json_pair(struct json_writer *w, struct str name, struct str value);
void json_pair_int(struct json_writer *w, struct str name, int64_t n);

#endif
