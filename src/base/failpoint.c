/* SPDX-License-Identifier: Apache-2.0
 * Ends or holds the program where a test says so. */
#include "ft/base/failpoint.h"

#ifdef FARMTRAIL_FAILPOINTS

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void hold(const char *path)
{
	enum { POLL_US = 5000 };
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd < 0)
		return;
	close(fd);
	while (access(path, F_OK) == 0)
		usleep(POLL_US);
}

void failpoint(const char *name)
{
	const char *wanted = getenv("FARMTRAIL_FAILPOINT");
	size_t len = strlen(name);
	if (!wanted || strncmp(wanted, name, len) != 0)
		return;
	if (wanted[len] == '\0')
		kill(getpid(), SIGKILL);
	else if (wanted[len] == '=')
		hold(wanted + len + 1);
}

#else
typedef int nothing_here; /* ISO C wants a declaration */
#endif
