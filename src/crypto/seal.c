/* SPDX-License-Identifier: Apache-2.0
 * AES-256-GCM (NIST SP 800-38D) with a random nonce, for keys at rest. */
#include "ft/crypto/seal.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "crypto_priv.h"
#include "ft/crypto/random.h"

void crypto_seal(const uint8_t key[32], struct bytes associated, struct bytes plain, uint8_t *out)
{
	assert(plain.len <= INT_MAX && associated.len <= INT_MAX);
	uint8_t *cipher = out + NONCE_LEN;
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int written = 0;
	int ok = context && EVP_EncryptInit_ex2(context, crypto_aes_256_gcm(), key, out, NULL) == 1;
	ok = ok && EVP_EncryptUpdate(context, NULL, &written, associated.at, (int)associated.len) == 1;
	ok = ok && EVP_EncryptUpdate(context, cipher, &written, plain.at, (int)plain.len) == 1;
	ok = ok && EVP_EncryptFinal_ex(context, cipher + plain.len, &written) == 1;
	ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, TAG_LEN, cipher + plain.len) == 1;
	EVP_CIPHER_CTX_free(context);
	assert(ok);
}

struct bytes seal(struct arena *arena, const uint8_t key[32], struct bytes associated, struct bytes plain)
{
	size_t len = NONCE_LEN + plain.len + TAG_LEN;
	uint8_t *out = arena_alloc(arena, len);
	random_fill(out, NONCE_LEN);
	crypto_seal(key, associated, plain, out);
	return (struct bytes){out, len};
}

enum problem unseal(struct arena *arena, const uint8_t key[32], struct bytes associated, struct bytes sealed,
		    struct bytes *ret)
{
	if (sealed.len < NONCE_LEN + TAG_LEN || sealed.len > INT_MAX || associated.len > INT_MAX)
		return PROBLEM_SIGNATURE;
	size_t len = sealed.len - NONCE_LEN - TAG_LEN;
	const uint8_t *cipher = sealed.at + NONCE_LEN;
	uint8_t tag[TAG_LEN];
	memcpy(tag, cipher + len, TAG_LEN);
	uint8_t *plain = arena_alloc(arena, len + 1); /* + 1: an empty plain text is a text too */

	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int written = 0;
	int ok = context && EVP_DecryptInit_ex2(context, crypto_aes_256_gcm(), key, sealed.at, NULL) == 1;
	ok = ok && EVP_DecryptUpdate(context, NULL, &written, associated.at, (int)associated.len) == 1;
	ok = ok && EVP_DecryptUpdate(context, plain, &written, cipher, (int)len) == 1;
	ok = ok && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1;
	ok = ok && EVP_DecryptFinal_ex(context, plain + len, &written) == 1;
	EVP_CIPHER_CTX_free(context);
	if (!ok) {
		/* What was decrypted before the tag failed is unauthenticated and must not be seen. */
		OPENSSL_cleanse(plain, len);
		return crypto_refuse(PROBLEM_SIGNATURE);
	}
	*ret = (struct bytes){plain, len};
	return PROBLEM_NONE;
}
