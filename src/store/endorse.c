/* SPDX-License-Identifier: Apache-2.0
 * Endorsements: worded from what stands, signed or compared with what the office has signed, stored with the rows that find
 * them; all in one transaction, in which the sequences of the office and of the record's organisation are locked. */
#include "ft/store/endorse.h"

#include "queries.h"

#include "ft/base/failpoint.h"
#include "ft/codec/json.h"
#include "ft/core/lot_id.h"
#include "ft/core/note.h"
#include "ft/crypto/random.h"
#include "ft/crypto/sign.h"
#include "ft/store/act_statement.h"
#include "ft/store/audit.h"
#include "ft/store/signing.h"

#include "trail_priv.h"

struct endorsing {
	struct arena *arena;
	const struct key_office *office;
	const struct endorsement_order *order;
	struct fault *reterr;
	/* of the transaction */
	struct held_key key;
	struct endorsement_newest_row newest; /* nil: the office has said nothing of the record */
	struct uuid id;                       /* of the new statement */
	struct statement statement;
	struct uuid *lots; /* whose trails change */
	size_t lot_count;
	bool is_erased; /* the farm view is left of the record */
	bool is_done;   /* it is so already */
};

/* What the statement is about: the record's, or of what is taken back the endorsement's. */
struct target {
	const char *kind;
	struct uuid id;
	struct bytes note;
};

static bool stands(const struct endorsement_newest_row *newest)
{
	return !uuid_is_nil(newest->id) && uuid_is_nil(newest->withdrawal);
}

static enum problem find_target(struct endorsing *e, struct db *db, struct target *ret)
{
	const struct endorsed *record = e->order->record;
	const struct endorsement_newest_params last = {record->org, record->event, e->order->party};
	enum problem p = endorsement_newest(db, e->arena, &last, &e->newest);
	if (p == PROBLEM_NOT_FOUND)
		e->newest = (struct endorsement_newest_row){{{0}}};
	else if (p)
		return p;
	if (e->order->withdraw && uuid_is_nil(e->newest.id))
		return PROBLEM_NOT_ENDORSED;
	e->is_done = stands(&e->newest) != e->order->withdraw;
	*ret = e->order->withdraw ? (struct target){"endorse", e->newest.id, e->newest.statement}
				  : (struct target){"event", record->event, record->statement};
	return PROBLEM_NONE;
}

/* At the time and under the key of e->statement. */
static enum problem word(struct endorsing *e, struct db *db, const struct target *target)
{
	const struct key_office *office = e->office;
	struct endorsement_place_row place;
	struct note note;
	struct statement about, *s = &e->statement;
	const struct endorsement_place_params params = {str_of(target->kind), target->id};
	enum problem p = endorsement_place(db, e->arena, &params, &place);
	if (p)
		return p;
	if (!place.idx.known)
		return PROBLEM_NOT_LOGGED_YET;
	if (!note_parse(e->arena, bytes_str(target->note), &note) ||
	    !statement_parse(e->arena, note.text, &about))
		return PROBLEM_INTERNAL;
	struct sha256 *prev = arena_new(e->arena, struct sha256);
	*prev = statement_hash(note.text);
	*s = (struct statement){.kind = STR("endorse"),
				.log = office->origin,
				.org = e->key.org,
				.key = e->key.fingerprint,
				.seq = e->key.seq + 1,
				.at_s = office->now_us / USEC_PER_SEC,
				.lots = about.lots,
				.prevs = {.count = 1, .hashes = prev},
				.entry = place.idx.value,
				.view = e->is_erased ? STR("farm") : STR("full"),
				.says = e->order->withdraw ? STR("withdrawn") : STR("agrees")};
	if (!e->order->own) { /* of its own key the office alone could say what it has seen */
		const struct seen_head seen = log_seen_get(office->seen);
		s->has_seen = seen.size > 0;
		s->seen_size = seen.size;
		s->seen_root = seen.root;
	}
	return PROBLEM_NONE;
}

