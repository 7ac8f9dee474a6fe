/* SPDX-License-Identifier: Apache-2.0
 * Items in memory: what is counted, what is written and when, what is asked for again, and that memory stays bounded. The
 * table of scans is played by this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "queries.h"

#include "ft/store/item_memory.h"
#include "item_lots_priv.h"

enum { SECOND = 1000000, CODES = 40000 };
static const struct bytes key = {(const uint8_t *)"0123456789abcdef0123456789abcdef", 32};
static const usec_t start_us = INT64_C(1777795200000000);

static const struct item_rules rules = {.limits = {.hour_scans = 20,
						   .hour_networks = 2,
						   .day_networks = 8,
						   .early_scans = 5,
						   .early_networks = 3}};

static struct table {
	pthread_mutex_t lock;
	bool away;
	int refused, statements;
	int64_t scans, rows;
	usec_t first_us, last_us;
	uint64_t networks;
	int copied, lots, settled;
	int64_t copied_scans, lot_scans;
	uint64_t lot_networks;
	enum item_told told;
	struct str told_word;
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

enum problem db_open(struct str conninfo, int statement_timeout_ms, struct db **ret)
{
	(void)conninfo;
	(void)statement_timeout_ms;
	*ret = (struct db *)&table;
	return PROBLEM_NONE;
}

const struct db_scope db_program = {.service = true};

void db_act_for(struct db *db, const struct db_scope *scope)
{
	assert_ptr_equal(db, &table);
	assert_ptr_equal(scope, &db_program);
}

void db_close(struct db *db)
{
	(void)db;
}

enum problem code_scan_add(struct db *db, const struct code_scan_add_params *params, int64_t *ret_rows)
{
	(void)db;
	const int64_t *scans = params->scans.items, *networks = params->day_networks.items;
	const usec_t *first = params->first_at.items, *last = params->last_at.items;
	pthread_mutex_lock(&table.lock);
	bool away = table.away;
	table.refused += away;
	table.statements += !away;
	for (size_t i = 0; !away && i < params->code.count; i++) {
		table.scans += scans[i];
		table.networks |= (uint64_t)networks[i];
		table.first_us = first[i];
		table.last_us = last[i];
		table.rows++;
	}
	pthread_mutex_unlock(&table.lock);
	*ret_rows = (int64_t)params->code.count;
	return away ? PROBLEM_DB_UNAVAILABLE : PROBLEM_NONE;
}

enum problem db_tx(struct db *db, const struct db_scope *scope, db_tx_body *body, void *context,
		   bool *reterr_unknown)
{
	(void)scope, (void)reterr_unknown;
	return body(db, context);
}

enum problem lot_scan_add(struct db *db, const struct lot_scan_add_params *params, int64_t *ret_rows)
{
	(void)db, (void)ret_rows;
	pthread_mutex_lock(&table.lock);
	for (size_t i = 0; i < params->lot_id.count; i++) {
		table.lots++;
		table.lot_scans += ((const int64_t *)params->scans.items)[i];
		table.lot_networks |= (uint64_t)((const int64_t *)params->networks.items)[i];
		assert_true(((const struct str *)params->code.items)[i].len > 0);
		assert_int_equal(((const usec_t *)params->at.items)[i] % (600 * (usec_t)SECOND), 0);
	}
	pthread_mutex_unlock(&table.lock);
	return PROBLEM_NONE;
}

enum problem lot_scan_forget(struct db *db, const struct lot_scan_forget_params *params, int64_t *ret_rows)
{
	(void)db, (void)params, (void)ret_rows;
	return PROBLEM_NONE;
}

enum problem lot_scan_recent(struct db *db, struct arena *arena, const struct lot_scan_recent_params *params,
			     struct lot_scan_recent_row **ret_rows, size_t *ret_count)
{
	(void)db, (void)params;
	*ret_rows = arena_array(arena, struct lot_scan_recent_row, 2);
	*ret_count = 2; /* scanned before this process began */
	return PROBLEM_NONE;
}

usec_t item_alerts_since(usec_t now_us)
{
	return now_us;
}

enum problem item_alerts_settle(struct db *db, struct arena *arena, const struct item_rules *its_rules,
				const struct lot_id *lots, size_t count)
{
	(void)db, (void)arena, (void)lots;
	assert_ptr_equal(its_rules, &rules);
	pthread_mutex_lock(&table.lock);
	bool away = table.away;
	table.settled += away ? 0 : (int)count;
	table.refused += away;
	pthread_mutex_unlock(&table.lock);
	return away ? PROBLEM_DB_UNAVAILABLE : PROBLEM_NONE;
}

