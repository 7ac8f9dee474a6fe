/* SPDX-License-Identifier: Apache-2.0
 * Decides each record of a batch in order. A refused record leaves no trace in the facts: everything is checked before
 * anything is changed. */
#include "capture_priv.h"

static enum problem find_party(struct batch *batch, struct item *item, const struct named *named,
			       const char *pointer, const struct capture_parties_row **ret)
{
	const struct capture_parties_row *row =
		named->found ? map_get(batch->parties, MAP_KEY(named->id.lot)) : NULL;
	if (!row)
		return fault_set(item->job->fault, PROBLEM_REFERENCE_UNKNOWN, "registered", "%s", pointer);
	*ret = row;
	return PROBLEM_NONE;
}

bool job_is_unbounded(const struct capture_job *job)
{
	return !job->party_count && !job->region.at;
}

static bool region_has(const struct batch *batch, struct str region, struct uuid party)
{
	const struct capture_region_parties_row *rows = batch->region_parties.items;
	for (size_t i = 0; i < batch->region_parties.count; i++)
		if (uuid_equal(rows[i].party, party) && str_equal(rows[i].region, region))
			return true;
	return false;
}

bool job_lists(const struct capture_job *job, struct uuid party)
{
	for (size_t i = 0; i < job->party_count; i++)
		if (uuid_equal(job->parties[i], party))
			return true;
	return !job->party_count;
}

bool may_act_for(const struct batch *batch, const struct capture_job *job, struct uuid party)
{
	return job_lists(job, party) && (!job->region.at || region_has(batch, job->region, party));
}

static enum problem find_actors(struct batch *batch, struct item *item, struct event_parts *ret)
{
	if ((item->party.asked && !item->party.found) || !may_act_for(batch, item->job, item->acting))
		return fault_set(item->job->fault, PROBLEM_NOT_FOUND, "visible", "/party");
	ret->acting = map_get(batch->parties, MAP_KEY(item->acting));
	ret->recorder = map_get(batch->parties, MAP_KEY(item->recorder));
	if (!ret->acting || !ret->recorder)
		return fault_set(item->job->fault, PROBLEM_NOT_FOUND, "visible", "/party");
	if (ret->acting->erased || ret->recorder->erased)
		return PROBLEM_ERASED;
	return find_key(batch, item);
}

static enum problem find_sites(struct batch *batch, struct item *item, struct event_parts *ret)
{
	bool one = item->job->record->site.at != NULL;
	ret->sites = arena_array(batch->arena, const struct capture_sites_row *, item->site_count);
	ret->site_count = item->site_count;
	for (size_t i = 0; i < item->site_count; i++) {
		ret->sites[i] =
			item->sites[i].found ? map_get(batch->sites, MAP_KEY(item->sites[i].id.lot)) : NULL;
		if (ret->sites[i] && (uuid_equal(ret->sites[i]->party, item->acting) ||
				      may_act_for(batch, item->job, ret->sites[i]->party)))
			continue;
		return one && i == 0 ? fault_set(item->job->fault, PROBLEM_NOT_FOUND, "visible", "/site")
				     : fault_set(item->job->fault, PROBLEM_NOT_FOUND, "visible", "/sites/%zu",
						 i - (one ? 1 : 0));
	}
	return PROBLEM_NONE;
}

static enum problem decide_observe(struct batch *batch, struct item *item, struct event_parts *parts)
{
	if (item->lot.asked) {
		struct lot_fact *lot = batch_lot(batch, &item->lot);
		if (!lot || (!job_is_unbounded(item->job) && !uuid_equal(lot->row.org_id, item->acting) &&
			     !batch_holding(batch, (struct lot_id){lot->row.org_id, lot->row.lot_id},
					    item->acting))) {
			(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/lot");
			item->job->fault->value = item->job->record->lot;
			return PROBLEM_NOT_KNOWN_YET;
		}
		parts->output_count = 1;
		parts->outputs = arena_new(batch->arena, struct epcis_thing);
		parts->output_lots = arena_array(batch->arena, struct lot_fact *, 1);
		parts->output_lots[0] = lot;
		parts->outputs[0] = thing_of_lot(batch, lot, NULL, NULL);
	}
	enum problem p = event_store(batch, item, parts);
	if (!p)
		alerts_of_use(batch, item, parts);
	return p;
}

static enum problem decide_create(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct output_plan plan;
	enum problem p = output_plan(batch, item, 0, parts->acting, &plan);
	if (p)
		return p;
	struct lot_fact *lot =
		output_apply(batch, item, 0, parts->acting, parts->sites[0], &plan, /* own */ true);
	parts->output_count = 1;
	parts->outputs = arena_new(batch->arena, struct epcis_thing);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, 1);
	parts->output_lots[0] = lot;
	parts->outputs[0] = thing_of_lot(batch, lot, &plan.quantity, plan.has_net ? &plan.net : NULL);
	p = event_store(batch, item, parts);
	if (!p)
		alerts_of_harvest(batch, item, parts);
	return p;
}

