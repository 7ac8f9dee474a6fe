/* SPDX-License-Identifier: Apache-2.0
 * The server's side of the signer: starts the child, speaks with it, and starts it again when it dies. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "frame_priv.h"
#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/random.h"
#include "ft/crypto/secret.h"

enum { CHILD_SOCKET = 3, ANSWER_TIMEOUT_S = 10, STOP_TIMEOUT_MS = 5000, STOP_POLL_MS = 5, KEK_LEN = 32 };

struct signer {
	pthread_mutex_t exchange; /* guards all below: one exchange at a time */
	struct arena *arena;      /* of the two paths */
	struct str executable, kek_file, rate;
	pid_t child; /* −1: none */
	int socket;  /* −1: none */
	int64_t restarts;
};

enum problem signer_kek_create(struct str path)
{
	struct arena *arena = arena_create();
	uint8_t kek[KEK_LEN];
	random_fill(kek, sizeof kek);
	struct str hex = hex_encode(arena, (struct bytes){kek, sizeof kek});
	struct str line = arena_printf(arena, "%.*s\n", STR_ARGS(hex));
	bool ok = file_create(arena, path, S_IRUSR | S_IWUSR, line);
	secret_erase(kek, sizeof kek);
	secret_erase((char *)hex.at, hex.len);
	secret_erase((char *)line.at, line.len);
	arena_destroy(arena);
	return ok ? PROBLEM_NONE : PROBLEM_CONFIG;
}

/* No environment, no descriptors but standard error and the socket, no signal blocked or ignored. */
static int spawn(const struct signer *signer, int child_end, pid_t *ret)
{
	char *const arguments[] = {(char *)signer->executable.at, (char *)signer->kek_file.at,
				   (char *)signer->rate.at, NULL};
	char *const environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	int failed = posix_spawn_file_actions_adddup2(&actions, child_end, CHILD_SOCKET) ||
		     posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0) ||
		     posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) ||
		     posix_spawn_file_actions_addclosefrom_np(&actions, CHILD_SOCKET + 1) ||
		     posix_spawnattr_setsigmask(&attributes, &none) ||
		     posix_spawnattr_setsigdefault(&attributes, &all) ||
		     posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) ||
		     posix_spawn(ret, signer->executable.at, &actions, &attributes, arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

static bool start_child(struct signer *signer)
{
	int ends[2];
	const struct timeval patience = {.tv_sec = ANSWER_TIMEOUT_S};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	pid_t child;
	bool ok = setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
		  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		  spawn(signer, ends[1], &child) == 0;
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return false;
	}
	signer->child = child;
	signer->socket = ends[0];
	return true;
}

/* ECHILD: somebody ignores SIGCHLD and the kernel has reaped it already. */
static bool reaped(pid_t child, int options)
{
	pid_t got;
	do
		got = waitpid(child, NULL, options);
	while (got < 0 && errno == EINTR);
	return got != 0;
}

static void stop_child(struct signer *signer, int patience_ms)
{
	if (signer->socket >= 0)
		close(signer->socket); /* its end of the conversation, and of its life */
	if (signer->child > 0) {
		bool gone = reaped(signer->child, WNOHANG);
		for (int waited_ms = 0; !gone && waited_ms < patience_ms; waited_ms += STOP_POLL_MS) {
			nanosleep(&(struct timespec){.tv_nsec = STOP_POLL_MS * 1000000L}, NULL);
			gone = reaped(signer->child, WNOHANG);
		}
		if (!gone) {
			kill(signer->child, SIGKILL);
			(void)reaped(signer->child, 0);
		}
	}
	signer->socket = -1;
	signer->child = -1;
}

/* One request and its answer. false: the child is gone, silent, or does not make sense. */
static bool exchange(struct signer *signer, struct arena *arena, const struct frame_request *request,
		     struct frame_reply *ret)
{
	enum frame_type type;
	struct bytes payload;
	return frame_send(signer->socket, frame_print_request(arena, request)) &&
	       frame_receive(signer->socket, arena, &type, &payload) == FRAME_WHOLE &&
	       type == request->type && frame_parse_reply(arena, type, payload, ret) &&
	       ret->count == request->count;
}

