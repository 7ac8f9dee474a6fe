/* SPDX-License-Identifier: Apache-2.0
 * How lots and stock look in answers, and who may see them. */
#include "lots_priv.h"

#include "ft/base/map.h"
#include "ft/core/unit.h"
#include "queries.h"

enum { HOLDERS_MAX = 20000, FLAGS = 6 };
static const char *const flag_words[FLAGS] = {"recalled", "on_hold",   "suspicious",
					      "voided",   "destroyed", "returned"};

const struct shape lot_party_shape = {
	.name = "LotParty",
	.size = sizeof(struct lot_party),
	.doc = "Who",
	.fields =
		(const struct field[]){
			STRING(struct lot_party, id, "id", .doc = "Party"),
			OBJECT(struct lot_party, name, "name", &words_shape, struct words, .doc = "Name"),
			STRING(struct lot_party, kind, "kind", .doc = "cooperative, enterprise …"),
			END_OF_SHAPE,
		},
};
static const struct shape site_shape_of_lot = {
	.name = "LotSite",
	.size = sizeof(struct lot_site),
	.doc = "Where",
	.fields =
		(const struct field[]){
			STRING(struct lot_site, id, "id", .doc = "Site"),
			OBJECT(struct lot_site, name, "name", &words_shape, struct words, .doc = "Name"),
			STRING(struct lot_site, kind, "kind", .doc = "packhouse, store …"),
			END_OF_SHAPE,
		},
};
const struct shape lot_quantity_shape = {
	.name = "LotQuantity",
	.size = sizeof(struct trail_quantity),
	.doc = "An amount",
	.fields =
		(const struct field[]){
			DECIMAL(struct trail_quantity, value, "value", .max_len = 64, .doc = "Decimal text"),
			STRING(struct trail_quantity, unit, "unit", .max_len = 16, .doc = "UN/CEFACT code"),
			END_OF_SHAPE,
		},
};
static const char *const holder_states[] = {"on_hand", "in_transit", "sold", "destroyed", NULL};
const struct shape lot_holder_shape = {
	.name = "LotHolder",
	.size = sizeof(struct lot_holder),
	.doc = "Stock of a lot at one party in one state",
	.fields =
		(const struct field[]){
			OBJECT(struct lot_holder, party, "party", &lot_party_shape, struct lot_party,
			       .doc = "Who holds it"),
			OBJECT(struct lot_holder, site, "site", &site_shape_of_lot, struct lot_site,
			       .flags = OPTIONAL, .doc = "Where it was last recorded there"),
			OBJECT(struct lot_holder, quantity, "quantity", &lot_quantity_shape,
			       struct trail_quantity, .doc = "How much"),
			WORD(struct lot_holder, state, "state", holder_states,
			     .doc = "in_transit: shipped by this party and not yet received"),
			END_OF_SHAPE,
		},
};
static const struct shape product_shape_of_lot = {
	.name = "LotProduct",
	.size = sizeof(struct lot_product),
	.doc = "What",
	.fields =
		(const struct field[]){
			STRING(struct lot_product, id, "id", .flags = OPTIONAL,
			       .doc = "Product; absent: nobody registered it here"),
			STRING(struct lot_product, number, "number", .doc = "Own number within its party"),
			OBJECT(struct lot_product, name, "name", &words_shape, struct words, .doc = "Name"),
			STRING(struct lot_product, commodity, "commodity",
			       .doc = "Commodity when the lot came into being"),
			STRING(struct lot_product, gtin, "gtin", .flags = OPTIONAL, .doc = "GTIN-14"),
			END_OF_SHAPE,
		},
};
const struct shape lot_answer_shape = {
	.name = "Lot",
	.size = sizeof(struct lot_answer),
	.doc = "A batch of one product with one history, and who holds it",
	.fields =
		(const struct field[]){
			STRING(struct lot_answer, id, "id", .doc = "Opaque id"),
			STRING(struct lot_answer, number, "number",
			       .doc = "Own number within the issuing party"),
			STRING(struct lot_answer, code, "code", .flags = OPTIONAL,
			       .doc = "Short code that its QR carries"),
			STRING(struct lot_answer, uri, "uri", .max_len = 1024, .doc = "EPCIS class URI"),
			OBJECT(struct lot_answer, product, "product", &product_shape_of_lot,
			       struct lot_product, .doc = "What it is"),
			OBJECT(struct lot_answer, issuer, "issuer", &lot_party_shape, struct lot_party,
			       .doc = "Who made it"),
			OBJECT(struct lot_answer, quantity, "quantity", &lot_quantity_shape,
			       struct trail_quantity, .doc = "All that was ever put into it"),
			STRING(struct lot_answer, produced, "produced", .doc = "Day it was made"),
			STRING(struct lot_answer, expires, "expires", .flags = OPTIONAL,
			       .doc = "Last day of its shelf life"),
			STRING(struct lot_answer, region, "region", .flags = OPTIONAL,
			       .doc = "Region it was grown or made in; absent: not known here"),
			UUID(struct lot_answer, site, "site", .flags = OPTIONAL,
			     .doc = "Site it was grown or made at"),
			STRINGS(struct lot_answer, flags, "flags", .flags = ALWAYS,
				.doc = "recalled, on_hold, suspicious, voided, destroyed, returned"),
			STRING(struct lot_answer, version, "version",
			       .doc = "When its trail last changed, UTC"),
			LIST(struct lot_answer, stock, "stock", &lot_holder_shape, .flags = ALWAYS,
			     .max_len = HOLDERS_MAX, .doc = "Who holds how much, in which state"),
			LIST(struct lot_answer, uncounted, "uncounted", &lot_party_shape, .flags = OPTIONAL,
			     .max_len = HOLDERS_MAX,
			     .doc = "Who has or had some, by events that do not say how much"),
			END_OF_SHAPE,
		},
};

