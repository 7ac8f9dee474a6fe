/* SPDX-License-Identifier: Apache-2.0
 * Issues, activates, voids and reads codes of single packs. A code is computed from its number, so rows are written for
 * blocks and ranges, never for each code. */
#include "ft/store/items.h"

#include <string.h>

#include "ft/base/failpoint.h"
#include "ft/base/map.h"
#include "ft/crypto/random.h"
#include "ft/store/act_statement.h"
#include "ft/store/audit.h"
#include "queries.h"

#include "item_words_priv.h"

const char *const item_state_words[ITEM_STATES + 1] = {"issued", "activated", "voided", NULL};

static struct code block_code(struct arena *arena, int64_t block, struct bytes key)
{
	return code_item(arena, (uint64_t)block << CODE_BLOCK_BITS, key);
}

struct item_place item_place_of(struct arena *arena, const struct code *item, struct bytes key)
{
	uint64_t number = code_item_number(item, key);
	return (struct item_place){.block = block_code(arena, (int64_t)(number >> CODE_BLOCK_BITS), key).text,
				   .index = (int64_t)(number % CODE_BLOCK)};
}

/* Whole characters of UTF-8, as many as there is room for. */
static void name_keep(char *to, size_t room, struct str name)
{
	size_t len = name.len < room ? name.len : room - 1;
	while (len < name.len && len > 0 && ((unsigned char)name.at[len] & 0xc0) == 0x80)
		len--;
	if (len)
		memcpy(to, name.at, len);
	to[len] = '\0';
}

struct pack item_of_row(const struct items_get_row *row)
{
	struct pack item = {.lot = {row->org_id, row->lot_id},
			    .issued_us = row->issued_at,
			    .activated_us = row->activated_at.known ? row->activated_at.value : 0,
			    .voided_us = row->voided_at.known ? row->voided_at.value : 0,
			    .first_scan_us = row->first_at.known ? row->first_at.value : 0,
			    .scans = row->scans.known ? row->scans.value : 0,
			    .day = row->day.known ? (int32_t)row->day.value : 0,
			    .day_scans = row->day_scans.known ? row->day_scans.value : 0,
			    .day_networks = row->day_networks.known ? (uint64_t)row->day_networks.value : 0,
			    .hour_us = row->hour.known ? row->hour.value : 0,
			    .hour_scans = row->hour_scans.known ? row->hour_scans.value : 0,
			    .hour_networks =
				    row->hour_networks.known ? (uint64_t)row->hour_networks.value : 0,
			    .suspicion = !row->suspect.known  ? ITEM_UNJUDGED
					 : row->suspect.value ? ITEM_SUSPECT
							      : ITEM_CLEARED};
	if (row->sold_at.known) {
		item.sold_us = row->sold_at.value;
		name_keep(item.seller.zh, sizeof item.seller.zh, row->seller_zh);
		name_keep(item.seller.en, sizeof item.seller.en, row->seller_en);
	}
	bool at_once = str_equal(row->state, str_of(item_state_words[ITEM_ACTIVATED]));
	if (at_once && !item.activated_us)
		item.activated_us = item.issued_us;
	item.state = item.voided_us ? ITEM_VOIDED : item.activated_us ? ITEM_ACTIVATED : ITEM_ISSUED;
	return item;
}

enum problem item_read(struct db *db, struct arena *arena, const struct code *code, struct bytes key,
		       struct pack *ret)
{
	struct item_place place = item_place_of(arena, code, key);
	struct items_get_row *rows;
	size_t count;
	const struct items_get_params params = {{&place.block, 1}, {&place.index, 1}, {&code->text, 1}};
	enum problem p = items_get(db, arena, &params, &rows, &count);
	if (p)
		return p;
	if (!count)
		return PROBLEM_NOT_FOUND;
	*ret = item_of_row(rows);
	ret->body = code->body;
	return PROBLEM_NONE;
}

/* — issuing — */
static size_t block_count(int64_t items)
{
	return (size_t)((items + CODE_BLOCK - 1) / CODE_BLOCK);
}

struct issuing {
	struct arena *arena;
	struct bytes key;
	const struct key_office *office;
	struct item_issue *issue;
	struct uuid stated;
	struct str words;
};

