/* SPDX-License-Identifier: Apache-2.0
 * What the goods are and where they come from: product facts, origins with their shares, the tier switch. */
#include "trail_priv.h"

#include "ft/core/unit.h"

static void put_fact(struct html *html, enum message label, struct html_fragment value)
{
	HTML(html, "<dt>{}</dt><dd>{}</dd>", SAY(label), FRAGMENT(value));
}

static void put_text_fact(struct html *html, enum message label, struct str value)
{
	if (value.len > 0)
		HTML(html, "<dt>{}</dt><dd>{}</dd>", SAY(label), NAME(value));
}

static void put_quantity(struct html *html, const struct trail_quantity *quantity)
{
	const struct unit *unit = unit_find(quantity->unit);
	struct str word = quantity->unit;

	if (unit)
		word = str_of(html->language == LANGUAGE_ZH ? unit->name_zh : unit->symbol);
	HTML(html, "<dt>{}</dt><dd>{} {}</dd>", SAY(MESSAGE_QUANTITY), TEXT(quantity->value), TEXT(word));
}

void product_put(struct html *html, const struct trail *trail)
{
	const struct trail_lot *lot = trail->lot;

	HTML(html, "<section class=card aria-labelledby=product><h2 id=product>{}</h2><dl class=\"f two\">",
	     FRAGMENT(say_product(html, lot->product)));
	put_text_fact(html, MESSAGE_LOT_NUMBER, lot->number);
	put_text_fact(html, MESSAGE_PRODUCED, lot->produced);
	put_text_fact(html, MESSAGE_EXPIRES, lot->expires);
	if (lot->quantity)
		put_quantity(html, lot->quantity);
	put_fact(html, MESSAGE_ISSUER, say_party(html, lot->issuer));
	if (lot->product && lot->product->gtin.len > 0)
		HTML(html, "<dt>GTIN</dt><dd>{}</dd>", TEXT(lot->product->gtin));
	put_text_fact(html, MESSAGE_CODE, lot->code);
	html_raw(html, "</dl></section>");
}

static void put_tier(struct html *html, const struct page *page, struct str shown, struct str tier,
		     enum message m)
{
	if (str_equal(shown, tier)) {
		HTML(html, "<b aria-current=true>{}</b>", SAY(m));
		return;
	}
	struct str link = frame_link(html->out.arena, page, page->path);
	HTML(html, "<a href=\"{}&amp;tier={}#origin\">{}</a>", PATH(link), TEXT(tier), SAY(m));
}

static void put_tiers(struct html *html, const struct page *page, struct str shown)
{
	HTML(html, "<nav class=t aria-label=\"{}\">", SAY(MESSAGE_TIER_SWITCH));
	put_tier(html, page, shown, STR("district"), MESSAGE_TIER_DISTRICT);
	put_tier(html, page, shown, STR("township"), MESSAGE_TIER_TOWNSHIP);
	put_tier(html, page, shown, STR("farm"), MESSAGE_TIER_FARM);
	html_raw(html, "</nav>");
}

/* "62 % A, 38 % B": four origins at most, then the others together. */
static void put_mix(struct html *html, const struct trail *trail)
{
	enum { NAMED = 4 };
	const struct trail_origin *origins = trail->origins.items;
	struct decimal others = decimal_of(0), share;

	html_raw(html, "<p class=lead>");
	HTML_SAY(html, MESSAGE_ORIGINS_MANY, NUMBER(trail->origin_count));
	for (size_t i = 0; i < trail->origins.count && i < NAMED; i++) {
		if (i > 0)
			HTML(html, "{}", SAY(MESSAGE_COMMA));
		HTML(html, "<b>{}</b> {}", FRAGMENT(say_percent(html, origins[i].share)),
		     FRAGMENT(say_origin(html, &origins[i])));
	}
	for (size_t i = NAMED; i < trail->origins.count; i++)
		if (decimal_parse(origins[i].share, &share))
			others = decimal_add(others, share);
	if (trail->rest && decimal_parse(trail->rest->share, &share))
		others = decimal_add(others, share);
	if (!decimal_is_zero(others)) {
		HTML(html, "{}", SAY(MESSAGE_COMMA));
		HTML_SAY(html, MESSAGE_ORIGIN_REST_SHORT,
			 FRAGMENT(say_percent(html, decimal_print(html->out.arena, others))));
	}
	html_raw(html, "</p>");
}

