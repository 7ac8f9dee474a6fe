/* SPDX-License-Identifier: Apache-2.0
 * Writes a version of master data: resolve, compare, sign, file, queue for the log, all in one
 * transaction. */
#include <string.h>

#include "queries.h"

#include "ft/crypto/random.h"
#include "ft/store/audit.h"
#include "ft/store/signing.h"

#include "master_priv.h"

enum { GRACE_S = 300, CHINA_OFFSET_MIN = 480, MAX_TOUCHED_LOTS = 10000 };

struct write {
	struct master_work work;
	const struct master_kind *kind;
	const void *input;
	struct uuid id;
	bool create;
	int64_t if_version;
	/* results */
	void *entity;
	bool replayed;
	/* in the transaction */
	void *old; /* newest version; of a repetition the first. NULL: none */
	bool erased;
	struct bytes old_body;
	struct sha256 old_statement;
	struct region_tiers tiers;
	struct master_lots_touch_row *touched; /* lots whose trails show something else now */
	size_t touched_count;
};

static struct master_head *head_of(struct write *w)
{
	return w->entity;
}

static enum problem load_old(struct write *w, struct db *db)
{
	const struct master *m = w->work.m;
	struct master_version_get_row row;
	struct master_version_get_params params = {.kind = str_of(thing_kind_words[w->kind->kind]),
						   .id = w->id};
	if (w->create)
		params.version = (struct sql_nullable_int){
			true, 1}; /* a repetition is compared with what was sent first */
	enum problem p = master_version_get(db, m->arena, &params, &row);
	if (p == PROBLEM_NOT_FOUND) {
		w->old = NULL;
		return w->create ? PROBLEM_NONE : p;
	}
	if (p)
		return p;
	w->old = arena_alloc(m->arena, w->kind->shape->size);
	w->old_body = row.body;
	if (row.statement_sha256.len == sizeof w->old_statement.octets)
		memcpy(w->old_statement.octets, row.statement_sha256.at, sizeof w->old_statement.octets);
	p = master_from_body(m->arena, w->kind, row.body, w->old);
	w->erased = row.erased || (!p && ((const struct master_head *)w->old)->erased_at.at);
	if (!p)
		master_stamp(m->arena, w->old, row.recorded_at, row.statement_sha256);
	return p;
}

/* PROBLEM_FORBIDDEN unless it lies in the actor's region; what lies nowhere of its own lies where its owner's seat is. */
static enum problem check_place(const struct write *w, struct db *db, const void *entity)
{
	const struct master *m = w->work.m;
	struct str region = w->kind->region(entity);
	struct party_seat_row seat;
	if (region.at || !m->actor.region.at)
		return master_check_region(&w->work, db, region);
	enum problem p = party_seat(db, m->arena, &(struct party_seat_params){w->kind->owner(entity)}, &seat);
	return p ? p : master_check_region(&w->work, db, seat.region);
}

/* What a party-bound or region-bound key may not change is not there for it. */
static enum problem check_may_change(const struct write *w, struct db *db)
{
	const struct master_actor *actor = &w->work.m->actor;
	if (actor->all)
		return PROBLEM_NONE;
	if (!master_may_act_for(actor, w->kind->owner(w->old)))
		return PROBLEM_NOT_FOUND;
	enum problem p = check_place(w, db, w->old);
	return p == PROBLEM_FORBIDDEN ? PROBLEM_NOT_FOUND : p;
}

static enum problem set_valid_from(struct write *w)
{
	const struct master_input *input = input_common(w->input);
	const struct master *m = w->work.m;
	const struct master_head *first = w->create ? w->old : NULL;
	struct instant from = input->valid_from;
	if (!from.at_us)
		from = first ? first->valid_from : (struct instant){m->now_us, CHINA_OFFSET_MIN};
	if (from.at_us > m->now_us + GRACE_S * USEC_PER_SEC)
		return fault_set(w->work.reterr, PROBLEM_TIME_FUTURE, "future", "/validFrom");
	head_of(w)->valid_from = from;
	return PROBLEM_NONE;
}

