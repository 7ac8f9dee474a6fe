/* SPDX-License-Identifier: Apache-2.0
 * Settings: where they come from, which comes first, what is refused, how they are printed. */
#include "ft/base/config.h"

#include <stdlib.h>

#include "../check.h"

/* A settings file with this text; the caller's arena keeps its name. */
static struct str file_with(struct arena *arena, const char *text)
{
	char name[] = "/tmp/test_config.XXXXXX";
	int file = mkstemp(name);
	assert_true(file >= 0);
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	close(file);
	return arena_str(arena, str_of(name));
}

static enum problem load(struct arena *arena, const char *text, struct config *ret, struct fault *reterr)
{
	struct str file = file_with(arena, text);
	enum problem p = config_load(arena, file, ret, reterr);
	unlink(file.at);
	return p;
}

static struct config loaded(struct arena *arena, const char *text)
{
	struct config config;
	struct fault fault;
	enum problem p = load(arena, text, &config, &fault);
	if (p)
		fprintf(stderr, "%.*s\n", STR_ARGS(fault.detail));
	assert_problem(p, PROBLEM_NONE);
	return config;
}

static int clear_environment(void **state)
{
#define SETTING_TEXT(field, name, fallback, text) unsetenv(name);
#define SETTING_INT(field, name, fallback, min, max, unit, text) unsetenv(name);
#define SETTING_BOOL(field, name, fallback, text) unsetenv(name);
#include "ft/base/config.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
	return make_arena(state);
}

static void without_a_file_the_defaults_hold(void **state)
{
	struct config config;
	struct fault fault;
	assert_problem(config_load(*state, STR("/nonexistent/farmtrail.env"), &config, &fault), PROBLEM_NONE);
	assert_str(config.listen, "127.0.0.1");
	assert_int_equal(config.port, 8080);
	assert_false(config.behind_proxy);
	assert_problem(config_load(*state, str_of(NULL), &config, &fault), PROBLEM_NONE);
	assert_int_equal(config.port, 8080);
}

static void the_file_comes_before_the_default_and_the_environment_before_the_file(void **state)
{
	struct config config = loaded(*state, "FARMTRAIL_PORT=9000\nFARMTRAIL_LISTEN=0.0.0.0\n");
	assert_int_equal(config.port, 9000);
	assert_str(config.listen, "0.0.0.0");
	setenv("FARMTRAIL_PORT", "9001", 1);
	config = loaded(*state, "FARMTRAIL_PORT=9000\nFARMTRAIL_LISTEN=0.0.0.0\n");
	assert_int_equal(config.port, 9001);
	assert_str(config.listen, "0.0.0.0");
}

static void the_file_may_be_written_as_a_shell_reads_it(void **state)
{
	struct config config = loaded(*state, "# a comment\r\n"
					      "\n   \n"
					      "export FARMTRAIL_PORT=9000\r\n"
					      "  FARMTRAIL_ORIGIN = \"a \\\"b\\\" \\\\ \\n\"  \n"
					      "FARMTRAIL_DATABASE='host=/x dbname=\"y\" \\z'\n"
					      "export  FARMTRAIL_TLS_KEY=\"\"\n"
					      "PATH=/usr/bin\n"
					      "FARMTRAIL_DATABASE_OWNER=host=/x dbname=y # no comment here\n"
					      "FARMTRAIL_PORT=9002");
	assert_int_equal(config.port, 9002); /* the last one counts */
	assert_str(config.origin, "a \"b\" \\ \\n");
	assert_str(config.database, "host=/x dbname=\"y\" \\z");
	assert_str(config.tls_key, "");
	assert_str(config.database_owner, "host=/x dbname=y # no comment here");
}

static void words_for_true_and_false_are_read(void **state)
{
	static const struct {
		const char *word;
		bool value;
	} words[] = {{"true", true},   {"1", true},  {"yes", true}, {"YES", true}, {"True", true},
		     {"false", false}, {"0", false}, {"no", false}, {"No", false}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		setenv("FARMTRAIL_BEHIND_PROXY", words[i].value ? "false" : "true", 1);
		setenv("FARMTRAIL_BEHIND_PROXY", words[i].word, 1);
		assert_int_equal(loaded(*state, "").behind_proxy, words[i].value);
	}
}

