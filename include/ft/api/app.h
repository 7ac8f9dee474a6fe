/* SPDX-License-Identifier: Apache-2.0
 * What every handler can reach: process-lifetime parts made by main, and the worker's database connection. */
#ifndef FT_API_APP_H
#define FT_API_APP_H

#include <stdatomic.h>

#include "ft/base/config.h"
#include "ft/core/risk.h"
#include "ft/db/db.h"
#include "ft/http/route.h"
#include "ft/pages/pages.h"
#include "ft/signer/signer.h"
#include "ft/store/capture.h"
#include "ft/store/enrolment.h"
#include "ft/store/items.h"
#include "ft/store/log.h"
#include "ft/store/log_timestamp.h"
#include "ft/store/trail_cache.h"

struct item_memory;
struct key_cache;
struct log_seen;
struct log_wait;
struct once;
struct once_table;
struct reader;

/* Whether the database answers, found out without waiting (api/watch.c). */
struct database_watch {
	atomic_bool away;
	atomic_int_fast64_t asked_us;
};

struct app {
	const struct config *config;
	struct str conninfo; /* of the application role */
	struct str root_url; /* stands in codes: FARMTRAIL_PUBLIC_URL, else http://127.0.0.1:PORT */
	bool test_codes;     /* no public URL, or demonstration data: TEST mark */
	struct signer *signer;
	struct capture *capture;
	struct log_wait *log_wait;       /* requests that wait for a head */
	struct log_seen *log_seen;       /* newest published head */
	struct sequencer *sequencer;     /* NULL: another server numbers the log */
	struct log_memory *log_memory;   /* tiles that proofs are computed from */
	struct log_stamps stamps;        /* which authorities' time-stamps are taken */
	const struct policy *log_policy; /* whose witnesses may cosign; NULL: nobody's */
	struct trail_cache *cache;
	struct item_memory *items; /* packs that are being scanned */
	struct item_rules item_rules;
	struct reader *reader;  /* pipelined point reads */
	struct key_cache *keys; /* API keys known in memory */
	const struct reference *reference;
	uint8_t code_key[32];
	struct vault vault;    /* what is stored of people is sealed with it */
	struct uuid registrar; /* party whose key signs master data and enrolments */
	struct str started_at;
	struct database_watch database;
	struct once_table *once; /* requests with an Idempotency-Key that are in hand */
};

static inline struct app *call_app(const struct call *call)
{
	return call->app;
}
static inline struct db *call_db(const struct call *call)
{
	return call->worker;
}
/* The id of what a POST makes. With an Idempotency-Key it is the same when the request is carried out again because its
 * answer was lost. */
struct uuid call_mint(const struct call *call, usec_t now_us);
/* What signs on behalf of this request, and since when: now. */
struct key_office call_office(const struct call *call);
/* What the Idempotency-Key makes of this request. *ret_asked: there is one; PROBLEM_BAD_REQUEST: not a usable one. */
enum problem call_once(struct call *call, struct once *ret, bool *ret_asked) must_check;
/* The row's handler, or what it answered when the same request came first. */
enum problem call_handle_once(struct call *call, struct reply *reply) must_check;
struct once_answer;
void reply_replayed(struct call *call, const struct once_answer *answer, struct reply *reply);
/* Asks the database now and then through the reader; false: it did not answer last time. Never waits. */
bool app_database_answers(struct app *app);
/* What somebody who asked it anyway has found. */
void app_database_found(struct app *app, enum problem p);
/* Has the records of a trail that was just computed compared with the log. Never waits. */
void app_examine_trail(const struct call *call, const struct trail *trail);
/* Whether the log waits for witnesses, and no head that they cosigned covers all records of the trail. */
bool app_trail_is_unwitnessed(const struct call *call, const struct trail *trail);
/* What every page is told of its request. */
struct page call_page(const struct call *call);
/* Fills the reply with a page that anybody may keep for five minutes. */
void reply_page(struct reply *reply, struct str html);
/* Row security scope of the caller. */
struct db_scope call_scope(const struct call *call);
/* An administrator's key that is bound to no party and no region. */
bool call_sees_all(const struct call *call);
/* A key of that party, or one that sees all. */
bool call_acts_for(const struct call *call, struct uuid party);

#endif
