/* SPDX-License-Identifier: Apache-2.0
 * From a body and its views to a signed note: one batch, one round to the signer. */
#ifndef FT_STORE_SEAL_STATEMENT_H
#define FT_STORE_SEAL_STATEMENT_H

#include "ft/core/manifest.h"
#include "ft/core/statement.h"
#include "ft/signer/signer.h"

/* A custodial key as the database keeps it. */
struct held_key {
	struct sha256 fingerprint;
	struct uuid org;
	struct bytes spki, wrapped;
	int64_t seq; /* last used */
};
struct unsigned_statement {
	const char *kind;                  /* "event", "party", … */
	const struct held_key *key;
	int64_t seq, at_s;
	const struct sha256 *lots, *prevs; /* blinded lots; statements this one builds on */
	size_t lot_count, prev_count;
	struct manifest_view views[TIER_COUNT];
	/* filled in */
	uint8_t secret[MANIFEST_SECRET_LEN];
	struct str manifest;
	struct sha256 text_hash;           /* SHA-256 of the note's text */
	struct str note;
};
/* PROBLEM_SIGNER_UNAVAILABLE when the signer cannot be had; nothing is filled in then. */
enum problem seal_statements(struct arena *arena, struct signer *signer, struct str log, struct unsigned_statement *items,
                             size_t count) must_check;

#endif
