/* SPDX-License-Identifier: Apache-2.0
 * The parts of the trail page, in the order in which they stand, and the words that they share. */
#ifndef FT_PAGES_TRAIL_PRIV_H
#define FT_PAGES_TRAIL_PRIV_H

#include "frame_priv.h"

/* for (EACH(trail->steps, struct trail_step, step)) … */
#define EACH(list, type, item) \
	const type *item = (list).items, *item##_end = item ? item + (list).count : item; \
	item < item##_end; \
	item++

/* verdict.c */
/* The page of a pack: where its own words go. */
struct item_band {
	enum page_item_state state;
	size_t gap; /* set by verdict_put: octets from the document's start */
};
enum message verdict_title(const struct trail *trail, const struct item_band *item); /* NULL: of a lot */
void verdict_put(struct html *html, const struct trail *trail, struct item_band *item);
void alerts_put(struct html *html, const struct trail *trail);
/* origins.c: product, origins */
void product_put(struct html *html, const struct trail *trail);
void origins_put(struct html *html, const struct page *page, const struct trail *trail);
/* evidence.c: certificates, tests */
void certificates_put(struct html *html, const struct trail *trail);
void tests_put(struct html *html, const struct trail *trail);
void certificate_put(struct html *html, const struct trail_certificate *certificate);
/* journey.c */
void journey_put(struct html *html, const struct trail *trail);

/* words.c: how values are said. Fragments, ready between tags. */
struct html_fragment say_name(const struct html *html, const struct trail_name *name);
struct html_fragment say_party(const struct html *html, const struct trail_party *party);
struct html_fragment say_place(const struct html *html, const struct trail_place *place);
struct html_fragment say_region(const struct html *html, const struct trail_region *region);
struct html_fragment say_product(const struct html *html, const struct trail_product *product);
/* The finest place that an origin is known by: what it is called in lists. */
struct html_fragment say_origin(const struct html *html, const struct trail_origin *origin);
/* <time> with the offset of the instant, to the minute. */
struct html_fragment say_time(const struct html *html, struct instant t);
/* The same of RFC 3339 text; with `offset_min` not INT16_MIN, moved to that offset. Other text is shown as it is. */
struct html_fragment say_time_text(const struct html *html, struct str text, int16_t offset_min);
/* The same of a time that belongs to an event: in its offset, and without the date when that is the event's own. */
struct html_fragment say_time_after(const struct html *html, struct str text, struct instant event);
struct html_fragment say_word(const struct html *html, struct str word); /* escaped, nothing added */
/* "0.6250" → "62.5"; a share that rounds to nothing is "< 0.01". Without the sign. */
struct str percent_of(struct arena *arena, struct str share);
struct html_fragment say_percent(const struct html *html, struct str share);
/* Product and lot in plain text, for <title>. */
struct html_fragment say_lot_title(const struct html *html, const struct trail_lot *lot);

/* A word of the data that has a text of its own. */
struct word_message {
	const char *word;
	enum message message;
};
/* The text of `word`, or the word itself where the table (ended by a NULL word) does not have it. */
struct html_fragment say_of(const struct html *html, const struct word_message *table, struct str word);

#endif
