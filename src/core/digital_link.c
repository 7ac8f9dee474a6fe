/* SPDX-License-Identifier: Apache-2.0
 * GS1 Digital Link URIs: from the raw request target to key, qualifiers and attributes, and back. */
#include "ft/core/digital_link.h"

#include <string.h>

#include "ft/base/text.h"

#include "gs1_priv.h"

enum {
	MAX_ELEMENTS = 64,
	PATH_ELEMENTS = 1 + DIGITAL_LINK_MAX_QUALIFIERS,
	SHOWN_VALUE = 100, /* of a refused value, in the reply */
};

/* Everything that was read: the key first, then its qualifiers, then the attributes. */
struct elements {
	struct gs1_element at[MAX_ELEMENTS];
	const struct gs1_ai *ai[MAX_ELEMENTS];
	size_t path_count, count;
};

static enum problem refuse(struct arena *arena, const char *rule, struct gs1_element element,
			   struct fault *reterr)
{
	fault_set(reterr, PROBLEM_IDENTIFIER_SYNTAX, rule, "%s", "");
	if (element.value.at)
		reterr->value = str_shorten(element.value, SHOWN_VALUE);
	if (element.ai.at)
		reterr->detail =
			arena_printf(arena, "(%.*s)", STR_ARGS(str_shorten(element.ai, SHOWN_VALUE)));
	return PROBLEM_IDENTIFIER_SYNTAX;
}

/* RFC 3986 §2: what may stand in a URI at all. */
static bool is_uri_text(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!word && (!c || !strchr("-._~:/?#[]@!$&'()*+,;=%", c)))
			return false;
	}
	return true;
}

/* Takes the last segment off `path`; false if no slash is left. */
static bool take_segment(struct str *path, struct str *segment)
{
	size_t at = path->len;
	while (at && path->at[at - 1] != '/')
		at--;
	if (!at)
		return false;
	*segment = str_from(*path, at);
	path->len = at - 1;
	return true;
}

/* From the right in pairs: a lot numbered "01" must not pass for a key, and a stem may hold anything. */
static bool find_key(struct str path, struct elements *list, struct str *stem)
{
	struct gs1_element reversed[PATH_ELEMENTS];
	for (size_t count = 0; count < PATH_ELEMENTS; count++) {
		struct gs1_element *element = &reversed[count];
		if (!take_segment(&path, &element->value) || !take_segment(&path, &element->ai))
			return false;
		const struct gs1_ai *ai = gs1_ai_find(element->ai);
		if (!ai || !(ai->roles & GS1_KEY))
			continue;
		for (size_t i = 0; i <= count; i++) {
			list->at[i] = reversed[count - i];
			list->ai[i] = gs1_ai_find(list->at[i].ai);
		}
		list->path_count = list->count = count + 1;
		*stem = path;
		return true;
	}
	return false;
}

/* The alternative ("22,10,21") that holds all qualifiers of the path in its order; absent if none does. */
static struct str qualifier_sequence(const struct elements *list)
{
	struct str rest = str_of(list->ai[0]->qualifiers);
	while (rest.at) {
		struct str alternative = str_cut(rest, '|', &rest), left = alternative;
		size_t found = 1;
		while (left.at && found < list->path_count) {
			struct str ai = str_cut(left, ',', &left);
			found += str_equal(ai, list->at[found].ai);
		}
		if (found == list->path_count)
			return alternative;
	}
	return (struct str){0};
}

static bool list_has_word(struct str words, struct str word)
{
	while (words.at)
		if (str_equal(str_cut(words, ',', &words), word))
			return true;
	return false;
}

/* A qualifier that could stand in the path must not be in the query, or one thing would have two identities. */
static bool belongs_in_path(const struct elements *list, struct str ai)
{
	struct str rest = str_of(list->ai[0]->qualifiers);
	while (rest.at) {
		struct str alternative = str_cut(rest, '|', &rest);
		bool fits = list_has_word(alternative, ai);
		for (size_t i = 1; i < list->path_count; i++)
			fits = fits && list_has_word(alternative, list->at[i].ai);
		if (fits)
			return true;
	}
	return false;
}

static bool has_element(const struct elements *list, struct str pattern)
{
	for (size_t i = 0; i < list->count; i++)
		if (gs1_ai_matches(list->at[i].ai, pattern))
			return true;
	return false;
}

