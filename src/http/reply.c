/* SPDX-License-Identifier: Apache-2.0
 * Replies and problems (RFC 9457) as messages, with the headers that every answer carries. */
#include "reply_priv.h"

#include "ft/base/text.h"

#include "headers_priv.h"

enum { VALUE_SHOWN = 120 };

static void add_static(struct message *message, const char *name, const char *value)
{
	if (message->header_count < MESSAGE_MAX_HEADERS)
		message->headers[message->header_count++] = (struct message_header){name, value};
}

void message_add(struct arena *arena, struct message *message, const char *name, struct str value)
{
	for (size_t i = 0; i < value.len; i++)
		if ((unsigned char)value.at[i] < ' ' || value.at[i] == 0x7f)
			return;
	if (value.len)
		add_static(message, name, arena_str(arena, value).at);
}

static bool is_markup(const char *media_type)
{
	return str_starts(str_of(media_type), STR("text/html")) ||
	       str_starts(str_of(media_type), STR("image/svg"));
}

static void add_common(struct call *call, struct message *message)
{
	add_static(message, "X-Content-Type-Options", "nosniff");
	add_static(message, "Referrer-Policy", "no-referrer");
	add_static(message, "X-Request-Id",
		   call->request_id.at); /* ends with a NUL: the server made or copied it */
}

static void add_media_type(struct message *message, const char *media_type, const char *security_policy)
{
	add_static(message, "Content-Type", media_type);
	if (is_markup(media_type))
		add_static(message, "Content-Security-Policy",
			   security_policy
				   ? security_policy
				   : "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
				     "form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
}

struct str reply_bytes(const struct call *call, const struct reply *reply)
{
	if (reply->raw.at)
		return reply->raw;
	if (!reply->value || !call->route->response)
		return (struct str){0};
	struct buf out = buf_create(call->arena, 512);
	struct json_writer w = json_writer(&out);
	shape_encode(call->route->response, reply->value, &w);
	return buf_str(&out);
}

static int status_of(const struct call *call, const struct reply *reply)
{
	if (reply->status)
		return reply->status;
	return call->route->status ? call->route->status : 200;
}

static bool caller_has_it(const struct call *call, const struct reply *reply, int status)
{
	return status == 200 && str_equal(str_of(call->route->method), STR("GET")) &&
	       header_etag_matches(call->if_none_match, reply->etag);
}

void message_of_reply(struct call *call, const struct reply *reply, struct message *ret)
{
	struct message message = {.status = status_of(call, reply)};
	bool unchanged = caller_has_it(call, reply, message.status);
	if (unchanged)
		message.status = 304;
	else
		message.body = reply_bytes(call, reply);

	if (message.body.at) {
		add_media_type(&message,
			       reply->raw.at && reply->media_type ? reply->media_type : "application/json",
			       reply->security_policy);
		if (reply->content_encoding)
			add_static(&message, "Content-Encoding", reply->content_encoding);
	}
	add_common(call, &message);
	add_static(&message, "Cache-Control", reply->cache_control ? reply->cache_control : "no-store");
	if (reply->vary_accept)
		add_static(&message, "Vary", "Accept, Accept-Language, Accept-Encoding");
	message_add(call->arena, &message, "ETag", reply->etag);
	message_add(call->arena, &message, "Location", reply->location);
	message_add(call->arena, &message, "Link", reply->link);
	for (size_t i = 0; i < reply->header_count; i++)
		message_add(call->arena, &message, reply->headers[i].name, reply->headers[i].value);
	*ret = message;
}

void message_of_options(struct call *call, struct message *ret)
{
	struct message message = {.status = 204};
	add_common(call, &message);
	*ret = message;
}

/* What went wrong inside stays inside: only problems of the caller's making tell their circumstances. */
static struct str public_detail(const struct fault *fault, enum problem p)
{
	if (problem_info(p)->http_status >= 500 && p != PROBLEM_BUSY)
		return (struct str){0};
	return utf8_valid(fault->detail) ? fault->detail : (struct str){0};
}

static bool input_was_at_fault(const struct fault *fault, int status)
{
	return status < 500 && (fault->pointer[0] || fault->rule || fault->value.at);
}

static void write_error(struct json_writer *w, const struct fault *fault, const struct problem_info *info,
			enum language language)
{
	json_name(w, STR("errors"));
	json_begin_array(w);
	json_begin_object(w);
	json_name(w, STR("pointer"));
	json_string(w, str_of(fault->pointer));
	json_name(w, STR("rule"));
	json_string(w, str_of(fault->rule ? fault->rule : info->slug));
	if (utf8_valid(fault->value)) /* else it cannot stand in JSON */
		json_pair(w, STR("value"), str_shorten(fault->value, VALUE_SHOWN));
	json_pair(w, STR("hint"), str_of(info->hint[language]));
	json_end_object(w);
	json_end_array(w);
}

struct str problem_print(const struct call *call, enum problem p, const struct fault *fault)
{
	const struct problem_info *info = problem_info(p);
	struct buf out = buf_create(call->arena, 384);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("type"), arena_printf(call->arena, "/problems/%s", info->slug));
	json_pair(&w, STR("title"), str_of(info->title[call->language]));
	json_pair_int(&w, STR("status"), info->http_status);
	json_pair(&w, STR("detail"), public_detail(fault, p));
	if (input_was_at_fault(fault, info->http_status))
		write_error(&w, fault, info, call->language);
	else
		json_pair(&w, STR("hint"), str_of(info->hint[call->language]));
	json_pair(&w, STR("request"), call->request_id);
	json_end_object(&w);
	return buf_str(&out);
}

static bool wants_retry_after(const struct problem_info *info)
{
	return info->http_status == 503 || info->http_status == 429;
}

void message_of_problem(struct call *call, enum problem p, int retry_after_s, problem_page *page,
			struct message *ret)
{
	const struct problem_info *info = problem_info(p);
	struct message message = {.status = info->http_status};
	if (page && header_prefers_html(call->accept))
		message.body = page(call, p);
	bool is_page = message.body.at;
	if (!is_page)
		message.body = problem_print(call, p, &call->fault);

	add_media_type(&message, is_page ? "text/html; charset=utf-8" : "application/problem+json",
		       /* security_policy */ NULL);
	add_common(call, &message);
	add_static(&message, "Cache-Control", "no-store");
	if (wants_retry_after(info) || retry_after_s > 0)
		message_add(call->arena, &message, "Retry-After",
			    arena_printf(call->arena, "%d", retry_after_s > 0 ? retry_after_s : 1));
	*ret = message;
}
