/* SPDX-License-Identifier: Apache-2.0
 * Chunks that grow, a bump pointer, and a list of things to release at the end. */
#include "ft/base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_GUARDED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(ARENA_GUARDED)
#include <sanitizer/asan_interface.h>
/* Bytes between two allocations that nobody may touch: the sanitizer sees a chunk as one block otherwise. */
enum { GUARD = 16 };
#define FORBID(at, size) ASAN_POISON_MEMORY_REGION((at), (size))
#define PERMIT(at, size) ASAN_UNPOISON_MEMORY_REGION((at), (size))
#else
enum { GUARD = 0 };
#define FORBID(at, size) ((void)(at), (void)(size))
#define PERMIT(at, size) ((void)(at), (void)(size))
#endif

enum { FIRST_CHUNK = 16 * 1024, LARGEST_CHUNK = 256 * 1024 };

struct chunk {
	struct chunk *next;
	size_t room;
	alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
	struct deferred *next;
	void (*release)(void *);
	void *resource;
};

struct arena {
	struct chunk *chunks;
	struct deferred *deferred;
	unsigned char *free, *end;
	size_t next_room;
};

static void *must_malloc(size_t size)
{
	void *p = malloc(size);
	if (!p) {
		fputs("out of memory\n", stderr);
		abort();
	}
	return p;
}

struct arena *arena_create(void)
{
	struct arena *arena = must_malloc(sizeof *arena);
	*arena = (struct arena){.next_room = FIRST_CHUNK};
	return arena;
}

static struct chunk *chunk_add(struct arena *arena, size_t room)
{
	struct chunk *chunk = must_malloc(sizeof *chunk + room);
	chunk->next = arena->chunks;
	chunk->room = room;
	arena->chunks = chunk;
	FORBID(chunk->bytes, room);
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	assert(size <= SIZE_MAX / 2);
	size_t step = (size + GUARD + (size == 0) + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
	unsigned char *p;
	if (step > (size_t)(arena->end - arena->free) && step > FIRST_CHUNK / 4) {
		/* A large one gets a chunk of its own: what is left of the current one stays in use. */
		p = chunk_add(arena, step)->bytes;
	} else {
		if (step > (size_t)(arena->end - arena->free)) {
			struct chunk *chunk = chunk_add(arena, arena->next_room);
			arena->free = chunk->bytes;
			arena->end = chunk->bytes + chunk->room;
			if (arena->next_room < LARGEST_CHUNK)
				arena->next_room *= 2;
		}
		p = arena->free;
		arena->free += step;
	}
	PERMIT(p, size);
	return memset(p, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;
	bool overflow = __builtin_mul_overflow(count, size, &total);
	assert(!overflow);
	return arena_alloc(arena, total);
}

void arena_defer(struct arena *arena, void (*release)(void *), void *resource)
{
	struct deferred *deferred = arena_new(arena, struct deferred);
	*deferred = (struct deferred){arena->deferred, release, resource};
	arena->deferred = deferred;
}

void arena_destroy(struct arena *arena)
{
	if (!arena)
		return;
	/* Read anew each round: a release may allocate from the arena or defer once more. */
	while (arena->deferred) {
		struct deferred *last = arena->deferred;
		arena->deferred = last->next;
		last->release(last->resource);
	}
	for (struct chunk *chunk = arena->chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		PERMIT(chunk->bytes, chunk->room);
		free(chunk);
	}
	free(arena);
}
