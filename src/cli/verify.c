/* SPDX-License-Identifier: Apache-2.0
 * farmtrail verify: checks a proof, or every step of a saved trail, and says in words what holds. */
#include <stdio.h>
#include <unistd.h>

#include "client_priv.h"

#include "ft/base/text.h"
#include "ft/core/proof.h"
#include "ft/core/statement.h"
#include "ft/crypto/sign.h"

static const char *const values[] = {"registrar", "log", NULL};

struct verification {
	struct cli *cli;
	struct client *client; /* NULL: not opened yet */
	struct proof_trust trust;
	struct note_key registrar, log;
	size_t checked, failed, trusted;
};

static const struct note_verifier verifier = {.verify = verify_spki};

/* The key itself, or a file that holds it. */
static struct str key_given(const struct cli *cli, const char *option)
{
	struct str given = cli_option(cli, option);
	bool is_file = given.at && access(arena_str(cli->arena, given).at, R_OK) == 0;
	return is_file ? str_trim(cli_read_file(cli, given)) : given;
}

static enum exit_code read_trust(struct verification *v)
{
	struct str registrar = key_given(v->cli, "registrar"), log = key_given(v->cli, "log");
	if (registrar.at && !note_key_parse(v->cli->arena, registrar, &v->registrar))
		return cli_usage(v->cli,
				 (struct said){"--registrar 不是 vkey", "--registrar is not a verifier key"});
	if (log.at && !note_key_parse(v->cli->arena, log, &v->log))
		return cli_usage(v->cli, (struct said){"--log 不是 vkey", "--log is not a verifier key"});
	v->trust = (struct proof_trust){.registrar = registrar.at ? &v->registrar : NULL,
					.log = log.at ? &v->log : NULL};
	return EXIT_GOOD;
}

static const char *mark(enum proof_finding finding)
{
	switch (finding) {
	case PROOF_PASSED:
		return "✓";
	case PROOF_FAILED:
		return "✗";
	case PROOF_SKIPPED:
		break;
	}
	return "–";
}

static const char *word(enum proof_finding finding)
{
	switch (finding) {
	case PROOF_PASSED:
		return "passed";
	case PROOF_FAILED:
		return "failed";
	case PROOF_SKIPPED:
		break;
	}
	return "skipped";
}

static void print_report_json(const struct verification *v, const struct proof_report *report)
{
	struct buf out = buf_create(v->cli->arena, 1024);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_name(&w, STR("ok"));
	json_bool(&w, report->ok);
	json_name(&w, STR("trusted"));
	json_bool(&w, report->trusted);
	if (report->tier < TIER_COUNT)
		json_pair(&w, STR("tier"), str_of(tier_words[report->tier]));
	json_name(&w, STR("checks"));
	json_begin_array(&w);
	for (size_t i = 0; i < report->count; i++) {
		json_begin_object(&w);
		json_pair(&w, STR("check"), str_of(report->checks[i].name));
		json_pair(&w, STR("finding"), str_of(word(report->checks[i].finding)));
		json_pair(&w, STR("text"), str_of(report->checks[i].text[v->cli->language]));
		json_end_object(&w);
	}
	json_end_array(&w);
	json_end_object(&w);
	cli_print(v->cli, buf_str(&out));
}

static void print_report(const struct verification *v, const struct proof_report *report)
{
	if (v->cli->json) {
		print_report_json(v, report);
		return;
	}
	for (size_t i = 0; i < report->count; i++)
		printf("  %s %s\n", mark(report->checks[i].finding),
		       report->checks[i].text[v->cli->language]);
}

