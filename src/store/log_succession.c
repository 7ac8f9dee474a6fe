/* SPDX-License-Identifier: Apache-2.0
 * A log that ends, and the one that goes on behind it. One transaction does it: before its COMMIT the old log goes on, after
 * it the new one, whose heads the sequencer signs as soon as it has looked. */
#include <string.h>

#include "log_priv.h"
#include "signing_priv.h"

#include "ft/base/failpoint.h"
#include "ft/core/log_name.h"
#include "ft/store/audit.h"
#include "ft/store/enrolment.h"

struct handing_over {
	struct arena *arena;
	const struct key_office *office;
	const struct log_ending *ending;
	usec_t now_us; /* whoever waited is later than whom he waited for */
	struct held_key registrar;
	struct log_head_lock_row at;
	struct log_key old;
	struct str head_note;
	struct checkpoint head;
	struct signer_key key; /* of the new log */
	struct note_key vkey;
	bool has_sm2;
	struct log_successor made;
	struct fault *reterr;
};

static enum problem refuse_head(struct handing_over *h, struct str detail)
{
	h->reterr->detail = detail;
	return PROBLEM_LOG_HEAD_UNKNOWN;
}

static bool is_of(struct handing_over *h, struct bytes checkpoint)
{
	struct note *note = arena_new(h->arena, struct note);
	h->head_note = bytes_str(checkpoint);
	return note_parse(h->arena, h->head_note, note) && checkpoint_parse(h->arena, note->text, &h->head) &&
	       str_equal(h->head.origin, h->old.vkey.name);
}

/* What is published is never gone back on, and what the database does not contain cannot be gone on from. */
static enum problem find_head(struct handing_over *h, struct db *db)
{
	struct log_checkpoint_at_row published, row;
	struct merkle_edge edge;
	enum problem p = log_checkpoint_at(db, h->arena, &(struct log_checkpoint_at_params){0}, &published);
	if (p == PROBLEM_NOT_FOUND)
		return refuse_head(h, STR("nothing is published yet"));
	if (!p)
		p = log_checkpoint_at(db, h->arena, &(struct log_checkpoint_at_params){h->ending->size},
				      &row);
	if (p == PROBLEM_NOT_FOUND)
		return refuse_head(h, STR("no head of this size was signed"));
	if (p)
		return p;
	if (row.size < published.size)
		return refuse_head(h, arena_printf(h->arena, "a head of %lld entries is published",
						   (long long)published.size));
	if (!is_of(h, row.checkpoint))
		return refuse_head(h, STR("the log has published no head of its own yet"));
	if (row.size > h->at.size)
		return refuse_head(h, STR("the database ends before it"));
	p = log_edge_read(db, h->arena, row.size, &edge, NULL /* ret_rim */);
	if (p && p != PROBLEM_CONFLICT)
		return p;
	return p || !sha256_equal(merkle_edge_root(&edge), h->head.root)
		       ? refuse_head(h, STR("the entries do not hash to it"))
		       : PROBLEM_NONE;
}

static enum problem make_key(struct handing_over *h, struct db *db)
{
	const struct log_name name = {h->office->origin, h->at.number + 1};
	h->made.number = name.number;
	h->made.name = log_name_print(h->arena, name);
	h->made.ended = h->old.vkey.name;
	h->made.size = h->head.size;
	enum problem p = signing_generate(db, h->arena, h->office->signer, SIGN_ED25519, h->registrar.org,
					  SIGNER_LOG, &h->key);
	if (!p && !note_key_from_spki(h->made.name, h->key.spki, &h->vkey))
		p = PROBLEM_INTERNAL;
	if (!p)
		h->made.vkey = note_key_print(h->arena, &h->vkey);
	return p;
}

static enum problem sign_both(struct handing_over *h, struct note *note)
{
	const struct signer_key signers[] = {h->key, signer_key_of(&h->registrar)};
	const struct log_names log = {h->office->origin, h->made.name};
	return signing_add_signatures(h->arena, h->office->signer, log, signers,
				      sizeof signers / sizeof signers[0], note);
}

static enum problem store_origin(struct handing_over *h, struct db *db, const struct note *note)
{
	struct sha256 hash = statement_hash(note->text);
	h->made.statement = note_print(h->arena, note);
	const struct log_succession_insert_params row = {
		.number = h->made.number,
		.size = h->head.size,
		.root = sha256_bytes(&h->head.root),
		.checkpoint = str_bytes(h->head_note),
		.reason = h->ending->reason,
		.org_id = h->registrar.org,
		.key_fingerprint = sha256_bytes(&h->registrar.fingerprint),
		.vkey = note_key_print(h->arena, &h->old.vkey),
		.statement = str_bytes(h->made.statement),
		.statement_sha256 = sha256_bytes(&hash),
		.recorded_at = h->now_us,
	};
	const struct log_pending_insert_params queued = {.kind = STR("origin"),
							 .org_id = h->registrar.org,
							 .id = h->registrar.org,
							 .version = {true, h->made.number}};
	int64_t rows;
	enum problem p = log_succession_insert(db, &row, &rows);
	if (!p)
		p = signing_advance(db, &h->registrar, h->registrar.seq);
	return p ? p : log_pending_insert(db, &queued, &rows);
}

