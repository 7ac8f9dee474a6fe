/* SPDX-License-Identifier: Apache-2.0
 * What the unit tests share: an arena per test, comparisons of struct str, a seeded generator, statements that abort. */
#ifndef FT_TESTS_UNIT_CHECK_H
#define FT_TESTS_UNIT_CHECK_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ft/base/problem.h"
#include "ft/base/str.h"

static inline int make_arena(void **state)
{
	*state = arena_create();
	return 0;
}

static inline int end_arena(void **state)
{
	arena_destroy(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, end_arena)

static inline void show(const char *what, struct str s)
{
	fprintf(stderr, "%s %s\"", what, s.at ? "" : "(absent) ");
	if (s.len)
		fwrite(s.at, 1, s.len, stderr);
	fputs("\"\n", stderr);
}

static inline void check_str(struct str got, struct str expected, const char *file, int line)
{
	if ((got.at == NULL) == (expected.at == NULL) && str_equal(got, expected))
		return;
	show("got", got);
	show("expected", expected);
	_fail(file, line);
}
#define assert_str(got, expected) check_str((got), str_of(expected), __FILE__, __LINE__)
#define assert_strs(got, expected) check_str((got), (expected), __FILE__, __LINE__)
#define assert_absent(got) check_str((got), (struct str){NULL, 0}, __FILE__, __LINE__)

static inline void check_problem(enum problem got, enum problem expected, const char *file, int line)
{
	if (got == expected)
		return;
	fprintf(stderr, "got problem %s, expected %s\n", problem_info(got)->slug,
		problem_info(expected)->slug);
	_fail(file, line);
}
#define assert_problem(got, expected) check_problem((got), (expected), __FILE__, __LINE__)

/* The same numbers in every run (splitmix64). */
static inline uint64_t next_random(uint64_t *seed)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Runs a function in a child; true if it aborted. */
static inline int aborts(void (*run)(void))
{
	pid_t child = fork();
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		if (!freopen("/dev/null", "w", stderr))
			_exit(2);
		run();
		_exit(0);
	}
	int status = 0;
	return child > 0 && waitpid(child, &status, 0) == child && WIFSIGNALED(status) &&
	       WTERMSIG(status) == SIGABRT;
}

#endif
