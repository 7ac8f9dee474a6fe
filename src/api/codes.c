/* SPDX-License-Identifier: Apache-2.0
 * /v1/codes: the short codes of lots and of single packs, and their QR as a picture. */
#include "ft/api/routes.h"

#include "codes_priv.h"
#include "lots_priv.h"

#include "ft/base/text.h"
#include "ft/crypto/digest.h"
#include "ft/qr/qr.h"
#include "queries.h"

enum {
	MAX_BODY = 4096,
	MODULE_MIN_UM = 250,
	MODULE_MAX_UM = 2000,
	MODULE_UM = 500, /* 0.5 mm prints well on a 300 dpi label printer */
	DPI_MIN = 72,
	DPI_MAX = 1200,
	DPI = 300,
	UM_PER_INCH = 25400,
	DOTS_MAX = 64,
	ETAG_OCTETS = 12,
};

static const char *const kinds[] = {"lot", "item", "unit", "place", NULL};
static const struct shape item_amount = {
	.name = "ItemAmount",
	.size = sizeof(struct item_amount),
	.doc = "How much of the lot one pack is",
	.fields =
		(const struct field[]){
			DECIMAL(struct item_amount, value, "value", .max_len = 32,
				.doc = "Decimal text, at most 15 significant digits and 6 decimals"),
			STRING(struct item_amount, unit, "unit", .min_len = 1, .max_len = 16,
			       .doc = "UN/CEFACT code, or kg, g, t, jin …"),
			END_OF_SHAPE,
		},
};
static const struct shape code_input = {
	.name = "CodeInput",
	.size = sizeof(struct code_input),
	.doc = "Whose code",
	.fields =
		(const struct field[]){
			WORD(struct code_input, kind, "kind", kinds,
			     .doc = "lot: one code for all packs; item: a code of its own for each pack; "
				    "unit: of a "
				    "crate or pallet; place: of a site"),
			STRING(struct code_input, lot, "lot", .flags = OPTIONAL, .max_len = 512,
			       .doc = "lot, item: the lot, in any spelling"),
			STRING(struct code_input, unit, "unit", .flags = OPTIONAL, .max_len = 512,
			       .doc = "unit: the unit, in any spelling"),
			STRING(struct code_input, place, "place", .flags = OPTIONAL, .max_len = 512,
			       .doc = "place: the site, in any spelling"),
			INTEGER(struct code_input, count, "count", .flags = OPTIONAL, .min = 1,
				.max = ITEM_ISSUE_MAX, .doc = "item: how many; 1 if absent"),
			BOOLEAN(struct code_input, activate, "activate", .flags = OPTIONAL,
				.doc = "item: put them into use at once"),
			OBJECT(struct code_input, quantity, "quantity", &item_amount, struct item_amount,
			       .flags = OPTIONAL,
			       .doc = "item: how much each is, for records that name it; absent: one of what "
				      "the lot is counted in, or its product's one package"),
			UUID(struct code_input, id, "id", .flags = OPTIONAL,
			     .doc = "item: the client's own; the same again answers the same codes"),
			END_OF_SHAPE,
		},
};
static const struct shape code_answer = {
	.name = "Code",
	.size = sizeof(struct code_answer),
	.doc = "What a QR carries",
	.fields =
		(const struct field[]){
			STRING(struct code_answer, code, "code",
			       .doc = "Letter, body and tag; of several the first"),
			STRING(struct code_answer, grouped, "grouped", .doc = "The same for people"),
			WORD(struct code_answer, kind, "kind", kinds, .doc = "What it names"),
			WORD(struct code_answer, state, "state", item_state_words, .doc = "State"),
			STRING(struct code_answer, lot, "lot", .flags = OPTIONAL, .doc = "item: its lot"),
			STRING(struct code_answer, uri, "uri", .flags = OPTIONAL, .max_len = 1024,
			       .doc = "item: what stands for it in EPCIS events; its path opens its page, "
				      "too"),
			STRING(struct code_answer, issued_at, "issuedAt", .doc = "UTC"),
			STRING(struct code_answer, activated_at, "activatedAt", .flags = OPTIONAL,
			       .doc = "item: when it was put into use"),
			STRING(struct code_answer, voided_at, "voidedAt", .flags = OPTIONAL,
			       .doc = "item: when it was withdrawn"),
			STRING(struct code_answer, sold_at, "soldAt", .flags = OPTIONAL,
			       .doc = "item: when it was sold, as it stands"),
			STRING(struct code_answer, url, "url", .max_len = 1024, .doc = "What the QR says"),
			STRING(struct code_answer, svg, "svg", .doc = "The QR as SVG"),
			STRING(struct code_answer, png, "png", .doc = "The QR as PNG"),
			BOOLEAN(struct code_answer, test, "test",
				.doc = "A TEST code: no public address is configured"),
			INTEGER(struct code_answer, count, "count", .flags = OPTIONAL,
				.doc = "item: how many were issued with it"),
			STRING(struct code_answer, last, "last", .flags = OPTIONAL,
			       .doc = "item: the last of those"),
			STRING(struct code_answer, list, "list", .flags = OPTIONAL,
			       .doc = "item: all of those as CSV"),
			STRING(struct code_answer, first_scanned_at, "firstScannedAt", .flags = OPTIONAL,
			       .doc = "item: when its page was first opened"),
			INTEGER(struct code_answer, scans, "scans", .flags = OPTIONAL,
				.doc = "item: about how often its page was opened"),
			END_OF_SHAPE,
		},
};

