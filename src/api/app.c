/* SPDX-License-Identifier: Apache-2.0
 * What handlers share: the caller as row security sees it, and opaque cursors of lists. */
#include "ft/api/app.h"

#include "ft/base/text.h"

bool call_sees_all(const struct call *call)
{
	return (call->caller.scopes & SCOPE_ADMIN) && !call->caller.region.at && !call->caller.party_count;
}

struct db_scope call_scope(const struct call *call)
{
	return (struct db_scope){.key = call->caller.key,
				 .region = call->caller.region,
				 .parties = call->caller.parties,
				 .party_count = call->caller.party_count,
				 .service = call_sees_all(call)};
}

struct str cursor_print(struct arena *arena, int64_t place, struct uuid id)
{
	struct str text = arena_printf(arena, "%lld %.*s", (long long)place, STR_ARGS(uuid_print(arena, id)));
	return base64url_encode(arena, str_bytes(text));
}

enum problem cursor_read(struct arena *arena, struct str cursor, int64_t *ret_place, struct uuid *ret_id)
{
	struct bytes raw;
	struct str id;
	struct json number = {.kind = JSON_NUMBER};
	if (!base64url_decode(arena, cursor, &raw))
		return PROBLEM_CURSOR;
	number.text = str_cut((struct str){(const char *)raw.at, raw.len}, ' ', &id);
	struct uuid parsed;
	int64_t place;
	if (!id.at || !uuid_parse(id, &parsed) || !json_integer(&number, &place))
		return PROBLEM_CURSOR;
	*ret_place = place;
	*ret_id = parsed;
	return PROBLEM_NONE;
}
