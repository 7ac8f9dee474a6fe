/* SPDX-License-Identifier: Apache-2.0
 * States of alerts: every pair of state and action, and what each action must say. */
#include "../check.h"

#include "ft/core/alert_state.h"
#include "ft/core/risk.h"

static void every_move_leads_where_it_should(void **state)
{
	/* By row: state; by column: acknowledge assign comment escalate transfer close reopen. "-": not allowed. */
	static const char *const table[] = {"aooeoc-", "-aaeac-", "aee-ec-", "--c---o"};
	static const char letters[] = "oaec";
	(void)state;
	for (int s = 0; s < ALERT_STATE_COUNT; s++)
		for (int a = 0; a < ALERT_ACTION_COUNT; a++) {
			enum alert_state after = ALERT_STATE_COUNT;
			enum problem p = alert_state_after((enum alert_state)s, (enum alert_action)a, &after);
			if (table[s][a] == '-') {
				assert_problem(p, PROBLEM_ALERT_STATE);
				assert_int_equal(after, ALERT_STATE_COUNT);
			} else {
				assert_problem(p, PROBLEM_NONE);
				assert_int_equal(letters[after], table[s][a]);
			}
		}
}

static void words_are_those_of_the_contract(void **state)
{
	(void)state;
	enum alert_state found;
	enum alert_action action;
	for (int s = 0; s < ALERT_STATE_COUNT; s++) {
		assert_true(alert_state_find(str_of(alert_state_words[s]), &found));
		assert_int_equal(found, s);
	}
	for (int a = 0; a < ALERT_ACTION_COUNT; a++) {
		assert_true(alert_action_find(str_of(alert_action_words[a]), &action));
		assert_int_equal(action, a);
	}
	assert_null(alert_state_words[ALERT_STATE_COUNT]);
	assert_null(alert_action_words[ALERT_ACTION_COUNT]);
	assert_false(alert_state_find(STR("Open"), &found));
	assert_false(alert_action_find(STR(""), &action));
}

static void an_action_says_what_it_must(void **state)
{
	static const struct {
		enum alert_action action;
		struct alert_words words;
		const char *pointer;
	} cases[] = {
		{ALERT_ACKNOWLEDGE, {{0}}, NULL},
		{ALERT_ESCALATE, {{0}}, NULL},
		{ALERT_REOPEN, {{0}}, NULL},
		{ALERT_ASSIGN, {{0}}, "/assignee"},
		{ALERT_ASSIGN, {.assignee = {"x", 1}}, NULL},
		{ALERT_COMMENT, {.assignee = {"x", 1}}, "/note"},
		{ALERT_COMMENT, {.note = {"x", 1}}, NULL},
		{ALERT_TRANSFER, {{0}}, "/region"},
		{ALERT_TRANSFER, {.region = {"500101", 6}}, NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fault fault = {0};
		enum problem p = alert_words_check(*state, cases[i].action, &cases[i].words, &fault);
		assert_problem(p, cases[i].pointer ? PROBLEM_FIELD_MISSING : PROBLEM_NONE);
		if (cases[i].pointer)
			assert_string_equal(fault.pointer, cases[i].pointer);
	}
}

static void closing_needs_one_of_the_reason_codes(void **state)
{
	struct fault fault = {0};
	for (size_t i = 0; risk_close_reason_at(i); i++) {
		const struct alert_words words = {.reason = str_of(risk_close_reason_at(i))};
		assert_problem(alert_words_check(*state, ALERT_CLOSE, &words, &fault), PROBLEM_NONE);
	}
	const struct alert_words none = {{0}}, other = {.reason = STR("because")};
	assert_problem(alert_words_check(*state, ALERT_CLOSE, &none, &fault), PROBLEM_CLOSE_REASON);
	assert_problem(alert_words_check(*state, ALERT_CLOSE, &other, &fault), PROBLEM_CLOSE_REASON);
	assert_string_equal(fault.pointer, "/reason");
	assert_strs(fault.value, other.reason);
	assert_true(str_starts(fault.detail, str_of(risk_close_reason_at(0))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_move_leads_where_it_should),
		TEST(words_are_those_of_the_contract),
		TEST(an_action_says_what_it_must),
		TEST(closing_needs_one_of_the_reason_codes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
