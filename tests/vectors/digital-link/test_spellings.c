/* SPDX-License-Identifier: Apache-2.0
 * The shared tables of EPC URNs, element strings and escapes: each says what a thing's other spelling is, or that there
 * is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/text.h"
#include "ft/codec/csv.h"
#include "ft/codec/json.h"
#include "ft/core/epc_urn.h"
#include "ft/core/thing_name.h"

enum { FILE_ROOM = 256 * 1024, PAIR_ROWS = 115, INVALID_ROWS = 13, BUILD_ROWS = 46, ESCAPE_ROWS = 67 };

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

/* Skips the test when there is no shared data. */
static struct str read_shared(struct arena *arena, const char *name)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	struct str path = arena_printf(arena, "%s/digital-link/%s", root ? root : "../shared", name);
	FILE *in = fopen(path.at, "rb");
	if (!in) {
		print_message("no %s\n", path.at);
		skip();
	}
	char *text = arena_alloc(arena, FILE_ROOM);
	size_t len = fread(text, 1, FILE_ROOM, in);
	fclose(in);
	assert_true(len > 0 && len < FILE_ROOM);
	return (struct str){text, len};
}

static struct csv read_csv(struct arena *arena, const char *name)
{
	struct csv csv;
	struct fault fault = {0};
	assert_int_equal(csv_parse(arena, read_shared(arena, name), &csv, &fault), PROBLEM_NONE);
	return csv;
}

static bool next_row(struct arena *arena, struct str *text, struct json *ret)
{
	struct fault fault;
	struct str line = str_trim(str_cut(*text, '\n', text));
	if (!line.len)
		return false;
	assert_int_equal(json_parse(arena, line, ret, &fault), PROBLEM_NONE);
	return true;
}

static void assert_text(struct str actual, struct str expected)
{
	if (!str_equal(actual, expected))
		fail_msg("%.*s is not %.*s", STR_ARGS(actual), STR_ARGS(expected));
}

/* The company prefix as it stands at the front of a URN's body. */
static struct str prefix_of(struct str urn)
{
	struct str rest;
	for (int i = 0; i < 4; i++)
		(void)str_cut(urn, ':', &urn);
	return str_cut(urn, '.', &rest);
}

static void urn_and_digital_link_name_the_same_thing(void **state)
{
	struct arena *arena = *state;
	struct csv csv = read_csv(arena, "epc-dl-pairs.csv");
	static const struct uuid nobody;
	size_t back = 0;
	for (size_t i = 0; i < csv.rows; i++) {
		struct str urn = csv_cell(&csv, i, STR("urn")), uri = csv_cell(&csv, i, STR("dl"));
		struct digital_link link;
		struct thing_name one, other;
		struct fault fault = {.rule = "none"};
		if (epc_urn_read(arena, urn, &link, &fault))
			fail_msg("%.*s: %s", STR_ARGS(urn), fault.rule);
		assert_text(digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link), uri);
		assert_int_equal(thing_name_read(arena, THING_LOT, nobody, urn, &one, &fault), PROBLEM_NONE);
		assert_int_equal(thing_name_read(arena, THING_LOT, nobody, uri, &other, &fault),
				 PROBLEM_NONE);
		assert_true(sha256_equal(one.hash, other.hash));
		struct str prefix = prefix_of(urn);
		assert_true((size_t)atol(csv_cell(&csv, i, STR("gcp_length")).at) == prefix.len);
		if (!str_equal(csv_cell(&csv, i, STR("reversible")), STR("1")))
			continue;
		assert_int_equal(digital_link_parse_uri(arena, uri, &link, &fault), PROBLEM_NONE);
		assert_text(epc_urn_print(arena, &link, prefix), urn);
		back++;
	}
	assert_int_equal(csv.rows, PAIR_ROWS);
	assert_true(back > 100);
}

