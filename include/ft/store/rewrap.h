/* SPDX-License-Identifier: Apache-2.0
 * Replacing the key-encryption key: every custodial key is wrapped anew, while the server runs or without it. */
#ifndef FT_STORE_REWRAP_H
#define FT_STORE_REWRAP_H

#include "ft/base/problem.h"

struct rewrap_settings {
	struct str data_dir;
	struct str conninfo; /* of the owner of the tables */
	struct str signer_executable;
};
struct rewrap_result {
	int64_t keys, rewrapped; /* of all; in this run */
	struct str retired;      /* path of the key that was replaced: for backups made before */
};
/* Killed at any instant, or failed, every key opens as before, and the next call goes on. PROBLEM_CONFIG with what is in the way:
 * another is at work, a backup is being made, a key opens with neither. */
enum problem rewrap_run(struct arena *arena, const struct rewrap_settings *settings,
			struct rewrap_result *ret, struct fault *reterr) must_check;

/* Holds the key files of a directory as they are until `*ret` is closed; alone: from everybody else who holds them too.
 * PROBLEM_CONFIG: they are held. */
enum problem rewrap_hold(struct arena *arena, struct str data_dir, bool alone, int *ret,
			 struct fault *reterr) must_check;

#endif
