/* SPDX-License-Identifier: Apache-2.0
 * Files that stand whole and durable, or not at all. errno says what was wrong. */
#ifndef FT_BASE_FILE_H
#define FT_BASE_FILE_H

#include "ft/base/str.h"

/* By a temporary file beside it with a dot in front, synced and renamed: whoever reads it sees the old content or the new,
 * whatever is killed when. Not for two writers of one path at once. */
bool file_replace(struct arena *arena, struct str path, unsigned mode, struct str content);

/* Only where there is none yet: errno EEXIST otherwise. What was begun and failed is removed again. */
bool file_create(struct arena *arena, struct str path, unsigned mode, struct str content);

/* Where file_replace writes until all is there. */
struct str file_temporary_of(struct arena *arena, struct str path);

/* The names in the directory of `path` reach the disk: after a rename. */
bool file_sync_directory_of(struct arena *arena, struct str path);

#endif
