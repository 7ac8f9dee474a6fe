/* SPDX-License-Identifier: Apache-2.0
 * How parties, places, regions and products stand in a trail, and what of it is not for this reader. */
#include <string.h>

#include "trail_priv.h"

#include "ft/core/thing_name.h"

static const struct str personal = {"personal", 8};

struct trail_name *trail_name_make(struct arena *arena, struct str zh, struct str en)
{
	struct trail_name *name = arena_new(arena, struct trail_name);
	*name = (struct trail_name){zh, en};
	return name;
}

static bool may_see_persons_of(const struct trail_facts *facts, struct uuid party)
{
	const struct trail_ask *ask = facts->ask;
	bool own = false;
	for (size_t i = 0; i < ask->party_count; i++)
		own = own || uuid_equal(ask->parties[i], party);
	return own || ask->persons;
}

struct trail_party *trail_party_make(const struct trail_facts *facts, struct uuid id)
{
	const struct trail_parties_row *row = map_get(facts->parties, MAP_KEY(id));
	if (!row)
		return NULL;
	struct trail_party *party = arena_new(facts->arena, struct trail_party);
	*party = (struct trail_party){.id = uuid_print(facts->arena, row->id), .kind = row->kind};
	if (row->erased_at.known)
		party->erased_at = utc_print(facts->arena, row->erased_at.value);
	if (row->erased_at.known || (row->personal && !may_see_persons_of(facts, row->id)))
		party->withheld = personal;
	else
		party->name = trail_name_make(facts->arena, row->name_zh, row->name_en);
	return party;
}

struct trail_place *trail_place_make(const struct trail_facts *facts, struct uuid site)
{
	const struct trail_sites_row *row = map_get(facts->sites, MAP_KEY(site));
	if (!row)
		return NULL;
	struct trail_place *place = arena_new(facts->arena, struct trail_place);
	*place = (struct trail_place){.id = uuid_print(facts->arena, row->id), .kind = row->kind};
	if (row->erased_at.known)
		place->erased_at = utc_print(facts->arena, row->erased_at.value);
	if (row->erased_at.known || (row->personal && !may_see_persons_of(facts, row->party)))
		place->withheld = personal;
	else
		place->name = row->name_zh;
	return place;
}

struct trail_place *trail_place_told(const struct trail_facts *facts, struct str uri)
{
	struct str path = uri.at ? thing_uri_path(facts->arena, uri) : uri;
	if (!path.at || !str_starts(path, STR("/414/")))
		return NULL;
	struct trail_place *place = arena_new(facts->arena, struct trail_place);
	*place = (struct trail_place){
		.id = arena_printf(facts->arena, "https://id.gs1.org%.*s", STR_ARGS(path)),
		.name = arena_printf(facts->arena, "GLN %.*s", STR_ARGS(str_from(path, strlen("/414/"))))};
	return place;
}

struct trail_product *trail_product_make(const struct trail_facts *facts, const struct trail_lots_row *lot)
{
	struct trail_product *product = arena_new(facts->arena, struct trail_product);
	*product = (struct trail_product){
		.id = uuid_is_nil(lot->product) ? (struct str){NULL, 0}
						: uuid_print(facts->arena, lot->product),
		.number = lot->product_number,
		.commodity = lot->commodity,
		.gtin = lot->gtin,
		.name = trail_name_make(facts->arena, lot->product_zh, lot->product_en)};
	return product;
}

struct trail_quantity *trail_quantity_make(struct arena *arena, struct str value, struct str unit)
{
	struct trail_quantity *quantity = arena_new(arena, struct trail_quantity);
	*quantity = (struct trail_quantity){value, unit};
	return quantity;
}

static struct trail_region *region_of(const struct trail_facts *facts, const struct trail_regions_row *row)
{
	struct trail_region *region = arena_new(facts->arena, struct trail_region);
	*region = (struct trail_region){row->code, row->name_zh, row->name_en};
	return region;
}

struct trail_places trail_places_of(const struct trail_facts *facts, struct str code)
{
	enum { LEVELS_MAX = 8 }; /* four are in use: a table that held itself would otherwise not end */
	struct trail_places places = {0};
	for (int i = 0; code.at && i < LEVELS_MAX; i++) {
		const struct trail_regions_row *row = map_get(facts->regions, str_bytes(code));
		if (!row)
			break;
		if (str_equal(row->level, STR("province")))
			places.province = region_of(facts, row);
		else if (str_equal(row->level, STR("prefecture")))
			places.city = region_of(facts, row);
		else if (str_equal(row->level, STR("district")))
			places.district = region_of(facts, row);
		else if (str_equal(row->level, STR("township")))
			places.township = region_of(facts, row);
		code = row->parent;
	}
	return places;
}
