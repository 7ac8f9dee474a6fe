/* SPDX-License-Identifier: Apache-2.0
 * The sweep: reads again, in the order of the log and for ever, every row that an entry was made from, and names what is
 * no longer what the log committed to. Records of a trail that was just computed come first, then what the patrol suspects.
 * It takes a bounded share of a core; a pass over a small log takes seconds. */
#include <stdlib.h>
#include <string.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/core/epcis_body.h"
#include "ft/store/act_statement.h"
#include "ft/store/erasure.h"
#include "log_priv.h"
#include "master_priv.h"

enum {
	PASS_EVERY_US = 10 * 1000 * 1000,
	IDLE_US = 1000 * 1000,
	STATEMENT_TIMEOUT_MS = 60 * 1000,
};

struct sweep {
	struct sequencer *s;
	struct db *db;
	struct arena *arena; /* of a step */
	int64_t number;      /* of the log that stood when the step began; 0: none yet */
	int64_t next;        /* first entry not yet read in this pass */
	int64_t pass_began_us, rests_until_us;
	int64_t found;                    /* in this pass */
	struct uuid acts[LOG_TILE_WIDTH]; /* of the tile, sound: are their rows there? */
	int64_t act_entries[LOG_TILE_WIDTH];
	size_t act_count;
	struct log_patrol patrol;
};

_Static_assert(sizeof(struct log_sweep_read_row) == sizeof(struct log_sweep_events_row), "the same columns");
_Static_assert(sizeof(struct log_sweep_read_row) == sizeof(struct log_sweep_masters_row), "the same columns");

/* What one statement still read of a log that ended, and the next no longer, was not altered. */
static bool has_ended(struct sweep *w)
{
	struct log_head_read_row head;
	return !log_head_read(w->db, w->arena, &head) && head.number != w->number;
}

static void tell(struct sweep *w, const char *part, int64_t first, int64_t last, struct str subject)
{
	const struct log_alteration_insert_params params = {str_of(part), first, last, subject, clock_now()};
	int64_t news = 0;
	if (has_ended(w))
		return;
	w->found++;
	bool is_news = log_alteration_insert(w->db, &params, &news) || news;
	metric_add(METRIC_LOG_ALTERED, is_news); /* until a pass has counted all */
	if (is_news)
		LOG(LOG_ERROR, "log-altered", LOG_TEXT("part", str_of(part)), LOG_NUMBER("entry", first),
		    LOG_NUMBER("last", last), LOG_TEXT("subject", subject));
}

static bool is_master(struct str kind, enum thing_kind *ret)
{
	static const enum thing_kind kinds[] = {THING_PARTY, THING_SITE, THING_PRODUCT, THING_CERTIFICATE};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_equal(kind, str_of(thing_kind_words[kinds[i]]))) {
			*ret = kinds[i];
			return true;
		}
	return false;
}

static bool is_act(struct str kind)
{
	return str_equal(kind, STR("codes")) || str_equal(kind, STR("alert")) ||
	       str_equal(kind, STR("verifier")) || str_equal(kind, STR("endorse"));
}

/* The views are computed again from the body; their digests are in the statement. Without the secret that needs, the log has
 * an entry that says why. *ret_sound is set on success. */
