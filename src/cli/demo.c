/* SPDX-License-Identifier: Apache-2.0
 * farmtrail demo: loads the demonstration district through the public API. */
#include <stdio.h>
#include <unistd.h>

#include "demo_priv.h"

#include "ft/base/config.h"
#include "ft/qr/qr.h"

static const char *const flags[] = {"print-code", NULL};

/* The first party's validity says when the district was first loaded. */
#define FIRST_PARTY STR("/v1/parties/JG?version=1")
enum { MASTER_DAYS_BEFORE = 200, CHINA_OFFSET_MIN = 480 };

static void show_progress(const struct demo *d, bool done)
{
	if (d->show_progress)
		fprintf(stderr, "\r%zu %s, %zu %s%s", d->masters,
			cli_say(d->cli, (struct said){"条主数据", "master data"}), d->records,
			cli_say(d->cli, (struct said){"条记录", "records"}), done ? "\n" : " …");
}

bool demo_post(struct demo *d, const char *path, struct str body, struct answer *ret)
{
	if (d->code)
		return false;
	const struct ask ask = {.method = "POST", .path = str_of(path), .body = body};
	if (!client_ask(d->client, d->cli->arena, &ask, ret)) {
		d->code = client_lost(d->cli, d->client);
		return false;
	}
	if (ret->status >= 400) {
		fprintf(stderr, "%.*s\n", STR_ARGS(body));
		d->code = client_judge(d->cli, ret);
		return false;
	}
	if (ret->status == 200)
		d->replayed++;
	show_progress(d, /* done */ false);
	return true;
}

static enum exit_code check_directory(const struct cli *cli)
{
	struct config config;
	struct fault fault = {0};
	struct str env = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	enum problem p = config_load(cli->arena, env, &config, &fault);
	if (p)
		return cli_fail_problem(cli, p, &fault);
	if (config.demonstration)
		return EXIT_GOOD;
	return cli_fail(
		cli, EXIT_REFUSED,
		str_of(cli_say(
			cli,
			(struct said){
				"此目录不是演示目录：演示数据不能与真实数据混在一起，请另建目录",
				"this is no demonstration directory: demonstration data does not mix with "
				"real data; make another directory"})));
}

/* Today, or the day of the first load. */
static enum exit_code find_base_day(struct demo *d, bool *ret_loaded)
{
	struct answer answer;
	struct instant from;
	const struct ask ask = {.method = "GET", .path = FIRST_PARTY};
	if (!client_ask(d->client, d->cli->arena, &ask, &answer))
		return client_lost(d->cli, d->client);
	if (answer.status == 404) {
		*ret_loaded = false;
		d->base_day = instant_day((struct instant){clock_now(), CHINA_OFFSET_MIN});
		return EXIT_GOOD;
	}
	enum exit_code code = client_judge(d->cli, &answer);
	if (code)
		return code;
	struct str text = json_text(json_get(&answer.json, STR("validFrom")));
	if (instant_parse(text, &from))
		return cli_fail(d->cli, EXIT_REFUSED, STR("validFrom"));
	*ret_loaded = true;
	d->base_day = instant_day(from) + MASTER_DAYS_BEFORE;
	return EXIT_GOOD;
}

static void print_json(const struct demo *d, struct str url)
{
	struct buf out = buf_create(d->cli->arena, 256);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair_int(&w, STR("records"), (int64_t)d->records);
	json_pair_int(&w, STR("masterData"), (int64_t)d->masters);
	json_pair_int(&w, STR("unchanged"), (int64_t)d->replayed);
	json_pair_int(&w, STR("alerts"), (int64_t)d->alerts);
	json_pair(&w, STR("lot"), d->finest_lot);
	json_pair(&w, STR("code"), d->finest_code);
	json_pair(&w, STR("url"), url);
	json_end_object(&w);
	cli_print(d->cli, buf_str(&out));
}

static void print_code(const struct demo *d)
{
	struct arena *arena = d->cli->arena;
	struct str root = client_root(d->client);
	struct str url = arena_printf(arena, "%.*s/t/%.*s", STR_ARGS(root), STR_ARGS(d->finest_code));
	struct qr qr;
	if (d->cli->json) {
		print_json(d, url);
		return;
	}
	printf("%s %.*s\n%.*s\n",
	       cli_say(d->cli, (struct said){"请扫码查看小白菜沙拉的来历：",
					     "scan to see where a salad comes from:"}),
	       STR_ARGS(d->finest_code), STR_ARGS(url));
	if (!qr_encode(arena, url, &qr)) {
		struct str drawn = qr_terminal(arena, &qr);
		fwrite(drawn.at, 1, drawn.len, stdout);
		putchar('\n');
	}
}

