/* SPDX-License-Identifier: Apache-2.0
 * A message as libmicrohttpd wants it, its log line and its counters. */
#include "server_priv.h"

#include "ft/base/log.h"
#include "ft/base/metrics.h"

#include "headers_priv.h"

static const int64_t NS_PER_US = 1000;

static void log_answer(struct request *r, const struct message *message)
{
	struct str key =
		uuid_is_nil(r->call.caller.key) ? STR("-") : uuid_print(r->call.arena, r->call.caller.key);
	LOG(r->was_ready ? LOG_DEBUG : LOG_INFO, "request", LOG_TEXT("method", r->method),
	    LOG_TEXT("route", r->call.route ? str_of(r->call.route->id) : STR("-")),
	    LOG_NUMBER("status", message->status), LOG_NUMBER("bytes", message->body.len),
	    LOG_NUMBER("duration_us", (monotonic_ns() - r->started_ns) / NS_PER_US),
	    LOG_TEXT("request", r->call.request_id), LOG_TEXT("key", key));
}

/* Refusals are the caller's matter; what went wrong on our side is logged here, once. */
static void log_failure(const struct request *r, enum problem p)
{
	const struct problem_info *info = problem_info(p);
	if (info->http_status < 500 || p == PROBLEM_BUSY)
		return;
	LOG(info->http_status == 500 ? LOG_ERROR : LOG_WARN, "request_failed",
	    LOG_TEXT("route", r->call.route ? str_of(r->call.route->id) : STR("-")),
	    LOG_TEXT("problem", str_of(info->slug)),
	    LOG_TEXT("detail", r->call.fault.detail.at ? r->call.fault.detail : STR("-")),
	    LOG_TEXT("request", r->call.request_id));
}

static bool is_options(const struct request *r, enum problem p)
{
	return p == PROBLEM_METHOD_NOT_ALLOWED && str_equal(r->method, STR("OPTIONS"));
}

static void build_message(struct request *r, enum problem p, struct message *ret)
{
	struct call *call = &r->call;
	int retry_after_s = r->retry_after_s ? r->retry_after_s : r->reply.retry_after_s;
	if (!p)
		message_of_reply(call, &r->reply, ret);
	else if (is_options(r, p))
		message_of_options(call, ret);
	else
		message_of_problem(call, p, retry_after_s, r->server->app.problem_page, ret);
	if (p == PROBLEM_METHOD_NOT_ALLOWED)
		message_add(call->arena, ret, "Allow", r->match.allow);
	if (p == PROBLEM_UNAUTHORIZED)
		message_add(call->arena, ret, "WWW-Authenticate",
			    r->authorization.at ? STR("Bearer realm=\"farmtrail\", error=\"invalid_token\"")
						: STR("Bearer realm=\"farmtrail\""));
}

void respond_build(struct request *r, enum problem p)
{
	struct message message;
	build_message(r, p, &message);
	r->status = (unsigned)message.status;
	/* The bytes live in the arena or until the handler's release(): both end with the request. */
	r->response = MHD_create_response_from_buffer(message.body.len, (void *)(uintptr_t)message.body.at,
						      MHD_RESPMEM_PERSISTENT);
	for (size_t i = 0; r->response && i < message.header_count; i++)
		MHD_add_response_header(r->response, message.headers[i].name, message.headers[i].value);
	if (r->response && atomic_load_explicit(&r->server->stopping, memory_order_relaxed))
		MHD_add_response_header(r->response, "Connection", "close");

	metric_add(METRIC_HTTP_REQUESTS, 1);
	if (message.status >= 500)
		metric_add(METRIC_HTTP_ERRORS, 1);
	if (!r->was_ready || r->server->log_ready)
		log_answer(r, &message);
	if (p)
		log_failure(r, p);
}

enum MHD_Result respond_queue(struct request *r)
{
	if (!r->response)
		return MHD_NO;
	r->stage = STAGE_SENT;
	enum MHD_Result queued = MHD_queue_response(r->connection, r->status, r->response);
	MHD_destroy_response(r->response);
	r->response = NULL;
	return queued;
}

int call_accept_weight(const struct call *call, struct str media_type)
{
	return header_accept_weight(call->accept, media_type);
}

struct str call_query_value(const struct call *call, struct str name)
{
	return target_query_value(call->raw_query, name);
}

struct str call_header(const struct call *call, const char *name)
{
	const struct request *r = call->transport;
	struct str value = {0};
	if (!r || MHD_lookup_connection_value_n(r->connection, MHD_HEADER_KIND, name, str_of(name).len,
						&value.at, &value.len) != MHD_YES)
		return (struct str){0};
	return arena_str(call->arena, value.at ? value : STR(""));
}

int call_preferred_wait(const struct call *call)
{
	int64_t wait_s = header_prefer_wait(call_header(call, "Prefer"));
	return wait_s < PREFERRED_WAIT_MAX_S ? (int)wait_s : PREFERRED_WAIT_MAX_S;
}