enum problem item_alerts_raise(struct db *db, struct arena *arena, const struct item_rules *its_rules,
			       const struct item_seen *copied, size_t copied_count,
			       const struct lot_seen *lots, size_t lot_count)
{
	(void)db, (void)arena;
	assert_ptr_equal(its_rules, &rules);
	pthread_mutex_lock(&table.lock);
	for (size_t i = 0; i < copied_count; i++, table.copied++)
		table.copied_scans = copied[i].item.hour_scans;
	for (size_t i = 0; i < lot_count; i++)
		table.told = lots[i].told;
	pthread_mutex_unlock(&table.lock);
	return PROBLEM_NONE;
}

static int refusals(void)
{
	pthread_mutex_lock(&table.lock);
	int refused = table.refused;
	pthread_mutex_unlock(&table.lock);
	return refused;
}

static void set_away(bool away)
{
	pthread_mutex_lock(&table.lock);
	table.away = away;
	pthread_mutex_unlock(&table.lock);
}

struct fixture {
	struct arena *arena;
	struct item_memory *memory;
};

static int set_up(void **state)
{
	static struct fixture f;
	table.away = false;
	table.refused = table.statements = 0;
	table.scans = table.rows = 0;
	table.networks = table.lot_networks = 0;
	table.copied = table.lots = table.settled = 0;
	table.copied_scans = table.lot_scans = 0;
	f = (struct fixture){arena_create(), item_memory_start(STR(""), 1000, key, &rules)};
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	item_memory_stop(f->memory);
	arena_destroy(f->arena);
	return 0;
}

/* Ends the memory, as at a graceful stop, so that everything is written. */
static void stop(struct fixture *f)
{
	item_memory_stop(f->memory);
	f->memory = NULL;
}

static struct code code_of(struct fixture *f, uint64_t n)
{
	return code_item(f->arena, n, key);
}

static void put(struct fixture *f, const struct code *code, usec_t now)
{
	const struct pack item = {.state = ITEM_ACTIVATED, .activated_us = start_us};
	item_memory_put(f->memory, item_memory_begin(f->memory), code, &item, now);
}

static const struct pack activated = {.state = ITEM_ACTIVATED};

static void count_at(struct item_memory *memory, struct arena *arena, const struct code *code, usec_t now,
		     struct str address)
{
	const struct item_scan scan = {.code = code, .item = &activated, .now_us = now, .address = address};
	item_memory_count(memory, arena, &scan);
}

static void count(struct fixture *f, const struct code *code, usec_t now)
{
	count_at(f->memory, f->arena, code, now, STR("203.0.113.9"));
}

static void count_from(struct fixture *f, const struct code *code, usec_t now, int network)
{
	count_at(f->memory, f->arena, code, now, arena_printf(f->arena, "203.0.%d.9", network));
}

static void who_scans_a_pack_often_is_no_copy(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	put(f, &code, start_us);
	for (int i = 0; i < 100; i++)
		count_from(f, &code, start_us + i, 7);
	stop(f);
	assert_int_equal(table.copied, 0);
}

static void copies_are_told_with_their_counts_once_an_hour(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	struct pack item;
	put(f, &code, start_us);
	for (int i = 0; i < 30; i++)
		count_from(f, &code, start_us + i, i % 5);
	item_memory_get(f->memory, &code, start_us, /* stale_is_fine */ true, &item);
	assert_int_equal(item.hour_scans, 30);
	assert_int_equal(item.hour_us % (3600 * (usec_t)SECOND), 0);
	stop(f);
	assert_int_equal(table.copied, 1);
	assert_int_equal(table.copied_scans, 30);
}

static void a_new_hour_begins_at_nought(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	struct pack item;
	put(f, &code, start_us);
	for (int i = 0; i < 38; i++) /* 19 in each of two hours, three networks */
		count_from(f, &code, start_us + i / 19 * 3600 * (usec_t)SECOND, i % 3);
	item_memory_get(f->memory, &code, start_us, /* stale_is_fine */ true, &item);
	assert_int_equal(item.hour_scans, 19);
	assert_int_equal(item.day_scans, 38);
	stop(f);
	assert_int_equal(table.copied, 0);
}

