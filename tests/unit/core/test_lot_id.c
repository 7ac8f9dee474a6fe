/* SPDX-License-Identifier: Apache-2.0
 * The outer word of a lot names both ids, and nothing else is read as one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "ft/core/lot_id.h"

#include "generator.h"

static void any_pair_of_ids_is_printed_and_read_back(void **state)
{
	struct generator g = {5};

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		struct arena *arena = arena_create();
		struct lot_id id, again;
		struct str word;

		id.org = generator_uuid(&g);
		id.lot = generator_uuid(&g);
		word = lot_id_print(arena, id);
		assert_int_equal(word.len, 47);
		assert_true(str_starts(word, STR("lot_")));
		assert_true(lot_id_parse(arena, word, &again));
		assert_true(uuid_equal(id.org, again.org) && uuid_equal(id.lot, again.lot));
		arena_destroy(arena);
	}
}

static void the_word_is_this_one(void **state)
{
	struct arena *arena = arena_create();
	struct lot_id id = {{{0xff, 0xfe}}, {{0}}};

	(void)state;
	assert_string_equal(lot_id_print(arena, id).at, "lot___4AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	arena_destroy(arena);
}

static void other_words_are_refused(void **state)
{
	static const char *const words[] = {
		"",
		"lot_",
		"lot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"lot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"LOT_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"lot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* stray bits */
		"lot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+A",
		"lot_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
	};
	struct arena *arena = arena_create();
	struct lot_id id = {{{7}}, {{7}}};

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (lot_id_parse(arena, str_of(words[i]), &id))
			fail_msg("%s", words[i]);
	assert_false(lot_id_parse(arena, (struct str){NULL, 0}, &id));
	assert_int_equal(id.org.octets[0], 7);
	arena_destroy(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_pair_of_ids_is_printed_and_read_back),
		cmocka_unit_test(the_word_is_this_one),
		cmocka_unit_test(other_words_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
