/* SPDX-License-Identifier: Apache-2.0
 * The sequencer's thread: opens the log, numbers and publishes, and what it tells others of itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/store/log_verifier.h"
#include "log_priv.h"

enum {
	TICK_US = 200 * 1000,
	AGAIN_US = 1000 * 1000,       /* standing by, or the database is away */
	HALTED_US = 10 * 1000 * 1000, /* it is looked at again: what was repaired goes on by itself */
	STATEMENT_TIMEOUT_MS = 60 * 1000,
};

struct str log_origin(const struct sequencer *s)
{
	return s->settings.config->origin;
}

const char *log_state_word(enum log_state state)
{
	static const char *const words[] = {
		[LOG_OPENING] = "opening", [LOG_STANDING_BY] = "standing by", [LOG_RUNNING] = "running",
		[LOG_PAUSED] = "paused",   [LOG_HALTED] = "halted",
	};
	return words[state];
}

void log_set_state(struct sequencer *s, enum log_state state, struct str reason)
{
	char text[LOG_REASON_MAX];
	struct str kept =
		reason.at ? (struct str){reason.at, reason.len < sizeof text ? reason.len : sizeof text - 1}
			  : STR("");
	memcpy(text, kept.at, kept.len);
	text[kept.len] = '\0';
	pthread_mutex_lock(&s->lock);
	bool news = s->state != state || strcmp(s->reason, text) != 0;
	s->state = state;
	memcpy(s->reason, text, sizeof text);
	pthread_mutex_unlock(&s->lock);
	metric_set(METRIC_LOG_HALTED, state == LOG_HALTED);
	metric_set(METRIC_LOG_PAUSED, state == LOG_PAUSED);
	if (news && state == LOG_HALTED)
		LOG(LOG_ERROR, "log-halted", LOG_TEXT("reason", kept));
	else if (news && state == LOG_PAUSED)
		LOG(LOG_WARN, "log-paused", LOG_TEXT("reason", kept));
	else if (news)
		LOG(LOG_INFO, "log-state", LOG_TEXT("state", str_of(log_state_word(state))),
		    LOG_NUMBER("size", s->edge.size));
}

static void tell_progress(struct sequencer *s)
{
	pthread_mutex_lock(&s->lock);
	s->size = (int64_t)s->edge.size;
	s->published = s->head.size;
	pthread_mutex_unlock(&s->lock);
	metric_set(METRIC_LOG_SIZE, (int64_t)s->edge.size);
	metric_set(METRIC_LOG_PUBLISHED, s->head.size);
}

bool log_pause(struct sequencer *s, int64_t us)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += us / USEC_PER_SEC;
	until.tv_nsec += (us % USEC_PER_SEC) * 1000;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->stopping && pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT)
		;
	bool go_on = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return go_on;
}

/* Whoever numbers the log sees to it; when it cannot be stated now it is when the log is opened again. */
void log_state_verifier(struct sequencer *s)
{
	struct arena *arena = arena_create();
	const struct key_office office = {.signer = s->settings.signer,
					  .origin = log_origin(s),
					  .registrar = s->settings.registrar,
					  .seen = s->settings.seen,
					  .now_us = clock_now()};
	enum problem p = log_verifier_settle(s->db, arena, &office);
	if (p)
		LOG(LOG_WARN, "verifier-not-stated", LOG_TEXT("problem", str_of(problem_info(p)->slug)));
	arena_destroy(arena);
}

/* How long to wait before the next step. */
static int64_t open_step(struct sequencer *s)
{
	switch (log_open(s)) {
	case LOG_OPENED:
		log_state_verifier(s);
		tell_progress(s);
		return 0;
	case LOG_OPENING_STANDBY:
		log_set_state(s, LOG_STANDING_BY, (struct str){NULL, 0});
		return AGAIN_US;
	case LOG_OPENING_HALTED:
		return HALTED_US;
	case LOG_OPENING_LATER:
		break;
	}
	return AGAIN_US;
}

