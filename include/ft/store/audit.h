/* SPDX-License-Identifier: Apache-2.0
 * The audit of administrative acts. */
#ifndef FT_STORE_AUDIT_H
#define FT_STORE_AUDIT_H

#include "ft/db/db.h"

struct act {
	struct uuid key;       /* nil: init */
	const char *action;    /* operationId; withdrawEndorsement; or the step of init */
	struct str subject;    /* what was acted on: an id, never a name */
	struct str request_id; /* absent: none */
	usec_t at_us;
	struct str reason; /* of key_reasons (core/statement.h); absent: the act needs none */
};
enum problem audit_write(struct db *db, const struct act *act) must_check; /* in the transaction of the act */

#endif
