/* SPDX-License-Identifier: Apache-2.0
 * "Prefer: wait" (RFC 7240): captures that are answered when a signed head of the log covers what they stored. */
#include <stddef.h>

#include "events_priv.h"

void patience_read(struct patience *patience, struct call *call)
{
	*patience = (struct patience){.call = call, .wait_s = call_preferred_wait(call)};
}

/* Only what is in: a record that was refused has no place in the log. */
static void gather(struct patience *patience)
{
	const struct capture_unit *unit = patience->unit;
	struct uuid *events = arena_array(patience->call->arena, struct uuid, unit->count);
	for (size_t i = 0; i < unit->count; i++)
		if (!unit->jobs[i].problem)
			events[patience->waiter.count++] = unit->jobs[i].id;
	patience->waiter.events = events;
	patience->waiter.done = patience->done;
}

static void on_stored(struct completion *completion, enum problem p)
{
	struct patience *patience =
		(struct patience *)(void *)((char *)completion - offsetof(struct patience, stored));
	struct completion *done = patience->done;
	if (!p && !patience->unit->kept && !patience->unit->problem) {
		gather(patience);
		if (patience->waiter.count &&
		    log_wait_for(call_app(patience->call)->log_wait, &patience->waiter, patience->wait_s))
			return;
	}
	done->fire(done, p);
}

enum problem patience_submit(struct patience *patience, struct call *call, struct capture_unit *unit,
			     struct completion *done)
{
	patience->stored.fire = on_stored;
	patience->done = done;
	patience->unit = unit;
	unit->done = patience->wait_s ? &patience->stored : done;
	return capture_submit(call_app(call)->capture, unit);
}

struct str patience_answer(const struct patience *patience, const struct capture_job *job)
{
	return patience->waiter.covered ? capture_answer_logged(job->arena, job->answer) : job->answer;
}

void patience_tell(const struct patience *patience, struct reply *reply)
{
	if (!patience->waiter.covered)
		return;
	struct reply_header *header = arena_new(patience->call->arena, struct reply_header);
	*header = (struct reply_header){"Preference-Applied",
					arena_printf(patience->call->arena, "wait=%d", patience->wait_s)};
	reply->headers = header;
	reply->header_count = 1;
}
