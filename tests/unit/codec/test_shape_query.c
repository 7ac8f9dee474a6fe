/* SPDX-License-Identifier: Apache-2.0
 * Shapes decode query parameters by the same rows. */
#include "../check.h"

#include "ft/codec/shape.h"

struct search {
	struct str text, state, least;
	int64_t limit;
	bool facets;
	struct instant since;
	struct uuid party;
	struct str_list rules, sorts;
	struct str cursor;
};

static const char *const states[] = {"open", "closed", NULL};
static const char *const sorts[] = {"time", "-time", NULL};
static const struct shape search_shape = {
	.name = "Search",
	.size = sizeof(struct search),
	.fields =
		(const struct field[]){
			STRING(struct search, text, "q", .max_len = 10),
			WORD(struct search, state, "state", states, .flags = OPTIONAL),
			DECIMAL(struct search, least, "least", .flags = OPTIONAL),
			INTEGER(struct search, limit, "limit", .flags = OPTIONAL, .min = 1, .max = 1000),
			BOOLEAN(struct search, facets, "facets", .flags = OPTIONAL),
			TIME(struct search, since, "since", .flags = OPTIONAL),
			UUID(struct search, party, "party", .flags = OPTIONAL),
			STRINGS(struct search, rules, "rule", .flags = OPTIONAL, .max_len = 3),
			STRINGS(struct search, sorts, "sort", .flags = OPTIONAL, .words = sorts),
			STRING(struct search, cursor, "cursor", .flags = OPTIONAL),
			END_OF_SHAPE,
		},
};

/* "name=value" texts, not escaped, NULL-terminated. */
static enum problem decode(struct arena *arena, const char *const *texts, struct search *ret,
			   struct fault *reterr)
{
	struct query_pair pairs[16];
	size_t count = 0;
	for (; texts[count]; count++)
		pairs[count].name = str_cut(str_of(texts[count]), '=', &pairs[count].value);
	return shape_decode_query(&search_shape, arena, pairs, count, ret, reterr);
}
#define QUERY(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct search decoded(struct arena *arena, const char *const *texts)
{
	struct search search;
	memset(&search, 0xa5, sizeof search);
	struct fault fault;
	assert_problem(decode(arena, texts, &search, &fault), PROBLEM_NONE);
	return search;
}

static struct fault refused(struct arena *arena, const char *const *texts, enum problem expected,
			    const char *pointer, const char *rule)
{
	struct search search = {.limit = 77};
	struct fault fault = {.rule = "untouched"};
	assert_problem(decode(arena, texts, &search, &fault), expected);
	assert_string_equal(fault.pointer, pointer);
	assert_string_equal(fault.rule, rule);
	assert_int_equal(search.limit, 77);
	return fault;
}

static void every_scalar_kind_is_read(void **state)
{
	struct search s = decoded(*state, QUERY("q=x y", "state=open", "least=0.5", "limit=1000", "facets=1",
						"since=2026-05-03T08:30:00+08:00",
						"party=017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "rule=I01",
						"sort=-time", "rule=M02", "cursor=abc"));
	assert_str(s.text, "x y");
	assert_str(s.state, "open");
	assert_str(s.least, "0.5");
	assert_int_equal(s.limit, 1000);
	assert_true(s.facets);
	assert_int_equal(s.since.at_us, INT64_C(1777768200000000));
	assert_false(uuid_is_nil(s.party));
	assert_int_equal(s.rules.count, 2);
	assert_str(s.rules.items[0], "I01");
	assert_str(s.rules.items[1], "M02");
	assert_str(s.sorts.items[0], "-time");
	assert_str(s.cursor, "abc");
}

static void what_is_absent_is_zero(void **state)
{
	struct search s = decoded(*state, QUERY("q=")), zero;
	memset(&zero, 0, sizeof zero);
	zero.text = s.text;
	assert_str(s.text, "");
	assert_memory_equal(&s, &zero, sizeof s);
}

static void an_empty_input_of_a_form_is_absent(void **state)
{
	struct search s = decoded(*state, QUERY("q=x", "state=", "limit=", "since=", "party=", "rule=",
						"cursor=", "facets=", "least="));
	assert_absent(s.state);
	assert_int_equal(s.limit, 0);
	assert_int_equal(s.rules.count, 0);
	assert_absent(s.cursor);
}