static void bad_urns_are_refused_with_their_rule(void **state)
{
	static const char *const rules[INVALID_ROWS] = {
		"length", "length",    "company-prefix", "length", "digits",     "length", "escape",
		"length", "extension", "length",         "scheme", "identifier", "parts"};
	struct arena *arena = *state;
	struct csv csv = read_csv(arena, "epc-invalid.csv");
	static const struct uuid nobody;
	assert_int_equal(csv.rows, INVALID_ROWS);
	for (size_t i = 0; i < csv.rows; i++) {
		struct thing_name name = {.code = STR("untouched")};
		struct fault fault = {.rule = "none"};
		struct str urn = csv_cell(&csv, i, STR("urn"));
		enum problem p = thing_name_read(arena, THING_LOT, nobody, urn, &name, &fault);
		if (p != PROBLEM_IDENTIFIER_SYNTAX || strcmp(fault.rule, rules[i]) != 0)
			fail_msg("%.*s: %d %s", STR_ARGS(urn), p, fault.rule);
		assert_true(str_equal(name.code, STR("untouched")));
	}
}

static void element_strings_make_uris(void **state)
{
	struct arena *arena = *state;
	struct str text = read_shared(arena, "dl-build.jsonl");
	struct json row;
	int rows = 0;
	for (; next_row(arena, &text, &row); rows++) {
		struct str elements = json_text(json_get(&row, STR("elements"))),
			   stem = json_text(json_get(&row, STR("stem"))),
			   expected = json_text(json_get(&row, STR("uri")));
		struct digital_link link, wanted;
		struct fault fault = {.rule = "none"};
		enum problem p = digital_link_from_elements(arena, elements, &link, &fault);
		if (!p != json_get(&row, STR("ok"))->boolean)
			fail_msg("%.*s: %s", STR_ARGS(elements), p ? fault.rule : "accepted");
		if (p)
			continue;
		if (str_ends(stem, STR("/")))
			stem.len--;
		/* Attributes stand in lexical order of AI here and in that of the symbol there. */
		assert_int_equal(digital_link_parse_uri(arena, expected, &wanted, &fault), PROBLEM_NONE);
		assert_text(digital_link_print(arena, stem, &link), digital_link_print(arena, stem, &wanted));
		assert_true(str_starts(expected, stem));
	}
	assert_int_equal(rows, BUILD_ROWS);
}

/* A malformed escape is refused, not taken for text: what it was meant to be nobody knows. */
static bool is_malformed(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t octet;
		if (text.at[i] == '%' &&
		    (i + 2 >= text.len || !hex_decode((struct str){text.at + i + 1, 2}, &octet, 1)))
			return true;
	}
	return false;
}

static void escapes_are_those_of_the_shared_table(void **state)
{
	struct arena *arena = *state;
	struct str text = read_shared(arena, "percent-encoding.jsonl");
	struct json row;
	int rows = 0;
	for (; next_row(arena, &text, &row); rows++) {
		struct str input = json_text(json_get(&row, STR("input"))),
			   in_path = json_text(json_get(&row, STR("in_path"))),
			   in_query = json_text(json_get(&row, STR("in_query"))), result;
		if (str_equal(json_text(json_get(&row, STR("op"))), STR("escape"))) {
			assert_text(percent_encode(arena, input), in_path);
			assert_text(percent_encode_query(arena, input), in_query);
		} else if (is_malformed(input)) {
			assert_false(percent_decode(arena, input, /* plus_is_space */ false, &result));
		} else {
			assert_true(percent_decode(arena, input, /* plus_is_space */ false, &result));
			assert_text(result, in_path);
			assert_true(percent_decode(arena, input, /* plus_is_space */ true, &result));
			assert_text(result, in_query);
		}
	}
	assert_int_equal(rows, ESCAPE_ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(urn_and_digital_link_name_the_same_thing, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(bad_urns_are_refused_with_their_rule, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(element_strings_make_uris, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(escapes_are_those_of_the_shared_table, make_arena, end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
