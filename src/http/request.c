/* SPDX-License-Identifier: Apache-2.0
 * The steps of a request as libmicrohttpd asks for them: once with the headers, then with each piece of the
 * body, then for the answer; after a suspension the same step is asked for again. */
#include "server_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ft/base/metrics.h"

#include "decode_priv.h"

int64_t monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The target is copied here because libmicrohttpd decodes it in place right after. */
void *request_begin(void *server, const char *uri, struct MHD_Connection *connection)
{
	struct server *s = server;
	struct arena *arena = arena_create();
	struct request *r = arena_new(arena, struct request);
	r->server = s;
	r->connection = connection;
	r->owners = 1;
	r->started_ns = monotonic_ns();
	r->uri_place = (uintptr_t)uri;
	r->raw_target = arena_str(arena, str_of(uri ? uri : ""));
	r->call.arena = arena;
	r->call.app = s->app.app;
	r->call.transport = r;
	atomic_fetch_add_explicit(&s->in_flight, 1, memory_order_relaxed);
	return r;
}

void request_disown(struct request *r)
{
	if (atomic_fetch_sub(&r->owners, 1) != 1)
		return;
	free(r->body.at);
	arena_destroy(r->call.arena);
}

void request_end(void *server, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode why)
{
	(void)connection;
	(void)why;
	struct server *s = server;
	struct request *r = *slot;
	*slot = NULL;
	if (!r)
		return;
	if (r->response)
		MHD_destroy_response(r->response);
	if (r->reply.release)
		r->reply.release(r->reply.held);
	body_release(&s->bodies, r->body.reserved);
	if (r->body.len)
		metric_add(METRIC_HTTP_BODY_BYTES, -(int64_t)r->body.len);
	request_disown(r);
	atomic_fetch_sub_explicit(&s->in_flight, 1, memory_order_release);
}

/* An answer before the body has come ends the connection, so a refusal waits for the end of a body that is
 * short. Who asked whether to send it at all is told at once. */
static bool answers_at_once(const struct body *body)
{
	return body->framing_broken || body->declared > SWALLOW_MAX ||
	       ((body->declared || body->chunked) && body->expects_continue);
}

static enum MHD_Result answer(struct request *r, enum problem p)
{
	respond_build(r, p);
	return respond_queue(r);
}

static enum MHD_Result refuse(struct request *r, enum problem p)
{
	r->problem = p;
	r->stage = STAGE_REFUSED;
	return answers_at_once(&r->body) ? answer(r, p) : MHD_YES;
}

static enum MHD_Result on_authenticated(struct request *r, enum problem p)
{
	if (!p)
		p = admit_request(r);
	if (p)
		return refuse(r, p);
	r->stage = STAGE_BODY;
	return MHD_YES;
}

static enum MHD_Result on_headers(struct request *r, const char *method, const char *version)
{
	enum problem p = admit_headers(r, method, version);
	if (p)
		return refuse(r, p);
	p = admit_key(r);
	if (r->stage != STAGE_AUTHENTICATING)
		return on_authenticated(r, p);
	return work_hand_over(r, STAGE_AUTHENTICATING) ? MHD_YES : refuse(r, PROBLEM_BUSY);
}

static enum MHD_Result on_data(struct request *r, const char *data, size_t *len)
{
	if (body_is_too_slow(r))
		return MHD_NO;
	enum problem p = r->stage == STAGE_BODY ? body_take(r, data, *len) : r->problem;
	if (p) {
		r->problem = p;
		r->stage = STAGE_REFUSED;
		r->body.swallowed += *len;
	}
	*len = 0;
	/* Nothing can be answered in the middle of a chunked body; one without an end is cut off. */
	return r->body.swallowed > SWALLOW_MAX ? MHD_NO : MHD_YES;
}

static enum MHD_Result to_worker(struct request *r)
{
	r->reply = (struct reply){0};
	return work_hand_over(r, STAGE_WORKING) ? MHD_YES : answer(r, PROBLEM_BUSY);
}

/* A row that has handle and submit: one submission mostly answers it, without a worker. */
static enum MHD_Result submit_or_work(struct request *r)
{
	enum problem p = r->call.route->prepare(&r->call, &r->reply);
	if (p)
		return answer(r, p);
	if (r->call.needs_worker)
		return to_worker(r);
	return work_submit(r) ? MHD_YES : answer(r, PROBLEM_BUSY);
}

static enum MHD_Result on_complete(struct request *r)
{
	struct call *call = &r->call;
	call->body_bytes = (struct str){r->body.at ? r->body.at : "", r->body.len};
	enum problem p = decode_query(call);
	if (p)
		return answer(r, p);
	if (call->route->cached && call->route->cached(call, &r->reply)) {
		r->was_ready = true;
		return answer(r, PROBLEM_NONE);
	}
	return call->route->handle && call->route->submit ? submit_or_work(r) : to_worker(r);
}

static enum MHD_Result on_completed(struct request *r)
{
	const struct route *route = r->call.route;
	enum problem p = r->problem;
	if (!p)
		p = route->finish(&r->call, &r->reply);
	else if (p != PROBLEM_BUSY)
		r->call.needs_worker = true;
	if (route->handle && r->call.needs_worker)
		return to_worker(r);
	r->was_ready = route->handle && !p;
	return answer(r, p);
}

enum MHD_Result request_advance(void *server, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data, size_t *data_len,
				void **slot)
{
	(void)server;
	(void)connection;
	(void)url;
	struct request *r = *slot;
	switch (atomic_load(&r->stage)) {
	case STAGE_HEADERS:
		return on_headers(r, method, version);
	case STAGE_AUTHENTICATED:
		return on_authenticated(r, r->problem);
	case STAGE_BODY:
		return *data_len ? on_data(r, data, data_len) : on_complete(r);
	case STAGE_REFUSED:
		return *data_len ? on_data(r, data, data_len) : answer(r, r->problem);
	case STAGE_READY:
		return respond_queue(r);
	case STAGE_COMPLETED:
		return on_completed(r);
	case STAGE_ABANDONED: /* whether it was stored is not known, so nothing is said */
	case STAGE_AUTHENTICATING:
	case STAGE_WORKING:
	case STAGE_SUBMITTED:
	case STAGE_SENT:
		break;
	}
	return MHD_NO;
}

static struct peer *peer_create(const struct server *s, struct MHD_Connection *connection)
{
	struct peer *peer = calloc(1, sizeof *peer);
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	if (!peer || !info)
		return peer;
	const struct sockaddr *address = info->client_addr;
	peer->rate_subject = rate_subject_of_address(s->rates, address);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, peer->text, sizeof peer->text);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &v6->sin6_addr, peer->text, sizeof peer->text);
	peer->len = strlen(peer->text);
	return peer;
}

void request_peer(void *server, struct MHD_Connection *connection, void **slot,
		  enum MHD_ConnectionNotificationCode what)
{
	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		*slot = peer_create(server, connection);
		return;
	}
	free(*slot);
	*slot = NULL;
}
