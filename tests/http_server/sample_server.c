/* SPDX-License-Identifier: Apache-2.0
 * A server with sample routes, one for each way of answering, driven from outside by test_server.py.
 * Prints "port N" and serves until standard input ends; the first argument is the grace in milliseconds. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ft/base/log.h"
#include "ft/base/metrics.h"
#include "ft/http/gzip.h"
#include "ft/http/openapi.h"
#include "ft/http/server.h"

/* Stands for the group writer: takes what was submitted, waits, fires. */
struct pending {
	struct pending *next;
	struct completion *done;
	int64_t delay_ms;
	struct str text;
	enum problem outcome;
	bool held; /* until POST /release */
};

struct sample {
	pthread_mutex_t pending_lock;
	struct pending *pending, *held;
	atomic_bool ends;
	atomic_int released, finished;
	char page[4096];
};

static void sleep_ms(int64_t ms)
{
	nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, /* rest */ NULL);
}

static void fire_all(struct pending *first)
{
	for (struct pending *next; first; first = next) {
		next = first->next;
		if (first->delay_ms)
			sleep_ms(first->delay_ms);
		first->done->fire(first->done, first->outcome);
	}
}

static void *committer(void *context)
{
	struct sample *sample = context;
	while (!atomic_load(&sample->ends)) {
		pthread_mutex_lock(&sample->pending_lock);
		struct pending *first = sample->pending;
		sample->pending = NULL;
		pthread_mutex_unlock(&sample->pending_lock);
		fire_all(first);
		sleep_ms(1);
	}
	return NULL;
}

struct echo {
	struct str path, query, first, second, language, address, header;
	int64_t number;
	bool known_key;
};
static const struct shape echo_shape = {
	.name = "Echo",
	.size = sizeof(struct echo),
	.doc = "What the handler was given",
	.fields =
		(const struct field[]){
			STRING(struct echo, path, "path", .doc = "Raw path", .max_len = 8192),
			STRING(struct echo, query, "query", .flags = OPTIONAL, .doc = "Raw query",
			       .max_len = 8192),
			STRING(struct echo, first, "first", .flags = OPTIONAL, .doc = "First argument",
			       .max_len = 8192),
			STRING(struct echo, second, "second", .flags = OPTIONAL, .doc = "Second argument",
			       .max_len = 8192),
			STRING(struct echo, language, "language", .doc = "zh or en"),
			STRING(struct echo, address, "address", .doc = "Whose limits count"),
			STRING(struct echo, header, "header", .flags = OPTIONAL, .doc = "X-Sample",
			       .max_len = 8192),
			INTEGER(struct echo, number, "number", .doc = "From body or query"),
			BOOLEAN(struct echo, known_key, "knownKey", .doc = "A key was sent"),
			END_OF_SHAPE,
		},
};

struct order {
	struct str name;
	int64_t number;
};
static const struct shape order_shape = {
	.name = "Order",
	.size = sizeof(struct order),
	.doc = "A small body",
	.fields =
		(const struct field[]){
			STRING(struct order, name, "name", .doc = "Any name"),
			INTEGER(struct order, number, "number", .flags = OPTIONAL, .min = 0, .max = 1000000,
				.doc = "A number"),
			END_OF_SHAPE,
		},
};

struct wait_query {
	int64_t ms;
};
static const struct shape wait_query_shape = {
	.name = "WaitQuery",
	.size = sizeof(struct wait_query),
	.doc = "How long",
	.fields =
		(const struct field[]){
			INTEGER(struct wait_query, ms, "ms", .flags = OPTIONAL, .min = 0, .max = 60000,
				.doc = "Milliseconds"),
			END_OF_SHAPE,
		},
};

static enum problem echo(struct call *call, struct reply *reply)
{
	struct echo *e = arena_new(call->arena, struct echo);
	*e = (struct echo){
		.path = call->path,
		.query = call->raw_query,
		.first = call->path_args[0],
		.second = call->path_args[1],
		.language = call->language == LANGUAGE_EN ? STR("en") : STR("zh"),
		.address = call->caller.address,
		.header = call_header(call, "X-Sample"),
		.known_key = !uuid_is_nil(call->caller.key),
	};
	if (call->body)
		e->number = ((const struct order *)call->body)->number;
	if (call->query)
		e->number = ((const struct wait_query *)call->query)->ms;
	reply->value = e;
	return PROBLEM_NONE;
}

static void count_release(void *held)
{
	struct sample *sample = held;
	atomic_fetch_add(&sample->released, 1);
}

