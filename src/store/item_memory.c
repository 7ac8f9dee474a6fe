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

#include "item_alerts_priv.h"

enum {
	SHARDS = 8,
	CHAINS = 4096,
	SHARD_ENTRIES = 4096, /* of about 420 octets: 14 MB when all are taken */
	FRESH_S = 10,
	FLUSH_S = 1,
};
static const usec_t DAY_US = 86400 * USEC_PER_SEC, HOUR_US = 3600 * USEC_PER_SEC;

struct scans { /* that are not yet written */
	int64_t count;
	usec_t first_us, last_us;
	int32_t day;
	int64_t day_count;
	uint64_t networks;
	usec_t hour_us;
	int64_t hour_count;
	uint64_t hour_networks;
	int64_t early; /* of that day, while the code was not in use */
	uint64_t early_networks;
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
	struct early_scan_add_params unwritten_early;
	struct str *early_codes; /* one of each lot */
	struct item_seen *copied;
	size_t copied_count;
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

/* Scans that are being written this moment may be counted twice or not at all until the next reading: pages say "about". */
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
		entry->item = *item;
		entry->item.body = code->body;
		add_unwritten(&entry->item, &entry->scans);
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
		scans->networks = scans->early_networks = 0, scans->day_count = scans->early = 0;
	if (scans->hour_us != more->hour_us)
		scans->hour_networks = 0, scans->hour_count = 0;
	scans->day = more->day;
	scans->hour_us = more->hour_us;
	scans->last_us = more->last_us;
	scans->count += more->count;
	scans->day_count += more->day_count;
	scans->hour_count += more->hour_count;
	scans->early += more->early;
	scans->networks |= more->networks;
	scans->hour_networks |= more->hour_networks;
	scans->early_networks |= more->early_networks;
}

/* Packs of one lot are seen by the same people under one bit: else a packer's test of twenty packs looks like twenty
 * visitors. */
static void count_early(struct item_memory *memory, struct arena *arena, const struct pack *item,
			struct bytes network, struct scans *one)
{
	if (item->state != ITEM_ISSUED)
		return;
	struct str lot = uuid_print(arena, item->lot.lot);
	one->early = 1;
	if (network.len)
		one->early_networks = UINT64_C(1) << visit_network_bit(memory->key, lot, one->day, network);
}

