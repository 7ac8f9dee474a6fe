/* SPDX-License-Identifier: Apache-2.0
 * Tests: of a lot, of what a sample was taken from, or of something that is no lot. A sample is filed by the record that
 * took it, which alone knows of which lots it is. */
#include "capture_priv.h"

#include "ft/codec/json.h"

struct test_row {
	struct lot_id lot;
	const struct item *item;
};

/* — samples — */
static struct str sample_id_of(const struct item *item)
{
	return json_text(json_get(item->job->record->sample, STR("id")));
}

struct sha256 sample_hash(const struct item *item)
{
	return thing_hash_number(THING_SAMPLE, item->acting, sample_id_of(item));
}

bool takes_sample(const struct item *item)
{
	const struct json *sample = item->job->record->sample;
	return sample && sample->kind == JSON_OBJECT;
}

enum problem sample_file(struct batch *batch, struct item *item)
{
	struct sha256 *key = arena_new(batch->arena, struct sha256);
	*key = sample_hash(item);
	const struct thing_find_many_row *filed = map_get(batch->things, sha256_bytes(key));
	bool goes_on = filed && item->corrects && uuid_equal(filed->id, item->corrects->target->id);
	if ((filed && !goes_on) || map_get(batch->new_samples, sha256_bytes(key)))
		return fault_set(item->job->fault, PROBLEM_NUMBER_TAKEN, "unique", "/sample/id");
	map_set(batch->new_samples, sha256_bytes(key), item);
	struct thing_row *row = goes_on ? ROW_ADD(batch, things_moved, struct thing_row)
					: ROW_ADD(batch, things_new, struct thing_row);
	*row = (struct thing_row){*key, "sample", item->recorder, item->job->id};
	return PROBLEM_NONE;
}

struct asked_samples {
	struct rows hashes, items; /* of those named by their record; items: struct item * */
	struct rows orgs, ids, found;
};

static void ask(struct batch *batch, struct asked_samples *asked, struct item *item)
{
	if (item->problem || item->replay || !item->sample.asked)
		return;
	if (item->sample.name.form == NAME_RECORD) {
		struct sha256 *hash = arena_new(batch->arena, struct sha256);
		*hash = event_id_hash(batch->arena, item->sample.name.id.lot);
		*(struct bytes *)rows_add(batch->arena, &asked->hashes, sizeof(struct bytes)) =
			sha256_bytes(hash);
	}
	if (!item->sample.found)
		return;
	*(struct uuid *)rows_add(batch->arena, &asked->orgs, sizeof(struct uuid)) = item->sample.id.org;
	*(struct uuid *)rows_add(batch->arena, &asked->ids, sizeof(struct uuid)) = item->sample.id.lot;
}

static enum problem find_records(struct batch *batch, struct asked_samples *asked)
{
	struct event_key_find_many_row *keys;
	size_t count;
	if (!asked->hashes.count)
		return PROBLEM_NONE;
	db_queue(batch->db, &sql_event_key_find_many,
		 &(struct event_key_find_many_params){rows_array(&asked->hashes)});
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_event_key_find_many, (void **)&keys, &count);
	for (size_t i = 0; !p && i < count; i++) {
		*(struct uuid *)rows_add(batch->arena, &asked->orgs, sizeof(struct uuid)) = keys[i].org_id;
		*(struct uuid *)rows_add(batch->arena, &asked->ids, sizeof(struct uuid)) = keys[i].id;
	}
	return p;
}

static void take_sample(struct batch *batch, struct item *item, const struct sample_events_row *row)
{
	struct json answer;
	struct fault ignored = {0};
	struct uuid wanted = item->sample.found ? item->sample.id.lot : item->sample.name.id.lot;
	if (!item->sample.asked || !uuid_equal(wanted, row->id) ||
	    json_parse(batch->arena, bytes_str(row->answer), &answer, &ignored))
		return;
	const struct json *lots = json_get(&answer, STR("lots"));
	item->sample_known = true;
	for (size_t i = 0; lots && i < lots->count; i++) {
		struct lot_id id;
		if (lot_id_parse(batch->arena, json_text(json_get(&lots->items[i], STR("id"))), &id))
			*(struct lot_id *)rows_add(batch->arena, &item->sample_lots, sizeof(struct lot_id)) =
				id;
	}
}

enum problem batch_load_samples(struct batch *batch)
{
	struct asked_samples asked = {{0}};
	struct sample_events_row *rows;
	size_t count;
	for (size_t i = 0; i < batch->count; i++)
		ask(batch, &asked, &batch->items[i]);
	enum problem p = find_records(batch, &asked);
	if (p || !asked.ids.count)
		return p;
	db_queue(batch->db, &sql_sample_events,
		 &(struct sample_events_params){rows_array(&asked.orgs), rows_array(&asked.ids)});
	p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_sample_events, (void **)&rows, &count);
	for (size_t i = 0; !p && i < batch->count; i++)
		for (size_t k = 0; k < count; k++)
			take_sample(batch, &batch->items[i], &rows[k]);
	return p;
}

