/* SPDX-License-Identifier: Apache-2.0
 * The migrated schema keeps the rules of lint.sql, its indexes serve statements that exist, and the role that the
 * program runs under may run every statement. */
#include "db_test.h"

#include "ft/db/migrate.h"

#include "queries.h"

static const char *lint_file; /* lint.sql, as told on the command line */

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot read %s", path);
	enum { MOST = 64 * 1024 };
	char *text = calloc(1, MOST);
	size_t len = fread(text, 1, MOST - 1, file);
	fclose(file);
	assert_in_range(len, 1, MOST - 2);
	return text;
}

static PGresult *lint(PGconn *conn)
{
	char *text = read_file(lint_file);
	PGresult *result = PQexec(conn, text);
	free(text);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s", PQresultErrorMessage(result));
	return result;
}

static void the_schema_keeps_the_rules(void **state)
{
	PGresult *result = lint(*state);
	int faults = PQntuples(result);
	for (int i = 0; i < faults; i++)
		print_error("%s\n", PQgetvalue(result, i, 0));
	PQclear(result);
	assert_int_equal(faults, 0);
}

static bool is_found(const PGresult *result, const char *fault)
{
	for (int i = 0; i < PQntuples(result); i++)
		if (strcmp(PQgetvalue(result, i, 0), fault) == 0)
			return true;
	return false;
}

static void the_rules_find_planted_mistakes(void **state)
{
	static const char *const expected[] = {
		"table bad_unmapped is not in scale_map",
		"scale_map names bad_absent, which is no table",
		"bad_key has no column org_id, or it may be NULL",
		"bad_key has no primary key",
		"bad_second: org_id is not its first column",
		"bad_unique: unique index bad_unique_pkey lacks org_id",
		"bad_unique.id: sequence of less than bigint",
		"group org has keys of different types",
		"bad_link: foreign key bad_fk leads to bad_second, which may lie elsewhere",
		"bad_link: trigger bad_trigger",
		("table bad_key is neither under row security (row_security) nor open for a reason "
		 "(scale_map.open_because)"),
		"table bad_second is under row security and open too",
		"table bad_second: the program has no policy, or others may write",
		"ft_public reads bad_unique.body, which may be personal",
		"ft_public may write bad_unique",
		"table bad_unmapped has no COMMENT",
		"bad_unmapped.id has no COMMENT",
		"index bad_index has no COMMENT that says which query it serves",
	};
	run_aside(*state,
		  "BEGIN;"
		  "CREATE TABLE bad_unmapped (id bigint PRIMARY KEY);"
		  "CREATE TABLE bad_key (org_id uuid, id bigint);"
		  "CREATE TABLE bad_second (id bigint, org_id uuid NOT NULL, PRIMARY KEY (org_id, id), "
		  "UNIQUE (id, org_id));"
		  "CREATE TABLE bad_unique (org_id uuid NOT NULL, id serial PRIMARY KEY, body bytea);"
		  "GRANT SELECT (body), INSERT ON bad_unique TO ft_public;"
		  "CREATE TABLE bad_type (org_id bigint PRIMARY KEY);"
		  "CREATE TABLE bad_link (org_id uuid, id bigint, other uuid, PRIMARY KEY (org_id, id),"
		  " CONSTRAINT bad_fk FOREIGN KEY (other, id) REFERENCES bad_second (org_id, id));"
		  "CREATE INDEX bad_index ON bad_link (other);"
		  "CREATE FUNCTION bad() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
		  "CREATE TRIGGER bad_trigger AFTER INSERT ON bad_link FOR EACH ROW EXECUTE FUNCTION bad();"
		  "INSERT INTO scale_map VALUES ('bad_absent', 'local', NULL, NULL), ('bad_key', 'dist', "
		  "'org_id', 'org'),"
		  " ('bad_second', 'dist', 'org_id', 'org'), ('bad_unique', 'dist', 'org_id', 'org'),"
		  " ('bad_type', 'dist', 'org_id', 'org'), ('bad_link', 'dist', 'org_id', 'org');"
		  "ALTER TABLE bad_second ENABLE ROW LEVEL SECURITY;"
		  "UPDATE scale_map SET open_because = 'for no reason at all' WHERE tab = 'bad_second'");
	PGresult *result = lint(*state);
	run_aside(*state, "ROLLBACK");
	int missed = 0;
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
		if (!is_found(result, expected[i])) {
			print_error("not found: %s\n", expected[i]);
			missed++;
		}
	PQclear(result);
	assert_int_equal(missed, 0);
}

