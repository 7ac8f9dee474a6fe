/* SPDX-License-Identifier: Apache-2.0
 * The verdict of a trail, and until when it holds by itself. */
#include "trail_priv.h"

static const int64_t flag_of[] = {
	[VERDICT_RECALLED] = LOT_RECALLED,     [VERDICT_ON_HOLD] = LOT_ON_HOLD,
	[VERDICT_SUSPICIOUS] = LOT_SUSPICIOUS, [VERDICT_VOIDED] = LOT_VOIDED,
	[VERDICT_DESTROYED] = LOT_DESTROYED,   [VERDICT_RETURNED] = LOT_RETURNED,
};
enum { FLAG_VERDICTS = sizeof flag_of / sizeof *flag_of };
static const usec_t DAY_US = 86400 * USEC_PER_SEC, MINUTE_US = 60 * USEC_PER_SEC;

/* The lots whose state is that of the target: itself and its origins; what warns a consumer counts of every lot between
 * them too. */
static int64_t flags_of(const struct trail_facts *facts, const struct trail_node *node)
{
	bool is_end = node == facts->target || !decimal_is_zero(node->own) || !node->up.count;
	return is_end ? node->flags : node->flags & (LOT_RECALLED | LOT_ON_HOLD | LOT_SUSPICIOUS);
}

/* The first moment at which the lot's last day is over, in the offset of its own time. */
static usec_t expires_at(const struct trail_lots_row *lot)
{
	return (lot->expires_day.value + 1) * DAY_US - lot->offset_min * MINUTE_US;
}

/* The shelf life of an origin ends where it was made into something with a shelf life of its own, unless it was over
 * by then: pickles keep longer than the fresh roots, but nothing makes spoilt roots fresh. */
static bool expiry_counts(const struct trail_facts *facts, const struct trail_node *node)
{
	const struct trail_lots_row *target = facts->target->row;
	if (!node->row->expires_day.known || (node != facts->target && decimal_is_zero(node->own)))
		return false;
	return node == facts->target || !target->expires_day.known ||
	       node->row->expires_day.value < target->produced_day;
}

enum verdict trail_verdict(const struct trail_facts *facts, usec_t *ret_good_until_us)
{
	usec_t at = facts->ask->as_of_us < facts->ask->now_us ? facts->ask->as_of_us : facts->ask->now_us;
	usec_t good_until = facts->ask->now_us + DAY_US;
	int64_t flags = 0;
	bool expired = false, unregistered = false;
	for (size_t i = 0; i < facts->lot_count; i++) {
		const struct trail_node *node = trail_node_of(facts, facts->lots[i].lot_id);
		if (!node)
			continue;
		flags |= flags_of(facts, node);
		unregistered = unregistered || (decimal_is_zero(node->own) && !node->up.count);
		if (!expiry_counts(facts, node))
			continue;
		usec_t end = expires_at(node->row);
		expired = expired || end <= at;
		if (end > at && end < good_until)
			good_until = end;
	}
	*ret_good_until_us = good_until;
	for (int v = 0; v < FLAG_VERDICTS; v++)
		if (flags & flag_of[v])
			return (enum verdict)v;
	return expired ? VERDICT_EXPIRED : unregistered ? VERDICT_UNREGISTERED : VERDICT_REGISTERED;
}
