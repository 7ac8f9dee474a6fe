/* SPDX-License-Identifier: Apache-2.0
 * Reading a log over HTTP. */
#include "log_source_priv.h"

#include <unistd.h>

enum { PATIENCE = 10, LONGEST_WAIT_S = 60, TOO_MANY = 429, UNAVAILABLE = 503 };

enum exit_code log_source_open(struct cli *cli, struct str url, struct log_source *ret)
{
	struct log_source source = {.cli = cli};
	enum exit_code code = client_open_public(cli, url, &source.client, &source.prefix);
	source.unsure = !source.prefix.at;
	if (source.unsure)
		source.prefix = STR("/log");
	if (!code)
		*ret = source;
	return code;
}

static unsigned wait_of(const struct answer *answer)
{
	if (answer->retry_after_s < 1)
		return 1;
	return answer->retry_after_s < LONGEST_WAIT_S ? (unsigned)answer->retry_after_s : LONGEST_WAIT_S;
}

static enum fetched get_below(struct log_source *source, struct str prefix, struct arena *arena,
			      struct str name, struct bytes *ret)
{
	const struct ask ask = {.method = "GET",
				.path = arena_printf(arena, "%.*s/%.*s", STR_ARGS(prefix), STR_ARGS(name)),
				.accept = STR("*/*")};
	for (int attempt = 0; attempt < PATIENCE; attempt++) {
		struct answer answer;
		if (!client_ask(source->client, arena, &ask, &answer))
			return FETCH_FAILED;
		if (answer.status == 200) {
			*ret = str_bytes(answer.body);
			return FETCHED;
		}
		if (answer.status != TOO_MANY && answer.status != UNAVAILABLE)
			return FETCH_ABSENT;
		(void)sleep(wait_of(&answer));
	}
	return FETCH_FAILED;
}

enum fetched log_source_get(struct log_source *source, struct arena *arena, struct str name,
			    struct bytes *ret)
{
	enum fetched fetched = get_below(source, source->prefix, arena, name, ret);
	bool elsewhere = fetched == FETCH_ABSENT && source->unsure &&
			 get_below(source, STR(""), arena, name, ret) == FETCHED;
	if (elsewhere)
		source->prefix = STR("");
	source->unsure = source->unsure && fetched == FETCH_ABSENT && !elsewhere;
	return elsewhere ? FETCHED : fetched;
}

/* A mirror may have dropped what is partial once the whole was there (C2SP tlog-tiles): then `name` becomes that. */
static enum fetched get_tile(struct log_source *source, struct arena *arena, struct log_tile_name *name,
			     struct bytes *ret)
{
	for (;;) {
		struct str path = log_tile_print(arena, name);
		struct str whole = arena_printf(arena, "tile/%.*s", STR_ARGS(path));
		enum fetched fetched = log_source_get(source, arena, whole, ret);
		if (fetched != FETCH_ABSENT || name->tile.width == LOG_TILE_WIDTH)
			return fetched;
		name->tile.width = LOG_TILE_WIDTH;
	}
}

enum fetched log_source_tile(struct log_source *source, struct arena *arena, struct log_tile *tile)
{
	struct log_tile_name name = {.tile = *tile};
	struct bytes served;
	enum fetched fetched = get_tile(source, arena, &name, &served);
	if (fetched)
		return fetched;
	if (!log_tile_fill(arena, served, &name.tile))
		return FETCH_ABSENT;
	tile->hashes = name.tile.hashes;
	return FETCHED;
}

enum fetched log_source_tiles(struct log_source *source, struct arena *arena, struct log_tiles *tiles)
{
	enum fetched fetched = FETCHED;
	for (size_t i = 0; i < tiles->count && !fetched; i++)
		if (!tiles->items[i].hashes)
			fetched = log_source_tile(source, arena, &tiles->items[i]);
	return fetched;
}

enum fetched log_source_entries(struct log_source *source, struct arena *arena, uint64_t index,
				unsigned width, struct bytes *ret)
{
	struct log_tile_name name = {.entries = true, .tile = {.index = index, .width = width}};
	struct bytes served, entries[LOG_TILE_WIDTH];
	enum fetched fetched = get_tile(source, arena, &name, &served);
	if (fetched)
		return fetched;
	if (!log_entries_parse(served, name.tile.width, entries))
		return FETCH_ABSENT;
	for (unsigned i = 0; i < width; i++)
		ret[i] = entries[i];
	return FETCHED;
}