static enum problem element_check(struct arena *arena, struct elements *list, size_t i, bool plus_is_space,
				  struct fault *reterr)
{
	struct gs1_element *element = &list->at[i];
	struct str decoded;
	if (!element->value.len)
		return refuse(arena, "empty", *element, reterr);
	if (!percent_decode(arena, element->value, plus_is_space, &decoded))
		return refuse(arena, "escape", *element, reterr);
	const char *wrong = gs1_value_check(list->ai[i], decoded);
	if (!wrong) {
		element->value = decoded;
		return PROBLEM_NONE;
	}
	enum problem p = refuse(arena, wrong, *element, reterr);
	if (i || !str_equal(element->ai, STR("01")))
		return p;
	return str_equal(str_of(wrong), STR("check-digit")) ? PROBLEM_GTIN_CHECK_DIGIT : PROBLEM_GTIN_SYNTAX;
}

static enum problem read_path(struct arena *arena, struct str path, struct elements *list, struct str *stem,
			      struct fault *reterr)
{
	if (str_ends(path, STR("/")))
		path.len--;
	if (!find_key(path, list, stem))
		return refuse(arena, "no-key", (struct gs1_element){.value = path}, reterr);
	if (list->path_count > 1 && !qualifier_sequence(list).at)
		return refuse(arena, "qualifier-order", list->at[1], reterr);
	for (size_t i = 0; i < list->path_count; i++) {
		enum problem p = element_check(arena, list, i, /* plus_is_space */ false, reterr);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

static enum problem read_attribute(struct arena *arena, struct gs1_element element, struct elements *list,
				   struct fault *reterr)
{
	const struct gs1_ai *ai = gs1_ai_find(element.ai);
	if (!ai)
		return refuse(arena, "unknown-ai", element, reterr);
	if (has_element(list, element.ai))
		return refuse(arena, "duplicate", element, reterr);
	if (!(ai->roles & GS1_ATTRIBUTE))
		return refuse(arena, "not-an-attribute", element, reterr);
	if (belongs_in_path(list, element.ai))
		return refuse(arena, "belongs-in-path", element, reterr);
	if (list->count == MAX_ELEMENTS)
		return refuse(arena, "too-many", element, reterr);
	list->at[list->count] = element;
	list->ai[list->count] = ai;
	return element_check(arena, list, list->count++, /* plus_is_space */ true, reterr);
}

/* URI Syntax 1.7: "&" and ";" both separate. What has no value or no numeric name is not a GS1 attribute. */
static enum problem read_query(struct arena *arena, struct str query, struct elements *list,
			       struct fault *reterr)
{
	while (query.at) {
		size_t len = 0;
		while (len < query.len && query.at[len] != '&' && query.at[len] != ';')
			len++;
		struct gs1_element element;
		element.ai = str_cut((struct str){query.at, len}, '=', &element.value);
		query = len < query.len ? str_from(query, len + 1) : (struct str){0};
		if (!element.value.at || !gs1_is_digits(element.ai))
			continue;
		enum problem p = read_attribute(arena, element, list, reterr);
		if (p)
			return p;
	}
	return PROBLEM_NONE;
}

/* "01+21,00": one of the alternatives is there whole. */
static bool needs_are_met(const struct elements *list, const char *needs)
{
	struct str rest = str_of(needs);
	while (rest.at) {
		struct str alternative = str_cut(rest, ',', &rest);
		bool met = true;
		while (met && alternative.at)
			met = has_element(list, str_cut(alternative, '+', &alternative));
		if (met)
			return true;
	}
	return !needs;
}

/* "=": AIs that differ in the last digit only. Another element than number i itself must match. */
static bool is_contradicted(const struct elements *list, size_t i)
{
	struct str rest = str_of(list->ai[i]->excludes);
	while (rest.at) {
		struct str pattern = str_cut(rest, ',', &rest);
		for (size_t other = 0; other < list->count; other++) {
			struct str ai = list->at[other].ai, mine = list->at[i].ai;
			bool family = ai.len == mine.len && !memcmp(ai.at, mine.at, ai.len - 1);
			bool same = str_equal(pattern, STR("=")) ? family : gs1_ai_matches(ai, pattern);
			if (same && other != i)
				return true;
		}
	}
	return false;
}

static enum problem check_companions(struct arena *arena, const struct elements *list, struct fault *reterr)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!needs_are_met(list, list->ai[i]->needs))
			return refuse(arena, "needs", list->at[i], reterr);
		if (is_contradicted(list, i))
			return refuse(arena, "excludes", list->at[i], reterr);
	}
	return PROBLEM_NONE;
}

static void sort_by_ai(struct gs1_element *elements, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t k = i; k && str_compare(elements[k].ai, elements[k - 1].ai) < 0; k--) {
			struct gs1_element swapped = elements[k];
			elements[k] = elements[k - 1];
			elements[k - 1] = swapped;
		}
}

