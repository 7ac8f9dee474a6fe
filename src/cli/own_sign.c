/* SPDX-License-Identifier: Apache-2.0
 * farmtrail event add --sign: has records prepared, looks at what is to be signed, signs it here and sends the note. */
#include "own_key_priv.h"

#include <string.h>

#include "ft/base/text.h"
#include "ft/core/log_follow.h"
#include "ft/core/manifest.h"
#include "ft/core/record_said.h"
#include "ft/core/statement.h"
#include "ft/crypto/random.h"

enum { ATTEMPTS = 5, STATUS_CHANGED = 409 };

struct signing {
	struct cli *cli;
	struct client *client;
	const struct own_key *key;
	struct str text; /* of the record, with its id */
	const struct record *record;
	struct checkpoint seen; /* the newest head that was verified here; size 0: none is named */
};

static enum exit_code not_signed(const struct signing *s, struct str what)
{
	struct said words = {"与记录不符，未签名：", "not what the record said, so not signed:"};
	return cli_fail(s->cli, EXIT_NOT_VERIFIED,
			arena_printf(s->cli->arena, "%s %.*s", cli_say(s->cli, words), STR_ARGS(what)));
}

/* A record is known by its id when its answer was lost: it gets one before it is sent. */
static enum exit_code read_record(struct signing *s, struct str text)
{
	struct arena *arena = s->cli->arena;
	struct record *record = arena_new(arena, struct record);
	struct fault fault = {0};
	struct json json;
	enum problem p = json_parse(arena, text, &json, &fault);
	if (!p && json.kind == JSON_OBJECT && !json_get(&json, STR("id"))) {
		struct str id = uuid_print(arena, uuid_make(clock_now()));
		s->text = arena_printf(arena, "{\"id\":\"%.*s\"%s%.*s", STR_ARGS(id), json.count ? "," : "",
				       STR_ARGS(str_from(json.span, 1)));
		p = json_parse(arena, s->text, &json, &fault);
	}
	s->text = json.span;
	if (!p)
		p = shape_decode(&record_shape, arena, &json, record, &fault);
	if (p)
		return cli_fail_problem(s->cli, p, &fault);
	s->record = record;
	return EXIT_GOOD;
}

static struct str prepare_body(const struct signing *s)
{
	struct buf out = buf_create(s->cli->arena, s->text.len + 128);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("key"), hex_encode(s->cli->arena, sha256_bytes(&s->key->fingerprint)));
	json_name(&w, STR("record"));
	json_raw(&w, s->text);
	if (s->seen.size) {
		json_name(&w, STR("seen"));
		json_begin_object(&w);
		json_pair_int(&w, STR("size"), s->seen.size);
		json_pair(&w, STR("root"), base64_encode(s->cli->arena, sha256_bytes(&s->seen.root)));
		json_end_object(&w);
	}
	json_end_object(&w);
	return buf_str(&out);
}

/* The head of a state of farmtrail monitor: that one was verified. */
static enum exit_code read_seen(struct signing *s)
{
	struct str path = cli_option(s->cli, "seen");
	struct log_follow *f;
	struct note note;
	if (!path.at)
		return EXIT_GOOD;
	struct str text = cli_read_file(s->cli, path);
	if (!text.at || !log_follow_read(s->cli->arena, text, &f) ||
	    !note_parse(s->cli->arena, f->head, &note) ||
	    !checkpoint_parse(s->cli->arena, note.text, &s->seen))
		return cli_usage(s->cli, (struct said){"--seen 应为 farmtrail monitor 的状态文件",
						       "--seen takes a state that farmtrail monitor wrote"});
	return EXIT_GOOD;
}

/* The statement is of this key, and its hashes lead to the body: all four views of it, since all are signed. */
static bool leads_to(const struct signing *s, const struct json *prepared, struct str body)
{
	struct arena *arena = s->cli->arena;
	struct statement statement;
	struct bytes secret;
	struct str views[TIER_COUNT], manifest;
	struct str text = json_text(json_get(prepared, STR("statement")));
	struct str encoded = json_text(json_get(prepared, STR("secret")));
	if (!text.at || !encoded.at || !statement_parse(arena, text, &statement) ||
	    !base64_decode(arena, encoded, &secret) || secret.len != MANIFEST_SECRET_LEN)
		return false;
	return str_equal(statement.kind, STR("event")) && sha256_equal(statement.key, s->key->fingerprint) &&
	       str_equal(statement_signer_name(arena, statement.log, statement.org), s->key->public.name) &&
	       statement.seen_size == s->seen.size && sha256_equal(statement.seen_root, s->seen.root) &&
	       !manifest_of_body(arena, body, secret.at, statement.body, views, &manifest) &&
	       sha256_equal(sha256_of(str_bytes(manifest)), statement.body) &&
	       statement.body_len == manifest.len;
}