static void refused(struct arena *arena, const char *text, const char *words)
{
	struct config config = {.port = 7};
	struct fault fault;
	assert_problem(load(arena, text, &config, &fault), PROBLEM_CONFIG);
	assert_non_null(fault.detail.at);
	if (!strstr(fault.detail.at, words))
		fprintf(stderr, "\"%.*s\" does not say \"%s\"\n", STR_ARGS(fault.detail), words);
	assert_non_null(strstr(fault.detail.at, words));
	assert_int_equal(config.port, 7);
}

static void what_is_not_usable_is_named(void **state)
{
	refused(*state, "FARMTRAIL_PORTS=1\n", "FARMTRAIL_PORTS: there is no such setting (line 1");
	refused(*state, "\n\nexport FARMTRAIL_X=1\n", "FARMTRAIL_X: there is no such setting (line 3");
	refused(*state, "FARMTRAIL_PORT=65536\n",
		"FARMTRAIL_PORT: \"65536\" is not a whole number from 0 to 65535");
	refused(*state, "FARMTRAIL_PORT=-1\n", "from 0 to 65535");
	refused(*state, "FARMTRAIL_PORT=80x\n", "from 0 to 65535");
	refused(*state, "FARMTRAIL_PORT=\n", "from 0 to 65535");
	refused(*state, "FARMTRAIL_PORT=99999999999999999999999\n", "from 0 to 65535");
	refused(*state, "FARMTRAIL_WORKER_THREADS=0\n", "FARMTRAIL_WORKER_THREADS: \"0\"");
	refused(*state, "FARMTRAIL_BEHIND_PROXY=maybe\n",
		"FARMTRAIL_BEHIND_PROXY: \"maybe\" is neither true nor false");
	refused(*state, "FARMTRAIL_BEHIND_PROXY=\n", "neither true nor false");
	refused(*state, "FARMTRAIL_ORIGIN=\"a\"b\n", "line 1 of the settings file is not NAME=value");
	refused(*state, "FARMTRAIL_ORIGIN=\"a\n", "line 1");
	refused(*state, "FARMTRAIL_ORIGIN='a\n", "line 1");
	refused(*state, "FARMTRAIL_ORIGIN\n", "line 1");
	refused(*state, "=x\n", "line 1");
	refused(*state, "ok=1\nhello\n", "line 2");
	refused(*state, "FARMTRAIL_ORIGIN=a\tb\n", "FARMTRAIL_ORIGIN: contains a control character");
	refused(*state,
		"FARMTRAIL_ORIGIN=a\x7f"
		"b\n",
		"FARMTRAIL_ORIGIN: contains a control character");
	refused(*state, "FARMTRAIL_ORIGIN=a\xff\n", "FARMTRAIL_ORIGIN: is not UTF-8");
	refused(*state, "FARMTRAIL_LOG_LEVEL=loud\n", "FARMTRAIL_LOG_LEVEL: is none of");
}

static void the_environment_is_checked_too(void **state)
{
	setenv("FARMTRAIL_RATE_READ", "0", 1);
	refused(*state, "", "FARMTRAIL_RATE_READ: \"0\" is not a whole number from 1");
}

static void an_unknown_name_in_the_environment_is_fine(void **state)
{
	setenv("FARMTRAIL_TEST_DATA", "/x", 1);
	assert_int_equal(loaded(*state, "").port, 8080);
	unsetenv("FARMTRAIL_TEST_DATA");
}

static void a_file_that_cannot_be_read_is_a_problem(void **state)
{
	struct config config;
	struct fault fault;
	assert_problem(config_load(*state, STR("/tmp"), &config, &fault), PROBLEM_CONFIG);
	assert_non_null(strstr(fault.detail.at, "/tmp: Is a directory"));
	char *large = arena_alloc(*state, 70 * 1024);
	memset(large, '#', 70 * 1024 - 1);
	refused(*state, large, "is larger than 64 KB");
}

