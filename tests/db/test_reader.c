/* SPDX-License-Identifier: Apache-2.0
 * The pipelined point reader: many submitters, failures beside successes, a connection that goes. */
#include "db_test.h"

#include <pthread.h>
#include <unistd.h>

#include "ft/db/reader.h"

#include "statements.h"

enum { REQUESTS = 200 };

/* One read and what came of it. */
struct asked {
	struct completion done;
	struct read_request request;
	struct item_get_params id;
	struct items_near_params near;
	struct arena *arena;
	enum problem result;
	struct tally *tally;
};
struct tally {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int fired;
};

struct fixture {
	PGconn *aside;
	struct reader *reader;
	struct tally tally;
	struct asked asked[REQUESTS];
	int submitted;
};

static void fired(struct completion *self, enum problem p)
{
	struct asked *asked = (struct asked *)(void *)self; /* its first member */
	struct tally *tally = asked->tally;
	asked->result = p;
	pthread_mutex_lock(&tally->lock);
	tally->fired++;
	pthread_cond_signal(&tally->changed);
	pthread_mutex_unlock(&tally->lock);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	f->aside = open_aside();
	run_aside(f->aside, "SET client_min_messages = warning; DROP TABLE IF EXISTS item;"
			    "CREATE TABLE item (id bigint PRIMARY KEY, note text);"
			    "INSERT INTO item SELECT n, 'note ' || n FROM generate_series(1, 150) AS n;"
			    "GRANT SELECT ON item TO ft_public");
	pthread_mutex_init(&f->tally.lock, NULL);
	pthread_cond_init(&f->tally.changed, NULL);
	for (int i = 0; i < REQUESTS; i++) {
		struct asked *asked = &f->asked[i];
		asked->arena = arena_create();
		asked->id = (struct item_get_params){i + 1};
		asked->tally = &f->tally;
		asked->done.fire = fired;
		asked->request = (struct read_request){.statement = &sql_item_get,
						       .params = &asked->id,
						       .arena = asked->arena,
						       .done = &asked->done};
	}
	assert_int_equal(reader_open(test_database(), 5000, &f->reader), PROBLEM_NONE);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	reader_close(f->reader);
	PQfinish(f->aside);
	for (int i = 0; i < REQUESTS; i++)
		arena_destroy(f->asked[i].arena);
	pthread_cond_destroy(&f->tally.changed);
	pthread_mutex_destroy(&f->tally.lock);
	free(f);
	return 0;
}

static struct asked *submit(struct fixture *f)
{
	struct asked *asked = &f->asked[f->submitted++];
	reader_submit(f->reader, &asked->request);
	return asked;
}

static void await_all(struct fixture *f)
{
	pthread_mutex_lock(&f->tally.lock);
	while (f->tally.fired < f->submitted)
		pthread_cond_wait(&f->tally.changed, &f->tally.lock);
	pthread_mutex_unlock(&f->tally.lock);
}

static void assert_note(const struct asked *asked)
{
	assert_int_equal(asked->result, PROBLEM_NONE);
	assert_int_equal(asked->request.count, 1);
	const struct item_get_row *row = asked->request.rows;
	assert_int_equal(row->id, asked->id.id);
	assert_true(str_equal(row->note, arena_printf(asked->arena, "note %d", (int)asked->id.id)));
}

static void each_request_gets_its_own_rows(void **state)
{
	struct fixture *f = *state;
	while (f->submitted < REQUESTS)
		submit(f);
	await_all(f);
	for (int i = 0; i < 150; i++)
		assert_note(&f->asked[i]);
	for (int i = 150; i < REQUESTS; i++)
		assert_int_equal(f->asked[i].result, PROBLEM_NOT_FOUND);
}

