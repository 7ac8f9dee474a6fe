/* SPDX-License-Identifier: Apache-2.0
 * Shares of origins: worked examples, limits, and a comparison with an oracle that walks every path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ft/core/lot_graph.h"

#include "generator.h"

static struct lot_id lot(unsigned n)
{
	struct lot_id id = {{{0}}, {{0}}};

	id.org.octets[0] = 1;
	id.lot.octets[14] = (uint8_t)(n >> 8);
	id.lot.octets[15] = (uint8_t)n;
	return id;
}

static struct uuid event(unsigned n)
{
	struct uuid id = {{2}};

	id.octets[14] = (uint8_t)(n >> 8);
	id.octets[15] = (uint8_t)n;
	return id;
}

static struct lot_edge edge(unsigned parent, unsigned child, unsigned e, int64_t input, int64_t total,
			    int64_t output)
{
	return (struct lot_edge){lot(parent),       lot(child),        event(e),
				 decimal_of(input), decimal_of(total), decimal_of(output)};
}

static struct lot_own own(unsigned n, int64_t amount)
{
	return (struct lot_own){lot(n), decimal_of(amount)};
}

static bool is_lot(struct lot_id id, unsigned n)
{
	struct lot_id other = lot(n);

	return memcmp(&id, &other, sizeof id) == 0;
}

static void check(const struct lot_share *share, unsigned n, const char *exact, const char *rounded)
{
	assert_true(is_lot(share->lot, n));
	assert_string_equal(share->exact.at, exact);
	assert_string_equal(share->share.at, rounded);
}

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

static void a_harvest_is_its_own_origin(void **state)
{
	struct lot_own owns[] = {own(1, 30)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, NULL, 0, owns, 1, lot(1), 10, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 1);
	check(&o.items[0], 1, "1", "1.0000");
	assert_int_equal(o.rest_count, 0);
	assert_string_equal(o.rest_share.at, "0");
	assert_string_equal(o.rest_exact.at, "0");
}

static void a_lot_of_unknown_origin_is_an_origin(void **state)
{
	struct lot_edge edges[] = {edge(1, 2, 1, 5, 5, 5)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, edges, 1, NULL, 0, lot(2), 10, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 1);
	check(&o.items[0], 1, "1", "1.0000");
}

static void no_parent_of_a_mix_is_lost(void **state)
{
	struct lot_edge edges[] = {edge(1, 3, 1, 62, 100, 100), edge(2, 3, 1, 38, 100, 100),
				   edge(3, 4, 2, 100, 100, 90)};
	struct lot_own owns[] = {own(1, 62), own(2, 50)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, edges, 3, owns, 2, lot(4), 10, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 2);
	check(&o.items[0], 1, "31/50", "0.6200");
	check(&o.items[1], 2, "19/50", "0.3800");
}

static void a_lot_that_receives_several_times_is_weighed_by_what_each_event_added(void **state)
{
	/* 3: 10 of its own harvest, 30 from an event with 1, 60 from an event with 1 and 2 half and half. */
	struct lot_edge edges[] = {edge(1, 3, 1, 40, 40, 30), edge(1, 3, 2, 5, 10, 60),
				   edge(2, 3, 2, 5, 10, 60)};
	struct lot_own owns[] = {own(1, 45), own(2, 5), own(3, 4), own(3, 6)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, edges, 3, owns, 4, lot(3), 10, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 3);
	check(&o.items[0], 1, "3/5", "0.6000");
	check(&o.items[1], 2, "3/10", "0.3000");
	check(&o.items[2], 3, "1/10", "0.1000");
}

static void equal_shares_stand_by_id_and_sum_to_one(void **state)
{
	struct lot_edge edges[] = {edge(3, 9, 1, 1, 3, 3), edge(1, 9, 1, 1, 3, 3), edge(2, 9, 1, 1, 3, 3)};
	struct lot_own owns[] = {own(1, 1), own(2, 1), own(3, 1)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, edges, 3, owns, 3, lot(9), 10, &o), PROBLEM_NONE);
	check(&o.items[0], 1, "1/3", "0.3334");
	check(&o.items[1], 2, "1/3", "0.3333");
	check(&o.items[2], 3, "1/3", "0.3333");
}

