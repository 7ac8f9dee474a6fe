/* SPDX-License-Identifier: Apache-2.0
 * The JSON reader: one pass over the bytes, values in the arena, text borrowed from the input where it can
 * be. */
#include "ft/codec/json.h"

#include <stdlib.h>
#include <string.h>

#include "ft/base/text.h"

enum {
	NUMBER_LEN = 64,    /* no quantity, id or time needs more; bounds what prints a number back */
	NEAR_SIBLINGS = 32, /* children in progress that need no scratch memory */
	FEW_MEMBERS = 16,   /* up to here comparing each with each beats sorting */
};

/* Children of containers that are still open, innermost last. A container takes its own off the top when it
 * ends, into an array of exact length. */
struct stack {
	struct arena *scratch; /* made when first needed */
	struct json_member *at;
	size_t count, room;
};

struct reader {
	struct arena *arena;
	struct str input;
	const char *at, *end;
	struct fault *reterr;
	struct stack stack;
	int depth;
	size_t values;
};

static enum problem refuse(struct reader *r, const char *rule, const char *where)
{
	enum problem p = fault_set(r->reterr, PROBLEM_JSON_SYNTAX, rule, "%s", "");
	r->reterr->detail = arena_printf(r->arena, "byte %zu", (size_t)(where - r->input.at));
	return p;
}

static void push(struct stack *stack, struct json_member member)
{
	if (stack->count == stack->room) {
		if (!stack->scratch)
			stack->scratch = arena_create();
		struct json_member *more = arena_array(stack->scratch, struct json_member, stack->room * 2);
		memcpy(more, stack->at, stack->count * sizeof *more);
		stack->at = more;
		stack->room *= 2;
	}
	stack->at[stack->count++] = member;
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t'))
		r->at++;
}

static bool take(struct reader *r, char c)
{
	if (r->at == r->end || *r->at != c)
		return false;
	r->at++;
	return true;
}

static bool take_word(struct reader *r, struct str word)
{
	if (!str_starts((struct str){r->at, (size_t)(r->end - r->at)}, word))
		return false;
	r->at += word.len;
	return true;
}

static bool take_digits(struct reader *r)
{
	const char *start = r->at;
	while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
		r->at++;
	return r->at > start;
}

/* RFC 8259 §6 */
static enum problem read_number(struct reader *r, struct json *ret)
{
	const char *start = r->at;
	take(r, '-');
	bool well_formed = take(r, '0') ? !take_digits(r) : take_digits(r);
	if (well_formed && take(r, '.'))
		well_formed = take_digits(r);
	if (well_formed && (take(r, 'e') || take(r, 'E'))) {
		if (!take(r, '-'))
			take(r, '+');
		well_formed = take_digits(r);
	}
	if (!well_formed || r->at - start > NUMBER_LEN)
		return refuse(r, "number", start);
	*ret = (struct json){.kind = JSON_NUMBER, .text = {start, (size_t)(r->at - start)}};
	return PROBLEM_NONE;
}

/* The four digits of \uXXXX; -1 if they are not there. `at` is behind the "u". */
static int32_t hex_unit(const char *at, const char *end)
{
	uint8_t octets[2];
	if (end - at < 4 || !hex_decode((struct str){at, 4}, octets, sizeof octets))
		return -1;
	return octets[0] << 8 | octets[1];
}

static size_t put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Decodes one \uXXXX, or two that make a pair; *at is behind the first "u" and moves on. */
static enum problem read_unicode(struct reader *r, const char **at, const char *end, char **out)
{
	const char *start = *at - 2;
	int32_t unit = hex_unit(*at, end);
	if (unit < 0)
		return refuse(r, "syntax", start);
	*at += 4;
	uint32_t c = (uint32_t)unit;
	if (unit >= 0xd800 && unit <= 0xdfff) {
		bool paired = unit <= 0xdbff && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u';
		int32_t low = paired ? hex_unit(*at + 2, end) : -1;
		if (low < 0xdc00 || low > 0xdfff)
			return refuse(r, "surrogate", start);
		c = 0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
		*at += 6;
	}
	*out += put_utf8(*out, c);
	return PROBLEM_NONE;
}

static char plain_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/':
		return c;
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default:
		return 0;
	}
}

