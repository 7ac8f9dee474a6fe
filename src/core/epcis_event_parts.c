/* SPDX-License-Identifier: Apache-2.0
 * Members of events that have parts of their own: error declarations, persistent dispositions, sensors. */
#include <string.h>

#include "epcis_event_priv.h"

/* "+08:00", never "Z": up to 14 hours. */
bool reading_offset(struct str s, int16_t *ret)
{
	uint8_t d[4];
	if (s.len != 6 || (s.at[0] != '+' && s.at[0] != '-') || s.at[3] != ':')
		return false;
	for (size_t i = 0; i < 4; i++) {
		char c = s.at[i < 2 ? i + 1 : i + 2];
		if (c < '0' || c > '9')
			return false;
		d[i] = (uint8_t)(c - '0');
	}
	int minutes = (d[0] * 10 + d[1]) * 60 + d[2] * 10 + d[3];
	if (d[2] > 5 || minutes > 14 * 60)
		return false;
	*ret = (int16_t)(s.at[0] == '-' ? -minutes : minutes);
	return true;
}

enum problem reading_uris(struct reading *r, const struct json *value, struct str pointer)
{
	struct str ignored;
	if (value->kind != JSON_ARRAY)
		return reading_uri(r, value, pointer, &ignored);
	for (size_t i = 0; i < value->count; i++) {
		enum problem p = reading_uri(r, &value->items[i], reading_entry(r, pointer, i), &ignored);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

enum problem reading_declaration(struct reading *r, const struct json *value, struct str pointer)
{
	static const char *const names[] = {"declarationTime", "reason", "correctiveEventIDs", NULL};
	enum problem p = reading_names(r, value, pointer, names, /* extensions */ true);
	if (p)
		return p;
	const struct json *time = json_get(value, STR("declarationTime")),
			  *reason = json_get(value, STR("reason")),
			  *corrective = json_get(value, STR("correctiveEventIDs"));
	if (!time)
		return reading_refuse(r, "required", reading_below(r, pointer, "declarationTime"), NULL);
	r->event.is_declaration = true;
	p = reading_time(r, time, reading_below(r, pointer, "declarationTime"), &r->event.declared_us);
	if (!p && reason)
		p = reading_word(r, reason, reading_below(r, pointer, "reason"), "er",
				 &r->event.declared_reason);
	if (!p && corrective)
		p = reading_uris(r, corrective, reading_below(r, pointer, "correctiveEventIDs"));
	if (!p && corrective)
		r->event.corrective =
			json_text(corrective->kind == JSON_ARRAY && corrective->count ? &corrective->items[0]
										      : corrective);
	return p;
}

enum problem reading_dispositions(struct reading *r, const struct json *value, struct str pointer)
{
	static const char *const names[] = {"set", "unset", NULL};
	enum problem p = reading_names(r, value, pointer, names, /* extensions */ false);
	if (!p && !value->count)
		p = reading_refuse(r, "empty", pointer, value);
	for (size_t i = 0; !p && i < value->count; i++) {
		const struct json *list = &value->members[i].value;
		struct str ignored;
		if (list->kind != JSON_ARRAY || !list->count)
			return reading_refuse(r, "empty", pointer, value);
		for (size_t k = 0; !p && k < list->count; k++)
			p = reading_word(r, &list->items[k], pointer, "disp", &ignored);
	}
	return p;
}

static bool is_hex(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!strchr("0123456789abcdefABCDEF", s.at[i]))
			return false;
	return s.len > 0;
}

/* TCR-53: what both may say must not be said twice in different ways. */
static enum problem read_report(struct reading *r, const struct json *report, const struct json *metadata,
				struct str pointer)
{
	static const char *const shared[] = {"deviceID", "deviceMetadata", "rawData", "dataProcessingMethod",
					     "bizRules"};
	if (report->kind != JSON_OBJECT)
		return reading_refuse(r, "type", pointer, report);
	if (!json_get(report, STR("type")) && !json_get(report, STR("exception")))
		return reading_refuse(r, "required", reading_below(r, pointer, "type"), NULL);
	for (size_t i = 0; metadata && i < sizeof shared / sizeof *shared; i++)
		if (json_get(report, str_of(shared[i])) && json_get(metadata, str_of(shared[i])) &&
		    !str_equal(json_get(report, str_of(shared[i]))->span,
			       json_get(metadata, str_of(shared[i]))->span))
			return reading_refuse(r, "shared", reading_below(r, pointer, shared[i]), NULL);
	const struct json *hex = json_get(report, STR("hexBinaryValue"));
	if (hex && (!json_text(hex).at || !is_hex(json_text(hex))))
		return reading_refuse(r, "type", reading_below(r, pointer, "hexBinaryValue"), hex);
	return PROBLEM_NONE;
}

enum problem reading_sensors(struct reading *r, const struct json *list, struct str pointer)
{
	static const char *const names[] = {"sensorMetadata", "sensorReport", "type", NULL};
	if (list->kind != JSON_ARRAY)
		return reading_refuse(r, "type", pointer, list);
	for (size_t i = 0; i < list->count; i++) {
		const struct json *element = &list->items[i];
		struct str place = reading_entry(r, pointer, i);
		enum problem p = reading_names(r, element, place, names, /* extensions */ true);
		if (p)
			return p;
		const struct json *reports = json_get(element, STR("sensorReport"));
		if (!reports || reports->kind != JSON_ARRAY || !reports->count)
			return reading_refuse(r, "required", reading_below(r, place, "sensorReport"), NULL);
		for (size_t k = 0; !p && k < reports->count; k++)
			p = read_report(r, &reports->items[k], json_get(element, STR("sensorMetadata")),
					reading_entry(r, reading_below(r, place, "sensorReport"), k));
		if (p)
			return p;
	}
	r->has_sensors = list->count > 0;
	return PROBLEM_NONE;
}

size_t epcis_event_edges(const struct epcis_event *event)
{
	size_t inputs = 0, outputs = 0;
	for (size_t i = 0; event->type == EPCIS_TRANSFORMATION && i < event->mention_count; i++) {
		inputs += event->mentions[i].role == EPCIS_INPUT;
		outputs += event->mentions[i].role == EPCIS_OUTPUT;
	}
	return event->transformation_id.at ? inputs + outputs : inputs * outputs;
}

/* The first number below this value that not every reader takes for the same; `at` is its pointer then. */
static const struct json *find_number(const struct json *value, struct buf *at)
{
	const struct json *found = NULL;
	size_t len = at->len;
	if (value->kind == JSON_NUMBER)
		return json_is_interoperable(value) ? NULL : value;
	for (size_t i = 0; (value->kind == JSON_ARRAY || value->kind == JSON_OBJECT) && i < value->count;
	     i++) {
		if (value->kind == JSON_ARRAY)
			buf_printf(at, "/%zu", i);
		else
			json_pointer_put(at, value->members[i].name);
		found = find_number(value->kind == JSON_ARRAY ? &value->items[i] : &value->members[i].value,
				    at);
		if (found)
			return found;
		at->len = len;
	}
	return NULL;
}

enum problem reading_numbers(struct reading *r, const struct json *event, struct str pointer)
{
	struct buf at = buf_create(r->arena, 128);
	buf_put(&at, pointer);
	const struct json *number = find_number(event, &at);
	return number ? reading_refuse(r, "number", buf_str(&at), number) : PROBLEM_NONE;
}