static enum problem build(struct write *w, struct db *db)
{
	const struct master *m = w->work.m;
	w->entity = arena_alloc(m->arena, w->kind->shape->size);
	struct master_head *head = w->entity;
	const struct master_input *input = input_common(w->input);
	const struct master_head *old = w->old;
	head->id = w->id;
	head->state = input->state.at ? input->state : old && !w->create ? old->state : STR("active");
	head->reason = input->reason;
	head->version = w->create ? 1 : old->version + 1;
	enum problem p = set_valid_from(w);
	if (!p)
		p = w->kind->build(&w->work, db, w->input, w->old, w->entity);
	if (p)
		return p;
	struct str region = w->kind->region(w->entity);
	if (region.at)
		p = regions_tiers_of(db, m->arena, region, "/region", &w->tiers, w->work.reterr);
	return p ? p : check_place(w, db, w->entity);
}

/* The same id with the same content is the same thing: the first answer again. */
static enum problem replay(struct write *w)
{
	struct str again = master_view(w->work.m->arena, w->kind, w->entity, TIER_FULL, &w->tiers);
	if (!bytes_equal(str_bytes(again), w->old_body))
		return fault_set(w->work.reterr, PROBLEM_ID_TAKEN, "unique", "/id");
	w->entity = w->old;
	w->replayed = true;
	return PROBLEM_NONE;
}

static const struct thing_find_many_row *filed_as(const struct thing_find_many_row *rows, size_t count,
						  const struct sha256 *hash)
{
	for (size_t i = 0; i < count; i++)
		if (bytes_equal(rows[i].hash, sha256_bytes(hash)))
			return &rows[i];
	return NULL;
}

static enum problem file_new(struct write *w, struct db *db, const struct spellings *new)
{
	struct arena *arena = w->work.m->arena;
	struct bytes *hashes = arena_array(arena, struct bytes, new->count);
	struct str *kinds = arena_array(arena, struct str, new->count);
	struct uuid *orgs = arena_array(arena, struct uuid, new->count),
		    *ids = arena_array(arena, struct uuid, new->count);
	for (size_t i = 0; i < new->count; i++) {
		hashes[i] = sha256_bytes(&new->items[i].hash);
		kinds[i] = str_of(thing_kind_words[w->kind->kind]);
		orgs[i] = w->kind->owner(w->entity);
		ids[i] = w->id;
	}
	struct thing_insert_many_params params = {
		{hashes, new->count}, {kinds, new->count}, {orgs, new->count}, {ids, new->count}};
	int64_t rows;
	return new->count ? thing_insert_many(db, &params, &rows) : PROBLEM_NONE;
}

/* One directory for all spellings: a number, code or URI that another thing has is taken. */
static enum problem file_spellings(struct write *w, struct db *db)
{
	struct arena *arena = w->work.m->arena;
	struct spellings all = {0}, new = {0};
	w->kind->spell(arena, w->entity, &all);
	struct bytes *hashes = arena_array(arena, struct bytes, all.count);
	for (size_t i = 0; i < all.count; i++)
		hashes[i] = sha256_bytes(&all.items[i].hash);
	struct thing_find_many_row *rows;
	size_t count;
	enum problem p = thing_find_many(db, arena, &(struct thing_find_many_params){{hashes, all.count}},
					 &rows, &count);
	if (p)
		return p;
	for (size_t i = 0; i < all.count; i++) {
		const struct thing_find_many_row *row = filed_as(rows, count, &all.items[i].hash);
		if (row && !uuid_equal(row->id, w->id))
			return fault_set(w->work.reterr, PROBLEM_NUMBER_TAKEN, "unique", "%s",
					 all.items[i].pointer);
		if (!row)
			new.items[new.count++] = all.items[i];
	}
	return file_new(w, db, &new);
}

