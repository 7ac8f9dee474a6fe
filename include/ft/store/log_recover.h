/* SPDX-License-Identifier: Apache-2.0
 * A database that was brought back from an older copy gets the entries of its log back from a copy of the log. */
#ifndef FT_STORE_LOG_RECOVER_H
#define FT_STORE_LOG_RECOVER_H

#include "ft/core/proof.h"
#include "ft/db/db.h"

/* A mirror, say. Its head was judged by whoever hands it over. */
struct log_copy {
	struct str note; /* the head, signed */
	struct checkpoint head;
	/* The first `width` entries of bundle `index` (core/log_tile.h), into ret[width]; false: they are not there. */
	bool (*entries)(void *context, struct arena *arena, uint64_t index, unsigned width,
			struct bytes *ret);
	void *context;
};
struct log_recover_settings {
	struct str origin;
	struct str guard_file;
};
struct log_recovered_of { /* who has to record again */
	struct uuid org;
	int64_t entries;
};
struct log_recovered {
	int64_t first, entries; /* from which number on; how many came back */
	int64_t waited;         /* of these: had never been lost, and waited for their numbers */
	int64_t keys, ends;     /* keys that were stated, and that were ended: known again */
	int64_t erasures;       /* what they had removed is there again: erase it again */
	int64_t records;        /* the rest: notes alone, whose records are lost */
	size_t org_count;
	const struct log_recovered_of *orgs; /* of `records` */
	int64_t signed_size; /* what the guard file says was signed; beyond the copy: more is lost */
};
/* Puts every entry that the copy has beyond the database at its place, and publishes the copy's head; sequences of keys go on behind
 * what they had signed. All of it or nothing, durable when it returns, and again without effect; the server may run. Then the guard
 * file is written, where it is missing or older. PROBLEM_CONFLICT with what is in the way: the copy is of another log or of another
 * history, states keys or a successor of the log itself whose private halves are lost, or a record that was taken meanwhile has
 * a number that an entry has. */
enum problem log_recover(struct db *db, struct arena *arena, const struct log_recover_settings *settings,
			 const struct log_copy *copy, struct log_recovered *ret,
			 struct fault *reterr) must_check;

#endif
