/* SPDX-License-Identifier: Apache-2.0
 * Files in and out of a backup: copied, summed, packed by tar. */
#include "backup_files_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ft/base/process.h"

enum { STEP = 64 * 1024 };

/* Not log.guard: what was signed after the backup only others know. The log stands still until somebody says how far it had
 * come (store/log_guard.c), rather than sign a second root for a size. */
const struct backup_file backup_files[] = {
	{"registrar.vkey", 0644, true}, /* the log has it too */
	{"log.vkey", 0644, true},       /* and this one */
	{"admin.key", 0600, true},      /* an operator may have taken it away */
	{"secrets/code.key", 0600, false},
	{BACKUP_KEK, 0600, true},
	{BACKUP_KEK_NEXT, 0600, true},
	{BACKUP_DATA_KEY, 0600, true},  /* a directory that was never started has none yet */
	{BACKUP_SETTINGS, 0644, false}, /* last: see backup_restore */
	{0},
};

static enum problem cannot(struct arena *arena, const char *what, struct str path, struct fault *reterr)
{
	reterr->detail = arena_printf(arena, "cannot %s %.*s: %s", what, STR_ARGS(path), strerror(errno));
	return PROBLEM_CONFIG;
}

struct str backup_path(struct arena *arena, struct str dir, const char *name)
{
	return arena_printf(arena, "%.*s/%s", STR_ARGS(dir), name);
}

enum problem backup_scratch(struct arena *arena, struct str file, struct str *ret, struct fault *reterr)
{
	const char *temporary = getenv("TMPDIR");
	struct str path = str_equal(file, STR("-")) ? arena_printf(arena, "%s/farmtrail-backup.XXXXXX",
								   temporary ? temporary : "/tmp")
						    : arena_printf(arena, "%.*s.XXXXXX", STR_ARGS(file));
	if (!mkdtemp((char *)(uintptr_t)path.at))
		return cannot(arena, "make a directory beside", file, reterr);
	*ret = path;
	return PROBLEM_NONE;
}

void backup_scratch_remove(struct arena *arena, struct str dir)
{
	struct str copy = arena_str(arena, dir), ignored;
	const char *const arguments[] = {"rm", "-rf", "--", copy.at, NULL};
	const struct process process = {.arguments = arguments, .input = -1, .output = -1};
	(void)process_run(arena, &process, &ignored);
}

static bool copy_bytes(int in, int out)
{
	char bytes[STEP];
	ssize_t len;
	while ((len = read(in, bytes, sizeof bytes)) > 0)
		for (ssize_t done = 0; done < len;) {
			ssize_t n = write(out, bytes + done, (size_t)(len - done));
			if (n < 0)
				return false;
			done += n;
		}
	return len == 0 && fsync(out) == 0;
}

/* DIR/secrets/code.key needs DIR/secrets. */
static void make_parent(struct arena *arena, struct str path)
{
	size_t len = path.len;
	while (len && path.at[len - 1] != '/')
		len--;
	if (len)
		(void)mkdir(arena_str(arena, (struct str){path.at, len - 1}).at,
			    0700); /* open() says what is wrong */
}

enum problem backup_copy(struct arena *arena, struct str from, struct str to, unsigned mode, bool optional,
			 bool *ret_copied, struct fault *reterr)
{
	*ret_copied = false;
	int in = open(arena_str(arena, from).at, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return optional && errno == ENOENT ? PROBLEM_NONE : cannot(arena, "read", from, reterr);
	make_parent(arena, to);
	struct str partial = arena_printf(arena, "%.*s.new", STR_ARGS(to));
	int out = open(partial.at, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool good = out >= 0 && copy_bytes(in, out) && fchmod(out, mode) == 0;
	if (out >= 0)
		good &= close(out) == 0;
	close(in);
	if (!good || rename(partial.at, arena_str(arena, to).at))
		return cannot(arena, "write", to, reterr);
	*ret_copied = true;
	return PROBLEM_NONE;
}

static enum problem run_in(struct arena *arena, struct str dir, const char *script, int input, int output,
			   struct fault *reterr)
{
	struct str copy = arena_str(arena, dir);
	const char *const arguments[] = {"sh", "-c", script, "sh", copy.at, NULL};
	const struct process process = {.arguments = arguments, .input = input, .output = output};
	return process_run(arena, &process, &reterr->detail) ? PROBLEM_NONE : PROBLEM_CONFIG;
}

enum problem backup_sums_write(struct arena *arena, struct str dir, struct fault *reterr)
{
	static const char script[] =
		"cd \"$1\" && find . -type f ! -name SHA256SUMS | sort | xargs sha256sum >SHA256SUMS";
	return run_in(arena, dir, script, -1, -1, reterr);
}

enum problem backup_sums_check(struct arena *arena, struct str dir, struct fault *reterr)
{
	static const char script[] =
		"cd \"$1\" && sha256sum --check --strict --quiet SHA256SUMS >&2 && "
		"test \"$(find . ! -type d ! -type f)\" = '' && "
		"test $(find . -type f ! -name SHA256SUMS | wc -l) -eq $(wc -l <SHA256SUMS)";
	enum problem p = run_in(arena, dir, script, -1, -1, reterr);
	if (p)
		reterr->detail = arena_printf(arena, "this is no backup, or it is damaged (%.*s)",
					      STR_ARGS(reterr->detail));
	return p;
}

enum problem backup_pack(struct arena *arena, struct str dir, struct str file, struct fault *reterr)
{
	static const char script[] =
		"exec tar --create --format=pax --owner=0 --group=0 --numeric-owner -C \"$1\" .";
	if (str_equal(file, STR("-")))
		return run_in(arena, dir, script, -1, STDOUT_FILENO, reterr);
	struct str partial =
		arena_printf(arena, "%.*s.tar", STR_ARGS(dir)); /* as unique as the scratch directory */
	int out = open(partial.at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return cannot(arena, "write", partial, reterr);
	enum problem p = run_in(arena, dir, script, -1, out, reterr);
	bool synced = fsync(out) == 0;
	close(out);
	if (!p && (!synced || rename(partial.at, arena_str(arena, file).at)))
		p = cannot(arena, "write", file, reterr);
	if (p)
		(void)unlink(partial.at);
	return p;
}

enum problem backup_unpack(struct arena *arena, struct str file, struct str dir, struct fault *reterr)
{
	static const char script[] = "exec tar --extract --no-same-owner -C \"$1\"";
	bool standard = str_equal(file, STR("-"));
	int in = standard ? STDIN_FILENO : open(arena_str(arena, file).at, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return cannot(arena, "read", file, reterr);
	enum problem p = run_in(arena, dir, script, in, -1, reterr);
	if (!standard)
		close(in);
	if (p)
		reterr->detail = arena_printf(arena, "this is no backup, or it is damaged (%.*s)",
					      STR_ARGS(reterr->detail));
	return p;
}

int64_t backup_size(struct arena *arena, struct str path)
{
	struct stat info;
	return stat(arena_str(arena, path).at, &info) == 0 ? (int64_t)info.st_size : 0;
}
