/* SPDX-License-Identifier: Apache-2.0
 * A log read from outside (https://c2sp.org/tlog-tiles): its head, tiles and entries, from a server or any mirror. */
#ifndef FT_CLI_LOG_SOURCE_PRIV_H
#define FT_CLI_LOG_SOURCE_PRIV_H

#include "client_priv.h"

#include "ft/core/log_tile.h"

struct log_source {
	struct cli *cli;
	struct client *client;
	struct str prefix; /* "/log" */
	bool unsure; /* the address had no path, and nothing was found yet: a mirror's log lies at the root of its host */
};
enum fetched {
	FETCHED,
	FETCH_ABSENT, /* it says that there is no such thing, that it cannot serve it, or gives something else */
	FETCH_FAILED, /* no connection, or no time for us: nothing is known */
};

/* http[s]://HOST[:PORT] of a server, or with the path below which the log lies. It was said what is wrong. */
enum exit_code log_source_open(struct cli *cli, struct str url, struct log_source *ret) must_check;

/* What is behind the prefix: "checkpoint", "vkey". Answers live in `arena`. A server that asks for patience gets it. */
enum fetched log_source_get(struct log_source *source, struct arena *arena, struct str name,
			    struct bytes *ret) must_check;
/* Sets tile->hashes. */
enum fetched log_source_tile(struct log_source *source, struct arena *arena,
			     struct log_tile *tile) must_check;
/* Each of the tiles that is not read yet. */
enum fetched log_source_tiles(struct log_source *source, struct arena *arena,
			      struct log_tiles *tiles) must_check;
/* The first `width` entries of bundle `index`, into ret[width]. */
enum fetched log_source_entries(struct log_source *source, struct arena *arena, uint64_t index,
				unsigned width, struct bytes *ret) must_check;

#endif
