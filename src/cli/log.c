/* SPDX-License-Identifier: Apache-2.0
 * farmtrail log: the logs of an installation; ends the one that goes on, and begins another behind it. */
#include <stdio.h>
#include <unistd.h>

#include "mirror_priv.h"

#include "ft/base/text.h"

enum { TYPED_MAX = 300 }; /* a log's name has 255 characters at most */

static const char *const values[] = {"reason", "size", "confirm", "log", "policy", NULL};

static struct str text_in(const struct json *object, const char *member)
{
	const struct json *value = object ? json_get(object, str_of(member)) : NULL;
	return value && value->kind == JSON_STRING ? value->text : STR("");
}

static int64_t number_in(const struct json *object, const char *member)
{
	const struct json *value = object ? json_get(object, str_of(member)) : NULL;
	int64_t number = 0;
	return value && json_integer(value, &number) ? number : 0;
}

/* — list — */
static enum exit_code read_logs(struct cli *cli, struct client **client, struct answer *ret)
{
	enum exit_code code = client_open(cli, client);
	return code ? code : client_get(cli, *client, STR("/v1/logs"), ret);
}

static enum exit_code list_logs(struct cli *cli)
{
	struct client *client;
	struct answer answer;
	enum exit_code code = read_logs(cli, &client, &answer);
	if (code)
		return code;
	if (cli->json) {
		cli_print_json(cli, answer.body);
		return EXIT_GOOD;
	}
	const struct json *items = json_get(&answer.json, STR("items"));
	for (size_t i = 0; items && i < items->count; i++) {
		const struct json *log = &items->items[i];
		bool last = i + 1 == items->count;
		printf("%.*s  %lld  %s\n  %.*s\n", STR_ARGS(text_in(log, "name")),
		       (long long)number_in(log, "size"),
		       cli_say(cli,
			       last ? (struct said){"使用中", "goes on"} : (struct said){"已结束", "ended"}),
		       STR_ARGS(text_in(log, "vkey")));
		struct str sm2 = text_in(log, "sm2");
		if (sm2.len)
			printf("  #sm2 %.*s\n", STR_ARGS(sm2));
	}
	return EXIT_GOOD;
}

/* — succeed — */
static const struct said what_it_does = {
	"此日志将在上述位置永久结束，后续条目写入新名称、新密钥的日志：\n"
	"  已确认的记录一条不丢；该位置之后的条目编号会改变。\n"
	"  策略文件、见证方和关注者需要新日志的名称与公钥；在见证方签名之前，页面停留在旧日志的最后签名。\n"
	"  此操作无法撤销。先停止 farmtrail-witness，并读 deploy/README.md。\n",
	"The log ends there for good, and another goes on behind it, with a name and a key of its own:\n"
	"  nothing acknowledged is lost; entries beyond that place get other numbers.\n"
	"  Policies, witnesses and followers need the new log's name and key; until witnesses have signed "
	"it,\n"
	"  pages stay with the old log's last head.\n"
	"  This cannot be undone. Stop farmtrail-witness first, and read deploy/README.md.\n",
};

static void explain(const struct cli *cli, const struct json *log, int64_t size)
{
	fprintf(stderr, "%.*s  %lld\n%s", STR_ARGS(text_in(log, "name")), (long long)size,
		cli_say(cli, what_it_does));
}

/* --confirm, or what somebody types at a terminal; absent: nobody can be asked. */
static struct str confirmation(const struct cli *cli)
{
	struct str given = cli_option(cli, "confirm");
	if (given.at || cli->json || !isatty(STDIN_FILENO))
		return given;
	char typed[TYPED_MAX];
	fputs(cli_say(cli, (struct said){"输入该日志的名称以确认：", "Type the name of the log to end it: "}),
	      stderr);
	if (!fgets(typed, sizeof typed, stdin))
		return STR("");
	return str_trim(arena_str(cli->arena, str_of(typed)));
}

