/* SPDX-License-Identifier: Apache-2.0
 * What all kinds of master data share in checking: numbers, owners, regions, names of other things. */
#include "queries.h"

#include "ft/base/text.h"

#include "master_priv.h"

enum { MADE_NUMBER_LEN = 10 };

static bool is_number(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '.' || c == '_' || c == '-';
		if (!good)
			return false;
	}
	return text.len > 0 && !str_equal(text, STR(".")) && !str_equal(text, STR(".."));
}

struct str master_made_number(struct arena *arena, struct uuid id)
{
	struct sha256 hash = sha256_of((struct bytes){id.octets, sizeof id.octets});
	return crockford_encode(arena, sha256_bytes(&hash), MADE_NUMBER_LEN);
}

struct master_name *master_removed_name(struct arena *arena)
{
	struct master_name *name = arena_new(arena, struct master_name);
	*name = (struct master_name){STR("已删除"), STR("removed")};
	return name;
}

enum problem master_number(const struct master_work *work, const void *input, const struct master_head *old,
			   struct uuid id, struct str *ret)
{
	struct str sent = input_common(input)->number;
	struct uuid unused;
	if (!sent.at && old) {
		*ret = old->number;
		return PROBLEM_NONE;
	}
	if (!sent.at) {
		*ret = master_made_number(work->m->arena, id);
		return PROBLEM_NONE;
	}
	/* A number that reads as an id would name two things. */
	if (!is_number(sent) || uuid_parse(sent, &unused)) {
		enum problem p = fault_set(work->reterr, PROBLEM_IDENTIFIER_SYNTAX, "number", "/number");
		work->reterr->value = sent;
		return p;
	}
	*ret = sent;
	return PROBLEM_NONE;
}

bool master_may_act_for(const struct master_actor *actor, struct uuid party)
{
	if (!actor->party_count)
		return true;
	for (size_t i = 0; i < actor->party_count; i++)
		if (uuid_equal(actor->parties[i], party))
			return true;
	return false;
}

enum problem master_owner(const struct master_work *work, struct db *db, struct str sent,
			  const struct uuid *old, const char *pointer, struct uuid *ret)
{
	const struct master *m = work->m;
	struct uuid owner;
	if (sent.at) {
		enum problem p = master_find_in(db, m->arena, THING_PARTY, (struct uuid){{0}}, sent, pointer,
						&owner, work->reterr);
		if (p)
			return p;
	} else if (old) {
		owner = *old;
	} else if (m->actor.party_count) {
		owner = m->actor.parties[0];
	} else {
		return fault_set(work->reterr, PROBLEM_FIELD_MISSING, "required", "%s", pointer);
	}
	if (old && !uuid_equal(owner, *old))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "%s", pointer);
	if (!master_may_act_for(&m->actor, owner))
		return PROBLEM_NOT_FOUND;
	*ret = owner;
	return PROBLEM_NONE;
}

enum problem master_check_party(const struct master *m, struct uuid party)
{
	struct fault ignored = {0};
	const struct master_work work = {.m = m, .reterr = &ignored};
	struct party_seat_row seat;
	if (m->actor.all)
		return PROBLEM_NONE;
	if (!master_may_act_for(&m->actor, party))
		return PROBLEM_NOT_FOUND;
	enum problem p = party_seat(m->db, m->arena, &(struct party_seat_params){party}, &seat);
	if (!p)
		p = master_check_region(&work, m->db, seat.region);
	return p == PROBLEM_FORBIDDEN ? PROBLEM_NOT_FOUND : p;
}

enum problem master_check_region(const struct master_work *work, struct db *db, struct str region)
{
	const struct master_actor *actor = &work->m->actor;
	if (actor->all || !actor->region.at || !region.at)
		return PROBLEM_NONE;
	struct region_sees_row row;
	struct region_sees_params params = {actor->region, region};
	enum problem p = region_sees(db, work->m->arena, &params, &row);
	if (p || row.sees)
		return p;
	work->reterr->detail =
		arena_printf(work->m->arena, "this key registers in region %.*s", STR_ARGS(actor->region));
	return PROBLEM_FORBIDDEN;
}

static enum problem unknown(struct str spelling, const char *pointer, struct fault *reterr)
{
	enum problem p = fault_set(reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "%s", pointer);
	reterr->value = str_shorten(spelling, FAULT_VALUE_LEN);
	return p;
}

enum problem master_find_in(struct db *db, struct arena *arena, enum thing_kind kind, struct uuid within,
			    struct str spelling, const char *pointer, struct uuid *ret, struct fault *reterr)
{
	struct thing_name name;
	struct fault ignored = {0};
	if (thing_name_read(arena, kind, within, spelling, &name, &ignored) || name.form == NAME_CODE)
		return unknown(spelling, pointer, reterr);
	if (name.form == NAME_ID) {
		*ret = name.id.lot;
		return PROBLEM_NONE;
	}
	const struct sha256 hashes[] = {name.hash, name.key_hash};
	for (size_t i = 0; i < (name.key_path.at ? 2 : 1); i++) {
		struct bytes hash = sha256_bytes(&hashes[i]);
		struct thing_find_many_row *rows;
		size_t count;
		enum problem p = thing_find_many(db, arena, &(struct thing_find_many_params){{&hash, 1}},
						 &rows, &count);
		if (p)
			return p;
		if (count && str_equal(rows[0].kind, str_of(thing_kind_words[kind]))) {
			*ret = rows[0].id;
			return PROBLEM_NONE;
		}
	}
	return unknown(spelling, pointer, reterr);
}

enum problem master_find(const struct master *m, enum thing_kind kind, struct uuid within,
			 struct str spelling, const char *pointer, struct uuid *ret, struct fault *reterr)
{
	return master_find_in(m->db, m->arena, kind, within, spelling, pointer, ret, reterr);
}
