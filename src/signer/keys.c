/* SPDX-License-Identifier: Apache-2.0
 * A hash table with chains over a fixed array of slots, and a list through them in order of use.
 *
 *	buckets[fingerprint] → slot → slot …        newest ⇄ … ⇄ oldest */
#include "keys_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 2 * KEYS_MAX, NONE = -1 };

struct slot {
	struct opened_key held;
	int next_in_bucket;
	int newer, older;
};
struct keys {
	struct slot slots[KEYS_MAX];
	int buckets[BUCKETS];
	int newest, oldest;
	int count;
};

struct keys *keys_create(void)
{
	struct keys *keys = calloc(1, sizeof *keys);
	assert(keys);
	for (int i = 0; i < BUCKETS; i++)
		keys->buckets[i] = NONE;
	keys->newest = keys->oldest = NONE;
	return keys;
}

static void erase(struct opened_key *key)
{
	private_key_destroy(key->key);
	public_key_destroy(key->public);
}

void keys_destroy(struct keys *keys)
{
	if (!keys)
		return;
	for (int i = 0; i < keys->count; i++)
		erase(&keys->slots[i].held);
	free(keys);
}

size_t keys_count(const struct keys *keys)
{
	return (size_t)keys->count;
}

/* A fingerprint is a hash already: any part of it spreads evenly. */
static int *bucket_of(struct keys *keys, struct sha256 fingerprint)
{
	uint32_t part;
	memcpy(&part, fingerprint.octets, sizeof part);
	return &keys->buckets[part % BUCKETS];
}

static int index_of(struct keys *keys, struct sha256 fingerprint)
{
	int i = *bucket_of(keys, fingerprint);
	while (i != NONE && !sha256_equal(keys->slots[i].held.fingerprint, fingerprint))
		i = keys->slots[i].next_in_bucket;
	return i;
}

static void list_take_out(struct keys *keys, int i)
{
	struct slot *slot = &keys->slots[i];
	if (slot->newer == NONE)
		keys->newest = slot->older;
	else
		keys->slots[slot->newer].older = slot->older;
	if (slot->older == NONE)
		keys->oldest = slot->newer;
	else
		keys->slots[slot->older].newer = slot->newer;
}

static void list_put_first(struct keys *keys, int i)
{
	struct slot *slot = &keys->slots[i];
	slot->newer = NONE;
	slot->older = keys->newest;
	if (keys->newest == NONE)
		keys->oldest = i;
	else
		keys->slots[keys->newest].newer = i;
	keys->newest = i;
}

const struct opened_key *keys_find(struct keys *keys, struct sha256 fingerprint)
{
	int i = index_of(keys, fingerprint);
	if (i == NONE)
		return NULL;
	list_take_out(keys, i);
	list_put_first(keys, i);
	return &keys->slots[i].held;
}

static void bucket_take_out(struct keys *keys, int i)
{
	int *link = bucket_of(keys, keys->slots[i].held.fingerprint);
	while (*link != i)
		link = &keys->slots[*link].next_in_bucket;
	*link = keys->slots[i].next_in_bucket;
}

static int free_slot(struct keys *keys)
{
	if (keys->count < KEYS_MAX)
		return keys->count++;
	int i = keys->oldest;
	list_take_out(keys, i);
	bucket_take_out(keys, i);
	erase(&keys->slots[i].held);
	return i;
}

void keys_put(struct keys *keys, struct opened_key key)
{
	int i = index_of(keys, key.fingerprint);
	if (i != NONE) {
		erase(&keys->slots[i].held);
		keys->slots[i].held = key;
		list_take_out(keys, i);
		list_put_first(keys, i);
		return;
	}
	i = free_slot(keys);
	int *bucket = bucket_of(keys, key.fingerprint);
	keys->slots[i].held = key;
	keys->slots[i].next_in_bucket = *bucket;
	*bucket = i;
	list_put_first(keys, i);
}
