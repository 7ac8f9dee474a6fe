/* SPDX-License-Identifier: Apache-2.0
 * Instants and days: RFC 3339, the calendar, offsets. */
#include "ft/base/time.h"

#include <time.h>

#include "../check.h"

#define DAY_US (INT64_C(86400) * USEC_PER_SEC)

static struct instant read_instant(const char *text)
{
	struct instant t = {-1, -1};
	assert_problem(instant_parse(str_of(text), &t), PROBLEM_NONE);
	return t;
}

static void an_instant_knows_its_moment_and_its_offset(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t at_us;
		int offset_min;
	} cases[] = {
		{"1970-01-01T00:00:00Z", 0, 0},
		{"1970-01-01T08:00:00+08:00", 0, 480},
		{"1970-01-01T00:00:00.000001z", 1, 0},
		{"2026-05-03t08:30:00+08:00", INT64_C(1777768200000000), 480},
		{"2026-05-03T00:30:00+00:00", INT64_C(1777768200000000), 0},
		{"2026-05-02T10:30:00-14:00", INT64_C(1777768200000000), -840},
		{"2026-05-03T14:30:00+14:00", INT64_C(1777768200000000), 840},
		{"2026-05-03T06:00:00+05:30", INT64_C(1777768200000000), 330},
		{"2000-02-29T12:00:00Z", INT64_C(951825600000000), 0},
		{"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999), 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct instant t = read_instant(cases[i].text);
		assert_int_equal(t.at_us, cases[i].at_us);
		assert_int_equal(t.offset_min, cases[i].offset_min);
	}
}

static void fractions_are_read_to_the_microsecond_and_cut(void **state)
{
	(void)state;
	assert_int_equal(read_instant("1970-01-01T00:00:01.5Z").at_us, 1500000);
	assert_int_equal(read_instant("1970-01-01T00:00:01.000000Z").at_us, 1000000);
	assert_int_equal(read_instant("1970-01-01T00:00:01.1234569Z").at_us, 1123456);
	assert_int_equal(read_instant("1970-01-01T00:00:01.99999999999999999999Z").at_us, 1999999);
}

static void a_time_without_offset_is_naive(void **state)
{
	(void)state;
	const char *const naive[] = {"2026-05-03T08:30:00", "2026-05-03T08:30:00.5",
				     "2026-05-03T08:30:00-00:00"};
	for (size_t i = 0; i < sizeof naive / sizeof *naive; i++) {
		struct instant t = {7, 7};
		assert_problem(instant_parse(str_of(naive[i]), &t), PROBLEM_TIME_NAIVE);
		assert_int_equal(t.at_us, 7);
		assert_int_equal(t.offset_min, 7);
	}
}

static void what_is_not_rfc_3339_is_refused(void **state)
{
	(void)state;
	const char *const refused[] = {
		"",
		"now",
		"2026",
		"2026-05-03",
		"2026-05-03T08:30",
		"2026-05-03T08:30Z",
		"2026-05-03 08:30:00Z",
		"2026-5-03T08:30:00Z",
		"26-05-03T08:30:00Z",
		"20260503T083000Z",
		"2026-05-03T8:30:00Z",
		"2026-05-03T08:30:00,5Z",
		"2026-05-03T08:30:00.Z",
		"2026-05-03T08:30:00.+08:00",
		"2026-05-03T08:30:00 Z",
		"2026-05-03T08:30:00Z ",
		" 2026-05-03T08:30:00Z",
		"2026-05-03T08:30:00ZZ",
		"2026-05-03T08:30:00+0800",
		"2026-05-03T08:30:00+08",
		"2026-05-03T08:30:00+8:00",
		"2026-05-03T08:30:00+08:60",
		"2026-05-03T08:30:00+14:01",
		"2026-05-03T08:30:00-14:01",
		"2026-05-03T08:30:00+24:00",
		"2026-05-03T08:30:00\u221208:00",
		"2026-05-03T08:30:00x08:00",
		"2026-05-03T24:00:00Z",
		"2026-05-03T08:60:00Z",
		"2026-05-03T08:30:61Z",
		"2026-00-03T08:30:00Z",
		"2026-13-03T08:30:00Z",
		"2026-05-00T08:30:00Z",
		"2026-05-32T08:30:00Z",
		"2026-04-31T08:30:00Z",
		"2026-02-29T08:30:00Z",
		"2100-02-29T08:30:00Z",
		"1900-02-29T08:30:00Z",
		"1969-12-31T23:59:59Z",
		"0000-01-01T00:00:00Z",
		"-2026-05-03T08:30:00Z",
		"+12026-05-03T08:30:00Z",
		"2026-05-03T08:30:0aZ",
		"2026-05-03T08:30:00+aa:00",
		"2026-05-03T08:30:60Z",
		"2026-05-03T23:59:60+08:00",
		/* the moment lies before 1970 or after 9999 in UTC */
		"1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:59-00:01",
		"1969-12-31T23:00:00-02:00",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct instant t = {7, 7};
		enum problem p = instant_parse(str_of(refused[i]), &t);
		if (p != PROBLEM_TIME_SYNTAX)
			fprintf(stderr, "\"%s\"\n", refused[i]);
		assert_problem(p, PROBLEM_TIME_SYNTAX);
		assert_int_equal(t.at_us, 7);
	}
	struct instant t;
	assert_problem(instant_parse(str_of(NULL), &t), PROBLEM_TIME_SYNTAX);
	assert_problem(instant_parse(STR("2026-05-03T08:30:00Z\0"), &t), PROBLEM_TIME_SYNTAX);
}