static void what_a_person_has_cleared_is_not_told_again(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	const struct pack cleared = {.state = ITEM_ACTIVATED, .suspicion = ITEM_CLEARED};
	item_memory_put(f->memory, item_memory_begin(f->memory), &code, &cleared, start_us);
	for (int i = 0; i < 30; i++)
		count_from(f, &code, start_us + i, i % 5);
	stop(f);
	assert_int_equal(table.copied, 0);
}

/* Packs of one lot, each scanned from one network at one moment. */
static void count_of_lot(struct fixture *f, const struct item_scan *as, uint64_t packs)
{
	for (uint64_t n = 0; n < packs; n++) {
		struct code code = code_of(f, n);
		struct item_scan scan = *as;
		item_memory_put(f->memory, item_memory_begin(f->memory), &code, as->item, start_us);
		scan.code = &code;
		scan.address = STR("203.0.4.9");
		item_memory_count(f->memory, f->arena, &scan);
	}
}

static void scans_are_counted_by_lot_and_network(void **state)
{
	struct fixture *f = *state;
	const struct pack issued = {.state = ITEM_ISSUED, .lot = {{{1}}, {{2}}}};
	count_of_lot(f, &(struct item_scan){.item = &issued, .told = ITEM_TOLD_EXPIRED, .now_us = start_us},
		     20);
	stop(f);
	assert_int_equal(table.lots, 1);
	assert_int_equal(table.told, ITEM_TOLD_EARLY); /* a code that is not in use, whatever the lot is */
	assert_int_equal(table.lot_scans, 20);
	assert_int_equal(__builtin_popcountll(table.lot_networks), 1); /* twenty packs, one visitor */
}

static void what_pages_said_is_counted_apart(void **state)
{
	struct fixture *f = *state;
	const struct pack one = {.state = ITEM_ACTIVATED, .lot = {{{1}}, {{2}}}},
			  two = {.state = ITEM_ACTIVATED, .lot = {{{1}}, {{3}}}};
	count_of_lot(f, &(struct item_scan){.item = &one, .now_us = start_us}, 3);
	count_of_lot(f, &(struct item_scan){.item = &two, .told = ITEM_TOLD_RETURNED, .now_us = start_us}, 2);
	stop(f);
	assert_int_equal(table.lots, 2);
}

static int settled(void)
{
	pthread_mutex_lock(&table.lock);
	int count = table.settled;
	pthread_mutex_unlock(&table.lock);
	return count;
}

static void lots_whose_records_change_are_judged_again(void **state)
{
	struct fixture *f = *state;
	const struct lot_id lot = {{{1}}, {{2}}};
	while (settled() < 2)
		usleep(1000);
	item_memory_settle(f->memory, &lot, 1);
	while (settled() < 3)
		usleep(1000);
	set_away(true);
	item_memory_settle(f->memory, &lot, 1);
	while (!refusals())
		usleep(1000);
	set_away(false);
	while (settled() < 4)
		usleep(1000);
	assert_true(settled() >= 4);
}

static void scans_show_at_once_and_are_written_at_the_end(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1), other = code_of(f, 2);
	struct pack item;
	put(f, &code, start_us);
	put(f, &other, start_us);
	for (int i = 0; i < 5; i++)
		count(f, &code, start_us + i);
	assert_true(item_memory_get(f->memory, &code, start_us + 9, false, &item));
	assert_int_equal(item.scans, 5);
	assert_true(item.first_scan_us == start_us && __builtin_popcountll(item.day_networks) == 1);
	assert_true(item_memory_get(f->memory, &other, start_us + 9, false, &item));
	assert_int_equal(item.scans, 0);
	stop(f);
	assert_int_equal(table.scans, 5);
	assert_true(table.first_us == start_us && table.last_us == start_us + 4);
}

static void what_was_counted_before_is_added_to(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	const struct pack known = {.state = ITEM_ACTIVATED, .first_scan_us = start_us - SECOND, .scans = 7};
	struct pack item;
	item_memory_put(f->memory, 0, &code, &known, start_us);
	count(f, &code, start_us);
	assert_true(item_memory_get(f->memory, &code, start_us, false, &item));
	assert_int_equal(item.scans, 8);
	assert_true(item.first_scan_us == start_us - SECOND);
}

static void what_is_ten_seconds_old_is_asked_for_again(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	struct pack item;
	assert_false(item_memory_get(f->memory, &code, start_us, true, &item));
	put(f, &code, start_us);
	assert_true(item_memory_get(f->memory, &code, start_us + 10 * SECOND - 1, false, &item));
	assert_false(item_memory_get(f->memory, &code, start_us + 10 * SECOND, false, &item));
	assert_true(item_memory_get(f->memory, &code, start_us + 10 * SECOND, true, &item));
}

