/* SPDX-License-Identifier: Apache-2.0
 * Erasing a party or a site: its records that name people first, then all its versions, its row and what it acts with, in one
 * transaction. Locks are taken in the order in which those who register and record take theirs: row, sequences, lots. */
#include "ft/store/master_erase.h"

#include <string.h>

#include "queries.h"

#include "ft/base/failpoint.h"
#include "ft/base/text.h"
#include "ft/core/event_kind.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/store/audit.h"
#include "ft/store/signing.h"

#include "erasure_priv.h"
#include "master_priv.h"
#include "signing_priv.h"

enum {
	PORTION = 200, /* records that are looked at in one transaction */
	WALKS = 3,
	IN_HAND_S = 600,     /* what was begun to be recorded so long before the first look is in by then */
	MAX_LOTS = 10000000, /* all that anybody holds */
	/* From its begin to its commit; trail_keep refuses what was begun that long before. */
	ERASURE_MOST_S = 50,
};

struct removing {
	struct master m; /* with the time of the transaction */
	const struct master_removal *removal;
	struct uuid party; /* the owner, or the party itself */
	struct held_key registrar;
	struct key_office office;
	struct progress { /* how far the records are erased */
		int walk; /* the party's, those at its sites, those that came meanwhile */
		struct uuid after_site, after;
		usec_t since_us;
	} at, next; /* next: when the transaction commits */
	/* results of the newest transaction */
	bool done, was_named; /* was_named: a public trail may have shown it */
	struct uuid *lots;    /* touched */
	size_t lot_count;
	struct uuid *keys;
	size_t key_count;
};

/* — locks — */

static enum problem lock_row(struct removing *r, struct db *db, bool *ret_erased)
{
	struct party_erasure_lock_row party;
	struct site_erasure_lock_row site = {.erased_at = {false, 0}};
	struct arena *arena = r->m.arena;
	enum problem p;
	if (r->removal->kind == THING_SITE) {
		p = site_erasure_lock(db, arena, &(struct site_erasure_lock_params){r->removal->id}, &site);
	} else {
		p = party_erasure_lock(db, arena, &(struct party_erasure_lock_params){r->removal->id},
				       &party);
		if (!p)
			site = (struct site_erasure_lock_row){party.party, party.erased_at};
	}
	if (p)
		return p;
	r->party = site.party;
	*ret_erased = site.erased_at.known;
	return PROBLEM_NONE;
}

/* Of the registrar, of the party, and of all who record for it: what they have in hand is in, or finds it erased. */
static enum problem lock_sequences(struct removing *r, struct db *db)
{
	struct arena *arena = r->m.arena;
	struct party_recorders_row *rows;
	struct key_heads_lock_row *locked;
	size_t count, locked_count;
	enum problem p =
		party_recorders(db, arena, &(struct party_recorders_params){r->party}, &rows, &count);
	if (p)
		return p;
	struct uuid *orgs = arena_array(arena, struct uuid, count + 2);
	for (size_t i = 0; i < count; i++)
		orgs[i] = rows[i].org_id;
	orgs[count] = r->party;
	orgs[count + 1] = r->m.registrar;
	p = key_heads_lock(db, arena, &(struct key_heads_lock_params){{orgs, count + 2}}, &locked,
			   &locked_count);
	return p ? p : signing_lock(db, arena, r->m.registrar, &r->registrar);
}

/* — records — */

static void add_lots(struct removing *r, const struct uuid *lots, size_t count)
{
	struct uuid *all = arena_array(r->m.arena, struct uuid, r->lot_count + count);
	if (r->lot_count)
		memcpy(all, r->lots, r->lot_count * sizeof *all);
	if (count)
		memcpy(all + r->lot_count, lots, count * sizeof *all);
	r->lots = all;
	r->lot_count += count;
}

/* What decides whether a record names people. */
struct wanted {
	struct uuid site; /* nil: wherever it was */
	int64_t naming;
	struct sql_array members;
};