/* An erasure locks the sequences of the record's organisation too: it is in, or is after what is said now. */
static enum problem look_at_record(struct endorsing *e, struct db *db)
{
	const struct endorsed *record = e->order->record;
	const struct uuid orgs[] = {e->order->party, record->org};
	struct key_heads_lock_row *rows;
	struct erasure_read_row erasure;
	size_t count;
	enum problem p =
		key_heads_lock(db, e->arena, &(struct key_heads_lock_params){{orgs, 2}}, &rows, &count);
	if (p)
		return p;
	p = erasure_read(db, e->arena, &(struct erasure_read_params){record->org, record->event}, &erasure);
	e->is_erased = p == PROBLEM_NONE;
	return p == PROBLEM_NOT_FOUND ? PROBLEM_NONE : p;
}

/* Everything until there is something to sign, or nothing left to do. */
static enum problem prepare(struct endorsing *e, struct db *db)
{
	struct target target;
	e->is_done = false;
	enum problem p = office_check(db, e->arena, e->order->party, e->reterr);
	if (!p)
		p = look_at_record(e, db);
	if (!p)
		p = signing_lock_inspector(db, e->arena, e->order->party, e->order->own, &e->key);
	if (!p)
		p = find_target(e, db, &target);
	return p || e->is_done ? p : word(e, db, &target);
}

/* — signing — */

static enum problem sign_here(struct endorsing *e, struct unsigned_statement *s)
{
	s->text = statement_print(e->arena, &e->statement);
	s->text_hash = statement_hash(s->text);
	return seal_sign(e->arena, e->office->signer, e->office->origin, s, 1);
}

/* The same but for when it was signed. */
static enum problem take_note(struct endorsing *e, struct unsigned_statement *s)
{
	const struct note_verifier verifier = {verify_spki, NULL};
	int64_t now_s = e->office->now_us / USEC_PER_SEC;
	struct note note;
	struct note_key key;
	struct statement given;
	struct str name = statement_signer_name(e->arena, e->office->origin, e->key.org);
	if (!note_parse(e->arena, e->order->note, &note) || note.count != 1 ||
	    !statement_parse(e->arena, note.text, &given) || !note_key_from_spki(name, e->key.spki, &key))
		return fault_set(e->reterr, PROBLEM_FIELD_RANGE, "note", "/note");
	e->statement.at_s = given.at_s;
	if (given.at_s > now_s || given.at_s < now_s - ENDORSE_PREPARED_MINUTES * 60 ||
	    !str_equal(statement_print(e->arena, &e->statement), note.text))
		return PROBLEM_PREPARED_OTHERWISE;
	if (note_verify(e->arena, &note, &key, verifier) != NOTE_SIGNED)
		return fault_set(e->reterr, PROBLEM_SIGNATURE, "signature", "/note");
	s->text = note.text;
	s->text_hash = statement_hash(note.text);
	s->note = e->order->note;
	return PROBLEM_NONE;
}

/* — storing — */

static enum problem touch_lots(struct endorsing *e, struct db *db)
{
	const struct endorsed *record = e->order->record;
	struct json json;
	struct fault ignored = {0};
	struct endorsement_touch_row *rows;
	size_t known = 0, touched;
	if (json_parse(e->arena, record->answer, &json, &ignored))
		return PROBLEM_INTERNAL;
	const struct json *lots = json_get(&json, STR("lots"));
	size_t count = lots && lots->kind == JSON_ARRAY ? lots->count : 0;
	struct uuid *orgs = arena_array(e->arena, struct uuid, count),
		    *ids = arena_array(e->arena, struct uuid, count);
	for (size_t i = 0; i < count; i++) {
		struct lot_id id;
		if (!lot_id_parse(e->arena, json_text(json_get(&lots->items[i], STR("id"))), &id))
			continue;
		orgs[known] = id.org;
		ids[known++] = id.lot;
	}
	const struct endorsement_touch_params params = {
		.orgs = {orgs, known},
		.ids = {ids, known},
		.site = record->site,
		.since = record->time_us,
		.until = record->time_us + (usec_t)UPSTREAM_DAYS * 24 * 3600 * USEC_PER_SEC,
		.now = e->office->now_us};
	enum problem p = endorsement_touch(db, e->arena, &params, &rows, &touched);
	if (p)
		return p;
	e->lots = arena_array(e->arena, struct uuid, touched);
	for (size_t i = 0; i < touched; i++)
		e->lots[i] = rows[i].lot_id;
	e->lot_count = touched;
	return PROBLEM_NONE;
}

