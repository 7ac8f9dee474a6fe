/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says of single packs, beside the rows that say what became of them. */
#include "recount_priv.h"

/* What a pack is after such an event; absent: what it was before. */
static struct str state_after(const struct deed *deed)
{
	switch ((int)deed->kind->class) {
	case RECORD_SELL:
		return STR("sold");
	case RECORD_DESTROY:
		return STR("destroyed");
	case RECORD_TRANSFORM:
		return STR("used");
	case RECORD_SHIP:
	case RECORD_RETURN:
	case RECORD_RECEIVE:
		return STR("held");
	default:
		return (struct str){NULL, 0};
	}
}

static struct str words(struct str state)
{
	return state.at ? state : STR("as it was");
}

static bool same_state(struct str a, struct str b)
{
	return !a.at == !b.at && (!a.at || str_equal(a, b));
}

static void check_row(struct recount *r, const struct recounted *event, const struct recount_packs_row *row)
{
	const struct recount_events_row *of = event->row;
	struct str state = state_after(&event->deed);
	struct str subject = arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name), STR_ARGS(row->code));
	bool declared = row->declared_at.known;
	if (!same_state(row->state, state))
		recount_tell(r, "item", subject, words(row->state), words(state));
	if (row->happened_at != event->deed.time.at_us || row->recorded_at != of->recorded_at ||
	    !uuid_equal(row->party, event->sides[DEED_ACTING]) || declared != of->declared_at.known ||
	    (declared && row->declared_at.value != of->declared_at.value))
		recount_tell(r, "item", subject, STR("another party or another time"),
			     STR("that of the event"));
}

static void tell_pack(struct recount *r, const struct recounted *event, struct str code, struct str stored,
		      struct str derived)
{
	recount_tell(r, "item", arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name), STR_ARGS(code)),
		     stored, derived);
}

/* Codes stand in the full view alone: of an erased event is known what it did to packs, and no longer to which. */
static void check_erased(struct recount *r, const struct recounted *event)
{
	for (size_t k = 0; k < event->pack_count; k++)
		check_row(r, event, &event->packs[k]);
}

void recount_packs_of(struct recount *r, struct recounted *event)
{
	const struct str_list *named = &event->deed.packs;
	bool *found = arena_array(r->arena, bool, event->pack_count);
	if (event->deed.declaration)
		return;
	if (!event->row->view_secret.len) {
		check_erased(r, event);
		return;
	}
	for (size_t i = 0; i < named->count; i++) {
		struct str code = item_code_of(r->arena, named->items[i]);
		bool told = false;
		for (size_t k = 0; code.at && k < event->pack_count; k++)
			if (str_equal(event->packs[k].code, code)) {
				check_row(r, event, &event->packs[k]);
				told = found[k] = true;
			}
		if (!told)
			tell_pack(r, event, named->items[i], STR("nothing"),
				  words(state_after(&event->deed)));
	}
	for (size_t k = 0; k < event->pack_count; k++)
		if (!found[k])
			tell_pack(r, event, event->packs[k].code, words(event->packs[k].state),
				  STR("nothing"));
}
