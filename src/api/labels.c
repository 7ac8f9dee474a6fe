/* SPDX-License-Identifier: Apache-2.0
 * /v1/labels: a sheet of labels to print, for lots and for single packs. */
#include "ft/api/routes.h"

#include "codes_priv.h"
#include "lots_priv.h"

#include "ft/qr/qr.h"
#include "queries.h"

enum {
	MAX_BODY = 64 * 1024,
	LABELS_MAX = 500,
	MARGIN_UM = 3000,           /* of both sides together, with the border */
	DOT_UM = 125,               /* of the usual label printer, 203 dpi: a module is whole dots */
	MODULE_MIN_UM = 4 * DOT_UM, /* 0.5 mm: GS1 asks for 0.396 */
	MODULE_MAX_UM = 8 * DOT_UM,
};

static const char *const sizes[] = {"50x30", "60x40", "80x60", "100x70", NULL};
static const struct page_label_size millimetres[] = {{50, 30}, {60, 40}, {80, 60}, {100, 70}};
static const char *const languages[] = {"zh", "en", NULL};

struct labels_input {
	struct items_named named;
	struct str size, language;
};
static const struct shape labels_input = {
	.name = "LabelsInput",
	.size = sizeof(struct labels_input),
	.doc = "Which codes: some by name, or all of packs that were issued from one to another",
	.fields =
		(const struct field[]){
			STRINGS(struct labels_input, named.codes, "codes", .flags = OPTIONAL,
				.max_len = LABELS_MAX, .doc = "These, of lots or packs"),
			STRING(struct labels_input, named.from, "from", .flags = OPTIONAL, .max_len = 64,
			       .doc = "From this pack's"),
			STRING(struct labels_input, named.to, "to", .flags = OPTIONAL, .max_len = 64,
			       .doc = "To this pack's; at most 500 together"),
			WORD(struct labels_input, size, "size", sizes, .flags = OPTIONAL,
			     .doc = "Millimetres; 60x40 if absent"),
			WORD(struct labels_input, language, "language", languages, .flags = OPTIONAL,
			     .doc = "Of the label; that of the request if absent"),
			END_OF_SHAPE,
		},
};

struct sheet {
	struct call *call;
	struct page_label_size size;
	struct code *codes;
	struct lot_id *lots; /* place by place */
	size_t count;
};

static enum problem lot_of_lot_code(struct call *call, const struct code *code, struct lot_id *ret)
{
	struct code_get_row row;
	enum problem p = code_get(call_db(call), call->arena, &(struct code_get_params){code->text}, &row);
	if (!p && !str_equal(row.kind, STR("lot")))
		p = PROBLEM_NOT_FOUND;
	const struct lot_id lot = {row.org_id, row.id};
	if (!p)
		p = lot_check_visible(call, lot);
	if (!p)
		*ret = lot;
	return p;
}

/* Labels of packs are printed by whoever issues their codes, and not once these are withdrawn. */
static enum problem lot_of_item(struct call *call, const struct code *code, struct lot_id *ret)
{
	struct pack item;
	enum problem p = item_read(call_db(call), call->arena, code, code_key(call), &item);
	if (!p && !call_acts_for(call, item.lot.org))
		p = PROBLEM_NOT_FOUND;
	if (!p && item.state == ITEM_VOIDED) {
		call->fault.detail = arena_printf(call->arena, "%.*s is voided", STR_ARGS(code->text));
		p = PROBLEM_CONFLICT;
	}
	if (!p)
		*ret = item.lot;
	return p;
}

static enum problem take_code(struct sheet *sheet, const struct code *code, size_t i)
{
	struct call *call = sheet->call;
	sheet->codes[i] = *code;
	return code->letter == CODE_ITEM ? lot_of_item(call, code, &sheet->lots[i])
					 : lot_of_lot_code(call, code, &sheet->lots[i]);
}

static void make_room(struct sheet *sheet, size_t count)
{
	sheet->codes = arena_array(sheet->call->arena, struct code, count);
	sheet->lots = arena_array(sheet->call->arena, struct lot_id, count);
	sheet->count = count;
}

static enum problem take_range(struct sheet *sheet, const struct items_named *named)
{
	struct call *call = sheet->call;
	struct item_ranges found;
	enum problem p = item_ranges_of(call, named, &found);
	if (p)
		return p;
	if (found.items > LABELS_MAX)
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "count", "/to");
	make_room(sheet, (size_t)found.items);
	for (size_t i = 0; !p && i < sheet->count; i++) {
		const struct item_range *range = found.ranges;
		struct code code =
			item_issue_code(call->arena, range->issue, range->first + (int64_t)i, code_key(call));
		p = take_code(sheet, &code, i);
	}
	return p;
}

