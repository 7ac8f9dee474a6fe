/* SPDX-License-Identifier: Apache-2.0
 * farmtrail verify: checks a proof, a bundle of proofs or every step of a saved trail, and says in words what holds. */
#include <stdio.h>

#include "client_priv.h"
#include "verify_priv.h"

#include "ft/base/text.h"
#include "ft/core/statement.h"
#include "ft/core/verifier.h"
#include "ft/crypto/sign.h"

static const char *const flags[] = {"page", NULL};
static const char *const values[] = {"registrar", "log", "policy", "entry", NULL};

struct verification {
	struct cli *cli;
	struct client *client; /* NULL: not opened yet */
	struct proof_trust trust;
	struct note_key registrar;
	struct policy policy;
	struct str policy_text, registrar_text; /* as they stand in the page */
	size_t checked, failed, trusted;
	enum proof_verdict worst;
};

static const struct note_verifier verifier = {.verify = verify_spki};

static enum exit_code read_policy(struct verification *v)
{
	struct str path = cli_option(v->cli, "policy"), log = cli_key_option(v->cli, "log");
	struct note_key key;
	size_t line = 0;
	if (!path.at && !log.at)
		return EXIT_GOOD;
	if (path.at && log.at)
		return cli_usage(v->cli, (struct said){"--policy 与 --log 只能选一个",
						       "give --policy or --log, not both"});
	v->trust.policy = &v->policy;
	if (log.at) {
		if (!note_key_parse(v->cli->arena, log, &key) || note_key_is_sm2(&key))
			return cli_usage(v->cli,
					 (struct said){"--log 不是 vkey", "--log is not a verifier key"});
		v->policy = policy_of_log(&key);
		v->policy_text = policy_text_of_log(v->cli->arena, log, /* sm2 */ (struct str){NULL, 0});
		return EXIT_GOOD;
	}
	struct str text = cli_read_file(v->cli, path);
	if (!text.at)
		return cli_usage(v->cli, (struct said){"无法读取信任策略文件", "the policy cannot be read"});
	v->policy_text = text;
	if (policy_parse(v->cli->arena, text, &v->policy, &line))
		return EXIT_GOOD;
	return cli_fail(v->cli, EXIT_USAGE,
			arena_printf(v->cli->arena,
				     v->cli->language == LANGUAGE_ZH ? "信任策略第 %zu 行有误"
								     : "line %zu of the policy is wrong",
				     line));
}

static enum exit_code read_trust(struct verification *v)
{
	struct str registrar = cli_key_option(v->cli, "registrar");
	if (registrar.at && !note_key_parse(v->cli->arena, registrar, &v->registrar))
		return cli_usage(v->cli,
				 (struct said){"--registrar 不是 vkey", "--registrar is not a verifier key"});
	v->registrar_text = registrar;
	v->trust.registrar = registrar.at ? &v->registrar : NULL;
	return read_policy(v);
}

static void count(struct verification *v, enum proof_verdict verdict, bool ok, bool trusted)
{
	v->checked++;
	v->failed += !ok;
	v->trusted += trusted;
	if (verdict > v->worst)
		v->worst = verdict;
}

static void not_usable(struct verification *v, const struct fault *fault)
{
	count(v, PROOF_BROKEN, /* ok */ false, /* trusted */ false);
	(void)cli_fail(v->cli, EXIT_NOT_VERIFIED,
		       arena_printf(v->cli->arena, "%s %s",
				    cli_say(v->cli, (struct said){"不是可用的证明", "not a usable proof"}),
				    fault->pointer));
}

/* `expected`: SHA-256 of the statement that the trail names; absent: a proof on its own. `title`: of the step. */
static void check_proof(struct verification *v, struct str text, struct str expected, struct str title)
{
	struct arena *arena = v->cli->arena;
	struct proof proof;
	struct note note;
	struct fault fault = {0};
	if (proof_parse(arena, text, &proof, &fault)) {
		not_usable(v, &fault);
		if (expected.at && !v->cli->json)
			printf("✗ %.*s\n", STR_ARGS(title));
		return;
	}
	struct proof_report report = proof_verify(arena, &proof, v->trust, verifier);
	if (expected.at && note_parse(arena, proof.statement, &note)) {
		struct sha256 hash = statement_hash(note.text);
		if (!str_equal(base64_encode(arena, sha256_bytes(&hash)), expected)) {
			report.ok = report.trusted = false;
			report.verdict = PROOF_BROKEN;
			(void)cli_fail(
				v->cli, EXIT_NOT_VERIFIED,
				str_of(cli_say(v->cli, (struct said){"证明属于另一条记录",
								     "the proof is of another record"})));
		}
	}
	count(v, report.verdict, report.ok, report.trusted);
	if (!expected.at)
		verify_print_report(v->cli, &report);
	else if (!v->cli->json)
		verify_print_step(v->cli, &report, title);
}