static enum problem state_origin(struct handing_over *h, struct db *db)
{
	const struct statement s = {
		.kind = STR("origin"),
		.log = h->office->origin,
		.org = h->registrar.org,
		.key = h->registrar.fingerprint,
		.seq = ++h->registrar.seq,
		.at_s = h->now_us / USEC_PER_SEC,
		.head = h->head_note,
		.reason = h->ending->reason,
		.vkey = h->made.vkey,
	};
	struct note *note = arena_new(h->arena, struct note);
	note->text = statement_print(h->arena, &s);
	enum problem p = sign_both(h, note);
	return p ? p : store_origin(h, db, note);
}

/* Of the keys of the log that ended none signs on, whatever the reason: a name and its keys end together. */
static enum problem end_keys(struct handing_over *h, struct db *db)
{
	struct log_keys_open_row *keys;
	size_t count;
	bool stolen = str_equal(h->ending->reason, STR("compromise"));
	enum problem p = log_keys_open(db, h->arena, &keys, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct key_end end = {.reason = stolen ? STR("compromise") : STR("superseded")};
		memcpy(end.key.octets, keys[i].fingerprint.at, sizeof end.key.octets);
		h->has_sm2 |= keys[i].sm2 && keys[i].active;
		p = signing_end(db, h->arena, h->office, &h->registrar, h->registrar.org, &end);
	}
	return p;
}

static enum problem state_key(struct handing_over *h, struct db *db)
{
	const struct log_key_words words = {.log = {h->office->origin, h->made.name},
					    .algorithm = SIGN_ED25519,
					    .key = h->key,
					    .registrar = signer_key_of(&h->registrar),
					    .now_us = h->now_us};
	return signing_state_log_key(db, h->arena, h->office->signer, &words);
}

/* Heads of the new log carry an SM2 line if those of the old did. */
static enum problem state_sm2(struct handing_over *h, struct db *db)
{
	struct log_key_words words = {.log = {h->office->origin, h->made.name},
				      .algorithm = SIGN_SM2,
				      .registrar = signer_key_of(&h->registrar),
				      .now_us = h->now_us};
	if (!h->has_sm2)
		return PROBLEM_NONE;
	enum problem p = signing_generate(db, h->arena, h->office->signer, words.algorithm, h->registrar.org,
					  SIGNER_LOG, &words.key);
	return p ? p : signing_state_log_key(db, h->arena, h->office->signer, &words);
}

static enum problem end_old(struct handing_over *h, struct db *db)
{
	struct log_succeed_row row;
	failpoint("succeed-1-stated");
	enum problem p = log_succeed(db, h->arena, &(struct log_succeed_params){h->made.number}, &row);
	failpoint("succeed-2-cut");
	if (p || !row.again.known)
		return p ? p : PROBLEM_INTERNAL;
	h->made.again = row.again.value;
	const struct act act = {h->office->actor, "succeedLog", h->made.name, h->office->request_id,
				h->now_us};
	return audit_write(db, &act);
}

/* Whoever changes keys holds the registrar's sequence: a second one waits here, and finds that another log goes on. */
static enum problem hand_over_in_tx(struct db *db, void *context)
{
	struct handing_over *h = context;
	enum problem p = signing_lock(db, h->arena, h->office->registrar, &h->registrar);
	h->now_us = clock_now();
	if (!p)
		p = log_head_lock(db, h->arena, &h->at);
	if (!p)
		p = log_key_read(db, h->arena, h->office->origin, &h->old);
	if (!p && !str_equal(h->old.vkey.name, h->ending->log)) {
		h->reterr->detail = h->old.vkey.name;
		return PROBLEM_LOG_ENDED;
	}
	if (!p)
		p = find_head(h, db);
	if (!p)
		p = make_key(h, db);
	if (!p)
		p = state_origin(h, db);
	if (!p)
		p = end_keys(h, db);
	if (!p)
		p = state_key(h, db);
	if (!p)
		p = state_sm2(h, db);
	return p ? p : end_old(h, db);
}

enum problem log_hand_over(struct db *db, struct arena *arena, const struct key_office *office,
			   const struct log_ending *ending, struct log_successor *ret, struct fault *reterr)
{
	struct handing_over h = {.arena = arena, .office = office, .ending = ending, .reterr = reterr};
	enum problem p = db_tx(db, &db_program, hand_over_in_tx, &h, /* reterr_unknown */ NULL);
	failpoint("succeed-3-committed");
	if (!p)
		*ret = h.made;
	return p;
}
