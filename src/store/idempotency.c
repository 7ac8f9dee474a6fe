/* SPDX-License-Identifier: Apache-2.0
 * Requests with an Idempotency-Key: their rows, sealed answers, and those in hand. */
#include "ft/store/idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "queries.h"

#include "ft/base/map.h"
#include "ft/crypto/seal.h"

static const usec_t PRUNE_EVERY_US = 3600 * USEC_PER_SEC;

static struct sha256 name_of(struct str domain, struct bytes secret, struct uuid api_key, struct str path,
			     struct str key)
{
	/* A path has no line break and the id has a fixed length, so that nothing can slide from one into the other. */
	const struct bytes parts[] = {
		str_bytes(domain),    secret,        {api_key.octets, sizeof api_key.octets}, str_bytes(path),
		str_bytes(STR("\n")), str_bytes(key)};
	return sha256_of_parts(parts, sizeof parts / sizeof *parts);
}

struct once once_of(const uint8_t secret[32], struct uuid api_key, struct str path, struct str key,
		    struct str body)
{
	const struct bytes own = {secret, 32}, none = {NULL, 0};
	return (struct once){
		.hash = name_of(STR("farmtrail-idempotency@v1\n"), none, api_key, path, key),
		.request = sha256_of(str_bytes(body)),
		.seal = name_of(STR("farmtrail-idempotency-seal@v1\n"), own, api_key, path, key),
	};
}

struct uuid once_id(const struct once *once, usec_t time_us, size_t n)
{
	uint8_t place[8];
	for (size_t i = 0; i < sizeof place; i++)
		place[i] = (uint8_t)((uint64_t)n >> (8 * i));
	const struct bytes parts[] = {sha256_bytes(&once->hash), {place, sizeof place}};
	struct sha256 h = sha256_of_parts(parts, 2);
	return uuid_v7(time_us, h.octets);
}

static enum problem read_row(struct arena *arena, const struct once *once,
			     const struct idempotency_find_many_row *row, struct once_row *ret)
{
	struct bytes body;
	if (!bytes_equal(row->request_sha256, sha256_bytes(&once->request)))
		return PROBLEM_IDEMPOTENCY_MISMATCH;
	*ret = (struct once_row){.minted = row->minted, .answered = row->status.known};
	if (!ret->answered)
		return PROBLEM_NONE;
	ret->answer = (struct once_answer){.status = row->status.value,
					   .location = row->location,
					   .etag = row->etag,
					   .media_type = row->media_type};
	if (!row->answer.at) /* an answer without a body */
		return PROBLEM_NONE;
	enum problem p = unseal(arena, once->seal.octets, sha256_bytes(&once->hash), row->answer, &body);
	if (p) /* sealed by an installation with another secret */
		ret->answered = false;
	else
		ret->answer.body = bytes_str(body);
	return PROBLEM_NONE;
}

enum problem once_recall(struct db *db, struct arena *arena, const struct once *once, struct once_row *ret)
{
	struct idempotency_find_many_row *rows;
	size_t count;
	struct bytes hash = sha256_bytes(&once->hash);
	enum problem p = idempotency_find_many(db, arena, &(struct idempotency_find_many_params){{&hash, 1}},
					       &rows, &count);
	if (p)
		return p;
	return count ? read_row(arena, once, rows, ret) : PROBLEM_NOT_FOUND;
}

enum problem once_recall_many(struct db *db, struct arena *arena, const struct once *const *once,
			      size_t count, struct once_row *ret, enum problem *ret_problems)
{
	struct idempotency_find_many_row *rows;
	size_t row_count;
	struct bytes *hashes = arena_array(arena, struct bytes, count);
	for (size_t i = 0; i < count; i++)
		hashes[i] = sha256_bytes(&once[i]->hash);
	db_queue(db, &sql_idempotency_find_many, &(struct idempotency_find_many_params){{hashes, count}});
	enum problem p = db_flush(db);
	if (!p)
		p = db_take_many(db, arena, &sql_idempotency_find_many, (void **)&rows, &row_count);
	if (p)
		return p;
	struct map *found = map_create(arena, row_count);
	for (size_t i = 0; i < row_count; i++)
		map_set(found, rows[i].hash, &rows[i]);
	for (size_t i = 0; i < count; i++) {
		const struct idempotency_find_many_row *row = map_get(found, hashes[i]);
		ret_problems[i] = row ? read_row(arena, once[i], row, &ret[i]) : PROBLEM_NOT_FOUND;
	}
	return PROBLEM_NONE;
}

/* Columns of the answers of some entries. */
struct answers {
	int64_t *status;
	struct str *location, *etag, *media_type;
	struct bytes *hash, *body;
};

