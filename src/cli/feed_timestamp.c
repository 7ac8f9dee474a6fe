/* SPDX-License-Identifier: Apache-2.0
 * farmtrail feed-timestamp: has time-stamping authorities (RFC 3161) say when the log's newest head was there, once a day while the
 * log grows, and hands what they answer to the server, which checks it. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log_source_priv.h"

#include "ft/base/config.h"
#include "ft/base/text.h"
#include "ft/core/note.h"
#include "ft/core/proof.h"
#include "ft/store/log_timestamp.h"

enum { DAY_S = 24 * 3600, MAX_AUTHORITIES = 8, LISTED = 1000 };

static const char *const values[] = {"every", "age", NULL};

struct stamper {
	struct cli *cli;
	struct client *server; /* with the key */
	struct log_source log;
	struct str authorities[MAX_AUTHORITIES];
	size_t count;
	int64_t age_s;
};

/* One look at the log, in an arena of its own. */
struct round {
	struct stamper *s;
	struct cli cli;
	struct checkpoint head;
	struct json stamps; /* those that there are */
	enum exit_code worst;
};

static enum exit_code read_authorities(struct stamper *s)
{
	struct config config;
	struct fault fault = {0};
	struct str env = arena_printf(s->cli->arena, "%.*s/farmtrail.env", STR_ARGS(s->cli->data_dir));
	enum problem p = config_load(s->cli->arena, env, &config, &fault);
	if (p)
		return cli_fail_problem(s->cli, p, &fault);
	for (struct str rest = config.timestamp_authorities, one; rest.at;) {
		one = str_cut(rest, ' ', &rest);
		if (one.len && s->count < MAX_AUTHORITIES)
			s->authorities[s->count++] = one;
	}
	return s->count ? EXIT_GOOD
			: cli_usage(s->cli, (struct said){"没有设置 FARMTRAIL_TIMESTAMP_AUTHORITIES",
							  "FARMTRAIL_TIMESTAMP_AUTHORITIES names none"});
}

static enum exit_code read_head(struct round *r)
{
	struct bytes served;
	struct note note;
	enum fetched fetched = log_source_get(&r->s->log, r->cli.arena, STR("checkpoint"), &served);
	if (fetched == FETCH_FAILED)
		return client_lost(&r->cli, r->s->log.client);
	if (!fetched && note_parse(r->cli.arena, arena_str(r->cli.arena, bytes_str(served)), &note) &&
	    checkpoint_parse(r->cli.arena, note.text, &r->head))
		return EXIT_GOOD;
	return cli_fail(
		&r->cli, EXIT_UNLOGGED,
		str_of(cli_say(&r->cli, (struct said){"日志还没有任何日志头", "the log has no head yet"})));
}

static enum exit_code say(struct round *r, struct str authority, enum exit_code code, struct said what)
{
	printf("%s %.*s: %s\n", code ? "✗" : "✓", STR_ARGS(authority), cli_say(&r->cli, what));
	return code;
}

/* What is known of an authority is what the server has: so it does not matter who asked, and whether we were running. */
static bool is_due(const struct round *r, struct str authority)
{
	const struct json *items = json_get(&r->stamps, STR("items"));
	for (size_t i = 0; items && i < items->count; i++) {
		struct instant at;
		int64_t size = -1;
		const struct json *one = &items->items[i], *number = json_get(one, STR("size"));
		if (!str_equal(json_text(json_get(one, STR("authority"))), authority))
			continue;
		if (number && str_integer(number->text, &size) && size >= r->head.size)
			return false;
		return instant_parse(json_text(json_get(one, STR("stampedAt"))), &at) ||
		       (int64_t)time(NULL) - at.at_us / USEC_PER_SEC >= r->s->age_s;
	}
	return true;
}

static enum exit_code hand_over(struct round *r, struct str authority, struct bytes question,
				struct bytes answer)
{
	struct buf body = buf_create(r->cli.arena, 16 * 1024);
	struct json_writer w = json_writer(&body);
	struct answer said;
	json_begin_object(&w);
	json_pair_int(&w, STR("size"), r->head.size);
	json_pair(&w, STR("authority"), authority);
	json_pair(&w, STR("question"), base64_encode(r->cli.arena, question));
	json_pair(&w, STR("answer"), base64_encode(r->cli.arena, answer));
	json_end_object(&w);
	const struct ask ask = {.method = "POST", .path = STR("/v1/log/timestamps"), .body = buf_str(&body)};
	if (!client_ask(r->s->server, r->cli.arena, &ask, &said))
		return client_lost(&r->cli, r->s->server);
	enum exit_code code = client_judge(&r->cli, &said);
	return code ? say(r, authority, code, (struct said){"应答未被接受", "its answer is not accepted"})
		    : say(r, authority, EXIT_GOOD,
			  (struct said){"已加盖时间戳", "has time-stamped the head"});
}

