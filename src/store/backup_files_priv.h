/* SPDX-License-Identifier: Apache-2.0
 * The archive of a backup: which files, their checksums, packing and unpacking. */
#ifndef FT_STORE_BACKUP_FILES_PRIV_H
#define FT_STORE_BACKUP_FILES_PRIV_H

#include "ft/signer/signer.h"
#include "ft/store/backup.h"

struct backup_file {
	const char *name; /* in the data directory and in the archive */
	unsigned mode;
	bool optional;
};
extern const struct backup_file backup_files[]; /* ends with a row without a name */
#define BACKUP_SETTINGS "farmtrail.env"
#define BACKUP_DATA_KEY "secrets/data.key"
#define BACKUP_KEK "secrets/kek"
#define BACKUP_KEK_NEXT BACKUP_KEK SIGNER_KEK_NEXT /* while keys are being wrapped anew */
#define BACKUP_DUMP "database.dump"

struct str backup_path(struct arena *arena, struct str dir, const char *name);
/* A directory that nobody else sees, beside `file` (in TMPDIR for "-"). */
enum problem backup_scratch(struct arena *arena, struct str file, struct str *ret,
			    struct fault *reterr) must_check;
void backup_scratch_remove(struct arena *arena, struct str dir);
/* Bytes, owner's mode, synced; *ret_copied false: an optional one that is not there. */
enum problem backup_copy(struct arena *arena, struct str from, struct str to, unsigned mode, bool optional,
			 bool *ret_copied, struct fault *reterr) must_check;
/* SHA256SUMS of everything in `dir`; whether it is what SHA256SUMS says, no more and no less. */
enum problem backup_sums_write(struct arena *arena, struct str dir, struct fault *reterr) must_check;
enum problem backup_sums_check(struct arena *arena, struct str dir, struct fault *reterr) must_check;
enum problem backup_pack(struct arena *arena, struct str dir, struct str file,
			 struct fault *reterr) must_check;
enum problem backup_unpack(struct arena *arena, struct str file, struct str dir,
			   struct fault *reterr) must_check;
int64_t backup_size(struct arena *arena, struct str path); /* 0 when it is not there */

#endif
