/* SPDX-License-Identifier: Apache-2.0
 * Bracketed element strings, as people read them beside a symbol, made into Digital Links. */
#include "ft/core/digital_link.h"

#include <string.h>

#include "ft/base/text.h"

#include "gs1_priv.h"

enum { MAX_ELEMENTS = 64, SHOWN_VALUE = 100 };

struct element_list {
	struct gs1_element at[MAX_ELEMENTS];
	bool placed[MAX_ELEMENTS];
	size_t count;
};

static enum problem refuse(struct str text, const char *rule, struct fault *reterr)
{
	(void)fault_set(reterr, PROBLEM_IDENTIFIER_SYNTAX, rule, "%s", "");
	reterr->value = str_shorten(text, SHOWN_VALUE);
	return PROBLEM_IDENTIFIER_SYNTAX;
}

/* Up to the next bracket that no backslash stands before. */
static struct str take_value(struct arena *arena, struct str *text)
{
	struct buf value = buf_create(arena, 32);
	size_t i = 0;
	for (; i < text->len && text->at[i] != '('; i++) {
		i += text->at[i] == '\\' && i + 1 < text->len && text->at[i + 1] == '(';
		buf_put_char(&value, text->at[i]);
	}
	*text = str_from(*text, i);
	return buf_str(&value);
}

static const struct gs1_element *element_of(const struct element_list *list, struct str ai)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_equal(list->at[i].ai, ai))
			return &list->at[i];
	return NULL;
}

static const char *take_elements(struct arena *arena, struct str text, struct element_list *list)
{
	while (text.len) {
		struct gs1_element element;
		if (text.at[0] != '(')
			return "elements";
		element.ai = str_cut(str_from(text, 1), ')', &text);
		if (!text.at || !gs1_is_digits(element.ai))
			return "elements";
		element.value = take_value(arena, &text);
		if (!element.value.len)
			return "empty";
		const struct gs1_element *same = element_of(list, element.ai);
		if (same && !str_equal(same->value, element.value))
			return "duplicate";
		if (same)
			continue;
		if (list->count == MAX_ELEMENTS)
			return "too-many";
		list->at[list->count++] = element;
	}
	return NULL;
}

static const struct gs1_ai *place_key(struct arena *arena, struct element_list *list, struct buf *path)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct gs1_ai *ai = gs1_ai_find(list->at[i].ai);
		if (!ai || !(ai->roles & GS1_KEY))
			continue;
		list->placed[i] = true;
		buf_printf(path, "/%.*s/%.*s", STR_ARGS(list->at[i].ai),
			   STR_ARGS(percent_encode(arena, list->at[i].value)));
		return ai;
	}
	return NULL;
}

/* "22,10,21": those that are there, in this order. */
static bool place_sequence(struct arena *arena, struct element_list *list, struct str sequence,
			   struct buf *path)
{
	bool any = false;
	while (sequence.at) {
		const struct gs1_element *element = element_of(list, str_cut(sequence, ',', &sequence));
		if (!element)
			continue;
		any = list->placed[element - list->at] = true;
		buf_printf(path, "/%.*s/%.*s", STR_ARGS(element->ai),
			   STR_ARGS(percent_encode(arena, element->value)));
	}
	return any;
}

/* The first alternative of which something is there; what belongs to another one is then left over and refused. */
static void place_qualifiers(struct arena *arena, struct element_list *list, const struct gs1_ai *key,
			     struct buf *path)
{
	struct str rest = str_of(key->qualifiers);
	while (rest.at)
		if (place_sequence(arena, list, str_cut(rest, '|', &rest), path))
			return;
}

enum problem digital_link_from_elements(struct arena *arena, struct str text, struct digital_link *ret,
					struct fault *reterr)
{
	struct element_list list = {.count = 0};
	struct buf path = buf_create(arena, 128), query = buf_create(arena, 128);
	if (text.len > DIGITAL_LINK_MAX_LEN)
		return refuse(text, "length", reterr);
	const char *wrong = take_elements(arena, text, &list);
	if (wrong)
		return refuse(text, wrong, reterr);
	const struct gs1_ai *key = place_key(arena, &list, &path);
	if (!key)
		return refuse(text, "no-key", reterr);
	place_qualifiers(arena, &list, key, &path);
	for (size_t i = 0; i < list.count; i++)
		if (!list.placed[i])
			buf_printf(&query, "%s%.*s=%.*s", query.len ? "&" : "", STR_ARGS(list.at[i].ai),
				   STR_ARGS(percent_encode_query(arena, list.at[i].value)));
	return digital_link_parse(arena, buf_str(&path), buf_str(&query), ret, reterr);
}
