/* SPDX-License-Identifier: Apache-2.0
 * Inputs and outputs of one record against the facts: quantities in the lot's own measure, stock, new lots. Plans check
 * and change nothing; apply changes the batch's facts once every plan of the record holds. */

#include "capture_priv.h"
#include "ft/base/text.h"
#include "ft/codec/json.h"
#include "ft/crypto/random.h"

enum problem record_amount(const struct record_quantity *q, struct quantity *ret, struct quantity *ret_net,
			   bool *ret_has_net)
{
	enum problem p = quantity_of(q->value, q->unit, ret);
	*ret_has_net = !p && q->net;
	if (*ret_has_net)
		p = quantity_of(q->net->value, q->net->unit, ret_net);
	return p;
}

/* The stored list was checked when the product was registered; a row that does not read is not a package. */
struct package *product_packages(struct batch *batch, const struct capture_products_row *product,
				 size_t *ret_count)
{
	struct json list;
	struct fault ignored = {0};
	*ret_count = 0;
	if (!product || !product->packages.at ||
	    json_parse(batch->arena, (struct str){(const char *)product->packages.at, product->packages.len},
		       &list, &ignored) ||
	    list.kind != JSON_ARRAY)
		return NULL;
	struct package *packages = arena_array(batch->arena, struct package, list.count);
	for (size_t i = 0; i < list.count; i++) {
		const struct json *holds = json_get(&list.items[i], STR("holds"));
		struct package *package = &packages[*ret_count];
		package->unit = unit_find(json_text(json_get(&list.items[i], STR("unit"))));
		if (package->unit && holds &&
		    !quantity_of(json_text(json_get(holds, STR("value"))),
				 json_text(json_get(holds, STR("unit"))), &package->holds))
			(*ret_count)++;
	}
	return packages;
}

bool mass_of(struct batch *batch, const struct capture_products_row *product, const struct quantity *q,
	     const struct quantity *net, struct decimal *ret)
{
	size_t count;
	const struct package *packages = product_packages(batch, product, &count);
	return !quantity_in_dimension(q, net, DIMENSION_MASS, NULL, packages, count, ret);
}

static enum problem amount_in(struct batch *batch, struct item *item,
			      const struct capture_products_row *product, enum dimension dimension,
			      struct str unit, const struct quantity *q, const struct quantity *net,
			      struct place_in where, struct decimal *ret)
{
	size_t count;
	const struct package *packages = product_packages(batch, product, &count);
	enum problem p = quantity_in_dimension(q, net, dimension, unit_find(unit), packages, count, ret);
	if (!p)
		return PROBLEM_NONE;
	struct fault *fault = item->job->fault;
	(void)refuse(item, p, "dimension", where);
	fault->value = str_of(q->unit->code);
	fault->detail = arena_printf(item->job->arena, "this lot is counted in %.*s", STR_ARGS(unit));
	return p;
}

enum problem lot_amount(struct batch *batch, struct item *item, const struct lot_fact *lot,
			const struct quantity *quantity, struct place_in where, struct decimal *ret)
{
	return amount_in(batch, item, map_get(batch->products, MAP_KEY(lot->row.product)),
			 (enum dimension)lot->row.dimension, lot->row.unit, quantity, NULL /* no net */,
			 where, ret);
}

static struct str amount_text(struct arena *arena, struct decimal base, const struct lot_fact *lot)
{
	const struct unit *unit = unit_base((enum dimension)lot->row.dimension);
	return arena_printf(arena, "%.*s %.*s", STR_ARGS(decimal_print(arena, base)),
			    STR_ARGS(unit ? str_of(unit->code) : lot->row.unit));
}

static enum problem short_of(struct item *item, const struct input_plan *plan)
{
	struct fault *fault = item->job->fault;
	struct arena *arena = item->job->arena;
	const struct decimal none = {0};
	struct decimal available = plan->holding ? plan->holding->row.on_hand : none;
	bool of_unit =
		str_equal(str_of(plan->list), STR("units")) || str_equal(str_of(plan->list), STR("items"));
	(void)fault_set(fault, PROBLEM_LOT_SHORT, "stock", "/%s/%zu%s", plan->list, plan->index,
			of_unit ? "" : "/quantity");
	fault->detail =
		arena_printf(arena, "lot %.*s: available %.*s, asked %.*s", STR_ARGS(plan->lot->row.number),
			     STR_ARGS(amount_text(arena, available, plan->lot)),
			     STR_ARGS(amount_text(arena, plan->base, plan->lot)));
	item->short_of = (struct lot_id){plan->lot->row.org_id, plan->lot->row.lot_id};
	return PROBLEM_LOT_SHORT;
}

