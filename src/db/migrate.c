/* SPDX-License-Identifier: Apache-2.0
 * Brings a database to this program's schema, one migration and one transaction at a time. */
#include "db_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any number will do that nobody else uses for an advisory lock: "farmtrai" in ASCII. */
#define LOCK "SELECT pg_advisory_lock(7377289428066984297)"
#define LEDGER_EXISTS "SELECT to_regclass('schema_migration') IS NOT NULL"
#define LEDGER "SELECT number, sha256, name FROM schema_migration ORDER BY number"
#define ROLE \
	"SELECT current_user, row_security_active('lot')," \
	" to_regrole('" PUBLIC_ROLE "') IS NOT NULL AND pg_has_role(to_regrole('" PUBLIC_ROLE \
	"'), 'MEMBER')"
#define LEDGER_ADD "INSERT INTO schema_migration (number, name, sha256) VALUES ($1, $2, $3)"

static void release_connection(void *conn)
{
	PQfinish(conn);
}

static void release_result(void *result)
{
	PQclear(result);
}

static enum problem fail_at(struct arena *arena, PGconn *conn, const char *what, struct fault *reterr)
{
	enum problem p = PQstatus(conn) == CONNECTION_OK ? PROBLEM_INTERNAL : PROBLEM_DB_UNAVAILABLE;
	reterr->detail = str_trim(arena_printf(arena, "%s: %s", what, PQerrorMessage(conn)));
	return p;
}

/* The result lives in the arena. NULL when the server refused. */
static PGresult *run(struct arena *arena, PGconn *conn, const char *text, int count,
		     const char *const *values)
{
	PGresult *result = PQexecParams(conn, text, count, NULL, values, NULL, NULL, 0 /* text */);
	arena_defer(arena, release_result, result);
	ExecStatusType status = PQresultStatus(result);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK ? result : NULL;
}

static void drop_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

static enum problem open_plain(struct arena *arena, struct str conninfo, PGconn **ret, struct fault *reterr)
{
	/* Migrations may take long and must not depend on what the role is set to. */
	const char *keys[] = {"connect_timeout", "dbname", "client_encoding", "options", NULL};
	const char *values[] = {"5", arena_str(arena, conninfo).at, "UTF8",
				"-c statement_timeout=0 -c lock_timeout=0", NULL};
	PGconn *conn = PQconnectdbParams(keys, values, 1 /* dbname is a conninfo */);
	arena_defer(arena, release_connection, conn);
	if (PQstatus(conn) != CONNECTION_OK)
		return fail_at(arena, conn, "cannot connect", reterr);
	PQsetNoticeReceiver(conn, drop_notice, NULL);
	*ret = conn;
	return PROBLEM_NONE;
}

static enum problem open_locked(struct arena *arena, struct str conninfo, PGconn **ret, struct fault *reterr)
{
	PGconn *conn;
	enum problem p = open_plain(arena, conninfo, &conn, reterr);
	if (p)
		return p;
	if (!run(arena, conn, LOCK, 0, NULL))
		return fail_at(arena, conn, "cannot lock the schema", reterr);
	*ret = conn;
	return PROBLEM_NONE;
}

static const struct migration *find(const struct migration *list, int number)
{
	for (; list->name; list++)
		if (list->number == number)
			return list;
	return NULL;
}

static int newest(const struct migration *list)
{
	int number = -1;
	for (; list->name; list++)
		number = list->number > number ? list->number : number;
	return number;
}

/* Compares what was applied with what we have. *ret_newest: highest number applied, -1 if none. */
static enum problem check_ledger(struct arena *arena, const struct migration *list, const PGresult *ledger,
				 int *ret_newest, struct fault *reterr)
{
	int applied = -1;
	for (int i = 0; i < PQntuples(ledger); i++) {
		applied = (int)strtol(PQgetvalue(ledger, i, 0), NULL, 10);
		const struct migration *ours = find(list, applied);
		const char *name = PQgetvalue(ledger, i, 2);
		if (!ours && applied > newest(list)) {
			reterr->detail = arena_printf(
				arena, "the database has migration %s, this program ends with %04d", name,
				newest(list));
			return PROBLEM_SCHEMA_NEWER;
		}
		if (!ours || strcmp(ours->sha256_hex, PQgetvalue(ledger, i, 1)) != 0) {
			reterr->detail =
				arena_printf(arena, "migration %s was applied with other content", name);
			return PROBLEM_SCHEMA_CHANGED;
		}
	}
	for (const struct migration *m = list; m->name && m->number <= applied; m++) {
		bool is_in_ledger = false;
		for (int i = 0; i < PQntuples(ledger) && !is_in_ledger; i++)
			is_in_ledger = strtol(PQgetvalue(ledger, i, 0), NULL, 10) == m->number;
		if (!is_in_ledger) {
			reterr->detail = arena_printf(arena, "migration %s was left out before %04d", m->name,
						      applied);
			return PROBLEM_SCHEMA_CHANGED;
		}
	}
	*ret_newest = applied;
	return PROBLEM_NONE;
}

