/* SPDX-License-Identifier: Apache-2.0
 * farmtrail event: sends records and reads them back. */
#include <stdio.h>

#include "own_key_priv.h"

#include "ft/base/text.h"

static const char *const values[] = {"sign", "seen", "party", NULL}, *const flags[] = {"withdraw", NULL};

static void print_captured(const struct cli *cli, const struct answer *answer)
{
	if (cli->json) {
		cli_print(cli, answer->body);
		return;
	}
	const struct json *lots = json_get(&answer->json, STR("lots")),
			  *alerts = json_get(&answer->json, STR("alerts"));
	struct str event = json_text(json_get(&answer->json, STR("event")));
	printf("%.*s %s\n", STR_ARGS(event),
	       cli_say(cli, answer->status == 200 ? (struct said){"（此前已登记）", "(was in already)"}
						  : (struct said){"", ""}));
	for (size_t i = 0; lots && i < lots->count; i++) {
		struct str id = json_text(json_get(&lots->items[i], STR("id"))),
			   number = json_text(json_get(&lots->items[i], STR("number"))),
			   code = json_text(json_get(&lots->items[i], STR("code")));
		printf("  %s %.*s  %.*s  %.*s\n", cli_say(cli, (struct said){"批次", "lot"}),
		       STR_ARGS(number), STR_ARGS(code), STR_ARGS(id));
	}
	for (size_t i = 0; alerts && i < alerts->count; i++)
		printf("  %s %.*s\n", cli_say(cli, (struct said){"预警", "alert"}),
		       STR_ARGS(json_text(&alerts->items[i])));
}

static enum exit_code send_one(struct cli *cli, struct client *client, struct str record)
{
	struct answer answer;
	const struct ask ask = {.method = "POST", .path = STR("/v1/events"), .body = record};
	if (!client_ask(client, cli->arena, &ask, &answer))
		return client_lost(cli, client);
	enum exit_code code = client_judge(cli, &answer);
	if (!code)
		print_captured(cli, &answer);
	return code;
}

/* Each for itself and in their order: a statement builds on the one before it. */
static enum exit_code sign_all(struct cli *cli, struct client *client, struct str path,
			       struct outbox_record *records, size_t count)
{
	struct own_key key;
	enum exit_code code = own_key_read(cli, path, &key), worst = EXIT_GOOD;
	if (code)
		return code;
	for (size_t i = 0; i < count; i++) {
		code = own_send(cli, client, &key, records[i].text, print_captured);
		worst = code > worst ? code : worst;
	}
	own_key_finish(&key);
	return worst;
}

static enum exit_code send_all(struct cli *cli, struct client *client, struct outbox_record *records,
			       size_t count)
{
	struct str sign = cli_option(cli, "sign");
	return sign.at ? sign_all(cli, client, sign, records, count)
		       : outbox_send(cli, client, records, count, print_captured);
}

static enum exit_code add_list(struct cli *cli, struct client *client, const struct json *list)
{
	struct outbox_record *records = arena_array(cli->arena, struct outbox_record, list->count);
	for (size_t i = 0; i < list->count; i++)
		records[i].text = list->items[i].span;
	return send_all(cli, client, records, list->count);
}

static size_t count_lines(struct str text)
{
	size_t count = 1;
	for (size_t i = 0; i < text.len; i++)
		count += text.at[i] == '\n';
	return count;
}

static enum exit_code add_lines(struct cli *cli, struct client *client, struct str text)
{
	struct outbox_record *records = arena_array(cli->arena, struct outbox_record, count_lines(text));
	size_t count = 0, number = 0;
	for (struct str rest = text, line; rest.at;) {
		struct json json;
		struct fault fault = {0};
		line = str_trim(str_cut(rest, '\n', &rest));
		number++;
		if (!line.len)
			continue;
		if (json_parse(cli->arena, line, &json, &fault)) {
			const char *what = cli_say(cli, (struct said){"不是 JSON，行", "not JSON, line"});
			struct str where = arena_printf(cli->arena, "%s %zu: %.*s", what, number,
							STR_ARGS(fault.detail));
			return cli_fail(cli, EXIT_REFUSED, where);
		}
		records[count++].text = line;
	}
	return send_all(cli, client, records, count);
}

/* One record, a list of them, or a file with one a line (an outbox). The worst exit code counts. */
static enum exit_code add(struct cli *cli, struct client *client)
{
	struct json json;
	struct fault fault = {0};
	struct str text = cli_read_file(cli, cli->words[1]);
	if (!text.at)
		return cli_fail(
			cli, EXIT_REFUSED,
			str_of(cli_say(cli, (struct said){"无法读取文件", "the file cannot be read"})));
	if (json_parse(cli->arena, text, &json, &fault))
		return add_lines(cli, client, text);
	if (json.kind == JSON_ARRAY)
		return add_list(cli, client, &json);
	struct outbox_record one = {.text = json.span};
	return cli_option(cli, "sign").at ? send_all(cli, client, &one, 1) : send_one(cli, client, json.span);
}

