/* SPDX-License-Identifier: Apache-2.0
 * Files of a data directory, written so that a kill at any instant leaves the old state or the new one. */
#include "init_files_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/crypto/random.h"
#include "ft/signer/signer.h"

enum { FILE_MAX = 64 * 1024 + 1, CODE_KEY_LEN = 32 };

static enum problem cannot(struct arena *arena, const char *what, struct str path, struct fault *reterr)
{
	reterr->detail = arena_printf(arena, "cannot %s %.*s: %s", what, STR_ARGS(path), strerror(errno));
	return PROBLEM_CONFIG;
}

static struct str join(struct arena *arena, struct str dir, const char *name)
{
	return arena_printf(arena, "%.*s/%s", STR_ARGS(dir), name);
}

/* What may stand in a directory that is ours, made by us or by the script that makes the cluster. */
static bool is_ours(const char *name)
{
	static const char *const known[] = {".",
					    "..",
					    "farmtrail.env",
					    "registrar.vkey",
					    "log.vkey",
					    "log.guard",
					    "admin.key",
					    "secrets",
					    "cluster",
					    "bin",
					    "run",
					    "lost+found",
					    "farmtraild.log",
					    "run.log",
					    "cluster.log",
					    "farmtrail.log"};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	return name[0] == '.'; /* locks and marks */
}

static enum problem check_contents(struct arena *arena, struct str dir, struct fault *reterr)
{
	if (init_file_exists(arena, join(arena, dir, "farmtrail.env")))
		return PROBLEM_NONE;
	DIR *listing = opendir(dir.at);
	if (!listing)
		return cannot(arena, "read", dir, reterr);
	enum problem p = PROBLEM_NONE;
	for (struct dirent *entry; !p && (entry = readdir(listing));) {
		if (is_ours(entry->d_name))
			continue;
		reterr->detail = arena_printf(arena, "%.*s holds other things (%s): choose another directory",
					      STR_ARGS(dir), entry->d_name);
		p = PROBLEM_CONFIG;
	}
	closedir(listing);
	return p;
}

static enum problem make_directory(struct arena *arena, struct str path, mode_t mode, struct fault *reterr)
{
	struct stat info;
	if (mkdir(path.at, mode) == 0)
		return PROBLEM_NONE;
	if (errno != EEXIST)
		return cannot(arena, "make", path, reterr);
	if (stat(path.at, &info) || !S_ISDIR(info.st_mode)) {
		reterr->detail = arena_printf(arena, "%.*s is not a directory", STR_ARGS(path));
		return PROBLEM_CONFIG;
	}
	return PROBLEM_NONE;
}

enum problem init_directory(struct arena *arena, struct str dir, struct fault *reterr)
{
	struct str path = arena_str(arena, dir);
	enum problem p = make_directory(arena, path, 0755, reterr);
	if (!p)
		p = check_contents(arena, path, reterr);
	if (!p)
		p = make_directory(arena, join(arena, path, "secrets"), 0700, reterr);
	return p;
}

bool init_file_exists(struct arena *arena, struct str path)
{
	return access(arena_str(arena, path).at, F_OK) == 0;
}

struct str init_file_read(struct arena *arena, struct str path)
{
	char *bytes = arena_alloc(arena, FILE_MAX);
	int fd = open(arena_str(arena, path).at, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return (struct str){NULL, 0};
	ssize_t len = read(fd, bytes, FILE_MAX);
	close(fd);
	return len < 0 ? (struct str){NULL, 0} : str_trim((struct str){bytes, (size_t)len});
}

enum problem init_file_write(struct arena *arena, struct str path, unsigned mode, struct str content,
			     struct fault *reterr)
{
	return file_replace(arena, path, mode, content) ? PROBLEM_NONE : cannot(arena, "write", path, reterr);
}

static enum problem make_kek(struct arena *arena, struct str path, struct fault *reterr)
{
	struct str temporary = file_temporary_of(arena, path);
	(void)unlink(temporary.at);
	if (signer_kek_create(temporary) || rename(temporary.at, path.at) ||
	    !file_sync_directory_of(arena, path))
		return cannot(arena, "write", path, reterr);
	return PROBLEM_NONE;
}

static enum problem make_code_key(struct arena *arena, struct str path, struct fault *reterr)
{
	uint8_t key[CODE_KEY_LEN];
	random_fill(key, sizeof key);
	struct str hex = hex_encode(arena, (struct bytes){key, sizeof key});
	return init_file_write(arena, path, 0600, arena_printf(arena, "%.*s\n", STR_ARGS(hex)), reterr);
}

enum problem init_secrets(struct arena *arena, struct str dir, bool *ret_made, struct fault *reterr)
{
	struct str kek = join(arena, dir, "secrets/kek"), code_key = join(arena, dir, "secrets/code.key");
	bool has_kek = init_file_exists(arena, kek), has_code_key = init_file_exists(arena, code_key);
	enum problem p = has_kek ? PROBLEM_NONE : make_kek(arena, kek, reterr);
	if (!p && !has_code_key)
		p = make_code_key(arena, code_key, reterr);
	if (!p)
		*ret_made = !has_kek || !has_code_key;
	return p;
}
