/* SPDX-License-Identifier: Apache-2.0
 * The group writer's batch: what a round of captures knows, decides and will write.
 *
 *   queue → names (→ what is to be corrected) → facts and locks → decide each record in order → sign all → write all → commit → answer all
 *
 * Everything of a batch lives in its arena and is made anew when the transaction is run again; only ids minted for a
 * record stay, so that a repetition cannot double anything. */
#ifndef FT_STORE_CAPTURE_PRIV_H
#define FT_STORE_CAPTURE_PRIV_H

#include <pthread.h>

#include "ft/base/map.h"
#include "ft/core/epcis_body.h"
#include "ft/core/event_kind.h"
#include "ft/core/lot_graph.h"
#include "ft/core/thing_name.h"
#include "ft/core/warning.h"
#include "ft/db/db.h"
#include "ft/store/capture.h"
#include "ft/store/seal_statement.h"
#include "capture_rows_priv.h"

enum { CODE_ATTEMPTS = 3, CODE_KEY_LEN = 32, I01_WINDOW_DAYS = 180, EDGES_LIMIT = 200000 };

/* `settled` is what the moves of all events decided so far add up to. */
struct lot_fact {
	struct capture_lots_lock_row row;
	struct lot_sums settled;
	bool is_new, made; /* made: its row says when what made it first did */
	bool dirty;
};
struct holding_fact {
	struct capture_holdings_lock_row row;
	struct stock settled;
	bool dirty, was_short; /* was_short: before this batch */
};
struct shipment_fact {
	struct shipments_lock_row row;
	struct str vehicle;
	struct shipment_lines_row *lines;
	size_t line_count;
	bool dirty;
	bool anew; /* its lines replace those that it had */
};
struct unit_fact {
	struct units_lock_row row;
	bool dirty;
	bool known_before; /* something was loaded before all that is looked at */
	struct item *by;   /* what changed last what is told of it; NULL: nothing */
};
struct content_fact { /* something in a unit, as follows from what was done to it */
	struct unit_contents_row row;
	bool dirty;
	bool stored; /* in the table */
	bool gone;   /* it is not so after all */
};
struct act_fact { /* what a record did to a unit: from the table or decided in this batch */
	struct unit_acts_row row;
	struct sql_nullable_int declared_at; /* known: it no longer stands */
	struct sql_nullable_decimal was_lacking;
	bool dirty, stored; /* stored: before this batch */
};
struct kept_unit { /* that a correction changes */
	struct unit_fact *at, was;
};
struct expanded_line { /* what a unit that a record names has of a lot */
	struct lot_fact *lot;
	struct quantity quantity; /* unit NULL: no amount is asked for */
	struct decimal base;
	size_t unit;   /* place in units[], or in items[] of the first of these packs */
	bool of_packs; /* all packs of the lot that items[] names */
};
struct use_fact { /* an input used at a site: from the table or decided in this batch */
	struct uuid site, event;
	struct str type;
	struct instant time;
	struct str product;
	struct str *active;
	size_t active_count;
	struct str days_on;  /* the crop that was asked about last */
	const int64_t *days; /* longest interval it binds that to; NULL: not asked */
};
struct harvest_fact { /* a lot harvested at a site: from the table or decided in this batch */
	struct uuid site, event;
	struct instant time;
	struct lot_id lot;
	struct str commodity, region;
	struct uuid product;
};

