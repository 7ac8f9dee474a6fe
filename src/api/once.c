/* SPDX-License-Identifier: Apache-2.0
 * The Idempotency-Key of POST requests: the row that remembers a request travels with the transaction that carries it
 * out, its answer follows. */
#include "ft/api/app.h"

#include "ft/crypto/random.h"
#include "ft/store/idempotency.h"

struct key_office call_office(const struct call *call)
{
	const struct app *app = call_app(call);
	return (struct key_office){.signer = app->signer,
				   .origin = app->config->origin,
				   .registrar = app->registrar,
				   .seen = app->log_seen,
				   .actor = call->caller.key,
				   .request_id = call->request_id,
				   .now_us = clock_now()};
}

struct uuid call_mint(const struct call *call, usec_t now_us)
{
	return uuid_is_nil(call->minted) ? uuid_make(now_us) : call->minted;
}

static bool is_usable(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if ((unsigned char)key.at[i] < ' ' || key.at[i] == 0x7f)
			return false;
	return key.len > 0 && key.len <= IDEMPOTENCY_KEY_MAX;
}

enum problem call_once(struct call *call, struct once *ret, bool *ret_asked)
{
	struct str key = call_header(call, "Idempotency-Key");
	if (key.at && !is_usable(key)) {
		call->fault.detail = STR("Idempotency-Key has 1 to 255 characters");
		return PROBLEM_BAD_REQUEST;
	}
	*ret_asked = key.at != NULL;
	if (key.at)
		*ret = once_of(call_app(call)->code_key, call->caller.key, call->path, key, call->body_bytes);
	return PROBLEM_NONE;
}

void reply_replayed(struct call *call, const struct once_answer *answer, struct reply *reply)
{
	static const struct reply_header replayed = {"Idempotent-Replayed", {"true", 4}};
	*reply = (struct reply){
		.raw = answer->body,
		.status = (int)answer->status,
		.location = answer->location,
		.etag = answer->etag,
		.headers = &replayed,
		.header_count = 1,
	};
	if (answer->media_type.at)
		reply->media_type = arena_str(call->arena, answer->media_type).at;
}

/* A request being carried out. */
struct carrying {
	struct call *call;
	struct once_entry entry;
	struct once_answer answer;
	bool remembered; /* its row is there */
	usec_t now_us;
};

static void queue_row(struct db *db, void *context)
{
	const struct carrying *c = context;
	once_queue(db, c->call->arena, &c->entry, 1, c->now_us);
}

static enum problem queue_answer(struct db *db, void *context)
{
	const struct carrying *c = context;
	if (c->remembered)
		once_queue_answers(db, c->call->arena, &c->entry, 1);
	else
		once_queue(db, c->call->arena, &c->entry, 1, c->now_us);
	return PROBLEM_NONE;
}

static enum problem queue_forget(struct db *db, void *context)
{
	const struct carrying *c = context;
	once_queue_forget(db, c->entry.once);
	return PROBLEM_NONE;
}

/* Carried out it is, whether or not its answer can be kept. */
static void keep_answer(struct carrying *c, const struct reply *reply)
{
	const struct call *call = c->call;
	c->answer = (struct once_answer){
		.status = reply->status         ? reply->status
			  : call->route->status ? call->route->status
						: 200,
		.location = reply->location,
		.etag = reply->etag,
		.media_type = reply->media_type ? str_of(reply->media_type) : (struct str){NULL, 0},
		.body = reply_bytes(call, reply),
	};
	c->entry.answer = &c->answer;
	(void)!db_tx(call_db(call), &db_program, queue_answer, c, /* reterr_unknown */ NULL);
}

static enum problem carry_out(struct carrying *c, struct reply *reply)
{
	struct call *call = c->call;
	struct db *db = call_db(call);
	call->minted = c->entry.minted;
	if (!c->remembered)
		db_ride(db, queue_row, c);
	enum problem p = call->route->handle(call, reply);
	bool rode = !c->remembered && !db_rides(db);
	db_ride(db, NULL, NULL);
	c->remembered |= rode;
	if (!p)
		keep_answer(c, reply);
	else if (rode) /* a transaction of it went through, and yet it was refused */
		(void)!db_tx(db, &db_program, queue_forget, c, /* reterr_unknown */ NULL);
	return p;
}

static enum problem recall(struct carrying *c, struct once_row *ret, struct reply *reply, bool *ret_replayed)
{
	struct call *call = c->call;
	*ret_replayed = false;
	enum problem p = once_recall(call_db(call), call->arena, c->entry.once, ret);
	if (!p && ret->answered) {
		reply_replayed(call, &ret->answer, reply);
		*ret_replayed = true;
	}
	return p;
}

static enum problem handle_in_hand(struct carrying *c, struct reply *reply)
{
	struct once_row row;
	bool replayed;
	enum problem p = recall(c, &row, reply, &replayed);
	if (replayed || (p && p != PROBLEM_NOT_FOUND))
		return p;
	c->remembered = !p;
	if (c->remembered && !c->call->route->repeatable)
		return PROBLEM_ANSWER_LOST;
	c->entry.minted = c->remembered && !uuid_is_nil(row.minted) ? row.minted : uuid_make(c->now_us);
	p = carry_out(c, reply);
	if (p != PROBLEM_CONFLICT)
		return p;
	/* Another server may have carried it out meanwhile. */
	enum problem again = recall(c, &row, reply, &replayed);
	return replayed ? again : p;
}

enum problem call_handle_once(struct call *call, struct reply *reply)
{
	struct once once;
	bool asked;
	struct carrying c = {.call = call, .entry = {.once = &once}, .now_us = clock_now()};
	struct once_table *table = call_app(call)->once;
	enum problem p = call_once(call, &once, &asked);
	if (p)
		return p;
	once_enter(table, &once);
	p = handle_in_hand(&c, reply);
	once_leave(table, &once);
	once_prune(table, call_db(call), c.now_us);
	return p;
}
