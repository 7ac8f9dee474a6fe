/* SPDX-License-Identifier: Apache-2.0
 * The group writer: captures that arrive together are decided, signed and committed together; each is answered only
 * after the durable commit. */
#ifndef FT_STORE_CAPTURE_H
#define FT_STORE_CAPTURE_H

#include "ft/base/completion.h"
#include "ft/base/config.h"
#include "ft/core/record.h"
#include "ft/core/risk.h"
#include "ft/crypto/digest.h"
#include "ft/signer/signer.h"
#include "ft/store/trail_cache.h"

struct capture;

/* One record on its way. The submitter owns it again when `done` has fired. */
struct capture_job {
	struct capture_job *next; /* the queue's */
	struct completion *done;
	struct arena *arena; /* results are made here */
	struct uuid key;     /* API key that sent it */
	const struct uuid
		*parties; /* it may act for these; the first is the default. None: any party (admin) */
	size_t party_count;
	struct str region; /* with no parties: it acts for those of this region. Absent: not bounded */
	const struct record *record;
	const struct record_kind *kind;
	struct uuid id;
	struct sha256 request; /* of the request's bytes */
	bool time_ahead;       /* a device clock ahead of ours: stored and flagged */
	/* results */
	bool replayed;       /* it was in already: 200 with the first answer */
	struct str answer;   /* JSON of contract section 4 */
	struct fault *fault; /* the submitter's: where the record is at fault */
};

struct capture_settings {
	const struct config *config;
	struct str conninfo;
	struct signer *signer;
	const struct reference *reference;
	struct trail_cache *cache; /* entries with a touched lot are dropped before anybody is answered */
	const uint8_t *code_key;   /* 32 octets: tags of short codes */
};
enum problem capture_start(const struct capture_settings *settings, struct capture **ret,
			   struct fault *reterr) must_check;
/* PROBLEM_BUSY when too much is queued (4,096). */
enum problem capture_submit(struct capture *capture, struct capture_job *job) must_check;
/* Whether a record would be taken now. */
bool capture_accepts(struct capture *capture);
void capture_stop(struct capture *capture); /* finishes what is queued */

#endif