static bool cached_page(struct call *call, struct reply *reply)
{
	struct sample *sample = call->app;
	if (!str_equal(call->path_args[0], STR("page")))
		return false;
	*reply = (struct reply){
		.raw = {sample->page, sizeof sample->page},
		.media_type = "text/html; charset=utf-8",
		.etag = STR("\"v1\""),
		.cache_control = "public, max-age=5",
		.vary_accept = true,
		.release = count_release,
		.held = sample,
	};
	return true;
}

static enum problem uncached_page(struct call *call, struct reply *reply)
{
	reply->raw = arena_printf(call->arena, "<p>%.*s</p>", STR_ARGS(call->path_args[0]));
	reply->media_type = "text/html; charset=utf-8";
	return PROBLEM_NONE;
}

static enum problem raw(struct call *call, struct reply *reply)
{
	unsigned sum = 0;
	for (size_t i = 0; i < call->body_bytes.len; i++)
		sum = sum * 31 + (unsigned char)call->body_bytes.at[i];
	reply->raw = arena_printf(call->arena, "%zu %u", call->body_bytes.len, sum);
	reply->media_type = "text/plain";
	return PROBLEM_NONE;
}

static enum problem slow(struct call *call, struct reply *reply)
{
	sleep_ms(((const struct wait_query *)call->query)->ms);
	struct sample *sample = call->app;
	atomic_fetch_add(&sample->finished, 1);
	reply->raw = call->worker ? STR("slow") : STR("no worker");
	reply->media_type = "text/plain";
	return PROBLEM_NONE;
}

static enum problem fail(struct call *call, struct reply *reply)
{
	(void)reply;
	call->fault.detail = STR("password=hunter2 in table secrets");
	return PROBLEM_INTERNAL;
}

static enum problem busy(struct call *call, struct reply *reply)
{
	(void)call;
	reply->retry_after_s = 7;
	return PROBLEM_BUSY;
}

static enum problem created(struct call *call, struct reply *reply)
{
	static const struct reply_header headers[] = {{"X-Extra", {"yes", 3}}};
	(void)call;
	reply->headers = headers;
	reply->header_count = 1;
	reply->location = STR("/echo/a/b");
	reply->link = STR("</next>; rel=\"next\"");
	reply->etag = STR("bad\r\nSet-Cookie: x=1");
	reply->raw = STR("{}");
	return PROBLEM_NONE;
}

static enum problem prepare(struct call *call, struct reply *reply)
{
	(void)reply;
	const struct order *order = call->body;
	if (str_equal(order->name, STR("refuse-prepare")))
		return PROBLEM_CONFLICT;
	struct pending *pending = arena_new(call->arena, struct pending);
	pending->text = arena_printf(call->arena, "stored %.*s", STR_ARGS(order->name));
	pending->delay_ms = order->number;
	pending->held = str_equal(order->name, STR("hold"));
	if (str_equal(order->name, STR("refuse-commit")))
		pending->outcome = PROBLEM_LOT_SHORT;
	call->state = pending;
	return PROBLEM_NONE;
}

static enum problem submit(struct call *call, struct completion *done)
{
	struct sample *sample = call->app;
	struct pending *pending = call->state;
	pending->done = done;
	if (str_equal(pending->text, STR("stored refuse-submit")))
		return PROBLEM_BUSY;
	if (str_equal(pending->text, STR("stored at-once"))) {
		done->fire(done, PROBLEM_NONE);
		return PROBLEM_NONE;
	}
	pthread_mutex_lock(&sample->pending_lock);
	struct pending **list = pending->held ? &sample->held : &sample->pending;
	pending->next = *list;
	*list = pending;
	pthread_mutex_unlock(&sample->pending_lock);
	return PROBLEM_NONE;
}

static enum problem finish(struct call *call, struct reply *reply)
{
	const struct pending *pending = call->state;
	reply->raw = pending->text;
	reply->media_type = "text/plain";
	return PROBLEM_NONE;
}

/* A read that one submission mostly answers. */
static enum problem prepare_read(struct call *call, struct reply *reply)
{
	struct str what = call->path_args[0];
	(void)reply;
	if (call->worker)
		return PROBLEM_INTERNAL;
	if (str_equal(what, STR("nothing")))
		return PROBLEM_NOT_FOUND;
	call->needs_worker = str_equal(what, STR("rare"));
	struct pending *pending = arena_new(call->arena, struct pending);
	pending->text = arena_printf(call->arena, "stored %.*s", STR_ARGS(what));
	pending->held = str_equal(what, STR("hold"));
	if (str_equal(what, STR("failed")))
		pending->outcome = PROBLEM_DB_UNAVAILABLE;
	if (str_equal(what, STR("full")))
		pending->outcome = PROBLEM_BUSY;
	call->state = pending;
	return PROBLEM_NONE;
}

static enum problem finish_read(struct call *call, struct reply *reply)
{
	call->needs_worker = str_equal(call->path_args[0], STR("stale"));
	return finish(call, reply);
}

