/* SPDX-License-Identifier: Apache-2.0
 * The search box, and what it found. */
#include "frame_priv.h"

static const struct {
	const char *word;
	enum message message;
} kinds[] = {
	{"lot", MESSAGE_KIND_LOT},         {"code", MESSAGE_KIND_CODE},
	{"party", MESSAGE_KIND_PARTY},     {"site", MESSAGE_KIND_SITE},
	{"product", MESSAGE_KIND_PRODUCT}, {"certificate", MESSAGE_KIND_CERTIFICATE},
};

static struct html open_page(struct arena *arena, const struct page *page, enum message title)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct frame frame = {.page = page,
			      .title = PHRASE(&scratch, title, TEXT(STR(""))),
			      .summary = PHRASE(&scratch, MESSAGE_HOME_WORDS, TEXT(STR("")))};

	return frame_open(arena, &frame, /* expected_len */ 12 * 1024);
}

struct str page_home(struct arena *arena, const struct page *page)
{
	struct html html = open_page(arena, page, MESSAGE_HOME_TITLE);

	HTML(&html, "<section class=card aria-labelledby=v><h1 id=v>{}</h1><p class=after>{}</p>",
	     SAY(MESSAGE_HOME_TITLE), SAY(MESSAGE_HOME_WORDS));
	frame_search_form(&html, (struct str){0});
	html_raw(&html, "</section>");
	frame_section(&html, "what", MESSAGE_HOME_WHAT);
	HTML(&html,
	     "<div class=x><ul role=list><li>{}</li><li>{}</li><li>{}</li><li>{}</li></ul></div></section>",
	     SAY(MESSAGE_HOME_WHAT_1), SAY(MESSAGE_HOME_WHAT_2), SAY(MESSAGE_HOME_WHAT_3),
	     SAY(MESSAGE_HOME_WHAT_4));
	frame_hotlines(&html);
	return frame_close(&html);
}

static void put_kind(struct html *html, struct str kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (str_equal(kind, str_of(kinds[i].word))) {
			HTML(html, "<span class=tag>{}</span> ", SAY(kinds[i].message));
			return;
		}
	}
	HTML(html, "<span class=tag>{}</span> ", NAME(kind));
}

static void put_hits(struct html *html, const struct page_hit *hits, size_t count)
{
	html_raw(html, "<div class=card><ul role=list class=l>");
	for (size_t i = 0; i < count; i++) {
		html_raw(html, "<li>");
		put_kind(html, hits[i].kind);
		if (html_is_own_path(hits[i].href))
			HTML(html, "<a href=\"{}\">{}</a>", PATH(hits[i].href), NAME(hits[i].title));
		else
			HTML(html, "{}", NAME(hits[i].title));
		if (hits[i].detail.len > 0)
			HTML(html, "<p class=\"m s\">{}</p>", NAME(hits[i].detail));
		html_raw(html, "</li>");
	}
	html_raw(html, "</ul></div>");
}

static void put_count(struct html *html, struct str query, size_t count, bool more)
{
	html_raw(html, "<p class=after role=status>");
	if (query.len == 0)
		HTML(html, "{}", SAY(MESSAGE_RESULTS_EMPTY));
	else if (count == 0)
		HTML_SAY(html, MESSAGE_RESULTS_NONE, NAME(query));
	else
		HTML_SAY(html, MESSAGE_RESULTS_FOR, NAME(query), NUMBER((int64_t)count));
	html_raw(html, "</p>");
	if (more) {
		html_raw(html, "<p class=m>");
		HTML_SAY(html, MESSAGE_RESULTS_MORE, NUMBER((int64_t)count));
		html_raw(html, "</p>");
	}
}

struct str page_results(struct arena *arena, const struct page *page, struct str query,
			const struct page_hit *hits, size_t count, bool more)
{
	struct html html = open_page(arena, page, MESSAGE_RESULTS_TITLE);

	HTML(&html, "<section class=card aria-labelledby=v><h1 id=v>{}</h1>", SAY(MESSAGE_RESULTS_TITLE));
	put_count(&html, query, count, more);
	frame_search_form(&html, query);
	html_raw(&html, "</section>");
	if (count > 0)
		put_hits(&html, hits, count);
	frame_hotlines(&html);
	return frame_close(&html);
}
