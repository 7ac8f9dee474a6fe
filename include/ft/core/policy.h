/* SPDX-License-Identifier: Apache-2.0
 * Trust policies (https://c2sp.org/tlog-policy): which logs and witnesses somebody trusts, and how many of the witnesses
 * must have cosigned a log head. What a proof is checked against never comes with the proof. */
#ifndef FT_CORE_POLICY_H
#define FT_CORE_POLICY_H

#include "ft/core/note.h"

enum { POLICY_MAX_LEN = 64 * 1024, POLICY_MAX_LOGS = 32, POLICY_MAX_WITNESSES = 32, POLICY_MAX_GROUPS = 32 };

struct policy_log {
	struct note_key key; /* its name is the log's origin */
	struct str url;      /* absent: none */
};
struct policy_witness {
	struct str name; /* within the policy only */
	struct note_key key;
	struct str url;
};
/* Bits of members: witnesses from bit 0, groups from bit POLICY_MAX_WITNESSES. */
struct policy_group {
	struct str name;
	size_t threshold;
	uint64_t members;
};
struct policy {
	size_t log_count, witness_count, group_count;
	struct policy_log logs[POLICY_MAX_LOGS];
	struct policy_witness witnesses[POLICY_MAX_WITNESSES];
	struct policy_group groups[POLICY_MAX_GROUPS];
	uint64_t quorum; /* one bit as in members; 0: none */
};
/* Texts are borrowed from `text`. false: not a policy, longer than POLICY_MAX_LEN, or more than the limits above;
 * reterr_line is the line at fault, counted from 1, or the one after the last when something is missing. */
bool policy_parse(struct arena *arena, struct str text, struct policy *ret, size_t *reterr_line);
/* "log VKEY" and "quorum none": who trusts one log and asks for no witness. */
struct policy policy_of_log(const struct note_key *log);

enum policy_finding {
	POLICY_HOLDS,
	POLICY_UNKNOWN_LOG, /* signed by no log of the policy, or by one of another origin */
	POLICY_FORGED,      /* a line of such a log does not verify */
	POLICY_NO_QUORUM,
};
struct policy_report {
	enum policy_finding finding;
	size_t cosigned;  /* witnesses of the policy whose line verifies */
	size_t witnesses; /* in the policy */
	int64_t no_later_s; /* the latest time among their lines: the head stood by then; −1: no witness signed */
	const struct policy_log *log; /* that signed; NULL: none */
};
/* Whether a log head is one that the policy accepts. Lines of others are passed over. */
struct policy_report policy_judge(struct arena *arena, const struct policy *policy, const struct note *head,
				  struct note_verifier verifier);

#endif
