/* SPDX-License-Identifier: Apache-2.0
 * farmtrail config: the table of settings. */
#include "ft/base/config.h"

#include "cli_priv.h"

static enum exit_code run(struct cli *cli)
{
	struct config config;
	struct fault fault = {0};
	struct str env = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	if (cli->word_count)
		return cli_usage(cli, (struct said){"config 不接受其他参数", "config takes options only"});
	enum problem p = config_load(cli->arena, env, &config, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	cli_print(cli,
		  cli->json ? config_print_json(cli->arena, &config) : config_print(cli->arena, &config));
	return EXIT_GOOD;
}

const struct command command_config = {
	.name = "config",
	.summary = {"列出全部设置及当前值", "print every setting with the value in force"},
	.help = {"用法：farmtrail config [--data DIR] [--json]\n"
		 "\n"
		 "列出全部设置：名称、当前值、默认值、范围、含义。环境变量优先于 DIR/farmtrail.env。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail config --data ./var\n"
		 "  FARMTRAIL_PORT=9000 farmtrail config\n",
		 "usage: farmtrail config [--data DIR] [--json]\n"
		 "\n"
		 "Prints every setting: name, value in force, default, bounds, meaning. The environment goes "
		 "before\n"
		 "DIR/farmtrail.env.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail config --data ./var\n"
		 "  FARMTRAIL_PORT=9000 farmtrail config\n"},
	.run = run,
};