static enum exit_code fetch(struct verification *v, struct str path, struct answer *ret)
{
	enum exit_code code = v->client ? EXIT_GOOD : client_open(v->cli, &v->client);
	return code ? code : client_get(v->cli, v->client, path, ret);
}

static struct str title_of(struct verification *v, const struct json *step)
{
	struct str time = json_text(json_get(step, STR("time"))),
		   type = json_text(json_get(step, STR("type")));
	return arena_printf(v->cli->arena, "%.16s %.*s", time.len >= 16 ? time.at : "", STR_ARGS(type));
}

static enum exit_code check_step(struct verification *v, const struct json *step)
{
	const struct json *proof = json_get(step, STR("proof"));
	struct str href = json_text(json_get(proof, STR("href"))),
		   statement = json_text(json_get(proof, STR("statement")));
	struct answer answer;
	if (!href.at || !statement.at) {
		count(v, PROOF_INCOMPLETE, /* ok */ false, /* trusted */ false);
		if (!v->cli->json)
			printf("✗ %.*s\n", STR_ARGS(title_of(v, step)));
		return EXIT_GOOD;
	}
	/* An address of another host is asked of the server we were told of: the proof stands for
	 * itself. */
	struct str rest = str_starts(href, STR("http")) ? str_from(href, 8) : href;
	while (rest.len && rest.at[0] != '/')
		rest = str_from(rest, 1);
	enum exit_code code = fetch(v, rest, &answer);
	if (!code)
		check_proof(v, answer.body, statement, title_of(v, step));
	return code;
}

static enum exit_code check_trail(struct verification *v, const struct json *steps)
{
	enum exit_code code = EXIT_GOOD;
	for (size_t i = 0; i < steps->count && !code; i++)
		code = check_step(v, &steps->items[i]);
	if (!code && v->cli->json)
		verify_print_count(v->cli, v->worst, v->checked, v->failed);
	return code;
}

static void check_bundle(struct verification *v, const struct json *json)
{
	struct bundle bundle;
	struct fault fault = {0};
	if (bundle_read(v->cli->arena, json, &bundle, &fault)) {
		not_usable(v, &fault);
		return;
	}
	struct bundle_report report = bundle_verify(v->cli->arena, &bundle, v->trust, verifier);
	for (size_t i = 0; i < report.step_count; i++)
		count(v, report.steps[i].report.verdict, report.steps[i].report.ok,
		      report.steps[i].report.trusted);
	if (report.verdict > v->worst)
		v->worst = report.verdict;
	verify_print_bundle(v->cli, &report);
}

/* The entry stands in a file, or in the proof's own extra line: the path shows which bytes were logged. */
static enum exit_code check_tlog_proof(struct verification *v, struct str text)
{
	struct str path = cli_option(v->cli, "entry");
	struct tlog_proof proof;
	struct fault fault = {0};
	if (!tlog_proof_parse(v->cli->arena, text, &proof)) {
		not_usable(v, &fault);
		return EXIT_GOOD;
	}
	struct bytes entry = path.at ? str_bytes(cli_read_file(v->cli, path)) : proof.extra;
	if (!entry.at)
		return cli_usage(v->cli, (struct said){"请用 --entry 给出日志条目的文件",
						       "name the file of the logged entry with --entry"});
	struct proof_report report = tlog_proof_verify(v->cli->arena, &proof, entry, v->trust, verifier);
	count(v, report.verdict, report.ok, /* nobody signs in it: no registrar is needed */ report.ok);
	verify_print_report(v->cli, &report);
	return EXIT_GOOD;
}

static enum exit_code conclude(const struct verification *v)
{
	if (v->cli->json)
		return verify_exit(v->worst);
	bool good = v->worst <= PROOF_UNLOGGED;
	printf("%zu / %zu %s %s\n", v->failed ? v->failed : v->checked, v->checked, good ? "✓" : "✗",
	       verify_verdict_sentence(v->cli, v->worst));
	if (good && v->trusted < v->checked && !v->trust.registrar)
		printf("%s\n",
		       cli_say(v->cli,
			       (struct said){
				       "证明自身一致；要确认由谁签署，请用 --registrar 给出登记处的 vkey",
				       "consistent in themselves; to be sure who signed, give the "
				       "registrar's "
				       "key with --registrar"}));
	return verify_exit(v->worst);
}

