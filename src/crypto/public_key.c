/* SPDX-License-Identifier: Apache-2.0
 * Public keys: what is accepted as one, its fingerprint, and verification. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto_priv.h"
#include "ft/crypto/sign.h"

/* y coordinates of the points whose order divides 8, and those encodings of them that are not reduced modulo
 * 2^255 - 19; little endian, without the sign bit. A key among them verifies signatures of any message, so
 * that its owner could deny each one. */
static const uint8_t small_order_y[][ED25519_LEN] = {
	{0},
	{1},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	{0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

static struct bytes spki_of(struct arena *arena, const char *prefix, size_t prefix_len, const uint8_t *key,
			    size_t key_len)
{
	uint8_t *out = arena_alloc(arena, prefix_len + key_len);
	memcpy(out, prefix, prefix_len);
	memcpy(out + prefix_len, key, key_len);
	return (struct bytes){out, prefix_len + key_len};
}

struct bytes spki_of_ed25519(struct arena *arena, const uint8_t key[ED25519_LEN])
{
	return spki_of(arena, SPKI_PREFIX_ED25519, sizeof SPKI_PREFIX_ED25519 - 1, key, ED25519_LEN);
}

struct bytes spki_of_p256(struct arena *arena, const uint8_t point[P256_POINT_LEN])
{
	return spki_of(arena, SPKI_PREFIX_P256, sizeof SPKI_PREFIX_P256 - 1, point, P256_POINT_LEN);
}

static bool after_prefix(struct bytes spki, const char *prefix, size_t prefix_len, size_t key_len,
			 struct bytes *ret)
{
	if (spki.len != prefix_len + key_len || memcmp(spki.at, prefix, prefix_len) != 0)
		return false;
	*ret = (struct bytes){spki.at + prefix_len, key_len};
	return true;
}

static bool is_small_order(struct bytes key)
{
	uint8_t y[ED25519_LEN];
	memcpy(y, key.at, sizeof y);
	y[ED25519_LEN - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof small_order_y / sizeof small_order_y[0]; i++)
		if (memcmp(y, small_order_y[i], sizeof y) == 0)
			return true;
	return false;
}

/* Decoding puts the point on the curve or fails; its uncompressed form is what a fingerprint is taken of. */
static bool p256_uncompressed(struct bytes encoded, uint8_t ret[P256_POINT_LEN])
{
	const EC_GROUP *group = crypto_p256();
	EC_POINT *point = EC_POINT_new(group);
	bool ok = point && EC_POINT_oct2point(group, point, encoded.at, encoded.len, NULL) == 1 &&
		  EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, P256_POINT_LEN,
				     NULL) == P256_POINT_LEN;
	EC_POINT_free(point);
	return ok;
}

static EVP_PKEY *p256_pkey(uint8_t point[P256_POINT_LEN])
{
	char group[] = "prime256v1";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT_LEN),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(context);
	return pkey;
}

static bool passes_public_check(EVP_PKEY *pkey)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = context && EVP_PKEY_public_check(context) == 1;
	EVP_PKEY_CTX_free(context);
	return ok;
}

static struct sha256 fingerprint_of(const char *prefix, size_t prefix_len, const uint8_t *key, size_t key_len)
{
	return sha256_of_parts((struct bytes[]){{(const uint8_t *)prefix, prefix_len}, {key, key_len}}, 2);
}

enum problem public_key_parse(struct bytes spki, struct public_key **ret)
{
	struct public_key key = {0};
	struct bytes raw;
	if (after_prefix(spki, SPKI_PREFIX_ED25519, sizeof SPKI_PREFIX_ED25519 - 1, ED25519_LEN, &raw)) {
		if (is_small_order(raw))
			return PROBLEM_KEY_REFUSED;
		key.algorithm = SIGN_ED25519;
		key.pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw.at, raw.len);
		key.fingerprint = sha256_of(spki);
	} else if (after_prefix(spki, SPKI_PREFIX_P256, sizeof SPKI_PREFIX_P256 - 1, P256_POINT_LEN, &raw) ||
		   after_prefix(spki, SPKI_PREFIX_P256_COMPRESSED, sizeof SPKI_PREFIX_P256_COMPRESSED - 1,
				P256_COMPRESSED_LEN, &raw)) {
		uint8_t point[P256_POINT_LEN];
		bool compressed = raw.len == P256_COMPRESSED_LEN;
		/* Hybrid form (06, 07) is a third spelling of the same key that nobody needs. */
		if ((!compressed && raw.at[0] != 0x04) || !p256_uncompressed(raw, point))
			return crypto_refuse(PROBLEM_KEY_REFUSED);
		key.algorithm = SIGN_P256;
		key.pkey = p256_pkey(point);
		key.fingerprint =
			fingerprint_of(SPKI_PREFIX_P256, sizeof SPKI_PREFIX_P256 - 1, point, sizeof point);
	}
	if (!key.pkey || !passes_public_check(key.pkey)) {
		EVP_PKEY_free(key.pkey);
		return crypto_refuse(PROBLEM_KEY_REFUSED);
	}
	struct public_key *out = malloc(sizeof *out);
	assert(out);
	*out = key;
	*ret = out;
	return PROBLEM_NONE;
}

enum sign_algorithm public_key_algorithm(const struct public_key *key)
{
	return key->algorithm;
}

struct sha256 public_key_fingerprint(const struct public_key *key)
{
	return key->fingerprint;
}

void public_key_destroy(struct public_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

/* In both: 0 says "does not verify", -1 "malformed", and both are no. */

static bool verify_p256(EVP_PKEY *pkey, struct bytes message, struct bytes signature)
{
	struct sha256 hash = sha256_of(message);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = context && EVP_PKEY_verify_init(context) == 1 &&
		  EVP_PKEY_verify(context, signature.at, signature.len, hash.octets, sizeof hash.octets) == 1;
	EVP_PKEY_CTX_free(context);
	return ok;
}

static bool verify_ed25519(EVP_PKEY *pkey, struct bytes message, struct bytes signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context &&
		  EVP_DigestVerifyInit_ex(context, NULL, /* digest */ NULL, NULL, NULL, pkey, NULL) == 1 &&
		  EVP_DigestVerify(context, signature.at, signature.len, message.at, message.len) == 1;
	EVP_MD_CTX_free(context);
	return ok;
}

enum problem verify(const struct public_key *key, struct bytes message, struct bytes signature)
{
	bool ok = key->algorithm == SIGN_P256 ? verify_p256(key->pkey, message, signature)
					      : verify_ed25519(key->pkey, message, signature);
	return ok ? PROBLEM_NONE : crypto_refuse(PROBLEM_SIGNATURE);
}

bool verify_spki(void *unused, struct bytes spki, struct bytes message, struct bytes signature)
{
	(void)unused;
	struct public_key *key;
	if (public_key_parse(spki, &key))
		return false;
	bool ok = !verify(key, message, signature);
	public_key_destroy(key);
	return ok;
}
