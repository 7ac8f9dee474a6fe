/* SPDX-License-Identifier: Apache-2.0
 * What the versions of master data said at the time of which a trail is asked for: names, and what certificates covered. */
#include "trail_priv.h"

#include "ft/codec/json.h"

/* false: it is no JSON object, so somebody changed it. */
static bool said(const struct trail_facts *facts, struct bytes body, struct json *ret)
{
	struct fault ignored = {0};
	return json_parse(facts->arena, bytes_str(body), ret, &ignored) == PROBLEM_NONE &&
	       ret->kind == JSON_OBJECT;
}

static struct str member(const struct json *said, struct str name)
{
	return json_text(json_get(said, name));
}

static void name_product(struct trail_facts *facts, struct uuid id, const struct json *then)
{
	const struct json *name = json_get(then, STR("name"));
	struct str number = member(then, STR("number"));
	for (size_t i = 0; i < facts->lot_count; i++) {
		struct trail_lots_row *lot = &facts->lots[i];
		if (!uuid_equal(lot->product, id))
			continue;
		lot->product_zh = member(name, STR("zh"));
		lot->product_en = member(name, STR("en"));
		lot->product_number = number.at ? number : lot->number;
		lot->gtin = member(then, STR("gtin"));
	}
}

/* What names nobody any more stays as it is today: it was erased. */
void trail_named_then(struct trail_facts *facts, const struct trail_names_then_row *row)
{
	struct trail_parties_row *party = map_get(facts->parties, MAP_KEY(row->id));
	struct trail_sites_row *site = map_get(facts->sites, MAP_KEY(row->id));
	struct json then;
	if (!said(facts, row->body, &then))
		return;
	const struct json *name = json_get(&then, STR("name"));
	struct str zh = member(name, STR("zh"));
	if (!zh.at)
		return;
	if (party) {
		party->name_zh = zh;
		party->name_en = member(name, STR("en"));
		party->kind = member(&then, STR("kind"));
	} else if (site) {
		site->name_zh = zh;
		site->name_en = member(name, STR("en"));
		site->kind = member(&then, STR("kind"));
	} else {
		name_product(facts, row->id, &then);
	}
}

static struct sql_array ids_of(struct trail_facts *facts, const struct json *list)
{
	size_t count = list && list->kind == JSON_ARRAY ? list->count : 0, n = 0;
	struct uuid *ids = arena_array(facts->arena, struct uuid, count);
	for (size_t i = 0; i < count; i++)
		n += uuid_parse(json_text(&list->items[i]), &ids[n]);
	return (struct sql_array){ids, n};
}

static bool certify(struct trail_facts *facts, struct trail_certificates_row *row)
{
	struct json then;
	if (!row->body.at)
		return true;
	if (!said(facts, row->body, &then) || !str_equal(member(&then, STR("state")), STR("active")))
		return false;
	row->products = ids_of(facts, json_get(&then, STR("products")));
	row->sites = ids_of(facts, json_get(&then, STR("sites")));
	return date_parse(member(&then, STR("validFrom")), &row->valid_from) &&
	       date_parse(member(&then, STR("validTo")), &row->valid_to);
}

void trail_certified_then(struct trail_facts *facts)
{
	size_t kept = 0;
	for (size_t i = 0; i < facts->certificate_count; i++)
		if (certify(facts, &facts->certificates[i]))
			facts->certificates[kept++] = facts->certificates[i];
	facts->certificate_count = kept;
}
