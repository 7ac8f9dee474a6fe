/* SPDX-License-Identifier: Apache-2.0
 * Operations: is it alive, can it work, what is it, what does it count, what can be asked of it. */
#include "ft/api/app.h"
#include "ft/api/routes.h"
#include "ft/base/metrics.h"
#include "ft/http/openapi.h"
#include "queries.h"

struct health {
	struct str status;
};
static const struct shape health_shape = {
	.name = "Health",
	.size = sizeof(struct health),
	.doc = "The process runs",
	.fields =
		(const struct field[]){
			STRING(struct health, status, "status", .doc = "ok"),
			END_OF_SHAPE,
		},
};

static enum problem healthz(struct call *call, struct reply *reply)
{
	struct health *health = arena_new(call->arena, struct health);
	health->status = STR("ok");
	reply->value = health;
	return PROBLEM_NONE;
}

/* Answered on the epoll thread: it must not wait for a busy worker to say that the process is alive. */
static bool healthz_at_once(struct call *call, struct reply *reply)
{
	return healthz(call, reply) == PROBLEM_NONE;
}

struct readiness {
	struct str status, log, unwitnessed_since;
};
static const struct shape readiness_shape = {
	.name = "Readiness",
	.size = sizeof(struct readiness),
	.doc = "Records can be taken",
	.fields =
		(const struct field[]){
			STRING(struct readiness, status, "status",
			       .doc = "ready, or degraded: records are taken, and a head of the log has "
				      "waited "
				      "for FARMTRAIL_LOG_WITNESS_WAIT for its witnesses, or nobody signs "
				      "heads"),
			STRING(struct readiness, log, "log", .max_len = 512,
			       .doc = "What the log's sequencer does: opening, standing by, running, paused "
				      "or "
				      "halted with the reason; records are taken all the same"),
			STRING(struct readiness, unwitnessed_since, "unwitnessedSince", .flags = OPTIONAL,
			       .doc = "When the oldest head was signed that still waits for its witnesses, "
				      "UTC; "
				      "absent: none waits"),
			END_OF_SHAPE,
		},
};

/* Parts that do not work, and the problem that a record would meet. */
struct unready {
	struct buf parts;
	enum problem first;
};

static void add_unready(struct unready *unready, bool works, const char *part, enum problem p)
{
	if (works)
		return;
	buf_printf(&unready->parts, "%s%s", unready->first ? ", " : "", part);
	if (!unready->first)
		unready->first = p;
}

/* A problem like any other, but with its reasons: who asks here watches over the service. */
static void put_unready(const struct call *call, const struct unready *unready, struct reply *reply)
{
	const struct problem_info *info = problem_info(unready->first);
	struct buf out = buf_create(call->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("type"), arena_printf(call->arena, "/problems/%s", info->slug));
	json_pair(&w, STR("title"), str_of(info->title[call->language]));
	json_pair_int(&w, STR("status"), info->http_status);
	json_pair(&w, STR("detail"),
		  arena_printf(call->arena, "not ready: %.*s", STR_ARGS(buf_str(&unready->parts))));
	json_pair(&w, STR("hint"), str_of(info->hint[call->language]));
	json_pair(&w, STR("request"), call->request_id);
	json_end_object(&w);
	*reply = (struct reply){
		.raw = buf_str(&out), .media_type = "application/problem+json", .status = info->http_status};
}

static enum problem readyz(struct call *call, struct reply *reply)
{
	struct app *app = call_app(call);
	struct readiness *ready = arena_new(call->arena, struct readiness);
	struct unready unready = {.parts = buf_create(call->arena, 32)};
	struct health_schema_row schema;
	struct log_unwitnessed unwitnessed;
	enum problem p = health_schema(call_db(call), call->arena, &schema);
	app_database_found(app, p);
	add_unready(&unready, !p, "database", PROBLEM_DB_UNAVAILABLE);
	add_unready(&unready, signer_pid(app->signer) >= 0, "signer", PROBLEM_SIGNER_UNAVAILABLE);
	add_unready(&unready, capture_accepts(app->capture), "writer", PROBLEM_BUSY);
	if (unready.first) {
		put_unready(call, &unready, reply);
		return PROBLEM_NONE;
	}
	p = log_unwitnessed(call_db(call), call->arena, app->config->log_witness_wait_s, &unwitnessed);
	if (p)
		return p;
	if (unwitnessed.since_us)
		ready->unwitnessed_since = utc_print(call->arena, unwitnessed.since_us);
	const struct log_status log = log_status(app->sequencer, call->arena);
	bool degraded = unwitnessed.too_long || log.state == LOG_PAUSED;
	ready->status = degraded ? STR("degraded") : STR("ready");
	ready->log = str_of(log_state_word(log.state));
	if (log.reason.len)
		ready->log =
			arena_printf(call->arena, "%.*s: %.*s", STR_ARGS(ready->log), STR_ARGS(log.reason));
	reply->value = ready;
	return PROBLEM_NONE;
}

