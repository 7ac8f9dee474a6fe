/* SPDX-License-Identifier: Apache-2.0
 * The signing side: what the child process does with each frame. */
#ifndef SERVICE_PRIV_H
#define SERVICE_PRIV_H

#include "frame_priv.h"

enum { KEK_LEN = 32 };

/* Reads the key-encryption key: a regular file of our own, mode 0600 or narrower, 64 hexadecimal digits and a newline.
 * NULL, or why it is not used. */
const char *kek_read(const char *path, uint8_t ret[KEK_LEN]);

struct service;

struct service *service_create(const uint8_t kek[KEK_LEN]); /* keeps a copy, locked in memory where allowed */
void service_destroy(struct service *service);              /* erases it */
/* Answers frames until the other side hangs up: true. false: it spoke another protocol. Makes at most so many signatures a
 * second, and a second's worth at once: whoever has taken over the server cannot sign a year in a night. */
bool service_run(struct service *service, int socket, int64_t signatures_per_s);
/* One frame, for tests and fuzzing: the reply as a whole frame. */
struct bytes service_answer(struct service *service, struct arena *arena, enum frame_type type,
			    struct bytes payload);

#endif
