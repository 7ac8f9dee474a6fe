/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says, beside the row of the event and its links to lots. */
#include "recount_priv.h"

static const char *const role_words[] = {
	[DEED_THING] = "thing", [DEED_INPUT] = "input", [DEED_OUTPUT] = "output"};

enum deed_role recount_role(const struct recounted *event, size_t line)
{
	bool neutral = event->deed.declaration || !event->deed.makes;
	return neutral ? DEED_THING : event->deed.lines[line].role;
}

const struct recount_links_row *recount_link(const struct recounted *event, size_t line)
{
	struct str role = str_of(role_words[recount_role(event, line)]);
	for (size_t i = 0; event->lots[line] && i < event->link_count; i++)
		if (uuid_equal(event->links[i].lot_id, event->lots[line]->id) &&
		    str_equal(event->links[i].role, role))
			return &event->links[i];
	return NULL;
}

bool recount_amount(const struct recounted *event, size_t line, struct decimal *ret)
{
	const struct deed_line *l = &event->deed.lines[line];
	const struct recount_things_row *lot = event->lots[line];
	if (!l->has_amount || !lot || !lot->dimension.known || !lot->unit.len)
		return false;
	enum dimension wanted = (enum dimension)lot->dimension.value;
	if (decimal_is_zero(l->amount.base) && l->amount.unit->dimension == wanted) {
		*ret = l->amount.base;
		return true;
	}
	return quantity_in_dimension(&l->amount, l->has_net ? &l->net : NULL, wanted, unit_find(lot->unit),
				     NULL /* packages: as they were then, nobody knows */, 0,
				     ret) == PROBLEM_NONE;
}

static bool same_moment(struct sql_nullable_int a, struct sql_nullable_int b)
{
	return a.known == b.known && (!a.known || a.value == b.value);
}

static bool is_signed_for(const struct recounted *event, size_t line)
{
	const struct statement_links *lots = &event->statement.lots;
	if (!lots->hashes)
		return lots->count > 0 && (event->deed.of_partner || !event->deed.declaration);
	struct sha256 name = statement_lot(event->lots[line]->salt.at, event->lots[line]->uri);
	for (size_t i = 0; i < lots->count; i++)
		if (sha256_equal(lots->hashes[i], name))
			return true;
	return false;
}

static struct str link_subject(struct recount *r, const struct recounted *event, struct uuid lot)
{
	return arena_printf(r->arena, "%.*s %.*s", STR_ARGS(event->name),
			    STR_ARGS(uuid_print(r->arena, lot)));
}

static struct str amount_words(struct arena *arena, struct sql_nullable_decimal amount)
{
	return amount.known ? decimal_print(arena, amount.value) : STR("no amount");
}

bool recount_amount_of_lot(const struct recounted *event, size_t line, struct decimal *ret)
{
	struct decimal sum = {0}, amount;
	for (size_t i = 0; i < event->deed.count; i++) {
		if (!event->lots[i] || !uuid_equal(event->lots[i]->id, event->lots[line]->id) ||
		    recount_role(event, i) != recount_role(event, line))
			continue;
		if (!recount_amount(event, i, &amount))
			return false;
		sum = decimal_add(sum, amount);
	}
	*ret = sum;
	return true;
}

static void check_link(struct recount *r, const struct recounted *event, size_t line)
{
	const struct recount_events_row *row = event->row;
	const struct recount_links_row *link = recount_link(event, line);
	struct str subject = link_subject(r, event, event->lots[line]->id);
	struct str role = str_of(role_words[recount_role(event, line)]);
	bool wanted = is_signed_for(event, line);
	if (!link) {
		if (wanted)
			recount_tell(r, "link", subject, STR("nothing"), role);
		return;
	}
	if (!wanted)
		recount_tell(r, "link", subject, link->role, STR("no lot of the statement"));
	if (!uuid_equal(link->event_org, row->org_id) || link->recorded_at != row->recorded_at ||
	    !same_moment(link->declared_at, row->declared_at))
		recount_tell(r, "link", subject, STR("another recorder or another time"),
			     STR("that of the event"));
	struct decimal amount;
	bool compared =
		link->counted && !event->deed.declaration && recount_amount_of_lot(event, line, &amount);
	if (compared && (!link->base.known || decimal_compare(link->base.value, amount) != 0))
		recount_tell(r, "link", subject, amount_words(r->arena, link->base),
			     decimal_print(r->arena, amount));
}

static bool said_before(const struct recounted *event, size_t line)
{
	for (size_t i = 0; i < line; i++)
		if (event->lots[i] && uuid_equal(event->lots[i]->id, event->lots[line]->id) &&
		    recount_role(event, i) == recount_role(event, line))
			return true;
	return false;
}

static void check_links(struct recount *r, const struct recounted *event)
{
	for (size_t i = 0; i < event->deed.count; i++) {
		if (event->lots[i] && !said_before(event, i))
			check_link(r, event, i);
		/* What a partner names besides may be a crate, or a lot of nobody here. */
		if (!event->lots[i] && !event->deed.of_partner)
			recount_tell(r, "thing", event->deed.lines[i].uri, STR("no lot"),
				     arena_printf(r->arena, "a lot of event %.*s", STR_ARGS(event->name)));
	}
	for (size_t i = 0; i < event->link_count; i++) {
		bool said = false;
		for (size_t k = 0; k < event->deed.count; k++)
			said = said || recount_link(event, k) == &event->links[i];
		if (!said)
			recount_tell(r, "link", link_subject(r, event, event->links[i].lot_id),
				     event->links[i].role, STR("nothing"));
	}
}

