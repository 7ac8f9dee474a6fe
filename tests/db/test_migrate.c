/* SPDX-License-Identifier: Apache-2.0
 * Migrations: from empty, twice, two at once, of a newer program, with changed content, in part. */
#include "db_test.h"

#include <pthread.h>

#include "ft/db/migrate.h"

#include "db_priv.h"

struct fixture {
	struct arena *arena;
	PGconn *admin;       /* connected elsewhere, makes and drops the database */
	struct str conninfo; /* of a database that is empty at the start of each test */
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->arena = arena_create();
	f->admin = open_aside();
	run_aside(f->admin, "SET client_min_messages = warning");
	run_aside(f->admin, "DROP DATABASE IF EXISTS migrated WITH (FORCE)");
	run_aside(f->admin, "CREATE DATABASE migrated");
	f->conninfo = arena_printf(f->arena, "%s dbname=migrated", test_database().at);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	PQfinish(f->admin);
	arena_destroy(f->arena);
	free(f);
	return 0;
}

/* One value of the migrated database. */
static int64_t number_in(struct fixture *f, const char *text)
{
	PGconn *conn = PQconnectdb(f->conninfo.at);
	int64_t number = number_aside(conn, text);
	PQfinish(conn);
	return number;
}

static int64_t count_ours(void)
{
	int64_t count = 0;
	while (migrations[count].name)
		count++;
	return count;
}

static enum problem migrate_here(struct fixture *f, int *ret_applied, struct fault *reterr)
{
	return migrate(f->arena, f->conninfo, ret_applied, reterr);
}

static void an_empty_database_gets_every_migration_once(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied = -1;
	enum problem p = migrate_here(f, &applied, &fault);
	if (p)
		fail_msg("%.*s", STR_ARGS(fault.detail));
	assert_int_equal(applied, count_ours());
	assert_int_equal(number_in(f, "SELECT count(*) FROM schema_migration"), count_ours());
	assert_int_equal(migrate_here(f, &applied, &fault), PROBLEM_NONE);
	assert_int_equal(applied, 0);
}

struct runner {
	struct fixture *f;
	struct arena *arena;
	int applied;
	enum problem result;
};

static void *run_migrate(void *context)
{
	struct runner *runner = context;
	struct fault fault = {0};
	runner->result = migrate(runner->arena, runner->f->conninfo, &runner->applied, &fault);
	return NULL;
}

static void of_two_at_once_one_does_the_work(void **state)
{
	struct fixture *f = *state;
	struct runner one = {f, arena_create(), 0, PROBLEM_INTERNAL},
		      other = {f, arena_create(), 0, PROBLEM_INTERNAL};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, run_migrate, &other), 0);
	run_migrate(&one);
	pthread_join(thread, NULL);
	assert_int_equal(one.result, PROBLEM_NONE);
	assert_int_equal(other.result, PROBLEM_NONE);
	assert_int_equal(one.applied + other.applied, count_ours());
	assert_true(one.applied == 0 || other.applied == 0);
	arena_destroy(one.arena);
	arena_destroy(other.arena);
}

static void assert_refused(struct fixture *f, enum problem expected, const char *detail)
{
	struct fault fault = {0};
	int applied = -1;
	assert_int_equal(migrate_here(f, &applied, &fault), expected);
	assert_int_equal(applied, -1);
	if (!strstr(fault.detail.at, detail))
		fail_msg("\"%s\" does not say \"%s\"", fault.detail.at, detail);
}

static void the_schema_of_a_newer_program_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied;
	assert_int_equal(migrate_here(f, &applied, &fault), PROBLEM_NONE);
	number_in(f, "INSERT INTO schema_migration VALUES (9999, '9999-later', repeat('0', 64))");
	assert_refused(f, PROBLEM_SCHEMA_NEWER, "9999-later");
}

static void changed_and_skipped_migrations_are_refused(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied;
	assert_int_equal(migrate_here(f, &applied, &fault), PROBLEM_NONE);
	number_in(f, "UPDATE schema_migration SET sha256 = repeat('0', 64) WHERE number = 0");
	assert_refused(f, PROBLEM_SCHEMA_CHANGED, "0000-base was applied with other content");
	number_in(f, "DELETE FROM schema_migration WHERE number = 0");
	assert_refused(f, PROBLEM_SCHEMA_CHANGED, "0000-base was left out");
}

#define NO_SHA "0000000000000000000000000000000000000000000000000000000000000000"

static void a_failing_migration_leaves_those_before_it(void **state)
{
	struct fixture *f = *state;
	const struct migration list[] = {
		migrations[0],
		{1, "0001-good", "CREATE TABLE good (x int)", NO_SHA},
		{2, "0002-bad", "CREATE TABLE bad (x int); SELECT 1 / 0", NO_SHA},
		{3, "0003-after", "CREATE TABLE after (x int)", NO_SHA},
		{0},
	};
	struct fault fault = {0};
	int applied = -1;
	assert_int_equal(migrate_list(f->arena, f->conninfo, list, &applied, &fault), PROBLEM_INTERNAL);
	assert_non_null(strstr(fault.detail.at, "0002-bad: ERROR:  division by zero"));
	assert_int_equal(
		number_in(f, "SELECT count(*) FROM pg_class WHERE relname IN ('good', 'bad', 'after')"), 1);
	assert_int_equal(number_in(f, "SELECT max(number) FROM schema_migration"), 1);
}

