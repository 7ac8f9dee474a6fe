/* SPDX-License-Identifier: Apache-2.0
 * Likely doubles: records with an id of their own that tell what another told minutes before or after. They are stored,
 * for only people can say whether it was done twice, and the answer names the other. */
#include <string.h>

#include "capture_priv.h"

static bool may_double(const struct item *item)
{
	return !item->problem && !item->replay;
}

static struct uuid recorder_of(const struct item *item)
{
	return item->job->party_count ? item->job->parties[0] : item->acting;
}

/* Names could be guessed from a digest that anybody can make. */
static int64_t blinded(const struct batch *batch, int64_t likeness)
{
	int64_t out;
	const struct bytes plain = {(const uint8_t *)&likeness, sizeof likeness};
	struct sha256 digest = hmac_sha256(sha256_bytes(&batch->capture->settings.vault->nonce_key), plain);
	memcpy(&out, digest.octets, sizeof out);
	return out;
}

void doubles_queue(struct batch *batch)
{
	static const usec_t around_us = RECORD_DOUBLE_S * USEC_PER_SEC;
	struct rows orgs = {0}, likenesses = {0};
	struct event_doubles_params params = {0};
	for (size_t i = 0; i < batch->count; i++) {
		struct item *item = &batch->items[i];
		if (!may_double(item))
			continue;
		usec_t at = item->time.at_us;
		item->likeness =
			blinded(batch, record_likeness(batch->arena, item->job->record, item->acting));
		params.since = !orgs.count || at - around_us < params.since ? at - around_us : params.since;
		params.until = !orgs.count || at + around_us > params.until ? at + around_us : params.until;
		*(struct uuid *)rows_add(batch->arena, &orgs, sizeof(struct uuid)) = recorder_of(item);
		*(int64_t *)rows_add(batch->arena, &likenesses, sizeof(int64_t)) = item->likeness;
	}
	params.orgs = rows_array(&orgs);
	params.likenesses = rows_array(&likenesses);
	db_queue(batch->db, &sql_event_doubles, &params);
}

static void told(struct batch *batch, struct uuid org, int64_t likeness, struct uuid event, usec_t at_us)
{
	struct told_fact *fact = arena_new(batch->arena, struct told_fact);
	struct told_key *key = arena_new(batch->arena, struct told_key);
	*key = (struct told_key){org, likeness};
	*fact = (struct told_fact){map_get(batch->told, MAP_KEY(*key)), event, at_us};
	map_set(batch->told, MAP_KEY(*key), fact);
}

enum problem doubles_take(struct batch *batch)
{
	struct event_doubles_row *rows;
	size_t count;
	enum problem p = db_take_many(batch->db, batch->arena, &sql_event_doubles, (void **)&rows, &count);
	batch->told = map_create(batch->arena, batch->count);
	for (size_t i = 0; !p && i < count; i++)
		told(batch, rows[i].org_id, rows[i].likeness, rows[i].id, rows[i].event_time);
	return p;
}

void doubles_warn(struct batch *batch, struct item *item)
{
	const struct told_key key = {item->recorder, item->likeness};
	const struct told_fact *fact = map_get(batch->told, MAP_KEY(key));
	while (fact && !record_times_are_near(fact->at_us, item->time.at_us))
		fact = fact->other;
	if (fact)
		item_warn(batch, item,
			  arena_printf(batch->arena, "likely-double %.*s",
				       STR_ARGS(uuid_print(batch->arena, fact->event)))
				  .at);
	told(batch, item->recorder, item->likeness, item->job->id, item->time.at_us);
}
