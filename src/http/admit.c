/* SPDX-License-Identifier: Apache-2.0
 * The refusals that need no body: request line, headers, route, key, scope, rate, length, media type. */
#include "server_priv.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "ft/base/text.h"

#include "decode_priv.h"
#include "headers_priv.h"

enum { RATE_CLASS_PUBLIC = 1, RATE_CLASS_READ, RATE_CLASS_WRITE };

static const struct known_header {
	struct str name;
	size_t offset; /* of a struct str in struct request */
} known_headers[] = {
#define KNOWN(text, member) \
	{ \
		{(text), sizeof(text) - 1}, offsetof(struct request, member) \
	}
	KNOWN("Host", host),
	KNOWN("Accept", call.accept),
	KNOWN("If-Match", call.if_match),
	KNOWN("Content-Type", call.content_type),
	KNOWN("X-Request-Id", call.request_id),
	KNOWN("Authorization", authorization),
	KNOWN("If-None-Match", call.if_none_match),
	KNOWN("Accept-Language", accept_language),
	KNOWN("Accept-Encoding", call.accept_encoding),
	KNOWN("X-Forwarded-For", forwarded_for),
#undef KNOWN
};

static void take_framing(struct body *body, struct str name, struct str value, bool *ret_has_length)
{
	if (str_equal_ignoring_case(name, STR("Content-Length"))) {
		/* RFC 9112 §6.3: two lengths, or one that is not a number, are how requests are smuggled. */
		body->framing_broken |= *ret_has_length || !header_content_length(value, &body->declared);
		*ret_has_length = true;
	} else if (str_equal_ignoring_case(name, STR("Transfer-Encoding"))) {
		body->framing_broken |= body->chunked || !str_equal_ignoring_case(value, STR("chunked"));
		body->chunked = true;
	} else if (str_equal_ignoring_case(name, STR("Expect"))) {
		body->expects_continue = str_equal_ignoring_case(value, STR("100-continue"));
	}
}

struct header_scan {
	struct request *request;
	bool has_length;
};

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name_at,
				   size_t name_len, const char *value_at, size_t value_len)
{
	(void)kind;
	struct header_scan *scan = context;
	struct request *r = scan->request;
	struct str name = {name_at, name_len}, value = {value_at ? value_at : "", value_at ? value_len : 0};
	/* "Content-Length : 5" is read by some and skipped by others (RFC 9112 §5.1). */
	if (!name.len || memchr(name.at, ' ', name.len) || memchr(name.at, '\t', name.len))
		r->body.framing_broken = true;

	for (size_t i = 0; i < sizeof known_headers / sizeof known_headers[0]; i++) {
		if (!str_equal_ignoring_case(name, known_headers[i].name))
			continue;
		struct str *slot = (struct str *)(void *)((char *)r + known_headers[i].offset);
		/* Of several the first counts; but our proxy wrote the last X-Forwarded-For. */
		if (!slot->at || slot == &r->forwarded_for)
			*slot = value;
		return MHD_YES;
	}
	take_framing(&r->body, name, value, &scan->has_length);
	return MHD_YES;
}

static void take_headers(struct request *r)
{
	struct header_scan scan = {.request = r};
	MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, take_header, &scan);
	r->body.framing_broken |= scan.has_length && r->body.chunked;
}

/* Unique in this process and not guessable from the outside as a count of requests. */
static struct str make_request_id(struct request *r)
{
	uint64_t x = atomic_fetch_add_explicit(&r->server->next_id, 1, memory_order_relaxed);
	x = (x + r->server->id_seed) * UINT64_C(0x9e3779b97f4a7c15); /* odd: one to one */
	x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
	char *hex = arena_alloc(r->call.arena, 17);
	for (int i = 15; i >= 0; i--, x >>= 4)
		hex[i] = "0123456789abcdef"[x & 15];
	return (struct str){hex, 16};
}

static void take_peer(struct request *r)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	const struct peer *peer = info ? info->socket_context : NULL;
	if (peer) {
		r->call.caller.address = (struct str){peer->text, peer->len};
		r->rate_subject = peer->rate_subject;
	}
	if (!r->server->behind_proxy || !r->forwarded_for.at)
		return;
	struct str claimed = arena_str(r->call.arena, header_forwarded_for(r->forwarded_for));
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *address = NULL;
	if (inet_pton(AF_INET, claimed.at, &v4.sin_addr) == 1)
		address = (const struct sockaddr *)(const void *)&v4;
	else if (inet_pton(AF_INET6, claimed.at, &v6.sin6_addr) == 1)
		address = (const struct sockaddr *)(const void *)&v6;
	if (!address)
		return;
	r->call.caller.address = claimed;
	r->rate_subject = rate_subject_of_address(r->server->rates, address);
}

/* libmicrohttpd hands the target over as a C string. A NUL on the request line would cut it short unseen; but
 * the version follows the target at once, so its place tells. */
static bool target_was_cut(const struct request *r, const char *version)
{
	return (uintptr_t)version != r->uri_place + r->raw_target.len + 1;
}

