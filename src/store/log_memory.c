/* SPDX-License-Identifier: Apache-2.0
 * Tiles in memory: an LRU under one lock. What it holds was checked against a signed head, so it never goes bad; a tile
 * that grew on the right edge of the log takes the place of the narrower one. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "log_priv.h"

enum { CHAINS = 4096 };

struct kept {
	atomic_int holders; /* the memory is one */
	unsigned level, width;
	uint64_t index;
	struct kept *next, *newer, *older;
	struct log_tile_tree tree;
};
struct log_memory {
	pthread_mutex_t lock; /* guards what follows */
	size_t room, count;   /* tiles */
	struct kept *newest, *oldest;
	struct kept *chains[CHAINS];
};

struct log_memory *log_memory_create(size_t max_bytes)
{
	struct log_memory *memory = calloc(1, sizeof *memory);
	if (!memory) {
		fputs("out of memory\n", stderr);
		abort();
	}
	memory->room = max_bytes / sizeof(struct kept);
	pthread_mutex_init(&memory->lock, NULL);
	return memory;
}

static void unhold(void *held)
{
	struct kept *kept = held;
	if (atomic_fetch_sub_explicit(&kept->holders, 1, memory_order_acq_rel) == 1)
		free(kept);
}

static struct kept **place_of(struct log_memory *memory, unsigned level, uint64_t index)
{
	struct kept **at = &memory->chains[(index ^ (uint64_t)level << 9) % CHAINS];
	while (*at && ((*at)->level != level || (*at)->index != index))
		at = &(*at)->next;
	return at;
}

static void order_remove(struct log_memory *memory, struct kept *kept)
{
	*(kept->newer ? &kept->newer->older : &memory->newest) = kept->older;
	*(kept->older ? &kept->older->newer : &memory->oldest) = kept->newer;
}

static void order_add(struct log_memory *memory, struct kept *kept)
{
	kept->newer = NULL;
	kept->older = memory->newest;
	*(memory->newest ? &memory->newest->newer : &memory->oldest) = kept;
	memory->newest = kept;
}

static void forget(struct log_memory *memory, struct kept **at)
{
	struct kept *kept = *at;
	*at = kept->next;
	order_remove(memory, kept);
	memory->count--;
	unhold(kept);
}

void log_memory_destroy(struct log_memory *memory)
{
	if (!memory)
		return;
	while (memory->oldest)
		forget(memory, place_of(memory, memory->oldest->level, memory->oldest->index));
	pthread_mutex_destroy(&memory->lock);
	free(memory);
}

bool log_memory_find(struct log_memory *memory, struct arena *arena, struct log_tile *tile)
{
	pthread_mutex_lock(&memory->lock);
	struct kept *kept = *place_of(memory, tile->level, tile->index);
	if (kept && kept->width < tile->width)
		kept = NULL;
	if (kept) {
		atomic_fetch_add_explicit(&kept->holders, 1, memory_order_relaxed);
		order_remove(memory, kept);
		order_add(memory, kept);
	}
	pthread_mutex_unlock(&memory->lock);
	if (!kept)
		return false;
	arena_defer(arena, unhold, kept);
	tile->hashes = kept->tree.nodes;
	tile->tree = &kept->tree;
	return true;
}

void log_memory_keep(struct log_memory *memory, const struct log_tile *tile)
{
	struct kept *kept = memory->room ? malloc(sizeof *kept) : NULL;
	if (!kept)
		return; /* it is only not kept */
	*kept = (struct kept){.holders = 1, .level = tile->level, .width = tile->width, .index = tile->index};
	kept->tree = *tile->tree;
	pthread_mutex_lock(&memory->lock);
	struct kept **at = place_of(memory, tile->level, tile->index);
	bool is_news = !*at || (*at)->width < tile->width;
	if (is_news) {
		if (*at)
			forget(memory, at);
		at = place_of(memory, tile->level, tile->index);
		kept->next = *at;
		*at = kept;
		order_add(memory, kept);
		memory->count++;
	}
	while (memory->count > memory->room)
		forget(memory, place_of(memory, memory->oldest->level, memory->oldest->index));
	pthread_mutex_unlock(&memory->lock);
	if (!is_news)
		free(kept);
}
