/* SPDX-License-Identifier: Apache-2.0
 * The memory of public trails and pages: shards with a lock each, the least recently used entries go first.
 *
 *   shard ─┬─ keys   key → entry            (chains)
 *          ├─ lots   lot → links → entries   (chains: what a drop follows)
 *          └─ newest ⇄ … ⇄ oldest            (order of use)
 *
 * An entry is one block: the struct, its links, its texts. It is freed when it is in no shard and nobody sends it. */
#include "ft/store/trail_cache.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ft/base/metrics.h"

enum {
	SHARDS = 8,
	CHAINS = 4096,      /* a shard of the default cache holds about 300 pages */
	DROP_SLOTS = 65536, /* two lots of one slot refuse each other's entries now and then, nothing worse */
	SHARE_OF_SHARD = 4, /* an entry larger than this part of its shard would push out too many others */
};

struct entry;
struct link {
	struct link *next, **at; /* in a chain of lots */
	struct entry *entry;
	struct uuid lot;
};
struct entry {
	struct trail_cached cached; /* first: what a reader holds */
	atomic_int holders;         /* the shard is one */
	struct entry *next, **at;   /* in a chain of keys */
	struct entry *newer, *older;
	uint64_t hash;
	struct str key;
	size_t bytes, link_count;
	struct link links[];
};
struct shard {
	pthread_mutex_t lock; /* guards all below */
	struct entry *keys[CHAINS], *newest, *oldest;
	struct link *lots[CHAINS];
	size_t bytes;
};
struct trail_cache {
	size_t shard_bytes;
	atomic_uint_fast64_t epoch;
	atomic_uint_fast64_t dropped[DROP_SLOTS]; /* epoch of the newest drop of a lot in that slot */
	struct shard shards[SHARDS];
};

/* FNV-1a with a final mix; keys are codes, of which nobody can make many that exist. */
static uint64_t hash_of(const void *at, size_t len)
{
	const uint8_t *octets = at;
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < len; i++)
		h = (h ^ octets[i]) * UINT64_C(0x100000001b3);
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ h >> 29;
}

static uint64_t hash_of_lot(const struct uuid *lot)
{
	return hash_of(lot->octets, sizeof lot->octets);
}

static struct shard *shard_of(struct trail_cache *cache, uint64_t hash)
{
	return &cache->shards[hash % SHARDS];
}

static struct entry **chain_of(struct shard *shard, uint64_t hash)
{
	return &shard->keys[hash / SHARDS % CHAINS];
}

struct trail_cache *trail_cache_create(size_t max_bytes)
{
	struct trail_cache *cache = calloc(1, sizeof *cache);
	if (!cache) {
		fputs("out of memory\n", stderr);
		abort();
	}
	cache->shard_bytes = max_bytes / SHARDS;
	for (int i = 0; i < SHARDS; i++)
		pthread_mutex_init(&cache->shards[i].lock, NULL);
	return cache;
}