static enum problem write_blocks(struct db *db, struct issuing *i)
{
	const struct item_issue *issue = i->issue;
	size_t count = block_count(issue->count);
	struct str *codes = arena_array(i->arena, struct str, count);
	int64_t *places = arena_array(i->arena, int64_t, count),
		*items = arena_array(i->arena, int64_t, count);
	for (size_t b = 0; b < count; b++) {
		int64_t rest = issue->count - (int64_t)b * CODE_BLOCK;
		codes[b] = block_code(i->arena, issue->blocks[b], i->key).text;
		places[b] = (int64_t)b * CODE_BLOCK;
		items[b] = rest < CODE_BLOCK ? rest : CODE_BLOCK;
	}
	i->words = item_issue_words(i->arena, issue, codes, items, count);
	int64_t rows;
	const struct item_block_insert_many_params params = {
		.codes = {codes, count},
		.org_id = issue->lot.org,
		.lot_id = issue->lot.lot,
		.state = str_of(item_state_words[issue->activated ? ITEM_ACTIVATED : ITEM_ISSUED]),
		.issued_at = issue->issued_us,
		.issue = issue->id,
		.places = {places, count},
		.items = {items, count}};
	return item_block_insert_many(db, &params, &rows);
}

static enum problem reserve_blocks(struct db *db, const struct issuing *i)
{
	struct item_blocks_reserve_row *rows;
	size_t wanted = block_count(i->issue->count), count;
	const struct item_blocks_reserve_params params = {(int64_t)wanted};
	enum problem p = item_blocks_reserve(db, i->arena, &params, &rows, &count);
	if (p || count != wanted)
		return p ? p : PROBLEM_INTERNAL;
	int64_t *blocks = arena_array(i->arena, int64_t, count);
	for (size_t b = 0; b < count; b++)
		blocks[b] = rows[b].block;
	i->issue->blocks = blocks;
	return PROBLEM_NONE;
}

/* An issue is known by its first code. */
static enum problem audit_issue(struct db *db, struct arena *arena, struct bytes key,
				const struct key_office *office, const char *action,
				const struct item_issue *issue)
{
	const struct act act = {.key = office->actor,
				.action = action,
				.subject = item_issue_code(arena, issue, 0, key).text,
				.request_id = office->request_id,
				.at_us = office->now_us};
	return audit_write(db, &act);
}

static enum problem issue_body(struct db *db, void *context)
{
	struct issuing *i = context;
	const struct item_issue *issue = i->issue;
	struct held_key key;
	i->stated = uuid_make(i->office->now_us);
	enum problem p = act_lock(db, i->arena, i->office, issue->lot.org, &key);
	if (!p)
		p = reserve_blocks(db, i);
	if (!p)
		p = write_blocks(db, i);
	if (p)
		return p;
	int64_t rows;
	const struct item_issue_insert_params params = {
		.org_id = issue->lot.org,
		.id = issue->id,
		.lot_id = issue->lot.lot,
		.items = issue->count,
		.blocks = {issue->blocks, block_count(issue->count)},
		.state = str_of(item_state_words[issue->activated ? ITEM_ACTIVATED : ITEM_ISSUED]),
		.issued_at = issue->issued_us,
		.key = i->office->actor,
		.value = issue->value,
		.unit = issue->unit,
		.stated = i->stated};
	p = item_issue_insert(db, &params, &rows);
	const struct act_words words = {"codes", i->stated, i->words};
	if (!p)
		p = act_state(db, i->arena, i->office, &key, &words);
	return p ? p : audit_issue(db, i->arena, i->key, i->office, "createCode", issue);
}

static enum problem issue_get(struct db *db, struct arena *arena, struct uuid org, struct uuid id,
			      struct item_issue *ret)
{
	struct item_issue_get_row row;
	enum problem p = item_issue_get(db, arena, &(struct item_issue_get_params){org, id}, &row);
	if (p)
		return p;
	*ret = (struct item_issue){.id = id,
				   .lot = {org, row.lot_id},
				   .count = row.items,
				   .activated =
					   str_equal(row.state, str_of(item_state_words[ITEM_ACTIVATED])),
				   .issued_us = row.issued_at,
				   .value = row.value,
				   .unit = row.unit,
				   .blocks = row.blocks.items};
	return row.blocks.count == block_count(row.items) ? PROBLEM_NONE : PROBLEM_INTERNAL;
}

