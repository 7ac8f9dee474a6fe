/* SPDX-License-Identifier: Apache-2.0
 * Instants and offsets. Times on the wire are RFC 3339 with an offset; inside they are microseconds, UTC. */
#ifndef FT_BASE_TIME_H
#define FT_BASE_TIME_H

#include <stdint.h>

#include "ft/base/problem.h"

typedef int64_t usec_t; /* microseconds since 1970-01-01T00:00:00Z */
#define USEC_PER_SEC INT64_C(1000000)

/* A moment and the offset it was written with: calendar days are those of the event's own offset. */
struct instant {
	usec_t at_us;
	int16_t offset_min; /* east of UTC, −840 … 840 */
};

/* PROBLEM_TIME_NAIVE: no offset. PROBLEM_TIME_SYNTAX: not RFC 3339, or no such day. Fractions beyond a microsecond
 * are cut; a leap second is read as the second after it. Years 1970 to 9999. */
enum problem instant_parse(struct str text, struct instant *ret) must_check;
struct str instant_print(struct arena *arena,
			 struct instant t); /* 2026-05-03T08:30:00+08:00, fraction if any */
struct str offset_print(struct arena *arena, int16_t offset_min); /* +08:00 (EPCIS eventTimeZoneOffset) */
struct str utc_print(struct arena *arena, usec_t at_us); /* 2026-05-03T00:30:00.000123Z: always 6 decimals */
int32_t instant_day(struct instant t);                   /* days since 1970-01-01 in its own offset */
bool date_parse(struct str text, int32_t *ret_day);      /* YYYY-MM-DD */
struct str date_print(struct arena *arena, int32_t day);

usec_t clock_now(void); /* for the shells; core never asks the time */

#endif
