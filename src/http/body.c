/* SPDX-License-Identifier: Apache-2.0
 * Gathers a request body: never more than the row allows, never more memory than has arrived. */
#include "server_priv.h"

#include <stdlib.h>
#include <string.h>

#include "ft/base/metrics.h"

static const int64_t NS_PER_SEC = 1000000000;

static void body_grow(struct body *body, size_t needed, size_t max)
{
	size_t room = body->room ? body->room : BODY_FIRST_ROOM;
	while (room < needed)
		room *= 2;
	if (room > max)
		room = max;
	char *at = realloc(body->at, room);
	if (!at)
		abort();
	body->at = at;
	body->room = room;
}

size_t body_max(const struct route *route)
{
	bool is_post = str_equal(str_of(route->method), STR("POST"));
	return route->max_body || !is_post ? route->max_body : STR("{}").len;
}

enum problem body_take(struct request *r, const char *data, size_t len)
{
	struct body *body = &r->body;
	size_t max = body_max(r->call.route);
	if (len > max - body->len)
		return PROBLEM_BODY_TOO_LARGE;
	size_t needed = body->len + len;
	/* A chunked body announces nothing, so it reserves as it comes. */
	if (needed > body->reserved) {
		if (!body_reserve(&r->server->bodies, needed - body->reserved)) {
			r->call.fault.detail = STR("bodies in memory");
			return PROBLEM_BUSY;
		}
		body->reserved = needed;
	}
	if (needed > body->room)
		body_grow(body, needed, max);
	memcpy(body->at + body->len, data, len);
	body->len = needed;
	metric_add(METRIC_HTTP_BODY_BYTES, (int64_t)len);
	return PROBLEM_NONE;
}

bool body_is_too_slow(const struct request *r)
{
	int64_t earned_ns = (int64_t)((r->body.len + r->body.swallowed) / BODY_MIN_RATE) * NS_PER_SEC;
	return monotonic_ns() - r->started_ns > r->server->idle_timeout_ns + earned_ns;
}
