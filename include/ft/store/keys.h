/* SPDX-License-Identifier: Apache-2.0
 * API keys: secrets, scopes, parties and region; and the memory of them that answers without waiting. */
#ifndef FT_STORE_KEYS_H
#define FT_STORE_KEYS_H

#include "ft/db/db.h"

/* The bits of enum scope in ft/http/route.h, which this layer may not see; src/api/keys.c asserts that
 * they agree. */
enum key_scope {
	KEY_READ = 1 << 1,
	KEY_CAPTURE = 1 << 2,
	KEY_INSPECT = 1 << 3,
	KEY_REGISTER = 1 << 4,
	KEY_ADMIN = 1 << 5,
};
extern const char
	*const key_scope_words[]; /* read capture inspect register admin, NULL; word i is bit 1 << (i + 1) */
unsigned key_scope_find(struct str word); /* 0: no such word */

/* What a secret opens. */
struct known_key {
	struct uuid id;
	unsigned scopes;   /* enum key_scope bits */
	struct str region; /* absent: not bounded by region */
	const struct uuid *parties;
	size_t party_count;
};

/* Keys known in memory; any thread. */
struct key_cache;
struct key_cache *key_cache_create(void);
void key_cache_destroy(struct key_cache *cache); /* NULL is fine */

/* Never waits for anything but a short lock. PROBLEM_UNAUTHORIZED: no such key. PROBLEM_BUSY: not known,
 * or known for longer than ten seconds: ask key_cache_load. The result is copied into the arena. */
enum problem key_cache_get(struct key_cache *cache, struct arena *arena, struct str bearer, usec_t now_us,
			   struct known_key *ret) must_check;
/* Reads the database and remembers, strangers too (a bounded number of them). */
enum problem key_cache_load(struct key_cache *cache, struct db *db, struct arena *arena, struct str bearer,
			    usec_t now_us, struct known_key *ret) must_check;
void key_cache_forget(struct key_cache *cache, struct uuid key); /* after its revocation is committed */

/* A row as lists show it. */
struct api_key {
	struct uuid id;
	struct str name;
	const struct str *scopes;
	size_t scope_count;
	struct str region;
	const struct uuid *parties;
	size_t party_count;
	struct str state;
	usec_t created_at, revoked_at; /* revoked_at 0: it is not */
};
struct new_key {
	struct uuid id;
	struct str name;
	const struct str *scopes; /* words */
	size_t scope_count;
	struct str region; /* absent: not bounded */
	const struct uuid *parties;
	size_t party_count;
	struct uuid created_by; /* nil: init */
	struct str request_id;
	usec_t now_us;
};
struct str key_secret_make(struct arena *arena); /* "ftk_" and 43 characters of base64url */
/* PROBLEM_REGION_UNKNOWN, PROBLEM_REFERENCE_UNKNOWN (a party). PROBLEM_ID_TAKEN: the id exists (its
 * secret cannot be told again). Stores the SHA-256 of the secret alone. */
enum problem api_key_create(struct db *db, struct arena *arena, const struct new_key *key, struct str secret,
			    struct fault *reterr) must_check;
enum problem api_key_read(struct db *db, struct arena *arena, struct uuid id, struct api_key *ret) must_check;
struct api_key_filter {
	struct str q, state, region;
	struct uuid party, after;
	int64_t limit;
};
enum problem api_key_read_list(struct db *db, struct arena *arena, const struct api_key_filter *filter,
			       struct api_key **ret, size_t *ret_count) must_check;
/* Revoking a revoked key succeeds. PROBLEM_NOT_FOUND. The caller then calls key_cache_forget. */
enum problem api_key_revoke_now(struct db *db, struct arena *arena, struct uuid id, struct uuid by,
				struct str request_id, usec_t now_us) must_check;

#endif
