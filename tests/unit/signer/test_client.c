/* SPDX-License-Identifier: Apache-2.0
 * The server's side against the real child process: batches, deaths, wrong keys, threads. FARMTRAIL_SIGNER names the
 * executable. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "ft/core/statement.h"
#include "ft/signer/signer.h"

static const struct uuid org = {{7}};

struct world {
	struct arena *arena;
	char directory[64];
	struct str executable, kek_file;
	struct signer *signer;
};

static int create(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	*state = world;
	world->arena = arena_create();
	snprintf(world->directory, sizeof world->directory, "/tmp/farmtrail-signer-XXXXXX");
	world->executable = str_of(getenv("FARMTRAIL_SIGNER"));
	if (!world->executable.at || !mkdtemp(world->directory))
		return 1;
	world->kek_file = arena_printf(world->arena, "%s/kek", world->directory);
	return signer_kek_create(world->kek_file) ||
	       signer_start(world->executable, world->kek_file, SIGNER_MAX_RATE, &world->signer);
}

static int destroy(void **state)
{
	struct world *world = *state;
	signer_stop(world->signer);
	unlink(world->kek_file.at);
	rmdir(world->directory);
	arena_destroy(world->arena);
	free(world);
	return 0;
}

static pid_t pid_of(struct world *world)
{
	return (pid_t)signer_pid(world->signer);
}

static struct signer_key generate(struct world *world)
{
	struct signer_key key;
	assert_int_equal(signer_generate(world->signer, world->arena, SIGN_P256, org, SIGNER_PARTY, &key),
			 PROBLEM_NONE);
	return key;
}

static struct str event(struct arena *arena, const struct signer_key *key, int64_t seq)
{
	struct statement s = {.kind = STR("event"),
			      .log = STR("farm.example"),
			      .org = org,
			      .key = key->fingerprint,
			      .seq = seq,
			      .media_type = STR("text/plain")};
	return statement_print(arena, &s);
}

enum { BATCH = 64 };

static enum problem sign_events(struct signer *signer, struct arena *arena, const struct signer_key *keys,
				size_t key_count, size_t *ret_good)
{
	struct signer_request requests[BATCH];
	struct signer_result results[BATCH];
	for (size_t i = 0; i < BATCH; i++) {
		const struct signer_key *key = &keys[i % key_count];
		requests[i] = (struct signer_request){key, event(arena, key, (int64_t)i)};
	}
	enum problem p = signer_sign_batch(signer, arena, requests, BATCH, results);
	*ret_good = 0;
	for (size_t i = 0; !p && i < BATCH; i++)
		*ret_good += results[i].verdict == SIGNER_SIGNED &&
			     verify_spki(NULL, requests[i].key->spki, str_bytes(requests[i].text),
					 results[i].signature);
	return p;
}

static void assert_batch_is_signed(struct world *world, const struct signer_key *keys, size_t key_count)
{
	size_t good;
	assert_int_equal(sign_events(world->signer, world->arena, keys, key_count, &good), PROBLEM_NONE);
	assert_int_equal(good, BATCH);
}

static void a_batch_is_signed_in_order(void **state)
{
	struct world *world = *state;
	struct signer_key keys[] = {generate(world), generate(world), generate(world)};
	assert_batch_is_signed(world, keys, 3);
	assert_int_equal(signer_take_restarts(world->signer), 0);
	assert_int_equal(signer_sign_batch(world->signer, world->arena, NULL, 0, NULL), PROBLEM_NONE);
}

static void verdicts_stand_at_their_places(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world), stranger = generate(world), foreign = generate(world);
	char *long_text = arena_alloc(world->arena, SIGNER_MAX_TEXT_LEN + 1);
	foreign.wrapped = str_bytes(STR("not a wrapping"));
	foreign.fingerprint.octets[0] ^= 1;
	struct signer_request requests[] = {
		{&key, event(world->arena, &key, 1)},
		{&key, event(world->arena, &stranger, 1)},
		{&foreign, event(world->arena, &foreign, 1)},
		{&key, {long_text, SIGNER_MAX_TEXT_LEN + 1}},
		{&key, STR("")},
		{&key, event(world->arena, &key, 2)},
	};
	struct signer_result results[6];
	assert_int_equal(signer_sign_batch(world->signer, world->arena, requests, 6, results), PROBLEM_NONE);
	assert_int_equal(results[0].verdict, SIGNER_SIGNED);
	assert_int_equal(results[1].verdict, SIGNER_REFUSED);
	assert_int_equal(results[2].verdict, SIGNER_UNKNOWN_KEY);
	assert_int_equal(results[3].verdict, SIGNER_REFUSED);
	assert_int_equal(results[4].verdict, SIGNER_REFUSED);
	assert_null(results[4].signature.at);
	assert_int_equal(results[5].verdict, SIGNER_SIGNED);
	assert_true(verify_spki(NULL, key.spki, str_bytes(requests[5].text), results[5].signature));
}

static void a_thousand_of_the_longest_texts_fit(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world);
	struct signer_request *requests = arena_array(world->arena, struct signer_request, SIGNER_MAX_BATCH);
	struct signer_result *results = arena_array(world->arena, struct signer_result, SIGNER_MAX_BATCH);
	char *text = arena_alloc(world->arena, SIGNER_MAX_TEXT_LEN);
	for (size_t i = 0; i < SIGNER_MAX_BATCH; i++)
		requests[i] = (struct signer_request){&key, {text, SIGNER_MAX_TEXT_LEN}};
	requests[999].text = event(world->arena, &key, 1);
	assert_int_equal(signer_sign_batch(world->signer, world->arena, requests, SIGNER_MAX_BATCH, results),
			 PROBLEM_NONE);
	assert_int_equal(results[998].verdict, SIGNER_REFUSED);
	assert_int_equal(results[999].verdict, SIGNER_SIGNED);
	assert_int_equal(signer_take_restarts(world->signer), 0);
}

static void a_signer_killed_between_batches_is_started_again(void **state)
{
	struct world *world = *state;
	struct signer_key keys[] = {generate(world), generate(world)};
	for (int i = 0; i < 3; i++) {
		pid_t before = pid_of(world);
		assert_batch_is_signed(world, keys, 2);
		assert_int_equal(kill(before, SIGKILL), 0);
		assert_batch_is_signed(world, keys, 2);
		assert_int_not_equal(pid_of(world), before);
	}
	assert_int_equal(signer_take_restarts(world->signer), 3);
	assert_int_equal(signer_take_restarts(world->signer), 0);
}

struct killer {
	struct signer *signer;
	atomic_int batches, kills;
	atomic_bool done;
};

/* Kills once after every finished batch, a little later each time, so that it hits sending, signing and answering alike.
 * The process is looked up between two batches, so that no batch is hit twice. */
