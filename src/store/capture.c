/* SPDX-License-Identifier: Apache-2.0
 * The group writer's threads: take all that is queued, run it as one transaction, answer after the commit. No timer:
 * the running commit is the window in which the next batch gathers. */
#include <stdlib.h>
#include <string.h>

#include "capture_pack_priv.h"
#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/store/item_memory.h"

enum {
	QUEUE_MAX = 4096,
	CONFLICT_ATTEMPTS = 5,
	BATCH_EDGES =
		CAPTURE_UNIT_EDGES, /* what a batch writes at most, so that no record waits for many large ones */
};

struct writer {
	struct capture *capture;
	size_t n;
	struct db *db;
	struct capture_job **jobs; /* room for those of one round */
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

size_t capture_edges(const struct record *record)
{
	const struct record *stated = record->replacement ? record->replacement : record;
	return stated->inputs.count * stated->outputs.count;
}

static size_t edges_of(const struct capture_unit *unit)
{
	size_t edges = 0;
	for (size_t i = 0; i < unit->count; i++)
		edges += unit->jobs[i].event    ? epcis_event_edges(unit->jobs[i].event)
			 : unit->jobs[i].record ? capture_edges(unit->jobs[i].record)
						: 0; /* a note: alone in any case */
	return edges;
}

/* The same request again waits until the first is remembered. */
static bool repeats(const struct capture_unit *unit, struct capture_unit *const *taken, size_t count)
{
	for (size_t i = 0; unit->once && i < count; i++)
		if (taken[i]->once && sha256_equal(taken[i]->once->hash, unit->once->hash))
			return true;
	return false;
}

/* Whole units, until there are enough records. One that may be taken back stays alone: what it would leave undone would
 * be the ground on which others were decided. */
static size_t queue_take(struct capture *capture, struct capture_queue *queue, struct capture_unit **ret,
			 size_t most)
{
	size_t count = 0, records = 0, edges = 0;
	pthread_mutex_lock(&capture->queue_lock);
	while (!queue->first && !capture->stopping)
		pthread_cond_wait(&queue->filled, &capture->queue_lock);
	while (queue->first && count < most) {
		struct capture_unit *unit = queue->first;
		records += unit->count;
		edges += edges_of(unit);
		bool alone = unit->all_or_nothing || (count && ret[0]->all_or_nothing);
		if (count && (alone || records > most || edges > BATCH_EDGES || repeats(unit, ret, count)))
			break;
		ret[count++] = unit;
		queue->first = unit->next;
		capture->queued -= unit->count;
	}
	if (!queue->first)
		queue->last = NULL;
	pthread_mutex_unlock(&capture->queue_lock);
	return count;
}

/* All that one organisation records goes to the same writer: two would wait for each other at its key. */
static struct capture_queue *queue_of(const struct capture *capture, const struct capture_unit *unit)
{
	uint64_t n = 0;
	if (unit->count) {
		const struct capture_job *job = unit->jobs;
		const struct uuid *whose = job->party_count ? &job->parties[0] : &job->key;
		memcpy(&n, whose->octets + sizeof whose->octets - sizeof n, sizeof n);
	}
	return &capture->queues[n % (uint64_t)capture->limits.writers];
}

enum problem capture_submit(struct capture *capture, struct capture_unit *unit)
{
	struct capture_queue *queue = queue_of(capture, unit);
	pthread_mutex_lock(&capture->queue_lock);
	bool full = capture->queued + unit->count > QUEUE_MAX || capture->stopping;
	if (!full) {
		unit->next = NULL;
		if (queue->last)
			queue->last->next = unit;
		else
			queue->first = unit;
		queue->last = unit;
		capture->queued += unit->count;
		pthread_cond_signal(&queue->filled);
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
	struct capture_unit **units; /* whose jobs are run; none: jobs are given */
	size_t unit_count;
	struct capture_job **jobs;
	size_t count;
	bool all_or_nothing;
	bool raises;         /* an alert, while others move goods: known from the attempt before */
	bool pairs;          /* receipts with what records send: known as well */
	struct arena *arena; /* of the attempt that is running or has committed */
	struct batch batch;
};

/* One refused record keeps out those that would have been stored; what was in before stays in. */
static void refuse_together(struct batch *batch)
{
	bool refused = false;
	for (size_t i = 0; i < batch->count; i++)
		refused |= batch->items[i].problem != PROBLEM_NONE;
	if (!refused)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!item->problem && (!item->replay || item->first))
			item->problem = fault_set(item->job->fault, PROBLEM_BATCH_REFUSED, NULL, "%s", "");
	}
	batch->events.count = 0;
}

