/* SPDX-License-Identifier: Apache-2.0
 * Rows that a batch of captures will write, gathered while its records are decided: one type a table. */
#ifndef FT_STORE_CAPTURE_ROWS_PRIV_H
#define FT_STORE_CAPTURE_ROWS_PRIV_H

#include "ft/core/lot_graph.h"
#include "ft/core/risk.h"
#include "ft/db/db.h"
#include "queries.h"

struct item; /* a record of the batch: capture_priv.h */

/* A growing list of rows of one type in the batch's arena. */
struct rows {
	void *items;
	size_t count, room, size;
};
void *rows_add(struct arena *arena, struct rows *rows, size_t size);
#define ROW_ADD(batch, list, type) ((type *)rows_add((batch)->arena, &(batch)->list, sizeof(type)))

/* What a holder has of a lot. on_hand below zero is a deficit: more went than came. `claimed` is what others say they
 * received beyond what was shipped; it takes nothing off what is on hand. */
struct stock {
	struct decimal on_hand, in_transit, sold, destroyed, claimed;
};
struct lot_sums { /* of a lot itself, at whoever's it is */
	struct decimal own, total, destroyed, outside, returned;
};
struct event_rows { /* one row of table event */
	struct item *item;
	struct str body;
	struct uuid site;
	struct str region;
	struct uuid to;
	struct str place; /* absent: registered, or not said */
	struct str input_product;
	struct str input_active; /* joined by U+001F; absent: none */
	struct uuid event_id;    /* of the EPCIS event: a declaration has that of the event it declares */
	usec_t declaration_time; /* 0: no declaration */
};
struct move_row {
	struct uuid event_org, event;
	usec_t at;
	int64_t n;
	struct lot_id lot;
	struct uuid holder;
	struct stock change;
	struct lot_sums sums;
};
struct telling_row { /* an event that may tell when and where a lot came into being */
	struct uuid event;
	struct lot_id lot;
};
struct declared_row { /* an event that no longer stands, with a lot or a site of it */
	struct uuid event, org, id;
	usec_t at;
};
struct correction_row {
	struct uuid org, event, declaration, replacement, party;
	struct str reason;
	usec_t at;
	struct bytes named; /* digest of the id of what a partner says stands in its place; absent: none */
};
struct thing_row {
	struct sha256 hash;
	const char *kind;
	struct uuid org, id;
};
struct code_row {
	struct str code;
	struct uuid org, id;
	usec_t at;
};
struct link_row {
	struct lot_id lot;
	struct uuid event_org, event;
	int64_t n;
	const char *role;
	usec_t at;
	struct str value, unit;
	struct sql_nullable_decimal base;
};
struct site_row {
	struct uuid org, site, event_org, event;
	int64_t n;
	const char *type;
	struct instant time;
	usec_t at;
	struct lot_id lot;
	struct str input_product, input_active; /* as of its event */
};
struct edge_row {
	struct lot_id parent, child;
	struct uuid event_org, event;
	struct decimal input, input_total, output, output_part, output_total;
	struct str value, unit;
	struct sql_nullable_decimal base, mass; /* into a transformation's node */
	usec_t at;
};
struct alert_row {
	struct uuid org, id;
	struct risk_finding finding;
	struct sha256 subject;
	usec_t seen;
	struct uuid party, product, event;
	usec_t happened_us; /* of several findings with one subject the earliest is told */
	struct str origin_region, found_region;
	struct item *item;
	bool is_new;
};

static inline struct decimal decimal_or_null(struct sql_nullable_decimal value)
{
	return value.known ? value.value : SQL_NULL_DECIMAL;
}

#endif
