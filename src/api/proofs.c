/* SPDX-License-Identifier: Apache-2.0
 * /v1/events/{id}/proof: what shows that a record is signed, unchanged and in the log; whole as JSON, or its place in the
 * log alone as a C2SP tlog-proof. */
#include "ft/api/routes.h"

#include "events_priv.h"

#include "ft/base/text.h"
#include "ft/core/epcis_body.h"
#include "ft/core/manifest.h"
#include "ft/core/statement.h"
#include "ft/store/erasure.h"
#include "ft/store/log.h"
#include "ft/store/proof_links.h"
#include "queries.h"

struct proof_entry_answer {
	struct str statement, index;
	struct str_list path;
};
static const struct shape proof_entry_answer = {
	.name = "ProofEntry",
	.size = sizeof(struct proof_entry_answer),
	.doc = "Another entry of the log that bears on this one",
	.fields =
		(const struct field[]){
			STRING(struct proof_entry_answer, statement, "statement", .max_len = 16384,
			       .doc = "Signed note"),
			RAW_JSON(struct proof_entry_answer, index, "index", .doc = "Its place in the log"),
			STRINGS(struct proof_entry_answer, path, "path", .flags = OPTIONAL | ALWAYS,
				.doc = "Hashes from it up to the same head"),
			END_OF_SHAPE,
		},
};

struct proof_key_answer {
	struct str spki, statement, index;
	struct str_list path;
	struct proof_entry_answer *revocation;
};
static const struct shape proof_key_answer = {
	.name = "ProofKey",
	.size = sizeof(struct proof_key_answer),
	.doc = "The key that signed",
	.fields =
		(const struct field[]){
			STRING(struct proof_key_answer, spki, "spki", .max_len = 4096,
			       .doc = "SubjectPublicKeyInfo, DER in base64"),
			STRING(struct proof_key_answer, statement, "statement", .max_len = 16384,
			       .doc = "key@v1 note that enrolled it"),
			RAW_JSON(struct proof_key_answer, index, "index",
				 .doc = "Place of that note in the log; null until a head covers it"),
			STRINGS(struct proof_key_answer, path, "path", .flags = OPTIONAL | ALWAYS,
				.doc = "Hashes from it up to the same head"),
			OBJECT(struct proof_key_answer, revocation, "revocation", &proof_entry_answer,
			       struct proof_entry_answer, .flags = OPTIONAL,
			       .doc = "revoke@v1 note that ended it; records logged before it stay valid"),
			END_OF_SHAPE,
		},
};
struct proof_answer {
	struct str statement, manifest, view, tier, salt;
	struct proof_key_answer *key;
	struct str index; /* raw: null until the log has numbered it */
	struct str checkpoint;
	struct str_list path;
	struct proof_links links;
	struct proof_entry_answer *erasure;
	struct str waits_for;
};
static const char *const waited_for[] = {"log", "witnesses", NULL};
static const struct shape proof_answer = {
	.name = "Proof",
	.size = sizeof(struct proof_answer),
	.doc = "Everything that shows that this view is what was signed; check it with farmtrail verify or "
	       "openssl",
	.fields =
		(const struct field[]){
			STRING(struct proof_answer, statement, "statement", .max_len = 16384,
			       .doc = "Signed note"),
			STRING(struct proof_answer, manifest, "manifest", .max_len = 4096,
			       .doc = "Whose SHA-256 the statement's body line names"),
			STRING(struct proof_answer, view, "view", .max_len = 1048576, .flags = OPTIONAL,
			       .doc = "The view's bytes; absent: erased"),
			STRING(struct proof_answer, tier, "tier", .flags = OPTIONAL,
			       .doc = "Which line of the manifest the view answers to"),
			STRING(struct proof_answer, salt, "salt", .flags = OPTIONAL,
			       .doc = "16 octets, base64, put before the view when hashing"),
			OBJECT(struct proof_answer, key, "key", &proof_key_answer, struct proof_key_answer),
			RAW_JSON(struct proof_answer, index, "index",
				 .doc = "Place in the log; null until a signed head covers it"),
			STRING(struct proof_answer, checkpoint, "checkpoint",
			       .flags = OPTIONAL | NULLABLE | ALWAYS, .max_len = 16384,
			       .doc = "Newest signed head of the log, when it covers the record"),
			STRINGS(struct proof_answer, path, "path", .flags = OPTIONAL | ALWAYS,
				.doc = "Hashes from the entry up to that head"),
			STRING(struct proof_answer, links.lots, "lots", .flags = OPTIONAL, .max_len = 65536,
			       .doc = "The lot lines, where the statement only sums them up"),
			STRING(struct proof_answer, links.prevs, "prevs", .flags = OPTIONAL, .max_len = 65536,
			       .doc = "The prev lines, likewise"),
			OBJECT(struct proof_answer, erasure, "erasure", &proof_entry_answer,
			       struct proof_entry_answer, .flags = OPTIONAL,
			       .doc = "erase@v1 note: since when the full view is removed"),
			WORD(struct proof_answer, waits_for, "waitsFor", waited_for, .flags = OPTIONAL,
			     .doc = "While the index is null. log: its number there; witnesses: logged, and "
				    "not "
				    "yet witnessed"),
			END_OF_SHAPE,
		},
};
static const char *const proof_tiers[] = {"full", "farm", "township", "district", NULL};
struct proof_query {
	struct str tier;
};
static const struct shape proof_query = {
	.name = "ProofQuery",
	.size = sizeof(struct proof_query),
	.doc = "Which view",
	.fields =
		(const struct field[]){
			WORD(struct proof_query, tier, "tier", proof_tiers, .flags = OPTIONAL,
			     .doc = "Default: full for who may see the event, farm for everybody else"),
			END_OF_SHAPE,
		},
};

