/* SPDX-License-Identifier: Apache-2.0
 * Native record → the EPCIS 2.0 event that is stored and signed, and its coarser views. */
#ifndef FT_CORE_EPCIS_BODY_H
#define FT_CORE_EPCIS_BODY_H

#include "ft/core/record.h"

/* Names resolved by the caller: what stands in the event. Regions are codes (GB/T 2260, GB/T 10114), absent where the
 * place has none at that level. */
struct epcis_party {
	struct str uri; /* https://ORIGIN/o/{org} */
	struct uuid id;
	int64_t version; /* pinned version of the master data */
};
struct epcis_place {
	struct str uri; /* https://ORIGIN/o/{org}/f/{place} */
	struct uuid id;
	int64_t version;
	struct str township, district;
	bool personal; /* a house or plot of a natural person: exact position is a personal datum */
};
struct epcis_thing {
	struct str
		class_uri; /* lot URI: https://ORIGIN/o/{org}/p/{product}/b/{lot} or https://id.gs1.org/01/…/10/… */
	struct str product_uri;
	int64_t product_version;  /* pinned version of the product; 0: not pinned */
	struct str commodity;     /* commodity path word; absent: none */
	struct quantity quantity; /* unit NULL: no amount was said */
	bool uncounted; /* what was said cannot be counted in the lot's own measure: its base is another's */
	const struct quantity *net; /* NULL: none */
};
struct epcis_source {
	const struct record *record;
	const struct record_kind *kind;
	struct uuid id;                                            /* of the event; eventID is urn:uuid:… */
	const struct epcis_party *party, *recorded_by, *from, *to; /* from, to: NULL when not meant */
	const struct epcis_place *places; /* the first is readPoint and bizLocation */
	size_t place_count;
	const struct epcis_thing *inputs,
		*outputs; /* for non-transformations: `outputs` are the lots concerned */
	size_t input_count, output_count;
	struct str parent_uri;       /* of load and unload: the unit */
	const struct str *unit_uris; /* units concerned, or loaded into the parent */
	size_t unit_count;
	const struct str *
		item_uris; /* single packs; what they are of their lots stands among the things, at the end */
	size_t item_count;
	size_t lots_named; /* of the things, those named themselves, in front; the rest is what units hold and items are */
	bool taken_back;           /* of a return: goods that were sold came back; nothing is sent on */
	struct str shipment_uri;   /* absent: none */
	struct str request_sha256; /* hex; the SHA-256 of the request's bytes */
	struct uuid corrects;      /* the event in whose place it stands; nil: none */
};
/* Body: one EPCIS 2.0 event in JSON-LD with its own @context, member order fixed, no white space. Farm meanings travel
 * as farmtrail:… members (urn:farmtrail:vocab:). Valid against the EPCIS 2.0 JSON Schema inside a document. Amounts are
 * printed as they were written; those in a unit of no UN/CEFACT code (jin) as the exact base amount, with the words as
 * written in farmtrail:written. A shipment has no bizLocation: nobody knows yet where the goods will be. */
struct str epcis_body_build(struct arena *arena, const struct epcis_source *source);

/* EPCIS 2.0, 7.4.1.2: a declaration repeats the event that was wrong, member by member, and adds errorDeclaration. */
struct epcis_error {
	struct instant time;    /* declarationTime */
	struct uuid id;         /* of the record that declares it */
	struct uuid corrective; /* event that stands in its place; nil: what was recorded did not occur */
	const struct record *record; /* of type correct: its reason and what else it says of itself */
	struct str declared_by;      /* URI of the party */
	struct str request_sha256;
};
struct str epcis_declaration_build(struct arena *arena, struct str body, const struct epcis_error *error);

/* EPCISDocument around one body, recordTime spliced into the event, or put in the place of that which it came
 * with; the rest of the body is byte for byte the same. */
struct str epcis_document(struct arena *arena, struct str body, usec_t recorded_at_us);

/* Decision 2: what each tier may see; `full` is the body itself. farm: without personal members (harvester, note, taker,
 * device, deviceTime, position, vehicle, farmtrail:request, those of an errorDeclaration too) and places of natural persons as in township. township: places
 * become urn:farmtrail:region:{township}, and what names the farm (party, recordedBy, pins, sources, destinations,
 * documents, animals, free text) is gone; nor does it name single packs, whose codes must not be guessed or copied; lots keep their names, or nothing could be linked. district: {district}. A place
 * without that code becomes the next coarser one, one without any is left out.
 * Version 2: amounts of goods are for the full view only; below it farmtrail:shares says which part each input is. So
 * public proofs say no more than public trails.
 * view_of(view_of(body, farm), township) equals view_of(body, township). A partner's event (without farmtrail:record) keeps at
 * farm what the standard defines and no extension; at township also places, parties, documents and ilmd are gone, and of an
 * error declaration all but its time: without that (version 2) it would look like what it declares wrong, said twice.
 * PROBLEM_JSON_SYNTAX: not an event. */
enum tier { TIER_FULL, TIER_FARM, TIER_TOWNSHIP, TIER_DISTRICT, TIER_COUNT };
extern const char *const tier_words[TIER_COUNT]; /* "full" "farm" "township" "district" */
enum view_version { VIEW_1 = 1, VIEW_2, VIEW_3, VIEW_NEWEST = VIEW_3 };
enum problem view_of(struct arena *arena, struct str body, enum tier tier,
		     struct str *ret) must_check; /* by the newest version */
/* All of them from one reading of the body. */
enum problem view_all(struct arena *arena, struct str body, struct str ret_views[TIER_COUNT]) must_check;
enum problem view_all_by(struct arena *arena, struct str body, enum view_version version,
			 struct str ret_views[TIER_COUNT]) must_check;
/* Names of the members of our records that may name a person, or say where a home is (`of_place`): the full view has them, no
 * other. A record without any of them names nobody. */
struct str *view_naming_members(struct arena *arena, bool of_place, size_t *ret_count);
/* Whether one of them stands in a body. What extensions of a partner's event say nobody knows: it may name people. */
struct naming {
	bool people, home;
};
struct naming view_naming(struct str body);

#endif