static void origins_beyond_the_limit_become_the_rest(void **state)
{
	struct lot_edge edges[] = {edge(1, 9, 1, 5, 10, 3), edge(2, 9, 1, 3, 10, 3), edge(3, 9, 1, 2, 10, 3)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, edges, 3, NULL, 0, lot(9), 1, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 1);
	check(&o.items[0], 1, "1/2", "0.5000");
	assert_int_equal(o.rest_count, 2);
	assert_string_equal(o.rest_exact.at, "1/2");
	assert_string_equal(o.rest_share.at, "0.5000");
	assert_int_equal(lot_graph_origins(*state, edges, 3, NULL, 0, lot(9), 0, &o), PROBLEM_NONE);
	assert_int_equal(o.count, 0);
	assert_int_equal(o.rest_count, 3);
	assert_string_equal(o.rest_share.at, "1.0000");
}

static void a_cycle_is_a_problem(void **state)
{
	struct lot_edge edges[] = {edge(1, 2, 1, 1, 1, 1), edge(2, 3, 2, 1, 1, 1), edge(3, 1, 3, 1, 1, 1)};
	struct lot_edge self[] = {edge(1, 1, 1, 1, 1, 1)};
	struct lot_edge above[] = {edge(1, 2, 1, 1, 1, 1), edge(3, 1, 2, 1, 1, 1), edge(1, 3, 3, 1, 1, 1)};
	struct lot_origins o;
	struct lot_share *parts;
	size_t count;

	assert_int_equal(lot_graph_origins(*state, edges, 3, NULL, 0, lot(3), 9, &o), PROBLEM_LINEAGE_CYCLE);
	assert_int_equal(lot_graph_origins(*state, self, 1, NULL, 0, lot(1), 9, &o), PROBLEM_LINEAGE_CYCLE);
	assert_int_equal(lot_graph_parts(*state, above, 3, NULL, 0, lot(2), &parts, &count),
			 PROBLEM_LINEAGE_CYCLE);
	/* Downstream of the lot asked for it is no matter. */
	assert_int_equal(lot_graph_origins(*state, edges, 1, NULL, 0, lot(2), 9, &o), PROBLEM_NONE);
}

static void amounts_that_contradict_each_other_are_a_problem(void **state)
{
	struct lot_edge missing[] = {edge(1, 2, 1, 4, 10, 5)}, nothing[] = {edge(1, 2, 1, 0, 0, 5)};
	struct lot_edge empty[] = {edge(1, 2, 1, 5, 5, 0)};
	struct lot_origins o;

	assert_int_equal(lot_graph_origins(*state, missing, 1, NULL, 0, lot(2), 9, &o),
			 PROBLEM_LINEAGE_CYCLE);
	assert_int_equal(lot_graph_origins(*state, nothing, 1, NULL, 0, lot(2), 9, &o),
			 PROBLEM_LINEAGE_CYCLE);
	assert_int_equal(lot_graph_origins(*state, empty, 1, NULL, 0, lot(2), 9, &o), PROBLEM_LINEAGE_CYCLE);
}

static void an_added_edge_that_closes_a_cycle_is_seen(void **state)
{
	struct lot_edge known[] = {edge(1, 2, 1, 1, 1, 1), edge(2, 3, 2, 1, 1, 1)};
	struct lot_edge back[] = {edge(3, 1, 3, 1, 1, 1)}, on[] = {edge(3, 4, 3, 1, 1, 1)};
	struct lot_edge self[] = {edge(7, 7, 3, 1, 1, 1)},
			both[] = {edge(8, 9, 4, 1, 1, 1), edge(9, 8, 5, 1, 1, 1)};

	assert_true(lot_graph_makes_cycle(*state, known, 2, back, 1));
	assert_false(lot_graph_makes_cycle(*state, known, 2, on, 1));
	assert_true(lot_graph_makes_cycle(*state, NULL, 0, self, 1));
	assert_true(lot_graph_makes_cycle(*state, known, 2, both, 2));
	assert_false(lot_graph_makes_cycle(*state, NULL, 0, NULL, 0));
}

