/* SPDX-License-Identifier: Apache-2.0
 * Lots and shipments named by the id of the record that made them: an outbox that records offline does not know yet what
 * the service will call them. Costs two round trips more, and only where a record uses it. */
#include "capture_priv.h"

#include "ft/codec/json.h"

/* A name that waits for the answer of the record it names. */
struct waiting {
	struct named *named;
	enum thing_kind kind;
	struct sha256 hash; /* of the record's eventID */
};

struct sha256 event_id_hash(struct arena *arena, struct uuid id)
{
	struct str event_id = arena_printf(arena, "urn:uuid:%.*s", STR_ARGS(uuid_print(arena, id)));
	return sha256_of(str_bytes(event_id));
}

static void collect(struct batch *batch, struct rows *waiting, enum thing_kind kind, struct named *named)
{
	if (!named->asked || named->name.form != NAME_RECORD)
		return;
	*(struct waiting *)rows_add(batch->arena, waiting, sizeof(struct waiting)) =
		(struct waiting){named, kind, event_id_hash(batch->arena, named->name.id.lot)};
}

static struct rows collect_all(struct batch *batch)
{
	struct rows waiting = {0};
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (item->problem || item->replay)
			continue;
		collect(batch, &waiting, THING_LOT, &item->lot);
		collect(batch, &waiting, THING_SHIPMENT, &item->shipment);
		for (size_t k = 0; k < item->lot_count; k++)
			collect(batch, &waiting, THING_LOT, &item->lots[k]);
		for (size_t k = 0; k < item->output_count; k++)
			collect(batch, &waiting, THING_LOT, &item->output_lots[k]);
	}
	return waiting;
}

bool batch_names_records(struct batch *batch)
{
	return collect_all(batch).count > 0;
}

/* Which organisations recorded them: their rows are found by it. */
static enum problem find_orgs(struct batch *batch, const struct rows *waiting, struct rows *orgs,
			      struct rows *ids)
{
	struct waiting *names = waiting->items;
	struct event_key_find_many_row *keys;
	struct bytes *hashes = arena_array(batch->arena, struct bytes, waiting->count);
	size_t count;
	for (size_t i = 0; i < waiting->count; i++)
		hashes[i] = sha256_bytes(&names[i].hash);
	const struct event_key_find_many_params params = {{hashes, waiting->count}};
	db_queue(batch->db, &sql_event_key_find_many, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_event_key_find_many, (void **)&keys, &count);
	for (size_t i = 0; !p && i < count; i++) {
		*(struct uuid *)rows_add(batch->arena, orgs, sizeof(struct uuid)) = keys[i].org_id;
		*(struct uuid *)rows_add(batch->arena, ids, sizeof(struct uuid)) = keys[i].id;
	}
	return p;
}

/* A record that made several lots names none of them. */
static void take_answer(struct arena *arena, const struct event_answers_row *row, struct waiting *waiting)
{
	struct json answer;
	struct fault ignored = {0};
	if (json_parse(arena, bytes_str(row->answer), &answer, &ignored))
		return;
	const struct json *lots = json_get(&answer, STR("lots"));
	struct str text = json_text(json_get(&answer, STR("shipment")));
	if (waiting->kind == THING_LOT)
		text = lots && lots->count == 1 ? json_text(json_get(&lots->items[0], STR("id")))
						: (struct str){NULL, 0};
	struct thing_name name;
	static const struct uuid nobody;
	if (text.at && !thing_name_read(arena, waiting->kind, nobody, text, &name, &ignored) &&
	    name.form == NAME_ID)
		waiting->named->name = name;
}

enum problem batch_resolve_records(struct batch *batch)
{
	struct rows waiting = collect_all(batch), orgs = {0}, ids = {0};
	struct waiting *names = waiting.items;
	struct event_answers_row *answers;
	size_t count;
	if (!waiting.count)
		return PROBLEM_NONE;
	enum problem p = find_orgs(batch, &waiting, &orgs, &ids);
	if (p || !ids.count)
		return p;
	const struct event_answers_params params = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_event_answers, &params);
	p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_event_answers, (void **)&answers, &count);
	for (size_t i = 0; !p && i < waiting.count; i++)
		for (size_t k = 0; k < count; k++)
			if (names[i].named->name.form == NAME_RECORD &&
			    uuid_equal(answers[k].id, names[i].named->name.id.lot))
				take_answer(batch->arena, &answers[k], &names[i]);
	return PROBLEM_NONE;
}

struct item *batch_record(struct batch *batch, const struct named *named)
{
	if (!named->asked || named->name.form != NAME_RECORD)
		return NULL;
	struct sha256 hash = event_id_hash(batch->arena, named->name.id.lot);
	return map_get(batch->new_ids, sha256_bytes(&hash));
}
