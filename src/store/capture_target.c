/* SPDX-License-Identifier: Apache-2.0
 * What corrections correct: the record, what it made and what it did to stock, from the tables or from this batch. Costs two
 * or three round trips more, and only where a batch corrects something. */
#include "capture_priv.h"

#include <assert.h>

#include "ft/codec/json.h"

/* The replacement's id derives from the correction's, so that a repetition mints the same. */
static struct uuid replacement_id(const struct item *item)
{
	const struct record *replacement = item->job->record->replacement;
	if (!uuid_is_nil(replacement->id))
		return replacement->id;
	struct sha256 h =
		sha256_of_parts((const struct bytes[]){str_bytes(STR("replacement")),
						       {item->job->id.octets, sizeof item->job->id.octets}},
				2);
	return uuid_v7(replacement->time.at_us, h.octets);
}

struct item *correction_prepare(struct batch *batch, struct item *item, struct item *room)
{
	const struct record *record = item->job->record;
	if (item->job->kind->class != RECORD_CORRECT)
		return NULL;
	item->target_hash = event_id_hash(batch->arena, record->event);
	if (!record->replacement)
		return NULL;
	struct capture_job *job = arena_new(batch->arena, struct capture_job);
	*job = *item->job;
	job->record = record->replacement;
	job->kind = record_kind_find(record->replacement->type);
	job->id = replacement_id(item);
	job->time_ahead = record->replacement->time.at_us > clock_now();
	job->fault = arena_new(batch->arena, struct fault);
	*room = (struct item){.job = job, .time = record->replacement->time, .corrects = item};
	room->event_hash = event_id_hash(batch->arena, job->id);
	item->replacement = room;
	return room;
}

struct target *target_named(struct batch *batch, struct lot_id event)
{
	struct target *target = arena_new(batch->arena, struct target);
	target->org = event.org;
	target->id = event.lot;
	return target;
}

static void take_outputs(struct batch *batch, struct target *target, struct bytes answer)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(batch->arena, bytes_str(answer), &json, &ignored))
		return;
	const struct json *lots = json_get(&json, STR("lots"));
	size_t count = lots && lots->kind == JSON_ARRAY ? lots->count : 0;
	target->outputs = arena_array(batch->arena, struct lot_id, count);
	for (size_t i = 0; i < count; i++)
		if (lot_id_parse(batch->arena, json_text(json_get(&lots->items[i], STR("id"))),
				 &target->outputs[target->output_count]))
			target->output_count++;
}

/* Rows of partners' shipments named none once; their answers always did. */
static void take_shipment(struct batch *batch, struct target *target, struct bytes answer)
{
	static const struct uuid nobody;
	struct json json;
	struct thing_name name;
	struct fault ignored = {0};
	if (!uuid_is_nil(target->shipment.lot) ||
	    json_parse(batch->arena, bytes_str(answer), &json, &ignored))
		return;
	struct str text = json_text(json_get(&json, STR("shipment")));
	if (text.at && !thing_name_read(batch->arena, THING_SHIPMENT, nobody, text, &name, &ignored) &&
	    name.form == NAME_ID)
		target->shipment = name.id;
}

static void take_target(struct batch *batch, struct target *target, const struct correction_targets_row *row)
{
	target->known = true;
	target->declaration = row->declaration;
	target->of_partner = row->of_partner;
	target->corrected = row->corrected;
	target->replacement = row->replacement;
	target->kind = event_kind_find(row->type);
	target->party = row->party;
	target->to = row->to_party;
	target->site = row->site;
	target->time = (struct instant){row->event_time, (int16_t)row->offset_min};
	target->recorded_us = row->recorded_at;
	target->region = row->region;
	target->body = bytes_str(row->body);
	target->request = row->request_sha256;
	target->shipment = (struct lot_id){row->shipment_org, row->shipment};
	if (!uuid_is_nil(row->site))
		*(struct lot_id *)rows_add(batch->arena, &target->sites, sizeof(struct lot_id)) =
			(struct lot_id){row->site_party, row->site};
	take_outputs(batch, target, row->answer);
	take_shipment(batch, target, row->answer);
}

static struct item *next_with_target(struct batch *batch, size_t *i)
{
	for (; *i < batch->count; (*i)++) {
		struct item *item = &batch->items[*i];
		if (item->target && !item->problem && !item->replay)
			return &batch->items[(*i)++];
	}
	return NULL;
}

static struct rows targets_wanted(struct batch *batch, struct rows *ret_orgs)
{
	struct rows ids = {0};
	struct item *item;
	for (size_t i = 0; (item = next_with_target(batch, &i));) {
		*(struct uuid *)rows_add(batch->arena, ret_orgs, sizeof(struct uuid)) = item->target->org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = item->target->id;
	}
	return ids;
}