static void a_space_in_a_time_is_a_plus(void **state)
{
	assert_int_equal(decoded(*state, QUERY("q=", "since=2026-05-03T08:30:00 08:00")).since.offset_min,
			 480);
	assert_int_equal(decoded(*state, QUERY("q=", "since=2026-05-03T08:30:00-08:00")).since.offset_min,
			 -480);
	assert_str(decoded(*state, QUERY("q=1 08:00")).text, "1 08:00");
	refused(*state, QUERY("q=", "since=2026-05-03 08:30:00Z"), PROBLEM_TIME_SYNTAX, "?since",
		"date-time");
	refused(*state, QUERY("q=", "since=2026-05-03T08:30:00"), PROBLEM_TIME_NAIVE, "?since", "date-time");
	refused(*state, QUERY("q=", "since= 08:00"), PROBLEM_TIME_SYNTAX, "?since", "date-time");
}

static void faults_name_the_parameter(void **state)
{
	refused(*state, QUERY("state=open"), PROBLEM_FIELD_MISSING, "?q", "required");
	struct fault fault = refused(*state, QUERY("q=", "limits=5"), PROBLEM_FIELD_UNKNOWN, "?limits",
				     "additionalProperties");
	assert_str(fault.detail, "did you mean \"limit\"?");
	refused(*state, QUERY("q=", "limit=0"), PROBLEM_FIELD_RANGE, "?limit", "minimum");
	refused(*state, QUERY("q=", "limit=1001"), PROBLEM_FIELD_RANGE, "?limit", "maximum");
	refused(*state, QUERY("q=", "limit=ten"), PROBLEM_FIELD_TYPE, "?limit", "type");
	refused(*state, QUERY("q=", "limit=1.0"), PROBLEM_FIELD_TYPE, "?limit", "type");
	refused(*state, QUERY("q=", "limit= 1"), PROBLEM_FIELD_TYPE, "?limit", "type");
	refused(*state, QUERY("q=", "limit=1", "limit=1"), PROBLEM_FIELD_RANGE, "?limit", "maxItems");
	refused(*state, QUERY("q=", "state=shut"), PROBLEM_FIELD_RANGE, "?state", "enum");
	refused(*state, QUERY("q=12345678901"), PROBLEM_FIELD_RANGE, "?q", "maxLength");
	refused(*state, QUERY("q=", "facets=yes"), PROBLEM_FIELD_TYPE, "?facets", "type");
	refused(*state, QUERY("q=", "party=x"), PROBLEM_FIELD_TYPE, "?party", "uuid");
	refused(*state, QUERY("q=", "least=-1"), PROBLEM_QUANTITY_SYNTAX, "?least", "decimal");
	refused(*state, QUERY("q=", "rule=1", "rule=2", "rule=3", "rule=4"), PROBLEM_FIELD_RANGE, "?rule",
		"maxItems");
	refused(*state, QUERY("q=", "sort=time", "sort=size"), PROBLEM_FIELD_RANGE, "?sort", "enum");
}

static void words_for_true_and_false_are_four(void **state)
{
	assert_true(decoded(*state, QUERY("q=", "facets=true")).facets);
	assert_true(decoded(*state, QUERY("q=", "facets=1")).facets);
	assert_false(decoded(*state, QUERY("q=", "facets=false")).facets);
	assert_false(decoded(*state, QUERY("q=", "facets=0")).facets);
	refused(*state, QUERY("q=", "facets=TRUE"), PROBLEM_FIELD_TYPE, "?facets", "type");
}

static void a_name_without_value_is_empty(void **state)
{
	assert_absent(decoded(*state, QUERY("q=x", "cursor")).cursor);
	refused(*state, QUERY("q=x", "zzzzzz"), PROBLEM_FIELD_UNKNOWN, "?zzzzzz", "additionalProperties");
}

static void an_open_shape_passes_unknown_parameters_by(void **state)
{
	struct shape open = search_shape;
	open.open = true;
	const struct query_pair pairs[] = {{STR("q"), STR("x")}, {STR("utm_source"), STR("y")}};
	struct search search;
	struct fault fault;
	assert_problem(shape_decode_query(&open, *state, pairs, 2, &search, &fault), PROBLEM_NONE);
	assert_str(search.text, "x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_scalar_kind_is_read),          TEST(what_is_absent_is_zero),
		TEST(an_empty_input_of_a_form_is_absent), TEST(a_space_in_a_time_is_a_plus),
		TEST(faults_name_the_parameter),          TEST(words_for_true_and_false_are_four),
		TEST(a_name_without_value_is_empty),      TEST(an_open_shape_passes_unknown_parameters_by),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
