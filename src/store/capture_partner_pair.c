/* SPDX-License-Identifier: Apache-2.0
 * Which of a party's receipts are of which shipments to it, lot by lot. Nothing that partners send says so: it follows from all
 * that is known of a lot, as if all had come at once, and is looked at anew whenever a shipment or a receipt comes or goes. Of a
 * lot that a party received very often the latest are; pairs before them stay. */
#include <stdlib.h>

#include "capture_partner_priv.h"

/* — loading — */
/* Lots, and to whom they go. */
struct pair_keys {
	struct rows parties, orgs, lots;
};

static void key_add(struct batch *batch, struct pair_keys *keys, struct uuid party, struct lot_id lot)
{
	*(struct uuid *)rows_add(batch->arena, &keys->parties, sizeof(struct uuid)) = party;
	*(struct uuid *)rows_add(batch->arena, &keys->orgs, sizeof(struct uuid)) = lot.org;
	*(struct uuid *)rows_add(batch->arena, &keys->lots, sizeof(struct uuid)) = lot.lot;
}

static void keys_add(struct batch *batch, struct pair_keys *keys, struct uuid party, const struct named *lots,
		     size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (lots[i].found)
			key_add(batch, keys, party, lots[i].id);
}

static void keys_of_target(struct batch *batch, struct pair_keys *keys, const struct target *target)
{
	if (!target || !target->kind)
		return;
	bool sends = record_sends(target->kind) && !uuid_is_nil(target->to);
	for (size_t i = 0; i < target->output_count; i++)
		if (sends || target->kind->class == RECORD_RECEIVE)
			key_add(batch, keys, sends ? target->to : target->party, target->outputs[i]);
}

static bool sends(const struct item *item)
{
	return record_sends(item->job->kind) && item->to.found;
}

/* Of partners' events, and of what is withdrawn. */
static void keys_of_events(struct batch *batch, struct pair_keys *keys, const struct item *item)
{
	bool receives = item->job->kind->class == RECORD_RECEIVE;
	keys_of_target(batch, keys, item->target);
	if (item->job->event && (receives || sends(item)))
		keys_add(batch, keys, receives ? item->acting : item->to.id.lot, item->output_lots,
			 item->output_count);
}

/* Of records of sending, with what is in units. */
static void keys_of_records(struct batch *batch, struct pair_keys *keys, const struct item *item)
{
	const struct content_fact *contents = batch->contents.items;
	if (item->job->event || !sends(item))
		return;
	keys_add(batch, keys, item->to.id.lot, item->lots, item->lot_count);
	for (size_t i = 0; item->unit_count && i < batch->contents.count; i++)
		if (!content_is_unit(&contents[i]))
			key_add(batch, keys, item->to.id.lot,
				(struct lot_id){contents[i].row.child_org, contents[i].row.child});
}

/* Of shipments that are withdrawn, and of what withdrawn events received. */
static void queue_receipts(struct batch *batch, const struct pair_keys *keys)
{
	struct rows shipment_orgs = {0}, shipments = {0}, event_orgs = {0}, events = {0};
	for (size_t i = 0; i < batch->count; i++) {
		const struct target *target = batch->items[i].target;
		if (!target || !target->kind)
			continue;
		bool received = target->of_partner && target->kind->class == RECORD_RECEIVE;
		struct lot_id id = received ? (struct lot_id){target->org, target->id} : target->shipment;
		struct rows *orgs = received ? &event_orgs : &shipment_orgs,
			    *ids = received ? &events : &shipments;
		if (uuid_is_nil(id.lot))
			continue;
		*(struct uuid *)rows_add(batch->arena, orgs, sizeof(struct uuid)) = id.org;
		*(struct uuid *)rows_add(batch->arena, ids, sizeof(struct uuid)) = id.lot;
	}
	const struct partner_receipts_params params = {rows_array(&keys->parties), rows_array(&keys->lots),
						       rows_array(&shipment_orgs), rows_array(&shipments),
						       rows_array(&event_orgs),    rows_array(&events)};
	batch->asks_receipts = keys->lots.count || shipments.count || events.count;
	if (batch->asks_receipts)
		db_queue(batch->db, &sql_partner_receipts, &params);
}

/* Records of sending go to parties that send no documents, mostly: receipts are asked for behind the locks, and only when there
 * are some has all that they may be of to be looked at from the start. */