enum problem code_typed(struct call *call, struct str typed, struct code *ret)
{
	const struct bytes key = code_key(call);
	enum problem p = code_parse(call->arena, typed, &key, 1, ret);
	if (p == PROBLEM_IDENTIFIER_SYNTAX)
		call->fault.detail = STR("this is not a code: a letter and 12 or 16 letters and digits, as "
					 "printed below the QR");
	return p ? PROBLEM_NOT_FOUND : PROBLEM_NONE;
}

struct str code_url(const struct call *call, const struct code *code)
{
	return arena_printf(call->arena, "%.*s/t/%.*s", STR_ARGS(call_app(call)->root_url),
			    STR_ARGS(code->text));
}

struct code_answer *code_answer_of(const struct call *call, const struct code *code)
{
	struct code_answer *answer = arena_new(call->arena, struct code_answer);
	*answer = (struct code_answer){
		.code = code->text,
		.grouped = code_group(call->arena, code),
		.url = code_url(call, code),
		.svg = arena_printf(call->arena, "/v1/codes/%.*s/qr.svg", STR_ARGS(code->text)),
		.png = arena_printf(call->arena, "/v1/codes/%.*s/qr.png", STR_ARGS(code->text)),
		.test = call_app(call)->test_codes,
	};
	return answer;
}

static enum problem filed_answer(struct call *call, const struct code *code, struct code_answer **ret)
{
	struct code_get_row row;
	enum problem p = code_get(call_db(call), call->arena, &(struct code_get_params){code->text}, &row);
	if (p)
		return p;
	struct code_answer *answer = code_answer_of(call, code);
	answer->kind = row.kind;
	answer->state = row.state;
	answer->issued_at = utc_print(call->arena, row.issued_at);
	*ret = answer;
	return PROBLEM_NONE;
}

/* A code that was made here and is filed. */
static enum problem find_answer(struct call *call, struct str typed, struct code *ret_code,
				struct code_answer **ret)
{
	struct code code;
	enum problem p = code_typed(call, typed, &code);
	if (!p)
		p = code.letter == CODE_ITEM ? item_answer(call, &code, ret) : filed_answer(call, &code, ret);
	if (!p)
		*ret_code = code;
	return p;
}

/* Every lot got its code when it was made; asking again gives the same. */
static enum problem lot_code(struct call *call, struct reply *reply, struct lot_id lot)
{
	struct lot_by_id_row row;
	enum problem p =
		lot_by_id(call_db(call), call->arena, &(struct lot_by_id_params){lot.org, lot.lot}, &row);
	return p ? p : code_reply(call, row.code, reply);
}

enum problem code_reply(struct call *call, struct str text, struct reply *reply)
{
	struct code code;
	struct code_answer *answer;
	enum problem p = find_answer(call, text, &code, &answer);
	if (p)
		return p;
	reply->value = answer;
	reply->status = 200;
	reply->location = arena_printf(call->arena, "/v1/codes/%.*s", STR_ARGS(code.text));
	return PROBLEM_NONE;
}

/* Exactly the member that the kind goes by. */
static enum problem check_named(struct call *call, const struct code_input *input)
{
	const struct {
		struct str given;
		const char *name;
	} members[] = {{input->lot, "lot"}, {input->unit, "unit"}, {input->place, "place"}};
	struct str wanted = str_equal(input->kind, STR("item")) ? STR("lot") : input->kind;
	for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
		bool is_wanted = str_equal(wanted, str_of(members[i].name));
		if (is_wanted && !members[i].given.at)
			return fault_set(&call->fault, PROBLEM_FIELD_MISSING, "required", "/%s",
					 members[i].name);
		if (!is_wanted && members[i].given.at)
			return fault_set(&call->fault, PROBLEM_FIELD_UNKNOWN, "kind", "/%s", members[i].name);
	}
	return PROBLEM_NONE;
}

static enum problem create_code(struct call *call, struct reply *reply)
{
	static const struct uuid nobody;
	const struct code_input *input = call->body;
	struct lot_id lot;
	bool items = str_equal(input->kind, STR("item"));
	if (!items && input->count)
		return fault_set(&call->fault, PROBLEM_FIELD_UNKNOWN, "item", "/count");
	if (!items && input->quantity)
		return fault_set(&call->fault, PROBLEM_FIELD_UNKNOWN, "item", "/quantity");
	enum problem wrong = check_named(call, input);
	if (wrong)
		return wrong;
	if (input->unit.at || input->place.at)
		return thing_code_issue(call, reply);
	enum problem p = thing_resolve(call, THING_LOT, nobody, input->lot, &lot);
	if (p == PROBLEM_IDENTIFIER_SYNTAX)
		return fault_set(&call->fault, p, "identifier", "/lot");
	if (!p)
		p = lot_check_visible(call, lot);
	if (p)
		return p;
	return items ? item_codes_issue(call, reply, lot) : lot_code(call, reply, lot);
}