/* Of a trail the one address where it comes with its proofs. */
static struct str path_with_proofs(struct arena *arena, struct str path)
{
	struct str query;
	struct str resource = str_cut(path, '?', &query);
	struct str lot = {resource.at, resource.len};
	if (str_starts(resource, STR("/v1/lots/")) && str_ends(resource, STR("/trail")))
		lot.len -= sizeof "/trail" - 1;
	else if (!str_starts(resource, STR("/t/")) || str_ends(resource, STR("/proofs")))
		return path;
	return arena_printf(arena, "%.*s/proofs%s%.*s", STR_ARGS(lot), query.at ? "?" : "", STR_ARGS(query));
}

/* What proves itself is asked of anybody, without a key; this machine's own server may be asked for more. */
static enum exit_code read_address(struct verification *v, struct str source, struct str *ret)
{
	struct str rest = str_from(source, str_starts(source, STR("https://")) ? 8 : 7), path, none;
	struct str host = str_cut(rest, '/', &path);
	struct str root = {source.at, (size_t)(host.at + host.len - source.at)};
	struct answer answer = {0};
	enum exit_code code = EXIT_GOOD;
	v->cli->url = root;
	if (!client_is_local(v->cli->arena, root))
		code = client_open_public(v->cli, root, &v->client, &none);
	if (!code)
		code = fetch(
			v,
			path_with_proofs(v->cli->arena, arena_printf(v->cli->arena, "/%.*s", STR_ARGS(path))),
			&answer);
	if (!code)
		*ret = answer.body;
	return code;
}

static enum exit_code read_input(struct verification *v, struct str *ret)
{
	struct str source = v->cli->words[0];
	if (str_starts(source, STR("http://")) || str_starts(source, STR("https://")))
		return read_address(v, source, ret);
	*ret = cli_read_file(v->cli, source);
	if (ret->at)
		return EXIT_GOOD;
	return cli_fail(v->cli, EXIT_REFUSED,
			str_of(cli_say(v->cli, (struct said){"无法读取文件", "the file cannot be read"})));
}

static enum exit_code check_input(struct verification *v, struct str text)
{
	struct json json;
	struct fault fault = {0};
	if (str_starts(text, STR("c2sp.org/tlog-proof@")))
		return check_tlog_proof(v, text);
	if (json_parse(v->cli->arena, text, &json, &fault) || json.kind != JSON_OBJECT)
		return cli_fail(v->cli, EXIT_NOT_VERIFIED,
				str_of(cli_say(v->cli, (struct said){"既不是证明也不是追溯链",
								     "neither a proof nor a trail"})));
	const struct json *steps = json_get(&json, STR("steps"));
	if (bundle_is(&json))
		check_bundle(v, &json);
	else if (steps && steps->kind == JSON_ARRAY)
		return check_trail(v, steps);
	else
		check_proof(v, text, (struct str){NULL, 0}, (struct str){NULL, 0});
	return EXIT_GOOD;
}

/* The page on standard output, its digest on standard error: `sha256sum` of the file says the same. */
static enum exit_code print_page(const struct verification *v)
{
	struct str page = verifier_page(v->cli->arena, v->policy_text, v->registrar_text);
	struct sha256 hash = sha256_of(str_bytes(page));
	fwrite(page.at, 1, page.len, stdout);
	fprintf(stderr, "sha256 %.*s\n", STR_ARGS(hex_encode(v->cli->arena, sha256_bytes(&hash))));
	return EXIT_GOOD;
}

static enum exit_code run_page(struct verification *v)
{
	if (v->cli->word_count != 0)
		return cli_usage(v->cli, (struct said){"--page 不带文件", "--page takes no file"});
	enum exit_code code = read_trust(v);
	return code ? code : print_page(v);
}

static enum exit_code run(struct cli *cli)
{
	struct verification v = {.cli = cli};
	struct str text = {NULL, 0};
	if (cli_flag(cli, "page"))
		return run_page(&v);
	if (!cli->word_count && cli_option(cli, "data").at)
		return verify_data(cli);
	if (cli->word_count != 1)
		return cli_usage(cli, (struct said){"请写明一个文件或地址", "name one file or address"});
	enum exit_code code = read_trust(&v);
	if (!code)
		code = read_input(&v, &text);
	if (!code)
		code = check_input(&v, text);
	return code ? code : conclude(&v);
}

