/* SPDX-License-Identifier: Apache-2.0
 * One round of array writes for a batch. Columns are gathered from rows; every statement is sent before any result is
 * read. Lots and stock go out in ascending order, as they were locked. */
#include <stdlib.h>

#include "capture_partner_priv.h"
#include "ft/codec/json.h"

static int64_t flags_of(const struct capture_job *job)
{
	struct str mode = job->record->entry_mode;
	return (job->event ? EVENT_OF_PARTNER : 0) | (job->time_ahead ? EVENT_TIME_AHEAD : 0) |
	       (str_equal(mode, STR("paper")) ? EVENT_FROM_PAPER : 0) |
	       (str_equal(mode, STR("import")) ? EVENT_IMPORTED : 0);
}

static void put_replacement(struct batch *batch, const struct item *item, struct json_writer *w)
{
	json_begin_object(w);
	json_pair(w, STR("event"), uuid_print(batch->arena, item->job->id));
	json_name(w, STR("lots"));
	json_raw(w, item->lots_json);
	json_pair(w, STR("shipment"), item->shipment_json);
	json_pair(w, STR("statement"), item->statement_b64);
	json_end_object(w);
}

static void put_alerts(struct batch *batch, const struct item *item, struct json_writer *w)
{
	const struct uuid *alerts = item->alerts.items;
	for (size_t i = 0; i < item->alerts.count; i++)
		json_string(w, uuid_print(batch->arena, alerts[i]));
}

static void put_warnings(const struct item *item, struct json_writer *w)
{
	for (size_t i = 0; i < item->warnings.count; i++)
		json_string(w, ((const struct str *)item->warnings.items)[i]);
}

static struct str answer_of(struct batch *batch, const struct item *item)
{
	struct buf out = buf_create(batch->arena, 512);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("event"), uuid_print(batch->arena, item->job->id));
	json_name(&w, STR("lots"));
	json_raw(&w, item->lots_json);
	json_pair(&w, STR("shipment"), item->shipment_json);
	json_pair(&w, STR("statement"), item->statement_b64);
	if (item->replacement) {
		json_name(&w, STR("replacement"));
		put_replacement(batch, item->replacement, &w);
	}
	json_name(&w, STR("alerts"));
	json_begin_array(&w);
	put_alerts(batch, item, &w);
	if (item->replacement)
		put_alerts(batch, item->replacement, &w);
	json_end_array(&w);
	json_name(&w, STR("warnings"));
	json_begin_array(&w);
	if (item->job->time_ahead)
		json_string(&w, str_of(warning_info(WARNING_TIME_AHEAD)->word));
	put_warnings(item, &w);
	if (item->replacement)
		put_warnings(item->replacement, &w);
	json_end_array(&w);
	json_pair(&w, STR("log"), STR("queued")); /* last: see capture_answer_logged */
	json_end_object(&w);
	return buf_str(&out);
}

struct str capture_answer_logged(struct arena *arena, struct str answer)
{
	const struct str queued = STR(",\"log\":\"queued\"}"), end = STR("}");
	size_t cut = str_ends(answer, queued) ? queued.len : end.len; /* older ones do not say it */
	return arena_printf(arena, "%.*s,\"log\":\"logged\"}", (int)(answer.len - cut), answer.at);
}

struct str answer_again(const struct item *item, struct uuid recorder, struct str answer)
{
	static const struct str none = {NULL, 0};
	bool own = !item->job->event || uuid_equal(partner_source(item), recorder);
	return own ? arena_str(item->job->arena, answer) : none;
}

static void answers_give(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (item->first)
			item->job->answer =
				answer_again(item, item->first->recorder, answer_of(batch, item->first));
		else if (!item->problem && !item->replay)
			item->job->answer = arena_str(item->job->arena, answer_of(batch, item));
	}
}

static struct lot_id shipment_of(const struct item *item)
{
	const struct shipment_fact *fact = item->shipment_fact;
	return fact ? (struct lot_id){fact->row.org_id, fact->row.id} : (struct lot_id){{{0}}, {{0}}};
}

