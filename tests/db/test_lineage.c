/* SPDX-License-Identifier: Apache-2.0
 * Lineage through the product's own SQL: trails and reach of a thousand random graphs against an oracle that walks every
 * path, and a diamond of twenty levels that must not cost its million paths. */
#include "db_test.h"

#include <gmp.h>

#include "ft/codec/json.h"
#include "ft/core/lot_graph.h"
#include "ft/db/migrate.h"
#include "ft/store/reach.h"
#include "ft/store/trail.h"

#include "queries.h"

enum { GRAPHS = 1000, LOTS_MAX = 14, EDGES_MAX = 400, LEVELS = 20, MANY = 20000, SQL_ROOM = 256 * 1024 };

struct edge {
	int parent, child, event;
	int input, input_total, output;
};
struct graph {
	int lot_count, edge_count, event_count;
	int own[LOTS_MAX];
	struct edge edges[EDGES_MAX];
};

struct fixture {
	PGconn *aside;
	struct db *db;
	unsigned seed;
};

static int pick(struct fixture *f, int below)
{
	return rand_r(&f->seed) % below;
}

/* One event: some earlier lots become part of one or two later ones. */
static void add_event(struct fixture *f, struct graph *g, int child)
{
	bool used[LOTS_MAX] = {false};
	int inputs[LOTS_MAX], parents[LOTS_MAX], count = 0, total = 0, event = g->event_count++;
	int children[2] = {child, child + 1 < g->lot_count && pick(f, 4) == 0 ? child + 1 : -1};
	for (int i = 0, wanted = 1 + pick(f, 4); i < wanted; i++) {
		int parent = pick(f, child);
		if (used[parent])
			continue;
		used[parent] = true;
		inputs[count] = 1 + pick(f, 9);
		total += inputs[count];
		parents[count++] = parent;
	}
	for (int c = 0; c < 2; c++) {
		int output = 1 + pick(f, 9);
		for (int i = 0; children[c] >= 0 && i < count; i++)
			g->edges[g->edge_count++] =
				(struct edge){parents[i], children[c], event, inputs[i], total, output};
	}
}

static bool has_parents(const struct graph *g, int lot)
{
	for (int e = 0; e < g->edge_count; e++)
		if (g->edges[e].child == lot)
			return true;
	return false;
}

static struct graph random_graph(struct fixture *f)
{
	struct graph g = {.lot_count = 2 + pick(f, LOTS_MAX - 2)};
	for (int lot = 1; lot < g.lot_count; lot++)
		for (int n = pick(f, 3); n > 0 && g.edge_count < EDGES_MAX - 2 * LOTS_MAX; n--)
			add_event(f, &g, lot);
	for (int lot = 0; lot < g.lot_count; lot++)
		g.own[lot] = has_parents(&g, lot) ? (pick(f, 4) == 0) * (1 + pick(f, 9))
			     : pick(f, 8)         ? 1 + pick(f, 9)
						  : 0;
	return g;
}

static struct uuid id_of(int kind, int n)
{
	struct uuid id = {{0}};
	id.octets[0] = (uint8_t)kind;
	id.octets[14] = (uint8_t)(n >> 8);
	id.octets[15] = (uint8_t)n;
	return id;
}
enum { ID_PARTY = 1, ID_PRODUCT, ID_LOT, ID_EVENT };

static const char *text_of(struct arena *arena, int kind, int n)
{
	return uuid_print(arena, id_of(kind, n)).at;
}

static const char lot_columns[] = "INSERT INTO lot (org_id, lot_id, number, uri, product, commodity, "
				  "dimension, unit, own, total, region, created_event,"
				  " event_time, offset_min, produced_day, salt, head, version) VALUES ";
static const char edge_columns[] = "INSERT INTO lot_edge (parent_org, parent, child_org, child, event_org, "
				   "event, input, input_total, output, output_part,"
				   " output_total, value, unit, recorded_at) VALUES ";

/* Lots of odd number belong to a second party, so that nothing works by the lot alone by accident. */
static int party_of(int lot)
{
	return 1 + lot % 2;
}

