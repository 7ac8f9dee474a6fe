/* SPDX-License-Identifier: Apache-2.0
 * The states of an alert as a table. */
#include "ft/core/alert_state.h"

#include "ft/core/risk.h"

const char *const alert_state_words[ALERT_STATE_COUNT + 1] = {"open", "acknowledged", "escalated", "closed",
							      NULL};
const char *const alert_action_words[ALERT_ACTION_COUNT + 1] = {
	"acknowledge", "assign", "comment", "escalate", "transfer", "close", "reopen", NULL};

enum { NEVER = ALERT_STATE_COUNT };
#define O ALERT_OPEN
#define A ALERT_ACKNOWLEDGED
#define E ALERT_ESCALATED
#define C ALERT_CLOSED
#define X NEVER
/* clang-format off */
static const unsigned char after[ALERT_STATE_COUNT][ALERT_ACTION_COUNT] = {
	/*                       acknowledge assign comment escalate transfer close reopen */
	[ALERT_OPEN]         = { A,          O,     O,      E,       O,       C,    X },
	[ALERT_ACKNOWLEDGED] = { X,          A,     A,      E,       A,       C,    X },
	[ALERT_ESCALATED]    = { A,          E,     E,      X,       E,       C,    X },
	[ALERT_CLOSED]       = { X,          X,     C,      X,       X,       X,    O },
};
/* clang-format on */
#undef O
#undef A
#undef E
#undef C
#undef X

static int find(const char *const *words, struct str word)
{
	for (int i = 0; words[i]; i++)
		if (str_equal(word, str_of(words[i])))
			return i;
	return -1;
}

bool alert_state_find(struct str word, enum alert_state *ret)
{
	int found = find(alert_state_words, word);
	if (found >= 0)
		*ret = (enum alert_state)found;
	return found >= 0;
}

bool alert_action_find(struct str word, enum alert_action *ret)
{
	int found = find(alert_action_words, word);
	if (found >= 0)
		*ret = (enum alert_action)found;
	return found >= 0;
}

enum problem alert_state_after(enum alert_state state, enum alert_action action, enum alert_state *ret)
{
	unsigned next = after[state][action];
	if (next == NEVER)
		return PROBLEM_ALERT_STATE;
	*ret = (enum alert_state)next;
	return PROBLEM_NONE;
}

static enum problem check_reason(struct arena *arena, struct str reason, struct fault *reterr)
{
	struct buf codes = buf_create(arena, 128);
	for (size_t i = 0; risk_close_reason_at(i); i++) {
		if (str_equal(reason, str_of(risk_close_reason_at(i))))
			return PROBLEM_NONE;
		buf_printf(&codes, "%s%s", i ? ", " : "", risk_close_reason_at(i));
	}
	(void)fault_set(reterr, PROBLEM_CLOSE_REASON, "enum", "/reason");
	reterr->value = reason;
	reterr->detail = buf_str(&codes);
	return PROBLEM_CLOSE_REASON;
}

static enum problem missing(const char *pointer, struct fault *reterr)
{
	return fault_set(reterr, PROBLEM_FIELD_MISSING, "required", "%s", pointer);
}

enum problem alert_words_check(struct arena *arena, enum alert_action action, const struct alert_words *words,
			       struct fault *reterr)
{
	if (action == ALERT_CLOSE)
		return check_reason(arena, words->reason, reterr);
	if (action == ALERT_ASSIGN && !words->assignee.len)
		return missing("/assignee", reterr);
	if (action == ALERT_COMMENT && !words->note.len)
		return missing("/note", reterr);
	if (action == ALERT_TRANSFER && !words->region.len)
		return missing("/region", reterr);
	return PROBLEM_NONE;
}
