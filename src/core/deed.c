/* SPDX-License-Identifier: Apache-2.0
 * Reads what an event says was done to goods, and tells what follows for stock. */
#include "ft/core/deed.h"

#include <assert.h>

#include "ft/codec/json.h"
#include "ft/core/thing_name.h"

#define FT(name) STR("farmtrail:" name)

const char *const deed_count_words[DEED_COUNTS] = {
	"on_hand", "in_transit", "sold", "destroyed", "claimed", "own", "total", "lot_destroyed", "outside"};

struct reading {
	struct arena *arena;
	const struct json *event;
	struct deed deed;
	size_t room;
};

static struct deed_line *line_add(struct reading *r, enum deed_role role, struct str uri)
{
	assert(r->deed.count < r->room);
	struct deed_line *line = &r->deed.lines[r->deed.count++];
	*line = (struct deed_line){.role = role, .uri = uri};
	return line;
}

/* An amount of nothing is one too: all of a shipment may be lost on the way. */
static bool amount_read(struct str value, struct str uom, struct quantity *ret)
{
	struct decimal none;
	const struct unit *unit = uom.at ? unit_find(uom) : NULL;
	if (!value.at || !unit)
		return false;
	if (decimal_parse(value, &none) && decimal_is_zero(none)) {
		*ret = (struct quantity){value, unit, none};
		return true;
	}
	return quantity_of(value, str_of(unit->code), ret) == PROBLEM_NONE;
}

static struct str number_of(const struct json *value)
{
	return value && value->kind == JSON_NUMBER ? value->text : (struct str){NULL, 0};
}

/* — native records — */
static size_t count_of(const struct json *list)
{
	return list && list->kind == JSON_ARRAY ? list->count : 0;
}

static void net_of(const struct reading *r, struct deed_line *line)
{
	const struct json *nets = json_get(r->event, FT("net"));
	for (size_t i = 0; i < count_of(nets); i++) {
		const struct json *net = &nets->items[i];
		if (str_equal(json_text(json_get(net, FT("epcClass"))), line->uri))
			line->has_net = amount_read(number_of(json_get(net, FT("quantity"))),
						    json_text(json_get(net, FT("uom"))), &line->net);
	}
}

static void product_of(const struct reading *r, struct deed_line *line)
{
	const struct json *products = json_get(r->event, FT("products"));
	for (size_t i = 0; i < count_of(products); i++)
		if (str_equal(json_text(json_get(&products->items[i], FT("epcClass"))), line->uri)) {
			line->product = json_text(json_get(&products->items[i], FT("product")));
			line->commodity = json_text(json_get(&products->items[i], FT("commodity")));
		}
	const struct json *pins = json_get(r->event, FT("pins"));
	pins = pins ? json_get(pins, FT("products")) : NULL;
	for (size_t i = 0; line->product.at && i < count_of(pins); i++) {
		const struct json *version = json_get(&pins->items[i], FT("version"));
		if (version && str_equal(json_text(json_get(&pins->items[i], FT("id"))), line->product) &&
		    !json_integer(version, &line->product_version))
			line->product_version = 0;
	}
}

static void read_goods(struct reading *r, const char *name, enum deed_role role)
{
	const struct json *list = json_get(r->event, str_of(name));
	for (size_t i = 0; i < count_of(list); i++) {
		const struct json *goods = &list->items[i];
		struct deed_line *line = line_add(r, role, json_text(json_get(goods, STR("epcClass"))));
		line->has_amount = amount_read(number_of(json_get(goods, STR("quantity"))),
					       json_text(json_get(goods, STR("uom"))), &line->amount);
		net_of(r, line);
		if (role == DEED_OUTPUT)
			product_of(r, line);
	}
}

static struct str end_of(const struct json *event, const char *list_name, const char *end)
{
	const struct json *list = json_get(event, str_of(list_name));
	return count_of(list) ? json_text(json_get(&list->items[0], str_of(end))) : (struct str){NULL, 0};
}

