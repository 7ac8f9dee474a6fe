/* SPDX-License-Identifier: Apache-2.0
 * Answers a scan of the code or of the URI of a crate, pallet or place: what anybody may see of it. Nobody's stock, no home. */
#include "scan_priv.h"

#include "codes_priv.h"
#include "words_priv.h"

#include "ft/core/lot_id.h"
#include "ft/http/gzip.h"
#include "queries.h"

enum { LOTS_SHOWN = 40, UNITS_MAX = 1000, CHINA_OFFSET_MIN = 480 };
static const char cache_control[] = "public, max-age=60, must-revalidate";

struct region_answer {
	struct str code;
	struct words *name;
};
struct lot_answer {
	struct str id, number, code;
	struct words *product;
};
struct certificate_answer {
	struct str scheme, number, valid_from, valid_to;
};
struct thing_answer {
	struct str kind, code, place_kind, withheld, erased_at, unregistered;
	struct words *name, *party;
	struct region_answer *region;
	struct list lots, certificates;
	struct str_list units;
	bool more, test;
};
static const char *const kinds[] = {"unit", "place", NULL};
static const struct shape region_shape = {
	.name = "PlaceRegion",
	.size = sizeof(struct region_answer),
	.doc = "Where a place lies",
	.fields = (const struct field[]){STRING(struct region_answer, code, "code",
						.doc = "Township or district"),
					 OBJECT(struct region_answer, name, "name", &words_shape,
						struct words, .doc = "Its name"),
					 END_OF_SHAPE},
};
static const struct shape lot_shape = {
	.name = "ThingLot",
	.size = sizeof(struct lot_answer),
	.doc = "A lot that is in a unit or comes from a place",
	.fields = (const struct field[]){STRING(struct lot_answer, id, "id", .doc = "Its id"),
					 STRING(struct lot_answer, number, "number", .max_len = 256,
						.doc = "Its number"),
					 STRING(struct lot_answer, code, "code", .flags = OPTIONAL,
						.doc = "Its page stands at /t/{code}"),
					 OBJECT(struct lot_answer, product, "product", &words_shape,
						struct words, .doc = "What it is"),
					 END_OF_SHAPE},
};
static const struct shape certificate_shape = {
	.name = "PlaceCertificate",
	.size = sizeof(struct certificate_answer),
	.doc = "A certificate that covers a place today",
	.fields =
		(const struct field[]){
			STRING(struct certificate_answer, scheme, "scheme", .doc = "Scheme"),
			STRING(struct certificate_answer, number, "number", .doc = "Number"),
			STRING(struct certificate_answer, valid_from, "validFrom", .doc = "First day"),
			STRING(struct certificate_answer, valid_to, "validTo", .doc = "Last day"),
			END_OF_SHAPE},
};
const struct shape thing_page_shape = {
	.name = "CodedThing",
	.size = sizeof(struct thing_answer),
	.doc = "What anybody may see of a unit or place by its code or URI",
	.fields =
		(const struct field[]){
			WORD(struct thing_answer, kind, "kind", kinds, .doc = "What it is"),
			STRING(struct thing_answer, code, "code", .flags = OPTIONAL,
			       .doc = "Its code, when somebody asked for one"),
			OBJECT(struct thing_answer, name, "name", &words_shape, struct words,
			       .flags = OPTIONAL, .doc = "Of a unit its number"),
			STRING(struct thing_answer, place_kind, "placeKind", .flags = OPTIONAL,
			       .doc = "place: plot, packhouse …"),
			STRING(struct thing_answer, withheld, "withheld", .flags = OPTIONAL,
			       .doc = "place: personal, where it is somebody's home"),
			STRING(struct thing_answer, erased_at, "erasedAt", .flags = OPTIONAL,
			       .doc = "place: when what names it was removed"),
			OBJECT(struct thing_answer, region, "region", &region_shape, struct region_answer,
			       .flags = OPTIONAL, .doc = "place: where it lies"),
			OBJECT(struct thing_answer, party, "party", &words_shape, struct words,
			       .flags = OPTIONAL, .doc = "place: whose it is, unless that is a person"),
			LIST(struct thing_answer, lots, "lots", &lot_shape, .flags = ALWAYS,
			     .max_len = LOTS_SHOWN,
			     .doc = "unit: what is in it now; place: its newest harvests"),
			STRINGS(struct thing_answer, units, "units", .flags = ALWAYS, .max_len = LOTS_SHOWN,
				.doc = "unit: numbers of units in it"),
			LIST(struct thing_answer, certificates, "certificates", &certificate_shape,
			     .flags = ALWAYS, .max_len = 20, .doc = "place: those that cover it today"),
			STRING(struct thing_answer, unregistered, "unregistered", .flags = OPTIONAL,
			       .doc = "place: the extension that was asked for and is not registered; this "
				      "is the place "
				      "of the GLN alone"),
			BOOLEAN(struct thing_answer, more, "more", .doc = "Not all lots are listed"),
			BOOLEAN(struct thing_answer, test, "test",
				.doc = "A TEST code: no public address is configured"),
			END_OF_SHAPE,
		},
};

