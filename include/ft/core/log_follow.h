/* SPDX-License-Identifier: Apache-2.0
 * Following a log from outside: which rules every entry must keep, and what a follower must remember so that its next
 * look costs only what is new. Pure; whoever follows fetches, and hands entries over in their order.
 *
 * The rules: an entry is a statement of this log, signed with a key that an earlier entry states for its organisation and
 * that none has revoked; a key statement is signed by the key and by the registrar, and by the key it takes over from;
 * where it takes over from none and its organisation had a key before, it says why;
 * the sequence of every key grows without gaps; keys do nothing but what they are for; an inspector's key endorses records that
 * stand in the log before, or takes that back; a head that an entry names as seen
 * is one of this tree, from before the entry; a log goes on under another name
 * only behind a statement of the registrar, in place and words about the head of the one that ended. */
#ifndef FT_CORE_LOG_FOLLOW_H
#define FT_CORE_LOG_FOLLOW_H

#include "ft/base/map.h"
#include "ft/core/merkle.h"
#include "ft/core/note.h"
#include "ft/core/proof.h"

enum { FOLLOW_MAX_FINDINGS = 1000, FOLLOW_MAX_GAPS = 1000, FOLLOW_MAX_MINE = 16, FOLLOW_MAX_ENDED = 32 };
enum { FOLLOW_MAX_CLAIMS = 1000, FOLLOW_ROOTS = 16 * 1024 };

enum follow_breach {
	FOLLOW_KEPT,        /* every rule */
	FOLLOW_FORM,        /* no statement of this log */
	FOLLOW_KEY_UNKNOWN, /* no earlier entry states the key for this organisation */
	FOLLOW_KEY_ENDED,   /* an earlier entry revokes it */
	FOLLOW_SIGNATURE,   /* not signed with the key that it names */
	FOLLOW_VOUCHING,    /* a key that the registrar, or its predecessor, does not vouch for */
	FOLLOW_KEY_AGAIN,   /* a key that was stated before */
	FOLLOW_REGISTRAR,   /* a registrar that is not the one known */
	FOLLOW_OFFICE,      /* not for this key to say */
	FOLLOW_SEQ,         /* a number that the key has used before */
	FOLLOW_TIME,        /* claims a time that has not come */
	FOLLOW_SEEN,        /* names a head that was not there before it, or that the log never had */
	FOLLOW_LATE,        /* claims a time long before it was logged: told, and no alarm */
	FOLLOW_ENDORSED,    /* endorses, or takes back, what is not in the log before it */
	FOLLOW_UNEXPLAINED, /* a further key of an organisation that the registrar alone vouches for, without a reason */
	FOLLOW_ORIGIN, /* says that another log goes on, and not from here or not from a head that the old one signed */
	FOLLOW_BREACHES
};
extern const char *const follow_breach_words[FOLLOW_BREACHES]; /* stable, for programs and for the state */

struct follow_key {
	struct sha256 fingerprint;
	struct uuid org;
	struct str use;
	int64_t index;       /* of its statement */
	int64_t ended;       /* index of its revocation; −1: it counts */
	int64_t seq;         /* the highest seen */
	struct note_key key; /* of one that has ended perhaps not kept: name absent */
	struct str reason; /* of key_reasons: why the registrar alone vouches for it; absent: none was said */
};
/* Numbers that a key has passed over: statements that were made and are not in the log. Filled later, it goes. */
struct follow_gap {
	struct sha256 key;
	int64_t first, last;
	int64_t index; /* of the entry that showed it */
	bool seen;     /* somebody has taken note: it no longer alarms */
};
struct follow_finding {
	enum follow_breach breach;
	int64_t index;
	struct sha256 key; /* that the entry names; zero: none */
	bool seen;
};
/* A head that an entry names as seen, of a tree of which this look knows no root. */
struct follow_claim {
	int64_t size, index; /* of the head; of the entry */
	struct sha256 root, key;
};
/* What stands at an entry, for whoever endorses it. */
enum follow_stated_kind { FOLLOW_STATED_OTHER, FOLLOW_STATED_EVENT, FOLLOW_STATED_ENDORSEMENT };
struct follow_stated {
	enum follow_stated_kind kind;
	struct uuid org;
	struct sha256 hash;
};
/* A statement that an entry is about and that was read before this look: whoever fetches proves what stands there. */
struct follow_about {
	int64_t entry, index; /* of the statement; of the entry that says so */
	bool withdraws;
	struct uuid org;
	struct sha256 stated, key;
};
/* The page that verifies, as the registrar has stated it last. */
struct follow_page {
	bool stated;
	int64_t index;
	struct sha256 digest;
};
/* A log that goes on under another name. */
struct follow_ended {
	struct str name;
	int64_t size; /* the head that was taken over: what it signs beyond is another history */
	struct sha256 root;
};

