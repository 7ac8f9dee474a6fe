/* SPDX-License-Identifier: Apache-2.0
 * The memory of items that are being scanned: shards with a lock each, the least recently used entry goes first, one with
 * scans that are not yet written stays. */
#include "ft/store/item_memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/base/map.h"
#include "ft/core/visitor.h"
#include "queries.h"

#include "item_lots_priv.h"

enum {
	SHARDS = 8,
	CHAINS = 4096,
	SHARD_ENTRIES = 4096, /* of about 420 octets: 14 MB when all are taken */
	FRESH_S = 10,
	FLUSH_S = 1,
};
static const usec_t DAY_US = 86400 * USEC_PER_SEC, HOUR_US = 3600 * USEC_PER_SEC,
		    SPAN_US = LOT_SCAN_SPAN_S * USEC_PER_SEC;

struct scans { /* that are not yet written */
	int64_t count;
	usec_t first_us, last_us;
	int32_t day;
	int64_t day_count;
	uint64_t networks;
	usec_t hour_us;
	int64_t hour_count;
	uint64_t hour_networks;
	struct lot_seen lot; /* the newest ten minutes in which pages said the same of the lot */
};
struct entry {
	struct entry *next;            /* in a chain */
	struct entry *newer, *older;   /* order of use */
	char text[CODE_MAX_CHARS + 1]; /* the code */
	struct pack item;              /* with the scans since it was read */
	uint64_t epoch;
	usec_t read_us;
	struct scans scans;
	usec_t raised_us; /* hour for which its alert was raised */
};
struct shard {
	pthread_mutex_t lock; /* guards all below */
	struct entry *chains[CHAINS], *newest, *oldest;
	size_t count;
};
struct item_memory {
	struct shard shards[SHARDS];
	atomic_uint_fast64_t epoch; /* of the newest mark */
	struct bytes key;
	const struct item_rules *rules;
	struct str conninfo;
	int statement_timeout_ms;
	pthread_t thread;
	pthread_mutex_t wake_lock; /* guards stopping */
	pthread_cond_t wake;
	bool stopping;
	/* The thread's own: what it could not write yet. */
	struct arena *unwritten_arena;
	struct code_scan_add_params unwritten;
	struct lot_sums unwritten_lots;
	struct item_seen *copied;
	size_t copied_count;
	usec_t forgot_us; /* hour in which old counters were last removed */
	struct lots_waiting *waiting;
};

/* Bodies are permuted already: their bits are as good as a hash's. */
static struct shard *shard_of(struct item_memory *memory, const struct code *code)
{
	return &memory->shards[code->body % SHARDS];
}

static struct entry **chain_of(struct shard *shard, uint64_t body)
{
	return &shard->chains[body / SHARDS % CHAINS];
}

static struct entry *find(struct shard *shard, const struct code *code)
{
	for (struct entry *entry = *chain_of(shard, code->body); entry; entry = entry->next)
		if (str_equal(str_of(entry->text), code->text))
			return entry;
	return NULL;
}

static void order_remove(struct shard *shard, struct entry *entry)
{
	*(entry->newer ? &entry->newer->older : &shard->newest) = entry->older;
	*(entry->older ? &entry->older->newer : &shard->oldest) = entry->newer;
}

static void order_add(struct shard *shard, struct entry *entry)
{
	entry->newer = NULL;
	entry->older = shard->newest;
	*(shard->newest ? &shard->newest->newer : &shard->oldest) = entry;
	shard->newest = entry;
}

bool item_memory_get(struct item_memory *memory, const struct code *code, usec_t now_us, bool stale_is_fine,
		     struct pack *ret)
{
	struct shard *shard = shard_of(memory, code);
	pthread_mutex_lock(&shard->lock);
	struct entry *entry = find(shard, code);
	bool good = entry && (stale_is_fine || (entry->read_us + FRESH_S * USEC_PER_SEC > now_us &&
						entry->epoch >= atomic_load(&memory->epoch)));
	if (good) {
		order_remove(shard, entry);
		order_add(shard, entry);
		*ret = entry->item;
	}
	pthread_mutex_unlock(&shard->lock);
	return good;
}

uint64_t item_memory_begin(struct item_memory *memory)
{
	return atomic_load(&memory->epoch);
}

void item_memory_forget(struct item_memory *memory)
{
	atomic_fetch_add(&memory->epoch, 1);
}