static enum problem take_moves(struct batch *batch)
{
	struct correction_moves_row *rows;
	size_t count;
	struct item *item;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_correction_moves, (void **)&rows, &count);
	for (size_t i = 0; !p && (item = next_with_target(batch, &i));) {
		item->target->moves = (struct rows){0};
		for (size_t k = 0; k < count; k++) {
			if (!uuid_equal(rows[k].event, item->target->id))
				continue;
			*(struct target_move *)rows_add(batch->arena, &item->target->moves,
							sizeof(struct target_move)) = (struct target_move){
				.lot = {rows[k].lot_org, rows[k].lot_id},
				.holder = rows[k].holder,
				.stock = {rows[k].on_hand, rows[k].in_transit, rows[k].sold,
					  rows[k].destroyed, rows[k].claimed},
				.sums = {rows[k].own, rows[k].total, rows[k].lot_destroyed, rows[k].outside,
					 rows[k].returned}};
		}
	}
	return p;
}

static enum problem take_targets(struct batch *batch)
{
	struct correction_targets_row *rows;
	size_t count;
	struct item *item;
	enum problem p =
		db_take_many(batch->db, batch->arena, &sql_correction_targets, (void **)&rows, &count);
	for (size_t i = 0; !p && (item = next_with_target(batch, &i));)
		for (size_t k = 0; k < count; k++)
			if (uuid_equal(rows[k].id, item->target->id))
				take_target(batch, item->target, &rows[k]);
	return p;
}

/* A harvest may have several sites; its row names the first. */
static enum problem load_sites(struct batch *batch, const struct rows *events)
{
	struct rows lots = {0};
	struct correction_sites_row *rows;
	size_t count;
	struct item *item;
	for (size_t i = 0; (item = next_with_target(batch, &i));)
		for (size_t k = 0; item->target->kind && item->target->kind->class == RECORD_CREATE &&
				   k < item->target->output_count;
		     k++)
			*(struct uuid *)rows_add(batch->arena, &lots, sizeof(struct uuid)) =
				item->target->outputs[k].lot;
	if (!lots.count)
		return PROBLEM_NONE;
	const struct correction_sites_params params = {rows_array(&lots), rows_array(events)};
	db_queue(batch->db, &sql_correction_sites, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_sites, (void **)&rows, &count);
	for (size_t i = 0; !p && (item = next_with_target(batch, &i));)
		for (size_t k = 0; k < count; k++)
			if (uuid_equal(rows[k].event, item->target->id) &&
			    !uuid_equal(rows[k].site, item->target->site))
				*(struct lot_id *)rows_add(batch->arena, &item->target->sites,
							   sizeof(struct lot_id)) =
					(struct lot_id){rows[k].org_id, rows[k].site};
	return p;
}

static bool makes_later(const struct item *item)
{
	const struct target *target = item->target;
	enum record_class class = target->kind ? target->kind->class : RECORD_CORRECT;
	return item->replacement && (class == RECORD_CREATE || class == RECORD_TRANSFORM) &&
	       item->replacement->time.at_us > target->time.at_us;
}

/* What was made later than was thought may have been used before. */
static enum problem load_others(struct batch *batch)
{
	struct rows orgs = {0}, lots = {0}, events = {0};
	struct correction_others_row *rows;
	size_t count;
	struct item *item;
	for (size_t i = 0; (item = next_with_target(batch, &i));)
		for (size_t k = 0; makes_later(item) && k < item->target->output_count; k++) {
			*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) =
				item->target->outputs[k].org;
			*(struct uuid *)rows_add(batch->arena, &lots, sizeof(struct uuid)) =
				item->target->outputs[k].lot;
			*(struct uuid *)rows_add(batch->arena, &events, sizeof(struct uuid)) =
				item->target->id;
		}
	if (!lots.count)
		return PROBLEM_NONE;
	const struct correction_others_params params = {rows_array(&orgs), rows_array(&lots),
							rows_array(&events)};
	db_queue(batch->db, &sql_correction_others, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_others, (void **)&rows, &count);
	for (size_t i = 0; !p && (item = next_with_target(batch, &i));)
		for (size_t k = 0; k < count; k++)
			if (uuid_equal(rows[k].event, item->target->id))
				*(struct correction_others_row *)rows_add(batch->arena, &item->target->others,
									  sizeof *rows) = rows[k];
	return p;
}

static struct uuid recorder_of(const struct item *item)
{
	return item->job->party_count ? item->job->parties[0] : item->acting;
}

/* Who acts and who signs, where the correction does not say it: as in the record that it corrects, which may be one of
 * this batch. */
static void take_actors(struct batch *batch, struct item *item)
{
	struct item *replacement = item->replacement;
	struct uuid party = {{0}}, org = {{0}};
	if (item->target && item->target->known) {
		party = item->target->party;
		org = item->target->org;
	}
	for (size_t i = 0; uuid_is_nil(org) && i < batch->count; i++) {
		const struct item *maker = &batch->items[i];
		if (maker == item || !uuid_equal(maker->job->id, item->job->record->event))
			continue;
		party = maker->acting;
		org = uuid_is_nil(maker->recorder) ? recorder_of(maker) : maker->recorder;
	}
	if (!item->party.asked && !uuid_is_nil(party))
		item->acting = party;
	item->recorder = org;
	if (!replacement)
		return;
	if (!replacement->party.asked && !uuid_is_nil(party))
		replacement->acting = party;
	replacement->recorder = org;
}