/* What one named thing of a record turned out to be. */
struct named {
	struct thing_name name;
	bool asked; /* the record names it */
	bool found;
	struct lot_id id; /* parties, sites, products: id.lot */
	struct str pack;  /* code of the single pack that was named, whose lot id is; absent: none */
	int64_t pack_index;
};
/* What a correction corrects. */
struct target_move {
	struct lot_id lot;
	struct uuid holder;
	struct stock stock;
	struct lot_sums sums;
};
struct target {
	struct uuid org, id; /* the event; org: that recorded it */
	bool known, declaration, corrected, of_partner;
	const struct record_kind *kind;
	struct uuid party, to, site, replacement; /* to: who was sent goods; nil: nobody */
	struct instant time;
	usec_t recorded_us;
	struct str region, body;
	struct bytes request;   /* digest of what was asked for */
	struct lot_id shipment; /* sent or received; nil: none */
	struct lot_id *outputs; /* lots it made or concerns */
	size_t output_count;
	struct rows packs; /* struct str: codes of packs that it is about */
	struct rows moves; /* struct target_move: what it does to stock, as it stands now */
	struct rows units; /* struct kept_unit: whose contents changed with it */
	struct rows sites; /* struct lot_id: party and site */
	struct rows
		others; /* struct correction_others_row: of its lots, where its replacement makes them later */
};
struct output_ids {
	struct uuid lot;
	struct str number, long_number; /* made, when the record names none: long where that is taken */
	struct str codes[CODE_ATTEMPTS];
	struct sha256 number_hash;
};
/* A lot that a partner's event names: one for each class or item with this role, whatever it says of its amount. */
struct goods {
	struct str path;   /* identity, as filed */
	struct str uri;    /* canonical */
	struct str number; /* batch or serial, else the end of the URI */
	struct str gtin;   /* absent: none */
	const struct epcis_mention *mention;
	const struct goods *again; /* named once more in the same role; NULL: no */
};
/* One record in a batch. */
struct item {
	struct capture_job *job;
	enum problem problem;
	bool replay;
	struct item *first;    /* of this batch, that it repeats; NULL: none */
	struct uuid known_org; /* that recorded the id, when it is in */
	/* of a correction */
	struct sha256 target_hash;
	struct target *target;    /* what it corrects; NULL: not known */
	struct item *replacement; /* the record in its place, decided with it; NULL: none */
	struct item *corrects;    /* of a replacement: its correction */
	/* of a partner's event: name under which a declaration waits for it, and the one that did. nil: none */
	struct sha256 waiting;
	struct lot_id declared_by;
	struct str declared_reason, declared_corrective;
	struct sha256
		awaiting; /* name under which a declaration waits for it to stand in its event's place, */
	bool awaited;     /* and that one does */
	struct named party, to, from, shipment, lot, product;
	struct named *sites, *lots; /* lots: inputs, lots or contents */
	size_t site_count, lot_count;
	struct named unit, *units; /* units: of load and unload parallel to contents */
	size_t unit_count;
	struct str unit_uri, *unit_uris; /* of a partner's event: of these */
	struct pack_named *packs;
	size_t pack_count;
	struct named *output_products, *output_lots;
	size_t output_count;
	struct output_ids *output_ids; /* parallel; NULL: not made yet */
	struct goods *goods;           /* of a partner's event: parallel to output_lots and output_products */
	struct sha256 event_hash;
	struct uuid known_id; /* a repetition: the event that is in, of known_org */
	/* decided */
	struct uuid acting, recorder;
	struct instant time;
	usec_t recorded_us;
	struct rows expanded;     /* struct expanded_line: after its lots, lines that it means by units */
	size_t line_count;        /* both together */
	struct rows packs_inside; /* struct pack_inside */
	bool taken_back;          /* a return: its packs were sold by the party */
	struct str lots_json, shipment_json;
	struct lot_fact *only_lot;           /* of its answer; NULL: none or several */
	struct shipment_fact *made_shipment; /* NULL: none */
	struct shipment_fact *shipment_fact; /* made or taken; NULL: none */
	struct lot_fact **output_facts;      /* the lots it made or concerns */
	size_t output_fact_count;
	struct rows alerts;   /* struct uuid */
	struct rows warnings; /* struct str */
	int64_t likeness;
	struct lot_id short_of; /* the lot it was refused for; nil: none */
	struct decimal missing; /* of that lot */
	struct named sample;    /* that it tests */
	bool sample_known;
	struct rows sample_lots; /* struct lot_id */
	bool two_senders;        /* what it returns was shipped by several parties */
	struct str statement_b64;
	size_t sealed; /* index in batch->sealed, when stored */
};

