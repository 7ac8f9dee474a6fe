/* SPDX-License-Identifier: Apache-2.0
 * `farmtrail`: the command line. Finds the command, reads the options, hands over. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli_priv.h"

static const struct command *const commands[] = {
	&command_init,           &command_demo,    &command_key,    &command_event,  &command_lot,
	&command_verify,         &command_monitor, &command_mirror, &command_log,    &command_feed_witness,
	&command_feed_timestamp, &command_doctor,  &command_config, &command_backup, &command_restore};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const char *const common_values[] = {"data", "url", "key-file", "lang", NULL};
static const char *const common_flags[] = {"json", "help", NULL};

static const struct said common_help = {
	"通用选项：\n"
	"  --data DIR       数据目录（默认 ./var）；其中的 farmtrail.env 与 admin.key 说明如何连接服务\n"
	"  --url URL        服务地址，例如 http://127.0.0.1:8080\n"
	"  --key-file FILE  密钥文件（默认 DIR/admin.key）；也可用环境变量 FARMTRAIL_KEY\n"
	"  --json           输出 JSON，供程序使用\n"
	"  --lang zh|en     语言（默认取自 LANG）\n"
	"\n"
	"退出码：0 成功，1 被拒绝或失败，2 用法错误，3 不存在，4 验证不通过，5 无法连接；\n"
	"        verify 另有 6 尚未被日志确认，7 有记录缺失；monitor 的退出码见其说明\n",
	"Common options:\n"
	"  --data DIR       data directory (default ./var); its farmtrail.env and admin.key say how to reach "
	"the server\n"
	"  --url URL        address of the server, such as http://127.0.0.1:8080\n"
	"  --key-file FILE  file with the key (default DIR/admin.key); or the environment variable "
	"FARMTRAIL_KEY\n"
	"  --json           print JSON, for programs\n"
	"  --lang zh|en     language (default: by LANG)\n"
	"\n"
	"Exit codes: 0 done, 1 refused or failed, 2 usage, 3 not found, 4 verification failed, 5 cannot "
	"connect;\n"
	"of verify also 6 not in the log yet, 7 a record is held back; monitor says its own\n",
};

static enum language language_of_environment(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);
		if (value && *value)
			return strncmp(value, "zh", 2) == 0 ? LANGUAGE_ZH : LANGUAGE_EN;
	}
	return LANGUAGE_EN;
}

static void print_overview(const struct cli *cli, FILE *out)
{
	fputs(cli_say(cli,
		      (struct said){"farmtrail：农产品追溯服务的命令行\n\n用法：farmtrail 命令 [选项]\n\n",
				    "farmtrail: command line of the farm-to-table traceability service\n\n"
				    "usage: farmtrail COMMAND [options]\n\n"}),
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-14s %s\n", commands[i]->name, cli_say(cli, commands[i]->summary));
	fputs(cli_say(cli, (struct said){"\n每个命令的说明与示例：farmtrail 命令 --help\n\n",
					 "\nMeaning and examples of each: farmtrail COMMAND --help\n\n"}),
	      out);
	fputs(cli_say(cli, common_help), out);
}

static const struct command *find_command(struct str name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (str_equal(name, str_of(commands[i]->name)))
			return commands[i];
	return NULL;
}

static bool is_listed(const char *const *list, struct str name)
{
	for (; list && *list; list++)
		if (str_equal(name, str_of(*list)))
			return true;
	return false;
}

static bool take_option(struct cli *cli, struct str name, struct str value)
{
	if (cli->option_count == CLI_MAX_OPTIONS)
		return false;
	cli->options[cli->option_count++] = (struct cli_option){name, value};
	return true;
}

/* --name VALUE, --name=VALUE, --flag, words. NULL when all is well, else the argument at fault. */
static const char *read_arguments(struct cli *cli, const struct command *command, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		struct str word = str_of(argv[i]), value;
		if (!str_starts(word, STR("--"))) {
			if (cli->word_count == CLI_MAX_WORDS)
				return argv[i];
			cli->words[cli->word_count++] = word;
			continue;
		}
		struct str name = str_cut(str_from(word, 2), '=', &value);
		bool is_value = is_listed(common_values, name) || is_listed(command->values, name);
		bool is_flag = is_listed(common_flags, name) || is_listed(command->flags, name);
		if (is_value && !value.at && i + 1 < argc)
			value = str_of(argv[++i]);
		if ((!is_value && !is_flag) || (is_value && !value.at) || (is_flag && value.at))
			return argv[i];
		if (!take_option(cli, name, is_value ? value : (struct str){NULL, 0}))
			return argv[i];
	}
	return NULL;
}

static void settle_common(struct cli *cli)
{
	const char *data = getenv("FARMTRAIL_DATA");
	cli->json = cli_flag(cli, "json");
	cli->data_dir = cli_option(cli, "data");
	if (!cli->data_dir.at)
		cli->data_dir = data && *data ? str_of(data) : STR("./var");
	cli->url = cli_option(cli, "url");
	cli->key_file = cli_option(cli, "key-file");
	struct str language = cli_option(cli, "lang");
	if (language.at)
		cli->language = str_starts(language, STR("zh")) ? LANGUAGE_ZH : LANGUAGE_EN;
}

static enum exit_code run_command(struct cli *cli, const struct command *command, int argc, char **argv)
{
	const char *wrong = read_arguments(cli, command, argc, argv);
	settle_common(cli);
	if (wrong) {
		struct str why = arena_printf(
			cli->arena, "%s: %s",
			cli_say(cli, (struct said){"不认识或不完整的选项", "unknown or incomplete option"}),
			wrong);
		return cli_usage(cli, (struct said){why.at, why.at});
	}
	if (cli_flag(cli, "help")) {
		printf("%s\n%s", cli_say(cli, command->help), cli_say(cli, common_help));
		return EXIT_GOOD;
	}
	return command->run(cli);
}

int main(int argc, char **argv)
{
	struct cli cli = {.arena = arena_create(), .language = language_of_environment()};
	enum exit_code code = EXIT_GOOD;
	signal(SIGPIPE, SIG_IGN);
	const struct command *command = argc > 1 ? find_command(str_of(argv[1])) : NULL;
	struct str first = argc > 1 ? str_of(argv[1]) : (struct str){NULL, 0};
	if (command) {
		code = run_command(&cli, command, argc - 2, argv + 2);
	} else if (str_equal(first, STR("--version"))) {
		puts("farmtrail " FARMTRAIL_VERSION);
	} else if (!first.at || str_equal(first, STR("--help")) || str_equal(first, STR("help"))) {
		print_overview(&cli, stdout);
		code = first.at ? EXIT_GOOD : EXIT_USAGE;
	} else {
		code = cli_usage(&cli, (struct said){"没有这个命令，请见 farmtrail --help",
						     "no such command; see farmtrail --help"});
	}
	arena_destroy(cli.arena);
	return fflush(stdout) ? EXIT_REFUSED : (int)code;
}
