/* SPDX-License-Identifier: Apache-2.0
 * EPCIS 2.0 event → the native record that it was made from. */
#ifndef FT_CORE_RECORD_OF_EVENT_H
#define FT_CORE_RECORD_OF_EVENT_H

#include "ft/base/str.h"
#include "ft/base/uuid.h"

/* JSON of the record (contract section 4): sent in, it would become the same event. Things are named by their URIs; own lots
 * by their numbers; without `id`, so that with a change it can be the `replacement` of a `correct` record. What units held is
 * not repeated. `replacement`, of a declaration: the record of its corrective event; absent: it has none. False: the event
 * was not made from a native record. */
bool record_of_event(struct arena *arena, struct str body, struct str replacement, struct str *ret);

/* The event that stands in place of one declared wrong; nil: none. */
struct uuid record_corrective(struct arena *arena, struct str body);

#endif