void item_memory_count(struct item_memory *memory, struct arena *arena, const struct code *code,
		       usec_t now_us, struct str address)
{
	int32_t day = (int32_t)(now_us / DAY_US);
	usec_t hour_us = now_us - now_us % HOUR_US;
	struct bytes network = visit_network(arena, address);
	uint64_t bit =
		network.len ? UINT64_C(1) << visit_network_bit(memory->key, code->text, day, network) : 0;
	struct scans one = {.count = 1,
			    .first_us = now_us,
			    .last_us = now_us,
			    .day = day,
			    .day_count = 1,
			    .networks = bit,
			    .hour_us = hour_us,
			    .hour_count = 1,
			    .hour_networks = bit};
	struct shard *shard = shard_of(memory, code);
	pthread_mutex_lock(&shard->lock);
	struct entry *entry = find(shard, code);
	if (entry) {
		count_early(memory, arena, &entry->item, network, &one);
		scans_add(&entry->scans, &one);
		add_unwritten(&entry->item, &one);
	}
	pthread_mutex_unlock(&shard->lock);
	metric_add(entry ? METRIC_SCANS : METRIC_SCANS_NOT_COUNTED, 1);
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
struct early { /* of early_scan_add: a lot each */
	struct map *lots;
	struct early_seen *items;
	size_t count;
};

static void take_early(struct early *early, const struct entry *entry, struct str code,
		       const struct scans *scans)
{
	struct early_seen *seen = map_get(early->lots, MAP_KEY(entry->item.lot.lot));
	if (!scans->early)
		return;
	if (!seen) {
		seen = &early->items[early->count++];
		*seen = (struct early_seen){.lot = entry->item.lot, .code = code, .day = scans->day};
		map_set(early->lots, MAP_KEY(seen->lot.lot), seen);
	}
	if (scans->day > seen->day)
		*seen = (struct early_seen){.lot = seen->lot, .code = code, .day = scans->day};
	if (scans->day < seen->day)
		return;
	seen->scans += scans->early;
	seen->networks |= scans->early_networks;
}

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

static void take_shard(struct item_memory *memory, struct shard *shard, struct columns *c,
		       struct early *early)
{
	pthread_mutex_lock(&shard->lock);
	for (struct entry *entry = shard->newest; entry && c->count < c->room; entry = entry->older) {
		const struct scans scans = entry->scans;
		if (!scans.count)
			continue;
		entry->scans = (struct scans){.count = 0};
		c->code[c->count] = arena_str(memory->unwritten_arena, str_of(entry->text));
		take_early(early, entry, c->code[c->count], &scans);
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

static void put_early(struct item_memory *memory, const struct early *early)
{
	struct arena *arena = memory->unwritten_arena;
	struct uuid *orgs = arena_array(arena, struct uuid, early->count),
		    *lots = arena_array(arena, struct uuid, early->count);
	int32_t *days = arena_array(arena, int32_t, early->count);
	int64_t *scans = arena_array(arena, int64_t, early->count),
		*networks = arena_array(arena, int64_t, early->count);
	memory->early_codes = arena_array(arena, struct str, early->count);
	for (size_t i = 0; i < early->count; i++) {
		const struct early_seen *seen = &early->items[i];
		orgs[i] = seen->lot.org;
		lots[i] = seen->lot.lot;
		days[i] = seen->day;
		scans[i] = seen->scans;
		networks[i] = (int64_t)seen->networks;
		memory->early_codes[i] = seen->code;
	}
	memory->unwritten_early = (struct early_scan_add_params){{orgs, early->count},
								 {lots, early->count},
								 {days, early->count},
								 {scans, early->count},
								 {networks, early->count}};
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
	struct early early = {map_create(arena, room), arena_array(arena, struct early_seen, room), 0};
	memory->copied = arena_array(arena, struct item_seen, room);
	memory->copied_count = 0;
	for (int i = 0; i < SHARDS; i++)
		take_shard(memory, &memory->shards[i], &c, &early);
	memory->unwritten = (struct code_scan_add_params){
		{c.code, c.count},         {c.first_at, c.count}, {c.last_at, c.count},
		{c.scans, c.count},        {c.day, c.count},      {c.day_scans, c.count},
		{c.day_networks, c.count}, {c.hour, c.count},     {c.hour_scans, c.count},
		{c.hour_networks, c.count}};
	put_early(memory, &early);
}

/* Answers what is known of their lots on that day, other servers' scans included. */
static enum problem write_early(struct db *db, struct item_memory *memory, struct early_seen **ret,
				size_t *ret_count)
{
	struct arena *arena = memory->unwritten_arena;
	const struct early_scan_add_params *params = &memory->unwritten_early;
	struct early_scan_add_row *rows;
	*ret_count = 0;
	if (!params->lot_id.count)
		return PROBLEM_NONE;
	enum problem p = early_scan_add(db, arena, params, &rows, ret_count);
	if (p)
		return p;
	struct map *codes = map_create(arena, params->lot_id.count);
	const struct uuid *lots = params->lot_id.items;
	for (size_t i = 0; i < params->lot_id.count; i++)
		map_set(codes, MAP_KEY(lots[i]), &memory->early_codes[i]);
	struct early_seen *seen = arena_array(arena, struct early_seen, *ret_count);
	for (size_t i = 0; i < *ret_count; i++) {
		const struct str *code = map_get(codes, MAP_KEY(rows[i].lot_id));
		seen[i] = (struct early_seen){.lot = {rows[i].org_id, rows[i].lot_id},
					      .code = code ? *code : STR(""),
					      .day = (int32_t)rows[i].day,
					      .scans = rows[i].scans,
					      .networks = (uint64_t)rows[i].networks};
	}
	*ret = seen;
	return PROBLEM_NONE;
}

/* Counters and what they say, together: an alert waits for no later scan, and none is told twice after a crash. */
static enum problem write_body(struct db *db, void *context)
{
	struct item_memory *memory = context;
	struct early_seen *early = NULL;
	size_t early_count = 0;
	int64_t rows;
	enum problem p = code_scan_add(db, &memory->unwritten, &rows);
	if (!p)
		p = write_early(db, memory, &early, &early_count);
	if (!p)
		p = item_alerts_raise(db, memory->unwritten_arena, memory->rules, memory->copied,
				      memory->copied_count, early, early_count);
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
	free(memory);
}
