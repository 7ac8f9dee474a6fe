/* SPDX-License-Identifier: Apache-2.0
 * Crates and what is in them: worked examples, and random acts told at once or in two parts, in any order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/core/unit_history.h"

#include "generator.h"

static struct uuid id_of(unsigned n)
{
	return (struct uuid){{(uint8_t)n, 7}};
}

static struct unit_act act(enum unit_act_kind kind, unsigned event, usec_t at, unsigned lot, int64_t amount)
{
	return (struct unit_act){
		.kind = kind,
		.at = at,
		.recorded_us = event,
		.event = id_of(event),
		.thing = {.id = id_of(lot), .measured = amount > 0, .base = decimal_of(amount)}};
}

static struct unit_act of_pack(enum unit_act_kind kind, unsigned event, usec_t at, unsigned lot,
			       const char *code)
{
	struct unit_act made = act(kind, event, at, lot, 1);
	made.thing.item = str_of(code);
	return made;
}

static struct unit_act of_unit(enum unit_act_kind kind, unsigned event, usec_t at, unsigned unit)
{
	struct unit_act made = act(kind, event, at, unit, 0);
	made.thing.is_unit = true;
	return made;
}

static int64_t held(const struct unit_history *history, unsigned lot)
{
	int64_t sum = 0;
	for (size_t i = 0; i < history->count; i++)
		if (!history->stays[i].ended && uuid_equal(history->stays[i].thing.id, id_of(lot)))
			for (struct decimal left = history->stays[i].thing.base; !decimal_is_zero(left);
			     sum++)
				left = decimal_sub(left, decimal_of(1));
	return sum;
}

static void a_unit_that_was_not_there_is_lacking(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct unit_history history;
	const struct unit_act acts[] = {of_unit(UNIT_LOAD, 1, 10, 1), of_unit(UNIT_UNLOAD, 2, 20, 1),
					of_unit(UNIT_UNLOAD, 3, 30, 1), of_unit(UNIT_UNLOAD, 4, 5, 2)};
	unit_history_tell(arena, NULL, 0, acts, 4, &history);
	assert_true(decimal_is_zero(history.lacking[1]));
	assert_int_equal(decimal_compare(history.lacking[2], decimal_of(1)), 0);
	assert_int_equal(decimal_compare(history.lacking[3], decimal_of(1)), 0);
	arena_destroy(arena);
}

static void a_part_goes_out_of_what_came_first(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct unit_history history;
	const struct unit_act acts[] = {act(UNIT_UNLOAD, 4, 30, 1, 12), act(UNIT_LOAD, 1, 10, 1, 10),
					act(UNIT_LOAD, 2, 20, 1, 5), act(UNIT_LOAD, 3, 20, 2, 8)};
	unit_history_tell(arena, NULL, 0, acts, 4, &history);
	assert_int_equal(held(&history, 1), 3);
	assert_int_equal(held(&history, 2), 8);
	assert_int_equal(history.count, 4);
	const struct unit_stay *rest = &history.stays[3];
	assert_true(uuid_equal(rest->event, id_of(4)) && rest->from_us == 30 && rest->act == 0);
	assert_int_equal(rest->rest, 1);
	assert_true(history.stays[0].ended && history.stays[0].to_us == 30);
	assert_true(decimal_is_zero(history.lacking[0]));
	arena_destroy(arena);
}

static void what_is_not_there_is_lacking(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct unit_history history;
	const struct unit_act acts[] = {act(UNIT_LOAD, 1, 10, 1, 10),  act(UNIT_UNLOAD, 2, 20, 1, 12),
					act(UNIT_UNLOAD, 3, 30, 2, 0), of_pack(UNIT_UNLOAD, 4, 40, 1, "A"),
					act(UNIT_LOAD, 5, 50, 1, 4),   act(UNIT_UNLOAD, 6, 60, 1, 1)};
	unit_history_tell(arena, NULL, 0, acts, 6, &history);
	assert_int_equal(held(&history, 1), 3);
	assert_int_equal(decimal_compare(history.lacking[1], decimal_of(2)), 0);
	assert_true(decimal_is_zero(history.lacking[2])); /* all of what is there was nothing */
	assert_int_equal(decimal_compare(history.lacking[3], decimal_of(1)), 0);
	assert_true(decimal_is_zero(history.lacking[5]));
	arena_destroy(arena);
}