/* A fault may quote what was read for the batch, and is told after the batch's memory has gone. */
static void fault_keep(const struct capture_job *job)
{
	job->fault->value = arena_str(job->arena, job->fault->value);
	job->fault->detail = arena_str(job->arena, job->fault->detail);
}

static void results_give(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		item->job->problem = item->problem;
		if (item->problem && item->job->arena != batch->arena)
			fault_keep(item->job);
	}
}

/* Of a record that comes alone with its signer's note. An empty document is a unit without jobs. */
static struct capture_own *own_of(const struct capture_unit *unit)
{
	return unit->count ? unit->jobs->own : NULL;
}

/* Units that were carried out before under their Idempotency-Key are left out. */
static void jobs_gather(struct attempt *attempt)
{
	attempt->count = 0;
	for (size_t i = 0; i < attempt->unit_count; i++) {
		struct capture_unit *unit = attempt->units[i];
		bool known = unit->kept || unit->problem || (own_of(unit) && own_of(unit)->settled);
		for (size_t k = 0; !known && k < unit->count; k++)
			attempt->jobs[attempt->count++] = &unit->jobs[k];
	}
}

static void receipts_queue(struct db *db, struct arena *arena, struct capture_unit *const *units,
			   size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (units[i]->receipt && !units[i]->kept)
			receipt_queue(db, arena, units[i]);
}

static enum problem decide_and_write(struct attempt *attempt, struct batch *batch)
{
	enum problem p = herds_lock(batch);
	if (!p)
		p = batch_load(batch);
	if (p)
		return p;
	batch_decide(batch);
	p = batch_judge_short(batch);
	if (p)
		return p;
	if (attempt->all_or_nothing)
		refuse_together(batch);
	struct capture_own *own = batch->items->job->own;
	if (own && !own->sent.at && batch->events.count)
		p = own_check(batch, own);
	if (p)
		return p;
	results_give(batch);
	if (!batch->events.count)
		return PROBLEM_NONE;
	if (own && own->sent.at)
		return own_give(batch, own);
	p = alerts_resolve(batch);
	if (!p)
		p = alerts_close(batch);
	if (!p)
		batch_write(batch);
	if (own)
		own_attach(batch, own);
	else if (!p)
		p = seal_sign(batch->arena, attempt->capture->settings.signer,
			      attempt->capture->settings.config->origin, batch->sealed.items,
			      batch->sealed.count);
	if (!p)
		batch_write_events(batch);
	return p;
}

static enum problem attempt_body(struct db *db, void *context)
{
	struct attempt *attempt = context;
	arena_destroy(attempt->arena);
	attempt->arena = arena_create();
	attempt->batch = (struct batch){.capture = attempt->capture,
					.db = db,
					.arena = attempt->arena,
					.raises = attempt->raises,
					.pairs = attempt->pairs};
	struct batch *batch = &attempt->batch;
	enum problem p = units_recall(db, attempt->arena, attempt->units, attempt->unit_count);
	if (p)
		return p;
	struct capture_unit *alone = attempt->unit_count == 1 ? attempt->units[0] : NULL;
	if (alone && own_of(alone) && !alone->kept && !alone->problem)
		p = own_recall(db, attempt->arena, alone);
	if (p)
		return p;
	if (attempt->unit_count)
		jobs_gather(attempt);
	items_prepare(batch, attempt->jobs, attempt->count);
	if (attempt->count)
		p = decide_and_write(attempt, batch);
	if (p)
		return p;
	units_remember(db, attempt->arena, attempt->units, attempt->unit_count);
	receipts_queue(db, attempt->arena, attempt->units, attempt->unit_count);
	return PROBLEM_NONE;
}

/* When a lot left its maker or ended may be told after its packs were scanned. A new lot has none. */
static void scans_settle(const struct batch *batch)
{
	struct lot_id *lots = arena_array(batch->arena, struct lot_id, map_count(batch->lots));
	size_t count = 0;
	for (size_t i = 0; i < map_count(batch->lots); i++) {
		const struct lot_fact *lot = map_at(batch->lots, i);
		if (lot->dirty && !lot->is_new)
			lots[count++] = (struct lot_id){lot->row.org_id, lot->row.lot_id};
	}
	item_memory_settle(batch->capture->settings.items, lots, count);
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
	if (batch->pack_rows.count + batch->packs_declared.count)
		item_memory_forget(batch->capture->settings.items);
	scans_settle(batch);
}

