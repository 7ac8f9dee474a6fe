/* SPDX-License-Identifier: Apache-2.0
 * The one error type. Zero is success, so `if (p) return p;` reads as "pass it up". */
#ifndef FT_BASE_PROBLEM_H
#define FT_BASE_PROBLEM_H

#include "ft/base/str.h"

#define must_check __attribute__((warn_unused_result))

enum problem {
	PROBLEM_NONE = 0,
#define PROBLEM(name, status, slug, title_en, title_zh, hint_en, hint_zh) PROBLEM_##name,
#include "ft/base/problem.def"
#undef PROBLEM
	PROBLEM_COUNT
};

enum language { LANGUAGE_ZH, LANGUAGE_EN };

struct problem_info {
	int http_status;
	const char *slug;
	const char *title[2]; /* by enum language */
	const char *hint[2];  /* what to do next, by enum language; never empty */
};
const struct problem_info *problem_info(enum problem p);
enum problem problem_by_slug(struct str slug); /* PROBLEM_NONE if there is no such slug */

enum { FAULT_VALUE_LEN = 64 };

/* Where in the input it went wrong. Set only on failure. */
struct fault {
	char pointer[160]; /* RFC 6901 JSON Pointer; "" is the whole document */
	const char *rule; /* short machine word: "required", "maxLength", …; NULL when the type says it all */
	struct str
		value; /* the offending value as received, at most FAULT_VALUE_LEN bytes; absent when it tells nothing */
	struct str detail; /* facts for this case ("available 12 KGM, asked 40 KGM"); absent when none */
};
/* Sets pointer to `format` rendered, and rule; returns p, so that a refusal is one statement. */
enum problem fault_set(struct fault *reterr, enum problem p, const char *rule, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
