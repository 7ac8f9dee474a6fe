/* SPDX-License-Identifier: Apache-2.0
 * /v1/logs: the logs of this installation, of which the last goes on; and the act that ends it and begins another. */
#include "ft/api/routes.h"

#include "ft/api/app.h"
#include "ft/core/log_name.h"
#include "ft/core/statement.h"
#include "ft/store/enrolment.h"
#include "ft/store/log.h"
#include "list_priv.h"
#include "queries.h"

enum { MAX_BODY = 4096, MAX_NOTE_CHARS = 16 * 1024, MAX_NAME_CHARS = 255 };

static const char *const reason_words[] = {"compromise", "lost", NULL};

struct log_answer {
	struct str name, path, vkey, sm2, reason, since, statement;
	int64_t number, first, size;
	bool ended;
};
static const struct shape log_shape = {
	.name = "Log",
	.size = sizeof(struct log_answer),
	.doc = "A log of this installation; statements name its origin, heads and keys its own name",
	.fields =
		(const struct field[]){
			STRING(struct log_answer, name, "name", .max_len = MAX_NAME_CHARS,
			       .doc = "The origin; from the second log on with its number behind it"),
			INTEGER(struct log_answer, number, "number", .doc = "From 1"),
			STRING(struct log_answer, path, "path",
			       .doc = "Where its files lie (c2sp.org/tlog-tiles): checkpoint, tile/…, vkey"),
			STRING(struct log_answer, vkey, "vkey", .max_len = 1024,
			       .doc = "C2SP verifier key, for policies"),
			STRING(struct log_answer, sm2, "sm2", .flags = OPTIONAL, .max_len = 1024,
			       .doc = "That of the SM2 line, while heads carry one: in a policy a line "
				      "\"#sm2 "
				      "VKEY\""),
			BOOLEAN(struct log_answer, ended, "ended",
				.doc = "It signs no more; the next goes on behind its last head"),
			INTEGER(struct log_answer, first, "first",
				.doc = "Its first entry of its own: those before are of the logs before it"),
			INTEGER(struct log_answer, size, "size",
				.doc = "Entries that its last head covers; of the one that goes on, what is "
				       "published"),
			STRING(struct log_answer, reason, "reason", .flags = OPTIONAL,
			       .doc = "Why the one before it ended: compromise or lost"),
			STRING(struct log_answer, since, "since", .flags = OPTIONAL,
			       .doc = "When it went on behind that, UTC"),
			STRING(struct log_answer, statement, "statement", .flags = OPTIONAL,
			       .max_len = MAX_NOTE_CHARS, .doc = "The signed note farmtrail/origin@v1"),
			END_OF_SHAPE,
		},
};
static const struct shape log_page = LIST_PAGE_SHAPE("LogPage", &log_shape, "Logs, oldest first");

struct succeed_input {
	struct str log, reason;
	int64_t size;
};
static const struct shape succeed_input_shape = {
	.name = "LogSuccession",
	.size = sizeof(struct succeed_input),
	.doc = "Which log ends, where, and why",
	.fields =
		(const struct field[]){
			STRING(struct succeed_input, log, "log", .max_len = MAX_NAME_CHARS,
			       .doc = "Name of the log that ends (/v1/logs): of two who would end it, one "
				      "does"),
			WORD(struct succeed_input, reason, "reason", reason_words,
			     .doc = "compromise: its key was stolen; lost: entries that its heads covered "
				    "are gone"),
			INTEGER(struct succeed_input, size, "size", .flags = OPTIONAL, .min = 1,
				.max = INT64_MAX,
				.doc = "Of the head that is taken over; the newest published unless given"),
			END_OF_SHAPE,
		},
};
struct succeed_answer {
	struct str name, vkey, ended, statement;
	int64_t number, size, again;
};
static const struct shape succeed_shape = {
	.name = "LogSucceeded",
	.size = sizeof(struct succeed_answer),
	.doc = "The log that goes on",
	.fields =
		(const struct field[]){
			STRING(struct succeed_answer, name, "name", .max_len = MAX_NAME_CHARS,
			       .doc = "What it is called: witnesses and policies need name and key"),
			STRING(struct succeed_answer, vkey, "vkey", .max_len = 1024,
			       .doc = "C2SP verifier key, for policies"),
			INTEGER(struct succeed_answer, number, "number", .doc = "Which log it is"),
			STRING(struct succeed_answer, ended, "ended", .max_len = MAX_NAME_CHARS,
			       .doc = "The log that ended"),
			INTEGER(struct succeed_answer, size, "size",
				.doc = "Entries that its last head covers"),
			INTEGER(struct succeed_answer, again, "again",
				.doc = "Entries beyond that head: they get other numbers, in the same order"),
			STRING(struct succeed_answer, statement, "statement", .max_len = MAX_NOTE_CHARS,
			       .doc = "The signed note farmtrail/origin@v1, the first entry of the new log"),
			END_OF_SHAPE,
		},
};

