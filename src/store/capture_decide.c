/* SPDX-License-Identifier: Apache-2.0
 * Decides each record of a batch in order. A refused record leaves no trace in the facts: everything is checked before
 * anything is changed. */
#include "capture_partner_priv.h"

enum problem find_party(struct batch *batch, struct item *item, const struct named *named,
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

void item_warn(struct batch *batch, struct item *item, enum warning warning, struct str about)
{
	const struct str *said = item->warnings.items;
	struct str text = str_of(warning_info(warning)->word);
	if (about.len)
		text = arena_printf(batch->arena, "%.*s %.*s", STR_ARGS(text), STR_ARGS(about));
	for (size_t i = 0; i < item->warnings.count; i++)
		if (str_equal(said[i], text))
			return;
	*(struct str *)rows_add(batch->arena, &item->warnings, sizeof(struct str)) = text;
}

enum problem plan_lines(struct batch *batch, struct item *item, struct event_parts *parts,
			struct input_plan **ret)
{
	struct input_plan *plans = arena_array(batch->arena, struct input_plan, item->line_count);
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < item->line_count; i++)
		p = input_plan(batch, item, i, parts->acting, &plans[i]);
	if (!p)
		p = item->taken_back ? PROBLEM_NONE
				     : inputs_check_stock(batch, item, plans, item->line_count);
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

usec_t recorded_next(struct capture *capture)
{
	pthread_mutex_lock(&capture->clock_lock);
	usec_t now = clock_now();
	capture->last_recorded_us = now > capture->last_recorded_us ? now : capture->last_recorded_us + 1;
	now = capture->last_recorded_us;
	pthread_mutex_unlock(&capture->clock_lock);
	return now;
}

static enum problem decide_class(struct batch *batch, struct item *item, struct event_parts *parts)
{
	switch (item->job->kind->class) {
	case RECORD_OBSERVE:
		return decide_observe(batch, item, parts);
	case RECORD_CREATE:
		return decide_create(batch, item, parts);
	case RECORD_TRANSFORM:
		return decide_transform(batch, item, parts);
	case RECORD_SHIP:
		return decide_ship(batch, item, parts);
	case RECORD_RECEIVE:
		return decide_receive(batch, item, parts);
	case RECORD_SELL:
		return decide_sell(batch, item, parts);
	case RECORD_STORE:
		return decide_store(batch, item, parts);
	case RECORD_LOOK:
		return decide_look(batch, item, parts);
	case RECORD_HOLD:
		return decide_hold(batch, item, parts);
	case RECORD_RELEASE:
		return decide_release(batch, item, parts);
	case RECORD_DESTROY:
		return decide_destroy(batch, item, parts);
	case RECORD_RETURN:
		return decide_return(batch, item, parts);
	case RECORD_TEST:
		return decide_test(batch, item, parts);
	case RECORD_LOAD:
		return decide_load(batch, item, parts);
	case RECORD_UNLOAD:
		return decide_unload(batch, item, parts);
	case RECORD_CORRECT:
		break;
	}
	return PROBLEM_RECORD_TYPE;
}

static enum problem decide(struct batch *batch, struct item *item)
{
	struct event_parts parts = {0};
	enum problem p = find_actors(batch, item, &parts);
	if (!p && item->job->event)
		return decide_partner(batch, item, &parts);
	if (!p)
		p = find_sites(batch, item, &parts);
	if (p)
		return p;
	item->line_count = item->lot_count;
	item->expanded = item->packs_inside = (struct rows){0};
	p = item->job->record->units.count ? units_expand(batch, item, &parts) : PROBLEM_NONE;
	if (!p && item->pack_count + item->packs_inside.count)
		p = packs_expand(batch, item, &parts);
	if (!p)
		p = decide_class(batch, item, &parts);
	if (!p)
		packs_tell(batch, item, &parts);
	return p;
}

enum problem item_decide(struct batch *batch, struct item *item)
{
	if (item->job->kind->class == RECORD_CORRECT)
		return decide_correct(batch, item);
	if (!item->recorded_us)
		item->recorded_us = recorded_next(batch->capture);
	partner_receipts_release(batch, item);
	enum problem p = decide(batch, item);
	partner_receipts_restore(batch);
	/* What stands in the place of a shipment has its receipts first. */
	if (!p && item->made_shipment && !item->corrects)
		partner_receipts_settle(batch, item, item->made_shipment, item->recorded_us);
	return p;
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
		partner_note_declaration(batch, item);
		doubles_warn(batch, item);
	}
	correctives_find(batch);
	batch_find_shorts(batch);
	units_find_lacking(batch);
	partner_receipts_find_differing(batch);
}
