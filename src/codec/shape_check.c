/* SPDX-License-Identifier: Apache-2.0
 * Checks of single values against a row of a shape, and the faults they give. */
#include "shape_priv.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

enum { NAME_LEN = 64, NEAR_ENOUGH = 2, WORDS_LEN = 240 };

static void put_pointer(struct buf *out, const struct crumb *at)
{
	if (!at)
		return;
	put_pointer(out, at->up);
	if (at->parameter) {
		buf_put_char(out, '?');
		buf_put(out, at->name);
	} else if (at->name.at) {
		json_pointer_put(out, at->name);
	} else {
		buf_printf(out, "/%zu", at->index);
	}
}

enum problem shape_refuse(const struct decoding *in, enum problem p, const char *rule, struct str value,
			  struct str detail)
{
	struct buf pointer = buf_create(in->arena, sizeof in->reterr->pointer);
	put_pointer(&pointer, in->at);
	fault_set(in->reterr, p, rule, "%.*s",
		  STR_ARGS(str_shorten(buf_str(&pointer), sizeof in->reterr->pointer)));
	in->reterr->value = str_shorten(value, FAULT_VALUE_LEN);
	in->reterr->detail = detail;
	return p;
}

const struct field *shape_field_named(const struct shape *shape, struct str name)
{
	for (const struct field *f = shape->fields; f->name; f++)
		if (str_equal(str_of(f->name), name))
			return f;
	return NULL;
}

bool shape_may_be_absent(const struct field *field)
{
	return field->flags & (OPTIONAL | ALWAYS);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions and replacements between two names of at most NAME_LEN bytes. */
static size_t edit_distance(struct str a, struct str b)
{
	size_t row[NAME_LEN + 1]; /* distances of the start of `a` so far to every start of `b` */
	for (size_t k = 0; k <= b.len; k++)
		row[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			size_t replaced = diagonal + (a.at[i - 1] != b.at[k - 1]);
			diagonal = row[k];
			row[k] = least(replaced, least(row[k], row[k - 1]) + 1);
		}
	}
	return row[b.len];
}

/* The name that was probably meant; absent when none is near. */
static struct str nearest_name(const struct shape *shape, struct str name)
{
	struct str nearest = {NULL, 0};
	size_t distance = NEAR_ENOUGH + 1;
	for (const struct field *f = shape->fields; f->name; f++) {
		struct str known = str_of(f->name);
		if (str_equal_ignoring_case(known, name))
			return known;
		if (known.len > NAME_LEN || name.len > NAME_LEN)
			continue;
		size_t d = edit_distance(known, name);
		/* Two changes turn any two letters into any others: that is no resemblance. */
		if (d < distance && d < least(known.len, name.len)) {
			distance = d;
			nearest = known;
		}
	}
	return nearest;
}

enum problem shape_refuse_unknown(const struct decoding *in, const struct shape *shape, struct str name)
{
	struct str near = nearest_name(shape, name);
	struct str detail = {NULL, 0};
	if (near.at)
		detail = arena_printf(in->arena, "did you mean \"%.*s\"?", STR_ARGS(near));
	return shape_refuse(in, PROBLEM_FIELD_UNKNOWN, "additionalProperties", name, detail);
}

static bool is_word(const char *const *words, struct str text)
{
	for (; *words; words++)
		if (str_equal(str_of(*words), text))
			return true;
	return false;
}

static enum problem refuse_word(const struct decoding *in, const struct field *field, struct str text)
{
	struct buf known = buf_create(in->arena, WORDS_LEN);
	buf_put(&known, STR("one of"));
	for (const char *const *w = field->words; *w && known.len < WORDS_LEN; w++)
		buf_printf(&known, "%s %s", w == field->words ? "" : ",", *w);
	return shape_refuse(in, PROBLEM_FIELD_RANGE, "enum", text, buf_str(&known));
}

static enum problem check_length(const struct decoding *in, size_t min_characters, size_t max_bytes,
				 struct str text)
{
	if (text.len > max_bytes)
		return shape_refuse(
			in, PROBLEM_FIELD_RANGE, "maxLength", text,
			arena_printf(in->arena, "at most %zu bytes, got %zu", max_bytes, text.len));
	if (min_characters && utf8_length(text) < min_characters)
		return shape_refuse(in, PROBLEM_FIELD_RANGE, "minLength", text,
				    arena_printf(in->arena, "at least %zu characters", min_characters));
	/* PostgreSQL text cannot hold it, and no word of any language needs it. */
	if (text.len && memchr(text.at, 0, text.len))
		return shape_refuse(in, PROBLEM_FIELD_RANGE, "pattern", text, STR("U+0000 cannot be stored"));
	return PROBLEM_NONE;
}

