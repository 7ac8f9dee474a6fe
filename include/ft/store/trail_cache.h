/* SPDX-License-Identifier: Apache-2.0
 * Cached public trails and pages in memory: an LRU by code and form, dropped by lot, with an admission check. */
#ifndef FT_STORE_TRAIL_CACHE_H
#define FT_STORE_TRAIL_CACHE_H

#include "ft/base/time.h"
#include "ft/core/lot_id.h"
#include "ft/store/items.h"

struct trail_cache;

/* What is kept under a key such as "B7K3F9Q2MXXXX html zh farm gzip": ready bytes. */
struct trail_cached {
	struct str body, etag;
	const char *media_type, *content_encoding;
	usec_t computed_us, good_until_us;
	enum item_told told; /* of the lot, where the body is the frame of its packs' pages */
};

struct trail_cache *trail_cache_create(size_t max_bytes); /* 0: keeps nothing */
void trail_cache_destroy(struct trail_cache *cache);

/* Any thread; must not wait long (sharded locks). NULL: not there or no longer good. The entry is held until
 * trail_cache_release. `stale_is_fine`: the database is away, what is past good_until is served all the same. */
const struct trail_cached *trail_cache_get(struct trail_cache *cache, struct str key, usec_t now_us,
					   bool stale_is_fine);
void trail_cache_release(void *held); /* takes what trail_cache_get gave; fits reply.release */

/* Called before a computation reads the database; the token tells a later drop apart from an earlier one. */
uint64_t trail_cache_begin(struct trail_cache *cache);
/* Admits the entry unless one of its lots was dropped since `begun`. Copies. */
void trail_cache_put(struct trail_cache *cache, uint64_t begun, struct str key,
		     const struct trail_cached *entry, const struct uuid *lots, size_t lot_count);
/* After commit, before answering: entries made from any of these lots go. */
void trail_cache_drop(struct trail_cache *cache, const struct uuid *lots, size_t lot_count);
void trail_cache_clear(struct trail_cache *cache); /* the same of all entries, whatever their lots */

#endif
