/* SPDX-License-Identifier: Apache-2.0
 * Key statements: worded, signed by several keys, stored, queued for the log. */
#ifndef FT_STORE_SIGNING_PRIV_H
#define FT_STORE_SIGNING_PRIV_H

#include "ft/core/note.h"
#include "ft/store/signing.h"

struct held_keys_row;
struct held_key signing_held_key(const struct held_keys_row *row);

struct key_words {
	struct uuid org;
	enum signer_role role;
	struct sha256 fingerprint;
	struct bytes spki;
	struct str custody; /* "self", "service" */
	int64_t at_s;
	const struct sha256 *predecessor; /* NULL: none */
};
/* farmtrail/key@v1, seq 1. Absent when the key has a form that no note can name. */
struct str signing_key_text(struct arena *arena, struct str log, const struct key_words *words);

/* Signs the note's text with custodial keys, at most three, and adds their lines. PROBLEM_SIGNER_UNAVAILABLE. */
enum problem signing_add_signatures(struct arena *arena, struct signer *signer, struct str origin,
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

/* Revokes every key of an organisation that still counts, as ceased, in the caller's transaction, in which its sequences and
 * the registrar's are locked. */
struct key_office;
enum problem signing_end_all(struct db *db, struct arena *arena, const struct key_office *office,
			     struct held_key *registrar, struct uuid org) must_check;

#endif
