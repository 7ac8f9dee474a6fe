/* SPDX-License-Identifier: Apache-2.0
 * Transactions and pipelines against a real server: what is stored after failures, lost races, lost connections. */
#include "db_test.h"

#include <pthread.h>
#include <unistd.h>

#include "statements.h"

struct fixture {
	struct arena *arena;
	struct db *db;
	PGconn *aside;
	int runs;   /* of the body */
	int losses; /* how often somebody else is quicker */
};

static const struct db_scope service = {.service = true};

static struct db *open_db(const char *options)
{
	struct arena *arena = arena_create();
	struct db *db;
	struct str conninfo = arena_printf(arena, "%s options='%s'", test_database().at, options);
	assert_int_equal(db_open(conninfo, 5000, &db), PROBLEM_NONE);
	arena_destroy(arena);
	db_act_for(db, &db_program);
	return db;
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->arena = arena_create();
	f->db = open_db("");
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

static int64_t count_items(struct fixture *f)
{
	return number_aside(f->aside, "SELECT count(*) FROM item");
}

static void assert_usable(struct fixture *f)
{
	struct item_get_row row;
	assert_int_equal(item_get(f->db, f->arena, &(struct item_get_params){1}, &row), PROBLEM_NONE);
}

static void queue_add(struct db *db, int64_t id, struct str note)
{
	db_queue(db, &sql_item_add, &(struct item_add_params){id, note});
}

static enum problem read_scope(struct db *db, void *context)
{
	struct fixture *f = context;
	struct scope_now_row row;
	enum problem p = scope_now(db, f->arena, &row);
	assert_int_equal(p, PROBLEM_NONE);
	assert_true(str_equal(row.key, STR("01000000-0000-0000-0000-000000000000")));
	assert_true(str_equal(row.region, STR("330100")));
	assert_true(str_equal(
		row.parties,
		STR("{02000000-0000-0000-0000-000000000000,03000000-0000-0000-0000-000000000000}")));
	assert_true(str_equal(row.service, STR("off")));
	return PROBLEM_NONE;
}

static void scope_holds_for_one_transaction(void **state)
{
	struct fixture *f = *state;
	const struct uuid parties[] = {{{2}}, {{3}}};
	const struct db_scope scope = {
		.key = {{1}}, .region = STR("330100"), .parties = parties, .party_count = 2};
	assert_int_equal(db_tx(f->db, &scope, read_scope, f, NULL), PROBLEM_NONE);
	struct scope_now_row after;
	db_act_for(f->db, NULL);
	assert_int_equal(scope_now(f->db, f->arena, &after), PROBLEM_NONE);
	assert_int_equal(after.key.len + after.region.len + after.parties.len + after.service.len, 0);
}

static enum problem add_three(struct db *db, void *context)
{
	struct fixture *f = context;
	int64_t rows;
	struct item_list_row *list;
	size_t count;
	f->runs++;
	queue_add(db, 3, STR("three"));
	db_queue(db, &sql_item_list, NULL /* no parameters */);
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	queue_add(db, 4, STR("four")); /* a second batch before the first is taken */
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_item_add, &rows), PROBLEM_NONE);
	assert_int_equal(rows, 1);
	assert_int_equal(db_take_many(db, f->arena, &sql_item_list, (void **)&list, &count), PROBLEM_NONE);
	assert_int_equal(count, 3);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_NONE);
	queue_add(db, 5, STR("five")); /* travels with the COMMIT */
	return PROBLEM_NONE;
}

static void pipelined_statements_are_committed_together(void **state)
{
	struct fixture *f = *state;
	bool unknown = false;
	assert_int_equal(db_tx(f->db, &service, add_three, f, &unknown), PROBLEM_NONE);
	assert_int_equal(count_items(f), 5);
	assert_false(unknown);
	assert_int_equal(f->runs, 1);
}

static enum problem add_one_and_two(struct db *db, void *context)
{
	(void)context;
	const int64_t ids[] = {3, 4, 5};
	const struct str notes[] = {STR("three"), STR("four"), STR("five")};
	int64_t rows;
	db_queue(db, &sql_items_add, &(struct items_add_params){{ids, 1}, {notes, 1}});
	db_queue(db, &sql_items_add, &(struct items_add_params){{ids + 1, 2}, {notes + 1, 2}});
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_items_add, &rows), PROBLEM_NONE);
	assert_int_equal(rows, 1);
	assert_int_equal(db_take_exec(db, &sql_items_add, &rows), PROBLEM_NONE);
	assert_int_equal(rows, 2);
	return PROBLEM_NONE;
}

