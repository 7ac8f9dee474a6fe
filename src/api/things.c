/* SPDX-License-Identifier: Apache-2.0
 * /v1/things: what any spelling names; and the look-up that other resources share. */
#include "ft/api/routes.h"

#include "codes_priv.h"
#include "lots_priv.h"

#include "ft/base/text.h"
#include "ft/core/epc_urn.h"
#include "queries.h"

static enum problem find_code(struct call *call, enum thing_kind kind, struct str code, struct lot_id *ret)
{
	struct code_find_many_row *rows;
	size_t count;
	struct code pack;
	const struct bytes key = code_key(call);
	bool of_pack = code.at[0] == CODE_ITEM && !code_parse(call->arena, code, &key, 1, &pack);
	const struct item_place place =
		of_pack ? item_place_of(call->arena, &pack, key) : (struct item_place){code, 0};
	const struct code_find_many_params params = {{&place.block, 1}};
	enum problem p = code_find_many(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	/* A pack's code names its lot. */
	if (!count || (of_pack ? place.index >= rows->items : !code_names(rows->kind, kind)))
		return PROBLEM_NOT_FOUND;
	*ret = (struct lot_id){rows->org_id, rows->id};
	return PROBLEM_NONE;
}

static enum problem find_hash(struct call *call, enum thing_kind kind, struct sha256 hash, struct lot_id *ret)
{
	struct thing_find_many_row *rows;
	size_t count;
	struct bytes key = sha256_bytes(&hash);
	const struct thing_find_many_params params = {{&key, 1}};
	enum problem p = thing_find_many(call_db(call), call->arena, &params, &rows, &count);
	if (p)
		return p;
	if (!count || !str_equal(rows->kind, str_of(thing_kind_words[kind])))
		return PROBLEM_NOT_FOUND;
	*ret = (struct lot_id){rows->org_id, rows->id};
	return PROBLEM_NONE;
}

static enum problem resolve_within(struct call *call, enum thing_kind kind, struct uuid party,
				   struct str spelling, struct lot_id *ret)
{
	struct thing_name name;
	struct fault ignored = {0};
	enum problem p = thing_name_read(call->arena, kind, party, spelling, &name, &ignored);
	if (p)
		return p;
	if (name.form == NAME_ID) {
		*ret = name.id;
		return PROBLEM_NONE;
	}
	p = PROBLEM_NOT_FOUND;
	if (name.form == NAME_CODE)
		p = find_code(call, kind, name.code, ret);
	if (p == PROBLEM_NOT_FOUND)
		p = find_hash(call, kind, name.hash, ret);
	if (p == PROBLEM_NOT_FOUND && name.key_path.at)
		p = find_hash(call, kind, name.key_hash, ret);
	return p;
}

enum problem thing_resolve(struct call *call, enum thing_kind kind, struct uuid party, struct str spelling,
			   struct lot_id *ret)
{
	if (!uuid_is_nil(party) || !call->caller.party_count)
		return resolve_within(call, kind, party, spelling, ret);
	enum problem p = PROBLEM_NOT_FOUND;
	for (size_t i = 0; p == PROBLEM_NOT_FOUND && i < call->caller.party_count; i++)
		p = resolve_within(call, kind, call->caller.parties[i], spelling, ret);
	return p;
}

struct thing_query {
	struct str id;
	struct str party;
	struct str company_prefix;
};
static const struct shape thing_query = {
	.name = "ThingQuery",
	.size = sizeof(struct thing_query),
	.doc = "A spelling",
	.fields =
		(const struct field[]){
			STRING(struct thing_query, id, "id", .max_len = 512,
			       .doc = "Id, own number, code, Digital Link, EPC URN, element string, "
				      "own-scheme "
				      "URI"),
			STRING(struct thing_query, party, "party", .flags = OPTIONAL, .max_len = 512,
			       .doc = "Whose number it is; default: the key's parties"),
			STRING(struct thing_query, company_prefix, "companyPrefix", .flags = OPTIONAL,
			       .min_len = GS1_PREFIX_MIN, .max_len = GS1_PREFIX_MAX,
			       .doc = "GS1 company prefix, for the answer's EPC URN: a Digital Link does not "
				      "say how long it is"),
			END_OF_SHAPE,
		},
};
struct thing_answer {
	struct str kind, id, href, uri, urn;
};
static const struct shape thing_answer = {
	.name = "Thing",
	.size = sizeof(struct thing_answer),
	.doc = "What a spelling names",
	.fields =
		(const struct field[]){
			STRING(struct thing_answer, kind, "kind",
			       .doc = "party, site, product, certificate, lot, shipment, unit or event"),
			STRING(struct thing_answer, id, "id", .doc = "Its id"),
			STRING(struct thing_answer, href, "href", .flags = OPTIONAL,
			       .doc = "Where it is read"),
			STRING(struct thing_answer, uri, "uri", .flags = OPTIONAL, .max_len = 1024,
			       .doc = "What stands for it in EPCIS events"),
			STRING(struct thing_answer, urn, "urn", .flags = OPTIONAL, .max_len = EPC_URN_MAX_LEN,
			       .doc = "The same as an EPC URN, when it has a GS1 key and the company prefix "
				      "is "
				      "known: from companyPrefix, or from the URN that was asked for"),
			END_OF_SHAPE,
		},
};

static const char *const roots[THING_KIND_COUNT] = {"/v1/parties",      "/v1/sites", "/v1/products",
						    "/v1/certificates", "/v1/lots",  NULL};

/* "4012345" of "urn:epc:id:sgtin:4012345.…"; absent if it is no EPC URN. */
static struct str prefix_in(struct str urn)
{
	struct str rest = urn;
	if (!epc_urn_is(urn))
		return (struct str){NULL, 0};
	for (int i = 0; i < 4 && rest.at; i++)
		(void)str_cut(rest, ':', &rest);
	return rest.at ? str_cut(rest, '.', &rest) : rest;
}

/* How the standards spell it. */
static enum problem put_spellings(struct call *call, struct lot_id id, struct thing_answer *ret)
{
	const struct thing_query *query = call->query;
	struct thing_uri_row *rows;
	struct digital_link link;
	struct fault ignored = {0};
	size_t count;
	enum problem p = thing_uri(call_db(call), call->arena, &(struct thing_uri_params){id.org, id.lot},
				   &rows, &count);
	if (p || !count)
		return p;
	ret->uri = rows->uri;
	struct str prefix = query->company_prefix.at ? query->company_prefix : prefix_in(query->id);
	if (prefix.at && !digital_link_parse_uri(call->arena, rows->uri, &link, &ignored))
		ret->urn = epc_urn_print(call->arena, &link, prefix);
	return PROBLEM_NONE;
}

static enum problem put_thing(struct call *call, enum thing_kind kind, struct lot_id id,
			      struct thing_answer *ret)
{
	struct str text = kind == THING_LOT        ? lot_id_print(call->arena, id)
			  : kind == THING_SHIPMENT ? shipment_id_print(call->arena, id)
						   : uuid_print(call->arena, id.lot);
	*ret = (struct thing_answer){.kind = str_of(thing_kind_words[kind]), .id = text};
	if (roots[kind])
		ret->href = arena_printf(call->arena, "%s/%.*s", roots[kind], STR_ARGS(text));
	return put_spellings(call, id, ret);
}

/* By a code, a URI or a GS1 key, at which anybody finds its page; not by its party's own number. */
static bool is_public_name(const struct call *call, enum thing_kind kind)
{
	static const struct uuid nobody;
	const struct thing_query *query = call->query;
	struct thing_name name;
	struct fault ignored = {0};
	return thing_uri_path(call->arena, query->id).at ||
	       (!thing_name_read(call->arena, kind, nobody, query->id, &name, &ignored) &&
		(name.form == NAME_CODE || name.key_path.at));
}

static enum problem check_thing(struct call *call, enum thing_kind kind, struct lot_id id)
{
	if (kind == THING_LOT)
		return lot_check_visible(call, id);
	if (kind == THING_UNIT)
		return call_acts_for(call, id.org) || is_public_name(call, THING_UNIT) ? PROBLEM_NONE
										       : PROBLEM_NOT_FOUND;
	if (kind != THING_SHIPMENT)
		return PROBLEM_NONE;
	struct shipment_by_id_row row;
	return shipment_by_id(call_db(call), call->arena, &(struct shipment_by_id_params){id.org, id.lot},
			      &row);
}

static enum problem find_uuid(struct call *call, struct uuid id, struct thing_answer *ret)
{
	struct thing_by_id_row *rows;
	struct event_locate_row where;
	size_t count;
	enum problem p =
		thing_by_id(call_db(call), call->arena, &(struct thing_by_id_params){id}, &rows, &count);
	if (p)
		return p;
	for (enum thing_kind kind = THING_PARTY; count && kind < THING_LOT; kind++)
		if (str_equal(rows->kind, str_of(thing_kind_words[kind])))
			return put_thing(call, kind, (struct lot_id){rows->org_id, rows->id}, ret);
	struct str text = uuid_print(call->arena, id);
	struct sha256 hash = sha256_of(str_bytes(arena_printf(call->arena, "urn:uuid:%.*s", STR_ARGS(text))));
	p = event_locate(call_db(call), call->arena, &(struct event_locate_params){sha256_bytes(&hash)},
			 &where);
	if (p)
		return p;
	struct event_read_row event;
	p = event_read(call_db(call), call->arena, &(struct event_read_params){where.org_id, where.id},
		       &event);
	if (p)
		return p;
	*ret = (struct thing_answer){.kind = STR("event"),
				     .id = text,
				     .href = arena_printf(call->arena, "/v1/events/%.*s", STR_ARGS(text))};
	return PROBLEM_NONE;
}

/* The kinds in the order in which a bare number is looked for. */
static const enum thing_kind order[] = {THING_LOT,     THING_SHIPMENT,    THING_PARTY, THING_SITE,
					THING_PRODUCT, THING_CERTIFICATE, THING_UNIT};

/* What is spelled like a standard's name and is none is said to be so, not looked for. Lots have every form there is. */
static enum problem check_spelling(struct call *call, struct uuid party)
{
	const struct thing_query *query = call->query;
	struct thing_name name;
	struct fault fault = {0};
	enum problem p = thing_name_read(call->arena, THING_LOT, party, query->id, &name, &fault);
	if (p) {
		(void)fault_set(&call->fault, p, fault.rule, "/id");
		call->fault.value = str_shorten(query->id, FAULT_VALUE_LEN);
		call->fault.detail = fault.detail;
	}
	return p;
}

static enum problem get_thing(struct call *call, struct reply *reply)
{
	const struct thing_query *query = call->query;
	struct thing_answer *answer = arena_new(call->arena, struct thing_answer);
	struct lot_id party = {0}, id;
	enum problem p = query->party.at ? thing_resolve(call, THING_PARTY, party.lot, query->party, &party)
					 : PROBLEM_NONE;
	if (p)
		return PROBLEM_NOT_FOUND;
	reply->value = answer;
	if (uuid_parse(query->id, &id.lot))
		return find_uuid(call, id.lot, answer);
	p = check_spelling(call, party.lot);
	if (p)
		return p;
	p = PROBLEM_NOT_FOUND;
	for (size_t i = 0; p && i < sizeof order / sizeof *order; i++) {
		p = thing_resolve(call, order[i], party.lot, query->id, &id);
		if (!p)
			p = check_thing(call, order[i], id);
		if (p && p != PROBLEM_NOT_FOUND && p != PROBLEM_IDENTIFIER_SYNTAX)
			return p;
		if (!p)
			p = put_thing(call, order[i], id, answer);
	}
	return p;
}

const struct route thing_routes[] = {
	{
		.method = "GET",
		.path = "/v1/things",
		.id = "findThing",
		.summary = "Find what any spelling names",
		.tag = "Things",
		.scope = SCOPE_READ,
		.query = &thing_query,
		.response = &thing_answer,
		.status = 200,
		.handle = get_thing,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_IDENTIFIER_SYNTAX, PROBLEM_GTIN_SYNTAX,
			     PROBLEM_GTIN_CHECK_DIGIT, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