static struct wanted wanted_of(const struct removing *r)
{
	bool is_site = r->removal->kind == THING_SITE;
	size_t count;
	struct str *members = view_naming_members(r->m.arena, is_site, &count);
	return (struct wanted){.site = is_site ? r->removal->id : (struct uuid){{0}},
			       .naming = is_site ? EVENT_NAMES_HOME : EVENT_NAMES_PEOPLE,
			       .members = {members, count}};
}

static enum problem erase_record(struct removing *r, struct db *db, struct uuid org, struct uuid id)
{
	const struct erasure_order order = {org, id, r->removal->reason};
	struct erasing e = {.arena = r->m.arena, .office = &r->office, .order = &order};
	size_t erased;
	enum problem p = erasure_of_record(&e, db, &r->registrar, &erased);
	if (!p)
		add_lots(r, e.lots, e.lot_count);
	return p;
}

/* Steps look at so many records at most, and end where the next begins. *ret_count: at how many. */
static enum problem walk_own(struct removing *r, struct db *db, int64_t most, size_t *ret_count)
{
	const struct wanted w = wanted_of(r);
	const struct person_records_params params = {r->party,  w.site,        w.naming,
						     w.members, r->next.after, most};
	struct person_records_row *rows;
	enum problem p = person_records(db, r->m.arena, &params, &rows, ret_count);
	for (size_t i = 0; !p && i < *ret_count; i++) {
		r->next.after = rows[i].id;
		if (rows[i].names)
			p = erase_record(r, db, rows[i].org_id, rows[i].id);
	}
	return p;
}

static enum problem walk_sites(struct removing *r, struct db *db, int64_t most, size_t *ret_count)
{
	const struct wanted w = wanted_of(r);
	const struct person_site_records_params params = {
		r->party, w.site, w.naming, w.members, r->next.after_site, r->next.after, most};
	struct person_site_records_row *rows;
	enum problem p = person_site_records(db, r->m.arena, &params, &rows, ret_count);
	for (size_t i = 0; !p && i < *ret_count; i++) {
		r->next.after_site = rows[i].site;
		r->next.after = rows[i].id;
		if (rows[i].names)
			p = erase_record(r, db, rows[i].org_id, rows[i].id);
	}
	return p;
}

/* An id may stand before what was looked at already: what came meanwhile is found by its time. */
static enum problem walk_new(struct removing *r, struct db *db, int64_t most, size_t *ret_count)
{
	const struct wanted w = wanted_of(r);
	const struct person_records_since_params params = {r->party,  w.site,           w.naming,
							   w.members, r->next.since_us, most};
	struct person_records_since_row *rows;
	enum problem p = person_records_since(db, r->m.arena, &params, &rows, ret_count);
	for (size_t i = 0; !p && i < *ret_count; i++)
		p = erase_record(r, db, rows[i].org_id, rows[i].id);
	return p;
}

/* The next portion of the records. *ret_more: others may be left. */
static enum problem erase_records(struct removing *r, struct db *db, bool *ret_more)
{
	static enum problem (*const walks[WALKS])(struct removing *, struct db *, int64_t,
						  size_t *) = {walk_own, walk_sites, walk_new};
	int64_t left = PORTION;
	while (r->next.walk < WALKS) {
		size_t count;
		enum problem p = walks[r->next.walk](r, db, left, &count);
		if (p)
			return p;
		left -= (int64_t)count;
		*ret_more = left <= 0;
		if (*ret_more)
			return PROBLEM_NONE;
		if (r->next.walk + 1 == WALKS)
			break; /* asked again until there is nothing new */
		r->next.walk++;
		r->next.after = r->next.after_site = (struct uuid){{0}};
	}
	return PROBLEM_NONE;
}

/* — versions — */

struct version {
	const struct master_versions_row *row;
	void *entity;
	struct region_tiers tiers;
	struct sha256 stated;
	struct str manifest;
};

