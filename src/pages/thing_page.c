/* SPDX-License-Identifier: Apache-2.0
 * The page behind the code or URI of a crate, a pallet or a place: what it is, and which lots are in it or come from it. */
#include "trail_priv.h"

#include "ft/base/text.h"

static const struct word_message place_kinds[] = {
	{"plot", MESSAGE_SITE_PLOT},   {"house", MESSAGE_SITE_HOUSE},
	{"pond", MESSAGE_SITE_POND},   {"packhouse", MESSAGE_SITE_PACKHOUSE},
	{"store", MESSAGE_SITE_STORE}, {"vehicle", MESSAGE_SITE_VEHICLE},
	{"stall", MESSAGE_SITE_STALL}, {"slaughter_line", MESSAGE_SITE_SLAUGHTER_LINE},
	{NULL, MESSAGE_COUNT},
};

/* Text only: it stands in <title>, too. */
static struct html_fragment say_title(const struct html *html, const struct page_thing *thing)
{
	const struct trail_place hidden = {.withheld = thing->withheld, .erased_at = thing->erased_at};
	bool english = html->language == LANGUAGE_EN && thing->name->en.len > 0;

	if (!thing->is_place)
		return PHRASE(html, MESSAGE_UNIT_NAMED, TEXT(thing->name->zh));
	return thing->name->zh.len > 0 ? say_word(html, english ? thing->name->en : thing->name->zh)
				       : say_place(html, &hidden);
}

/* For the share card: text only. */
static struct html_fragment say_summary(const struct html *html, const struct page_thing *thing)
{
	return thing->is_place ? say_of(html, place_kinds, thing->place_kind)
			       : PHRASE(html, MESSAGE_UNIT_WORDS, TEXT(STR("")));
}

static struct html_fragment say_where(const struct html *html, const struct page_thing *thing)
{
	struct html part = html_aside(html);

	HTML(&part, "{}", FRAGMENT(say_summary(html, thing)));
	if (thing->district)
		HTML(&part, " · {}", FRAGMENT(say_region(html, thing->district)));
	if (thing->region)
		HTML(&part, " · {}", FRAGMENT(say_region(html, thing->region)));
	return html_done(&part);
}

static void put_head(struct html *html, const struct page_thing *thing)
{
	if (thing->unregistered.len) {
		html_raw(html, "<p class=card role=note>");
		HTML_SAY(html, MESSAGE_PLACE_PART_UNKNOWN, TEXT(thing->unregistered));
		html_raw(html, "</p>");
	}
	HTML(html, "<section class=card aria-labelledby=v><h1 id=v><bdi>{}</bdi></h1><p class=after>{}</p>",
	     FRAGMENT(say_title(html, thing)), FRAGMENT(say_where(html, thing)));
	if (thing->party)
		HTML(html, "<p>{}</p>", FRAGMENT(say_name(html, thing->party)));
	if (thing->code.len) {
		html_raw(html, "<p class=m>");
		HTML_SAY(html, MESSAGE_THING_CODE, TEXT(thing->code_grouped));
		html_raw(html, "</p>");
	}
	html_raw(html, "</section>");
}

static void put_lot(struct html *html, const struct page *page, const struct page_thing_lot *lot)
{
	const struct trail_product product = {.name = lot->product};
	struct arena *arena = html->out.arena;

	html_raw(html, "<li>");
	if (lot->code.len)
		HTML(html, "<a href=\"{}\">{}</a>",
		     PATH(frame_link(arena, page, arena_printf(arena, "/t/%.*s", STR_ARGS(lot->code)))),
		     FRAGMENT(say_product(html, &product)));
	else
		HTML(html, "{}", FRAGMENT(say_product(html, &product)));
	HTML(html, "<p class=\"m s\">{} {}</p></li>", SAY(MESSAGE_LOT_NUMBER), NAME(lot->number));
}

static void put_lots(struct html *html, const struct page *page, const struct page_thing *thing)
{
	frame_section(html, "lots", thing->is_place ? MESSAGE_PLACE_LOTS : MESSAGE_UNIT_LOTS);
	if (thing->lots.count == 0)
		HTML(html, "<p>{}</p>", SAY(thing->is_place ? MESSAGE_PLACE_NO_LOTS : MESSAGE_UNIT_EMPTY));
	else
		html_raw(html, "<ul role=list class=l>");
	for (EACH(thing->lots, struct page_thing_lot, lot))
		put_lot(html, page, lot);
	if (thing->lots.count > 0)
		html_raw(html, "</ul>");
	if (thing->more) {
		html_raw(html, "<p class=m>");
		HTML_SAY(html, MESSAGE_THING_MORE, NUMBER((int64_t)thing->lots.count));
		html_raw(html, "</p>");
	}
	html_raw(html, "</section>");
}

static void put_units(struct html *html, const struct page_thing *thing)
{
	if (thing->units.count == 0)
		return;
	frame_section(html, "units", MESSAGE_UNIT_UNITS);
	html_raw(html, "<ul role=list>");
	for (size_t i = 0; i < thing->units.count; i++)
		HTML(html, "<li>{}</li>", NAME(thing->units.items[i]));
	html_raw(html, "</ul></section>");
}

static void put_certificates(struct html *html, const struct page_thing *thing)
{
	if (thing->certificates.count == 0)
		return;
	frame_section(html, "certificates", MESSAGE_CERTIFICATES);
	for (EACH(thing->certificates, struct trail_certificate, certificate))
		certificate_put(html, certificate);
	html_raw(html, "</section>");
}

static void put_check(struct html *html, const struct page *page, const struct page_thing *thing)
{
	struct arena *arena = html->out.arena;

	frame_section(html, "check", MESSAGE_CHECK);
	HTML(html, "<div class=x><p><a href=\"{}\">{}</a></p>",
	     PATH(frame_link(arena, page, STR(PAGE_VERIFY_PATH))), SAY(MESSAGE_VERIFY_LINK));
	if (thing->code.len)
		HTML(html, "<p><a href=\"/v1/codes/{}/qr.svg\">{}</a></p>",
		     TEXT(percent_encode(arena, thing->code)), SAY(MESSAGE_CHECK_CODE_LINK));
	html_raw(html, "</div></section>");
}

struct str page_thing(struct arena *arena, const struct page *page, const struct page_thing *thing)
{
	struct html scratch = html_create(arena, page->language, 0);
	const struct frame frame = {page, say_title(&scratch, thing), say_summary(&scratch, thing),
				    thing->test};
	struct html html = frame_open(arena, &frame, /* expected_len */ 16 * 1024);

	put_head(&html, thing);
	put_lots(&html, page, thing);
	put_units(&html, thing);
	put_certificates(&html, thing);
	put_check(&html, page, thing);
	frame_hotlines(&html);
	return frame_close(&html);
}