static enum tier tier_asked(const struct proof_query *q, bool visible)
{
	for (enum tier tier = TIER_FULL; q->tier.at && tier < TIER_COUNT; tier++)
		if (str_equal(q->tier, str_of(tier_words[tier])))
			return tier;
	return visible ? TIER_FULL : TIER_FARM;
}

static void put_place(struct arena *arena, const struct proof_place *place, struct str *ret_index,
		      struct str_list *ret_path)
{
	struct str *path = arena_array(arena, struct str, place->path_count);
	for (size_t i = 0; i < place->path_count; i++)
		path[i] = base64_encode(arena, sha256_bytes(&place->path[i]));
	*ret_index = place->index < 0 ? STR("null") : arena_printf(arena, "%lld", (long long)place->index);
	*ret_path = (struct str_list){path, place->path_count};
}

/* The record and its key under one head. */
static enum problem put_places(struct call *call, struct uuid event, struct bytes key,
			       struct proof_answer *proof)
{
	struct proof_place places[LOG_EVENT_PLACES + 1];
	struct log_memory *memory = call_app(call)->log_memory;
	const struct log_subject subjects[LOG_EVENT_PLACES + 1] = {
		[LOG_EVENT] = {.kind = STR("event"), .id = event},
		[LOG_EVENT_KEY] = {.kind = STR("key"), .fingerprint = key},
		[LOG_EVENT_REVOCATION] = {.kind = STR("revoke"), .fingerprint = key},
		[LOG_EVENT_PLACES] = {.kind = STR("erase"), .id = event},
	};
	struct str checkpoint;
	enum problem p = proof->erasure ? log_prove(call_db(call), memory, call->arena, subjects,
						    LOG_EVENT_PLACES + 1, &checkpoint, places)
					: log_prove_event(call_db(call), memory, call->arena, event, key,
							  &checkpoint, places);
	if (p)
		return p;
	if (proof->erasure)
		put_place(call->arena, &places[LOG_EVENT_PLACES], &proof->erasure->index,
			  &proof->erasure->path);
	if (places[LOG_EVENT].index < 0) /* without a head that covers the record there is none to show */
		places[LOG_EVENT_KEY] = places[LOG_EVENT];
	else
		proof->checkpoint = checkpoint;
	put_place(call->arena, &places[LOG_EVENT], &proof->index, &proof->path);
	put_place(call->arena, &places[LOG_EVENT_KEY], &proof->key->index, &proof->key->path);
	if (proof->key->revocation && places[LOG_EVENT_REVOCATION].index < 0)
		proof->key->revocation = NULL; /* it counts from its place in the log on: it has none yet */
	if (proof->key->revocation)
		put_place(call->arena, &places[LOG_EVENT_REVOCATION], &proof->key->revocation->index,
			  &proof->key->revocation->path);
	return PROBLEM_NONE;
}

/* Why no published head covers it. */
static enum problem put_waiting(struct call *call, struct uuid event, struct proof_answer *proof)
{
	struct log_events_wait_row row;
	const struct log_events_wait_params params = {{&event, 1}};
	enum problem p = log_events_wait(call_db(call), call->arena, &params, &row);
	if (p)
		return p;
	proof->waits_for = row.numbered && call_app(call)->log_policy ? STR("witnesses") : STR("log");
	return PROBLEM_NONE;
}

/* What is left of an erased record proves itself; the full view cannot be shown any more. */
static enum problem put_erased(struct call *call, const struct event_proof_read_row *row, enum tier tier,
			       struct proof_answer *proof)
{
	struct erasure_read_row stored;
	struct erased *erased = arena_new(call->arena, struct erased);
	const struct erasure_read_params params = {row->org_id, row->id};
	enum problem p = erasure_read(call_db(call), call->arena, &params, &stored);
	if (!p && !erased_of(stored.manifest, stored.salts, stored.statement, erased))
		p = PROBLEM_INTERNAL;
	if (!p)
		p = erased_view(call->arena, erased, bytes_str(row->body), tier, &proof->view);
	if (p)
		return p;
	proof->manifest = erased->manifest;
	proof->erasure = arena_new(call->arena, struct proof_entry_answer);
	proof->erasure->statement = erased->statement;
	if (!proof->view.at)
		return PROBLEM_NONE;
	proof->tier = str_of(tier_words[tier]);
	proof->salt =
		base64_encode(call->arena, (struct bytes){erased->salts[tier].octets, MANIFEST_SALT_LEN});
	return PROBLEM_NONE;
}

