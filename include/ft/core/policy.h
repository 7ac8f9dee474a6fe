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
/* The national profile: heads of a log carry a line by an SM2 key as well. A policy names it in a line
 *
 *	#sm2 VKEY
 *
 * which is a comment to every other reader of C2SP policies: with a second "log" line they would refuse the policy, or take a
 * head that has the SM2 line alone. Of several with one name any will do: keys change. */
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
	size_t log_count, sm2_count, witness_count, group_count;
	struct policy_log logs[POLICY_MAX_LOGS];
	struct note_key sm2[POLICY_MAX_LOGS]; /* named as the logs whose heads they sign */
	struct policy_witness witnesses[POLICY_MAX_WITNESSES];
	struct policy_group groups[POLICY_MAX_GROUPS];
	uint64_t quorum; /* one bit as in members; 0: none */
};
/* Texts are borrowed from `text`. false: not a policy, longer than POLICY_MAX_LEN, or more than the limits above;
 * reterr_line is the line at fault, counted from 1, or the one after the last when something is missing. */
bool policy_parse(struct arena *arena, struct str text, struct policy *ret, size_t *reterr_line);
/* "log VKEY" and "quorum none": who trusts one log and asks for no witness. */
struct policy policy_of_log(const struct note_key *log);
/* The same as text; `sm2` absent: without an SM2 line. Both as note_key_print. */
struct str policy_text_of_log(struct arena *arena, struct str log, struct str sm2);

enum policy_finding {
	POLICY_HOLDS,
	POLICY_UNKNOWN_LOG, /* signed by no log of the policy, or by one of another origin */
	POLICY_FORGED,      /* a line of such a log does not verify */
	POLICY_SM2_FORGED,  /* its own does, and the line of an SM2 key of the policy does not */
	POLICY_NO_SM2,      /* no line of an SM2 key that the policy names for this log */
	POLICY_NO_QUORUM,
};
struct policy_report {
	enum policy_finding finding;
	size_t cosigned;  /* witnesses of the policy whose line verifies */
	size_t witnesses; /* in the policy */
	int64_t no_later_s; /* the latest time among their lines: the head stood by then; −1: no witness signed */
	const struct policy_log *log; /* that signed; NULL: none */
	bool sm2;                     /* the line of an SM2 key that the policy names verifies */
};
/* Whether a log head is one that the policy accepts. Lines of others are passed over. */
struct policy_report policy_judge(struct arena *arena, const struct policy *policy, const struct note *head,
				  struct note_verifier verifier);

#endif
