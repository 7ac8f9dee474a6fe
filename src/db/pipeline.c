/* SPDX-License-Identifier: Apache-2.0
 * Statements on their way and results on theirs: libpq's pipeline mode, in which every connection runs for life. */
#include "db_priv.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void push(struct db *db, enum pending_kind kind, const struct sql_statement *s)
{
	size_t end = db->pending_first + db->pending_count;
	if (end == db->pending_room) {
		db->pending_room = db->pending_room ? db->pending_room * 2 : 64;
		db->pending = realloc(db->pending, db->pending_room * sizeof *db->pending);
		if (!db->pending) {
			fputs("out of memory\n", stderr);
			abort();
		}
	}
	db->pending[end] = (struct pending){.kind = kind, .statement = s};
	db->pending_count++;
	db->syncs += kind == PENDING_SYNC;
	db->unsynced = kind == PENDING_SYNC ? 0 : db->unsynced + (kind != PENDING_NOTHING);
}

static struct pending pop(struct db *db)
{
	struct pending head = db->pending[db->pending_first++];
	db->syncs -= head.kind == PENDING_SYNC;
	if (--db->pending_count == 0)
		db->pending_first = 0;
	return head;
}

static bool send_prepare(struct db *db, const struct sql_statement *s)
{
	Oid types[SQL_PARAMS_MAX];
	int count = 0;
	for (const struct sql_slot *slot = s->params; slot->name; slot++)
		types[count++] = slot->oid;
	if (!PQsendPrepare(db->conn, s->name, s->text, count, types))
		return false;
	push(db, PENDING_PREPARE, s);
	db_set_prepared(db, s); /* so that a second use in the same batch does not prepare it again */
	return true;
}

void db_queue_joined(struct db *db, enum pending_kind kind, const struct sql_statement *s,
		     const void *const *sets, size_t set_count)
{
	if (!db_connected(db)) {
		db_fail(db, s, PROBLEM_DB_UNAVAILABLE, "not connected");
		return;
	}
	const char *wrong = bind_params(&db->bound, db->vault, s, sets, set_count);
	if (wrong) {
		push(db, PENDING_UNSENT, s);
		db->pending[db->pending_first + db->pending_count - 1].parameter = wrong;
		if (!db->tx_failure)
			db->tx_failure = PROBLEM_INTERNAL; /* even if nobody takes its result */
		return;
	}
	struct bound *b = &db->bound;
	if ((db_is_prepared(db, s) || send_prepare(db, s)) &&
	    PQsendQueryPrepared(db->conn, s->name, b->count, b->values, b->lengths, b->formats,
				1 /* binary rows */))
		push(db, kind, s);
	else
		db_lose(db, PQerrorMessage(db->conn));
}

void db_queue_as(struct db *db, enum pending_kind kind, const struct sql_statement *s, const void *params)
{
	db_queue_joined(db, kind, s, &params, 1);
}

/* A statement that is run for the elements of arrays, and there are none. */
static bool has_nothing_to_do(const struct sql_statement *s, const void *params)
{
	bool asked = false;
	for (const struct sql_slot *slot = s->params; slot->name; slot++) {
		const struct sql_array *array = (const void *)((const char *)params + slot->offset);
		if (slot->each && array->count)
			return false;
		asked |= slot->each;
	}
	return asked;
}

/* Of an insert whose rows come as arrays; 0: it is another statement. */
static size_t rows_of(const struct sql_statement *s, const void *params)
{
	return s->single
		       ? ((const struct sql_array *)(const void *)((const char *)params + s->params->offset))
				 ->count
		       : 0;
}

static bool is_of_one_row(const struct sql_statement *s, const void *params)
{
	if (!s->single)
		return false;
	for (const struct sql_slot *slot = s->params; slot->name; slot++)
		if (((const struct sql_array *)(const void *)((const char *)params + slot->offset))->count !=
		    1)
			return false;
	return true;
}

void db_queue(struct db *db, const struct sql_statement *s, const void *params)
{
	assert(db->in_tx);
	db->uses += rows_of(s, params);
	if (has_nothing_to_do(s, params))
		push(db, PENDING_NOTHING, s);
	else
		db_queue_as(db, PENDING_STATEMENT, is_of_one_row(s, params) ? s->single : s, params);
}

void db_send(struct db *db)
{
	if (db_connected(db) && PQflush(db->conn) < 0)
		db_lose(db, PQerrorMessage(db->conn));
}

enum problem db_flush(struct db *db)
{
	if (!db_connected(db))
		return db_fail(db, NULL, PROBLEM_DB_UNAVAILABLE, "not connected");
	if (!db->unsynced)
		return PROBLEM_NONE;
	if (!PQpipelineSync(db->conn)) {
		db_lose(db, PQerrorMessage(db->conn));
		return PROBLEM_DB_UNAVAILABLE;
	}
	push(db, PENDING_SYNC, NULL);
	return PROBLEM_NONE;
}

/* false, with the connection given up, when the server does not answer in time or is gone. Sends the rest of what is
 * queued meanwhile: the connection is non-blocking, so that a frozen server holds nobody for ever. */
