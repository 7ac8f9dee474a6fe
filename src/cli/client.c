/* SPDX-License-Identifier: Apache-2.0
 * Questions to the server and what its answers mean for a command. */
#include "client_priv.h"

#include <stdlib.h>
#include <string.h>

#include "ft/base/config.h"
#include "ft/base/text.h"
#include "ft/net/peer.h"

struct client {
	struct arena *arena;
	struct net_address address;
	struct net_peer *peer;
	enum net_outcome last; /* why the last question had no answer */
	struct str key;        /* absent: none */
	enum language language;
};

static struct str url_of_directory(const struct cli *cli, struct fault *reterr)
{
	struct config config;
	struct str env = arena_printf(cli->arena, "%.*s/farmtrail.env", STR_ARGS(cli->data_dir));
	if (config_load(cli->arena, env, &config, reterr))
		return (struct str){NULL, 0};
	return arena_printf(cli->arena, "http://127.0.0.1:%lld", (long long)config.port);
}

static struct str find_key(const struct cli *cli)
{
	const char *from_environment = getenv("FARMTRAIL_KEY");
	if (!cli->key_file.at && from_environment && *from_environment)
		return str_of(from_environment);
	struct str file = cli->key_file.at
				  ? cli->key_file
				  : arena_printf(cli->arena, "%.*s/admin.key", STR_ARGS(cli->data_dir));
	struct str text = cli_read_file(cli, file);
	return text.at ? str_trim(text) : text;
}

static struct client *client_of(const struct cli *cli, const struct net_address *address)
{
	struct client *c = arena_new(cli->arena, struct client);
	c->arena = cli->arena;
	c->address = *address;
	c->peer = net_peer_create(cli->arena, address);
	c->language = cli->language;
	return c;
}

/* The key of a data directory is that of the server on this machine: another one gets a key that was named, or none. */
static struct str key_for(const struct cli *cli, const struct net_address *address)
{
	const char *from_environment = getenv("FARMTRAIL_KEY");
	if (!address->loopback && !cli->key_file.at && !(from_environment && *from_environment))
		return (struct str){NULL, 0};
	return find_key(cli);
}

enum exit_code client_open(const struct cli *cli, struct client **ret)
{
	const char *from_environment = getenv("FARMTRAIL_URL");
	struct fault fault = {0};
	struct net_address address;
	struct str url = cli->url;
	if (!url.at && from_environment && *from_environment)
		url = str_of(from_environment);
	if (!url.at)
		url = url_of_directory(cli, &fault);
	if (!url.at)
		return cli_fail_problem(cli, PROBLEM_CONFIG, &fault);
	if (!net_address_parse(cli->arena, url, &address) || address.path.at)
		return cli_usage(cli, (struct said){"服务地址应形如 https://主机[:端口]",
						    "a server is named as https://HOST[:PORT]"});
	if (!address.tls && !address.loopback)
		return cli_usage(
			cli, (struct said){"http 只用于本机（如 http://127.0.0.1:8080）；其他服务请用 https",
					   "plain http is for this machine, such as http://127.0.0.1:8080; "
					   "use https for a remote server"});
	struct client *c = client_of(cli, &address);
	c->key = key_for(cli, &address);
	for (size_t i = 0; i < c->key.len; i++)
		if ((unsigned char)c->key.at[i] <= ' ' || (unsigned char)c->key.at[i] > '~')
			return cli_usage(
				cli, (struct said){"密钥文件内容无效", "the key file does not hold a key"});
	*ret = c;
	return EXIT_GOOD;
}

enum exit_code client_open_public(const struct cli *cli, struct str url, struct client **ret,
				  struct str *ret_path)
{
	struct net_address address;
	if (!net_address_parse(cli->arena, url, &address))
		return cli_usage(cli, (struct said){"地址应形如 https://主机[:端口][/路径]",
						    "an address is https://HOST[:PORT][/PATH]"});
	*ret = client_of(cli, &address);
	*ret_path = address.path;
	return EXIT_GOOD;
}

bool client_is_local(struct arena *arena, struct str url)
{
	struct net_address address;
	return net_address_parse(arena, url, &address) && address.loopback && !address.tls;
}

struct str client_root(const struct client *client)
{
	return client->address.root;
}

static void add_header(struct net_question *question, struct str name, struct str value)
{
	if (value.at)
		question->headers[question->header_count++] = (struct net_header){name, value};
}

static struct net_question question_of(const struct client *c, struct arena *arena, const struct ask *ask)
{
	static const struct str json = {"application/json", sizeof "application/json" - 1};
	struct net_question question = {.method = str_of(ask->method), .path = ask->path, .body = ask->body};
	add_header(&question, STR("Accept-Language"), str_of(c->language == LANGUAGE_ZH ? "zh" : "en"));
	add_header(&question, STR("Accept"), ask->accept.at ? ask->accept : json);
	if (c->key.at && !ask->without_key)
		add_header(&question, STR("Authorization"),
			   arena_printf(arena, "Bearer %.*s", STR_ARGS(c->key)));
	add_header(&question, STR("If-Match"), ask->if_match);
	if (ask->body.at)
		add_header(&question, STR("Content-Type"), ask->media_type.at ? ask->media_type : json);
	return question;
}

