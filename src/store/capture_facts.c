/* SPDX-License-Identifier: Apache-2.0
 * Facts and locks of a batch: rows of what its records name, in one round trip and, where needed, one more. */
#include "capture_partner_priv.h"

#include <string.h>

#include "signing_priv.h"

struct wanted {
	struct rows parties, sites, products, lot_orgs, lots, shipment_orgs, shipments, recorders, regions;
	struct rows
		heads; /* whose records wait for each other: of who records, and of whose sites they are about */
};

static void want_id(struct batch *batch, struct rows *rows, struct uuid id)
{
	if (!uuid_is_nil(id))
		*(struct uuid *)rows_add(batch->arena, rows, sizeof(struct uuid)) = id;
}

static void want_lot(struct batch *batch, struct wanted *wanted, struct lot_id id)
{
	want_id(batch, &wanted->lot_orgs, id.org);
	want_id(batch, &wanted->lots, id.lot);
}

static void want_named_lot(struct batch *batch, struct wanted *wanted, const struct named *named)
{
	if (named->found)
		want_lot(batch, wanted, named->id);
}

/* With all that it carries. */
static void want_shipment(struct batch *batch, struct wanted *wanted, struct lot_id shipment)
{
	const struct shipment_fact *fact = map_get(batch->shipments, MAP_KEY(shipment.lot));
	want_id(batch, &wanted->shipment_orgs, shipment.org);
	want_id(batch, &wanted->shipments, shipment.lot);
	for (size_t i = 0; fact && i < fact->line_count; i++)
		want_lot(batch, wanted, (struct lot_id){fact->lines[i].lot_org, fact->lines[i].lot_id});
}

static void target_want_rows(struct batch *batch, const struct target *target, struct wanted *wanted)
{
	const struct target_move *moves = target->moves.items;
	want_id(batch, &wanted->parties, target->party);
	want_id(batch, &wanted->parties, target->to);
	for (size_t i = 0; i < target->moves.count; i++) {
		want_lot(batch, wanted, moves[i].lot);
		want_id(batch, &wanted->parties, moves[i].holder);
	}
	for (size_t i = 0; i < target->output_count; i++)
		want_lot(batch, wanted, target->outputs[i]);
	want_shipment(batch, wanted, target->shipment);
}

static void item_want_rows(struct batch *batch, struct item *item, struct wanted *wanted)
{
	if (uuid_is_nil(item->recorder)) /* a correction is signed by who recorded what it corrects */
		item->recorder = item->job->party_count ? item->job->parties[0] : item->acting;
	if (item->target)
		target_want_rows(batch, item->target, wanted);
	want_id(batch, &wanted->recorders, item->recorder);
	want_id(batch, &wanted->heads, item->recorder);
	if (item->job->region.at)
		*(struct str *)rows_add(batch->arena, &wanted->regions, sizeof(struct str)) =
			item->job->region;
	want_id(batch, &wanted->parties, item->recorder);
	want_id(batch, &wanted->parties, item->acting);
	want_id(batch, &wanted->parties, item->to.id.lot);
	want_id(batch, &wanted->parties, item->from.id.lot);
	want_named_lot(batch, wanted, &item->lot);
	for (size_t i = 0; i < item->sample_lots.count; i++)
		want_lot(batch, wanted, ((const struct lot_id *)item->sample_lots.items)[i]);
	for (size_t i = 0; i < item->site_count; i++) {
		want_id(batch, &wanted->heads, item->sites[i].id.org);
		want_id(batch, &wanted->sites, item->sites[i].id.lot);
	}
	for (size_t i = 0; i < item->lot_count; i++)
		want_named_lot(batch, wanted, &item->lots[i]);
	for (size_t i = 0; i < item->pack_count; i++)
		want_named_lot(batch, wanted, &item->packs[i].named);
	for (size_t i = 0; i < item->output_count; i++) {
		want_id(batch, &wanted->products, item->output_products[i].id.lot);
		want_named_lot(batch, wanted, &item->output_lots[i]);
	}
	if (!item->shipment.found)
		return;
	want_shipment(batch, wanted, item->shipment.id);
	/* the shipper's stock goes down: its organisation is the shipment's, its party comes with the row */
	if (map_get(batch->shipments, MAP_KEY(item->shipment.id.lot)))
		want_id(batch, &wanted->parties, item->shipment.id.org);
}

