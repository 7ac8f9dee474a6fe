/* SPDX-License-Identifier: Apache-2.0
 * Puts a trail together, and keeps public ones for the next scan. */
#include <string.h>

#include "ft/codec/json.h"
#include "ft/core/risk.h"
#include "ft/core/unit.h"
#include "trail_priv.h"

enum { ATTEMPTS = 4, CHINA_OFFSET_MIN = 480 };
enum {
	AHEAD_US = 10 * USEC_PER_SEC
}; /* a head that covers the newest records is a second away, or waits for its witnesses */

/* What the pack says: as written when one record made it, else the sum in its base unit. */
static struct trail_quantity *quantity_of_lot(const struct trail_facts *facts, const struct trail_node *node)
{
	const struct trail_links_row *const *links = node->links.items, *made = NULL;
	const struct unit *base = unit_base((enum dimension)node->row->dimension);
	size_t count = 0;
	for (size_t i = 0; i < node->links.count; i++)
		if (str_equal(links[i]->role, STR("output")) && links[i]->value.at &&
		    trail_stands(facts, links[i]->recorded_at, links[i]->declared_at) && ++count)
			made = links[i];
	if (count == 1)
		return trail_quantity_make(facts->arena, made->value, made->unit);
	return trail_quantity_make(facts->arena, decimal_print(facts->arena, node->row->total),
				   base ? str_of(base->code) : node->row->unit);
}

static struct trail_lot *tell_lot(const struct trail_facts *facts)
{
	const struct trail_lots_row *row = facts->target->row;
	struct trail_lot *lot = arena_new(facts->arena, struct trail_lot);
	*lot = (struct trail_lot){
		.id = lot_id_print(facts->arena, (struct lot_id){row->org_id, row->lot_id}),
		.number = row->number,
		.code = row->code,
		.product = trail_product_make(facts, row),
		.quantity = quantity_of_lot(facts, facts->target),
		.issuer = trail_party_make(facts, row->org_id),
		.produced = date_print(facts->arena, row->produced_day),
		.test = facts->ask->test_codes,
	};
	if (row->expires_day.known)
		lot->expires = date_print(facts->arena, (int32_t)row->expires_day.value);
	return lot;
}

static struct list tell_alerts(const struct trail_facts *facts)
{
	struct trail_alert *alerts = arena_array(facts->arena, struct trail_alert, facts->alert_count);
	for (size_t i = 0; i < facts->alert_count; i++) {
		const struct trail_alerts_row *row = &facts->alerts[i];
		alerts[i] = (struct trail_alert){
			.id = uuid_print(facts->arena, row->id),
			.rule = row->rule,
			.severity = str_of(severity_words[row->severity]),
			.state = row->state,
			.title = trail_name_make(facts->arena, row->title_zh, row->title_en)};
	}
	return (struct list){alerts, facts->alert_count};
}

static void tell_lots(const struct trail_facts *facts, struct trail_made *made)
{
	struct uuid *orgs = arena_array(facts->arena, struct uuid, facts->lot_count);
	struct uuid *lots = arena_array(facts->arena, struct uuid, facts->lot_count);
	usec_t *versions = arena_array(facts->arena, usec_t, facts->lot_count);
	for (size_t i = 0; i < facts->lot_count; i++) {
		orgs[i] = facts->lots[i].org_id;
		lots[i] = facts->lots[i].lot_id;
		versions[i] = facts->lots[i].version;
		if (facts->lots[i].version > made->version_us)
			made->version_us = facts->lots[i].version;
	}
	made->orgs = orgs;
	made->lots = lots;
	made->versions = versions;
	made->lot_count = facts->lot_count;
}

static enum problem tell(const struct trail_facts *facts, struct trail_made *ret)
{
	const struct trail_ask *ask = facts->ask;
	usec_t as_of = ask->as_of_us == TRAIL_NOW ? ask->now_us : ask->as_of_us;
	struct trail_made made = {.target = ask->lot, .computed_us = ask->now_us};
	made.trail = (struct trail){
		.lot = tell_lot(facts),
		.tier = str_of(tier_words[TIER_FARM]),
		.as_of = instant_print(facts->arena, (struct instant){as_of, CHINA_OFFSET_MIN}),
		.alerts = tell_alerts(facts),
		.demonstration = ask->demonstration};
	enum problem p = trail_tell_origins(facts, &made.trail);
	if (p)
		return p;
	trail_tell_steps(facts, &made);
	made.trail.verdict = str_of(verdict_words[trail_verdict(facts, &made.good_until_us)]);
	if (made.is_ahead && made.good_until_us > ask->now_us + AHEAD_US)
		made.good_until_us = ask->now_us + AHEAD_US;
	tell_lots(facts, &made);
	*ret = made;
	return PROBLEM_NONE;
}

