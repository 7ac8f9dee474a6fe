/* SPDX-License-Identifier: Apache-2.0
 * farmtrail feed-witness: takes the newest signed head of the log to its witnesses (https://c2sp.org/tlog-witness), with
 * the proof that it contains what each has signed before, and brings their signatures back. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "log_source_priv.h"

#include "ft/base/config.h"
#include "ft/base/text.h"
#include "ft/core/log_name.h"
#include "ft/core/policy.h"
#include "ft/core/proof.h"

enum { ATTEMPTS = 3, REFRESH_S = 600, HTTP_CONFLICT = 409, HTTP_UNPROCESSABLE = 422 };

static const char *const values[] = {"witness", "policy", "every", NULL};

struct witness {
	struct str url;
	int64_t size;  /* that it signed last, as far as we know */
	int64_t fed_s; /* when it signed last; 0: never */
};

struct feeder {
	struct cli *cli;
	struct client *server; /* with the key */
	struct log_source log;
	struct witness witnesses[POLICY_MAX_WITNESSES];
	size_t count;
	int64_t number; /* of the log that was fed last, of its origin */
};

/* One look at the log, and what came of it. */
struct round {
	struct feeder *feeder;
	struct cli
		cli; /* in an arena that ends with the round; what goes wrong on the way is said on standard error */
	bool json;
	struct str note;
	struct checkpoint head;
	struct json_writer *w;
	bool published;
	enum exit_code worst;
};

/* — whom to feed — */

static enum exit_code add_witness(struct feeder *f, struct str url)
{
	if (f->count == POLICY_MAX_WITNESSES)
		return cli_usage(f->cli, (struct said){"见证方过多", "too many witnesses"});
	f->witnesses[f->count++] = (struct witness){.url = url};
	return EXIT_GOOD;
}

static struct str policy_path(const struct cli *cli)
{
	struct config config;
	struct fault fault = {0};
	struct str given = cli_option(cli, "policy");
	struct str env = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	if (given.at || config_load(cli->arena, env, &config, &fault))
		return given;
	return config.log_policy.len ? config.log_policy : given;
}

/* The policy says where its witnesses are asked; --witness asks others instead. */
static enum exit_code read_witnesses(struct feeder *f)
{
	struct policy *policy = arena_new(f->cli->arena, struct policy);
	size_t place = 0, line = 0;
	enum exit_code code = EXIT_GOOD;
	struct str url;
	while (!code && (url = cli_option_next(f->cli, "witness", &place)).at)
		code = add_witness(f, url);
	if (code || f->count)
		return code;
	struct str path = policy_path(f->cli);
	struct str text = path.at ? cli_read_file(f->cli, path) : path;
	if (text.at && !policy_parse(f->cli->arena, text, policy, &line))
		return cli_usage(f->cli, (struct said){"信任策略有误", "the policy is not one"});
	for (size_t i = 0; text.at && !code && i < policy->witness_count; i++)
		if (policy->witnesses[i].url.at)
			code = add_witness(f, policy->witnesses[i].url);
	if (!code && !f->count)
		return cli_usage(
			f->cli,
			(struct said){"请用 --witness 给出见证方的地址，或在 --policy 中写明",
				      "name the witnesses with --witness, or with addresses in --policy"});
	return code;
}

/* — the head — */

static enum exit_code read_head(struct round *r)
{
	struct bytes served;
	struct note note;
	enum fetched fetched =
		log_source_get(&r->feeder->log, r->cli.arena, STR("checkpoint/latest"), &served);
	if (fetched == FETCH_FAILED)
		return client_lost(&r->cli, r->feeder->log.client);
	r->note = fetched ? (struct str){NULL, 0} : arena_str(r->cli.arena, bytes_str(served));
	if (!fetched && note_parse(r->cli.arena, r->note, &note) &&
	    checkpoint_parse(r->cli.arena, note.text, &r->head))
		return EXIT_GOOD;
	return cli_fail(
		&r->cli, EXIT_UNLOGGED,
		str_of(cli_say(&r->cli, (struct said){"日志还没有任何日志头", "the log has no head yet"})));
}

/* — one witness — */