static void count_results(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		/* a replacement is answered with its correction; a preparation stores nothing */
		if (!batch->items[i].corrects &&
		    !(batch->items[i].job->own && batch->items[i].job->own->sent.at))
			metric_add(batch->items[i].problem ? METRIC_CAPTURE_REFUSED : METRIC_CAPTURES, 1);
}

static enum problem run(struct writer *writer, struct attempt *attempt)
{
	bool unknown = false;
	enum problem p = db_ready(writer->db);
	if (!p)
		p = db_tx(writer->db, &db_program, attempt_body, attempt, &unknown);
	if (p && unknown) /* the client asks again with the same id and learns what became of it */
		p = PROBLEM_DB_UNAVAILABLE;
	return p;
}

/* A number, an id or an alert that another writer made a moment ago is found when the record is run again. */
static enum problem run_until_settled(struct writer *writer, struct attempt *attempt)
{
	bool alone = attempt->unit_count <= 1;
	enum problem p = run(writer, attempt);
	for (int i = 0;
	     i < 2 && p == PROBLEM_CONFLICT && (attempt->batch.raises_late || attempt->batch.pairs_late);
	     i++) {
		attempt->raises |= attempt->batch.raises_late;
		attempt->pairs |= attempt->batch.pairs_late;
		p = run(writer, attempt);
	}
	for (int i = 1; p == PROBLEM_CONFLICT && alone && i < CONFLICT_ATTEMPTS; i++) {
		metric_add(METRIC_CAPTURE_RETRIES, 1);
		p = run(writer, attempt);
	}
	return p;
}

static void recording_begins(struct writer *writer)
{
	struct capture *capture = writer->capture;
	pthread_mutex_lock(&capture->clock_lock);
	capture->recording_us[writer->n] = capture->last_recorded_us;
	pthread_mutex_unlock(&capture->clock_lock);
}

static void recording_ends(struct writer *writer)
{
	struct capture *capture = writer->capture;
	pthread_mutex_lock(&capture->clock_lock);
	capture->recording_us[writer->n] = INT64_MAX;
	pthread_cond_broadcast(&capture->recorded);
	pthread_mutex_unlock(&capture->clock_lock);
}

static bool is_recording(const struct capture *capture, usec_t until_us)
{
	for (int64_t i = 0; i < capture->limits.writers; i++)
		if (capture->recording_us[i] < until_us)
			return true;
	return false;
}

void capture_settle(struct capture *capture, usec_t as_of_us)
{
	usec_t now = clock_now();
	usec_t until = as_of_us < now ? as_of_us : now;
	pthread_mutex_lock(&capture->clock_lock);
	if (capture->last_recorded_us < until)
		capture->last_recorded_us = until;
	while (is_recording(capture, until))
		pthread_cond_wait(&capture->recorded, &capture->clock_lock);
	pthread_mutex_unlock(&capture->clock_lock);
}

static void log_failure(const struct db *db, enum problem p, size_t records)
{
	struct str detail = db_last_error(db);
	LOG(p == PROBLEM_CONFLICT ? LOG_INFO : LOG_WARN, "capture_failed",
	    LOG_TEXT("problem", str_of(problem_info(p)->slug)), LOG_NUMBER("records", records),
	    LOG_TEXT("detail", detail.at ? detail : STR("-")));
}

/* One transaction. Without a problem each job has its result. */
static enum problem process_together(struct writer *writer, struct attempt *attempt)
{
	attempt->capture = writer->capture;
	recording_begins(writer);
	enum problem p = run_until_settled(writer, attempt);
	recording_ends(writer);
	if (!p && attempt->batch.events.count)
		cache_drop(&attempt->batch);
	if (!p) {
		metric_add(METRIC_CAPTURE_BATCHES, 1);
		count_results(&attempt->batch);
	} else {
		log_failure(writer->db, p, attempt->count);
	}
	arena_destroy(attempt->arena);
	return p;
}

static enum problem retry_of(enum problem p)
{
	return p == PROBLEM_CONFLICT ? PROBLEM_DB_RETRY : p;
}

