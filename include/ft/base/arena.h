/* SPDX-License-Identifier: Apache-2.0
 * A bump allocator with one owner and one end: everything a request makes lives here. */
#ifndef FT_BASE_ARENA_H
#define FT_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* NULL is fine; runs the deferred calls, last first */

/* Zeroed, aligned for any type, never NULL: an input that could need more than its limit allows has been
 * refused before anything is allocated for it. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_alloc_array(struct arena *arena, size_t count, size_t size); /* overflow-checked count * size */
#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* Hands a foreign resource (PGresult, EVP_MD_CTX, …) to the arena, in the line after it is made. */
void arena_defer(struct arena *arena, void (*release)(void *), void *resource);

#endif
