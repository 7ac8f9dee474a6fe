/* SPDX-License-Identifier: Apache-2.0
 * A trail survives its JSON form, and its coarser tiers lose members but no share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ft/core/lot_graph.h"
#include "ft/core/trail.h"

#include "generator.h"

static int setup(void **state)
{
	*state = arena_create();
	return 0;
}

static int teardown(void **state)
{
	arena_destroy(*state);
	return 0;
}

static struct trail_region *region(struct arena *arena, const char *code, const char *name)
{
	struct trail_region *r = arena_new(arena, struct trail_region);

	*r = (struct trail_region){str_of(code), str_of(name), {NULL, 0}};
	return r;
}

static struct trail_party *party(struct arena *arena, const char *id)
{
	struct trail_party *p = arena_new(arena, struct trail_party);
	struct trail_name *name = arena_new(arena, struct trail_name);

	*name = (struct trail_name){STR("合作社"), STR("Cooperative")};
	*p = (struct trail_party){str_of(id), name, STR("cooperative"), {NULL, 0}};
	return p;
}

static struct trail_place *place(struct arena *arena, const char *id)
{
	struct trail_place *p = arena_new(arena, struct trail_place);

	*p = (struct trail_place){str_of(id), STR("一号地"), STR("plot"), {NULL, 0}};
	return p;
}

static struct trail_origin origin(struct arena *arena, const char *lot, const char *exact,
				  const char *township, const char *district)
{
	struct trail_certificate *certificate = arena_new(arena, struct trail_certificate);
	struct trail_gap *gap = arena_new(arena, struct trail_gap);
	struct trail_origin o = {.lot = str_of(lot),
				 .lot_number = STR("L1"),
				 .share = STR("0.0000"),
				 .share_exact = str_of(exact)};

	*certificate = (struct trail_certificate){STR("green"), STR("LB-1"), STR("某合作社"),
						  STR("2026-01-01"), STR("2028-12-31")};
	*gap = (struct trail_gap){STR("test")};
	o.province = region(arena, "50", "重庆市");
	o.district = district != NULL ? region(arena, district, "涪陵区") : NULL;
	o.township = township != NULL ? region(arena, township, "乡") : NULL;
	o.farm = place(arena, lot);
	o.party = party(arena, lot);
	o.harvested = STR("2026-05-01");
	o.certificates = (struct list){certificate, 1};
	o.gaps = (struct list){gap, 1};
	return o;
}

static struct trail_step step(struct arena *arena, const char *type)
{
	struct trail_flow *flow = arena_new(arena, struct trail_flow);
	struct trail_proof *proof = arena_new(arena, struct trail_proof);
	struct trail_input_use *used = arena_new(arena, struct trail_input_use);

	*flow = (struct trail_flow){.lot = STR("lot_a"), .lot_number = STR("7"), .share = STR("1.0000")};
	*proof = (struct trail_proof){STR("c3RhdGVtZW50"), STR("/v1/events/1/proof")};
	*used = (struct trail_input_use){STR("吡虫啉"), {NULL, 0}};
	return (struct trail_step){
		.event = STR("0196"),
		.type = str_of(type),
		.time = {INT64_C(1777777777000000), 480},
		.recorded_at = STR("2026-05-03T03:09:37.000001Z"),
		.party = party(arena, "p"),
		.recorded_by = party(arena, "r"),
		.place = place(arena, "s"),
		.district = region(arena, "500102", "涪陵区"),
		.township = region(arena, "500102100", "百胜镇"),
		.inputs = {flow, 1},
		.outputs = {flow, 1},
		.to = party(arena, "t"),
		.used = used,
		.proof = proof,
	};
}

static struct trail sample(struct arena *arena)
{
	struct trail_origin *origins = arena_array(arena, struct trail_origin, 4);
	struct trail_step *steps = arena_array(arena, struct trail_step, 2);
	struct trail_lot *lot = arena_new(arena, struct trail_lot);
	struct trail_rest *rest = arena_new(arena, struct trail_rest);

	origins[0] = origin(arena, "lot_a", "1/3", "500102100", "500102");
	origins[1] = origin(arena, "lot_b", "1/3", "500102100", "500102");
	origins[2] = origin(arena, "lot_c", "1/6", "500103100", "500103");
	origins[3] = origin(arena, "lot_d", "1/6", NULL, "500102");
	origins[1].harvested = STR("2026-05-02");
	steps[0] = step(arena, "harvest");
	steps[1] = step(arena, "pack");
	*lot = (struct trail_lot){
		.id = STR("lot_x"), .number = STR("X1"), .issuer = party(arena, "i"), .test = true};
	*rest = (struct trail_rest){0, STR("0")};
	return (struct trail){
		.lot = lot,
		.verdict = STR("registered"),
		.tier = STR("farm"),
		.as_of = STR("2026-05-04T00:00:00+08:00"),
		.origin_count = 4,
		.rest = rest,
		.origins = {origins, 4},
		.steps = {steps, 2},
	};
}

static struct str encode(struct arena *arena, const struct trail *trail)
{
	struct buf out = buf_create(arena, 4096);
	struct json_writer w = json_writer(&out);

	shape_encode(&trail_shape, trail, &w);
	return buf_str(&out);
}

static void a_trail_survives_encoding_and_decoding(void **state)
{
	struct trail trail = sample(*state), again;
	struct str text = encode(*state, &trail);
	struct json json;
	struct fault fault;

	assert_int_equal(json_parse(*state, text, &json, &fault), PROBLEM_NONE);
	assert_int_equal(shape_decode(&trail_shape, *state, &json, &again, &fault), PROBLEM_NONE);
	assert_string_equal(encode(*state, &again).at, text.at);
}

static void what_is_not_there_yet_is_null_and_empty_lists_are_lists(void **state)
{
	struct trail trail = sample(*state);
	struct str text;

	trail.alerts = (struct list){NULL, 0};
	text = encode(*state, &trail);
	assert_non_null(strstr(text.at, "\"checkpoint\":null"));
	assert_non_null(strstr(text.at, "\"corrected\":null"));
	assert_non_null(strstr(text.at, "\"alerts\":[]"));
	assert_non_null(strstr(text.at, "\"tests\":[]"));
	assert_null(strstr(text.at, "\"city\""));
	assert_non_null(strstr(text.at, "\"recordedAt\""));
	assert_non_null(strstr(text.at, "\"shareExact\":\"1/3\""));
}

static void two_farms_of_one_township_are_one_origin(void **state)
{
	struct trail trail = sample(*state), coarse;
	const struct trail_origin *origins;

	assert_int_equal(trail_aggregate(*state, &trail, TIER_TOWNSHIP, &coarse), PROBLEM_NONE);
	assert_string_equal(coarse.tier.at, "township");
	assert_int_equal(coarse.origin_count, 3);
	origins = coarse.origins.items;
	assert_string_equal(origins[0].share_exact.at, "2/3");
	assert_string_equal(origins[0].share.at, "0.6667");
	assert_string_equal(origins[0].township->code.at, "500102100");
	assert_string_equal(origins[0].harvested.at, "2026-05-02");
	assert_int_equal(origins[0].certificates.count, 1);
	assert_int_equal(origins[0].gaps.count, 1);
	/* Equal shares: by code, and a district sorts before its townships. */
	assert_null(origins[1].township);
	assert_string_equal(origins[1].district->code.at, "500102");
	assert_string_equal(origins[2].district->code.at, "500103");
	assert_string_equal(origins[1].share.at, "0.1667");
	assert_string_equal(origins[2].share.at, "0.1666");
}

