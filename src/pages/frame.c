/* SPDX-License-Identifier: Apache-2.0
 * The document around a page: one request, no script, nothing from elsewhere. */
#include "frame_priv.h"

static const char *const tags[2] = {"zh-Hans", "en"}; /* BCP 47, by enum language */
static const char *const words[2] = {"zh", "en"};     /* values of ?lang= */

struct str frame_link(struct arena *arena, const struct page *page, struct str path)
{
	return arena_printf(arena, "%.*s?lang=%s", STR_ARGS(path), words[page->language]);
}

/* The same address in the other language: the query as it came, but for its lang. */
static struct str other_language_link(struct arena *arena, const struct page *page)
{
	struct buf out = buf_create(arena, 128);
	struct str rest = page->raw_query;

	buf_printf(&out, "%.*s?", STR_ARGS(page->path));
	while (rest.at && rest.len > 0) {
		struct str tail = {0};
		struct str pair = str_cut(rest, '&', &tail);
		rest = tail;
		if (pair.len == 0 || str_starts(pair, STR("lang=")) || str_equal(pair, STR("lang")))
			continue;
		buf_put(&out, pair);
		buf_put_char(&out, '&');
	}
	buf_printf(&out, "lang=%s", words[!page->language]);
	return buf_str(&out);
}

static void put_share_card(struct html *html, const struct frame *frame)
{
	const struct page *page = frame->page;

	HTML(html,
	     "<meta name=description content=\"{1}\"><meta property=og:type content=website>"
	     "<meta property=og:site_name content=Farmtrail><meta property=og:title content=\"{0}\">"
	     "<meta property=og:description content=\"{1}\">",
	     FRAGMENT(frame->title), FRAGMENT(frame->summary));
	if (page->public_url.len > 0 && page->path.len > 0)
		HTML(html, "<meta property=og:url content=\"{}{}\">", TEXT(page->public_url),
		     TEXT(page->path));
}

static void put_head(struct html *html, const struct frame *frame)
{
	HTML(html,
	     "<!doctype html>\n<html lang={}><head><meta charset=utf-8>"
	     "<meta name=viewport content=\"width=device-width,initial-scale=1\"><title>{} · "
	     "Farmtrail</title>"
	     "<meta name=robots content=noindex><meta name=color-scheme content=light>"
	     "<meta name=format-detection content=\"telephone=no\"><link rel=icon href=\"data:,\">",
	     TEXT(str_of(tags[html->language])), FRAGMENT(frame->title));
	put_share_card(html, frame);
	html_raw(html, "<style>");
	for (const char *const *piece = page_style; *piece; piece++)
		buf_put(&html->out, str_of(*piece));
	html_raw(html, "</style></head>");
}

static void put_banners(struct html *html, const struct frame *frame)
{
	if (!frame->test && !frame->page->demonstration)
		return;
	HTML(html, "<aside class=note aria-label=\"{}\"><div class=in>", SAY(MESSAGE_NOTICE));
	if (frame->page->demonstration)
		HTML(html, "<p>{}</p>", SAY(MESSAGE_DEMONSTRATION));
	if (frame->test)
		HTML(html, "<p>{}</p>", SAY(MESSAGE_TEST_CODE));
	html_raw(html, "</div></aside>");
}

static void put_top(struct html *html, const struct frame *frame)
{
	struct arena *arena = html->out.arena;
	const struct page *page = frame->page;

	HTML(html, "<body><a class=skip href=#main>{}</a><header class=top><div class=in>",
	     SAY(MESSAGE_SKIP));
	if (page->other_file.at)
		HTML(html, "<span><b>Farmtrail</b> <small>{}</small></span>", SAY(MESSAGE_TAGLINE));
	else
		HTML(html, "<a href=\"{}\"><b>Farmtrail</b> <small>{}</small></a>",
		     PATH(frame_link(arena, page, STR(PAGE_HOME_PATH))), SAY(MESSAGE_TAGLINE));
	HTML(html, "<nav aria-label=\"{}\">", SAY(MESSAGE_LANGUAGE));
	if (page->other_file.at)
		HTML(html, "<a href=\"{}\"", TEXT(page->other_file));
	else
		HTML(html, "<a href=\"{}\"", PATH(other_language_link(arena, page)));
	HTML(html, " lang={0} hreflang={0}>{1}</a></nav></div></header>", TEXT(str_of(tags[!html->language])),
	     SAY(MESSAGE_OTHER_LANGUAGE));
}