struct batch {
	struct capture *capture;
	struct db *db;
	struct arena *arena;
	struct item *items;
	size_t count;
	/* facts */
	struct map *things;                               /* sha256 → thing_find_many_row */
	struct map *codes;                                /* text → code_find_many_row */
	struct map *parties, *sites, *products, *regions; /* uuid or code → row */
	struct map *lots;                                 /* lot uuid → lot_fact */
	struct map *holdings;                             /* {lot uuid, holder uuid} → holding_fact */
	struct map *keys;                                 /* org uuid → held_key */
	struct map *own_orgs;    /* org uuid → held_key: it signs itself, and nobody for it */
	struct map *shipments;   /* shipment uuid → shipment_fact */
	struct map *new_numbers; /* number hash → lot_fact made in this batch */
	struct map *new_ids;     /* event hash → item of this batch that stores it */
	struct rows known_edges; /* struct lot_edge: upstream of inputs, for the cycle check */
	struct rows
		node_outputs; /* struct transformation_outputs_row: of the transformations that pieces belong to */
	struct rows uses, harvests;
	struct map *told;           /* told_key → told_fact */
	struct rows region_parties; /* struct capture_region_parties_row: whom keys of a region act for */
	struct map *units, *new_units; /* uuid → unit_fact; hash of its name → unit_fact made in this batch */
	struct map *packs;             /* code → pack_fact */
	struct map *new_samples;       /* hash of its number → item of this batch that took it */
	struct rows tests;             /* struct test_row */
	struct rows contents;          /* struct content_fact */
	struct rows acts;              /* struct act_fact */
	struct rows states; /* struct state_fact: what stands about lots, and what ends or begins now */
	struct map *seen;   /* struct sight → itself: lots of others that a record may look at */
	/* to write */
	struct rows sealed; /* struct unsigned_statement, parallel to events */
	struct rows events; /* struct event_rows */
	struct rows things_new, things_again, things_moved, codes_new, links, site_rows, edges, alerts;
	struct rows moves, corrections, declared_lots, declared_sites, tellings;
	struct map *correctives; /* digest of its id → correction_correctives_row */
	struct rows awaiting,
		filled;     /* struct correction_awaiting_row; struct correction_row: replacement alone */
	struct rows shorts; /* struct short_row: what partners' events took beyond what was there */
	struct rows receipts, receipts_gone, pair_shipments; /* capture_partner_priv.h */
	struct rows closed; /* struct closed_alert: alerts that hold no longer */
	struct rows herds;  /* struct herd_row */
	bool edges_sent, asks_receipts, asks_arrivals, pairs, pairs_late; /* capture_partner_pair.c */
	bool passes, raises, raises_late;                                 /* capture_raise.c */
	struct rows pack_rows, packs_declared; /* struct pack_row, struct pack_declared */
	struct rows sold;                      /* struct uuid: lots sold in this batch */
	struct rows joined_orgs,
		joined;  /* struct uuid: nodes, and lots that were there, to which edges were added */
	struct rows fed; /* struct uuid: nodes whose inputs changed */
	struct rows touched_orgs,
		touched; /* struct uuid: lots not in `lots` whose trail shows something new */
};

struct capture_queue {
	pthread_cond_t filled;
	struct capture_unit *first, *last;
};

struct capture {
	struct capture_settings settings;
	struct config_view {
		int64_t batch, writers;
	} limits;
	pthread_t *threads;
	size_t thread_count;
	pthread_mutex_t queue_lock;
	struct capture_queue *queues; /* of each writer */
	size_t queued;                /* records in all of them */
	bool stopping;
	pthread_mutex_t clock_lock;
	pthread_cond_t recorded; /* a writer's transaction has ended */
	usec_t last_recorded_us;
	usec_t *recording_us; /* of each writer: all it records is later; INT64_MAX: it records nothing */
};

struct told_key { /* what some records of one recorder have in common */
	struct uuid org;
	int64_t likeness;
};
struct told_fact {
	const struct told_fact *other; /* with the same key; NULL: none */
	struct uuid event;
	usec_t at_us;
};
struct holding_key {
	struct uuid lot, holder;
};

static inline struct sql_array rows_array(const struct rows *rows)
{
	return (struct sql_array){rows->items, rows->count};
}

struct event_parts;
/* capture_receipt.c */
void receipt_queue(struct db *db, struct arena *arena, const struct capture_unit *unit);
/* capture_partner_names.c: what a partner's event names. Nothing in it is refused for its spelling. */
void partner_read_identity(struct item *item);
void partner_read_names(struct batch *batch, struct item *item);
enum problem partner_check_known(struct batch *batch, struct item *item,
				 const struct event_parts *parts) must_check;
