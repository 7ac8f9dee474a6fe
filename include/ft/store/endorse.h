/* SPDX-License-Identifier: Apache-2.0
 * Endorsements: an inspector's office puts its signature under a record, or takes it back, with a key that is for nothing
 * else. Both are statements (farmtrail/endorse@v1, ft/core/statement.h) in the log; nothing is ever removed. */
#ifndef FT_STORE_ENDORSE_H
#define FT_STORE_ENDORSE_H

#include "ft/store/enrolment.h"
#include "ft/store/trail_cache.h"

enum { ENDORSE_PREPARED_MINUTES = 10 };

/* The record, as whoever asks may see it. */
struct endorsed {
	struct uuid org, event, site; /* site nil: none */
	usec_t time_us;
	struct bytes statement; /* its signed note */
	struct str answer;      /* of its capture: names its lots */
};
struct endorsement_order {
	const struct endorsed *record;
	struct uuid party; /* the office */
	bool withdraw;
	const struct sha256 *own; /* a key that the office keeps itself; NULL: the service signs */
	struct str note;          /* with `own`: what it signed */
};
/* What the office's own key signs, its sequence included; nothing is kept. *ret_done: it is so already, there is nothing to
 * sign. As endorse. */
enum problem endorse_prepare(struct db *db, struct arena *arena, const struct key_office *office,
			     const struct endorsement_order *order, struct str *ret_text,
			     struct bytes *ret_spki, bool *ret_done, struct fault *reterr) must_check;

/* Signs, stores, and drops the trails that tell of the record. What is so already is answered by *ret_done: true. Of several
 * at once of one office the first does it. PROBLEM_FORBIDDEN: the party is no inspector's office. PROBLEM_ERASED.
 * PROBLEM_NO_SIGNING_KEY, PROBLEM_SIGNS_ITSELF: as signing_lock_inspector. PROBLEM_NOT_ENDORSED: there is nothing to take
 * back. PROBLEM_NOT_LOGGED_YET: no published head covers what it is about. PROBLEM_PREPARED_OTHERWISE: the note is not what
 * would be signed now. PROBLEM_SIGNATURE. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem endorse(struct db *db, struct arena *arena, const struct key_office *office,
		     struct trail_cache *cache, const struct endorsement_order *order, bool *ret_done,
		     struct fault *reterr) must_check;

/* The own key that a note names as its signer's. false: it is no endorsement. */
bool endorse_note_key(struct arena *arena, struct str note, struct sha256 *ret);

#endif
