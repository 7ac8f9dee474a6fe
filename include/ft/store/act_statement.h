/* SPDX-License-Identifier: Apache-2.0
 * What changes a page without being a record or master data, stated like these: codes of packs that are issued, put into use
 * or withdrawn (farmtrail/codes@v1), alerts that a person closes or opens again (farmtrail/alert@v1), endorsements
 * (farmtrail/endorse@v1, store/endorse.h). One statement a request; its rows name it, and `farmtrail verify --data` holds both against each other. */
#ifndef FT_STORE_ACT_STATEMENT_H
#define FT_STORE_ACT_STATEMENT_H

#include "ft/store/enrolment.h"
#include "ft/store/seal_statement.h"

struct act_words {
	const char *kind; /* "codes", "alert" */
	struct uuid id;   /* of the statement: its rows name it */
	struct str body;  /* JSON */
};
/* The key of an organisation, with its sequence locked; the registrar's, where the service has none of it. First in the
 * transaction, before any row of a lot or an alert: whoever records locks in this order. */
enum problem act_lock(struct db *db, struct arena *arena, const struct key_office *office, struct uuid org,
		      struct held_key *ret) must_check;
/* Signs with it, stores and queues for the log, in the same transaction. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem act_state(struct db *db, struct arena *arena, const struct key_office *office,
		       const struct held_key *key, const struct act_words *words) must_check;

/* The same of a file of this digest and length, which the statement itself names as its body: the registrar states the page
 * that verifies (farmtrail/verifier@v1), for whoever compares a file with the log. */
struct act_file {
	struct uuid id;
	struct sha256 digest;
	size_t len;
	struct str media_type;
};
enum problem act_state_file(struct db *db, struct arena *arena, const struct key_office *office,
			    const struct held_key *key, const struct act_file *file) must_check;
/* What its row says of the file. */
struct str act_file_words(struct arena *arena, struct sha256 digest, size_t len);

/* What the row of an endorsement says: the same as its statement, which has no body. */
struct statement;
struct str act_endorsement_words(struct arena *arena, const struct statement *s);
/* Stores a statement that is signed, and queues it for the log. `at_us`: what its at says. */
enum problem act_store(struct db *db, const struct act_words *words, const struct unsigned_statement *s,
		       usec_t at_us) must_check;

/* Whether the statement covers this body. */
bool act_covers(struct arena *arena, struct bytes body, struct bytes view_secret,
		struct bytes note) must_check;

#endif
