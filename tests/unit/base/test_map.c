/* SPDX-License-Identifier: Apache-2.0
 * The map from bytes to pointers, against a list that is searched from end to end. */
#include "ft/base/map.h"

#include "../check.h"

static void a_key_finds_its_value_and_no_other(void **state)
{
	int one = 1, two = 2;
	struct map *map = map_create(*state, 0);
	assert_null(map_get(map, str_bytes(STR("a"))));
	map_set(map, str_bytes(STR("a")), &one);
	map_set(map, str_bytes(STR("a\0")), &two);
	assert_ptr_equal(map_get(map, str_bytes(STR("a"))), &one);
	assert_ptr_equal(map_get(map, str_bytes(STR("a\0"))), &two);
	assert_null(map_get(map, str_bytes(STR(""))));
	assert_int_equal(map_count(map), 2);
}

static void a_second_value_replaces_the_first_in_its_place(void **state)
{
	int one = 1, two = 2, three = 3;
	struct map *map = map_create(*state, 4);
	map_set(map, str_bytes(STR("x")), &one);
	map_set(map, str_bytes(STR("y")), &two);
	map_set(map, str_bytes(STR("x")), &three);
	assert_int_equal(map_count(map), 2);
	assert_ptr_equal(map_at(map, 0), &three);
	assert_ptr_equal(map_at(map, 1), &two);
}

static void it_agrees_with_a_list_while_it_grows(void **state)
{
	enum { KEYS = 700, ROUNDS = 5000 };
	static uint32_t keys[KEYS];
	static int values[ROUNDS], *expected[KEYS];
	uint64_t seed = 13;
	struct map *map = map_create(*state, 3);
	size_t distinct = 0;
	for (uint32_t i = 0; i < KEYS; i++)
		keys[i] = i;
	for (size_t round = 0; round < ROUNDS; round++) {
		size_t k = next_random(&seed) % KEYS;
		assert_ptr_equal(map_get(map, MAP_KEY(keys[k])), expected[k]);
		distinct += !expected[k];
		expected[k] = &values[round];
		map_set(map, MAP_KEY(keys[k]), expected[k]);
		assert_int_equal(map_count(map), distinct);
	}
	for (size_t k = 0; k < KEYS; k++)
		assert_ptr_equal(map_get(map, MAP_KEY(keys[k])), expected[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_key_finds_its_value_and_no_other),
		TEST(a_second_value_replaces_the_first_in_its_place),
		TEST(it_agrees_with_a_list_while_it_grows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
