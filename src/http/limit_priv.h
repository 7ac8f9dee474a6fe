/* SPDX-License-Identifier: Apache-2.0
 * How often somebody may call, and how many bytes of bodies may be in memory together. */
#ifndef FT_HTTP_LIMIT_PRIV_H
#define FT_HTTP_LIMIT_PRIV_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "ft/base/uuid.h"

struct rate_table;

/* Fixed size from the start: an attacker with many addresses costs no memory. */
struct rate_table *rate_table_create(uint64_t seed);
void rate_table_destroy(struct rate_table *table);

/* Who is limited: a key, or an address (IPv6: its /64). 0 is nobody. */
uint64_t rate_subject_of_key(const struct rate_table *table, struct uuid key);
uint64_t rate_subject_of_address(const struct rate_table *table, const struct sockaddr *address);
/* A bucket of its own for one subject in one class of requests. */
uint64_t rate_bucket(uint64_t subject, uint64_t class_of_request);

/* Takes one token from the bucket, which holds a minute's worth and refills evenly. `now_ns` is monotonic.
 * Returns 0, or the milliseconds until there is a token again. Any thread. */
int64_t rate_take(struct rate_table *table, uint64_t bucket, unsigned per_min, int64_t now_ns);

struct body_budget {
	atomic_size_t used;
	size_t room;
};
bool body_reserve(struct body_budget *budget, size_t len); /* false: there is no room now */
void body_release(struct body_budget *budget, size_t len);

#endif
