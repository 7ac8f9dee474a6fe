/* SPDX-License-Identifier: Apache-2.0
 * Writes what a monitor has read into the directory of a mirror. */
#include "mirror_priv.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ft/base/file.h"

static bool make_directories(struct arena *arena, struct str path)
{
	for (size_t i = 1; i < path.len; i++)
		if (path.at[i] == '/' && mkdir(arena_str(arena, (struct str){path.at, i}).at, 0755) &&
		    errno != EEXIST)
			return false;
	return true;
}

static enum exit_code write_file(const struct monitor *m, struct arena *arena, struct str name,
				 struct str content)
{
	struct str path =
		arena_printf(arena, "%.*s/%.*s", STR_ARGS(cli_option(m->cli, "mirror")), STR_ARGS(name));
	if (make_directories(arena, path) && file_replace(arena, path, 0644, content))
		return EXIT_GOOD;
	return cli_fail(m->cli, EXIT_REFUSED,
			arena_printf(m->cli->arena, "%s %.*s: %s",
				     cli_say(m->cli, (struct said){"无法写入", "cannot write"}),
				     STR_ARGS(path), strerror(errno)));
}

static enum exit_code write_tile(const struct monitor *m, struct arena *arena, const struct log_tile *tile,
				 bool entries, struct str content)
{
	const struct log_tile_name name = {.entries = entries, .tile = *tile};
	struct str path = log_tile_print(arena, &name);
	return write_file(m, arena, arena_printf(arena, "tile/%.*s", STR_ARGS(path)), content);
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

enum exit_code mirror_keep_head(struct monitor *m)
{
	enum exit_code code = EXIT_GOOD;
	uint64_t before = m->first, count = (uint64_t)m->head.size;
	for (unsigned level = 1; !code && !m->fault && (count /= LOG_TILE_WIDTH) > 0; level++) {
		before /= LOG_TILE_WIDTH;
		code = keep_level(m, level, before, count);
	}
	return code || m->fault ? code : write_file(m, m->cli->arena, STR("checkpoint"), m->head_note);
}