/* Two lots a level, each mixed of both lots of the level above: 2^levels paths, 4 × levels edges. */
static void diamond(struct arena *arena, unsigned levels)
{
	struct lot_edge *edges = arena_array(arena, struct lot_edge, 4 * levels + 2);
	struct lot_own owns[] = {own(0, 7), own(1, 3)};
	struct lot_origins o;
	struct lot_share *parts;
	size_t count = 0, part_count;

	for (unsigned l = 0; l < levels; l++)
		for (unsigned side = 0; side < 2; side++) {
			edges[count++] = edge(2 * l, 2 * l + 2 + side, 2 * l + side, 1, 3, 10);
			edges[count++] = edge(2 * l + 1, 2 * l + 2 + side, 2 * l + side, 2, 3, 10);
		}
	edges[count++] = edge(2 * levels, 2 * levels + 2, 60000, 1, 3, 10);
	edges[count++] = edge(2 * levels + 1, 2 * levels + 2, 60000, 2, 3, 10);
	assert_int_equal(lot_graph_origins(arena, edges, count, owns, 2, lot(2 * levels + 2), 10, &o),
			 PROBLEM_NONE);
	assert_int_equal(o.count, 2);
	check(&o.items[0], 1, "2/3", "0.6667");
	check(&o.items[1], 0, "1/3", "0.3333");
	assert_int_equal(
		lot_graph_parts(arena, edges, count, owns, 2, lot(2 * levels + 2), &parts, &part_count),
		PROBLEM_NONE);
	assert_int_equal(part_count, 2 * levels + 3);
}

static void a_diamond_costs_its_edges_and_not_its_paths(void **state)
{
	diamond(*state, 20); /* a million paths */
	diamond(*state, 2000);
}

static void a_long_chain_of_mixes_stays_exact(void **state)
{
	enum { LEVELS = 300 };
	struct lot_edge *edges = arena_array(*state, struct lot_edge, 2 * LEVELS);
	struct lot_origins o;
	struct str sum = STR("0");

	for (unsigned l = 0; l < LEVELS; l++) {
		edges[2 * l] = edge(l, l + 1, l, 1, 3, 1);
		edges[2 * l + 1] = edge(1000 + l, l + 1, l, 2, 3, 1);
	}
	assert_int_equal(lot_graph_origins(*state, edges, (size_t)2 * LEVELS, NULL, 0, lot(LEVELS), 1000, &o),
			 PROBLEM_NONE);
	assert_int_equal(o.count, LEVELS + 1);
	for (size_t i = 0; i < o.count; i++)
		sum = fraction_add(*state, sum, o.items[i].exact);
	assert_string_equal(sum.at, "1");
}

static void parts_on_the_way_are_told(void **state)
{
	struct lot_edge edges[] = {edge(1, 3, 1, 1, 4, 8), edge(2, 3, 1, 3, 4, 8), edge(3, 4, 2, 1, 2, 5),
				   edge(1, 4, 2, 1, 2, 5)};
	struct lot_share *parts;
	size_t count;
	const char *expected[] = {NULL, "5/8", "3/8", "1/2", "1"};

	assert_int_equal(lot_graph_parts(*state, edges, 4, NULL, 0, lot(4), &parts, &count), PROBLEM_NONE);
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(parts[i].exact.at, expected[parts[i].lot.lot.octets[15]]);
	assert_string_equal(parts[0].share.at, "1.0000");
}

static void fractions_add_and_round(void **state)
{
	struct str exact[] = {STR("1/3"), STR("1/6"), STR("1/2")}, shares[3];
	struct str thirds[] = {STR("1/7"), STR("1/7"), STR("1/7")};

	assert_string_equal(fraction_add(*state, STR("1/3"), STR("1/6")).at, "1/2");
	assert_string_equal(fraction_add(*state, STR("2/3"), STR("1/3")).at, "1");
	assert_string_equal(fraction_add(*state, STR("0"), STR("0")).at, "0");
	fractions_round(*state, exact, 3, shares);
	assert_string_equal(shares[0].at, "0.3333");
	assert_string_equal(shares[1].at, "0.1667");
	assert_string_equal(shares[2].at, "0.5000");
	/* 4/7 of it is a rest, whose remainder 0.2857 × 2 … is the larger one */
	fractions_round(*state, thirds, 3, shares);
	assert_string_equal(shares[0].at, "0.1429");
	assert_string_equal(shares[1].at, "0.1429");
	assert_string_equal(shares[2].at, "0.1428");
	fractions_round(*state, NULL, 0, NULL);
}