void item_warn(struct batch *batch, struct item *item, const char *word)
{
	const struct str *words = item->warnings.items;
	for (size_t i = 0; i < item->warnings.count; i++)
		if (str_equal(words[i], str_of(word)))
			return;
	*(struct str *)rows_add(batch->arena, &item->warnings, sizeof(struct str)) = str_of(word);
}

enum problem plan_lines(struct batch *batch, struct item *item, struct event_parts *parts,
			struct input_plan **ret)
{
	struct input_plan *plans = arena_array(batch->arena, struct input_plan, item->line_count);
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < item->line_count; i++)
		p = input_plan(batch, item, i, parts->acting, &plans[i]);
	if (!p)
		p = inputs_check_stock(batch, item, plans, item->line_count);
	bool goes_on = item->job->kind->class == RECORD_SHIP || item->job->kind->class == RECORD_SELL;
	for (size_t i = 0; !p && goes_on && i < item->line_count; i++)
		p = hold_check(batch, item, &plans[i], item->acting);
	if (p)
		return p;
	parts->output_count = item->line_count;
	parts->outputs = arena_array(batch->arena, struct epcis_thing, item->line_count);
	parts->output_lots = arena_array(batch->arena, struct lot_fact *, item->line_count);
	for (size_t i = 0; i < item->line_count; i++) {
		parts->output_lots[i] = plans[i].lot;
		parts->outputs[i] = thing_of_lot(batch, plans[i].lot, &plans[i].quantity,
						 plans[i].has_net ? &plans[i].net : NULL);
	}
	*ret = plans;
	return PROBLEM_NONE;
}

static void shipment_make(struct batch *batch, struct item *item, const struct event_parts *parts,
			  const struct input_plan *plans, struct lot_id id)
{
	struct shipment_fact *fact = arena_new(batch->arena, struct shipment_fact);
	fact->row = (struct shipments_lock_row){.org_id = id.org,
						.id = id.lot,
						.from_party = parts->acting->id,
						.to_party = parts->to->id,
						.event = item->job->id,
						.shipped_at = item->time.at_us,
						.state = STR("in_transit")};
	fact->vehicle = item->job->record->vehicle;
	fact->line_count = item->line_count;
	fact->lines = arena_array(batch->arena, struct shipment_lines_row, item->line_count);
	for (size_t i = 0; i < item->line_count; i++)
		fact->lines[i] = (struct shipment_lines_row){.org_id = id.org,
							     .shipment = id.lot,
							     .n = (int64_t)i,
							     .lot_org = plans[i].lot->row.org_id,
							     .lot_id = plans[i].lot->row.lot_id,
							     .value = plans[i].quantity.value,
							     .unit = str_of(plans[i].quantity.unit->code),
							     .base = plans[i].base};
	fact->dirty = true;
	fact->anew = item->corrects != NULL;
	item->made_shipment = item->shipment_fact = fact;
	map_set(batch->shipments, MAP_KEY(fact->row.id), fact);
}

static struct lot_id shipment_id_of(const struct item *item)
{
	struct sha256 h =
		sha256_of_parts((const struct bytes[]){str_bytes(STR("shipment")),
						       {item->job->id.octets, sizeof item->job->id.octets}},
				2);
	return (struct lot_id){item->acting, uuid_v7(item->time.at_us, h.octets)};
}