const struct command command_verify = {
	.name = "verify",
	.summary = {"验证证明或保存的追溯链，可离线", "check a proof or a saved trail, offline if need be"},
	.help = {"用法：farmtrail verify FILE|URL [--policy FILE] [--registrar VKEY]\n"
		 "      farmtrail verify --page [--policy FILE] [--registrar VKEY] > verify.html\n"
		 "      farmtrail verify --data DIR [--json]\n"
		 "\n"
		 "FILE 是：带证明的追溯链（/t/…/proofs）、一条记录的证明（/v1/events/…/proof）、C2SP 的 "
		 ".tlog-proof 文件、\n"
		 "或追溯链（/v1/lots/…/trail，其证明逐一向服务索取）；“-”为标准输入。前三种无需网络。\n"
		 "每项检查用一句话说明结果。\n"
		 "只写 --data "
		 "而不写文件时，核对整个数据目录：由签名记录重新推出批次关系、名称、库存、发货、签名与日志，"
		 "\n"
		 "逐一列出与数据库不符之处；服务可照常运行。\n"
		 "\n"
		 "  --policy FILE     "
		 "信任策略（https://c2sp.org/tlog-policy）：日志与见证方的公钥，以及须有几个见证\n"
		 "  --log VKEY        只信任一个日志、不要求见证的策略：其公钥，或存有它的文件\n"
		 "  --registrar VKEY  "
		 "您信任的登记处公钥，或存有它的文件（DIR/registrar.vkey）；没有它不能说明密钥属于谁\n"
		 "  --entry FILE      .tlog-proof 所证明的日志条目\n"
		 "  --page            输出可在浏览器中离线核验的页面（内含上述信任），并给出其 SHA-256\n"
		 "\n"
		 "退出码：0 成立；4 不成立；6 签名成立，但日志或见证尚未达到策略要求；7 有记录缺失；\n"
		 "        1 无法读取，2 用法有误，5 无法连接\n"
		 "\n"
		 "示例：\n"
		 "  curl -s http://127.0.0.1:8080/t/CODE/proofs > trail.json\n"
		 "  farmtrail verify trail.json --policy policy.txt --registrar registrar.vkey\n"
		 "  curl -s http://127.0.0.1:8080/v1/events/ID/proof | farmtrail verify -\n"
		 "  farmtrail verify --data ./var\n",
		 "usage: farmtrail verify FILE|URL [--policy FILE] [--registrar VKEY]\n"
		 "       farmtrail verify --page [--policy FILE] [--registrar VKEY] > verify.html\n"
		 "       farmtrail verify --data DIR [--json]\n"
		 "\n"
		 "FILE is a trail with its proofs (/t/…/proofs), the proof of one record "
		 "(/v1/events/…/proof), a C2SP "
		 ".tlog-proof\n"
		 "file, or a trail (/v1/lots/…/trail; its proofs are asked of the server); \"-\" is standard "
		 "input. The "
		 "first three\n"
		 "need no network. Each check says in a sentence what holds.\n"
		 "With --data and no file a whole installation is checked: lineage, names, stock, shipments, "
		 "signatures and places in\n"
		 "the log are derived from the signed records again, and every difference from what the "
		 "database stores is named;\n"
		 "the server may go on meanwhile.\n"
		 "\n"
		 "  --policy FILE     whom you trust (https://c2sp.org/tlog-policy): keys of logs and "
		 "witnesses, and how "
		 "many of these\n"
		 "  --log VKEY        a policy of one log and no witness: its key, or a file with it\n"
		 "  --registrar VKEY  the registrar's key that you trust, or a file with it "
		 "(DIR/registrar.vkey, from a "
		 "source you\n"
		 "                    trust); without it nobody vouches for whose the keys are\n"
		 "  --entry FILE      the logged entry that a .tlog-proof is of\n"
		 "  --page            prints the page that checks the same in a browser, offline, with this "
		 "trust "
		 "embedded, and\n"
		 "                    its SHA-256\n"
		 "\n"
		 "Exit codes: 0 holds; 4 does not hold; 6 the signatures hold, but log or witnesses of the "
		 "policy do not "
		 "cover it\n"
		 "yet; 7 a record is held back; 1 cannot be read, 2 usage, 5 no connection\n"
		 "\n"
		 "Examples:\n"
		 "  curl -s http://127.0.0.1:8080/t/CODE/proofs > trail.json\n"
		 "  farmtrail verify trail.json --policy policy.txt --registrar registrar.vkey\n"
		 "  curl -s http://127.0.0.1:8080/v1/events/ID/proof | farmtrail verify -\n"
		 "  farmtrail verify --data ./var\n"},
	.flags = flags,
	.values = values,
	.run = run,
};
