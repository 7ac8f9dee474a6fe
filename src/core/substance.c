/* SPDX-License-Identifier: Apache-2.0
 * Folds names of substances and finds known ones in a product's name. */
#include "substance_priv.h"

#include <string.h>

struct spelling {
	const char *from, *to;
};
static const struct spelling greek[] = {
	{"α", "alpha"},  {"β", "beta"}, {"γ", "gamma"}, {"δ", "delta"},
	{"λ", "lambda"}, {"ζ", "zeta"}, {"τ", "tau"},
};

/* Chinese punctuation that separates as a space does. */
static const char *const separators[] = {"　", "、", "，", "。", "·",  "•", "（", "）", "【", "】", "“",
					 "”",  "；", "：", "／", "－", "—", "〔", "〕", "《", "》"};

static size_t match(struct str text, size_t at, const char *word)
{
	size_t len = strlen(word);

	return text.len - at >= len && memcmp(text.at + at, word, len) == 0 ? len : 0;
}

static size_t put_greek(struct str text, size_t at, struct buf *out)
{
	for (size_t i = 0; i < sizeof greek / sizeof greek[0]; i++) {
		size_t len = match(text, at, greek[i].from);

		if (len > 0) {
			buf_put(out, str_of(greek[i].to));
			return len;
		}
	}
	return 0;
}

static size_t skip_separator(struct str text, size_t at)
{
	for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++) {
		size_t len = match(text, at, separators[i]);

		if (len > 0)
			return len;
	}
	return 0;
}

/* U+FF01 … U+FF5E stand for 0x21 … 0x7e. 0: not one of them. */
static char half_width(struct str text, size_t at)
{
	const unsigned char *b = (const unsigned char *)text.at + at;
	unsigned code;

	if (text.len - at < 3 || b[0] != 0xef || (b[1] != 0xbc && b[1] != 0xbd))
		return 0;
	code = ((unsigned)(b[1] & 0x3f) << 6) | (b[2] & 0x3f); /* of U+F000 + code */
	return code >= 0xf01 && code <= 0xf5e ? (char)(code - 0xf01 + 0x21) : 0;
}

static void put_ascii(char c, struct buf *out)
{
	if (c >= 'A' && c <= 'Z')
		buf_put_char(out, (char)(c - 'A' + 'a'));
	else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		buf_put_char(out, c);
	else if (out->len > 0 && out->at[out->len - 1] != ' ')
		buf_put_char(out, ' ');
}

struct str substance_fold(struct arena *arena, struct str text)
{
	struct buf out = buf_create(arena, text.len + 1);
	size_t len;

	for (size_t i = 0; i < text.len; i += len) {
		char half;

		len = 1;
		if (!(text.at[i] & 0x80)) {
			put_ascii(text.at[i], &out);
		} else if ((half = half_width(text, i)) != 0) {
			put_ascii(half, &out);
			len = 3;
		} else if ((len = skip_separator(text, i)) > 0) {
			put_ascii(' ', &out);
		} else if ((len = put_greek(text, i, &out)) == 0) {
			buf_put_char(&out, text.at[i]);
			len = 1;
		}
	}
	return str_trim(buf_str(&out));
}

bool substance_same(struct str a, struct str b)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.len && a.at[i] == ' ')
			i++;
		while (k < b.len && b.at[k] == ' ')
			k++;
		if (i == a.len || k == b.len)
			return i == a.len && k == b.len;
		if (a.at[i++] != b.at[k++])
			return false;
	}
}

struct name_list {
	struct arena *arena;
	struct str *items;
	size_t count, room;
};

static struct str without_tail(struct str name)
{
	static const char *const tails[] = {"及其盐、酯", "及其盐和酯", "类及其盐、酯",
					    ", their salts and esters"};

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++)
		if (str_ends(name, str_of(tails[i])))
			name.len -= strlen(tails[i]);
	return str_ends(name, STR("类")) && name.len > 2 * 3 ? (struct str){name.at, name.len - 3} : name;
}

static void add_name(struct name_list *list, struct str name)
{
	struct str folded = substance_fold(list->arena, without_tail(str_trim(name)));

	if (folded.len < 3 ||
	    list->count == list->room) /* one Chinese character, or two letters, name nothing */
		return;
	for (size_t i = 0; i < list->count; i++)
		if (substance_same(list->items[i], folded))
			return;
	list->items[list->count++] = folded;
}

/* The first bracket pair of either width. */
static bool find_brackets(struct str text, size_t *ret_open, size_t *ret_inside, size_t *ret_close,
			  size_t *ret_after)
{
	size_t inside = 0;

	for (size_t i = 0; i < text.len; i++) {
		size_t open = match(text, i, "(") + match(text, i, "（");
		size_t close = match(text, i, ")") + match(text, i, "）");

		if (open > 0 && inside == 0) {
			*ret_open = i;
			inside = i + open;
		} else if (close > 0 && inside > 0) {
			*ret_inside = inside;
			*ret_close = i;
			*ret_after = i + close;
			return true;
		}
	}
	return false;
}

