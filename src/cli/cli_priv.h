/* SPDX-License-Identifier: Apache-2.0
 * What the commands of `farmtrail` share. */
#ifndef FT_CLI_PRIV_H
#define FT_CLI_PRIV_H

#include "ft/base/problem.h"
#include "ft/codec/json.h"

/* Documented in --help; scripts depend on them. */
enum exit_code {
	EXIT_GOOD = 0,
	EXIT_REFUSED = 1, /* the server or a check said no, or something failed */
	EXIT_USAGE = 2,
	EXIT_NOT_FOUND = 3,
	EXIT_NOT_VERIFIED = 4,
	EXIT_NO_CONNECTION = 5,
	EXIT_UNLOGGED = 6, /* verify, monitor: holds, but the policy's log or quorum does not cover it yet */
	EXIT_INCOMPLETE = 7, /* verify, monitor: what is there holds, and something is held back */
};

/* A text in both languages. */
struct said {
	const char *zh, *en;
};

enum { CLI_MAX_WORDS = 16, CLI_MAX_OPTIONS = 32 };
struct cli_option {
	struct str name, value; /* value absent: a flag */
};
struct cli {
	struct arena *arena;
	enum language language;
	bool json;
	struct str data_dir;      /* --data, FARMTRAIL_DATA or ./var */
	struct str url, key_file; /* --url, --key-file; absent: from the data directory */
	size_t word_count;
	struct str words[CLI_MAX_WORDS]; /* behind the command's name */
	size_t option_count;
	struct cli_option options[CLI_MAX_OPTIONS];
};

struct command {
	const char *name;
	struct said summary;
	struct said help;                         /* usage, meaning, examples */
	const char *const *flags, *const *values; /* options beside the common ones, NULL-terminated */
	enum exit_code (*run)(struct cli *cli);
};
extern const struct command command_init, command_config, command_backup, command_restore, command_key,
	command_event, command_log, command_lot, command_verify, command_monitor, command_mirror,
	command_feed_witness, command_feed_timestamp, command_demo, command_doctor;

struct str cli_option(const struct cli *cli, const char *name); /* the last one given; absent: not given */
bool cli_flag(const struct cli *cli, const char *name);
struct str cli_option_next(const struct cli *cli, const char *name,
			   size_t *place); /* every one given, in order */
const char *cli_say(const struct cli *cli, struct said text);
void cli_print(const struct cli *cli, struct str text); /* a line on standard output */
/* A line on standard error, or with --json an object {"error": …} on standard output. */
enum exit_code cli_fail(const struct cli *cli, enum exit_code code, struct str line);
enum exit_code cli_fail_problem(const struct cli *cli, enum problem p, const struct fault *fault);
enum exit_code cli_usage(const struct cli *cli, struct said why);
/* Absent when it cannot be read, or is larger than 64 MB; "-" is standard input. */
struct str cli_read_file(const struct cli *cli, struct str path);
/* The key itself, or a file that holds it; absent when the option was not given. */
struct str cli_key_option(const struct cli *cli, const char *option);
struct str cli_program_beside(const struct cli *cli, const char *name, const char *in_build);
/* JSON indented for people. */
void cli_print_json(const struct cli *cli, struct str json);

#endif
