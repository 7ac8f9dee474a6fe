/* SPDX-License-Identifier: Apache-2.0
 * Lots: the names under which they are found, and the chain of statements about each. */
#include <string.h>

#include "ft/base/text.h"
#include "ft/core/note.h"
#include "recount_priv.h"

struct chain {
	const struct recount_lots_row *lot;
	struct str name;
	struct bytes head;
	usec_t last;
	bool goes_on; /* beyond its first page */
};
struct lots_page {
	struct recount *r;
	struct chain *chains;
	size_t count;
};

static void check_name(struct recount *r, const struct chain *chain, const struct map *things,
		       struct sha256 hash, struct str name, bool name_is_number)
{
	const struct recount_things_row *row = map_get(things, sha256_bytes(&hash));
	bool is_lot = row && str_equal(row->kind, STR("lot")) && uuid_equal(row->org_id, chain->lot->org_id);
	if (is_lot && uuid_equal(row->id, chain->lot->lot_id))
		return;
	if (is_lot && name_is_number && str_equal(row->number, name))
		return; /* of another product: documents may number lots of two alike */
	struct str stored = row ? arena_printf(r->arena, "%.*s %.*s", STR_ARGS(row->kind),
					       STR_ARGS(uuid_print(r->arena, row->id)))
				: STR("nothing");
	recount_tell(r, "thing", name, stored, arena_printf(r->arena, "lot %.*s", STR_ARGS(chain->name)));
}

static enum problem check_names(struct lots_page *page)
{
	struct recount *r = page->r;
	struct recount_things_row *rows;
	size_t row_count;
	struct sha256 *hashes = arena_array(r->arena, struct sha256, page->count * 2);
	struct bytes *asked = arena_array(r->arena, struct bytes, page->count * 2);
	for (size_t i = 0; i < page->count; i++) {
		const struct recount_lots_row *lot = page->chains[i].lot;
		hashes[2 * i] = thing_hash_number(THING_LOT, lot->org_id, lot->number);
		if (!recount_path_hash(r->arena, lot->uri, &hashes[2 * i + 1]))
			hashes[2 * i + 1] = hashes[2 * i];
		asked[2 * i] = sha256_bytes(&hashes[2 * i]);
		asked[2 * i + 1] = sha256_bytes(&hashes[2 * i + 1]);
	}
	const struct recount_things_params params = {{asked, page->count * 2}};
	enum problem p = recount_things(r->db, r->arena, &params, &rows, &row_count);
	if (p)
		return p;
	struct map *things = map_create(r->arena, row_count + 1);
	for (size_t i = 0; i < row_count; i++)
		map_set(things, rows[i].hash, &rows[i]);
	for (size_t i = 0; i < page->count; i++) {
		const struct chain *chain = &page->chains[i];
		if (chain->lot->registered) /* a lot of a product of nobody here has no own number */
			check_name(r, chain, things, hashes[2 * i], chain->lot->number,
				   /* name_is_number */ true);
		check_name(r, chain, things, hashes[2 * i + 1], chain->lot->uri, /* name_is_number */ false);
		if (!chain->lot->coded)
			recount_tell(r, "thing", chain->lot->code, STR("another thing or nothing"),
				     arena_printf(r->arena, "lot %.*s", STR_ARGS(chain->name)));
	}
	return PROBLEM_NONE;
}

static bool has(const struct statement_links *links, struct bytes hash)
{
	if (!links->hashes)
		return links->count > 0; /* summed up: only their digest is there */
	for (size_t i = 0; i < links->count; i++)
		if (bytes_equal(sha256_bytes(&links->hashes[i]), hash))
			return true;
	return false;
}

/* A statement about a lot names the one before it, and the lot. */
static void check_step(struct recount *r, struct chain *chain, const struct recount_history_row *row)
{
	struct arena *arena = r->arena;
	struct note note;
	struct statement statement;
	if (!note_parse(arena, bytes_str(row->statement), &note) ||
	    !statement_parse(arena, note.text, &statement))
		return; /* told by the pass over events */
	struct str subject = arena_printf(arena, "%.*s %.*s", STR_ARGS(uuid_print(arena, row->event)),
					  STR_ARGS(chain->name));
	struct sha256 lot = statement_lot(chain->lot->salt.at, chain->lot->uri);
	if (!has(&statement.lots, sha256_bytes(&lot)))
		recount_tell(r, "link", subject, STR("a link"), STR("the statement does not name the lot"));
	if (chain->head.at && !has(&statement.prevs, chain->head))
		recount_tell(r, "statement", subject, STR("does not name the statement before it"),
			     hex_encode(arena, chain->head));
}

static void take_step(struct recount *r, struct chain *chain, const struct recount_history_row *row)
{
	check_step(r, chain, row);
	chain->head = row->statement_sha256;
	chain->last = row->recorded_at;
}

