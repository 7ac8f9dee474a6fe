/* SPDX-License-Identifier: Apache-2.0
 * The signing side: what the child process does with each frame. */
#ifndef SERVICE_PRIV_H
#define SERVICE_PRIV_H

#include "frame_priv.h"

enum { KEK_LEN = 32, KEK_RING_MAX = 3 };

/* Reads the key-encryption key: a regular file of our own, mode 0600 or narrower, 64 hexadecimal digits and a newline.
 * NULL, or why it is not used. */
const char *kek_read(const char *path, uint8_t ret[KEK_LEN]);

/* Keys that wrappings may open with: the first wraps. */
struct kek_ring {
	size_t count;
	uint8_t keys[KEK_RING_MAX][KEK_LEN];
	bool has_next; /* the first is one that takes the place of the second */
};
/* Reads the file at `path` and that of the next beside it (SIGNER_KEK_NEXT). Keys of the ring that neither has stay behind them, for what was
 * fetched before they were replaced. What cannot be read leaves the ring as it is. */
void kek_ring_read(const char *path, struct kek_ring *ring);

struct service;

struct service *service_create(const uint8_t kek[KEK_LEN]); /* keeps a copy, locked in memory where allowed */
/* One that has no key-encryption key: it signs for the log alone, with keys that the agent at `socket` holds, and believes no
 * signature that does not verify. `socket` outlives it. */
struct service *service_create_for_agent(const char *socket);
/* From now on it looks into the file again, and for the next key beside it, when a wrapping does not open, before it makes a key and
 * when it wraps anew: so a running signer goes over to the next key by itself. `kek_file` outlives the service. */
void service_follow(struct service *service, const char *kek_file);
void service_destroy(struct service *service); /* erases it */
/* Answers frames until the other side hangs up: true. false: it spoke another protocol. Makes at most so many signatures a
 * second, and a second's worth at once: whoever has taken over the server cannot sign a year in a night. */
bool service_run(struct service *service, int socket, int64_t signatures_per_s);
/* One frame, for tests and fuzzing: the reply as a whole frame. */
struct bytes service_answer(struct service *service, struct arena *arena, enum frame_type type,
			    struct bytes payload);

#endif
