/* SPDX-License-Identifier: Apache-2.0
 * A copy of a log in a directory: tiles and entries in files named as they are served (https://c2sp.org/tlog-tiles), so
 * that any web server makes a mirror of it. */
#ifndef FT_CLI_MIRROR_PRIV_H
#define FT_CLI_MIRROR_PRIV_H

#include "monitor_priv.h"

#include "ft/base/map.h"
#include "ft/core/policy.h"

/* `farmtrail monitor --mirror DIR`. Files are whole or not there; the head comes last, so that all that it covers is
 * there at every instant, whatever ends the program. What a look that found fault has written lies beyond that head, and
 * a later look writes it again; what the head covers is written once. */
/* Holds the directory, one monitor at a time, and reads m->mirrored. Before the log's head is asked for: so that is no
 * older. */
enum exit_code mirror_keep_open(struct monitor *m) must_check;
/* It lacks entries that were followed without it: all has to be read again. */
bool mirror_is_behind(const struct monitor *m, uint64_t size);
/* Whether the log's head contains that of the mirror, whatever the state remembers: else m->fault says so. */
enum exit_code mirror_keep_meet(struct monitor *m) must_check;
/* The entries of a bundle as far as they go, and their hashes. */
enum exit_code mirror_keep_bundle(const struct monitor *m, struct arena *arena, const struct log_tile *tile,
				  const struct bytes *entries) must_check;
/* What is above them, and the head. After a look that was good. */
enum exit_code mirror_keep_head(struct monitor *m) must_check;

/* — reading it — */
struct mirror_copy {
	const struct cli *cli;
	struct str directory, note; /* the head as it is signed */
	struct checkpoint head;
};
/* A copy whose head is signed by the log and the witnesses that --log or --policy name. It was said what is wrong. */
enum exit_code mirror_copy_open(struct cli *cli, struct str directory, struct mirror_copy *ret) must_check;
/* The first `width` entries of bundle `index`, into ret[width], in the arena; false: they are not there. Whoever asks
 * compares them with the head. */
bool mirror_copy_bundle(const struct mirror_copy *copy, struct arena *arena, uint64_t index, unsigned width,
			struct bytes *ret) must_check;

/* — receipts — */
struct mirror_receipt {
	struct str statement, event; /* its hash in base64; absent: it says none */
	bool found;
	int64_t index; /* in the log */
};
struct mirror_receipts {
	struct map *by_hash; /* SHA-256 of a statement's text → struct mirror_receipt */
};
/* From answers to captures: one, or one a line. false: there is none in it. */
bool mirror_receipts_read(struct arena *arena, struct str text, struct mirror_receipts *ret) must_check;
void mirror_receipts_meet(const struct mirror_receipts *receipts, struct sha256 statement, int64_t index);

/* log_recover.c: farmtrail log recover DIR, which needs no server. */
enum exit_code log_recover_from(struct cli *cli, struct str directory) must_check;

#endif
