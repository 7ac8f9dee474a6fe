/* SPDX-License-Identifier: Apache-2.0
 * Time-stamps (RFC 3161) over published heads of the log. What is not asked of an authority that the settings name, and does not
 * hold, is not stored. */
#ifndef FT_STORE_LOG_TIMESTAMP_H
#define FT_STORE_LOG_TIMESTAMP_H

#include "ft/base/config.h"
#include "ft/core/proof.h"
#include "ft/crypto/timestamp.h"
#include "ft/db/db.h"

struct log_stamps {
	struct str authorities; /* addresses between spaces; absent: none */
	struct str vouching;    /* PEM of who vouches for their certificates */
};
/* Of the settings. PROBLEM_CONFIG: FARMTRAIL_TIMESTAMP_CA has no certificate. The text lives in the arena. */
enum problem log_stamps_load(struct arena *arena, const struct config *config, struct log_stamps *ret,
			     struct fault *reterr) must_check;

/* What a time-stamp is over: the head's three lines (c2sp.org/tlog-checkpoint), which no cosignature changes. */
struct sha256 log_stamp_digest(const struct checkpoint *head);

struct log_stamp {
	int64_t size;
	struct str authority;
	struct bytes question, answer; /* DER */
};
struct log_stamped {
	int64_t number; /* of the log whose head it is */
	int64_t place;  /* among the time-stamps of the head, from 1 */
	usec_t at_us;   /* by the authority's clock */
};
/* Durable when it returns. An authority's first over a head stays: what comes again is answered with it. PROBLEM_NOT_FOUND: no head
 * of this size is published. PROBLEM_TIMESTAMP: another authority, another head, another question, a certificate that nobody
 * vouches for, a clock more than five minutes from ours. */
enum problem log_stamp_add(struct db *db, struct arena *arena, const struct log_stamps *stamps,
			   const struct log_stamp *stamp, usec_t now_us, struct log_stamped *ret,
			   struct fault *reterr) must_check;

#endif