static enum problem read_version(struct removing *r, struct db *db, const struct master_kind *kind,
				 const struct master_versions_row *row, struct version *ret)
{
	struct arena *arena = r->m.arena;
	struct version v = {.row = row, .entity = arena_alloc(arena, kind->shape->size)};
	struct fault unused = {0};
	struct statement statement;
	struct note note;
	if (row->view_secret.len != MANIFEST_SECRET_LEN ||
	    !note_parse(arena, bytes_str(row->statement), &note) ||
	    !statement_parse(arena, note.text, &statement))
		return PROBLEM_INTERNAL;
	enum problem p = master_from_body(arena, kind, row->body, v.entity);
	if (!p)
		p = regions_tiers_of(db, arena, kind->region(v.entity), "/region", &v.tiers, &unused);
	if (!p)
		p = master_manifest(db, arena, kind->kind, row->body, row->view_secret.at, &v.manifest);
	/* What was altered is not erased silently: the sweep names it, and somebody looks. */
	if (!p && !sha256_equal(sha256_of(str_bytes(v.manifest)), statement.body))
		p = PROBLEM_INTERNAL;
	if (p)
		return p;
	v.stated = statement_hash(note.text);
	*ret = v;
	return PROBLEM_NONE;
}

/* The finest view that names nobody, and the salts of it and of the coarser ones; where all named it, what is left of the
 * farm view, and no salt. */
static struct str rest_of(struct removing *r, const struct master_kind *kind, const struct version *v,
			  struct bytes *ret_salts)
{
	struct arena *arena = r->m.arena;
	enum tier kept = kind->nameless(v->entity);
	uint8_t *salts = arena_alloc(arena, (size_t)TIER_COUNT * MANIFEST_SALT_LEN);
	size_t len = 0;
	for (enum tier tier = kept; tier < TIER_COUNT; tier++, len += MANIFEST_SALT_LEN)
		memcpy(salts + len, manifest_salt(v->row->view_secret.at, tier).octets, MANIFEST_SALT_LEN);
	*ret_salts = (struct bytes){salts, len};
	if (kept != TIER_COUNT)
		return master_view(arena, kind, v->entity, kept, &v->tiers);
	void *unnamed = arena_alloc(arena, kind->shape->size);
	memcpy(unnamed, v->entity, kind->shape->size);
	kind->anonymise(arena, unnamed);
	return master_view(arena, kind, unnamed, TIER_FARM, &v->tiers);
}

static enum problem erase_version(struct removing *r, struct db *db, const struct master_kind *kind,
				  struct uuid id, const struct version *v)
{
	struct master_erasure_apply_row applied;
	struct unsigned_statement s;
	struct bytes salts;
	struct str word = str_of(thing_kind_words[kind->kind]);
	struct str rest = rest_of(r, kind, v, &salts);
	int64_t rows;
	enum problem p =
		erasure_state(r->m.arena, &r->office, &r->registrar, &v->stated, r->removal->reason, &s);
	if (p)
		return p;
	r->was_named = r->was_named || kind->nameless(v->entity) != TIER_FARM;
	const struct master_erasure_insert_params erasure = {
		.kind = word,
		.id = id,
		.version = v->row->version,
		.at = r->m.now_us,
		.reason = r->removal->reason,
		.manifest = str_bytes(v->manifest),
		.salts = salts,
		.key_fingerprint = sha256_bytes(&r->registrar.fingerprint),
		.statement = str_bytes(s.note),
		.statement_sha256 = sha256_bytes(&s.text_hash),
	};
	const struct log_pending_insert_params queued = {
		.kind = kind->kind == THING_SITE ? STR("erase-site") : STR("erase-party"),
		.org_id = r->m.registrar,
		.id = id,
		.version = {true, v->row->version}};
	p = master_erasure_insert(db, &erasure, &rows);
	if (!p)
		p = log_pending_insert(db, &queued, &rows);
	if (!p)
		p = signing_advance(db, &r->registrar, s.seq);
	if (!p)
		p = master_erasure_apply(
			db, r->m.arena,
			&(struct master_erasure_apply_params){word, id, v->row->version, str_bytes(rest)},
			&applied);
	return !p && !applied.done ? PROBLEM_INTERNAL : p;
}

