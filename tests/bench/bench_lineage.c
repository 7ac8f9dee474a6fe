/* SPDX-License-Identifier: Apache-2.0
 * Times the product's statements "one lot", "all lots upstream of it" and "what became of a lot", in turn, over two
 * connections.
 *
 * usage: bench_lineage CONNINFO SOLD GROWN SECONDS
 *	The files have a line "ORG LOT" for every lot to ask for: SOLD for what it was made from, GROWN for what became of
 *	it. Prints percentiles as one line of JSON. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ft/db/db.h"
#include "queries.h"

enum {
	CLIENTS = 2,
	LOTS_MAX = 200000,
	SAMPLES_MAX = 2000000,
	STATEMENT_TIMEOUT_MS = 10000,
	GRAPH_NODES = 20000,
	GRAPH_EDGES = 1000000,
	WARM_S = 4
};

struct lot {
	struct uuid org, id;
};
struct samples {
	uint32_t *items;
	size_t count;
};
struct lots {
	struct lot items[LOTS_MAX];
	size_t count;
};
struct client {
	pthread_t thread;
	struct db *db;
	const struct lots *sold, *grown;
	size_t next; /* in both, each for itself */
	int64_t end_ns;
	struct samples reads, walks, sizes, reaches, reached;
	enum problem problem;
};

static int64_t now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void add(struct samples *samples, uint64_t value)
{
	if (samples->items && samples->count < SAMPLES_MAX)
		samples->items[samples->count++] = (uint32_t)value;
}

static enum problem ask_below(struct client *c, const struct lot *lot)
{
	struct arena *arena = arena_create();
	struct lot_reach_row *rows;
	size_t count = 0;
	int64_t start = now_ns();
	enum problem p = lot_reach(c->db, arena,
				   &(struct lot_reach_params){lot->org, lot->id, GRAPH_NODES, GRAPH_EDGES},
				   &rows, &count);
	add(&c->reaches, (uint64_t)(now_ns() - start));
	add(&c->reached, count);
	arena_destroy(arena);
	return p;
}

static enum problem ask(struct client *c, const struct lot *lot)
{
	struct arena *arena = arena_create();
	struct lot_by_id_row row;
	struct lot_upstream_row *rows;
	size_t count = 0;
	int64_t start = now_ns();
	enum problem p = lot_by_id(c->db, arena, &(struct lot_by_id_params){lot->org, lot->id}, &row);
	int64_t middle = now_ns();
	if (!p)
		p = lot_upstream(c->db, arena,
				 &(struct lot_upstream_params){lot->org, lot->id, INT64_MAX, GRAPH_NODES},
				 &rows, &count);
	int64_t end = now_ns();
	add(&c->reads, (uint64_t)(middle - start));
	add(&c->walks, (uint64_t)(end - middle));
	add(&c->sizes, count);
	arena_destroy(arena);
	return p;
}

static void *run(void *context)
{
	struct client *c = context;
	while (!c->problem && now_ns() < c->end_ns) {
		c->problem = ask(c, &c->sold->items[c->next % c->sold->count]);
		if (!c->problem)
			c->problem = ask_below(c, &c->grown->items[c->next % c->grown->count]);
		c->next++;
	}
	return NULL;
}

static bool run_all(struct client *clients, int64_t seconds)
{
	bool good = true;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].end_ns = now_ns() + seconds * 1000000000;
		if (pthread_create(&clients[i].thread, NULL, run, &clients[i]))
			abort();
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(clients[i].thread, NULL);
		if (clients[i].problem)
			fprintf(stderr, "bench_lineage: %s\n", db_last_error(clients[i].db).at);
		good &= !clients[i].problem;
	}
	return good;
}

static struct samples samples_create(void)
{
	struct samples made = {calloc(SAMPLES_MAX, sizeof *made.items), 0};
	if (!made.items)
		abort();
	return made;
}

static bool lots_read(const char *path, struct lots *lots)
{
	char line[80] = ""; /* two UUIDs */
	FILE *file = fopen(path, "r");
	while (file && lots->count < LOTS_MAX && fgets(line, sizeof line, file)) {
		struct lot *lot = &lots->items[lots->count];
		if (strlen(line) >= 73 && uuid_parse((struct str){line, 36}, &lot->org) &&
		    uuid_parse((struct str){line + 37, 36}, &lot->id))
			lots->count++;
	}
	if (file)
		fclose(file);
	return lots->count > 0;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static uint32_t percentile(const struct samples *s, unsigned percent)
{
	return s->items[(s->count - 1) * percent / 100];
}

/* Prints the percentiles of the samples of all clients, sorted into those of the first. */
static void say(const char *name, struct samples *first, const struct samples *second)
{
	for (size_t i = 0; i < second->count; i++)
		add(first, second->items[i]);
	qsort(first->items, first->count, sizeof *first->items, by_value);
	printf("\"%s_p50\":%" PRIu32 ",\"%s_p99\":%" PRIu32 ",", name, percentile(first, 50), name,
	       percentile(first, 99));
}

static void samples_make(struct client *c)
{
	c->reads = samples_create();
	c->walks = samples_create();
	c->sizes = samples_create();
	c->reaches = samples_create();
	c->reached = samples_create();
}

static void client_finish(struct client *c)
{
	db_close(c->db);
	free(c->reads.items);
	free(c->walks.items);
	free(c->sizes.items);
	free(c->reaches.items);
	free(c->reached.items);
}

int main(int argc, char **argv)
{
	static struct lots sold, grown;
	struct client clients[CLIENTS] = {0};
	if (argc != 5 || !lots_read(argv[2], &sold) || !lots_read(argv[3], &grown)) {
		fputs("usage: bench_lineage CONNINFO SOLD GROWN SECONDS\n", stderr);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){
			.sold = &sold, .grown = &grown, .next = sold.count / CLIENTS * (size_t)i};
		if (db_open(str_of(argv[1]), STATEMENT_TIMEOUT_MS, &clients[i].db))
			return EXIT_FAILURE;
		db_act_for(clients[i].db, &db_program);
	}
	if (!run_all(clients, WARM_S)) /* nothing is kept of this */
		return EXIT_FAILURE;
	for (int i = 0; i < CLIENTS; i++)
		samples_make(&clients[i]);
	if (!run_all(clients, strtol(argv[4], NULL, 10)))
		return EXIT_FAILURE;
	struct client *a = &clients[0], *b = &clients[1];
	printf("{");
	say("read_ns", &a->reads, &b->reads);
	say("walk_ns", &a->walks, &b->walks);
	say("lots", &a->sizes, &b->sizes);
	say("reach_ns", &a->reaches, &b->reaches);
	say("reached", &a->reached, &b->reached);
	printf("\"calls\":%zu}\n", a->reads.count);
	for (int i = 0; i < CLIENTS; i++)
		client_finish(&clients[i]);
	return EXIT_SUCCESS;
}
