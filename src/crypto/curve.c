/* SPDX-License-Identifier: Apache-2.0
 * P-256 and SM2 side by side, and SM2's own signatures. */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>

#include "crypto_priv.h"

enum { DER_MAX_LEN = 72, HALF = SM2_SIGNATURE_LEN / 2 };

const struct curve crypto_curves[CURVE_COUNT] = {
	{SIGN_P256,
	 "EC",
	 "prime256v1",
	 crypto_p256,
	 {SPKI_PREFIX_P256, sizeof SPKI_PREFIX_P256 - 1},
	 {SPKI_PREFIX_P256_COMPRESSED, sizeof SPKI_PREFIX_P256_COMPRESSED - 1}},
	{SIGN_SM2,
	 "SM2",
	 "SM2",
	 crypto_sm2,
	 {SPKI_PREFIX_SM2, sizeof SPKI_PREFIX_SM2 - 1},
	 {SPKI_PREFIX_SM2_COMPRESSED, sizeof SPKI_PREFIX_SM2_COMPRESSED - 1}},
};

const struct curve *crypto_curve(enum sign_algorithm algorithm)
{
	for (size_t i = 0; i < CURVE_COUNT; i++)
		if (crypto_curves[i].algorithm == algorithm)
			return &crypto_curves[i];
	return NULL;
}

struct bytes spki_of_point(struct arena *arena, const struct curve *curve, const uint8_t point[EC_POINT_LEN])
{
	struct buf out = buf_create(arena, curve->spki_prefix.len + EC_POINT_LEN);
	buf_put(&out, curve->spki_prefix);
	buf_put_bytes(&out, point, EC_POINT_LEN);
	return str_bytes(buf_str(&out));
}

/* Without the id OpenSSL takes an empty one, which verifies with itself and with nobody else. It is set once the context
 * is: given along as a parameter of the start, some releases of OpenSSL 3.0 take it and others refuse it. */
static bool set_up(EVP_MD_CTX *context, EVP_PKEY *pkey, struct str id, bool verifies)
{
	EVP_PKEY_CTX *of_key;
	return (verifies ? EVP_DigestVerifyInit_ex(context, &of_key, "SM3", NULL, NULL, pkey, NULL)
			 : EVP_DigestSignInit_ex(context, &of_key, "SM3", NULL, NULL, pkey, NULL)) == 1 &&
	       EVP_PKEY_CTX_set1_id(of_key, id.at, id.len) == 1;
}

bool sm2_sign(EVP_PKEY *pkey, struct str id, struct bytes message, uint8_t *out, size_t *len)
{
	uint8_t der[DER_MAX_LEN];
	size_t der_len = sizeof der;
	const uint8_t *at = der;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	ECDSA_SIG *pair = NULL;
	bool ok = context && set_up(context, pkey, id, /* verifies */ false) &&
		  EVP_DigestSign(context, der, &der_len, message.at, message.len) == 1 &&
		  (pair = d2i_ECDSA_SIG(NULL, &at, (long)der_len)) != NULL &&
		  BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, HALF) == HALF &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + HALF, HALF) == HALF;
	ECDSA_SIG_free(pair);
	EVP_MD_CTX_free(context);
	*len = SM2_SIGNATURE_LEN;
	return ok;
}

/* OpenSSL wants DER. */
static int der_of(struct bytes signature, uint8_t **ret)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature.at, HALF, NULL), *s = BN_bin2bn(signature.at + HALF, HALF, NULL);
	int len = -1;
	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair's now */
		len = i2d_ECDSA_SIG(pair, ret);
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return len;
}

bool sm2_verify(EVP_PKEY *pkey, struct str id, struct bytes message, struct bytes signature)
{
	uint8_t *der = NULL;
	if (signature.len != SM2_SIGNATURE_LEN)
		return false;
	int len = der_of(signature, &der);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool ok = len > 0 && context && set_up(context, pkey, id, /* verifies */ true) &&
		  EVP_DigestVerify(context, der, (size_t)len, message.at, message.len) == 1;
	EVP_MD_CTX_free(context);
	OPENSSL_free(der);
	return ok;
}
