/* SPDX-License-Identifier: Apache-2.0
 * The newest published head of the log, in memory: what statements of the service say that they have seen. */
#ifndef FT_STORE_LOG_SEEN_H
#define FT_STORE_LOG_SEEN_H

#include "ft/crypto/digest.h"

struct seen_head {
	int64_t size; /* 0: none */
	struct sha256 root;
};
struct log_seen;
struct log_seen *log_seen_create(void);
void log_seen_destroy(struct log_seen *seen); /* NULL is fine */
/* A published head, which stays a part of the log for ever; an older one than is known is passed over. NULL is fine. */
void log_seen_put(struct log_seen *seen, int64_t size, struct sha256 root);
struct seen_head log_seen_get(struct log_seen *seen); /* of NULL: none */

#endif
