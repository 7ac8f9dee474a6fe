/* SPDX-License-Identifier: Apache-2.0
 * Makes a data directory and its database ready: secrets, settings, regions, reference data, registrar,
 * first key. */
#ifndef FT_STORE_INIT_H
#define FT_STORE_INIT_H

#include "ft/base/problem.h"

struct init_settings {
	struct str data_dir;
	struct str origin;   /* absent: what the directory has, else a new one that nobody else has */
	struct str conninfo; /* of a role that may write everything; absent: the private cluster */
	struct str database, database_owner, log_agent; /* written to farmtrail.env when present */
	struct str signer_executable;                   /* farmtrail-signer */
	bool demonstration;
};
struct init_result {
	struct str origin;
	struct str key_file;       /* DIR/admin.key */
	bool made_directory_ready; /* false: everything was there already */
};
/* Every step looks before it acts, and files appear whole or not at all: killed anywhere and run again,
 * it goes on. PROBLEM_CONFIG with detail: the directory or the database belongs to something else, or
 * cannot be written; also those of migrate. */
enum problem init_run(struct arena *arena, const struct init_settings *settings, struct init_result *ret,
		      struct fault *reterr) must_check;

#endif
