/* SPDX-License-Identifier: Apache-2.0
 * Records that organisations sign themselves. All that is drawn by chance for a record derives from one seed, and its
 * statement claims the time of its preparation: decided again on the same facts it is the same, byte for byte. */
#include "capture_priv.h"

#include <string.h>

#include "ft/core/proof.h"
#include "ft/crypto/random.h"
#include "ft/crypto/sign.h"

/* — what would else be drawn — */

static struct sha256 derive(const struct capture_own *own, struct str label, struct bytes what)
{
	uint8_t message[64] = {0}; /* the longest label and an id */
	memcpy(message, label.at, label.len);
	memcpy(message + label.len, what.at, what.len);
	return hmac_sha256((struct bytes){own->seed, sizeof own->seed},
			   (struct bytes){message, label.len + what.len});
}

void own_secret(const struct capture_own *own, size_t index, struct unsigned_statement *ret)
{
	const uint8_t place = (uint8_t)index;
	struct sha256 secret = derive(own, STR("farmtrail/views@v1\n"), (struct bytes){&place, 1});
	memcpy(ret->secret, secret.octets, sizeof ret->secret);
	ret->has_secret = true;
}

void own_lot_salt(const struct capture_own *own, struct uuid lot, uint8_t ret[LOT_SALT_LEN])
{
	struct sha256 salt =
		derive(own, STR("farmtrail/lot@v1\n"), (struct bytes){lot.octets, sizeof lot.octets});
	memcpy(ret, salt.octets, LOT_SALT_LEN);
}

usec_t item_stated_us(const struct item *item)
{
	return item->job->own ? item->job->own->at_us : item->recorded_us;
}

enum problem find_key(const struct batch *batch, struct item *item)
{
	const struct capture_own *own = item->job->own;
	if (map_get(batch->keys, MAP_KEY(item->recorder)))
		return PROBLEM_NONE;
	if (own && own->sent.at)
		return fault_set(item->job->fault, PROBLEM_SIGNING_KEY_ENDED, "registered", "/key");
	if (own)
		return fault_set(item->job->fault, PROBLEM_SIGNING_KEY_ENDED, "registered", "/note");
	return map_get(batch->own_orgs, MAP_KEY(item->recorder)) ? PROBLEM_SIGNS_ITSELF
								 : PROBLEM_NO_SIGNING_KEY;
}

/* — what was prepared — */

static struct sha256 text_hash(const struct capture_own *own)
{
	return statement_hash(own->notes[0].text);
}

/* The same note again gets the first answer, by whoever acts for the organisation. */
static enum problem find_stored(struct db *db, struct arena *arena, struct capture_job *job, bool *ret)
{
	const struct capture_own *own = job->own;
	const struct sha256 hash = text_hash(own);
	struct own_event_find_row row;
	const struct own_event_find_params params = {.org_id = own->org,
						     .key_fingerprint = sha256_bytes(&own->key),
						     .seq = own->seq,
						     .parties = {job->parties, job->party_count},
						     .region = job->region};
	*ret = false;
	enum problem p = own_event_find(db, arena, &params, &row);
	if (p == PROBLEM_NOT_FOUND)
		return PROBLEM_NONE;
	if (p || !bytes_equal(row.statement_sha256, sha256_bytes(&hash)))
		return p;
	*ret = true;
	job->id = row.id;
	job->replayed = true;
	job->answer = arena_str(job->arena, bytes_str(row.answer));
	return PROBLEM_NONE;
}

static enum problem read_record(struct capture_job *job, struct str text)
{
	struct json json;
	struct record *record = arena_new(job->arena, struct record);
	struct fault ignored = {0};
	enum problem p = json_parse(job->arena, text, &json, &ignored);
	if (!p)
		p = shape_decode(&record_shape, job->arena, &json, record, &ignored);
	job->record = record;
	job->kind = p ? NULL : record_kind_find(record->type);
	return job->kind ? PROBLEM_NONE : PROBLEM_INTERNAL; /* it was read before */
}

static enum problem find_prepared(struct db *db, struct arena *arena, struct capture_job *job)
{
	struct capture_own *own = job->own;
	const struct sha256 hash = text_hash(own);
	struct prepared_find_row row;
	enum problem p = prepared_find(
		db, arena, &(struct prepared_find_params){sha256_bytes(&hash), job->key, clock_now()}, &row);
	if (p == PROBLEM_NOT_FOUND) {
		own->settled = true;
		job->problem = fault_set(job->fault, PROBLEM_NOT_PREPARED, "prepared", "/note");
		return PROBLEM_NONE;
	}
	if (p)
		return p;
	struct str text = arena_str(job->arena, bytes_str(row.record));
	memcpy(own->seed, row.seed.at, sizeof own->seed);
	own->at_us = row.prepared_at;
	job->id = row.event;
	job->request = sha256_of(str_bytes(text));
	p = read_record(job, text);
	if (!p)
		job->time_ahead = record_lies_ahead(job->record, own->at_us);
	return p;
}

/* What is named must be a head that was published: an entry that names another breaks the log's rules for ever. */
static enum problem check_seen(struct db *db, struct arena *arena, struct capture_job *job)
{
	struct capture_own *own = job->own;
	struct log_published_head_row row;
	struct checkpoint head;
	if (!own->seen.size)
		return PROBLEM_NONE;
	enum problem p =
		log_published_head(db, arena, &(struct log_published_head_params){own->seen.size}, &row);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	if (p || !checkpoint_parse(arena, bytes_str(row.checkpoint), &head) ||
	    !sha256_equal(head.root, own->seen.root)) {
		own->settled = true;
		job->problem = fault_set(job->fault, PROBLEM_FIELD_RANGE, "head", "/seen");
	}
	return PROBLEM_NONE;
}