static enum problem put_view(struct call *call, const struct event_proof_read_row *row, enum tier tier,
			     struct proof_answer *proof)
{
	struct str views[TIER_COUNT];
	struct note note;
	struct statement statement;
	if (row->view_secret.len != MANIFEST_SECRET_LEN)
		return put_erased(call, row, tier, proof);
	if (!note_parse(call->arena, bytes_str(row->statement), &note) ||
	    !statement_parse(call->arena, note.text, &statement))
		return PROBLEM_INTERNAL;
	enum problem p = manifest_of_body(call->arena, bytes_str(row->body), row->view_secret.at,
					  statement.body, views, &proof->manifest);
	if (p)
		return p;
	struct manifest_salt *salt = arena_new(call->arena, struct manifest_salt);
	*salt = manifest_salt(row->view_secret.at, tier);
	proof->view = views[tier];
	proof->tier = str_of(tier_words[tier]);
	proof->salt = base64_encode(call->arena, (struct bytes){salt->octets, sizeof salt->octets});
	return PROBLEM_NONE;
}

_Static_assert(sizeof(struct event_proof_read_any_row) == sizeof(struct event_proof_read_row),
	       "the same columns");

/* Whoever knows an event's id may check it; how much of it is shown depends on who asks: *ret_visible, all of it. */
static enum problem find(struct call *call, struct event_proof_read_row *ret, bool *ret_visible)
{
	struct event_locate_row where;
	enum problem p = event_locate_path(call, &where);
	if (p)
		return p;
	const struct event_proof_read_params own = {where.org_id, where.id};
	const struct event_proof_read_any_params any = {where.org_id, where.id};
	/* Without a key one sees none. */
	p = uuid_is_nil(call->caller.key) ? PROBLEM_NOT_FOUND
					  : event_proof_read(call_db(call), call->arena, &own, ret);
	*ret_visible = !p;
	return p != PROBLEM_NOT_FOUND ? p
				      : event_proof_read_any(call_db(call), call->arena, &any,
							     (struct event_proof_read_any_row *)(void *)ret);
}

static enum problem proof_get(struct call *call, struct reply *reply)
{
	bool visible;
	struct event_proof_read_row row;
	enum problem p = find(call, &row, &visible);
	if (p)
		return p;
	enum tier tier = tier_asked(call->query, visible);
	if (tier == TIER_FULL && !visible)
		return PROBLEM_NOT_FOUND;
	struct proof_answer *proof = arena_new(call->arena, struct proof_answer);
	proof->statement = bytes_str(row.statement);
	proof->key = arena_new(call->arena, struct proof_key_answer);
	proof->key->spki = base64_encode(call->arena, row.spki);
	proof->key->statement = bytes_str(row.key_statement);
	if (row.revocation.at) {
		proof->key->revocation = arena_new(call->arena, struct proof_entry_answer);
		proof->key->revocation->statement = bytes_str(row.revocation);
	}
	p = put_view(call, &row, tier, proof);
	if (!p)
		p = put_places(call, row.id, row.key_fingerprint, proof);
	if (!p && str_equal(proof->index, STR("null")))
		p = put_waiting(call, row.id, proof);
	reply->value = proof;
	return p ? p
		 : proof_links_of(call_db(call), call->arena, proof->statement, bytes_str(row.answer), row.id,
				  row.recorded_at, &proof->links);
}

/* What it is a proof of, the signed note, is the "statement" of the whole proof and an entry of the log. */
static enum problem tlog_proof_get(struct call *call, struct reply *reply)
{
	struct event_locate_row where;
	struct proof_place places[LOG_EVENT_PLACES];
	struct tlog_proof proof = {0};
	enum problem p = event_locate_path(call, &where);
	if (p)
		return p;
	p = log_prove_event(call_db(call), call_app(call)->log_memory, call->arena, where.id,
			    (struct bytes){0} /* its key does not matter */, &proof.checkpoint, places);
	if (p)
		return p;
	proof.place = places[LOG_EVENT];
	if (proof.place.index < 0)
		return PROBLEM_NOT_LOGGED_YET;
	reply->raw = tlog_proof_print(call->arena, &proof);
	reply->media_type = "text/plain; charset=utf-8";
	return PROBLEM_NONE;
}

#define TAG "Log"
const struct route proof_routes[] = {
	{
		.method = "GET",
		.path = "/v1/events/{id}/proof",
		.id = "getEventProof",
		.tag = TAG,
		.summary = "What shows that the event is signed, unchanged and in the log",
		.scope = SCOPE_PUBLIC,
		.query = &proof_query,
		.response = &proof_answer,
		.status = 200,
		.handle = proof_get,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/events/{id}/tlog-proof",
		.id = "getEventTlogProof",
		.tag = TAG,
		.summary = "Its place in the log under the newest signed head: a C2SP tlog-proof",
		.scope = SCOPE_PUBLIC,
		.media_type = "text/plain",
		.status = 200,
		.handle = tlog_proof_get,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_NOT_LOGGED_YET, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
