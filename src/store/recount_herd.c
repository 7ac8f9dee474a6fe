/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says of animals and herds, beside the rows by which a carcass finds what was done to it. */
#include "recount_priv.h"

struct herd_tag { /* what one row names */
	struct str animal;
	struct uuid site, lot;
	bool found;
};
struct herd_tags {
	struct herd_tag *items;
	size_t count;
};

static bool is_word(const struct deed *deed, const char *word)
{
	return str_equal(str_of(deed->kind->word), str_of(word));
}

static bool is_of_herds(const struct deed *deed)
{
	return deed->animals.count || is_word(deed, "birth") || is_word(deed, "move") ||
	       is_word(deed, "death") || is_word(deed, "feed") || is_word(deed, "medicate");
}

static bool is_live(const struct recount_things_row *lot)
{
	return lot && str_equal(lot->unit, STR("HEA"));
}

static void add(struct herd_tags *tags, struct str animal, struct uuid site, struct uuid lot)
{
	tags->items[tags->count++] = (struct herd_tag){.animal = animal, .site = site, .lot = lot};
}

static struct uuid place_of(const struct recounted *event, size_t i)
{
	return i < event->deed.places.count ? event->places[i] : (struct uuid){{0}};
}

static struct uuid lot_of(const struct recounted *event, size_t i)
{
	return i < event->deed.count && event->lots[i] ? event->lots[i]->id : (struct uuid){{0}};
}

/* The herd of a pen or lot, or each animal of it that has a tag. */
static void derive_observed(const struct recounted *event, struct herd_tags *tags)
{
	const struct str_list *animals = &event->deed.animals;
	if (!is_of_herds(&event->deed))
		return;
	for (size_t i = 0; i < animals->count; i++)
		add(tags, animals->items[i], place_of(event, 0), lot_of(event, 0));
	if (!animals->count)
		add(tags, STR(""), place_of(event, 0), lot_of(event, 0));
}

/* What went in: lots of live animals, of a slaughter whatever there is, and the animals. */
static void derive_used(const struct recounted *event, struct herd_tags *tags)
{
	static const struct uuid none;
	const struct deed *deed = &event->deed;
	for (size_t i = 0; i < deed->count; i++)
		if (deed->lines[i].role == DEED_INPUT &&
		    (is_word(deed, "slaughter") || is_live(event->lots[i])))
			add(tags, STR(""), none, lot_of(event, i));
	for (size_t i = 0; i < deed->animals.count; i++)
		add(tags, deed->animals.items[i], none, none);
}

static void derive(const struct recounted *event, struct herd_tags *tags)
{
	static const struct uuid none;
	const struct deed *deed = &event->deed;
	switch ((int)deed->kind->class) {
	case RECORD_OBSERVE:
		derive_observed(event, tags);
		return;
	case RECORD_TRANSFORM:
		derive_used(event, tags);
		return;
	case RECORD_CREATE:
		for (size_t i = 0; deed->count && is_live(event->lots[0]) && i < deed->places.count; i++)
			add(tags, STR(""), event->places[i], lot_of(event, 0));
		return;
	case RECORD_SHIP:
		for (size_t i = 0; i < deed->count; i++)
			if (is_live(event->lots[i]))
				add(tags, STR(""), none, lot_of(event, i));
		return;
	default:
		return;
	}
}

static struct str tag_words(struct arena *arena, struct str animal, struct uuid site, struct uuid lot)
{
	if (animal.len)
		return animal;
	return uuid_is_nil(lot) ? uuid_print(arena, site) : uuid_print(arena, lot);
}

static void tell(struct recount *r, const struct recounted *event, struct str tag, struct str stored,
		 struct str derived)
{
	recount_tell(r, "herd", arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name), STR_ARGS(tag)),
		     stored, derived);
}

/* Of what was not given to animals the row repeats what the record calls its product, which is not in the body. */
static void check_said(struct recount *r, const struct recounted *event, const struct recount_herds_row *row,
		       struct str tag)
{
	const struct deed *deed = &event->deed;
	bool of_input = deed->kind->class == RECORD_OBSERVE;
	if (of_input && !str_equal(row->product, deed->product))
		tell(r, event, tag, row->product.at ? row->product : STR("no product"),
		     deed->product.at ? deed->product : STR("no product"));
	if (of_input &&
	    !strs_equal(row->active.items, row->active.count, deed->active.items, deed->active.count))
		tell(r, event, tag, STR("other active ingredients"), STR("those of the event"));
	if (row->n == 0 && !str_equal(row->certificate, deed->certificate))
		tell(r, event, tag, row->certificate.at ? row->certificate : STR("no certificate"),
		     deed->certificate.at ? deed->certificate : STR("no certificate"));
}

static struct herd_tag *find(const struct herd_tags *tags, const struct recount_herds_row *row)
{
	for (size_t i = 0; i < tags->count; i++) {
		struct herd_tag *tag = &tags->items[i];
		if (!tag->found && str_equal(row->animal, tag->animal) && uuid_equal(row->site, tag->site) &&
		    uuid_equal(row->lot_id, tag->lot))
			return tag;
	}
	return NULL;
}

/* Tags of animals stand in the full view alone: an erased event no longer says which. What was recorded before there were
 * such rows has none. */
void recount_herds_of(struct recount *r, struct recounted *event)
{
	const struct deed *deed = &event->deed;
	const struct sql_nullable_int *since = &r->size.herds_since;
	struct herd_tags tags = {0};
	bool none_then = !event->herd_count && since->known && event->row->recorded_at < since->value;
	if (!event->row->view_secret.len || none_then)
		return;
	tags.items = arena_array(r->arena, struct herd_tag,
				 deed->count + deed->animals.count + deed->places.count + 1);
	if (!deed->declaration && !deed->of_partner)
		derive(event, &tags);
	for (size_t i = 0; i < event->herd_count; i++) {
		const struct recount_herds_row *row = &event->herds[i];
		struct herd_tag *tag = find(&tags, row);
		struct str words = tag_words(r->arena, row->animal, row->site, row->lot_id);
		if (!tag) {
			tell(r, event, words, STR("a row"), STR("nothing"));
			continue;
		}
		tag->found = true;
		check_said(r, event, row, words);
	}
	for (size_t i = 0; i < tags.count; i++)
		if (!tags.items[i].found)
			tell(r, event,
			     tag_words(r->arena, tags.items[i].animal, tags.items[i].site, tags.items[i].lot),
			     STR("nothing"), STR("a row"));
}
