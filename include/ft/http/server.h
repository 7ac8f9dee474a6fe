/* SPDX-License-Identifier: Apache-2.0
 * The web server: epoll threads that never wait, worker threads, suspended connections, limits before bodies. */
#ifndef FT_HTTP_SERVER_H
#define FT_HTTP_SERVER_H

#include "ft/base/config.h"
#include "ft/http/route.h"

struct server;

struct server_app {
	const struct route *const
		*tables; /* NULL-terminated list of tables, each ended by a row without a path */
	void *app;       /* becomes call->app */
	/* Resolves "Authorization: Bearer" text. Runs on an epoll thread, must not wait: it looks into memory.
	 * PROBLEM_UNAUTHORIZED: no such key. PROBLEM_BUSY: not known yet, ask again on a worker (authenticate_slow). */
	enum problem (*authenticate)(void *app, struct arena *arena, struct str bearer, struct caller *ret);
	enum problem (*authenticate_slow)(void *app, void *worker, struct arena *arena, struct str bearer,
					  struct caller *ret);
	void *(*worker_start)(void *app); /* per worker thread: its database connection */
	void (*worker_stop)(void *app, void *worker);
	/* Runs the `handle` of a POST row that came with an Idempotency-Key. May be NULL: the header means nothing. */
	enum problem (*handle_once)(struct call *call, struct reply *reply);
	/* Whose request the worker serves from now on, before its handler runs; NULL: nobody's any more. May be NULL. */
	void (*worker_serves)(void *app, void *worker, const struct call *call);
	/* What went wrong on our side while the worker served a request, for the log; absent: nothing that it knows of. */
	struct str (*worker_error)(void *app, void *worker);
	/* Renders a problem as a page when the caller prefers HTML; absent result: problem+json is sent. May be NULL. */
	struct str (*problem_page)(struct call *call, enum problem p);
};

/* Listens at once. PROBLEM_CONFIG with detail when the address or port cannot be taken, or a non-loopback address is
 * asked for without TLS, behind_proxy or lan. */
enum problem server_start(const struct config *config, const struct server_app *app, struct server **ret,
			  struct fault *reterr) must_check;
int server_port(const struct server *server); /* the one bound, when 0 was asked for */
/* Stops accepting, lets what is in hand finish (at most grace_ms), then ends threads. */
void server_stop(struct server *server, int grace_ms);

#endif
