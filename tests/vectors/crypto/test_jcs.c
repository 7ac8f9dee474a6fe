/* SPDX-License-Identifier: Apache-2.0
 * RFC 8785: no JSON is canonicalised here, but what a partner canonicalised is read as what it was before, and strings are
 * written as RFC 8785 has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "vectors.h"

static int create(void **state)
{
	*state = arena_create();
	return 0;
}

static int destroy(void **state)
{
	arena_destroy(*state);
	return 0;
}

static double number(struct arena *arena, struct str text)
{
	char *end;
	const char *terminated = arena_printf(arena, "%.*s", STR_ARGS(text)).at;
	double value = strtod(terminated, &end);
	assert_int_equal(*end, '\0');
	return value;
}

static struct json parse(struct arena *arena, struct str text)
{
	struct json value;
	struct fault unused = {0};
	assert_int_equal(json_parse(arena, text, &value, &unused), PROBLEM_NONE);
	return value;
}

static void check_same(struct arena *arena, const struct json *a, const struct json *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->count, b->count);
	if (a->kind == JSON_BOOL)
		assert_int_equal(a->boolean, b->boolean);
	if (a->kind == JSON_STRING)
		assert_true(str_equal(a->text, b->text));
	if (a->kind == JSON_NUMBER)
		assert_true(number(arena, a->text) == number(arena, b->text));
	for (size_t i = 0; i < a->count; i++)
		if (a->kind == JSON_ARRAY) {
			check_same(arena, &a->items[i], &b->items[i]);
		} else {
			const struct json *other = json_get(b, a->members[i].name);
			assert_non_null(other);
			check_same(arena, &a->members[i].value, other);
		}
}

/* The shortest escapes: what is written of a string is what stood there. */
static void check_strings(struct arena *arena, const struct json *canonical)
{
	struct buf out = buf_create(arena, 64);
	struct json_writer w = json_writer(&out);
	if (canonical->kind == JSON_STRING) {
		json_string(&w, canonical->text);
		assert_true(str_equal(buf_str(&out), canonical->span));
	}
	for (size_t i = 0; i < canonical->count; i++)
		check_strings(arena, canonical->kind == JSON_ARRAY ? &canonical->items[i]
								   : &canonical->members[i].value);
}

static void a_document_is_read_as_its_canonical_form_is(void **state)
{
	static const char *const names[] = {"arrays", "french", "unicode", "values"};
	struct arena *arena = *state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct str canonical =
			vectors_read(arena, arena_printf(arena, "jcs/output/%s.json", names[i]).at);
		struct json before = parse(
			arena, vectors_read(arena, arena_printf(arena, "jcs/input/%s.json", names[i]).at));
		struct json after = parse(arena, canonical);
		check_same(arena, &before, &after);
		check_strings(arena, &after);
	}
}

/* Each line: the bits of a double in hex, its text as ECMAScript writes it. */
static void numbers_of_ecmascript_are_read(void **state)
{
	struct arena *arena = *state;
	struct str rest = vectors_read(arena, "jcs/es6_numbers_first_1000.txt");
	size_t checked = 0;
	while (rest.len > 0) {
		struct str line = str_cut(rest, '\n', &rest), text, bits = str_cut(line, ',', &text);
		struct json value = parse(arena, text);
		assert_int_equal(value.kind, JSON_NUMBER);
		assert_true(str_equal(value.text, text));
		double said = number(arena, text);
		uint64_t got;
		memcpy(&got, &said, sizeof got);
		assert_int_equal(got, strtoull(arena_printf(arena, "%.*s", STR_ARGS(bits)).at, NULL, 16) &
					      (said == 0 ? 0 : UINT64_MAX)); /* -0 is written 0 */
		checked++;
	}
	assert_int_equal(checked, 1000);
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_document_is_read_as_its_canonical_form_is, create, destroy),
		cmocka_unit_test_setup_teardown(numbers_of_ecmascript_are_read, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return vectors_run(run);
}
