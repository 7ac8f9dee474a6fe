/* SPDX-License-Identifier: Apache-2.0
 * Method and raw path → route row, by a tree of path segments that is built once. */
#ifndef FT_HTTP_ROUTER_PRIV_H
#define FT_HTTP_ROUTER_PRIV_H

#include "ft/http/route.h"

struct router;

enum { ROUTER_MAX_ARGS = 4 };

struct route_match {
	const struct route *route;            /* NULL: the path is known, the method is not */
	struct str allow;                     /* the methods of the path, for Allow */
	struct str raw_args[ROUTER_MAX_ARGS]; /* still percent-encoded */
	size_t arg_count;
	bool last_is_rest; /* the last argument is a "{name...}": it stays raw */
};

/* Two rows of one method and path, or a path that does not begin with "/", are mistakes of ours: it ends the
 * process. The tree lives in the arena and is read-only from then on. */
struct router *router_create(struct arena *arena, const struct route *const *tables);

/* `path` is raw. One trailing slash is ignored. Literal segments win over arguments, arguments over the rest;
 * HEAD finds the GET row. PROBLEM_NOT_FOUND: no such path. PROBLEM_METHOD_NOT_ALLOWED: ret->allow is set too. */
enum problem router_find(const struct router *router, struct str method, struct str path,
			 struct route_match *ret) must_check;

/* Decodes what router_find found. PROBLEM_BAD_REQUEST: an argument is not UTF-8. */
enum problem router_decode_args(struct arena *arena, const struct route_match *match,
				struct str ret[]) must_check;

#endif
