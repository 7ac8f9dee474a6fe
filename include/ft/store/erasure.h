/* SPDX-License-Identifier: Apache-2.0
 * Removing what names a person from a record. The full view, its salt and the secret of all salts go for ever; the farm view
 * and what is coarser stay and prove themselves against the same statement; an erase@v1 statement of the registrar, entered
 * in the log, says since when. Copies of the database made before still hold what was removed. */
#ifndef FT_STORE_ERASURE_H
#define FT_STORE_ERASURE_H

#include "ft/core/manifest.h"
#include "ft/store/enrolment.h"
#include "ft/store/trail_cache.h"

struct erasure_order {
	struct uuid org, event;
	struct str reason; /* "request", "order", "mistake" */
};
/* With the record go its error declarations, which repeat it. Done once: a repetition finds it done. Trails of its lots are
 * made anew. PROBLEM_NOT_FOUND, PROBLEM_SIGNER_UNAVAILABLE. */
enum problem erasure_carry_out(struct db *db, struct arena *arena, const struct key_office *office,
			       struct trail_cache *cache, const struct erasure_order *order) must_check;

/* What is left of an erased record beside its farm view. */
struct erased {
	struct str manifest;
	struct str statement;                   /* the erasure's note */
	struct manifest_salt salts[TIER_COUNT]; /* that of TIER_FULL is not known any more */
};
/* Whether what was left of a record, or of a version of master data, is what the statement covers: of the finest view that names
 * nobody and the coarser ones there are the salts, and the manifest, which the statement names, has that view. Of a version of
 * a party all of whose views named it there is no salt, and its body says nothing that was signed. */
bool erasure_covers(struct arena *arena, bool is_record, struct bytes statement, struct bytes manifest,
		    struct bytes salts, struct bytes body);
/* From columns of table erasure. false: no salts of that length. */
bool erased_of(struct bytes manifest, struct bytes salts, struct bytes statement, struct erased *ret);
/* Its view at a tier, made of the farm view that stands in for the body: absent for TIER_FULL, and where the manifest knows
 * another. PROBLEM_JSON_SYNTAX. */
enum problem erased_view(struct arena *arena, const struct erased *erased, struct str body, enum tier tier,
			 struct str *ret) must_check;

#endif
