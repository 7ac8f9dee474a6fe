/* SPDX-License-Identifier: Apache-2.0
 * Decides partners' events. What they tell has happened, so nothing is refused for want of stock: what is missing becomes the
 * party's deficit and, where it is known how much there was, a finding. A later event that brings goods pays deficits
 * first: the stock is the same in whatever order documents arrive. */
#include "capture_partner_priv.h"

#include "ft/crypto/random.h"

/* Rec 21 codes of packages stand with an X in front among the units of Rec 20, and often without it in documents. */
static const struct unit *unit_told(struct arena *arena, struct str uom)
{
	if (!uom.at)
		return unit_find(STR("H87"));
	const struct unit *unit = unit_find(uom);
	return unit ? unit : unit_find(arena_printf(arena, "X%.*s", STR_ARGS(uom)));
}

static bool quantity_told(struct arena *arena, const struct epcis_mention *mention, struct quantity *ret)
{
	struct str value = mention->instance ? STR("1") : mention->quantity;
	const struct unit *unit = unit_told(arena, mention->uom);
	return value.at && unit && !quantity_of(value, str_of(unit->code), ret);
}

static void measure_in(struct lot_fact *lot, const struct quantity *q)
{
	lot->row.dimension = q->unit->dimension;
	lot->row.unit = str_of(q->unit->code);
}

static struct lot_fact *lot_told_of(struct batch *batch, struct item *item, size_t index)
{
	const struct goods *goods = &item->goods[index];
	const struct named *named = &item->output_products[index];
	const struct capture_products_row *product =
		named->found ? map_get(batch->products, MAP_KEY(named->id.lot)) : NULL;
	const struct output_ids ids = item_output_ids(batch, item, index);
	struct lot_fact *lot = arena_new(batch->arena, struct lot_fact);
	uint8_t *salt = arena_alloc(batch->arena, LOT_SALT_LEN);
	random_fill(salt, LOT_SALT_LEN);
	lot->is_new = true;
	lot->row = (struct capture_lots_lock_row){
		.org_id = product ? product->party : item->acting,
		.lot_id = ids.lot,
		.number = goods->number,
		.uri = goods->uri,
		.code = lot_free_code(batch, &ids),
		.product = product ? product->id : (struct uuid){{0}},
		.commodity = product ? product->commodity : STR("unknown"),
		.dimension = product ? unit_find(product->unit)->dimension : DIMENSION_COUNT,
		.unit = product ? product->unit : STR(""),
		.created_event = item->job->id,
		.event_time = item->time.at_us,
		.offset_min = item->time.offset_min,
		.produced_day = instant_day(item->time),
		.salt = {salt, LOT_SALT_LEN},
		.version = item->recorded_us,
	};
	map_set(batch->lots, MAP_KEY(lot->row.lot_id), lot);
	/* Lots of two products may have one number in documents; here it names the first. */
	lot_file(batch, lot, product ? &batch->things_again : NULL);
	return lot;
}

static void tell_amount(struct batch *batch, struct told *told, const struct goods *goods)
{
	struct quantity q;
	size_t count;
	if (!quantity_told(batch->arena, goods->mention, &q))
		return;
	told->thing.quantity = q;
	if (!told->lot->row.unit.len)
		measure_in(told->lot, &q);
	const struct package *packages =
		product_packages(batch, map_get(batch->products, MAP_KEY(told->lot->row.product)), &count);
	told->measured = !quantity_in_dimension(&q, NULL, (enum dimension)told->lot->row.dimension,
						unit_find(told->lot->row.unit), packages, count, &told->base);
	told->thing.uncounted = !told->measured;
	if (told->measured)
		told->thing.quantity.base = told->base;
}

/* Entries of the same goods, each in a measure of its own: their sum in the lot's, if all of them say how much. */
static void add_up(struct batch *batch, struct told *told)
{
	struct decimal sum = {0};
	bool measured = true;
	for (const struct goods *goods = told->goods; goods; goods = goods->again) {
		struct told one = {.lot = told->lot};
		tell_amount(batch, &one, goods);
		measured = measured && one.measured;
		sum = decimal_add(sum, one.base);
	}
	if (!measured)
		return;
	const struct unit *base = unit_base((enum dimension)told->lot->row.dimension);
	told->measured = true;
	told->base = sum;
	told->thing.quantity = (struct quantity){.value = decimal_print(batch->arena, sum),
						 .unit = base ? base : unit_find(told->lot->row.unit),
						 .base = sum};
}

