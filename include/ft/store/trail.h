/* SPDX-License-Identifier: Apache-2.0
 * The trail of a lot from the database: loaded, shared out, told; and the public trails that are kept in a table. */
#ifndef FT_STORE_TRAIL_H
#define FT_STORE_TRAIL_H

#include "ft/core/trail.h"
#include "ft/db/db.h"

/* Who asks for what. */
struct trail_ask {
	struct lot_id lot;
	usec_t as_of_us; /* what was recorded until then; TRAIL_NOW: everything */
	usec_t now_us;
	size_t max_lots;            /* PROBLEM_GRAPH_TOO_LARGE beyond it */
	size_t max_origins;         /* listed; the others are the rest. 0: a number that fits a page */
	bool quantities;            /* not in public */
	bool persons;               /* names of natural persons; without it only those of `parties` */
	const struct uuid *parties; /* the reader's own */
	size_t party_count;
	bool test_codes, demonstration;
};
#define TRAIL_NOW INT64_MAX

struct trail_made {
	struct trail trail; /* of the farm tier: core's trail_aggregate makes coarser ones */
	struct lot_id target;
	const struct uuid *orgs, *lots; /* every lot it was made from, place by place */
	size_t lot_count;
	const struct uuid *event_orgs, *events; /* of the steps, place by place */
	size_t event_count;
	const usec_t *versions; /* theirs when they were read */
	usec_t version_us;      /* the newest of these */
	usec_t good_until_us; /* it changes by itself then: a shelf life ends, a head covers a record, or a day has passed */
	bool is_ahead; /* of the published head: it does not cover all steps yet */
	usec_t computed_us;
};

/* PROBLEM_NOT_FOUND: no such lot, or not yet recorded at as_of. PROBLEM_GRAPH_TOO_LARGE. Reads in one transaction in such an
 * order that what changes meanwhile makes the result older than it says, never newer. */
enum problem trail_make(struct db *db, struct arena *arena, const struct trail_ask *ask,
			struct trail_made *ret) must_check;
struct str trail_json(struct arena *arena, const struct trail *trail);
/* What trail_json wrote. PROBLEM_INTERNAL when it is not that. */
enum problem trail_read(struct arena *arena, struct str json, struct trail *ret) must_check;

/* Form of the kept JSON and the settings that show in it. */
struct str trail_edition(bool test_codes, bool demonstration);

/* A public trail of the farm tier as it is kept: for which lot, what it was made of, until when it is good. */
struct trail_kept {
	struct lot_id lot;
	struct str edition;
	struct sql_array lots, versions; /* struct uuid; usec_t */
	usec_t computed_us, good_until_us;
};
/* Keeps its JSON in gzip, for trails_by_code and trails_by_thing, marked with a key that the database does not have: a trail that
 * is kept is shown without a look at records, so that whoever writes rows could show anything. */
enum problem trail_store(struct db *db, struct arena *arena, const struct vault *vault,
			 const struct trail_made *made, struct lot_id lot, struct str edition,
			 struct bytes gzip) must_check;
/* The gzip of a row, borrowed; absent: it was not kept so. */
struct bytes trail_take(const struct vault *vault, const struct trail_kept *kept, struct bytes body);

#endif
