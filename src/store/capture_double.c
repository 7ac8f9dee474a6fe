/* SPDX-License-Identifier: Apache-2.0
 * Likely doubles: records with an id of their own that tell what another told minutes before or after. They are stored,
 * for only people can say whether it was done twice, and the answer names the other. */
#include <string.h>

#include "capture_pack_priv.h"

static bool may_double(const struct item *item)
{
	return !item->problem && !item->replay;
}

static struct uuid recorder_of(const struct item *item)
{
	return item->job->party_count ? item->job->parties[0] : item->acting;
}

/* Names could be guessed from a digest that anybody can make. */
static int64_t blinded(const struct batch *batch, int64_t likeness)
{
	int64_t out;
	const struct bytes plain = {(const uint8_t *)&likeness, sizeof likeness};
	struct sha256 digest = hmac_sha256(sha256_bytes(&batch->capture->settings.vault->nonce_key), plain);
	memcpy(&out, digest.octets, sizeof out);
	return out;
}

/* What a spelling turned out to name; a name that is nothing yet stays as it is written. */
static struct str meant(struct batch *batch, const struct named *named, struct str spelling)
{
	if (!spelling.at || !named->found)
		return spelling;
	return arena_printf(batch->arena, "%.*s %.*s", STR_ARGS(uuid_print(batch->arena, named->id.lot)),
			    STR_ARGS(named->pack));
}

/* What its URI ends in: the record told first may be the one that the unit is known by. */
static struct str unit_meant(struct batch *batch, const struct named *named, struct str spelling)
{
	if (!spelling.at)
		return spelling;
	const struct unit_fact *unit = batch_unit(batch, named);
	struct str uri = unit ? unit->row.uri : thing_uri_of(batch->arena, spelling);
	return uri.at ? str_after_last(uri, '/') : spelling;
}

static struct str_list sites_meant(struct batch *batch, const struct named *named, struct str_list spelled)
{
	struct str *texts = arena_array(batch->arena, struct str, spelled.count);
	for (size_t i = 0; i < spelled.count; i++)
		texts[i] = meant(batch, &named[i], spelled.items[i]);
	return (struct str_list){texts, spelled.count};
}

static struct list lots_meant(struct batch *batch, const struct item *item, struct list spelled)
{
	struct record_lot *lots = arena_array(batch->arena, struct record_lot, spelled.count);
	for (size_t i = 0; i < spelled.count; i++) {
		lots[i] = ((const struct record_lot *)spelled.items)[i];
		lots[i].lot = meant(batch, &item->lots[i], lots[i].lot);
	}
	return (struct list){lots, spelled.count};
}

static struct list contents_meant(struct batch *batch, const struct item *item, struct list spelled)
{
	struct record_content *contents = arena_array(batch->arena, struct record_content, spelled.count);
	for (size_t i = 0; i < spelled.count; i++) {
		contents[i] = ((const struct record_content *)spelled.items)[i];
		contents[i].lot = meant(batch, &item->lots[i], contents[i].lot);
		contents[i].unit = unit_meant(batch, &item->units[i], contents[i].unit);
	}
	for (size_t k = 0; k < item->pack_count; k++)
		contents[item->packs[k].index].item =
			meant(batch, &item->packs[k].named, item->packs[k].spelling);
	return (struct list){contents, spelled.count};
}

static struct list outputs_meant(struct batch *batch, const struct item *item, struct list spelled)
{
	struct record_output *outputs = arena_array(batch->arena, struct record_output, spelled.count);
	for (size_t i = 0; i < spelled.count; i++) {
		outputs[i] = ((const struct record_output *)spelled.items)[i];
		outputs[i].product = meant(batch, &item->output_products[i], outputs[i].product);
		outputs[i].lot = meant(batch, &item->output_lots[i], outputs[i].lot);
	}
	return (struct list){outputs, spelled.count};
}

static struct str_list units_meant(struct batch *batch, const struct item *item, struct str_list spelled)
{
	struct str *texts = arena_array(batch->arena, struct str, spelled.count);
	for (size_t i = 0; i < spelled.count; i++)
		texts[i] = unit_meant(batch, &item->units[i], spelled.items[i]);
	return (struct str_list){texts, spelled.count};
}

static struct str_list packs_meant(struct batch *batch, const struct item *item, struct str_list spelled)
{
	struct str *texts = arena_array(batch->arena, struct str, spelled.count);
	for (size_t i = 0; i < spelled.count; i++)
		texts[i] = meant(batch, &item->packs[i].named, spelled.items[i]);
	return (struct str_list){texts, spelled.count};
}

