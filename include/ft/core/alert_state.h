/* SPDX-License-Identifier: Apache-2.0
 * What may be done about an alert, and what state it is in afterwards. */
#ifndef FT_CORE_ALERT_STATE_H
#define FT_CORE_ALERT_STATE_H

#include "ft/base/problem.h"

enum alert_state { ALERT_OPEN, ALERT_ACKNOWLEDGED, ALERT_ESCALATED, ALERT_CLOSED, ALERT_STATE_COUNT };
enum alert_action {
	ALERT_ACKNOWLEDGE,
	ALERT_ASSIGN,
	ALERT_COMMENT,
	ALERT_ESCALATE,
	ALERT_TRANSFER,
	ALERT_CLOSE,
	ALERT_REOPEN,
	ALERT_ACTION_COUNT
};
extern const char *const alert_state_words[ALERT_STATE_COUNT + 1];   /* NULL-terminated */
extern const char *const alert_action_words[ALERT_ACTION_COUNT + 1]; /* NULL-terminated */
bool alert_state_find(struct str word, enum alert_state *ret);
bool alert_action_find(struct str word, enum alert_action *ret);

/* PROBLEM_ALERT_STATE when the state does not allow the action. A comment is always allowed; a closed alert is only
 * commented on and reopened; whoever an alert was escalated to acknowledges it. */
enum problem alert_state_after(enum alert_state state, enum alert_action action,
			       enum alert_state *ret) must_check;

/* What an action must say: an assignee to assign, words to comment, a region to transfer, one of the reason codes
 * to close. */
struct alert_words {
	struct str reason, note, assignee, region;
};
/* PROBLEM_FIELD_MISSING with the pointer; PROBLEM_CLOSE_REASON with the codes in reterr->detail. */
enum problem alert_words_check(struct arena *arena, enum alert_action action, const struct alert_words *words,
			       struct fault *reterr) must_check;

#endif
