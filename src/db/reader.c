/* SPDX-License-Identifier: Apache-2.0
 * The point reader: a thread that takes what is queued, sends it all at once, what asks the same as one statement, and
 * hands out the rows. */
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

/* Requests that one statement answers. */
struct reading {
	struct read_request **requests;
	size_t count;
};

/* The next of a batch: one request, or all that are read together with it, which change places with others. */
static struct reading reading_next(struct read_request *batch[], size_t count)
{
	struct reading reading = {batch, 1};
	for (size_t i = 1; i < count && batch[0]->together; i++) {
		struct read_request *request = batch[i];
		if (request->statement != batch[0]->statement)
			continue;
		batch[i] = batch[reading.count];
		batch[reading.count++] = request;
	}
	return reading;
}

static void send(struct db *db, const struct reading *reading)
{
	const void *sets[BATCH];
	for (size_t i = 0; i < reading->count; i++)
		sets[i] = reading->requests[i]->params;
	db_queue_joined(db, PENDING_STATEMENT, reading->requests[0]->statement, sets, reading->count);
}

static enum problem receive_one(struct db *db, struct read_request *request)
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

static enum problem receive_shares(struct db *db, const struct reading *reading)
{
	struct rows_share shares[BATCH];
	for (size_t i = 0; i < reading->count; i++)
		shares[i].arena = reading->requests[i]->arena;
	enum problem p = db_take_shares(db, reading->requests[0]->statement, shares, reading->count);
	for (size_t i = 0; i < reading->count && !p; i++) {
		reading->requests[i]->rows = shares[i].rows;
		reading->requests[i]->count = shares[i].count;
	}
	return p;
}

static enum problem receive(struct db *db, const struct reading *reading)
{
	enum problem p = reading->requests[0]->together ? receive_shares(db, reading)
							: receive_one(db, reading->requests[0]);
	for (size_t i = 0; i < reading->count; i++)
		reading->requests[i]->outcome = p;
	return p;
}

static void answer(struct read_request *request)
{
	struct completion *done = request->done; /* after it fires the request is no longer ours */
	done->fire(done, request->outcome);
}

/* What came after a failure was skipped; of those that were read together one may be at fault, unless it took too long for
 * all. */
static bool is_read_again(const struct reading *reading, bool skipped, enum problem p)
{
	return p && p != PROBLEM_DB_UNAVAILABLE && (skipped || (reading->count > 1 && p != PROBLEM_BUSY));
}

static void read_alone(struct db *db, struct read_request *request)
{
	const struct reading alone = {&request, 1};
	send(db, &alone);
	(void)!db_flush(db);
	(void)receive(db, &alone);
}

static void receive_all(struct db *db, const struct reading *readings, size_t count)
{
	struct read_request *again[BATCH];
	size_t again_count = 0;
	bool skipped = false;
	for (size_t i = 0; i < count; i++) {
		const struct reading *reading = &readings[i];
		enum problem p = receive(db, reading);
		for (size_t k = 0; k < reading->count && is_read_again(reading, skipped, p); k++)
			again[again_count++] = reading->requests[k];
		skipped = i + 1 < count && db->failure && db->failure != PROBLEM_DB_UNAVAILABLE;
	}
	for (size_t i = 0; i < again_count; i++)
		read_alone(db, again[i]);
}

/* Whoever waits is woken when all have their rows: waking for each costs more than its read. */
static void serve(struct db *db, struct read_request *batch[], size_t count)
{
	struct reading readings[BATCH];
	size_t reading_count = 0;
	enum problem away = db_ready(db);
	for (size_t i = 0; i < count && away; i++)
		batch[i]->outcome = away;
	if (!away)
		db_age_plans(db);
	/* One sync for all: what stands between two is a transaction, and of reads one is enough. */
	for (size_t i = 0; i < count && !away; i += readings[reading_count++].count) {
		readings[reading_count] = reading_next(&batch[i], count - i);
		send(db, &readings[reading_count]);
	}
	if (!away)
		(void)!db_flush(db); /* when this fails, so does the taking */
	receive_all(db, readings, reading_count);
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
	assert(!request->together || request->statement->rows == SQL_MANY);
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