static void *kill_after_every_batch(void *context)
{
	struct killer *killer = context;
	while (!killer->done) {
		pid_t child = (pid_t)signer_pid(killer->signer);
		int kills = killer->kills++;
		nanosleep(&(struct timespec){.tv_nsec = kills % 40 * 50000L}, NULL);
		if (child > 0)
			kill(child, SIGKILL);
		int batches = killer->batches;
		while (!killer->done && killer->batches == batches)
			nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
	}
	return NULL;
}

static void a_signer_killed_during_batches_costs_none(void **state)
{
	struct world *world = *state;
	struct signer_key keys[] = {generate(world), generate(world)};
	struct killer killer = {.signer = world->signer};
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, kill_after_every_batch, &killer), 0);
	for (int i = 0; i < 80; i++) {
		struct arena *arena = arena_create();
		size_t good;
		assert_int_equal(sign_events(world->signer, arena, keys, 2, &good), PROBLEM_NONE);
		assert_int_equal(good, BATCH);
		arena_destroy(arena);
		killer.batches++;
	}
	killer.done = true;
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(killer.kills > 20);
	assert_true(signer_take_restarts(world->signer) > 20);
}

/* A child that hangs would otherwise hang the server. Ten seconds of patience, then another child. */
static void a_silent_signer_is_replaced(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world);
	pid_t silent = pid_of(world);
	assert_int_equal(kill(silent, SIGSTOP), 0);
	assert_batch_is_signed(world, &key, 1);
	assert_int_not_equal(pid_of(world), silent);
	assert_int_equal(kill(silent, 0), -1);
}

