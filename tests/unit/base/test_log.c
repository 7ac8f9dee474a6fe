/* SPDX-License-Identifier: Apache-2.0
 * Log lines, read back from a file that stands in for standard error. */
#include "ft/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdlib.h>

#include "../check.h"
#include "ft/base/text.h"

/* What `run` writes to standard error. */
static struct str captured(struct arena *arena, void (*run)(void))
{
	char name[] = "/tmp/test_log.XXXXXX";
	int file = mkstemp(name), saved = dup(STDERR_FILENO);
	assert_true(file >= 0 && saved >= 0);
	unlink(name);
	dup2(file, STDERR_FILENO);
	run();
	dup2(saved, STDERR_FILENO);
	close(saved);
	off_t size = lseek(file, 0, SEEK_END);
	char *text = arena_alloc(arena, (size_t)size + 1);
	assert_int_equal(pread(file, text, (size_t)size, 0), size);
	close(file);
	return (struct str){text, (size_t)size};
}

/* The line behind its time, which is checked. */
static struct str tail(struct str line)
{
	regex_t form;
	assert_int_equal(
		regcomp(&form, "^time=20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\\.[0-9]{3}Z ", REG_EXTENDED), 0);
	regmatch_t match;
	assert_int_equal(regexec(&form, line.at, 1, &match, 0), 0);
	regfree(&form);
	return str_from(line, (size_t)match.rm_eo);
}

static void log_nothing_else(void)
{
	LOG(LOG_INFO, "started");
}

static void log_plain(void)
{
	LOG(LOG_WARN, "request", LOG_TEXT("path", STR("/v1/lots_A-z.9:@+")), LOG_NUMBER("status", 404),
	    LOG_NUMBER("low", INT64_MIN));
}

static void plain_values_stand_bare(void **state)
{
	assert_str(tail(captured(*state, log_nothing_else)), "level=info event=started\n");
	assert_str(tail(captured(*state, log_plain)),
		   "level=warn event=request path=/v1/lots_A-z.9:@+ status=404 "
		   "low=-9223372036854775808\n");
}

static void log_quoted(void)
{
	LOG(LOG_ERROR, "x", LOG_TEXT("a", STR("")), LOG_TEXT("b", STR("two words")),
	    LOG_TEXT("c", STR("q\"b\\")), LOG_TEXT("d", STR("n\nt\tz\0e\x1b[0m\x7f")),
	    LOG_TEXT("e", STR("农场 \xf0\x9f\x98\x80")), LOG_TEXT("f", STR("\xff\xc2\x85\xe5\x86")),
	    LOG_TEXT("g", STR("a=b")), LOG_TEXT("h", STR("\xed\xa0\x80")));
}

static void other_values_are_quoted_and_controls_escaped(void **state)
{
	assert_str(tail(captured(*state, log_quoted)),
		   "level=error event=x a=\"\" b=\"two words\" c=\"q\\\"b\\\\\" "
		   "d=\"n\\x0at\\x09z\\x00e\\x1b[0m\\x7f\" e=\"农场 \xf0\x9f\x98\x80\" "
		   "f=\"\\xff\\xc2\\x85\\xe5\\x86\" "
		   "g=\"a=b\" h=\"\\xed\\xa0\\x80\"\n");
}

static void log_below(void)
{
	log_set_level(LOG_WARN);
	LOG(LOG_DEBUG, "a");
	LOG(LOG_INFO, "b");
	LOG(LOG_WARN, "c");
	log_set_level(LOG_INFO);
	LOG(LOG_DEBUG, "d");
}

static void lines_below_the_level_are_not_written(void **state)
{
	assert_str(tail(captured(*state, log_below)), "level=warn event=c\n");
}

static size_t long_len;
static char long_text[6000];

static void log_long(void)
{
	LOG(LOG_INFO, "x", LOG_TEXT("text", ((struct str){long_text, long_len})), LOG_TEXT("more", STR("y")));
}

static void a_line_that_is_too_long_is_cut_and_says_so(void **state)
{
	memset(long_text, ' ', sizeof long_text);
	for (long_len = 3900; long_len < 4200; long_len++) {
		struct arena *arena = arena_create();
		struct str line = captured(arena, log_long);
		assert_true(line.len <= 4096);
		assert_true(str_ends(line, STR("\n")));
		assert_ptr_equal(memchr(line.at, '\n', line.len), line.at + line.len - 1);
		size_t quotes = 0;
		for (size_t i = 0; i < line.len; i++)
			quotes += line.at[i] == '"';
		assert_int_equal(quotes, 2);
		bool whole = str_ends(line, STR(" more=y\n"));
		assert_true(whole || str_ends(line, STR(" cut=1\n")));
		assert_true(whole ? long_len < 4100 : long_len > 3950);
		arena_destroy(arena);
	}
	(void)state;
	for (size_t i = 0; i + 3 <= sizeof long_text; i += 3)
		memcpy(long_text + i, "\xe5\x86\x9c", 3);
	long_len = 4800;
	assert_true(utf8_valid(captured(*state, log_long)));
}

static void levels_have_names(void **state)
{
	(void)state;
	enum log_level level = LOG_DEBUG;
	assert_true(log_level_parse(STR("error"), &level));
	assert_int_equal(level, LOG_ERROR);
	assert_true(log_level_parse(STR("debug"), &level));
	assert_int_equal(level, LOG_DEBUG);
	assert_false(log_level_parse(STR("ERROR"), &level));
	assert_false(log_level_parse(STR(""), &level));
	assert_int_equal(level, LOG_DEBUG);
}

static void errno_survives(void **state)
{
	(void)state;
	int saved = dup(STDERR_FILENO);
	close(STDERR_FILENO);
	errno = ENOENT;
	LOG(LOG_INFO, "nobody hears this");
	int after = errno;
	dup2(saved, STDERR_FILENO);
	close(saved);
	assert_int_equal(after, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plain_values_stand_bare),
		TEST(other_values_are_quoted_and_controls_escaped),
		TEST(lines_below_the_level_are_not_written),
		TEST(a_line_that_is_too_long_is_cut_and_says_so),
		TEST(levels_have_names),
		TEST(errno_survives),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