enum problem own_recall(struct db *db, struct arena *arena, struct capture_unit *unit)
{
	struct capture_job *job = unit->jobs;
	struct capture_own *own = job->own;
	*job->fault = (struct fault){0};
	job->problem = PROBLEM_NONE;
	job->replayed = own->settled = false;
	own->statement_count = 0;
	if (own->sent.at) {
		random_fill(own->seed, sizeof own->seed);
		own->at_us = clock_now();
		return check_seen(db, arena, job);
	}
	enum problem p = find_stored(db, arena, job, &own->settled);
	return p || own->settled ? p : find_prepared(db, arena, job);
}

/* — the note against what the record became — */

static bool is_what_was_signed(const struct batch *batch, const struct capture_own *own)
{
	const struct unsigned_statement *sealed = batch->sealed.items;
	bool same = batch->sealed.count == own->note_count;
	for (size_t i = 0; same && i < own->note_count; i++)
		same = str_equal(sealed[i].text, own->notes[i].text);
	return same;
}

static struct note_key signer_of(struct batch *batch, const struct held_key *key)
{
	struct note_key signer = {0};
	struct str name =
		statement_signer_name(batch->arena, batch->capture->settings.config->origin, key->org);
	(void)!note_key_from_spki(name, key->spki, &signer); /* it was enrolled under this name */
	return signer;
}

static const struct held_key *key_of(const struct batch *batch, const struct item *item)
{
	return map_get(batch->keys, MAP_KEY(item->recorder));
}

static bool all_are_signed(struct batch *batch, const struct capture_own *own)
{
	const struct note_verifier verifier = {verify_spki, NULL};
	const struct note_key signer = signer_of(batch, key_of(batch, batch->items));
	for (size_t i = 0; i < own->note_count; i++)
		if (note_verify(batch->arena, &own->notes[i], &signer, verifier) != NOTE_SIGNED)
			return false;
	return true;
}

enum problem own_check(struct batch *batch, struct capture_own *own)
{
	struct item *item = batch->items;
	struct capture_job *job = item->job;
	bool stored = false;
	if (item->problem || item->replay)
		return PROBLEM_NONE;
	bool same = is_what_was_signed(batch, own);
	if (same && all_are_signed(batch, own))
		return PROBLEM_NONE;
	batch->events.count = 0;
	if (same) {
		item->problem = fault_set(job->fault, PROBLEM_SIGNATURE, "signature", "/note");
		return PROBLEM_NONE;
	}
	/* Perhaps the same note went in while this one waited for the key. */
	enum problem p = find_stored(batch->db, batch->arena, job, &stored);
	item->replay = stored;
	if (!p && !stored)
		item->problem = fault_set(job->fault, PROBLEM_PREPARED_OTHERWISE, "prepared", "/note");
	return p;
}

void own_attach(struct batch *batch, const struct capture_own *own)
{
	struct unsigned_statement *sealed = batch->sealed.items;
	const struct sha256 hash = text_hash(own);
	for (size_t i = 0; i < own->note_count; i++)
		sealed[i].note = note_print(batch->arena, &own->notes[i]);
	db_queue(batch->db, &sql_prepared_delete, &(struct prepared_delete_params){sha256_bytes(&hash)});
}

/* — preparing — */

static void give_statement(const struct batch *batch, struct arena *theirs, size_t index,
			   struct prepared_statement *ret)
{
	const struct unsigned_statement *s = &((const struct unsigned_statement *)batch->sealed.items)[index];
	const struct event_rows *row = &((const struct event_rows *)batch->events.items)[index];
	*ret = (struct prepared_statement){.event = row->item->job->id,
					   .body = arena_str(theirs, row->body),
					   .manifest = arena_str(theirs, s->manifest),
					   .text = arena_str(theirs, s->text)};
	memcpy(ret->secret, s->secret, sizeof ret->secret);
}

enum problem own_give(struct batch *batch, struct capture_own *own)
{
	const struct unsigned_statement *sealed = batch->sealed.items;
	const struct capture_job *job = batch->items->job;
	const struct held_key *key = key_of(batch, batch->items);
	if (batch->sealed.count > OWN_STATEMENTS)
		return PROBLEM_INTERNAL;
	for (size_t i = 0; i < batch->sealed.count; i++)
		give_statement(batch, job->arena, i, &own->statements[i]);
	own->statement_count = batch->sealed.count;
	own->org = key->org;
	own->signer = signer_of(batch, key);
	own->signer.name = arena_str(job->arena, own->signer.name);
	own->expires_us = own->at_us + (usec_t)PREPARED_MINUTES * 60 * USEC_PER_SEC;
	const struct prepared_insert_params row = {.statement_sha256 = sha256_bytes(&sealed->text_hash),
						   .org_id = key->org,
						   .key_fingerprint = sha256_bytes(&key->fingerprint),
						   .api_key = job->key,
						   .event = job->id,
						   .record = str_bytes(own->sent),
						   .seed = {own->seed, sizeof own->seed},
						   .prepared_at = own->at_us,
						   .expires_at = own->expires_us};
	const struct prepared_prune_params old = {own->at_us, row.key_fingerprint, PREPARED_PER_KEY - 1};
	db_queue(batch->db, &sql_prepared_prune, &old);
	db_queue(batch->db, &sql_prepared_insert, &row);
	batch->events.count = 0; /* nothing of what was decided is written */
	return PROBLEM_NONE;
}
