/* SPDX-License-Identifier: Apache-2.0
 * What the tests beside a cluster share: cmocka, a connection to do things behind the program's back. */
#ifndef FT_TESTS_DB_TEST_H
#define FT_TESTS_DB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "ft/base/str.h"

enum { EXIT_SKIPPED = 77 }; /* as meson reads it */

/* Conninfo of the cluster that tests/db/with_cluster started; ends the program as skipped without one. */
static inline struct str test_database(void)
{
	const char *conninfo = getenv("FARMTRAIL_TEST_DATABASE");
	if (!conninfo) {
		puts("SKIP: FARMTRAIL_TEST_DATABASE is not set; run it by tests/db/with_cluster");
		exit(EXIT_SKIPPED);
	}
	return str_of(conninfo);
}

static inline PGconn *open_aside(void)
{
	PGconn *conn = PQconnectdb(test_database().at);
	if (PQstatus(conn) != CONNECTION_OK)
		fail_msg("%s", PQerrorMessage(conn));
	return conn;
}

/* Runs statements that must succeed; the first value of the last one, if any. Freed by the caller. */
static inline char *run_aside(PGconn *conn, const char *text)
{
	PGresult *result = PQexec(conn, text);
	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(conn));
	char *value = PQntuples(result) > 0 ? strdup(PQgetvalue(result, 0, 0)) : NULL;
	PQclear(result);
	return value;
}

static inline int64_t number_aside(PGconn *conn, const char *text)
{
	char *value = run_aside(conn, text);
	int64_t number = value ? strtoll(value, NULL, 10) : -1;
	free(value);
	return number;
}

#endif
