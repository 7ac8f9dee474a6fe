/* SPDX-License-Identifier: Apache-2.0
 * Seals rows that were written before there was a key. Each step reads some that are clear, and one statement puts the sealed
 * ones in their place where they have not changed meanwhile: so nothing waits for it, and a kill loses nothing. */
#include "ft/store/sealing.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ft/base/log.h"
#include "ft/core/epcis_body.h"
#include "ft/core/event_kind.h"
#include "ft/core/thing_name.h"
#include "queries.h"

enum { PAGE = 100, TEXTS = 1000, STATEMENT_TIMEOUT_MS = 3600 * 1000, AGAIN_MS = 1000, REST_MAX_MS = 1000 };

struct sealing {
	struct str conninfo;
	const struct vault *vault;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	/* of the thread alone */
	struct db *db;
	struct arena *arena;    /* of a step */
	struct uuid org, event; /* behind which events are looked for */
	struct str kind;        /* and versions; a word of static life */
	struct uuid id;
	int64_t version, sealed;
	bool done; /* long ago */
};

#define COLUMN(target, ctype, n, expression) \
	do { \
		ctype *column_ = arena_array(s->arena, ctype, (n)); \
		for (size_t i = 0; i < (n); i++) \
			column_[i] = (expression); \
		(target) = (struct sql_array){column_, (n)}; \
	} while (0)

/* — steps: *ret_more says whether others may be left — */

static enum problem look(struct sealing *s, bool *ret_more)
{
	struct sealing_read_row row;
	enum problem p = sealing_read(s->db, s->arena, &row);
	s->done = !p && row.done_at.known;
	*ret_more = false;
	return p;
}

static enum problem seal_texts(struct sealing *s, bool *ret_more)
{
	struct sealing_texts_row *rows;
	struct sealing_texts_seal_params params;
	struct sealing_texts_seal_row done;
	size_t n;
	enum problem p = sealing_texts(s->db, s->arena, &(struct sealing_texts_params){TEXTS}, &rows, &n);
	if (p || !n) {
		*ret_more = false;
		return p;
	}
	COLUMN(params.clear, struct str, n, rows[i].clear);
	params.sealed = params.clear;
	p = sealing_texts_seal(s->db, s->arena, &params, &done);
	s->sealed += p ? 0 : done.count;
	*ret_more = n == TEXTS;
	return p;
}

static enum problem seal_jobs(struct sealing *s, bool *ret_more)
{
	struct sealing_jobs_row *rows;
	struct sealing_jobs_seal_params params;
	struct sealing_jobs_seal_row done;
	size_t n;
	enum problem p = sealing_jobs(s->db, s->arena, &(struct sealing_jobs_params){PAGE}, &rows, &n);
	*ret_more = !p && n;
	if (!*ret_more)
		return p;
	COLUMN(params.ids, struct uuid, n, rows[i].id);
	COLUMN(params.errors, struct bytes, n, rows[i].errors);
	p = sealing_jobs_seal(s->db, s->arena, &params, &done);
	s->sealed += p ? 0 : done.count;
	return p;
}

static enum problem seal_parties(struct sealing *s, bool *ret_more)
{
	struct sealing_parties_row *rows;
	size_t n;
	enum problem p = sealing_parties(s->db, s->arena, &(struct sealing_parties_params){PAGE}, &rows, &n);
	*ret_more = !p && n;
	for (size_t i = 0; !p && i < n; i++) {
		const struct sealing_party_seal_params params = {rows[i].id,      rows[i].name_zh,
								 rows[i].name_en, rows[i].uscc,
								 rows[i].gln,     rows[i].version};
		int64_t done;
		p = sealing_party_seal(s->db, &params, &done);
		s->sealed += p ? 0 : done;
	}
	return p;
}

static enum problem seal_sites(struct sealing *s, bool *ret_more)
{
	struct sealing_sites_row *rows;
	size_t n;
	enum problem p = sealing_sites(s->db, s->arena, &(struct sealing_sites_params){PAGE}, &rows, &n);
	*ret_more = !p && n;
	for (size_t i = 0; !p && i < n; i++) {
		const struct sealing_site_seal_params params = {rows[i].id, rows[i].name_zh, rows[i].name_en,
								rows[i].version};
		int64_t done;
		p = sealing_site_seal(s->db, &params, &done);
		s->sealed += p ? 0 : done;
	}
	return p;
}

/* Compared where it is written: what an erasure has put there meanwhile stays. */
static struct bytes digest_of(struct sealing *s, struct bytes body)
{
	struct sha256 digest = sha256_of(body);
	return arena_bytes(s->arena, sha256_bytes(&digest));
}

static struct str kind_word(struct str kind)
{
	for (int i = 0; i < THING_KIND_COUNT; i++)
		if (str_equal(kind, str_of(thing_kind_words[i])))
			return str_of(thing_kind_words[i]);
	return (struct str){NULL, 0};
}