static enum problem take_decimal(const struct decoding *in, const struct field *field, struct str text,
				 struct str *slot)
{
	struct decimal value;
	bool well_formed = text.len <= DECIMAL_LEN;
	if (well_formed && (field->flags & SIGNED))
		well_formed = decimal_parse(text, &value);
	else if (well_formed)
		well_formed = decimal_parse_quantity(text, &value) == PROBLEM_NONE;
	if (!well_formed)
		return shape_refuse(in, PROBLEM_QUANTITY_SYNTAX, "decimal", text, (struct str){NULL, 0});
	*slot = text;
	return PROBLEM_NONE;
}

static enum problem take_time(const struct decoding *in, struct str text, struct instant *slot)
{
	enum problem p = instant_parse(text, slot);
	if (p)
		return shape_refuse(in, p, "date-time", text, (struct str){NULL, 0});
	return PROBLEM_NONE;
}

enum problem shape_take_text(const struct decoding *in, const struct field *field, struct str text,
			     void *slot)
{
	enum problem p = PROBLEM_NONE;
	switch (field->kind) {
	case FIELD_STR:
		p = check_length(in, field->min_len, field->max_len ? field->max_len : DEFAULT_MAX_BYTES,
				 text);
		if (!p)
			*(struct str *)slot = text;
		return p;
	case FIELD_WORD:
		if (!is_word(field->words, text))
			return refuse_word(in, field, text);
		*(struct str *)slot = text;
		return p;
	case FIELD_DECIMAL:
		return take_decimal(in, field, text, slot);
	case FIELD_TIME:
		return take_time(in, text, slot);
	case FIELD_UUID:
		/* The nil UUID is how a struct says that there is none. */
		if (!uuid_parse(text, slot) || uuid_is_nil(*(const struct uuid *)slot))
			return shape_refuse(in, PROBLEM_FIELD_TYPE, "uuid", text, STR("expected a UUID"));
		return p;
	case FIELD_INT:
	case FIELD_BOOL:
	case FIELD_OBJECT:
	case FIELD_LIST:
	case FIELD_STRS:
	case FIELD_JSON:
	case FIELD_RAW:
		break;
	}
	assert(false && "a kind that is not text");
	return PROBLEM_INTERNAL;
}

enum problem shape_take_item(const struct decoding *in, const struct field *field, struct str text,
			     struct str *slot)
{
	if (field->words && !is_word(field->words, text))
		return refuse_word(in, field, text);
	enum problem p = check_length(in, /* min_characters */ 0, DEFAULT_MAX_BYTES, text);
	if (!p)
		*slot = text;
	return p;
}

bool shape_has_limits(const struct field *field)
{
	return field->min || field->max;
}

bool shape_has_upper_limit(const struct field *field)
{
	return shape_has_limits(field) && field->max >= field->min;
}

static bool all_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
	return s.len > 0;
}

enum problem shape_take_integer(const struct decoding *in, const struct field *field, struct str text,
				void *slot)
{
	bool negative = str_starts(text, STR("-"));
	if (!all_digits(negative ? str_from(text, 1) : text))
		return shape_refuse(in, PROBLEM_FIELD_TYPE, "type", text, STR("expected an integer"));
	int64_t n;
	bool fits = str_integer(text, &n);
	bool too_large = fits ? shape_has_upper_limit(field) && n > field->max : !negative;
	bool too_small = fits ? shape_has_limits(field) && n < field->min : negative;
	int64_t min = shape_has_limits(field) ? field->min : INT64_MIN;
	int64_t max = shape_has_upper_limit(field) ? field->max : INT64_MAX;
	if (too_large)
		return shape_refuse(in, PROBLEM_FIELD_RANGE, "maximum", text,
				    arena_printf(in->arena, "at most %lld", (long long)max));
	if (too_small)
		return shape_refuse(in, PROBLEM_FIELD_RANGE, "minimum", text,
				    arena_printf(in->arena, "at least %lld", (long long)min));
	*(int64_t *)slot = n;
	return PROBLEM_NONE;
}

enum problem shape_check_count(const struct decoding *in, const struct field *field, size_t count)
{
	struct str none = {NULL, 0};
	size_t most = field->max_len ? field->max_len : DEFAULT_MAX_ITEMS;
	if (count > most)
		return shape_refuse(in, PROBLEM_FIELD_RANGE, "maxItems", none,
				    arena_printf(in->arena, "at most %zu items, got %zu", most, count));
	if (count < field->min_len)
		return shape_refuse(
			in, PROBLEM_FIELD_RANGE, "minItems", none,
			arena_printf(in->arena, "at least %zu items, got %zu", field->min_len, count));
	return PROBLEM_NONE;
}
