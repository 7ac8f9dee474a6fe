/* SPDX-License-Identifier: Apache-2.0
 * JSON, forms and queries, read by the shapes of the row. */
#include "decode_priv.h"

#include "ft/base/text.h"

#include "headers_priv.h"

enum { PAIRS_MAX = 64 };

static const struct str form_type = {"application/x-www-form-urlencoded", 33};

static bool shape_names(const struct shape *shape, struct str name)
{
	for (const struct field *field = shape->fields; field->name; field++)
		if (str_equal(str_of(field->name), name))
			return true;
	return false;
}

static size_t count_pairs(struct str raw)
{
	size_t count = 1;
	for (size_t i = 0; i < raw.len; i++)
		count += raw.at[i] == '&';
	return count;
}

static enum problem decode_pair(struct arena *arena, struct str raw, struct query_pair *ret)
{
	struct query_pair pair = {0};
	struct str raw_value = {0};
	struct str raw_name = str_cut(raw, '=', &raw_value);
	if (!raw_value.at)
		raw_value = STR("");
	if (!percent_decode(arena, raw_name, /* plus_is_space */ true, &pair.name) ||
	    !percent_decode(arena, raw_value, /* plus_is_space */ true, &pair.value) ||
	    !utf8_valid(pair.name) || !utf8_valid(pair.value))
		return PROBLEM_BAD_REQUEST;
	*ret = pair;
	return PROBLEM_NONE;
}

static enum problem decode_pairs(struct call *call, const struct shape *shape, struct str raw, void **ret)
{
	if (count_pairs(raw) > PAIRS_MAX) {
		call->fault.detail = STR("more than 64 parameters");
		return PROBLEM_BAD_REQUEST;
	}
	struct query_pair *pairs = arena_array(call->arena, struct query_pair, count_pairs(raw));
	bool lang_is_ours = !shape_names(shape, STR("lang"));
	size_t count = 0;
	for (struct str rest = raw; rest.at;) {
		struct str pair = str_cut(rest, '&', &rest);
		if (!pair.len)
			continue;
		enum problem p = decode_pair(call->arena, pair, &pairs[count]);
		if (p)
			return p;
		if (!lang_is_ours || !str_equal(pairs[count].name, STR("lang")))
			count++;
	}
	void *decoded = arena_alloc(call->arena, shape->size);
	enum problem p = shape_decode_query(shape, call->arena, pairs, count, decoded, &call->fault);
	if (!p)
		*ret = decoded;
	return p;
}

enum problem decode_query(struct call *call)
{
	if (!call->route->query)
		return PROBLEM_NONE;
	return decode_pairs(call, call->route->query, call->raw_query, &call->query);
}

static bool is_json(struct str type)
{
	return str_equal_ignoring_case(type, STR("application/json")) ||
	       str_equal_ignoring_case(type, STR("application/ld+json"));
}

bool body_type_is_read(const struct route *route, struct str content_type)
{
	bool utf8 = true;
	struct str type = header_media_type(content_type, &utf8);
	if (is_json(type))
		return utf8;
	return type.at && route->body_type && str_equal_ignoring_case(type, str_of(route->body_type)) && utf8;
}

static bool is_of_other_form(const struct route *route, const struct json *json)
{
	if (!route->request_else || !json_get(json, str_of(route->request_else->fields->name)))
		return false;
	for (const struct field *field = route->request->fields; field->name; field++)
		if (!(field->flags & OPTIONAL) && json_get(json, str_of(field->name)))
			return false;
	return true;
}

enum problem decode_body(struct call *call)
{
	const struct shape *shape = call->route->request;
	bool utf8 = true;
	struct str type = header_media_type(call->content_type, &utf8);
	if (!shape) {
		if (call->route->max_body || !call->body_bytes.len || str_equal(call->body_bytes, STR("{}")))
			return PROBLEM_NONE;
		call->fault.detail = STR("this address takes no body");
		return PROBLEM_BODY_TOO_LARGE;
	}
	if (str_equal_ignoring_case(type, form_type))
		return decode_pairs(call, shape, call->body_bytes, &call->body);
	if (type.at && !is_json(type))
		return PROBLEM_NONE;

	struct json json;
	enum problem p = json_parse(call->arena, call->body_bytes, &json, &call->fault);
	if (p)
		return p;
	bool other = is_of_other_form(call->route, &json);
	if (other)
		shape = call->route->request_else;
	void *decoded = arena_alloc(call->arena, shape->size);
	p = shape_decode(shape, call->arena, &json, decoded, &call->fault);
	if (!p)
		*(other ? &call->body_else : &call->body) = decoded;
	return p;
}