static struct told tell(struct batch *batch, struct item *item, size_t index)
{
	struct told told = {.goods = &item->goods[index], .lot = batch_lot(batch, &item->output_lots[index])};
	if (!told.lot)
		told.lot = lot_told_of(batch, item, index);
	told.thing = thing_of_lot(batch, told.lot, NULL, NULL);
	if (told.goods->again)
		add_up(batch, &told);
	else
		tell_amount(batch, &told, told.goods);
	return told;
}

static struct told_list tell_all(struct batch *batch, struct item *item, enum epcis_role role)
{
	struct told_list list = {arena_array(batch->arena, struct told, item->output_count), 0};
	for (size_t i = 0; i < item->output_count; i++)
		if (item->goods[i].mention->role == role)
			list.items[list.count++] = tell(batch, item, i);
	return list;
}

/* A record would be refused for it; this has happened. */
static void warn_of_hold(struct batch *batch, struct item *item, const struct lot_fact *lot,
			 struct uuid holder)
{
	if (hold_binds(batch, lot, holder))
		item_warn(batch, item, WARNING_LOT_ON_HOLD, STR(""));
}

/* Somebody has or had goods of which the event does not say how much: told beside the stock, which stays as it was. Who names
 * a registered lot that it does not know otherwise learns nothing by it: nobody's stock would show that it was named. */
static void note_uncounted(struct batch *batch, struct item *item, const struct told *told,
			   struct uuid holder)
{
	item_warn(batch, item, WARNING_NOT_COUNTED, STR(""));
	if (!lot_is_registered(told->lot) || lot_known_to(batch, item, told->lot, item->acting))
		batch_holding_make(batch, told->lot, holder)->dirty = true;
}

/* What was there goes; the rest is owed. */
static struct holding_fact *take(struct batch *batch, struct item *item, const struct told *told,
				 struct uuid holder)
{
	struct holding_fact *holding = batch_holding_make(batch, told->lot, holder);
	bool enough = decimal_compare(holding->row.on_hand, told->base) >= 0;
	struct decimal taken = enough ? told->base : holding->row.on_hand;
	holding->row.on_hand = decimal_sub(holding->row.on_hand, taken);
	holding->row.deficit = decimal_add(holding->row.deficit, decimal_sub(told->base, taken));
	holding->dirty = true;
	if (!enough)
		short_note(batch, item, told->lot, holding, /* ledger */ NULL)->warns = true;
	return holding;
}

/* What comes pays what is owed first. */
static void give(struct batch *batch, struct item *item, const struct told *told, struct uuid holder)
{
	struct holding_fact *holding = batch_holding_make(batch, told->lot, holder);
	bool owed = decimal_compare(holding->row.deficit, told->base) >= 0;
	struct decimal paid = owed ? told->base : holding->row.deficit;
	holding->row.deficit = decimal_sub(holding->row.deficit, paid);
	holding->row.on_hand = decimal_add(holding->row.on_hand, decimal_sub(told->base, paid));
	holding->dirty = true;
	if (!decimal_is_zero(holding->row.deficit))
		(void)short_note(batch, item, told->lot, holding, /* ledger */ NULL);
}

/* A lot's own party alone says where it comes from; one whose product nobody registered here has none. */
bool partner_may_make(const struct item *item, const struct lot_fact *lot)
{
	return !lot_is_registered(lot) || uuid_equal(lot->row.org_id, item->acting) ||
	       job_is_unbounded(item->job);
}

static void place_lot(struct batch *batch, const struct item *item, const struct event_parts *parts,
		      struct lot_fact *lot)
{
	if (lot->made && item->time.at_us <= lot->row.event_time)
		lot_tell_beginning(batch, item, lot);
	if (!lot->is_new || !uuid_equal(lot->row.created_event, item->job->id))
		return;
	if (parts->site_count) {
		lot->row.site = parts->sites[0]->id;
		lot->row.region = parts->sites[0]->region;
	}
	lot->row.place = parts->place;
}

static void make(struct batch *batch, struct item *item, const struct event_parts *parts, struct told *told,
		 bool own)
{
	if (!partner_may_make(item, told->lot)) {
		told->thing.quantity.unit = NULL; /* said by another: told, not counted */
		return;
	}
	place_lot(batch, item, parts, told->lot);
	if (!told->measured) {
		note_uncounted(batch, item, told, item->acting);
		return;
	}
	if (own)
		told->lot->row.own = decimal_add(told->lot->row.own, told->base);
	told->lot->row.total = decimal_add(told->lot->row.total, told->base);
	lot_settle(batch, item, told->lot);
	give(batch, item, told, item->acting);
}