bool lot_is_registered(const struct lot_fact *lot)
{
	return !uuid_is_nil(lot->row.product);
}

/* A lot that the party neither issued nor holds nor was shipped does not exist for it: what has not arrived yet and what
 * is not its business look the same. */
bool lot_known_to(struct batch *batch, const struct item *item, const struct lot_fact *lot,
		  struct uuid acting)
{
	const struct lot_id id = {lot->row.org_id, lot->row.lot_id};
	return job_is_unbounded(item->job) || uuid_equal(lot->row.org_id, acting) ||
	       batch_holding(batch, id, acting);
}

/* Where the record names a lot, and how: its lists, then what its units mean. */
static struct str lot_named(const struct item *item, size_t index, const char **ret_list, size_t *ret_index)
{
	const struct record *record = item->job->record;
	const enum record_class class = item->job->kind->class;
	*ret_index = index;
	if (index >= item->lot_count) {
		const struct expanded_line *line =
			&((const struct expanded_line *)item->expanded.items)[index - item->lot_count];
		*ret_list = line->of_packs ? "items" : "units";
		*ret_index = line->unit;
		return line->of_packs ? record->packs.items[line->unit] : record->units.items[line->unit];
	}
	if (class == RECORD_LOAD || class == RECORD_UNLOAD) {
		*ret_list = "contents";
		return ((const struct record_content *)record->contents.items)[index].lot;
	}
	*ret_list = class == RECORD_TRANSFORM ? "inputs" : "lots";
	return (class == RECORD_TRANSFORM ? (const struct record_lot *)record->inputs.items
					  : (const struct record_lot *)record->lots.items)[index]
		.lot;
}

static enum problem not_known(struct item *item, size_t index)
{
	const char *list;
	size_t place;
	struct str named = lot_named(item, index, &list, &place);
	(void)fault_set(item->job->fault, PROBLEM_NOT_KNOWN_YET, "known", "/%s/%zu%s", list, place,
			index < item->lot_count ? "/lot" : "");
	item->job->fault->value = named;
	return PROBLEM_NOT_KNOWN_YET;
}

/* The lot of a line, and what is said of it already: what a unit holds is known exactly. */
static struct input_plan line_begin(struct batch *batch, const struct item *item, size_t index)
{
	struct input_plan plan = {.lot = NULL};
	(void)lot_named(item, index, &plan.list, &plan.index);
	if (index < item->lot_count) {
		plan.lot = batch_lot(batch, &item->lots[index]);
		return plan;
	}
	const struct expanded_line *line =
		&((const struct expanded_line *)item->expanded.items)[index - item->lot_count];
	plan.lot = line->lot;
	plan.quantity = line->quantity;
	plan.base = line->base;
	plan.has_quantity = line->quantity.unit != NULL;
	return plan;
}

/* What a line says, in the lot's own measure; nothing where it says no quantity. */
static enum problem line_amount(struct batch *batch, struct item *item, size_t index, const char *list,
				const struct record_quantity *quantity, struct input_plan *plan)
{
	const struct lot_fact *lot = plan->lot;
	const struct capture_products_row *product = map_get(batch->products, MAP_KEY(lot->row.product));
	enum problem p = record_amount(quantity, &plan->quantity, &plan->net, &plan->has_net);
	plan->has_quantity = true;
	return p ? p
		 : amount_in(batch, item, product, (enum dimension)lot->row.dimension, lot->row.unit,
			     &plan->quantity, plan->has_net ? &plan->net : NULL,
			     (struct place_in){list, index, "quantity/unit"}, &plan->base);
}