static enum problem seal_versions(struct sealing *s, bool *ret_more)
{
	struct sealing_versions_row *rows;
	struct sealing_versions_seal_params params;
	struct sealing_versions_seal_row done;
	const struct sealing_versions_params after = {s->kind, s->id, s->version, PAGE};
	size_t n;
	enum problem p = sealing_versions(s->db, s->arena, &after, &rows, &n);
	*ret_more = !p && n;
	if (!*ret_more)
		return p;
	COLUMN(params.kinds, struct str, n, rows[i].kind);
	COLUMN(params.ids, struct uuid, n, rows[i].id);
	COLUMN(params.versions, int64_t, n, rows[i].version);
	COLUMN(params.was, struct bytes, n, digest_of(s, rows[i].body));
	COLUMN(params.bodies, struct bytes, n, rows[i].body);
	COLUMN(params.secrets, struct bytes, n, rows[i].view_secret);
	COLUMN(params.reasons, struct str, n, rows[i].reason);
	p = sealing_versions_seal(s->db, s->arena, &params, &done);
	if (p)
		return p;
	s->sealed += done.count;
	s->kind = kind_word(rows[n - 1].kind);
	s->id = rows[n - 1].id;
	s->version = rows[n - 1].version;
	return PROBLEM_NONE;
}

static enum problem seal_events(struct sealing *s, bool *ret_more)
{
	struct sealing_events_row *rows;
	struct sealing_events_seal_params params;
	struct sealing_events_seal_row done;
	const struct sealing_events_params after = {s->org, s->event, PAGE};
	size_t n;
	enum problem p = sealing_events(s->db, s->arena, &after, &rows, &n);
	*ret_more = !p && n;
	if (!*ret_more)
		return p;
	COLUMN(params.orgs, struct uuid, n, rows[i].org_id);
	COLUMN(params.ids, struct uuid, n, rows[i].id);
	COLUMN(params.was, struct bytes, n, digest_of(s, rows[i].body));
	COLUMN(params.bodies, struct bytes, n, rows[i].body);
	COLUMN(params.secrets, struct bytes, n, rows[i].view_secret);
	COLUMN(params.requests, struct bytes, n, rows[i].request_sha256);
	COLUMN(params.places, struct str, n, rows[i].place);
	COLUMN(params.naming, int64_t, n, event_naming(bytes_str(rows[i].body)));
	p = sealing_events_seal(s->db, s->arena, &params, &done);
	if (p)
		return p;
	s->sealed += done.count;
	s->org = rows[n - 1].org_id;
	s->event = rows[n - 1].id;
	return PROBLEM_NONE;
}

static enum problem end(struct sealing *s, bool *ret_more)
{
	int64_t rows;
	*ret_more = false;
	return sealing_end(s->db, &(struct sealing_end_params){clock_now()}, &rows);
}

static enum problem (*const steps[])(struct sealing *s, bool *ret_more) = {
	look, seal_parties, seal_sites, seal_versions, seal_events, seal_texts, seal_jobs, end};

/* — the thread — */

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* false: it is to stop. */
static bool rest(struct sealing *s, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += ms % 1000 * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&s->lock);
	int waited = 0;
	while (!s->stopping && !waited)
		waited = pthread_cond_timedwait(&s->wake, &s->lock, &until);
	bool going = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return going;
}

static enum problem run_step(struct sealing *s, size_t step, bool *ret_more)
{
	enum problem p = s->db ? PROBLEM_NONE : db_open(s->conninfo, STATEMENT_TIMEOUT_MS, &s->db);
	if (p)
		return p;
	db_act_for(s->db, &db_program);
	db_use_vault(s->db, s->vault);
	s->arena = arena_create();
	p = steps[step](s, ret_more);
	arena_destroy(s->arena);
	return p;
}

/* Rests as long as it works: half a core at most, and captures come between. */
static void *seal_all(void *context)
{
	struct sealing *s = context;
	const size_t count = sizeof steps / sizeof *steps;
	int64_t pause_ms = 0;
	bool failed = false;
	for (size_t step = 0; step < count && !s->done && rest(s, pause_ms);) {
		bool more = false;
		int64_t began = now_ms();
		enum problem p = run_step(s, step, &more);
		int64_t worked = now_ms() - began;
		pause_ms = p ? AGAIN_MS : worked < REST_MAX_MS ? worked : REST_MAX_MS;
		if (p && !failed)
			LOG(LOG_WARN, "not-sealed", LOG_TEXT("problem", str_of(problem_info(p)->slug)));
		failed = p;
		step += !p && !more;
		if (step == count)
			LOG(LOG_INFO, "sealed", LOG_NUMBER("rows", s->sealed));
	}
	db_close(s->db);
	return NULL;
}

static void must(bool good)
{
	if (good)
		return;
	fputs("no thread can be created\n", stderr);
	abort();
}

struct sealing *sealing_start(struct str conninfo, const struct vault *vault)
{
	struct sealing *s = calloc(1, sizeof *s);
	pthread_condattr_t monotonic;
	must(s != NULL);
	s->conninfo = conninfo;
	s->vault = vault;
	pthread_mutex_init(&s->lock, /* attr */ NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	must(pthread_create(&s->thread, /* attr */ NULL, seal_all, s) == 0);
	return s;
}

void sealing_stop(struct sealing *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_signal(&s->wake);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, /* result */ NULL);
	pthread_cond_destroy(&s->wake);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
