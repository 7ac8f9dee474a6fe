/* SPDX-License-Identifier: Apache-2.0
 * One connection: opening, losing and opening it again; which statements it knows; what its errors mean. */
#include "db_priv.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ft/base/metrics.h"

enum { RECONNECT_PAUSE_US = 100 * 1000 }; /* callers fail fast in between instead of queueing up to connect */
enum { PLANS_FIRST_AGE = 32 };            /* uses of a connection */
static const usec_t PLANS_LAST_US = 60 * USEC_PER_SEC;

static const struct sql_slot no_slots[] = {{0}};
static const struct sql_statement discard_plans = {.name = "discard_plans",
						   .text = "DISCARD PLANS",
						   .rows = SQL_EXEC,
						   .params = no_slots,
						   .row = no_slots};

usec_t monotonic_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static void *must_alloc(void *at)
{
	if (!at) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return at;
}

/* SQLSTATE classes: PostgreSQL documentation, appendix A. */
enum problem problem_of_sqlstate(const char *state)
{
	static const struct {
		const char *prefix;
		enum problem problem;
	} meanings[] = {
		{"08", PROBLEM_DB_UNAVAILABLE},    /* connection exception */
		{"57P", PROBLEM_DB_UNAVAILABLE},   /* shut down, crashed, starting, dropped, idle too long */
		{"53", PROBLEM_DB_UNAVAILABLE},    /* out of disk, memory, connections */
		{"25006", PROBLEM_DB_UNAVAILABLE}, /* read only: this is a standby now */
		{"40001", PROBLEM_DB_RETRY},       /* serialization failure */
		{"40P01", PROBLEM_DB_RETRY},       /* deadlock */
		{"23503", PROBLEM_CONFLICT},       /* foreign key */
		{"23505", PROBLEM_CONFLICT},       /* unique */
		{"23514", PROBLEM_CONFLICT},       /* check */
		{"23P01", PROBLEM_CONFLICT},       /* exclusion */
		{"57014", PROBLEM_BUSY},           /* statement_timeout */
		{"55P03", PROBLEM_BUSY},           /* lock_timeout */
	};
	if (!state || !*state)
		return PROBLEM_DB_UNAVAILABLE;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (strncmp(state, meanings[i].prefix, strlen(meanings[i].prefix)) == 0)
			return meanings[i].problem;
	return PROBLEM_INTERNAL;
}

/* Keeps the text for the log and the first failure of batch and transaction; the first tells the cause. */
enum problem db_fail(struct db *db, const struct sql_statement *s, enum problem p, const char *text)
{
	if (!db->failure) {
		int len = snprintf(db->error, sizeof db->error, "%s: %s", s ? s->name : "connection", text);
		db->error_len = len < DB_ERROR_MAX ? (size_t)len : DB_ERROR_MAX - 1;
		while (db->error_len && db->error[db->error_len - 1] == '\n')
			db->error_len--;
		db->failure = p;
	}
	if (!db->tx_failure)
		db->tx_failure = db->failure;
	return db->failure;
}

struct str db_last_error(const struct db *db)
{
	return db->error_len ? (struct str){db->error, db->error_len} : (struct str){NULL, 0};
}

static size_t slot_of(const struct db *db, const struct sql_statement *s)
{
	size_t i = ((uintptr_t)s >> 4) * 0x9e3779b97f4a7c15u & (db->prepared_room - 1);
	while (db->prepared[i] && db->prepared[i] != s)
		i = (i + 1) & (db->prepared_room - 1);
	return i;
}

bool db_is_prepared(const struct db *db, const struct sql_statement *s)
{
	return db->prepared_room && db->prepared[slot_of(db, s)] == s;
}

static void grow_prepared(struct db *db)
{
	const struct sql_statement **old = db->prepared;
	size_t old_room = db->prepared_room;
	db->prepared_room = old_room ? old_room * 2 : 64;
	db->prepared = must_alloc(calloc(db->prepared_room, sizeof *db->prepared));
	for (size_t i = 0; i < old_room; i++)
		if (old[i])
			db->prepared[slot_of(db, old[i])] = old[i];
	free(old);
}

