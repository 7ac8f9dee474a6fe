/* SPDX-License-Identifier: Apache-2.0
 * C structs into JSON by the rows of a shape, and the rows themselves as JSON Schema. */
#include "ft/codec/shape.h"

#include <assert.h>
#include <string.h>

#include "shape_priv.h"

static const void *pointed_object(const void *slot)
{
	const void *object;
	memcpy(&object, slot, sizeof object);
	return object;
}

/* INT and BOOL have no value that means "absent". */
static bool is_absent(const struct field *field, const void *slot)
{
	switch (field->kind) {
	case FIELD_STR:
	case FIELD_WORD:
	case FIELD_DECIMAL:
	case FIELD_RAW:
		return !((const struct str *)slot)->at;
	case FIELD_TIME:
		return ((const struct instant *)slot)->at_us == 0;
	case FIELD_UUID:
		return uuid_is_nil(*(const struct uuid *)slot);
	case FIELD_OBJECT:
	case FIELD_JSON:
		return !pointed_object(slot);
	case FIELD_LIST:
		return ((const struct list *)slot)->count == 0;
	case FIELD_STRS:
		return ((const struct str_list *)slot)->count == 0;
	case FIELD_INT:
	case FIELD_BOOL:
		break;
	}
	return false;
}

static void encode_list(const struct shape *of, const struct list *list, struct json_writer *w)
{
	json_begin_array(w);
	for (size_t i = 0; i < list->count; i++)
		shape_encode(of, (const char *)list->items + i * of->size, w);
	json_end_array(w);
}

static void encode_strings(const struct str_list *list, struct json_writer *w)
{
	json_begin_array(w);
	for (size_t i = 0; i < list->count; i++)
		json_string(w, list->items[i]);
	json_end_array(w);
}

/* For a required member that is absent the zero of its kind is written: "", null, []. */
static void encode_value(const struct field *field, const void *slot, struct json_writer *w)
{
	struct arena *scratch = w->out->arena;
	switch (field->kind) {
	case FIELD_STR:
	case FIELD_WORD:
	case FIELD_DECIMAL:
		json_string(w, *(const struct str *)slot);
		return;
	case FIELD_INT:
		json_int(w, *(const int64_t *)slot);
		return;
	case FIELD_BOOL:
		json_bool(w, *(const bool *)slot);
		return;
	case FIELD_TIME:
		json_string(w, instant_print(scratch, *(const struct instant *)slot));
		return;
	case FIELD_UUID:
		json_string(w, uuid_print(scratch, *(const struct uuid *)slot));
		return;
	case FIELD_OBJECT:
		if (pointed_object(slot))
			shape_encode(field->of, pointed_object(slot), w);
		else
			json_null(w);
		return;
	case FIELD_LIST:
		encode_list(field->of, slot, w);
		return;
	case FIELD_STRS:
		encode_strings(slot, w);
		return;
	case FIELD_JSON:
		if (pointed_object(slot))
			json_raw(w, ((const struct json *)pointed_object(slot))->span);
		else
			json_null(w);
		return;
	case FIELD_RAW:
		if (((const struct str *)slot)->at)
			json_raw(w, *(const struct str *)slot);
		else
			json_null(w);
		return;
	}
	assert(false && "a kind without an encoder");
}

void shape_encode(const struct shape *shape, const void *value, struct json_writer *w)
{
	json_begin_object(w);
	for (const struct field *f = shape->fields; f->name; f++) {
		const void *slot = (const char *)value + f->offset;
		bool absent = is_absent(f, slot);
		if (absent && (f->flags & NULLABLE)) {
			json_name(w, str_of(f->name));
			json_null(w);
			continue;
		}
		if (absent && (f->flags & OPTIONAL) && !(f->flags & ALWAYS))
			continue;
		json_name(w, str_of(f->name));
		encode_value(f, slot, w);
	}
	json_end_object(w);
}

static void put_pair(struct json_writer *w, const char *name, const char *value)
{
	json_pair(w, str_of(name), str_of(value));
}

static void put_type(struct json_writer *w, const char *type, const char *second, bool nullable)
{
	json_name(w, STR("type"));
	if (!second && !nullable) {
		json_string(w, str_of(type));
		return;
	}
	json_begin_array(w);
	json_string(w, str_of(type));
	if (second)
		json_string(w, str_of(second));
	if (nullable)
		json_string(w, STR("null"));
	json_end_array(w);
}

static void put_words(struct json_writer *w, const char *const *words, bool nullable)
{
	json_name(w, STR("enum"));
	json_begin_array(w);
	for (; *words; words++)
		json_string(w, str_of(*words));
	if (nullable)
		json_null(w);
	json_end_array(w);
}

/* A limit of zero was left to its default, which binds what is read but not what is written: it is not
 * stated. */
static void put_limit(struct json_writer *w, const char *name, size_t limit)
{
	if (limit)
		json_pair_int(w, str_of(name), (int64_t)limit);
}

static void put_reference(struct json_writer *w, const struct shape *of)
{
	put_pair(w, "$ref", arena_printf(w->out->arena, "#/components/schemas/%s", of->name).at);
}