static void packs_are_no_part_of_an_amount(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct unit_history history;
	const struct unit_act acts[] = {of_pack(UNIT_LOAD, 1, 10, 1, "A"), of_pack(UNIT_LOAD, 2, 11, 1, "B"),
					act(UNIT_LOAD, 3, 12, 1, 5), act(UNIT_UNLOAD, 4, 20, 1, 5),
					of_pack(UNIT_UNLOAD, 5, 21, 1, "B")};
	unit_history_tell(arena, NULL, 0, acts, 5, &history);
	assert_int_equal(held(&history, 1), 1);
	assert_false(history.stays[0].ended);
	const struct unit_act all[] = {acts[0], acts[2], act(UNIT_UNLOAD, 6, 30, 1, 0)};
	unit_history_tell(arena, NULL, 0, all, 3, &history);
	assert_int_equal(held(&history, 1), 0);
	arena_destroy(arena);
}

static void goods_that_are_used_leave_the_crates(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	struct unit_history history;
	const struct unit_act acts[] = {of_unit(UNIT_LOAD, 1, 10, 9), act(UNIT_LOAD, 2, 10, 1, 5),
					act(UNIT_USE, 3, 20, 0, 0), act(UNIT_LOAD, 4, 25, 1, 2),
					act(UNIT_EMPTY, 5, 30, 0, 0)};
	unit_history_tell(arena, NULL, 0, acts, 3, &history);
	assert_true(!history.stays[0].ended && history.stays[1].ended);
	unit_history_tell(arena, NULL, 0, acts, 5, &history);
	for (size_t i = 0; i < history.count; i++)
		assert_true(history.stays[i].ended);
	assert_int_equal(history.stays[0].to_us, 30);
	assert_int_equal(history.stays[1].to_us, 20);
	arena_destroy(arena);
}

static struct unit_act random_act(struct generator *g, unsigned event)
{
	static const enum unit_act_kind kinds[] = {UNIT_LOAD,   UNIT_LOAD,  UNIT_LOAD, UNIT_UNLOAD,
						   UNIT_UNLOAD, UNIT_EMPTY, UNIT_USE};
	enum unit_act_kind kind = kinds[generator_below(g, 7)];
	unsigned lot = 200 + (unsigned)generator_below(g, 3);
	usec_t at = (usec_t)generator_below(g, 20);
	if (generator_below(g, 8) == 0)
		return of_unit(kind, event, at, lot + 10);
	return act(kind, event, at, lot, 1 + (int64_t)generator_below(g, 9));
}

static bool same(const struct unit_stay *a, const struct unit_stay *b)
{
	return uuid_equal(a->event, b->event) && uuid_equal(a->thing.id, b->thing.id) &&
	       a->from_us == b->from_us && a->ended == b->ended && (!a->ended || a->to_us == b->to_us) &&
	       uuid_equal(a->to_event, b->to_event) && !decimal_compare(a->thing.base, b->thing.base);
}

/* From a moment on, told from what was in the unit then; the acts in another order. */
static void in_two_parts_and_any_order_it_is_the_same(void **state)
{
	enum { ROUNDS = 3000, ACTS = 12 };
	struct generator g = {20261122};
	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_create();
		struct unit_act acts[ACTS], early[ACTS], late[ACTS];
		struct unit_stay given[ACTS * 2];
		size_t early_count = 0, late_count = 0, given_count = 0, seen = 0;
		usec_t from = (usec_t)generator_below(&g, 20);
		for (unsigned i = 0; i < ACTS; i++)
			acts[i] = random_act(&g, i + 1);
		for (unsigned i = ACTS; i-- > 0;) {
			if (acts[i].at < from)
				early[early_count++] = acts[i];
			else
				late[late_count++] = acts[i];
		}
		struct unit_history whole, before, after;
		unit_history_tell(arena, NULL, 0, acts, ACTS, &whole);
		unit_history_tell(arena, NULL, 0, early, early_count, &before);
		for (size_t i = 0; i < before.count; i++)
			if (!before.stays[i].ended)
				given[given_count++] = before.stays[i];
		unit_history_tell(arena, given, given_count, late, late_count, &after);
		for (size_t i = 0; i < before.count; i++)
			for (size_t k = 0; before.stays[i].ended && k < whole.count; k++)
				seen += same(&before.stays[i], &whole.stays[k]);
		for (size_t i = 0; i < after.count; i++)
			for (size_t k = 0; k < whole.count; k++)
				seen += same(&after.stays[i], &whole.stays[k]);
		assert_int_equal(seen, whole.count);
		arena_destroy(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unit_that_was_not_there_is_lacking),
		cmocka_unit_test(a_part_goes_out_of_what_came_first),
		cmocka_unit_test(what_is_not_there_is_lacking),
		cmocka_unit_test(packs_are_no_part_of_an_amount),
		cmocka_unit_test(goods_that_are_used_leave_the_crates),
		cmocka_unit_test(in_two_parts_and_any_order_it_is_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