/* Arrays of one item each go as plain values, by a statement of their own. */
static void one_row_is_inserted_as_many_are(void **state)
{
	struct fixture *f = *state;
	assert_non_null(sql_items_add.single);
	assert_null(strstr(sql_items_add.single->text, "unnest"));
	assert_null(sql_items_named.single);
	assert_int_equal(db_tx(f->db, &service, add_one_and_two, f, NULL), PROBLEM_NONE);
	assert_int_equal(number_aside(f->aside, "SELECT count(*) FROM item WHERE (id, note) IN"
						" ((3, 'three'), (4, 'four'), (5, 'five'))"),
			 3);
}

static enum problem add_without_a_note(struct db *db, void *context)
{
	(void)context;
	const int64_t id = 3;
	const struct str note = {NULL, 0};
	db_queue(db, &sql_items_add, &(struct items_add_params){{&id, 1}, {&note, 1}});
	return PROBLEM_NONE;
}

static void an_item_of_one_row_may_be_null(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, add_without_a_note, f, NULL), PROBLEM_NONE);
	assert_int_equal(number_aside(f->aside, "SELECT count(*) FROM item WHERE id = 3 AND note IS NULL"),
			 1);
}

static size_t take_named(struct fixture *f, struct db *db, enum problem expected)
{
	struct items_named_row *rows;
	size_t count = 0;
	assert_int_equal(db_take_many(db, f->arena, &sql_items_named, (void **)&rows, &count), expected);
	return count;
}

static enum problem ask_for_none(struct db *db, void *context)
{
	struct fixture *f = context;
	const int64_t one = 1;
	const struct items_named_params none = {{NULL, 0}}, some = {{&one, 1}};
	db_queue(db, &sql_items_named, &none);
	db_queue(db, &sql_items_named, &some);
	db_queue(db, &sql_items_named, &none);
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(take_named(f, db, PROBLEM_NONE), 0);
	assert_int_equal(take_named(f, db, PROBLEM_NONE), 1);
	assert_int_equal(take_named(f, db, PROBLEM_NONE), 0);
	db_queue(db, &sql_items_named, &none);
	assert_int_equal(db_flush(db), PROBLEM_NONE); /* a round trip that is none */
	assert_int_equal(take_named(f, db, PROBLEM_NONE), 0);
	queue_add(db, 3, STR("three"));
	db_queue(db, &sql_items_named, &none); /* as what travels with the COMMIT */
	return PROBLEM_NONE;
}

static void what_has_nothing_to_do_is_not_sent(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, ask_for_none, f, NULL), PROBLEM_NONE);
	assert_int_equal(count_items(f), 3);
}

static enum problem fail_before_none(struct db *db, void *context)
{
	struct fixture *f = context;
	const struct items_named_params none = {{NULL, 0}};
	queue_add(db, 4, STR("refused"));
	db_queue(db, &sql_items_named, &none);
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_CONFLICT);
	take_named(f, db, PROBLEM_CONFLICT);
	db_queue(db, &sql_items_named, &none);
	return PROBLEM_NONE;
}

static void what_has_nothing_to_do_fails_with_what_came_before_it(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, fail_before_none, f, NULL), PROBLEM_CONFLICT);
	assert_int_equal(count_items(f), 2);
	assert_usable(f);
}

static enum problem send_and_look(struct db *db, void *context)
{
	enum { PATIENCE_MS = 60000, PAUSE_MS = 5 };
	struct fixture *f = context;
	int64_t writing = 0;
	queue_add(db, 3, STR("three"));
	db_send(db);
	for (int waited = 0; !writing && waited < PATIENCE_MS; waited += PAUSE_MS) {
		writing = number_aside(f->aside,
				       "SELECT count(*) FROM pg_locks WHERE relation = 'item'::regclass"
				       " AND mode = 'RowExclusiveLock'");
		usleep(PAUSE_MS * 1000);
	}
	assert_int_equal(writing, 1);
	queue_add(db, 4, STR("four"));
	return PROBLEM_NONE;
}

static void the_server_begins_with_what_was_sent(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, send_and_look, f, NULL), PROBLEM_NONE);
	assert_int_equal(count_items(f), 4);
}

static enum problem do_nothing(struct db *db, void *context)
{
	(void)db;
	(void)context;
	return PROBLEM_NONE;
}

static void an_empty_transaction_is_fine(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, do_nothing, NULL, NULL), PROBLEM_NONE);
	assert_usable(f);
}

