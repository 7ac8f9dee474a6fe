/* SPDX-License-Identifier: Apache-2.0
 * What the checks of a bundle look at. */
#ifndef BUNDLE_PRIV_H
#define BUNDLE_PRIV_H

#include "ft/base/map.h"
#include "ft/core/bundle.h"

/* A step with what its statement says. */
struct seen {
	struct bundle_step_report *report;
	bool is_read;
	struct statement statement;
	struct sha256 hash;
	struct sha256 *lots, *prevs; /* also where the statement only sums them up */
	size_t lot_count, prev_count;
	struct json view;  /* JSON_NULL: not shown */
	bool concerns;     /* a lot of the trail */
	bool is_withdrawn; /* the trail tells a declaration that repeats it */
};
struct look {
	struct arena *arena;
	const struct bundle *bundle;
	struct seen *seen;
	struct map *by_hash;    /* statement → seen */
	struct map *lots;       /* blinded name → lot */
	struct map *uris;       /* URI → lot */
	struct map *taken_back; /* statement of an endorsement → what took it back */
	struct map *endorsed;   /* struct endorsed → seen */
	struct str said[2];
};

/* The step of a record that the trail names; NULL: none. */
struct seen *bundle_step_of(const struct look *l, struct str event);

enum proof_finding bundle_check_trail(struct look *l);
/* After bundle_check_trail: what was declared wrong need not be followed. */
enum proof_finding bundle_check_lots(struct look *l);

#endif
