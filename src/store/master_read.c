/* SPDX-License-Identifier: Apache-2.0
 * Reads master data: one version, or lists of the newest. What is personal is for who acts for it, and for officers. */
#include <string.h>

#include "queries.h"

#include "master_priv.h"

/* Geometry is for the owner, its region's inspectors and administrators; a personal site is not there
 * for others. */
static enum problem see_site(const struct master *m, struct site *site)
{
	struct site_sight_row sight;
	const struct site_sight_params params = {site->head.id, site->party, site->region};
	enum problem p = site_sight(m->db, m->arena, &params, &sight);
	if (p)
		return p;
	if (!sight.visible || (!sight.whole && site->personal))
		return PROBLEM_NOT_FOUND;
	if (!sight.whole)
		site->geometry = (struct str){NULL, 0};
	return PROBLEM_NONE;
}

/* Who a natural person is. One deals with them by their number. */
static void withhold_person(struct party *party)
{
	party->name = NULL;
	party->uscc = party->gln = party->head.reason = (struct str){NULL, 0};
	party->head.withheld = STR("personal");
}

static enum problem see_party(const struct master *m, struct party *party)
{
	struct party_sight_row sight;
	enum problem p = party_sight(m->db, m->arena, &(struct party_sight_params){party->head.id}, &sight);
	if (!p && party->personal && !sight.whole)
		withhold_person(party);
	return p;
}

enum problem master_read(const struct master *m, enum thing_kind kind, struct uuid id, int64_t version,
			 void *ret)
{
	const struct master_kind *ops = master_kind_of(kind);
	void *entity = arena_alloc(m->arena, ops->shape->size);
	struct master_version_get_row row;
	struct master_version_get_params params = {
		.kind = str_of(thing_kind_words[kind]), .id = id, .version = {version != 0, version}};
	enum problem p = master_version_get(m->db, m->arena, &params, &row);
	if (!p)
		p = master_from_body(m->arena, ops, row.body, entity);
	if (!p && kind == THING_SITE)
		p = see_site(m, entity);
	if (!p && kind == THING_PARTY)
		p = see_party(m, entity);
	if (p)
		return p;
	master_stamp(m->arena, entity, row.recorded_at, row.statement_sha256);
	memcpy(ret, entity, ops->shape->size);
	return PROBLEM_NONE;
}

/* A list's row, whichever table it came from. */
struct listed {
	struct bytes body, statement_sha256;
	usec_t recorded_at;
	bool whole; /* nothing is withheld from this reader */
};

/* The two lists that withhold nothing have the same parameters and columns; the copies keep their types apart. */
#define LIST_OF(kind) \
	static enum problem list_##kind(const struct master *m, const struct master_filter *f, \
					struct listed **ret, size_t *ret_count) \
	{ \
		struct kind##_list_row *rows; \
		struct kind##_list_params params = { \
			f->q, f->party, f->region, f->state, f->after, f->limit}; \
		enum problem p = kind##_list(m->db, m->arena, &params, &rows, ret_count); \
		if (p) \
			return p; \
		*ret = arena_array(m->arena, struct listed, *ret_count); \
		for (size_t i = 0; i < *ret_count; i++) \
			(*ret)[i] = (struct listed){rows[i].body, rows[i].statement_sha256, \
						    rows[i].recorded_at, true}; \
		return PROBLEM_NONE; \
	}
LIST_OF(product)
LIST_OF(certificate)

/* As credit codes are written. */
static struct str upper(struct arena *arena, struct str text)
{
	char *copy = arena_alloc(arena, text.len + 1);
	for (size_t i = 0; i < text.len; i++)
		copy[i] =
			(char)(text.at[i] >= 'a' && text.at[i] <= 'z' ? text.at[i] - 'a' + 'A' : text.at[i]);
	return (struct str){copy, text.len};
}

static enum problem list_party(const struct master *m, const struct master_filter *f, struct listed **ret,
			       size_t *ret_count)
{
	struct party_list_row *rows;
	struct party_list_params params = {
		.q = f->q,
		.name = f->q,
		.uscc = f->q.at ? upper(m->arena, f->q) : f->q,
		.party = f->party,
		.region = f->region,
		.state = f->state,
		.after = f->after,
		.max_rows = f->limit,
	};
	enum problem p = party_list(m->db, m->arena, &params, &rows, ret_count);
	if (p)
		return p;
	*ret = arena_array(m->arena, struct listed, *ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = (struct listed){rows[i].body, rows[i].statement_sha256, rows[i].recorded_at,
					    rows[i].whole};
	return PROBLEM_NONE;
}

static enum problem list_site(const struct master *m, const struct master_filter *f, struct listed **ret,
			      size_t *ret_count)
{
	struct site_list_row *rows;
	struct site_list_params params = {
		.q = f->q,
		.name = f->q,
		.party = f->party,
		.region = f->region,
		.state = f->state,
		.after = f->after,
		.max_rows = f->limit,
	};
	enum problem p = site_list(m->db, m->arena, &params, &rows, ret_count);
	if (p)
		return p;
	*ret = arena_array(m->arena, struct listed, *ret_count);
	for (size_t i = 0; i < *ret_count; i++)
		(*ret)[i] = (struct listed){rows[i].body, rows[i].statement_sha256, rows[i].recorded_at,
					    rows[i].whole};
	return PROBLEM_NONE;
}

static enum problem list_rows(const struct master *m, enum thing_kind kind, const struct master_filter *f,
			      struct listed **ret, size_t *ret_count)
{
	switch (kind) {
	case THING_PARTY:
		return list_party(m, f, ret, ret_count);
	case THING_SITE:
		return list_site(m, f, ret, ret_count);
	case THING_PRODUCT:
		return list_product(m, f, ret, ret_count);
	case THING_CERTIFICATE:
		return list_certificate(m, f, ret, ret_count);
	case THING_LOT:
	case THING_SHIPMENT:
	case THING_UNIT:
	case THING_SAMPLE:
	case THING_ITEM:
	case THING_KIND_COUNT:
		break;
	}
	return PROBLEM_INTERNAL;
}

enum problem master_read_list(const struct master *m, enum thing_kind kind,
			      const struct master_filter *filter, void *ret, size_t *ret_count)
{
	const struct master_kind *ops = master_kind_of(kind);
	struct listed *rows;
	size_t count;
	enum problem p = list_rows(m, kind, filter, &rows, &count);
	if (p)
		return p;
	char *entities = arena_alloc_array(m->arena, count, ops->shape->size);
	for (size_t i = 0; i < count; i++) {
		void *entity = entities + i * ops->shape->size;
		p = master_from_body(m->arena, ops, rows[i].body, entity);
		if (p)
			return p;
		master_stamp(m->arena, entity, rows[i].recorded_at, rows[i].statement_sha256);
		if (!rows[i].whole && kind == THING_SITE)
			((struct site *)entity)->geometry = (struct str){NULL, 0};
		if (!rows[i].whole && kind == THING_PARTY)
			withhold_person(entity);
	}
	memcpy(ret, &entities, sizeof entities); /* the caller's array is of the kind's struct */
	*ret_count = count;
	return PROBLEM_NONE;
}