static struct str shipment_of(const struct json *event)
{
	const struct json *list = json_get(event, STR("bizTransactionList"));
	for (size_t i = 0; i < count_of(list); i++)
		if (str_equal(json_text(json_get(&list->items[i], STR("type"))), STR("desadv")))
			return json_text(json_get(&list->items[i], STR("bizTransaction")));
	return (struct str){NULL, 0};
}

static const char *const goods_lists[] = {"inputQuantityList", "outputQuantityList", "quantityList",
					  "childQuantityList"};
enum { GOODS_LISTS = sizeof goods_lists / sizeof *goods_lists };

/* The last of the instances that a native record names. */
static void read_packs(struct reading *r)
{
	static const char *const lists[] = {"epcList", "childEPCs", "inputEPCList"};
	const struct json *named = json_get(r->event, FT("itemsNamed"));
	struct str_list *packs = &r->deed.packs;
	int64_t count;
	if (!named || !json_integer(named, &count) || count <= 0)
		return;
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct json *list = json_get(r->event, str_of(lists[i]));
		size_t all = count_of(list), first = all < (size_t)count ? 0 : all - (size_t)count;
		if (!all)
			continue;
		struct str *uris = arena_array(r->arena, struct str, all);
		for (size_t k = first; k < all; k++)
			uris[packs->count++] = json_text(&list->items[k]);
		packs->items = uris;
		return;
	}
}

static struct str_list texts_of(const struct reading *r, const struct json *list, struct str member)
{
	struct str_list ret = {NULL, count_of(list)};
	ret.items = arena_array(r->arena, struct str, ret.count);
	for (size_t i = 0; i < ret.count; i++)
		ret.items[i] = json_text(member.at ? json_get(&list->items[i], member) : &list->items[i]);
	return ret;
}

static const struct str *regions_of(const struct reading *r, const struct json *places)
{
	struct str *regions = arena_array(r->arena, struct str, count_of(places));
	for (size_t i = 0; i < count_of(places); i++) {
		struct str township = json_text(json_get(&places->items[i], FT("township")));
		regions[i] = township.at ? township : json_text(json_get(&places->items[i], FT("district")));
	}
	return regions;
}

static void read_results(struct reading *r)
{
	const struct json *list = json_get(r->event, FT("results"));
	struct record_result *results = arena_array(r->arena, struct record_result, count_of(list));
	for (size_t i = 0; i < count_of(list); i++) {
		const struct json *detected = json_get(&list->items[i], FT("detected"));
		results[i] = (struct record_result){
			.substance = json_text(json_get(&list->items[i], FT("substance"))),
			.value = number_of(json_get(&list->items[i], FT("value"))),
			.unit = json_text(json_get(&list->items[i], FT("unit"))),
			.detected = detected && detected->boolean};
	}
	r->deed.results = (struct list){results, count_of(list)};
}

static void read_test(struct reading *r)
{
	r->deed.test = json_text(json_get(r->event, FT("kind")));
	r->deed.outcome = json_text(json_get(r->event, FT("outcome")));
	read_results(r);
}

static void read_declaration(struct reading *r)
{
	const struct json *declaration = json_get(r->event, STR("errorDeclaration")), *ids;
	if (!declaration)
		return;
	r->deed.declaration = true;
	ids = json_get(declaration, STR("correctiveEventIDs"));
	if (ids && ids->kind == JSON_ARRAY && ids->count)
		r->deed.corrective = json_text(&ids->items[0]);
	r->deed.reason = json_text(json_get(declaration, FT("reason")));
	r->deed.declared_by = json_text(json_get(declaration, FT("declaredBy")));
}

