/* SPDX-License-Identifier: Apache-2.0
 * What the tests of pages ask of a document. */
#ifndef FT_TESTS_PAGES_LOOK_H
#define FT_TESTS_PAGES_LOOK_H

#include "../check.h"
#include "sample.h"

static inline size_t find(struct str html, const char *needle, size_t from)
{
	if (from > html.len)
		return SIZE_MAX;
	const char *at = memmem(html.at + from, html.len - from, needle, strlen(needle));
	return at ? (size_t)(at - html.at) : SIZE_MAX;
}

static inline bool has(struct str html, const char *needle)
{
	return find(html, needle, 0) != SIZE_MAX;
}

static inline size_t count_of(struct str html, const char *needle)
{
	size_t count = 0;

	for (size_t at = find(html, needle, 0); at != SIZE_MAX; at = find(html, needle, at + 1))
		count++;
	return count;
}

/* From the first `start` to the next `end`; absent when there is none. */
static inline struct str between(struct str html, const char *start, const char *end)
{
	size_t from = find(html, start, 0);
	size_t to = from == SIZE_MAX ? SIZE_MAX : find(html, end, from);

	return to == SIZE_MAX ? (struct str){0} : (struct str){html.at + from, to - from};
}

#define assert_has(html, needle) check_has((html), (needle), true, __FILE__, __LINE__)
#define assert_lacks(html, needle) check_has((html), (needle), false, __FILE__, __LINE__)
static inline void check_has(struct str html, const char *needle, bool expected, const char *file, int line)
{
	if (has(html, needle) == expected)
		return;
	fprintf(stderr, "%s \"%s\" in:\n", expected ? "no" : "unexpected", needle);
	size_t body = find(html, "<body", 0);
	show("document", body == SIZE_MAX ? html : str_from(html, body));
	_fail(file, line);
}

#endif