struct log_follow {
	struct arena *arena;
	struct note_key log; /* that is trusted */
	struct str
		name; /* of the log whose entries come next: another from a statement of the kind "origin" on */
	size_t ended_count;
	struct follow_ended ended[FOLLOW_MAX_ENDED];
	bool has_registrar;
	struct note_key registrar; /* given, or the first that the log states */
	struct merkle_edge edge;   /* of all entries taken so far */
	struct str head;           /* the newest head that they were found to hash to; absent: none */
	struct map *keys;          /* fingerprint → struct follow_key */
	struct map *orgs;          /* organisation → struct follow_key, any that it had first */
	struct map *known;         /* fingerprints of keys that are mine */
	size_t mine_count;
	struct uuid mine[FOLLOW_MAX_MINE]; /* organisations whose keys are watched */
	size_t gap_count, finding_count;
	struct follow_gap gaps[FOLLOW_MAX_GAPS];
	struct follow_finding findings[FOLLOW_MAX_FINDINGS];
	struct follow_page page;
	int64_t newest_s; /* the latest time that a good entry claims */
	/* of this look */
	uint64_t roots_first; /* sizes from here on, the newest FOLLOW_ROOTS of them … */
	struct sha256 *roots; /* … and their roots; NULL: none yet */
	size_t claim_count;   /* … are what `seen` was held against; not these: */
	struct follow_claim
		claims[FOLLOW_MAX_CLAIMS]; /* whoever fetches proves them, or says that they fail */
	struct follow_stated
		*stated;    /* by entry, of the newest FOLLOW_ROOTS from roots_first on; NULL: none yet */
	size_t about_count; /* of entries from before: room for a whole tile is left by who fetches */
	struct follow_about abouts[FOLLOW_MAX_CLAIMS];
	int64_t more_gaps, more_findings; /* beyond what is kept one by one */
};

/* From the first entry on. `registrar` NULL: the first that the log states is trusted. */
struct log_follow *log_follow_create(struct arena *arena, const struct note_key *log,
				     const struct note_key *registrar);
/* What was remembered. false: not what log_follow_print printed. Texts are borrowed from `text`. */
bool log_follow_read(struct arena *arena, struct str text, struct log_follow **ret);
/* After a head: f->head is there and is that of f->edge (asserted). */
struct str log_follow_print(struct arena *arena, const struct log_follow *f);

/* The next entry: adds it to the edge and notes what it breaks. `now_s`: unix seconds, against which claimed times are
 * held. What is remembered lives in f->arena; `scratch` may end afterwards. */
void log_follow_entry(struct log_follow *f, struct arena *scratch, struct bytes entry, int64_t now_s,
		      struct note_verifier verifier);

/* The Ed25519 key that signed this head, of those that the log whose name it bears has stated for its heads without breaking a rule;
 * NULL: none has. */
const struct note_key *log_follow_signer(const struct log_follow *f, struct arena *arena,
					 const struct note *head, struct note_verifier verifier);
/* What stands under a head in the log's own name beside the line that is trusted. Keys sign heads from the place of their
 * statement on; one that has ended, up to its revocation. */
enum follow_lines {
	FOLLOW_LINES_HOLD,
	FOLLOW_LINE_FORGED,   /* of a key that the log has stated; it does not verify */
	FOLLOW_LINE_MISSING,  /* none of the newest SM2 key that the log has stated */
	FOLLOW_LINE_UNSTATED, /* of a key that the log has not stated for its heads, or that has ended */
};
/* Of the head that covers the entries taken so far. The first fault in the order of the lines. */
enum follow_lines log_follow_lines(const struct log_follow *f, struct arena *arena, const struct note *head,
				   struct note_verifier verifier);
/* Where the log of this name ended; NULL: it goes on, or is not known. */
const struct follow_ended *log_follow_end(const struct log_follow *f, struct str name);

/* What stands at about->entry, as was proved: holds the claim against it. */
void log_follow_judge_about(struct log_follow *f, struct arena *scratch, const struct follow_about *about,
			    struct bytes entry);

/* A claim does not hold: the log never had such a head. */
void log_follow_refute(struct log_follow *f, const struct follow_claim *claim);

/* From now on keys of `org` that are not known alarm. false: no room. */
bool log_follow_watch(struct log_follow *f, struct uuid org);
void log_follow_know(struct log_follow *f, struct sha256 key);
void log_follow_acknowledge(struct log_follow *f); /* all gaps and findings were seen */
/* A key of an organisation that is watched, not known and not ended: somebody can sign in its name. */
bool log_follow_is_planted(const struct log_follow *f, const struct follow_key *key);

#endif
