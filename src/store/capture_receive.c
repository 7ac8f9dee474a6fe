/* SPDX-License-Identifier: Apache-2.0
 * What arrives: by a shipment, counted or whole, or handed over without one. */
#include "capture_pack_priv.h"

/* What arrived of one line of a shipment. */
struct arrival {
	struct shipment_lines_row *line; /* NULL: handed over without a shipment */
	struct lot_fact *lot;
	struct quantity quantity; /* received, as the event tells it */
	struct decimal shipped, received;
	bool counted; /* the record says how much it was */
};

static enum problem shortage_of(struct batch *batch, struct item *item, struct arrival *arrivals,
				size_t count)
{
	const struct record_shortage *shortage = item->job->record->shortage;
	struct quantity q, net;
	bool has_net;
	struct decimal missing;
	size_t package_count;
	if (!shortage || !shortage->quantity)
		return PROBLEM_NONE;
	if (count != 1)
		return fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "one lot", "/shortage");
	enum problem p = record_amount(shortage->quantity, &q, &net, &has_net);
	const struct lot_fact *lot = arrivals[0].lot;
	const struct package *packages =
		product_packages(batch, map_get(batch->products, MAP_KEY(lot->row.product)), &package_count);
	if (!p)
		p = quantity_in_dimension(&q, has_net ? &net : NULL, (enum dimension)lot->row.dimension,
					  unit_find(lot->row.unit), packages, package_count, &missing);
	if (p)
		return fault_set(item->job->fault, p, "dimension", "/shortage/quantity");
	if (decimal_compare(missing, arrivals[0].shipped) > 0)
		return fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "maximum", "/shortage/quantity");
	struct decimal rest = decimal_sub(arrivals[0].shipped, missing);
	if (arrivals[0].counted && decimal_compare(arrivals[0].received, rest) != 0)
		return fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "contradiction",
				 "/shortage/quantity");
	if (arrivals[0].counted)
		return PROBLEM_NONE;
	const struct unit *unit = unit_base((enum dimension)lot->row.dimension);
	arrivals[0].received = rest;
	arrivals[0].quantity = (struct quantity){.value = decimal_print(batch->arena, rest),
						 .unit = unit ? unit : unit_find(lot->row.unit),
						 .base = rest};
	return PROBLEM_NONE;
}

/* The next line of this lot that was not counted yet. *ret_carried: there is one, counted or not. */
static struct arrival *arrival_of(struct arrival *arrivals, size_t count, const struct lot_fact *lot,
				  bool *ret_carried)
{
	for (size_t i = 0; i < count; i++) {
		if (arrivals[i].lot != lot)
			continue;
		*ret_carried = true;
		if (!arrivals[i].counted)
			return &arrivals[i];
	}
	return NULL;
}

static enum problem not_carried(struct item *item, bool carried, struct place_in where)
{
	return refuse(item, carried ? PROBLEM_FIELD_RANGE : PROBLEM_SHIPMENT_STATE,
		      carried ? "unique" : "carried", where);
}

/* What the units and packs of a receive record are was counted, too. */
static enum problem counted_expanded(struct item *item, struct arrival *arrivals, size_t count)
{
	const struct expanded_line *lines = item->expanded.items;
	for (size_t i = 0; i < item->expanded.count; i++) {
		bool carried = false;
		struct arrival *arrival = arrival_of(arrivals, count, lines[i].lot, &carried);
		if (!arrival)
			return not_carried(
				item, carried,
				(struct place_in){lines[i].of_packs ? "items" : "units", lines[i].unit, ""});
		arrival->counted = true;
		arrival->quantity = lines[i].quantity;
		arrival->received = lines[i].base;
	}
	return PROBLEM_NONE;
}

/* lots[] of a receive record say what was counted; a line that none of them names arrived whole, if it was still on its way. */
static enum problem counted(struct batch *batch, struct item *item, struct arrival *arrivals, size_t count)
{
	const struct record_lot *lots = item->job->record->lots.items;
	for (size_t i = 0; i < item->lot_count; i++) {
		struct lot_fact *lot = batch_lot(batch, &item->lots[i]);
		bool carried = false;
		struct arrival *arrival = lot ? arrival_of(arrivals, count, lot, &carried) : NULL;
		if (!arrival)
			return not_carried(item, carried, (struct place_in){"lots", i, "lot"});
		arrival->counted = true;
		if (!lots[i].quantity)
			continue;
		struct quantity net;
		bool has_net;
		size_t package_count;
		const struct package *packages = product_packages(
			batch, map_get(batch->products, MAP_KEY(lot->row.product)), &package_count);
		enum problem p = record_amount(lots[i].quantity, &arrival->quantity, &net, &has_net);
		if (!p)
			p = quantity_in_dimension(
				&arrival->quantity, has_net ? &net : NULL, (enum dimension)lot->row.dimension,
				unit_find(lot->row.unit), packages, package_count, &arrival->received);
		if (p)
			return fault_set(item->job->fault, p, "dimension", "/lots/%zu/quantity", i);
	}
	return counted_expanded(item, arrivals, count);
}

