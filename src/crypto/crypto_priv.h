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
const EC_GROUP *crypto_sm2(void);

enum {
	EC_SCALAR_LEN = 32,
	EC_POINT_LEN = 65,
	EC_COMPRESSED_LEN = 33,
	ED25519_LEN = 32,
	SM2_SIGNATURE_LEN = 64
};

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

#define SPKI_PREFIX_SM2 \
	"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03" \
	"\x42\x00"
#define SPKI_PREFIX_SM2_COMPRESSED \
	"\x30\x39\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x81\x1c\xcf\x55\x01\x82\x2d\x03" \
	"\x22\x00"

/* The two curves, which differ in names only. */
struct curve {
	enum sign_algorithm algorithm;
	const char *key_type, *group_name; /* OpenSSL's; an SM2 key of type EC would make ECDSA signatures */
	const EC_GROUP *(*group)(void);
	struct str spki_prefix, spki_prefix_compressed;
};
enum { CURVE_COUNT = 2 };
extern const struct curve crypto_curves[CURVE_COUNT];
const struct curve *crypto_curve(enum sign_algorithm algorithm); /* NULL: not on one of them */

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
struct bytes spki_of_point(struct arena *arena, const struct curve *curve, const uint8_t point[EC_POINT_LEN]);

/* SM2 with SM3 over message and id; out has room for SM2_SIGNATURE_LEN. */
#define SM2_DEFAULT_ID STR("1234567812345678")
bool sm2_sign(EVP_PKEY *pkey, struct str id, struct bytes message, uint8_t *out, size_t *len);
bool sm2_verify(EVP_PKEY *pkey, struct str id, struct bytes message, struct bytes signature);

enum { NONCE_LEN = 12, TAG_LEN = 16 };
/* Behind the nonce that stands at `out`: ciphertext and tag. */
void crypto_seal(const uint8_t key[32], struct bytes associated, struct bytes plain, uint8_t *out);

/* Always `failure`; empties OpenSSL's error queue, so that a refusal never surfaces in an unrelated later
 * call. */
enum problem crypto_refuse(enum problem failure);

#endif
