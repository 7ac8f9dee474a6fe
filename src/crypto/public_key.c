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

struct bytes spki_of_ed25519(struct arena *arena, const uint8_t key[ED25519_LEN])
{
	struct buf out = buf_create(arena, sizeof SPKI_PREFIX_ED25519 + ED25519_LEN);
	buf_put(&out, STR(SPKI_PREFIX_ED25519));
	buf_put_bytes(&out, key, ED25519_LEN);
	return str_bytes(buf_str(&out));
}

static bool after_prefix(struct bytes spki, struct str prefix, size_t key_len, struct bytes *ret)
{
	if (spki.len != prefix.len + key_len || memcmp(spki.at, prefix.at, prefix.len) != 0)
		return false;
	*ret = (struct bytes){spki.at + prefix.len, key_len};
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
static bool uncompressed(const struct curve *curve, struct bytes encoded, uint8_t ret[EC_POINT_LEN])
{
	const EC_GROUP *group = curve->group();
	EC_POINT *point = EC_POINT_new(group);
	bool ok = point && EC_POINT_oct2point(group, point, encoded.at, encoded.len, NULL) == 1 &&
		  EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret, EC_POINT_LEN, NULL) ==
			  EC_POINT_LEN;
	EC_POINT_free(point);
	return ok;
}

static EVP_PKEY *pkey_of_point(const struct curve *curve, uint8_t point[EC_POINT_LEN])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
						 (char *)(uintptr_t)curve->group_name, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, EC_POINT_LEN),
		OSSL_PARAM_construct_end(),
	};
	EVP_PKEY *pkey = NULL;
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, curve->key_type, NULL);
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

static bool parse_ed25519(struct bytes spki, struct public_key *ret)
{
	struct bytes raw;
	if (!after_prefix(spki, STR(SPKI_PREFIX_ED25519), ED25519_LEN, &raw) || is_small_order(raw))
		return false;
	ret->algorithm = SIGN_ED25519;
	ret->pkey = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, raw.at, raw.len);
	ret->fingerprint = sha256_of(spki);
	return true;
}

static bool parse_point(struct bytes spki, const struct curve *curve, struct public_key *ret)
{
	struct bytes raw;
	uint8_t point[EC_POINT_LEN];
	if (!after_prefix(spki, curve->spki_prefix, EC_POINT_LEN, &raw) &&
	    !after_prefix(spki, curve->spki_prefix_compressed, EC_COMPRESSED_LEN, &raw))
		return false;
	/* Hybrid form (06, 07) is a third spelling of the same key that nobody needs. */
	if ((raw.len == EC_POINT_LEN && raw.at[0] != 0x04) || !uncompressed(curve, raw, point))
		return false;
	ret->algorithm = curve->algorithm;
	ret->pkey = pkey_of_point(curve, point);
	ret->fingerprint =
		sha256_of_parts((struct bytes[]){str_bytes(curve->spki_prefix), {point, sizeof point}}, 2);
	return true;
}

enum problem public_key_parse(struct bytes spki, struct public_key **ret)
{
	struct public_key key = {0};
	bool has_form = parse_ed25519(spki, &key);
	for (size_t i = 0; i < CURVE_COUNT && !has_form; i++)
		has_form = parse_point(spki, &crypto_curves[i], &key);
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

struct bytes public_key_spki(struct arena *arena, const struct public_key *key)
{
	uint8_t raw[EC_POINT_LEN];
	size_t len = sizeof raw;
	const struct curve *curve = crypto_curve(key->algorithm);
	int ok = curve ? EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY, raw, sizeof raw,
							 &len)
		       : EVP_PKEY_get_raw_public_key(key->pkey, raw, &len);
	assert(ok == 1);
	return curve ? spki_of_point(arena, curve, raw) : spki_of_ed25519(arena, raw);
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
	bool ok = key->algorithm == SIGN_P256  ? verify_p256(key->pkey, message, signature)
		  : key->algorithm == SIGN_SM2 ? sm2_verify(key->pkey, SM2_DEFAULT_ID, message, signature)
					       : verify_ed25519(key->pkey, message, signature);
	return ok ? PROBLEM_NONE : crypto_refuse(PROBLEM_SIGNATURE);
}

enum problem verify_sm2_with_id(const struct public_key *key, struct str id, struct bytes message,
				struct bytes signature)
{
	bool ok = key->algorithm == SIGN_SM2 && sm2_verify(key->pkey, id, message, signature);
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
