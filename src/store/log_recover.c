/* SPDX-License-Identifier: Apache-2.0
 * Entries that a database has lost come back from a copy of the log, at the places that its heads gave them. One transaction
 * does it: before its COMMIT the log stands still, as it did, and after it the log goes on. */
#include "ft/store/log_recover.h"

#include <string.h>

#include "log_priv.h"

#include "ft/base/failpoint.h"
#include "ft/base/map.h"
#include "ft/core/log_name.h"
#include "ft/core/statement.h"

enum { QUEUE_MAX = 1 << 20 };

/* What a key signs once. */
struct place {
	struct sha256 key;
	uint8_t seq[8];
};
struct lost {
	struct bytes entry;
	struct sha256 leaf, hash; /* of the note; of its text */
	struct statement s;
	struct place place;
	bool waits; /* it is in the queue of the database */
};
struct recovery {
	struct arena *arena; /* of one attempt */
	const struct log_recover_settings *settings;
	const struct log_copy *copy;
	struct sequencer *s; /* grows as the sequencer's own, which does not */
	struct lost *lost;
	size_t count;
	struct map *leaves, *places; /* → struct lost */
	struct log_recovered result;
	struct arena *kept;
	struct fault *reterr;
};

static enum problem refuse(struct recovery *r, struct str why)
{
	r->reterr->detail = arena_str(r->kept, why);
	return PROBLEM_CONFLICT;
}

/* — what is lost — */

static enum problem read_tree(struct recovery *r, struct db *db)
{
	const struct checkpoint *head = &r->copy->head;
	struct log_head_read_row at;
	enum problem p = log_head_read(db, r->arena, &at);
	if (p)
		return p;
	r->s = arena_new(r->arena, struct sequencer);
	r->s->number = at.number;
	r->s->name = log_name_print(r->arena, (struct log_name){r->settings->origin, at.number});
	if (!str_equal(head->origin, r->s->name))
		return refuse(r, arena_printf(r->arena, "the copy is of the log %.*s, the database of %.*s",
					      STR_ARGS(head->origin), STR_ARGS(r->s->name)));
	r->result.first = at.size < head->size ? at.size : head->size;
	p = log_edge_read(db, r->arena, r->result.first, &r->s->edge, &r->s->rim);
	return p == PROBLEM_CONFLICT
		       ? refuse(r, STR("entries of the database are gone from its middle: restore a backup"))
		       : p;
}

static enum problem take(struct recovery *r, struct bytes entry, struct lost *ret)
{
	struct arena *scratch = arena_create();
	struct note *note = arena_new(scratch, struct note);
	struct lost lost = {.entry = entry, .leaf = merkle_leaf(entry)};
	bool good = note_parse(scratch, bytes_str(entry), note) &&
		    statement_parse(r->arena, note->text, &lost.s) &&
		    str_equal(lost.s.log, r->settings->origin);
	if (good)
		lost.hash = statement_hash(note->text);
	arena_destroy(scratch);
	if (!good)
		return refuse(r, arena_printf(r->arena, "entry %lld of the copy is no statement of this log",
					      (long long)r->result.first + (long long)(ret - r->lost)));
	lost.place.key = lost.s.key;
	memcpy(lost.place.seq, &lost.s.seq, sizeof lost.place.seq);
	*ret = lost;
	return PROBLEM_NONE;
}

static enum problem read_bundle(struct recovery *r, uint64_t index, struct merkle_edge *edge)
{
	uint64_t size = (uint64_t)r->copy->head.size, first = index * LOG_TILE_WIDTH;
	struct bytes entries[LOG_TILE_WIDTH];
	unsigned width = size - first < LOG_TILE_WIDTH ? (unsigned)(size - first) : LOG_TILE_WIDTH;
	if (!r->copy->entries(r->copy->context, r->arena, index, width, entries))
		return refuse(r, STR("the copy does not have all entries that its head covers"));
	enum problem p = PROBLEM_NONE;
	for (uint64_t at = edge->size; !p && at < first + width; at++) {
		struct lost *lost = &r->lost[r->count];
		p = take(r, entries[at - first], lost);
		if (p)
			return p;
		merkle_edge_append(edge, lost->leaf);
		map_set(r->leaves, MAP_KEY(lost->leaf), lost);
		map_set(r->places, MAP_KEY(lost->place), lost);
		r->count++;
	}
	return p;
}