/* `expected`: SHA-256 of the statement that the trail names; absent: a proof on its own. */
static void check_proof(struct verification *v, struct str text, struct str expected)
{
	struct arena *arena = v->cli->arena;
	struct proof proof;
	struct note note;
	struct fault fault = {0};
	v->checked++;
	if (proof_parse(arena, text, &proof, &fault)) {
		v->failed++;
		(void)cli_fail(
			v->cli, EXIT_NOT_VERIFIED,
			arena_printf(arena, "%s %s",
				     cli_say(v->cli, (struct said){"不是可用的证明", "not a usable proof"}),
				     fault.pointer));
		return;
	}
	struct proof_report report = proof_verify(arena, &proof, v->trust, verifier);
	if (expected.at && note_parse(arena, proof.statement, &note)) {
		struct sha256 hash = statement_hash(note.text);
		if (!str_equal(base64_encode(arena, sha256_bytes(&hash)), expected)) {
			report.ok = false;
			(void)cli_fail(
				v->cli, EXIT_NOT_VERIFIED,
				str_of(cli_say(v->cli, (struct said){"证明属于另一条记录",
								     "the proof is of another record"})));
		}
	}
	if (!report.ok)
		v->failed++;
	if (report.trusted)
		v->trusted++;
	if (!expected.at || !report.ok)
		print_report(v, &report);
}

static enum exit_code fetch(struct verification *v, struct str path, struct answer *ret)
{
	enum exit_code code = v->client ? EXIT_GOOD : client_open(v->cli, &v->client);
	return code ? code : client_get(v->cli, v->client, path, ret);
}

static struct str text_in(const struct json *object, struct str member)
{
	const struct json *value = object ? json_get(object, member) : NULL;
	return value && value->kind == JSON_STRING ? value->text : (struct str){NULL, 0};
}

static enum exit_code check_step(struct verification *v, const struct json *step)
{
	const struct json *proof = json_get(step, STR("proof"));
	struct str href = text_in(proof, STR("href")), statement = text_in(proof, STR("statement"));
	struct str time = text_in(step, STR("time")), type = text_in(step, STR("type"));
	struct answer answer;
	size_t failed = v->failed;
	if (!href.at || !statement.at) {
		v->checked++;
		v->failed++;
		printf("✗ %.16s %.*s\n", time.len >= 16 ? time.at : "", STR_ARGS(type));
		return EXIT_GOOD;
	}
	/* An address of another host is asked of the server we were told of: the proof stands for
	 * itself. */
	struct str rest = str_starts(href, STR("http")) ? str_from(href, 8) : href;
	while (rest.len && rest.at[0] != '/')
		rest = str_from(rest, 1);
	enum exit_code code = fetch(v, rest, &answer);
	if (code)
		return code;
	check_proof(v, answer.body, statement);
	if (!v->cli->json)
		printf("%s %.16s %.*s\n", v->failed == failed ? "✓" : "✗", time.len >= 16 ? time.at : "",
		       STR_ARGS(type));
	return EXIT_GOOD;
}

static enum exit_code check_trail(struct verification *v, const struct json *steps)
{
	enum exit_code code = EXIT_GOOD;
	for (size_t i = 0; i < steps->count && !code; i++)
		code = check_step(v, &steps->items[i]);
	return code;
}

static enum exit_code conclude(const struct verification *v)
{
	if (!v->cli->json) {
		printf(v->failed ? "%zu / %zu ✗ %s\n" : "%zu / %zu ✓ %s\n",
		       v->failed ? v->failed : v->checked, v->checked,
		       cli_say(v->cli, v->failed ? (struct said){"未通过", "did not hold"}
						 : (struct said){"全部成立", "hold"}));
		if (!v->failed && v->trusted < v->checked)
			printf("%s\n",
			       cli_say(v->cli,
				       (struct said){
					       "证明自身一致；要确认由谁签署，请用 --registrar 给出登记处的 "
					       "vkey",
					       "consistent in themselves; to be sure who signed, give the "
					       "registrar's key with --registrar"}));
	}
	return v->failed ? EXIT_NOT_VERIFIED : EXIT_GOOD;
}

