/* SPDX-License-Identifier: Apache-2.0
 * Parties: what a valid one is, how it is filed, what coarser views show of it. */
#include "queries.h"

#include "ft/core/gs1_key.h"

#include "master_priv.h"

/* GB 32100: digits and capital letters. The check character is not enforced: codes of the transition
 * years fail it. */
static bool is_uscc(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!((text.at[i] >= '0' && text.at[i] <= '9') || (text.at[i] >= 'A' && text.at[i] <= 'Z')))
			return false;
	return text.len == 18;
}

static enum problem refuse(const struct master_work *work, const char *rule, const char *pointer,
			   struct str value)
{
	enum problem p = fault_set(work->reterr, PROBLEM_IDENTIFIER_SYNTAX, rule, "%s", pointer);
	work->reterr->value = value;
	return p;
}

/* Without a number of its own a party goes by its credit code; a person does not: numbers are for everybody. */
static enum problem number_of(const struct master_work *work, const struct party_input *in,
			      const struct party *old, struct uuid id, struct str *ret)
{
	if (!in->common.number.at && !old && in->uscc.at && !in->personal) {
		*ret = in->uscc;
		return PROBLEM_NONE;
	}
	enum problem p = master_number(work, in, old ? &old->head : NULL, id, ret);
	if (!p && old && !str_equal(*ret, old->head.number))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "/number");
	return p;
}

static enum problem build(const struct master_work *work, struct db *db, const void *input, const void *old,
			  void *ret)
{
	(void)db;
	const struct party_input *in = input;
	const struct party *before = old;
	struct party *party = ret;
	struct arena *arena = work->m->arena;
	enum problem p = number_of(work, in, before, party->head.id, &party->head.number);
	if (p)
		return p;
	if (in->uscc.at && !is_uscc(in->uscc))
		return refuse(work, "uscc", "/uscc", in->uscc);
	if (in->gln.at && !gs1_check_digit_holds(in->gln))
		return refuse(work, "gln", "/gln", in->gln);
	party->kind = in->kind;
	party->name = in->name;
	party->uscc = in->uscc;
	party->gln = in->gln;
	party->region = in->region;
	party->personal = in->personal;
	/* A person's code must not stand in links that strangers see. */
	struct str own = in->uscc.at && !in->personal ? in->uscc : uuid_print(arena, party->head.id);
	party->head.uri =
		before ? before->head.uri
		       : arena_printf(arena, "https://%.*s/o/%.*s", STR_ARGS(work->m->origin), STR_ARGS(own));
	return PROBLEM_NONE;
}

static struct uuid owner(const void *entity)
{
	return ((const struct party *)entity)->head.id;
}

static struct str region(const void *entity)
{
	return ((const struct party *)entity)->region;
}

static void spell(struct arena *arena, const void *entity, struct spellings *s)
{
	const struct party *party = entity;
	struct uuid nobody = {{0}};
	spell_number(s, THING_PARTY, nobody, party->head.number, "/number");
	spell_number(s, THING_PARTY, nobody, party->uscc, "/uscc");
	spell_number(s, THING_PARTY, nobody, party->gln, "/gln");
	spell_uri(arena, s, party->head.uri, "/number");
	spell_path(s, arena_printf(arena, "/o/%.*s", STR_ARGS(uuid_print(arena, party->head.id))), "/id");
	if (party->uscc.at)
		spell_path(s, arena_printf(arena, "/o/%.*s", STR_ARGS(party->uscc)), "/uscc");
	if (party->gln.at)
		spell_path(s, arena_printf(arena, "/417/%.*s", STR_ARGS(party->gln)), "/gln");
}

static enum problem insert(struct db *db, const void *entity, usec_t now_us)
{
	const struct party *party = entity;
	struct party_insert_params row = {
		.id = party->head.id,
		.number = party->head.number,
		.kind = party->kind,
		.name_zh = party->name->zh,
		.name_en = party->name->en,
		.uscc = party->uscc,
		.gln = party->gln,
		.region = party->region,
		.uri = party->head.uri,
		.personal = party->personal,
		.state = party->head.state,
		.updated_at = now_us,
	};
	int64_t rows;
	return party_insert(db, &row, &rows);
}

static enum problem update(struct db *db, const void *entity, usec_t now_us)
{
	const struct party *party = entity;
	struct party_update_params row = {
		.id = party->head.id,
		.kind = party->kind,
		.name_zh = party->name->zh,
		.name_en = party->name->en,
		.uscc = party->uscc,
		.gln = party->gln,
		.region = party->region,
		.personal = party->personal,
		.state = party->head.state,
		.version = party->head.version,
		.updated_at = now_us,
	};
	int64_t rows;
	return party_update(db, &row, &rows);
}

static void coarsen(void *entity, enum tier tier, const struct region_tiers *tiers)
{
	struct party *party = entity;
	const struct str absent = {NULL, 0};
	if (party->personal) {
		party->name = NULL;
		party->uscc = party->gln = party->head.number = party->head.uri = absent;
		party->head.withheld = STR("personal");
	}
	if (tier >= TIER_TOWNSHIP)
		party->region =
			tier == TIER_TOWNSHIP && tiers->township.at ? tiers->township : tiers->district;
}

static enum tier nameless(const void *entity)
{
	return ((const struct party *)entity)->personal ? TIER_FARM : TIER_COUNT;
}

static void anonymise(struct arena *arena, void *entity)
{
	struct party *party = entity;
	const struct str absent = {NULL, 0};
	party->head.number = master_made_number(arena, party->head.id);
	party->head.state = STR("closed");
	party->name = master_removed_name(arena);
	party->uscc = party->gln = absent;
	party->personal = true;
}

static enum problem erase(struct db *db, const void *entity, usec_t now_us)
{
	const struct party *party = entity;
	const struct party_erase_params row = {
		.id = party->head.id,
		.number = party->head.number,
		.name_zh = party->name->zh,
		.name_en = party->name->en,
		.state = party->head.state,
		.version = party->head.version,
		.at = now_us,
	};
	int64_t rows;
	return party_erase(db, &row, &rows);
}

const struct master_kind master_party = {
	.kind = THING_PARTY,
	.create_action = "createParty",
	.replace_action = "replaceParty",
	.shape = &party_shape,
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