static enum problem apply(struct arena *arena, PGconn *conn, const struct migration *m, struct fault *reterr)
{
	struct str number = arena_printf(arena, "%d", m->number);
	const char *row[] = {number.at, m->name, m->sha256_hex};
	PGresult *result = NULL;
	if (run(arena, conn, "BEGIN", 0, NULL)) {
		result = PQexec(conn, m->text); /* many statements */
		arena_defer(arena, release_result, result);
	}
	bool done = result && PQresultStatus(result) != PGRES_FATAL_ERROR &&
		    PQtransactionStatus(conn) == PQTRANS_INTRANS && run(arena, conn, LEDGER_ADD, 3, row) &&
		    run(arena, conn, "COMMIT", 0, NULL);
	return done ? PROBLEM_NONE : fail_at(arena, conn, m->name, reterr);
}

/* *ret_newest: highest number applied, -1 if none. */
static enum problem read_ledger(struct arena *arena, PGconn *conn, const struct migration *list,
				int *ret_newest, struct fault *reterr)
{
	PGresult *exists = run(arena, conn, LEDGER_EXISTS, 0, NULL);
	if (!exists)
		return fail_at(arena, conn, "cannot read the schema", reterr);
	if (strcmp(PQgetvalue(exists, 0, 0), "t") != 0) {
		*ret_newest = -1;
		return PROBLEM_NONE;
	}
	PGresult *ledger = run(arena, conn, LEDGER, 0, NULL);
	if (!ledger)
		return fail_at(arena, conn, "cannot read schema_migration", reterr);
	return check_ledger(arena, list, ledger, ret_newest, reterr);
}

static enum problem migrate_open(struct arena *arena, PGconn *conn, const struct migration *list,
				 int *ret_applied, struct fault *reterr)
{
	int applied, count = 0;
	enum problem read = read_ledger(arena, conn, list, &applied, reterr);
	if (read)
		return read;
	for (const struct migration *m = list; m->name; m++) {
		if (m->number <= applied)
			continue;
		enum problem p = apply(arena, conn, m, reterr);
		if (p)
			return p;
		count++;
	}
	*ret_applied = count;
	return PROBLEM_NONE;
}

enum problem migrate_list(struct arena *arena, struct str conninfo, const struct migration *list,
			  int *ret_applied, struct fault *reterr)
{
	/* Of its own, so that the connection and with it the lock end here and not with the caller's arena. */
	struct arena *own = arena_create();
	struct fault fault = {0};
	PGconn *conn;
	enum problem p = open_locked(own, conninfo, &conn, &fault);
	if (!p)
		p = migrate_open(own, conn, list, ret_applied, &fault);
	if (p) {
		fault.detail = arena_str(arena, fault.detail);
		*reterr = fault;
	}
	arena_destroy(own);
	return p;
}

enum problem migrate(struct arena *arena, struct str conninfo, int *ret_applied, struct fault *reterr)
{
	return migrate_list(arena, conninfo, migrations, ret_applied, reterr);
}

/* Row security binds neither superusers nor who owns the tables, and what anybody asks is asked as ft_public. */
static enum problem check_role(struct arena *arena, PGconn *conn, struct fault *reterr)
{
	PGresult *role = run(arena, conn, ROLE, 0, NULL);
	if (!role)
		return fail_at(arena, conn, "cannot read the roles", reterr);
	const char *name = PQgetvalue(role, 0, 0);
	if (strcmp(PQgetvalue(role, 0, 1), "t") != 0)
		reterr->detail =
			arena_printf(arena,
				     "row security does not bind %s, whom FARMTRAIL_DATABASE names: let it "
				     "name a role that neither owns the tables nor is a superuser",
				     name);
	else if (strcmp(PQgetvalue(role, 0, 2), "t") != 0)
		reterr->detail = arena_printf(arena,
					      "%s may not act as " PUBLIC_ROLE ": run GRANT " PUBLIC_ROLE
					      " TO %s as superuser",
					      name, name);
	else
		return PROBLEM_NONE;
	return PROBLEM_CONFIG;
}

enum problem schema_check(struct arena *arena, struct str conninfo, struct fault *reterr)
{
	struct arena *own = arena_create();
	struct fault fault = {0};
	PGconn *conn;
	int applied;
	enum problem p = open_plain(own, conninfo, &conn, &fault);
	if (!p)
		p = read_ledger(own, conn, migrations, &applied, &fault);
	if (!p && applied < newest(migrations)) {
		p = PROBLEM_CONFIG;
		fault.detail = applied < 0
				       ? STR("the database is empty: run farmtrail init")
				       : STR("the database has an older schema: run farmtraild --migrate");
	}
	if (p) {
		fault.detail = arena_str(arena, fault.detail);
		*reterr = fault;
	}
	arena_destroy(own);
	return p;
}

enum problem role_check(struct arena *arena, struct str conninfo, struct fault *reterr)
{
	struct arena *own = arena_create();
	struct fault fault = {0};
	PGconn *conn;
	enum problem p = open_plain(own, conninfo, &conn, &fault);
	if (!p)
		p = check_role(own, conn, &fault);
	if (p) {
		fault.detail = arena_str(arena, fault.detail);
		*reterr = fault;
	}
	arena_destroy(own);
	return p;
}
