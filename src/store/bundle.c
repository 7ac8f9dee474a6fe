/* SPDX-License-Identifier: Apache-2.0
 * Bundles: told records → all records about the lots → what they build on → views, keys, places in the log. */
#include "ft/store/bundle.h"

#include <string.h>

#include "queries.h"

#include "ft/base/map.h"
#include "ft/base/text.h"
#include "ft/core/lot_id.h"
#include "ft/store/erasure.h"
#include "ft/store/log.h"
#include "ft/store/proof_links.h"

struct found { /* a record whose statement was read */
	struct bundle_statements_row *row;
	struct statement statement;
	struct proof_links links; /* read only where it is needed */
	struct sha256 *prevs;
	size_t prev_count;
	bool is_needed, is_told, is_erased;
	struct bundle_step step;
};
struct ids {
	struct uuid *orgs, *ids;
	size_t count;
};
struct gathering {
	struct db *db;
	struct log_memory *memory;
	struct arena *arena;
	enum tier tier;
	struct map *by_id;   /* event → found */
	struct map *by_hash; /* statement → found */
	struct map *blinded; /* lots of the trail */
	struct found **needed;
	size_t needed_count;
	struct bundle_endorsements_row *endorsements; /* of these */
	size_t endorsement_count;
	struct ids told; /* by the trail, and what declares such wrong */
	struct bundle bundle;
};

static enum problem read_lots(struct gathering *g, const struct trail_made *made)
{
	const struct bundle_lots_params params = {{made->orgs, made->lot_count},
						  {made->lots, made->lot_count}};
	struct bundle_lots_row *rows;
	size_t count;
	enum problem p = bundle_lots(g->db, g->arena, &params, &rows, &count);
	if (p)
		return p;
	struct bundle_lot *lots = arena_array(g->arena, struct bundle_lot, count);
	struct sha256 *names = arena_array(g->arena, struct sha256, count);
	g->blinded = map_create(g->arena, count);
	for (size_t i = 0; i < count; i++) {
		if (rows[i].salt.len != sizeof lots[i].salt)
			return PROBLEM_INTERNAL;
		lots[i].uri = rows[i].uri;
		memcpy(lots[i].salt, rows[i].salt.at, sizeof lots[i].salt);
		names[i] = statement_lot(lots[i].salt, lots[i].uri);
		map_set(g->blinded, MAP_KEY(names[i]), &lots[i]);
		if (uuid_equal(rows[i].lot_id, made->target.lot))
			g->bundle.lot = rows[i].uri;
	}
	g->bundle.lots = lots;
	g->bundle.lot_count = count;
	return PROBLEM_NONE;
}

static enum problem keep(struct gathering *g, struct bundle_statements_row *row)
{
	struct found *found = arena_new(g->arena, struct found);
	struct note note;
	found->row = row;
	if (!note_parse(g->arena, bytes_str(row->statement), &note) ||
	    !statement_parse(g->arena, note.text, &found->statement))
		return PROBLEM_INTERNAL;
	map_set(g->by_id, MAP_KEY(row->id), found);
	map_set(g->by_hash, row->statement_sha256, found);
	return PROBLEM_NONE;
}

/* Reads the statements of those that are not known yet. */
static enum problem read_statements(struct gathering *g, struct ids ids)
{
	struct bundle_statements_row *rows;
	size_t count = 0, unknown = 0;
	for (size_t i = 0; i < ids.count; i++) {
		if (map_get(g->by_id, MAP_KEY(ids.ids[i])))
			continue;
		ids.orgs[unknown] = ids.orgs[i];
		ids.ids[unknown++] = ids.ids[i];
	}
	const struct bundle_statements_params params = {{ids.orgs, unknown}, {ids.ids, unknown}};
	enum problem p = unknown ? bundle_statements(g->db, g->arena, &params, &rows, &count) : PROBLEM_NONE;
	for (size_t i = 0; !p && i < count; i++)
		if (!map_get(g->by_id, MAP_KEY(rows[i].id)))
			p = keep(g, &rows[i]);
	return p;
}

