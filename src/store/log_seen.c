/* SPDX-License-Identifier: Apache-2.0
 * One head under one lock: statements are made many times as often as heads. */
#include "ft/store/log_seen.h"

#include <pthread.h>
#include <stdlib.h>

struct log_seen {
	pthread_mutex_t lock;
	struct seen_head head;
};

struct log_seen *log_seen_create(void)
{
	struct log_seen *seen = calloc(1, sizeof *seen);
	if (!seen)
		abort();
	pthread_mutex_init(&seen->lock, NULL);
	return seen;
}

void log_seen_destroy(struct log_seen *seen)
{
	if (!seen)
		return;
	pthread_mutex_destroy(&seen->lock);
	free(seen);
}

void log_seen_put(struct log_seen *seen, int64_t size, struct sha256 root)
{
	if (!seen)
		return;
	pthread_mutex_lock(&seen->lock);
	if (size > seen->head.size)
		seen->head = (struct seen_head){size, root};
	pthread_mutex_unlock(&seen->lock);
}

struct seen_head log_seen_get(struct log_seen *seen)
{
	struct seen_head head = {.size = 0};
	if (!seen)
		return head;
	pthread_mutex_lock(&seen->lock);
	head = seen->head;
	pthread_mutex_unlock(&seen->lock);
	return head;
}
