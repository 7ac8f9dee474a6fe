/* SPDX-License-Identifier: Apache-2.0
 * What erasing a record and erasing a party or site share. */
#ifndef FT_STORE_ERASURE_PRIV_H
#define FT_STORE_ERASURE_PRIV_H

#include "ft/store/erasure.h"
#include "ft/store/seal_statement.h"

struct erasing {
	struct arena *arena;
	const struct key_office *office;
	const struct erasure_order *order;
	struct uuid *lots; /* that it touched */
	size_t lot_count;
};
/* e->order, in the caller's transaction, in which the sequences of its organisation and of the registrar, whose key signs, are
 * locked. *ret_erased: how many records went; 0: done before. */
enum problem erasure_of_record(struct erasing *e, struct db *db, struct held_key *key,
			       size_t *ret_erased) must_check;

/* An erase@v1 note about the statement `stated`, the next of the key's sequence. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem erasure_state(struct arena *arena, const struct key_office *office, struct held_key *key,
			   const struct sha256 *stated, struct str reason,
			   struct unsigned_statement *ret) must_check;

#endif
