/* SPDX-License-Identifier: Apache-2.0
 * What the tests of this module share: cmocka's includes and comparisons of `struct str`. */
#ifndef FT_TEST_HTTP_CHECK_H
#define FT_TEST_HTTP_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ft/base/str.h"

static inline void check_str(struct str got, const char *wanted, const char *file, int line)
{
	if (!wanted) {
		_assert_true(!got.at, "absent", file, line);
		return;
	}
	_assert_true(got.at != NULL, wanted, file, line);
	_assert_int_equal(got.len, strlen(wanted), file, line);
	_assert_memory_equal(got.at, wanted, got.len, file, line);
}
#define assert_str(got, wanted) check_str((got), (wanted), __FILE__, __LINE__)

static inline void check_holds(struct str text, const char *part, const char *file, int line)
{
	_assert_true(text.at && memmem(text.at, text.len, part, strlen(part)), part, file, line);
}
#define assert_holds(text, part) check_holds((text), (part), __FILE__, __LINE__)
#define assert_lacks(text, part) assert_null(memmem((text).at, (text).len, (part), strlen(part)))

#endif
