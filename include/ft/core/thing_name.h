/* SPDX-License-Identifier: Apache-2.0
 * A thing may be named by id, own number within the party, code, own-scheme URI, Digital Link or URN: the one place
 * where a spelling becomes a directory key. Hosts never count (decision 5). */
#ifndef FT_CORE_THING_NAME_H
#define FT_CORE_THING_NAME_H

#include "ft/base/problem.h"
#include "ft/core/lot_id.h"
#include "ft/crypto/digest.h"

enum thing_kind {
	THING_PARTY,
	THING_SITE,
	THING_PRODUCT,
	THING_CERTIFICATE,
	THING_LOT,
	THING_SHIPMENT,
	THING_UNIT,
	THING_SAMPLE,
	THING_ITEM, /* a single pack: filed by its code alone */
	THING_KIND_COUNT
};
extern const char *const thing_kind_words[THING_KIND_COUNT]; /* as in table thing */

enum thing_name_form {
	NAME_ID, /* the id itself: no look-up of the name is needed */
	NAME_CODE, /* looks like the short code of a lot, unit or site: table code first, then `hash` (an own number may
		    * look like one). A lot is
		    * named by the code of one of its packs too (K…), and a pack by its lot's URI with that as its serial */
	NAME_RECORD, /* lots, shipments, samples: the id, in .id.lot, of the record that made it */
	NAME_HASH,   /* everything else: table thing */
};
struct thing_name {
	enum thing_name_form form;
	struct lot_id id;   /* NAME_ID: lots and shipments (org and id); others: id in .lot */
	struct str code;    /* NAME_CODE: folded */
	struct sha256 hash; /* NAME_HASH, NAME_CODE */
	/* NAME_HASH: what these digits are as a GS1 key ("/00/…"), asked where `hash` is that of nothing: a number of one's
	 * own comes first. Absent: they are none. */
	struct str key_path;
	struct sha256 key_hash; /* of key_path */
};

/* Reads a spelling of a thing of this kind: id, code, URI, path, EPC URN, element string "(01)…(10)…"; anything else is a
 * number within `party` (ignored for parties), or else a GS1 key as a scanner gives it: the bare digits of an SSCC, GLN,
 * or GTIN of 8, 12, 13 or 14. PROBLEM_IDENTIFIER_SYNTAX: none of the forms. What is spelled like a
 * Digital Link or an EPC URN and is none fails as digital_link_parse and epc_urn_read do; reterr->pointer stays empty. */
enum problem thing_name_read(struct arena *arena, enum thing_kind kind, struct uuid party,
			     struct str spelling, struct thing_name *ret, struct fault *reterr) must_check;

/* Whether a code of this kind (table code) is the name of a thing of that kind; packs' codes are named otherwise. */
bool code_names(struct str code_kind, enum thing_kind kind);

/* The directory keys under which a thing is filed. */
struct sha256 thing_hash_number(enum thing_kind kind, struct uuid party, struct str number);
struct sha256 thing_hash_path(
	struct str path); /* decoded identity of a URI: "/o/91500…/p/RICE/b/L1", "/01/…/10/…" */
/* The identity of a URI as filed. What is or equals a Digital Link (EPC URN, path, element string): its key and
 * qualifiers, escaped as digital_link_path does. Our own grammar (/o/, /t/, /a/): the path, percent-decoded, no trailing
 * slash. Both without scheme and host. Any other URI stands for itself. Absent: not a URI. */
struct str thing_uri_path(struct arena *arena, struct str uri);

/* The identity of a single pack: its lot's product and its code as serial. "https://id.gs1.org/01/{gtin}/21/{code}" where
 * the lot has a GTIN (a class-level "/10/" is no part of an SGTIN), else "{lot}/s/{code}". */
struct str item_uri(struct arena *arena, struct str lot_uri, struct str code);
/* The code that such a URI ends in; absent if it is none of these. */
struct str item_code_of(struct arena *arena, struct str uri);

/* The URI under which a new thing is known that is spelled like this: a URI stands for itself, a Digital Link in its
 * canonical form. Absent: a number. */
struct str thing_uri_of(struct arena *arena, struct str spelling);

/* Opaque ids outside: "lot_" and "shp_" with org and id; parties, sites, products, certificates, keys, events are UUIDs. */
struct str shipment_id_print(struct arena *arena, struct lot_id id);

#endif