static void store(struct fixture *f, struct arena *arena, const struct graph *g)
{
	struct buf sql = buf_create(arena, SQL_ROOM);
	buf_printf(&sql, "DELETE FROM lot_edge; DELETE FROM lot; %s", lot_columns);
	for (int i = 0; i < g->lot_count; i++)
		buf_printf(&sql,
			   "%s('%s', '%s', 'L%d', 'u', '%s', 'c', 0, 'KGM', %d, %d, '500000', '%s', now(), "
			   "480, '2026-01-01',"
			   " '\\x00000000000000000000000000000000', sha256(''), now())",
			   i ? ", " : "", text_of(arena, ID_PARTY, party_of(i)), text_of(arena, ID_LOT, i), i,
			   text_of(arena, ID_PRODUCT, 1), g->own[i], g->own[i] + 1000000,
			   text_of(arena, ID_EVENT, 0));
	if (g->edge_count)
		buf_printf(&sql, "; %s", edge_columns);
	for (int e = 0; e < g->edge_count; e++) {
		const struct edge *edge = &g->edges[e];
		buf_printf(
			&sql, "%s('%s', '%s', '%s', '%s', '%s', '%s', %d, %d, %d, %d, %d, '1', 'KGM', now())",
			e ? ", " : "", text_of(arena, ID_PARTY, party_of(edge->parent)),
			text_of(arena, ID_LOT, edge->parent), text_of(arena, ID_PARTY, party_of(edge->child)),
			text_of(arena, ID_LOT, edge->child), text_of(arena, ID_PARTY, 1),
			text_of(arena, ID_EVENT, edge->event), edge->input, edge->input_total, edge->output,
			edge->output, edge->output);
	}
	free(run_aside(f->aside, buf_str(&sql).at));
}

static struct lot_id lot_of(int n)
{
	return (struct lot_id){id_of(ID_PARTY, party_of(n)), id_of(ID_LOT, n)};
}

static int number_of(struct lot_id lot)
{
	return lot.lot.octets[14] << 8 | lot.lot.octets[15];
}

static int total_of(const struct graph *g, int lot)
{
	int total = g->own[lot];
	bool counted[EDGES_MAX] = {false};
	for (int e = 0; e < g->edge_count; e++) {
		if (g->edges[e].child != lot || counted[g->edges[e].event])
			continue;
		counted[g->edges[e].event] = true;
		total += g->edges[e].output;
	}
	return total;
}

static void walk_up(const struct graph *g, int lot, const mpq_t part, mpq_t *shares, bool *seen)
{
	mpq_t piece;
	int total = total_of(g, lot);
	mpq_init(piece);
	seen[lot] = true;
	if (!has_parents(g, lot)) {
		mpq_add(shares[lot], shares[lot], part);
	} else {
		mpq_set_ui(piece, (unsigned)g->own[lot], (unsigned)total);
		mpq_canonicalize(piece);
		mpq_mul(piece, piece, part);
		mpq_add(shares[lot], shares[lot], piece);
	}
	for (int e = 0; e < g->edge_count; e++) {
		const struct edge *edge = &g->edges[e];
		if (edge->child != lot)
			continue;
		mpq_set_ui(piece, (unsigned)(edge->output * edge->input),
			   (unsigned)(total * edge->input_total));
		mpq_canonicalize(piece);
		mpq_mul(piece, piece, part);
		walk_up(g, edge->parent, piece, shares, seen);
	}
	mpq_clear(piece);
}

static void walk_down(const struct graph *g, int lot, int depth, int *depths)
{
	if (depths[lot] >= 0 && depths[lot] <= depth)
		return;
	depths[lot] = depth;
	for (int e = 0; e < g->edge_count; e++)
		if (g->edges[e].parent == lot)
			walk_down(g, g->edges[e].child, depth + 1, depths);
}

static void check_upstream(struct fixture *f, struct arena *arena, const struct graph *g, int lot,
			   const bool *expected)
{
	struct lot_upstream_row *rows;
	size_t count, wanted = 0;
	bool found[LOTS_MAX] = {false};
	struct lot_id id = lot_of(lot);
	const struct lot_upstream_params params = {id.org, id.lot, INT64_MAX, MANY};
	assert_int_equal(lot_upstream(f->db, arena, &params, &rows, &count), PROBLEM_NONE);
	for (size_t i = 0; i < count; i++) {
		int n = number_of((struct lot_id){rows[i].org_id, rows[i].lot_id});
		assert_true(n < g->lot_count && expected[n] && !found[n]);
		assert_true(uuid_equal(rows[i].org_id, lot_of(n).org));
		found[n] = true;
	}
	for (int i = 0; i < g->lot_count; i++)
		wanted += expected[i];
	assert_int_equal(count, wanted);
}

