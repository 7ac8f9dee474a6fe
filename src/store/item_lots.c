/* SPDX-License-Identifier: Apache-2.0
 * Sums scans of packs by lot and ten minutes, and has lots judged again whose records have changed. */
#include "item_lots_priv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ft/base/map.h"
#include "queries.h"

enum { WAITING_MAX = 16384, AT_ONCE = 1000 };

const char *const item_told_words[ITEM_TOLD_COUNT] = {"other",     "early",    "recalled",
						      "destroyed", "returned", "expired"};

/* — sums — */
struct place { /* without padding: its bytes are a key */
	struct lot_id lot;
	int64_t at_us, told;
};

struct lot_sums lot_sums_begin(struct arena *arena, size_t most)
{
	return (struct lot_sums){arena, map_create(arena, most), arena_array(arena, struct lot_seen, most),
				 0};
}

void lot_sums_add(struct lot_sums *sums, const struct lot_seen *more)
{
	struct place *place = arena_new(sums->arena, struct place);
	*place = (struct place){more->lot, more->at_us, more->told};
	struct lot_seen *seen = map_get(sums->places, MAP_KEY(*place));
	if (!seen) {
		seen = &sums->items[sums->count++];
		*seen = *more;
		map_set(sums->places, MAP_KEY(*place), seen);
		return;
	}
	seen->scans += more->scans;
	seen->networks |= more->networks;
}

enum problem lot_sums_write(struct db *db, const struct lot_sums *sums)
{
	struct arena *arena = sums->arena;
	const size_t n = sums->count;
	struct uuid *orgs = arena_array(arena, struct uuid, n), *lots = arena_array(arena, struct uuid, n);
	usec_t *at = arena_array(arena, usec_t, n);
	struct str *told = arena_array(arena, struct str, n), *codes = arena_array(arena, struct str, n);
	int64_t *scans = arena_array(arena, int64_t, n), *networks = arena_array(arena, int64_t, n);
	for (size_t i = 0; i < n; i++) {
		const struct lot_seen *seen = &sums->items[i];
		orgs[i] = seen->lot.org;
		lots[i] = seen->lot.lot;
		at[i] = seen->at_us;
		told[i] = str_of(item_told_words[seen->told]);
		scans[i] = seen->scans;
		networks[i] = (int64_t)seen->networks;
		codes[i] = seen->code;
	}
	const struct lot_scan_add_params params = {{orgs, n},  {lots, n},     {at, n},   {told, n},
						   {scans, n}, {networks, n}, {codes, n}};
	return n ? lot_scan_add(db, &params, /* ret_rows */ NULL) : PROBLEM_NONE;
}

/* — waiting — */
struct lots_waiting {
	pthread_mutex_t lock; /* guards all below */
	struct lot_id lots[WAITING_MAX];
	size_t count;
	bool all;
};

struct lots_waiting *lots_waiting_create(void)
{
	struct lots_waiting *waiting = calloc(1, sizeof *waiting);
	if (!waiting) {
		fputs("out of memory\n", stderr);
		abort();
	}
	pthread_mutex_init(&waiting->lock, /* attr */ NULL);
	waiting->all = true;
	return waiting;
}

void lots_waiting_destroy(struct lots_waiting *waiting)
{
	if (!waiting)
		return;
	pthread_mutex_destroy(&waiting->lock);
	free(waiting);
}

void lots_waiting_add(struct lots_waiting *waiting, const struct lot_id *lots, size_t count)
{
	pthread_mutex_lock(&waiting->lock);
	if (count > WAITING_MAX - waiting->count) {
		waiting->all = true;
		waiting->count = 0;
	}
	if (!waiting->all) {
		memcpy(waiting->lots + waiting->count, lots, count * sizeof *lots);
		waiting->count += count;
	}
	pthread_mutex_unlock(&waiting->lock);
}

static void wait_for_all(struct lots_waiting *waiting)
{
	pthread_mutex_lock(&waiting->lock);
	waiting->all = true;
	waiting->count = 0;
	pthread_mutex_unlock(&waiting->lock);
}

struct settling {
	struct arena *arena;
	const struct item_rules *rules;
	const struct lot_id *lots;
	size_t count;
};

static enum problem settle_body(struct db *db, void *context)
{
	struct settling *s = context;
	return item_alerts_settle(db, s->arena, s->rules, s->lots, s->count);
}

static enum problem settle_some(struct db *db, struct arena *arena, const struct item_rules *rules,
				const struct lot_id *lots, size_t count)
{
	enum problem p = PROBLEM_NONE;
	for (size_t done = 0; !p && done < count; done += AT_ONCE) {
		size_t left = count - done;
		struct settling s = {arena, rules, lots + done, left < AT_ONCE ? left : AT_ONCE};
		p = db_tx(db, &db_program, settle_body, &s, NULL);
	}
	return p;
}

static enum problem settle_all(struct db *db, const struct item_rules *rules)
{
	struct lot_scan_recent_params params = {.max_rows = AT_ONCE};
	size_t count = AT_ONCE;
	enum problem p = PROBLEM_NONE;
	params.since = item_alerts_since(clock_now());
	while (!p && count == AT_ONCE) {
		struct arena *arena = arena_create();
		struct lot_scan_recent_row *rows;
		p = lot_scan_recent(db, arena, &params, &rows, &count);
		struct lot_id *lots = arena_array(arena, struct lot_id, p ? 0 : count);
		for (size_t i = 0; !p && i < count; i++)
			lots[i] = (struct lot_id){rows[i].org_id, rows[i].lot_id};
		if (!p && count) {
			params.after_org = lots[count - 1].org;
			params.after_lot = lots[count - 1].lot;
			p = settle_some(db, arena, rules, lots, count);
		}
		arena_destroy(arena);
	}
	return p;
}

enum problem lots_waiting_settle(struct lots_waiting *waiting, struct db *db, const struct item_rules *rules)
{
	struct arena *arena = arena_create();
	pthread_mutex_lock(&waiting->lock);
	bool all = waiting->all;
	size_t count = waiting->count;
	struct lot_id *lots = arena_array(arena, struct lot_id, count);
	memcpy(lots, waiting->lots, count * sizeof *lots);
	waiting->all = false;
	waiting->count = 0;
	pthread_mutex_unlock(&waiting->lock);
	enum problem p = all ? settle_all(db, rules) : settle_some(db, arena, rules, lots, count);
	if (p)
		wait_for_all(waiting);
	arena_destroy(arena);
	return p;
}
