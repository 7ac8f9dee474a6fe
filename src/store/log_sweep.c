/* SPDX-License-Identifier: Apache-2.0
 * The sweep: reads again, in the order of the log and for ever, every row that an entry was made from, and names what is
 * no longer what the log committed to. Records of a trail that was just computed come first. It takes a bounded share of
 * a core; a pass over a small log takes seconds. */
#include <stdlib.h>
#include <string.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/core/epcis_body.h"
#include "log_priv.h"

enum {
	PASS_EVERY_US = 10 * 1000 * 1000,
	IDLE_US = 1000 * 1000,
	STATEMENT_TIMEOUT_MS = 60 * 1000,
};

struct sweep {
	struct sequencer *s;
	struct db *db;
	struct arena *arena; /* of a step */
	int64_t next;        /* first entry not yet read in this pass */
	int64_t pass_began_us;
	int64_t found; /* in this pass */
};

_Static_assert(sizeof(struct log_sweep_read_row) == sizeof(struct log_sweep_events_row), "the same columns");

static void tell(struct sweep *w, const char *part, int64_t first, int64_t last, struct str subject)
{
	const struct log_alteration_insert_params params = {str_of(part), first, last, subject, clock_now()};
	int64_t news = 0;
	w->found++;
	if (log_alteration_insert(w->db, &params, &news) || news)
		LOG(LOG_ERROR, "log-altered", LOG_TEXT("part", str_of(part)), LOG_NUMBER("entry", first),
		    LOG_NUMBER("last", last), LOG_TEXT("subject", subject));
}

/* The views are computed again from the body; their digests are in the statement. */
static bool body_sound(struct arena *arena, const struct log_sweep_read_row *row)
{
	struct str views[TIER_COUNT], manifest;
	struct note note;
	struct statement statement;
	if (!str_equal(row->kind, STR("event")) || row->view_secret.len != MANIFEST_SECRET_LEN)
		return true; /* erased: the digests alone are left */
	return note_parse(arena, bytes_str(row->statement), &note) &&
	       statement_parse(arena, note.text, &statement) &&
	       !manifest_of_body(arena, bytes_str(row->body), row->view_secret.at, statement.body, views,
				 &manifest) &&
	       sha256_equal(sha256_of(str_bytes(manifest)), statement.body);
}

static void examine(struct sweep *w, const struct log_sweep_read_row *row)
{
	struct arena *arena = arena_create();
	const struct log_entry entry = {
		.kind = row->kind, .statement = row->statement, .statement_sha256 = row->statement_sha256};
	struct sha256 leaf = merkle_leaf(row->statement);
	struct str subject = log_subject_words(arena, row->kind, row->org_id, row->id);
	if (!log_entry_sound(arena, &entry))
		tell(w, "entry", row->idx, row->idx, subject);
	else if (!bytes_equal(row->hash, sha256_bytes(&leaf)))
		tell(w, "leaf", row->idx, row->idx, subject);
	else if (!body_sound(arena, row))
		tell(w, "body", row->idx, row->idx, subject);
	arena_destroy(arena);
}

/* Leaves [first, after), and when they fill a tile, the node over them. */
static enum problem check_tile(struct sweep *w, int64_t first, int64_t after)
{
	struct log_sweep_read_row *rows;
	struct log_tiles_read_row *node;
	struct sha256 leaves[LOG_TILE_WIDTH];
	size_t count, node_count;
	const struct log_sweep_read_params params = {first, after};
	enum problem p = log_sweep_read(w->db, w->arena, &params, &rows, &count);
	if (p)
		return p;
	size_t at = 0;
	for (int64_t idx = first; idx < after; idx++) {
		if (at == count || rows[at].idx != idx) {
			tell(w, "leaf", idx, idx, (struct str){NULL, 0});
			continue;
		}
		examine(w, &rows[at]);
		memcpy(leaves[idx - first].octets, rows[at].hash.at, sizeof leaves[0].octets);
		at++;
	}
	metric_add(METRIC_LOG_SWEPT, after - first);
	if (at < (size_t)LOG_TILE_WIDTH)
		return PROBLEM_NONE;
	int64_t tile = first / LOG_TILE_WIDTH, level = 1, above = tile / LOG_TILE_WIDTH,
		width = tile % LOG_TILE_WIDTH + 1;
	const struct log_tiles_read_params tiles = {{&level, 1}, {&above, 1}, {&width, 1}};
	p = log_tiles_read(w->db, w->arena, &tiles, &node, &node_count);
	if (p)
		return p;
	struct sha256 root = merkle_root(leaves, LOG_TILE_WIDTH);
	size_t len = (size_t)width * sizeof root;
	if (node_count != 1 || node->hashes.len != len ||
	    memcmp(node->hashes.at + len - sizeof root, root.octets, sizeof root) != 0)
		tell(w, "node", first, after - 1, (struct str){NULL, 0});
	return PROBLEM_NONE;
}

