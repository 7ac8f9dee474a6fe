/* SPDX-License-Identifier: Apache-2.0
 * The table of problems, and how a fault is filled in. */
#include "ft/base/problem.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "ft/base/text.h"

static const struct problem_info table[PROBLEM_COUNT] = {
	[PROBLEM_NONE] = {200, "none", {"成功", "Success"}, {"无需处理", "There is nothing to do"}},
#define PROBLEM(name, status, slug, title_en, title_zh, hint_en, hint_zh) \
	[PROBLEM_##name] = {status, \
			    slug, \
			    {[LANGUAGE_ZH] = title_zh, [LANGUAGE_EN] = title_en}, \
			    {[LANGUAGE_ZH] = hint_zh, [LANGUAGE_EN] = hint_en}},
#include "ft/base/problem.def"
#undef PROBLEM
};

const struct problem_info *problem_info(enum problem p)
{
	assert((unsigned)p < PROBLEM_COUNT);
	return &table[p];
}

enum problem problem_by_slug(struct str slug)
{
	for (int p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++)
		if (str_equal(slug, str_of(table[p].slug)))
			return (enum problem)p;
	return PROBLEM_NONE;
}

enum problem fault_set(struct fault *reterr, enum problem p, const char *rule, const char *format, ...)
{
	*reterr = (struct fault){.rule = rule};
	va_list args;
	va_start(args, format);
	int len = vsnprintf(reterr->pointer, sizeof reterr->pointer, format, args);
	va_end(args);
	/* A pointer that was cut must not end inside a character: it is written into a reply. */
	if (len >= (int)sizeof reterr->pointer)
		reterr->pointer[utf8_prefix(str_of(reterr->pointer))] = 0;
	return p;
}