/* Partners' events are found under the id they have here too. A declaration says what the event it is about said, and waits
 * for that under a name of its own. */
static void send_further_keys(struct batch *batch)
{
	const struct event_rows *rows = batch->events.items;
	struct rows hashes = {0}, orgs = {0}, ids = {0};
	for (size_t i = 0; i < batch->events.count; i++) {
		const struct item *item = rows[i].item;
		struct sha256 *names = arena_array(batch->arena, struct sha256, 3);
		bool declares = item->job->event && item->job->event->is_declaration;
		names[0] = event_id_hash(batch->arena, item->job->id);
		size_t count = 1;
		if (declares)
			names[count++] = item->waiting;
		if (declares && item->job->event->corrective.at)
			names[count++] = partner_awaiting_name(item, item->job->event->corrective);
		for (size_t k = 0; item->job->event && k < count; k++) {
			if (sha256_equal(names[k], item->event_hash))
				continue;
			*(struct bytes *)rows_add(batch->arena, &hashes, sizeof(struct bytes)) =
				sha256_bytes(&names[k]);
			*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = item->recorder;
			*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = item->job->id;
		}
	}
	const struct event_key_insert_again_params again = {rows_array(&hashes), rows_array(&orgs),
							    rows_array(&ids)};
	if (hashes.count)
		db_queue(batch->db, &sql_event_key_insert_again, &again);
}

/* Nothing is flushed here: what is queued when the transaction's body returns travels with the COMMIT, one round trip
 * for all writes, and its failure is that of the transaction. */
void batch_write_events(struct batch *batch)
{
	const struct event_rows *rows = batch->events.items;
	const struct unsigned_statement *sealed = batch->sealed.items;
	size_t n = batch->events.count;
	struct event_insert_many_params p;
	COLUMN(p.org_id, struct uuid, n, rows[i].item->recorder);
	COLUMN(p.id, struct uuid, n, rows[i].item->job->id);
	COLUMN(p.event_id, struct str, n,
	       rows[i].item->job->event ? rows[i].item->job->event_id
					: arena_printf(batch->arena, "urn:uuid:%.*s",
						       STR_ARGS(uuid_print(batch->arena, rows[i].event_id))));
	COLUMN(p.type, struct str, n, str_of(rows[i].item->job->kind->word));
	COLUMN(p.event_time, usec_t, n, rows[i].item->time.at_us);
	COLUMN(p.offset_min, int64_t, n, rows[i].item->time.offset_min);
	COLUMN(p.recorded_at, usec_t, n, rows[i].item->recorded_us);
	COLUMN(p.biz_step, struct str, n,
	       rows[i].item->job->event ? rows[i].item->job->event->biz_step
					: str_of(rows[i].item->job->kind->biz_step));
	COLUMN(p.disposition, struct str, n,
	       rows[i].item->job->event
		       ? rows[i].item->job->event->disposition
		       : str_of(record_disposition(rows[i].item->job->kind, rows[i].item->job->record)));
	COLUMN(p.place, struct str, n, rows[i].place);
	COLUMN(p.party, struct uuid, n, rows[i].item->acting);
	COLUMN(p.site, struct uuid, n, rows[i].site);
	COLUMN(p.region, struct str, n, rows[i].region);
	COLUMN(p.to_party, struct uuid, n, rows[i].to);
	COLUMN(p.input_product, struct str, n, rows[i].input_product);
	COLUMN(p.input_active, struct str, n, rows[i].input_active);
	COLUMN(p.flags, int64_t, n, flags_of(rows[i].item->job) | event_naming(rows[i].body));
	COLUMN(p.body, struct bytes, n, str_bytes(rows[i].body));
	COLUMN(p.request_sha256, struct bytes, n, sha256_bytes(&rows[i].item->job->request));
	COLUMN(p.view_secret, struct bytes, n, ((struct bytes){sealed[i].secret, sizeof sealed[i].secret}));
	COLUMN(p.key_fingerprint, struct bytes, n, sha256_bytes(&sealed[i].key->fingerprint));
	COLUMN(p.seq, int64_t, n, sealed[i].seq);
	COLUMN(p.statement, struct bytes, n, str_bytes(sealed[i].note));
	COLUMN(p.statement_sha256, struct bytes, n, sha256_bytes(&sealed[i].text_hash));
	COLUMN(p.answer, struct bytes, n, str_bytes(rows[i].item->job->answer));
	COLUMN(p.declaration_time, usec_t, n,
	       rows[i].declaration_time ? rows[i].declaration_time : SQL_NULL_INT);
	COLUMN(p.shipment_org, struct uuid, n, shipment_of(rows[i].item).org);
	COLUMN(p.shipment, struct uuid, n, shipment_of(rows[i].item).lot);
	COLUMN(p.likeness, int64_t, n, rows[i].item->likeness);
	db_queue(batch->db, &sql_event_insert_many, &p);
	lots_begin(batch);
}

