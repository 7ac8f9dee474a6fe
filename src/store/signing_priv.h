/* SPDX-License-Identifier: Apache-2.0
 * Key statements: worded, signed by several keys, stored, queued for the log. */
#ifndef FT_STORE_SIGNING_PRIV_H
#define FT_STORE_SIGNING_PRIV_H

#include "ft/core/note.h"
#include "ft/store/signing.h"

struct held_keys_row;
struct held_key signing_held_key(const struct held_keys_row *row);

/* What statements call the log, and what it is called itself (core/log_name.h). */
struct log_names {
	struct str origin, name;
};
/* For whoever signs nothing with a log's key, or with the key of the first. */
static inline struct log_names log_names_first(struct str origin)
{
	return (struct log_names){origin, origin};
}
struct key_words {
	struct uuid org;
	enum signer_role role;
	struct sha256 fingerprint;
	struct bytes spki;
	struct str custody; /* "self", "service" */
	int64_t at_s;
	const struct sha256 *predecessor; /* NULL: none */
	struct str reason; /* of key_reasons: of a further key without predecessor; absent: none */
};
/* farmtrail/key@v1, seq 1. Absent when the key has a form that no note can name. */
struct str signing_key_text(struct arena *arena, struct log_names log, const struct key_words *words);

/* Before a key without predecessor is stated for `org`: a first one needs no reason, any other has one of key_reasons. The
 * organisation's keys are locked until the transaction ends; its heads are locked behind this. PROBLEM_KEY_REASON at `pointer`,
 * PROBLEM_FIELD_RANGE: a reason that a first key does not need. PROBLEM_ERASED. */
enum problem signing_check_reason(struct db *db, struct arena *arena, struct uuid org, struct str reason,
				  const char *pointer, struct fault *reterr) must_check;

/* A custodial key that is stored in the transaction of `db`: until this ends nobody takes away what it is wrapped with. Of the log,
 * where an agent holds its keys, the new one of the agent's; PROBLEM_LOG_AGENT_KEY: there is none, or several. */
enum problem signing_generate(struct db *db, struct arena *arena, struct signer *signer,
			      enum sign_algorithm algorithm, struct uuid org, enum signer_role role,
			      struct signer_key *ret) must_check;
/* The same, and never an agent's. */
enum problem signing_generate_wrapped(struct db *db, struct arena *arena, struct signer *signer,
				      enum sign_algorithm algorithm, struct uuid org, enum signer_role role,
				      struct signer_key *ret) must_check;
/* Of the word in table signing_key. false: none of ours. */
bool signing_role_of(struct str stored, enum signer_role *ret);

/* Signs the note's text with custodial keys, at most three, and adds their lines. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem signing_add_signatures(struct arena *arena, struct signer *signer, struct log_names log,
				    const struct signer_key *keys, size_t count,
				    struct note *note) must_check;

struct new_signing_key {
	struct uuid org;
	enum signer_role role;
	struct sha256 fingerprint;
	enum sign_algorithm algorithm;
	struct str custody;
	struct bytes spki, wrapped; /* wrapped absent: the organisation keeps it */
	struct str note;
	usec_t now_us;
};
/* With its head at seq 1, its secret, and its place in the queue for the log. */
enum problem signing_store(struct db *db, const struct new_signing_key *key) must_check;

/* A key that signs heads of a log. */
struct log_key_words {
	struct log_names log;
	enum sign_algorithm algorithm;
	struct signer_key key, registrar;
	const struct signer_key *old; /* whose place it takes, of the same algorithm; NULL: nobody's */
	usec_t now_us;
};
/* States it by itself, by the key whose place it takes, and by the registrar; retires that one; stores it. */
enum problem signing_state_log_key(struct db *db, struct arena *arena, struct signer *signer,
				   const struct log_key_words *words) must_check;

/* Ends a key and states its revocation by the registrar, whose sequence is locked and goes on. */
struct key_office;
struct key_end;
enum problem signing_end(struct db *db, struct arena *arena, const struct key_office *office,
			 struct held_key *registrar, struct uuid org, const struct key_end *end) must_check;

/* Revokes every key of an organisation that still counts, as ceased, in the caller's transaction, in which its sequences and
 * the registrar's are locked. */
enum problem signing_end_all(struct db *db, struct arena *arena, const struct key_office *office,
			     struct held_key *registrar, struct uuid org) must_check;

#endif
