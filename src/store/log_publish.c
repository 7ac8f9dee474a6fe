/* SPDX-License-Identifier: Apache-2.0
 * A new head: remembered on disk first, then signed, then stored, and with that published. */
#include <string.h>
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
	if (file_replace(arena, path, 0644, line))
		s->vkey_written = key->key.fingerprint;
	else
		LOG(LOG_ERROR, "log-vkey", LOG_TEXT("reason", STR("log.vkey cannot be written")));
}

/* The page that verifies has other keys in it when other keys sign. */
static void tell_keys(struct sequencer *s, struct arena *arena, const struct log_key *keys, size_t count)
{
	struct sha256 signing[LOG_KEYS_MAX] = {{{0}}};
	for (size_t i = 0; i < count; i++)
		signing[i] = keys[i].key.fingerprint;
	if (memcmp(signing, s->signing, sizeof signing) != 0)
		log_state_verifier(s);
	memcpy(s->signing, signing, sizeof signing);
	write_vkey(s, arena, &keys[0]);
}

/* An agent's key that was replaced, and nobody to ask for it: who takes the setting away ends its line. */
static bool has_left(const struct sequencer *s, const struct log_key *key)
{
	return !key->active && !key->key.wrapped.at && !signer_has_agent(s->settings.signer);
}

/* Those whose statements have their place in the log; while there is none, before the first entry, the key itself. */
static enum problem find_signers(struct sequencer *s, struct arena *arena, struct log_key keys[LOG_KEYS_MAX],
				 size_t *ret_count)
{
	size_t count, kept = 0;
	enum problem p = log_keys_read(s->db, arena, log_origin(s), clock_now(), keys, &count);
	if (p)
		return p;
	bool is_stated = false;
	for (size_t i = 0; i < count; i++)
		is_stated |= keys[i].stated && !keys[i].sm2 && !has_left(s, &keys[i]);
	for (size_t i = 0; i < count; i++)
		if ((keys[i].stated && !has_left(s, &keys[i])) || (i == 0 && !is_stated))
			keys[kept++] = keys[i];
	*ret_count = kept;
	return PROBLEM_NONE;
}

static enum problem add_lines(struct sequencer *s, struct arena *arena, const struct log_key *keys,
			      size_t count, struct note *note)
{
	struct signer_request requests[LOG_KEYS_MAX] = {{0}};
	struct signer_result results[LOG_KEYS_MAX];
	for (size_t i = 0; i < count; i++)
		requests[i] = (struct signer_request){&keys[i].key, note->text};
	if (signer_sign_batch(s->settings.signer, arena, requests, count, results))
		return PROBLEM_SIGNER_UNAVAILABLE;
	for (size_t i = 0; i < count; i++) {
		if (results[i].verdict != SIGNER_SIGNED)
			return PROBLEM_SIGNER_UNAVAILABLE;
		note->signatures[note->count++] =
			(struct note_signature){keys[i].vkey.name, keys[i].vkey.id, results[i].signature};
	}
	return PROBLEM_NONE;
}

/* A key that was replaced signs on for a while, so that whoever knows only that one can follow. Lines are gathered here and
 * stored together: a head of which one is lacking is not stored, and is signed anew, with all of them. */
static enum problem sign_head(struct sequencer *s, struct arena *arena, const struct checkpoint *head,
			      struct str *ret)
{
	struct note *note = arena_new(arena, struct note);
	struct log_key keys[LOG_KEYS_MAX];
	size_t count, first_sm2 = 0;
	enum problem p = find_signers(s, arena, keys, &count);
	if (!p && !str_equal(keys[0].vkey.name, head->origin))
		return PROBLEM_DB_UNAVAILABLE; /* it has ended: what goes on is looked for */
	note->text = checkpoint_print(arena, head);
	while (!p && first_sm2 < count && !keys[first_sm2].sm2)
		first_sm2++;
	if (!p)
		p = add_lines(s, arena, keys, first_sm2, note);
	failpoint("log-6-half-signed");
	if (!p && first_sm2 < count)
		p = add_lines(s, arena, keys + first_sm2, count - first_sm2, note);
	if (p)
		return p;
	tell_keys(s, arena, keys, count);
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