enum problem batch_load_arrivals(struct batch *batch) must_check; /* capture_partner_pair.c */
/* capture_partner_declare.c: error declarations. What is asked for of an event's names, and what is found of them: */
void partner_read_declaration(struct item *item);
enum { PARTNER_KEYS = 2 };
size_t partner_declaration_keys(const struct item *item, const struct sha256 *ret[PARTNER_KEYS]);
void partner_take_declaration(struct batch *batch, struct item *item, const struct map *taken);
enum problem batch_load_declarations(struct batch *batch) must_check;
struct uuid partner_source(const struct item *item); /* who captures */
struct sha256 partner_awaiting_name(const struct item *item, struct str event_id);
/* Asked again once the source's keys are locked: PROBLEM_CONFLICT when an event and its declaration came at once. */
void partner_queue_declarations(struct batch *batch);
enum problem partner_recheck_declarations(struct batch *batch) must_check;
void partner_note_declaration(struct batch *batch, struct item *item);
enum problem partner_check_declaration(struct batch *batch, struct item *item) must_check;
/* Once the event is stored: withdraws what it declares, or itself where its declaration came first. */
void partner_declare(struct batch *batch, struct item *item);
/* capture_corrective.c: what stands in the place of what partners declare wrong. Loaded behind the locks, found once all
 * records are decided. */