static enum problem get_code(struct call *call, struct reply *reply)
{
	struct code code;
	struct code_answer *answer;
	enum problem p = find_answer(call, call->path_args[0], &code, &answer);
	if (p)
		return p;
	reply->value = answer;
	reply->cache_control = code.letter == CODE_ITEM ? "no-cache" : "public, max-age=60";
	return PROBLEM_NONE;
}

struct qr_query {
	int64_t dpi, module_um;
};
static const struct shape qr_query = {
	.name = "QrQuery",
	.size = sizeof(struct qr_query),
	.doc = "How large",
	.fields =
		(const struct field[]){
			INTEGER(struct qr_query, dpi, "dpi", .flags = OPTIONAL, .min = DPI_MIN,
				.max = DPI_MAX, .doc = "Of the PNG, dots an inch; 300 if absent"),
			INTEGER(struct qr_query, module_um, "module", .flags = OPTIONAL, .min = MODULE_MIN_UM,
				.max = MODULE_MAX_UM, .doc = "Micrometres a module; 500 if absent"),
			END_OF_SHAPE,
		},
};

static enum problem qr_of_path(struct call *call, struct code *ret_code, struct qr *ret)
{
	struct code_answer *answer;
	enum problem p = find_answer(call, call->path_args[0], ret_code, &answer);
	return p ? p : qr_encode(call->arena, answer->url, ret);
}

static void put_picture(struct call *call, struct reply *reply, struct str picture, const char *media_type)
{
	struct sha256 hash = sha256_of(str_bytes(picture));
	struct str tag = base64url_encode(call->arena, (struct bytes){hash.octets, ETAG_OCTETS});
	*reply = (struct reply){.raw = picture,
				.media_type = media_type,
				.etag = arena_printf(call->arena, "\"%.*s\"", STR_ARGS(tag)),
				.cache_control = "public, max-age=3600"};
}

static int64_t module_of(const struct qr_query *query)
{
	return query->module_um ? query->module_um : MODULE_UM;
}

static enum problem get_svg(struct call *call, struct reply *reply)
{
	struct code code;
	struct qr qr;
	enum problem p = qr_of_path(call, &code, &qr);
	if (p)
		return p;
	const struct qr_style style = {.module_um = (int)module_of(call->query),
				       .caption = code_group(call->arena, &code),
				       .test_mark = call_app(call)->test_codes};
	put_picture(call, reply, qr_svg(call->arena, &qr, &style), "image/svg+xml");
	return PROBLEM_NONE;
}

static enum problem get_png(struct call *call, struct reply *reply)
{
	const struct qr_query *query = call->query;
	struct code code;
	struct qr qr;
	enum problem p = qr_of_path(call, &code, &qr);
	if (p)
		return p;
	int64_t dpi = query->dpi ? query->dpi : DPI;
	int64_t dots = (module_of(query) * dpi + UM_PER_INCH / 2) / UM_PER_INCH;
	dots = dots < 1 ? 1 : dots > DOTS_MAX ? DOTS_MAX : dots;
	struct bytes png = qr_png(call->arena, &qr, (int)dots, (int)dpi, call_app(call)->test_codes);
	put_picture(call, reply, bytes_str(png), "image/png");
	return PROBLEM_NONE;
}

#define TAG "Codes"
const struct route code_routes[] = {
	{
		.method = "POST",
		.path = "/v1/codes",
		.id = "createCode",
		.summary = "The short code of a lot, unit or place, the same every time; or new codes of a "
			   "lot's packs",
		.tag = TAG,
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_BODY,
		.request = &code_input,
		.response = &code_answer,
		.status = 201,
		.repeatable = true,
		.handle = create_code,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_FORBIDDEN, PROBLEM_IDENTIFIER_SYNTAX,
			     PROBLEM_ID_TAKEN, PROBLEM_SIGNER_UNAVAILABLE, PROBLEM_UNIT_UNKNOWN,
			     PROBLEM_QUANTITY_SYNTAX, PROBLEM_DB_UNAVAILABLE, PROBLEM_DB_RETRY},
	},
	{
		.method = "GET",
		.path = "/v1/codes/{code}",
		.id = "getCode",
		.summary = "Read a code",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &code_answer,
		.status = 200,
		.handle = get_code,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/codes/{code}/qr.svg",
		.id = "getCodeSvg",
		.summary = "Its QR as SVG",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.query = &qr_query,
		.media_type = "image/svg+xml",
		.status = 200,
		.handle = get_svg,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/v1/codes/{code}/qr.png",
		.id = "getCodePng",
		.summary = "Its QR as PNG",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.query = &qr_query,
		.media_type = "image/png",
		.status = 200,
		.handle = get_png,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
