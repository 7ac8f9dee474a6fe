/* SPDX-License-Identifier: Apache-2.0
 * Writes what a monitor has read into the directory of a mirror. */
#include "mirror_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ft/base/file.h"
#include "ft/base/text.h"
#include "ft/base/time.h"
#include "ft/core/log_name.h"
#include "ft/pages/pages.h"

static bool make_directories(struct arena *arena, struct str path)
{
	for (size_t i = 1; i < path.len; i++) {
		struct str made = arena_str(arena, (struct str){path.at, i});
		if (path.at[i] != '/')
			continue;
		bool good = mkdir(made.at, 0755) ? errno == EEXIST : file_sync_directory_of(arena, made);
		if (!good)
			return false;
	}
	return true;
}

static struct str path_of(const struct monitor *m, struct arena *arena, struct str name)
{
	return arena_printf(arena, "%.*s/%.*s", STR_ARGS(cli_option(m->cli, "mirror")), STR_ARGS(name));
}

static enum exit_code cannot_write(const struct monitor *m, struct str path)
{
	return cli_fail(m->cli, EXIT_REFUSED,
			arena_printf(m->cli->arena, "%s %.*s: %s",
				     cli_say(m->cli, (struct said){"无法写入", "cannot write"}),
				     STR_ARGS(path), strerror(errno)));
}

static enum exit_code write_file(const struct monitor *m, struct arena *arena, struct str name,
				 struct str content)
{
	struct str path = path_of(m, arena, name);
	bool good = make_directories(arena, path) && file_replace(arena, path, 0644, content);
	return good ? EXIT_GOOD : cannot_write(m, path);
}

/* — before a look — */

/* Until the program ends, however it ends. Of two at once one would write a file over the other's, and its head could go
 * back; each may have a state of its own. */
