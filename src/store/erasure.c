/* SPDX-License-Identifier: Apache-2.0
 * Erasures: sign, take out, enter in the log's queue; all in one transaction. The registrar's sequence, which each signs in,
 * keeps two from meeting. */
#include "ft/store/erasure.h"

#include <string.h>

#include "queries.h"

#include "ft/codec/json.h"
#include "ft/core/lot_id.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/store/audit.h"
#include "ft/store/signing.h"

#include "erasure_priv.h"

enum { SALTS_LEN = (TIER_COUNT - TIER_FARM) * MANIFEST_SALT_LEN };

/* One of the records that go. */
struct going {
	const struct erasure_subjects_row *row;
	struct sha256 stated; /* its statement */
	struct str farm, manifest;
	struct bytes salts;
};

static enum problem open_views(struct arena *arena, const struct erasure_subjects_row *row, struct going *ret)
{
	struct note note;
	struct statement statement;
	struct str views[TIER_COUNT];
	uint8_t *salts = arena_alloc(arena, SALTS_LEN);
	if (!note_parse(arena, bytes_str(row->statement), &note) ||
	    !statement_parse(arena, note.text, &statement))
		return PROBLEM_INTERNAL;
	enum problem p = manifest_of_body(arena, bytes_str(row->body), row->view_secret.at, statement.body,
					  views, &ret->manifest);
	if (p)
		return p;
	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++) {
		struct manifest_salt salt = manifest_salt(row->view_secret.at, tier);
		memcpy(salts + (size_t)(tier - TIER_FARM) * MANIFEST_SALT_LEN, salt.octets,
		       MANIFEST_SALT_LEN);
	}
	ret->row = row;
	ret->stated = statement_hash(note.text);
	ret->farm = views[TIER_FARM];
	ret->salts = (struct bytes){salts, SALTS_LEN};
	return PROBLEM_NONE;
}

enum problem erasure_state(struct arena *arena, const struct key_office *office, struct held_key *key,
			   const struct sha256 *stated, struct str reason, struct unsigned_statement *ret)
{
	struct unsigned_statement s = {.kind = "erase",
				       .key = key,
				       .seq = key->seq + 1,
				       .at_s = office->now_us / USEC_PER_SEC,
				       .prevs = stated,
				       .prev_count = 1,
				       .seen = log_seen_get(office->seen)};
	/* Why, in a word of ours: words of others may name the person again. */
	struct str body = arena_printf(arena, "{\"type\":\"erasure\",\"reason\":\"%.*s\"}", STR_ARGS(reason));
	for (enum tier tier = TIER_FULL; tier < TIER_COUNT; tier++)
		s.views[tier] = (struct manifest_view){body, STR("application/json")};
	seal_compose(arena, office->origin, &s);
	enum problem p = seal_sign(arena, office->signer, office->origin, &s, 1);
	if (p)
		return p;
	key->seq = s.seq;
	*ret = s;
	return PROBLEM_NONE;
}

static enum problem state(struct erasing *e, struct db *db, const struct going *g, struct held_key *key)
{
	const struct erasure_order *o = e->order;
	struct unsigned_statement s = {0};
	int64_t rows;
	enum problem p = erasure_state(e->arena, e->office, key, &g->stated, o->reason, &s);
	const struct erasure_insert_params erasure = {.org_id = o->org,
						      .event = g->row->id,
						      .at = e->office->now_us,
						      .reason = o->reason,
						      .manifest = str_bytes(g->manifest),
						      .salts = g->salts,
						      .key_fingerprint = sha256_bytes(&key->fingerprint),
						      .statement = str_bytes(s.note),
						      .statement_sha256 = sha256_bytes(&s.text_hash)};
	const struct log_pending_insert_params queued = {
		.kind = STR("erase"), .org_id = o->org, .id = g->row->id};
	if (!p)
		p = erasure_insert(db, &erasure, &rows);
	if (!p)
		p = log_pending_insert(db, &queued, &rows);
	return p ? p : signing_advance(db, key, s.seq);
}

static enum problem take_out(struct erasing *e, struct db *db, const struct going *g)
{
	struct erasure_apply_row done;
	int64_t rows;
	const struct erasure_apply_params apply = {e->order->org, g->row->id, str_bytes(g->farm)};
	enum problem p = erasure_apply(db, e->arena, &apply, &done);
	if (!p && !done.done)
		return PROBLEM_INTERNAL;
	return p ? p
		 : erasure_unprepare(db, &(struct erasure_unprepare_params){e->order->org, g->row->id},
				     &rows);
}

static enum problem touch_lots(struct erasing *e, struct db *db, const struct erasure_subjects_row *row)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(e->arena, bytes_str(row->answer), &json, &ignored))
		return PROBLEM_INTERNAL;
	const struct json *lots = json_get(&json, STR("lots"));
	size_t count = lots && lots->kind == JSON_ARRAY ? lots->count : 0, found = 0;
	struct uuid *orgs = arena_array(e->arena, struct uuid, count),
		    *all = arena_array(e->arena, struct uuid, e->lot_count + count);
	if (e->lot_count)
		memcpy(all, e->lots, e->lot_count * sizeof *all);
	struct uuid *ids = all + e->lot_count;
	for (size_t i = 0; i < count; i++) {
		struct lot_id id;
		if (!lot_id_parse(e->arena, json_text(json_get(&lots->items[i], STR("id"))), &id))
			continue;
		orgs[found] = id.org;
		ids[found++] = id.lot;
	}
	e->lots = all;
	e->lot_count += found;
	int64_t rows;
	const struct erasure_touch_params params = {{orgs, found}, {ids, found}, e->office->now_us};
	return found ? erasure_touch(db, &params, &rows) : PROBLEM_NONE;
}

