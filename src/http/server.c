/* SPDX-License-Identifier: Apache-2.0
 * Starts libmicrohttpd and the workers, and ends them without leaving anybody suspended. */
#include "server_priv.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "ft/base/log.h"

/* Bounds request line and headers together. The library clears all of it after every request, which with its
 * own default of 32 KB is a tenth of what a small answer costs. */
enum { CONNECTION_MEMORY = 16 * 1024 };
enum { PEM_MAX = 256 * 1024, FAREWELL_MS = 200, OPTIONS_MAX = 16 };
static const int64_t NS_PER_MS = 1000000, NS_PER_S = 1000000000;

static enum problem refuse(struct fault *reterr, const char *setting, struct str detail)
{
	enum problem p = fault_set(reterr, PROBLEM_CONFIG, "setting", "%s", setting);
	reterr->detail = detail;
	return p;
}

/* The caller frees it. NULL: not readable, empty, or too large for what it should be. */
static char *read_pem(struct arena *arena, struct str path)
{
	int fd = open(arena_str(arena, path).at, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	char *text = calloc(1, PEM_MAX);
	size_t len = 0;
	for (ssize_t got = 1; text && got > 0 && len<PEM_MAX; len += got> 0 ? (size_t)got : 0)
		got = read(fd, text + len, PEM_MAX - len);
	close(fd);
	if (text && len > 0 && len < PEM_MAX)
		return text;
	free(text);
	return NULL;
}

static void forget(char *secret)
{
	if (secret)
		explicit_bzero(secret, PEM_MAX);
	free(secret);
}

static void log_library(void *context, const char *format, va_list arguments)
	__attribute__((format(printf, 2, 0)));
static void log_library(void *context, const char *format, va_list arguments)
{
	(void)context;
	char line[256]; /* longer ones may be cut: they are for whoever debugs */
	int len = vsnprintf(line, sizeof line, format, arguments);
	if (len > 0)
		LOG(LOG_DEBUG, "http_library", LOG_TEXT("text", str_trim(str_of(line))));
}

static unsigned core_count(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores > 0 ? (unsigned)cores : 1;
}

static struct MHD_Daemon *daemon_create(struct server *s, const struct config *config, char *cert, char *key)
{
	/* Whether the library closes what it was given when it fails differs by where it fails. */
	s->lent_fd = fcntl(s->listen_fd, F_DUPFD_CLOEXEC, 0);
	unsigned threads = config->http_threads ? (unsigned)config->http_threads : core_count();
	struct MHD_OptionItem options[OPTIONS_MAX] = {
		{MHD_OPTION_LISTEN_SOCKET, s->lent_fd, NULL},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_begin, s},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_end, s},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)request_peer, s},
		{MHD_OPTION_CONNECTION_LIMIT, config->connection_limit, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, config->idle_timeout_s, NULL},
		{MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
	};
	size_t count = 8;
	if (threads > 1) /* the library takes a pool of one for a mistake */
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, threads, NULL};
	if (cert) {
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, cert};
		options[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, key};
	}
	options[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG |
			 (cert ? MHD_USE_TLS : 0);
	return MHD_start_daemon(flags, (uint16_t)s->port, /* accept policy */ NULL, NULL, request_advance, s,
				MHD_OPTION_EXTERNAL_LOGGER, log_library, NULL, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

static enum problem start_daemon(struct server *s, const struct config *config, struct fault *reterr)
{
	if (!config->tls_cert.len) {
		s->daemon = daemon_create(s, config, /* cert */ NULL, /* key */ NULL);
		return s->daemon ? PROBLEM_NONE
				 : refuse(reterr, "FARMTRAIL_LISTEN", STR("the web server does not start"));
	}
	if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return refuse(reterr, "FARMTRAIL_TLS_CERT", STR("this libmicrohttpd was built without TLS"));
	char *cert = read_pem(s->arena, config->tls_cert), *key = read_pem(s->arena, config->tls_key);
	enum problem p = PROBLEM_NONE;
	if (!cert || !key)
		p = refuse(reterr, cert ? "FARMTRAIL_TLS_KEY" : "FARMTRAIL_TLS_CERT",
			   STR("the file cannot be read"));
	else if (!(s->daemon = daemon_create(s, config, cert, key)))
		p = refuse(reterr, "FARMTRAIL_TLS_CERT",
			   STR("the certificate and the key do not fit together"));
	free(cert);
	forget(key);
	return p;
}

static enum problem start_workers(struct server *s, size_t count, struct fault *reterr)
{
	s->workers = arena_array(s->arena, struct worker, count);
	for (; s->worker_count < count; s->worker_count++) {
		struct worker *worker = &s->workers[s->worker_count];
		worker->server = s;
		if (pthread_create(&worker->thread, /* attr */ NULL, worker_main, worker))
			return refuse(reterr, "FARMTRAIL_WORKER_THREADS", STR("no thread can be created"));
	}
	return PROBLEM_NONE;
}

static struct server *server_create(const struct config *config, const struct server_app *app)
{
	struct server *s = calloc(1, sizeof *s);
	uint64_t seeds[2];
	if (!s || getrandom(seeds, sizeof seeds, 0) != sizeof seeds)
		abort();
	s->arena = arena_create();
	s->app = *app;
	s->router = router_create(s->arena, app->tables);
	s->rates = rate_table_create(seeds[0]);
	s->id_seed = seeds[1];
	s->queue = queue_create(QUEUE_ROOM);
	s->bodies.room = (size_t)config->body_memory_mb * 1024 * 1024;
	s->listen_fd = -1;
	s->rate_read = (unsigned)config->rate_read;
	s->rate_write = (unsigned)config->rate_write;
	s->rate_public = (unsigned)config->rate_public;
	s->idle_timeout_ns = config->idle_timeout_s * NS_PER_S;
	s->behind_proxy = config->behind_proxy;
	s->log_ready = str_equal(config->log_level, STR("debug"));
	pthread_mutex_init(&s->submitted_lock, /* attr */ NULL);
	return s;
}

static void server_destroy(struct server *s)
{
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	pthread_mutex_destroy(&s->submitted_lock);
	queue_destroy(s->queue);
	rate_table_destroy(s->rates);
	arena_destroy(s->arena);
	free(s);
}

enum problem server_start(const struct config *config, const struct server_app *app, struct server **ret,
			  struct fault *reterr)
{
	struct server *s = server_create(config, app);
	/* Signals are for the main thread: what is started here inherits this mask. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	enum problem p = listen_open(config, &s->listen_fd, &s->port, reterr);
	if (!p)
		p = start_workers(s, (size_t)config->worker_threads, reterr);
	if (!p)
		p = start_daemon(s, config, reterr);
	pthread_sigmask(SIG_SETMASK, &before, /* old */ NULL);
	if (p)
		server_stop(s, /* grace_ms */ 0);
	else
		*ret = s;
	return p;
}

int server_port(const struct server *server)
{
	return server->port;
}

static void wait_until_idle(const struct server *s, int64_t limit_ms)
{
	int64_t end_ns = monotonic_ns() + limit_ms * NS_PER_MS;
	while (atomic_load(&s->in_flight) && monotonic_ns() < end_ns)
		nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, /* rest */ NULL);
}