static enum exit_code say(struct round *r, const struct witness *witness, enum exit_code code,
			  struct said what)
{
	const char *text = cli_say(&r->cli, what);
	if (r->json) {
		json_begin_object(r->w);
		json_pair(r->w, STR("witness"), witness->url);
		json_pair(r->w, STR("text"), str_of(text));
		json_pair_int(r->w, STR("exitCode"), code);
		json_end_object(r->w);
	} else {
		printf("%s %.*s: %s\n", code ? "✗" : "✓", STR_ARGS(witness->url), text);
	}
	return code;
}

/* That the head contains the tree that the witness knows. */
static enum fetched put_proof(struct round *r, int64_t old, struct buf *out)
{
	struct log_tiles tiles = {0};
	struct sha256 proof[MERKLE_MAX_PATH];
	uint64_t size = (uint64_t)r->head.size;
	if (old == 0 || old == r->head.size)
		return FETCHED;
	log_tiles_need_path(r->cli.arena, &tiles, (uint64_t)old - 1, size);
	enum fetched fetched = log_source_tiles(&r->feeder->log, r->cli.arena, &tiles);
	if (fetched)
		return fetched;
	size_t count = log_consistency(&tiles, (uint64_t)old, size, proof);
	for (size_t i = 0; i < count; i++) {
		buf_put(out, base64_encode(r->cli.arena, sha256_bytes(&proof[i])));
		buf_put_char(out, '\n');
	}
	return FETCHED;
}

static enum exit_code hand_over(struct round *r, struct witness *witness, struct str lines)
{
	struct buf body = buf_create(r->cli.arena, 1024);
	struct json_writer w = json_writer(&body);
	struct answer answer;
	json_begin_object(&w);
	json_pair_int(&w, STR("size"), r->head.size);
	json_pair(&w, STR("lines"), lines);
	json_end_object(&w);
	const struct ask ask = {
		.method = "POST", .path = STR("/v1/log/cosignatures"), .body = buf_str(&body)};
	if (!client_ask(r->feeder->server, r->cli.arena, &ask, &answer))
		return client_lost(&r->cli, r->feeder->server);
	enum exit_code code = client_judge(&r->cli, &answer);
	if (code)
		return code;
	const struct json *published = json_get(&answer.json, STR("published"));
	r->published |= published && published->kind == JSON_BOOL && published->boolean;
	witness->size = r->head.size;
	witness->fed_s = (int64_t)time(NULL);
	return say(r, witness, EXIT_GOOD, (struct said){"已见证", "has cosigned the head"});
}

/* Its size, when it is another than we thought (C2SP: text/x.tlog.size). */
static bool size_of(const struct answer *answer, int64_t *ret)
{
	return str_integer(str_trim(answer->body), ret) && *ret >= 0;
}

enum outcome { OUTCOME_SAID, OUTCOME_AGAIN };

static enum outcome take_conflict(struct round *r, struct witness *witness, const struct answer *answer,
				  enum exit_code *ret)
{
	int64_t size;
	if (!size_of(answer, &size)) {
		*ret = say(r, witness, EXIT_REFUSED, (struct said){"应答无法理解", "gives no usable answer"});
		return OUTCOME_SAID;
	}
	/* It may have been fed meanwhile with a head that is newer than ours. */
	if (size > r->head.size && (*ret = read_head(r)))
		return OUTCOME_SAID;
	if (size <= r->head.size && size != witness->size) {
		witness->size = size;
		return OUTCOME_AGAIN;
	}
	*ret = say(r, witness, EXIT_NOT_VERIFIED,
		   size > r->head.size ? (struct said){"见证方见过更长的日志：本日志退回了",
						       "has signed a longer log: this one went back"}
				       : (struct said){"见证方见过同样长度的另一段历史",
						       "has signed another history of this size"});
	return OUTCOME_SAID;
}

