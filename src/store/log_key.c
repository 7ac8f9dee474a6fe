/* SPDX-License-Identifier: Apache-2.0
 * The key that signs the log's heads: custodial like the others, opened by the signer alone, stated in the log itself. */
#include <string.h>

#include "log_priv.h"

#include "ft/store/signing.h"

enum problem log_key_read(struct db *db, struct arena *arena, struct str origin, struct log_key *ret)
{
	struct log_key_find_row row;
	struct log_key key = {.key = {.role = SIGNER_LOG}};
	enum problem p = log_key_find(db, arena, &row);
	if (p)
		return p;
	key.key.org = row.org_id;
	key.key.spki = row.spki;
	key.key.wrapped = row.wrapped;
	if (row.fingerprint.len != sizeof key.key.fingerprint.octets ||
	    !note_key_from_spki(origin, row.spki, &key.vkey))
		return PROBLEM_INTERNAL;
	memcpy(key.key.fingerprint.octets, row.fingerprint.at, sizeof key.key.fingerprint.octets);
	*ret = key;
	return PROBLEM_NONE;
}

enum problem log_key_settle(struct db *db, struct arena *arena, struct signer *signer, struct str origin,
			    struct uuid registrar, struct log_key *ret)
{
	const struct enrolment enrolment = {signer, origin, registrar, registrar, SIGNER_LOG, clock_now()};
	enum problem p = log_key_read(db, arena, origin, ret);
	if (p != PROBLEM_NOT_FOUND)
		return p;
	p = signing_enrol(db, arena, &enrolment);
	return p ? p : log_key_read(db, arena, origin, ret);
}