static enum problem insert_version(const struct master *m, struct db *db, const struct master_version_new *v,
				   const struct unsigned_statement *s)
{
	const struct master_head *head = v->entity;
	struct str word = str_of(thing_kind_words[v->kind->kind]);
	struct master_version_insert_params version = {
		.kind = word,
		.id = head->id,
		.version = head->version,
		.valid_from = head->valid_from.at_us,
		.reason = head->reason,
		.recorded_at = m->now_us,
		.recorded_by = s->key->org,
		.body = str_bytes(s->views[TIER_FULL].at),
		.view_secret = {s->secret, sizeof s->secret},
		.key_fingerprint = sha256_bytes(&s->key->fingerprint),
		.seq = s->seq,
		.statement = str_bytes(s->note),
		.statement_sha256 = sha256_bytes(&s->text_hash),
	};
	struct log_pending_insert_params pending = {
		.kind = word, .org_id = s->key->org, .id = head->id, .version = {true, head->version}};
	int64_t rows;
	enum problem p = master_version_insert(db, &version, &rows);
	if (!p)
		p = log_pending_insert(db, &pending, &rows);
	return p;
}

static struct unsigned_statement compose(const struct master *m, const struct master_version_new *v)
{
	struct unsigned_statement s = {
		.kind = thing_kind_words[v->kind->kind],
		.key = v->key,
		.seq = v->key->seq + 1,
		.at_s = m->now_us / USEC_PER_SEC,
		.prevs = v->prev,
		.prev_count = v->prev ? 1 : 0,
		.seen = log_seen_get(m->seen),
	};
	for (int tier = 0; tier < TIER_COUNT; tier++)
		s.views[tier] = (struct manifest_view){
			master_view(m->arena, v->kind, v->entity, (enum tier)tier, v->tiers),
			STR("application/json")};
	seal_compose(m->arena, m->origin, &s);
	return s;
}

enum problem master_version_store(const struct master *m, struct db *db, const struct master_version_new *v)
{
	struct unsigned_statement s = compose(m, v);
	enum problem p = seal_sign(m->arena, m->signer, m->origin, &s, 1);
	if (!p)
		p = insert_version(m, db, v, &s);
	if (!p)
		p = signing_advance(db, v->key, s.seq);
	if (p)
		return p;
	v->key->seq = s.seq;
	master_stamp(m->arena, v->entity, m->now_us, sha256_bytes(&s.text_hash));
	return PROBLEM_NONE;
}

/* The owner signs what its own key records; the registrar signs everything else. */
static struct uuid signer_of(const struct write *w)
{
	struct uuid owner = w->kind->owner(w->entity);
	bool own = w->work.m->actor.party_count && !(w->kind->kind == THING_PARTY && w->create);
	return own ? owner : w->work.m->registrar;
}

static enum problem sign_and_insert(struct write *w, struct db *db)
{
	const struct master *m = w->work.m;
	struct held_key key;
	enum problem p = signing_lock(db, m->arena, signer_of(w), &key);
	if (p)
		return p;
	const struct master_version_new version = {
		.kind = w->kind,
		.entity = w->entity,
		.tiers = &w->tiers,
		.prev = w->old ? &w->old_statement : NULL,
		.key = &key,
	};
	return master_version_store(m, db, &version);
}

static enum problem enrol(struct write *w, struct db *db)
{
	const struct master *m = w->work.m;
	bool registrar = uuid_equal(w->id, m->registrar);
	struct enrolment e = {
		m->signer, m->origin, m->registrar, w->id, registrar ? SIGNER_REGISTRAR : SIGNER_PARTY,
		m->now_us};
	return signing_enrol(db, m->arena, &e);
}

static enum problem audit(const struct write *w, struct db *db)
{
	const struct master *m = w->work.m;
	struct act act = {
		.key = m->actor.key,
		.action = w->create ? w->kind->create_action : w->kind->replace_action,
		.subject = uuid_print(m->arena, w->id),
		.request_id = m->actor.request_id,
		.at_us = m->now_us,
	};
	return audit_write(db, &act);
}

/* Nothing yet shows a thing that is new, but a certificate covers goods that are there already. */
static enum problem touch_lots(struct write *w, struct db *db)
{
	if (w->create && w->kind->kind != THING_CERTIFICATE)
		return PROBLEM_NONE;
	struct master_lots_touch_params params = {w->kind->owner(w->entity), w->work.m->now_us,
						  MAX_TOUCHED_LOTS};
	return master_lots_touch(db, w->work.m->arena, &params, &w->touched, &w->touched_count);
}

