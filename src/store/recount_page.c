/* SPDX-License-Identifier: Apache-2.0
 * Reads events by pages, in the order of their key, with the rows that were derived of them. */
#include "master_priv.h"
#include "recount_priv.h"

struct page {
	struct recount *r;
	struct arena *arena;
	struct recounted *events;
	size_t count;
	struct map *by_id;  /* event → recounted */
	struct map *things; /* hash → recount_things_row */
};

static void read_bodies(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		struct recounted *event = &page->events[i];
		event->name = uuid_print(page->arena, event->row->id);
		recount_statement(page->r, event);
		if (event->readable && deed_read(page->arena, bytes_str(event->row->body), &event->deed)) {
			event->readable = false;
			recount_tell(page->r, "body", event->name, STR("unreadable"), STR("an event"));
		}
		map_set(page->by_id, MAP_KEY(event->row->id), event);
	}
}

static void ask(struct page *page, struct sha256 *hashes, size_t *count, struct str uri)
{
	if (recount_path_hash(page->arena, uri, &hashes[*count]))
		(*count)++;
}

/* What the bodies name. */
static enum problem load_things(struct page *page)
{
	struct recount_things_row *rows;
	size_t most = 1, count = 0, row_count;
	for (size_t i = 0; i < page->count; i++)
		most += 2 * page->events[i].deed.count + page->events[i].deed.places.count + DEED_SIDES;
	struct sha256 *hashes = arena_array(page->arena, struct sha256, most);
	for (size_t i = 0; i < page->count; i++) {
		const struct deed *deed = &page->events[i].deed;
		ask(page, hashes, &count, deed->party);
		ask(page, hashes, &count, deed->from);
		ask(page, hashes, &count, deed->to);
		for (size_t k = 0; k < deed->count; k++) {
			ask(page, hashes, &count, deed->lines[k].uri);
			ask(page, hashes, &count, deed->lines[k].product);
		}
		for (size_t k = 0; k < deed->places.count; k++)
			ask(page, hashes, &count, deed->places.items[k]);
	}
	struct bytes *asked = arena_array(page->arena, struct bytes, count + 1);
	for (size_t i = 0; i < count; i++)
		asked[i] = sha256_bytes(&hashes[i]);
	const struct recount_things_params params = {{asked, count}};
	enum problem p = recount_things(page->r->db, page->arena, &params, &rows, &row_count);
	page->things = map_create(page->arena, row_count + 1);
	for (size_t i = 0; !p && i < row_count; i++)
		map_set(page->things, rows[i].hash, &rows[i]);
	return p;
}

static const struct recount_things_row *thing_of(const struct page *page, struct str uri, const char *kind)
{
	struct sha256 hash;
	const struct recount_things_row *row = recount_path_hash(page->arena, uri, &hash)
						       ? map_get(page->things, sha256_bytes(&hash))
						       : NULL;
	return row && str_equal(row->kind, str_of(kind)) ? row : NULL;
}

static struct uuid party_of(const struct page *page, struct str uri)
{
	const struct recount_things_row *row = uri.at ? thing_of(page, uri, "party") : NULL;
	return row ? row->id : (struct uuid){{0}};
}

static void resolve(struct page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		struct recounted *event = &page->events[i];
		const struct deed *deed = &event->deed;
		event->lots = arena_array(page->arena, const struct recount_things_row *, deed->count + 1);
		for (size_t k = 0; k < deed->count; k++) {
			const struct recount_things_row *lot = thing_of(page, deed->lines[k].uri, "lot");
			event->lots[k] = lot && lot->uri.at ? lot : NULL;
		}
		event->products = arena_array(page->arena, struct uuid, deed->count + 1);
		for (size_t k = 0; k < deed->count; k++) {
			const struct recount_things_row *product =
				deed->lines[k].product.at ? thing_of(page, deed->lines[k].product, "product")
							  : NULL;
			if (product)
				event->products[k] = product->id;
		}
		event->places = arena_array(page->arena, struct uuid, deed->places.count);
		event->place_parties = arena_array(page->arena, struct uuid, deed->places.count);
		for (size_t k = 0; k < deed->places.count; k++) {
			const struct recount_things_row *site = thing_of(page, deed->places.items[k], "site");
			if (site) {
				event->places[k] = site->id;
				event->place_parties[k] = site->place_party;
			}
		}
		event->sides[DEED_ACTING] = deed->party.at && !deed->declaration ? party_of(page, deed->party)
										 : event->row->party;
		event->sides[DEED_FROM] = party_of(page, deed->from);
		event->sides[DEED_TO] = party_of(page, deed->to);
	}
}

