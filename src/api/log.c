/* SPDX-License-Identifier: Apache-2.0
 * /log: the public log as static files (https://c2sp.org/tlog-tiles). What is answered here depends on the path alone, and
 * nothing beyond the newest signed head is. Below /log/{number} logs that have ended, as they stood at their end. */
#include "ft/api/routes.h"

#include "ft/api/app.h"
#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"
#include "ft/db/reader.h"
#include "ft/store/log.h"
#include "queries.h"

/* Auditors of every origin read it from their own pages. */
static const struct reply_header open_to_all[] = {{"Access-Control-Allow-Origin", {"*", 1}}};
static const char for_ever[] = "public, max-age=31536000, immutable";
static const char not_yet[] = "no-cache"; /* what is not published may still get other numbers */

struct log_read {
	struct read_request request;
	struct log_tile tile;
	struct log_tile_read_params params;
};

static void put_open(struct reply *reply, struct str raw, const char *media_type, const char *cache_control)
{
	reply->raw = raw;
	reply->media_type = media_type;
	reply->cache_control = cache_control;
	reply->headers = open_to_all;
	reply->header_count = sizeof open_to_all / sizeof open_to_all[0];
}

static struct log_read *begin(struct call *call, const struct sql_statement *statement, const void *params)
{
	struct log_read *read = arena_new(call->arena, struct log_read);
	read->request = (struct read_request){.statement = statement, .params = params, .arena = call->arena};
	call->state = read;
	return read;
}

static enum problem log_submit(struct call *call, struct completion *done)
{
	struct log_read *read = call->state;
	read->request.done = done;
	reader_submit(call_app(call)->reader, &read->request);
	return PROBLEM_NONE;
}

static enum problem checkpoint_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	(void)begin(call, &sql_log_checkpoint_newest, NULL);
	return PROBLEM_NONE;
}

static enum problem checkpoint_finish(struct call *call, struct reply *reply)
{
	const struct log_read *read = call->state;
	const struct log_checkpoint_newest_row *row = read->request.rows;
	put_open(reply, bytes_str(row->checkpoint), "text/plain; charset=utf-8", "no-cache");
	return PROBLEM_NONE;
}

/* `log` is where the log lies: its prefix. */
static bool name_below(const struct call *call, struct str log, struct log_tile_name *ret)
{
	struct str before = arena_printf(call->arena, "%.*s/tile/", STR_ARGS(log));
	return str_starts(call->path, before) && log_tile_parse(str_from(call->path, before.len), ret);
}

static bool name_of(const struct call *call, struct log_tile_name *ret)
{
	return name_below(call, STR("/log"), ret);
}

/* Whether the newest signed head covers the last hash of the tile. */
static bool is_published(const struct log_tile *tile, int64_t published)
{
	uint64_t hashes =
		tile->level < LOG_TILE_LEVELS ? (uint64_t)published >> tile->level * LOG_TILE_HEIGHT : 0;
	return tile->index * LOG_TILE_WIDTH + tile->width <= hashes;
}

/* Full tiles are rows of their own; what is not full yet is put together on a worker. */
static enum problem tile_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	struct log_tile_name name;
	if (!name_of(call, &name))
		return PROBLEM_NOT_FOUND;
	struct log_read *read = begin(call, &sql_log_tile_read, NULL);
	read->tile = name.tile;
	read->params = (struct log_tile_read_params){name.tile.level, (int64_t)name.tile.index};
	read->request.params = &read->params;
	call->needs_worker = name.tile.width < LOG_TILE_WIDTH || name.tile.level >= LOG_TILE_LEVELS;
	return PROBLEM_NONE;
}

static enum problem tile_finish(struct call *call, struct reply *reply)
{
	const struct log_read *read = call->state;
	const struct log_tile_read_row *row = read->request.rows;
	call->needs_worker = !read->request.count;
	if (call->needs_worker)
		return PROBLEM_NONE;
	if (!is_published(&read->tile, row->published))
		return PROBLEM_NOT_FOUND;
	put_open(reply, bytes_str(row->hashes), "application/octet-stream",
		 is_published(&read->tile, row->settled) ? for_ever : not_yet);
	return PROBLEM_NONE;
}

