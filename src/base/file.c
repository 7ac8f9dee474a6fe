/* SPDX-License-Identifier: Apache-2.0
 * Files that stand whole and durable, or not at all. */
#include "ft/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_whole(int fd, struct str content)
{
	for (size_t done = 0; done < content.len;) {
		ssize_t n = write(fd, content.at + done, content.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return fsync(fd) == 0;
}

static struct str directory_of(struct arena *arena, struct str path)
{
	struct str name = str_after_last(path, '/');
	size_t len = path.len - name.len;
	return len ? arena_str(arena, (struct str){path.at, len}) : STR("./");
}

struct str file_temporary_of(struct arena *arena, struct str path)
{
	return arena_printf(arena, "%.*s.%.*s.new", STR_ARGS(directory_of(arena, path)),
			    STR_ARGS(str_after_last(path, '/')));
}

bool file_sync_directory_of(struct arena *arena, struct str path)
{
	int fd = open(directory_of(arena, path).at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return good;
}

/* A new file with this content; what fails leaves none. */
static bool write_new(const char *path, unsigned mode, struct str content)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
	if (fd < 0)
		return false;
	bool good = write_whole(fd, content);
	good = close(fd) == 0 && good;
	if (good)
		return true;
	int why = errno;
	(void)unlink(path);
	errno = why;
	return false;
}

bool file_replace(struct arena *arena, struct str path, unsigned mode, struct str content)
{
	struct str whole = arena_str(arena, path), temporary = file_temporary_of(arena, path);
	(void)unlink(temporary.at); /* who was killed here left it */
	return write_new(temporary.at, mode, content) && rename(temporary.at, whole.at) == 0 &&
	       file_sync_directory_of(arena, whole);
}

bool file_create(struct arena *arena, struct str path, unsigned mode, struct str content)
{
	return write_new(arena_str(arena, path).at, mode, content) && file_sync_directory_of(arena, path);
}
