/* SPDX-License-Identifier: Apache-2.0
 * POST requests with an Idempotency-Key: carried out once, answered again as they were first. Only what was carried
 * out is remembered: a refused request may be sent again. Answers are sealed with a key that is made of the
 * Idempotency-Key, which is nowhere kept, and a secret of the installation. */
#ifndef FT_STORE_IDEMPOTENCY_H
#define FT_STORE_IDEMPOTENCY_H

#include "ft/base/time.h"
#include "ft/base/uuid.h"
#include "ft/crypto/digest.h"
#include "ft/db/db.h"

enum { IDEMPOTENCY_KEY_MAX = 255, IDEMPOTENCY_DAYS = 90 };

/* One request with a key. */
struct once {
	struct sha256 hash;    /* of API key, path and Idempotency-Key: names the row */
	struct sha256 request; /* of the body's bytes */
	struct sha256 seal;    /* opens the answer */
};
struct once once_of(const uint8_t secret[32], struct uuid api_key, struct str path, struct str key,
		    struct str body);
/* The id of the n-th thing of the request that has none of its own: the same whenever it is carried out. */
struct uuid once_id(const struct once *once, usec_t time_us, size_t n);

struct once_answer {
	int64_t status;
	struct str location, etag, media_type; /* absent: none; media type: application/json */
	struct str body;
};
/* What is known of a request that was carried out. */
struct once_row {
	struct uuid minted; /* nil: none */
	bool answered;      /* else the answer was not kept, or was lost */
	struct once_answer answer;
};

/* PROBLEM_NOT_FOUND: it was not carried out. PROBLEM_IDEMPOTENCY_MISMATCH: another was, under this key. */
enum problem once_recall(struct db *db, struct arena *arena, const struct once *once,
			 struct once_row *ret) must_check;
/* The same for several within db_tx, in one round trip: ret[i] and ret_problems[i] are those of once[i]. */
enum problem once_recall_many(struct db *db, struct arena *arena, const struct once *const *once,
			      size_t count, struct once_row *ret, enum problem *ret_problems) must_check;

/* What is to be written of a request. */
struct once_entry {
	const struct once *once;
	struct uuid minted;               /* nil: none */
	const struct once_answer *answer; /* NULL: none yet */
};
/* Queued, within db_tx: the rows of requests carried out in this transaction, and answers of rows that had none. */
void once_queue(struct db *db, struct arena *arena, const struct once_entry *entries, size_t count,
		usec_t now_us);
void once_queue_answers(struct db *db, struct arena *arena, const struct once_entry *entries, size_t count);

/* Likewise: a request that was refused although its row is there. */
void once_queue_forget(struct db *db, const struct once *once);

/* Requests in hand in this process, and when old ones were last forgotten. */
struct once_table;
struct once_table *once_table_create(void);
void once_table_destroy(struct once_table *table); /* NULL is fine */
/* Waits until nobody has this request in hand, and takes it. */
void once_enter(struct once_table *table, const struct once *once);
void once_leave(struct once_table *table, const struct once *once);
/* Forgets requests older than IDEMPOTENCY_DAYS, at most once an hour in a process. Not within db_tx. */
void once_prune(struct once_table *table, struct db *db, usec_t now_us);

#endif
