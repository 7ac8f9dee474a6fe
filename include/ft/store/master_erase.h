/* SPDX-License-Identifier: Apache-2.0
 * Removing who a party is, or whose home a site is. Name, numbers, codes and place on the map go for ever, from the row, from
 * every signed version and from the directory; of each version the finest view that names nobody stays and proves itself as
 * before. A last version, signed by the registrar, says that it was removed, and an erase@v1 statement about each former one
 * enters the log. With a party go its sites, what names people in the records of both, its private keys and API keys: it acts no
 * more. Its stock, records and the trails through it stand. Copies of the database made before still hold what was removed. */
#ifndef FT_STORE_MASTER_ERASE_H
#define FT_STORE_MASTER_ERASE_H

#include "ft/store/master.h"

struct master_removal {
	enum thing_kind kind; /* THING_PARTY or THING_SITE */
	struct uuid id;
	struct str reason; /* "request", "order", "mistake" */
};
struct master_removed {
	usec_t at_us;
	struct str reason, statement; /* the note about its last version */
	const struct uuid *keys;      /* API keys that open less than before: forget them */
	size_t key_count;
};
/* Done once: a repetition answers as the first time. Where many records go with it they go first, some hundreds a transaction:
 * killed in between, a repetition goes on. PROBLEM_NOT_FOUND. PROBLEM_FORBIDDEN: the registrar. PROBLEM_SIGNER_UNAVAILABLE,
 * PROBLEM_DB_RETRY. */
enum problem master_remove(const struct master *m, const struct master_removal *removal,
			   struct master_removed *ret) must_check;

#endif
