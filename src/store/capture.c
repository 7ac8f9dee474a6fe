/* SPDX-License-Identifier: Apache-2.0
 * The group writer's threads: take all that is queued, run it as one transaction, answer after the commit. No timer:
 * the running commit is the window in which the next batch gathers. */
#include <stdlib.h>
#include <string.h>

#include "capture_priv.h"
#include "ft/base/metrics.h"

enum {
	QUEUE_MAX = 4096,
	CONFLICT_ATTEMPTS = 5,
	BATCH_EDGES =
		2 *
		RECORD_MAX_EDGES, /* what a batch writes at most, so that no record waits for many large ones */
};

struct writer {
	struct capture *capture;
	struct db *db;
};

void *rows_add(struct arena *arena, struct rows *rows, size_t size)
{
	if (rows->count == rows->room) {
		size_t room = rows->room ? rows->room * 2 : 16;
		void *items = arena_alloc_array(arena, room, size);
		if (rows->count)
			memcpy(items, rows->items, rows->count * size);
		rows->items = items;
		rows->room = room;
		rows->size = size;
	}
	return (char *)rows->items + rows->count++ * size;
}

static size_t edges_of(const struct capture_job *job)
{
	return job->record->inputs.count * job->record->outputs.count;
}

static size_t queue_take(struct capture *capture, struct capture_job **ret, size_t most)
{
	size_t count = 0, edges = 0;
	pthread_mutex_lock(&capture->queue_lock);
	while (!capture->first && !capture->stopping)
		pthread_cond_wait(&capture->queue_filled, &capture->queue_lock);
	while (capture->first && count < most) {
		edges += edges_of(capture->first);
		if (count && edges > BATCH_EDGES)
			break;
		ret[count++] = capture->first;
		capture->first = capture->first->next;
	}
	if (!capture->first)
		capture->last = NULL;
	capture->queued -= count;
	pthread_mutex_unlock(&capture->queue_lock);
	return count;
}

enum problem capture_submit(struct capture *capture, struct capture_job *job)
{
	pthread_mutex_lock(&capture->queue_lock);
	bool full = capture->queued >= QUEUE_MAX || capture->stopping;
	if (!full) {
		job->next = NULL;
		if (capture->last)
			capture->last->next = job;
		else
			capture->first = job;
		capture->last = job;
		capture->queued++;
		pthread_cond_signal(&capture->queue_filled);
	}
	pthread_mutex_unlock(&capture->queue_lock);
	return full ? PROBLEM_BUSY : PROBLEM_NONE;
}

bool capture_accepts(struct capture *capture)
{
	pthread_mutex_lock(&capture->queue_lock);
	bool accepts = capture->queued < QUEUE_MAX && !capture->stopping;
	pthread_mutex_unlock(&capture->queue_lock);
	return accepts;
}

struct attempt {
	struct capture *capture;
	struct capture_job **jobs;
	size_t count;
	struct arena *arena; /* of the attempt that is running or has committed */
	struct batch batch;
};

static enum problem attempt_body(struct db *db, void *context)
{
	struct attempt *attempt = context;
	arena_destroy(attempt->arena);
	attempt->arena = arena_create();
	attempt->batch = (struct batch){.capture = attempt->capture, .db = db, .arena = attempt->arena};
	struct batch *batch = &attempt->batch;
	items_prepare(batch, attempt->jobs, attempt->count);
	enum problem p = batch_load(batch);
	if (!p)
		p = batch_alert_facts(batch);
	if (p)
		return p;
	batch_decide(batch);
	if (!batch->events.count)
		return PROBLEM_NONE;
	p = alerts_resolve(batch);
	if (!p)
		p = seal_sign(batch->arena, attempt->capture->settings.signer,
			      attempt->capture->settings.config->origin, batch->sealed.items,
			      batch->sealed.count);
	if (!p)
		batch_write(batch);
	return p;
}

/* Every lot whose trail the batch changed. Trails of descendants are keyed by these too: an entry keeps its whole set. */
static void cache_drop(struct batch *batch)
{
	size_t count = 0;
	const struct uuid *touched = batch->touched.items;
	struct uuid *lots =
		arena_array(batch->arena, struct uuid, map_count(batch->lots) + batch->touched.count + 1);
	for (size_t i = 0; i < batch->touched.count; i++)
		lots[count++] = touched[i];
	for (size_t i = 0; i < map_count(batch->lots); i++) {
		const struct lot_fact *lot = map_at(batch->lots, i);
		if (lot->dirty)
			lots[count++] = lot->row.lot_id;
	}
	trail_cache_drop(batch->capture->settings.cache, lots, count);
}

static void answer_all(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		struct capture_job *job = item->job;
		metric_add(item->problem ? METRIC_CAPTURE_REFUSED : METRIC_CAPTURES, 1);
		job->done->fire(job->done, item->problem);
	}
}

static void fail_all(struct capture_job **jobs, size_t count, enum problem p)
{
	for (size_t i = 0; i < count; i++)
		jobs[i]->done->fire(jobs[i]->done, p);
}

