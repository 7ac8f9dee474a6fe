/* SPDX-License-Identifier: Apache-2.0
 * The connection string of a data directory's own cluster. */
#include "ft/db/private_cluster.h"

#include <stdlib.h>

/* libpq reads a quoted value with backslash escapes. */
static struct str quoted(struct arena *arena, struct str value)
{
	struct buf out = buf_create(arena, value.len + 2);
	buf_put_char(&out, '\'');
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] == '\'' || value.at[i] == '\\')
			buf_put_char(&out, '\\');
		buf_put_char(&out, value.at[i]);
	}
	buf_put_char(&out, '\'');
	return buf_str(&out);
}

enum problem private_cluster_conninfo(struct arena *arena, struct str data_dir, struct str role,
				      struct str *ret, struct fault *reterr)
{
	struct str link = arena_printf(arena, "%.*s/cluster", STR_ARGS(data_dir));
	char *real = realpath(link.at, NULL);
	if (!real) {
		reterr->detail = arena_printf(
			arena, "%.*s has no database cluster: start it with tools/run --data %.*s",
			STR_ARGS(data_dir), STR_ARGS(data_dir));
		return PROBLEM_CONFIG;
	}
	arena_defer(arena, free, real);
	*ret = arena_printf(arena, "host=%.*s dbname=farmtrail user=%.*s",
			    STR_ARGS(quoted(arena, str_of(real))), STR_ARGS(role));
	return PROBLEM_NONE;
}
