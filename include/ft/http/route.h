/* SPDX-License-Identifier: Apache-2.0
 * One endpoint is one row: dispatch, authorization, limits, decoding, encoding and OpenAPI read it and nothing else. */
#ifndef FT_HTTP_ROUTE_H
#define FT_HTTP_ROUTE_H

#include "ft/base/completion.h"
#include "ft/base/uuid.h"
#include "ft/codec/shape.h"

/* Zero grants nothing: a row that forgets its scope serves nobody. A key holds a set of the bits below. */
enum scope {
	SCOPE_NOBODY = 0,
	SCOPE_PUBLIC =
		1 << 0, /* no key needed; a valid key is recognised all the same, a wrong one is refused */
	SCOPE_READ = 1 << 1,
	SCOPE_CAPTURE = 1 << 2,
	SCOPE_INSPECT = 1 << 3,
	SCOPE_REGISTER = 1 << 4,
	SCOPE_ADMIN = 1 << 5,
};

struct str scope_names(struct arena *arena, unsigned scopes); /* "read, capture"; SCOPE_PUBLIC has no word */
enum scope scope_by_name(struct str name);                    /* SCOPE_NOBODY: there is no such word */

/* Who calls. Filled by the authenticate() that main hands to the server. */
struct caller {
	struct uuid key;            /* nil: no key */
	unsigned scopes;            /* enum scope bits, SCOPE_PUBLIC always */
	struct str region;          /* the key's region subtree; absent: not bounded by region */
	const struct uuid *parties; /* parties the key is bounded to; the first is its default */
	size_t party_count;
	struct str address; /* peer address, for limits; never stored or logged */
};

/* What one request is given. It lives and dies with its arena. */
struct call {
	struct arena *arena;
	const struct route *route;
	void *app;    /* what main gave the server */
	void *worker; /* what app.worker_start made for this thread; NULL outside worker threads */
	struct caller caller;
	enum language language; /* by ?lang=, else Accept-Language, else zh */
	bool head;              /* HEAD: the body is not sent */
	struct str
		path; /* as on the request line but for escapes of unreserved characters, without the query */
	struct str raw_query;    /* raw, without "?"; absent when there is none */
	struct str path_args[4]; /* {names} of the route's path, in order, percent-decoded once */
	struct str accept, if_none_match, if_match,
		accept_encoding; /* request headers; absent when not sent */
	struct str content_type; /* of the body */
	struct str body_bytes;   /* the body as received */
	void *body;              /* decoded route->request, or NULL */
	void *body_else;         /* decoded route->request_else, in the place of body; else NULL */
	void *query;             /* decoded route->query, or NULL */
	void *state;             /* between prepare and finish: the handler's own */
	struct uuid
		minted; /* the id that a POST with an Idempotency-Key gives what it makes; nil: any new one */
	bool needs_worker; /* set by prepare or finish of a row that has handle too: handle answers instead */
	struct str request_id;
	struct fault fault;
	void *transport; /* the server's own */
};

/* Any other request header, copied into the arena; absent when not sent. In cached, prepare, handle and finish. */
struct str call_header(const struct call *call, const char *name);
/* What Accept gives a media type that it names, in thousandths; 0: not named, or not wanted. Wildcards name nothing. */
int call_accept_weight(const struct call *call, struct str media_type);
/* How many seconds the client would rather wait (RFC 7240, "Prefer: wait=5"), PREFERRED_WAIT_MAX_S at most; 0: no
 * preference. Of a row with `may_wait`, where call_header may be asked. */
enum { PREFERRED_WAIT_MAX_S = 20 };
int call_preferred_wait(const struct call *call);
/* The first query parameter of that name, raw; absent when not sent. For rows that let unknown parameters pass. */
struct str call_query_value(const struct call *call, struct str name);

struct reply;
/* The bytes of a reply's body as they would be sent. */
struct str reply_bytes(const struct call *call, const struct reply *reply);
/* A problem as application/problem+json tells it, for one that is part of an answer. */
struct str problem_print(const struct call *call, enum problem p, const struct fault *fault);

struct reply_header {
	const char *name;
	struct str value;
};

struct reply {
	const void *value;                  /* encoded as route->response */
	struct str raw;                     /* or ready bytes, when at is set */
	const char *media_type;             /* of raw; NULL: application/json */
	int status;                         /* 0: the route's own status */
	struct str etag;                    /* with quotes */
	struct str location, link;          /* header values; absent: none */
	const struct reply_header *headers; /* further ones, in the arena or static */
	size_t header_count;
	const char *cache_control;    /* NULL: no-store */
	bool vary_accept;             /* the answer depends on Accept / Accept-Language / Accept-Encoding */
	const char *content_encoding; /* of raw: "gzip" or NULL */
	const char *
		security_policy; /* Content-Security-Policy of a page; NULL: nothing but the page itself, no script */
	int retry_after_s; /* of a problem; 0: 1 s where the problem wants one */
	/* Called once when `raw` has been sent, for bytes that outlive the request (cache entries). */
	void (*release)(void *held);
	void *held;
};

typedef enum problem handler(struct call *call, struct reply *reply);
enum { ROUTE_MAY_FAIL = 40 };

struct route {
	const char *method; /* GET rows answer HEAD too */
	const char *
		path; /* "/v1/lots/{id}/trail"; an argument is one segment; a last "{name...}" takes the rest of the path as it is */
	const char *id; /* operationId */
	const char *summary;
	const char *tag;
	enum scope scope;
	size_t max_body; /* bytes; 0: no body is read */
	/* A media type that bodies may have besides JSON. "application/x-www-form-urlencoded" is decoded by `request`
	 * too (flat shapes only); a body of any other type reaches the handler as body_bytes, with body NULL. */
	const char *body_type;
	unsigned rate_per_min; /* per key or address; 0: the server's default for the scope and method */
	const struct shape *query, *request, *response;
	/* Another form of body: one that has the first member of this shape and none that `request` requires. */
	const struct shape *request_else;
	/* Another form of answer, which the handler encodes itself. */
	const struct shape *response_else;
	const char
		*media_type; /* of replies besides a response shape's, for OpenAPI: "text/html, image/png" */
	int status;          /* on success */
	bool may_wait;       /* "Prefer: wait" is heeded */
	bool repeatable; /* a repetition with the same id, given or call->minted, meets its own trace: it is answered
			    200 with what was answered first */

	/* Exactly one of: handle; submit with prepare and finish; all four. The last is for reads that one submission mostly
	 * answers: prepare and submit then run on the epoll thread and must not wait. handle takes over on a worker thread
	 * when prepare or finish sets call->needs_worker, or the submission failed with anything but PROBLEM_BUSY. */
	handler *handle; /* worker thread: straight-line, may use the database */

	/* On an epoll thread before any queueing: true when it has filled `reply`. Must not wait. May be NULL. */
	bool (*cached)(struct call *call, struct reply *reply);

	handler *prepare; /* pure; sets call->state */
	/* Hands call->state on; `done` fires once, from any thread. A problem here means it was not accepted. */
	enum problem (*submit)(struct call *call, struct completion *done);
	handler *finish; /* any thread, after `done` fired without a problem: fills reply, must not wait */

	enum problem may_fail[ROUTE_MAY_FAIL]; /* beyond what every route may answer */
};

#endif