static enum problem arrivals_of_shipment(struct batch *batch, struct item *item,
					 struct shipment_fact *shipment, struct arrival *ret,
					 size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < shipment->line_count; i++) {
		struct shipment_lines_row *line = &shipment->lines[i];
		if (!uuid_is_nil(line->receipt))
			continue;
		struct arrival arrival = {.line = line,
					  .lot = map_get(batch->lots, MAP_KEY(line->lot_id)),
					  .shipped = line->base,
					  .received = line->base};
		enum problem p = quantity_of(line->value, line->unit, &arrival.quantity);
		if (p || !arrival.lot)
			return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/shipment");
		ret[(*ret_count)++] = arrival;
	}
	enum problem p = counted(batch, item, ret, *ret_count);
	return p ? p : shortage_of(batch, item, ret, *ret_count);
}

static void arrival_apply(struct batch *batch, struct item *item, const struct event_parts *parts,
			  const struct arrival *arrival)
{
	struct holding_fact *from = batch_holding_make(batch, arrival->lot, parts->from->id);
	struct holding_fact *to = batch_holding_make(batch, arrival->lot, parts->acting->id);
	from->row.in_transit = decimal_sub(from->row.in_transit, arrival->shipped);
	to->row.on_hand = decimal_add(to->row.on_hand, arrival->received);
	if (parts->site_count)
		to->row.site = parts->sites[0]->id;
	if (decimal_compare(arrival->received, arrival->shipped) > 0) {
		struct decimal beyond = decimal_sub(arrival->received, arrival->shipped);
		from->row.deficit = decimal_add(from->row.deficit, beyond);
		if (item->shipment
			    .asked) /* without a shipment it is goods that the sender had no record of */
			from->row.claimed = decimal_add(from->row.claimed, beyond);
	}
	from->dirty = to->dirty = true;
	const struct record_shortage *shortage = item->job->record->shortage;
	const struct risk_ledger ledger = {.event = item->job->id,
					   .lot = {arrival->lot->row.org_id, arrival->lot->row.lot_id},
					   .expected = arrival->shipped,
					   .found = arrival->received,
					   .dimension = (enum dimension)arrival->lot->row.dimension,
					   .reason_given =
						   shortage ? shortage->reason : (struct str){NULL, 0}};
	struct risk_findings findings = {0};
	bool differs = decimal_compare(arrival->received, arrival->shipped) != 0;
	if (differs && !item->shipment.asked)
		(void)short_note(batch, item, arrival->lot, from, &ledger);
	else if (differs)
		risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
	alerts_add(batch, item, &findings, arrival->lot->row.org_id, arrival->lot->row.product,
		   arrival->lot->row.region);
}

void line_arrive(const struct item *item, struct shipment_lines_row *line, struct decimal received)
{
	line->received = received;
	line->receipt_org = item->recorder;
	line->receipt = item->job->id;
}

void shipment_settle(struct shipment_fact *shipment)
{
	bool arrived = true;
	for (size_t i = 0; i < shipment->line_count; i++)
		arrived = arrived && !uuid_is_nil(shipment->lines[i].receipt);
	shipment->row.state = arrived ? STR("received") : STR("in_transit");
	shipment->dirty = true;
}

bool shipment_has_receipt(const struct shipment_fact *shipment)
{
	for (size_t i = 0; i < shipment->line_count; i++)
		if (!uuid_is_nil(shipment->lines[i].receipt))
			return true;
	return false;
}

