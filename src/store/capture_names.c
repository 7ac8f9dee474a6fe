/* SPDX-License-Identifier: Apache-2.0
 * What the records of a batch name, and the facts and locks that belong to it: a few array queries in two round trips
 * however many records there are. Locks are taken in ascending order of id, so that two writers never wait in a ring. */
#include "capture_pack_priv.h"

#include <string.h>

#include "ft/core/code.h"

enum problem refuse(struct item *item, enum problem p, const char *rule, struct place_in where)
{
	if (!where.list)
		return fault_set(item->job->fault, p, rule, "/%s", where.member);
	return fault_set(item->job->fault, p, rule, "/%s/%zu%s%s", where.list, where.index,
			 *where.member ? "/" : "", where.member);
}

static void name_read(struct item *item, enum thing_kind kind, struct str spelling, struct place_in where,
		      struct named *ret)
{
	if (!spelling.at)
		return;
	ret->asked = true;
	if (item->problem)
		return;
	struct fault fault = {0};
	enum problem p = thing_name_read(item->job->arena, kind, item->acting, spelling, &ret->name, &fault);
	if (!p)
		return;
	item->problem = refuse(item, p, fault.rule, where);
	item->job->fault->value = spelling;
	item->job->fault->detail = fault.detail;
}

/* The acting party first: a bare number is one within that party. It is an id, the key's default, or — looked up like
 * the rest — a number or URI. */
static void acting_read(struct item *item)
{
	const struct capture_job *job = item->job;
	if (job->party_count)
		item->acting = job->parties[0];
	name_read(item, THING_PARTY, job->record->party, (struct place_in){.member = "party"}, &item->party);
	if (item->party.asked && item->party.name.form == NAME_ID)
		item->acting = item->party.name.id.lot;
	else if (!item->party.asked && !job->party_count && !item->problem &&
		 job->kind->class != RECORD_CORRECT &&
		 !item->corrects) /* theirs is that of the record corrected */
		item->problem = fault_set(item->job->fault, PROBLEM_FIELD_MISSING, "required", "/party");
}

static void outputs_read(struct batch *batch, struct item *item)
{
	const struct record *record = item->job->record;
	const struct record_output *outputs = record->outputs.items;
	bool create = item->job->kind->class == RECORD_CREATE;
	item->output_count = create ? 1 : record->outputs.count;
	item->output_products = arena_array(batch->arena, struct named, item->output_count);
	item->output_lots = arena_array(batch->arena, struct named, item->output_count);
	for (size_t i = 0; i < item->output_count; i++) {
		name_read(item, THING_PRODUCT, create ? record->product : outputs[i].product,
			  (struct place_in){create ? NULL : "outputs", i, "product"},
			  &item->output_products[i]);
		name_read(item, THING_LOT, create ? record->lot : outputs[i].lot,
			  (struct place_in){create ? NULL : "outputs", i, "lot"}, &item->output_lots[i]);
	}
}

static void lots_read(struct batch *batch, struct item *item)
{
	const struct record *record = item->job->record;
	bool transform = item->job->kind->class == RECORD_TRANSFORM;
	const struct list *list = transform ? &record->inputs : &record->lots;
	const struct record_lot *lots = list->items;
	item->lot_count = list->count;
	item->lots = arena_array(batch->arena, struct named, list->count);
	for (size_t i = 0; i < list->count; i++)
		name_read(item, THING_LOT, lots[i].lot,
			  (struct place_in){transform ? "inputs" : "lots", i, "lot"}, &item->lots[i]);
}

static void pack_read(struct item *item, struct str spelling, const char *list, size_t index,
		      const char *member)
{
	struct pack_named *pack = &item->packs[item->pack_count++];
	*pack = (struct pack_named){.spelling = spelling, .list = list, .member = member, .index = index};
	name_read(item, THING_ITEM, spelling, (struct place_in){list, index, member}, &pack->named);
}

static void packs_read(struct batch *batch, struct item *item)
{
	const struct str_list *packs = &item->job->record->packs;
	item->packs = arena_array(batch->arena, struct pack_named, packs->count);
	for (size_t i = 0; i < packs->count; i++)
		pack_read(item, packs->items[i], "items", i, "");
}

