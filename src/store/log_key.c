/* SPDX-License-Identifier: Apache-2.0
 * The key that signs the log's heads: custodial like the others, opened by the signer alone, stated in the log itself. */
#include <string.h>

#include "log_priv.h"

#include "ft/core/log_name.h"
#include "ft/store/signing.h"

static bool read_row(struct arena *arena, struct str origin, const struct log_key_find_row *row,
		     struct log_key *ret)
{
	struct str name = log_name_print(arena, (struct log_name){origin, row->number});
	struct log_key key = {
		.key = {.role = SIGNER_LOG}, .sm2 = row->sm2, .active = row->active, .stated = row->stated};
	key.key.org = row->org_id;
	key.key.spki = row->spki;
	key.key.wrapped = row->wrapped;
	if (row->fingerprint.len != sizeof key.key.fingerprint.octets ||
	    !note_key_from_spki(name, row->spki, &key.vkey))
		return false;
	memcpy(key.key.fingerprint.octets, row->fingerprint.at, sizeof key.key.fingerprint.octets);
	*ret = key;
	return true;
}

enum problem log_keys_read(struct db *db, struct arena *arena, struct str origin, usec_t now_us,
			   struct log_key *ret, size_t *ret_count)
{
	struct log_key_find_row *rows;
	size_t count;
	const struct log_key_find_params params = {now_us - (usec_t)LOG_KEY_DAYS * 24 * 3600 * USEC_PER_SEC};
	enum problem p = log_key_find(db, arena, &params, &rows, &count);
	if (p || !count || rows[0].sm2)
		return p ? p : PROBLEM_NOT_FOUND;
	for (size_t i = 0; i < count; i++)
		if (!read_row(arena, origin, &rows[i], &ret[i]))
			return PROBLEM_INTERNAL;
	*ret_count = count;
	return PROBLEM_NONE;
}

enum problem log_key_read(struct db *db, struct arena *arena, struct str origin, struct log_key *ret)
{
	struct log_key keys[LOG_KEYS_MAX];
	size_t count;
	enum problem p = log_keys_read(db, arena, origin, clock_now(), keys, &count);
	if (!p)
		*ret = keys[0];
	return p;
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
