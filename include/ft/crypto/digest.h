/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 and HMAC-SHA256; algorithms are fetched once per process (a fetch per call costs 2.5 times as much). */
#ifndef FT_CRYPTO_DIGEST_H
#define FT_CRYPTO_DIGEST_H

#include "ft/base/str.h"

struct sha256 {
	uint8_t octets[32];
};
struct sha256 sha256_of(struct bytes data);
struct sha256 sha256_of_parts(const struct bytes *parts, size_t count); /* of their concatenation */
struct sha256 hmac_sha256(struct bytes key, struct bytes data);
bool sha256_equal(struct sha256 a, struct sha256 b); /* constant time */
static inline struct bytes sha256_bytes(const struct sha256 *h)
{
	return (struct bytes){h->octets, sizeof h->octets};
}

#endif