static void what_was_read_before_a_mark_is_asked_for_again(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	const struct pack item = {.state = ITEM_ACTIVATED};
	struct pack got;
	uint64_t begun = item_memory_begin(f->memory);
	item_memory_forget(f->memory); /* voided while it was being read */
	item_memory_put(f->memory, begun, &code, &item, start_us);
	assert_false(item_memory_get(f->memory, &code, start_us, false, &got));
	put(f, &code, start_us);
	assert_true(item_memory_get(f->memory, &code, start_us, false, &got));
	item_memory_forget(f->memory);
	assert_false(item_memory_get(f->memory, &code, start_us, false, &got));
}

static void a_new_day_counts_its_networks_anew(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1);
	struct pack item;
	put(f, &code, start_us);
	for (int i = 0; i < 40; i++)
		count_at(f->memory, f->arena, &code, start_us, arena_printf(f->arena, "198.51.%d.1", i));
	assert_true(item_memory_get(f->memory, &code, start_us, true, &item));
	assert_in_range(__builtin_popcountll(item.day_networks), 15, 40);
	count(f, &code, start_us + INT64_C(86400) * SECOND);
	assert_true(item_memory_get(f->memory, &code, start_us, true, &item));
	assert_int_equal(__builtin_popcountll(item.day_networks), 1);
	assert_int_equal(item.scans, 41);
}

static void nothing_is_lost_while_the_database_is_away(void **state)
{
	struct fixture *f = *state;
	struct code code = code_of(f, 1), later = code_of(f, 2);
	set_away(true);
	put(f, &code, start_us);
	put(f, &later, start_us);
	count(f, &code, start_us);
	while (refusals() < 1)
		usleep(1000);
	count(f, &code, start_us + 1); /* while the first waits to be tried again */
	count(f, &later, start_us + 2);
	set_away(false);
	stop(f);
	assert_int_equal(table.scans, 3);
}

static void memory_is_bounded_and_waiting_scans_stay(void **state)
{
	struct fixture *f = *state;
	struct code first = code_of(f, 0);
	struct pack item;
	set_away(true); /* so that nothing is written meanwhile */
	put(f, &first, start_us);
	count(f, &first, start_us);
	int kept = 0;
	for (uint64_t n = 1; n < CODES; n++) {
		struct code code = code_of(f, n);
		put(f, &code, start_us);
	}
	for (uint64_t n = 1; n < CODES; n++) {
		struct code code = code_of(f, n);
		kept += item_memory_get(f->memory, &code, start_us, true, &item);
	}
	assert_in_range(kept, 20000, 8 * 4096);
	set_away(false);
	stop(f);
	assert_int_equal(table.scans, 1);
}

struct counting {
	struct fixture *f;
	const struct code *codes;
};

static void *count_many(void *context)
{
	struct counting *c = context;
	struct arena *arena = arena_create();
	for (int i = 0; i < 20000; i++)
		count_at(c->f->memory, arena, &c->codes[i % 3], start_us + i, STR("203.0.113.9"));
	arena_destroy(arena);
	return NULL;
}

static void scans_from_many_threads_are_all_written(void **state)
{
	enum { THREADS = 4 };
	struct fixture *f = *state;
	struct code codes[3] = {code_of(f, 1), code_of(f, 2), code_of(f, 3)};
	struct counting context = {f, codes};
	pthread_t threads[THREADS];
	for (int i = 0; i < 3; i++)
		put(f, &codes[i], start_us);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_many, &context), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	stop(f);
	assert_int_equal(table.scans, THREADS * 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_scans_a_pack_often_is_no_copy, set_up, tear_down),
		cmocka_unit_test_setup_teardown(copies_are_told_with_their_counts_once_an_hour, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_new_hour_begins_at_nought, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_a_person_has_cleared_is_not_told_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(scans_are_counted_by_lot_and_network, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_pages_said_is_counted_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lots_whose_records_change_are_judged_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(scans_show_at_once_and_are_written_at_the_end, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_counted_before_is_added_to, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_ten_seconds_old_is_asked_for_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_read_before_a_mark_is_asked_for_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_new_day_counts_its_networks_anew, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_lost_while_the_database_is_away, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(memory_is_bounded_and_waiting_scans_stay, set_up, tear_down),
		cmocka_unit_test_setup_teardown(scans_from_many_threads_are_all_written, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
