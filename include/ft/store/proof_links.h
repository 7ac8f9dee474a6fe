/* SPDX-License-Identifier: Apache-2.0
 * The lot and prev lines that a statement with very many lots only sums up: they travel with the proof. */
#ifndef FT_STORE_PROOF_LINKS_H
#define FT_STORE_PROOF_LINKS_H

#include "ft/base/time.h"
#include "ft/db/db.h"

struct proof_links {
	struct str lots, prevs; /* absent: the statement lists them itself */
};

/* Derived from what the event left: its answer names its lots, edges name what went into them. `note` is its statement. */
enum problem proof_links_of(struct db *db, struct arena *arena, struct str note, struct str answer,
			    struct uuid event, usec_t recorded_at, struct proof_links *ret) must_check;

#endif
