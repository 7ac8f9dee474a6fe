/* SPDX-License-Identifier: Apache-2.0
 * From a decided record to its event: body, views, statement text, and the rows it leaves. */
#include "capture_priv.h"

#include <assert.h>

#include "ft/base/text.h"
#include "ft/codec/json.h"

struct epcis_thing thing_of_lot(struct batch *batch, const struct lot_fact *lot, const struct quantity *q,
				const struct quantity *net)
{
	const struct capture_products_row *product = map_get(batch->products, MAP_KEY(lot->row.product));
	struct epcis_thing thing = {.class_uri = lot->row.uri, .commodity = lot->row.commodity};
	if (product) {
		thing.product_uri = product->uri;
		thing.product_version = product->version;
	}
	if (q)
		thing.quantity = *q;
	if (net) {
		struct quantity *copy = arena_new(batch->arena, struct quantity);
		*copy = *net;
		thing.net = copy;
	}
	return thing;
}

static struct epcis_party *party_of(struct batch *batch, const struct capture_parties_row *row)
{
	if (!row)
		return NULL;
	struct epcis_party *party = arena_new(batch->arena, struct epcis_party);
	*party = (struct epcis_party){row->uri, row->id, row->version};
	return party;
}

static struct epcis_place *places_of(struct batch *batch, const struct event_parts *parts)
{
	struct epcis_place *places = arena_array(batch->arena, struct epcis_place, parts->site_count);
	for (size_t i = 0; i < parts->site_count; i++) {
		const struct capture_sites_row *site = parts->sites[i];
		places[i] = (struct epcis_place){.uri = site->uri,
						 .id = site->id,
						 .version = site->version,
						 .township = site->township,
						 .district = site->district,
						 .personal = site->personal};
	}
	return places;
}

static struct str body_of(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	if (item->job->event)
		return epcis_event_body(batch->arena, item->job->event, item->job->event_id);
	const struct epcis_source source = {
		.record = item->job->record,
		.kind = item->job->kind,
		.id = item->job->id,
		.party = party_of(batch, parts->acting),
		.recorded_by = party_of(batch, parts->recorder),
		.from = party_of(batch, parts->from),
		.to = party_of(batch, parts->to),
		.places = places_of(batch, parts),
		.place_count = parts->site_count,
		.inputs = parts->inputs,
		.input_count = parts->input_count,
		.outputs = parts->outputs,
		.output_count = parts->output_count,
		.shipment_uri = parts->shipment_uri,
		.parent_uri = parts->parent_uri,
		.unit_uris = parts->unit_uris,
		.unit_count = parts->unit_count,
		.item_uris = parts->item_uris,
		.item_count = parts->item_count,
		.taken_back = item->taken_back,
		.lots_named = parts->parent_uri.at ? parts->lots_named : item->lot_count,
		.corrects = item->corrects ? item->corrects->job->record->event : (struct uuid){{0}},
		.request_sha256 = hex_encode(batch->arena, sha256_bytes(&item->job->request)),
	};
	return epcis_body_build(batch->arena, &source);
}

/* The lots of an event and the statements about them that it builds on. Heads move on to this statement. */
static void link_lots(struct batch *batch, const struct event_parts *parts, struct unsigned_statement *s)
{
	size_t count = parts->input_count + parts->output_count;
	struct sha256 *lots = arena_array(batch->arena, struct sha256, count);
	struct sha256 *prevs = arena_array(batch->arena, struct sha256, count);
	for (size_t i = 0; i < count; i++) {
		const struct lot_fact *lot = i < parts->input_count
						     ? parts->input_lots[i]
						     : parts->output_lots[i - parts->input_count];
		lots[i] = statement_lot(lot->row.salt.at, lot->row.uri);
		if (!lot->row.head.at)
			continue;
		for (size_t k = 0; k < sizeof prevs->octets; k++)
			prevs[s->prev_count].octets[k] = lot->row.head.at[k];
		s->prev_count++;
	}
	s->lots = lots;
	s->lot_count = count;
	s->prevs = prevs;
}

static struct unsigned_statement *compose(struct batch *batch, struct item *item,
					  const struct event_parts *parts, struct str body)
{
	struct held_key *key = map_get(batch->keys, MAP_KEY(item->recorder));
	item->sealed = batch->sealed.count;
	struct unsigned_statement *s = ROW_ADD(batch, sealed, struct unsigned_statement);
	*s = (struct unsigned_statement){
		.kind = "event", .key = key, .seq = ++key->seq, .at_s = item_stated_us(item) / USEC_PER_SEC};
	if (item->job->own)
		own_secret(item->job->own, item->sealed, s);
	s->seen = item->job->own ? item->job->own->seen : log_seen_get(batch->capture->settings.seen);
	struct str views[TIER_COUNT];
	enum problem p = view_all(batch->arena, body, views);
	assert(!p); /* it was read before */
	for (enum tier tier = TIER_FULL; tier < TIER_COUNT; tier++)
		s->views[tier] = (struct manifest_view){views[tier], EVENT_MEDIA_TYPE};
	link_lots(batch, parts, s);
	seal_compose(batch->arena, batch->capture->settings.config->origin, s);
	return s;
}

static void touch(struct batch *batch, struct lot_fact *lot, const struct unsigned_statement *s, usec_t at)
{
	struct sha256 *head = arena_new(batch->arena, struct sha256);
	*head = s->text_hash;
	lot->row.head = sha256_bytes(head);
	lot->row.version = at;
	lot->dirty = true;
}

