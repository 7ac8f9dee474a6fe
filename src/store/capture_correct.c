/* SPDX-License-Identifier: Apache-2.0
 * Corrects a record: takes back what it did, declares it erroneous, and decides what stands in its place against the facts
 * as they are without it. Records of others that built on it stay as they are; what they used beyond what there is now
 * becomes a deficit. */
#include "capture_partner_priv.h"

#include <assert.h>
#include <string.h>

#include "ft/base/text.h"

/* What is put back when the replacement is refused. */
struct kept_lot {
	struct lot_fact *at, was;
};
struct kept_holding {
	struct holding_fact *at, was;
};
struct kept {
	struct rows lots, holdings;
	struct rows known_edges;
	size_t events, sealed, links, moves, declared_lots, declared_sites, declared_packs, states;
	struct held_key *key;
	int64_t seq;
	struct shipment_fact *shipment, shipment_was;
	struct shipment_lines_row *lines;
};

static struct lot_fact *fact_of(const struct batch *batch, struct lot_id lot)
{
	return map_get(batch->lots, MAP_KEY(lot.lot));
}

static void keep_lot(struct batch *batch, struct kept *kept, struct lot_fact *lot)
{
	if (lot)
		*(struct kept_lot *)rows_add(batch->arena, &kept->lots, sizeof(struct kept_lot)) =
			(struct kept_lot){lot, *lot};
}

static void keep_shipment(struct batch *batch, struct kept *kept, struct shipment_fact *shipment)
{
	if (!shipment)
		return;
	kept->shipment = shipment;
	kept->shipment_was = *shipment;
	kept->lines = arena_array(batch->arena, struct shipment_lines_row, shipment->line_count);
	if (shipment->line_count)
		memcpy(kept->lines, shipment->lines, shipment->line_count * sizeof *kept->lines);
}

static struct kept keep(struct batch *batch, struct item *item)
{
	const struct target *target = item->target;
	const struct target_move *moves = target->moves.items;
	struct kept kept = {.known_edges = batch->known_edges,
			    .events = batch->events.count,
			    .sealed = batch->sealed.count,
			    .links = batch->links.count,
			    .moves = batch->moves.count,
			    .declared_lots = batch->declared_lots.count,
			    .declared_sites = batch->declared_sites.count,
			    .declared_packs = batch->packs_declared.count,
			    .states = batch->states.count,
			    .key = map_get(batch->keys, MAP_KEY(item->recorder))};
	kept.seq = kept.key->seq;
	for (size_t i = 0; i < target->output_count; i++)
		keep_lot(batch, &kept, fact_of(batch, target->outputs[i]));
	for (size_t i = 0; i < target->moves.count; i++) {
		struct lot_fact *lot = fact_of(batch, moves[i].lot);
		struct holding_fact *holding = batch_holding_make(batch, lot, moves[i].holder);
		keep_lot(batch, &kept, lot);
		*(struct kept_holding *)rows_add(batch->arena, &kept.holdings, sizeof(struct kept_holding)) =
			(struct kept_holding){holding, *holding};
	}
	keep_shipment(batch, &kept, map_get(batch->shipments, MAP_KEY(target->shipment.lot)));
	return kept;
}

/* From the last: a lot that was kept twice was first kept as it stood before. */
static void put_back(struct batch *batch, const struct kept *kept)
{
	const struct kept_lot *lots = kept->lots.items;
	const struct kept_holding *holdings = kept->holdings.items;
	for (size_t i = kept->lots.count; i-- > 0;)
		*lots[i].at = lots[i].was;
	for (size_t i = kept->holdings.count; i-- > 0;)
		*holdings[i].at = holdings[i].was;
	batch->known_edges = kept->known_edges;
	batch->events.count = kept->events;
	batch->sealed.count = kept->sealed;
	batch->links.count = kept->links;
	batch->moves.count = kept->moves;
	batch->declared_lots.count = kept->declared_lots;
	batch->declared_sites.count = kept->declared_sites;
	batch->states.count = kept->states;
	kept->key->seq = kept->seq;
	if (!kept->shipment)
		return;
	*kept->shipment = kept->shipment_was;
	kept->shipment->lines = kept->lines;
	map_set(batch->shipments, MAP_KEY(kept->shipment->row.id), kept->shipment);
}