static void send_identities(struct batch *batch)
{
	const struct event_rows *rows = batch->events.items;
	size_t n = batch->events.count;
	struct event_key_insert_many_params k;
	COLUMN(k.org_id, struct uuid, n, rows[i].item->recorder);
	COLUMN(k.id, struct uuid, n, rows[i].item->job->id);
	COLUMN(k.hash, struct bytes, n, sha256_bytes(&rows[i].item->event_hash));
	db_queue(batch->db, &sql_event_key_insert_many, &k);

	send_further_keys(batch);
	struct log_pending_insert_many_params l = {.org_id = k.org_id, .id = k.id};
	COLUMN(l.kind, struct str, n, STR("event"));
	COLUMN(l.version, int64_t, n, SQL_NULL_INT);
	COLUMN(l.fingerprint, struct bytes, n, ((struct bytes){NULL, 0}));
	db_queue(batch->db, &sql_log_pending_insert_many, &l);
}

static int by_lot(const void *a, const void *b)
{
	const struct lot_fact *x = *(const struct lot_fact *const *)a,
			      *y = *(const struct lot_fact *const *)b;
	int order = uuid_compare(x->row.org_id, y->row.org_id);
	return order ? order : uuid_compare(x->row.lot_id, y->row.lot_id);
}

static void send_lots(struct batch *batch)
{
	struct lot_upsert_many_params p;
	size_t n = 0;
	struct lot_fact **lots = arena_array(batch->arena, struct lot_fact *, map_count(batch->lots) + 1);
	for (size_t i = 0; i < map_count(batch->lots); i++)
		if (((struct lot_fact *)map_at(batch->lots, i))->dirty)
			lots[n++] = map_at(batch->lots, i);
	if (!n)
		return;
	qsort(lots, n, sizeof(*lots), by_lot);
	COLUMN(p.org_id, struct uuid, n, lots[i]->row.org_id);
	COLUMN(p.lot_id, struct uuid, n, lots[i]->row.lot_id);
	COLUMN(p.number, struct str, n, lots[i]->row.number);
	COLUMN(p.uri, struct str, n, lots[i]->row.uri);
	COLUMN(p.code, struct str, n, lots[i]->row.code);
	COLUMN(p.product, struct uuid, n, lots[i]->row.product);
	COLUMN(p.commodity, struct str, n, lots[i]->row.commodity);
	COLUMN(p.dimension, int64_t, n, lots[i]->row.dimension);
	COLUMN(p.unit, struct str, n, lots[i]->row.unit);
	COLUMN(p.own, struct decimal, n, lots[i]->row.own);
	COLUMN(p.total, struct decimal, n, lots[i]->row.total);
	COLUMN(p.site, struct uuid, n, lots[i]->row.site);
	COLUMN(p.region, struct str, n, lots[i]->row.region);
	COLUMN(p.created_event, struct uuid, n, lots[i]->row.created_event);
	COLUMN(p.event_time, usec_t, n, lots[i]->row.event_time);
	COLUMN(p.offset_min, int64_t, n, lots[i]->row.offset_min);
	COLUMN(p.produced_day, int32_t, n, lots[i]->row.produced_day);
	COLUMN(p.expires_day, int32_t, n,
	       lots[i]->row.expires_day.known ? (int32_t)lots[i]->row.expires_day.value : SQL_NULL_DAY);
	COLUMN(p.flags, int64_t, n, lots[i]->row.flags);
	COLUMN(p.salt, struct bytes, n, lots[i]->row.salt);
	COLUMN(p.head, struct bytes, n, lots[i]->row.head);
	COLUMN(p.version, usec_t, n, lots[i]->row.version);
	COLUMN(p.destroyed, struct decimal, n, lots[i]->row.destroyed);
	COLUMN(p.outside, struct decimal, n, lots[i]->row.outside);
	COLUMN(p.returned, struct decimal, n, lots[i]->row.returned);
	COLUMN(p.place, struct str, n, lots[i]->row.place);
	db_queue(batch->db, &sql_lot_upsert_many, &p);
}

