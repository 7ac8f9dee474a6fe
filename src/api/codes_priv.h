/* SPDX-License-Identifier: Apache-2.0
 * What the doors to codes share: how one looks in answers, and whose it is. */
#ifndef FT_API_CODES_PRIV_H
#define FT_API_CODES_PRIV_H

#include "ft/api/app.h"
#include "ft/core/code.h"
#include "ft/core/thing_name.h"
#include "ft/store/items.h"

struct code_input {
	struct uuid id;
	struct str kind, lot, unit, place;
	int64_t count;
	bool activate;
	struct item_amount *quantity; /* NULL: one of what the lot is counted in */
};
struct item_amount {
	struct str value, unit;
};
struct code_answer {
	struct str code, grouped, kind, state, lot, uri, issued_at, activated_at, voided_at, url, svg, png;
	bool test;
	int64_t count; /* of items: issued together; 0: not said */
	struct str last, list;
	struct str first_scanned_at, sold_at;
	int64_t scans;
};

static inline struct bytes code_key(const struct call *call)
{
	return (struct bytes){call_app(call)->code_key, sizeof call_app(call)->code_key};
}
/* What a person typed or sent, with a tag made here. PROBLEM_NOT_FOUND otherwise; detail says what is no code at all. */
enum problem code_typed(struct call *call, struct str typed, struct code *ret) must_check;
struct str code_url(const struct call *call, const struct code *code);
/* The members that every kind of code has. */
struct code_answer *code_answer_of(const struct call *call, const struct code *code);

/* item_codes.c */
enum problem item_codes_issue(struct call *call, struct reply *reply, struct lot_id lot) must_check;
enum problem item_answer(struct call *call, const struct code *code, struct code_answer **ret) must_check;

/* thing_codes.c: of a unit or place; the same every time. */
enum problem thing_code_issue(struct call *call, struct reply *reply) must_check;
/* The code that a unit or place has; PROBLEM_NOT_FOUND: nobody asked for one. */
enum problem thing_code_find(struct call *call, enum thing_kind kind, struct uuid id,
			     struct code *ret) must_check;
enum problem code_reply(struct call *call, struct str text,
			struct reply *reply) must_check; /* of one that is filed */

/* Codes of packs that the caller may handle: those named, or all that were issued from one to another. */
struct items_named {
	struct str_list codes;
	struct str from, to;
};
struct item_ranges {
	struct item_range *ranges;
	size_t count;
	int64_t items;
};
enum problem item_ranges_of(struct call *call, const struct items_named *named,
			    struct item_ranges *ret) must_check;

#endif
