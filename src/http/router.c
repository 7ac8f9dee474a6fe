/* SPDX-License-Identifier: Apache-2.0
 * A tree with one level per path segment:
 *
 *     "" ─ "v1" ─┬─ "lots" ─── {id} ─── "trail"     endpoint: GET
 *                └─ "events"                        endpoint: GET, POST
 *          "01" ─── {rest...}                       endpoint: GET
 */
#include "router_priv.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

enum { METHODS_MAX = 8 };

/* All rows of one path. */
struct endpoint {
	const struct route *rows[METHODS_MAX];
	size_t row_count;
	struct str allow;
};

struct node {
	struct str segment;
	struct node *children; /* sorted by segment */
	size_t child_count;
	struct node *argument;
	struct endpoint *here, *rest;
};

struct router {
	struct node root;
	struct endpoint whole_server; /* "OPTIONS *" */
};

/* "" when the path is used up: a path never ends in a slash here. */
static struct str next_segment(struct str *path)
{
	return str_cut(*path, '/', path);
}

static struct str without_slashes_around(struct str path)
{
	struct str inner = str_from(path, 1);
	if (inner.len && inner.at[inner.len - 1] == '/')
		inner.len--;
	return inner.len ? inner : (struct str){0};
}

static struct node *child_of(const struct node *node, struct str segment)
{
	size_t low = 0, high = node->child_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = str_compare(node->children[middle].segment, segment);
		if (!order)
			return &node->children[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* The children of a node move when it gets another one; that is fine while the tree is being built, because
 * nothing keeps a pointer to a node from one row to the next. */
static struct node *add_child(struct arena *arena, struct node *node, struct str segment)
{
	struct node *known = child_of(node, segment);
	if (known)
		return known;
	struct node *wider = arena_array(arena, struct node, node->child_count + 1);
	size_t place = 0;
	while (place < node->child_count && str_compare(node->children[place].segment, segment) < 0)
		place++;
	for (size_t i = 0; i < node->child_count; i++)
		wider[i < place ? i : i + 1] = node->children[i];
	wider[place].segment = segment;
	node->children = wider;
	node->child_count++;
	return &wider[place];
}

static struct endpoint *endpoint_at(struct arena *arena, struct node *node, bool rest)
{
	struct endpoint **slot = rest ? &node->rest : &node->here;
	if (!*slot)
		*slot = arena_new(arena, struct endpoint);
	return *slot;
}

static struct endpoint *make_path(struct arena *arena, struct node *root, struct str path)
{
	assert(path.len && path.at[0] == '/');
	struct node *node = root;
	size_t args = 0;
	for (struct str left = without_slashes_around(path); left.at;) {
		struct str segment = next_segment(&left);
		assert(segment.len);
		if (str_starts(segment, STR("{")) && ++args && str_ends(segment, STR("...}"))) {
			assert(!left.at && args <= ROUTER_MAX_ARGS);
			return endpoint_at(arena, node, /* rest */ true);
		}
		if (!str_starts(segment, STR("{"))) {
			node = add_child(arena, node, segment);
			continue;
		}
		assert(args <= ROUTER_MAX_ARGS);
		if (!node->argument)
			node->argument = arena_new(arena, struct node);
		node = node->argument;
	}
	return endpoint_at(arena, node, /* rest */ false);
}

static const struct route *row_for(const struct endpoint *endpoint, struct str method)
{
	for (size_t i = 0; i < endpoint->row_count; i++)
		if (str_equal(str_of(endpoint->rows[i]->method), method))
			return endpoint->rows[i];
	return NULL;
}

static void add_row(struct endpoint *endpoint, const struct route *route)
{
	assert(endpoint->row_count < METHODS_MAX);
	assert(!row_for(endpoint, str_of(route->method)));
	endpoint->rows[endpoint->row_count++] = route;
}

static void write_allow(struct arena *arena, struct endpoint *endpoint)
{
	if (!endpoint)
		return;
	struct buf out = buf_create(arena, 48);
	for (size_t i = 0; i < endpoint->row_count; i++) {
		struct str method = str_of(endpoint->rows[i]->method);
		buf_put(&out, method);
		buf_put(&out, STR(", "));
		if (str_equal(method, STR("GET")))
			buf_put(&out, STR("HEAD, "));
	}
	if (!row_for(endpoint, STR("OPTIONS")))
		buf_put(&out, STR("OPTIONS"));
	else
		out.len -= 2;
	endpoint->allow = arena_str(arena, buf_str(&out));
}

static void write_allow_below(struct arena *arena, struct node *node)
{
	write_allow(arena, node->here);
	write_allow(arena, node->rest);
	for (size_t i = 0; i < node->child_count; i++)
		write_allow_below(arena, &node->children[i]);
	if (node->argument)
		write_allow_below(arena, node->argument);
}

struct router *router_create(struct arena *arena, const struct route *const *tables)
{
	struct router *router = arena_new(arena, struct router);
	for (size_t t = 0; tables[t]; t++)
		for (const struct route *row = tables[t]; row->path; row++)
			add_row(make_path(arena, &router->root, str_of(row->path)), row);
	write_allow_below(arena, &router->root);
	write_allow(arena, &router->whole_server);
	return router;
}

/* A literal is compared decoded, so that "/v1/l%6Fts" is "/v1/lots" (RFC 3986 §6.2.2.2); an encoded slash can
 * never make one, because no literal holds a slash. `room` bounds what could be a literal at all. */
static const struct node *literal_child(const struct node *node, struct str segment)
{
	char room[128];
	if (!memchr(segment.at, '%', segment.len))
		return child_of(node, segment);
	size_t len = 0;
	for (size_t i = 0; i < segment.len; i++, len++) {
		if (len == sizeof room)
			return NULL;
		room[len] = segment.at[i];
		if (segment.at[i] != '%')
			continue;
		uint8_t octet = 0;
		if (segment.len - i < 3 || !hex_decode((struct str){segment.at + i + 1, 2}, &octet, 1))
			return NULL;
		room[len] = (char)octet;
		i += 2;
	}
	return child_of(node, (struct str){room, len});
}

static const struct endpoint *find_below(const struct node *node, struct str path, struct route_match *match)
{
	if (!path.at && node->here)
		return node->here;
	if (!path.at)
		return NULL;

	struct str left = path;
	struct str segment = next_segment(&left);
	size_t args_before = match->arg_count;
	const struct endpoint *found = NULL;
	const struct node *literal = segment.len ? literal_child(node, segment) : NULL;
	if (literal)
		found = find_below(literal, left, match);
	if (!found && segment.len && node->argument) {
		match->arg_count = args_before;
		match->raw_args[match->arg_count++] = segment;
		found = find_below(node->argument, left, match);
	}
	if (!found && node->rest && path.len) {
		match->arg_count = args_before;
		match->raw_args[match->arg_count++] = path;
		match->last_is_rest = true;
		found = node->rest;
	}
	return found;
}

enum problem router_find(const struct router *router, struct str method, struct str path,
			 struct route_match *ret)
{
	struct route_match match = {0};
	const struct endpoint *endpoint =
		str_equal(path, STR("*")) ? &router->whole_server
					  : find_below(&router->root, without_slashes_around(path), &match);
	if (!endpoint)
		return PROBLEM_NOT_FOUND;
	match.allow = endpoint->allow;
	match.route = row_for(endpoint, str_equal(method, STR("HEAD")) ? STR("GET") : method);
	*ret = match;
	return match.route ? PROBLEM_NONE : PROBLEM_METHOD_NOT_ALLOWED;
}

enum problem router_decode_args(struct arena *arena, const struct route_match *match, struct str ret[])
{
	struct str args[ROUTER_MAX_ARGS] = {0};
	for (size_t i = 0; i < match->arg_count; i++) {
		struct str raw = match->raw_args[i];
		bool stays_raw = match->last_is_rest && i + 1 == match->arg_count;
		args[i] = raw;
		if (!stays_raw && memchr(raw.at, '%', raw.len) &&
		    !percent_decode(arena, raw, /* plus_is_space */ false, &args[i]))
			return PROBLEM_BAD_REQUEST;
		if (!stays_raw && !utf8_valid(args[i]))
			return PROBLEM_BAD_REQUEST;
	}
	memcpy(ret, args, match->arg_count * sizeof args[0]);
	return PROBLEM_NONE;
}