static void another_key_encryption_key_opens_nothing(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world);
	struct signer_request request = {&key, event(world->arena, &key, 1)};
	struct signer_result result;
	signer_stop(world->signer);
	world->signer = NULL;
	assert_int_equal(unlink(world->kek_file.at), 0);
	assert_int_equal(signer_kek_create(world->kek_file), PROBLEM_NONE);
	assert_int_equal(signer_start(world->executable, world->kek_file, SIGNER_MAX_RATE, &world->signer),
			 PROBLEM_NONE);
	assert_int_equal(signer_sign_batch(world->signer, world->arena, &request, 1, &result), PROBLEM_NONE);
	assert_int_equal(result.verdict, SIGNER_UNKNOWN_KEY);
}

static void it_does_not_start_without_a_usable_key_file(void **state)
{
	struct world *world = *state;
	struct signer *signer = NULL;
	assert_int_equal(signer_kek_create(world->kek_file), PROBLEM_CONFIG); /* never over another one */
	assert_int_equal(chmod(world->kek_file.at, 0640), 0);
	assert_int_equal(signer_start(world->executable, world->kek_file, SIGNER_MAX_RATE, &signer),
			 PROBLEM_SIGNER_UNAVAILABLE);
	assert_int_equal(signer_start(world->executable, STR("/nonexistent/kek"), SIGNER_MAX_RATE, &signer),
			 PROBLEM_SIGNER_UNAVAILABLE);
	assert_int_equal(signer_start(STR("/nonexistent/signer"), world->kek_file, SIGNER_MAX_RATE, &signer),
			 PROBLEM_SIGNER_UNAVAILABLE);
	assert_null(signer);
}

static void a_key_file_that_became_unusable_is_reported_and_recovered_from(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world);
	size_t good;
	assert_int_equal(chmod(world->kek_file.at, 0644), 0);
	assert_int_equal(kill(pid_of(world), SIGKILL), 0);
	assert_int_equal(sign_events(world->signer, world->arena, &key, 1, &good),
			 PROBLEM_SIGNER_UNAVAILABLE);
	assert_int_equal(pid_of(world), -1);
	assert_int_equal(chmod(world->kek_file.at, 0600), 0);
	assert_batch_is_signed(world, &key, 1);
}

struct worker {
	struct world *world;
	const struct signer_key *keys;
	size_t failed;
};

static void *sign_many(void *context)
{
	struct worker *worker = context;
	for (int i = 0; i < 40; i++) {
		struct arena *arena = arena_create();
		size_t good;
		worker->failed +=
			sign_events(worker->world->signer, arena, worker->keys, 2, &good) || good != BATCH;
		arena_destroy(arena);
	}
	return NULL;
}

static void two_threads_sign_at_once(void **state)
{
	struct world *world = *state;
	struct signer_key keys[] = {generate(world), generate(world), generate(world), generate(world)};
	struct worker workers[] = {{world, keys, 0}, {world, keys + 2, 0}};
	pthread_t threads[2];
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_many, &workers[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(workers[i].failed, 0);
	}
}

static struct str proc_file(struct world *world, const char *name)
{
	struct str path = arena_printf(world->arena, "/proc/%d/%s", pid_of(world), name);
	char *text = arena_alloc(world->arena, 8192);
	FILE *in = fopen(path.at, "r");
	assert_non_null(in);
	size_t len = fread(text, 1, 8191, in);
	fclose(in);
	return (struct str){text, len};
}

static void the_child_has_no_core_no_environment_and_no_other_descriptor(void **state)
{
	struct world *world = *state;
	(void)generate(world);
	assert_non_null(
		strstr(proc_file(world, "limits").at, "Max core file size        0                    0"));
	assert_non_null(strstr(proc_file(world, "status").at, "NoNewPrivs:\t1"));
	int extra = open("/dev/null", O_RDONLY); /* inheritable on purpose */
	assert_int_equal(kill(pid_of(world), SIGKILL), 0);
	(void)generate(world);
	close(extra);
	struct str beyond = arena_printf(world->arena, "/proc/%d/fd/4", pid_of(world));
	if (geteuid() != 0)
		skip(); /* what follows of a process that is not dumpable only root may read */
	assert_int_equal(proc_file(world, "environ").len, 0);
	char target[64];
	assert_int_equal(readlink(beyond.at, target, sizeof target), -1);
	assert_int_equal(errno, ENOENT);
}

