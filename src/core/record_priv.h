/* SPDX-License-Identifier: Apache-2.0
 * The members of a record by index, so that its kinds can say which they take and which they need. */
#ifndef FT_CORE_RECORD_PRIV_H
#define FT_CORE_RECORD_PRIV_H

#include "ft/core/record.h"

/* Where a type needs one of several, the one that stands first here is asked for. */
enum record_member {
	MEMBER_ID,
	MEMBER_TYPE,
	MEMBER_TIME,
	MEMBER_PARTY,
	MEMBER_SITE,
	MEMBER_SITES,
	MEMBER_LOT,
	MEMBER_PRODUCT,
	MEMBER_QUANTITY,
	MEMBER_INPUTS,
	MEMBER_OUTPUTS,
	MEMBER_SHIPMENT,
	MEMBER_LOTS,
	MEMBER_UNITS,
	MEMBER_ITEMS,
	MEMBER_UNIT,
	MEMBER_CONTENTS,
	MEMBER_TO,
	MEMBER_FROM,
	MEMBER_VEHICLE,
	MEMBER_SHORTAGE,
	MEMBER_TEMPERATURE,
	MEMBER_ACTIVE,
	MEMBER_DOSE,
	MEMBER_TARGET,
	MEMBER_UNTIL,
	MEMBER_HARVESTER,
	MEMBER_ANIMALS,
	MEMBER_QUARANTINE,
	MEMBER_CHANNEL,
	MEMBER_REASON,
	MEMBER_FINDINGS,
	MEMBER_SAMPLE,
	MEMBER_KIND,
	MEMBER_SUBJECT,
	MEMBER_OUTCOME,
	MEMBER_RESULTS,
	MEMBER_INHIBITION,
	MEMBER_METHOD,
	MEMBER_LAB,
	MEMBER_REPORT,
	MEMBER_NOTIFIED_AT,
	MEMBER_FORM,
	MEMBER_BASIS,
	MEMBER_EVENT,
	MEMBER_REPLACEMENT,
	MEMBER_DOCUMENTS,
	MEMBER_NOTE,
	MEMBER_POSITION,
	MEMBER_DEVICE,
	MEMBER_DEVICE_TIME,
	MEMBER_ENTRY_MODE,
	MEMBER_COUNT,
};
#define MEMBER_BIT(m) (UINT64_C(1) << (m))

extern const struct field record_fields[MEMBER_COUNT + 1]; /* by enum record_member */

/* Whether the record has the member at all. */
bool record_has(const struct record *record, enum record_member member);

/* What a type takes and needs beside the members that every record takes. */
struct record_rule {
	struct record_kind kind;
	uint64_t takes;
	uint64_t needs;        /* all of these */
	uint64_t needs_one[2]; /* at least one of each set; 0: no such set */
	bool measured;         /* every one of its lots needs a quantity */
};
const struct record_rule *record_rule_of(const struct record_kind *kind);
/* Sets of members, MEMBER_BIT of each. */
uint64_t record_members_taken(const struct record_rule *rule); /* with those that every record takes */
uint64_t record_members_needed(
	const struct record_rule *rule); /* all of these, beside one of each `needs_one` */

/* "allOf" of the schema of records: for each type, what it takes and needs. */
void record_schema_put(struct json_writer *w);

/* Puts "/name" or "/name/index" before the pointer of a fault found deeper; returns p. */
#define NO_INDEX SIZE_MAX
enum problem fault_within(struct fault *reterr, enum problem p, const char *name, size_t index);

/* Texts hold no control characters (a database takes no U+0000, a page no escape sequence); line breaks only
 * in `note`. Walks the shape, so that a new text member is covered without a line here. */
enum problem record_texts_check(const struct shape *shape, const void *value,
				struct fault *reterr) must_check;

#endif
