/* SPDX-License-Identifier: Apache-2.0
 * Units and single packs in the group writer's batch: those that records name, and what is in them. */
#ifndef FT_STORE_CAPTURE_PACK_PRIV_H
#define FT_STORE_CAPTURE_PACK_PRIV_H

#include "ft/core/unit_history.h"

#include "capture_priv.h"

/* A single pack, and what stands about it in the order in which it was told. */
struct pack_state {
	struct uuid event, holder, party;
	struct str state; /* as in item_event; absent: what it was before */
	usec_t happened_at, since;
	bool stands;
};
struct pack_fact {
	struct str code;
	struct lot_id lot;
	struct quantity amount; /* is_measured: said when its code was issued */
	bool is_measured, activated, voided;
	struct rows states; /* struct pack_state */
};
struct pack_row { /* of table item_event */
	struct pack_fact *fact;
	const struct item *item;
	struct pack_state state;
	bool named;
};
struct pack_declared {
	struct str code;
	struct uuid event;
	usec_t at;
};
struct pack_named { /* in items[] or contents[] */
	struct named named;
	struct str spelling;
	const char *list, *member;
	size_t index;
	struct pack_fact *fact;
};
struct pack_inside { /* a unit that the record names */
	struct pack_fact *fact;
	size_t unit;
};

/* Of a name that is the code of a pack: where it is filed. */
void pack_place(struct batch *batch, struct named *named);
enum problem batch_load_packs(struct batch *batch) must_check; /* after the locks */
/* The lines that the record's items[] mean, and whether what it does may be done to them: item->expanded, item->line_count,
 * parts->item_uris, item->taken_back. */
enum problem packs_expand(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
void pack_is_inside(struct batch *batch, struct item *item, struct str code, size_t unit);
enum problem pack_content_plan(struct batch *batch, struct item *item, const struct pack_named *pack,
			       struct input_plan *ret) must_check;
const struct pack_named *pack_in_contents(const struct item *item, size_t index); /* NULL: none */
void packs_tell(struct batch *batch, const struct item *item, const struct event_parts *parts);
void packs_withdraw(struct batch *batch, const struct target *target, usec_t at);
void packs_put_back(struct batch *batch, const struct target *target, size_t declared);
void packs_send(struct batch *batch);

/* capture_unit.c */
enum problem batch_load_units(struct batch *batch) must_check;
struct unit_fact *batch_unit(const struct batch *batch, const struct named *named); /* NULL: not there */
bool content_is_unit(const struct content_fact *content);
bool content_is_in(const struct content_fact *content, const struct unit_fact *unit, usec_t at);
/* A unit that is named for the first time: a placeholder. `index` among those of the record. */
struct unit_fact *unit_make(struct batch *batch, struct item *item, const struct named *named, struct str uri,
			    size_t index);
/* Whether the acting party loaded what is in the unit, or has all of its lots now. */
bool unit_may_handle(struct batch *batch, const struct item *item, const struct unit_fact *unit);
/* Whether `inner` is in `outer`, at any depth and at any time that is known of. */
bool unit_holds(const struct batch *batch, struct uuid outer, struct uuid inner, int depth);
/* The lines that the record's units[] mean: item->expanded, item->line_count, parts->unit_uris. */
enum problem units_expand(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* What the units of a transformation hold went into it: they are empty from then on. */
void units_consume(struct batch *batch, struct item *item);
void units_send(struct batch *batch);
/* The line of this lot, made where there is none: `place` in units[], or in items[]. */
struct expanded_line *expanded_line_for(struct batch *batch, struct item *item, struct lot_fact *lot,
					size_t place, bool of_packs);
/* capture_unit_acts.c */
/* What was done to these units since then. */
void batch_queue_acts(struct batch *batch, struct sql_array orgs, struct sql_array units, usec_t since);
enum problem batch_take_acts(struct batch *batch) must_check;
/* An act of the record: the thing is the caller's to name. Valid until the next is added. */
struct unit_acts_row *unit_act_add(struct batch *batch, const struct item *item, const struct unit_fact *unit,
				   size_t n, enum unit_act_kind kind);
/* What was in the unit since `from`, after acts of that time or later were added or taken back. */
void unit_retell(struct batch *batch, struct item *item, struct unit_fact *unit, usec_t from);
/* What the target did to units is as if it had not been; and as if it had. */
void units_withdraw(struct batch *batch, struct item *item, struct target *target, usec_t at);
void units_put_back(struct batch *batch, struct item *item, struct target *target);
void unit_contents_send(struct batch *batch);

/* capture_load.c */
enum problem decide_load(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
enum problem decide_unload(struct batch *batch, struct item *item, struct event_parts *parts) must_check;

#endif