/* What is said last of a record has the latest time, whoever waited for whom, and whichever server's clock is ahead. */
static usec_t later_than_before(const struct endorsing *e)
{
	usec_t at = e->office->now_us, last = e->newest.at;
	if (e->newest.withdrawn_at.known && e->newest.withdrawn_at.value > last)
		last = e->newest.withdrawn_at.value;
	return at > last ? at : last + 1;
}

static enum problem store(struct endorsing *e, struct db *db, const struct unsigned_statement *s)
{
	const struct endorsement_order *order = e->order;
	const struct act_words words = {"endorse", e->id, act_endorsement_words(e->arena, &e->statement)};
	const struct endorsement_insert_params row = {.id = e->id,
						      .event_org = order->record->org,
						      .event = order->record->event,
						      .party = order->party,
						      .at = later_than_before(e),
						      .withdraws = order->withdraw ? e->newest.id
										   : (struct uuid){{0}}};
	const struct act act = {e->office->actor, order->withdraw ? "withdrawEndorsement" : "endorseEvent",
				uuid_print(e->arena, order->record->event), e->office->request_id,
				e->office->now_us};
	int64_t rows;
	enum problem p = act_store(db, &words, s, e->statement.at_s * USEC_PER_SEC);
	if (p)
		return p;
	failpoint("act-1-stated");
	p = endorsement_insert(db, &row, &rows);
	if (!p)
		p = touch_lots(e, db);
	return p ? p : audit_write(db, &act);
}

static enum problem endorse_in_tx(struct db *db, void *context)
{
	struct endorsing *e = context;
	e->lot_count = 0;
	enum problem p = prepare(e, db);
	if (p || e->is_done)
		return p;
	e->id = uuid_make(e->office->now_us);
	struct unsigned_statement s = {.kind = "endorse", .key = &e->key, .seq = e->statement.seq};
	random_fill(s.secret, sizeof s.secret);
	p = e->order->own ? take_note(e, &s) : sign_here(e, &s);
	return p ? p : store(e, db, &s);
}

enum problem endorse(struct db *db, struct arena *arena, const struct key_office *office,
		     struct trail_cache *cache, const struct endorsement_order *order, bool *ret_done,
		     struct fault *reterr)
{
	struct endorsing e = {.arena = arena, .office = office, .order = order, .reterr = reterr};
	enum problem p = db_tx(db, &db_program, endorse_in_tx, &e, /* reterr_unknown */ NULL);
	if (p)
		return p;
	failpoint("act-2-committed");
	trail_cache_drop(cache, e.lots, e.lot_count);
	*ret_done = e.is_done;
	return PROBLEM_NONE;
}

static enum problem prepare_in_tx(struct db *db, void *context)
{
	return prepare(context, db);
}

enum problem endorse_prepare(struct db *db, struct arena *arena, const struct key_office *office,
			     const struct endorsement_order *order, struct str *ret_text,
			     struct bytes *ret_spki, bool *ret_done, struct fault *reterr)
{
	struct endorsing e = {.arena = arena, .office = office, .order = order, .reterr = reterr};
	enum problem p = db_tx(db, &db_program, prepare_in_tx, &e, /* reterr_unknown */ NULL);
	if (p)
		return p;
	*ret_done = e.is_done;
	*ret_text = e.is_done ? (struct str){NULL, 0} : statement_print(arena, &e.statement);
	*ret_spki = e.key.spki;
	return PROBLEM_NONE;
}

bool endorse_note_key(struct arena *arena, struct str note, struct sha256 *ret)
{
	struct note parsed;
	struct statement statement;
	if (!note_parse(arena, note, &parsed) || !statement_parse(arena, parsed.text, &statement) ||
	    !str_equal(statement.kind, STR("endorse")))
		return false;
	*ret = statement.key;
	return true;
}