static struct str uuid_words(struct arena *arena, struct uuid id)
{
	return uuid_is_nil(id) ? STR("nobody") : uuid_print(arena, id);
}

/* How a record was entered stands on pages by its flags. */
static void check_entry_mode(struct recount *r, const struct recounted *event)
{
	int64_t flags = event->row->flags;
	struct str told = flags & EVENT_FROM_PAPER ? STR("paper") : STR("import"),
		   said = event->deed.entry_mode;
	if (!(flags & (EVENT_FROM_PAPER | EVENT_IMPORTED)))
		told = STR("field");
	if (!said.at)
		said = STR("field");
	if (!str_equal(told, said))
		recount_tell(r, "event", event->name, told, said);
}

static void check_row(struct recount *r, const struct recounted *event)
{
	const struct recount_events_row *row = event->row;
	const struct deed *deed = &event->deed;
	struct str word = row->declaration && !deed->of_partner ? STR("correct") : str_of(deed->kind->word);
	if (!str_equal(row->type, word) || row->declaration != deed->declaration)
		recount_tell(r, "event", event->name, row->type, word);
	if (deed->declaration)
		return;
	if (row->event_time != deed->time.at_us || row->offset_min != deed->time.offset_min)
		recount_tell(r, "event", event->name, utc_print(r->arena, row->event_time),
			     instant_print(r->arena, deed->time));
	check_entry_mode(r, event);
	if (!uuid_equal(row->party, event->sides[DEED_ACTING]))
		recount_tell(r, "event", event->name, uuid_words(r->arena, row->party), deed->party);
	if (record_sends(deed->kind) && !uuid_equal(row->to_party, event->sides[DEED_TO]))
		recount_tell(r, "event", event->name, uuid_words(r->arena, row->to_party),
			     deed->to.at ? deed->to : STR("nobody"));
}

/* A place whose address was removed may be any. */
static bool may_lie_at(const struct recounted *event, struct uuid site)
{
	bool may = uuid_is_nil(site);
	for (size_t i = 0; i < event->deed.places.count; i++)
		may = may || uuid_is_nil(event->places[i]) || uuid_equal(event->places[i], site);
	return may;
}

/* The region that the body says of that place; goods that come into being at a place lie at one. */
static bool lies_in(const struct recounted *event, struct uuid site, struct str region)
{
	const struct deed *deed = &event->deed;
	for (size_t i = 0; i < deed->places.count; i++)
		if (!uuid_is_nil(site) && uuid_equal(event->places[i], site) && deed->regions[i].len)
			return str_equal(region.at ? region : STR(""), deed->regions[i]);
	return !uuid_is_nil(site) || deed->kind->class != RECORD_CREATE || !deed->places.count ||
	       uuid_is_nil(event->places[0]);
}

static struct sql_nullable_int best_before(const struct recounted *event, size_t line)
{
	struct sql_nullable_int days = event->shelves[line]->days;
	days.value += days.known ? instant_day(event->deed.time) : 0;
	return days;
}

/* What a lot is, since when, how long and where, as the record says that made it first. */
static void check_lot(struct recount *r, const struct recounted *event, size_t line)
{
	const struct recount_things_row *lot = event->lots[line];
	const struct deed_line *said = &event->deed.lines[line];
	const struct instant time = event->deed.time;
	struct str name = uuid_print(r->arena, lot->id);
	if (!uuid_equal(lot->product, event->products[line]) || !str_equal(lot->commodity, said->commodity))
		recount_tell(r, "lot", name,
			     arena_printf(r->arena, "product %.*s, %.*s",
					  STR_ARGS(uuid_print(r->arena, lot->product)),
					  STR_ARGS(lot->commodity)),
			     arena_printf(r->arena, "%.*s, %.*s", STR_ARGS(said->product),
					  STR_ARGS(said->commodity)));
	if (!lot->event_time.known || lot->event_time.value != time.at_us || !lot->offset_min.known ||
	    lot->offset_min.value != time.offset_min || !lot->produced_day.known ||
	    lot->produced_day.value != instant_day(time))
		recount_tell(r, "lot", name, STR("another time"), instant_print(r->arena, time));
	if (event->shelves[line] && !same_moment(lot->expires_day, best_before(event, line)))
		recount_tell(r, "lot", name, STR("another shelf life"),
			     arena_printf(r->arena, "that of version %lld of its product",
					  (long long)said->product_version));
	if (!may_lie_at(event, lot->site) || !lies_in(event, lot->site, lot->region))
		recount_tell(r, "lot", name, STR("another place"), STR("one that its record names"));
}

static void check_made(struct recount *r, const struct recounted *event)
{
	for (size_t i = 0; i < event->deed.count; i++)
		if (event->lots[i] && event->deed.lines[i].product.at &&
		    uuid_equal(event->lots[i]->created_event, event->row->id))
			check_lot(r, event, i);
}

void recount_goods(struct recount *r, struct recounted *event)
{
	if (!event->readable)
		return;
	check_row(r, event);
	check_links(r, event);
	check_made(r, event);
	recount_edges_of(r, event);
	recount_moves_of(r, event);
	recount_shipments_of(r, event);
	recount_packs_of(r, event);
	recount_herds_of(r, event);
	recount_said_of(r, event);
}
