/* SPDX-License-Identifier: Apache-2.0
 * Times and dates: what is read prints to something that reads the same. */
#include "fuzz.h"

#include "ft/base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str text = {(const char *)data, size};
	struct instant t, again;
	enum problem p = instant_parse(text, &t);
	if (!p) {
		CHECK(t.at_us >= 0 && t.offset_min >= -840 && t.offset_min <= 840);
		CHECK(instant_parse(instant_print(arena, t), &again) == PROBLEM_NONE);
		CHECK(again.at_us == t.at_us && again.offset_min == t.offset_min);
		CHECK(instant_parse(utc_print(arena, t.at_us), &again) == PROBLEM_NONE);
		CHECK(again.at_us == t.at_us);
		int32_t day;
		CHECK(date_parse((struct str){instant_print(arena, t).at, 10}, &day) &&
		      day == instant_day(t));
	} else {
		CHECK(p == PROBLEM_TIME_NAIVE || p == PROBLEM_TIME_SYNTAX);
	}
	int32_t day;
	if (date_parse(text, &day))
		CHECK(str_equal(date_print(arena, day), text));
	arena_destroy(arena);
	return 0;
}