static enum exit_code confirm(const struct cli *cli, const struct json *log, int64_t size)
{
	struct str name = text_in(log, "name");
	if (!cli_option(cli, "confirm").at && !cli->json)
		explain(cli, log, size);
	struct str typed = confirmation(cli);
	if (!typed.at)
		return cli_usage(cli, (struct said){"请用 --confirm 再写一次日志的名称",
						    "name the log once more with --confirm"});
	if (str_equal(typed, name))
		return EXIT_GOOD;
	return cli_fail(
		cli, EXIT_REFUSED,
		arena_printf(
			cli->arena, "%s: %.*s",
			cli_say(cli, (struct said){"未确认，什么都没有改变；使用中的日志是",
						   "not confirmed, nothing has changed; the log that goes "
						   "on is"}),
			STR_ARGS(name)));
}

static enum exit_code send(struct cli *cli, struct client *client, struct str name, int64_t size)
{
	struct buf body = buf_create(cli->arena, 512);
	struct json_writer w = json_writer(&body);
	struct answer answer;
	json_begin_object(&w);
	json_pair(&w, STR("log"), name);
	json_pair(&w, STR("reason"), cli_option(cli, "reason"));
	if (size)
		json_pair_int(&w, STR("size"), size);
	json_end_object(&w);
	const struct ask ask = {.method = "POST", .path = STR("/v1/log:succeed"), .body = buf_str(&body)};
	if (!client_ask(client, cli->arena, &ask, &answer)) {
		(void)client_lost(cli, client);
		return cli_fail(
			cli, EXIT_NO_CONNECTION,
			str_of(cli_say(cli, (struct said){"不知道是否已经完成：请看 farmtrail log list",
							  "whether it was done is not known: see farmtrail "
							  "log list"})));
	}
	enum exit_code code = client_judge(cli, &answer);
	if (code)
		return code;
	if (cli->json) {
		cli_print_json(cli, answer.body);
		return EXIT_GOOD;
	}
	printf(cli->language == LANGUAGE_ZH
		       ? "日志 %.*s 在 %lld 处结束；继续的是 %.*s，其后 %lld 条将重新编号\n%.*s\n"
		       : "%.*s ended at %lld; %.*s goes on, %lld entries get other numbers\n%.*s\n",
	       STR_ARGS(text_in(&answer.json, "ended")), (long long)number_in(&answer.json, "size"),
	       STR_ARGS(text_in(&answer.json, "name")), (long long)number_in(&answer.json, "again"),
	       STR_ARGS(text_in(&answer.json, "vkey")));
	return EXIT_GOOD;
}

static bool read_size(const struct cli *cli, int64_t *ret)
{
	struct str text = cli_option(cli, "size");
	*ret = 0;
	return !text.at || (str_integer(text, ret) && *ret > 0);
}

static enum exit_code succeed(struct cli *cli)
{
	struct client *client;
	struct answer answer;
	struct str reason = cli_option(cli, "reason");
	int64_t size;
	if (!str_equal(reason, STR("compromise")) && !str_equal(reason, STR("lost")))
		return cli_usage(cli, (struct said){"--reason 只能是 compromise 或 lost",
						    "--reason is compromise or lost"});
	if (!read_size(cli, &size))
		return cli_usage(cli, (struct said){"--size 是条目数，从 1 起",
						    "--size is a number of entries, from 1"});
	enum exit_code code = read_logs(cli, &client, &answer);
	const struct json *items = code ? NULL : json_get(&answer.json, STR("items"));
	if (code)
		return code;
	if (!items || !items->count)
		return cli_fail(cli, EXIT_NOT_FOUND,
				str_of(cli_say(cli, (struct said){"没有日志", "there is no log"})));
	const struct json *log = &items->items[items->count - 1];
	code = confirm(cli, log, size ? size : number_in(log, "size"));
	return code ? code : send(cli, client, text_in(log, "name"), size);
}

static enum exit_code run(struct cli *cli)
{
	if (cli->word_count == 1 && str_equal(cli->words[0], STR("list")))
		return list_logs(cli);
	if (cli->word_count == 1 && str_equal(cli->words[0], STR("succeed")))
		return succeed(cli);
	if (cli->word_count == 2 && str_equal(cli->words[0], STR("recover")))
		return log_recover_from(cli, cli->words[1]);
	return cli_usage(cli, (struct said){"请用 log list、log succeed 或 log recover DIR",
					    "use log list, log succeed or log recover DIR"});
}

