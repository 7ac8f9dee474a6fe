/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as a body: a view is JSON again, a view of itself once more, and holds no member that is hidden from its
 * tier. */
#include <assert.h>
#include <string.h>

#include "ft/core/epcis_body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, struct str body, enum tier tier)
{
	static const char *const personal[] = {
		"farmtrail:harvester", "farmtrail:note",    "farmtrail:device", "farmtrail:deviceTime",
		"farmtrail:position",  "farmtrail:vehicle", "farmtrail:request"};
	struct str seen, again;
	struct fault fault;
	struct json json;
	enum problem p;

	if (view_of(arena, body, tier, &seen))
		return;
	p = json_parse(arena, seen, &json, &fault);
	assert(!p && json.kind == JSON_OBJECT);
	for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++)
		assert(json_get(&json, str_of(personal[i])) == NULL);
	assert(tier == TIER_FARM || json_get(&json, STR("farmtrail:party")) == NULL);
	p = view_of(arena, seen, tier, &again);
	assert(!p);
	p = json_parse(arena, again, &json, &fault);
	assert(!p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();

	for (enum tier tier = TIER_FARM; tier < TIER_COUNT; tier++)
		check(arena, (struct str){(const char *)data, size}, tier);
	arena_destroy(arena);
	return 0;
}
