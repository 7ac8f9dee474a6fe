/* SPDX-License-Identifier: Apache-2.0
 * farmtrail event endorse: has the service sign for an inspector's office, or signs here what it words, once that is seen to be
 * about the record that was named and to say what was asked for. */
#include "own_key_priv.h"

#include "ft/base/text.h"
#include "ft/core/statement.h"

struct endorsing {
	struct cli *cli;
	struct client *client;
	const struct own_key *key; /* NULL: the service signs */
	struct str path;           /* of the record's endorsements */
	const char *says;
};

static struct str body_of(const struct endorsing *e, const char *word, struct str value)
{
	struct buf out = buf_create(e->cli->arena, 512);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("says"), str_of(e->says));
	json_pair(&w, STR("party"), cli_option(e->cli, "party"));
	json_pair(&w, str_of(word), value);
	json_end_object(&w);
	return buf_str(&out);
}

static enum exit_code post(const struct endorsing *e, const char *verb, struct str body, struct answer *ret)
{
	struct str path = arena_printf(e->cli->arena, "%.*s%s", STR_ARGS(e->path), verb);
	const struct ask ask = {.method = "POST", .path = path, .body = body};
	if (!client_ask(e->client, e->cli->arena, &ask, ret))
		return client_lost(e->cli, e->client);
	return client_judge(e->cli, ret);
}

static bool read_note(const struct endorsing *e, struct str text, struct statement *ret,
		      struct sha256 *ret_hash)
{
	struct note note;
	if (!text.at || !note_parse(e->cli->arena, text, &note) ||
	    !statement_parse(e->cli->arena, note.text, ret))
		return false;
	*ret_hash = statement_hash(note.text);
	return true;
}

static bool is_about(const struct statement *s, struct sha256 hash)
{
	return s->prevs.count == 1 && sha256_equal(s->prevs.hashes[0], hash);
}

/* The record's statement as whoever looked at it was shown it; of a withdrawal, one of this office's endorsements of that. */
static bool is_of_record(const struct endorsing *e, const struct statement *s, const struct json *record,
			 struct sha256 stated)
{
	const struct json *list = json_get(record, STR("endorsements"));
	if (str_equal(s->says, STR("agrees")))
		return is_about(s, stated);
	for (size_t i = 0; list && list->kind == JSON_ARRAY && i < list->count; i++) {
		struct statement endorsement;
		struct sha256 hash;
		struct str note = json_text(json_get(&list->items[i], STR("statement")));
		if (read_note(e, note, &endorsement, &hash) && str_equal(endorsement.kind, STR("endorse")) &&
		    uuid_equal(endorsement.org, s->org) && is_about(&endorsement, stated) &&
		    is_about(s, hash))
			return true;
	}
	return false;
}

static enum exit_code check(const struct endorsing *e, struct str text)
{
	struct cli *cli = e->cli;
	struct statement s, record;
	struct sha256 stated;
	struct answer proof, event;
	struct str at = str_of("/v1/events/"), id = percent_encode(cli->arena, cli->words[1]);
	enum exit_code code =
		client_get(cli, e->client,
			   arena_printf(cli->arena, "%.*s%.*s/proof", STR_ARGS(at), STR_ARGS(id)), &proof);
	if (!code)
		code = client_get(cli, e->client,
				  arena_printf(cli->arena, "%.*s%.*s", STR_ARGS(at), STR_ARGS(id)), &event);
	if (code)
		return code;
	if (text.at && statement_parse(cli->arena, text, &s) && str_equal(s.kind, STR("endorse")) &&
	    str_equal(s.says, str_of(e->says)) && sha256_equal(s.key, e->key->fingerprint) &&
	    str_equal(statement_signer_name(cli->arena, s.log, s.org), e->key->public.name) &&
	    read_note(e, json_text(json_get(&proof.json, STR("statement"))), &record, &stated) &&
	    str_equal(record.kind, STR("event")) && is_of_record(e, &s, &event.json, stated))
		return EXIT_GOOD;
	struct said words = {
		"服务给出的内容不是对此记录的核签，未签名",
		"what the service wants signed is not what was asked for about this record: nothing "
		"was signed"};
	return cli_fail(cli, EXIT_NOT_VERIFIED, str_of(cli_say(cli, words)));
}

/* *ret_note absent: it is so already. */
static enum exit_code sign_here(const struct endorsing *e, struct str *ret_note)
{
	struct answer answer;
	struct str key = hex_encode(e->cli->arena, sha256_bytes(&e->key->fingerprint));
	*ret_note = (struct str){NULL, 0};
	enum exit_code code = post(e, ":prepare", body_of(e, "key", key), &answer);
	const struct json *done = code ? NULL : json_get(&answer.json, STR("done"));
	if (code || (done && done->kind == JSON_BOOL && done->boolean))
		return code;
	struct str text = json_text(json_get(&answer.json, STR("statement")));
	code = check(e, text);
	if (!code)
		*ret_note = own_key_sign(e->cli->arena, e->key, text);
	return code || ret_note->at ? code : cli_fail_problem(e->cli, PROBLEM_INTERNAL, NULL);
}

static enum exit_code endorse(const struct endorsing *e)
{
	struct answer answer;
	struct str note = {NULL, 0};
	struct said done = {"此前已如此", "it was so already"};
	enum exit_code code = e->key ? sign_here(e, &note) : EXIT_GOOD;
	if (!code && e->key && !note.at) {
		cli_print(e->cli, str_of(cli_say(e->cli, done)));
		return EXIT_GOOD;
	}
	if (!code)
		code = post(e, "", body_of(e, "note", note), &answer);
	if (!code)
		cli_print(e->cli, e->cli->json ? answer.body : json_text(json_get(&answer.json, STR("id"))));
	return code;
}

enum exit_code own_endorse(struct cli *cli, struct client *client)
{
	struct own_key key = {0};
	struct str path = cli_option(cli, "sign"), id = percent_encode(cli->arena, cli->words[1]);
	const struct endorsing e = {
		.cli = cli,
		.client = client,
		.key = path.at ? &key : NULL,
		.path = arena_printf(cli->arena, "/v1/events/%.*s/endorsements", STR_ARGS(id)),
		.says = cli_flag(cli, "withdraw") ? "withdrawn" : "agrees"};
	enum exit_code code = path.at ? own_key_read(cli, path, &key) : EXIT_GOOD;
	if (!code)
		code = endorse(&e);
	if (path.at)
		own_key_finish(&key);
	return code;
}