static void a_migration_that_ends_its_transaction_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct migration list[] = {migrations[0], {1, "0001-sly", "COMMIT", NO_SHA}, {0}};
	struct fault fault = {0};
	int applied = -1;
	assert_int_equal(migrate_list(f->arena, f->conninfo, list, &applied, &fault), PROBLEM_INTERNAL);
	assert_int_equal(number_in(f, "SELECT max(number) FROM schema_migration"), 0);
}

/* Whoever runs a PostgreSQL of their own gives the owner no more than this. */
static void the_owner_of_the_database_may_migrate_it(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied = 0;
	number_in(f, "CREATE EXTENSION postgis");
	run_aside(f->admin, "ALTER DATABASE migrated OWNER TO ft_owner");
	f->conninfo = arena_printf(f->arena, "%s user=ft_owner", f->conninfo.at);
	enum problem p = migrate_here(f, &applied, &fault);
	if (p)
		fail_msg("%.*s", STR_ARGS(fault.detail));
	assert_int_equal(applied, count_ours());
	assert_int_equal(number_in(f, "SELECT count(*) FROM scale_map WHERE"
				      " NOT has_table_privilege('ft_app', tab, 'SELECT')"),
			 0);
}

static void a_program_serves_its_own_schema_only(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied = 0;
	assert_int_equal(schema_check(f->arena, f->conninfo, &fault), PROBLEM_CONFIG);
	assert_non_null(strstr(fault.detail.at, "farmtrail init"));
	assert_int_equal(migrate_here(f, &applied, &fault), PROBLEM_NONE);
	assert_int_equal(schema_check(f->arena, f->conninfo, &fault), PROBLEM_NONE);
	number_in(f, "WITH gone AS (DELETE FROM schema_migration WHERE number ="
		     " (SELECT max(number) FROM schema_migration) RETURNING 1) SELECT count(*) FROM gone");
	assert_int_equal(schema_check(f->arena, f->conninfo, &fault), PROBLEM_CONFIG);
	assert_non_null(strstr(fault.detail.at, "--migrate"));
	number_in(f, "WITH made AS (INSERT INTO schema_migration (number, name, sha256) SELECT 9999, "
		     "'9999-later', sha256"
		     " FROM schema_migration WHERE number = 0 RETURNING 1) SELECT count(*) FROM made");
	assert_int_equal(schema_check(f->arena, f->conninfo, &fault), PROBLEM_SCHEMA_NEWER);
}

/* The later word of a conninfo wins. */
static struct str as_role(struct fixture *f, const char *role)
{
	return arena_printf(f->arena, "%.*s user=%s", STR_ARGS(f->conninfo), role);
}

static void a_role_that_row_security_does_not_bind_is_refused(void **state)
{
	struct fixture *f = *state;
	struct fault fault = {0};
	int applied = 0;
	assert_int_equal(migrate_here(f, &applied, &fault), PROBLEM_NONE);
	assert_int_equal(role_check(f->arena, f->conninfo, &fault), PROBLEM_CONFIG);
	assert_non_null(strstr(fault.detail.at, "does not bind postgres"));
	run_aside(f->admin, "REVOKE ft_public FROM ft_app");
	enum problem p = role_check(f->arena, as_role(f, "ft_app"), &fault);
	run_aside(f->admin, "GRANT ft_public TO ft_app");
	assert_int_equal(p, PROBLEM_CONFIG);
	assert_non_null(strstr(fault.detail.at, "GRANT ft_public TO ft_app"));
	assert_int_equal(role_check(f->arena, as_role(f, "ft_app"), &fault), PROBLEM_NONE);
}

static void who_cannot_connect_is_told_why(void **state)
{
	struct fixture *f = *state;
	f->conninfo = STR("host=/nonexistent");
	assert_refused(f, PROBLEM_DB_UNAVAILABLE, "/nonexistent");
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FIXTURE(an_empty_database_gets_every_migration_once),
		IN_FIXTURE(of_two_at_once_one_does_the_work),
		IN_FIXTURE(the_schema_of_a_newer_program_is_refused),
		IN_FIXTURE(changed_and_skipped_migrations_are_refused),
		IN_FIXTURE(a_failing_migration_leaves_those_before_it),
		IN_FIXTURE(a_migration_that_ends_its_transaction_is_refused),
		IN_FIXTURE(the_owner_of_the_database_may_migrate_it),
		IN_FIXTURE(a_program_serves_its_own_schema_only),
		IN_FIXTURE(a_role_that_row_security_does_not_bind_is_refused),
		IN_FIXTURE(who_cannot_connect_is_told_why),
	};
	test_database();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
