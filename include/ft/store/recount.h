/* SPDX-License-Identifier: Apache-2.0
 * Everything that is stored beside the signed bodies, derived from these again and compared: edges, links, names, moves of
 * stock, holdings, shipments, contents of units, statements, sequences, places in the log. */
#ifndef FT_STORE_RECOUNT_H
#define FT_STORE_RECOUNT_H

#include "ft/db/db.h"

struct recount_difference {
	const char *
		part; /* body statement log event name link edge move shipment thing lot holding sequence site correction contents act test state code alert */
	struct str subject; /* ids of what it is about */
	struct str stored, derived;
};
enum recount_pass { RECOUNT_EVENTS, RECOUNT_LOTS, RECOUNT_TABLES, RECOUNT_PASSES };
struct recount_watch {
	void (*found)(void *context, const struct recount_difference *difference);
	void (*went)(void *context, enum recount_pass pass, int64_t done, int64_t of);
	void *context;
};
struct recount_totals {
	int64_t events, lots;
	int64_t differences;
};
/* Reads all of it in one transaction of `db`, which db_open_snapshot has made; servers go on meanwhile. `origin`: the log's.
 * Memory is that of a page, whatever there is. PROBLEM_NONE also when there are differences. */
enum problem recount(struct db *db, struct str origin, const struct recount_watch *watch,
		     struct recount_totals *ret) must_check;

#endif
