/* SPDX-License-Identifier: Apache-2.0
 * Plays the acts of a unit in the order of their times. What came in first goes out first. */
#include "ft/core/unit_history.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const unit_act_words[UNIT_ACT_KINDS] = {
	[UNIT_LOAD] = "load", [UNIT_UNLOAD] = "unload", [UNIT_EMPTY] = "empty", [UNIT_USE] = "use"};

struct play {
	struct unit_history *history;
	const struct unit_act *acts;
	size_t *open; /* stays that have not ended, as they came in */
	size_t open_count;
};

static int order_of(const void *a, const void *b)
{
	const struct unit_act *x = *(const struct unit_act *const *)a,
			      *y = *(const struct unit_act *const *)b;
	int events = memcmp(x->event.octets, y->event.octets, sizeof x->event.octets);
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->recorded_us != y->recorded_us)
		return x->recorded_us < y->recorded_us ? -1 : 1;
	return events ? events : (x->n > y->n) - (x->n < y->n);
}

static bool is_pack(const struct unit_thing *thing)
{
	return thing->item.at != NULL;
}

/* Whether an unload of `asked` means what is there: an amount of a lot is not taken out of single packs of it. */
static bool is_meant(const struct unit_thing *there, const struct unit_thing *asked)
{
	if (is_pack(asked))
		return is_pack(there) && str_equal(there->item, asked->item);
	return uuid_equal(there->id, asked->id) && !(asked->measured && is_pack(there));
}

static void begin(struct play *play, const struct unit_act *act, int64_t rest, struct unit_thing thing)
{
	struct unit_history *h = play->history;
	play->open[play->open_count++] = h->count;
	h->stays[h->count++] = (struct unit_stay){.thing = thing,
						  .event = act->event,
						  .n = act->n,
						  .from_us = act->at,
						  .act = act - play->acts,
						  .rest = rest};
}

static void end(struct unit_stay *stay, const struct unit_act *act)
{
	stay->ended = true;
	stay->to_us = act->at;
	stay->to_event = act->event;
}

/* Drops the stays that have ended, and keeps the order of the others. */
static void close_ended(struct play *play)
{
	size_t left = 0;
	for (size_t i = 0; i < play->open_count; i++)
		if (!play->history->stays[play->open[i]].ended)
			play->open[left++] = play->open[i];
	play->open_count = left;
}

/* What is left of a part goes on as a stay of its own. */
static void take_out(struct play *play, const struct unit_act *act)
{
	static const struct decimal none = {0};
	struct unit_stay *stays = play->history->stays;
	bool counted = act->thing.measured && !is_pack(&act->thing);
	struct decimal left = act->thing.base;
	bool found = false;
	size_t count = play->open_count;
	for (size_t i = 0; i < count && !(counted && decimal_is_zero(left)); i++) {
		struct unit_stay *stay = &stays[play->open[i]];
		if (!is_meant(&stay->thing, &act->thing))
			continue;
		found = true;
		end(stay, act);
		if (!counted)
			continue;
		struct decimal rest = decimal_sub(stay->thing.base, left);
		if (decimal_compare(rest, none) <= 0) {
			left = decimal_sub(left, stay->thing.base);
			continue;
		}
		struct unit_thing remains = stay->thing;
		remains.base = rest;
		left = none;
		begin(play, act, stay - stays, remains);
	}
	if (act->thing.measured && (counted || !found))
		play->history->lacking[act - play->acts] = left;
	else if (act->thing.is_unit && !found)
		play->history->lacking[act - play->acts] = decimal_of(1);
}

static void empty(struct play *play, const struct unit_act *act)
{
	for (size_t i = 0; i < play->open_count; i++) {
		struct unit_stay *stay = &play->history->stays[play->open[i]];
		if (act->kind == UNIT_EMPTY || !stay->thing.is_unit)
			end(stay, act);
	}
}

static void play_act(struct play *play, const struct unit_act *act)
{
	if (act->kind == UNIT_LOAD) {
		begin(play, act, UNIT_STAY_GIVEN, act->thing);
		return;
	}
	if (act->kind == UNIT_UNLOAD)
		take_out(play, act);
	else
		empty(play, act);
	close_ended(play);
}

void unit_history_tell(struct arena *arena, const struct unit_stay *given, size_t given_count,
		       const struct unit_act *acts, size_t act_count, struct unit_history *ret)
{
	const struct unit_act **order = arena_array(arena, const struct unit_act *, act_count + 1);
	struct unit_history history = {
		.stays = arena_array(arena, struct unit_stay, given_count + act_count + 1),
		.count = given_count,
		.lacking = arena_array(arena, struct decimal, act_count + 1)};
	struct play play = {&history, acts, arena_array(arena, size_t, given_count + act_count + 1), 0};
	for (size_t i = 0; i < given_count; i++) {
		history.stays[i] = given[i];
		history.stays[i].act = history.stays[i].rest = UNIT_STAY_GIVEN;
		history.stays[i].ended = false;
		play.open[play.open_count++] = i;
	}
	for (size_t i = 0; i < act_count; i++)
		order[i] = &acts[i];
	qsort(order, act_count, sizeof *order, order_of);
	for (size_t i = 0; i < act_count; i++)
		play_act(&play, order[i]);
	*ret = history;
}
