/* SPDX-License-Identifier: Apache-2.0
 * Sites: their place on the map, how they are filed, what coarser views show of them. */
#include "queries.h"

#include "ft/core/digital_link.h"
#include "ft/core/geojson.h"

#include "master_priv.h"

/* PostGIS has the last word on how rings lie to each other. */
static enum problem check_geometry(const struct master_work *work, struct db *db, const struct json *geometry,
				   struct str *ret)
{
	struct arena *arena = work->m->arena;
	struct str text;
	enum problem p = geojson_check(arena, geometry, "/geometry", &text, work->reterr);
	if (p)
		return p;
	struct site_geometry_valid_row row;
	p = site_geometry_valid(db, arena, &(struct site_geometry_valid_params){text}, &row);
	if (p)
		return p;
	if (!row.valid) {
		p = fault_set(work->reterr, PROBLEM_GEOMETRY, "rings", "/geometry");
		work->reterr->detail = row.reason;
		return p;
	}
	*ret = text;
	return PROBLEM_NONE;
}

static enum problem seat_of(const struct master_work *work, struct db *db, struct uuid party,
			    struct party_seat_row *ret)
{
	enum problem p = party_seat(db, work->m->arena, &(struct party_seat_params){party}, ret);
	return p == PROBLEM_NOT_FOUND
		       ? fault_set(work->reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "/party")
		       : p;
}

static enum problem number_of(const struct master_work *work, const struct site_input *in,
			      const struct site *old, struct uuid id, struct str *ret)
{
	enum problem p = master_number(work, in, old ? &old->head : NULL, id, ret);
	if (!p && old && !str_equal(*ret, old->head.number))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "/number");
	return p;
}

/* "/414/6901234500005/254/12"; absent without a GLN. */
static struct str gln_path(struct arena *arena, const struct site *site)
{
	if (!site->gln.at)
		return (struct str){NULL, 0};
	struct digital_link link = {.key = {STR("414"), site->gln}};
	if (site->gln_extension.at) {
		link.qualifiers[0] = (struct gs1_element){STR("254"), site->gln_extension};
		link.qualifier_count = 1;
	}
	return digital_link_path(arena, &link);
}

static enum problem check_gln(const struct master_work *work, const struct site *site)
{
	static const struct str no_query = {NULL, 0};
	struct arena *arena = work->m->arena;
	struct digital_link link;
	struct fault fault = {0};
	if (!site->gln.at && site->gln_extension.at)
		return fault_set(work->reterr, PROBLEM_FIELD_MISSING, "required", "/gln");
	if (!site->gln.at || !digital_link_parse(arena, gln_path(arena, site), no_query, &link, &fault))
		return PROBLEM_NONE;
	bool number = str_equal(fault.detail, STR("(414)"));
	enum problem p = fault_set(work->reterr, PROBLEM_IDENTIFIER_SYNTAX, fault.rule, "%s",
				   number ? "/gln" : "/glnExtension");
	work->reterr->value = number ? site->gln : site->gln_extension;
	return p;
}

static enum problem build(const struct master_work *work, struct db *db, const void *input, const void *old,
			  void *ret)
{
	const struct site_input *in = input;
	const struct site *before = old;
	struct site *site = ret;
	struct party_seat_row seat;
	enum problem p =
		master_owner(work, db, in->party, before ? &before->party : NULL, "/party", &site->party);
	if (!p)
		p = seat_of(work, db, site->party, &seat);
	if (!p)
		p = number_of(work, in, before, site->head.id, &site->head.number);
	if (!p && in->geometry)
		p = check_geometry(work, db, in->geometry, &site->geometry);
	site->gln = in->gln;
	site->gln_extension = in->gln_extension;
	if (!p)
		p = check_gln(work, site);
	if (p)
		return p;
	site->kind = in->kind;
	site->name = in->name;
	site->region = in->region.at ? in->region : before ? before->region : seat.region;
	site->commodity = in->commodity;
	site->personal = in->personal;
	site->head.uri = before ? before->head.uri
				: arena_printf(work->m->arena, "%.*s/f/%.*s", STR_ARGS(seat.uri),
					       STR_ARGS(site->head.number));
	return PROBLEM_NONE;
}