static enum problem body_sound(struct sweep *w, struct arena *arena, const struct log_sweep_read_row *row,
			       bool *ret_sound)
{
	struct str views[TIER_COUNT], manifest;
	struct note note;
	struct statement statement;
	enum thing_kind kind;
	enum problem p = PROBLEM_NONE;
	bool is_event = str_equal(row->kind, STR("event"));
	*ret_sound = true;
	if (is_act(row->kind))
		*ret_sound = act_covers(arena, row->body, row->view_secret, row->statement);
	if (!is_event && !is_master(row->kind, &kind))
		return PROBLEM_NONE;
	if (row->view_secret.len != MANIFEST_SECRET_LEN) {
		*ret_sound =
			erasure_covers(arena, is_event, row->statement, row->manifest, row->salts, row->body);
		return PROBLEM_NONE;
	}
	*ret_sound = note_parse(arena, bytes_str(row->statement), &note) &&
		     statement_parse(arena, note.text, &statement);
	if (*ret_sound && is_event)
		p = manifest_of_body(arena, bytes_str(row->body), row->view_secret.at, statement.body, views,
				     &manifest);
	else if (*ret_sound)
		p = master_manifest(w->db, arena, kind, row->body, row->view_secret.at, &manifest);
	if (p == PROBLEM_DB_UNAVAILABLE || p == PROBLEM_BUSY)
		return p;
	*ret_sound = *ret_sound && !p && sha256_equal(sha256_of(str_bytes(manifest)), statement.body);
	return PROBLEM_NONE;
}

/* Pages read names, places and shelf lives from a row that has no entry of its own: it must say what the newest version says. */
static enum problem check_row(struct sweep *w, struct arena *arena, enum thing_kind kind, int64_t entry,
			      struct uuid id, struct bytes body)
{
	const char *other;
	enum problem p = master_row_check(w->db, arena, kind, body, &other);
	if (p == PROBLEM_DB_UNAVAILABLE || p == PROBLEM_BUSY)
		return p;
	if (!p && other)
		tell(w, "row", entry, entry,
		     arena_printf(arena, "%s %.*s %s", thing_kind_words[kind],
				  STR_ARGS(uuid_print(arena, id)), other));
	return PROBLEM_NONE;
}

static void check_event_row(struct sweep *w, struct arena *arena, const struct log_sweep_read_row *row)
{
	const char *other = event_row_other(arena, row);
	if (other)
		tell(w, "row", row->idx, row->idx,
		     arena_printf(arena, "event %.*s %s", STR_ARGS(uuid_print(arena, row->id)), other));
}

static enum problem examine(struct sweep *w, const struct log_sweep_read_row *row)
{
	struct arena *arena = arena_create();
	bool sound = true;
	enum problem p = PROBLEM_NONE;
	const struct log_entry entry = {
		.kind = row->kind, .statement = row->statement, .statement_sha256 = row->statement_sha256};
	struct sha256 leaf = merkle_leaf(row->statement);
	struct str subject = log_subject_words(arena, row->kind, row->org_id, row->id);
	enum thing_kind kind;
	if (!log_entry_sound(arena, &entry))
		tell(w, "entry", row->idx, row->idx, subject);
	else if (!bytes_equal(row->hash, sha256_bytes(&leaf)))
		tell(w, "leaf", row->idx, row->idx, subject);
	else
		p = body_sound(w, arena, row, &sound);
	if (!p && !sound)
		tell(w, "body", row->idx, row->idx, subject);
	if (!p && sound && is_master(row->kind, &kind) && row->view_secret.len)
		p = check_row(w, arena, kind, row->idx, row->id, row->body);
	if (!p && sound && str_equal(row->kind, STR("event")) && row->view_secret.len)
		check_event_row(w, arena, row);
	if (!p && sound && is_act(row->kind) && w->act_count < LOG_TILE_WIDTH) {
		w->act_entries[w->act_count] = row->idx;
		w->acts[w->act_count++] = row->id;
	}
	arena_destroy(arena);
	return p;
}

/* A tile that the entries up to `after` fill: as it is served, and the node over it, against the hashes it is made of, which
 * are rows of log_leaf or log_node. *ret_whole: they are all there. */