static void queue_rows(struct batch *batch, const struct wanted *w)
{
	const struct capture_lots_lock_params lots = {rows_array(&w->lot_orgs), rows_array(&w->lots)};
	const struct capture_holdings_lock_params holdings = {rows_array(&w->lot_orgs), rows_array(&w->lots),
							      rows_array(&w->parties)};
	const struct shipments_lock_params shipments = {rows_array(&w->shipment_orgs),
							rows_array(&w->shipments)};
	db_queue(batch->db, &sql_key_heads_lock, &(struct key_heads_lock_params){rows_array(&w->heads)});
	partner_queue_declarations(batch);
	db_queue(batch->db, &sql_held_keys, &(struct held_keys_params){rows_array(&w->recorders)});
	db_queue(batch->db, &sql_capture_lots_lock, &lots);
	db_queue(batch->db, &sql_capture_holdings_lock, &holdings);
	db_queue(batch->db, &sql_shipments_lock, &shipments);
	/* Again, behind the lock: what another batch received of them meanwhile is not on its way any more. */
	const struct shipment_lines_params lines = {rows_array(&w->shipment_orgs), rows_array(&w->shipments)};
	db_queue(batch->db, &sql_shipment_lines, &lines);
	arrivals_queue(batch);
	db_queue(batch->db, &sql_capture_parties, &(struct capture_parties_params){rows_array(&w->parties)});
	db_queue(batch->db, &sql_capture_sites, &(struct capture_sites_params){rows_array(&w->sites)});
	const struct capture_products_params products = {rows_array(&w->products), rows_array(&w->lot_orgs),
							 rows_array(&w->lots)};
	db_queue(batch->db, &sql_capture_products, &products);
	doubles_queue(batch); /* behind the lock of the key: who records at this moment is waited for */
	alert_facts_queue(batch);
}

