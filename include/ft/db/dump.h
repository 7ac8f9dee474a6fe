/* SPDX-License-Identifier: Apache-2.0
 * A whole database to a file and back, by PostgreSQL's own pg_dump and pg_restore. */
#ifndef FT_DB_DUMP_H
#define FT_DB_DUMP_H

#include "ft/base/problem.h"

struct dump_watch { /* called about once a second meanwhile; tick NULL: nobody looks */
	void (*tick)(void *context);
	void *context;
};
/* As of one instant, in pg_dump's custom format; writers go on. As the schema's owner. PROBLEM_CONFIG with detail in
 * the tool's words. */
enum problem db_dump(struct arena *arena, struct str conninfo, struct str file, struct dump_watch watch,
		     struct fault *reterr) must_check;
/* Into a database that has none of it, all or nothing; PostGIS and the roles have to be there. `scratch`: a directory
 * for a list. */
enum problem db_undump(struct arena *arena, struct str conninfo, struct str file, struct str scratch,
		       struct dump_watch watch, struct fault *reterr) must_check;

#endif