static void check_trail(struct fixture *f, struct arena *arena, const struct graph *g, int lot, mpq_t *shares)
{
	const struct trail_ask ask = {
		.lot = lot_of(lot), .as_of_us = TRAIL_NOW, .now_us = clock_now(), .max_lots = MANY};
	struct trail_made made;
	mpq_t share, sum, printed;
	size_t wanted = 0;
	mpq_inits(share, sum, printed, NULL);
	assert_int_equal(trail_make(f->db, arena, &ask, &made), PROBLEM_NONE);
	const struct trail_origin *origins = made.trail.origins.items;
	for (size_t i = 0; i < made.trail.origins.count; i++) {
		struct lot_id id;
		assert_true(lot_id_parse(arena, origins[i].lot, &id));
		assert_int_equal(mpq_set_str(share, arena_str(arena, origins[i].share_exact).at, 10), 0);
		assert_true(mpq_equal(share, shares[number_of(id)]));
		mpq_add(sum, sum, share);
		struct decimal d;
		assert_true(decimal_parse(origins[i].share, &d));
		mpq_set_si(share, (long)(d.units / 100000000000), 10000);
		mpq_canonicalize(share);
		mpq_add(printed, printed, share);
	}
	for (int i = 0; i < g->lot_count; i++)
		wanted += mpq_sgn(shares[i]) > 0;
	assert_int_equal(made.trail.origins.count, wanted);
	assert_int_equal(made.trail.rest->count, 0);
	assert_int_equal(mpq_cmp_ui(sum, 1, 1), 0);
	assert_int_equal(mpq_cmp_ui(printed, 1, 1), 0);
	mpq_clears(share, sum, printed, NULL);
}

static void check_reach(struct fixture *f, struct arena *arena, const struct graph *g, int lot)
{
	int depths[LOTS_MAX], last = 0;
	size_t wanted = 0;
	struct reach reach;
	for (int i = 0; i < g->lot_count; i++)
		depths[i] = -1;
	walk_down(g, lot, 0, depths);
	assert_int_equal(reach_load(f->db, arena, lot_of(lot), MANY, &reach), PROBLEM_NONE);
	for (size_t i = 0; i < reach.count; i++) {
		int n = number_of(reach.lots[i].lot);
		assert_int_equal(reach.lots[i].depth, depths[n]);
		assert_true(reach.lots[i].depth >= last && reach.lots[i].visible);
		last = (int)reach.lots[i].depth;
		depths[n] = -2; /* once only */
	}
	for (int i = 0; i < g->lot_count; i++)
		wanted += depths[i] > 0;
	assert_int_equal(wanted, 0);
}

static void check_lot(struct fixture *f, const struct graph *g, int lot)
{
	struct arena *arena = arena_create();
	mpq_t shares[LOTS_MAX], one;
	bool seen[LOTS_MAX] = {false};
	mpq_init(one);
	mpq_set_ui(one, 1, 1);
	for (int i = 0; i < LOTS_MAX; i++)
		mpq_init(shares[i]);
	walk_up(g, lot, one, shares, seen);
	check_upstream(f, arena, g, lot, seen);
	check_trail(f, arena, g, lot, shares);
	check_reach(f, arena, g, lot);
	for (int i = 0; i < LOTS_MAX; i++)
		mpq_clear(shares[i]);
	mpq_clear(one);
	arena_destroy(arena);
}

static void random_graphs_agree_with_walking_every_path(void **state)
{
	struct fixture *f = *state;
	for (int n = 0; n < GRAPHS; n++) {
		struct arena *arena = arena_create();
		struct graph g = random_graph(f);
		store(f, arena, &g);
		check_lot(f, &g, g.lot_count - 1);
		check_lot(f, &g, pick(f, g.lot_count));
		check_reach(f, arena, &g, 0);
		arena_destroy(arena);
	}
}

