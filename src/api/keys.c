/* SPDX-License-Identifier: Apache-2.0
 * /v1/keys: API keys, made once, shown once, revoked at once. */
#include "ft/api/routes.h"

#include "master_priv.h"

#include "ft/crypto/random.h"
#include "ft/store/keys.h"

_Static_assert(KEY_READ == (int)SCOPE_READ && KEY_CAPTURE == (int)SCOPE_CAPTURE &&
		       KEY_INSPECT == (int)SCOPE_INSPECT && KEY_REGISTER == (int)SCOPE_REGISTER &&
		       KEY_ADMIN == (int)SCOPE_ADMIN,
	       "the store and the server mean the same bits");

enum { MAX_KEY_BODY = 64 * 1024, MAX_KEY_PARTIES = 500, MAX_SCOPES = 5 };

static const char *const scope_words[] = {"read", "capture", "inspect", "register", "admin", NULL};

struct key_input {
	struct uuid id;
	struct str name, region;
	struct str_list scopes, parties;
};
static const struct shape key_input_shape = {
	.name = "KeyInput",
	.size = sizeof(struct key_input),
	.doc = "A key to make",
	.fields =
		(const struct field[]){
			UUID(struct key_input, id, "id", .flags = OPTIONAL, .doc = "UUIDv7; made if absent"),
			STRING(struct key_input, name, "name", .min_len = 1, .max_len = 200,
			       .doc = "What it is for"),
			STRINGS(struct key_input, scopes, "scopes", .words = scope_words, .min_len = 1,
				.max_len = MAX_SCOPES, .doc = "What it may do"),
			STRING(struct key_input, region, "region", .flags = OPTIONAL, .min_len = 1,
			       .max_len = 16, .doc = "Sees this region and everything that it holds"),
			STRINGS(struct key_input, parties, "parties", .flags = OPTIONAL,
				.max_len = MAX_KEY_PARTIES,
				.doc = "Acts for these parties (id, number or URI); the first is its "
				       "default"),
			END_OF_SHAPE,
		},
};

struct key_answer {
	struct uuid id;
	struct str name, region, state, created_at, revoked_at, secret;
	struct str_list scopes, parties;
};
#define KEY_FIELDS \
	UUID(struct key_answer, id, "id", .doc = "Id of the key"), \
		STRING(struct key_answer, name, "name", .doc = "What it is for"), \
		STRINGS(struct key_answer, scopes, "scopes", .doc = "What it may do"), \
		STRING(struct key_answer, region, "region", .flags = OPTIONAL, \
		       .doc = "Region subtree it is bounded to"), \
		STRINGS(struct key_answer, parties, "parties", .flags = OPTIONAL | ALWAYS, \
			.max_len = MAX_KEY_PARTIES, \
			.doc = "Ids of the parties it acts for; none: not bounded"), \
		STRING(struct key_answer, state, "state", .doc = "active or revoked"), \
		STRING(struct key_answer, created_at, "createdAt", .doc = "UTC"), \
		STRING(struct key_answer, revoked_at, "revokedAt", .flags = OPTIONAL, .doc = "UTC")
static const struct shape key_shape = {
	.name = "Key",
	.size = sizeof(struct key_answer),
	.doc = "An API key, without its secret",
	.fields = (const struct field[]){KEY_FIELDS, END_OF_SHAPE},
};
static const struct shape new_key_shape = {
	.name = "NewKey",
	.size = sizeof(struct key_answer),
	.doc = "A new API key with its secret, which is never shown again",
	.fields = (const struct field[]){KEY_FIELDS,
					 STRING(struct key_answer, secret, "secret",
						.doc = "Send it as Authorization: Bearer"),
					 END_OF_SHAPE},
};
static const struct shape key_page = LIST_PAGE_SHAPE("KeyPage", &key_shape, "API keys, oldest first");

static struct key_answer *answer_of(struct arena *arena, const struct api_key *key)
{
	struct str *scopes = arena_array(arena, struct str, key->scope_count);
	struct str *parties = arena_array(arena, struct str, key->party_count);
	for (size_t i = 0; i < key->scope_count; i++)
		scopes[i] = key->scopes[i];
	for (size_t i = 0; i < key->party_count; i++)
		parties[i] = uuid_print(arena, key->parties[i]);
	struct key_answer *answer = arena_new(arena, struct key_answer);
	*answer = (struct key_answer){
		.id = key->id,
		.name = key->name,
		.region = key->region,
		.state = key->state,
		.created_at = utc_print(arena, key->created_at),
		.scopes = {scopes, key->scope_count},
		.parties = {parties, key->party_count},
	};
	if (key->revoked_at)
		answer->revoked_at = utc_print(arena, key->revoked_at);
	return answer;
}

/* Who makes keys gives away no more than he has: only an administrator without bounds makes keys without
 * bounds. */
static enum problem check_bounds(struct call *call)
{
	if (call_sees_all(call))
		return PROBLEM_NONE;
	call->fault.detail = STR("a key with bounds of its own makes no keys");
	return PROBLEM_FORBIDDEN;
}

