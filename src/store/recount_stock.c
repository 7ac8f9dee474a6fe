/* SPDX-License-Identifier: Apache-2.0
 * What an event's body says, beside its moves of stock and its shipment. */
#include <stdlib.h>

#include "recount_priv.h"

/* — moves — */
struct balance { /* holder nil: of the lot itself */
	struct uuid lot, holder;
	struct deed_counts counts;
};
struct balances {
	struct balance *items;
	size_t count;
};

static int by_owner(const void *a, const void *b)
{
	const struct balance *x = a, *y = b;
	int order = uuid_compare(x->lot, y->lot);
	return order ? order : uuid_compare(x->holder, y->holder);
}

static void put(struct balances *b, struct uuid lot, struct uuid holder, struct deed_counts counts)
{
	struct balance of_holder = {.lot = lot, .holder = holder}, of_lot = {.lot = lot};
	for (int i = 0; i < DEED_COUNTS; i++)
		(i < DEED_HOLDER_COUNTS ? &of_holder : &of_lot)->counts.of[i] = counts.of[i];
	b->items[b->count++] = of_holder;
	b->items[b->count++] = of_lot;
}

/* One entry an owner, nothing that is zero, in order. */
static void settle(struct balances *b)
{
	static const struct deed_counts zero;
	size_t kept = 0, merged = 0;
	qsort(b->items, b->count, sizeof *b->items, by_owner);
	for (size_t i = 0; i < b->count; i++) {
		if (merged && by_owner(&b->items[merged - 1], &b->items[i]) == 0)
			b->items[merged - 1].counts =
				deed_counts_sum(b->items[merged - 1].counts, b->items[i].counts);
		else
			b->items[merged++] = b->items[i];
	}
	for (size_t i = 0; i < merged; i++)
		if (!deed_counts_are(b->items[i].counts, zero))
			b->items[kept++] = b->items[i];
	b->count = kept;
}

static struct balances stored_moves(struct arena *arena, const struct recounted *event)
{
	struct balances b = {arena_array(arena, struct balance, event->move_count * 2 + 1), 0};
	for (size_t i = 0; i < event->move_count; i++) {
		const struct correction_moves_row *m = &event->moves[i];
		put(&b, m->lot_id, m->holder,
		    (struct deed_counts){.of = {m->on_hand, m->in_transit, m->sold, m->destroyed, m->claimed,
						m->own, m->total, m->lot_destroyed, m->outside}});
	}
	settle(&b);
	return b;
}

/* What arrived of a lot with this receipt. NULL: none of it came with the shipment. */
static const struct recount_shipments_row *shipped_of(const struct recounted *event, struct uuid lot)
{
	for (size_t i = 0; i < event->shipment_count; i++)
		if (uuid_equal(event->shipment[i].lot_id, lot) &&
		    uuid_equal(event->shipment[i].receipt, event->row->id))
			return &event->shipment[i];
	return NULL;
}

/* A partner need not say who sent what came with a shipment. */
static struct uuid side_of(const struct recounted *event, size_t line, int side)
{
	const struct recount_shipments_row *shipped =
		event->deed.kind->class == RECORD_RECEIVE ? shipped_of(event, event->lots[line]->id) : NULL;
	return side == DEED_FROM && shipped && uuid_is_nil(event->sides[side]) ? shipped->from_party
									       : event->sides[side];
}

/* What the body alone does not say. */
static struct deed_facts facts_of(const struct recounted *event, size_t line, struct decimal amount)
{
	const struct recount_things_row *lot = event->lots[line];
	const struct recount_shipments_row *shipped = shipped_of(event, lot->id);
	struct deed_facts facts = {.amount = amount, .by_shipment = shipped != NULL};
	for (int side = 0; side < DEED_SIDES; side++) {
		const struct uuid party = side_of(event, line, side);
		facts.known[side] =
			!uuid_is_nil(party) && (side == DEED_ACTING || !uuid_equal(party, event->row->party));
		facts.issuer[side] = facts.known[side] && uuid_equal(lot->org_id, party);
	}
	if (shipped && shipped->base.known)
		facts.shipped = shipped->base.value;
	facts.withdrawn = shipped && str_equal(shipped->state, STR("withdrawn"));
	return facts;
}