/* — reading — */
static struct trail_name *name_make(struct arena *arena, struct str zh, struct str en)
{
	struct trail_name *name = arena_new(arena, struct trail_name);
	*name = (struct trail_name){zh, en};
	return name;
}

static struct trail_region *region_make(struct arena *arena, struct str code, struct str zh, struct str en)
{
	struct trail_region *region = arena_new(arena, struct trail_region);
	*region = (struct trail_region){code, zh, en};
	return region;
}

/* "CRATE1" of "https://…/u/CRATE1", the SSCC of a Digital Link. */
static struct str number_of(struct str uri)
{
	return str_after_last(uri, '/');
}

static void add_lot(struct call *call, struct page_thing *thing, struct lot_id id, struct str number,
		    struct str code, struct trail_name *product)
{
	struct page_thing_lot *lots = (void *)(uintptr_t)thing->lots.items;
	if (thing->lots.count == LOTS_SHOWN) {
		thing->more = true;
		return;
	}
	lots[thing->lots.count++] =
		(struct page_thing_lot){lot_id_print(call->arena, id), number, code, product};
}

static enum problem read_unit(struct call *call, struct lot_id id, struct page_thing *thing)
{
	struct unit_page_row row;
	struct unit_page_contents_row *rows;
	size_t count;
	enum problem p =
		unit_page(call_db(call), call->arena, &(struct unit_page_params){id.org, id.lot}, &row);
	const struct unit_page_contents_params params = {id.org, id.lot, UNITS_MAX, 2 * UNITS_MAX};
	if (!p)
		p = unit_page_contents(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	thing->name = name_make(call->arena, number_of(row.uri), (struct str){NULL, 0});
	thing->units.items = arena_array(call->arena, struct str, LOTS_SHOWN);
	for (size_t i = 0; i < count; i++)
		if (str_equal(rows[i].kind, STR("lot")))
			add_lot(call, thing, (struct lot_id){rows[i].org_id, rows[i].id}, rows[i].name,
				rows[i].code, name_make(call->arena, rows[i].product_zh, rows[i].product_en));
		else if (thing->units.count < LOTS_SHOWN)
			thing->units.items[thing->units.count++] = number_of(rows[i].name);
		else
			thing->more = true;
	return PROBLEM_NONE;
}

static enum problem read_harvests(struct call *call, struct uuid party, struct uuid site,
				  struct page_thing *thing)
{
	struct place_page_lots_row *rows;
	size_t count;
	const struct place_page_lots_params params = {party, site, LOTS_SHOWN + 1};
	enum problem p = place_page_lots(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < count; i++)
		add_lot(call, thing, (struct lot_id){rows[i].org_id, rows[i].id}, rows[i].name, rows[i].code,
			name_make(call->arena, rows[i].product_zh, rows[i].product_en));
	return p;
}

static enum problem read_certificates(struct call *call, struct uuid party, struct uuid site,
				      struct page_thing *thing)
{
	struct place_page_certificates_row *rows;
	size_t count;
	const struct instant now = {clock_now(), CHINA_OFFSET_MIN};
	const struct place_page_certificates_params params = {party, site, instant_day(now)};
	enum problem p = place_page_certificates(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	struct trail_certificate *certificates = arena_array(call->arena, struct trail_certificate, count);
	for (size_t i = 0; i < count; i++)
		certificates[i] = (struct trail_certificate){
			.scheme = rows[i].scheme,
			.number = rows[i].number,
			.valid_from = date_print(call->arena, (int32_t)rows[i].valid_from),
			.valid_to = date_print(call->arena, (int32_t)rows[i].valid_to)};
	thing->certificates = (struct list){certificates, count};
	return PROBLEM_NONE;
}

/* Of a home: that it is one, and the township, as its lots' pages say. Which lots come from it would tell whose it is. */
static enum problem read_place(struct call *call, struct uuid id, struct page_thing *thing)
{
	struct place_page_row row;
	struct arena *arena = call->arena;
	enum problem p = place_page(call_db(call), arena, &(struct place_page_params){id}, &row);
	if (p)
		return p;
	thing->region = region_make(arena, row.region, row.region_zh, row.region_en);
	if (row.district_zh.at)
		thing->district = region_make(arena, STR(""), row.district_zh, row.district_en);
	thing->place_kind = row.kind;
	thing->name = name_make(arena, STR(""), (struct str){NULL, 0});
	if (row.erased_at.known)
		thing->erased_at = utc_print(arena, row.erased_at.value);
	else if (row.personal)
		thing->withheld = STR("personal");
	if (row.erased_at.known || row.personal)
		return PROBLEM_NONE;
	*thing->name = (struct trail_name){row.name_zh, row.name_en};
	if (row.party_zh.at)
		thing->party = name_make(arena, row.party_zh, row.party_en);
	p = read_harvests(call, row.party, id, thing);
	return p ? p : read_certificates(call, row.party, id, thing);
}

/* — telling — */
static struct words *words_of(struct arena *arena, const struct trail_name *name)
{
	return name && name->zh.len ? words_make(arena, name->zh, name->en) : NULL;
}

static struct str json_of(struct call *call, const struct page_thing *thing)
{
	struct arena *arena = call->arena;
	struct thing_answer answer = {.kind = thing->is_place ? STR("place") : STR("unit"),
				      .code = thing->code,
				      .name = words_of(arena, thing->name),
				      .place_kind = thing->place_kind,
				      .withheld = thing->withheld,
				      .erased_at = thing->erased_at,
				      .party = words_of(arena, thing->party),
				      .units = thing->units,
				      .unregistered = thing->unregistered,
				      .more = thing->more,
				      .test = thing->test};
	struct region_answer region;
	if (thing->region) {
		region = (struct region_answer){
			thing->region->code, words_make(arena, thing->region->name, thing->region->name_en)};
		answer.region = &region;
	}
	const struct page_thing_lot *shown = thing->lots.items;
	struct lot_answer *lots = arena_array(arena, struct lot_answer, thing->lots.count);
	for (size_t i = 0; i < thing->lots.count; i++)
		lots[i] = (struct lot_answer){shown[i].id, shown[i].number, shown[i].code,
					      words_of(arena, shown[i].product)};
	answer.lots = (struct list){lots, thing->lots.count};
	const struct trail_certificate *valid = thing->certificates.items;
	struct certificate_answer *certificates =
		arena_array(arena, struct certificate_answer, thing->certificates.count);
	for (size_t i = 0; i < thing->certificates.count; i++)
		certificates[i] = (struct certificate_answer){valid[i].scheme, valid[i].number,
							      valid[i].valid_from, valid[i].valid_to};
	answer.certificates = (struct list){certificates, thing->certificates.count};
	struct buf out = buf_create(arena, 1024);
	struct json_writer w = json_writer(&out);
	shape_encode(&thing_page_shape, &answer, &w);
	return buf_str(&out);
}

struct found { /* what is named */
	bool is_place;
	struct lot_id id;
	struct code code; /* absent text: it has none */
	struct str unregistered;
};

static enum problem find_coded(struct call *call, const struct code *code, struct found *ret)
{
	struct code_get_row row;
	enum problem p = code_get(call_db(call), call->arena, &(struct code_get_params){code->text}, &row);
	if (!p)
		*ret = (struct found){code->letter == CODE_PLACE, {row.org_id, row.id}, *code};
	return p;
}

static enum problem find_hash(struct call *call, struct scan *scan, const struct sha256 *hash,
			      struct found *ret)
{
	struct thing_find_many_row *rows;
	size_t count;
	scan->thing_bytes = sha256_bytes(hash);
	const struct thing_find_many_params params = {{&scan->thing_bytes, 1}};
	enum problem p = thing_find_many(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	bool is_place = count && str_equal(rows->kind, STR("site"));
	if (!is_place && (!count || !str_equal(rows->kind, STR("unit"))))
		return PROBLEM_NOT_FOUND;
	struct found found = {.is_place = is_place, .id = {rows->org_id, rows->id}};
	p = thing_code_find(call, is_place ? THING_SITE : THING_UNIT, rows->id, &found.code);
	if (p == PROBLEM_NOT_FOUND)
		found.code.text = (struct str){NULL, 0};
	else if (p)
		return p;
	*ret = found;
	return PROBLEM_NONE;
}

/* GS1-Conformant Resolver Standard, walking up: who does not know a part of a place knows the place, and says which part. */
static enum problem find_named(struct call *call, struct scan *scan, struct found *ret)
{
	enum problem p = find_hash(call, scan, &scan->thing, ret);
	if (p != PROBLEM_NOT_FOUND || !scan->extension.at)
		return p;
	p = find_hash(call, scan, &scan->above, ret);
	if (!p)
		ret->unregistered = scan->extension;
	return p;
}

enum problem scan_thing_handle(struct call *call, struct scan *scan, struct reply *reply)
{
	struct page_thing thing = {.test = call_app(call)->test_codes};
	struct found found = {.is_place = false};
	thing.lots.items = arena_array(call->arena, struct page_thing_lot, LOTS_SHOWN);
	enum problem p = scan->thing_code ? find_coded(call, scan->thing_code, &found)
					  : find_named(call, scan, &found);
	if (!p) {
		thing.is_place = found.is_place;
		thing.code = found.code.text;
		thing.unregistered = found.unregistered;
		thing.code_grouped =
			thing.code.at ? code_group(call->arena, &found.code) : (struct str){NULL, 0};
		p = thing.is_place ? read_place(call, found.id.lot, &thing)
				   : read_unit(call, found.id, &thing);
	}
	app_database_found(call_app(call), p);
	if (p == PROBLEM_NOT_FOUND)
		return scan_not_there(call, scan, reply);
	if (p)
		return p;
	const struct page page = scan_page(call, scan);
	struct str body =
		scan->form == SCAN_PAGE ? page_thing(call->arena, &page, &thing) : json_of(call, &thing);
	*reply =
		(struct reply){.raw = scan->gzip ? bytes_str(gzip_bytes(call->arena, str_bytes(body))) : body,
			       .media_type = scan->media_type,
			       .content_encoding = scan->gzip ? "gzip" : NULL,
			       .cache_control = cache_control,
			       .vary_accept = true};
	return PROBLEM_NONE;
}
