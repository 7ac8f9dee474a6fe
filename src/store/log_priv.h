/* SPDX-License-Identifier: Apache-2.0
 * What the parts of the sequencer share.
 *
 *   lock → key → edge from tiles → head, guard and newest checkpoint agree with it → newest entries are what they were
 *        → every 200 ms, every second while it grows: read queue → re-hash → grow edge → write, COMMIT → guard → sign → store, publish */
#ifndef FT_STORE_LOG_PRIV_H
#define FT_STORE_LOG_PRIV_H

#include <pthread.h>

#include "ft/core/thing_name.h"
#include "ft/core/proof.h"
#include "ft/store/log.h"
#include "ft/store/log_seen.h"
#include "queries.h"

enum { LOG_BATCH = 4096, LOG_CHECKPOINT_EVERY_US = 1000 * 1000, LOG_REASON_MAX = 300, LOG_ASKED_MAX = 500 };

struct sequencer {
	struct log_settings settings;
	struct str guard_file;
	struct arena *arena; /* of settings that are made */
	pthread_t thread, sweeper;
	bool has_thread, has_sweeper;

	/* of the thread alone */
	struct db *db;
	int64_t lock_pid;           /* server process that holds the lock for us; 0: none */
	struct arena *opened;       /* of the key; NULL: not open */
	struct sha256 vkey_written; /* fingerprint of the key in log.vkey; zero: not known */
	struct sha256 signing
		[LOG_KEYS_MAX];  /* those of the keys whose lines the newest head has; zero: not known */
	int64_t number;          /* which log of the origin goes on */
	struct str name;         /* what it is called; in `opened` */
	struct merkle_edge edge; /* what log_head says */
	struct log_rim rim;      /* of the same size */
	struct checkpoint head;  /* newest signed; size 0: none */
	int64_t published_us;    /* monotonic */
	int64_t tick_us;         /* what large ticks took of late */
	int64_t looked_us;       /* monotonic: for heads without witnesses */
	bool unwitnessed;        /* and it was said */

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool stopping;
	enum log_state state;
	char reason[LOG_REASON_MAX];
	int64_t size, published;
	struct uuid asked[LOG_ASKED_MAX]; /* events and things to examine before others */
	size_t asked_count;
};

enum log_opening { LOG_OPENED, LOG_OPENING_LATER, LOG_OPENING_STANDBY, LOG_OPENING_HALTED };

void log_set_state(struct sequencer *s, enum log_state state, struct str reason); /* and says so once */
bool log_pause(struct sequencer *s, int64_t us);                                  /* false: stop */
void log_state_verifier(struct sequencer *s);     /* the page that verifies has other keys in it now */
struct str log_origin(const struct sequencer *s); /* what statements call the log */

/* log_open.c: everything is compared with everything before a number is given or a head is signed. */
enum log_opening log_open(struct sequencer *s);
void log_close(struct sequencer *s); /* forgets what was read; the lock stays with the connection */

/* log_tick.c: numbers at most LOG_BATCH statements. *ret_count is set on success. PROBLEM_CONFLICT with `fault->detail`:
 * the log must not go on. Any other problem: open again, and try. */
enum problem log_tick(struct sequencer *s, size_t *ret_count, struct fault *reterr);

/* Numbers these rows of the queue in the caller's transaction, in their order; s->number, edge and rim say where the log stands, and
 * then where it stands after them. Problems as above; the detail lives in `arena`. */
enum problem log_number(struct sequencer *s, struct db *db, struct arena *arena,
			struct log_pending_read_row *rows, size_t count, struct fault *reterr);

/* log_publish.c: signs a head when the log has grown and the last one is a second old. */
enum problem log_publish(struct sequencer *s);
/* log_witnessed.c: says when a head has waited too long for its witnesses, and when that is over. */
void log_watch_witnesses(struct sequencer *s);
int64_t log_clock(void);                                 /* monotonic, microseconds */
bool log_waits_for_witnesses(const struct sequencer *s); /* a head is not published by being signed */

