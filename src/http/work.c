/* SPDX-License-Identifier: Apache-2.0
 * What worker threads do with a suspended connection, and how it gets back. */
#include "server_priv.h"

#include <stddef.h>

#include "ft/base/metrics.h"

#include "decode_priv.h"
#include "headers_priv.h"

/* After this the connection's thread may end the request at any moment. */
void work_resume(struct request *r)
{
	struct server *server = r->server;
	metric_add(METRIC_HTTP_IN_FLIGHT, -1);
	MHD_resume_connection(r->connection);
	atomic_fetch_sub(&server->suspended, 1);
}

static void suspend(struct request *r)
{
	atomic_fetch_add(&r->server->suspended, 1);
	metric_add(METRIC_HTTP_IN_FLIGHT, 1);
	MHD_suspend_connection(r->connection);
}

bool work_hand_over(struct request *r, enum stage stage)
{
	struct server *server = r->server;
	if (!queue_reserve(server->queue))
		return false;
	r->stage = stage;
	suspend(r);
	queue_fill(server->queue, r);
	return true;
}

static void finish_with(struct request *r, enum problem p)
{
	respond_build(r, p);
	r->stage = STAGE_READY;
	work_resume(r);
}

static void link_submitted(struct request *r)
{
	struct server *server = r->server;
	pthread_mutex_lock(&server->submitted_lock);
	r->next = server->submitted;
	if (r->next)
		r->next->previous = r;
	server->submitted = r;
	pthread_mutex_unlock(&server->submitted_lock);
}

static void unlink_locked(struct request *r)
{
	if (r->previous)
		r->previous->next = r->next;
	else
		r->server->submitted = r->next;
	if (r->next)
		r->next->previous = r->previous;
	r->previous = r->next = NULL;
}

/* Whoever gets true brings the request back; everybody else leaves the server alone, for it may be gone. */
static bool claim_submitted(struct request *r, enum stage stage)
{
	enum stage expected = STAGE_SUBMITTED;
	if (!atomic_compare_exchange_strong(&r->stage, &expected, stage))
		return false;
	pthread_mutex_lock(&r->server->submitted_lock);
	unlink_locked(r);
	pthread_mutex_unlock(&r->server->submitted_lock);
	return true;
}

static void on_fire(struct completion *completion, enum problem p)
{
	struct request *r =
		(struct request *)(void *)((char *)completion - offsetof(struct request, completion));
	r->problem = p;
	if (claim_submitted(r, STAGE_COMPLETED))
		work_resume(r);
	request_disown(r);
}

/* What the connection owns may go before the submission comes back, when the server stops. */
static void copy_borrowed(struct request *r)
{
	struct str *borrowed[] = {&r->call.accept,          &r->call.if_none_match, &r->call.if_match,
				  &r->call.accept_encoding, &r->call.content_type,  &r->method,
				  &r->call.caller.address};
	for (size_t i = 0; i < sizeof borrowed / sizeof borrowed[0]; i++)
		if (borrowed[i]->at)
			*borrowed[i] = arena_str(r->call.arena, *borrowed[i]);
}

static void submit(struct request *r)
{
	r->completion.fire = on_fire;
	atomic_fetch_add(&r->owners, 1);
	r->stage = STAGE_SUBMITTED;
	link_submitted(r);
	enum problem p = r->call.route->submit(&r->call, &r->completion);
	if (p) /* not accepted: it will not fire, so this thread does */
		on_fire(&r->completion, p);
}

bool work_submit(struct request *r)
{
	struct server *server = r->server;
	/* Counted first, then asked: end_workers() closes first, then waits for the count, so one of the two sees the
	 * other. */
	atomic_fetch_add(&server->submitting, 1);
	bool open = !atomic_load(&server->closed);
	if (open) {
		copy_borrowed(r);
		suspend(r);
		submit(r);
	}
	atomic_fetch_sub(&server->submitting, 1);
	return open;
}

static enum problem handle(struct request *r)
{
	const struct route *route = r->call.route;
	const struct server_app *app = &r->server->app;
	bool once = app->handle_once && str_equal(str_of(route->method), STR("POST")) &&
		    call_header(&r->call, "Idempotency-Key").at;
	return once ? app->handle_once(&r->call, &r->reply) : route->handle(&r->call, &r->reply);
}

static void tell_worker(const struct server *server, void *app_worker, const struct call *call)
{
	if (server->app.worker_serves)
		server->app.worker_serves(server->app.app, app_worker, call);
}

/* Why it was, in words that callers are not told; of what is busy they are told the detail. */
static void note_error(struct request *r, void *app_worker, enum problem p)
{
	const struct server_app *app = &r->server->app;
	if (problem_info(p)->http_status < 500 || p == PROBLEM_BUSY || r->call.fault.detail.at ||
	    !app->worker_error)
		return;
	r->call.fault.detail = arena_str(r->call.arena, app->worker_error(app->app, app_worker));
}

static void run(struct request *r, void *app_worker)
{
	const struct route *route = r->call.route;
	r->call.worker = app_worker;
	if (!route->handle)
		copy_borrowed(r);
	enum problem p = decode_body(&r->call);
	if (!p) {
		tell_worker(r->server, app_worker, &r->call);
		p = route->handle ? handle(r) : route->prepare(&r->call, &r->reply);
		if (p)
			note_error(r, app_worker, p);
		tell_worker(r->server, app_worker, NULL /* nobody's */);
	}
	r->call.worker = NULL;
	if (p || route->handle)
		finish_with(r, p);
	else
		submit(r);
}

static void authenticate(struct request *r, void *app_worker)
{
	const struct server_app *app = &r->server->app;
	struct caller found = {.address = r->call.caller.address};
	enum problem p = app->authenticate_slow(app->app, app_worker, r->call.arena,
						header_bearer(r->authorization), &found);
	if (!p) {
		found.scopes |= SCOPE_PUBLIC;
		r->call.caller = found;
	}
	if (p)
		note_error(r, app_worker, p);
	r->problem = p;
	r->stage = STAGE_AUTHENTICATED;
	work_resume(r);
}

void *worker_main(void *worker)
{
	struct server *server = ((struct worker *)worker)->server;
	const struct server_app *app = &server->app;
	void *app_worker = app->worker_start ? app->worker_start(app->app) : NULL;
	for (struct request *r; (r = queue_take(server->queue));) {
		if (r->stage == STAGE_AUTHENTICATING)
			authenticate(r, app_worker);
		else
			run(r, app_worker);
	}
	if (app->worker_stop)
		app->worker_stop(app->app, app_worker);
	return NULL;
}

void work_refuse_queued(struct server *server)
{
	for (struct request *r; (r = queue_take_now(server->queue));) {
		if (r->stage == STAGE_AUTHENTICATING) {
			r->problem = PROBLEM_BUSY;
			r->stage = STAGE_AUTHENTICATED;
			work_resume(r);
		} else {
			finish_with(r, PROBLEM_BUSY);
		}
	}
}

void work_abandon_submitted(struct server *server)
{
	/* One at a time: a completion that fires meanwhile takes its own request out. */
	for (;;) {
		pthread_mutex_lock(&server->submitted_lock);
		struct request *r = server->submitted;
		if (r)
			atomic_fetch_add(&r->owners, 1);
		pthread_mutex_unlock(&server->submitted_lock);
		if (!r)
			return;
		if (claim_submitted(r, STAGE_ABANDONED))
			work_resume(r);
		request_disown(r);
	}
}