/* The first steps of all chains of the page. */
static enum problem walk(struct lots_page *page)
{
	struct recount *r = page->r;
	struct recount_history_row *rows;
	size_t row_count;
	struct uuid *orgs = arena_array(r->arena, struct uuid, page->count),
		    *lots = arena_array(r->arena, struct uuid, page->count);
	for (size_t i = 0; i < page->count; i++) {
		orgs[i] = page->chains[i].lot->org_id;
		lots[i] = page->chains[i].lot->lot_id;
	}
	const struct recount_history_params params = {{orgs, page->count}, {lots, page->count}, RECOUNT_PAGE};
	enum problem p = recount_history(r->db, r->arena, &params, &rows, &row_count);
	for (size_t i = 0, n = 0; !p && i < row_count; i++) {
		struct chain *chain = &page->chains[rows[i].place - 1];
		n = i && rows[i].place == rows[i - 1].place ? n + 1 : 1;
		take_step(r, chain, &rows[i]);
		chain->goes_on = n == RECOUNT_PAGE;
	}
	return p;
}

static enum problem take_steps(struct recount *r, struct chain *chain, const struct recount_story_row *story,
			       size_t count, struct arena *outer)
{
	struct recount_steps_row *rows;
	size_t row_count;
	struct uuid *orgs = arena_array(r->arena, struct uuid, count),
		    *events = arena_array(r->arena, struct uuid, count);
	for (size_t i = 0; i < count; i++) {
		orgs[i] = story[i].event_org;
		events[i] = story[i].event;
	}
	const struct recount_steps_params params = {{orgs, count}, {events, count}};
	enum problem p = recount_steps(r->db, r->arena, &params, &rows, &row_count);
	for (size_t i = 0; !p && i < row_count; i++)
		take_step(r, chain,
			  &(struct recount_history_row){.event = rows[i].event,
							.recorded_at = rows[i].recorded_at,
							.statement = rows[i].statement,
							.statement_sha256 = rows[i].statement_sha256});
	if (!p && chain->head.at)
		chain->head = arena_bytes(outer, chain->head);
	return p;
}

/* The rest of a long chain. Which records it is of is asked once: asked anew for every page of them, each page would read
 * all links of the lot again. */
static enum problem walk_on(struct recount *r, struct chain *chain)
{
	struct arena *outer = r->arena;
	struct recount_story_row *story;
	size_t count;
	const struct recount_story_params params = {chain->lot->org_id, chain->lot->lot_id, chain->last};
	enum problem p = recount_story(r->db, outer, &params, &story, &count);
	for (size_t i = 0; !p && i < count; i += RECOUNT_PAGE) {
		r->arena = arena_create();
		p = take_steps(r, chain, &story[i], count - i < RECOUNT_PAGE ? count - i : RECOUNT_PAGE,
			       outer);
		arena_destroy(r->arena);
	}
	r->arena = outer;
	return p;
}

static void check_heads(const struct lots_page *page)
{
	struct recount *r = page->r;
	for (size_t i = 0; i < page->count; i++) {
		const struct chain *chain = &page->chains[i];
		if (!chain->head.at || !bytes_equal(chain->head, chain->lot->head))
			recount_tell(r, "lot", chain->name, hex_encode(r->arena, chain->lot->head),
				     chain->head.at ? hex_encode(r->arena, chain->head)
						    : STR("no statement"));
		/* Trails that were kept are good for it. */
		if (chain->last > chain->lot->version)
			recount_tell(r, "lot", chain->name, utc_print(r->arena, chain->lot->version),
				     utc_print(r->arena, chain->last));
	}
}

static enum problem take_page(struct recount *r, const struct recount_lots_row *rows, size_t count)
{
	struct lots_page page = {r, arena_array(r->arena, struct chain, count), count};
	for (size_t i = 0; i < count; i++)
		page.chains[i] =
			(struct chain){.lot = &rows[i], .name = uuid_print(r->arena, rows[i].lot_id)};
	enum problem p = check_names(&page);
	if (!p)
		p = walk(&page);
	for (size_t i = 0; !p && i < count; i++)
		if (page.chains[i].goes_on)
			p = walk_on(r, &page.chains[i]);
	if (!p)
		check_heads(&page);
	return p;
}

enum problem recount_all_lots(struct recount *r)
{
	struct recount_lots_params params = {.max_rows = RECOUNT_PAGE};
	struct arena *outer = r->arena;
	struct recount_lots_row *rows;
	size_t count;
	enum problem p;
	do {
		r->arena = arena_create();
		p = recount_lots(r->db, r->arena, &params, &rows, &count);
		if (!p && count) {
			p = take_page(r, rows, count);
			params.org = rows[count - 1].org_id;
			params.id = rows[count - 1].lot_id;
			r->totals.lots += (int64_t)count;
			recount_went(r, RECOUNT_LOTS, r->totals.lots, r->size.lots);
		}
		arena_destroy(r->arena);
	} while (!p && count == RECOUNT_PAGE);
	r->arena = outer;
	return p;
}
