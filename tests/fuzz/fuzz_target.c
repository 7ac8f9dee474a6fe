/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a request target: what is accepted is made of its parts, finds a row or none, and decodes. */
#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

#include "router_priv.h"
#include "target_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct route rows[] = {
	{.method = "GET", .path = "/"},
	{.method = "GET", .path = "/v1/lots/{id}/trail"},
	{.method = "GET", .path = "/v1/lots/mine"},
	{.method = "GET", .path = "/v1/{what}/{id}"},
	{.method = "GET", .path = "/01/{rest...}"},
	{0},
};
static const struct route *const tables[] = {rows, NULL};

static bool lies_within(struct str part, struct str whole)
{
	return part.at >= whole.at && part.at + part.len <= whole.at + whole.len;
}

static void check_route(struct arena *arena, const struct target *target)
{
	struct route_match match;
	struct str args[ROUTER_MAX_ARGS] = {{0}};
	if (router_find(router_create(arena, tables), STR("GET"), target->path, &match))
		return;
	for (size_t i = 0; i < match.arg_count; i++)
		assert(match.raw_args[i].len && lies_within(match.raw_args[i], target->path));
	if (router_decode_args(arena, &match, args))
		return;
	for (size_t i = 0; i < match.arg_count; i++) {
		assert(args[i].len <= match.raw_args[i].len && !memchr(args[i].at, '\0', args[i].len));
		assert(utf8_valid(args[i]) || match.last_is_rest);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str raw = {(const char *)data, size};
	struct target target, again;
	if (!target_split(raw, &target)) {
		assert(target.path.len && !memchr(target.path.at, '?', target.path.len));
		struct str printed = target.query.at ? arena_printf(arena, "%.*s?%.*s", STR_ARGS(target.path),
								    STR_ARGS(target.query))
						     : target.path;
		enum problem p = target_split(printed, &again);
		assert(!p && str_equal(again.path, target.path) && str_equal(again.query, target.query));
		target_query_value(target.query, STR("lang"));
		check_route(arena, &target);
	}
	arena_destroy(arena);
	return 0;
}