/* A lot of others that the record names, as itself or as a pack. */
static bool line_is_seen(struct batch *batch, const struct item *item, size_t index)
{
	if (index < item->lot_count)
		return batch_sees(batch, item, &item->lots[index]);
	const struct expanded_line *line =
		&((const struct expanded_line *)item->expanded.items)[index - item->lot_count];
	const struct named lot = {.found = true, .id = {line->lot->row.org_id, line->lot->row.lot_id}};
	return line->of_packs && batch_sees(batch, item, &lot);
}

enum problem look_plan(struct batch *batch, struct item *item, size_t index,
		       const struct capture_parties_row *acting, struct input_plan *ret)
{
	const struct record_lot *lots = item->job->record->lots.items;
	struct input_plan plan = line_begin(batch, item, index);
	bool named = index < item->lot_count;
	if (!plan.lot ||
	    !(lot_known_to(batch, item, plan.lot, acting->id) || line_is_seen(batch, item, index)))
		return not_known(item, index);
	enum problem p = named && lots[index].quantity
				 ? line_amount(batch, item, index, "lots", lots[index].quantity, &plan)
				 : PROBLEM_NONE;
	if (!p)
		*ret = plan;
	return p;
}

enum problem input_plan(struct batch *batch, struct item *item, size_t index,
			const struct capture_parties_row *acting, struct input_plan *ret)
{
	const struct record *record = item->job->record;
	const struct record_lot *lots =
		item->job->kind->class == RECORD_TRANSFORM ? record->inputs.items : record->lots.items;
	struct input_plan plan = line_begin(batch, item, index);
	if (!plan.lot || !lot_known_to(batch, item, plan.lot, acting->id))
		return not_known(item, index);
	plan.holding =
		batch_holding(batch, (struct lot_id){plan.lot->row.org_id, plan.lot->row.lot_id}, acting->id);
	if (!plan.has_quantity && (index >= item->lot_count || !lots[index].quantity))
		return fault_set(item->job->fault, PROBLEM_FIELD_MISSING, "required", "/%s/%zu/quantity",
				 plan.list, index);
	enum problem p = plan.has_quantity
				 ? PROBLEM_NONE
				 : line_amount(batch, item, index, plan.list, lots[index].quantity, &plan);
	if (!p)
		*ret = plan;
	return p;
}

/* All that the party has of it. */
static enum problem whole_holding(struct batch *batch, struct item *item, struct input_plan *plan)
{
	const struct unit *base = unit_base((enum dimension)plan->lot->row.dimension);
	if (!plan->holding || decimal_is_zero(plan->holding->row.on_hand))
		return refuse(item, PROBLEM_LOT_SHORT, "stock",
			      (struct place_in){"contents", plan->index, "lot"});
	plan->base = plan->holding->row.on_hand;
	plan->quantity = (struct quantity){decimal_print(batch->arena, plan->base),
					   base ? base : unit_find(plan->lot->row.unit), plan->base};
	plan->has_quantity = true;
	return PROBLEM_NONE;
}

enum problem content_lot_plan(struct batch *batch, struct item *item, size_t index,
			      const struct capture_parties_row *acting, struct input_plan *ret)
{
	const struct record_content *contents = item->job->record->contents.items;
	struct input_plan plan = line_begin(batch, item, index);
	if (!plan.lot || !lot_known_to(batch, item, plan.lot, acting->id))
		return not_known(item, index);
	plan.holding =
		batch_holding(batch, (struct lot_id){plan.lot->row.org_id, plan.lot->row.lot_id}, acting->id);
	enum problem p = PROBLEM_NONE;
	if (contents[index].quantity)
		p = line_amount(batch, item, index, "contents", contents[index].quantity, &plan);
	else if (item->job->kind->class == RECORD_LOAD)
		p = whole_holding(batch, item, &plan);
	if (!p)
		*ret = plan;
	return p;
}

/* Stock is asked for once all lines of a record are known: a lot may stand in it under two spellings. What a correction
 * states has happened already: what is missing is a deficit. */
enum problem inputs_check_stock(struct batch *batch, struct item *item, struct input_plan *plans,
				size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct decimal asked = plans[i].base;
		if (item->corrects) {
			if (!plans[i].holding)
				plans[i].holding = batch_holding_make(batch, plans[i].lot, item->acting);
			continue;
		}
		for (size_t k = 0; k < i; k++)
			if (plans[k].lot == plans[i].lot)
				asked = decimal_add(asked, plans[k].base);
		const struct decimal none = {0};
		struct decimal on_hand = plans[i].holding ? plans[i].holding->row.on_hand : none;
		if (decimal_compare(on_hand, asked) >= 0)
			continue;
		item->missing = decimal_sub(asked, on_hand);
		return short_of(item, &plans[i]);
	}
	return PROBLEM_NONE;
}

