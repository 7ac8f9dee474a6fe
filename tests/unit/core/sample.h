/* SPDX-License-Identifier: Apache-2.0
 * Records of every kind with random members, and the events they become: for property tests and schema checks. */
#ifndef TESTS_UNIT_CORE_SAMPLE_H
#define TESTS_UNIT_CORE_SAMPLE_H

#include "ft/core/epcis_body.h"

#include "generator.h"

/* What must not appear in public views. */
#define SAMPLE_PERSONAL "PERSONAL"
#define SAMPLE_LATITUDE "29.712345"
#define SAMPLE_REQUEST "5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f5e1f"
#define SAMPLE_DEVICE_TIME "2026-05-03T09:09:09"
#define SAMPLE_SITE "/f/site-"      /* of every place */
#define SAMPLE_FARM_TEXT "FARMTEXT" /* in free texts that only the farm tier sees */

/* The JSON of a record of this kind that record_check accepts. */
struct str sample_record_json(struct arena *arena, struct generator *g, const struct record_kind *kind);
/* A record, decoded and checked; NULL when it is not acceptable, with its fault. */
const struct record *sample_decode(struct arena *arena, struct str text, struct fault *reterr);
/* The same, decoded, checked, and resolved to made-up names. Not of `correct`, which is no event of its own. */
struct epcis_source *sample_source(struct arena *arena, struct generator *g, const struct record_kind *kind);
/* Its things anew, after its record was put in: by the numbers of lists, so that like records get like names. */
void sample_resolve(struct arena *arena, struct epcis_source *source);
/* The body of an event of this kind; of `correct`: the declaration of an event of some other kind. *ret: what it was made
 * from. */
struct str sample_body(struct arena *arena, struct generator *g, const struct record_kind *kind,
		       struct epcis_source **ret);

#endif
