/* SPDX-License-Identifier: Apache-2.0
 * Reference data is read whole or refused with set, column and row; the shipped files are readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "ft/core/reference.h"

#define BANS_HEAD "kind,name_zh,name_en,category,scope_zh,scope_en,effective_date,legal_basis,source\n"
#define INTERVALS_HEAD \
	"active_zh,active_en,formulation,crop_zh,crop_en,phi_days_min,phi_days_max,max_uses_per_season," \
	"source\n"

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static void dates_are_days_years_or_always(void **state)
{
	const struct reference_texts texts = {.bans = STR(BANS_HEAD "pesticide,甲,a,banned,,,2024-09-01,,\n"
								    "pesticide,乙,b,banned,,,2020,,\n"
								    "pesticide,丁,d,banned,,,2024-10,,\n"
								    "pesticide,丙,c,banned,,,,,\n")};
	struct reference ref;
	struct fault fault;
	int32_t day;

	assert_int_equal(reference_parse(*state, &texts, STR("e1"), &ref, &fault), PROBLEM_NONE);
	assert_int_equal(ref.ban_count, 4);
	assert_string_equal(ref.edition.at, "e1");
	assert_true(date_parse(STR("2024-09-01"), &day));
	assert_int_equal(ref.bans[0].effective_day, day);
	assert_true(date_parse(STR("2020-01-01"), &day));
	assert_int_equal(ref.bans[1].effective_day, day);
	assert_true(date_parse(STR("2024-10-01"), &day));
	assert_int_equal(ref.bans[2].effective_day, day);
	assert_int_equal(ref.bans[3].effective_day, INT32_MIN);
	assert_null(ref.bans[3].source.at);
}

static void the_stricter_interval_counts(void **state)
{
	const struct reference_texts texts = {
		.intervals = STR(INTERVALS_HEAD "甲,a,,番茄,tomato,3,5,2,\n乙,b,,番茄,tomato,,7,,\n")};
	struct reference ref;
	struct fault fault;

	assert_int_equal(reference_parse(*state, &texts, STR("e"), &ref, &fault), PROBLEM_NONE);
	assert_int_equal(ref.intervals[0].days, 5);
	assert_int_equal(ref.intervals[0].max_uses, 2);
	assert_int_equal(ref.intervals[1].days, 7);
	assert_int_equal(ref.intervals[1].max_uses, 0);
}

static void refused(struct arena *arena, struct reference_texts texts, enum problem expected,
		    const char *pointer)
{
	struct reference ref = {.ban_count = 77};
	struct fault fault = {{0}, NULL, {NULL, 0}, {NULL, 0}};

	assert_int_equal(reference_parse(arena, &texts, STR("e"), &ref, &fault), expected);
	assert_string_equal(fault.pointer, pointer);
	assert_int_equal(ref.ban_count, 77);
}

static void a_cell_that_cannot_be_read_is_named(void **state)
{
	refused(*state, (struct reference_texts){.bans = STR(BANS_HEAD "pesticide,甲,a,banned,,,soon,,\n")},
		PROBLEM_FIELD_RANGE, "/bans/effective_date");
	refused(*state,
		(struct reference_texts){.bans = STR(BANS_HEAD "pesticide,,a,banned,,,2024-01-01,,\n")},
		PROBLEM_FIELD_RANGE, "/bans/name_zh");
	refused(*state, (struct reference_texts){.bans = STR("kind,name_zh\npesticide,甲\n")},
		PROBLEM_FIELD_MISSING, "/bans/name_en");
	refused(*state,
		(struct reference_texts){.intervals = STR(INTERVALS_HEAD "甲,a,,番茄,tomato,3,-5,2,\n")},
		PROBLEM_FIELD_RANGE, "/intervals/phi_days_max");
	refused(*state,
		(struct reference_texts){.intervals = STR(INTERVALS_HEAD "甲,a,,番茄,tomato,3,,2,\n")},
		PROBLEM_FIELD_RANGE, "/intervals/phi_days_max");
	refused(*state,
		(struct reference_texts){.intervals =
						 STR(INTERVALS_HEAD "甲,a,,番茄,tomato,3,99999999999,2,\n")},
		PROBLEM_FIELD_RANGE, "/intervals/phi_days_max");
	refused(*state, (struct reference_texts){.crops = STR("commodity,name_zh,name_en,source\n,甲,a,\n")},
		PROBLEM_FIELD_RANGE, "/crops/commodity");
	refused(*state,
		(struct reference_texts){
			.yields = STR("process,commodity,measure,expected_permille,hard_permille,source\n"
				      "pack,,,1000,900,\n")},
		PROBLEM_FIELD_RANGE, "/yields/hard_permille");
	refused(*state, (struct reference_texts){.bans = STR("\"")}, PROBLEM_FIELD_RANGE, "/bans");
}

static void without_files_the_sets_are_empty(void **state)
{
	const struct reference_texts none = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
	struct reference ref;
	struct fault fault;

	assert_int_equal(reference_parse(*state, &none, STR("e"), &ref, &fault), PROBLEM_NONE);
	assert_int_equal(ref.ban_count + ref.interval_count + ref.crop_count + ref.yield_count, 0);
}

static struct str read_shipped(struct arena *arena, const char *name)
{
	enum { MOST = 1 << 20 };
	char *text = arena_alloc(arena, MOST);
	FILE *file = fopen(arena_printf(arena, "%s/sql/reference/%s.csv", PROJECT_ROOT, name).at, "rb");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, MOST, file);
	(void)fclose(file);
	assert_true(len > 0 && len < MOST);
	return (struct str){text, len};
}

static void the_shipped_files_are_readable_and_every_row_has_its_source(void **state)
{
	const struct reference_texts texts = {
		read_shipped(*state, "banned_substances"), read_shipped(*state, "phi_examples"),
		read_shipped(*state, "crop_groups"), read_shipped(*state, "yields")};
	struct reference ref;
	struct fault fault;

	assert_int_equal(reference_parse(*state, &texts, STR("shipped"), &ref, &fault), PROBLEM_NONE);
	assert_int_equal(ref.ban_count, 160);
	assert_int_equal(ref.interval_count, 54);
	assert_true(ref.crop_count > 100);
	for (size_t i = 0; i < ref.ban_count; i++)
		assert_true(ref.bans[i].source.len > 0 && ref.bans[i].names.count > 0);
	for (size_t i = 0; i < ref.interval_count; i++)
		assert_true(ref.intervals[i].source.len > 0 && ref.intervals[i].days > 0);
	for (size_t i = 0; i < ref.yield_count; i++)
		assert_true(ref.yields[i].source.len > 0);
}

/* A crop that no commodity word leads to would never be found. */
static void every_crop_of_an_interval_is_in_a_group(void **state)
{
	const struct reference_texts texts = {.intervals = read_shipped(*state, "phi_examples"),
					      .crops = read_shipped(*state, "crop_groups")};
	struct reference ref;
	struct fault fault;

	assert_int_equal(reference_parse(*state, &texts, STR("shipped"), &ref, &fault), PROBLEM_NONE);
	for (size_t i = 0; i < ref.interval_count; i++) {
		bool found = false;

		for (size_t k = 0; k < ref.crop_count; k++)
			for (size_t n = 0; n < ref.intervals[i].crops.count; n++)
				found = found ||
					str_equal(ref.intervals[i].crops.items[n], ref.crops[k].name_zh);
		if (!found)
			fail_msg("%.*s", STR_ARGS(ref.intervals[i].crop_zh));
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(dates_are_days_years_or_always),
		TEST(the_stricter_interval_counts),
		TEST(a_cell_that_cannot_be_read_is_named),
		TEST(without_files_the_sets_are_empty),
		TEST(the_shipped_files_are_readable_and_every_row_has_its_source),
		TEST(every_crop_of_an_interval_is_in_a_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