/* `raw` is what stood between the quotes. An escape is never shorter than what it stands for. */
static enum problem unescape(struct reader *r, struct str raw, struct str *ret)
{
	char *text = arena_alloc(r->arena, raw.len + 1), *out = text;
	const char *at = raw.at, *end = raw.at + raw.len;
	while (at < end) {
		const char *next = memchr(at, '\\', (size_t)(end - at));
		size_t plain = (size_t)((next ? next : end) - at);
		memcpy(out, at, plain);
		out += plain;
		at += plain;
		if (at == end)
			break;
		char kind = at[1]; /* the scanner has seen that a byte follows */
		at += 2;
		if (kind == 'u') {
			enum problem p = read_unicode(r, &at, end, &out);
			if (p)
				return p;
			continue;
		}
		char c = plain_escape(kind);
		if (!c)
			return refuse(r, "syntax", at - 2);
		*out++ = c;
	}
	*ret = (struct str){text, (size_t)(out - text)};
	return PROBLEM_NONE;
}

/* r->at stands behind the opening quote. */
static enum problem read_string(struct reader *r, struct str *ret)
{
	const char *start = r->at;
	unsigned char seen = 0;
	bool escapes = false;
	while (r->at < r->end && *r->at != '"') {
		unsigned char c = (unsigned char)*r->at;
		if (c < 0x20)
			return refuse(r, "syntax", r->at);
		seen |= c;
		if (c == '\\') {
			escapes = true;
			r->at++;
			if (r->at == r->end || (unsigned char)*r->at < 0x20)
				return refuse(r, "syntax", r->at - 1);
			seen |= (unsigned char)*r->at;
		}
		r->at++;
	}
	if (r->at == r->end)
		return refuse(r, "syntax", start - 1);
	struct str raw = {start, (size_t)(r->at - start)};
	r->at++;
	if (seen & 0x80) {
		size_t valid = utf8_prefix(raw);
		if (valid < raw.len)
			return refuse(r, "utf8", start + valid);
	}
	if (escapes)
		return unescape(r, raw, ret);
	*ret = raw;
	return PROBLEM_NONE;
}

static int by_name(const void *a, const void *b)
{
	const struct json_member *const *left = a, *const *right = b;
	int order = str_compare((*left)->name, (*right)->name);
	/* Equal ones in input order, so that the later is the one refused. */
	return order ? order : (*left > *right) - (*left < *right);
}

/* The later of two members of one name; NULL if there are none. */
static const struct json_member *find_duplicate(struct stack *stack, const struct json_member *members,
						size_t count)
{
	if (count <= FEW_MEMBERS) {
		for (size_t i = 1; i < count; i++)
			for (size_t k = 0; k < i; k++)
				if (str_equal(members[i].name, members[k].name))
					return &members[i];
		return NULL;
	}
	if (!stack->scratch)
		stack->scratch = arena_create();
	const struct json_member **sorted = arena_array(stack->scratch, const struct json_member *, count);
	for (size_t i = 0; i < count; i++)
		sorted[i] = &members[i];
	qsort(sorted, count, sizeof *sorted, by_name);
	for (size_t i = 1; i < count; i++)
		if (str_equal(sorted[i - 1]->name, sorted[i]->name))
			return sorted[i];
	return NULL;
}

static enum problem read_value(struct reader *r, struct json *ret);

static void take_items(struct reader *r, size_t bottom, struct json *ret)
{
	size_t count = r->stack.count - bottom;
	struct json *items = arena_array(r->arena, struct json, count);
	for (size_t i = 0; i < count; i++)
		items[i] = r->stack.at[bottom + i].value;
	r->stack.count = bottom;
	*ret = (struct json){.kind = JSON_ARRAY, .count = count, .items = items};
}

static enum problem read_array(struct reader *r, struct json *ret)
{
	size_t bottom = r->stack.count;
	r->at++;
	skip_space(r);
	bool empty = take(r, ']');
	while (!empty) {
		struct json_member child = {0};
		enum problem p = read_value(r, &child.value);
		if (p)
			return p;
		push(&r->stack, child);
		if (take(r, ']'))
			break;
		if (!take(r, ','))
			return refuse(r, "syntax", r->at);
	}
	take_items(r, bottom, ret);
	return PROBLEM_NONE;
}

static enum problem take_members(struct reader *r, size_t bottom, struct json *ret)
{
	size_t count = r->stack.count - bottom;
	struct json_member *members = arena_array(r->arena, struct json_member, count);
	if (count)
		memcpy(members, r->stack.at + bottom, count * sizeof *members);
	r->stack.count = bottom;
	const struct json_member *twice = find_duplicate(&r->stack, members, count);
	if (twice) {
		enum problem p = refuse(r, "duplicate", twice->value.span.at);
		r->reterr->value = str_shorten(twice->name, FAULT_VALUE_LEN);
		return p;
	}
	*ret = (struct json){.kind = JSON_OBJECT, .count = count, .members = members};
	return PROBLEM_NONE;
}

