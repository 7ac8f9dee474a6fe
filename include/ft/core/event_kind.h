/* SPDX-License-Identifier: Apache-2.0
 * Every kind of event that is stored: native records, and partners' EPCIS events in the words nearest to them. */
#ifndef FT_CORE_EVENT_KIND_H
#define FT_CORE_EVENT_KIND_H

#include "ft/core/epcis_event.h"
#include "ft/core/record.h"

/* Bits of event.flags. */
enum event_flag {
	EVENT_TIME_AHEAD = 1,
	EVENT_FROM_PAPER = 2,
	EVENT_IMPORTED = 4,
	EVENT_OF_PARTNER = 8,
	EVENT_NAMES_PEOPLE = 16, /* a member stands in it that may: nobody but who opens the body can look */
	EVENT_NAMES_HOME = 32,   /* and one that says where somebody's home is */
};
/* The last two, of a body. What extensions of a partner's event say nobody knows: it may name people. */
int64_t event_naming(struct str body);

const struct record_kind *event_kind_find(
	struct str word); /* of a native record too; NULL: no kind of event */
/* An error declaration is an observation: what it is about has moved nothing by being declared wrong. */
const struct record_kind *event_kind_of(const struct epcis_event *event);

#endif