static struct ids ids_create(struct arena *arena, size_t room)
{
	return (struct ids){arena_array(arena, struct uuid, room), arena_array(arena, struct uuid, room), 0};
}

static void ids_add(struct ids *ids, struct uuid org, struct uuid id)
{
	ids->orgs[ids->count] = org;
	ids->ids[ids->count++] = id;
}

/* Who told of an event alone can declare it wrong. */
static void read_told(struct gathering *g, const struct trail_made *made)
{
	const struct trail_step *steps = made->trail.steps.items;
	struct uuid declaration;
	g->told = ids_create(g->arena, 2 * made->event_count);
	for (size_t i = 0; i < made->event_count; i++)
		ids_add(&g->told, made->event_orgs[i], made->events[i]);
	for (size_t i = 0; i < made->event_count; i++) {
		if (steps[i].corrected.at && uuid_parse(steps[i].corrected, &declaration))
			ids_add(&g->told, made->event_orgs[i], declaration);
	}
}

static enum problem read_records(struct gathering *g, const struct trail_made *made)
{
	const struct bundle_about_params params = {
		{made->orgs, made->lot_count}, {made->lots, made->lot_count}, BUNDLE_MAX_STEPS};
	struct bundle_about_row *rows;
	size_t count;
	enum problem p = bundle_about(g->db, g->arena, &params, &rows, &count);
	if (p)
		return p;
	struct ids ids = ids_create(g->arena, g->told.count + count);
	for (size_t i = 0; i < g->told.count; i++)
		ids_add(&ids, g->told.orgs[i], g->told.ids[i]);
	for (size_t i = 0; i < count; i++)
		ids_add(&ids, rows[i].org_id, rows[i].id);
	return read_statements(g, ids);
}

static size_t count_lines(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static bool is_summed_up(const struct statement_links *links)
{
	return links->count > 0 && !links->hashes;
}

/* "prev BASE64\n" lines of our own making. */
static struct sha256 *hashes_of(struct arena *arena, struct str lines, size_t *ret_count)
{
	struct sha256 *hashes = arena_array(arena, struct sha256, count_lines(lines));
	size_t count = 0;
	while (lines.len > 0) {
		struct str encoded;
		struct bytes octets;
		(void)str_cut(str_cut(lines, '\n', &lines), ' ', &encoded);
		if (base64_decode(arena, encoded, &octets) && octets.len == sizeof hashes->octets)
			memcpy(hashes[count++].octets, octets.at, octets.len);
	}
	*ret_count = count;
	return hashes;
}

static enum problem read_links(struct gathering *g, struct found *f)
{
	struct statement *s = &f->statement;
	if (is_summed_up(&s->lots) || is_summed_up(&s->prevs)) {
		enum problem p =
			proof_links_of(g->db, g->arena, bytes_str(f->row->statement),
				       bytes_str(f->row->answer), f->row->id, f->row->recorded_at, &f->links);
		if (p)
			return p;
	}
	f->prevs = (struct sha256 *)(uintptr_t)s->prevs.hashes;
	f->prev_count = s->prevs.count;
	if (is_summed_up(&s->prevs))
		f->prevs = hashes_of(g->arena, f->links.prevs, &f->prev_count);
	return PROBLEM_NONE;
}

static bool concerns_trail(struct gathering *g, const struct found *f)
{
	size_t count = f->statement.lots.count;
	const struct sha256 *lots = f->statement.lots.hashes;
	if (is_summed_up(&f->statement.lots))
		lots = hashes_of(g->arena, f->links.lots, &count);
	for (size_t i = 0; i < count; i++)
		if (map_get(g->blinded, MAP_KEY(lots[i])))
			return true;
	return false;
}

static enum problem need(struct gathering *g, struct found *f)
{
	if (f->is_needed || g->needed_count == BUNDLE_MAX_STEPS)
		return PROBLEM_NONE;
	f->is_needed = true;
	g->needed[g->needed_count++] = f;
	return read_links(g, f);
}

/* What a statement names and no record about the trail's lots is: the newest before it of its other lots. */
static enum problem read_before(struct gathering *g, struct found *f)
{
	struct json json;
	struct fault ignored;
	if (json_parse(g->arena, bytes_str(f->row->answer), &json, &ignored))
		return PROBLEM_INTERNAL;
	const struct json *lots = json_get(&json, STR("lots"));
	struct ids named = ids_create(g->arena, lots ? lots->count : 0);
	for (size_t i = 0; lots && i < lots->count; i++) {
		struct lot_id id;
		if (lot_id_parse(g->arena, json_text(json_get(&lots->items[i], STR("id"))), &id))
			ids_add(&named, id.org, id.lot);
	}
	const struct bundle_before_params params = {
		{named.orgs, named.count}, {named.ids, named.count}, f->row->id, f->row->recorded_at};
	struct bundle_before_row *rows;
	size_t count;
	enum problem p = bundle_before(g->db, g->arena, &params, &rows, &count);
	struct ids before = ids_create(g->arena, p ? 0 : count);
	for (size_t i = 0; !p && i < count; i++)
		ids_add(&before, rows[i].org_id, rows[i].id);
	return p ? p : read_statements(g, before);
}

static enum problem need_prevs(struct gathering *g, struct found *f)
{
	bool has_asked = false;
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < f->prev_count; i++) {
		struct found *prev = map_get(g->by_hash, MAP_KEY(f->prevs[i]));
		if (!prev && !has_asked) {
			has_asked = true;
			p = read_before(g, f);
			prev = p ? NULL : map_get(g->by_hash, MAP_KEY(f->prevs[i]));
		}
		if (prev)
			p = need(g, prev);
	}
	return p;
}

