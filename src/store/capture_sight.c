/* SPDX-License-Identifier: Apache-2.0
 * Which lots of others a record may look at: an inspector's region, a buyer's suppliers. One query, and only where a
 * record names a lot that its party neither issued nor holds. */
#include "capture_pack_priv.h"

struct sight {
	struct uuid lot, record;
};

static bool looks(const struct item *item)
{
	enum record_class class = item->job->kind->class;
	return !item->problem && !item->replay && !job_is_unbounded(item->job) &&
	       (class == RECORD_LOOK || class == RECORD_HOLD || class == RECORD_TEST ||
		class == RECORD_RELEASE);
}

struct asked {
	struct rows orgs, lots, parties, regions, records;
};

static void ask(struct batch *batch, struct asked *asked, const struct item *item, const struct named *named)
{
	const struct lot_fact *lot = named->found ? map_get(batch->lots, MAP_KEY(named->id.lot)) : NULL;
	const struct lot_id id = named->id;
	if (!lot || uuid_equal(lot->row.org_id, item->acting) || batch_holding(batch, id, item->acting))
		return;
	*(struct uuid *)rows_add(batch->arena, &asked->orgs, sizeof(struct uuid)) = id.org;
	*(struct uuid *)rows_add(batch->arena, &asked->lots, sizeof(struct uuid)) = id.lot;
	*(struct uuid *)rows_add(batch->arena, &asked->parties, sizeof(struct uuid)) =
		item->job->party_count ? item->acting : (struct uuid){{0}};
	*(struct str *)rows_add(batch->arena, &asked->regions, sizeof(struct str)) = item->job->region;
	*(struct uuid *)rows_add(batch->arena, &asked->records, sizeof(struct uuid)) = item->job->id;
}

enum problem batch_load_sight(struct batch *batch)
{
	struct asked asked = {{0}};
	struct capture_lots_seen_row *rows;
	size_t count;
	batch->seen = map_create(batch->arena, 16);
	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];
		if (!looks(item))
			continue;
		for (size_t k = 0; k < item->lot_count; k++)
			ask(batch, &asked, item, &item->lots[k]);
		for (size_t k = 0; k < item->pack_count; k++)
			ask(batch, &asked, item, &item->packs[k].named);
		ask(batch, &asked, item, &item->lot);
	}
	if (!asked.lots.count)
		return PROBLEM_NONE;
	const struct capture_lots_seen_params params = {.orgs = rows_array(&asked.orgs),
							.ids = rows_array(&asked.lots),
							.parties = rows_array(&asked.parties),
							.regions = rows_array(&asked.regions)};
	db_queue(batch->db, &sql_capture_lots_seen, &params);
	enum problem p = db_flush(batch->db);
	if (!p)
		p = db_take_many(batch->db, batch->arena, &sql_capture_lots_seen, (void **)&rows, &count);
	for (size_t i = 0; !p && i < count; i++) {
		struct sight *sight = arena_new(batch->arena, struct sight);
		size_t place = (size_t)rows[i].place - 1;
		*sight = (struct sight){((const struct uuid *)asked.lots.items)[place],
					((const struct uuid *)asked.records.items)[place]};
		map_set(batch->seen, MAP_KEY(*sight), sight);
	}
	return p;
}

bool batch_sees(const struct batch *batch, const struct item *item, const struct named *named)
{
	const struct sight sight = {named->id.lot, item->job->id};
	return named->found && map_get(batch->seen, MAP_KEY(sight)) != NULL;
}