static void add_names(struct name_list *list, struct str text)
{
	size_t open = 0, inside = 0, close = 0, after = 0;

	if (text.at == NULL)
		return;
	add_name(list, text);
	if (!find_brackets(text, &open, &inside, &close, &after))
		return;
	/* "2-amino-…" in the middle of a systematic name is no synonym: brackets that end the name hold one. */
	if (after != text.len)
		return;
	add_name(list, (struct str){text.at, open});
	add_name(list, (struct str){text.at + inside, close - inside});
}

struct ref_names substance_names(struct arena *arena, struct str zh, struct str en)
{
	enum { MOST = 6 }; /* three of either */
	struct name_list list = {arena, arena_array(arena, struct str, MOST), 0, MOST};

	add_names(&list, zh);
	add_names(&list, en);
	return (struct ref_names){list.items, list.count};
}

bool substance_among(struct ref_names names, struct str folded)
{
	for (size_t i = 0; i < names.count; i++)
		if (substance_same(names.items[i], folded))
			return true;
	return false;
}

/* "70 吡虫啉": a strength before or after the name. */
static struct str without_strength(struct str folded)
{
	while (folded.len > 0 && ((folded.at[0] >= '0' && folded.at[0] <= '9') || folded.at[0] == ' '))
		folded = str_from(folded, 1);
	while (folded.len > 0 && folded.at[folded.len - 1] == ' ')
		folded.len--;
	return folded;
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

struct occurrence {
	size_t begin, end;
	struct str name;
};

/* The end of `name` at `begin`, spaces aside; 0: it does not stand there. Latin names are whole words. */
static size_t occurs_at(struct str text, size_t begin, struct str name)
{
	size_t i = begin;

	if (begin > 0 && is_letter(text.at[begin]) && is_letter(text.at[begin - 1]))
		return 0;
	for (size_t k = 0; k < name.len; k++) {
		if (name.at[k] == ' ')
			continue;
		while (i > begin && i < text.len && text.at[i] == ' ')
			i++;
		if (i == text.len || text.at[i++] != name.at[k])
			return 0;
	}
	return i < text.len && is_letter(text.at[i]) && is_letter(text.at[i - 1]) ? 0 : i;
}

struct search {
	struct str text;
	struct occurrence *found;
	size_t count, room;
};

/* One Chinese character, or two letters, stand in too many names to name anything. */
static bool is_telling(struct str name)
{
	return name.len > 3 || (name.len == 3 && !(name.at[0] & 0x80));
}

static void search_name(struct search *s, struct str name)
{
	for (size_t i = 0; i < s->text.len && s->count < s->room; i++) {
		size_t end = s->text.at[i] == name.at[0] ? occurs_at(s->text, i, name) : 0;

		if (end > 0)
			s->found[s->count++] = (struct occurrence){i, end, name};
	}
}

static void search_names(struct search *s, struct ref_names names)
{
	for (size_t n = 0; n < names.count; n++)
		if (is_telling(names.items[n]))
			search_name(s, names.items[n]);
}

static bool is_within_longer(const struct search *s, size_t index)
{
	const struct occurrence *o = &s->found[index];

	for (size_t i = 0; i < s->count; i++) {
		const struct occurrence *other = &s->found[i];

		if (other->begin <= o->begin && other->end >= o->end &&
		    other->end - other->begin > o->end - o->begin)
			return true;
	}
	return false;
}

static struct ref_names search_product(struct arena *arena, const struct reference *ref, struct str product)
{
	enum {
		MOST = 2048
	}; /* of 512 bytes that a product's name has: nobody hides one behind repetitions */
	struct search s = {substance_fold(arena, product), arena_array(arena, struct occurrence, MOST), 0,
			   MOST};
	struct name_list list = {arena, arena_array(arena, struct str, MOST), 0, MOST};

	for (size_t i = 0; i < ref->ban_count; i++)
		search_names(&s, ref->bans[i].names);
	for (size_t i = 0; i < ref->interval_count; i++)
		search_names(&s, ref->intervals[i].names);
	for (size_t i = 0; i < s.count; i++)
		if (!is_within_longer(&s, i) &&
		    !substance_among((struct ref_names){list.items, list.count}, s.found[i].name))
			list.items[list.count++] = s.found[i].name;
	return (struct ref_names){list.items, list.count};
}

struct ref_names substances_of_use(struct arena *arena, const struct reference *ref,
				   const struct risk_use *use)
{
	struct str *names;
	size_t count = 0;

	if (use->active_count == 0)
		return use->product.at != NULL ? search_product(arena, ref, use->product)
					       : (struct ref_names){NULL, 0};
	names = arena_array(arena, struct str, 2 * use->active_count);
	for (size_t i = 0; i < use->active_count; i++) {
		struct str folded = substance_fold(arena, use->active[i]), bare = without_strength(folded);

		names[count++] = folded;
		if (bare.len < folded.len) /* "70% 吡虫啉", but 2,4-D is a name as it is */
			names[count++] = bare;
	}
	return (struct ref_names){names, count};
}
