/* SPDX-License-Identifier: Apache-2.0
 * Instants, offsets and days; the calendar is computed here so that no time zone database is asked. */
#include "ft/base/time.h"

#include <time.h>

#include "ft/base/str.h"

enum { MINUTES_PER_DAY = 24 * 60, LARGEST_OFFSET_MIN = 14 * 60, FIRST_YEAR = 1970, LAST_YEAR = 9999 };
#define USEC_PER_MIN (60 * USEC_PER_SEC)
#define USEC_PER_DAY (MINUTES_PER_DAY * USEC_PER_MIN)

struct civil {
	int year, month, day;
};

/* Days in the 400-year cycle, counted in years that begin in March so that the leap day comes last. */
static int32_t day_of(struct civil c)
{
	int year = c.month > 2 ? c.year : c.year - 1;
	int month = c.month > 2 ? c.month - 3 : c.month + 9;
	int era = (year >= 0 ? year : year - 399) / 400;
	int year_of_era = year - era * 400;
	int day_of_year = (153 * month + 2) / 5 + c.day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468; /* days from 0000-03-01 to 1970-01-01 */
}

static struct civil civil_of(int32_t day)
{
	int64_t shifted = (int64_t)day + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int day_of_era = (int)(shifted - era * 146097);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int month = (5 * day_of_year + 2) / 153;
	struct civil c = {
		.year = (int)(era * 400) + year_of_era + (month >= 10),
		.month = month < 10 ? month + 3 : month - 9,
		.day = day_of_year - (153 * month + 2) / 5 + 1,
	};
	return c;
}

