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

/* Neighbours name the same parties and places: what was just added is not added again. */
static void add_id(struct uuid *ids, size_t *count, const struct str *id)
{
	enum { LOOK_BACK = 8 };
	struct uuid found;
	if (!id || !id->at || !uuid_parse(*id, &found))
		return;
	for (size_t i = *count; i > 0 && i + LOOK_BACK > *count; i--)
		if (uuid_equal(ids[i - 1], found))
			return;
	ids[(*count)++] = found;
}

/* Its records, then what it says of goods, people and places. */
void app_examine_trail(const struct call *call, const struct trail *trail)
{
	enum { OF_A_STEP = 4, OF_THE_LOT = 2 };
	const struct trail_step *steps = trail->steps.items;
	const struct trail_lot *lot = trail->lot;
	size_t count = 0;
	struct uuid *ids = arena_array(call->arena, struct uuid, OF_THE_LOT + OF_A_STEP * trail->steps.count);
	for (size_t i = 0; i < trail->steps.count; i++)
		add_id(ids, &count, &steps[i].event);
	add_id(ids, &count, lot->product ? &lot->product->id : NULL);
	add_id(ids, &count, lot->issuer ? &lot->issuer->id : NULL);
	for (size_t i = 0; i < trail->steps.count; i++) {
		add_id(ids, &count, steps[i].party ? &steps[i].party->id : NULL);
		add_id(ids, &count, steps[i].to ? &steps[i].to->id : NULL);
		add_id(ids, &count, steps[i].place ? &steps[i].place->id : NULL);
	}
	log_examine(call_app(call)->sequencer, ids, count);
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
