/* SPDX-License-Identifier: Apache-2.0
 * A child process, its last words kept from standard error. */
#include "ft/base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

enum { WORDS_MAX = 2000, TICK_MS = 1000, ENVIRONMENT_MAX = 4096 };

static bool is_inherited(const struct process *process, const char *entry)
{
	struct str name = str_cut(str_of(entry), '=', &(struct str){0});
	if (process->unset_prefix && str_starts(name, str_of(process->unset_prefix)))
		return false;
	for (const char *const *s = process->settings; s && *s; s++)
		if (str_equal(name, str_cut(str_of(*s), '=', &(struct str){0})))
			return false;
	return true;
}

static char *const *environment_of(struct arena *arena, const struct process *process)
{
	char **list = arena_array(arena, char *, ENVIRONMENT_MAX + 1);
	size_t count = 0;
	for (const char *const *s = process->settings; s && *s && count < ENVIRONMENT_MAX; s++)
		list[count++] = (char *)(uintptr_t)*s;
	for (char **entry = environ; entry && *entry && count < ENVIRONMENT_MAX; entry++)
		if (is_inherited(process, *entry))
			list[count++] = *entry;
	return list;
}

static int spawn(struct arena *arena, const struct process *process, int words, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawnattr_init(&attributes);
	const int wanted[] = {process->input, process->output, words};
	int failed = posix_spawnattr_setsigmask(&attributes, &none) ||
		     posix_spawnattr_setsigdefault(&attributes, &all) ||
		     posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	for (int fd = 0; fd < 3 && !failed; fd++)
		failed = wanted[fd] < 0
				 ? posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0)
				 : posix_spawn_file_actions_adddup2(&actions, wanted[fd], fd);
	if (!failed)
		failed = posix_spawnp(ret, process->arguments[0], &actions, &attributes,
				      (char *const *)(uintptr_t)process->arguments,
				      environment_of(arena, process));
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
	return failed;
}

/* The end of what it says, until it says no more. */
static void listen_to(const struct process *process, int words, char said[WORDS_MAX], size_t *ret_len)
{
	size_t len = 0;
	for (;;) {
		struct pollfd fd = {.fd = words, .events = POLLIN};
		int ready = poll(&fd, 1, process->tick ? TICK_MS : -1);
		if (ready == 0)
			process->tick(process->context);
		if (ready <= 0)
			continue;
		if (len == WORDS_MAX) {
			memmove(said, said + WORDS_MAX / 2, WORDS_MAX / 2);
			len = WORDS_MAX / 2;
		}
		ssize_t got = read(words, said + len, WORDS_MAX - len);
		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		len += got > 0 ? (size_t)got : 0;
	}
	*ret_len = len;
}

static int wait_for(pid_t child)
{
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

bool process_run(struct arena *arena, const struct process *process, struct str *reterr)
{
	const char *name = process->arguments[0];
	int ends[2];
	pid_t child;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		*reterr = arena_printf(arena, "cannot start %s: %s", name, strerror(errno));
		return false;
	}
	int failed = spawn(arena, process, ends[1], &child);
	close(ends[1]);
	if (failed) {
		close(ends[0]);
		*reterr = arena_printf(arena, "cannot start %s: %s", name, strerror(failed));
		return false;
	}
	char said[WORDS_MAX];
	size_t len;
	listen_to(process, ends[0], said, &len);
	close(ends[0]);
	int status = wait_for(child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	struct str words = str_trim((struct str){said, len});
	*reterr = words.len ? arena_printf(arena, "%s: %.*s", name, STR_ARGS(words))
			    : arena_printf(arena, "%s ended with status %d", name, status);
	return false;
}
