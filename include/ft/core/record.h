/* SPDX-License-Identifier: Apache-2.0
 * A native record in farm words (contract section 4): its shape, its kinds, and the checks that need nothing else. */
#ifndef FT_CORE_RECORD_H
#define FT_CORE_RECORD_H

#include "ft/codec/shape.h"
#include "ft/core/unit.h"

/* Members as received. Things (party, site, lot …) are named in any spelling; nothing is resolved yet. */
struct record_quantity {
	struct str value, unit;
	struct record_quantity *net; /* animals and packs: a second measure; has no net itself */
};
struct record_lot { /* inputs[], lots[] */
	struct str lot;
	struct record_quantity *quantity; /* NULL: the whole lot is meant, where the type allows that */
};
struct record_content { /* contents[]: one of lot, item and unit */
	struct str lot, unit, item;
	struct record_quantity *quantity; /* of a lot; NULL: all that the party has */
};
struct record_output {
	struct str product, lot; /* lot: own number, absent: made */
	struct record_quantity *quantity;
};
struct record_position {
	struct str lat, lon; /* decimal degrees, exact text */
	int64_t accuracy_m;
};
struct record_reading {
	struct instant time;
	struct str value; /* degrees Celsius */
};
struct record_shortage {
	struct record_quantity *quantity;
	struct str reason;
};
struct record_document {
	struct str type, number; /* type: CBV business transaction type word, or absent */
};
struct record_result {                                         /* results[] of a test */
	struct str substance, value, unit, limit_of_detection; /* value: absent where nothing was found */
	bool detected;
};
struct record_sample { /* sample{}, or the bare name of one */
	struct str id;
	struct instant taken_at; /* at_us 0: not said */
	struct str taker;        /* personal */
	struct record_quantity quantity;
	bool has_quantity;
};
struct record {
	struct uuid id; /* nil: the server makes one */
	struct str type;
	struct instant time;
	struct str party, site, lot, product, harvester, target;
	struct str_list sites, active, animals;
	const struct json *dose; /* text, or {value, unit, per} */
	struct instant until;
	struct record_quantity *quantity;
	struct list inputs, lots; /* struct record_lot */
	struct list outputs;      /* struct record_output */
	struct str unit;          /* load, unload: the crate, box, pallet */
	struct list contents;     /* struct record_content */
	struct str_list units;    /* units whose contents are meant */
	struct str_list packs;    /* items[]: single packs, by their own codes */
	struct str to, from, vehicle, shipment, quarantine_certificate, channel, reason;
	struct record_shortage *shortage;
	struct list temperature;   /* struct record_reading */
	struct list documents;     /* struct record_document */
	struct str_list findings;  /* inspect */
	const struct json *sample; /* sample: {id, takenAt, taker, quantity}; test: its name */
	struct str kind, outcome;  /* test: rapid, lab; negative, positive, invalid */
	struct str subject;        /* test: what was tested, where it is no lot; may name a person */
	struct list results;       /* struct record_result */
	struct str inhibition;     /* per cent, of an enzyme test */
	struct str method, lab, report;
	struct instant notified_at;
	struct str form;            /* certify: producer, buyer */
	struct str_list basis;      /* certify */
	struct uuid event;          /* correct: the record that was wrong */
	struct record *replacement; /* correct: what it should have said; NULL: it did not happen */
	struct str note, device, entry_mode;
	struct record_position *position;
	struct instant device_time; /* at_us 0: not said */
};
extern const struct shape record_shape;

enum { RECORD_MAX_EDGES = 5000 }; /* of one transformation: inputs times outputs */

/* What the record does to lots; one row a type says which EPCIS event it becomes. */
enum record_class {
	RECORD_OBSERVE, /* plant treat feed medicate irrigate birth move death: something done at a site or to a lot */
	RECORD_CREATE,    /* harvest collect catch: a lot comes into being */
	RECORD_TRANSFORM, /* slaughter pack process mix split */
	RECORD_SHIP,
	RECORD_RECEIVE,
	RECORD_SELL,
	RECORD_STORE, /* store cool: lots kept by who holds them */
	RECORD_LOOK,  /* inspect sample certify: lots that one can see, whoever holds them, or a site */
	RECORD_TEST,  /* of a sample, a lot that one can see, or something else */
	RECORD_HOLD,  /* of lots that one can see */
	RECORD_RELEASE,
	RECORD_DESTROY,
	RECORD_RETURN, /* ships back */
	RECORD_LOAD,
	RECORD_UNLOAD,
	RECORD_CORRECT, /* declares an earlier record erroneous, and records what should have stood there */
};
struct record_kind {
	const char *word;
	enum record_class class;
	const char *event_type; /* ObjectEvent, TransformationEvent; NULL: that of the record corrected */
	const char *action;     /* ADD, OBSERVE; NULL for transformations */
	const char *biz_step, *disposition; /* CBV 2.0 bare words */
	const char *title_zh, *title_en;    /* "采收", "Harvest": for pages */
};
const struct record_kind *record_kind_find(struct str word); /* NULL: not a type */
const struct record_kind *record_kind_at(size_t index);      /* NULL past the last */

/* The CBV disposition of this record: its kind's, of a test as it turned out. NULL: none is said. */
const char *record_disposition(const struct record_kind *kind, const struct record *record);

/* Whether goods leave for another party by it: ship, return. */
bool record_sends(const struct record_kind *kind);

/* Reads the `sample` member, which record_check has accepted. */
enum problem record_sample_read(const struct json *sample, struct record_sample *ret,
				struct fault *reterr) must_check;

enum { RECORD_GRACE_S = 300 }; /* clocks differ: a time may lie so far ahead */

/* Checks everything that needs no other record: the members its type requires, quantities, units, times against
 * `now_us` (5 minutes of grace; a record with deviceTime may lie ahead and is flagged by the caller), text lengths,
 * shortest sensible lists, a lot named twice among inputs or among outputs; the replacement of a `correct` record in the
 * same way, with pointers below /replacement. */
enum problem record_check(const struct record *record, usec_t now_us, const struct record_kind **ret,
			  struct fault *reterr) must_check;

/* What record_check refused, so that it can be put right: fills fault->detail with the types there are, the members that the
 * type takes, or those of which one is needed; leaves a detail that is there. Borrowed from the arena. */
void record_explain(struct arena *arena, const struct record *record, enum problem p, struct fault *fault);

enum { RECORD_DOUBLE_S = 600 };
/* Two records of one party with the same likeness, minutes apart, are likely one deed told twice: the same type, things as
 * they are spelled, and amounts, whatever their unit and whatever the order of lists. Id, time, note, reason, device, position, papers and readings do not
 * count. */
int64_t record_likeness(struct arena *arena, const struct record *record, struct uuid party);
bool record_times_are_near(usec_t a_us, usec_t b_us); /* at most RECORD_DOUBLE_S apart */

/* Whether a time of it lies more than the grace ahead: with deviceTime it is stored all the same, and flagged. */
bool record_lies_ahead(const struct record *record, usec_t now_us);

#endif
