/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as the cursor of a list: what is accepted is what its place and key print. */
#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

#include "list_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_key(struct call *call, struct str cursor)
{
	struct str key, key_again;
	int64_t place, place_again;
	if (cursor_read_key(call, cursor, &place, &key))
		return;
	assert(key.len <= CURSOR_MAX_KEY && utf8_valid(key) && !memchr(key.at, '\0', key.len));
	struct str printed = cursor_print_key(call->arena, place, key);
	enum problem p = cursor_read_key(call, printed, &place_again, &key_again);
	assert(!p && place_again == place && str_equal(key_again, key));
}

static void check_id(struct call *call, struct str cursor)
{
	struct uuid id, id_again;
	int64_t place, place_again;
	if (cursor_read(call, cursor, &place, &id))
		return;
	enum problem p = cursor_read(call, cursor_print(call->arena, place, id), &place_again, &id_again);
	assert(!p && place_again == place && uuid_equal(id_again, id));
}

/* The bytes themselves, and what they stand for: a search finds no base64url by chance. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct call call = {.arena = arena_create()};
	struct str raw = {(const char *)data, size};
	struct str wrapped = base64url_encode(call.arena, (struct bytes){data, size});
	check_key(&call, raw);
	check_key(&call, wrapped);
	check_id(&call, raw);
	check_id(&call, wrapped);
	arena_destroy(call.arena);
	return 0;
}