enum problem batch_load_correctives(struct batch *batch) must_check;
void correctives_find(struct batch *batch);
void correctives_send(struct batch *batch);
/* capture_lineage.c: what partners' events tell of lineage, several of one transformation together. */
bool partner_lineage_comes(const struct batch *batch);
bool pieces_come(const struct batch *batch);
void pieces_want_nodes(struct batch *batch, struct rows *nodes); /* struct uuid */
enum problem batch_load_pieces(struct batch *batch) must_check;
/* false: the item is no piece. */
bool piece_node(const struct item *item, struct lot_id *ret);
/* What went in is another, by a new piece or one withdrawn: the trails of what came out by others are too. */
void pieces_feed(struct batch *batch, const struct item *item);
enum problem lineage_join(struct batch *batch) must_check; /* once all are decided: writes their edges */
void lineage_send(struct batch *batch);                    /* behind stock */
/* capture_aggregate.c */
void partner_read_units(struct batch *batch, struct item *item);
/* What is filed as anything but a lot (a unit, a party, a place, a product) is no goods. */
void partner_sort_units(struct batch *batch, struct item *item);
/* capture_partner.c */
enum problem decide_partner(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* capture_names.c */
/* A place in a record: /member, or /list/index/member ("" for the element itself). */
struct place_in {
	const char *list;
	size_t index;
	const char *member;
};
enum problem refuse(struct item *item, enum problem p, const char *rule, struct place_in where);
/* Lines of shipments, those of one together, as the facts of that shipment. */
void shipments_keep(struct batch *batch, struct shipment_lines_row *lines, size_t count);
/* capture_receive.c: a line arrives by the event of `item`; what a shipment whose lines changed is now, on its way or received;
 * whether any of it arrived. */
void line_arrive(const struct item *item, struct shipment_lines_row *line, struct decimal received);
void shipment_settle(struct shipment_fact *shipment);
bool shipment_has_receipt(const struct shipment_fact *shipment) must_check;
void items_prepare(struct batch *batch, struct capture_job **jobs, size_t count);
enum problem batch_load(struct batch *batch) must_check;
/* capture_facts.c */
enum problem batch_load_rows(struct batch *batch) must_check;
struct holding_fact *batch_holding(struct batch *batch, struct lot_id lot,
				   struct uuid holder); /* NULL: none */
struct holding_fact *batch_holding_make(struct batch *batch, const struct lot_fact *lot, struct uuid holder);
struct lot_fact *batch_lot(struct batch *batch, const struct named *named);
/* capture_records.c */
struct sha256 event_id_hash(struct arena *arena, struct uuid id);
enum problem batch_resolve_records(struct batch *batch) must_check;
bool batch_names_records(struct batch *batch); /* whether any name waits for that */
struct item *batch_record(struct batch *batch,
			  const struct named *named); /* stored in this batch; NULL: none */
/* capture_own.c */
/* What a unit's note was prepared from, or that it is in already: own->settled, the job's result. */
enum problem own_recall(struct db *db, struct arena *arena, struct capture_unit *unit) must_check;
/* A note holds if the record, decided again, became the statement that it signs; else the item has the problem. */
enum problem own_check(struct batch *batch, struct capture_own *own) must_check;
/* The notes, in the signer's place; what they were prepared from is used. */
void own_attach(struct batch *batch, const struct capture_own *own);
/* What is to be signed, and the row that makes it again. */
enum problem own_give(struct batch *batch, struct capture_own *own) must_check;
void own_secret(const struct capture_own *own, size_t index, struct unsigned_statement *ret);
enum { LOT_SALT_LEN = 16 };
void own_lot_salt(const struct capture_own *own, struct uuid lot, uint8_t ret[LOT_SALT_LEN]);
/* The moment that the statement claims: when it was prepared, else when it is recorded. */
usec_t item_stated_us(const struct item *item);
/* Whether there is a key to sign the item with. */
enum problem find_key(const struct batch *batch, struct item *item) must_check;
/* capture_decide.c */
void batch_decide(struct batch *batch);
/* One record against the facts; item->recorded_us is given unless it has one. */
struct event_parts;
enum problem item_decide(struct batch *batch, struct item *item) must_check;
usec_t recorded_next(struct capture *capture);
bool job_lists(const struct capture_job *job, struct uuid party); /* its key names it, or names none */
bool may_act_for(const struct batch *batch, const struct capture_job *job, struct uuid party);
/* A key without bounds: everything is its business. */
bool job_is_unbounded(const struct capture_job *job);
/* What the answer warns of, once each; `about`: what stands behind the word, "" nothing. */
void item_warn(struct batch *batch, struct item *item, enum warning warning, struct str about);
/* capture_time.c: goods that were used, by what is told, before they were there. Clocks of devices that are offline go wrong:
 * it is stored, and the answer says `time-order`. */
void times_warn(struct batch *batch, struct item *item, const struct event_parts *parts);
void times_warn_corrected(struct batch *batch, struct item *item); /* once its replacement is decided */
/* capture_receive.c */
enum problem decide_receive(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* capture_event.c */
struct event_parts {
	const struct capture_parties_row *acting, *recorder, *from, *to;
	const struct capture_sites_row **sites;
	size_t site_count;
	struct epcis_thing *inputs, *outputs;
	struct lot_fact **input_lots, **output_lots; /* parallel */
	size_t input_count, output_count;
	struct str shipment_uri, parent_uri;
	struct str *unit_uris;
	size_t unit_count;
	struct str *item_uris;
	size_t item_count;
	size_t lots_named; /* of load and unload */
	struct str place;  /* URI of a place that is not registered; absent: none */
};
enum problem event_store(struct batch *batch, struct item *item, const struct event_parts *parts) must_check;
/* capture_decide.c */
struct input_plan;
/* Lines of a record that takes from the acting party's stock, checked against it. */
enum problem plan_lines(struct batch *batch, struct item *item, struct event_parts *parts,
			struct input_plan **ret) must_check;
/* A party that the record names. */
enum problem find_party(struct batch *batch, struct item *item, const struct named *named,
			const char *pointer, const struct capture_parties_row **ret) must_check;
enum problem decide_ship(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* An error declaration: a body of its own under the EPCIS event's id. */
struct declaration {
	struct str body;
	struct uuid event_id, site;
	struct str region;
	usec_t time_us;
};
void declaration_store(struct batch *batch, struct item *item, const struct event_parts *parts,
		       const struct declaration *declaration);
/* capture_stock.c */
struct stock stock_of(const struct holding_fact *holding);
struct stock stock_sum(struct stock a, struct stock b);
struct stock stock_difference(struct stock a, struct stock b);
struct lot_sums sums_of(const struct lot_fact *lot);
struct lot_sums sums_difference(struct lot_sums a, struct lot_sums b);
void sums_put(struct lot_fact *lot, struct lot_sums sums);
/* Writes it to the row: what is below zero on hand stands there as deficit. */
void holding_put(struct holding_fact *holding, struct stock stock);
/* Adds a move for what has changed at a holder since the last one. */
struct move_of {
	struct uuid event_org, event;
	usec_t at;
	int64_t n; /* of the next row */
};
void stock_settle(struct batch *batch, struct move_of *of, struct lot_fact *lot, struct uuid holder);
void stock_settle_event(struct batch *batch, const struct item *item, const struct event_parts *parts);
/* capture_target.c */
/* Makes the item of a correction's replacement in `room`. NULL: none. */
struct item *correction_prepare(struct batch *batch, struct item *item, struct item *room);
struct target *target_named(struct batch *batch, struct lot_id event);
enum problem batch_load_targets(struct batch *batch) must_check;
enum problem batch_reload_moves(struct batch *batch) must_check;
struct target *target_of_item(struct batch *batch, const struct item *item); /* stored in this batch */
/* capture_correct.c */
enum problem decide_correct(struct batch *batch, struct item *item) must_check;
/* What an earlier item of this batch has withdrawn; NULL: it has not. */
const struct correction_row *corrected_in_batch(const struct batch *batch, const struct target *target);
/* item->target no longer counts, from the moment on in which `item` is recorded; a partner's `declaration` says so. */
void event_withdraw(struct batch *batch, struct item *item, struct uuid declaration, struct str reason);
/* The lot that the output of a replacement goes on with: that of the record it replaces. NULL: a new one. */
struct lot_fact *inherited_lot(struct batch *batch, const struct item *item, size_t index,
			       const struct capture_products_row *product);
/* The shipment that it goes on with. */
struct shipment_fact *inherited_shipment(struct batch *batch, const struct item *item, struct uuid to);
struct epcis_thing thing_of_lot(struct batch *batch, const struct lot_fact *lot, const struct quantity *q,
				const struct quantity *net);
/* capture_sight.c */
enum problem batch_load_sight(struct batch *batch) must_check;
/* Whether the key of the record may see the lot, though its party neither issued nor held it. */
bool batch_sees(const struct batch *batch, const struct item *item, const struct named *named);
/* capture_look.c */
/* The lots of a record that moves no stock: parts->outputs. */
enum problem look_parts(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
enum problem decide_look(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
enum problem decide_store(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* capture_state.c */
struct input_plan;
enum problem batch_load_states(struct batch *batch) must_check;
/* Whether a hold that stands binds what the holder has of it. */
bool hold_binds(const struct batch *batch, const struct lot_fact *lot, struct uuid holder);
/* What a holder has of a lot may not go on while a hold binds it; what went before the hold may, with a warning. */
enum problem hold_check(struct batch *batch, struct item *item, const struct input_plan *line,
			struct uuid holder) must_check;
/* After a change of total, destroyed, outside or returned: whether the lot is voided, destroyed, returned, or none of these. */
void lot_settle(struct batch *batch, const struct item *item, struct lot_fact *lot);
/* Of a release that is corrected: the holds that it lifted stand again from `at` on. */
void states_reopen(struct batch *batch, const struct target *target, usec_t at);
/* After a correction: what the record said of its lots ends, and what follows from quantities is told anew. */
void states_settle(struct batch *batch, const struct item *item, const struct target *target);
/* So much leaves `holder`; counts where that is the issuer. */
void lot_leaves(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid holder,
		struct decimal base);
/* The issuer uses what came back: it is a return no longer. */
void lot_is_used(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid holder);
enum problem decide_hold(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
enum problem decide_release(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
void states_send(struct batch *batch);
/* capture_return.c */
enum problem batch_load_senders(struct batch *batch) must_check;
void lot_comes_back(struct batch *batch, const struct item *item, struct lot_fact *lot, struct uuid to,
		    struct decimal base);
enum problem decide_return(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
enum problem decide_destroy(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* capture_test.c */
bool takes_sample(const struct item *item);
struct sha256 sample_hash(const struct item *item);
enum problem sample_file(struct batch *batch, struct item *item) must_check;
enum problem batch_load_samples(struct batch *batch) must_check;
enum problem decide_test(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
void tests_send(struct batch *batch);
/* capture_transform.c */
enum problem decide_transform(struct batch *batch, struct item *item, struct event_parts *parts) must_check;
/* capture_lots.c */
struct output_plan {          /* one output of a harvest or transformation, checked */
	struct lot_fact *lot; /* NULL: to be made */
	const struct capture_products_row *product;
	struct quantity quantity, net;
	bool has_net;
	struct decimal base; /* in the lot's own measure */
};
enum problem output_plan(struct batch *batch, struct item *item, size_t index,
			 const struct capture_parties_row *acting, struct output_plan *ret) must_check;
struct lot_fact *output_apply(struct batch *batch, struct item *item, size_t index,
			      const struct capture_parties_row *acting, const struct capture_sites_row *site,
			      const struct output_plan *plan, bool own);
struct input_plan {
	struct lot_fact *lot;
	struct holding_fact *holding;
	struct quantity quantity, net;
	bool has_quantity, has_net;
	struct decimal base;
	const char *list; /* where the record says it */
	size_t index;
};
enum problem input_plan(struct batch *batch, struct item *item, size_t index,
			const struct capture_parties_row *acting, struct input_plan *ret) must_check;
/* A line of lots[] about a lot that the party need not hold, with or without a quantity. */
enum problem look_plan(struct batch *batch, struct item *item, size_t index,
		       const struct capture_parties_row *acting, struct input_plan *ret) must_check;
/* A lot of contents[]. Without a quantity: loading takes all that the party has, unloading all that is in the unit. */
enum problem content_lot_plan(struct batch *batch, struct item *item, size_t index,
			      const struct capture_parties_row *acting, struct input_plan *ret) must_check;
/* A quantity in the lot's own measure. */
enum problem lot_amount(struct batch *batch, struct item *item, const struct lot_fact *lot,
			const struct quantity *quantity, struct place_in where,
			struct decimal *ret) must_check;
enum problem inputs_check_stock(struct batch *batch, struct item *item, struct input_plan *plans,
				size_t count) must_check;
bool number_may_be_issued(struct str number);
bool lot_is_registered(const struct lot_fact *lot); /* else it is known from partners' documents only */
bool lot_known_to(struct batch *batch, const struct item *item, const struct lot_fact *lot,
		  struct uuid acting);
void lot_file(struct batch *batch, struct lot_fact *lot, struct rows *numbers); /* NULL: not by its number */
struct output_ids item_output_ids(struct batch *batch, struct item *item, size_t index);
struct str lot_free_code(struct batch *batch, const struct output_ids *ids);
struct package *product_packages(struct batch *batch, const struct capture_products_row *product,
				 size_t *ret_count);
bool mass_of(struct batch *batch, const struct capture_products_row *product, const struct quantity *q,
	     const struct quantity *net, struct decimal *ret);
enum problem record_amount(const struct record_quantity *q, struct quantity *ret, struct quantity *ret_net,
			   bool *ret_has_net) must_check;
/* The column of `n` values of one type, made by an expression over the row index `i`. */
#define COLUMN(target, ctype, n, expression) \
	do { \
		ctype *column_ = arena_array(batch->arena, ctype, (n)); \
		for (size_t i = 0; i < (n); i++) \
			column_[i] = (expression); \
		(target) = (struct sql_array){column_, (n)}; \
	} while (0)
/* capture_once.c */
/* Which of the units were carried out before: sets kept, remembered, problem of each. */
enum problem units_recall(struct db *db, struct arena *arena, struct capture_unit **units,
			  size_t count) must_check;
/* Queues the rows of those that are carried out now. */
void units_remember(struct db *db, struct arena *arena, struct capture_unit **units, size_t count);
/* capture_correct_send.c: moves of stock, and what declared events left. */
void corrections_send(struct batch *batch);
void lot_tell_beginning(struct batch *batch, const struct item *item, const struct lot_fact *lot);
void lots_begin(struct batch *batch); /* once the events are there that say when and where */
/* capture_write.c */
void batch_write(struct batch *batch); /* all that no signature is needed for */
void edges_send(struct batch *batch);  /* once */
/* The answer to an item that is in already, in its job's arena. Absent: another organisation brought the event, and what it
 * was told is its own business. */
struct str answer_again(const struct item *item, struct uuid recorder, struct str answer);
void batch_write_events(struct batch *batch); /* and the signed events */

#include "capture_alerts_priv.h"

#endif
