/* SPDX-License-Identifier: Apache-2.0
 * Randomness from the kernel, and ids made of it. */
#include "ft/crypto/random.h"

#include <errno.h>
#include <stdlib.h>

#include <sys/random.h>

void random_fill(void *at, size_t len)
{
	uint8_t *next = at;
	while (len > 0) {
		ssize_t got = getrandom(next, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		/* Nothing that follows would be safe: neither ids nor nonces nor keys. */
		if (got <= 0)
			abort();
		next += got;
		len -= (size_t)got;
	}
}

struct uuid uuid_make(usec_t now_us)
{
	uint8_t fresh[10];
	random_fill(fresh, sizeof fresh);
	return uuid_v7(now_us, fresh);
}