static enum exit_code stamp(struct round *r, struct str authority)
{
	struct client *client = NULL;
	struct str path;
	struct answer answer;
	struct bytes question = timestamp_question(r->cli.arena, log_stamp_digest(&r->head));
	enum exit_code code = client_open_public(&r->cli, authority, &client, &path);
	if (code)
		return say(r, authority, code, (struct said){"地址有误", "is not an address"});
	const struct ask ask = {.method = "POST",
				.path = path.len ? path : STR("/"),
				.body = bytes_str(question),
				.media_type = STR("application/timestamp-query"),
				.accept = STR("application/timestamp-reply")};
	if (!client_ask(client, r->cli.arena, &ask, &answer))
		return say(r, authority, EXIT_NO_CONNECTION, client_why_lost(client));
	if (answer.status != 200)
		return say(r, authority, EXIT_NO_CONNECTION, (struct said){"暂不可用", "is not available"});
	if (answer.body.len > TIMESTAMP_MAX_LEN)
		return say(r, authority, EXIT_REFUSED,
			   (struct said){"应答过长", "answers more than a time-stamp"});
	return hand_over(r, authority, question, str_bytes(answer.body));
}

static enum exit_code stamp_all(struct round *r)
{
	struct answer answer;
	enum exit_code code =
		client_get(&r->cli, r->s->server,
			   arena_printf(r->cli.arena, "/v1/log/timestamps?limit=%d", LISTED), &answer);
	if (code)
		return code;
	r->stamps = answer.json;
	for (size_t i = 0; i < r->s->count; i++) {
		enum exit_code one =
			is_due(r, r->s->authorities[i]) ? stamp(r, r->s->authorities[i]) : EXIT_GOOD;
		code = one ? one : code;
	}
	return code;
}

static enum exit_code go_round(struct stamper *s)
{
	struct arena *arena = arena_create();
	struct round r = {.s = s, .cli = *s->cli};
	r.cli.arena = arena;
	enum exit_code code = read_head(&r);
	if (!code)
		code = stamp_all(&r);
	(void)fflush(stdout);
	arena_destroy(arena);
	return code;
}

static bool seconds_of(const struct cli *cli, const char *option, int64_t fallback, int64_t *ret)
{
	struct str given = cli_option(cli, option);
	*ret = fallback;
	return !given.at || (str_integer(given, ret) && *ret >= 1 && *ret <= 366 * (int64_t)DAY_S);
}

static enum exit_code run(struct cli *cli)
{
	struct stamper *s = arena_new(cli->arena, struct stamper);
	int64_t pause_s = 0;
	s->cli = cli;
	if (cli->word_count > 1 || !seconds_of(cli, "every", 0, &pause_s) ||
	    !seconds_of(cli, "age", DAY_S, &s->age_s))
		return cli_usage(cli, (struct said){"至多一个地址；--every 与 --age 为秒数",
						    "at most one address; --every and --age take seconds"});
	if (cli->word_count)
		cli->url = cli->words[0];
	enum exit_code code = read_authorities(s);
	if (!code)
		code = client_open(cli, &s->server);
	if (!code)
		code = log_source_open(cli, client_root(s->server), &s->log);
	if (code)
		return code;
	code = go_round(s);
	while (pause_s) { /* as a service: whatever it was, it is tried again */
		(void)sleep((unsigned)pause_s);
		code = go_round(s);
	}
	return code;
}

const struct command command_feed_timestamp = {
	.name = "feed-timestamp",
	.summary = {"请时间戳机构为最新日志头加盖时间戳",
		    "have time-stamping authorities date the log's newest head"},
	.help = {"用法：farmtrail feed-timestamp [URL] [--every SECONDS] [--age SECONDS]\n"
		 "\n"
		 "请 FARMTRAIL_TIMESTAMP_AUTHORITIES 所列的机构（RFC "
		 "3161）为已发布的最新日志头加盖时间戳，交服务核对并保存，\n"
		 "见 /log/timestamp/SIZE.tsr。日志增长时每天一次；需要具有 admin 权限的密钥。\n"
		 "\n"
		 "  --every SECONDS  不断进行，作为服务运行\n"
		 "  --age SECONDS    最新时间戳满此时间后才再请一次（默认一天）\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail feed-timestamp --data ./var --every 3600\n",
		 "usage: farmtrail feed-timestamp [URL] [--every SECONDS] [--age SECONDS]\n"
		 "\n"
		 "Asks the authorities of FARMTRAIL_TIMESTAMP_AUTHORITIES (RFC 3161) for a time-stamp over "
		 "the newest\n"
		 "published head, and hands it to the server, which checks it and keeps it at "
		 "/log/timestamp/SIZE.tsr.\n"
		 "Once a day while the log grows. Needs a key with scope admin.\n"
		 "\n"
		 "  --every SECONDS  goes on for ever, as a service\n"
		 "  --age SECONDS    how old the newest must be before another is asked for (a day)\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail feed-timestamp --data ./var --every 3600\n"},
	.values = values,
	.run = run,
};
