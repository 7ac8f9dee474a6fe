/* SPDX-License-Identifier: Apache-2.0
 * The operating system's randomness. */
#ifndef FT_CRYPTO_RANDOM_H
#define FT_CRYPTO_RANDOM_H

#include "ft/base/uuid.h"

void random_fill(void *at, size_t len); /* ends the process when there is no randomness */
struct uuid uuid_make(usec_t now_us);   /* a version 7 id with fresh random bits */

#endif