static bool greet(struct signer *signer)
{
	struct arena *arena = arena_create();
	struct frame_reply reply;
	bool ok = exchange(signer, arena, &(struct frame_request){.type = FRAME_HELLO}, &reply);
	arena_destroy(arena);
	return ok;
}

enum problem signer_start(struct str executable, struct str kek_file, int64_t signatures_per_s,
			  struct signer **ret)
{
	struct signer *signer = calloc(1, sizeof *signer);
	assert(signer);
	*signer = (struct signer){.arena = arena_create(), .child = -1, .socket = -1};
	int failed = pthread_mutex_init(&signer->exchange, NULL);
	assert(!failed);
	signer->executable = arena_str(signer->arena, executable);
	signer->kek_file = arena_str(signer->arena, kek_file);
	signer->rate = arena_printf(signer->arena, "%lld", (long long)signatures_per_s);
	if (!start_child(signer) || !greet(signer)) {
		signer_stop(signer);
		return PROBLEM_SIGNER_UNAVAILABLE;
	}
	*ret = signer;
	return PROBLEM_NONE;
}

void signer_stop(struct signer *signer)
{
	if (!signer)
		return;
	stop_child(signer, STOP_TIMEOUT_MS);
	pthread_mutex_destroy(&signer->exchange);
	arena_destroy(signer->arena);
	free(signer);
}

static bool restart(struct signer *signer)
{
	stop_child(signer, /* patience_ms */ 0);
	if (!start_child(signer))
		return false;
	signer->restarts++;
	return true;
}

/* Runs `step`, and once more with a new child when it failed. */
static enum problem with_retry(struct signer *signer, bool (*step)(struct signer *, void *), void *context)
{
	pthread_mutex_lock(&signer->exchange);
	bool ok = (signer->child > 0 && step(signer, context)) || (restart(signer) && step(signer, context));
	if (!ok)
		stop_child(signer, /* patience_ms */ 0); /* what it would still answer belongs to nobody */
	pthread_mutex_unlock(&signer->exchange);
	return ok ? PROBLEM_NONE : PROBLEM_SIGNER_UNAVAILABLE;
}

struct generation {
	struct arena *arena;
	struct frame_request request;
	struct frame_reply reply;
};

static bool generate_step(struct signer *signer, void *context)
{
	struct generation *generation = context;
	return exchange(signer, generation->arena, &generation->request, &generation->reply);
}

enum problem signer_generate(struct signer *signer, struct arena *arena, enum sign_algorithm algorithm,
			     struct uuid org, enum signer_role role, struct signer_key *ret)
{
	struct generation generation = {
		.arena = arena,
		.request = {.type = FRAME_GENERATE, .algorithm = algorithm, .role = role, .org = org},
	};
	enum problem p = with_retry(signer, generate_step, &generation);
	if (p)
		return p;
	struct signer_key key = generation.reply.key;
	key.org = org;
	key.role = role;
	*ret = key;
	return PROBLEM_NONE;
}

struct batch {
	const struct signer_request *requests;
	size_t count;
	struct arena *arena;
	struct signer_result *results;
};

/* Asks for the items that have no signature yet, and fills in what comes back. */
static bool sign_missing(struct signer *signer, struct batch *batch, size_t *ret_unknown)
{
	struct frame_request request = {.type = FRAME_SIGN};
	struct frame_reply reply;
	size_t *places = arena_array(batch->arena, size_t, batch->count);
	request.signs = arena_array(batch->arena, struct frame_sign, batch->count);
	for (size_t i = 0; i < batch->count; i++)
		if (batch->results[i].verdict == SIGNER_UNKNOWN_KEY) {
			places[request.count] = i;
			request.signs[request.count++] = (struct frame_sign){
				.fingerprint = batch->requests[i].key->fingerprint,
				.text = batch->requests[i].text,
			};
		}
	if (!exchange(signer, batch->arena, &request, &reply))
		return false;
	*ret_unknown = 0;
	for (size_t i = 0; i < reply.count; i++) {
		batch->results[places[i]] = reply.results[i];
		*ret_unknown += reply.results[i].verdict == SIGNER_UNKNOWN_KEY;
	}
	return true;
}

static bool is_listed(const struct frame_request *request, struct sha256 fingerprint)
{
	for (size_t i = 0; i < request->count; i++)
		if (sha256_equal(request->loads[i].fingerprint, fingerprint))
			return true;
	return false;
}

