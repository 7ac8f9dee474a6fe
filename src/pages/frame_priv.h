/* SPDX-License-Identifier: Apache-2.0
 * What every page has around its content: head, banners, language switch, foot. */
#ifndef FT_PAGES_FRAME_PRIV_H
#define FT_PAGES_FRAME_PRIV_H

#include "html_priv.h"

#include "ft/pages/pages.h"

extern const char *const page_style[]; /* pieces of the style sheet, ending with NULL */

struct frame {
	const struct page *page;
	struct html_fragment title;   /* text only, no tags: it stands in <title> and in attributes */
	struct html_fragment summary; /* the same, for the share card */
	bool test;                    /* TEST mark */
};
/* Everything up to and including <main>. */
struct html frame_open(struct arena *arena, const struct frame *frame, size_t expected_len);
/* </main>, the foot, the end: the finished document. */
struct str frame_close(struct html *html);
struct str frame_close_file(struct html *html,
			    enum message foot); /* of page->other_file: no link to a server */

/* `path`?lang=… : every link keeps the language that the reader sees. */
struct str frame_link(struct arena *arena, const struct page *page, struct str path);
void frame_search_form(struct html *html, struct str query);
/* The two hotlines, as a section. */
void frame_hotlines(struct html *html);
/* A section's start: <section class="card …" aria-labelledby=id><h2 id=id>message</h2> */
void frame_section(struct html *html, const char *id, enum message heading);

/* Icons by shape: tick, hand, triangle, ring. */
enum icon { ICON_TICK, ICON_STOP, ICON_CAUTION, ICON_QUESTION };
/* The band that a page opens with: <section class=v …> icon, <h1>, then the caller's paragraphs. */
void frame_verdict_open(struct html *html, const char *tone, enum icon icon, struct html_fragment eyebrow,
			enum message title);
void frame_verdict_close(struct html *html);

#endif
