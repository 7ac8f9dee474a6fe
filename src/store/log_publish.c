/* SPDX-License-Identifier: Apache-2.0
 * A new head: remembered on disk first, then signed, then stored, and with that published. */
#include <time.h>

#include "ft/base/failpoint.h"
#include "ft/base/file.h"
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

/* Where verifiers of this machine find the key; whoever else trusts the log took it from there. */
static void write_vkey(struct sequencer *s, struct arena *arena, const struct log_key *key)
{
	struct str path = arena_printf(arena, "%.*s/log.vkey", STR_ARGS(s->settings.config->data_dir));
	struct str line = arena_printf(arena, "%.*s\n", STR_ARGS(note_key_print(arena, &key->vkey)));
	if (sha256_equal(key->key.fingerprint, s->vkey_written))
		return;
	if (!sha256_equal(s->vkey_written, (struct sha256){{0}}))
		log_state_verifier(s);
	if (file_replace(arena, path, 0644, line))
		s->vkey_written = key->key.fingerprint;
	else
		LOG(LOG_ERROR, "log-vkey", LOG_TEXT("reason", STR("log.vkey cannot be written")));
}

/* A key that was replaced signs on for a while, so that whoever knows only that one can follow. */
static enum problem sign_head(struct sequencer *s, struct arena *arena, const struct checkpoint *head,
			      struct str *ret)
{
	struct note *note = arena_new(arena, struct note);
	struct log_key keys[LOG_KEYS_MAX];
	struct signer_request requests[LOG_KEYS_MAX];
	struct signer_result results[LOG_KEYS_MAX];
	enum problem p = log_keys_read(s->db, arena, log_origin(s), clock_now(), keys, &note->count);
	if (!p && !str_equal(keys[0].vkey.name, head->origin))
		return PROBLEM_DB_UNAVAILABLE; /* it has ended: what goes on is looked for */
	note->text = checkpoint_print(arena, head);
	for (size_t i = 0; !p && i < note->count; i++)
		requests[i] = (struct signer_request){&keys[i].key, note->text};
	if (!p && signer_sign_batch(s->settings.signer, arena, requests, note->count, results))
		p = PROBLEM_SIGNER_UNAVAILABLE;
	for (size_t i = 0; !p && i < note->count; i++) {
		if (results[i].verdict != SIGNER_SIGNED)
			return PROBLEM_SIGNER_UNAVAILABLE;
		note->signatures[i] =
			(struct note_signature){keys[i].vkey.name, keys[i].vkey.id, results[i].signature};
	}
	if (p)
		return p;
	write_vkey(s, arena, &keys[0]);
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
	const struct checkpoint head = {s->name, (int64_t)s->edge.size, merkle_edge_root(&s->edge)};
	struct fault fault = {0};
	struct str note;
	int64_t rows = 0;
	enum problem p = log_guard_write(arena, s->guard_file, &head, &fault);
	if (p)
		LOG(LOG_ERROR, "log-guard", LOG_TEXT("reason", fault.detail));
	failpoint("log-5-guarded");
	if (!p)
		p = sign_head(s, arena, &head, &note);
	failpoint("log-6-signed");
	if (!p)
		p = log_checkpoint_insert(s->db,
					  &(struct log_checkpoint_insert_params){
						  s->number, head.size, sha256_bytes(&head.root),
						  str_bytes(note), clock_now(), log_waits_for_witnesses(s)},
					  &rows);
	if (!p && !rows)
		p = PROBLEM_DB_UNAVAILABLE; /* ended meanwhile: nobody has seen what was signed */
	if (p)
		return p;
	failpoint("log-7-stored");
	s->head = head;
	if (!log_waits_for_witnesses(s)) /* else when they have seen it */
		log_seen_put(s->settings.seen, head.size, head.root);
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