static int days_in_month(int year, int month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Takes `count` digits off the front; false if they are not there. */
static bool take_number(struct str *s, size_t count, int *ret)
{
	if (s->len < count)
		return false;
	int value = 0;
	for (size_t i = 0; i < count; i++) {
		if (s->at[i] < '0' || s->at[i] > '9')
			return false;
		value = value * 10 + (s->at[i] - '0');
	}
	*s = str_from(*s, count);
	*ret = value;
	return true;
}

static bool take_char(struct str *s, char c)
{
	if (!s->len || s->at[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool take_date(struct str *s, struct civil *ret)
{
	struct civil c;
	if (!take_number(s, 4, &c.year) || !take_char(s, '-') || !take_number(s, 2, &c.month) ||
	    !take_char(s, '-') || !take_number(s, 2, &c.day))
		return false;
	if (c.year < 1 || c.month < 1 || c.month > 12 || c.day < 1 || c.day > days_in_month(c.year, c.month))
		return false;
	*ret = c;
	return true;
}

/* Microseconds since midnight. 60 is let through as a second; the caller knows whether it can be one. */
static bool take_time_of_day(struct str *s, int64_t *ret_us, bool *ret_leap)
{
	int hour, minute, second;
	if (!take_number(s, 2, &hour) || !take_char(s, ':') || !take_number(s, 2, &minute) ||
	    !take_char(s, ':') || !take_number(s, 2, &second))
		return false;
	if (hour > 23 || minute > 59 || second > 60)
		return false;
	int64_t us = 0;
	if (take_char(s, '.')) {
		int digit;
		int64_t weight = USEC_PER_SEC / 10;
		if (!take_number(s, 1, &digit))
			return false;
		do {
			us += digit * weight;
			weight /= 10;
		} while (take_number(s, 1, &digit));
	}
	*ret_us = (hour * 60 + minute) * USEC_PER_MIN + second * USEC_PER_SEC + us;
	*ret_leap = second == 60;
	return true;
}

static enum problem take_offset(struct str *s, int *ret_min)
{
	if (!s->len)
		return PROBLEM_TIME_NAIVE;
	if (take_char(s, 'Z') || take_char(s, 'z')) {
		*ret_min = 0;
		return PROBLEM_NONE;
	}
	bool west = s->at[0] == '-';
	int hour, minute;
	if (!take_char(s, west ? '-' : '+') || !take_number(s, 2, &hour) || !take_char(s, ':') ||
	    !take_number(s, 2, &minute) || minute > 59 || hour * 60 + minute > LARGEST_OFFSET_MIN)
		return PROBLEM_TIME_SYNTAX;
	/* RFC 3339 §4.3: -00:00 says that the offset is not known. */
	if (west && hour == 0 && minute == 0)
		return PROBLEM_TIME_NAIVE;
	*ret_min = (west ? -1 : 1) * (hour * 60 + minute);
	return PROBLEM_NONE;
}

enum problem instant_parse(struct str text, struct instant *ret)
{
	struct civil date;
	int64_t time_us;
	bool leap_second;
	int offset_min;
	if (!take_date(&text, &date) || date.year < FIRST_YEAR ||
	    !(take_char(&text, 'T') || take_char(&text, 't')) ||
	    !take_time_of_day(&text, &time_us, &leap_second))
		return PROBLEM_TIME_SYNTAX;
	enum problem p = take_offset(&text, &offset_min);
	if (p)
		return p;
	if (text.len)
		return PROBLEM_TIME_SYNTAX;

	usec_t at_us = day_of(date) * USEC_PER_DAY + time_us - offset_min * USEC_PER_MIN;
	/* A leap second ends a UTC day, wherever it is written; it is now the first second of the next. */
	if (leap_second && floor_div(at_us, USEC_PER_SEC) * USEC_PER_SEC % USEC_PER_DAY != 0)
		return PROBLEM_TIME_SYNTAX;
	/* The offset may move the moment out of the years that can be printed in UTC. */
	if (at_us < 0 || at_us >= (day_of((struct civil){LAST_YEAR, 12, 31}) + 1) * USEC_PER_DAY)
		return PROBLEM_TIME_SYNTAX;
	*ret = (struct instant){at_us, (int16_t)offset_min};
	return PROBLEM_NONE;
}

static void put_seconds(struct buf *buf, usec_t local_us)
{
	int32_t day = (int32_t)floor_div(local_us, USEC_PER_DAY);
	int second = (int)((local_us - day * USEC_PER_DAY) / USEC_PER_SEC);
	struct civil c = civil_of(day);
	buf_printf(buf, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, second / 3600,
		   second / 60 % 60, second % 60);
}

static int fraction_of(usec_t at_us)
{
	return (int)(at_us - floor_div(at_us, USEC_PER_SEC) * USEC_PER_SEC);
}

static void put_offset(struct buf *buf, int16_t offset_min)
{
	int size = offset_min < 0 ? -offset_min : offset_min;
	buf_printf(buf, "%c%02d:%02d", offset_min < 0 ? '-' : '+', size / 60, size % 60);
}

struct str instant_print(struct arena *arena, struct instant t)
{
	struct buf buf = buf_create(arena, sizeof "2026-05-03T08:30:00.000000+08:00");
	put_seconds(&buf, t.at_us + t.offset_min * USEC_PER_MIN);
	int fraction = fraction_of(t.at_us), digits = 6;
	if (fraction) {
		for (; fraction % 10 == 0; digits--)
			fraction /= 10;
		buf_printf(&buf, ".%0*d", digits, fraction);
	}
	put_offset(&buf, t.offset_min);
	return buf_str(&buf);
}

struct str offset_print(struct arena *arena, int16_t offset_min)
{
	struct buf buf = buf_create(arena, sizeof "+08:00");
	put_offset(&buf, offset_min);
	return buf_str(&buf);
}

struct str utc_print(struct arena *arena, usec_t at_us)
{
	struct buf buf = buf_create(arena, sizeof "2026-05-03T00:30:00.000123Z");
	put_seconds(&buf, at_us);
	buf_printf(&buf, ".%06dZ", fraction_of(at_us));
	return buf_str(&buf);
}

int32_t instant_day(struct instant t)
{
	return (int32_t)floor_div(t.at_us + t.offset_min * USEC_PER_MIN, USEC_PER_DAY);
}

bool date_parse(struct str text, int32_t *ret_day)
{
	struct civil date;
	if (!take_date(&text, &date) || text.len)
		return false;
	*ret_day = day_of(date);
	return true;
}

struct str date_print(struct arena *arena, int32_t day)
{
	struct civil c = civil_of(day);
	return arena_printf(arena, "%04d-%02d-%02d", c.year, c.month, c.day);
}

usec_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (usec_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}