/* Spellings that only former versions have. */
static enum problem forget_spellings(struct removing *r, struct db *db, const struct master_kind *kind,
				     const struct version *versions, size_t count, const void *entity)
{
	struct arena *arena = r->m.arena;
	struct spellings kept = {0};
	struct bytes *hashes = arena_array(arena, struct bytes, count * MAX_SPELLINGS);
	struct things_forget_row row;
	size_t found = 0;
	kind->spell(arena, entity, &kept);
	for (size_t i = 0; i < count; i++) {
		struct spellings *old = arena_new(arena, struct spellings);
		kind->spell(arena, versions[i].entity, old);
		for (size_t k = 0; k < old->count; k++) {
			bool stays = false;
			for (size_t j = 0; j < kept.count; j++)
				stays = stays || sha256_equal(kept.items[j].hash, old->items[k].hash);
			if (!stays)
				hashes[found++] = sha256_bytes(&old->items[k].hash);
		}
	}
	const struct things_forget_params params = {str_of(thing_kind_words[kind->kind]),
						    ((const struct master_head *)entity)->id,
						    {hashes, found}};
	return things_forget(db, arena, &params, &row);
}

/* One version more, as any other, says what is left. */
static enum problem add_last(struct removing *r, struct db *db, const struct master_kind *kind,
			     const struct version *newest, void *entity)
{
	struct arena *arena = r->m.arena;
	struct master_head *head = entity;
	memcpy(entity, newest->entity, kind->shape->size);
	kind->anonymise(arena, entity);
	head->reason = (struct str){NULL, 0};
	head->version++;
	head->valid_from.at_us = r->m.now_us;
	head->erased_at = utc_print(arena, r->m.now_us);
	const struct master_version_new version = {.kind = kind,
						   .entity = entity,
						   .tiers = &newest->tiers,
						   .prev = &newest->stated,
						   .key = &r->registrar};
	enum problem p = master_version_store(&r->m, db, &version);
	return p ? p : kind->erase(db, entity, r->m.now_us);
}

static enum problem erase_thing(struct removing *r, struct db *db, const struct master_kind *kind,
				struct uuid id)
{
	struct arena *arena = r->m.arena;
	struct master_versions_row *rows;
	size_t count;
	const struct master_versions_params wanted = {str_of(thing_kind_words[kind->kind]), id};
	enum problem p = master_versions(db, arena, &wanted, &rows, &count);
	if (!p && !count)
		p = PROBLEM_NOT_FOUND;
	if (p)
		return p;
	struct version *versions = arena_array(arena, struct version, count);
	void *entity = arena_alloc(arena, kind->shape->size);
	for (size_t i = 0; !p && i < count; i++) {
		p = read_version(r, db, kind, &rows[i], &versions[i]);
		if (!p)
			p = erase_version(r, db, kind, id, &versions[i]);
	}
	if (!p)
		p = add_last(r, db, kind, &versions[count - 1], entity);
	return p ? p : forget_spellings(r, db, kind, versions, count, entity);
}

/* — what it acts with, what shows it — */

static enum problem erase_sites(struct removing *r, struct db *db)
{
	struct party_sites_lock_row *sites;
	size_t count;
	enum problem p =
		party_sites_lock(db, r->m.arena, &(struct party_sites_lock_params){r->party}, &sites, &count);
	for (size_t i = 0; !p && i < count; i++)
		p = erase_thing(r, db, &master_site, sites[i].id);
	return p;
}

static enum problem end_acting(struct removing *r, struct db *db)
{
	struct party_forget_row *rows;
	size_t count;
	enum problem p = signing_end_all(db, r->m.arena, &r->office, &r->registrar, r->party);
	if (!p)
		p = party_forget(db, r->m.arena, &(struct party_forget_params){r->party, r->m.now_us}, &rows,
				 &count);
	if (p)
		return p;
	r->keys = arena_array(r->m.arena, struct uuid, count);
	for (size_t i = 0; i < count; i++)
		r->keys[i] = rows[i].key;
	r->key_count = count;
	return PROBLEM_NONE;
}

