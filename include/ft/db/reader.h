/* SPDX-License-Identifier: Apache-2.0
 * Point reads of many requests through one connection: sent together, answered one by one, nobody fails for another's
 * fault. For statements of a row or a few that anybody may ask (SQL_SCOPE_PUBLIC): its connection is of the role
 * ft_public for life, so that a scan pays nothing for row security. */
#ifndef FT_DB_READER_H
#define FT_DB_READER_H

#include "ft/base/completion.h"
#include "ft/db/db.h"

struct reader;

/* One read. The submitter keeps it, what it points to and the arena, and touches none of them, until `done` fires. */
struct read_request {
	const struct sql_statement *statement; /* :one or :many, of SQL_SCOPE_PUBLIC */
	const void *params;
	/* Read together with others that ask the same statement, as one: an executor that is started once costs a part of
	 * one for each. Such a statement is :many; each of its array parameters holds one item, any other parameter may
	 * as well be that of a later request; its first column, "n bigint", is the place of the row's items, from 1. */
	bool together;
	struct arena *arena;     /* the rows are built in it */
	struct completion *done; /* fired by the reader's thread */

	void *rows; /* set before `done` fires without a problem; of :one exactly one */
	size_t count;

	enum problem outcome; /* the reader's own, as is what follows */
	struct read_request *next;
};

/* Starts the thread and its connection. PROBLEM_DB_UNAVAILABLE as db_open. */
enum problem reader_open(struct str conninfo, int statement_timeout_ms, struct reader **ret) must_check;
/* From any thread; returns at once. `done` fires with PROBLEM_NOT_FOUND for a :one without a row, with
 * PROBLEM_DB_UNAVAILABLE quickly while the database is away, with PROBLEM_BUSY when too many are queued. */
void reader_submit(struct reader *reader, struct read_request *request);
/* Answers what is queued, then ends the thread. NULL is fine. Nobody may submit any more. */
void reader_close(struct reader *reader);

#endif
