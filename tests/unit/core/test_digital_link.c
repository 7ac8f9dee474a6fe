/* SPDX-License-Identifier: Apache-2.0
 * Digital Link URIs: verdicts and canonical forms of the shared table, and what our own policy adds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "ft/core/digital_link.h"

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

static FILE *open_shared(struct arena *arena, const char *name)
{
	const char *root = getenv("FARMTRAIL_TEST_DATA");
	struct str path = arena_printf(arena, "%s/digital-link/%s", root ? root : "../shared", name);
	FILE *file = fopen(path.at, "r");
	if (!file)
		print_message("no %s\n", path.at);
	return file;
}

static const char *text_of(const json_t *row, const char *name)
{
	return json_string_value(json_object_get(row, name));
}

/* "(01)09520123456788(10)L" and so on: elements in the order of the path, attributes in any. */
static void assert_elements(struct arena *arena, const struct digital_link *link, const char *uri,
			    const char *ai)
{
	struct buf buf = buf_create(arena, 64);
	buf_printf(&buf, "(%.*s)%.*s", STR_ARGS(link->key.ai), STR_ARGS(link->key.value));
	for (size_t i = 0; i < link->qualifier_count; i++)
		buf_printf(&buf, "(%.*s)%.*s", STR_ARGS(link->qualifiers[i].ai),
			   STR_ARGS(link->qualifiers[i].value));
	size_t len = buf.len;
	if (strncmp(ai, buf_str(&buf).at, len) != 0)
		fail_msg("%s: %s", uri, buf_str(&buf).at);
	for (size_t i = 0; i < link->attribute_count; i++) {
		const struct gs1_element *element = &link->attributes[i];
		struct str text =
			arena_printf(arena, "(%.*s)%.*s", STR_ARGS(element->ai), STR_ARGS(element->value));
		if (!strstr(ai, text.at))
			fail_msg("%s: %s is not in %s", uri, text.at, ai);
		len += text.len;
	}
	assert_int_equal(len, strlen(ai));
}

/* Our own policy, where it differs from the strict verdict on purpose. */
static bool expected_verdict(const json_t *row)
{
	const char *policy = text_of(row, "our_policy");
	if (policy && !strncmp(policy, "resolver: accept", 16))
		return true;
	if (policy && !strncmp(policy, "reject", 6))
		return false;
	return json_is_true(json_object_get(row, "strict"));
}

static void check_row(struct arena *arena, const json_t *row)
{
	const char *uri = text_of(row, "uri"), *canonical = text_of(row, "canonical");
	struct digital_link link;
	struct fault fault = {.rule = "none"};
	enum problem p = digital_link_parse_uri(arena, str_of(uri), &link, &fault);
	if (!p != expected_verdict(row))
		fail_msg("%s: %s, rule %s", uri, p ? "refused" : "accepted", fault.rule);
	if (p || !canonical)
		return;
	struct str printed = digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link);
	assert_string_equal(printed.at, canonical);
	assert_elements(arena, &link, uri, text_of(row, "ai"));
	assert_int_equal(digital_link_parse_uri(arena, printed, &link, &fault), PROBLEM_NONE);
	assert_string_equal(digital_link_print(arena, DIGITAL_LINK_CANONICAL_ROOT, &link).at, canonical);
}

static void verdicts_and_canonical_forms_agree_with_the_shared_table(void **state)
{
	FILE *file = open_shared(*state, "dl-uri.jsonl");
	if (!file)
		skip();
	json_t *row;
	int rows = 0, as_strict = 0;
	while ((row = json_loadf(file, JSON_DISABLE_EOF_CHECK, NULL))) {
		check_row(*state, row);
		as_strict += expected_verdict(row) == json_is_true(json_object_get(row, "strict"));
		json_decref(row);
		rows++;
	}
	fclose(file);
	print_message("%d of %d verdicts are the strict ones\n", as_strict, rows);
	assert_int_equal(rows, 234);
	assert_int_equal(as_strict, 230);
}

static const char *rule_of(struct arena *arena, const char *path, const char *query, enum problem expected)
{
	struct digital_link link = {.key.ai = STR("untouched")};
	struct fault fault = {.rule = "untouched"};
	enum problem p = digital_link_parse(arena, str_of(path), str_of(query), &link, &fault);
	if (p != expected)
		fail_msg("%s?%s: problem %d, rule %s", path, query ? query : "", p, fault.rule);
	if (p)
		assert_true(str_equal(link.key.ai, STR("untouched")));
	return fault.rule;
}