static enum problem read_slowly(struct call *call, struct reply *reply)
{
	reply->raw = arena_printf(call->arena, "%s read %.*s", call->worker ? "slowly" : "nowhere",
				  STR_ARGS(call->path_args[0]));
	reply->media_type = "text/plain";
	return PROBLEM_NONE;
}

static enum problem release_held(struct call *call, struct reply *reply)
{
	struct sample *sample = call->app;
	pthread_mutex_lock(&sample->pending_lock);
	struct pending *held = sample->held;
	sample->held = NULL;
	pthread_mutex_unlock(&sample->pending_lock);
	fire_all(held);
	reply->raw = STR("{}");
	return PROBLEM_NONE;
}

static enum problem counters(struct call *call, struct reply *reply)
{
	struct sample *sample = call->app;
	reply->raw = arena_printf(
		call->arena, "{\"released\":%d,\"finished\":%d,\"bodyBytes\":%ld,\"inFlight\":%ld}",
		atomic_load(&sample->released), atomic_load(&sample->finished),
		(long)metric_get(METRIC_HTTP_BODY_BYTES), (long)metric_get(METRIC_HTTP_IN_FLIGHT));
	return PROBLEM_NONE;
}

static enum problem openapi(struct call *call, struct reply *reply);

static const struct route routes[] = {
	{.method = "GET",
	 .path = "/cached/{name}",
	 .id = "cached",
	 .summary = "From memory",
	 .scope = SCOPE_PUBLIC,
	 .cached = cached_page,
	 .handle = uncached_page,
	 .media_type = "text/html"},
	{.method = "GET",
	 .path = "/echo/{first}/{second}",
	 .id = "echo",
	 .summary = "Two arguments",
	 .scope = SCOPE_PUBLIC,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "GET",
	 .path = "/echo/{first}/literal",
	 .id = "echoLiteral",
	 .summary = "A literal wins",
	 .scope = SCOPE_PUBLIC,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "GET",
	 .path = "/rest/{rest...}",
	 .id = "rest",
	 .summary = "The raw rest",
	 .scope = SCOPE_PUBLIC,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "GET",
	 .path = "/query",
	 .id = "query",
	 .summary = "A query",
	 .scope = SCOPE_PUBLIC,
	 .query = &wait_query_shape,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "POST",
	 .path = "/orders",
	 .id = "order",
	 .summary = "A JSON body",
	 .scope = SCOPE_PUBLIC,
	 .max_body = 64 * 1024,
	 .request = &order_shape,
	 .response = &echo_shape,
	 .status = 201,
	 .handle = echo,
	 .body_type = "application/x-www-form-urlencoded"},
	{.method = "POST",
	 .path = "/raw",
	 .id = "raw",
	 .summary = "Any bytes",
	 .scope = SCOPE_PUBLIC,
	 .max_body = 4 * 1024 * 1024,
	 .media_type = "text/plain",
	 .body_type = "application/octet-stream",
	 .handle = raw},
	{.method = "GET",
	 .path = "/slow",
	 .id = "slow",
	 .summary = "Sleeps",
	 .scope = SCOPE_PUBLIC,
	 .query = &wait_query_shape,
	 .media_type = "text/plain",
	 .handle = slow},
	{.method = "POST",
	 .path = "/submit",
	 .id = "submit",
	 .summary = "In two halves",
	 .scope = SCOPE_PUBLIC,
	 .max_body = 1024,
	 .request = &order_shape,
	 .media_type = "text/plain",
	 .status = 201,
	 .prepare = prepare,
	 .submit = submit,
	 .finish = finish,
	 .may_fail = {PROBLEM_LOT_SHORT, PROBLEM_CONFLICT}},
	{.method = "GET",
	 .path = "/read/{what}",
	 .id = "read",
	 .summary = "One submission, else a worker",
	 .scope = SCOPE_PUBLIC,
	 .media_type = "text/plain",
	 .prepare = prepare_read,
	 .submit = submit,
	 .finish = finish_read,
	 .handle = read_slowly},
	{.method = "POST",
	 .path = "/release",
	 .id = "release",
	 .summary = "Fires what is held",
	 .scope = SCOPE_PUBLIC,
	 .handle = release_held},
	{.method = "GET",
	 .path = "/private",
	 .id = "private",
	 .summary = "Needs read",
	 .scope = SCOPE_READ,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "POST",
	 .path = "/private",
	 .id = "privatePost",
	 .summary = "Needs capture",
	 .scope = SCOPE_CAPTURE,
	 .max_body = 64 * 1024,
	 .request = &order_shape,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "GET", .path = "/nobody", .id = "nobody", .summary = "A forgotten scope", .handle = echo},
	{.method = "GET",
	 .path = "/limited",
	 .id = "limited",
	 .summary = "Five a minute",
	 .scope = SCOPE_PUBLIC,
	 .rate_per_min = 5,
	 .response = &echo_shape,
	 .handle = echo},
	{.method = "GET",
	 .path = "/fail",
	 .id = "fail",
	 .summary = "Fails",
	 .scope = SCOPE_PUBLIC,
	 .handle = fail},
	{.method = "GET",
	 .path = "/busy",
	 .id = "busy",
	 .summary = "Is busy",
	 .scope = SCOPE_PUBLIC,
	 .handle = busy},
	{.method = "GET",
	 .path = "/created",
	 .id = "created",
	 .summary = "Many headers",
	 .scope = SCOPE_PUBLIC,
	 .status = 201,
	 .handle = created},
	{.method = "GET",
	 .path = "/counters",
	 .id = "counters",
	 .summary = "For the tests",
	 .scope = SCOPE_PUBLIC,
	 .handle = counters},
	{.method = "GET",
	 .path = "/openapi.json",
	 .id = "openapi",
	 .summary = "This document",
	 .scope = SCOPE_PUBLIC,
	 .handle = openapi},
	{0},
};
static const struct route *const tables[] = {routes, NULL};