static void contents_read(struct batch *batch, struct item *item)
{
	const struct record *record = item->job->record;
	const struct record_content *contents = record->contents.items;
	item->lot_count = item->unit_count = record->contents.count;
	item->lots = arena_array(batch->arena, struct named, item->lot_count);
	item->units = arena_array(batch->arena, struct named, item->unit_count);
	item->packs = arena_array(batch->arena, struct pack_named, record->contents.count);
	name_read(item, THING_UNIT, record->unit, (struct place_in){.member = "unit"}, &item->unit);
	for (size_t i = 0; i < item->lot_count; i++) {
		name_read(item, THING_LOT, contents[i].lot, (struct place_in){"contents", i, "lot"},
			  &item->lots[i]);
		name_read(item, THING_UNIT, contents[i].unit, (struct place_in){"contents", i, "unit"},
			  &item->units[i]);
		if (contents[i].item.at)
			pack_read(item, contents[i].item, "contents", i, "item");
	}
}

static void units_read(struct batch *batch, struct item *item)
{
	const struct str_list *units = &item->job->record->units;
	item->unit_count = units->count;
	item->units = arena_array(batch->arena, struct named, units->count);
	for (size_t i = 0; i < units->count; i++)
		name_read(item, THING_UNIT, units->items[i], (struct place_in){"units", i, ""},
			  &item->units[i]);
}

static void sites_read(struct batch *batch, struct item *item)
{
	const struct record *record = item->job->record;
	bool one = record->site.at != NULL;
	item->site_count = (one ? 1 : 0) + record->sites.count;
	item->sites = arena_array(batch->arena, struct named, item->site_count);
	if (one)
		name_read(item, THING_SITE, record->site, (struct place_in){.member = "site"},
			  &item->sites[0]);
	for (size_t i = 0; i < record->sites.count; i++)
		name_read(item, THING_SITE, record->sites.items[i], (struct place_in){"sites", i, ""},
			  &item->sites[i + (one ? 1 : 0)]);
}

static void item_read_names(struct batch *batch, struct item *item)
{
	if (item->job->event) {
		partner_read_names(batch, item);
		return;
	}
	const struct record *record = item->job->record;
	name_read(item, THING_PARTY, record->to, (struct place_in){.member = "to"}, &item->to);
	name_read(item, THING_PARTY, record->from, (struct place_in){.member = "from"}, &item->from);
	if (record->sample && record->sample->kind == JSON_STRING)
		name_read(item, THING_SAMPLE, record->sample->text, (struct place_in){.member = "sample"},
			  &item->sample);
	name_read(item, THING_SHIPMENT, record->shipment, (struct place_in){.member = "shipment"},
		  &item->shipment);
	sites_read(batch, item);
	if (record->unit.at) {
		contents_read(batch, item);
	} else {
		lots_read(batch, item);
		units_read(batch, item);
		packs_read(batch, item);
	}
	if (item->job->kind->class == RECORD_CREATE || item->job->kind->class == RECORD_TRANSFORM)
		outputs_read(batch, item);
	else
		name_read(item, THING_LOT, record->lot, (struct place_in){.member = "lot"}, &item->lot);
}

void items_prepare(struct batch *batch, struct capture_job **jobs, size_t count)
{
	batch->items = arena_array(batch->arena, struct item, count * 2);
	batch->count = count;
	for (size_t i = 0; i < count; i++) {
		struct item *item = &batch->items[i];
		item->job = jobs[i];
		item->time = jobs[i]->record->time;
		*jobs[i]->fault = (struct fault){0};
		jobs[i]->replayed = false;
		if (jobs[i]->event)
			partner_read_identity(item);
		else
			item->event_hash = event_id_hash(batch->arena, jobs[i]->id);
		acting_read(item);
		partner_read_declaration(item);
		struct item *replacement = correction_prepare(batch, item, &batch->items[batch->count]);
		if (replacement) {
			acting_read(replacement);
			batch->count++;
		}
	}
	batch->things = map_create(batch->arena, count * 8);
	batch->codes = map_create(batch->arena, count);
	batch->parties = map_create(batch->arena, count);
	batch->sites = map_create(batch->arena, count);
	batch->products = map_create(batch->arena, count);
	batch->regions = map_create(batch->arena, count);
	batch->lots = map_create(batch->arena, count * 2);
	batch->holdings = map_create(batch->arena, count * 2);
	batch->keys = map_create(batch->arena, count);
	batch->own_orgs = map_create(batch->arena, count);
	batch->shipments = map_create(batch->arena, count);
	batch->new_numbers = map_create(batch->arena, count);
	batch->new_samples = map_create(batch->arena, 16);
	batch->new_ids = map_create(batch->arena, count);
}

static void want_hash(struct batch *batch, struct rows *hashes, const struct sha256 *hash)
{
	*(struct bytes *)rows_add(batch->arena, hashes, sizeof(struct bytes)) = sha256_bytes(hash);
}

