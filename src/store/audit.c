/* SPDX-License-Identifier: Apache-2.0
 * Writes the audit of administrative acts. */
#include "ft/store/audit.h"

#include "queries.h"

#include "ft/crypto/random.h"

enum problem audit_write(struct db *db, const struct act *act)
{
	int64_t rows;
	return audit_insert(db,
			    &(struct audit_insert_params){uuid_make(act->at_us), act->at_us, act->key,
							  str_of(act->action), act->subject, act->request_id,
							  act->reason},
			    &rows);
}