/* Rare after the first minutes, so that a search among at most SIGNER_MAX_BATCH does. */
static bool load_unknown(struct signer *signer, struct batch *batch)
{
	struct frame_request request = {.type = FRAME_LOAD};
	struct frame_reply reply;
	request.loads = arena_array(batch->arena, struct signer_key, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		const struct signer_key *key = batch->requests[i].key;
		if (batch->results[i].verdict == SIGNER_UNKNOWN_KEY && !is_listed(&request, key->fingerprint))
			request.loads[request.count++] = *key;
	}
	return exchange(signer, batch->arena, &request, &reply);
}

static bool sign_step(struct signer *signer, void *context)
{
	struct batch *batch = context;
	size_t unknown;
	for (size_t i = 0; i < batch->count; i++)
		batch->results[i] = (struct signer_result){.verdict = SIGNER_UNKNOWN_KEY};
	if (!sign_missing(signer, batch, &unknown))
		return false;
	return unknown == 0 || (load_unknown(signer, batch) && sign_missing(signer, batch, &unknown));
}

/* Beyond what a frame can say: judged here, so that the child never gets it. */
static bool fits(const struct signer_request *request)
{
	return request->text.len <= SIGNER_MAX_TEXT_LEN && request->key->wrapped.len <= FRAME_MAX_WRAPPED_LEN;
}

enum problem signer_sign_batch(struct signer *signer, struct arena *arena,
			       const struct signer_request *requests, size_t count, struct signer_result *ret)
{
	assert(count <= SIGNER_MAX_BATCH);
	struct batch batch = {.count = 0, .arena = arena_create()};
	struct signer_request *fitting = arena_array(batch.arena, struct signer_request, count);
	batch.results = arena_array(batch.arena, struct signer_result, count);
	for (size_t i = 0; i < count; i++)
		if (fits(&requests[i]))
			fitting[batch.count++] = requests[i];
	batch.requests = fitting;
	enum problem p = batch.count > 0 ? with_retry(signer, sign_step, &batch) : PROBLEM_NONE;
	for (size_t i = 0, next = 0; !p && i < count; i++) {
		ret[i] = (struct signer_result){.verdict = SIGNER_REFUSED};
		if (fits(&requests[i])) {
			ret[i].verdict = batch.results[next].verdict;
			ret[i].signature = arena_bytes(arena, batch.results[next].signature);
			next++;
		}
	}
	arena_destroy(batch.arena);
	return p;
}

struct rewrapping {
	struct arena *arena;
	struct frame_request request;
	struct frame_reply reply;
};

static bool rewrap_step(struct signer *signer, void *context)
{
	struct rewrapping *r = context;
	return exchange(signer, r->arena, &r->request, &r->reply);
}

enum problem signer_rewrap(struct signer *signer, struct arena *arena, const struct signer_key *keys,
			   size_t count, struct signer_rewrapped *ret)
{
	assert(count <= SIGNER_MAX_BATCH);
	struct rewrapping r = {.arena = arena, .request = {.type = FRAME_REWRAP, .count = count}};
	r.request.loads = arena_array(arena, struct signer_key, count);
	for (size_t i = 0; i < count; i++) {
		r.request.loads[i] = keys[i];
		if (keys[i].wrapped.len > FRAME_MAX_WRAPPED_LEN) /* no wrapping of ours: opens with nothing */
			r.request.loads[i].wrapped = (struct bytes){0};
	}
	enum problem p = with_retry(signer, rewrap_step, &r);
	for (size_t i = 0; !p && i < count; i++)
		ret[i] = (struct signer_rewrapped){r.reply.results[i].verdict, r.reply.results[i].signature};
	return p;
}

int64_t signer_take_restarts(struct signer *signer)
{
	pthread_mutex_lock(&signer->exchange);
	int64_t restarts = signer->restarts;
	signer->restarts = 0;
	pthread_mutex_unlock(&signer->exchange);
	return restarts;
}

int64_t signer_pid(struct signer *signer)
{
	pthread_mutex_lock(&signer->exchange);
	pid_t child = signer->child;
	pthread_mutex_unlock(&signer->exchange);
	return child;
}