static void read_animals(struct reading *r)
{
	static const struct str itself = {NULL, 0};
	const struct json *input = json_get(r->event, FT("input"));
	struct deed *deed = &r->deed;
	deed->animals = texts_of(r, json_get(r->event, FT("animals")), itself);
	deed->places = texts_of(r, json_get(r->event, FT("places")), FT("id"));
	deed->regions = regions_of(r, json_get(r->event, FT("places")));
	deed->certificate = json_text(json_get(r->event, FT("quarantineCertificate")));
	if (!input)
		return;
	deed->product = json_text(json_get(input, FT("product")));
	deed->active = texts_of(r, json_get(input, FT("active")), itself);
}

static bool read_native(struct reading *r, struct str word)
{
	struct deed *deed = &r->deed;
	deed->kind = record_kind_find(word);
	if (!deed->kind || instant_parse(json_text(json_get(r->event, STR("eventTime"))), &deed->time))
		return false;
	read_declaration(r);
	deed->id = json_text(json_get(r->event, STR("eventID")));
	deed->party = json_text(json_get(r->event, FT("party")));
	deed->from = end_of(r->event, "sourceList", "source");
	deed->to = end_of(r->event, "destinationList", "destination");
	deed->shipment = shipment_of(r->event);
	deed->makes = deed->kind->class == RECORD_CREATE || deed->kind->class == RECORD_TRANSFORM;
	deed->taken_back = deed->kind->class == RECORD_RETURN && !deed->to.at;
	deed->entry_mode = json_text(json_get(r->event, FT("entryMode")));
	read_packs(r);
	read_animals(r);
	read_test(r);
	for (size_t i = 0; i < GOODS_LISTS; i++)
		r->room += count_of(json_get(r->event, str_of(goods_lists[i])));
	deed->lines = arena_array(r->arena, struct deed_line, r->room);
	read_goods(r, "inputQuantityList", DEED_INPUT);
	read_goods(r, "outputQuantityList", DEED_OUTPUT);
	read_goods(r, "quantityList", deed->makes ? DEED_OUTPUT : DEED_THING);
	read_goods(r, "childQuantityList", DEED_THING);
	return true;
}

/* — partners' events — */
/* Rec 21 codes of packages stand without their X in many documents; what is counted without a unit is pieces. */
static void mention_amount(struct arena *arena, const struct epcis_mention *mention, struct deed_line *line)
{
	struct str value = mention->instance ? STR("1") : mention->quantity;
	struct str uom = mention->uom.at ? mention->uom : STR("H87");
	if (!unit_find(uom))
		uom = arena_printf(arena, "X%.*s", STR_ARGS(uom));
	line->has_amount = value.at && unit_find(uom) && !quantity_of(value, uom, &line->amount);
}

static enum deed_role role_of(const struct epcis_mention *mention)
{
	return mention->role == EPCIS_INPUT    ? DEED_INPUT
	       : mention->role == EPCIS_OUTPUT ? DEED_OUTPUT
					       : DEED_THING;
}

/* A single item is one, however often and in whatever spelling a list names it. */
static bool is_named_before(struct str *paths, const struct epcis_event *event, size_t place)
{
	for (size_t i = 0; event->mentions[place].instance && paths[place].at && i < place; i++)
		if (event->mentions[i].instance && event->mentions[i].role == event->mentions[place].role &&
		    str_equal(paths[i], paths[place]))
			return true;
	return false;
}

static void read_mentions(struct reading *r, const struct epcis_event *event)
{
	struct str *paths = arena_array(r->arena, struct str, event->mention_count);
	for (size_t i = 0; i < event->mention_count; i++) {
		const struct epcis_mention *mention = &event->mentions[i];
		if (mention->instance)
			paths[i] = thing_uri_path(r->arena, mention->uri);
		if (mention->role != EPCIS_PARENT && !is_named_before(paths, event, i))
			mention_amount(r->arena, mention, line_add(r, role_of(mention), mention->uri));
	}
}

