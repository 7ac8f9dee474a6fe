/* SPDX-License-Identifier: Apache-2.0
 * Codes of single packs of a lot: issued by the thousand, activated and voided, each read with its scans. */
#ifndef FT_STORE_ITEMS_H
#define FT_STORE_ITEMS_H

#include "ft/core/code.h"
#include "ft/core/lot_id.h"
#include "ft/core/risk.h"
#include "ft/db/db.h"

enum { ITEM_ISSUE_MAX = 100000, ITEM_CODES_MAX = 1000 };

enum item_state { ITEM_ISSUED, ITEM_ACTIVATED, ITEM_VOIDED, ITEM_STATES };
extern const char *const item_state_words[ITEM_STATES + 1]; /* ends with NULL */

/* Where an item is filed. */
struct item_place {
	struct str block; /* code of the block's first item */
	int64_t index;    /* in the block */
};
struct item_place item_place_of(struct arena *arena, const struct code *item, struct bytes key);

/* How scans are judged. */
struct item_rules {
	const struct reference *reference;
	struct risk_scan_limits limits;
	int64_t max_lots; /* of those made of a pack's lot, whose holders see the alert */
};
enum item_suspicion { ITEM_UNJUDGED, ITEM_SUSPECT, ITEM_CLEARED /* by a person, who closed its alert */ };

/* What the page that a scan opened said of the lot, or that the code was not in use. */
enum item_told {
	ITEM_TOLD_OTHER,
	ITEM_TOLD_EARLY,
	ITEM_TOLD_RECALLED,
	ITEM_TOLD_DESTROYED,
	ITEM_TOLD_RETURNED,
	ITEM_TOLD_EXPIRED,
	ITEM_TOLD_COUNT
};
extern const char *const item_told_words[ITEM_TOLD_COUNT];

struct pack {
	uint64_t body; /* of its code */
	struct lot_id lot;
	enum item_state state;
	usec_t issued_us, activated_us, voided_us; /* 0: not */
	usec_t sold_us;                            /* when it was sold, as it stands; 0: it is not */
	struct pack_seller {
		char zh[80], en[80]; /* names of who sold it, cut; empty: not to be named */
	} seller;
	usec_t first_scan_us; /* 0: never scanned, as far as is written */
	int64_t scans;
	int32_t day;           /* UTC, of the newest scan */
	int64_t day_scans;     /* on that day */
	uint64_t day_networks; /* bits of core/visitor.h on that day */
	usec_t hour_us;        /* hour of the clock of the newest scan; 0: none is counted */
	int64_t hour_scans;
	uint64_t hour_networks;
	enum item_suspicion suspicion;
};
/* As the rules about scans take them. */
static inline struct risk_scans item_scans(const struct pack *item, struct str code)
{
	return (struct risk_scans){.code = code,
				   .lot = item->lot,
				   .hour_us = item->hour_us,
				   .hour_scans = item->hour_scans,
				   .hour_networks = __builtin_popcountll(item->hour_networks),
				   .day = item->day,
				   .day_scans = item->day_scans,
				   .day_networks = __builtin_popcountll(item->day_networks)};
}
/* PROBLEM_NOT_FOUND: the code was never issued, although its tag is right. */
enum problem item_read(struct db *db, struct arena *arena, const struct code *code, struct bytes key,
		       struct pack *ret) must_check;
struct items_get_row;
struct pack item_of_row(const struct items_get_row *row);

/* Codes that were issued together. */
struct item_issue {
	struct uuid id;
	struct lot_id lot;
	int64_t count;
	bool activated;         /* at once */
	struct str value, unit; /* how much each is; absent: one of what the lot is counted in */
	usec_t issued_us;
	const int64_t *blocks; /* numbers, all but the last full */
};
/* Issues `count` codes, states it and fills in blocks. The same id with the same content gives what was issued first, with
 * *ret_again set; with other content PROBLEM_ID_TAKEN. */
struct key_office;
enum problem item_issue_make(struct db *db, struct arena *arena, struct bytes key,
			     const struct key_office *office, struct item_issue *issue,
			     bool *ret_again) must_check;
/* The issue that a code belongs to, and its place in it. PROBLEM_NOT_FOUND as item_read. */
enum problem item_issue_of(struct db *db, struct arena *arena, const struct code *code, struct bytes key,
			   struct item_issue *ret, int64_t *ret_place) must_check;
struct code item_issue_code(struct arena *arena, const struct item_issue *issue, int64_t place,
			    struct bytes key);

/* Items of an issue from `first` to `last` (places in it). */
struct item_range {
	const struct item_issue *issue;
	int64_t first, last;
};
/* Activates or voids all of these in one transaction, and states it, unless all of it was said before; what is voided stays
 * voided. *ret_voided: how many of those named are voided now, each code once. */
struct item_order {
	const struct item_range *ranges;
	size_t count;
	enum item_state state;
	struct str reason;
};
enum problem item_mark(struct db *db, struct arena *arena, struct bytes key, const struct key_office *office,
		       const struct item_order *order, int64_t *ret_voided) must_check;

#endif
