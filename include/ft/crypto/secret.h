/* SPDX-License-Identifier: Apache-2.0
 * Memory that holds secrets: erased for sure, and kept out of swap and dumps where the system allows it. */
#ifndef FT_CRYPTO_SECRET_H
#define FT_CRYPTO_SECRET_H

#include "ft/base/str.h"

void secret_erase(void *at, size_t len); /* not optimised away */
/* From now on private keys lie in a locked heap of this size between guard pages. Before the first key is made, once
 * in a process. false: the system would not lock it; keys then lie in a heap that may be swapped. */
bool secret_heap_open(size_t size);

#endif
