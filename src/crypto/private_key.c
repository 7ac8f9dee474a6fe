/* SPDX-License-Identifier: Apache-2.0
 * Private keys: make, read, write, sign. */
#include <assert.h>
#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "crypto_priv.h"
#include "ft/crypto/sign.h"

enum { SIGNATURE_MAX_LEN = 72 }; /* ECDSA P-256 in DER; Ed25519 takes 64 */

enum problem crypto_refuse(enum problem failure)
{
	ERR_clear_error();
	return failure;
}

static enum problem own(enum sign_algorithm algorithm, EVP_PKEY *pkey, struct private_key **ret)
{
	if (!pkey)
		return crypto_refuse(PROBLEM_KEY_REFUSED);
	struct private_key *key = calloc(1, sizeof *key);
	assert(key);
	key->pkey = pkey;
	key->algorithm = algorithm;
	*ret = key;
	return PROBLEM_NONE;
}

enum problem private_key_generate(enum sign_algorithm algorithm, struct private_key **ret)
{
	switch (algorithm) {
	case SIGN_P256:
		return own(algorithm, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256"), ret);
	case SIGN_SM2:
		return own(algorithm, EVP_PKEY_Q_keygen(NULL, NULL, "SM2"), ret);
	case SIGN_ED25519:
		break;
	}
	return own(algorithm, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), ret);
}

static EVP_PKEY *pkey_of_scalar(const struct curve *curve, const BIGNUM *scalar,
				const uint8_t point[EC_POINT_LEN])
{
	EVP_PKEY *pkey = NULL;
	OSSL_PARAM *params = NULL;
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, curve->key_type, NULL);
	if (build && context &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group_name, 0) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1 &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, EC_POINT_LEN) == 1)
		params = OSSL_PARAM_BLD_to_param(build);
	if (params && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_KEYPAIR, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params); /* the scalar lies in its secure part, cleansed on release */
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* From 1 to n - 1; SM2 leaves n - 1 out as well, for s would be divided by zero (GB/T 32918.1, 6.1). */
static bool is_in_range(const struct curve *curve, const BIGNUM *scalar)
{
	BIGNUM *next = BN_dup(scalar);
	bool ok = next && !BN_is_zero(scalar) &&
		  (curve->algorithm != SIGN_SM2 || BN_add_word(next, 1) == 1) &&
		  BN_cmp(next, EC_GROUP_get0_order(curve->group())) < 0;
	BN_clear_free(next);
	return ok;
}

/* The raw form keeps the scalar alone, so the point is computed again. */
static EVP_PKEY *parse_scalar(const struct curve *curve, struct bytes raw)
{
	const EC_GROUP *group = curve->group();
	uint8_t encoded[EC_POINT_LEN];
	EVP_PKEY *pkey = NULL;
	BIGNUM *scalar = BN_secure_new();
	EC_POINT *point = EC_POINT_new(group);
	if (scalar && point && BN_bin2bn(raw.at, (int)raw.len, scalar) && is_in_range(curve, scalar)) {
		BN_set_flags(scalar, BN_FLG_CONSTTIME);
		if (EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
		    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, encoded, sizeof encoded,
				       NULL) == sizeof encoded)
			pkey = pkey_of_scalar(curve, scalar, encoded);
	}
	EC_POINT_free(point);
	BN_clear_free(scalar);
	return pkey;
}

enum problem private_key_parse(enum sign_algorithm algorithm, struct bytes raw, struct private_key **ret)
{
	const struct curve *curve = crypto_curve(algorithm);
	if (curve)
		return own(algorithm, raw.len == EC_SCALAR_LEN ? parse_scalar(curve, raw) : NULL, ret);
	if (algorithm != SIGN_ED25519 || raw.len != ED25519_LEN)
		return PROBLEM_KEY_REFUSED;
	return own(algorithm, EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, raw.at, raw.len), ret);
}

struct bytes private_key_raw(struct arena *arena, const struct private_key *key)
{
	size_t len = EC_SCALAR_LEN;
	uint8_t *out = arena_alloc(arena, len);
	int ok;
	if (crypto_curve(key->algorithm)) {
		BIGNUM *scalar = NULL;
		ok = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) == 1 &&
		     BN_bn2binpad(scalar, out, EC_SCALAR_LEN) == EC_SCALAR_LEN;
		BN_clear_free(scalar);
	} else {
		ok = EVP_PKEY_get_raw_private_key(key->pkey, out, &len) == 1;
	}
	assert(ok && len == EC_SCALAR_LEN);
	return (struct bytes){out, len};
}

void private_key_destroy(struct private_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey); /* cleanses the private part */
	free(key);
}

struct bytes private_key_spki(struct arena *arena, const struct private_key *key)
{
	uint8_t public[EC_POINT_LEN];
	size_t len = sizeof public;
	const struct curve *curve = crypto_curve(key->algorithm);
	if (curve) {
		int ok = EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY, public,
							 sizeof public, &len);
		assert(ok == 1 && len == EC_POINT_LEN);
		return spki_of_point(arena, curve, public);
	}
	int ok = EVP_PKEY_get_raw_public_key(key->pkey, public, &len);
	assert(ok == 1 && len == ED25519_LEN);
	return spki_of_ed25519(arena, public);
}

/* The digest is our own, fetched once; EVP_DigestSign would fetch it again for every signature. */
static bool sign_p256(EVP_PKEY *pkey, struct bytes message, uint8_t *out, size_t *len)
{
	struct sha256 hash = sha256_of(message);
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	bool ok = context && EVP_PKEY_sign_init(context) == 1 &&
		  EVP_PKEY_sign(context, out, len, hash.octets, sizeof hash.octets) == 1;
	EVP_PKEY_CTX_free(context);
	return ok;
}

/* Ed25519 hashes by itself and takes the message in one piece. */
static bool sign_ed25519(EVP_PKEY *pkey, struct bytes message, uint8_t *out, size_t *len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = context &&
		  EVP_DigestSignInit_ex(context, NULL, /* digest */ NULL, NULL, NULL, pkey, NULL) == 1 &&
		  EVP_DigestSign(context, out, len, message.at, message.len) == 1;
	EVP_MD_CTX_free(context);
	return ok;
}

/* A new context a signature: keys are shared by threads, contexts must not be. */
enum problem sign(struct arena *arena, const struct private_key *key, struct bytes message, struct bytes *ret)
{
	uint8_t *out = arena_alloc(arena, SIGNATURE_MAX_LEN);
	size_t len = SIGNATURE_MAX_LEN;
	bool ok = key->algorithm == SIGN_P256  ? sign_p256(key->pkey, message, out, &len)
		  : key->algorithm == SIGN_SM2 ? sm2_sign(key->pkey, SM2_DEFAULT_ID, message, out, &len)
					       : sign_ed25519(key->pkey, message, out, &len);
	if (!ok)
		return crypto_refuse(PROBLEM_INTERNAL);
	*ret = (struct bytes){out, len};
	return PROBLEM_NONE;
}
