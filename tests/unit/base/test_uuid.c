/* SPDX-License-Identifier: Apache-2.0
 * UUIDs: version 7 layout, spellings, order. */
#include "ft/base/uuid.h"

#include "../check.h"

/* RFC 9562 appendix A.6 */
static void version_seven_is_laid_out_as_the_standard_shows(void **state)
{
	const uint8_t random[10] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
	struct uuid id = uuid_v7(INT64_C(0x017f22e279b0) * 1000 + 999, random);
	assert_str(uuid_print(*state, id), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}

static void later_ids_sort_later(void **state)
{
	(void)state;
	uint8_t high[10], low[10] = {0};
	memset(high, 0xff, sizeof high);
	for (usec_t ms = 1; ms < INT64_C(1) << 47; ms *= 3)
		assert_true(uuid_compare(uuid_v7(ms * 1000, high), uuid_v7((ms + 1) * 1000, low)) < 0);
}

static void printing_and_reading_agree(void **state)
{
	uint64_t seed = 3;
	for (int round = 0; round < 1000; round++) {
		struct uuid id, again;
		for (size_t i = 0; i < sizeof id.octets; i++)
			id.octets[i] = (uint8_t)next_random(&seed);
		struct str text = uuid_print(*state, id);
		assert_int_equal(text.len, 36);
		assert_true(uuid_parse(text, &again));
		assert_true(uuid_equal(id, again));
	}
}

static void either_case_and_the_urn_are_read(void **state)
{
	struct uuid id;
	const char *const spellings[] = {
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"017F22E2-79B0-7CC3-98C4-DC0C0C07398F",
		"urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"URN:UUID:017F22e2-79b0-7cc3-98c4-dc0c0c07398f",
	};
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		assert_true(uuid_parse(str_of(spellings[i]), &id));
		assert_str(uuid_print(*state, id), spellings[0]);
	}
}

static void other_forms_are_refused_and_leave_the_result_alone(void **state)
{
	(void)state;
	const char *const refused[] = {
		"",
		"017f22e2",
		"017f22e279b07cc398c4dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e-279b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4_dc0c0c07398f",
		"{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
		"urn:uuix:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"urn:uuid:urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c0-398f",
	};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct uuid id = {{1, 2, 3}};
		assert_false(uuid_parse(str_of(refused[i]), &id));
		assert_true(uuid_equal(id, (struct uuid){{1, 2, 3}}));
	}
	struct uuid id;
	assert_false(uuid_parse(str_of(NULL), &id));
}

static void nil_is_all_zero(void **state)
{
	(void)state;
	assert_true(uuid_is_nil((struct uuid){{0}}));
	for (size_t i = 0; i < 16; i++) {
		struct uuid id = {{0}};
		id.octets[i] = 1;
		assert_false(uuid_is_nil(id));
		assert_false(uuid_equal(id, (struct uuid){{0}}));
		assert_true(uuid_compare(id, (struct uuid){{0}}) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(version_seven_is_laid_out_as_the_standard_shows),
		TEST(later_ids_sort_later),
		TEST(printing_and_reading_agree),
		TEST(either_case_and_the_urn_are_read),
		TEST(other_forms_are_refused_and_leave_the_result_alone),
		TEST(nil_is_all_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
