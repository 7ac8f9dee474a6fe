/* SPDX-License-Identifier: Apache-2.0
 * The server's side of the signer: starts the child, speaks with it, and starts it again when it dies. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
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

enum { ARGUMENTS = 5 };

/* One child. */
struct channel {
	pthread_mutex_t exchange; /* guards all below: one exchange at a time */
	const char *arguments[ARGUMENTS];
	pid_t child; /* −1: none */
	int socket;  /* −1: none */
	int64_t restarts;
};

struct signer {
	struct arena *arena;  /* of the arguments */
	struct channel keys;  /* holds the key-encryption key */
	struct channel agent; /* speaks with the agent, if there is one */
	bool has_agent;
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
static int spawn(const struct channel *channel, int child_end, pid_t *ret)
{
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
		     posix_spawn(ret, channel->arguments[0], &actions, &attributes,
				 (char *const *)(uintptr_t)channel->arguments, environment);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

static bool start_child(struct channel *channel)
{
	int ends[2];
	const struct timeval patience = {.tv_sec = ANSWER_TIMEOUT_S};
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return false;
	pid_t child;
	bool ok = setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
		  setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
		  spawn(channel, ends[1], &child) == 0;
	close(ends[1]);
	if (!ok) {
		close(ends[0]);
		return false;
	}
	channel->child = child;
	channel->socket = ends[0];
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

static void stop_child(struct channel *channel, int patience_ms)
{
	if (channel->socket >= 0)
		close(channel->socket); /* its end of the conversation, and of its life */
	if (channel->child > 0) {
		bool gone = reaped(channel->child, WNOHANG);
		for (int waited_ms = 0; !gone && waited_ms < patience_ms; waited_ms += STOP_POLL_MS) {
			nanosleep(&(struct timespec){.tv_nsec = STOP_POLL_MS * 1000000L}, NULL);
			gone = reaped(channel->child, WNOHANG);
		}
		if (!gone) {
			kill(channel->child, SIGKILL);
			(void)reaped(channel->child, 0);
		}
	}
	channel->socket = -1;
	channel->child = -1;
}

/* One request and its answer. false: the child is gone, silent, or does not make sense. */
static bool exchange(struct channel *channel, struct arena *arena, const struct frame_request *request,
		     struct frame_reply *ret)
{
	enum frame_type type;
	struct bytes payload;
	return frame_send(channel->socket, frame_print_request(arena, request)) &&
	       frame_receive(channel->socket, arena, &type, &payload) == FRAME_WHOLE &&
	       type == request->type && frame_parse_reply(arena, type, payload, ret) &&
	       (ret->count == request->count || type == FRAME_LIST);
}

static bool greet(struct channel *channel)
{
	struct arena *arena = arena_create();
	struct frame_reply reply;
	bool ok = exchange(channel, arena, &(struct frame_request){.type = FRAME_HELLO}, &reply);
	arena_destroy(arena);
	return ok;
}

static void channel_init(struct channel *channel, const char *const arguments[ARGUMENTS])
{
	*channel = (struct channel){.child = -1, .socket = -1};
	memcpy(channel->arguments, arguments, sizeof channel->arguments);
	int failed = pthread_mutex_init(&channel->exchange, NULL);
	assert(!failed);
}

static void channel_finish(struct channel *channel)
{
	stop_child(channel, STOP_TIMEOUT_MS);
	pthread_mutex_destroy(&channel->exchange);
}

enum problem signer_start(struct str executable, struct str kek_file, int64_t signatures_per_s,
			  struct signer **ret)
{
	struct signer *signer = calloc(1, sizeof *signer);
	assert(signer);
	signer->arena = arena_create();
	const char *const arguments[ARGUMENTS] = {
		arena_str(signer->arena, executable).at, arena_str(signer->arena, kek_file).at,
		arena_printf(signer->arena, "%lld", (long long)signatures_per_s).at};
	channel_init(&signer->keys, arguments);
	if (!start_child(&signer->keys) || !greet(&signer->keys)) {
		signer_stop(signer);
		return PROBLEM_SIGNER_UNAVAILABLE;
	}
	*ret = signer;
	return PROBLEM_NONE;
}

/* A child that does not start is started again when it is needed. */
void signer_use_agent(struct signer *signer, struct str socket)
{
	const char *const *known = signer->keys.arguments;
	const char *const arguments[ARGUMENTS] = {known[0], known[1], known[2],
						  arena_str(signer->arena, socket).at};
	channel_init(&signer->agent, arguments);
	signer->has_agent = true;
	(void)start_child(&signer->agent);
}

bool signer_has_agent(const struct signer *signer)
{
	return signer->has_agent;
}

void signer_stop(struct signer *signer)
{
	if (!signer)
		return;
	channel_finish(&signer->keys);
	if (signer->has_agent)
		channel_finish(&signer->agent);
	arena_destroy(signer->arena);
	free(signer);
}

static bool restart(struct channel *channel)
{
	stop_child(channel, /* patience_ms */ 0);
	if (!start_child(channel))
		return false;
	channel->restarts++;
	return true;
}

/* Runs `step`, and once more with a new child when it failed. */
static enum problem with_retry(struct channel *channel, bool (*step)(struct channel *, void *), void *context)
{
	pthread_mutex_lock(&channel->exchange);
	bool ok = (channel->child > 0 && step(channel, context)) ||
		  (restart(channel) && step(channel, context));
	if (!ok)
		stop_child(channel, /* patience_ms */ 0); /* what it would still answer belongs to nobody */
	pthread_mutex_unlock(&channel->exchange);
	return ok ? PROBLEM_NONE : PROBLEM_SIGNER_UNAVAILABLE;
}

struct generation {
	struct arena *arena;
	struct frame_request request;
	struct frame_reply reply;
};

static bool generate_step(struct channel *channel, void *context)
{
	struct generation *generation = context;
	return exchange(channel, generation->arena, &generation->request, &generation->reply);
}

enum problem signer_generate(struct signer *signer, struct arena *arena, enum sign_algorithm algorithm,
			     struct uuid org, enum signer_role role, struct signer_key *ret)
{
	struct generation generation = {
		.arena = arena,
		.request = {.type = FRAME_GENERATE, .algorithm = algorithm, .role = role, .org = org},
	};
	enum problem p = with_retry(&signer->keys, generate_step, &generation);
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
static bool sign_missing(struct channel *channel, struct batch *batch, size_t *ret_unknown)
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
	if (!exchange(channel, batch->arena, &request, &reply))
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

static bool in_agent(const struct signer_key *key)
{
	return key->role == SIGNER_LOG && !key->wrapped.at;
}

/* What the child cannot open it has to verify. */
static struct signer_key as_agent_key(const struct signer_key *key)
{
	struct signer_key public = *key;
	public.wrapped = key->spki;
	return public;
}

/* Rare after the first minutes, so that a search among at most SIGNER_MAX_BATCH does. */
static bool load_unknown(struct channel *channel, struct batch *batch)
{
	struct frame_request request = {.type = FRAME_LOAD};
	struct frame_reply reply;
	request.loads = arena_array(batch->arena, struct signer_key, batch->count);
	for (size_t i = 0; i < batch->count; i++) {
		const struct signer_key *key = batch->requests[i].key;
		if (batch->results[i].verdict == SIGNER_UNKNOWN_KEY && !is_listed(&request, key->fingerprint))
			request.loads[request.count++] = in_agent(key) ? as_agent_key(key) : *key;
	}
	return exchange(channel, batch->arena, &request, &reply);
}

static bool sign_step(struct channel *channel, void *context)
{
	struct batch *batch = context;
	size_t unknown;
	for (size_t i = 0; i < batch->count; i++)
		batch->results[i] = (struct signer_result){.verdict = SIGNER_UNKNOWN_KEY};
	if (!sign_missing(channel, batch, &unknown))
		return false;
	return unknown == 0 || (load_unknown(channel, batch) && sign_missing(channel, batch, &unknown));
}

/* Beyond what a frame can say: judged here, so that the child never gets it. */
static bool fits(const struct signer_request *request)
{
	return request->text.len <= SIGNER_MAX_TEXT_LEN && request->key->wrapped.len <= FRAME_MAX_WRAPPED_LEN;
}

/* Those of the requests that are for this channel. */
static enum problem sign_through(struct channel *channel, bool of_agent, struct arena *arena,
				 const struct signer_request *requests, size_t count,
				 struct signer_result *ret)
{
	struct batch batch = {.count = 0, .arena = arena_create()};
	struct signer_request *fitting = arena_array(batch.arena, struct signer_request, count);
	size_t *places = arena_array(batch.arena, size_t, count);
	batch.results = arena_array(batch.arena, struct signer_result, count);
	for (size_t i = 0; i < count; i++)
		if (fits(&requests[i]) && in_agent(requests[i].key) == of_agent) {
			places[batch.count] = i;
			fitting[batch.count++] = requests[i];
		}
	batch.requests = fitting;
	enum problem p = batch.count > 0 ? with_retry(channel, sign_step, &batch) : PROBLEM_NONE;
	for (size_t i = 0; !p && i < batch.count; i++)
		ret[places[i]] = (struct signer_result){batch.results[i].verdict,
							arena_bytes(arena, batch.results[i].signature)};
	arena_destroy(batch.arena);
	return p;
}

enum problem signer_sign_batch(struct signer *signer, struct arena *arena,
			       const struct signer_request *requests, size_t count, struct signer_result *ret)
{
	assert(count <= SIGNER_MAX_BATCH);
	for (size_t i = 0; i < count; i++)
		ret[i].verdict = in_agent(requests[i].key) ? SIGNER_AWAY : SIGNER_REFUSED;
	enum problem p = sign_through(&signer->keys, /* of_agent */ false, arena, requests, count, ret);
	if (!p && signer->has_agent)
		p = sign_through(&signer->agent, /* of_agent */ true, arena, requests, count, ret);
	return p;
}

struct listing {
	struct arena *arena;
	struct frame_reply reply;
};

static bool list_step(struct channel *channel, void *context)
{
	struct listing *l = context;
	return exchange(channel, l->arena, &(struct frame_request){.type = FRAME_LIST}, &l->reply);
}

enum problem signer_agent_keys(struct signer *signer, struct arena *arena, struct bytes **ret,
			       size_t *ret_count)
{
	struct listing l = {.arena = arena};
	if (!signer->has_agent || with_retry(&signer->agent, list_step, &l))
		return PROBLEM_SIGNER_UNAVAILABLE;
	struct bytes *keys = arena_array(arena, struct bytes, l.reply.count);
	for (size_t i = 0; i < l.reply.count; i++) {
		if (l.reply.results[i].verdict != SIGNER_SIGNED)
			return PROBLEM_SIGNER_UNAVAILABLE;
		keys[i] = l.reply.results[i].signature;
	}
	*ret = keys;
	*ret_count = l.reply.count;
	return PROBLEM_NONE;
}

struct rewrapping {
	struct arena *arena;
	struct frame_request request;
	struct frame_reply reply;
};

static bool rewrap_step(struct channel *channel, void *context)
{
	struct rewrapping *r = context;
	return exchange(channel, r->arena, &r->request, &r->reply);
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
	enum problem p = with_retry(&signer->keys, rewrap_step, &r);
	for (size_t i = 0; !p && i < count; i++)
		ret[i] = (struct signer_rewrapped){r.reply.results[i].verdict, r.reply.results[i].signature};
	return p;
}

static int64_t take_restarts(struct channel *channel)
{
	pthread_mutex_lock(&channel->exchange);
	int64_t restarts = channel->restarts;
	channel->restarts = 0;
	pthread_mutex_unlock(&channel->exchange);
	return restarts;
}

int64_t signer_take_restarts(struct signer *signer)
{
	return take_restarts(&signer->keys) + (signer->has_agent ? take_restarts(&signer->agent) : 0);
}

int64_t signer_pid(struct signer *signer)
{
	pthread_mutex_lock(&signer->keys.exchange);
	pid_t child = signer->keys.child;
	pthread_mutex_unlock(&signer->keys.exchange);
	return child;
}
