/* SPDX-License-Identifier: Apache-2.0
 * The trail of a lot: everything upstream of it, told as a story (contract section 4), and its aggregation to a tier. */
#ifndef FT_CORE_TRAIL_H
#define FT_CORE_TRAIL_H

#include "ft/codec/shape.h"
#include "ft/core/epcis_body.h"
#include "ft/core/lot_id.h"

struct trail_name {
	struct str zh, en; /* en absent: none */
};
struct trail_region { /* absent region: NULL */
	struct str code;
	struct str name, name_en;
};
struct trail_party {
	struct str id;
	struct trail_name *name;
	struct str kind;
	struct str withheld;  /* "personal": name is not for this reader */
	struct str erased_at; /* UTC: it was removed, for everybody */
};
struct trail_place {
	struct str id, name, kind;
	struct str withheld, erased_at;
};
struct trail_product {
	struct str id, number, commodity, gtin;
	struct trail_name *name;
};
struct trail_quantity { /* never in public answers, but for the lot asked for itself (what the pack says) */
	struct str value, unit;
};
struct trail_certificate {
	struct str scheme, number, holder, valid_from, valid_to;
};
struct trail_quarantine { /* the paper that went with animals */
	struct str scheme, number;
};
struct trail_test {
	struct str event, kind, outcome, time;
};
struct trail_gap {
	struct str kind; /* "certificate", "test", "origin": what a reader would look for and does not find */
};
struct trail_origin {
	struct str lot, lot_number, share, share_exact;
	struct trail_region *province, *city, *district, *township;
	struct trail_place *farm; /* below the tier asked for: NULL */
	struct trail_party *party;
	struct str harvested; /* date, YYYY-MM-DD, of the newest harvest record of the origin; absent: none */
	struct list certificates; /* struct trail_certificate */
	struct list tests;        /* struct trail_test */
	struct list gaps;         /* struct trail_gap */
};
struct trail_rest {
	int64_t count;
	struct str share;
};
struct trail_flow { /* an input or output of a step */
	struct str lot, lot_number;
	struct trail_product *product;
	struct str share;                /* of the input in this step's inputs; absent for outputs */
	struct trail_quantity *quantity; /* authorised readers only */
};
struct trail_proof {
	struct str statement; /* base64 SHA-256 of the signed statement note */
	struct str href;      /* where the whole proof is */
};
struct trail_input_use { /* what a treat, feed, medicate record used */
	struct str product;
	struct str_list active;
};
struct trail_correction {       /* of a step that was declared erroneous */
	struct str replacement; /* event that stands in its place; absent: it did not happen */
	struct str reason;      /* free text: to the farm tier only */
	struct str recorded_at; /* since when it no longer counts */
	struct trail_party *party;
};
struct trail_endorsement {           /* by an inspector's office, of the record as it is */
	struct trail_party *party;   /* NULL: the tier does not tell */
	struct str at, withdrawn_at; /* UTC; withdrawn_at absent: it stands */
};
/* Times of heads of the log, UTC: of the one that the record's statement had seen, and of the first published one that covers it.
 * Who recorded cannot have done so before the one nor after the other, whatever time he claims. Absent: not known. */
struct trail_bounds {
	struct str after, before;
};
struct trail_step {
	struct str event, type;
	struct instant time;
	struct str recorded_at;                /* UTC, strictly growing */
	struct trail_bounds *recorded_between; /* NULL: the log says nothing of it */
	struct str entry_mode;                 /* "paper", "import"; absent: on the spot, or not said */
	struct trail_party *party, *recorded_by;
	struct trail_place *place;
	struct trail_region *district, *township;
	struct list inputs, outputs;         /* struct trail_flow */
	struct trail_party *to;              /* ship */
	struct trail_input_use *used;        /* treat and the like */
	struct trail_quarantine *quarantine; /* of animals; NULL: none */
	struct str corrected;                /* event id of the correction; null: none */
	struct trail_correction *correction; /* what is said about it; NULL: none */
	struct str corrects;      /* event id of the record in whose place it stands; absent: none */
	struct list endorsements; /* struct trail_endorsement, oldest first */
	struct trail_proof *proof;
};
struct trail_alert { /* public: rule and severity in words, nothing about third parties */
	struct str id, rule, severity, state;
	struct trail_name *title;
};
struct trail_lot {
	struct str id, number, code;
	struct trail_product *product;
	struct trail_quantity *quantity;
	struct trail_party *issuer;
	struct str produced; /* date */
	struct str expires;  /* date; absent: no shelf life registered */
	bool test;           /* TEST mark: codes of an installation without a public URL, or demonstration */
};
struct trail_item {             /* one pack of the lot, named by its own code */
	struct str code, state; /* issued, activated, voided */
	struct str issued_at, activated_at, voided_at;
	struct str sold_at, seller_zh, seller_en; /* as it stands; absent: not sold, seller not to be named */
	struct str first_scanned_at;
	int64_t scans; /* about */
};
struct trail {
	struct trail_lot *lot;
	struct str verdict; /* word of contract section 4 */
	struct str tier;
	struct str as_of;
	int64_t origin_count;
	struct trail_rest *rest;
	struct list origins;    /* struct trail_origin, largest share first */
	struct list steps;      /* struct trail_step, oldest first */
	int64_t endorsed_steps; /* of those that count, with an endorsement that stands */
	struct list alerts;     /* struct trail_alert */
	struct str checkpoint;  /* null until the log publishes one */
	bool demonstration;
	struct trail_item *item; /* NULL: the whole lot was asked for */
};
extern const struct shape trail_shape;

/* A coarser trail from the farm tier's: origins of one township (district) become one, shares summed exactly and rounded
 * anew; an origin without that region stands under the next coarser one, those without any together. Lots, farms and
 * parties of origins, holders of certificates, places, who acted on the field, and at the district tier townships are
 * absent; steps keep order. What farm->rest counts stays the rest: hand over all origins where the merged list must be
 * complete. TIER_FULL and TIER_FARM copy. Pure. */
enum problem trail_aggregate(struct arena *arena, const struct trail *farm, enum tier tier,
			     struct trail *ret) must_check;

/* The verdict words in their order of precedence; the first that holds of the lot or any origin. */
enum verdict {
	VERDICT_RECALLED,
	VERDICT_ON_HOLD,
	VERDICT_SUSPICIOUS,
	VERDICT_VOIDED,
	VERDICT_DESTROYED,
	VERDICT_RETURNED,
	VERDICT_EXPIRED,
	VERDICT_UNREGISTERED,
	VERDICT_REGISTERED,
	VERDICT_COUNT,
};
extern const char *const verdict_words[VERDICT_COUNT];
/* Of a verdict's word and another verdict the one that comes first; a word that is none gives way. */
struct str verdict_first(struct str word, enum verdict other);

/* Bits of lot.flags and lot_state.flag. */
enum lot_flag {
	LOT_RECALLED = 1,
	LOT_ON_HOLD = 2,
	LOT_SUSPICIOUS = 4,
	LOT_VOIDED = 8,
	LOT_DESTROYED = 16,
	LOT_RETURNED = 32,
};

#endif