static void want_made_hash(struct batch *batch, struct rows *hashes, struct sha256 hash)
{
	struct sha256 *made = arena_new(batch->arena, struct sha256);
	*made = hash;
	want_hash(batch, hashes, made);
}

static void want_name(struct batch *batch, struct rows *hashes, struct rows *codes, struct named *named)
{
	if (!named->asked || named->name.form == NAME_ID || named->name.form == NAME_RECORD)
		return;
	pack_place(batch, named);
	if (named->name.form == NAME_CODE)
		*(struct str *)rows_add(batch->arena, codes, sizeof(struct str)) = named->name.code;
	want_hash(batch, hashes, &named->name.hash);
	if (named->name.key_path.at)
		want_hash(batch, hashes, &named->name.key_hash);
}

static enum problem things_take(struct batch *batch)
{
	struct thing_find_many_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_thing_find_many, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		map_set(batch->things, rows[i].hash, &rows[i]);
	return p;
}

static void named_resolve(struct batch *batch, enum thing_kind kind, struct named *named)
{
	if (!named->asked || named->found || named->name.form == NAME_RECORD)
		return;
	if (named->name.form == NAME_ID) {
		named->id = named->name.id;
		named->found = true;
		return;
	}
	const struct code_find_many_row *code =
		named->name.form == NAME_CODE ? map_get(batch->codes, str_bytes(named->name.code)) : NULL;
	const struct thing_find_many_row *thing = map_get(batch->things, sha256_bytes(&named->name.hash));
	if (!thing && named->name.key_path.at)
		thing = map_get(batch->things, sha256_bytes(&named->name.key_hash));
	if (code && named->pack.at && named->pack_index < code->items) {
		named->id = (struct lot_id){code->org_id, code->id};
		named->found = true;
	} else if (code && code_names(code->kind, kind)) {
		named->id = (struct lot_id){code->org_id, code->id};
		named->found = true;
	} else if (thing && str_equal(thing->kind, str_of(thing_kind_words[kind]))) {
		named->id = (struct lot_id){thing->org_id, thing->id};
		named->found = true;
	}
}

/* Round 1: repetitions, and the parties, whose numbers the other names depend on. */
static void queue_identities(struct batch *batch)
{
	struct rows hashes = {0}, party_hashes = {0}, unused = {0};
	for (size_t i = 0; i < batch->count; i++) {
		want_hash(batch, &hashes, &batch->items[i].event_hash);
		if (batch->items[i].job->kind->class == RECORD_CORRECT)
			want_hash(batch, &hashes, &batch->items[i].target_hash);
		const struct sha256 *keys[PARTNER_KEYS];
		for (size_t k = 0, n = partner_declaration_keys(&batch->items[i], keys); k < n; k++)
			want_hash(batch, &hashes, keys[k]);
		want_name(batch, &party_hashes, &unused, &batch->items[i].party);
	}
	db_queue(batch->db, &sql_event_key_find_many,
		 &(struct event_key_find_many_params){rows_array(&hashes)});
	db_queue(batch->db, &sql_thing_find_many,
		 &(struct thing_find_many_params){rows_array(&party_hashes)});
}

/* `unread`: the records as they were before their names were read, if they have been. */
static enum problem take_identities(struct batch *batch, const struct item *unread)
{
	struct event_key_find_many_row *keys;
	size_t count;
	enum problem p =
		db_take_many(batch->db, batch->arena, &sql_event_key_find_many, (void **)&keys, &count);
	if (!p)
		p = things_take(batch);
	if (p)
		return p;
	struct map *taken = map_create(batch->arena, count);
	for (size_t i = 0; i < count; i++)
		map_set(taken, keys[i].hash, &keys[i]);
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		const struct event_key_find_many_row *known = map_get(taken, sha256_bytes(&item->event_hash));
		if (known && unread) /* a repetition is answered, whatever it names */
			*item = unread[i];
		named_resolve(batch, THING_PARTY, &item->party);
		if (item->party.found)
			item->acting = item->party.id.lot;
		item->replay = known != NULL;
		item->known_org = known ? known->org_id : (struct uuid){{0}};
		/* What a partner tells is the same event whoever brings it. */
		item->known_id = known && item->job->event ? known->id : item->job->id;
		partner_take_declaration(batch, item, taken);
		if (item->job->kind->class != RECORD_CORRECT)
			continue;
		known = map_get(taken, sha256_bytes(&item->target_hash));
		if (known)
			item->target = target_named(batch, (struct lot_id){known->org_id, known->id});
	}
	return PROBLEM_NONE;
}