static enum problem product_plan(struct batch *batch, struct item *item, size_t index,
				 struct output_plan *plan)
{
	bool create = item->job->kind->class == RECORD_CREATE;
	const struct named *named = &item->output_products[index];
	const struct uuid owner = item->acting;
	plan->product = named->found ? map_get(batch->products, MAP_KEY(named->id.lot)) : NULL;
	if (plan->product && (uuid_equal(plan->product->party, owner) || job_is_unbounded(item->job)))
		return PROBLEM_NONE;
	return refuse(item, PROBLEM_REFERENCE_UNKNOWN, "registered",
		      (struct place_in){create ? NULL : "outputs", index, "product"});
}

/* Numbers are issued from what every label printer and scanner agrees on; 20 characters are what AI (10) holds. */
bool number_may_be_issued(struct str number)
{
	enum { NUMBER_MAX = 20 };
	if (str_equal(number, STR(".")) || str_equal(number, STR(".."))) /* a path would lose it */
		return false;
	for (size_t i = 0; i < number.len; i++) {
		char c = number.at[i];
		bool fine = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			    c == '.' || c == '_' || c == '-';
		if (!fine)
			return false;
	}
	return number.len > 0 && number.len <= NUMBER_MAX && !str_starts(number, STR("lot_"));
}

enum problem output_plan(struct batch *batch, struct item *item, size_t index,
			 const struct capture_parties_row *acting, struct output_plan *ret)
{
	const struct record *record = item->job->record;
	const struct record_output *outputs = record->outputs.items;
	bool create = item->job->kind->class == RECORD_CREATE;
	const char *list = create ? NULL : "outputs";
	struct output_plan plan = {.lot = batch_lot(batch, &item->output_lots[index])};
	enum problem p = product_plan(batch, item, index, &plan);
	if (p)
		return p;
	if (!item->output_lots[index].asked)
		plan.lot = inherited_lot(batch, item, index, plan.product);
	if (plan.lot && (!uuid_equal(plan.lot->row.org_id, acting->id) ||
			 !uuid_equal(plan.lot->row.product, plan.product->id)))
		return refuse(item, PROBLEM_NUMBER_TAKEN, "unique", (struct place_in){list, index, "lot"});
	struct str number = create ? record->lot : outputs[index].lot;
	if (!plan.lot && item->output_lots[index].name.form == NAME_RECORD)
		return refuse(item, PROBLEM_NOT_KNOWN_YET, "known", (struct place_in){list, index, "lot"});
	if (!plan.lot && number.at && !number_may_be_issued(number)) {
		(void)refuse(item, PROBLEM_IDENTIFIER_SYNTAX, "charset",
			     (struct place_in){list, index, "lot"});
		item->job->fault->detail = STR("a new lot number has 1 to 20 of A-Z a-z 0-9 . _ -");
		return PROBLEM_IDENTIFIER_SYNTAX;
	}
	p = record_amount(create ? record->quantity : outputs[index].quantity, &plan.quantity, &plan.net,
			  &plan.has_net);
	if (p)
		return refuse(item, p, "quantity", (struct place_in){list, index, "quantity"});
	const struct unit *unit = unit_find(plan.product->unit);
	p = amount_in(batch, item, plan.product, unit->dimension, plan.product->unit, &plan.quantity,
		      plan.has_net ? &plan.net : NULL, (struct place_in){list, index, "quantity/unit"},
		      &plan.base);
	if (!p)
		*ret = plan;
	return p;
}

static struct uuid output_lot_id(struct item *item, size_t index)
{
	/* From the record's own id, so that a repetition mints the same lot. */
	uint8_t seed[24];
	for (size_t i = 0; i < 16; i++)
		seed[i] = item->job->id.octets[i];
	for (size_t i = 0; i < 8; i++)
		seed[16 + i] = (uint8_t)(index >> (8 * i));
	struct sha256 h = sha256_of((struct bytes){seed, sizeof seed});
	return uuid_v7(item->job->record->time.at_us, h.octets);
}

