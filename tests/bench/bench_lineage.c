/* SPDX-License-Identifier: Apache-2.0
 * Times the product's statements "one lot" and "all lots upstream of it", in turn, over two connections.
 *
 * usage: bench_lineage CONNINFO FILE SECONDS
 *	FILE has a line "ORG LOT" for every lot to ask for. Prints percentiles as one line of JSON. */
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
	GRAPH_NODES = 20000
};

struct lot {
	struct uuid org, id;
};
struct samples {
	uint32_t *items;
	size_t count;
};
struct client {
	pthread_t thread;
	struct db *db;
	const struct lot *lots;
	size_t lot_count, next;
	int64_t end_ns;
	struct samples reads, walks, sizes;
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
		c->problem = ask(c, &c->lots[c->next]);
		c->next = (c->next + 1) % c->lot_count;
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

static size_t lots_read(const char *path, struct lot *lots)
{
	char line[80] = ""; /* two UUIDs */
	size_t count = 0;
	FILE *file = fopen(path, "r");
	while (file && count < LOTS_MAX && fgets(line, sizeof line, file))
		if (strlen(line) >= 73 && uuid_parse((struct str){line, 36}, &lots[count].org) &&
		    uuid_parse((struct str){line + 37, 36}, &lots[count].id))
			count++;
	if (file)
		fclose(file);
	return count;
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

/* In clients[0], sorted: the samples of all. */
static void gather(struct samples *first, const struct samples *second)
{
	for (size_t i = 0; i < second->count; i++)
		add(first, second->items[i]);
	qsort(first->items, first->count, sizeof *first->items, by_value);
}

int main(int argc, char **argv)
{
	static struct lot lots[LOTS_MAX];
	struct client clients[CLIENTS] = {0};
	size_t count = argc == 4 ? lots_read(argv[2], lots) : 0;
	if (!count) {
		fputs("usage: bench_lineage CONNINFO FILE SECONDS\n", stderr);
		return EXIT_FAILURE;
	}
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){
			.lots = lots, .lot_count = count, .next = count / CLIENTS * (size_t)i};
		if (db_open(str_of(argv[1]), STATEMENT_TIMEOUT_MS, &clients[i].db))
			return EXIT_FAILURE;
		db_act_for(clients[i].db, &db_program);
	}
	if (!run_all(clients, 2)) /* warm: nothing is kept of this */
		return EXIT_FAILURE;
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].reads = samples_create();
		clients[i].walks = samples_create();
		clients[i].sizes = samples_create();
	}
	if (!run_all(clients, strtol(argv[3], NULL, 10)))
		return EXIT_FAILURE;
	gather(&clients[0].reads, &clients[1].reads);
	gather(&clients[0].walks, &clients[1].walks);
	gather(&clients[0].sizes, &clients[1].sizes);
	printf("{\"calls\":%zu,\"read_p50_ns\":%" PRIu32 ",\"read_p99_ns\":%" PRIu32
	       ",\"walk_p50_ns\":%" PRIu32 ",\"walk_p99_ns\":%" PRIu32 ",\"lots_p50\":%" PRIu32
	       ",\"lots_p99\":%" PRIu32 "}\n",
	       clients[0].reads.count, percentile(&clients[0].reads, 50), percentile(&clients[0].reads, 99),
	       percentile(&clients[0].walks, 50), percentile(&clients[0].walks, 99),
	       percentile(&clients[0].sizes, 50), percentile(&clients[0].sizes, 99));
	for (int i = 0; i < CLIENTS; i++) {
		db_close(clients[i].db);
		free(clients[i].reads.items);
		free(clients[i].walks.items);
		free(clients[i].sizes.items);
	}
	return EXIT_SUCCESS;
}
