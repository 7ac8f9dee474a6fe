/* SPDX-License-Identifier: Apache-2.0
 * Statements: the short texts that are signed for everything a trail depends on. Line order is fixed; a
 *statement that parses prints back to the same bytes. Example:
 *
 *	farmtrail/event@v1
 *	log farmtrail.example
 *	org 018f6c1e-7b7a-7c55-9d0e-3f6b2a4d9c11
 *	key <base64 SHA-256 of the signing key's SPKI>
 *	seq 4217
 *	at 1795300000
 *	lot <base64 32>             0 to 64 lines, sorted; beyond that one line "lots N <base64 SHA-256 of
 *those lines>" prev <base64 32>            likewise, "prevs N …" body sha256 <base64 32> 312 text/plain seen
 *70000 <base64 32>      optional
 *
 * A key statement has, after "at": vkey, use, custody, then predecessor, reason or neither, and nothing of the rest. Who vouches
 * for a key beside the registrar is the predecessor, which signs as well. Where an organisation that had a key before gets another
 * that none of its own signs, the registrar alone vouches for it: the line "reason WORD" says why. A statement with neither line
 * is of an organisation's first key, of the registrar's or of a log's. A revocation
 * (kind "revoke") has instead: revoked, reason, since. It counts from its place in the log on: what was logged before it
 * stays valid. With the reason "compromise", what claims a time after "since" is doubtful.
 *
 * With an endorsement (kind "endorse") an inspector's office says of one statement that what it states agrees with what the
 * office found, or takes that back. It has after "at": lots as the endorsed statement has them, so that whoever knows a lot
 * finds what was said about it; one prev, the statement; and lines of its own. It says all there is to say: it has no body.
 *
 *	lot <base64 32>             likewise
 *	prev <base64 32>            the statement that is endorsed; when it is taken back, the endorsement
 *	entry 4711                  where that stands in the log
 *	view full                   of the record: what the office could look at
 *	says agrees                 or withdrawn
 *	seen 70000 <base64 32>      optional
 *
 * A statement of the kind "origin" says that a log has ended and goes on under another name (log_name.h): behind all entries
 * that the old one's head covers, and in the same tree. It has after "at": previous, size and root, the three lines of that
 * head; its signatures, "signed NAME <base64>" each; reason; and vkey, of the key that signs the heads of the new log and
 * has signed this statement beside the registrar. */
#ifndef FT_CORE_STATEMENT_H
#define FT_CORE_STATEMENT_H

#include "ft/base/problem.h"
#include "ft/base/uuid.h"
#include "ft/crypto/digest.h"

enum { STATEMENT_MAX_LEN = 16 * 1024, STATEMENT_MAX_LINKS = 64, STATEMENT_MAX_KIND_LEN = 32 };

/* Hashes that stand one a line, or summed up in one line when there are more than STATEMENT_MAX_LINKS. */
struct statement_links {
	size_t count;
	const struct sha256
		*hashes;      /* NULL when parsed from the summed-up form: only `digest` is known then */
	struct sha256 digest; /* of the lines; read when `hashes` is NULL */
};

struct statement {
	struct str kind; /* "event", "key", "party", …: [a-z-]+; stands as farmtrail/KIND@v1 */
	struct str log;  /* the log's origin: the statement counts in that log only */
	struct uuid org;
	struct sha256 key; /* fingerprint of the key that signs */
	int64_t seq;       /* per key, without gaps */
	int64_t at_s;      /* unix seconds; a claim, never used to decide validity */

	/* every kind but "key", "revoke" and "origin" */
	struct statement_links lots, prevs;
	struct sha256 body; /* of the manifest; "endorse" has none */
	size_t body_len;
	struct str media_type;
	bool has_seen; /* newest log head that the signer had verified */
	int64_t seen_size;
	struct sha256 seen_root;

	/* kind "key" */
	struct str
		vkey; /* C2SP verifier key of the key that is stated; `key` is its fingerprint. Of "origin": of the log */
	struct str use;     /* "event", "inspect", "log", "register" */
	struct str custody; /* "self", "service" */
	bool has_predecessor;
	struct sha256 predecessor; /* fingerprint of the key it takes over from; then there is no reason */

	/* kind "endorse" */
	int64_t entry;   /* index of the statement in prevs */
	struct str view; /* "full", "farm" */
	struct str says; /* "agrees", "withdrawn" */

	/* kind "revoke" */
	struct sha256 revoked; /* fingerprint of the key that is valid no longer */
	struct str reason; /* "superseded", "compromise", "ceased". Of "key": of key_reasons; absent: none */
	int64_t since_s;   /* unix seconds; a claim */

	/* kind "origin", with a reason: "compromise" of the old log's key, "lost" entries that its heads had covered */
	struct str head; /* the signed note of the old log's head that is taken over */
};

/* Why the registrar alone vouches for a further key of an organisation: the words of the statement; NULL ends them. */
extern const char *const key_reasons[];
/* For people, to stand behind a colon. Absent: no word of these. */
struct str key_reason_text(struct str word, enum language language);
/* What a key statement that holds says, and who vouches for it, as a sentence. */
struct str key_statement_words(struct arena *arena, const struct statement *key, enum language language);

/* Sorts the links and drops doubles. The fields are the program's own: forms are asserted. */
struct str statement_print(struct arena *arena, const struct statement *statement);
/* Strict: what it accepts prints back byte for byte. Texts are borrowed from `text`. */
bool statement_parse(struct arena *arena, struct str text, struct statement *ret);

/* The word of "farmtrail/WORD@v1\n" at the start; absent when the text starts otherwise. */
struct str statement_kind(struct str text);
static inline struct sha256 statement_hash(struct str text)
{
	return sha256_of(str_bytes(text));
} /* what prev names */
/* What a `lot` line says: holders of the label recognise it, strangers do not. */
struct sha256 statement_lot(const uint8_t salt[16], struct str canonical_link);
/* The lines "WORD <base64>\n", sorted, that travel with a proof when the statement only sums them up. */
struct str statement_link_lines(struct arena *arena, struct str word, const struct sha256 *hashes,
				size_t count);
/* The name in signature lines and verifier keys of an organisation: LOG/o/ORG. */
struct str statement_signer_name(struct arena *arena, struct str log, struct uuid org);

#endif
