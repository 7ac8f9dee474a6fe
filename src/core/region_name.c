/* SPDX-License-Identifier: Apache-2.0
 * Pinyin by syllables → an English name. */
#include "ft/core/region_name.h"

#include <string.h>

enum { MAX_SYLLABLES = 24 };

struct syllables {
	struct str items[MAX_SYLLABLES];
	size_t count;
};

/* To add a kind of place: a row; longer endings stand before the shorter ones that they contain. */
static const struct kind {
	const char *ending, *english;
} kinds[] = {
	{"Zi Zhi Xian", " Autonomous County"},
	{"Xin Qu", " New Area"},
	{"Jie Dao", " Subdistrict"},
	{"Sheng", ""},
	{"Shi", ""},
	{"Qu", " District"},
	{"Xian", " County"},
	{"Zhen", " Town"},
	{"Xiang", " Township"},
};
/* Peoples in names of autonomous places; "Zu" follows each. */
static const char *const peoples[] = {"Tu Jia", "Miao", "Ge Lao", "Meng Gu", "Hui", "Yi", "Zang", "Qiang"};

static struct syllables split(struct str pinyin)
{
	struct syllables s = {.count = 0};
	struct str rest = pinyin;
	while (rest.len && s.count < MAX_SYLLABLES) {
		struct str word = str_cut(rest, ' ', &rest);
		if (word.len)
			s.items[s.count++] = word;
	}
	return s;
}

/* Whether the syllables before `end` are those of `words`; *ret_count: how many. */
static bool ends_with(const struct syllables *s, size_t end, const char *words, size_t *ret_count)
{
	struct syllables wanted = split(str_of(words));
	if (wanted.count >= end)
		return false;
	for (size_t i = 0; i < wanted.count; i++)
		if (!str_equal(s->items[end - wanted.count + i], wanted.items[i]))
			return false;
	*ret_count = wanted.count;
	return true;
}

static void put_lower(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_put_char(out, s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] - 'A' + 'a') : s.at[i]);
}

static void put_joined(struct buf *out, const struct syllables *s, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		if (i == from) {
			buf_put(out, s->items[i]);
			continue;
		}
		if (memchr("AEO", s->items[i].at[0], 3))
			buf_put_char(out, '\'');
		put_lower(out, s->items[i]);
	}
}

/* Length of the name proper in front of the peoples; *ret_peoples: where each begins, nearest the end first. */
static size_t before_peoples(const struct syllables *s, size_t end, size_t ret_starts[MAX_SYLLABLES],
			     size_t *ret_count)
{
	size_t count = 0;
	*ret_count = 0;
	while (end > 1 && str_equal(s->items[end - 1], STR("Zu"))) {
		bool found = false;
		for (size_t i = 0; !found && i < sizeof peoples / sizeof *peoples; i++)
			found = ends_with(s, end - 1, peoples[i], &count);
		if (!found)
			break;
		end -= count + 1;
		ret_starts[(*ret_count)++] = end;
	}
	return end;
}

struct str region_name_english(struct arena *arena, struct str pinyin)
{
	const struct syllables s = split(pinyin);
	struct buf out = buf_create(arena, pinyin.len + 24);
	size_t end = s.count, count = 0, starts[MAX_SYLLABLES], people_count;
	const char *kind = "";
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (ends_with(&s, s.count, kinds[i].ending, &count)) {
			end = s.count - count;
			kind = kinds[i].english;
			break;
		}
	size_t name_end = before_peoples(&s, end, starts, &people_count);
	put_joined(&out, &s, 0, name_end);
	for (size_t i = people_count; i > 0; i--) {
		size_t stop = i > 1 ? starts[i - 2] : end;
		buf_put_char(&out, ' ');
		put_joined(&out, &s, starts[i - 1], stop - 1); /* without its "Zu" */
	}
	buf_put(&out, str_of(kind));
	return buf_str(&out);
}