/* All levels together: what tiles say of the newest published head. */
static enum problem check_root(struct sweep *w)
{
	struct log_checkpoint_newest_row row;
	struct merkle_edge edge;
	struct checkpoint head;
	struct note note;
	enum problem p = log_checkpoint_newest(w->db, w->arena, &row);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	bool is_read = note_parse(w->arena, bytes_str(row.checkpoint), &note) &&
		       checkpoint_parse(w->arena, note.text, &head) && head.size == row.size;
	p = is_read ? log_edge_read(w->db, w->arena, head.size, &edge) : PROBLEM_CONFLICT;
	if (p && p != PROBLEM_CONFLICT)
		return p;
	if (p || !sha256_equal(merkle_edge_root(&edge), head.root))
		tell(w, "root", 0, row.size - 1, (struct str){NULL, 0});
	return PROBLEM_NONE;
}

static enum problem end_pass(struct sweep *w)
{
	enum problem p = check_root(w);
	if (p)
		return p;
	metric_set(METRIC_LOG_ALTERED, w->found);
	w->next = 0;
	w->found = 0;
	return PROBLEM_NONE;
}

static size_t take_asked(struct sequencer *s, struct uuid ret[LOG_ASKED_MAX])
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->asked_count;
	memcpy(ret, s->asked, count * sizeof *ret);
	s->asked_count = 0;
	pthread_mutex_unlock(&s->lock);
	return count;
}

static enum problem check_asked(struct sweep *w, const struct uuid *ids, size_t count)
{
	struct log_sweep_events_row *rows;
	size_t row_count;
	const struct log_sweep_events_params params = {{ids, count}};
	enum problem p = log_sweep_events(w->db, w->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++)
		examine(w, (const struct log_sweep_read_row *)(const void *)&rows[i]);
	return p;
}

/* A step of a pass. *ret_done: the pass ended with it. */
static enum problem pass_step(struct sweep *w, bool *ret_done)
{
	struct log_head_read_row head;
	*ret_done = false;
	enum problem p = log_head_read(w->db, w->arena, &head);
	if (p)
		return p;
	int64_t rest = head.size - w->next;
	if (rest > 0) {
		int64_t after = w->next + (rest < LOG_TILE_WIDTH ? rest : LOG_TILE_WIDTH);
		p = check_tile(w, w->next, after);
		w->next = p ? w->next : after;
	}
	*ret_done = !p && w->next >= head.size;
	return p || !*ret_done ? p : end_pass(w);
}

/* How long to rest after working for so long, so that no more than the share is taken. */
static int64_t rest_of(const struct sequencer *s, int64_t worked_us)
{
	return worked_us * (100 - s->settings.config->log_sweep) / s->settings.config->log_sweep;
}

static int64_t sweep_step(struct sweep *w)
{
	struct uuid ids[LOG_ASKED_MAX];
	int64_t began = log_clock();
	size_t asked = take_asked(w->s, ids);
	if (asked)
		return check_asked(w, ids, asked) ? IDLE_US : 0;
	if (!w->next && w->pass_began_us && began - w->pass_began_us < PASS_EVERY_US)
		return IDLE_US;
	if (!w->next)
		w->pass_began_us = began;
	bool done;
	if (pass_step(w, &done))
		return IDLE_US;
	return rest_of(w->s, log_clock() - began);
}

static bool is_standing_by(struct sequencer *s)
{
	pthread_mutex_lock(&s->lock);
	bool standing_by = s->state == LOG_STANDING_BY;
	pthread_mutex_unlock(&s->lock);
	return standing_by;
}

void *log_sweeper_main(void *argument)
{
	struct sweep w = {.s = argument};
	int64_t pause_us = IDLE_US;
	while (log_pause(w.s, pause_us)) {
		pause_us = IDLE_US;
		if (is_standing_by(w.s) ||
		    (!w.db && db_open(w.s->settings.conninfo, STATEMENT_TIMEOUT_MS, &w.db)))
			continue;
		w.arena = arena_create();
		pause_us = sweep_step(&w);
		arena_destroy(w.arena);
	}
	db_close(w.db);
	return NULL;
}

void log_examine(struct sequencer *s, const struct uuid *events, size_t count)
{
	if (!s || !s->has_sweeper)
		return;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < count && s->asked_count < LOG_ASKED_MAX; i++)
		s->asked[s->asked_count++] = events[i];
	pthread_mutex_unlock(&s->lock);
}