static void store_diamond(struct fixture *f)
{
	free(run_aside(
		f->aside,
		"DELETE FROM lot_edge; DELETE FROM lot;"
		"INSERT INTO lot SELECT '01000000-0000-0000-0000-000000000001',"
		" ('03000000-0000-0000-0000-00000000' || lpad(to_hex(n), 4, '0'))::uuid, 'L' || n, 'u', NULL,"
		" '02000000-0000-0000-0000-000000000001', 'c', 0, 'KGM', CASE WHEN n < 2 THEN 1 ELSE 0 END, "
		"1, NULL, '500000',"
		" '04000000-0000-0000-0000-000000000000', now(), 480, '2026-01-01', NULL, 0,"
		" '\\x00000000000000000000000000000000', sha256(''), now() FROM generate_series(0, 41) n;"
		"INSERT INTO lot_edge SELECT '01000000-0000-0000-0000-000000000001',"
		" ('03000000-0000-0000-0000-00000000' || lpad(to_hex(l * 2 - 2 + p), 4, '0'))::uuid,"
		" '01000000-0000-0000-0000-000000000001',"
		" ('03000000-0000-0000-0000-00000000' || lpad(to_hex(l * 2 + c), 4, '0'))::uuid,"
		" '01000000-0000-0000-0000-000000000001',"
		" ('04000000-0000-0000-0000-00000000' || lpad(to_hex(l * 2 + c), 4, '0'))::uuid, 1, 2, 1, 1, "
		"1, '1', 'KGM', now()"
		" FROM generate_series(1, 20) l, generate_series(0, 1) p, generate_series(0, 1) c; ANALYZE "
		"lot_edge"));
}

/* Rows that a plan took from the edges, over all loops. */
static double rows_of_edges(const struct json *plan)
{
	const struct json *relation = json_get(plan, STR("Relation Name")),
			  *plans = json_get(plan, STR("Plans"));
	double rows = 0;
	if (relation && str_equal(relation->text, STR("lot_edge")))
		rows = strtod(json_get(plan, STR("Actual Rows"))->text.at, NULL) *
		       strtod(json_get(plan, STR("Actual Loops"))->text.at, NULL);
	for (size_t i = 0; plans && i < plans->count; i++)
		rows += rows_of_edges(&plans->items[i]);
	return rows;
}

static double explain(struct fixture *f, struct arena *arena, const struct sql_statement *s,
		      const char *types, const char *values)
{
	struct json json;
	struct fault fault = {0};
	free(run_aside(f->aside, arena_printf(arena, "PREPARE asked (%s) AS %s", types, s->text).at));
	char *text = run_aside(
		f->aside,
		arena_printf(arena, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) EXECUTE asked (%s)", values)
			.at);
	arena_defer(arena, free, text);
	assert_int_equal(json_parse(arena, str_of(text), &json, &fault), PROBLEM_NONE);
	free(run_aside(f->aside, "DEALLOCATE asked"));
	return rows_of_edges(json_get(&json.items[0], STR("Plan")));
}

static void a_diamond_of_twenty_levels_costs_its_edges_and_not_its_paths(void **state)
{
	enum { EDGES = LEVELS * 4, LOTS = LEVELS * 2 + 1 };
	struct fixture *f = *state;
	struct arena *arena = arena_create();
	const struct lot_id bottom = {id_of(ID_PARTY, 1), id_of(ID_LOT, LEVELS * 2)},
			    top = {id_of(ID_PARTY, 1), id_of(ID_LOT, 0)};
	const struct trail_ask ask = {
		.lot = bottom, .as_of_us = TRAIL_NOW, .now_us = clock_now(), .max_lots = LOTS};
	struct trail_made made;
	struct reach reach;
	store_diamond(f);
	assert_int_equal(trail_make(f->db, arena, &ask, &made), PROBLEM_NONE);
	assert_int_equal(made.lot_count, LOTS);
	assert_int_equal(made.trail.origins.count, 2);
	assert_true(str_equal(((const struct trail_origin *)made.trail.origins.items)[0].share_exact,
			      STR("1/2")));
	assert_int_equal(reach_load(f->db, arena, top, LEVELS * 2, &reach), PROBLEM_NONE);
	assert_int_equal(reach.count, LEVELS * 2);
	assert_int_equal(reach.lots[reach.count - 1].depth, LEVELS);

	double up = explain(f, arena, &sql_lot_upstream, "uuid, uuid, timestamptz, bigint",
			    "'01000000-0000-0000-0000-000000000001', '03000000-0000-0000-0000-000000000028', "
			    "'infinity', 20000");
	double down = explain(f, arena, &sql_lot_reach, "uuid, uuid, bigint, bigint",
			      "'01000000-0000-0000-0000-000000000001', "
			      "'03000000-0000-0000-0000-000000000000', 20000, 1000000");
	/* Rows a loop are rounded to whole ones, and there is a loop a lot. */
	assert_true(up > 0 && up <= EDGES + LOTS);
	assert_true(down > 0 && down <= 2 * (EDGES + LOTS)); /* once to walk, once to answer */
	arena_destroy(arena);
}