static enum exit_code hold(const struct monitor *m, struct str directory)
{
	int fd = make_directories(m->cli->arena, directory)
			 ? open(directory.at, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
			 : -1;
	if (fd < 0)
		return cannot_write(m, directory);
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return EXIT_GOOD;
	return cli_fail(m->cli, EXIT_REFUSED,
			str_of(cli_say(m->cli, (struct said){"另一个监测正在写入此镜像",
							     "another monitor is at work on this mirror"})));
}

enum exit_code mirror_keep_open(struct monitor *m)
{
	struct arena *arena = m->cli->arena;
	struct note note;
	struct checkpoint head;
	if (!cli_option(m->cli, "mirror").at)
		return EXIT_GOOD;
	enum exit_code code = hold(m, path_of(m, arena, STR("")));
	struct str path = path_of(m, arena, STR("checkpoint"));
	if (code || (access(path.at, F_OK) && errno == ENOENT))
		return code;
	struct str text = cli_read_file(m->cli, path);
	if (!text.at || !note_parse(arena, text, &note) || !checkpoint_parse(arena, note.text, &head))
		return cli_fail(
			m->cli, EXIT_REFUSED,
			arena_printf(arena, "%s: %.*s",
				     cli_say(m->cli, (struct said){"不是日志头", "not the head of a log"}),
				     STR_ARGS(path)));
	m->mirrored = head;
	return EXIT_GOOD;
}

bool mirror_is_behind(const struct monitor *m, uint64_t size)
{
	return cli_option(m->cli, "mirror").at && (uint64_t)m->mirrored.size < size;
}

enum exit_code mirror_keep_meet(struct monitor *m)
{
	const struct checkpoint *then = &m->mirrored, *now = &m->head;
	if (!then->size)
		return EXIT_GOOD;
	bool same = str_equal(then->origin, now->origin),
	     later = log_name_succeeds(now->origin, then->origin);
	if (!same && !later && !log_name_succeeds(then->origin, now->origin))
		return cli_fail(m->cli, EXIT_REFUSED,
				str_of(cli_say(m->cli, (struct said){"该目录是另一个日志的镜像",
								     "the directory is a mirror of "
								     "another log"})));
	if (now->size < then->size || !(same || later)) {
		monitor_find_whole(m, later ? MONITOR_CUT : MONITOR_ROLLED_BACK);
		return EXIT_GOOD;
	}
	bool grew = true;
	if (monitor_prove_growth(m, (uint64_t)then->size, then->root, &grew) == FETCH_FAILED)
		return client_lost(m->cli, m->source.client);
	if (!grew)
		monitor_find_whole(m, later ? MONITOR_CUT : MONITOR_FORKED);
	return EXIT_GOOD;
}

/* — what was read — */

/* What the mirror's head covers stays as it is; only what is gone is written again. */
static bool is_kept(const struct monitor *m, const struct log_tile *tile, struct str path)
{
	uint64_t end = tile->index * LOG_TILE_WIDTH + tile->width;
	return end <= (uint64_t)m->mirrored.size >> (8 * tile->level) && access(path.at, F_OK) == 0;
}

static enum exit_code write_tile(const struct monitor *m, struct arena *arena, const struct log_tile *tile,
				 bool entries, struct str content)
{
	const struct log_tile_name name = {.entries = entries, .tile = *tile};
	struct str file = arena_printf(arena, "tile/%.*s", STR_ARGS(log_tile_print(arena, &name)));
	return is_kept(m, tile, path_of(m, arena, file)) ? EXIT_GOOD : write_file(m, arena, file, content);
}

static struct str hashes_of(const struct log_tile *tile)
{
	return (struct str){(const char *)tile->hashes->octets, tile->width * sizeof tile->hashes->octets};
}

enum exit_code mirror_keep_bundle(const struct monitor *m, struct arena *arena, const struct log_tile *tile,
				  const struct bytes *entries)
{
	struct buf out = buf_create(arena, tile->width * 1024);
	for (unsigned i = 0; i < tile->width; i++) {
		buf_put_char(&out, (char)(entries[i].len >> 8));
		buf_put_char(&out, (char)entries[i].len);
		buf_put(&out, bytes_str(entries[i]));
	}
	enum exit_code code = write_tile(m, arena, tile, /* entries */ true, buf_str(&out));
	return code ? code : write_tile(m, arena, tile, /* entries */ false, hashes_of(tile));
}

/* The tiles of a level that are new or wider since. What is served is believed when it hashes to the head: the level above
 * says so, and that of the highest the head itself, which whoever reads the mirror checks. */
static enum exit_code keep_level(struct monitor *m, unsigned level, uint64_t before, uint64_t count)
{
	for (uint64_t index = before / LOG_TILE_WIDTH; index * LOG_TILE_WIDTH < count; index++) {
		struct arena *arena = arena_create();
		uint64_t rest = count - index * LOG_TILE_WIDTH;
		struct log_tile tile = {.level = level,
					.index = index,
					.width = rest < LOG_TILE_WIDTH ? (unsigned)rest : LOG_TILE_WIDTH};
		enum fetched fetched = log_source_tile(&m->source, arena, &tile);
		enum exit_code code = EXIT_GOOD;
		if (fetched == FETCH_ABSENT)
			monitor_find(m, MONITOR_NOT_SERVED, 0, (uint64_t)m->head.size - 1);
		else if (fetched)
			code = client_lost(m->cli, m->source.client);
		else
			code = write_tile(m, arena, &tile, /* entries */ false, hashes_of(&tile));
		arena_destroy(arena);
		if (code || m->fault)
			return code;
	}
	return EXIT_GOOD;
}

/* After the head: they never say more than is there, and a kill in between leaves them one look behind. */
static enum exit_code write_pages(const struct monitor *m)
{
	static const char *const names[] = {[LANGUAGE_ZH] = "index.html", [LANGUAGE_EN] = "index.en.html"};
	struct arena *arena = m->cli->arena;
	const struct page_mirror_copy copy = {
		.log = m->head.origin,
		.size = m->head.size,
		.root = base64_encode(arena, sha256_bytes(&m->head.root)),
		.vkey = note_key_print(arena, &m->f->log),
		.at = arena_printf(arena, "%.19sZ", utc_print(arena, clock_now()).at)};
	enum exit_code code = EXIT_GOOD;
	for (int language = LANGUAGE_ZH; !code && language <= LANGUAGE_EN; language++) {
		const struct page page = {.language = (enum language)language,
					  .other_file = str_of(names[!language])};
		code = write_file(m, arena, str_of(names[language]), page_mirror_root(arena, &page, &copy));
	}
	return code;
}

enum exit_code mirror_keep_head(struct monitor *m)
{
	enum exit_code code = EXIT_GOOD;
	uint64_t before = m->first, count = (uint64_t)m->head.size;
	for (unsigned level = 1; !code && !m->fault && (count /= LOG_TILE_WIDTH) > 0; level++) {
		before /= LOG_TILE_WIDTH;
		code = keep_level(m, level, before, count);
	}
	if (!code && !m->fault)
		code = write_file(m, m->cli->arena, STR("checkpoint"), m->head_note);
	return code || m->fault ? code : write_pages(m);
}