static void a_leap_second_is_the_second_after_it(void **state)
{
	(void)state;
	int64_t new_year = read_instant("2017-01-01T00:00:00Z").at_us;
	assert_int_equal(read_instant("2016-12-31T23:59:60Z").at_us, new_year);
	assert_int_equal(read_instant("2016-12-31T23:59:60.25Z").at_us, new_year + 250000);
	assert_int_equal(read_instant("2017-01-01T07:59:60+08:00").at_us, new_year);
	assert_int_equal(read_instant("2016-12-31T15:59:60-08:00").at_us, new_year);
}

static void printing_is_shortest(void **state)
{
	assert_str(instant_print(*state, (struct instant){INT64_C(1777768200000000), 480}),
		   "2026-05-03T08:30:00+08:00");
	assert_str(instant_print(*state, (struct instant){INT64_C(1777768200120000), 0}),
		   "2026-05-03T00:30:00.12+00:00");
	assert_str(instant_print(*state, (struct instant){INT64_C(1777768200000001), -330}),
		   "2026-05-02T19:00:00.000001-05:30");
	assert_str(instant_print(*state, (struct instant){0, -1}), "1969-12-31T23:59:00-00:01");
	assert_str(utc_print(*state, INT64_C(1777768200000123)), "2026-05-03T00:30:00.000123Z");
	assert_str(utc_print(*state, 0), "1970-01-01T00:00:00.000000Z");
	assert_str(utc_print(*state, -1), "1969-12-31T23:59:59.999999Z");
	assert_str(offset_print(*state, 480), "+08:00");
	assert_str(offset_print(*state, 0), "+00:00");
	assert_str(offset_print(*state, -570), "-09:30");
	assert_str(offset_print(*state, -840), "-14:00");
}

static void printing_and_reading_agree(void **state)
{
	uint64_t seed = 4;
	for (int round = 0; round < 20000; round++) {
		struct instant t = {
			.at_us = DAY_US +
				 (int64_t)(next_random(&seed) % (UINT64_C(253402300800000000) - 2 * DAY_US)),
			.offset_min = (int16_t)((int64_t)(next_random(&seed) % 1681) - 840),
		};
		if (round % 3 == 0)
			t.at_us -= t.at_us % USEC_PER_SEC;
		struct instant again = {0, 0};
		assert_problem(instant_parse(instant_print(*state, t), &again), PROBLEM_NONE);
		assert_int_equal(again.at_us, t.at_us);
		assert_int_equal(again.offset_min, t.offset_min);
		assert_problem(instant_parse(utc_print(*state, t.at_us), &again), PROBLEM_NONE);
		assert_int_equal(again.at_us, t.at_us);
	}
}

static void the_calendar_agrees_with_the_c_library(void **state)
{
	uint64_t seed = 5;
	for (int round = 0; round < 20000; round++) {
		time_t second = (time_t)(next_random(&seed) % UINT64_C(253402300800));
		struct tm tm;
		assert_non_null(gmtime_r(&second, &tm));
		char expected[64];
		assert_true(strftime(expected, sizeof expected, "%Y-%m-%dT%H:%M:%S.000000Z", &tm) > 0);
		assert_str(utc_print(*state, (usec_t)second * USEC_PER_SEC), expected);
	}
}