static void unhold(struct entry *entry)
{
	if (atomic_fetch_sub_explicit(&entry->holders, 1, memory_order_acq_rel) == 1)
		free(entry);
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

static void entry_remove(struct shard *shard, struct entry *entry)
{
	*entry->at = entry->next;
	if (entry->next)
		entry->next->at = entry->at;
	for (size_t i = 0; i < entry->link_count; i++) {
		struct link *link = &entry->links[i];
		*link->at = link->next;
		if (link->next)
			link->next->at = link->at;
	}
	order_remove(shard, entry);
	shard->bytes -= entry->bytes;
	unhold(entry);
}

static void entry_add(struct shard *shard, struct entry *entry)
{
	struct entry **chain = chain_of(shard, entry->hash);
	entry->next = *chain;
	entry->at = chain;
	if (entry->next)
		entry->next->at = &entry->next;
	*chain = entry;
	for (size_t i = 0; i < entry->link_count; i++) {
		struct link *link = &entry->links[i], **lots = &shard->lots[hash_of_lot(&link->lot) % CHAINS];
		link->next = *lots;
		link->at = lots;
		if (link->next)
			link->next->at = &link->next;
		*lots = link;
	}
	order_add(shard, entry);
	shard->bytes += entry->bytes;
}

static struct entry *find(struct shard *shard, uint64_t hash, struct str key)
{
	for (struct entry *entry = *chain_of(shard, hash); entry; entry = entry->next)
		if (entry->hash == hash && str_equal(entry->key, key))
			return entry;
	return NULL;
}

void trail_cache_destroy(struct trail_cache *cache)
{
	if (!cache)
		return;
	for (int i = 0; i < SHARDS; i++) {
		while (cache->shards[i].newest)
			entry_remove(&cache->shards[i], cache->shards[i].newest);
		pthread_mutex_destroy(&cache->shards[i].lock);
	}
	free(cache);
}

const struct trail_cached *trail_cache_get(struct trail_cache *cache, struct str key, usec_t now_us,
					   bool stale_is_fine)
{
	uint64_t hash = hash_of(key.at, key.len);
	struct shard *shard = shard_of(cache, hash);
	pthread_mutex_lock(&shard->lock);
	struct entry *entry = find(shard, hash, key);
	if (entry && !stale_is_fine && entry->cached.good_until_us <= now_us)
		entry = NULL;
	if (entry) {
		atomic_fetch_add_explicit(&entry->holders, 1, memory_order_relaxed);
		order_remove(shard, entry);
		order_add(shard, entry);
	}
	pthread_mutex_unlock(&shard->lock);
	metric_add(entry ? METRIC_TRAIL_CACHE_HITS : METRIC_TRAIL_CACHE_MISSES, 1);
	return entry ? &entry->cached : NULL;
}

void trail_cache_release(void *held)
{
	unhold(held); /* the first member of its entry */
}

uint64_t trail_cache_begin(struct trail_cache *cache)
{
	return atomic_load(&cache->epoch);
}

static bool was_dropped(struct trail_cache *cache, uint64_t begun, const struct uuid *lots, size_t lot_count)
{
	for (size_t i = 0; i < lot_count; i++)
		if (atomic_load(&cache->dropped[hash_of_lot(&lots[i]) % DROP_SLOTS]) > begun)
			return true;
	return false;
}

/* Drops of several writers may come in any order; the newest stands. */
static void raise_epoch(atomic_uint_fast64_t *slot, uint64_t epoch)
{
	uint_fast64_t known = atomic_load(slot);
	while (known < epoch && !atomic_compare_exchange_weak(slot, &known, epoch))
		;
}

static void mark_dropped(struct trail_cache *cache, const struct uuid *lot, uint64_t epoch)
{
	raise_epoch(&cache->dropped[hash_of_lot(lot) % DROP_SLOTS], epoch);
}

static struct str copy(char **place, struct str text)
{
	struct str copied = {*place, text.len};
	if (text.len)
		memcpy(*place, text.at, text.len);
	*place += text.len;
	return copied;
}

static struct entry *entry_create(struct str key, const struct trail_cached *from, const struct uuid *lots,
				  size_t lot_count, size_t bytes)
{
	struct entry *entry = malloc(bytes);
	if (!entry)
		return NULL; /* it is only not kept */
	*entry = (struct entry){.cached = *from,
				.holders = 1,
				.hash = hash_of(key.at, key.len),
				.bytes = bytes,
				.link_count = lot_count};
	char *place = (char *)&entry->links[lot_count];
	entry->key = copy(&place, key);
	entry->cached.body = copy(&place, from->body);
	entry->cached.etag = copy(&place, from->etag);
	for (size_t i = 0; i < lot_count; i++)
		entry->links[i] = (struct link){.entry = entry, .lot = lots[i]};
	return entry;
}

void trail_cache_put(struct trail_cache *cache, uint64_t begun, struct str key,
		     const struct trail_cached *from, const struct uuid *lots, size_t lot_count)
{
	size_t bytes = sizeof(struct entry) + lot_count * sizeof(struct link) + key.len + from->body.len +
		       from->etag.len;
	if (bytes > cache->shard_bytes / SHARE_OF_SHARD)
		return;
	struct entry *entry = entry_create(key, from, lots, lot_count, bytes);
	if (!entry)
		return;
	struct shard *shard = shard_of(cache, entry->hash);
	pthread_mutex_lock(&shard->lock);
	/* Under the lock: a drop marks its lots before it looks into the shards, so it either finds the entry here or has
	 * marked its lots already. */
	bool is_old = was_dropped(cache, begun, lots, lot_count);
	struct entry *former = find(shard, entry->hash, key);
	if (former)
		entry_remove(shard, former);
	if (!is_old)
		entry_add(shard, entry);
	while (shard->bytes > cache->shard_bytes)
		entry_remove(shard, shard->oldest);
	pthread_mutex_unlock(&shard->lock);
	if (is_old)
		unhold(entry);
}

static void drop_lot(struct shard *shard, const struct uuid *lot)
{
	struct link **chain = &shard->lots[hash_of_lot(lot) % CHAINS];
	for (struct link *link = *chain; link;) {
		if (!uuid_equal(link->lot, *lot)) {
			link = link->next;
			continue;
		}
		entry_remove(shard, link->entry);
		link = *chain; /* the entry may have taken the next link of this chain along */
	}
}

void trail_cache_drop(struct trail_cache *cache, const struct uuid *lots, size_t lot_count)
{
	if (!lot_count)
		return;
	uint64_t epoch = atomic_fetch_add(&cache->epoch, 1) + 1;
	for (size_t i = 0; i < lot_count; i++)
		mark_dropped(cache, &lots[i], epoch);
	for (int s = 0; s < SHARDS; s++) {
		struct shard *shard = &cache->shards[s];
		pthread_mutex_lock(&shard->lock);
		for (size_t i = 0; shard->newest && i < lot_count; i++)
			drop_lot(shard, &lots[i]);
		pthread_mutex_unlock(&shard->lock);
	}
}

void trail_cache_clear(struct trail_cache *cache)
{
	uint64_t epoch = atomic_fetch_add(&cache->epoch, 1) + 1;
	for (size_t i = 0; i < DROP_SLOTS; i++)
		raise_epoch(&cache->dropped[i], epoch);
	for (int s = 0; s < SHARDS; s++) {
		struct shard *shard = &cache->shards[s];
		pthread_mutex_lock(&shard->lock);
		while (shard->newest)
			entry_remove(shard, shard->newest);
		pthread_mutex_unlock(&shard->lock);
	}
}