static void refusal_says_which_rule(void **state)
{
	static const struct {
		const char *path, *query;
		enum problem problem;
		const char *rule;
	} rows[] = {
		{"/01/09520123456789", NULL, PROBLEM_GTIN_CHECK_DIGIT, "check-digit"},
		{"/01/9520123456788", NULL, PROBLEM_GTIN_SYNTAX, "length"},
		{"/01/0952012345678X", NULL, PROBLEM_GTIN_SYNTAX, "charset"},
		{"/414/9520123456789", NULL, PROBLEM_IDENTIFIER_SYNTAX, "check-digit"},
		{"/01/09520123456788/10/A%2", NULL, PROBLEM_IDENTIFIER_SYNTAX, "escape"},
		{"/01/09520123456788/10/A%00", NULL, PROBLEM_IDENTIFIER_SYNTAX, "escape"},
		{"/01/09520123456788/10/A B", NULL, PROBLEM_IDENTIFIER_SYNTAX, "charset"},
		{"/01/09520123456788/10/A?B", NULL, PROBLEM_IDENTIFIER_SYNTAX, "charset"},
		{"/01/09520123456788/21/B/10/A", NULL, PROBLEM_IDENTIFIER_SYNTAX, "qualifier-order"},
		{"/01/09520123456788/10/A/10/B", NULL, PROBLEM_IDENTIFIER_SYNTAX, "qualifier-order"},
		{"/01/09520123456788/foo", NULL, PROBLEM_IDENTIFIER_SYNTAX, "no-key"},
		{"/01/09520123456788//", NULL, PROBLEM_IDENTIFIER_SYNTAX, "no-key"},
		{"", NULL, PROBLEM_IDENTIFIER_SYNTAX, "no-key"},
		{"/01/09520123456788/10/A/21/B/21/C/21/D", NULL, PROBLEM_IDENTIFIER_SYNTAX, "no-key"},
		{"/01/09520123456788", "10=A", PROBLEM_IDENTIFIER_SYNTAX, "belongs-in-path"},
		{"/01/09520123456788", "21=A", PROBLEM_IDENTIFIER_SYNTAX, "not-an-attribute"},
		{"/01/09520123456788", "999=A", PROBLEM_IDENTIFIER_SYNTAX, "unknown-ai"},
		{"/01/09520123456788", "17=261231;17=261231", PROBLEM_IDENTIFIER_SYNTAX, "duplicate"},
		{"/01/09520123456788", "17=", PROBLEM_IDENTIFIER_SYNTAX, "empty"},
		{"/01/09520123456788", "17=260230", PROBLEM_IDENTIFIER_SYNTAX, "date"},
		{"/01/09520123456788", "7003=2612312360", PROBLEM_IDENTIFIER_SYNTAX, "time"},
		{"/01/09520123456788", "427=33", PROBLEM_IDENTIFIER_SYNTAX, "needs"},
		{"/01/09520123456788", "422=156&426=156", PROBLEM_IDENTIFIER_SYNTAX, "excludes"},
		{"/00/095201234567891235", "37=1", PROBLEM_IDENTIFIER_SYNTAX, "needs"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(rule_of(*state, rows[i].path, rows[i].query, rows[i].problem),
				    rows[i].rule);
}

static struct digital_link parsed(struct arena *arena, const char *path, const char *query)
{
	struct digital_link link = {0};
	struct fault fault = {.rule = ""};
	if (digital_link_parse(arena, str_of(path), str_of(query), &link, &fault))
		fail_msg("%s?%s: %s", path, query ? query : "", fault.rule);
	return link;
}

/* Lots count from 01 in many places, and 01 is a key. */
static void value_that_looks_like_a_key_is_a_value(void **state)
{
	struct digital_link link = parsed(*state, "/01/09520123456788/10/01/21/00", NULL);
	assert_true(str_equal(link.key.value, STR("09520123456788")));
	assert_true(str_equal(digital_link_qualifier(&link, STR("10")), STR("01")));
	assert_true(str_equal(digital_link_qualifier(&link, STR("21")), STR("00")));
	assert_null(digital_link_qualifier(&link, STR("22")).at);
	assert_int_equal(link.stem.len, 0);
	link = parsed(*state, "/a/01/01/09520123456788", NULL);
	assert_true(str_equal(link.stem, STR("/a/01")));
}

static void escaped_slash_is_part_of_the_value(void **state)
{
	struct digital_link link = parsed(*state, "/01/09520123456788/10/A%2fB%25+1", NULL);
	assert_true(str_equal(link.qualifiers[0].value, STR("A/B%+1")));
	assert_string_equal(digital_link_path(*state, &link).at, "/01/09520123456788/10/A%2FB%25%2B1");
}

static void identity_is_the_same_for_every_spelling(void **state)
{
	static const char *const spellings[] = {
		"https://id.example.cn/01/09520123456788/10/L1",
		"HTTP://ID.EXAMPLE.CN:8080/01/09520123456788/10/L1/",
		"https://a/stem/01/09520123456788/10/%4C%31?17=261231&linkType=gs1:pip#x",
	};
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		struct digital_link link;
		struct fault fault;
		assert_int_equal(digital_link_parse_uri(*state, str_of(spellings[i]), &link, &fault),
				 PROBLEM_NONE);
		assert_string_equal(digital_link_path(*state, &link).at, "/01/09520123456788/10/L1");
	}
}

static void query_values_decode_plus_as_space(void **state)
{
	assert_string_equal(rule_of(*state, "/01/09520123456788", "98=a+b", PROBLEM_IDENTIFIER_SYNTAX),
			    "charset");
	struct digital_link link = parsed(*state, "/01/09520123456788", "98=a%2Bb;17=260800&x&9y=&=&;");
	assert_int_equal(link.attribute_count, 2);
	assert_true(str_equal(link.attributes[0].ai, STR("17")));
	assert_true(str_equal(link.attributes[1].value, STR("a+b")));
	assert_string_equal(digital_link_print(*state, STR("https://id.example.cn"), &link).at,
			    "https://id.example.cn/01/09520123456788?17=260800&98=a%2Bb");
}

static void long_input_is_refused(void **state)
{
	char *path = arena_alloc(*state, DIGITAL_LINK_MAX_LEN + 2);
	memset(path, '/', DIGITAL_LINK_MAX_LEN + 1);
	assert_string_equal(rule_of(*state, path, NULL, PROBLEM_IDENTIFIER_SYNTAX), "length");
	struct buf query = buf_create(*state, 1024);
	for (int ai = 3100; ai < 3700;
	     ai += 10) /* sixty measures that may stand together, more by internal AIs */
		if (ai % 100 <= 60 && ai != 3170)
			buf_printf(&query, "%d=000001&", ai);
	for (int ai = 90; ai <= 99; ai++)
		buf_printf(&query, "%d=1&", ai);
	for (int ai = 7030; ai <= 7039; ai++)
		buf_printf(&query, "%d=156A&%d=EMA&", ai, ai + 200);
	assert_string_equal(
		rule_of(*state, "/01/09520123456788", buf_str(&query).at, PROBLEM_IDENTIFIER_SYNTAX),
		"too-many");
}

/* Every row of the standard's table is known here exactly when a URI may carry it as an attribute. */
static void attributes_are_those_of_the_shared_table(void **state)
{
	FILE *file = open_shared(*state, "ai-table.csv");
	if (!file)
		skip();
	char line[512]; /* the longest row has 160 characters */
	int rows = 0;
	assert_non_null(fgets(line, sizeof line, file));
	while (fgets(line, sizeof line, file)) {
		unsigned first, last;
		int attribute, width, end = 0;
		assert_int_equal(sscanf(line, "%u%n", &first, &width), 1);
		last = first;
		sscanf(line, "%*u-%u%n", &last, &end);
		assert_int_equal(sscanf(line + (end ? end : width), ",%*d,%d", &attribute), 1);
		for (unsigned ai = first; ai <= last; ai++) {
			/* a value that no form accepts, so that the rule tells whether the AI was known */
			struct str query = arena_printf(*state, "%0*u=%%20", width, ai);
			const char *rule = rule_of(*state, "/8013/1987654Ad4X4bL5ttr2310c2K", query.at,
						   PROBLEM_IDENTIFIER_SYNTAX);
			bool known = strcmp(rule, "unknown-ai") != 0 && strcmp(rule, "not-an-attribute") != 0;
			if (known != (attribute && ai != 8013))
				if (ai != 8013)
					fail_msg("AI %0*u: %s", width, ai, rule);
		}
		rows++;
	}
	fclose(file);
	assert_int_equal(rows, 224);
}

static void values_are_checked_by_the_rules_of_their_ai(void **state)
{
	static const struct {
		const char *path, *query;
		bool valid;
	} rows[] = {
		{"/00/095201234567891235", "4307=CN", true},
		{"/00/095201234567891235", "4307=XX", false},
		{"/00/095201234567891235", "4309=18000000003600000000", true},
		{"/00/095201234567891235", "4309=18000000013600000000", false},
		{"/00/095201234567891235", "4309=18000000003600000001", false},
		{"/00/095201234567891235", "4301=%25E4%25BA%2594", true},
		{"/00/095201234567891235", "4301=100%25", false},
		{"/00/095201234567891235", "4301=1%25zz", false},
		{"/00/095201234567891235", "4321=1&4322=0", true},
		{"/00/095201234567891235", "4321=2", false},
		{"/00/095201234567891235", "4324=2608002359", true},
		{"/00/095201234567891235", "4331=000180-", true},
		{"/00/095201234567891235", "4331=000180%2B", false},
		{"/00/095201234567891235", "02=09520123456788&37=24", true},
		{"/00/095201234567891235", "02=09520123456789&37=24", false},
		{"/00/095201234567891235", "30=1", false},
		{"/01/09520123456788", "8001=00010000200310", true},
		{"/01/09520123456788", "8001=00000000200310", false},
		{"/01/09520123456788", "8001=00010000200320", false},
		{"/01/09520123456788", "8008=26081523", true},
		{"/01/09520123456788", "8008=260815235959", true},
		{"/01/09520123456788", "8008=260815235960", false},
		{"/01/09520123456788", "8008=260815236059", false},
		{"/01/09520123456788", "8008=2608152", false},
		{"/01/09520123456788", "17=280229", true},
		{"/01/09520123456788", "17=270229", false},
		{"/01/09520123456788", "17=260431", false},
		{"/01/09520123456788", "17=261301", false},
		{"/01/09520123456788/21/S", "250=X", true},
		{"/01/09520123456788/10/L", "250=X", false},
		{"/01/09520123456788/10/L", "7004=12", true},
		{"/01/09520123456788", "7004=12", false},
		{"/415/9520123456788/8020/R1", NULL, true},
		{"/415/9520123456788/8020/R1", "8007=GB82WEST12345698765432", true},
		{"/415/9520123456788/8020/R1", "8007=GB83WEST12345698765432", false},
		{"/415/9520123456788/8020/R1", "8007=GB82west12345698765432", false},
		{"/415/9520123456788/8020/R1", "8007=4B82WEST12345698765432", false},
		{"/415/9520123456788/8020/R1", "3915=1560100", true},
		{"/415/9520123456788/8020/R1", "3915=0000100", false},
		{"/417/9520123456788/7040/1ABC", NULL, true},
		{"/417/9520123456788/7040/1AB!", NULL, false},
		{"/417/9520123456788/254/1", NULL, false},
		{"/8004/9520123ASSET1/7040/1ABC", NULL, true},
		{"/8004/95A0123ASSET1", NULL, false},
		{"/8006/095201234567880102/10/L/21/S", NULL, true},
		{"/8006/095201234567880002", NULL, false},
		{"/8010/9520123A-%23/8011/12", NULL, true},
		{"/8010/9520123A_", NULL, false},
		{"/8018/952012345678901233/8019/1", NULL, true},
		{"/8018/952012345678901233", "7250=20260229", false},
		{"/8018/952012345678901233", "7250=20240229", true},
		{"/8018/952012345678901233", "7250=21000229", false},
		{"/8018/952012345678901233", "7252=9", true},
		{"/8018/952012345678901233", "7252=3", false},
		{"/8018/952012345678901233", "7241=10", true},
		{"/8018/952012345678901233", "7241=11", false},
		{"/8018/952012345678901233", "7241=80", true},
		{"/8018/952012345678901233", "7258=1/3&7259=B", true},
		{"/8018/952012345678901233", "7258=4/3&7259=B", false},
		{"/8018/952012345678901233", "7258=1-3&7259=B", false},
		{"/8018/952012345678901233", "7258=1/3", false},
		{"/255/9520123456788123", "3900=5", true},
		{"/255/9520123456788123", "3900=5&3941=0500", false},
		{"/255/9520123456788123", "8110=106141416543213150110", true},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct digital_link link;
		struct fault fault = {.rule = "accepted"};
		bool valid = !digital_link_parse(*state, str_of(rows[i].path), str_of(rows[i].query), &link,
						 &fault);
		if (valid != rows[i].valid)
			fail_msg("%s?%s: %s", rows[i].path, rows[i].query ? rows[i].query : "", fault.rule);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(verdicts_and_canonical_forms_agree_with_the_shared_table,
						make_arena, end_arena),
		cmocka_unit_test_setup_teardown(refusal_says_which_rule, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(value_that_looks_like_a_key_is_a_value, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(escaped_slash_is_part_of_the_value, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(identity_is_the_same_for_every_spelling, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(query_values_decode_plus_as_space, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(long_input_is_refused, make_arena, end_arena),
		cmocka_unit_test_setup_teardown(attributes_are_those_of_the_shared_table, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(values_are_checked_by_the_rules_of_their_ai, make_arena,
						end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