/* Each version of a product is read once. */
static enum problem shelf_of(struct recount *r, struct uuid product, int64_t version,
			     const struct recount_shelf **ret)
{
	struct recount_shelf *shelf = arena_new(r->kept, struct recount_shelf);
	*shelf = (struct recount_shelf){product, version, {false, 0}};
	struct bytes key = {(const uint8_t *)shelf, sizeof shelf->product + sizeof shelf->version};
	struct master_version_get_row row;
	struct product entity;
	*ret = map_get(r->shelves, key);
	if (*ret)
		return PROBLEM_NONE;
	const struct master_version_get_params params = {
		str_of(thing_kind_words[THING_PRODUCT]), product, {true, version}};
	enum problem p = master_version_get(r->db, r->arena, &params, &row);
	if (p == PROBLEM_NOT_FOUND || (!p && row.erased))
		return PROBLEM_NONE;
	if (!p)
		p = master_from_body(r->arena, &master_product, row.body, &entity);
	if (p)
		return p;
	shelf->days = product_columns(r->arena, &entity).shelf_life_days;
	map_set(r->shelves, key, shelf);
	*ret = shelf;
	return PROBLEM_NONE;
}

static enum problem load_shelves(struct page *page)
{
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; i < page->count; i++) {
		struct recounted *event = &page->events[i];
		const struct deed *deed = &event->deed;
		event->shelves = arena_array(page->arena, const struct recount_shelf *, deed->count + 1);
		for (size_t k = 0; !p && k < deed->count; k++)
			if (deed->lines[k].product_version && !uuid_is_nil(event->products[k]))
				p = shelf_of(page->r, event->products[k], deed->lines[k].product_version,
					     &event->shelves[k]);
	}
	return p;
}

static size_t line_count(const struct page *page)
{
	size_t count = 0;
	for (size_t i = 0; i < page->count; i++)
		count += page->events[i].deed.count;
	return count;
}

static struct recounted *event_at(const struct page *page, struct uuid id)
{
	return map_get(page->by_id, MAP_KEY(id));
}

/* The lots that events name, each with its event. */
struct named_lots {
	struct uuid *orgs, *lots, *events;
	size_t count;
};

static struct named_lots lots_named(const struct page *page, bool in_tests_alone)
{
	size_t most = line_count(page) + 1;
	struct named_lots ret = {arena_array(page->arena, struct uuid, most),
				 arena_array(page->arena, struct uuid, most),
				 arena_array(page->arena, struct uuid, most), 0};
	for (size_t i = 0; i < page->count; i++) {
		const struct recounted *event = &page->events[i];
		for (size_t k = 0; (event->deed.test.at || !in_tests_alone) && k < event->deed.count; k++) {
			const struct recount_things_row *lot = event->lots[k];
			if (!lot)
				continue;
			ret.orgs[ret.count] = lot->org_id;
			ret.lots[ret.count] = lot->id;
			ret.events[ret.count++] = event->row->id;
		}
	}
	return ret;
}

static enum problem load_links(struct page *page)
{
	struct recount_links_row *rows;
	size_t row_count;
	const struct named_lots of = lots_named(page, /* in_tests_alone */ false);
	const struct recount_links_params params = {
		{of.orgs, of.count}, {of.lots, of.count}, {of.events, of.count}};
	enum problem p = recount_links(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->link_count++)
			event->links = &rows[i];
	}
	return p;
}

struct wanted_edges {
	struct uuid *parents, *children, *events, *piece_lots, *piece_events;
	size_t count, piece_count;
};