/* Asked after the row was written: whoever erased its owner in the meantime was waited for. */
static enum problem check_owner(const struct write *w, struct db *db)
{
	struct party_open_row row;
	const struct party_open_params owner = {w->kind->owner(w->entity)};
	enum problem p = party_open(db, w->work.m->arena, &owner, &row);
	return p == PROBLEM_NOT_FOUND ? PROBLEM_ERASED : p;
}

static enum problem write_in_tx(struct db *db, void *context)
{
	struct write *w = context;
	w->replayed = w->erased = false;
	w->touched_count = 0;
	enum problem p = load_old(w, db);
	if (!p && w->old)
		p = check_may_change(w, db);
	if (!p && w->erased)
		p = PROBLEM_ERASED;
	if (!p && !w->create && w->if_version && w->if_version != ((struct master_head *)w->old)->version)
		p = PROBLEM_PRECONDITION_FAILED;
	if (!p)
		p = build(w, db);
	if (p)
		return p;
	if (w->create && w->old)
		return replay(w);
	p = file_spellings(w, db);
	if (!p)
		p = (w->create ? w->kind->insert : w->kind->update)(db, w->entity, w->work.m->now_us);
	if (!p)
		p = check_owner(w, db);
	if (!p && w->create && w->kind->kind == THING_PARTY)
		p = enrol(w, db);
	if (!p)
		p = sign_and_insert(w, db);
	if (!p)
		p = touch_lots(w, db);
	if (!p)
		p = audit(w, db);
	return p;
}

static void drop_trails(const struct write *w)
{
	struct trail_cache *cache = w->work.m->cache;
	struct uuid *lots = arena_array(w->work.m->arena, struct uuid, w->touched_count);
	for (size_t i = 0; i < w->touched_count; i++)
		lots[i] = w->touched[i].lot_id;
	if (cache && w->touched_count)
		trail_cache_drop(cache, lots, w->touched_count);
}

/* A unique violation is a race lost: the second run sees what won it, and says so. */
static enum problem run(struct write *w)
{
	struct db *db = w->work.m->db;
	enum problem p = db_tx(db, &db_program, write_in_tx, w, NULL /* reterr_unknown */);
	if (p == PROBLEM_CONFLICT)
		p = db_tx(db, &db_program, write_in_tx, w, NULL /* reterr_unknown */);
	if (!p)
		drop_trails(w);
	return p;
}

static enum problem check_id(struct uuid id, struct fault *reterr)
{
	if ((id.octets[6] >> 4) == 7 && (id.octets[8] >> 6) == 2)
		return PROBLEM_NONE;
	return fault_set(reterr, PROBLEM_FIELD_RANGE, "uuidv7", "/id");
}

enum problem master_create(const struct master *m, enum thing_kind kind, const void *input, void *ret,
			   bool *ret_replayed, struct fault *reterr)
{
	const struct master_input *common = input_common(input);
	struct write w = {.work = {m, reterr}, .kind = master_kind_of(kind), .input = input, .create = true};
	enum problem p = uuid_is_nil(common->id) ? PROBLEM_NONE : check_id(common->id, reterr);
	if (p)
		return p;
	if (kind == THING_PARTY && !m->actor.all && m->actor.party_count) {
		reterr->detail = STR("a key that is bound to parties registers no others");
		return PROBLEM_FORBIDDEN;
	}
	struct uuid minted = uuid_is_nil(m->minted) ? uuid_make(m->now_us) : m->minted;
	w.id = uuid_is_nil(common->id) ? minted : common->id;
	p = run(&w);
	if (p)
		return p;
	memcpy(ret, w.entity, w.kind->shape->size);
	*ret_replayed = w.replayed;
	return PROBLEM_NONE;
}

enum problem master_replace(const struct master *m, enum thing_kind kind, struct uuid id, int64_t if_version,
			    const void *input, void *ret, struct fault *reterr)
{
	const struct master_input *common = input_common(input);
	struct write w = {.work = {m, reterr},
			  .kind = master_kind_of(kind),
			  .input = input,
			  .id = id,
			  .if_version = if_version};
	if (!uuid_is_nil(common->id) && !uuid_equal(common->id, id))
		return fault_set(reterr, PROBLEM_FIELD_RANGE, "fixed", "/id");
	enum problem p = run(&w);
	if (!p)
		memcpy(ret, w.entity, w.kind->shape->size);
	return p;
}