static struct uuid event_of(const struct json *prepared)
{
	struct uuid id = {{0}};
	(void)!uuid_parse(json_text(json_get(prepared, STR("event"))), &id);
	return id;
}

/* One of the two statements. Gives the note. */
static enum exit_code sign_one(const struct signing *s, const struct json *prepared,
			       const struct record_claim *claim, struct str *ret)
{
	struct str body = json_text(json_get(prepared, STR("body")));
	if (!body.at || !leads_to(s, prepared, body))
		return not_signed(s, STR("statement"));
	struct str member = record_said(s->cli->arena, claim, body);
	if (member.at)
		return not_signed(s, member);
	*ret = own_key_sign(s->cli->arena, s->key, json_text(json_get(prepared, STR("statement"))));
	return ret->at ? EXIT_GOOD : cli_fail_problem(s->cli, PROBLEM_INTERNAL, NULL);
}

static enum exit_code sign_all(const struct signing *s, const struct json *prepared, struct str *ret_body)
{
	struct arena *arena = s->cli->arena;
	const struct json *replacement = json_get(prepared, STR("replacement"));
	struct sha256 sent = sha256_of(str_bytes(s->text));
	struct str note = {NULL, 0}, second = {NULL, 0};
	struct record_claim claim = {.record = s->record,
				     .id = s->record->id,
				     .request_sha256 = hex_encode(arena, sha256_bytes(&sent))};
	if (!!replacement != !!s->record->replacement)
		return not_signed(s, STR("replacement"));
	if (replacement)
		claim.replacement = event_of(replacement);
	enum exit_code code = sign_one(s, prepared, &claim, &note);
	if (!code && replacement) {
		claim = (struct record_claim){.record = s->record->replacement,
					      .id = event_of(replacement),
					      .corrects = s->record->event,
					      .request_sha256 = claim.request_sha256};
		code = sign_one(s, replacement, &claim, &second);
	}
	struct buf out = buf_create(arena, 2048);
	struct json_writer w = json_writer(&out);
	json_begin_object(&w);
	json_pair(&w, STR("note"), note);
	json_pair(&w, STR("replacementNote"), second);
	json_end_object(&w);
	if (!code)
		*ret_body = buf_str(&out);
	return code;
}

static enum exit_code ask(const struct signing *s, const char *path, struct str body, struct answer *ret)
{
	const struct ask question = {.method = "POST", .path = str_of(path), .body = body};
	return client_ask(s->client, s->cli->arena, &question, ret) ? EXIT_GOOD
								    : client_lost(s->cli, s->client);
}

/* What it builds on may change between the two steps: another device, another record. */
static bool has_changed(const struct answer *answer)
{
	struct str type = json_text(json_get(&answer->json, STR("type")));
	return answer->status == STATUS_CHANGED &&
	       (str_ends(type, STR("/prepared-otherwise")) || str_ends(type, STR("/not-prepared")));
}

static enum exit_code try_once(const struct signing *s, struct answer *ret, bool *ret_in)
{
	struct str body = {NULL, 0};
	*ret_in = false;
	enum exit_code code = ask(s, "/v1/events:prepare", prepare_body(s), ret);
	if (!code)
		code = client_judge(s->cli, ret);
	if (code)
		return code;
	const struct json *captured = json_get(&ret->json, STR("captured"));
	if (captured) {
		ret->body = captured->span;
		ret->json = *captured;
		*ret_in = true;
		return EXIT_GOOD;
	}
	code = sign_all(s, &ret->json, &body);
	return code ? code : ask(s, "/v1/events", body, ret);
}

enum exit_code own_send(struct cli *cli, struct client *client, const struct own_key *key, struct str record,
			outbox_print *print)
{
	struct signing s = {.cli = cli, .client = client, .key = key};
	struct answer answer = {0};
	bool in = false;
	enum exit_code code = read_seen(&s);
	if (!code)
		code = read_record(&s, record);
	for (int i = 0; !code && i < ATTEMPTS && (i == 0 || has_changed(&answer)); i++)
		code = try_once(&s, &answer, &in);
	if (!code && !in)
		code = client_judge(cli, &answer);
	if (!code)
		print(cli, &answer);
	return code;
}
