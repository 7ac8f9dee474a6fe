/* SPDX-License-Identifier: Apache-2.0
 * The thread that looks whether heads cover what requests wait for. */
#include "ft/store/log_wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "ft/base/map.h"
#include "ft/base/metrics.h"
#include "ft/db/db.h"
#include "log_priv.h"

enum { LOOK_EVERY_US = 100 * 1000 };

struct log_wait {
	struct str conninfo;
	int statement_timeout_ms;
	pthread_t thread;
	struct db *db; /* the thread's; opened when somebody waits */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool ending, stopping;
	struct log_waiter *first;
	size_t waiters, events;
};

static void list_put(struct log_wait *wait, struct log_waiter *waiter)
{
	waiter->next = wait->first;
	wait->first = waiter;
	wait->waiters++;
	wait->events += waiter->count;
	metric_set(METRIC_LOG_AWAITED, (int64_t)wait->waiters);
}

bool log_wait_for(struct log_wait *wait, struct log_waiter *waiter, int wait_s)
{
	waiter->until_us = log_clock() + wait_s * USEC_PER_SEC;
	waiter->asked_size = -1;
	pthread_mutex_lock(&wait->lock);
	bool idle = !wait->first;
	bool taken = !wait->ending && wait->waiters < LOG_WAITERS_MAX &&
		     wait->events + waiter->count <= LOG_AWAITED_MAX;
	if (taken)
		list_put(wait, waiter);
	if (idle) /* else it looks by itself, in a moment */
		pthread_cond_signal(&wait->wake);
	pthread_mutex_unlock(&wait->lock);
	return taken;
}

/* All that wait now, who stay in the table: only this thread takes any out. */
static size_t list_read(struct log_wait *wait, struct log_waiter *ret[LOG_WAITERS_MAX])
{
	size_t count = 0;
	pthread_mutex_lock(&wait->lock);
	for (struct log_waiter *w = wait->first; w; w = w->next)
		ret[count++] = w;
	pthread_mutex_unlock(&wait->lock);
	return count;
}

static enum problem database(struct log_wait *wait)
{
	enum problem p =
		wait->db ? PROBLEM_NONE : db_open(wait->conninfo, wait->statement_timeout_ms, &wait->db);
	if (!p)
		db_act_for(wait->db, &db_program);
	return p;
}

/* Of those who have not been told of this head yet. */
static struct uuid *unasked(struct arena *arena, struct log_waiter *const *waiters, size_t count,
			    int64_t size, size_t *ret_count)
{
	struct uuid *events = arena_array(arena, struct uuid, LOG_AWAITED_MAX);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; waiters[i]->asked_size != size && k < waiters[i]->count; k++)
			events[(*ret_count)++] = waiters[i]->events[k];
	return events;
}

static bool is_covered(const struct map *covered, const struct log_waiter *waiter)
{
	for (size_t i = 0; i < waiter->count; i++)
		if (!map_get(covered, MAP_KEY(waiter->events[i])))
			return false;
	return true;
}

/* The database may be away: then they wait on. */
static void look(struct log_wait *wait, struct arena *arena, struct log_waiter *const *waiters, size_t count)
{
	struct log_signed_size_row head;
	struct log_covered_row *rows;
	size_t row_count;
	struct log_covered_params params = {.size = 0};
	if (database(wait) || log_signed_size(wait->db, arena, &head))
		return;
	struct uuid *events = unasked(arena, waiters, count, head.size, &params.id.count);
	params.id.items = events;
	params.size = head.size;
	if (!params.id.count || log_covered(wait->db, arena, &params, &rows, &row_count))
		return;
	struct map *covered = map_create(arena, row_count + 1);
	for (size_t i = 0; i < row_count; i++)
		map_set(covered, MAP_KEY(rows[i].id), &rows[i]);
	for (size_t i = 0; i < count; i++) {
		waiters[i]->covered |= waiters[i]->asked_size != head.size && is_covered(covered, waiters[i]);
		waiters[i]->asked_size = head.size;
	}
}

/* Takes out those whose waiting is over; NULL: none. */
static struct log_waiter *list_take(struct log_wait *wait, bool all)
{
	struct log_waiter *over = NULL;
	int64_t now_us = log_clock();
	pthread_mutex_lock(&wait->lock);
	for (struct log_waiter **place = &wait->first; *place;) {
		struct log_waiter *w = *place;
		if (!all && !wait->ending && !w->covered && now_us < w->until_us) {
			place = &w->next;
			continue;
		}
		*place = w->next;
		w->next = over;
		over = w;
		wait->waiters--;
		wait->events -= w->count;
	}
	metric_set(METRIC_LOG_AWAITED, (int64_t)wait->waiters);
	pthread_mutex_unlock(&wait->lock);
	return over;
}

static void let_go(struct log_waiter *over)
{
	while (over) {
		struct log_waiter *next = over->next; /* firing gives it back */
		over->done->fire(over->done, PROBLEM_NONE);
		over = next;
	}
}

/* Until somebody waits; while somebody does, a moment. false: stop. */
static bool pause(struct log_wait *wait)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += LOOK_EVERY_US * 1000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_mutex_lock(&wait->lock);
	while (!wait->first && !wait->stopping)
		pthread_cond_wait(&wait->wake, &wait->lock);
	if (!wait->ending)
		(void)pthread_cond_timedwait(&wait->wake, &wait->lock, &until);
	bool go_on = !wait->stopping;
	pthread_mutex_unlock(&wait->lock);
	return go_on;
}

static void *wait_main(void *argument)
{
	struct log_wait *wait = argument;
	struct log_waiter **waiters = calloc(LOG_WAITERS_MAX, sizeof(struct log_waiter *));
	if (!waiters)
		abort();
	while (pause(wait)) {
		struct arena *arena = arena_create();
		look(wait, arena, waiters, list_read(wait, waiters));
		arena_destroy(arena);
		let_go(list_take(wait, /* all */ false));
	}
	let_go(list_take(wait, /* all */ true));
	db_close(wait->db);
	free(waiters);
	return NULL;
}

struct log_wait *log_wait_start(struct str conninfo, int statement_timeout_ms)
{
	struct log_wait *wait = calloc(1, sizeof *wait);
	pthread_condattr_t monotonic;
	if (!wait)
		abort();
	wait->conninfo = conninfo;
	wait->statement_timeout_ms = statement_timeout_ms;
	pthread_mutex_init(&wait->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&wait->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	if (pthread_create(&wait->thread, /* attr */ NULL, wait_main, wait))
		abort();
	return wait;
}

static void tell(struct log_wait *wait, bool stop)
{
	pthread_mutex_lock(&wait->lock);
	wait->ending = true;
	wait->stopping |= stop;
	pthread_cond_signal(&wait->wake);
	pthread_mutex_unlock(&wait->lock);
}

void log_wait_end(struct log_wait *wait)
{
	if (wait)
		tell(wait, /* stop */ false);
}

void log_wait_stop(struct log_wait *wait)
{
	if (!wait)
		return;
	tell(wait, /* stop */ true);
	pthread_join(wait->thread, NULL);
	pthread_cond_destroy(&wait->wake);
	pthread_mutex_destroy(&wait->lock);
	free(wait);
}