/* The head of the copy says whether what is there and what comes back are of one history, before anything is written. */
static enum problem read_lost(struct recovery *r)
{
	uint64_t size = (uint64_t)r->copy->head.size, room = size - r->s->edge.size;
	struct merkle_edge edge = r->s->edge;
	enum problem p = PROBLEM_NONE;
	r->lost = arena_array(r->arena, struct lost, room);
	r->leaves = map_create(r->arena, room + 1);
	r->places = map_create(r->arena, room + 1);
	while (!p && edge.size < size)
		p = read_bundle(r, edge.size / LOG_TILE_WIDTH, &edge);
	if (!p && !sha256_equal(merkle_edge_root(&edge), r->copy->head.root))
		return refuse(r, STR("the entries of the database and of the copy do not hash to the copy's "
				     "head: they are of two histories"));
	return p;
}

/* — what was taken meanwhile — */

static enum problem raise_sequences(struct recovery *r, struct db *db)
{
	struct bytes *keys = arena_array(r->arena, struct bytes, r->count);
	int64_t *seqs = arena_array(r->arena, int64_t, r->count), rows;
	for (size_t i = 0; i < r->count; i++) {
		keys[i] = sha256_bytes(&r->lost[i].s.key);
		seqs[i] = r->lost[i].s.seq;
	}
	return key_heads_raise(db, &(struct key_heads_raise_params){{keys, r->count}, {seqs, r->count}},
			       &rows);
}

/* Two statements with one number of one key can never both stand in the log without alarm. */
static enum problem check_waiting(struct recovery *r, const struct log_pending_read_row *row)
{
	struct note *note = arena_new(r->arena, struct note);
	struct statement s;
	struct place place = {0};
	if (!note_parse(r->arena, bytes_str(row->statement), note) ||
	    !statement_parse(r->arena, note->text, &s))
		return PROBLEM_NONE; /* the sequencer halts at it */
	place.key = s.key;
	memcpy(place.seq, &s.seq, sizeof place.seq);
	const struct lost *lost = map_get(r->places, MAP_KEY(place));
	if (!lost)
		return PROBLEM_NONE;
	return refuse(
		r, arena_printf(r->arena,
				"%.*s was taken after the older copy was brought back, with number "
				"%lld of its key, which entry %lld has: bring the older copy back again "
				"and recover before records are taken, or end the log",
				STR_ARGS(log_subject_words(r->arena, row->kind, row->org_id, row->id)),
				(long long)s.seq, (long long)r->result.first + (long long)(lost - r->lost)));
}

static enum problem compare_queue(struct recovery *r, struct db *db)
{
	struct log_pending_read_row *rows;
	size_t count;
	enum problem p =
		log_pending_read(db, r->arena, &(struct log_pending_read_params){QUEUE_MAX}, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct sha256 leaf = merkle_leaf(rows[i].statement);
		struct lost *lost = map_get(r->leaves, MAP_KEY(leaf));
		if (lost) {
			lost->waits = true;
			r->result.waited++;
		} else {
			p = check_waiting(r, &rows[i]);
		}
	}
	return p;
}

/* — storing what comes back — */

static enum problem of_the_log(struct recovery *r, const struct lost *lost)
{
	return refuse(
		r, arena_printf(r->arena,
				"entry %lld changes a key of the registrar's or of the log's, or its name: "
				"the database that knew the new one is lost, so end the log",
				(long long)r->result.first + (long long)(lost - r->lost)));
}

static enum problem keep_key(struct recovery *r, struct db *db, const struct lost *lost)
{
	const struct statement *s = &lost->s;
	struct note_key key;
	int64_t rows;
	if (str_equal(s->use, STR("log")) || str_equal(s->use, STR("register")) ||
	    !note_key_parse(r->arena, s->vkey, &key))
		return of_the_log(r, lost);
	struct bytes fingerprint = sha256_bytes(&s->key);
	const struct signing_key_insert_params row = {.fingerprint = fingerprint,
						      .org_id = s->org,
						      .algorithm = key.type,
						      .use = s->use,
						      .custody = s->custody,
						      .spki = note_key_spki(r->arena, &key),
						      .statement = lost->entry,
						      .created_at = s->at_s * USEC_PER_SEC};
	const struct log_pending_insert_params queued = {
		.kind = s->kind, .org_id = s->org, .fingerprint = fingerprint};
	enum problem p = signing_key_insert(db, &row, &rows);
	if (!p)
		p = key_head_insert(db, &(struct key_head_insert_params){fingerprint, s->org, s->seq}, &rows);
	r->result.keys++;
	return p ? p : log_pending_insert(db, &queued, &rows);
}

