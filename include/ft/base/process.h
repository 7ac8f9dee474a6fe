/* SPDX-License-Identifier: Apache-2.0
 * Runs a program of the system to its end. */
#ifndef FT_BASE_PROCESS_H
#define FT_BASE_PROCESS_H

#include <stdbool.h>

#include "ft/base/str.h"

struct process {
	const char *const *arguments; /* NULL-terminated; the first is looked for in PATH */
	const char *const *settings;  /* "NAME=value" put into the environment; NULL: none */
	const char *unset_prefix;     /* variables that begin so are not inherited; NULL: all are */
	int input, output;            /* descriptors; −1: /dev/null */
	void (*tick)(void *context);  /* about once a second while it runs; NULL: nobody looks */
	void *context;
};
/* true: it ended with status 0. Else *reterr says why, in the program's own last words, and lives in the arena. */
bool process_run(struct arena *arena, const struct process *process, struct str *reterr);

#endif
