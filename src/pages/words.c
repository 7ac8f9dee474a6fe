/* SPDX-License-Identifier: Apache-2.0
 * How the values of a trail are said: names, places, times, shares. */
#include "trail_priv.h"

#include "ft/base/decimal.h"

static struct html_fragment one(const struct html *html, struct html_value value)
{
	struct html part = html_aside(html);

	html_render(&part, "{}", (const struct html_value[]){value, {.kind = HTML_END}});
	return html_done(&part);
}

struct html_fragment say_word(const struct html *html, struct str word)
{
	return one(html, (struct html_value)TEXT(word));
}

static struct html_fragment say_message(const struct html *html, enum message m)
{
	return one(html, (struct html_value)SAY(m));
}

struct html_fragment say_of(const struct html *html, const struct word_message *table, struct str word)
{
	for (; table->word; table++)
		if (str_equal(word, str_of(table->word)))
			return say_message(html, table->message);
	return one(html, (struct html_value)NAME(word));
}

static struct str in_language(const struct html *html, struct str zh, struct str en)
{
	bool english = en.len > 0 && (html->language == LANGUAGE_EN || zh.len == 0);

	return english ? en : zh;
}

struct html_fragment say_name(const struct html *html, const struct trail_name *name)
{
	struct str text = name ? in_language(html, name->zh, name->en) : (struct str){0};

	if (text.len == 0)
		return say_message(html, MESSAGE_NOT_REGISTERED);
	return one(html, (struct html_value)NAME(text));
}

static struct str day_of(struct str utc)
{
	return (struct str){utc.at, utc.len < 10 ? utc.len : 10};
}

struct html_fragment say_party(const struct html *html, const struct trail_party *party)
{
	if (party && party->erased_at.len > 0)
		return PHRASE(html, MESSAGE_PERSON_ERASED, TEXT(day_of(party->erased_at)));
	if (party && party->withheld.len > 0)
		return say_message(html, MESSAGE_PERSON_WITHHELD);
	return say_name(html, party ? party->name : NULL);
}

struct html_fragment say_place(const struct html *html, const struct trail_place *place)
{
	if (place && place->erased_at.len > 0)
		return PHRASE(html, MESSAGE_PLACE_ERASED, TEXT(day_of(place->erased_at)));
	if (place && place->withheld.len > 0)
		return say_message(html, MESSAGE_PLACE_WITHHELD);
	if (!place || place->name.len == 0)
		return say_message(html, MESSAGE_NOT_REGISTERED);
	return one(html, (struct html_value)NAME(place->name));
}

struct html_fragment say_region(const struct html *html, const struct trail_region *region)
{
	struct str text = region ? in_language(html, region->name, region->name_en) : (struct str){0};

	if (text.len == 0 && region)
		text = region->code;
	if (text.len == 0)
		return say_message(html, MESSAGE_NOT_REGISTERED);
	return one(html, (struct html_value)NAME(text));
}

static struct str product_text(const struct html *html, const struct trail_product *product)
{
	struct str text = {0};

	if (product && product->name)
		text = in_language(html, product->name->zh, product->name->en);
	if (text.len == 0 && product)
		text = product->number.len > 0 ? product->number : product->commodity;
	return text;
}

struct html_fragment say_product(const struct html *html, const struct trail_product *product)
{
	struct str text = product_text(html, product);

	if (text.len == 0)
		return say_message(html, MESSAGE_PRODUCT_UNNAMED);
	return one(html, (struct html_value)NAME(text));
}

struct html_fragment say_lot_title(const struct html *html, const struct trail_lot *lot)
{
	struct html part = html_aside(html);
	struct str product = product_text(html, lot->product);

	if (product.len > 0)
		HTML(&part, "{} ", TEXT(product));
	else
		HTML(&part, "{} ", SAY(MESSAGE_PRODUCT_UNNAMED));
	HTML(&part, "{}", TEXT(lot->number));
	return html_done(&part);
}

static bool is_named(const struct trail_party *party)
{
	return party && party->withheld.len == 0 && party->name;
}

/* Plots of different growers may have the same name ("plot 1"): the grower's stands before it. */
struct html_fragment say_origin(const struct html *html, const struct trail_origin *origin)
{
	if (origin->farm && origin->farm->withheld.len > 0 && origin->township)
		return PHRASE(html, MESSAGE_FARM_IN, FRAGMENT(say_region(html, origin->township)));
	if (origin->farm && origin->farm->name.len > 0 && is_named(origin->party))
		return PHRASE(html, MESSAGE_FARM_OF, FRAGMENT(say_party(html, origin->party)),
			      FRAGMENT(say_place(html, origin->farm)));
	if (origin->farm && (origin->farm->name.len > 0 || origin->farm->withheld.len > 0))
		return say_place(html, origin->farm);
	if (origin->party && origin->farm)
		return say_party(html, origin->party);
	if (origin->township)
		return say_region(html, origin->township);
	if (origin->district)
		return say_region(html, origin->district);
	return say_party(html, origin->party);
}

struct html_fragment say_time(const struct html *html, struct instant t)
{
	struct html part = html_aside(html);
	struct str text = instant_print(html->out.arena, t);

	/* 2026-05-03T08:30:00+08:00 → 2026-05-03 08:30 +08:00 */
	HTML(&part, "<time datetime=\"{}\">{} {} <small>{}</small></time>", TEXT(text),
	     TEXT(((struct str){text.at, 10})), TEXT(((struct str){text.at + 11, 5})),
	     TEXT(offset_print(html->out.arena, t.offset_min)));
	return html_done(&part);
}

struct html_fragment say_time_after(const struct html *html, struct str text, struct instant event)
{
	struct instant t;
	struct html part = html_aside(html);

	if (instant_parse(text, &t))
		return say_word(html, text);
	t.offset_min = event.offset_min;
	if (instant_day(t) != instant_day(event))
		return say_time(html, t);
	struct str whole = instant_print(html->out.arena, t);
	HTML(&part, "<time datetime=\"{}\">{}</time>", TEXT(whole), TEXT(((struct str){whole.at + 11, 5})));
	return html_done(&part);
}

struct html_fragment say_time_text(const struct html *html, struct str text, int16_t offset_min)
{
	struct instant t;

	if (instant_parse(text, &t))
		return say_word(html, text);
	if (offset_min != INT16_MIN)
		t.offset_min = offset_min;
	return say_time(html, t);
}

struct str percent_of(struct arena *arena, struct str share)
{
	struct decimal d;

	if (!decimal_parse(share, &d) || !decimal_scale(d, 100, 1, &d))
		return share;
	if (decimal_is_zero(d))
		return STR("< 0.01");
	return decimal_print(arena, d);
}

struct html_fragment say_percent(const struct html *html, struct str share)
{
	struct html part = html_aside(html);

	HTML(&part, "{}&nbsp;%", TEXT(percent_of(html->out.arena, share)));
	return html_done(&part);
}
