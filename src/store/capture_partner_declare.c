/* SPDX-License-Identifier: Apache-2.0
 * Error declarations of partners (EPCIS 2.0, 7.4.1.2): the event that one repeats is withdrawn as a corrected record is, if the
 * same organisation captured both, whichever of them came first. What others declare is told, and changes nothing. */
#include "capture_priv.h"

#include "ft/codec/json.h"

static bool declares(const struct item *item)
{
	return item->job->event && item->job->event->is_declaration;
}

/* Who captures: said by the key or the request, so it is known before any name is. */
struct uuid partner_source(const struct item *item)
{
	return item->job->party_count ? item->job->parties[0] : item->acting;
}

/* Under this a declaration waits for its event: of one source, one eventID, and one content, which it must repeat. */
static struct sha256 waiting_hash(const struct item *item, struct str event_id)
{
	struct arena *arena = item->job->arena;
	return sha256_of(str_bytes(arena_printf(
		arena, "declared\n%.*s\n%.*s\n%.*s", STR_ARGS(uuid_print(arena, partner_source(item))),
		STR_ARGS(event_id), STR_ARGS(epcis_event_hash(arena, item->job->event)))));
}

struct sha256 partner_awaiting_name(const struct item *item, struct str event_id)
{
	struct arena *arena = item->job->arena;
	return sha256_of(str_bytes(arena_printf(arena, "corrective\n%.*s\n%.*s",
						STR_ARGS(uuid_print(arena, partner_source(item))),
						STR_ARGS(epcis_event_name(arena, event_id)))));
}

void partner_read_declaration(struct item *item)
{
	const struct capture_job *job = item->job;
	if (!job->event)
		return;
	item->waiting = waiting_hash(item, job->event_id);
	if (declares(item))
		item->target_hash = sha256_of(str_bytes(job->event_id));
	else
		item->awaiting = partner_awaiting_name(item, job->event_id);
}

size_t partner_declaration_keys(const struct item *item, const struct sha256 *ret[PARTNER_KEYS])
{
	size_t count = 0;
	if (!item->job->event)
		return 0;
	ret[count++] = &item->waiting;
	ret[count++] = declares(item) ? &item->target_hash : &item->awaiting;
	return count;
}

static struct lot_id event_of(const struct event_key_find_many_row *row)
{
	return (struct lot_id){row->org_id, row->id};
}

void partner_take_declaration(struct batch *batch, struct item *item, const struct map *taken)
{
	if (!item->job->event)
		return;
	const struct event_key_find_many_row *row =
		map_get(taken, sha256_bytes(declares(item) ? &item->target_hash : &item->waiting));
	if (!declares(item)) {
		item->declared_by = row ? event_of(row) : (struct lot_id){{{0}}, {{0}}};
		item->awaited = map_get(taken, sha256_bytes(&item->awaiting)) != NULL;
	} else if (row && uuid_equal(row->org_id, partner_source(item))) {
		item->target = target_named(batch, event_of(row));
	}
}

/* Why it was declared wrong, and what stands in its place, is said in the body of the declaration alone. */
static void read_declared(struct arena *arena, struct bytes body, struct item *item)
{
	struct json event;
	struct fault ignored = {0};
	item->declared_reason = STR("");
	if (json_parse(arena, bytes_str(body), &event, &ignored))
		return;
	const struct json *declaration = json_get(&event, STR("errorDeclaration"));
	const struct json *reason = declaration ? json_get(declaration, STR("reason")) : NULL;
	const struct json *corrective = declaration ? json_get(declaration, STR("correctiveEventIDs")) : NULL;
	if (reason)
		item->declared_reason = cbv_word(json_text(reason), "er");
	if (corrective && corrective->kind == JSON_ARRAY && corrective->count)
		corrective = &corrective->items[0];
	if (corrective)
		item->declared_corrective = json_text(corrective);
}

enum problem batch_load_declarations(struct batch *batch)
{
	struct rows orgs = {0}, ids = {0};
	struct correction_bodies_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		const struct lot_id by = batch->items[i].declared_by;
		if (uuid_is_nil(by.lot))
			continue;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = by.org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = by.lot;
	}
	if (!ids.count)
		return PROBLEM_NONE;
	const struct correction_bodies_params params = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_correction_bodies, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_correction_bodies, (void **)&rows, &count);
	for (size_t i = 0; !p && i < batch->count; i++)
		for (size_t k = 0; k < count; k++)
			if (uuid_equal(rows[k].id, batch->items[i].declared_by.lot))
				read_declared(batch->arena, rows[k].body, &batch->items[i]);
	return p;
}

void partner_queue_declarations(struct batch *batch)
{
	struct rows hashes = {0};
	for (size_t i = 0; i < batch->count; i++) {
		const struct sha256 *keys[PARTNER_KEYS];
		const struct item *item = &batch->items[i];
		size_t count = item->problem || item->replay ? 0 : partner_declaration_keys(item, keys);
		for (size_t k = 0; k < count; k++)
			*(struct bytes *)rows_add(batch->arena, &hashes, sizeof(struct bytes)) =
				sha256_bytes(keys[k]);
	}
	db_queue(batch->db, &sql_event_key_find_many,
		 &(struct event_key_find_many_params){rows_array(&hashes)});
}

