/* SPDX-License-Identifier: Apache-2.0
 * What handlers share: the caller as row security sees it, the request as pages see it. */
#include "ft/api/app.h"

#include "queries.h"

bool call_sees_all(const struct call *call)
{
	return (call->caller.scopes & SCOPE_ADMIN) && !call->caller.region.at && !call->caller.party_count;
}

bool call_acts_for(const struct call *call, struct uuid party)
{
	if (call_sees_all(call))
		return true;
	for (size_t i = 0; i < call->caller.party_count; i++)
		if (uuid_equal(call->caller.parties[i], party))
			return true;
	return false;
}

static struct uuid *events_of(const struct call *call, const struct trail *trail, size_t *ret_count)
{
	const struct trail_step *steps = trail->steps.items;
	struct uuid *events = arena_array(call->arena, struct uuid, trail->steps.count);
	size_t count = 0;
	for (size_t i = 0; i < trail->steps.count; i++)
		count += uuid_parse(steps[i].event, &events[count]);
	*ret_count = count;
	return events;
}

void app_examine_trail(const struct call *call, const struct trail *trail)
{
	size_t count;
	const struct uuid *events = events_of(call, trail, &count);
	log_examine(call_app(call)->sequencer, events, count);
}

bool app_trail_is_unwitnessed(const struct call *call, const struct trail *trail)
{
	const struct policy *policy = call_app(call)->log_policy;
	struct log_events_wait_row row;
	size_t count;
	struct uuid *events = events_of(call, trail, &count);
	const struct log_events_wait_params params = {{events, count}};
	if (!policy || !policy->quorum || !count)
		return false;
	return !log_events_wait(call_db(call), call->arena, &params, &row) && !row.published;
}

struct page call_page(const struct call *call)
{
	const struct config *config = call_app(call)->config;
	return (struct page){.language = call->language,
			     .path = call->path,
			     .raw_query = call->raw_query,
			     .public_url = config->public_url,
			     .mirrors = config->log_mirrors,
			     .demonstration = config->demonstration};
}

void reply_page(struct reply *reply, struct str html)
{
	reply->raw = html;
	reply->media_type = "text/html; charset=utf-8";
	reply->cache_control = "public, max-age=300";
	reply->vary_accept = true;
}

struct db_scope call_scope(const struct call *call)
{
	return (struct db_scope){.key = call->caller.key,
				 .region = call->caller.region,
				 .parties = call->caller.parties,
				 .party_count = call->caller.party_count,
				 .service = call_sees_all(call)};
}