static enum problem read_target(struct request *r, const char *version)
{
	struct target target;
	if (r->body.framing_broken || target_was_cut(r, version))
		return PROBLEM_BAD_REQUEST;
	enum problem p = target_split(r->raw_target, &target);
	if (p)
		return p;
	r->call.path = percent_normalise(r->call.arena, target.path);
	r->call.raw_query = target.query;
	return PROBLEM_NONE;
}

enum problem admit_headers(struct request *r, const char *method, const char *version)
{
	struct call *call = &r->call;
	take_headers(r);
	enum problem malformed = read_target(r, version);
	r->method = str_of(method);
	call->head = str_equal(r->method, STR("HEAD"));
	call->request_id = header_request_id_is_usable(call->request_id)
				   ? arena_str(call->arena, call->request_id)
				   : make_request_id(r);
	call->language =
		header_language(target_query_value(call->raw_query, STR("lang")), r->accept_language);
	take_peer(r);
	if (malformed)
		return malformed;

	enum problem p = router_find(r->server->router, r->method, call->path, &r->match);
	if (p)
		return p;
	call->route = r->match.route;
	return router_decode_args(call->arena, &r->match, call->path_args);
}

static bool has_token(struct request *r, uint64_t subject, uint64_t class_of_request, unsigned per_min)
{
	int64_t wait_ms =
		rate_take(r->server->rates, rate_bucket(subject, class_of_request), per_min, r->started_ns);
	if (wait_ms)
		r->retry_after_s = (int)((wait_ms + 999) / 1000);
	return !wait_ms;
}

enum problem admit_key(struct request *r)
{
	struct caller *caller = &r->call.caller;
	caller->scopes = SCOPE_PUBLIC;
	if (!r->authorization.at)
		return PROBLEM_NONE;
	struct str bearer = header_bearer(r->authorization);
	if (!bearer.at || !r->server->app.authenticate)
		return PROBLEM_UNAUTHORIZED;

	struct caller found = {.address = caller->address};
	enum problem p = r->server->app.authenticate(r->server->app.app, r->call.arena, bearer, &found);
	if (!p) {
		found.scopes |= SCOPE_PUBLIC;
		*caller = found;
	}
	if (p != PROBLEM_BUSY || !r->server->app.authenticate_slow)
		return p;
	/* Guessing keys costs the database a query each: it is limited by address. */
	if (!has_token(r, r->rate_subject, RATE_CLASS_PUBLIC, r->server->rate_public))
		return PROBLEM_TOO_MANY_REQUESTS;
	r->stage = STAGE_AUTHENTICATING;
	return PROBLEM_BUSY;
}

static enum problem check_scope(struct request *r)
{
	unsigned wanted = r->call.route->scope;
	if (wanted & r->call.caller.scopes)
		return PROBLEM_NONE;
	if (!r->authorization.at)
		return PROBLEM_UNAUTHORIZED;
	r->call.fault.detail =
		arena_printf(r->call.arena, "scope: %.*s", STR_ARGS(scope_names(r->call.arena, wanted)));
	return PROBLEM_FORBIDDEN;
}

static enum problem check_rate(struct request *r)
{
	const struct server *server = r->server;
	const struct route *route = r->call.route;
	uint64_t key = rate_subject_of_key(server->rates, r->call.caller.key);
	uint64_t subject = key ? key : r->rate_subject;
	bool reads = str_equal(str_of(route->method), STR("GET"));
	uint64_t class_of_request = !key ? RATE_CLASS_PUBLIC : reads ? RATE_CLASS_READ : RATE_CLASS_WRITE;
	unsigned per_min = !key ? server->rate_public : reads ? server->rate_read : server->rate_write;
	if (route->rate_per_min) {
		class_of_request = (uintptr_t)route;
		per_min = route->rate_per_min;
	}
	return has_token(r, subject, class_of_request, per_min) ? PROBLEM_NONE : PROBLEM_TOO_MANY_REQUESTS;
}

static enum problem check_body(struct request *r)
{
	struct body *body = &r->body;
	const struct route *route = r->call.route;
	if (!body->declared && !body->chunked)
		return PROBLEM_NONE;
	if (body->declared > body_max(route)) {
		if (!route->max_body)
			r->call.fault.detail = STR("this address takes no body");
		return PROBLEM_BODY_TOO_LARGE;
	}
	if (route->max_body && !body_type_is_read(route, r->call.content_type))
		return PROBLEM_UNSUPPORTED_MEDIA_TYPE;
	if (!body_reserve(&r->server->bodies, (size_t)body->declared)) {
		r->call.fault.detail = STR("bodies in memory");
		return PROBLEM_BUSY;
	}
	body->reserved = (size_t)body->declared;
	return PROBLEM_NONE;
}

enum problem admit_request(struct request *r)
{
	enum problem p = check_scope(r);
	if (!p)
		p = check_rate(r);
	if (!p)
		p = check_body(r);
	return p;
}
