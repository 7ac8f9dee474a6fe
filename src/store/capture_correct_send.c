/* SPDX-License-Identifier: Apache-2.0
 * Writes what corrections leave: moves of stock, and everything derived of a withdrawn event told that it no longer stands. */
#include "capture_priv.h"

static void send_moves(struct batch *batch)
{
	const struct move_row *rows = batch->moves.items;
	size_t n = batch->moves.count;
	struct stock_move_insert_many_params p;
	if (!n)
		return;
	COLUMN(p.event_org, struct uuid, n, rows[i].event_org);
	COLUMN(p.event, struct uuid, n, rows[i].event);
	COLUMN(p.recorded_at, usec_t, n, rows[i].at);
	COLUMN(p.n, int64_t, n, rows[i].n);
	COLUMN(p.lot_org, struct uuid, n, rows[i].lot.org);
	COLUMN(p.lot_id, struct uuid, n, rows[i].lot.lot);
	COLUMN(p.holder, struct uuid, n, rows[i].holder);
	COLUMN(p.on_hand, struct decimal, n, rows[i].change.on_hand);
	COLUMN(p.in_transit, struct decimal, n, rows[i].change.in_transit);
	COLUMN(p.sold, struct decimal, n, rows[i].change.sold);
	COLUMN(p.destroyed, struct decimal, n, rows[i].change.destroyed);
	COLUMN(p.claimed, struct decimal, n, rows[i].change.claimed);
	COLUMN(p.own, struct decimal, n, rows[i].sums.own);
	COLUMN(p.total, struct decimal, n, rows[i].sums.total);
	COLUMN(p.lot_destroyed, struct decimal, n, rows[i].sums.destroyed);
	COLUMN(p.outside, struct decimal, n, rows[i].sums.outside);
	COLUMN(p.returned, struct decimal, n, rows[i].sums.returned);
	db_queue(batch->db, &sql_stock_move_insert_many, &p);
}

static void send_declared(struct batch *batch)
{
	const struct declared_row *lots = batch->declared_lots.items, *sites = batch->declared_sites.items;
	size_t n = batch->declared_lots.count;
	struct event_thing_declare_params t;
	COLUMN(t.orgs, struct uuid, n, lots[i].org);
	COLUMN(t.lots, struct uuid, n, lots[i].id);
	COLUMN(t.events, struct uuid, n, lots[i].event);
	COLUMN(t.declared_at, usec_t, n, lots[i].at);
	const struct lot_edge_declare_params e = {t.lots, t.events, t.declared_at};
	db_queue(batch->db, &sql_event_thing_declare, &t);
	db_queue(batch->db, &sql_lot_edge_declare, &e);
	n = batch->declared_sites.count;
	struct site_event_declare_params s;
	COLUMN(s.orgs, struct uuid, n, sites[i].org);
	COLUMN(s.sites, struct uuid, n, sites[i].id);
	COLUMN(s.events, struct uuid, n, sites[i].event);
	COLUMN(s.declared_at, usec_t, n, sites[i].at);
	db_queue(batch->db, &sql_site_event_declare, &s);
}

void corrections_send(struct batch *batch)
{
	const struct correction_row *rows = batch->corrections.items;
	size_t n = batch->corrections.count;
	struct correction_insert_many_params p;
	send_moves(batch);
	correctives_send(batch);
	if (!n)
		return;
	COLUMN(p.org_id, struct uuid, n, rows[i].org);
	COLUMN(p.event, struct uuid, n, rows[i].event);
	COLUMN(p.declaration, struct uuid, n, rows[i].declaration);
	COLUMN(p.replacement, struct uuid, n, rows[i].replacement);
	COLUMN(p.party, struct uuid, n, rows[i].party);
	COLUMN(p.reason, struct str, n, rows[i].reason);
	COLUMN(p.declared_at, usec_t, n, rows[i].at);
	COLUMN(p.named, struct bytes, n, rows[i].named);
	db_queue(batch->db, &sql_correction_insert_many, &p);
	send_declared(batch);
}

/* What is told now, where it goes before what was told; then what follows from a declaration. */
void lots_begin(struct batch *batch)
{
	const struct telling_row *told = batch->tellings.items;
	const struct declared_row *lots = batch->declared_lots.items;
	size_t n = batch->tellings.count;
	struct lot_begin_many_params b;
	COLUMN(b.orgs, struct uuid, n, told[i].lot.org);
	COLUMN(b.ids, struct uuid, n, told[i].lot.lot);
	COLUMN(b.events, struct uuid, n, told[i].event);
	db_queue(batch->db, &sql_lot_begin_many, &b);
	n = batch->declared_lots.count;
	struct lot_recompute_many_params p;
	if (!n)
		return;
	COLUMN(p.orgs, struct uuid, n, lots[i].org);
	COLUMN(p.ids, struct uuid, n, lots[i].id);
	db_queue(batch->db, &sql_lot_recompute_many, &p);
}