static enum problem keep_end(struct recovery *r, struct db *db, const struct lost *lost)
{
	const struct statement *s = &lost->s;
	struct bytes fingerprint = sha256_bytes(&s->revoked);
	struct signing_key_get_row key;
	int64_t rows;
	enum problem p = signing_key_get(db, r->arena, &(struct signing_key_get_params){fingerprint}, &key);
	if (p == PROBLEM_NOT_FOUND ||
	    (!p && (str_equal(key.use, STR("log")) || str_equal(key.use, STR("registrar")))))
		return of_the_log(r, lost);
	const struct signing_revocation_insert_params row = {.fingerprint = fingerprint,
							     .org_id = p ? s->org : key.org_id,
							     .reason = s->reason,
							     .since = s->since_s * USEC_PER_SEC,
							     .statement = lost->entry,
							     .statement_sha256 = sha256_bytes(&lost->hash),
							     .recorded_at = s->at_s * USEC_PER_SEC};
	const struct log_pending_insert_params queued = {
		.kind = s->kind, .org_id = row.org_id, .fingerprint = fingerprint};
	const struct signing_key_end_params end = {
		fingerprint, str_equal(s->reason, STR("superseded")) ? STR("retired") : STR("revoked")};
	if (!p)
		p = signing_revocation_insert(db, &row, &rows);
	if (!p)
		p = signing_key_end(db, &end, &rows);
	r->result.ends++;
	return p ? p : log_pending_insert(db, &queued, &rows);
}

/* Notes alone: what they were made from is lost. */
struct bare {
	int64_t *idx, *seq;
	struct uuid *org;
	struct bytes *key, *statement, *hash;
	size_t count;
};

static void keep_bare(struct recovery *r, const struct lost *lost, struct bare *bare)
{
	size_t n = bare->count++;
	bare->idx[n] = r->result.first + (lost - r->lost);
	bare->seq[n] = lost->s.seq;
	bare->org[n] = lost->s.org;
	bare->key[n] = sha256_bytes(&lost->s.key);
	bare->statement[n] = lost->entry;
	bare->hash[n] = sha256_bytes(&lost->hash);
	if (str_equal(lost->s.kind, STR("erase")))
		r->result.erasures++;
	else
		r->result.records++;
}

static enum problem store_bare(const struct bare *b, struct db *db)
{
	const struct log_recovered_insert_many_params rows = {{b->idx, b->count},       {b->org, b->count},
							      {b->key, b->count},       {b->seq, b->count},
							      {b->statement, b->count}, {b->hash, b->count}};
	const struct log_recovered_queue_params queued = {{b->idx, b->count}, {b->org, b->count}};
	int64_t count;
	enum problem p = log_recovered_insert_many(db, &rows, &count);
	return p ? p : log_recovered_queue(db, &queued, &count);
}

static enum problem store_lost(struct recovery *r, struct db *db)
{
	struct bare bare = {.idx = arena_array(r->arena, int64_t, r->count),
			    .seq = arena_array(r->arena, int64_t, r->count),
			    .org = arena_array(r->arena, struct uuid, r->count),
			    .key = arena_array(r->arena, struct bytes, r->count),
			    .statement = arena_array(r->arena, struct bytes, r->count),
			    .hash = arena_array(r->arena, struct bytes, r->count)};
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < r->count; i++) {
		const struct lost *lost = &r->lost[i];
		if (lost->waits)
			continue;
		if (str_equal(lost->s.kind, STR("key")))
			p = keep_key(r, db, lost);
		else if (str_equal(lost->s.kind, STR("revoke")))
			p = keep_end(r, db, lost);
		else if (str_equal(lost->s.kind, STR("origin")))
			p = of_the_log(r, lost);
		else
			keep_bare(r, lost, &bare);
	}
	return p || !bare.count ? p : store_bare(&bare, db);
}

/* — numbering it — */

static enum problem number_all(struct recovery *r, struct db *db)
{
	struct log_pending_read_row *rows,
		*ordered = arena_array(r->arena, struct log_pending_read_row, r->count);
	size_t count, found = 0;
	enum problem p =
		log_pending_read(db, r->arena, &(struct log_pending_read_params){QUEUE_MAX}, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct sha256 leaf = merkle_leaf(rows[i].statement);
		const struct lost *lost = map_get(r->leaves, MAP_KEY(leaf));
		if (lost) {
			ordered[lost - r->lost] = rows[i];
			found++;
		}
	}
	if (!p && found != r->count)
		return refuse(r, STR("more waits in the queue than can be looked through"));
	struct fault fault = {0};
	for (size_t first = 0; !p && first < r->count; first += LOG_BATCH) {
		size_t rest = r->count - first;
		p = log_number(r->s, db, r->arena, ordered + first, rest < LOG_BATCH ? rest : LOG_BATCH,
			       &fault);
	}
	return p && fault.detail.at ? refuse(r, fault.detail) : p;
}