static enum problem erase_one(struct erasing *e, struct db *db, const struct erasure_subjects_row *row,
			      struct held_key *key)
{
	struct going going;
	enum problem p = open_views(e->arena, row, &going);
	if (!p)
		p = state(e, db, &going, key);
	if (!p)
		p = take_out(e, db, &going);
	return p ? p : touch_lots(e, db, row);
}

static enum problem write_act(struct erasing *e, struct db *db)
{
	const struct act act = {e->office->actor, "eraseEvent", uuid_print(e->arena, e->order->event),
				e->office->request_id, e->office->now_us};
	return audit_write(db, &act);
}

static enum problem lock_sequences(struct erasing *e, struct db *db)
{
	const struct uuid orgs[] = {e->office->registrar, e->order->org};
	struct key_heads_lock_row *rows;
	size_t count;
	return key_heads_lock(db, e->arena, &(struct key_heads_lock_params){{orgs, 2}}, &rows, &count);
}

enum problem erasure_of_record(struct erasing *e, struct db *db, struct held_key *key, size_t *ret_erased)
{
	const struct erasure_subjects_params subjects = {e->order->org, e->order->event};
	struct erasure_subjects_row *rows;
	size_t count, erased = 0;
	enum problem p = erasure_subjects(db, e->arena, &subjects, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		if (rows[i].view_secret.len != MANIFEST_SECRET_LEN)
			continue; /* done before */
		p = erase_one(e, db, &rows[i], key);
		erased++;
	}
	if (!p)
		*ret_erased = erased;
	return p;
}

static enum problem erase_in_tx(struct db *db, void *context)
{
	struct erasing *e = context;
	struct held_key key;
	size_t erased = 0;
	e->lot_count = 0;
	/* With the organisation's: a correction that has read the record is in, or reads it again. */
	enum problem p = lock_sequences(e, db);
	if (!p)
		p = signing_lock(db, e->arena, e->office->registrar, &key);
	if (!p)
		p = erasure_of_record(e, db, &key, &erased);
	return p || !erased ? p : write_act(e, db);
}

enum problem erasure_carry_out(struct db *db, struct arena *arena, const struct key_office *office,
			       struct trail_cache *cache, const struct erasure_order *order)
{
	struct erasing e = {.arena = arena, .office = office, .order = order};
	enum problem p = db_tx(db, &db_program, erase_in_tx, &e, /* reterr_unknown */ NULL);
	if (!p && e.lot_count)
		trail_cache_drop(cache, e.lots, e.lot_count);
	return p;
}

bool erasure_covers(struct arena *arena, bool is_record, struct bytes statement, struct bytes manifest,
		    struct bytes salts, struct bytes body)
{
	struct manifest parsed;
	struct manifest_salt salt;
	struct note note;
	struct statement stated;
	if (!manifest.at || !note_parse(arena, bytes_str(statement), &note) ||
	    !statement_parse(arena, note.text, &stated) || !sha256_equal(sha256_of(manifest), stated.body) ||
	    !manifest_parse(arena, bytes_str(manifest), &parsed))
		return false;
	if (is_record ? salts.len != SALTS_LEN : salts.len > SALTS_LEN)
		return false;
	if (!salts.len)
		return true;
	enum tier kept = (enum tier)(TIER_COUNT - salts.len / MANIFEST_SALT_LEN);
	memcpy(salt.octets, salts.at, sizeof salt.octets);
	return manifest_check_view(&parsed, kept, salt, bytes_str(body));
}

bool erased_of(struct bytes manifest, struct bytes salts, struct bytes statement, struct erased *ret)
{
	if (salts.len != SALTS_LEN)
		return false;
	*ret = (struct erased){.manifest = bytes_str(manifest), .statement = bytes_str(statement)};
	for (int tier = TIER_FARM; tier < TIER_COUNT; tier++)
		memcpy(ret->salts[tier].octets, salts.at + (size_t)(tier - TIER_FARM) * MANIFEST_SALT_LEN,
		       MANIFEST_SALT_LEN);
	return true;
}

enum problem erased_view(struct arena *arena, const struct erased *erased, struct str body, enum tier tier,
			 struct str *ret)
{
	struct manifest manifest;
	*ret = (struct str){NULL, 0};
	if (tier == TIER_FULL || !manifest_parse(arena, erased->manifest, &manifest))
		return PROBLEM_NONE;
	for (int version = VIEW_1; version <= VIEW_NEWEST; version++) {
		struct str views[TIER_COUNT];
		enum problem p = view_all_by(arena, body, (enum view_version)version, views);
		if (p)
			return p;
		/* Farm is what is kept: the rules made it once, and need not make it again. */
		struct str view = tier == TIER_FARM ? body : views[tier];
		if (manifest_check_view(&manifest, tier, erased->salts[tier], view)) {
			*ret = view;
			break;
		}
	}
	return PROBLEM_NONE;
}
