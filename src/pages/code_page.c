/* SPDX-License-Identifier: Apache-2.0
 * Codes that lead nowhere: not registered, or not a code at all. Says what to check and what it could mean. */
#include "frame_priv.h"

static void put_checks(struct html *html, struct str typed)
{
	frame_section(html, "check", MESSAGE_CHECK_TYPING);
	HTML(html, "<div class=x><ul role=list><li>{}</li><li>{}</li><li>{}</li></ul></div>",
	     SAY(MESSAGE_CHECK_TYPING_1), SAY(MESSAGE_CHECK_TYPING_2), SAY(MESSAGE_CHECK_TYPING_3));
	frame_search_form(html, typed);
	html_raw(html, "</section>");
}

static void put_meanings(struct html *html)
{
	frame_section(html, "meaning", MESSAGE_COULD_MEAN);
	HTML(html,
	     "<div class=x><ul role=list><li>{}</li><li>{}</li><li>{}</li><li>{}</li></ul></div></section>",
	     SAY(MESSAGE_COULD_MEAN_1), SAY(MESSAGE_COULD_MEAN_2), SAY(MESSAGE_COULD_MEAN_3),
	     SAY(MESSAGE_COULD_MEAN_4));
}

static struct html open_code_page(struct arena *arena, const struct page *page, struct str typed,
				  enum message title, enum message words)
{
	struct html scratch = html_create(arena, page->language, 0);
	struct frame frame = {.page = page,
			      .title = PHRASE(&scratch, title, TEXT(typed)),
			      .summary = PHRASE(&scratch, words, TEXT(typed))};
	struct html html = frame_open(arena, &frame, /* expected_len */ 12 * 1024);
	struct html bold = html_aside(&html);

	HTML(&bold, "<b>{}</b>", NAME(typed));
	frame_verdict_open(&html, "", ICON_QUESTION, PHRASE(&html, MESSAGE_VERDICT_EYEBROW, TEXT(typed)),
			   title);
	html_raw(&html, "<p>");
	HTML_SAY(&html, words, FRAGMENT(html_done(&bold)));
	html_raw(&html, "</p>");
	frame_verdict_close(&html);
	return html;
}

struct str page_unknown_code(struct arena *arena, const struct page *page, struct str typed)
{
	struct html html = open_code_page(arena, page, typed, MESSAGE_UNKNOWN_TITLE, MESSAGE_UNKNOWN_WORDS);

	put_checks(&html, typed);
	put_meanings(&html);
	frame_hotlines(&html);
	return frame_close(&html);
}

struct str page_malformed_code(struct arena *arena, const struct page *page, struct str typed)
{
	struct html html =
		open_code_page(arena, page, typed, MESSAGE_MALFORMED_TITLE, MESSAGE_MALFORMED_WORDS);

	put_checks(&html, typed);
	frame_hotlines(&html);
	return frame_close(&html);
}
