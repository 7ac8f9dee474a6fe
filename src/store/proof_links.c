/* SPDX-License-Identifier: Apache-2.0
 * Lot and prev lines of a statement that sums them up, from the rows that its event left. */
#include "ft/store/proof_links.h"

#include <string.h>

#include "queries.h"

#include "ft/base/text.h"
#include "ft/codec/json.h"
#include "ft/core/lot_id.h"
#include "ft/core/note.h"
#include "ft/core/statement.h"

static bool is_summed_up(const struct statement_links *links)
{
	return links->count > 0 && !links->hashes;
}

static enum problem rows_of(struct db *db, struct arena *arena, struct str answer, struct uuid event,
			    usec_t recorded_at, struct event_links_row **ret, size_t *ret_count)
{
	struct json json;
	struct fault ignored = {0};
	if (json_parse(arena, answer, &json, &ignored))
		return PROBLEM_INTERNAL;
	const struct json *lots = json_get(&json, STR("lots"));
	size_t count = lots ? lots->count : 0, known = 0;
	struct uuid *orgs = arena_array(arena, struct uuid, count),
		    *ids = arena_array(arena, struct uuid, count);
	for (size_t i = 0; i < count; i++) {
		struct lot_id id;
		if (!lot_id_parse(arena, json_text(json_get(&lots->items[i], STR("id"))), &id))
			continue;
		orgs[known] = id.org;
		ids[known++] = id.lot;
	}
	const struct event_links_params params = {{orgs, known}, {ids, known}, event, recorded_at};
	return event_links(db, arena, &params, ret, ret_count);
}

enum problem proof_links_of(struct db *db, struct arena *arena, struct str note, struct str answer,
			    struct uuid event, usec_t recorded_at, struct proof_links *ret)
{
	struct note parsed;
	struct statement statement;
	struct event_links_row *rows;
	size_t count, prev_count = 0;
	*ret = (struct proof_links){{NULL, 0}, {NULL, 0}};
	if (!note_parse(arena, note, &parsed) || !statement_parse(arena, parsed.text, &statement))
		return PROBLEM_INTERNAL;
	if (!is_summed_up(&statement.lots) && !is_summed_up(&statement.prevs))
		return PROBLEM_NONE;
	enum problem p = rows_of(db, arena, answer, event, recorded_at, &rows, &count);
	if (p)
		return p;
	struct sha256 *lots = arena_array(arena, struct sha256, count);
	struct sha256 *prevs = arena_array(arena, struct sha256, count);
	for (size_t i = 0; i < count; i++) {
		lots[i] = statement_lot(rows[i].salt.at, rows[i].uri);
		if (rows[i].prev.at)
			memcpy(prevs[prev_count++].octets, rows[i].prev.at, sizeof prevs->octets);
	}
	if (is_summed_up(&statement.lots))
		ret->lots = statement_link_lines(arena, STR("lot"), lots, count);
	if (is_summed_up(&statement.prevs))
		ret->prevs = statement_link_lines(arena, STR("prev"), prevs, prev_count);
	return PROBLEM_NONE;
}
