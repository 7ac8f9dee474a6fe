/* SPDX-License-Identifier: Apache-2.0
 * What the page of a pack says of that pack alone: its code, who sold it, and what its scans tell about copies. */
#include "trail_priv.h"

/* Never "genuine": a photographed label scans as well as the real one. What tells them apart is whether somebody else has
 * been here before. */
static void put_scans(struct html *html, const struct page_item *item)
{
	html_raw(html, "<p>");
	if (!item->first_scan.at_us)
		HTML(html, "<b>{}</b> {}", SAY(MESSAGE_ITEM_FIRST_SCAN), SAY(MESSAGE_ITEM_FIRST_SCAN_WORDS));
	else
		HTML_SAY(html, MESSAGE_ITEM_SCANNED, FRAGMENT(say_time(html, item->first_scan)),
			 NUMBER(item->scans));
	html_raw(html, "</p>");
	if (item->first_scan.at_us)
		HTML(html, "<p class=s>{}</p>", SAY(MESSAGE_ITEM_SCANNED_DO));
}

struct str page_item_words(struct arena *arena, enum language language, const struct page_item *item)
{
	struct html html = html_create(arena, language, /* expected_len */ 1024);

	html_raw(&html, "<p>");
	HTML_SAY(&html, MESSAGE_ITEM_CODE, NAME(item->code));
	html_raw(&html, "</p>");
	if (item->voided_at.at_us) {
		html_raw(&html, "<p>");
		HTML_SAY(&html, MESSAGE_ITEM_VOIDED, FRAGMENT(say_time(&html, item->voided_at)));
		html_raw(&html, "</p>");
	}
	if (item->sold_at.at_us) {
		html_raw(&html, "<p>");
		if (item->seller.len)
			HTML_SAY(&html, MESSAGE_ITEM_SOLD_BY, FRAGMENT(say_time(&html, item->sold_at)),
				 NAME(item->seller));
		else
			HTML_SAY(&html, MESSAGE_ITEM_SOLD, FRAGMENT(say_time(&html, item->sold_at)));
		html_raw(&html, "</p>");
	}
	put_scans(&html, item);
	return html_done(&html).markup;
}