static enum problem find_shipment(struct batch *batch, struct item *item, struct event_parts *parts,
				  struct shipment_fact **ret)
{
	const struct item *maker = batch_record(batch, &item->shipment);
	struct shipment_fact *shipment = maker ? maker->made_shipment : NULL;
	if (item->shipment.found)
		shipment = map_get(batch->shipments, MAP_KEY(item->shipment.id.lot));
	if (!shipment || uuid_is_nil(shipment->row.id) ||
	    !uuid_equal(shipment->row.to_party, parts->acting->id))
		return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/shipment");
	if (!str_equal(shipment->row.state, STR("in_transit")))
		return fault_set(item->job->fault, PROBLEM_SHIPMENT_STATE, "state", "/shipment");
	parts->from = map_get(batch->parties, MAP_KEY(shipment->row.from_party));
	if (!parts->from)
		return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/shipment");
	*ret = shipment;
	return PROBLEM_NONE;
}

/* Without a shipment: handed over by `from`, who never recorded sending it. */
static enum problem arrivals_direct(struct batch *batch, struct item *item, struct event_parts *parts,
				    struct arrival *ret)
{
	for (size_t i = 0; i < item->line_count; i++) {
		struct input_plan plan;
		enum problem p = input_plan(batch, item, i, parts->from, &plan);
		if (p)
			return p;
		if (!plan.holding)
			return refuse(
				item, PROBLEM_NOT_KNOWN_YET, "known",
				(struct place_in){plan.list, plan.index, i < item->lot_count ? "lot" : ""});
		p = hold_check(batch, item, &plan, parts->from->id);
		if (p)
			return p;
		ret[i] = (struct arrival){.lot = plan.lot,
					  .quantity = plan.quantity,
					  .shipped = plan.base,
					  .received = plan.base};
	}
	return PROBLEM_NONE;
}

/* The receiver's word alone takes the sender's stock: the answer says so. The sender can have sent what it had in stock, and no more: the rest becomes its deficit, and a finding, as with a
 * shipment of which more arrived than was sent. Goods in transit belong to their shipment. */
static void direct_take(struct batch *batch, struct item *item, const struct event_parts *parts,
			struct arrival *arrival)
{
	lot_leaves(batch, item, arrival->lot, parts->from->id, arrival->received);
	item_warn(batch, item, WARNING_NOT_SHIPPED, STR(""));
	struct holding_fact *from = batch_holding_make(batch, arrival->lot, parts->from->id);
	if (decimal_compare(from->row.on_hand, arrival->shipped) < 0)
		arrival->shipped = from->row.on_hand;
	from->row.on_hand = decimal_sub(from->row.on_hand, arrival->shipped);
	/* arrival_apply takes it out of what is in transit: goods that were never sent pass through it. */
	from->row.in_transit = decimal_add(from->row.in_transit, arrival->shipped);
}

static void receive_parts(struct batch *batch, struct event_parts *parts, const struct arrival *arrivals,
			  size_t count)
{
	parts->output_count = count;
	parts->outputs = arena_array(batch->arena, struct epcis_thing, count);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, count);
	for (size_t i = 0; i < count; i++) {
		parts->output_lots[i] = arrivals[i].lot;
		parts->outputs[i] = thing_of_lot(batch, arrivals[i].lot, &arrivals[i].quantity, NULL);
	}
}

enum problem decide_receive(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct shipment_fact *shipment = NULL;
	enum problem p = item->shipment.asked ? find_shipment(batch, item, parts, &shipment)
					      : find_party(batch, item, &item->from, "/from", &parts->from);
	/* Nobody's stock grows by handing it over to himself. */
	if (!p && uuid_equal(parts->from->id, parts->acting->id))
		p = fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "other", "/from");
	if (p)
		return p;
	size_t count = shipment ? shipment->line_count : item->line_count;
	struct arrival *arrivals = arena_array(batch->arena, struct arrival, count);
	p = shipment ? arrivals_of_shipment(batch, item, shipment, arrivals, &count)
		     : arrivals_direct(batch, item, parts, arrivals);
	if (p)
		return p;
	for (size_t i = 0; i < count; i++) {
		if (shipment)
			line_arrive(item, arrivals[i].line, arrivals[i].received);
		else
			direct_take(batch, item, parts, &arrivals[i]);
		arrival_apply(batch, item, parts, &arrivals[i]);
	}
	if (shipment) {
		shipment_settle(shipment);
		item->shipment_fact = shipment;
		struct str id = shipment_id_print(batch->arena,
						  (struct lot_id){shipment->row.org_id, shipment->row.id});
		parts->shipment_uri =
			arena_printf(batch->arena, "%.*s/u/%.*s", STR_ARGS(parts->from->uri), STR_ARGS(id));
	}
	receive_parts(batch, parts, arrivals, count);
	return event_store(batch, item, parts);
}