static enum problem openapi(struct call *call, struct reply *reply)
{
	reply->raw = openapi_document(call->arena, tables, STR("1"));
	return PROBLEM_NONE;
}

static enum problem authenticate(void *app, struct arena *arena, struct str bearer, struct caller *ret)
{
	(void)app;
	(void)arena;
	if (str_starts(bearer, STR("slow")))
		return PROBLEM_BUSY;
	if (!str_equal(bearer, STR("key-read")) && !str_equal(bearer, STR("key-capture")))
		return PROBLEM_UNAUTHORIZED;
	ret->key.octets[15] = 1;
	ret->scopes = str_equal(bearer, STR("key-read")) ? SCOPE_READ : SCOPE_READ | SCOPE_CAPTURE;
	return PROBLEM_NONE;
}

static enum problem authenticate_slow(void *app, void *worker, struct arena *arena, struct str bearer,
				      struct caller *ret)
{
	sleep_ms(20);
	if (!worker)
		return PROBLEM_INTERNAL;
	if (str_equal(bearer, STR("slow-down")))
		return PROBLEM_DB_UNAVAILABLE;
	return authenticate(app, arena,
			    str_equal(bearer, STR("slow-capture")) ? STR("key-capture") : STR("-"), ret);
}

static void *worker_start(void *app)
{
	(void)app;
	return malloc(1);
}

static void worker_stop(void *app, void *worker)
{
	(void)app;
	free(worker);
}

static struct str problem_page(struct call *call, enum problem p)
{
	if (call->route && !strcmp(call->route->id, "fail"))
		return (struct str){0};
	return arena_printf(call->arena, "<h1>%s</h1>", problem_info(p)->slug);
}

static void wait_for_end_of_input(void)
{
	char byte;
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	int grace_ms = argc > 1 ? atoi(argv[1]) : 2000;
	struct arena *arena = arena_create();
	struct sample sample = {.page = {0}};
	memset(sample.page, 'x', sizeof sample.page);
	pthread_mutex_init(&sample.pending_lock, /* attr */ NULL);

	struct config config;
	struct fault fault = {.rule = NULL};
	enum problem p = config_load(arena, STR("/nonexistent"), &config, &fault);
	if (str_equal(config.log_level, STR("error")))
		log_set_level(LOG_ERROR);
	struct server_app app = {
		.tables = tables,
		.app = &sample,
		.authenticate = authenticate,
		.authenticate_slow = authenticate_slow,
		.worker_start = worker_start,
		.worker_stop = worker_stop,
		.problem_page = problem_page,
	};
	struct server *server = NULL;
	if (!p)
		p = server_start(&config, &app, &server, &fault);
	if (p) {
		printf("refused %s: %.*s\n", fault.pointer, STR_ARGS(fault.detail));
		arena_destroy(arena);
		return 1;
	}
	printf("port %d\n", server_port(server));
	fflush(stdout);

	pthread_t thread;
	pthread_create(&thread, /* attr */ NULL, committer, &sample);
	wait_for_end_of_input();
	server_stop(server, grace_ms);
	/* Completions that come after the server has gone must find nothing of it. */
	fire_all(sample.held);
	atomic_store(&sample.ends, true);
	pthread_join(thread, /* result */ NULL);
	fire_all(sample.pending);
	pthread_mutex_destroy(&sample.pending_lock);
	arena_destroy(arena);
	printf("stopped\n");
	return 0;
}
