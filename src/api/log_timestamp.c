/* SPDX-License-Identifier: Apache-2.0
 * /log/timestamp: what time-stamping authorities (RFC 3161) say about heads of the log; and their answers coming in. */
#include "ft/api/routes.h"

#include "list_priv.h"

#include "ft/api/app.h"
#include "ft/base/text.h"
#include "ft/core/log_name.h"
#include "ft/store/log_timestamp.h"
#include "queries.h"

enum {
	MAX_BODY = 128 * 1024,
	MAX_ADDRESS = 1024,
	MAX_BASE64 = 4 * ((TIMESTAMP_MAX_LEN + 2) / 3),
	MAX_QUESTION = 1024
};

struct timestamp_input {
	int64_t size;
	struct str authority, question, answer;
};
static const struct shape timestamp_input_shape = {
	.name = "LogTimestampInput",
	.size = sizeof(struct timestamp_input),
	.doc = "An authority's answer about a head of the log",
	.fields =
		(const struct field[]){
			INTEGER(struct timestamp_input, size, "size", .min = 1, .max = INT64_MAX,
				.doc = "Entries that the head covers"),
			STRING(struct timestamp_input, authority, "authority", .max_len = MAX_ADDRESS,
			       .doc = "Its address, as in FARMTRAIL_TIMESTAMP_AUTHORITIES"),
			STRING(struct timestamp_input, question, "question", .max_len = MAX_QUESTION,
			       .doc = "TimeStampReq that it was asked, DER in base64: SHA-256 of the head's "
				      "three lines, with a nonce"),
			STRING(struct timestamp_input, answer, "answer", .max_len = MAX_BASE64,
			       .doc = "TimeStampResp, DER in base64"),
			END_OF_SHAPE,
		},
};
struct timestamp_answer {
	int64_t size;
	struct str log, authority, stamped_at, path;
};
static const struct shape timestamp_shape = {
	.name = "LogTimestamp",
	.size = sizeof(struct timestamp_answer),
	.doc = "A time-stamp over a head of the log: its imprint is SHA-256 of the head's three lines",
	.fields =
		(const struct field[]){
			INTEGER(struct timestamp_answer, size, "size", .doc = "Entries that the head covers"),
			STRING(struct timestamp_answer, log, "log", .max_len = MAX_ADDRESS,
			       .doc = "Name of the log that signed it: its first line"),
			STRING(struct timestamp_answer, authority, "authority", .max_len = MAX_ADDRESS,
			       .doc = "Who says so"),
			STRING(struct timestamp_answer, stamped_at, "stampedAt",
			       .doc = "When, by the authority's clock, UTC"),
			STRING(struct timestamp_answer, path, "path",
			       .doc = "Where the TimeStampResp lies: openssl ts -verify takes it"),
			END_OF_SHAPE,
		},
};
struct timestamps_query {
	struct str cursor;
	int64_t limit;
};
static const struct shape timestamps_query = {
	.name = "LogTimestampsQuery",
	.size = sizeof(struct timestamps_query),
	.doc = "How many",
	.fields =
		(const struct field[]){
			LIST_QUERY_FIELDS(struct timestamps_query),
			END_OF_SHAPE,
		},
};
static const struct shape timestamp_page =
	LIST_PAGE_SHAPE("LogTimestampPage", &timestamp_shape, "Time-stamps, of the largest head first");

/* The first over a head has its name; those of other authorities a number behind it. */
static struct str path_of(struct arena *arena, int64_t size, int64_t place)
{
	return place == 1 ? arena_printf(arena, "/log/timestamp/%lld.tsr", (long long)size)
			  : arena_printf(arena, "/log/timestamp/%lld.%lld.tsr", (long long)size,
					 (long long)place);
}

static enum problem add_timestamp(struct call *call, struct reply *reply)
{
	const struct timestamp_input *in = call->body;
	const struct app *app = call_app(call);
	struct log_stamp stamp = {.size = in->size, .authority = in->authority};
	struct log_stamped stamped;
	if (!base64_decode(call->arena, in->question, &stamp.question))
		return fault_set(&call->fault, PROBLEM_TIMESTAMP, "base64", "/question");
	if (!base64_decode(call->arena, in->answer, &stamp.answer))
		return fault_set(&call->fault, PROBLEM_TIMESTAMP, "base64", "/answer");
	enum problem p = log_stamp_add(call_db(call), call->arena, &app->stamps, &stamp, clock_now(),
				       &stamped, &call->fault);
	if (p)
		return p;
	struct timestamp_answer *answer = arena_new(call->arena, struct timestamp_answer);
	*answer = (struct timestamp_answer){
		.size = in->size,
		.log = log_name_print(call->arena, (struct log_name){app->config->origin, stamped.number}),
		.authority = in->authority,
		.stamped_at = utc_print(call->arena, stamped.at_us),
		.path = path_of(call->arena, in->size, stamped.place)};
	reply->value = answer;
	return PROBLEM_NONE;
}

