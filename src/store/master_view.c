/* SPDX-License-Identifier: Apache-2.0
 * Between an entity and its bytes: signed views, stored bodies, directory entries. */
#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

#include "master_priv.h"

const struct master_kind *master_kind_of(enum thing_kind kind)
{
	static const struct master_kind *const kinds[] = {&master_party, &master_site, &master_product,
							  &master_certificate};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i]->kind == kind)
			return kinds[i];
	assert(false && "a kind that is not master data");
	return NULL;
}

struct str master_view(struct arena *arena, const struct master_kind *kind, const void *entity,
		       enum tier tier, const struct region_tiers *tiers)
{
	void *shown = arena_alloc(arena, kind->shape->size);
	memcpy(shown, entity, kind->shape->size);
	struct master_head *head = shown;
	head->recorded_at = head->statement = (struct str){NULL, 0};
	if (tier != TIER_FULL) {
		head->reason = (struct str){NULL, 0}; /* free words may name people */
		kind->coarsen(shown, tier, tiers);
	}
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);
	shape_encode(kind->shape, shown, &w);
	return buf_str(&out);
}

enum problem master_from_body(struct arena *arena, const struct master_kind *kind, struct bytes body,
			      void *ret)
{
	struct json json;
	struct fault fault = {0};
	enum problem p = json_parse(arena, bytes_str(body), &json, &fault);
	if (!p)
		p = shape_decode(kind->shape, arena, &json, ret, &fault);
	return p ? PROBLEM_INTERNAL : PROBLEM_NONE; /* we wrote it */
}

enum problem master_manifest(struct db *db, struct arena *arena, enum thing_kind kind, struct bytes body,
			     const uint8_t secret[MANIFEST_SECRET_LEN], struct str *ret)
{
	const struct master_kind *ops = master_kind_of(kind);
	void *entity = arena_alloc(arena, ops->shape->size);
	struct manifest_view views[TIER_COUNT];
	struct region_tiers tiers = {0};
	struct fault fault = {0};
	enum problem p = master_from_body(arena, ops, body, entity);
	struct str region = p ? (struct str){NULL, 0} : ops->region(entity);
	if (!p && region.at)
		p = regions_tiers_of(db, arena, region, "/region", &tiers, &fault);
	if (p)
		return p;
	for (int tier = 0; tier < TIER_COUNT; tier++)
		views[tier] = (struct manifest_view){
			tier == TIER_FULL ? bytes_str(body)
					  : master_view(arena, ops, entity, (enum tier)tier, &tiers),
			STR("application/json")};
	*ret = manifest_build(arena, secret, views);
	return PROBLEM_NONE;
}

void master_stamp(struct arena *arena, void *entity, usec_t recorded_at_us, struct bytes statement_sha256)
{
	struct master_head *head = entity;
	head->recorded_at = utc_print(arena, recorded_at_us);
	head->statement = base64_encode(arena, statement_sha256);
}

static void spell(struct spellings *s, struct sha256 hash, const char *pointer)
{
	assert(s->count < MAX_SPELLINGS);
	for (size_t i = 0; i < s->count; i++)
		if (sha256_equal(s->items[i].hash, hash))
			return;
	s->items[s->count++] = (struct spelling){hash, pointer};
}

void spell_number(struct spellings *s, enum thing_kind kind, struct uuid party, struct str number,
		  const char *pointer)
{
	if (number.at)
		spell(s, thing_hash_number(kind, party, number), pointer);
}

void spell_path(struct spellings *s, struct str path, const char *pointer)
{
	if (path.at)
		spell(s, thing_hash_path(path), pointer);
}

void spell_uri(struct arena *arena, struct spellings *s, struct str uri, const char *pointer)
{
	spell_path(s, thing_uri_path(arena, uri), pointer);
}
