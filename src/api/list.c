/* SPDX-License-Identifier: Apache-2.0
 * Lists: pages of bounded length, the opaque cursor of the next one, and where it is found. */
#include "list_priv.h"

#include "ft/base/text.h"

int64_t list_rows_wanted(int64_t limit)
{
	return (limit ? limit : LIST_DEFAULT) + 1;
}

/* The next page's address is this one's with another cursor: what was filtered stays filtered. */
struct str list_announce_next(const struct call *call, struct reply *reply, struct str cursor)
{
	struct buf link = buf_create(call->arena, 256);
	buf_printf(&link, "<%.*s?", STR_ARGS(call->path));
	for (struct str rest = call->raw_query; rest.at;) {
		struct str pair = str_cut(rest, '&', &rest);
		if (pair.len && !str_starts(pair, STR("cursor=")))
			buf_printf(&link, "%.*s&", STR_ARGS(pair));
	}
	buf_printf(&link, "cursor=%.*s>; rel=\"next\"", STR_ARGS(cursor));
	reply->link = buf_str(&link);
	return cursor;
}

struct str cursor_print_key(struct arena *arena, int64_t place, struct str key)
{
	struct str text = arena_printf(arena, "%lld %.*s", (long long)place, STR_ARGS(key));
	return base64url_encode(arena, str_bytes(text));
}

static enum problem refuse_cursor(struct call *call)
{
	return fault_set(&call->fault, PROBLEM_CURSOR, "cursor", "?cursor");
}

static bool key_is_usable(struct str key)
{
	for (size_t i = 0; i < key.len; i++)
		if (key.at[i] < ' ' || key.at[i] > '~')
			return false;
	return key.at && key.len <= CURSOR_MAX_KEY;
}

enum problem cursor_read_key(struct call *call, struct str cursor, int64_t *ret_place, struct str *ret_key)
{
	struct bytes text;
	struct str key = {NULL, 0};
	int64_t place;
	bool ours = base64url_decode(call->arena, cursor, &text) &&
		    str_integer(str_cut(bytes_str(text), ' ', &key), &place) && key_is_usable(key);
	if (!ours)
		return refuse_cursor(call);
	*ret_place = place;
	*ret_key = key;
	return PROBLEM_NONE;
}

struct str cursor_print(struct arena *arena, int64_t place, struct uuid id)
{
	return cursor_print_key(arena, place, uuid_print(arena, id));
}

enum problem cursor_read(struct call *call, struct str cursor, int64_t *ret_place, struct uuid *ret_id)
{
	struct str key;
	struct uuid id;
	int64_t place;
	enum problem p = cursor_read_key(call, cursor, &place, &key);
	if (p)
		return p;
	if (!uuid_parse(key, &id))
		return refuse_cursor(call);
	*ret_place = place;
	*ret_id = id;
	return PROBLEM_NONE;
}
