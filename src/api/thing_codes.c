/* SPDX-License-Identifier: Apache-2.0
 * Codes of units and places: made from the thing's id, so that asking again gives the same; stated once, when it is new. */
#include "codes_priv.h"
#include "lots_priv.h"

#include "ft/codec/json.h"
#include "ft/crypto/digest.h"
#include "ft/crypto/random.h"
#include "ft/base/text.h"
#include "ft/store/act_statement.h"
#include "queries.h"

enum { ATTEMPTS = 4 };

struct binding {
	const struct call *call;
	struct key_office office;
	enum thing_kind kind;
	struct str kind_word; /* of table code */
	struct lot_id id;     /* party and thing */
	struct code code;
};

static enum problem find(struct call *call, struct str spelling, const char *pointer, struct binding *b)
{
	static const struct uuid nobody;
	struct thing_by_id_row *rows;
	size_t count = 0;
	enum problem p = thing_resolve(call, b->kind, nobody, spelling, &b->id);
	if (p == PROBLEM_IDENTIFIER_SYNTAX)
		return fault_set(&call->fault, p, "identifier", "%s", pointer);
	if (!p && b->kind == THING_SITE) /* which an id alone may name */
		p = thing_by_id(call_db(call), call->arena, &(struct thing_by_id_params){b->id.lot}, &rows,
				&count);
	if (!p && b->kind == THING_SITE && !count)
		p = PROBLEM_NOT_FOUND;
	if (!p && b->kind == THING_SITE)
		b->id.org = rows->org_id;
	if (!p && !call_acts_for(call, b->id.org))
		p = PROBLEM_NOT_FOUND;
	return p == PROBLEM_NOT_FOUND ? fault_set(&call->fault, p, "known", "%s", pointer) : p;
}

static enum problem state_binding(struct db *db, const struct binding *b, const struct held_key *signing)
{
	struct arena *arena = b->call->arena;
	struct sha256 digest = sha256_of(str_bytes(b->code.text));
	struct buf out = buf_create(arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("action"), STR("bind"));
	json_pair(&w, STR("of"), b->kind_word);
	json_pair(&w, STR("org"), uuid_print(arena, b->id.org));
	json_pair(&w, STR("id"), uuid_print(arena, b->id.lot));
	json_pair(&w, STR("codes"), base64_encode(arena, sha256_bytes(&digest)));
	json_end_object(&w);
	const struct act_words words = {"codes", uuid_make(b->office.now_us), buf_str(&out)};
	return act_state(db, arena, &b->office, signing, &words);
}

static struct code candidate(const struct call *call, enum thing_kind kind, struct uuid id, uint32_t attempt)
{
	const struct bytes key = code_key(call);
	char letter = kind == THING_UNIT ? CODE_UNIT : CODE_PLACE;
	return code_make(call->arena, letter, code_body_candidate(key, id, attempt), key);
}

enum problem thing_code_find(struct call *call, enum thing_kind kind, struct uuid id, struct code *ret)
{
	enum problem p = PROBLEM_NOT_FOUND;
	for (uint32_t i = 0; i < ATTEMPTS; i++) {
		const struct code code = candidate(call, kind, id, i);
		struct code_get_row row;
		p = code_get(call_db(call), call->arena, &(struct code_get_params){code.text}, &row);
		if (p || uuid_equal(row.id, id)) {
			if (!p)
				*ret = code;
			return p;
		}
	}
	return PROBLEM_NOT_FOUND;
}

/* The first body that is free, or that this thing has already. */
static enum problem bind_body(struct db *db, void *context)
{
	struct binding *b = context;
	struct held_key signing;
	enum problem locked = act_lock(db, b->call->arena, &b->office, b->id.org, &signing);
	for (uint32_t i = 0; !locked && i < ATTEMPTS; i++) {
		struct code_get_row row;
		int64_t made = 0;
		b->code = candidate(b->call, b->kind, b->id.lot, i);
		const struct code_bind_insert_params params = {b->code.text, b->kind_word, b->id.org,
							       b->id.lot, b->office.now_us};
		enum problem p = code_bind_insert(db, &params, &made);
		if (!p && made)
			return state_binding(db, b, &signing);
		if (!p)
			p = code_get(db, b->call->arena, &(struct code_get_params){b->code.text}, &row);
		if (p || uuid_equal(row.id, b->id.lot))
			return p;
	}
	return locked ? locked : PROBLEM_INTERNAL;
}

enum problem thing_code_issue(struct call *call, struct reply *reply)
{
	const struct code_input *input = call->body;
	bool is_unit = input->unit.at != NULL;
	struct binding b = {.call = call,
			    .office = call_office(call),
			    .kind = is_unit ? THING_UNIT : THING_SITE,
			    .kind_word = input->kind};
	enum problem p = find(call, is_unit ? input->unit : input->place, is_unit ? "/unit" : "/place", &b);
	if (!p)
		p = db_tx(call_db(call), &db_program, bind_body, &b, /* reterr_unknown */ NULL);
	return p ? p : code_reply(call, b.code.text, reply);
}
