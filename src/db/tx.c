/* SPDX-License-Identifier: Apache-2.0
 * Transactions: begin, scope, body, commit; again after a lost race. */
#include "db_priv.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { ATTEMPTS = 8, RECONNECTS = 1 };

static const struct sql_slot no_slots[] = {{0}};
static const struct sql_statement begin_statement = {
	.name = "tx_begin", .text = "BEGIN", .rows = SQL_EXEC, .params = no_slots, .row = no_slots};
static const struct sql_statement commit_statement = {
	.name = "tx_commit", .text = "COMMIT", .rows = SQL_EXEC, .params = no_slots, .row = no_slots};
static const struct sql_statement rollback_statement = {
	.name = "tx_rollback", .text = "ROLLBACK", .rows = SQL_EXEC, .params = no_slots, .row = no_slots};

struct scope_params {
	struct str key, region, parties, service;
};
static const struct sql_slot scope_slots[] = {
	{"key", 25 /* text */, offsetof(struct scope_params, key), false},
	{"region", 25, offsetof(struct scope_params, region), false},
	{"parties", 25, offsetof(struct scope_params, parties), false},
	{"service", 25, offsetof(struct scope_params, service), false},
	{0},
};
/* true: for this transaction only, so that nothing of it is left on a connection that serves others next. */
static const struct sql_statement scope_statement = {
	.name = "tx_scope",
	.text = "SELECT set_config('ft.key', $1, true), set_config('ft.region', $2, true),"
		" set_config('ft.parties', $3, true), set_config('ft.service', $4, true)",
	.rows = SQL_ONE,
	.params = scope_slots,
	.row = no_slots,
};

static const struct sql_statement public_statement = {
	.name = "tx_public",
	.text = "SELECT set_config('role', '" PUBLIC_ROLE "', true)",
	.rows = SQL_ONE,
	.params = no_slots,
	.row = no_slots,
};

const struct db_scope db_program = {.service = true};

static struct scope_params scope_params(struct arena *arena, const struct db_scope *scope)
{
	struct buf parties = buf_create(arena, 2 + 37 * scope->party_count);
	buf_put_char(&parties, '{');
	for (size_t i = 0; i < scope->party_count; i++) {
		if (i)
			buf_put_char(&parties, ',');
		buf_put(&parties, uuid_print(arena, scope->parties[i]));
	}
	buf_put_char(&parties, '}');
	return (struct scope_params){
		.key = uuid_is_nil(scope->key) ? STR("") : uuid_print(arena, scope->key),
		.region = scope->region.at ? scope->region : STR(""),
		.parties = buf_str(&parties),
		.service = scope->service ? STR("on") : STR("off"),
	};
}

static void queue_scope(struct db *db, const struct db_scope *scope)
{
	struct arena *arena = arena_create();
	struct scope_params params = scope_params(arena, scope);
	db_queue_as(db, PENDING_CONTROL, &scope_statement, &params);
	arena_destroy(arena);
}

void db_ride(struct db *db, db_rider *queue, void *context)
{
	db->rider = queue;
	db->rider_context = context;
}

bool db_rides(const struct db *db)
{
	return db->rider != NULL;
}

void db_act_for(struct db *db, const struct db_scope *scope)
{
	db->acts = scope != NULL;
	if (scope)
		db->error_len = 0; /* of whoever it served before */
	db->acting = scope ? *scope : (struct db_scope){.service = false};
}

/* On a connection of the program's own (init, backups) everything runs in its name: its role may be another. */
static bool program_acts(const struct db *db)
{
	return db->acts && db->acting.service && uuid_is_nil(db->acting.key);
}

enum problem db_queue_scope(struct db *db, const struct sql_statement *s)
{
	if (s->scope == SQL_SCOPE_CALLER && !db->acts)
		return db_fail(db, s, PROBLEM_INTERNAL, "nobody acts: call db_act_for");
	db_age_plans(db);
	if (s->scope == SQL_SCOPE_PROGRAM || program_acts(db))
		queue_scope(db, &db_program);
	else if (s->scope == SQL_SCOPE_CALLER)
		queue_scope(db, &db->acting);
	else
		db_queue_as(db, PENDING_CONTROL, &public_statement, NULL /* no parameters */);
	return PROBLEM_NONE;
}

