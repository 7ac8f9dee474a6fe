/* SPDX-License-Identifier: Apache-2.0
 * /v1/regions: administrative divisions by name and code, with what holds them and who took over
 * abolished ones. */
#include "ft/api/routes.h"

#include "list_priv.h"
#include "words_priv.h"

#include "ft/api/app.h"
#include "ft/base/text.h"
#include "queries.h"

static const char *const levels[] = {"province", "prefecture", "district", "township", NULL};

struct region_query {
	struct str name, parent, level, cursor;
	int64_t limit;
};
static const struct shape region_query_shape = {
	.name = "RegionQuery",
	.size = sizeof(struct region_query),
	.doc = "Which regions",
	.fields =
		(const struct field[]){
			STRING(struct region_query, name, "name", .flags = OPTIONAL, .max_len = 100,
			       .doc = "Part of the Chinese name or of the pinyin; case and spaces ignored"),
			STRING(struct region_query, parent, "parent", .flags = OPTIONAL, .max_len = 16,
			       .doc = "Directly below this region"),
			WORD(struct region_query, level, "level", levels, .flags = OPTIONAL,
			     .doc = "Of this level"),
			LIST_QUERY_FIELDS(struct region_query),
			END_OF_SHAPE,
		},
};

struct region_answer {
	struct str code, level, kind, valid_from, valid_to;
	struct words *name;
	struct list parents, successors;
};
#define REGION_FIELDS \
	STRING(struct region_answer, code, "code", \
	       .doc = "GB/T 2260 or GB/T 10114; an X marks a code of our own"), \
		OBJECT(struct region_answer, name, "name", &words_shape, struct words, .doc = "Name"), \
		WORD(struct region_answer, level, "level", levels, .doc = "Level"), \
		STRING(struct region_answer, kind, "kind", .doc = "Kind as the source names it"), \
		STRING(struct region_answer, valid_from, "validFrom", \
		       .doc = "First day known under this code"), \
		STRING(struct region_answer, valid_to, "validTo", .flags = OPTIONAL | NULLABLE, \
		       .doc = "Day it was abolished; null: it exists")
static const struct shape region_item_shape = {
	.name = "RegionItem",
	.size = sizeof(struct region_answer),
	.doc = "A region",
	.fields = (const struct field[]){REGION_FIELDS, END_OF_SHAPE},
};
static const struct shape region_shape = {
	.name = "Region",
	.size = sizeof(struct region_answer),
	.doc = "A region with what holds it and who took it over",
	.fields =
		(const struct field[]){
			REGION_FIELDS,
			LIST(struct region_answer, parents, "parents", &region_item_shape,
			     .flags = OPTIONAL | ALWAYS, .doc = "What holds it today, nearest first"),
			LIST(struct region_answer, successors, "successors", &region_item_shape,
			     .flags = OPTIONAL | ALWAYS,
			     .doc = "Of an abolished region: who took over parts of it"),
			END_OF_SHAPE,
		},
};
static const struct shape region_page =
	LIST_PAGE_SHAPE("RegionPage", &region_item_shape, "Regions, best match first");

/* Every query of regions has these columns under the same names. */
#define ANSWER_OF(arena, row) \
	(struct region_answer) \
	{ \
		.code = (row).code, .level = (row).level, .kind = (row).kind, \
		.valid_from = date_print(arena, (row).valid_from), \
		.valid_to = (row).valid_to.known ? date_print(arena, (int32_t)(row).valid_to.value) \
						 : (struct str){NULL, 0}, \
		.name = words_make(arena, (row).name_zh, (row).name_en) \
	}

/* Pinyin as it is compared: small letters without spaces. */
static struct str fold(struct arena *arena, struct str text)
{
	struct buf out = buf_create(arena, text.len);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];
		if (c != ' ')
			buf_put_char(&out, c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c);
	}
	return buf_str(&out);
}

static enum problem list_regions(struct call *call, struct reply *reply)
{
	const struct region_query *q = call->query;
	struct region_list_params params = {.parent = q->parent,
					    .level = q->level,
					    .after_rank = -1,
					    .max_rows = list_rows_wanted(q->limit)};
	struct region_list_row *rows;
	size_t count;
	if (q->name.at) {
		params.name = q->name;
		params.name_folded = fold(call->arena, q->name);
	}
	enum problem p = q->cursor.at ? cursor_read_key(call, q->cursor, &params.after_rank, &params.after)
				      : PROBLEM_NONE;
	if (!p)
		p = region_list(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)params.max_rows) {
		count--;
		const struct region_list_row *last = &rows[count - 1];
		page->next = list_announce_next(call, reply,
						cursor_print_key(call->arena, last->rank, last->code));
	}
	struct region_answer *items = arena_array(call->arena, struct region_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = ANSWER_OF(call->arena, rows[i]);
	page->items = (struct list){items, count};
	reply->value = page;
	reply->cache_control = "public, max-age=3600";
	return PROBLEM_NONE;
}

static enum problem put_parents(struct call *call, struct region_answer *answer)
{
	struct region_chain_row *rows;
	size_t count;
	enum problem p = region_chain(call_db(call), call->arena, &(struct region_chain_params){answer->code},
				      &rows, &count);
	if (p)
		return p;
	struct region_answer *items = arena_array(call->arena, struct region_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = ANSWER_OF(call->arena, rows[i]);
	answer->parents = (struct list){items, count};
	return PROBLEM_NONE;
}

static enum problem put_successors(struct call *call, struct region_answer *answer)
{
	struct region_successors_row *rows;
	size_t count;
	enum problem p = region_successors(call_db(call), call->arena,
					   &(struct region_successors_params){answer->code}, &rows, &count);
	if (p)
		return p;
	struct region_answer *items = arena_array(call->arena, struct region_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = ANSWER_OF(call->arena, rows[i]);
	answer->successors = (struct list){items, count};
	return PROBLEM_NONE;
}

static enum problem get_region(struct call *call, struct reply *reply)
{
	struct region_get_row row;
	enum problem p =
		region_get(call_db(call), call->arena, &(struct region_get_params){call->path_args[0]}, &row);
	if (!p && str_equal(row.kind, STR("pseudo")))
		p = PROBLEM_NOT_FOUND; /* a row of the code table, no place */
	if (p)
		return p;
	struct region_answer *answer = arena_new(call->arena, struct region_answer);
	*answer = ANSWER_OF(call->arena, row);
	p = put_parents(call, answer);
	if (!p)
		p = put_successors(call, answer);
	if (p)
		return p;
	reply->value = answer;
	reply->cache_control = "public, max-age=3600";
	return PROBLEM_NONE;
}

#define TAG "Regions"
const struct route region_routes[] = {
	{
		.method = "GET",
		.path = "/v1/regions",
		.id = "listRegions",
		.summary = "Find regions by name or holder",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.query = &region_query_shape,
		.response = &region_page,
		.status = 200,
		.handle = list_regions,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/regions/{code}",
		.id = "getRegion",
		.summary = "Read a region with what holds it and who took it over",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &region_shape,
		.status = 200,
		.handle = get_region,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
