/* SPDX-License-Identifier: Apache-2.0
 * Names of logs: an origin, and from the second log on its number. */
#include "ft/core/log_name.h"

#include <assert.h>

#include "signed_text_priv.h"

enum { FIRST = 1 };

struct log_name log_name_read(struct str name)
{
	int64_t number;
	for (size_t i = name.len; i-- > 1;) {
		if (name.at[i] != '/')
			continue;
		if (signed_text_count(str_from(name, i + 1), &number) && number > FIRST)
			return (struct log_name){{name.at, i}, number};
		break;
	}
	return (struct log_name){name, FIRST};
}

struct str log_name_print(struct arena *arena, struct log_name name)
{
	assert(name.number >= FIRST);
	return name.number == FIRST
		       ? name.origin
		       : arena_printf(arena, "%.*s/%lld", STR_ARGS(name.origin), (long long)name.number);
}

bool log_name_is_of(struct str name, struct str origin)
{
	return str_equal(name, origin) || str_equal(log_name_read(name).origin, origin);
}

bool log_name_succeeds(struct str later, struct str earlier)
{
	struct log_name a = log_name_read(later), b = log_name_read(earlier);
	return str_equal(a.origin, b.origin) && a.number > b.number;
}