/* — the record — */
static void tell(struct batch *batch, struct event_parts *parts, struct lot_fact *lot)
{
	for (size_t i = 0; i < parts->output_count; i++)
		if (parts->output_lots[i] == lot)
			return;
	parts->output_lots[parts->output_count] = lot;
	parts->outputs[parts->output_count++] = thing_of_lot(batch, lot, NULL, NULL);
}

/* Taken by a record of this very batch. */
static const struct item *sampler_in_batch(struct batch *batch, const struct item *item)
{
	const struct item *maker = batch_record(batch, &item->sample);
	if (maker)
		return takes_sample(maker) ? maker : NULL;
	return item->sample.name.form == NAME_HASH
		       ? map_get(batch->new_samples, sha256_bytes(&item->sample.name.hash))
		       : NULL;
}

/* Who knows the sample may say what was found in it: a laboratory holds no lots. */
static enum problem tell_sample(struct batch *batch, struct item *item, struct event_parts *parts)
{
	const struct item *maker = item->sample_known ? NULL : sampler_in_batch(batch, item);
	const struct lot_id *lots = item->sample_lots.items;
	if (!item->sample_known && !maker)
		return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/sample");
	size_t count = maker ? maker->output_fact_count : item->sample_lots.count;
	parts->outputs = arena_array(batch->arena, struct epcis_thing, count + 1);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct lot_fact *lot =
			maker ? maker->output_facts[i] : map_get(batch->lots, MAP_KEY(lots[i].lot));
		if (lot)
			tell(batch, parts, lot);
	}
	return PROBLEM_NONE;
}

static enum problem tell_lot(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct lot_fact *lot = batch_lot(batch, &item->lot);
	if (!lot || !(lot_known_to(batch, item, lot, item->acting) || batch_sees(batch, item, &item->lot))) {
		(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/lot");
		item->job->fault->value = item->job->record->lot;
		return PROBLEM_NOT_KNOWN_YET;
	}
	if (!parts->output_lots) {
		parts->outputs = arena_array(batch->arena, struct epcis_thing, 1);
		parts->output_lots = arena_array(batch->arena, struct lot_fact *, 1);
	}
	tell(batch, parts, lot);
	return PROBLEM_NONE;
}

static void alert_of_test(struct batch *batch, struct item *item, const struct event_parts *parts,
			  const struct lot_fact *lot)
{
	const struct record *record = item->job->record;
	struct risk_test facts = {.event = item->job->id,
				  .time = item->time,
				  .kind = record->kind,
				  .outcome = record->outcome,
				  .report = record->report,
				  .results = record->results.items,
				  .result_count = record->results.count};
	struct risk_findings findings = {0};
	if (lot) {
		facts.lot = (struct lot_id){lot->row.org_id, lot->row.lot_id};
		facts.shipped = decimal_compare(lot->row.outside, decimal_of(0)) > 0;
	}
	risk_test(batch->arena, batch->capture->settings.reference, &facts, &findings);
	alerts_add(batch, item, &findings, lot ? lot->row.org_id : item->acting,
		   lot ? lot->row.product : (struct uuid){{0}},
		   lot                 ? lot->row.region
		   : parts->site_count ? parts->sites[0]->region
				       : parts->acting->region);
}

enum problem decide_test(struct batch *batch, struct item *item, struct event_parts *parts)
{
	enum problem p = item->sample.asked ? tell_sample(batch, item, parts) : PROBLEM_NONE;
	if (!p && item->lot.asked)
		p = tell_lot(batch, item, parts);
	if (!p)
		p = event_store(batch, item, parts);
	for (size_t i = 0; !p && i < parts->output_count; i++) {
		const struct lot_fact *lot = parts->output_lots[i];
		*ROW_ADD(batch, tests, struct test_row) =
			(struct test_row){{lot->row.org_id, lot->row.lot_id}, item};
		alert_of_test(batch, item, parts, lot);
	}
	if (!p && !parts->output_count)
		alert_of_test(batch, item, parts, NULL);
	return p;
}

void tests_send(struct batch *batch)
{
	const struct test_row *rows = batch->tests.items;
	size_t n = batch->tests.count;
	struct test_result_insert_many_params p;
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, rows[i].lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i].lot.lot);
	COLUMN(p.event, struct uuid, n, rows[i].item->job->id);
	COLUMN(p.event_org, struct uuid, n, rows[i].item->recorder);
	COLUMN(p.kind, struct str, n, rows[i].item->job->record->kind);
	COLUMN(p.outcome, struct str, n, rows[i].item->job->record->outcome);
	COLUMN(p.at, usec_t, n, rows[i].item->time.at_us);
	COLUMN(p.offset_min, int64_t, n, rows[i].item->time.offset_min);
	COLUMN(p.recorded_at, usec_t, n, rows[i].item->recorded_us);
	db_queue(batch->db, &sql_test_result_insert_many, &p);
}
