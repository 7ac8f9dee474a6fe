/* SPDX-License-Identifier: Apache-2.0
 * One tick: what waits is re-hashed, numbered in the order of the queue and written in one transaction. */
#include "ft/base/failpoint.h"
#include "ft/base/metrics.h"
#include "log_priv.h"

/* Made anew when the transaction is run again. */
struct tick {
	struct sequencer *s;
	struct arena *arena;
	struct log_pending_read_row *rows;
	size_t count;
	struct merkle_edge edge;
	struct log_rim *rim;
	int64_t *qid, *idx;
	struct bytes *leaves;
	/* A full tile and the node over it come together. */
	int64_t *node_level, *tile_level, *node_idx;
	struct bytes *nodes, *tiles;
	size_t node_count;
	struct str fault; /* absent: none */
};

static enum problem halt(struct tick *t, struct str why)
{
	t->fault = why;
	return PROBLEM_CONFLICT;
}

static struct bytes keep(struct tick *t, struct sha256 hash)
{
	return arena_bytes(t->arena, sha256_bytes(&hash));
}

/* Every 256 leaves complete a tile, every 256 tiles one above: at most one in 255 leaves, and the tall ones. */
static void make_room(struct tick *t)
{
	size_t nodes = t->count / (LOG_TILE_WIDTH - 1) + LOG_TILE_LEVELS;
	t->qid = arena_array(t->arena, int64_t, t->count);
	t->idx = arena_array(t->arena, int64_t, t->count);
	t->leaves = arena_array(t->arena, struct bytes, t->count);
	t->node_level = arena_array(t->arena, int64_t, nodes);
	t->tile_level = arena_array(t->arena, int64_t, nodes);
	t->node_idx = arena_array(t->arena, int64_t, nodes);
	t->nodes = arena_array(t->arena, struct bytes, nodes);
	t->tiles = arena_array(t->arena, struct bytes, nodes);
	t->node_count = 0;
}

static void complete(struct tick *t, unsigned level, uint64_t index, struct sha256 root)
{
	struct bytes tile = {t->rim->hashes[level]->octets, sizeof t->rim->hashes[level]};
	t->tile_level[t->node_count] = level;
	t->node_level[t->node_count] = level + 1;
	t->node_idx[t->node_count] = (int64_t)index;
	t->tiles[t->node_count] = arena_bytes(t->arena, tile);
	t->nodes[t->node_count++] = keep(t, root);
}

static void append(struct tick *t, size_t i)
{
	struct sha256 noted[64], leaf = merkle_leaf(t->rows[i].statement);
	t->qid[i] = t->rows[i].qid;
	t->idx[i] = (int64_t)t->edge.size;
	t->leaves[i] = keep(t, leaf);
	unsigned count = merkle_edge_append_noting(&t->edge, leaf, noted);
	for (unsigned level = 0; level * LOG_TILE_HEIGHT < count; level++) {
		uint64_t index = (t->edge.size >> level * LOG_TILE_HEIGHT) - 1;
		if (log_rim_put(t->rim, level, index, noted[level * LOG_TILE_HEIGHT]))
			complete(t, level, index / LOG_TILE_WIDTH, noted[(level + 1) * LOG_TILE_HEIGHT]);
	}
}

/* A bit that flipped between intake and here would be in the log for ever. */
static enum problem grow(struct tick *t)
{
	make_room(t);
	t->edge = t->s->edge;
	t->rim = arena_new(t->arena, struct log_rim);
	*t->rim = t->s->rim;
	for (size_t i = 0; i < t->count; i++) {
		const struct log_pending_read_row *row = &t->rows[i];
		const struct log_entry entry = {row->kind, row->statement, row->statement_sha256,
						row->fingerprint};
		if (!log_entry_sound(t->arena, &entry))
			return halt(t, arena_printf(t->arena,
						    "%.*s in the queue (qid %lld) is not what was stated",
						    STR_ARGS(log_subject_words(t->arena, row->kind,
									       row->org_id, row->id)),
						    (long long)row->qid));
		append(t, i);
	}
	return PROBLEM_NONE;
}

