/* SPDX-License-Identifier: Apache-2.0
 * The page that verifies as this server gives it out, and its hash in the log. */
#ifndef FT_STORE_LOG_VERIFIER_H
#define FT_STORE_LOG_VERIFIER_H

#include "ft/store/enrolment.h"

/* With the keys that this server would have one trust: whoever does not trust it makes the same file from keys of their
 * own, with `farmtrail verify --page`. PROBLEM_NOT_FOUND: the log has no key yet. */
enum problem log_verifier_page(struct db *db, struct arena *arena, struct uuid registrar,
			       struct str *ret) must_check;
/* Has the registrar state the file's hash, unless that was the last it stated. Of two servers that do so at once one does. */
enum problem log_verifier_settle(struct db *db, struct arena *arena,
				 const struct key_office *office) must_check;

#endif
