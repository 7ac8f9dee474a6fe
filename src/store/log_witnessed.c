/* SPDX-License-Identifier: Apache-2.0
 * Heads that wait for witnesses: since when, and whether that is too long. */
#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "log_priv.h"

enum { LOOK_EVERY_US = 1000 * 1000 };

enum problem log_unwitnessed(struct db *db, struct arena *arena, int64_t wait_s, struct log_unwitnessed *ret)
{
	struct log_unwitnessed_since_row row;
	enum problem p = log_unwitnessed_since(db, arena, &row);
	if (p)
		return p;
	usec_t since = row.since.known ? row.since.value : 0;
	usec_t age = since ? clock_now() - since : 0;
	*ret = (struct log_unwitnessed){since, age / USEC_PER_SEC, since && age >= wait_s * USEC_PER_SEC};
	return PROBLEM_NONE;
}

static void say(struct sequencer *s, const struct log_unwitnessed *found)
{
	metric_set(METRIC_LOG_UNWITNESSED, found->waited_s);
	if (found->too_long && !s->unwitnessed)
		LOG(LOG_WARN, "log-unwitnessed", LOG_NUMBER("waited_s", found->waited_s),
		    LOG_NUMBER("size", s->head.size));
	if (!found->too_long && s->unwitnessed)
		LOG(LOG_INFO, "log-witnessed", LOG_NUMBER("size", s->head.size));
	s->unwitnessed = found->too_long;
}

void log_watch_witnesses(struct sequencer *s)
{
	struct log_unwitnessed found;
	if (log_clock() - s->looked_us < LOOK_EVERY_US)
		return;
	s->looked_us = log_clock();
	struct arena *arena = arena_create();
	if (!log_unwitnessed(s->db, arena, s->settings.config->log_witness_wait_s, &found))
		say(s, &found);
	arena_destroy(arena);
}