static struct log_answer answer_of(struct call *call, const struct log_succession_list_row *rows,
				   size_t count, size_t i)
{
	bool ended = i < count;
	const struct log_name name = {call_app(call)->config->origin, (int64_t)i + 1};
	struct log_answer answer = {
		.name = log_name_print(call->arena, name),
		.number = name.number,
		.path = ended ? arena_printf(call->arena, "/log/%lld", (long long)name.number) : STR("/log"),
		.ended = ended};
	if (ended) {
		answer.size = rows[i].size;
		answer.vkey = rows[i].vkey;
	}
	if (i) {
		answer.first = rows[i - 1].size;
		answer.reason = rows[i - 1].reason;
		answer.since = utc_print(call->arena, rows[i - 1].recorded_at);
		answer.statement = bytes_str(rows[i - 1].statement);
	}
	return answer;
}

/* Out of the statement that is in the log itself; absent when it is none. */
static struct str vkey_in(struct call *call, struct bytes stated)
{
	struct note note;
	struct statement statement;
	bool ok = note_parse(call->arena, bytes_str(stated), &note) &&
		  statement_parse(call->arena, note.text, &statement);
	return ok ? statement.vkey : (struct str){NULL, 0};
}

static enum problem list_logs(struct call *call, struct reply *reply)
{
	struct log_succession_list_row *rows;
	struct log_checkpoint_newest_row newest = {.size = 0};
	struct log_statement_row key;
	struct log_sm2_statement_row sm2 = {.statement = {0}};
	size_t count;
	enum problem p = log_succession_list(call_db(call), call->arena, &rows, &count);
	if (!p)
		p = log_statement(call_db(call), call->arena, &key);
	if (p)
		return p;
	p = log_checkpoint_newest(call_db(call), call->arena, &newest);
	if (p && p != PROBLEM_NOT_FOUND)
		return p; /* else nothing is published yet */
	p = log_sm2_statement(call_db(call), call->arena, &sm2);
	if (p && p != PROBLEM_NOT_FOUND)
		return p;
	struct log_answer *items = arena_array(call->arena, struct log_answer, count + 1);
	for (size_t i = 0; i <= count; i++)
		items[i] = answer_of(call, rows, count, i);
	items[count].vkey = vkey_in(call, key.statement);
	items[count].sm2 = p ? (struct str){NULL, 0} : vkey_in(call, sm2.statement);
	items[count].size = newest.size;
	struct list_page *page = arena_new(call->arena, struct list_page);
	page->items = (struct list){items, count + 1};
	reply->value = page;
	return PROBLEM_NONE;
}

static enum problem succeed_log(struct call *call, struct reply *reply)
{
	const struct succeed_input *in = call->body;
	const struct app *app = call_app(call);
	const struct key_office office = {.signer = app->signer,
					  .origin = app->config->origin,
					  .registrar = app->registrar,
					  .actor = call->caller.key,
					  .request_id = call->request_id,
					  .now_us = clock_now()};
	const struct log_ending ending = {in->log, in->reason, in->size};
	struct log_successor made;
	if (!call_sees_all(call)) /* the log is everybody's */
		return PROBLEM_FORBIDDEN;
	enum problem p = log_hand_over(call_db(call), call->arena, &office, &ending, &made, &call->fault);
	if (p)
		return p;
	struct succeed_answer *answer = arena_new(call->arena, struct succeed_answer);
	*answer = (struct succeed_answer){.name = made.name,
					  .vkey = made.vkey,
					  .ended = made.ended,
					  .statement = made.statement,
					  .number = made.number,
					  .size = made.size,
					  .again = made.again};
	reply->value = answer;
	return PROBLEM_NONE;
}

const struct route log_succession_routes[] = {
	{
		.method = "GET",
		.path = "/v1/logs",
		.id = "listLogs",
		.summary = "The logs of this installation: those that have ended, and the one that goes on",
		.tag = "Log",
		.scope = SCOPE_PUBLIC,
		.response = &log_page,
		.status = 200,
		.handle = list_logs,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "POST",
		.path = "/v1/log:succeed",
		.id = "succeedLog",
		.summary = "End the log at a head it has signed and go on under another name and key: its "
			   "key was "
			   "stolen, or entries are lost",
		.tag = "Log",
		.scope = SCOPE_ADMIN,
		.max_body = MAX_BODY,
		.request = &succeed_input_shape,
		.response = &succeed_shape,
		.status = 201,
		.handle = succeed_log,
		.may_fail = {PROBLEM_FORBIDDEN, PROBLEM_LOG_ENDED, PROBLEM_LOG_HEAD_UNKNOWN,
			     PROBLEM_NO_SIGNING_KEY, PROBLEM_LOG_AGENT_KEY, PROBLEM_SIGNER_UNAVAILABLE,
			     PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{0},
};
