/* SPDX-License-Identifier: Apache-2.0
 * How many signatures a second there are at most. */
#include "bucket_priv.h"

enum { USEC = 1000000 };

struct bucket bucket_full(int64_t per_s, int64_t now_us)
{
	return (struct bucket){.per_s = per_s, .micro = per_s * USEC, .at_us = now_us};
}

int64_t bucket_take(struct bucket *bucket, int64_t count, int64_t now_us)
{
	int64_t whole = bucket->per_s * USEC, missing = whole - bucket->micro;
	int64_t since_us = now_us > bucket->at_us ? now_us - bucket->at_us : 0;
	/* Each microsecond brings per_s millionths; beyond full nothing is added, so nothing can overflow. */
	int64_t gained = since_us > missing / bucket->per_s ? missing : since_us * bucket->per_s;
	bucket->micro += gained - count * USEC;
	bucket->at_us = now_us > bucket->at_us ? now_us : bucket->at_us;
	return bucket->micro < 0 ? (-bucket->micro + bucket->per_s - 1) / bucket->per_s : 0;
}