static enum problem check_full(struct sweep *w, unsigned level, int64_t after, bool *ret_whole)
{
	const struct str nobody = {NULL, 0};
	struct log_sweep_tile_row row;
	int64_t entries = (int64_t)LOG_TILE_WIDTH << level * LOG_TILE_HEIGHT;
	const struct log_sweep_tile_params params = {level, after / entries - 1};
	enum problem p = log_sweep_tile(w->db, w->arena, &params, &row);
	if (p)
		return p;
	*ret_whole = row.hashes.len == LOG_TILE_WIDTH * sizeof(struct sha256);
	if (!bytes_equal(row.kept, row.hashes))
		tell(w, level ? "tile-above" : "tile", after - entries, after - 1, nobody);
	if (!*ret_whole)
		return PROBLEM_NONE;
	struct sha256 root = merkle_root((const struct sha256 *)(const void *)row.hashes.at, LOG_TILE_WIDTH);
	if (!bytes_equal(row.node, sha256_bytes(&root)))
		tell(w, "node", after - entries, after - 1, nobody);
	return PROBLEM_NONE;
}

/* What statements of this tile say of codes and alerts, against the rows that they stand for. */
static enum problem check_acts(struct sweep *w)
{
	struct act_differences_row *rows;
	size_t count;
	const struct act_differences_params params = {{w->acts, w->act_count}};
	if (!w->act_count)
		return PROBLEM_NONE;
	enum problem p = act_differences(w->db, w->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		for (size_t k = 0; k < w->act_count; k++)
			if (uuid_equal(w->acts[k], rows[i].id))
				tell(w, "act", w->act_entries[k], w->act_entries[k], rows[i].subject);
	return p;
}

/* Leaves [first, after), and the tiles that they fill. */
static enum problem check_tile(struct sweep *w, int64_t first, int64_t after)
{
	struct log_sweep_read_row *rows;
	size_t count, at = 0;
	bool whole;
	w->act_count = 0;
	const struct log_sweep_read_params params = {first, after};
	enum problem p = log_sweep_read(w->db, w->arena, &params, &rows, &count);
	for (int64_t idx = first; !p && idx < after; idx++) {
		if (at == count || rows[at].idx != idx) {
			tell(w, "leaf", idx, idx, (struct str){NULL, 0});
			continue;
		}
		p = examine(w, &rows[at]);
		at++;
	}
	if (!p)
		p = check_acts(w);
	if (p)
		return p;
	if (at < (size_t)LOG_TILE_WIDTH)
		return PROBLEM_NONE;
	for (unsigned level = 0; !p && after % ((int64_t)LOG_TILE_WIDTH << level * LOG_TILE_HEIGHT) == 0;
	     level++)
		p = check_full(w, level, after, &whole);
	return p;
}

/* All levels together: what tiles say of the newest published head. */
static enum problem check_root(struct sweep *w)
{
	struct log_checkpoint_signed_row row;
	struct merkle_edge edge;
	struct checkpoint head;
	struct note note;
	enum problem p = log_checkpoint_signed(w->db, w->arena, &row);
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	bool is_read = note_parse(w->arena, bytes_str(row.checkpoint), &note) &&
		       checkpoint_parse(w->arena, note.text, &head) && head.size == row.size;
	p = is_read ? log_edge_read(w->db, w->arena, head.size, &edge, NULL /* ret_rim */) : PROBLEM_CONFLICT;
	if (p && p != PROBLEM_CONFLICT)
		return p;
	if (p || !sha256_equal(merkle_edge_root(&edge), head.root))
		tell(w, "root", 0, row.size - 1, (struct str){NULL, 0});
	return PROBLEM_NONE;
}

/* What was found stays open until all of the log was read and nothing was found. */
static enum problem end_pass(struct sweep *w)
{
	int64_t mended = 0;
	enum problem p = check_root(w);
	if (!p && !w->found && !has_ended(w))
		p = log_alteration_mend(w->db, &(struct log_alteration_mend_params){clock_now()}, &mended);
	if (p)
		return p;
	if (mended)
		LOG(LOG_INFO, "log-mended", LOG_NUMBER("count", mended));
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

/* Records, and the newest versions of what pages name beside them. */
static enum problem check_asked(struct sweep *w, const struct uuid *ids, size_t count)
{
	struct log_sweep_events_row *events;
	struct log_sweep_masters_row *versions;
	size_t event_count, version_count;
	const struct log_sweep_events_params of_events = {{ids, count}};
	const struct log_sweep_masters_params of_masters = {{ids, count}};
	enum problem p = log_sweep_events(w->db, w->arena, &of_events, &events, &event_count);
	for (size_t i = 0; !p && i < event_count; i++)
		p = examine(w, (const struct log_sweep_read_row *)(const void *)&events[i]);
	if (!p)
		p = log_sweep_masters(w->db, w->arena, &of_masters, &versions, &version_count);
	for (size_t i = 0; !p && i < version_count; i++)
		p = examine(w, (const struct log_sweep_read_row *)(const void *)&versions[i]);
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
		metric_add(METRIC_LOG_SWEPT, p ? 0 : after - w->next);
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

static enum problem check_suspected_tile(void *context, unsigned level, int64_t first, int64_t after)
{
	struct sweep *w = context;
	bool whole;
	enum problem p = check_full(w, level, after, &whole);
	return p || whole || level ? p : check_tile(w, first, after);
}

static enum problem check_suspected_row(void *context, enum thing_kind kind, int64_t entry, struct uuid id,
					struct bytes body)
{
	struct sweep *w = context;
	return check_row(w, w->arena, kind, entry, id, body);
}

static enum problem check_suspected(void *context, int64_t first, int64_t after)
{
	return check_tile(context, first, after);
}

/* A step of the pass if it is due; how long until the next is. */
static int64_t pass_due(struct sweep *w)
{
	int64_t began = log_clock(), due_us = w->rests_until_us;
	if (!w->next && w->pass_began_us && due_us < w->pass_began_us + PASS_EVERY_US)
		due_us = w->pass_began_us + PASS_EVERY_US;
	if (began < due_us)
		return due_us - began;
	if (!w->next)
		w->pass_began_us = began;
	bool done;
	if (pass_step(w, &done))
		return IDLE_US;
	int64_t now = log_clock();
	w->rests_until_us = now + rest_of(w->s, now - began);
	return 0;
}

/* How many entries and tiles there were says nothing about another log. */
static void begin_anew(struct sweep *w, int64_t number)
{
	w->number = number;
	w->next = 0;
	w->found = 0;
	w->patrol = (struct log_patrol){LOG_PATROL_RESTS};
}

static int64_t sweep_step(struct sweep *w)
{
	struct uuid ids[LOG_ASKED_MAX];
	struct log_head_read_row head;
	if (log_head_read(w->db, w->arena, &head))
		return IDLE_US;
	if (w->number != head.number)
		begin_anew(w, head.number);
	size_t asked = take_asked(w->s, ids);
	if (asked)
		return check_asked(w, ids, asked) ? IDLE_US : 0;
	const struct log_suspicion suspicion = {check_suspected, check_suspected_tile, check_suspected_row,
						w};
	if (log_patrol_step(&w->patrol, w->db, w->arena, w->s->settings.config, &suspicion))
		return IDLE_US;
	int64_t pause_us = pass_due(w), patrol_us = w->patrol.at_us - log_clock();
	pause_us = pause_us < patrol_us ? pause_us : patrol_us;
	/* In short pieces: what is asked for waits for no rest. */
	return pause_us < 0 ? 0 : pause_us < IDLE_US ? pause_us : IDLE_US;
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
		db_act_for(w.db, &db_program);
		db_use_vault(w.db, w.s->settings.vault);
		w.arena = arena_create();
		pause_us = sweep_step(&w);
		arena_destroy(w.arena);
	}
	db_close(w.db);
	return NULL;
}

void log_examine(struct sequencer *s, const struct uuid *ids, size_t count)
{
	if (!s || !s->has_sweeper)
		return;
	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < count && s->asked_count < LOG_ASKED_MAX; i++)
		s->asked[s->asked_count++] = ids[i];
	pthread_mutex_unlock(&s->lock);
}
