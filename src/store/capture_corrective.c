/* SPDX-License-Identifier: Apache-2.0
 * What stands in the place of a partner's withdrawn event: the first of its declaration's correctiveEventIDs, once that event is
 * in, of the same organisation. Event, declaration and corrective event come in any order, and whichever is the last of the
 * three joins them. Read once the organisation's keys are locked, so that two of them are not decided beside each other. */
#include "capture_priv.h"

#include "ft/codec/json.h"

static bool is_decided_here(const struct item *item)
{
	return item->job->event && !item->problem && !item->replay;
}

/* Who waits: a declaration that this batch stores or that came before its event. absent: it names nothing. */
static struct str corrective_of(const struct item *item)
{
	return item->job->event->is_declaration ? item->job->event->corrective : item->declared_corrective;
}

static enum problem take_events(struct batch *batch)
{
	struct correction_correctives_row *rows;
	size_t count;
	struct rows hashes = {0};
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (!is_decided_here(item) || !corrective_of(item).at)
			continue;
		struct sha256 *hash = arena_new(batch->arena, struct sha256);
		*hash = sha256_of(str_bytes(epcis_event_name(batch->arena, corrective_of(item))));
		*(struct bytes *)rows_add(batch->arena, &hashes, sizeof(struct bytes)) = sha256_bytes(hash);
	}
	if (!hashes.count)
		return PROBLEM_NONE;
	db_queue(batch->db, &sql_correction_correctives,
		 &(struct correction_correctives_params){rows_array(&hashes)});
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_correctives, (void **)&rows,
				 &count);
	for (size_t i = 0; !p && i < count; i++)
		map_set(batch->correctives, rows[i].hash, &rows[i]);
	return p;
}

static enum problem take_awaiting(struct batch *batch)
{
	struct rows orgs = {0}, hashes = {0};
	struct correction_awaiting_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!is_decided_here(item) || !item->awaited)
			continue;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = partner_source(item);
		*(struct bytes *)rows_add(batch->arena, &hashes, sizeof(struct bytes)) =
			sha256_bytes(&item->event_hash);
	}
	if (!orgs.count)
		return PROBLEM_NONE;
	const struct correction_awaiting_params params = {rows_array(&orgs), rows_array(&hashes)};
	db_queue(batch->db, &sql_correction_awaiting, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_awaiting, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		*(struct correction_awaiting_row *)rows_add(batch->arena, &batch->awaiting, sizeof *rows) =
			rows[i];
	return p;
}

enum problem batch_load_correctives(struct batch *batch)
{
	batch->correctives = map_create(batch->arena, 16);
	enum problem p = take_events(batch);
	return p ? p : take_awaiting(batch);
}

/* — decided — */
/* The trails of the lots that an event's answer names show something new of it. */
static void touch_lots(struct batch *batch, struct bytes text, usec_t at)
{
	struct json answer;
	struct fault ignored = {0};
	struct lot_id lot;
	if (json_parse(batch->arena, bytes_str(text), &answer, &ignored))
		return;
	const struct json *lots = json_get(&answer, STR("lots"));
	for (size_t k = 0; lots && k < lots->count; k++)
		if (lot_id_parse(batch->arena, json_text(json_get(&lots->items[k], STR("id"))), &lot))
			batch_touch(batch, lot, at);
}

/* Withdrawn now: what stands in its place is in, or in this batch. */
static void find_for(struct batch *batch, struct correction_row *row)
{
	const struct item *maker = map_get(batch->new_ids, row->named);
	const struct correction_correctives_row *known = map_get(batch->correctives, row->named);
	if (maker && uuid_equal(maker->recorder, row->org) && maker->job->event &&
	    !maker->job->event->is_declaration) {
		row->replacement = maker->job->id;
	} else if (known && uuid_equal(known->org_id, row->org)) {
		row->replacement = known->id;
		touch_lots(batch, known->answer, row->at);
	}
}

static void find_awaiting(struct batch *batch, const struct item *item)
{
	const struct correction_awaiting_row *rows = batch->awaiting.items;
	for (size_t i = 0; i < batch->awaiting.count; i++) {
		if (!uuid_equal(rows[i].org_id, item->recorder) ||
		    !bytes_equal(rows[i].named, sha256_bytes(&item->event_hash)))
			continue;
		*ROW_ADD(batch, filled, struct correction_row) = (struct correction_row){
			.org = rows[i].org_id, .event = rows[i].event, .replacement = item->job->id};
		touch_lots(batch, rows[i].answer, item->recorded_us);
	}
}

void correctives_find(struct batch *batch)
{
	struct correction_row *rows = batch->corrections.items;
	for (size_t i = 0; i < batch->corrections.count; i++)
		if (rows[i].named.at)
			find_for(batch, &rows[i]);
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (is_decided_here(item) && item->awaited && !item->job->event->is_declaration)
			find_awaiting(batch, item);
	}
}

void correctives_send(struct batch *batch)
{
	const struct correction_row *rows = batch->filled.items;
	size_t n = batch->filled.count;
	struct correction_fill_many_params p;
	if (!n)
		return;
	COLUMN(p.orgs, struct uuid, n, rows[i].org);
	COLUMN(p.events, struct uuid, n, rows[i].event);
	COLUMN(p.replacements, struct uuid, n, rows[i].replacement);
	db_queue(batch->db, &sql_correction_fill_many, &p);
}
