/* SPDX-License-Identifier: Apache-2.0
 * A new head: remembered on disk first, then signed, then stored, and with that published. */
#include <time.h>

#include "ft/base/failpoint.h"
#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "log_priv.h"

enum { QUEUE_COUNTED = 100000 };

int64_t log_clock(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * USEC_PER_SEC + now.tv_nsec / 1000;
}

static enum problem sign_head(struct sequencer *s, struct arena *arena, const struct checkpoint *head,
			      struct str *ret)
{
	struct note *note = arena_new(arena, struct note);
	struct signer_result result;
	note->text = checkpoint_print(arena, head);
	const struct signer_request request = {&s->key.key, note->text};
	enum problem p = signer_sign_batch(s->settings.signer, arena, &request, 1, &result);
	if (p || result.verdict != SIGNER_SIGNED)
		return PROBLEM_SIGNER_UNAVAILABLE;
	note->count = 1;
	note->signatures[0] = (struct note_signature){s->key.vkey.name, s->key.vkey.id, result.signature};
	*ret = note_print(arena, note);
	return PROBLEM_NONE;
}

bool log_waits_for_witnesses(const struct sequencer *s)
{
	return s->settings.policy && s->settings.policy->quorum;
}

static void count_queue(struct sequencer *s, struct arena *arena)
{
	struct log_pending_count_row row;
	if (!log_pending_count(s->db, arena, &(struct log_pending_count_params){QUEUE_COUNTED}, &row))
		metric_set(METRIC_LOG_QUEUED, row.count);
}

static enum problem publish(struct sequencer *s, struct arena *arena)
{
	const struct checkpoint head = {log_origin(s), (int64_t)s->edge.size, merkle_edge_root(&s->edge)};
	struct fault fault = {0};
	struct str note;
	int64_t rows;
	enum problem p = log_guard_write(arena, s->guard_file, &head, &fault);
	if (p)
		LOG(LOG_ERROR, "log-guard", LOG_TEXT("reason", fault.detail));
	failpoint("log-5-guarded");
	if (!p)
		p = sign_head(s, arena, &head, &note);
	failpoint("log-6-signed");
	if (!p)
		p = log_checkpoint_insert(s->db,
					  &(struct log_checkpoint_insert_params){head.size, str_bytes(note),
										 clock_now(),
										 log_waits_for_witnesses(s)},
					  &rows);
	if (p)
		return p;
	failpoint("log-7-stored");
	s->head = head;
	s->published_us = log_clock();
	count_queue(s, arena);
	LOG(LOG_DEBUG, "log-published", LOG_NUMBER("size", head.size));
	return PROBLEM_NONE;
}

enum problem log_publish(struct sequencer *s)
{
	if ((int64_t)s->edge.size == s->head.size || log_clock() - s->published_us < LOG_CHECKPOINT_EVERY_US)
		return PROBLEM_NONE;
	struct arena *arena = arena_create();
	enum problem p = publish(s, arena);
	arena_destroy(arena);
	return p;
}
