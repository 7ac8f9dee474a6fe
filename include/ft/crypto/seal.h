/* SPDX-License-Identifier: Apache-2.0
 * AES-256-GCM for keys at rest. Sealed form: 12-octet nonce ‖ ciphertext ‖ 16-octet tag. */
#ifndef FT_CRYPTO_SEAL_H
#define FT_CRYPTO_SEAL_H

#include "ft/base/problem.h"

struct bytes seal(struct arena *arena, const uint8_t key[32], struct bytes associated, struct bytes plain);
/* PROBLEM_SIGNATURE: wrong key, wrong associated data or changed bytes. */
enum problem unseal(struct arena *arena, const uint8_t key[32], struct bytes associated, struct bytes sealed,
		    struct bytes *ret) must_check;

#endif
