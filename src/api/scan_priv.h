/* SPDX-License-Identifier: Apache-2.0
 * A scan: what a caller of /t/…, /01/… or /o/… asks for, and how its answer is made. */
#ifndef FT_API_SCAN_PRIV_H
#define FT_API_SCAN_PRIV_H

#include "ft/api/app.h"
#include "ft/core/code.h"
#include "ft/core/trail.h"
#include "ft/crypto/digest.h"
#include "ft/db/reader.h"

enum scan_form { SCAN_PAGE, SCAN_JSON };

struct scan_item;

struct scan {
	enum scan_form form;
	const char *media_type; /* of JSON: as accepted */
	enum tier tier;
	bool gzip;
	enum problem malformed;  /* what stands in the path names nothing */
	struct str typed;        /* for pages that say so */
	struct str path;         /* canonical: of the page, and in the key */
	struct str key;          /* in the memory of trails */
	struct str code;         /* /t/…; absent: by `thing` */
	struct scan_item *item;  /* of a pack's own code; NULL: of a lot */
	struct code *thing_code; /* of a unit or place; NULL: of neither */
	bool of_thing;           /* a unit or place by its URI: `thing` */
	struct sha256 thing;
	struct bytes thing_bytes; /* the same, as statements take it */
	struct sha256 above;      /* of a place with an extension: the place that the key alone names */
	struct str extension;     /* absent: none */
	uint64_t begun;           /* before the database was read */
	struct read_request read;
	union scan_params *params;
};

/* From path, Accept, Accept-Encoding and ?tier=; parameters of others (share buttons add theirs) are passed over. */
struct scan *scan_read(struct call *call);
/* The key in the other encoding or none: what may be sent as well when nothing else is left. */
struct str scan_key(const struct call *call, const struct scan *scan, bool gzip);

/* scan_answer.c, for both: a trail, kept or just computed. */
struct scan_answer {
	struct lot_id lot;
	struct str json;    /* farm tier */
	struct bytes gzip;  /* of json */
	struct trail trail; /* of the tier asked for */
	struct sql_array lots;
	usec_t computed_us, good_until_us;
};
enum problem scan_find(struct call *call, struct scan *scan, struct scan_answer *ret,
		       bool *ret_found) must_check;
/* Keeps `body` in memory under scan->key until one of its lots changes. */
void scan_remember(const struct call *call, const struct scan *scan, const struct trail_cached *body,
		   const struct scan_answer *answer);
struct page scan_page(const struct call *call, const struct scan *scan);
enum problem scan_not_there(struct call *call, const struct scan *scan, struct reply *reply) must_check;
/* What could not be checked says how old it is. */
void scan_say_age(struct call *call, usec_t computed_us, struct reply *reply);

/* scan_item.c: the same steps for a pack's own code. */
void scan_item_read(struct call *call, struct scan *scan, const struct code *code);
bool scan_item_cached(struct call *call, struct scan *scan, struct reply *reply);
void scan_item_prepare(struct call *call, struct scan *scan);
enum problem scan_item_finish(struct call *call, struct scan *scan, struct reply *reply) must_check;
enum problem scan_item_handle(struct call *call, struct scan *scan, struct reply *reply) must_check;

/* scan_thing.c: the page of a unit or a place. */
extern const struct shape thing_page_shape;
enum problem scan_thing_handle(struct call *call, struct scan *scan, struct reply *reply) must_check;

/* From the epoll thread: memory, then one statement through the reader. */
bool scan_cached(struct call *call, struct reply *reply);
enum problem scan_prepare(struct call *call, struct reply *reply);
enum problem scan_submit(struct call *call, struct completion *done);
enum problem scan_finish(struct call *call, struct reply *reply);
/* From a worker: everything. */
enum problem scan_handle(struct call *call, struct reply *reply);

#endif
