/* SPDX-License-Identifier: Apache-2.0
 * pg_dump and pg_restore, told in their environment where the database is: an argument with a password could be read by
 * everybody on the machine. */
#include "ft/db/dump.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "ft/base/process.h"

enum { SETTINGS_MAX = 64, LINE_MAX_LEN = 4096 };

static void release_options(void *options)
{
	PQconninfoFree(options);
}

/* PGHOST=… and so on; *ret_name: of the database. */
static const char *const *settings_of(struct arena *arena, struct str conninfo, const char **ret_name)
{
	const char **settings = arena_array(arena, const char *, SETTINGS_MAX + 1);
	size_t count = 0;
	PQconninfoOption *options = PQconninfoParse(arena_str(arena, conninfo).at, NULL);
	*ret_name = "farmtrail";
	if (!options)
		return settings;
	arena_defer(arena, release_options, options);
	for (const PQconninfoOption *o = options; o->keyword && count < SETTINGS_MAX; o++) {
		if (!o->val || !o->envvar)
			continue;
		settings[count++] = arena_printf(arena, "%s=%s", o->envvar, o->val).at;
		if (str_equal(str_of(o->keyword), STR("dbname")))
			*ret_name = o->val;
	}
	return settings;
}

static enum problem run(struct arena *arena, struct str conninfo, const char *const *arguments, int output,
			struct dump_watch watch, struct fault *reterr)
{
	const char *name;
	const struct process process = {.arguments = arguments,
					.settings = settings_of(arena, conninfo, &name),
					.unset_prefix = "PG",
					.input = -1,
					.output = output,
					.tick = watch.tick,
					.context = watch.context};
	return process_run(arena, &process, &reterr->detail) ? PROBLEM_NONE : PROBLEM_CONFIG;
}

enum problem db_dump(struct arena *arena, struct str conninfo, struct str file, struct dump_watch watch,
		     struct fault *reterr)
{
	struct str option = arena_printf(arena, "--file=%.*s", STR_ARGS(file));
	/* One schema: extensions and what belongs to them, which PostGIS wants copied, are the administrator's. */
	const char *const arguments[] = {"pg_dump",
					 "--format=custom",
					 "--schema=public",
					 "--exclude-table=public.spatial_ref_sys",
					 "--no-password",
					 option.at,
					 NULL};
	return run(arena, conninfo, arguments, /* output */ -1, watch, reterr);
}

/* The schema itself is there in every database. */
static bool is_wanted(struct str line)
{
	struct str rest = line;
	for (int i = 0; i < 3 && rest.at; i++) /* "12; 2615 2200 SCHEMA - public pg_database_owner" */
		(void)str_cut(rest, ' ', &rest);
	return !str_starts(line, STR(";")) && rest.at && !str_starts(rest, STR("SCHEMA ")) &&
	       !str_starts(rest, STR("COMMENT - SCHEMA "));
}

static bool copy_wanted(const char *from, const char *to)
{
	char line[LINE_MAX_LEN];
	FILE *in = fopen(from, "re"), *out = fopen(to, "we");
	while (in && out && fgets(line, sizeof line, in))
		if (is_wanted(str_of(line)))
			fputs(line, out);
	bool good = in && out && !ferror(in) && !ferror(out);
	if (in)
		fclose(in);
	if (out)
		good &= fclose(out) == 0;
	return good;
}

static enum problem list(struct arena *arena, struct str file, struct str scratch, struct str *ret,
			 struct fault *reterr)
{
	struct str whole = arena_printf(arena, "%.*s/contents", STR_ARGS(scratch));
	struct str wanted = arena_printf(arena, "%.*s/wanted", STR_ARGS(scratch));
	struct str copy = arena_str(arena, file);
	const char *const arguments[] = {"pg_restore", "--list", copy.at, NULL};
	int output = open(whole.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	reterr->detail = arena_printf(arena, "cannot write to %.*s", STR_ARGS(scratch));
	if (output < 0)
		return PROBLEM_CONFIG;
	enum problem p = run(arena, STR(""), arguments, output, (struct dump_watch){0}, reterr);
	close(output);
	if (!p && !copy_wanted(whole.at, wanted.at))
		p = PROBLEM_CONFIG;
	*ret = wanted;
	return p;
}

enum problem db_undump(struct arena *arena, struct str conninfo, struct str file, struct str scratch,
		       struct dump_watch watch, struct fault *reterr)
{
	struct str wanted, copy = arena_str(arena, file);
	const char *name;
	(void)settings_of(arena, conninfo, &name);
	enum problem p = list(arena, file, scratch, &wanted, reterr);
	if (p)
		return p;
	struct str use_list = arena_printf(arena, "--use-list=%.*s", STR_ARGS(wanted));
	struct str dbname = arena_printf(arena, "--dbname=%s", name);
	const char *const arguments[] = {"pg_restore",
					 "--single-transaction",
					 "--exit-on-error",
					 "--no-owner",
					 "--no-password",
					 use_list.at,
					 dbname.at,
					 copy.at,
					 NULL};
	return run(arena, conninfo, arguments, /* output */ -1, watch, reterr);
}
