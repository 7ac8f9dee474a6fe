/* SPDX-License-Identifier: Apache-2.0
 * Token buckets in a fixed table; each is one number: the time at which it will be full again (GCRA). */
#include "limit_priv.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 2048, WAYS = 8 };
static const int64_t NS_PER_MIN = INT64_C(60000000000), NS_PER_MS = 1000000;

struct bucket {
	uint64_t name;
	int64_t full_at_ns; /* in the past: the bucket is full, and the place free to take */
};

struct set {
	pthread_mutex_t buckets_lock;
	struct bucket buckets[WAYS];
};

struct rate_table {
	uint64_t seed; /* secret, so that nobody can choose addresses that share a set */
	struct set sets[SETS];
};

/* The finalizer of SplitMix64: every bit of the input reaches every bit of the output. */
static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= UINT64_C(0xbf58476d1ce4e5b9);
	x ^= x >> 27;
	x *= UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t mix_bytes(uint64_t seed, const void *at, size_t len)
{
	uint64_t sum = seed;
	for (size_t i = 0; i < len; i += sizeof sum) {
		uint64_t word = 0;
		memcpy(&word, (const char *)at + i, len - i < sizeof word ? len - i : sizeof word);
		sum = mix(sum ^ word) + UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum ? sum : 1;
}

struct rate_table *rate_table_create(uint64_t seed)
{
	struct rate_table *table = calloc(1, sizeof *table);
	if (!table)
		abort();
	table->seed = seed;
	for (size_t i = 0; i < SETS; i++)
		pthread_mutex_init(&table->sets[i].buckets_lock, /* attr */ NULL);
	return table;
}

void rate_table_destroy(struct rate_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < SETS; i++)
		pthread_mutex_destroy(&table->sets[i].buckets_lock);
	free(table);
}

uint64_t rate_subject_of_key(const struct rate_table *table, struct uuid key)
{
	return uuid_is_nil(key) ? 0 : mix_bytes(table->seed, key.octets, sizeof key.octets);
}

uint64_t rate_subject_of_address(const struct rate_table *table, const struct sockaddr *address)
{
	if (address && address->sa_family == AF_INET) {
		const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
		return mix_bytes(table->seed + 4, &v4->sin_addr, sizeof v4->sin_addr);
	}
	if (address && address->sa_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
			return mix_bytes(table->seed + 4, v6->sin6_addr.s6_addr + 12, 4);
		/* One customer gets a whole /64, so single addresses in it are one caller. */
		return mix_bytes(table->seed + 6, v6->sin6_addr.s6_addr, 8);
	}
	return 0;
}

uint64_t rate_bucket(uint64_t subject, uint64_t class_of_request)
{
	return mix(subject ^ mix(class_of_request + 1));
}

/* The one named so; else the one that has been full for longest, which is as good as a new one unless every
 * bucket of the set is in use. */
static struct bucket *bucket_in(struct set *set, uint64_t name)
{
	struct bucket *oldest = &set->buckets[0];
	for (size_t i = 0; i < WAYS; i++) {
		if (set->buckets[i].name == name)
			return &set->buckets[i];
		if (set->buckets[i].full_at_ns < oldest->full_at_ns)
			oldest = &set->buckets[i];
	}
	*oldest = (struct bucket){.name = name};
	return oldest;
}

int64_t rate_take(struct rate_table *table, uint64_t bucket, unsigned per_min, int64_t now_ns)
{
	int64_t step_ns = NS_PER_MIN / per_min;
	struct set *set = &table->sets[bucket % SETS];
	pthread_mutex_lock(&set->buckets_lock);
	struct bucket *b = bucket_in(set, bucket);
	int64_t full_at_ns = (b->full_at_ns > now_ns ? b->full_at_ns : now_ns) + step_ns;
	int64_t excess_ns = full_at_ns - now_ns - NS_PER_MIN;
	if (excess_ns <= 0)
		b->full_at_ns = full_at_ns;
	pthread_mutex_unlock(&set->buckets_lock);
	return excess_ns <= 0 ? 0 : excess_ns / NS_PER_MS + 1;
}

bool body_reserve(struct body_budget *budget, size_t len)
{
	if (len > budget->room)
		return false;
	if (atomic_fetch_add(&budget->used, len) <= budget->room - len)
		return true;
	atomic_fetch_sub(&budget->used, len);
	return false;
}

void body_release(struct body_budget *budget, size_t len)
{
	atomic_fetch_sub(&budget->used, len);
}