static enum problem load_in_tx(struct db *db, void *context)
{
	struct trail_facts *facts = context;
	*facts = (struct trail_facts){.db = db, .arena = facts->arena, .ask = facts->ask};
	return trail_load(facts);
}

enum problem trail_make(struct db *db, struct arena *arena, const struct trail_ask *ask,
			struct trail_made *ret)
{
	struct trail_facts facts = {.arena = arena, .ask = ask};
	enum problem p = PROBLEM_CONFLICT;
	/* A conflict is an edge that was added while the trail was being read. */
	for (int i = 0; p == PROBLEM_CONFLICT && i < ATTEMPTS; i++)
		p = db_tx(db, &db_program, load_in_tx, &facts, /* reterr_unknown */ NULL);
	if (p)
		return p == PROBLEM_CONFLICT ? PROBLEM_DB_RETRY : p;
	return tell(&facts, ret);
}

struct str trail_json(struct arena *arena, const struct trail *trail)
{
	struct buf out = buf_create(arena, 8192);
	struct json_writer w = json_writer(&out);
	shape_encode(&trail_shape, trail, &w);
	return buf_str(&out);
}

enum problem trail_read(struct arena *arena, struct str text, struct trail *ret)
{
	struct json *json = arena_new(arena, struct json);
	struct fault ignored = {0};
	enum problem p = json_parse(arena, text, json, &ignored);
	if (!p)
		p = shape_decode(&trail_shape, arena, json, ret, &ignored);
	return p ? PROBLEM_INTERNAL : PROBLEM_NONE;
}

struct str trail_edition(bool test_codes, bool demonstration)
{
	return demonstration ? STR("3 demonstration") : test_codes ? STR("3 test") : STR("3");
}

static struct sha256 mark_of(const struct vault *vault, const struct trail_kept *kept, struct bytes gzip)
{
	const struct bytes parts[] = {
		{(const uint8_t *)&kept->lot, sizeof kept->lot},
		{(const uint8_t *)&kept->computed_us, sizeof kept->computed_us},
		{(const uint8_t *)&kept->good_until_us, sizeof kept->good_until_us},
		{(const uint8_t *)&kept->lots.count, sizeof kept->lots.count},
		{kept->lots.items, kept->lots.count * sizeof(struct uuid)},
		{kept->versions.items, kept->versions.count * sizeof(usec_t)},
		{(const uint8_t *)&kept->edition.len, sizeof kept->edition.len},
		str_bytes(kept->edition),
		gzip,
	};
	struct sha256 all = sha256_of_parts(parts, sizeof parts / sizeof *parts);
	return hmac_sha256(sha256_bytes(&vault->kept_key), sha256_bytes(&all));
}

struct bytes trail_take(const struct vault *vault, const struct trail_kept *kept, struct bytes body)
{
	const struct bytes nothing = {NULL, 0};
	struct sha256 mark;
	if (!body.at || body.len < sizeof mark || kept->lots.count != kept->versions.count)
		return nothing;
	struct bytes gzip = {body.at + sizeof mark, body.len - sizeof mark};
	mark = mark_of(vault, kept, gzip);
	return bytes_equal(sha256_bytes(&mark), (struct bytes){body.at, sizeof mark}) ? gzip : nothing;
}

enum problem trail_store(struct db *db, struct arena *arena, const struct vault *vault,
			 const struct trail_made *made, struct lot_id lot, struct str edition,
			 struct bytes gzip)
{
	const struct trail_kept kept = {.lot = lot,
					.edition = edition,
					.lots = {made->lots, made->lot_count},
					.versions = {made->versions, made->lot_count},
					.computed_us = made->computed_us,
					.good_until_us = made->good_until_us};
	struct sha256 mark = mark_of(vault, &kept, gzip);
	uint8_t *body = arena_alloc(arena, sizeof mark + gzip.len);
	memcpy(body, mark.octets, sizeof mark);
	memcpy(body + sizeof mark, gzip.at, gzip.len);
	const struct trail_keep_params params = {.org_id = lot.org,
						 .lot_id = lot.lot,
						 .code = made->trail.lot->code,
						 .orgs = {made->orgs, made->lot_count},
						 .lots = kept.lots,
						 .versions = kept.versions,
						 .version = made->version_us,
						 .good_until = made->good_until_us,
						 .computed_at = made->computed_us,
						 .edition = edition,
						 .body = {body, sizeof mark + gzip.len}};
	return trail_keep(db, &params, /* ret_rows */ NULL);
}