static void the_table_shows_every_setting_in_columns(void **state)
{
	struct config config = loaded(*state, "FARMTRAIL_PORT=9000\nFARMTRAIL_ORIGIN=农场\n");
	struct str table = config_print(*state, &config);
	size_t lines = 0;
	for (size_t i = 0; i < table.len; i++)
		lines += table.at[i] == '\n';
	size_t settings = 0;
#define SETTING_TEXT(field, name, fallback, text) settings += strstr(table.at, "\n" name " ") != NULL;
#define SETTING_INT(field, name, fallback, min, max, unit, text) SETTING_TEXT(field, name, fallback, text)
#define SETTING_BOOL(field, name, fallback, text) SETTING_TEXT(field, name, fallback, text)
#include "ft/base/config.def"
#undef SETTING_TEXT
#undef SETTING_INT
#undef SETTING_BOOL
	assert_int_equal(lines, settings + 1);
	const char *port = strstr(table.at, "FARMTRAIL_PORT"), *head = table.at;
	assert_int_equal(strstr(port, "9000") - port, strstr(head, "VALUE") - head);
	assert_int_equal(strstr(port, "8080") - port, strstr(head, "DEFAULT") - head);
	assert_int_equal(strstr(port, "0 to 65535") - port, strstr(head, "BOUNDS") - head);
	/* two characters of three bytes each: the column after them is four bytes further on */
	const char *origin = strstr(table.at, "FARMTRAIL_ORIGIN");
	assert_int_equal(strstr(origin, "Name that") - origin, strstr(head, "MEANING") - head + 4);
}

static void the_json_has_a_row_per_setting(void **state)
{
	struct config config =
		loaded(*state, "FARMTRAIL_PORT=9000\nFARMTRAIL_ORIGIN='a\"\\b'\nFARMTRAIL_BEHIND_PROXY=1\n");
	const char *json = config_print_json(*state, &config).at;
	assert_non_null(strstr(
		json, "{\"name\":\"FARMTRAIL_PORT\",\"value\":9000,\"default\":8080,\"text\":\"TCP port\"}"));
	assert_non_null(strstr(json, "\"value\":\"a\\\"\\\\b\",\"default\":\"\""));
	assert_non_null(
		strstr(json, "{\"name\":\"FARMTRAIL_BEHIND_PROXY\",\"value\":true,\"default\":false,"));
	assert_int_equal(json[0], '[');
	assert_string_equal(json + strlen(json) - 3, "}]\n");
}

static void passwords_are_not_printed(void **state)
{
	static const char *const rows[][2] = {
		{"host=db user=ft_app password=s3cret dbname=x", "host=db user=ft_app password=*** dbname=x"},
		{"password = 's3cret \\' s3cret' host=db", "password = *** host=db"},
		{"host=db password=s3cret", "host=db password=***"},
		{"postgresql://ft_app:s3cret@db:5432/x?sslmode=require",
		 "postgresql://ft_app:***@db:5432/x?sslmode=require"},
		{"postgres://db/x?user=a&password=s3cret&sslmode=require",
		 "postgres://db/x?user=a&password=***&sslmode=require"},
		{"postgres://ft_app@db:5432/x", "postgres://ft_app@db:5432/x"},
		{"host=db passfile=/etc/password=s3 user=x", "host=db passfile=/etc/password=s3 user=x"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct config config = loaded(*state, "FARMTRAIL_PORT=9000\n");
		config.database = str_of(rows[i][0]);
		config.database_owner = str_of(rows[i][0]);
		const char *table = config_print(*state, &config).at;
		assert_non_null(strstr(table, rows[i][1]));
		assert_null(strstr(table, "s3cret"));
		const char *json = config_print_json(*state, &config).at;
		assert_non_null(strstr(json, rows[i][1]));
		assert_null(strstr(json, "s3cret"));
	}
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, clear_environment, end_arena)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(without_a_file_the_defaults_hold),
		CONFIG_TEST(the_file_comes_before_the_default_and_the_environment_before_the_file),
		CONFIG_TEST(the_file_may_be_written_as_a_shell_reads_it),
		CONFIG_TEST(words_for_true_and_false_are_read),
		CONFIG_TEST(what_is_not_usable_is_named),
		CONFIG_TEST(the_environment_is_checked_too),
		CONFIG_TEST(an_unknown_name_in_the_environment_is_fine),
		CONFIG_TEST(a_file_that_cannot_be_read_is_a_problem),
		CONFIG_TEST(the_table_shows_every_setting_in_columns),
		CONFIG_TEST(the_json_has_a_row_per_setting),
		CONFIG_TEST(passwords_are_not_printed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
