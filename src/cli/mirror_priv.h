/* SPDX-License-Identifier: Apache-2.0
 * A copy of a log in a directory: tiles and entries in files named as they are served (https://c2sp.org/tlog-tiles), so
 * that any web server makes a mirror of it. */
#ifndef FT_CLI_MIRROR_PRIV_H
#define FT_CLI_MIRROR_PRIV_H

#include "monitor_priv.h"

/* `farmtrail monitor --mirror DIR`. Files are whole or not there; the head comes last, so that all that it covers is
 * there at every instant, whatever ends the program. What a look that found fault has written lies beyond that head, and
 * a later look writes it again. */
/* The entries of a bundle as far as they go, and their hashes. */
enum exit_code mirror_keep_bundle(const struct monitor *m, struct arena *arena, const struct log_tile *tile,
				  const struct bytes *entries) must_check;
/* What is above them, and the head. After a look that was good. */
enum exit_code mirror_keep_head(struct monitor *m) must_check;

#endif