bool call_sees_holders(const struct call *call)
{
	return !call->caller.party_count;
}

enum problem lot_check_visible(struct call *call, struct lot_id lot)
{
	struct lot_visible_row row;
	enum problem p =
		lot_visible(call_db(call), call->arena, &(struct lot_visible_params){lot.org, lot.lot}, &row);
	return !p && !row.visible ? PROBLEM_NOT_FOUND : p;
}

enum problem lot_of_path(struct call *call, struct lot_id *ret)
{
	static const struct uuid nobody;
	struct lot_id lot;
	enum problem p = thing_resolve(call, THING_LOT, nobody, call->path_args[0], &lot);
	if (p == PROBLEM_IDENTIFIER_SYNTAX)
		p = PROBLEM_NOT_FOUND;
	if (!p)
		p = lot_check_visible(call, lot);
	if (!p)
		*ret = lot;
	return p;
}

static struct lot_party *party_of(struct arena *arena, struct uuid id, struct str zh, struct str en,
				  struct str kind)
{
	struct lot_party *party = arena_new(arena, struct lot_party);
	*party = (struct lot_party){uuid_print(arena, id), words_make(arena, zh, en), kind};
	return party;
}

/* Stock is counted in base units; of packages in the package that the lot was made in. */
static struct trail_quantity *quantity_of_base(struct arena *arena, struct decimal amount,
					       const struct lot_details_row *lot)
{
	const struct unit *base = unit_base((enum dimension)lot->dimension);
	struct trail_quantity *quantity = arena_new(arena, struct trail_quantity);
	*quantity =
		(struct trail_quantity){decimal_print(arena, amount), base ? str_of(base->code) : lot->unit};
	return quantity;
}

struct stock {
	struct lot_holder *items;
	size_t count, room;
};

static void add_state(struct call *call, struct stock *stock, const struct lot_holdings_row *row,
		      const struct lot_details_row *lot, struct decimal amount, const char *state)
{
	if (decimal_is_zero(amount))
		return;
	struct lot_holder *holder = &stock->items[stock->count++];
	*holder = (struct lot_holder){
		.party = party_of(call->arena, row->holder, row->party_zh, row->party_en, row->party_kind),
		.quantity = quantity_of_base(call->arena, amount, lot),
		.state = str_of(state)};
	if (!row->site_kind.at) /* none, or a personal one that is not for this reader */
		return;
	holder->site = arena_new(call->arena, struct lot_site);
	*holder->site =
		(struct lot_site){uuid_print(call->arena, row->site),
				  words_make(call->arena, row->site_zh, row->site_en), row->site_kind};
}

static struct list stock_of(struct call *call, const struct lot_details_row *lot,
			    const struct lot_holdings_row *rows, size_t count)
{
	struct stock stock = {.items = arena_array(call->arena, struct lot_holder, 4 * count)};
	for (size_t i = 0; i < count; i++) {
		add_state(call, &stock, &rows[i], lot, rows[i].on_hand, "on_hand");
		add_state(call, &stock, &rows[i], lot, rows[i].in_transit, "in_transit");
		add_state(call, &stock, &rows[i], lot, rows[i].sold, "sold");
		add_state(call, &stock, &rows[i], lot, rows[i].destroyed, "destroyed");
	}
	return (struct list){stock.items, stock.count};
}

