/* SPDX-License-Identifier: Apache-2.0
 * Products: units, packages, GTIN, how they are filed. */
#include "queries.h"

#include "ft/core/gs1_key.h"
#include "ft/core/unit.h"

#include "master_priv.h"

static enum problem refuse(const struct master_work *work, enum problem p, const char *rule,
			   const char *pointer, struct str value)
{
	(void)fault_set(work->reterr, p, rule, "%s", pointer);
	work->reterr->value = value;
	return p;
}

static enum problem number_of(const struct master_work *work, const struct product_input *in,
			      const struct product *old, struct uuid id, struct str *ret)
{
	enum problem p = master_number(work, in, old ? &old->head : NULL, id, ret);
	if (!p && old && !str_equal(*ret, old->head.number))
		return fault_set(work->reterr, PROBLEM_FIELD_RANGE, "fixed", "/number");
	return p;
}

/* A shorter GTIN is the same number without its leading zeros. */
static enum problem check_gtin(const struct master_work *work, struct str sent, struct str *ret)
{
	struct gtin gtin;
	struct str text = sent;
	if (text.len == 8 || text.len == 12 || text.len == 13)
		text = arena_printf(work->m->arena, "%.*s%.*s", (int)(14 - text.len), "000000",
				    STR_ARGS(text));
	enum problem p = gtin_parse_for_registration(text, &gtin);
	if (p)
		return refuse(work, p, "gtin", "/gtin", sent);
	*ret = arena_str(work->m->arena, gtin_str(&gtin));
	return PROBLEM_NONE;
}

static enum problem check_package(const struct master_work *work, const struct product_package *in, size_t i,
				  struct product_package *ret)
{
	struct arena *arena = work->m->arena;
	const struct unit *unit = unit_find(in->unit);
	struct quantity holds;
	if (!unit)
		return refuse(work, PROBLEM_UNIT_UNKNOWN, "unit",
			      arena_printf(arena, "/packages/%zu/unit", i).at, in->unit);
	if (unit->dimension != DIMENSION_PACKAGE)
		return refuse(work, PROBLEM_UNIT_DIMENSION, "package",
			      arena_printf(arena, "/packages/%zu/unit", i).at, in->unit);
	enum problem p = quantity_of(in->holds->value, in->holds->unit, &holds);
	if (p == PROBLEM_UNIT_UNKNOWN)
		return refuse(work, p, "unit", arena_printf(arena, "/packages/%zu/holds/unit", i).at,
			      in->holds->unit);
	if (p)
		return refuse(work, p, "quantity", arena_printf(arena, "/packages/%zu/holds/value", i).at,
			      in->holds->value);
	if (holds.unit->dimension == DIMENSION_PACKAGE)
		return refuse(work, PROBLEM_UNIT_DIMENSION, "content",
			      arena_printf(arena, "/packages/%zu/holds/unit", i).at, in->holds->unit);
	ret->unit = str_of(unit->code);
	ret->holds = arena_new(arena, struct product_content);
	*ret->holds = (struct product_content){in->holds->value, str_of(holds.unit->code)};
	return PROBLEM_NONE;
}

static enum problem check_packages(const struct master_work *work, const struct list *sent, struct list *ret)
{
	const struct product_package *in = sent->items;
	struct product_package *packages = arena_array(work->m->arena, struct product_package, sent->count);
	for (size_t i = 0; i < sent->count; i++) {
		enum problem p = check_package(work, &in[i], i, &packages[i]);
		if (p)
			return p;
		for (size_t j = 0; j < i; j++)
			if (str_equal(packages[j].unit, packages[i].unit))
				return refuse(work, PROBLEM_FIELD_RANGE, "unique",
					      arena_printf(work->m->arena, "/packages/%zu/unit", i).at,
					      in[i].unit);
	}
	*ret = (struct list){packages, sent->count};
	return PROBLEM_NONE;
}

static enum problem check_temperature(const struct master_work *work, const struct product_temperature *t)
{
	struct decimal low, high;
	if (t->min.at && !decimal_parse(t->min, &low))
		return refuse(work, PROBLEM_QUANTITY_SYNTAX, "decimal", "/temperature/min", t->min);
	if (t->max.at && !decimal_parse(t->max, &high))
		return refuse(work, PROBLEM_QUANTITY_SYNTAX, "decimal", "/temperature/max", t->max);
	if (t->min.at && t->max.at && decimal_compare(low, high) > 0)
		return refuse(work, PROBLEM_FIELD_RANGE, "order", "/temperature/max", t->max);
	return PROBLEM_NONE;
}

static enum problem check_measures(const struct master_work *work, const struct product_input *in,
				   struct product *product)
{
	const struct unit *unit = unit_find(in->unit);
	if (!unit)
		return refuse(work, PROBLEM_UNIT_UNKNOWN, "unit", "/unit", in->unit);
	product->unit = str_of(unit->code);
	enum problem p = in->gtin.at ? check_gtin(work, in->gtin, &product->gtin) : PROBLEM_NONE;
	if (!p && in->temperature)
		p = check_temperature(work, in->temperature);
	if (!p)
		p = check_packages(work, &in->packages, &product->packages);
	return p;
}

static struct str uri_of(const struct master_work *work, const struct product *product, struct str party_uri)
{
	if (product->gtin.at)
		return arena_printf(work->m->arena, "https://id.gs1.org/01/%.*s", STR_ARGS(product->gtin));
	return arena_printf(work->m->arena, "%.*s/p/%.*s", STR_ARGS(party_uri),
			    STR_ARGS(product->head.number));
}