/* Of a log with so many entries at most. */
static enum problem put_tile(struct call *call, struct reply *reply, struct log_tile_name name, int64_t size)
{
	struct log_tiles_read_row *rows;
	size_t count;
	int64_t level = name.tile.level, index = (int64_t)name.tile.index, width = name.tile.width;
	const struct log_tiles_read_params params = {{&level, 1}, {&index, 1}, {&width, 1}};
	enum problem p = log_tiles_read(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	if (count != 1 || !is_published(&name.tile, rows->published < size ? rows->published : size))
		return PROBLEM_NOT_FOUND;
	if (rows->hashes.len != name.tile.width * sizeof(struct sha256))
		return PROBLEM_INTERNAL; /* rows are gone: the sweep names them */
	put_open(reply, bytes_str(rows->hashes), "application/octet-stream",
		 is_published(&name.tile, rows->settled) ? for_ever : not_yet);
	return PROBLEM_NONE;
}

static enum problem tile_get(struct call *call, struct reply *reply)
{
	struct log_tile_name name;
	return name_of(call, &name) ? put_tile(call, reply, name, INT64_MAX) : PROBLEM_NOT_FOUND;
}

/* C2SP: uint16 length and entry, one after the other. */
static bool put_entries(struct buf *out, const struct log_entries_read_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes note = rows[i].statement;
		if (!note.len || note.len > NOTE_MAX_LEN)
			return false;
		buf_put_char(out, (char)(note.len >> 8));
		buf_put_char(out, (char)(note.len & 0xff));
		buf_put_bytes(out, note.at, note.len);
	}
	return true;
}

/* On a worker: notes are read where they were stated, which is more than anybody may read there. */
static enum problem put_bundle(struct call *call, struct reply *reply, struct log_tile_name name,
			       int64_t size)
{
	struct log_entries_read_row *rows;
	size_t count;
	int64_t first = (int64_t)name.tile.index * LOG_TILE_WIDTH;
	const struct log_entries_read_params params = {first, first + name.tile.width};
	enum problem p = log_entries_read(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	if (!count || !is_published(&name.tile, rows[0].published < size ? rows[0].published : size))
		return PROBLEM_NOT_FOUND;
	struct buf out = buf_create(call->arena, count * 512);
	if (count != name.tile.width || !put_entries(&out, rows, count))
		return PROBLEM_INTERNAL; /* rows are gone: the sweep names them */
	put_open(reply, buf_str(&out), "application/octet-stream",
		 is_published(&name.tile, rows[0].settled) ? for_ever : not_yet);
	return PROBLEM_NONE;
}

static enum problem entries_get(struct call *call, struct reply *reply)
{
	struct log_tile_name name;
	if (!name_of(call, &name) || !name.entries)
		return PROBLEM_NOT_FOUND;
	return put_bundle(call, reply, name, INT64_MAX);
}

/* — logs that have ended — */

static enum problem find_ended(struct call *call, struct log_succession_list_row *ret)
{
	struct log_succession_list_row *rows;
	size_t count;
	int64_t number;
	if (!str_integer(call->path_args[0], &number) ||
	    !str_equal(call->path_args[0], arena_printf(call->arena, "%lld", (long long)number)))
		return PROBLEM_NOT_FOUND;
	enum problem p = log_succession_list(call_db(call), call->arena, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		if (rows[i].number == number + 1) {
			*ret = rows[i];
			return PROBLEM_NONE;
		}
	return p ? p : PROBLEM_NOT_FOUND;
}

static enum problem ended_checkpoint(struct call *call, struct reply *reply)
{
	struct log_succession_list_row ended;
	enum problem p = find_ended(call, &ended);
	if (!p)
		put_open(reply, bytes_str(ended.checkpoint), "text/plain; charset=utf-8", for_ever);
	return p;
}

static enum problem ended_vkey(struct call *call, struct reply *reply)
{
	struct log_succession_list_row ended;
	enum problem p = find_ended(call, &ended);
	if (!p)
		put_open(reply, arena_printf(call->arena, "%.*s\n", STR_ARGS(ended.vkey)),
			 "text/plain; charset=utf-8", for_ever);
	return p;
}

static enum problem ended_name(struct call *call, struct log_succession_list_row *ret,
			       struct log_tile_name *ret_name)
{
	enum problem p = find_ended(call, ret);
	if (p)
		return p;
	struct str log = arena_printf(call->arena, "/log/%.*s", STR_ARGS(call->path_args[0]));
	return name_below(call, log, ret_name) ? PROBLEM_NONE : PROBLEM_NOT_FOUND;
}

static enum problem ended_tile(struct call *call, struct reply *reply)
{
	struct log_succession_list_row ended;
	struct log_tile_name name;
	enum problem p = ended_name(call, &ended, &name);
	return p ? p : put_tile(call, reply, name, ended.size);
}

static enum problem ended_entries(struct call *call, struct reply *reply)
{
	struct log_succession_list_row ended;
	struct log_tile_name name;
	enum problem p = ended_name(call, &ended, &name);
	if (!p && !name.entries)
		p = PROBLEM_NOT_FOUND;
	return p ? p : put_bundle(call, reply, name, ended.size);
}

/* The line that a policy names the log by: out of the statement that is in the log itself. */
static enum problem vkey_finish(struct call *call, struct reply *reply)
{
	const struct log_read *read = call->state;
	const struct log_statement_row *row = read->request.rows;
	struct note note;
	struct statement statement;
	if (!note_parse(call->arena, bytes_str(row->statement), &note) ||
	    !statement_parse(call->arena, note.text, &statement))
		return PROBLEM_INTERNAL;
	put_open(reply, arena_printf(call->arena, "%.*s\n", STR_ARGS(statement.vkey)),
		 "text/plain; charset=utf-8", "no-cache");
	return PROBLEM_NONE;
}

static enum problem vkey_prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	(void)begin(call, &sql_log_statement, NULL);
	return PROBLEM_NONE;
}

#define LOG_FILE \
	.method = "GET", .tag = "Log", .scope = SCOPE_PUBLIC, .status = 200, \
	.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE}