bool client_ask(struct client *c, struct arena *arena, const struct ask *ask, struct answer *ret)
{
	const struct net_question question = question_of(c, arena, ask);
	struct net_answer answer;
	struct fault unused = {0};
	c->last = net_ask(c->peer, arena, &question, &answer);
	if (c->last)
		return false;
	*ret = (struct answer){.status = answer.status,
			       .content_type = answer.content_type,
			       .etag = answer.etag,
			       .body = answer.body};
	if (!str_integer(answer.retry_after, &ret->retry_after_s))
		ret->retry_after_s = 0; /* not said, or a date: whoever asks again finds out */
	if (ret->body.len && ret->content_type.at &&
	    memmem(ret->content_type.at, ret->content_type.len, "json", 4))
		if (json_parse(arena, ret->body, &ret->json, &unused))
			ret->json = (struct json){.kind = JSON_NULL};
	return true;
}

struct said client_why_lost(const struct client *c)
{
	switch (c->last) {
	case NET_UNTRUSTED:
		return (struct said){
			"其证书不是本机信任的机构签发的，或已过期：请用 SSL_CERT_FILE 指明签发机构的证书文件",
			"its certificate is not vouched for by an authority known here, or has "
			"expired: name a "
			"file with the authority's certificate in SSL_CERT_FILE"};
	case NET_OTHER_HOST:
		return (struct said){"其证书属于另一台主机：请核对地址",
				     "its certificate is that of another host: check the address"};
	case NET_NO_AUTHORITIES:
		return (struct said){"无法读取 SSL_CERT_FILE 所指的证书文件",
				     "the file that SSL_CERT_FILE names cannot be read"};
	case NET_UNUSABLE:
		return (struct said){"应答不是可用的 HTTP，或过长",
				     "what answers there does not speak HTTP, or says too much"};
	case NET_ANSWERED:
	case NET_UNREACHABLE:
		break;
	}
	if (!c->address.loopback)
		return (struct said){"无法连接：请核对地址、网络与代理",
				     "cannot be reached: check the address, the network, and a proxy"};
	return (struct said){"无法连接服务：它在运行吗？用 tools/run 启动，或用 --url、--data 指明",
			     "cannot reach the server: does it run? Start it with tools/run, or name it "
			     "with --url or --data"};
}

enum exit_code client_lost(const struct cli *cli, const struct client *client)
{
	return cli_fail(cli, EXIT_NO_CONNECTION,
			arena_printf(cli->arena, "%.*s: %s", STR_ARGS(client->address.root),
				     cli_say(cli, client_why_lost(client))));
}

static void put_errors(const struct cli *cli, const struct json *errors, struct buf *line)
{
	for (size_t i = 0; errors && errors->kind == JSON_ARRAY && i < errors->count; i++) {
		struct str pointer = json_text(json_get(&errors->items[i], STR("pointer")));
		struct str value = json_text(json_get(&errors->items[i], STR("value")));
		struct str hint = json_text(json_get(&errors->items[i], STR("hint")));
		if (pointer.len)
			buf_printf(line, "\n  %.*s", STR_ARGS(pointer));
		if (value.len)
			buf_printf(line, " = %.*s", STR_ARGS(value));
		if (hint.len)
			buf_printf(line, "%s%.*s",
				   pointer.len ? cli_say(cli, (struct said){"：", ": "}) : "\n  ",
				   STR_ARGS(hint));
	}
}

enum exit_code client_judge(const struct cli *cli, const struct answer *answer)
{
	if (answer->status < 400)
		return EXIT_GOOD;
	struct str title = json_text(json_get(&answer->json, STR("title")));
	struct str detail = json_text(json_get(&answer->json, STR("detail")));
	struct buf line = buf_create(cli->arena, 256);
	buf_printf(&line, "%d %.*s", answer->status, STR_ARGS(title));
	if (detail.len)
		buf_printf(&line, ": %.*s", STR_ARGS(detail));
	put_errors(cli, json_get(&answer->json, STR("errors")), &line);
	enum exit_code code = answer->status == 404 ? EXIT_NOT_FOUND : EXIT_REFUSED;
	if (cli->json && answer->json.kind == JSON_OBJECT) {
		cli_print(cli, answer->body);
		return code;
	}
	return cli_fail(cli, code, buf_str(&line));
}

enum exit_code client_get(const struct cli *cli, struct client *client, struct str path, struct answer *ret)
{
	const struct ask ask = {.method = "GET", .path = path};
	if (!client_ask(client, cli->arena, &ask, ret))
		return client_lost(cli, client);
	return client_judge(cli, ret);
}