static enum problem query_much(struct db *db, void *context)
{
	struct fixture *f = context;
	enum { STATEMENTS = 20, ROWS = 1000 };
	for (int i = 0; i < STATEMENTS; i++)
		db_queue(db, &sql_series, &(struct series_params){ROWS});
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	for (int i = 0; i < STATEMENTS; i++) {
		struct series_row *rows;
		size_t count;
		assert_int_equal(db_take_many(db, f->arena, &sql_series, (void **)&rows, &count),
				 PROBLEM_NONE);
		assert_int_equal(count, ROWS);
		assert_int_equal(rows[ROWS - 1].n, ROWS);
	}
	struct str large = {arena_alloc(f->arena, 8 << 20), 8 << 20};
	memset((char *)(uintptr_t)large.at, 'x', large.len);
	for (int i = 0; i < 4; i++)
		queue_add(db, 10 + i, large);
	return PROBLEM_NONE;
}

/* 20 MB come back and 32 MB go out: more than both socket buffers hold. */
static void large_batches_do_not_block_each_other(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, query_much, f, NULL), PROBLEM_NONE);
	assert_int_equal(count_items(f), 6);
}

static enum problem fail_in_the_middle(struct db *db, void *context)
{
	struct fixture *f = context;
	f->runs++;
	queue_add(db, 3, STR("three"));
	queue_add(db, 4, STR("refused"));
	queue_add(db, 5, STR("five"));
	db_queue(db, &sql_item_list, NULL /* no parameters */);
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_CONFLICT);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_CONFLICT);
	struct item_list_row *list;
	size_t count;
	assert_int_equal(db_take_many(db, f->arena, &sql_item_list, (void **)&list, &count),
			 PROBLEM_CONFLICT);
	struct item_get_row row; /* nothing more succeeds in this transaction */
	assert_int_equal(item_get(db, f->arena, &(struct item_get_params){1}, &row), PROBLEM_CONFLICT);
	return PROBLEM_NONE; /* the body does not pass it on */
}

static void the_first_failure_fails_the_rest_and_the_transaction(void **state)
{
	struct fixture *f = *state;
	bool unknown = true;
	assert_int_equal(db_tx(f->db, &service, fail_in_the_middle, f, &unknown), PROBLEM_CONFLICT);
	assert_false(unknown);
	assert_int_equal(count_items(f), 2);
	assert_int_equal(f->runs, 1);
	assert_usable(f);
}

static enum problem leave_results(struct db *db, void *context)
{
	struct fixture *f = context;
	struct item_get_row row;
	assert_int_equal(item_get(db, f->arena, &(struct item_get_params){1}, &row), PROBLEM_NONE);
	queue_add(db, 3, STR("three"));
	queue_add(db, 1, STR("again"));
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	queue_add(db, 4, STR("four"));
	return f->runs ? PROBLEM_NONE : PROBLEM_LOT_SHORT;
}

static void results_left_untaken_do_not_hide_a_failure(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, leave_results, f, NULL), PROBLEM_LOT_SHORT);
	assert_usable(f);
	f->runs = 1;
	assert_int_equal(db_tx(f->db, &service, leave_results, f, NULL), PROBLEM_CONFLICT);
	assert_int_equal(count_items(f), 2);
	assert_usable(f);
}

static enum problem fail_with_the_commit(struct db *db, void *context)
{
	(void)context;
	queue_add(db, 3, STR("three"));
	queue_add(db, 3, STR("three again"));
	return PROBLEM_NONE;
}

static void a_failure_beside_the_commit_stores_nothing(void **state)
{
	struct fixture *f = *state;
	bool unknown = true;
	assert_int_equal(db_tx(f->db, &service, fail_with_the_commit, f, &unknown), PROBLEM_CONFLICT);
	assert_false(unknown);
	assert_int_equal(count_items(f), 2);
	assert_usable(f);
}

static enum problem send_unbindable(struct db *db, void *context)
{
	struct fixture *f = context;
	struct echo_plain_row row;
	queue_add(db, 3, STR("three"));
	db_queue(db, &sql_echo_plain, &(struct echo_plain_params){.sm = 1 << 20});
	queue_add(db, 4, STR("four"));
	assert_int_equal(db_flush(db), PROBLEM_NONE);
	assert_int_equal(db_take_exec(db, &sql_item_add, NULL), PROBLEM_NONE);
	assert_int_equal(db_take_one(db, f->arena, &sql_echo_plain, &row), PROBLEM_INTERNAL);
	(void)!db_take_exec(db, &sql_item_add, NULL);
	return PROBLEM_NONE;
}

