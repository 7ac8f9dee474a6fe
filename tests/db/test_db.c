/* SPDX-License-Identifier: Apache-2.0
 * Values there and back, results of one statement, pipelines: db.h against a real server. */
#include "db_test.h"

#include <signal.h>
#include <unistd.h>

#include "statements.h"

static struct db *open_db(int timeout_ms)
{
	struct db *db;
	assert_int_equal(db_open(test_database(), timeout_ms, &db), PROBLEM_NONE);
	db_act_for(db, &db_program);
	return db;
}

struct fixture {
	struct arena *arena;
	struct db *db;
	PGconn *aside;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->arena = arena_create();
	f->db = open_db(5000);
	f->aside = open_aside();
	run_aside(f->aside, "SET client_min_messages = warning; DROP TABLE IF EXISTS item;"
			    "CREATE TABLE item (id bigint PRIMARY KEY, note text CHECK (note <> 'refused'));"
			    "INSERT INTO item VALUES (1, 'one'), (2, 'two');"
			    "GRANT SELECT ON item TO ft_public");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	PQfinish(f->aside);
	arena_destroy(f->arena);
	free(f);
	return 0;
}

static void assert_str(struct str s, const char *expected)
{
	if (!str_equal(s, str_of(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(s), expected);
}

static struct decimal decimal_in(const char *text)
{
	struct decimal d;
	assert_true(decimal_parse(str_of(text), &d));
	return d;
}

static const struct decimal greatest = {.units = ~((int128)INT64_MIN * ((int128)1 << 64))};

static void check_plain(struct fixture *f, struct echo_plain_params in)
{
	struct echo_plain_row out;
	assert_int_equal(echo_plain(f->db, f->arena, &in, &out), PROBLEM_NONE);
	assert_int_equal(out.bo, in.bo);
	assert_true(bytes_equal(out.by, in.by));
	assert_int_equal(!out.by.at, !in.by.at);
	assert_int_equal(out.bi, in.bi);
	assert_int_equal(out.sm, in.sm);
	assert_int_equal(out.i4, in.i4);
	assert_true(str_equal(out.te, in.te));
	assert_int_equal(!out.te.at, !in.te.at);
	assert_int_equal(out.da, in.da);
	assert_int_equal(out.ts, in.ts);
	assert_int_equal(decimal_compare(out.nu, in.nu), 0);
	assert_true(uuid_equal(out.uu, in.uu));
}

static void scalars_come_back_as_they_went(void **state)
{
	struct fixture *f = *state;
	static const uint8_t octets[] = {0, 1, 0xff};
	check_plain(f, (struct echo_plain_params){.bo = true,
						  .by = {octets, 3},
						  .bi = INT64_MAX,
						  .sm = INT16_MAX,
						  .i4 = INT32_MAX,
						  .te = STR("数量 \"x\\"),
						  .da = 20000,
						  .ts = INT64_C(1777777777123456),
						  .nu = greatest,
						  .uu = {{1, 2, 3}}});
	check_plain(f, (struct echo_plain_params){.by = {octets, 0},
						  .bi = INT64_MIN,
						  .sm = INT16_MIN,
						  .i4 = INT32_MIN,
						  .te = STR(""),
						  .da = -1,
						  .ts = -1,
						  .nu = {-greatest.units}});
	check_plain(f, (struct echo_plain_params){0}); /* absent: NULL */
}

static void infinity_is_the_greatest_time(void **state)
{
	struct fixture *f = *state;
	struct times_of_row out;
	const struct times_of_params infinite = {STR("infinity"), STR("infinity")};
	assert_int_equal(times_of(f->db, f->arena, &infinite, &out), PROBLEM_NONE);
	assert_int_equal(out.ts, INT64_MAX);
	assert_int_equal(out.da, INT32_MAX);
	const struct times_of_params known = {STR("2026-05-03 08:30:00.000001+08"), STR("1970-01-02")};
	assert_int_equal(times_of(f->db, f->arena, &known, &out), PROBLEM_NONE);
	assert_int_equal(out.ts, INT64_C(1777768200000001));
	assert_int_equal(out.da, 1);
	const struct times_of_params before = {STR("-infinity"), STR("1970-01-02")};
	assert_int_equal(times_of(f->db, f->arena, &before, &out), PROBLEM_INTERNAL);
	check_plain(f, (struct echo_plain_params){.ts = INT64_MAX, .da = INT32_MAX});
}

static void nullable_values_say_whether_they_are_known(void **state)
{
	struct fixture *f = *state;
	struct echo_nullable_row out;
	const struct echo_nullable_params nothing = {0};
	assert_int_equal(echo_nullable(f->db, f->arena, &nothing, &out), PROBLEM_NONE);
	assert_false(out.bo.known || out.bi.known || out.sm.known || out.i4.known || out.da.known ||
		     out.ts.known || out.nu.known || out.by.at || out.te.at || out.ar.items);
	assert_true(uuid_is_nil(out.uu));

	const int64_t items[] = {7};
	const struct echo_nullable_params all = {.bo = {true, false},
						 .by = str_bytes(STR("b")),
						 .bi = {true, INT64_MIN},
						 .sm = {true, -2},
						 .i4 = {true, -3},
						 .te = STR("t"),
						 .da = {true, -4},
						 .ts = {true, -5},
						 .nu = {true, decimal_in("-0.5")},
						 .uu = {{9}},
						 .ar = {items, 1}};
	assert_int_equal(echo_nullable(f->db, f->arena, &all, &out), PROBLEM_NONE);
	assert_true(out.bo.known && !out.bo.value && out.nu.known && out.da.known);
	assert_int_equal(out.bi.value, INT64_MIN);
	assert_int_equal(out.sm.value, -2);
	assert_int_equal(out.i4.value, -3);
	assert_int_equal(out.da.value, -4);
	assert_int_equal(out.ts.value, -5);
	assert_str(decimal_print(f->arena, out.nu.value), "-0.5");
	assert_int_equal(out.ar.count, 1);

	const struct echo_nullable_params empty = {.ar = {items, 0}};
	assert_int_equal(echo_nullable(f->db, f->arena, &empty, &out), PROBLEM_NONE);
	assert_non_null(out.ar.items);
	assert_int_equal(out.ar.count, 0);
}

static void check_items(struct sql_array in, struct sql_array out, size_t size)
{
	assert_int_equal(out.count, in.count);
	assert_memory_equal(out.items, in.items, in.count * size);
}

static void arrays_come_back_with_their_nulls(void **state)
{
	struct fixture *f = *state;
	const bool bo[] = {true, false};
	const struct bytes by[] = {str_bytes(STR("a")), {0}, {(const uint8_t *)"", 0}};
	const int64_t bi[] = {INT64_MAX, SQL_NULL_INT, -1}, sm[] = {INT16_MIN, SQL_NULL_INT},
		      i4[] = {INT32_MIN, SQL_NULL_INT};
	const struct str te[] = {STR("{\"a\",}"), {0}, STR("")};
	const int32_t da[] = {0, SQL_NULL_DAY, 20000};
	const usec_t ts[] = {0, SQL_NULL_INT, INT64_MAX};
	const struct decimal nu[] = {greatest, SQL_NULL_DECIMAL, {-1}};
	const struct uuid uu[] = {{{1}}, {{0}}, {{0xff}}};
	const struct echo_arrays_params in = {{bo, 2}, {by, 3}, {bi, 3}, {sm, 2}, {i4, 2},
					      {te, 3}, {da, 3}, {ts, 3}, {nu, 3}, {uu, 3}};
	struct echo_arrays_row out;
	assert_int_equal(echo_arrays(f->db, f->arena, &in, &out), PROBLEM_NONE);
	check_items(in.bo, out.bo, sizeof *bo);
	check_items(in.bi, out.bi, sizeof *bi);
	check_items(in.sm, out.sm, sizeof *sm);
	check_items(in.i4, out.i4, sizeof *i4);
	check_items(in.da, out.da, sizeof *da);
	check_items(in.ts, out.ts, sizeof *ts);
	check_items(in.nu, out.nu, sizeof *nu);
	check_items(in.uu, out.uu, sizeof *uu);
	assert_int_equal(out.nulls, 1);
	for (size_t i = 0; i < 3; i++) {
		const struct str *text = out.te.items;
		const struct bytes *octets = out.by.items;
		assert_true(str_equal(text[i], te[i]) && !text[i].at == !te[i].at);
		assert_true(bytes_equal(octets[i], by[i]) && !octets[i].at == !by[i].at);
	}
	const struct echo_arrays_params none = {0};
	assert_int_equal(echo_arrays(f->db, f->arena, &none, &out), PROBLEM_NONE);
	assert_int_equal(out.te.count + out.uu.count + out.nu.count, 0);
}

static void numerics_are_exact_at_their_extremes(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {"0",
					    "1",
					    "-1",
					    "9999",
					    "10000",
					    "10001",
					    "0.0001",
					    "0.00001",
					    "9999.9999",
					    "10000.0001",
					    "-0.000000000000001",
					    "99999999999999999999999",
					    "12.5",
					    "100000000000000000000000.000000000000001",
					    "123456789.987654321"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct numeric_words_params there = {decimal_in(words[i])};
		struct numeric_words_row read;
		assert_int_equal(numeric_words(f->db, f->arena, &there, &read), PROBLEM_NONE);
		assert_str(read.words, words[i]);
		const struct numeric_of_params text = {str_of(words[i])};
		struct numeric_of_row back;
		assert_int_equal(numeric_of(f->db, f->arena, &text, &back), PROBLEM_NONE);
		assert_int_equal(decimal_compare(back.value, there.value), 0);
	}
}

static void numerics_we_cannot_hold_are_refused(void **state)
{
	struct fixture *f = *state;
	static const char *const words[] = {"NaN",
					    "Infinity",
					    "-Infinity",
					    "0.0000000000000001",
					    "1e30",
					    "1e1000",
					    "170141183460469231731687.303715884105728"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const struct numeric_of_params text = {str_of(words[i])};
		struct numeric_of_row row;
		assert_int_equal(numeric_of(f->db, f->arena, &text, &row), PROBLEM_INTERNAL);
	}
	const struct numeric_of_params trailing = {STR("1.50000000000000000000000")};
	struct numeric_of_row row;
	assert_int_equal(numeric_of(f->db, f->arena, &trailing, &row), PROBLEM_NONE);
	assert_str(decimal_print(f->arena, row.value), "1.5");
}

static void values_out_of_range_are_refused_unsent(void **state)
{
	struct fixture *f = *state;
	struct echo_plain_row row;
	const struct echo_plain_params small = {.sm = INT16_MAX + 1}, whole = {.i4 = INT64_C(1) << 31};
	assert_int_equal(echo_plain(f->db, f->arena, &small, &row), PROBLEM_INTERNAL);
	assert_str(db_last_error(f->db), "echo_plain: parameter sm is out of range");
	assert_int_equal(echo_plain(f->db, f->arena, &whole, &row), PROBLEM_INTERNAL);
	check_plain(f, (struct echo_plain_params){.bi = 1});
}

static void rows_that_do_not_fit_are_refused(void **state)
{
	struct fixture *f = *state;
	struct null_of_bigint_row null;
	assert_int_equal(null_of_bigint(f->db, f->arena, &null), PROBLEM_INTERNAL);
	assert_str(db_last_error(f->db), "null_of_bigint: column value does not fit");
	struct other_type_row other;
	assert_int_equal(other_type(f->db, f->arena, &other), PROBLEM_INTERNAL);
	int64_t rows;
	for (int i = 0; i < 2; i++) { /* the second time it is not taken for prepared */
		assert_int_equal(not_sql(f->db, &rows), PROBLEM_INTERNAL);
		assert_str(db_last_error(f->db), "not_sql: 42P01 relation \"no_such_table\" does not exist");
	}
}

static void one_row_is_found_or_not(void **state)
{
	struct fixture *f = *state;
	struct item_get_row row;
	const struct item_get_params there = {1}, missing = {99};
	assert_int_equal(item_get(f->db, f->arena, &there, &row), PROBLEM_NONE);
	assert_str(row.note, "one");
	assert_int_equal(item_get(f->db, f->arena, &missing, &row), PROBLEM_NOT_FOUND);
	struct item_any_row any;
	assert_int_equal(item_any(f->db, f->arena, &any), PROBLEM_INTERNAL); /* two rows */
	struct item_list_row *list;
	size_t count;
	assert_int_equal(item_list(f->db, f->arena, &list, &count), PROBLEM_NONE);
	assert_int_equal(count, 2);
	assert_str(list[1].note, "two");
}

static void changes_are_counted_and_constraints_are_conflicts(void **state)
{
	struct fixture *f = *state;
	int64_t rows = 0;
	const struct item_add_params add = {3, STR("three")}, refused = {4, STR("refused")};
	assert_int_equal(item_add(f->db, &add, &rows), PROBLEM_NONE);
	assert_int_equal(rows, 1);
	assert_int_equal(item_add(f->db, &add, &rows), PROBLEM_CONFLICT);
	assert_int_equal(item_add(f->db, &refused, &rows), PROBLEM_CONFLICT);
	const struct item_set_params nowhere = {99, STR("x")};
	assert_int_equal(item_set(f->db, &nowhere, &rows), PROBLEM_NONE);
	assert_int_equal(rows, 0);
}

static void slow_statements_end_as_busy(void **state)
{
	struct fixture *f = *state;
	struct db *hasty = open_db(100);
	const struct take_seconds_params params = {5};
	struct take_seconds_row slept;
	assert_int_equal(take_seconds(hasty, f->arena, &params, &slept), PROBLEM_BUSY);
	struct backend_row alive;
	assert_int_equal(backend(hasty, f->arena, &alive), PROBLEM_NONE);
	db_close(hasty);
}

static int64_t backend_of(struct fixture *f)
{
	struct backend_row row;
	assert_int_equal(backend(f->db, f->arena, &row), PROBLEM_NONE);
	return row.pid;
}

static void terminate_backend(struct fixture *f, int64_t pid)
{
	char text[100];
	snprintf(text, sizeof text, "SELECT pg_terminate_backend(%lld, 5000)", (long long)pid);
	free(run_aside(f->aside, text));
}

static void nobody_there_is_unavailable(void **state)
{
	(void)state;
	struct db *db;
	assert_int_equal(db_open(STR("host=/nonexistent"), 1000, &db), PROBLEM_DB_UNAVAILABLE);
	db_close(NULL);
}

static void an_idle_connection_that_died_is_opened_again(void **state)
{
	struct fixture *f = *state;
	int64_t first = backend_of(f);
	terminate_backend(f, first);
	int64_t second = backend_of(f); /* its statement is prepared again */
	assert_int_not_equal(first, second);
}

static void a_connection_lost_in_a_statement_is_unavailable_once(void **state)
{
	struct fixture *f = *state;
	int64_t rows, pid = backend_of(f);
	assert_int_equal(terminate(f->db, &rows), PROBLEM_DB_UNAVAILABLE);
	assert_str(db_last_error(f->db),
		   "connection: 57P01 terminating connection due to administrator command");
	assert_int_not_equal(backend_of(f), pid);
}

/* The server is reached through a link, which can be taken away. */
static void calls_fail_fast_until_the_server_is_back(void **state)
{
	struct fixture *f = *state;
	char place[] = "/tmp/farmtrail-link-XXXXXX", target[300], link_path[300], conninfo[300];
	assert_non_null(mkdtemp(place));
	snprintf(target, sizeof target, "%s/.s.PGSQL.5432", getenv("FARMTRAIL_TEST_CLUSTER"));
	snprintf(link_path, sizeof link_path, "%s/.s.PGSQL.5432", place);
	snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=farmtrail", place);
	assert_int_equal(symlink(target, link_path), 0);
	db_close(f->db);
	assert_int_equal(db_open(str_of(conninfo), 1000, &f->db), PROBLEM_NONE);
	int64_t pid = backend_of(f);

	assert_int_equal(unlink(link_path), 0);
	terminate_backend(f, pid);
	struct backend_row row;
	for (int i = 0; i < 3; i++)
		assert_int_equal(backend(f->db, f->arena, &row), PROBLEM_DB_UNAVAILABLE);
	assert_int_equal(symlink(target, link_path), 0);
	assert_int_equal(backend(f->db, f->arena, &row), PROBLEM_DB_UNAVAILABLE); /* still pausing */
	usleep(150 * 1000);
	assert_int_not_equal(backend_of(f), pid);
	unlink(link_path);
	rmdir(place);
}

static void a_frozen_server_holds_nobody_for_ever(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	f->db = open_db(100);
	pid_t pid = (pid_t)backend_of(f);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	struct backend_row row;
	assert_int_equal(backend(f->db, f->arena, &row), PROBLEM_DB_UNAVAILABLE);
	assert_str(db_last_error(f->db), "connection: no answer in time");
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_int_not_equal(backend_of(f), pid);
}

static void the_settings_of_a_conninfo_stay(void **state)
{
	struct fixture *f = *state;
	struct str conninfo =
		arena_printf(f->arena, "%s options='-c ft.region=from-conninfo'", test_database().at);
	db_close(f->db);
	assert_int_equal(db_open(conninfo, 1000, &f->db), PROBLEM_NONE);
	struct scope_now_row row; /* in the name of anybody: no region is set */
	assert_int_equal(scope_now(f->db, f->arena, &row), PROBLEM_NONE);
	assert_str(row.region, "from-conninfo");
}

static void each_statement_runs_in_the_name_it_says(void **state)
{
	struct fixture *f = *state;
	const struct uuid party = {{2}};
	const struct db_scope scope = {
		.key = {{1}}, .region = STR("330100"), .parties = &party, .party_count = 1};
	struct scope_of_caller_row caller;
	struct scope_of_program_row program;
	struct scope_now_row anybody;
	db_act_for(f->db, &scope);
	assert_int_equal(scope_of_caller(f->db, f->arena, &caller), PROBLEM_NONE);
	assert_str(caller.key, "01000000-0000-0000-0000-000000000000");
	assert_str(caller.region, "330100");
	assert_str(caller.parties, "{02000000-0000-0000-0000-000000000000}");
	assert_str(caller.service, "off");
	assert_int_equal(scope_of_program(f->db, f->arena, &program), PROBLEM_NONE);
	assert_int_equal(program.key.len + program.region.len, 0);
	assert_str(program.service, "on");
	assert_str(program.role, "postgres");
	assert_int_equal(scope_now(f->db, f->arena, &anybody), PROBLEM_NONE);
	assert_int_equal(anybody.key.len + anybody.region.len + anybody.parties.len + anybody.service.len, 0);
	assert_str(anybody.role, "ft_public");
	assert_int_equal(scope_of_caller(f->db, f->arena, &caller), PROBLEM_NONE);
	assert_str(caller.role, "postgres");
	assert_str(caller.service, "off");
	db_act_for(f->db, &db_program);
	assert_int_equal(scope_now(f->db, f->arena, &anybody), PROBLEM_NONE);
	assert_str(anybody.role, "postgres");
	assert_str(anybody.service, "on");
}

static void without_anybody_who_acts_no_statement_of_a_caller_is_run(void **state)
{
	struct fixture *f = *state;
	struct scope_of_caller_row row;
	db_act_for(f->db, NULL);
	assert_int_equal(scope_of_caller(f->db, f->arena, &row), PROBLEM_INTERNAL);
	assert_non_null(strstr(db_last_error(f->db).at, "nobody acts"));
	db_act_for(f->db, &db_program);
	assert_int_equal(scope_of_caller(f->db, f->arena, &row), PROBLEM_NONE);
	assert_str(row.service, "on");
}

static int64_t plan_of_use(struct fixture *f, struct db *db)
{
	struct item_plan_row row;
	assert_int_equal(item_plan(db, f->arena, &(struct item_plan_params){1}, &row), PROBLEM_NONE);
	return row.plan;
}

/* 200 uses: plans of the first, then of the 32nd, 64th and 128th. */
static void a_planned_connection_plans_anew_as_tables_may_have_grown(void **state)
{
	struct fixture *f = *state;
	struct db *planned;
	run_aside(f->aside, "DROP SEQUENCE IF EXISTS plans CASCADE; CREATE SEQUENCE plans;"
			    "CREATE OR REPLACE FUNCTION nth_plan() RETURNS bigint LANGUAGE plpgsql IMMUTABLE"
			    " AS $$ BEGIN RETURN nextval('plans'); END $$");
	assert_int_equal(db_open_planned(test_database(), 5000, &planned), PROBLEM_NONE);
	db_act_for(planned, &db_program);
	int64_t plan = plan_of_use(f, planned);
	int changes[8], count = 0;
	for (int use = 2; use <= 200; use++) {
		int64_t now = plan_of_use(f, planned);
		if (now != plan && count < 8)
			changes[count++] = use;
		plan = now;
	}
	assert_int_equal(count, 3);
	assert_int_equal(changes[0], 32);
	assert_int_equal(changes[1], 64);
	assert_int_equal(changes[2], 128);
	/* any other connection does so for each value at first */
	assert_int_not_equal(plan_of_use(f, f->db), plan_of_use(f, f->db));
	db_close(planned);
}

enum { ADDED = 100 };

static enum problem add_items(struct db *db, void *context)
{
	static int64_t next = 1000000;
	int64_t ids[ADDED];
	struct str notes[ADDED];
	(void)context;
	for (size_t i = 0; i < ADDED; i++) {
		ids[i] = next++;
		notes[i] = STR("one of many");
	}
	db_queue(db, &sql_items_add, &(struct items_add_params){{ids, ADDED}, {notes, ADDED}});
	return PROBLEM_NONE;
}

/* Few uses, and many rows: plans of the first, then of the one after the rows. */
static void a_planned_connection_plans_anew_after_what_it_inserted(void **state)
{
	struct fixture *f = *state;
	struct db *planned;
	assert_int_equal(db_open_planned(test_database(), 5000, &planned), PROBLEM_NONE);
	db_act_for(planned, &db_program);
	int64_t first = plan_of_use(f, planned);
	assert_int_equal(plan_of_use(f, planned), first);
	assert_int_equal(db_tx(planned, &db_program, add_items, NULL, NULL), PROBLEM_NONE);
	int64_t second = plan_of_use(f, planned);
	assert_int_not_equal(second, first);
	assert_int_equal(plan_of_use(f, planned), second);
	db_close(planned);
}

static const uint8_t vault_key[VAULT_KEY_LEN] = {7};

static void what_may_name_people_is_sealed_on_its_way(void **state)
{
	struct fixture *f = *state;
	struct vault vault = vault_of(vault_key);
	struct echo_sealed_params in = {STR("李四"), str_bytes(STR("{}")), true, STR("home")};
	struct echo_sealed_row out;
	db_use_vault(f->db, &vault);
	assert_int_equal(echo_sealed(f->db, f->arena, &in, &out), PROBLEM_NONE);
	assert_str(out.te, "李四");
	assert_str(out.maybe, "home");
	assert_true(bytes_equal(out.by, in.by));
	assert_true(vault_is_sealed_text(out.te_stored) && vault_is_sealed_text(out.maybe_stored));
	assert_true(vault_is_sealed(out.by_stored));
	in = (struct echo_sealed_params){.maybe = STR("open")};
	assert_int_equal(echo_sealed(f->db, f->arena, &in, &out), PROBLEM_NONE);
	assert_str(out.maybe_stored, "open");
	assert_null(out.te.at);
	assert_null(out.by_stored.at);
}

static void arrays_are_sealed_item_by_item(void **state)
{
	struct fixture *f = *state;
	struct vault vault = vault_of(vault_key);
	struct str te[] = {STR("one"), {NULL, 0}, STR("one")};
	struct bytes by[] = {str_bytes(STR("a")), str_bytes(STR("b")), {NULL, 0}};
	struct echo_sealed_many_row *rows;
	size_t count;
	int64_t done;
	db_use_vault(f->db, &vault);
	const struct echo_sealed_many_params in = {{te, 3}, {by, 3}};
	assert_int_equal(echo_sealed_many(f->db, f->arena, &in, &rows, &count), PROBLEM_NONE);
	assert_int_equal(count, 3);
	assert_str(rows[0].te, "one");
	assert_null(rows[1].te.at);
	assert_null(rows[2].by.at);
	assert_true(bytes_equal(rows[1].by, by[1]));
	assert_true(vault_is_sealed_text(rows[0].te_stored));
	assert_true(str_equal(rows[0].te_stored, rows[2].te_stored));

	int64_t id = 3;
	const struct item_note_sealed_insert_params one = {{&id, 1}, {te, 1}};
	struct item_get_row item;
	assert_int_equal(item_note_sealed_insert(f->db, &one, &done), PROBLEM_NONE);
	assert_int_equal(item_get(f->db, f->arena, &(struct item_get_params){3}, &item), PROBLEM_NONE);
	assert_true(str_equal(item.note, rows[0].te_stored));
}

static void without_a_vault_nothing_goes_in_the_clear(void **state)
{
	struct fixture *f = *state;
	const struct echo_sealed_params in = {.maybe = STR("open")};
	struct echo_sealed_row out;
	assert_int_equal(echo_sealed(f->db, f->arena, &in, &out), PROBLEM_INTERNAL);
	assert_int_equal(item_get(f->db, f->arena, &(struct item_get_params){1}, &(struct item_get_row){0}),
			 PROBLEM_NONE);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FIXTURE(scalars_come_back_as_they_went),
		IN_FIXTURE(infinity_is_the_greatest_time),
		IN_FIXTURE(nullable_values_say_whether_they_are_known),
		IN_FIXTURE(arrays_come_back_with_their_nulls),
		IN_FIXTURE(numerics_are_exact_at_their_extremes),
		IN_FIXTURE(numerics_we_cannot_hold_are_refused),
		IN_FIXTURE(values_out_of_range_are_refused_unsent),
		IN_FIXTURE(rows_that_do_not_fit_are_refused),
		IN_FIXTURE(one_row_is_found_or_not),
		IN_FIXTURE(changes_are_counted_and_constraints_are_conflicts),
		IN_FIXTURE(slow_statements_end_as_busy),
		cmocka_unit_test(nobody_there_is_unavailable),
		IN_FIXTURE(an_idle_connection_that_died_is_opened_again),
		IN_FIXTURE(a_connection_lost_in_a_statement_is_unavailable_once),
		IN_FIXTURE(calls_fail_fast_until_the_server_is_back),
		IN_FIXTURE(a_frozen_server_holds_nobody_for_ever),
		IN_FIXTURE(the_settings_of_a_conninfo_stay),
		IN_FIXTURE(each_statement_runs_in_the_name_it_says),
		IN_FIXTURE(without_anybody_who_acts_no_statement_of_a_caller_is_run),
		IN_FIXTURE(a_planned_connection_plans_anew_as_tables_may_have_grown),
		IN_FIXTURE(a_planned_connection_plans_anew_after_what_it_inserted),
		IN_FIXTURE(what_may_name_people_is_sealed_on_its_way),
		IN_FIXTURE(arrays_are_sealed_item_by_item),
		IN_FIXTURE(without_a_vault_nothing_goes_in_the_clear),
	};
	test_database();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
