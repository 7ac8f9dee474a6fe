/* SPDX-License-Identifier: Apache-2.0
 * Every statement of sql/queries agrees with the schema that the migrations build: the server is asked for the
 * types of its parameters and the names and types of its columns. */
#include "db_test.h"

#include "ft/db/migrate.h"

#include "queries.h"

enum { MAX_PARAMS = 64 };

static PGresult *prepare(PGconn *conn, const struct sql_statement *s, int count, const Oid *types)
{
	PGresult *result = PQprepare(conn, "", s->text, count, types);
	if (PQresultStatus(result) == PGRES_COMMAND_OK) {
		PQclear(result);
		result = PQdescribePrepared(conn, "");
	}
	return result;
}

static int declared_types(const struct sql_statement *s, Oid types[MAX_PARAMS])
{
	int count = 0;
	for (const struct sql_slot *slot = s->params; slot->name; slot++)
		types[count++] = slot->oid;
	return count;
}

/* Where the server can tell a parameter's type itself, it must be the declared one: another one would be converted,
 * and may miss its index. Where it cannot (unnest(@x), @x IS NULL), the declaration decides. */
static int check_params(PGconn *conn, const struct sql_statement *s)
{
	PGresult *result = prepare(conn, s, 0, NULL);
	int wrong = 0, n = 0;
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		for (const struct sql_slot *slot = s->params; slot->name; slot++, n++)
			if (PQparamtype(result, n) != slot->oid) {
				print_error("%s: parameter %s has type %u in the schema, not %u\n", s->name,
					    slot->name, PQparamtype(result, n), slot->oid);
				wrong++;
			}
	PQclear(result);
	return wrong;
}

static int check_columns(const struct sql_statement *s, const PGresult *result)
{
	int wrong = 0, n = 0;
	for (const struct sql_slot *slot = s->row; slot->name; slot++, n++) {
		const char *name = PQfname(result, n);
		if (!name || strcmp(name, slot->name) != 0 || PQftype(result, n) != slot->oid) {
			print_error("%s: column %d is %s of type %u, not %s of type %u\n", s->name, n + 1,
				    name ? name : "absent", name ? PQftype(result, n) : 0, slot->name,
				    slot->oid);
			wrong++;
		}
	}
	if (s->rows != SQL_EXEC && PQnfields(result) > n) {
		print_error("%s: gives %d columns more than declared\n", s->name, PQnfields(result) - n);
		wrong++;
	}
	return wrong;
}

static int check_statement(PGconn *conn, const struct sql_statement *s)
{
	Oid types[MAX_PARAMS];
	int count = declared_types(s, types);
	PGresult *result = prepare(conn, s, count, types);
	int wrong = 1;
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		wrong = check_params(conn, s) + check_columns(s, result);
	else
		print_error("%s: %s", s->name, PQresultErrorMessage(result));
	PQclear(result);
	return wrong;
}

static void statements_match_the_schema(void **state)
{
	PGconn *conn = *state;
	int wrong = 0;
	for (size_t i = 0; i < sql_statement_count; i++) {
		wrong += check_statement(conn, sql_statements[i]);
		if (sql_statements[i]->single)
			wrong += check_statement(conn, sql_statements[i]->single);
	}
	if (wrong)
		fail_msg("%d faults in %zu statements", wrong, sql_statement_count);
}

static int set_up(void **state)
{
	struct arena *arena = arena_create();
	struct fault fault = {0};
	int applied;
	enum problem p = migrate(arena, test_database(), &applied, &fault);
	if (p)
		print_error("%.*s\n", STR_ARGS(fault.detail));
	arena_destroy(arena);
	*state = open_aside();
	return p != PROBLEM_NONE;
}

static int tear_down(void **state)
{
	PQfinish(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(statements_match_the_schema)};
	test_database();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
