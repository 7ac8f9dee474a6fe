/* SPDX-License-Identifier: Apache-2.0
 * Scopes have one word each. */
#include "check.h"

#include "ft/http/route.h"

static void words_and_bits_agree(void **state)
{
	(void)state;
	struct arena *arena = arena_create();
	for (unsigned bit = SCOPE_READ; bit <= SCOPE_ADMIN; bit <<= 1) {
		struct str word = scope_names(arena, bit);
		assert_true(word.len > 0);
		assert_int_equal(scope_by_name(word), bit);
	}
	assert_str(scope_names(arena, SCOPE_READ | SCOPE_PUBLIC | SCOPE_ADMIN), "read, admin");
	assert_int_equal(scope_names(arena, SCOPE_PUBLIC).len, 0);
	arena_destroy(arena);
}

static void an_unknown_word_grants_nothing(void **state)
{
	(void)state;
	assert_int_equal(scope_by_name(STR("root")), SCOPE_NOBODY);
	assert_int_equal(scope_by_name(STR("")), SCOPE_NOBODY);
	assert_int_equal(scope_by_name(STR("public")), SCOPE_NOBODY);
	assert_int_equal(scope_by_name((struct str){0}), SCOPE_NOBODY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_and_bits_agree),
		cmocka_unit_test(an_unknown_word_grants_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
