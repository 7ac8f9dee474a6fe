/* SPDX-License-Identifier: Apache-2.0
 * Opening the log: the lock, the key, and every record of how far it is compared with the others. */
#include <string.h>

#include "ft/base/log.h"
#include "ft/core/log_name.h"
#include "ft/store/enrolment.h"
#include "log_priv.h"

/* One per database; the number is arbitrary and must stay. */
enum { LOG_LOCK = 0x66746c67 };

struct opening {
	struct sequencer *s;
	struct arena *arena; /* of the attempt */
	struct merkle_edge edge;
	struct log_rim *rim;
	int64_t number;                        /* which log goes on */
	struct str name;                       /* what it is called */
	struct log_succession_list_row *ended; /* the n-th tells where log n ended */
	size_t ended_count;
	struct checkpoint guard, head;
	bool has_guard;
	struct str fault; /* absent: all agree */
};

static enum problem disagree(struct opening *o, struct str why)
{
	o->fault = why;
	return PROBLEM_CONFLICT;
}

/* The lock is the connection's: when that was lost, so is the lock. */
static enum problem take_lock(struct sequencer *s, bool *ret_locked)
{
	struct arena *arena = arena_create();
	struct log_session_row session;
	struct log_lock_row lock;
	enum problem p = db_ready(s->db);
	if (!p)
		p = log_session(s->db, arena, &session);
	*ret_locked = !p && s->lock_pid == session.pid;
	if (!p && !*ret_locked) {
		p = log_lock(s->db, arena, &(struct log_lock_params){LOG_LOCK}, &lock);
		*ret_locked = !p && lock.locked;
		s->lock_pid = *ret_locked ? lock.pid : 0;
	}
	arena_destroy(arena);
	return p;
}

static enum problem settle_key(struct db *db, void *context)
{
	struct opening *o = context;
	struct log_key key;
	const struct log_settings *settings = &o->s->settings;
	const struct key_office office = {.signer = settings->signer,
					  .origin = log_origin(o->s),
					  .registrar = settings->registrar,
					  .seen = settings->seen,
					  .now_us = clock_now()};
	enum problem p =
		log_key_settle(db, o->arena, settings->signer, log_origin(o->s), settings->registrar, &key);
	return p ? p : log_sm2_settle(db, o->arena, &office, settings->config->log_sm2);
}

/* What the log is called, and where those before it ended. */
static enum problem read_name(struct opening *o, struct db *db)
{
	struct log_head_read_row head;
	enum problem p = log_head_read(db, o->arena, &head);
	if (!p)
		p = log_succession_list(db, o->arena, &o->ended, &o->ended_count);
	if (p)
		return p;
	o->number = head.number;
	o->name = log_name_print(o->arena, (struct log_name){log_origin(o->s), head.number});
	return (int64_t)o->ended_count == head.number - 1
		       ? PROBLEM_NONE
		       : disagree(o, STR("the logs before it are not those that the database tells of"));
}

static enum problem read_edge(struct opening *o, struct db *db)
{
	struct log_head_read_row head;
	enum problem p = log_head_read(db, o->arena, &head);
	if (!p)
		p = log_edge_read(db, o->arena, head.size, &o->edge, o->rim);
	if (p == PROBLEM_CONFLICT)
		return disagree(o, arena_printf(o->arena, "of the %lld entries of the log some are gone",
						(long long)head.size));
	if (p)
		return p;
	struct sha256 root = merkle_edge_root(&o->edge);
	return bytes_equal(head.root, sha256_bytes(&root))
		       ? PROBLEM_NONE
		       : disagree(o,
				  arena_printf(o->arena,
					       "the entries do not hash to the root of the head at size %lld",
					       (long long)head.size));
}

/* That the tree as it stands grew out of `head`. */
static enum problem compare(struct opening *o, struct db *db, const struct checkpoint *head, const char *what)
{
	struct merkle_edge edge;
	int64_t number = log_name_read(head->origin).number;
	bool ended = number < o->number;
	if (!log_name_is_of(head->origin, log_origin(o->s)) || number > o->number ||
	    (ended && head->size > o->ended[number - 1].size))
		return disagree(o, arena_printf(o->arena, "%s is of another log: %.*s", what,
						STR_ARGS(head->origin)));
	if ((uint64_t)head->size > o->edge.size)
		return disagree(o,
				arena_printf(o->arena,
					     "the database ends at entry %llu, but %s covers %lld: it was "
					     "brought back from "
					     "an older copy; restore a newer one",
					     (unsigned long long)o->edge.size, what, (long long)head->size));
	enum problem p = log_edge_read(db, o->arena, head->size, &edge, NULL /* ret_rim */);
	if (p && p != PROBLEM_CONFLICT)
		return p;
	if (!p && sha256_equal(merkle_edge_root(&edge), head->root))
		return PROBLEM_NONE;
	return disagree(o, arena_printf(o->arena, "the first %lld entries are not those that %s covers",
					(long long)head->size, what));
}

static enum problem compare_published(struct opening *o, struct db *db)
{
	struct log_checkpoint_signed_row row;
	struct note note;
	enum problem p = log_checkpoint_signed(db, o->arena, &row);
	o->head = (struct checkpoint){.origin = o->name};
	if (p)
		return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
	if (!note_parse(o->arena, bytes_str(row.checkpoint), &note) ||
	    !checkpoint_parse(o->arena, note.text, &o->head) || o->head.size != row.size)
		return disagree(o, STR("the newest checkpoint in the database is not one"));
	return compare(o, db, &o->head, "the newest signed head");
}