/* The amount of a line: as the body says it, else as the link that was made of it does. */
static bool line_amount(const struct recounted *event, size_t line, struct decimal *ret)
{
	const struct recount_links_row *link = recount_link(event, line);
	if (recount_amount(event, line, ret))
		return true;
	if (event->deed.of_partner || !link || !link->base.known)
		return false;
	*ret = link->base.value;
	return true;
}

static bool moves_goods(const struct deed *deed)
{
	switch ((int)deed->kind->class) {
	case RECORD_CREATE:
	case RECORD_TRANSFORM:
	case RECORD_SHIP:
	case RECORD_RETURN:
	case RECORD_RECEIVE:
	case RECORD_SELL:
	case RECORD_DESTROY:
		return !deed->declaration;
	default:
		return deed->removes && !deed->declaration;
	}
}

/* A partner tells what others make, too: that is not counted. */
static bool is_counted(const struct recounted *event, size_t line)
{
	const struct recount_links_row *link = recount_link(event, line);
	return !event->deed.of_partner || event->deed.lines[line].role != DEED_OUTPUT ||
	       (link && link->counted);
}

/* A shipment is settled lot by lot, in however many lines it tells of one. */
static bool arrived_together(const struct recounted *event, size_t line, struct decimal *amount)
{
	struct decimal more;
	for (size_t i = 0; i < event->deed.count; i++) {
		if (i == line || !event->lots[i] || !uuid_equal(event->lots[i]->id, event->lots[line]->id) ||
		    !line_amount(event, i, &more))
			continue;
		if (i < line)
			return false;
		*amount = decimal_add(*amount, more);
	}
	return true;
}

/* false: an amount cannot be derived any more, as of packages whose size was another then. */
static bool derived_moves(struct arena *arena, const struct recounted *event, struct balances *ret)
{
	const struct deed *deed = &event->deed;
	struct balances b = {arena_array(arena, struct balance, deed->count * DEED_SIDES * 2 + 1), 0};
	for (size_t i = 0; moves_goods(deed) && recount_stands(event) && i < deed->count; i++) {
		struct deed_counts effect[DEED_SIDES];
		struct decimal amount;
		if (!event->lots[i])
			continue;
		if (!line_amount(event, i, &amount))
			return false;
		bool by_shipment =
			deed->kind->class == RECORD_RECEIVE && shipped_of(event, event->lots[i]->id);
		if (!is_counted(event, i) || (by_shipment && !arrived_together(event, i, &amount)))
			continue;
		const struct deed_facts facts = facts_of(event, i, amount);
		deed_effect(deed, &deed->lines[i], &facts, effect);
		for (int side = 0; side < DEED_SIDES; side++)
			put(&b, event->lots[i]->id, side_of(event, i, side), effect[side]);
	}
	settle(&b);
	*ret = b;
	return true;
}

static void tell_move(struct recount *r, const struct recounted *event, const struct balance *owner,
		      const struct balance *stored, const struct balance *derived)
{
	static const struct balance none;
	struct str holder = uuid_is_nil(owner->holder) ? STR("the lot") : uuid_print(r->arena, owner->holder);
	struct str subject = arena_printf(r->arena, "%.*s %.*s of %.*s", STR_ARGS(event->name),
					  STR_ARGS(uuid_print(r->arena, owner->lot)), STR_ARGS(holder));
	recount_tell(r, "move", subject, deed_counts_print(r->arena, (stored ? stored : &none)->counts),
		     deed_counts_print(r->arena, (derived ? derived : &none)->counts));
}

void recount_moves_of(struct recount *r, struct recounted *event)
{
	struct balances stored = stored_moves(r->arena, event), derived;
	size_t i = 0, k = 0;
	if (!derived_moves(r->arena, event, &derived))
		return;
	while (i < stored.count || k < derived.count) {
		const struct balance *s = i < stored.count ? &stored.items[i] : NULL;
		const struct balance *d = k < derived.count ? &derived.items[k] : NULL;
		int order = !s ? 1 : !d ? -1 : by_owner(s, d);
		if (order < 0)
			tell_move(r, event, s, s, NULL);
		else if (order > 0)
			tell_move(r, event, d, NULL, d);
		else if (!deed_counts_are(s->counts, d->counts))
			tell_move(r, event, s, s, d);
		i += order <= 0;
		k += order >= 0;
	}
}

