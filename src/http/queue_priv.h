/* SPDX-License-Identifier: Apache-2.0
 * A bounded queue of calls between the epoll threads and the worker threads. */
#ifndef FT_HTTP_QUEUE_PRIV_H
#define FT_HTTP_QUEUE_PRIV_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

struct queue *queue_create(size_t room);
void queue_destroy(struct queue *queue);

/* A place is taken first and filled later, so that a connection can be suspended in between: from then on
 * nothing can fail. false: full or closed. Every reserved place must be filled. */
bool queue_reserve(struct queue *queue) __attribute__((warn_unused_result));
void queue_fill(struct queue *queue, void *item);

/* Waits for an item; NULL once the queue is closed, empty, and no reserved place is still to be filled. */
void *queue_take(struct queue *queue);
void *queue_take_now(struct queue *queue); /* NULL: nothing there */
void queue_close(struct queue *queue);
size_t queue_len(struct queue *queue);

#endif
