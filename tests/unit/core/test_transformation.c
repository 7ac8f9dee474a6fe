/* SPDX-License-Identifier: Apache-2.0 */
#include "ft/core/transformation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int drop_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static struct uuid id_of(uint8_t n)
{
	return (struct uuid){{n, [6] = 0x70, [8] = 0x80}};
}

static void a_node_is_of_who_captured_and_of_every_spelling(void **state)
{
	struct str urn = STR("urn:epc:id:gdti:9521141.12345.400"),
		   link = STR("https://example.com/253/9521141123454400");
	struct lot_id a = transformation_node(*state, id_of(1), urn);
	assert_true(uuid_equal(a.org, id_of(1)));
	assert_true(uuid_equal(a.lot, transformation_node(*state, id_of(1), link).lot));
	assert_false(uuid_equal(a.lot, transformation_node(*state, id_of(2), urn).lot));
	assert_false(
		uuid_equal(a.lot, transformation_node(*state, id_of(1), STR("https://x.example/1")).lot));
	assert_true(is_transformation_node(a.lot));
	assert_false(is_transformation_node(id_of(1)));
}

static struct part_told told(uint8_t lot, const char *base, enum dimension dimension, const char *mass,
			     const char *unit, const char *value)
{
	struct part_told t = {.lot = id_of(lot),
			      .dimension = dimension,
			      .unit = unit ? unit_find(str_of(unit)) : NULL,
			      .value = str_of(value)};
	t.has_base = base && decimal_parse(str_of(base), &t.base);
	t.has_mass = mass && decimal_parse(str_of(mass), &t.mass);
	return t;
}

static void assert_parts(struct arena *arena, const struct part_told *a, const char *first,
			 const char *second, const char *sum)
{
	struct decimal total;
	struct decimal *parts = parts_in_common(arena, a, 2, &total);
	assert_true(str_equal(decimal_print(arena, parts[0]), str_of(first)));
	assert_true(str_equal(decimal_print(arena, parts[1]), str_of(second)));
	assert_true(str_equal(decimal_print(arena, total), str_of(sum)));
}

static void parts_are_in_the_best_measure_that_all_have(void **state)
{
	const enum dimension m = DIMENSION_MASS, v = DIMENSION_VOLUME, box = DIMENSION_PACKAGE;
	const struct part_told dimension[] = {told(1, "2", v, "9", "LTR", "2"),
					      told(2, "0.5", v, "9", "MLT", "500")};
	const struct part_told mass[] = {told(1, "2", v, "1.8", "LTR", "2"),
					 told(2, "3", m, "3", "KGM", "3")};
	const struct part_told boxes_of_one[] = {told(1, "2", box, NULL, "XBX", "2"),
						 told(1, "3", box, NULL, "XBX", "3")};
	const struct part_told boxes_weighed[] = {told(1, "2", box, "10", "XBX", "2"),
						  told(2, "3", box, "12", "XBX", "3")};
	const struct part_told boxes[] = {told(1, "2", box, NULL, "XBX", "2"),
					  told(2, "3", box, NULL, "XBX", "3")};
	const struct part_told nothing[] = {told(1, "2", v, NULL, "LTR", "2"),
					    told(2, "3", m, "3", "KGM", "3")};
	const struct part_told silent[] = {told(1, NULL, m, NULL, NULL, ""),
					   told(2, NULL, m, NULL, NULL, "")};
	assert_parts(*state, dimension, "2", "0.5", "2.5");
	assert_parts(*state, mass, "1.8", "3", "4.8");
	assert_parts(*state, boxes_of_one, "2", "3", "5");
	assert_parts(*state, boxes_weighed, "10", "12", "22");
	assert_parts(*state, boxes, "2", "3", "5");
	assert_parts(*state, nothing, "1", "1", "2");
	assert_parts(*state, silent, "1", "1", "2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_node_is_of_who_captured_and_of_every_spelling, make_arena,
						drop_arena),
		cmocka_unit_test_setup_teardown(parts_are_in_the_best_measure_that_all_have, make_arena,
						drop_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
