/* SPDX-License-Identifier: Apache-2.0
 * What `farmtrail monitor` found: of the log as a whole, and of its entries. */
#ifndef FT_CLI_MONITOR_PRIV_H
#define FT_CLI_MONITOR_PRIV_H

#include "log_source_priv.h"

#include "ft/core/log_follow.h"
#include "ft/core/policy.h"

/* A log that breaks its promise: nothing of such a look is remembered, so that the next one finds it again. */
enum monitor_fault {
	MONITOR_SOUND,
	MONITOR_HEAD_FORM,   /* what it gives is no head of a log */
	MONITOR_HEAD_FORGED, /* not signed by the log that is trusted */
	MONITOR_GONE,        /* it had a head once, and has none now */
	MONITOR_ROLLED_BACK, /* a head of fewer entries than one it signed before */
	MONITOR_FORKED,      /* a head that does not contain one it signed before */
	MONITOR_ENTRY,       /* an entry that is not what the tile commits to */
	MONITOR_TILE,        /* tiles that do not hash to the signed root */
	MONITOR_NOT_SERVED,  /* what its head covers is not to be had */
	MONITOR_CUT,  /* it goes on under another name without entries that the log before it had signed */
	MONITOR_NAME, /* its head bears a name that its entries do not state */
	MONITOR_LINE_FORGED, /* beside the line that is trusted: one of a key of the log that does not verify */
	MONITOR_LINE_MISSING,  /* no line of the SM2 key that it has stated */
	MONITOR_LINE_UNSTATED, /* one in its name, of a key that it has not stated or that has ended */
	MONITOR_FAULTS
};

struct monitor {
	struct cli *cli;
	struct log_source source;
	struct str state_path; /* absent: nothing is remembered */
	struct str
		trust_words; /* how the log's key came to be trusted, when that deserves a word; absent: given */
	struct policy policy;
	struct policy_report judged;
	bool goes_on; /* the head is of a log behind the one that is trusted: whose it is, that one has to say */
	struct str head_note;
	struct checkpoint head;
	struct log_follow *f;       /* what is known now */
	struct log_follow *before;  /* what was remembered; NULL: nothing */
	uint64_t first;             /* entries are read from here on */
	bool again;                 /* from the first entry on, beside what was remembered */
	struct checkpoint mirrored; /* the head that the mirror has; size 0: none */
	enum exit_code kept;        /* that of writing a mirror's files */
	enum monitor_fault fault;
	uint64_t fault_first, fault_last; /* entries concerned; last < first: none in particular */
};

/* Whether the log's head contains a smaller one; what is not served is found. */
enum fetched monitor_prove_growth(struct monitor *m, uint64_t size, struct sha256 root,
				  bool *ret_grew) must_check;

/* monitor_trust.c */
void monitor_find(struct monitor *m, enum monitor_fault fault, uint64_t first, uint64_t last);
void monitor_find_whole(struct monitor *m, enum monitor_fault fault); /* no entry in particular */
enum exit_code monitor_read_trust(struct monitor *m);
/* EXIT_NOT_FOUND: the log is empty yet. */
enum exit_code monitor_read_head(struct monitor *m, struct note_verifier verifier);
/* That of the head; of a log that goes on, the one before, until its entries have said whose the new one is. */
const struct note_key *monitor_trusted_log(const struct monitor *m);
bool monitor_is_same_log(const struct log_follow *before, struct arena *arena, const struct note_key *log);
/* After the entries up to the head: they have said whose it is. Of witnesses it needs as many as any head. */
void monitor_judge_name(struct monitor *m, struct note_verifier verifier);

void monitor_judge_lines(struct monitor *m, struct note_verifier verifier);

/* The exit code that all of it comes to. */
enum exit_code monitor_exit(const struct monitor *m);
void monitor_print(const struct monitor *m);

#endif