enum problem decide_ship(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct input_plan *plans;
	enum problem p = find_party(batch, item, &item->to, "/to", &parts->to);
	if (!p && uuid_equal(parts->to->id, parts->acting->id))
		p = fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "other", "/to");
	if (!p)
		p = plan_lines(batch, item, parts, &plans);
	if (p)
		return p;
	const struct shipment_fact *goes_on = inherited_shipment(batch, item, parts->to->id);
	struct lot_id shipment =
		goes_on ? (struct lot_id){goes_on->row.org_id, goes_on->row.id} : shipment_id_of(item);
	struct str id = shipment_id_print(batch->arena, shipment);
	for (size_t i = 0; i < item->line_count; i++) {
		struct holding_fact *from = plans[i].holding;
		struct holding_fact *to = batch_holding_make(batch, plans[i].lot, parts->to->id);
		from->row.on_hand = decimal_sub(from->row.on_hand, plans[i].base);
		from->row.in_transit = decimal_add(from->row.in_transit, plans[i].base);
		from->dirty = to->dirty = true;
		lot_leaves(batch, item, plans[i].lot, item->acting, plans[i].base);
		if (item->job->kind->class == RECORD_RETURN)
			lot_comes_back(batch, item, plans[i].lot, parts->to->id, plans[i].base);
	}
	shipment_make(batch, item, parts, plans, shipment);
	parts->shipment_uri =
		arena_printf(batch->arena, "%.*s/u/%.*s", STR_ARGS(parts->acting->uri), STR_ARGS(id));
	item->shipment_json = id;
	return event_store(batch, item, parts);
}

static enum problem decide_sell(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct input_plan *plans;
	enum problem p = plan_lines(batch, item, parts, &plans);
	for (size_t i = 0; !p && i < item->line_count; i++) {
		struct holding_fact *holding = plans[i].holding;
		holding->row.on_hand = decimal_sub(holding->row.on_hand, plans[i].base);
		holding->row.sold = decimal_add(holding->row.sold, plans[i].base);
		holding->dirty = true;
		lot_leaves(batch, item, plans[i].lot, item->acting, plans[i].base);
		*ROW_ADD(batch, sold, struct uuid) = plans[i].lot->row.lot_id;
	}
	return p ? p : event_store(batch, item, parts);
}

