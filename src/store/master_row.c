/* SPDX-License-Identifier: Apache-2.0
 * Pages and lists read master data from one row a thing. Whether that row says what its newest signed version says. */
#include "master_priv.h"
#include "queries.h"

static bool same(struct str a, struct str b)
{
	return a.at && b.at ? str_equal(a, b) : !a.at && !b.at;
}

/* The first member for which it does not; NULL: none. */
struct member {
	const char *name;
	bool same;
};

static const char *first_other(const struct member *members, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!members[i].same)
			return members[i].name;
	return NULL;
}
#define FIRST_OTHER(members) first_other(members, sizeof(members) / sizeof *(members))

static enum problem check_party(struct db *db, struct arena *arena, const void *entity, const char **ret)
{
	const struct party *party = entity;
	struct party_row_row row;
	enum problem p = party_row(db, arena, &(struct party_row_params){party->head.id}, &row);
	if (p)
		return p;
	const struct member members[] = {
		{"version", row.version == party->head.version},
		{"number", same(row.number, party->head.number)},
		{"kind", same(row.kind, party->kind)},
		{"name.zh", same(row.name_zh, party->name->zh)},
		{"name.en", same(row.name_en, party->name->en)},
		{"uscc", same(row.uscc, party->uscc)},
		{"gln", same(row.gln, party->gln)},
		{"region", same(row.region, party->region)},
		{"uri", same(row.uri, party->head.uri)},
		{"personal", row.personal == party->personal},
		{"state", same(row.state, party->head.state)},
	};
	*ret = row.newest > party->head.version ? NULL : FIRST_OTHER(members);
	return PROBLEM_NONE;
}

static enum problem check_site(struct db *db, struct arena *arena, const void *entity, const char **ret)
{
	const struct site *site = entity;
	struct site_row_row row;
	enum problem p = site_row(db, arena, &(struct site_row_params){site->head.id, site->geometry}, &row);
	if (p)
		return p;
	const struct member members[] = {
		{"version", row.version == site->head.version},
		{"party", uuid_equal(row.party, site->party)},
		{"number", same(row.number, site->head.number)},
		{"kind", same(row.kind, site->kind)},
		{"name.zh", same(row.name_zh, site->name->zh)},
		{"name.en", same(row.name_en, site->name->en)},
		{"region", same(row.region, site->region)},
		{"uri", same(row.uri, site->head.uri)},
		{"personal", row.personal == site->personal},
		{"geometry", row.same_geometry},
		{"commodity", same(row.commodity, site->commodity)},
		{"state", same(row.state, site->head.state)},
	};
	*ret = row.newest > site->head.version ? NULL : FIRST_OTHER(members);
	return PROBLEM_NONE;
}

static enum problem check_product(struct db *db, struct arena *arena, const void *entity, const char **ret)
{
	const struct product *product = entity;
	struct product_row_row row;
	struct product_columns c = product_columns(arena, product);
	enum problem p = product_row(db, arena, &(struct product_row_params){product->head.id}, &row);
	if (p)
		return p;
	const struct member members[] = {
		{"version", row.version == product->head.version},
		{"party", uuid_equal(row.party, product->party)},
		{"number", same(row.number, product->head.number)},
		{"name.zh", same(row.name_zh, product->name->zh)},
		{"name.en", same(row.name_en, product->name->en)},
		{"commodity", same(row.commodity, product->commodity)},
		{"gtin", same(row.gtin, product->gtin)},
		{"unit", same(row.unit, product->unit)},
		{"shelfLifeDays", row.shelf_life_days.known == c.shelf_life_days.known &&
					  row.shelf_life_days.value == c.shelf_life_days.value},
		{"temperature.min",
		 row.temperature_min.known == c.temperature_min.known &&
			 !decimal_compare(row.temperature_min.value, c.temperature_min.value)},
		{"temperature.max",
		 row.temperature_max.known == c.temperature_max.known &&
			 !decimal_compare(row.temperature_max.value, c.temperature_max.value)},
		{"packages", bytes_equal(row.packages, c.packages)},
		{"uri", same(row.uri, product->head.uri)},
		{"state", same(row.state, product->head.state)},
	};
	*ret = row.newest > product->head.version ? NULL : FIRST_OTHER(members);
	return PROBLEM_NONE;
}

static struct uuid *ids_of(struct arena *arena, const struct str_list *texts)
{
	struct uuid *ids = arena_array(arena, struct uuid, texts->count);
	for (size_t i = 0; i < texts->count; i++)
		if (!uuid_parse(texts->items[i], &ids[i]))
			ids[i] = (struct uuid){{0}};
	return ids;
}

static enum problem check_certificate(struct db *db, struct arena *arena, const void *entity,
				      const char **ret)
{
	const struct certificate *c = entity;
	struct certificate_row_row row;
	const struct certificate_row_params params = {
		.id = c->head.id,
		.products = {ids_of(arena, &c->products), c->products.count},
		.sites = {ids_of(arena, &c->sites), c->sites.count}};
	enum problem p = certificate_row(db, arena, &params, &row);
	if (p)
		return p;
	const struct member members[] = {
		{"version", row.version == c->head.version},
		{"holder", uuid_equal(row.party, c->holder)},
		{"scheme", same(row.scheme, c->scheme)},
		{"number", same(row.number, c->head.number)},
		{"products or sites", row.same_scope},
		{"validFrom", same(row.valid_from, c->valid_from)},
		{"validTo", same(row.valid_to, c->valid_to)},
		{"state", same(row.state, c->head.state)},
	};
	*ret = row.newest > c->head.version ? NULL : FIRST_OTHER(members);
	return PROBLEM_NONE;
}

enum problem master_row_check(struct db *db, struct arena *arena, enum thing_kind kind, struct bytes body,
			      const char **ret_other)
{
	const struct master_kind *ops = master_kind_of(kind);
	void *entity = arena_alloc(arena, ops->shape->size);
	enum problem p = master_from_body(arena, ops, body, entity);
	*ret_other = NULL;
	if (p)
		return PROBLEM_NONE; /* told as a body that is not the one that was signed */
	p = kind == THING_PARTY     ? check_party(db, arena, entity, ret_other)
	    : kind == THING_SITE    ? check_site(db, arena, entity, ret_other)
	    : kind == THING_PRODUCT ? check_product(db, arena, entity, ret_other)
				    : check_certificate(db, arena, entity, ret_other);
	if (p != PROBLEM_NOT_FOUND)
		return p;
	*ret_other = "its row, which is gone";
	return PROBLEM_NONE;
}