static void what_origins_have_in_common_is_told_once(void **state)
{
	struct trail trail = sample(*state), coarse;
	struct trail_origin *origins = trail.origins.items;
	struct trail_test tests[] = {{STR("e1"), STR("rapid"), STR("negative"), STR("t")},
				     {STR("e2"), STR("lab"), STR("negative"), STR("t")}};
	struct trail_certificate other = {
		.scheme = STR("organic"), .number = STR("O-9"), .holder = STR("某人")};

	origins[0].tests = (struct list){tests, 1};
	origins[1].tests = (struct list){tests, 2};
	origins[1].certificates = (struct list){&other, 1};
	origins[1].harvested = STR("2026-04-01");
	assert_int_equal(trail_aggregate(*state, &trail, TIER_TOWNSHIP, &coarse), PROBLEM_NONE);
	origins = coarse.origins.items;
	assert_int_equal(origins[0].tests.count, 2);
	assert_int_equal(origins[0].certificates.count, 2);
	assert_null(((struct trail_certificate *)origins[0].certificates.items)[1].holder.at);
	assert_string_equal(origins[0].harvested.at, "2026-05-01");
}

static void a_district_is_one_origin_with_the_sum_of_its_shares(void **state)
{
	struct trail trail = sample(*state), coarse, both;
	const struct trail_origin *origins;

	assert_int_equal(trail_aggregate(*state, &trail, TIER_DISTRICT, &coarse), PROBLEM_NONE);
	assert_int_equal(coarse.origins.count, 2);
	origins = coarse.origins.items;
	assert_string_equal(origins[0].share_exact.at, "5/6");
	assert_string_equal(origins[1].share_exact.at, "1/6");
	assert_string_equal(coarse.rest->share.at, "0");
	/* In two steps it is the same. */
	assert_int_equal(trail_aggregate(*state, &trail, TIER_TOWNSHIP, &both), PROBLEM_NONE);
	assert_int_equal(trail_aggregate(*state, &both, TIER_DISTRICT, &both), PROBLEM_NONE);
	assert_string_equal(encode(*state, &both).at, encode(*state, &coarse).at);
}

