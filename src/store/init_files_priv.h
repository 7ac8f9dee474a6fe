/* SPDX-License-Identifier: Apache-2.0
 * The files of a data directory: each appears whole or not at all. */
#ifndef FT_STORE_INIT_FILES_PRIV_H
#define FT_STORE_INIT_FILES_PRIV_H

#include "ft/base/problem.h"

/* Makes DIR (and DIR/secrets, 0700) unless it is there. PROBLEM_CONFIG: it holds something else, or
 * cannot be made. */
enum problem init_directory(struct arena *arena, struct str dir, struct fault *reterr) must_check;
bool init_file_exists(struct arena *arena, struct str path);
/* Absent when it cannot be read; without white space at the ends. */
struct str init_file_read(struct arena *arena, struct str path);
/* By a temporary file beside it, synced and renamed. */
enum problem init_file_write(struct arena *arena, struct str path, unsigned mode, struct str content,
			     struct fault *reterr) must_check;
/* secrets/kek and secrets/code.key. */
enum problem init_secrets(struct arena *arena, struct str dir, bool *ret_made,
			  struct fault *reterr) must_check;

#endif
