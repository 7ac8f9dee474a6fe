/* SPDX-License-Identifier: Apache-2.0
 * The pipelined point reader: a thread that takes what is queued, sends it with a sync each, and hands out the rows. */
#include "ft/db/reader.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "db_priv.h"

enum {
	BATCH = 32, /* requests sent before the first answer is awaited: more would only make the first wait */
	QUEUE_MAX = 10000, /* beyond it the database does not keep up, and waiting longer helps nobody */
};

struct reader {
	struct db *db; /* the thread's own */
	pthread_t thread;

	pthread_mutex_t queue_lock; /* guards what follows */
	pthread_cond_t queue_filled;
	struct read_request *first, **end;
	size_t queued;
	bool closing;
};

/* Waits for requests. Their number, 0 when the reader closes. */
static size_t take_batch(struct reader *reader, struct read_request *batch[BATCH])
{
	size_t count = 0;
	pthread_mutex_lock(&reader->queue_lock);
	while (!reader->first && !reader->closing)
		pthread_cond_wait(&reader->queue_filled, &reader->queue_lock);
	for (; reader->first && count < BATCH; count++) {
		batch[count] = reader->first;
		reader->first = reader->first->next;
	}
	if (!reader->first)
		reader->end = &reader->first;
	reader->queued -= count;
	pthread_mutex_unlock(&reader->queue_lock);
	return count;
}

static void send(struct db *db, struct read_request *request)
{
	db_queue_as(db, PENDING_STATEMENT, request->statement, request->params);
}

static enum problem receive(struct db *db, struct read_request *request)
{
	void *rows;
	size_t count;
	enum problem p = db_take_rows(db, request->arena, request->statement, &rows, &count);
	if (p)
		return p;
	if (request->statement->rows == SQL_ONE && count != 1)
		return count ? PROBLEM_INTERNAL : PROBLEM_NOT_FOUND;
	request->rows = rows;
	request->count = count;
	return PROBLEM_NONE;
}

static void answer(struct read_request *request)
{
	struct completion *done = request->done; /* after it fires the request is no longer ours */
	done->fire(done, request->outcome);
}

/* How many of them came after one that failed, and have to be read again: these come first now. */
static size_t receive_all(struct db *db, struct read_request *batch[], size_t count)
{
	size_t again = 0;
	bool aborted = false;
	for (size_t i = 0; i < count; i++) {
		struct read_request *request = batch[i];
		request->outcome = receive(db, request);
		if (aborted) { /* changes places with one that has its answer */
			batch[i] = batch[again];
			batch[again++] = request;
		}
		aborted = i + 1 < count && db->failure && db->failure != PROBLEM_DB_UNAVAILABLE;
	}
	return again;
}

/* Whoever waits is woken when all have their rows: waking for each costs more than its read. */
static void serve(struct db *db, struct read_request *batch[], size_t count)
{
	enum problem away = db_ready(db);
	for (size_t i = 0; i < count && away; i++)
		batch[i]->outcome = away;
	/* One sync for all: what stands between two is a transaction, and of reads one is enough. */
	for (size_t i = 0; i < count && !away; i++)
		send(db, batch[i]);
	if (!away)
		(void)!db_flush(db); /* when this fails, so does the taking */
	size_t again = away ? 0 : receive_all(db, batch, count);
	for (size_t i = 0; i < again; i++) {
		send(db, batch[i]);
		(void)!db_flush(db);
		batch[i]->outcome = receive(db, batch[i]);
	}
	for (size_t i = 0; i < count; i++)
		answer(batch[i]);
}

static void *run(void *context)
{
	struct reader *reader = context;
	struct read_request *batch[BATCH];
	for (size_t count; (count = take_batch(reader, batch)) > 0;)
		serve(reader->db, batch, count);
	return NULL;
}

enum problem reader_open(struct str conninfo, int statement_timeout_ms, struct reader **ret)
{
	struct db *db;
	enum problem p = db_open_as(conninfo, statement_timeout_ms, PUBLIC_ROLE, &db);
	if (p)
		return p;
	struct reader *reader = calloc(1, sizeof *reader);
	if (!reader) {
		fputs("out of memory\n", stderr);
		abort();
	}
	reader->db = db;
	reader->end = &reader->first;
	pthread_mutex_init(&reader->queue_lock, NULL);
	pthread_cond_init(&reader->queue_filled, NULL);
	if (pthread_create(&reader->thread, NULL, run, reader) != 0) {
		fputs("cannot start a thread\n", stderr);
		abort();
	}
	*ret = reader;
	return PROBLEM_NONE;
}

void reader_submit(struct reader *reader, struct read_request *request)
{
	assert(request->statement->scope == SQL_SCOPE_PUBLIC);
	request->next = NULL;
	pthread_mutex_lock(&reader->queue_lock);
	bool is_full = reader->queued >= QUEUE_MAX;
	if (!is_full) {
		*reader->end = request;
		reader->end = &request->next;
		reader->queued++;
		pthread_cond_signal(&reader->queue_filled);
	}
	pthread_mutex_unlock(&reader->queue_lock);
	if (is_full)
		request->done->fire(request->done, PROBLEM_BUSY);
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	pthread_mutex_lock(&reader->queue_lock);
	reader->closing = true;
	pthread_cond_signal(&reader->queue_filled);
	pthread_mutex_unlock(&reader->queue_lock);
	pthread_join(reader->thread, NULL);
	pthread_cond_destroy(&reader->queue_filled);
	pthread_mutex_destroy(&reader->queue_lock);
	db_close(reader->db);
	free(reader);
}
