/* SPDX-License-Identifier: Apache-2.0
 * A whole installation in one file, and back onto a bare machine.
 *
 * The file is a tar archive: FACTS (format, origin, registrar, schema, time), SHA256SUMS (sha256sum -c reads it),
 * database.dump (pg_dump, custom format), and the files of the data directory. It opens every custodial key unless the
 * key-encryption key is left out (and with it the key that rows are sealed with): it is as secret as the directory itself. */
#ifndef FT_STORE_BACKUP_H
#define FT_STORE_BACKUP_H

#include "ft/base/problem.h"
#include "ft/base/time.h"

enum backup_step {
	BACKUP_DATABASE,
	BACKUP_PACK,
	BACKUP_UNPACK,
	BACKUP_CHECK,
	BACKUP_LOAD,
	BACKUP_STEP_COUNT
};
struct backup_watch { /* called at the beginning of a step and about once a second in it; NULL: nobody looks */
	void (*tick)(void *context, enum backup_step step, int64_t bytes);
	void *context;
};

struct backup_facts {
	struct str origin, registrar; /* host name; UUID of the party whose key signs master data */
	int64_t schema;               /* number of the last migration */
	struct str made;              /* RFC 3339, UTC */
	bool has_kek;
	bool lacks_data_key; /* the directory has secrets/data.key, the archive does not */
	int64_t bytes;       /* of the database's dump */
};

struct backup_settings {
	struct str data_dir;
	struct str conninfo; /* of the schema's owner; absent: as the directory says */
	struct str file;     /* "-": standard output */
	bool without_kek;    /* nor secrets/data.key: then neither keys nor what is said of people opens */
	struct backup_watch watch;
};
/* As of one instant, while the server goes on. The file appears whole or not at all, mode 0600. PROBLEM_CONFIG,
 * PROBLEM_DB_UNAVAILABLE with detail. */
enum problem backup_write(struct arena *arena, const struct backup_settings *settings,
			  struct backup_facts *ret, struct fault *reterr) must_check;

/* Before an older database is brought to this program's schema: a backup in the data directory. *ret_file absent: there
 * is nothing to migrate, or nothing in it yet. */
enum problem backup_before_migration(struct arena *arena, struct str data_dir, struct str conninfo,
				     struct str *ret_file, struct fault *reterr) must_check;

struct restore_settings {
	struct str data_dir; /* not there, empty, or left by a restore of this file that was cut off */
	struct str file;     /* "-": standard input */
	struct str kek_file, data_key_file; /* of a backup without them; absent: it has them */
	struct str conninfo; /* of a role that may make the schema; database empty but for PostGIS */
	struct str database,
		database_owner; /* written to farmtrail.env in place of what stood there; absent: none is */
	struct backup_watch watch;
};
/* Killed anywhere and run again, it goes on. farmtrail.env comes last: a directory that has it is whole. */
enum problem backup_restore(struct arena *arena, const struct restore_settings *settings,
			    struct backup_facts *ret, struct fault *reterr) must_check;

#endif