/* The oracle: plain fractions, every path walked. */
struct ratio {
	int128 n, d;
};

static struct ratio ratio_of(int128 n, int128 d)
{
	int128 a = n, b = d;

	while (b != 0) {
		int128 rest = a % b;

		a = b;
		b = rest;
	}
	return (struct ratio){n / a, d / a};
}

static struct ratio times(struct ratio a, struct ratio b)
{
	struct ratio x = ratio_of(a.n, b.d), y = ratio_of(b.n, a.d);

	return (struct ratio){x.n * y.n, x.d * y.d};
}

static struct ratio plus(struct ratio a, struct ratio b)
{
	return a.n == 0 ? b : ratio_of(a.n * b.d + b.n * a.d, a.d * b.d);
}

enum { RANDOM_LOTS = 9, RANDOM_EDGES = 64 };
struct case_ {
	int64_t own[RANDOM_LOTS];
	struct {
		unsigned parent, child, event;
		int64_t input, total, output;
	} edges[RANDOM_EDGES];
	size_t edge_count;
};

static void walk(const struct case_ *c, unsigned n, struct ratio part, struct ratio *origins)
{
	int64_t total = c->own[n];
	bool has_edges = false;
	unsigned counted = 0; /* events of a child are numbered from its own hundred */

	for (size_t i = 0; i < c->edge_count; i++)
		if (c->edges[i].child == n && !(counted & (1U << c->edges[i].event % 10))) {
			counted |= 1U << c->edges[i].event % 10;
			total += c->edges[i].output;
			has_edges = true;
		}
	if (!has_edges) {
		origins[n] = plus(origins[n], part);
		return;
	}
	if (c->own[n] > 0)
		origins[n] = plus(origins[n], times(part, ratio_of(c->own[n], total)));
	for (size_t i = 0; i < c->edge_count; i++)
		if (c->edges[i].child == n)
			walk(c, c->edges[i].parent,
			     times(part, times(ratio_of(c->edges[i].output, total),
					       ratio_of(c->edges[i].input, c->edges[i].total))),
			     origins);
}

static struct case_ random_case(struct generator *g)
{
	struct case_ c = {.edge_count = 0};

	for (unsigned child = 0; child < RANDOM_LOTS; child++) {
		size_t events = child == 0 ? 0 : generator_below(g, 3);

		c.own[child] = (int64_t)generator_below(g, 3) * 2;
		for (unsigned e = 0; e < events; e++) {
			size_t first = c.edge_count;
			int64_t total = 0, output = 1 + (int64_t)generator_below(g, 4);

			for (unsigned parent = 0; parent < child; parent++) {
				if (generator_below(g, 3) != 0)
					continue;
				c.edges[c.edge_count].parent = parent;
				c.edges[c.edge_count].child = child;
				c.edges[c.edge_count].event = child * 100 + e;
				c.edges[c.edge_count].output = output;
				c.edges[c.edge_count].input = 1 + (int64_t)generator_below(g, 4);
				total += c.edges[c.edge_count++].input;
			}
			for (size_t i = first; i < c.edge_count; i++)
				c.edges[i].total = total;
		}
	}
	return c;
}