static enum exit_code load(struct demo *d)
{
	d->show_progress = isatty(STDERR_FILENO) && !d->cli->json;
	demo_register(d);
	demo_tell(d);
	show_progress(d, /* done */ true);
	if (d->code)
		return d->code;
	if (!d->cli->json)
		printf("%zu %s, %zu %s, %zu %s\n", d->masters,
		       cli_say(d->cli, (struct said){"条主数据", "master data"}), d->records,
		       cli_say(d->cli, (struct said){"条记录", "records"}), d->alerts,
		       cli_say(d->cli, (struct said){"条预警", "alerts"}));
	print_code(d);
	return EXIT_GOOD;
}

/* Lots follow from ids and ids from the day: the record that made the salad still has its first answer. */
static enum exit_code print_only(struct demo *d, bool loaded)
{
	struct answer answer;
	struct str label = arena_printf(d->cli->arena, "split PK %lld SALAD-R-1",
					(long long)demo_time_us(d, (struct when){-8, 11, 0}));
	struct uuid id = demo_id(d, demo_time_us(d, (struct when){-8, 11, 0}), label);
	struct str path =
		arena_printf(d->cli->arena, "/v1/events/%.*s", STR_ARGS(uuid_print(d->cli->arena, id)));
	if (!loaded)
		return cli_fail(d->cli, EXIT_NOT_FOUND,
				str_of(cli_say(d->cli, (struct said){"演示数据尚未加载",
								     "the demonstration is not loaded"})));
	enum exit_code code = client_get(d->cli, d->client, path, &answer);
	if (code)
		return code;
	const struct json *told = json_get(&answer.json, STR("answer")),
			  *lots = told ? json_get(told, STR("lots")) : NULL;
	if (!lots || lots->kind != JSON_ARRAY || !lots->count)
		return cli_fail(d->cli, EXIT_REFUSED, STR("/answer/lots"));
	d->finest_code = json_text(json_get(&lots->items[0], STR("code")));
	d->finest_lot = json_text(json_get(&lots->items[0], STR("id")));
	print_code(d);
	return EXIT_GOOD;
}

static enum exit_code run(struct cli *cli)
{
	struct demo d = {.cli = cli};
	bool loaded = false;
	if (cli->word_count)
		return cli_usage(cli, (struct said){"demo 不接受其他参数", "demo takes options only"});
	enum exit_code code = check_directory(cli);
	if (!code)
		code = client_open(cli, &d.client);
	if (!code)
		code = find_base_day(&d, &loaded);
	if (!code)
		code = cli_flag(cli, "print-code") ? print_only(&d, loaded) : load(&d);
	return code;
}

const struct command command_demo = {
	.name = "demo",
	.summary = {"加载演示区县：三个乡镇、十二个主体、近三百条记录",
		    "load the demonstration district: three townships, twelve parties, near 300 records"},
	.help = {"用法：farmtrail demo --data DIR [--print-code]\n"
		 "\n"
		 "通过公开接口加载演示数据：三个乡镇、十二个主体、三十块地与圈舍，蔬菜、水稻、生猪、鸡蛋、柑"
		 "橘，\n"
		 "近三百条记录，其中一次违反安全间隔期。重复执行不会改变任何内容。只用于演示目录（init "
		 "--demonstration）。\n"
		 "\n"
		 "  --print-code  不加载，只显示最精彩的追溯码及其二维码\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail init --data ./demo --demonstration\n"
		 "  farmtrail demo --data ./demo\n"
		 "  farmtrail demo --data ./demo --print-code --json\n",
		 "usage: farmtrail demo --data DIR [--print-code]\n"
		 "\n"
		 "Loads demonstration data through the public API: three townships, twelve parties, thirty "
		 "plots and houses;\n"
		 "vegetables, rice, pigs, eggs, citrus; near 300 records, one of which breaks a pre-harvest "
		 "interval. Doing it\n"
		 "again changes nothing. For demonstration directories only (init --demonstration).\n"
		 "\n"
		 "  --print-code  load nothing; show the finest code and its QR\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail init --data ./demo --demonstration\n"
		 "  farmtrail demo --data ./demo\n"
		 "  farmtrail demo --data ./demo --print-code --json\n"},
	.flags = flags,
	.run = run,
};