static bool read_partner(struct reading *r)
{
	struct epcis_event event;
	struct fault ignored = {0};
	if (epcis_event_read(r->arena, r->event, NULL /* its own */, "", &event, &ignored))
		return false;
	struct deed *deed = &r->deed;
	deed->of_partner = true;
	deed->kind = event_kind_of(&event);
	deed->declaration = event.is_declaration;
	deed->reason = event.declared_reason;
	deed->corrective = event.corrective;
	deed->removes = event.type == EPCIS_OBJECT && str_equal(event.action, STR("DELETE"));
	deed->id = event.event_id;
	deed->time = event.time;
	deed->told_place = event.biz_location.at ? event.biz_location : event.read_point;
	deed->transformation = event.transformation_id;
	deed->from = event.from;
	deed->to = event.to;
	deed->makes = deed->kind->class == RECORD_CREATE || deed->kind->class == RECORD_TRANSFORM;
	r->room = event.mention_count;
	deed->lines = arena_array(r->arena, struct deed_line, r->room);
	read_mentions(r, &event);
	return true;
}

enum problem deed_read(struct arena *arena, struct str body, struct deed *ret)
{
	struct json event;
	struct fault ignored = {0};
	if (json_parse(arena, body, &event, &ignored) || event.kind != JSON_OBJECT)
		return PROBLEM_JSON_SYNTAX;
	struct reading r = {.arena = arena, .event = &event};
	const struct json *record = json_get(&event, FT("record"));
	if (!(record ? read_native(&r, json_text(record)) : read_partner(&r)))
		return PROBLEM_JSON_SYNTAX;
	*ret = r.deed;
	return PROBLEM_NONE;
}

/* — counts — */
struct deed_counts deed_counts_sum(struct deed_counts a, struct deed_counts b)
{
	for (int i = 0; i < DEED_COUNTS; i++)
		a.of[i] = decimal_add(a.of[i], b.of[i]);
	return a;
}

bool deed_counts_are(struct deed_counts a, struct deed_counts b)
{
	for (int i = 0; i < DEED_COUNTS; i++)
		if (decimal_compare(a.of[i], b.of[i]) != 0)
			return false;
	return true;
}

struct str deed_counts_print(struct arena *arena, struct deed_counts counts)
{
	struct buf out = buf_create(arena, 64);
	for (int i = 0; i < DEED_COUNTS; i++)
		if (!decimal_is_zero(counts.of[i]))
			buf_printf(&out, "%s%s %.*s", out.len ? ", " : "", deed_count_words[i],
				   STR_ARGS(decimal_print(arena, counts.of[i])));
	return out.len ? buf_str(&out) : STR("nothing");
}

static void add(struct deed_counts *counts, enum deed_count what, struct decimal amount)
{
	counts->of[what] = decimal_add(counts->of[what], amount);
}

static void take(struct deed_counts *counts, enum deed_count what, struct decimal amount)
{
	counts->of[what] = decimal_sub(counts->of[what], amount);
}

static void effect_of_sending(const struct deed *deed, const struct deed_facts *facts,
			      struct deed_counts ret[DEED_SIDES])
{
	struct deed_counts *acting = &ret[DEED_ACTING];
	take(acting, DEED_ON_HAND, facts->amount);
	add(acting, DEED_IN_TRANSIT, facts->amount);
	if (facts->issuer[DEED_ACTING])
		add(acting, DEED_OUTSIDE, facts->amount);
	if (deed->kind->class == RECORD_RETURN && facts->issuer[DEED_TO])
		take(acting, DEED_OUTSIDE, facts->amount);
}

static void effect_of_taking_back(const struct deed_facts *facts, struct deed_counts *acting)
{
	add(acting, DEED_ON_HAND, facts->amount);
	take(acting, DEED_SOLD, facts->amount);
	if (facts->issuer[DEED_ACTING])
		take(acting, DEED_OUTSIDE, facts->amount);
}