static void answer_take(struct item *item, const struct event_answers_row *row)
{
	if (!bytes_equal(row->request_sha256, sha256_bytes(&item->job->request))) {
		item->problem = fault_set(item->job->fault, PROBLEM_ID_TAKEN, "unique", "/id");
		return;
	}
	item->problem = PROBLEM_NONE;
	item->job->replayed = true;
	item->job->answer = answer_again(item, row->org_id, bytes_str(row->answer));
}

/* A record that is in already gets its first answer; that of another organisation is nobody else's business. */
static enum problem load_answers(struct batch *batch)
{
	struct rows orgs = {0}, ids = {0};
	struct event_answers_row *answers;
	size_t count;
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!item->replay)
			continue;
		if (item->corrects && item->corrects->replay) /* answered with its correction */
			continue;
		item->problem = fault_set(item->job->fault, PROBLEM_ID_TAKEN, "unique", "/id");
		item->recorder = item->job->party_count ? item->job->parties[0] : item->acting;
		bool correction =
			item->job->kind->class == RECORD_CORRECT; /* of who recorded what it corrects */
		if (item->job->event || (correction && job_lists(item->job, item->known_org)))
			item->recorder = item->known_org;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = item->recorder;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = item->known_id;
	}
	if (!ids.count)
		return PROBLEM_NONE;
	const struct event_answers_params params = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_event_answers, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_event_answers, (void **)&answers, &count);
	for (size_t i = 0; !p && i < batch->count; i++)
		for (size_t k = 0; batch->items[i].replay && k < count; k++)
			if (uuid_equal(answers[k].id, batch->items[i].known_id) &&
			    uuid_equal(answers[k].org_id, batch->items[i].recorder))
				answer_take(&batch->items[i], &answers[k]);
	return p;
}

static void item_want(struct batch *batch, struct item *item, struct rows *hashes, struct rows *codes)
{
	want_name(batch, hashes, codes, &item->to);
	want_name(batch, hashes, codes, &item->from);
	want_name(batch, hashes, codes, &item->lot);
	for (size_t i = 0; i < item->site_count; i++)
		want_name(batch, hashes, codes, &item->sites[i]);
	for (size_t i = 0; i < item->lot_count; i++)
		want_name(batch, hashes, codes, &item->lots[i]);
	want_name(batch, hashes, codes, &item->unit);
	want_name(batch, hashes, codes, &item->sample);
	if (takes_sample(item))
		want_made_hash(batch, hashes, sample_hash(item));
	for (size_t i = 0; i < item->unit_count; i++)
		want_name(batch, hashes, codes, &item->units[i]);
	for (size_t i = 0; i < item->pack_count; i++)
		want_name(batch, hashes, codes, &item->packs[i].named);
	struct output_ids *made = arena_array(batch->arena, struct output_ids, item->output_count);
	for (size_t i = 0; i < item->output_count; i++) {
		const struct output_ids ids = made[i] = item_output_ids(batch, item, i);
		want_name(batch, hashes, codes, &item->output_products[i]);
		want_name(batch, hashes, codes, &item->output_lots[i]);
		for (int k = 0; k < CODE_ATTEMPTS; k++)
			*(struct str *)rows_add(batch->arena, codes, sizeof(struct str)) = ids.codes[k];
		want_made_hash(batch, hashes, ids.number_hash);
	}
	item->output_ids = made;
}

static void item_resolve(struct batch *batch, struct item *item)
{
	named_resolve(batch, THING_PARTY, &item->to);
	named_resolve(batch, THING_PARTY, &item->from);
	named_resolve(batch, THING_LOT, &item->lot);
	named_resolve(batch, THING_SHIPMENT, &item->shipment);
	named_resolve(batch, THING_UNIT, &item->unit);
	named_resolve(batch, THING_SAMPLE, &item->sample);
	for (size_t i = 0; i < item->unit_count; i++)
		named_resolve(batch, THING_UNIT, &item->units[i]);
	for (size_t i = 0; i < item->pack_count; i++)
		named_resolve(batch, THING_ITEM, &item->packs[i].named);
	for (size_t i = 0; i < item->site_count; i++)
		named_resolve(batch, THING_SITE, &item->sites[i]);
	for (size_t i = 0; i < item->lot_count; i++)
		named_resolve(batch, THING_LOT, &item->lots[i]);
	for (size_t i = 0; i < item->output_count; i++) {
		named_resolve(batch, THING_PRODUCT, &item->output_products[i]);
		named_resolve(batch, THING_LOT, &item->output_lots[i]);
	}
}