static void what_is_larger_than_the_limit_is_refused(void **state)
{
	struct fixture *f = *state;
	struct arena *arena = arena_create();
	struct trail_made made;
	struct reach reach;
	const struct lot_id bottom = {id_of(ID_PARTY, 1), id_of(ID_LOT, LEVELS * 2)},
			    top = {id_of(ID_PARTY, 1), id_of(ID_LOT, 0)};
	const struct trail_ask ask = {
		.lot = bottom, .as_of_us = TRAIL_NOW, .now_us = clock_now(), .max_lots = LEVELS * 2};
	const struct trail_ask none = {
		.lot = {bottom.org, id_of(ID_LOT, 999)}, .as_of_us = TRAIL_NOW, .max_lots = MANY};
	store_diamond(f);
	assert_int_equal(trail_make(f->db, arena, &ask, &made), PROBLEM_GRAPH_TOO_LARGE);
	assert_int_equal(reach_load(f->db, arena, top, LEVELS * 2 - 1, &reach), PROBLEM_GRAPH_TOO_LARGE);
	assert_int_equal(trail_make(f->db, arena, &none, &made), PROBLEM_NOT_FOUND);
	arena_destroy(arena);
}

static void a_cycle_that_somebody_wrote_into_the_table_ends(void **state)
{
	struct fixture *f = *state;
	struct arena *arena = arena_create();
	struct graph g = {.lot_count = 3,
			  .edge_count = 3,
			  .own = {0, 0, 0},
			  .edges = {{0, 1, 0, 1, 1, 1}, {1, 2, 1, 1, 1, 1}, {2, 0, 2, 1, 1, 1}}};
	const struct trail_ask ask = {
		.lot = lot_of(2), .as_of_us = TRAIL_NOW, .now_us = clock_now(), .max_lots = MANY};
	struct trail_made made;
	struct reach reach;
	store(f, arena, &g);
	assert_int_equal(trail_make(f->db, arena, &ask, &made), PROBLEM_LINEAGE_CYCLE);
	assert_int_equal(reach_load(f->db, arena, lot_of(0), MANY, &reach), PROBLEM_NONE);
	assert_int_equal(reach.count, 2);
	arena_destroy(arena);
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct arena *arena = arena_create();
	struct fault fault = {0};
	int applied;
	assert_non_null(f);
	assert_int_equal(migrate(arena, test_database(), &applied, &fault), PROBLEM_NONE);
	arena_destroy(arena);
	f->aside = open_aside();
	f->seed = 20260503;
	assert_int_equal(db_open(test_database(), 60000, &f->db), PROBLEM_NONE);
	db_act_for(f->db, &db_program);
	free(run_aside(f->aside,
		       "SET client_min_messages = warning; SET synchronous_commit = off;"
		       /* of eighty rows a plan would rather read all of them each time */
		       "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
		       "INSERT INTO region VALUES ('500000', 'r', 'r', 'province', 'municipality', NULL, "
		       "'1997-03-14', NULL);"
		       "INSERT INTO party SELECT ('01000000-0000-0000-0000-00000000000' || n)::uuid, 'P' || "
		       "n, 'cooperative', 'p', NULL, NULL, NULL,"
		       " '500000', 'u' || n, false, 'active', 1, now() FROM generate_series(1, 2) n;"
		       "INSERT INTO product VALUES ('02000000-0000-0000-0000-000000000001', "
		       "'01000000-0000-0000-0000-000000000001', 'N', 'n', NULL,"
		       " 'c', NULL, 'KGM', NULL, NULL, NULL, NULL, 'u', 'active', 1, now())"));
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	db_close(f->db);
	PQfinish(f->aside);
	free(f);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_graphs_agree_with_walking_every_path),
		cmocka_unit_test(a_diamond_of_twenty_levels_costs_its_edges_and_not_its_paths),
		cmocka_unit_test(what_is_larger_than_the_limit_is_refused),
		cmocka_unit_test(a_cycle_that_somebody_wrote_into_the_table_ends),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