static void compare_with_oracle(struct arena *arena, const struct case_ *c, struct generator *g)
{
	struct lot_edge edges[RANDOM_EDGES];
	struct lot_own owns[RANDOM_LOTS];
	struct ratio origins[RANDOM_LOTS] = {{0, 1}};
	struct lot_origins o;
	size_t own_count = 0, expected = 0;
	struct str sum = STR("0");
	unsigned long rounded = 0;

	for (unsigned n = 0; n < RANDOM_LOTS; n++) {
		origins[n] = (struct ratio){0, 1};
		if (c->own[n] > 0)
			owns[own_count++] = own(n, c->own[n]);
	}
	for (size_t i = 0; i < c->edge_count; i++) /* in another order than made */
		edges[i] = edge(c->edges[i].parent, c->edges[i].child, c->edges[i].event, c->edges[i].input,
				c->edges[i].total, c->edges[i].output);
	for (size_t i = c->edge_count; i > 1; i--) {
		size_t other = generator_below(g, i);
		struct lot_edge swapped = edges[i - 1];

		edges[i - 1] = edges[other];
		edges[other] = swapped;
	}
	walk(c, RANDOM_LOTS - 1, (struct ratio){1, 1}, origins);
	for (unsigned n = 0; n < RANDOM_LOTS; n++)
		expected += origins[n].n > 0;
	assert_int_equal(lot_graph_origins(arena, edges, c->edge_count, owns, own_count, lot(RANDOM_LOTS - 1),
					   100, &o),
			 PROBLEM_NONE);
	assert_int_equal(o.count, expected);
	for (size_t i = 0; i < o.count; i++) {
		struct ratio r = origins[o.items[i].lot.lot.octets[15]];
		struct str text = r.d == 1 ? arena_printf(arena, "%lld", (long long)r.n)
					   : arena_printf(arena, "%lld/%lld", (long long)r.n, (long long)r.d);

		assert_string_equal(o.items[i].exact.at, text.at);
		sum = fraction_add(arena, sum, o.items[i].exact);
		assert_int_equal(o.items[i].share.len, 6);
		rounded += strtoul(o.items[i].share.at, NULL, 10) * 10000 +
			   strtoul(o.items[i].share.at + 2, NULL, 10);
	}
	assert_string_equal(sum.at, "1");
	assert_int_equal(rounded, 10000);
}

static void a_thousand_random_graphs_agree_with_an_oracle_that_walks_every_path(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 1000; seed++) {
		struct generator g = {seed};
		struct arena *arena = arena_create();
		struct case_ c = random_case(&g);

		compare_with_oracle(arena, &c, &g);
		arena_destroy(arena);
	}
}

static void rounded_shares_and_rest_always_sum_to_one(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct generator g = {seed};
		struct arena *arena = arena_create();
		size_t count = 1 + generator_below(&g, 40), max_items = generator_below(&g, 45);
		struct lot_edge edges[40];
		struct lot_origins o;
		int64_t total = 0;
		unsigned long rounded = 0;

		for (size_t i = 0; i < count; i++) {
			edges[i] = edge((unsigned)i, 999, 1, 1 + (int64_t)generator_below(&g, 1000), 0, 1);
			total += (int64_t)(edges[i].input.units / decimal_of(1).units);
		}
		for (size_t i = 0; i < count; i++)
			edges[i].input_total = decimal_of(total);
		assert_int_equal(lot_graph_origins(arena, edges, count, NULL, 0, lot(999), max_items, &o),
				 PROBLEM_NONE);
		assert_int_equal(o.count + o.rest_count, count);
		for (size_t i = 0; i < o.count; i++)
			rounded += strtoul(o.items[i].share.at, NULL, 10) * 10000 +
				   strtoul(o.items[i].share.at + 2, NULL, 10);
		if (o.rest_count > 0)
			rounded += strtoul(o.rest_share.at, NULL, 10) * 10000 +
				   strtoul(o.rest_share.at + 2, NULL, 10);
		assert_int_equal(rounded, 10000);
		arena_destroy(arena);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_harvest_is_its_own_origin),
		TEST(a_lot_of_unknown_origin_is_an_origin),
		TEST(no_parent_of_a_mix_is_lost),
		TEST(a_lot_that_receives_several_times_is_weighed_by_what_each_event_added),
		TEST(equal_shares_stand_by_id_and_sum_to_one),
		TEST(origins_beyond_the_limit_become_the_rest),
		TEST(a_cycle_is_a_problem),
		TEST(amounts_that_contradict_each_other_are_a_problem),
		TEST(an_added_edge_that_closes_a_cycle_is_seen),
		TEST(a_diamond_costs_its_edges_and_not_its_paths),
		TEST(a_long_chain_of_mixes_stays_exact),
		TEST(parts_on_the_way_are_told),
		TEST(fractions_add_and_round),
		cmocka_unit_test(a_thousand_random_graphs_agree_with_an_oracle_that_walks_every_path),
		cmocka_unit_test(rounded_shares_and_rest_always_sum_to_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