static enum problem gather(struct gathering *g)
{
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < g->told.count; i++) {
		struct found *f = map_get(g->by_id, MAP_KEY(g->told.ids[i]));
		if (!f)
			return PROBLEM_INTERNAL;
		f->is_told = true;
		p = need(g, f);
	}
	/* Newest ones too, which no other names: with these a second copy of the log tells whether one is held back. */
	for (size_t i = 0; !p && i < map_count(g->by_id); i++)
		p = need(g, map_at(g->by_id, i));
	for (size_t i = 0; !p && i < g->needed_count; i++)
		if (concerns_trail(g, g->needed[i]))
			p = need_prevs(g, g->needed[i]);
	return p;
}

static enum problem put_view(struct gathering *g, const struct bundle_bodies_row *row, struct found *f)
{
	struct str views[TIER_COUNT];
	struct proof *proof = &f->step.proof;
	if (row->view_secret.len != MANIFEST_SECRET_LEN)
		return PROBLEM_NONE; /* erased */
	enum problem p = manifest_of_body(g->arena, bytes_str(row->body), row->view_secret.at,
					  f->statement.body, views, &proof->manifest);
	if (p)
		return p;
	proof->view = views[g->tier];
	proof->salt = manifest_salt(row->view_secret.at, g->tier);
	return PROBLEM_NONE;
}

static enum problem put_erased(struct gathering *g, const struct erasure_read_many_row *row,
			       const struct bundle_bodies_row *body)
{
	struct found *f = map_get(g->by_id, MAP_KEY(row->event));
	struct proof *proof = &f->step.proof;
	struct erased *erased = arena_new(g->arena, struct erased);
	if (!erased_of(row->manifest, row->salts, row->statement, erased))
		return PROBLEM_INTERNAL;
	proof->manifest = erased->manifest;
	proof->salt = erased->salts[g->tier];
	proof->erasure.note = erased->statement;
	f->is_erased = true;
	return erased_view(g->arena, erased, bytes_str(body->body), g->tier, &proof->view);
}