static void a_day_is_that_of_the_own_offset(void **state)
{
	(void)state;
	assert_int_equal(instant_day(read_instant("2026-05-03T23:59:59.999999+08:00")),
			 instant_day(read_instant("2026-05-03T00:00:00+08:00")));
	assert_int_equal(instant_day(read_instant("2026-05-03T00:30:00+08:00")), 20576);
	assert_int_equal(instant_day(read_instant("2026-05-02T16:30:00Z")), 20575); /* the same moment */
	assert_int_equal(instant_day(read_instant("1970-01-01T00:00:00Z")), 0);
	assert_int_equal(instant_day((struct instant){0, -1}), -1);
	assert_int_equal(instant_day((struct instant){-1, 0}), -1);
	assert_int_equal(instant_day((struct instant){-DAY_US, 0}), -1);
	assert_int_equal(instant_day((struct instant){-DAY_US - 1, 0}), -2);
}

static void every_day_of_ten_thousand_years_is_read_as_printed(void **state)
{
	(void)state;
	int32_t first, last;
	assert_true(date_parse(STR("0001-01-01"), &first));
	assert_true(date_parse(STR("9999-12-31"), &last));
	assert_int_equal(first, -719162);
	assert_int_equal(last, 2932896);
	struct arena *arena = arena_create();
	for (int32_t day = first; day <= last; day += 7) {
		int32_t again = 0;
		assert_true(date_parse(date_print(arena, day), &again));
		assert_int_equal(again, day);
		if (day % 1000 == 0) {
			arena_destroy(arena);
			arena = arena_create();
		}
	}
	arena_destroy(arena);
}

static void days_follow_each_other_over_month_and_leap_year_ends(void **state)
{
	static const struct {
		const char *day, *next;
	} cases[] = {
		{"2024-02-28", "2024-02-29"}, {"2024-02-29", "2024-03-01"}, {"2023-02-28", "2023-03-01"},
		{"1900-02-28", "1900-03-01"}, {"2000-02-28", "2000-02-29"}, {"2100-02-28", "2100-03-01"},
		{"2026-12-31", "2027-01-01"}, {"1969-12-31", "1970-01-01"}, {"2026-04-30", "2026-05-01"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int32_t day, next;
		assert_true(date_parse(str_of(cases[i].day), &day));
		assert_true(date_parse(str_of(cases[i].next), &next));
		assert_int_equal(next, day + 1);
		assert_str(date_print(*state, next), cases[i].next);
	}
}

static void a_date_has_one_form(void **state)
{
	(void)state;
	const char *const refused[] = {
		"",           "2026-5-3",   "2026-05-3",  "20260503", "2026-05-03T00:00:00Z", "2026-05-03 ",
		"2026/05/03", "0000-01-01", "2026-02-30", "2026-05",  "2026-00-10",           "2026-01-00",
		"x026-01-01"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		int32_t day = 7;
		assert_false(date_parse(str_of(refused[i]), &day));
		assert_int_equal(day, 7);
	}
}

static void the_clock_tells_the_present(void **state)
{
	(void)state;
	usec_t now = clock_now();
	assert_true(now / USEC_PER_SEC >= (usec_t)time(NULL) - 2);
	assert_true(now / USEC_PER_SEC <= (usec_t)time(NULL) + 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(an_instant_knows_its_moment_and_its_offset),
		TEST(fractions_are_read_to_the_microsecond_and_cut),
		TEST(a_time_without_offset_is_naive),
		TEST(what_is_not_rfc_3339_is_refused),
		TEST(a_leap_second_is_the_second_after_it),
		TEST(printing_is_shortest),
		TEST(printing_and_reading_agree),
		TEST(the_calendar_agrees_with_the_c_library),
		TEST(a_day_is_that_of_the_own_offset),
		TEST(every_day_of_ten_thousand_years_is_read_as_printed),
		TEST(days_follow_each_other_over_month_and_leap_year_ends),
		TEST(a_date_has_one_form),
		TEST(the_clock_tells_the_present),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