static void queue_pairs(struct batch *batch, bool locked)
{
	struct pair_keys keys = {0};
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay) {
			keys_of_events(batch, &keys, &batch->items[i]);
			if (batch->pairs)
				keys_of_records(batch, &keys, &batch->items[i]);
		}
	const struct shipments_open_params params = {rows_array(&keys.parties), rows_array(&keys.orgs),
						     rows_array(&keys.lots)};
	batch->asks_arrivals = keys.lots.count > 0;
	if (batch->asks_arrivals)
		db_queue(batch->db, &sql_shipments_open, &params);
	for (size_t i = 0; locked && !batch->pairs && i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay)
			keys_of_records(batch, &keys, &batch->items[i]);
	queue_receipts(batch, &keys);
}

static void may_be_paired(struct batch *batch, struct uuid org, struct uuid id, struct uuid from)
{
	*ROW_ADD(batch, pair_shipments, struct pair_shipment) = (struct pair_shipment){{org, id}, from};
}

static enum problem take_pairs(struct batch *batch, struct partner_receipts_row **ret_receipts,
			       size_t *ret_count)
{
	struct shipments_open_row *open = NULL;
	size_t count = 0;
	enum problem p = PROBLEM_NONE;
	*ret_count = 0;
	batch->pair_shipments = (struct rows){0};
	if (batch->asks_arrivals)
		p = db_take_many(batch->db, batch->arena, &sql_shipments_open, (void **)&open, &count);
	for (size_t i = 0; !p && i < count; i++)
		may_be_paired(batch, open[i].org_id, open[i].id, open[i].from_party);
	if (!p && batch->asks_receipts)
		p = db_take_many(batch->db, batch->arena, &sql_partner_receipts, (void **)ret_receipts,
				 ret_count);
	for (size_t i = 0; !p && i < *ret_count; i++)
		if (!uuid_is_nil((*ret_receipts)[i].shipment))
			may_be_paired(batch, (*ret_receipts)[i].shipment_org, (*ret_receipts)[i].shipment,
				      (*ret_receipts)[i].sent_by);
	return p;
}

static enum problem load_lines(struct batch *batch)
{
	const struct pair_shipment *shipments = batch->pair_shipments.items;
	struct rows orgs = {0}, ids = {0};
	struct shipment_lines_row *lines;
	size_t count;
	for (size_t i = 0; i < batch->pair_shipments.count; i++) {
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = shipments[i].id.org;
		*(struct uuid *)rows_add(batch->arena, &ids, sizeof(struct uuid)) = shipments[i].id.lot;
	}
	if (!ids.count)
		return PROBLEM_NONE;
	const struct shipment_lines_params params = {rows_array(&orgs), rows_array(&ids)};
	db_queue(batch->db, &sql_shipment_lines, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_shipment_lines, (void **)&lines, &count);
	if (!p)
		shipments_keep(batch, lines, count);
	return p;
}

enum problem batch_load_arrivals(struct batch *batch)
{
	struct partner_receipts_row *receipts;
	size_t count;
	queue_pairs(batch, /* locked */ false);
	if (!batch->asks_arrivals && !batch->asks_receipts)
		return PROBLEM_NONE;
	enum problem p = db_flush(batch->db);
	if (!p)
		p = take_pairs(batch, &receipts, &count);
	return p ? p : load_lines(batch);
}

void arrivals_queue(struct batch *batch)
{
	queue_pairs(batch, /* locked */ true);
}

enum problem arrivals_take(struct batch *batch)
{
	struct partner_receipts_row *receipts;
	size_t count;
	enum problem p = take_pairs(batch, &receipts, &count);
	for (size_t i = 0; !p && i < count; i++)
		*ROW_ADD(batch, receipts, struct receipt_fact) = (struct receipt_fact){.row = receipts[i]};
	return p;
}

enum problem arrivals_check(struct batch *batch)
{
	const struct pair_shipment *shipments = batch->pair_shipments.items;
	for (size_t i = 0; i < batch->pair_shipments.count; i++) {
		const struct shipment_fact *fact = map_get(batch->shipments, MAP_KEY(shipments[i].id.lot));
		if (fact && !uuid_is_nil(fact->row.id))
			continue;
		batch->pairs_late = true;
		return PROBLEM_CONFLICT;
	}
	return PROBLEM_NONE;
}