static size_t pair_count(const struct recounted *event)
{
	size_t inputs = 0;
	for (size_t i = 0; i < event->deed.count; i++)
		inputs += event->deed.lines[i].role == DEED_INPUT;
	return inputs * (event->deed.count - inputs);
}

static void want_pairs(struct wanted_edges *wanted, const struct recounted *event)
{
	const struct deed_line *lines = event->deed.lines;
	for (size_t i = 0; i < event->deed.count; i++)
		for (size_t k = 0; lines[i].role == DEED_INPUT && k < event->deed.count; k++) {
			if (lines[k].role != DEED_OUTPUT || !event->lots[i] || !event->lots[k])
				continue;
			wanted->parents[wanted->count] = event->lots[i]->id;
			wanted->children[wanted->count] = event->lots[k]->id;
			wanted->events[wanted->count++] = event->row->id;
		}
}

static void want_spokes(struct wanted_edges *wanted, const struct recounted *event)
{
	for (size_t i = 0; i < event->deed.count; i++) {
		if (!event->lots[i])
			continue;
		wanted->piece_lots[wanted->piece_count] = event->lots[i]->id;
		wanted->piece_events[wanted->piece_count++] = event->row->id;
	}
}

static enum problem load_edges(struct page *page)
{
	struct recount_edges_row *rows;
	size_t most = 1, most_pieces = 1, row_count;
	for (size_t i = 0; i < page->count; i++) {
		const struct recounted *event = &page->events[i];
		if (recount_is_piece(event))
			most_pieces += event->deed.count;
		else
			most += pair_count(event);
	}
	struct wanted_edges w = {.parents = arena_array(page->arena, struct uuid, most),
				 .children = arena_array(page->arena, struct uuid, most),
				 .events = arena_array(page->arena, struct uuid, most),
				 .piece_lots = arena_array(page->arena, struct uuid, most_pieces),
				 .piece_events = arena_array(page->arena, struct uuid, most_pieces)};
	for (size_t i = 0; i < page->count; i++) {
		if (recount_is_piece(&page->events[i]))
			want_spokes(&w, &page->events[i]);
		else
			want_pairs(&w, &page->events[i]);
	}
	const struct recount_edges_params params = {{w.parents, w.count},
						    {w.children, w.count},
						    {w.events, w.count},
						    {w.piece_lots, w.piece_count},
						    {w.piece_events, w.piece_count}};
	enum problem p = recount_edges(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->edge_count++)
			event->edges = &rows[i];
	}
	return p;
}

static enum problem load_moves(struct page *page)
{
	struct correction_moves_row *rows;
	size_t row_count;
	struct uuid *orgs = arena_array(page->arena, struct uuid, page->count),
		    *ids = arena_array(page->arena, struct uuid, page->count);
	for (size_t i = 0; i < page->count; i++) {
		orgs[i] = page->events[i].row->org_id;
		ids[i] = page->events[i].row->id;
	}
	const struct correction_moves_params params = {{orgs, page->count}, {ids, page->count}};
	enum problem p = correction_moves(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->move_count++)
			event->moves = &rows[i];
	}
	return p;
}

static enum problem load_shipments(struct page *page)
{
	struct recount_shipments_row *rows;
	size_t count = 0, row_count;
	struct uuid *orgs = arena_array(page->arena, struct uuid, page->count),
		    *ids = arena_array(page->arena, struct uuid, page->count);
	for (size_t i = 0; i < page->count; i++) {
		const struct recounted *event = &page->events[i];
		bool received = event->deed.of_partner && event->deed.kind->class == RECORD_RECEIVE;
		if (uuid_is_nil(event->row->shipment) && !received)
			continue;
		orgs[count] = event->row->org_id;
		ids[count++] = event->row->id;
	}
	const struct recount_shipments_params params = {{orgs, count}, {ids, count}};
	enum problem p = recount_shipments(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].of);
		if (!event->shipment_count++)
			event->shipment = &rows[i];
	}
	return p;
}