/* The old log may have signed beyond where it ended. Until the one that goes on has signed, nobody holds the guard to that. */
static bool guards_what_ended(const struct opening *o)
{
	return o->has_guard && o->ended_count && log_name_succeeds(o->name, o->guard.origin) &&
	       o->guard.size > o->ended[o->ended_count - 1].size &&
	       o->head.size <= o->ended[o->ended_count - 1].size;
}

static enum problem compare_guard(struct opening *o, struct db *db)
{
	struct fault fault = {0};
	enum problem p = log_guard_read(o->arena, o->s->guard_file, &o->guard, &fault);
	o->has_guard = !p;
	if (guards_what_ended(o)) {
		o->has_guard = false;
		return PROBLEM_NONE;
	}
	if (p == PROBLEM_NOT_FOUND && o->edge.size == 0 && o->head.size == 0)
		return PROBLEM_NONE;
	if (p == PROBLEM_NOT_FOUND)
		return disagree(
			o, arena_printf(o->arena,
					"%.*s is missing: bring it back, or write into it the three lines of "
					"the newest checkpoint that anybody has",
					STR_ARGS(o->s->guard_file)));
	return p ? disagree(o, fault.detail) : compare(o, db, &o->guard, "the guard file");
}

/* The newest entries, which a crash or a bit flip would have touched; the sweep sees to the rest. */
static enum problem compare_entries(struct opening *o, struct db *db)
{
	struct log_entries_read_row *rows;
	size_t count;
	int64_t size = (int64_t)o->edge.size;
	const struct log_entries_read_params params = {size > LOG_BATCH ? size - LOG_BATCH : 0, size};
	enum problem p = log_entries_read(db, o->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		const struct log_entry entry = {.kind = rows[i].kind,
						.statement = rows[i].statement,
						.statement_sha256 = rows[i].statement_sha256};
		struct sha256 hash = merkle_leaf(rows[i].statement);
		if (!log_entry_sound(o->arena, &entry) || !bytes_equal(rows[i].hash, sha256_bytes(&hash)))
			return disagree(
				o,
				arena_printf(o->arena, "entry %lld (%.*s) is not what the log committed to",
					     (long long)rows[i].idx,
					     STR_ARGS(log_subject_words(o->arena, rows[i].kind,
									rows[i].org_id, rows[i].id))));
	}
	return p;
}

static enum problem compare_all(struct db *db, void *context)
{
	struct opening *o = context;
	enum problem p = read_name(o, db);
	if (!p)
		p = read_edge(o, db);
	if (!p)
		p = compare_published(o, db);
	if (!p)
		p = compare_guard(o, db);
	return p ? p : compare_entries(o, db);
}

/* Before the first entry is committed, so that it can be missed ever after. */
static enum problem begin_guard(struct opening *o)
{
	struct fault fault = {0};
	struct checkpoint first = {o->name, 0, merkle_root(NULL, 0)};
	if (o->ended_count) { /* nothing but what it went on from */
		const struct log_succession_list_row *from = &o->ended[o->ended_count - 1];
		first.size = from->size;
		memcpy(first.root.octets, from->root.at, sizeof first.root.octets);
	}
	enum problem p =
		o->has_guard ? PROBLEM_NONE : log_guard_write(o->arena, o->s->guard_file, &first, &fault);
	return p ? disagree(o, fault.detail) : p;
}

/* Heads that waited for witnesses whom the policy no longer asks for. */
static enum problem release(struct db *db, void *context)
{
	int64_t rows;
	(void)context;
	return log_checkpoint_release(db, &rows);
}

static enum problem open_all(struct opening *o)
{
	enum problem p = db_tx(o->s->db, &db_program, settle_key, o, NULL /* reterr_unknown */);
	if (!p)
		p = db_tx(o->s->db, &db_program, compare_all, o, NULL /* reterr_unknown */);
	if (!p && !log_waits_for_witnesses(o->s))
		p = db_tx(o->s->db, &db_program, release, NULL, NULL /* reterr_unknown */);
	return p ? p : begin_guard(o);
}

void log_close(struct sequencer *s)
{
	arena_destroy(s->opened);
	s->opened = NULL;
}

enum log_opening log_open(struct sequencer *s)
{
	bool locked = false;
	log_close(s);
	if (take_lock(s, &locked))
		return LOG_OPENING_LATER;
	if (!locked)
		return LOG_OPENING_STANDBY;
	struct opening o = {.s = s, .arena = arena_create()};
	o.rim = arena_new(o.arena, struct log_rim);
	enum problem p = open_all(&o);
	if (o.fault.at) {
		log_set_state(s, LOG_HALTED, o.fault);
		arena_destroy(o.arena);
		return LOG_OPENING_HALTED;
	}
	if (p) {
		arena_destroy(o.arena);
		return LOG_OPENING_LATER;
	}
	s->opened = o.arena;
	s->number = o.number;
	s->name = o.name;
	s->edge = o.edge;
	s->rim = *o.rim;
	s->head = o.head;
	return LOG_OPENED;
}