struct version {
	struct str name, version, origin, started_at;
	int64_t schema;
};
static const struct shape version_shape = {
	.name = "Version",
	.size = sizeof(struct version),
	.doc = "What runs here",
	.fields =
		(const struct field[]){
			STRING(struct version, name, "name", .doc = "farmtrail"),
			STRING(struct version, version, "version", .doc = "Of the program"),
			INTEGER(struct version, schema, "schema", .doc = "Number of the newest migration"),
			STRING(struct version, origin, "origin",
			       .doc = "Name that stands in minted ids and in the log"),
			STRING(struct version, started_at, "startedAt", .doc = "UTC"),
			END_OF_SHAPE,
		},
};

static enum problem version(struct call *call, struct reply *reply)
{
	const struct app *app = call_app(call);
	struct version *version = arena_new(call->arena, struct version);
	struct health_schema_row schema;
	enum problem p = health_schema(call_db(call), call->arena, &schema);
	if (p)
		return p;
	*version = (struct version){.name = STR("farmtrail"),
				    .version = STR(FARMTRAIL_VERSION),
				    .schema = schema.number,
				    .origin = app->config->origin,
				    .started_at = app->started_at};
	reply->value = version;
	return PROBLEM_NONE;
}

static enum problem metrics(struct call *call, struct reply *reply)
{
	metric_add(METRIC_SIGNER_RESTARTS, signer_take_restarts(call_app(call)->signer));
	reply->raw = metrics_print(call->arena);
	reply->media_type = "text/plain; version=0.0.4; charset=utf-8";
	return PROBLEM_NONE;
}

static enum problem openapi(struct call *call, struct reply *reply)
{
	reply->raw = openapi_document(call->arena, all_routes, STR(FARMTRAIL_VERSION));
	reply->media_type = "application/json";
	reply->cache_control = "public, max-age=300";
	return PROBLEM_NONE;
}

/* Pages behind codes may be found; the interface is for programs that were told of it. */
static enum problem robots(struct call *call, struct reply *reply)
{
	(void)call;
	reply->raw = STR("User-agent: *\nDisallow: /v1/\nDisallow: /epcis/\nDisallow: /q\n");
	reply->media_type = "text/plain; charset=utf-8";
	reply->cache_control = "public, max-age=86400";
	return PROBLEM_NONE;
}

#define TAG "Operations"
const struct route health_routes[] = {
	{
		.method = "GET",
		.path = "/healthz",
		.id = "health",
		.summary = "Is the process alive",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &health_shape,
		.status = 200,
		.handle = healthz,
		.cached = healthz_at_once,
	},
	{
		.method = "GET",
		.path = "/readyz",
		.id = "readiness",
		.summary = "Can it take records: database, signer, writer",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &readiness_shape,
		.status = 200,
		.handle = readyz,
		.may_fail = {PROBLEM_DB_UNAVAILABLE, PROBLEM_SIGNER_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/version",
		.id = "version",
		.summary = "Which version runs",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.response = &version_shape,
		.status = 200,
		.handle = version,
		.may_fail = {PROBLEM_DB_UNAVAILABLE},
	},
	{
		.method = "GET",
		.path = "/metrics",
		.id = "metrics",
		.summary = "Counters and gauges, Prometheus text",
		.tag = TAG,
		.scope = SCOPE_READ,
		.media_type = "text/plain",
		.status = 200,
		.handle = metrics,
	},
	{
		.method = "GET",
		.path = "/openapi.json",
		.id = "openapi",
		.summary = "This document",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.media_type = "application/json",
		.status = 200,
		.handle = openapi,
	},
	{
		.method = "GET",
		.path = "/robots.txt",
		.id = "robots",
		.summary = "What crawlers may read",
		.tag = TAG,
		.scope = SCOPE_PUBLIC,
		.media_type = "text/plain",
		.status = 200,
		.handle = robots,
	},
	{0},
};