static enum exit_code get(struct cli *cli, struct client *client)
{
	struct answer answer;
	struct str path = arena_printf(cli->arena, "/v1/events/%.*s",
				       STR_ARGS(percent_encode(cli->arena, cli->words[1])));
	enum exit_code code = client_get(cli, client, path, &answer);
	if (!code)
		cli_print_json(cli, answer.body);
	return code;
}

static enum exit_code run(struct cli *cli)
{
	bool adds = cli->word_count == 2 && str_equal(cli->words[0], STR("add"));
	bool gets = cli->word_count == 2 && str_equal(cli->words[0], STR("get"));
	bool endorses = cli->word_count == 2 && str_equal(cli->words[0], STR("endorse"));
	struct client *client;
	if (!adds && !gets && !endorses)
		return cli_usage(cli, (struct said){"请用 event add FILE、event get ID 或 event endorse ID",
						    "use event add FILE, event get ID or event endorse ID"});
	enum exit_code code = client_open(cli, &client);
	if (code)
		return code;
	code = adds ? add(cli, client) : endorses ? own_endorse(cli, client) : get(cli, client);
	return code;
}

const struct command command_event = {
	.name = "event",
	.summary = {"提交记录、读取记录、核签记录", "send records, read them back, endorse them"},
	.values = values,
	.flags = flags,
	.help = {"用法：farmtrail event add FILE|- [--sign KEYFILE [--seen STATE]]\n"
		 "      farmtrail event get ID\n"
		 "      farmtrail event endorse ID --party 机构 [--withdraw] [--sign KEYFILE]\n"
		 "\n"
		 "add 提交一条记录、一个 JSON 数组，或每行一条记录的文件；“-”为标准输入。\n"
		 "多条记录分批提交；需等待其他记录的，随后自动重发，直到不再有新的被接受。\n"
		 "带 id 的记录可重复提交：同一 id 同一内容得到第一次的回答。\n"
		 "--sign 由本机密钥（farmtrail key "
		 "enrol）签名：先取得待签内容，核对其与记录一致，再逐条签名提交。\n"
		 "--seen 给出 farmtrail monitor 的状态文件：声明将载明签名时日志已有其中核验过的日志头。\n"
		 "endorse 以检查机构的名义核签一条记录，--withdraw 撤回；--sign "
		 "用本机密钥，先核对待签内容确系此记录。\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail event add harvest.json\n"
		 "  echo "
		 "'{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\",\"party\":\"COOP1\",\"site\":"
		 "\"P01\",\n"
		 "         \"product\":\"PAKCHOI\",\"quantity\":{\"value\":\"120\",\"unit\":\"kg\"}}' | "
		 "farmtrail event add -\n"
		 "  farmtrail event get 019f0c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\n",
		 "usage: farmtrail event add FILE|- [--sign KEYFILE [--seen STATE]]\n"
		 "       farmtrail event get ID\n"
		 "       farmtrail event endorse ID --party OFFICE [--withdraw] [--sign KEYFILE]\n"
		 "\n"
		 "add sends one record, a JSON array of them, or a file with one record a line; \"-\" is "
		 "standard input. Several\n"
		 "go in batches; what has to wait for another record is sent again after it, until nothing "
		 "more "
		 "goes in. Records\n"
		 "with an id may be sent again: same id and same content get the first answer.\n"
		 "--sign signs with a key of this machine (farmtrail key enrol): each record is prepared, "
		 "what "
		 "came of it is checked\n"
		 "against the record, signed here and sent, one by one in their order. --seen takes the "
		 "state of farmtrail\n"
		 "monitor: the statement says that the head verified there was there before it.\n"
		 "endorse puts the signature of an inspector's office under a record, --withdraw takes it "
		 "back; "
		 "--sign uses a key of\n"
		 "this machine, once what is to be signed is seen to be about this record.\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail event add harvest.json\n"
		 "  echo "
		 "'{\"type\":\"harvest\",\"time\":\"2026-05-03T08:30:00+08:00\",\"party\":\"COOP1\",\"site\":"
		 "\"P01\",\n"
		 "         \"product\":\"PAKCHOI\",\"quantity\":{\"value\":\"120\",\"unit\":\"kg\"}}' | "
		 "farmtrail event add -\n"
		 "  farmtrail event get 019f0c1e-7b7a-7c55-9d0e-3f6b2a4d9c11\n"},
	.run = run,
};
