/* SPDX-License-Identifier: Apache-2.0
 * Splits the request target and refuses what could mean two things further in. */
#include "target_priv.h"

#include <string.h>

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Bytes from 0x80 on pass: people paste Chinese addresses, and decoding checks that they are UTF-8. */
static bool bytes_are_sound(struct str raw)
{
	for (size_t i = 0; i < raw.len; i++) {
		unsigned char c = (unsigned char)raw.at[i];
		if (c <= ' ' || c == 0x7f || c == '#')
			return false;
		if (c != '%')
			continue;
		if (raw.len - i < 3)
			return false;
		int high = hex_value(raw.at[i + 1]), low = hex_value(raw.at[i + 2]);
		if (high < 0 || low < 0 || (high | low) == 0)
			return false;
		i += 2;
	}
	return true;
}

/* RFC 9112 §3.2.2: a server accepts the absolute form even though only proxies are sent it. */
static struct str without_authority(struct str raw)
{
	static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		if (raw.len < schemes[i].len ||
		    !str_equal_ignoring_case((struct str){raw.at, schemes[i].len}, schemes[i]))
			continue;
		struct str rest = str_from(raw, schemes[i].len);
		struct str path = {0};
		struct str authority = str_cut(rest, '/', &path);
		if (!authority.len || memchr(authority.at, '?', authority.len))
			return (struct str){0};
		return path.at ? str_from(rest, authority.len) : STR("/");
	}
	return raw;
}

enum problem target_split(struct str raw, struct target *ret)
{
	if (!raw.at || !bytes_are_sound(raw))
		return PROBLEM_BAD_REQUEST;
	struct str origin = without_authority(raw), query = {0};
	struct str path = str_cut(origin, '?', &query);
	bool whole_server = str_equal(path, STR("*"));
	if (!whole_server && (!path.len || path.at[0] != '/'))
		return PROBLEM_BAD_REQUEST;
	*ret = (struct target){path, query};
	return PROBLEM_NONE;
}

struct str target_query_value(struct str raw_query, struct str name)
{
	struct str rest = raw_query;
	while (rest.at) {
		struct str value = {0};
		struct str pair = str_cut(rest, '&', &rest);
		if (str_equal(str_cut(pair, '=', &value), name))
			return value;
	}
	return (struct str){0};
}