static int by_holding(const void *a, const void *b)
{
	const struct holding_fact *x = *(const struct holding_fact *const *)a,
				  *y = *(const struct holding_fact *const *)b;
	int order = uuid_compare(x->row.org_id, y->row.org_id);
	if (!order)
		order = uuid_compare(x->row.lot_id, y->row.lot_id);
	return order ? order : uuid_compare(x->row.holder, y->row.holder);
}

static void send_holdings(struct batch *batch)
{
	struct holding_upsert_many_params p;
	size_t n = 0;
	struct holding_fact **rows =
		arena_array(batch->arena, struct holding_fact *, map_count(batch->holdings) + 1);
	for (size_t i = 0; i < map_count(batch->holdings); i++)
		if (((struct holding_fact *)map_at(batch->holdings, i))->dirty)
			rows[n++] = map_at(batch->holdings, i);
	if (!n)
		return;
	qsort(rows, n, sizeof(*rows), by_holding);
	COLUMN(p.org_id, struct uuid, n, rows[i]->row.org_id);
	COLUMN(p.lot_id, struct uuid, n, rows[i]->row.lot_id);
	COLUMN(p.holder, struct uuid, n, rows[i]->row.holder);
	COLUMN(p.region, struct str, n, rows[i]->row.region);
	COLUMN(p.site, struct uuid, n, rows[i]->row.site);
	COLUMN(p.on_hand, struct decimal, n, rows[i]->row.on_hand);
	COLUMN(p.in_transit, struct decimal, n, rows[i]->row.in_transit);
	COLUMN(p.sold, struct decimal, n, rows[i]->row.sold);
	COLUMN(p.destroyed, struct decimal, n, rows[i]->row.destroyed);
	COLUMN(p.deficit, struct decimal, n, rows[i]->row.deficit);
	COLUMN(p.claimed, struct decimal, n, rows[i]->row.claimed);
	db_queue(batch->db, &sql_holding_upsert_many, &p);
}

static struct thing_insert_many_params thing_columns(const struct batch *batch, const struct rows *rows)
{
	const struct thing_row *things = rows->items;
	struct thing_insert_many_params p;
	COLUMN(p.hash, struct bytes, rows->count, sha256_bytes(&things[i].hash));
	COLUMN(p.kind, struct str, rows->count, str_of(things[i].kind));
	COLUMN(p.org_id, struct uuid, rows->count, things[i].org);
	COLUMN(p.id, struct uuid, rows->count, things[i].id);
	return p;
}

static void send_names(struct batch *batch)
{
	const struct thing_row *things = batch->things_moved.items;
	const struct code_row *codes = batch->codes_new.items;
	size_t n = batch->things_moved.count;
	const struct thing_insert_many_params made = thing_columns(batch, &batch->things_new),
					      again = thing_columns(batch, &batch->things_again);
	if (batch->things_new.count)
		db_queue(batch->db, &sql_thing_insert_many, &made);
	if (batch->things_again.count)
		db_queue(batch->db, &sql_thing_insert_again,
			 &(struct thing_insert_again_params){again.hash, again.kind, again.org_id, again.id});
	if (n) {
		struct thing_move_many_params p;
		COLUMN(p.hash, struct bytes, n, sha256_bytes(&things[i].hash));
		COLUMN(p.org_id, struct uuid, n, things[i].org);
		COLUMN(p.id, struct uuid, n, things[i].id);
		db_queue(batch->db, &sql_thing_move_many, &p);
	}
	n = batch->codes_new.count;
	if (n) {
		struct code_insert_many_params p;
		COLUMN(p.code, struct str, n, codes[i].code);
		COLUMN(p.kind, struct str, n, STR("lot"));
		COLUMN(p.org_id, struct uuid, n, codes[i].org);
		COLUMN(p.id, struct uuid, n, codes[i].id);
		COLUMN(p.issued_at, usec_t, n, codes[i].at);
		db_queue(batch->db, &sql_code_insert_many, &p);
	}
}

