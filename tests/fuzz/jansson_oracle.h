/* SPDX-License-Identifier: Apache-2.0
 * What jansson makes of an input, as text that can be compared. Its names clash with ours: they never meet in one
 * file, and the reader under test is compiled with other names (meson.build). */
#ifndef FT_TESTS_FUZZ_JANSSON_ORACLE_H
#define FT_TESTS_FUZZ_JANSSON_ORACLE_H

#include "ft/base/str.h"

/* false if jansson refuses it. The text: n, t, f; i and the integer; r and the real in hexadecimal; s, length and
 * bytes; arrays and objects in brackets, members in order. */
bool jansson_meaning(struct arena *arena, struct str input, struct str *ret);

#endif
