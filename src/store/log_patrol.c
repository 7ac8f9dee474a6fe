/* SPDX-License-Identifier: Apache-2.0
 * The patrol: in a log of any size, which entries have a row that was written again, or is gone. What entries are made from
 * is only ever added to, and every row says which transaction wrote it: a statement is written before its entry, so a row
 * that is younger than its entry was written a second time. No body is read for that, and none is judged here: who may
 * write again (an erasure, a key that ends) is found sound, and looked at no more. */
#include <stdlib.h>

#include "ft/base/metrics.h"
#include "log_priv.h"

enum {
	AGAIN_US = 1000 * 1000,
	MOST_SHARE = 50,
	PAGES_A_SLICE = 2048, /* some ten milliseconds of work each */
	LEAF_PAGES_A_SLICE = 512,
	ALL_PAGES_A_SLICE = 32, /* of leaves that are all looked up */
	TILES_A_SLICE = 256,
	MASTERS_A_SLICE = 256,
};

static int by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Neighbours in a tile are looked at together: after a restore they are all suspected. */
static enum problem suspect(const struct log_suspicion *suspicion, int64_t *entries, size_t count)
{
	enum problem p = PROBLEM_NONE;
	qsort(entries, count, sizeof *entries, by_number);
	for (size_t i = 0, end; !p && i < count; i = end) {
		for (end = i + 1;
		     end < count && entries[end] / LOG_TILE_WIDTH == entries[i] / LOG_TILE_WIDTH;)
			end++;
		p = suspicion->entries(suspicion->context, entries[i], entries[end - 1] + 1);
	}
	return p;
}

static int64_t tiles_at(const struct log_patrol *patrol, unsigned level)
{
	return patrol->now.size >> (level + 1) * LOG_TILE_HEIGHT;
}

static int64_t slices_of(int64_t count, int64_t slice)
{
	return count / slice + 1;
}

static int64_t leaf_slice(const struct log_patrol *patrol)
{
	return patrol->all ? ALL_PAGES_A_SLICE : LEAF_PAGES_A_SLICE;
}

static enum problem begin(struct log_patrol *patrol, struct db *db, struct arena *arena)
{
	struct log_patrol_marks_row row;
	enum problem p = log_patrol_marks(db, arena, &row);
	if (p)
		return p;
	patrol->now = (struct log_marks){row.horizon, row.size, row.tick};
	if (!patrol->has_before) {
		patrol->before = patrol->now;
		patrol->all = true;
	}
	patrol->pages = row.pages;
	patrol->leaf_pages = row.leaf_pages;
	patrol->kept = patrol->keeps = patrol->leaves = 0;
	patrol->part = LOG_PATROL_ROWS;
	patrol->next = 0;
	patrol->after = (struct uuid){{0}};
	patrol->level = 0;
	patrol->slices = 0;
	patrol->slice_count = slices_of(row.pages, PAGES_A_SLICE) +
			      slices_of(row.leaf_pages, leaf_slice(patrol)) +
			      slices_of(tiles_at(patrol, 0), TILES_A_SLICE);
	patrol->began_us = log_clock();
	patrol->worked_us = 0;
	return PROBLEM_NONE;
}

static void go_on(struct log_patrol *patrol, int64_t slice, int64_t end, enum log_patrol_part then)
{
	patrol->next += slice;
	if (patrol->next < end)
		return;
	patrol->next = 0;
	patrol->part = then;
}

static enum problem read_rows(struct log_patrol *patrol, struct db *db, struct arena *arena,
			      const struct log_suspicion *suspicion)
{
	struct log_patrol_rows_row *rows;
	size_t count, entries = 0;
	int64_t kept = 0, keeps = 0;
	const struct log_patrol_rows_params params = {patrol->next, patrol->next + PAGES_A_SLICE,
						      patrol->before.horizon, patrol->now.horizon};
	enum problem p = log_patrol_rows(db, arena, &params, &rows, &count);
	int64_t *entry = p ? NULL : arena_array(arena, int64_t, count);
	for (size_t i = 0; !p && i < count; i++) {
		kept += rows[i].kept;
		keeps += rows[i].keeps;
		if (rows[i].idx >= 0)
			entry[entries++] = rows[i].idx;
	}
	if (!p)
		p = suspect(suspicion, entry, entries);
	if (p)
		return p;
	patrol->kept += kept;
	patrol->keeps += keeps;
	go_on(patrol, PAGES_A_SLICE, patrol->pages, LOG_PATROL_MASTERS);
	return PROBLEM_NONE;
}

static const enum thing_kind master_kinds[] = {THING_PARTY, THING_SITE, THING_PRODUCT, THING_CERTIFICATE};
enum { MASTER_KINDS = sizeof master_kinds / sizeof *master_kinds };