static void unchain(struct shard *shard, struct entry *entry, uint64_t body)
{
	struct entry **at = chain_of(shard, body);
	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

/* The place of the entry that was not used for the longest time; none while its scans are not written. */
static struct entry *take_oldest(struct shard *shard)
{
	struct entry *oldest = shard->oldest;
	if (oldest->scans.count)
		return NULL;
	unchain(shard, oldest, oldest->item.body);
	order_remove(shard, oldest);
	shard->count--;
	return oldest;
}

static struct entry *add(struct shard *shard, const struct code *code)
{
	struct entry *entry = shard->count < SHARD_ENTRIES ? malloc(sizeof *entry) : take_oldest(shard);
	if (!entry)
		return NULL;
	*entry = (struct entry){.item = {.body = code->body}};
	memcpy(entry->text, code->text.at, code->text.len);
	struct entry **chain = chain_of(shard, code->body);
	entry->next = *chain;
	*chain = entry;
	order_add(shard, entry);
	shard->count++;
	return entry;
}

/* Those of the day and the hour that are being written this moment may be left out until the next reading. */
static void add_unwritten(struct pack *item, const struct scans *scans)
{
	if (!scans->count)
		return;
	item->scans += scans->count;
	if (!item->first_scan_us || scans->first_us < item->first_scan_us)
		item->first_scan_us = scans->first_us;
	if (scans->day > item->day) {
		item->day = scans->day;
		item->day_scans = 0;
		item->day_networks = 0;
	}
	if (scans->hour_us > item->hour_us) {
		item->hour_us = scans->hour_us;
		item->hour_scans = 0;
		item->hour_networks = 0;
	}
	item->day_scans += scans->day_count;
	item->day_networks |= scans->networks;
	item->hour_scans += scans->hour_count;
	item->hour_networks |= scans->hour_networks;
}

void item_memory_put(struct item_memory *memory, uint64_t begun, const struct code *code,
		     const struct pack *item, usec_t now_us)
{
	struct shard *shard = shard_of(memory, code);
	pthread_mutex_lock(&shard->lock);
	struct entry *entry = find(shard, code);
	if (!entry)
		entry = add(shard, code);
	if (entry) {
		const struct pack before = entry->item;
		entry->item = *item;
		entry->item.body = code->body;
		add_unwritten(&entry->item, &entry->scans);
		if (before.scans > entry->item.scans) { /* read before what is just being written was */
			entry->item.scans = before.scans;
			entry->item.first_scan_us = before.first_scan_us;
		}
		entry->epoch = begun;
		entry->read_us = now_us;
	}
	pthread_mutex_unlock(&shard->lock);
}

static void scans_add(struct scans *scans, const struct scans *more)
{
	if (!scans->count)
		scans->first_us = more->first_us;
	if (scans->day != more->day)
		scans->networks = 0, scans->day_count = 0;
	if (scans->hour_us != more->hour_us)
		scans->hour_networks = 0, scans->hour_count = 0;
	if (scans->lot.at_us != more->lot.at_us || scans->lot.told != more->lot.told)
		scans->lot = (struct lot_seen){.at_us = more->lot.at_us};
	scans->day = more->day;
	scans->hour_us = more->hour_us;
	scans->last_us = more->last_us;
	scans->count += more->count;
	scans->day_count += more->day_count;
	scans->hour_count += more->hour_count;
	scans->networks |= more->networks;
	scans->hour_networks |= more->hour_networks;
	scans->lot.lot = more->lot.lot;
	scans->lot.told = more->lot.told;
	scans->lot.scans += more->lot.scans;
	scans->lot.networks |= more->lot.networks;
}

/* Packs of one lot are seen by the same people under one bit: else a packer's test of twenty packs looks like twenty
 * visitors. */
static struct lot_seen scan_of_lot(const struct item_memory *memory, struct arena *arena,
				   const struct item_scan *scan, int32_t day, struct bytes network)
{
	struct lot_seen seen = {.lot = scan->item->lot,
				.at_us = scan->now_us - scan->now_us % SPAN_US,
				.told = scan->item->state == ITEM_ISSUED ? ITEM_TOLD_EARLY : scan->told,
				.scans = 1};
	struct str lot = uuid_print(arena, seen.lot.lot);
	if (network.len)
		seen.networks = UINT64_C(1) << visit_network_bit(memory->key, lot, day, network);
	return seen;
}

void item_memory_count(struct item_memory *memory, struct arena *arena, const struct item_scan *scan)
{
	usec_t now_us = scan->now_us;
	int32_t day = (int32_t)(now_us / DAY_US);
	usec_t hour_us = now_us - now_us % HOUR_US;
	struct bytes network = visit_network(arena, scan->address);
	uint64_t bit = network.len
			       ? UINT64_C(1) << visit_network_bit(memory->key, scan->code->text, day, network)
			       : 0;
	const struct scans one = {.count = 1,
				  .first_us = now_us,
				  .last_us = now_us,
				  .day = day,
				  .day_count = 1,
				  .networks = bit,
				  .hour_us = hour_us,
				  .hour_count = 1,
				  .hour_networks = bit,
				  .lot = scan_of_lot(memory, arena, scan, day, network)};
	struct shard *shard = shard_of(memory, scan->code);
	pthread_mutex_lock(&shard->lock);
	struct entry *entry = find(shard, scan->code);
	if (entry) {
		scans_add(&entry->scans, &one);
		add_unwritten(&entry->item, &one);
	}
	pthread_mutex_unlock(&shard->lock);
	metric_add(entry ? METRIC_SCANS : METRIC_SCANS_NOT_COUNTED, 1);
}

void item_memory_settle(struct item_memory *memory, const struct lot_id *lots, size_t count)
{
	lots_waiting_add(memory->waiting, lots, count);
}

/* — writing — */
struct columns { /* of code_scan_add */
	struct str *code;
	usec_t *first_at, *last_at;
	int64_t *scans, *day_scans, *day_networks, *hour_scans, *hour_networks;
	usec_t *hour;
	int32_t *day;
	size_t count, room;
};
/* Once an hour, while it goes on: the alert says when it was last seen. */
static void take_copied(struct item_memory *memory, struct entry *entry, struct str code)
{
	const struct risk_scans scans = item_scans(&entry->item, code);
	if (entry->item.suspicion == ITEM_CLEARED || entry->raised_us == entry->item.hour_us ||
	    !risk_scans_copied(&memory->rules->limits, &scans))
		return;
	entry->raised_us = entry->item.hour_us;
	memory->copied[memory->copied_count++] = (struct item_seen){code, entry->item};
}

static void take_shard(struct item_memory *memory, struct shard *shard, struct columns *c)
{
	pthread_mutex_lock(&shard->lock);
	for (struct entry *entry = shard->newest; entry && c->count < c->room; entry = entry->older) {
		struct scans scans = entry->scans;
		if (!scans.count)
			continue;
		entry->scans = (struct scans){.count = 0};
		c->code[c->count] = arena_str(memory->unwritten_arena, str_of(entry->text));
		scans.lot.code = c->code[c->count];
		lot_sums_add(&memory->unwritten_lots, &scans.lot);
		take_copied(memory, entry, c->code[c->count]);
		c->first_at[c->count] = scans.first_us;
		c->last_at[c->count] = scans.last_us;
		c->scans[c->count] = scans.count;
		c->day[c->count] = scans.day;
		c->day_scans[c->count] = scans.day_count;
		c->hour[c->count] = scans.hour_us;
		c->hour_scans[c->count] = scans.hour_count;
		c->hour_networks[c->count] = (int64_t)scans.hour_networks;
		c->day_networks[c->count++] = (int64_t)scans.networks;
	}
	pthread_mutex_unlock(&shard->lock);
}

static size_t count_waiting(struct item_memory *memory)
{
	size_t waiting = 0;
	for (int i = 0; i < SHARDS; i++) {
		struct shard *shard = &memory->shards[i];
		pthread_mutex_lock(&shard->lock);
		for (struct entry *entry = shard->newest; entry; entry = entry->older)
			waiting += entry->scans.count > 0;
		pthread_mutex_unlock(&shard->lock);
	}
	return waiting;
}

static void gather(struct item_memory *memory)
{
	size_t room = count_waiting(memory);
	if (!room)
		return;
	struct arena *arena = memory->unwritten_arena = arena_create();
	struct columns c = {.code = arena_array(arena, struct str, room),
			    .first_at = arena_array(arena, usec_t, room),
			    .last_at = arena_array(arena, usec_t, room),
			    .scans = arena_array(arena, int64_t, room),
			    .day_scans = arena_array(arena, int64_t, room),
			    .day_networks = arena_array(arena, int64_t, room),
			    .day = arena_array(arena, int32_t, room),
			    .hour = arena_array(arena, usec_t, room),
			    .hour_scans = arena_array(arena, int64_t, room),
			    .hour_networks = arena_array(arena, int64_t, room),
			    .room = room};
	memory->unwritten_lots = lot_sums_begin(arena, room);
	memory->copied = arena_array(arena, struct item_seen, room);
	memory->copied_count = 0;
	for (int i = 0; i < SHARDS; i++)
		take_shard(memory, &memory->shards[i], &c);
	memory->unwritten = (struct code_scan_add_params){
		{c.code, c.count},         {c.first_at, c.count}, {c.last_at, c.count},
		{c.scans, c.count},        {c.day, c.count},      {c.day_scans, c.count},
		{c.day_networks, c.count}, {c.hour, c.count},     {c.hour_scans, c.count},
		{c.hour_networks, c.count}};
}

/* Once an hour what no rule asks for any more goes. */
static enum problem forget(struct db *db, struct item_memory *memory)
{
	usec_t now = clock_now(), hour = now - now % HOUR_US;
	if (memory->forgot_us == hour)
		return PROBLEM_NONE;
	memory->forgot_us = hour;
	return lot_scan_forget(db, &(struct lot_scan_forget_params){item_alerts_since(now)},
			       /* ret_rows */ NULL);
}

/* Counters and what they say, together: an alert waits for no later scan, and none is told twice after a crash. */
static enum problem write_body(struct db *db, void *context)
{
	struct item_memory *memory = context;
	int64_t rows;
	enum problem p = code_scan_add(db, &memory->unwritten, &rows);
	if (!p)
		p = lot_sums_write(db, &memory->unwritten_lots);
	if (!p)
		p = forget(db, memory);
	if (!p)
		p = item_alerts_raise(db, memory->unwritten_arena, memory->rules, memory->copied,
				      memory->copied_count, memory->unwritten_lots.items,
				      memory->unwritten_lots.count);
	return p;
}

/* What could not be written is kept as it is and tried again before anything else is gathered: never more than once the
 * entries there can be. */
static enum problem flush(struct item_memory *memory, struct db *db)
{
	if (!memory->unwritten_arena)
		gather(memory);
	if (!memory->unwritten_arena)
		return PROBLEM_NONE;
	enum problem p = db_tx(db, &db_program, write_body, memory, NULL);
	if (p)
		return p;
	arena_destroy(memory->unwritten_arena);
	memory->unwritten_arena = NULL;
	return PROBLEM_NONE;
}

static bool wait_a_moment(struct item_memory *memory)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += FLUSH_S;
	pthread_mutex_lock(&memory->wake_lock);
	int waited = 0;
	while (!memory->stopping && !waited)
		waited = pthread_cond_timedwait(&memory->wake, &memory->wake_lock, &until);
	bool stopping = memory->stopping;
	pthread_mutex_unlock(&memory->wake_lock);
	return !stopping;
}