/* The day, and so much of the lot's id. GS1's batch or lot number has 20 characters at most, AI (10). */
enum { NUMBER_SUFFIX = 6, NUMBER_LONG_SUFFIX = 11 };
static struct str output_number(struct arena *arena, const struct item *item, struct uuid lot, size_t suffix)
{
	struct str day = date_print(arena, instant_day(item->job->record->time));
	struct sha256 h = sha256_of((struct bytes){lot.octets, sizeof lot.octets});
	struct str end = crockford_encode(arena, sha256_bytes(&h), suffix);
	return arena_printf(arena, "%.4s%.2s%.2s-%.*s", day.at, day.at + 5, day.at + 8, STR_ARGS(end));
}

struct output_ids item_output_ids(struct batch *batch, struct item *item, size_t index)
{
	if (item->output_ids)
		return item->output_ids[index];
	const struct bytes key = {batch->capture->settings.code_key, CODE_KEY_LEN};
	struct output_ids ids = {.lot = output_lot_id(item, index)};
	ids.number = output_number(batch->arena, item, ids.lot, NUMBER_SUFFIX);
	ids.long_number = output_number(batch->arena, item, ids.lot, NUMBER_LONG_SUFFIX);
	ids.number_hash = thing_hash_number(THING_LOT, item->acting, ids.number);
	for (int i = 0; i < CODE_ATTEMPTS; i++)
		ids.codes[i] =
			code_make(batch->arena, CODE_LOT, code_body_candidate(key, ids.lot, (uint32_t)i), key)
				.text;
	return ids;
}

/* A new lot's number: its own spelling when the record named one. Ids, codes and URIs name things that exist. */
static struct str lot_number(struct batch *batch, struct item *item, size_t index,
			     const struct output_ids *ids)
{
	const struct record *record = item->job->record;
	const struct record_output *outputs = record->outputs.items;
	struct str asked = item->job->kind->class == RECORD_CREATE ? record->lot : outputs[index].lot;
	struct bytes made = sha256_bytes(&ids->number_hash);
	if (asked.at)
		return asked;
	return map_get(batch->things, made) || map_get(batch->new_numbers, made) ? ids->long_number
										 : ids->number;
}

static struct str lot_uri(struct batch *batch, const struct capture_products_row *product, struct str number)
{
	struct str escaped = percent_encode(batch->arena, number);
	if (product->gtin.at)
		return arena_printf(batch->arena, "https://id.gs1.org/01/%.*s/10/%.*s",
				    STR_ARGS(product->gtin), STR_ARGS(escaped));
	return arena_printf(batch->arena, "%.*s/b/%.*s", STR_ARGS(product->uri), STR_ARGS(escaped));
}

static void file_under(struct batch *batch, struct lot_fact *lot, struct sha256 hash, struct rows *things)
{
	struct sha256 *key = arena_new(batch->arena, struct sha256);
	*key = hash;
	if (map_get(batch->new_numbers, sha256_bytes(key)))
		return; /* who came first has it */
	*(struct thing_row *)rows_add(batch->arena, things, sizeof(struct thing_row)) =
		(struct thing_row){hash, "lot", lot->row.org_id, lot->row.lot_id};
	map_set(batch->new_numbers, sha256_bytes(key), lot);
}

void lot_file(struct batch *batch, struct lot_fact *lot, struct rows *numbers)
{
	if (numbers)
		file_under(batch, lot, thing_hash_number(THING_LOT, lot->row.org_id, lot->row.number),
			   numbers);
	file_under(batch, lot, thing_hash_path(thing_uri_path(batch->arena, lot->row.uri)),
		   &batch->things_new);
	if (lot->row.code.at)
		*ROW_ADD(batch, codes_new, struct code_row) =
			(struct code_row){lot->row.code, lot->row.org_id, lot->row.lot_id, lot->row.version};
}

struct str lot_free_code(struct batch *batch, const struct output_ids *ids)
{
	for (int i = 0; i < CODE_ATTEMPTS; i++) {
		if (map_get(batch->codes, str_bytes(ids->codes[i])))
			continue;
		map_set(batch->codes, str_bytes(ids->codes[i]),
			arena_new(batch->arena, struct code_find_many_row));
		return ids->codes[i];
	}
	return ids->codes[CODE_ATTEMPTS -
			  1]; /* three collisions in 40 bits: the insert refuses, the record is asked again */
}

