/* SPDX-License-Identifier: Apache-2.0
 * The group writer: captures that arrive together are decided, signed and committed together; each is answered only
 * after the durable commit. */
#ifndef FT_STORE_CAPTURE_H
#define FT_STORE_CAPTURE_H

#include "ft/base/completion.h"
#include "ft/base/config.h"
#include "ft/core/epcis_event.h"
#include "ft/core/manifest.h"
#include "ft/core/note.h"
#include "ft/core/record.h"
#include "ft/core/risk.h"
#include "ft/crypto/digest.h"
#include "ft/signer/signer.h"
#include "ft/store/idempotency.h"
#include "ft/store/log_seen.h"
#include "ft/store/trail_cache.h"

struct capture;
struct item_memory;

enum { OWN_STATEMENTS = 2, OWN_SEED_LEN = 32, PREPARED_MINUTES = 60, PREPARED_PER_KEY = 16 };
/* What an organisation is to sign: the text, and all that shows what it stands for. */
struct prepared_statement {
	struct uuid event;
	struct str body, manifest, text;
	uint8_t secret[MANIFEST_SECRET_LEN]; /* the salts of all views derive from it */
};
/* A record that its organisation signs itself: a preparation, which decides it and stores nothing but what makes the same
 * statement again; then the notes, with which it is decided once more and stored if it is still the same, byte for byte.
 * Of a correction with a replacement there are two, in this order. Its unit has all_or_nothing set, so that it stays
 * alone: it may be taken back. */
struct capture_own {
	struct str sent;   /* preparing: the record's JSON. Absent: there are notes */
	struct sha256 key; /* that signs; of a note as its statement says, as are org and seq */
	struct note notes[OWN_STATEMENTS]; /* each with one signature line */
	size_t note_count;
	struct uuid org;
	int64_t seq;
	struct seen_head seen; /* head of the log that the organisation says it knew; size 0: it says none */
	/* results of a preparation; none when the record is in already */
	struct prepared_statement statements[OWN_STATEMENTS];
	size_t statement_count;
	struct note_key signer; /* as the signature line names it */
	usec_t expires_us;
	/* the writer's own */
	usec_t at_us; /* that statements and declarations name */
	uint8_t seed[OWN_SEED_LEN];
	bool settled; /* known without deciding */
};

/* One record on its way. */
struct capture_job {
	struct arena *arena; /* results are made here */
	struct uuid key;     /* API key that sent it */
	const struct uuid
		*parties; /* it may act for these; the first is the default. None: any party (admin) */
	size_t party_count;
	struct str region;           /* of these, it acts for those of this region. Absent: not bounded */
	const struct record *record; /* of a partner's event: its time, and the party it is captured for */
	const struct record_kind *kind;
	const struct epcis_event *event; /* a partner's; NULL: a native record */
	struct str event_id;             /* of a partner's event: its own, else the event hash ID */
	struct uuid id;
	struct sha256 request; /* of the request's bytes */
	bool time_ahead;       /* a device clock ahead of ours: stored and flagged */
	struct fault *fault;   /* the submitter's: where the record is at fault */
	struct capture_own *
		own; /* NULL: signed by the service. With notes, record, kind, id and request are the writer's to fill */
	/* results */
	enum problem problem; /* why it is not in; the others hold when there is none */
	bool replayed;        /* it was in already: 200 with the first answer */
	struct str answer;    /* JSON of contract section 4 */
};

enum {
	CAPTURE_UNIT_RECORDS = 1000,               /* of one unit at most */
	CAPTURE_UNIT_EDGES = 2 * RECORD_MAX_EDGES, /* its inputs times outputs, over all records, at most */
};

/* The job of an EPCIS document: its row is written in the transaction that stores the events. */
struct capture_receipt {
	struct uuid id, party, key;
	usec_t created_us;
	size_t events;        /* of the document */
	const size_t *places; /* of the unit's jobs in it */
	const struct str
		*errors; /* of the events whose form is wrong, which are no jobs: capture_error_write */
	size_t error_count;
};
/* One entry of capture_job.errors: {event, slug, pointer, rule, value, detail}. */
void capture_error_write(struct json_writer *w, size_t event, enum problem p, const struct fault *fault);

/* Records that one request hands over: decided in their order, each seeing those before it, and committed together
 * unless a statement fails. The submitter owns everything again when `done` has fired: without a problem each record
 * has its own result; with one nothing is known of any of them, and all may be sent again with their ids. */
struct capture_unit {
	struct capture_unit *next; /* the queue's */
	struct completion *done;
	struct capture_job *jobs;
	size_t count;
	struct capture_receipt *receipt; /* of an EPCIS capture job; NULL: none */
	bool all_or_nothing; /* one refused record keeps out the others: PROBLEM_BATCH_REFUSED is theirs */
	const struct once *once; /* the request has an Idempotency-Key; NULL: none */
	/* With it: the request's answer, made of the jobs' results in the transaction that stores them, in the submitter's
	 * memory. false: it is not the last word and is not kept. */
	bool (*answer)(const struct capture_unit *unit, struct once_answer *ret);
	/* results */
	struct once_answer
		*kept;        /* of the same request, carried out before: no job has a result. NULL: none */
	bool remembered;      /* it was carried out before, without an answer that was kept */
	enum problem problem; /* PROBLEM_IDEMPOTENCY_MISMATCH, fired with `done` */
};

struct capture_settings {
	const struct config *config;
	struct str conninfo;
	struct signer *signer;
	const struct reference *reference;
	struct once_table *once;   /* old requests are forgotten by it */
	struct log_seen *seen;     /* NULL: statements name no head of the log */
	struct trail_cache *cache; /* entries with a touched lot are dropped before anybody is answered */
	struct item_memory *items; /* forgotten likewise once records say something of packs */
	const struct vault *vault;
	const uint8_t *code_key; /* 32 octets: tags of short codes */
};
enum problem capture_start(const struct capture_settings *settings, struct capture **ret,
			   struct fault *reterr) must_check;
/* PROBLEM_BUSY when too much is queued (4,096 records). */
enum problem capture_submit(struct capture *capture, struct capture_unit *unit) must_check;
/* What a unit's records would write into lot_edge together: at most CAPTURE_UNIT_EDGES. */
size_t capture_edges(const struct record *record);
/* What was recorded until a time is in the database when this returns, and nothing is added to it: whatever is recorded
 * from now on is recorded later. Waits for the transactions that are under way, those of this server. A time that is
 * still to come stands for now. */
void capture_settle(struct capture *capture, usec_t as_of_us);
/* The answer of a record that a signed head of the log covers by now: capture_job.answer with that said. */
struct str capture_answer_logged(struct arena *arena, struct str answer);
/* Whether a record would be taken now. */
bool capture_accepts(struct capture *capture);
void capture_stop(struct capture *capture); /* finishes what is queued */

#endif
