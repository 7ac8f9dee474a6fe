/* SPDX-License-Identifier: Apache-2.0
 * One transaction, one snapshot: the events, the lots, then the sums. */
#include "recount_priv.h"

void recount_tell(struct recount *r, const char *part, struct str subject, struct str stored,
		  struct str derived)
{
	const struct recount_difference difference = {part, subject, stored, derived};
	r->totals.differences++;
	r->watch->found(r->watch->context, &difference);
}

void recount_went(struct recount *r, enum recount_pass pass, int64_t done, int64_t of)
{
	r->watch->went(r->watch->context, pass, done, of);
}

bool recount_path_hash(struct arena *arena, struct str uri, struct sha256 *ret)
{
	struct str path = uri.at ? thing_uri_path(arena, uri) : uri;
	if (!path.at)
		return false;
	*ret = thing_hash_path(path);
	return true;
}

/* The same three columns of different statements. */
#define TELL_ALL(r, part, query) \
	do { \
		struct query##_row *rows_; \
		size_t count_; \
		enum problem p_ = query((r)->db, (r)->arena, &rows_, &count_); \
		for (size_t i_ = 0; !p_ && i_ < count_; i_++) \
			recount_tell((r), (part), rows_[i_].subject, rows_[i_].stored, rows_[i_].derived); \
		if (p_) \
			return p_; \
	} while (0)

static struct str int_words(struct recount *r, int64_t number)
{
	return arena_printf(r->arena, "%lld", (long long)number);
}

static enum problem strays(struct recount *r)
{
	struct recount_strays_row *rows;
	size_t count;
	enum problem p = recount_strays(r->db, r->arena, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		recount_tell(r, arena_str(r->arena, rows[i].part).at, rows[i].subject, rows[i].stored,
			     STR("nothing"));
	return p;
}

static enum problem recount_tables(struct recount *r)
{
	enum { STEPS = 8 };
	recount_went(r, RECOUNT_TABLES, 0, STEPS);
	TELL_ALL(r, "holding", recount_holdings);
	recount_went(r, RECOUNT_TABLES, 1, STEPS);
	TELL_ALL(r, "lot", recount_sums);
	recount_went(r, RECOUNT_TABLES, 2, STEPS);
	TELL_ALL(r, "sequence", recount_sequences);
	TELL_ALL(r, "key", recount_keys);
	recount_went(r, RECOUNT_TABLES, 3, STEPS);
	TELL_ALL(r, "contents", recount_contents);
	recount_went(r, RECOUNT_TABLES, 4, STEPS);
	enum problem p = recount_all_units(r);
	if (!p)
		p = strays(r);
	recount_went(r, RECOUNT_TABLES, 5, STEPS);
	if (!p)
		p = recount_all_acts(r);
	recount_went(r, RECOUNT_TABLES, 6, STEPS);
	if (!p)
		p = recount_all_masters(r);
	recount_went(r, RECOUNT_TABLES, 7, STEPS);
	if (p)
		return p;
	TELL_ALL(r, "state", recount_states);
	recount_went(r, RECOUNT_TABLES, STEPS, STEPS);
	return PROBLEM_NONE;
}

/* What leads from a place to a record that does not name the place: which of them it is their number does not say. */
static void count_sites(struct recount *r)
{
	if (!r->sites_removed && r->site_rows != r->size.site_rows)
		recount_tell(r, "site", STR("rows"), int_words(r, r->size.site_rows),
			     int_words(r, r->site_rows));
}

static enum problem load_queue(struct recount *r)
{
	struct recount_queue_row *rows;
	size_t count;
	enum problem p = recount_queue(r->db, r->arena, &rows, &count);
	r->queued = map_create(r->arena, p ? 1 : count + 1);
	for (size_t i = 0; !p && i < count; i++)
		map_set(r->queued, MAP_KEY(rows[i].id), &rows[i]);
	return p;
}

static enum problem load_reference(struct recount *r)
{
	struct str other;
	enum problem p = reference_check(r->db, r->arena, &other);
	if (!p && other.at)
		recount_tell(r, "reference", other, STR("another edition"), STR("that of this program"));
	return p ? p : reference_history(r->db, r->arena, &r->epochs, &r->epoch_count);
}

static enum problem recount_body(struct db *db, void *context)
{
	struct recount *r = context;
	(void)db;
	r->totals = (struct recount_totals){0};
	enum problem p = recount_size(r->db, r->arena, &r->size);
	if (!p)
		p = load_queue(r);
	if (!p)
		p = load_reference(r);
	if (!p)
		p = recount_all_events(r);
	if (!p)
		count_sites(r);
	if (!p)
		p = recount_all_lots(r);
	return p ? p : recount_tables(r);
}

enum problem recount(struct db *db, struct str origin, const struct recount_watch *watch,
		     struct recount_totals *ret)
{
	struct recount r = {.db = db, .origin = origin, .watch = watch, .arena = arena_create()};
	r.kept = r.arena;
	r.shelves = map_create(r.arena, 1024);
	enum problem p = db_tx(db, &db_program, recount_body, &r, /* reterr_unknown */ NULL);
	if (!p)
		*ret = r.totals;
	arena_destroy(r.arena);
	return p;
}