/* What arrived of one line of a shipment. */
struct arrival {
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

/* lots[] of a receive record say what was counted; a line that none of them names arrived whole. */
static enum problem counted(struct batch *batch, struct item *item, struct arrival *arrivals, size_t count)
{
	const struct record_lot *lots = item->job->record->lots.items;
	for (size_t i = 0; i < item->lot_count; i++) {
		struct lot_fact *lot = batch_lot(batch, &item->lots[i]);
		bool carried = false;
		struct arrival *arrival = lot ? arrival_of(arrivals, count, lot, &carried) : NULL;
		if (!arrival)
			return carried ? fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "unique",
						   "/lots/%zu/lot", i)
				       : fault_set(item->job->fault, PROBLEM_SHIPMENT_STATE, "carried",
						   "/lots/%zu/lot", i);
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
	return PROBLEM_NONE;
}

static enum problem arrivals_of_shipment(struct batch *batch, struct item *item,
					 struct shipment_fact *shipment, struct arrival *ret)
{
	for (size_t i = 0; i < shipment->line_count; i++) {
		const struct shipment_lines_row *line = &shipment->lines[i];
		struct arrival arrival = {.lot = map_get(batch->lots, MAP_KEY(line->lot_id)),
					  .shipped = line->base,
					  .received = line->base};
		enum problem p = quantity_of(line->value, line->unit, &arrival.quantity);
		if (p || !arrival.lot)
			return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/shipment");
		ret[i] = arrival;
	}
	enum problem p = counted(batch, item, ret, shipment->line_count);
	return p ? p : shortage_of(batch, item, ret, shipment->line_count);
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
	if (decimal_compare(arrival->received, arrival->shipped) != 0)
		risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
	alerts_add(batch, item, &findings, arrival->lot->row.org_id, arrival->lot->row.product,
		   arrival->lot->row.region);
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
	for (size_t i = 0; i < item->lot_count; i++) {
		struct input_plan plan;
		enum problem p = input_plan(batch, item, i, parts->from, &plan);
		if (p)
			return p;
		if (!plan.holding)
			return fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/lots/%zu/lot",
					 i);
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
	item_warn(batch, item, "not-shipped");
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

static enum problem decide_receive(struct batch *batch, struct item *item, struct event_parts *parts)
{
	struct shipment_fact *shipment = NULL;
	enum problem p = item->shipment.asked ? find_shipment(batch, item, parts, &shipment)
					      : find_party(batch, item, &item->from, "/from", &parts->from);
	/* Nobody's stock grows by handing it over to himself. */
	if (!p && uuid_equal(parts->from->id, parts->acting->id))
		p = fault_set(item->job->fault, PROBLEM_FIELD_RANGE, "other", "/from");
	if (p)
		return p;
	size_t count = shipment ? shipment->line_count : item->lot_count;
	struct arrival *arrivals = arena_array(batch->arena, struct arrival, count);
	p = shipment ? arrivals_of_shipment(batch, item, shipment, arrivals)
		     : arrivals_direct(batch, item, parts, arrivals);
	if (p)
		return p;
	for (size_t i = 0; i < count; i++) {
		if (shipment)
			shipment->lines[i].received = arrivals[i].received;
		else
			direct_take(batch, item, parts, &arrivals[i]);
		arrival_apply(batch, item, parts, &arrivals[i]);
	}
	if (shipment) {
		shipment->row.state = STR("received");
		shipment->row.receipt_org = item->recorder;
		shipment->row.receipt = item->job->id;
		shipment->dirty = true;
		item->shipment_fact = shipment;
		struct str id = shipment_id_print(batch->arena,
						  (struct lot_id){shipment->row.org_id, shipment->row.id});
		parts->shipment_uri =
			arena_printf(batch->arena, "%.*s/u/%.*s", STR_ARGS(parts->from->uri), STR_ARGS(id));
	}
	receive_parts(batch, parts, arrivals, count);
	return event_store(batch, item, parts);
}

usec_t recorded_next(struct capture *capture)
{
	pthread_mutex_lock(&capture->clock_lock);
	usec_t now = clock_now();
	capture->last_recorded_us = now > capture->last_recorded_us ? now : capture->last_recorded_us + 1;
	now = capture->last_recorded_us;
	pthread_mutex_unlock(&capture->clock_lock);
	return now;
}

enum problem item_decide(struct batch *batch, struct item *item)
{
	struct event_parts parts = {0};
	if (item->job->kind->class == RECORD_CORRECT)
		return decide_correct(batch, item);
	enum problem p = find_actors(batch, item, &parts);
	if (!p && item->job->event) {
		item->recorded_us = recorded_next(batch->capture);
		return decide_partner(batch, item, &parts);
	}
	if (!p)
		p = find_sites(batch, item, &parts);
	if (p)
		return p;
	if (!item->recorded_us)
		item->recorded_us = recorded_next(batch->capture);
	item->line_count = item->lot_count;
	p = item->job->record->units.count ? units_expand(batch, item, &parts) : PROBLEM_NONE;
	if (p)
		return p;
	switch (item->job->kind->class) {
	case RECORD_OBSERVE:
		return decide_observe(batch, item, &parts);
	case RECORD_CREATE:
		return decide_create(batch, item, &parts);
	case RECORD_TRANSFORM:
		return decide_transform(batch, item, &parts);
	case RECORD_SHIP:
		return decide_ship(batch, item, &parts);
	case RECORD_RECEIVE:
		return decide_receive(batch, item, &parts);
	case RECORD_SELL:
		return decide_sell(batch, item, &parts);
	case RECORD_STORE:
		return decide_store(batch, item, &parts);
	case RECORD_LOOK:
		return decide_look(batch, item, &parts);
	case RECORD_HOLD:
		return decide_hold(batch, item, &parts);
	case RECORD_RELEASE:
		return decide_release(batch, item, &parts);
	case RECORD_DESTROY:
		return decide_destroy(batch, item, &parts);
	case RECORD_RETURN:
		return decide_return(batch, item, &parts);
	case RECORD_TEST:
		return decide_test(batch, item, &parts);
	case RECORD_LOAD:
		return decide_load(batch, item, &parts);
	case RECORD_UNLOAD:
		return decide_unload(batch, item, &parts);
	case RECORD_CORRECT:
		break;
	}
	return PROBLEM_RECORD_TYPE;
}

/* The same id twice in one batch: the second is a repetition of the first, or another record under a taken id. */
static bool repeats_in_batch(struct batch *batch, struct item *item)
{
	struct item *first = map_get(batch->new_ids, sha256_bytes(&item->event_hash));
	if (!first)
		return false;
	if (!sha256_equal(first->job->request, item->job->request) ||
	    (!item->job->event && !uuid_equal(first->recorder, item->recorder))) {
		item->problem = fault_set(item->job->fault, PROBLEM_ID_TAKEN, "unique", "/id");
		return true;
	}
	item->job->replayed = true;
	item->first = first;
	item->replay = true;
	return true;
}

void batch_decide(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (item->problem || item->replay || item->corrects || repeats_in_batch(batch, item))
			continue;
		item->problem = item_decide(batch, item);
		if (item->problem)
			continue;
		map_set(batch->new_ids, sha256_bytes(&item->event_hash), item);
		if (item->job->event && !map_get(batch->new_ids, sha256_bytes(&item->content_hash)))
			map_set(batch->new_ids, sha256_bytes(&item->content_hash), item);
		if (!item->job->event)
			doubles_warn(batch, item);
	}
	batch_find_shorts(batch);
}