static bool wait_for_answer(struct db *db)
{
	usec_t deadline = monotonic_now() + (usec_t)(db->statement_timeout_ms + ANSWER_GRACE_MS) * 1000;
	while (PQisBusy(db->conn)) {
		usec_t left_us = deadline - monotonic_now();
		struct pollfd socket = {.fd = PQsocket(db->conn), .events = POLLIN};
		if (PQflush(db->conn) > 0)
			socket.events |= POLLOUT;
		int ready = left_us > 0 ? poll(&socket, 1, (int)(left_us / 1000 + 1)) : 0;
		if (ready == 0) {
			db_lose(db, "no answer in time");
			return false;
		}
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0 || !PQconsumeInput(db->conn)) {
			db_lose(db, PQerrorMessage(db->conn));
			return false;
		}
	}
	return true;
}

/* Whether the server ends the connection with this. */
static bool is_last_word(const PGresult *result)
{
	const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}

static enum problem fail_with(struct db *db, const struct sql_statement *s, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	char text[DB_ERROR_MAX];
	snprintf(text, sizeof text, "%s %s", state ? state : "",
		 message ? message : PQresultErrorMessage(result));
	return db_fail(db, s, is_last_word(result) ? PROBLEM_DB_UNAVAILABLE : problem_of_sqlstate(state),
		       text);
}

/* The connection is gone or out of step; what the server said last is the reason, if it said anything. */
static PGresult *give_up(struct db *db, PGresult *result)
{
	if (result && PQresultStatus(result) == PGRES_FATAL_ERROR)
		fail_with(db, NULL, result);
	PQclear(result);
	db_lose(db, db->conn ? PQerrorMessage(db->conn) : "the connection was lost");
	return NULL;
}

/* The one result of the head of the queue; NULL when the connection went. */
static PGresult *receive(struct db *db)
{
	bool is_sync = db->pending[db->pending_first].kind == PENDING_SYNC;
	if (!wait_for_answer(db))
		return NULL;
	PGresult *result = PQgetResult(db->conn);
	if (!result || is_last_word(result) || (PQresultStatus(result) == PGRES_PIPELINE_SYNC) != is_sync)
		return give_up(db, result);
	if (is_sync)
		return result; /* the one result that no NULL follows */
	PGresult *end = wait_for_answer(db) ? PQgetResult(db->conn) : NULL;
	if (!end && db_connected(db))
		return result;
	PQclear(end);
	return give_up(db, result);
}

static enum problem fail_unsent(struct db *db, struct pending unsent)
{
	char text[DB_ERROR_MAX];
	snprintf(text, sizeof text, "parameter %s is out of range", unsent.parameter);
	return db_fail(db, unsent.statement, PROBLEM_INTERNAL, text);
}

/* Answers the head of the queue, whatever it is. *ret is set for a statement that succeeded. */
static enum problem settle_head(struct db *db, PGresult **ret)
{
	if (db->pending[db->pending_first].kind == PENDING_UNSENT)
		return fail_unsent(db, pop(db));
	if (db->pending[db->pending_first].kind == PENDING_NOTHING) {
		(void)pop(db);
		return db->failure; /* of one before it */
	}
	PGresult *result = receive(db);
	if (!result)
		return db->failure;
	struct pending head = pop(db);
	ExecStatusType status = PQresultStatus(result);
	enum problem p = PROBLEM_NONE;
	if (head.kind == PENDING_SYNC) {
		db->failure = db->in_tx ? db->tx_failure : PROBLEM_NONE;
	} else if (status == PGRES_PIPELINE_ABORTED) {
		p = db_fail(db, head.statement, PROBLEM_INTERNAL, "skipped");
	} else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		p = fail_with(db, head.statement, result);
	}
	if (p && head.kind == PENDING_PREPARE)
		db_forget_prepared(db, head.statement);
	if (!p && head.kind == PENDING_STATEMENT)
		*ret = result;
	else
		PQclear(result);
	return p;
}

static void skip_head(struct db *db)
{
	PGresult *unwanted = NULL;
	(void)!settle_head(db, &unwanted);
	PQclear(unwanted);
}

static bool is_taken(enum pending_kind kind)
{
	return kind == PENDING_STATEMENT || kind == PENDING_UNSENT || kind == PENDING_NOTHING;
}

/* Everything at the head that no caller waits for, as long as its answer is on the way. */
static void settle_others(struct db *db)
{
	while (db->syncs && !is_taken(db->pending[db->pending_first].kind))
		skip_head(db);
}

static bool is_of(const struct pending *pending, const struct sql_statement *s)
{
	return pending->statement == s || (s->single && pending->statement == s->single);
}

enum problem db_take(struct db *db, const struct sql_statement *s, PGresult **ret)
{
	settle_others(db);
	if (!db->pending_count && db->failure)
		return db->failure;
	assert(db->pending_count && is_of(&db->pending[db->pending_first], s));
	assert(db->syncs || db->pending[db->pending_first].kind == PENDING_NOTHING);
	PGresult *result = NULL;
	enum problem p = settle_head(db, &result);
	settle_others(db);
	if (!p)
		*ret = result;
	return p;
}

void db_skip_to(struct db *db, const struct sql_statement *s)
{
	while (db->syncs && db->pending[db->pending_first].statement != s)
		skip_head(db);
}

void db_drain(struct db *db)
{
	if (db->pending_count && db->pending[db->pending_first + db->pending_count - 1].kind != PENDING_SYNC)
		(void)!db_flush(db);
	while (db->pending_count)
		skip_head(db);
}
