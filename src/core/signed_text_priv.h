/* SPDX-License-Identifier: Apache-2.0
 * The pieces that statements, manifests and log heads are written in: lines of words, hashes and counts, each
 * with exactly one spelling. */
#ifndef SIGNED_TEXT_PRIV_H
#define SIGNED_TEXT_PRIV_H

#include "ft/crypto/digest.h"

/* Takes "WORD value\n" off the front of `text`; false, and nothing taken, when the next line is another. */
bool signed_text_take(struct str *text, struct str word, struct str *ret_value);
/* Base64 of 32 octets. */
bool signed_text_hash(struct arena *arena, struct str text, struct sha256 *ret);
/* Decimal, no sign, no leading zero, at most 18 digits. */
bool signed_text_count(struct str text, int64_t *ret);
struct str signed_text_print_hash(struct arena *arena, const struct sha256 *hash);

#endif