static void send_links(struct batch *batch)
{
	const struct link_row *rows = batch->links.items;
	size_t n = batch->links.count;
	struct event_thing_insert_many_params p;
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, rows[i].lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i].lot.lot);
	COLUMN(p.event_org, struct uuid, n, rows[i].event_org);
	COLUMN(p.event, struct uuid, n, rows[i].event);
	COLUMN(p.n, int64_t, n, rows[i].n);
	COLUMN(p.role, struct str, n, str_of(rows[i].role));
	COLUMN(p.recorded_at, usec_t, n, rows[i].at);
	COLUMN(p.value, struct str, n, rows[i].value);
	COLUMN(p.unit, struct str, n, rows[i].unit);
	COLUMN(p.base, struct decimal, n, decimal_or_null(rows[i].base));
	db_queue(batch->db, &sql_event_thing_insert_many, &p);
}

static void send_sites(struct batch *batch)
{
	const struct site_row *rows = batch->site_rows.items;
	size_t n = batch->site_rows.count;
	struct site_event_insert_many_params p;
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, rows[i].org);
	COLUMN(p.site, struct uuid, n, rows[i].site);
	COLUMN(p.event_org, struct uuid, n, rows[i].event_org);
	COLUMN(p.event, struct uuid, n, rows[i].event);
	COLUMN(p.n, int64_t, n, rows[i].n);
	COLUMN(p.type, struct str, n, str_of(rows[i].type));
	COLUMN(p.event_time, usec_t, n, rows[i].time.at_us);
	COLUMN(p.offset_min, int64_t, n, rows[i].time.offset_min);
	COLUMN(p.recorded_at, usec_t, n, rows[i].at);
	COLUMN(p.lot_org, struct uuid, n, rows[i].lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i].lot.lot);
	COLUMN(p.input_product, struct str, n, rows[i].input_product);
	COLUMN(p.input_active, struct str, n, rows[i].input_active);
	db_queue(batch->db, &sql_site_event_insert_many, &p);
}

void edges_send(struct batch *batch)
{
	const struct edge_row *rows = batch->edges.items;
	size_t n = batch->edges.count;
	struct lot_edge_insert_many_params p;
	if (!n || batch->edges_sent)
		return;
	batch->edges_sent = true;
	COLUMN(p.parent_org, struct uuid, n, rows[i].parent.org);
	COLUMN(p.parent, struct uuid, n, rows[i].parent.lot);
	COLUMN(p.child_org, struct uuid, n, rows[i].child.org);
	COLUMN(p.child, struct uuid, n, rows[i].child.lot);
	COLUMN(p.event_org, struct uuid, n, rows[i].event_org);
	COLUMN(p.event, struct uuid, n, rows[i].event);
	COLUMN(p.input, struct decimal, n, rows[i].input);
	COLUMN(p.input_total, struct decimal, n, rows[i].input_total);
	COLUMN(p.output, struct decimal, n, rows[i].output);
	COLUMN(p.output_part, struct decimal, n, rows[i].output_part);
	COLUMN(p.output_total, struct decimal, n, rows[i].output_total);
	COLUMN(p.value, struct str, n, rows[i].value);
	COLUMN(p.unit, struct str, n, rows[i].unit);
	COLUMN(p.recorded_at, usec_t, n, rows[i].at);
	COLUMN(p.base, struct decimal, n, decimal_or_null(rows[i].base));
	COLUMN(p.mass, struct decimal, n, decimal_or_null(rows[i].mass));
	db_queue(batch->db, &sql_lot_edge_insert_many, &p);
}