static int run_signer(const struct world *world, int socket)
{
	static char rate[] = "1000";
	char *const arguments[] = {(char *)world->executable.at, (char *)world->kek_file.at, rate, NULL};
	if (dup2(socket, 3) < 0)
		return 100;
	execv(world->executable.at, arguments);
	return 101;
}

/* The status of a signer that a child of this process starts on a descriptor of ours; `between`: a process between the
 * two, as when the descriptor was handed on. */
static int status_of_signer(const struct world *world, bool between)
{
	int ends[2], status;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	pid_t child = fork();
	if (child == 0) {
		pid_t grandchild = between ? fork() : 0;
		close(ends[0]);
		if (grandchild == 0)
			_exit(run_signer(world, ends[1]));
		waitpid(grandchild, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 102);
	}
	close(ends[0]); /* the end of a conversation */
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void it_speaks_only_with_the_process_that_started_it(void **state)
{
	struct world *world = *state;
	assert_int_equal(status_of_signer(world, /* between */ false), EXIT_SUCCESS);
	assert_int_equal(status_of_signer(world, /* between */ true), EXIT_FAILURE);
}

/* Beyond its rate it waits: three batches, of which one is a second's worth. */
static void signatures_beyond_the_rate_are_made_later(void **state)
{
	struct world *world = *state;
	signer_stop(world->signer);
	assert_int_equal(signer_start(world->executable, world->kek_file, SIGNER_MAX_BATCH, &world->signer),
			 PROBLEM_NONE);
	struct signer_key key = generate(world);
	pid_t child = pid_of(world);
	for (int i = 0; i < 3; i++)
		assert_batch_is_signed(world, &key, 1);
	assert_int_equal(pid_of(world), child);
	assert_int_equal(signer_take_restarts(world->signer), 0);
}

/* The server decides when it ends. */
static void polite_signals_do_not_end_it(void **state)
{
	struct world *world = *state;
	struct signer_key key = generate(world);
	pid_t child = pid_of(world);
	assert_int_equal(kill(child, SIGTERM), 0);
	assert_int_equal(kill(child, SIGINT), 0);
	assert_batch_is_signed(world, &key, 1);
	assert_int_equal(pid_of(world), child);
	signer_stop(world->signer);
	world->signer = NULL;
	assert_int_equal(kill(child, 0), -1);
	assert_int_equal(errno, ESRCH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_batch_is_signed_in_order, create, destroy),
		cmocka_unit_test_setup_teardown(verdicts_stand_at_their_places, create, destroy),
		cmocka_unit_test_setup_teardown(a_thousand_of_the_longest_texts_fit, create, destroy),
		cmocka_unit_test_setup_teardown(a_signer_killed_between_batches_is_started_again, create,
						destroy),
		cmocka_unit_test_setup_teardown(a_signer_killed_during_batches_costs_none, create, destroy),
		cmocka_unit_test_setup_teardown(a_silent_signer_is_replaced, create, destroy),
		cmocka_unit_test_setup_teardown(another_key_encryption_key_opens_nothing, create, destroy),
		cmocka_unit_test_setup_teardown(it_does_not_start_without_a_usable_key_file, create, destroy),
		cmocka_unit_test_setup_teardown(
			a_key_file_that_became_unusable_is_reported_and_recovered_from, create, destroy),
		cmocka_unit_test_setup_teardown(two_threads_sign_at_once, create, destroy),
		cmocka_unit_test_setup_teardown(the_child_has_no_core_no_environment_and_no_other_descriptor,
						create, destroy),
		cmocka_unit_test_setup_teardown(polite_signals_do_not_end_it, create, destroy),
		cmocka_unit_test_setup_teardown(it_speaks_only_with_the_process_that_started_it, create,
						destroy),
		cmocka_unit_test_setup_teardown(signatures_beyond_the_rate_are_made_later, create, destroy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