/* Sent with the body's first statement: no round trip of their own. */
static void queue_begin(struct db *db, const struct db_scope *scope)
{
	db_age_plans(db);
	db_queue_as(db, PENDING_CONTROL, &begin_statement, NULL /* no parameters */);
	queue_scope(db, scope);
}

/* *ret_unknown: COMMIT was sent, and its result was not learnt. */
static enum problem commit(struct db *db, bool *ret_unknown)
{
	PGresult *result;
	db->warned = false;
	if (db->rider)
		db->rider(db, db->rider_context);
	db_queue_as(db, PENDING_STATEMENT, &commit_statement, NULL /* no parameters */);
	bool sent = db_connected(db);
	enum problem p = db_flush(db);
	db_skip_to(db, &commit_statement); /* past results of the body that nobody took */
	if (!p)
		p = db_take(db, &commit_statement, &result);
	*ret_unknown = sent && !db_connected(db);
	if (p)
		return p;
	bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
	PQclear(result);
	if (!committed)
		return db_fail(db, &commit_statement, PROBLEM_INTERNAL, "the server rolled back");
	*ret_unknown = db->warned;
	db->rider = NULL;
	return db->warned
		       ? db_fail(db, &commit_statement, PROBLEM_DB_UNAVAILABLE, "replication did not confirm")
		       : PROBLEM_NONE;
}

static void roll_back(struct db *db)
{
	if (!db_connected(db))
		return; /* the server does it */
	db_drain(db);
	db_queue_as(db, PENDING_CONTROL, &rollback_statement, NULL /* no parameters */);
	db_drain(db);
	/* A connection that may still be inside a transaction must not serve anybody. */
	if (db_connected(db) && PQtransactionStatus(db->conn) != PQTRANS_IDLE)
		db_lose(db, "the transaction did not end");
}

static enum problem run_once(struct db *db, const struct db_scope *scope, db_tx_body *body, void *context,
			     bool *ret_unknown)
{
	*ret_unknown = false;
	enum problem p = db_ready(db);
	if (p)
		return p;
	db->in_tx = true;
	db->tx_failure = PROBLEM_NONE;
	queue_begin(db, scope);
	p = body(db, context);
	if (!p)
		p = db->tx_failure; /* one that the body did not pass on */
	if (!p)
		p = commit(db, ret_unknown);
	if (p && !*ret_unknown)
		roll_back(db);
	db->in_tx = false;
	db->failure = db_connected(db) ? PROBLEM_NONE : db->failure;
	return p;
}

/* Short and random, so that those who collided do not meet again. */
static void back_off(int attempt)
{
	uint32_t random = 0;
	(void)!getrandom(&random, sizeof random, GRND_NONBLOCK);
	long most_us = 1000L << attempt;
	struct timespec pause = {.tv_nsec = (500 + (long)(random % (uint32_t)most_us)) * 1000};
	nanosleep(&pause, NULL);
}

enum problem db_tx(struct db *db, const struct db_scope *scope, db_tx_body *body, void *context,
		   bool *reterr_unknown)
{
	bool unknown = false;
	enum problem p = PROBLEM_DB_RETRY;
	db->error_len = 0;
	for (int attempt = 0, reconnects = 0; attempt < ATTEMPTS; attempt++) {
		if (attempt)
			back_off(attempt);
		p = run_once(db, scope, body, context, &unknown);
		bool was_lost = p == PROBLEM_DB_UNAVAILABLE && !unknown && reconnects++ < RECONNECTS;
		if (p != PROBLEM_DB_RETRY && !was_lost)
			break;
	}
	if (p && reterr_unknown)
		*reterr_unknown = unknown;
	return p;
}