static enum problem load_packs(struct page *page)
{
	struct recount_packs_row *rows;
	size_t count;
	struct uuid *events = arena_array(page->arena, struct uuid, page->count);
	for (size_t i = 0; i < page->count; i++)
		events[i] = page->events[i].row->id;
	const struct recount_packs_params params = {{events, page->count}};
	enum problem p = recount_packs(page->r->db, page->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->pack_count++)
			event->packs = &rows[i];
	}
	return p;
}

static enum problem load_herds(struct page *page)
{
	struct recount_herds_row *rows;
	size_t count;
	struct uuid *events = arena_array(page->arena, struct uuid, page->count);
	for (size_t i = 0; i < page->count; i++)
		events[i] = page->events[i].row->id;
	const struct recount_herds_params params = {{events, page->count}};
	enum problem p = recount_herds(page->r->db, page->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->herd_count++)
			event->herds = &rows[i];
	}
	return p;
}

/* What was done at places stands there under the place. */
static enum problem load_sites(struct page *page)
{
	struct recount_sites_row *rows;
	size_t most = 1, count = 0, row_count;
	for (size_t i = 0; i < page->count; i++)
		most += page->events[i].deed.places.count;
	struct uuid *sites = arena_array(page->arena, struct uuid, most),
		    *events = arena_array(page->arena, struct uuid, most);
	for (size_t i = 0; i < page->count; i++)
		for (size_t k = 0; k < page->events[i].deed.places.count; k++) {
			if (uuid_is_nil(page->events[i].places[k]))
				continue;
			sites[count] = page->events[i].places[k];
			events[count++] = page->events[i].row->id;
		}
	const struct recount_sites_params params = {{sites, count}, {events, count}};
	enum problem p = recount_sites(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->site_count++)
			event->sites = &rows[i];
	}
	return p;
}

static enum problem load_tests(struct page *page)
{
	struct recount_tests_row *rows;
	size_t row_count;
	const struct named_lots of = lots_named(page, /* in_tests_alone */ true);
	const struct recount_tests_params params = {
		{of.orgs, of.count}, {of.lots, of.count}, {of.events, of.count}};
	enum problem p = recount_tests(page->r->db, page->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++) {
		struct recounted *event = event_at(page, rows[i].event);
		if (!event->test_count++)
			event->tests = &rows[i];
	}
	return p;
}

static enum problem load(struct page *page)
{
	enum problem p = load_things(page);
	if (p)
		return p;
	resolve(page);
	p = load_shelves(page);
	if (!p)
		p = load_links(page);
	if (!p)
		p = load_edges(page);
	if (!p)
		p = load_moves(page);
	if (!p)
		p = load_packs(page);
	if (!p)
		p = load_herds(page);
	if (!p)
		p = load_sites(page);
	if (!p)
		p = load_tests(page);
	return p ? p : load_shipments(page);
}

static enum problem take_page(struct recount *r, const struct recount_events_row *rows, size_t count)
{
	struct page page = {.r = r,
			    .arena = r->arena,
			    .events = arena_array(r->arena, struct recounted, count),
			    .count = count,
			    .by_id = map_create(r->arena, count)};
	for (size_t i = 0; i < count; i++)
		page.events[i].row = &rows[i];
	read_bodies(&page);
	enum problem p = load(&page);
	for (size_t i = 0; !p && i < count; i++)
		recount_goods(r, &page.events[i]);
	if (!p)
		p = recount_alerts_of(r, page.events, count);
	return p;
}

enum problem recount_all_events(struct recount *r)
{
	struct recount_events_params params = {.max_rows = RECOUNT_PAGE};
	struct arena *outer = r->arena;
	struct recount_events_row *rows;
	size_t count;
	enum problem p;
	do {
		r->arena = arena_create();
		p = recount_events(r->db, r->arena, &params, &rows, &count);
		if (!p && count) {
			p = take_page(r, rows, count);
			params.org = rows[count - 1].org_id;
			params.id = rows[count - 1].id;
			r->totals.events += (int64_t)count;
			recount_went(r, RECOUNT_EVENTS, r->totals.events, r->size.events);
		}
		arena_destroy(r->arena);
	} while (!p && count == RECOUNT_PAGE);
	r->arena = outer;
	return p;
}
