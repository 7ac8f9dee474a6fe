/* SPDX-License-Identifier: Apache-2.0
 * JSON values and query parameters into C structs, by the rows of a shape. */
#include "ft/codec/shape.h"

#include <assert.h>
#include <string.h>

#include "shape_priv.h"

static enum problem decode_object(const struct decoding *in, const struct shape *shape,
				  const struct json *json, void *slot);

static enum problem refuse_type(const struct decoding *in, const struct json *json, struct str expected)
{
	return shape_refuse(in, PROBLEM_FIELD_TYPE, "type", json->span, expected);
}

static enum problem decode_list(const struct decoding *in, const struct field *field, const struct json *json,
				struct list *slot)
{
	if (json->kind != JSON_ARRAY)
		return refuse_type(in, json, STR("expected an array"));
	enum problem p = shape_check_count(in, field, json->count);
	if (p)
		return p;
	struct list list = {arena_alloc_array(in->arena, json->count, field->of->size), json->count};
	for (size_t i = 0; i < list.count; i++) {
		struct crumb here = {.up = in->at, .index = i};
		struct decoding inside = {in->arena, &here, in->reterr};
		p = decode_object(&inside, field->of, &json->items[i],
				  (char *)list.items + i * field->of->size);
		if (p)
			return p;
	}
	*slot = list;
	return PROBLEM_NONE;
}

static enum problem decode_strings(const struct decoding *in, const struct field *field,
				   const struct json *json, struct str_list *slot)
{
	if (json->kind != JSON_ARRAY)
		return refuse_type(in, json, STR("expected an array"));
	enum problem p = shape_check_count(in, field, json->count);
	if (p)
		return p;
	struct str_list list = {arena_array(in->arena, struct str, json->count), json->count};
	for (size_t i = 0; i < list.count; i++) {
		struct crumb here = {.up = in->at, .index = i};
		struct decoding inside = {in->arena, &here, in->reterr};
		const struct json *item = &json->items[i];
		p = item->kind == JSON_STRING ? shape_take_item(&inside, field, item->text, &list.items[i])
					      : refuse_type(&inside, item, STR("expected a string"));
		if (p)
			return p;
	}
	*slot = list;
	return PROBLEM_NONE;
}

static enum problem decode_pointed(const struct decoding *in, const struct field *field,
				   const struct json *json, void *slot)
{
	void *object = arena_alloc(in->arena, field->of->size);
	enum problem p = decode_object(in, field->of, json, object);
	if (!p)
		memcpy(slot, &object,
		       sizeof object); /* the member's type is a pointer to some struct, not void * */
	return p;
}

static enum problem decode_any(const struct json *json, const struct json **slot)
{
	*slot = json;
	return PROBLEM_NONE;
}

static enum problem decode_items(const struct decoding *in, const struct field *field,
				 const struct json *json, const struct json **slot)
{
	if (json->kind != JSON_ARRAY)
		return refuse_type(in, json, STR("expected an array"));
	enum problem p = shape_check_count(in, field, json->count);
	return p ? p : decode_any(json, slot);
}

static enum problem decode_field(const struct decoding *in, const struct field *field,
				 const struct json *json, void *slot)
{
	switch (field->kind) {
	case FIELD_DECIMAL:
		if (json->kind == JSON_NUMBER)
			return shape_take_text(in, field, json->text, slot);
		if (json->kind != JSON_STRING)
			return refuse_type(in, json, STR("expected a decimal as text or number"));
		return shape_take_text(in, field, json->text, slot);
	case FIELD_STR:
	case FIELD_WORD:
	case FIELD_TIME:
	case FIELD_UUID:
		if (json->kind != JSON_STRING)
			return refuse_type(in, json, STR("expected a string"));
		return shape_take_text(in, field, json->text, slot);
	case FIELD_INT:
		if (json->kind != JSON_NUMBER)
			return refuse_type(in, json, STR("expected an integer"));
		return shape_take_integer(in, field, json->text, slot);
	case FIELD_BOOL:
		if (json->kind != JSON_BOOL)
			return refuse_type(in, json, STR("expected true or false"));
		*(bool *)slot = json->boolean;
		return PROBLEM_NONE;
	case FIELD_OBJECT:
		return decode_pointed(in, field, json, slot);
	case FIELD_LIST:
		return decode_list(in, field, json, slot);
	case FIELD_STRS:
		return decode_strings(in, field, json, slot);
	case FIELD_JSON:
		return field->of ? decode_items(in, field, json, slot) : decode_any(json, slot);
	case FIELD_RAW:
		*(struct str *)slot = json->span;
		return PROBLEM_NONE;
	}
	assert(false && "a kind without a decoder");
	return PROBLEM_INTERNAL;
}

static enum problem refuse_strangers(const struct decoding *in, const struct shape *shape,
				     const struct json *json)
{
	for (size_t i = 0; i < json->count; i++) {
		struct str name = json->members[i].name;
		if (shape_field_named(shape, name))
			continue;
		struct crumb here = {.up = in->at, .name = name};
		return shape_refuse_unknown(&(struct decoding){in->arena, &here, in->reterr}, shape, name);
	}
	return PROBLEM_NONE;
}