const struct command command_log = {
	.name = "log",
	.summary = {"查看日志；从镜像找回条目；密钥被盗时结束旧日志、开始新日志",
		    "the logs; bring entries back from a mirror; end one whose key was stolen"},
	.help = {"用法：farmtrail log list\n"
		 "      farmtrail log succeed --reason compromise|lost [--size N] [--confirm 名称]\n"
		 "      farmtrail log recover DIR --log VKEY|--policy FILE [--data DIR]\n"
		 "\n"
		 "list 列出全部日志：名称、已发布的条目数、公钥行（写入策略文件）。\n"
		 "succeed 结束使用中的日志，以新的名称和密钥接着写，需要管理员密钥：\n"
		 "  compromise  日志密钥被盗\n"
		 "  lost        已签名的条目无法找回\n"
		 "  --size N    在第 N 条之后结束（默认：最新发布的签名）\n"
		 "  --confirm   再写一次要结束的日志的名称；不写则在终端上询问\n"
		 "已确认的记录不会丢失；此操作无法撤销。之后把新公钥行告知见证方和关注者（deploy/"
		 "README.md）。\n"
		 "\n"
		 "recover 用于恢复了较旧备份的数据库：DIR 是 farmtrail monitor --mirror 保存的日志副本，\n"
		 "缺失的条目按原编号写回，日志随即继续。条目背后的记录不在其中：请相应主体重新发送；\n"
		 "已删除的个人信息须再次删除。应在恢复后、收到新记录之前执行；可重复执行，服务可以照常运行。"
		 "\n"
		 "退出码：0 已完成，1 被拒绝或未确认，2 用法错误，5 没有回答（用 log list 查看是否完成）；\n"
		 "recover 另有：4 副本不可信，7 已签名的条目多于副本所有。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail log list\n"
		 "  farmtrail log succeed --reason compromise\n"
		 "  farmtrail log succeed --reason compromise --confirm trace.example.cn --json\n"
		 "  farmtrail log recover /srv/mirror --log log.vkey --data /var/lib/farmtrail\n",
		 "usage: farmtrail log list\n"
		 "       farmtrail log succeed --reason compromise|lost [--size N] [--confirm NAME]\n"
		 "       farmtrail log recover DIR --log VKEY|--policy FILE [--data DIR]\n"
		 "\n"
		 "list tells all logs: name, entries that are published, the line for policies.\n"
		 "succeed ends the log that goes on, and another follows behind it, with a name and a key of "
		 "its\n"
		 "own. It takes an administrator's key.\n"
		 "  compromise  the log's key was stolen\n"
		 "  lost        entries that its heads covered cannot be had back\n"
		 "  --size N    it ends behind entry N (default: the newest published head)\n"
		 "  --confirm   the name of the log that ends, once more; without it a terminal is asked\n"
		 "Nothing acknowledged is lost. It cannot be undone. Give the new line to witnesses and "
		 "followers\n"
		 "afterwards (deploy/README.md).\n"
		 "\n"
		 "recover is for a database that was brought back from an older backup. DIR is a copy of the "
		 "log "
		 "as farmtrail\n"
		 "monitor --mirror keeps it: entries that the database lacks come back at their places, and "
		 "the log "
		 "goes on.\n"
		 "The records behind them do not: who recorded them sends them again, and what was erased is "
		 "erased "
		 "again.\n"
		 "Run it before new records are taken; again it does no harm, and the server may run.\n"
		 "\n"
		 "Exit codes: 0 done, 1 refused or not confirmed, 2 usage, 5 no answer (log list tells "
		 "whether it\n"
		 "was done); of recover also 4 the copy is not trusted, 7 more was signed than the copy "
		 "has.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail log list\n"
		 "  farmtrail log succeed --reason compromise\n"
		 "  farmtrail log succeed --reason compromise --confirm trace.example.cn --json\n"
		 "  farmtrail log recover /srv/mirror --log log.vkey --data /var/lib/farmtrail\n"},
	.values = values,
	.run = run,
};