#define TAKE_MANY(batch, name, rows, count) \
	db_take_many((batch)->db, (batch)->arena, &sql_##name, (void **)&(rows), &(count))

static enum problem take_keys(struct batch *batch)
{
	struct key_heads_lock_row *locked;
	struct held_keys_row *rows;
	size_t locked_count, count;
	enum problem p = TAKE_MANY(batch, key_heads_lock, locked, locked_count);
	if (!p)
		p = partner_recheck_declarations(batch);
	if (!p)
		p = TAKE_MANY(batch, held_keys, rows, count);
	/* Who signs itself is signed for by nobody else, though the service may hold a key of it too. */
	for (size_t i = 0; !p && i < count && !batch->items->job->own; i++) {
		struct held_key *key = arena_new(batch->arena, struct held_key);
		*key = signing_held_key(&rows[i]);
		map_set(batch->keys, MAP_KEY(key->org), key);
	}
	return p;
}

/* Only asked where the service has no key to sign with. */
static enum problem load_own_keys(struct batch *batch, const struct wanted *w)
{
	const struct capture_own *own = batch->items->job->own;
	const struct uuid *orgs = w->recorders.items;
	struct own_keys_row *rows;
	bool lacking = false;
	size_t count;
	for (size_t i = 0; i < w->recorders.count; i++)
		lacking |= !map_get(batch->keys, MAP_KEY(orgs[i]));
	if (!lacking)
		return PROBLEM_NONE;
	db_queue(batch->db, &sql_own_keys, &(struct own_keys_params){rows_array(&w->recorders)});
	enum problem p = db_flush(batch->db);
	if (!p)
		p = TAKE_MANY(batch, own_keys, rows, count);
	for (size_t i = 0; !p && i < count; i++) {
		struct held_key *key = arena_new(batch->arena, struct held_key);
		*key = (struct held_key){.org = rows[i].org_id, .spki = rows[i].spki, .seq = rows[i].seq};
		memcpy(key->fingerprint.octets, rows[i].fingerprint.at, sizeof key->fingerprint.octets);
		map_set(batch->own_orgs, MAP_KEY(key->org), key);
		if (own && sha256_equal(own->key, key->fingerprint))
			map_set(batch->keys, MAP_KEY(key->org), key);
	}
	return p;
}

static enum problem take_stock(struct batch *batch)
{
	struct capture_lots_lock_row *lots;
	struct capture_holdings_lock_row *holdings;
	struct shipments_lock_row *shipments;
	struct shipment_lines_row *lines;
	size_t lot_count, holding_count, shipment_count, line_count;
	enum problem p = TAKE_MANY(batch, capture_lots_lock, lots, lot_count);
	if (!p)
		p = TAKE_MANY(batch, capture_holdings_lock, holdings, holding_count);
	if (!p)
		p = TAKE_MANY(batch, shipments_lock, shipments, shipment_count);
	if (!p)
		p = TAKE_MANY(batch, shipment_lines, lines, line_count);
	if (!p)
		p = arrivals_take(batch);
	if (p)
		return p;
	for (size_t i = 0; i < lot_count; i++) {
		struct lot_fact *fact = arena_new(batch->arena, struct lot_fact);
		fact->row = lots[i];
		fact->settled = sums_of(fact);
		fact->made = !decimal_is_zero(fact->row.total);
		map_set(batch->lots, MAP_KEY(fact->row.lot_id), fact);
	}
	for (size_t i = 0; i < holding_count; i++) {
		struct holding_fact *fact = arena_new(batch->arena, struct holding_fact);
		struct holding_key *key = arena_new(batch->arena, struct holding_key);
		fact->row = holdings[i];
		fact->settled = stock_of(fact);
		fact->was_short = holding_is_short(fact);
		*key = (struct holding_key){holdings[i].lot_id, holdings[i].holder};
		map_set(batch->holdings, MAP_KEY(*key), fact);
	}
	shipments_keep(batch, lines, line_count);
	for (size_t i = 0; i < shipment_count; i++) {
		struct shipment_fact *fact = map_get(batch->shipments, MAP_KEY(shipments[i].id));
		if (fact) {
			fact->row = shipments[i];
			fact->vehicle = shipments[i].vehicle;
		}
	}
	return arrivals_check(batch);
}

static enum problem take_master(struct batch *batch)
{
	struct capture_parties_row *parties;
	struct capture_sites_row *sites;
	struct capture_products_row *products;
	size_t party_count, site_count, product_count;
	enum problem p = TAKE_MANY(batch, capture_parties, parties, party_count);
	if (!p)
		p = TAKE_MANY(batch, capture_sites, sites, site_count);
	if (!p)
		p = TAKE_MANY(batch, capture_products, products, product_count);
	if (p)
		return p;
	for (size_t i = 0; i < party_count; i++)
		map_set(batch->parties, MAP_KEY(parties[i].id), &parties[i]);
	for (size_t i = 0; i < site_count; i++)
		map_set(batch->sites, MAP_KEY(sites[i].id), &sites[i]);
	for (size_t i = 0; i < product_count; i++)
		map_set(batch->products, MAP_KEY(products[i].id), &products[i]);
	return PROBLEM_NONE;
}

/* Only asked where a key of a region records: whose sites they are is known by now. */
static enum problem load_region_parties(struct batch *batch, const struct wanted *w)
{
	struct rows parties = w->parties;
	struct capture_region_parties_row *rows;
	size_t count;
	if (!w->regions.count)
		return PROBLEM_NONE;
	for (size_t i = 0; i < map_count(batch->sites); i++)
		want_id(batch, &parties, ((struct capture_sites_row *)map_at(batch->sites, i))->party);
	const struct capture_region_parties_params params = {rows_array(&w->regions), rows_array(&parties)};
	db_queue(batch->db, &sql_capture_region_parties, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = TAKE_MANY(batch, capture_region_parties, rows, count);
	if (!p)
		batch->region_parties = (struct rows){rows, count, count, sizeof *rows};
	return p;
}

/* Lineage above the inputs where an output exists already: it depends on the rows just read. */
static enum problem load_lineage(struct batch *batch)
{
	struct rows inputs = {0};
	struct lot_ancestor_edges_row *edges = NULL;
	struct lineage_lock_row lock;
	size_t edge_count = 0;
	bool cycle_possible = pieces_come(batch);
	pieces_want_nodes(batch, &inputs);
	for (size_t i = 0; i < map_count(batch->lots); i++)
		want_id(batch, &inputs, ((const struct lot_fact *)map_at(batch->lots, i))->row.lot_id);
	for (size_t i = 0; i < batch->count; i++)
		for (size_t k = 0;
		     batch->items[i].job->kind->class == RECORD_TRANSFORM && k < batch->items[i].output_count;
		     k++)
			cycle_possible |= batch->items[i].output_lots[k].found || batch->items[i].corrects;
	if (!cycle_possible)
		return PROBLEM_NONE;
	const struct lot_ancestor_edges_params above = {rows_array(&inputs), EDGES_LIMIT};
	db_queue(batch->db, &sql_lineage_lock, NULL /* no parameters */);
	db_queue(batch->db, &sql_lot_ancestor_edges, &above);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_one(batch->db, batch->arena, &sql_lineage_lock, &lock);
	if (!p)
		p = TAKE_MANY(batch, lot_ancestor_edges, edges, edge_count);
	for (size_t i = 0; !p && i < edge_count; i++)
		*ROW_ADD(batch, known_edges, struct lot_edge) =
			(struct lot_edge){.parent = {edges[i].parent_org, edges[i].parent},
					  .child = {edges[i].child_org, edges[i].child},
					  .event = edges[i].event};
	return p;
}

enum problem batch_load_rows(struct batch *batch)
{
	struct wanted wanted = {0};
	const struct content_fact *contents = batch->contents.items;
	for (size_t i = 0; i < batch->contents.count; i++)
		if (!content_is_unit(&contents[i]))
			want_lot(batch, &wanted,
				 (struct lot_id){contents[i].row.child_org, contents[i].row.child});
	/* What was taken out of a unit may be found not to have been in it by a record that does not name it. */
	const struct act_fact *acts = batch->acts.items;
	for (size_t i = 0; i < batch->acts.count; i++)
		if (acts[i].row.lacking.known && !str_equal(acts[i].row.child_kind, STR("unit")))
			want_lot(batch, &wanted, (struct lot_id){acts[i].row.child_org, acts[i].row.child});
	const struct pair_shipment *shipments = batch->pair_shipments.items;
	for (size_t i = 0; i < batch->pair_shipments.count; i++) {
		want_shipment(batch, &wanted, shipments[i].id);
		want_id(batch, &wanted.parties, shipments[i].from_party);
	}
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->items[i].problem && !batch->items[i].replay)
			item_want_rows(batch, &batch->items[i], &wanted);
	queue_rows(batch, &wanted);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = take_keys(batch);
	if (!p)
		p = take_stock(batch);
	if (!p)
		p = take_master(batch);
	if (!p)
		p = doubles_take(batch);
	if (!p)
		p = alert_facts_take(batch);
	if (!p)
		p = load_own_keys(batch, &wanted);
	if (!p)
		p = load_region_parties(batch, &wanted);
	if (!p)
		p = load_lineage(batch);
	if (!p)
		p = batch_load_pieces(batch);
	if (!p)
		p = batch_reload_moves(batch);
	return p ? p : batch_load_correctives(batch);
}

struct lot_fact *batch_lot(struct batch *batch, const struct named *named)
{
	if (named->found)
		return map_get(batch->lots, MAP_KEY(named->id.lot));
	/* Made a moment ago, by an earlier record of this batch? */
	struct item *maker = batch_record(batch, named);
	if (maker)
		return maker->only_lot;
	return named->asked && named->name.form != NAME_ID
		       ? map_get(batch->new_numbers, sha256_bytes(&named->name.hash))
		       : NULL;
}

struct holding_fact *batch_holding(struct batch *batch, struct lot_id lot, struct uuid holder)
{
	const struct holding_key key = {lot.lot, holder};
	return map_get(batch->holdings, MAP_KEY(key));
}

struct holding_fact *batch_holding_make(struct batch *batch, const struct lot_fact *lot, struct uuid holder)
{
	struct holding_fact *fact =
		batch_holding(batch, (struct lot_id){lot->row.org_id, lot->row.lot_id}, holder);
	if (fact)
		return fact;
	const struct capture_parties_row *party = map_get(batch->parties, MAP_KEY(holder));
	struct holding_key *key = arena_new(batch->arena, struct holding_key);
	fact = arena_new(batch->arena, struct holding_fact);
	fact->row = (struct capture_holdings_lock_row){.org_id = lot->row.org_id,
						       .lot_id = lot->row.lot_id,
						       .holder = holder,
						       .region = party->region};
	*key = (struct holding_key){lot->row.lot_id, holder};
	map_set(batch->holdings, MAP_KEY(*key), fact);
	return fact;
}
