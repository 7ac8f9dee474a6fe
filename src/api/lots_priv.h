/* SPDX-License-Identifier: Apache-2.0
 * How a lot and its stock look in answers, and which lots a caller may see. */
#ifndef FT_API_LOTS_PRIV_H
#define FT_API_LOTS_PRIV_H

#include "ft/api/app.h"
#include "ft/core/thing_name.h"
#include "ft/core/trail.h"

#include "words_priv.h"

struct lot_party {
	struct str id;
	struct words *name;
	struct str kind;
};
struct lot_site {
	struct str id;
	struct words *name;
	struct str kind;
};
struct lot_holder {
	struct lot_party *party;
	struct lot_site *site;
	struct trail_quantity *quantity;
	struct str state;
};
struct lot_product {
	struct str id, number, commodity, gtin;
	struct words *name;
};
struct lot_answer {
	struct str id, number, code, uri;
	struct lot_product *product;
	struct lot_party *issuer;
	struct trail_quantity *quantity;
	struct str produced, expires, region;
	struct uuid site;
	struct str_list flags;
	struct str version;
	struct list stock;     /* struct lot_holder */
	struct list uncounted; /* struct lot_party */
};
extern const struct shape lot_answer_shape, lot_holder_shape, lot_party_shape, lot_quantity_shape;

/* The lot behind any spelling in the first path argument, when the caller may see it; else PROBLEM_NOT_FOUND. */
enum problem lot_of_path(struct call *call, struct lot_id *ret) must_check;
enum problem lot_check_visible(struct call *call, struct lot_id lot) must_check;
/* Lots with their stock, in this order. Other parties' stock is shown to officers only. */
enum problem lot_answers(struct call *call, const struct lot_id *lots, size_t count,
			 struct lot_answer **ret) must_check;
/* Keys without a party see the stock of all holders. */
bool call_sees_holders(const struct call *call);

/* Officers follow goods wherever they went; a party sees no further than what it holds or held. */
struct reach;
enum problem lots_show_own_only(struct call *call, struct reach *reach) must_check;

/* things.c: the id behind any spelling; bare numbers are those of `party`, else of the caller's parties.
 * PROBLEM_NOT_FOUND, PROBLEM_IDENTIFIER_SYNTAX. */
enum problem thing_resolve(struct call *call, enum thing_kind kind, struct uuid party, struct str spelling,
			   struct lot_id *ret) must_check;

#endif