static enum problem refresh_trails(struct removing *r, struct db *db)
{
	struct master_lots_touch_row *rows;
	struct trails_forget_row gone;
	size_t count;
	const struct master_lots_touch_params touch = {r->party, r->m.now_us, MAX_LOTS};
	enum problem p = master_lots_touch(db, r->m.arena, &touch, &rows, &count);
	if (p)
		return p;
	struct uuid *lots = arena_array(r->m.arena, struct uuid, count);
	for (size_t i = 0; i < count; i++)
		lots[i] = rows[i].lot_id;
	add_lots(r, lots, count);
	return r->was_named ? trails_forget(db, r->m.arena, &gone) : PROBLEM_NONE;
}

static enum problem erase_all(struct removing *r, struct db *db)
{
	bool is_site = r->removal->kind == THING_SITE;
	const struct act act = {r->m.actor.key, is_site ? "eraseSite" : "eraseParty",
				uuid_print(r->m.arena, r->removal->id), r->m.actor.request_id, r->m.now_us};
	enum problem p = is_site ? PROBLEM_NONE : erase_sites(r, db);
	if (!p)
		p = erase_thing(r, db, master_kind_of(r->removal->kind), r->removal->id);
	failpoint("erase-2-versions");
	if (!p && !is_site)
		p = end_acting(r, db);
	if (!p)
		p = audit_write(db, &act);
	if (!p)
		p = refresh_trails(r, db);
	failpoint("erase-3-row");
	bool late = clock_now() - r->m.now_us > ERASURE_MOST_S * USEC_PER_SEC;
	return !p && late ? PROBLEM_DB_RETRY : p;
}

static enum problem remove_in_tx(struct db *db, void *context)
{
	struct removing *r = context;
	bool erased, more = false;
	r->m.now_us = r->office.now_us = clock_now();
	r->done = r->was_named = false;
	r->next = r->at;
	r->lot_count = r->key_count = 0;
	enum problem p = lock_row(r, db, &erased);
	if (p || erased) {
		r->done = !p;
		return p;
	}
	if (uuid_equal(r->removal->id, r->m.registrar))
		return PROBLEM_FORBIDDEN;
	p = lock_sequences(r, db);
	if (!p)
		p = erase_records(r, db, &more);
	failpoint("erase-1-records");
	if (!p && !more)
		p = erase_all(r, db);
	r->done = !more;
	return p;
}

static enum problem answer(struct removing *r, struct master_removed *ret)
{
	struct master_erasure_read_row row;
	const struct master_erasure_read_params params = {str_of(thing_kind_words[r->removal->kind]),
							  r->removal->id};
	enum problem p = master_erasure_read(r->m.db, r->m.arena, &params, &row);
	if (!p)
		*ret = (struct master_removed){row.at, row.reason, bytes_str(row.statement), r->keys,
					       r->key_count};
	return p;
}

/* One transaction, in memory of its own: a party may have a million records. */
static enum problem step(struct removing *r, const struct master *m)
{
	struct arena *arena = r->m.arena = arena_create();
	enum problem p = db_tx(m->db, &db_program, remove_in_tx, r, /* reterr_unknown */ NULL);
	if (!p) {
		failpoint("erase-4-committed");
		r->at = r->next;
		if (m->cache && r->was_named)
			trail_cache_clear(m->cache);
		else if (m->cache && r->lot_count)
			trail_cache_drop(m->cache, r->lots, r->lot_count);
	}
	struct uuid *keys = arena_array(m->arena, struct uuid, r->key_count);
	for (size_t i = 0; !p && i < r->key_count; i++)
		keys[i] = r->keys[i];
	r->keys = keys;
	r->m.arena = m->arena;
	arena_destroy(arena);
	return p;
}

enum problem master_remove(const struct master *m, const struct master_removal *removal,
			   struct master_removed *ret)
{
	struct removing r = {.m = *m,
			     .removal = removal,
			     .office = {.signer = m->signer,
					.origin = m->origin,
					.registrar = m->registrar,
					.actor = m->actor.key,
					.request_id = m->actor.request_id}};
	r.at.since_us = clock_now() - IN_HAND_S * USEC_PER_SEC;
	do {
		enum problem p = step(&r, m);
		if (p)
			return p;
	} while (!r.done);
	return answer(&r, ret);
}
