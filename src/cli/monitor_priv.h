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
	struct str head_note;
	struct checkpoint head;
	struct log_follow *f;      /* what is known now */
	struct log_follow *before; /* what was remembered; NULL: nothing */
	uint64_t first;            /* entries are read from here on */
	enum monitor_fault fault;
	uint64_t fault_first, fault_last; /* entries concerned; last < first: none in particular */
};

/* The exit code that all of it comes to. */
enum exit_code monitor_exit(const struct monitor *m);
void monitor_print(const struct monitor *m);

#endif