static struct list uncounted_of(struct call *call, const struct lot_holdings_row *rows, size_t count)
{
	struct lot_party *parties = arena_array(call->arena, struct lot_party, count);
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		if (rows[i].uncounted)
			parties[n++] = *party_of(call->arena, rows[i].holder, rows[i].party_zh,
						 rows[i].party_en, rows[i].party_kind);
	return (struct list){n ? parties : NULL, n};
}

static struct str_list flags_of(struct arena *arena, int64_t flags)
{
	struct str_list words = {arena_array(arena, struct str, FLAGS), 0};
	for (int i = 0; i < FLAGS; i++)
		if (flags & (INT64_C(1) << i))
			words.items[words.count++] = str_of(flag_words[i]);
	return words;
}

static struct lot_answer answer_of(struct call *call, const struct lot_details_row *row)
{
	struct arena *arena = call->arena;
	struct lot_product *product = arena_new(arena, struct lot_product);
	*product = (struct lot_product){.id = uuid_is_nil(row->product) ? (struct str){NULL, 0}
									: uuid_print(arena, row->product),
					.number = row->product_number,
					.commodity = row->commodity,
					.gtin = row->gtin,
					.name = words_make(arena, row->product_zh, row->product_en)};
	struct lot_answer answer = {
		.id = lot_id_print(arena, (struct lot_id){row->org_id, row->lot_id}),
		.number = row->number,
		.code = row->code,
		.uri = row->uri,
		.product = product,
		.issuer = party_of(arena, row->org_id, row->issuer_zh, row->issuer_en, row->issuer_kind),
		.quantity = quantity_of_base(arena, row->total, row),
		.produced = date_print(arena, row->produced_day),
		.region = row->region,
		.site = row->site,
		.flags = flags_of(arena, row->flags),
		.version = utc_print(arena, row->version),
	};
	if (row->expires_day.known)
		answer.expires = date_print(arena, (int32_t)row->expires_day.value);
	return answer;
}

/* Rows of one lot lie together: where those of each begin, and how many there are. */
static struct map *holdings_by_lot(struct arena *arena, struct lot_holdings_row *rows, size_t count)
{
	struct map *map = map_create(arena, count);
	for (size_t i = 0; i < count; i++)
		if (!i || !uuid_equal(rows[i].lot_id, rows[i - 1].lot_id))
			map_set(map, MAP_KEY(rows[i].lot_id), &rows[i]);
	return map;
}

static size_t holdings_of(const struct lot_holdings_row *first, const struct lot_holdings_row *end)
{
	size_t count = 0;
	while (first && first + count < end && uuid_equal(first[count].lot_id, first->lot_id))
		count++;
	return count;
}

enum problem lot_answers(struct call *call, const struct lot_id *lots, size_t count, struct lot_answer **ret)
{
	struct uuid *orgs = arena_array(call->arena, struct uuid, count),
		    *ids = arena_array(call->arena, struct uuid, count);
	struct lot_details_row *rows;
	struct lot_holdings_row *holdings;
	size_t row_count, holding_count;
	for (size_t i = 0; i < count; i++) {
		orgs[i] = lots[i].org;
		ids[i] = lots[i].lot;
	}
	const struct lot_details_params details = {{orgs, count}, {ids, count}};
	const struct lot_holdings_params held = {{orgs, count}, {ids, count}};
	enum problem p = lot_details(call_db(call), call->arena, &details, &rows, &row_count);
	if (!p)
		p = lot_holdings(call_db(call), call->arena, &held, &holdings, &holding_count);
	if (p)
		return p;
	if (row_count != count)
		return PROBLEM_NOT_FOUND;
	struct map *by_lot = holdings_by_lot(call->arena, holdings, holding_count);
	struct lot_answer *answers = arena_array(call->arena, struct lot_answer, count);
	for (size_t i = 0; i < count; i++) {
		const struct lot_holdings_row *first = map_get(by_lot, MAP_KEY(rows[i].lot_id));
		const size_t held_count = holdings_of(first, holdings + holding_count);
		answers[i] = answer_of(call, &rows[i]);
		answers[i].stock = stock_of(call, &rows[i], first, held_count);
		answers[i].uncounted = uncounted_of(call, first, held_count);
	}
	*ret = answers;
	return PROBLEM_NONE;
}