void shipments_keep(struct batch *batch, struct shipment_lines_row *lines, size_t count)
{
	for (size_t i = 0, k; i < count; i = k) {
		struct shipment_fact *fact = arena_new(batch->arena, struct shipment_fact);
		for (k = i; k < count && uuid_equal(lines[k].shipment, lines[i].shipment); k++)
			continue;
		fact->lines = &lines[i];
		fact->line_count = k - i;
		map_set(batch->shipments, MAP_KEY(lines[i].shipment), fact);
	}
}

static void read_names(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay)
			item_read_names(batch, &batch->items[i]);
}

/* Round 2: all other names, and the lines of the shipments that arrive. */
static void queue_names(struct batch *batch)
{
	struct rows hashes = {0}, codes = {0}, orgs = {0}, ids = {0};
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (item->problem || item->replay)
			continue;
		item_want(batch, item, &hashes, &codes);
		if (item->target && !uuid_is_nil(item->target->shipment.lot)) {
			*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) =
				item->target->shipment.org;
			*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) =
				item->target->shipment.lot;
		}
		if (item->shipment.name.form != NAME_ID || !item->shipment.asked)
			continue;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) =
			item->shipment.name.id.org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) =
			item->shipment.name.id.lot;
	}
	db_queue(batch->db, &sql_thing_find_many, &(struct thing_find_many_params){rows_array(&hashes)});
	db_queue(batch->db, &sql_code_find_many, &(struct code_find_many_params){rows_array(&codes)});
	const struct shipment_lines_params shipments = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_shipment_lines, &shipments);
}

static enum problem take_names(struct batch *batch)
{
	struct code_find_many_row *codes;
	struct shipment_lines_row *lines;
	size_t code_count, line_count;
	enum problem p = things_take(batch);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_code_find_many, (void **)&codes, &code_count);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_shipment_lines, (void **)&lines, &line_count);
	if (p)
		return p;
	for (size_t i = 0; i < code_count; i++)
		map_set(batch->codes, str_bytes(codes[i].code), &codes[i]);
	shipments_keep(batch, lines, line_count);
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay)
			item_resolve(batch, &batch->items[i]);
	return PROBLEM_NONE;
}

static enum problem load_names(struct batch *batch)
{
	read_names(batch);
	enum problem p = batch_resolve_records(batch);
	if (p)
		return p;
	queue_names(batch);
	p = db_flush(batch->db);
	return p ? p : take_names(batch);
}

/* Whether names depend on nothing that the first round finds out: neither whose they are nor what is corrected. */
static bool names_are_free(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		bool whose = item->party.asked && item->party.name.form != NAME_ID;
		if (whose || item->job->event || item->corrects || item->job->kind->class == RECORD_CORRECT)
			return false;
	}
	return true;
}

/* Reads the names before the first round, so that both are one. Answers the records as they were before; NULL when the
 * second round has to wait for the first. */
static struct item *read_ahead(struct batch *batch)
{
	if (!names_are_free(batch))
		return NULL;
	struct item *unread = arena_array(batch->arena, struct item, batch->count);
	memcpy(unread, batch->items, batch->count * sizeof *unread);
	read_names(batch);
	if (!batch_names_records(batch))
		return unread;
	memcpy(batch->items, unread, batch->count * sizeof *unread);
	return NULL;
}

/* Both rounds, mostly as one. */
static enum problem load_identities_and_names(struct batch *batch)
{
	const struct item *unread = read_ahead(batch);
	raising_queue(batch);
	queue_identities(batch);
	if (unread)
		queue_names(batch);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = raising_take(batch);
	if (!p)
		p = take_identities(batch, unread);
	if (!p && unread)
		p = take_names(batch);
	if (!p)
		p = load_answers(batch);
	if (!p)
		p = batch_load_targets(batch);
	return p || unread ? p : load_names(batch);
}

enum problem batch_load(struct batch *batch)
{
	enum problem p = load_identities_and_names(batch);
	if (!p)
		p = batch_load_units(batch);
	if (!p)
		p = batch_load_samples(batch);
	if (!p)
		p = batch_load_arrivals(batch);
	if (!p)
		p = batch_load_senders(batch);
	if (!p)
		p = batch_load_rows(batch);
	if (!p)
		p = batch_load_packs(batch);
	if (!p)
		p = batch_load_states(batch);
	return p ? p : batch_load_sight(batch);
}