static void send_shipments(struct batch *batch)
{
	struct shipment_upsert_many_params p;
	struct shipment_line_upsert_many_params l;
	struct rows dirty = {0}, lines = {0}, orgs = {0}, ids = {0};
	for (size_t i = 0; i < map_count(batch->shipments); i++) {
		struct shipment_fact *fact = map_at(batch->shipments, i);
		if (!fact->dirty)
			continue;
		*(struct shipment_fact **)rows_add(batch->arena, &dirty, sizeof(struct shipment_fact *)) =
			fact;
		if (fact->anew) {
			*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = fact->row.org_id;
			*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = fact->row.id;
		}
		for (size_t k = 0; k < fact->line_count; k++)
			*(struct shipment_lines_row *)rows_add(
				batch->arena, &lines, sizeof(struct shipment_lines_row)) = fact->lines[k];
	}
	if (!dirty.count)
		return;
	struct shipment_fact *const *s = dirty.items;
	COLUMN(p.org_id, struct uuid, dirty.count, s[i]->row.org_id);
	COLUMN(p.id, struct uuid, dirty.count, s[i]->row.id);
	COLUMN(p.from_party, struct uuid, dirty.count, s[i]->row.from_party);
	COLUMN(p.to_party, struct uuid, dirty.count, s[i]->row.to_party);
	COLUMN(p.vehicle, struct str, dirty.count, s[i]->vehicle);
	COLUMN(p.event, struct uuid, dirty.count, s[i]->row.event);
	COLUMN(p.shipped_at, usec_t, dirty.count, s[i]->row.shipped_at);
	COLUMN(p.state, struct str, dirty.count, s[i]->row.state);
	db_queue(batch->db, &sql_shipment_upsert_many, &p);
	if (orgs.count) {
		const struct shipment_lines_drop_params drop = {rows_array(&orgs), rows_array(&ids)};
		db_queue(batch->db, &sql_shipment_lines_drop, &drop);
	}
	const struct shipment_lines_row *r = lines.items;
	COLUMN(l.org_id, struct uuid, lines.count, r[i].org_id);
	COLUMN(l.shipment, struct uuid, lines.count, r[i].shipment);
	COLUMN(l.n, int64_t, lines.count, r[i].n);
	COLUMN(l.lot_org, struct uuid, lines.count, r[i].lot_org);
	COLUMN(l.lot_id, struct uuid, lines.count, r[i].lot_id);
	COLUMN(l.value, struct str, lines.count, r[i].value);
	COLUMN(l.unit, struct str, lines.count, r[i].unit);
	COLUMN(l.base, struct decimal, lines.count, r[i].base);
	COLUMN(l.received, struct decimal, lines.count, r[i].received);
	COLUMN(l.receipt_org, struct uuid, lines.count, r[i].receipt_org);
	COLUMN(l.receipt, struct uuid, lines.count, r[i].receipt);
	db_queue(batch->db, &sql_shipment_line_upsert_many, &l);
}

static void send_keys(struct batch *batch)
{
	struct key_head_update_many_params p;
	size_t n = map_count(batch->keys);
	const struct map *keys = batch->keys;
	COLUMN(p.fingerprint, struct bytes, n,
	       sha256_bytes(&((struct held_key *)map_at(keys, i))->fingerprint));
	COLUMN(p.seq, int64_t, n, ((struct held_key *)map_at(keys, i))->seq);
	db_queue(batch->db, &sql_key_head_update_many, &p);
}

/* Sent at once, so that the database is at it while the statements are being signed. */
void batch_write(struct batch *batch)
{
	send_identities(batch);
	send_lots(batch);
	send_holdings(batch);
	send_names(batch);
	send_links(batch);
	send_sites(batch);
	edges_send(batch);
	send_shipments(batch);
	partner_receipts_send(batch);
	states_send(batch);
	units_send(batch);
	packs_send(batch);
	corrections_send(batch);
	tests_send(batch);
	send_keys(batch);
	alerts_send(batch);
	db_send(batch->db);
	answers_give(batch);
}