/* While the log grows nobody is served by numbers before the next head is due: a few large ticks cost captures less than
 * many small ones. The large one begins so early that it ends when the head is due; what came meanwhile is numbered then.
 * After a rest what comes first is numbered and published at once. */
static int64_t next_tick(struct sequencer *s, int64_t took_us)
{
	int64_t due_us = s->published_us + LOG_CHECKPOINT_EVERY_US - log_clock();
	s->tick_us = took_us > s->tick_us ? took_us : s->tick_us - (s->tick_us - took_us) / 8;
	if ((int64_t)s->edge.size != s->head.size)
		return due_us > 0 ? due_us : 0;
	return due_us - s->tick_us > TICK_US ? due_us - s->tick_us : TICK_US;
}

static int64_t work_step(struct sequencer *s)
{
	struct fault fault = {0};
	size_t count = 0;
	int64_t began_us = log_clock();
	enum problem p = log_tick(s, &count, &fault);
	int64_t took_us = log_clock() - began_us;
	if (!p)
		p = log_publish(s);
	if (!p)
		log_watch_witnesses(s);
	tell_progress(s);
	if (!p) { /* only now: what halted it in its last tick may still be there */
		log_set_state(s, LOG_RUNNING, (struct str){NULL, 0});
		return count == LOG_BATCH ? 0 : next_tick(s, took_us);
	}
	if (p == PROBLEM_CONFLICT)
		log_set_state(s, LOG_HALTED, fault.detail);
	if (p == PROBLEM_SIGNER_UNAVAILABLE) {
		log_set_state(s, LOG_PAUSED,
			      s->settings.config->log_agent.len
				      ? STR("what holds the log's key does not sign (FARMTRAIL_LOG_AGENT)")
				      : STR("the signing process does not sign with the log's key"));
		return LOG_CHECKPOINT_EVERY_US;
	}
	log_close(s);
	return p == PROBLEM_CONFLICT ? HALTED_US : TICK_US;
}

static void *sequencer_main(void *argument)
{
	struct sequencer *s = argument;
	int64_t pause_us = 0;
	while (log_pause(s, pause_us))
		pause_us = s->opened ? work_step(s) : open_step(s);
	log_close(s);
	return NULL;
}

static struct sequencer *create(const struct log_settings *settings)
{
	struct sequencer *s = calloc(1, sizeof *s);
	pthread_condattr_t monotonic;
	if (!s)
		abort();
	s->settings = *settings;
	s->arena = arena_create();
	s->guard_file = log_guard_file(s->arena, settings->config);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return s;
}

enum problem log_start(const struct log_settings *settings, struct sequencer **ret)
{
	struct sequencer *s = create(settings);
	enum problem p = db_open_planned(settings->conninfo, STATEMENT_TIMEOUT_MS, &s->db);
	if (!p)
		s->has_thread = pthread_create(&s->thread, NULL, sequencer_main, s) == 0;
	if (!p && settings->config->log_sweep > 0)
		s->has_sweeper = pthread_create(&s->sweeper, NULL, log_sweeper_main, s) == 0;
	if (p || !s->has_thread) {
		log_stop(s);
		return p ? p : PROBLEM_INTERNAL;
	}
	*ret = s;
	return PROBLEM_NONE;
}

void log_stop(struct sequencer *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
	if (s->has_thread)
		pthread_join(s->thread, NULL);
	if (s->has_sweeper)
		pthread_join(s->sweeper, NULL);
	db_close(s->db);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	arena_destroy(s->arena);
	free(s);
}

struct log_status log_status(struct sequencer *s, struct arena *arena)
{
	if (!s)
		return (struct log_status){.state = LOG_STANDING_BY};
	pthread_mutex_lock(&s->lock);
	struct log_status status = {s->state, arena_str(arena, str_of(s->reason)), s->size, s->published};
	pthread_mutex_unlock(&s->lock);
	return status;
}