static void the_failure_of_one_leaves_the_others_alone(void **state)
{
	struct fixture *f = *state;
	const struct echo_plain_params unbindable = {.sm = 1 << 20};
	f->asked[1].request.statement = &sql_not_sql;
	f->asked[3].request.statement = &sql_echo_plain;
	f->asked[3].request.params = &unbindable;
	f->asked[5].request.statement = &sql_null_of_bigint;
	f->asked[7].request.statement = &sql_item_any; /* several rows */
	while (f->submitted < 10)
		submit(f);
	await_all(f);
	for (int i = 0; i < 10; i++)
		if (i % 2 == 0 || i == 9)
			assert_note(&f->asked[i]);
		else
			assert_int_equal(f->asked[i].result, PROBLEM_INTERNAL);
}

static void read_together(struct asked *asked, int64_t id)
{
	asked->id = (struct item_get_params){id};
	asked->near = (struct items_near_params){{&asked->id.id, 1}};
	asked->request.statement = &sql_items_near;
	asked->request.params = &asked->near;
	asked->request.together = true;
}

/* The reader waits for this answer while others are queued, until it is let go. */
static struct asked *hold_reader(struct fixture *f)
{
	static const struct take_seconds_params long_time = {30};
	struct asked *held = &f->asked[f->submitted];
	held->request.statement = &sql_take_seconds;
	held->request.params = &long_time;
	submit(f);
	while (!number_aside(f->aside, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
		usleep(10 * 1000);
	return held;
}

static void let_reader_go(struct fixture *f)
{
	free(run_aside(f->aside,
		       "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"));
}

static void assert_near(const struct asked *asked, int64_t together)
{
	const struct items_near_row *rows = asked->request.rows;
	assert_int_equal(asked->result, PROBLEM_NONE);
	assert_int_equal(asked->request.count, 2);
	for (int i = 0; i < 2; i++) {
		const int64_t *ids = rows[i].ids.items;
		assert_int_equal(rows[i].id, asked->id.id + 1 - i);
		assert_true(str_equal(rows[i].note, arena_printf(asked->arena, "note %d", (int)rows[i].id)));
		assert_int_equal(ids[0], rows[i].id);
		assert_int_equal(ids[1], asked->id.id);
		assert_int_equal(rows[i].asked, together);
	}
}

static void what_is_read_together_is_one_statement_and_dealt_out(void **state)
{
	struct fixture *f = *state;
	struct asked *held = hold_reader(f);
	for (int i = 1; i <= 20; i++) {
		if (i % 4)
			read_together(&f->asked[i], 10 * i);
		submit(f);
	}
	read_together(&f->asked[21], 10); /* what another asks for too */
	read_together(&f->asked[22], 999);
	submit(f);
	submit(f);
	let_reader_go(f);
	await_all(f);
	assert_int_equal(held->result, PROBLEM_BUSY);
	for (int i = 1; i <= 14; i++) {
		if (i % 4)
			assert_near(&f->asked[i], 17);
		else
			assert_note(&f->asked[i]);
	}
	assert_near(&f->asked[21], 17);
	assert_int_equal(f->asked[22].result, PROBLEM_NONE);
	assert_int_equal(f->asked[22].request.count, 0);
}

static void the_fault_of_one_read_together_is_its_own(void **state)
{
	struct fixture *f = *state;
	(void)hold_reader(f);
	for (int i = 1; i <= 6; i++)
		read_together(&f->asked[i], i == 3 ? 0 : 10 * i);
	f->asked[7].request.statement = &sql_null_of_bigint;
	while (f->submitted < 9)
		submit(f);
	let_reader_go(f);
	await_all(f);
	for (int i = 1; i <= 6; i++) {
		if (i == 3)
			assert_int_equal(f->asked[i].result, PROBLEM_INTERNAL);
		else
			assert_near(&f->asked[i], 1); /* again, each for itself */
	}
	assert_int_equal(f->asked[7].result, PROBLEM_INTERNAL);
	assert_note(&f->asked[8]);
}

static void anybody_reads_as_the_public_role(void **state)
{
	struct fixture *f = *state;
	f->asked[0].request.statement = &sql_scope_now;
	f->asked[0].request.params = NULL;
	submit(f);
	await_all(f);
	assert_int_equal(f->asked[0].result, PROBLEM_NONE);
	const struct scope_now_row *row = f->asked[0].request.rows;
	assert_true(str_equal(row->role, STR("ft_public")));
	assert_int_equal(row->key.len + row->region.len + row->parties.len + row->service.len, 0);
}

static void an_idle_connection_that_died_is_opened_again(void **state)
{
	struct fixture *f = *state;
	f->asked[1].request.statement = &sql_backend;
	submit(f);
	submit(f);
	await_all(f);
	const struct backend_row *backend = f->asked[1].request.rows;
	char text[100];
	snprintf(text, sizeof text, "SELECT pg_terminate_backend(%lld, 5000)", (long long)backend->pid);
	free(run_aside(f->aside, text));
	struct asked *after = submit(f); /* the connection was idle when it went: nobody notices */
	await_all(f);
	assert_note(after);
}

static void what_is_in_flight_when_the_connection_goes_is_unavailable(void **state)
{
	struct fixture *f = *state;
	const struct take_seconds_params long_time = {30};
	f->asked[0].request.statement = &sql_take_seconds;
	f->asked[0].request.params = &long_time;
	while (f->submitted < 4)
		submit(f);
	while (!number_aside(
		f->aside,
		"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
		usleep(10 * 1000);
	await_all(f);
	assert_int_equal(f->asked[0].result, PROBLEM_DB_UNAVAILABLE);
	struct asked *after = submit(f);
	await_all(f);
	assert_note(after);
}

static void away_means_unavailable_quickly(void **state)
{
	struct fixture *f = *state;
	char place[] = "/tmp/farmtrail-link-XXXXXX", target[300], link_path[300], conninfo[300];
	assert_non_null(mkdtemp(place));
	snprintf(target, sizeof target, "%s/.s.PGSQL.5432", getenv("FARMTRAIL_TEST_CLUSTER"));
	snprintf(link_path, sizeof link_path, "%s/.s.PGSQL.5432", place);
	snprintf(conninfo, sizeof conninfo, "host=%s user=postgres dbname=farmtrail application_name=linked",
		 place);
	assert_int_equal(symlink(target, link_path), 0);
	reader_close(f->reader);
	assert_int_equal(reader_open(str_of(conninfo), 1000, &f->reader), PROBLEM_NONE);
	assert_int_equal(unlink(link_path), 0);
	free(run_aside(f->aside, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE "
				 "application_name = 'linked'"));
	while (f->submitted < 100)
		submit(f);
	await_all(f);
	for (int i = 0; i < 100; i++)
		assert_int_equal(f->asked[i].result, PROBLEM_DB_UNAVAILABLE);
	assert_int_equal(symlink(target, link_path), 0);
	usleep(150 * 1000);
	struct asked *after = submit(f);
	await_all(f);
	assert_note(after);
	unlink(link_path);
	rmdir(place);
}

static void closing_answers_what_is_queued(void **state)
{
	struct fixture *f = *state;
	while (f->submitted < 100)
		submit(f);
	reader_close(f->reader);
	f->reader = NULL;
	assert_int_equal(f->tally.fired, 100);
	for (int i = 0; i < 100; i++)
		assert_note(&f->asked[i]);
}

#define IN_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FIXTURE(each_request_gets_its_own_rows),
		IN_FIXTURE(the_failure_of_one_leaves_the_others_alone),
		IN_FIXTURE(what_is_read_together_is_one_statement_and_dealt_out),
		IN_FIXTURE(the_fault_of_one_read_together_is_its_own),
		IN_FIXTURE(anybody_reads_as_the_public_role),
		IN_FIXTURE(an_idle_connection_that_died_is_opened_again),
		IN_FIXTURE(what_is_in_flight_when_the_connection_goes_is_unavailable),
		IN_FIXTURE(away_means_unavailable_quickly),
		IN_FIXTURE(closing_answers_what_is_queued),
	};
	test_database();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