/* `slot` is zeroed and stays so where a member is absent. */
static enum problem decode_object(const struct decoding *in, const struct shape *shape,
				  const struct json *json, void *slot)
{
	if (json->kind != JSON_OBJECT)
		return refuse_type(in, json, STR("expected an object"));
	/* First: a misspelt name explains a missing member better than its absence does. */
	enum problem p = shape->open ? PROBLEM_NONE : refuse_strangers(in, shape, json);
	for (const struct field *f = shape->fields; f->name && !p; f++) {
		struct crumb here = {.up = in->at, .name = str_of(f->name)};
		struct decoding inside = {in->arena, &here, in->reterr};
		const struct json *value = json_get(json, here.name);
		if (!value && !shape_may_be_absent(f))
			p = shape_refuse(&inside, PROBLEM_FIELD_MISSING, "required", (struct str){NULL, 0},
					 (struct str){NULL, 0});
		else if (value && !(value->kind == JSON_NULL && (f->flags & NULLABLE)))
			p = decode_field(&inside, f, value, (char *)slot + f->offset);
	}
	return p;
}

enum problem shape_decode(const struct shape *shape, struct arena *arena, const struct json *json, void *ret,
			  struct fault *reterr)
{
	void *built = arena_alloc(arena, shape->size);
	enum problem p = decode_object(&(struct decoding){arena, NULL, reterr}, shape, json, built);
	if (!p)
		memcpy(ret, built, shape->size);
	return p;
}

/* A "+" of an offset that a client forgot to escape has become a space on the way. */
static struct str restore_plus(struct arena *arena, struct str text)
{
	enum { OFFSET_LEN = sizeof "+08:00" - 1 };
	if (text.len <= OFFSET_LEN || text.at[text.len - OFFSET_LEN] != ' ')
		return text;
	return arena_printf(arena, "%.*s+%.*s", (int)(text.len - OFFSET_LEN), text.at,
			    STR_ARGS(str_from(text, text.len - OFFSET_LEN + 1)));
}

static enum problem take_bool(const struct decoding *in, struct str text, bool *slot)
{
	bool yes = str_equal(text, STR("true")) || str_equal(text, STR("1"));
	if (!yes && !str_equal(text, STR("false")) && !str_equal(text, STR("0")))
		return shape_refuse(in, PROBLEM_FIELD_TYPE, "type", text, STR("expected true or false"));
	*slot = yes;
	return PROBLEM_NONE;
}

static enum problem take_parameter(const struct decoding *in, const struct field *field, struct str text,
				   void *slot)
{
	switch (field->kind) {
	case FIELD_INT:
		return shape_take_integer(in, field, text, slot);
	case FIELD_BOOL:
		return take_bool(in, text, slot);
	case FIELD_TIME:
		text = restore_plus(in->arena, text);
		break;
	case FIELD_STR:
	case FIELD_WORD:
	case FIELD_DECIMAL:
	case FIELD_UUID:
	case FIELD_OBJECT:
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_JSON:
	case FIELD_RAW:
		break;
	}
	return shape_take_text(in, field, text, slot);
}

struct query {
	const struct query_pair *pairs;
	size_t count;
};

/* A form sends its empty inputs too: an empty value of what may be absent is absent. */
static bool counts_for(const struct query_pair *pair, const struct field *field)
{
	return str_equal(pair->name, str_of(field->name)) && (pair->value.len || !shape_may_be_absent(field));
}

static enum problem decode_parameter(const struct decoding *in, const struct field *field,
				     const struct query *query, void *slot)
{
	struct str_list values = {arena_array(in->arena, struct str, query->count), 0};
	for (size_t i = 0; i < query->count; i++)
		if (counts_for(&query->pairs[i], field))
			values.items[values.count++] = query->pairs[i].value;
	if (!values.count && !shape_may_be_absent(field))
		return shape_refuse(in, PROBLEM_FIELD_MISSING, "required", (struct str){NULL, 0},
				    (struct str){NULL, 0});
	if (!values.count)
		return PROBLEM_NONE;
	if (field->kind != FIELD_STRS) {
		if (values.count > 1)
			return shape_refuse(in, PROBLEM_FIELD_RANGE, "maxItems", values.items[1],
					    STR("given more than once"));
		return take_parameter(in, field, values.items[0], slot);
	}
	enum problem p = shape_check_count(in, field, values.count);
	for (size_t i = 0; i < values.count && !p; i++)
		p = shape_take_item(in, field, values.items[i], &values.items[i]);
	if (!p)
		*(struct str_list *)slot = values;
	return p;
}

enum problem shape_decode_query(const struct shape *shape, struct arena *arena,
				const struct query_pair *pairs, size_t count, void *ret, struct fault *reterr)
{
	for (size_t i = 0; i < count && !shape->open; i++) {
		if (shape_field_named(shape, pairs[i].name))
			continue;
		struct crumb here = {.name = pairs[i].name, .parameter = true};
		return shape_refuse_unknown(&(struct decoding){arena, &here, reterr}, shape, pairs[i].name);
	}
	void *built = arena_alloc(arena, shape->size);
	struct query query = {pairs, count};
	for (const struct field *f = shape->fields; f->name; f++) {
		struct crumb here = {.name = str_of(f->name), .parameter = true};
		struct decoding in = {arena, &here, reterr};
		enum problem p = decode_parameter(&in, f, &query, (char *)built + f->offset);
		if (p)
			return p;
	}
	memcpy(ret, built, shape->size);
	return PROBLEM_NONE;
}