/* — shipments — */
/* One of the event's, with what it carries. */
struct carried {
	const struct recount_shipments_row *rows;
	size_t count;
};

/* Of a lot: all of it, or what arrived of it with this receipt. A lot may stand in several lines, and these in receipts of their
 * own. */
static struct sql_nullable_decimal sum_of(const struct carried *carried, struct uuid lot,
					  const struct uuid *receipt)
{
	struct sql_nullable_decimal sum = {.known = true};
	for (size_t i = 0; i < carried->count; i++) {
		const struct recount_shipments_row *line = &carried->rows[i];
		const struct sql_nullable_decimal amount = receipt ? line->received : line->base;
		if (!uuid_equal(line->lot_id, lot) || (receipt && !uuid_equal(line->receipt, *receipt)))
			continue;
		sum.known = sum.known && amount.known;
		sum.value = decimal_add(sum.value, amount.value);
	}
	return sum;
}

static bool lines_hold(const struct recounted *event, const struct carried *carried, bool arrived)
{
	const struct uuid *receipt = arrived ? &event->row->id : NULL;
	for (size_t i = 0; i < carried->count; i++) {
		const struct recount_shipments_row *line = &carried->rows[i];
		if (receipt && !uuid_equal(line->receipt, *receipt))
			continue;
		struct decimal sum = {0}, amount;
		bool named = false;
		for (size_t k = 0; k < event->deed.count; k++) {
			if (!event->lots[k] || !uuid_equal(event->lots[k]->id, line->lot_id))
				continue;
			if (!line_amount(event, k, &amount))
				return true;
			named = true;
			sum = decimal_add(sum, amount);
		}
		const struct sql_nullable_decimal stored = sum_of(carried, line->lot_id, receipt);
		if (!uuid_is_nil(line->lot_id) &&
		    (!named || !stored.known || decimal_compare(stored.value, sum) != 0) &&
		    !(event->deed.of_partner && !named))
			return false;
	}
	return true;
}

static bool any_arrived(const struct recounted *event, const struct carried *carried)
{
	for (size_t i = 0; i < carried->count; i++)
		if (uuid_equal(carried->rows[i].receipt, event->row->id))
			return true;
	return false;
}

static bool all_arrived(const struct carried *carried)
{
	for (size_t i = 0; i < carried->count; i++)
		if (uuid_is_nil(carried->rows[i].receipt))
			return false;
	return true;
}

static void tell_shipment(struct recount *r, const struct recounted *event, struct uuid shipment,
			  struct str stored, const char *derived)
{
	recount_tell(r, "shipment", uuid_print(r->arena, shipment), stored,
		     arena_printf(r->arena, "%s %.*s", derived, STR_ARGS(event->name)));
}

static void recount_carried(struct recount *r, const struct recounted *event, const struct carried *carried)
{
	const struct recount_shipments_row *s = carried->rows;
	bool arrived = event->deed.kind->class == RECORD_RECEIVE;
	bool withdrawn = str_equal(s->state, STR("withdrawn"));
	if (arrived && withdrawn)
		return; /* the sender took it back; the receipt stands without it */
	bool known =
		arrived ? any_arrived(event, carried) : !withdrawn && uuid_equal(s->event, event->row->id);
	if (!known || str_equal(s->state, STR("received")) != all_arrived(carried))
		tell_shipment(r, event, s->id, s->state, arrived ? "received with" : "sent with");
	if (!uuid_equal(arrived ? s->to_party : s->from_party, event->sides[DEED_ACTING]) ||
	    !lines_hold(event, carried, arrived))
		tell_shipment(r, event, s->id, STR("other goods or parties"), "what was said in");
}

void recount_shipments_of(struct recount *r, struct recounted *event)
{
	if (event->deed.declaration || !recount_stands(event))
		return;
	if (!event->shipment_count && !uuid_is_nil(event->row->shipment))
		tell_shipment(r, event, event->row->shipment, STR("nothing"), "a shipment of");
	for (size_t i = 0, end; i < event->shipment_count; i = end) {
		for (end = i + 1; end < event->shipment_count &&
				  uuid_equal(event->shipment[end].id, event->shipment[i].id);)
			end++;
		recount_carried(r, event, &(struct carried){&event->shipment[i], end - i});
	}
}