static enum exit_code read_input(struct verification *v, struct str *ret)
{
	struct str source = v->cli->words[0];
	if (str_starts(source, STR("http://")) || str_starts(source, STR("https://"))) {
		struct answer answer;
		struct str rest = str_from(source, str_starts(source, STR("https://")) ? 8 : 7), path;
		struct str host = str_cut(rest, '/', &path);
		if (!path.at)
			path = STR("");
		if (str_starts(source, STR("https://")))
			return cli_usage(v->cli, (struct said){"请先下载证明，再验证文件",
							       "download the proof and verify the file"});
		v->cli->url = arena_printf(v->cli->arena, "http://%.*s", STR_ARGS(host));
		enum exit_code code = fetch(v, arena_printf(v->cli->arena, "/%.*s", STR_ARGS(path)), &answer);
		*ret = answer.body;
		return code;
	}
	*ret = cli_read_file(v->cli, source);
	if (ret->at)
		return EXIT_GOOD;
	return cli_fail(v->cli, EXIT_REFUSED,
			str_of(cli_say(v->cli, (struct said){"无法读取文件", "the file cannot be read"})));
}

static enum exit_code run(struct cli *cli)
{
	struct verification v = {.cli = cli};
	struct str text = {NULL, 0};
	struct json json;
	struct fault fault = {0};
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"请写明一个文件或地址", "name one file or address"});
	enum exit_code code = read_trust(&v);
	if (!code)
		code = read_input(&v, &text);
	if (code) {
		client_close(v.client);
		return code;
	}
	if (json_parse(cli->arena, text, &json, &fault) || json.kind != JSON_OBJECT) {
		client_close(v.client);
		return cli_fail(cli, EXIT_NOT_VERIFIED,
				str_of(cli_say(cli, (struct said){"既不是证明也不是追溯链",
								  "neither a proof nor a trail"})));
	}
	const struct json *steps = json_get(&json, STR("steps"));
	if (steps && steps->kind == JSON_ARRAY)
		code = check_trail(&v, steps);
	else
		check_proof(&v, text, (struct str){NULL, 0});
	client_close(v.client);
	return code ? code : conclude(&v);
}

const struct command command_verify = {
	.name = "verify",
	.summary = {"验证证明或保存的追溯链", "check a proof or a saved trail"},
	.help = {"用法：farmtrail verify FILE|URL [--registrar VKEY] [--log VKEY]\n"
		 "\n"
		 "FILE 是保存的证明（/v1/events/…/proof）或追溯链（/v1/lots/…/trail）；“-”为标准输入。\n"
		 "追溯链的每一步都向服务索取证明并逐一验证。每项检查用一句话说明结果。\n"
		 "\n"
		 "  --registrar VKEY  "
		 "您信任的登记处公钥，或存有它的文件（DIR/registrar.vkey）；没有它只能说明证明自身一致\n"
		 "  --log VKEY        您信任的日志公钥，或存有它的文件\n"
		 "\n"
		 "示例：\n"
		 "  farmtrail verify proof.json --registrar registrar.vkey\n"
		 "  farmtrail verify trail.json --url http://127.0.0.1:8080\n"
		 "  curl -s http://127.0.0.1:8080/v1/events/ID/proof | farmtrail verify -\n",
		 "usage: farmtrail verify FILE|URL [--registrar VKEY] [--log VKEY]\n"
		 "\n"
		 "FILE is a saved proof (/v1/events/…/proof) or a saved trail (/v1/lots/…/trail); \"-\" is "
		 "standard input. Of a\n"
		 "trail the proof of every step is asked of the server and checked. Each check says in a "
		 "sentence what holds.\n"
		 "\n"
		 "  --registrar VKEY  the registrar's key that you trust, or a file with it "
		 "(DIR/registrar.vkey, from a source you\n"
		 "                    trust); without it a proof is only consistent in itself\n"
		 "  --log VKEY        the log's key that you trust, or a file with it\n"
		 "\n"
		 "Examples:\n"
		 "  farmtrail verify proof.json --registrar registrar.vkey\n"
		 "  farmtrail verify trail.json --url http://127.0.0.1:8080\n"
		 "  curl -s http://127.0.0.1:8080/v1/events/ID/proof | farmtrail verify -\n"},
	.values = values,
	.run = run,
};