static void put_bar(struct html *html, struct str share)
{
	struct decimal d;

	HTML(html, "<h3 class=pc><span>{}</span>", FRAGMENT(say_percent(html, share)));
	/* A number by now: nothing else may stand in the drawing. */
	if (decimal_parse(share, &d))
		HTML(html, "<svg class=bar height=12 aria-hidden=true><rect height=12 width=\"{}%\" /></svg>",
		     TEXT(decimal_is_zero(d) ? STR("0") : percent_of(html->out.arena, share)));
	html_raw(html, "</h3>");
}

static void put_region_fact(struct html *html, enum message label, const struct trail_region *region)
{
	if (region)
		put_fact(html, label, say_region(html, region));
}

static struct html_fragment say_district(const struct html *html, const struct trail_origin *origin)
{
	struct html_fragment district = say_region(html, origin->district);

	if (!origin->province)
		return district;
	if (!origin->city)
		return PHRASE(html, MESSAGE_IN_PROVINCE, FRAGMENT(district),
			      FRAGMENT(say_region(html, origin->province)));
	return PHRASE(html, MESSAGE_IN_CITY, FRAGMENT(district), FRAGMENT(say_region(html, origin->province)),
		      FRAGMENT(say_region(html, origin->city)));
}

/* District, township, farm, each named: never just a chain that a reader must know how to read. */
static void put_places(struct html *html, const struct trail_origin *origin)
{
	html_raw(html, "<dl class=f>");
	if (origin->district)
		put_fact(html, MESSAGE_DISTRICT, say_district(html, origin));
	put_region_fact(html, MESSAGE_TOWNSHIP, origin->township);
	if (origin->farm)
		put_fact(html, MESSAGE_FARM, say_place(html, origin->farm));
	if (origin->party)
		put_fact(html, MESSAGE_PRODUCER, say_party(html, origin->party));
	put_text_fact(html, MESSAGE_HARVESTED, origin->harvested);
	put_text_fact(html, MESSAGE_ORIGIN_LOT, origin->lot_number);
	html_raw(html, "</dl>");
}

static void put_gaps(struct html *html, const struct trail_origin *origin)
{
	for (EACH(origin->gaps, struct trail_gap, gap)) {
		if (str_equal(gap->kind, STR("certificate")) || str_equal(gap->kind, STR("test")))
			continue; /* said in their own sections */
		html_raw(html, "<p class=gap>");
		if (str_equal(gap->kind, STR("origin")))
			HTML(html, "{}", SAY(MESSAGE_GAP_ORIGIN));
		else
			HTML_SAY(html, MESSAGE_GAP_OTHER, NAME(gap->kind));
		html_raw(html, "</p>");
	}
}

void origins_put(struct html *html, const struct page *page, const struct trail *trail)
{
	frame_section(html, "origin", MESSAGE_ORIGINS);
	if (trail->origins.count == 0) {
		HTML(html, "<p class=gap>{}</p></section>", SAY(MESSAGE_ORIGIN_NONE));
		return;
	}
	put_tiers(html, page, trail->tier);
	if (trail->origin_count > 1)
		put_mix(html, trail);
	HTML(html, "<ul role=list class=\"o{}\">", TEXT(trail->origins.count > 1 ? STR(" many") : STR("")));
	for (EACH(trail->origins, struct trail_origin, origin)) {
		html_raw(html, "<li>");
		put_bar(html, origin->share);
		put_places(html, origin);
		put_gaps(html, origin);
		html_raw(html, "</li>");
	}
	html_raw(html, "</ul>");
	if (trail->rest && trail->rest->count > 0) {
		html_raw(html, "<p class=m>");
		HTML_SAY(html, MESSAGE_ORIGIN_REST, NUMBER(trail->rest->count),
			 FRAGMENT(say_percent(html, trail->rest->share)));
		html_raw(html, "</p>");
	}
	html_raw(html, "</section>");
}
