/* SPDX-License-Identifier: Apache-2.0
 * What a partner's event names. Any URI names something: what nobody registered here becomes a lot or a place that is known
 * from partners' documents only. */
#include <string.h>

#include "capture_partner_priv.h"

#include "ft/core/epc_urn.h"

enum { NUMBER_MAX = 200 };

void partner_read_identity(struct item *item)
{
	const struct capture_job *job = item->job;
	struct str identity = job->event_id;
	if (job->event->is_declaration) /* EPCIS 2.0, 7.4.1.2: the one case where an eventID stands twice */
		identity = arena_printf(job->arena, "%.*s\n%.*s", STR_ARGS(identity),
					STR_ARGS(utc_print(job->arena, job->event->declared_us)));
	item->event_hash = sha256_of(str_bytes(identity));
}

static struct named name_path(struct str path)
{
	struct named named = {.asked = path.at != NULL};
	if (path.at)
		named.name = (struct thing_name){.form = NAME_HASH, .hash = thing_hash_path(path)};
	return named;
}

static struct named name_uri(struct item *item, struct str uri)
{
	struct str path = uri.at ? thing_uri_path(item->job->arena, uri) : uri;
	return name_path(path);
}

/* The last part of a URI, for those who read it. */
static struct str tail_of(struct str uri)
{
	size_t at = uri.len;
	while (at && uri.at[at - 1] != '/' && uri.at[at - 1] != ':')
		at--;
	struct str tail = at < uri.len ? str_from(uri, at) : uri;
	return tail.len > NUMBER_MAX ? str_from(tail, tail.len - NUMBER_MAX) : tail;
}

/* Goods are classes and items of products, and what has no GS1 key at all. Crates, documents, places and parties are not. */
static bool goods_read(struct arena *arena, const struct epcis_mention *mention, struct goods *ret)
{
	struct digital_link link;
	struct fault ignored = {0};
	struct goods goods = {.mention = mention, .path = thing_uri_path(arena, mention->uri)};
	if (mention->role == EPCIS_PARENT || !goods.path.at)
		return false;
	goods.uri = goods.path.at[0] == '/'
			    ? arena_printf(arena, "https://id.gs1.org%.*s", STR_ARGS(goods.path))
			    : goods.path;
	if (digital_link_parse_uri(arena, goods.uri, &link, &ignored)) {
		goods.uri = mention->uri;
		goods.number = tail_of(mention->uri);
		*ret = goods;
		return !memmem(goods.path.at, goods.path.len, "/u/", 3);
	}
	bool product = str_equal(link.key.ai, STR("01"));
	if (!product && !str_equal(link.key.ai, STR("8006")))
		return false;
	struct str lot = digital_link_qualifier(&link, STR("10")),
		   serial = digital_link_qualifier(&link, STR("21"));
	goods.number = lot.at ? lot : serial.at ? serial : link.key.value;
	if (product)
		goods.gtin = link.key.value;
	*ret = goods;
	return true;
}

static bool has_instance(const struct goods *goods)
{
	while (goods && !goods->mention->instance)
		goods = goods->again;
	return goods != NULL;
}

/* What an event says of the same goods in several entries, however each spells them, it says of them together. A single item
 * is one, however often it is named. */
static bool joins_before(struct arena *arena, struct item *item, size_t count, const struct goods *goods)
{
	for (size_t i = 0; i < count; i++) {
		if (!str_equal(item->goods[i].path, goods->path) ||
		    item->goods[i].mention->role != goods->mention->role)
			continue;
		if (goods->mention->instance && has_instance(&item->goods[i]))
			return true;
		struct goods *more = arena_new(arena, struct goods);
		*more = *goods;
		more->again = item->goods[i].again;
		item->goods[i].again = more;
		return true;
	}
	return false;
}

void partner_read_names(struct batch *batch, struct item *item)
{
	const struct epcis_event *event = item->job->event;
	struct str place = event->biz_location.at ? event->biz_location : event->read_point;
	item->to = name_uri(item, event->to);
	item->from = name_uri(item, event->from);
	item->sites = arena_new(batch->arena, struct named);
	item->sites[0] = name_uri(item, place);
	item->site_count = 1;
	item->goods = arena_array(batch->arena, struct goods, event->mention_count);
	item->output_lots = arena_array(batch->arena, struct named, event->mention_count);
	item->output_products = arena_array(batch->arena, struct named, event->mention_count);
	for (size_t i = 0; i < event->mention_count; i++) {
		struct goods goods = {0};
		size_t n = item->output_count;
		if (!goods_read(batch->arena, &event->mentions[i], &goods) ||
		    joins_before(batch->arena, item, n, &goods))
			continue;
		item->goods[n] = goods;
		item->output_lots[n] = name_path(goods.path);
		if (goods.gtin.at)
			item->output_products[n] =
				name_path(arena_printf(batch->arena, "/01/%.*s", STR_ARGS(goods.gtin)));
		item->output_count++;
	}
	partner_read_units(batch, item);
}

/* What nobody registered here is anybody's to tell of. A lot that is registered, or of a product that is, exists for the
 * parties that made it, hold it, were sent it, or receive it from who holds it: else a document that names it would show its
 * trail to whoever wrote the document. */
static bool goods_known(struct batch *batch, const struct item *item, const struct event_parts *parts,
			size_t index)
{
	const struct lot_fact *lot = batch_lot(batch, &item->output_lots[index]);
	const struct named *named = &item->output_products[index];
	const struct capture_products_row *product =
		named->found ? map_get(batch->products, MAP_KEY(named->id.lot)) : NULL;
	if (!lot)
		return !product || uuid_equal(product->party, item->acting) || job_is_unbounded(item->job);
	return !lot_is_registered(lot) || lot_known_to(batch, item, lot, item->acting) ||
	       (item->job->kind->class == RECORD_RECEIVE && parts->from &&
		batch_holding(batch, (struct lot_id){lot->row.org_id, lot->row.lot_id}, parts->from->id));
}

enum problem partner_check_known(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	for (size_t i = 0; i < item->output_count; i++) {
		const struct epcis_mention *mention = item->goods[i].mention;
		if (goods_known(batch, item, parts, i))
			continue;
		(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "%.*s",
				STR_ARGS(mention->pointer));
		item->job->fault->value = mention->uri;
		return PROBLEM_NOT_KNOWN_YET;
	}
	return PROBLEM_NONE;
}