void db_set_prepared(struct db *db, const struct sql_statement *s)
{
	if (db->prepared_count * 2 >= db->prepared_room)
		grow_prepared(db);
	db->prepared[slot_of(db, s)] = s;
	db->prepared_count++;
}

/* Happens only when a statement does not fit the schema, so building the set again is cheap enough. */
void db_forget_prepared(struct db *db, const struct sql_statement *s)
{
	if (!db_is_prepared(db, s))
		return;
	const struct sql_statement **old = db->prepared;
	size_t room = db->prepared_room;
	db->prepared = must_alloc(calloc(room, sizeof *db->prepared));
	db->prepared_count--;
	for (size_t i = 0; i < room; i++)
		if (old[i] && old[i] != s)
			db->prepared[slot_of(db, old[i])] = old[i];
	free(old);
}

/* Among the indexes of an empty table the planner takes any. */
void db_age_plans(struct db *db)
{
	usec_t now = db->planned ? monotonic_now() : 0;
	if (!db->planned || (++db->uses < db->planned_until && now < db->planned_until_us))
		return;
	db->planned_until = db->uses * 2;
	db->planned_until_us = now + PLANS_LAST_US;
	db_queue_as(db, PENDING_CONTROL, &discard_plans, NULL /* no parameters */);
}

bool db_connected(const struct db *db)
{
	return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}

void db_lose(struct db *db, const char *why)
{
	db_fail(db, NULL, PROBLEM_DB_UNAVAILABLE, why);
	db->failure = PROBLEM_DB_UNAVAILABLE; /* for whatever is still asked for */
	PQfinish(db->conn);
	db->conn = NULL;
	db->pending_first = db->pending_count = db->syncs = db->unsynced = 0;
	db->prepared_count = 0;
	if (db->prepared_room)
		memset(db->prepared, 0, db->prepared_room * sizeof *db->prepared);
}

/* Notices are dropped. A warning during COMMIT means that replication did not confirm it. */
static void receive_notice(void *context, const PGresult *result)
{
	struct db *db = context;
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	if (severity && strcmp(severity, "WARNING") == 0)
		db->warned = true;
}

/* The options that the conninfo itself has; absent if none. Freed by the caller. */
static char *own_options(const char *conninfo)
{
	char *found = NULL;
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL /* reason: connecting will tell */);
	for (PQconninfoOption *o = options; o && o->keyword; o++)
		if (strcmp(o->keyword, "options") == 0 && o->val)
			found = must_alloc(strdup(o->val));
	PQconninfoFree(options);
	return found;
}

/* A plan that is kept must suit tables that grow: each key is looked up, none is found by reading a table along. Keys
 * that are asked for together differ, so that remembering what they led to is vain. */
static const char planned_options[] =
	" -c plan_cache_mode=force_generic_plan -c enable_hashjoin=off -c enable_mergejoin=off"
	" -c enable_material=off -c enable_memoize=off";

/* Reading whole tables once is what sequential scans are for. */
static const char snapshot_options[] =
	" -c default_transaction_isolation=repeatable\\ read -c default_transaction_read_only=on"
	" -c enable_seqscan=on";

static PGconn *connect_to(const struct db *db)
{
	char *own = own_options(db->conninfo.at), *options = NULL;
	/* Plans compiled to machine code cost more than these short statements run. A plan made while a table was
	 * still empty is kept for the life of the connection: without this it would read whole tables for ever, and
	 * every statement of ours has an index that serves it. */
	if (asprintf(
		    &options,
		    "%s -c statement_timeout=%d -c idle_in_transaction_session_timeout=60000 -c timezone=UTC "
		    "-c synchronous_commit=on -c jit=off -c enable_seqscan=off%s%s%s%s",
		    own ? own : "", db->statement_timeout_ms, db->planned ? planned_options : "",
		    db->one_snapshot ? snapshot_options : "", db->role ? " -c role=" : "",
		    db->role ? db->role : "") < 0)
		options = must_alloc(NULL);
	/* What stands before dbname are defaults, what stands after it wins over the conninfo. */
	const char *keys[] = {"connect_timeout", "tcp_user_timeout", "keepalives_idle", "application_name",
			      "dbname",          "client_encoding",  "options",         NULL};
	const char *values[] = {"2", "5000", "5", "farmtrail", db->conninfo.at, "UTF8", options, NULL};
	PGconn *conn = PQconnectdbParams(keys, values, 1 /* dbname is a conninfo */);
	free(options);
	free(own);
	return conn;
}

