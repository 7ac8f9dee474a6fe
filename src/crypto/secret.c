/* SPDX-License-Identifier: Apache-2.0
 * Erasing secrets, and OpenSSL's secure heap. */
#include "ft/crypto/secret.h"

#include <openssl/crypto.h>

enum { SMALLEST_BLOCK = 32 };

void secret_erase(void *at, size_t len)
{
	OPENSSL_cleanse(at, len);
}

bool secret_heap_open(size_t size)
{
	/* 1: made and locked; 2: made, but mlock or a guard page failed; 0: not made */
	return CRYPTO_secure_malloc_init(size, SMALLEST_BLOCK) == 1;
}
