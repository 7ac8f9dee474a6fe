/* SPDX-License-Identifier: Apache-2.0
 * What a holder owes of a lot because more went than came: one finding M02 as long as it lasts, whichever records brought it
 * about. It closes by itself when what was short is there, and is open again when it is short again. */
#include "capture_partner_priv.h"

/* What others say they received beyond what was shipped is no lack of goods: nothing makes it good. */
bool holding_is_short(const struct holding_fact *holding)
{
	return decimal_compare(holding->row.deficit, holding->row.claimed) > 0;
}

struct short_row *short_note(struct batch *batch, struct item *item, struct lot_fact *lot,
			     struct holding_fact *holding, const struct risk_ledger *ledger)
{
	struct short_row *row = ROW_ADD(batch, shorts, struct short_row);
	*row = (struct short_row){.item = item, .lot = lot, .holding = holding};
	if (ledger)
		row->ledger = *ledger;
	row->told = ledger != NULL;
	return row;
}

/* Of a partner's event: of a lot nobody has told the amount of yet nothing can be missing. */
static bool ledger_of(const struct short_row *row, struct risk_ledger *ret)
{
	struct decimal owed = row->holding->row.deficit;
	if (!row->told)
		*ret = (struct risk_ledger){.event = row->item->job->id,
					    .lot = {row->lot->row.org_id, row->lot->row.lot_id},
					    .expected = row->lot->row.total,
					    .found = decimal_add(row->lot->row.total, owed),
					    .dimension = (enum dimension)row->lot->row.dimension};
	else
		*ret = row->ledger;
	ret->holder = row->holding->row.holder;
	return row->told || !decimal_is_zero(row->lot->row.total);
}

void batch_find_shorts(struct batch *batch)
{
	const struct short_row *shorts = batch->shorts.items;
	for (size_t i = 0; i < batch->shorts.count; i++) {
		const struct lot_fact *lot = shorts[i].lot;
		struct risk_ledger ledger;
		struct risk_findings findings = {0};
		if (shorts[i].item->problem || !holding_is_short(shorts[i].holding) ||
		    !ledger_of(&shorts[i], &ledger))
			continue;
		if (shorts[i].warns)
			item_warn(batch, shorts[i].item, WARNING_LOT_SHORT, STR(""));
		risk_m02(batch->arena, batch->capture->settings.reference, &ledger, &findings);
		alerts_add(batch, shorts[i].item, &findings, lot->row.org_id, lot->row.product,
			   lot->row.region);
	}
}

static struct str subject_of(struct batch *batch, const struct holding_fact *holding)
{
	const struct lot_id lot = {holding->row.org_id, holding->row.lot_id};
	return risk_short_subject(batch->arena, holding->row.holder, lot);
}

bool batch_is_owed(struct batch *batch, struct bytes subject)
{
	for (size_t i = 0; i < map_count(batch->holdings); i++) {
		const struct holding_fact *holding = map_at(batch->holdings, i);
		if (!holding_is_short(holding))
			continue;
		struct sha256 of = sha256_of(str_bytes(subject_of(batch, holding)));
		if (bytes_equal(sha256_bytes(&of), subject))
			return true;
	}
	return false;
}

void owed_alert_add(struct batch *batch, struct owed_alerts *alerts, struct str subject, struct lot_id lot)
{
	struct sha256 *hash = arena_new(batch->arena, struct sha256);
	*hash = sha256_of(str_bytes(subject));
	*(struct uuid *)rows_add(batch->arena, &alerts->orgs, sizeof(struct uuid)) = lot.org;
	*(struct bytes *)rows_add(batch->arena, &alerts->subjects, sizeof(struct bytes)) = sha256_bytes(hash);
	*(struct lot_id *)rows_add(batch->arena, &alerts->lots, sizeof(struct lot_id)) = lot;
}

static struct owed_alerts made_good(struct batch *batch)
{
	struct owed_alerts alerts = {0};
	for (size_t i = 0; i < map_count(batch->holdings); i++) {
		const struct holding_fact *holding = map_at(batch->holdings, i);
		if (holding->was_short && holding->dirty && !holding_is_short(holding))
			owed_alert_add(batch, &alerts, subject_of(batch, holding),
				       (struct lot_id){holding->row.org_id, holding->row.lot_id});
	}
	units_found_again(batch, &alerts);
	partner_receipts_found_again(batch, &alerts);
	return alerts;
}

static void close_found(struct batch *batch, const struct owed_alerts *alerts,
			const struct alert_ids_find_row *row)
{
	for (size_t k = 0; k < alerts->subjects.count; k++) {
		const struct lot_id lot = ((const struct lot_id *)alerts->lots.items)[k];
		if (!bytes_equal(row->subject, ((const struct bytes *)alerts->subjects.items)[k]))
			continue;
		*ROW_ADD(batch, closed, struct closed_alert) = (struct closed_alert){
			row->org_id, row->id, lot,
			batch->corrections.count ? ALERT_RECORD_CORRECTED : ALERT_LATE_RECORD};
		batch_touch(batch, lot, batch_seen(batch));
	}
}

enum problem batch_close_owed(struct batch *batch)
{
	const struct owed_alerts alerts = made_good(batch);
	struct alert_ids_find_row *known;
	size_t count;
	if (!alerts.orgs.count)
		return PROBLEM_NONE;
	const struct alert_ids_find_params params = {rows_array(&alerts.orgs), rows_array(&alerts.subjects)};
	db_queue(batch->db, &sql_alert_ids_find, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_alert_ids_find, (void **)&known, &count);
	for (size_t i = 0; !p && i < count; i++)
		close_found(batch, &alerts, &known[i]);
	return p;
}