static enum outcome judge(struct round *r, struct witness *witness, const struct answer *answer,
			  enum exit_code *ret)
{
	if (answer->status == HTTP_CONFLICT)
		return take_conflict(r, witness, answer, ret);
	if (answer->status == 200)
		*ret = hand_over(r, witness, answer->body);
	else if (answer->status == HTTP_UNPROCESSABLE)
		*ret = say(r, witness, EXIT_NOT_VERIFIED,
			   (struct said){"日志头不包含见证方以前见证的内容",
					 "the head does not contain what it has signed before"});
	else if (answer->status == 403 || answer->status == 404)
		*ret = say(r, witness, EXIT_REFUSED,
			   (struct said){"不认识此日志或其密钥",
					 "does not know this log, or not this key of it"});
	else
		*ret = say(r, witness, EXIT_NO_CONNECTION, (struct said){"暂不可用", "is not available"});
	return OUTCOME_SAID;
}

static enum outcome feed_once(struct round *r, struct client *client, struct str prefix,
			      struct witness *witness, enum exit_code *ret)
{
	struct buf body = buf_create(r->cli.arena, 8192);
	struct answer answer;
	buf_printf(&body, "old %lld\n", (long long)witness->size);
	if (put_proof(r, witness->size, &body)) {
		*ret = client_lost(&r->cli, r->feeder->log.client);
		return OUTCOME_SAID;
	}
	buf_put_char(&body, '\n');
	buf_put(&body, r->note);
	const struct ask ask = {.method = "POST",
				.path = arena_printf(r->cli.arena, "%.*s/add-checkpoint", STR_ARGS(prefix)),
				.body = buf_str(&body),
				.media_type = STR("text/plain; charset=utf-8"),
				.accept = STR("*/*")};
	if (client_ask(client, r->cli.arena, &ask, &answer))
		return judge(r, witness, &answer, ret);
	*ret = say(r, witness, EXIT_NO_CONNECTION, client_why_lost(client));
	return OUTCOME_SAID;
}

static enum exit_code feed(struct round *r, struct witness *witness)
{
	struct client *client = NULL;
	struct str prefix;
	enum exit_code code = client_open_public(&r->cli, witness->url, &client, &prefix);
	if (code)
		return say(r, witness, code, (struct said){"地址有误", "is not an address"});
	enum outcome outcome = OUTCOME_AGAIN;
	for (int i = 0; i < ATTEMPTS && outcome == OUTCOME_AGAIN; i++)
		outcome = feed_once(r, client, prefix, witness, &code);
	if (outcome == OUTCOME_AGAIN)
		code = say(r, witness, EXIT_NO_CONNECTION,
			   (struct said){"不断给出不同的长度", "names another size each time"});
	return code;
}

/* — all of them — */

/* What stands is signed again now and then, so that its time stays fresh. */
static bool is_due(const struct round *r, const struct witness *witness)
{
	return witness->size != r->head.size || (int64_t)time(NULL) - witness->fed_s >= REFRESH_S;
}

/* What a witness has signed of a log that ended says nothing about the one that goes on. */
static void begin_anew(struct feeder *f, const struct checkpoint *head)
{
	int64_t number = log_name_read(head->origin).number;
	for (size_t i = 0; number != f->number && i < f->count; i++)
		f->witnesses[i].size = f->witnesses[i].fed_s = 0;
	f->number = number;
}

static void feed_all(struct round *r)
{
	begin_anew(r->feeder, &r->head);
	for (size_t i = 0; i < r->feeder->count; i++) {
		struct witness *witness = &r->feeder->witnesses[i];
		if (!is_due(r, witness))
			continue;
		enum exit_code code = feed(r, witness);
		if (code && r->worst != EXIT_NOT_VERIFIED)
			r->worst = code;
	}
}

static enum exit_code conclude(const struct round *r, const struct buf *out)
{
	enum exit_code code = r->worst;
	if (code != EXIT_NOT_VERIFIED)
		code = r->published ? EXIT_GOOD : code ? code : EXIT_UNLOGGED;
	if (r->json)
		cli_print(&r->cli,
			  arena_printf(r->cli.arena, "{\"size\":%lld,\"published\":%s,\"witnesses\":[%.*s]}",
				       (long long)r->head.size, r->published ? "true" : "false",
				       STR_ARGS(buf_str(out))));
	else if (r->published)
		printf("%s %lld\n", cli_say(&r->cli, (struct said){"已发布：", "published:"}),
		       (long long)r->head.size);
	return code;
}

