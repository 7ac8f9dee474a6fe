/* SPDX-License-Identifier: Apache-2.0
 * What the files of this module share: algorithms fetched once, and the byte forms of public keys. */
#ifndef CRYPTO_PRIV_H
#define CRYPTO_PRIV_H

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "ft/crypto/sign.h"

/* Fetched at first use, then constant. A fetch per call goes through a lock and costs more than the hash. */
const EVP_MD *crypto_sha256(void);
const EVP_CIPHER *crypto_aes_256_gcm(void);
const EC_GROUP *crypto_p256(void);

enum { P256_SCALAR_LEN = 32, P256_POINT_LEN = 65, P256_COMPRESSED_LEN = 33, ED25519_LEN = 32 };

/* SubjectPublicKeyInfo in DER is one fixed prefix a kind of key, then the key (RFC 5480, RFC 8410). Comparing
 * with these prefixes instead of running a DER reader refuses explicit curve parameters, foreign curves,
 * hybrid points, padded lengths and trailing bytes by construction. */
#define SPKI_PREFIX_ED25519 "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"
#define SPKI_PREFIX_P256 \
	"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03" \
	"\x42\x00"
#define SPKI_PREFIX_P256_COMPRESSED \
	"\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03" \
	"\x22\x00"

struct private_key {
	EVP_PKEY *pkey;
	enum sign_algorithm algorithm;
};
struct public_key {
	EVP_PKEY *pkey;
	enum sign_algorithm algorithm;
	struct sha256 fingerprint;
};

struct bytes spki_of_ed25519(struct arena *arena, const uint8_t key[ED25519_LEN]);
struct bytes spki_of_p256(struct arena *arena, const uint8_t point[P256_POINT_LEN]);

/* Always `failure`; empties OpenSSL's error queue, so that a refusal never surfaces in an unrelated later
 * call. */
enum problem crypto_refuse(enum problem failure);

#endif
