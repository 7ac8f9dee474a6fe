/* SPDX-License-Identifier: Apache-2.0
 * /v1/audit: who registered, changed, revoked or dealt with what, for administrators without bounds. */
#include "ft/api/routes.h"

#include "list_priv.h"

#include "ft/api/app.h"
#include "queries.h"

struct audit_query {
	struct str action, subject, cursor;
	struct uuid key;
	struct instant since, until;
	int64_t limit;
};
static const struct shape audit_query = {
	.name = "AuditQuery",
	.size = sizeof(struct audit_query),
	.doc = "Which acts",
	.fields =
		(const struct field[]){
			UUID(struct audit_query, key, "key", .flags = OPTIONAL, .doc = "Key that acted"),
			STRING(struct audit_query, action, "action", .flags = OPTIONAL, .max_len = 64,
			       .doc = "What was done: an operationId"),
			STRING(struct audit_query, subject, "subject", .flags = OPTIONAL, .max_len = 64,
			       .doc = "Id of what was acted on; of codes of packs, the first of their issue"),
			TIME(struct audit_query, since, "since", .flags = OPTIONAL, .doc = "Inclusive"),
			TIME(struct audit_query, until, "until", .flags = OPTIONAL, .doc = "Exclusive"),
			LIST_QUERY_FIELDS(struct audit_query),
			END_OF_SHAPE,
		},
};
struct audit_item {
	struct uuid id, key;
	struct str at, action, subject, request, reason;
};
static const struct shape audit_item = {
	.name = "AuditAct",
	.size = sizeof(struct audit_item),
	.doc = "One administrative act; never changed, never removed",
	.fields =
		(const struct field[]){
			UUID(struct audit_item, id, "id", .doc = "Id of the act"),
			STRING(struct audit_item, at, "at", .doc = "UTC"),
			UUID(struct audit_item, key, "key", .flags = OPTIONAL,
			     .doc = "Key that acted; absent: farmtrail init"),
			STRING(struct audit_item, action, "action",
			       .doc = "operationId, withdrawEndorsement, or a step of init"),
			STRING(struct audit_item, subject, "subject",
			       .doc = "Id of what was acted on; of codes of packs, the first of their issue"),
			STRING(struct audit_item, request, "request", .flags = OPTIONAL,
			       .doc = "Request id, as in the server's log"),
			STRING(struct audit_item, reason, "reason", .flags = OPTIONAL,
			       .doc = "Of a further key of an organisation: why it was permitted or made"),
			END_OF_SHAPE,
		},
};
static const struct shape audit_page = LIST_PAGE_SHAPE("AuditPage", &audit_item, "Acts, newest first");

static enum problem params_of(struct call *call, struct audit_list_params *ret)
{
	const struct audit_query *q = call->query;
	struct audit_list_params params = {.key = q->key,
					   .action = q->action,
					   .subject = q->subject,
					   .since = {q->since.at_us != 0, q->since.at_us},
					   .until = {q->until.at_us != 0, q->until.at_us},
					   .max_rows = list_rows_wanted(q->limit)};
	int64_t unused;
	enum problem p = q->cursor.at ? cursor_read(call, q->cursor, &unused, &params.before) : PROBLEM_NONE;
	if (!p)
		*ret = params;
	return p;
}

static enum problem list_acts(struct call *call, struct reply *reply)
{
	struct audit_list_params params;
	struct audit_list_row *rows;
	size_t count;
	if (!call_sees_all(call)) {
		call->fault.detail = STR("the audit is for administrators without bounds");
		return PROBLEM_FORBIDDEN;
	}
	enum problem p = params_of(call, &params);
	if (!p)
		p = audit_list(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)params.max_rows) {
		count--;
		page->next = list_announce_next(call, reply,
						cursor_print(call->arena, /* place */ 0, rows[count - 1].id));
	}
	struct audit_item *items = arena_array(call->arena, struct audit_item, count);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct audit_item){.id = rows[i].id,
					       .key = rows[i].key_id,
					       .at = utc_print(call->arena, rows[i].at),
					       .action = rows[i].action,
					       .subject = rows[i].subject,
					       .request = rows[i].request_id,
					       .reason = rows[i].reason};
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

const struct route audit_routes[] = {
	{
		.method = "GET",
		.path = "/v1/audit",
		.id = "listAudit",
		.summary = "List administrative acts",
		.tag = "Keys",
		.scope = SCOPE_ADMIN,
		.query = &audit_query,
		.response = &audit_page,
		.status = 200,
		.handle = list_acts,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_TIME_NAIVE, PROBLEM_TIME_SYNTAX, PROBLEM_FORBIDDEN,
			     PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
