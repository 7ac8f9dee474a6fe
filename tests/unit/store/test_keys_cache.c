/* SPDX-License-Identifier: Apache-2.0
 * key_cache: what is known without the database, for how long, and that junk neither grows it nor drives
 * out a key. The table of keys is played by this test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "keys_priv.h"

enum { SECOND = 1000000, FRESH_S = 10 };
static const usec_t start_us = INT64_C(1777795200000000);

/* What the table holds. */
static struct row {
	struct sha256 hash;
	struct known_key key;
	bool revoked;
} row;
static int reads;
static struct key_cache *revoked_meanwhile; /* forgets the key while the row is being read */

bool key_secret_has_form(struct str bearer)
{
	return str_starts(bearer, STR("ftk_"));
}

enum problem key_find_by_hash(struct db *db, struct arena *arena, const struct sha256 *hash,
			      struct known_key *ret, bool *ret_revoked)
{
	(void)db;
	(void)arena;
	reads++;
	if (!sha256_equal(row.hash, *hash))
		return PROBLEM_NOT_FOUND;
	*ret = row.key;
	*ret_revoked = row.revoked;
	if (revoked_meanwhile)
		key_cache_forget(revoked_meanwhile, row.key.id);
	return PROBLEM_NONE;
}

struct fixture {
	struct arena *arena;
	struct key_cache *cache;
};

static int set_up(void **state)
{
	static const struct uuid parties[] = {{{7}}, {{8}}};
	static struct fixture f;
	f = (struct fixture){arena_create(), key_cache_create()};
	row = (struct row){.hash = sha256_of(str_bytes(STR("ftk_good"))),
			   .key = {.id = {{1}},
				   .scopes = KEY_READ | KEY_CAPTURE,
				   .region = STR("500112"),
				   .parties = parties,
				   .party_count = 2}};
	reads = 0;
	revoked_meanwhile = NULL;
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	key_cache_destroy(f->cache);
	arena_destroy(f->arena);
	return 0;
}

static enum problem get(struct fixture *f, const char *bearer, usec_t at_us, struct known_key *ret)
{
	return key_cache_get(f->cache, f->arena, str_of(bearer), at_us, ret);
}

static enum problem load(struct fixture *f, const char *bearer, usec_t at_us)
{
	struct known_key key;
	return key_cache_load(f->cache, NULL, f->arena, str_of(bearer), at_us, &key);
}

static void a_key_is_unknown_until_it_is_loaded_and_known_for_ten_seconds(void **state)
{
	struct fixture *f = *state;
	struct known_key key;
	assert_int_equal(get(f, "ftk_good", start_us, &key), PROBLEM_BUSY);
	assert_int_equal(load(f, "ftk_good", start_us), PROBLEM_NONE);
	assert_int_equal(get(f, "ftk_good", start_us + FRESH_S * SECOND - 1, &key), PROBLEM_NONE);
	assert_int_equal(key.scopes, KEY_READ | KEY_CAPTURE);
	assert_true(str_equal(key.region, STR("500112")));
	assert_int_equal(key.party_count, 2);
	assert_memory_equal(key.parties, row.key.parties, 2 * sizeof(struct uuid));
	assert_int_equal(get(f, "ftk_good", start_us + FRESH_S * SECOND, &key), PROBLEM_BUSY);
}

static void what_has_not_the_form_of_a_key_is_refused_without_a_look_up(void **state)
{
	struct known_key key;
	assert_int_equal(get(*state, "Bearer x", start_us, &key), PROBLEM_UNAUTHORIZED);
	assert_int_equal(load(*state, "Bearer x", start_us), PROBLEM_UNAUTHORIZED);
	assert_int_equal(reads, 0);
}

static void a_stranger_is_remembered(void **state)
{
	struct known_key key;
	assert_int_equal(load(*state, "ftk_stranger", start_us), PROBLEM_UNAUTHORIZED);
	assert_int_equal(get(*state, "ftk_stranger", start_us + SECOND, &key), PROBLEM_UNAUTHORIZED);
	assert_int_equal(get(*state, "ftk_stranger", start_us + FRESH_S * SECOND, &key), PROBLEM_BUSY);
}

static void a_revoked_key_opens_nothing_from_the_moment_it_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct known_key key;
	assert_int_equal(load(f, "ftk_good", start_us), PROBLEM_NONE);
	row.revoked = true;
	key_cache_forget(f->cache, row.key.id);
	assert_int_equal(get(f, "ftk_good", start_us, &key), PROBLEM_BUSY);
	assert_int_equal(load(f, "ftk_good", start_us), PROBLEM_UNAUTHORIZED);
	assert_int_equal(get(f, "ftk_good", start_us, &key), PROBLEM_UNAUTHORIZED);
}

static void a_row_read_before_the_revocation_is_not_brought_back_after_it(void **state)
{
	struct fixture *f = *state;
	struct known_key key;
	revoked_meanwhile = f->cache;
	(void)load(f, "ftk_good", start_us);
	assert_int_equal(get(f, "ftk_good", start_us, &key), PROBLEM_BUSY);
}

static void a_hundred_thousand_strangers_do_not_drive_out_a_key(void **state)
{
	struct fixture *f = *state;
	struct known_key key;
	assert_int_equal(load(f, "ftk_good", start_us), PROBLEM_NONE);
	for (int i = 0; i < 100000; i++) {
		struct arena *arena = arena_create();
		struct str junk = arena_printf(arena, "ftk_%d", i);
		assert_int_equal(key_cache_load(f->cache, NULL, arena, junk, start_us + i, &key),
				 PROBLEM_UNAUTHORIZED);
		arena_destroy(arena);
	}
	assert_int_equal(get(f, "ftk_good", start_us + SECOND, &key), PROBLEM_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_is_unknown_until_it_is_loaded_and_known_for_ten_seconds,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_has_not_the_form_of_a_key_is_refused_without_a_look_up,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_stranger_is_remembered, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_revoked_key_opens_nothing_from_the_moment_it_is_forgotten,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_row_read_before_the_revocation_is_not_brought_back_after_it,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_hundred_thousand_strangers_do_not_drive_out_a_key, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