struct html frame_open(struct arena *arena, const struct frame *frame, size_t expected_len)
{
	struct html html = html_create(arena, frame->page->language, expected_len);

	put_head(&html, frame);
	put_top(&html, frame);
	put_banners(&html, frame);
	html_raw(&html, "<main id=main>");
	return html;
}

struct str frame_close(struct html *html)
{
	struct arena *arena = html->out.arena;
	struct page page = {.language = html->language};

	HTML(html,
	     "</main><footer><div class=in><a href=\"{}\">{}</a><a href=\"{}\">{}</a><p>{}</p></div></footer>"
	     "</body></html>\n",
	     PATH(frame_link(arena, &page, STR(PAGE_HOME_PATH))), SAY(MESSAGE_LOOK_UP_ANOTHER),
	     PATH(frame_link(arena, &page, STR(PAGE_VERIFY_PATH))), SAY(MESSAGE_VERIFY_LINK),
	     SAY(MESSAGE_FOOT));
	return html_done(html).markup;
}

struct str frame_close_file(struct html *html, enum message foot)
{
	HTML(html, "</main><footer><div class=in><p>{}</p></div></footer></body></html>\n", SAY(foot));
	return html_done(html).markup;
}

void frame_section(struct html *html, const char *id, enum message heading)
{
	HTML(html, "<section class=card aria-labelledby={0}><h2 id={0}>{1}</h2>", TEXT(str_of(id)),
	     SAY(heading));
}

void frame_search_form(struct html *html, struct str query)
{
	HTML(html,
	     "<form action=" PAGE_SEARCH_PATH " role=search><label for=q>{}</label><div class=row>"
	     "<input id=q name=q type=search required maxlength=200 autocomplete=off "
	     "autocapitalize=characters "
	     "spellcheck=false aria-describedby=qh value=\"{}\"><input type=hidden name=lang value={}>"
	     "<button>{}</button></div></form><p id=qh class=\"m s\">{}</p>",
	     SAY(MESSAGE_SEARCH_LABEL), TEXT(query), TEXT(str_of(words[html->language])),
	     SAY(MESSAGE_SEARCH_BUTTON), SAY(MESSAGE_SEARCH_HINT));
}

void frame_hotlines(struct html *html)
{
	frame_section(html, "help", MESSAGE_HOTLINES);
	HTML(html,
	     "<p>{}</p><div class=call><a href=tel:12316><b>12316</b><small>{}</small></a>"
	     "<a href=tel:12315><b>12315</b><small>{}</small></a></div></section>",
	     SAY(MESSAGE_HOTLINES_WORDS), SAY(MESSAGE_HOTLINE_12316), SAY(MESSAGE_HOTLINE_12315));
}

/* Different outlines, so that the verdict is not told by colour alone. */
static const char *const icons[] = {
	[ICON_TICK] = "<circle cx=20 cy=20 r=17 /><path d=\"M12 21l6 6 11-13\"/>",
	[ICON_STOP] = "<path d=\"M13 3h14l10 10v14l-10 10h-14l-10-10v-14z\"/><path d=\"M13 13l14 14M27 "
		      "13l-14 14\"/>",
	[ICON_CAUTION] = "<path d=\"M20 4l17 31h-34z\"/><path d=\"M20 15v9M20 29v1.5\"/>",
	[ICON_QUESTION] = "<circle cx=20 cy=20 r=17 stroke-dasharray=\"5 4\"/><path d=\"M15 16a5 5 0 1 1 7 "
			  "4.6q-2 1-2 3.4M20 28.5v1\"/>",
};

void frame_verdict_open(struct html *html, const char *tone, enum icon icon, struct html_fragment eyebrow,
			enum message title)
{
	struct html_fragment drawing = {str_of(icons[icon])};

	HTML(html,
	     "<section class=\"v {}\" aria-labelledby=v><svg width=40 height=40 viewBox=\"0 0 40 40\" "
	     "fill=none "
	     "stroke=currentColor stroke-width=3.5 stroke-linecap=round stroke-linejoin=round "
	     "aria-hidden=true>{}</svg>"
	     "<div><p class=k>{}</p><h1 id=v>{}</h1>",
	     TEXT(str_of(tone)), FRAGMENT(drawing), FRAGMENT(eyebrow), SAY(title));
}

void frame_verdict_close(struct html *html)
{
	html_raw(html, "</div></section>");
}