/* The record with what its spellings mean in their place: the paper may name by its number what the phone named by its
 * code. */
static struct record record_meant(struct batch *batch, const struct item *item)
{
	const struct record *record = item->job->record;
	const enum record_class class = item->job->kind->class;
	struct record like = *record;
	like.site = meant(batch, item->sites, record->site);
	like.sites = sites_meant(batch, item->sites + (record->site.at ? 1 : 0), record->sites);
	like.to = meant(batch, &item->to, record->to);
	like.from = meant(batch, &item->from, record->from);
	like.shipment = meant(batch, &item->shipment, record->shipment);
	like.unit = unit_meant(batch, &item->unit, record->unit);
	if (record->unit.at) {
		like.contents = contents_meant(batch, item, record->contents);
	} else {
		struct list *lots = class == RECORD_TRANSFORM ? &like.inputs : &like.lots;
		*lots = lots_meant(batch, item, *lots);
		like.units = units_meant(batch, item, record->units);
		like.packs = packs_meant(batch, item, record->packs);
	}
	if (class == RECORD_CREATE) {
		like.product = meant(batch, item->output_products, record->product);
		like.lot = meant(batch, item->output_lots, record->lot);
	} else if (class == RECORD_TRANSFORM) {
		like.outputs = outputs_meant(batch, item, record->outputs);
	} else {
		like.lot = meant(batch, &item->lot, record->lot);
	}
	return like;
}

static int64_t likeness_of(struct batch *batch, const struct item *item)
{
	if (item->job->event)
		return epcis_event_likeness(batch->arena, item->job->event, item->acting);
	const struct record like = record_meant(batch, item);
	return record_likeness(batch->arena, &like, item->acting);
}

void doubles_queue(struct batch *batch)
{
	static const usec_t around_us = RECORD_DOUBLE_S * USEC_PER_SEC;
	struct rows orgs = {0}, likenesses = {0};
	struct event_doubles_params params = {0};
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!may_double(item))
			continue;
		usec_t at = item->time.at_us;
		item->likeness = blinded(batch, likeness_of(batch, item));
		params.since = !orgs.count || at - around_us < params.since ? at - around_us : params.since;
		params.until = !orgs.count || at + around_us > params.until ? at + around_us : params.until;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = recorder_of(item);
		*(int64_t *)rows_add(batch->arena, &likenesses, sizeof(int64_t)) = item->likeness;
	}
	params.orgs = rows_array(&orgs);
	params.likenesses = rows_array(&likenesses);
	db_queue(batch->db, &sql_event_doubles, &params);
}

static void told(struct batch *batch, struct uuid org, int64_t likeness, struct uuid event, usec_t at_us)
{
	struct told_fact *fact = arena_new(batch->arena, struct told_fact);
	struct told_key *key = arena_new(batch->arena, struct told_key);
	*key = (struct told_key){org, likeness};
	*fact = (struct told_fact){map_get(batch->told, MAP_KEY(*key)), event, at_us};
	map_set(batch->told, MAP_KEY(*key), fact);
}

enum problem doubles_take(struct batch *batch)
{
	struct event_doubles_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_event_doubles, (void **)&rows, &count);
	batch->told = map_create(batch->arena, batch->count);
	for (size_t i = 0; !p && i < count; i++)
		told(batch, rows[i].org_id, rows[i].likeness, rows[i].id, rows[i].event_time);
	return p;
}

/* An event that a declaration withdraws is nobody's double, nor is the declaration. */
static bool tells_a_deed(const struct item *item)
{
	return !item->job->event || (!item->job->event->is_declaration && uuid_is_nil(item->declared_by.lot));
}

static bool is_withdrawn(const struct batch *batch, struct uuid event)
{
	const struct correction_row *rows = batch->corrections.items;
	for (size_t i = 0; i < batch->corrections.count; i++)
		if (uuid_equal(rows[i].event, event))
			return true;
	return false;
}

void doubles_warn(struct batch *batch, struct item *item)
{
	if (!tells_a_deed(item))
		return;
	const struct told_key key = {item->recorder, item->likeness};
	const struct told_fact *fact = map_get(batch->told, MAP_KEY(key));
	while (fact &&
	       (!record_times_are_near(fact->at_us, item->time.at_us) || is_withdrawn(batch, fact->event)))
		fact = fact->other;
	if (fact)
		item_warn(batch, item, WARNING_LIKELY_DOUBLE, uuid_print(batch->arena, fact->event));
	told(batch, item->recorder, item->likeness, item->job->id, item->time.at_us);
}
