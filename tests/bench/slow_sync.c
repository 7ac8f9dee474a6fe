/* SPDX-License-Identifier: Apache-2.0
 * Preloaded into PostgreSQL: a disk whose fdatasync takes a millisecond longer, as that of an ordinary cloud machine. */
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int fdatasync(int file)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000 * 1000}, NULL);
	return (int)syscall(SYS_fdatasync, file);
}