/* Each record for itself, so that only the one at fault fails. */
static void process_one_by_one(struct writer *writer, struct capture_unit *unit)
{
	metric_add(METRIC_CAPTURE_RETRIES, 1);
	for (size_t i = 0; i < unit->count; i++) {
		struct capture_job *job = &unit->jobs[i];
		struct attempt attempt = {.jobs = &job, .count = 1};
		job->problem = retry_of(process_together(writer, &attempt));
	}
}

/* Whether one unit or record may have broken the statement for all. */
static bool may_be_one_of_them(enum problem p)
{
	return p && p != PROBLEM_DB_UNAVAILABLE && p != PROBLEM_SIGNER_UNAVAILABLE;
}

static enum problem receipt_body(struct db *db, void *context)
{
	struct capture_unit *unit = context;
	receipt_queue(db, unit->jobs->arena, unit);
	return PROBLEM_NONE;
}

/* What came of events that were run one by one: they are in whatever becomes of this, and sent again they are the same. */
static enum problem write_receipt(struct writer *writer, struct capture_unit *unit)
{
	static const struct db_scope service = {.service = true};
	return db_tx(writer->db, &service, receipt_body, unit, /* reterr_unknown */ NULL);
}

static void process(struct writer *writer, struct capture_unit **units, size_t count)
{
	struct attempt attempt = {.units = units,
				  .unit_count = count,
				  .jobs = writer->jobs,
				  .all_or_nothing = units[0]->all_or_nothing /* then it is alone */};
	enum problem p = process_together(writer, &attempt);
	if (may_be_one_of_them(p) && count > 1) {
		metric_add(METRIC_CAPTURE_RETRIES, 1);
		for (size_t i = 0; i < count; i++)
			process(writer, &units[i], 1);
		return;
	}
	if (may_be_one_of_them(p) && units[0]->count > 1 && !units[0]->all_or_nothing) {
		process_one_by_one(writer, units[0]);
		p = units[0]->receipt ? write_receipt(writer, units[0]) : PROBLEM_NONE;
	}
	for (size_t i = 0; i < count; i++)
		units[i]->done->fire(units[i]->done, p ? retry_of(p) : units[i]->problem);
}

static bool any_once(struct capture_unit **units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (units[i]->once)
			return true;
	return false;
}

static void *writer_main(void *argument)
{
	struct writer *writer = argument;
	size_t most = (size_t)writer->capture->limits.batch, count;
	struct capture_unit **units = calloc(most, sizeof *units);
	writer->jobs = calloc(most + CAPTURE_UNIT_RECORDS, sizeof *writer->jobs);
	if (!units || !writer->jobs)
		abort();
	while ((count = queue_take(writer->capture, &writer->capture->queues[writer->n], units, most))) {
		bool once = any_once(units, count); /* answered, a unit is its submitter's again */
		process(writer, units, count);
		if (once)
			once_prune(writer->capture->settings.once, writer->db, clock_now());
	}
	free(units);
	free(writer->jobs);
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
	writer->n = capture->thread_count;
	enum problem p = db_open_planned(capture->settings.conninfo,
					 (int)capture->settings.config->statement_timeout_ms, &writer->db);
	if (!p)
		db_use_vault(writer->db, capture->settings.vault);
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
	capture->recording_us = calloc((size_t)capture->limits.writers, sizeof(*capture->recording_us));
	capture->queues = calloc((size_t)capture->limits.writers, sizeof(*capture->queues));
	if (!capture->threads || !capture->recording_us || !capture->queues)
		abort();
	for (int64_t i = 0; i < capture->limits.writers; i++) {
		capture->recording_us[i] = INT64_MAX;
		pthread_cond_init(&capture->queues[i].filled, NULL);
	}
	pthread_mutex_init(&capture->queue_lock, NULL);
	pthread_mutex_init(&capture->clock_lock, NULL);
	pthread_cond_init(&capture->recorded, NULL);
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
	for (int64_t i = 0; i < capture->limits.writers; i++)
		pthread_cond_broadcast(&capture->queues[i].filled);
	pthread_mutex_unlock(&capture->queue_lock);
	for (size_t i = 0; i < capture->thread_count; i++)
		pthread_join(capture->threads[i], NULL);
	for (int64_t i = 0; i < capture->limits.writers; i++)
		pthread_cond_destroy(&capture->queues[i].filled);
	pthread_mutex_destroy(&capture->queue_lock);
	pthread_mutex_destroy(&capture->clock_lock);
	pthread_cond_destroy(&capture->recorded);
	free(capture->recording_us);
	free(capture->queues);
	free(capture->threads);
	free(capture);
}