static void put_object_schema(struct json_writer *w, const struct field *field, bool nullable)
{
	if (!nullable) {
		put_reference(w, field->of);
		return;
	}
	json_name(w, STR("anyOf"));
	json_begin_array(w);
	json_begin_object(w);
	put_reference(w, field->of);
	json_end_object(w);
	json_begin_object(w);
	put_pair(w, "type", "null");
	json_end_object(w);
	json_end_array(w);
}

static void put_array_schema(struct json_writer *w, const struct field *field, bool nullable)
{
	put_type(w, "array", NULL, nullable);
	put_limit(w, "minItems", field->min_len);
	put_limit(w, "maxItems", field->max_len);
	json_name(w, STR("items"));
	json_begin_object(w);
	if (field->of) {
		put_reference(w, field->of);
	} else {
		put_pair(w, "type", "string");
		if (field->words)
			put_words(w, field->words, /* nullable */ false);
	}
	json_end_object(w);
}

static void put_integer_schema(struct json_writer *w, const struct field *field, bool nullable)
{
	put_type(w, "integer", NULL, nullable);
	put_pair(w, "format", "int64");
	if (shape_has_limits(field))
		json_pair_int(w, STR("minimum"), field->min);
	if (shape_has_upper_limit(field))
		json_pair_int(w, STR("maximum"), field->max);
}

static void put_field_schema(struct json_writer *w, const struct field *field)
{
	bool nullable = field->flags & NULLABLE;
	json_begin_object(w);
	switch (field->kind) {
	case FIELD_STR:
		put_type(w, "string", NULL, nullable);
		put_limit(w, "minLength", field->min_len);
		put_limit(w, "maxLength",
			  field->max_len); /* bytes are at least as many as the characters counted here */
		break;
	case FIELD_WORD:
		put_type(w, "string", NULL, nullable);
		put_words(w, field->words, nullable);
		break;
	case FIELD_INT:
		put_integer_schema(w, field, nullable);
		break;
	case FIELD_BOOL:
		put_type(w, "boolean", NULL, nullable);
		break;
	case FIELD_DECIMAL:
		put_type(w, "string", "number", nullable);
		put_pair(w, "pattern",
			 field->flags & SIGNED ? "^[-+]?[0-9]+(\\.[0-9]+)?$"
					       : "^(0|[1-9][0-9]{0,14})(\\.[0-9]+)?$");
		break;
	case FIELD_TIME:
		put_type(w, "string", NULL, nullable);
		put_pair(w, "format", "date-time");
		break;
	case FIELD_UUID:
		put_type(w, "string", NULL, nullable);
		put_pair(w, "format", "uuid");
		break;
	case FIELD_OBJECT:
		put_object_schema(w, field, nullable);
		break;
	case FIELD_LIST:
	case FIELD_STRS:
		put_array_schema(w, field, nullable);
		break;
	case FIELD_JSON:
		if (field->of)
			put_array_schema(w, field, nullable);
		break; /* else any value */
	case FIELD_RAW:
		break; /* any value */
	}
	put_pair(w, "description", field->doc);
	json_end_object(w);
}

static void put_required(struct json_writer *w, const struct shape *shape)
{
	bool begun = false;
	for (const struct field *f = shape->fields; f->name; f++) {
		if (shape_may_be_absent(f))
			continue;
		if (!begun) {
			json_name(w, STR("required"));
			json_begin_array(w);
			begun = true;
		}
		json_string(w, str_of(f->name));
	}
	if (begun)
		json_end_array(w);
}

void shape_schema(const struct shape *shape, struct json_writer *w)
{
	json_begin_object(w);
	put_pair(w, "type", "object");
	put_pair(w, "description", shape->doc);
	json_name(w, STR("properties"));
	json_begin_object(w);
	for (const struct field *f = shape->fields; f->name; f++) {
		json_name(w, str_of(f->name));
		put_field_schema(w, f);
	}
	json_end_object(w);
	put_required(w, shape);
	if (shape->put_rules)
		shape->put_rules(w);
	if (!shape->open) {
		json_name(w, STR("additionalProperties"));
		json_bool(w, /* b */ false);
	}
	json_end_object(w);
}

/* Shapes may refer to each other in circles. */
struct visit {
	void (*visit)(const struct shape *shape, void *context);
	void *context;
	size_t count;
	const struct shape *seen[1024]; /* more than there are tables in the program */
};

static bool was_seen(const struct visit *v, const struct shape *shape)
{
	for (size_t i = 0; i < v->count; i++)
		if (str_equal(str_of(v->seen[i]->name), str_of(shape->name)))
			return true;
	return false;
}

static void visit_from(struct visit *v, const struct shape *shape)
{
	if (was_seen(v, shape))
		return;
	assert(v->count < sizeof v->seen / sizeof *v->seen);
	v->seen[v->count++] = shape;
	v->visit(shape, v->context);
	for (const struct field *f = shape->fields; f->name; f++)
		if (f->of)
			visit_from(v, f->of);
}

void shape_visit(const struct shape *shape, void (*visit)(const struct shape *shape, void *context),
		 void *context)
{
	struct visit v;
	v.visit = visit;
	v.context = context;
	v.count = 0;
	visit_from(&v, shape);
}