static struct answers answers_of(struct arena *arena, const struct once_entry *entries, size_t count)
{
	struct answers a = {arena_array(arena, int64_t, count),      arena_array(arena, struct str, count),
			    arena_array(arena, struct str, count),   arena_array(arena, struct str, count),
			    arena_array(arena, struct bytes, count), arena_array(arena, struct bytes, count)};
	for (size_t i = 0; i < count; i++) {
		const struct once *once = entries[i].once;
		const struct once_answer *answer = entries[i].answer;
		a.hash[i] = sha256_bytes(&once->hash);
		a.status[i] = answer ? answer->status : SQL_NULL_INT;
		if (!answer)
			continue;
		a.location[i] = answer->location;
		a.etag[i] = answer->etag;
		a.media_type[i] = answer->media_type;
		if (answer->body.at)
			a.body[i] = seal(arena, once->seal.octets, a.hash[i], str_bytes(answer->body));
	}
	return a;
}

void once_queue(struct db *db, struct arena *arena, const struct once_entry *entries, size_t count,
		usec_t now_us)
{
	struct answers a = answers_of(arena, entries, count);
	struct bytes *requests = arena_array(arena, struct bytes, count);
	struct uuid *minted = arena_array(arena, struct uuid, count);
	usec_t *made_at = arena_array(arena, usec_t, count);
	for (size_t i = 0; i < count; i++) {
		requests[i] = sha256_bytes(&entries[i].once->request);
		minted[i] = entries[i].minted;
		made_at[i] = now_us;
	}
	const struct idempotency_insert_many_params params = {.hash = {a.hash, count},
							      .request_sha256 = {requests, count},
							      .made_at = {made_at, count},
							      .minted = {minted, count},
							      .status = {a.status, count},
							      .location = {a.location, count},
							      .etag = {a.etag, count},
							      .media_type = {a.media_type, count},
							      .answer = {a.body, count}};
	if (count)
		db_queue(db, &sql_idempotency_insert_many, &params);
}

void once_queue_answers(struct db *db, struct arena *arena, const struct once_entry *entries, size_t count)
{
	struct answers a = answers_of(arena, entries, count);
	const struct idempotency_answer_many_params params = {.hash = {a.hash, count},
							      .status = {a.status, count},
							      .location = {a.location, count},
							      .etag = {a.etag, count},
							      .media_type = {a.media_type, count},
							      .answer = {a.body, count}};
	if (count)
		db_queue(db, &sql_idempotency_answer_many, &params);
}

void once_queue_forget(struct db *db, const struct once *once)
{
	db_queue(db, &sql_idempotency_forget, &(struct idempotency_forget_params){sha256_bytes(&once->hash)});
}

struct in_hand {
	struct in_hand *next;
	struct sha256 hash;
};
struct once_table {
	pthread_mutex_t hand_lock;
	pthread_cond_t hand_freed;
	struct in_hand *first;
	usec_t pruned_us;
};

struct once_table *once_table_create(void)
{
	struct once_table *table = calloc(1, sizeof *table);
	if (!table)
		abort();
	pthread_mutex_init(&table->hand_lock, NULL);
	pthread_cond_init(&table->hand_freed, NULL);
	return table;
}

void once_table_destroy(struct once_table *table)
{
	if (!table)
		return;
	pthread_cond_destroy(&table->hand_freed);
	pthread_mutex_destroy(&table->hand_lock);
	free(table);
}

static struct in_hand **place_of(struct once_table *table, const struct once *once)
{
	struct in_hand **place = &table->first;
	while (*place && !sha256_equal((*place)->hash, once->hash))
		place = &(*place)->next;
	return place;
}

void once_enter(struct once_table *table, const struct once *once)
{
	struct in_hand *mine = calloc(1, sizeof *mine);
	if (!mine)
		abort();
	mine->hash = once->hash;
	pthread_mutex_lock(&table->hand_lock);
	while (*place_of(table, once))
		pthread_cond_wait(&table->hand_freed, &table->hand_lock);
	mine->next = table->first;
	table->first = mine;
	pthread_mutex_unlock(&table->hand_lock);
}

void once_leave(struct once_table *table, const struct once *once)
{
	pthread_mutex_lock(&table->hand_lock);
	struct in_hand **place = place_of(table, once), *mine = *place;
	*place = mine->next;
	pthread_cond_broadcast(&table->hand_freed);
	pthread_mutex_unlock(&table->hand_lock);
	free(mine);
}

void once_prune(struct once_table *table, struct db *db, usec_t now_us)
{
	pthread_mutex_lock(&table->hand_lock);
	bool due = now_us - table->pruned_us > PRUNE_EVERY_US;
	if (due)
		table->pruned_us = now_us;
	pthread_mutex_unlock(&table->hand_lock);
	if (!due)
		return;
	const struct idempotency_prune_params params = {now_us - IDEMPOTENCY_DAYS * 86400 * USEC_PER_SEC};
	/* What it does not reach today it reaches in an hour. */
	(void)!idempotency_prune(db, &params, /* ret_rows */ NULL);
}
