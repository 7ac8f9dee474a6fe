/* SPDX-License-Identifier: Apache-2.0
 * Waiting until a signed head of the log covers records that were just stored, on nobody's thread: one thread of its own
 * asks for all that wait, whichever server numbers the log. */
#ifndef FT_STORE_LOG_WAIT_H
#define FT_STORE_LOG_WAIT_H

#include "ft/base/completion.h"
#include "ft/base/str.h"
#include "ft/base/time.h"
#include "ft/base/uuid.h"

enum { LOG_WAITERS_MAX = 1024, LOG_AWAITED_MAX = 20000 }; /* requests; events of all of them */

struct log_wait;
/* Whoever waits: theirs again when `done` has fired, which is without a problem, also when the time ran out. */
struct log_waiter {
	struct log_waiter *next; /* the table's, as what follows `covered` */
	struct completion *done;
	const struct uuid *events;
	size_t count;
	bool covered; /* result: a signed head covers every event */
	int64_t until_us, asked_size;
};

struct log_wait *log_wait_start(struct str conninfo, int statement_timeout_ms);
/* Never blocks. false: too many wait already, or it is ending: `done` will not fire. */
bool log_wait_for(struct log_wait *wait, struct log_waiter *waiter, int wait_s);
/* Lets all that wait go, and takes no more: before the server stops, for these are to be answered. */
void log_wait_end(struct log_wait *wait);  /* NULL is fine */
void log_wait_stop(struct log_wait *wait); /* likewise */

#endif
