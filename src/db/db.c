/* SPDX-License-Identifier: Apache-2.0
 * What the generated functions call: one statement, its parameters, its rows. */
#include "db_priv.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A fault of this result alone. Outside a transaction what follows on the connection has nothing to do with it. */
static enum problem misfit(struct db *db, const struct sql_statement *s, const char *text)
{
	enum problem of_next = db->failure;
	db->failure = PROBLEM_NONE;
	enum problem p = db_fail(db, s, PROBLEM_INTERNAL, text);
	db->failure = of_next || !db->in_tx ? of_next : p;
	return p;
}

static enum problem column_misfit(struct db *db, const struct sql_statement *s, const char *column)
{
	char text[DB_ERROR_MAX];
	snprintf(text, sizeof text, "column %s does not fit", column);
	return misfit(db, s, text);
}

enum problem db_take_rows(struct db *db, struct arena *arena, const struct sql_statement *s, void **ret,
			  size_t *ret_count)
{
	PGresult *result;
	enum problem p = db_take(db, s, &result);
	if (p)
		return p;
	if (!result) {
		*ret = arena_alloc(arena, s->row_size);
		*ret_count = 0;
		return PROBLEM_NONE;
	}
	const char *wrong = rows_decode(arena, db->vault, s, result, ret, ret_count);
	return wrong ? column_misfit(db, s, wrong) : PROBLEM_NONE;
}

enum problem db_take_shares(struct db *db, const struct sql_statement *s, struct rows_share *shares,
			    size_t count)
{
	PGresult *result;
	enum problem p = db_take(db, s, &result);
	if (p)
		return p;
	const char *wrong = rows_deal(db->vault, s, result, shares, count);
	PQclear(result);
	return wrong ? column_misfit(db, s, wrong) : PROBLEM_NONE;
}

enum problem db_take_many(struct db *db, struct arena *arena, const struct sql_statement *s, void **ret,
			  size_t *ret_count)
{
	assert(s->rows == SQL_MANY);
	return db_take_rows(db, arena, s, ret, ret_count);
}

enum problem db_take_one(struct db *db, struct arena *arena, const struct sql_statement *s, void *ret)
{
	void *rows;
	size_t count;
	assert(s->rows == SQL_ONE);
	enum problem p = db_take_rows(db, arena, s, &rows, &count);
	if (p)
		return p;
	if (count == 0)
		return PROBLEM_NOT_FOUND;
	if (count > 1)
		return misfit(db, s, "more than one row");
	memcpy(ret, rows, s->row_size);
	return PROBLEM_NONE;
}

enum problem db_take_exec(struct db *db, const struct sql_statement *s, int64_t *ret_rows)
{
	PGresult *result;
	enum problem p = db_take(db, s, &result);
	if (p)
		return p;
	if (ret_rows)
		*ret_rows = result ? strtoll(PQcmdTuples(result), NULL, 10) : 0;
	PQclear(result);
	return PROBLEM_NONE;
}

/* Outside a transaction the connection may have died since it was last used. */
static enum problem send_alone(struct db *db, const struct sql_statement *s, const void *params)
{
	enum problem p = db->in_tx ? PROBLEM_NONE : db_ready(db);
	if (!p && !db->in_tx)
		p = db_queue_scope(db, s);
	if (p)
		return p;
	db_queue_as(db, PENDING_STATEMENT, s, params);
	return db_flush(db);
}

enum problem db_one(struct db *db, struct arena *arena, const struct sql_statement *s, const void *params,
		    void *ret)
{
	enum problem p = send_alone(db, s, params);
	return p ? p : db_take_one(db, arena, s, ret);
}

enum problem db_many(struct db *db, struct arena *arena, const struct sql_statement *s, const void *params,
		     void **ret, size_t *ret_count)
{
	enum problem p = send_alone(db, s, params);
	return p ? p : db_take_many(db, arena, s, ret, ret_count);
}

enum problem db_exec(struct db *db, const struct sql_statement *s, const void *params, int64_t *ret_rows)
{
	enum problem p = send_alone(db, s, params);
	return p ? p : db_take_exec(db, s, ret_rows);
}