static enum problem build(const struct master_work *work, struct db *db, const void *input, const void *old,
			  void *ret)
{
	const struct product_input *in = input;
	const struct product *before = old;
	struct product *product = ret;
	struct party_seat_row seat;
	enum problem p =
		master_owner(work, db, in->party, before ? &before->party : NULL, "/party", &product->party);
	if (!p)
		p = party_seat(db, work->m->arena, &(struct party_seat_params){product->party}, &seat);
	if (p == PROBLEM_NOT_FOUND && master_may_act_for(&work->m->actor, product->party))
		p = fault_set(work->reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "/party");
	if (!p)
		p = number_of(work, in, before, product->head.id, &product->head.number);
	if (!p)
		p = check_measures(work, in, product);
	if (p)
		return p;
	product->name = in->name;
	product->commodity = in->commodity;
	product->temperature = in->temperature;
	if (in->shelf_life_days)
		product->shelf_life_days =
			arena_printf(work->m->arena, "%lld", (long long)in->shelf_life_days);
	product->head.uri = before ? before->head.uri : uri_of(work, product, seat.uri);
	return PROBLEM_NONE;
}

static struct uuid owner(const void *entity)
{
	return ((const struct product *)entity)->party;
}

static struct str region(const void *entity)
{
	(void)entity;
	return (struct str){NULL, 0};
}

static void spell(struct arena *arena, const void *entity, struct spellings *s)
{
	const struct product *product = entity;
	struct str party = uuid_print(arena, product->party);
	spell_number(s, THING_PRODUCT, product->party, product->head.number, "/number");
	spell_path(s, arena_printf(arena, "/o/%.*s/p/%.*s", STR_ARGS(party), STR_ARGS(product->head.number)),
		   "/number");
	if (product->gtin.at)
		spell_path(s, arena_printf(arena, "/01/%.*s", STR_ARGS(product->gtin)), "/gtin");
	spell_uri(arena, s, product->head.uri, "/number");
}

static struct sql_nullable_decimal degrees(struct str text)
{
	struct sql_nullable_decimal d = {0};
	d.known = text.at && decimal_parse(text, &d.value);
	return d;
}

struct product_columns product_columns(struct arena *arena, const struct product *product)
{
	struct product_columns c = {0};
	c.shelf_life_days.known =
		product->shelf_life_days.at &&
		json_integer(&(struct json){.kind = JSON_NUMBER, .text = product->shelf_life_days},
			     &c.shelf_life_days.value);
	if (product->temperature) {
		c.temperature_min = degrees(product->temperature->min);
		c.temperature_max = degrees(product->temperature->max);
	}
	if (product->packages.count) {
		/* The member as it stands in the body, cut out of a body that has nothing else. */
		struct product bare = {.packages = product->packages};
		struct buf out = buf_create(arena, 256);
		struct json_writer w = json_writer(&out);
		struct json json;
		struct fault unused = {0};
		shape_encode(&product_shape, &bare, &w);
		if (!json_parse(arena, buf_str(&out), &json, &unused))
			c.packages = str_bytes(json_get(&json, STR("packages"))->span);
	}
	return c;
}

static enum problem insert(struct db *db, const void *entity, usec_t now_us)
{
	const struct product *product = entity;
	struct arena *arena = arena_create();
	struct product_columns c = product_columns(arena, product);
	struct product_insert_params row = {
		.id = product->head.id,
		.party = product->party,
		.number = product->head.number,
		.name_zh = product->name->zh,
		.name_en = product->name->en,
		.commodity = product->commodity,
		.gtin = product->gtin,
		.unit = product->unit,
		.shelf_life_days = c.shelf_life_days,
		.temperature_min = c.temperature_min,
		.temperature_max = c.temperature_max,
		.packages = c.packages,
		.uri = product->head.uri,
		.state = product->head.state,
		.updated_at = now_us,
	};
	int64_t rows;
	enum problem p = product_insert(db, &row, &rows);
	arena_destroy(arena);
	return p;
}

static enum problem update(struct db *db, const void *entity, usec_t now_us)
{
	const struct product *product = entity;
	struct arena *arena = arena_create();
	struct product_columns c = product_columns(arena, product);
	struct product_update_params row = {
		.id = product->head.id,
		.name_zh = product->name->zh,
		.name_en = product->name->en,
		.commodity = product->commodity,
		.gtin = product->gtin,
		.unit = product->unit,
		.shelf_life_days = c.shelf_life_days,
		.temperature_min = c.temperature_min,
		.temperature_max = c.temperature_max,
		.packages = c.packages,
		.state = product->head.state,
		.version = product->head.version,
		.updated_at = now_us,
	};
	int64_t rows;
	enum problem p = product_update(db, &row, &rows);
	arena_destroy(arena);
	return p;
}

/* A product names nobody and lies nowhere. */
static void coarsen(void *entity, enum tier tier, const struct region_tiers *tiers)
{
	(void)entity;
	(void)tier;
	(void)tiers;
}

const struct master_kind master_product = {
	.kind = THING_PRODUCT,
	.create_action = "createProduct",
	.replace_action = "replaceProduct",
	.shape = &product_shape,
	.build = build,
	.owner = owner,
	.region = region,
	.spell = spell,
	.insert = insert,
	.update = update,
	.coarsen = coarsen,
};
