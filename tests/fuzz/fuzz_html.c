/* SPDX-License-Identifier: Apache-2.0
 * Whatever is typed, the page keeps the markup it has for a harmless word, and is valid UTF-8. */
#include "fuzz.h"

#include "ft/base/text.h"
#include "ft/pages/pages.h"

static const struct page page = {.language = LANGUAGE_ZH, .path = {"/q", 2}};

static size_t count_of(struct str html, char c)
{
	size_t count = 0;

	for (size_t i = 0; i < html.len; i++)
		count += html.at[i] == c;
	return count;
}

static bool same_markup(struct str html, struct str harmless)
{
	CHECK(utf8_valid(html));
	for (const char *c = "<>\"'"; *c; c++)
		if (count_of(html, *c) != count_of(harmless, *c))
			return false;
	return true;
}

static struct str results(struct arena *arena, struct str text, struct str href)
{
	struct page_hit hit = {STR("lot"), text, arena_printf(arena, "%.*s-", STR_ARGS(text)), href};

	return page_results(arena, &page, text, &hit, 1, /* more */ false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct str typed =
		arena_printf(arena, "-%.*s", (int)size, (const char *)data); /* never empty, ends at a NUL */
	struct str own = results(arena, STR("x"), STR("/x")), other = results(arena, STR("x"), STR("x"));

	CHECK(same_markup(page_unknown_code(arena, &page, typed), page_unknown_code(arena, &page, STR("x"))));
	CHECK(same_markup(results(arena, typed, STR("/x")), own));
	struct str linked = results(arena, STR("x"), str_from(typed, 1));
	CHECK(same_markup(linked, own) || same_markup(linked, other));
	arena_destroy(arena);
	return 0;
}
