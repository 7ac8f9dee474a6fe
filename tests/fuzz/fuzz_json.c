/* SPDX-License-Identifier: Apache-2.0
 * The JSON reader against a second one: both take or refuse an input, and what they take means the same. */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "ft/base/text.h"
#include "ft/codec/json.h"

#include "jansson_oracle.h"

static bool is_real(struct str number)
{
	for (size_t i = 0; i < number.len; i++)
		if (number.at[i] == '.' || number.at[i] == 'e' || number.at[i] == 'E')
			return true;
	return false;
}

static double real_of(struct str number)
{
	char text[80]; /* a number has at most 64 bytes */
	snprintf(text, sizeof text, "%.*s", STR_ARGS(number));
	return strtod(text, NULL);
}

/* jansson reads numbers into int64 and double and refuses what does not fit; names with U+0000 it cannot hold. */
static bool beyond_jansson(const struct json *json)
{
	int64_t n;
	if (json->kind == JSON_NUMBER)
		return is_real(json->text) ? isinf(real_of(json->text)) : !json_integer(json, &n);
	for (size_t i = 0; i < json->count; i++) {
		struct str name = json->kind == JSON_OBJECT ? json->members[i].name : STR("");
		const struct json *child =
			json->kind == JSON_OBJECT ? &json->members[i].value : &json->items[i];
		if ((name.len && memchr(name.at, 0, name.len)) || beyond_jansson(child))
			return true;
	}
	return false;
}

static void put_text(struct buf *out, struct str text)
{
	CHECK(utf8_valid(text));
	buf_printf(out, "s%zu:", text.len);
	buf_put(out, text);
}

static void put_meaning(struct buf *out, const struct json *json)
{
	int64_t n;
	switch (json->kind) {
	case JSON_NULL:
		buf_put_char(out, 'n');
		return;
	case JSON_BOOL:
		buf_put_char(out, json->boolean ? 't' : 'f');
		return;
	case JSON_NUMBER:
		if (is_real(json->text))
			buf_printf(out, "r%a ", real_of(json->text));
		else if (json_integer(json, &n))
			buf_printf(out, "i%lld ", (long long)n);
		else
			buf_printf(out, "i%.*s ", STR_ARGS(json->text));
		return;
	case JSON_STRING:
		put_text(out, json->text);
		return;
	case JSON_ARRAY:
		buf_put_char(out, '[');
		for (size_t i = 0; i < json->count; i++)
			put_meaning(out, &json->items[i]);
		buf_put_char(out, ']');
		return;
	case JSON_OBJECT:
		buf_put_char(out, '{');
		for (size_t i = 0; i < json->count; i++) {
			put_text(out, json->members[i].name);
			put_meaning(out, &json->members[i].value);
		}
		buf_put_char(out, '}');
		return;
	}
}

static struct str meaning_of(struct arena *arena, const struct json *json)
{
	struct buf out = buf_create(arena, json->span.len);
	put_meaning(&out, json);
	return buf_str(&out);
}

/* A value's bytes lie inside those of what contains it. */
static void check_spans(const struct json *json, struct str around)
{
	CHECK(json->span.len && json->span.at >= around.at);
	CHECK(json->span.at + json->span.len <= around.at + around.len);
	struct str inside = {json->span.at + 1, json->span.len - 1 - (json->span.len > 1)};
	for (size_t i = 0; i < json->count; i++)
		check_spans(json->kind == JSON_OBJECT ? &json->members[i].value : &json->items[i], inside);
}

static void put_again(struct json_writer *w, const struct json *json)
{
	if (json->kind == JSON_STRING) {
		json_string(w, json->text);
	} else if (json->kind == JSON_ARRAY) {
		json_begin_array(w);
		for (size_t i = 0; i < json->count; i++)
			put_again(w, &json->items[i]);
		json_end_array(w);
	} else if (json->kind == JSON_OBJECT) {
		json_begin_object(w);
		for (size_t i = 0; i < json->count; i++) {
			json_name(w, json->members[i].name);
			put_again(w, &json->members[i].value);
		}
		json_end_object(w);
	} else {
		json_raw(w, json->span);
	}
}

static void check_taken(struct arena *arena, const struct json *json, struct str input)
{
	check_spans(json, input);
	struct str meaning = meaning_of(arena, json), theirs;
	if (jansson_meaning(arena, input, &theirs))
		CHECK(str_equal(meaning, theirs));
	else
		CHECK(beyond_jansson(json));

	struct buf out = buf_create(arena, input.len);
	struct json_writer w = json_writer(&out);
	put_again(&w, json);
	struct json again;
	struct fault fault;
	CHECK(json_parse(arena, buf_str(&out), &again, &fault) == PROBLEM_NONE);
	CHECK(str_equal(meaning_of(arena, &again), meaning));
}

/* Refusals that jansson does not share: depth, number of values, long numbers; it also ends at a byte of zero. */
static bool our_own_limit(const struct fault *fault, struct str input)
{
	if (input.len && memchr(input.at, 0, input.len))
		return true;
	return strcmp(fault->rule, "depth") == 0 || strcmp(fault->rule, "size") == 0 ||
	       (strcmp(fault->rule, "number") == 0 && input.len > 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str input = {(const char *)data, size}, theirs;
	struct json json;
	struct fault fault;
	enum problem p = json_parse(arena, input, &json, &fault);
	if (!p) {
		check_taken(arena, &json, input);
	} else {
		CHECK(p == PROBLEM_JSON_SYNTAX && fault.rule && fault.detail.at);
		CHECK(our_own_limit(&fault, input) || !jansson_meaning(arena, input, &theirs));
	}
	arena_destroy(arena);
	return 0;
}
