/* SPDX-License-Identifier: Apache-2.0
 * Any bytes as an EPCIS document: what is read has a hash, and its body is an event again that says the same. */
#include "ft/core/epcis_body.h"
#include "ft/core/epcis_event.h"

#include "fuzz.h"

static void check_event(struct arena *arena, const struct json *json, const struct json *context)
{
	struct epcis_event event, again;
	struct fault fault = {.rule = NULL};
	struct json body, document;
	struct str farm, township, direct;
	if (epcis_event_read(arena, json, context, "", &event, &fault)) {
		CHECK(fault.rule);
		return;
	}
	struct str hash = epcis_event_hash(arena, &event);
	struct str text = epcis_event_body(arena, &event, hash);
	CHECK(!json_parse(arena, text, &body, &fault));
	CHECK(!epcis_event_read(arena, &body, NULL, "", &again, &fault));
	CHECK(event.event_id.at || str_equal(again.event_id, hash));
	CHECK(again.mention_count == event.mention_count);
	CHECK(!json_parse(arena, epcis_document(arena, text, 0), &document, &fault));
	CHECK(!view_of(arena, text, TIER_FARM, &farm) && !view_of(arena, farm, TIER_TOWNSHIP, &township));
	CHECK(!view_of(arena, text, TIER_TOWNSHIP, &direct) && str_equal(direct, township));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct fault fault = {.rule = NULL};
	struct epcis_document document;
	struct json json;
	if (!json_parse(arena, (struct str){(const char *)data, size}, &json, &fault) &&
	    !epcis_document_read(arena, &json, &document, &fault))
		for (size_t i = 0; i < document.count; i++)
			check_event(arena, &document.events[i], document.context);
	arena_destroy(arena);
	return 0;
}
