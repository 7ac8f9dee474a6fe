/* SPDX-License-Identifier: Apache-2.0
 * Certificates: what they cover, how they are filed. */
#include "queries.h"

#include "master_priv.h"

static enum problem check_day(const struct master_work *work, struct str text, const char *pointer,
			      int32_t *ret)
{
	if (date_parse(text, ret))
		return PROBLEM_NONE;
	enum problem p = fault_set(work->reterr, PROBLEM_DATE_SYNTAX, "date", "%s", pointer);
	work->reterr->value = text;
	return p;
}

/* A certificate covers what its holder registered, and nobody else's. */
static enum problem check_covered(const struct master_work *work, struct db *db, const struct certificate *c,
				  enum thing_kind kind, const char *member, const struct str_list *sent,
				  struct str_list *ret)
{
	struct arena *arena = work->m->arena;
	const struct master_kind *ops = master_kind_of(kind);
	struct str *ids = arena_array(arena, struct str, sent->count);
	for (size_t i = 0; i < sent->count; i++) {
		const char *pointer = arena_printf(arena, "/%s/%zu", member, i).at;
		struct uuid id;
		void *covered = arena_alloc(arena, ops->shape->size);
		struct master_version_get_row row;
		enum problem p = master_find_in(db, arena, kind, c->holder, sent->items[i], pointer, &id,
						work->reterr);
		if (p)
			return p;
		struct master_version_get_params params = {.kind = str_of(thing_kind_words[kind]), .id = id};
		p = master_version_get(db, arena, &params, &row);
		if (!p)
			p = master_from_body(arena, ops, row.body, covered);
		if (p == PROBLEM_NOT_FOUND || (!p && !uuid_equal(ops->owner(covered), c->holder))) {
			p = fault_set(work->reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "%s", pointer);
			work->reterr->value = sent->items[i];
		}
		if (p)
			return p;
		ids[i] = uuid_print(arena, id);
	}
	*ret = (struct str_list){ids, sent->count};
	return PROBLEM_NONE;
}

static enum problem check_days(const struct master_work *work, const struct certificate_input *in)
{
	int32_t from, to;
	enum problem p = check_day(work, in->valid_from, "/validFrom", &from);
	if (!p)
		p = check_day(work, in->valid_to, "/validTo", &to);
	if (!p && to < from)
		p = fault_set(work->reterr, PROBLEM_TIME_ORDER, "order", "/validTo");
	return p;
}

static enum problem check_fixed(const struct master_work *work, const struct certificate_input *in,
				const struct certificate *old)
{
	if (!str_equal(in->common.number, old->head.number))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "/number");
	if (!str_equal(in->scheme, old->scheme))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "/scheme");
	return PROBLEM_NONE;
}

static enum problem build(const struct master_work *work, struct db *db, const void *input, const void *old,
			  void *ret)
{
	const struct certificate_input *in = input;
	const struct certificate *before = old;
	struct certificate *c = ret;
	struct party_seat_row seat;
	enum problem p = check_days(work, in);
	if (!p)
		p = master_owner(work, db, in->holder, before ? &before->holder : NULL, "/holder",
				 &c->holder);
	if (p)
		return p;
	p = party_seat(db, work->m->arena, &(struct party_seat_params){c->holder}, &seat);
	if (p == PROBLEM_NOT_FOUND)
		p = fault_set(work->reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "/holder");
	if (!p && before)
		p = check_fixed(work, in, before);
	if (!p)
		p = check_covered(work, db, c, THING_PRODUCT, "products", &in->products, &c->products);
	if (!p)
		p = check_covered(work, db, c, THING_SITE, "sites", &in->sites, &c->sites);
	if (p)
		return p;
	c->head.number = in->common.number;
	c->scheme = in->scheme;
	c->valid_from = in->valid_from;
	c->valid_to = in->valid_to;
	return PROBLEM_NONE;
}

static struct uuid owner(const void *entity)
{
	return ((const struct certificate *)entity)->holder;
}

static struct str region(const void *entity)
{
	(void)entity;
	return (struct str){NULL, 0};
}

static void spell(struct arena *arena, const void *entity, struct spellings *s)
{
	const struct certificate *c = entity;
	spell_number(s, THING_CERTIFICATE, c->holder, c->head.number, "/number");
	spell_path(s, arena_printf(arena, "/a/%.*s/%.*s", STR_ARGS(c->scheme), STR_ARGS(c->head.number)),
		   "/number");
}

static struct sql_array ids_of(struct arena *arena, const struct str_list *list)
{
	struct uuid *ids = arena_array(arena, struct uuid, list->count);
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		if (uuid_parse(list->items[i], &ids[count]))
			count++;
	return (struct sql_array){ids, count};
}

static int32_t day_of(struct str text)
{
	int32_t day = 0;
	date_parse(text, &day);
	return day;
}

static enum problem insert(struct db *db, const void *entity, usec_t now_us)
{
	const struct certificate *c = entity;
	struct arena *arena = arena_create();
	struct certificate_insert_params row = {
		.id = c->head.id,
		.party = c->holder,
		.scheme = c->scheme,
		.number = c->head.number,
		.products = ids_of(arena, &c->products),
		.sites = ids_of(arena, &c->sites),
		.valid_from = day_of(c->valid_from),
		.valid_to = day_of(c->valid_to),
		.state = c->head.state,
		.updated_at = now_us,
	};
	int64_t rows;
	enum problem p = certificate_insert(db, &row, &rows);
	arena_destroy(arena);
	return p;
}

static enum problem update(struct db *db, const void *entity, usec_t now_us)
{
	const struct certificate *c = entity;
	struct arena *arena = arena_create();
	struct certificate_update_params row = {
		.id = c->head.id,
		.products = ids_of(arena, &c->products),
		.sites = ids_of(arena, &c->sites),
		.valid_from = day_of(c->valid_from),
		.valid_to = day_of(c->valid_to),
		.state = c->head.state,
		.version = c->head.version,
		.updated_at = now_us,
	};
	int64_t rows;
	enum problem p = certificate_update(db, &row, &rows);
	arena_destroy(arena);
	return p;
}

/* Where the goods grew is not for readers of coarse views. */
static void coarsen(void *entity, enum tier tier, const struct region_tiers *tiers)
{
	(void)tiers;
	struct certificate *c = entity;
	if (tier >= TIER_TOWNSHIP)
		c->sites = (struct str_list){NULL, 0};
}

const struct master_kind master_certificate = {
	.kind = THING_CERTIFICATE,
	.create_action = "createCertificate",
	.replace_action = "replaceCertificate",
	.shape = &certificate_shape,
	.build = build,
	.owner = owner,
	.region = region,
	.spell = spell,
	.insert = insert,
	.update = update,
	.coarsen = coarsen,
};