static enum problem params_of(struct call *call, struct timestamp_list_params *ret)
{
	const struct timestamps_query *q = call->query;
	struct timestamp_list_params params = {INT64_MAX, 0, list_rows_wanted(q->limit)};
	struct str place;
	enum problem p = q->cursor.at ? cursor_read_key(call, q->cursor, &params.size, &place) : PROBLEM_NONE;
	if (!p && q->cursor.at && !str_integer(place, &params.place))
		p = fault_set(&call->fault, PROBLEM_CURSOR, "cursor", "?cursor");
	if (!p)
		*ret = params;
	return p;
}

static enum problem list_timestamps(struct call *call, struct reply *reply)
{
	struct timestamp_list_params params;
	struct timestamp_list_row *rows;
	size_t count;
	enum problem p = params_of(call, &params);
	if (!p)
		p = timestamp_list(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct list_page *page = arena_new(call->arena, struct list_page);
	if (count == (size_t)params.max_rows) {
		count--;
		struct str place = arena_printf(call->arena, "%lld", (long long)rows[count - 1].place);
		page->next = list_announce_next(call, reply,
						cursor_print_key(call->arena, rows[count - 1].size, place));
	}
	struct timestamp_answer *items = arena_array(call->arena, struct timestamp_answer, count);
	for (size_t i = 0; i < count; i++)
		items[i] = (struct timestamp_answer){
			.size = rows[i].size,
			.log = log_name_print(call->arena, (struct log_name){call_app(call)->config->origin,
									     rows[i].number}),
			.authority = rows[i].authority,
			.stamped_at = utc_print(call->arena, rows[i].stamped_at),
			.path = path_of(call->arena, rows[i].size, rows[i].place)};
	page->items = (struct list){items, count};
	reply->value = page;
	return PROBLEM_NONE;
}

/* SIZE.tsr or SIZE.PLACE.tsr, and nothing that says the same in another way. */
static bool read_name(struct arena *arena, struct str name, struct timestamp_read_params *ret)
{
	struct timestamp_read_params params = {.place = 1};
	struct str size = str_cut(name, '.', &name), place = str_cut(name, '.', &name);
	bool only_size = !name.at && str_equal(place, STR("tsr"));
	if (!str_integer(size, &params.size) ||
	    !(only_size || (str_equal(name, STR("tsr")) && str_integer(place, &params.place))))
		return false;
	*ret = params;
	return params.size > 0 && params.place > 0 &&
	       str_equal(path_of(arena, params.size, params.place),
			 arena_printf(arena, "/log/timestamp/%.*s%s%.*s.tsr", STR_ARGS(size),
				      only_size ? "" : ".", STR_ARGS(only_size ? STR("") : place)));
}

static enum problem get_timestamp(struct call *call, struct reply *reply)
{
	static const struct reply_header open_to_all[] = {{"Access-Control-Allow-Origin", {"*", 1}}};
	struct timestamp_read_params params;
	struct timestamp_read_row row;
	if (!read_name(call->arena, call->path_args[0], &params))
		return PROBLEM_NOT_FOUND;
	enum problem p = timestamp_read(call_db(call), call->arena, &params, &row);
	if (p)
		return p;
	reply->raw = bytes_str(row.answer);
	reply->media_type = "application/timestamp-reply"; /* RFC 3161, section 3.4 */
	reply->cache_control = "public, max-age=86400";    /* a log that ends may take a head with it */
	reply->headers = open_to_all;
	reply->header_count = sizeof open_to_all / sizeof open_to_all[0];
	return PROBLEM_NONE;
}

const struct route log_timestamp_routes[] = {
	{
		.method = "GET",
		.path = "/log/timestamp/{name}",
		.id = "getLogTimestamp",
		.summary =
			"SIZE.tsr: an authority's time-stamp over the head of this size; SIZE.2.tsr and so "
			"on: those of others",
		.tag = "Log",
		.scope = SCOPE_PUBLIC,
		.media_type = "application/timestamp-reply",
		.status = 200,
		.handle = get_timestamp,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/log/timestamps",
		.id = "listLogTimestamps",
		.summary = "Time-stamps over heads of the log",
		.tag = "Log",
		.scope = SCOPE_PUBLIC,
		.query = &timestamps_query,
		.response = &timestamp_page,
		.status = 200,
		.handle = list_timestamps,
		.may_fail = {PROBLEM_CURSOR, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/log/timestamps",
		.id = "addLogTimestamp",
		.summary =
			"Hand over an authority's answer about a published head; it is checked before it is "
			"stored",
		.tag = "Log",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &timestamp_input_shape,
		.response = &timestamp_shape,
		.status = 200,
		.repeatable = true,
		.handle = add_timestamp,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_TIMESTAMP, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
