/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 and HMAC-SHA256, and the algorithms that the whole module fetches once. */
#include "ft/crypto/digest.h"

#include <assert.h>
#include <pthread.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "crypto_priv.h"

enum { SHA256_BLOCK_LEN = 64 };

/* Written once, before any reader can see it. */
static pthread_once_t algorithms_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_CIPHER *aes_256_gcm;
static EC_GROUP *p256, *sm2;
static pthread_key_t context_key;

static void release_context(void *context)
{
	EVP_MD_CTX_free(context);
}

static void fetch_algorithms(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	p256 = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	sm2 = EC_GROUP_new_by_curve_name(NID_sm2);
	int failed = pthread_key_create(&context_key, release_context);
	/* A libcrypto without these cannot run this program at all. */
	assert(sha256 && aes_256_gcm && p256 && sm2 && !failed);
}

const EVP_MD *crypto_sha256(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	return sha256;
}

const EVP_CIPHER *crypto_aes_256_gcm(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	return aes_256_gcm;
}

const EC_GROUP *crypto_p256(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	return p256;
}

const EC_GROUP *crypto_sm2(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	return sm2;
}

/* One context a thread, reused: half the cost of a new one for short inputs. Digest contexts must never be
 * shared. */
static EVP_MD_CTX *thread_context(void)
{
	pthread_once(&algorithms_once, fetch_algorithms);
	EVP_MD_CTX *context = pthread_getspecific(context_key);
	if (!context) {
		context = EVP_MD_CTX_new();
		int failed = !context || pthread_setspecific(context_key, context);
		assert(!failed);
	}
	return context;
}

struct sha256 sha256_of(struct bytes data)
{
	return sha256_of_parts(&data, 1);
}

struct sha256 sha256_of_parts(const struct bytes *parts, size_t count)
{
	EVP_MD_CTX *context = thread_context();
	int ok = EVP_DigestInit_ex2(context, sha256, NULL);
	for (size_t i = 0; i < count; i++)
		ok &= EVP_DigestUpdate(context, parts[i].at, parts[i].len);
	struct sha256 out;
	ok &= EVP_DigestFinal_ex(context, out.octets, NULL);
	assert(ok == 1);
	return out;
}

/* RFC 2104. */
struct sha256 hmac_sha256(struct bytes key, struct bytes data)
{
	uint8_t inner_pad[SHA256_BLOCK_LEN], outer_pad[SHA256_BLOCK_LEN];
	struct sha256 short_key;
	if (key.len > SHA256_BLOCK_LEN) {
		short_key = sha256_of(key);
		key = sha256_bytes(&short_key);
	}
	for (size_t i = 0; i < SHA256_BLOCK_LEN; i++) {
		uint8_t octet = i < key.len ? key.at[i] : 0;
		inner_pad[i] = octet ^ 0x36;
		outer_pad[i] = octet ^ 0x5c;
	}
	struct sha256 inner = sha256_of_parts((struct bytes[]){{inner_pad, sizeof inner_pad}, data}, 2);
	struct sha256 out =
		sha256_of_parts((struct bytes[]){{outer_pad, sizeof outer_pad}, sha256_bytes(&inner)}, 2);
	OPENSSL_cleanse(inner_pad, sizeof inner_pad);
	OPENSSL_cleanse(outer_pad, sizeof outer_pad);
	return out;
}

bool sha256_equal(struct sha256 a, struct sha256 b)
{
	return CRYPTO_memcmp(a.octets, b.octets, sizeof a.octets) == 0;
}
