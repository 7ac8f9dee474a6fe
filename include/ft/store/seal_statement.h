/* SPDX-License-Identifier: Apache-2.0
 * From a body and its views to a signed note: one batch, one round to the signer. */
#ifndef FT_STORE_SEAL_STATEMENT_H
#define FT_STORE_SEAL_STATEMENT_H

#include "ft/core/manifest.h"
#include "ft/core/statement.h"
#include "ft/signer/signer.h"
#include "ft/store/log_seen.h"

/* A custodial key as the database keeps it; of one that its organisation keeps itself `wrapped` is absent. */
struct held_key {
	struct sha256 fingerprint;
	struct uuid org;
	struct bytes spki, wrapped;
	int64_t seq;           /* last used */
	enum signer_role role; /* its wrapping opens in that alone (struct signer_key) */
};
struct signer_key signer_key_of(const struct held_key *key); /* as the signer takes it */

struct unsigned_statement {
	const char *kind; /* "event", "party", … */
	const struct held_key *key;
	int64_t seq, at_s;
	const struct sha256 *lots, *prevs; /* blinded lots; statements this one builds on */
	size_t lot_count, prev_count;
	struct seen_head seen; /* head of the log that the signer knew; size 0: none is named */
	struct manifest_view views[TIER_COUNT];
	bool has_secret; /* it is given */
	/* filled in by seal_compose */
	uint8_t secret[MANIFEST_SECRET_LEN];
	struct str manifest;
	struct str text;
	struct sha256 text_hash; /* what the next statement names as prev */
	/* filled in by seal_sign */
	struct str note;
};
/* Draws the secret, builds the manifest and the text. No signature yet: a batch can be chained before it is signed. */
void seal_compose(struct arena *arena, struct str log, struct unsigned_statement *item);
/* One round to the signer for all. PROBLEM_SIGNER_UNAVAILABLE when it cannot be had; nothing is filled in then. */
enum problem seal_sign(struct arena *arena, struct signer *signer, struct str log,
		       struct unsigned_statement *items, size_t count) must_check;

#endif