static bool is_statement(struct str name)
{
	for (size_t i = 0; i < sql_statement_count; i++)
		if (str_equal(name, str_of(sql_statements[i]->name)))
			return true;
	return false;
}

static void index_comments_name_statements_that_exist(void **state)
{
	PGresult *result =
		PQexec(*state,
		       "SELECT c.relname, d.description FROM pg_index i JOIN pg_class c ON c.oid = indexrelid"
		       " JOIN pg_description d ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass"
		       " WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1");
	assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
	int wrong = 0;
	for (int i = 0; i < PQntuples(result); i++)
		for (struct str rest = str_of(PQgetvalue(result, i, 1)); rest.at;) {
			struct str name = str_trim(str_cut(rest, ',', &rest));
			if (!is_statement(name)) {
				print_error("index %s serves \"%.*s\", which is no statement\n",
					    PQgetvalue(result, i, 0), STR_ARGS(name));
				wrong++;
			}
		}
	PQclear(result);
	assert_int_equal(wrong, 0);
}

/* What farmtrail init, key rewrap and log recover alone do, as owner. */
static const char *const for_owner[] = {"reference_set_deactivate", "reference_set_insert",
					"region_upsert_many",       "region_change_upsert_many",
					"region_closure_clear",     "key_secrets_rewrap",
					"log_recovered_insert_many"};

static bool is_for_owner(const struct sql_statement *s)
{
	for (size_t i = 0; i < sizeof for_owner / sizeof *for_owner; i++)
		if (strcmp(s->name, for_owner[i]) == 0)
			return true;
	return false;
}

/* The plan of a statement, one row a line, or why it has none. Nothing is run. */
static PGresult *explain(PGconn *conn, struct arena *arena, const struct sql_statement *s)
{
	struct buf text = buf_create(arena, 1000);
	buf_printf(&text, "EXPLAIN EXECUTE \"%s\"", s->name);
	int count = 0;
	Oid types[64];
	for (const struct sql_slot *slot = s->params; slot->name; slot++) {
		buf_put(&text, count ? STR(", NULL") : STR("(NULL"));
		types[count++] = slot->oid;
	}
	if (count)
		buf_put_char(&text, ')');
	PGresult *result = PQprepare(conn, s->name, s->text, count, types);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return result;
	PQclear(result);
	return PQexec(conn, buf_str(&text).at);
}

/* EXPLAIN checks privileges, too. */
static bool is_as_expected(PGconn *conn, struct arena *arena, const struct sql_statement *s)
{
	PGresult *result = explain(conn, arena, s);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool refused = state && strcmp(state, "42501") == 0; /* insufficient privilege */
	bool as_expected = is_for_owner(s) ? refused : PQresultStatus(result) == PGRES_TUPLES_OK;
	if (!as_expected)
		print_error("%s: %s\n", s->name,
			    state ? PQresultErrorMessage(result) : "is for the owner, but granted");
	PQclear(result);
	return as_expected;
}

static void anybody_may_run_what_is_public(void **state)
{
	struct arena *arena = arena_create();
	int wrong = 0, count = 0;
	run_aside(*state, "SET ROLE ft_public");
	for (size_t i = 0; i < sql_statement_count; i++)
		if (sql_statements[i]->scope == SQL_SCOPE_PUBLIC) {
			run_aside(*state, "DEALLOCATE ALL");
			wrong += !is_as_expected(*state, arena, sql_statements[i]);
			count++;
		}
	run_aside(*state, "RESET ROLE");
	arena_destroy(arena);
	assert_int_equal(wrong, 0);
	assert_true(count > 0);
}

