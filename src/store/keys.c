/* SPDX-License-Identifier: Apache-2.0
 * API keys in the database: made, listed, revoked. A secret is seen once and kept as its hash alone. */
#include "ft/store/keys.h"

#include "queries.h"

#include "ft/base/text.h"
#include "ft/crypto/digest.h"
#include "ft/crypto/random.h"
#include "ft/store/audit.h"
#include "ft/store/regions.h"

#include "keys_priv.h"

enum { SECRET_LEN = 32, SECRET_TEXT_LEN = 43 };
#define SECRET_PREFIX STR("ftk_")

const char *const key_scope_words[] = {"read", "capture", "inspect", "register", "admin", NULL};

unsigned key_scope_find(struct str word)
{
	for (unsigned i = 0; key_scope_words[i]; i++)
		if (str_equal(word, str_of(key_scope_words[i])))
			return 2U << i;
	return 0;
}

struct str key_secret_make(struct arena *arena)
{
	uint8_t secret[SECRET_LEN];
	random_fill(secret, sizeof secret);
	struct str text = base64url_encode(arena, (struct bytes){secret, sizeof secret});
	return arena_printf(arena, "ftk_%.*s", STR_ARGS(text));
}

bool key_secret_has_form(struct str bearer)
{
	if (bearer.len != SECRET_PREFIX.len + SECRET_TEXT_LEN || !str_starts(bearer, SECRET_PREFIX))
		return false;
	for (size_t i = SECRET_PREFIX.len; i < bearer.len; i++) {
		char c = bearer.at[i];
		bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
			    c == '-' || c == '_';
		if (!good)
			return false;
	}
	return true;
}

enum problem key_find_by_hash(struct db *db, struct arena *arena, const struct sha256 *hash,
			      struct known_key *ret, bool *ret_revoked)
{
	struct api_key_find_row row;
	enum problem p = api_key_find(db, arena, &(struct api_key_find_params){sha256_bytes(hash)}, &row);
	if (p)
		return p;
	*ret = (struct known_key){.id = row.id,
				  .region = row.region,
				  .parties = row.parties.items,
				  .party_count = row.parties.count};
	const struct str *words = row.scopes.items;
	for (size_t i = 0; i < row.scopes.count; i++)
		ret->scopes |= key_scope_find(words[i]);
	*ret_revoked = !str_equal(row.state, STR("active"));
	return PROBLEM_NONE;
}

struct creation {
	struct arena *arena;
	const struct new_key *key;
	struct sha256 secret_hash;
	struct fault *reterr;
};

static enum problem check_parties(struct db *db, const struct creation *c)
{
	struct parties_known_row *rows;
	size_t count;
	struct sql_array ids = {c->key->parties, c->key->party_count};
	enum problem p = parties_known(db, c->arena, &(struct parties_known_params){ids}, &rows, &count);
	if (p)
		return p;
	for (size_t i = 0; i < c->key->party_count; i++) {
		bool known = false;
		for (size_t j = 0; j < count && !known; j++)
			known = uuid_equal(rows[j].id, c->key->parties[i]);
		if (!known)
			return fault_set(c->reterr, PROBLEM_REFERENCE_UNKNOWN, "reference", "/parties/%zu",
					 i);
	}
	return PROBLEM_NONE;
}

static enum problem check_new(struct db *db, const struct creation *c)
{
	struct api_key_get_row taken;
	struct region_tiers tiers;
	enum problem p = api_key_get(db, c->arena, &(struct api_key_get_params){c->key->id}, &taken);
	if (p != PROBLEM_NOT_FOUND)
		return p ? p : fault_set(c->reterr, PROBLEM_ID_TAKEN, "unique", "/id");
	p = c->key->region.at ? regions_tiers_of(db, c->arena, c->key->region, "/region", &tiers, c->reterr)
			      : PROBLEM_NONE;
	return p ? p : check_parties(db, c);
}

static enum problem create_in_tx(struct db *db, void *context)
{
	const struct creation *c = context;
	const struct new_key *key = c->key;
	int64_t rows;
	enum problem p = check_new(db, c);
	if (p)
		return p;
	p = api_key_insert(db,
			   &(struct api_key_insert_params){
				   .id = key->id,
				   .secret_hash = sha256_bytes(&c->secret_hash),
				   .name = key->name,
				   .scopes = {key->scopes, key->scope_count},
				   .region = key->region,
				   .parties = {key->parties, key->party_count},
				   .created_at = key->now_us,
				   .created_by = key->created_by,
			   },
			   &rows);
	if (p)
		return p;
	struct act act = {key->created_by, "createKey", uuid_print(c->arena, key->id), key->request_id,
			  key->now_us};
	return audit_write(db, &act);
}

enum problem api_key_create(struct db *db, struct arena *arena, const struct new_key *key, struct str secret,
			    struct fault *reterr)
{
	struct creation c = {arena, key, sha256_of(str_bytes(secret)), reterr};
	return db_tx(db, &db_program, create_in_tx, &c, NULL /* reterr_unknown */);
}

static struct api_key from_row(const struct api_key_list_row *row)
{
	return (struct api_key){
		.id = row->id,
		.name = row->name,
		.scopes = row->scopes.items,
		.scope_count = row->scopes.count,
		.region = row->region,
		.parties = row->parties.items,
		.party_count = row->parties.count,
		.state = row->state,
		.created_at = row->created_at,
		.revoked_at = row->revoked_at.known ? row->revoked_at.value : 0,
	};
}

enum problem api_key_read(struct db *db, struct arena *arena, struct uuid id, struct api_key *ret)
{
	struct api_key_get_row row;
	enum problem p = api_key_get(db, arena, &(struct api_key_get_params){id}, &row);
	if (p)
		return p;
	struct api_key_list_row same = {row.id,      row.name,  row.scopes,     row.region,
					row.parties, row.state, row.created_at, row.revoked_at};
	*ret = from_row(&same);
	return PROBLEM_NONE;
}

enum problem api_key_read_list(struct db *db, struct arena *arena, const struct api_key_filter *filter,
			       struct api_key **ret, size_t *ret_count)
{
	struct api_key_list_row *rows;
	size_t count;
	struct api_key_list_params params = {filter->q,      filter->q,     filter->state, filter->party,
					     filter->region, filter->after, filter->limit};
	enum problem p = api_key_list(db, arena, &params, &rows, &count);
	if (p)
		return p;
	struct api_key *keys = arena_array(arena, struct api_key, count);
	for (size_t i = 0; i < count; i++)
		keys[i] = from_row(&rows[i]);
	*ret = keys;
	*ret_count = count;
	return PROBLEM_NONE;
}

struct revocation {
	struct arena *arena;
	struct uuid id;
	struct act act;
};

static enum problem revoke_in_tx(struct db *db, void *context)
{
	const struct revocation *r = context;
	struct api_key_get_row row;
	int64_t rows;
	enum problem p = api_key_get(db, r->arena, &(struct api_key_get_params){r->id}, &row);
	if (!p)
		p = api_key_revoke(db, &(struct api_key_revoke_params){r->id, r->act.at_us}, &rows);
	if (p || !rows)
		return p;
	return audit_write(db, &r->act);
}

enum problem api_key_revoke_now(struct db *db, struct arena *arena, struct uuid id, struct uuid by,
				struct str request_id, usec_t now_us)
{
	struct revocation r = {arena, id, {by, "revokeKey", uuid_print(arena, id), request_id, now_us}};
	return db_tx(db, &db_program, revoke_in_tx, &r, NULL /* reterr_unknown */);
}
