/* SPDX-License-Identifier: Apache-2.0
 * /problems: every way a request can fail, explained to people and listed for programs. */
#include "ft/api/routes.h"

#include "words_priv.h"

#include "ft/api/app.h"
#include "ft/pages/pages.h"

struct problem_type {
	struct str type;
	int64_t status;
	struct words *title, *hint;
};
static const struct shape type_shape = {
	.name = "ProblemType",
	.size = sizeof(struct problem_type),
	.doc = "A way a request can fail",
	.fields =
		(const struct field[]){
			STRING(struct problem_type, type, "type", .doc = "As in a problem's type"),
			INTEGER(struct problem_type, status, "status", .doc = "HTTP status"),
			OBJECT(struct problem_type, title, "title", &words_shape, struct words,
			       .doc = "What is wrong"),
			OBJECT(struct problem_type, hint, "hint", &words_shape, struct words,
			       .doc = "What to do next"),
			END_OF_SHAPE,
		},
};
struct problem_types {
	struct list items;
};
static const struct shape types_shape = {
	.name = "ProblemTypes",
	.size = sizeof(struct problem_types),
	.doc = "Every way a request can fail",
	.fields =
		(const struct field[]){
			LIST(struct problem_types, items, "items", &type_shape, .max_len = 1000,
			     .doc = "By section of the interface"),
			END_OF_SHAPE,
		},
};

static struct problem_type type_of(struct arena *arena, enum problem p)
{
	const struct problem_info *info = problem_info(p);
	return (struct problem_type){
		.type = arena_printf(arena, "/problems/%s", info->slug),
		.status = info->http_status,
		.title =
			words_make(arena, str_of(info->title[LANGUAGE_ZH]), str_of(info->title[LANGUAGE_EN])),
		.hint = words_make(arena, str_of(info->hint[LANGUAGE_ZH]), str_of(info->hint[LANGUAGE_EN]))};
}

/* The first readers of these addresses are programs, so a page must be preferred by name. */
static bool wants_page(const struct call *call)
{
	int page = call_accept_weight(call, STR("text/html"));
	return page > 0 && page > call_accept_weight(call, STR("application/json"));
}

static enum problem list_types(struct call *call, struct reply *reply)
{
	const struct page page = call_page(call);
	if (wants_page(call)) {
		reply_page(reply, page_problem_index(call->arena, &page));
		return PROBLEM_NONE;
	}
	struct problem_types *types = arena_new(call->arena, struct problem_types);
	struct problem_type *items = arena_array(call->arena, struct problem_type, PROBLEM_COUNT);
	for (int p = PROBLEM_NONE + 1; p < PROBLEM_COUNT; p++)
		items[types->items.count++] = type_of(call->arena, (enum problem)p);
	types->items.items = items;
	reply->value = types;
	return PROBLEM_NONE;
}

static enum problem get_type(struct call *call, struct reply *reply)
{
	enum problem p = problem_by_slug(call->path_args[0]);
	const struct page page = call_page(call);
	if (!p)
		return PROBLEM_NOT_FOUND;
	if (wants_page(call)) {
		reply_page(reply, page_problem_type(call->arena, &page, p));
		return PROBLEM_NONE;
	}
	struct problem_type *type = arena_new(call->arena, struct problem_type);
	*type = type_of(call->arena, p);
	reply->value = type;
	return PROBLEM_NONE;
}

#define TAG "Operations"
const struct route problem_routes[] = {
	{
		.method = "GET",
		.path = "/problems",
		.id = "listProblems",
		.summary = "Every way a request can fail",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &types_shape,
		.media_type = "text/html",
		.status = 200,
		.handle = list_types,
	},
	{
		.method = "GET",
		.path = "/problems/{slug}",
		.id = "getProblem",
		.summary = "One of them, explained",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &type_shape,
		.media_type = "text/html",
		.status = 200,
		.handle = get_type,
		.may_fail = {PROBLEM_NOT_FOUND},
	},
	{0},
};