static void a_statement_that_could_not_be_sent_fails_the_transaction(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, send_unbindable, f, NULL), PROBLEM_INTERNAL);
	assert_int_equal(count_items(f), 2);
	assert_usable(f);
}

static enum problem add_then_refuse(struct db *db, void *context)
{
	(void)context;
	int64_t rows;
	enum problem p = item_add(db, &(struct item_add_params){3, STR("three")}, &rows);
	return p ? p : PROBLEM_LOT_SHORT;
}

static void a_refusing_body_stores_nothing(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(db_tx(f->db, &service, add_then_refuse, NULL, NULL), PROBLEM_LOT_SHORT);
	assert_int_equal(count_items(f), 2);
	assert_usable(f);
}

static void a_deferred_constraint_fails_the_commit(void **state)
{
	struct fixture *f = *state;
	run_aside(f->aside, "ALTER TABLE item DROP CONSTRAINT item_pkey;"
			    "ALTER TABLE item ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED");
	bool unknown = true;
	assert_int_equal(db_tx(f->db, &service, fail_with_the_commit, f, &unknown), PROBLEM_CONFLICT);
	assert_false(unknown);
	assert_int_equal(count_items(f), 2);
}

static enum problem read_then_write(struct db *db, void *context)
{
	struct fixture *f = context;
	struct item_get_row row;
	enum problem p = item_get(db, f->arena, &(struct item_get_params){1}, &row);
	if (p)
		return p;
	if (f->runs++ < f->losses)
		run_aside(f->aside, "UPDATE item SET note = note || ' changed' WHERE id = 1");
	int64_t rows;
	struct str note = arena_printf(f->arena, "%.*s mine", STR_ARGS(row.note));
	return item_set(db, &(struct item_set_params){1, note}, &rows);
}

static void a_serialization_failure_runs_the_body_again(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	f->db = open_db("-c default_transaction_isolation=repeatable\\\\ read");
	f->losses = 1;
	assert_int_equal(db_tx(f->db, &service, read_then_write, f, NULL), PROBLEM_NONE);
	assert_int_equal(f->runs, 2);
	char *note = run_aside(f->aside, "SELECT note FROM item WHERE id = 1");
	assert_string_equal(note, "one changed mine");
	free(note);
}

static void who_loses_every_race_gives_up(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	f->db = open_db("-c default_transaction_isolation=repeatable\\\\ read");
	f->losses = 100;
	bool unknown = true;
	assert_int_equal(db_tx(f->db, &service, read_then_write, f, &unknown), PROBLEM_DB_RETRY);
	assert_int_equal(f->runs, 8);
	assert_false(unknown);
	assert_usable(f);
}

struct rival {
	struct db *db;
	int64_t first, second;
	pthread_barrier_t *both_hold_one;
	int runs;
	enum problem result;
};

static enum problem lock_both(struct db *db, void *context)
{
	struct rival *rival = context;
	int64_t rows;
	enum problem p = item_set(db, &(struct item_set_params){rival->first, STR("held")}, &rows);
	if (p)
		return p;
	if (rival->runs++ == 0)
		pthread_barrier_wait(rival->both_hold_one);
	return item_set(db, &(struct item_set_params){rival->second, STR("held")}, &rows);
}

static void *run_rival(void *context)
{
	struct rival *rival = context;
	rival->result = db_tx(rival->db, &service, lock_both, rival, NULL);
	return NULL;
}

static void the_victim_of_a_deadlock_runs_again(void **state)
{
	struct fixture *f = *state;
	pthread_barrier_t both_hold_one;
	pthread_barrier_init(&both_hold_one, NULL, 2);
	struct rival one = {f->db, 1, 2, &both_hold_one, 0, PROBLEM_INTERNAL};
	struct rival other = {open_db(""), 2, 1, &both_hold_one, 0, PROBLEM_INTERNAL};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, run_rival, &other), 0);
	run_rival(&one);
	pthread_join(thread, NULL);
	assert_int_equal(one.result, PROBLEM_NONE);
	assert_int_equal(other.result, PROBLEM_NONE);
	/* The victim may take its row again before the other has woken: then it is a victim once more. */
	assert_in_range(one.runs + other.runs, 3, 16);
	db_close(other.db);
	pthread_barrier_destroy(&both_hold_one);
}

static enum problem lose_connection_once(struct db *db, void *context)
{
	struct fixture *f = context;
	int64_t rows;
	if (f->runs++ < f->losses)
		return terminate(db, &rows);
	return item_add(db, &(struct item_add_params){3, STR("three")}, &rows);
}

