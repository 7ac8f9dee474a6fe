/* SPDX-License-Identifier: Apache-2.0
 * The server's state and the life of one request between libmicrohttpd's threads and ours.
 *
 *   request line
 *      │
 *   HEADERS ──(key not in memory)──► AUTHENTICATING ──► AUTHENTICATED
 *      │  │                            (suspended)           │
 *      │  └──────────────────────────────► BODY ◄────────────┘
 *      ▼                                    │
 *   REFUSED (swallows the body)             ├─ cached ─────────────────────────────────► SENT
 *      │                                    ├─ WORKING ─ handle ─► READY ──────────────► SENT
 *      └─────────► SENT                     └─ WORKING ─ prepare ─► SUBMITTED ─ fire ─► COMPLETED ─ finish ─► SENT
 *                                                                     └─ server stops ─► ABANDONED
 *
 * WORKING and SUBMITTED are suspended. A row with all four halves goes to SUBMITTED without a worker, and from
 * COMPLETED to WORKING when its submission does not answer it.
 */
#ifndef FT_HTTP_SERVER_PRIV_H
#define FT_HTTP_SERVER_PRIV_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include <microhttpd.h>

#include "ft/http/server.h"

#include "limit_priv.h"
#include "queue_priv.h"
#include "reply_priv.h"
#include "router_priv.h"
#include "target_priv.h"

enum {
	QUEUE_ROOM = 2048,
	SWALLOW_MAX = 8 * 1024 * 1024, /* of a refused body, so that the connection and the answer survive */
	BODY_FIRST_ROOM = 16 * 1024,   /* grows as bytes arrive, never to what was merely announced */
	BODY_MIN_RATE = 1024,          /* bytes a second on average, after the idle timeout */
};

enum stage {
	STAGE_HEADERS,
	STAGE_AUTHENTICATING,
	STAGE_AUTHENTICATED,
	STAGE_BODY,
	STAGE_REFUSED,
	STAGE_WORKING,
	STAGE_READY,
	STAGE_SUBMITTED,
	STAGE_COMPLETED,
	STAGE_ABANDONED,
	STAGE_SENT,
};

struct worker {
	pthread_t thread;
	struct server *server;
};

struct server {
	struct server_app app;
	struct arena *arena;
	struct router *router;
	struct rate_table *rates;
	struct body_budget bodies;
	struct queue *queue;
	struct worker *workers;
	size_t worker_count;
	struct MHD_Daemon *daemon;
	int listen_fd, lent_fd, port;

	unsigned rate_read, rate_write, rate_public; /* a minute */
	int64_t idle_timeout_ns;
	bool behind_proxy, log_ready;

	uint64_t id_seed;
	atomic_uint_fast64_t next_id;
	atomic_bool stopping;
	atomic_size_t in_flight;  /* from the request line until the answer is sent */
	atomic_bool closed;       /* no connection is suspended any more */
	atomic_size_t submitting; /* epoll threads that are about to suspend one all the same */
	atomic_size_t suspended;  /* of those: not in libmicrohttpd's hands; zero before it may be stopped */

	pthread_mutex_t submitted_lock;
	struct request *submitted; /* handed on, completion not fired yet */
};

/* Of a connection. */
struct peer {
	char text[INET6_ADDRSTRLEN];
	size_t len;
	uint64_t rate_subject;
};

struct body {
	char *at;
	size_t len, room;
	size_t reserved;   /* in the server's budget */
	uint64_t declared; /* Content-Length */
	uint64_t swallowed;
	bool chunked, expects_continue;
	bool framing_broken; /* where the next request begins cannot be known */
};

struct request {
	struct server *server;
	struct MHD_Connection *connection;
	_Atomic(enum stage) stage;
	atomic_int owners; /* the connection; a submission whose completion has not fired */
	int64_t started_ns;

	uintptr_t uri_place; /* where the target stood on the request line */
	struct str raw_target, method;
	struct str authorization, accept_language, forwarded_for, host;
	struct body body;
	struct route_match match;
	uint64_t rate_subject;

	struct call call;
	struct reply reply;
	enum problem problem; /* why it was refused, or what the completion brought */
	int retry_after_s;
	bool was_ready; /* answered from what is kept, in memory or as a row: logged only for debugging */

	struct completion completion;
	struct request *previous, *next; /* in server->submitted */

	struct MHD_Response *response;
	unsigned status;
};

/* request.c: what libmicrohttpd calls. */
void *request_begin(void *server, const char *uri, struct MHD_Connection *connection);
enum MHD_Result request_advance(void *server, struct MHD_Connection *connection, const char *url,
				const char *method, const char *version, const char *data, size_t *data_len,
				void **slot);
void request_end(void *server, struct MHD_Connection *connection, void **slot,
		 enum MHD_RequestTerminationCode why);
void request_peer(void *server, struct MHD_Connection *connection, void **slot,
		  enum MHD_ConnectionNotificationCode what);
void request_disown(struct request *r);
int64_t monotonic_ns(void);

/* admit.c: everything that is decided before the body is read. */
enum problem admit_headers(struct request *r, const char *method, const char *version) must_check;
/* PROBLEM_BUSY with stage AUTHENTICATING: the key is not in memory, ask on a worker. */
enum problem admit_key(struct request *r) must_check;
enum problem admit_request(struct request *r) must_check;

/* body.c */
/* Bytes. A POST that takes no body takes the empty object that many clients send in its place. */
size_t body_max(const struct route *route);
enum problem body_take(struct request *r, const char *data, size_t len) must_check;
bool body_is_too_slow(const struct request *r);

/* work.c: on worker threads. */
void *worker_main(void *worker);
/* Takes the connection from libmicrohttpd and queues the request. false: the queue is full. */
bool work_hand_over(struct request *r, enum stage stage);
/* Takes the connection from libmicrohttpd and submits what prepare, run already, has left in call->state. false: the
 * server is ending. */
bool work_submit(struct request *r);
void work_resume(struct request *r);
void work_abandon_submitted(struct server *server);
void work_refuse_queued(struct server *server);

/* respond.c */
void respond_build(struct request *r, enum problem p); /* any thread; sets r->response */
enum MHD_Result respond_queue(struct request *r);      /* the connection's thread */

/* listen.c */
enum problem listen_open(const struct config *config, int *ret_fd, int *ret_port,
			 struct fault *reterr) must_check;

#endif