static void transform(struct batch *batch, struct item *item, const struct event_parts *parts,
		      const struct told_list *in, const struct told_list *out)
{
	for (size_t i = 0; i < in->count; i++) {
		warn_of_hold(batch, item, in->items[i].lot, item->acting);
		if (in->items[i].measured)
			(void)take(batch, item, &in->items[i], item->acting);
		else
			note_uncounted(batch, item, &in->items[i], item->acting);
	}
	partner_add_edges(batch, item, in, out);
	for (size_t i = 0; i < out->count; i++)
		make(batch, item, parts, &out->items[i], /* own */ false);
}

/* — goods that move — */
static struct lot_id shipment_id_of(const struct item *item)
{
	struct sha256 h =
		sha256_of_parts((const struct bytes[]){str_bytes(STR("shipment")),
						       {item->job->id.octets, sizeof item->job->id.octets}},
				2);
	return (struct lot_id){item->acting, uuid_v7(item->time.at_us, h.octets)};
}

static void add_line(struct batch *batch, struct shipment_fact *fact, const struct told *told)
{
	(void)batch;
	fact->lines[fact->line_count] =
		(struct shipment_lines_row){.org_id = fact->row.org_id,
					    .shipment = fact->row.id,
					    .n = (int64_t)fact->line_count,
					    .lot_org = told->lot->row.org_id,
					    .lot_id = told->lot->row.lot_id,
					    .value = told->thing.quantity.value,
					    .unit = str_of(told->thing.quantity.unit->code),
					    .base = told->base};
	fact->line_count++;
}

/* To a party registered here the goods are on their way until it receives them; to anybody else they have left. */
static void ship(struct batch *batch, struct item *item, struct event_parts *parts,
		 const struct told_list *list)
{
	const struct lot_id id = shipment_id_of(item);
	struct shipment_fact *fact = arena_new(batch->arena, struct shipment_fact);
	fact->row = (struct shipments_lock_row){.org_id = id.org,
						.id = id.lot,
						.from_party = item->acting,
						.event = item->job->id,
						.shipped_at = item->time.at_us,
						.state = STR("in_transit")};
	fact->lines = arena_array(batch->arena, struct shipment_lines_row, list->count);
	bool known = parts->to && !uuid_equal(parts->to->id, item->acting);
	for (size_t i = 0; i < list->count; i++) {
		const struct told *told = &list->items[i];
		warn_of_hold(batch, item, told->lot, item->acting);
		if (!told->measured)
			note_uncounted(batch, item, told, item->acting);
		if (!told->measured && known)
			note_uncounted(batch, item, told, parts->to->id);
		if (!told->measured)
			continue;
		struct holding_fact *from = take(batch, item, told, item->acting);
		from->row.in_transit = decimal_add(from->row.in_transit, told->base);
		lot_leaves(batch, item, told->lot, item->acting, told->base);
		if (!known)
			continue;
		batch_holding_make(batch, told->lot, parts->to->id)->dirty = true;
		add_line(batch, fact, told);
	}
	if (!fact->line_count)
		return;
	fact->row.to_party = parts->to->id;
	fact->dirty = true;
	item->made_shipment = item->shipment_fact = fact;
	item->shipment_json = shipment_id_print(batch->arena, id);
	map_set(batch->shipments, MAP_KEY(fact->row.id), fact);
}

/* From a party registered here: out of its stock. From anywhere else: goods that are here already were received before; what
 * is not came from outside of all that is recorded, and is owed until somebody says where it came from. */
static void receive_direct(struct batch *batch, struct item *item, const struct event_parts *parts,
			   const struct told *told)
{
	bool known = parts->from && !uuid_equal(parts->from->id, item->acting);
	if (known) {
		warn_of_hold(batch, item, told->lot, parts->from->id);
		item_warn(batch, item, WARNING_NOT_SHIPPED, STR(""));
		(void)take(batch, item, told, parts->from->id);
		give(batch, item, told, item->acting);
		return;
	}
	struct holding_fact *here = batch_holding_make(batch, told->lot, item->acting);
	if (decimal_compare(here->row.on_hand, told->base) >= 0)
		return;
	struct decimal missing = decimal_sub(told->base, here->row.on_hand);
	here->row.on_hand = told->base;
	here->row.deficit = decimal_add(here->row.deficit, missing);
	here->dirty = true;
	(void)short_note(batch, item, told->lot, here, /* ledger */ NULL);
}

static void receive(struct batch *batch, struct item *item, struct event_parts *parts,
		    const struct told_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		partner_receipt_note(batch, item, parts, &list->items[i]);
	for (size_t i = 0; i < list->count; i++) {
		const struct lot_fact *lot = list->items[i].lot;
		partner_receipts_pair(batch, item, (struct lot_id){lot->row.org_id, lot->row.lot_id},
				      item->acting, item->recorded_us);
	}
	for (size_t i = 0; i < list->count; i++) {
		const struct told *told = &list->items[i];
		if (partner_receipt_is_paired(batch, item, told->lot))
			continue;
		if (told->measured)
			receive_direct(batch, item, parts, told);
		else
			note_uncounted(batch, item, told, item->acting);
	}
}