static void a_connection_lost_before_commit_is_opened_and_the_body_run_again(void **state)
{
	struct fixture *f = *state;
	f->losses = 1;
	assert_int_equal(db_tx(f->db, &service, lose_connection_once, f, NULL), PROBLEM_NONE);
	assert_int_equal(f->runs, 2);
	assert_int_equal(count_items(f), 3);
}

static void a_connection_lost_again_is_unavailable(void **state)
{
	struct fixture *f = *state;
	bool unknown = true;
	f->losses = 100;
	assert_int_equal(db_tx(f->db, &service, lose_connection_once, f, &unknown), PROBLEM_DB_UNAVAILABLE);
	assert_int_equal(f->runs, 2);
	assert_false(unknown);
	assert_usable(f);
}

static enum problem add_one(struct db *db, void *context)
{
	struct fixture *f = context;
	int64_t rows;
	f->runs++;
	return item_add(db, &(struct item_add_params){3, STR("three")}, &rows);
}

static void a_connection_lost_in_the_commit_leaves_the_outcome_unknown(void **state)
{
	struct fixture *f = *state;
	run_aside(f->aside,
		  "CREATE OR REPLACE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS"
		  " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
		  "CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED"
		  " FOR EACH ROW EXECUTE FUNCTION leave()");
	bool unknown = false;
	assert_int_equal(db_tx(f->db, &service, add_one, f, &unknown), PROBLEM_DB_UNAVAILABLE);
	assert_true(unknown);
	assert_int_equal(f->runs, 1); /* it may have been stored: not again */
	assert_usable(f);
}

/* Cancels whoever waits for a standby, as an operator would. */
static void *cancel_waiting(void *context)
{
	PGconn *conn = context;
	for (int i = 0; i < 200; i++) {
		if (number_aside(conn, "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE "
				       "wait_event = 'SyncRep'"))
			break;
		usleep(50 * 1000);
	}
	return NULL;
}

static void a_commit_that_replication_did_not_confirm_is_unknown(void **state)
{
	struct fixture *f = *state;
	run_aside(f->aside, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
	free(run_aside(f->aside, "SELECT pg_reload_conf()"));
	usleep(200 * 1000);
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, cancel_waiting, f->aside), 0);
	bool unknown = false;
	enum problem p = db_tx(f->db, &service, add_one, f, &unknown);
	pthread_join(thread, NULL);
	run_aside(f->aside, "ALTER SYSTEM RESET synchronous_standby_names");
	free(run_aside(f->aside, "SELECT pg_reload_conf()"));
	assert_int_equal(p, PROBLEM_DB_UNAVAILABLE);
	assert_true(unknown);
	assert_int_equal(f->runs, 1);
	assert_usable(f);
	assert_int_equal(count_items(f), 3); /* this time it was stored */
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FIXTURE(scope_holds_for_one_transaction),
		IN_FIXTURE(pipelined_statements_are_committed_together),
		IN_FIXTURE(one_row_is_inserted_as_many_are),
		IN_FIXTURE(an_item_of_one_row_may_be_null),
		IN_FIXTURE(what_has_nothing_to_do_is_not_sent),
		IN_FIXTURE(what_has_nothing_to_do_fails_with_what_came_before_it),
		IN_FIXTURE(the_server_begins_with_what_was_sent),
		IN_FIXTURE(an_empty_transaction_is_fine),
		IN_FIXTURE(large_batches_do_not_block_each_other),
		IN_FIXTURE(the_first_failure_fails_the_rest_and_the_transaction),
		IN_FIXTURE(results_left_untaken_do_not_hide_a_failure),
		IN_FIXTURE(a_failure_beside_the_commit_stores_nothing),
		IN_FIXTURE(a_statement_that_could_not_be_sent_fails_the_transaction),
		IN_FIXTURE(a_refusing_body_stores_nothing),
		IN_FIXTURE(a_deferred_constraint_fails_the_commit),
		IN_FIXTURE(a_serialization_failure_runs_the_body_again),
		IN_FIXTURE(who_loses_every_race_gives_up),
		IN_FIXTURE(the_victim_of_a_deadlock_runs_again),
		IN_FIXTURE(a_connection_lost_before_commit_is_opened_and_the_body_run_again),
		IN_FIXTURE(a_connection_lost_again_is_unavailable),
		IN_FIXTURE(a_connection_lost_in_the_commit_leaves_the_outcome_unknown),
		IN_FIXTURE(a_commit_that_replication_did_not_confirm_is_unknown),
	};
	test_database();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