static bool same_amount(const struct item_issue *a, const struct item_issue *b)
{
	return !a->value.at == !b->value.at &&
	       (!a->value.at || (str_equal(a->value, b->value) && str_equal(a->unit, b->unit)));
}

/* The same content again is the same issue. */
static enum problem issue_again(struct db *db, struct arena *arena, struct item_issue *issue)
{
	struct item_issue first;
	enum problem p = issue_get(db, arena, issue->lot.org, issue->id, &first);
	if (p)
		return p;
	bool same = uuid_equal(first.lot.lot, issue->lot.lot) && first.count == issue->count &&
		    first.activated == issue->activated && same_amount(&first, issue);
	if (!same)
		return PROBLEM_ID_TAKEN;
	*issue = first;
	return PROBLEM_NONE;
}

enum problem item_issue_make(struct db *db, struct arena *arena, struct bytes key,
			     const struct key_office *office, struct item_issue *issue, bool *ret_again)
{
	struct issuing context = {.arena = arena, .key = key, .office = office, .issue = issue};
	enum problem p = issue_again(db, arena, issue);
	bool again = p != PROBLEM_NOT_FOUND;
	if (!again)
		p = db_tx(db, &db_program, issue_body, &context, NULL);
	if (p == PROBLEM_CONFLICT) { /* another request with this id was faster */
		p = issue_again(db, arena, issue);
		again = true;
	}
	if (p)
		return p;
	failpoint("act-2-committed");
	*ret_again = again;
	return PROBLEM_NONE;
}

enum problem item_issue_of(struct db *db, struct arena *arena, const struct code *code, struct bytes key,
			   struct item_issue *ret, int64_t *ret_place)
{
	struct item_place place = item_place_of(arena, code, key);
	struct item_block_find_many_row *rows;
	size_t count;
	const struct item_block_find_many_params params = {{&place.block, 1}};
	enum problem p = item_block_find_many(db, arena, &params, &rows, &count);
	if (p)
		return p;
	if (!count || place.index >= rows->items)
		return PROBLEM_NOT_FOUND;
	p = issue_get(db, arena, rows->org_id, rows->issue, ret);
	if (!p)
		*ret_place = rows->place + place.index;
	return p;
}

struct code item_issue_code(struct arena *arena, const struct item_issue *issue, int64_t place,
			    struct bytes key)
{
	uint64_t number = (uint64_t)issue->blocks[place / CODE_BLOCK] << CODE_BLOCK_BITS |
			  (uint64_t)(place % CODE_BLOCK);
	return code_item(arena, number, key);
}

/* — activating and voiding — */
struct marks { /* the parts of ranges that lie in one block each */
	struct str *codes;
	int64_t *firsts, *lasts;
	size_t count;
};
struct marking {
	struct arena *arena;
	struct bytes key;
	struct marks marks;
	const struct key_office *office;
	const struct item_order *order;
	struct code_mark_voided_row *voided;
	size_t voided_count;
};

static struct marks marks_of(struct arena *arena, struct bytes key, const struct item_range *ranges,
			     size_t count)
{
	size_t most = 0;
	for (size_t r = 0; r < count; r++)
		most += (size_t)(ranges[r].last / CODE_BLOCK - ranges[r].first / CODE_BLOCK) + 1;
	struct marks marks = {arena_array(arena, struct str, most), arena_array(arena, int64_t, most),
			      arena_array(arena, int64_t, most), 0};
	for (size_t r = 0; r < count; r++)
		for (int64_t at = ranges[r].first; at <= ranges[r].last;) {
			int64_t block = at / CODE_BLOCK, end = (block + 1) * CODE_BLOCK - 1;
			int64_t last = ranges[r].last < end ? ranges[r].last : end;
			marks.codes[marks.count] =
				block_code(arena, ranges[r].issue->blocks[block], key).text;
			marks.firsts[marks.count] = at % CODE_BLOCK;
			marks.lasts[marks.count++] = last % CODE_BLOCK;
			at = last + 1;
		}
	return marks;
}

