/* SPDX-License-Identifier: Apache-2.0
 * What the body of a stored event says was done to goods: read from the signed bytes alone, so that everything that was
 * derived of an event can be derived again. Shares no code with the writer that derived it first. */
#ifndef FT_CORE_DEED_H
#define FT_CORE_DEED_H

#include "ft/core/event_kind.h"

enum deed_role { DEED_THING, DEED_INPUT, DEED_OUTPUT };
/* Goods or a unit that the body names, in the order of the body. */
struct deed_line {
	enum deed_role role;
	struct str uri;
	bool has_amount, has_net; /* net: a second measure of the same goods */
	struct quantity amount, net;
	struct str product, commodity; /* URI and word; absent: not said of this lot */
	int64_t product_version;       /* that it was recorded under; 0: not said */
};
struct deed {
	bool of_partner;  /* no native record: it has no farmtrail:record */
	bool declaration; /* says that the event was wrong; nothing was done by it */
	bool removes;     /* of a partner: goods are taken out of the world */
	const struct record_kind *kind;
	struct instant time;
	struct str id;                        /* eventID */
	struct str party, from, to, shipment; /* URIs; absent: not said */
	struct deed_line *lines;
	size_t count;
	bool taken_back;       /* a return of what was sold: nothing is sent on */
	struct str_list packs; /* URIs of single packs that it names */
	bool makes;            /* lines with DEED_OUTPUT come into being here */
	/* What a native record says of animals: ear tags, places (URIs), what was given to them, the paper that goes with them. */
	struct str_list animals, places, active;
	struct str product, certificate;
	const struct str *
		regions; /* parallel to places: code of the township, else of the district; absent: not said */
	struct str told_place;     /* of a partner: where it was, as the event says it */
	struct str transformation; /* of a partner: its transformationID; absent: it stands for itself */
	struct str test, outcome;  /* of a test: its kind; what it found */
	struct list results;       /* of a test: struct record_result */
	struct str reason,
		declared_by;   /* of a declaration: why, and of a native one the URI of who says so */
	struct str corrective; /* of a declaration: the first id of the events that stand in its place */
	struct str entry_mode; /* of a native record; absent: not said */
};
/* Texts are borrowed from the body or the arena. PROBLEM_JSON_SYNTAX: not an event that this program stores. */
enum problem deed_read(struct arena *arena, struct str body, struct deed *ret) must_check;

/* What is counted of a lot: at a holder, and of the lot itself. */
enum deed_count {
	DEED_ON_HAND, /* below zero: a deficit */
	DEED_IN_TRANSIT,
	DEED_SOLD,
	DEED_DESTROYED,
	DEED_CLAIMED,
	DEED_HOLDER_COUNTS,
	DEED_OWN = DEED_HOLDER_COUNTS,
	DEED_TOTAL,
	DEED_LOT_DESTROYED,
	DEED_OUTSIDE,
	DEED_COUNTS
};
extern const char *const deed_count_words[DEED_COUNTS]; /* "on_hand" … */
struct deed_counts {
	struct decimal of[DEED_COUNTS];
};
struct deed_counts deed_counts_sum(struct deed_counts a, struct deed_counts b);
bool deed_counts_are(struct deed_counts a, struct deed_counts b);
/* Those that are not zero, "on_hand -2, sold 2"; "nothing". */
struct str deed_counts_print(struct arena *arena, struct deed_counts counts);

enum deed_side { DEED_ACTING, DEED_FROM, DEED_TO, DEED_SIDES };
/* What is known of a line beside the body. */
struct deed_facts {
	struct decimal amount;   /* in the lot's own measure */
	bool issuer[DEED_SIDES]; /* which side issued the lot */
	bool known[DEED_SIDES];  /* which sides are registered parties, each another one than who acts */
	bool by_shipment;        /* of a receipt: goods came with a shipment */
	bool withdrawn;          /* that shipment was declared not to have been sent */
	struct decimal shipped;  /* of the lot, by that shipment */
};
/* What a line does to stock, by side; of the lot itself at the side that acts. Independent of what was there before. */
void deed_effect(const struct deed *deed, const struct deed_line *line, const struct deed_facts *facts,
		 struct deed_counts ret[DEED_SIDES]);

#endif