enum problem partner_recheck_declarations(struct batch *batch)
{
	struct event_key_find_many_row *rows;
	size_t count;
	enum problem p =
		db_take_many(batch->db, batch->arena, &sql_event_key_find_many, (void **)&rows, &count);
	struct map *taken = map_create(batch->arena, count + 1);
	for (size_t i = 0; !p && i < count; i++)
		map_set(taken, rows[i].hash, &rows[i]);
	for (size_t i = 0; !p && i < batch->count; i++) {
		struct item now = batch->items[i];
		if (now.problem || now.replay)
			continue;
		now.target = NULL;
		now.declared_by = (struct lot_id){0};
		now.awaited = false;
		partner_take_declaration(batch, &now, taken);
		if ((now.target != NULL) != (now.job->event && batch->items[i].target != NULL) ||
		    !uuid_equal(now.declared_by.lot, batch->items[i].declared_by.lot) ||
		    now.awaited != batch->items[i].awaited)
			p = PROBLEM_CONFLICT;
	}
	return p;
}

/* — of the same batch — */
void partner_note_declaration(struct batch *batch, struct item *item)
{
	if (declares(item) && !map_get(batch->new_ids, sha256_bytes(&item->waiting)))
		map_set(batch->new_ids, sha256_bytes(&item->waiting), item);
}

static void find_in_batch(struct batch *batch, struct item *item)
{
	const struct item *maker;
	if (declares(item)) {
		maker = map_get(batch->new_ids, sha256_bytes(&item->target_hash));
		if (maker && uuid_equal(maker->recorder, item->recorder))
			item->target = target_of_item(batch, maker);
		return;
	}
	maker = map_get(batch->new_ids, sha256_bytes(&item->waiting));
	if (maker && uuid_is_nil(item->declared_by.lot)) {
		item->declared_by = (struct lot_id){maker->recorder, maker->job->id};
		item->declared_reason = maker->job->event->declared_reason;
		item->declared_corrective = maker->job->event->corrective;
	}
}

/* — decided — */
enum problem partner_check_declaration(struct batch *batch, struct item *item)
{
	find_in_batch(batch, item);
	const struct target *target = declares(item) ? item->target : NULL;
	if (!target || !target->known)
		return PROBLEM_NONE;
	if (!target->of_partner) {
		(void)fault_set(item->job->fault, PROBLEM_NOT_CORRECTABLE, "type", "/errorDeclaration");
		item->job->fault->detail = STR("it is a record: send a record of type correct");
		return PROBLEM_NOT_CORRECTABLE;
	}
	if (!bytes_equal(target->request, sha256_bytes(&item->job->request)))
		return fault_set(item->job->fault, PROBLEM_EPCIS_VALIDATION, "repeats", "/errorDeclaration");
	return PROBLEM_NONE;
}

/* All that the event is about, whether it moved or not: what is not counted moves nothing. */
static void name_lots(struct batch *batch, const struct item *item, struct target *target)
{
	struct lot_id *lots = arena_array(batch->arena, struct lot_id, item->output_count + 1), node;
	target->output_count = 0;
	for (size_t i = 0; i < item->output_count; i++) {
		const struct lot_fact *lot = batch_lot(batch, &item->output_lots[i]);
		if (lot)
			lots[target->output_count++] = (struct lot_id){lot->row.org_id, lot->row.lot_id};
	}
	if (piece_node(item, &node)) /* it is the child of what went in */
		lots[target->output_count++] = node;
	pieces_feed(batch, item);
	target->outputs = lots;
}

static void name_corrective(struct batch *batch, struct str event_id)
{
	struct correction_row *rows = batch->corrections.items;
	struct sha256 *hash = arena_new(batch->arena, struct sha256);
	if (!event_id.at)
		return;
	*hash = sha256_of(str_bytes(epcis_event_name(batch->arena, event_id)));
	rows[batch->corrections.count - 1].named = sha256_bytes(hash);
}

void partner_declare(struct batch *batch, struct item *item)
{
	bool late =
		!declares(item) && !uuid_is_nil(item->declared_by.lot); /* it came after its declaration */
	struct lot_id declaration = late ? item->declared_by : (struct lot_id){item->recorder, item->job->id};
	if (late)
		item->target = target_of_item(batch, item);
	struct target *target = item->target;
	if (!target || !target->known || target->corrected || (!declares(item) && !late) ||
	    corrected_in_batch(batch, target))
		return;
	name_lots(batch, item, target);
	struct str reason = late ? item->declared_reason : item->job->event->declared_reason;
	event_withdraw(batch, item, declaration.lot, reason.at ? reason : STR(""));
	name_corrective(batch, late ? item->declared_corrective : item->job->event->corrective);
}
