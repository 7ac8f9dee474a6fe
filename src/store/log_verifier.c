/* SPDX-License-Identifier: Apache-2.0
 * The page that verifies: made of the keys as they are now, and stated when it has become another. */
#include "ft/store/log_verifier.h"

#include "queries.h"

#include "ft/crypto/random.h"
#include "ft/core/policy.h"
#include "ft/core/statement.h"
#include "ft/core/verifier.h"
#include "ft/store/act_statement.h"

/* Of a key's statement, its verifier key; empty when it is none. */
static struct str vkey_of(struct arena *arena, struct bytes whole)
{
	struct note note;
	struct statement statement;
	bool ok = note_parse(arena, bytes_str(whole), &note) && statement_parse(arena, note.text, &statement);
	return ok ? statement.vkey : STR("");
}

enum problem log_verifier_page(struct db *db, struct arena *arena, struct uuid registrar, struct str *ret)
{
	struct log_statement_row log;
	struct log_sm2_statement_row sm2 = {.statement = {0}};
	struct registrar_statement_row vouching;
	enum problem p = log_statement(db, arena, &log);
	if (!p)
		p = registrar_statement(db, arena, &(struct registrar_statement_params){registrar},
					&vouching);
	if (p)
		return p;
	p = log_sm2_statement(db, arena, &sm2);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	struct str sm2_vkey = p ? (struct str){NULL, 0} : vkey_of(arena, sm2.statement);
	struct str policy = policy_text_of_log(arena, vkey_of(arena, log.statement), sm2_vkey);
	*ret = verifier_page(arena, policy, vkey_of(arena, vouching.statement));
	return PROBLEM_NONE;
}

struct settling {
	struct arena *arena;
	const struct key_office *office;
};

/* The registrar's sequence is locked first: who comes second finds what the first has stated. */
static enum problem settle_in_tx(struct db *db, void *context)
{
	const struct settling *s = context;
	struct arena *arena = s->arena;
	struct held_key key;
	struct str page = {NULL, 0};
	struct verifier_newest_row newest;
	enum problem p = act_lock(db, arena, s->office, s->office->registrar, &key);
	if (!p)
		p = log_verifier_page(db, arena, s->office->registrar, &page);
	if (p)
		return p;
	const struct act_file file = {.id = uuid_make(s->office->now_us),
				      .digest = sha256_of(str_bytes(page)),
				      .len = page.len,
				      .media_type = STR("text/html")};
	p = verifier_newest(db, arena, &newest);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	if (!p && str_equal(bytes_str(newest.body), act_file_words(arena, file.digest, file.len)))
		return PROBLEM_NONE;
	return act_state_file(db, arena, s->office, &key, &file);
}

enum problem log_verifier_settle(struct db *db, struct arena *arena, const struct key_office *office)
{
	struct settling s = {arena, office};
	return db_tx(db, &db_program, settle_in_tx, &s, /* reterr_unknown */ NULL);
}