const struct route log_routes[] = {
	{.path = "/log/checkpoint",
	 .id = "getLogCheckpoint",
	 .summary = "The newest signed head of the log: a C2SP checkpoint",
	 .media_type = "text/plain",
	 .prepare = checkpoint_prepare,
	 .submit = log_submit,
	 .finish = checkpoint_finish,
	 LOG_FILE},
	{.path = "/log/tile/{level}/{rest...}",
	 .id = "getLogTile",
	 .summary = "256 hashes of the log's tree, or with .p/W the first W: C2SP tlog-tiles",
	 .media_type = "application/octet-stream",
	 .prepare = tile_prepare,
	 .submit = log_submit,
	 .finish = tile_finish,
	 .handle = tile_get,
	 LOG_FILE},
	{.path = "/log/tile/entries/{rest...}",
	 .id = "getLogEntries",
	 .summary = "256 entries of the log, or with .p/W the first W: each a signed note behind its length",
	 .media_type = "application/octet-stream",
	 .handle = entries_get,
	 LOG_FILE},
	{.path = "/log/vkey",
	 .id = "getLogKey",
	 .summary = "The key that signs the log's heads, as verifiers take it; compare it with one from "
		    "another source",
	 .media_type = "text/plain",
	 .prepare = vkey_prepare,
	 .submit = log_submit,
	 .finish = vkey_finish,
	 LOG_FILE},
	{.path = "/log/{number}/checkpoint",
	 .id = "getEndedLogCheckpoint",
	 .summary = "The last head of a log that has ended: the one that was taken over",
	 .media_type = "text/plain",
	 .handle = ended_checkpoint,
	 LOG_FILE},
	{.path = "/log/{number}/tile/{level}/{rest...}",
	 .id = "getEndedLogTile",
	 .summary = "Hashes of a log that has ended, up to its last head",
	 .media_type = "application/octet-stream",
	 .handle = ended_tile,
	 LOG_FILE},
	{.path = "/log/{number}/tile/entries/{rest...}",
	 .id = "getEndedLogEntries",
	 .summary = "Entries of a log that has ended, up to its last head",
	 .media_type = "application/octet-stream",
	 .handle = ended_entries,
	 LOG_FILE},
	{.path = "/log/{number}/vkey",
	 .id = "getEndedLogKey",
	 .summary = "The key that signed the heads of a log that has ended; what it signs beyond the last "
		    "counts no more",
	 .media_type = "text/plain",
	 .handle = ended_vkey,
	 LOG_FILE},
	{0},
};
