/* SPDX-License-Identifier: Apache-2.0
 * A token bucket that holds what one second brings. What is taken beyond it is a debt, and waited for. */
#ifndef BUCKET_PRIV_H
#define BUCKET_PRIV_H

#include <stdint.h>

struct bucket {
	int64_t per_s; /* 1 to 1,000,000 */
	int64_t micro; /* millionths of a token; below zero: a debt */
	int64_t at_us; /* of a clock that never goes back */
};
struct bucket bucket_full(int64_t per_s, int64_t now_us);
/* Takes `count`, at most 1,000,000, and gives how many microseconds to wait before they may be used. */
int64_t bucket_take(struct bucket *bucket, int64_t count, int64_t now_us);

#endif
