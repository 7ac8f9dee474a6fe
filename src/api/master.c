/* SPDX-License-Identifier: Apache-2.0
 * Parties, sites, products and certificates over HTTP: versions are ETags, lists are pages by id. */
#include "master_priv.h"

#include "ft/base/text.h"
#include "ft/store/regions.h"

const struct shape master_list_query_shape = {
	.name = "MasterListQuery",
	.size = sizeof(struct master_list_query),
	.doc = "Which of them",
	.fields =
		(const struct field[]){
			STRING(struct master_list_query, q, "q", .flags = OPTIONAL, .max_len = 100,
			       .doc = "Part of a name, or a whole number, case ignored; the name of a "
				      "person, of "
				      "somebody's home or of an API key: all of it, as it is written"),
			STRING(struct master_list_query, party, "party", .flags = OPTIONAL, .max_len = 512,
			       .doc = "Of this party: id, number or URI"),
			STRING(struct master_list_query, region, "region", .flags = OPTIONAL, .max_len = 16,
			       .doc = "In this region and everything that it holds today"),
			STRING(struct master_list_query, state, "state", .flags = OPTIONAL, .max_len = 16,
			       .doc = "active, closed or revoked"),
			LIST_QUERY_FIELDS(struct master_list_query),
			END_OF_SHAPE,
		},
};

const struct shape master_get_query_shape = {
	.name = "MasterGetQuery",
	.size = sizeof(struct master_get_query),
	.doc = "Which version",
	.fields =
		(const struct field[]){
			INTEGER(struct master_get_query, version, "version", .flags = OPTIONAL, .min = 1,
				.max = INT32_MAX, .doc = "An earlier version; the newest if absent"),
			END_OF_SHAPE,
		},
};

struct master_actor actor_of(const struct call *call)
{
	return (struct master_actor){
		.key = call->caller.key,
		.parties = call->caller.parties,
		.party_count = call->caller.party_count,
		.region = call->caller.region,
		.all = call_sees_all(call),
		.request_id = call->request_id,
	};
}

struct master master_of_call(const struct call *call)
{
	const struct app *app = call_app(call);
	return (struct master){
		.db = call_db(call),
		.arena = call->arena,
		.signer = app->signer,
		.cache = app->cache,
		.origin = app->config->origin,
		.registrar = app->registrar,
		.seen = app->log_seen,
		.actor = actor_of(call),
		.now_us = clock_now(),
		.minted = call->minted,
	};
}

static struct str etag_of(struct arena *arena, const struct master_head *head)
{
	return arena_printf(arena, "\"%lld\"", (long long)head->version);
}

static size_t size_of(enum thing_kind kind)
{
	switch (kind) {
	case THING_PARTY:
		return sizeof(struct party);
	case THING_SITE:
		return sizeof(struct site);
	case THING_PRODUCT:
		return sizeof(struct product);
	case THING_CERTIFICATE:
		return sizeof(struct certificate);
	case THING_LOT:
	case THING_SHIPMENT:
	case THING_UNIT:
	case THING_SAMPLE:
	case THING_ITEM:
	case THING_KIND_COUNT:
		break;
	}
	return 0;
}

static enum problem filter_of(struct call *call, const struct master *m, struct master_filter *ret)
{
	const struct master_list_query *q = call->query;
	struct master_filter filter = {
		.q = q->q, .region = q->region, .state = q->state, .limit = list_rows_wanted(q->limit)};
	int64_t unused;
	enum problem p = PROBLEM_NONE;
	if (q->cursor.at)
		p = cursor_read(call, q->cursor, &unused, &filter.after);
	if (!p && q->party.at)
		p = master_find(m, THING_PARTY, (struct uuid){{0}}, q->party, "?party", &filter.party,
				&call->fault);
	if (!p && q->region.at) {
		struct region_tiers tiers;
		p = regions_tiers_of(m->db, m->arena, q->region, "?region", &tiers, &call->fault);
	}
	if (!p)
		*ret = filter;
	return p;
}

enum problem master_list(struct call *call, struct reply *reply, enum thing_kind kind)
{
	struct master m = master_of_call(call);
	struct master_filter filter;
	void *items;
	size_t count;
	enum problem p = filter_of(call, &m, &filter);
	if (!p)
		p = master_read_list(&m, kind, &filter, &items, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)filter.limit) {
		count--;
		const struct master_head *last =
			(const void *)((const char *)items + (count - 1) * size_of(kind));
		page->next = list_announce_next(call, reply, cursor_print(call->arena, 0, last->id));
	}
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

enum problem master_id_of(struct call *call, const struct master *m, enum thing_kind kind, struct uuid *ret)
{
	struct uuid within = m->actor.party_count ? m->actor.parties[0] : (struct uuid){{0}};
	struct fault unused = {0};
	enum problem p = master_find(m, kind, within, call->path_args[0], "", ret, &unused);
	return p == PROBLEM_REFERENCE_UNKNOWN ? PROBLEM_NOT_FOUND : p;
}

enum problem master_get(struct call *call, struct reply *reply, enum thing_kind kind)
{
	struct master m = master_of_call(call);
	const struct master_get_query *q = call->query;
	void *entity = arena_alloc(call->arena, size_of(kind));
	struct uuid id;
	enum problem p = master_id_of(call, &m, kind, &id);
	if (!p)
		p = master_read(&m, kind, id, q->version, entity);
	if (p)
		return p;
	reply->etag = etag_of(call->arena, entity);
	reply->value = entity;
	return PROBLEM_NONE;
}

enum problem master_post(struct call *call, struct reply *reply, enum thing_kind kind)
{
	struct master m = master_of_call(call);
	void *entity = arena_alloc(call->arena, size_of(kind));
	bool replayed;
	enum problem p = master_create(&m, kind, call->body, entity, &replayed, &call->fault);
	if (p)
		return p;
	const struct master_head *head = entity;
	struct str id = uuid_print(call->arena, head->id);
	reply->status = replayed ? 200 : 201;
	reply->location = arena_printf(call->arena, "%.*s/%.*s", STR_ARGS(call->path), STR_ARGS(id));
	reply->etag = etag_of(call->arena, head);
	reply->value = entity;
	return PROBLEM_NONE;
}

/* If-Match: "3", or * for whatever is newest. */
static enum problem if_match(const struct call *call, int64_t *ret)
{
	struct str sent = call->if_match;
	if (!sent.at)
		return PROBLEM_PRECONDITION_REQUIRED;
	sent = str_trim(sent);
	if (str_equal(sent, STR("*"))) {
		*ret = 0;
		return PROBLEM_NONE;
	}
	if (sent.len < 3 || sent.at[0] != '"' || sent.at[sent.len - 1] != '"' ||
	    !str_integer((struct str){sent.at + 1, sent.len - 2}, ret) || *ret < 1)
		return PROBLEM_PRECONDITION_FAILED;
	return PROBLEM_NONE;
}

enum problem master_put(struct call *call, struct reply *reply, enum thing_kind kind)
{
	struct master m = master_of_call(call);
	void *entity = arena_alloc(call->arena, size_of(kind));
	struct uuid id;
	int64_t version;
	enum problem p = if_match(call, &version);
	if (!p)
		p = master_id_of(call, &m, kind, &id);
	if (!p)
		p = master_replace(&m, kind, id, version, call->body, entity, &call->fault);
	if (p)
		return p;
	reply->etag = etag_of(call->arena, entity);
	reply->value = entity;
	return PROBLEM_NONE;
}