static enum exit_code go_round(struct feeder *f)
{
	struct arena *arena = arena_create();
	struct buf out = buf_create(arena, 1024);
	struct json_writer w = json_writer(&out);
	struct round r = {.feeder = f, .cli = *f->cli, .w = &w};
	r.cli.arena = arena;
	r.cli.json = false;
	r.json = f->cli->json;
	enum exit_code code = read_head(&r);
	if (!code) {
		feed_all(&r);
		code = conclude(&r, &out);
	}
	(void)fflush(stdout);
	arena_destroy(arena);
	return code;
}

static enum exit_code run(struct cli *cli)
{
	struct feeder *f = arena_new(cli->arena, struct feeder);
	struct str every = cli_option(cli, "every");
	int64_t pause_s = 0;
	f->cli = cli;
	if (cli->word_count > 1 ||
	    (every.at && (!str_integer(every, &pause_s) || pause_s < 1 || pause_s > 3600)))
		return cli_usage(cli, (struct said){"至多一个地址；--every 为 1 至 3600 秒",
						    "at most one address; --every takes 1 to 3600 seconds"});
	if (cli->word_count)
		cli->url = cli->words[0];
	enum exit_code code = read_witnesses(f);
	if (!code)
		code = client_open(cli, &f->server);
	if (!code)
		code = log_source_open(cli, client_root(f->server), &f->log);
	if (code)
		return code;
	code = go_round(f);
	while (pause_s) { /* as a service: whatever it was, it is tried again */
		(void)sleep((unsigned)pause_s);
		code = go_round(f);
	}
	return code;
}

const struct command command_feed_witness = {
	.name = "feed-witness",
	.summary = {"请见证方为最新日志头作见证", "have the log's witnesses cosign its newest head"},
	.help = {"用法：farmtrail feed-witness [URL] [--policy FILE] [--witness URL] … [--every SECONDS]\n"
		 "\n"
		 "取服务最新签署的日志头，连同一致性证明送交每个见证方（https://c2sp.org/"
		 "tlog-witness），再把见证签名交回服务；\n"
		 "达到 FARMTRAIL_LOG_POLICY 的要求后，服务即发布该日志头。需要具有 admin 权限的密钥。\n"
		 "\n"
		 "  --policy FILE    其中写有见证方的地址；默认为数据目录所设的 FARMTRAIL_LOG_POLICY\n"
		 "  --witness URL    改为送交这些见证方（可重复）\n"
		 "  --every SECONDS  不断进行，作为服务运行；日志未增长时每十分钟再请见证一次\n"
		 "\n"
		 "退出码：0 已发布；4 见证方见过另一段历史；6 见证尚未足够；5 无法连接；1 被拒绝，2 "
		 "用法有误\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail feed-witness --data ./var\n"
		 "  farmtrail feed-witness http://127.0.0.1:8080 --witness http://127.0.0.1:9000 --every "
		 "10\n",
		 "usage: farmtrail feed-witness [URL] [--policy FILE] [--witness URL] … [--every SECONDS]\n"
		 "\n"
		 "Takes the newest head that the server has signed to every witness, with the proof that it "
		 "contains what\n"
		 "the witness has signed before (https://c2sp.org/tlog-witness), and hands their signatures "
		 "to the server,\n"
		 "which publishes the head once the quorum of FARMTRAIL_LOG_POLICY is met. Needs a key with "
		 "scope admin.\n"
		 "\n"
		 "  --policy FILE    names the witnesses' addresses; default: FARMTRAIL_LOG_POLICY of the "
		 "data directory\n"
		 "  --witness URL    asks these instead (may be repeated)\n"
		 "  --every SECONDS  goes on for ever, as a service; a log that does not grow is cosigned "
		 "every ten minutes\n"
		 "\n"
		 "Exit codes: 0 published; 4 a witness has signed another history; 6 too few witnesses yet; "
		 "5 no connection;\n"
		 "1 refused, 2 usage\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail feed-witness --data ./var\n"
		 "  farmtrail feed-witness http://127.0.0.1:8080 --witness http://127.0.0.1:9000 --every "
		 "10\n"},
	.values = values,
	.run = run,
};
