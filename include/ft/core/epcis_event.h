/* SPDX-License-Identifier: Apache-2.0
 * EPCIS 2.0 events as partners send them (JSON binding): read, held against the rules of the standard, and the body that
 * is stored of each. */
#ifndef FT_CORE_EPCIS_EVENT_H
#define FT_CORE_EPCIS_EVENT_H

#include "ft/base/time.h"
#include "ft/base/uuid.h"
#include "ft/codec/shape.h"

enum epcis_type {
	EPCIS_OBJECT,
	EPCIS_AGGREGATION,
	EPCIS_TRANSACTION,
	EPCIS_TRANSFORMATION,
	EPCIS_ASSOCIATION,
	EPCIS_EXTENSION, /* of a type that is not the standard's: kept, its lists read like those of an ObjectEvent */
	EPCIS_TYPE_COUNT
};
extern const char *const epcis_type_words[EPCIS_TYPE_COUNT]; /* "ObjectEvent" …, "" for extensions */

enum epcis_role { EPCIS_THING, EPCIS_INPUT, EPCIS_OUTPUT, EPCIS_PARENT };
struct epcis_mention { /* an instance or a class that the event names, as spelled there */
	struct str uri;
	struct str pointer; /* JSON Pointer of its entry in the document */
	enum epcis_role role;
	struct str quantity,
		uom; /* number text and UN/CEFACT code; absent: not said. Of instances always absent */
	bool instance;
};

/* All text is borrowed from the document. */
struct epcis_event {
	const struct json *json;
	struct str context; /* the @context that holds for it, as JSON: its own, else the document's */
	bool own_context;
	const struct json *document_context; /* NULL: none */
	enum epcis_type type;
	struct str type_word; /* as it stands there */
	struct instant time;  /* offset: eventTimeZoneOffset */
	struct str event_id;  /* absent: none given */
	struct str action;    /* absent: TransformationEvent */
	struct str biz_step,
		disposition; /* CBV words bare, whatever their spelling; other URIs as they are */
	struct str read_point, biz_location, transformation_id;
	struct str from,
		to; /* possessing party of sourceList and destinationList, else the owning party; absent: none */
	const struct epcis_mention *mentions;
	size_t mention_count;
	struct str_list transactions; /* URIs of the bizTransactionList */
	bool is_declaration;          /* an errorDeclaration: the event as it was, declared wrong */
	usec_t declared_us;
	struct str declared_reason; /* CBV word or URI; absent: none given */
	struct str corrective; /* the first id of the events that stand in its place; absent: none is named */
};

/* An eventID as one spelling of it: of a UUID the case means nothing (RFC 9562), any other stands as it is. */
struct str epcis_event_name(struct arena *arena, struct str event_id);

enum { EPCIS_MAX_MENTIONS = 2000, EPCIS_MAX_URI = 1024, EPCIS_MAX_EDGES = 5000 };

/* PROBLEM_EPCIS_VALIDATION with the JSON Pointer (below `pointer`) and the rule: required, type, unknown, word, uri,
 * unique, empty, time, offset, quantity, uom, parent, children, what, outputs, shared, limit. `context` is the document's;
 * NULL: none, then the event needs one of its own. */
enum problem epcis_event_read(struct arena *arena, const struct json *json, const struct json *context,
			      const char *pointer, struct epcis_event *ret, struct fault *reterr) must_check;

/* The frame of an EPCISDocument, or a single event with an @context of its own: its events, not yet read. EPCISQueryDocument
 * too (queryResults). */
struct epcis_document {
	const struct json *context; /* of the document; NULL for a single event */
	const struct json *events;
	size_t count;
	bool single;
	const char *pointer; /* of the list of events, "" for a single one */
};
enum problem epcis_document_read(struct arena *arena, const struct json *json, struct epcis_document *ret,
				 struct fault *reterr) must_check;

/* Edges that a transformation makes: inputs times outputs; of a piece of one inputs and outputs, which meet in its node. */
size_t epcis_event_edges(const struct epcis_event *event);

/* What is stored and signed: the event as received, with the document's @context and the minted eventID spliced in as first
 * members where it has none of its own. */
struct str epcis_event_body(struct arena *arena, const struct epcis_event *event, struct str event_id);

/* "https://ref.gs1.org/cbv/BizStep-shipping", "urn:epcglobal:cbv:bizstep:shipping", "cbv:BizStep-shipping" and "shipping"
 * are "shipping"; anything else stays. `kind`: "bizstep", "disp", "btt", "sdt", "er". */
struct str cbv_word(struct str text, const char *kind);

/* CBV 2.0, section 8.9: the event hash ID "ni:///sha-256;…?ver=CBV2.0", in the order of the standard's table. Identical
 * events have one whatever their spelling: URNs, other domains, times in other offsets, order of lists. */
struct str epcis_event_hash(struct arena *arena, const struct epcis_event *event);
/* Two events of one party with the same likeness, minutes apart, are likely one deed told twice: what is hashed of both is the
 * same but for when it was. A declaration is like no event. */
int64_t epcis_event_likeness(struct arena *arena, const struct epcis_event *event, struct uuid party);
/* The string that is hashed. */
struct str epcis_event_prehash(struct arena *arena, const struct epcis_event *event);

#endif
