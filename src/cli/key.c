/* SPDX-License-Identifier: Apache-2.0
 * farmtrail key: makes, lists and revokes API keys. */
#include <stdio.h>

#include "own_key_priv.h"

static const char *const values[] = {"name", "scope", "party", "region", "keep", "algorithm", "use", NULL};

static void put_list(const struct cli *cli, struct json_writer *w, const char *option, const char *member)
{
	size_t place = 0;
	struct str value = cli_option_next(cli, option, &place);
	if (!value.at)
		return;
	json_name(w, str_of(member));
	json_begin_array(w);
	/* --scope read --scope capture, or --scope read,capture */
	for (; value.at; value = cli_option_next(cli, option, &place))
		for (struct str rest = value, one; rest.at;) {
			one = str_cut(rest, ',', &rest);
			json_string(w, str_trim(one));
		}
	json_end_array(w);
}

static struct str key_body(const struct cli *cli)
{
	struct buf out = buf_create(cli->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("name"), cli_option(cli, "name"));
	put_list(cli, &w, "scope", "scopes");
	put_list(cli, &w, "party", "parties");
	json_pair(&w, STR("region"), cli_option(cli, "region"));
	json_end_object(&w);
	return buf_str(&out);
}

static enum exit_code create(struct cli *cli, struct client *client)
{
	if (!cli_option(cli, "name").at || !cli_option(cli, "scope").at)
		return cli_usage(cli,
				 (struct said){"需要 --name 与 --scope", "--name and --scope are needed"});
	struct answer answer;
	const struct ask ask = {.method = "POST", .path = STR("/v1/keys"), .body = key_body(cli)};
	if (!client_ask(client, cli->arena, &ask, &answer))
		return client_lost(cli, client);
	enum exit_code code = client_judge(cli, &answer);
	if (code)
		return code;
	if (cli->json) {
		cli_print(cli, answer.body);
		return EXIT_GOOD;
	}
	/* The secret alone on standard output, so that a script can keep it. */
	fprintf(stderr, "%s\n",
		cli_say(cli, (struct said){"密钥只显示这一次，请立即保存：",
					   "The key is shown this once; keep it now:"}));
	cli_print(cli, json_text(json_get(&answer.json, STR("secret"))));
	return EXIT_GOOD;
}

static void print_row(const struct json *key)
{
	struct str id = json_text(json_get(key, STR("id"))), state = json_text(json_get(key, STR("state"))),
		   name = json_text(json_get(key, STR("name")));
	printf("%.*s  %-7.*s  %.*s\n", STR_ARGS(id), STR_ARGS(state), STR_ARGS(name));
}

static enum exit_code list(struct cli *cli, struct client *client)
{
	struct answer answer;
	enum exit_code code = client_get(cli, client, STR("/v1/keys?limit=1000"), &answer);
	if (code)
		return code;
	const struct json *items = json_get(&answer.json, STR("items"));
	if (cli->json)
		cli_print(cli, answer.body);
	for (size_t i = 0; !cli->json && items && i < items->count; i++)
		print_row(&items->items[i]);
	return EXIT_GOOD;
}

static enum exit_code revoke(struct cli *cli, struct client *client)
{
	if (cli->word_count != 2)
		return cli_usage(cli, (struct said){"请写明密钥的 id", "name the key by its id"});
	struct answer answer;
	const struct ask ask = {
		.method = "POST",
		.path = arena_printf(cli->arena, "/v1/keys/%.*s/revoke", STR_ARGS(cli->words[1]))};
	if (!client_ask(client, cli->arena, &ask, &answer))
		return client_lost(cli, client);
	enum exit_code code = client_judge(cli, &answer);
	if (!code && cli->json)
		cli_print(cli, answer.body);
	else if (!code)
		cli_print(cli, str_of(cli_say(cli, (struct said){"已吊销", "revoked"})));
	return code;
}