static enum problem write_all(struct tick *t, struct db *db)
{
	struct sha256 old_root = merkle_edge_root(&t->s->edge), root = merkle_edge_root(&t->edge);
	const struct log_head_move_params head = {t->s->number, (int64_t)t->s->edge.size,
						  sha256_bytes(&old_root), (int64_t)t->edge.size,
						  sha256_bytes(&root)};
	const struct log_leaf_insert_many_params leaves = {
		{t->qid, t->count}, {t->idx, t->count}, {t->leaves, t->count}};
	const struct log_node_insert_many_params nodes = {
		{t->node_level, t->node_count}, {t->node_idx, t->node_count}, {t->nodes, t->node_count}};
	const struct log_tile_insert_many_params tiles = {
		{t->tile_level, t->node_count}, {t->node_idx, t->node_count}, {t->tiles, t->node_count}};
	const struct log_pending_delete_many_params queue = {{t->qid, t->count}};
	int64_t moved = 0, inserted = 0, deleted = 0;
	db_queue(db, &sql_log_head_move, &head);
	db_queue(db, &sql_log_leaf_insert_many, &leaves);
	db_queue(db, &sql_log_node_insert_many, &nodes);
	db_queue(db, &sql_log_tile_insert_many, &tiles);
	db_queue(db, &sql_log_pending_delete_many, &queue);
	enum problem p = db_flush(db);
	if (!p)
		p = db_take_exec(db, &sql_log_head_move, &moved);
	if (!p)
		p = db_take_exec(db, &sql_log_leaf_insert_many, &inserted);
	if (!p)
		p = db_take_exec(db, &sql_log_node_insert_many, NULL);
	if (!p)
		p = db_take_exec(db, &sql_log_tile_insert_many, NULL);
	if (!p)
		p = db_take_exec(db, &sql_log_pending_delete_many, &deleted);
	if (p == PROBLEM_CONFLICT)
		return halt(t, STR("a statement in the queue has a number already"));
	if (p)
		return p;
	/* Another sequencer was here: what we know is old. */
	if (moved != 1 || inserted != (int64_t)t->count || deleted != (int64_t)t->count)
		return PROBLEM_DB_UNAVAILABLE;
	return PROBLEM_NONE;
}

enum problem log_number(struct sequencer *s, struct db *db, struct arena *arena,
			struct log_pending_read_row *rows, size_t count, struct fault *reterr)
{
	struct tick t = {.s = s, .arena = arena, .rows = rows, .count = count};
	enum problem p = grow(&t);
	if (!p)
		p = write_all(&t, db);
	if (!p) {
		s->edge = t.edge;
		s->rim = *t.rim;
	}
	if (p && t.fault.at)
		reterr->detail = t.fault;
	return p;
}

static enum problem tick_body(struct db *db, void *context)
{
	struct tick *t = context;
	struct log_session_row session;
	arena_destroy(t->arena);
	t->arena = arena_create();
	t->count = 0;
	enum problem p = log_session(db, t->arena, &session);
	if (!p && session.pid != t->s->lock_pid)
		p = PROBLEM_DB_UNAVAILABLE; /* a new connection, without the lock */
	if (!p)
		p = log_pending_read(db, t->arena, &(struct log_pending_read_params){LOG_BATCH}, &t->rows,
				     &t->count);
	if (p || !t->count)
		return p;
	failpoint("log-1-read");
	p = grow(t);
	failpoint("log-2-hashed");
	if (!p)
		p = write_all(t, db);
	failpoint("log-3-written");
	return p;
}

/* An event that was written again while it waited is older than its entry all the same: the patrol would pass it by. */
static void examine_again(const struct tick *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->rows[i].again)
			log_examine(t->s, &t->rows[i].id, 1);
}

enum problem log_tick(struct sequencer *s, size_t *ret_count, struct fault *reterr)
{
	struct tick t = {.s = s};
	enum problem p =
		db_tx(s->db, &db_program, tick_body, &t, NULL /* reterr_unknown: opened again anyway */);
	if (!p && t.count) {
		failpoint("log-4-committed");
		s->edge = t.edge;
		s->rim = *t.rim;
		metric_add(METRIC_LOG_ENTRIES, (int64_t)t.count);
		examine_again(&t);
	}
	if (!p)
		*ret_count = t.count;
	if (p && t.fault.at)
		reterr->detail = arena_str(s->opened, t.fault);
	arena_destroy(t.arena);
	return p && t.fault.at ? PROBLEM_CONFLICT : p == PROBLEM_CONFLICT ? PROBLEM_DB_RETRY : p;
}
