/* SPDX-License-Identifier: Apache-2.0
 * The frame around events: EPCISDocument, EPCISQueryDocument, or none. */
#include <string.h>

#include "ft/base/text.h"

#include "epcis_event_priv.h"

static enum problem refuse(struct fault *reterr, const char *rule, const char *pointer)
{
	static const struct str none = {NULL, 0};
	return epcis_refuse(reterr, rule, pointer, none);
}

static enum problem check_head(struct arena *arena, const struct json *json, struct fault *reterr)
{
	static const char *const names[] = {
		"@context", "type",   "schemaVersion", "creationDate",       "epcisHeader", "epcisBody",
		"id",       "sender", "receiver",      "instanceIdentifier", NULL};
	struct instant time;
	struct str version = json_text(json_get(json, STR("schemaVersion")));
	for (size_t i = 0; i < json->count; i++) {
		struct str name = json->members[i].name;
		bool known = memchr(name.at, ':', name.len) != NULL;
		for (size_t k = 0; !known && names[k]; k++)
			known = str_equal(name, str_of(names[k]));
		if (!known)
			return refuse(reterr, "unknown",
				      arena_printf(arena, "/%.*s", STR_ARGS(str_shorten(name, 60))).at);
	}
	if (!json_get(json, STR("@context")))
		return refuse(reterr, "required", "/@context");
	if (!version.at)
		return refuse(reterr, json_get(json, STR("schemaVersion")) ? "type" : "required",
			      "/schemaVersion");
	if (!json_text(json_get(json, STR("creationDate"))).at)
		return refuse(reterr, "required", "/creationDate");
	if (instant_parse(json_text(json_get(json, STR("creationDate"))), &time))
		return refuse(reterr, "time", "/creationDate");
	return PROBLEM_NONE;
}

static enum problem find_events(const struct json *json, bool query, struct epcis_document *ret,
				struct fault *reterr)
{
	const struct json *body = json_get(json, STR("epcisBody"));
	const struct json *results = json_get(body, STR("queryResults"));
	const struct json *list = query ? json_get(json_get(results, STR("resultsBody")), STR("eventList"))
					: json_get(body, STR("eventList"));
	const char *pointer =
		query ? "/epcisBody/queryResults/resultsBody/eventList" : "/epcisBody/eventList";
	if (!body)
		return refuse(reterr, "required", "/epcisBody");
	if (!list || list->kind != JSON_ARRAY)
		return refuse(reterr, list ? "type" : "required", pointer);
	ret->events = list->items;
	ret->count = list->count;
	ret->pointer = pointer;
	return PROBLEM_NONE;
}

enum problem epcis_document_read(struct arena *arena, const struct json *json, struct epcis_document *ret,
				 struct fault *reterr)
{
	struct epcis_document document = {.context = json_get(json, STR("@context")), .pointer = ""};
	struct str type = json_text(json_get(json, STR("type")));
	if (json->kind != JSON_OBJECT)
		return refuse(reterr, "type", "");
	bool query = str_equal(type, STR("EPCISQueryDocument"));
	if (!query && !str_equal(type, STR("EPCISDocument")) && json_get(json, STR("eventTime"))) {
		*ret = (struct epcis_document){.events = json, .count = 1, .single = true, .pointer = ""};
		return PROBLEM_NONE;
	}
	if (!query && !str_equal(type, STR("EPCISDocument")))
		return refuse(reterr, type.at ? "word" : "required", "/type");
	enum problem p = check_head(arena, json, reterr);
	if (!p)
		p = find_events(json, query, &document, reterr);
	if (!p)
		*ret = document;
	return p;
}