static enum problem take_named(struct sheet *sheet, const struct items_named *named)
{
	struct call *call = sheet->call;
	enum problem p = PROBLEM_NONE;
	make_room(sheet, named->codes.count);
	for (size_t i = 0; !p && i < sheet->count; i++) {
		struct code code;
		p = code_typed(call, named->codes.items[i], &code);
		if (!p)
			p = take_code(sheet, &code, i);
		struct str detail = call->fault.detail;
		if (p)
			(void)!fault_set(&call->fault, p, "code", "/codes/%zu", i);
		call->fault.detail = detail;
	}
	return p;
}

static enum problem draw(struct sheet *sheet, const struct code *code, struct str *ret)
{
	struct call *call = sheet->call;
	struct qr qr;
	enum problem p = qr_encode(call->arena, code_url(call, code), &qr);
	if (p)
		return p;
	int module_um = (sheet->size.height_mm * 1000 - MARGIN_UM) / (qr.width + 2 * QR_QUIET_ZONE);
	module_um -= module_um % DOT_UM;
	if (module_um < MODULE_MIN_UM) /* the address is long: telephones would not read it */
		return fault_set(&call->fault, PROBLEM_FIELD_RANGE, "module", "/size");
	const struct qr_style style = {.module_um = module_um < MODULE_MAX_UM ? module_um : MODULE_MAX_UM};
	*ret = qr_svg(call->arena, &qr, &style);
	return PROBLEM_NONE;
}

static const struct label_lots_row *row_of(const struct label_lots_row *rows, size_t count, struct lot_id lot)
{
	for (size_t i = 0; i < count; i++)
		if (uuid_equal(rows[i].lot_id, lot.lot) && uuid_equal(rows[i].org_id, lot.org))
			return &rows[i];
	return NULL;
}

static void put_facts(const struct sheet *sheet, const struct label_lots_row *row, struct page_label *label)
{
	label->number = row->number;
	label->produced = date_print(sheet->call->arena, row->produced_day);
	label->product_zh = row->product_zh;
	label->product_en = row->product_en;
	if (!row->personal) {
		label->issuer_zh = row->issuer_zh;
		label->issuer_en = row->issuer_en;
	}
	label->region_zh = row->region_zh;
	label->region_en = row->region_en;
}

static enum problem make_labels(struct sheet *sheet, struct page_label *labels)
{
	struct call *call = sheet->call;
	struct uuid *orgs = arena_array(call->arena, struct uuid, sheet->count);
	struct uuid *ids = arena_array(call->arena, struct uuid, sheet->count);
	struct label_lots_row *rows;
	size_t count;
	for (size_t i = 0; i < sheet->count; i++) {
		orgs[i] = sheet->lots[i].org;
		ids[i] = sheet->lots[i].lot;
	}
	const struct label_lots_params params = {{orgs, sheet->count}, {ids, sheet->count}};
	enum problem p = label_lots(call_db(call), call->arena, &params, &rows, &count);
	for (size_t i = 0; !p && i < sheet->count; i++) {
		const struct label_lots_row *row = row_of(rows, count, sheet->lots[i]);
		if (!row)
			return PROBLEM_NOT_FOUND;
		put_facts(sheet, row, &labels[i]);
		labels[i].code = code_group(call->arena, &sheet->codes[i]);
		labels[i].test = call_app(call)->test_codes;
		p = draw(sheet, &sheet->codes[i], &labels[i].svg);
	}
	return p;
}

static size_t size_index(struct str word)
{
	for (size_t i = 0; sizes[i]; i++)
		if (str_equal(word, str_of(sizes[i])))
			return i;
	return 1; /* 60x40 */
}

static enum problem print_labels(struct call *call, struct reply *reply)
{
	const struct labels_input *input = call->body;
	struct sheet sheet = {.call = call, .size = millimetres[size_index(input->size)]};
	bool by_name = input->named.codes.count && !input->named.from.at && !input->named.to.at;
	enum problem p = by_name ? take_named(&sheet, &input->named) : take_range(&sheet, &input->named);
	if (p)
		return p;
	struct page_label *labels = arena_array(call->arena, struct page_label, sheet.count);
	p = make_labels(&sheet, labels);
	if (p)
		return p;
	enum language language = !input->language.at                     ? call->language
				 : str_equal(input->language, STR("en")) ? LANGUAGE_EN
									 : LANGUAGE_ZH;
	*reply = (struct reply){.raw = page_labels(call->arena, language, &sheet.size, labels, sheet.count),
				.media_type = "text/html; charset=utf-8"};
	return PROBLEM_NONE;
}

const struct route label_routes[] = {
	{
		.method = "POST",
		.path = "/v1/labels",
		.id = "printLabels",
		.summary = "A sheet of labels to print: QR, product, lot, origin",
		.tag = "Codes",
		.scope = SCOPE_CAPTURE,
		.max_body = MAX_BODY,
		.request = &labels_input,
		.media_type = "text/html",
		.status = 200,
		.handle = print_labels,
		.may_fail = {PROBLEM_NOT_FOUND, PROBLEM_CONFLICT, PROBLEM_DB_UNAVAILABLE},
	},
	{0},
};