/* As it was published before: nobody has to sign it again. */
static enum problem publish(struct recovery *r, struct db *db)
{
	const struct checkpoint *head = &r->copy->head;
	const struct log_checkpoint_insert_params row = {.number = r->s->number,
							 .size = head->size,
							 .root = sha256_bytes(&head->root),
							 .checkpoint = str_bytes(r->copy->note),
							 .at = clock_now()};
	int64_t rows;
	return log_checkpoint_insert(db, &row, &rows);
}

static void count_orgs(struct recovery *r)
{
	struct log_recovered_of *orgs = arena_array(r->kept, struct log_recovered_of, r->count);
	struct map *seen = map_create(r->arena, r->count + 1);
	for (size_t i = 0; i < r->count; i++) {
		const struct lost *lost = &r->lost[i];
		if (lost->waits || str_equal(lost->s.kind, STR("key")) ||
		    str_equal(lost->s.kind, STR("revoke")) || str_equal(lost->s.kind, STR("erase")))
			continue;
		struct log_recovered_of *org = map_get(seen, MAP_KEY(lost->s.org));
		if (!org) {
			org = &orgs[r->result.org_count++];
			org->org = lost->s.org;
			map_set(seen, MAP_KEY(lost->s.org), org);
		}
		org->entries++;
	}
	r->result.orgs = orgs;
}

static enum problem recover_in_tx(struct db *db, void *context)
{
	struct recovery *r = context;
	struct log_head_lock_row at;
	arena_destroy(r->arena);
	r->arena = arena_create();
	r->count = 0;
	r->result = (struct log_recovered){0};
	enum problem p = read_tree(r, db);
	if (!p)
		p = read_lost(r);
	if (p || !r->count)
		return p;
	/* Keys first, like everybody. Who records waits from here on; what was recorded before is in the queue. */
	p = raise_sequences(r, db);
	if (!p)
		p = log_head_lock(db, r->arena, &at);
	if (!p && (at.size != r->result.first || at.number != r->s->number))
		p = PROBLEM_DB_RETRY;
	if (!p)
		p = compare_queue(r, db);
	if (!p)
		p = store_lost(r, db);
	if (!p)
		p = raise_sequences(r, db); /* of keys that are known only now */
	if (!p)
		p = number_all(r, db);
	if (!p)
		p = publish(r, db);
	r->result.entries = (int64_t)r->count;
	failpoint("recover-1-written");
	return p;
}

/* What the guard says was signed stays so, whoever has it. Of a copy that ends before the database it learns nothing: a server
 * that goes on meanwhile numbers nothing while this is settled, and has written its own guard if it did before. */
static enum problem settle_guard(struct db *db, void *context)
{
	struct recovery *r = context;
	const struct checkpoint *head = &r->copy->head;
	struct checkpoint guard = {0};
	struct log_head_lock_row at;
	enum problem p = log_head_lock(db, r->kept, &at);
	if (p)
		return p;
	p = log_guard_read(r->kept, r->settings->guard_file, &guard, r->reterr);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	r->result.signed_size = guard.size;
	bool later = !p && (log_name_succeeds(guard.origin, head->origin) ||
			    (str_equal(guard.origin, head->origin) && guard.size >= head->size));
	bool beyond = at.size > head->size || at.number != r->s->number;
	failpoint("recover-3-settling");
	return later || beyond ? PROBLEM_NONE
			       : log_guard_write(r->kept, r->settings->guard_file, head, r->reterr);
}

enum problem log_recover(struct db *db, struct arena *arena, const struct log_recover_settings *settings,
			 const struct log_copy *copy, struct log_recovered *ret, struct fault *reterr)
{
	struct recovery r = {.kept = arena, .settings = settings, .copy = copy, .reterr = reterr};
	enum problem p = db_tx(db, &db_program, recover_in_tx, &r, /* reterr_unknown */ NULL);
	failpoint("recover-2-committed");
	if (!p) {
		count_orgs(&r);
		p = db_tx(db, &db_program, settle_guard, &r, /* reterr_unknown */ NULL);
	}
	arena_destroy(r.arena);
	if (!p)
		*ret = r.result;
	return p;
}