/* More than was sent is what the receiver claims of a native sender; a partner's sender owes it. */
static void effect_of_shipment(const struct deed *deed, const struct deed_facts *facts,
			       struct deed_counts ret[DEED_SIDES])
{
	struct deed_counts *from = &ret[DEED_FROM];
	add(&ret[DEED_ACTING], DEED_ON_HAND, facts->amount);
	if (facts->withdrawn) {
		take(from, DEED_ON_HAND, facts->amount);
		return;
	}
	take(from, DEED_IN_TRANSIT, facts->shipped);
	struct decimal beyond = decimal_sub(facts->amount, facts->shipped);
	if (decimal_compare(beyond, decimal_of(0)) <= 0)
		return;
	if (deed->of_partner)
		take(from, DEED_ON_HAND, beyond);
	else
		add(from, DEED_CLAIMED, beyond);
}

/* From a party: out of its stock. From anywhere else goods were here already, or are owed until somebody says where they
 * came from: the balance is the same. */
static void effect_of_handing_over(const struct deed *deed, const struct deed_facts *facts,
				   struct deed_counts ret[DEED_SIDES])
{
	if (!facts->known[DEED_FROM])
		return;
	add(&ret[DEED_ACTING], DEED_ON_HAND, facts->amount);
	take(&ret[DEED_FROM], DEED_ON_HAND, facts->amount);
	if (!deed->of_partner && facts->issuer[DEED_FROM])
		add(&ret[DEED_ACTING], DEED_OUTSIDE, facts->amount);
}

static void effect_of_using(const struct deed *deed, enum deed_count what, const struct deed_facts *facts,
			    struct deed_counts *acting)
{
	take(acting, DEED_ON_HAND, facts->amount);
	add(acting, what, facts->amount);
	if (deed->of_partner)
		return;
	if (what == DEED_SOLD && facts->issuer[DEED_ACTING])
		add(acting, DEED_OUTSIDE, facts->amount);
	if (what == DEED_DESTROYED)
		add(acting, DEED_LOT_DESTROYED, facts->amount);
	if (what == DEED_DESTROYED && !facts->issuer[DEED_ACTING])
		take(acting, DEED_OUTSIDE, facts->amount);
}

static void effect_of_making(const struct deed *deed, const struct deed_line *line,
			     const struct deed_facts *facts, struct deed_counts *acting)
{
	if (line->role == DEED_INPUT) {
		take(acting, DEED_ON_HAND, facts->amount);
		return;
	}
	add(acting, DEED_ON_HAND, facts->amount);
	add(acting, DEED_TOTAL, facts->amount);
	if (deed->kind->class == RECORD_CREATE)
		add(acting, DEED_OWN, facts->amount);
}

void deed_effect(const struct deed *deed, const struct deed_line *line, const struct deed_facts *facts,
		 struct deed_counts ret[DEED_SIDES])
{
	enum record_class class = deed->kind->class;
	for (int side = 0; side < DEED_SIDES; side++)
		ret[side] = (struct deed_counts){.of = {{0}}};
	if (deed->declaration)
		return;
	if (class == RECORD_CREATE || class == RECORD_TRANSFORM)
		effect_of_making(deed, line, facts, &ret[DEED_ACTING]);
	else if (deed->taken_back)
		effect_of_taking_back(facts, &ret[DEED_ACTING]);
	else if (record_sends(deed->kind))
		effect_of_sending(deed, facts, ret);
	else if (class == RECORD_RECEIVE && facts->by_shipment)
		effect_of_shipment(deed, facts, ret);
	else if (class == RECORD_RECEIVE)
		effect_of_handing_over(deed, facts, ret);
	else if (class == RECORD_SELL)
		effect_of_using(deed, DEED_SOLD, facts, &ret[DEED_ACTING]);
	else if (class == RECORD_DESTROY || deed->removes)
		effect_of_using(deed, DEED_DESTROYED, facts, &ret[DEED_ACTING]);
}