/* Told records that were erased: what is left of them proves itself. */
static enum problem read_erased(struct gathering *g, const struct bundle_bodies_row *bodies,
				size_t body_count)
{
	struct uuid *orgs = arena_array(g->arena, struct uuid, body_count),
		    *ids = arena_array(g->arena, struct uuid, body_count);
	struct erasure_read_many_row *rows;
	size_t count = 0, erased = 0;
	for (size_t i = 0; i < body_count; i++) {
		if (bodies[i].view_secret.len == MANIFEST_SECRET_LEN)
			continue;
		orgs[erased] = bodies[i].org_id;
		ids[erased++] = bodies[i].id;
	}
	const struct erasure_read_many_params params = {{orgs, erased}, {ids, erased}};
	enum problem p = erased ? erasure_read_many(g->db, g->arena, &params, &rows, &count) : PROBLEM_NONE;
	for (size_t i = 0; !p && i < count; i++)
		for (size_t k = 0; !p && k < body_count; k++)
			if (uuid_equal(bodies[k].id, rows[i].event))
				p = put_erased(g, &rows[i], &bodies[k]);
	return p;
}

static enum problem read_views(struct gathering *g)
{
	const struct bundle_bodies_params params = {{g->told.orgs, g->told.count},
						    {g->told.ids, g->told.count}};
	struct bundle_bodies_row *rows;
	size_t count = 0;
	enum problem p =
		g->told.count ? bundle_bodies(g->db, g->arena, &params, &rows, &count) : PROBLEM_NONE;
	for (size_t i = 0; !p && i < count; i++)
		p = put_view(g, &rows[i], map_get(g->by_id, MAP_KEY(rows[i].id)));
	return p || !count ? p : read_erased(g, rows, count);
}

/* Also what was taken back: a second copy of the log would tell that it is lacking. */
static enum problem read_endorsements(struct gathering *g)
{
	struct ids ids = ids_create(g->arena, g->needed_count);
	for (size_t i = 0; i < g->needed_count; i++)
		ids_add(&ids, g->needed[i]->row->org_id, g->needed[i]->row->id);
	const struct bundle_endorsements_params params = {{ids.orgs, ids.count}, {ids.ids, ids.count}};
	enum problem p =
		bundle_endorsements(g->db, g->arena, &params, &g->endorsements, &g->endorsement_count);
	if (!p && g->endorsement_count > BUNDLE_MAX_STEPS - g->needed_count)
		g->endorsement_count = BUNDLE_MAX_STEPS - g->needed_count;
	return p;
}

static enum problem read_keys(struct gathering *g, struct log_subject *subjects)
{
	struct map *distinct = map_create(g->arena, 16);
	struct bytes *fingerprints =
		arena_array(g->arena, struct bytes, g->needed_count + g->endorsement_count);
	struct bundle_keys_row *rows;
	size_t count;
	for (size_t i = 0; i < g->needed_count; i++)
		map_set(distinct, g->needed[i]->row->key_fingerprint, &g->needed[i]->row->key_fingerprint);
	for (size_t i = 0; i < g->endorsement_count; i++)
		map_set(distinct, g->endorsements[i].key_fingerprint, &g->endorsements[i].key_fingerprint);
	for (size_t i = 0; i < map_count(distinct); i++)
		fingerprints[i] = *(struct bytes *)map_at(distinct, i);
	const struct bundle_keys_params params = {{fingerprints, map_count(distinct)}};
	enum problem p = bundle_keys(g->db, g->arena, &params, &rows, &count);
	if (p)
		return p;
	struct proof_key *keys = arena_array(g->arena, struct proof_key, count);
	for (size_t i = 0; i < count; i++) {
		keys[i] = (struct proof_key){.spki = rows[i].spki,
					     .statement = {.note = bytes_str(rows[i].statement)},
					     .revocation = {.place = {.index = -1}}};
		subjects[i] = (struct log_subject){.kind = STR("key"), .fingerprint = rows[i].fingerprint};
	}
	g->bundle.keys = keys;
	g->bundle.key_count = count;
	return PROBLEM_NONE;
}

