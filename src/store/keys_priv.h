/* SPDX-License-Identifier: Apache-2.0
 * What the memory of API keys needs of their table. */
#ifndef FT_STORE_KEYS_PRIV_H
#define FT_STORE_KEYS_PRIV_H

#include "ft/crypto/digest.h"
#include "ft/store/keys.h"

bool key_secret_has_form(struct str bearer);
/* PROBLEM_NOT_FOUND: no such key. A revoked one is found too. */
enum problem key_find_by_hash(struct db *db, struct arena *arena, const struct sha256 *hash,
			      struct known_key *ret, bool *ret_revoked) must_check;

#endif