static void lot_expires(struct lot_fact *lot, const struct capture_products_row *product)
{
	if (product->shelf_life_days.known)
		lot->row.expires_day = (struct sql_nullable_int){
			true, lot->row.produced_day + product->shelf_life_days.value};
}

static void lot_dates(struct lot_fact *lot, const struct item *item,
		      const struct capture_products_row *product)
{
	lot->row.event_time = item->time.at_us;
	lot->row.offset_min = item->time.offset_min;
	lot->row.produced_day = instant_day(item->time);
	lot_expires(lot, product);
}

/* A lot that grows is as old as the first of what made it, whichever was recorded first. */
static bool is_first(const struct item *item, const struct lot_fact *lot)
{
	if (item->time.at_us != lot->row.event_time)
		return item->time.at_us < lot->row.event_time;
	return uuid_compare(item->job->id, lot->row.created_event) < 0;
}

void lot_tell_beginning(struct batch *batch, const struct item *item, const struct lot_fact *lot)
{
	*ROW_ADD(batch, tellings, struct telling_row) =
		(struct telling_row){item->job->id, {lot->row.org_id, lot->row.lot_id}};
}

static void lot_begin(struct lot_fact *lot, const struct item *item, const struct capture_parties_row *acting,
		      const struct capture_sites_row *site, const struct capture_products_row *product)
{
	lot->row.created_event = item->job->id;
	lot->row.site = site ? site->id : (struct uuid){{0}};
	lot->row.region = site ? site->region : acting->region;
	lot->row.place = (struct str){NULL, 0};
	lot_dates(lot, item, product);
	lot->made = true;
}

static struct lot_fact *lot_make(struct batch *batch, struct item *item, size_t index,
				 const struct capture_parties_row *acting,
				 const struct capture_sites_row *site, const struct output_plan *plan)
{
	const struct output_ids ids = item_output_ids(batch, item, index);
	struct lot_fact *lot = arena_new(batch->arena, struct lot_fact);
	uint8_t *salt = arena_alloc(batch->arena, LOT_SALT_LEN);
	if (item->job->own)
		own_lot_salt(item->job->own, ids.lot, salt);
	else
		random_fill(salt, LOT_SALT_LEN);
	lot->is_new = true;
	lot->row = (struct capture_lots_lock_row){
		.org_id = acting->id,
		.lot_id = ids.lot,
		.number = lot_number(batch, item, index, &ids),
		.code = lot_free_code(batch, &ids),
		.product = plan->product->id,
		.commodity = plan->product->commodity,
		.dimension = unit_find(plan->product->unit)->dimension,
		.unit = plan->product->unit,
		.salt = {salt, LOT_SALT_LEN},
		.version = item->recorded_us,
	};
	lot->row.uri = lot_uri(batch, plan->product, lot->row.number);
	lot_begin(lot, item, acting, site, plan->product);
	map_set(batch->lots, MAP_KEY(lot->row.lot_id), lot);
	lot_file(batch, lot, &batch->things_new);
	return lot;
}

struct lot_fact *output_apply(struct batch *batch, struct item *item, size_t index,
			      const struct capture_parties_row *acting, const struct capture_sites_row *site,
			      const struct output_plan *plan, bool own)
{
	struct lot_fact *lot = plan->lot ? plan->lot : lot_make(batch, item, index, acting, site, plan);
	if (plan->lot && is_first(item, lot))
		lot_begin(lot, item, acting, site, plan->product);
	else if (plan->lot && !lot->made)
		lot_expires(lot, plan->product); /* told of before: nobody said how long it keeps */
	if (own)
		lot->row.own = decimal_add(lot->row.own, plan->base);
	lot->row.total = decimal_add(lot->row.total, plan->base);
	lot_settle(batch, item, lot);
	struct holding_fact *holding = batch_holding_make(batch, lot, acting->id);
	holding->row.on_hand = decimal_add(holding->row.on_hand, plan->base);
	if (site)
		holding->row.site = site->id;
	holding->dirty = true;
	return lot;
}
