/* SPDX-License-Identifier: Apache-2.0
 * What the passes of a recount share: events one by one with all that each left, lots with what names and tells them, then
 * sums over whole tables. */
#ifndef FT_STORE_RECOUNT_PRIV_H
#define FT_STORE_RECOUNT_PRIV_H

#include "ft/base/map.h"
#include "ft/core/deed.h"
#include "ft/core/statement.h"
#include "ft/core/thing_name.h"
#include "ft/store/recount.h"
#include "ft/store/reference.h"
#include "queries.h"

enum { RECOUNT_PAGE = 256 };

struct recount {
	struct db *db;
	struct str origin;
	const struct recount_watch *watch;
	struct recount_totals totals;
	struct recount_size_row size;
	struct map *queued;  /* event → recount_queue_row: waits for its number in the log */
	struct arena *kept;  /* as long as the recount */
	struct map *shelves; /* product and version → struct recount_shelf */
	struct arena *arena; /* of a page */
	int64_t site_rows;   /* that records say, of what was done at places */
	const struct reference_epoch *epochs; /* what the rules went by, oldest first */
	size_t epoch_count;
	bool sites_removed; /* some name a place whose address was removed, and so say fewer */
};

/* Where `seen` is not what it should be. */
void recount_tell(struct recount *r, const char *part, struct str subject, struct str stored,
		  struct str derived);
void recount_went(struct recount *r, enum recount_pass pass, int64_t done, int64_t of);
/* The hash under which a URI is filed. false: it is not filed. */
bool recount_path_hash(struct arena *arena, struct str uri, struct sha256 *ret);

struct recount_shelf {
	struct uuid product;
	int64_t version;
	struct sql_nullable_int days; /* how long goods keep, as this version says; none: it does not say */
};

/* An event of a page, with the rows that were derived of it. */
struct recounted {
	const struct recount_events_row *row;
	struct str name; /* its id, as differences tell it */
	bool readable;   /* the body is what was signed, and says something */
	bool signed_lots_known;
	struct statement statement;
	struct deed deed;
	const struct recount_things_row **lots; /* parallel to deed.lines; NULL: names no lot */
	struct uuid *products;                  /* parallel to deed.lines; nil: not said, not registered */
	const struct recount_shelf **shelves;   /* parallel to deed.lines; NULL: not known */
	struct uuid sides[DEED_SIDES];          /* parties; nil: not registered, or not said */
	const struct recount_links_row *links;
	const struct recount_edges_row *edges;
	const struct correction_moves_row *moves;
	const struct recount_shipments_row *shipment; /* lines of all that it made or received */
	const struct recount_packs_row *packs;
	const struct recount_herds_row *herds;
	const struct recount_sites_row *sites;
	const struct recount_tests_row *tests;
	struct uuid *places;        /* parallel to deed.places; nil: not registered */
	struct uuid *place_parties; /* parallel to deed.places: whose they are */
	size_t link_count, edge_count, move_count, shipment_count, pack_count, herd_count, site_count,
		test_count;
};

static inline bool recount_stands(const struct recounted *event)
{
	return !event->row->declared_at.known;
}

/* recount_event.c: the note, the body it covers, its place in the log. */
void recount_statement(struct recount *r, struct recounted *event);
/* recount_goods.c: all that follows from what the body says. */
void recount_goods(struct recount *r, struct recounted *event);
/* The amount of a line in the lot's own measure, as far as the body alone says it. */
bool recount_amount(const struct recounted *event, size_t line, struct decimal *ret);
/* Of all lines of one role that name its lot. false: one of them does not say how much. */
bool recount_amount_of_lot(const struct recounted *event, size_t line, struct decimal *ret);
/* The link of this lot in this role; NULL: none. */
const struct recount_links_row *recount_link(const struct recounted *event, size_t line);
enum deed_role recount_role(const struct recounted *event, size_t line);
/* recount_edge.c */
bool recount_is_piece(const struct recounted *event); /* of a transformation that several events tell */
void recount_edges_of(struct recount *r, struct recounted *event);
/* recount_stock.c */
void recount_moves_of(struct recount *r, struct recounted *event);
void recount_shipments_of(struct recount *r, struct recounted *event);

/* recount_pack.c */
void recount_packs_of(struct recount *r, struct recounted *event);
/* recount_herd.c */
void recount_herds_of(struct recount *r, struct recounted *event);
/* recount_said.c: what pages tell of it, and by which rows they find it */
void recount_said_of(struct recount *r, struct recounted *event);

/* recount_alerts.c: what the rules find in a page of events that stand, beside the alerts that there are */
enum problem recount_alerts_of(struct recount *r, struct recounted *events, size_t count) must_check;

enum problem recount_all_events(struct recount *r) must_check;  /* recount_page.c */
enum problem recount_all_lots(struct recount *r) must_check;    /* recount_lots.c */
enum problem recount_all_acts(struct recount *r) must_check;    /* recount_acts.c */
enum problem recount_all_masters(struct recount *r) must_check; /* recount_masters.c */
enum problem recount_all_units(struct recount *r) must_check;   /* recount_units.c */

#endif
