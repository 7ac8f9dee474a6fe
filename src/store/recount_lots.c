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
	bool ended;
};
struct lots_page {
	struct recount *r;
	struct chain *chains;
	size_t count;
};

static void check_name(struct recount *r, const struct chain *chain, const struct map *things,
		       struct sha256 hash, struct str name)
{
	const struct recount_things_row *row = map_get(things, sha256_bytes(&hash));
	if (row && str_equal(row->kind, STR("lot")) && uuid_equal(row->id, chain->lot->lot_id) &&
	    uuid_equal(row->org_id, chain->lot->org_id))
		return;
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
			check_name(r, chain, things, hashes[2 * i], chain->lot->number);
		check_name(r, chain, things, hashes[2 * i + 1], chain->lot->uri);
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

/* The next steps of all chains of the page. */
static enum problem walk(struct lots_page *page, size_t *ret_going)
{
	struct recount *r = page->r;
	struct recount_history_row *rows;
	size_t count = 0, row_count;
	struct uuid *orgs = arena_array(r->arena, struct uuid, page->count),
		    *lots = arena_array(r->arena, struct uuid, page->count);
	usec_t *after = arena_array(r->arena, usec_t, page->count);
	struct chain **going = arena_array(r->arena, struct chain *, page->count);
	for (size_t i = 0; i < page->count; i++) {
		if (page->chains[i].ended)
			continue;
		orgs[count] = page->chains[i].lot->org_id;
		lots[count] = page->chains[i].lot->lot_id;
		after[count] = page->chains[i].last;
		page->chains[i].ended = true; /* unless the page of its steps is full */
		going[count++] = &page->chains[i];
	}
	*ret_going = 0;
	const struct recount_history_params params = {
		{orgs, count}, {lots, count}, {after, count}, RECOUNT_PAGE};
	enum problem p = recount_history(r->db, r->arena, &params, &rows, &row_count);
	for (size_t i = 0, n = 0; !p && i < row_count; i++) {
		struct chain *chain = going[rows[i].place - 1];
		n = i && rows[i].place == rows[i - 1].place ? n + 1 : 1;
		check_step(r, chain, &rows[i]);
		chain->head = rows[i].statement_sha256;
		chain->last = rows[i].recorded_at;
		if (n == RECOUNT_PAGE) {
			chain->ended = false;
			++*ret_going;
		}
	}
	return p;
}

static void keep_heads(struct lots_page *page, struct arena *arena)
{
	for (size_t i = 0; i < page->count; i++)
		if (page->chains[i].head.at)
			page->chains[i].head = arena_bytes(arena, page->chains[i].head);
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
	}
}

static enum problem take_page(struct recount *r, const struct recount_lots_row *rows, size_t count)
{
	struct lots_page page = {r, arena_array(r->arena, struct chain, count), count};
	struct arena *outer = r->arena;
	size_t going = count;
	for (size_t i = 0; i < count; i++)
		page.chains[i] = (struct chain){.lot = &rows[i], .name = uuid_print(outer, rows[i].lot_id)};
	enum problem p = check_names(&page);
	while (!p && going) {
		r->arena = arena_create();
		p = walk(&page, &going);
		keep_heads(&page, outer);
		arena_destroy(r->arena);
	}
	r->arena = outer;
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