static void add_links(struct batch *batch, struct item *item, const struct event_parts *parts,
		      const struct unsigned_statement *s)
{
	bool neutral = item->job->kind->class != RECORD_CREATE && item->job->kind->class != RECORD_TRANSFORM;
	size_t count = parts->input_count + parts->output_count;
	for (size_t i = 0; i < count; i++) {
		bool input = i < parts->input_count;
		struct lot_fact *lot =
			input ? parts->input_lots[i] : parts->output_lots[i - parts->input_count];
		const struct epcis_thing *thing =
			input ? &parts->inputs[i] : &parts->outputs[i - parts->input_count];
		struct link_row *link = ROW_ADD(batch, links, struct link_row);
		*link = (struct link_row){.lot = {lot->row.org_id, lot->row.lot_id},
					  .event_org = item->recorder,
					  .event = item->job->id,
					  .n = (int64_t)i,
					  .at = item->recorded_us,
					  .role = neutral ? "thing"
						  : input ? "input"
							  : "output"};
		if (thing->quantity.unit) {
			link->value = thing->quantity.value;
			link->unit = str_of(thing->quantity.unit->code);
			link->base = (struct sql_nullable_decimal){!thing->uncounted, thing->quantity.base};
		}
		touch(batch, lot, s, item->recorded_us);
		if (!lot->made && !uuid_equal(lot->row.created_event, item->job->id))
			lot_tell_beginning(batch, item, lot);
	}
}

static void add_sites(struct batch *batch, struct item *item, const struct event_parts *parts,
		      const struct event_rows *event)
{
	bool create = item->job->kind->class == RECORD_CREATE,
	     observe = item->job->kind->class == RECORD_OBSERVE ||
		       (item->job->kind->class == RECORD_LOOK && !parts->output_count);
	for (size_t i = 0; (create || observe) && i < parts->site_count; i++) {
		struct site_row *row = ROW_ADD(batch, site_rows, struct site_row);
		*row = (struct site_row){.org = parts->sites[i]->party,
					 .site = parts->sites[i]->id,
					 .event_org = item->recorder,
					 .event = item->job->id,
					 .n = (int64_t)i,
					 .type = item->job->kind->word,
					 .time = item->time,
					 .at = item->recorded_us};
		if (create && parts->output_count) {
			row->lot = (struct lot_id){parts->output_lots[0]->row.org_id,
						   parts->output_lots[0]->row.lot_id};
		} else {
			row->input_product = event->input_product;
			row->input_active = event->input_active;
		}
	}
}

struct str active_joined(struct arena *arena, const struct str_list *active)
{
	if (!active->count)
		return (struct str){NULL, 0};
	struct buf out = buf_create(arena, 64);
	for (size_t i = 0; i < active->count; i++) {
		if (i)
			buf_put_char(&out, '\x1f');
		buf_put(&out, active->items[i]);
	}
	return buf_str(&out);
}

/* Of a piece of a transformation that has no outputs, what went in. */
static struct str lots_json(struct batch *batch, const struct event_parts *parts)
{
	bool inputs = !parts->output_count;
	size_t count = inputs ? parts->input_count : parts->output_count;
	struct buf out = buf_create(batch->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_array(&w);
	for (size_t i = 0; i < count; i++) {
		const struct capture_lots_lock_row *lot =
			&(inputs ? parts->input_lots : parts->output_lots)[i]->row;
		json_begin_object(&w);
		json_pair(&w, STR("id"),
			  lot_id_print(batch->arena, (struct lot_id){lot->org_id, lot->lot_id}));
		json_pair(&w, STR("number"), lot->number);
		json_pair(&w, STR("code"), lot->code);
		json_pair(&w, STR("uri"), lot->uri);
		json_end_object(&w);
	}
	json_end_array(&w);
	return buf_str(&out);
}

void declaration_store(struct batch *batch, struct item *item, const struct event_parts *parts,
		       const struct declaration *declaration)
{
	struct unsigned_statement *s = compose(batch, item, parts, declaration->body);
	*ROW_ADD(batch, events, struct event_rows) =
		(struct event_rows){.item = item,
				    .body = declaration->body,
				    .site = declaration->site,
				    .region = declaration->region,
				    .event_id = declaration->event_id,
				    .declaration_time = declaration->time_us};
	add_links(batch, item, parts, s);
	item->lots_json = lots_json(batch, parts);
	item->statement_b64 = base64_encode(batch->arena, sha256_bytes(&s->text_hash));
}

enum problem event_store(struct batch *batch, struct item *item, const struct event_parts *parts)
{
	struct str body = body_of(batch, item, parts);
	struct unsigned_statement *s = compose(batch, item, parts, body);
	struct event_rows *row = ROW_ADD(batch, events, struct event_rows);
	const struct capture_sites_row *site = parts->site_count ? parts->sites[0] : NULL;
	*row = (struct event_rows){.item = item,
				   .body = body,
				   .event_id = item->job->id,
				   .declaration_time = item->job->event ? item->job->event->declared_us : 0,
				   .region = site ? site->region : parts->acting->region,
				   .place = parts->place,
				   .input_active = active_joined(batch->arena, &item->job->record->active)};
	if (item->job->kind->class == RECORD_OBSERVE)
		row->input_product = item->job->record->product;
	if (site)
		row->site = site->id;
	if (parts->to)
		row->to = parts->to->id;
	times_warn(batch, item, parts);
	add_links(batch, item, parts, s);
	add_sites(batch, item, parts, row);
	herds_add(batch, item, parts);
	item->lots_json = lots_json(batch, parts);
	item->output_facts = parts->output_lots;
	item->output_fact_count = parts->output_count;
	stock_settle_event(batch, item, parts);
	item->only_lot = parts->output_count == 1 ? parts->output_lots[0] : NULL;
	item->statement_b64 = base64_encode(batch->arena, sha256_bytes(&s->text_hash));
	return PROBLEM_NONE;
}