static enum exit_code run(struct cli *cli)
{
	static const struct {
		const char *word;
		enum exit_code (*run)(struct cli *cli, struct client *client);
	} actions[] = {{"create", create}, {"list", list}, {"revoke", revoke}, {"enrol", own_enrol}};
	struct client *client;
	if (cli->word_count && str_equal(cli->words[0], STR("rewrap")))
		return key_rewrap(cli);
	for (size_t i = 0; cli->word_count && i < sizeof actions / sizeof *actions; i++) {
		if (!str_equal(cli->words[0], str_of(actions[i].word)))
			continue;
		enum exit_code code = client_open(cli, &client);
		if (code)
			return code;
		code = actions[i].run(cli, client);
		return code;
	}
	return cli_usage(cli, (struct said){"请用 key create、key list、key revoke、key enrol 或 key rewrap",
					    "use key create, key list, key revoke, key enrol or key rewrap"});
}

const struct command command_key = {
	.name = "key",
	.summary = {"建立、列出、吊销 API 密钥；登记本机的签名密钥；更换加密密钥",
		    "make, list and revoke API keys; enrol a signing key of this machine; "
		    "replace the key-encryption key"},
	.help = {"用法：farmtrail key create --name 名称 --scope 权限… [--party 主体…] [--region 区划代码]\n"
		 "      farmtrail key list\n"
		 "      farmtrail key revoke ID\n"
		 "      farmtrail key enrol 许可 --keep 文件 [--algorithm p256|ed25519|sm2] [--use "
		 "event|inspect]\n"
		 "      farmtrail key rewrap [--data DIR]\n"
		 "\n"
		 "enrol 在本机生成签名密钥，存入文件（0600），凭一次性许可（POST /v1/enrolments）登记；\n"
		 "私钥不离开本机。之后用 farmtrail event add --sign 文件 签名；--use inspect 的密钥用于 "
		 "event endorse --sign 文件。\n"
		 "\n"
		 "rewrap "
		 "更换数据目录的加密密钥（secrets/"
		 "kek），并重新封装服务保管的全部签名密钥；服务可以照常运行。\n"
		 "中断后再执行一次即可继续。以前的备份仍用旧密钥恢复，旧密钥留在 secrets/kek.retired-…。\n"
		 "\n"
		 "权限：read 读取，capture 登记，inspect 检查，register 主数据，admin 管理。\n"
		 "--party 可用 id、自有编号或统一社会信用代码；第一个为默认主体。密钥只显示一次。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail key create --name 合作社手机 --scope read,capture --party 91500112MA5U000001\n"
		 "  farmtrail key create --name 区级检查 --scope read --scope inspect --region 500112\n"
		 "  farmtrail key list --json\n"
		 "  farmtrail key enrol fte_… --keep coop.key\n",
		 "usage: farmtrail key create --name NAME --scope SCOPE… [--party PARTY…] [--region CODE]\n"
		 "       farmtrail key list\n"
		 "       farmtrail key revoke ID\n"
		 "       farmtrail key enrol TOKEN --keep FILE [--algorithm p256|ed25519|sm2] [--use "
		 "event|inspect]\n"
		 "       farmtrail key rewrap [--data DIR]\n"
		 "\n"
		 "enrol makes a signing key here, keeps it in FILE (mode 0600) and enrols it with a one-use "
		 "token (POST\n"
		 "/v1/enrolments). The private key never leaves this machine. Sign with it: farmtrail event "
		 "add --sign FILE,\nwith one for inspectors (--use inspect) event endorse --sign FILE.\n"
		 "\n"
		 "rewrap replaces the key-encryption key of the data directory (secrets/kek) and wraps all "
		 "signing keys that the\nservice holds with the new one, while the server runs or not. "
		 "Killed, it goes on "
		 "when run again. Backups made before\nneed the old key, which stays in "
		 "secrets/kek.retired-….\n"
		 "\n"
		 "Scopes: read, capture (records), inspect, register (master data), admin. A party is named "
		 "by id, own number or\n"
		 "credit code; the first is the key's default. The key is shown once.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail key create --name \"clerk's phone\" --scope read,capture --party "
		 "91500112MA5U000001\n"
		 "  farmtrail key create --name \"district inspector\" --scope read --scope inspect --region "
		 "500112\n"
		 "  farmtrail key list --json\n"
		 "  farmtrail key enrol fte_… --keep coop.key\n"},
	.values = values,
	.run = run,
};
