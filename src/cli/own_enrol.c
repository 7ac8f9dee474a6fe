/* SPDX-License-Identifier: Apache-2.0
 * farmtrail key enrol: makes a signing key here, and has it enrolled for the organisation that the token is of. */
#include <stdio.h>

#include "own_key_priv.h"

#include "ft/base/text.h"
#include "ft/core/statement.h"

static bool algorithm_of(struct str word, enum sign_algorithm *ret)
{
	static const struct {
		const char *word;
		enum sign_algorithm algorithm;
	} known[] = {{"p256", SIGN_P256}, {"ed25519", SIGN_ED25519}, {"sm2", SIGN_SM2}};
	*ret = SIGN_P256;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		*ret = known[i].algorithm;
		if (str_equal(word, str_of(known[i].word)))
			return true;
	}
	*ret = SIGN_P256;
	return !word.at;
}

static struct str pair_of(struct arena *arena, const char *first, struct str a, const char *second,
			  struct str b)
{
	struct buf out = buf_create(arena, 512);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, str_of(first), a);
	json_pair(&w, str_of(second), b);
	json_end_object(&w);
	return buf_str(&out);
}

/* The statement has to enrol this key, kept by the organisation, and nothing else. */
static bool is_of_key(const struct cli *cli, struct str text, struct str name, struct own_key *key)
{
	struct statement s;
	struct str use = cli_option(cli, "use");
	return statement_parse(cli->arena, text, &s) && str_equal(s.kind, STR("key")) &&
	       str_equal(s.use, use.at ? use : STR("event")) && str_equal(s.custody, STR("self")) &&
	       !s.has_predecessor && sha256_equal(s.key, key->fingerprint) &&
	       str_equal(name, statement_signer_name(cli->arena, s.log, s.org)) &&
	       note_key_from_spki(name, key->spki, &key->public) &&
	       str_equal(s.vkey, note_key_print(cli->arena, &key->public));
}

/* What the device signs and anybody can read in the log. */
static void say_reason(const struct cli *cli, struct str reason)
{
	struct str words = key_reason_text(reason, cli->language);
	const char *label =
		cli_say(cli, (struct said){"登记原因，将公开载入日志",
					   "why the registrar vouches for it, in the public log"});
	fprintf(stderr, "%s: %.*s\n", label, STR_ARGS(words));
}

static enum exit_code ask_for(struct cli *cli, struct client *client, struct str token, struct own_key *key,
			      struct str *ret_text)
{
	struct answer answer;
	struct str spki = base64_encode(cli->arena, key->spki);
	const struct ask ask = {.method = "POST",
				.path = STR("/v1/signing-keys:prepare"),
				.body = pair_of(cli->arena, "token", token, "spki", spki),
				.without_key = true};
	if (!client_ask(client, cli->arena, &ask, &answer))
		return client_lost(cli, client);
	enum exit_code code = client_judge(cli, &answer);
	if (code)
		return code;
	struct statement s;
	*ret_text = json_text(json_get(&answer.json, STR("statement")));
	struct str name = json_text(json_get(&answer.json, STR("name")));
	if (!ret_text->at || !name.at || !is_of_key(cli, *ret_text, name, key))
		return cli_fail(
			cli, EXIT_NOT_VERIFIED,
			str_of(cli_say(cli, (struct said){"服务给出的内容不是登记此密钥，未签名",
							  "what the service wants signed does not enrol "
							  "this key: nothing was signed"})));
	if (statement_parse(cli->arena, *ret_text, &s) && s.reason.at)
		say_reason(cli, s.reason);
	return EXIT_GOOD;
}

static enum exit_code send_note(struct cli *cli, struct client *client, struct str token, struct str note)
{
	struct answer answer;
	const struct ask ask = {.method = "POST",
				.path = STR("/v1/signing-keys"),
				.body = pair_of(cli->arena, "token", token, "note", note),
				.without_key = true};
	if (!client_ask(client, cli->arena, &ask, &answer))
		return client_lost(cli, client);
	enum exit_code code = client_judge(cli, &answer);
	if (!code && cli->json)
		cli_print(cli, answer.body);
	else if (!code)
		cli_print(cli, json_text(json_get(&answer.json, STR("fingerprint"))));
	return code;
}

/* The file is on disk before the key is known to anybody. */
static enum exit_code enrol(struct cli *cli, struct client *client, struct str path, struct own_key *key)
{
	struct str text, token = cli->words[1];
	key->spki = private_key_spki(cli->arena, key->key);
	key->fingerprint = sha256_of(key->spki);
	enum exit_code code = ask_for(cli, client, token, key, &text);
	if (!code)
		code = own_key_write(cli, path, key);
	if (code)
		return code;
	struct str note = own_key_sign(cli->arena, key, text);
	return note.at ? send_note(cli, client, token, note) : cli_fail_problem(cli, PROBLEM_INTERNAL, NULL);
}

enum exit_code own_enrol(struct cli *cli, struct client *client)
{
	enum sign_algorithm algorithm;
	struct own_key key = {0};
	struct str path = cli_option(cli, "keep");
	if (cli->word_count != 2 || !path.at)
		return cli_usage(
			cli, (struct said){"需要许可与 --keep 文件", "a token and --keep FILE are needed"});
	if (!algorithm_of(cli_option(cli, "algorithm"), &algorithm))
		return cli_usage(cli, (struct said){"--algorithm 为 p256、ed25519 或 sm2",
						    "--algorithm is p256, ed25519 or sm2"});
	struct str use = cli_option(cli, "use");
	if (use.at && !str_equal(use, STR("event")) && !str_equal(use, STR("inspect")))
		return cli_usage(cli,
				 (struct said){"--use 为 event 或 inspect", "--use is event or inspect"});
	if (private_key_generate(algorithm, &key.key))
		return cli_fail_problem(cli, PROBLEM_INTERNAL, NULL);
	enum exit_code code = enrol(cli, client, path, &key);
	own_key_finish(&key);
	return code;
}