enum problem batch_load_targets(struct batch *batch)
{
	struct rows orgs = {0}, ids = targets_wanted(batch, &orgs);
	enum problem p = PROBLEM_NONE;
	if (ids.count) {
		const struct correction_targets_params targets = {rows_array(&orgs), rows_array(&ids)};
		const struct correction_moves_params moves = {rows_array(&orgs), rows_array(&ids)};
		db_queue(batch->db, &sql_correction_targets, &targets);
		db_queue(batch->db, &sql_correction_moves, &moves);
		p = db_flush(batch->db);
		if (!p)
			p = take_targets(batch);
		if (!p)
			p = take_moves(batch);
		if (!p)
			p = load_sites(batch, &ids);
		if (!p)
			p = load_others(batch);
	}
	for (size_t i = 0; !p && i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (item->job->kind->class == RECORD_CORRECT && !item->problem && !item->replay)
			take_actors(batch, item);
	}
	return p ? p : batch_load_declarations(batch);
}

static enum problem retake_bodies(struct batch *batch)
{
	struct correction_bodies_row *rows;
	size_t count;
	struct item *item;
	enum problem p =
		db_take_many(batch->db, batch->arena, &sql_correction_bodies, (void **)&rows, &count);
	for (size_t i = 0; !p && (item = next_with_target(batch, &i));)
		for (size_t k = 0; k < count; k++)
			if (uuid_equal(rows[k].id, item->target->id))
				item->target->body = bytes_str(rows[k].body);
	return p;
}

/* Until the locks were taken another writer's correction may have changed what an event does to stock, and an erasure what it
 * says. */
enum problem batch_reload_moves(struct batch *batch)
{
	struct rows orgs = {0}, ids = targets_wanted(batch, &orgs);
	if (!ids.count)
		return PROBLEM_NONE;
	const struct correction_moves_params moves = {rows_array(&orgs), rows_array(&ids)};
	const struct correction_bodies_params bodies = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_correction_moves, &moves);
	db_queue(batch->db, &sql_correction_bodies, &bodies);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = take_moves(batch);
	return p ? p : retake_bodies(batch);
}

static const struct event_rows *event_row_of(const struct batch *batch, const struct item *item)
{
	const struct event_rows *rows = batch->events.items;
	for (size_t i = 0; i < batch->events.count; i++)
		if (rows[i].item == item)
			return &rows[i];
	return NULL;
}

static void take_batch_moves(struct batch *batch, struct target *target)
{
	const struct move_row *rows = batch->moves.items;
	for (size_t i = 0; i < batch->moves.count; i++)
		if (uuid_equal(rows[i].event, target->id) && uuid_equal(rows[i].event_org, target->org))
			*(struct target_move *)rows_add(batch->arena, &target->moves,
							sizeof(struct target_move)) = (struct target_move){
				rows[i].lot, rows[i].holder, rows[i].change, rows[i].sums};
}

static void take_batch_sites(struct batch *batch, struct target *target)
{
	const struct site_row *rows = batch->site_rows.items;
	for (size_t i = 0; i < batch->site_rows.count; i++)
		if (uuid_equal(rows[i].event, target->id))
			*(struct lot_id *)rows_add(batch->arena, &target->sites, sizeof(struct lot_id)) =
				(struct lot_id){rows[i].org, rows[i].site};
}

struct target *target_of_item(struct batch *batch, const struct item *item)
{
	const struct event_rows *row = event_row_of(batch, item);
	struct target *target = target_named(batch, (struct lot_id){item->recorder, item->job->id});
	assert(row); /* it is decided, and so has its event */
	target->known = true;
	target->kind = item->job->kind;
	target->declaration = item->job->kind->class == RECORD_CORRECT;
	target->of_partner = item->job->event != NULL;
	target->party = item->acting;
	target->to = row->to;
	target->time = item->time;
	target->recorded_us = item->recorded_us;
	target->site = row->site;
	target->region = row->region;
	target->body = row->body;
	target->request = sha256_bytes(&item->job->request);
	if (item->shipment_fact)
		target->shipment =
			(struct lot_id){item->shipment_fact->row.org_id, item->shipment_fact->row.id};
	target->outputs = arena_array(batch->arena, struct lot_id, item->output_fact_count);
	for (size_t i = 0; i < item->output_fact_count; i++)
		target->outputs[target->output_count++] =
			(struct lot_id){item->output_facts[i]->row.org_id, item->output_facts[i]->row.lot_id};
	take_batch_moves(batch, target);
	take_batch_sites(batch, target);
	return target;
}