static void wait_for_zero(atomic_size_t *count)
{
	while (atomic_load(count))
		nanosleep(&(struct timespec){.tv_nsec = NS_PER_MS}, /* rest */ NULL);
}

static void end_workers(struct server *s)
{
	atomic_store(&s->closed, true);
	queue_close(s->queue);
	work_refuse_queued(s);
	for (size_t i = 0; i < s->worker_count; i++)
		pthread_join(s->workers[i].thread, /* result */ NULL);
	wait_for_zero(&s->submitting);
	work_abandon_submitted(s);
	/* A completion may be on its way through work_resume on a thread that is not ours. */
	wait_for_zero(&s->suspended);
}

void server_stop(struct server *s, int grace_ms)
{
	if (!s)
		return;
	atomic_store(&s->stopping, true);
	if (s->daemon) {
		MHD_quiesce_daemon(s->daemon); /* gives lent_fd back */
		/* Closing could hand the number to another file while a thread still looks at it. */
		shutdown(s->listen_fd, SHUT_RDWR);
		wait_until_idle(s, grace_ms);
	}
	end_workers(s);
	if (s->daemon) {
		wait_until_idle(s, FAREWELL_MS);
		MHD_stop_daemon(s->daemon);
		close(s->lent_fd);
	}
	server_destroy(s);
}