static enum problem open_database(const struct item_memory *memory, struct db **ret)
{
	enum problem p = db_open(memory->conninfo, memory->statement_timeout_ms, ret);
	if (!p)
		db_act_for(*ret, &db_program);
	return p;
}

static void *write_scans(void *context)
{
	struct item_memory *memory = context;
	struct db *db = NULL;
	bool going = true, failed = false;
	while (going) {
		going = wait_a_moment(memory);
		enum problem p = db ? PROBLEM_NONE : open_database(memory, &db);
		if (!p)
			p = flush(memory, db);
		if (!p)
			p = lots_waiting_settle(memory->waiting, db, memory->rules);
		if (p && !failed)
			LOG(LOG_WARN, "scans_not_written",
			    LOG_TEXT("problem", str_of(problem_info(p)->slug)));
		failed = p;
	}
	/* What gathered while an earlier part could not be written. */
	if (!failed && flush(memory, db))
		LOG(LOG_WARN, "scans_lost");
	db_close(db);
	return NULL;
}

struct item_memory *item_memory_start(struct str conninfo, int statement_timeout_ms, struct bytes key,
				      const struct item_rules *rules)
{
	struct item_memory *memory = calloc(1, sizeof *memory);
	pthread_condattr_t monotonic;
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	memory->key = key;
	memory->rules = rules;
	memory->conninfo = conninfo;
	memory->statement_timeout_ms = statement_timeout_ms;
	memory->waiting = lots_waiting_create();
	for (int i = 0; i < SHARDS; i++)
		pthread_mutex_init(&memory->shards[i].lock, /* attr */ NULL);
	pthread_mutex_init(&memory->wake_lock, /* attr */ NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&memory->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&memory->thread, /* attr */ NULL, write_scans, memory)) {
		fputs("no thread can be created\n", stderr);
		abort();
	}
	return memory;
}

void item_memory_stop(struct item_memory *memory)
{
	if (!memory)
		return;
	pthread_mutex_lock(&memory->wake_lock);
	memory->stopping = true;
	pthread_cond_signal(&memory->wake);
	pthread_mutex_unlock(&memory->wake_lock);
	pthread_join(memory->thread, /* result */ NULL);
	for (int i = 0; i < SHARDS; i++) {
		struct shard *shard = &memory->shards[i];
		while (shard->newest) {
			struct entry *entry = shard->newest;
			order_remove(shard, entry);
			free(entry);
		}
		pthread_mutex_destroy(&shard->lock);
	}
	pthread_cond_destroy(&memory->wake);
	pthread_mutex_destroy(&memory->wake_lock);
	if (memory->unwritten_arena)
		arena_destroy(memory->unwritten_arena);
	lots_waiting_destroy(memory->waiting);
	free(memory);
}
