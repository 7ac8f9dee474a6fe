/* SPDX-License-Identifier: Apache-2.0
 * master_view: what each tier shows of a party, a site, a certificate; bodies read back; spellings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "master_priv.h"

static const struct region_tiers tiers = {{"500112016", 9}, {"500X01", 6}};
static struct master_name name = {{"张明家庭农场", 18}, {"Zhang Ming", 10}};

static int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

static struct master_head head_of(const char *number, const char *uri)
{
	return (struct master_head){
		.id = {{0x01, 0xa2, 0, 0, 0, 0, 0x70}},
		.number = str_of(number),
		.state = STR("active"),
		.uri = str_of(uri),
		.version = 2,
		.valid_from = {.at_us = INT64_C(1777795200000000), .offset_min = 480},
		.reason = STR("张明要求改名"),
		.recorded_at = STR("2026-05-03T00:00:00.000000Z"),
		.statement = STR("c3RhdGVtZW50"),
	};
}

static struct party party_of(bool personal)
{
	return (struct party){.head = head_of("ZH", "https://example.cn/o/ZH"),
			      .kind = STR("family_farm"),
			      .name = &name,
			      .uscc = STR("91500112MA5U000001"),
			      .region = STR("500112016"),
			      .personal = personal};
}

static bool holds(struct str text, const char *part)
{
	return memmem(text.at, text.len, part, strlen(part)) != NULL;
}

static void the_signed_body_reads_back_and_leaves_out_what_signing_adds(void **state)
{
	struct party party = party_of(false), again;
	struct str body = master_view(*state, &master_party, &party, TIER_FULL, &tiers);
	assert_false(holds(body, "recordedAt"));
	assert_false(holds(body, "statement"));
	assert_true(holds(body, "张明要求改名"));
	assert_int_equal(master_from_body(*state, &master_party, str_bytes(body), &again), PROBLEM_NONE);
	assert_true(str_equal(master_view(*state, &master_party, &again, TIER_FULL, &tiers), body));
	assert_int_equal(master_from_body(*state, &master_party, str_bytes(STR("{}")), &again),
			 PROBLEM_INTERNAL);
}

static void a_natural_persons_name_stands_in_the_full_view_alone(void **state)
{
	struct party party = party_of(true);
	assert_true(holds(master_view(*state, &master_party, &party, TIER_FULL, &tiers), "张明"));
	for (int tier = TIER_FARM; tier < TIER_COUNT; tier++) {
		struct str view = master_view(*state, &master_party, &party, (enum tier)tier, &tiers);
		assert_false(holds(view, "张明"));
		assert_false(holds(view, "Zhang"));
		assert_false(holds(view, "91500112MA5U000001"));
		assert_false(holds(view, "\"number\""));
		assert_false(holds(view, "/o/ZH"));
		assert_true(holds(view, "\"withheld\":\"personal\""));
	}
}

static void an_organisations_name_stays_and_its_region_coarsens(void **state)
{
	struct party party = party_of(false);
	struct str township = master_view(*state, &master_party, &party, TIER_TOWNSHIP, &tiers),
		   district = master_view(*state, &master_party, &party, TIER_DISTRICT, &tiers);
	assert_true(holds(township, "\"region\":\"500112016\""));
	assert_true(holds(district, "\"region\":\"500X01\""));
	assert_true(holds(district, "张明家庭农场"));
	assert_false(holds(district, "改名")); /* free words may name people */
}

static void a_sites_geometry_is_full_only_and_its_name_ends_at_farm(void **state)
{
	struct site site = {.head = head_of("P01", "https://example.cn/o/ZH/f/P01"),
			    .kind = STR("plot"),
			    .name = &name,
			    .region = STR("500112016"),
			    .geometry = STR("{\"type\":\"Point\",\"coordinates\":[106,29]}")};
	struct str full = master_view(*state, &master_site, &site, TIER_FULL, &tiers),
		   farm = master_view(*state, &master_site, &site, TIER_FARM, &tiers),
		   township = master_view(*state, &master_site, &site, TIER_TOWNSHIP, &tiers),
		   district = master_view(*state, &master_site, &site, TIER_DISTRICT, &tiers);
	assert_true(holds(full, "coordinates"));
	assert_false(holds(farm, "coordinates"));
	assert_true(holds(farm, "\"number\":\"P01\""));
	assert_false(holds(township, "P01"));
	assert_false(holds(township, "张明"));
	assert_true(holds(township, "\"region\":\"500112016\""));
	assert_false(holds(district, "500112016"));
	site.personal = true;
	assert_false(holds(master_view(*state, &master_site, &site, TIER_FARM, &tiers), "P01"));
}

static void a_region_without_a_township_shows_its_district(void **state)
{
	struct party party = party_of(false);
	const struct region_tiers district_only = {{NULL, 0}, {"500X01", 6}},
				  province = {{NULL, 0}, {NULL, 0}};
	assert_true(holds(master_view(*state, &master_party, &party, TIER_TOWNSHIP, &district_only),
			  "\"500X01\""));
	assert_false(holds(master_view(*state, &master_party, &party, TIER_DISTRICT, &province), "region"));
}

static void a_party_is_filed_under_every_spelling_once(void **state)
{
	struct party party = party_of(false);
	struct spellings all = {0};
	party.gln = STR("6901234567892");
	master_party.spell(*state, &party, &all);
	assert_int_equal(all.count, 7);
	for (size_t i = 0; i < all.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(sha256_equal(all.items[i].hash, all.items[j].hash));
	struct sha256 by_uri = thing_hash_path(STR("/o/ZH"));
	bool found = false;
	for (size_t i = 0; i < all.count; i++)
		found |= sha256_equal(all.items[i].hash, by_uri);
	assert_true(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_signed_body_reads_back_and_leaves_out_what_signing_adds,
						make_arena, end_arena),
		cmocka_unit_test_setup_teardown(a_natural_persons_name_stands_in_the_full_view_alone,
						make_arena, end_arena),
		cmocka_unit_test_setup_teardown(an_organisations_name_stays_and_its_region_coarsens,
						make_arena, end_arena),
		cmocka_unit_test_setup_teardown(a_sites_geometry_is_full_only_and_its_name_ends_at_farm,
						make_arena, end_arena),
		cmocka_unit_test_setup_teardown(a_region_without_a_township_shows_its_district, make_arena,
						end_arena),
		cmocka_unit_test_setup_teardown(a_party_is_filed_under_every_spelling_once, make_arena,
						end_arena),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