static enum problem open_connection(struct db *db)
{
	if (monotonic_now() < db->retry_after_us)
		return db->failure = PROBLEM_DB_UNAVAILABLE;
	db->failure = PROBLEM_NONE;
	db->conn = connect_to(db);
	if (!db_connected(db) || !PQenterPipelineMode(db->conn) || PQsetnonblocking(db->conn, 1)) {
		db->retry_after_us = monotonic_now() + RECONNECT_PAUSE_US;
		db_lose(db, PQerrorMessage(db->conn));
		return PROBLEM_DB_UNAVAILABLE;
	}
	PQsetNoticeReceiver(db->conn, receive_notice, db);
	return PROBLEM_NONE;
}

static enum problem open_new(struct str conninfo, int statement_timeout_ms, struct db kind, struct db **ret)
{
	struct db *db = must_alloc(malloc(sizeof *db));
	*db = kind;
	db->planned_until = PLANS_FIRST_AGE;
	db->planned_until_us = monotonic_now() + PLANS_LAST_US;
	db->conninfo = (struct str){must_alloc(strndup(conninfo.at, conninfo.len)), conninfo.len};
	db->statement_timeout_ms = statement_timeout_ms;
	enum problem p = open_connection(db);
	if (p) {
		db_close(db);
		return p;
	}
	*ret = db;
	return PROBLEM_NONE;
}

enum problem db_open(struct str conninfo, int statement_timeout_ms, struct db **ret)
{
	return open_new(conninfo, statement_timeout_ms, (struct db){.role = NULL /* its own */}, ret);
}

enum problem db_open_planned(struct str conninfo, int statement_timeout_ms, struct db **ret)
{
	return open_new(conninfo, statement_timeout_ms, (struct db){.planned = true}, ret);
}

enum problem db_open_as(struct str conninfo, int statement_timeout_ms, const char *role, struct db **ret)
{
	return open_new(conninfo, statement_timeout_ms, (struct db){.role = role, .planned = true}, ret);
}

enum problem db_open_snapshot(struct str conninfo, struct db **ret)
{
	enum { DAY_MS = 24 * 3600 * 1000 };
	return open_new(conninfo, DAY_MS, (struct db){.one_snapshot = true}, ret);
}

void db_use_vault(struct db *db, const struct vault *vault)
{
	db->vault = vault;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	PQfinish(db->conn);
	free(db->prepared);
	free(db->pending);
	wire_finish(&db->bound.wire);
	free((char *)(uintptr_t)db->conninfo.at);
	free(db);
}

/* An idle connection has little to say: a changed setting, or goodbye, which the end of the stream follows. */
static bool has_died(struct db *db)
{
	struct pollfd socket = {.fd = PQsocket(db->conn), .events = POLLIN};
	while (poll(&socket, 1, 0 /* do not wait */) != 0)
		if (!PQconsumeInput(db->conn) || !db_connected(db))
			return true;
	return false;
}

enum problem db_ready(struct db *db)
{
	if (db_connected(db) && (db->pending_count || !has_died(db))) {
		if (!db->pending_count)
			db->failure = PROBLEM_NONE;
		return PROBLEM_NONE;
	}
	if (db->conn) {
		db_lose(db, "the server closed it");
		metric_add(METRIC_DB_RECONNECTS, 1);
	}
	return open_connection(db);
}
