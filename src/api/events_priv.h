/* SPDX-License-Identifier: Apache-2.0
 * What one record and a batch of them have in common on their way into the group writer and out of it, and how one is
 * found again. */
#ifndef FT_API_EVENTS_PRIV_H
#define FT_API_EVENTS_PRIV_H

#include "ft/api/app.h"
#include "ft/store/log_wait.h"

enum { MAX_RECORD = 256 * 1024 };

struct captured_lot {
	struct str id, number, code, uri;
};
struct captured_replacement {
	struct uuid event;
	struct list lots;
	struct str shipment, statement;
};
/* A request that would rather be answered when the log covers what it stored ("Prefer: wait"). */
struct patience {
	struct completion stored; /* the writer's */
	struct completion *done;  /* the server's */
	struct call *call;
	struct capture_unit *unit;
	int wait_s; /* 0: it would not */
	struct log_waiter waiter;
};
/* In prepare. */
void patience_read(struct patience *patience, struct call *call);
/* Hands the unit to the writer, and fires `done` when it is stored, or, as preferred, later. */
enum problem patience_submit(struct patience *patience, struct call *call, struct capture_unit *unit,
			     struct completion *done) must_check;
/* The answer of a record of the unit, once `done` has fired. */
struct str patience_answer(const struct patience *patience, const struct capture_job *job);
/* Says in the reply that the preference was heeded, where it was. */
void patience_tell(const struct patience *patience, struct reply *reply);

struct captured {
	struct uuid event;
	struct captured_replacement *replacement; /* of a correction; NULL: none */
	struct list lots;
	struct str shipment, statement, log;
	struct str_list alerts, warnings;
};
/* As a record's answer tells them; a result of a batch has the same members. */
extern const struct shape captured_lot_shape, captured_shape, captured_replacement_shape;
#define CAPTURED_MAX_LOTS 1000

/* How one record may fail, whoever signs it. */
#define RECORD_FAILURES \
	PROBLEM_RECORD_TYPE, PROBLEM_TIME_FUTURE, PROBLEM_TIME_ORDER, PROBLEM_TIME_NAIVE, \
		PROBLEM_TIME_SYNTAX, PROBLEM_QUANTITY_SYNTAX, PROBLEM_UNIT_UNKNOWN, PROBLEM_UNIT_DIMENSION, \
		PROBLEM_IDENTIFIER_SYNTAX, PROBLEM_GTIN_SYNTAX, PROBLEM_GTIN_CHECK_DIGIT, \
		PROBLEM_REFERENCE_UNKNOWN, PROBLEM_ID_TAKEN, PROBLEM_NUMBER_TAKEN, PROBLEM_LOT_SHORT, \
		PROBLEM_ALREADY_CORRECTED, PROBLEM_NOT_CORRECTABLE, PROBLEM_LOT_ON_HOLD, \
		PROBLEM_NOT_ON_HOLD, PROBLEM_NOT_KNOWN_YET, PROBLEM_SHIPMENT_STATE, PROBLEM_YIELD_EXCEEDED, \
		PROBLEM_LINEAGE_CYCLE, PROBLEM_NOT_FOUND, PROBLEM_SIGNING_KEY_ENDED, PROBLEM_DB_UNAVAILABLE, \
		PROBLEM_DB_RETRY, PROBLEM_ITEM_GONE, PROBLEM_ITEM_VOIDED, PROBLEM_ITEM_UNMEASURED, \
		PROBLEM_ERASED, PROBLEM_EAR_TAG

/* What the Idempotency-Key makes of a request of records. NULL in unit->once: it has none. */
enum problem capture_once(struct call *call, struct capture_unit *unit,
			  bool (*answer)(const struct capture_unit *unit,
					 struct once_answer *ret)) must_check;
/* The id of the n-th record of a request, when it has none of its own. */
struct uuid capture_record_id(const struct once *once, const struct record *record, size_t n);
/* The value that the pointer of a refusal is about, as `sent`, where the refusal does not say it. */
void capture_quote(const struct json *sent, struct fault *fault);
/* Checks all of a record that needs nothing else, and makes its job. `sent`: its bytes as received, whose digest says
 * whether a repetition of the id is one; the arena, the caller and the record are borrowed. */
enum problem capture_job_of(struct call *call, const struct record *record, struct str sent,
			    struct fault *fault, struct capture_job *ret) must_check;

/* A record that its organisation has signed: instead of the record itself, the notes of what was prepared. */
extern const struct shape signed_record_shape;
/* Makes the unit of call->body_else. The writer finds the record. */
enum problem capture_signed(struct call *call, struct capture_unit *unit) must_check;

/* Where the event of the path's id lives, whoever asks. PROBLEM_NOT_FOUND. */
struct event_locate_row;
enum problem event_locate_path(struct call *call, struct event_locate_row *ret) must_check;

/* Endorsements of a record that the caller may see, oldest first: items of endorsement_shape. */
extern const struct shape endorsement_shape;
enum problem endorsements_of(struct call *call, struct uuid event_org, struct uuid event,
			     struct list *ret) must_check;

struct event_read_row;
/* The event of the path's id, for who may see it. PROBLEM_NOT_FOUND. */
enum problem event_find(struct call *call, struct event_read_row *ret) must_check;

#endif
