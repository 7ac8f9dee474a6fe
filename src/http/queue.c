/* SPDX-License-Identifier: Apache-2.0
 * A ring of pointers under one lock. */
#include "queue_priv.h"

#include <pthread.h>
#include <stdlib.h>

struct queue {
	pthread_mutex_t ring_lock;
	pthread_cond_t changed;
	size_t room, first, len, reserved, waiting;
	bool closed;
	void *ring[];
};

struct queue *queue_create(size_t room)
{
	struct queue *queue = calloc(1, sizeof *queue + room * sizeof queue->ring[0]);
	if (!queue)
		abort();
	queue->room = room;
	pthread_mutex_init(&queue->ring_lock, /* attr */ NULL);
	pthread_cond_init(&queue->changed, /* attr */ NULL);
	return queue;
}

void queue_destroy(struct queue *queue)
{
	if (!queue)
		return;
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->ring_lock);
	free(queue);
}

bool queue_reserve(struct queue *queue)
{
	pthread_mutex_lock(&queue->ring_lock);
	bool granted = !queue->closed && queue->len + queue->reserved < queue->room;
	queue->reserved += granted;
	pthread_mutex_unlock(&queue->ring_lock);
	return granted;
}

void queue_fill(struct queue *queue, void *item)
{
	pthread_mutex_lock(&queue->ring_lock);
	queue->ring[(queue->first + queue->len) % queue->room] = item;
	queue->len++;
	queue->reserved--;
	/* A worker that is busy looks here by itself before it sleeps: no call into the kernel for it. */
	if (queue->waiting)
		pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->ring_lock);
}

static void *take_first(struct queue *queue)
{
	if (!queue->len)
		return NULL;
	void *item = queue->ring[queue->first];
	queue->first = (queue->first + 1) % queue->room;
	queue->len--;
	return item;
}

void *queue_take(struct queue *queue)
{
	pthread_mutex_lock(&queue->ring_lock);
	while (!queue->len && !(queue->closed && !queue->reserved)) {
		queue->waiting++;
		pthread_cond_wait(&queue->changed, &queue->ring_lock);
		queue->waiting--;
	}
	void *item = take_first(queue);
	/* The last one out of a closed queue wakes the others, which wait for a reserved place. */
	if (!item)
		pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->ring_lock);
	return item;
}

void *queue_take_now(struct queue *queue)
{
	pthread_mutex_lock(&queue->ring_lock);
	void *item = take_first(queue);
	pthread_mutex_unlock(&queue->ring_lock);
	return item;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->ring_lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->ring_lock);
}

size_t queue_len(struct queue *queue)
{
	pthread_mutex_lock(&queue->ring_lock);
	size_t len = queue->len + queue->reserved;
	pthread_mutex_unlock(&queue->ring_lock);
	return len;
}