/* — choosing — */
static int by_departure(const void *a, const void *b)
{
	const struct shipments_lock_row *x = &(*(struct shipment_fact *const *)a)->row,
					*y = &(*(struct shipment_fact *const *)b)->row;
	if (x->shipped_at != y->shipped_at)
		return x->shipped_at < y->shipped_at ? -1 : 1;
	return uuid_compare(x->id, y->id);
}

/* Who says how much before who does not, and who says from whom before who does not. */
static int by_receipt(const void *a, const void *b)
{
	const struct partner_receipts_row *x = &(*(struct receipt_fact *const *)a)->row,
					  *y = &(*(struct receipt_fact *const *)b)->row;
	if (x->base.known != y->base.known)
		return x->base.known ? -1 : 1;
	if (uuid_is_nil(x->from_party) != uuid_is_nil(y->from_party))
		return uuid_is_nil(y->from_party) ? -1 : 1;
	if (x->event_time != y->event_time)
		return x->event_time < y->event_time ? -1 : 1;
	int order = uuid_compare(x->org_id, y->org_id);
	return order ? order : uuid_compare(x->event, y->event);
}

/* All that one and the other change was locked for this batch. */
static bool is_loaded(struct batch *batch, const struct shipment_fact *shipment, struct lot_id lot)
{
	return !uuid_is_nil(shipment->row.id) && !str_equal(shipment->row.state, STR("withdrawn")) &&
	       batch_holding(batch, lot, shipment->row.from_party);
}

bool receipt_may_pair(struct batch *batch, const struct receipt_fact *receipt, struct lot_id lot,
		      struct uuid to)
{
	const struct partner_receipts_row *row = &receipt->row;
	const struct shipment_fact *shipment = map_get(batch->shipments, MAP_KEY(row->shipment));
	return !receipt->gone && uuid_equal(row->lot_id, lot.lot) && uuid_equal(row->to_party, to) &&
	       (uuid_is_nil(row->shipment) || (shipment && is_loaded(batch, shipment, lot)));
}

static size_t receipts_of(struct batch *batch, struct lot_id lot, struct uuid to, struct receipt_fact ***ret)
{
	struct receipt_fact *receipts = batch->receipts.items;
	size_t count = 0;
	*ret = arena_array(batch->arena, struct receipt_fact *, batch->receipts.count);
	for (size_t i = 0; i < batch->receipts.count; i++)
		if (receipt_may_pair(batch, &receipts[i], lot, to))
			(*ret)[count++] = &receipts[i];
	qsort(*ret, count, sizeof **ret, by_receipt);
	return count;
}

static bool is_free(const struct shipment_lines_row *line, struct receipt_fact *const *receipts, size_t count)
{
	if (uuid_is_nil(line->receipt))
		return true;
	for (size_t i = 0; i < count; i++)
		if (receipt_is_by(receipts[i], line->receipt_org, line->receipt))
			return true;
	return false;
}

static size_t slots_of(struct batch *batch, struct lot_id lot, struct uuid to,
		       struct receipt_fact *const *receipts, size_t receipt_count, struct rows *ret)
{
	size_t count = 0;
	struct shipment_fact **shipments =
		arena_array(batch->arena, struct shipment_fact *, map_count(batch->shipments));
	for (size_t i = 0; i < map_count(batch->shipments); i++) {
		struct shipment_fact *fact = map_at(batch->shipments, i);
		if (uuid_equal(fact->row.to_party, to) && is_loaded(batch, fact, lot))
			shipments[count++] = fact;
	}
	qsort(shipments, count, sizeof *shipments, by_departure);
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < shipments[i]->line_count; k++) {
			struct shipment_lines_row *line = &shipments[i]->lines[k];
			if (uuid_equal(line->lot_id, lot.lot) && is_free(line, receipts, receipt_count))
				*(struct pair_slot *)rows_add(batch->arena, ret, sizeof(struct pair_slot)) =
					(struct pair_slot){.shipment = shipments[i], .line = line};
		}
	return ret->count;
}

/* The lines of one shipment that a receipt fits best, and by how much the amounts differ; of one without an amount by nothing. */
struct run {
	struct receipt_fact *receipt; /* NULL: it has its lines */
	size_t first, end;            /* first == end: none */
	struct decimal off;
};