static struct uuid owner(const void *entity)
{
	return ((const struct site *)entity)->party;
}

static struct str region(const void *entity)
{
	return ((const struct site *)entity)->region;
}

static void spell(struct arena *arena, const void *entity, struct spellings *s)
{
	const struct site *site = entity;
	struct str party = uuid_print(arena, site->party);
	spell_number(s, THING_SITE, site->party, site->head.number, "/number");
	spell_uri(arena, s, site->head.uri, "/number");
	spell_path(s, arena_printf(arena, "/o/%.*s/f/%.*s", STR_ARGS(party), STR_ARGS(site->head.number)),
		   "/number");
	spell_path(s, gln_path(arena, site), "/gln");
}

static enum problem insert(struct db *db, const void *entity, usec_t now_us)
{
	const struct site *site = entity;
	struct site_insert_params row = {
		.id = site->head.id,
		.party = site->party,
		.number = site->head.number,
		.kind = site->kind,
		.name_zh = site->name->zh,
		.name_en = site->name->en,
		.region = site->region,
		.uri = site->head.uri,
		.personal = site->personal,
		.geometry = site->geometry,
		.commodity = site->commodity,
		.state = site->head.state,
		.updated_at = now_us,
	};
	int64_t rows;
	return site_insert(db, &row, &rows);
}

static enum problem update(struct db *db, const void *entity, usec_t now_us)
{
	const struct site *site = entity;
	struct site_update_params row = {
		.id = site->head.id,
		.kind = site->kind,
		.name_zh = site->name->zh,
		.name_en = site->name->en,
		.region = site->region,
		.personal = site->personal,
		.geometry = site->geometry,
		.commodity = site->commodity,
		.state = site->head.state,
		.version = site->head.version,
		.updated_at = now_us,
	};
	int64_t rows;
	return site_update(db, &row, &rows);
}

static void coarsen(void *entity, enum tier tier, const struct region_tiers *tiers)
{
	struct site *site = entity;
	const struct str absent = {NULL, 0};
	site->geometry = absent;
	if (site->personal)
		site->head.withheld = STR("personal");
	if (site->personal || tier >= TIER_TOWNSHIP) {
		site->name = NULL;
		site->head.number = site->head.uri = site->gln = site->gln_extension = absent;
	}
	if (tier >= TIER_TOWNSHIP)
		site->region =
			tier == TIER_TOWNSHIP && tiers->township.at ? tiers->township : tiers->district;
}

static enum tier nameless(const void *entity)
{
	return ((const struct site *)entity)->personal ? TIER_FARM : TIER_TOWNSHIP;
}

/* Its URI ended in its number; the party's part of it stands in records and on labels. */
static void anonymise(struct arena *arena, void *entity)
{
	struct site *site = entity;
	const struct str absent = {NULL, 0};
	struct str number = master_made_number(arena, site->head.id);
	struct str party = {site->head.uri.at, site->head.uri.len - site->head.number.len};
	site->head.uri = arena_printf(arena, "%.*s%.*s", STR_ARGS(party), STR_ARGS(number));
	site->head.number = number;
	site->head.state = STR("closed");
	site->name = master_removed_name(arena);
	site->gln = site->gln_extension = site->geometry = absent;
	site->personal = true;
}

static enum problem erase(struct db *db, const void *entity, usec_t now_us)
{
	const struct site *site = entity;
	const struct site_erase_params row = {
		.id = site->head.id,
		.number = site->head.number,
		.name_zh = site->name->zh,
		.name_en = site->name->en,
		.uri = site->head.uri,
		.state = site->head.state,
		.version = site->head.version,
		.at = now_us,
	};
	int64_t rows;
	return site_erase(db, &row, &rows);
}

const struct master_kind master_site = {
	.kind = THING_SITE,
	.create_action = "createSite",
	.replace_action = "replaceSite",
	.shape = &site_shape,
	.build = build,
	.owner = owner,
	.region = region,
	.spell = spell,
	.insert = insert,
	.update = update,
	.coarsen = coarsen,
	.nameless = nameless,
	.anonymise = anonymise,
	.erase = erase,
};