static void the_role_of_the_program_may_run_what_is_not_for_the_owner(void **state)
{
	struct arena *arena = arena_create();
	int wrong = 0;
	run_aside(*state, "SET ROLE ft_app");
	for (size_t i = 0; i < sql_statement_count; i++)
		wrong += !is_as_expected(*state, arena, sql_statements[i]);
	run_aside(*state, "RESET ROLE");
	arena_destroy(arena);
	assert_int_equal(wrong, 0);
}

/* Of checkpoints the last is wanted, of alterations and of keys in the log there are few. */
static const char *const read_whole[] = {"log_checkpoint_published", "log_checkpoint_waiting",
					 "log_alteration_open", "log_leaf_by_key"};

static bool may_be_read_whole(const char *index)
{
	for (size_t i = 0; i < sizeof read_whole / sizeof *read_whole; i++)
		if (strcmp(index, read_whole[i]) == 0)
			return true;
	return false;
}

enum { MOST_NAME = 100 }; /* identifiers have at most 63 octets */

/* Whether a line of a plan reads an index, and the next does not look up its first column. */
static bool is_read_whole(const PGresult *plan, int line, const char *index, const char *column)
{
	char reads[MOST_NAME], looks_up[MOST_NAME];
	snprintf(reads, sizeof reads, " using %s on ", index);
	snprintf(looks_up, sizeof looks_up, "(%s = ", column);
	if (!strstr(PQgetvalue(plan, line, 0), reads))
		return false;
	const char *next = line + 1 < PQntuples(plan) ? PQgetvalue(plan, line + 1, 0) : "";
	return !strstr(next, "Index Cond") || !strstr(next, looks_up);
}

static int count_whole(PGconn *conn, struct arena *arena, const struct sql_statement *s,
		       const PGresult *partial)
{
	PGresult *plan = explain(conn, arena, s);
	int wrong = 0;
	for (int line = 0; PQresultStatus(plan) == PGRES_TUPLES_OK && line < PQntuples(plan); line++)
		for (int i = 0; i < PQntuples(partial); i++) {
			const char *index = PQgetvalue(partial, i, 0);
			if (may_be_read_whole(index) ||
			    !is_read_whole(plan, line, index, PQgetvalue(partial, i, 1)))
				continue;
			print_error("%s reads %s whole\n", s->name, index);
			wrong++;
		}
	PQclear(plan);
	return wrong;
}

/* While statistics call a partial index empty, reading all of it looks as cheap as a key, and they lag behind what is
 * written: then every lookup reads all that was written since. So no plan may do it, in tables that are empty. */
static void partial_indexes_are_looked_up(void **state)
{
	struct arena *arena = arena_create();
	PGresult *partial =
		PQexec(*state, "SELECT i.indexrelid::regclass, a.attname FROM pg_index i"
			       " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
			       " WHERE i.indpred IS NOT NULL");
	assert_int_equal(PQresultStatus(partial), PGRES_TUPLES_OK);
	assert_in_range(PQntuples(partial), 5, 100);
	run_aside(*state, "SET plan_cache_mode = force_generic_plan");
	run_aside(*state, "SET enable_seqscan = off");
	run_aside(*state, "SET enable_bitmapscan = off");
	int wrong = 0;
	for (size_t i = 0; i < sql_statement_count; i++)
		wrong += count_whole(*state, arena, sql_statements[i], partial);
	run_aside(*state, "RESET ALL");
	PQclear(partial);
	arena_destroy(arena);
	assert_int_equal(wrong, 0);
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

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_keeps_the_rules),
		cmocka_unit_test(the_rules_find_planted_mistakes),
		cmocka_unit_test(index_comments_name_statements_that_exist),
		cmocka_unit_test(the_role_of_the_program_may_run_what_is_not_for_the_owner),
		cmocka_unit_test(anybody_may_run_what_is_public),
		cmocka_unit_test(partial_indexes_are_looked_up),
	};
	if (argc != 2) {
		fputs("usage: test_schema lint.sql\n", stderr);
		return EXIT_FAILURE;
	}
	lint_file = argv[1];
	test_database();
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