/* Records, keys, erasures and endorsements under one head. */
static enum problem put_places(struct gathering *g, struct proof_place **ret_endorsements)
{
	struct log_subject *subjects =
		arena_array(g->arena, struct log_subject, 3 * g->needed_count + 2 * g->endorsement_count);
	struct found **erased = arena_array(g->arena, struct found *, g->needed_count);
	size_t erased_count = 0;
	for (size_t i = 0; i < g->needed_count; i++)
		if (g->needed[i]->is_erased)
			erased[erased_count++] = g->needed[i];
	enum problem p = read_keys(g, subjects);
	size_t keys = g->bundle.key_count, records = keys + g->needed_count,
	       endorsed = records + erased_count;
	size_t count = endorsed + g->endorsement_count;
	struct proof_place *places = arena_array(g->arena, struct proof_place, count);
	for (size_t i = 0; i < g->needed_count; i++)
		subjects[keys + i] = (struct log_subject){.kind = STR("event"), .id = g->needed[i]->row->id};
	for (size_t i = 0; i < erased_count; i++)
		subjects[records + i] = (struct log_subject){.kind = STR("erase"), .id = erased[i]->row->id};
	for (size_t i = 0; i < g->endorsement_count; i++)
		subjects[endorsed + i] =
			(struct log_subject){.kind = STR("endorse"), .id = g->endorsements[i].id};
	if (!p)
		p = log_prove(g->db, g->memory, g->arena, subjects, count, &g->bundle.checkpoint, places);
	for (size_t i = 0; !p && i < endorsed; i++) {
		if (i < keys)
			((struct proof_key *)(uintptr_t)g->bundle.keys)[i].statement.place = places[i];
		else if (i < records)
			g->needed[i - keys]->step.proof.place = places[i];
		else
			erased[i - records]->step.proof.erasure.place = places[i];
	}
	*ret_endorsements = &places[endorsed];
	return p;
}

/* Its lots are those of the record, summed up where that sums them up. */
static struct bundle_step endorsement_step(const struct gathering *g, size_t i, struct proof_place place)
{
	const struct found *about = map_get(g->by_id, MAP_KEY(g->endorsements[i].event));
	return (struct bundle_step){.proof = {.statement = bytes_str(g->endorsements[i].statement),
					      .lots = about->links.lots,
					      .place = place,
					      .erasure = {.place = {.index = -1}}}};
}

static void put_steps(struct gathering *g, const struct proof_place *endorsements)
{
	size_t count = g->needed_count;
	struct bundle_step *steps = arena_array(g->arena, struct bundle_step, count + g->endorsement_count);
	for (size_t i = 0; i < count; i++) {
		struct found *f = g->needed[i];
		f->step.proof.statement = bytes_str(f->row->statement);
		f->step.proof.lots = f->links.lots;
		f->step.proof.prevs = f->links.prevs;
		if (!f->is_erased)
			f->step.proof.erasure.place.index = -1;
		if (f->is_told)
			f->step.event = uuid_print(g->arena, f->row->id);
		steps[i] = f->step;
	}
	for (size_t i = 0; i < g->endorsement_count; i++)
		steps[count + i] = endorsement_step(g, i, endorsements[i]);
	g->bundle.steps = steps;
	g->bundle.step_count = count + g->endorsement_count;
}

enum problem bundle_make(struct db *db, struct log_memory *memory, struct arena *arena,
			 const struct trail_made *made, struct str json, enum tier tier, struct bundle *ret)
{
	struct gathering g = {.db = db,
			      .memory = memory,
			      .arena = arena,
			      .tier = tier,
			      .by_id = map_create(arena, 256),
			      .by_hash = map_create(arena, 256),
			      .needed = arena_array(arena, struct found *, BUNDLE_MAX_STEPS),
			      .bundle = {.trail = json}};
	struct proof_place *endorsements;
	read_told(&g, made);
	enum problem p = read_lots(&g, made);
	if (!p)
		p = read_records(&g, made);
	if (!p)
		p = gather(&g);
	if (!p)
		p = read_views(&g);
	if (!p)
		p = read_endorsements(&g);
	if (!p)
		p = put_places(&g, &endorsements);
	if (p)
		return p;
	put_steps(&g, endorsements);
	*ret = g.bundle;
	return PROBLEM_NONE;
}