static enum problem parties_of(struct call *call, const struct str_list *sent, struct uuid *ret)
{
	const struct master m = {.db = call_db(call), .arena = call->arena};
	for (size_t i = 0; i < sent->count; i++) {
		const char *pointer = arena_printf(call->arena, "/parties/%zu", i).at;
		enum problem p = master_find(&m, THING_PARTY, (struct uuid){{0}}, sent->items[i], pointer,
					     &ret[i], &call->fault);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

static enum problem create_key(struct call *call, struct reply *reply)
{
	const struct key_input *in = call->body;
	struct uuid *parties = arena_array(call->arena, struct uuid, in->parties.count);
	struct str secret = key_secret_make(call->arena);
	usec_t now = clock_now();
	enum problem p = check_bounds(call);
	if (!p)
		p = parties_of(call, &in->parties, parties);
	if (p)
		return p;
	struct new_key key = {
		.id = uuid_is_nil(in->id) ? call_mint(call, now) : in->id,
		.name = in->name,
		.scopes = in->scopes.items,
		.scope_count = in->scopes.count,
		.region = in->region,
		.parties = parties,
		.party_count = in->parties.count,
		.created_by = call->caller.key,
		.request_id = call->request_id,
		.now_us = now,
	};
	struct api_key made;
	p = api_key_create(call_db(call), call->arena, &key, secret, &call->fault);
	if (!p)
		p = api_key_read(call_db(call), call->arena, key.id, &made);
	if (p)
		return p;
	struct key_answer *answer = answer_of(call->arena, &made);
	answer->secret = secret;
	reply->location =
		arena_printf(call->arena, "/v1/keys/%.*s", STR_ARGS(uuid_print(call->arena, key.id)));
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem filter_of(struct call *call, struct api_key_filter *ret)
{
	const struct master_list_query *q = call->query;
	const struct master m = {.db = call_db(call), .arena = call->arena};
	struct api_key_filter filter = {
		.q = q->q, .state = q->state, .region = q->region, .limit = list_rows_wanted(q->limit)};
	int64_t unused;
	enum problem p = PROBLEM_NONE;
	if (q->cursor.at)
		p = cursor_read(call, q->cursor, &unused, &filter.after);
	if (!p && q->party.at)
		p = master_find(&m, THING_PARTY, (struct uuid){{0}}, q->party, "?party", &filter.party,
				&call->fault);
	if (!p)
		*ret = filter;
	return p;
}

static enum problem list_keys(struct call *call, struct reply *reply)
{
	struct api_key_filter filter;
	struct api_key *keys;
	size_t count;
	enum problem p = check_bounds(call);
	if (!p)
		p = filter_of(call, &filter);
	if (!p)
		p = api_key_read_list(call_db(call), call->arena, &filter, &keys, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)filter.limit) {
		count--;
		page->next =
			list_announce_next(call, reply, cursor_print(call->arena, 0, keys[count - 1].id));
	}
	struct key_answer *items = arena_array(call->arena, struct key_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = *answer_of(call->arena, &keys[i]);
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

/* Others see their own key alone: what a client is may be asked by the client. */
static enum problem key_of(struct call *call, struct api_key *ret)
{
	struct uuid id;
	if (!uuid_parse(call->path_args[0], &id))
		return PROBLEM_NOT_FOUND;
	if (!call_sees_all(call) && !uuid_equal(id, call->caller.key))
		return PROBLEM_NOT_FOUND;
	return api_key_read(call_db(call), call->arena, id, ret);
}

static enum problem get_key(struct call *call, struct reply *reply)
{
	struct api_key key;
	enum problem p = key_of(call, &key);
	if (p)
		return p;
	reply->value = answer_of(call->arena, &key);
	return PROBLEM_NONE;
}

static enum problem revoke_key(struct call *call, struct reply *reply)
{
	struct api_key key;
	enum problem p = key_of(call, &key);
	if (!p)
		p = api_key_revoke_now(call_db(call), call->arena, key.id, call->caller.key, call->request_id,
				       clock_now());
	if (p)
		return p;
	key_cache_forget(call_app(call)->keys, key.id);
	p = api_key_read(call_db(call), call->arena, key.id, &key);
	if (p)
		return p;
	reply->value = answer_of(call->arena, &key);
	return PROBLEM_NONE;
}

#define TAG "Keys"
const struct route key_routes[] = {
	{
		.method = "GET",
		.path = "/v1/keys",
		.id = "listKeys",
		.summary = "List API keys",
		.tag = TAG,
		.scope = SCOPE_ADMIN,
		.query = &master_list_query_shape,
		.response = &key_page,
		.status = 200,
		.handle = list_keys,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_REFERENCE_UNKNOWN, PROBLEM_FORBIDDEN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/keys",
		.id = "createKey",
		.summary = "Make an API key; its secret is shown once",
		.tag = TAG,
		.scope = SCOPE_ADMIN,
		.max_body = MAX_KEY_BODY,
		.request = &key_input_shape,
		.response = &new_key_shape,
		.status = 201,
		.handle = create_key,
		.may_fail = {PROBLEM_FORBIDDEN, PROBLEM_ID_TAKEN, PROBLEM_REGION_UNKNOWN,
			     PROBLEM_REFERENCE_UNKNOWN, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "GET",
		.path = "/v1/keys/{id}",
		.id = "getKey",
		.summary = "Read an API key, without its secret",
		.tag = TAG,
		.scope = SCOPE_ADMIN,
		.response = &key_shape,
		.status = 200,
		.handle = get_key,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/keys/{id}/revoke",
		.id = "revokeKey",
		.summary = "Revoke an API key",
		.tag = TAG,
		.scope = SCOPE_ADMIN,
		.response = &key_shape,
		.status = 200,
		.repeatable = true,
		.handle = revoke_key,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