static void consume(struct batch *batch, struct item *item, const struct told_list *list, bool sold)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct told *told = &list->items[i];
		if (sold)
			warn_of_hold(batch, item, told->lot, item->acting);
		if (!told->measured) {
			note_uncounted(batch, item, told, item->acting);
			continue;
		}
		struct holding_fact *holding = take(batch, item, told, item->acting);
		if (sold) {
			holding->row.sold = decimal_add(holding->row.sold, told->base);
			*ROW_ADD(batch, sold, struct uuid) = told->lot->row.lot_id;
		} else {
			holding->row.destroyed = decimal_add(holding->row.destroyed, told->base);
		}
	}
}

static void move(struct batch *batch, struct item *item, struct event_parts *parts, struct told_list *list)
{
	const struct epcis_event *event = item->job->event;
	enum record_class class = item->job->kind->class;
	bool whole = event->type == EPCIS_OBJECT;
	bool passes_on = class == RECORD_SHIP || class == RECORD_RECEIVE || class == RECORD_SELL;
	if (passes_on && !list->count && event->mention_count) /* only what holds goods is named */
		item_warn(batch, item, WARNING_NOT_COUNTED, STR(""));
	if (class == RECORD_SHIP)
		ship(batch, item, parts, list);
	else if (class == RECORD_RECEIVE)
		receive(batch, item, parts, list);
	else if (class == RECORD_SELL)
		consume(batch, item, list, /* sold */ true);
	else if (whole && str_equal(event->action, STR("DELETE")))
		consume(batch, item, list, /* sold */ false);
}

/* — the event — */
static void find_place(struct batch *batch, struct item *item, struct event_parts *parts)
{
	const struct epcis_event *event = item->job->event;
	const struct capture_sites_row *site =
		item->sites[0].found ? map_get(batch->sites, MAP_KEY(item->sites[0].id.lot)) : NULL;
	if (site && may_act_for(batch, item->job, site->party)) {
		parts->sites = arena_array(batch->arena, const struct capture_sites_row *, 1);
		parts->sites[0] = site;
		parts->site_count = 1;
		return;
	}
	parts->place = event->biz_location.at ? event->biz_location : event->read_point;
}

static void put_things(struct batch *batch, const struct told_list *list, struct epcis_thing **ret_things,
		       struct lot_fact ***ret_lots, size_t *ret_count)
{
	*ret_things = arena_array(batch->arena, struct epcis_thing, list->count);
	*ret_lots = arena_array(batch->arena, struct lot_fact *, list->count);
	*ret_count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		(*ret_things)[i] = list->items[i].thing;
		(*ret_lots)[i] = list->items[i].lot;
	}
}

static const struct capture_parties_row *party_of(struct batch *batch, const struct named *named)
{
	return named->found ? map_get(batch->parties, MAP_KEY(named->id.lot)) : NULL;
}

enum problem decide_partner(struct batch *batch, struct item *item, struct event_parts *parts)
{
	const struct epcis_event *event = item->job->event;
	parts->to = party_of(batch, &item->to);
	parts->from = party_of(batch, &item->from);
	partner_sort_units(batch, item);
	enum problem p = partner_check_known(batch, item, parts);
	if (!p)
		p = aggregate_check(batch, item);
	if (!p)
		p = partner_check_declaration(batch, item);
	if (!p && event->type == EPCIS_TRANSFORMATION)
		p = partner_check_cycle(batch, item);
	if (p)
		return p;
	struct told_list in = tell_all(batch, item, EPCIS_INPUT), out = tell_all(batch, item, EPCIS_OUTPUT),
			 rest = tell_all(batch, item, EPCIS_THING);
	find_place(batch, item, parts);
	if (event->is_declaration) {
		/* what was wrong is told again; its goods move nowhere by that */
	} else if (event->type == EPCIS_TRANSFORMATION) {
		transform(batch, item, parts, &in, &out);
	} else {
		for (size_t i = 0; i < out.count; i++)
			make(batch, item, parts, &out.items[i], /* own */ true);
		move(batch, item, parts, &rest);
		aggregate_apply(batch, item, &rest);
	}
	put_things(batch, &in, &parts->inputs, &parts->input_lots, &parts->input_count);
	put_things(batch, out.count ? &out : &rest, &parts->outputs, &parts->output_lots,
		   &parts->output_count);
	p = event_store(batch, item, parts);
	if (!p)
		partner_declare(batch, item);
	return p;
}
