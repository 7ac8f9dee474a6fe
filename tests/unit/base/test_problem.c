/* SPDX-License-Identifier: Apache-2.0
 * The table of problems and the faults that point into the input. */
#include "../check.h"

#include "ft/base/text.h"

static void success_is_zero_and_has_a_row(void **state)
{
	(void)state;
	assert_int_equal(PROBLEM_NONE, 0);
	assert_int_equal(problem_info(PROBLEM_NONE)->http_status, 200);
	assert_string_equal(problem_info(PROBLEM_NONE)->slug, "none");
}

static bool is_slug(const char *text)
{
	for (const char *c = text; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c == '-' && c > text && c[1]))
			return false;
	return *text != 0;
}

static void every_row_is_complete_and_its_slug_leads_back(void **state)
{
	(void)state;
	for (int p = 1; p < PROBLEM_COUNT; p++) {
		const struct problem_info *info = problem_info((enum problem)p);
		assert_true(info->http_status >= 400 && info->http_status < 600);
		assert_true(is_slug(info->slug));
		assert_int_equal(problem_by_slug(str_of(info->slug)), p);
		for (int language = LANGUAGE_ZH; language <= LANGUAGE_EN; language++) {
			assert_true(strlen(info->title[language]) > 5 &&
				    utf8_valid(str_of(info->title[language])));
			assert_true(strlen(info->hint[language]) > 5 &&
				    utf8_valid(str_of(info->hint[language])));
		}
		/* English is ASCII, Chinese is not: a row with its columns mixed up shows here. */
		assert_int_equal(utf8_length(str_of(info->title[LANGUAGE_EN])),
				 strlen(info->title[LANGUAGE_EN]));
		assert_true(utf8_length(str_of(info->title[LANGUAGE_ZH])) < strlen(info->title[LANGUAGE_ZH]));
		assert_true(utf8_length(str_of(info->hint[LANGUAGE_ZH])) < strlen(info->hint[LANGUAGE_ZH]));
	}
}

static void slugs_promised_to_the_outside_have_their_status(void **state)
{
	(void)state;
	static const struct {
		const char *slug;
		int status;
	} promised[] = {
		{"lot-short", 409},      {"not-known-yet", 409}, {"id-taken", 409},
		{"yield-exceeded", 422}, {"lineage-cycle", 422}, {"time-naive", 422},
		{"time-future", 422},    {"unit-unknown", 422},  {"unit-dimension", 422},
		{"not-found", 404},      {"busy", 503},
	};
	for (size_t i = 0; i < sizeof promised / sizeof *promised; i++) {
		enum problem p = problem_by_slug(str_of(promised[i].slug));
		assert_int_not_equal(p, PROBLEM_NONE);
		assert_int_equal(problem_info(p)->http_status, promised[i].status);
	}
}

static void an_unknown_slug_is_none(void **state)
{
	(void)state;
	assert_int_equal(problem_by_slug(STR("none")), PROBLEM_NONE);
	assert_int_equal(problem_by_slug(STR("lot-shor")), PROBLEM_NONE);
	assert_int_equal(problem_by_slug(STR("")), PROBLEM_NONE);
}

static void a_fault_is_set_whole(void **state)
{
	(void)state;
	struct fault fault;
	memset(&fault, 0xff, sizeof fault);
	assert_problem(fault_set(&fault, PROBLEM_FIELD_RANGE, "maxLength", "/lots/%d/%s", 3, "note"),
		       PROBLEM_FIELD_RANGE);
	assert_string_equal(fault.pointer, "/lots/3/note");
	assert_string_equal(fault.rule, "maxLength");
	assert_absent(fault.value);
	assert_absent(fault.detail);
}

static void a_long_pointer_is_cut_between_characters(void **state)
{
	char name[400];
	for (size_t shift = 0; shift < 4; shift++) {
		memset(name, 'x', shift);
		for (size_t i = shift; i + 3 < sizeof name; i += 3)
			memcpy(name + i, "\xe5\x86\x9c", 4);
		struct fault fault;
		assert_problem(fault_set(&fault, PROBLEM_FIELD_UNKNOWN, NULL, "/%s", name),
			       PROBLEM_FIELD_UNKNOWN);
		assert_true(strlen(fault.pointer) < sizeof fault.pointer);
		assert_true(strlen(fault.pointer) > sizeof fault.pointer - 5);
		assert_true(utf8_valid(str_of(fault.pointer)));
	}
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(success_is_zero_and_has_a_row),
		TEST(every_row_is_complete_and_its_slug_leads_back),
		TEST(slugs_promised_to_the_outside_have_their_status),
		TEST(an_unknown_slug_is_none),
		TEST(a_fault_is_set_whole),
		TEST(a_long_pointer_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