/* Rows that stand for their newest version are written with every version: the young ones are read. */
static enum problem read_masters(struct log_patrol *patrol, struct db *db, struct arena *arena,
				 const struct log_suspicion *suspicion)
{
	struct master_row_all_row *rows;
	size_t count;
	enum thing_kind kind = master_kinds[patrol->next];
	const struct master_row_all_params params = {str_of(thing_kind_words[kind]),
						     patrol->after,
						     {!patrol->all, patrol->before.horizon},
						     MASTERS_A_SLICE};
	enum problem p = master_row_all(db, arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		if (rows[i].idx.known) /* else not yet numbered */
			p = suspicion->row(suspicion->context, kind, rows[i].idx.value, rows[i].id,
					   rows[i].body);
	if (p)
		return p;
	bool ended = count < MASTERS_A_SLICE;
	if (ended) {
		patrol->after = (struct uuid){{0}};
		go_on(patrol, 1, MASTER_KINDS, LOG_PATROL_LEAVES);
	} else {
		patrol->after = rows[count - 1].id;
	}
	return PROBLEM_NONE;
}

static enum problem read_leaves(struct log_patrol *patrol, struct db *db, struct arena *arena,
				const struct log_suspicion *suspicion)
{
	struct log_patrol_leaves_row *rows;
	size_t count, entries = 0;
	int64_t kept = 0, slice = leaf_slice(patrol);
	const struct log_patrol_leaves_params params = {patrol->next,
							patrol->next + slice,
							{!patrol->all, patrol->before.horizon},
							patrol->before.size,
							patrol->before.tick};
	enum problem p = log_patrol_leaves(db, arena, &params, &rows, &count);
	int64_t *entry = p ? NULL : arena_array(arena, int64_t, count);
	for (size_t i = 0; !p && i < count; i++) {
		kept += rows[i].kept;
		if (rows[i].idx >= 0)
			entry[entries++] = rows[i].idx;
	}
	if (!p)
		p = suspect(suspicion, entry, entries);
	if (p)
		return p;
	patrol->leaves += kept;
	go_on(patrol, slice, patrol->leaf_pages, LOG_PATROL_TILES);
	return PROBLEM_NONE;
}

/* Rows that are gone say nothing: their number does. Who they were is asked of every entry, in a round of its own. */
static void end(struct log_patrol *patrol)
{
	int64_t leaves_gone = patrol->before.size - patrol->leaves;
	bool gone = (patrol->has_before && patrol->kept != patrol->keeps_before) ||
		    leaves_gone != patrol->leaves_gone;
	bool was_all = patrol->all;
	patrol->keeps_before = patrol->keeps;
	patrol->leaves_gone = leaves_gone;
	patrol->before = patrol->now;
	patrol->has_before = true;
	patrol->all = gone && !was_all;
	patrol->part = LOG_PATROL_RESTS;
	metric_add(METRIC_LOG_PATROLS, 1);
}

static enum problem read_tiles(struct log_patrol *patrol, struct db *db, struct arena *arena,
			       const struct log_suspicion *suspicion)
{
	struct log_patrol_tiles_row *rows;
	size_t count = 0;
	int64_t tiles = tiles_at(patrol, patrol->level), after = patrol->next + TILES_A_SLICE;
	const struct log_patrol_tiles_params params = {patrol->level,
						       patrol->next,
						       after < tiles ? after : tiles,
						       {!patrol->all, patrol->before.horizon},
						       patrol->all};
	enum problem p = log_patrol_tiles(db, arena, &params, &rows, &count);
	int64_t entries = (int64_t)LOG_TILE_WIDTH << patrol->level * LOG_TILE_HEIGHT;
	for (size_t i = 0; !p && i < count; i++)
		p = suspicion->tile(suspicion->context, patrol->level, rows[i].tile * entries,
				    (rows[i].tile + 1) * entries);
	int64_t rest = patrol->now.size % LOG_TILE_WIDTH;
	if (!p && patrol->all && !patrol->level && after >= tiles && rest)
		p = suspicion->entries(suspicion->context, patrol->now.size - rest, patrol->now.size);
	if (p)
		return p;
	patrol->next = after;
	if (after < tiles)
		return PROBLEM_NONE;
	patrol->next = 0;
	patrol->level++;
	if (!tiles_at(patrol, patrol->level))
		end(patrol);
	return PROBLEM_NONE;
}

static enum problem read_slice(struct log_patrol *patrol, struct db *db, struct arena *arena,
			       const struct log_suspicion *suspicion)
{
	switch (patrol->part) {
	case LOG_PATROL_RESTS:
		return begin(patrol, db, arena);
	case LOG_PATROL_ROWS:
		return read_rows(patrol, db, arena, suspicion);
	case LOG_PATROL_MASTERS:
		return read_masters(patrol, db, arena, suspicion);
	case LOG_PATROL_LEAVES:
		return read_leaves(patrol, db, arena, suspicion);
	case LOG_PATROL_TILES:
		return read_tiles(patrol, db, arena, suspicion);
	}
	return PROBLEM_NONE;
}

/* As long as the share asks for, but the round shall end in time. */
static int64_t rest_after(const struct log_patrol *patrol, const struct config *config, int64_t now,
			  int64_t worked_us)
{
	int64_t share = config->log_sweep, every_us = config->log_patrol_s * USEC_PER_SEC;
	int64_t left_us = patrol->began_us + every_us * 5 / 6 - now;
	int64_t slices_left = patrol->slice_count - patrol->slices;
	int64_t work_us = patrol->worked_us / patrol->slices * (slices_left > 1 ? slices_left : 1);
	int64_t needed = left_us > work_us ? work_us * 100 / left_us : MOST_SHARE;
	share = share > needed ? share : needed;
	share = share < MOST_SHARE ? share : MOST_SHARE;
	return worked_us * (100 - share) / share;
}

enum problem log_patrol_step(struct log_patrol *patrol, struct db *db, struct arena *arena,
			     const struct config *config, const struct log_suspicion *suspicion)
{
	int64_t began = log_clock();
	if (began < patrol->at_us)
		return PROBLEM_NONE;
	enum problem p = read_slice(patrol, db, arena, suspicion);
	int64_t now = log_clock();
	if (p) {
		patrol->at_us = now + AGAIN_US;
		return p;
	}
	patrol->worked_us += now - began;
	patrol->slices++;
	if (patrol->part == LOG_PATROL_RESTS)
		metric_set(METRIC_LOG_PATROL_WORKED, patrol->worked_us);
	patrol->at_us = patrol->part != LOG_PATROL_RESTS ? now + rest_after(patrol, config, now, now - began)
			: patrol->all                    ? now
				      : patrol->began_us + config->log_patrol_s * USEC_PER_SEC;
	return PROBLEM_NONE;
}
