/* SPDX-License-Identifier: Apache-2.0
 * farmtrail init: makes a data directory and its database ready. */
#include "ft/store/init.h"

#include <stdlib.h>

#include "cli_priv.h"

static const char *const values[] = {"origin", "database", "log-agent", NULL};
static const char *const flags[] = {"demonstration", NULL};

static struct str from_environment(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? str_of(value) : (struct str){NULL, 0};
}

static void print_result(const struct cli *cli, const struct init_result *result)
{
	struct buf out = buf_create(cli->arena, 256);
	if (cli->json) {
		struct json_writer w = json_writer(&out);
		json_begin_object(&w);
		json_pair(&w, STR("data"), cli->data_dir);
		json_pair(&w, STR("origin"), result->origin);
		json_pair(&w, STR("keyFile"), result->key_file);
		json_name(&w, STR("changed"));
		json_bool(&w, result->made_directory_ready);
		json_end_object(&w);
	} else {
		struct said state =
			result->made_directory_ready
				? (struct said){"已就绪", "is ready"}
				: (struct said){"早已就绪，没有改动", "was ready; nothing changed"};
		buf_printf(&out, "%.*s %s\n  %s %.*s\n  %s %.*s", STR_ARGS(cli->data_dir),
			   cli_say(cli, state), cli_say(cli, (struct said){"名称", "origin"}),
			   STR_ARGS(result->origin),
			   cli_say(cli, (struct said){"管理员密钥", "administrator's key"}),
			   STR_ARGS(result->key_file));
	}
	cli_print(cli, buf_str(&out));
}

static enum exit_code run(struct cli *cli)
{
	struct fault fault = {0};
	struct init_result result;
	if (cli->word_count)
		return cli_usage(cli, (struct said){"init 不接受其他参数", "init takes options only"});
	struct str database = cli_option(cli, "database"), log_agent = cli_option(cli, "log-agent");
	struct init_settings settings = {
		.data_dir = cli->data_dir,
		.origin = cli_option(cli, "origin"),
		.database = database.at ? database : from_environment("FARMTRAIL_DATABASE"),
		.database_owner = from_environment("FARMTRAIL_DATABASE_OWNER"),
		.log_agent = log_agent.at ? log_agent : from_environment("FARMTRAIL_LOG_AGENT"),
		.signer_executable =
			cli_program_beside(cli, "farmtrail-signer", "../signer/farmtrail-signer"),
		.demonstration = cli_flag(cli, "demonstration"),
	};
	settings.conninfo = settings.database_owner.at ? settings.database_owner : settings.database;
	enum problem p = init_run(cli->arena, &settings, &result, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	print_result(cli, &result);
	return EXIT_GOOD;
}

const struct command command_init = {
	.name = "init",
	.summary = {"建立数据目录：密钥、设置、行政区划、参考数据",
		    "make a data directory: secrets, settings, regions, reference data"},
	.help = {"用法：farmtrail init --data DIR [--origin NAME] [--database CONNINFO] [--log-agent "
		 "SOCKET]\n"
		 "      [--demonstration]\n"
		 "\n"
		 "建立数据目录并准备数据库。可重复执行：已有的不动，中断后再执行会继续。\n"
		 "\n"
		 "  --origin NAME        写入编号与日志名称，永不改变；默认生成一个不会与他人重复的名称\n"
		 "  --database CONNINFO  使用自己的 PostgreSQL（需要 "
		 "PostGIS）；默认使用数据目录中的私有集群\n"
		 "  --log-agent SOCKET   日志密钥由该 ssh-agent 保管：取其中唯一一把尚未使用的 Ed25519 密钥\n"
		 "  --demonstration      标记为演示数据：页面显示横幅，码上印 TEST\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail init --data ./var\n"
		 "  farmtrail init --data /srv/farmtrail --origin trace.example.cn\n"
		 "  farmtrail init --data ./var --database \"host=/run/postgresql dbname=farmtrail\"\n",
		 "usage: farmtrail init --data DIR [--origin NAME] [--database CONNINFO] [--log-agent "
		 "SOCKET]\n"
		 "       [--demonstration]\n"
		 "\n"
		 "Makes a data directory and prepares its database. Run it as often as you like: what is "
		 "there stays, and after\n"
		 "an interruption it goes on where it stopped.\n"
		 "\n"
		 "  --origin NAME        stands in ids and in the log's name for ever; by default one that "
		 "nobody else has\n"
		 "  --database CONNINFO  a PostgreSQL of your own, with PostGIS; by default the directory's "
		 "private cluster\n"
		 "  --log-agent SOCKET   an ssh-agent keeps the log's key: the one Ed25519 key in it that is "
		 "new\n"
		 "  --demonstration      mark it as demonstration data: a banner on pages, TEST on codes\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail init --data ./var\n"
		 "  farmtrail init --data /srv/farmtrail --origin trace.example.cn\n"
		 "  farmtrail init --data ./var --database \"host=/run/postgresql dbname=farmtrail\"\n"},
	.flags = flags,
	.values = values,
	.run = run,
};