/* log_guard.c: the newest head that may have been signed, in a file of three lines. */
enum problem log_guard_read(struct arena *arena, struct str path, struct checkpoint *ret,
			    struct fault *reterr); /* PROBLEM_NOT_FOUND: there is none */
enum problem log_guard_write(struct arena *arena, struct str path, const struct checkpoint *head,
			     struct fault *reterr);

/* log_tiles.c: fills in the hashes of all tiles. *ret_missing: one whose rows are not all there; NULL: none. */
enum problem log_tiles_fill(struct db *db, struct arena *arena, struct log_tiles *tiles,
			    const struct log_tile **ret_missing);
/* Right edge of the tree over the first `size` entries, from tiles; ret_rim may be NULL. PROBLEM_CONFLICT: rows are missing. */
enum problem log_edge_read(struct db *db, struct arena *arena, int64_t size, struct merkle_edge *ret,
			   struct log_rim *ret_rim);

/* log_memory.c: any thread. Fills in a tile that is there, until the arena ends; keeps a copy of one that has a tree. */
bool log_memory_find(struct log_memory *memory, struct arena *arena, struct log_tile *tile);
void log_memory_keep(struct log_memory *memory, const struct log_tile *tile);

/* log_entry.c: an entry against what was committed to. */
struct log_entry {
	struct str kind;
	struct bytes statement, statement_sha256; /* absent: the row is gone; keys keep no digest */
	struct bytes fingerprint;                 /* of a key statement, where known */
};
bool log_entry_sound(struct arena *arena, const struct log_entry *entry);
struct str log_subject_words(struct arena *arena, struct str kind, struct uuid org, struct uuid id);

/* log_patrol.c: finds entries of which a row was written again, or is gone, since they were numbered: in any log within a
 * minute, for no body is read. The struct begins as zero. */
struct log_marks {
	int64_t horizon, size, tick; /* as log_patrol_marks_row */
};
enum log_patrol_part {
	LOG_PATROL_RESTS,
	LOG_PATROL_ROWS,
	LOG_PATROL_MASTERS,
	LOG_PATROL_LEAVES,
	LOG_PATROL_TILES
};
struct log_patrol {
	enum log_patrol_part part;
	unsigned level;    /* of tiles */
	int64_t next;      /* page, or tile, or kind of master data */
	struct uuid after; /* of that kind */
	struct log_marks
		before; /* those that the round before began with: what was written since is looked at */
	struct log_marks now;               /* those that this one began with */
	bool has_before, all;               /* all: every leaf is looked at, whenever it was written */
	int64_t pages, leaf_pages;          /* that this round reads */
	int64_t keeps_before, leaves_gone;  /* what the last round counted */
	int64_t kept, keeps, leaves;        /* what this one has counted so far */
	int64_t slices, slice_count;        /* read so far; about how many there are */
	int64_t began_us, worked_us, at_us; /* of this round; when the next slice is due; monotonic */
};
/* Who is told of what is suspected: entries [first, after); a tile at a level which the entries until `after` fill; a row. */
struct log_suspicion {
	enum problem (*entries)(void *context, int64_t first, int64_t after);
	enum problem (*tile)(void *context, unsigned level, int64_t first, int64_t after);
	/* The row of a thing, whose newest version is this body at this entry. */
	enum problem (*row)(void *context, enum thing_kind kind, int64_t entry, struct uuid id,
			    struct bytes body);
	void *context;
};
/* Reads a slice if one is due. On a problem the same slice is read again. Sets at_us. Takes the share of the sweep, and more,
 * up to half a core, where a round would last too long otherwise. */
enum problem log_patrol_step(struct log_patrol *patrol, struct db *db, struct arena *arena,
			     const struct config *config, const struct log_suspicion *suspicion);

/* log_sweep.c */
void *log_sweeper_main(void *argument);

/* event_row.c: the first of what pages read in place of a body that says something else, as "product"; NULL: none. The body is
 * whole, and what was signed. */
const char *event_row_other(struct arena *arena, const struct log_sweep_read_row *row);

#endif
