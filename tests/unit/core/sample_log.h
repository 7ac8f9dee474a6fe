/* SPDX-License-Identifier: Apache-2.0
 * A small log made in memory: two organisations, a trail of three lots, witnesses; for tests of bundles and of the page
 * that checks them.
 *
 *	0 registrar's key   1 farm's key   2 packer's key   3 treat the plot
 *	4 harvest A   5 harvest B   6 harvest Z   7 ship A and Z   8 ship A to somebody else (withheld)
 *	9 receive A   10 mix A and B to M   11 sell M, recorded 31 days late */
#ifndef SAMPLE_LOG_H
#define SAMPLE_LOG_H

#include "ft/core/bundle.h"
#include "ft/crypto/sign.h"

#define SAMPLE_ORIGIN "farmtrail.example"
#define SAMPLE_LOT(name) "https://farmtrail.example/o/1/p/PAKCHOI/b/" name

enum { SAMPLE_WITNESSES = 3, SAMPLE_MAX_ENTRIES = 32, SAMPLE_STEPS = 9, SAMPLE_CORRECTED = 6 };
enum sample_lot { SAMPLE_M, SAMPLE_A, SAMPLE_B, SAMPLE_Z, SAMPLE_LOTS };

struct sample_signer {
	struct private_key *private;
	struct bytes spki;
	struct note_key key;
	struct uuid org;
	struct str key_statement; /* note */
	size_t key_entry;
	int64_t seq; /* of its newest statement */
};
struct sample_entry {
	struct str note;
	struct sha256 hash; /* of the text: what prev names */
	struct str event, view, manifest;
	struct manifest_salt salt;
	const struct sample_signer *by;
};
struct sample_log {
	struct arena *arena;
	struct sample_signer registrar, farm, packer, office, log, witnesses[SAMPLE_WITNESSES];
	struct bundle_lot lots[SAMPLE_LOTS];
	struct sample_entry entries[SAMPLE_MAX_ENTRIES];
	size_t count;
	int64_t now_s;
	enum sign_algorithm algorithm; /* of organisations and the registrar */
};

/* What one record is about; used from `signer` on in sample_record. */
struct sample_event {
	const char *type;       /* farmtrail:record */
	const char *happened;   /* eventTime; NULL: when it is recorded */
	unsigned lots, prevs;   /* bits of enum sample_lot; bits of entries */
	const char *quantities; /* JSON members that name lots, with a comma before; NULL: none */
};
struct sample_log *sample_log_create(void);
/* The same, whose organisations sign with keys of this kind. */
struct sample_log *sample_log_create_with(enum sign_algorithm algorithm);
void sample_log_destroy(struct sample_log *log);
/* Appends and answers its place. */
size_t sample_record(struct sample_log *log, struct sample_signer *signer, const struct sample_event *event);
size_t sample_append(struct sample_log *log, struct sample_signer *signer, const struct statement *statement,
		     const struct sample_signer *second);
/* A statement of the signer's next number, with log, org, key, seq and at filled in. */
struct statement sample_statement(struct sample_log *log, struct sample_signer *signer, struct str kind);
/* An organisation's key, entered in the log. */
struct sample_signer sample_enrol(struct sample_log *log, struct str name, struct uuid org, const char *use,
				  const struct sample_signer *registrar);
/* Another of an organisation that has one, of the same name and use; `reason` absent: the registrar does not say why. */
struct sample_signer sample_enrol_further(struct sample_log *log, const struct sample_signer *first,
					  const char *use, struct str reason);

struct proof_place sample_place(const struct sample_log *log, size_t entry);
/* The head of all entries, cosigned by the witnesses whose bits are set. */
struct str sample_checkpoint(const struct sample_log *log, unsigned witnesses);
/* Of any tree. */
struct str sample_head(const struct sample_log *log, size_t size, struct sha256 root, unsigned witnesses);
/* Its heads and its key bear this name from now on; statements name SAMPLE_ORIGIN. */
void sample_rename(struct sample_log *log, struct str name);
struct str sample_policy(const struct sample_log *log); /* two of three */
struct proof_key sample_key(const struct sample_log *log, const struct sample_signer *signer);
struct bundle_step sample_step(const struct sample_log *log, size_t entry, bool is_shown);
/* The signer endorses, or takes back, what stands at `entry`, which it says stands at `said`. */
size_t sample_endorse(struct sample_log *log, struct sample_signer *office, size_t entry, int64_t said,
		      const char *says);
/* The trail of lot M, of which an office endorses records 4 and 5, and takes the second back: its key is entry 12, then these
 * in this order, the last three steps of the bundle. Once a log. */
struct bundle sample_endorsed(struct sample_log *log);
/* The trail of lot M, of which one more sale is signed with a further key of the packer, which is entry 12 and has this reason.
 * Once a log. */
struct bundle sample_further(struct sample_log *log, struct str reason);
/* The trail of lot M, which the packer said to be mixed of A and Z (entry 12), and declared that wrong (13); and which came out
 * of a transformation (15) that A (14) and, as was declared wrong (17), Z (16) went into. Once a log. */
struct bundle sample_corrected(struct sample_log *log);
/* The trail of lot M: entries 3 to 11, of 6 and 8 the statement only. */
struct bundle sample_bundle(const struct sample_log *log);

#endif
