/* SPDX-License-Identifier: Apache-2.0
 * The words for scopes, as keys, problems and OpenAPI write them. */
#include "ft/http/route.h"

static const struct {
	enum scope scope;
	struct str name;
} names[] = {
	{SCOPE_READ, {"read", 4}},         {SCOPE_CAPTURE, {"capture", 7}}, {SCOPE_INSPECT, {"inspect", 7}},
	{SCOPE_REGISTER, {"register", 8}}, {SCOPE_ADMIN, {"admin", 5}},
};

struct str scope_names(struct arena *arena, unsigned scopes)
{
	struct buf out = buf_create(arena, 48);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(scopes & names[i].scope))
			continue;
		if (out.len)
			buf_put(&out, STR(", "));
		buf_put(&out, names[i].name);
	}
	return buf_str(&out);
}

enum scope scope_by_name(struct str name)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_equal(name, names[i].name))
			return names[i].scope;
	return SCOPE_NOBODY;
}