static enum problem lock_marks(struct db *db, const struct marking *m, struct held_key *ret)
{
	struct uuid org = item_ranges_org(m->order->ranges, m->order->count);
	return act_lock(db, m->arena, m->office, uuid_is_nil(org) ? m->office->registrar : org, ret);
}

/* An act on each issue that a code of the request is of. */
static enum problem audit_marks(struct db *db, const struct marking *m)
{
	const struct item_order *o = m->order;
	const char *action = o->state == ITEM_VOIDED ? "voidCodes" : "activateCodes";
	enum problem p = PROBLEM_NONE;
	for (size_t i = 0; !p && i < o->count; i++) {
		size_t first = 0;
		while (!uuid_equal(o->ranges[first].issue->id, o->ranges[i].issue->id))
			first++;
		if (first == i)
			p = audit_issue(db, m->arena, m->key, m->office, action, o->ranges[i].issue);
	}
	return p;
}

static enum problem state_marks(struct db *db, const struct marking *m, const struct held_key *key,
				struct uuid stated)
{
	const struct item_order *o = m->order;
	const struct act_words words = {"codes", stated,
					item_mark_words(m->arena, o->ranges, o->count, o->state)};
	enum problem p = act_state(db, m->arena, m->office, key, &words);
	return p ? p : audit_marks(db, m);
}

static enum problem mark_body(struct db *db, void *context)
{
	struct marking *m = context;
	const struct uuid stated = uuid_make(m->office->now_us);
	int64_t rows;
	const struct code_mark_insert_many_params params = {.codes = {m->marks.codes, m->marks.count},
							    .firsts = {m->marks.firsts, m->marks.count},
							    .lasts = {m->marks.lasts, m->marks.count},
							    .state =
								    str_of(item_state_words[m->order->state]),
							    .at = m->office->now_us,
							    .key = m->office->actor,
							    .reason = m->order->reason,
							    .stated = stated};
	struct held_key key;
	enum problem p = lock_marks(db, m, &key);
	if (!p)
		p = code_mark_insert_many(db, &params, &rows);
	if (!p && rows)
		p = state_marks(db, m, &key, stated);
	const struct code_mark_voided_params voided = {params.codes};
	return p ? p : code_mark_voided(db, m->arena, &voided, &m->voided, &m->voided_count);
}

struct block_bits {
	uint64_t asked[CODE_BLOCK / 64], voided[CODE_BLOCK / 64];
};

static void set_bits(uint64_t *bits, int64_t first, int64_t last)
{
	for (int64_t i = first; i <= last; i++)
		bits[i / 64] |= UINT64_C(1) << (i % 64);
}

static int64_t count_voided(struct arena *arena, const struct marking *m)
{
	struct map *blocks = map_create(arena, m->marks.count);
	for (size_t i = 0; i < m->marks.count; i++) {
		struct bytes name = str_bytes(m->marks.codes[i]);
		struct block_bits *bits = map_get(blocks, name);
		if (!bits)
			map_set(blocks, name, bits = arena_new(arena, struct block_bits));
		set_bits(bits->asked, m->marks.firsts[i], m->marks.lasts[i]);
	}
	int64_t count = 0;
	for (size_t i = 0; i < m->voided_count; i++) {
		struct block_bits *bits = map_get(blocks, str_bytes(m->voided[i].code));
		set_bits(bits->voided, m->voided[i].first, m->voided[i].last);
	}
	for (size_t i = 0; i < m->marks.count; i++) {
		struct block_bits *bits = map_get(blocks, str_bytes(m->marks.codes[i]));
		for (size_t word = 0; word < CODE_BLOCK / 64; word++)
			count += __builtin_popcountll(bits->asked[word] & bits->voided[word]);
		memset(bits->asked, 0, sizeof bits->asked); /* a block that is named again counts once */
	}
	return count;
}

enum problem item_mark(struct db *db, struct arena *arena, struct bytes key, const struct key_office *office,
		       const struct item_order *order, int64_t *ret_voided)
{
	struct marking m = {.arena = arena,
			    .key = key,
			    .marks = marks_of(arena, key, order->ranges, order->count),
			    .office = office,
			    .order = order};
	enum problem p = db_tx(db, &db_program, mark_body, &m, NULL);
	if (p)
		return p;
	failpoint("act-2-committed");
	*ret_voided = count_voided(arena, &m);
	return PROBLEM_NONE;
}
