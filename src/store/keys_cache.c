/* SPDX-License-Identifier: Apache-2.0
 * API keys in memory: sets of a few places by hash. Strangers have a table of their own, so that junk
 * neither grows memory nor drives out a real key. */
#include "ft/store/keys.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ft/crypto/digest.h"

#include "keys_priv.h"

enum {
	SETS = 256,
	WAYS = 8,
	REFRESH_S = 10,
	REGION_MAX = 16, /* region codes have nine characters */
};

struct entry {
	struct sha256 hash;
	usec_t loaded_us; /* 0: empty */
	bool revoked;     /* opens nothing, but is remembered until it is refreshed */
	struct uuid id;
	unsigned scopes;
	char region[REGION_MAX];
	size_t region_len;    /* 0: not bounded */
	struct uuid *parties; /* heap */
	size_t party_count;
};
struct stranger {
	struct sha256 hash;
	usec_t loaded_us;
};
struct key_cache {
	pthread_mutex_t entries_lock;
	uint64_t drops; /* a load that began before a drop must not bring the old row back */
	struct entry entries[SETS][WAYS];
	struct stranger strangers[SETS][WAYS];
};

struct key_cache *key_cache_create(void)
{
	struct key_cache *cache = calloc(1, sizeof *cache);
	if (!cache)
		abort();
	pthread_mutex_init(&cache->entries_lock, NULL);
	return cache;
}

void key_cache_destroy(struct key_cache *cache)
{
	if (!cache)
		return;
	for (size_t set = 0; set < SETS; set++)
		for (size_t way = 0; way < WAYS; way++)
			free(cache->entries[set][way].parties);
	pthread_mutex_destroy(&cache->entries_lock);
	free(cache);
}

static bool is_fresh(usec_t loaded_us, usec_t now_us)
{
	return loaded_us && now_us - loaded_us < REFRESH_S * USEC_PER_SEC;
}

static size_t set_of(const struct sha256 *hash)
{
	return hash->octets[0] % SETS;
}

static void copy_out(const struct entry *e, struct arena *arena, struct known_key *ret)
{
	struct uuid *parties = arena_array(arena, struct uuid, e->party_count);
	if (e->party_count)
		memcpy(parties, e->parties, e->party_count * sizeof *parties);
	*ret = (struct known_key){
		.id = e->id,
		.scopes = e->scopes,
		.region = e->region_len ? arena_str(arena, (struct str){e->region, e->region_len})
					: (struct str){NULL, 0},
		.parties = parties,
		.party_count = e->party_count,
	};
}

static enum problem find(struct key_cache *cache, const struct sha256 *hash, usec_t now_us,
			 struct arena *arena, struct known_key *ret)
{
	size_t set = set_of(hash);
	for (size_t way = 0; way < WAYS; way++) {
		const struct entry *e = &cache->entries[set][way];
		if (!is_fresh(e->loaded_us, now_us) || !sha256_equal(e->hash, *hash))
			continue;
		if (e->revoked)
			return PROBLEM_UNAUTHORIZED;
		copy_out(e, arena, ret);
		return PROBLEM_NONE;
	}
	for (size_t way = 0; way < WAYS; way++) {
		const struct stranger *s = &cache->strangers[set][way];
		if (is_fresh(s->loaded_us, now_us) && sha256_equal(s->hash, *hash))
			return PROBLEM_UNAUTHORIZED;
	}
	return PROBLEM_BUSY;
}

enum problem key_cache_get(struct key_cache *cache, struct arena *arena, struct str bearer, usec_t now_us,
			   struct known_key *ret)
{
	if (!key_secret_has_form(bearer))
		return PROBLEM_UNAUTHORIZED;
	struct sha256 hash = sha256_of(str_bytes(bearer));
	pthread_mutex_lock(&cache->entries_lock);
	enum problem p = find(cache, &hash, now_us, arena, ret);
	pthread_mutex_unlock(&cache->entries_lock);
	return p;
}

/* The place of this hash, else the one loaded longest ago. */
static struct entry *entry_place(struct key_cache *cache, const struct sha256 *hash)
{
	struct entry *set = cache->entries[set_of(hash)], *oldest = set;
	for (size_t way = 0; way < WAYS; way++) {
		if (set[way].loaded_us && sha256_equal(set[way].hash, *hash))
			return &set[way];
		if (set[way].loaded_us < oldest->loaded_us)
			oldest = &set[way];
	}
	return oldest;
}

static void remember_stranger(struct key_cache *cache, const struct sha256 *hash, usec_t now_us)
{
	struct stranger *set = cache->strangers[set_of(hash)], *oldest = set;
	for (size_t way = 1; way < WAYS; way++)
		if (set[way].loaded_us < oldest->loaded_us)
			oldest = &set[way];
	*oldest = (struct stranger){*hash, now_us};
}

static void remember(struct key_cache *cache, const struct sha256 *hash, const struct known_key *key,
		     bool revoked, usec_t now_us)
{
	struct uuid *parties = NULL;
	if (key->party_count) {
		parties = calloc(key->party_count, sizeof *parties);
		if (!parties)
			abort();
		memcpy(parties, key->parties, key->party_count * sizeof *parties);
	}
	struct entry *e = entry_place(cache, hash);
	free(e->parties);
	*e = (struct entry){
		.hash = *hash,
		.loaded_us = now_us,
		.revoked = revoked,
		.id = key->id,
		.scopes = key->scopes,
		.parties = parties,
		.party_count = key->party_count,
		.region_len = key->region.len,
	};
	assert(key->region.len < sizeof e->region);
	if (key->region.len)
		memcpy(e->region, key->region.at, key->region.len);
}

static uint64_t drops_so_far(struct key_cache *cache)
{
	pthread_mutex_lock(&cache->entries_lock);
	uint64_t drops = cache->drops;
	pthread_mutex_unlock(&cache->entries_lock);
	return drops;
}

enum problem key_cache_load(struct key_cache *cache, struct db *db, struct arena *arena, struct str bearer,
			    usec_t now_us, struct known_key *ret)
{
	if (!key_secret_has_form(bearer))
		return PROBLEM_UNAUTHORIZED;
	struct sha256 hash = sha256_of(str_bytes(bearer));
	uint64_t begun = drops_so_far(cache);
	struct known_key key = {0};
	bool revoked = false;
	enum problem p = key_find_by_hash(db, arena, &hash, &key, &revoked);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	pthread_mutex_lock(&cache->entries_lock);
	if (p)
		remember_stranger(cache, &hash, now_us);
	else if (cache->drops == begun)
		remember(cache, &hash, &key, revoked, now_us);
	pthread_mutex_unlock(&cache->entries_lock);
	if (p || revoked)
		return PROBLEM_UNAUTHORIZED;
	*ret = key;
	return PROBLEM_NONE;
}

void key_cache_forget(struct key_cache *cache, struct uuid key)
{
	pthread_mutex_lock(&cache->entries_lock);
	cache->drops++;
	for (size_t set = 0; set < SETS; set++) {
		for (size_t way = 0; way < WAYS; way++) {
			struct entry *e = &cache->entries[set][way];
			if (!e->loaded_us || !uuid_equal(e->id, key))
				continue;
			free(e->parties);
			*e = (struct entry){0};
		}
	}
	pthread_mutex_unlock(&cache->entries_lock);
}
