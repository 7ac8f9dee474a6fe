/* SPDX-License-Identifier: Apache-2.0
 * Borrowed text and bytes: compare, cut, copy. */
#include "ft/base/str.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct str str_of(const char *text)
{
	return text ? (struct str){text, strlen(text)} : (struct str){NULL, 0};
}

struct bytes str_bytes(struct str s)
{
	return (struct bytes){(const uint8_t *)s.at, s.len};
}

struct str bytes_str(struct bytes b)
{
	return (struct str){(const char *)b.at, b.len};
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool strs_equal(const struct str *a, size_t a_count, const struct str *b, size_t b_count)
{
	bool equal = a_count == b_count;
	for (size_t i = 0; equal && i < a_count; i++)
		equal = str_equal(a[i], b[i]);
	return equal;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_ignoring_case(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.at[i]) != lower(b.at[i]))
			return false;
	return true;
}

int str_compare(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_equal((struct str){s.at, prefix.len}, prefix);
}

bool str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len && str_equal(str_from(s, s.len - suffix.len), suffix);
}

struct str str_from(struct str s, size_t start)
{
	assert(start <= s.len);
	return s.at ? (struct str){s.at + start, s.len - start} : s;
}

struct str str_after_last(struct str s, char c)
{
	size_t at = s.len;
	while (at && s.at[at - 1] != c)
		at--;
	return str_from(s, at);
}

struct str str_cut(struct str s, char separator, struct str *rest)
{
	const char *found = s.len ? memchr(s.at, separator, s.len) : NULL;
	if (!found) {
		*rest = (struct str){NULL, 0};
		return s;
	}
	struct str head = {s.at, (size_t)(found - s.at)};
	*rest = str_from(s, head.len + 1);
	return head;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
	while (s.len && is_space(s.at[0]))
		s = str_from(s, 1);
	while (s.len && is_space(s.at[s.len - 1]))
		s.len--;
	return s;
}

bool bytes_equal(struct bytes a, struct bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

struct str arena_str(struct arena *arena, struct str s)
{
	if (!s.at)
		return s;
	char *copy = arena_alloc(arena, s.len + 1);
	if (s.len)
		memcpy(copy, s.at, s.len);
	return (struct str){copy, s.len};
}

struct bytes arena_bytes(struct arena *arena, struct bytes b)
{
	if (!b.at)
		return b;
	uint8_t *copy = arena_alloc(arena, b.len);
	if (b.len)
		memcpy(copy, b.at, b.len);
	return (struct bytes){copy, b.len};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	char small[128]; /* most results fit: one formatting instead of two */
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(small, sizeof small, format, args);
	assert(len >= 0);
	char *text = arena_alloc(arena, (size_t)len + 1);
	if ((size_t)len < sizeof small)
		memcpy(text, small, (size_t)len);
	else
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return (struct str){text, (size_t)len};
}
