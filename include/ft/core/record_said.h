/* SPDX-License-Identifier: Apache-2.0
 * Whether an event says what a record said: for who is to sign an event that somebody else made of his record. */
#ifndef FT_CORE_RECORD_SAID_H
#define FT_CORE_RECORD_SAID_H

#include "ft/core/epcis_body.h"

struct record_claim {
	const struct record *record;
	struct uuid id;            /* that the event is to have */
	struct str request_sha256; /* hex, of the record's bytes */
	struct uuid corrects;      /* of a replacement: the event it stands for; nil: none */
	struct uuid replacement;   /* of a correction: the event that stands in its place; nil: none */
};
/* Absent: it does. Else the member of the event that says something else, is missing or is too much. What a record only
 * names (party, places, lots, products, shipments, units, papers) stands in the event as URIs that only the service
 * knows: of these nothing is said, but every amount of the record must be there. Of a correction: its declaration alone,
 * since the rest repeats the event declared. */
struct str record_said(struct arena *arena, const struct record_claim *claim, struct str body);

#endif