static enum problem not_known(const struct item *item)
{
	(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/event");
	item->job->fault->value = uuid_print(item->job->arena, item->job->record->event);
	return PROBLEM_NOT_KNOWN_YET;
}

const struct correction_row *corrected_in_batch(const struct batch *batch, const struct target *target)
{
	const struct correction_row *rows = batch->corrections.items;
	for (size_t i = 0; i < batch->corrections.count; i++)
		if (uuid_equal(rows[i].event, target->id) && uuid_equal(rows[i].org, target->org))
			return &rows[i];
	return NULL;
}

static enum problem already_corrected(const struct item *item, struct uuid replacement)
{
	struct arena *arena = item->job->arena;
	(void)fault_set(item->job->fault, PROBLEM_ALREADY_CORRECTED, "once", "/event");
	item->job->fault->detail = uuid_is_nil(replacement)
					   ? STR("it was declared not to have happened")
					   : arena_printf(arena, "in its place stands %.*s",
							  STR_ARGS(uuid_print(arena, replacement)));
	return PROBLEM_ALREADY_CORRECTED;
}

static enum problem not_correctable(const struct item *item, const struct target *target)
{
	(void)fault_set(item->job->fault, PROBLEM_NOT_CORRECTABLE, "type", "/event");
	item->job->fault->detail =
		target->declaration
			? STR("it is a correction: correct the record that it put in place, or record again "
			      "what did happen")
			: STR("it is a partner's event: capture its error declaration");
	return PROBLEM_NOT_CORRECTABLE;
}

/* Only who recorded it corrects a record; for everybody else it is as if it were not there. */
static enum problem find_target(struct batch *batch, struct item *item)
{
	const struct item *maker = map_get(batch->new_ids, sha256_bytes(&item->target_hash));
	if (maker)
		item->target = target_of_item(batch, maker);
	const struct target *target = item->target;
	if (!target || !target->known || !target->kind || !may_act_for(batch, item->job, target->org))
		return not_known(item);
	if ((item->party.asked && !item->party.found) || !may_act_for(batch, item->job, item->acting) ||
	    !map_get(batch->parties, MAP_KEY(item->acting)))
		return fault_set(item->job->fault, PROBLEM_NOT_FOUND, "visible", "/party");
	enum problem p = find_key(batch, item);
	if (p)
		return p;
	if (target->declaration || target->of_partner)
		return not_correctable(item, target);
	const struct correction_row *earlier = corrected_in_batch(batch, target);
	return target->corrected ? already_corrected(item, target->replacement)
	       : earlier         ? already_corrected(item, earlier->replacement)
				 : PROBLEM_NONE;
}

static enum problem replacement_refused(const struct item *item, enum problem p)
{
	const struct fault *inner = item->replacement->job->fault;
	struct fault *fault = item->job->fault;
	(void)fault_set(fault, p, inner->rule, "/replacement%s", inner->pointer);
	fault->value = inner->value;
	fault->detail = inner->detail;
	return p;
}

static enum problem check_replacement(struct batch *batch, struct item *item)
{
	struct item *replacement = item->replacement;
	if (!replacement)
		return PROBLEM_NONE;
	if (replacement->replay || map_get(batch->new_ids, sha256_bytes(&replacement->event_hash)) ||
	    uuid_equal(replacement->job->id, item->job->id))
		return fault_set(item->job->fault, PROBLEM_ID_TAKEN, "unique", "/replacement/id");
	return replacement->problem ? replacement_refused(item, replacement->problem) : PROBLEM_NONE;
}

/* Lineage without the event, for the cycle check of what replaces it. */
static void forget_edges(struct batch *batch, struct uuid event)
{
	struct rows left = {0};
	const struct lot_edge *edges = batch->known_edges.items;
	for (size_t i = 0; i < batch->known_edges.count; i++)
		if (!uuid_equal(edges[i].event, event))
			*(struct lot_edge *)rows_add(batch->arena, &left, sizeof(struct lot_edge)) = edges[i];
	batch->known_edges = left;
}

static void declare_lot(struct batch *batch, const struct target *target, struct lot_id lot, usec_t at)
{
	struct lot_fact *fact = fact_of(batch, lot);
	*ROW_ADD(batch, declared_lots, struct declared_row) =
		(struct declared_row){target->id, lot.org, lot.lot, at};
	if (!fact)
		return;
	fact->row.version = at;
	fact->dirty = true;
}

static void withdraw_shipment(struct batch *batch, const struct target *target)
{
	struct shipment_fact *shipment = map_get(batch->shipments, MAP_KEY(target->shipment.lot));
	if (!shipment)
		return;
	bool withdrawn = str_equal(shipment->row.state, STR("withdrawn"));
	if (record_sends(target->kind) && !shipment_has_receipt(shipment)) {
		shipment->row.state = STR("withdrawn");
		shipment->dirty = true;
	} else if (target->kind->class == RECORD_RECEIVE && !withdrawn) {
		for (size_t i = 0; i < shipment->line_count; i++) {
			struct shipment_lines_row *line = &shipment->lines[i];
			if (!uuid_equal(line->receipt, target->id))
				continue;
			line->received = (struct decimal){0};
			line->receipt = line->receipt_org = (struct uuid){{0}};
		}
		shipment_settle(shipment);
	}
}

/* Takes back what the event did. */
static void withdraw(struct batch *batch, struct item *item, usec_t at)
{
	struct target *target = item->target;
	/* Of an event that was withdrawn before it came, behind its own moves of that moment. */
	int64_t n = at == target->recorded_us ? (int64_t)target->moves.count : 0;
	struct move_of of = {target->org, target->id, at, n};
	const struct target_move *moves = target->moves.items;
	const struct lot_id *sites = target->sites.items;
	for (size_t i = 0; i < target->moves.count; i++) {
		struct lot_fact *lot = fact_of(batch, moves[i].lot);
		struct holding_fact *holding = batch_holding_make(batch, lot, moves[i].holder);
		sums_put(lot, sums_difference(sums_of(lot), moves[i].sums));
		holding_put(holding, stock_difference(stock_of(holding), moves[i].stock));
		stock_settle(batch, &of, lot, moves[i].holder);
		declare_lot(batch, target, moves[i].lot, at);
	}
	for (size_t i = 0; i < target->output_count; i++)
		declare_lot(batch, target, target->outputs[i], at);
	for (size_t i = 0; i < target->sites.count; i++)
		*ROW_ADD(batch, declared_sites, struct declared_row) =
			(struct declared_row){target->id, sites[i].org, sites[i].lot, at};
	withdraw_shipment(batch, target);
	if (target->kind->class == RECORD_RECEIVE && target->of_partner)
		partner_receipts_forget(batch, target);
	packs_withdraw(batch, target, at);
	units_withdraw(batch, item, target, at);
	states_reopen(batch, target, at);
	forget_edges(batch, target->id);
}

static void declare(struct batch *batch, struct item *item)
{
	const struct target *target = item->target;
	const struct record *record = item->job->record;
	if (!item->time.at_us)
		item->time = (struct instant){item_stated_us(item), target->time.offset_min};
	struct event_parts parts = {
		.acting = map_get(batch->parties, MAP_KEY(item->acting)),
		.recorder = map_get(batch->parties, MAP_KEY(item->recorder)),
		.outputs = arena_array(batch->arena, struct epcis_thing, target->output_count),
		.output_lots = arena_array(batch->arena, struct lot_fact *, target->output_count)};
	for (size_t i = 0; i < target->output_count; i++)
		if (fact_of(batch, target->outputs[i]))
			parts.output_lots[parts.output_count++] = fact_of(batch, target->outputs[i]);
	const struct epcis_error error = {
		.time = item->time,
		.id = item->job->id,
		.corrective = item->replacement ? item->replacement->job->id : (struct uuid){{0}},
		.record = record,
		.declared_by = parts.acting->uri,
		.request_sha256 = hex_encode(batch->arena, sha256_bytes(&item->job->request))};
	const struct declaration declaration = {
		.body = epcis_declaration_build(batch->arena, target->body, &error),
		.event_id = target->id,
		.site = target->site,
		.region = target->region,
		.time_us = item->time.at_us};
	declaration_store(batch, item, &parts, &declaration);
}

/* What a record of a receipt does to its sender once the shipment that it names is another: `sent` of the lot now, and what the sender
 * gave without a shipment when there is none any more. */
static void receipt_moves(struct batch *batch, const struct shipment_fact *was, size_t line,
			  const struct decimal *sent, struct move_of *of)
{
	static const struct decimal none = {0};
	const struct shipment_lines_row *l = &was->lines[line];
	struct lot_fact *lot = fact_of(batch, (struct lot_id){l->lot_org, l->lot_id});
	struct holding_fact *holding = batch_holding_make(batch, lot, was->row.from_party);
	struct decimal beyond = decimal_sub(l->received, l->base), beyond_now = none;
	struct stock change = {.in_transit = l->base};
	if (decimal_compare(beyond, none) < 0)
		beyond = none;
	if (sent) {
		change.in_transit = decimal_sub(l->base, *sent);
		beyond_now = decimal_sub(l->received, *sent);
		if (decimal_compare(beyond_now, none) < 0)
			beyond_now = none;
	} else {
		change.on_hand = decimal_sub(none, l->received);
	}
	change.claimed = decimal_sub(beyond_now, beyond); /* more than was sent is what a receiver claims */
	holding_put(holding, stock_sum(stock_of(holding), change));
	stock_settle(batch, of, lot, was->row.from_party);
	lot->dirty = true;
	lot->row.version = of->at;
}

/* A lot may stand in a shipment several times, once for each unit that it is in. */
static const struct shipment_lines_row *line_of(const struct shipment_fact *shipment, struct uuid lot,
						size_t nth)
{
	for (size_t i = 0; i < shipment->line_count; i++)
		if (uuid_equal(shipment->lines[i].lot_id, lot) && nth-- == 0)
			return &shipment->lines[i];
	return NULL;
}

static const struct shipment_lines_row *same_line(const struct shipment_fact *shipment,
						  const struct shipment_fact *other, size_t line)
{
	const struct uuid lot = other->lines[line].lot_id;
	size_t nth = 0;
	for (size_t i = 0; i < line; i++)
		nth += uuid_equal(other->lines[i].lot_id, lot);
	return line_of(shipment, lot, nth);
}

/* The receiver's record stays: it is the receipt of what is said now to have been sent, or of goods for which there is no
 * shipment. */
static void settle_receipt(struct batch *batch, struct item *item, struct shipment_fact *was, usec_t at)
{
	struct item *replacement = item->replacement;
	struct shipment_fact *now = replacement ? replacement->made_shipment : NULL;
	bool same = now && uuid_equal(now->row.id, was->row.id);
	struct move_of of = {.at = at};
	for (size_t i = 0; i < was->line_count; i++) {
		const struct shipment_lines_row *line = same ? same_line(now, was, i) : NULL;
		partner_receipt_leave(batch, item, was, &was->lines[i], at);
		if (uuid_is_nil(was->lines[i].receipt))
			continue;
		of.event_org = was->lines[i].receipt_org;
		of.event = was->lines[i].receipt;
		receipt_moves(batch, was, i, line ? &line->base : NULL, &of);
	}
	if (!same) {
		was->row.state = STR("withdrawn");
		was->dirty = true;
		return;
	}
	for (size_t i = 0; i < now->line_count; i++) {
		const struct shipment_lines_row *line = same_line(was, now, i);
		assert(line); /* inherited_shipment: the same lots */
		now->lines[i].received = line->received;
		now->lines[i].receipt_org = line->receipt_org;
		now->lines[i].receipt = line->receipt;
	}
	shipment_settle(now);
}

static void alert_deficits(struct batch *batch, struct item *item, size_t first)
{
	static const struct decimal none = {0};
	const struct move_row *rows = batch->moves.items;
	for (size_t i = first; i < batch->moves.count; i++) {
		const struct holding_fact *holding = batch_holding(batch, rows[i].lot, rows[i].holder);
		const struct lot_fact *lot = fact_of(batch, rows[i].lot);
		struct decimal now = stock_of(holding).on_hand, before = now;
		bool seen = false;
		for (size_t k = first; k < batch->moves.count; k++) {
			if (!uuid_equal(rows[k].lot.lot, rows[i].lot.lot) ||
			    !uuid_equal(rows[k].holder, rows[i].holder))
				continue;
			seen = seen || k < i;
			before = decimal_sub(before, rows[k].change.on_hand);
		}
		if (seen || decimal_compare(now, none) >= 0 || decimal_compare(now, before) >= 0)
			continue;
		const struct risk_ledger ledger = {.event = item->job->id,
						   .lot = rows[i].lot,
						   .expected = none,
						   .found = decimal_sub(none, now),
						   .dimension = (enum dimension)lot->row.dimension,
						   .reason_given = item->job->record->reason};
		(void)short_note(batch, item, fact_of(batch, rows[i].lot),
				 batch_holding(batch, rows[i].lot, rows[i].holder), &ledger);
	}
}

static void correction_note(struct batch *batch, const struct item *item, struct uuid declaration,
			    struct str reason, usec_t at)
{
	*ROW_ADD(batch, corrections, struct correction_row) = (struct correction_row){
		.org = item->target->org,
		.event = item->target->id,
		.declaration = declaration,
		.replacement = item->replacement ? item->replacement->job->id : (struct uuid){{0}},
		.party = item->acting,
		.reason = reason,
		.at = at};
}

enum problem decide_correct(struct batch *batch, struct item *item)
{
	struct item *replacement = item->replacement;
	enum problem p = find_target(batch, item);
	if (!p)
		p = check_replacement(batch, item);
	if (p)
		return p;
	struct kept kept = keep(batch, item);
	struct shipment_fact *shipment = kept.shipment;
	bool was_received = shipment && record_sends(item->target->kind) && shipment_has_receipt(shipment);
	item->recorded_us = recorded_next(batch->capture);
	/* All of it takes effect at one moment: what stood until then and what stands from then on never stand together. */
	usec_t at = item->recorded_us;
	if (replacement)
		at = replacement->recorded_us = recorded_next(batch->capture);
	withdraw(batch, item, at);
	declare(batch, item);
	p = replacement ? item_decide(batch, replacement) : PROBLEM_NONE;
	if (p) {
		put_back(batch, &kept);
		packs_put_back(batch, item->target, kept.declared_packs);
		units_put_back(batch, item, item->target);
		return replacement_refused(item, p);
	}
	if (was_received)
		settle_receipt(batch, item, shipment, at);
	partner_receipts_settle(batch, replacement ? replacement : item, /* of */ NULL, at);
	states_settle(batch, replacement ? replacement : item, item->target);
	for (size_t i = 0; i < item->target->moves.count; i++)
		lot_settle(batch, replacement ? replacement : item,
			   fact_of(batch, ((const struct target_move *)item->target->moves.items)[i].lot));
	if (replacement)
		map_set(batch->new_ids, sha256_bytes(&replacement->event_hash), replacement);
	times_warn_corrected(batch, item);
	alert_deficits(batch, item, kept.moves);
	correction_note(batch, item, item->job->id, item->job->record->reason, at);
	return PROBLEM_NONE;
}

void event_withdraw(struct batch *batch, struct item *item, struct uuid declaration, struct str reason)
{
	struct target *target = item->target;
	struct shipment_fact *shipment = map_get(batch->shipments, MAP_KEY(target->shipment.lot));
	bool was_received = shipment && record_sends(target->kind) && shipment_has_receipt(shipment);
	size_t first = batch->moves.count;
	withdraw(batch, item, item->recorded_us);
	if (was_received)
		settle_receipt(batch, item, shipment, item->recorded_us);
	partner_receipts_settle(batch, item, /* of */ NULL, item->recorded_us);
	states_settle(batch, item, target);
	for (size_t i = 0; i < target->moves.count; i++)
		lot_settle(batch, item,
			   fact_of(batch, ((const struct target_move *)target->moves.items)[i].lot));
	alert_deficits(batch, item, first);
	correction_note(batch, item, declaration, reason, item->recorded_us);
}

static bool named_elsewhere(struct batch *batch, const struct item *item, size_t index,
			    const struct lot_fact *lot)
{
	for (size_t i = 0; i < item->output_count; i++)
		if (i != index && item->output_lots[i].asked &&
		    batch_lot(batch, &item->output_lots[i]) == lot)
			return true;
	return false;
}

struct lot_fact *inherited_lot(struct batch *batch, const struct item *item, size_t index,
			       const struct capture_products_row *product)
{
	const struct target *target = item->corrects ? item->corrects->target : NULL;
	size_t place = 0;
	if (!target || target->kind->class != item->job->kind->class)
		return NULL;
	/* The n-th unnamed output of a product goes on with the n-th lot of that product which no other output names. */
	for (size_t i = 0; i < index; i++)
		place += !item->output_lots[i].asked &&
			 uuid_equal(item->output_products[i].id.lot, item->output_products[index].id.lot);
	for (size_t i = 0; i < target->output_count; i++) {
		struct lot_fact *lot = fact_of(batch, target->outputs[i]);
		if (!lot || !uuid_equal(lot->row.product, product->id) ||
		    !uuid_equal(lot->row.org_id, item->acting) || named_elsewhere(batch, item, index, lot))
			continue;
		if (place-- == 0)
			return lot;
	}
	return NULL;
}

static bool same_lots(struct batch *batch, const struct item *item, const struct shipment_fact *shipment)
{
	const struct expanded_line *expanded = item->expanded.items;
	struct uuid *lots = arena_array(batch->arena, struct uuid, item->line_count + 1);
	for (size_t i = 0; i < item->line_count; i++) {
		const struct lot_fact *lot = i < item->lot_count ? batch_lot(batch, &item->lots[i])
								 : expanded[i - item->lot_count].lot;
		size_t nth = 0;
		if (!lot)
			return false;
		lots[i] = lot->row.lot_id;
		for (size_t k = 0; k < i; k++)
			nth += uuid_equal(lots[k], lots[i]);
		if (!line_of(shipment, lots[i], nth))
			return false;
	}
	return item->line_count == shipment->line_count;
}

struct shipment_fact *inherited_shipment(struct batch *batch, const struct item *item, struct uuid to)
{
	const struct target *target = item->corrects ? item->corrects->target : NULL;
	if (!target || !record_sends(target->kind) || !uuid_equal(target->party, item->acting))
		return NULL;
	struct shipment_fact *shipment = map_get(batch->shipments, MAP_KEY(target->shipment.lot));
	if (!shipment)
		return NULL;
	bool taken = shipment_has_receipt(shipment);
	bool fits = uuid_equal(shipment->row.to_party, to) && same_lots(batch, item, shipment);
	return !taken || fits ? shipment : NULL;
}