static struct digital_link link_of(struct arena *arena, const struct elements *list, struct str stem)
{
	struct digital_link link = {.key = list->at[0], .stem = stem};
	link.qualifier_count = list->path_count - 1;
	for (size_t i = 0; i < link.qualifier_count; i++)
		link.qualifiers[i] = list->at[1 + i];
	link.attribute_count = list->count - list->path_count;
	struct gs1_element *attributes = arena_array(arena, struct gs1_element, link.attribute_count);
	for (size_t i = 0; i < link.attribute_count; i++)
		attributes[i] = list->at[list->path_count + i];
	sort_by_ai(attributes, link.attribute_count);
	link.attributes = attributes;
	return link;
}

enum problem digital_link_parse(struct arena *arena, struct str path, struct str query,
				struct digital_link *ret, struct fault *reterr)
{
	struct elements list = {.count = 0};
	struct str stem = {0};
	if (path.len > DIGITAL_LINK_MAX_LEN || query.len > DIGITAL_LINK_MAX_LEN)
		return refuse(arena, "length", (struct gs1_element){.value = path}, reterr);
	if (!is_uri_text(path) || !is_uri_text(query) || (path.len && memchr(path.at, '?', path.len)))
		return refuse(arena, "charset", (struct gs1_element){.value = path}, reterr);
	enum problem p = read_path(arena, percent_normalise(arena, path), &list, &stem, reterr);
	if (!p)
		p = read_query(arena, percent_normalise(arena, query), &list, reterr);
	if (!p)
		p = check_companions(arena, &list, reterr);
	if (p)
		return p;
	*ret = link_of(arena, &list, stem);
	return PROBLEM_NONE;
}

/* Schemes in one case only; the rest of the URI from the host on. */
static bool take_scheme(struct str *uri)
{
	static const struct str schemes[] = {
		{"https://", 8}, {"http://", 7}, {"HTTPS://", 8}, {"HTTP://", 7}};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (str_starts(*uri, schemes[i])) {
			*uri = str_from(*uri, schemes[i].len);
			return true;
		}
	return false;
}

/* Names, addresses and a port; neither user names nor escapes. */
static bool is_host(struct str host)
{
	for (size_t i = 0; i < host.len; i++) {
		char c = host.at[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!word && c != '-' && c != '.' && c != ':' && c != '[' && c != ']')
			return false;
	}
	return host.len > 0;
}

enum problem digital_link_parse_uri(struct arena *arena, struct str uri, struct digital_link *ret,
				    struct fault *reterr)
{
	struct str rest, query, path, host;
	rest = str_cut(uri, '#', &path); /* the fragment stays with the browser */
	if (!take_scheme(&rest) || (path.at && !is_uri_text(path)))
		return refuse(arena, "scheme", (struct gs1_element){.value = uri}, reterr);
	rest = str_cut(rest, '?', &query);
	host = str_cut(rest, '/', &path);
	if (!is_host(host) || !path.at)
		return refuse(arena, "host", (struct gs1_element){.value = uri}, reterr);
	path = str_from(rest, host.len);
	return digital_link_parse(arena, path, query, ret, reterr);
}

static void put_element(struct arena *arena, struct buf *buf, struct gs1_element element)
{
	struct str value = percent_encode(arena, element.value);
	buf_printf(buf, "/%.*s/%.*s", STR_ARGS(element.ai), STR_ARGS(value));
}

static void put_path(struct arena *arena, struct buf *buf, const struct digital_link *link)
{
	put_element(arena, buf, link->key);
	for (size_t i = 0; i < link->qualifier_count; i++)
		put_element(arena, buf, link->qualifiers[i]);
}

struct str digital_link_path(struct arena *arena, const struct digital_link *link)
{
	struct buf buf = buf_create(arena, 64);
	put_path(arena, &buf, link);
	return buf_str(&buf);
}

struct str digital_link_print(struct arena *arena, struct str root, const struct digital_link *link)
{
	struct buf buf = buf_create(arena, 128);
	buf_put(&buf, root);
	put_path(arena, &buf, link);
	for (size_t i = 0; i < link->attribute_count; i++) {
		struct str value = percent_encode_query(arena, link->attributes[i].value);
		buf_printf(&buf, "%c%.*s=%.*s", i ? '&' : '?', STR_ARGS(link->attributes[i].ai),
			   STR_ARGS(value));
	}
	return buf_str(&buf);
}

struct str digital_link_qualifier(const struct digital_link *link, struct str ai)
{
	for (size_t i = 0; i < link->qualifier_count; i++)
		if (str_equal(link->qualifiers[i].ai, ai))
			return link->qualifiers[i].value;
	return (struct str){0};
}