static void consider(struct run *best, size_t first, size_t end, struct decimal off)
{
	int order = decimal_compare(off, best->off);
	if (best->first == best->end || order < 0 || (order == 0 && first < best->first)) {
		best->first = first;
		best->end = end;
		best->off = off;
	}
}

/* Of the lines of one shipment those that follow each other and are enough for the amount, with the least beyond it; all when all
 * are not enough, and of a receipt without an amount. */
static void run_of(const struct pair_slot *slots, size_t from, size_t end, struct run *best)
{
	const struct sql_nullable_decimal base = best->receipt->row.base;
	struct decimal sum = {0};
	size_t first = from;
	bool any = false, enough = false;
	for (size_t i = from; i < end; i++) {
		if (slots[i].taker)
			continue;
		any = true;
		sum = decimal_add(sum, slots[i].line->base);
		while (base.known && decimal_compare(sum, base.value) >= 0 && first <= i) {
			if (!slots[first].taker) {
				consider(best, first, i + 1, decimal_sub(sum, base.value));
				sum = decimal_sub(sum, slots[first].line->base);
			}
			enough = true;
			first++;
		}
	}
	if (any && !enough)
		consider(best, from, end, base.known ? decimal_sub(base.value, sum) : (struct decimal){0});
}

static size_t shipment_end(const struct pair_slot *slots, size_t count, size_t from)
{
	size_t end = from + 1;
	while (end < count && slots[end].shipment == slots[from].shipment)
		end++;
	return end;
}

static bool may_be_sent_by(const struct receipt_fact *receipt, const struct shipment_fact *shipment)
{
	return uuid_is_nil(receipt->row.from_party) ||
	       uuid_equal(receipt->row.from_party, shipment->row.from_party);
}

/* Of all shipments. */
static void find_run(const struct pair_slot *slots, size_t count, struct run *ret)
{
	*ret = (struct run){.receipt = ret->receipt};
	for (size_t from = 0, end; from < count; from = end) {
		end = shipment_end(slots, count, from);
		if (may_be_sent_by(ret->receipt, slots[from].shipment))
			run_of(slots, from, end, ret);
	}
}

/* Who says no amount has what is left in the end. NULL: none has any. */
static struct run *least_run(struct run *runs, size_t count)
{
	struct run *least = NULL;
	for (size_t i = 0; i < count; i++) {
		if (!runs[i].receipt || runs[i].first == runs[i].end)
			continue;
		if (!least ||
		    (runs[i].receipt->row.base.known && decimal_compare(runs[i].off, least->off) < 0))
			least = &runs[i];
	}
	return least;
}

static void run_take(struct pair_slot *slots, size_t count, struct run *run, struct run *runs,
		     size_t run_count)
{
	size_t from = run->first, end = shipment_end(slots, count, run->first);
	for (size_t i = run->first; i < run->end; i++)
		if (!slots[i].taker)
			slots[i].taker = run->receipt;
	run->receipt = NULL;
	while (from > 0 && slots[from - 1].shipment == slots[from].shipment)
		from--;
	for (size_t i = 0; i < run_count; i++) {
		if (!runs[i].receipt)
			continue;
		if (runs[i].first >= from && runs[i].first < end)
			find_run(slots, count, &runs[i]);
		else if (may_be_sent_by(runs[i].receipt, slots[from].shipment))
			run_of(slots, from, end,
			       &runs[i]); /* lines that follow each other now may fit it better */
	}
}

/* The two that differ least come first, and of those that differ as much the earliest; each that is left has what is left. */
size_t pairs_choose(struct batch *batch, struct lot_id lot, struct uuid to, struct pair_slot **ret)
{
	struct receipt_fact **receipts;
	struct rows rows = {0};
	size_t receipt_count = receipts_of(batch, lot, to, &receipts);
	size_t count = receipt_count ? slots_of(batch, lot, to, receipts, receipt_count, &rows) : 0;
	struct pair_slot *slots = rows.items;
	struct run *runs = arena_array(batch->arena, struct run, receipt_count), *next;
	for (size_t i = 0; i < receipt_count; i++) {
		runs[i].receipt = receipts[i];
		find_run(slots, count, &runs[i]);
	}
	while ((next = least_run(runs, receipt_count)))
		run_take(slots, count, next, runs, receipt_count);
	*ret = slots;
	return count;
}