static enum problem run(struct writer *writer, struct attempt *attempt)
{
	static const struct db_scope service = {.service = true};
	bool unknown = false;
	enum problem p = db_ready(writer->db);
	if (!p)
		p = db_tx(writer->db, &service, attempt_body, attempt, &unknown);
	if (p && unknown) /* the client asks again with the same id and learns what became of it */
		p = PROBLEM_DB_UNAVAILABLE;
	return p;
}

/* A number, an id or an alert that another writer made a moment ago is found when the record is run again. */
static enum problem run_until_settled(struct writer *writer, struct attempt *attempt)
{
	enum problem p = run(writer, attempt);
	for (int i = 1; p == PROBLEM_CONFLICT && attempt->count == 1 && i < CONFLICT_ATTEMPTS; i++) {
		metric_add(METRIC_CAPTURE_RETRIES, 1);
		p = run(writer, attempt);
	}
	return p;
}

static void process(struct writer *writer, struct capture_job **jobs, size_t count)
{
	struct attempt attempt = {.capture = writer->capture, .jobs = jobs, .count = count};
	enum problem p = run_until_settled(writer, &attempt);
	if (!p) {
		cache_drop(&attempt.batch);
		metric_add(METRIC_CAPTURE_BATCHES, 1);
		answer_all(&attempt.batch);
	} else if (count > 1 && p != PROBLEM_DB_UNAVAILABLE && p != PROBLEM_SIGNER_UNAVAILABLE) {
		/* One record broke the statement for all: each for itself, so that only that one fails. */
		metric_add(METRIC_CAPTURE_RETRIES, 1);
		for (size_t i = 0; i < count; i++)
			process(writer, &jobs[i], 1);
	} else {
		fail_all(jobs, count, p == PROBLEM_CONFLICT ? PROBLEM_DB_RETRY : p);
	}
	arena_destroy(attempt.arena);
}

static void *writer_main(void *argument)
{
	struct writer *writer = argument;
	size_t most = (size_t)writer->capture->limits.batch, count;
	struct capture_job **jobs = calloc(most, sizeof(*jobs));
	if (!jobs)
		abort();
	while ((count = queue_take(writer->capture, jobs, most)))
		process(writer, jobs, count);
	free(jobs);
	db_close(writer->db);
	free(writer);
	return NULL;
}

static enum problem writer_start(struct capture *capture)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	if (!writer)
		abort();
	writer->capture = capture;
	enum problem p = db_open(capture->settings.conninfo,
				 (int)capture->settings.config->statement_timeout_ms, &writer->db);
	if (p || pthread_create(&capture->threads[capture->thread_count], NULL, writer_main, writer)) {
		db_close(writer->db);
		free(writer);
		return p ? p : PROBLEM_INTERNAL;
	}
	capture->thread_count++;
	return PROBLEM_NONE;
}

static enum problem clock_continue(struct capture *capture)
{
	struct db *db = NULL;
	struct arena *arena = arena_create();
	struct last_recorded_at_row last;
	enum problem p =
		db_open(capture->settings.conninfo, (int)capture->settings.config->statement_timeout_ms, &db);
	if (!p)
		p = last_recorded_at(db, arena, &last);
	if (!p)
		capture->last_recorded_us = last.recorded_at;
	db_close(db);
	arena_destroy(arena);
	return p;
}

enum problem capture_start(const struct capture_settings *settings, struct capture **ret,
			   struct fault *reterr)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	if (!capture)
		abort();
	capture->settings = *settings;
	capture->limits.batch = settings->config->capture_batch;
	capture->limits.writers = settings->config->capture_writers;
	capture->threads = calloc((size_t)capture->limits.writers, sizeof(*capture->threads));
	if (!capture->threads)
		abort();
	pthread_mutex_init(&capture->queue_lock, NULL);
	pthread_cond_init(&capture->queue_filled, NULL);
	pthread_mutex_init(&capture->clock_lock, NULL);
	enum problem p = clock_continue(capture);
	for (int64_t i = 0; !p && i < capture->limits.writers; i++)
		p = writer_start(capture);
	if (p) {
		capture_stop(capture);
		reterr->detail = STR("the group writer cannot reach the database");
		return p;
	}
	*ret = capture;
	return PROBLEM_NONE;
}

void capture_stop(struct capture *capture)
{
	if (!capture)
		return;
	pthread_mutex_lock(&capture->queue_lock);
	capture->stopping = true;
	pthread_cond_broadcast(&capture->queue_filled);
	pthread_mutex_unlock(&capture->queue_lock);
	for (size_t i = 0; i < capture->thread_count; i++)
		pthread_join(capture->threads[i], NULL);
	pthread_cond_destroy(&capture->queue_filled);
	pthread_mutex_destroy(&capture->queue_lock);
	pthread_mutex_destroy(&capture->clock_lock);
	free(capture->threads);
	free(capture);
}