static void finer_members_are_absent_below_the_tier(void **state)
{
	struct trail trail = sample(*state), coarse;
	struct str text;
	const struct trail_step *steps;

	assert_int_equal(trail_aggregate(*state, &trail, TIER_TOWNSHIP, &coarse), PROBLEM_NONE);
	text = encode(*state, &coarse);
	assert_null(strstr(text.at, "\"farm\""));
	assert_null(strstr(text.at, "\"holder\""));
	assert_null(strstr(text.at, "\"place\""));
	assert_non_null(strstr(text.at, "\"township\""));
	steps = coarse.steps.items;
	assert_null(steps[0].party); /* who harvested is the farm */
	assert_non_null(steps[1].party);
	assert_int_equal(trail_aggregate(*state, &trail, TIER_DISTRICT, &coarse), PROBLEM_NONE);
	assert_null(strstr(encode(*state, &coarse).at, "\"township\""));
	/* The finer trail is not touched. */
	assert_non_null(((const struct trail_step *)trail.steps.items)[0].party);
	assert_non_null(((const struct trail_origin *)trail.origins.items)[0].farm);
}

static void the_farm_tier_is_a_copy(void **state)
{
	struct trail trail = sample(*state), copy;

	assert_int_equal(trail_aggregate(*state, &trail, TIER_FARM, &copy), PROBLEM_NONE);
	assert_string_equal(encode(*state, &copy).at, encode(*state, &trail).at);
}

static unsigned long units(struct str share)
{
	return strtoul(share.at, NULL, 10) * 10000 + (share.len > 2 ? strtoul(share.at + 2, NULL, 10) : 0);
}

static void random_origins(struct arena *arena, struct generator *g, struct trail *trail)
{
	size_t count = 1 + generator_below(g, 30);
	struct trail_origin *origins = arena_array(arena, struct trail_origin, count);
	unsigned total = 0, parts[30];

	for (size_t i = 0; i < count; i++)
		total += parts[i] = 1 + (unsigned)generator_below(g, 9);
	total += (unsigned)trail->rest->count * 2;
	for (size_t i = 0; i < count; i++) {
		unsigned district = 500101 + (unsigned)generator_below(g, 3),
			 township = 100 + (unsigned)generator_below(g, 3);
		struct str exact = arena_printf(arena, "%u/%u", parts[i], total);

		origins[i] = origin(
			arena, arena_printf(arena, "lot_%zu", i).at, fraction_add(arena, exact, STR("0")).at,
			generator_below(g, 5) > 0 ? arena_printf(arena, "%u%u", district, township).at : NULL,
			generator_below(g, 9) > 0 ? arena_printf(arena, "%u", district).at : NULL);
	}
	trail->origins = (struct list){origins, count};
}

static void aggregation_never_loses_a_share(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct generator g = {seed};
		struct arena *arena = arena_create();
		struct trail trail = sample(arena), coarse;

		trail.rest->count = (int64_t)generator_below(&g, 2);
		random_origins(arena, &g, &trail);
		for (enum tier tier = TIER_TOWNSHIP; tier <= TIER_DISTRICT; tier++) {
			struct str before = STR("0"), after = STR("0");
			unsigned long sum;

			assert_int_equal(trail_aggregate(arena, &trail, tier, &coarse), PROBLEM_NONE);
			sum = units(coarse.rest->share);
			for (size_t i = 0; i < trail.origins.count; i++)
				before = fraction_add(
					arena, before,
					((struct trail_origin *)trail.origins.items)[i].share_exact);
			for (size_t i = 0; i < coarse.origins.count; i++) {
				after = fraction_add(
					arena, after,
					((struct trail_origin *)coarse.origins.items)[i].share_exact);
				sum += units(((struct trail_origin *)coarse.origins.items)[i].share);
			}
			assert_string_equal(before.at, after.at);
			assert_int_equal(sum, 10000);
		}
		arena_destroy(arena);
	}
}

static void verdicts_stand_in_order_of_precedence(void **state)
{
	(void)state;
	assert_string_equal(verdict_words[VERDICT_RECALLED], "recalled");
	assert_string_equal(verdict_words[VERDICT_ON_HOLD], "on_hold");
	assert_string_equal(verdict_words[VERDICT_EXPIRED], "expired");
	assert_string_equal(verdict_words[VERDICT_UNREGISTERED], "unregistered");
	assert_string_equal(verdict_words[VERDICT_REGISTERED], "registered");
	assert_int_equal(VERDICT_REGISTERED, VERDICT_COUNT - 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_trail_survives_encoding_and_decoding),
		TEST(what_is_not_there_yet_is_null_and_empty_lists_are_lists),
		TEST(two_farms_of_one_township_are_one_origin),
		TEST(what_origins_have_in_common_is_told_once),
		TEST(a_district_is_one_origin_with_the_sum_of_its_shares),
		TEST(finer_members_are_absent_below_the_tier),
		TEST(the_farm_tier_is_a_copy),
		cmocka_unit_test(aggregation_never_loses_a_share),
		cmocka_unit_test(verdicts_stand_in_order_of_precedence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
