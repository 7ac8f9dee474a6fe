/* SPDX-License-Identifier: Apache-2.0
 * What is sent: a handler's reply or a problem, as status, headers and bytes, whatever the transport. */
#ifndef FT_HTTP_REPLY_PRIV_H
#define FT_HTTP_REPLY_PRIV_H

#include "ft/http/route.h"

enum { MESSAGE_MAX_HEADERS = 24 };

struct message_header {
	const char *name;
	const char *value; /* NUL-terminated, without line breaks */
};

/* One answer, complete but for Date, Content-Length and Connection. */
struct message {
	int status;
	struct str body;
	struct message_header headers[MESSAGE_MAX_HEADERS];
	size_t header_count;
};

/* Encodes what a handler filled; answers 304 when the caller has it already. */
void message_of_reply(struct call *call, const struct reply *reply, struct message *ret);

/* application/problem+json, or the page that `page` renders when the caller prefers HTML; `page` may be NULL.
 * call->route may be NULL. `retry_after_s` 0: 1 where the problem wants one. */
typedef struct str problem_page(struct call *call, enum problem p);
void message_of_problem(struct call *call, enum problem p, int retry_after_s, problem_page *page,
			struct message *ret);

/* 204; the caller adds Allow. */
void message_of_options(struct call *call, struct message *ret);

/* `value` is copied into the arena; one that would break the header block is left out. */
void message_add(struct arena *arena, struct message *message, const char *name, struct str value);

#endif