static enum problem read_member(struct reader *r, struct json_member *ret)
{
	struct json_member member;
	skip_space(r);
	if (!take(r, '"'))
		return refuse(r, "syntax", r->at);
	enum problem p = read_string(r, &member.name);
	if (p)
		return p;
	skip_space(r);
	if (!take(r, ':'))
		return refuse(r, "syntax", r->at);
	p = read_value(r, &member.value);
	if (p)
		return p;
	*ret = member;
	return PROBLEM_NONE;
}

static enum problem read_object(struct reader *r, struct json *ret)
{
	size_t bottom = r->stack.count;
	r->at++;
	skip_space(r);
	bool empty = take(r, '}');
	while (!empty) {
		struct json_member member;
		enum problem p = read_member(r, &member);
		if (p)
			return p;
		push(&r->stack, member);
		if (take(r, '}'))
			break;
		if (!take(r, ','))
			return refuse(r, "syntax", r->at);
	}
	return take_members(r, bottom, ret);
}

static enum problem read_container(struct reader *r, struct json *ret)
{
	if (r->depth == JSON_MAX_DEPTH)
		return refuse(r, "depth", r->at);
	r->depth++;
	enum problem p = *r->at == '{' ? read_object(r, ret) : read_array(r, ret);
	r->depth--;
	return p;
}

static enum problem read_scalar(struct reader *r, struct json *ret)
{
	if (*r->at == '-' || (*r->at >= '0' && *r->at <= '9'))
		return read_number(r, ret);
	if (take(r, '"')) {
		struct str text;
		enum problem p = read_string(r, &text);
		if (!p)
			*ret = (struct json){.kind = JSON_STRING, .text = text};
		return p;
	}
	if (take_word(r, STR("null")))
		*ret = (struct json){.kind = JSON_NULL};
	else if (take_word(r, STR("true")))
		*ret = (struct json){.kind = JSON_BOOL, .boolean = true};
	else if (take_word(r, STR("false")))
		*ret = (struct json){.kind = JSON_BOOL};
	else
		return refuse(r, "syntax", r->at);
	return PROBLEM_NONE;
}

/* White space on both sides belongs to no value and is skipped here. */
static enum problem read_value(struct reader *r, struct json *ret)
{
	skip_space(r);
	if (r->at == r->end)
		return refuse(r, "syntax", r->at);
	if (++r->values > JSON_MAX_VALUES)
		return refuse(r, "size", r->at);
	const char *start = r->at;
	struct json value;
	bool container = *start == '{' || *start == '[';
	enum problem p = container ? read_container(r, &value) : read_scalar(r, &value);
	if (p)
		return p;
	value.span = (struct str){start, (size_t)(r->at - start)};
	*ret = value;
	skip_space(r);
	return PROBLEM_NONE;
}

enum problem json_parse(struct arena *arena, struct str input, struct json *ret, struct fault *reterr)
{
	struct json_member near[NEAR_SIBLINGS];
	if (!input.at)
		input = STR("");
	struct reader r = {
		.arena = arena,
		.input = input,
		.at = input.at,
		.end = input.at + input.len,
		.reterr = reterr,
		.stack = {.at = near, .room = NEAR_SIBLINGS},
	};
	skip_space(&r);
	struct json value;
	enum problem p = r.at == r.end ? refuse(&r, "empty", r.at) : read_value(&r, &value);
	if (!p && r.at != r.end)
		p = refuse(&r, "trailing", r.at);
	arena_destroy(r.stack.scratch);
	if (!p)
		*ret = value;
	return p;
}

const struct json *json_get(const struct json *object, struct str name)
{
	if (!object || object->kind != JSON_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (str_equal(object->members[i].name, name))
			return &object->members[i].value;
	return NULL;
}

const struct json *json_at(const struct json *document, struct str pointer)
{
	const struct json *at = document;
	struct str rest = pointer;
	int64_t index;
	if (!pointer.len)
		return at;
	for ((void)str_cut(rest, '/', &rest); at && rest.at;) {
		struct str name = str_cut(rest, '/', &rest);
		if (at->kind != JSON_ARRAY)
			at = json_get(at, name);
		else if (str_integer(name, &index) && index >= 0 && (size_t)index < at->count)
			at = &at->items[index];
		else
			at = NULL;
	}
	return at;
}

struct str json_text(const struct json *value)
{
	return value && value->kind == JSON_STRING ? value->text : (struct str){NULL, 0};
}

bool json_integer(const struct json *value, int64_t *ret)
{
	return value && value->kind == JSON_NUMBER && str_integer(value->text, ret);
}

bool json_is_interoperable(const struct json *number)
{
	const int64_t most = (int64_t)1 << 53;
	int64_t n;
	for (size_t i = 0; i < number->text.len; i++)
		if (memchr(".eE", number->text.at[i], 3))
			return true;
	return json_integer(number, &n) && n >= -most && n <= most;
}
